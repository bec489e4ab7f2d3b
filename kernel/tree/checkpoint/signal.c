// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: signals.
 */
#include <linux/compat.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "internal.h"

/* Most pending signals in an image; RLIMIT_SIGPENDING is usually far below. */
#define CR_SIGINFO_MAX	(1024 * 1024)

static u64 cr_sigset_save(const sigset_t *set)
{
	BUILD_BUG_ON(sizeof(*set) != sizeof(u64));
	return set->sig[0];
}

static void cr_sigset_restore(sigset_t *set, u64 mask)
{
	set->sig[0] = mask & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
}

/**
 * cr_write_sighand - serialise the dispositions of signals
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_sighand(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_sighand *h = kzalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);
	struct sighand_struct *sighand;
	unsigned long flags;
	int i, ret;

	BUILD_BUG_ON(CR_NSIG != _NSIG);
	if (!h)
		return cr_err(ctx, -ENOMEM, "no memory for signal handlers");
	sighand = lock_task_sighand(t, &flags);
	if (!sighand) {
		kfree(h);
		return cr_err(ctx, -ESRCH, "is exiting");
	}
	for (i = 0; i < CR_NSIG; i++) {
		const struct sigaction *sa = &sighand->action[i].sa;

		h->action[i].handler = (__force unsigned long)sa->sa_handler;
		h->action[i].flags = sa->sa_flags;
#ifdef SA_RESTORER
		h->action[i].restorer = (__force unsigned long)sa->sa_restorer;
#endif
		h->action[i].mask = cr_sigset_save(&sa->sa_mask);
	}
	unlock_task_sighand(t, &flags);
	ret = cr_obj_add_ptr(ctx, CR_OBJ_SIGHAND, sighand, &h->objref);
	if (ret > 0)
		ret = cr_write_obj(ctx, CR_HDR_SIGHAND, 0, h, sizeof(*h));
	kfree(h);
	return ret;
}

static void cr_fill_siginfo(struct cr_hdr_siginfo *h, const kernel_siginfo_t *i)
{
	BUILD_BUG_ON(sizeof(*i) > sizeof(h->info));
	memset(h->info, 0, sizeof(h->info));
	memcpy(h->info, i, sizeof(*i));
}

/* Not one that was deleted, whose signal is one as any. */
static bool cr_is_timers(const struct sigqueue *q)
{
	return q->flags & SIGQUEUE_PREALLOC && q->info.si_code == SI_TIMER;
}

static void cr_copy_queued(struct cr_siginfo *c, const struct sigqueue *q,
			   u32 flags)
{
	c->signo = q->info.si_signo;
	c->flags = flags;
	copy_siginfo(&c->info, &q->info);
	if (!cr_is_timers(q))
		return;
	/* These two are in the timer's record. */
	c->flags |= CR_SIGINFO_F_TIMER;
	c->info.si_overrun = 0;
	c->info.si_sys_private = 0;
}

/* Copy a queue. The task is stopped, but others may still send to it. */
static int cr_copy_pending(struct cr_task *k, struct sigpending *pending,
			   u32 flags, struct list_head *to)
{
	struct task_struct *t = k->task;
	unsigned long irq;
	sigset_t noinfo;
	struct sigqueue *q;
	struct cr_siginfo *c;
	int sig, ret = 0;

	if (!lock_task_sighand(t, &irq))
		return -ESRCH;
	noinfo = pending->signal;
	list_for_each_entry(q, &pending->list, list) {
		sigdelset(&noinfo, q->info.si_signo);
		/* A timer that has fired since it was saved is to fire again. */
		if (cr_is_timers(q) && !cr_posix_timer_was_queued(k, q->info.si_tid))
			continue;
		c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_ACCOUNT);
		if (!c) {
			ret = -ENOMEM;
			goto out;
		}
		cr_copy_queued(c, q, flags);
		list_add_tail(&c->list, to);
	}
	for (sig = 1; sig <= CR_NSIG; sig++) {
		if (!sigismember(&noinfo, sig))
			continue;
		c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_ACCOUNT);
		if (!c) {
			ret = -ENOMEM;
			goto out;
		}
		c->signo = sig;
		c->flags = flags | CR_SIGINFO_F_NOINFO;
		list_add_tail(&c->list, to);
	}
out:
	unlock_task_sighand(t, &irq);
	return ret;
}

