// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of sched.c.
 */
#include <kunit/checkpoint.h>

struct cr_sched_rec {
	struct cr_hdr_sched h;
	u64 cpus[2];
};

static int cr_sched_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

static int cr_sched_read(struct kunit *test, struct cr_ctx *ctx,
			 const struct cr_sched_rec *r)
{
	kfree(ctx->cur->state.sched);
	ctx->cur->state.sched = NULL;
	cr_kunit_feed(test, ctx, CR_HDR_SCHED, r,
		      struct_size(&r->h, cpus, r->h.nr_words));
	return cr_read_sched(ctx);
}

#define SCHED(...)							\
	(r = (struct cr_sched_rec){ .h = { __VA_ARGS__ } },		\
	 cr_sched_read(test, ctx, &r))

static void cr_sched_test_policy(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_sched_rec r;

	CR_EXPECT_OK(SCHED(.policy = SCHED_BATCH));
	KUNIT_EXPECT_MEMEQ(test, ctx->cur->state.sched, &r.h, sizeof(r.h));
	CR_EXPECT_OK(SCHED(.policy = SCHED_IDLE, .runtime = CR_SLICE_MIN));
	CR_EXPECT_OK(SCHED(.policy = SCHED_FIFO, .priority = 1));
	CR_EXPECT_OK(SCHED(.policy = SCHED_RR, .priority = 99,
			   .flags = CR_SCHED_F_RESET_ON_FORK));
	CR_EXPECT_BAD(SCHED(.policy = 4), "bad policy, have 4");
	CR_EXPECT_BAD(SCHED(.policy = 7), "bad policy, have 7");
	CR_EXPECT_BAD(SCHED(.policy = ~0U), "bad policy, have 4294967295");
	CR_EXPECT_BAD(SCHED(.policy = SCHED_FIFO), "bad priority, have 0");
	CR_EXPECT_BAD(SCHED(.policy = SCHED_FIFO, .priority = 100), "bad priority, have 100");
	CR_EXPECT_BAD(SCHED(.priority = 1), "bad priority, have 1");
	CR_EXPECT_BAD(SCHED(.flags = 0x20), "bad flags, have 0x20");
	CR_EXPECT_BAD(SCHED(.flags = CR_SCHED_F_RECLAIM), "bad flags, have 0x8");
	CR_EXPECT_BAD(SCHED(.__reserved = 1), "bad number of CPUs, have 0 words");
	CR_EXPECT_BAD(SCHED(.runtime = CR_SLICE_MIN - 1), "bad time slice, have 0x1869f");
	CR_EXPECT_BAD(SCHED(.runtime = CR_SLICE_MAX + 1), "bad time slice, have 0x5f5e101");
	CR_EXPECT_BAD(SCHED(.policy = SCHED_RR, .priority = 1, .runtime = CR_SLICE_MIN),
		      "bad time slice, have 0x186a0");
	CR_EXPECT_OK(SCHED(.policy = SCHED_BATCH));
	cr_kunit_feed(test, ctx, CR_HDR_SCHED, &r.h, sizeof(r.h));
	CR_EXPECT_BAD(cr_read_sched(ctx), "scheduling twice");
}

static void cr_sched_test_deadline(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_sched_rec r;

#define DEADLINE(run, dead, per)					\
	SCHED(.policy = SCHED_DEADLINE, .runtime = (run), .deadline = (dead), .period = (per))
	CR_EXPECT_OK(DEADLINE(1, 2, 3));
	CR_EXPECT_OK(DEADLINE(S64_MAX, S64_MAX, S64_MAX));
	CR_EXPECT_BAD(DEADLINE(0, 2, 3), "bad deadline, have 0x2");
	CR_EXPECT_BAD(DEADLINE(3, 2, 3), "bad deadline, have 0x2");
	CR_EXPECT_BAD(DEADLINE(1, 4, 3), "bad deadline, have 0x4");
	CR_EXPECT_BAD(DEADLINE(1, 2, 1ULL << 63), "bad deadline, have 0x2");
	CR_EXPECT_BAD(SCHED(.deadline = 1), "bad deadline, have 0x1");
	CR_EXPECT_BAD(SCHED(.period = 1), "bad deadline, have 0x0");
#undef DEADLINE
}

static void cr_sched_test_ioprio(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_sched_rec r;

	CR_EXPECT_OK(SCHED(.ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 7)));
	CR_EXPECT_OK(SCHED(.ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
	CR_EXPECT_BAD(SCHED(.ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 1)),
		      "bad I/O priority, have 0x1");
	CR_EXPECT_BAD(SCHED(.ioprio = 4 << IOPRIO_CLASS_SHIFT), "bad I/O priority, have 0x8000");
	CR_EXPECT_BAD(SCHED(.ioprio = 0x14000), "bad I/O priority, have 0x14000");
}

