/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Checkpoint/restart: the layout of an image.
 *
 * Record names, type numbers and the two magics are those of
 * "Kernel based checkpoint/restart", [RFC v5].
 *
 * Copyright (C) 2008 Oren Laadan
 */
#ifndef _UAPI_LINUX_CHECKPOINT_HDR_H
#define _UAPI_LINUX_CHECKPOINT_HDR_H

#include <linux/types.h>

/**
 * DOC: image
 *
 * An image is one stream of records, little-endian, that is written and read
 * without seeking::
 *
 *	HEAD  HEAD_ARCH  TREE
 *						then of each task, as in TREE, what
 *						has not been written yet:
 *	{ PIPE [FNAME] { PIPE_BUF }* }*		each before its ends
 *	{ SHMEM [STRING] }*			each before its files
 *	{ FD_DATA FNAME [EVENTFD] }*		open files, each before its users
 *	FS FNAME FNAME				working and root directory
 *	SIGHAND  CRED
 *	RLIMITS  ITIMERS  [POSIX_TIMERS]	of a process, not of its threads
 *	MM  AUXV  MM_CONTEXT  { VMA [STRING] }*
 *	FILES  { FD_ENT }*  { FLOCK }*
 *	[SCHED]					of a task that has not the default
 *	TASK  SIGMASK  { SIGINFO }*  [RESTART_BLOCK]  THREAD  CPU  XSTATE
 *						of a zombie just
 *	CRED  ZOMBIE
 *						after the records of all tasks
 *	{ EPOLL }*
 *	{ { PGSHARE }* { PGARR page-data }* }*	those of one parent together
 *	TAIL
 *
 * Each record is a struct cr_hdr and cr_hdr.len bytes of payload. A payload
 * starts and ends on a multiple of 8 bytes, has no implicit padding, and what
 * is reserved in it is zero. Objects that several tasks can share carry a
 * number, their objref, which counts from 1 in the order of the stream; 0 is
 * "none".
 *
 * A PGARR is followed by page data. Its payload is padded with zeros so that
 * the data starts at a multiple of the page size, counted from the start of
 * the stream.
 *
 * Any change here is a change of the format: it needs another CR_VERSION, or
 * a feature bit that older kernels refuse.
 */

#define CHECKPOINT_MAGIC_HEAD	0x00feed0cc0a2d200ULL
#define CHECKPOINT_MAGIC_TAIL	0x002d2a0cc0deef00ULL

/* Revision of the format; v5 of the thread ended at 2. */
#define CR_VERSION		3

/**
 * struct cr_hdr - what every record begins with
 * @type: CR_HDR_*
 * @len: bytes of payload, a multiple of 8
 * @parent: objref of the object that the record belongs to, 0 for none
 * @csum: CRC-32C of this header with @csum being 0, and of the payload
 */
struct cr_hdr {
	__u32 type;
	__u32 len;
	__u32 parent;
	__u32 csum;
};

/* Largest payload of any record. */
#define CR_HDR_LEN_MAX		(1U << 20)

/* Values of cr_hdr.type. A number is never used again. */
enum cr_hdr_type {
	CR_HDR_HEAD = 1,		/* what made the image, and how to read it */
	CR_HDR_STRING = 2,		/* a name */
	CR_HDR_FNAME = 3,		/* a path, or what stands for one */
	CR_HDR_HEAD_ARCH = 4,		/* the same, of the architecture */
	CR_HDR_TREE = 5,		/* who is related to whom */

	CR_HDR_TASK = 101,		/* what a task is and what it refers to */
	CR_HDR_THREAD = 102,		/* thread-local descriptors */
	CR_HDR_CPU = 103,		/* general registers */
	CR_HDR_XSTATE = 104,		/* FPU and vector registers, PKRU */
	CR_HDR_RESTART_BLOCK = 105,	/* how an interrupted call goes on */
	CR_HDR_CRED = 106,		/* ids, groups, capabilities, securebits */
	CR_HDR_RLIMITS = 107,		/* resource limits */
	CR_HDR_ITIMERS = 108,		/* interval timers */
	CR_HDR_ZOMBIE = 109,		/* a process that nobody has waited for */
	CR_HDR_POSIX_TIMERS = 110,	/* timers of timer_create(2) */
	CR_HDR_SCHED = 111,		/* scheduling, I/O priority, CPU affinity */

	CR_HDR_MM = 201,		/* an address space */
	CR_HDR_VMA = 202,		/* a mapping */
	CR_HDR_PGARR = 203,		/* where pages go; their data follows */
	CR_HDR_MM_CONTEXT = 204,	/* vDSO and protection keys */
	CR_HDR_AUXV = 205,		/* auxiliary vector */
	CR_HDR_PGSHARE = 206,		/* pages that another address space has */

	CR_HDR_FILES = 301,		/* a descriptor table */
	CR_HDR_FD_ENT = 302,		/* a descriptor */
	CR_HDR_FD_DATA = 303,		/* an open file */
	CR_HDR_FLOCK = 304,		/* a lock on a file */
	CR_HDR_PIPE = 305,		/* a pipe or FIFO */
	CR_HDR_PIPE_BUF = 306,		/* what is in it */
	CR_HDR_EVENTFD = 307,		/* state of an eventfd */
	CR_HDR_EPOLL = 308,		/* what an epoll instance watches */
	CR_HDR_SHMEM = 309,		/* shared memory without a path */

	CR_HDR_FS = 451,		/* umask, working and root directory */

	CR_HDR_SIGHAND = 601,		/* what signals do */
	CR_HDR_SIGMASK = 602,		/* blocked signals, alternate stack */
	CR_HDR_SIGINFO = 603,		/* a pending signal */

