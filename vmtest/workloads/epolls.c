// SPDX-License-Identifier: GPL-2.0-only
/* epoll: what is watched, what is ready, and what has been said of it already. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "cr_test.h"

#define MANY		5000	/* more than one EPOLL record holds */
#define TOTAL_MS	2500

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE	(1u << 28)
#endif

static int make(void)
{
	int ep = epoll_create1(0);

	cr_setup(ep >= 0, "epoll_create1");
	return ep;
}

static int counter(unsigned int count)
{
	int fd = eventfd(count, EFD_NONBLOCK);

	cr_setup(fd >= 0, "eventfd");
	return fd;
}

static void count(int fd)
{
	uint64_t one = 1;

	cr_setup(write(fd, &one, 8) == 8, "write");
}

static void uncount(int fd)
{
	uint64_t n;

	cr_check(read(fd, &n, 8) == 8, "read: %m");
}

static void make_pipe(int fd[2])
{
	cr_setup(!pipe2(fd, O_NONBLOCK), "pipe2");
}

static int ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, op, fd, &e);
}

static void watch(int ep, int fd, uint32_t events, uint64_t data)
{
	cr_setup(!ctl(ep, EPOLL_CTL_ADD, fd, events, data), "EPOLL_CTL_ADD");
}

/* What is ready, in its order; @max bounds it. */
static struct epoll_event got[MANY];

static int ready(int ep, int max)
{
	int n = epoll_wait(ep, got, max, 0);

	cr_check(n >= 0, "epoll_wait: %m");
	return n;
}

static void check_none(int ep)
{
	int n = ready(ep, MANY);

	cr_check(!n, "%d are ready, data %#lx, events %#x", n, (unsigned long)got[0].data.u64, got[0].events);
}

/* Exactly one. */
static void check_one(int ep, uint32_t events, uint64_t data)
{
	int n = ready(ep, MANY);

	cr_check(n == 1, "%d are ready, want one", n);
	cr_check(got[0].data.u64 == data, "data %#lx, want %#lx", (unsigned long)got[0].data.u64,
		 (unsigned long)data);
	cr_check(got[0].events == events, "events %#x, want %#x", got[0].events, events);
}

/* Those with this data, in this order. */
static void check_order(int ep, const uint64_t *want, int nr)
{
	int n = ready(ep, MANY), i;

	cr_check(n == nr, "%d are ready, want %d", n, nr);
	for (i = 0; i < n; i++)
		cr_check(got[i].data.u64 == want[i], "data %#lx at place %d, want %#lx",
			 (unsigned long)got[i].data.u64, i, (unsigned long)want[i]);
}

/* Reported as long as it is so; data of 64 bits. */
static void level(void)
{
	static const uint64_t want[] = { 0xdead0000beef0001, 3, 5 };
	int ep = make(), full[2], empty[2], fd = counter(1), device = cr_open("/dev/random", O_RDONLY);

	make_pipe(full);
	make_pipe(empty);
	cr_setup(write(full[1], "x", 1) == 1, "write");
	watch(ep, full[0], EPOLLIN, want[0]);
	watch(ep, empty[0], EPOLLIN, 2);
	watch(ep, fd, EPOLLIN | EPOLLOUT, want[1]);
	watch(ep, empty[1], 0, 4);
	watch(ep, device, EPOLLIN, want[2]);
	cr_ready();
	check_order(ep, want, 3);
	cr_check(got[0].events == EPOLLIN && got[1].events == (EPOLLIN | EPOLLOUT), "events %#x and %#x",
		 got[0].events, got[1].events);
	/* It is so still. */
	check_order(ep, want, 3);
	cr_check(!ctl(ep, EPOLL_CTL_DEL, device, 0, 0), "EPOLL_CTL_DEL: %m");
	cr_check(read(full[0], got, 1) == 1, "read: %m");
	check_one(ep, EPOLLIN | EPOLLOUT, 3);
	uncount(fd);
	check_one(ep, EPOLLOUT, 3);
	cr_check(ctl(ep, EPOLL_CTL_ADD, fd, 0, 0) == -1 && errno == EEXIST, "it isn't watched: %m");
	cr_check(!ctl(ep, EPOLL_CTL_DEL, fd, 0, 0), "EPOLL_CTL_DEL: %m");
	check_none(ep);
	cr_check(write(empty[1], "x", 1) == 1, "write: %m");
	check_one(ep, EPOLLIN, 2);
}

