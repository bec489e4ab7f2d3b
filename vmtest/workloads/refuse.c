// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that a checkpoint refuses by name. Each variant has some and checks
 * that it still has it after the refusal, where that can be told.
 */
#include <asm/ldt.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "cr_test.h"

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE	67
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE		0x08
#endif
#ifndef SYS_mseal
#define SYS_mseal		462
#endif

/* Tasks */

static volatile int thread_runs;

/* A thread that has something of its own that threads share. */
static int thread_main(void *arg)
{
	cr_setup(!unshare((long)arg), "unshare");
	thread_runs = 1;
	for (;;)
		cr_nap();
	return 0;
}

static void odd_thread(long flags)
{
	char *stack = cr_mmap(NULL, 64 * PAGE, RW, 0);

	cr_setup(clone(thread_main, stack + 64 * PAGE, CLONE_VM | CLONE_FS | CLONE_FILES |
		       CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, (void *)flags) > 0, "clone");
	while (!thread_runs)
		cr_nap();
	cr_ready();
}

static void thread_files(void) { odd_thread(CLONE_FILES); }
static void thread_fs(void) { odd_thread(CLONE_FS); }
static void thread_sysvsem(void) { odd_thread(CLONE_SYSVSEM); }

/* What a parent outside does: it waits for the target, its child. */
static CR_NORETURN void wait_for(pid_t pid)
{
	int status;

	cr_check(waitpid(pid, &status, 0) == pid, "waitpid: %m");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* The target shares something with a parent that lies outside of the tree. */
static void shares(int flags)
{
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);

	cr_setup(pid >= 0, "clone");
	if (pid)
		wait_for(pid);
	cr_ready();
}

static void shares_files(void) { shares(CLONE_FILES); }
static void shares_fs(void) { shares(CLONE_FS); }

/* As above, on a stack of its own in the memory that both have. */
static void shares_memory(int (*target)(void *), int flags)
{
	char *stack = cr_mmap(NULL, 64 * PAGE, RW, 0);
	pid_t pid = clone(target, stack + 64 * PAGE, CLONE_VM | flags | SIGCHLD, NULL);

	cr_setup(pid >= 0, "clone");
	wait_for(pid);
}

static int ready_main(void *arg CR_UNUSED)
{
	cr_ready();
	cr_pass();
}

static int order_main(void *arg CR_UNUSED)
{
	thread_runs = 1;
	cr_wait_order();
	_exit(0);
}

/* A child that isn't a thread and has the same memory; both are in the tree. */
static void same_memory(int flags)
{
	char *stack = cr_mmap(NULL, 64 * PAGE, RW, 0);
	int status;
	pid_t pid;

	(void)cr_ordered();	/* copies the path */
	pid = clone(order_main, stack + 64 * PAGE, CLONE_VM | flags | SIGCHLD, NULL);
	cr_setup(pid >= 0, "clone");
	while (!thread_runs)
		cr_nap();
	cr_ready();
	cr_check(waitpid(pid, &status, 0) == pid && !status, "the child: status %#x: %m", status);
}

static void child_mm(void) { same_memory(0); }
static void child_sighand(void) { same_memory(CLONE_SIGHAND); }

static void shares_mm(void) { shares_memory(ready_main, 0); }
static void shares_sighand(void) { shares_memory(ready_main, CLONE_SIGHAND); }
static void vfork_child(void) { shares_memory(ready_main, CLONE_VFORK); }

/* The other side of vfork(): the parent is the target, and can't be stopped. */
static int parent_ready_main(void *arg CR_UNUSED)
{
	cr_say("READY %d", getppid());
	cr_wait_order();
	cr_pass();
}

static void vfork_parent(void) { shares_memory(parent_ready_main, CLONE_VFORK); }

/* A tracer that lies outside, the target being its child. */
static void traced_by_parent(bool breakpoint)
{
	pid_t pid = fork();
	int status;

	cr_setup(pid >= 0, "fork");
	if (!pid) {
		cr_setup(!raise(SIGSTOP), "raise");
		cr_ready();
		return;
	}
	cr_setup(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "waitpid");
	cr_setup(!ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE");
	if (breakpoint) {
		/* A watchpoint on a word that nothing touches outlives the tracer. */
		static long word;

		cr_setup(!ptrace(PTRACE_INTERRUPT, pid, 0, 0) && waitpid(pid, &status, 0) == pid, "stop");
		cr_setup(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &word), "DR0");
		cr_setup(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0x90001L), "DR7");
		cr_setup(!ptrace(PTRACE_DETACH, pid, 0, 0), "PTRACE_DETACH");
	}
	kill(pid, SIGCONT);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void traced(void) { traced_by_parent(false); }
