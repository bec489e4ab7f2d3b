// SPDX-License-Identifier: GPL-2.0-only
/* Scheduling, priorities and CPUs, of a process and of its threads. */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cr_test.h"

/* Newer than some C libraries' headers. */
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE	67
#define PR_GET_MEMORY_MERGE	68
#endif

#define MS	1000000ULL

/* As in linux/sched/types.h, which the C library may have, too. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

#define FLAG_RESET	0x01
#define FLAG_RECLAIM	0x02

static void set(struct attr a)
{
	a.size = sizeof(a);
	cr_setup(!syscall(SYS_sched_setattr, 0, &a, 0), "sched_setattr");
}

static struct attr get(void)
{
	struct attr a;

	cr_check(!syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), "sched_getattr: %m");
	return a;
}

static void same(struct attr want)
{
	struct attr have = get();

	cr_check(!memcmp(&have, &want, sizeof(have)),
		 "policy %u/%u flags %#lx/%#lx nice %d/%d priority %u/%u runtime %lu/%lu deadline %lu/%lu "
		 "period %lu/%lu clamps %u-%u/%u-%u", have.policy, want.policy, have.flags, want.flags,
		 have.nice, want.nice, have.priority, want.priority, have.runtime, want.runtime,
		 have.deadline, want.deadline, have.period, want.period,
		 have.util_min, have.util_max, want.util_min, want.util_max);
}

static void policy(struct attr a)
{
	struct attr was;

	set(a);
	was = get();
	cr_setup(was.policy == a.policy, "policy %u", was.policy);
	cr_ready();
	same(was);
}

static void batch(void) { policy((struct attr){ .policy = 3, .nice = 4 }); }
static void idle(void) { policy((struct attr){ .policy = 5 }); }
static void fifo(void) { policy((struct attr){ .policy = 1, .priority = 7 }); }
static void rr(void) { policy((struct attr){ .policy = 2, .priority = 99, .flags = FLAG_RESET }); }
static void reset_normal(void) { policy((struct attr){ .flags = FLAG_RESET }); }
static void slice(void) { policy((struct attr){ .runtime = 20 * MS }); }

static void deadline(void)
{
	policy((struct attr){ .policy = 6, .runtime = 10 * MS, .deadline = 80 * MS, .period = 100 * MS,
			      .flags = FLAG_RECLAIM | FLAG_RESET });
}

/* One that isn't what the restarter has by accident. */
static void affinity(void)
{
	cpu_set_t set, have;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	cr_setup(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	cr_ready();
	cr_check(!sched_getaffinity(0, sizeof(have), &have) && CPU_EQUAL(&set, &have), "%d CPUs", CPU_COUNT(&have));
}

/* All CPUs, and some that there aren't: that is as good as none. */
static void affinity_all(void)
{
	cpu_set_t set, have;

	memset(&set, 0xff, sizeof(set));
	cr_setup(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	cr_ready();
	cr_check(!sched_getaffinity(0, sizeof(have), &have) && CPU_COUNT(&have) > 1, "%d CPUs", CPU_COUNT(&have));
}

static void io(int prio)
{
	cr_setup(!syscall(SYS_ioprio_set, 1, 0, prio), "ioprio_set");
	cr_ready();
	cr_check(syscall(SYS_ioprio_get, 1, 0) == prio, "I/O priority %ld", syscall(SYS_ioprio_get, 1, 0));
}

static void ioprio(void) { io(2 << 13 | 2); }
static void ioprio_rt(void) { io(1 << 13 | 7); }
static void ioprio_idle(void) { io(3 << 13); }

struct thread {
	struct attr attr;
	int cpu, ioprio;
	pthread_t thread;
	volatile bool set;
};

static volatile bool go;

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	struct attr was;
	cpu_set_t cpus;

	set(t->attr);
	if (t->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET(t->cpu, &cpus);
		cr_setup(!sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
	}
	cr_setup(!syscall(SYS_ioprio_set, 1, 0, t->ioprio), "ioprio_set");
	was = get();
	t->set = true;
	while (!go)
		cr_nap();
	same(was);
	cr_check(!sched_getaffinity(0, sizeof(cpus), &cpus), "sched_getaffinity: %m");
	cr_check(t->cpu < 0 ? CPU_COUNT(&cpus) > 1 : CPU_COUNT(&cpus) == 1 && CPU_ISSET(t->cpu, &cpus),
		 "%d CPUs", CPU_COUNT(&cpus));
	cr_check(syscall(SYS_ioprio_get, 1, 0) == t->ioprio, "I/O priority %ld", syscall(SYS_ioprio_get, 1, 0));
	return NULL;
}

/* Each thread has its own, and the first one, that they are made by, too. */
static void threads_of(struct attr first, bool drop)
{
	static struct thread t[] = {
		{ .attr = { .policy = 3 }, .cpu = 0, .ioprio = 2 << 13 | 1 },
		{ .attr = { .policy = 1, .priority = 3 }, .cpu = 1 },
		{ .attr = { .policy = 0, .nice = 3 }, .cpu = -1, .ioprio = 3 << 13 },
		{ .attr = { .policy = 5 }, .cpu = -1 },
	};
	struct attr was;
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(t); i++) {
		cr_setup(!pthread_create(&t[i].thread, NULL, thread_main, &t[i]), "pthread_create");
		while (!t[i].set)
			cr_nap();
	}
	set(first);
	was = get();
	if (drop)
		cr_setup(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000), "setresuid");
	cr_ready();
	same(was);
	go = true;
	for (i = 0; i < CR_ARRAY_SIZE(t); i++)
		cr_check(!pthread_join(t[i].thread, NULL), "pthread_join");
}

