// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of task.c.
 */
#include <kunit/checkpoint.h>

static int cr_task_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	ctx->tree.pid = 42;
	ctx->head.nr_tasks = 1;
	test->priv = ctx;
	return 0;
}

static const struct cr_hdr_task cr_task_good = {
	.pid = 42,
	.exit_signal = SIGCHLD,
	.mm = 1,
	.files = 2,
	.fs = 3,
	.sighand = 4,
	.cred = 5,
	.rseq = 0x7f0000001000,
	.rseq_len = 32,
	.rseq_sig = 0x53053053,
	.comm = "sleep",
};

#define TASK(member, value)						\
	(h = cr_task_good, h.member = (value), cr_check_hdr_task(ctx, &h))

static void cr_task_test_hdr(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_task h;

	CR_EXPECT_OK(cr_check_hdr_task(ctx, &cr_task_good));
	CR_EXPECT_OK(TASK(flags, CR_TASK_F_STOPPED | CR_TASK_F_SELF | CR_TASK_F_NO_NEW_PRIVS));
	CR_EXPECT_OK(TASK(exit_signal, 0));
	CR_EXPECT_OK(TASK(exit_signal, 64));
	CR_EXPECT_OK(TASK(pdeath_signal, 64));
	CR_EXPECT_OK(TASK(nice, -20));
	CR_EXPECT_OK(TASK(nice, 19));
	CR_EXPECT_OK(TASK(oom_score_adj, -1000));
	CR_EXPECT_OK(TASK(oom_score_adj, 1000));
	CR_EXPECT_OK(TASK(oom_score_adj_min, -1000));
	CR_EXPECT_OK(TASK(oom_score_adj_min, 1000));
	CR_EXPECT_OK(TASK(personality, ~0U));
	CR_EXPECT_OK(TASK(timer_slack_ns, ~0ULL));
	CR_EXPECT_BAD(TASK(pid, 41), "bad pid, have 41");
	CR_EXPECT_BAD(TASK(pid, -1), "bad pid, have -1");
	CR_EXPECT_ERR(TASK(flags, CR_TASK_F_SECCOMP), -EPERM,
		      "was under seccomp filters, the caller is under none");
	CR_EXPECT_BAD(TASK(flags, CR_TASK_F_ALL + 1), "bad flags, have 0x10");
	CR_EXPECT_BAD(TASK(flags, 1U << 31), "bad flags, have 0x80000000");
	CR_EXPECT_BAD(TASK(__reserved, 1), "bad flags, have 0x0");
	CR_EXPECT_BAD(TASK(exit_signal, 65), "bad signal, have 65 and 0");
	CR_EXPECT_BAD(TASK(exit_signal, ~0U), "bad signal, have 4294967295 and 0");
	CR_EXPECT_BAD(TASK(pdeath_signal, 65), "bad signal, have 17 and 65");
	CR_EXPECT_BAD(TASK(nice, -21), "bad nice, have -21");
	CR_EXPECT_BAD(TASK(nice, 20), "bad nice, have 20");
	CR_EXPECT_BAD(TASK(oom_score_adj, -1001), "bad oom_score_adj, have -1001 and 0");
	CR_EXPECT_BAD(TASK(oom_score_adj, 1001), "bad oom_score_adj, have 1001 and 0");
	CR_EXPECT_BAD(TASK(oom_score_adj_min, -1001), "bad oom_score_adj, have 0 and -1001");
	CR_EXPECT_BAD(TASK(oom_score_adj_min, 1001), "bad oom_score_adj, have 0 and 1001");
	CR_EXPECT_BAD(TASK(comm[15], 'x'), "bad comm");
	CR_EXPECT_BAD(TASK(comm[6], 'x'), "bad comm");
}

static void cr_task_test_comm(struct kunit *test)
{
	u8 comm[TASK_COMM_LEN] = { 0 };

	KUNIT_EXPECT_TRUE(test, cr_comm_ok(comm));
	memset(comm, 'x', TASK_COMM_LEN - 1);
	KUNIT_EXPECT_TRUE(test, cr_comm_ok(comm));
	comm[TASK_COMM_LEN - 1] = 'x';
	KUNIT_EXPECT_FALSE(test, cr_comm_ok(comm));
	memset(comm, 0, sizeof(comm));
	comm[TASK_COMM_LEN - 1] = 'x';
	KUNIT_EXPECT_FALSE(test, cr_comm_ok(comm));
}

