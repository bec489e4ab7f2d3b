// SPDX-License-Identifier: GPL-2.0-only
/* Shared memory without a path: anonymous MAP_SHARED mappings and memfd. */
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "cr_test.h"

#define PAGE	4096UL
#define MIB	(1UL << 20)
#define GIB	(1UL << 30)
#define WORDS	(PAGE / 8)	/* cr_fill() counts words */

#define RW	(PROT_READ | PROT_WRITE)

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE	0x10
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC		0x20
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL		0x08
#endif

#define check_fails(call, err)						\
	cr_check((call) == -1 && errno == (err), #call ": %m")

static char *map_anon(size_t len, int flags)
{
	char *p = mmap(NULL, len, RW, MAP_SHARED | MAP_ANONYMOUS | flags, -1, 0);

	cr_setup(p != MAP_FAILED, "mmap %zu bytes", len);
	return p;
}

static char *map(int fd, size_t len, int prot, int flags, off_t off)
{
	char *p = mmap(NULL, len, prot, flags, fd, off);

	cr_setup(p != MAP_FAILED, "mmap %zu bytes", len);
	return p;
}

/* A second mapping of the same memory. */
static char *map_again(char *p, size_t len)
{
	char *q = mremap(p, 0, len, MREMAP_MAYMOVE);

	cr_setup(q != MAP_FAILED, "mremap");
	return q;
}

/* What a child writes is seen here: nobody has made it private. */
static void check_shared(char *p)
{
	int status;
	pid_t pid = fork();

	cr_check(pid >= 0, "fork: %m");
	if (!pid) {
		p[0] ^= 0x55;
		p[1] = 'c';
		_exit(0);
	}
	p[2] = 'p';
	cr_check(waitpid(pid, &status, 0) == pid && !status, "waitpid: %m");
	cr_check(p[1] == 'c' && p[2] == 'p', "it isn't shared with a child");
}

/* What a mapping of /dev/zero shows is made with it. */
static void zero(void)
{
	int fd = cr_open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	cr_setup(p != MAP_FAILED, "mmap");
	cr_fill(p + PAGE, PAGE, 3);
	cr_ready();
	cr_check_fill(p + PAGE, PAGE, 3);
	check_shared(p + 8);
}

static void anon(void)
{
	char *p = map_anon(64 * PAGE, 0);

	cr_fill(p, 20 * PAGE, 1);
	cr_fill(p + 40 * PAGE, PAGE, 2);
	memset(p + 41 * PAGE, 1, PAGE);
	memset(p + 41 * PAGE, 0, PAGE);
	cr_ready();
	cr_check_fill(p, 20 * PAGE, 1);
	cr_check(cr_all_zero(p + 20 * PAGE, 20 * PAGE), "the hole has something in it");
	cr_check_fill(p + 40 * PAGE, PAGE, 2);
	cr_check(cr_all_zero(p + 41 * PAGE, 23 * PAGE), "the end has something in it");
	check_shared(p + 8);
	check_shared(p + 50 * PAGE);
}

static bool is_mapped(char *p)
{
	unsigned char there;

	return !mincore(p, PAGE, &there);
}

/* In parts: what isn't mapped is gone, what can't be read isn't. */
static void parts(void)
{
	char *p = map_anon(32 * PAGE, 0);

	cr_fill(p, 32 * PAGE, 1);
	cr_setup(!munmap(p + 8 * PAGE, 4 * PAGE), "munmap");
	cr_setup(!mprotect(p, 4 * PAGE, PROT_READ), "mprotect");
	cr_setup(!mprotect(p + 20 * PAGE, 4 * PAGE, PROT_NONE), "mprotect");
	cr_ready();
	cr_check_fill(p, 8 * PAGE, 1);
	cr_check(!is_mapped(p + 8 * PAGE) && !is_mapped(p + 11 * PAGE), "there is something in the gap");
	cr_check_fill(p + 12 * PAGE, 8 * PAGE, 1 + 12 * WORDS);
	cr_check(!mprotect(p, 32 * PAGE, PROT_NONE) || errno == ENOMEM, "mprotect: %m");
	cr_check(!mprotect(p, 8 * PAGE, RW) && !mprotect(p + 12 * PAGE, 20 * PAGE, RW), "mprotect: %m");
	cr_check_fill(p + 20 * PAGE, 12 * PAGE, 1 + 20 * WORDS);
	check_shared(p);
	check_shared(p + 31 * PAGE);
}

/* One memory at three places, one of which has only a part, and one that was moved. */
static void views(void)
{
	char *p = map_anon(16 * PAGE, 0), *q = map_again(p, 16 * PAGE), *part = map_again(p + 4 * PAGE, 4 * PAGE);
	char *apart = map_anon(16 * PAGE, 0), *to = map_anon(32 * PAGE, 0);

	cr_setup(mremap(q, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
	q = to;
	cr_fill(p, 16 * PAGE, 1);
	cr_fill(apart, 16 * PAGE, 2);
	cr_ready();
	cr_check_fill(q, 16 * PAGE, 1);
	cr_check_fill(part, 4 * PAGE, 1 + 4 * WORDS);
	part[PAGE] ^= 1;
	cr_check(p[5 * PAGE] == part[PAGE] && q[5 * PAGE] == part[PAGE], "the views are apart");
	cr_fill(q, 16 * PAGE, 3);
	cr_check_fill(p, 16 * PAGE, 3);
	cr_check_fill(part, 4 * PAGE, 3 + 4 * WORDS);
	cr_check_fill(apart, 16 * PAGE, 2);
	check_shared(q);
}

static void named(void)
{
	char *p = map_anon(4 * PAGE, 0);

	cr_setup(!prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, 4 * PAGE, "a name"), "PR_SET_VMA_ANON_NAME");
	cr_fill(p, 4 * PAGE, 1);
	cr_ready();
	cr_check_fill(p, 4 * PAGE, 1);
	check_shared(p);
}

/* A page in 8 MiB: the holes aren't stored. */
static void noreserve(void)
{
	char *p = map_anon(64 * MIB, MAP_NORESERVE);
	size_t i;

	for (i = 0; i < 64 * MIB; i += 8 * MIB)
		cr_fill(p + i, PAGE, i);
	cr_ready();
	for (i = 0; i < 64 * MIB; i += 8 * MIB) {
		cr_check_fill(p + i, PAGE, i);
		cr_check(cr_all_zero(p + i + PAGE, PAGE), "page at %#lx isn't zero", i + PAGE);
	}
	check_shared(p);
}

static void large(void)
{
	char *p = map_anon(8 * MIB, 0);

	cr_fill(p, 8 * MIB, 1);
	cr_ready();
	cr_check_fill(p, 8 * MIB, 1);
	check_shared(p + 5 * MIB);
}

static void locked(void)
{
	char *p = map_anon(16 * PAGE, 0);

	cr_setup(!mlock(p, 8 * PAGE), "mlock");
	cr_fill(p, 16 * PAGE, 1);
	cr_ready();
	cr_check_fill(p, 16 * PAGE, 1);
	check_shared(p);
}

/* memfd */

static int make(const char *name, unsigned int flags)
{
	int fd = memfd_create(name, flags);

	cr_setup(fd >= 0, "memfd_create");
	return fd;
}

/* Of @len bytes. */
static int make_filled(unsigned int flags, size_t len)
{
	int fd = make("memfd", flags);
	char *buf = malloc(len);

	cr_setup(buf, "malloc");
	cr_fill(buf, len, 1);
	cr_setup(write(fd, buf, len) == (ssize_t)len, "write");
	free(buf);
	return fd;
}

static int open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return cr_open(path, flags);
}

static void check_content(int fd, off_t at, size_t len)
{
	char *buf = malloc(len);

	cr_check(buf && pread(fd, buf, len, at) == (ssize_t)len, "pread: %m");
	cr_check_fill(buf, len, 1 + at / 8);
	free(buf);
}

static off_t size_of(int fd)
{
	struct stat st;

	cr_check(!fstat(fd, &st), "fstat: %m");
	return st.st_size;
}

static void memfd(void)
{
	int fd = make_filled(MFD_CLOEXEC, 3 * PAGE + 800), copy = dup(fd);
	char path[32], link[64] = { 0 };

	cr_setup(copy >= 0 && lseek(fd, 5000, SEEK_SET) == 5000, "lseek");
	cr_ready();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_check(readlink(path, link, sizeof(link) - 1) > 0 && !strcmp(link, "/memfd:memfd (deleted)"),
		 "it is %s", link);
	cr_check(size_of(fd) == 3 * PAGE + 800, "size %ld", (long)size_of(fd));
	cr_check(lseek(fd, 0, SEEK_CUR) == 5000, "offset %ld", (long)lseek(fd, 0, SEEK_CUR));
	check_content(fd, 0, 3 * PAGE + 800);
	cr_check(fcntl(fd, F_GETFD) == FD_CLOEXEC && !fcntl(copy, F_GETFD), "close-on-exec");
	cr_check(lseek(copy, 8, SEEK_SET) == 8 && lseek(fd, 0, SEEK_CUR) == 8, "the offset isn't shared");
	/* It can be changed as ever. */
	cr_check(pwrite(fd, "x", 1, 6 * PAGE) == 1 && size_of(fd) == 6 * PAGE + 1, "pwrite: %m");
	cr_check(!ftruncate(fd, PAGE) && size_of(copy) == PAGE, "ftruncate: %m");
}

/* A GiB with a page in the middle, and an end that isn't one of a page. */
static void hole(void)
{
	int fd = make("", 0);
	char buf[PAGE];

	cr_fill(buf, PAGE, 1 + GIB / 2 / 8);
	cr_setup(pwrite(fd, buf, PAGE, GIB / 2) == PAGE && !ftruncate(fd, GIB + 123), "pwrite");
	cr_ready();
	cr_check(size_of(fd) == GIB + 123, "size %ld", (long)size_of(fd));
	cr_check(lseek(fd, 0, SEEK_DATA) == GIB / 2, "data at %ld", (long)lseek(fd, 0, SEEK_DATA));
	cr_check(lseek(fd, GIB / 2, SEEK_HOLE) == GIB / 2 + PAGE, "hole at %ld",
		 (long)lseek(fd, GIB / 2, SEEK_HOLE));
	check_content(fd, GIB / 2, PAGE);
	cr_check(pread(fd, buf, PAGE, GIB) == 123 && cr_all_zero(buf, 123), "the end has something in it");
}

static bool can_shrink(int fd) { return !ftruncate(fd, PAGE) || errno != EPERM; }
static bool can_grow(int fd) { return !ftruncate(fd, 64 * PAGE) || errno != EPERM; }
static bool can_write(int fd) { return pwrite(fd, "x", 1, 0) == 1 || errno != EPERM; }

static void seals(void)
{
	static const int want[] = {
		0, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, F_SEAL_EXEC,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	};
	int fd[CR_ARRAY_SIZE(want)], never = make("never", 0), have;
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(want); i++) {
		fd[i] = make_filled(MFD_ALLOW_SEALING, 4 * PAGE);
		/* Executable and so sealed, it is sealed against more. */
		cr_setup(!fchmod(fd[i], 0600), "fchmod");
		cr_setup(!fcntl(fd[i], F_ADD_SEALS, want[i]), "F_ADD_SEALS %#x", want[i]);
	}
	cr_ready();
	cr_check(fcntl(never, F_GET_SEALS) == F_SEAL_SEAL, "one that can't be sealed: %#x",
		 fcntl(never, F_GET_SEALS));
	for (i = 0; i < CR_ARRAY_SIZE(want); i++) {
		have = fcntl(fd[i], F_GET_SEALS);
		cr_check(have == want[i], "seals %#x, want %#x", have, want[i]);
		check_content(fd[i], 0, 4 * PAGE);
		cr_check(can_write(fd[i]) == !(have & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)), "writing, seals %#x",
			 have);
		cr_check(can_grow(fd[i]) == !(have & F_SEAL_GROW), "growing, seals %#x", have);
		cr_check(can_shrink(fd[i]) == !(have & F_SEAL_SHRINK), "shrinking, seals %#x", have);
		cr_check((fcntl(fd[i], F_ADD_SEALS, F_SEAL_GROW) == -1) == !!(have & F_SEAL_SEAL),
			 "sealing, seals %#x", have);
		cr_check((fchmod(fd[i], 0700) == -1) == !!(have & F_SEAL_EXEC), "mode, seals %#x", have);
	}
}

