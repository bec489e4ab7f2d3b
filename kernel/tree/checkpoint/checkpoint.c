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

static struct task_struct *cr_find_process(struct cr_ctx *ctx, pid_t pid)
{
	struct task_struct *t;

	rcu_read_lock();
	t = pid ? find_task_by_vpid(pid) : current->group_leader;
	if (t && thread_group_leader(t))
		get_task_struct(t);
	else
		t = NULL;
	rcu_read_unlock();
	if (!t)
		cr_err(ctx, -ESRCH, "no process %d", pid);
	return t;
}

/* Asked before a task is stopped, and again once it can't exec any more. */
static int cr_may_access(struct cr_ctx *ctx, struct task_struct *t)
{
	struct task_struct *ref;
	int ret;

	ctx->where.pid = task_pid_vnr(t);
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

static int cr_may_access_all(struct cr_ctx *ctx)
{
	struct cr_task *k;
	int ret;

	list_for_each_entry(k, &ctx->tasks, list) {
		ret = k->dead ? 0 : cr_may_access(ctx, k->task);
		if (ret)
			return ret;
	}
	return 0;
}

static void cr_fill_uts(u8 *dst, const char *src)
{
	memset(dst, 0, 72);
	strscpy(dst, src, __NEW_UTS_LEN + 1);
}

static int cr_write_head(struct cr_ctx *ctx)
{
	struct timens_offsets *off = &ctx->root->pin.nsproxy->time_ns->offsets;
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
	h->nr_tasks = ctx->nr_tasks;
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

static int cr_write_mm_of(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_write_mm(ctx);
}

static int cr_settle(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_stop_settle(ctx, ctx->cur);
}

/* What is referred to comes first; an object that has been written isn't again. */
static const cr_write_fn cr_writers[] = {
	cr_check_task,
	cr_collect_files,
	cr_write_fs,
	cr_write_sighand,
	cr_write_cred,
	cr_write_rlimits,
	cr_write_itimers,
	cr_write_posix_timers,
	cr_write_sched,
	cr_write_mm_of,
	cr_write_files,
	cr_settle,
	cr_write_task,
};

static const cr_write_fn cr_zombie_writers[] = {
	cr_write_cred,
	cr_write_zombie,
};

static int cr_write_all(struct cr_ctx *ctx, struct cr_task *k,
			const cr_write_fn *fn, size_t nr)
{
	size_t i;
	int ret;

	/* Goes on after a refusal, so that the log names all of them. */
	for (i = 0; i < nr; i++) {
		ret = fn[i](ctx, k->task);
		if (ret == -ENOMEM || ret == -EINTR)
			return ret;
	}
	return 0;
}

static int cr_write_one(struct cr_ctx *ctx, struct cr_task *k)
{
	ctx->cur = k;
	ctx->where.pid = task_pid_vnr(k->task);
	if (k->dead)
		return cr_write_all(ctx, k, cr_zombie_writers,
				    ARRAY_SIZE(cr_zombie_writers));
	return cr_write_all(ctx, k, cr_writers, ARRAY_SIZE(cr_writers));
}

typedef int (*cr_task_fn)(struct cr_ctx *ctx, struct cr_task *k);

/* One function for each task: its own error, or a refusal that was logged. */
static int cr_visit_tasks(struct cr_ctx *ctx, cr_task_fn fn)
{
	struct cr_task *k;
	int ret = 0;

	list_for_each_entry(k, &ctx->tasks, list) {
		ret = fn(ctx, k);
		if (ret == -ENOMEM || ret == -EINTR)
			break;
		cond_resched();
	}
	ctx->cur = ctx->root;
	return ret;
}

static int cr_tally_one(struct cr_ctx *ctx, struct cr_task *k)
{
	ctx->cur = k;
	return k->dead ? 0 : cr_tally_task(ctx, k);
}

static int cr_outside_one(struct cr_ctx *ctx, struct cr_task *k)
{
	ctx->cur = k;
	return k->dead ? 0 : cr_collect_outside(ctx, k->task);
}

static int cr_epolls_one(struct cr_ctx *ctx, struct cr_task *k)
{
	ctx->cur = k;
	ctx->where.pid = task_pid_vnr(k->task);
	return k->dead ? 0 : cr_write_epolls(ctx, k->task);
}

/* Serialise everything but page data. */
static int cr_collect(struct cr_ctx *ctx)
{
	int ret = cr_write_head(ctx);

	if (!ret)
		ret = cr_arch_write_head(ctx);
	if (!ret)
		ret = cr_write_tree(ctx);
	if (!ret)
		ret = cr_visit_tasks(ctx, cr_tally_one);
	if (!ret)
		ret = cr_visit_tasks(ctx, cr_outside_one);
	if (ret == -ENOMEM || ret == -EINTR)
		return ret;
	ret = cr_visit_tasks(ctx, cr_write_one);
	if (ret != -ENOMEM && ret != -EINTR)
		ret = cr_visit_tasks(ctx, cr_epolls_one);
	if (ret == -ENOMEM || ret == -EINTR)
		return ret;
	return ctx->log.err;
}

static bool cr_stays_stopped(struct cr_ctx *ctx)
{
	return ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP) &&
	       !ctx->self && !ctx->frozen_out;
}

/**
 * cr_wants_snapshot - is memory to be copied while the tree is stopped?
 * @ctx: context
 *
 * Return: false where it can be read when the image is written, or not at all.
 */
bool cr_wants_snapshot(struct cr_ctx *ctx)
{
	return !(ctx->flags & CHECKPOINT_DRYRUN) && !cr_stays_stopped(ctx);
}

/* A copy, if that is sooner done, or a clone. */
static int cr_snapshot_mm(struct cr_ctx *ctx, struct cr_mm *m)
{
	int ret = cr_copy_mm(ctx, m);

	if (!ret)
		return 0;
	if (ret == -EINTR)
		return cr_err(ctx, -EINTR, "interrupted");
	if (ret == -E2BIG)
		m->snapshot = cr_stop_snapshot(m->task);
	if (m->snapshot)
		return 0;
	if (fatal_signal_pending(m->task->task))
		return cr_err(ctx, -ESRCH, "was killed");
	return cr_err(ctx, -ENOMEM, "no memory for a snapshot");
}

static int cr_snapshot_mms(struct cr_ctx *ctx)
{
	struct cr_mm *m;
	int ret;

	list_for_each_entry(m, &ctx->mms, list) {
		ret = cr_snapshot_mm(ctx, m);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

static int cr_snapshot_stopped(struct cr_ctx *ctx)
{
	int ret;

	ret = cr_may_access_all(ctx);
	if (!ret)
		ret = cr_collect(ctx);
	if (!ret && cr_wants_snapshot(ctx))
		ret = cr_snapshot_mms(ctx);
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
static bool cr_image_may_need(struct cr_ctx *ctx, struct task_struct *t)
{
	struct inode *inode = file_inode(ctx->file);
	bool needs = false;
	struct file *file;
	unsigned int fd;

	if (!S_ISFIFO(inode->i_mode) && !S_ISSOCK(inode->i_mode))
		return false;
	for (fd = 0; !needs; fd++) {
		rcu_read_lock();
		file = task_lookup_next_fdget_rcu(t, &fd);
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

static bool cr_image_needs_tree(struct cr_ctx *ctx)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		if (!k->dead && cr_image_may_need(ctx, k->task))
			return true;
	return false;
}

static int cr_snapshot_pinned(struct cr_ctx *ctx)
{
	int ret = cr_pin(ctx);

	if (!ret && ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP))
		ctx->frozen_out = cr_image_needs_tree(ctx);
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
	cr_mms_free(ctx);
	cr_obj_free(ctx);
	hash_init(ctx->obj_hash);
	ctx->obj_next = 0;
	ctx->off = 0;
	ctx->stats.records = 0;
	ctx->log.err = 0;
	ctx->log.len = 0;
	xxh64_reset(&ctx->digest, 0);
	cr_tasks_free(ctx);
}

static int cr_stop_and_snapshot(struct cr_ctx *ctx, struct task_struct *root)
{
	int i, ret = -EAGAIN;

	for (i = 0; i < CR_STOP_TRIES; i++) {
		ret = cr_stop(ctx, root);
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

	if (!cr_stays_stopped(ctx))
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
		ret = cr_write_mms(ctx);
	if (!ret)
		ret = cr_still_stopped(ctx);
	if (!ret)
		ret = cr_write_tail(ctx);
	if (ret)
		cr_write_error(ctx, ret);
	cr_unlock_pos(ctx->file);
	return ret;
}

static void cr_signal_all(struct cr_ctx *ctx, int sig)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		if (k->leader == k)
			do_send_sig_info(sig, SEND_SIG_PRIV, k->task,
					 PIDTYPE_TGID);
}

/* The image is complete: now what was asked for may happen to the tree. */
static void cr_finish(struct cr_ctx *ctx)
{
	if (ctx->flags & CHECKPOINT_KILL)
		cr_signal_all(ctx, SIGKILL);
	if (ctx->flags & CHECKPOINT_STOP)
		cr_signal_all(ctx, SIGSTOP);
	cr_resume(ctx);
}

static long cr_checkpoint_stopped(struct cr_ctx *ctx)
{
	bool stays = cr_stays_stopped(ctx);
	int ret;

	if (!stays) {
		cr_resume(ctx);
		ctx->stats.stop_ns = ktime_get_ns() - ctx->start_ns;
	}
	ctx->stats.tasks = ctx->nr_tasks;
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

static long cr_checkpoint_tree(struct cr_ctx *ctx, struct task_struct *root)
{
	long ret;

	ctx->self = same_thread_group(root, current);
	ret = cr_may_access(ctx, root);
	if (ret)
		return ret;
	if (ctx->self && ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_STOP))
		return cr_err(ctx, -EINVAL, "can't end or stop the caller");
	ret = cr_stop_and_snapshot(ctx, root);
	if (!ret)
		ret = cr_checkpoint_stopped(ctx);
	cr_resume(ctx);
	return ret;
}

/**
 * do_checkpoint - save a process with all that descend from it
 * @ctx: context with its arguments and files
 * @pid: the process, 0 for the caller
 *
 * Return: a number greater than 0, or a negative errno.
 */
long do_checkpoint(struct cr_ctx *ctx, pid_t pid)
{
	struct task_struct *root;
	long ret;

	if (ctx->flags & (CHECKPOINT_KEEP | CHECKPOINT_LEAKCHECK) ||
	    ctx->cargs.parent != -1)
		return cr_refuse(ctx, "kept snapshots, parents and leak checks aren't built in");
	root = cr_find_process(ctx, pid);
	if (!root)
		return -ESRCH;
	ret = cr_checkpoint_tree(ctx, root);
	put_task_struct(root);
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "checkpoint_test.c"
#endif
