// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long it takes to write an image, and to write() as many bytes to the same
 * place.
 *
 *	write MIB ROUNDS null|pipe|tmpfs DIR
 *
 * The figures of a checkpoint are those of the kernel: the time after the target
 * was let go. The bytes of write() come from as much memory as the target has,
 * not from a small buffer that is always at hand.
 */
#include "bench.h"

#define CHUNK	BENCH_MIB

static const char *where, *path;
static char *buf;
static size_t buf_len, image_len;
static int pipe_fd = -1;
static pid_t pid;

/* Reads what is written to the pipe, and throws it away. */
static pid_t start_drain(void)
{
	static char chunk[CHUNK];
	pid_t drain;
	int fds[2];

	cr_setup(!pipe(fds), "pipe");
	drain = fork();
	cr_setup(drain >= 0, "fork");
	if (!drain) {
		close(fds[1]);
		while (read(fds[0], chunk, sizeof(chunk)) > 0)
			;
		_exit(0);
	}
	close(fds[0]);
	pipe_fd = fds[1];
	return drain;
}

static int open_place(void)
{
	if (!strcmp(where, "pipe"))
		return pipe_fd;
	if (!strcmp(where, "null"))
		return cr_open("/dev/null", O_WRONLY);
	return cr_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

static void close_place(int fd)
{
	if (fd == pipe_fd)
		return;
	close(fd);
	if (!strcmp(where, "tmpfs"))
		cr_setup(!unlink(path), "unlink %s", path);
}

static void measure_image(int round, const char *kind, uint64_t aflags)
{
	struct checkpoint_stats st;
	int fd = open_place();
	uint64_t start = bench_now();

	bench_checkpoint(pid, fd, 0, aflags, &st);
	bench_figure2(round, kind, "call", bench_now() - start);
	bench_figure2(round, kind, "stop", st.stop_ns);
	bench_figure2(round, kind, "total", st.total_ns);
	bench_figure2(round, kind, "write", st.total_ns - st.stop_ns);
	bench_figure2(round, kind, "bytes", st.bytes);
	image_len = st.bytes;
	close_place(fd);
}

static void measure_write(int round)
{
	int fd = open_place();
	uint64_t start = bench_now();
	size_t at = 0, left;
	ssize_t n;

	for (left = image_len; left; left -= n) {
		if (at + CHUNK > buf_len)
			at = 0;
		n = write(fd, buf + at, left < CHUNK ? left : CHUNK);
		cr_setup(n > 0, "write");
		at += n;
	}
	bench_figure(round, "write", bench_now() - start);
	close_place(fd);
}

static void measure(int round, int what)
{
	switch (what) {
	case 0:
		measure_image(round, "csum", 0);
		break;
	case 1:
		measure_image(round, "nocsum", CHECKPOINT_F_NO_PAGE_CSUM);
		break;
	case 2:
		measure_write(round);
		break;
	}
	/* Whatever the last one left to do is to be done. */
	bench_sleep_ms(20);
}

int main(int argc, char **argv)
{
	unsigned long mib = bench_number(argc, argv, 1);
	int rounds = bench_number(argc, argv, 2), i, k;
	pid_t drain = 0;

	where = cr_arg(argc, argv, 3);
	cr_setup(asprintf((char **)&path, "%s/image", cr_arg(argc, argv, 4)) > 0, "asprintf");
	if (!strcmp(where, "pipe"))
		drain = start_drain();
	pid = bench_start(mib);
	buf_len = mib * BENCH_MIB;
	buf = cr_mmap(NULL, buf_len, PROT_READ | PROT_WRITE, 0);
	cr_fill(buf, buf_len, 2);
	/* The first image tells how many bytes there are. */
	measure(-1, 0);
	for (i = -1; i < rounds; i++)
		for (k = 0; k < 3; k++)
			measure(i, (i + 1 + k) % 3);
	bench_kill(pid);
	if (drain) {
		close(pipe_fd);
		bench_reap(drain);
	}
	return 0;
}
