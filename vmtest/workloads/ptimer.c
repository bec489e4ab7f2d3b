// SPDX-License-Identifier: GPL-2.0-only
/* POSIX timers: what remains of them, whom they tell, and what was told. */
#include <pthread.h>
#include <sys/prctl.h>

#include "cr_test.h"

#define MS	1000000LL

static volatile sig_atomic_t ticks, overruns, other;
static volatile pid_t by;

static void on_tick(int sig CR_UNUSED, siginfo_t *info, void *ctx CR_UNUSED)
{
	if (info->si_code != SI_TIMER || info->si_int != 4711)
		other++;
	ticks++;
	overruns += info->si_overrun;
	by = gettid();
}

static void handle(int sig)
{
	struct sigaction sa = { .sa_sigaction = on_tick, .sa_flags = SA_RESTART | SA_SIGINFO };

	cr_setup(!sigaction(sig, &sa, NULL), "sigaction");
}

static void mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	cr_check(!sigprocmask(how, &set, NULL), "sigprocmask: %m");
}

/* The kernel's numbers, which the C library hides. */
static int make(clockid_t clock, int notify, int sig, pid_t tid)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig };
	int id = -1;

	ev.sigev_value.sival_int = 4711;
	ev._sigev_un._tid = tid;
	if (sig)
		handle(sig);
	cr_setup(!syscall(SYS_timer_create, clock, &ev, &id), "timer_create");
	return id;
}

static void set(int id, int flags, long long first, long long every)
{
	struct itimerspec it = {
		.it_interval = { every / 1000 / MS, every % (1000 * MS) },
		.it_value = { first / 1000 / MS, first % (1000 * MS) },
	};

	cr_setup(!syscall(SYS_timer_settime, id, flags, &it, NULL), "timer_settime");
}

static long long get(int id, long long *every)
{
	struct itimerspec it;
	long long none;

	if (!every)
		every = &none;
	cr_check(!syscall(SYS_timer_gettime, id, &it), "timer_gettime %d: %m", id);
	*every = it.it_interval.tv_sec * 1000 * MS + it.it_interval.tv_nsec;
	return it.it_value.tv_sec * 1000 * MS + it.it_value.tv_nsec;
}

static int overrun(int id) { return syscall(SYS_timer_getoverrun, id); }

static void spin(void)
{
	volatile uint64_t sink = 0;
	int i;

	for (i = 0; i < 200000; i++)
		sink += i;
	syscall(SYS_getppid);
}

/* Far off: the rest must be there, neither started anew nor run out. */
static void far(clockid_t clock)
{
	int id = make(clock, SIGEV_SIGNAL, SIGUSR2, 0);
	long long before, rest, every;

	set(id, 0, 600000 * MS, 500000 * MS);
	before = get(id, NULL);
	cr_ready();
	rest = get(id, &every);
	cr_check(every == 500000 * MS, "period %lld ns", every);
	cr_check(rest <= before && rest > before - 60000 * MS, "rest %lld ns, was %lld", rest, before);
	cr_check(!ticks, "%d ticks", ticks);
	set(id, 0, MS, 0);
	while (!ticks)
		spin();
	cr_check(ticks == 1 && !other && !get(id, NULL), "%d ticks, rest %lld", ticks, get(id, NULL));
}

static void real(void) { far(CLOCK_REALTIME); }
static void monotonic(void) { far(CLOCK_MONOTONIC); }
static void boottime(void) { far(CLOCK_BOOTTIME); }
static void tai(void) { far(CLOCK_TAI); }
static void process_cpu(void) { far(CLOCK_PROCESS_CPUTIME_ID); }
static void thread_cpu(void) { far(CLOCK_THREAD_CPUTIME_ID); }

/* One shot that fires after the restart at the latest, once. */
static void one_shot(void)
{
	int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 0);
	int i;

	set(id, 0, 800 * MS, 0);
	cr_ready();
	while (!ticks)
		cr_nap();
	for (i = 0; i < 20; i++)
		cr_nap();
	cr_check(ticks == 1 && !other && !get(id, NULL), "%d ticks", ticks);
}

/* Ticking: it ticks in the copy as well. */
static void tick(clockid_t clock)
{
	int id = make(clock, SIGEV_SIGNAL, SIGRTMIN + 2, 0), seen, rounds;

	set(id, 0, 20 * MS, 20 * MS);
	cr_ready();
	seen = ticks;
	for (rounds = 0; ticks < seen + 3 && rounds < 20000; rounds++)
		spin();
	cr_check(ticks >= seen + 3 && !other, "%d ticks, were %d, %d bad", ticks, seen, other);
}

