/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Checkpoint/restart: the arguments of checkpoint(2) and restart(2).
 *
 * The layout of an image is in <linux/checkpoint_hdr.h>.
 */
#ifndef _UAPI_LINUX_CHECKPOINT_H
#define _UAPI_LINUX_CHECKPOINT_H

#include <linux/types.h>

/**
 * DOC: errors
 *
 * What an errno of checkpoint(2) and restart(2) means, whatever raised it:
 *
 * - %EINVAL: an argument or a flag of the call is wrong.
 * - %E2BIG: the args structure is from the future and not zero there.
 * - %EFAULT, %EBADF: as everywhere.
 * - %ENOSYS: not built in.
 * - %EPERM: the caller isn't allowed to.
 * - %ESRCH: no such task.
 * - %EBUSY: a task can't be stopped in time.
 * - %EOPNOTSUPP: state that the kernel knows and refuses.
 * - %EXDEV: an object is shared with tasks outside of the tree.
 * - %EBADMSG: malformed image, reserved fields included.
 * - %EPROTO: version, architecture or a feature differs.
 * - %ENODATA: the image ends early.
 * - %ENOENT, %ESTALE: an outside file is missing or changed.
 * - %EEXIST: a pid or a name is taken.
 * - %ENOMEM: out of memory.
 * - %EINTR: a signal arrived.
 *
 * Whatever the VFS says of the image's descriptor is passed through.
 */

/* Flags of checkpoint(2). */
#define CHECKPOINT_ARGS		0x01UL	/* args and size are valid */
#define CHECKPOINT_KILL		0x02UL	/* SIGKILL the tree once the image is complete */
#define CHECKPOINT_STOP		0x04UL	/* leave the tree in group stop, as by SIGSTOP */
#define CHECKPOINT_KEEP		0x08UL	/* keep the snapshot, return a descriptor of it */
#define CHECKPOINT_DRYRUN	0x10UL	/* fd is -1: only say what blocks */
#define CHECKPOINT_LEAKCHECK	0x20UL	/* refuse objects shared with tasks outside */

/* Flags of restart(2). */
#define RESTART_ARGS		0x01UL	/* args and size are valid */
#define RESTART_CHILD		0x02UL	/* create the root task as the caller's child */
#define RESTART_NEWPIDS		0x04UL	/* new pids instead of the recorded ones */
#define RESTART_STOPPED		0x08UL	/* leave the restored tree in group stop */
#define RESTART_LAZY		0x10UL	/* bring memory in when it is touched */

/* Flags in struct checkpoint_args. */
#define CHECKPOINT_F_NO_PAGE_CSUM	0x1	/* no checksums on page data */

/* Flags in struct restart_args. */
#define RESTART_F_CHANGED_FILES		0x1	/* accept files whose size or time changed */

/* Values of restart_args.pid_policy; other values are reserved. */
#define RESTART_PID_DEFAULT		0

/* Values of restart_args.clock_policy. */
#define RESTART_CLOCK_CONTINUE		0	/* monotonic clocks never step back or jump */
#define RESTART_CLOCK_JUMP		1	/* let them jump on another boot */

/* Defaults and limits of the args structures. */
#define CHECKPOINT_TIMEOUT_MS		2000	/* to stop the tree, when timeout_ms is 0 */
#define CHECKPOINT_MAX_OUTSIDE		65536	/* entries of a list or map of descriptors */

/**
 * struct checkpoint_stats - figures of one checkpoint(2) or restart(2)
 * @tasks: tasks saved or restored, threads included
 * @records: records in the stream
 * @bytes: bytes of the stream
 * @pages: pages whose data is in the stream
 * @zero_pages: pages left out because they hold zeros only
 * @park_ns: from the first request to stop until every task was stopped
 * @stop_ns: from the first request to stop until the tree was let go
 * @total_ns: the whole call
 *
 * Times are in nanoseconds of CLOCK_MONOTONIC. A field that doesn't apply is 0.
 */
struct checkpoint_stats {
	__u64 tasks;
	__u64 records;
	__u64 bytes;
	__u64 pages;
	__u64 zero_pages;
	__u64 park_ns;
	__u64 stop_ns;
	__u64 total_ns;
};

/**
 * struct checkpoint_args - optional arguments of checkpoint(2)
 * @flags: CHECKPOINT_F_*
 * @log_fd: descriptor for messages, -1 for none
 * @parent: crid of the parent of an incremental checkpoint, -1 for none
 * @timeout_ms: how long to try to stop the tree; 0 is CHECKPOINT_TIMEOUT_MS
 * @nr_outside: number of entries at @outside, at most CHECKPOINT_MAX_OUTSIDE
 * @outside: address of an array of __s32: descriptors of the target that the
 *           restarter will supply
 * @stats: address of a struct checkpoint_stats to be filled in, or 0
 * @stats_size: size of the structure at @stats
 * @__reserved: must be 0
 */
struct checkpoint_args {
	__aligned_u64 flags;
	__s32 log_fd;
	__s32 parent;
	__u32 timeout_ms;
	__u32 nr_outside;
	__aligned_u64 outside;
	__aligned_u64 stats;
	__u32 stats_size;
	__u32 __reserved;
};

#define CHECKPOINT_ARGS_SIZE_VER0	48	/* sizeof the first published struct */

/**
 * struct restart_fdmap - one supplied descriptor
 * @image_fd: its number in the image
 * @fd: the caller's descriptor that takes its place
 */
struct restart_fdmap {
	__s32 image_fd;
	__s32 fd;
};

/**
 * struct restart_pidmap - one restored task, written by the kernel
 * @image_pid: its thread id in the image
 * @pid: its thread id now, in the caller's pid namespace
 */
struct restart_pidmap {
	__s32 image_pid;
	__s32 pid;
};

/**
 * struct restart_args - optional arguments of restart(2)
 * @flags: RESTART_F_*
 * @log_fd: descriptor for messages, -1 for none
 * @pid_policy: RESTART_PID_*
 * @clock_policy: RESTART_CLOCK_*
 * @nr_inherit: number of entries at @inherit, at most CHECKPOINT_MAX_OUTSIDE
 * @inherit: address of an array of struct restart_fdmap
 * @stats: address of a struct checkpoint_stats to be filled in, or 0
 * @pidmap: address of an array of struct restart_pidmap to be filled in, or 0
 * @stats_size: size of the structure at @stats
 * @nr_pidmap: room at @pidmap, in entries
 */
struct restart_args {
	__aligned_u64 flags;
	__s32 log_fd;
	__u32 pid_policy;
	__u32 clock_policy;
	__u32 nr_inherit;
	__aligned_u64 inherit;
	__aligned_u64 stats;
	__aligned_u64 pidmap;
	__u32 stats_size;
	__u32 nr_pidmap;
};

#define RESTART_ARGS_SIZE_VER0		56	/* sizeof the first published struct */

#endif /* _UAPI_LINUX_CHECKPOINT_H */