static void breakpoint(void) { traced_by_parent(true); }

static void namespace(int flag)
{
	cr_setup(!unshare(flag), "unshare");
	cr_ready();
}

static void ns_uts(void) { namespace(CLONE_NEWUTS); }
static void ns_ipc(void) { namespace(CLONE_NEWIPC); }
static void ns_net(void) { namespace(CLONE_NEWNET); }
static void ns_mnt(void) { namespace(CLONE_NEWNS); }
static void ns_cgroup(void) { namespace(CLONE_NEWCGROUP); }
static void ns_pid_children(void) { namespace(CLONE_NEWPID); }
static void ns_time_children(void) { namespace(0x00000080 /* CLONE_NEWTIME */); }
static void ns_user(void) { namespace(CLONE_NEWUSER); }

/* In a namespace that is only entered by a child, who is the target. */
static void in_namespace(int flag)
{
	char outer[16] = { 0 };
	pid_t pid;

	cr_setup(!unshare(flag), "unshare");
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid)
		wait_for(pid);
	/* /proc is of the namespace outside, and so is the number there. */
	cr_setup(readlink("/proc/self", outer, sizeof(outer) - 1) > 0, "readlink");
	cr_say("READY %s", outer);
	cr_wait_order();
}

static void ns_pid(void) { in_namespace(CLONE_NEWPID); }
static void ns_time(void) { in_namespace(0x00000080 /* CLONE_NEWTIME */); }

static void timer_clock_outside(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct itimerspec it = { .it_value = { 600, 0 } };
	clockid_t clock;
	int timer = -1;

	cr_setup(!clock_getcpuclockid(getppid(), &clock), "clock_getcpuclockid");
	cr_setup(!syscall(SYS_timer_create, clock, &ev, &timer), "timer_create");
	cr_setup(!syscall(SYS_timer_settime, timer, 0, &it, NULL), "timer_settime");
	cr_ready();
	cr_check(!syscall(SYS_timer_gettime, timer, &it) && it.it_value.tv_sec > 500, "the timer: %m");
}

static void *say_tid(void *arg)
{
	*(pid_t *)arg = gettid();
	/* Longer than its timer takes to be made. */
	sleep(1);
	return NULL;
}

static void timer_thread_ended(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	volatile pid_t tid = 0;
	pthread_t t;
	int timer;

	cr_setup(!pthread_create(&t, NULL, say_tid, (void *)&tid), "pthread_create");
	while (!tid)
		cr_nap();
	ev._sigev_un._tid = tid;
	cr_setup(!syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timer), "timer_create");
	cr_setup(!pthread_join(t, NULL), "pthread_join");
	cr_ready();
}

static void aio(void)
{
	aio_context_t ctx = 0;

	cr_setup(!syscall(SYS_io_setup, 4, &ctx), "io_setup");
	cr_ready();
	cr_check(!syscall(SYS_io_destroy, ctx), "io_destroy: %m");
}

/* The descriptor is closed: only the context of the task is left. */
static void perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	cr_setup(fd >= 0, "perf_event_open");
	cr_ready();
	close(fd);
}

static void io_uring(void)
{
	struct io_uring_params p = { 0 };
	int fd = syscall(SYS_io_uring_setup, 4, &p);

	cr_setup(fd >= 0, "io_uring_setup");
	/* Only one that was entered belongs to the task. */
	cr_setup(!syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0), "io_uring_enter");
	cr_ready();
}

static void seccomp_filter(void)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { 1, allow };

	cr_setup(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	cr_setup(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog), "seccomp");
	cr_ready();
	cr_check(prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER, "the filter is gone");
}

static void landlock(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR };
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	cr_setup(fd >= 0, "landlock_create_ruleset");
	cr_setup(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	cr_setup(!syscall(SYS_landlock_restrict_self, fd, 0), "landlock_restrict_self");
	close(fd);
	cr_ready();
}

static void keyring(void)
{
	cr_setup(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0, "keyctl");
	cr_ready();
}

static void keyring_process(void)
{
	cr_setup(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) > 0, "keyctl");
	cr_ready();
}


