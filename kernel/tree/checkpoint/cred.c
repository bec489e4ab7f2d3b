// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: credentials and resource limits.
 *
 * Restart changes credentials only as the restarter could by set*id(),
 * setgroups(), capset() and prctl().
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/securebits.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "internal.h"

static u64 cr_cap_save(kernel_cap_t cap)
{
	return cap.val;
}

static void cr_fill_cred(const struct cred *c, struct cr_hdr_cred *h)
{
	struct user_namespace *ns = current_user_ns();
	u32 i;

	h->uid = from_kuid_munged(ns, c->uid);
	h->gid = from_kgid_munged(ns, c->gid);
	h->suid = from_kuid_munged(ns, c->suid);
	h->sgid = from_kgid_munged(ns, c->sgid);
	h->euid = from_kuid_munged(ns, c->euid);
	h->egid = from_kgid_munged(ns, c->egid);
	h->fsuid = from_kuid_munged(ns, c->fsuid);
	h->fsgid = from_kgid_munged(ns, c->fsgid);
	h->securebits = c->securebits;
	h->cap_inheritable = cr_cap_save(c->cap_inheritable);
	h->cap_permitted = cr_cap_save(c->cap_permitted);
	h->cap_effective = cr_cap_save(c->cap_effective);
	h->cap_bset = cr_cap_save(c->cap_bset);
	h->cap_ambient = cr_cap_save(c->cap_ambient);
	h->nr_groups = c->group_info->ngroups;
	for (i = 0; i < h->nr_groups; i++)
		h->groups[i] = from_kgid_munged(ns, c->group_info->gid[i]);
}

/**
 * cr_write_cred - serialise credentials
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_cred(struct cr_ctx *ctx, struct task_struct *t)
{
	const struct cred *c = get_task_cred(t);
	u32 n = ALIGN(c->group_info->ngroups, 2);
	struct cr_hdr_cred *h;
	int ret;

	h = kvzalloc(struct_size(h, groups, n), GFP_KERNEL_ACCOUNT);
	if (!h) {
		put_cred(c);
		return cr_err(ctx, -ENOMEM, "no memory for credentials");
	}
	ret = cr_obj_add_ptr(ctx, CR_OBJ_CRED, (void *)c, &h->objref);
	if (ret > 0) {
		cr_fill_cred(c, h);
		ret = cr_write_obj(ctx, CR_HDR_CRED, 0, h,
				   struct_size(h, groups, n));
	}
	kvfree(h);
	put_cred(c);
	return ret;
}

/**
 * cr_write_rlimits - serialise resource limits
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_rlimits(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_rlimits h;
	int i;

	BUILD_BUG_ON(CR_NR_RLIMITS != RLIM_NLIMITS);
	if (!thread_group_leader(t))
		return 0;
	task_lock(t->group_leader);
	for (i = 0; i < CR_NR_RLIMITS; i++) {
		h.lim[i].cur = t->signal->rlim[i].rlim_cur;
		h.lim[i].max = t->signal->rlim[i].rlim_max;
	}
	task_unlock(t->group_leader);
	return cr_write_obj(ctx, CR_HDR_RLIMITS, 0, &h, sizeof(h));
}

/*
 * Restart.
 */

static int cr_read_groups(struct cr_ctx *ctx, const struct cr_hdr_cred *h,
			  struct cred *c)
{
	struct user_namespace *ns = current_user_ns();
	struct group_info *gi;
	bool same;
	u32 i;
	int ret;

	gi = groups_alloc(h->nr_groups);
	if (!gi)
		return cr_err(ctx, -ENOMEM, "no memory for groups");
	same = h->nr_groups == c->group_info->ngroups;
	for (i = 0; i < h->nr_groups; i++) {
		gi->gid[i] = make_kgid(ns, h->groups[i]);
		if (!gid_valid(gi->gid[i]) ||
		    (i && gid_lt(gi->gid[i], gi->gid[i - 1]))) {
			put_group_info(gi);
			return cr_invalid(ctx, "bad group, have %u",
					  h->groups[i]);
		}
		if (same && !gid_eq(gi->gid[i], c->group_info->gid[i]))
			same = false;
	}
	if (!same && !may_setgroups()) {
		put_group_info(gi);
		return cr_err(ctx, -EPERM, "not allowed to set groups");
	}
	set_groups(c, gi);
	put_group_info(gi);
	ret = same ? 0 : security_task_fix_setgroups(c, current_cred());
	if (ret)
		return cr_err(ctx, ret, "a security module denies the groups");
	return 0;
}

static bool cr_uid_ok(const struct cred *old, kuid_t uid)
{
	return uid_eq(uid, old->uid) || uid_eq(uid, old->euid) ||
	       uid_eq(uid, old->suid) ||
	       ns_capable_setid(old->user_ns, CAP_SETUID);
}