/* A mapping that was made under a seal can't become writable. */
static void sealed_map(void)
{
	static const int want[] = { F_SEAL_WRITE, F_SEAL_FUTURE_WRITE };
	char *p[CR_ARRAY_SIZE(want)];
	int fd[CR_ARRAY_SIZE(want)];
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(want); i++) {
		fd[i] = make_filled(MFD_ALLOW_SEALING, 4 * PAGE);
		cr_setup(!fcntl(fd[i], F_ADD_SEALS, want[i]), "F_ADD_SEALS");
		p[i] = map(fd[i], 4 * PAGE, PROT_READ, MAP_SHARED, 0);
	}
	cr_ready();
	for (i = 0; i < CR_ARRAY_SIZE(want); i++) {
		cr_check_fill(p[i], 4 * PAGE, 1);
		cr_check(fcntl(fd[i], F_GET_SEALS) == want[i], "seals %#x", fcntl(fd[i], F_GET_SEALS));
		check_fails(mprotect(p[i], PAGE, RW), EACCES);
		check_fails(write(fd[i], "x", 1), EPERM);
		cr_check(mmap(NULL, PAGE, RW, MAP_SHARED, fd[i], 0) == MAP_FAILED && errno == EPERM,
			 "a writable mapping: %m");
	}
}

