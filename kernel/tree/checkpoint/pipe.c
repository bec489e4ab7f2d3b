// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pipes and FIFOs.
 *
 * One whose ends are all in the tree is saved with what is in it. Restart keeps
 * both ends of its own open until everything is built: no end is the last one
 * before its time.
 */
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/uio.h>

#include "internal.h"

/* The ends that restart keeps. */
struct cr_pipe {
	struct file *reader;
	struct file *writer;
	bool fifo;
};

/**
 * cr_pipe_tally - count the ends of pipes that the tree has
 * @ctx: context
 * @file: an open file of the tree
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_pipe_tally(struct cr_ctx *ctx, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	int ret;

	if (!pipe)
		return 0;
	ret = cr_obj_count(ctx, CR_OBJ_FILE_USERS, file);
	return ret ?: cr_obj_tally(ctx, CR_OBJ_PIPE_ENDS, pipe, file);
}

/* Content never leaves a buffer's page. */
static int cr_write_pipe_buf(struct cr_ctx *ctx, u32 parent,
			     struct pipe_inode_info *pipe,
			     struct pipe_buffer *buf)
{
	struct cr_hdr_pipe_buf h = { .len = buf->len, .offset = buf->offset };
	void *p;
	int ret = pipe_buf_confirm(pipe, buf);

	if (ret)
		return cr_err(ctx, ret, "can't read what is in a pipe");
	if (buf->flags & PIPE_BUF_FLAG_PACKET)
		h.flags |= CR_PIPE_BUF_F_PACKET;
	if (buf->flags & PIPE_BUF_FLAG_CAN_MERGE)
		h.flags |= CR_PIPE_BUF_F_MERGE;
	p = kmap_local_page(buf->page);
	ret = cr_write_obj2(ctx, CR_HDR_PIPE_BUF, parent, &h, sizeof(h),
			    p + buf->offset, buf->len);
	kunmap_local(p);
	return ret;
}

static struct pipe_buffer *cr_pipe_buf(struct pipe_inode_info *pipe,
				       unsigned int i)
{
	return &pipe->bufs[i & (pipe->ring_size - 1)];
}

/* Says how many buffers hold something, or why they can't be saved. */
static int cr_count_pipe_bufs(struct cr_ctx *ctx, struct pipe_inode_info *pipe)
{
	struct pipe_buffer *buf;
	unsigned int i;
	int n = 0;

	for (i = pipe->tail; i != pipe->head; i++) {
		buf = cr_pipe_buf(pipe, i);
		if (buf->offset + buf->len > PAGE_SIZE)
			return cr_refuse(ctx, "a pipe with a buffer larger than a page");
		if (buf->len)
			n++;
	}
	return n;
}

static int cr_write_pipe_locked(struct cr_ctx *ctx, struct file *file,
				struct pipe_inode_info *pipe,
				struct cr_hdr_pipe *h)
{
	unsigned int i;
	int ret = cr_count_pipe_bufs(ctx, pipe);

	if (ret < 0)
		return ret;
	h->nr_bufs = ret;
	h->nr_slots = pipe->max_usage;
	ret = cr_write_obj(ctx, CR_HDR_PIPE, 0, h, sizeof(*h));
	if (!ret && h->flags & CR_PIPE_F_FIFO)
		ret = cr_write_fname(ctx, h->objref, CR_STRING_FILE,
				     &file->f_path);
	for (i = pipe->tail; !ret && i != pipe->head; i++)
		if (cr_pipe_buf(pipe, i)->len)
			ret = cr_write_pipe_buf(ctx, h->objref, pipe,
						cr_pipe_buf(pipe, i));
	return ret;
}

static void cr_fill_pipe(struct file *file, struct cr_hdr_pipe *h)
{
	struct user_namespace *ns = current_user_ns();
	struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic != PIPEFS_MAGIC)
		h->flags |= CR_PIPE_F_FIFO;
	h->uid = from_kuid_munged(ns, inode->i_uid);
	h->gid = from_kgid_munged(ns, inode->i_gid);
	h->mode = inode->i_mode & S_IALLUGO;
}

/* Somebody outside has another open file of it, or the same. */
static bool cr_pipe_leaks(struct cr_ctx *ctx, struct file *file,
			  struct pipe_inode_info *pipe)
{
	if (READ_ONCE(pipe->files) != cr_obj_users(ctx, CR_OBJ_PIPE_ENDS, pipe))
		return true;
	/* One reference is the walk's. */
	return file_count(file) > cr_obj_users(ctx, CR_OBJ_FILE_USERS, file) + 1;
}

