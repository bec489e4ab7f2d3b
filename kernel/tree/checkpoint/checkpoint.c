// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the sequence of a checkpoint.
 *
 * Snapshot first, write later: everything is serialised into kernel memory and
 * private pages are cloned copy-on-write while the task is stopped; the image
 * and the log are written when it runs again. With CHECKPOINT_KILL and
 * CHECKPOINT_STOP, where the task isn't to run again, it stays stopped and the
 * pages are read from its own memory.
 */
#include <linux/capability.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>

#include "internal.h"

/* Times to take a snapshot of a task in group stop that keeps waking up. */
#define CR_STOP_TRIES	8

static atomic_t cr_crid = ATOMIC_INIT(0);

/* Numbers go round below 2^31 and are never 0. */
static long cr_crid_of(u32 count)
{
	return count % INT_MAX + 1;
}

static long cr_next_crid(void)
{
	return cr_crid_of(atomic_inc_return(&cr_crid));
}

static int cr_find_task(struct cr_ctx *ctx, pid_t pid)
{
	struct task_struct *t = NULL;

	rcu_read_lock();
	if (pid)
		t = find_task_by_vpid(pid);
	else
		t = current->group_leader;
	if (t && thread_group_leader(t))
		get_task_struct(t);
	else
		t = NULL;
	rcu_read_unlock();
	if (!t)
		return cr_err(ctx, -ESRCH, "no process %d", pid);
	ctx->root_task = t;
	ctx->self = same_thread_group(t, current);
	ctx->where.pid = task_pid_vnr(t);
	return 0;
}

/* Asked before the task is stopped, and again once it can't exec any more. */
static int cr_may_access(struct cr_ctx *ctx)
{
	struct task_struct *t = ctx->root_task, *ref;
	int ret;

	if (t->flags & PF_KTHREAD)
		return cr_err(ctx, -EPERM, "is a kernel thread");
	if (!ptrace_may_access(t, PTRACE_MODE_ATTACH_REALCREDS))
		return cr_err(ctx, -EPERM, "not allowed to trace it");
	rcu_read_lock();
	ref = get_task_struct(cr_reference(ctx));
	rcu_read_unlock();
	ret = security_checkpoint(t, ref);
	put_task_struct(ref);
	if (ret == -EOPNOTSUPP)
		return cr_refuse(ctx, "has a Landlock domain or a tracer (Yama) of its own");
	if (ret)
		return cr_err(ctx, ret, "denied by a security module");
	return 0;
}

static void cr_fill_uts(u8 *dst, const char *src)
{
	memset(dst, 0, 72);
	strscpy(dst, src, __NEW_UTS_LEN + 1);
}

static int cr_write_head(struct cr_ctx *ctx)
{
	struct timens_offsets *off = &ctx->pin.nsproxy->time_ns->offsets;
	struct cr_hdr_head *h = &ctx->head;
	struct timespec64 ts;

	h->magic = CHECKPOINT_MAGIC_HEAD;
	h->version = CR_VERSION;
	h->arch = CR_ARCH_X86_64;
	h->page_size = PAGE_SIZE;
	h->record_csum = CR_CSUM_CRC32C;
	h->page_csum = CR_CSUM_XXH64;
	if (ctx->cargs.flags & CHECKPOINT_F_NO_PAGE_CSUM)
		h->page_csum = CR_CSUM_NONE;
	h->nr_tasks = 1;
	h->flags = ctx->flags;
	h->real_ns = ktime_get_real_ns();
	ts = timespec64_add(ktime_to_timespec64(ktime_get()), off->monotonic);
	h->mono_ns = timespec64_to_ns(&ts);
	ts = timespec64_add(ktime_to_timespec64(ktime_get_boottime()),
			    off->boottime);
	h->boot_ns = timespec64_to_ns(&ts);
	get_random_bytes(h->image_id, sizeof(h->image_id));
	get_boot_id(h->boot_id);
	down_read(&uts_sem);
	cr_fill_uts(h->release, utsname()->release);
	cr_fill_uts(h->version_str, utsname()->version);
	cr_fill_uts(h->machine, utsname()->machine);
	up_read(&uts_sem);
	return cr_write_obj(ctx, CR_HDR_HEAD, 0, h, sizeof(*h));
}

typedef int (*cr_write_fn)(struct cr_ctx *ctx, struct task_struct *t);

static int cr_write_arch_head(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_arch_write_head(ctx);
}

static int cr_write_tree_of(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_write_tree(ctx);
}

static int cr_settle(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_stop_settle(ctx);
}

static int cr_write_mm_of(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_write_mm(ctx);
}