#define REFS(member, value)						\
	(h = cr_task_good, h.member = (value), cr_check_refs(ctx, &h))

/* A task refers to what came before it, and all of it has come. */
static void cr_task_test_refs(struct kunit *test)
{
	static const enum cr_obj_type types[] = {
		CR_OBJ_MM, CR_OBJ_FILES, CR_OBJ_FS, CR_OBJ_SIGHAND, CR_OBJ_CRED,
	};
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_task h;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		CR_EXPECT_OK(cr_obj_add_ref(ctx, types[i], i + 1, ctx));
	ctx->state.has_rlimits = true;
	ctx->state.has_itimers = true;
	CR_EXPECT_OK(cr_check_refs(ctx, &cr_task_good));
	CR_EXPECT_BAD(REFS(mm, 0), "objref 0 is of no address space");
	CR_EXPECT_BAD(REFS(mm, 2), "objref 2 is of no address space");
	CR_EXPECT_BAD(REFS(files, 1), "objref 1 is of no descriptor table");
	CR_EXPECT_BAD(REFS(fs, 6), "objref 6 is of no fs");
	CR_EXPECT_BAD(REFS(sighand, 5), "objref 5 is of no signal handlers");
	CR_EXPECT_BAD(REFS(cred, 4), "objref 4 is of no credentials");
	ctx->state.has_rlimits = false;
	CR_EXPECT_BAD(cr_check_refs(ctx, &cr_task_good), "limits or timers are missing");
	ctx->state.has_rlimits = true;
	ctx->state.has_itimers = false;
	CR_EXPECT_BAD(cr_check_refs(ctx, &cr_task_good), "limits or timers are missing");
}

static int cr_task_rseq(struct cr_ctx *ctx, u64 addr, u32 len, u32 sig)
{
	struct cr_hdr_task h = { .rseq = addr, .rseq_len = len, .rseq_sig = sig };

	return cr_check_rseq(ctx, &h);
}

static void cr_task_test_rseq(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	u64 end = TASK_SIZE;
	char want[64];

	CR_EXPECT_OK(cr_task_rseq(ctx, 0, 0, 0));
	CR_EXPECT_BAD(cr_task_rseq(ctx, 0, 32, 0), "bad rseq, have length 32");
	CR_EXPECT_BAD(cr_task_rseq(ctx, 0, 0, 1), "bad rseq, have length 0");
	if (!IS_ENABLED(CONFIG_RSEQ)) {
		CR_EXPECT_ERR(cr_task_rseq(ctx, 32, 32, 1), -EPROTO, "this kernel has no rseq");
		return;
	}
	CR_EXPECT_OK(cr_task_rseq(ctx, 0x7f0000001000, 32, 1));
	CR_EXPECT_OK(cr_task_rseq(ctx, 0x7f0000001020, 32, 0));
	CR_EXPECT_OK(cr_task_rseq(ctx, end - 32, 32, 1));
	CR_EXPECT_BAD(cr_task_rseq(ctx, 32, 0, 1), "bad rseq length, have 0");
	CR_EXPECT_BAD(cr_task_rseq(ctx, 32, 8, 1), "bad rseq length, have 8");
	CR_EXPECT_BAD(cr_task_rseq(ctx, 33, 32, 1), "bad rseq address, have 0x21");
	CR_EXPECT_BAD(cr_task_rseq(ctx, 48, 32, 1), "bad rseq address, have 0x30");
	scnprintf(want, sizeof(want), "bad rseq address, have 0x%llx", end - 32);
	CR_EXPECT_BAD(cr_task_rseq(ctx, end - 32, 64, 1), want);
	CR_EXPECT_BAD(cr_task_rseq(ctx, end - 32, ~0U, 1), want);
	CR_EXPECT_BAD(cr_task_rseq(ctx, ~31ULL, 32, 1),
		      "bad rseq address, have 0xffffffffffffffe0");
}

/* The tree */

struct cr_task_tree {
	u32 nr_tasks;
	u32 __reserved;
	struct cr_tree_ent ent[2];
};