static void mempolicy(void)
{
	unsigned long node = 1;
	int mode = -1;

	cr_setup(!syscall(SYS_set_mempolicy, MPOL_BIND, &node, 64), "set_mempolicy");
	cr_ready();
	cr_check(!syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) && mode == MPOL_BIND, "mode %d", mode);
}

static void ldt(void)
{
	struct user_desc d = { .entry_number = 0, .limit = 0xfff, .seg_32bit = 1, .useable = 1 };

	cr_setup(!syscall(SYS_modify_ldt, 1, &d, sizeof(d)), "modify_ldt");
	cr_ready();
}

static void iopl_level(void)
{
	cr_setup(!iopl(3), "iopl");
	cr_ready();
}

static void ioperm_ports(void)
{
	cr_setup(!ioperm(0x80, 1, 1), "ioperm");
	cr_ready();
}

static void sem_undo(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int id = semget(IPC_PRIVATE, 1, 0600);

	cr_setup(id >= 0 && !semop(id, &up, 1), "semop");
	cr_ready();
	cr_check(!semctl(id, 0, IPC_RMID), "semctl: %m");
}

/* The target holds a lock that its parent, outside, waits for. */
static void pi_futex(void)
{
	volatile uint32_t *word = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	cr_setup(word != MAP_FAILED, "mmap");
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid) {
		while (!*word)
			cr_nap();
		cr_check(!syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), "FUTEX_LOCK_PI: %m");
		wait_for(pid);
	}
	cr_setup(!syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), "FUTEX_LOCK_PI");
	while (!(*word & FUTEX_WAITERS))
		cr_nap();
	/* The bit is set just before the owner has a state. */
	cr_nap();
	cr_ready();
	cr_check(*word == (FUTEX_WAITERS | (uint32_t)gettid()), "the futex is %#x", *word);
	cr_check(!syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), "FUTEX_UNLOCK_PI: %m");
}

/* Calls of the 32-bit table by 64-bit code, and memory that they can reach. */
enum { NR32_NANOSLEEP = 162, NR32_POLL = 168, NR32_SET_ROBUST_LIST = 311 };

static int call32(int nr, unsigned long a, unsigned long b, unsigned long c)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a" (ret) : "a" (nr), "b" (a), "c" (b), "d" (c)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static uint32_t *low_memory(void)
{
	uint32_t *p = cr_mmap(NULL, PAGE, RW, MAP_32BIT);

	return p;
}

static void on_usr1(int sig CR_UNUSED)
{
}

static void call_32bit(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	uint32_t *time = low_memory();
	int ret;

	cr_setup(!sigaction(SIGUSR1, &sa, NULL), "sigaction");
	time[0] = 600;
	cr_say_ready();
	ret = call32(NR32_NANOSLEEP, (uintptr_t)time, (uintptr_t)(time + 2), 0);
	cr_check(ret == -EINTR && time[2] > 500 && time[2] < 600, "nanosleep gave %d, %u s left", ret, time[2]);
	cr_wait_order();
}

static void call_32bit_poll(void)
{
	struct pollfd *p = (struct pollfd *)low_memory();
	int ret;

	*p = (struct pollfd){ .fd = 0, .events = POLLIN };
	cr_say_ready();
	ret = call32(NR32_POLL, (uintptr_t)p, 1, -1);
	cr_check(ret == 1 && p->revents == POLLIN, "poll gave %d, %#x", ret, p->revents);
	cr_wait_order();
}

static void compat_robust_list(void)
{
	uint32_t *head = low_memory();
	int ret;

	/* An empty list: its head points at itself. */
	head[0] = (uintptr_t)head;
	ret = call32(NR32_SET_ROBUST_LIST, (uintptr_t)head, 3 * sizeof(*head), 0);
	errno = -ret;
	cr_setup(!ret, "set_robust_list");
	cr_ready();
}

static char dispatch_selector;

static void user_dispatch(void)
{
	cr_setup(!prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &dispatch_selector),
		 "PR_SET_SYSCALL_USER_DISPATCH");
	cr_ready();
}

static void tsc(void)
{
	cr_setup(!prctl(PR_SET_TSC, PR_TSC_SIGSEGV), "PR_SET_TSC");
	cr_say_ready();
	/* The vDSO's clock reads the TSC: naps through the system call only. */
	cr_wait_order();
}

static void mce_kill(void)
{
	cr_setup(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), "PR_MCE_KILL");
	cr_ready();
}

