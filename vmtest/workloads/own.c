// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads that make the calls themselves: what the restarter is, or where it
 * stands, is a part of the case.
 */
#include <linux/capability.h>
#include <linux/checkpoint_hdr.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cr_call.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE	67
#define PR_GET_MEMORY_MERGE	68
#endif

/* Refusals of who saves itself: what counts is what its parent hasn't got. */

static void must_refuse_itself(const char *why)
{
	struct stat st;

	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(0, 0) == -1, "it isn't refused");
	cr_check(errno == EOPNOTSUPP, "%s: %s", strerrorname_np(errno), cr_messages());
	cr_check(strstr(cr_messages(), why), "not refused for that: %s", cr_messages());
	cr_check(!fstat(cr_image, &st) && !st.st_size, "the image has %ld bytes", (long)st.st_size);
}

static void filter(void)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { 1, allow };

	cr_setup(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	cr_setup(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog), "seccomp");
}

static void seccomp_self(void)
{
	filter();
	must_refuse_itself("has seccomp filters of its own");
}

static void landlock_self(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR };
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	cr_setup(fd >= 0 && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "landlock_create_ruleset");
	cr_setup(!syscall(SYS_landlock_restrict_self, fd, 0) && !close(fd), "landlock_restrict_self");
	must_refuse_itself("Landlock domain");
}

/*
 * Filters that the parent has, too, are no obstacle. A restarter that has some
 * may have the program, one that has none would free it of them.
 */
enum { ORIGINAL = 40, COPY };

static CR_NORETURN void save_itself(void)
{
	long ret = cr_checkpoint(0, 0);

	cr_check(ret >= 0, "checkpoint: %s: %s", strerrorname_np(errno), cr_messages());
	_exit(ret ? ORIGINAL : COPY);
}

static CR_NORETURN void with_filter(void)
{
	pid_t pid;
	int status;

	filter();
	pid = cr_fork();
	if (!pid)
		save_itself();
	status = cr_status(pid);
	cr_check(status == ORIGINAL << 8, "original: status %#x", status);
	pid = cr_restart(RESTART_CHILD);
	cr_check(pid > 0, "restart: %s: %s", strerrorname_np(errno), cr_messages());
	status = cr_status(pid);
	cr_check(status == COPY << 8, "copy: status %#x", status);
	_exit(0);
}

static void seccomp_restarter(void)
{
	unsigned long forms[] = { RESTART_CHILD, 0 };
	size_t i;
	pid_t pid;

	cr_open_image();
	cr_ready();
	pid = cr_fork();
	if (!pid)
		with_filter();
	if (cr_status(pid))
		_exit(1);
	for (i = 0; i < CR_ARRAY_SIZE(forms); i++) {
		cr_check(cr_restart(forms[i]) == -1 && errno == EPERM, "without filters: %m");
		cr_check(strstr(cr_messages(), "seccomp"), "not refused for that: %s", cr_messages());
	}
}

/* The signal of a child's end, which only the parent sees that restarts it. */
static void exit_signal(void)
{
	char *go = cr_path("go");
	struct timespec limit = { 10, 0 };
	sigset_t set;
	pid_t pid, copy;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	cr_setup(!sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	pid = syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, 0);
	cr_setup(pid >= 0, "clone");
	if (!pid) {
		cr_wait_file(go);
		_exit(COPY);
	}
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	cr_check(sigtimedwait(&set, &info, &limit) == SIGUSR1, "original: signal %d", info.si_signo);
	copy = cr_restart(RESTART_CHILD);
	cr_check(copy == pid, "restart: %d: %m: %s", copy, cr_messages());
	cr_go("go");
	cr_check(sigtimedwait(&set, &info, &limit) == SIGUSR1, "copy: signal %d: %m", info.si_signo);
	cr_check(info.si_pid == copy && info.si_status == COPY, "copy: pid %d, status %d", info.si_pid,
		 info.si_status);
	cr_check(cr_status(copy) == COPY << 8, "copy: wait status");
}

/* Settings of a task that it may inherit from who restarts it. */
struct settings {
	int policy, nice, ioprio, mempolicy, mce, io_flusher, tsc, merge, subreaper;
	cpu_set_t cpus;
};

