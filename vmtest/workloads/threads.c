// SPDX-License-Identifier: GPL-2.0-only
/* Threads: what each has for itself, how they wait for each other, how they end. */
#include <linux/futex.h>
#include <linux/rseq.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cr_test.h"

#define PAGE	4096UL
#define NR	8	/* threads, where nothing else is said */
#define MANY	100

static pthread_t thread[MANY];
static volatile pid_t tid[MANY];
static pthread_barrier_t up, go;
static __thread uint64_t local;
static __thread long number;

/* Threads begin here: they say that they are there, and wait for the check. */
static void hold(void)
{
	pthread_barrier_wait(&up);
	pthread_barrier_wait(&go);
}

static void create(int n, void *(*fn)(void *))
{
	pthread_attr_t attr;
	long i;

	cr_setup(!pthread_barrier_init(&up, NULL, n + 1) && !pthread_barrier_init(&go, NULL, n + 1),
		 "pthread_barrier_init");
	cr_setup(!pthread_attr_init(&attr) && !pthread_attr_setstacksize(&attr, 256 << 10), "attributes");
	for (i = 0; i < n; i++)
		cr_setup(!pthread_create(&thread[i], &attr, fn, (void *)i), "pthread_create %ld", i);
	pthread_barrier_wait(&up);
}

/* Each thread ends with what it was to return. */
static void join(int n)
{
	void *ret;
	long i;

	for (i = 0; i < n; i++) {
		cr_check(!pthread_join(thread[i], &ret), "pthread_join %ld", i);
		cr_check((long)ret == i * 3 + 1, "thread %ld returned %ld", i, (long)ret);
	}
}

static void *done(long i)
{
	return (void *)(i * 3 + 1);
}