	CR_HDR_TAIL = 5001,		/* the image is complete */
	CR_HDR_ERROR = 9999,		/* the checkpoint failed, and why */
};

/* Values of cr_hdr_head.record_csum and .page_csum. */
#define CR_CSUM_NONE		0	/* no checksum */
#define CR_CSUM_CRC32C		1	/* CRC-32C, of records */
#define CR_CSUM_XXH64		2	/* xxh64 with seed 0, of page data */

/* Values of cr_hdr_head.arch: ELF machine numbers. */
#define CR_ARCH_X86_64		62	/* EM_X86_64 */

/* Bits of cr_hdr_head.required: none yet, an unknown one is refused. */
#define CR_FEATURES_REQUIRED	0ULL

/**
 * struct cr_hdr_head - payload of CR_HDR_HEAD, the first record
 * @magic: CHECKPOINT_MAGIC_HEAD
 * @version: CR_VERSION
 * @arch: CR_ARCH_*
 * @page_size: bytes of a page
 * @record_csum: CR_CSUM_CRC32C
 * @page_csum: CR_CSUM_XXH64 or CR_CSUM_NONE
 * @nr_tasks: tasks in the image, threads included
 * @required: features a reader must know
 * @optional: features a reader may ignore
 * @flags: flags of the checkpoint(2) that made the image
 * @real_ns: CLOCK_REALTIME at the snapshot
 * @mono_ns: CLOCK_MONOTONIC of the target's time namespace at the snapshot
 * @boot_ns: CLOCK_BOOTTIME of the target's time namespace at the snapshot
 * @image_id: random name of the image
 * @parent_id: name of the parent image, zeros for none
 * @boot_id: random name of the kernel's boot
 * @release: utsname, counted from the start, zero padded, like the next two
 * @version_str: utsname
 * @machine: utsname
 */
struct cr_hdr_head {
	__u64 magic;
	__u32 version;
	__u32 arch;
	__u32 page_size;
	__u32 record_csum;
	__u32 page_csum;
	__u32 nr_tasks;
	__u64 required;
	__u64 optional;
	__u64 flags;
	__u64 real_ns;
	__u64 mono_ns;
	__u64 boot_ns;
	__u8 image_id[16];
	__u8 parent_id[16];
	__u8 boot_id[16];
	__u8 release[72];
	__u8 version_str[72];
	__u8 machine[72];
};

/**
 * struct cr_hdr_string - payload of CR_HDR_STRING and CR_HDR_FNAME
 * @len: bytes of @data that count, no NUL among them; at most CR_STRING_MAX
 * @what: CR_STRING_*
 * @data: the string, padded with zeros to a multiple of 8
 */
struct cr_hdr_string {
	__u32 len;
	__u32 what;
	__u8 data[];
};

#define CR_STRING_MAX		4095	/* most bytes in a string */

/* Values of cr_hdr_string.what. */
#define CR_STRING_FILE		1	/* FNAME: path of an open file, else its kind */
#define CR_STRING_CWD		2	/* FNAME: working directory */
#define CR_STRING_ROOT		3	/* FNAME: root directory */
#define CR_STRING_VMA_NAME	4	/* STRING: PR_SET_VMA_ANON_NAME */
#define CR_STRING_MEMFD		5	/* STRING: name of a memfd */

/**
 * struct cr_hdr_head_x86 - payload of CR_HDR_HEAD_ARCH on x86
 * @xfeatures: user xfeatures that the CPU had enabled (XCR0)
 * @vdso_hash: xxh64 of the vDSO's text and data, notes left out
 * @vdso_size: bytes of the vDSO's mapping
 * @vvar_size: bytes of the vvar mapping that stands before it
 */
struct cr_hdr_head_x86 {
	__u64 xfeatures;
	__u64 vdso_hash;
	__u32 vdso_size;
	__u32 vvar_size;
};

/**
 * struct cr_tree_ent - one task of CR_HDR_TREE
 * @pid: thread id
 * @tgid: process id
 * @ppid: of a process, thread id of the task that is its parent; 0 for the root
 *	and for threads
 * @pgid: process group; 0 when it lies outside
 * @sid: session; 0 when it lies outside
 * @__reserved: 0
 *
 * Numbers are those of the pid namespace of the checkpoint's caller.
 */
struct cr_tree_ent {
	__s32 pid;
	__s32 tgid;
	__s32 ppid;
	__s32 pgid;
	__s32 sid;
	__u32 __reserved;
};

/**
 * struct cr_hdr_tree - payload of CR_HDR_TREE
 * @nr_tasks: entries at @ent
 * @__reserved: 0
 * @ent: the tasks, the root first, a process before its threads and both before
 *	their children
 */
struct cr_hdr_tree {
	__u32 nr_tasks;
	__u32 __reserved;
	struct cr_tree_ent ent[];
};

/* Bits of cr_hdr_task.flags. */
#define CR_TASK_F_STOPPED	0x1	/* in group stop */
#define CR_TASK_F_SELF		0x2	/* called checkpoint(2) for itself */
#define CR_TASK_F_NO_NEW_PRIVS	0x4	/* PR_SET_NO_NEW_PRIVS */
#define CR_TASK_F_SECCOMP	0x8	/* under filters that its restarter has to be under */
#define CR_TASK_F_FORKNOEXEC	0x10	/* has not called execve(2) since it was forked */
#define CR_TASK_F_CONTINUED	0x20	/* was continued, and its parent hasn't waited for that */
#define CR_TASK_F_CLD_STOPPED	0x40	/* its parent is to be told that it has stopped */
#define CR_TASK_F_CLD_CONTINUED	0x80	/* its parent is to be told that it goes on */
#define CR_TASK_F_SUBREAPER	0x100	/* PR_SET_CHILD_SUBREAPER */
#define CR_TASK_F_ALL		0x1ff

