// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which tasks there are, and how they are related.
 *
 * The tree is a process with all that descend from it and their threads. It is
 * looked at again and again while its tasks are being stopped, until a look
 * finds nobody new: who is stopped doesn't fork.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "internal.h"

/* Most tasks in an image: what one TREE has room for. */
#define CR_TASKS_MAX							\
	((CR_HDR_LEN_MAX - sizeof(struct cr_hdr_tree)) /		\
	 sizeof(struct cr_tree_ent))

/**
 * cr_task_new - make the entry of a task
 * @ctx: context
 *
 * Return: the entry, in no list yet, or NULL.
 */
struct cr_task *cr_task_new(struct cr_ctx *ctx)
{
	struct cr_task *k = kzalloc(sizeof(*k), GFP_KERNEL_ACCOUNT);

	if (!k)
		return NULL;
	k->ctx = ctx;
	INIT_LIST_HEAD(&k->list);
	INIT_HLIST_NODE(&k->hash);
	INIT_LIST_HEAD(&k->children);
	INIT_LIST_HEAD(&k->sibling);
	INIT_LIST_HEAD(&k->state.siginfo);
	xa_init_flags(&k->locked_xa, XA_FLAGS_ACCOUNT);
	init_completion(&k->go);
	init_completion(&k->parked);
	init_completion(&k->gone);
	init_waitqueue_head(&k->wq);
	return k;
}

/**
 * cr_task_drop - drop the entry of a task
 * @k: the entry
 */
void cr_task_drop(struct cr_task *k)
{
	list_del(&k->list);
	hash_del(&k->hash);
	cr_task_free(k);
	cr_arch_free(k->arch);
	xa_destroy(&k->locked_xa);
	if (k->mm)
		mmput(k->mm);
	if (k->reserved)
		free_pid(k->pid);
	put_pid(k->pid);
	if (k->task)
		put_task_struct(k->task);
	kfree(k);
}

/**
 * cr_tasks_free - drop the entries of all tasks
 * @ctx: context
 */
void cr_tasks_free(struct cr_ctx *ctx)
{
	struct cr_task *k, *n;

	list_for_each_entry_safe_reverse(k, n, &ctx->tasks, list)
		cr_task_drop(k);
	ctx->nr_tasks = 0;
}

/**
 * cr_task_of - look up the entry of a task at checkpoint
 * @ctx: context
 * @t: the task
 *
 * Return: the entry, or NULL if the task isn't in the tree.
 */
struct cr_task *cr_task_of(struct cr_ctx *ctx, const struct task_struct *t)
{
	struct cr_task *k;

	hash_for_each_possible(ctx->task_hash, k, hash, (unsigned long)t)
		if (k->task == t)
			return k;
	return NULL;
}

/**
 * struct cr_look - a look at the tree, with tasklist_lock held
 * @ctx: context
 * @old: entries that haven't been seen yet
 * @spare: entries to use
 * @wanted: how many more were needed
 * @fresh: how many were used
 */
struct cr_look {
	struct cr_ctx *ctx;
	struct list_head old;
	struct list_head spare;
	unsigned int wanted;
	unsigned int fresh;
};

static struct cr_task *cr_look_enter(struct cr_look *l, struct task_struct *t)
{
	struct cr_task *k;

	k = list_first_entry_or_null(&l->spare, struct cr_task, list);
	if (!k) {
		l->wanted++;
		return NULL;
	}
	k->task = get_task_struct(t);
	k->self = t == current;
	hash_add(l->ctx->task_hash, &k->hash, (unsigned long)t);
	l->fresh++;
	return k;
}

static struct cr_task *cr_look_task(struct cr_look *l, struct task_struct *t)
{
	struct cr_task *k = cr_task_of(l->ctx, t) ?: cr_look_enter(l, t);

	if (!k)
		return NULL;
	list_move_tail(&k->list, &l->ctx->tasks);
	k->dead = t->exit_state;
	l->ctx->nr_tasks++;
	return k;
}

/* A leader, then its threads. One that is being reaped is as good as gone. */
static void cr_look_process(struct cr_look *l, struct task_struct *leader)
{
	struct cr_task *head, *k;
	struct task_struct *t;

	if (leader->exit_state == EXIT_DEAD)
		return;
	head = cr_look_task(l, leader);
	if (head)
		head->leader = head;
	for_each_thread(leader, t) {
		if (t == leader || t->exit_state)
			continue;
		k = cr_look_task(l, t);
		if (k)
			k->leader = head;
	}
}

static void cr_look_around(struct cr_look *l, struct task_struct *root)
{
	struct task_struct *child;
	struct cr_task *k;

	list_splice_init(&l->ctx->tasks, &l->old);
	l->ctx->nr_tasks = 0;
	cr_look_process(l, root);
	/* The list grows while it is walked. */
	list_for_each_entry(k, &l->ctx->tasks, list)
		list_for_each_entry(child, &k->task->children, sibling)
			cr_look_process(l, child);
}

static void cr_drop_list(struct list_head *list)
{
	struct cr_task *k, *n;

	list_for_each_entry_safe(k, n, list, list)
		cr_task_drop(k);
}

