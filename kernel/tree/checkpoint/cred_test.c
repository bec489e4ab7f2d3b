// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of cred.c.
 */
#include <kunit/checkpoint.h>

#define CR_CRED_GROUPS	4

struct cr_cred_rec {
	struct cr_hdr_cred h;
	u32 groups[CR_CRED_GROUPS];
};

static int cr_cred_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

static struct cred *cr_cred_of(struct cr_ctx *ctx, u32 ref)
{
	return cr_obj_get_by_ref(ctx, CR_OBJ_CRED, ref);
}

/* A record of what the test itself is: root, with every capability. */
static struct cr_cred_rec cr_cred_mine(void)
{
	struct cr_cred_rec r = { .h.objref = 1 };
	const struct cred *c = current_cred();

	r.h.securebits = c->securebits;
	r.h.cap_inheritable = cr_cap_save(c->cap_inheritable);
	r.h.cap_permitted = cr_cap_save(c->cap_permitted);
	r.h.cap_effective = cr_cap_save(c->cap_effective);
	r.h.cap_bset = cr_cap_save(c->cap_bset);
	r.h.cap_ambient = cr_cap_save(c->cap_ambient);
	return r;
}

static int cr_cred_read(struct kunit *test, struct cr_ctx *ctx,
			const struct cr_cred_rec *r, u32 groups)
{
	cr_kunit_feed(test, ctx, CR_HDR_CRED, r, sizeof(r->h) + groups * 4);
	return cr_read_cred(ctx);
}

#define AS_USER(expr)	CR_AS(user, expr)

/* CRED */

#define CRED(member, value, groups)					\
	(cr_kunit_forget(ctx), r = cr_cred_mine(),			\
	 r.h.member = (value), cr_cred_read(test, ctx, &r, groups))