/* One that is writable already stays so under F_SEAL_FUTURE_WRITE. */
static void future_write(void)
{
	int fd = make_filled(MFD_ALLOW_SEALING, 4 * PAGE);
	char *p = map(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	char *q = map(fd, 4 * PAGE, PROT_READ, MAP_SHARED, 0);

	cr_setup(!fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), "F_ADD_SEALS");
	cr_ready();
	cr_check(fcntl(fd, F_GET_SEALS) == F_SEAL_FUTURE_WRITE, "seals %#x", fcntl(fd, F_GET_SEALS));
	cr_check_fill(q, 4 * PAGE, 1);
	cr_fill(p, 4 * PAGE, 2);
	cr_check_fill(q, 4 * PAGE, 2);
	/* It was mapped before the seal. */
	cr_check(!mprotect(q, PAGE, RW), "mprotect: %m");
	check_fails(pwrite(fd, "x", 1, 0), EPERM);
	cr_check(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
		 "a new writable mapping: %m");
	/* Who writes keeps it from being sealed for good. */
	check_fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
}

static void mode(void)
{
	int fd = make("mode", 0), noexec = make("noexec", MFD_NOEXEC_SEAL);
	struct stat st;

	cr_setup(!fchmod(fd, 0640) && !fchown(fd, 1000, 1001), "fchmod");
	cr_ready();
	cr_check(!fstat(fd, &st) && st.st_mode == (S_IFREG | 0640), "mode %o", st.st_mode);
	cr_check(st.st_uid == 1000 && st.st_gid == 1001, "owner %d, group %d", st.st_uid, st.st_gid);
	cr_check(!fstat(noexec, &st) && st.st_mode == (S_IFREG | 0666), "mode %o", st.st_mode);
	cr_check(fcntl(noexec, F_GET_SEALS) == F_SEAL_EXEC, "seals %#x", fcntl(noexec, F_GET_SEALS));
	check_fails(fchmod(noexec, 0700), EPERM);
}

