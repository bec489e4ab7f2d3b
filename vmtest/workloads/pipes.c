// SPDX-License-Identifier: GPL-2.0-only
/* Pipes and FIFOs whose ends are all the workload's: content, size, ends. */
#include <poll.h>
#include <sys/ioctl.h>

#include "cr_test.h"

#define PAGE	4096
#define SLOTS	16	/* pages of a pipe that nobody changed */

static uint8_t stream[1 << 20], have[1 << 20];

static void make(int fd[2], int flags)
{
	cr_setup(!pipe2(fd, flags), "pipe2");
	cr_fill(stream, sizeof(stream), 1);
}

static int open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return cr_open(path, flags);
}

/* Bytes @from up to @to of the stream. */
static void put(int fd, size_t from, size_t to)
{
	cr_setup(write(fd, stream + from, to - from) == (ssize_t)(to - from), "write");
}

/* One read, which gives bytes @from up to @to and no more. */
static void check_read(int fd, size_t from, size_t to)
{
	ssize_t n = read(fd, have, sizeof(have));

	cr_check(n == (ssize_t)(to - from), "read gave %zd bytes, want %zu: %m", n, to - from);
	cr_check(!memcmp(have, stream + from, n), "not what was written from %zu on", from);
}

static short state(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	cr_check(poll(&p, 1, 0) >= 0, "poll: %m");
	return p.revents;
}

#define check_state(fd, want)						\
	cr_check(state(fd) == (want), "descriptor %d: poll says %#x, want %#x", fd, state(fd), want)

