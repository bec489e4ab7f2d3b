// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two hundred calls while somebody else sends signals at any moment. Either they
 * succeed, and the image is a good one, or they say why not.
 */
#include <sched.h>
#include <sys/prctl.h>

#include "cr_call.h"

#define ROUNDS	200
#define COPY	42
#define WORDS	(512 * 1024 / 8)

static uint64_t memory[WORDS];
static volatile unsigned long conts;

static void on_cont(int sig CR_UNUSED)
{
	conts++;
}

/*
 * The target has memory, and a handler that writes to the stack. It looks at all
 * of it, on and on; a copy, which has another pid, does so once more and ends.
 */
static CR_NORETURN void target(bool sleeps)
{
	struct sigaction sa = { .sa_handler = on_cont };
	pid_t pid = getpid();
	bool copy = false;

	cr_setup(!sigaction(SIGCONT, &sa, NULL), "sigaction");
	cr_fill(memory, sizeof(memory), 1);
	cr_go("there");
	for (;;) {
		if (sleeps && !copy)
			cr_nap();
		cr_check_fill(memory, sizeof(memory), 1);
		if (copy)
			_exit(COPY);
		copy = getpid() != pid;
	}
}

static pid_t new_target(bool sleeps)
{
	char *there = cr_path("there");
	pid_t pid;

	unlink(there);
	pid = cr_fork();
	if (!pid)
		target(sleeps);
	cr_wait_file(there);
	free(there);
	return pid;
}

static uint64_t now(void)
{
	return cr_now_ns(CLOCK_MONOTONIC);
}

/* A process that sends SIGKILL after a while; it looks at the clock all the time. */
static pid_t killer(pid_t victim, uint64_t most_ns)
{
	uint64_t at = now() + cr_mix(now()) % most_ns;
	pid_t pid = cr_fork();

	if (pid)
		return pid;
	while (now() < at)
		sched_yield();
	kill(victim, SIGKILL);
	_exit(0);
}

/* A copy that runs to its end, whether it was stopped or not. */
static void check_copy(int round)
{
	pid_t pid = cr_restart(RESTART_CHILD | RESTART_NEWPIDS);
	int status;

	cr_check(pid > 0, "round %d: restart: %s: %s", round, strerrorname_np(errno), cr_messages());
	cr_check(!kill(pid, SIGCONT), "round %d: kill: %m", round);
	status = cr_status(pid);
	cr_check(status == COPY << 8, "round %d: copy: status %#x", round, status);
}

static uint64_t time_of_checkpoint(void)
{
	pid_t pid = new_target(false);
	uint64_t before = now(), ns;

	cr_check(cr_checkpoint(pid, 0) > 0, "checkpoint: %m: %s", cr_messages());
	ns = now() - before;
	kill(pid, SIGKILL);
	cr_status(pid);
	return ns;
}

/* The target is killed by a third process. */
static void kill_saved(void)
{
	static const unsigned long flags[] = { 0, CHECKPOINT_KILL, CHECKPOINT_STOP };
	int i, saved = 0, lost = 0;
	uint64_t most;
	pid_t pid, third;
	long ret;

	cr_open_image();
	cr_ready();
	most = 2 * time_of_checkpoint();
	for (i = 0; i < ROUNDS; i++) {
		pid = new_target(i % 2);
		third = killer(pid, most);
		ret = cr_checkpoint(pid, flags[i % 3]);
		cr_check(ret > 0 || errno == ESRCH || errno == EINTR, "round %d: %s: %s", i,
			 strerrorname_np(errno), cr_messages());
		cr_status(third);
		kill(pid, SIGKILL);
		cr_status(pid);
		saved += ret > 0;
		lost += ret < 0;
		if (ret > 0)
			check_copy(i);
	}
	cr_say("INFO saved=%d lost=%d", saved, lost);
	cr_check(saved && lost, "%d were saved, %d lost", saved, lost);
}

/* The target is stopped and continued as fast as that goes. */
static void stop_cont(void)
{
	pid_t pid = new_target(false), third;
	int i, saved = 0;
	long ret;

	cr_open_image();
	cr_ready();
	third = cr_fork();
	if (!third) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			kill(pid, SIGSTOP);
			kill(pid, SIGCONT);
		}
	}
	for (i = 0; i < ROUNDS; i++) {
		ret = cr_checkpoint(pid, i % 2 ? CHECKPOINT_STOP : 0);
		cr_check(ret > 0 || errno == EBUSY, "round %d: %s: %s", i, strerrorname_np(errno),
			 cr_messages());
		saved += ret > 0;
		if (ret > 0)
			check_copy(i);
	}
	kill(third, SIGKILL);
	cr_status(third);
	kill(pid, SIGCONT);
	cr_check(!kill(pid, 0) && waitpid(pid, NULL, WNOHANG) == 0, "the target has ended");
	kill(pid, SIGKILL);
	cr_status(pid);
	cr_say("INFO saved=%d", saved);
	cr_check(saved, "none of %d was saved", i);
}