/**
 * cr_write_pipe - serialise the pipe that an open file is an end of
 * @ctx: context
 * @file: the open file
 * @h: FD_DATA, whose type and objects are filled in
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_pipe(struct cr_ctx *ctx, struct file *file,
		  struct cr_hdr_fd_data *h)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct cr_hdr_pipe p = { 0 };
	int ret;

	if (!pipe || pipe_has_watch_queue(pipe))
		return cr_refuse(ctx, "a notification pipe");
	if (cr_pipe_leaks(ctx, file, pipe))
		return cr_err(ctx, -EXDEV, "a pipe or FIFO with an end outside, not declared so");
	cr_fill_pipe(file, &p);
	if (p.flags & CR_PIPE_F_FIFO && file->f_mode & FMODE_READ &&
	    !pipe->writers && file->f_pipe == pipe->w_counter)
		h->state = CR_FD_STATE_NO_WRITER_YET;
	ret = cr_obj_add_ptr(ctx, CR_OBJ_PIPE, pipe, &p.objref);
	h->obj = p.objref;
	if (ret <= 0)
		return ret;
	pipe_lock(pipe);
	ret = cr_write_pipe_locked(ctx, file, pipe, &p);
	pipe_unlock(pipe);
	return ret;
}

/*
 * Restart.
 */

/**
 * cr_pipe_free - close the ends that restart keeps
 * @ptr: struct cr_pipe
 *
 * At once: whoever waits for the last end to be closed may run next.
 */
void cr_pipe_free(void *ptr)
{
	struct cr_pipe *p = ptr;

	if (p->reader)
		__fput_sync(p->reader);
	if (p->writer)
		__fput_sync(p->writer);
	kfree(p);
}

static int cr_create_pipe(struct cr_ctx *ctx, struct cr_pipe *p,
			  const struct cr_hdr_pipe *h)
{
	struct file *end[2];
	int ret = create_pipe_files(end, O_NONBLOCK);

	if (ret)
		return cr_err(ctx, ret, "can't create a pipe");
	p->reader = end[0];
	p->writer = end[1];
	file_inode(p->reader)->i_mode = S_IFIFO | h->mode;
	cr_own_inode(file_inode(p->reader), h->uid, h->gid);
	return 0;
}

static int cr_open_end(struct cr_ctx *ctx, const char *name, int flags,
		       struct file **end)
{
	struct file *file = filp_open(name, flags | O_NONBLOCK | O_NOCTTY, 0);

	if (IS_ERR(file))
		return cr_err(ctx, PTR_ERR(file), "can't open FIFO '%s'", name);
	*end = file;
	if (!get_pipe_info(file, false))
		return cr_err(ctx, -ESTALE, "'%s' is of another type now", name);
	return 0;
}

/* Nobody else may have it open, or something in it. */
static int cr_check_fifo(struct cr_ctx *ctx, struct cr_pipe *p)
{
	struct pipe_inode_info *pipe = get_pipe_info(p->reader, false);

	if (get_pipe_info(p->writer, false) != pipe)
		return cr_err(ctx, -ESTALE, "the FIFO was replaced meanwhile");
	if (READ_ONCE(pipe->files) != 2 || !pipe_empty(pipe->head, pipe->tail))
		return cr_err(ctx, -EEXIST, "the FIFO is in use");
	return 0;
}

static int cr_open_fifo(struct cr_ctx *ctx, struct cr_pipe *p, u32 parent)
{
	char *name = __getname();
	int ret;

	if (!name)
		return cr_err(ctx, -ENOMEM, "no memory for a path");
	ret = cr_read_string(ctx, CR_HDR_FNAME, parent, CR_STRING_FILE, name,
			     PATH_MAX);
	if (!ret && name[0] != '/')
		ret = cr_invalid(ctx, "bad path '%s'", name);
	if (!ret)
		ret = cr_open_end(ctx, name, O_RDONLY, &p->reader);
	if (!ret)
		ret = cr_open_end(ctx, name, O_WRONLY, &p->writer);
	if (!ret)
		ret = cr_check_fifo(ctx, p);
	__putname(name);
	return ret;
}

static int cr_size_pipe(struct cr_ctx *ctx, struct cr_pipe *p, u32 slots)
{
	long ret;

	if (!slots || slots > INT_MAX >> PAGE_SHIFT || !is_power_of_2(slots))
		return cr_invalid(ctx, "bad number of slots, have %u", slots);
	if (get_pipe_info(p->reader, false)->max_usage == slots)
		return 0;
	ret = pipe_fcntl(p->reader, F_SETPIPE_SZ, slots << PAGE_SHIFT);
	if (ret < 0)
		return cr_err(ctx, ret, "can't have a pipe of %u pages", slots);
	return 0;
}

/* What was written behind the last buffer goes into one of its own. */
static void cr_dont_merge(struct pipe_inode_info *pipe)
{
	pipe_lock(pipe);
	if (!pipe_empty(pipe->head, pipe->tail))
		cr_pipe_buf(pipe, pipe->head - 1)->flags &=
			~PIPE_BUF_FLAG_CAN_MERGE;
	pipe_unlock(pipe);
}