static bool cr_gid_ok(const struct cred *old, kgid_t gid)
{
	return gid_eq(gid, old->gid) || gid_eq(gid, old->egid) ||
	       gid_eq(gid, old->sgid) ||
	       ns_capable_setid(old->user_ns, CAP_SETGID);
}

static int cr_set_ids(struct cr_ctx *ctx, const struct cr_hdr_cred *h,
		      const struct cred *old, struct cred *c)
{
	struct user_namespace *ns = current_user_ns();

	c->uid = make_kuid(ns, h->uid);
	c->euid = make_kuid(ns, h->euid);
	c->suid = make_kuid(ns, h->suid);
	c->fsuid = make_kuid(ns, h->fsuid);
	c->gid = make_kgid(ns, h->gid);
	c->egid = make_kgid(ns, h->egid);
	c->sgid = make_kgid(ns, h->sgid);
	c->fsgid = make_kgid(ns, h->fsgid);
	if (!uid_valid(c->uid) || !uid_valid(c->euid) || !uid_valid(c->suid) ||
	    !uid_valid(c->fsuid) || !gid_valid(c->gid) ||
	    !gid_valid(c->egid) || !gid_valid(c->sgid) || !gid_valid(c->fsgid))
		return cr_invalid(ctx, "an id has no meaning here");
	if (!cr_uid_ok(old, c->uid) || !cr_uid_ok(old, c->euid) ||
	    !cr_uid_ok(old, c->suid) || !cr_uid_ok(old, c->fsuid))
		return cr_err(ctx, -EPERM, "not allowed to be users %u, %u, %u and %u",
			      h->uid, h->euid, h->suid, h->fsuid);
	if (!cr_gid_ok(old, c->gid) || !cr_gid_ok(old, c->egid) ||
	    !cr_gid_ok(old, c->sgid) || !cr_gid_ok(old, c->fsgid))
		return cr_err(ctx, -EPERM, "not allowed to be groups %u, %u, %u and %u",
			      h->gid, h->egid, h->sgid, h->fsgid);
	return 0;
}

/* A module may object; what it does to capabilities is overwritten. */
static int cr_ask_setid(struct cr_ctx *ctx, const struct cred *old,
			struct cred *c)
{
	int ret = security_task_fix_setuid(c, old, LSM_SETID_RES);

	if (!ret)
		ret = security_task_fix_setgid(c, old, LSM_SETID_RES);
	if (ret)
		return cr_err(ctx, ret, "a security module denies the ids");
	return 0;
}

static kernel_cap_t cr_cap(u64 val)
{
	return (kernel_cap_t){ val & CAP_VALID_MASK };
}

/* The rules of capset(), PR_CAPBSET_DROP and PR_CAP_AMBIENT. */
static int cr_set_caps(struct cr_ctx *ctx, const struct cr_hdr_cred *h,
		       const struct cred *old, struct cred *c)
{
	bool setpcap = ns_capable(old->user_ns, CAP_SETPCAP);
	kernel_cap_t i = cr_cap(h->cap_inheritable);
	kernel_cap_t p = cr_cap(h->cap_permitted);
	kernel_cap_t e = cr_cap(h->cap_effective);
	kernel_cap_t b = cr_cap(h->cap_bset);
	kernel_cap_t a = cr_cap(h->cap_ambient);
	kernel_cap_t limit;

	if (!cap_issubset(e, p) || !cap_issubset(a, cap_intersect(p, i)))
		return cr_invalid(ctx, "bad capability sets");
	if ((h->cap_inheritable | h->cap_permitted | h->cap_effective |
	     h->cap_bset | h->cap_ambient) & ~CAP_VALID_MASK)
		return cr_err(ctx, -EPROTO, "capabilities that this kernel doesn't know");
	limit = cap_combine(old->cap_inheritable, setpcap ? old->cap_bset :
			    old->cap_permitted);
	if (!cap_issubset(p, old->cap_permitted) ||
	    !cap_issubset(i, cap_combine(limit, old->cap_permitted)) ||
	    !cap_issubset(b, old->cap_bset))
		return cr_err(ctx, -EPERM, "capabilities that the caller lacks");
	if (!cap_issubset(old->cap_bset, b) && !setpcap)
		return cr_err(ctx, -EPERM, "not allowed to drop bounding capabilities");
	if (!cap_issubset(a, old->cap_ambient) &&
	    issecure(SECURE_NO_CAP_AMBIENT_RAISE))
		return cr_err(ctx, -EPERM, "not allowed to raise ambient capabilities");
	c->cap_inheritable = i;
	c->cap_permitted = p;
	c->cap_effective = e;
	c->cap_bset = b;
	c->cap_ambient = a;
	return 0;
}

