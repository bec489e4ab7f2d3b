// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of time.c.
 */
#include <kunit/checkpoint.h>
#include <linux/syscalls.h>

static int cr_time_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* Interval timers */

static int cr_time_read_itimers(struct kunit *test, struct cr_ctx *ctx,
				const struct cr_hdr_itimers *h)
{
	ctx->cur->state.has_itimers = false;
	cr_kunit_feed(test, ctx, CR_HDR_ITIMERS, h, sizeof(*h));
	return cr_read_itimers(ctx);
}

#define TIMER(i, member, value)						\
	(h = good, h.timer[i].member = (value),				\
	 cr_time_read_itimers(test, ctx, &h))

static void cr_time_test_itimers(struct kunit *test)
{
	const struct cr_hdr_itimers good = {
		.timer = { { 1, 2 }, { 0, 0 }, { NSEC_PER_SEC, 0 } },
	};
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_itimers h;

	CR_EXPECT_OK(cr_time_read_itimers(test, ctx, &good));
	KUNIT_EXPECT_TRUE(test, ctx->cur->state.has_itimers);
	KUNIT_EXPECT_MEMEQ(test, &ctx->cur->state.itimers, &good, sizeof(good));
	CR_EXPECT_OK(TIMER(0, value_ns, KTIME_MAX));
	CR_EXPECT_OK(TIMER(2, interval_ns, KTIME_MAX));
	CR_EXPECT_BAD(TIMER(0, value_ns, KTIME_MAX + 1ULL), "bad interval timer 0");
	KUNIT_EXPECT_FALSE(test, ctx->cur->state.has_itimers);
	CR_EXPECT_BAD(TIMER(0, interval_ns, ~0ULL), "bad interval timer 0");
	CR_EXPECT_BAD(TIMER(1, value_ns, ~0ULL), "bad interval timer 1");
	CR_EXPECT_BAD(TIMER(1, interval_ns, ~0ULL), "bad interval timer 1");
	CR_EXPECT_BAD(TIMER(2, value_ns, ~0ULL), "bad interval timer 2");
	CR_EXPECT_BAD(TIMER(2, interval_ns, 1ULL << 63), "bad interval timer 2");
}

/* Restart blocks */

static int cr_time_read_block(struct kunit *test, struct cr_ctx *ctx,
			      const struct cr_hdr_restart_block *h)
{
	ctx->cur->state.has_restart_block = false;
	cr_kunit_feed(test, ctx, CR_HDR_RESTART_BLOCK, h, sizeof(*h));
	return cr_read_restart_block(ctx);
}

#define BLOCK(member, value)						\
	(h = good, h.member = (value), cr_time_read_block(test, ctx, &h))