/* Waits until a thread is in a call, and sleeps there. */
static void await_call(pid_t t, long nr)
{
	char path[64], text[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", t);
	for (;;) {
		fd = cr_open(path, O_RDONLY);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		cr_setup(n > 0, "read %s", path);
		text[n] = 0;
		if (text[0] != 'r' && atol(text) == nr)
			return;
		cr_nap();
	}
}

static void check_tid(long i)
{
	cr_check(!cr_keeps_pid(false) || gettid() == tid[i], "thread %ld is %d, was %d", i, gettid(), tid[i]);
	cr_check(gettid() != getpid(), "thread %ld is the first", i);
}

/* Thread-local memory, stacks, ids. */

static void *main_local(void *arg)
{
	long i = (long)arg;
	uint64_t stack[512];

	number = i;
	local = cr_mix(i);
	tid[i] = gettid();
	cr_fill(stack, sizeof(stack), i << 32);
	hold();
	cr_check(number == i && local == cr_mix(i), "thread %ld has the variables of %ld", i, number);
	cr_check_fill(stack, sizeof(stack), (uint64_t)i << 32);
	check_tid(i);
	return done(i);
}

static void check_local(int n)
{
	number = -1;
	local = 4711;
	create(n, main_local);
	cr_ready();
	cr_check(number == -1 && local == 4711, "the first thread has the variables of %ld", number);
	pthread_barrier_wait(&go);
	join(n);
}

static void locals(void) { check_local(NR); }
static void many(void) { check_local(MANY); }

/* What each thread has of its own. */

static void own_mask(long i, sigset_t *set)
{
	int sig;

	sigemptyset(set);
	for (sig = 1; sig <= 31; sig++)
		if (sig % NR == i && sig != SIGKILL && sig != SIGSTOP)
			sigaddset(set, sig);
	sigaddset(set, SIGRTMIN + i);
}

static void set_own(long i, char *alt)
{
	stack_t ss = { .ss_sp = alt, .ss_size = (i + 16) * PAGE };
	char name[16];
	sigset_t set;

	snprintf(name, sizeof(name), "number (%ld)", i);
	own_mask(i, &set);
	cr_setup(!prctl(PR_SET_NAME, name) && !pthread_sigmask(SIG_SETMASK, &set, NULL) &&
		 !sigaltstack(&ss, NULL), "name, mask, stack");
	cr_setup(!setpriority(PRIO_PROCESS, gettid(), i + 1), "setpriority");
	cr_setup(!prctl(PR_SET_TIMERSLACK, 60000 + i) && !prctl(PR_SET_PDEATHSIG, SIGRTMIN + i), "prctl");
	cr_setup(i % 2 || !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
}

static void check_own(long i, char *alt)
{
	char name[16], want[16];
	sigset_t set, now;
	stack_t ss;
	int sig, death;

	snprintf(want, sizeof(want), "number (%ld)", i);
	cr_check(!prctl(PR_GET_NAME, name) && !strcmp(name, want), "thread %ld is called %s", i, name);
	own_mask(i, &set);
	cr_check(!pthread_sigmask(SIG_SETMASK, NULL, &now), "pthread_sigmask");
	for (sig = 1; sig <= SIGRTMAX; sig++)
		cr_check(sigismember(&set, sig) == sigismember(&now, sig), "thread %ld: signal %d", i, sig);
	cr_check(!sigaltstack(NULL, &ss) && ss.ss_sp == alt && ss.ss_size == (i + 16) * PAGE,
		 "thread %ld: stack %p, %zu", i, ss.ss_sp, ss.ss_size);
	errno = 0;
	cr_check(getpriority(PRIO_PROCESS, gettid()) == i + 1 && !errno, "thread %ld: nice %d", i,
		 getpriority(PRIO_PROCESS, gettid()));
	cr_check(prctl(PR_GET_TIMERSLACK) == 60000 + i, "thread %ld: slack %d", i, prctl(PR_GET_TIMERSLACK));
	cr_check(!prctl(PR_GET_PDEATHSIG, &death) && death == SIGRTMIN + i, "thread %ld: signal %d", i, death);
	cr_check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == !(i % 2), "thread %ld: no_new_privs", i);
}

static void *main_own(void *arg)
{
	long i = (long)arg;
	char *alt = cr_mmap(NULL, (i + 16) * PAGE, PROT_READ | PROT_WRITE, 0);

	set_own(i, alt);
	hold();
	check_own(i, alt);
	return done(i);
}

static void own_state(void)
{
	int i;

	/* The restarter may end: its restored children get their signals then. */
	for (i = 0; i < NR; i++)
		cr_setup(signal(SIGRTMIN + i, SIG_IGN) != SIG_ERR, "signal");
	create(NR, main_own);
	cr_ready();
	pthread_barrier_wait(&go);
	join(NR);
	cr_check(getpriority(PRIO_PROCESS, 0) == 0, "the first thread has nice %d", getpriority(PRIO_PROCESS, 0));
}

/* Credentials are a thread's for the kernel, if not for libc. */
static void *main_creds(void *arg)
{
	long i = (long)arg;
	gid_t groups[2] = { 100 + i, 200 + i }, have[3];
	uid_t r, e, s;

	cr_setup(!syscall(SYS_setgroups, 2, groups) &&
		 !syscall(SYS_setresgid, 10 + i, 20 + i, 30 + i), "setresgid");
	cr_setup(!(i % 2) || !prctl(PR_CAPBSET_DROP, i, 0, 0, 0), "PR_CAPBSET_DROP");
	cr_setup(syscall(SYS_setfsgid, 40 + i) == 20 + i, "setfsgid");
	cr_setup(!syscall(SYS_setresuid, 1000 + i, i % 2 ? 0 : 2000 + i, 0), "setresuid");
	hold();
	cr_check(!syscall(SYS_getresuid, &r, &e, &s) && r == 1000 + i && e == (i % 2 ? 0 : 2000 + i) && !s,
		 "thread %ld: users %u, %u, %u", i, r, e, s);
	cr_check(!syscall(SYS_getresgid, &r, &e, &s) && r == 10 + i && e == 20 + i && s == 30 + i,
		 "thread %ld: groups %u, %u, %u", i, r, e, s);
	cr_check(syscall(SYS_getgroups, 3, have) == 2 && !memcmp(have, groups, sizeof(groups)),
		 "thread %ld: other supplementary groups", i);
	cr_check(syscall(SYS_setfsgid, -1) == 40 + i, "thread %ld: other group for files", i);
	cr_check(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == !(i % 2), "thread %ld: bounding set", i);
	cr_check(!!syscall(SYS_setpriority, PRIO_PROCESS, 0, -1) == !(i % 2), "thread %ld: capabilities", i);
	return done(i);
}

static void creds(void)
{
	create(NR, main_creds);
	cr_ready();
	cr_check(!getuid() && !geteuid() && !getgid() && prctl(PR_CAPBSET_READ, 1, 0, 0, 0) == 1,
		 "the first thread is another user");
	pthread_barrier_wait(&go);
	join(NR);
}

/* Pending signals, of threads and of the process. */

static void queue(pid_t t, int sig, int value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = 17;
	info.si_value.sival_int = value;
	cr_setup(!syscall(SYS_rt_tgsigqueueinfo, getpid(), t, sig, &info), "rt_tgsigqueueinfo");
}

static int take(int sig, int *value)
{
	struct timespec zero = { 0, 0 };
	siginfo_t info = { 0 };
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, sig);
	ret = syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8);
	*value = info.si_code == SI_QUEUE ? info.si_value.sival_int : info.si_code;
	return ret;
}