static int cr_emit_siginfo(struct cr_ctx *ctx, const struct cr_siginfo *c)
{
	struct cr_hdr_siginfo h = { .signo = c->signo, .flags = c->flags };

	if (c->signo == SIGKILL)
		return cr_err(ctx, -ESRCH, "is being killed");
	cr_fill_siginfo(&h, &c->info);
	return cr_write_obj(ctx, CR_HDR_SIGINFO, 0, &h, sizeof(h));
}

static int cr_write_pending(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_siginfo *c, *n;
	LIST_HEAD(list);
	int ret;

	ret = cr_copy_pending(ctx->cur, &t->pending, 0, &list);
	if (!ret && thread_group_leader(t))
		ret = cr_copy_pending(ctx->cur, &t->signal->shared_pending,
				      CR_SIGINFO_F_SHARED, &list);
	if (ret)
		cr_err(ctx, ret, ret == -ESRCH ? "is exiting" :
		       "no memory for pending signals");
	list_for_each_entry_safe(c, n, &list, list) {
		if (!ret)
			ret = cr_emit_siginfo(ctx, c);
		kfree(c);
	}
	return ret;
}

/**
 * cr_write_signals - serialise masks, the alternate stack and pending signals
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_signals(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_sigmask h = {
		.blocked = cr_sigset_save(&t->blocked),
		.ss_flags = t->sas_ss_flags,
		.ss_sp = t->sas_ss_sp,
		.ss_size = t->sas_ss_size,
	};
	int ret;

	if (t->restore_sigmask) {
		h.flags |= CR_SIGMASK_F_SAVED;
		h.saved_mask = cr_sigset_save(&t->saved_sigmask);
	}
	ret = cr_write_obj(ctx, CR_HDR_SIGMASK, 0, &h, sizeof(h));
	return ret ?: cr_write_pending(ctx, t);
}

/*
 * Restart.
 */

