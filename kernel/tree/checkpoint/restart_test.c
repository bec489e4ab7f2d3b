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

static int cr_restart_read_one(struct kunit *test, struct cr_ctx *ctx, u32 type,
			       bool late)
{
	static const u64 payload;

	cr_kunit_feed(test, ctx, type, &payload, sizeof(payload));
	return cr_read_one(ctx, late);
}

#define READ_ONE(...) cr_restart_read_one(test, ctx, __VA_ARGS__)

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
	CR_EXPECT_BAD(READ_ONE(0, false), "unexpected record, have type 0");
	CR_EXPECT_BAD(READ_ONE(77, false), "unexpected record, have type 77");
	CR_EXPECT_BAD(READ_ONE(CR_HDR_HEAD, false), "unexpected record, have type 1");
	CR_EXPECT_BAD(READ_ONE(CR_HDR_TAIL, false), "unexpected record, have type 5001");
	CR_EXPECT_BAD(READ_ONE(CR_HDR_VMA, false), "unexpected record, have type 202");
	CR_EXPECT_BAD(READ_ONE(CR_HDR_VMA, true), "unexpected record, have type 202");
}

/* What belongs to a task comes before what doesn't. */
static void cr_restart_test_late(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	unsigned int i, late = 0;
	char want[64];

	for (i = 0; i < ARRAY_SIZE(cr_readers); i++) {
		scnprintf(want, sizeof(want), "unexpected record, have type %u",
			  cr_readers[i].type);
		CR_EXPECT_BAD(READ_ONE(cr_readers[i].type, !cr_readers[i].late), want);
		late += cr_readers[i].late;
	}
	KUNIT_EXPECT_EQ(test, late, 3);
	/* In its place, it is its reader that finds it too short. */
	CR_EXPECT_BAD(READ_ONE(CR_HDR_PGARR, true), "bad length, have 8, want 16 to 1048576");
	CR_EXPECT_BAD(READ_ONE(CR_HDR_RLIMITS, false), "bad length, have 8, want 256 to 256");
}

/* A whole image, but of nothing. */
static void cr_restart_test_rest(struct kunit *test)
{
	static const u64 payload;
	struct cr_ctx *ctx = test->priv;

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_tail(ctx));
	cr_kunit_rewind(ctx);
	ctx->cur = cr_kunit_task(test, ctx, 43, NULL);
	CR_EXPECT_OK(cr_read_rest(ctx));
	KUNIT_EXPECT_NULL(test, ctx->where.rec);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, ctx->root);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_emit(ctx, CR_HDR_PIPE, 0, &payload, sizeof(payload)));
	CR_EXPECT_OK(cr_write_tail(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_BAD(cr_read_rest(ctx), "unexpected record, have type 305");
}

/* A process of three threads, one of two, and one of one. */
struct cr_restart_tree {
	struct cr_task *a[3];
	struct cr_task *b[2];
	struct cr_task *c;
};

static void cr_restart_make(struct kunit *test, struct cr_ctx *ctx,
			    struct cr_restart_tree *t)
{
	ctx->root->ent.pid = 10;
	ctx->root->ent.tgid = 10;
	hash_add(ctx->task_hash, &ctx->root->hash, 10);
	ctx->nr_tasks = 1;
	t->a[0] = ctx->root;
	t->a[1] = cr_kunit_task(test, ctx, 11, ctx->root);
	t->a[2] = cr_kunit_task(test, ctx, 12, ctx->root);
	t->b[0] = cr_kunit_task(test, ctx, 20, NULL);
	t->b[1] = cr_kunit_task(test, ctx, 21, t->b[0]);
	t->c = cr_kunit_task(test, ctx, 30, NULL);
}

static void cr_restart_test_next(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_restart_tree t;

	cr_restart_make(test, ctx, &t);
	KUNIT_EXPECT_PTR_EQ(test, cr_next_thread(t.a[0]), t.a[1]);
	KUNIT_EXPECT_PTR_EQ(test, cr_next_thread(t.a[1]), t.a[2]);
	KUNIT_EXPECT_NULL(test, cr_next_thread(t.a[2]));
	KUNIT_EXPECT_PTR_EQ(test, cr_next_thread(t.b[0]), t.b[1]);
	KUNIT_EXPECT_NULL(test, cr_next_thread(t.b[1]));
	KUNIT_EXPECT_NULL(test, cr_next_thread(t.c));
	KUNIT_EXPECT_PTR_EQ(test, cr_next_process(t.a[0]), t.b[0]);
	KUNIT_EXPECT_PTR_EQ(test, cr_next_process(t.b[0]), t.c);
	KUNIT_EXPECT_NULL(test, cr_next_process(t.c));
}

static void cr_restart_complete(struct cr_ctx *ctx)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		k->state.complete = true;
}

