// SPDX-License-Identifier: GPL-2.0-only
/* A program that only waits. */
#include "cr_test.h"

static int data = 42;
static int bss;

int main(void)
{
	int local = 4242;

	bss = getpid();
	cr_ready();
	cr_check(data == 42 && local == 4242, "data %d, local %d", data, local);
	cr_pass();
}