static void get_settings(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->policy = sched_getscheduler(0);
	s->nice = getpriority(PRIO_PROCESS, 0);
	s->ioprio = syscall(SYS_ioprio_get, 1, 0);
	cr_check(!sched_getaffinity(0, sizeof(s->cpus), &s->cpus), "sched_getaffinity: %m");
	cr_check(!syscall(SYS_get_mempolicy, &s->mempolicy, NULL, 0, NULL, 0), "get_mempolicy: %m");
	s->mce = prctl(PR_MCE_KILL_GET, 0, 0, 0, 0);
	s->io_flusher = prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0);
	cr_check(!prctl(PR_GET_TSC, &s->tsc), "PR_GET_TSC: %m");
	s->merge = prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0);
	cr_check(!prctl(PR_GET_CHILD_SUBREAPER, &s->subreaper), "PR_GET_CHILD_SUBREAPER: %m");
}

static char selector;

static void set_other(void)
{
	struct sched_param p = { 0 };
	unsigned long node = 1;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(1, &one);
	cr_setup(!setpriority(PRIO_PROCESS, 0, 5), "setpriority");
	cr_setup(!sched_setscheduler(0, SCHED_BATCH, &p), "sched_setscheduler");
	cr_setup(!sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
	/* Best effort, 2. */
	cr_setup(!syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 2), "ioprio_set");
	cr_setup(!syscall(SYS_set_mempolicy, MPOL_BIND, &node, 64), "set_mempolicy");
	cr_setup(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), "PR_MCE_KILL");
	cr_setup(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0), "PR_SET_IO_FLUSHER");
	cr_setup(!prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0), "PR_SET_MEMORY_MERGE");
	cr_setup(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	cr_setup(!prctl(PR_SET_TSC, PR_TSC_SIGSEGV), "PR_SET_TSC");
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	cr_setup(!prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector),
		 "PR_SET_SYSCALL_USER_DISPATCH");
}

/* The target, which waits for the restarter and then for its own examination. */
static CR_NORETURN void compare_settings(void)
{
	char *set = cr_path("set"), *go = cr_path("go");
	struct settings want, have;

	get_settings(&want);
	cr_wait_file(set);
	cr_go("made");
	cr_wait_file(go);
	get_settings(&have);
#define SAME(field)	cr_check(have.field == want.field, #field " %d, want %d", have.field, want.field)
	SAME(policy);
	SAME(nice);
	SAME(ioprio);
	SAME(mempolicy);
	SAME(mce);
	SAME(io_flusher);
	SAME(tsc);
	SAME(merge);
	SAME(subreaper);
	cr_check(CPU_EQUAL(&have.cpus, &want.cpus), "affinity to %d CPUs, want %d", CPU_COUNT(&have.cpus),
		 CPU_COUNT(&want.cpus));
	_exit(COPY);
}

static CR_NORETURN void restart_with_other(unsigned long form)
{
	pid_t pid;

	set_other();
	cr_go("set");
	pid = cr_restart(form);
	cr_check(pid > 0, "restart, flags %#lx: %s: %s", form, strerrorname_np(errno), cr_messages());
	_exit(WEXITSTATUS(cr_status(pid)));
}

/* What restart() makes with flags @form; it can be saved again, as it was. */
static void restart_by_other(unsigned long form, pid_t pid)
{
	static const char * const files[] = { "set", "made", "go" };
	char *made = cr_path("made");
	pid_t by = cr_fork();
	int status;
	size_t i;

	if (!by)
		restart_with_other(form);
	cr_wait_file(made);
	cr_check(cr_checkpoint(form ? pid : by, CHECKPOINT_DRYRUN) > 0, "flags %#lx: saving the copy: %m: %s",
		 form, cr_messages());
	cr_go("go");
	status = cr_status(by);
	cr_check(status == COPY << 8, "flags %#lx: status %#x", form, status);
	for (i = 0; i < CR_ARRAY_SIZE(files); i++)
		cr_setup(!unlink(cr_path(files[i])), "unlink %s", files[i]);
}

static void restarter_settings(void)
{
	pid_t pid = cr_fork();

	if (!pid)
		compare_settings();
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	restart_by_other(RESTART_CHILD, pid);
	restart_by_other(0, pid);
}

/*
 * A directory that the restarter may not enter. Each attempt has to put back
 * exactly what it took: the file system can be unmounted in the end.
 */
