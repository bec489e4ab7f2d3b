// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: shared objects.
 *
 * An object that several tasks can share is in the image once, under a number
 * that counts from 1 in the order of the stream. Checkpoint looks numbers up
 * by address, restart looks objects up by number. An entry of an open file
 * holds a reference until the call ends; what else is entered the task keeps.
 */
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * struct cr_obj_ops - what differs among kinds of objects
 * @name: for messages
 * @grab: take a reference, or NULL when the stopped task keeps the object
 * @drop: drop it
 */
struct cr_obj_ops {
	const char *name;
	void (*grab)(void *ptr);
	void (*drop)(void *ptr);
};

static void cr_obj_file_grab(void *ptr)
{
	get_file(ptr);
}

static void cr_obj_file_drop(void *ptr)
{
	fput(ptr);
}

/* At restart, others may come to share what a task has built. */

static void cr_obj_sighand_drop(void *ptr)
{
	__cleanup_sighand(ptr);
}

static void cr_obj_cred_drop(void *ptr)
{
	put_cred(ptr);
}

static void cr_obj_mm_drop(void *ptr)
{
	mmput(ptr);
}

static void cr_obj_files_drop(void *ptr)
{
	put_files_struct(ptr);
}

/* Kinds whose name is missing are in no image. */
static const struct cr_obj_ops cr_obj_ops[CR_OBJ_MAX] = {
	[CR_OBJ_FILE]	 = { "file", cr_obj_file_grab, cr_obj_file_drop },
	[CR_OBJ_FS]	 = { "fs", NULL, cr_fs_free },
	[CR_OBJ_SIGHAND] = { "signal handlers", NULL, cr_obj_sighand_drop },
	[CR_OBJ_CRED]	 = { "credentials", NULL, cr_obj_cred_drop },
	[CR_OBJ_MM]	 = { "address space", NULL, cr_obj_mm_drop },
	[CR_OBJ_FILES]	 = { "descriptor table", NULL, cr_obj_files_drop },
	[CR_OBJ_PIPE]	 = { "pipe", NULL, cr_pipe_free },
	[CR_OBJ_SHMEM]	 = { "shared memory", NULL, cr_new_shmem_free },
};

static struct cr_obj *cr_obj_find_ptr(struct cr_ctx *ctx,
				      enum cr_obj_type type, void *ptr)
{
	struct cr_obj *obj;

	hash_for_each_possible(ctx->obj_hash, obj, hash, (unsigned long)ptr)
		if (obj->ptr == ptr && obj->type == type)
			return obj;
	return NULL;
}

static struct cr_obj *cr_obj_new(enum cr_obj_type type, u32 ref, void *ptr)
{
	struct cr_obj *obj = kmalloc(sizeof(*obj), GFP_KERNEL_ACCOUNT);

	if (!obj)
		return NULL;
	INIT_HLIST_NODE(&obj->hash);
	obj->type = type;
	obj->ref = ref;
	obj->ptr = ptr;
	obj->users = 0;
	obj->visited = 0;
	obj->visitor = 0;
	obj->held = false;
	return obj;
}

/**
 * cr_obj_add_ptr - number an object at checkpoint
 * @ctx: context
 * @type: kind of object
 * @ptr: the object
 * @ref: where its number goes
 *
 * Return: 1 when the object is new, 0 when it had a number, -ENOMEM.
 */
int cr_obj_add_ptr(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		   u32 *ref)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	if (obj) {
		*ref = obj->ref;
		return 0;
	}
	obj = cr_obj_new(type, ctx->obj_next + 1, ptr);
	if (!obj)
		return cr_err(ctx, -ENOMEM, "no memory for a shared object");
	hash_add(ctx->obj_hash, &obj->hash, (unsigned long)ptr);
	if (cr_obj_ops[type].grab) {
		cr_obj_ops[type].grab(ptr);
		obj->held = true;
	}
	*ref = ++ctx->obj_next;
	return 1;
}

static struct cr_obj *cr_obj_note(struct cr_ctx *ctx, enum cr_obj_type type,
				  void *ptr)
{
	struct cr_obj *obj = cr_obj_new(type, 0, ptr);

	if (obj)
		hash_add(ctx->obj_hash, &obj->hash, (unsigned long)ptr);
	else
		cr_err(ctx, -ENOMEM, "no memory for a shared object");
	return obj;
}

/**
 * cr_obj_count - count one more that refers to an object
 * @ctx: context
 * @type: what is counted
 * @ptr: the object
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_obj_count(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	if (!obj)
		obj = cr_obj_note(ctx, type, ptr);
	if (!obj)
		return -ENOMEM;
	obj->users++;
	return 0;
}

/**
 * cr_obj_tally - count what in the tree refers to an object
 * @ctx: context
 * @type: what is counted
 * @ptr: the object
 * @by: what refers to it, and counts once
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_obj_tally(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr, void *by)
{
	if (cr_obj_find_ptr(ctx, CR_OBJ_SEEN, by))
		return 0;
	if (!cr_obj_note(ctx, CR_OBJ_SEEN, by))
		return -ENOMEM;
	return cr_obj_count(ctx, type, ptr);
}

/**
 * cr_obj_users - what cr_obj_count() and cr_obj_tally() have counted
 * @ctx: context
 * @type: what was counted
 * @ptr: the object
 *
 * Return: how much in the tree refers to the object.
 */
unsigned int cr_obj_users(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	return obj ? obj->users : 0;
}

