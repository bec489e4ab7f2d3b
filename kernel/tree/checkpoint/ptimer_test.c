// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of ptimer.c.
 */
#include <kunit/checkpoint.h>

#ifdef CONFIG_POSIX_TIMERS
struct cr_timers {
	struct cr_hdr_posix_timers h;
	struct cr_posix_timer timer[3];
};

/* The process has a thread, 43, and there is another process, 50. */
static int cr_timers_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	test->priv = ctx;
	ctx->root->ent.pid = 42;
	hash_add(ctx->task_hash, &ctx->root->hash, 42);
	cr_kunit_task(test, ctx, 43, ctx->root);
	cr_kunit_task(test, ctx, 50, NULL);
	cr_kunit_task(test, ctx, 51, NULL)->dead = true;
	return 0;
}

/* One that ticks, one whose signal is pending, one that is only looked at. */
static struct cr_timers cr_timers_good(void)
{
	return (struct cr_timers){
		.h = { .nr_timers = 3, .next_id = 9 },
		.timer = {
			{ .id = 0, .notify = SIGEV_SIGNAL, .signo = SIGALRM,
			  .flags = CR_POSIX_TIMER_F_ACTIVE | CR_POSIX_TIMER_F_WALL,
			  .interval_ns = 7, .remaining_ns = 5, .overrun = -1,
			  .requeue = 4 },
			{ .id = 3, .clockid = CLOCK_TAI, .notify = SIGEV_THREAD_ID,
			  .tid = 43, .signo = SIGRTMAX, .requeue = 1, .value = 11,
			  .flags = CR_POSIX_TIMER_F_QUEUED, .interval_ns = 1,
			  .remaining_ns = 1, .sig_requeue = 1, .sig_overrun = 2 },
			{ .id = INT_MAX, .clockid = make_thread_cpuclock(0, CPUCLOCK_SCHED),
			  .clock_pid = 43, .notify = SIGEV_NONE, .remaining_ns = 1,
			  .overrun = -1 },
		},
	};
}

static int cr_timers_read(struct kunit *test, struct cr_ctx *ctx,
			  const struct cr_timers *t, size_t len)
{
	kvfree(ctx->cur->state.posix_timers);
	ctx->cur->state.posix_timers = NULL;
	cr_kunit_feed(test, ctx, CR_HDR_POSIX_TIMERS, t, len);
	return cr_read_posix_timers(ctx);
}

#define WITH(member, val)						\
	(t = cr_timers_good(), t.member = (val),			\
	 cr_timers_read(test, ctx, &t, sizeof(t)))
#define TIMER(i, member, val)	WITH(timer[i].member, val)

static void cr_timers_test_count(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t = cr_timers_good();

	CR_EXPECT_OK(cr_timers_read(test, ctx, &t, sizeof(t)));
	KUNIT_EXPECT_MEMEQ(test, ctx->cur->state.posix_timers, &t.h, sizeof(t));
	CR_EXPECT_OK(WITH(h.next_id, 0));
	CR_EXPECT_BAD(WITH(h.next_id, 1U << 31), "bad next timer, have 2147483648");
	CR_EXPECT_BAD(WITH(h.nr_timers, 2), "bad number of timers, have 2");
	CR_EXPECT_BAD(WITH(h.nr_timers, 4), "bad number of timers, have 4");
	CR_EXPECT_BAD(WITH(h.nr_timers, ~0U), "bad number of timers, have 4294967295");
	t.h = (struct cr_hdr_posix_timers){ .next_id = 1 };
	CR_EXPECT_OK(cr_timers_read(test, ctx, &t, sizeof(t.h)));
	t.h.next_id = 0;
	CR_EXPECT_BAD(cr_timers_read(test, ctx, &t, sizeof(t.h)), "bad next timer, have 0");
	t = cr_timers_good();
	CR_EXPECT_OK(cr_timers_read(test, ctx, &t, sizeof(t)));
	cr_kunit_feed(test, ctx, CR_HDR_POSIX_TIMERS, &t, sizeof(t));
	CR_EXPECT_BAD(cr_read_posix_timers(ctx), "bad or second set of timers");
	ctx->cur = cr_task_by_pid(ctx, 43);
	CR_EXPECT_BAD(cr_timers_read(test, ctx, &t, sizeof(t)), "bad or second set of timers");
	ctx->cur = ctx->root;
}

/* Ids rise, so that none is there twice. */
static void cr_timers_test_id(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t;

	CR_EXPECT_OK(TIMER(0, id, 2));
	CR_EXPECT_OK(TIMER(2, id, 4));
	CR_EXPECT_BAD(TIMER(0, id, -1), "bad id of a timer, have -1");
	CR_EXPECT_BAD(TIMER(0, id, 3), "bad id of a timer, have 3");
	CR_EXPECT_BAD(TIMER(1, id, 0), "bad id of a timer, have 0");
	CR_EXPECT_BAD(TIMER(2, id, INT_MIN), "bad id of a timer, have -2147483648");
}

