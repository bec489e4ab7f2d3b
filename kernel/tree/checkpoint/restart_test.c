// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of restart.c.
 */
#include <kunit/checkpoint.h>

static int cr_restart_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

static const struct cr_hdr_head cr_head_good = {
	.magic = CHECKPOINT_MAGIC_HEAD,
	.version = CR_VERSION,
	.arch = CR_ARCH_X86_64,
	.page_size = PAGE_SIZE,
	.record_csum = CR_CSUM_CRC32C,
	.page_csum = CR_CSUM_XXH64,
	.nr_tasks = 1,
};

#define HEAD(member, value)						\
	(h = cr_head_good, h.member = (value), cr_check_head(ctx, &h))

static void cr_restart_test_head(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_head h;

	CR_EXPECT_OK(cr_check_head(ctx, &cr_head_good));
	CR_EXPECT_OK(HEAD(page_csum, CR_CSUM_NONE));
	CR_EXPECT_OK(HEAD(optional, ~0ULL));
	CR_EXPECT_OK(HEAD(flags, ~0ULL));
	CR_EXPECT_OK(HEAD(real_ns, ~0ULL));
	CR_EXPECT_OK(HEAD(mono_ns, KTIME_MAX));
	CR_EXPECT_OK(HEAD(boot_ns, KTIME_MAX));
	CR_EXPECT_BAD(HEAD(magic, 0), "bad magic, have 0x0");
	CR_EXPECT_BAD(HEAD(magic, CHECKPOINT_MAGIC_TAIL), "bad magic, have 0x2d2a0cc0deef00");
	CR_EXPECT_ERR(HEAD(version, 2), -EPROTO, "format version 2, this kernel reads 3");
	CR_EXPECT_ERR(HEAD(version, 4), -EPROTO, "format version 4, this kernel reads 3");
	CR_EXPECT_ERR(HEAD(arch, 183), -EPROTO, "image of another architecture, ELF machine 183");
	CR_EXPECT_ERR(HEAD(page_size, 65536), -EPROTO, "page size 65536, this kernel has 4096");
	CR_EXPECT_ERR(HEAD(page_size, 0), -EPROTO, "page size 0, this kernel has 4096");
	CR_EXPECT_ERR(HEAD(required, 1), -EPROTO, "unknown required features 0x1");
	CR_EXPECT_ERR(HEAD(required, 1ULL << 63), -EPROTO,
		      "unknown required features 0x8000000000000000");
	CR_EXPECT_ERR(HEAD(record_csum, CR_CSUM_NONE), -EPROTO, "unknown checksums 0 and 2");
	CR_EXPECT_ERR(HEAD(record_csum, CR_CSUM_XXH64), -EPROTO, "unknown checksums 2 and 2");
	CR_EXPECT_ERR(HEAD(page_csum, CR_CSUM_CRC32C), -EPROTO, "unknown checksums 1 and 1");
	CR_EXPECT_ERR(HEAD(page_csum, 3), -EPROTO, "unknown checksums 1 and 3");
	CR_EXPECT_BAD(HEAD(mono_ns, KTIME_MAX + 1ULL), "bad clock");
	CR_EXPECT_BAD(HEAD(boot_ns, KTIME_MAX + 1ULL), "bad clock");
	CR_EXPECT_BAD(HEAD(mono_ns, ~0ULL), "bad clock");
}

static int cr_restart_read_head(struct kunit *test, struct cr_ctx *ctx, u32 type,
				size_t len)
{
	cr_kunit_feed(test, ctx, type, &cr_head_good, len);
	return cr_read_head(ctx);
}

/* An image begins with a HEAD. */
static void cr_restart_test_no_head(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_restart_read_head(test, ctx, CR_HDR_TREE, 344),
		      "unexpected record, have type 5, want 1");
	CR_EXPECT_BAD(cr_restart_read_head(test, ctx, CR_HDR_HEAD, 336),
		      "bad length, have 336, want 344 to 344");
	cr_kunit_stream(test, ctx);
	CR_EXPECT_ERR(cr_read_head(ctx), -ENODATA, "the image ends at 0x0, too early");
}

/* Records that have no business where a record of any kind may be. */
static void cr_restart_test_dispatch(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(cr_readers); i++) {
		KUNIT_EXPECT_NOT_NULL(test, cr_readers[i].read);
		KUNIT_EXPECT_NOT_NULL(test, cr_rec_name(cr_readers[i].type));
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, cr_readers[i].type, cr_readers[k].type);
	}
	CR_EXPECT_BAD(cr_read_one(ctx, 0), "unexpected record, have type 0");
	CR_EXPECT_BAD(cr_read_one(ctx, 77), "unexpected record, have type 77");
	CR_EXPECT_BAD(cr_read_one(ctx, CR_HDR_HEAD), "unexpected record, have type 1");
	CR_EXPECT_BAD(cr_read_one(ctx, CR_HDR_TAIL), "unexpected record, have type 5001");
	CR_EXPECT_BAD(cr_read_one(ctx, CR_HDR_VMA), "unexpected record, have type 202");
}

/* A whole image, but of nothing. */
static void cr_restart_test_no_task(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_tail(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_BAD(cr_read_image(ctx), "no task in the image");
	cr_kunit_rewind(ctx);
	ctx->state.complete = true;
	CR_EXPECT_OK(cr_read_image(ctx));
	KUNIT_EXPECT_NULL(test, ctx->where.rec);
}

static void cr_restart_test_clone_failed(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->tree.pid = 42;
	CR_EXPECT_ERR(cr_clone_failed(ctx, -EEXIST), -EEXIST, "pid 42 is taken");
	CR_EXPECT_ERR(cr_clone_failed(ctx, -EPERM), -EPERM,
		      "pid 42 can't be chosen without CAP_CHECKPOINT_RESTORE");
	CR_EXPECT_ERR(cr_clone_failed(ctx, -EAGAIN), -EAGAIN, "can't create a task");
	CR_EXPECT_ERR(cr_clone_failed(ctx, -ENOMEM), -ENOMEM, "can't create a task");
}

static struct kunit_case cr_restart_cases[] = {
	KUNIT_CASE(cr_restart_test_head),
	KUNIT_CASE(cr_restart_test_no_head),
	KUNIT_CASE(cr_restart_test_dispatch),
	KUNIT_CASE(cr_restart_test_no_task),
	KUNIT_CASE(cr_restart_test_clone_failed),
	{}
};

static struct kunit_suite cr_restart_suite = {
	.name = "checkpoint_restart",
	.init = cr_restart_init,
	.test_cases = cr_restart_cases,
};

kunit_test_suite(cr_restart_suite);