/**
 * cr_obj_ref - number of an object that has been saved
 * @ctx: context
 * @type: kind of object
 * @ptr: the object
 *
 * Return: its number, 0 when it has none.
 */
u32 cr_obj_ref(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	return obj ? obj->ref : 0;
}

/**
 * cr_obj_first - is it the first visit to a saved object?
 * @ctx: context
 * @type: kind of object
 * @ptr: the object
 * @pass: what it is visited for
 *
 * For passes over descriptors, several of which may share one open file.
 *
 * Return: true once for each object, false for one that has no number.
 */
bool cr_obj_first(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		  enum cr_pass pass)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	if (!obj || obj->visited & BIT(pass))
		return false;
	obj->visited |= BIT(pass);
	return true;
}

/**
 * cr_obj_first_by - is it the first visit to a saved object by another?
 * @ctx: context
 * @type: kind of object
 * @ptr: the object
 * @by: number of the other
 *
 * What visits an object does so before the next one begins.
 *
 * Return: true once in a row for each @by, false for an object that has no
 * number.
 */
bool cr_obj_first_by(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		     u32 by)
{
	struct cr_obj *obj = cr_obj_find_ptr(ctx, type, ptr);

	if (!obj || obj->visitor == by)
		return false;
	obj->visitor = by;
	return true;
}

/**
 * cr_obj_add_ref - enter an object at restart
 * @ctx: context
 * @type: kind of object
 * @ref: its number in the image, which has to be the next one
 * @ptr: the object; the reference is the table's from now on if this succeeds
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int cr_obj_add_ref(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref,
		   void *ptr)
{
	struct cr_obj *obj;
	int ret;

	if (ref != ctx->obj_next + 1)
		return cr_invalid(ctx, "bad objref, have %u, want %u", ref,
				  ctx->obj_next + 1);
	obj = cr_obj_new(type, ref, ptr);
	if (!obj)
		return cr_err(ctx, -ENOMEM, "no memory for a shared object");
	ret = xa_insert(&ctx->obj_xa, ref, obj, GFP_KERNEL_ACCOUNT);
	if (ret) {
		kfree(obj);
		return cr_err(ctx, ret, "no memory for a shared object");
	}
	ctx->obj_next = ref;
	obj->held = true;
	return 0;
}

/**
 * cr_obj_get_by_ref - look an object up at restart
 * @ctx: context
 * @type: kind of object
 * @ref: its number
 *
 * Return: the object, whose reference stays the table's, or an error pointer.
 */
void *cr_obj_get_by_ref(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref)
{
	struct cr_obj *obj = xa_load(&ctx->obj_xa, ref);

	if (obj && obj->type == type)
		return obj->ptr;
	return ERR_PTR(cr_invalid(ctx, "objref %u is of no %s", ref,
				  cr_obj_ops[type].name));
}

/**
 * cr_obj_is - is an object of a certain kind, at restart?
 * @ctx: context
 * @type: the kind
 * @ref: its number
 *
 * Return: true if there is such an object.
 */
bool cr_obj_is(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref)
{
	struct cr_obj *obj = xa_load(&ctx->obj_xa, ref);

	return obj && obj->type == type;
}

/**
 * cr_obj_first_ref - is it the first visit to an object at restart?
 * @ctx: context
 * @ref: its number
 *
 * Return: true once for each object, false for a number that none has.
 */
bool cr_obj_first_ref(struct cr_ctx *ctx, u32 ref)
{
	struct cr_obj *obj = xa_load(&ctx->obj_xa, ref);

	if (!obj || obj->visited)
		return false;
	obj->visited = 1;
	return true;
}

/**
 * cr_obj_next - go through the objects of a kind at restart
 * @ctx: context
 * @type: the kind
 * @ref: number of the one before, 0 to begin with
 *
 * Return: the object, whose number is in @ref, or NULL after the last one.
 */
void *cr_obj_next(struct cr_ctx *ctx, enum cr_obj_type type, unsigned long *ref)
{
	struct cr_obj *obj;

	while ((obj = xa_find_after(&ctx->obj_xa, ref, ULONG_MAX, XA_PRESENT)))
		if (obj->type == type)
			return obj->ptr;
	return NULL;
}

static void cr_obj_drop(struct cr_obj *obj)
{
	if (obj->held && cr_obj_ops[obj->type].drop)
		cr_obj_ops[obj->type].drop(obj->ptr);
	kfree(obj);
}

/**
 * cr_obj_close - forget the objects of a kind at restart
 * @ctx: context
 * @type: the kind, which nothing refers to any more
 */
void cr_obj_close(struct cr_ctx *ctx, enum cr_obj_type type)
{
	struct cr_obj *obj;
	unsigned long i;

	xa_for_each(&ctx->obj_xa, i, obj) {
		if (obj->type != type)
			continue;
		xa_erase(&ctx->obj_xa, i);
		cr_obj_drop(obj);
	}
}

/**
 * cr_obj_free - forget all objects
 * @ctx: context
 */
void cr_obj_free(struct cr_ctx *ctx)
{
	struct hlist_node *tmp;
	struct cr_obj *obj;
	unsigned long i;
	int bkt;

	hash_for_each_safe(ctx->obj_hash, bkt, tmp, obj, hash)
		cr_obj_drop(obj);
	xa_for_each(&ctx->obj_xa, i, obj)
		cr_obj_drop(obj);
	xa_destroy(&ctx->obj_xa);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "objhash_test.c"
#endif
