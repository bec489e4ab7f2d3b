// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that sleep. The checkpoint comes while the call is waiting; the
 * program must never see that it was interrupted. Timed waits report how long
 * they took on CLOCK_MONOTONIC.
 */
#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>

#include "cr_test.h"

#define TOTAL_MS	2500

static uint64_t began;

static void begin(void)
{
	/* A wait until some time began where that was set. */
	if (!began)
		began = cr_now_ns(CLOCK_MONOTONIC);
	cr_say_ready();
}

static void waited(void)
{
	uint64_t ms = (cr_now_ns(CLOCK_MONOTONIC) - began) / 1000000;

	cr_say("INFO waited_ms=%lu", (unsigned long)ms);
	cr_wait_order();
}

static struct timespec total(void)
{
	return (struct timespec){ TOTAL_MS / 1000, TOTAL_MS % 1000 * 1000000L };
}

static struct timespec in_future(clockid_t clock)
{
	uint64_t ns;

	began = cr_now_ns(CLOCK_MONOTONIC);
	ns = cr_now_ns(clock) + TOTAL_MS * 1000000ULL;
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

static void nanosleep_rel(void)
{
	struct timespec ts = total(), rem;

	begin();
	cr_check(!syscall(SYS_nanosleep, &ts, &rem), "nanosleep: %m");
	waited();
}

static void clock_sleep(clockid_t clock, int flags)
{
	struct timespec ts = flags ? in_future(clock) : total();
	int err;

	begin();
	err = clock_nanosleep(clock, flags, &ts, NULL);
	cr_check(!err, "clock_nanosleep: %s", strerror(err));
	waited();
}

static void clock_mono_rel(void) { clock_sleep(CLOCK_MONOTONIC, 0); }
static void clock_mono_abs(void) { clock_sleep(CLOCK_MONOTONIC, TIMER_ABSTIME); }
static void clock_real_rel(void) { clock_sleep(CLOCK_REALTIME, 0); }
static void clock_real_abs(void) { clock_sleep(CLOCK_REALTIME, TIMER_ABSTIME); }
static void clock_boot_rel(void) { clock_sleep(CLOCK_BOOTTIME, 0); }

static void poll_timeout(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	int ret;

	begin();
	ret = poll(&p, 1, TOTAL_MS);
	cr_check(ret == 0, "poll gave %d: %m", ret);
	waited();
}

static void poll_forever(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	int ret;

	begin();
	ret = poll(&p, 1, -1);
	cr_check(ret == 1 && p.revents == POLLIN, "poll gave %d, %#x: %m", ret, p.revents);
	cr_wait_order();
}

static volatile sig_atomic_t got;

static void on_signal(int sig)
{
	got = sig;
}

static void catch_usr1(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
}

/* A mask of everything blocked but SIGUSR1, while SIGUSR1 is blocked outside. */
static sigset_t only_usr1(void)
{
	sigset_t block, wait;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	cr_setup(!sigprocmask(SIG_BLOCK, &block, NULL), "sigprocmask");
	sigfillset(&wait);
	sigdelset(&wait, SIGUSR1);
	return wait;
}

static void check_blocked_again(void)
{
	sigset_t now;

	cr_check(got == SIGUSR1, "the handler ran for %d", got);
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now), "sigprocmask: %m");
	cr_check(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 0,
		 "the mask of before isn't back");
	cr_wait_order();
}

static void ppoll_mask(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	sigset_t wait = only_usr1();
	int ret;

	catch_usr1(0);
	begin();
	ret = ppoll(&p, 1, NULL, &wait);
	cr_check(ret == -1 && errno == EINTR, "ppoll gave %d: %m", ret);
	check_blocked_again();
}

static void pselect_mask(void)
{
	sigset_t wait = only_usr1();
	fd_set in;
	int ret;

	catch_usr1(0);
	FD_ZERO(&in);
	FD_SET(0, &in);
	begin();
	ret = pselect(1, &in, NULL, NULL, NULL, &wait);
	cr_check(ret == -1 && errno == EINTR, "pselect gave %d: %m", ret);
	check_blocked_again();
}

static void sigsuspend_mask(void)
{
	sigset_t wait = only_usr1();

	catch_usr1(0);
	begin();
	cr_check(sigsuspend(&wait) == -1 && errno == EINTR, "sigsuspend: %m");
	check_blocked_again();
}

static void select_timeout(void)
{
	struct timeval tv = { TOTAL_MS / 1000, TOTAL_MS % 1000 * 1000 };
	fd_set in;
	int ret;

	FD_ZERO(&in);
	FD_SET(0, &in);
	begin();
	ret = select(1, &in, NULL, NULL, &tv);
	cr_check(ret == 0, "select gave %d: %m", ret);
	waited();
}