static void cr_time_test_block(struct kunit *test)
{
	const struct cr_hdr_restart_block good = {
		.kind = CR_RESTART_NANOSLEEP,
		.flags = CR_RESTART_F_TIMEOUT,
		.remaining_ns = NSEC_PER_SEC,
		.clockid = CLOCK_MONOTONIC,
		.addr = 0x7f0000001000,
	};
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_restart_block h;

	CR_EXPECT_OK(cr_time_read_block(test, ctx, &good));
	KUNIT_EXPECT_TRUE(test, ctx->cur->state.has_restart_block);
	KUNIT_EXPECT_MEMEQ(test, &ctx->cur->state.restart_block, &good, sizeof(good));
	CR_EXPECT_OK(BLOCK(kind, CR_RESTART_FUTEX));
	CR_EXPECT_OK(BLOCK(kind, CR_RESTART_POLL));
	CR_EXPECT_OK(BLOCK(flags, 0));
	CR_EXPECT_OK(BLOCK(clockid, CLOCK_REALTIME));
	CR_EXPECT_OK(BLOCK(clockid, CLOCK_BOOTTIME));
	CR_EXPECT_OK(BLOCK(clockid, CLOCK_TAI));
	CR_EXPECT_OK(BLOCK(futex_flags, CR_FUTEX_ALL));
	CR_EXPECT_OK(BLOCK(remaining_ns, KTIME_MAX / 2));
	CR_EXPECT_OK(BLOCK(remaining_ns, -1));
	CR_EXPECT_OK(BLOCK(remaining_ns, S64_MIN));
	CR_EXPECT_OK(BLOCK(addr, 0));
	CR_EXPECT_OK(BLOCK(addr, TASK_SIZE - 1));
	CR_EXPECT_BAD(BLOCK(kind, 0), "bad kind, have 0");
	CR_EXPECT_BAD(BLOCK(kind, 4), "bad kind, have 4");
	CR_EXPECT_BAD(BLOCK(flags, 2), "bad kind, have 1");
	CR_EXPECT_BAD(BLOCK(futex_flags, 4), "bad kind, have 1");
	CR_EXPECT_BAD(BLOCK(clockid, CLOCK_PROCESS_CPUTIME_ID), "bad clock, have 2");
	CR_EXPECT_BAD(BLOCK(clockid, CLOCK_MONOTONIC_RAW), "bad clock, have 4");
	CR_EXPECT_BAD(BLOCK(clockid, CLOCK_REALTIME_ALARM), "bad clock, have 8");
	CR_EXPECT_BAD(BLOCK(clockid, -1), "bad clock, have -1");
	CR_EXPECT_BAD(BLOCK(remaining_ns, KTIME_MAX / 2 + 1), "bad time, have 4611686018427387904");
	CR_EXPECT_BAD(BLOCK(remaining_ns, KTIME_MAX), "bad time, have 9223372036854775807");
	CR_EXPECT_BAD(BLOCK(addr, ~0ULL), "bad address, have 0xffffffffffffffff");
	KUNIT_EXPECT_FALSE(test, ctx->cur->state.has_restart_block);
}

/* The remaining time is as good as it was, but for what the test took. */
static void cr_time_expect_left(struct kunit *test, s64 have, s64 want)
{
	KUNIT_EXPECT_LE(test, have, want);
	KUNIT_EXPECT_GE(test, have, want - 60 * NSEC_PER_SEC);
}

/* Give the task that the test runs in a restart block, and save it again. */
static void cr_time_go_round(struct kunit *test, struct cr_ctx *ctx,
			     const struct cr_hdr_restart_block *h)
{
	struct cr_hdr_restart_block back;

	CR_EXPECT_OK(cr_time_read_block(test, ctx, h));
	cr_apply_restart_block(ctx);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_restart_block(ctx, current));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_read_restart_block(ctx));
	back = ctx->cur->state.restart_block;
	if (h->flags & CR_RESTART_F_TIMEOUT)
		cr_time_expect_left(test, back.remaining_ns, h->remaining_ns);
	back.remaining_ns = h->remaining_ns;
	KUNIT_EXPECT_MEMEQ(test, &back, h, sizeof(*h));
}

#define ROUND(...)							\
	cr_time_go_round(test, ctx,					\
			 &(struct cr_hdr_restart_block){ __VA_ARGS__ })
#define HOUR	(3600LL * NSEC_PER_SEC)

static void cr_time_test_go_round(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ROUND(.kind = CR_RESTART_NANOSLEEP, .flags = 1, .remaining_ns = HOUR,
	      .clockid = CLOCK_MONOTONIC, .addr = 0x401000);
	ROUND(.kind = CR_RESTART_NANOSLEEP, .flags = 1, .remaining_ns = HOUR,
	      .clockid = CLOCK_REALTIME);
	ROUND(.kind = CR_RESTART_NANOSLEEP, .flags = 1, .remaining_ns = HOUR,
	      .clockid = CLOCK_BOOTTIME);
	ROUND(.kind = CR_RESTART_NANOSLEEP, .flags = 1, .remaining_ns = HOUR, .clockid = CLOCK_TAI);
	ROUND(.kind = CR_RESTART_NANOSLEEP, .flags = 1, .remaining_ns = 0,
	      .clockid = CLOCK_MONOTONIC);
	ROUND(.kind = CR_RESTART_POLL, .flags = 1, .remaining_ns = HOUR, .val = 3,
	      .addr = 0x401000);
	ROUND(.kind = CR_RESTART_POLL, .val = 3, .addr = 0x401000);
	if (!IS_ENABLED(CONFIG_FUTEX))
		return;
	ROUND(.kind = CR_RESTART_FUTEX, .flags = 1, .remaining_ns = HOUR, .val = 7,
	      .addr = 0x401000, .bitset = ~0U);
	ROUND(.kind = CR_RESTART_FUTEX, .flags = 1, .remaining_ns = HOUR, .bitset = 1,
	      .futex_flags = CR_FUTEX_CLOCKRT);
	ROUND(.kind = CR_RESTART_FUTEX, .bitset = 1, .futex_flags = CR_FUTEX_SHARED);
	ROUND(.kind = CR_RESTART_FUTEX, .flags = 1, .remaining_ns = HOUR, .bitset = 1,
	      .futex_flags = CR_FUTEX_ALL);
}

