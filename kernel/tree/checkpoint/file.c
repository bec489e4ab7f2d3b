// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files and descriptor tables.
 *
 * A file is opened again by its path, with the rights of the restarter, and
 * has to be the one it was. What can't be opened again is refused unless the
 * caller of checkpoint() declared it outside: then the restarter supplies it.
 */
#include <linux/backing-dev.h>
#include <linux/bsearch.h>
#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/eventpoll.h>	/* wants to know struct file */
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/syscalls.h>
#include <linux/uidgid.h>

#include "internal.h"

/* What an image may ask of open(); the rest has no business in it. */
#define CR_OPEN_FLAGS							\
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC |	\
	 O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH)

static int cr_cmp_fd(const void *key, const void *elt)
{
	s32 x = *(const s32 *)key, y = *(const s32 *)elt;

	return x < y ? -1 : x > y;
}

static bool cr_is_outside(struct cr_ctx *ctx, int fd)
{
	s32 key = fd;

	return fd >= 0 && ctx->outside &&
	       bsearch(&key, ctx->outside, ctx->cargs.nr_outside,
		       sizeof(key), cr_cmp_fd);
}

/* Devices that keep no state for whoever opens them. */
static bool cr_is_stateless_dev(dev_t dev)
{
	if (MAJOR(dev) != MEM_MAJOR)
		return false;
	switch (MINOR(dev)) {
	case 3:		/* null */
	case 5:		/* zero */
	case 7:		/* full */
	case 8:		/* random */
	case 9:		/* urandom */
		return true;
	}
	return false;
}

static const char *cr_kind(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	if (S_ISREG(mode))
		return "file";
	if (S_ISDIR(mode))
		return "directory";
	if (S_ISCHR(mode))
		return "character device";
	if (S_ISBLK(mode))
		return "block device";
	if (S_ISFIFO(mode))
		return "pipe or FIFO";
	if (S_ISSOCK(mode))
		return "socket";
	if (S_ISLNK(mode))
		return "symbolic link";
	return file_dentry(file)->d_name.name;
}

static u32 cr_file_type(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (file->f_mode & FMODE_PATH)
		return CR_FD_PATH;
	if (S_ISREG(inode->i_mode))
		return cr_is_shmem(file) ? CR_FD_SHMEM : CR_FD_FILE;
	if (S_ISDIR(inode->i_mode))
		return CR_FD_DIR;
	if (S_ISCHR(inode->i_mode) && cr_is_stateless_dev(inode->i_rdev))
		return CR_FD_CHR;
	if (S_ISFIFO(inode->i_mode))
		return CR_FD_PIPE;
	if (cr_is_eventfd(file))
		return CR_FD_EVENTFD;
	if (is_file_epoll(file))
		return CR_FD_EPOLL;
	return 0;
}

/**
 * cr_write_fname - serialise a path as the caller of checkpoint() sees it
 * @ctx: context
 * @parent: objref of the owner
 * @what: CR_STRING_*
 * @path: the path
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_fname(struct cr_ctx *ctx, u32 parent, u32 what,
		   const struct path *path)
{
	char *buf, *name;
	int ret;

	if (d_unlinked(path->dentry))
		return cr_refuse(ctx, "unlinked file '%pd'", path->dentry);
	buf = __getname();
	if (!buf)
		return cr_err(ctx, -ENOMEM, "no memory for a path");
	name = __d_path(path, &ctx->caller_root, buf, PATH_MAX);
	if (IS_ERR_OR_NULL(name))
		ret = cr_refuse(ctx, "'%pd' has no path below the caller's root",
				path->dentry);
	else
		ret = cr_write_string(ctx, CR_HDR_FNAME, parent, what, name,
				      strlen(name));
	__putname(buf);
	return ret;
}

static bool cr_has_owner(struct file *file)
{
	struct fown_struct *f_owner = file_f_owner(file);

	return f_owner && (f_owner->pid || f_owner->signum);
}

/* The kernel's own file systems make up a file's content as it is read. */
static bool cr_is_stored(struct file *file)
{
	return file->f_op->read_iter && file->f_op->llseek &&
	       file->f_mapping->a_ops != &empty_aops &&
	       !(file_inode(file)->i_sb->s_iflags & SB_I_NOEXEC);
}

static int cr_check_file(struct cr_ctx *ctx, struct file *file, u32 type)
{
	if (!type)
		return cr_refuse(ctx, "unsupported file type '%s'",
				 cr_kind(file));
	if (type == CR_FD_PATH)
		return 0;
	if (cr_has_owner(file) || file->f_flags & FASYNC)
		return cr_refuse(ctx, "signals its owner (F_SETOWN, F_SETSIG)");
	if (type == CR_FD_FILE && !cr_is_stored(file))
		return cr_refuse(ctx, "unsupported file of '%s'",
				 file_inode(file)->i_sb->s_type->name);
	return 0;
}

