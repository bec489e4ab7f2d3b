// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that is measured: as many MiB of pages with data as its argument
 * says, which it writes to, forks with or leaves alone as ordered.
 */
#include "bench.h"

static struct bench_ctl *const ctl = BENCH_CTL;
static volatile char *memory;
static size_t memory_len;

static void touch(void)
{
	size_t i;

	for (i = 0; i < memory_len; i += BENCH_PAGE)
		memory[i]++;
}

static void time_fork(void)
{
	uint64_t start = bench_now();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	ctl->fork_ns = bench_now() - start;
	waitpid(pid, NULL, 0);
}

/* Keeps the largest ones, in no order. */
static void note_gap(uint64_t start, uint64_t end)
{
	struct bench_gap *least = &ctl->gap[0];
	int i;

	for (i = 1; i < BENCH_GAPS; i++)
		if (ctl->gap[i].end - ctl->gap[i].start < least->end - least->start)
			least = &ctl->gap[i];
	if (end - start > least->end - least->start)
		*least = (struct bench_gap){ start, end };
}

static void spin(void)
{
	volatile uint64_t *serial = &ctl->serial;
	uint64_t mine = ctl->done, now, last = bench_now();

	while (*serial == mine) {
		now = bench_now();
		/* A look at the clock takes less than this, anything else more. */
		if (now - last > 10000)
			note_gap(last, now);
		last = now;
		(*(volatile uint64_t *)&ctl->beat)++;
	}
}

static void obey(void)
{
	volatile uint64_t *serial = &ctl->serial, *done = &ctl->done;
	uint64_t now = *serial;

	switch (ctl->order) {
	case BENCH_TOUCH:
		touch();
		break;
	case BENCH_FORK:
		time_fork();
		break;
	case BENCH_SPIN:
		memset(ctl->gap, 0, sizeof(ctl->gap));
		*done = now;
		spin();
		return;
	}
	*done = now;
}

int main(int argc, char **argv)
{
	volatile uint64_t *serial = &ctl->serial, *done = &ctl->done;

	memory_len = bench_number(argc, argv, 1) * BENCH_MIB;
	cr_mmap(ctl, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE);
	memory = cr_mmap(NULL, memory_len, PROT_READ | PROT_WRITE, 0);
	cr_fill((void *)memory, memory_len, 1);
	ctl->serial = 1;
	*done = 1;
	for (;;) {
		if (*serial == *done)
			bench_sleep_ms(5);
		else
			obey();
	}
}