static long cr_time_unknown(struct restart_block *rb)
{
	return -EINTR;
}

/* A call that nobody here knows is refused, and so is one with 32-bit times. */
static void cr_time_test_unknown(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct restart_block *rb = &current->restart_block;

	set_restart_fn(rb, cr_time_unknown);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, cr_write_restart_block(ctx, current));
	set_restart_fn(rb, hrtimer_nanosleep_restart);
	rb->nanosleep.type = TT_COMPAT;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, cr_write_restart_block(ctx, current));
	KUNIT_EXPECT_EQ(test, 2, ctx->log.nr_errors);
	ctx->cur->state.has_restart_block = false;
	cr_apply_restart_block(ctx);
	KUNIT_EXPECT_TRUE(test, rb->fn == do_no_restart_syscall);
}

/* Clocks of another boot */

static int cr_time_clocks(struct cr_ctx *ctx, unsigned long flags, u32 policy)
{
	ctx->flags = flags;
	ctx->rargs.clock_policy = policy;
	return cr_clocks_check(ctx);
}

#define OTHER "the image is of another boot: restart it as a child, or let clocks jump"

static void cr_time_test_clocks(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	get_boot_id(ctx->head.boot_id);
	CR_EXPECT_OK(cr_time_clocks(ctx, 0, RESTART_CLOCK_CONTINUE));
	KUNIT_EXPECT_FALSE(test, ctx->other_boot);
	/* In another time namespace, clocks may be behind in the same boot. */
	ctx->head.mono_ns = KTIME_MAX;
	CR_EXPECT_ERR(cr_time_clocks(ctx, 0, RESTART_CLOCK_CONTINUE), -EPROTO, OTHER);
	ctx->head.mono_ns = 0;
	ctx->head.boot_id[15] ^= 1;
	CR_EXPECT_ERR(cr_time_clocks(ctx, 0, RESTART_CLOCK_CONTINUE), -EPROTO, OTHER);
	KUNIT_EXPECT_TRUE(test, ctx->other_boot);
	CR_EXPECT_OK(cr_time_clocks(ctx, 0, RESTART_CLOCK_JUMP));
	CR_EXPECT_OK(cr_time_clocks(ctx, RESTART_CHILD, RESTART_CLOCK_CONTINUE));
	CR_EXPECT_OK(cr_time_clocks(ctx, RESTART_CHILD, RESTART_CLOCK_JUMP));
	KUNIT_EXPECT_TRUE(test, ctx->other_boot);
	ctx->head.mono_ns = 0;
	ctx->head.boot_ns = 0;
	KUNIT_EXPECT_FALSE(test, cr_clocks_behind(ctx));
	ctx->head.mono_ns = KTIME_MAX;
	KUNIT_EXPECT_TRUE(test, cr_clocks_behind(ctx));
	ctx->head.mono_ns = 0;
	ctx->head.boot_ns = KTIME_MAX;
	KUNIT_EXPECT_TRUE(test, cr_clocks_behind(ctx));
}

static struct kunit_case cr_time_cases[] = {
	KUNIT_CASE(cr_time_test_itimers),
	KUNIT_CASE(cr_time_test_block),
	KUNIT_CASE(cr_time_test_go_round),
	KUNIT_CASE(cr_time_test_unknown),
	KUNIT_CASE(cr_time_test_clocks),
	{}
};

static struct kunit_suite cr_time_suite = {
	.name = "checkpoint_time",
	.init = cr_time_init,
	.test_cases = cr_time_cases,
};

kunit_test_suite(cr_time_suite);