static void become_nobody(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct c[2] = { 0 };

	c[1].permitted = c[1].effective = 1 << (CAP_CHECKPOINT_RESTORE - 32);
	cr_setup(!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS");
	cr_setup(!setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534), "setresuid");
	cr_setup(!syscall(SYS_capset, &h, c), "capset");
}

static CR_NORETURN void try_to_enter(int times)
{
	unsigned long flags;
	int i;

	become_nobody();
	for (i = 0; i < times; i++) {
		flags = i % 2 ? 0 : RESTART_CHILD | RESTART_NEWPIDS;
		cr_check(cr_restart(flags) == -1, "attempt %d succeeded", i);
		cr_check(errno == EACCES && strstr(cr_messages(), "not allowed into a directory"),
			 "attempt %d: %s: %s", i, strerrorname_np(errno), cr_messages());
	}
	_exit(COPY);
}

static void cwd_forbidden(void)
{
	char *mnt = cr_path("mnt"), *dir = cr_path("mnt/dir");
	pid_t pid;

	cr_setup(!mkdir(mnt, 0755) && !mount("tmpfs", mnt, "tmpfs", 0, NULL), "mount");
	cr_setup(!mkdir(dir, 0700), "mkdir");
	pid = cr_fork();
	if (!pid) {
		cr_setup(!chdir(dir), "chdir");
		cr_go("there");
		for (;;)
			cr_nap();
	}
	cr_wait_file(cr_path("there"));
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	pid = cr_fork();
	if (!pid)
		try_to_enter(1000);
	cr_check(cr_status(pid) == COPY << 8, "the attempts");
	cr_check(!rmdir(dir), "rmdir: %m");
	cr_check(!umount2(mnt, 0), "umount: %m");
}

/* Advice for open files, by descriptor, as the image has it. */
#define MAX_FD	16

static void advice_in_image(unsigned int advice[MAX_FD])
{
	static uint8_t image[4 << 20];
	ssize_t len = pread(cr_image, image, sizeof(image), 0), off = 0;

	cr_check(len > 0 && len < (ssize_t)sizeof(image), "image of %zd bytes", len);
	memset(advice, 0, MAX_FD * sizeof(*advice));
	while (off < len) {
		struct cr_hdr *h = (struct cr_hdr *)(image + off);
		struct cr_hdr_fd_data *d = (struct cr_hdr_fd_data *)(h + 1);

		off += sizeof(*h) + h->len;
		if (h->type == CR_HDR_PGARR)
			off += 4096UL * ((struct cr_hdr_pgarr *)(h + 1))->nr_pages;
		if (h->type == CR_HDR_FD_DATA && d->fd >= 0 && d->fd < MAX_FD)
			advice[d->fd] = d->advice;
	}
}

static const int advices[] = {
	POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM, POSIX_FADV_NOREUSE,
};
static const unsigned int bits[] = {
	0, CR_FD_ADVICE_SEQUENTIAL, CR_FD_ADVICE_RANDOM, CR_FD_ADVICE_NOREUSE,
};
#define FIRST_FD	4

static void file_advice(void)
{
	char *path = cr_make_file("data", 800, 1);
	unsigned int advice[MAX_FD];
	int round, fd;
	pid_t pid;
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(advices); i++) {
		fd = cr_open(path, O_RDONLY);
		cr_setup(dup2(fd, FIRST_FD + i) >= 0 && (fd == FIRST_FD + (int)i || !close(fd)), "dup2");
		errno = posix_fadvise(FIRST_FD + i, 0, 0, advices[i]);
		cr_setup(!errno, "posix_fadvise %zu", i);
	}
	pid = cr_fork();
	if (!pid)
		for (;;)
			cr_nap();
	cr_open_image();
	cr_ready();
	/* What is in the second image has been restored from the first one. */
	for (round = 0; round < 2; round++) {
		cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
		cr_status(pid);
		advice_in_image(advice);
		for (i = 0; i < CR_ARRAY_SIZE(advices); i++)
			cr_check(advice[FIRST_FD + i] == bits[i], "round %d, advice %zu: %#x", round, i,
				 advice[FIRST_FD + i]);
		pid = cr_restart(RESTART_CHILD);
		cr_check(pid > 0, "restart: %m: %s", cr_messages());
	}
	kill(pid, SIGKILL);
	cr_status(pid);
}