static void cr_timers_test_clock(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t;

	CR_EXPECT_OK(TIMER(1, clockid, CLOCK_BOOTTIME));
	CR_EXPECT_OK(TIMER(1, clockid, CLOCK_REALTIME));
	CR_EXPECT_BAD(TIMER(1, clockid, CLOCK_REALTIME_ALARM), "bad clock of timer 3, have 8");
	CR_EXPECT_BAD(TIMER(1, clockid, CLOCK_PROCESS_CPUTIME_ID), "bad clock of timer 3, have 2");
	CR_EXPECT_BAD(TIMER(1, clockid, INT_MAX), "bad clock of timer 3, have 2147483647");
	CR_EXPECT_BAD(TIMER(1, clockid, fd_to_clockid(3)), "bad clock of timer 3, have -29");
	CR_EXPECT_BAD(TIMER(1, clock_pid, 43), "bad task of timer 3, have 43");
	/* CPU clocks: of a thread of the process, or of any process */
	CR_EXPECT_OK(TIMER(2, clock_pid, 42));
	CR_EXPECT_OK(TIMER(2, clockid, make_thread_cpuclock(43, CPUCLOCK_VIRT)));
	CR_EXPECT_BAD(TIMER(2, clock_pid, 0), "bad task of timer 2147483647, have 0");
	CR_EXPECT_BAD(TIMER(2, clock_pid, 50), "bad task of timer 2147483647, have 50");
	CR_EXPECT_BAD(TIMER(2, clockid, make_thread_cpuclock(42, CPUCLOCK_VIRT)),
		      "bad task of timer 2147483647, have 43");
	CR_EXPECT_BAD(TIMER(2, clockid, make_process_cpuclock(0, CPUCLOCK_PROF)),
		      "bad task of timer 2147483647, have 43");
	t = cr_timers_good();
#define PROCESS(nr, pid)						\
	(t.timer[2].clockid = make_process_cpuclock(nr, CPUCLOCK_PROF),	\
	 t.timer[2].clock_pid = (pid), cr_timers_read(test, ctx, &t, sizeof(t)))
	CR_EXPECT_OK(PROCESS(0, 42));
	CR_EXPECT_OK(PROCESS(50, 50));
	CR_EXPECT_BAD(PROCESS(0, 50), "bad task of timer 2147483647, have 50");
	CR_EXPECT_BAD(PROCESS(43, 43), "bad task of timer 2147483647, have 43");
	CR_EXPECT_BAD(PROCESS(51, 51), "bad task of timer 2147483647, have 51");
	CR_EXPECT_BAD(PROCESS(77, 77), "bad task of timer 2147483647, have 77");
#undef PROCESS
}

static void cr_timers_test_event(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t;

	CR_EXPECT_OK(TIMER(0, notify, SIGEV_THREAD));
	CR_EXPECT_OK(TIMER(1, tid, 42));
	CR_EXPECT_OK(TIMER(0, signo, SIGKILL));
	CR_EXPECT_OK(TIMER(2, signo, -5));
	CR_EXPECT_BAD(TIMER(0, notify, 3), "bad notification of timer 0, have 3");
	CR_EXPECT_BAD(TIMER(0, notify, SIGEV_NONE | SIGEV_THREAD_ID),
		      "bad notification of timer 0, have 5");
	CR_EXPECT_BAD(TIMER(0, notify, -1), "bad notification of timer 0, have -1");
	CR_EXPECT_BAD(TIMER(0, notify, SIGEV_THREAD_ID), "bad thread of timer 0, have 0");
	CR_EXPECT_BAD(TIMER(0, tid, 42), "bad thread of timer 0, have 42");
	CR_EXPECT_BAD(TIMER(1, tid, 50), "bad thread of timer 3, have 50");
	CR_EXPECT_BAD(TIMER(0, signo, 0), "bad signal of timer 0, have 0");
	CR_EXPECT_BAD(TIMER(0, signo, 65), "bad signal of timer 0, have 65");
	CR_EXPECT_BAD(TIMER(0, signo, -1), "bad signal of timer 0, have -1");
}

