// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: shared memory without a path: anonymous shared mappings
 * and memfd.
 *
 * What is in it is copied while the tree is stopped, unless the tree stays so
 * until it has been written.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/memfd.h>
#include <linux/pagemap.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <uapi/linux/memfd.h>

#include "internal.h"

#define CR_MEMFD_PREFIX	"memfd:"
#define CR_SHMEM_NAME	"dev/zero"	/* see shmem_zero_setup() */

/* At checkpoint: one that has been serialised. */
struct cr_shmem {
	struct list_head list;
	u32 ref;
	struct file *file;
	struct list_head copies;
};

/* At restart: what file was made, and whether a descriptor has it. */
struct cr_new_shmem {
	struct file *file;
	u32 seals;
	bool given;
};

static const char *cr_memfd_name(struct file *file)
{
	const char *name = file_dentry(file)->d_name.name;

	return strstarts(name, CR_MEMFD_PREFIX) ?
		name + strlen(CR_MEMFD_PREFIX) : NULL;
}

/**
 * cr_is_shmem - is a file shared memory without a path?
 * @file: any file
 *
 * Return: true for one of an anonymous shared mapping and for a memfd, if it
 * isn't of huge pages.
 */
bool cr_is_shmem(struct file *file)
{
	struct inode *inode = file_inode(file);

	/* A segment of System V's is behind a file of another kind. */
	if (!S_ISREG(inode->i_mode) || !shmem_file(file) || inode->i_nlink ||
	    !(inode->i_sb->s_flags & SB_KERNMOUNT) ||
	    file->f_op != inode->i_fop)
		return false;
	if (IS_PRIVATE(inode))
		return !strcmp(file_dentry(file)->d_name.name, CR_SHMEM_NAME);
	return cr_memfd_name(file);
}

static int cr_check_shmem(struct cr_ctx *ctx, struct file *file)
{
	struct shmem_inode_info *info = SHMEM_I(file_inode(file));

	if (!RB_EMPTY_ROOT(&info->xattrs.rb_root))
		return cr_refuse(ctx, "a memfd with extended attributes");
	if (info->fsflags)
		return cr_refuse(ctx, "a memfd with attributes (chattr)");
#ifdef CONFIG_NUMA
	if (!RB_EMPTY_ROOT(&info->policy.root))
		return cr_refuse(ctx, "shared memory with a NUMA policy");
#endif
	return 0;
}

static void cr_fill_shmem(struct file *file, struct cr_hdr_shmem *h)
{
	struct user_namespace *ns = current_user_ns();
	struct inode *inode = file_inode(file);

	if (IS_PRIVATE(inode))
		h->flags |= CR_SHMEM_F_ANON;
	if (SHMEM_I(inode)->flags & VM_NORESERVE)
		h->flags |= CR_SHMEM_F_NORESERVE;
	h->seals = SHMEM_I(inode)->seals;
	h->mode = inode->i_mode & S_IALLUGO;
	h->uid = from_kuid_munged(ns, inode->i_uid);
	h->gid = from_kgid_munged(ns, inode->i_gid);
	h->size = i_size_read(inode);
}

static int cr_remember_shmem(struct cr_ctx *ctx, struct file *file, u32 ref)
{
	struct cr_shmem *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return cr_err(ctx, -ENOMEM, "no memory for shared memory");
	s->ref = ref;
	s->file = get_file(file);
	INIT_LIST_HEAD(&s->copies);
	list_add_tail(&s->list, &ctx->shmem);
	return 0;
}