/**
 * cr_read_sighand - give current the dispositions of the image
 * @ctx: context; current is the task that builds
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_sighand(struct cr_ctx *ctx)
{
	const struct cr_hdr_sighand *h;
	const struct cr_rec *rec;
	struct k_sigaction ka;
	int i, ret;

	rec = cr_read_obj(ctx, CR_HDR_SIGHAND, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->__reserved || ctx->cur->sighand || ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "bad or second set of signal handlers");
	ctx->cur->sighand = rcu_dereference_protected(current->sighand, 1);
	refcount_inc(&ctx->cur->sighand->count);
	ret = cr_obj_add_ref(ctx, CR_OBJ_SIGHAND, h->objref, ctx->cur->sighand);
	if (ret) {
		__cleanup_sighand(ctx->cur->sighand);
		return ret;
	}
	for (i = 0; i < CR_NSIG; i++) {
		const struct cr_sigaction *a = &h->action[i];

		if (sig_kernel_only(i + 1)) {
			if (a->handler)
				return cr_invalid(ctx, "bad handler of signal %d",
						  i + 1);
			continue;
		}
		memset(&ka, 0, sizeof(ka));
		ka.sa.sa_handler = (__force __sighandler_t)(unsigned long)a->handler;
		ka.sa.sa_flags = a->flags;
#ifdef SA_RESTORER
		ka.sa.sa_restorer =
			(__force __sigrestore_t)(unsigned long)a->restorer;
#endif
		ka.sa.sa_mask.sig[0] = a->mask;
		ret = do_sigaction(i + 1, &ka, NULL);
		if (ret)
			return cr_invalid(ctx, "bad action of signal %d", i + 1);
	}
	return 0;
}

static int cr_check_sigmask(struct cr_ctx *ctx, const struct cr_hdr_sigmask *h)
{
	if (h->flags & ~CR_SIGMASK_F_ALL)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (h->ss_flags & ~(SS_DISABLE | SS_ONSTACK | SS_AUTODISARM))
		return cr_invalid(ctx, "bad stack flags, have 0x%x",
				  h->ss_flags);
	if (h->ss_size && h->ss_size < MINSIGSTKSZ)
		return cr_invalid(ctx, "bad stack size, have 0x%llx",
				  h->ss_size);
	return 0;
}

static int cr_read_siginfo(struct cr_ctx *ctx)
{
	const struct cr_hdr_siginfo *h;
	const struct cr_rec *rec;
	struct cr_siginfo *c;

	rec = cr_read_obj(ctx, CR_HDR_SIGINFO, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (!valid_signal(h->signo) || !h->signo || h->signo == SIGKILL ||
	    h->flags & ~CR_SIGINFO_F_ALL)
		return cr_invalid(ctx, "bad signal, have %u", h->signo);
	if (h->flags & CR_SIGINFO_F_SHARED && ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "a thread with what belongs to a process");
	if (memchr_inv(h->info + sizeof(c->info), 0,
		       sizeof(h->info) - sizeof(c->info)))
		return cr_invalid(ctx, "bad padding");
	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return cr_err(ctx, -ENOMEM, "no memory for a pending signal");
	list_add_tail(&c->list, &ctx->cur->state.siginfo);
	c->signo = h->signo;
	c->flags = h->flags;
	memcpy(&c->info, h->info, sizeof(c->info));
	if (h->flags & CR_SIGINFO_F_TIMER && h->flags & CR_SIGINFO_F_NOINFO)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (h->flags & CR_SIGINFO_F_NOINFO) {
		clear_siginfo(&c->info);
		c->info.si_signo = h->signo;
	}
	if (c->info.si_signo != h->signo)
		return cr_invalid(ctx, "bad si_signo, have %d",
				  c->info.si_signo);
	return h->flags & CR_SIGINFO_F_TIMER ?
	       cr_read_timer_signal(ctx, &c->info,
				    h->flags & CR_SIGINFO_F_SHARED) : 0;
}

/**
 * cr_read_signals - read masks, the alternate stack and pending signals
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_signals(struct cr_ctx *ctx)
{
	struct cr_hdr_sigmask *h = &ctx->cur->state.sigmask;
	const struct cr_rec *rec;
	struct cr_rec next;
	u32 n;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_SIGMASK, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_sigmask *)rec->data;
	ret = cr_check_sigmask(ctx, h);
	for (n = 0; !ret; n++) {
		ret = cr_peek(ctx, &next);
		if (ret || next.type != CR_HDR_SIGINFO)
			break;
		if (n == CR_SIGINFO_MAX)
			return cr_invalid(ctx, "too many pending signals");
		ret = cr_read_siginfo(ctx);
	}
	return ret;
}

static int cr_send_pending(struct cr_ctx *ctx)
{
	struct cr_siginfo *c;
	int ret;

	list_for_each_entry(c, &ctx->cur->state.siginfo, list) {
		if (c->flags & CR_SIGINFO_F_TIMER)
			ret = cr_queue_timer_signal(ctx, c->info.si_tid);
		else
			ret = do_send_sig_info(c->signo, &c->info, current,
					       c->flags & CR_SIGINFO_F_SHARED ?
					       PIDTYPE_TGID : PIDTYPE_PID);
		if (ret)
			return cr_err(ctx, ret, "can't queue signal %u",
				      c->signo);
	}
	return 0;
}

/**
 * cr_flush_signals - forget signals that were meant for somebody else
 *
 * But for the one that kills current: who waits must notice it.
 */
void cr_flush_signals(void)
{
	struct signal_struct *signal = current->signal;
	unsigned long flags;

	if (!lock_task_sighand(current, &flags))
		return;
	if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
		clear_thread_flag(TIF_SIGPENDING);
		flush_sigqueue(&current->pending);
		if (thread_group_leader(current))
			flush_sigqueue(&signal->shared_pending);
	}
	unlock_task_sighand(current, &flags);
}

/**
 * cr_apply_mask - give current the signal masks of the image
 * @ctx: context
 */
void cr_apply_mask(struct cr_ctx *ctx)
{
	const struct cr_hdr_sigmask *h = &ctx->cur->state.sigmask;
	sigset_t mask;

	cr_sigset_restore(&mask, h->blocked);
	set_current_blocked(&mask);
	if (h->flags & CR_SIGMASK_F_SAVED) {
		cr_sigset_restore(&current->saved_sigmask, h->saved_mask);
		current->restore_sigmask = true;
	}
}

/**
 * cr_apply_signals - give current the signal state of the image
 * @ctx: context
 *
 * Everything is blocked while signals are queued, so that none is dropped as
 * ignored or wakes anybody.
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_signals(struct cr_ctx *ctx)
{
	const struct cr_hdr_sigmask *h = &ctx->cur->state.sigmask;
	sigset_t mask;
	int ret;

	sigfillset(&mask);
	set_current_blocked(&mask);
	cr_flush_signals();
	ret = cr_send_pending(ctx);
	current->sas_ss_sp = h->ss_sp;
	current->sas_ss_size = h->ss_size;
	current->sas_ss_flags = h->ss_flags;
	cr_apply_mask(ctx);
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "signal_test.c"
#endif
