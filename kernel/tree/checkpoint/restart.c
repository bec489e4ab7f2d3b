// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the sequence of a restart.
 *
 * A task that the kernel creates, the helper, reads the image and becomes the
 * saved task: memory, files, signals, credentials. Then it parks in
 * get_signal(), where its registers are set from outside; the signal code goes
 * on with the call that was interrupted. With RESTART_CHILD the helper is let
 * go and that was it. In place, the caller takes over what the helper has
 * built, gets the same registers the same way, and the helper goes away.
 *
 * Until the helper is parked with all of the image read and verified, nothing
 * of the caller's has changed, and a failure leaves no task behind.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/freezer.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/init_task.h>
#include <linux/io_uring.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/random.h>
#include <linux/rseq.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/sem.h>
#include <linux/slab.h>
#include <linux/syscall_user_dispatch.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/user_events.h>
#include <linux/workqueue.h>

#include "internal.h"

static int cr_check_head(struct cr_ctx *ctx, const struct cr_hdr_head *h)
{
	if (h->magic != CHECKPOINT_MAGIC_HEAD)
		return cr_invalid(ctx, "bad magic, have 0x%llx", h->magic);
	if (h->version != CR_VERSION)
		return cr_err(ctx, -EPROTO, "format version %u, this kernel reads %u",
			      h->version, CR_VERSION);
	if (h->arch != CR_ARCH_X86_64)
		return cr_err(ctx, -EPROTO, "image of another architecture, ELF machine %u",
			      h->arch);
	if (h->page_size != PAGE_SIZE)
		return cr_err(ctx, -EPROTO, "page size %u, this kernel has %lu",
			      h->page_size, PAGE_SIZE);
	if (h->required & ~CR_FEATURES_REQUIRED)
		return cr_err(ctx, -EPROTO, "unknown required features 0x%llx",
			      h->required & ~CR_FEATURES_REQUIRED);
	if (h->record_csum != CR_CSUM_CRC32C ||
	    (h->page_csum != CR_CSUM_XXH64 && h->page_csum != CR_CSUM_NONE))
		return cr_err(ctx, -EPROTO, "unknown checksums %u and %u",
			      h->record_csum, h->page_csum);
	if (h->mono_ns > KTIME_MAX || h->boot_ns > KTIME_MAX)
		return cr_invalid(ctx, "bad clock");
	return 0;
}

static int cr_read_head(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_HEAD, sizeof(ctx->head),
			  sizeof(ctx->head));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	ctx->head = *(const struct cr_hdr_head *)rec->data;
	ret = cr_check_head(ctx, &ctx->head);
	if (!ret)
		ret = cr_clocks_check(ctx);
	if (!ret)
		ret = cr_arch_read_head(ctx);
	return ret ?: cr_read_tree(ctx);
}

static const struct {
	u32 type;
	const char *feature;
	int (*read)(struct cr_ctx *ctx);
} cr_readers[] = {
	{ CR_HDR_PIPE,		"pipe",		cr_read_pipe },
	{ CR_HDR_SHMEM,		"shmem",	cr_read_shmem },
	{ CR_HDR_FD_DATA,	"file",		cr_read_file },
	{ CR_HDR_FS,		"fs",		cr_read_fs },
	{ CR_HDR_SIGHAND,	"sighand",	cr_read_sighand },
	{ CR_HDR_CRED,		"cred",		cr_read_cred },
	{ CR_HDR_RLIMITS,	"rlimits",	cr_read_rlimits },
	{ CR_HDR_ITIMERS,	"itimers",	cr_read_itimers },
	{ CR_HDR_MM,		"mm",		cr_read_mm },
	{ CR_HDR_FILES,		"files",	cr_read_files },
	{ CR_HDR_EPOLL,		"epoll",	cr_read_epoll },
	{ CR_HDR_TASK,		"task",		cr_read_task },
	{ CR_HDR_PGARR,		"pages",	cr_read_pages },
};

