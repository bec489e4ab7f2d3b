// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: stopping a task and letting it go.
 *
 * Task work parks the target where it returns to user mode, in get_signal():
 * a sleeping system call has unwound to its -ERESTART code by then, and the
 * signal code restarts it when the target is let go. A target in group stop
 * sits in get_signal() already and doesn't run task work: it is read as it
 * is, and must not have been switched in meanwhile.
 */
#include <linux/completion.h>
#include <linux/fdtable.h>
#include <linux/freezer.h>
#include <linux/fs_struct.h>
#include <linux/memcontrol.h>
#include <linux/nsproxy.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/timekeeping.h>

#include "internal.h"

/**
 * struct cr_park - a request to stop
 * @work: runs in the target
 * @ref: one for the caller, one for the queued work
 * @done: the work has run, see @result
 * @wait: where the target sleeps
 * @released: the target may go
 * @result: 0 when it is parked, else why not
 * @ncsw: of a target in group stop, at the time it was recognised
 * @clone: the target is to clone its memory while it is here
 * @cloned: it has, see @snapshot
 * @snapshot: the clone, until cr_stop_snapshot() takes it; NULL when it failed
 * @memcg: of the caller, which pays for the clone
 */
struct cr_park {
	struct callback_head work;
	refcount_t ref;
	struct completion done;
	wait_queue_head_t wait;
	bool released;
	int result;
	unsigned long ncsw;
	bool clone;
	struct completion cloned;
	struct mm_struct *snapshot;
	struct mem_cgroup *memcg;
};

static void cr_park_put(struct cr_park *p)
{
	if (!refcount_dec_and_test(&p->ref))
		return;
	if (p->snapshot)
		mmput(p->snapshot);
	mem_cgroup_put(p->memcg);
	kfree(p);
}

/* Task work also runs inside of some calls: nothing can be read there. */
static int cr_park_verdict(void)
{
	if (current->flags & PF_EXITING)
		return -ESRCH;
	if (task_restarting(current) || current->adopting)
		return -EBUSY;
	if (current->ptrace)
		return -EACCES;
#ifdef CONFIG_IO_URING
	if (current->io_uring)
		return -ENXIO;
#endif
	return 0;
}

/*
 * The target's own memory is warm in its CPU's caches, and its caller collects
 * everything else meanwhile.
 */
static void cr_park_clone(struct cr_park *p)
{
	struct mem_cgroup *old = set_active_memcg(p->memcg);

	p->snapshot = dup_mm(NULL, current->mm, DUP_MM_SNAPSHOT);
	set_active_memcg(old);
	complete(&p->cloned);
}

static void cr_park_work(struct callback_head *work)
{
	struct cr_park *p = container_of(work, struct cr_park, work);

	p->result = cr_park_verdict();
	if (!p->result)
		cr_arch_mend_interrupted(task_pt_regs(current));
	complete(&p->done);
	if (!p->result) {
		if (p->clone && !READ_ONCE(p->released))
			cr_park_clone(p);
		wait_event_state(p->wait, READ_ONCE(p->released),
				 (TASK_KILLABLE | TASK_FREEZABLE));
	}
	cr_park_put(p);
}

static struct cr_park *cr_park_new(bool clone)
{
	struct cr_park *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	init_task_work(&p->work, cr_park_work);
	refcount_set(&p->ref, 2);
	init_completion(&p->done);
	init_waitqueue_head(&p->wait);
	init_completion(&p->cloned);
	p->clone = clone;
	p->memcg = get_mem_cgroup_from_mm(current->mm);
	return p;
}

static bool cr_task_stopped(struct task_struct *t)
{
	return READ_ONCE(t->jobctl) & JOBCTL_STOPPED;
}

/*
 * Wait until the target is parked, or recognise it as stopped.
 */
static int cr_wait_parked(struct cr_ctx *ctx, struct cr_park *p)
{
	struct task_struct *t = ctx->root_task;
	u32 ms = ctx->cargs.timeout_ms ?: CHECKPOINT_TIMEOUT_MS;
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	long n;

	for (;;) {
		if (cr_task_stopped(t)) {
			p->ncsw = wait_task_inactive(t, __TASK_STOPPED);
			if (p->ncsw) {
				ctx->stopped = true;
				return 0;
			}
		}
		n = wait_for_completion_interruptible_timeout(&p->done, 2);
		if (n > 0)
			return p->result;
		if (n < 0)
			return -EINTR;
		if (time_after(jiffies, end))
			return -EBUSY;
	}
}

/* The target's registers are in memory only once it is off the CPU. */
static void cr_wait_off_cpu(struct task_struct *t)
{
#ifdef CONFIG_SMP
	/* Pairs with the release in finish_task(). */
	while (smp_load_acquire(&t->on_cpu) &&
	       !(READ_ONCE(t->flags) & PF_EXITING)) {
		cpu_relax();
		cond_resched();
	}
#endif
}

static const char *cr_why_busy(struct task_struct *t)
{
	if (frozen(t))
		return "frozen by the v1 freezer";
	if (READ_ONCE(t->jobctl) & JOBCTL_TRACED)
		return "stopped by its tracer";
	return "can't be stopped in time, or is being restored";
}

static int cr_stop_failed(struct cr_ctx *ctx, int err)
{
	switch (err) {
	case -EBUSY:
		return cr_err(ctx, err, "%s", cr_why_busy(ctx->root_task));
	case -ESRCH:
		return cr_err(ctx, err, "is exiting");
	case -EACCES:
		return cr_refuse(ctx, "is being traced");
	case -ENXIO:
		return cr_refuse(ctx, "uses io_uring");
	default:
		return cr_err(ctx, err, "interrupted while stopping");
	}
}

