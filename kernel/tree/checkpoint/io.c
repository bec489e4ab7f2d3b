// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: records and the stream that they make.
 *
 * At checkpoint, records are serialised into kernel memory with cr_write_obj()
 * while tasks are stopped, and go to the image's descriptor with cr_flush()
 * when no lock is held. At restart, cr_read_obj() returns one record at a
 * time. Neither ever seeks. Each function returns 0 or a negative errno.
 */
#include <linux/bvec.h>
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "internal.h"
#include "ondisk.h"

#define CR_CHUNK_SIZE	(64 * 1024 - sizeof(struct cr_chunk))

/* Wait until a nonblocking descriptor can go on. */
static int cr_file_wait(struct file *file, __poll_t events)
{
	struct poll_wqueues table;
	poll_table *wait;
	int ret = 0;

	poll_initwait(&table);
	wait = &table.pt;
	while (!(vfs_poll(file, wait) & (events | EPOLLERR | EPOLLHUP))) {
		wait->_qproc = NULL;
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		if (!table.triggered)
			schedule();
		__set_current_state(TASK_RUNNING);
		/* Cleared before the next vfs_poll() looks, as pollwake() wants. */
		smp_store_mb(table.triggered, 0);
	}
	__set_current_state(TASK_RUNNING);
	poll_freewait(&table);
	return ret;
}

/* A file system that works on a copy of the iterator leaves it as it was. */
static void cr_iter_done(struct iov_iter *iter, size_t before, size_t n)
{
	size_t done = before - iov_iter_count(iter);

	if (done < n)
		iov_iter_advance(iter, n - done);
	else if (done > n)
		iov_iter_revert(iter, done - n);
}

static int cr_file_io(struct file *file, struct iov_iter *iter, bool write)
{
	bool stream = file->f_mode & FMODE_STREAM;
	size_t before = iov_iter_count(iter);
	loff_t pos = file->f_pos;
	ssize_t n;

	if (write)
		n = vfs_iter_write(file, iter, stream ? NULL : &pos, 0);
	else
		n = vfs_iter_read(file, iter, stream ? NULL : &pos, 0);
	if (n > 0 && !stream)
		file->f_pos = pos;
	if (n > 0)
		cr_iter_done(iter, before, n);
	if (n == -EAGAIN)
		return cr_file_wait(file, write ? EPOLLOUT : EPOLLIN);
	if (n == -ERESTARTSYS || n == -ERESTARTNOINTR || n == -ERESTARTNOHAND)
		return -EINTR;
	if (n < 0)
		return n;
	if (!n)
		return write ? -EIO : -ENODATA;
	return 0;
}