#define check_take(sig, want)						\
	do {								\
		int got_ = take(sig, &value);				\
		cr_check(got_ == (sig) && value == (want), "signal %d: %d with %d, want %d", \
			 sig, got_, value, (int)(want));			\
	} while (0)

static void *main_signals(void *arg)
{
	long i = (long)arg;
	sigset_t now;
	int value;

	tid[i] = gettid();
	hold();
	cr_check(!sigpending(&now) && sigismember(&now, SIGUSR1) == (i == 3), "thread %ld: SIGUSR1", i);
	check_take(SIGRTMIN + 1, i * 100 + 1);
	check_take(SIGRTMIN + 1, i * 100 + 2);
	check_take(SIGRTMIN + 2, i * 100 + 3);
	if (i == 3)
		check_take(SIGUSR1, SI_TKILL);
	cr_check(take(SIGRTMIN + 2, &value) == -1 && errno == EAGAIN, "thread %ld: one signal too many", i);
	return done(i);
}

static void signals(void)
{
	sigset_t set;
	int i, value;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGRTMIN + 2);
	cr_setup(!pthread_sigmask(SIG_BLOCK, &set, NULL), "pthread_sigmask");
	create(NR, main_signals);
	cr_setup(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 9001 }), "sigqueue");
	for (i = 0; i < NR; i++) {
		queue(tid[i], SIGRTMIN + 1, i * 100 + 1);
		queue(tid[i], SIGRTMIN + 2, i * 100 + 3);
		queue(tid[i], SIGRTMIN + 1, i * 100 + 2);
	}
	queue(gettid(), SIGRTMIN + 1, 77);
	cr_setup(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 9002 }), "sigqueue");
	cr_setup(!kill(getpid(), SIGUSR2) && !syscall(SYS_tgkill, getpid(), tid[3], SIGUSR1), "kill");
	cr_ready();
	pthread_barrier_wait(&go);
	join(NR);
	/* One's own before those of all. */
	check_take(SIGRTMIN + 1, 77);
	check_take(SIGRTMIN + 1, 9001);
	check_take(SIGRTMIN + 1, 9002);
	check_take(SIGUSR2, SI_USER);
	cr_check(take(SIGRTMIN + 1, &value) == -1 && take(SIGUSR1, &value) == -1, "a signal of others'");
}

/* The thread that doesn't block a signal gets it. */

static volatile long handled_by = -1;

static void on_signal(int sig CR_UNUSED)
{
	handled_by = number;
}

static void *main_handler(void *arg)
{
	sigset_t set;

	number = (long)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	cr_setup(!pthread_sigmask(number == 5 ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL), "pthread_sigmask");
	hold();
	if (number == 5) {
		cr_check(!kill(getpid(), SIGUSR1), "kill: %m");
		while (handled_by < 0)
			cr_nap();
	}
	return done((long)arg);
}

