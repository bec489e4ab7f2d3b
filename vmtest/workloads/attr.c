// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of a task: each variant sets one and reads it back. */
#include <elf.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "cr_test.h"

/* Newer than some C libraries' headers. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE			65
#define PR_GET_MDWE			66
#define PR_MDWE_REFUSE_EXEC_GAIN	1
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_NO_INHERIT		2
#endif

#define NR_LIMITS	16

/* Lower than what was, each in a way of its own; only what is harmless. */
static void limits(void)
{
	static const int res[] = {
		RLIMIT_CORE, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_MEMLOCK,
		RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME,
		RLIMIT_LOCKS, RLIMIT_RSS, RLIMIT_DATA, RLIMIT_AS, RLIMIT_STACK,
	};
	struct rlimit want[NR_LIMITS], have;
	size_t i;

	for (i = 0; i < CR_ARRAY_SIZE(res); i++) {
		rlim_t soft = 0, hard = 0;

		switch (res[i]) {
		case RLIMIT_NOFILE:
			soft = 200, hard = 300;
			break;
		case RLIMIT_NICE:
		case RLIMIT_RTPRIO:
			soft = 0, hard = 0;
			break;
		default:
			soft = (1UL << 32) + i * 4096;
			hard = soft + 8192;
		}
		cr_setup(!getrlimit(res[i], &have), "getrlimit");
		want[i] = (struct rlimit){ soft, hard };
		if (have.rlim_max < hard)
			want[i] = (struct rlimit){ have.rlim_max / 2, have.rlim_max - 1 };
		cr_setup(!setrlimit(res[i], &want[i]), "setrlimit %d", res[i]);
	}
	cr_ready();
	for (i = 0; i < CR_ARRAY_SIZE(res); i++) {
		cr_check(!getrlimit(res[i], &have), "getrlimit %d: %m", res[i]);
		cr_check(have.rlim_cur == want[i].rlim_cur && have.rlim_max == want[i].rlim_max,
			 "limit %d: %lu, %lu, want %lu, %lu", res[i], have.rlim_cur,
			 have.rlim_max, want[i].rlim_cur, want[i].rlim_max);
	}
}

static void nice_val(int val)
{
	cr_setup(!setpriority(PRIO_PROCESS, 0, val), "setpriority");
	cr_ready();
	errno = 0;
	cr_check(getpriority(PRIO_PROCESS, 0) == val && !errno, "nice %d, want %d",
		 getpriority(PRIO_PROCESS, 0), val);
}

static void nice_up(void) { nice_val(7); }
static void nice_down(void) { nice_val(-5); }

static void umask_val(void)
{
	mode_t now;

	umask(0137);
	cr_ready();
	now = umask(0);
	cr_check(now == 0137, "umask %#o", now);
}

static void cwd(void)
{
	char *dir = cr_path("sub dir"), have[256];

	cr_setup(!mkdir(dir, 0755) && !chdir(dir), "mkdir %s", dir);
	cr_ready();
	cr_check(getcwd(have, sizeof(have)) && !strcmp(have, dir), "cwd %s, want %s", have, dir);
	cr_check(!chdir("..") && !access("sub dir", F_OK), "..: %m");
	/* Both the original and the copy come here. */
	cr_check(!mkdir("made", 0755) || errno == EEXIST, "mkdir: %m");
}

static void chroot_dir(void)
{
	char have[256];
	struct stat st;

	/* The order is found below the new root. */
	cr_setup(!chroot(cr_env("CR_DIR")) && !chdir("/"), "chroot");
	strcpy(cr_order_path, "/order");
	cr_say_ready();
	cr_wait_order();
	cr_check(getcwd(have, sizeof(have)) && !strcmp(have, "/"), "cwd %s", have);
	cr_check(stat("/proc", &st) == -1 && errno == ENOENT, "not in the new root");
}

static void personality_val(void)
{
	int have;

	cr_setup(personality(ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS | SHORT_INODE) != -1, "personality");
	cr_ready();
	have = personality(0xffffffff);
	cr_check(have == (ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS | SHORT_INODE), "personality %#x", have);
}

/* The execution domain is part of it: uname() gives another machine. */
static void linux32(void)
{
	struct utsname u;

	cr_setup(personality(PER_LINUX32) != -1, "personality");
	cr_ready();
	cr_check(personality(0xffffffff) == PER_LINUX32, "personality %#x", personality(0xffffffff));
	cr_check(!uname(&u) && !strcmp(u.machine, "i686"), "machine %s", u.machine);
}