static void io_flusher(void)
{
	cr_setup(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0), "PR_SET_IO_FLUSHER");
	cr_ready();
}

/* Memory */

static void shared_file(int prot)
{
	int fd = cr_open(cr_make_file("data", PAGE, 1), O_RDWR);
	char *p = mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);

	cr_setup(p != MAP_FAILED, "mmap");
	close(fd);
	cr_ready();
	cr_check_fill(p, PAGE, 1);
}

static void shared_write(void) { shared_file(RW); }
/* Not writable now, but mprotect() may make it so. */
static void shared_may_write(void) { shared_file(PROT_READ); }

static void shm(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, 0600);
	char *p = shmat(id, NULL, 0);

	cr_setup(id >= 0 && p != (void *)-1, "shmat");
	cr_setup(!shmctl(id, IPC_RMID, NULL), "shmctl");
	cr_fill(p, PAGE, 1);
	cr_ready();
	cr_check_fill(p, PAGE, 1);
}

static void set_sysctl(const char *name, const char *val)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = cr_open(path, O_WRONLY);
	cr_setup(write(fd, val, strlen(val)) == (ssize_t)strlen(val), "write %s", path);
	close(fd);
}

/* Nobody is attached: the segment's life is that of its creator. */
static void shm_rmid(void)
{
	struct shmid_ds ds;
	int id;

	set_sysctl("kernel/shm_rmid_forced", "1");
	id = shmget(IPC_PRIVATE, PAGE, 0600);
	cr_setup(id >= 0, "shmget");
	cr_ready();
	cr_check(!shmctl(id, IPC_STAT, &ds), "the segment is gone: %m");
	cr_check(!shmctl(id, IPC_RMID, NULL), "shmctl: %m");
	set_sysctl("kernel/shm_rmid_forced", "0");
}

static void mempolicy_vma(void)
{
	unsigned long node = 1;
	char *p = cr_mmap(NULL, PAGE, RW, 0);
	int mode = -1;

	cr_setup(!syscall(SYS_mbind, p, PAGE, MPOL_BIND, &node, 64, 0), "mbind");
	cr_ready();
	cr_check(!syscall(SYS_get_mempolicy, &mode, NULL, 0, p, MPOL_F_ADDR) && mode == MPOL_BIND,
		 "mode %d", mode);
}

