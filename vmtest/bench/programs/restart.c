// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a restart takes, and to read() the same image into fresh memory.
 *
 *	restart MIB ROUNDS DIR
 *
 * The image is of a target that spins, so that it is seen when it goes on.
 */
#include "bench.h"

static const char *const kind[] = { "csum", "nocsum" };
static int image[2];
static uint64_t image_len[2];

static void make_images(unsigned long mib, const char *dir)
{
	pid_t pid = bench_start(mib);
	struct checkpoint_stats st;
	char *path;
	int i;

	bench_order(pid, BENCH_SPIN);
	/* The one with checksums last: it ends the target. */
	for (i = 1; i >= 0; i--) {
		cr_setup(asprintf(&path, "%s/%s", dir, kind[i]) > 0, "asprintf");
		image[i] = cr_open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC);
		bench_checkpoint(pid, image[i], i ? 0 : CHECKPOINT_KILL,
				 i ? CHECKPOINT_F_NO_PAGE_CSUM : 0, &st);
		image_len[i] = st.bytes;
		free(path);
	}
	bench_reap(pid);
}

static void measure_restart(int round, int i)
{
	struct checkpoint_stats st;
	uint64_t start, end;
	pid_t pid;

	cr_setup(!lseek(image[i], 0, SEEK_SET), "lseek");
	start = bench_now();
	pid = bench_restart(image[i], &st);
	end = bench_now();
	bench_wait_beat(pid);
	bench_figure2(round, kind[i], "runs", bench_now() - start);
	bench_figure2(round, kind[i], "restart", end - start);
	bench_figure2(round, kind[i], "bytes", image_len[i]);
	bench_kill(pid);
}

static void read_all(char *to, size_t len)
{
	ssize_t n;

	for (; len; len -= n, to += n) {
		n = read(image[0], to, len);
		cr_setup(n > 0, "read");
	}
}

static void measure_read(int round)
{
	uint64_t start, end;
	char *p;

	cr_setup(!lseek(image[0], 0, SEEK_SET), "lseek");
	start = bench_now();
	p = cr_mmap(NULL, image_len[0], PROT_READ | PROT_WRITE, 0);
	read_all(p, image_len[0]);
	end = bench_now();
	bench_figure(round, "read", end - start);
	/* And into memory that is there: the rest is page faults. */
	cr_setup(!lseek(image[0], 0, SEEK_SET), "lseek");
	start = bench_now();
	read_all(p, image_len[0]);
	end = bench_now();
	bench_figure(round, "read_present", end - start);
	munmap(p, image_len[0]);
}

int main(int argc, char **argv)
{
	unsigned long mib = bench_number(argc, argv, 1);
	int rounds = bench_number(argc, argv, 2), i, k, what;

	make_images(mib, cr_arg(argc, argv, 3));
	for (i = -1; i < rounds; i++) {
		for (k = 0; k < 3; k++) {
			what = (i + 1 + k) % 3;
			if (what == 2)
				measure_read(i);
			else
				measure_restart(i, what);
			bench_sleep_ms(10);
		}
	}
	return 0;
}