static void empty(void)
{
	int ep = make(), fd;

	cr_setup(!fcntl(ep, F_SETFD, FD_CLOEXEC), "F_SETFD");
	cr_ready();
	cr_check(fcntl(ep, F_GETFD) == FD_CLOEXEC, "close-on-exec");
	check_none(ep);
	fd = counter(1);
	watch(ep, fd, EPOLLIN, 1);
	check_one(ep, EPOLLIN, 1);
}

/* An edge that was reported isn't reported again. */
static void edge_reported(void)
{
	int ep = make(), fd = counter(1), p[2];

	make_pipe(p);
	cr_setup(write(p[1], "x", 1) == 1, "write");
	watch(ep, fd, EPOLLIN | EPOLLET, 1);
	watch(ep, p[0], EPOLLIN | EPOLLET, 2);
	watch(ep, p[1], EPOLLOUT | EPOLLET, 3);
	cr_setup(ready(ep, MANY) == 3 && !ready(ep, MANY), "edges");
	cr_ready();
	check_none(ep);
	count(fd);
	check_one(ep, EPOLLIN, 1);
	check_none(ep);
	cr_check(write(p[1], "y", 1) == 1, "write: %m");
	check_one(ep, EPOLLIN, 2);
	check_none(ep);
}

/* One that wasn't is reported, once. */
static void edge_unreported(void)
{
	int ep = make(), fd = counter(0);

	watch(ep, fd, EPOLLIN | EPOLLET, 1);
	count(fd);
	cr_ready();
	check_one(ep, EPOLLIN, 1);
	check_none(ep);
	count(fd);
	check_one(ep, EPOLLIN, 1);
}

/* Restart has ends of its own, which it closes: no edge for the program. */
static void edge_hangup(void)
{
	int ep = make(), reader[2], writer[2];

	make_pipe(reader);
	make_pipe(writer);
	close(reader[1]);
	close(writer[0]);
	watch(ep, reader[0], EPOLLIN | EPOLLET, 1);
	watch(ep, writer[1], EPOLLOUT | EPOLLET, 2);
	cr_setup(ready(ep, MANY) == 2 && !ready(ep, MANY), "edges");
	cr_ready();
	check_none(ep);
}

static void oneshot(void)
{
	int ep = make(), said = counter(1), armed = counter(1), p[2];

	make_pipe(p);
	close(p[1]);
	watch(ep, said, EPOLLIN | EPOLLONESHOT, 1);
	watch(ep, p[0], EPOLLIN | EPOLLONESHOT, 2);
	cr_setup(ready(ep, MANY) == 2 && !ready(ep, MANY), "events");
	watch(ep, armed, EPOLLIN | EPOLLONESHOT, 3);
	cr_ready();
	check_one(ep, EPOLLIN, 3);
	check_none(ep);
	count(said);
	check_none(ep);
	cr_check(!ctl(ep, EPOLL_CTL_MOD, said, EPOLLIN | EPOLLONESHOT, 4), "EPOLL_CTL_MOD: %m");
	check_one(ep, EPOLLIN, 4);
	check_none(ep);
	cr_check(!ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 5), "EPOLL_CTL_MOD: %m");
	check_one(ep, EPOLLHUP, 5);
}

/* In the order of their events, but those that were reported come last. */
static void order(void)
{
	static const int events[] = { 3, 1, 4, 0, 2 };
	static const uint64_t want[] = { 4, 0, 2, 3, 1 };
	int ep = make(), fd[5], i;

	for (i = 0; i < 5; i++) {
		fd[i] = counter(0);
		watch(ep, fd[i], EPOLLIN, i);
	}
	for (i = 0; i < 5; i++)
		count(fd[events[i]]);
	cr_setup(ready(ep, 2) == 2, "epoll_wait");
	cr_ready();
	check_order(ep, want, 5);
}