/**
 * cr_write_shmem - serialise the shared memory that a file shows, data left out
 * @ctx: context
 * @file: the file
 * @d: its FD_DATA, whose object and state are filled in
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_shmem(struct cr_ctx *ctx, struct file *file,
		   struct cr_hdr_fd_data *d)
{
	struct cr_hdr_shmem h = { 0 };
	const char *name = cr_memfd_name(file);
	int ret = cr_check_shmem(ctx, file);

	if (file->f_mode & FMODE_WRITER)
		d->state |= CR_FD_STATE_WRITER;
	if (!ret)
		ret = cr_obj_add_ptr(ctx, CR_OBJ_SHMEM, file_inode(file),
				     &h.objref);
	d->obj = h.objref;
	if (ret <= 0)
		return ret;
	cr_fill_shmem(file, &h);
	ret = cr_write_obj(ctx, CR_HDR_SHMEM, 0, &h, sizeof(h));
	if (!ret && !(h.flags & CR_SHMEM_F_ANON))
		ret = cr_write_string(ctx, CR_HDR_STRING, h.objref,
				      CR_STRING_MEMFD, name, strlen(name));
	return ret ?: cr_remember_shmem(ctx, file, h.objref);
}

/* Copy the next page that isn't a hole; 1 when there is none. */
static int cr_copy_next(struct cr_ctx *ctx, struct cr_shmem *s,
			struct cr_pages *p)
{
	struct inode *inode = file_inode(s->file);
	loff_t size = i_size_read(inode), pos;
	struct folio *folio;
	struct page *copy;
	int ret;

	pos = mapping_seek_hole_data(inode->i_mapping, p->next, size,
				     SEEK_DATA);
	if (pos < 0 || pos >= size)
		return 1;
	pos = round_down(pos, PAGE_SIZE);
	p->next = pos + PAGE_SIZE;
	ret = shmem_get_folio(inode, pos >> PAGE_SHIFT, 0, &folio, SGP_READ);
	if (ret)
		return cr_err(ctx, ret, "can't read shared memory at 0x%llx",
			      pos);
	if (!folio)
		return 0;
	copy = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
	if (copy)
		copy_highpage(copy, folio_file_page(folio, pos >> PAGE_SHIFT));
	folio_unlock(folio);
	folio_put(folio);
	if (!copy)
		return cr_err(ctx, -ENOMEM, "no memory for a copy of shared memory");
	cr_pages_add(p, copy, pos);
	put_page(copy);
	return 0;
}

/* Fill @p from p->next on; 1 when that was the rest. */
static int cr_copy_pages(struct cr_ctx *ctx, struct cr_shmem *s,
			 struct cr_pages *p)
{
	int ret = 0;

	while (!ret && p->nr < CR_PGARR_MAX) {
		if (fatal_signal_pending(current))
			return cr_err(ctx, -EINTR, "interrupted");
		ret = cr_copy_next(ctx, s, p);
		cond_resched();
	}
	return ret;
}

static int cr_copy_shmem(struct cr_ctx *ctx, struct cr_shmem *s)
{
	struct cr_pages *p;
	unsigned long next = 0;
	int ret = 0;

	while (!ret) {
		p = cr_pages_alloc(ctx, s->ref);
		if (!p)
			return -ENOMEM;
		p->next = next;
		p->elide_zero = true;
		list_add_tail(&p->list, &s->copies);
		ret = cr_copy_pages(ctx, s, p);
		next = p->next;
	}
	return min(ret, 0);
}

/**
 * cr_snapshot_shmem - copy what is in shared memory
 * @ctx: context; the tree is stopped
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_snapshot_shmem(struct cr_ctx *ctx)
{
	struct cr_shmem *s;
	int ret;

	list_for_each_entry(s, &ctx->shmem, list) {
		ret = cr_copy_shmem(ctx, s);
		if (ret)
			return ret;
	}
	ctx->shmem_copied = true;
	return 0;
}

static int cr_write_copies(struct cr_ctx *ctx, struct cr_shmem *s)
{
	struct cr_pages *p, *n;
	int ret = 0;

	list_for_each_entry_safe(p, n, &s->copies, list) {
		if (!ret && p->nr)
			ret = cr_write_pgarr(p);
		list_del(&p->list);
		cr_pages_free(p);
	}
	return ret;
}

/* Each piece is a copy, too: others may write to what is shared with them. */
static int cr_write_live(struct cr_ctx *ctx, struct cr_shmem *s)
{
	struct cr_pages *p = cr_pages_alloc(ctx, s->ref);
	int ret = 0, err;

	if (!p)
		return -ENOMEM;
	p->elide_zero = true;
	while (!ret) {
		ret = cr_copy_pages(ctx, s, p);
		err = ret >= 0 && p->nr ? cr_write_pgarr(p) : 0;
		if (err)
			ret = err;
		cr_pages_reset(p);
	}
	cr_pages_free(p);
	return min(ret, 0);
}

