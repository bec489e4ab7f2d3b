// SPDX-License-Identifier: GPL-2.0-only
/* Credentials: ids, groups, capability sets, securebits. */
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "cr_test.h"

static void check_ids(const uid_t want[4], const gid_t gwant[4])
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	cr_check(!getresuid(&r, &e, &s) && !getresgid(&gr, &ge, &gs), "getresuid: %m");
	cr_check(r == want[0] && e == want[1] && s == want[2], "uids %u %u %u", r, e, s);
	cr_check(gr == gwant[0] && ge == gwant[1] && gs == gwant[2], "gids %u %u %u", gr, ge, gs);
	cr_check((uid_t)setfsuid(-1) == want[3] && (gid_t)setfsgid(-1) == gwant[3],
		 "fsuid %d, fsgid %d", setfsuid(-1), setfsgid(-1));
}

/* All eight ids differ; the effective user stays root. */
static void ids(void)
{
	static const uid_t u[4] = { 1001, 0, 1003, 1004 };
	static const gid_t g[4] = { 2001, 2002, 2003, 2004 };

	cr_setup(!setresgid(g[0], g[1], g[2]), "setresgid");
	setfsgid(g[3]);
	cr_setup(!setresuid(u[0], u[1], u[2]), "setresuid");
	setfsuid(u[3]);
	cr_say_ready();
	cr_wait_order();
	check_ids(u, g);
}

/* A user like any other: without capabilities and not dumpable. */
static void user(void)
{
	static const uid_t u[4] = { 1001, 1001, 1001, 1001 };
	static const gid_t g[4] = { 2001, 2001, 2001, 2001 };
	int fd;

	cr_setup(!setgroups(0, NULL) && !setresgid(g[0], g[1], g[2]) &&
		 !setresuid(u[0], u[1], u[2]), "setresuid");
	/* That made it undumpable; it may have its own program's rights back. */
	cr_setup(!prctl(PR_SET_DUMPABLE, 1), "PR_SET_DUMPABLE");
	cr_say_ready();
	cr_wait_order();
	check_ids(u, g);
	cr_check(setresuid(0, 0, 0) == -1 && errno == EPERM, "became root again");
	fd = open("/dev/kmsg", O_WRONLY);
	cr_check(fd == -1 && errno != ENOENT, "opens /dev/kmsg");
}

static void groups(void)
{
	static const gid_t want[] = { 5, 77, 1000, 65534, 100000, 4000000000U };
	gid_t have[16];
	size_t i;
	int n;

	cr_setup(!setgroups(CR_ARRAY_SIZE(want), want), "setgroups");
	cr_ready();
	n = getgroups(CR_ARRAY_SIZE(have), have);
	cr_check(n == CR_ARRAY_SIZE(want), "%d groups", n);
	for (i = 0; i < CR_ARRAY_SIZE(want); i++)
		cr_check(have[i] == want[i], "group %zu is %u, want %u", i, have[i], want[i]);
}

static void many_groups(void)
{
	static gid_t want[5000], have[5000];
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(want); i++)
		want[i] = 3 * i + 1;
	cr_setup(!setgroups(CR_ARRAY_SIZE(want), want), "setgroups");
	cr_ready();
	cr_check(getgroups(CR_ARRAY_SIZE(have), have) == CR_ARRAY_SIZE(want), "getgroups: %m");
	cr_check(!memcmp(have, want, sizeof(want)), "groups differ");
}

struct caps {
	struct __user_cap_data_struct data[2];
};

static void get_caps(struct caps *c)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };

	cr_setup(!syscall(SYS_capget, &h, c->data), "capget");
}

static void set_caps(const struct caps *c)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };

	cr_setup(!syscall(SYS_capset, &h, c->data), "capset");
}

/* Permitted, effective and inheritable differ from each other. */
static void caps(void)
{
	struct caps want = { 0 }, have;

	want.data[0].permitted = 1 << CAP_CHOWN | 1 << CAP_KILL | 1 << CAP_SYS_ADMIN;
	want.data[0].effective = 1 << CAP_KILL | 1 << CAP_SYS_ADMIN;
	want.data[0].inheritable = 1 << CAP_CHOWN;
	want.data[1].permitted = want.data[1].effective = 1 << (CAP_CHECKPOINT_RESTORE - 32);
	set_caps(&want);
	cr_ready();
	get_caps(&have);
	cr_check(!memcmp(&have, &want, sizeof(want)), "permitted %#x, effective %#x, inheritable %#x",
		 have.data[0].permitted, have.data[0].effective, have.data[0].inheritable);
}

static void bset(void)
{
	cr_setup(!prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT), "PR_CAPBSET_DROP");
	cr_ready();
	cr_check(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT) == 0, "CAP_SYS_BOOT is back");
	cr_check(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1, "CAP_SYS_ADMIN is gone");
}

static void ambient(void)
{
	struct caps c;

	get_caps(&c);
	c.data[0].inheritable = 1 << CAP_KILL;
	set_caps(&c);
	cr_setup(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), "PR_CAP_AMBIENT_RAISE");
	cr_ready();
	cr_check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 1, "CAP_KILL is lost");
	cr_check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) == 0, "CAP_CHOWN is new");
}

static void securebits(void)
{
	int want = SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
	int have;

	cr_setup(!prctl(PR_SET_SECUREBITS, want), "PR_SET_SECUREBITS");
	cr_ready();
	have = prctl(PR_GET_SECUREBITS);
	cr_check(have == want, "securebits %#x, want %#x", have, want);
}

static const struct cr_variant variants[] = {
	{ "ids", ids }, { "user", user }, { "groups", groups }, { "many-groups", many_groups },
	{ "caps", caps }, { "bset", bset }, { "ambient", ambient }, { "securebits", securebits },
};

CR_VARIANTS(variants)
