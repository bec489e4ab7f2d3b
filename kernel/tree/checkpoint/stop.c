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
 * @root: it is the first of the tree
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
	bool root;
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

/*
 * Task work also runs inside of some calls: nothing can be read there. On the way
 * from vfork() to execve() a task has its parent's memory, and the parent waits
 * for it.
 */
static int cr_park_verdict(const struct cr_park *p)
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
	return current->vfork_done && !p->root ? -EAGAIN : 0;
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

	p->result = cr_park_verdict(p);
	if (!p->result || p->result == -EAGAIN)
		cr_arch_mend_interrupted(task_pt_regs(current));
	/* It may have made a thread since it was asked. */
	if (!thread_group_empty(current) ||
	    (current->mm && test_bit(MMF_MULTIPROCESS, &current->mm->flags)))
		p->clone = false;
	complete_all(&p->done);
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

/* Nobody else may use memory that a task clones by itself. */
static bool cr_may_clone(struct cr_ctx *ctx, struct cr_task *k)
{
	struct mm_struct *mm;
	bool may;

	if (!cr_wants_snapshot(ctx) || !thread_group_empty(k->task))
		return false;
	task_lock(k->task);
	mm = k->task->mm;
	may = mm && !cr_mm_is_small(mm) &&
	      !test_bit(MMF_MULTIPROCESS, &mm->flags);
	task_unlock(k->task);
	return may;
}

static bool cr_task_stopped(struct task_struct *t)
{
	return READ_ONCE(t->jobctl) & JOBCTL_STOPPED;
}

/* Ask a task to park; -ESRCH if it is exiting. */
static int cr_ask(struct cr_ctx *ctx, struct cr_task *k)
{
	struct cr_park *p;
	int ret;

	/* A request to stop would make its calls fail. */
	if (task_restarting(k->task) || k->task->adopting)
		return -EBUSY;
	p = cr_park_new(cr_may_clone(ctx, k));
	if (!p)
		return -ENOMEM;
	p->root = k == ctx->root;
	ret = task_work_add(k->task, &p->work, TWA_SIGNAL);
	if (ret) {
		refcount_set(&p->ref, 1);
		cr_park_put(p);
		return ret;
	}
	k->park = p;
	return 0;
}

/*
 * Wait until a task is parked, or recognise it as stopped. One that exits
 * meanwhile isn't in the tree at the next look.
 */