/**
 * cr_stop - stop the target
 * @ctx: context
 * @clone: a snapshot of its memory will be wanted
 *
 * The target may still be cloning its memory: its registers are there after
 * cr_stop_settle() only.
 *
 * Return: 0, after which cr_resume() is due, or an errno, which was logged.
 */
int cr_stop(struct cr_ctx *ctx, bool clone)
{
	struct task_struct *t = ctx->root_task;
	struct cr_park *p;
	int ret;

	if (ctx->self)
		return 0;
	/* A request to stop would make its calls fail. */
	if (task_restarting(t) || t->adopting)
		return cr_stop_failed(ctx, -EBUSY);
	p = cr_park_new(clone);
	if (!p)
		return cr_err(ctx, -ENOMEM, "no memory to stop it");
	ret = task_work_add(t, &p->work, TWA_SIGNAL);
	if (ret) {
		refcount_set(&p->ref, 1);
		cr_park_put(p);
		return cr_err(ctx, ret, "is exiting");
	}
	ctx->park = p;
	ret = cr_wait_parked(ctx, p);
	if (!ret)
		return 0;
	cr_resume(ctx);
	return cr_stop_failed(ctx, ret);
}

/* Does the target clone its memory itself? */
static bool cr_clones_itself(struct cr_ctx *ctx)
{
	return ctx->park && ctx->park->clone && !ctx->stopped;
}

/**
 * cr_stop_settle - wait until the target's registers are in memory
 * @ctx: context
 *
 * Return: 0 or -EINTR, which was logged.
 */
int cr_stop_settle(struct cr_ctx *ctx)
{
	if (cr_clones_itself(ctx) &&
	    wait_for_completion_interruptible(&ctx->park->cloned))
		return cr_err(ctx, -EINTR, "interrupted");
	if (ctx->park && !ctx->stopped)
		cr_wait_off_cpu(ctx->root_task);
	return 0;
}

/**
 * cr_stop_snapshot - have a copy of the stopped target's private memory
 * @ctx: context
 *
 * Return: the copy, or NULL when there was no memory for it.
 */
struct mm_struct *cr_stop_snapshot(struct cr_ctx *ctx)
{
	struct mm_struct *mm;

	if (!cr_clones_itself(ctx))
		return dup_mm(NULL, ctx->mm, DUP_MM_SNAPSHOT);
	mm = ctx->park->snapshot;
	ctx->park->snapshot = NULL;
	return mm;
}

/**
 * cr_stop_verify - was the target really stopped while it was read?
 * @ctx: context
 *
 * A task in group stop that SIGCONT woke may have got a signal frame since.
 *
 * Return: 0, -EAGAIN, or -ESRCH when it is being killed.
 */
int cr_stop_verify(struct cr_ctx *ctx)
{
	struct task_struct *t = ctx->root_task;

	if (ctx->self)
		return 0;
	if (READ_ONCE(t->signal->flags) & SIGNAL_GROUP_EXIT ||
	    READ_ONCE(t->flags) & PF_EXITING)
		return -ESRCH;
	if (ctx->stopped &&
	    wait_task_inactive(t, __TASK_STOPPED) != ctx->park->ncsw)
		return -EAGAIN;
	return 0;
}

/**
 * cr_pin - hold on to what of the target is going to be read
 * @ctx: context; the target is stopped, or the caller
 *
 * The target may be killed at any time, and gives everything up then. What
 * isn't pinned is looked at under a lock that tells.
 *
 * Return: 0, after which or without cr_unpin() is due, or -ESRCH, which was
 * logged.
 */
int cr_pin(struct cr_ctx *ctx)
{
	struct task_struct *t = ctx->root_task;
	struct cr_pins *pin = &ctx->pin;

	task_lock(t);
	if (t->mm && t->files && t->fs && t->nsproxy) {
		ctx->mm = t->mm;
		mmget(ctx->mm);
		pin->files = t->files;
		atomic_inc(&pin->files->count);
		pin->fs = t->fs;
		spin_lock(&pin->fs->lock);
		pin->fs->users++;
		spin_unlock(&pin->fs->lock);
		pin->nsproxy = t->nsproxy;
		get_nsproxy(pin->nsproxy);
		pin->stack = try_get_task_stack(t);
	}
	task_unlock(t);
	return pin->stack ? 0 : cr_err(ctx, -ESRCH, "is exiting");
}

/**
 * cr_unpin - let go of what cr_pin() held, but for the address space
 * @ctx: context; may be called again
 */
void cr_unpin(struct cr_ctx *ctx)
{
	struct cr_pins *pin = &ctx->pin;
	bool last = false;

	if (pin->files)
		put_files_struct(pin->files);
	if (pin->fs) {
		spin_lock(&pin->fs->lock);
		last = !--pin->fs->users;
		spin_unlock(&pin->fs->lock);
	}
	if (last)
		free_fs_struct(pin->fs);
	if (pin->nsproxy)
		put_nsproxy(pin->nsproxy);
	if (pin->stack)
		put_task_stack(ctx->root_task);
	*pin = (struct cr_pins){ };
}

/**
 * cr_resume - let the target go
 * @ctx: context; may be called again
 */
void cr_resume(struct cr_ctx *ctx)
{
	struct cr_park *p = ctx->park;

	if (!p)
		return;
	ctx->park = NULL;
	/*
	 * Work that hasn't run is left alone: it mends the call that the
	 * request to stop has interrupted, and finds itself released. In a
	 * group stop nothing was interrupted.
	 */
	if (ctx->stopped && task_work_cancel(ctx->root_task, &p->work))
		cr_park_put(p);
	WRITE_ONCE(p->released, true);
	wake_up_all(&p->wait);
	cr_park_put(p);
}
