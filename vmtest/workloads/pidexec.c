// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidexec PID PROGRAM [ARGUMENT]...: starts a program with the pid given and
 * ends; the program goes on as the subreaper's child.
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	pid_t want;
	long pid;

	if (argc < 3)
		return 2;
	want = atoi(argv[1]);
	args.set_tid = (uintptr_t)&want;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0) {
		perror("clone3");
		return 1;
	}
	if (pid)
		_exit(0);
	execv(argv[2], argv + 2);
	perror(argv[2]);
	_exit(127);
}