/**
 * cr_write_shmem_pages - write what is in shared memory
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_shmem_pages(struct cr_ctx *ctx)
{
	struct cr_shmem *s;
	int ret = 0;

	list_for_each_entry(s, &ctx->shmem, list) {
		ret = ctx->shmem_copied ? cr_write_copies(ctx, s) :
					  cr_write_live(ctx, s);
		if (ret)
			break;
	}
	return ret;
}

/**
 * cr_shmem_forget - drop what was remembered of shared memory at checkpoint
 * @ctx: context
 */
void cr_shmem_forget(struct cr_ctx *ctx)
{
	struct cr_pages *p, *m;
	struct cr_shmem *s, *n;

	list_for_each_entry_safe(s, n, &ctx->shmem, list) {
		list_for_each_entry_safe(p, m, &s->copies, list)
			cr_pages_free(p);
		fput(s->file);
		kfree(s);
	}
	INIT_LIST_HEAD(&ctx->shmem);
	ctx->shmem_copied = false;
}

/*
 * Restart.
 */

/**
 * cr_new_shmem_free - drop shared memory that restart made
 * @ptr: struct cr_new_shmem
 */
void cr_new_shmem_free(void *ptr)
{
	struct cr_new_shmem *s = ptr;

	if (s->file)
		fput(s->file);
	kfree(s);
}

static int cr_check_shmem_hdr(struct cr_ctx *ctx, const struct cr_hdr_shmem *h)
{
	if (h->flags & ~CR_SHMEM_F_ALL || h->mode & ~S_IALLUGO)
		return cr_invalid(ctx, "bad flags or mode, have 0x%x and 0%o",
				  h->flags, h->mode);
	if (h->size > MAX_LFS_FILESIZE)
		return cr_invalid(ctx, "bad size, have 0x%llx", h->size);
	if (h->seals & ~CR_SHMEM_SEALS_ALL ||
	    (h->flags & CR_SHMEM_F_ANON && h->seals != F_SEAL_SEAL) ||
	    (h->seals & F_SEAL_EXEC && h->mode & 0111 &&
	     (h->seals & CR_SHMEM_SEALS_WX) != CR_SHMEM_SEALS_WX))
		return cr_invalid(ctx, "bad seals, have 0x%x", h->seals);
	if (!(h->flags & CR_SHMEM_F_ANON) && h->size > rlimit(RLIMIT_FSIZE))
		return cr_err(ctx, -EFBIG, "a memfd of 0x%llx bytes, more than RLIMIT_FSIZE",
			      h->size);
	return 0;
}

/* As memfd_create() asks. */
static int cr_may_have_memfd(struct cr_ctx *ctx, u32 mode)
{
#if defined(CONFIG_SYSCTL) && defined(CONFIG_MEMFD_CREATE)
	int scope = pidns_memfd_noexec_scope(task_active_pid_ns(current));

	if (scope >= MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED && mode & 0111)
		return cr_err(ctx, -EACCES, "vm.memfd_noexec denies a memfd that can be executed");
#endif
	return 0;
}

static struct file *cr_make_memfd(struct cr_ctx *ctx,
				  const struct cr_hdr_shmem *h)
{
	char name[NAME_MAX + 1] = CR_MEMFD_PREFIX;
	size_t len = strlen(name);
	struct inode *inode;
	struct file *file;
	int ret;

	ret = cr_read_string(ctx, CR_HDR_STRING, h->objref, CR_STRING_MEMFD,
			     name + len, sizeof(name) - len);
	if (!ret)
		ret = cr_may_have_memfd(ctx, h->mode);
	if (ret)
		return ERR_PTR(ret);
	file = memfd_alloc_file(name, h->seals == F_SEAL_SEAL ? 0 :
				MFD_ALLOW_SEALING);
	if (IS_ERR(file))
		return ERR_PTR(cr_err(ctx, PTR_ERR(file), "can't create a memfd"));
	inode = file_inode(file);
	inode->i_mode = S_IFREG | h->mode;
	i_size_write(inode, h->size);
	cr_own_inode(inode, h->uid, h->gid);
	return file;
}

