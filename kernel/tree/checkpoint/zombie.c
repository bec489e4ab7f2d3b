// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: processes that have exited, but were not waited for.
 *
 * What is left of one is what its parent gets to see. At restart a helper takes
 * its place, and exits without a word when everything else is there: that the
 * process has died was told before the checkpoint.
 */
#include <linux/resource.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "internal.h"

static u64 cr_timeval_ns(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
}

static void cr_fill_usage(struct task_struct *t, int who, struct cr_usage *u)
{
	struct rusage r;

	getrusage(t, who, &r);
	u->utime_ns = cr_timeval_ns(&r.ru_utime);
	u->stime_ns = cr_timeval_ns(&r.ru_stime);
	u->maxrss = r.ru_maxrss;
	u->minflt = r.ru_minflt;
	u->majflt = r.ru_majflt;
	u->inblock = r.ru_inblock;
	u->oublock = r.ru_oublock;
	u->nvcsw = r.ru_nvcsw;
	u->nivcsw = r.ru_nivcsw;
}

static int cr_check_dead(struct cr_ctx *ctx, struct task_struct *t)
{
	if (!thread_group_empty(t))
		return cr_refuse(ctx, "has exited, and its threads haven't");
	if (READ_ONCE(t->ptrace))
		return cr_refuse(ctx, "is being traced");
	return 0;
}

/**
 * cr_write_zombie - serialise a process that nobody has waited for
 * @ctx: context
 * @t: the process; its parent is stopped
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_zombie(struct cr_ctx *ctx, struct task_struct *t)
{
	const struct cred *c = get_task_cred(t);
	struct cr_hdr_zombie h = {
		.pid = task_pid_vnr(t),
		.exit_signal = max(t->exit_signal, 0),
		.cred = cr_obj_ref(ctx, CR_OBJ_CRED, (void *)c),
	};
	int ret = cr_check_dead(ctx, t);

	put_cred(c);
	if (ret)
		return ret;
	h.status = t->signal->flags & SIGNAL_GROUP_EXIT ?
		   t->signal->group_exit_code : t->exit_code;
	cr_fill_usage(t, RUSAGE_SELF, &h.self);
	cr_fill_usage(t, RUSAGE_CHILDREN, &h.children);
	strscpy_pad(h.comm, t->comm, sizeof(h.comm));
	return cr_write_obj(ctx, CR_HDR_ZOMBIE, 0, &h, sizeof(h));
}

/* An exit code, or a signal, and whether there was a core dump. */
static bool cr_status_ok(u32 status)
{
	u32 sig = status & 0x7f;

	if (!sig)
		return !(status & ~0xff00u);
	return valid_signal(sig) && !(status & ~0xffu);
}

static bool cr_usage_ok(const struct cr_usage *u)
{
	return u->utime_ns <= KTIME_MAX / 2 && u->stime_ns <= KTIME_MAX / 2 &&
	       u->maxrss <= LONG_MAX / 1024 && u->minflt <= LONG_MAX &&
	       u->majflt <= LONG_MAX && u->inblock <= LONG_MAX &&
	       u->oublock <= LONG_MAX && u->nvcsw <= LONG_MAX &&
	       u->nivcsw <= LONG_MAX;
}

static int cr_check_zombie(struct cr_ctx *ctx, const struct cr_hdr_zombie *h)
{
	struct cr_task *k = ctx->cur;

	if (h->pid != k->ent.pid)
		return cr_invalid(ctx, "bad pid, have %d", h->pid);
	if (k == ctx->root || k->leader != k || !list_empty(&k->children) ||
	    k->mm_ref || k->files_ref || k->sighand || k->state.has_rlimits ||
	    k->state.has_itimers || k->state.posix_timers || k->state.sched)
		return cr_invalid(ctx, "a dead process with what a living one has");
	if (!valid_signal(h->exit_signal))
		return cr_invalid(ctx, "bad exit signal, have %u",
				  h->exit_signal);
	if (!cr_status_ok(h->status))
		return cr_invalid(ctx, "bad status, have 0x%x", h->status);
	if (!cr_usage_ok(&h->self) || !cr_usage_ok(&h->children))
		return cr_invalid(ctx, "bad usage");
	if (!cr_comm_ok(h->comm))
		return cr_invalid(ctx, "bad name");
	if (!cr_obj_is(ctx, CR_OBJ_CRED, h->cred))
		return cr_invalid(ctx, "bad credentials, have %u", h->cred);
	return 0;
}

