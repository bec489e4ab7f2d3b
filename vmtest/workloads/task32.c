// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program, without a C library. It says READY and waits for the order
 * as cr_test.h describes it.
 */
static int call(int nr, const void *a, const void *b, int c)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a" (ret) : "a" (nr), "b" (a), "c" (b), "d" (c) : "memory");
	return ret;
}

enum { NR_EXIT = 1, NR_WRITE = 4, NR_GETPID = 20, NR_ACCESS = 33, NR_NANOSLEEP = 162 };

static int length(const char *s)
{
	int n = 0;

	while (s[n])
		n++;
	return n;
}

static void say(const char *s)
{
	call(NR_WRITE, (void *)1, s, length(s));
}

static const char *order(char **env)
{
	for (; *env; env++) {
		const char *key = "CR_ORDER=", *e = *env;

		while (*key && *key == *e)
			key++, e++;
		if (!*key)
			return e;
	}
	return 0;
}

static void say_ready(void)
{
	char line[] = "CR: READY 0000000\n";
	int pid = call(NR_GETPID, 0, 0, 0), i;

	for (i = 16; i > 9; i--, pid /= 10)
		line[i] = '0' + pid % 10;
	say(line);
}

__attribute__((used)) static void start(int *stack)
{
	char **env = (char **)(stack + 1 + *stack + 1);
	struct { int sec, nsec; } nap = { 0, 2000000 };
	const char *path = order(env);

	say_ready();
	while (!path || call(NR_ACCESS, path, 0, 0))
		call(NR_NANOSLEEP, &nap, 0, 0);
	say("CR: PASS\n");
	call(NR_EXIT, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall start\n");
