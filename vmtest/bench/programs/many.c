// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long it takes to save and to restore many processes or threads, and for how
 * long they are stopped, against what it took to create them.
 *
 *	many PROCESSES/THREADS ROUNDS DIR
 */
#include "bench.h"

static const char *crowd;
static char *path;

static pid_t start_crowd(int round)
{
	pid_t pid = bench_start_program("/bench/crowd", crowd);

	/* Whoever was created last is to be asleep as well. */
	bench_sleep_ms(50);
	bench_figure(round, "create", bench_peek64(pid, &BENCH_CTL->fork_ns));
	return pid;
}

/* Children of the first one are this process's, a subreaper's, when it has gone. */
static void reap_all(void)
{
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	cr_setup(errno == ECHILD, "waiting for the crowd");
}

static void measure(int round)
{
	struct checkpoint_stats st;
	uint64_t start;
	pid_t pid;
	int fd;

	pid = start_crowd(round);
	fd = cr_open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC);
	bench_checkpoint(pid, fd, 0, 0, &st);
	bench_figure(round, "park", st.park_ns);
	bench_figure(round, "stop", st.stop_ns);
	bench_figure(round, "save", st.total_ns);
	bench_figure(round, "bytes", st.bytes);
	cr_setup(!kill(pid, SIGKILL), "killing the crowd");
	reap_all();
	cr_setup(!lseek(fd, 0, SEEK_SET), "lseek");
	start = bench_now();
	pid = bench_restart(fd, &st);
	bench_figure(round, "restart", bench_now() - start);
	bench_figure(round, "tasks", st.tasks);
	close(fd);
	cr_setup(!kill(pid, SIGKILL), "killing the copy");
	reap_all();
}

int main(int argc, char **argv)
{
	int rounds = bench_number(argc, argv, 2), i;

	crowd = cr_arg(argc, argv, 1);
	cr_setup(asprintf(&path, "%s/crowd", cr_arg(argc, argv, 3)) > 0, "asprintf");
	cr_setup(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	for (i = -1; i < rounds; i++)
		measure(i);
	cr_setup(!unlink(path), "unlink %s", path);
	return 0;
}
