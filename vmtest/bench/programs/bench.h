/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the measuring programs share: the target's control block, the two calls,
 * and how figures are told to the runner.
 *
 * A measuring program starts the target, orders it about and reads what it saw
 * through process_vm_readv() and process_vm_writev(): neither stops it, and it
 * needs no descriptor or signal that a checkpoint would have to deal with.
 *
 * A figure is one line "ROUND NAME VALUE" on the standard output, times in
 * nanoseconds. Round -1 is the one that warms up: software emulation translates
 * code when it runs for the first time. What is compared is measured by turns
 * within a round, in another order each time, so that drift hits both sides.
 */
#ifndef BENCH_H
#define BENCH_H

#include "cr_test.h"

#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define BENCH_PAGE	4096UL
#define BENCH_MIB	(1UL << 20)
#define BENCH_GAPS	16

/* Where the target's control block is, in its restored copies as well. */
#define BENCH_CTL	((struct bench_ctl *)0x100000000UL)

enum bench_order {
	BENCH_SLEEP,	/* nap until the next order */
	BENCH_SPIN,	/* look at the clock all the time, note the gaps in it */
	BENCH_TOUCH,	/* write to every page */
	BENCH_FORK,	/* time a fork() */
};

/* The target didn't run, or did something else, from @start to @end. */
struct bench_gap {
	uint64_t start;
	uint64_t end;
};

/**
 * struct bench_ctl - one page of the target's memory
 * @serial: number of the last order given
 * @order: enum bench_order
 * @done: number of the last order carried out
 * @beat: grows while the target spins
 * @fork_ns: what fork() took, in the parent
 * @gap: the largest gaps since it began to spin
 */
struct bench_ctl {
	uint64_t serial;
	uint64_t order;
	uint64_t done;
	uint64_t beat;
	uint64_t fork_ns;
	struct bench_gap gap[BENCH_GAPS];
};

static CR_UNUSED uint64_t bench_now(void)
{
	return cr_now_ns(CLOCK_MONOTONIC);
}

static CR_UNUSED void bench_sleep_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

static CR_UNUSED void bench_figure(int round, const char *name, uint64_t value)
{
	printf("%d %s %llu\n", round, name, (unsigned long long)value);
}

static CR_UNUSED void bench_figure2(int round, const char *kind, const char *name, uint64_t value)
{
	printf("%d %s_%s %llu\n", round, kind, name, (unsigned long long)value);
}

static CR_UNUSED unsigned long bench_number(int argc, char **argv, int n)
{
	return strtoul(cr_arg(argc, argv, n), NULL, 10);
}

/*
 * The target, seen from a measuring program.
 */

static CR_UNUSED bool bench_peek(pid_t pid, void *to, const volatile void *from, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)from, len };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

static CR_UNUSED uint64_t bench_peek64(pid_t pid, const volatile uint64_t *from)
{
	uint64_t val;

	cr_setup(bench_peek(pid, &val, from, sizeof(val)), "reading the target's memory");
	return val;
}

static CR_UNUSED void bench_poke64(pid_t pid, volatile uint64_t *to, uint64_t val)
{
	struct iovec local = { &val, sizeof(val) }, remote = { (void *)to, sizeof(val) };

	cr_setup(process_vm_writev(pid, &local, 1, &remote, 1, 0) == sizeof(val),
		 "writing the target's memory");
}

/* Orders something and waits until it is done, or begun. */
static CR_UNUSED void bench_order(pid_t pid, enum bench_order order)
{
	uint64_t serial = bench_peek64(pid, &BENCH_CTL->serial) + 1;

	bench_poke64(pid, &BENCH_CTL->order, order);
	bench_poke64(pid, &BENCH_CTL->serial, serial);
	while (bench_peek64(pid, &BENCH_CTL->done) != serial)
		bench_sleep_ms(1);
}