/* A FIFO that somebody else has open now: what is in it would be mixed up. */
static CR_NORETURN void keep_fifo(const char *path)
{
	char *go = cr_path("go"), c = 0;
	int fd = cr_open(path, O_RDWR);

	cr_setup(write(fd, "x", 1) == 1, "write");
	cr_go("there");
	cr_wait_file(go);
	cr_check(read(fd, &c, 1) == 1 && c == 'x', "what was in it: %m");
	_exit(COPY);
}

static void fifo_in_use(void)
{
	char *path = cr_path("fifo");
	pid_t pid;
	int fd;

	cr_setup(!mkfifo(path, 0600), "mkfifo");
	pid = cr_fork();
	if (!pid)
		keep_fifo(path);
	cr_wait_file(cr_path("there"));
	cr_open_image();
	cr_ready();
	cr_check(cr_checkpoint(pid, CHECKPOINT_KILL) > 0, "checkpoint: %m: %s", cr_messages());
	cr_status(pid);
	fd = cr_open(path, O_RDWR);
	cr_check(cr_restart(RESTART_CHILD) == -1 && errno == EEXIST, "it isn't refused: %m");
	cr_check(strstr(cr_messages(), "FIFO is in use"), "not refused for that: %s", cr_messages());
	close(fd);
	cr_check(cr_restart(RESTART_CHILD) == pid, "restart: %m: %s", cr_messages());
	cr_go("go");
	cr_check(cr_status(pid) == COPY << 8, "copy");
}

/* Trees */

static char state_of(pid_t pid)
{
	char path[64], text[512], *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	cr_setup(f && fgets(text, sizeof(text), f), "read %s", path);
	fclose(f);
	p = strrchr(text, ')');
	return p[2];
}

static void *main_stays(void *arg)
{
	cr_wait_file(arg);
	_exit(COPY);
}

static CR_NORETURN void leave_thread(char *go)
{
	pthread_t thread;

	cr_setup(!pthread_create(&thread, NULL, main_stays, go), "pthread_create");
	syscall(SYS_exit, 0);
	abort();
}

static void check_leader_refused(pid_t root)
{
	unsigned long flags[] = { 0, CHECKPOINT_KILL };
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(flags); i++) {
		cr_check(cr_checkpoint(root, flags[i]) == -1 && errno == EOPNOTSUPP, "%m: %s", cr_messages());
		cr_check(strstr(cr_messages(), "has exited, and its threads haven't"), "not refused for that: %s",
			 cr_messages());
	}
}

/* The first thread has ended, another goes on. */
static void leader_exited(void)
{
	char *go = cr_path("go");
	pid_t pid;

	cr_open_image();
	pid = cr_fork();
	if (!pid)
		leave_thread(go);
	cr_ready();
	while (state_of(pid) != 'Z')
		cr_nap();
	check_leader_refused(pid);
	cr_go("go");
	cr_check(cr_status(pid) == COPY << 8, "it has noticed the refusal");
}

/* The same below the root. */
static void leader_exited_below(void)
{
	char *go = cr_path("go");
	pid_t pid, root;
	int below[2];

	cr_open_image();
	cr_setup(!pipe(below), "pipe");
	root = cr_fork();
	if (!root) {
		pid = cr_fork();
		if (!pid) {
			close(below[0]);
			close(below[1]);
			leave_thread(go);
		}
		cr_setup(write(below[1], &pid, sizeof(pid)) == sizeof(pid), "write");
		close(below[0]);
		close(below[1]);
		_exit(cr_status(pid) >> 8);
	}
	cr_setup(read(below[0], &pid, sizeof(pid)) == sizeof(pid), "read");
	close(below[0]);
	close(below[1]);
	cr_ready();
	while (state_of(pid) != 'Z')
		cr_nap();
	check_leader_refused(root);
	cr_go("go");
	cr_check(cr_status(root) == COPY << 8, "it has noticed the refusal");
}