static void handler(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigset_t set;

	number = 99;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	cr_setup(!sigaction(SIGUSR1, &sa, NULL) && !pthread_sigmask(SIG_BLOCK, &set, NULL), "sigaction");
	create(NR, main_handler);
	cr_ready();
	pthread_barrier_wait(&go);
	join(NR);
	cr_check(handled_by == 5, "thread %ld had the signal", handled_by);
}

/* Waiting for each other. */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;
static volatile int counter, released;

static void *main_sync(void *arg)
{
	long i = (long)arg;

	tid[i] = gettid();
	pthread_barrier_wait(&up);
	switch (i % 4) {
	case 0:
		pthread_mutex_lock(&mutex);
		break;
	case 1:
		pthread_rwlock_wrlock(&rwlock);
		pthread_rwlock_unlock(&rwlock);
		pthread_mutex_lock(&mutex);
		break;
	case 2:
		while (sem_wait(&sem))
			;
		pthread_mutex_lock(&mutex);
		break;
	default:
		pthread_barrier_wait(&barrier);
		pthread_mutex_lock(&mutex);
	}
	counter++;
	pthread_mutex_unlock(&mutex);
	return done(i);
}

static void sync_threads(void)
{
	int i;

	cr_setup(!pthread_mutex_lock(&mutex) && !pthread_rwlock_rdlock(&rwlock) && !sem_init(&sem, 0, 0) &&
		 !pthread_barrier_init(&barrier, NULL, NR / 4 + 1), "locks");
	create(NR, main_sync);
	for (i = 0; i < NR; i++)
		await_call(tid[i], SYS_futex);
	cr_ready();
	cr_check(!counter && pthread_mutex_trylock(&mutex) == EBUSY, "%d got through", counter);
	pthread_mutex_unlock(&mutex);
	cr_check(!pthread_rwlock_unlock(&rwlock), "pthread_rwlock_unlock");
	for (i = 0; i < NR / 4; i++)
		cr_check(!sem_post(&sem), "sem_post: %m");
	pthread_barrier_wait(&barrier);
	join(NR);
	cr_check(counter == NR, "%d got through", counter);
}

static void *main_cond(void *arg)
{
	tid[(long)arg] = gettid();
	pthread_barrier_wait(&up);
	pthread_mutex_lock(&mutex);
	while (!released)
		pthread_cond_wait(&cond, &mutex);
	counter++;
	pthread_mutex_unlock(&mutex);
	return done((long)arg);
}

static void condition(void)
{
	int i;

	create(NR, main_cond);
	for (i = 0; i < NR; i++)
		await_call(tid[i], SYS_futex);
	cr_ready();
	pthread_mutex_lock(&mutex);
	cr_check(!counter, "%d got through", counter);
	released = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	join(NR);
	cr_check(counter == NR, "%d got through", counter);
}

/* Calls that wait, each in its way. */

static int data_pipe[2], event, word;
static volatile pid_t wait_tid[4];

static void *main_read(void *arg)
{
	char text[8] = { 0 };

	wait_tid[0] = gettid();
	cr_check(read(data_pipe[0], text, 8) == 4 && !strcmp(text, "data"), "read %s: %m", text);
	return arg;
}

static void *main_ppoll(void *arg)
{
	struct pollfd p = { .fd = event, .events = POLLIN };
	struct timespec ts = { .tv_sec = 600 };
	sigset_t set, now;
	int n;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGRTMIN + 4);
	wait_tid[1] = gettid();
	n = ppoll(&p, 1, &ts, &set);
	cr_check(n == 1 && p.revents == POLLIN, "ppoll gave %d: %m", n);
	cr_check(!pthread_sigmask(SIG_SETMASK, NULL, &now) && !sigismember(&now, SIGTERM), "the mask of ppoll stays");
	return arg;
}

