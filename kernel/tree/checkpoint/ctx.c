// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the context of one call.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "internal.h"

/**
 * cr_ctx_alloc - make the context of a call
 * @op: which call
 * @flags: its flags
 *
 * Return: the context, to be dropped with cr_ctx_put(), or NULL.
 */
struct cr_ctx *cr_ctx_alloc(enum cr_op op, unsigned long flags)
{
	struct cr_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	refcount_set(&ctx->ref, 1);
	ctx->op = op;
	ctx->flags = flags;
	ctx->start_ns = ktime_get_ns();
	INIT_LIST_HEAD(&ctx->chunks);
	INIT_LIST_HEAD(&ctx->shmem);
	INIT_LIST_HEAD(&ctx->epolls);
	INIT_LIST_HEAD(&ctx->tasks);
	INIT_LIST_HEAD(&ctx->mms);
	hash_init(ctx->task_hash);
	mutex_init(&ctx->lock);
	init_completion(&ctx->step_done);
	xa_init(&ctx->group_xa);
	xa_init_flags(&ctx->shares, XA_FLAGS_ACCOUNT);
	ctx->root = cr_task_new(ctx);
	if (!ctx->root) {
		kfree(ctx);
		return NULL;
	}
	list_add(&ctx->root->list, &ctx->tasks);
	ctx->cur = ctx->root;
	hash_init(ctx->obj_hash);
	xa_init_flags(&ctx->obj_xa, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ctx->outside_xa, XA_FLAGS_ACCOUNT);
	xxh64_reset(&ctx->digest, 0);
	get_fs_root(current->fs, &ctx->caller_root);
	/* Messages are a courtesy: without memory the errno has to do. */
	ctx->log.buf = kvmalloc(CR_LOG_SIZE, GFP_KERNEL_ACCOUNT);
	cr_where_reset(ctx);
	return ctx;
}

struct cr_ctx *cr_ctx_get(struct cr_ctx *ctx)
{
	refcount_inc(&ctx->ref);
	return ctx;
}

/* A number that nobody took is given back. */
static void cr_groups_free(struct cr_ctx *ctx)
{
	unsigned long nr;
	struct pid *pid;

	xa_for_each(&ctx->group_xa, nr, pid) {
		if (!xa_get_mark(&ctx->group_xa, nr, CR_GROUP_JOINED))
			free_pid(pid);
		put_pid(pid);
	}
	xa_destroy(&ctx->group_xa);
}

static void cr_chunks_free(struct cr_ctx *ctx)
{
	struct cr_chunk *c, *n;

	list_for_each_entry_safe(c, n, &ctx->chunks, list)
		kvfree(c);
}

/**
 * cr_ctx_put - drop a reference to a context
 * @ctx: the context
 */
void cr_ctx_put(struct cr_ctx *ctx)
{
	if (!refcount_dec_and_test(&ctx->ref))
		return;
	cr_shmem_forget(ctx);
	cr_epolls_forget(ctx);
	cr_obj_free(ctx);
	cr_mms_free(ctx);
	cr_tasks_free(ctx);
	cr_chunks_free(ctx);
	xa_destroy(&ctx->outside_xa);
	cr_groups_free(ctx);
	if (ctx->new_mm)
		mmput(ctx->new_mm);
	if (ctx->new_files)
		put_files_struct(ctx->new_files);
	if (ctx->caller)
		put_task_struct(ctx->caller);
	put_pid(ctx->caller_pid);
	put_cred(ctx->cred);
	put_cred(ctx->granted);
	kfree(ctx->actions);
	if (ctx->log_file)
		fput(ctx->log_file);
	if (ctx->file)
		fput(ctx->file);
	path_put(&ctx->caller_root);
	kvfree(ctx->outside);
	kvfree(ctx->inherit);
	kvfree(ctx->rbuf);
	kvfree(ctx->log.buf);
	kfree(ctx);
}

void **cr_arch_private(struct cr_ctx *ctx)
{
	return &ctx->cur->arch;
}
