// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: interval timers, interrupted calls and clocks.
 *
 * Times are in an image as what remains of them.
 */
#include <linux/hrtimer.h>
#include <linux/nsproxy.h>
#include <linux/random.h>
#include <linux/restart_block.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/time.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <asm/syscall.h>

#include "internal.h"

/**
 * cr_write_itimers - serialise the interval timers
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_itimers(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_itimers h = { 0 };
#ifdef CONFIG_POSIX_TIMERS
	struct itimerspec64 it;
	int i;
#endif

	if (!thread_group_leader(t))
		return 0;
#ifdef CONFIG_POSIX_TIMERS
	for (i = 0; i < ARRAY_SIZE(h.timer); i++) {
		if (task_getitimer(t, i, &it))
			return cr_err(ctx, -ESRCH, "is exiting");
		h.timer[i].value_ns = timespec64_to_ns(&it.it_value);
		h.timer[i].interval_ns = timespec64_to_ns(&it.it_interval);
	}
#endif
	return cr_write_obj(ctx, CR_HDR_ITIMERS, 0, &h, sizeof(h));
}

/**
 * cr_read_itimers - read the interval timers
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_itimers(struct cr_ctx *ctx)
{
	struct cr_hdr_itimers *h = &ctx->cur->state.itimers;
	const struct cr_rec *rec;
	int i;

	rec = cr_read_obj(ctx, CR_HDR_ITIMERS, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_itimers *)rec->data;
	for (i = 0; i < ARRAY_SIZE(h->timer); i++) {
		if (h->timer[i].value_ns > KTIME_MAX ||
		    h->timer[i].interval_ns > KTIME_MAX)
			return cr_invalid(ctx, "bad interval timer %d", i);
	}
	ctx->cur->state.has_itimers = true;
	return 0;
}

/**
 * cr_apply_itimers - arm the timers of the image for current
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_itimers(struct cr_ctx *ctx)
{
#ifdef CONFIG_POSIX_TIMERS
	struct itimerspec64 it;
	u64 value;
	int i;

	for (i = 0; i < ARRAY_SIZE(ctx->cur->state.itimers.timer); i++) {
		const struct cr_itimer *h = &ctx->cur->state.itimers.timer[i];

		/*
		 * A real-time timer that has fired is armed again when its
		 * signal is taken, if it has a period. One period from now is
		 * as good.
		 */
		value = h->value_ns;
		if (!value && i == ITIMER_REAL)
			value = h->interval_ns;
		/* Timers of CPU time are armed for a tick more. */
		if (i != ITIMER_REAL && value)
			value = value > TICK_NSEC ? value - TICK_NSEC : 1;
		it.it_value = ns_to_timespec64(value);
		it.it_interval = ns_to_timespec64(h->interval_ns);
		do_setitimer(i, &it, NULL);
	}
#endif
	return 0;
}

/* Restart blocks: the one of the call that was interrupted, if any. */

static ktime_t cr_clock_now(clockid_t clockid)
{
	switch (clockid) {
	case CLOCK_REALTIME:
		return ktime_get_real();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	case CLOCK_TAI:
		return ktime_get_clocktai();
	default:
		return ktime_get();
	}
}

static bool cr_save_nanosleep(const struct restart_block *rb,
			      struct cr_hdr_restart_block *h)
{
	if (rb->fn != hrtimer_nanosleep_restart ||
	    rb->nanosleep.type == TT_COMPAT)
		return false;
	h->kind = CR_RESTART_NANOSLEEP;
	h->flags = CR_RESTART_F_TIMEOUT;
	h->clockid = rb->nanosleep.clockid;
	h->remaining_ns = rb->nanosleep.expires - cr_clock_now(h->clockid);
	if (rb->nanosleep.type == TT_NATIVE)
		h->addr = (unsigned long)rb->nanosleep.rmtp;
	return true;
}

static bool cr_save_poll(const struct restart_block *rb,
			 struct cr_hdr_restart_block *h)
{
	struct timespec64 end = {
		.tv_sec = rb->poll.tv_sec,
		.tv_nsec = rb->poll.tv_nsec,
	};