static void comm(void)
{
	char have[17] = { 0 };

	cr_setup(!prctl(PR_SET_NAME, "a) R 1 (\nname"), "PR_SET_NAME");
	cr_ready();
	cr_check(!prctl(PR_GET_NAME, have) && !strcmp(have, "a) R 1 (\nname"), "name '%s'", have);
}

static void timerslack(void)
{
	cr_setup(!prctl(PR_SET_TIMERSLACK, 1234567), "PR_SET_TIMERSLACK");
	cr_ready();
	cr_check(prctl(PR_GET_TIMERSLACK) == 1234567, "slack %d", prctl(PR_GET_TIMERSLACK));
	/* 0 is back to the default, which is a value of its own. */
	cr_check(!prctl(PR_SET_TIMERSLACK, 0) && prctl(PR_GET_TIMERSLACK) == 50000, "default slack %d",
		 prctl(PR_GET_TIMERSLACK));
}

static void pdeath(void)
{
	int have = 0;

	/* It fires when the restarter ends: a signal that does nothing. */
	cr_setup(!prctl(PR_SET_PDEATHSIG, SIGWINCH), "PR_SET_PDEATHSIG");
	cr_ready();
	cr_check(!prctl(PR_GET_PDEATHSIG, &have) && have == SIGWINCH, "signal %d", have);
}

static void dumpable(int val)
{
	cr_setup(!prctl(PR_SET_DUMPABLE, val), "PR_SET_DUMPABLE");
	cr_ready();
	cr_check(prctl(PR_GET_DUMPABLE) == val, "dumpable %d", prctl(PR_GET_DUMPABLE));
}

static void dumpable_no(void) { dumpable(0); }

static void write_proc(const char *name, const char *val)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = cr_open(path, O_WRONLY);
	cr_setup(write(fd, val, strlen(val)) == (ssize_t)strlen(val), "write %s", path);
	close(fd);
}

static void check_proc(const char *name, const char *want)
{
	char path[64], have[64] = { 0 };
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDONLY);
	cr_check(fd >= 0 && read(fd, have, sizeof(have) - 1) > 0, "read %s: %m", path);
	close(fd);
	have[strcspn(have, "\n")] = 0;
	cr_check(!strcmp(have, want), "%s is %s, want %s", name, have, want);
}

static void oom(void)
{
	write_proc("oom_score_adj", "321");
	cr_ready();
	check_proc("oom_score_adj", "321");
}

static void oom_low(void)
{
	write_proc("oom_score_adj", "-500");
	cr_ready();
	check_proc("oom_score_adj", "-500");
}

static void coredump_filter(void)
{
	write_proc("coredump_filter", "0x11");
	cr_ready();
	check_proc("coredump_filter", "00000011");
}

static void no_new_privs(void)
{
	cr_setup(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	cr_ready();
	cr_check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs is lost");
}

static void thp_disable(void)
{
	cr_setup(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), "PR_SET_THP_DISABLE");
	cr_ready();
	cr_check(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1, "PR_SET_THP_DISABLE is lost");
}

/* In the copy, too, nothing may become executable any more. */
static void mdwe(void)
{
	void *p = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);

	cr_setup(!prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0), "PR_SET_MDWE");
	cr_ready();
	cr_check(prctl(PR_GET_MDWE, 0, 0, 0, 0) == PR_MDWE_REFUSE_EXEC_GAIN, "MDWE is lost");
	cr_check(mprotect(p, 4096, PROT_READ | PROT_EXEC) == -1 && errno == EACCES, "mprotect: %m");
}

/* It holds for the program, and not for its children. */
static void mdwe_no_inherit(void)
{
	int want = PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT, status;
	pid_t pid;

	cr_setup(!prctl(PR_SET_MDWE, want, 0, 0, 0), "PR_SET_MDWE");
	cr_ready();
	cr_check(prctl(PR_GET_MDWE, 0, 0, 0, 0) == want, "MDWE %d", prctl(PR_GET_MDWE, 0, 0, 0, 0));
	pid = fork();
	if (!pid)
		_exit(prctl(PR_GET_MDWE, 0, 0, 0, 0));
	cr_check(waitpid(pid, &status, 0) == pid && !status, "a child has it: %#x", status);
}