/* The rules of PR_SET_SECUREBITS. */
static int cr_set_securebits(struct cr_ctx *ctx, u32 bits,
			     const struct cred *old, struct cred *c)
{
	u32 locked = old->securebits & SECURE_ALL_LOCKS;

	if (bits & ~(SECURE_ALL_LOCKS | SECURE_ALL_BITS))
		return cr_invalid(ctx, "bad securebits, have 0x%x", bits);
	if (bits == old->securebits)
		return 0;
	if ((locked >> 1) & (old->securebits ^ bits) || locked & ~bits ||
	    !ns_capable(old->user_ns, CAP_SETPCAP))
		return cr_err(ctx, -EPERM, "not allowed to set securebits");
	c->securebits = bits;
	return 0;
}

static int cr_fill_new_cred(struct cr_ctx *ctx, const struct cr_hdr_cred *h,
			    struct cred *c)
{
	const struct cred *old = current_cred();
	int ret;

	ret = cr_read_groups(ctx, h, c);
	if (!ret)
		ret = cr_set_ids(ctx, h, old, c);
	if (!ret)
		ret = cr_ask_setid(ctx, old, c);
	if (!ret)
		ret = cr_set_caps(ctx, h, old, c);
	if (!ret)
		ret = cr_set_securebits(ctx, h->securebits, old, c);
	if (ret)
		return ret;
	ret = security_capset(c, old, &c->cap_effective, &c->cap_inheritable,
			      &c->cap_permitted);
	if (ret)
		return cr_err(ctx, ret, "not allowed to set capabilities");
	/* The capability module has set c's sets and dropped ambient ones. */
	c->cap_ambient = cr_cap(h->cap_ambient);
	if (!uid_eq(c->uid, old->uid)) {
		ret = set_user(c);
		if (ret)
			return cr_err(ctx, ret, "can't account user %u", h->uid);
	}
	return set_cred_ucounts(c);
}

/**
 * cr_read_cred - read credentials and check that the caller may have them
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_cred(struct cr_ctx *ctx)
{
	const struct cr_hdr_cred *h;
	const struct cr_rec *rec;
	struct cred *cred;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_CRED, sizeof(*h), CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->__reserved || h->nr_groups > NGROUPS_MAX ||
	    rec->len != struct_size(h, groups, ALIGN(h->nr_groups, 2)) ||
	    (h->nr_groups % 2 && h->groups[h->nr_groups]))
		return cr_invalid(ctx, "bad number of groups, have %u",
				  h->nr_groups);
	cred = prepare_creds();
	if (!cred)
		return cr_err(ctx, -ENOMEM, "no memory for credentials");
	ret = cr_obj_add_ref(ctx, CR_OBJ_CRED, h->objref, cred);
	if (ret)
		put_cred(cred);
	return ret ?: cr_fill_new_cred(ctx, h, cred);
}

/**
 * cr_apply_cred - give current the credentials of the image
 * @ctx: context
 *
 * Return: 0.
 */
int cr_apply_cred(struct cr_ctx *ctx)
{
	if (ctx->cur->state.task.flags & CR_TASK_F_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	flag_nproc_exceeded(ctx->cur->cred);
	commit_creds((struct cred *)get_cred(ctx->cur->cred));
	return 0;
}

/**
 * cr_read_rlimits - read resource limits
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_rlimits(struct cr_ctx *ctx)
{
	struct cr_hdr_rlimits *h = &ctx->cur->state.rlimits;
	const struct cr_rec *rec;
	int i;

	rec = cr_read_obj(ctx, CR_HDR_RLIMITS, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_rlimits *)rec->data;
	for (i = 0; i < CR_NR_RLIMITS; i++)
		if (h->lim[i].cur > h->lim[i].max)
			return cr_invalid(ctx, "bad limit %d, have %llu above %llu",
					  i, h->lim[i].cur, h->lim[i].max);
	ctx->cur->state.has_rlimits = true;
	return 0;
}

/**
 * cr_apply_rlimits - give current the limits of the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_rlimits(struct cr_ctx *ctx)
{
	struct rlimit new;
	int i, ret;

	for (i = 0; i < CR_NR_RLIMITS; i++) {
		new.rlim_cur = ctx->cur->state.rlimits.lim[i].cur;
		new.rlim_max = ctx->cur->state.rlimits.lim[i].max;
		ret = do_prlimit(current, i, &new, NULL);
		if (ret)
			return cr_err(ctx, ret, "not allowed to set limit %d", i);
	}
	return 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "cred_test.c"
#endif
