// SPDX-License-Identifier: GPL-2.0-only
/* Arguments, environment, auxiliary vector and the executed file. */
#include <sys/auxv.h>

#include "cr_test.h"

int main(int argc, char **argv)
{
	unsigned long entry = getauxval(AT_ENTRY), phdr = getauxval(AT_PHDR);
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	char cmdline[256] = { 0 }, exe[256] = { 0 }, exe_before[256] = { 0 };
	int fd;

	cr_setup(argc == 3, "arguments");
	cr_setup(readlink("/proc/self/exe", exe_before, sizeof(exe_before) - 1) > 0, "readlink");
	/* As programs do that show their state in ps(1). */
	strcpy(argv[2], "NEW");
	cr_ready();
	cr_check(!strcmp(argv[1], "one") && !strcmp(argv[2], "NEW"), "arguments");
	cr_check(getauxval(AT_ENTRY) == entry && getauxval(AT_PHDR) == phdr &&
		 getauxval(AT_SYSINFO_EHDR) == vdso, "auxiliary vector");
	cr_check(!memcmp((void *)vdso, "\177ELF", 4), "no vDSO at %#lx", vdso);
	fd = cr_open("/proc/self/cmdline", O_RDONLY);
	cr_check(read(fd, cmdline, sizeof(cmdline) - 1) > 0, "cmdline: %m");
	close(fd);
	cr_check(!strcmp(cmdline + strlen(cmdline) + 1, "one") &&
		 !strcmp(cmdline + strlen(cmdline) + 5, "NEW"), "cmdline");
	cr_check(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0 && !strcmp(exe, exe_before),
		 "exe %s", exe);
	cr_pass();
}
