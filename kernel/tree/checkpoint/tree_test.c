// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of tree.c.
 */
#include <kunit/checkpoint.h>

static int cr_tree_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* Read a TREE that says @nr, in an image whose HEAD says @head, in @len bytes. */
static int cr_tree_feed(struct kunit *test, struct cr_ctx *ctx, const struct cr_tree_ent *ent,
			size_t len, u32 nr, u32 head)
{
	struct cr_hdr_tree *h = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	memcpy(h->ent, ent, len - sizeof(*h));
	h->nr_tasks = nr;
	ctx->head.nr_tasks = head;
	cr_kunit_feed(test, ctx, CR_HDR_TREE, h, len);
	return cr_read_tree(ctx);
}

static int cr_tree_read(struct kunit *test, struct cr_ctx *ctx, const struct cr_tree_ent *ent,
			u32 nr)
{
	return cr_tree_feed(test, ctx, ent, struct_size_t(struct cr_hdr_tree, ent, nr), nr, nr);
}

/* A task: pid, process, parent, group, session. */
#define E(...) cr_tree_ent(__VA_ARGS__)

static struct cr_tree_ent cr_tree_ent(pid_t pid, pid_t tgid, pid_t ppid, pid_t pgid, pid_t sid)
{
	return (struct cr_tree_ent){
		.pid = pid, .tgid = tgid, .ppid = ppid, .pgid = pgid, .sid = sid,
	};
}

#define TREE(...) ({							\
	const struct cr_tree_ent __ent[] = { __VA_ARGS__ };		\
									\
	cr_tree_read(test, ctx, __ent, ARRAY_SIZE(__ent));		\
})

/* The count is that of the HEAD, and as many are there. */
static void cr_tree_test_count(struct kunit *test)
{
	const struct cr_tree_ent ent[3] = { E(42, 42, 0, 42, 42), E(43, 43, 42, 42, 42) };
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_tree h = { .nr_tasks = 1, .__reserved = 1 };

#define FEED(...) cr_tree_feed(test, ctx, ent, __VA_ARGS__)
	CR_EXPECT_OK(FEED(32, 1, 1));
	KUNIT_EXPECT_EQ(test, ctx->nr_tasks, 1);
	CR_EXPECT_OK(FEED(56, 2, 2));
	KUNIT_EXPECT_EQ(test, ctx->nr_tasks, 2);
	CR_EXPECT_BAD(FEED(80, 3, 3), "bad pid, have 0");
	CR_EXPECT_BAD(FEED(32, 1, 2), "bad number of tasks, have 1");
	CR_EXPECT_BAD(FEED(56, 2, 1), "bad number of tasks, have 2");
	CR_EXPECT_BAD(FEED(56, 1, 1), "bad number of tasks, have 1");
	CR_EXPECT_BAD(FEED(32, 2, 2), "bad number of tasks, have 2");
	CR_EXPECT_BAD(FEED(8, 1, 1), "bad number of tasks, have 1");
	CR_EXPECT_BAD(FEED(8, 0, 0), "bad number of tasks, have 0");
	CR_EXPECT_BAD(FEED(32, ~0U, ~0U), "bad number of tasks, have 4294967295");
#undef FEED
	ctx->head.nr_tasks = 1;
	cr_kunit_feed(test, ctx, CR_HDR_TREE, &h, sizeof(h));
	CR_EXPECT_BAD(cr_read_tree(ctx), "bad number of tasks, have 1");
	h.nr_tasks = 0;
	cr_kunit_feed(test, ctx, CR_HDR_TREE, &h, 0);
	CR_EXPECT_BAD(cr_read_tree(ctx), "bad length, have 0, want 8 to 1048576");
}

static int cr_tree_reserved(struct kunit *test, struct cr_ctx *ctx)
{
	struct cr_tree_ent ent = E(42, 42, 0, 42, 42);

	ent.__reserved = 1;
	return cr_tree_read(test, ctx, &ent, 1);
}

/* What one entry says by itself. */
static void cr_tree_test_ent(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(TREE(E(42, 42, 0, 42, 42)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 42, 0)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 0, 0)));
	CR_EXPECT_OK(TREE(E(INT_MAX, INT_MAX, 0, INT_MAX, INT_MAX)));
	CR_EXPECT_BAD(TREE(E(0, 42, 0, 42, 42)), "bad pid, have 0");
	CR_EXPECT_BAD(TREE(E(0, 0, 0, 0, 0)), "bad pid, have 0");
	CR_EXPECT_BAD(TREE(E(-42, 42, 0, 42, 42)), "bad pid, have -42");
	CR_EXPECT_BAD(TREE(E(-42, -42, 0, -42, -42)), "bad pid, have -42");
	CR_EXPECT_BAD(TREE(E(42, 0, 0, 42, 42)), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(E(42, -1, 0, 42, 42)), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(E(42, 42, -1, 42, 42)), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, -1, 0)), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 42, -1)), "bad pid, have 42");
	CR_EXPECT_BAD(cr_tree_reserved(test, ctx), "bad pid, have 42");
	/* Who leads a session leads a group. */
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 0, 42)), "bad group of a session leader, have 0");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 43, 42)), "bad group of a session leader, have 43");
}

