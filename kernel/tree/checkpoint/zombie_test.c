// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of zombie.c.
 */
#include <kunit/checkpoint.h>

static const struct cr_hdr_zombie cr_zombie_good = {
	.pid = 43, .exit_signal = SIGCHLD, .status = 7 << 8, .cred = 1,
	.comm = "gone",
};

/* The root of the tree lives, 43 is to be a child of it that doesn't. */
static int cr_zombie_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);
	struct cred *cred = cr_kunit_cred(test);

	test->priv = ctx;
	ctx->cur = cr_kunit_task(test, ctx, 43, NULL);
	get_cred(cred);
	return cr_obj_add_ref(ctx, CR_OBJ_CRED, 1, cred);
}

static void cr_zombie_exit(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->cur = ctx->root;
}

static int cr_zombie_read(struct kunit *test, const struct cr_hdr_zombie *h,
			  size_t len)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_zombie buf[2] = { *h };

	cr_kunit_feed(test, ctx, CR_HDR_ZOMBIE, buf, len);
	return cr_read_zombie(ctx);
}

static void cr_zombie_test_read(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	size_t len = sizeof(cr_zombie_good);
	struct cr_task *k = ctx->cur;

	CR_EXPECT_BAD(cr_zombie_read(test, &cr_zombie_good, len - 8),
		      "bad length, have 168, want 176 to 176");
	CR_EXPECT_BAD(cr_zombie_read(test, &cr_zombie_good, len + 8),
		      "bad length, have 184, want 176 to 176");
	KUNIT_EXPECT_FALSE(test, k->dead);
	CR_EXPECT_OK(cr_zombie_read(test, &cr_zombie_good, len));
	KUNIT_EXPECT_TRUE(test, k->dead);
	KUNIT_EXPECT_TRUE(test, k->state.complete);
	KUNIT_EXPECT_PTR_EQ(test, (void *)k->cred,
			    cr_obj_get_by_ref(ctx, CR_OBJ_CRED, 1));
	KUNIT_EXPECT_EQ(test, k->zombie.status, 7 << 8);
}

/* A good record, of which @field is @value. */
#define ZOMBIE(field, value) ({						\
	struct cr_hdr_zombie h = cr_zombie_good;			\
									\
	h.field = (value);						\
	cr_check_zombie(ctx, &h);					\
})

static void cr_zombie_test_fields(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(ZOMBIE(pid, 44), "bad pid, have 44");
	CR_EXPECT_BAD(ZOMBIE(pid, -43), "bad pid, have -43");
	CR_EXPECT_OK(ZOMBIE(exit_signal, 0));
	CR_EXPECT_OK(ZOMBIE(exit_signal, _NSIG));
	CR_EXPECT_BAD(ZOMBIE(exit_signal, _NSIG + 1), "bad exit signal, have 65");
	CR_EXPECT_BAD(ZOMBIE(exit_signal, ~0U), "bad exit signal, have 4294967295");
	CR_EXPECT_BAD(ZOMBIE(cred, 0), "bad credentials, have 0");
	CR_EXPECT_BAD(ZOMBIE(cred, 2), "bad credentials, have 2");
	CR_EXPECT_BAD(ZOMBIE(comm[15], 'x'), "bad name");
	CR_EXPECT_BAD(ZOMBIE(comm[6], 'x'), "bad name");
	CR_EXPECT_BAD(ZOMBIE(self.utime_ns, U64_MAX), "bad usage");
	CR_EXPECT_BAD(ZOMBIE(children.stime_ns, U64_MAX), "bad usage");
	CR_EXPECT_BAD(ZOMBIE(self.maxrss, LONG_MAX), "bad usage");
	CR_EXPECT_BAD(ZOMBIE(children.nivcsw, 1ULL << 63), "bad usage");
}

/* What wait4() can store: an exit code, or a signal with or without a core. */
static void cr_zombie_test_status(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(ZOMBIE(status, 0));
	CR_EXPECT_OK(ZOMBIE(status, 0xff00));
	CR_EXPECT_OK(ZOMBIE(status, SIGKILL));
	CR_EXPECT_OK(ZOMBIE(status, SIGSEGV | 0x80));
	CR_EXPECT_OK(ZOMBIE(status, _NSIG));
	CR_EXPECT_BAD(ZOMBIE(status, 0x80), "bad status, have 0x80");
	CR_EXPECT_BAD(ZOMBIE(status, 0x10000), "bad status, have 0x10000");
	CR_EXPECT_BAD(ZOMBIE(status, _NSIG + 1), "bad status, have 0x41");
	CR_EXPECT_BAD(ZOMBIE(status, 0x7f), "bad status, have 0x7f");
	CR_EXPECT_BAD(ZOMBIE(status, 0x100 | SIGKILL), "bad status, have 0x109");
}

#define CR_ZOMBIE_LIVES "a dead process with what a living one has"

static void cr_zombie_test_lives(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *k = ctx->cur;
	struct list_head child;

	CR_EXPECT_OK(cr_check_zombie(ctx, &cr_zombie_good));
	k->mm_ref = 1;
	CR_EXPECT_BAD(cr_check_zombie(ctx, &cr_zombie_good), CR_ZOMBIE_LIVES);
	k->mm_ref = 0;
	k->state.has_itimers = true;
	CR_EXPECT_BAD(cr_check_zombie(ctx, &cr_zombie_good), CR_ZOMBIE_LIVES);
	k->state.has_itimers = false;
	k->leader = ctx->root;
	CR_EXPECT_BAD(cr_check_zombie(ctx, &cr_zombie_good), CR_ZOMBIE_LIVES);
	k->leader = k;
	list_add(&child, &k->children);
	CR_EXPECT_BAD(cr_check_zombie(ctx, &cr_zombie_good), CR_ZOMBIE_LIVES);
	list_del(&child);
	ctx->root->ent.pid = 43;
	ctx->cur = ctx->root;
	CR_EXPECT_BAD(cr_check_zombie(ctx, &cr_zombie_good), CR_ZOMBIE_LIVES);
}

static struct kunit_case cr_zombie_cases[] = {
	KUNIT_CASE(cr_zombie_test_read),
	KUNIT_CASE(cr_zombie_test_fields),
	KUNIT_CASE(cr_zombie_test_status),
	KUNIT_CASE(cr_zombie_test_lives),
	{}
};

static struct kunit_suite cr_zombie_suite = {
	.name = "checkpoint_zombie",
	.init = cr_zombie_init,
	.exit = cr_zombie_exit,
	.test_cases = cr_zombie_cases,
};

kunit_test_suite(cr_zombie_suite);