/**
 * struct cr_hdr_task - payload of CR_HDR_TASK
 * @pid: thread id, as in CR_HDR_TREE
 * @flags: CR_TASK_F_*
 * @exit_signal: signal to the parent at exit, 0 for none
 * @pdeath_signal: signal when the parent dies, 0 for none
 * @personality: as personality(2) returns it
 * @mm: objref of the address space
 * @files: objref of the descriptor table
 * @fs: objref of the working directory, root and umask
 * @sighand: objref of the signal handlers
 * @cred: objref of the credentials
 * @nice: -20 to 19
 * @oom_score_adj: -1000 to 1000
 * @oom_score_adj_min: -1000 to 1000
 * @stop_signal: what a process in group stop was stopped by, if its parent
 *	hasn't waited for that, else 0
 * @timer_slack_ns: slack of timeouts
 * @default_timer_slack_ns: what PR_SET_TIMERSLACK 0 returns to
 * @clear_child_tid: address cleared at exit
 * @robust_list: address of the robust futex list's head, 0 for none
 * @rseq: address of the restartable sequences area, 0 for none
 * @rseq_len: its length
 * @rseq_sig: its signature
 * @comm: name, zero padded, at most 15 bytes
 */
struct cr_hdr_task {
	__s32 pid;
	__u32 flags;
	__u32 exit_signal;
	__u32 pdeath_signal;
	__u32 personality;
	__u32 mm;
	__u32 files;
	__u32 fs;
	__u32 sighand;
	__u32 cred;
	__s32 nice;
	__s32 oom_score_adj;
	__s32 oom_score_adj_min;
	__u32 stop_signal;
	__u64 timer_slack_ns;
	__u64 default_timer_slack_ns;
	__u64 clear_child_tid;
	__u64 robust_list;
	__u64 rseq;
	__u32 rseq_len;
	__u32 rseq_sig;
	__u8 comm[16];
};

/**
 * struct cr_user_desc - a descriptor of set_thread_area(2)
 * @entry: index in the GDT
 * @base: first address
 * @limit: as in struct user_desc
 * @flags: the bit field of struct user_desc, from bit 0 up
 */
struct cr_user_desc {
	__u32 entry;
	__u32 base;
	__u32 limit;
	__u32 flags;
};

/**
 * struct cr_hdr_thread_x86 - payload of CR_HDR_THREAD on x86
 * @tls: the thread-local descriptors
 */
struct cr_hdr_thread_x86 {
	struct cr_user_desc tls[3];
};

/**
 * struct cr_hdr_cpu - payload of CR_HDR_CPU
 * @note: ELF note type of the register set: NT_PRSTATUS
 * @size: bytes of @data, a multiple of 8
 * @data: the registers as ptrace(PTRACE_GETREGSET) returns them
 */
struct cr_hdr_cpu {
	__u32 note;
	__u32 size;
	__u8 data[];
};

/**
 * struct cr_xcomp - where one XSAVE component is
 * @id: number of the state component, from 2 up
 * @offset: of its bytes in the XSAVE image
 * @size: of it in bytes
 * @__reserved: 0
 */
struct cr_xcomp {
	__u32 id;
	__u32 offset;
	__u32 size;
	__u32 __reserved;
};

#define CR_XCOMP_MAX		64	/* most components of an XSAVE image */

/**
 * struct cr_hdr_xstate - payload of CR_HDR_XSTATE
 * @xfeatures: components not in their initial state
 * @size: bytes of the XSAVE image, a multiple of 8
 * @nr_comp: entries at @comp, at most CR_XCOMP_MAX
 * @comp: the layout, ascending by number
 *
 * The XSAVE image in standard format follows @comp.
 */
struct cr_hdr_xstate {
	__u64 xfeatures;
	__u32 size;
	__u32 nr_comp;
	struct cr_xcomp comp[];
};

/* Values of cr_hdr_restart_block.kind. */
#define CR_RESTART_NANOSLEEP	1	/* nanosleep(2), clock_nanosleep(2) */
#define CR_RESTART_FUTEX	2	/* futex(2) that waits with a timeout */
#define CR_RESTART_POLL		3	/* poll(2) */

/* Bits of cr_hdr_restart_block.flags. */
#define CR_RESTART_F_TIMEOUT	0x1	/* remaining_ns is valid */
#define CR_RESTART_F_ALL	0x1

/**
 * struct cr_hdr_restart_block - payload of CR_HDR_RESTART_BLOCK
 * @kind: CR_RESTART_*
 * @flags: CR_RESTART_F_*
 * @remaining_ns: until the timeout, on the clock of the call
 * @clockid: NANOSLEEP: the clock
 * @val: FUTEX: the expected value; POLL: number of descriptors
 * @addr: NANOSLEEP: where the rest goes; FUTEX: the word; POLL: the descriptors
 * @bitset: FUTEX: as in FUTEX_WAIT_BITSET
 * @futex_flags: FUTEX: CR_FUTEX_*
 *
 * The call that was interrupted goes on for the time that remained.
 */
struct cr_hdr_restart_block {
	__u32 kind;
	__u32 flags;
	__s64 remaining_ns;
	__s32 clockid;
	__u32 val;
	__u64 addr;
	__u32 bitset;
	__u32 futex_flags;
};

/* Bits of cr_hdr_restart_block.futex_flags. */
#define CR_FUTEX_SHARED		0x1	/* without FUTEX_PRIVATE_FLAG */
#define CR_FUTEX_CLOCKRT	0x2	/* FUTEX_CLOCK_REALTIME */
#define CR_FUTEX_ALL		0x3

