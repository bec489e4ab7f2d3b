// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes or threads that do nothing, and how long it took to create them.
 *
 *	crowd PROCESSES/THREADS
 *
 * That is PROCESSES children, or just the process itself if it is 0, each with
 * THREADS threads more. All of them end with the first one.
 */
#include <pthread.h>

#include "bench.h"

#define STACK	(16 * 1024)

static struct bench_ctl *const ctl = BENCH_CTL;
static int up[2];

static void idle(void)
{
	for (;;)
		pause();
}

static void *thread(void *arg)
{
	idle();
	return arg;
}

static void make_threads(unsigned long n)
{
	pthread_attr_t attr;
	pthread_t t;

	cr_setup(!pthread_attr_init(&attr) && !pthread_attr_setstacksize(&attr, STACK), "pthread_attr");
	for (; n; n--)
		cr_setup(!pthread_create(&t, &attr, thread, NULL), "pthread_create");
}

static void make_child(unsigned long threads)
{
	pid_t pid = fork();

	cr_setup(pid >= 0, "fork");
	if (pid)
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
	make_threads(threads);
	if (threads && write(up[1], "x", 1) != 1)
		_exit(1);
	idle();
}

int main(int argc, char **argv)
{
	unsigned long processes, threads, i;
	volatile uint64_t *done = &ctl->done;
	uint64_t start;
	char c;

	cr_setup(sscanf(cr_arg(argc, argv, 1), "%lu/%lu", &processes, &threads) == 2, "arguments");
	cr_mmap(ctl, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE);
	cr_setup(!pipe(up), "pipe");
	start = bench_now();
	if (!processes)
		make_threads(threads);
	for (i = 0; i < processes; i++)
		make_child(threads);
	for (i = 0; threads && i < processes; i++)
		cr_setup(read(up[0], &c, 1) == 1, "read");
	ctl->fork_ns = bench_now() - start;
	*done = 1;
	idle();
}