/* From here on the C library's clocks are no good. */
static void vdso_moved(void)
{
	size_t len;
	char *vdso = cr_mapping("[vdso]", &len), *to = cr_mmap(NULL, len, PROT_NONE, 0);

	cr_setup(mremap(vdso, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
	cr_ready();
}

static void vdso_partly(void)
{
	size_t len;
	char *vvar = cr_mapping("[vvar]", &len);

	cr_setup(!munmap(vvar, len), "munmap");
	cr_ready();
}

static void vdso_protected(void)
{
	size_t len;
	char *vdso = cr_mapping("[vdso]", &len);

	cr_setup(!mprotect(vdso, len, PROT_READ), "mprotect");
	cr_ready();
}

static void hugetlb(void)
{
	char *p;

	set_sysctl("vm/nr_hugepages", "4");
	p = mmap(NULL, 2UL << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	cr_setup(p != MAP_FAILED, "mmap");
	p[0] = 1;
	cr_ready();
	cr_check(p[0] == 1, "memory");
}

static void uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	cr_setup(fd >= 0 && !ioctl(fd, UFFDIO_API, &api), "userfaultfd");
	reg.range.start = (uintptr_t)cr_mmap(NULL, PAGE, RW, 0);
	reg.range.len = PAGE;
	cr_setup(!ioctl(fd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER");
	cr_ready();
}

static void sealed(void)
{
	char *p = cr_mmap(NULL, PAGE, RW, 0);

	cr_setup(!syscall(SYS_mseal, p, PAGE, 0), "mseal");
	cr_ready();
	cr_check(munmap(p, PAGE) == -1 && errno == EPERM, "it is no longer sealed");
}

static void droppable(void)
{
	char *p = mmap(NULL, PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);

	cr_setup(p != MAP_FAILED, "mmap");
	cr_ready();
}

/* Registers of some device on the bus. */
static void device_memory(void)
{
	char *p = MAP_FAILED;
	glob_t found;
	size_t i;
	int fd;

	cr_setup(!glob("/sys/bus/pci/devices/*/resource[0-5]", 0, NULL, &found), "glob");
	for (i = 0; i < found.gl_pathc && p == MAP_FAILED; i++) {
		fd = open(found.gl_pathv[i], O_RDWR);
		if (fd < 0)
			continue;
		p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
		close(fd);
	}
	cr_setup(p != MAP_FAILED, "mmap");
	cr_ready();
}

/* Files */

static void hold(int fd)
{
	cr_setup(fd >= 0, "descriptor");
	cr_ready();
	cr_check(fcntl(fd, F_GETFD) >= 0, "descriptor %d: %m", fd);
}

static void unlinked(void)
{
	char *path = cr_make_file("data", 100 * 8, 1);
	int fd = cr_open(path, O_RDONLY);

	cr_setup(!unlink(path), "unlink");
	hold(fd);
}

/* Become variant @then in a copy of this program. */
static void exec_copy(char *then)
{
	char self[256] = { 0 }, *copy = cr_path("copy"), *argv[] = { copy, then, NULL };
	static char buf[1 << 20];
	int in, out;
	ssize_t n;

	cr_setup(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "readlink");
	in = cr_open(self, O_RDONLY);
	out = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	cr_setup(out >= 0, "open %s", copy);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		cr_setup(write(out, buf, n) == n, "write");
	close(in);
	close(out);
	execv(copy, argv);
	cr_error("execv");
}

static void unlinked_exe(void) { exec_copy("idle"); }

/* What the copy of unlinked_exe() does. */
static void idle(void)
{
	cr_setup(!unlink(cr_path("copy")), "unlink");
	cr_ready();
}

static void trace_write(const char *file, const char *fmt, ...) CR_PRINTF(2, 3);

static void trace_write(const char *file, const char *fmt, ...)
{
	char text[512], path[128];
	va_list ap;
	int fd, len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	cr_setup(fd >= 0 && write(fd, text, len) == len, "%s", path);
	close(fd);
}

static void uprobe(void) { exec_copy("probed"); }

extern char __executable_start[];

/* What the copy of uprobe() does: nobody else runs it. */
static void probed(void)
{
	unsigned long at = (unsigned long)probed - (unsigned long)__executable_start;

	trace_write("uprobe_events", "p:cr_test/p%d %s:0x%lx\n", getpid(), cr_path("copy"), at);
	trace_write("events/cr_test/enable", "1");
	cr_ready();
	trace_write("events/cr_test/enable", "0");
	trace_write("uprobe_events", "-:cr_test/p%d\n", getpid());
}

static void unlinked_cwd(void)
{
	char *path = cr_path("gone");

	cr_setup(!mkdir(path, 0755) && !chdir(path) && !rmdir(path), "mkdir");
	cr_ready();
}

/* The target is a child; its parent, outside, keeps the other end. */
static void pipe_outside(void)
{
	int fd[2];
	pid_t pid;
	char c;

	cr_setup(!pipe(fd) && write(fd[1], "x", 1) == 1, "pipe");
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid) {
		close(fd[0]);
		wait_for(pid);
	}
	close(fd[1]);
	cr_ready();
	cr_check(read(fd[0], &c, 1) == 1 && c == 'x', "what was in it: %m");
}

/* The same of the end that is written to. */
static void pipe_outside_reader(void)
{
	int fd[2];
	pid_t pid;

	cr_setup(!pipe(fd), "pipe");
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid) {
		close(fd[1]);
		wait_for(pid);
	}
	close(fd[0]);
	cr_ready();
	cr_check(write(fd[1], "x", 1) == 1, "write: %m");
}

/* The target has both ends, and the parent has opened the FIFO for itself. */
static void fifo_outside(void)
{
	char *path = cr_path("fifo");
	int outside, fd;
	pid_t pid;

	cr_setup(!mkfifo(path, 0600), "mkfifo");
	outside = cr_open(path, O_RDWR);
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid)
		wait_for(pid);
	fd = cr_open(path, O_RDWR);
	close(outside);
	hold(fd);
}

static void fifo_unlinked(void)
{
	char *path = cr_path("fifo");
	int fd;

	cr_setup(!mkfifo(path, 0600), "mkfifo");
	fd = cr_open(path, O_RDWR);
	cr_setup(!unlink(path), "unlink");
	hold(fd);
}

/* What is watched is open in the parent only. */
static void epoll_outside(void)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 7 };
	int fd = eventfd(1, 0), ep = epoll_create1(0);
	pid_t pid;

	cr_setup(fd >= 0 && ep >= 0 && !epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), "EPOLL_CTL_ADD");
	pid = fork();
	cr_setup(pid >= 0, "fork");
	if (pid) {
		close(ep);
		wait_for(pid);
	}
	close(fd);
	cr_ready();
	cr_check(epoll_wait(ep, &e, 1, 0) == 1 && e.data.u64 == 7, "it isn't watched: %m");
}

