// SPDX-License-Identifier: GPL-2.0-only
/* Open files and directories: offsets, flags, sharing, kinds. */
#include <dirent.h>
#include <sys/resource.h>

#include "cr_test.h"

#define LEN	8192

static int open_data(int flags)
{
	return cr_open(cr_make_file("data", LEN, 1), flags);
}

static void check_read(int fd, off_t at)
{
	uint64_t word;

	cr_check(read(fd, &word, 8) == 8, "read %d: %m", fd);
	cr_check(word == cr_mix(1 + at / 8), "descriptor %d doesn't read from %ld", fd, (long)at);
}

static void offset(void)
{
	int fd = open_data(O_RDWR);

	cr_setup(lseek(fd, 4096, SEEK_SET) == 4096, "lseek");
	cr_ready();
	cr_check(lseek(fd, 0, SEEK_CUR) == 4096, "offset %ld", (long)lseek(fd, 0, SEEK_CUR));
	check_read(fd, 4096);
}

/* Past the end of the file there may be an offset, too. */
static void offset_past_end(void)
{
	int fd = open_data(O_RDONLY);

	cr_setup(lseek(fd, 1L << 40, SEEK_SET) == 1L << 40, "lseek");
	cr_ready();
	cr_check(lseek(fd, 0, SEEK_CUR) == 1L << 40, "offset %ld", (long)lseek(fd, 0, SEEK_CUR));
}

static void append(void)
{
	int fd = open_data(O_WRONLY | O_APPEND), other;
	struct stat st;

	cr_setup(write(fd, "12345678", 8) == 8, "write");
	cr_ready();
	cr_check(fcntl(fd, F_GETFL) & O_APPEND, "O_APPEND is lost");
	other = cr_open(cr_path("data"), O_WRONLY);
	cr_check(lseek(fd, 0, SEEK_SET) == 0 && !fstat(fd, &st), "lseek: %m");
	cr_check(write(fd, "x", 1) == 1 && lseek(fd, 0, SEEK_CUR) == st.st_size + 1, "it doesn't append");
	close(other);
}

static void flags(void)
{
	static const int want[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK, O_WRONLY | O_DSYNC, O_RDWR | O_SYNC,
		O_RDONLY | O_NOATIME, O_RDWR | O_APPEND | O_NONBLOCK,
	};
	int fd[CR_ARRAY_SIZE(want)], before[CR_ARRAY_SIZE(want)];
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(want); i++) {
		fd[i] = open_data(want[i]);
		before[i] = fcntl(fd[i], F_GETFL);
	}
	cr_ready();
	for (i = 0; i < CR_ARRAY_SIZE(want); i++)
		cr_check(fcntl(fd[i], F_GETFL) == before[i], "flags %#x, were %#x",
			 fcntl(fd[i], F_GETFL), before[i]);
	cr_check(write(fd[0], "x", 1) == -1 && errno == EBADF, "a read-only descriptor writes");
	cr_check(read(fd[1], &i, 1) == -1 && errno == EBADF, "a write-only descriptor reads");
}

/* One open file under three numbers, another open of it beside. */
static void shared(void)
{
	int fd = open_data(O_RDWR), copy = dup(fd), third = dup2(fd, 77);
	int other = cr_open(cr_path("data"), O_RDWR);

	cr_setup(copy > 0 && third == 77, "dup");
	cr_ready();
	cr_check(lseek(copy, 128, SEEK_SET) == 128, "lseek: %m");
	cr_check(lseek(fd, 0, SEEK_CUR) == 128 && lseek(third, 0, SEEK_CUR) == 128, "no longer shared");
	cr_check(lseek(other, 0, SEEK_CUR) == 0, "shared with another open file");
	check_read(third, 128);
	cr_check(lseek(fd, 0, SEEK_CUR) == 136, "the offset isn't shared");
	/* Status flags belong to the open file, close-on-exec to the number. */
	cr_check(!fcntl(fd, F_SETFL, O_APPEND) && fcntl(copy, F_GETFL) & O_APPEND, "flags aren't shared");
	cr_check(!fcntl(fd, F_SETFL, 0), "F_SETFL: %m");
}

static void cloexec(void)
{
	int on = open_data(O_RDONLY | O_CLOEXEC), off = open_data(O_RDONLY);
	int dup_off = dup(on), dup_on = fcntl(off, F_DUPFD_CLOEXEC, 0);

	cr_setup(dup_off > 0 && dup_on > 0, "dup");
	cr_ready();
	cr_check(fcntl(on, F_GETFD) == FD_CLOEXEC, "close-on-exec is lost");
	cr_check(fcntl(off, F_GETFD) == 0, "close-on-exec is new");
	cr_check(fcntl(dup_off, F_GETFD) == 0, "close-on-exec is new on a copy");
	cr_check(fcntl(dup_on, F_GETFD) == FD_CLOEXEC, "close-on-exec is lost on a copy");
}