static const struct cr_task_tree cr_tree_good = {
	.nr_tasks = 1,
	.ent = { { .pid = 42, .tgid = 42, .pgid = 42, .sid = 42 } },
};

static int cr_task_read_tree(struct kunit *test, struct cr_ctx *ctx,
			     const struct cr_task_tree *t, size_t len)
{
	cr_kunit_feed(test, ctx, CR_HDR_TREE, t, len);
	return cr_read_tree(ctx);
}

#define TREE(member, value)						\
	(t = cr_tree_good, t.member = (value),				\
	 cr_task_read_tree(test, ctx, &t, 32))
#define ENT(member, value) TREE(ent[0].member, value)

static void cr_task_test_tree(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task_tree t;

	CR_EXPECT_OK(cr_task_read_tree(test, ctx, &cr_tree_good, 32));
	CR_EXPECT_OK(ENT(sid, 0));
	CR_EXPECT_BAD(ENT(pid, 0), "bad pid, have 0");
	CR_EXPECT_BAD(ENT(pid, -42), "bad pid, have -42");
	CR_EXPECT_BAD(ENT(pid, 43), "bad pid, have 43");
	CR_EXPECT_BAD(ENT(tgid, 43), "bad pid, have 42");
	CR_EXPECT_BAD(ENT(ppid, 1), "bad pid, have 42");
	CR_EXPECT_BAD(ENT(pgid, 43), "bad pid, have 42");
	CR_EXPECT_BAD(ENT(pgid, 0), "bad pid, have 42");
	CR_EXPECT_BAD(ENT(sid, 43), "bad pid, have 42");
	CR_EXPECT_BAD(ENT(__reserved, 1), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(__reserved, 1), "bad number of tasks, have 1");
	CR_EXPECT_BAD(TREE(nr_tasks, 0), "bad number of tasks, have 0");
	CR_EXPECT_BAD(TREE(nr_tasks, 2), "bad number of tasks, have 2");
	CR_EXPECT_BAD(TREE(nr_tasks, ~0U), "bad number of tasks, have 4294967295");
	CR_EXPECT_BAD(cr_task_read_tree(test, ctx, &cr_tree_good, 8),
		      "bad number of tasks, have 1");
	CR_EXPECT_BAD(cr_task_read_tree(test, ctx, &cr_tree_good, 56),
		      "bad number of tasks, have 1");
	t = cr_tree_good;
	t.ent[0] = (struct cr_tree_ent){ .pid = -42, .tgid = -42, .pgid = -42, .sid = -42 };
	CR_EXPECT_BAD(cr_task_read_tree(test, ctx, &t, 32), "bad pid, have -42");
	/* The HEAD says the same. */
	ctx->head.nr_tasks = 0;
	t.nr_tasks = 0;
	CR_EXPECT_BAD(cr_task_read_tree(test, ctx, &t, 8), "bad number of tasks, have 0");
	ctx->head.nr_tasks = 2;
	CR_EXPECT_BAD(cr_task_read_tree(test, ctx, &cr_tree_good, 32),
		      "bad number of tasks, have 1");
	t.nr_tasks = 2;
	CR_EXPECT_ERR(cr_task_read_tree(test, ctx, &t, 56), -EOPNOTSUPP,
		      "an image of 2 tasks");
}

/* Neither may there be two of it. */
static void cr_task_test_second(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->state.complete = true;
	cr_kunit_feed(test, ctx, CR_HDR_TASK, &cr_task_good, sizeof(cr_task_good));
	CR_EXPECT_BAD(cr_read_task(ctx), "a second task");
	KUNIT_EXPECT_TRUE(test, ctx->state.complete);
}

static struct kunit_case cr_task_cases[] = {
	KUNIT_CASE(cr_task_test_hdr),
	KUNIT_CASE(cr_task_test_comm),
	KUNIT_CASE(cr_task_test_refs),
	KUNIT_CASE(cr_task_test_rseq),
	KUNIT_CASE(cr_task_test_tree),
	KUNIT_CASE(cr_task_test_second),
	{}
};

static struct kunit_suite cr_task_suite = {
	.name = "checkpoint_task",
	.init = cr_task_init,
	.test_cases = cr_task_cases,
};

kunit_test_suite(cr_task_suite);