/**
 * cr_reader_feature - name of a kind of state that images carry
 * @i: counts from 0
 *
 * Return: the name, as in /sys/kernel/checkpoint/features, or NULL after the
 * last one.
 */
const char *cr_reader_feature(unsigned int i)
{
	return i < ARRAY_SIZE(cr_readers) ? cr_readers[i].feature : NULL;
}

static int cr_read_one(struct cr_ctx *ctx, u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_readers); i++)
		if (cr_readers[i].type == type)
			return cr_readers[i].read(ctx);
	return cr_invalid(ctx, "unexpected record, have type %u", type);
}

static int cr_read_image(struct cr_ctx *ctx)
{
	struct cr_rec next;
	int ret;

	for (;;) {
		ret = cr_peek(ctx, &next);
		if (ret)
			return ret;
		if (next.type == CR_HDR_TAIL)
			break;
		ret = cr_read_one(ctx, next.type);
		if (ret)
			return ret;
		if (task_sigpending(current))
			return cr_err(ctx, -EINTR, "interrupted");
		cond_resched();
	}
	ret = cr_read_tail(ctx);
	if (ret)
		return ret;
	if (!ctx->state.complete)
		return cr_invalid(ctx, "no task in the image");
	cr_where_reset(ctx);
	return 0;
}

/*
 * The helper.
 */

/* What dumps a core is what the restarter has: a 64-bit ELF. */
static void cr_take_binfmt(struct mm_struct *mm, const struct mm_struct *from)
{
	if (!from->binfmt || from->task_size != TASK_SIZE_MAX)
		return;
	__module_get(from->binfmt->module);
	mm->binfmt = from->binfmt;
}

/* Switch to an address space; exec_update_lock is held afterwards. */
static int cr_exec_mmap(struct mm_struct *mm)
{
	int ret;

	sched_mm_cid_before_execve(current);
	ret = exec_mmap(mm);
	sched_mm_cid_after_execve(current);
	return ret;
}

/* Give current an empty address space. */
static int cr_new_mm(void)
{
	struct mm_struct *mm = mm_alloc();
	int ret;

	if (!mm)
		return -ENOMEM;
	cr_take_binfmt(mm, current->mm);
	ret = cr_exec_mmap(mm);
	if (ret) {
		mmput(mm);
		return ret;
	}
	up_write(&current->signal->exec_update_lock);
	arch_pick_mmap_layout(mm, &current->signal->rlim[RLIMIT_STACK]);
	rseq_execve(current);
	return 0;
}

/* Give current an empty descriptor table. */
static int cr_new_files(void)
{
	struct files_struct *files = dup_fd(&init_files, NULL);

	if (IS_ERR(files))
		return PTR_ERR(files);
	task_lock(current);
	current->files = files;
	task_unlock(current);
	return 0;
}

/* Leaders of a group or a session in the tree are so again. */
static int cr_join_groups(struct cr_ctx *ctx)
{
	int ret;

	if (ctx->in_place)
		return 0;
	if (ctx->tree.sid) {
		ret = ksys_setsid();
		return ret < 0 ? cr_err(ctx, ret, "can't lead a session") : 0;
	}
	if (ctx->tree.pgid) {
		ret = security_task_setpgid(current, current->pid);
		if (ret)
			return cr_err(ctx, ret, "a security module denies a group");
		write_lock_irq(&tasklist_lock);
		if (task_pgrp(current) != task_pid(current))
			change_pid(current, PIDTYPE_PGID, task_pid(current));
		write_unlock_irq(&tasklist_lock);
	}
	return 0;
}

/* Ending must not touch what has been restored. */
static void cr_forget_user_ptrs(void)
{
	current->clear_child_tid = NULL;
#ifdef CONFIG_FUTEX
	current->robust_list = NULL;
#endif
	rseq_execve(current);
}