/* The order of the stream: what is referred to comes first. */
static const cr_write_fn cr_writers[] = {
	cr_check_task,
	cr_write_arch_head,
	cr_write_tree_of,
	cr_collect_files,
	cr_write_fs,
	cr_write_sighand,
	cr_write_cred,
	cr_write_rlimits,
	cr_write_itimers,
	cr_write_mm_of,
	cr_write_files,
	cr_write_epolls,
	cr_settle,
	cr_write_task,
};

/*
 * Serialise everything but page data. Goes on after a refusal, so that the log
 * names all of them.
 */
static int cr_collect(struct cr_ctx *ctx)
{
	struct task_struct *t = ctx->root_task;
	size_t i;
	int ret;

	ret = cr_write_head(ctx);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(cr_writers); i++) {
		ret = cr_writers[i](ctx, t);
		if (ret == -ENOMEM || ret == -EINTR)
			return ret;
	}
	return ctx->log.err;
}

static bool cr_stays_stopped(struct cr_ctx *ctx)
{
	return ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP) &&
	       !ctx->self && !ctx->frozen_out;
}

static bool cr_wants_snapshot(struct cr_ctx *ctx)
{
	return !(ctx->flags & CHECKPOINT_DRYRUN) && !cr_stays_stopped(ctx);
}

static int cr_snapshot_mm(struct cr_ctx *ctx)
{
	if (!cr_wants_snapshot(ctx))
		return 0;
	ctx->snapshot = cr_stop_snapshot(ctx);
	if (ctx->snapshot)
		return 0;
	if (fatal_signal_pending(ctx->root_task))
		return cr_err(ctx, -ESRCH, "was killed");
	return cr_err(ctx, -ENOMEM, "no memory for a snapshot");
}

static int cr_snapshot_stopped(struct cr_ctx *ctx)
{
	int ret;

	ret = cr_may_access(ctx);
	if (!ret)
		ret = cr_collect(ctx);
	if (!ret)
		ret = cr_snapshot_mm(ctx);
	if (!ret && cr_wants_snapshot(ctx))
		ret = cr_snapshot_shmem(ctx);
	if (ret)
		return ret;
	ret = cr_stop_verify(ctx);
	if (ret && ret != -EAGAIN)
		cr_err(ctx, ret, "was killed");
	return ret;
}

/*
 * A task that waits for its own image would wait for ever if it stayed
 * stopped while the image is written to it. What the other end of a socket is
 * isn't looked for: any socket of the task's may be it.
 */
static bool cr_image_may_need_task(struct cr_ctx *ctx)
{
	struct inode *inode = file_inode(ctx->file);
	bool needs = false;
	struct file *file;
	unsigned int fd;

	if (!S_ISFIFO(inode->i_mode) && !S_ISSOCK(inode->i_mode))
		return false;
	for (fd = 0; !needs; fd++) {
		rcu_read_lock();
		file = task_lookup_next_fdget_rcu(ctx->root_task, &fd);
		rcu_read_unlock();
		if (!file)
			break;
		needs = file_inode(file) == inode ||
			(S_ISSOCK(inode->i_mode) &&
			 S_ISSOCK(file_inode(file)->i_mode));
		fput(file);
		cond_resched();
	}
	return needs;
}

static int cr_snapshot_pinned(struct cr_ctx *ctx)
{
	int ret = cr_pin(ctx);

	if (!ret && ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP))
		ctx->frozen_out = cr_image_may_need_task(ctx);
	if (!ret)
		ret = cr_snapshot_stopped(ctx);
	cr_unpin(ctx);
	return ret;
}

/* Back to where nothing was serialised. */
static void cr_snapshot_undo(struct cr_ctx *ctx)
{
	struct cr_chunk *c, *n;

	list_for_each_entry_safe(c, n, &ctx->chunks, list) {
		list_del(&c->list);
		kvfree(c);
	}
	cr_shmem_forget(ctx);
	cr_obj_free(ctx);
	hash_init(ctx->obj_hash);
	ctx->obj_next = 0;
	ctx->off = 0;
	ctx->stats.records = 0;
	ctx->stopped = false;
	ctx->log.err = 0;
	ctx->log.len = 0;
	xxh64_reset(&ctx->digest, 0);
	if (ctx->snapshot)
		mmput(ctx->snapshot);
	ctx->snapshot = NULL;
	if (ctx->mm)
		mmput(ctx->mm);
	ctx->mm = NULL;
}