/**
 * struct cr_hdr_cred - payload of CR_HDR_CRED
 * @objref: number of the credentials
 * @uid: real user
 * @gid: real group
 * @suid: saved user
 * @sgid: saved group
 * @euid: effective user
 * @egid: effective group
 * @fsuid: user for files
 * @fsgid: group for files
 * @securebits: as PR_GET_SECUREBITS returns them
 * @cap_inheritable: a bit a capability, like the next
 * @cap_permitted: permitted set
 * @cap_effective: effective set
 * @cap_bset: bounding set
 * @cap_ambient: ambient set
 * @__reserved: 0
 * @nr_groups: entries at @groups, at most 65536
 * @groups: supplementary groups, ascending; padded with a 0 to an even number
 *
 * Ids are those of the user namespace that caller and target share.
 */
struct cr_hdr_cred {
	__u32 objref;
	__u32 uid;
	__u32 gid;
	__u32 suid;
	__u32 sgid;
	__u32 euid;
	__u32 egid;
	__u32 fsuid;
	__u32 fsgid;
	__u32 securebits;
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_bset;
	__u64 cap_ambient;
	__u32 __reserved;
	__u32 nr_groups;
	__u32 groups[];
};

/**
 * struct cr_rlimit - one limit
 * @cur: soft limit, ~0 for none
 * @max: hard limit, ~0 for none
 */
struct cr_rlimit {
	__u64 cur;
	__u64 max;
};

#define CR_NR_RLIMITS		16	/* limits of a process */

/**
 * struct cr_hdr_rlimits - payload of CR_HDR_RLIMITS
 * @lim: by the numbers of setrlimit(2)
 */
struct cr_hdr_rlimits {
	struct cr_rlimit lim[CR_NR_RLIMITS];
};

/**
 * struct cr_itimer - one interval timer
 * @value_ns: until it fires, 0 when it isn't armed
 * @interval_ns: period, 0 for none
 */
struct cr_itimer {
	__u64 value_ns;
	__u64 interval_ns;
};

/**
 * struct cr_hdr_itimers - payload of CR_HDR_ITIMERS
 * @timer: by the numbers of setitimer(2)
 */
struct cr_hdr_itimers {
	struct cr_itimer timer[3];
};

/* Bits of cr_posix_timer.flags. */
#define CR_POSIX_TIMER_F_ACTIVE	0x1	/* is armed */
#define CR_POSIX_TIMER_F_WALL	0x2	/* follows the setting of CLOCK_REALTIME */
#define CR_POSIX_TIMER_F_QUEUED	0x4	/* has fired, its signal is pending */
#define CR_POSIX_TIMER_F_ALL	0x7

/**
 * struct cr_posix_timer - one timer of timer_create(2)
 * @id: its id
 * @clockid: CLOCK_*, or that of a CPU clock as clock_getcpuclockid(3) has it
 * @clock_pid: task of the tree whose CPU clock it is, 0 for another clock
 * @notify: SIGEV_*
 * @signo: its signal
 * @tid: thread that gets it with SIGEV_THREAD_ID, otherwise 0
 * @flags: CR_POSIX_TIMER_F_*
 * @requeue: counts signals; odd while one of a timer with a period is to arm it
 * @value: sival_ptr of the signal
 * @interval_ns: period, 0 for none
 * @remaining_ns: until it fires, or would if its signal were taken now
 * @overrun: overruns of the next signal so far, -1 for none
 * @overrun_last: overruns of the last signal that was taken
 * @sig_overrun: si_overrun of the pending signal
 * @sig_requeue: @requeue at which it arms the timer, 0 for not at all
 *
 * A time is what remains on the clock.
 */
struct cr_posix_timer {
	__s32 id;
	__s32 clockid;
	__s32 clock_pid;
	__s32 notify;
	__s32 signo;
	__s32 tid;
	__u32 flags;
	__u32 requeue;
	__u64 value;
	__u64 interval_ns;
	__u64 remaining_ns;
	__s64 overrun;
	__s64 overrun_last;
	__s32 sig_overrun;
	__u32 sig_requeue;
};

/**
 * struct cr_hdr_posix_timers - payload of CR_HDR_POSIX_TIMERS
 * @nr_timers: how many there are
 * @next_id: id that the next one gets
 * @timer: timers, ids rising
 *
 * Left out where a process has never made one.
 */
struct cr_hdr_posix_timers {
	__u32 nr_timers;
	__u32 next_id;
	struct cr_posix_timer timer[];
};

/* Bits of cr_hdr_sched.flags. */
#define CR_SCHED_F_RESET_ON_FORK 0x1	/* its children have the default policy */
#define CR_SCHED_F_UTIL_MIN	0x2	/* asked for a least utilization */
#define CR_SCHED_F_UTIL_MAX	0x4	/* asked for a largest one */
#define CR_SCHED_F_RECLAIM	0x8	/* SCHED_FLAG_RECLAIM */
#define CR_SCHED_F_DL_OVERRUN	0x10	/* SCHED_FLAG_DL_OVERRUN */
#define CR_SCHED_F_ALL		0x1f

/**
 * struct cr_hdr_sched - payload of CR_HDR_SCHED
 * @policy: SCHED_*
 * @flags: CR_SCHED_F_*
 * @priority: of SCHED_FIFO and SCHED_RR, 1 to 99, otherwise 0
 * @ioprio: as ioprio_set(2) has it, 0 for none
 * @runtime: of SCHED_DEADLINE; of others, the time slice that was asked for
 * @deadline: of SCHED_DEADLINE
 * @period: of SCHED_DEADLINE
 * @util_min: least utilization, 0 to 1024
 * @util_max: largest utilization, 0 to 1024
 * @__reserved: 0
 * @nr_words: words at @cpus, 0 for all CPUs
 * @cpus: CPUs that it may run on, a bit each from the lowest up
 *
 * Times are in nanoseconds. The nice value is in TASK. Left out where all is
 * the default.
 */