/* As much of it as had been read is taken away again. */
static void cr_settle_buf(struct pipe_inode_info *pipe,
			  const struct cr_hdr_pipe_buf *h)
{
	struct pipe_buffer *buf;

	pipe_lock(pipe);
	buf = cr_pipe_buf(pipe, pipe->head - 1);
	buf->offset += h->offset;
	buf->len -= h->offset;
	buf->flags = 0;
	if (h->flags & CR_PIPE_BUF_F_PACKET)
		buf->flags |= PIPE_BUF_FLAG_PACKET;
	if (h->flags & CR_PIPE_BUF_F_MERGE)
		buf->flags |= PIPE_BUF_FLAG_CAN_MERGE;
	pipe_unlock(pipe);
}

static int cr_fill_pipe_buf(struct cr_ctx *ctx, struct file *file,
			    const struct cr_hdr_pipe_buf *h)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct kvec kv[] = {
		{ .iov_base = (void *)page_address(ZERO_PAGE(0)),
		  .iov_len = h->offset },
		{ .iov_base = (void *)h->data, .iov_len = h->len },
	};
	size_t len = h->offset + h->len;
	struct iov_iter iter;
	ssize_t n;

	cr_dont_merge(pipe);
	iov_iter_kvec(&iter, ITER_SOURCE, kv, ARRAY_SIZE(kv), len);
	n = vfs_iter_write(file, &iter, NULL, 0);
	if (n >= 0 && n != len)
		n = -EAGAIN;
	if (n == -EAGAIN)
		return cr_invalid(ctx, "more in a pipe than it holds");
	if (n < 0)
		return cr_err(ctx, n, "can't fill a pipe");
	cr_settle_buf(pipe, h);
	return 0;
}

static int cr_read_pipe_buf(struct cr_ctx *ctx, struct cr_pipe *p, u32 parent)
{
	const struct cr_hdr_pipe_buf *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_PIPE_BUF, sizeof(*h),
			  sizeof(*h) + PAGE_SIZE);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (rec->parent != parent)
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	if (!h->len || h->len > PAGE_SIZE || h->offset > PAGE_SIZE - h->len ||
	    rec->len != struct_size(h, data, ALIGN(h->len, 8)))
		return cr_invalid(ctx, "bad length, have %u", h->len);
	if (h->flags & ~CR_PIPE_BUF_F_ALL || h->__reserved)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (rec->len > sizeof(*h) + h->len &&
	    memchr_inv(h->data + h->len, 0, rec->len - sizeof(*h) - h->len))
		return cr_invalid(ctx, "bad padding");
	return cr_fill_pipe_buf(ctx, p->writer, h);
}

/**
 * cr_read_pipe - make a pipe, or open a FIFO, and fill it
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_pipe(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_hdr_pipe h;
	struct cr_pipe *p;
	u32 i;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_PIPE, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_pipe *)rec->data;
	if (h.flags & ~CR_PIPE_F_ALL || h.nr_bufs > h.nr_slots ||
	    h.mode & ~S_IALLUGO || h.__reserved)
		return cr_invalid(ctx, "bad flags or buffers, have 0x%x and %u",
				  h.flags, h.nr_bufs);
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return cr_err(ctx, -ENOMEM, "no memory for a pipe");
	p->fifo = h.flags & CR_PIPE_F_FIFO;
	ret = cr_obj_add_ref(ctx, CR_OBJ_PIPE, h.objref, p);
	if (ret) {
		kfree(p);
		return ret;
	}
	ret = p->fifo ? cr_open_fifo(ctx, p, h.objref) :
			cr_create_pipe(ctx, p, &h);
	if (!ret)
		ret = cr_size_pipe(ctx, p, h.nr_slots);
	for (i = 0; i < h.nr_bufs && !ret; i++)
		ret = cr_read_pipe_buf(ctx, p, h.objref);
	return ret;
}

/**
 * cr_open_pipe - open an end of a pipe or FIFO that cr_read_pipe() made
 * @ctx: context
 * @h: FD_DATA of the end
 *
 * Return: the open file or an error pointer; the error was logged.
 */
struct file *cr_open_pipe(struct cr_ctx *ctx, const struct cr_hdr_fd_data *h)
{
	struct cr_pipe *p = cr_obj_get_by_ref(ctx, CR_OBJ_PIPE, h->obj);
	struct file *file;

	if (IS_ERR(p))
		return ERR_CAST(p);
	/* O_DIRECT is a word of pipes that open() doesn't take for them. */
	file = dentry_open(&p->reader->f_path,
			   (h->f_flags & ~O_DIRECT) | O_NONBLOCK,
			   current_cred());
	if (IS_ERR(file)) {
		cr_err(ctx, PTR_ERR(file), "can't open the end of a pipe");
		return file;
	}
	if (!p->fifo)
		file->f_mode |= FMODE_NOWAIT;
	cr_set_file_flags(file, h->f_flags);
	if (h->state & CR_FD_STATE_NO_WRITER_YET)
		file->f_pipe = get_pipe_info(file, false)->w_counter;
	return file;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "pipe_test.c"
#endif