/* Starts a program in a session of its own, with nothing open but /dev/null. */
static CR_UNUSED pid_t bench_spawn(const char *path, const char *arg)
{
	pid_t pid = fork();
	int fd;

	cr_setup(pid >= 0, "fork");
	if (pid)
		return pid;
	fd = open("/dev/null", O_RDWR);
	if (fd < 0 || setsid() < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ||
	    close_range(3, ~0U, 0))
		_exit(126);
	execl(path, path, arg, NULL);
	_exit(127);
}

/* Starts a program that has a control block and waits until it is ready. */
static CR_UNUSED pid_t bench_start_program(const char *path, const char *arg)
{
	pid_t pid = bench_spawn(path, arg);
	uint64_t done = 0;

	while (!bench_peek(pid, &done, &BENCH_CTL->done, sizeof(done)) || !done) {
		cr_setup(waitpid(pid, NULL, WNOHANG) == 0, "%s ended", path);
		bench_sleep_ms(2);
	}
	return pid;
}

/* Starts the target with @mib MiB of memory and waits until it is ready. */
static CR_UNUSED pid_t bench_start(unsigned long mib)
{
	char arg[24];

	snprintf(arg, sizeof(arg), "%lu", mib);
	return bench_start_program("/bench/target", arg);
}

static CR_UNUSED void bench_reap(pid_t pid)
{
	pid_t ret;

	do {
		ret = waitpid(pid, NULL, __WALL);
	} while (ret < 0 && errno == EINTR);
	cr_setup(ret == pid, "waiting for process %d", pid);
}

static CR_UNUSED void bench_kill(pid_t pid)
{
	cr_setup(!kill(pid, SIGKILL), "killing process %d", pid);
	bench_reap(pid);
}

/* Waits until a restored target does something by itself. */
static CR_UNUSED void bench_wait_beat(pid_t pid)
{
	uint64_t beat = bench_peek64(pid, &BENCH_CTL->beat);

	while (bench_peek64(pid, &BENCH_CTL->beat) == beat)
		;
}

/*
 * The largest gap that the target saw between two times. What happens at other
 * times is the machine's noise, not the checkpoint's.
 */
static CR_UNUSED uint64_t bench_gap(pid_t pid, uint64_t from, uint64_t to)
{
	struct bench_gap gap[BENCH_GAPS];
	uint64_t largest = 0;
	int i;

	cr_setup(bench_peek(pid, gap, BENCH_CTL->gap, sizeof(gap)), "reading the target's gaps");
	for (i = 0; i < BENCH_GAPS; i++) {
		uint64_t len = gap[i].end - gap[i].start;

		if (gap[i].end >= from && gap[i].start <= to && len > largest)
			largest = len;
	}
	return largest;
}

/*
 * The two calls.
 */

static CR_UNUSED void bench_checkpoint(pid_t pid, int fd, unsigned long flags, uint64_t aflags,
				       struct checkpoint_stats *st)
{
	struct checkpoint_args ca = {
		.flags = aflags,
		.log_fd = STDOUT_FILENO,
		.parent = -1,
		.stats = (uintptr_t)st,
		.stats_size = sizeof(*st),
	};

	memset(st, 0, sizeof(*st));
	cr_setup(syscall(__NR_checkpoint, pid, fd, flags | CHECKPOINT_ARGS, &ca, sizeof(ca)) > 0,
		 "checkpoint");
}

static CR_UNUSED pid_t bench_restart(int fd, struct checkpoint_stats *st)
{
	struct restart_args ra = {
		.log_fd = STDOUT_FILENO,
		.stats = (uintptr_t)st,
		.stats_size = sizeof(*st),
	};
	long pid;

	memset(st, 0, sizeof(*st));
	pid = syscall(__NR_restart, 0, fd, RESTART_CHILD | RESTART_ARGS, &ra, sizeof(ra));
	cr_setup(pid > 0, "restart");
	return pid;
}

#endif /* BENCH_H */