/* A number is one task's, be it a process or a thread. */
static void cr_tree_test_twice(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const struct cr_tree_ent root = E(42, 42, 0, 42, 42);

	CR_EXPECT_OK(TREE(root, E(43, 42, 0, 42, 42), E(44, 44, 42, 42, 42)));
	CR_EXPECT_BAD(TREE(root, root), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(root, E(42, 42, 42, 42, 42)), "bad pid, have 42");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 42, 42), E(43, 42, 0, 42, 42)), "bad pid, have 43");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 42, 42), E(43, 43, 42, 42, 42)), "bad pid, have 43");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 42, 42), E(44, 44, 42, 42, 42),
			   E(43, 43, 44, 42, 42)), "bad pid, have 43");
}

/* Threads come right after their leader, and differ from it in nothing. */
static void cr_tree_test_threads(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const struct cr_tree_ent root = E(42, 42, 0, 42, 42), child = E(50, 50, 42, 42, 42);

	CR_EXPECT_OK(TREE(root, E(44, 42, 0, 42, 42), E(43, 42, 0, 42, 42), child,
			  E(51, 50, 0, 42, 42)));
	CR_EXPECT_BAD(TREE(E(43, 42, 0, 42, 42)), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(E(42, 43, 0, 42, 42)), "bad thread 42 of process 43");
	CR_EXPECT_BAD(TREE(E(43, 42, 0, 42, 42), root), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(root, E(43, 99, 0, 42, 42)), "bad thread 43 of process 99");
	/* Another process has come between. */
	CR_EXPECT_BAD(TREE(root, child, E(43, 42, 0, 42, 42)), "bad thread 43 of process 42");
	/* A thread leads none. */
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 42, 42), E(44, 43, 0, 42, 42)),
		      "bad thread 44 of process 43");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 42, 42, 42)), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 0, 42)), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 41, 42)), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 42, 0)), "bad thread 43 of process 42");
	CR_EXPECT_BAD(TREE(root, E(43, 42, 0, 42, 41)), "bad thread 43 of process 42");
}

/* All but the first have a parent, and it came before. */
static void cr_tree_test_parents(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const struct cr_tree_ent root = E(42, 42, 0, 42, 42);

	CR_EXPECT_OK(TREE(root, E(43, 43, 42, 42, 42), E(44, 44, 43, 42, 42),
			  E(45, 45, 42, 42, 42)));
	/* A thread may have forked it, even of a process that came long before. */
	CR_EXPECT_OK(TREE(root, E(43, 42, 0, 42, 42), E(44, 44, 42, 42, 42),
			  E(45, 45, 43, 42, 42)));
	CR_EXPECT_BAD(TREE(E(42, 42, 1, 42, 42)), "bad parent, have 1");
	CR_EXPECT_BAD(TREE(E(42, 42, 42, 42, 42)), "bad parent, have 42");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 0, 42, 42)), "bad parent, have 0");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 1, 42, 42)), "bad parent, have 1");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 43, 42, 42)), "bad parent, have 43");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 44, 42, 42), E(44, 44, 42, 42, 42)),
		      "bad parent, have 44");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 44, 42, 42), E(44, 44, 43, 42, 42)),
		      "bad parent, have 44");
}

/* Who led a group may have left it, and is a process. */
static void cr_tree_test_groups(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const struct cr_tree_ent root = E(42, 42, 0, 42, 42);

	CR_EXPECT_OK(TREE(root, E(43, 43, 42, 43, 42), E(44, 44, 42, 43, 42)));
	/* The leader may come last. */
	CR_EXPECT_OK(TREE(root, E(44, 44, 42, 43, 42), E(43, 43, 42, 43, 42)));
	CR_EXPECT_OK(TREE(root, E(43, 43, 42, 42, 42), E(44, 44, 42, 43, 42)));
	CR_EXPECT_OK(TREE(root, E(44, 44, 42, 43, 42), E(43, 43, 42, 42, 42)));
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 43, 41), E(43, 42, 0, 43, 41)),
		      "bad group 43 or session 41 of process 42");
	/* A group lies outside, but not while its session doesn't. */
	CR_EXPECT_OK(TREE(E(42, 42, 0, 0, 0), E(43, 43, 42, 43, 0), E(44, 44, 42, 0, 0)));
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 0, 42)), "bad group 0 or session 42 of process 43");
}