static int cr_fill_stat(struct cr_ctx *ctx, struct file *file,
			struct cr_hdr_fd_data *h)
{
	struct kstat st;
	int ret;

	ret = vfs_getattr(&file->f_path, &st, STATX_BASIC_STATS,
			  AT_STATX_DONT_SYNC);
	if (ret)
		return cr_err(ctx, ret, "can't stat '%pD'", file);
	h->mode = st.mode;
	h->size = st.size;
	h->ino = st.ino;
	h->dev_major = MAJOR(st.dev);
	h->dev_minor = MINOR(st.dev);
	h->rdev_major = MAJOR(st.rdev);
	h->rdev_minor = MINOR(st.rdev);
	h->mtime_sec = st.mtime.tv_sec;
	h->mtime_nsec = st.mtime.tv_nsec;
	return 0;
}

/* What posix_fadvise() leaves behind in an open file. */
static u32 cr_advice_save(struct file *file)
{
	unsigned long ra = inode_to_bdi(file->f_mapping->host)->ra_pages;
	u32 advice = 0;

	if (ra && file->f_ra.ra_pages == 2 * ra)
		advice |= CR_FD_ADVICE_SEQUENTIAL;
	if (file->f_mode & FMODE_RANDOM)
		advice |= CR_FD_ADVICE_RANDOM;
	if (file->f_mode & FMODE_NOREUSE)
		advice |= CR_FD_ADVICE_NOREUSE;
	return advice;
}

/* Numbers that lie outside are those of the first process. */
static u32 cr_special_type(struct cr_ctx *ctx, struct file *file, int fd)
{
	if (fd >= 0 && file == ctx->file)
		return CR_FD_IMAGE;
	if (fd >= 0 && file == ctx->log_file)
		return CR_FD_LOG;
	return ctx->cur->leader == ctx->root && cr_is_outside(ctx, fd) ?
		CR_FD_OUTSIDE : 0;
}

/* What stands for a path is the kind of file. */
static bool cr_has_no_path(u32 type)
{
	switch (type) {
	case CR_FD_OUTSIDE:
	case CR_FD_IMAGE:
	case CR_FD_LOG:
	case CR_FD_PIPE:
	case CR_FD_EVENTFD:
	case CR_FD_EPOLL:
	case CR_FD_SHMEM:
		return true;
	default:
		return false;
	}
}

/* What it shows comes before it in the stream. */
static int cr_fill_file(struct cr_ctx *ctx, struct file *file,
			struct cr_hdr_fd_data *h)
{
	int ret = cr_fill_stat(ctx, file, h);

	if (ret)
		return ret;
	h->type = cr_special_type(ctx, file, h->fd);
	h->f_flags = file->f_flags & (CR_OPEN_FLAGS | FASYNC);
	h->pos = file->f_mode & FMODE_STREAM ? 0 : file->f_pos;
	if (h->type)
		return 0;
	h->type = cr_file_type(file);
	ret = cr_check_file(ctx, file, h->type);
	if (ret)
		return ret;
	if (h->type == CR_FD_FILE)
		h->advice = cr_advice_save(file);
	switch (h->type) {
	case CR_FD_PIPE:
		return cr_write_pipe(ctx, file, h);
	case CR_FD_SHMEM:
		return cr_write_shmem(ctx, file, h);
	default:
		return 0;
	}
}

/* What it holds comes after it. */
static int cr_write_file_state(struct cr_ctx *ctx, struct file *file,
			       const struct cr_hdr_fd_data *h)
{
	switch (h->type) {
	case CR_FD_EVENTFD:
		return cr_write_eventfd(ctx, file, h->objref);
	default:
		return 0;
	}
}

/**
 * cr_write_file - serialise an open file unless it has been
 * @ctx: context
 * @file: the file
 * @fd: its lowest descriptor, -1 for none
 * @ref: where its number goes
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_file(struct cr_ctx *ctx, struct file *file, int fd, u32 *ref)
{
	struct cr_hdr_fd_data h = { .fd = fd };
	int ret, bad;

	*ref = cr_obj_ref(ctx, CR_OBJ_FILE, file);
	if (*ref)
		return 0;
	bad = cr_fill_file(ctx, file, &h);
	/* Entered in any case: a refusal is said once. */
	ret = cr_obj_add_ptr(ctx, CR_OBJ_FILE, file, ref);
	if (ret < 0 || bad)
		return bad ?: ret;
	h.objref = *ref;
	ret = cr_write_obj(ctx, CR_HDR_FD_DATA, 0, &h, sizeof(h));
	if (ret)
		return ret;
	if (cr_has_no_path(h.type))
		ret = cr_write_string(ctx, CR_HDR_FNAME, *ref, CR_STRING_FILE,
				      cr_kind(file), strlen(cr_kind(file)));
	else
		ret = cr_write_fname(ctx, *ref, CR_STRING_FILE, &file->f_path);
	return ret ?: cr_write_file_state(ctx, file, &h);
}

