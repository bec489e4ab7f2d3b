// SPDX-License-Identifier: GPL-2.0-only
/*
 * checkpoint(2) and restart(2): each errno of the calls alone. What is carried
 * is the business of a larger suite: this program's harness shares memory with
 * its children, which isn't.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/checkpoint.h>
#include <linux/types.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"

#ifndef __NR_checkpoint
#define __NR_checkpoint	633
#define __NR_restart	634
#endif

static long checkpoint(pid_t pid, int fd, unsigned long flags, void *args,
		       size_t size)
{
	return syscall(__NR_checkpoint, pid, fd, flags, args, size);
}

static long restart(int crid, int fd, unsigned long flags, void *args,
		    size_t size)
{
	return syscall(__NR_restart, crid, fd, flags, args, size);
}

#define EXPECT_ERR(err, call)		\
	do {				\
		EXPECT_EQ(-1, (call));	\
		EXPECT_EQ(err, errno);	\
	} while (0)

static struct checkpoint_args cargs(void)
{
	return (struct checkpoint_args){ .log_fd = -1, .parent = -1 };
}

static struct restart_args rargs(void)
{
	return (struct restart_args){ .log_fd = -1 };
}

FIXTURE(calls) {
	int rw;
	int ro;
};

FIXTURE_SETUP(calls)
{
	if (access("/sys/kernel/checkpoint/format", F_OK))
		SKIP(return, "the calls aren't built in");
	self->rw = memfd_create("image", MFD_CLOEXEC);
	ASSERT_LE(0, self->rw);
	self->ro = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->ro);
}

FIXTURE_TEARDOWN(calls)
{
	close(self->rw);
	close(self->ro);
}

TEST_F(calls, unknown_flags)
{
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, 1UL << 31, NULL, 0));
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, 1UL << 63, NULL, 0));
	EXPECT_ERR(EINVAL, restart(0, self->rw, 1UL << 31, NULL, 0));
	EXPECT_ERR(EINVAL, restart(0, self->rw, 1UL << 63, NULL, 0));
}

TEST_F(calls, contradicting_flags)
{
	EXPECT_ERR(EINVAL, checkpoint(1, self->rw,
				      CHECKPOINT_KILL | CHECKPOINT_STOP,
				      NULL, 0));
	EXPECT_ERR(EINVAL, checkpoint(1, self->rw, CHECKPOINT_DRYRUN, NULL, 0));
	EXPECT_ERR(EINVAL, checkpoint(1, -1,
				      CHECKPOINT_DRYRUN | CHECKPOINT_KILL,
				      NULL, 0));
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, CHECKPOINT_KILL, NULL, 0));
	EXPECT_ERR(EINVAL, restart(0, self->rw, RESTART_NEWPIDS, NULL, 0));
	EXPECT_ERR(EINVAL, restart(3, self->rw, 0, NULL, 0));
}

TEST_F(calls, not_built_in)
{
	EXPECT_ERR(EOPNOTSUPP, checkpoint(0, self->rw, CHECKPOINT_KEEP,
					  NULL, 0));
	EXPECT_ERR(EOPNOTSUPP, checkpoint(0, self->rw, CHECKPOINT_LEAKCHECK,
					  NULL, 0));
	EXPECT_ERR(EOPNOTSUPP, restart(0, self->rw, RESTART_LAZY, NULL, 0));
	EXPECT_ERR(EOPNOTSUPP, restart(3, -1, 0, NULL, 0));
}

TEST_F(calls, pids)
{
	EXPECT_ERR(EINVAL, checkpoint(-1, self->rw, 0, NULL, 0));
	EXPECT_ERR(ESRCH, checkpoint(0x3fffff, self->rw, 0, NULL, 0));
	EXPECT_ERR(EPERM, checkpoint(2, self->rw, 0, NULL, 0));
}

TEST_F(calls, descriptors)
{
	EXPECT_ERR(EBADF, checkpoint(0, -1, 0, NULL, 0));
	EXPECT_ERR(EBADF, checkpoint(0, 1000, 0, NULL, 0));
	EXPECT_ERR(EBADF, checkpoint(0, self->ro, 0, NULL, 0));
	EXPECT_ERR(EBADF, restart(0, -1, 0, NULL, 0));
	EXPECT_ERR(EBADF, restart(0, 1000, 0, NULL, 0));
}

TEST_F(calls, checkpoint_args_size)
{
	struct {
		struct checkpoint_args args;
		char tail[64];
	} big = { .args = cargs() };
	size_t size = sizeof(big.args);

	EXPECT_ERR(EINVAL, checkpoint(0, -1, CHECKPOINT_ARGS, &big, 0));
	EXPECT_ERR(EINVAL, checkpoint(0, -1, CHECKPOINT_ARGS, &big, size - 1));
	EXPECT_ERR(E2BIG, checkpoint(0, -1, CHECKPOINT_ARGS, &big, 1UL << 20));
	EXPECT_ERR(EFAULT, checkpoint(0, -1, CHECKPOINT_ARGS, NULL, size));
	/* From the future: fine when it is zero. */
	EXPECT_ERR(EBADF, checkpoint(0, -1, CHECKPOINT_ARGS, &big, sizeof(big)));
	big.tail[63] = 1;
	EXPECT_ERR(E2BIG, checkpoint(0, -1, CHECKPOINT_ARGS, &big, sizeof(big)));
	/* Without the flag nobody looks. */
	EXPECT_ERR(EBADF, checkpoint(0, -1, 0, (void *)8, 3));
}

