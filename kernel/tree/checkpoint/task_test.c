// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of task.c.
 */
#include <kunit/checkpoint.h>

static int cr_task_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	ctx->cur->ent.pid = 42;
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
	CR_EXPECT_BAD(TASK(flags, CR_TASK_F_ALL + 1), "bad flags, have 0x200");
	CR_EXPECT_BAD(TASK(flags, 1U << 31), "bad flags, have 0x80000000");
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

/* All that a TASK refers to, in the order of cr_task_good. */
static void cr_task_enter(struct kunit *test, struct cr_ctx *ctx)
{
	static const enum cr_obj_type types[] = {
		CR_OBJ_MM, CR_OBJ_FILES, CR_OBJ_FS, CR_OBJ_SIGHAND, CR_OBJ_CRED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		cr_kunit_enter(test, ctx, types[i], i + 1);
}

#define REFS(member, value)						\
	(h = cr_task_good, h.member = (value), cr_check_refs(ctx, &h))

/* A task refers to what came before it, and all of it has come. */
static void cr_task_test_refs(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_task h;

	cr_task_enter(test, ctx);
	ctx->cur->state.has_rlimits = true;
	ctx->cur->state.has_itimers = true;
	CR_EXPECT_OK(cr_check_refs(ctx, &cr_task_good));
	CR_EXPECT_BAD(REFS(mm, 0), "objref 0 is of no address space");
	CR_EXPECT_BAD(REFS(mm, 2), "objref 2 is of no address space");
	CR_EXPECT_BAD(REFS(files, 1), "objref 1 is of no descriptor table");
	CR_EXPECT_BAD(REFS(fs, 6), "objref 6 is of no fs");
	CR_EXPECT_BAD(REFS(sighand, 5), "objref 5 is of no signal handlers");
	CR_EXPECT_BAD(REFS(cred, 4), "objref 4 is of no credentials");
	ctx->cur->state.has_rlimits = false;
	CR_EXPECT_BAD(cr_check_refs(ctx, &cr_task_good), "limits or timers are missing");
	ctx->cur->state.has_rlimits = true;
	ctx->cur->state.has_itimers = false;
	CR_EXPECT_BAD(cr_check_refs(ctx, &cr_task_good), "limits or timers are missing");
}

#define OWN "a thread with what belongs to a process"

/* A thread has what its process has, but for credentials. */
static void cr_task_test_thread(struct kunit *test)
{
	struct cr_hdr_task h, good = cr_task_good;
	struct cr_ctx *ctx = test->priv;

	cr_task_enter(test, ctx);
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 6);
	cr_kunit_enter(test, ctx, CR_OBJ_FILES, 7);
	cr_kunit_enter(test, ctx, CR_OBJ_FS, 8);
	cr_kunit_enter(test, ctx, CR_OBJ_SIGHAND, 9);
	cr_kunit_enter(test, ctx, CR_OBJ_CRED, 10);
	ctx->root->state.task = cr_task_good;
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	good.exit_signal = 0;
#define THREAD(member, value)						\
	(h = good, h.member = (value), cr_check_refs(ctx, &h))
	CR_EXPECT_OK(cr_check_refs(ctx, &good));
	CR_EXPECT_OK(THREAD(cred, 10));
	CR_EXPECT_BAD(THREAD(mm, 6), OWN);
	CR_EXPECT_BAD(THREAD(files, 7), OWN);
	CR_EXPECT_BAD(THREAD(fs, 8), OWN);
	CR_EXPECT_BAD(THREAD(sighand, 9), OWN);
	CR_EXPECT_BAD(THREAD(exit_signal, SIGCHLD), OWN);
	CR_EXPECT_BAD(THREAD(cred, 9), "objref 9 is of no credentials");
#undef THREAD
	ctx->cur->state.has_rlimits = true;
	CR_EXPECT_BAD(cr_check_refs(ctx, &good), OWN);
	ctx->cur->state.has_rlimits = false;
	ctx->cur->state.has_itimers = true;
	CR_EXPECT_BAD(cr_check_refs(ctx, &good), OWN);
	ctx->cur = ctx->root;
}

/* Credentials are held by each task that has them. */
static void cr_task_test_take(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *other = cr_kunit_task(test, ctx, 43, NULL);
	struct cred *cred;

	cr_task_enter(test, ctx);
	cred = cr_obj_get_by_ref(ctx, CR_OBJ_CRED, 5);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cred);
	cr_take_refs(ctx, &cr_task_good);
	ctx->cur = other;
	cr_take_refs(ctx, &cr_task_good);
	ctx->cur = ctx->root;
	KUNIT_EXPECT_PTR_EQ(test, ctx->root->cred, cred);
	KUNIT_EXPECT_PTR_EQ(test, other->cred, cred);
	KUNIT_EXPECT_PTR_EQ(test, (void *)other->fs, cr_obj_get_by_ref(ctx, CR_OBJ_FS, 3));
	KUNIT_EXPECT_PTR_EQ(test, other->fs, ctx->root->fs);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), 3);
	cr_task_free(other);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), 2);
	KUNIT_EXPECT_NULL(test, other->cred);
	KUNIT_EXPECT_NULL(test, other->fs);
	cr_task_free(other);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), 2);
}

static int cr_task_job(struct cr_ctx *ctx, u32 flags, u32 sig)
{
	struct cr_hdr_task h = { .flags = flags, .stop_signal = sig };

	return cr_check_job(ctx, &h);
}

#define JOB(...) cr_task_job(ctx, __VA_ARGS__)

static void cr_task_test_job(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(JOB(0, 0));
	CR_EXPECT_OK(JOB(CR_TASK_F_STOPPED | CR_TASK_F_CLD_STOPPED, SIGSTOP));
	CR_EXPECT_OK(JOB(CR_TASK_F_STOPPED, SIGTTOU));
	CR_EXPECT_OK(JOB(CR_TASK_F_CONTINUED | CR_TASK_F_CLD_CONTINUED, 0));
	CR_EXPECT_BAD(JOB(0, SIGSTOP), "bad stop signal, have 19");
	CR_EXPECT_BAD(JOB(CR_TASK_F_STOPPED, SIGKILL), "bad stop signal, have 9");
	CR_EXPECT_BAD(JOB(CR_TASK_F_STOPPED, ~0U), "bad stop signal, have 4294967295");
	CR_EXPECT_BAD(JOB(CR_TASK_F_STOPPED | CR_TASK_F_CONTINUED, 0), "bad flags, have 0x21");
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	CR_EXPECT_OK(JOB(CR_TASK_F_STOPPED, 0));
	CR_EXPECT_BAD(JOB(CR_TASK_F_STOPPED, SIGSTOP),
		      "a thread with what belongs to a process");
	CR_EXPECT_BAD(JOB(CR_TASK_F_CONTINUED, 0), "a thread with what belongs to a process");
	ctx->cur = ctx->root;
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

static struct kunit_case cr_task_cases[] = {
	KUNIT_CASE(cr_task_test_hdr),
	KUNIT_CASE(cr_task_test_comm),
	KUNIT_CASE(cr_task_test_refs),
	KUNIT_CASE(cr_task_test_thread),
	KUNIT_CASE(cr_task_test_take),
	KUNIT_CASE(cr_task_test_job),
	KUNIT_CASE(cr_task_test_rseq),
	{}
};

static struct kunit_suite cr_task_suite = {
	.name = "checkpoint_task",
	.init = cr_task_init,
	.test_cases = cr_task_cases,
};

kunit_test_suite(cr_task_suite);