static struct file *cr_next_fd(struct task_struct *t, unsigned int *fd)
{
	struct file *file;

	rcu_read_lock();
	file = task_lookup_next_fdget_rcu(t, fd);
	rcu_read_unlock();
	return file;
}

/**
 * cr_walk_fds - call a function for each descriptor of a task
 * @ctx: context
 * @t: stopped task, or current
 * @fn: the function; a refusal doesn't end the walk
 *
 * Return: 0 or -ENOMEM.
 */
int cr_walk_fds(struct cr_ctx *ctx, struct task_struct *t, cr_fd_fn fn)
{
	unsigned int fd;
	struct file *file;
	int ret = 0;

	for (fd = 0; (file = cr_next_fd(t, &fd)); fd++) {
		ctx->where.fd = fd;
		ret = fn(ctx, file, fd);
		fput(file);
		ctx->where.fd = -1;
		if (ret == -ENOMEM)
			return ret;
		cond_resched();
	}
	return 0;
}

static int cr_tally_file(struct cr_ctx *ctx, struct file *file, int fd)
{
	return cr_pipe_tally(ctx, file);
}

static int cr_collect_special(struct cr_ctx *ctx, struct file *file, int fd)
{
	u32 ref;

	return cr_special_type(ctx, file, fd) ?
		cr_write_file(ctx, file, fd, &ref) : 0;
}

static int cr_collect_file(struct cr_ctx *ctx, struct file *file, int fd)
{
	u32 ref;

	return cr_write_file(ctx, file, fd, &ref);
}

/**
 * cr_first_files - is it the first look at the descriptor table of ctx->cur?
 * @ctx: context; the table was counted
 * @pass: what for
 *
 * Return: true once for each table.
 */
bool cr_first_files(struct cr_ctx *ctx, enum cr_pass pass)
{
	return cr_obj_first(ctx, CR_OBJ_FILES_USERS, ctx->cur->pin.files, pass);
}

/**
 * cr_tally_files - count what the open files of a task share
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_tally_files(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_first_files(ctx, CR_PASS_TALLY) ?
		cr_walk_fds(ctx, t, cr_tally_file) : 0;
}

/**
 * cr_collect_outside - serialise the open files that aren't the task's own
 * @ctx: context
 * @t: stopped task, or current
 *
 * Before all others: one that is outside under one number is so under all.
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_collect_outside(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_first_files(ctx, CR_PASS_OUTSIDE) ?
		cr_walk_fds(ctx, t, cr_collect_special) : 0;
}

/**
 * cr_collect_files - serialise the open files of a task
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_collect_files(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_first_files(ctx, CR_PASS_COLLECT) ?
		cr_walk_fds(ctx, t, cr_collect_file) : 0;
}

static int cr_count_fd(struct cr_ctx *ctx, struct file *file, int fd)
{
	ctx->cur->nfds++;
	return 0;
}

static int cr_write_fd_ent(struct cr_ctx *ctx, struct file *file, int fd)
{
	struct files_struct *files = ctx->cur->pin.files;
	struct cr_hdr_fd_ent h = {
		.objref = cr_obj_ref(ctx, CR_OBJ_FILE, file),
		.fd = fd,
	};

	spin_lock(&files->file_lock);
	if (close_on_exec(fd, files))
		h.flags |= CR_FD_F_CLOEXEC;
	spin_unlock(&files->file_lock);
	return cr_write_obj(ctx, CR_HDR_FD_ENT, ctx->cur->files_ref, &h, sizeof(h));
}

/* Locks */

static int cr_write_lock(struct cr_ctx *ctx, struct file *file,
			 const struct file_lock *fl, u32 kind)
{
	struct cr_hdr_flock h = {
		.file = cr_obj_ref(ctx, CR_OBJ_FILE, file),
		.kind = kind,
		.type = fl->c.flc_type,
		.start = fl->fl_start,
		.end = fl->fl_end,
	};

	return cr_write_obj(ctx, CR_HDR_FLOCK, ctx->cur->files_ref, &h, sizeof(h));
}

struct cr_lock_copy {
	struct list_head list;
	u32 kind;
	struct file_lock fl;
};

/*
 * Which lock it is if it is the file's, or the table's by this file, else 0. A
 * file system may have made a POSIX lock of flock(), with the file as its owner.
 */