/* The first is the end of a pipe, whose other end restart holds for a while. */
static void order_hangup(void)
{
	static const uint64_t want[] = { 1, 2 };
	int ep = make(), p[2];

	make_pipe(p);
	watch(ep, p[0], EPOLLIN, 1);
	close(p[1]);
	watch(ep, counter(1), EPOLLIN, 2);
	cr_ready();
	check_order(ep, want, 2);
	cr_check(got[0].events == EPOLLHUP, "events %#x", got[0].events);
}

static void nested(void)
{
	int outer = make(), middle = make(), inner = make(), fd = counter(1);

	watch(inner, fd, EPOLLIN, 1);
	watch(middle, inner, EPOLLIN, 2);
	watch(outer, middle, EPOLLIN, 3);
	cr_ready();
	check_one(outer, EPOLLIN, 3);
	check_one(middle, EPOLLIN, 2);
	check_one(inner, EPOLLIN, 1);
	uncount(fd);
	check_none(outer);
	check_none(inner);
	count(fd);
	check_one(outer, EPOLLIN, 3);
	cr_check(ctl(inner, EPOLL_CTL_ADD, outer, EPOLLIN, 4) == -1 && errno == ELOOP, "a loop: %m");
}

/* The outer one comes first, by its number: filling the inner one is no edge. */
static void nested_edge(void)
{
	int outer = make(), inner = make(), fd = counter(1);

	watch(inner, fd, EPOLLIN, 1);
	watch(outer, inner, EPOLLIN | EPOLLET, 2);
	cr_setup(ready(outer, MANY) == 1 && !ready(outer, MANY), "edge");
	cr_ready();
	check_none(outer);
	check_one(inner, EPOLLIN, 1);
}

/* One open file under many numbers, each watched by itself. */
static void many(void)
{
	static bool seen[MANY + 64];
	struct rlimit lim = { MANY + 64, MANY + 64 };
	int ep = make(), fd = counter(0), i, n, nr;

	cr_setup(!setrlimit(RLIMIT_NOFILE, &lim), "setrlimit");
	for (i = 0; i < MANY; i++) {
		n = dup(fd);
		cr_setup(n >= 0, "dup");
		watch(ep, n, EPOLLIN, n);
	}
	cr_ready();
	check_none(ep);
	count(fd);
	nr = ready(ep, MANY);
	cr_check(nr == MANY, "%d are ready, want %d", nr, MANY);
	for (i = 0; i < nr; i++) {
		n = got[i].data.u64;
		cr_check(n > fd && n < (int)CR_ARRAY_SIZE(seen) && !seen[n], "data %d", n);
		seen[n] = true;
	}
	uncount(fd);
	check_none(ep);
}

/* As above, and all of them are ready, each with a place. */
static void many_ready(void)
{
	struct rlimit lim = { MANY + 64, MANY + 64 };
	int ep = make(), fd = counter(1), i, n, nr;

	cr_setup(!setrlimit(RLIMIT_NOFILE, &lim), "setrlimit");
	for (i = 0; i < MANY; i++) {
		n = dup(fd);
		cr_setup(n >= 0, "dup");
		watch(ep, n, EPOLLIN | EPOLLET, i);
	}
	cr_setup(ready(ep, 100) == 100, "epoll_wait");
	cr_ready();
	nr = ready(ep, MANY);
	cr_check(nr == MANY - 100, "%d are ready, want %d", nr, MANY - 100);
	for (i = 0; i < nr; i++)
		cr_check(got[i].data.u64 == (uint64_t)i + 100, "data %lu at place %d",
			 (unsigned long)got[i].data.u64, i);
	check_none(ep);
}

/* The number is closed, the open file lives on under another. */
static void other_number(void)
{
	int ep = make(), fd = counter(1), copy = dup(fd);

	cr_setup(copy >= 0, "dup");
	watch(ep, fd, EPOLLIN, 1);
	close(fd);
	cr_ready();
	check_one(ep, EPOLLIN, 1);
	cr_check(ctl(ep, EPOLL_CTL_DEL, copy, 0, 0) == -1 && errno == ENOENT, "watched under its number: %m");
	cr_check(ctl(ep, EPOLL_CTL_DEL, fd, 0, 0) == -1 && errno == EBADF, "EPOLL_CTL_DEL: %m");
	/* It is watched until its last number is closed. */
	close(copy);
	check_none(ep);
}