static void *main_futex(void *arg)
{
	long n;

	wait_tid[2] = gettid();
	n = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0);
	cr_check(!n && word == 6, "futex gave %ld: %m", n);
	return arg;
}

static void *main_sigwait(void *arg)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 4);
	wait_tid[3] = gettid();
	cr_check(!sigwait(&set, &sig) && sig == SIGRTMIN + 4, "sigwait gave %d", sig);
	return arg;
}

static void blocked(void)
{
	static void *(*const fn[])(void *) = { main_read, main_ppoll, main_futex, main_sigwait };
	static const long call[] = { SYS_read, SYS_ppoll, SYS_futex, SYS_rt_sigtimedwait };
	sigset_t set;
	void *ret;
	long i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 4);
	word = 5;
	event = eventfd(0, 0);
	cr_setup(!pipe(data_pipe) && event >= 0 && !pthread_sigmask(SIG_BLOCK, &set, NULL), "pipe");
	for (i = 0; i < 4; i++) {
		cr_setup(!pthread_create(&thread[i], NULL, fn[i], (void *)i), "pthread_create");
		while (!wait_tid[i])
			cr_nap();
		await_call(wait_tid[i], call[i]);
	}
	cr_ready();
	cr_check(write(data_pipe[1], "data", 4) == 4 && !eventfd_write(event, 1), "write: %m");
	word = 6;
	cr_check(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 1, "nobody waits for the word");
	cr_check(!kill(getpid(), SIGRTMIN + 4), "kill: %m");
	for (i = 0; i < 4; i++)
		cr_check(!pthread_join(thread[i], &ret) && (long)ret == i, "pthread_join %ld", i);
}

static void *main_sleep(void *arg)
{
	struct timespec ts = { .tv_sec = 2, .tv_nsec = 500000000 };
	uint64_t began = cr_now_ns(CLOCK_MONOTONIC);

	wait_tid[0] = gettid();
	cr_check(!nanosleep(&ts, &ts), "nanosleep: %m");
	*(uint64_t *)arg = (cr_now_ns(CLOCK_MONOTONIC) - began) / 1000000;
	return NULL;
}

static void asleep(void)
{
	static uint64_t ms;

	cr_setup(!pthread_create(&thread[0], NULL, main_sleep, &ms), "pthread_create");
	while (!wait_tid[0])
		cr_nap();
	await_call(wait_tid[0], SYS_clock_nanosleep);
	cr_ready();
	cr_check(!pthread_join(thread[0], NULL), "pthread_join");
	cr_say("INFO waited_ms=%lu", (unsigned long)ms);
}

/* Loops whose results are known. */

static volatile int stop;
static volatile int running;

#define LCG	6364136223846793005ULL

/* @n steps of x = x * LCG + 1 at once. */
static uint64_t lcg(uint64_t x, uint64_t n)
{
	uint64_t a = LCG, c = 1;

	for (; n; n >>= 1) {
		if (n & 1)
			x = a * x + c;
		c *= a + 1;
		a *= a;
	}
	return x;
}

