// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of objhash.c.
 */
#include <kunit/checkpoint.h>

#define CR_OBJHASH_MANY	5000

static int cr_objhash_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* An address that nobody looks behind, for kinds that are only counted. */
static void *cr_objhash_ptr(unsigned long i)
{
	return (void *)(0x1000 + i * 64);
}

static void *cr_objhash_get(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref)
{
	return cr_obj_get_by_ref(ctx, type, ref);
}

/* Numbers count from 1, and an object keeps its own. */
static void cr_objhash_test_numbers(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	u32 i, ref;

	KUNIT_EXPECT_EQ(test, 0, cr_obj_ref(ctx, CR_OBJ_MM, cr_objhash_ptr(1)));
	for (i = 1; i <= 10; i++) {
		KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_MM, cr_objhash_ptr(i), &ref));
		KUNIT_EXPECT_EQ(test, i, ref);
	}
	for (i = 10; i; i--) {
		KUNIT_EXPECT_EQ(test, 0, cr_obj_add_ptr(ctx, CR_OBJ_MM, cr_objhash_ptr(i), &ref));
		KUNIT_EXPECT_EQ(test, i, ref);
		KUNIT_EXPECT_EQ(test, i, cr_obj_ref(ctx, CR_OBJ_MM, cr_objhash_ptr(i)));
	}
	KUNIT_EXPECT_EQ(test, 10, ctx->obj_next);
	KUNIT_EXPECT_EQ(test, 0, cr_obj_ref(ctx, CR_OBJ_MM, cr_objhash_ptr(11)));
}

/* What lies at one address may be of several kinds. */
static void cr_objhash_test_kinds(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	void *p = cr_objhash_ptr(1);
	u32 ref;

	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FS, p, &ref));
	KUNIT_EXPECT_EQ(test, 1, ref);
	KUNIT_EXPECT_EQ(test, 0, cr_obj_ref(ctx, CR_OBJ_MM, p));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_MM, p, &ref));
	KUNIT_EXPECT_EQ(test, 2, ref);
	KUNIT_EXPECT_EQ(test, 1, cr_obj_ref(ctx, CR_OBJ_FS, p));
	KUNIT_EXPECT_EQ(test, 2, cr_obj_ref(ctx, CR_OBJ_MM, p));
	KUNIT_EXPECT_EQ(test, 0, cr_obj_ref(ctx, CR_OBJ_CRED, p));
}

#define FIRST(type, i, pass)						\
	cr_obj_first(ctx, CR_OBJ_##type, cr_objhash_ptr(i), CR_PASS_##pass)

/* Each pass sees an object once, whatever the others have seen. */
static void cr_objhash_test_first(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	u32 ref;

	KUNIT_EXPECT_FALSE(test, FIRST(FS, 1, LOCKS));
	cr_obj_add_ptr(ctx, CR_OBJ_FS, cr_objhash_ptr(1), &ref);
	cr_obj_add_ptr(ctx, CR_OBJ_FS, cr_objhash_ptr(2), &ref);
	KUNIT_EXPECT_TRUE(test, FIRST(FS, 1, LOCKS));
	KUNIT_EXPECT_FALSE(test, FIRST(FS, 1, LOCKS));
	KUNIT_EXPECT_FALSE(test, FIRST(MM, 1, LOCKS));
	KUNIT_EXPECT_TRUE(test, FIRST(FS, 1, EPOLL));
	KUNIT_EXPECT_FALSE(test, FIRST(FS, 1, EPOLL));
	KUNIT_EXPECT_FALSE(test, FIRST(FS, 1, LOCKS));
	KUNIT_EXPECT_TRUE(test, FIRST(FS, 2, EPOLL));
	KUNIT_EXPECT_TRUE(test, FIRST(FS, 2, LOCKS));
}

#define TALLY(i, by)							\
	cr_obj_tally(ctx, CR_OBJ_PIPE_ENDS, cr_objhash_ptr(i), cr_objhash_ptr(by))
#define USERS(type, i)							\
	cr_obj_users(ctx, CR_OBJ_##type, cr_objhash_ptr(i))

/* Who refers to an object counts once, and counting gives no number. */
static void cr_objhash_test_tally(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	u32 ref;

	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 0);
	CR_EXPECT_OK(TALLY(1, 11));
	CR_EXPECT_OK(TALLY(1, 11));
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 1);
	CR_EXPECT_OK(TALLY(1, 12));
	CR_EXPECT_OK(TALLY(2, 13));
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 2);
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 2), 1);
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 11), 0);
	KUNIT_EXPECT_EQ(test, USERS(PIPE, 1), 0);
	KUNIT_EXPECT_EQ(test, ctx->obj_next, 0);
	KUNIT_EXPECT_EQ(test, cr_obj_ref(ctx, CR_OBJ_PIPE_ENDS, cr_objhash_ptr(1)), 0);
	/* What is counted is numbered apart from that. */
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_PIPE, cr_objhash_ptr(1), &ref));
	KUNIT_EXPECT_EQ(test, ref, 1);
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 2);
	KUNIT_EXPECT_EQ(test, USERS(PIPE, 1), 0);
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 0);
	CR_EXPECT_OK(TALLY(1, 11));
	KUNIT_EXPECT_EQ(test, USERS(PIPE_ENDS, 1), 1);
}

