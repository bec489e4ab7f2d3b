// SPDX-License-Identifier: GPL-2.0-only
/* eventfd: the counter, how it is read, and who shares it. */
#include <poll.h>
#include <sys/eventfd.h>

#include "cr_test.h"

#define MOST	0xfffffffffffffffeULL

static int make(unsigned int count, int flags)
{
	int fd = eventfd(count, flags);

	cr_setup(fd >= 0, "eventfd");
	return fd;
}

static void add(int fd, uint64_t n)
{
	cr_setup(write(fd, &n, 8) == 8, "write");
}

static void check_read(int fd, uint64_t want)
{
	uint64_t n = 0;

	cr_check(read(fd, &n, 8) == 8, "read: %m");
	cr_check(n == want, "it gave %#lx, want %#lx", (unsigned long)n, (unsigned long)want);
}

static short state(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	cr_check(poll(&p, 1, 0) >= 0, "poll: %m");
	return p.revents;
}

#define check_state(fd, want)						\
	cr_check(state(fd) == (want), "descriptor %d: poll says %#x, want %#x", fd, state(fd), want)

static void counter(void)
{
	int fd = make(5, 0);

	add(fd, 7);
	add(fd, 1ULL << 40);
	cr_ready();
	check_state(fd, POLLIN | POLLOUT);
	check_read(fd, 12 + (1ULL << 40));
	check_state(fd, POLLOUT);
	add(fd, 2);
	check_read(fd, 2);
}

static void zero(void)
{
	int fd = make(0, EFD_NONBLOCK);
	uint64_t n;

	cr_ready();
	check_state(fd, POLLOUT);
	cr_check(read(fd, &n, 8) == -1 && errno == EAGAIN, "read: %m");
	add(fd, 3);
	check_read(fd, 3);
}

static void semaphore(void)
{
	int fd = make(3, EFD_SEMAPHORE | EFD_NONBLOCK), i;
	uint64_t n;

	cr_ready();
	for (i = 0; i < 3; i++)
		check_read(fd, 1);
	cr_check(read(fd, &n, 8) == -1 && errno == EAGAIN, "read: %m");
	add(fd, 2);
	check_read(fd, 1);
}

static void flags(void)
{
	int fd[] = { make(0, 0), make(0, EFD_NONBLOCK), make(0, EFD_CLOEXEC), make(0, EFD_NONBLOCK) };
	int before[CR_ARRAY_SIZE(fd)];
	size_t i;

	/* As fcntl() has left them, not as eventfd() made them. */
	cr_setup(!fcntl(fd[2], F_SETFL, O_NONBLOCK) && !fcntl(fd[3], F_SETFL, 0), "F_SETFL");
	for (i = 0; i < CR_ARRAY_SIZE(fd); i++)
		before[i] = fcntl(fd[i], F_GETFL);
	cr_ready();
	for (i = 0; i < CR_ARRAY_SIZE(fd); i++)
		cr_check(fcntl(fd[i], F_GETFL) == before[i], "flags %#x, were %#x", fcntl(fd[i], F_GETFL),
			 before[i]);
	cr_check(fcntl(fd[2], F_GETFD) == FD_CLOEXEC && !fcntl(fd[3], F_GETFD), "close-on-exec");
}

/* One more doesn't fit. */
static void most(void)
{
	int fd = make(0, EFD_NONBLOCK);
	uint64_t one = 1;

	add(fd, MOST);
	cr_ready();
	check_state(fd, POLLIN);
	cr_check(write(fd, &one, 8) == -1 && errno == EAGAIN, "write: %m");
	check_read(fd, MOST);
	check_state(fd, POLLOUT);
}

static void shared(void)
{
	int fd = make(1, 0), copy = dup(fd), other = make(1, 0);

	cr_setup(copy >= 0, "dup");
	cr_ready();
	add(copy, 4);
	check_read(fd, 5);
	check_state(copy, POLLOUT);
	check_read(other, 1);
}

static int waker;

static void on_usr1(int sig CR_UNUSED)
{
	uint64_t n = 9;

	if (write(waker, &n, 8) != 8)
		_exit(4);
}

/* In read(); a handler counts. */
static void blocked(void)
{
	struct sigaction sa = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };

	waker = make(0, 0);
	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
	cr_say_ready();
	check_read(waker, 9);
	cr_wait_order();
}

static const struct cr_variant variants[] = {
	{ "counter", counter }, { "zero", zero }, { "semaphore", semaphore }, { "flags", flags },
	{ "most", most }, { "shared", shared }, { "blocked", blocked },
};

CR_VARIANTS(variants)
