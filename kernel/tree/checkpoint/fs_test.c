// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of fs.c.
 */
#include <kunit/checkpoint.h>

static int cr_fs_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

static int cr_fs_read(struct kunit *test, struct cr_ctx *ctx, u32 objref,
		      u32 umask, const char *cwd, const char *root)
{
	struct cr_hdr_fs h = { .objref = objref, .umask = umask };

	cr_kunit_stream(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, cr_write_obj(ctx, CR_HDR_FS, 0, &h, sizeof(h)));
	KUNIT_ASSERT_EQ(test, 0, cr_write_string(ctx, CR_HDR_FNAME, objref, CR_STRING_CWD,
						 cwd, strlen(cwd)));
	KUNIT_ASSERT_EQ(test, 0, cr_write_string(ctx, CR_HDR_FNAME, objref, CR_STRING_ROOT,
						 root, strlen(root)));
	KUNIT_ASSERT_EQ(test, 0, cr_flush(ctx));
	cr_kunit_rewind(ctx);
	return cr_read_fs(ctx);
}

static struct cr_fs *cr_fs_of(struct cr_ctx *ctx, u32 ref)
{
	return cr_obj_get_by_ref(ctx, CR_OBJ_FS, ref);
}

#define FS(...) (cr_kunit_forget(ctx), cr_fs_read(test, ctx, __VA_ARGS__))

static void cr_fs_test_read(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_fs *fs;

	CR_EXPECT_OK(FS(1, 022, "/", "/"));
	fs = cr_fs_of(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fs);
	KUNIT_EXPECT_EQ(test, fs->umask, 022);
	KUNIT_EXPECT_TRUE(test, path_equal(&fs->pwd, &ctx->caller_root));
	KUNIT_EXPECT_TRUE(test, path_equal(&fs->root, &ctx->caller_root));
	KUNIT_EXPECT_NULL(test, fs->applied);
	/* Another process may have others. */
	CR_EXPECT_OK(cr_fs_read(test, ctx, 2, 077, "/", "/"));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cr_fs_of(ctx, 2));
	KUNIT_EXPECT_EQ(test, cr_fs_of(ctx, 1)->umask, 022);
	KUNIT_EXPECT_EQ(test, cr_fs_of(ctx, 2)->umask, 077);
	KUNIT_EXPECT_NULL(test, ctx->cur->fs);
	CR_EXPECT_OK(FS(1, 0777, "/", "/"));
	CR_EXPECT_OK(FS(1, 0, "/", "/"));
	CR_EXPECT_BAD(FS(1, 01000, "/", "/"), "bad umask, have 01000");
	CR_EXPECT_BAD(FS(1, ~0U, "/", "/"), "bad umask, have 037777777777");
	CR_EXPECT_BAD(FS(0, 022, "/", "/"), "bad objref, have 0, want 1");
	CR_EXPECT_BAD(FS(2, 022, "/", "/"), "bad objref, have 2, want 1");
	CR_EXPECT_BAD(FS(1, 022, "", "/"), "bad path ''");
	CR_EXPECT_BAD(FS(1, 022, "/", "tmp"), "bad path 'tmp'");
	CR_EXPECT_ERR(FS(1, 022, "/nowhere/at/all", "/"), -ENOENT,
		      "can't find directory '/nowhere/at/all'");
	CR_EXPECT_ERR(FS(1, 022, "/", "/nowhere"), -ENOENT, "can't find directory '/nowhere'");
}

/* Which of the two a name is for is in the record. */
static void cr_fs_test_swapped(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_fs h = { .objref = 1 };

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_obj(ctx, CR_HDR_FS, 0, &h, sizeof(h)));
	CR_EXPECT_OK(cr_write_string(ctx, CR_HDR_FNAME, 1, CR_STRING_ROOT, "/", 1));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_BAD(cr_read_fs(ctx), "bad what, have 3, want 2");
}

/* Who comes later shares what the first one was given. */
static void cr_fs_test_share(struct kunit *test)
{
	struct fs_struct *old = current->fs, *given = copy_fs_struct(old);
	struct cr_ctx *ctx = test->priv;
	struct cr_fs *fs;

	KUNIT_ASSERT_NOT_NULL(test, given);
	fs = cr_kunit_enter(test, ctx, CR_OBJ_FS, 1);
	fs->applied = given;
	ctx->cur->fs = fs;
	/* So that it lasts. */
	cr_hold_fs(old);
	CR_EXPECT_OK(cr_apply_fs(ctx));
	KUNIT_EXPECT_PTR_EQ(test, current->fs, given);
	KUNIT_EXPECT_EQ(test, given->users, 2);
	CR_EXPECT_OK(cr_apply_fs(ctx));
	KUNIT_EXPECT_EQ(test, given->users, 2);
	cr_share_fs(old);
	KUNIT_EXPECT_PTR_EQ(test, current->fs, old);
	KUNIT_EXPECT_EQ(test, given->users, 1);
	cr_put_fs(old);
	/* The entry's own goes with it. */
	cr_hold_fs(given);
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, given->users, 1);
	cr_put_fs(given);
}

static struct kunit_case cr_fs_cases[] = {
	KUNIT_CASE(cr_fs_test_read),
	KUNIT_CASE(cr_fs_test_swapped),
	KUNIT_CASE(cr_fs_test_share),
	{}
};

static struct kunit_suite cr_fs_suite = {
	.name = "checkpoint_fs",
	.init = cr_fs_init,
	.test_cases = cr_fs_cases,
};

kunit_test_suite(cr_fs_suite);