/* At restart, by number. */
static void cr_objhash_test_first_ref(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, cr_obj_first_ref(ctx, 1));
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_SEEN, 1, cr_objhash_ptr(1)));
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_SEEN, 2, cr_objhash_ptr(1)));
	KUNIT_EXPECT_FALSE(test, cr_obj_first_ref(ctx, 0));
	KUNIT_EXPECT_FALSE(test, cr_obj_first_ref(ctx, 3));
	KUNIT_EXPECT_TRUE(test, cr_obj_first_ref(ctx, 2));
	KUNIT_EXPECT_FALSE(test, cr_obj_first_ref(ctx, 2));
	KUNIT_EXPECT_TRUE(test, cr_obj_first_ref(ctx, 1));
	KUNIT_EXPECT_FALSE(test, cr_obj_first_ref(ctx, 1));
}

/* Objects of one kind come in their order, and others are passed over. */
static void cr_objhash_test_next(struct kunit *test)
{
	static const enum cr_obj_type type[] = {
		CR_OBJ_FS_USERS, CR_OBJ_SEEN, CR_OBJ_SEEN, CR_OBJ_FS_USERS, CR_OBJ_SEEN,
		CR_OBJ_PIPE_ENDS,
	};
	struct cr_ctx *ctx = test->priv;
	unsigned long ref = 0;
	u32 i;

	KUNIT_EXPECT_NULL(test, cr_obj_next(ctx, CR_OBJ_SEEN, &ref));
	for (i = 0; i < ARRAY_SIZE(type); i++)
		CR_EXPECT_OK(cr_obj_add_ref(ctx, type[i], i + 1, cr_objhash_ptr(i + 1)));
	ref = 0;
	KUNIT_EXPECT_PTR_EQ(test, cr_obj_next(ctx, CR_OBJ_SEEN, &ref), cr_objhash_ptr(2));
	KUNIT_EXPECT_EQ(test, ref, 2);
	KUNIT_EXPECT_PTR_EQ(test, cr_obj_next(ctx, CR_OBJ_SEEN, &ref), cr_objhash_ptr(3));
	KUNIT_EXPECT_PTR_EQ(test, cr_obj_next(ctx, CR_OBJ_SEEN, &ref), cr_objhash_ptr(5));
	KUNIT_EXPECT_EQ(test, ref, 5);
	KUNIT_EXPECT_NULL(test, cr_obj_next(ctx, CR_OBJ_SEEN, &ref));
	ref = 0;
	KUNIT_EXPECT_PTR_EQ(test, cr_obj_next(ctx, CR_OBJ_FS_USERS, &ref), cr_objhash_ptr(1));
	ref = 0;
	KUNIT_EXPECT_NULL(test, cr_obj_next(ctx, CR_OBJ_FILES_USERS, &ref));
}

static bool cr_objhash_held(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	return obj && obj->held;
}

