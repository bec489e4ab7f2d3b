// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the two system calls, up to the point where arguments
 * and permissions are known to be good.
 */
#include <linux/capability.h>
#include <linux/checkpoint.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/syscalls.h>
#include <linux/sysctl.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "internal.h"

#define CHECKPOINT_FLAGS						\
	(CHECKPOINT_ARGS | CHECKPOINT_KILL | CHECKPOINT_STOP |		\
	 CHECKPOINT_KEEP | CHECKPOINT_DRYRUN | CHECKPOINT_LEAKCHECK)
#define RESTART_FLAGS							\
	(RESTART_ARGS | RESTART_CHILD | RESTART_NEWPIDS |		\
	 RESTART_STOPPED | RESTART_LAZY)

/* 0: off; 1: CAP_CHECKPOINT_RESTORE; 2: whoever may ptrace the task. */
static int sysctl_checkpoint_restart __read_mostly = 1;

static struct ctl_table checkpoint_sysctls[] = {
	{
		.procname	= "checkpoint_restart",
		.data		= &sysctl_checkpoint_restart,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
};

static ssize_t format_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%d\n", CR_VERSION);
}

static const char * const cr_features[] = {
	"self", "child", "in-place", "kill", "stop", "dryrun", "outside",
	"newpids",
};

static ssize_t features_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	const char *name;
	int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_features); i++)
		n += sysfs_emit_at(buf, n, "%s\n", cr_features[i]);
	for (i = 0; (name = cr_reader_feature(i)); i++)
		n += sysfs_emit_at(buf, n, "%s\n", name);
	return n;
}

static struct kobj_attribute cr_format_attr = __ATTR_RO(format);
static struct kobj_attribute cr_features_attr = __ATTR_RO(features);

static struct attribute *cr_attrs[] = {
	&cr_format_attr.attr,
	&cr_features_attr.attr,
	NULL,
};

static const struct attribute_group cr_attr_group = {
	.attrs = cr_attrs,
};

static int __init checkpoint_init(void)
{
	struct kobject *kobj = kobject_create_and_add("checkpoint",
						      kernel_kobj);

	register_sysctl("kernel", checkpoint_sysctls);
	if (!kobj)
		return -ENOMEM;
	return sysfs_create_group(kobj, &cr_attr_group);
}
late_initcall(checkpoint_init);

static int cr_may_call(void)
{
	switch (READ_ONCE(sysctl_checkpoint_restart)) {
	case 0:
		return -EPERM;
	case 1:
		if (!checkpoint_restore_ns_capable(current_user_ns()))
			return -EPERM;
		return 0;
	default:
		return 0;
	}
}

static int cr_get_log(struct cr_ctx *ctx, int fd)
{
	if (fd == -1)
		return 0;
	ctx->log_file = fget(fd);
	if (!ctx->log_file)
		return -EBADF;
	if (!(ctx->log_file->f_mode & FMODE_WRITE))
		return -EBADF;
	return 0;
}

static int cr_get_image(struct cr_ctx *ctx, int fd, fmode_t mode)
{
	ctx->file = fget(fd);
	if (!ctx->file || !(ctx->file->f_mode & mode))
		return -EBADF;
	return 0;
}

static int cr_cmp_s32(const void *a, const void *b)
{
	s32 x = *(const s32 *)a, y = *(const s32 *)b;

	return x < y ? -1 : x > y;
}

/* Copy a list or a map of descriptors; both sort by their first member. */
static void *cr_get_fds(u64 uaddr, u32 nr, size_t size)
{
	void *p;

	if (!nr)
		return NULL;
	if (nr > CHECKPOINT_MAX_OUTSIDE)
		return ERR_PTR(-EINVAL);
	p = kvmalloc_array(nr, size, GFP_KERNEL_ACCOUNT);
	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, u64_to_user_ptr(uaddr), nr * size)) {
		kvfree(p);
		return ERR_PTR(-EFAULT);
	}
	sort(p, nr, size, cr_cmp_s32, NULL);
	return p;
}

static int cr_copy_args(void *dst, size_t ksize, size_t min,
			const void __user *src, size_t size)
{
	if (size < min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, size);
}

static int cr_get_checkpoint_args(struct cr_ctx *ctx,
				  struct checkpoint_args __user *uargs,
				  size_t size)
{
	struct checkpoint_args *a = &ctx->cargs;
	void *p;
	int ret;

	*a = (struct checkpoint_args){ .log_fd = -1, .parent = -1 };
	if (!(ctx->flags & CHECKPOINT_ARGS))
		return 0;
	ret = cr_copy_args(a, sizeof(*a), CHECKPOINT_ARGS_SIZE_VER0, uargs,
			   size);
	if (ret)
		return ret;
	if (a->flags & ~CHECKPOINT_F_NO_PAGE_CSUM || a->__reserved ||
	    a->timeout_ms > INT_MAX)
		return -EINVAL;
	ret = cr_get_log(ctx, a->log_fd);
	if (ret)
		return ret;
	p = cr_get_fds(a->outside, a->nr_outside, sizeof(*ctx->outside));
	if (IS_ERR(p))
		return PTR_ERR(p);
	ctx->outside = p;
	return 0;
}

static int cr_get_restart_args(struct cr_ctx *ctx,
			       struct restart_args __user *uargs, size_t size)
{
	struct restart_args *a = &ctx->rargs;
	void *p;
	int ret;