/* No signal arms a timer that is armed. */
static void cr_timers_test_flags(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t;

	CR_EXPECT_OK(TIMER(0, flags, CR_POSIX_TIMER_F_ACTIVE));
	CR_EXPECT_OK(TIMER(1, flags, CR_POSIX_TIMER_F_ALL & ~CR_POSIX_TIMER_F_WALL &
				     ~CR_POSIX_TIMER_F_ACTIVE));
	CR_EXPECT_OK(TIMER(0, flags, CR_POSIX_TIMER_F_ACTIVE | CR_POSIX_TIMER_F_QUEUED));
	CR_EXPECT_OK(TIMER(1, sig_requeue, 0));
	CR_EXPECT_BAD(TIMER(0, flags, 8), "bad flags of timer 0, have 0x8");
	CR_EXPECT_BAD(TIMER(0, flags, CR_POSIX_TIMER_SEEN | CR_POSIX_TIMER_F_ACTIVE),
		      "bad flags of timer 0, have 0x80000001");
	CR_EXPECT_BAD(TIMER(1, flags, CR_POSIX_TIMER_F_QUEUED | CR_POSIX_TIMER_F_WALL),
		      "bad flags of timer 3, have 0x6");
	CR_EXPECT_BAD(TIMER(2, flags, CR_POSIX_TIMER_F_ACTIVE),
		      "bad flags of timer 2147483647, have 0x1");
	CR_EXPECT_BAD(TIMER(2, flags, CR_POSIX_TIMER_F_QUEUED),
		      "bad flags of timer 2147483647, have 0x4");
	CR_EXPECT_BAD(TIMER(1, flags, CR_POSIX_TIMER_F_QUEUED | CR_POSIX_TIMER_F_ACTIVE),
		      "bad signal of timer 3");
	CR_EXPECT_BAD(TIMER(1, flags, 0), "bad signal of timer 3");
	CR_EXPECT_BAD(TIMER(0, requeue, 1), "bad signal of timer 0");
	CR_EXPECT_BAD(TIMER(1, sig_requeue, 2), "bad signal of timer 3");
	CR_EXPECT_BAD(TIMER(1, sig_overrun, -1), "bad signal of timer 3");
	CR_EXPECT_BAD(TIMER(0, sig_requeue, 1), "bad signal of timer 0");
	CR_EXPECT_BAD(TIMER(0, sig_overrun, 1), "bad signal of timer 0");
}

static void cr_timers_test_time(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t;

	CR_EXPECT_OK(TIMER(0, interval_ns, KTIME_MAX));
	CR_EXPECT_OK(TIMER(0, remaining_ns, KTIME_MAX));
	CR_EXPECT_OK(TIMER(2, remaining_ns, 0));
	CR_EXPECT_OK(TIMER(0, overrun, CR_OVERRUN_MAX));
	CR_EXPECT_BAD(TIMER(0, interval_ns, 1ULL << 63), "bad time of timer 0");
	CR_EXPECT_BAD(TIMER(0, remaining_ns, 1ULL << 63), "bad time of timer 0");
	CR_EXPECT_BAD(TIMER(0, remaining_ns, 0), "bad time of timer 0");
	CR_EXPECT_BAD(TIMER(1, remaining_ns, 0), "bad time of timer 3");
	CR_EXPECT_BAD(TIMER(1, interval_ns, 0), "bad time of timer 3");
	CR_EXPECT_BAD(TIMER(0, overrun, -2), "bad overruns of timer 0");
	CR_EXPECT_BAD(TIMER(0, overrun, CR_OVERRUN_MAX + 1), "bad overruns of timer 0");
	CR_EXPECT_BAD(TIMER(0, overrun_last, -2), "bad overruns of timer 0");
	CR_EXPECT_BAD(TIMER(0, overrun_last, S64_MAX), "bad overruns of timer 0");
}

/* The signal of a timer is there once, for whom it is meant. */
static void cr_timers_test_signal(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t = cr_timers_good();
	kernel_siginfo_t good, info;

	clear_siginfo(&good);
	good.si_signo = SIGRTMAX;
	good.si_code = SI_TIMER;
	good.si_tid = 3;
	good.si_ptr = (void __user *)11;
	CR_EXPECT_OK(cr_timers_read(test, ctx, &t, sizeof(t)));
	CR_EXPECT_BAD(cr_check_timer_signals(ctx, ctx->root), "the signal of timer 3 is missing");
	CR_EXPECT_BAD(cr_read_timer_signal(ctx, &good, true), "bad signal of timer 3");
	CR_EXPECT_BAD(cr_read_timer_signal(ctx, &good, false), "bad signal of timer 3");
	ctx->cur = cr_task_by_pid(ctx, 43);
#define SIGNAL(member, val)						\
	(info = good, info.member = (val), cr_read_timer_signal(ctx, &info, false))
	CR_EXPECT_BAD(cr_read_timer_signal(ctx, &good, true), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_signo, SIGRTMIN), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_code, SI_QUEUE), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_tid, 0), "bad signal of timer 0");
	CR_EXPECT_BAD(SIGNAL(si_tid, 4), "bad signal of timer 4");
	CR_EXPECT_BAD(SIGNAL(si_int, 12), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_errno, 1), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_overrun, 1), "bad signal of timer 3");
	CR_EXPECT_BAD(SIGNAL(si_sys_private, 1), "bad signal of timer 3");
	CR_EXPECT_OK(cr_read_timer_signal(ctx, &good, false));
	CR_EXPECT_BAD(cr_read_timer_signal(ctx, &good, false), "bad signal of timer 3");