static u32 cr_lock_kind(struct cr_ctx *ctx, struct file *file, bool first,
			const struct file_lock_core *flc)
{
	bool own = first && flc->flc_file == file;

	if (flc->flc_flags & FL_FLOCK)
		return own ? CR_FLOCK_FLOCK : 0;
	if (flc->flc_flags & FL_OFDLCK)
		return own ? CR_FLOCK_OFD : 0;
	if (flc->flc_owner == (fl_owner_t)file)
		return first ? CR_FLOCK_FLOCK : 0;
	if (flc->flc_owner != (fl_owner_t)ctx->cur->pin.files)
		return 0;
	/* A POSIX lock is on the inode: say it once. */
	if (flc->flc_file != file &&
	    cr_obj_ref(ctx, CR_OBJ_FILE, flc->flc_file))
		return 0;
	return CR_FLOCK_POSIX;
}

/* Locks are copied under the spinlock and serialised without it. */
static int cr_copy_locks(struct cr_ctx *ctx, struct file *file, bool first,
			 struct file_lock_context *flctx,
			 struct list_head *from, struct list_head *to)
{
	struct file_lock_core *flc;
	struct cr_lock_copy *c;
	int ret = 0;
	u32 kind;

	spin_lock(&flctx->flc_lock);
	list_for_each_entry(flc, from, flc_list) {
		kind = cr_lock_kind(ctx, file, first, flc);
		if (!kind)
			continue;
		c = kmalloc(sizeof(*c), GFP_ATOMIC | __GFP_ACCOUNT);
		if (!c) {
			ret = -ENOMEM;
			break;
		}
		c->fl = *container_of(flc, struct file_lock, c);
		c->kind = kind;
		list_add_tail(&c->list, to);
	}
	spin_unlock(&flctx->flc_lock);
	return ret ? cr_err(ctx, ret, "no memory for a file lock") : 0;
}

static int cr_emit_locks(struct cr_ctx *ctx, struct file *file,
			 struct list_head *list)
{
	struct cr_lock_copy *c, *n;
	int ret = 0;

	list_for_each_entry_safe(c, n, list, list) {
		if (!ret)
			ret = cr_write_lock(ctx, file, &c->fl, c->kind);
		kfree(c);
	}
	INIT_LIST_HEAD(list);
	return ret;
}

static bool cr_has_lease(struct file *file, struct file_lock_context *flctx)
{
	struct file_lock_core *flc;
	bool has = false;

	spin_lock(&flctx->flc_lock);
	list_for_each_entry(flc, &flctx->flc_lease, flc_list)
		if (flc->flc_file == file)
			has = true;
	spin_unlock(&flctx->flc_lock);
	return has;
}

/* Some locks are an open file's, others a table's; one file may be in several. */
static int cr_write_file_locks(struct cr_ctx *ctx, struct file *file, int fd)
{
	struct file_lock_context *flctx;
	LIST_HEAD(list);
	bool first;
	int ret;

	flctx = locks_inode_context(file_inode(file));
	if (!flctx || !cr_obj_first_by(ctx, CR_OBJ_FILE, file,
				       ctx->cur->files_ref))
		return 0;
	first = cr_obj_first(ctx, CR_OBJ_FILE, file, CR_PASS_LOCKS);
	if (cr_has_lease(file, flctx))
		return cr_refuse(ctx, "holds a lease");
	ret = cr_copy_locks(ctx, file, first, flctx, &flctx->flc_posix, &list);
	if (!ret)
		ret = cr_copy_locks(ctx, file, first, flctx, &flctx->flc_flock, &list);
	return cr_emit_locks(ctx, file, &list) ?: ret;
}

/**
 * cr_write_files - serialise the descriptor table of a task
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_files(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_files h = { 0 };
	int ret;

	ret = cr_obj_add_ptr(ctx, CR_OBJ_FILES, ctx->cur->pin.files, &h.objref);
	if (ret <= 0)
		return ret;
	ctx->cur->files_ref = h.objref;
	ctx->cur->nfds = 0;
	cr_walk_fds(ctx, t, cr_count_fd);
	h.nfds = ctx->cur->nfds;
	ret = cr_write_obj(ctx, CR_HDR_FILES, 0, &h, sizeof(h));
	if (!ret)
		ret = cr_walk_fds(ctx, t, cr_write_fd_ent);
	return ret ?: cr_walk_fds(ctx, t, cr_write_file_locks);
}

/*
 * Restart.
 */

static const struct restart_fdmap *cr_find_inherit(struct cr_ctx *ctx, int fd)
{
	s32 key = fd;

	if (!ctx->inherit)
		return NULL;
	return bsearch(&key, ctx->inherit, ctx->rargs.nr_inherit,
		       sizeof(*ctx->inherit), cr_cmp_fd);
}

