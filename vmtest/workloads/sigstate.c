// SPDX-License-Identifier: GPL-2.0-only
/* Signal state: handlers, masks, pending signals, alternate stacks, frames. */
#include "cr_test.h"

static volatile sig_atomic_t got, got_value, nested;

static void on_plain(int sig)
{
	got = sig;
}

static void on_info(int sig, siginfo_t *info, void *uc CR_UNUSED)
{
	got = sig;
	got_value = info->si_value.sival_int;
}

/* A different disposition for every signal that may have one. */
static void disposition(int sig, struct sigaction *sa)
{
	static const int flags[] = {
		0, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDSTOP, SA_NOCLDWAIT,
		SA_ONSTACK, SA_RESTART | SA_ONSTACK,
	};

	memset(sa, 0, sizeof(*sa));
	sa->sa_flags = flags[sig % 8];
	sigemptyset(&sa->sa_mask);
	switch (sig % 4) {
	case 0:
		sa->sa_handler = SIG_IGN;
		sa->sa_flags &= ~SA_RESETHAND;
		break;
	case 1:
		sa->sa_handler = on_plain;
		sigaddset(&sa->sa_mask, sig % 63 + 1);
		break;
	case 2:
		sa->sa_sigaction = on_info;
		sa->sa_flags |= SA_SIGINFO;
		sigaddset(&sa->sa_mask, SIGUSR1);
		sigaddset(&sa->sa_mask, SIGRTMAX);
		break;
	default:
		sa->sa_handler = SIG_DFL;
	}
}

static bool settable(int sig)
{
	return sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33;
}

static void handlers(void)
{
	struct sigaction want, have;
	int sig;

	for (sig = 1; sig <= SIGRTMAX; sig++) {
		disposition(sig, &want);
		if (settable(sig))
			cr_setup(!sigaction(sig, &want, NULL), "sigaction %d", sig);
	}
	cr_ready();
	for (sig = 1; sig <= SIGRTMAX; sig++) {
		if (!settable(sig))
			continue;
		disposition(sig, &want);
		cr_check(!sigaction(sig, NULL, &have), "sigaction %d: %m", sig);
		cr_check(have.sa_handler == want.sa_handler, "handler of %d", sig);
		cr_check((have.sa_flags & ~0x04000000) == want.sa_flags, "flags of %d: %#x, want %#x",
			 sig, have.sa_flags, want.sa_flags);
		cr_check(!memcmp(&have.sa_mask, &want.sa_mask, 8), "mask of %d", sig);
	}
	/* And one of them works: 34 is a handler with a siginfo. */
	cr_check(!sigqueue(getpid(), 34, (union sigval){ .sival_int = 99 }), "sigqueue: %m");
	cr_check(got == 34 && got_value == 99, "handler saw %d, %d", got, got_value);
}

static void mask(void)
{
	sigset_t set, now;
	int sig;

	sigemptyset(&set);
	for (sig = 1; sig <= SIGRTMAX; sig += 3)
		sigaddset(&set, sig);
	cr_setup(!sigprocmask(SIG_SETMASK, &set, NULL), "sigprocmask");
	cr_ready();
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now), "sigprocmask: %m");
	for (sig = 1; sig <= SIGRTMAX; sig++) {
		if (!settable(sig))
			continue;
		cr_check(sigismember(&now, sig) == (sig % 3 == 1), "signal %d", sig);
	}
}

static void queue_all(const sigset_t *set)
{
	cr_setup(!sigprocmask(SIG_BLOCK, set, NULL), "sigprocmask");
	cr_setup(!kill(getpid(), SIGUSR1), "kill");
	cr_setup(!syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2), "tgkill");
	cr_setup(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 11 }), "sigqueue");
	cr_setup(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 12 }), "sigqueue");
	cr_setup(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 13 }), "sigqueue");
	cr_setup(!sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_ptr = (void *)0x123456789aULL }),
		 "sigqueue");
}

static void take(const sigset_t *set, int sig, int code, long value)
{
	struct timespec zero = { 0, 0 };
	siginfo_t info;
	int ret;

	memset(&info, 0, sizeof(info));
	/* libc hides SI_TKILL. */
	ret = syscall(SYS_rt_sigtimedwait, set, &info, &zero, 8);
	cr_check(ret == sig, "took signal %d, want %d", ret, sig);
	cr_check(info.si_code == code, "signal %d: code %d, want %d", sig, info.si_code, code);
	cr_check(info.si_pid > 0 && info.si_uid == getuid(), "signal %d: sender %d, uid %u", sig,
		 info.si_pid, info.si_uid);
	if (code == SI_QUEUE)
		cr_check((long)info.si_value.sival_ptr == value || info.si_value.sival_int == value,
			 "signal %d: value %p, want %#lx", sig, info.si_value.sival_ptr, value);
}