/* Every other page of a private mapping is its own. */
static void private_map(void)
{
	int fd = make_filled(0, 8 * PAGE);
	char *p = map(fd, 8 * PAGE, RW, MAP_PRIVATE, 0), *s = map(fd, 8 * PAGE, RW, MAP_SHARED, 0);
	size_t i;

	for (i = 0; i < 8; i += 2)
		cr_fill(p + i * PAGE, PAGE, 5000 + i);
	cr_ready();
	cr_check_fill(s, 8 * PAGE, 1);
	for (i = 0; i < 8; i++)
		cr_check_fill(p + i * PAGE, PAGE, i % 2 ? 1 + i * WORDS : 5000 + i);
	/* What isn't its own is the memfd's. */
	cr_fill(s, 8 * PAGE, 9);
	for (i = 0; i < 8; i++)
		cr_check_fill(p + i * PAGE, PAGE, i % 2 ? 9 + i * WORDS : 5000 + i);
}

static void coherent(void)
{
	int fd = make_filled(0, 16 * PAGE);
	char *p = map(fd, 16 * PAGE, RW, MAP_SHARED, 0), *q = map(fd, 8 * PAGE, PROT_READ, MAP_SHARED, 4 * PAGE);

	p[0] ^= 1;
	cr_ready();
	p[0] ^= 1;
	cr_check_fill(p, 16 * PAGE, 1);
	cr_check_fill(q, 8 * PAGE, 1 + 4 * WORDS);
	cr_fill(p, 16 * PAGE, 1);
	check_content(fd, 0, 16 * PAGE);
	p[5 * PAGE] ^= 1;
	cr_check(q[PAGE] == p[5 * PAGE], "the mappings are apart");
	cr_check(pwrite(fd, "wxyz", 4, 7 * PAGE) == 4 && !memcmp(q + 3 * PAGE, "wxyz", 4),
		 "the mapping isn't the file's");
	/* It could be made writable, and still can. */
	cr_check(!mprotect(q, PAGE, RW), "mprotect: %m");
	check_shared(q);
}