struct cr_hdr_sched {
	__u32 policy;
	__u32 flags;
	__u32 priority;
	__u32 ioprio;
	__u64 runtime;
	__u64 deadline;
	__u64 period;
	__u32 util_min;
	__u32 util_max;
	__u32 __reserved;
	__u32 nr_words;
	__u64 cpus[];
};

/**
 * struct cr_usage - what was used, as getrusage(2) counts it
 * @utime_ns: time in user mode
 * @stime_ns: time in the kernel
 * @maxrss: most memory in use at a time, in KiB
 * @minflt: faults without I/O
 * @majflt: faults with I/O
 * @inblock: blocks read
 * @oublock: blocks written
 * @nvcsw: switches to another task, asked for
 * @nivcsw: switches to another task, not asked for
 */
struct cr_usage {
	__u64 utime_ns;
	__u64 stime_ns;
	__u64 maxrss;
	__u64 minflt;
	__u64 majflt;
	__u64 inblock;
	__u64 oublock;
	__u64 nvcsw;
	__u64 nivcsw;
};

/**
 * struct cr_hdr_zombie - payload of CR_HDR_ZOMBIE
 * @pid: process id, as in CR_HDR_TREE
 * @exit_signal: signal that its parent was sent, 0 for none
 * @status: as wait4(2) stores it
 * @cred: objref of the credentials
 * @self: what it used
 * @children: what those of its children used that it has waited for
 * @comm: name, zero padded, at most 15 bytes
 */
struct cr_hdr_zombie {
	__s32 pid;
	__u32 exit_signal;
	__u32 status;
	__u32 cred;
	struct cr_usage self;
	struct cr_usage children;
	__u8 comm[16];
};

/* Bits of cr_hdr_mm.flags. */
#define CR_MM_F_MDWE		0x1	/* PR_MDWE_REFUSE_EXEC_GAIN */
#define CR_MM_F_MDWE_NO_INHERIT	0x2	/* PR_MDWE_NO_INHERIT */
#define CR_MM_F_DISABLE_THP	0x4	/* PR_SET_THP_DISABLE */
#define CR_MM_F_DEF_LOCKED	0x8	/* mlockall(MCL_FUTURE) */
#define CR_MM_F_DEF_LOCKONFAULT	0x10	/* mlockall(MCL_FUTURE | MCL_ONFAULT) */
#define CR_MM_F_TOPDOWN		0x20	/* mappings are placed from the top down */
#define CR_MM_F_MERGE_ANY	0x40	/* PR_SET_MEMORY_MERGE */
#define CR_MM_F_BARRIER_GLOBAL	0x80	/* membarrier(2): GLOBAL_EXPEDITED */
#define CR_MM_F_BARRIER_PRIVATE	0x100	/* PRIVATE_EXPEDITED */
#define CR_MM_F_BARRIER_CORE	0x200	/* PRIVATE_EXPEDITED_SYNC_CORE */
#define CR_MM_F_BARRIER_RSEQ	0x400	/* PRIVATE_EXPEDITED_RSEQ */
#define CR_MM_F_BARRIER		0x780	/* any of these */
#define CR_MM_F_ALL		0x7ff

/**
 * struct cr_hdr_mm - payload of CR_HDR_MM
 * @objref: number of the address space
 * @flags: CR_MM_F_*
 * @nr_vmas: VMA records that follow
 * @exe: objref of the executed file, 0 for none
 * @dumpable: as PR_GET_DUMPABLE returns it
 * @dump_filter: as /proc/PID/coredump_filter shows it
 * @start_code: address of the program's code, as the next are
 * @end_code: its end
 * @start_data: initialised data
 * @end_data: its end
 * @start_brk: heap
 * @brk: its end
 * @start_stack: where the stack began
 * @arg_start: arguments
 * @arg_end: their end
 * @env_start: environment
 * @env_end: its end
 * @mmap_base: where mappings are placed from
 */
struct cr_hdr_mm {
	__u32 objref;
	__u32 flags;
	__u32 nr_vmas;
	__u32 exe;
	__u32 dumpable;
	__u32 dump_filter;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
	__u64 mmap_base;
};

/* Values of cr_hdr_vma.type. */
#define CR_VMA_ANON		1	/* private anonymous memory */
#define CR_VMA_FILE		2	/* a regular file */
#define CR_VMA_VDSO		3	/* code that the kernel provides */
#define CR_VMA_VVAR		4	/* its data, which lies below it */
#define CR_VMA_SHMEM		5	/* shared memory, mapped MAP_SHARED */