static int cr_wait_parked(struct cr_task *k, unsigned long end)
{
	struct cr_park *p = k->park;
	long n;

	for (;;) {
		if (cr_task_stopped(k->task)) {
			p->ncsw = wait_task_inactive(k->task, __TASK_STOPPED);
			if (p->ncsw) {
				k->stopped = true;
				return 0;
			}
		}
		n = wait_for_completion_interruptible_timeout(&p->done, 2);
		if (n > 0)
			return p->result;
		if (n < 0)
			return -EINTR;
		if (READ_ONCE(k->task->exit_state))
			return 0;
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

static int cr_stop_failed(struct cr_ctx *ctx, struct cr_task *k, int err)
{
	ctx->where.pid = task_pid_vnr(k->task);
	switch (err) {
	case -EBUSY:
		return cr_err(ctx, err, "%s", cr_why_busy(k->task));
	case -ESRCH:
		return cr_err(ctx, err, "is exiting");
	case -EACCES:
		return cr_refuse(ctx, "is being traced");
	case -ENXIO:
		return cr_refuse(ctx, "uses io_uring");
	case -ENOMEM:
		return cr_err(ctx, err, "no memory to stop it");
	default:
		return cr_err(ctx, err, "interrupted while stopping");
	}
}

/* All that are known: first asked, then waited for. */
static int cr_stop_known(struct cr_ctx *ctx, unsigned long end)
{
	struct cr_task *k;
	int ret;

	list_for_each_entry(k, &ctx->tasks, list) {
		if (k->park || k->self || k->dead)
			continue;
		ret = cr_ask(ctx, k);
		if (ret && ret != -ESRCH)
			return cr_stop_failed(ctx, k, ret);
	}
	list_for_each_entry(k, &ctx->tasks, list) {
		ret = k->park && !k->stopped ? cr_wait_parked(k, end) : 0;
		if (ret == -EAGAIN)
			cr_resume_task(k);
		else if (ret && ret != -ESRCH)
			return cr_stop_failed(ctx, k, ret);
	}
	return 0;
}

/*
 * Is there a task that goes away, and would be neither saved nor seen dead, or
 * one to be asked again?
 */
static struct cr_task *cr_find_moving(struct cr_ctx *ctx)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		if (!k->self && !k->dead &&
		    (!k->park || READ_ONCE(k->task->flags) & PF_EXITING))
			return k;
	return NULL;
}

static int cr_why_moving(struct cr_task *k)
{
	return READ_ONCE(k->task->flags) & PF_EXITING ? -ESRCH : -EBUSY;
}

static int cr_root_dead(struct cr_ctx *ctx, struct task_struct *root)
{
	ctx->where.pid = task_pid_vnr(root);
	if (!thread_group_empty(root))
		return cr_refuse(ctx, "has exited, and its threads haven't");
	return cr_err(ctx, -ESRCH, "is exiting");
}

/**
 * cr_stop - stop the tree
 * @ctx: context
 * @root: its first process
 *
 * Targets may still be cloning their memory: their registers are there after
 * cr_stop_settle() only.
 *
 * Return: 0, after which cr_resume() is due, or an errno, which was logged.
 */
int cr_stop(struct cr_ctx *ctx, struct task_struct *root)
{
	u32 ms = ctx->cargs.timeout_ms ?: CHECKPOINT_TIMEOUT_MS;
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	struct cr_task *k;
	int fresh, ret = 0;

	do {
		fresh = cr_find_tree(ctx, root);
		if (fresh < 0)
			ret = fresh;
		else if (!ctx->nr_tasks || ctx->root->dead)
			ret = cr_root_dead(ctx, root);
		else
			ret = cr_stop_known(ctx, end);
		if (ret)
			break;
		k = cr_find_moving(ctx);
		if (k && (k == ctx->root || time_after(jiffies, end)))
			ret = cr_stop_failed(ctx, k, cr_why_moving(k));
		else if (k && task_sigpending(current))
			ret = cr_stop_failed(ctx, k, -EINTR);
		else if (k)
			schedule_timeout_killable(1);
	} while (!ret && (fresh || k));
	if (ret)
		cr_resume(ctx);
	return ret;
}

/* Does the target clone its memory itself? */
static bool cr_clones_itself(struct cr_task *k)
{
	return k->park && k->park->clone && !k->stopped;
}

/**
 * cr_stop_settle - wait until a task's registers are in memory
 * @ctx: context
 * @k: the task
 *
 * Return: 0 or -EINTR, which was logged.
 */
int cr_stop_settle(struct cr_ctx *ctx, struct cr_task *k)
{
	if (cr_clones_itself(k) &&
	    wait_for_completion_interruptible(&k->park->cloned))
		return cr_err(ctx, -EINTR, "interrupted");
	if (k->park && !k->stopped)
		cr_wait_off_cpu(k->task);
	return 0;
}

/**
 * cr_stop_snapshot - have a copy of a stopped task's private memory
 * @k: the task
 *
 * Return: the copy, or NULL when there was no memory for it.
 */
struct mm_struct *cr_stop_snapshot(struct cr_task *k)
{
	struct mm_struct *mm;

	if (!cr_clones_itself(k))
		return dup_mm(NULL, k->mm, DUP_MM_SNAPSHOT);
	mm = k->park->snapshot;
	k->park->snapshot = NULL;
	return mm;
}

/* A task in group stop that SIGCONT woke may have got a signal frame since. */
static int cr_verify(struct cr_task *k)
{
	struct task_struct *t = k->task;

	if (k->self || k->dead)
		return 0;
	if (READ_ONCE(t->signal->flags) & SIGNAL_GROUP_EXIT ||
	    READ_ONCE(t->flags) & PF_EXITING)
		return -ESRCH;
	if (k->stopped &&
	    wait_task_inactive(t, __TASK_STOPPED) != k->park->ncsw)
		return -EAGAIN;
	return 0;
}

/**
 * cr_stop_verify - was the tree really stopped while it was read?
 * @ctx: context
 *
 * Return: 0, -EAGAIN, or -ESRCH when a task is being killed.
 */
int cr_stop_verify(struct cr_ctx *ctx)
{
	struct cr_task *k;
	int ret;

	list_for_each_entry(k, &ctx->tasks, list) {
		ret = cr_verify(k);
		if (ret)
			return ret;
	}
	return 0;
}

static int cr_pin_task(struct cr_ctx *ctx, struct cr_task *k)
{
	struct task_struct *t = k->task;
	struct cr_pins *pin = &k->pin;

	task_lock(t);
	if (t->mm && t->files && t->fs && t->nsproxy) {
		k->mm = t->mm;
		mmget(k->mm);
		pin->files = t->files;
		atomic_inc(&pin->files->count);
		pin->fs = t->fs;
		cr_hold_fs(pin->fs);
		pin->nsproxy = t->nsproxy;
		get_nsproxy(pin->nsproxy);
		pin->stack = try_get_task_stack(t);
	}
	task_unlock(t);
	ctx->where.pid = task_pid_vnr(t);
	return pin->stack ? 0 : cr_err(ctx, -ESRCH, "is exiting");
}

/**
 * cr_pin - hold on to what of the tree is going to be read
 * @ctx: context; each task is stopped, or the caller
 *
 * A task may be killed at any time, and gives everything up then. What isn't
 * pinned is looked at under a lock that tells.
 *
 * Return: 0, after which or without cr_unpin() is due, or -ESRCH, which was
 * logged.
 */
int cr_pin(struct cr_ctx *ctx)
{
	struct cr_task *k;
	int ret;

	list_for_each_entry(k, &ctx->tasks, list) {
		ret = k->dead ? 0 : cr_pin_task(ctx, k);
		if (ret)
			return ret;
	}
	return 0;
}

static void cr_unpin_task(struct cr_task *k)
{
	struct cr_pins *pin = &k->pin;

	if (pin->files)
		put_files_struct(pin->files);
	if (pin->fs)
		cr_put_fs(pin->fs);
	if (pin->nsproxy)
		put_nsproxy(pin->nsproxy);
	if (pin->stack)
		put_task_stack(k->task);
	*pin = (struct cr_pins){ };
}

/**
 * cr_unpin - let go of what cr_pin() held, but for address spaces
 * @ctx: context; may be called again
 */
void cr_unpin(struct cr_ctx *ctx)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		cr_unpin_task(k);
}

/**
 * cr_resume_task - let a task go
 * @k: the task; may be called again
 */
void cr_resume_task(struct cr_task *k)
{
	struct cr_park *p = k->park;

	if (!p)
		return;
	k->park = NULL;
	/*
	 * Work that hasn't run is left alone: it mends the call that the
	 * request to stop has interrupted, and finds itself released. In a
	 * group stop nothing was interrupted.
	 */
	if (k->stopped && task_work_cancel(k->task, &p->work))
		cr_park_put(p);
	WRITE_ONCE(p->released, true);
	wake_up_all(&p->wait);
	cr_park_put(p);
}

/**
 * cr_resume - let the tree go
 * @ctx: context; may be called again
 */
void cr_resume(struct cr_ctx *ctx)
{
	struct cr_task *k;

	/* Children first: a parent that waits for them finds them running. */
	list_for_each_entry_reverse(k, &ctx->tasks, list)
		cr_resume_task(k);
}