static int cr_check_supplied(struct cr_ctx *ctx, struct file *file, u32 f_flags)
{
	fmode_t want = OPEN_FMODE(f_flags) & (FMODE_READ | FMODE_WRITE);

	/* A terminal was open for both; /dev/null and a file may take turns. */
	if (f_flags & O_PATH || file->f_mode & want)
		return 0;
	return cr_err(ctx, -EBADF, "the supplied descriptor isn't open for %s",
		      want & FMODE_WRITE ? "writing" : "reading");
}

static struct file *cr_get_supplied(struct cr_ctx *ctx,
				    const struct cr_hdr_fd_data *h)
{
	const struct restart_fdmap *m = cr_find_inherit(ctx, h->fd);
	struct file *file = m ? fget_task(ctx->caller, m->fd) : NULL;

	if (m && !file)
		return ERR_PTR(cr_err(ctx, -EBADF, "descriptor %d, supplied for %d, isn't open",
				      m->fd, h->fd));
	if (!file && h->type == CR_FD_IMAGE)
		return get_file(ctx->file);
	if (!file && h->type == CR_FD_LOG && ctx->log_file)
		file = get_file(ctx->log_file);
	if (!file)
		return ERR_PTR(cr_err(ctx, -ENOENT, "outside descriptor %d has to be supplied",
				      h->fd));
	if (cr_check_supplied(ctx, file, h->f_flags)) {
		fput(file);
		return ERR_PTR(-EBADF);
	}
	return file;
}

static bool cr_same_boot(struct cr_ctx *ctx)
{
	u8 id[16];

	get_boot_id(id);
	return !memcmp(id, ctx->head.boot_id, sizeof(id));
}

/*
 * Is it the file that it was, as far as its kind and the caller care? Returns
 * 1 for one that may be written and has changed: it mustn't be mapped.
 */
static int cr_check_identity(struct cr_ctx *ctx, struct file *file,
			     const struct cr_hdr_fd_data *h, const char *name)
{
	bool writable = OPEN_FMODE(h->f_flags) & FMODE_WRITE;
	bool changed;
	struct kstat st;
	int ret;

	ret = vfs_getattr(&file->f_path, &st, STATX_BASIC_STATS,
			  AT_STATX_DONT_SYNC);
	if (ret)
		return cr_err(ctx, ret, "can't stat '%s'", name);
	if ((st.mode ^ h->mode) & S_IFMT)
		return cr_err(ctx, -ESTALE, "'%s' is of another type now", name);
	if (h->type == CR_FD_CHR &&
	    st.rdev != MKDEV(h->rdev_major, h->rdev_minor))
		return cr_err(ctx, -ESTALE, "'%s' is another device now", name);
	if (h->type != CR_FD_FILE)
		return 0;
	if (writable && st.size < min(h->pos, h->size))
		return cr_err(ctx, -ESTALE, "'%s' is shorter now", name);
	if (ctx->rargs.flags & RESTART_F_CHANGED_FILES)
		return 0;
	if (cr_same_boot(ctx) &&
	    (st.ino != h->ino || st.dev != MKDEV(h->dev_major, h->dev_minor)))
		return cr_err(ctx, -ESTALE, "'%s' is another file now", name);
	changed = st.size != h->size || st.mtime.tv_sec != h->mtime_sec ||
		  st.mtime.tv_nsec != h->mtime_nsec;
	if (changed && !writable)
		return cr_err(ctx, -ESTALE, "'%s' has changed", name);
	return changed;
}

static int cr_set_pos(struct cr_ctx *ctx, struct file *file, u64 pos)
{
	loff_t ret;

	if (pos > LLONG_MAX)
		return cr_invalid(ctx, "bad offset, have 0x%llx", pos);
	if (file->f_mode & (FMODE_PATH | FMODE_STREAM) ||
	    S_ISCHR(file_inode(file)->i_mode))
		return 0;
	ret = vfs_llseek(file, pos, SEEK_SET);
	if (ret < 0)
		return cr_err(ctx, ret, "can't seek to 0x%llx", pos);
	return 0;
}

static int cr_advise_file(struct cr_ctx *ctx, struct file *file, u32 advice)
{
	static const int advices[] = {
		POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM, POSIX_FADV_NOREUSE,
	};
	int i, ret;

	if (!IS_ENABLED(CONFIG_ADVISE_SYSCALLS))
		return 0;
	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		if (!(advice & BIT(i)))
			continue;
		ret = vfs_fadvise(file, 0, 0, advices[i]);
		if (ret)
			return cr_err(ctx, ret, "can't give advice %d",
				      advices[i]);
	}
	return 0;
}