/* Opened twice more: offsets and rights of their own. */
static void reopened(void)
{
	int fd = make_filled(0, 4 * PAGE), r = open_again(fd, O_RDONLY), w = open_again(fd, O_WRONLY | O_APPEND);

	cr_setup(lseek(fd, 100, SEEK_SET) == 100 && lseek(r, 200, SEEK_SET) == 200, "lseek");
	cr_ready();
	cr_check(lseek(fd, 0, SEEK_CUR) == 100 && lseek(r, 0, SEEK_CUR) == 200, "offsets");
	check_content(r, 0, 4 * PAGE);
	check_fails(write(r, "x", 1), EBADF);
	check_fails(read(w, &r, 1), EBADF);
	cr_check(write(w, "x", 1) == 1 && size_of(r) == 4 * PAGE + 1, "it doesn't append: %m");
	cr_check(size_of(fd) == 4 * PAGE + 1, "it is another memfd");
}

/* No descriptor has it any more. */
static void unopened(void)
{
	int fd = make_filled(MFD_ALLOW_SEALING, 8 * PAGE);
	char *p = map(fd, 8 * PAGE, RW, MAP_SHARED, 0), *q = map(fd, 2 * PAGE, PROT_READ, MAP_SHARED, 2 * PAGE);
	size_t len;

	close(fd);
	cr_ready();
	cr_check(cr_mapping("/memfd:memfd (deleted)", &len), "no mapping");
	cr_check_fill(p, 8 * PAGE, 1);
	p[2 * PAGE] ^= 1;
	cr_check(q[0] == p[2 * PAGE], "the mappings are apart");
	check_shared(p);
}

/* Mapped past its end, which moves. */
static void past_end(void)
{
	int fd = make_filled(0, 2 * PAGE);
	char *p = map(fd, 8 * PAGE, RW, MAP_SHARED, 0);

	cr_ready();
	cr_check(size_of(fd) == 2 * PAGE, "size %ld", (long)size_of(fd));
	cr_check_fill(p, 2 * PAGE, 1);
	cr_check(!ftruncate(fd, 8 * PAGE) && cr_all_zero(p + 2 * PAGE, 6 * PAGE), "ftruncate: %m");
	cr_fill(p, 8 * PAGE, 1);
	check_content(fd, 0, 8 * PAGE);
}

/* A memfd that is this program; the descriptor it came with doesn't keep it from running. */
static int make_program(void)
{
	int fd = make("program", 0), self = cr_open("/proc/self/exe", O_RDONLY);
	static char buf[1 << 16];
	ssize_t n;

	while ((n = read(self, buf, sizeof(buf))) > 0)
		cr_setup(write(fd, buf, n) == n, "write");
	cr_setup(!n, "read");
	close(self);
	return fd;
}

enum { EXECUTED = 42 };

/* The child's status, or EXECUTED if it has run. */
static int execute(int fd)
{
	char *argv[] = { (char *)"shared", (char *)"executed", NULL };
	int status;
	pid_t pid = fork();

	cr_check(pid >= 0, "fork: %m");
	if (!pid) {
		fexecve(fd, argv, environ);
		_exit(errno == ETXTBSY ? 1 : 2);
	}
	cr_check(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "waitpid: %m");
	return WEXITSTATUS(status);
}

static void executed(void)
{
	_exit(EXECUTED);
}

static void program(void)
{
	int fd = make_program(), ret;

	cr_ready();
	ret = execute(fd);
	cr_check(ret == EXECUTED, "it doesn't run: %d", ret);
}

/* But one that was opened for writing does, until it is closed. */
static void program_busy(void)
{
	int fd = make_program(), w = open_again(fd, O_WRONLY), ret;

	cr_setup(execute(fd) == 1, "it runs");
	cr_ready();
	ret = execute(fd);
	cr_check(ret == 1, "it isn't busy: %d", ret);
	close(w);
	ret = execute(fd);
	cr_check(ret == EXECUTED, "it doesn't run: %d", ret);
}

static const struct cr_variant variants[] = {
	{ "anon", anon }, { "zero", zero }, { "parts", parts }, { "views", views }, { "named", named },
	{ "noreserve", noreserve }, { "large", large }, { "locked", locked },
	{ "memfd", memfd }, { "hole", hole }, { "seals", seals }, { "sealed-map", sealed_map },
	{ "future-write", future_write }, { "mode", mode }, { "private", private_map },
	{ "coherent", coherent }, { "reopened", reopened }, { "unopened", unopened },
	{ "past-end", past_end }, { "program", program }, { "program-busy", program_busy },
	{ "executed", executed },
};

CR_VARIANTS(variants)