/* What checkpoint enters stays the task's, except for a file. */
static void cr_objhash_test_held(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	void *p = cr_objhash_ptr(1);
	u32 ref;

	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, file, &ref));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_PIPE, p, &ref));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_SHMEM, p, &ref));
	CR_EXPECT_OK(TALLY(1, 2));
	KUNIT_EXPECT_TRUE(test, cr_objhash_held(ctx, CR_OBJ_FILE, file));
	KUNIT_EXPECT_FALSE(test, cr_objhash_held(ctx, CR_OBJ_PIPE, p));
	KUNIT_EXPECT_FALSE(test, cr_objhash_held(ctx, CR_OBJ_SHMEM, p));
	KUNIT_EXPECT_FALSE(test, cr_objhash_held(ctx, CR_OBJ_PIPE_ENDS, p));
	/* This would follow the pointers otherwise. */
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, file_count(file), 1);
}

/* More than there are buckets. */
static void cr_objhash_test_many(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	u32 i, ref, bad = 0;

	for (i = 1; i <= CR_OBJHASH_MANY; i++)
		bad += cr_obj_add_ptr(ctx, CR_OBJ_FS, cr_objhash_ptr(i), &ref) != 1 || ref != i;
	for (i = 1; i <= CR_OBJHASH_MANY; i++)
		bad += cr_obj_ref(ctx, CR_OBJ_FS, cr_objhash_ptr(i)) != i;
	KUNIT_EXPECT_EQ(test, 0, bad);
	cr_obj_free(ctx);
	hash_init(ctx->obj_hash);
	KUNIT_EXPECT_EQ(test, 0, cr_obj_ref(ctx, CR_OBJ_FS, cr_objhash_ptr(1)));
}

/* Restart takes the numbers in their order only. */
static void cr_objhash_test_add_ref(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

#define ADD(ref) cr_obj_add_ref(ctx, CR_OBJ_SEEN, ref, cr_objhash_ptr(1))
	CR_EXPECT_BAD(ADD(0), "bad objref, have 0, want 1");
	CR_EXPECT_BAD(ADD(2), "bad objref, have 2, want 1");
	CR_EXPECT_OK(ADD(1));
	CR_EXPECT_BAD(ADD(1), "bad objref, have 1, want 2");
	CR_EXPECT_BAD(ADD(0), "bad objref, have 0, want 2");
	CR_EXPECT_BAD(ADD(~0U), "bad objref, have 4294967295, want 2");
	CR_EXPECT_OK(ADD(2));
	CR_EXPECT_OK(ADD(3));
#undef ADD
}

static void cr_objhash_test_get_by_ref(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	void *mm, *fs;

#define GET(type, ref) PTR_ERR_OR_ZERO(cr_objhash_get(ctx, type, ref))
	CR_EXPECT_BAD(GET(CR_OBJ_MM, 1), "objref 1 is of no address space");
	mm = cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	fs = cr_kunit_enter(test, ctx, CR_OBJ_FS, 2);
	KUNIT_EXPECT_PTR_EQ(test, mm, cr_objhash_get(ctx, CR_OBJ_MM, 1));
	KUNIT_EXPECT_PTR_EQ(test, fs, cr_objhash_get(ctx, CR_OBJ_FS, 2));
	KUNIT_EXPECT_TRUE(test, cr_obj_is(ctx, CR_OBJ_MM, 1));
	KUNIT_EXPECT_FALSE(test, cr_obj_is(ctx, CR_OBJ_MM, 2));
	KUNIT_EXPECT_FALSE(test, cr_obj_is(ctx, CR_OBJ_MM, 3));
	KUNIT_EXPECT_EQ(test, ctx->log.nr_errors, 0);
	CR_EXPECT_OK(GET(CR_OBJ_MM, 1));
	CR_EXPECT_BAD(GET(CR_OBJ_MM, 0), "objref 0 is of no address space");
	CR_EXPECT_BAD(GET(CR_OBJ_MM, 2), "objref 2 is of no address space");
	CR_EXPECT_BAD(GET(CR_OBJ_MM, 3), "objref 3 is of no address space");
	CR_EXPECT_BAD(GET(CR_OBJ_MM, ~0U), "objref 4294967295 is of no address space");
	CR_EXPECT_BAD(GET(CR_OBJ_FILE, 1), "objref 1 is of no file");
	CR_EXPECT_BAD(GET(CR_OBJ_FS, 1), "objref 1 is of no fs");
	CR_EXPECT_BAD(GET(CR_OBJ_SIGHAND, 1), "objref 1 is of no signal handlers");
	CR_EXPECT_BAD(GET(CR_OBJ_CRED, 1), "objref 1 is of no credentials");
	CR_EXPECT_BAD(GET(CR_OBJ_FILES, 1), "objref 1 is of no descriptor table");
	CR_EXPECT_BAD(GET(CR_OBJ_PIPE, 1), "objref 1 is of no pipe");
	CR_EXPECT_BAD(GET(CR_OBJ_SHMEM, 1), "objref 1 is of no shared memory");
#undef GET
}

