// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what the KUnit tests share.
 *
 * A test has a context as the calls have one. Its image is a file in memory:
 * records are put into it and read back by the function that is tested.
 */
#include <kunit/checkpoint.h>
#include <kunit/resource.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

KUNIT_DEFINE_ACTION_WRAPPER(cr_kunit_put, cr_ctx_put, struct cr_ctx *);
KUNIT_DEFINE_ACTION_WRAPPER(cr_kunit_fput, fput, struct file *);
KUNIT_DEFINE_ACTION_WRAPPER(cr_kunit_put_cred, put_cred, const struct cred *);

/**
 * cr_kunit_ctx - make a context that lasts as long as the test
 * @test: the test
 *
 * Return: the context, of a restart; its task is a process of one thread.
 */
struct cr_ctx *cr_kunit_ctx(struct kunit *test)
{
	struct cr_ctx *ctx = cr_ctx_alloc(CR_OP_RESTART, 0);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, cr_kunit_put, ctx));
	KUNIT_ASSERT_NOT_NULL(test, ctx->log.buf);
	ctx->root->leader = ctx->root;
	return ctx;
}

/**
 * cr_kunit_task - add a task to the tree of a context
 * @test: the test
 * @ctx: context
 * @pid: its pid in the image
 * @leader: whose thread it is, or NULL for a process
 *
 * Return: its entry, the last of all.
 */
struct cr_task *cr_kunit_task(struct kunit *test, struct cr_ctx *ctx, pid_t pid,
			      struct cr_task *leader)
{
	struct cr_task *k = cr_task_new(ctx);

	KUNIT_ASSERT_NOT_NULL(test, k);
	k->leader = leader ?: k;
	k->ent.pid = pid;
	k->ent.tgid = k->leader->ent.pid;
	list_add_tail(&k->list, &ctx->tasks);
	hash_add(ctx->task_hash, &k->hash, (unsigned long)pid);
	ctx->nr_tasks++;
	return k;
}

/* Something that the table may drop. */
static void *cr_kunit_object(enum cr_obj_type type)
{
	struct sighand_struct *sighand;

	switch (type) {
	case CR_OBJ_FS:
		return kzalloc(sizeof(struct cr_fs), GFP_KERNEL);
	case CR_OBJ_SIGHAND:
		sighand = rcu_dereference_protected(current->sighand, 1);
		refcount_inc(&sighand->count);
		return sighand;
	case CR_OBJ_CRED:
		return prepare_creds();
	case CR_OBJ_MM:
		return mm_alloc();
	case CR_OBJ_FILES:
		atomic_inc(&current->files->count);
		return current->files;
	default:
		return NULL;
	}
}

/**
 * cr_kunit_enter - enter an object as restart does
 * @test: the test
 * @ctx: context
 * @type: CR_OBJ_*, a kind that a TASK refers to
 * @ref: its number, which has to be the next one
 *
 * Return: the object, whose reference is the table's.
 */
void *cr_kunit_enter(struct kunit *test, struct cr_ctx *ctx, unsigned int type,
		     u32 ref)
{
	void *ptr = cr_kunit_object(type);

	KUNIT_ASSERT_NOT_NULL(test, ptr);
	KUNIT_ASSERT_EQ(test, 0, cr_obj_add_ref(ctx, type, ref, ptr));
	return ptr;
}

/**
 * cr_kunit_cred - make credentials that last as long as the test
 * @test: the test
 *
 * Return: those of the test itself: root, with every capability.
 */
struct cred *cr_kunit_cred(struct kunit *test)
{
	struct cred *c = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, cr_kunit_put_cred, c));
	return c;
}

/**
 * cr_kunit_user - make credentials of nobody in particular
 * @test: the test
 *
 * Return: user and group 1000 without a capability.
 */
struct cred *cr_kunit_user(struct kunit *test)
{
	struct cred *c = cr_kunit_cred(test);

	c->uid = KUIDT_INIT(1000);
	c->euid = c->uid;
	c->suid = c->uid;
	c->fsuid = c->uid;
	c->gid = KGIDT_INIT(1000);
	c->egid = c->gid;
	c->sgid = c->gid;
	c->fsgid = c->gid;
	cap_clear(c->cap_inheritable);
	cap_clear(c->cap_permitted);
	cap_clear(c->cap_effective);
	cap_clear(c->cap_ambient);
	return c;
}

static struct file *cr_kunit_open(struct kunit *test)
{
	struct file *file;

	file = shmem_kernel_file_setup("checkpoint", 0, VM_NORESERVE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	return file;
}

/**
 * cr_kunit_keep - have a file closed when the test ends
 * @test: the test
 * @file: the file; the test ends here if it is an error
 *
 * Return: @file.
 */
struct file *cr_kunit_keep(struct kunit *test, struct file *file)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, cr_kunit_fput, file));
	return file;
}