	if (rb->fn != do_restart_poll)
		return false;
	h->kind = CR_RESTART_POLL;
	h->addr = (unsigned long)rb->poll.ufds;
	h->val = rb->poll.nfds;
	if (rb->poll.has_timeout) {
		h->flags = CR_RESTART_F_TIMEOUT;
		h->remaining_ns = timespec64_to_ktime(end) - ktime_get();
	}
	return true;
}

static bool cr_save_futex(const struct restart_block *rb,
			  struct cr_hdr_restart_block *h)
{
	if (!futex_restart_block_save(rb, h))
		return false;
	if (h->flags & CR_RESTART_F_TIMEOUT)
		h->remaining_ns = rb->futex.time -
			cr_clock_now(h->futex_flags & CR_FUTEX_CLOCKRT ?
				     CLOCK_REALTIME : CLOCK_MONOTONIC);
	return true;
}

/**
 * cr_write_restart_block - serialise how an interrupted call goes on
 * @ctx: context
 * @t: stopped task, or current; its call returned -ERESTART_RESTARTBLOCK
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_restart_block(struct cr_ctx *ctx, struct task_struct *t)
{
	const struct restart_block *rb = &t->restart_block;
	struct cr_hdr_restart_block h = { 0 };

	if (!cr_save_nanosleep(rb, &h) && !cr_save_poll(rb, &h) &&
	    !cr_save_futex(rb, &h))
		return cr_refuse(ctx, "is in system call %d, which can't be resumed",
				 syscall_get_nr(t, task_pt_regs(t)));
	return cr_write_obj(ctx, CR_HDR_RESTART_BLOCK, 0, &h, sizeof(h));
}

static bool cr_sleep_clock_ok(clockid_t clockid)
{
	return clockid == CLOCK_REALTIME || clockid == CLOCK_MONOTONIC ||
	       clockid == CLOCK_BOOTTIME || clockid == CLOCK_TAI;
}

/**
 * cr_read_restart_block - read how the interrupted call goes on
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_restart_block(struct cr_ctx *ctx)
{
	struct cr_hdr_restart_block *h = &ctx->cur->state.restart_block;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_RESTART_BLOCK, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_restart_block *)rec->data;
	if (h->kind < CR_RESTART_NANOSLEEP || h->kind > CR_RESTART_POLL ||
	    h->flags & ~CR_RESTART_F_ALL || h->futex_flags & ~CR_FUTEX_ALL)
		return cr_invalid(ctx, "bad kind, have %u", h->kind);
	if (h->kind == CR_RESTART_NANOSLEEP && !cr_sleep_clock_ok(h->clockid))
		return cr_invalid(ctx, "bad clock, have %d", h->clockid);
	if (h->remaining_ns > KTIME_MAX / 2)
		return cr_invalid(ctx, "bad time, have %lld", h->remaining_ns);
	if (h->addr >= TASK_SIZE)
		return cr_invalid(ctx, "bad address, have 0x%llx", h->addr);
	ctx->cur->state.has_restart_block = true;
	return 0;
}

static ktime_t cr_new_expiry(const struct cr_hdr_restart_block *h,
			     clockid_t clockid)
{
	return ktime_add_safe(cr_clock_now(clockid), max(h->remaining_ns, 0LL));
}

/**
 * cr_apply_restart_block - give current's interrupted call the rest of its time
 * @ctx: context
 */