/* A crash leaves a core as ever: a child's, which has the memory of this one. */
static void core_dump(void)
{
	struct rlimit lim = { RLIM_INFINITY, RLIM_INFINITY };
	Elf64_Ehdr eh;
	int status, fd;
	pid_t pid;

	cr_setup(!setrlimit(RLIMIT_CORE, &lim), "setrlimit");
	cr_ready();
	pid = fork();
	if (!pid)
		abort();
	cr_check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "waitpid: %#x", status);
	cr_check(WCOREDUMP(status), "no core was dumped");
	fd = open("core", O_RDONLY);
	cr_check(fd >= 0 && read(fd, &eh, sizeof(eh)) == sizeof(eh), "core: %m");
	cr_check(!memcmp(eh.e_ident, ELFMAG, SELFMAG) && eh.e_type == ET_CORE, "core is none");
	close(fd);
	cr_check(!unlink("core"), "unlink: %m");
}

static void pagemap(void)
{
	char *p = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);
	uint64_t entry = 0;
	int fd;

	*p = 1;
	cr_ready();
	*p = 2;
	fd = open("/proc/self/pagemap", O_RDONLY);
	cr_check(fd >= 0, "open pagemap: %m");
	cr_check(pread(fd, &entry, 8, (uintptr_t)p / 4096 * 8) == 8, "pagemap has no entry: %m");
	cr_check(entry >> 63, "the page isn't present: %#lx", (unsigned long)entry);
}

/* What is refused may begin afterwards. */
static void userfaultfd(void)
{
	char *p = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);
	struct uffdio_register reg = {
		.range = { (uintptr_t)p, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd;

	cr_ready();
	fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	cr_check(fd >= 0 && !ioctl(fd, UFFDIO_API, &api), "userfaultfd: %m");
	cr_check(!ioctl(fd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER: %m");
}

static void session(void)
{
	pid_t pid = getpid();

	cr_setup(setsid() == pid, "setsid");
	cr_ready();
	cr_check(getsid(0) == getpid() && getpgrp() == getpid(), "session %d, group %d, pid %d",
		 getsid(0), getpgrp(), getpid());
}

static void group(void)
{
	cr_setup(!setpgid(0, 0), "setpgid");
	cr_ready();
	cr_check(getpgrp() == getpid(), "group %d, pid %d", getpgrp(), getpid());
}

static void clear_tid(void)
{
	static int tid_word;
	int *have = NULL;

	cr_setup(syscall(SYS_set_tid_address, &tid_word) > 0, "set_tid_address");
	cr_setup(!prctl(PR_GET_TID_ADDRESS, &have, 0, 0, 0), "PR_GET_TID_ADDRESS");
	cr_ready();
	have = NULL;
	cr_check(!prctl(PR_GET_TID_ADDRESS, &have, 0, 0, 0) && have == &tid_word, "address %p, want %p",
		 (void *)have, (void *)&tid_word);
}

static void robust_list(void)
{
	static struct robust_list_head head = { .list = { &head.list } }, *have;
	size_t len = 0;

	cr_setup(!syscall(SYS_set_robust_list, &head, sizeof(head)), "set_robust_list");
	cr_ready();
	cr_check(!syscall(SYS_get_robust_list, 0, &have, &len), "get_robust_list: %m");
	cr_check(have == &head && len == sizeof(head), "list %p, %zu", (void *)have, len);
}

static void pid(void)
{
	pid_t pid = getpid(), tid = gettid();

	cr_ready();
	cr_check(getpid() == pid && gettid() == tid, "pid %d, tid %d, were %d, %d", getpid(), gettid(),
		 pid, tid);
}

static const struct cr_variant variants[] = {
	{ "rlimits", limits }, { "nice", nice_up }, { "nice-negative", nice_down },
	{ "umask", umask_val }, { "cwd", cwd }, { "chroot", chroot_dir },
	{ "personality", personality_val }, { "comm", comm }, { "timerslack", timerslack },
	{ "pdeath", pdeath }, { "dumpable", dumpable_no }, { "oom", oom }, { "oom-low", oom_low },
	{ "coredump-filter", coredump_filter }, { "no-new-privs", no_new_privs },
	{ "thp-disable", thp_disable }, { "mdwe", mdwe },
	{ "mdwe-no-inherit", mdwe_no_inherit }, { "personality-linux32", linux32 },
	{ "core-dump", core_dump }, { "pagemap", pagemap }, { "userfaultfd", userfaultfd },
	{ "session", session }, { "group", group },
	{ "clear-tid", clear_tid }, { "robust-list", robust_list }, { "pid", pid },
};

CR_VARIANTS(variants)