static void opath(void)
{
	int fd = open_data(O_PATH), dir = cr_open(cr_env("CR_DIR"), O_PATH | O_DIRECTORY);
	struct stat st;
	char c;

	cr_ready();
	cr_check(fcntl(fd, F_GETFL) & O_PATH, "O_PATH is lost");
	cr_check(read(fd, &c, 1) == -1 && errno == EBADF, "it can be read");
	cr_check(!fstat(fd, &st) && st.st_size == LEN, "fstat: %m");
	cr_check(!fstatat(dir, "data", &st, 0) && st.st_size == LEN, "fstatat: %m");
}

/* A directory that is read half way: each name must come exactly once. */
static void directory(void)
{
	static bool seen[40];
	struct dirent *de;
	char name[32], *path = cr_path("names");
	DIR *dir;
	int i, n = 0, fd;

	cr_setup(!mkdir(path, 0755), "mkdir");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "names/%d", i);
		fd = cr_open(cr_path(name), O_WRONLY | O_CREAT);
		close(fd);
	}
	dir = opendir(path);
	cr_setup(dir, "opendir");
	for (i = 0; i < 10; i++) {
		de = readdir(dir);
		cr_setup(de, "readdir");
		seekdir(dir, telldir(dir));
		if (de->d_name[0] != '.')
			seen[atoi(de->d_name)] = true;
	}
	/* libc's buffer is behind the kernel's offset: throw it away. */
	seekdir(dir, telldir(dir));
	cr_ready();
	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		i = atoi(de->d_name);
		cr_check(!seen[i], "%d comes twice", i);
		seen[i] = true;
	}
	for (i = 0; i < 40; i++)
		n += seen[i];
	cr_check(n == 40, "%d of 40 names", n);
}

/* Numbers far above those of a small table, with holes between. */
static void high(void)
{
	static const int at[] = { 63, 64, 255, 256, 1000, 4095 };
	struct rlimit lim = { 4096, 4096 };
	int fd = open_data(O_RDONLY);
	size_t i;

	cr_setup(!setrlimit(RLIMIT_NOFILE, &lim), "setrlimit");
	for (i = 0; i < CR_ARRAY_SIZE(at); i++)
		cr_setup(dup2(fd, at[i]) == at[i], "dup2");
	cr_setup(!close(fd), "close");
	cr_ready();
	for (i = 0; i < CR_ARRAY_SIZE(at); i++)
		cr_check(!lseek(at[i], 0, SEEK_SET), "descriptor %d: %m", at[i]);
	check_read(4095, 0);
	cr_check(dup(at[0]) == fd, "the lowest free number isn't %d", fd);
}

static void none(void)
{
	/* Only the standard descriptors: they are needed to talk. */
	close(0);
	close(2);
	cr_ready();
	cr_check(fcntl(0, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1, "a closed descriptor is open");
}

static void devices(void)
{
	int null = cr_open("/dev/null", O_RDWR), zero = cr_open("/dev/zero", O_RDWR);
	int full = cr_open("/dev/full", O_WRONLY), random = cr_open("/dev/random", O_RDONLY);
	int urandom = cr_open("/dev/urandom", O_RDONLY | O_NONBLOCK);
	char buf[64] = { 1 };

	cr_ready();
	cr_check(read(null, buf, 64) == 0 && write(null, buf, 64) == 64, "null: %m");
	cr_check(read(zero, buf, 64) == 64 && cr_all_zero(buf, 64), "zero: %m");
	cr_check(write(full, buf, 64) == -1 && errno == ENOSPC, "full: %m");
	cr_check(read(random, buf, 16) > 0 && !cr_all_zero(buf, 16), "random: %m");
	cr_check(read(urandom, buf + 32, 32) == 32 && !cr_all_zero(buf + 32, 32), "urandom: %m");
	cr_check(fcntl(urandom, F_GETFL) & O_NONBLOCK, "flags of urandom");
}

/* Something of every file for the runner to alter between save and load. */
static void read_one(void)
{
	int fd = open_data(O_RDONLY);

	cr_setup(lseek(fd, 4096, SEEK_SET) == 4096, "lseek");
	cr_ready();
	check_read(fd, 4096);
}

static void write_one(void)
{
	int fd = open_data(O_RDWR);

	cr_setup(lseek(fd, 4096, SEEK_SET) == 4096, "lseek");
	cr_ready();
	check_read(fd, 4096);
	cr_check(write(fd, "x", 1) == 1, "write: %m");
}

/* Mapped through a descriptor that may write. */
static void map_one(void)
{
	int fd = open_data(O_RDWR);
	char *p = mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, fd, 0);

	cr_setup(p != MAP_FAILED, "mmap");
	cr_ready();
	cr_check_fill(p, LEN, 1);
	cr_check((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, "flags %#x", fcntl(fd, F_GETFL));
}

static const struct cr_variant variants[] = {
	{ "offset", offset }, { "offset-past-end", offset_past_end }, { "append", append },
	{ "flags", flags }, { "shared", shared }, { "cloexec", cloexec }, { "opath", opath },
	{ "directory", directory }, { "high", high }, { "none", none }, { "devices", devices },
	{ "read-one", read_one }, { "write-one", write_one },
	{ "map-one", map_one },
};

CR_VARIANTS(variants)