/* Each task of a process reads up to its TASK, and none of another one does. */
static void cr_restart_test_process(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_restart_tree t;

	cr_restart_make(test, ctx, &t);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_tail(ctx));
	cr_kunit_rewind(ctx);
	cr_restart_complete(ctx);
	t.c->state.complete = false;
	t.b[0]->state.complete = false;
	CR_EXPECT_OK(cr_read_process(ctx, t.a[0]));
	KUNIT_EXPECT_EQ(test, ctx->where.pid, 12);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, t.a[0]);
	KUNIT_EXPECT_EQ(test, ctx->off, 0);
	CR_EXPECT_BAD(cr_read_process(ctx, t.b[0]), "unexpected record, have type 5001");
	KUNIT_EXPECT_EQ(test, ctx->where.pid, 20);
	t.b[0]->state.complete = true;
	t.b[1]->state.complete = false;
	CR_EXPECT_BAD(cr_read_process(ctx, t.b[0]), "unexpected record, have type 5001");
	KUNIT_EXPECT_EQ(test, ctx->where.pid, 21);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, t.b[0]);
}

static void cr_restart_test_create_failed(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *k = cr_kunit_task(test, ctx, 42, NULL);

	CR_EXPECT_ERR(cr_create_failed(ctx, k, -EEXIST), -EEXIST, "pid 42 is taken");
	CR_EXPECT_ERR(cr_create_failed(ctx, k, -EPERM), -EPERM,
		      "pid 42 can't be chosen without CAP_CHECKPOINT_RESTORE");
	CR_EXPECT_ERR(cr_create_failed(ctx, k, -EAGAIN), -EAGAIN, "can't create a task");
	CR_EXPECT_ERR(cr_create_failed(ctx, k, -ENOMEM), -ENOMEM, "can't create a task");
}

static bool cr_restart_wants(struct cr_ctx *ctx, struct cr_task *k, unsigned long flags,
			     bool in_place)
{
	ctx->flags = flags;
	ctx->in_place = in_place;
	return cr_wants_pid(ctx, k);
}

/* In place, the caller keeps its pid, and its threads are made last. */
static void cr_restart_test_in_place(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_restart_tree t;

	cr_restart_make(test, ctx, &t);
	KUNIT_EXPECT_TRUE(test, cr_restart_wants(ctx, t.a[0], RESTART_CHILD, false));
	KUNIT_EXPECT_FALSE(test, cr_restart_wants(ctx, t.a[0], RESTART_NEWPIDS, false));
	KUNIT_EXPECT_FALSE(test, cr_restart_wants(ctx, t.a[0], 0, true));
	KUNIT_EXPECT_TRUE(test, cr_restart_wants(ctx, t.a[1], 0, true));
	KUNIT_EXPECT_TRUE(test, cr_restart_wants(ctx, t.b[0], 0, true));
	KUNIT_EXPECT_FALSE(test, cr_restart_wants(ctx, t.b[0], RESTART_NEWPIDS, true));
	ctx->in_place = true;
	KUNIT_EXPECT_FALSE(test, cr_comes_later(ctx, t.a[0]));
	KUNIT_EXPECT_TRUE(test, cr_comes_later(ctx, t.a[1]));
	KUNIT_EXPECT_FALSE(test, cr_comes_later(ctx, t.b[0]));
	KUNIT_EXPECT_FALSE(test, cr_comes_later(ctx, t.b[1]));
	ctx->in_place = false;
	KUNIT_EXPECT_FALSE(test, cr_comes_later(ctx, t.a[1]));
}

/* A task as cr_tell_subreapers() sees it, a child of @parent. */
static struct signal_struct *cr_restart_child(struct kunit *test, struct cr_ctx *ctx, pid_t pid,
					      struct cr_task *parent)
{
	struct cr_task *k = pid == 42 ? ctx->root : cr_kunit_task(test, ctx, pid, NULL);