static int cr_build(struct cr_ctx *ctx)
{
	int ret = cr_new_files();

	if (ret)
		return cr_err(ctx, ret, "no memory for descriptors");
	user_events_execve(current);
	cr_arch_flush_task();
	current->mm->task_size = TASK_SIZE;
	ret = cr_read_image(ctx);
	if (!ret)
		ret = cr_clocks_continue(ctx);
	if (!ret)
		ret = cr_finish_mm(ctx);
	if (!ret)
		ret = cr_seal_shmem(ctx);
	if (!ret)
		ret = cr_join_groups(ctx);
	if (!ret)
		ret = cr_task_apply(ctx);
	/* Before anybody can look for the last end of a pipe. */
	if (!ret) {
		cr_obj_free(ctx);
		cr_settle_epolls(ctx);
		cr_epolls_forget(ctx);
	}
	return ret;
}

/* What the caller takes over in place. */
static int cr_hand_over(struct cr_ctx *ctx)
{
	ctx->actions = kmemdup(ctx->sighand->action,
			       sizeof(ctx->sighand->action),
			       GFP_KERNEL_ACCOUNT);
	if (!ctx->actions)
		return cr_err(ctx, -ENOMEM, "no memory for signal handlers");
	mmget(current->mm);
	ctx->new_mm = current->mm;
	atomic_inc(&current->files->count);
	ctx->new_files = current->files;
	return 0;
}

static void cr_let_go(struct cr_ctx *ctx)
{
	struct task_struct *parent;

	current->flags &= ~PF_FORKNOEXEC;
	write_lock_irq(&tasklist_lock);
	current->restarting = 0;
	/* Who takes a child over hasn't asked for any signal but SIGCHLD. */
	parent = rcu_dereference_protected(current->real_parent, 1);
	if (same_thread_group(parent, ctx->caller))
		current->exit_signal = ctx->state.task.exit_signal;
	else
		current->exit_signal = SIGCHLD;
	write_unlock_irq(&tasklist_lock);
	if (ctx->state.task.flags & CR_TASK_F_STOPPED ||
	    ctx->flags & RESTART_STOPPED)
		send_sig(SIGSTOP, current, 1);
	ctx->let_go = true;
}

static void cr_helper_park(struct callback_head *work)
{
	struct cr_ctx *ctx = container_of(work, struct cr_ctx, park_work);

	complete(&ctx->parked);
	/* Nobody writes registers to a stack that is going away. */
	wait_event(ctx->release_wq, READ_ONCE(ctx->regs_set));
	wait_event_state(ctx->release_wq, READ_ONCE(ctx->released),
			 (TASK_KILLABLE | TASK_FREEZABLE));
	if (READ_ONCE(ctx->released) && !ctx->in_place)
		cr_let_go(ctx);
	else
		cr_forget_user_ptrs();
	complete(&ctx->gone);
	cr_ctx_put(ctx);
}

static void cr_helper_init(struct cr_ctx *ctx)
{
	sigset_t mask;

	current->restarting = 1;
	ctx->helper = get_task_struct(current);
	ctx->helper_pid = get_pid(task_pid(current));
	sigfillset(&mask);
	set_current_blocked(&mask);
	complete(&ctx->started);
}

/* The helper begins and ends here; after success it goes on to park. */
static int cr_helper(void *arg)
{
	struct cr_ctx *ctx = arg;
	int ret;

	cr_helper_init(ctx);
	ret = cr_new_mm();
	if (ret)
		cr_err(ctx, ret, "no memory for an address space");
	else
		ret = cr_build(ctx);
	if (!ret && ctx->in_place)
		ret = cr_hand_over(ctx);
	if (!ret) {
		init_task_work(&ctx->park_work, cr_helper_park);
		ret = task_work_add(current, &ctx->park_work, TWA_SIGNAL);
	}
	ctx->result = ret;
	if (!ret) {
		complete(&ctx->built);
		return 0;
	}
	cr_forget_user_ptrs();
	complete(&ctx->built);
	cr_ctx_put(ctx);
	do_exit(0);
}