/* So it is, and the number is that of another file, watched as well. */
static void number_reused(void)
{
	static const uint64_t want[] = { 1, 2 };
	int ep = make(), fd = counter(1), copy = dup(fd), other;

	cr_setup(copy >= 0, "dup");
	watch(ep, fd, EPOLLIN, 1);
	close(fd);
	other = counter(1);
	cr_setup(other == fd, "descriptor %d, want %d", other, fd);
	watch(ep, other, EPOLLIN, 2);
	cr_ready();
	check_order(ep, want, 2);
	uncount(copy);
	check_one(ep, EPOLLIN, 2);
	cr_check(!ctl(ep, EPOLL_CTL_DEL, other, 0, 0), "EPOLL_CTL_DEL: %m");
	check_none(ep);
	count(copy);
	check_one(ep, EPOLLIN, 1);
}

static void exclusive(void)
{
	int ep = make(), fd = counter(1);

	watch(ep, fd, EPOLLIN | EPOLLEXCLUSIVE, 1);
	cr_ready();
	check_one(ep, EPOLLIN, 1);
	cr_check(ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN, 1) == -1 && errno == EINVAL, "it isn't exclusive: %m");
}

/* One instance under two numbers. */
static void shared(void)
{
	int ep = make(), copy = dup(ep), fd = counter(1);

	cr_setup(copy >= 0, "dup");
	watch(ep, fd, EPOLLIN, 1);
	cr_ready();
	cr_check(!ctl(copy, EPOLL_CTL_MOD, fd, EPOLLIN, 2), "EPOLL_CTL_MOD: %m");
	check_one(ep, EPOLLIN, 2);
}

/* Waits in progress */

static void wait_timeout(void)
{
	int ep = make(), fd = counter(0), n;
	uint64_t began;

	watch(ep, fd, EPOLLIN, 1);
	began = cr_now_ns(CLOCK_MONOTONIC);
	cr_say_ready();
	n = epoll_wait(ep, got, MANY, TOTAL_MS);
	cr_check(n == 0, "epoll_wait gave %d: %m", n);
	cr_say("INFO waited_ms=%lu", (unsigned long)((cr_now_ns(CLOCK_MONOTONIC) - began) / 1000000));
	cr_wait_order();
}

/* For a pipe that lies outside: the restarter's is watched in its place. */
static void wait_outside(void)
{
	int ep = make(), n;

	watch(ep, counter(0), EPOLLIN, 1);
	watch(ep, 0, EPOLLIN, 2);
	cr_say_ready();
	n = epoll_wait(ep, got, MANY, -1);
	cr_check(n == 1 && got[0].data.u64 == 2 && got[0].events == EPOLLIN, "epoll_wait gave %d: %m", n);
	cr_wait_order();
}

static volatile sig_atomic_t caught;

static void on_usr1(int sig)
{
	caught = sig;
}

/* A signal that is let in for the wait ends it. */
static void wait_signal(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	int ep = make(), fd = counter(0);
	sigset_t block, wait, now;

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	cr_setup(!sigprocmask(SIG_BLOCK, &block, NULL), "sigprocmask");
	sigemptyset(&wait);
	watch(ep, fd, EPOLLIN, 1);
	cr_say_ready();
	cr_check(epoll_pwait(ep, got, MANY, -1, &wait) == -1 && errno == EINTR, "epoll_pwait: %m");
	cr_check(caught == SIGUSR1, "no handler ran");
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now) && sigismember(&now, SIGUSR1) == 1,
		 "the mask of before isn't back");
	cr_wait_order();
}

static const struct cr_variant variants[] = {
	{ "level", level }, { "empty", empty }, { "edge-reported", edge_reported },
	{ "edge-unreported", edge_unreported }, { "edge-hangup", edge_hangup }, { "oneshot", oneshot },
	{ "order", order }, { "order-hangup", order_hangup }, { "nested", nested },
	{ "nested-edge", nested_edge }, { "many", many }, { "many-ready", many_ready },
	{ "other-number", other_number }, { "number-reused", number_reused }, { "exclusive", exclusive },
	{ "shared", shared }, { "wait-timeout", wait_timeout }, { "wait-outside", wait_outside },
	{ "wait-signal", wait_signal },
};

CR_VARIANTS(variants)