/* Bits of cr_hdr_vma.flags. */
#define CR_VMA_F_READ		0x1	/* PROT_READ */
#define CR_VMA_F_WRITE		0x2	/* PROT_WRITE */
#define CR_VMA_F_EXEC		0x4	/* PROT_EXEC */
#define CR_VMA_F_MAYSHARE	0x8	/* MAP_SHARED; of FILE: never writable */
#define CR_VMA_F_GROWSDOWN	0x10	/* MAP_GROWSDOWN */
#define CR_VMA_F_LOCKED		0x20	/* mlock(2) */
#define CR_VMA_F_LOCKONFAULT	0x40	/* MLOCK_ONFAULT; LOCKED is set, too */
#define CR_VMA_F_SEQ_READ	0x80	/* MADV_SEQUENTIAL */
#define CR_VMA_F_RAND_READ	0x100	/* MADV_RANDOM */
#define CR_VMA_F_DONTCOPY	0x200	/* MADV_DONTFORK */
#define CR_VMA_F_WIPEONFORK	0x400	/* MADV_WIPEONFORK */
#define CR_VMA_F_DONTDUMP	0x800	/* MADV_DONTDUMP */
#define CR_VMA_F_NORESERVE	0x1000	/* MAP_NORESERVE */
#define CR_VMA_F_HUGEPAGE	0x2000	/* MADV_HUGEPAGE */
#define CR_VMA_F_NOHUGEPAGE	0x4000	/* MADV_NOHUGEPAGE */
#define CR_VMA_F_MERGEABLE	0x8000	/* MADV_MERGEABLE */
#define CR_VMA_F_NAMED		0x10000	/* a STRING with its name follows */
#define CR_VMA_F_ACCOUNT	0x20000	/* counts against the commit limit */
#define CR_VMA_F_SEALED		0x40000	/* SHMEM: made when a seal denied writing */
#define CR_VMA_F_ALL		0x7ffff

/**
 * struct cr_hdr_vma - payload of CR_HDR_VMA
 * @start: first address
 * @end: address after the last
 * @flags: CR_VMA_F_*
 * @pgoff: offset in the file, in pages; for ANON where the mapping was made
 * @type: CR_VMA_*
 * @file: objref of the file for CR_VMA_FILE and CR_VMA_SHMEM, else 0
 * @pkey: memory protection key, 0 to 15
 * @__reserved: 0
 */
struct cr_hdr_vma {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 pgoff;
	__u32 type;
	__u32 file;
	__u32 pkey;
	__u32 __reserved;
};

/**
 * struct cr_pgrun - adjacent pages of a PGARR
 * @addr: of the first page, a multiple of the page size; of a SHMEM, its offset
 * @count: pages, 1 or more
 */
struct cr_pgrun {
	__u64 addr;
	__u64 count;
};

/* Most pages in one PGARR. */
#define CR_PGARR_MAX		1024

/**
 * struct cr_hdr_pgarr - payload of CR_HDR_PGARR; cr_hdr.parent: MM or SHMEM
 * @nr_pages: pages that follow the record, 1 to CR_PGARR_MAX
 * @nr_runs: entries at @run
 * @csum: xxh64 (seed 0) of the pages that follow, or 0
 * @run: where they go, ascending, no page twice in one parent
 */
struct cr_hdr_pgarr {
	__u32 nr_pages;
	__u32 nr_runs;
	__u64 csum;
	struct cr_pgrun run[];
};

/**
 * struct cr_share_run - consecutive pages that are another address space's
 * @addr: of the first page, a multiple of the page size
 * @from: of the same page in the other
 * @count: pages, 1 or more
 * @mm: objref of the other, which has them by a PGARR or PGSHARE before
 */
struct cr_share_run {
	__u64 addr;
	__u64 from;
	__u32 count;
	__u32 mm;
};

/* Most runs in one PGSHARE. */
#define CR_PGSHARE_MAX		1024

/**
 * struct cr_hdr_pgshare - payload of CR_HDR_PGSHARE; cr_hdr.parent: MM
 * @nr_runs: entries at @run, 1 to CR_PGSHARE_MAX
 * @near: objref of the parent process's MM, 0 for none
 * @run: the pages, ascending, none twice or in a PGARR of the same MM
 *
 * The two address spaces share a page until one of them writes to it.
 */
struct cr_hdr_pgshare {
	__u32 nr_runs;
	__u32 near;
	struct cr_share_run run[];
};

/**
 * struct cr_hdr_mm_context_x86 - payload of CR_HDR_MM_CONTEXT on x86
 * @vdso: address of the vDSO's image, 0 for none
 * @pkey_map: allocated protection keys, a bit a key
 * @execute_only_pkey: key of PROT_EXEC mappings, -1 for none
 */
struct cr_hdr_mm_context_x86 {
	__u64 vdso;
	__u32 pkey_map;
	__s32 execute_only_pkey;
};

#define CR_AUXV_MAX		64	/* most words in an auxiliary vector */

/**
 * struct cr_hdr_auxv - payload of CR_HDR_AUXV
 * @nr: entries at @val, at most CR_AUXV_MAX
 * @__reserved: 0
 * @val: the auxiliary vector, pairs of type and value
 */
struct cr_hdr_auxv {
	__u32 nr;
	__u32 __reserved;
	__u64 val[];
};

/**
 * struct cr_hdr_files - payload of CR_HDR_FILES
 * @objref: number of the descriptor table
 * @nfds: FD_ENT records that follow
 */
struct cr_hdr_files {
	__u32 objref;
	__u32 nfds;
};

/* Bits of cr_hdr_fd_ent.flags. */
#define CR_FD_F_CLOEXEC		0x1	/* FD_CLOEXEC */
#define CR_FD_F_ALL		0x1

/**
 * struct cr_hdr_fd_ent - payload of CR_HDR_FD_ENT
 * @objref: the open file
 * @fd: its number; ascending within a FILES
 * @flags: CR_FD_F_*
 * @__reserved: 0
 */
struct cr_hdr_fd_ent {
	__u32 objref;
	__s32 fd;
	__u32 flags;
	__u32 __reserved;
};