#define check_fails(call, err)						\
	cr_check((call) == -1 && errno == (err), #call ": %m")

/* Both ends work as ever. */
static void check_works(int r, int w)
{
	char text[8] = { 0 };

	check_state(r, 0);
	cr_check(write(w, "more", 4) == 4, "write: %m");
	cr_check(read(r, text, 8) == 4 && !strcmp(text, "more"), "read %s: %m", text);
}

static void content(void)
{
	int fd[2], n;

	make(fd, 0);
	put(fd[1], 0, 1000);
	put(fd[1], 1000, 4000);
	put(fd[1], 4000, 13000);
	cr_setup(read(fd[0], have, 1500) == 1500, "read");
	cr_ready();
	cr_check(!ioctl(fd[0], FIONREAD, &n) && n == 11500, "it holds %d bytes", n);
	check_read(fd[0], 1500, 13000);
	check_works(fd[0], fd[1]);
}

static void empty(void)
{
	int fd[2];

	make(fd, 0);
	put(fd[1], 0, 10);
	cr_setup(read(fd[0], have, 10) == 10, "read");
	cr_ready();
	check_works(fd[0], fd[1]);
}

static void packets(void)
{
	int fd[2];

	make(fd, O_DIRECT);
	put(fd[1], 0, 3);
	put(fd[1], 3, 503);
	put(fd[1], 503, 503 + PAGE);
	put(fd[1], 503 + PAGE, 504 + PAGE);
	cr_ready();
	cr_check(fcntl(fd[1], F_GETFL) & O_DIRECT, "O_DIRECT is lost");
	check_read(fd[0], 0, 3);
	/* Of a packet that is read in part the rest is thrown away. */
	cr_check(read(fd[0], have, 100) == 100, "read: %m");
	check_read(fd[0], 503, 503 + PAGE);
	check_read(fd[0], 503 + PAGE, 504 + PAGE);
	cr_check(write(fd[1], "a", 1) == 1 && write(fd[1], "bc", 2) == 2, "write: %m");
	cr_check(read(fd[0], have, 10) == 1 && read(fd[0], have, 10) == 2, "new packets have no borders");
}

/*
 * Packets after bytes without borders, the first of which have been read: the
 * packets had no room beside those, and would have beside what is left.
 */
static void mixed(void)
{
	int fd[2];

	make(fd, 0);
	put(fd[1], 0, 4000);
	cr_setup(!fcntl(fd[1], F_SETFL, O_DIRECT), "F_SETFL");
	put(fd[1], 4000, 4200);
	put(fd[1], 4200, 4300);
	cr_setup(!fcntl(fd[1], F_SETFL, 0), "F_SETFL");
	put(fd[1], 4300, 4310);
	put(fd[1], 4310, 4330);
	cr_setup(read(fd[0], have, 3500) == 3500, "read");
	cr_ready();
	cr_check(!(fcntl(fd[1], F_GETFL) & O_DIRECT), "O_DIRECT is new");
	/* A read ends where a packet ends. */
	check_read(fd[0], 3500, 4200);
	check_read(fd[0], 4200, 4300);
	check_read(fd[0], 4300, 4330);
}

/* Writes until it is full and says how much that was. */
static size_t fill_up(int w, size_t piece)
{
	size_t sum = 0;
	ssize_t n;

	while ((n = write(w, stream + sum, piece)) > 0)
		sum += n;
	cr_setup(n == -1 && errno == EAGAIN, "write");
	return sum;
}

static void full_of(int flags, size_t piece)
{
	size_t sum, again;
	int fd[2];

	make(fd, O_NONBLOCK | flags);
	sum = fill_up(fd[1], piece);
	cr_ready();
	check_state(fd[1], 0);
	check_fails(write(fd[1], stream, piece), EAGAIN);
	for (again = 0; again < sum; again += flags ? piece : sum)
		check_read(fd[0], again, again + (flags ? piece : sum));
	check_fails(read(fd[0], have, 1), EAGAIN);
	again = fill_up(fd[1], piece);
	cr_check(again == sum, "it takes %zu bytes, took %zu", again, sum);
}

static void full(void) { full_of(0, 1000); }
static void full_packets(void) { full_of(O_DIRECT, 1); }

static void size(void)
{
	int large[2], small[2];

	make(large, O_NONBLOCK);
	make(small, O_NONBLOCK);
	cr_setup(fcntl(large[0], F_SETPIPE_SZ, 64 * PAGE) == 64 * PAGE, "F_SETPIPE_SZ");
	cr_setup(fcntl(small[1], F_SETPIPE_SZ, PAGE) == PAGE, "F_SETPIPE_SZ");
	put(large[1], 0, 50 * PAGE);
	put(small[1], 0, PAGE);
	cr_ready();
	cr_check(fcntl(large[1], F_GETPIPE_SZ) == 64 * PAGE, "%d bytes", fcntl(large[1], F_GETPIPE_SZ));
	cr_check(fcntl(small[0], F_GETPIPE_SZ) == PAGE, "%d bytes", fcntl(small[0], F_GETPIPE_SZ));
	check_fails(write(small[1], "x", 1), EAGAIN);
	check_read(small[0], 0, PAGE);
	check_read(large[0], 0, 50 * PAGE);
	cr_check(fill_up(large[1], PAGE) == 64 * PAGE, "the large one holds less");
}

static void flags(void)
{
	int a[2], b[2], before[4];

	make(a, 0);
	make(b, 0);
	cr_setup(!fcntl(a[0], F_SETFL, O_NONBLOCK) && !fcntl(b[1], F_SETFL, O_NONBLOCK), "F_SETFL");
	cr_setup(!fcntl(a[1], F_SETFD, FD_CLOEXEC), "F_SETFD");
	before[0] = fcntl(a[0], F_GETFL);
	before[1] = fcntl(a[1], F_GETFL);
	before[2] = fcntl(b[0], F_GETFL);
	before[3] = fcntl(b[1], F_GETFL);
	cr_ready();
	cr_check(fcntl(a[0], F_GETFL) == before[0], "flags %#x, were %#x", fcntl(a[0], F_GETFL), before[0]);
	cr_check(fcntl(a[1], F_GETFL) == before[1], "flags %#x, were %#x", fcntl(a[1], F_GETFL), before[1]);
	cr_check(fcntl(b[0], F_GETFL) == before[2], "flags %#x, were %#x", fcntl(b[0], F_GETFL), before[2]);
	cr_check(fcntl(b[1], F_GETFL) == before[3], "flags %#x, were %#x", fcntl(b[1], F_GETFL), before[3]);
	cr_check(fcntl(a[1], F_GETFD) == FD_CLOEXEC && !fcntl(a[0], F_GETFD), "close-on-exec");
	check_fails(read(a[0], have, 1), EAGAIN);
	check_fails(read(a[1], have, 1), EBADF);
	check_fails(write(b[0], have, 1), EBADF);
	fill_up(b[1], PAGE);
}

static ino_t inode(int fd)
{
	struct stat st;

	cr_check(!fstat(fd, &st), "fstat: %m");
	return st.st_ino;
}

/* Three open files and five descriptors of one pipe, one of another. */
static void several(void)
{
	int fd[2], other[2], r, w, copy;

	make(fd, 0);
	make(other, 0);
	r = open_again(fd[0], O_RDONLY | O_NONBLOCK);
	w = open_again(fd[0], O_WRONLY);
	copy = dup(fd[1]);
	cr_setup(copy >= 0, "dup");
	put(w, 0, 100);
	put(copy, 100, 200);
	cr_ready();
	cr_check(inode(fd[0]) == inode(r) && inode(r) == inode(w) && inode(w) == inode(copy) &&
		 inode(copy) == inode(fd[1]), "it isn't one pipe");
	cr_check(inode(other[0]) == inode(other[1]) && inode(other[0]) != inode(r), "it isn't another pipe");
	check_state(other[0], 0);
	check_read(r, 0, 200);
	/* It ends with its last writer. */
	close(fd[1]);
	close(w);
	check_fails(read(r, have, 1), EAGAIN);
	close(copy);
	check_state(r, POLLHUP);
	check_state(fd[0], POLLHUP);
	check_works(other[0], other[1]);
}

static void only_reader(void)
{
	int fd[2];

	make(fd, 0);
	put(fd[1], 0, 5000);
	close(fd[1]);
	cr_ready();
	check_state(fd[0], POLLIN | POLLHUP);
	check_read(fd[0], 0, 5000);
	cr_check(read(fd[0], have, 1) == 0, "no end of file: %m");
	check_state(fd[0], POLLHUP);
}

static void check_only_writer(int w)
{
	check_state(w, POLLOUT | POLLERR);
	check_fails(write(w, "x", 1), EPIPE);
}

static void ignore_sigpipe(void)
{
	cr_setup(signal(SIGPIPE, SIG_IGN) != SIG_ERR, "signal");
}

static void only_writer(void)
{
	int fd[2], r;

	ignore_sigpipe();
	make(fd, 0);
	put(fd[1], 0, 5000);
	close(fd[0]);
	cr_ready();
	check_only_writer(fd[1]);
	/* What was in it is there for a new reader. */
	r = open_again(fd[1], O_RDONLY | O_NONBLOCK);
	check_read(r, 0, 5000);
	check_works(r, fd[1]);
}

/* The only open file is both ends. */
static void both_ends(void)
{
	int fd[2], rw;

	make(fd, 0);
	rw = open_again(fd[0], O_RDWR);
	put(rw, 0, 5000);
	close(fd[0]);
	close(fd[1]);
	cr_ready();
	cr_check((fcntl(rw, F_GETFL) & O_ACCMODE) == O_RDWR, "flags %#x", fcntl(rw, F_GETFL));
	check_state(rw, POLLIN | POLLOUT);
	check_read(rw, 0, 5000);
	check_state(rw, POLLOUT);
	cr_check(write(rw, "x", 1) == 1 && read(rw, have, 2) == 1, "it isn't both ends: %m");
}

static void owner(void)
{
	struct stat st;
	int fd[2];

	make(fd, 0);
	cr_setup(!fchown(fd[0], 1000, 1001), "fchown");
	cr_ready();
	cr_check(!fstat(fd[1], &st) && st.st_uid == 1000 && st.st_gid == 1001, "owner %d, group %d",
		 st.st_uid, st.st_gid);
}

/* Calls that wait for the other end; a handler has that. */

static int waker[2];

static void on_usr1_write(int sig CR_UNUSED)
{
	if (write(waker[1], "x", 1) != 1)
		_exit(4);
}

static void on_usr1_read(int sig CR_UNUSED)
{
	if (read(waker[0], have, PAGE) != PAGE)
		_exit(4);
}

static void catch_usr1(void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
}

static void blocked_read(void)
{
	ssize_t n;
	char c;

	make(waker, 0);
	catch_usr1(on_usr1_write);
	cr_say_ready();
	n = read(waker[0], &c, 1);
	cr_check(n == 1 && c == 'x', "read gave %zd: %m", n);
	cr_wait_order();
}

static void blocked_write(void)
{
	ssize_t n;

	make(waker, 0);
	put(waker[1], 0, SLOTS * PAGE);
	catch_usr1(on_usr1_read);
	cr_say_ready();
	n = write(waker[1], stream + SLOTS * PAGE, 1);
	cr_check(n == 1, "write gave %zd: %m", n);
	check_read(waker[0], PAGE, SLOTS * PAGE + 1);
	cr_wait_order();
}

/* FIFOs; the runner may alter the file. */

static char *make_fifo(void)
{
	char *path = cr_path("data");

	cr_setup(!mkfifo(path, 0600), "mkfifo");
	cr_fill(stream, sizeof(stream), 1);
	return path;
}

static void fifo(void)
{
	char *path = make_fifo();
	int r = cr_open(path, O_RDONLY | O_NONBLOCK), w = cr_open(path, O_WRONLY), more;
	struct stat st;

	cr_setup(!fcntl(r, F_SETFL, 0), "F_SETFL");
	put(w, 0, 9000);
	cr_ready();
	cr_check(!(fcntl(r, F_GETFL) & O_NONBLOCK), "O_NONBLOCK is new");
	cr_check(!stat(path, &st) && st.st_ino == inode(r) && st.st_ino == inode(w), "it isn't the FIFO");
	check_read(r, 0, 9000);
	check_works(r, w);
	more = cr_open(path, O_WRONLY | O_NONBLOCK);
	check_works(r, more);
	close(w);
	check_state(r, 0);
	close(more);
	check_state(r, POLLHUP);
	cr_check(read(r, have, 1) == 0, "no end of file: %m");
}

static void fifo_both_ends(void)
{
	int rw = cr_open(make_fifo(), O_RDWR), w;

	put(rw, 0, 9000);
	cr_ready();
	check_state(rw, POLLIN | POLLOUT);
	check_read(rw, 0, 9000);
	w = cr_open(cr_path("data"), O_WRONLY);
	cr_check(write(w, "x", 1) == 1 && read(rw, have, 2) == 1, "it isn't the FIFO: %m");
}

/* Its reader isn't told of an end before there was a writer. */
static void fifo_no_writer_yet(void)
{
	char *path = make_fifo();
	int r = cr_open(path, O_RDONLY | O_NONBLOCK), w;

	cr_ready();
	check_state(r, 0);
	cr_check(read(r, have, 1) == 0, "read: %m");
	w = cr_open(path, O_WRONLY | O_NONBLOCK);
	check_works(r, w);
	close(w);
	check_state(r, POLLHUP);
}

static void fifo_writer_gone(void)
{
	char *path = make_fifo();
	int r = cr_open(path, O_RDONLY | O_NONBLOCK), w = cr_open(path, O_WRONLY);

	put(w, 0, 9000);
	close(w);
	cr_ready();
	check_state(r, POLLIN | POLLHUP);
	check_read(r, 0, 9000);
	check_state(r, POLLHUP);
	cr_check(read(r, have, 1) == 0, "no end of file: %m");
}

/* One reader has seen the writer, the other came after it. */
static void fifo_two_readers(void)
{
	char *path = make_fifo();
	int before = cr_open(path, O_RDONLY | O_NONBLOCK), after;

	close(cr_open(path, O_WRONLY));
	after = cr_open(path, O_RDONLY | O_NONBLOCK);
	cr_ready();
	check_state(before, POLLHUP);
	check_state(after, 0);
}

static void fifo_only_writer(void)
{
	char *path = make_fifo();
	int r = cr_open(path, O_RDONLY | O_NONBLOCK), w = cr_open(path, O_WRONLY);

	ignore_sigpipe();
	put(w, 0, 9000);
	close(r);
	cr_ready();
	check_only_writer(w);
	r = cr_open(path, O_RDONLY | O_NONBLOCK);
	check_read(r, 0, 9000);
}

static const struct cr_variant variants[] = {
	{ "content", content }, { "empty", empty }, { "packets", packets }, { "mixed", mixed },
	{ "full", full }, { "full-packets", full_packets }, { "size", size }, { "flags", flags },
	{ "several", several }, { "only-reader", only_reader }, { "only-writer", only_writer },
	{ "both-ends", both_ends }, { "owner", owner }, { "blocked-read", blocked_read },
	{ "blocked-write", blocked_write }, { "fifo", fifo }, { "fifo-both-ends", fifo_both_ends },
	{ "fifo-no-writer-yet", fifo_no_writer_yet }, { "fifo-writer-gone", fifo_writer_gone },
	{ "fifo-two-readers", fifo_two_readers }, { "fifo-only-writer", fifo_only_writer },
};

CR_VARIANTS(variants)
