// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our command and CRIU's on the same process, by turns.
 *
 *	peer MIB ROUNDS DIR	the target with so many MiB
 *	peer onepage ROUNDS DIR	a one-page program there and back
 *
 * Both are whole commands, started and waited for, with everything in memory:
 * the image goes to tmpfs, the programs and their libraries come from there. The
 * stop is the largest gap that the target saw while the command ran.
 */
#include <dirent.h>

#include "bench.h"

struct tool {
	const char *name;
	void (*save)(pid_t pid, bool end);
	void (*load)(void);
};

static const char *dir;
static char pid_arg[16], image[256], log_path[256];

static CR_NORETURN void give_up(const char *const *argv, int status)
{
	char text[2048];
	int fd = open(log_path, O_RDONLY);
	ssize_t n;

	printf("%s %s: status %#x\n", argv[0], argv[1], status);
	/* The end of a log says why. */
	if (fd >= 0) {
		off_t len = lseek(fd, 0, SEEK_END);

		lseek(fd, len > (off_t)sizeof(text) ? len - (off_t)sizeof(text) : 0, SEEK_SET);
		n = read(fd, text, sizeof(text));
		if (n > 0)
			fwrite(text, 1, n, stdout);
	}
	fflush(stdout);
	_exit(2);
}

static void command(const char *const *argv)
{
	int status = 0, fd;
	pid_t pid = vfork();

	cr_setup(pid >= 0, "vfork");
	if (!pid) {
		fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		close(fd);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	cr_setup(waitpid(pid, &status, 0) == pid, "waiting for %s", argv[0]);
	if (status)
		give_up(argv, status);
}

static void cr_tool_save(pid_t pid CR_UNUSED, bool end)
{
	const char *argv[] = { "/bench/cr", "checkpoint", "--pid", pid_arg, "-o", image,
			       end ? "--kill" : NULL, NULL };

	command(argv);
}

static void cr_tool_load(void)
{
	const char *argv[] = { "/bench/cr", "restart", "-i", image, "--detach", NULL };

	command(argv);
}

static void criu_save(pid_t pid CR_UNUSED, bool end)
{
	const char *argv[] = { "/usr/sbin/criu", "dump", "-v0", "-t", pid_arg, "-D", dir,
			       end ? NULL : "--leave-running", NULL };

	command(argv);
}

static void criu_load(void)
{
	const char *argv[] = { "/usr/sbin/criu", "restore", "-v0", "--restore-detached", "-D", dir,
			       NULL };

	command(argv);
}

static const struct tool tools[] = {
	{ "cr", cr_tool_save, cr_tool_load },
	{ "criu", criu_save, criu_load },
};

/* What is in the directory, in bytes; removed on the way where asked. */
static uint64_t image_bytes(bool empty)
{
	uint64_t sum = 0;
	struct dirent *e;
	DIR *d = opendir(dir);
	struct stat st;

	cr_setup(d, "opendir %s", dir);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0))
			continue;
		sum += st.st_size;
		if (empty)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
	return sum;
}

static void measure(int round, const struct tool *tool, unsigned long mib)
{
	pid_t pid = bench_start(mib);
	uint64_t start, end;

	bench_order(pid, BENCH_SPIN);
	bench_sleep_ms(30);
	snprintf(pid_arg, sizeof(pid_arg), "%d", pid);
	start = bench_now();
	tool->save(pid, false);
	end = bench_now();
	bench_wait_beat(pid);
	bench_figure2(round, tool->name, "gap", bench_gap(pid, start, end));
	bench_figure2(round, tool->name, "save", end - start);
	bench_figure2(round, tool->name, "bytes", image_bytes(false));
	bench_kill(pid);

	start = bench_now();
	tool->load();
	end = bench_now();
	bench_wait_beat(pid);
	bench_figure2(round, tool->name, "load", end - start);
	/* Its parent has ended, so it is ours. */
	bench_kill(pid);
	image_bytes(true);
}

static void measure_trip(int round, const struct tool *tool)
{
	pid_t pid = bench_spawn("/bench/onepage", NULL);
	uint64_t start;

	bench_sleep_ms(30);
	snprintf(pid_arg, sizeof(pid_arg), "%d", pid);
	start = bench_now();
	tool->save(pid, true);
	bench_reap(pid);
	tool->load();
	bench_figure2(round, tool->name, "trip", bench_now() - start);
	bench_figure2(round, tool->name, "bytes", image_bytes(true));
	bench_kill(pid);
}

int main(int argc, char **argv)
{
	const char *mib = cr_arg(argc, argv, 1);
	int rounds = bench_number(argc, argv, 2), i, k;

	dir = cr_arg(argc, argv, 3);
	snprintf(image, sizeof(image), "%s/image", dir);
	snprintf(log_path, sizeof(log_path), "%s.log", dir);
	cr_setup(!prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
	for (i = -1; i < rounds; i++) {
		for (k = 0; k < 2; k++) {
			const struct tool *tool = &tools[(i + 1 + k) % 2];

			if (!strcmp(mib, "onepage"))
				measure_trip(i, tool);
			else
				measure(i, tool, strtoul(mib, NULL, 10));
		}
	}
	return 0;
}
