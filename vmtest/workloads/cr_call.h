/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two calls, for workloads that make them themselves and have a child as
 * their target. Descriptors 0 to 2 lie outside and are passed on; the image and
 * the log, which has the last call's messages, are in memory.
 */
#ifndef CR_CALL_H
#define CR_CALL_H

#include <sys/wait.h>

#include "cr_test.h"

static int cr_image = -1, cr_log = -1;

/* A target that is made later has these, too: as the image and the log. */
static CR_UNUSED void cr_open_image(void)
{
	cr_image = memfd_create("image", MFD_CLOEXEC);
	cr_log = memfd_create("log", MFD_CLOEXEC);
	cr_setup(cr_image >= 0 && cr_log >= 0, "memfd_create");
}

static CR_UNUSED const char *cr_messages(void)
{
	static char text[4096];
	ssize_t n = pread(cr_log, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static CR_UNUSED void cr_rewind(int fd, bool empty)
{
	cr_setup(!lseek(fd, 0, SEEK_SET) && (!empty || !ftruncate(fd, 0)), "lseek");
}

/* Into the image, or nowhere with CHECKPOINT_DRYRUN. */
static CR_UNUSED long cr_checkpoint(pid_t pid, unsigned long flags)
{
	int outside[] = { 0, 1, 2 };
	struct checkpoint_args ca = {
		.log_fd = cr_log,
		.parent = -1,
		.nr_outside = CR_ARRAY_SIZE(outside),
		.outside = (uintptr_t)outside,
	};

	cr_rewind(cr_log, true);
	if (flags & CHECKPOINT_DRYRUN)
		return syscall(__NR_checkpoint, pid, -1, flags | CHECKPOINT_ARGS, &ca, sizeof(ca));
	cr_rewind(cr_image, true);
	return syscall(__NR_checkpoint, pid, cr_image, flags | CHECKPOINT_ARGS, &ca, sizeof(ca));
}

static CR_UNUSED long cr_restart(unsigned long flags)
{
	struct restart_fdmap map[] = { { 0, 0 }, { 1, 1 }, { 2, 2 } };
	struct restart_args ra = {
		.log_fd = cr_log,
		.nr_inherit = CR_ARRAY_SIZE(map),
		.inherit = (uintptr_t)map,
	};

	cr_rewind(cr_log, true);
	cr_rewind(cr_image, false);
	return syscall(__NR_restart, 0, cr_image, flags | RESTART_ARGS, &ra, sizeof(ra));
}

static CR_UNUSED pid_t cr_fork(void)
{
	pid_t pid = fork();

	cr_setup(pid >= 0, "fork");
	return pid;
}

/* Takes the status of a child, whatever signal it ends with. */
static CR_UNUSED int cr_status(pid_t pid)
{
	int status;

	cr_check(waitpid(pid, &status, __WALL) == pid, "waitpid %d: %m", pid);
	return status;
}

/* Who goes on with a program's check lets it know by a file. */
static CR_UNUSED void cr_go(const char *name)
{
	close(cr_open(cr_path(name), O_WRONLY | O_CREAT));
}

#endif /* CR_CALL_H */