/* As in linux/eventpoll.h, which the C library may have, too. */
struct busy_poll {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};

static void epoll_busy_poll(void)
{
	struct busy_poll params = { .usecs = 50 };
	int ep = epoll_create1(0);

	cr_setup(ep >= 0 && !ioctl(ep, _IOW(0x8a, 0x01, struct busy_poll), &params), "EPIOCSPARAMS");
	hold(ep);
}

/* Another one signals it: AIO, which is refused as well. */
static void eventfd_used(void)
{
	int end[2], fd = eventfd(3, 0);
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN }, *list[] = { &cb };
	aio_context_t ctx = 0;

	cr_setup(fd >= 0 && !pipe(end), "eventfd");
	cb.aio_fildes = end[0];
	cb.aio_flags = IOCB_FLAG_RESFD;
	cb.aio_resfd = fd;
	cr_setup(!syscall(SYS_io_setup, 4, &ctx), "io_setup");
	cr_setup(syscall(SYS_io_submit, ctx, 1, list) == 1, "io_submit");
	hold(fd);
}

static void memfd_hugetlb(void)
{
	hold(memfd_create("memfd", MFD_HUGETLB));
}

static void memfd_attributes(void)
{
	int fd = memfd_create("memfd", 0), flags = FS_NODUMP_FL;

	cr_setup(fd >= 0 && !ioctl(fd, FS_IOC_SETFLAGS, &flags), "FS_IOC_SETFLAGS");
	hold(fd);
}

/* The policy is the memory's: no mapping of it is left. */
static void memfd_mempolicy(void)
{
	int fd = memfd_create("memfd", 0);
	unsigned long node = 1;
	char *p;

	cr_setup(fd >= 0 && !ftruncate(fd, PAGE), "memfd_create");
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	cr_setup(p != MAP_FAILED, "mmap");
	cr_setup(!syscall(SYS_mbind, p, PAGE, MPOL_BIND, &node, 64, 0), "mbind");
	cr_setup(!munmap(p, PAGE), "munmap");
	hold(fd);
}

static void socket_unix(void)
{
	int fd[2];

	cr_setup(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "socketpair");
	hold(fd[0]);
}

static void socket_tcp(void) { hold(socket(AF_INET, SOCK_STREAM, 0)); }
static void timer_fd(void) { hold(timerfd_create(CLOCK_MONOTONIC, 0)); }
static void inotify(void) { hold(inotify_init()); }
static void proc_file(void) { hold(cr_open("/proc/self/status", O_RDONLY)); }
static void kmsg(void) { hold(cr_open("/dev/kmsg", O_RDONLY)); }
static void ptmx(void) { hold(cr_open("/dev/ptmx", O_RDWR)); }

static void pid_fd(void) { hold(syscall(SYS_pidfd_open, getpid(), 0)); }

static void signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	hold(signalfd(-1, &set, 0));
}

static void lease(void)
{
	int fd = cr_open(cr_make_file("data", 800, 1), O_RDONLY);

	cr_setup(!fcntl(fd, F_SETLEASE, F_RDLCK), "F_SETLEASE");
	hold(fd);
}

static void dnotify(void)
{
	int fd = cr_open(cr_env("CR_DIR"), O_RDONLY | O_DIRECTORY);

	cr_setup(!fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT), "F_NOTIFY");
	/* The default is SIGIO, which ends it. */
	cr_setup(!fcntl(fd, F_SETSIG, SIGCHLD), "F_SETSIG");
	hold(fd);
}