static void pending(void)
{
	struct timespec zero = { 0, 0 };
	sigset_t set, now;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGRTMIN + 1);
	queue_all(&set);
	cr_ready();
	cr_check(!sigpending(&now), "sigpending: %m");
	cr_check(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 1 &&
		 sigismember(&now, SIGRTMIN) == 1 && sigismember(&now, SIGRTMIN + 1) == 1,
		 "a signal isn't pending");
	/* The thread's own first, then by number, the queued in order. */
	take(&set, SIGUSR2, SI_TKILL, 0);
	take(&set, SIGUSR1, SI_USER, 0);
	take(&set, SIGRTMIN, SI_QUEUE, 0x123456789aL);
	take(&set, SIGRTMIN + 1, SI_QUEUE, 11);
	take(&set, SIGRTMIN + 1, SI_QUEUE, 12);
	take(&set, SIGRTMIN + 1, SI_QUEUE, 13);
	cr_check(sigtimedwait(&set, NULL, &zero) == -1 && errno == EAGAIN, "one signal too many");
}

static char *alt;
#define ALT_SIZE	65536

static void set_altstack(void)
{
	stack_t ss = { .ss_size = ALT_SIZE };

	alt = cr_mmap(NULL, ALT_SIZE, PROT_READ | PROT_WRITE, 0);
	ss.ss_sp = alt;
	cr_setup(!sigaltstack(&ss, NULL), "sigaltstack");
}

static volatile bool on_alt;

static void on_stack(int sig)
{
	char here;

	got = sig;
	on_alt = &here > alt && &here < alt + ALT_SIZE;
}

static void altstack(void)
{
	struct sigaction sa = { .sa_handler = on_stack, .sa_flags = SA_ONSTACK };
	stack_t now;

	set_altstack();
	cr_setup(!sigaction(SIGUSR2, &sa, NULL), "sigaction");
	cr_ready();
	cr_check(!sigaltstack(NULL, &now), "sigaltstack: %m");
	cr_check(now.ss_sp == alt && now.ss_size == ALT_SIZE && now.ss_flags == 0,
		 "stack %p, %zu, %#x", now.ss_sp, now.ss_size, now.ss_flags);
	raise(SIGUSR2);
	cr_check(got == SIGUSR2 && on_alt, "the handler ran elsewhere");
}

/* The kernel takes any address: one whose end is beyond all of them. */
static void altstack_odd(void)
{
	stack_t ss = { .ss_sp = (void *)-4096L, .ss_size = ALT_SIZE }, now;

	cr_setup(!sigaltstack(&ss, NULL), "sigaltstack");
	cr_ready();
	cr_check(!sigaltstack(NULL, &now), "sigaltstack: %m");
	cr_check(now.ss_sp == ss.ss_sp && now.ss_size == ALT_SIZE && now.ss_flags == 0,
		 "stack %p, %zu, %#x", now.ss_sp, now.ss_size, now.ss_flags);
}

/* Waits inside the handler: signal frames and a borrowed stack are in the image. */
static void on_stack_wait(int sig)
{
	sigset_t now;
	stack_t ss;
	char here;

	got = sig;
	cr_ready();
	cr_check(!sigaltstack(NULL, &ss) && ss.ss_flags == SS_ONSTACK, "flags %#x", ss.ss_flags);
	cr_check(&here > alt && &here < alt + ALT_SIZE, "left the stack");
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now) && sigismember(&now, SIGUSR2) == 1,
		 "the signal isn't blocked in its handler");
}

static void in_handler(void)
{
	struct sigaction sa = { .sa_handler = on_stack_wait, .sa_flags = SA_ONSTACK };
	double keep = 1.0 / 3;
	sigset_t now;

	set_altstack();
	cr_setup(!sigaction(SIGUSR2, &sa, NULL), "sigaction");
	__asm__ volatile("" : "+x" (keep));
	raise(SIGUSR2);
	__asm__ volatile("" : "+x" (keep));
	cr_check(got == SIGUSR2 && keep == 1.0 / 3, "came back wrong: %d, %g", got, keep);
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now) && !sigismember(&now, SIGUSR2),
		 "the signal is blocked after its handler");
}

/* Two frames, one above the other. */
static void on_inner(int sig CR_UNUSED)
{
	nested++;
	cr_ready();
	nested++;
}

static void on_outer(int sig CR_UNUSED)
{
	nested++;
	raise(SIGUSR2);
	nested++;
}

static void in_two_handlers(void)
{
	struct sigaction sa = { .sa_handler = on_outer };

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
	sa.sa_handler = on_inner;
	cr_setup(!sigaction(SIGUSR2, &sa, NULL), "sigaction");
	raise(SIGUSR1);
	cr_check(nested == 4, "went through %d steps", nested);
}

static const struct cr_variant variants[] = {
	{ "handlers", handlers }, { "mask", mask }, { "pending", pending },
	{ "altstack", altstack }, { "altstack-odd", altstack_odd }, { "in-handler", in_handler }, { "in-two-handlers", in_two_handlers },
};

CR_VARIANTS(variants)