static int cr_clone_failed(struct cr_ctx *ctx, int err)
{
	cr_where_reset(ctx);
	switch (err) {
	case -EEXIST:
		return cr_err(ctx, err, "pid %d is taken", ctx->tree.pid);
	case -EPERM:
		return cr_err(ctx, err, "pid %d can't be chosen without CAP_CHECKPOINT_RESTORE",
			      ctx->tree.pid);
	default:
		return cr_err(ctx, err, "can't create a task");
	}
}

/*
 * CLONE_VFORK makes sure that nobody sees two tasks on the caller's memory for
 * longer than it takes to get another one.
 */
static int cr_create_helper(struct cr_ctx *ctx)
{
	pid_t tid = ctx->tree.pid;
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_UNTRACED |
			 CLONE_CLEAR_SIGHAND,
		.fn = cr_helper,
		.fn_arg = cr_ctx_get(ctx),
		.no_files = 1,
	};
	pid_t pid;

	if (!ctx->in_place && !(ctx->flags & RESTART_NEWPIDS)) {
		args.set_tid = &tid;
		args.set_tid_size = 1;
	}
	pid = kernel_clone(&args);
	if (pid > 0) {
		/* It runs, whatever becomes of it or of us. */
		wait_for_completion(&ctx->started);
		return 0;
	}
	cr_ctx_put(ctx);
	return cr_clone_failed(ctx, pid);
}

static bool cr_helper_is_gone(struct cr_ctx *ctx)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(ctx->helper_pid, PIDTYPE_PID);
	rcu_read_unlock();
	return gone;
}

static void cr_regs_done(struct cr_ctx *ctx)
{
	WRITE_ONCE(ctx->regs_set, true);
	wake_up_all(&ctx->release_wq);
}

/* No task is left behind. */
static int cr_end_helper(struct cr_ctx *ctx)
{
	cr_regs_done(ctx);
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, ctx->helper, PIDTYPE_TGID);
	return wait_event_killable(ctx->helper_pid->wait_pidfd,
				   cr_helper_is_gone(ctx));
}

/* A request to stop the caller isn't a signal: it can wait. */
static int cr_wait_signal(struct completion *done)
{
	while (wait_for_completion_interruptible(done)) {
		if (task_sigpending(current))
			return -EINTR;
		if (wait_for_completion_killable_timeout(done, HZ / 50) > 0)
			break;
	}
	return 0;
}

static int cr_wait_built(struct cr_ctx *ctx)
{
	if (!cr_wait_signal(&ctx->built))
		return ctx->result;
	/* It may be reading: only a signal gets it out of there. */
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, ctx->helper, PIDTYPE_TGID);
	wait_for_completion_killable(&ctx->built);
	return -EINTR;
}

/*
 * Wait for a task that is about to sleep uninterruptibly: registers are to be
 * set when it is off the CPU and not before.
 */
static void cr_wait_asleep(struct task_struct *t)
{
	while (!wait_task_inactive(t, TASK_UNINTERRUPTIBLE))
		cond_resched();
}

static int cr_set_registers(struct cr_ctx *ctx)
{
	int ret;

	if (wait_for_completion_killable(&ctx->parked))
		return -EINTR;
	cr_wait_asleep(ctx->helper);
	ret = cr_arch_set_cpu(ctx, ctx->helper);
	cr_regs_done(ctx);
	return ret;
}

static int cr_put_pidmap(struct cr_ctx *ctx)
{
	struct restart_pidmap map = {
		.image_pid = ctx->tree.pid,
		.pid = pid_vnr(ctx->helper_pid),
	};

	if (!ctx->rargs.pidmap || !ctx->rargs.nr_pidmap)
		return 0;
	if (copy_to_user(u64_to_user_ptr(ctx->rargs.pidmap), &map, sizeof(map)))
		return cr_err(ctx, -EFAULT, "can't write the pid map");
	return 0;
}