/* All of a group are in one session, whose leader is in it. */
static void cr_tree_test_sessions(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const struct cr_tree_ent root = E(42, 42, 0, 42, 42);

	CR_EXPECT_OK(TREE(root, E(43, 43, 42, 43, 43), E(44, 44, 43, 43, 43),
			  E(45, 45, 43, 45, 43)));
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 43, 43), E(44, 44, 43, 43, 42)),
		      "bad group 43 or session 42 of process 44");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 43, 43), E(44, 44, 43, 42, 43)),
		      "bad group 42 or session 43 of process 44");
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 43, 42), E(44, 44, 43, 43, 0)),
		      "bad group 43 or session 0 of process 44");
	/* A leader that is in another session, or is a thread. */
	CR_EXPECT_BAD(TREE(root, E(43, 43, 42, 43, 42), E(44, 44, 42, 44, 43)),
		      "bad group 44 or session 43 of process 44");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 42, 0), E(43, 42, 0, 42, 0), E(44, 44, 42, 44, 43)),
		      "bad group 44 or session 43 of process 44");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 42, 0), E(44, 44, 42, 44, 42)),
		      "bad group 44 or session 42 of process 44");
}

/* A leader that was there once is no task, but its number isn't another's. */
static void cr_tree_test_ghosts(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(TREE(E(42, 42, 0, 40, 0)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 40, 40), E(43, 43, 42, 40, 40)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 42, 41)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 40, 41), E(43, 43, 42, 43, 41)));
	CR_EXPECT_OK(TREE(E(42, 42, 0, 42, 42), E(43, 43, 42, 41, 42), E(44, 44, 42, 41, 42)));
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 0, 41)), "bad group 0 or session 41 of process 42");
	CR_EXPECT_BAD(TREE(E(42, 42, 0, 42, 41), E(43, 43, 42, 42, 40)),
		      "bad group 42 or session 40 of process 43");
}

static unsigned int cr_tree_children(const struct cr_task *k, pid_t *pid, unsigned int max)
{
	unsigned int n = 0;
	struct cr_task *c;

	list_for_each_entry(c, &k->children, sibling)
		if (n < max)
			pid[n++] = c->ent.pid;
	return n;
}

/* Entries are found by pid, and leaders create what is below their process. */
static void cr_tree_test_relations(struct kunit *test)
{
	static const pid_t of_root[] = { 43, 44, 50, 60 };
	struct cr_task *root, *thread, *child, *last;
	struct cr_ctx *ctx = test->priv;
	pid_t pid[5];

	CR_EXPECT_OK(TREE(E(42, 42, 0, 42, 42), E(43, 42, 0, 42, 42), E(44, 42, 0, 42, 42),
			  E(50, 50, 42, 42, 42), E(51, 50, 0, 42, 42),
			  E(60, 60, 44, 60, 42), E(70, 70, 51, 42, 42)));
	KUNIT_EXPECT_EQ(test, ctx->nr_tasks, 7);
	root = cr_task_by_pid(ctx, 42);
	thread = cr_task_by_pid(ctx, 44);
	child = cr_task_by_pid(ctx, 50);
	last = cr_task_by_pid(ctx, 60);
	KUNIT_ASSERT_NOT_NULL(test, root);
	KUNIT_ASSERT_NOT_NULL(test, thread);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_ASSERT_NOT_NULL(test, last);
	KUNIT_EXPECT_NULL(test, cr_task_by_pid(ctx, 0));
	KUNIT_EXPECT_NULL(test, cr_task_by_pid(ctx, 45));
	KUNIT_EXPECT_PTR_EQ(test, ctx->root, root);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, root);
	KUNIT_EXPECT_PTR_EQ(test, root->leader, root);
	KUNIT_EXPECT_NULL(test, root->parent);
	KUNIT_EXPECT_PTR_EQ(test, thread->leader, root);
	KUNIT_EXPECT_PTR_EQ(test, thread->parent, root);
	KUNIT_EXPECT_PTR_EQ(test, child->leader, child);
	KUNIT_EXPECT_PTR_EQ(test, child->parent, root);
	KUNIT_EXPECT_PTR_EQ(test, last->parent, thread);
	KUNIT_EXPECT_EQ(test, last->ent.pgid, 60);
	KUNIT_EXPECT_EQ(test, cr_tree_children(root, pid, ARRAY_SIZE(pid)), 4);
	KUNIT_EXPECT_MEMEQ(test, pid, of_root, sizeof(of_root));
	KUNIT_EXPECT_EQ(test, cr_tree_children(thread, pid, ARRAY_SIZE(pid)), 0);
	KUNIT_EXPECT_EQ(test, cr_tree_children(child, pid, ARRAY_SIZE(pid)), 2);
	KUNIT_EXPECT_EQ(test, pid[0], 51);
	KUNIT_EXPECT_EQ(test, pid[1], 70);
	KUNIT_EXPECT_EQ(test, cr_tree_children(last, pid, ARRAY_SIZE(pid)), 0);
}