static void cr_sched_test_clamps(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_sched_rec r;

#ifdef CONFIG_UCLAMP_TASK
	CR_EXPECT_OK(SCHED(.flags = CR_SCHED_F_UTIL_MIN, .util_min = 1024));
	CR_EXPECT_OK(SCHED(.flags = CR_SCHED_F_UTIL_MAX));
#else
	CR_EXPECT_ERR(SCHED(.flags = CR_SCHED_F_UTIL_MAX), -EPROTO,
		      "this kernel has no utilization clamps");
#endif
	CR_EXPECT_BAD(SCHED(.util_min = 1), "bad utilization clamp, have 1 to 0");
	CR_EXPECT_BAD(SCHED(.util_max = 1), "bad utilization clamp, have 0 to 1");
	CR_EXPECT_BAD(SCHED(.flags = CR_SCHED_F_UTIL_MAX, .util_max = 1025),
		      "bad utilization clamp, have 0 to 1025");
	CR_EXPECT_BAD(SCHED(.flags = CR_SCHED_F_UTIL_MIN | CR_SCHED_F_UTIL_MAX,
			    .util_min = 2, .util_max = 1),
		      "bad utilization clamp, have 2 to 1");
}

static void cr_sched_test_cpus(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_sched_rec r;

#define CPUS(words, low, high)						\
	(r = (struct cr_sched_rec){ .h.nr_words = (words), .cpus = { (low), (high) } }, \
	 cr_sched_read(test, ctx, &r))
	CR_EXPECT_OK(CPUS(1, 1, 0));
	CR_EXPECT_BAD(CPUS(1, 0, 0), "bad CPUs");
	CR_EXPECT_BAD(CPUS(2, 1, 0), "bad CPUs");
	CR_EXPECT_ERR(CPUS(2, 1, 1ULL << 63), -EPROTO, "CPU 127 isn't there");
	r.h.nr_words = 3;
	cr_kunit_feed(test, ctx, CR_HDR_SCHED, &r, sizeof(r));
	CR_EXPECT_BAD(cr_read_sched(ctx), "bad number of CPUs, have 3 words");
	r.h.nr_words = ~0U;
	cr_kunit_feed(test, ctx, CR_HDR_SCHED, &r, sizeof(r));
	CR_EXPECT_BAD(cr_read_sched(ctx), "bad number of CPUs, have 4294967295 words");
#undef CPUS
}

/* What is asked for is what was saved, and nothing where nothing was. */
static void cr_sched_test_attr(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_sched h = { .policy = SCHED_BATCH, .runtime = CR_SLICE_MAX };
	struct cr_task *k = ctx->root;
	struct sched_attr attr, was;

	cr_get_attr(current, &was);
	CR_EXPECT_OK(cr_apply_policy(ctx, &h));
	cr_get_attr(current, &attr);
	KUNIT_EXPECT_EQ(test, attr.sched_policy, SCHED_BATCH);
	KUNIT_EXPECT_EQ(test, attr.sched_runtime, CR_SLICE_MAX);
	k->state.sched = NULL;
	CR_EXPECT_OK(cr_try_sched(ctx, k));
	KUNIT_EXPECT_EQ(test, current->policy, SCHED_BATCH);
	CR_EXPECT_OK(cr_apply_sched(ctx, k));
	cr_get_attr(current, &attr);
	KUNIT_EXPECT_EQ(test, attr.sched_policy, SCHED_NORMAL);
	KUNIT_EXPECT_EQ(test, attr.sched_runtime, 0);
	KUNIT_EXPECT_EQ(test, 0, sched_setattr_nocheck(current, &was));
	k->state.sched = kmemdup(&h, sizeof(h), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, k->state.sched);
	k->state.sched->policy = SCHED_DEADLINE;
	CR_EXPECT_ERR(cr_try_sched(ctx, k), -EOPNOTSUPP,
		      "SCHED_DEADLINE of a process that is restarted in place");
}

static struct kunit_case cr_sched_cases[] = {
	KUNIT_CASE(cr_sched_test_policy),
	KUNIT_CASE(cr_sched_test_deadline),
	KUNIT_CASE(cr_sched_test_ioprio),
	KUNIT_CASE(cr_sched_test_clamps),
	KUNIT_CASE(cr_sched_test_cpus),
	KUNIT_CASE(cr_sched_test_attr),
	{}
};

static struct kunit_suite cr_sched_suite = {
	.name = "checkpoint_sched",
	.init = cr_sched_init,
	.test_cases = cr_sched_cases,
};

kunit_test_suite(cr_sched_suite);