/* The table holds one reference to a file, however often it is entered. */
static void cr_objhash_test_references(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	u32 ref;

	KUNIT_EXPECT_EQ(test, 1, file_count(file));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, file, &ref));
	KUNIT_EXPECT_EQ(test, 2, file_count(file));
	KUNIT_EXPECT_EQ(test, 0, cr_obj_add_ptr(ctx, CR_OBJ_FILE, file, &ref));
	KUNIT_EXPECT_EQ(test, 2, file_count(file));
	cr_obj_free(ctx);
	hash_init(ctx->obj_hash);
	KUNIT_EXPECT_EQ(test, 1, file_count(file));
	/* At restart it takes over the caller's, unless it fails. */
	ctx->obj_next = 0;
	CR_EXPECT_BAD(cr_obj_add_ref(ctx, CR_OBJ_FILE, 2, file), "bad objref, have 2, want 1");
	KUNIT_EXPECT_EQ(test, 1, file_count(file));
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 1, get_file(file)));
	KUNIT_EXPECT_EQ(test, 2, file_count(file));
	cr_obj_free(ctx);
	KUNIT_EXPECT_EQ(test, 1, file_count(file));
}

/* What a task has built is let go of with the table, for others have it too. */
static void cr_objhash_test_built(struct kunit *test)
{
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, 1);
	struct files_struct *files = dup_fd(current->files, NULL);
	unsigned int users = refcount_read(&sighand->count);
	struct cr_ctx *ctx = test->priv;
	struct mm_struct *mm;
	struct cred *cred;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, files);
	atomic_inc(&files->count);
	KUNIT_ASSERT_EQ(test, cr_obj_add_ref(ctx, CR_OBJ_FILES, 1, files), 0);
	mm = cr_kunit_enter(test, ctx, CR_OBJ_MM, 2);
	mmget(mm);
	cred = cr_kunit_enter(test, ctx, CR_OBJ_CRED, 3);
	get_cred(cred);
	cr_kunit_enter(test, ctx, CR_OBJ_SIGHAND, 4);
	KUNIT_EXPECT_EQ(test, refcount_read(&sighand->count), users + 1);
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, atomic_read(&files->count), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&mm->mm_users), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cred->usage), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&sighand->count), users);
	put_files_struct(files);
	mmput(mm);
	put_cred(cred);
}

static struct kunit_case cr_objhash_cases[] = {
	KUNIT_CASE(cr_objhash_test_numbers),
	KUNIT_CASE(cr_objhash_test_kinds),
	KUNIT_CASE(cr_objhash_test_first),
	KUNIT_CASE(cr_objhash_test_tally),
	KUNIT_CASE(cr_objhash_test_first_ref),
	KUNIT_CASE(cr_objhash_test_next),
	KUNIT_CASE(cr_objhash_test_held),
	KUNIT_CASE(cr_objhash_test_many),
	KUNIT_CASE(cr_objhash_test_add_ref),
	KUNIT_CASE(cr_objhash_test_get_by_ref),
	KUNIT_CASE(cr_objhash_test_references),
	KUNIT_CASE(cr_objhash_test_built),
	{}
};

static struct kunit_suite cr_objhash_suite = {
	.name = "checkpoint_objhash",
	.init = cr_objhash_init,
	.test_cases = cr_objhash_cases,
};

kunit_test_suite(cr_objhash_suite);