static int cr_stop_and_snapshot(struct cr_ctx *ctx)
{
	int i, ret = -EAGAIN;

	for (i = 0; i < CR_STOP_TRIES; i++) {
		ret = cr_stop(ctx, cr_wants_snapshot(ctx));
		if (ret)
			return ret;
		if (!i)
			ctx->stats.park_ns = ktime_get_ns() - ctx->start_ns;
		ret = cr_snapshot_pinned(ctx);
		if (ret != -EAGAIN)
			return ret;
		cr_resume(ctx);
		cr_snapshot_undo(ctx);
	}
	return cr_err(ctx, -EBUSY, "is stopped and continued all the time");
}

static int cr_lock_pos(struct file *file)
{
	if (!(file->f_mode & FMODE_ATOMIC_POS))
		return 0;
	return mutex_lock_interruptible(&file->f_pos_lock);
}

static void cr_unlock_pos(struct file *file)
{
	if (file->f_mode & FMODE_ATOMIC_POS)
		mutex_unlock(&file->f_pos_lock);
}

/* An image that stops early says why. */
static void cr_write_error(struct cr_ctx *ctx, int err)
{
	struct cr_hdr_error h = { .err = -err };
	const char *text = ctx->log.buf;
	size_t len = 0;

	if (!ctx->stats.bytes || ctx->off != ctx->stats.bytes)
		return;
	if (text)
		len = strcspn(text, "\n");
	h.len = min_t(size_t, len, 256);
	if (!cr_write_obj2(ctx, CR_HDR_ERROR, 0, &h, sizeof(h), text, h.len))
		cr_flush(ctx);
}

/* Memory that was read from the task itself is what it was all the time. */
static int cr_still_stopped(struct cr_ctx *ctx)
{
	int ret;

	if (ctx->snapshot)
		return 0;
	ret = cr_stop_verify(ctx);
	if (ret == -EAGAIN)
		return cr_err(ctx, -EBUSY, "was continued while it was written");
	return ret ? cr_err(ctx, ret, "was killed") : 0;
}

static int cr_write_image(struct cr_ctx *ctx)
{
	int ret;

	cr_where_reset(ctx);
	ret = cr_lock_pos(ctx->file);
	if (ret)
		return cr_err(ctx, -EINTR, "interrupted");
	ret = cr_flush(ctx);
	if (!ret)
		ret = cr_write_shmem_pages(ctx);
	if (!ret)
		ret = cr_write_pages(ctx);
	if (!ret)
		ret = cr_still_stopped(ctx);
	if (!ret)
		ret = cr_write_tail(ctx);
	if (ret)
		cr_write_error(ctx, ret);
	cr_unlock_pos(ctx->file);
	return ret;
}

/* The image is complete: now what was asked for may happen to the task. */
static void cr_finish(struct cr_ctx *ctx)
{
	if (ctx->flags & CHECKPOINT_KILL)
		do_send_sig_info(SIGKILL, SEND_SIG_PRIV, ctx->root_task,
				 PIDTYPE_TGID);
	if (ctx->flags & CHECKPOINT_STOP)
		do_send_sig_info(SIGSTOP, SEND_SIG_PRIV, ctx->root_task,
				 PIDTYPE_TGID);
	cr_resume(ctx);
}

static long cr_checkpoint_locked(struct cr_ctx *ctx)
{
	bool stays;
	int ret;

	ret = cr_stop_and_snapshot(ctx);
	if (ret)
		return ret;
	stays = cr_stays_stopped(ctx);
	if (!stays) {
		cr_resume(ctx);
		ctx->stats.stop_ns = ktime_get_ns() - ctx->start_ns;
	}
	ctx->stats.tasks = 1;
	if (ctx->flags & CHECKPOINT_DRYRUN)
		return cr_next_crid();
	ret = cr_write_image(ctx);
	if (ret)
		return ret;
	cr_finish(ctx);
	if (stays)
		ctx->stats.stop_ns = ktime_get_ns() - ctx->start_ns;
	return cr_next_crid();
}

/**
 * do_checkpoint - save a process
 * @ctx: context with its arguments and files
 * @pid: the process, 0 for the caller
 *
 * Return: a number greater than 0, or a negative errno.
 */
long do_checkpoint(struct cr_ctx *ctx, pid_t pid)
{
	long ret;

	if (ctx->flags & (CHECKPOINT_KEEP | CHECKPOINT_LEAKCHECK) ||
	    ctx->cargs.parent != -1)
		return cr_refuse(ctx, "kept snapshots, parents and leak checks aren't built in");
	ret = cr_find_task(ctx, pid);
	if (ret)
		return ret;
	ret = cr_may_access(ctx);
	if (ret)
		return ret;
	if (ctx->self && ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP))
		return cr_err(ctx, -EINVAL, "can't end or stop the caller");
	ret = cr_checkpoint_locked(ctx);
	cr_resume(ctx);
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "checkpoint_test.c"
#endif