static void cr_release_helper(struct cr_ctx *ctx)
{
	WRITE_ONCE(ctx->released, true);
	wake_up_all(&ctx->release_wq);
}

static long cr_finish_child(struct cr_ctx *ctx)
{
	int ret = cr_put_pidmap(ctx);

	if (ret)
		return ret;
	cr_release_helper(ctx);
	if (wait_for_completion_killable(&ctx->gone))
		return -EINTR;
	if (!ctx->let_go)
		return cr_err(ctx, -EINTR, "the restored task was killed");
	return pid_vnr(ctx->helper_pid);
}

/*
 * In place: the caller becomes what the helper is.
 */

struct cr_regs_work {
	struct callback_head cb;
	struct work_struct work;
	struct completion done;
	struct task_struct *task;
	struct cr_ctx *ctx;
	int ret;
};

static void cr_regs_worker(struct work_struct *work)
{
	struct cr_regs_work *w = container_of(work, struct cr_regs_work, work);

	cr_wait_asleep(w->task);
	w->ret = cr_arch_set_cpu(w->ctx, w->task);
	complete(&w->done);
}

/* Runs in get_signal(); registers are set while current sleeps. */
static void cr_regs_cb(struct callback_head *cb)
{
	struct cr_regs_work *w = container_of(cb, struct cr_regs_work, cb);

	INIT_WORK(&w->work, cr_regs_worker);
	queue_work(system_unbound_wq, &w->work);
	wait_for_completion(&w->done);
	current->adopting = 0;
	if (w->ret)
		force_fatal_sig(SIGKILL);
	cr_ctx_put(w->ctx);
	kfree(w);
}

static struct cr_regs_work *cr_regs_prepare(struct cr_ctx *ctx)
{
	struct cr_regs_work *w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);

	if (!w)
		return NULL;
	init_task_work(&w->cb, cr_regs_cb);
	init_completion(&w->done);
	w->task = current;
	w->ctx = cr_ctx_get(ctx);
	return w;
}

static void cr_regs_drop(struct cr_regs_work *w)
{
	cr_ctx_put(w->ctx);
	kfree(w);
}

static struct files_struct *cr_adopt_files(struct cr_ctx *ctx)
{
	struct files_struct *old = current->files;

	task_lock(current);
	current->files = ctx->new_files;
	task_unlock(current);
	ctx->new_files = NULL;
	return old;
}

static void cr_adopt_signals(struct cr_ctx *ctx)
{
	struct sighand_struct *sighand;

	cr_flush_signals();
	sighand = rcu_dereference_protected(current->sighand, 1);
	spin_lock_irq(&sighand->siglock);
	memcpy(sighand->action, ctx->actions, sizeof(sighand->action));
	spin_unlock_irq(&sighand->siglock);
}

static int cr_adopt_mm(struct cr_ctx *ctx)
{
	struct mm_struct *mm = ctx->new_mm;
	int ret;

	/* exec_mmap() enters it once more, for its new owner. */
	lru_gen_del_mm(mm);
#ifdef CONFIG_MEMCG
	rcu_assign_pointer(mm->owner, current);
#endif
	ret = cr_exec_mmap(mm);
	if (ret)
		return ret;
	ctx->new_mm = NULL;
	rseq_execve(current);
	return 0;
}

/*
 * What execve() takes away, and what the image has none of: undo of semaphores,
 * and being a subreaper.
 */
static void cr_forget_program(void)
{
	posixtimer_exec(current);
	user_events_execve(current);
	exit_sem(current);
	clear_syscall_work_syscall_user_dispatch(current);
	perf_event_exec();
	current->signal->is_child_subreaper = 0;
	WRITE_ONCE(current->self_exec_id, current->self_exec_id + 1);
}

/*
 * Descriptors are swapped before credentials change: who may look at the
 * restored program must not see the caller's. They are closed last, for whoever
 * holds the other end of one.
 */