static struct file *cr_open(struct cr_ctx *ctx, const struct cr_hdr_fd_data *h,
			    const char *name, bool *changed)
{
	unsigned int flags = h->f_flags;
	struct file *file;
	int ret;

	if (name[0] != '/') {
		ret = cr_invalid(ctx, "bad path '%s'", name);
		return ERR_PTR(ret);
	}

	/* A FIFO that took the file's place must not block. */
	file = filp_open(name, flags | O_NONBLOCK | O_NOCTTY, 0);
	if (IS_ERR(file)) {
		cr_err(ctx, PTR_ERR(file), "can't open '%s'", name);
		return file;
	}
	ret = cr_check_identity(ctx, file, h, name);
	*changed = ret > 0;
	if (ret >= 0)
		ret = cr_set_pos(ctx, file, h->pos);
	if (!ret)
		ret = cr_advise_file(ctx, file, h->advice);
	if (ret) {
		fput(file);
		return ERR_PTR(ret);
	}
	if (!(flags & O_NONBLOCK)) {
		spin_lock(&file->f_lock);
		file->f_flags &= ~O_NONBLOCK;
		spin_unlock(&file->f_lock);
	}
	return file;
}

/**
 * cr_set_file_flags - give an object that has no path the flags of F_SETFL
 * @file: its file, which nobody uses yet
 * @flags: as F_GETFL returns them
 */
void cr_set_file_flags(struct file *file, u32 flags)
{
	u32 settable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~settable) | (flags & settable);
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
}

/**
 * cr_own_inode - give a new object that has no path the owner it had
 * @inode: the object's, which the caller has made
 * @uid: owner
 * @gid: group
 *
 * What one has made stays one's own unless one may give it away.
 */
void cr_own_inode(struct inode *inode, u32 uid, u32 gid)
{
	struct user_namespace *ns = current_user_ns();
	kuid_t kuid = make_kuid(ns, uid);
	kgid_t kgid = make_kgid(ns, gid);

	if (!ns_capable(ns, CAP_CHOWN) || !uid_valid(kuid) || !gid_valid(kgid))
		return;
	inode->i_uid = kuid;
	inode->i_gid = kgid;
}

static struct file *cr_open_kind(struct cr_ctx *ctx,
				 const struct cr_hdr_fd_data *h,
				 const char *name, bool *changed)
{
	switch (h->type) {
	case CR_FD_OUTSIDE:
	case CR_FD_IMAGE:
	case CR_FD_LOG:
		return cr_get_supplied(ctx, h);
	case CR_FD_PIPE:
		return cr_open_pipe(ctx, h);
	case CR_FD_EVENTFD:
		return cr_open_eventfd(ctx, h);
	case CR_FD_EPOLL:
		return cr_open_epoll(ctx, h);
	case CR_FD_SHMEM:
		return cr_open_shmem(ctx, h);
	default:
		return cr_open(ctx, h, name, changed);
	}
}

static bool cr_mode_ok(const struct cr_hdr_fd_data *h)
{
	switch (h->type) {
	case CR_FD_FILE:
		return S_ISREG(h->mode);
	case CR_FD_DIR:
		return S_ISDIR(h->mode);
	case CR_FD_CHR:
		return S_ISCHR(h->mode) &&
		       cr_is_stateless_dev(MKDEV(h->rdev_major, h->rdev_minor));
	case CR_FD_PIPE:
		return S_ISFIFO(h->mode);
	default:
		return true;
	}
}

/* Does a kind of file refer to what is behind it? */
static bool cr_has_obj(u32 type)
{
	return type == CR_FD_PIPE || type == CR_FD_SHMEM;
}

static u32 cr_states_of(u32 type)
{
	switch (type) {
	case CR_FD_PIPE:
		return CR_FD_STATE_NO_WRITER_YET;
	case CR_FD_SHMEM:
		return CR_FD_STATE_WRITER;
	default:
		return 0;
	}
}

static int cr_check_fd_data(struct cr_ctx *ctx, const struct cr_hdr_fd_data *h)
{
	bool supplied = h->type == CR_FD_OUTSIDE || h->type == CR_FD_IMAGE ||
			h->type == CR_FD_LOG;
	bool by_path = h->type == CR_FD_PATH;

	if (h->type < CR_FD_FILE || h->type > CR_FD_SHMEM || h->type == 3)
		return cr_invalid(ctx, "bad type, have %u", h->type);
	if (!cr_mode_ok(h))
		return cr_invalid(ctx, "bad mode, have 0%o", h->mode);
	if (!supplied && h->f_flags & ~CR_OPEN_FLAGS)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->f_flags);
	if (!supplied && by_path != !!(h->f_flags & O_PATH))
		return cr_invalid(ctx, "bad flags, have 0x%x", h->f_flags);
	if (!!h->obj != cr_has_obj(h->type))
		return cr_invalid(ctx, "bad object, have %u", h->obj);
	if (h->__reserved || h->state & ~CR_FD_STATE_ALL ||
	    h->state & ~cr_states_of(h->type))
		return cr_invalid(ctx, "bad state, have 0x%x", h->state);
	if (h->advice & ~CR_FD_ADVICE_ALL ||
	    (h->advice && h->type != CR_FD_FILE))
		return cr_invalid(ctx, "bad advice, have 0x%x", h->advice);
	if (h->fd < (supplied ? 0 : -1))
		return cr_invalid(ctx, "bad descriptor, have %d", h->fd);
	return 0;
}