	k->ent.pid = pid;
	k->parent = parent;
	k->task = kunit_kzalloc(test, sizeof(*k->task), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, k->task);
	k->task->signal = kunit_kzalloc(test, sizeof(*k->task->signal), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, k->task->signal);
	return k->task->signal;
}

/* All that descend from a subreaper are told, by way of a thread, too. */
static void cr_restart_test_subreapers(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct signal_struct *s42, *s44, *s45, *s46, *s47;
	struct cr_task *k, *thread;

	s42 = cr_restart_child(test, ctx, 42, NULL);
	s44 = cr_restart_child(test, ctx, 44, ctx->root);
	k = list_last_entry(&ctx->tasks, struct cr_task, list);
	thread = cr_kunit_task(test, ctx, 48, k);
	s45 = cr_restart_child(test, ctx, 45, thread);
	s46 = cr_restart_child(test, ctx, 46, list_last_entry(&ctx->tasks, struct cr_task, list));
	s47 = cr_restart_child(test, ctx, 47, ctx->root);
	s44->is_child_subreaper = 1;
	cr_tell_subreapers(ctx);
	KUNIT_EXPECT_FALSE(test, s42->has_child_subreaper);
	KUNIT_EXPECT_FALSE(test, s44->has_child_subreaper);
	KUNIT_EXPECT_TRUE(test, s45->has_child_subreaper);
	KUNIT_EXPECT_TRUE(test, s46->has_child_subreaper);
	KUNIT_EXPECT_FALSE(test, s47->has_child_subreaper);
	/* They aren't real, and nobody else is to find out. */
	list_for_each_entry(k, &ctx->tasks, list)
		k->task = NULL;
}

static bool cr_restart_is_taken(pid_t nr)
{
	bool taken;

	rcu_read_lock();
	taken = find_vpid(nr);
	rcu_read_unlock();
	return taken;
}

/* A group without a leader is made once, and its number given back if nobody took it. */
static void cr_restart_test_group(struct kunit *test)
{
	struct cr_ctx *ctx = cr_ctx_alloc(CR_OP_RESTART, RESTART_NEWPIDS);
	struct pid *pid;
	pid_t nr;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	cr_kunit_task(test, ctx, 42, NULL)->pid = get_pid(task_pid(current));
	KUNIT_EXPECT_PTR_EQ(test, cr_group_pid(ctx, 42), task_pid(current));
	pid = cr_group_pid(ctx, 43);
	if (!IS_ERR(pid)) {
		nr = pid_vnr(pid);
		KUNIT_EXPECT_TRUE(test, cr_restart_is_taken(nr));
		KUNIT_EXPECT_PTR_EQ(test, cr_group_pid(ctx, 43), pid);
		KUNIT_EXPECT_PTR_NE(test, cr_group_pid(ctx, 44), pid);
	}
	/* In place, the caller stays where it is. */
	ctx->root->ent.pid = 41;
	hash_add(ctx->task_hash, &ctx->root->hash, 41);
	ctx->in_place = true;
	KUNIT_EXPECT_NULL(test, cr_group_pid(ctx, 41));
	cr_ctx_put(ctx);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pid);
	KUNIT_EXPECT_FALSE(test, cr_restart_is_taken(nr));
}

static struct kunit_case cr_restart_cases[] = {
	KUNIT_CASE(cr_restart_test_head),
	KUNIT_CASE(cr_restart_test_no_head),
	KUNIT_CASE(cr_restart_test_dispatch),
	KUNIT_CASE(cr_restart_test_late),
	KUNIT_CASE(cr_restart_test_rest),
	KUNIT_CASE(cr_restart_test_next),
	KUNIT_CASE(cr_restart_test_process),
	KUNIT_CASE(cr_restart_test_create_failed),
	KUNIT_CASE(cr_restart_test_in_place),
	KUNIT_CASE(cr_restart_test_group),
	KUNIT_CASE(cr_restart_test_subreapers),
	{}
};

static struct kunit_suite cr_restart_suite = {
	.name = "checkpoint_restart",
	.init = cr_restart_init,
	.test_cases = cr_restart_cases,
};

kunit_test_suite(cr_restart_suite);