/* Who is in a tree saves it only as its root. */
static void caller_inside(void)
{
	pid_t pid, root = getpid();
	struct stat st;

	cr_open_image();
	cr_ready();
	pid = cr_fork();
	if (!pid) {
		cr_check(cr_checkpoint(root, 0) == -1 && errno == EINVAL, "%m: %s", cr_messages());
		cr_check(strstr(cr_messages(), "the caller is in the tree that it saves"), "not refused for that: %s",
			 cr_messages());
		cr_check(!fstat(cr_image, &st) && !st.st_size, "the image has %ld bytes", (long)st.st_size);
		_exit(ORIGINAL);
	}
	cr_check(cr_status(pid) == ORIGINAL << 8, "the child");
}

/* A process that isn't the root of all saves itself and who is below it. */
static CR_NORETURN void save_itself_with_child(void)
{
	pid_t pid = cr_fork();
	long ret;

	if (!pid)
		for (;;)
			pause();
	ret = cr_checkpoint(0, 0);
	if (ret < 0) {
		kill(pid, SIGKILL);
		cr_fail("checkpoint: %m: %s", cr_messages());
	}
	cr_check(!kill(pid, SIGTERM) && cr_status(pid) == SIGTERM, "the child");
	cr_check(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "a child too many");
	_exit(ret ? ORIGINAL : COPY);
}

static void self_below(void)
{
	pid_t pid, copy;

	cr_open_image();
	cr_ready();
	pid = cr_fork();
	if (!pid)
		save_itself_with_child();
	cr_check(cr_status(pid) == ORIGINAL << 8, "the original");
	copy = cr_restart(RESTART_CHILD);
	cr_check(copy == pid, "restart: %d: %m: %s", copy, cr_messages());
	cr_check(cr_status(copy) == COPY << 8, "the copy");
}

/* The table of pids that a restart gives has a line for each task. */
static void pid_map(void)
{
	struct restart_fdmap map[] = { { 0, 0 }, { 1, 1 }, { 2, 2 } };
	struct restart_pidmap pids[8] = { 0 };
	struct restart_args ra = {
		.log_fd = -1,
		.nr_inherit = CR_ARRAY_SIZE(map),
		.inherit = (uintptr_t)map,
		.pidmap = (uintptr_t)pids,
		.nr_pidmap = CR_ARRAY_SIZE(pids),
	};
	pid_t root = cr_fork(), copy;
	int i, k;

	if (!root) {
		for (i = 0; i < 3; i++)
			if (!cr_fork())
				for (;;)
					pause();
		for (;;)
			pause();
	}
	cr_open_image();
	cr_ready();
	while (state_of(root) != 'S')
		cr_nap();
	cr_check(cr_checkpoint(root, 0) > 0, "checkpoint: %m: %s", cr_messages());
	cr_rewind(cr_image, false);
	copy = syscall(__NR_restart, 0, cr_image, RESTART_ARGS | RESTART_CHILD | RESTART_NEWPIDS, &ra, sizeof(ra));
	cr_check(copy > 0, "restart: %m");
	cr_check(pids[0].image_pid == root && pids[0].pid == copy, "%d is %d now", pids[0].image_pid, pids[0].pid);
	for (i = 1; i < 4; i++) {
		cr_check(pids[i].image_pid > root && pids[i].pid > 0 && !kill(pids[i].pid, 0), "%d is %d now: %m",
			 pids[i].image_pid, pids[i].pid);
		for (k = 0; k < i; k++)
			cr_check(pids[k].pid != pids[i].pid && pids[k].image_pid != pids[i].image_pid, "a pid twice");
	}
	cr_check(!pids[4].image_pid && !pids[4].pid, "a task too many");
	for (i = 3; i >= 0; i--) {
		kill(pids[i].pid, SIGKILL);
		kill(pids[i].image_pid, SIGKILL);
	}
	cr_status(copy);
	cr_status(root);
}

static const struct cr_variant variants[] = {
	{ "seccomp-self", seccomp_self }, { "landlock-self", landlock_self },
	{ "seccomp-restarter", seccomp_restarter }, { "exit-signal", exit_signal },
	{ "restarter-settings", restarter_settings }, { "cwd-forbidden", cwd_forbidden },
	{ "file-advice", file_advice }, { "fifo-in-use", fifo_in_use },
	{ "leader-exited", leader_exited }, { "leader-exited-below", leader_exited_below },
	{ "caller-inside", caller_inside }, { "self-below", self_below },
	{ "pid-map", pid_map },
};

CR_VARIANTS(variants)