static void *main_integer(void *arg)
{
	uint64_t seed = cr_mix((long)arg), x = seed, n = 0, keep[8], have[8];

	cr_fill(keep, sizeof(keep), seed);
	__sync_fetch_and_add(&running, 1);
	__asm__ volatile(
		"mov 0(%[keep]), %%r8\n\t"
		"mov 8(%[keep]), %%r9\n\t"
		"mov 16(%[keep]), %%r10\n\t"
		"mov 24(%[keep]), %%r11\n\t"
		"mov 32(%[keep]), %%r12\n\t"
		"mov 40(%[keep]), %%r13\n\t"
		"mov 48(%[keep]), %%r14\n\t"
		"mov 56(%[keep]), %%r15\n\t"
		"1: imul %[a], %[x]\n\t"
		"inc %[x]\n\t"
		"inc %[n]\n\t"
		"cmpl $0, %[stop]\n\t"
		"je 1b\n\t"
		"mov %%r8, 0(%[have])\n\t"
		"mov %%r9, 8(%[have])\n\t"
		"mov %%r10, 16(%[have])\n\t"
		"mov %%r11, 24(%[have])\n\t"
		"mov %%r12, 32(%[have])\n\t"
		"mov %%r13, 40(%[have])\n\t"
		"mov %%r14, 48(%[have])\n\t"
		"mov %%r15, 56(%[have])\n\t"
		: [x] "+r" (x), [n] "+r" (n)
		: [a] "r" (LCG), [stop] "m" (stop), [keep] "r" (keep), [have] "r" (have)
		: "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	cr_check(x == lcg(seed, n), "after %lu steps %#lx, want %#lx", n, x, lcg(seed, n));
	cr_check(!memcmp(keep, have, sizeof(keep)), "thread %ld: a register", (long)arg);
	return done((long)arg);
}

/* Sums up in one register, and keeps another. */
static void *main_sse(void *arg)
{
	uint64_t step[2] __attribute__((aligned(16))) = { (long)arg + 3, (long)arg + 5 };
	uint64_t keep[2] __attribute__((aligned(16))), have[2] __attribute__((aligned(16))), n = 0;
	uint64_t sum[2] __attribute__((aligned(16)));

	cr_fill(keep, sizeof(keep), (long)arg);
	__sync_fetch_and_add(&running, 1);
	__asm__ volatile(
		"pxor %%xmm0, %%xmm0\n\t"
		"movdqa %[step], %%xmm1\n\t"
		"movdqa %[keep], %%xmm15\n\t"
		"1: paddq %%xmm1, %%xmm0\n\t"
		"inc %[n]\n\t"
		"cmpl $0, %[stop]\n\t"
		"je 1b\n\t"
		"movdqa %%xmm0, %[sum]\n\t"
		"movdqa %%xmm15, %[have]\n\t"
		: [n] "+r" (n), [sum] "=m" (sum), [have] "=m" (have)
		: [stop] "m" (stop), [keep] "m" (keep), [step] "m" (step)
		: "xmm0", "xmm1", "xmm15", "cc");
	cr_check(sum[0] == n * step[0] && sum[1] == n * step[1], "%lu steps give %lu, %lu", n, sum[0], sum[1]);
	cr_check(!memcmp(keep, have, sizeof(keep)), "thread %ld: a register", (long)arg);
	return done((long)arg);
}

static void *main_avx(void *arg)
{
	double step[4] __attribute__((aligned(32))) = { 1, 2, 3, (long)arg + 4 };
	uint64_t keep[4] __attribute__((aligned(32))), have[4] __attribute__((aligned(32))), n = 0;
	double sum[4] __attribute__((aligned(32)));
	int i;

	cr_fill(keep, sizeof(keep), (long)arg);
	__sync_fetch_and_add(&running, 1);
	__asm__ volatile(
		"vxorpd %%ymm0, %%ymm0, %%ymm0\n\t"
		"vmovapd %[step], %%ymm1\n\t"
		"vmovapd %[keep], %%ymm14\n\t"
		"1: vaddpd %%ymm1, %%ymm0, %%ymm0\n\t"
		"inc %[n]\n\t"
		"cmpl $0, %[stop]\n\t"
		"je 1b\n\t"
		"vmovapd %%ymm0, %[sum]\n\t"
		"vmovapd %%ymm14, %[have]\n\t"
		"vzeroupper\n\t"
		: [n] "+r" (n), [sum] "=m" (sum), [have] "=m" (have)
		: [stop] "m" (stop), [keep] "m" (keep), [step] "m" (step)
		: "xmm0", "xmm1", "xmm14", "cc");
	for (i = 0; i < 4; i++)
		cr_check(sum[i] == n * step[i], "%lu steps give %g, want %g", n, sum[i], n * step[i]);
	cr_check(!memcmp(keep, have, sizeof(keep)), "thread %ld: a register", (long)arg);
	return done((long)arg);
}

static void compute(void)
{
	static void *(*const fn[])(void *) = {
		main_integer, main_sse, main_avx, main_integer, main_sse, main_avx,
	};
	long i;

	for (i = 0; i < 6; i++)
		cr_setup(!pthread_create(&thread[i], NULL, fn[i], (void *)i), "pthread_create");
	while (running < 6)
		cr_nap();
	cr_ready();
	stop = 1;
	join(6);
}

/* Who runs on for a moment has another name then. */
static void *main_rename(void *arg)
{
	char name[16];
	unsigned long k;

	__sync_fetch_and_add(&running, 1);
	for (k = 0; !stop; k++) {
		snprintf(name, sizeof(name), "%lu", k);
		cr_check(!prctl(PR_SET_NAME, name), "PR_SET_NAME: %m");
	}
	return done((long)arg);
}

static void renaming(void)
{
	long i;

	for (i = 0; i < 32; i++)
		cr_setup(!pthread_create(&thread[i], NULL, main_rename, (void *)i), "pthread_create");
	while (running < 32)
		cr_nap();
	cr_ready();
	stop = 1;
	join(32);
}

/* Ends. */

static pthread_mutex_t robust;

static void *main_robust(void *arg)
{
	long i = (long)arg;

	tid[i] = gettid();
	if (i == 2)
		cr_setup(!pthread_mutex_lock(&robust), "pthread_mutex_lock");
	hold();
	return done(i);
}

static void robust_list(void)
{
	pthread_mutexattr_t attr;
	void *head[NR], *now;
	size_t len;
	int i;

	cr_setup(!pthread_mutexattr_init(&attr) &&
		 !pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) &&
		 !pthread_mutex_init(&robust, &attr), "mutex");
	create(NR, main_robust);
	for (i = 0; i < NR; i++)
		cr_setup(!syscall(SYS_get_robust_list, tid[i], &head[i], &len), "get_robust_list");
	cr_ready();
	for (i = 0; i < NR; i++)
		cr_check(!syscall(SYS_get_robust_list, tid[i], &now, &len) && now == head[i],
			 "thread %d: list %p, was %p: %m", i, now, head[i]);
	cr_check(pthread_mutex_trylock(&robust) == EBUSY, "the mutex is free");
	pthread_barrier_wait(&go);
	join(NR);
	cr_check(pthread_mutex_lock(&robust) == EOWNERDEAD, "nobody is told of its owner's death");
}