#undef SIGNAL
	ctx->cur = ctx->root;
	CR_EXPECT_OK(cr_check_timer_signals(ctx, ctx->root));
	CR_EXPECT_OK(cr_check_timer_signals(ctx, cr_task_by_pid(ctx, 50)));
}

/* Clocks and tasks that aren't carried are refused where a timer is saved. */
static void cr_timers_test_refused(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct posix_timer_state s = { .clock = CLOCK_MONOTONIC };
	struct cr_posix_timer h = { 0 };

	CR_EXPECT_OK(cr_fill_timer_tasks(ctx, &h, &s));
	s.clock = CLOCK_BOOTTIME_ALARM;
	CR_EXPECT_ERR(cr_fill_timer_tasks(ctx, &h, &s), -EOPNOTSUPP,
		      "has a POSIX timer of clock 9");
	s.clock = fd_to_clockid(3);
	CR_EXPECT_ERR(cr_fill_timer_tasks(ctx, &h, &s), -EOPNOTSUPP,
		      "has a POSIX timer of clock -29");
	s.clock = make_process_cpuclock(0, CPUCLOCK_SCHED);
	s.clock_pid = task_tgid(current);
	CR_EXPECT_ERR(cr_fill_timer_tasks(ctx, &h, &s), -EOPNOTSUPP,
		      "has a POSIX timer of a CPU clock outside");
	s = (struct posix_timer_state){
		.notify = SIGEV_THREAD_ID, .target = task_pid(current),
	};
	CR_EXPECT_ERR(cr_fill_timer_tasks(ctx, &h, &s), -EOPNOTSUPP,
		      "has a POSIX timer for a thread that has ended");
}

/* What is made has the id, the clock and the signal that it had. */
static void cr_timers_test_state(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_timers t = cr_timers_good();
	struct cr_task *thread = cr_task_by_pid(ctx, 43);
	struct posix_timer_state s;

	thread->pid = get_task_pid(current, PIDTYPE_PID);
	t.timer[2].clockid = make_thread_cpuclock(43, CPUCLOCK_VIRT);
	cr_timer_state(ctx, &t.timer[0], &s);
	KUNIT_EXPECT_EQ(test, s.id, 0);
	KUNIT_EXPECT_EQ(test, s.clock, CLOCK_REALTIME);
	KUNIT_EXPECT_NULL(test, s.clock_pid);
	KUNIT_EXPECT_PTR_EQ(test, s.target, task_tgid(current));
	cr_timer_state(ctx, &t.timer[1], &s);
	KUNIT_EXPECT_PTR_EQ(test, s.target, thread->pid);
	KUNIT_EXPECT_EQ(test, s.sig_private, 1);
	KUNIT_EXPECT_EQ(test, s.sig_overrun, 2);
	KUNIT_EXPECT_EQ(test, (unsigned long)s.value.sival_ptr, 11);
	cr_timer_state(ctx, &t.timer[2], &s);
	KUNIT_EXPECT_PTR_EQ(test, s.clock_pid, thread->pid);
	KUNIT_EXPECT_EQ(test, s.clock,
			make_thread_cpuclock(task_pid_vnr(current), CPUCLOCK_VIRT));
}

static struct kunit_case cr_timers_cases[] = {
	KUNIT_CASE(cr_timers_test_count),
	KUNIT_CASE(cr_timers_test_id),
	KUNIT_CASE(cr_timers_test_clock),
	KUNIT_CASE(cr_timers_test_event),
	KUNIT_CASE(cr_timers_test_flags),
	KUNIT_CASE(cr_timers_test_time),
	KUNIT_CASE(cr_timers_test_signal),
	KUNIT_CASE(cr_timers_test_refused),
	KUNIT_CASE(cr_timers_test_state),
	{}
};

static struct kunit_suite cr_timers_suite = {
	.name = "checkpoint_ptimer",
	.init = cr_timers_init,
	.test_cases = cr_timers_cases,
};

kunit_test_suite(cr_timers_suite);
#endif /* CONFIG_POSIX_TIMERS */
