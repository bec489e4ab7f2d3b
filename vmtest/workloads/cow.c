// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program whose memory is shared copy-on-write with its parent, which lies
 * outside of the tree and writes to it meanwhile.
 */
#include <sys/wait.h>

#include "cr_test.h"

#define LEN	(2UL << 20)

int main(void)
{
	char *p = cr_mmap(NULL, LEN, PROT_READ | PROT_WRITE, 0);
	pid_t pid;

	cr_fill(p, LEN, 1);
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid) {
		/* Ends with the original: the copy is nobody's child here. */
		cr_fill(p, LEN / 2, 2);
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	cr_fill(p + LEN / 4, LEN / 4, 3);
	cr_ready();
	cr_check_fill(p, LEN / 4, 1);
	cr_check_fill(p + LEN / 4, LEN / 4, 3);
	cr_check_fill(p + LEN / 2, LEN / 2, 1 + LEN / 16);
	cr_pass();
}