static int cr_look_prepare(struct cr_look *l)
{
	struct cr_task *k;

	for (; l->wanted; l->wanted--) {
		k = cr_task_new(l->ctx);
		if (!k)
			return cr_err(l->ctx, -ENOMEM, "no memory for a task");
		list_add(&k->list, &l->spare);
	}
	return 0;
}

/* Who has gone since the last look was waited for, or never seen stopped. */
static void cr_look_away(struct cr_look *l)
{
	struct cr_task *k;

	list_for_each_entry(k, &l->old, list)
		cr_resume_task(k);
	cr_drop_list(&l->old);
	cr_drop_list(&l->spare);
}

static int cr_check_size(struct cr_ctx *ctx)
{
	struct cr_task *k = cr_task_of(ctx, current);

	if (ctx->nr_tasks > CR_TASKS_MAX)
		return cr_refuse(ctx, "a tree of %u tasks", ctx->nr_tasks);
	if (k && !ctx->self)
		return cr_err(ctx, -EINVAL, "the caller is in the tree that it saves");
	return 0;
}

/**
 * cr_find_tree - look for tasks of the tree
 * @ctx: context
 * @root: the first process
 *
 * Entries of tasks that were known stay, in the order of now.
 *
 * Return: how many tasks are new, or an errno, which was logged.
 */
int cr_find_tree(struct cr_ctx *ctx, struct task_struct *root)
{
	struct cr_look l = { .ctx = ctx, .wanted = 1 };
	int ret;

	INIT_LIST_HEAD(&l.old);
	INIT_LIST_HEAD(&l.spare);
	do {
		list_splice_tail_init(&l.old, &ctx->tasks);
		ret = cr_look_prepare(&l);
		if (ret)
			break;
		read_lock(&tasklist_lock);
		cr_look_around(&l, root);
		read_unlock(&tasklist_lock);
	} while (l.wanted);
	cr_look_away(&l);
	if (!ret)
		ret = cr_check_size(ctx);
	ctx->root = list_first_entry_or_null(&ctx->tasks, struct cr_task, list);
	ctx->cur = ctx->root;
	return ret ?: l.fresh;
}

/* Is everybody who is in a group, or a session, in the tree? */
static bool cr_all_inside(struct cr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *p;
	bool inside = true;

	do_each_pid_task(pid, type, p) {
		if (!cr_task_of(ctx, p))
			inside = false;
	} while_each_pid_task(pid, type, p);
	return inside;
}

/*
 * A group or session is the tree's if its leader is, or if that one is gone and
 * everybody else in it is the tree's. Otherwise it lies outside, which is 0.
 */
static pid_t cr_group_nr(struct cr_ctx *ctx, struct pid *pid, enum pid_type type)
{
	struct task_struct *leader = pid_task(pid, PIDTYPE_TGID);

	if (leader ? !cr_task_of(ctx, leader) : !cr_all_inside(ctx, pid, type))
		return 0;
	return pid_vnr(pid);
}

static void cr_fill_tree_ent(struct cr_ctx *ctx, struct cr_task *k)
{
	struct task_struct *t = k->task, *parent;
	struct cr_tree_ent *e = &k->ent;

	e->pid = task_pid_vnr(t);
	e->tgid = task_tgid_vnr(t);
	parent = rcu_dereference_protected(t->real_parent, 1);
	if (k != ctx->root && k->leader == k) {
		k->parent = cr_task_of(ctx, parent);
		e->ppid = task_pid_vnr(parent);
	}
	e->pgid = cr_group_nr(ctx, task_pgrp(t), PIDTYPE_PGID);
	/* Who isn't in a group of the tree is where the restarter is. */
	if (e->pgid)
		e->sid = cr_group_nr(ctx, task_session(t), PIDTYPE_SID);
}

/**
 * cr_write_tree - serialise who is related to whom
 * @ctx: context; the tree is stopped
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_tree(struct cr_ctx *ctx)
{
	size_t len = ctx->nr_tasks * sizeof(struct cr_tree_ent);
	struct cr_tree_ent *ent = kvzalloc(len, GFP_KERNEL_ACCOUNT);
	struct cr_hdr_tree h = { .nr_tasks = ctx->nr_tasks };
	struct cr_task *k;
	u32 i = 0;
	int ret;

	if (!ent)
		return cr_err(ctx, -ENOMEM, "no memory for the tree");
	read_lock(&tasklist_lock);
	list_for_each_entry(k, &ctx->tasks, list) {
		cr_fill_tree_ent(ctx, k);
		ent[i++] = k->ent;
	}
	read_unlock(&tasklist_lock);
	ret = cr_write_obj2(ctx, CR_HDR_TREE, 0, &h, sizeof(h), ent, len);
	kvfree(ent);
	return ret;
}

/*
 * Restart.
 */

/**
 * cr_task_by_pid - look up the entry of a task at restart
 * @ctx: context
 * @pid: its number in the image
 *
 * Return: the entry, or NULL if there is none.
 */
struct cr_task *cr_task_by_pid(struct cr_ctx *ctx, pid_t pid)
{
	struct cr_task *k;