extern const ptrdiff_t __rseq_offset;

#define RSEQ_SIGNATURE	0x53053053

static void *main_rseq(void *arg)
{
	volatile struct rseq *area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	cpu_set_t set;

	cr_setup((int)area->cpu_id >= 0, "libc has no rseq");
	hold();
	for (cpu = 0; cpu < cpus; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		cr_check(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity: %m");
		cr_check((int)area->cpu_id == cpu, "cpu_id %d, want %d", (int)area->cpu_id, cpu);
	}
	cr_check(syscall(SYS_rseq, area, 32, 0, RSEQ_SIGNATURE) == -1 && errno == EBUSY, "registering again: %m");
	return done((long)arg);
}

static void rseqs(void)
{
	create(NR, main_rseq);
	cr_ready();
	pthread_barrier_wait(&go);
	join(NR);
}

/* Each of the old threads makes new ones. */
static void *main_new(void *arg)
{
	number = (long)arg;
	tid[number] = gettid();
	return done(number);
}

static void *main_creator(void *arg)
{
	long i = (long)arg, k;
	pthread_t new[4];
	void *ret;

	hold();
	for (k = 0; k < 4; k++)
		cr_check(!pthread_create(&new[k], NULL, main_new, (void *)(NR + i * 4 + k)), "pthread_create");
	for (k = 0; k < 4; k++) {
		cr_check(!pthread_join(new[k], &ret), "pthread_join");
		cr_check(ret == done(NR + i * 4 + k), "a new thread returned %ld", (long)ret);
	}
	return done(i);
}

static void creators(void)
{
	create(NR, main_creator);
	cr_ready();
	pthread_barrier_wait(&go);
	join(NR);
}

/* A thread that isn't the first ends all, after the others have waited long. */
static void *main_exit_group(void *arg)
{
	pthread_barrier_wait(&up);
	if ((long)arg == 4) {
		cr_wait_order();
		cr_pass();
	}
	for (;;)
		pause();
}

static void exit_group(void)
{
	create(NR, main_exit_group);
	cr_say_ready();
	for (;;)
		pause();
}

/* The first thread ends, one of the others stays. */
static void *main_last(void *arg)
{
	pthread_barrier_wait(&up);
	pthread_barrier_wait(&go);
	cr_check(!pthread_join(*(pthread_t *)arg, NULL), "pthread_join");
	cr_pass();
}

static void leader_exits(void)
{
	static pthread_t self;

	self = pthread_self();
	cr_setup(!pthread_barrier_init(&up, NULL, 2) && !pthread_barrier_init(&go, NULL, 2), "barrier");
	cr_setup(!pthread_create(&thread[0], NULL, main_last, &self), "pthread_create");
	pthread_barrier_wait(&up);
	cr_ready();
	pthread_barrier_wait(&go);
	pthread_exit(NULL);
}

/* A thread that isn't the first executes another program: this one. */
static void *main_exec(void *arg)
{
	char pid[16], *argv[] = { "threads", "executed", pid, NULL };

	hold();
	if ((long)arg == 1) {
		snprintf(pid, sizeof(pid), "%d", getpid());
		execv("/proc/self/exe", argv);
		cr_fail("execv: %m");
	}
	for (;;)
		pause();
}

static void exec_by_thread(void)
{
	create(NR, main_exec);
	cr_ready();
	pthread_barrier_wait(&go);
	for (;;)
		pause();
}

/* A thread that isn't the first makes the call. */
static void *main_caller(void *arg)
{
	local = 99;
	pthread_barrier_wait(&up);
	cr_ready();
	cr_check(local == 99, "the caller is another thread");
	pthread_barrier_wait(&go);
	return done((long)arg);
}

static void *main_self(void *arg)
{
	return (long)arg == 1 ? main_caller(arg) : main_local(arg);
}

static void self_by_thread(void)
{
	create(NR, main_self);
	pthread_barrier_wait(&go);
	join(NR);
}

/* Threads come and go meanwhile. */
static volatile unsigned long cycles;

static void *main_storm(void *arg)
{
	unsigned long k;
	pthread_t new;
	void *ret;

	pthread_barrier_wait(&up);
	for (k = 0; !stop; k++) {
		cr_check(!pthread_create(&new, NULL, main_new, (void *)(NR + (long)arg)), "pthread_create");
		cr_check(!pthread_join(new, &ret) && ret == done(NR + (long)arg), "pthread_join");
		cycles++;
	}
	cr_check(k, "not one cycle");
	return done((long)arg);
}

static void storm(void)
{
	unsigned long before;

	create(4, main_storm);
	cr_ready();
	before = cycles;
	while (cycles < before + 20)
		cr_nap();
	stop = 1;
	join(4);
}

static const struct cr_variant variants[] = {
	{ "locals", locals }, { "many", many }, { "own", own_state }, { "creds", creds },
	{ "signals", signals }, { "handler", handler }, { "sync", sync_threads }, { "condition", condition },
	{ "blocked", blocked }, { "asleep", asleep }, { "compute", compute }, { "robust", robust_list },
	{ "rseq", rseqs }, { "create", creators }, { "exit-group", exit_group },
	{ "leader-exits", leader_exits }, { "exec", exec_by_thread }, { "self-by-thread", self_by_thread },
	{ "storm", storm }, { "renaming", renaming },
};

int main(int argc, char **argv)
{
	(void)cr_ordered();	/* copies the path: threads don't allocate */
	if (argc == 3 && !strcmp(argv[1], "executed")) {
		cr_check(getpid() == atoi(argv[2]) && gettid() == getpid(), "pid %d, want %s", getpid(), argv[2]);
		cr_pass();
	}
	cr_run_variant(argc, argv, variants, CR_ARRAY_SIZE(variants));
}