	*a = (struct restart_args){ .log_fd = -1 };
	if (!(ctx->flags & RESTART_ARGS))
		return 0;
	ret = cr_copy_args(a, sizeof(*a), RESTART_ARGS_SIZE_VER0, uargs, size);
	if (ret)
		return ret;
	if (a->flags & ~RESTART_F_CHANGED_FILES ||
	    a->pid_policy != RESTART_PID_DEFAULT ||
	    a->clock_policy > RESTART_CLOCK_JUMP)
		return -EINVAL;
	ret = cr_get_log(ctx, a->log_fd);
	if (ret)
		return ret;
	p = cr_get_fds(a->inherit, a->nr_inherit, sizeof(*ctx->inherit));
	if (IS_ERR(p))
		return PTR_ERR(p);
	ctx->inherit = p;
	return 0;
}

/* Figures are for the caller to look at; where they fault they are lost. */
static void cr_put_stats(struct cr_ctx *ctx, u64 uaddr, u32 size)
{
	if (!uaddr)
		return;
	ctx->stats.total_ns = ktime_get_ns() - ctx->start_ns;
	size = min_t(u32, size, sizeof(ctx->stats));
	if (copy_to_user(u64_to_user_ptr(uaddr), &ctx->stats, size))
		return;
}

static long cr_checkpoint_call(struct cr_ctx *ctx, pid_t pid, int fd,
			       struct checkpoint_args __user *args, size_t size)
{
	long ret;

	ret = cr_get_checkpoint_args(ctx, args, size);
	if (!ret && !(ctx->flags & CHECKPOINT_DRYRUN))
		ret = cr_get_image(ctx, fd, FMODE_WRITE);
	if (!ret)
		ret = do_checkpoint(ctx, pid);
	cr_log_flush(ctx);
	cr_put_stats(ctx, ctx->cargs.stats, ctx->cargs.stats_size);
	return ret;
}

static long cr_restart_call(struct cr_ctx *ctx, int fd,
			    struct restart_args __user *args, size_t size)
{
	long ret;

	ret = cr_get_restart_args(ctx, args, size);
	if (!ret)
		ret = cr_get_image(ctx, fd, FMODE_READ);
	if (!ret)
		ret = do_restart(ctx);
	cr_log_flush(ctx);
	/* In place, the caller's memory is another program's now. */
	if (!ctx->adopted)
		cr_put_stats(ctx, ctx->rargs.stats, ctx->rargs.stats_size);
	return ret;
}

static bool cr_checkpoint_flags_ok(pid_t pid, int fd, unsigned long flags)
{
	if (flags & ~CHECKPOINT_FLAGS || pid < 0)
		return false;
	if (flags & CHECKPOINT_KILL && flags & (CHECKPOINT_STOP |
						CHECKPOINT_KEEP))
		return false;
	if (!(flags & CHECKPOINT_DRYRUN))
		return true;
	return fd == -1 && !(flags & (CHECKPOINT_KILL | CHECKPOINT_STOP |
				      CHECKPOINT_KEEP));
}

/**
 * sys_checkpoint - save a process to a stream
 *
 * @pid: process to save with all its threads and descendants; 0 or one's own
 *	pid is the caller itself
 * @fd: where the image goes: a file, a pipe or a socket; -1 with
 *	%CHECKPOINT_DRYRUN
 * @flags: CHECKPOINT_*; 0 is the call of the thread's v5
 * @args: looked at with %CHECKPOINT_ARGS only
 * @size: of @args in bytes
 *
 * The process is stopped by the call itself, wherever it is, and goes on from
 * where it was unless @flags say otherwise. A call that fails leaves it
 * running.
 *
 * Return: a number greater than 0, 0 in the copy of a caller that
 * saved itself, or one of the errnos of "DOC: errors" in
 * include/uapi/linux/checkpoint.h.
 */
SYSCALL_DEFINE5(checkpoint, pid_t, pid, int, fd, unsigned long, flags,
		struct checkpoint_args __user *, args, size_t, size)
{
	struct cr_ctx *ctx;
	long ret;

	if (!cr_checkpoint_flags_ok(pid, fd, flags))
		return -EINVAL;
	ret = cr_may_call();
	if (ret)
		return ret;
	ctx = cr_ctx_alloc(CR_OP_CHECKPOINT, flags);
	if (!ctx)
		return -ENOMEM;
	ret = cr_checkpoint_call(ctx, pid, fd, args, size);
	cr_ctx_put(ctx);
	return ret;
}

/**
 * sys_restart - bring a saved process back
 *
 * @crid: a kept snapshot, with @fd being -1; 0 reads an image from @fd
 * @fd: where the image comes from: a file, a pipe or a socket
 * @flags: RESTART_*; 0 is the call of the thread's v5, which turns the caller
 *	into the saved process
 * @args: looked at with %RESTART_ARGS only
 * @size: of @args in bytes
 *
 * Return: with %RESTART_CHILD the pid of the restored process, which is a
 * child of the caller. Without it the call returns on failure only. One of the
 * errnos of "DOC: errors" in include/uapi/linux/checkpoint.h.
 */
SYSCALL_DEFINE5(restart, int, crid, int, fd, unsigned long, flags,
		struct restart_args __user *, args, size_t, size)
{
	struct cr_ctx *ctx;
	long ret;

	if (flags & ~RESTART_FLAGS)
		return -EINVAL;
	if (flags & RESTART_NEWPIDS && !(flags & RESTART_CHILD))
		return -EINVAL;
	if (crid && fd >= 0)
		return -EINVAL;
	ret = cr_may_call();
	if (ret)
		return ret;
	if (crid || flags & RESTART_LAZY)
		return -EOPNOTSUPP;
	ctx = cr_ctx_alloc(CR_OP_RESTART, flags);
	if (!ctx)
		return -ENOMEM;
	ret = cr_restart_call(ctx, fd, args, size);
	cr_ctx_put(ctx);
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "sys_test.c"
#endif