static void ticking(void) { tick(CLOCK_MONOTONIC); }
static void process_cpu_ticking(void) { tick(CLOCK_PROCESS_CPUTIME_ID); }
static void thread_cpu_ticking(void) { tick(CLOCK_THREAD_CPUTIME_ID); }

static int pending(int sig)
{
	sigset_t set;

	cr_check(!sigpending(&set), "sigpending: %m");
	return sigismember(&set, sig);
}

/* The next signal that is pending, or 0 if none comes. */
static int take(int sig, int seconds, siginfo_t *info)
{
	struct timespec wait = { .tv_sec = seconds };
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, sig);
	ret = sigtimedwait(&set, info, &wait);
	cr_check(ret == sig || (ret == -1 && errno == EAGAIN), "sigtimedwait: %d: %m", ret);
	return ret == sig;
}

/* A periodic one has fired: its signal comes once, with all overruns. */
static void queued(void)
{
	int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, 0);
	uint64_t start = cr_now_ns(CLOCK_MONOTONIC);
	siginfo_t info;

	mask(SIG_BLOCK, SIGRTMIN + 1);
	set(id, 0, MS, 1000 * MS);
	while (cr_now_ns(CLOCK_MONOTONIC) < start + 2200 * MS)
		cr_nap();
	cr_ready();
	cr_check(take(SIGRTMIN + 1, 0, &info), "the signal is gone");
	cr_check(info.si_code == SI_TIMER && info.si_int == 4711, "code %d, value %d", info.si_code, info.si_int);
	cr_check(info.si_overrun >= 2 && info.si_overrun < 60, "%d overruns", info.si_overrun);
	cr_check(overrun(id) == info.si_overrun, "%d overruns, not %d", overrun(id), info.si_overrun);
	cr_check(!take(SIGRTMIN + 1, 0, &info), "the signal came twice");
	/* Taking it has armed the timer. */
	cr_check(take(SIGRTMIN + 1, 10, &info) && take(SIGRTMIN + 1, 10, &info), "it doesn't go on");
}

/* The same of a one-shot timer: it has fired, and doesn't again. */
static void queued_once(void)
{
	int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 0), i;

	mask(SIG_BLOCK, SIGUSR2);
	set(id, 0, MS, 0);
	while (!pending(SIGUSR2))
		cr_nap();
	cr_ready();
	cr_check(!get(id, NULL), "armed for %lld ns", get(id, NULL));
	mask(SIG_UNBLOCK, SIGUSR2);
	for (i = 0; i < 20; i++)
		cr_nap();
	cr_check(ticks == 1 && !overruns && !other, "%d ticks, %d overruns", ticks, overruns);
	/* While one is pending a second expiry is an overrun. */
	mask(SIG_BLOCK, SIGUSR2);
	set(id, 0, MS, 0);
	while (!pending(SIGUSR2))
		cr_nap();
	set(id, 0, MS, 0);
	while (get(id, NULL))
		cr_nap();
	mask(SIG_UNBLOCK, SIGUSR2);
	cr_check(ticks == 2 && overruns == 1, "%d ticks, %d overruns", ticks, overruns);
}

/* Its signal is pending when it is set anew: that signal doesn't arm it. */
static void queued_stale(void)
{
	int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, 0), i;
	long long rest, every;

	mask(SIG_BLOCK, SIGRTMIN + 1);
	set(id, 0, MS, 5 * MS);
	while (!pending(SIGRTMIN + 1))
		cr_nap();
	set(id, 0, 600000 * MS, 100000 * MS);
	cr_ready();
	cr_check(pending(SIGRTMIN + 1), "the signal is gone");
	mask(SIG_UNBLOCK, SIGRTMIN + 1);
	for (i = 0; i < 20; i++)
		cr_nap();
	rest = get(id, &every);
	cr_check(ticks == 1 && !other, "%d ticks", ticks);
	cr_check(rest > 500000 * MS && every == 100000 * MS, "rest %lld ns", rest);
	cr_check(!overrun(id), "%d overruns", overrun(id));
}