static int cr_file_loop(struct file *file, struct iov_iter *iter, bool write)
{
	int ret;

	while (iov_iter_count(iter)) {
		ret = cr_file_io(file, iter, write);
		if (ret)
			return ret;
		if (iov_iter_count(iter) && signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * cr_file_write - write all of an iterator at the file's position
 * @file: open for writing; the caller keeps others off its position
 * @iter: what to write
 *
 * Return: 0, -EINTR on a signal, or what the file said.
 */
int cr_file_write(struct file *file, struct iov_iter *iter)
{
	return cr_file_loop(file, iter, true);
}

/**
 * cr_file_read - read all of an iterator at the file's position
 * @file: open for reading; the caller keeps others off its position
 * @iter: where it goes
 *
 * Return: 0, -ENODATA when the file ends first, -EINTR, or what it said.
 */
int cr_file_read(struct file *file, struct iov_iter *iter)
{
	return cr_file_loop(file, iter, false);
}

static int cr_image_err(struct cr_ctx *ctx, int err)
{
	if (err == -ENODATA)
		return cr_err(ctx, err, "the image ends at 0x%llx, too early",
			      ctx->off);
	if (err)
		cr_err(ctx, err, "can't %s the image at 0x%llx",
		       ctx->op == CR_OP_CHECKPOINT ? "write" : "read",
		       ctx->off);
	return err;
}

/**
 * cr_stream_write - write bytes to the image
 * @ctx: context; nothing else may be serialised and not yet flushed
 * @buf: the bytes
 * @len: how many
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_stream_write(struct cr_ctx *ctx, const void *buf, size_t len)
{
	struct kvec kv = { .iov_base = (void *)buf, .iov_len = len };
	struct iov_iter iter;
	int ret;

	iov_iter_kvec(&iter, ITER_SOURCE, &kv, 1, len);
	ret = cr_file_write(ctx->file, &iter);
	ctx->stats.bytes += len - iov_iter_count(&iter);
	return cr_image_err(ctx, ret);
}

/**
 * cr_stream_read - read bytes from the image
 * @ctx: context
 * @buf: where they go
 * @len: how many
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_stream_read(struct cr_ctx *ctx, void *buf, size_t len)
{
	struct kvec kv = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	int ret;

	iov_iter_kvec(&iter, ITER_DEST, &kv, 1, len);
	ret = cr_image_err(ctx, cr_file_read(ctx->file, &iter));
	if (!ret)
		ctx->off += len;
	return ret;
}

static int cr_stream_pages(struct cr_ctx *ctx, struct page **pages,
			   unsigned int nr, bool write)
{
	struct bio_vec bv[32];
	struct iov_iter iter;
	unsigned int i, n;
	int ret;

	for (; nr; nr -= n, pages += n) {
		n = min_t(unsigned int, nr, ARRAY_SIZE(bv));
		for (i = 0; i < n; i++)
			bvec_set_page(&bv[i], pages[i], PAGE_SIZE, 0);
		iov_iter_bvec(&iter, write ? ITER_SOURCE : ITER_DEST, bv, n,
			      n * PAGE_SIZE);
		ret = cr_file_loop(ctx->file, &iter, write);
		if (write)
			ctx->stats.bytes += n * PAGE_SIZE -
					    iov_iter_count(&iter);
		if (ret)
			return cr_image_err(ctx, ret);
		ctx->off += n * PAGE_SIZE;
	}
	return 0;
}

/**
 * cr_stream_write_pages - write whole pages to the image
 * @ctx: context
 * @pages: the pages
 * @nr: how many
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_stream_write_pages(struct cr_ctx *ctx, struct page **pages,
			  unsigned int nr)
{
	return cr_stream_pages(ctx, pages, nr, true);
}

/**
 * cr_stream_read_pages - read whole pages from the image
 * @ctx: context
 * @pages: where they go
 * @nr: how many
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_stream_read_pages(struct cr_ctx *ctx, struct page **pages,
			 unsigned int nr)
{
	return cr_stream_pages(ctx, pages, nr, false);
}

/**
 * cr_hdr_csum - checksum of a record
 * @h: its header; @h->csum is taken as 0
 * @hdr: first part of the payload
 * @hdr_len: bytes at @hdr
 * @data: second part
 * @len: bytes at @data
 *
 * Return: CRC-32C, as everybody computes it.
 */
u32 cr_hdr_csum(const struct cr_hdr *h, const void *hdr, size_t hdr_len,
		const void *data, size_t len)
{
	struct cr_hdr tmp = *h;
	u32 crc;

	tmp.csum = 0;
	crc = crc32c(~0, &tmp, sizeof(tmp));
	crc = crc32c(crc, hdr, hdr_len);
	return ~crc32c(crc, data, len);
}

static void *cr_reserve(struct cr_ctx *ctx, size_t len)
{
	struct cr_chunk *c = NULL;

	if (!list_empty(&ctx->chunks))
		c = list_last_entry(&ctx->chunks, struct cr_chunk, list);
	if (!c || c->size - c->len < len) {
		size_t size = max_t(size_t, len, CR_CHUNK_SIZE);

		c = kvmalloc(struct_size(c, data, size), GFP_KERNEL_ACCOUNT);
		if (!c)
			return NULL;
		c->len = 0;
		c->size = size;
		list_add_tail(&c->list, &ctx->chunks);
	}
	c->len += len;
	return c->data + c->len - len;
}

/**
 * cr_write_obj2 - serialise a record whose payload is in two parts
 * @ctx: context
 * @type: CR_HDR_*
 * @parent: objref of the owner, or 0
 * @hdr: first part
 * @hdr_len: its length, a multiple of 8
 * @data: second part
 * @len: its length; zeros are added up to a multiple of 8
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_obj2(struct cr_ctx *ctx, u32 type, u32 parent, const void *hdr,
		  size_t hdr_len, const void *data, size_t len)
{
	size_t padded = ALIGN(len, 8);
	struct cr_hdr h = { .type = type, .parent = parent };
	u8 *p;

	if (hdr_len + padded > CR_HDR_LEN_MAX)
		return cr_err(ctx, -EOPNOTSUPP, "a %s of %zu bytes is too long",
			      cr_rec_name(type), hdr_len + len);
	h.len = hdr_len + padded;
	p = cr_reserve(ctx, sizeof(h) + h.len);
	if (!p)
		return cr_err(ctx, -ENOMEM, "no memory for a %s",
			      cr_rec_name(type));
	memcpy(p + sizeof(h), hdr, hdr_len);
	memcpy(p + sizeof(h) + hdr_len, data, len);
	memset(p + sizeof(h) + hdr_len + len, 0, padded - len);
	h.csum = cr_hdr_csum(&h, p + sizeof(h), h.len, NULL, 0);
	memcpy(p, &h, sizeof(h));
	xxh64_update(&ctx->digest, &h, sizeof(h));
	ctx->stats.records++;
	ctx->off += sizeof(h) + h.len;
	return 0;
}

/**
 * cr_write_obj - serialise a record
 * @ctx: context
 * @type: CR_HDR_*
 * @parent: objref of the owner, or 0
 * @buf: the payload
 * @len: its length, a multiple of 8
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_obj(struct cr_ctx *ctx, u32 type, u32 parent, const void *buf,
		 size_t len)
{
	return cr_write_obj2(ctx, type, parent, buf, len, NULL, 0);
}

/**
 * cr_write_string - serialise a string
 * @ctx: context
 * @type: CR_HDR_STRING or CR_HDR_FNAME
 * @parent: objref of the owner, or 0
 * @what: CR_STRING_*
 * @str: the string
 * @len: its length without a NUL
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_string(struct cr_ctx *ctx, u32 type, u32 parent, u32 what,
		    const char *str, size_t len)
{
	struct cr_hdr_string h = { .len = len, .what = what };

	return cr_write_obj2(ctx, type, parent, &h, sizeof(h), str, len);
}

/**
 * cr_flush - write to the image what was serialised
 * @ctx: context; nothing may be stopped except for CHECKPOINT_KILL and _STOP
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_flush(struct cr_ctx *ctx)
{
	struct cr_chunk *c, *n;
	int ret = 0;

	list_for_each_entry_safe(c, n, &ctx->chunks, list) {
		if (!ret)
			ret = cr_stream_write(ctx, c->data, c->len);
		list_del(&c->list);
		kvfree(c);
	}
	return ret;
}

/**
 * cr_emit - serialise a record and write it
 * @ctx: context
 * @type: CR_HDR_*
 * @parent: objref of the owner, or 0
 * @buf: the payload
 * @len: its length, a multiple of 8
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_emit(struct cr_ctx *ctx, u32 type, u32 parent, const void *buf,
	    size_t len)
{
	int ret = cr_write_obj(ctx, type, parent, buf, len);

	return ret ?: cr_flush(ctx);
}

/**
 * cr_write_tail - write the record that makes the image complete
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_tail(struct cr_ctx *ctx)
{
	struct cr_hdr_tail h = {
		.magic = CHECKPOINT_MAGIC_TAIL,
		.records = ctx->stats.records,
		.pages = ctx->stats.pages,
		.bytes = ctx->off,
		.digest = xxh64_digest(&ctx->digest),
	};

	return cr_emit(ctx, CR_HDR_TAIL, 0, &h, sizeof(h));
}

static int cr_rbuf_reserve(struct cr_ctx *ctx, size_t len)
{
	void *p;

	if (len <= ctx->rbuf_size)
		return 0;
	p = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!p)
		return cr_err(ctx, -ENOMEM, "no memory for a record");
	kvfree(ctx->rbuf);
	ctx->rbuf = p;
	ctx->rbuf_size = len;
	return 0;
}

/* An image that its checkpoint gave up says so. */
static int cr_read_error(struct cr_ctx *ctx)
{
	const struct cr_hdr_error *h = ctx->rec.data;
	int len;

	if (ctx->rec.len < sizeof(*h) || h->len > ctx->rec.len - sizeof(*h))
		return cr_invalid(ctx, "bad error record");
	len = min_t(int, h->len, 256);
	return cr_err(ctx, -ENODATA, "the checkpoint failed: '%*pE'", len,
		      h->text);
}

/* Records that belong to an object that came before. */
static bool cr_has_parent(u32 type)
{
	switch (type) {
	case CR_HDR_STRING:
	case CR_HDR_FNAME:
	case CR_HDR_VMA:
	case CR_HDR_PGARR:
	case CR_HDR_PGSHARE:
	case CR_HDR_MM_CONTEXT:
	case CR_HDR_AUXV:
	case CR_HDR_FD_ENT:
	case CR_HDR_FLOCK:
	case CR_HDR_PIPE_BUF:
	case CR_HDR_EVENTFD:
	case CR_HDR_EPOLL:
		return true;
	default:
		return false;
	}
}

static int cr_read_hdr(struct cr_ctx *ctx)
{
	struct cr_hdr h;
	int ret;

	ctx->where.rec = NULL;
	ctx->where.off = ctx->off;
	if (fatal_signal_pending(current))
		return cr_err(ctx, -EINTR, "interrupted");
	ret = cr_stream_read(ctx, &h, sizeof(h));
	if (ret)
		return ret;
	ctx->where.rec = cr_rec_name(h.type) ?: "?";
	if (h.len > CR_HDR_LEN_MAX || h.len % 8)
		return cr_invalid(ctx, "bad length, have %u", h.len);
	ret = cr_rbuf_reserve(ctx, max_t(size_t, h.len, PAGE_SIZE));
	if (ret)
		return ret;
	if (h.len) {
		ret = cr_stream_read(ctx, ctx->rbuf, h.len);
		if (ret)
			return ret;
	}
	if (cr_hdr_csum(&h, ctx->rbuf, h.len, NULL, 0) != h.csum)
		return cr_invalid(ctx, "bad checksum");
	if (h.parent && !cr_has_parent(h.type))
		return cr_invalid(ctx, "bad parent, have %u", h.parent);
	if (h.type != CR_HDR_TAIL) {
		xxh64_update(&ctx->digest, &h, sizeof(h));
		ctx->stats.records++;
	}
	ctx->rec = (struct cr_rec){ h.type, h.len, h.parent, ctx->rbuf };
	return h.type == CR_HDR_ERROR ? cr_read_error(ctx) : 0;
}

/**
 * cr_peek - read the next record without consuming it
 * @ctx: context
 * @rec: where it goes
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_peek(struct cr_ctx *ctx, struct cr_rec *rec)
{
	int ret;

	if (!ctx->have_rec) {
		ret = cr_read_hdr(ctx);
		if (ret)
			return ret;
		ctx->have_rec = true;
	}
	*rec = ctx->rec;
	return 0;
}

/**
 * cr_read_obj - read a record of a certain type
 * @ctx: context
 * @type: CR_HDR_*
 * @min: smallest payload
 * @max: largest payload
 *
 * Return: the record, whose payload is valid until the next one is read, or
 * an error pointer; the error was logged.
 */
const struct cr_rec *cr_read_obj(struct cr_ctx *ctx, u32 type, size_t min,
				 size_t max)
{
	struct cr_rec rec;
	int ret;

	ret = cr_peek(ctx, &rec);
	if (ret)
		return ERR_PTR(ret);
	if (rec.type != type)
		return ERR_PTR(cr_invalid(ctx, "unexpected record, have type %u, want %u",
					  rec.type, type));
	if (rec.len < min || rec.len > max)
		return ERR_PTR(cr_invalid(ctx, "bad length, have %u, want %zu to %zu",
					  rec.len, min, max));
	ctx->have_rec = false;
	return &ctx->rec;
}

static bool cr_is_zero(const void *p, size_t len)
{
	return !len || !memchr_inv(p, 0, len);
}

/**
 * cr_read_string - read a string
 * @ctx: context
 * @type: CR_HDR_STRING or CR_HDR_FNAME
 * @parent: objref of its owner
 * @what: CR_STRING_*
 * @buf: where it goes, with a NUL
 * @size: of @buf, at most CR_STRING_MAX + 1
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_string(struct cr_ctx *ctx, u32 type, u32 parent, u32 what,
		   char *buf, size_t size)
{
	const struct cr_rec *rec = cr_read_obj(ctx, type,
					       sizeof(struct cr_hdr_string),
					       CR_STRING_MAX + 16);
	const struct cr_hdr_string *h;

	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (rec->parent != parent)
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	if (h->what != what)
		return cr_invalid(ctx, "bad what, have %u, want %u", h->what,
				  what);
	if (h->len >= size || rec->len != sizeof(*h) + ALIGN(h->len, 8))
		return cr_invalid(ctx, "bad string length, have %u", h->len);
	if (memchr(h->data, 0, h->len) ||
	    !cr_is_zero(h->data + h->len, rec->len - sizeof(*h) - h->len))
		return cr_invalid(ctx, "bad padding");
	memcpy(buf, h->data, h->len);
	buf[h->len] = 0;
	return 0;
}

/**
 * cr_read_tail - read the last record and hold it against what was read
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_tail(struct cr_ctx *ctx)
{
	const struct cr_hdr_tail *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_TAIL, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->magic != CHECKPOINT_MAGIC_TAIL)
		return cr_invalid(ctx, "bad magic, have 0x%llx", h->magic);
	if (h->records != ctx->stats.records)
		return cr_invalid(ctx, "bad record count, have %llu, want %llu",
				  h->records, ctx->stats.records);
	if (h->pages != ctx->stats.pages)
		return cr_invalid(ctx, "bad page count, have %llu, want %llu",
				  h->pages, ctx->stats.pages);
	if (h->bytes != ctx->where.off)
		return cr_invalid(ctx, "bad size, have %llu, want %llu",
				  h->bytes, ctx->where.off);
	if (h->digest != xxh64_digest(&ctx->digest))
		return cr_invalid(ctx, "bad digest");
	return 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "io_test.c"
#endif