/**
 * cr_read_file - open a file of the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_file(struct cr_ctx *ctx)
{
	struct cr_hdr_fd_data h;
	const struct cr_rec *rec;
	bool changed = false;
	struct file *file;
	char *name;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_FD_DATA, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_fd_data *)rec->data;
	ret = cr_check_fd_data(ctx, &h);
	if (ret)
		return ret;
	name = __getname();
	if (!name)
		return cr_err(ctx, -ENOMEM, "no memory for a path");
	ret = cr_read_string(ctx, CR_HDR_FNAME, h.objref, CR_STRING_FILE, name,
			     PATH_MAX);
	if (!ret) {
		file = cr_open_kind(ctx, &h, name, &changed);
		ret = PTR_ERR_OR_ZERO(file);
	}
	__putname(name);
	if (ret)
		return ret;
	ret = cr_obj_add_ref(ctx, CR_OBJ_FILE, h.objref, file);
	if (!ret && changed)
		xa_set_mark(&ctx->obj_xa, h.objref, CR_OBJ_CHANGED);
	if (!ret && (h.type == CR_FD_EPOLL || h.type == CR_FD_SHMEM))
		xa_set_mark(&ctx->obj_xa, h.objref, CR_OBJ_MADE);
	if (ret)
		fput(file);
	else if (h.type == CR_FD_OUTSIDE)
		ret = xa_err(xa_store(&ctx->outside_xa, h.objref,
				      xa_mk_value(h.f_flags),
				      GFP_KERNEL_ACCOUNT));
	return ret;
}

/**
 * cr_file_for_fd - the open file that a descriptor of the image refers to
 * @ctx: context
 * @ref: its objref
 * @fd: the descriptor
 *
 * One number of an outside file may be supplied with another file than the
 * others: a shell's 0, 1 and 2 were one terminal, and are three things now.
 * Where they are one thing again, they are one open file again.
 *
 * Return: the file, with a reference, or an error pointer; the error was
 * logged.
 */
struct file *cr_file_for_fd(struct cr_ctx *ctx, u32 ref, int fd)
{
	struct file *file = cr_obj_get_by_ref(ctx, CR_OBJ_FILE, ref);
	const struct restart_fdmap *m;
	struct file *mine;

	if (IS_ERR(file))
		return file;
	m = xa_load(&ctx->outside_xa, ref) ? cr_find_inherit(ctx, fd) : NULL;
	if (!m)
		return get_file(file);
	mine = fget_task(ctx->caller, m->fd);
	if (!mine)
		return ERR_PTR(cr_err(ctx, -EBADF, "descriptor %d, supplied for %d, isn't open",
				      m->fd, fd));
	if (cr_check_supplied(ctx, mine,
			      xa_to_value(xa_load(&ctx->outside_xa, ref)))) {
		fput(mine);
		return ERR_PTR(-EBADF);
	}
	if (file_inode(mine) == file_inode(file)) {
		fput(mine);
		return get_file(file);
	}
	return mine;
}

static int cr_install_fd(struct cr_ctx *ctx, const struct cr_hdr_fd_ent *h)
{
	struct file *file = cr_file_for_fd(ctx, h->objref, h->fd);
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = replace_fd(h->fd, file, h->flags & CR_FD_F_CLOEXEC ?
			 O_CLOEXEC : 0);
	fput(file);
	if (ret < 0)
		return cr_err(ctx, ret, "can't have descriptor %d", h->fd);
	return 0;
}

static int cr_read_fd_ent(struct cr_ctx *ctx, u32 parent, int *last)
{
	const struct cr_rec *rec;
	struct cr_hdr_fd_ent h;

	rec = cr_read_obj(ctx, CR_HDR_FD_ENT, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_fd_ent *)rec->data;
	if (rec->parent != parent || h.flags & ~CR_FD_F_ALL || h.__reserved)
		return cr_invalid(ctx, "bad flags, have 0x%x", h.flags);
	if (h.fd <= *last)
		return cr_invalid(ctx, "bad descriptor, have %d, want > %d",
				  h.fd, *last);
	*last = h.fd;
	return cr_install_fd(ctx, &h);
}

/* What flock() and fcntl() ask for. */
static fmode_t cr_lock_fmode(const struct cr_hdr_flock *h)
{
	if (h->kind == CR_FLOCK_FLOCK)
		return FMODE_READ | FMODE_WRITE;
	return h->type == F_RDLCK ? FMODE_READ : FMODE_WRITE;
}