/* Overruns of the signal that was taken can be asked for, until the next one. */
static void overrun_kept(void)
{
	int id = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 1, 0), had;

	mask(SIG_BLOCK, SIGRTMIN + 1);
	set(id, 0, 10 * MS, 400 * MS);
	while (cr_now_ns(CLOCK_PROCESS_CPUTIME_ID) < 600 * MS)
		spin();
	mask(SIG_UNBLOCK, SIGRTMIN + 1);
	had = overrun(id);
	cr_setup(ticks == 1 && had >= 1, "%d ticks, %d overruns", ticks, had);
	cr_ready();
	cr_check(ticks == 1 && overrun(id) == had, "%d ticks, %d overruns, were %d", ticks, overrun(id), had);
	while (ticks == 1)
		spin();
	cr_check(!other && !overrun(id), "%d overruns", overrun(id));
}

/* Nobody is told: somebody looks. */
static void none(void)
{
	int once = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0), twice = make(CLOCK_BOOTTIME, SIGEV_NONE, 0, 0);
	int cpu = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0, 0), over = make(CLOCK_REALTIME, SIGEV_NONE, 0, 0);
	long long every;

	set(once, 0, 600000 * MS, 0);
	set(twice, 0, 100 * MS, 50000 * MS);
	set(cpu, 0, 600000 * MS, 0);
	set(over, 0, MS, 0);
	while (get(over, NULL))
		cr_nap();
	cr_ready();
	cr_check(get(once, NULL) > 500000 * MS && get(once, NULL) < 600000 * MS, "rest %lld ns", get(once, NULL));
	cr_check(get(twice, &every) > 0 && every == 50000 * MS, "rest %lld ns", get(twice, NULL));
	cr_check(get(twice, NULL) <= 50000 * MS, "rest %lld ns", get(twice, NULL));
	cr_check(get(cpu, NULL) > 500000 * MS && get(cpu, NULL) < 600000 * MS, "rest %lld ns", get(cpu, NULL));
	cr_check(!get(over, NULL), "rest %lld ns", get(over, NULL));
}

static volatile pid_t tid;

static void *wait_in_thread(void *arg CR_UNUSED)
{
	tid = gettid();
	for (;;)
		cr_nap();
	return NULL;
}

static void start_thread(void)
{
	pthread_t t;

	cr_setup(!pthread_create(&t, NULL, wait_in_thread, NULL), "pthread_create");
	while (!tid)
		cr_nap();
}

/* A thread is told: the other one, and its signals pend for it alone. */
static void thread_id(void)
{
	int id, i, seen;

	start_thread();
	id = make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGRTMIN + 1, tid);
	set(id, 0, 20 * MS, 20 * MS);
	while (!ticks)
		cr_nap();
	cr_ready();
	seen = ticks;
	for (i = 0; ticks < seen + 3 && i < 5000; i++)
		cr_nap();
	cr_check(ticks >= seen + 3 && !other, "%d ticks, were %d", ticks, seen);
	cr_check(by != getpid() && by != syscall(SYS_gettid), "the wrong thread was told");
}

static volatile bool unblock;

static void *blocked_thread(void *arg CR_UNUSED)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	tid = gettid();
	while (!unblock)
		cr_nap();
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (;;)
		cr_nap();
	return NULL;
}

/* The thread's signal is pending at the checkpoint. */
static void thread_id_queued(void)
{
	pthread_t t;
	int id, i;

	cr_setup(!pthread_create(&t, NULL, blocked_thread, NULL), "pthread_create");
	while (!tid)
		cr_nap();
	id = make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGRTMIN + 1, tid);
	set(id, 0, MS, 10 * MS);
	for (i = 0; i < 60; i++)
		cr_nap();
	cr_ready();
	cr_check(!ticks, "%d ticks", ticks);
	unblock = true;
	for (i = 0; ticks < 4 && i < 5000; i++)
		cr_nap();
	cr_check(ticks >= 4 && !other, "%d ticks, %d bad", ticks, other);
	cr_check(overruns >= 10, "%d overruns", overruns);
	cr_check(by != syscall(SYS_gettid), "the wrong thread was told");
}

static void *spin_in_thread(void *arg CR_UNUSED)
{
	tid = gettid();
	for (;;)
		spin();
	return NULL;
}

/* By the CPU time of somebody else, who spins. */
static void tick_by(clockid_t clock)
{
	int id = make(clock, SIGEV_SIGNAL, SIGRTMIN + 1, 0), i, seen;

	set(id, 0, 10 * MS, 10 * MS);
	while (!ticks)
		cr_nap();
	cr_ready();
	seen = ticks;
	for (i = 0; ticks < seen + 3 && i < 5000; i++)
		cr_nap();
	cr_check(ticks >= seen + 3 && !other, "%d ticks, were %d", ticks, seen);
}