/* Values of cr_hdr_fd_data.type. 3 is reserved. */
#define CR_FD_FILE		1	/* regular file */
#define CR_FD_DIR		2	/* directory */
#define CR_FD_CHR		4	/* device without state, such as /dev/null */
#define CR_FD_OUTSIDE		5	/* the restarter supplies it */
#define CR_FD_IMAGE		6	/* was the image itself: becomes restart's image */
#define CR_FD_LOG		7	/* was the log: becomes restart's log */
#define CR_FD_PATH		8	/* opened with O_PATH */
#define CR_FD_PIPE		9	/* end of a pipe or FIFO */
#define CR_FD_EVENTFD		10	/* eventfd: an EVENTFD follows */
#define CR_FD_EPOLL		11	/* epoll instance: EPOLLs come after all files */
#define CR_FD_SHMEM		12	/* memfd, or file of an anonymous shared mapping */

/* Bits of cr_hdr_fd_data.advice. */
#define CR_FD_ADVICE_SEQUENTIAL	0x1	/* POSIX_FADV_SEQUENTIAL */
#define CR_FD_ADVICE_RANDOM	0x2	/* POSIX_FADV_RANDOM */
#define CR_FD_ADVICE_NOREUSE	0x4	/* POSIX_FADV_NOREUSE */
#define CR_FD_ADVICE_ALL	0x7

/* Bits of cr_hdr_fd_data.state. */
#define CR_FD_STATE_NO_WRITER_YET	0x1	/* PIPE: its reader has seen no writer */
#define CR_FD_STATE_WRITER	0x2	/* SHMEM: as long as it is open, it can't be executed */
#define CR_FD_STATE_ALL		0x3

/**
 * struct cr_hdr_fd_data - payload of CR_HDR_FD_DATA; an FNAME follows
 * @objref: number of the open file
 * @type: CR_FD_*
 * @f_flags: as F_GETFL returns them
 * @mode: st_mode of the file
 * @pos: offset
 * @size: st_size at the snapshot
 * @ino: st_ino
 * @dev_major: of the file system
 * @dev_minor: of the file system
 * @rdev_major: of a device node
 * @rdev_minor: of a device node
 * @mtime_sec: modification time, seconds
 * @mtime_nsec: and nanoseconds
 * @fd: lowest descriptor that refers to it, -1 for none
 * @advice: CR_FD_ADVICE_*, what posix_fadvise() said
 * @obj: objref of the PIPE of CR_FD_PIPE, the SHMEM of CR_FD_SHMEM, else 0
 * @state: CR_FD_STATE_*
 * @__reserved: 0
 */
struct cr_hdr_fd_data {
	__u32 objref;
	__u32 type;
	__u32 f_flags;
	__u32 mode;
	__u64 pos;
	__u64 size;
	__u64 ino;
	__u32 dev_major;
	__u32 dev_minor;
	__u32 rdev_major;
	__u32 rdev_minor;
	__s64 mtime_sec;
	__u32 mtime_nsec;
	__s32 fd;
	__u32 advice;
	__u32 obj;
	__u32 state;
	__u32 __reserved;
};

/* Bits of cr_hdr_eventfd.flags. */
#define CR_EVENTFD_F_SEMAPHORE	0x1	/* EFD_SEMAPHORE */
#define CR_EVENTFD_F_ALL	0x1

/**
 * struct cr_hdr_eventfd - payload of CR_HDR_EVENTFD; cr_hdr.parent is the file
 * @count: value of the counter
 * @flags: CR_EVENTFD_F_*
 * @__reserved: 0
 */
struct cr_hdr_eventfd {
	__u64 count;
	__u32 flags;
	__u32 __reserved;
};

/* Bits of cr_epoll_item.flags. */
#define CR_EPOLL_F_READY	0x1	/* it is going to be reported */
#define CR_EPOLL_F_ALL		0x1

/**
 * struct cr_epoll_item - what an epoll instance watches
 * @file: objref of the open file
 * @fd: descriptor by which it was entered
 * @events: EPOLL*
 * @flags: CR_EPOLL_F_*
 * @data: the user's data
 */
struct cr_epoll_item {
	__u32 file;
	__s32 fd;
	__u32 events;
	__u32 flags;
	__u64 data;
};

#define CR_EPOLL_MAX		4096	/* most items in one EPOLL */

/**
 * struct cr_hdr_epoll - payload of CR_HDR_EPOLL; cr_hdr.parent is the file
 * @nr_items: entries at @item, 1 to CR_EPOLL_MAX
 * @__reserved: 0
 * @item: the items; those that are ready come first, in their order
 *
 * An instance that watches more has several.
 */
struct cr_hdr_epoll {
	__u32 nr_items;
	__u32 __reserved;
	struct cr_epoll_item item[];
};

/* Bits of cr_hdr_shmem.flags. */
#define CR_SHMEM_F_ANON		0x1	/* of a mapping; else a memfd, a STRING follows */
#define CR_SHMEM_F_NORESERVE	0x2	/* doesn't count against the commit limit */
#define CR_SHMEM_F_ALL		0x3

#define CR_SHMEM_SEALS_ALL	0x3f	/* F_SEAL_SEAL to F_SEAL_EXEC */
#define CR_SHMEM_SEALS_WX	0x1e	/* what F_SEAL_EXEC brings with it */

/**
 * struct cr_hdr_shmem - payload of CR_HDR_SHMEM
 * @objref: number of it
 * @flags: CR_SHMEM_F_*
 * @seals: as F_GET_SEALS returns them
 * @mode: permissions
 * @uid: owner
 * @gid: group
 * @size: bytes
 */
struct cr_hdr_shmem {
	__u32 objref;
	__u32 flags;
	__u32 seals;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u64 size;
};

/* Bits of cr_hdr_pipe.flags. */
#define CR_PIPE_F_FIFO		0x1	/* it has a path: an FNAME follows */
#define CR_PIPE_F_ALL		0x1