static int cr_fill_lock(struct cr_ctx *ctx, const struct cr_hdr_flock *h,
			struct file *file, struct file_lock *fl)
{
	if (h->type != F_RDLCK && h->type != F_WRLCK)
		return cr_invalid(ctx, "bad lock type, have %u", h->type);
	if (h->kind < CR_FLOCK_POSIX || h->kind > CR_FLOCK_FLOCK ||
	    h->__reserved)
		return cr_invalid(ctx, "bad lock kind, have %u", h->kind);
	if (h->start < 0 || h->end < h->start)
		return cr_invalid(ctx, "bad lock of 0x%llx-0x%llx", h->start,
				  h->end);
	if (!(file->f_mode & cr_lock_fmode(h)))
		return cr_err(ctx, -EBADF, "file isn't open as its lock wants");
	locks_init_lock(fl);
	fl->c.flc_type = h->type;
	fl->c.flc_file = file;
	fl->c.flc_pid = ctx->in_place && ctx->cur == ctx->root ?
		ctx->caller->tgid : current->tgid;
	fl->fl_start = h->start;
	fl->fl_end = h->end;
	fl->c.flc_owner = h->kind == CR_FLOCK_POSIX ?
		(fl_owner_t)current->files : (fl_owner_t)file;
	fl->c.flc_flags = h->kind == CR_FLOCK_FLOCK ? FL_FLOCK :
		h->kind == CR_FLOCK_OFD ? FL_POSIX | FL_OFDLCK : FL_POSIX;
	return 0;
}

/* As fcntl() and flock() do, without waiting. */
static int cr_set_lock(struct file *file, struct file_lock *fl)
{
	if (fl->c.flc_flags & FL_POSIX)
		return vfs_lock_file(file, F_SETLK, fl, NULL);
	if (file->f_op->flock)
		return file->f_op->flock(file, F_SETLK, fl);
	return locks_lock_file_wait(file, fl);
}

static int cr_take_lock(struct cr_ctx *ctx, const struct cr_hdr_flock *h)
{
	struct file *file = cr_obj_get_by_ref(ctx, CR_OBJ_FILE, h->file);
	struct file_lock fl;
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = cr_fill_lock(ctx, h, file, &fl);
	if (ret)
		return ret;
	ret = security_file_lock(file, fl.c.flc_type);
	if (!ret)
		ret = cr_set_lock(file, &fl);
	locks_release_private(&fl);
	if (ret)
		return cr_err(ctx, ret == -EAGAIN ? -EEXIST : ret,
			      "a file lock is held by somebody else");
	return 0;
}

static int cr_read_locks(struct cr_ctx *ctx, u32 parent)
{
	const struct cr_rec *rec;
	struct cr_hdr_flock h;
	struct cr_rec next;
	int ret;

	for (;;) {
		ret = cr_peek(ctx, &next);
		if (ret || next.type != CR_HDR_FLOCK)
			return ret;
		rec = cr_read_obj(ctx, CR_HDR_FLOCK, sizeof(h), sizeof(h));
		if (IS_ERR(rec))
			return PTR_ERR(rec);
		h = *(const struct cr_hdr_flock *)rec->data;
		if (rec->parent != parent)
			return cr_invalid(ctx, "bad parent, have %u",
					  rec->parent);
		ret = cr_take_lock(ctx, &h);
		if (ret)
			return ret;
	}
}

/* Numbers above the soft limit are fine if the caller could have had them. */
static unsigned long cr_raise_nofile(void)
{
	struct rlimit *lim = current->signal->rlim + RLIMIT_NOFILE;
	unsigned long old = lim->rlim_cur;

	task_lock(current->group_leader);
	lim->rlim_cur = capable(CAP_SYS_RESOURCE) ? sysctl_nr_open :
						    lim->rlim_max;
	task_unlock(current->group_leader);
	return old;
}

/**
 * cr_read_files - fill the descriptor table of current from the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_files(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_hdr_files h;
	int last = -1, ret;
	u32 i;

	rec = cr_read_obj(ctx, CR_HDR_FILES, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_files *)rec->data;
	if (ctx->cur->files_ref || ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "a second descriptor table");
	atomic_inc(&current->files->count);
	ret = cr_obj_add_ref(ctx, CR_OBJ_FILES, h.objref, current->files);
	if (ret) {
		put_files_struct(current->files);
		return ret;
	}
	ctx->cur->files_ref = h.objref;
	cr_raise_nofile();
	for (i = 0; i < h.nfds && !ret; i++)
		ret = cr_read_fd_ent(ctx, h.objref, &last);
	return ret ?: cr_read_locks(ctx, h.objref);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "file_test.c"
#endif