static int cr_adopt_program(struct cr_ctx *ctx)
{
	struct files_struct *old;
	int ret;

	cr_forget_program();
	cr_adopt_signals(ctx);
	old = cr_adopt_files(ctx);
	ret = cr_adopt_mm(ctx);
	if (!ret) {
		cr_arch_flush_task();
		ret = cr_task_apply(ctx);
		up_write(&current->signal->exec_update_lock);
	}
	put_files_struct(old);
	return ret;
}

/* Nothing of the old program is left from here on. */
static int cr_adopt(struct cr_ctx *ctx)
{
	int ret;

	io_uring_task_cancel();
	ret = de_thread(current);
	if (!ret)
		ret = unshare_sighand(current);
	if (!ret)
		ret = unshare_fs_struct();
	return ret ?: cr_adopt_program(ctx);
}

static void cr_adopted(struct cr_ctx *ctx)
{
	if (ctx->state.task.flags & CR_TASK_F_STOPPED ||
	    ctx->flags & RESTART_STOPPED)
		send_sig(SIGSTOP, current, 1);
}

/* The mutex keeps another thread's exec, or tracer, out. */
static long cr_finish_in_place(struct cr_ctx *ctx)
{
	struct cr_regs_work *w = cr_regs_prepare(ctx);
	int ret;

	if (!w)
		return cr_err(ctx, -ENOMEM, "no memory to set registers");
	ret = mutex_lock_interruptible(&current->signal->cred_guard_mutex);
	if (ret || cr_end_helper(ctx)) {
		if (!ret)
			mutex_unlock(&current->signal->cred_guard_mutex);
		cr_regs_drop(w);
		return cr_err(ctx, -EINTR, "interrupted");
	}
	ctx->released = true;
	current->adopting = 1;
	ret = cr_adopt(ctx);
	if (!ret)
		ret = task_work_add(current, &w->cb, TWA_SIGNAL);
	mutex_unlock(&current->signal->cred_guard_mutex);
	if (!ret) {
		cr_adopted(ctx);
		return 0;
	}
	cr_regs_drop(w);
	/* Of two threads that wanted this, one is being killed by the other. */
	if (!fatal_signal_pending(current))
		force_fatal_sig(SIGKILL);
	return ret;
}

static int cr_restart_locked(struct cr_ctx *ctx)
{
	int ret = cr_read_head(ctx);

	if (!ret)
		ret = cr_create_helper(ctx);
	return ret ?: cr_wait_built(ctx);
}

static int cr_read_and_build(struct cr_ctx *ctx)
{
	bool lock = ctx->file->f_mode & FMODE_ATOMIC_POS;
	int ret;

	if (lock && mutex_lock_interruptible(&ctx->file->f_pos_lock))
		return cr_err(ctx, -EINTR, "interrupted");
	ret = cr_restart_locked(ctx);
	if (lock)
		mutex_unlock(&ctx->file->f_pos_lock);
	return ret;
}

/**
 * do_restart - bring a saved process back
 * @ctx: context with its arguments and files
 *
 * Return: the pid of the new process with RESTART_CHILD; without, 0, which
 * nobody gets to see; or a negative errno.
 */
long do_restart(struct cr_ctx *ctx)
{
	long ret;

	ctx->in_place = !(ctx->flags & RESTART_CHILD);
	ctx->caller = get_task_struct(current);
	ret = security_restart();
	if (ret)
		return cr_err(ctx, ret, "denied by a security module");
	ret = cr_read_and_build(ctx);
	if (!ret)
		ret = cr_set_registers(ctx);
	if (!ret) {
		ctx->stats.tasks = 1;
		ctx->stats.bytes = ctx->off;
		ret = ctx->in_place ? cr_finish_in_place(ctx) :
				      cr_finish_child(ctx);
	}
	if (ret < 0 && ctx->helper)
		cr_end_helper(ctx);
	return cr_errno(ret);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "restart_test.c"
#endif
