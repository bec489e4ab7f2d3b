/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Skeleton of a checkpoint/restart workload.
 *
 * A workload sets up one kernel object, calls cr_ready(), is checkpointed and
 * perhaps killed and restarted while it waits in there, and then checks itself
 * and ends with cr_pass() or cr_fail(). It talks to the runner in lines on its
 * standard output that begin with "CR: ":
 *
 *	READY PID	set up, waiting
 *	INFO KEY=VALUE	something that the runner judges
 *	SAVED CRID	checkpointed itself, this is the original
 *	RESUMED		checkpointed itself, this is the copy
 *	PASS, FAIL WHY	the verdict; exit status 0 or 1
 *	ERROR WHY	could not be set up; exit status 2
 *
 * The order to check itself is the existence of a file, which is polled with
 * stat(2): nothing of the workload's signals, descriptors or memory is touched
 * by it. The runner sets in the environment:
 *
 *	CR_ORDER	path of that file
 *	CR_DIR		directory for the workload's own files
 *	CR_SELF		in the self-checkpoint modes: path of the image to write
 *	CR_SELF_ORDER	path of the file that orders it
 *	CR_SELF_ARGS	declare 0 to 2 outside
 *	CR_PIDS		"new" if the copy has new pids, "root" if its root has
 */
#ifndef CR_TEST_H
#define CR_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <linux/checkpoint.h>

#include "cr_nr.h"

#define CR_UNUSED	__attribute__((unused))
#define CR_NORETURN	__attribute__((noreturn))
#define CR_PRINTF(a, b)	__attribute__((format(printf, a, b)))

#define CR_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* One line to the runner, in one write() and without stdio's buffers. */
static CR_UNUSED CR_PRINTF(1, 2) void cr_say(const char *fmt, ...)
{
	char line[512] = "CR: ";
	int err = errno, len;
	va_list ap;

	va_start(ap, fmt);
	len = vsnprintf(line + 4, sizeof(line) - 5, fmt, ap) + 4;
	va_end(ap);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(3);
	errno = err;
}

static CR_UNUSED CR_NORETURN void cr_pass(void)
{
	cr_say("PASS");
	_exit(0);
}

