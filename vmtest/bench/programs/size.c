// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large an image is, and how many private pages with data the target has by
 * /proc: counted from outside, without asking the code that wrote the image.
 *
 *	size MIB DIR
 */
#include "bench.h"

/* Bits of /proc/PID/pagemap. */
#define PM_FILE		(1ULL << 61)
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)

static int pagemap, memory;
static uint64_t pages, nonzero;

static int open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return cr_open(path, O_RDONLY);
}

static void count_page(unsigned long addr)
{
	static char page[BENCH_PAGE];
	uint64_t entry;

	cr_setup(pread(pagemap, &entry, 8, addr / BENCH_PAGE * 8) == 8, "pagemap");
	if (!(entry & (PM_PRESENT | PM_SWAP)) || (entry & PM_PRESENT && entry & PM_FILE))
		return;
	pages++;
	cr_setup(pread(memory, page, sizeof(page), addr) == sizeof(page), "memory at %#lx", addr);
	nonzero += !cr_all_zero(page, sizeof(page));
}

static void count(pid_t pid)
{
	FILE *maps = fdopen(open_proc(pid, "maps"), "r");
	unsigned long start, end;
	char line[512];

	pagemap = open_proc(pid, "pagemap");
	memory = open_proc(pid, "mem");
	while (fgets(line, sizeof(line), maps)) {
		/* The kernel's own pages that every process sees. */
		if (strstr(line, "[v"))
			continue;
		cr_setup(sscanf(line, "%lx-%lx", &start, &end) == 2, "maps");
		for (; start < end; start += BENCH_PAGE)
			count_page(start);
	}
	fclose(maps);
}

int main(int argc, char **argv)
{
	unsigned long mib = bench_number(argc, argv, 1);
	struct checkpoint_stats st;
	int status, fd;
	pid_t pid;
	char *path;

	cr_setup(asprintf(&path, "%s/image", cr_arg(argc, argv, 2)) > 0, "asprintf");
	pid = bench_start(mib);
	cr_setup(!kill(pid, SIGSTOP), "SIGSTOP");
	cr_setup(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "the group stop");
	fd = cr_open(path, O_WRONLY | O_CREAT | O_EXCL);
	bench_checkpoint(pid, fd, 0, 0, &st);
	count(pid);
	bench_figure(0, "bytes", st.bytes);
	bench_figure(0, "image_pages", st.pages);
	bench_figure(0, "image_zero_pages", st.zero_pages);
	bench_figure(0, "private_pages", pages);
	bench_figure(0, "nonzero_pages", nonzero);
	bench_figure(0, "file_bytes", lseek(fd, 0, SEEK_END));
	bench_kill(pid);
	cr_setup(!unlink(path), "unlink %s", path);
	return 0;
}