	hash_for_each_possible(ctx->task_hash, k, hash, (unsigned long)pid)
		if (k->ent.pid == pid)
			return k;
	return NULL;
}

static int cr_check_ent(struct cr_ctx *ctx, const struct cr_tree_ent *e)
{
	if (e->pid <= 0 || e->tgid <= 0 || e->ppid < 0 || e->pgid < 0 ||
	    e->sid < 0 || e->__reserved || cr_task_by_pid(ctx, e->pid))
		return cr_invalid(ctx, "bad pid, have %d", e->pid);
	if (e->sid == e->pid && e->pgid != e->pid)
		return cr_invalid(ctx, "bad group of a session leader, have %d",
				  e->pgid);
	return 0;
}

/* The entry before is of the same process, or an earlier one of the parent. */
static int cr_relate(struct cr_ctx *ctx, struct cr_task *k)
{
	const struct cr_tree_ent *e = &k->ent;
	struct cr_task *prev;

	if (e->tgid != e->pid) {
		prev = list_last_entry(&ctx->tasks, struct cr_task, list);
		if (list_empty(&ctx->tasks) || prev->leader->ent.pid != e->tgid ||
		    e->ppid || e->pgid != prev->ent.pgid ||
		    e->sid != prev->ent.sid)
			return cr_invalid(ctx, "bad thread %d of process %d",
					  e->pid, e->tgid);
		k->leader = prev->leader;
		k->parent = k->leader;
		return 0;
	}
	k->leader = k;
	k->parent = cr_task_by_pid(ctx, e->ppid);
	if (!!k->parent == list_empty(&ctx->tasks) || !!k->parent != !!e->ppid)
		return cr_invalid(ctx, "bad parent, have %d", e->ppid);
	return 0;
}

static int cr_enter_ent(struct cr_ctx *ctx, const struct cr_tree_ent *e)
{
	struct cr_task *k;
	int ret = cr_check_ent(ctx, e);

	if (ret)
		return ret;
	k = cr_task_new(ctx);
	if (!k)
		return cr_err(ctx, -ENOMEM, "no memory for a task");
	k->ent = *e;
	ret = cr_relate(ctx, k);
	if (ret) {
		cr_task_drop(k);
		return ret;
	}
	/* Threads and children are created by the leader. */
	if (k->parent)
		list_add_tail(&k->sibling, &k->parent->leader->children);
	list_add_tail(&k->list, &ctx->tasks);
	hash_add(ctx->task_hash, &k->hash, (unsigned long)e->pid);
	ctx->nr_tasks++;
	return 0;
}

/*
 * Processes of a group are in one session: the one that was seen first. Its
 * leader may have left a group, but no session. Numbers of threads are neither.
 */
static int cr_check_group(struct cr_ctx *ctx, const struct cr_tree_ent *e,
			  struct xarray *seen)
{
	struct cr_task *g = e->pgid ? cr_task_by_pid(ctx, e->pgid) : NULL;
	struct cr_task *s = e->sid ? cr_task_by_pid(ctx, e->sid) : NULL;
	void *sid = xa_mk_value(e->sid), *old = NULL;

	if (e->pgid)
		old = xa_cmpxchg(seen, e->pgid, NULL, sid, GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old))
		return cr_err(ctx, -ENOMEM, "no memory for a group");
	if ((g && g->leader != g) || (s && s->leader != s) ||
	    (s && s->ent.sid != e->sid) || (old && old != sid) ||
	    (e->sid && !e->pgid))
		return cr_invalid(ctx, "bad group %d or session %d of process %d",
				  e->pgid, e->sid, e->pid);
	return 0;
}

static int cr_check_groups(struct cr_ctx *ctx)
{
	struct cr_task *k;
	struct xarray seen;
	int ret = 0;

	xa_init_flags(&seen, XA_FLAGS_ACCOUNT);
	list_for_each_entry(k, &ctx->tasks, list) {
		ret = cr_check_group(ctx, &k->ent, &seen);
		if (ret)
			break;
	}
	xa_destroy(&seen);
	return ret;
}

/**
 * cr_read_tree - read who is related to whom
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_tree(struct cr_ctx *ctx)
{
	const struct cr_hdr_tree *h;
	const struct cr_rec *rec;
	u32 i;
	int ret = 0;

	rec = cr_read_obj(ctx, CR_HDR_TREE, sizeof(*h), CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->__reserved || !h->nr_tasks || h->nr_tasks > CR_TASKS_MAX ||
	    h->nr_tasks != ctx->head.nr_tasks ||
	    rec->len != struct_size(h, ent, h->nr_tasks))
		return cr_invalid(ctx, "bad number of tasks, have %u",
				  h->nr_tasks);
	cr_tasks_free(ctx);
	for (i = 0; i < h->nr_tasks && !ret; i++)
		ret = cr_enter_ent(ctx, &h->ent[i]);
	ctx->root = list_first_entry_or_null(&ctx->tasks, struct cr_task, list);
	ctx->cur = ctx->root;
	return ret ?: cr_check_groups(ctx);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "tree_test.c"
#endif