/**
 * cr_read_zombie - read what is left of a process
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_zombie(struct cr_ctx *ctx)
{
	struct cr_task *k = ctx->cur;
	const struct cr_rec *rec;
	struct cred *cred;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_ZOMBIE, sizeof(k->zombie),
			  sizeof(k->zombie));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	k->zombie = *(const struct cr_hdr_zombie *)rec->data;
	ret = cr_check_zombie(ctx, &k->zombie);
	if (ret)
		return ret;
	cred = cr_obj_get_by_ref(ctx, CR_OBJ_CRED, k->zombie.cred);
	get_cred(cred);
	k->cred = cred;
	k->dead = true;
	k->state.complete = true;
	return 0;
}

/**
 * cr_become_zombie - give current what a dead process still has
 * @ctx: context
 *
 * Return: 0.
 */
int cr_become_zombie(struct cr_ctx *ctx)
{
	cr_apply_cred(ctx);
	set_task_comm(current, ctx->cur->zombie.comm);
	return 0;
}

/**
 * cr_die_again - let current exit as the dead process has
 * @k: its entry
 *
 * It exits when it gets to its signals, and sends none.
 */
void cr_die_again(struct cr_task *k)
{
	struct signal_struct *signal = current->signal;
	struct sighand_struct *sighand;

	sighand = rcu_dereference_protected(current->sighand, 1);
	spin_lock_irq(&sighand->siglock);
	if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
		signal->flags = SIGNAL_GROUP_EXIT;
		signal->group_exit_code = k->zombie.status;
		sigaddset(&current->pending.signal, SIGKILL);
		recalc_sigpending();
	}
	spin_unlock_irq(&sighand->siglock);
	write_lock_irq(&tasklist_lock);
	current->restarting = 0;
	current->exit_signal = 0;
	k->admitted = true;
	write_unlock_irq(&tasklist_lock);
}

static void cr_set_usage(struct task_struct *t, const struct cr_hdr_zombie *h)
{
	const struct cr_usage *u = &h->self, *c = &h->children;
	struct signal_struct *s = t->signal;

	t->utime = 0;
	t->stime = 0;
	t->se.sum_exec_runtime = 0;
	s->prev_cputime.utime = 0;
	s->prev_cputime.stime = 0;
	s->utime = u->utime_ns;
	s->stime = u->stime_ns;
	s->sum_sched_runtime = u->utime_ns + u->stime_ns;
	s->cutime = c->utime_ns;
	s->cstime = c->stime_ns;
	s->maxrss = u->maxrss / (PAGE_SIZE / 1024);
	s->cmaxrss = c->maxrss / (PAGE_SIZE / 1024);
	t->min_flt = 0;
	t->maj_flt = 0;
	t->nvcsw = 0;
	t->nivcsw = 0;
	s->min_flt = u->minflt;
	s->cmin_flt = c->minflt;
	s->maj_flt = u->majflt;
	s->cmaj_flt = c->majflt;
	s->nvcsw = u->nvcsw;
	s->cnvcsw = c->nvcsw;
	s->nivcsw = u->nivcsw;
	s->cnivcsw = c->nivcsw;
	s->inblock = u->inblock;
	s->cinblock = c->inblock;
	s->oublock = u->oublock;
	s->coublock = c->oublock;
}

/**
 * cr_bury - make a helper that has exited what the image says
 * @k: its entry
 * @parent: its parent is the one of the image, or takes that one's place
 *
 * Who takes a child over hasn't asked for any signal but SIGCHLD.
 */
void cr_bury(struct cr_task *k, bool parent)
{
	struct task_struct *t = k->task;

	write_lock_irq(&tasklist_lock);
	if (t->exit_state == EXIT_ZOMBIE) {
		t->exit_signal = parent ? k->zombie.exit_signal : SIGCHLD;
		write_seqlock(&t->signal->stats_lock);
		cr_set_usage(t, &k->zombie);
		write_sequnlock(&t->signal->stats_lock);
	}
	write_unlock_irq(&tasklist_lock);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "zombie_test.c"
#endif
