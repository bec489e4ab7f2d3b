// SPDX-License-Identifier: GPL-2.0-only
/* Interval timers: the rest of the time, the period, and that they go on. */
#include <sys/time.h>

#include "cr_test.h"

static volatile sig_atomic_t ticks;

static void on_tick(int sig CR_UNUSED)
{
	ticks++;
}

static void arm(int which, int sig, long first_ms, long every_ms)
{
	struct sigaction sa = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	struct itimerval it = {
		.it_interval = { every_ms / 1000, every_ms % 1000 * 1000 },
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000 },
	};

	cr_setup(!sigaction(sig, &sa, NULL), "sigaction");
	cr_setup(!setitimer(which, &it, NULL), "setitimer");
}

static long get(int which, long *every)
{
	struct itimerval it;

	cr_check(!getitimer(which, &it), "getitimer: %m");
	*every = it.it_interval.tv_sec * 1000 + it.it_interval.tv_usec / 1000;
	return it.it_value.tv_sec * 1000 + it.it_value.tv_usec / 1000;
}

/* Far off: the rest must be there, neither started anew nor run out. */
static void far(int which, int sig)
{
	long rest, every, before;

	arm(which, sig, 600000, 500000);
	before = get(which, &every);
	cr_ready();
	rest = get(which, &every);
	cr_check(every == 500000, "period %ld ms", every);
	cr_check(rest <= before && rest > before - 60000, "rest %ld ms, was %ld", rest, before);
	cr_check(!ticks, "%d ticks", ticks);
}

/* Ticking: it ticks in the copy as well. */
static void ticking(int which, int sig)
{
	volatile uint64_t sink = 0;
	int seen, rounds = 0;

	arm(which, sig, 20, 20);
	cr_ready();
	seen = ticks;
	for (rounds = 0; ticks < seen + 3 && rounds < 2000; rounds++) {
		int i;

		for (i = 0; i < 500000; i++)
			sink += i;
		/* User time only counts in the loop, system time here. */
		syscall(SYS_getppid);
	}
	cr_check(ticks >= seen + 3, "%d ticks, were %d", ticks, seen);
}

/* One shot that fires after the restart at the latest. */
static void one_shot(void)
{
	long every;

	arm(ITIMER_REAL, SIGALRM, 800, 0);
	cr_ready();
	while (!ticks)
		cr_nap();
	cr_check(ticks == 1 && get(ITIMER_REAL, &every) == 0 && every == 0, "%d ticks", ticks);
}

static void real_far(void) { far(ITIMER_REAL, SIGALRM); }
static void virtual_far(void) { far(ITIMER_VIRTUAL, SIGVTALRM); }
static void prof_far(void) { far(ITIMER_PROF, SIGPROF); }
static void real_ticking(void) { ticking(ITIMER_REAL, SIGALRM); }
static void virtual_ticking(void) { ticking(ITIMER_VIRTUAL, SIGVTALRM); }
static void prof_ticking(void) { ticking(ITIMER_PROF, SIGPROF); }

static const struct cr_variant variants[] = {
	{ "real", real_far }, { "virtual", virtual_far }, { "prof", prof_far },
	{ "real-ticking", real_ticking }, { "virtual-ticking", virtual_ticking },
	{ "prof-ticking", prof_ticking }, { "one-shot", one_shot },
};

CR_VARIANTS(variants)
