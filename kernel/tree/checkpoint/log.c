// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: telling the caller why.
 *
 * A message is one line of a stable form:
 *
 *   cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type 'fifo'
 *
 * Lines are kept in memory and go to the log's descriptor once nothing is
 * stopped: the one who reads it may be in the tree.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/uio.h>

#define CREATE_TRACE_POINTS
#include <trace/events/checkpoint.h>

#include "internal.h"

/**
 * cr_where_reset - forget where we are
 * @ctx: context
 */
void cr_where_reset(struct cr_ctx *ctx)
{
	ctx->where = (struct cr_where){ .fd = -1 };
}

static const struct {
	u32 type;
	const char *name;
} cr_rec_names[] = {
#define NAME(t) { CR_HDR_##t, #t }
	NAME(HEAD), NAME(STRING), NAME(FNAME), NAME(HEAD_ARCH), NAME(TREE),
	NAME(TASK), NAME(THREAD), NAME(CPU), NAME(XSTATE),
	NAME(RESTART_BLOCK), NAME(CRED), NAME(RLIMITS), NAME(ITIMERS), NAME(ZOMBIE),
	NAME(POSIX_TIMERS), NAME(SCHED),
	NAME(MM), NAME(VMA), NAME(PGARR), NAME(MM_CONTEXT), NAME(AUXV),
	NAME(PGSHARE),
	NAME(FILES), NAME(FD_ENT), NAME(FD_DATA), NAME(FLOCK), NAME(PIPE), NAME(PIPE_BUF),
	NAME(EVENTFD), NAME(EPOLL), NAME(SHMEM), NAME(FS),
	NAME(SIGHAND), NAME(SIGMASK), NAME(SIGINFO), NAME(TAIL), NAME(ERROR),
#undef NAME
};

/**
 * cr_rec_name - name of a record type
 * @type: CR_HDR_*
 *
 * Return: the name without CR_HDR_, or NULL for an unknown type.
 */
const char *cr_rec_name(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_rec_names); i++)
		if (cr_rec_names[i].type == type)
			return cr_rec_names[i].name;
	return NULL;
}

static int cr_log_prefix(struct cr_ctx *ctx, char *p, size_t size, int err)
{
	const struct cr_where *w = &ctx->where;
	int n;

	n = scnprintf(p, size, "cr: error %pe %s", ERR_PTR(err),
		      ctx->op == CR_OP_CHECKPOINT ? "checkpoint" : "restart");
	if (w->pid)
		n += scnprintf(p + n, size - n, " pid=%d", w->pid);
	if (w->fd >= 0)
		n += scnprintf(p + n, size - n, " fd=%d", w->fd);
	if (w->vma)
		n += scnprintf(p + n, size - n, " vma=%lx", w->vma);
	if (w->rec)
		n += scnprintf(p + n, size - n, " off=0x%llx rec=%s", w->off,
			       w->rec);
	return n;
}

/* Names of files and strings of images mustn't look like lines of the log. */
static void cr_log_clean(char *line, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
}

/**
 * cr_errno - the errno that a program may see
 * @err: errno, negative or 0
 *
 * The signal code's own numbers are for the signal code: neither call is
 * restarted, since the stream has moved on.
 *
 * Return: @err, or -EINTR for one of those.
 */
int cr_errno(int err)
{
	switch (err) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	default:
		return err;
	}
}

/**
 * cr_err - report an error
 * @ctx: context
 * @err: errno, negative
 * @fmt: the reason, without a newline
 *
 * The first error is what the call returns; the others are on the log.
 *
 * Return: @err, so that a check is one statement.
 */
int cr_err(struct cr_ctx *ctx, int err, const char *fmt, ...)
{
	struct cr_log *log = &ctx->log;
	char *line;
	va_list ap;
	int n;

	err = cr_errno(err);
	if (!log->err)
		log->err = err;
	log->nr_errors++;
	if (!log->buf || log->len + CR_LOG_LINE + CR_LOG_NOTE > CR_LOG_SIZE) {
		log->omitted++;
		return err;
	}
	line = log->buf + log->len;
	n = cr_log_prefix(ctx, line, CR_LOG_LINE - 1, err);
	n += scnprintf(line + n, CR_LOG_LINE - 1 - n, ": ");
	va_start(ap, fmt);
	n += vscnprintf(line + n, CR_LOG_LINE - 1 - n, fmt, ap);
	va_end(ap);
	cr_log_clean(line, n);
	trace_cr_error(err, line);
	line[n++] = '\n';
	log->len += n;
	return err;
}

/**
 * cr_log_flush - write what was logged to the caller's descriptor
 * @ctx: context; nothing may be stopped and no lock held
 *
 * A log that can't be written doesn't fail the call.
 */
void cr_log_flush(struct cr_ctx *ctx)
{
	struct cr_log *log = &ctx->log;
	struct kvec kv = { .iov_base = log->buf, .iov_len = log->len };
	struct iov_iter iter;

	if (!ctx->log_file || !log->len)
		return;
	if (log->omitted)
		kv.iov_len += scnprintf(log->buf + log->len, CR_LOG_NOTE,
					"cr: note 0 log: %u more omitted\n",
					log->omitted);
	iov_iter_kvec(&iter, ITER_SOURCE, &kv, 1, kv.iov_len);
	cr_file_write(ctx->log_file, &iter);
	log->len = 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "log_test.c"
#endif