/* Of the CPU time of another thread, by its number. */
static void thread_clock(void)
{
	clockid_t clock;
	pthread_t t;

	cr_setup(!pthread_create(&t, NULL, spin_in_thread, NULL), "pthread_create");
	while (!tid)
		cr_nap();
	cr_setup(!pthread_getcpuclockid(t, &clock), "pthread_getcpuclockid");
	tick_by(clock);
}

/* Of the CPU time of a child. */
static void process_clock(void)
{
	clockid_t clock;
	pid_t pid = fork();

	cr_setup(pid >= 0, "fork");
	if (!pid)
		cr_setup(!prctl(PR_SET_PDEATHSIG, SIGKILL), "PR_SET_PDEATHSIG");
	while (!pid)
		spin();
	cr_setup(!clock_getcpuclockid(pid, &clock), "clock_getcpuclockid");
	tick_by(clock);
}

/* Ids have gaps, and the next one is the one that it would have been. */
static void ids(void)
{
	int id[8], i, fresh = -1;
	long long rest;

	for (i = 0; i < 8; i++)
		id[i] = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 0);
	for (i = 0; i < 8; i++)
		cr_setup(id[i] == i, "id %d", id[i]);
	for (i = 0; i < 8; i++)
		set(id[i], 0, (1000 + i * 100) * 1000 * MS, 0);
	for (i = 1; i < 8; i += 2)
		cr_setup(!syscall(SYS_timer_delete, id[i]), "timer_delete");
	cr_ready();
	for (i = 0; i < 8; i += 2) {
		rest = get(id[i], NULL) / MS / 1000;
		cr_check(rest <= 1000 + i * 100 && rest > 900 + i * 100, "timer %d: %lld s", i, rest);
	}
	for (i = 1; i < 8; i += 2)
		cr_check(syscall(SYS_timer_gettime, id[i], &(struct itimerspec){}) == -1 && errno == EINVAL,
			 "timer %d", id[i]);
	cr_check(!syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &fresh) && fresh == 8, "fresh id %d", fresh);
	for (i = 0; i < 8; i += 2)
		cr_check(!syscall(SYS_timer_delete, id[i]), "timer_delete %d: %m", id[i]);
}

/* One that was set to a time of day. */
static void wall(void)
{
	int id = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR2, 0);
	struct timespec now, soon;

	cr_setup(!clock_gettime(CLOCK_REALTIME, &now), "clock_gettime");
	set(id, TIMER_ABSTIME, (now.tv_sec + 5000) * 1000 * MS, 0);
	cr_ready();
	cr_check(get(id, NULL) > 4000 * 1000 * MS && get(id, NULL) <= 5000 * 1000 * MS,
		 "rest %lld ns", get(id, NULL));
	cr_check(!clock_gettime(CLOCK_REALTIME, &soon), "clock_gettime: %m");
	set(id, TIMER_ABSTIME, soon.tv_sec * 1000 * MS, 0);
	while (!ticks)
		cr_nap();
	cr_check(ticks == 1 && !other, "%d ticks", ticks);
}

/* Ignored: it ticks on unseen, and can be heard once there is a handler. */
static void ignored(void)
{
	int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 0), i;

	signal(SIGUSR2, SIG_IGN);
	set(id, 0, 10 * MS, 10 * MS);
	for (i = 0; i < 20; i++)
		cr_nap();
	cr_ready();
	handle(SIGUSR2);
	for (i = 0; ticks < 3 && i < 5000; i++)
		cr_nap();
	cr_check(ticks >= 3 && !other, "%d ticks", ticks);
}

static const struct cr_variant variants[] = {
	{ "real", real }, { "monotonic", monotonic }, { "boottime", boottime }, { "tai", tai },
	{ "process-cpu", process_cpu }, { "thread-cpu", thread_cpu }, { "one-shot", one_shot },
	{ "ticking", ticking }, { "process-cpu-ticking", process_cpu_ticking },
	{ "thread-cpu-ticking", thread_cpu_ticking }, { "queued", queued }, { "queued-once", queued_once },
	{ "queued-stale", queued_stale }, { "overrun", overrun_kept }, { "none", none },
	{ "thread-id", thread_id }, { "thread-id-queued", thread_id_queued },
	{ "thread-clock", thread_clock }, { "process-clock", process_clock }, { "ids", ids }, { "wall", wall }, { "ignored", ignored },
};

CR_VARIANTS(variants)