#define cr_fail(fmt, ...)						\
	do {								\
		cr_say("FAIL " __FILE__ ":%d: " fmt, __LINE__, ##__VA_ARGS__); \
		_exit(1);						\
	} while (0)

/* A set-up that failed: the workload can't run here. */
#define cr_error(fmt, ...)						\
	do {								\
		cr_say("ERROR " __FILE__ ":%d: " fmt ": %s", __LINE__,	\
		       ##__VA_ARGS__, strerror(errno));			\
		_exit(2);						\
	} while (0)

#define cr_check(cond, fmt, ...)					\
	do {								\
		if (!(cond))						\
			cr_fail(fmt, ##__VA_ARGS__);			\
	} while (0)

#define cr_setup(cond, fmt, ...)					\
	do {								\
		if (!(cond))						\
			cr_error(fmt, ##__VA_ARGS__);			\
	} while (0)

static CR_UNUSED const char *cr_env(const char *name)
{
	const char *val = getenv(name);

	cr_setup(val, "environment variable %s", name);
	return val;
}

/* Path of a file of this workload's own; the result is never freed. */
static CR_UNUSED char *cr_path(const char *name)
{
	char *path;

	cr_setup(asprintf(&path, "%s/%s", cr_env("CR_DIR"), name) > 0, "asprintf");
	return path;
}

static CR_UNUSED const char *cr_arg(int argc, char **argv, int n)
{
	if (argc <= n) {
		errno = EINVAL;
		cr_error("argument %d is missing", n);
	}
	return argv[n];
}

static CR_UNUSED uint64_t cr_now_ns(clockid_t clock)
{
	struct timespec ts;

	cr_setup(!clock_gettime(clock, &ts), "clock_gettime");
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static CR_UNUSED void cr_nap(void)
{
	struct timespec ts = { .tv_nsec = 2000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

static CR_UNUSED void cr_wait_file(const char *path)
{
	struct stat st;

	while (stat(path, &st))
		cr_nap();
}

static char cr_order_path[256] CR_UNUSED;

static CR_UNUSED void cr_wait_order(void)
{
	if (!cr_order_path[0])
		snprintf(cr_order_path, sizeof(cr_order_path), "%s", cr_env("CR_ORDER"));
	cr_wait_file(cr_order_path);
}

/* True once the order is there: for workloads with a loop of their own. */
static CR_UNUSED bool cr_ordered(void)
{
	struct stat st;

	if (!cr_order_path[0])
		snprintf(cr_order_path, sizeof(cr_order_path), "%s", cr_env("CR_ORDER"));
	return !stat(cr_order_path, &st);
}

static CR_UNUSED void cr_say_ready(void)
{
	cr_say("READY %d", getpid());
}

static CR_UNUSED long cr_checkpoint_self(int fd, bool args)
{
	int outside[] = { 0, 1, 2 };
	struct checkpoint_args ca = {
		.log_fd = -1,
		.parent = -1,
		.nr_outside = CR_ARRAY_SIZE(outside),
		.outside = (uintptr_t)outside,
	};

	if (args)
		return syscall(__NR_checkpoint, 0, fd, CHECKPOINT_ARGS, &ca, sizeof(ca));
	return syscall(__NR_checkpoint, 0, fd, 0UL);
}

/* Checkpoints itself where the mode asks for it. */
static CR_UNUSED void cr_self(void)
{
	const char *image = getenv("CR_SELF");
	long ret;
	int fd;

	if (!image)
		return;
	cr_wait_file(cr_env("CR_SELF_ORDER"));
	fd = open(image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_setup(fd >= 0, "open %s", image);
	ret = cr_checkpoint_self(fd, getenv("CR_SELF_ARGS"));
	if (ret < 0)
		cr_fail("checkpoint: %s", strerrorname_np(errno));
	cr_check(!close(fd), "the image's descriptor is gone: %m");
	if (ret)
		cr_say("SAVED %ld", ret);
	else
		cr_say("RESUMED");
}

/*
 * Set-up is complete. Returns when the runner wants to see the check; in
 * between the process may have been killed and restarted.
 */
static CR_UNUSED void cr_ready(void)
{
	cr_say_ready();
	cr_self();
	cr_wait_order();
}

/* Does a process have its pid still? The root has another one in place. */
static CR_UNUSED bool cr_keeps_pid(bool root)
{
	const char *pids = getenv("CR_PIDS");

	return !pids || (!root && !strcmp(pids, "root"));
}

/* A byte pattern that differs from page to page and from seed to seed. */
static CR_UNUSED uint64_t cr_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static CR_UNUSED void cr_fill(void *p, size_t len, uint64_t seed)
{
	uint64_t *w = p;
	size_t i;

	for (i = 0; i < len / 8; i++)
		w[i] = cr_mix(seed + i);
}

/* Index of the first wrong word, or -1. */
static CR_UNUSED long cr_verify(const void *p, size_t len, uint64_t seed)
{
	const uint64_t *w = p;
	size_t i;

	for (i = 0; i < len / 8; i++)
		if (w[i] != cr_mix(seed + i))
			return i;
	return -1;
}

#define cr_check_fill(p, len, seed)					\
	do {								\
		long cr_bad = cr_verify(p, len, seed);			\
		cr_check(cr_bad < 0, "wrong word %ld at %p", cr_bad, (void *)(p)); \
	} while (0)

static CR_UNUSED bool cr_all_zero(const void *p, size_t len)
{
	const char *c = p;

	return !len || (!c[0] && !memcmp(c, c + 1, len - 1));
}

static CR_UNUSED void *cr_mmap(void *addr, size_t len, int prot, int flags)
{
	void *p = mmap(addr, len, prot, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_setup(p != MAP_FAILED, "mmap %zu bytes", len);
	return p;
}

static CR_UNUSED int cr_open(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	cr_setup(fd >= 0, "open %s", path);
	return fd;
}

/* Creates a file of @len patterned bytes and returns its path. */
static CR_UNUSED char *cr_make_file(const char *name, size_t len, uint64_t seed)
{
	char *path = cr_path(name);
	char *buf = malloc(len);
	int fd = cr_open(path, O_WRONLY | O_CREAT | O_TRUNC);

	cr_setup(buf, "malloc");
	cr_fill(buf, len, seed);
	cr_setup(write(fd, buf, len) == (ssize_t)len, "write %s", path);
	close(fd);
	free(buf);
	return path;
}

/* The place and length of the mapping that /proc calls by @name. */
static CR_UNUSED char *cr_mapping(const char *name, size_t *len)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512];

	cr_setup(f, "fopen");
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, name) || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		fclose(f);
		*len = end - start;
		return (char *)start;
	}
	errno = ENOENT;
	cr_error("no mapping %s", name);
}

/* A workload that is several: its first argument names the function to run. */
struct cr_variant {
	const char *name;
	void (*run)(void);
};

static CR_UNUSED void cr_run_variant(int argc, char **argv, const struct cr_variant *v, size_t n)
{
	const char *name = cr_arg(argc, argv, 1);
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(v[i].name, name)) {
			v[i].run();
			cr_pass();
		}
	}
	errno = EINVAL;
	cr_error("no variant %s", name);
}

#define CR_VARIANTS(table)						\
	int main(int argc, char **argv)					\
	{								\
		cr_run_variant(argc, argv, table, CR_ARRAY_SIZE(table)); \
		return 3;						\
	}

#endif /* CR_TEST_H */
