// SPDX-License-Identifier: GPL-2.0-only
/*
 * A one-page program there and back: saved, killed, reaped and restarted, against
 * what it takes to fork(), exec() and wait() for it.
 *
 *	roundtrip ROUNDS DIR
 */
#include "bench.h"

static const char *path;

static void measure_exec(int round)
{
	uint64_t start = bench_now();
	int status;
	pid_t pid = fork();

	cr_setup(pid >= 0, "fork");
	if (!pid) {
		execl("/bench/onepage", "onepage", "end", NULL);
		_exit(127);
	}
	cr_setup(waitpid(pid, &status, 0) == pid && !status, "the one-page program");
	bench_figure(round, "exec", bench_now() - start);
}

static void measure_trip(int round)
{
	pid_t pid = bench_spawn("/bench/onepage", NULL);
	uint64_t start, saved, reaped, back;
	struct checkpoint_stats st;
	int fd;

	/* It is to sleep in its own call, not to be on its way there. */
	bench_sleep_ms(20);
	start = bench_now();
	fd = cr_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC);
	bench_checkpoint(pid, fd, CHECKPOINT_KILL, 0, &st);
	saved = bench_now();
	bench_reap(pid);
	reaped = bench_now();
	cr_setup(!lseek(fd, 0, SEEK_SET), "lseek");
	pid = bench_restart(fd, &st);
	close(fd);
	back = bench_now();
	bench_kill(pid);
	bench_figure(round, "trip", back - start);
	bench_figure(round, "trip_end", bench_now() - start);
	bench_figure(round, "checkpoint", saved - start);
	bench_figure(round, "reap", reaped - saved);
	bench_figure(round, "restart", back - reaped);
	bench_figure(round, "bytes", st.bytes);
	cr_setup(!unlink(path), "unlink %s", path);
}

int main(int argc, char **argv)
{
	int rounds = bench_number(argc, argv, 1), i;

	cr_setup(asprintf((char **)&path, "%s/image", cr_arg(argc, argv, 2)) > 0, "asprintf");
	for (i = -1; i < rounds; i++) {
		if (i & 1)
			measure_trip(i);
		measure_exec(i);
		if (!(i & 1))
			measure_trip(i);
	}
	return 0;
}