/**
 * cr_kunit_file - make an empty file in memory that lasts as long as the test
 * @test: the test
 *
 * Return: the file, open for reading and writing.
 */
struct file *cr_kunit_file(struct kunit *test)
{
	return cr_kunit_keep(test, cr_kunit_open(test));
}

/**
 * cr_kunit_rewind - go back to the start of the image
 * @ctx: context
 */
void cr_kunit_rewind(struct cr_ctx *ctx)
{
	ctx->file->f_pos = 0;
	ctx->off = 0;
	ctx->have_rec = false;
	ctx->stats = (struct checkpoint_stats){ 0 };
	xxh64_reset(&ctx->digest, 0);
	cr_where_reset(ctx);
}

/**
 * cr_kunit_stream - give a context an empty image
 * @test: the test
 * @ctx: context
 */
void cr_kunit_stream(struct kunit *test, struct cr_ctx *ctx)
{
	if (ctx->file)
		fput(ctx->file);
	ctx->file = NULL;
	ctx->file = cr_kunit_open(test);
	cr_kunit_rewind(ctx);
}

/**
 * cr_kunit_image - give a context an image of certain bytes
 * @test: the test
 * @ctx: context
 * @buf: the bytes
 * @len: how many
 */
void cr_kunit_image(struct kunit *test, struct cr_ctx *ctx, const void *buf,
		    size_t len)
{
	cr_kunit_stream(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, cr_stream_write(ctx, buf, len));
	cr_kunit_rewind(ctx);
}

/**
 * cr_kunit_feed_of - give a context an image of one record
 * @test: the test
 * @ctx: context
 * @type: CR_HDR_*
 * @parent: objref of the owner
 * @buf: its payload
 * @len: length of the payload
 */
void cr_kunit_feed_of(struct kunit *test, struct cr_ctx *ctx, u32 type,
		      u32 parent, const void *buf, size_t len)
{
	cr_kunit_stream(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, cr_emit(ctx, type, parent, buf, len));
	cr_kunit_rewind(ctx);
}

/**
 * cr_kunit_feed - give a context an image of one record that has no owner
 * @test: the test
 * @ctx: context
 * @type: CR_HDR_*
 * @buf: its payload
 * @len: length of the payload
 */
void cr_kunit_feed(struct kunit *test, struct cr_ctx *ctx, u32 type,
		   const void *buf, size_t len)
{
	cr_kunit_feed_of(test, ctx, type, 0, buf, len);
}

/**
 * cr_kunit_replay - read what was serialised, as another call would
 * @test: the test
 * @ctx: context, which forgets the objects that it wrote
 */
void cr_kunit_replay(struct kunit *test, struct cr_ctx *ctx)
{
	KUNIT_ASSERT_EQ(test, 0, cr_flush(ctx));
	cr_kunit_rewind(ctx);
	cr_kunit_forget(ctx);
}

/**
 * cr_kunit_forget - forget the objects that were read
 * @ctx: context, which may read them again
 */
void cr_kunit_forget(struct cr_ctx *ctx)
{
	struct cr_task *k;

	cr_epolls_forget(ctx);
	cr_obj_free(ctx);
	hash_init(ctx->obj_hash);
	list_for_each_entry(k, &ctx->tasks, list) {
		cr_task_free(k);
		k->sighand = NULL;
	}
	ctx->obj_next = 0;
	ctx->page_parent = 0;
}

/* What the first message says after where it happened. */
static char *cr_kunit_reason(struct cr_log *log)
{
	char *p;

	if (!log->len)
		return "";
	log->buf[log->len - 1] = 0;
	log->buf[strcspn(log->buf, "\n")] = 0;
	p = strstr(log->buf + strlen("cr: "), ": ");
	return p ? p + 2 : log->buf;
}

/**
 * cr_kunit_result - check what a function returned and logged, and forget it
 * @test: the test
 * @ctx: context
 * @file: where the test is
 * @line: where the test is
 * @ret: what was returned
 * @err: what should have been
 * @reason: end of the first message, "" for none
 */
void cr_kunit_result(struct kunit *test, struct cr_ctx *ctx, const char *file,
		     int line, int ret, int err, const char *reason)
{
	struct cr_log *log = &ctx->log;

	KUNIT_EXPECT_EQ_MSG(test, ret, err, "at %s:%d", file, line);
	KUNIT_EXPECT_EQ_MSG(test, log->err, err, "at %s:%d", file, line);
	KUNIT_EXPECT_STREQ_MSG(test, cr_kunit_reason(log), reason, "at %s:%d",
			       file, line);
	*log = (struct cr_log){ .buf = log->buf };
}
