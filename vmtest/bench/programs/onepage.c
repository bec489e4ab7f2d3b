// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of one page of data and next to no code, without a C library: it
 * ends at once where it has an argument, and else waits for a signal.
 */
#include <sys/syscall.h>

static volatile long page[512] __attribute__((aligned(4096))) = { 1 };

static long call1(long nr, long arg)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(arg) : "rcx", "r11", "memory");
	return ret;
}

/* Called by _start with the initial stack pointer, which points at argc. */
__attribute__((used)) static void begin(const long *argc)
{
	page[511] = *argc;
	if (page[511] > 1)
		call1(SYS_exit_group, 0);
	for (;;)
		call1(SYS_pause, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
