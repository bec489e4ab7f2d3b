// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of eventfd.c.
 */
#include <kunit/checkpoint.h>

#define CR_EVENTFD_BUSY "an eventfd that the kernel uses, for AIO or the like"

static int cr_eventfd_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* Open what follows FD_DATA of @parent; the record itself has no parent. */
static int cr_eventfd_read(struct kunit *test, u32 parent, u64 count, u32 flags,
			   u32 reserved, size_t len)
{
	struct cr_hdr_eventfd h[2] = {
		{ .count = count, .flags = flags, .__reserved = reserved },
	};
	struct cr_hdr_fd_data d = { .objref = parent, .f_flags = O_RDWR };
	struct file *file;

	cr_kunit_feed(test, test->priv, CR_HDR_EVENTFD, h, len);
	file = cr_open_eventfd(test->priv, &d);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

#define EVENTFD(...) cr_eventfd_read(test, __VA_ARGS__)

static void cr_eventfd_test_bad(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(EVENTFD(0, 0, 0, 0, 16));
	CR_EXPECT_OK(EVENTFD(0, ~0ULL, CR_EVENTFD_F_ALL, 0, 16));
	CR_EXPECT_BAD(EVENTFD(1, 0, 0, 0, 16), "bad parent, have 0");
	CR_EXPECT_BAD(EVENTFD(0, 0, 2, 0, 16), "bad flags, have 0x2");
	CR_EXPECT_BAD(EVENTFD(0, 0, 1U << 31, 0, 16), "bad flags, have 0x80000000");
	CR_EXPECT_BAD(EVENTFD(0, 0, 0, 1, 16), "bad flags, have 0x0");
	CR_EXPECT_BAD(EVENTFD(0, 0, 0, 0, 8), "bad length, have 8, want 16 to 16");
	CR_EXPECT_BAD(EVENTFD(0, 0, 0, 0, 24), "bad length, have 24, want 16 to 16");
}

/* What an eventfd of @count and @flags, opened with @f_flags, is after restart. */
static struct file *cr_eventfd_round(struct kunit *test, struct cr_ctx *ctx, u64 count,
				     int flags, u32 f_flags)
{
	struct cr_hdr_fd_data d = { .objref = 7, .f_flags = f_flags };
	struct file *file = cr_kunit_keep(test, eventfd_file_create(count, flags));

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_eventfd(ctx, file, 7));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 1);
	cr_kunit_replay(test, ctx);
	return cr_kunit_keep(test, cr_open_eventfd(ctx, &d));
}

static void cr_eventfd_expect(struct kunit *test, struct file *file, u64 count, int flags)
{
	int have_flags = -1;
	u64 have = 0;

	KUNIT_EXPECT_EQ(test, eventfd_file_state(file, &have, &have_flags), 0);
	KUNIT_EXPECT_EQ(test, have, count);
	KUNIT_EXPECT_EQ(test, have_flags, flags);
}

static void cr_eventfd_test_go_round(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	file = cr_eventfd_round(test, ctx, 0, 0, O_RDWR);
	cr_eventfd_expect(test, file, 0, 0);
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_NONBLOCK), O_RDWR);
	file = cr_eventfd_round(test, ctx, 3, EFD_SEMAPHORE, O_RDWR | O_NONBLOCK);
	cr_eventfd_expect(test, file, 3, EFD_SEMAPHORE);
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	file = cr_eventfd_round(test, ctx, ULLONG_MAX - 1, 0, O_RDWR);
	cr_eventfd_expect(test, file, ULLONG_MAX - 1, 0);
	KUNIT_EXPECT_TRUE(test, cr_is_eventfd(file));
}

/* Who else has hold of it can't be carried with it. */
static void cr_eventfd_test_busy(struct kunit *test)
{
	struct file *file = cr_kunit_keep(test, eventfd_file_create(1, 0));
	struct eventfd_ctx *user = eventfd_ctx_fileget(file);
	struct cr_ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, user);
	CR_EXPECT_ERR(cr_write_eventfd(ctx, file, 1), -EOPNOTSUPP, CR_EVENTFD_BUSY);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 0);
	KUNIT_EXPECT_TRUE(test, cr_is_eventfd(file));
	eventfd_ctx_put(user);
	CR_EXPECT_OK(cr_write_eventfd(ctx, file, 1));
	KUNIT_EXPECT_FALSE(test, cr_is_eventfd(cr_kunit_file(test)));
}

static struct kunit_case cr_eventfd_cases[] = {
	KUNIT_CASE(cr_eventfd_test_bad),
	KUNIT_CASE(cr_eventfd_test_go_round),
	KUNIT_CASE(cr_eventfd_test_busy),
	{}
};

static struct kunit_suite cr_eventfd_suite = {
	.name = "checkpoint_eventfd",
	.init = cr_eventfd_init,
	.test_cases = cr_eventfd_cases,
};

kunit_test_suite(cr_eventfd_suite);