/* How a restarter ends that isn't killed. */
enum { RESTARTED = 50, INTERRUPTED };

static CR_NORETURN void restarter(unsigned long form)
{
	pid_t pid = cr_restart(form);
	int status;

	cr_check(pid > 0 || errno == EINTR, "restart, flags %#lx: %s: %s", form, strerrorname_np(errno),
		 cr_messages());
	if (pid < 0)
		_exit(INTERRUPTED);
	status = cr_status(pid);
	_exit(status == COPY << 8 || status == SIGKILL ? RESTARTED : 1);
}

/* Nobody is left, after the moment that those need who are about to end. */
static int await_nobody(pid_t pid)
{
	int i, n = 0, status;
	pid_t ended;

	for (i = 0; i < 2000; i++) {
		ended = waitpid(-1, &status, __WALL | WNOHANG);
		if (ended == -1 && errno == ECHILD && kill(pid, 0) == -1)
			return n;
		if (ended > 0) {
			cr_check(status == COPY << 8 || status == SIGKILL, "%d: status %#x", ended, status);
			n++;
		} else {
			cr_nap();
		}
	}
	cr_fail("somebody is left: %d", ended);
}

static uint64_t time_of_restart(void)
{
	uint64_t before = now();
	pid_t pid = cr_restart(RESTART_CHILD);

	cr_check(pid > 0, "restart: %m: %s", cr_messages());
	before = now() - before;
	cr_check(cr_status(pid) == COPY << 8, "copy");
	return before;
}

static CR_NORETURN void ends_when_told(const char *go)
{
	cr_fill(memory, sizeof(memory), 1);
	cr_go("there");
	cr_wait_file(go);
	cr_check_fill(memory, sizeof(memory), 1);
	_exit(COPY);
}

/* The restarter is killed, or what it is making. */
static void kill_restarted(void)
{
	int i, status, ended[3] = { 0 }, orphans = 0;
	pid_t pid = cr_fork(), by, third;
	unsigned long form;
	uint64_t most;

	if (!pid)
		ends_when_told(cr_path("go"));
	cr_wait_file(cr_path("there"));
	cr_setup(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	cr_go("go");
	most = 2 * time_of_restart();
	for (i = 0; i < ROUNDS; i++) {
		form = i % 4 == 3 ? 0 : RESTART_CHILD;
		by = cr_fork();
		if (!by)
			restarter(form);
		third = killer(i % 2 ? by : pid, most);
		status = cr_status(by);
		cr_status(third);
		cr_check(status == SIGKILL || status == RESTARTED << 8 || status == INTERRUPTED << 8 ||
			 (!form && status == COPY << 8), "round %d: restarter: status %#x", i, status);
		ended[status == SIGKILL ? 0 : status == INTERRUPTED << 8 ? 1 : 2]++;
		orphans += await_nobody(pid);
	}
	cr_say("INFO killed=%d interrupted=%d restarted=%d orphans=%d", ended[0], ended[1], ended[2], orphans);
	cr_check(ended[0] && ended[1] && ended[2], "%d were killed, %d interrupted, %d restarted", ended[0],
		 ended[1], ended[2]);
}

/* Somebody wants to save what is being restored: EBUSY is for him alone. */
static void save_restarted(void)
{
	pid_t pid = cr_fork(), third;
	int i;

	if (!pid)
		ends_when_told(cr_path("go"));
	cr_wait_file(cr_path("there"));
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	cr_go("go");
	third = cr_fork();
	if (!third) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(__NR_checkpoint, pid, -1, (unsigned long)CHECKPOINT_DRYRUN, NULL, 0);
	}
	for (i = 0; i < ROUNDS; i++) {
		cr_check(cr_restart(RESTART_CHILD) == pid, "round %d: restart: %s: %s", i,
			 strerrorname_np(errno), cr_messages());
		cr_check(cr_status(pid) == COPY << 8, "round %d: copy", i);
	}
	kill(third, SIGKILL);
	cr_status(third);
}

static const struct cr_variant variants[] = {
	{ "kill-saved", kill_saved }, { "stop-cont", stop_cont }, { "kill-restarted", kill_restarted },
	{ "save-restarted", save_restarted },
};

CR_VARIANTS(variants)