void cr_apply_restart_block(struct cr_ctx *ctx)
{
	const struct cr_hdr_restart_block *h = &ctx->cur->state.restart_block;
	struct restart_block *rb = &current->restart_block;
	struct timespec64 end;

	rb->fn = do_no_restart_syscall;
	if (!ctx->cur->state.has_restart_block)
		return;
	switch (h->kind) {
	case CR_RESTART_NANOSLEEP:
		rb->nanosleep.clockid = h->clockid;
		rb->nanosleep.type = h->addr ? TT_NATIVE : TT_NONE;
		rb->nanosleep.rmtp = (void __user *)(unsigned long)h->addr;
		rb->nanosleep.expires = cr_new_expiry(h, h->clockid);
		set_restart_fn(rb, hrtimer_nanosleep_restart);
		break;
	case CR_RESTART_POLL:
		end = ktime_to_timespec64(cr_new_expiry(h, CLOCK_MONOTONIC));
		rb->poll.ufds = (void __user *)(unsigned long)h->addr;
		rb->poll.nfds = h->val;
		rb->poll.has_timeout = h->flags & CR_RESTART_F_TIMEOUT;
		rb->poll.tv_sec = end.tv_sec;
		rb->poll.tv_nsec = end.tv_nsec;
		set_restart_fn(rb, do_restart_poll);
		break;
	case CR_RESTART_FUTEX:
		rb->futex.time = cr_new_expiry(h, h->futex_flags &
					       CR_FUTEX_CLOCKRT ?
					       CLOCK_REALTIME :
					       CLOCK_MONOTONIC);
		futex_restart_block_load(rb, h);
		break;
	}
}

/*
 * Clocks. A program must not see CLOCK_MONOTONIC or CLOCK_BOOTTIME step back,
 * which they would on another boot.
 */

static bool cr_clocks_behind(struct cr_ctx *ctx)
{
	struct timens_offsets *off = &current->nsproxy->time_ns->offsets;
	struct timespec64 mono, boot;

	mono = timespec64_add(ktime_to_timespec64(ktime_get()),
			      off->monotonic);
	boot = timespec64_add(ktime_to_timespec64(ktime_get_boottime()),
			      off->boottime);
	return timespec64_to_ns(&mono) < ctx->head.mono_ns ||
	       timespec64_to_ns(&boot) < ctx->head.boot_ns;
}

/**
 * cr_clocks_check - may the image be restored as clocks are here?
 * @ctx: context with the head of the image
 *
 * Return: 0 or -EPROTO, which was logged.
 */
int cr_clocks_check(struct cr_ctx *ctx)
{
	u8 id[16];

	get_boot_id(id);
	ctx->other_boot = memcmp(id, ctx->head.boot_id, sizeof(id)) ||
			  cr_clocks_behind(ctx);
	if (!ctx->other_boot ||
	    ctx->rargs.clock_policy == RESTART_CLOCK_JUMP)
		return 0;
	if (ctx->flags & RESTART_CHILD)
		return 0;
	return cr_err(ctx, -EPROTO,
		      "the image is of another boot: restart it as a child, or let clocks jump");
}

#ifdef CONFIG_TIME_NS
static int cr_new_timens(struct cr_ctx *ctx)
{
	struct timens_offsets *off;
	struct nsproxy *ns;
	int ret;

	ret = unshare_nsproxy_namespaces(CLONE_NEWTIME, &ns, NULL, NULL);
	if (ret)
		return ret;
	off = &ns->time_ns_for_children->offsets;
	off->monotonic = ns_to_timespec64(ctx->head.mono_ns - ktime_get_ns());
	off->boottime = ns_to_timespec64(ctx->head.boot_ns -
					 ktime_get_boottime_ns());
	put_time_ns(ns->time_ns);
	ns->time_ns = get_time_ns(ns->time_ns_for_children);
	switch_task_namespaces(current, ns);
	timens_commit(current, ns->time_ns);
	return 0;
}
#else
static int cr_new_timens(struct cr_ctx *ctx)
{
	return -EOPNOTSUPP;
}
#endif

/**
 * cr_clocks_continue - let clocks of current go on from where the image's were
 * @ctx: context; current is the task that builds, alone in its thread group
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_clocks_continue(struct cr_ctx *ctx)
{
	int ret;

	if (!ctx->other_boot || ctx->in_place ||
	    ctx->rargs.clock_policy == RESTART_CLOCK_JUMP)
		return 0;
	ret = cr_new_timens(ctx);
	if (!ret)
		return 0;
	if (!cr_clocks_behind(ctx))
		return 0;
	return cr_err(ctx, ret, "the image is of another boot, and its clocks can't go on here");
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "time_test.c"
#endif