/* Checkpoint, of the task that the test runs in */

/* The only task of the tree is @t. */
static struct cr_task *cr_tree_of(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_task *k = ctx->root;

	k->task = get_task_struct(t);
	hash_add(ctx->task_hash, &k->hash, (unsigned long)t);
	ctx->nr_tasks = 1;
	return k;
}

static pid_t cr_tree_group_nr(struct cr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	pid_t nr;

	read_lock(&tasklist_lock);
	nr = cr_group_nr(ctx, pid, type);
	read_unlock(&tasklist_lock);
	return nr;
}

/* A group is the tree's with its leader, or without any. */
static void cr_tree_test_group_nr(struct kunit *test)
{
	struct pid *mine = task_pid(current), *nobody;
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, mine, PIDTYPE_PGID), 0);
	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, mine, PIDTYPE_SID), 0);
	KUNIT_EXPECT_NULL(test, cr_task_of(ctx, current));
	KUNIT_EXPECT_PTR_EQ(test, cr_tree_of(ctx, current), cr_task_of(ctx, current));
	KUNIT_EXPECT_NULL(test, cr_task_of(ctx, &init_task));
	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, mine, PIDTYPE_PGID), task_pid_vnr(current));
	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, mine, PIDTYPE_SID), task_pid_vnr(current));
	/* Kernel threads are in one that is none of theirs. */
	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, task_pgrp(current), PIDTYPE_PGID), 0);
	nobody = alloc_pid(task_active_pid_ns(current), NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nobody);
	KUNIT_EXPECT_EQ(test, cr_tree_group_nr(ctx, nobody, PIDTYPE_PGID), pid_vnr(nobody));
	free_pid(nobody);
}

/* What is written is what is read. */
static void cr_tree_test_go_round(struct kunit *test)
{
	const struct cr_tree_ent want = E(task_pid_vnr(current), task_pid_vnr(current), 0, 0, 0);
	struct cr_ctx *ctx = test->priv;

	cr_tree_of(ctx, current);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_tree(ctx));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	ctx->head.nr_tasks = 1;
	CR_EXPECT_OK(cr_read_tree(ctx));
	KUNIT_EXPECT_MEMEQ(test, &ctx->root->ent, &want, sizeof(want));
}

/* A look finds who is new, and keeps who isn't. */
static void cr_tree_test_find(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *k;

	ctx->self = true;
	KUNIT_EXPECT_EQ(test, cr_find_tree(ctx, current), 1);
	KUNIT_EXPECT_EQ(test, ctx->nr_tasks, 1);
	k = cr_task_of(ctx, current);
	KUNIT_ASSERT_NOT_NULL(test, k);
	KUNIT_EXPECT_PTR_EQ(test, ctx->root, k);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, k);
	KUNIT_EXPECT_PTR_EQ(test, k->leader, k);
	KUNIT_EXPECT_TRUE(test, k->self);
	KUNIT_EXPECT_FALSE(test, k->dead);
	KUNIT_EXPECT_EQ(test, cr_find_tree(ctx, current), 0);
	KUNIT_EXPECT_PTR_EQ(test, cr_task_of(ctx, current), k);
	KUNIT_EXPECT_EQ(test, ctx->nr_tasks, 1);
	/* Only of a tree that is its own is the caller a part. */
	ctx->self = false;
	CR_EXPECT_ERR(cr_find_tree(ctx, current), -EINVAL,
		      "the caller is in the tree that it saves");
}

static struct kunit_case cr_tree_cases[] = {
	KUNIT_CASE(cr_tree_test_count),
	KUNIT_CASE(cr_tree_test_ent),
	KUNIT_CASE(cr_tree_test_twice),
	KUNIT_CASE(cr_tree_test_threads),
	KUNIT_CASE(cr_tree_test_parents),
	KUNIT_CASE(cr_tree_test_groups),
	KUNIT_CASE(cr_tree_test_sessions),
	KUNIT_CASE(cr_tree_test_ghosts),
	KUNIT_CASE(cr_tree_test_relations),
	KUNIT_CASE(cr_tree_test_group_nr),
	KUNIT_CASE(cr_tree_test_go_round),
	KUNIT_CASE(cr_tree_test_find),
	{}
};

static struct kunit_suite cr_tree_suite = {
	.name = "checkpoint_tree",
	.init = cr_tree_init,
	.test_cases = cr_tree_cases,
};

kunit_test_suite(cr_tree_suite);