TEST_F(calls, restart_args_size)
{
	struct {
		struct restart_args args;
		char tail[64];
	} big = { .args = rargs() };
	size_t size = sizeof(big.args);

	EXPECT_ERR(EINVAL, restart(0, -1, RESTART_ARGS, &big, 0));
	EXPECT_ERR(EINVAL, restart(0, -1, RESTART_ARGS, &big, size - 1));
	EXPECT_ERR(E2BIG, restart(0, -1, RESTART_ARGS, &big, 1UL << 20));
	EXPECT_ERR(EFAULT, restart(0, -1, RESTART_ARGS, NULL, size));
	EXPECT_ERR(EBADF, restart(0, -1, RESTART_ARGS, &big, sizeof(big)));
	big.tail[0] = 1;
	EXPECT_ERR(E2BIG, restart(0, -1, RESTART_ARGS, &big, sizeof(big)));
}

TEST_F(calls, checkpoint_args_fields)
{
	struct checkpoint_args a;

	a = cargs();
	a.flags = 1ULL << 40;
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, CHECKPOINT_ARGS, &a,
				      sizeof(a)));
	a = cargs();
	a.__reserved = 1;
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, CHECKPOINT_ARGS, &a,
				      sizeof(a)));
	a = cargs();
	a.log_fd = 1000;
	EXPECT_ERR(EBADF, checkpoint(0, self->rw, CHECKPOINT_ARGS, &a,
				     sizeof(a)));
	a = cargs();
	a.nr_outside = CHECKPOINT_MAX_OUTSIDE + 1;
	EXPECT_ERR(EINVAL, checkpoint(0, self->rw, CHECKPOINT_ARGS, &a,
				      sizeof(a)));
	a = cargs();
	a.nr_outside = 1;
	EXPECT_ERR(EFAULT, checkpoint(0, self->rw, CHECKPOINT_ARGS, &a,
				      sizeof(a)));
}

TEST_F(calls, restart_args_fields)
{
	struct restart_args a;

	a = rargs();
	a.flags = 1ULL << 40;
	EXPECT_ERR(EINVAL, restart(0, self->rw, RESTART_ARGS, &a, sizeof(a)));
	a = rargs();
	a.pid_policy = 7;
	EXPECT_ERR(EINVAL, restart(0, self->rw, RESTART_ARGS, &a, sizeof(a)));
	a = rargs();
	a.clock_policy = 7;
	EXPECT_ERR(EINVAL, restart(0, self->rw, RESTART_ARGS, &a, sizeof(a)));
	a = rargs();
	a.nr_inherit = 1;
	EXPECT_ERR(EFAULT, restart(0, self->rw, RESTART_ARGS, &a, sizeof(a)));
}

TEST_F(calls, images)
{
	char junk[4096];

	EXPECT_ERR(ENODATA, restart(0, self->rw, 0, NULL, 0));
	memset(junk, 0x5a, sizeof(junk));
	ASSERT_EQ((ssize_t)sizeof(junk), write(self->rw, junk, sizeof(junk)));
	ASSERT_EQ(0, lseek(self->rw, 0, SEEK_SET));
	EXPECT_ERR(EBADMSG, restart(0, self->rw, 0, NULL, 0));
}

TEST_F(calls, permission)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(65534))
			_exit(2);
		if (checkpoint(0, self->rw, 0, NULL, 0) != -1 || errno != EPERM)
			_exit(3);
		if (restart(0, self->rw, 0, NULL, 0) != -1 || errno != EPERM)
			_exit(4);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