static void tmpfile_fd(void)
{
	int fd = open(cr_env("CR_DIR"), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	cr_setup(fd >= 0 && write(fd, "data", 4) == 4, "O_TMPFILE");
	hold(fd);
}

static void owner(void)
{
	int fd = cr_open(cr_make_file("data", 800, 1), O_RDONLY);

	cr_setup(!fcntl(fd, F_SETOWN, getpid()), "F_SETOWN");
	hold(fd);
}

/* A file system that the caller can't reach by any path. */
static void detached_mount(void)
{
	char *dir = cr_path("mnt"), *path = cr_path("mnt/data");
	int fd;

	cr_setup(!mkdir(dir, 0755) && !mount("tmpfs", dir, "tmpfs", 0, NULL), "mount");
	fd = cr_open(path, O_RDWR | O_CREAT);
	cr_setup(!umount2(dir, MNT_DETACH), "umount2");
	hold(fd);
}

/* Several at once: a dry run names them all. */
static void several(void)
{
	cr_setup(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0), "PR_SET_IO_FLUSHER");
	cr_setup(timerfd_create(CLOCK_MONOTONIC, 0) >= 0, "timerfd_create");
	signal_fd();
}

static const struct cr_variant variants[] = {
	{ "thread-files", thread_files }, { "thread-fs", thread_fs }, { "thread-sysvsem", thread_sysvsem },
	{ "child-mm", child_mm }, { "child-sighand", child_sighand },
	{ "shares-files", shares_files }, { "shares-fs", shares_fs }, { "shares-mm", shares_mm },
	{ "shares-sighand", shares_sighand }, { "vfork", vfork_child }, { "vfork-parent", vfork_parent },
	{ "traced", traced }, { "breakpoint", breakpoint },
	{ "ns-uts", ns_uts }, { "ns-ipc", ns_ipc }, { "ns-net", ns_net }, { "ns-mnt", ns_mnt },
	{ "ns-cgroup", ns_cgroup }, { "ns-pid-children", ns_pid_children },
	{ "ns-time-children", ns_time_children }, { "ns-user", ns_user },
	{ "ns-pid", ns_pid }, { "ns-time", ns_time },
	{ "timer-clock-outside", timer_clock_outside },
	{ "timer-thread-ended", timer_thread_ended }, { "aio", aio }, { "perf", perf }, { "io-uring", io_uring },
	{ "seccomp", seccomp_filter }, { "landlock", landlock }, { "keyring", keyring },
	{ "keyring-process", keyring_process },
	{ "mempolicy", mempolicy }, { "mempolicy-vma", mempolicy_vma },
	{ "pi-futex", pi_futex }, { "call-32bit", call_32bit }, { "call-32bit-poll", call_32bit_poll },
	{ "compat-robust-list", compat_robust_list },
	{ "ldt", ldt }, { "iopl", iopl_level },
	{ "ioperm", ioperm_ports }, { "sem-undo", sem_undo }, { "user-dispatch", user_dispatch },
	{ "tsc", tsc }, { "mce-kill", mce_kill }, { "io-flusher", io_flusher },
	{ "shared-write", shared_write },
	{ "shared-may-write", shared_may_write }, { "shm", shm }, { "hugetlb", hugetlb },
	{ "shm-rmid", shm_rmid }, { "vdso-moved", vdso_moved }, { "vdso-partly", vdso_partly },
	{ "vdso-protected", vdso_protected },
	{ "uffd", uffd }, { "sealed", sealed }, { "droppable", droppable },
	{ "device-memory", device_memory },
	{ "unlinked", unlinked }, { "unlinked-exe", unlinked_exe }, { "idle", idle },
	{ "unlinked-cwd", unlinked_cwd }, { "fifo", fifo_outside }, { "fifo-unlinked", fifo_unlinked },
	{ "pipe", pipe_outside }, { "pipe-reader", pipe_outside_reader },
	{ "socket-unix", socket_unix }, { "socket-tcp", socket_tcp }, { "eventfd-used", eventfd_used },
	{ "timerfd", timer_fd }, { "signalfd", signal_fd }, { "epoll-outside", epoll_outside },
	{ "epoll-busy-poll", epoll_busy_poll }, { "memfd-hugetlb", memfd_hugetlb },
	{ "memfd-attributes", memfd_attributes }, { "memfd-mempolicy", memfd_mempolicy },
	{ "inotify", inotify }, { "pidfd", pid_fd }, { "proc-file", proc_file },
	{ "kmsg", kmsg }, { "ptmx", ptmx }, { "lease", lease }, { "owner", owner },
	{ "dnotify", dnotify }, { "tmpfile", tmpfile_fd }, { "uprobe", uprobe }, { "probed", probed },
	{ "detached-mount", detached_mount }, { "several", several },
};

CR_VARIANTS(variants)
