// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a checkpoint stops its target, and how long the target's own fork()
 * takes.
 *
 *	stop MIB ROUNDS running|stopped
 *
 * A running target tells the largest gap in its clock; of a stopped one only the
 * kernel's own figure is there. The image goes to /dev/null without checksums:
 * what is done after the stop doesn't matter here, and disturbs the less.
 */
#include "bench.h"

static bool stopped;
static int null;

static void measure_fork(int round, pid_t pid)
{
	/* Pages that can't be written any more cost a fork less. */
	bench_order(pid, BENCH_TOUCH);
	bench_order(pid, BENCH_FORK);
	bench_figure(round, "fork", bench_peek64(pid, &BENCH_CTL->fork_ns));
}

static void group_stop(pid_t pid)
{
	int status;

	cr_setup(!kill(pid, SIGSTOP), "SIGSTOP");
	cr_setup(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "the group stop");
}

static void measure_stop(int round, pid_t pid)
{
	struct checkpoint_stats st;
	uint64_t idle, start, end;

	bench_order(pid, BENCH_TOUCH);
	bench_order(pid, stopped ? BENCH_SLEEP : BENCH_SPIN);
	if (stopped)
		group_stop(pid);
	idle = bench_now();
	bench_sleep_ms(30);
	start = bench_now();
	bench_checkpoint(pid, null, 0, CHECKPOINT_F_NO_PAGE_CSUM, &st);
	end = bench_now();
	if (!stopped) {
		/* The gap that the target is in at the end is noted soon after. */
		bench_wait_beat(pid);
		bench_figure(round, "gap", bench_gap(pid, start, start + st.stop_ns));
		bench_figure(round, "idle_gap", bench_gap(pid, idle, start - 1));
	} else {
		kill(pid, SIGCONT);
	}
	bench_figure(round, "park", st.park_ns);
	bench_figure(round, "stop", st.stop_ns);
	bench_figure(round, "total", st.total_ns);
	bench_figure(round, "call", end - start);
	bench_order(pid, BENCH_SLEEP);
}

int main(int argc, char **argv)
{
	unsigned long mib = bench_number(argc, argv, 1);
	int rounds = bench_number(argc, argv, 2), i;
	pid_t pid;

	stopped = !strcmp(cr_arg(argc, argv, 3), "stopped");
	null = cr_open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid = bench_start(mib);
	for (i = -1; i < rounds; i++) {
		if (i & 1)
			measure_stop(i, pid);
		measure_fork(i, pid);
		if (!(i & 1))
			measure_stop(i, pid);
	}
	bench_kill(pid);
	return 0;
}