static void select_forever(void)
{
	fd_set in;
	int ret;

	FD_ZERO(&in);
	FD_SET(0, &in);
	begin();
	ret = select(1, &in, NULL, NULL, NULL);
	cr_check(ret == 1 && FD_ISSET(0, &in), "select gave %d: %m", ret);
	cr_wait_order();
}

static void sigtimedwait_timeout(void)
{
	struct timespec ts = total();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	cr_setup(!sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	begin();
	cr_check(sigtimedwait(&set, NULL, &ts) == -1 && errno == EAGAIN, "sigtimedwait: %m");
	waited();
}

static void sigwait_forever(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	cr_setup(!sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	begin();
	sig = sigwaitinfo(&set, NULL);
	cr_check(sig == SIGUSR1, "sigwaitinfo gave %d: %m", sig);
	cr_wait_order();
}

static uint32_t word = 7;

static void futex_timeout(void)
{
	struct timespec ts = total();
	long ret;

	begin();
	ret = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, &ts, NULL, 0);
	cr_check(ret == -1 && errno == ETIMEDOUT, "futex gave %ld: %m", ret);
	waited();
}

static void futex_bitset(int op, clockid_t clock)
{
	struct timespec ts = in_future(clock);
	long ret;

	begin();
	ret = syscall(SYS_futex, &word, op, 7, &ts, NULL, 0x10);
	cr_check(ret == -1 && errno == ETIMEDOUT, "futex gave %ld: %m", ret);
	waited();
}

static void futex_abs(void)
{
	futex_bitset(FUTEX_WAIT_BITSET_PRIVATE, CLOCK_MONOTONIC);
}

static void futex_abs_real(void)
{
	futex_bitset(FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME);
}

/* Nobody else has the memory: a handler wakes the waiter by changing the word. */
static void on_signal_change(int sig)
{
	got = sig;
	word = 8;
}

static void futex_forever(void)
{
	struct sigaction sa = { .sa_handler = on_signal_change, .sa_flags = SA_RESTART };
	long ret;

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
	begin();
	ret = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0);
	cr_check(ret == -1 && errno == EAGAIN, "futex gave %ld: %m", ret);
	cr_check(got == SIGUSR1, "no handler ran");
	cr_wait_order();
}

static void pause_forever(void)
{
	catch_usr1(SA_RESTART);
	begin();
	cr_check(pause() == -1 && errno == EINTR, "pause: %m");
	cr_check(got == SIGUSR1, "no handler ran");
	cr_wait_order();
}

static void read_pipe(void)
{
	char c;
	ssize_t n;

	begin();
	n = read(0, &c, 1);
	cr_check(n == 1 && c == 'x', "read gave %zd: %m", n);
	cr_wait_order();
}

/* A handler interrupts a sleep after the restart: EINTR and the rest, as ever. */
static void nanosleep_interrupted(void)
{
	struct timespec ts = { .tv_sec = 600 }, rem = { 0, 0 };

	catch_usr1(SA_RESTART);
	begin();
	cr_check(syscall(SYS_nanosleep, &ts, &rem) == -1 && errno == EINTR, "nanosleep: %m");
	cr_check(got == SIGUSR1, "no handler ran");
	cr_check(rem.tv_sec >= 500 && rem.tv_sec < 600, "the rest is %lds", (long)rem.tv_sec);
	cr_wait_order();
}

static const struct cr_variant variants[] = {
	{ "nanosleep", nanosleep_rel },
	{ "nanosleep-interrupted", nanosleep_interrupted },
	{ "clock-mono-rel", clock_mono_rel },
	{ "clock-mono-abs", clock_mono_abs },
	{ "clock-real-rel", clock_real_rel },
	{ "clock-real-abs", clock_real_abs },
	{ "clock-boot-rel", clock_boot_rel },
	{ "poll-timeout", poll_timeout },
	{ "poll", poll_forever },
	{ "ppoll", ppoll_mask },
	{ "pselect", pselect_mask },
	{ "sigsuspend", sigsuspend_mask },
	{ "select-timeout", select_timeout },
	{ "select", select_forever },
	{ "sigtimedwait", sigtimedwait_timeout },
	{ "sigwait", sigwait_forever },
	{ "futex-timeout", futex_timeout },
	{ "futex-abs", futex_abs },
	{ "futex-abs-real", futex_abs_real },
	{ "futex", futex_forever },
	{ "pause", pause_forever },
	{ "read", read_pipe },
};

CR_VARIANTS(variants)