static struct file *cr_make_shmem(struct cr_ctx *ctx,
				  const struct cr_hdr_shmem *h)
{
	struct file *file;

	if (!(h->flags & CR_SHMEM_F_ANON))
		return cr_make_memfd(ctx, h);
	file = shmem_kernel_file_setup(CR_SHMEM_NAME, h->size,
				       h->flags & CR_SHMEM_F_NORESERVE ?
				       VM_NORESERVE : 0);
	if (IS_ERR(file))
		cr_err(ctx, PTR_ERR(file), "can't have shared memory of 0x%llx bytes",
		       h->size);
	return file;
}

/**
 * cr_read_shmem - make shared memory, without what is in it
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_shmem(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_new_shmem *s;
	struct cr_hdr_shmem h;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_SHMEM, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_shmem *)rec->data;
	ret = cr_check_shmem_hdr(ctx, &h);
	if (ret)
		return ret;
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return cr_err(ctx, -ENOMEM, "no memory for shared memory");
	s->seals = h.seals;
	ret = cr_obj_add_ref(ctx, CR_OBJ_SHMEM, h.objref, s);
	if (ret) {
		kfree(s);
		return ret;
	}
	s->file = cr_make_shmem(ctx, &h);
	ret = PTR_ERR_OR_ZERO(s->file);
	if (ret)
		s->file = NULL;
	return ret;
}

/**
 * cr_shmem_file - the file that cr_read_shmem() made
 * @ctx: context
 * @ref: its objref
 *
 * Return: the file, whose reference stays the table's, or an error pointer;
 * the error was logged.
 */
struct file *cr_shmem_file(struct cr_ctx *ctx, u32 ref)
{
	struct cr_new_shmem *s = cr_obj_get_by_ref(ctx, CR_OBJ_SHMEM, ref);

	return IS_ERR(s) ? ERR_CAST(s) : s->file;
}

/* The file that came with a memfd doesn't keep it from being executed. */
static struct file *cr_take_shmem(struct cr_ctx *ctx, struct cr_new_shmem *s,
				  const struct cr_hdr_fd_data *d)
{
	if (s->given || (d->f_flags & O_ACCMODE) != O_RDWR)
		return ERR_PTR(cr_invalid(ctx, "bad state, have 0x%x", d->state));
	s->given = true;
	spin_lock(&s->file->f_lock);
	s->file->f_flags = d->f_flags;
	s->file->f_iocb_flags = iocb_flags(s->file);
	spin_unlock(&s->file->f_lock);
	return get_file(s->file);
}

/**
 * cr_open_shmem - open shared memory that cr_read_shmem() made
 * @ctx: context
 * @d: FD_DATA of the open file
 *
 * Return: the open file or an error pointer; the error was logged.
 */
struct file *cr_open_shmem(struct cr_ctx *ctx, const struct cr_hdr_fd_data *d)
{
	struct cr_new_shmem *s = cr_obj_get_by_ref(ctx, CR_OBJ_SHMEM, d->obj);
	struct file *file;

	if (IS_ERR(s))
		return ERR_CAST(s);
	if (d->pos > LLONG_MAX)
		return ERR_PTR(cr_invalid(ctx, "bad offset, have 0x%llx", d->pos));
	if (d->state & CR_FD_STATE_WRITER || !(d->f_flags & O_ACCMODE))
		file = dentry_open(&s->file->f_path, d->f_flags, current_cred());
	else
		file = cr_take_shmem(ctx, s, d);
	if (IS_ERR(file)) {
		cr_err(ctx, PTR_ERR(file), "can't open shared memory");
		return file;
	}
	file->f_pos = d->pos;
	return file;
}

/**
 * cr_seal_shmem - seal what was sealed, once it holds what it held
 * @ctx: context; everything has been mapped
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_seal_shmem(struct cr_ctx *ctx)
{
	struct cr_new_shmem *s;
	unsigned long ref = 0;
	long ret;

	while ((s = cr_obj_next(ctx, CR_OBJ_SHMEM, &ref))) {
		if (s->seals == F_SEAL_SEAL || !s->seals)
			continue;
		ret = memfd_fcntl(s->file, F_ADD_SEALS, s->seals);
		if (ret)
			return cr_err(ctx, ret, "can't seal a memfd");
	}
	return 0;
}

#if defined(CONFIG_CHECKPOINT_RESTART_KUNIT_TEST) && defined(CONFIG_MEMFD_CREATE)
#include "shmem_test.c"
#endif