static void threads(void) { threads_of((struct attr){ .policy = 2, .priority = 5 }, false); }
static void threads_idle(void) { threads_of((struct attr){ .policy = 5 }, false); }
/* In place, threads are made by what has no right to their policies any more. */
static void threads_dropped(void) { threads_of((struct attr){ .policy = 5 }, true); }

/* Rights that the process has given up by now. */
static void dropped(void)
{
	struct attr was;

	set((struct attr){ .policy = 2, .priority = 5, .nice = -3 });
	cr_setup(!syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4), "ioprio_set");
	was = get();
	cr_setup(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000), "setresuid");
	cr_say_ready();
	cr_wait_order();
	same(was);
	cr_check(syscall(SYS_ioprio_get, 1, 0) == (1 << 13 | 4), "I/O priority %ld", syscall(SYS_ioprio_get, 1, 0));
}

/* Orphans become children of the subreaper, whether they were there before it. */
static void subreaper(void)
{
	pid_t middle, low;
	int end[2], val = 0;

	cr_setup(!pipe(end), "pipe");
	middle = fork();
	cr_setup(middle >= 0, "fork");
	if (!middle) {
		low = fork();
		if (!low) {
			for (;;)
				cr_nap();
		}
		cr_setup(write(end[1], &low, sizeof(low)) == sizeof(low), "write");
		for (;;)
			cr_nap();
	}
	cr_setup(read(end[0], &low, sizeof(low)) == sizeof(low), "read");
	cr_setup(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	cr_ready();
	cr_check(!prctl(PR_GET_CHILD_SUBREAPER, &val) && val == 1, "it is no subreaper");
	cr_check(!kill(middle, SIGKILL) && waitpid(middle, NULL, 0) == middle, "the child: %m");
	cr_check(!kill(low, SIGKILL) && waitpid(low, NULL, 0) == low, "the orphan: %m");
}

static void merge(void)
{
	cr_setup(!prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0), "PR_SET_MEMORY_MERGE");
	cr_ready();
	cr_check(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 1, "PR_GET_MEMORY_MERGE: %m");
	cr_check(!prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0), "PR_SET_MEMORY_MERGE: %m");
}

static void barrier(int reg, int cmd, int not_registered)
{
	cr_setup(!syscall(SYS_membarrier, reg, 0, 0), "membarrier");
	cr_ready();
	cr_check(!syscall(SYS_membarrier, cmd, 0, 0), "membarrier: %m");
	cr_check(syscall(SYS_membarrier, not_registered, 0, 0) == -1 && errno == EPERM,
		 "it is registered for %d: %m", not_registered);
}

static void barrier_private(void)
{
	barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED,
		MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

static void barrier_core(void)
{
	barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
		MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 1 << 7 /* PRIVATE_EXPEDITED_RSEQ */);
}

static void barrier_rseq(void)
{
	barrier(1 << 8 /* REGISTER_PRIVATE_EXPEDITED_RSEQ */, 1 << 7 /* PRIVATE_EXPEDITED_RSEQ */,
		MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

/* Nothing fails without it: its registration can be asked for. */
static void barrier_global(void)
{
	const int get_registrations = 1 << 9;

	cr_setup(!syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0), "membarrier");
	cr_ready();
	cr_check(syscall(SYS_membarrier, get_registrations, 0, 0) == MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
		 "registered for %#lx", syscall(SYS_membarrier, get_registrations, 0, 0));
}

static const struct cr_variant variants[] = {
	{ "batch", batch }, { "idle", idle }, { "fifo", fifo }, { "rr", rr }, { "reset", reset_normal },
	{ "slice", slice }, { "deadline", deadline },
	{ "affinity", affinity }, { "affinity-all", affinity_all }, { "ioprio", ioprio },
	{ "ioprio-rt", ioprio_rt }, { "ioprio-idle", ioprio_idle }, { "threads", threads },
	{ "threads-idle", threads_idle }, { "threads-dropped", threads_dropped }, { "dropped", dropped }, { "subreaper", subreaper },
	{ "merge", merge }, { "barrier-private", barrier_private }, { "barrier-core", barrier_core },
	{ "barrier-rseq", barrier_rseq }, { "barrier-global", barrier_global },
};

CR_VARIANTS(variants)
