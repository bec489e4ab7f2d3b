// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that lie outside: the restarter supplies others in their place.
 * The first argument is the variant, the second the number of a descriptor that
 * the runner has put a pipe on.
 */
#include <sys/ioctl.h>

#include "cr_test.h"

static int more;

/* A pipe beside the standard ones, under two numbers. */
static void pipe_more(void)
{
	int copy = dup(more);
	struct stat a, b;

	cr_setup(copy >= 0, "dup %d", more);
	cr_ready();
	cr_check(!fstat(more, &a) && S_ISFIFO(a.st_mode), "descriptor %d is no pipe", more);
	cr_check(!fstat(copy, &b) && a.st_ino == b.st_ino, "the copy is another pipe");
}

/* 2>&1: both stay one open file. */
static void joined(void)
{
	struct stat a, b;

	cr_setup(dup2(1, 2) == 2, "dup2");
	cr_ready();
	cr_check(!fstat(1, &a) && !fstat(2, &b) && a.st_ino == b.st_ino, "1 and 2 are apart");
}

static void terminal(void)
{
	struct winsize ws;

	cr_setup(isatty(0) && isatty(1) && isatty(2), "no terminal");
	cr_ready();
	cr_check(isatty(0) && isatty(1) && isatty(2), "no terminal");
	cr_check(!ioctl(0, TIOCGWINSZ, &ws), "TIOCGWINSZ: %m");
}

static const struct cr_variant variants[] = {
	{ "pipe", pipe_more }, { "joined", joined }, { "terminal", terminal },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		more = atoi(argv[2]);
	cr_run_variant(argc, argv, variants, CR_ARRAY_SIZE(variants));
}
