// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of sys.c.
 */
#include <kunit/test.h>

#define GOOD(...) KUNIT_EXPECT_TRUE(test, cr_checkpoint_flags_ok(__VA_ARGS__))
#define BAD(...) KUNIT_EXPECT_FALSE(test, cr_checkpoint_flags_ok(__VA_ARGS__))

static void cr_sys_test_flags(struct kunit *test)
{
	GOOD(0, 3, 0);
	GOOD(42, 3, CHECKPOINT_ARGS);
	GOOD(42, 3, CHECKPOINT_KILL);
	GOOD(42, 3, CHECKPOINT_STOP);
	GOOD(42, 3, CHECKPOINT_KEEP);
	GOOD(42, 3, CHECKPOINT_STOP | CHECKPOINT_KEEP);
	GOOD(42, 3, CHECKPOINT_LEAKCHECK);
	GOOD(42, -1, CHECKPOINT_DRYRUN);
	GOOD(42, -1, CHECKPOINT_DRYRUN | CHECKPOINT_ARGS | CHECKPOINT_LEAKCHECK);
	BAD(-1, 3, 0);
	BAD(INT_MIN, 3, 0);
	BAD(42, 3, CHECKPOINT_LEAKCHECK << 1);
	BAD(42, 3, 1UL << 32);
	BAD(42, 3, 1UL << 63);
	BAD(42, 3, CHECKPOINT_KILL | CHECKPOINT_STOP);
	BAD(42, 3, CHECKPOINT_KILL | CHECKPOINT_KEEP);
	BAD(42, 3, CHECKPOINT_DRYRUN);
	BAD(42, -2, CHECKPOINT_DRYRUN);
	BAD(42, -1, CHECKPOINT_DRYRUN | CHECKPOINT_KILL);
	BAD(42, -1, CHECKPOINT_DRYRUN | CHECKPOINT_STOP);
	BAD(42, -1, CHECKPOINT_DRYRUN | CHECKPOINT_KEEP);
}

/* Each flag is a bit of its own, and one that the call knows. */
static void cr_sys_test_masks(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, CHECKPOINT_FLAGS, 0x3f);
	KUNIT_EXPECT_EQ(test, RESTART_FLAGS, 0x1f);
}

/* Descriptors sort by number, negative ones first. */
static void cr_sys_test_sort(struct kunit *test)
{
	static const s32 want[] = { INT_MIN, -1, 0, 1, 1, 7, INT_MAX };
	s32 fds[] = { 7, INT_MAX, 1, -1, INT_MIN, 0, 1 };
	struct restart_fdmap map[] = { { 2, 0 }, { 0, 1 }, { 1, 2 } };
	s32 i;

	sort(fds, ARRAY_SIZE(fds), sizeof(*fds), cr_cmp_s32, NULL);
	KUNIT_EXPECT_MEMEQ(test, fds, want, sizeof(want));
	sort(map, ARRAY_SIZE(map), sizeof(*map), cr_cmp_s32, NULL);
	for (i = 0; i < ARRAY_SIZE(map); i++) {
		KUNIT_EXPECT_EQ(test, map[i].image_fd, i);
		KUNIT_EXPECT_EQ(test, map[i].fd, (i + 1) % 3);
	}
}

static struct kunit_case cr_sys_cases[] = {
	KUNIT_CASE(cr_sys_test_flags),
	KUNIT_CASE(cr_sys_test_masks),
	KUNIT_CASE(cr_sys_test_sort),
	{}
};

static struct kunit_suite cr_sys_suite = {
	.name = "checkpoint_sys",
	.test_cases = cr_sys_cases,
};

kunit_test_suite(cr_sys_suite);
