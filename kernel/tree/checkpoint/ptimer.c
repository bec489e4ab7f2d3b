// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: POSIX timers, those of timer_create().
 *
 * They tick on while a process is stopped. A timer is saved with the signal of
 * its that is pending; one that fires later is, in the image, still to fire.
 *
 * At restart a process makes its timers before signals are queued, so that a
 * timer's is its own again, and arms it when it is taken. Those that were armed
 * go on when all tasks are there.
 */
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

/* Most timers in an image: what one POSIX_TIMERS has room for. */
#define CR_POSIX_TIMERS_MAX						\
	((CR_HDR_LEN_MAX - sizeof(struct cr_hdr_posix_timers)) /	\
	 sizeof(struct cr_posix_timer))

/* So that no sum of overruns overflows. */
#define CR_OVERRUN_MAX	(S64_MAX / 4)

/* In memory only: the signal of the timer has been read. */
#define CR_POSIX_TIMER_SEEN	BIT(31)

static struct cr_posix_timer *cr_find_timer(struct cr_hdr_posix_timers *h,
					    int id)
{
	u32 low = 0, high = h ? h->nr_timers : 0;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (h->timer[mid].id == id)
			return &h->timer[mid];
		if (h->timer[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

#ifdef CONFIG_POSIX_TIMERS
/* How many there are; up to @max of their ids go to @h, if there is one. */
static int cr_list_timers(struct task_struct *t, struct cr_hdr_posix_timers *h,
			  int max)
{
	struct k_itimer *timer;
	unsigned long flags;
	int n = 0;

	if (!lock_task_sighand(t, &flags))
		return -ESRCH;
	hlist_for_each_entry(timer, &t->signal->posix_timers, list) {
		if (n < max)
			h->timer[n].id = timer->it_id;
		n++;
	}
	unlock_task_sighand(t, &flags);
	return n;
}

static int cr_cmp_timers(const void *a, const void *b)
{
	const struct cr_posix_timer *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* The number of a living task of the tree, 0 if it isn't one. */
static pid_t cr_timer_task(struct cr_ctx *ctx, struct pid *pid,
			   enum pid_type type)
{
	struct task_struct *t;
	struct cr_task *k;
	pid_t nr = 0;

	rcu_read_lock();
	t = pid_task(pid, type);
	k = t ? cr_task_of(ctx, t) : NULL;
	if (k && !k->dead)
		nr = task_pid_vnr(t);
	rcu_read_unlock();
	return nr;
}

static bool cr_is_cpu_clock(clockid_t clock)
{
	return clock < 0;
}

static bool cr_timer_clock_ok(clockid_t clock)
{
	if (cr_is_cpu_clock(clock))
		return CPUCLOCK_WHICH(clock) < CPUCLOCK_MAX;
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
	       clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

static void cr_fill_timer(struct cr_posix_timer *h,
			  const struct posix_timer_state *s)
{
	h->clockid = s->clock;
	h->notify = s->notify;
	h->signo = s->signo;
	h->requeue = s->requeue;
	h->value = (unsigned long)s->value.sival_ptr;
	h->interval_ns = s->interval;
	h->remaining_ns = s->remaining;
	h->overrun = s->overrun;
	h->overrun_last = s->overrun_last;
	if (s->active)
		h->flags |= CR_POSIX_TIMER_F_ACTIVE;
	if (s->wall)
		h->flags |= CR_POSIX_TIMER_F_WALL;
	if (!s->queued)
		return;
	h->flags |= CR_POSIX_TIMER_F_QUEUED;
	h->sig_overrun = s->sig_overrun;
	h->sig_requeue = s->sig_private;
}

static int cr_fill_timer_tasks(struct cr_ctx *ctx, struct cr_posix_timer *h,
			       const struct posix_timer_state *s)
{
	if (!cr_timer_clock_ok(s->clock))
		return cr_refuse(ctx, "has a POSIX timer of clock %d",
				 s->clock);
	if (cr_is_cpu_clock(s->clock)) {
		h->clock_pid = cr_timer_task(ctx, s->clock_pid,
					     CPUCLOCK_PERTHREAD(s->clock) ?
					     PIDTYPE_PID : PIDTYPE_TGID);
		if (!h->clock_pid)
			return cr_refuse(ctx, "has a POSIX timer of a CPU clock outside");
	}
	if (s->notify & SIGEV_THREAD_ID) {
		h->tid = cr_timer_task(ctx, s->target, PIDTYPE_PID);
		if (!h->tid)
			return cr_refuse(ctx, "has a POSIX timer for a thread that has ended");
	}
	return 0;
}

static int cr_save_timer(struct cr_ctx *ctx, struct task_struct *t,
			 struct cr_posix_timer *h)
{
	struct posix_timer_state s;
	int ret;

	ret = posix_timer_save(t->signal, h->id, &s);
	if (ret)
		return cr_err(ctx, ret, "is exiting");
	cr_fill_timer(h, &s);
	ret = cr_fill_timer_tasks(ctx, h, &s);
	put_pid(s.clock_pid);
	put_pid(s.target);
	return ret;
}

static int cr_save_timers(struct cr_ctx *ctx, struct task_struct *t,
			  struct cr_hdr_posix_timers *h)
{
	int i, err, ret = 0;

	if (cr_list_timers(t, h, h->nr_timers) != h->nr_timers)
		return cr_err(ctx, -ESRCH, "is exiting");
	sort(h->timer, h->nr_timers, sizeof(h->timer[0]), cr_cmp_timers, NULL);
	for (i = 0; i < h->nr_timers; i++) {
		err = cr_save_timer(ctx, t, &h->timer[i]);
		ret = ret ?: err;
		cond_resched();
	}
	return ret;
}

/**
 * cr_write_posix_timers - serialise the POSIX timers
 * @ctx: context
 * @t: stopped task, or current
 *
 * Done before signals are read: see cr_posix_timer_was_queued().
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_posix_timers(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_posix_timers *h;
	int nr, ret;

	if (!thread_group_leader(t))
		return 0;
	nr = cr_list_timers(t, NULL, 0);
	if (nr < 0)
		return cr_err(ctx, nr, "is exiting");
	if (!nr && !t->signal->next_posix_timer_id)
		return 0;
	if (nr > CR_POSIX_TIMERS_MAX)
		return cr_refuse(ctx, "has %d POSIX timers", nr);
	h = kvzalloc(struct_size(h, timer, nr), GFP_KERNEL_ACCOUNT);
	if (!h)
		return cr_err(ctx, -ENOMEM, "no memory for POSIX timers");
	h->nr_timers = nr;
	h->next_id = t->signal->next_posix_timer_id;
	kvfree(ctx->cur->state.posix_timers);
	ctx->cur->state.posix_timers = h;
	ret = cr_save_timers(ctx, t, h);
	return ret ?: cr_write_obj(ctx, CR_HDR_POSIX_TIMERS, 0, h,
				   struct_size(h, timer, nr));
}
#else
int cr_write_posix_timers(struct cr_ctx *ctx, struct task_struct *t)
{
	return 0;
}
#endif /* CONFIG_POSIX_TIMERS */

/**
 * cr_posix_timer_was_queued - was a signal of a timer pending when it was saved?
 * @k: a task of the process
 * @id: the timer
 *
 * Return: false if it has fired since then.
 */
bool cr_posix_timer_was_queued(struct cr_task *k, int id)
{
	const struct cr_posix_timer *h;

	h = cr_find_timer(k->leader->state.posix_timers, id);
	return h && h->flags & CR_POSIX_TIMER_F_QUEUED;
}

/*
 * Restart.
 */

#ifdef CONFIG_POSIX_TIMERS
/* Is it a task of the tree that the timer may have to do with? */
static bool cr_timer_task_ok(struct cr_ctx *ctx, pid_t nr, bool thread)
{
	struct cr_task *k = cr_task_by_pid(ctx, nr);

	if (!k || k->dead)
		return false;
	return thread ? k->leader == ctx->cur : k->leader == k;
}

static int cr_check_timer_clock(struct cr_ctx *ctx,
				const struct cr_posix_timer *h)
{
	clockid_t clock = h->clockid;
	bool thread = CPUCLOCK_PERTHREAD(clock);
	pid_t nr = CPUCLOCK_PID(clock);

	if (!cr_timer_clock_ok(clock))
		return cr_invalid(ctx, "bad clock of timer %d, have %d", h->id,
				  clock);
	if (!cr_is_cpu_clock(clock))
		return h->clock_pid ?
			cr_invalid(ctx, "bad task of timer %d, have %d", h->id,
				   h->clock_pid) : 0;
	if (!cr_timer_task_ok(ctx, h->clock_pid, thread) ||
	    (nr && nr != h->clock_pid) ||
	    (!nr && !thread && h->clock_pid != ctx->cur->ent.pid))
		return cr_invalid(ctx, "bad task of timer %d, have %d", h->id,
				  h->clock_pid);
	return 0;
}

static int cr_check_timer_event(struct cr_ctx *ctx,
				const struct cr_posix_timer *h)
{
	switch (h->notify) {
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		if (!cr_timer_task_ok(ctx, h->tid, true))
			return cr_invalid(ctx, "bad thread of timer %d, have %d",
					  h->id, h->tid);
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
	case SIGEV_NONE:
		if (h->tid)
			return cr_invalid(ctx, "bad thread of timer %d, have %d",
					  h->id, h->tid);
		break;
	default:
		return cr_invalid(ctx, "bad notification of timer %d, have %d",
				  h->id, h->notify);
	}
	if (h->notify != SIGEV_NONE && (h->signo <= 0 || h->signo > SIGRTMAX))
		return cr_invalid(ctx, "bad signal of timer %d, have %d",
				  h->id, h->signo);
	return 0;
}

/* A signal arms the timer if the counts match: one that is armed has an even. */
static int cr_check_timer_flags(struct cr_ctx *ctx,
				const struct cr_posix_timer *h)
{
	bool active = h->flags & CR_POSIX_TIMER_F_ACTIVE;
	bool queued = h->flags & CR_POSIX_TIMER_F_QUEUED;
	bool none = h->notify == SIGEV_NONE;

	if (h->flags & ~CR_POSIX_TIMER_F_ALL || (none && (active || queued)) ||
	    (h->flags & CR_POSIX_TIMER_F_WALL && h->clockid != CLOCK_REALTIME))
		return cr_invalid(ctx, "bad flags of timer %d, have 0x%x",
				  h->id, h->flags);
	if ((active && h->requeue & REQUEUE_PENDING) ||
	    (h->sig_requeue && !(h->sig_requeue & REQUEUE_PENDING)) ||
	    (!queued && (h->sig_requeue || h->sig_overrun)) ||
	    h->sig_overrun < 0)
		return cr_invalid(ctx, "bad signal of timer %d", h->id);
	return 0;
}

static int cr_check_timer_time(struct cr_ctx *ctx,
			       const struct cr_posix_timer *h)
{
	bool due = h->flags & CR_POSIX_TIMER_F_ACTIVE || h->interval_ns;

	if (h->interval_ns > KTIME_MAX || h->remaining_ns > KTIME_MAX ||
	    (due && !h->remaining_ns) ||
	    (!due && h->remaining_ns && h->notify != SIGEV_NONE))
		return cr_invalid(ctx, "bad time of timer %d", h->id);
	if (h->overrun < -1 || h->overrun > CR_OVERRUN_MAX ||
	    h->overrun_last < -1 || h->overrun_last > CR_OVERRUN_MAX)
		return cr_invalid(ctx, "bad overruns of timer %d", h->id);
	return 0;
}

static int cr_check_timer(struct cr_ctx *ctx, const struct cr_posix_timer *h,
			  int last_id)
{
	int ret;

	if (h->id <= last_id)
		return cr_invalid(ctx, "bad id of a timer, have %d", h->id);
	ret = cr_check_timer_clock(ctx, h);
	if (!ret)
		ret = cr_check_timer_event(ctx, h);
	if (!ret)
		ret = cr_check_timer_flags(ctx, h);
	return ret ?: cr_check_timer_time(ctx, h);
}

static int cr_check_timers(struct cr_ctx *ctx,
			   const struct cr_hdr_posix_timers *h)
{
	int i, ret, last = -1;

	for (i = 0; i < h->nr_timers; i++) {
		ret = cr_check_timer(ctx, &h->timer[i], last);
		if (ret)
			return ret;
		last = h->timer[i].id;
	}
	return 0;
}

/**
 * cr_read_posix_timers - read the POSIX timers
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_posix_timers(struct cr_ctx *ctx)
{
	const struct cr_hdr_posix_timers *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_POSIX_TIMERS, sizeof(*h), CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->nr_timers > CR_POSIX_TIMERS_MAX ||
	    rec->len != struct_size(h, timer, h->nr_timers))
		return cr_invalid(ctx, "bad number of timers, have %u", h->nr_timers);
	if (h->next_id > INT_MAX || (!h->nr_timers && !h->next_id))
		return cr_invalid(ctx, "bad next timer, have %u", h->next_id);
	if (ctx->cur->state.posix_timers || ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "bad or second set of timers");
	ctx->cur->state.posix_timers = kvmemdup(h, rec->len, GFP_KERNEL_ACCOUNT);
	if (!ctx->cur->state.posix_timers)
		return cr_err(ctx, -ENOMEM, "no memory for POSIX timers");
	return cr_check_timers(ctx, ctx->cur->state.posix_timers);
}
#else
int cr_read_posix_timers(struct cr_ctx *ctx)
{
	return cr_err(ctx, -EPROTO, "this kernel has no POSIX timers");
}
#endif /* CONFIG_POSIX_TIMERS */

/**
 * cr_read_timer_signal - a pending signal is a timer's
 * @ctx: context; the task that it is read for has its timers
 * @info: the signal
 * @shared: it is pending for the process
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_timer_signal(struct cr_ctx *ctx, const kernel_siginfo_t *info,
			 bool shared)
{
	struct cr_posix_timer *h;

	h = cr_find_timer(ctx->cur->leader->state.posix_timers, info->si_tid);
	if (!h || !(h->flags & CR_POSIX_TIMER_F_QUEUED) ||
	    h->flags & CR_POSIX_TIMER_SEEN ||
	    h->tid != (shared ? 0 : ctx->cur->ent.pid) ||
	    info->si_code != SI_TIMER || info->si_signo != h->signo ||
	    (unsigned long)info->si_ptr != h->value || info->si_errno ||
	    info->si_overrun || info->si_sys_private)
		return cr_invalid(ctx, "bad signal of timer %d", info->si_tid);
	h->flags |= CR_POSIX_TIMER_SEEN;
	return 0;
}

/**
 * cr_check_timer_signals - are signals of timers there?
 * @ctx: context
 * @leader: process that was read
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_check_timer_signals(struct cr_ctx *ctx, struct cr_task *leader)
{
	const struct cr_hdr_posix_timers *h = leader->state.posix_timers;
	u32 i, want;

	for (i = 0; h && i < h->nr_timers; i++) {
		want = CR_POSIX_TIMER_F_QUEUED | CR_POSIX_TIMER_SEEN;
		want &= h->timer[i].flags;
		if (want == CR_POSIX_TIMER_F_QUEUED)
			return cr_invalid(ctx, "the signal of timer %d is missing",
					  h->timer[i].id);
	}
	return 0;
}

#ifdef CONFIG_POSIX_TIMERS
/* In place, threads of the root have their numbers before they are there. */
static struct pid *cr_timer_pid(struct cr_ctx *ctx, pid_t nr)
{
	struct cr_task *k = cr_task_by_pid(ctx, nr);

	if (k == ctx->cur)
		return task_tgid(current);
	if (k == ctx->root && ctx->in_place)
		return ctx->caller_pid;
	return k->pid;
}

/* A clock that was asked for by number has the one that its task has now. */
static clockid_t cr_new_clock(const struct cr_posix_timer *h, struct pid *pid)
{
	if (!cr_is_cpu_clock(h->clockid) || !CPUCLOCK_PID(h->clockid))
		return h->clockid;
	return make_process_cpuclock(pid_vnr(pid),
				     h->clockid & CLOCKFD_MASK);
}

static void cr_timer_state(struct cr_ctx *ctx, const struct cr_posix_timer *h,
			   struct posix_timer_state *s)
{
	struct pid *pid = NULL;

	if (h->clock_pid)
		pid = cr_timer_pid(ctx, h->clock_pid);
	*s = (struct posix_timer_state) {
		.id		= h->id,
		.clock		= cr_new_clock(h, pid),
		.clock_pid	= pid,
		.notify		= h->notify,
		.target		= h->tid ? cr_timer_pid(ctx, h->tid) :
					   task_tgid(current),
		.signo		= h->signo,
		.value		= { .sival_ptr = (void __user *)
						 (unsigned long)h->value },
		.sig_overrun	= h->sig_overrun,
		.sig_private	= h->sig_requeue,
	};
}

/**
 * cr_apply_posix_timers - make the timers of the image for current
 * @ctx: context; current is a process
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_posix_timers(struct cr_ctx *ctx)
{
	const struct cr_hdr_posix_timers *h = ctx->cur->state.posix_timers;
	struct posix_timer_state s;
	int i, ret;

	for (i = 0; h && i < h->nr_timers; i++) {
		cr_timer_state(ctx, &h->timer[i], &s);
		ret = posix_timer_restore(&s);
		if (ret)
			return cr_err(ctx, ret, "can't make POSIX timer %d",
				      s.id);
		cond_resched();
	}
	current->signal->next_posix_timer_id = h ? h->next_id : 0;
	return 0;
}

/**
 * cr_queue_timer_signal - queue the signal of a timer that has fired
 * @ctx: context; current is the task that is to get it
 * @id: the timer
 *
 * Return: 0 or an errno.
 */
int cr_queue_timer_signal(struct cr_ctx *ctx, int id)
{
	const struct cr_posix_timer *h;
	struct posix_timer_state s = { .id = id };

	h = cr_find_timer(ctx->cur->leader->state.posix_timers, id);
	s.sig_overrun = h->sig_overrun;
	s.sig_private = h->sig_requeue;
	return posix_timer_requeue(&s);
}

/**
 * cr_resume_posix_timers - let timers of a process go on
 * @k: entry of the process
 * @signal: what they belong to
 */
void cr_resume_posix_timers(struct cr_task *k, struct signal_struct *signal)
{
	const struct cr_hdr_posix_timers *h = k->state.posix_timers;
	struct posix_timer_state s;
	u32 i;

	for (i = 0; h && i < h->nr_timers; i++) {
		s = (struct posix_timer_state) {
			.id		= h->timer[i].id,
			.notify		= h->timer[i].notify,
			.active		= h->timer[i].flags &
					  CR_POSIX_TIMER_F_ACTIVE,
			.wall		= h->timer[i].flags &
					  CR_POSIX_TIMER_F_WALL,
			.requeue	= h->timer[i].requeue,
			.interval	= h->timer[i].interval_ns,
			.remaining	= h->timer[i].remaining_ns,
			.overrun	= h->timer[i].overrun,
			.overrun_last	= h->timer[i].overrun_last,
		};
		posix_timer_resume(signal, &s);
		cond_resched();
	}
}
#else
int cr_apply_posix_timers(struct cr_ctx *ctx)
{
	return 0;
}

int cr_queue_timer_signal(struct cr_ctx *ctx, int id)
{
	return -ESRCH;
}

void cr_resume_posix_timers(struct cr_task *k, struct signal_struct *signal)
{
}
#endif /* CONFIG_POSIX_TIMERS */

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "ptimer_test.c"
#endif