static void cr_cred_test_read(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_cred_rec r = cr_cred_mine();
	struct cred *c;

	CR_EXPECT_OK(cr_cred_read(test, ctx, &r, 0));
	c = cr_cred_of(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	KUNIT_EXPECT_TRUE(test, uid_eq(c->uid, GLOBAL_ROOT_UID));
	KUNIT_EXPECT_EQ(test, c->cap_permitted.val, current_cred()->cap_permitted.val);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->usage), 1);
	CR_EXPECT_OK(CRED(nr_groups, 2, 2));
	CR_EXPECT_OK(CRED(nr_groups, 1, 2));
	CR_EXPECT_BAD(CRED(objref, 0, 0), "bad objref, have 0, want 1");
	CR_EXPECT_BAD(CRED(objref, 2, 0), "bad objref, have 2, want 1");
	CR_EXPECT_BAD(CRED(__reserved, 1, 0), "bad number of groups, have 0");
	CR_EXPECT_BAD(CRED(nr_groups, 0, 2), "bad number of groups, have 0");
	CR_EXPECT_BAD(CRED(nr_groups, 1, 0), "bad number of groups, have 1");
	CR_EXPECT_BAD(CRED(nr_groups, 1, 4), "bad number of groups, have 1");
	CR_EXPECT_BAD(CRED(nr_groups, 3, 2), "bad number of groups, have 3");
	CR_EXPECT_BAD(CRED(nr_groups, 65537, 2), "bad number of groups, have 65537");
	CR_EXPECT_BAD(CRED(nr_groups, ~0U, 2), "bad number of groups, have 4294967295");
	CR_EXPECT_BAD(CRED(uid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(euid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(suid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(fsuid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(gid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(egid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(sgid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(fsgid, ~0U, 0), "an id has no meaning here");
	CR_EXPECT_BAD(CRED(securebits, 1U << 31, 0), "bad securebits, have 0x80000000");
	CR_EXPECT_BAD(CRED(cap_permitted, 0, 0), "bad capability sets");
	CR_EXPECT_BAD(CRED(cap_ambient, 1, 0), "bad capability sets");
	CR_EXPECT_OK(CRED(cap_bset, 0, 0));
}

/* Tasks may differ, and none has any until its TASK says so. */
static void cr_cred_test_several(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_cred_rec r = cr_cred_mine();
	struct cred *first, *second;

	CR_EXPECT_OK(cr_cred_read(test, ctx, &r, 0));
	r.h.objref = 2;
	r.h.uid = 1000;
	CR_EXPECT_OK(cr_cred_read(test, ctx, &r, 0));
	first = cr_cred_of(ctx, 1);
	second = cr_cred_of(ctx, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);
	KUNIT_EXPECT_TRUE(test, uid_eq(first->uid, GLOBAL_ROOT_UID));
	KUNIT_EXPECT_TRUE(test, uid_eq(second->uid, KUIDT_INIT(1000)));
	KUNIT_EXPECT_NULL(test, ctx->cur->cred);
}

/* The padding of an odd number of groups is zero. */
static void cr_cred_test_padding(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_cred_rec r = cr_cred_mine();

	r.h.nr_groups = 1;
	r.groups[1] = 1;
	CR_EXPECT_BAD(cr_cred_read(test, ctx, &r, 2), "bad number of groups, have 1");
}

/* One group more than a task can have. */
static void cr_cred_test_too_many(struct kunit *test)
{
	const size_t len = sizeof(struct cr_hdr_cred) + (NGROUPS_MAX + 2) * 4;
	struct cr_hdr_cred *h = kunit_kzalloc(test, len, GFP_KERNEL);
	struct cr_ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, h);
	*h = cr_cred_mine().h;
	h->nr_groups = NGROUPS_MAX + 1;
	cr_kunit_feed(test, ctx, CR_HDR_CRED, h, len);
	CR_EXPECT_BAD(cr_read_cred(ctx), "bad number of groups, have 65537");
}

/* What is written is what is read. */
static void cr_cred_test_go_round(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_cred_rec r = cr_cred_mine(), back = { .h.objref = 1 };

	r.h.uid = 1000;
	r.h.gid = 2000;
	r.h.suid = 1001;
	r.h.sgid = 2001;
	r.h.euid = 1002;
	r.h.egid = 2002;
	r.h.fsuid = 1003;
	r.h.fsgid = 2003;
	r.h.securebits = SECBIT_KEEP_CAPS | SECBIT_NOROOT;
	r.h.cap_inheritable = BIT_ULL(CAP_CHOWN) | BIT_ULL(CAP_KILL);
	r.h.cap_permitted = BIT_ULL(CAP_CHOWN) | BIT_ULL(CAP_KILL) | BIT_ULL(CAP_SYS_TIME);
	r.h.cap_effective = BIT_ULL(CAP_SYS_TIME);
	r.h.cap_ambient = BIT_ULL(CAP_CHOWN);
	r.h.cap_bset = BIT_ULL(CAP_CHOWN) | BIT_ULL(CAP_SETUID);
	r.h.nr_groups = 3;
	r.groups[0] = 5;
	r.groups[1] = 7;
	r.groups[2] = 7;
	CR_EXPECT_OK(cr_cred_read(test, ctx, &r, 4));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cr_cred_of(ctx, 1));
	cr_fill_cred(cr_cred_of(ctx, 1), &back.h);
	KUNIT_EXPECT_MEMEQ(test, &back, &r, sizeof(r));
}

static int cr_cred_read_groups(struct cr_ctx *ctx, struct cred *c, u32 nr, u32 a,
			       u32 b, u32 d)
{
	struct cr_cred_rec r = { .h.nr_groups = nr, .groups = { a, b, d } };

	return cr_read_groups(ctx, &r.h, c);
}

#define GROUPS(...) cr_cred_read_groups(ctx, c, __VA_ARGS__)

static void cr_cred_test_groups(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cred *user = cr_kunit_user(test), *c = cr_kunit_user(test);

	CR_EXPECT_OK(GROUPS(0, 0, 0, 0));
	CR_EXPECT_OK(GROUPS(3, 4, 4, 5));
	KUNIT_EXPECT_EQ(test, c->group_info->ngroups, 3);
	CR_EXPECT_BAD(GROUPS(2, 5, 4, 0), "bad group, have 4");
	CR_EXPECT_BAD(GROUPS(3, 1, 5, 4), "bad group, have 4");
	CR_EXPECT_BAD(GROUPS(1, ~0U, 0, 0), "bad group, have 4294967295");
	KUNIT_EXPECT_EQ(test, c->group_info->ngroups, 3);
	/* Those that one has are nothing to ask for. */
	CR_EXPECT_OK(AS_USER(GROUPS(3, 4, 4, 5)));
	CR_EXPECT_ERR(AS_USER(GROUPS(3, 4, 4, 6)), -EPERM, "not allowed to set groups");
	CR_EXPECT_ERR(AS_USER(GROUPS(2, 4, 4, 0)), -EPERM, "not allowed to set groups");
	CR_EXPECT_ERR(AS_USER(GROUPS(0, 0, 0, 0)), -EPERM, "not allowed to set groups");
}

/* Real, effective, saved, and the one for files. */
static int cr_cred_set_uids(struct cr_ctx *ctx, const struct cred *old,
			    struct cred *c, u32 r, u32 e, u32 s, u32 f)
{
	struct cr_hdr_cred h = {
		.uid = r, .euid = e, .suid = s, .fsuid = f,
		.gid = 2000, .egid = 2000, .sgid = 2000, .fsgid = 2000,
	};

	return cr_set_ids(ctx, &h, old, c);
}

static int cr_cred_set_gids(struct cr_ctx *ctx, const struct cred *old,
			    struct cred *c, u32 r, u32 e, u32 s, u32 f)
{
	struct cr_hdr_cred h = {
		.uid = 1000, .euid = 1000, .suid = 1000, .fsuid = 1000,
		.gid = r, .egid = e, .sgid = s, .fsgid = f,
	};

	return cr_set_ids(ctx, &h, old, c);
}

#define UIDS(...) cr_cred_set_uids(ctx, user, c, __VA_ARGS__)
#define GIDS(...) cr_cred_set_gids(ctx, user, c, __VA_ARGS__)

/* One may become whom set*id() would make of one. */
static void cr_cred_test_ids(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cred *user = cr_kunit_user(test), *c = cr_kunit_cred(test);

	user->euid = KUIDT_INIT(1001);
	user->suid = KUIDT_INIT(1002);
	user->fsuid = KUIDT_INIT(1003);
	user->egid = KGIDT_INIT(2001);
	user->sgid = KGIDT_INIT(2002);
	user->fsgid = KGIDT_INIT(2003);
	user->gid = KGIDT_INIT(2000);
	CR_EXPECT_OK(AS_USER(UIDS(1000, 1001, 1002, 1002)));
	CR_EXPECT_OK(AS_USER(UIDS(1002, 1000, 1000, 1001)));
	CR_EXPECT_ERR(AS_USER(UIDS(0, 1001, 1002, 1000)), -EPERM,
		      "not allowed to be users 0, 1001, 1002 and 1000");
	CR_EXPECT_ERR(AS_USER(UIDS(1000, 0, 1002, 1000)), -EPERM,
		      "not allowed to be users 1000, 0, 1002 and 1000");
	CR_EXPECT_ERR(AS_USER(UIDS(1000, 1001, 1004, 1000)), -EPERM,
		      "not allowed to be users 1000, 1001, 1004 and 1000");
	CR_EXPECT_ERR(AS_USER(UIDS(1000, 1001, 1002, 1003)), -EPERM,
		      "not allowed to be users 1000, 1001, 1002 and 1003");
	CR_EXPECT_OK(AS_USER(GIDS(2000, 2001, 2002, 2002)));
	CR_EXPECT_ERR(AS_USER(GIDS(0, 2001, 2002, 2000)), -EPERM,
		      "not allowed to be groups 0, 2001, 2002 and 2000");
	CR_EXPECT_ERR(AS_USER(GIDS(2000, 0, 2002, 2000)), -EPERM,
		      "not allowed to be groups 2000, 0, 2002 and 2000");
	CR_EXPECT_ERR(AS_USER(GIDS(2000, 2001, 2004, 2000)), -EPERM,
		      "not allowed to be groups 2000, 2001, 2004 and 2000");
	CR_EXPECT_ERR(AS_USER(GIDS(2000, 2001, 2002, 2003)), -EPERM,
		      "not allowed to be groups 2000, 2001, 2002 and 2003");
	CR_EXPECT_OK(UIDS(7, 8, 9, 10));
	CR_EXPECT_OK(GIDS(7, 8, 9, 10));
	KUNIT_EXPECT_EQ(test, __kgid_val(c->fsgid), 10);
}

static int cr_cred_caps(struct cr_ctx *ctx, const struct cred *old, u64 i, u64 p,
			u64 e, u64 b, u64 a)
{
	struct cr_hdr_cred h = {
		.cap_inheritable = i, .cap_permitted = p, .cap_effective = e,
		.cap_bset = b, .cap_ambient = a,
	};
	struct cred c = { };

	return cr_set_caps(ctx, &h, old, &c);
}

#define CAPS(...) AS_USER(cr_cred_caps(ctx, user, __VA_ARGS__))
#define LACKS "capabilities that the caller lacks"

/* In the order of the record: inheritable, permitted, effective, bounding, ambient. */
static void cr_cred_test_caps(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cred *user = cr_kunit_user(test);

	user->cap_permitted.val = 0x3;
	user->cap_inheritable.val = 0x4;
	user->cap_bset.val = 0x1f;
	CR_EXPECT_OK(CAPS(0x4, 0x3, 0x3, 0x1f, 0));
	CR_EXPECT_OK(CAPS(0x7, 0x3, 0x0, 0x1f, 0));
	CR_EXPECT_OK(CAPS(0x0, 0x0, 0x0, 0x1f, 0));
	CR_EXPECT_OK(CAPS(0x1, 0x3, 0x0, 0x1f, 0x1));
	/* A set that no task can have. */
	CR_EXPECT_BAD(CAPS(0x4, 0x1, 0x3, 0x1f, 0), "bad capability sets");
	CR_EXPECT_BAD(CAPS(0x4, 0x3, 0x3, 0x1f, 0x4), "bad capability sets");
	CR_EXPECT_BAD(CAPS(0x4, 0x3, 0x3, 0x1f, 0x1), "bad capability sets");
	/* One that this caller can't have. */
	CR_EXPECT_ERR(CAPS(0x4, 0xb, 0x3, 0x1f, 0), -EPERM, LACKS);
	CR_EXPECT_ERR(CAPS(0xc, 0x3, 0x3, 0x1f, 0), -EPERM, LACKS);
	CR_EXPECT_ERR(CAPS(0x4, 0x3, 0x3, 0x3f, 0), -EPERM, LACKS);
	CR_EXPECT_ERR(CAPS(0x4, 0x3, 0x3, 0x0f, 0), -EPERM,
		      "not allowed to drop bounding capabilities");
	user->securebits = SECBIT_NO_CAP_AMBIENT_RAISE;
	CR_EXPECT_ERR(CAPS(0x1, 0x3, 0x0, 0x1f, 0x1), -EPERM,
		      "not allowed to raise ambient capabilities");
	CR_EXPECT_OK(CAPS(0x1, 0x3, 0x0, 0x1f, 0));
	/* CAP_SETPCAP: what is in the bounding set may be inherited, and dropped from it. */
	user->cap_permitted.val |= BIT_ULL(CAP_SETPCAP);
	user->cap_effective.val = BIT_ULL(CAP_SETPCAP);
	CR_EXPECT_OK(CAPS(0x1c, 0x3, 0x0, 0x1f, 0));
	CR_EXPECT_OK(CAPS(0x4, 0x3, 0x0, 0x1, 0));
	CR_EXPECT_ERR(CAPS(0x24, 0x3, 0x0, 0x1f, 0), -EPERM, LACKS);
	CR_EXPECT_ERR(CAPS(0x4, 0x3, 0x0, 0x3f, 0), -EPERM, LACKS);
}

static int cr_cred_bits(struct cr_ctx *ctx, struct cred *old, u32 have, u32 want)
{
	struct cred c = { .securebits = have };
	int ret;

	old->securebits = have;
	ret = cr_set_securebits(ctx, want, old, &c);
	if (!ret && c.securebits != want)
		return -EINVAL;
	return ret;
}

#define BITS(...) AS_USER(cr_cred_bits(ctx, user, __VA_ARGS__))
#define DENIED "not allowed to set securebits"

static void cr_cred_test_securebits(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cred *user = cr_kunit_user(test);

	CR_EXPECT_OK(BITS(0, 0));
	CR_EXPECT_OK(BITS(SECBIT_NOROOT, SECBIT_NOROOT));
	CR_EXPECT_ERR(BITS(0, SECBIT_NOROOT), -EPERM, DENIED);
	CR_EXPECT_BAD(BITS(0, 1U << 30), "bad securebits, have 0x40000000");
	cap_raise(user->cap_effective, CAP_SETPCAP);
	CR_EXPECT_OK(BITS(0, SECBIT_NOROOT));
	CR_EXPECT_OK(BITS(SECBIT_NOROOT, 0));
	CR_EXPECT_OK(BITS(SECBIT_NOROOT_LOCKED, SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS));
	CR_EXPECT_ERR(BITS(SECBIT_NOROOT_LOCKED, SECBIT_NOROOT_LOCKED | SECBIT_NOROOT), -EPERM,
		      DENIED);
	CR_EXPECT_ERR(BITS(SECBIT_NOROOT_LOCKED, 0), -EPERM, DENIED);
}

/* RLIMITS */

static int cr_cred_limit(struct kunit *test, struct cr_ctx *ctx, int i, u64 cur,
			 u64 max)
{
	struct cr_hdr_rlimits h;

	memset(&h, 0xff, sizeof(h));
	h.lim[i] = (struct cr_rlimit){ cur, max };
	ctx->cur->state.has_rlimits = false;
	cr_kunit_feed(test, ctx, CR_HDR_RLIMITS, &h, sizeof(h));
	return cr_read_rlimits(ctx);
}

#define LIMIT(...) cr_cred_limit(test, ctx, __VA_ARGS__)

static void cr_cred_test_rlimits(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(LIMIT(0, ~0ULL, ~0ULL));
	KUNIT_EXPECT_TRUE(test, ctx->cur->state.has_rlimits);
	CR_EXPECT_OK(LIMIT(RLIMIT_NOFILE, 1024, 4096));
	KUNIT_EXPECT_EQ(test, ctx->cur->state.rlimits.lim[RLIMIT_NOFILE].cur, 1024);
	KUNIT_EXPECT_EQ(test, ctx->cur->state.rlimits.lim[RLIMIT_NOFILE].max, 4096);
	CR_EXPECT_OK(LIMIT(15, 0, 0));
	CR_EXPECT_OK(LIMIT(15, 7, 7));
	CR_EXPECT_BAD(LIMIT(0, 1, 0), "bad limit 0, have 1 above 0");
	KUNIT_EXPECT_FALSE(test, ctx->cur->state.has_rlimits);
	CR_EXPECT_BAD(LIMIT(7, 4097, 4096), "bad limit 7, have 4097 above 4096");
	CR_EXPECT_BAD(LIMIT(15, ~0ULL, 5), "bad limit 15, have 18446744073709551615 above 5");
}

static struct kunit_case cr_cred_cases[] = {
	KUNIT_CASE(cr_cred_test_read),
	KUNIT_CASE(cr_cred_test_several),
	KUNIT_CASE(cr_cred_test_padding),
	KUNIT_CASE(cr_cred_test_too_many),
	KUNIT_CASE(cr_cred_test_go_round),
	KUNIT_CASE(cr_cred_test_groups),
	KUNIT_CASE(cr_cred_test_ids),
	KUNIT_CASE(cr_cred_test_caps),
	KUNIT_CASE(cr_cred_test_securebits),
	KUNIT_CASE(cr_cred_test_rlimits),
	{}
};

static struct kunit_suite cr_cred_suite = {
	.name = "checkpoint_cred",
	.init = cr_cred_init,
	.test_cases = cr_cred_cases,
};

kunit_test_suite(cr_cred_suite);
