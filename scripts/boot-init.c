// SPDX-License-Identifier: BSD-3-Clause
/*
 * The whole user space of scripts/boot-check: says that it runs, and ends the
 * machine. By a reset, which QEMU takes for the end: a small kernel can't power off.
 */
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void)
{
	struct utsname u;

	uname(&u);
	printf("boot-check: user space runs on Linux %s\n", u.release);
	fflush(stdout);
	sync();
	return reboot(RB_AUTOBOOT);
}
