// SPDX-License-Identifier: GPL-2.0-only
/*
 * File locks that are held: after the restart a process that doesn't hold them
 * must find them.
 */
#include <sys/file.h>
#include <sys/wait.h>

#include "cr_test.h"

static int fd;

static void lock(int cmd, short type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	cr_setup(!fcntl(fd, cmd, &fl), "fcntl");
}

/* Runs a probe in a child; locks of the process are not the child's. */
static bool in_child(bool (*probe)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	cr_check(pid >= 0, "fork: %m");
	if (!pid)
		_exit(probe(arg));
	cr_check(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "waitpid: %m");
	return WEXITSTATUS(status);
}

struct range {
	short type;
	off_t start, len;
};

/* True when a lock of the range is refused. */
static bool range_taken(void *arg)
{
	struct range *r = arg;
	struct flock fl = { .l_type = r->type, .l_whence = SEEK_SET, .l_start = r->start, .l_len = r->len };
	int other = open(cr_path("data"), O_RDWR);

	return other < 0 || (fcntl(other, F_OFD_SETLK, &fl) == -1 && errno == EAGAIN);
}

static void check_range(short type, off_t start, off_t len, bool want)
{
	struct range r = { type, start, len };

	cr_check(in_child(range_taken, &r) == want, "%s lock of %ld+%ld %s",
		 type == F_WRLCK ? "write" : "read", (long)start, (long)len,
		 want ? "is possible" : "is refused");
}

static void ranges(int cmd)
{
	fd = cr_open(cr_make_file("data", 4096, 1), O_RDWR);
	lock(cmd, F_WRLCK, 0, 100);
	lock(cmd, F_RDLCK, 200, 100);
	lock(cmd, F_WRLCK, 1000, 0);	/* to the end, wherever it will be */
	cr_ready();
	check_range(F_RDLCK, 0, 100, true);
	check_range(F_RDLCK, 99, 1, true);
	check_range(F_WRLCK, 100, 100, false);
	check_range(F_WRLCK, 200, 1, true);
	check_range(F_RDLCK, 200, 100, false);
	check_range(F_RDLCK, 1L << 40, 1, true);
	lock(cmd, F_UNLCK, 0, 100);
	check_range(F_WRLCK, 0, 100, false);
}

static void posix(void) { ranges(F_SETLK); }
static void ofd(void) { ranges(F_OFD_SETLK); }

static bool flock_taken(void *arg)
{
	int other = open(cr_path("data"), O_RDONLY);

	return other < 0 || (flock(other, *(int *)arg | LOCK_NB) == -1 && errno == EWOULDBLOCK);
}

static void check_flock(int op, bool want)
{
	cr_check(in_child(flock_taken, &op) == want, "flock %d %s", op, want ? "is possible" : "is refused");
}

static void flock_held(int op)
{
	fd = cr_open(cr_make_file("data", 4096, 1), O_RDWR);
	cr_setup(!flock(fd, op), "flock");
	cr_ready();
	check_flock(LOCK_EX, true);
	check_flock(LOCK_SH, op == LOCK_EX);
	cr_check(!flock(fd, LOCK_UN), "flock: %m");
	check_flock(LOCK_EX, false);
}

static void flock_ex(void) { flock_held(LOCK_EX); }
static void flock_sh(void) { flock_held(LOCK_SH); }

static const struct cr_variant variants[] = {
	{ "posix", posix }, { "ofd", ofd }, { "flock-ex", flock_ex }, { "flock-sh", flock_sh },
};

CR_VARIANTS(variants)