/**
 * struct cr_hdr_pipe - payload of CR_HDR_PIPE
 * @objref: number of the pipe
 * @flags: CR_PIPE_F_*
 * @nr_slots: pages that it holds, a power of two, as F_GETPIPE_SZ returns them
 * @nr_bufs: PIPE_BUF records that follow, at most @nr_slots
 * @uid: owner
 * @gid: group
 * @mode: permissions
 * @__reserved: 0
 */
struct cr_hdr_pipe {
	__u32 objref;
	__u32 flags;
	__u32 nr_slots;
	__u32 nr_bufs;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 __reserved;
};

/* Bits of cr_hdr_pipe_buf.flags. */
#define CR_PIPE_BUF_F_PACKET	0x1	/* one packet, written with O_DIRECT */
#define CR_PIPE_BUF_F_MERGE	0x2	/* what is written next may go behind it */
#define CR_PIPE_BUF_F_ALL	0x3

/**
 * struct cr_hdr_pipe_buf - payload of CR_HDR_PIPE_BUF; cr_hdr.parent is the PIPE
 * @len: bytes of @data that count, at most a page
 * @flags: CR_PIPE_BUF_F_*
 * @offset: bytes that were there and have been read; with @len at most a page
 * @__reserved: 0
 * @data: what is to be read, oldest first, padded with zeros to a multiple of 8
 */
struct cr_hdr_pipe_buf {
	__u32 len;
	__u32 flags;
	__u32 offset;
	__u32 __reserved;
	__u8 data[];
};

/* Values of cr_hdr_flock.kind. */
#define CR_FLOCK_POSIX		1	/* fcntl(F_SETLK) */
#define CR_FLOCK_OFD		2	/* fcntl(F_OFD_SETLK) */
#define CR_FLOCK_FLOCK		3	/* flock(2) */

/**
 * struct cr_hdr_flock - payload of CR_HDR_FLOCK; cr_hdr.parent is the FILES
 * @file: objref of an open file that the lock is on
 * @kind: CR_FLOCK_*
 * @type: F_RDLCK or F_WRLCK
 * @__reserved: 0
 * @start: first byte
 * @end: last byte, S64_MAX for the end of the file
 */
struct cr_hdr_flock {
	__u32 file;
	__u32 kind;
	__u32 type;
	__u32 __reserved;
	__s64 start;
	__s64 end;
};

/**
 * struct cr_hdr_fs - payload of CR_HDR_FS; two FNAMEs follow: CWD, ROOT
 * @objref: number of it
 * @umask: as umask(2) returns it
 */
struct cr_hdr_fs {
	__u32 objref;
	__u32 umask;
};

/**
 * struct cr_sigaction - one signal's disposition
 * @handler: address, SIG_DFL or SIG_IGN
 * @flags: SA_*
 * @restorer: address
 * @mask: signals blocked meanwhile
 */
struct cr_sigaction {
	__u64 handler;
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};

#define CR_NSIG			64	/* signals */

/**
 * struct cr_hdr_sighand - payload of CR_HDR_SIGHAND
 * @objref: number of it
 * @__reserved: 0
 * @action: by signal number less one
 */
struct cr_hdr_sighand {
	__u32 objref;
	__u32 __reserved;
	struct cr_sigaction action[CR_NSIG];
};

/* Bits of cr_hdr_sigmask.flags. */
#define CR_SIGMASK_F_SAVED	0x1	/* saved_mask is restored on return to user mode */
#define CR_SIGMASK_F_ALL	0x1

/**
 * struct cr_hdr_sigmask - payload of CR_HDR_SIGMASK
 * @blocked: signals blocked now
 * @saved_mask: mask that a call such as ppoll(2) returns to
 * @flags: CR_SIGMASK_F_*
 * @ss_flags: flags of the alternate stack
 * @ss_sp: its address
 * @ss_size: its size
 */
struct cr_hdr_sigmask {
	__u64 blocked;
	__u64 saved_mask;
	__u32 flags;
	__u32 ss_flags;
	__u64 ss_sp;
	__u64 ss_size;
};

/* Bits of cr_hdr_siginfo.flags. */
#define CR_SIGINFO_F_SHARED	0x1	/* pending for the process, not the thread */
#define CR_SIGINFO_F_NOINFO	0x2	/* only the signal, its siginfo was never kept */
#define CR_SIGINFO_F_TIMER	0x4	/* of the POSIX timer that si_timerid names */
#define CR_SIGINFO_F_ALL	0x7

/**
 * struct cr_hdr_siginfo - payload of CR_HDR_SIGINFO, one pending signal
 * @signo: its number
 * @flags: CR_SIGINFO_F_*
 * @info: siginfo_t of the architecture, padded with zeros
 */
struct cr_hdr_siginfo {
	__u32 signo;
	__u32 flags;
	__u8 info[128];
};

/**
 * struct cr_hdr_error - payload of CR_HDR_ERROR: the image ends here
 * @err: errno, positive
 * @len: bytes of @text that count
 * @text: the message, padded with zeros to a multiple of 8
 */
struct cr_hdr_error {
	__u32 err;
	__u32 len;
	__u8 text[];
};

/**
 * struct cr_hdr_tail - payload of CR_HDR_TAIL, the last record
 * @magic: CHECKPOINT_MAGIC_TAIL
 * @records: records before this one
 * @pages: pages in the image
 * @bytes: of the stream before this record
 * @digest: xxh64 (seed 0) of the struct cr_hdr of every record before this one
 */
struct cr_hdr_tail {
	__u64 magic;
	__u64 records;
	__u64 pages;
	__u64 bytes;
	__u64 digest;
};

#endif /* _UAPI_LINUX_CHECKPOINT_HDR_H */
