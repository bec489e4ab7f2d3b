// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the sequence of a restart.
 *
 * Tasks that the kernel creates, the helpers, become the saved ones. One after
 * another, parents before their children, each reads its own records, builds
 * memory, files and signal handlers, and creates its children. The caller reads
 * what is left, pages above all. Then each helper takes on what else makes the
 * task and parks in get_signal(), where its registers are set from outside; the
 * signal code goes on with the call that was interrupted.
 *
 * With RESTART_CHILD that was it: all are let go. In place, the caller takes
 * over what the helper of the root has built, and its children, and gets the
 * registers the same way.
 *
 * Until all are parked and all of the image is read and verified, nothing of the
 * caller's has changed, and a failure leaves no task behind.
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
#include <linux/pid_namespace.h>
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
#include <linux/tty.h>
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

/*
 * What the tasks read, each its own, and what comes after all of them, which the
 * caller reads.
 */
static const struct {
	u32 type;
	bool late;
	const char *feature;
	int (*read)(struct cr_ctx *ctx);
} cr_readers[] = {
	{ CR_HDR_PIPE,		false,	"pipe",		cr_read_pipe },
	{ CR_HDR_SHMEM,		false,	"shmem",	cr_read_shmem },
	{ CR_HDR_FD_DATA,	false,	"file",		cr_read_file },
	{ CR_HDR_FS,		false,	"fs",		cr_read_fs },
	{ CR_HDR_SIGHAND,	false,	"sighand",	cr_read_sighand },
	{ CR_HDR_CRED,		false,	"cred",		cr_read_cred },
	{ CR_HDR_RLIMITS,	false,	"rlimits",	cr_read_rlimits },
	{ CR_HDR_ITIMERS,	false,	"itimers",	cr_read_itimers },
	{ CR_HDR_POSIX_TIMERS,	false,	"posix_timers",	cr_read_posix_timers },
	{ CR_HDR_SCHED,		false,	"sched",	cr_read_sched },
	{ CR_HDR_MM,		false,	"mm",		cr_read_mm },
	{ CR_HDR_FILES,		false,	"files",	cr_read_files },
	{ CR_HDR_TASK,		false,	"task",		cr_read_task },
	{ CR_HDR_ZOMBIE,	false,	"zombie",	cr_read_zombie },
	{ CR_HDR_EPOLL,		true,	"epoll",	cr_read_epoll },
	{ CR_HDR_PGSHARE,	true,	"sharing",	cr_read_shares },
	{ CR_HDR_PGARR,		true,	"pages",	cr_read_pages },
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

static int cr_read_one(struct cr_ctx *ctx, bool late)
{
	struct cr_rec next;
	size_t i;
	int ret;

	if (task_sigpending(current))
		return cr_err(ctx, -EINTR, "interrupted");
	cond_resched();
	ret = cr_peek(ctx, &next);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(cr_readers); i++)
		if (cr_readers[i].type == next.type &&
		    cr_readers[i].late == late)
			return cr_readers[i].read(ctx);
	return cr_invalid(ctx, "unexpected record, have type %u", next.type);
}

/* In place, the caller takes the root's. */
static bool cr_is_callers(struct cr_ctx *ctx, struct cr_task *k)
{
	return ctx->in_place && k == ctx->root;
}

/* The entry after a task's, if it is of the same process. */
static struct cr_task *cr_next_thread(struct cr_task *k)
{
	struct cr_task *next = list_next_entry(k, list);

	if (list_entry_is_head(next, &k->ctx->tasks, list) ||
	    next->leader != k->leader)
		return NULL;
	return next;
}

/* The first of the next process. */
static struct cr_task *cr_next_process(struct cr_task *k)
{
	struct cr_ctx *ctx = k->ctx;

	list_for_each_entry_continue(k, &ctx->tasks, list)
		if (k->leader == k)
			return k;
	return NULL;
}

/* Records of a process: of its leader, then of each thread. */
static int cr_read_process(struct cr_ctx *ctx, struct cr_task *leader)
{
	struct cr_task *k;
	int ret = 0;

	for (k = leader; k && !ret; k = cr_next_thread(k)) {
		ctx->cur = k;
		ctx->where.pid = k->ent.pid;
		while (!ret && !k->state.complete)
			ret = cr_read_one(ctx, false);
	}
	ctx->cur = leader;
	return ret ?: cr_check_timer_signals(ctx, leader);
}

/* What comes after all tasks. */
static int cr_read_rest(struct cr_ctx *ctx)
{
	struct cr_rec next;
	int ret;

	ctx->cur = ctx->root;
	ctx->where.pid = 0;
	for (;;) {
		ret = cr_peek(ctx, &next);
		if (ret)
			return ret;
		if (next.type == CR_HDR_TAIL)
			break;
		ret = cr_read_one(ctx, true);
		if (ret)
			return ret;
	}
	ret = cr_read_tail(ctx);
	cr_where_reset(ctx);
	return ret;
}

/*
 * The helpers.
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

/* Give current another descriptor table, which it holds; says what it had. */
static struct files_struct *cr_swap_files(struct files_struct *files)
{
	struct files_struct *old = current->files;

	task_lock(current);
	current->files = files;
	task_unlock(current);
	return old;
}

/* Give current, which has none, an empty descriptor table. */
static int cr_new_files(void)
{
	struct files_struct *files = dup_fd(&init_files, NULL);

	if (IS_ERR(files))
		return PTR_ERR(files);
	cr_swap_files(files);
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

static void cr_adopt_shared_files(struct files_struct *files)
{
	atomic_inc(&files->count);
	put_files_struct(cr_swap_files(files));
}

/* As unshare_sighand(), the other way round. */
static void cr_adopt_shared_sighand(struct sighand_struct *sighand)
{
	struct sighand_struct *old;

	old = rcu_dereference_protected(current->sighand, 1);
	refcount_inc(&sighand->count);
	write_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	rcu_assign_pointer(current->sighand, sighand);
	spin_unlock(&old->siglock);
	write_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
}

/* What its TASK refers to, and another process has built. */
static int cr_adopt_shared(struct cr_ctx *ctx, struct cr_task *k)
{
	const struct cr_hdr_task *h = &k->state.task;
	void *mm = cr_obj_get_by_ref(ctx, CR_OBJ_MM, h->mm);
	void *files = cr_obj_get_by_ref(ctx, CR_OBJ_FILES, h->files);
	void *sighand = cr_obj_get_by_ref(ctx, CR_OBJ_SIGHAND, h->sighand);

	if (files != current->files)
		cr_adopt_shared_files(files);
	if (sighand != rcu_access_pointer(current->sighand))
		cr_adopt_shared_sighand(sighand);
	if (mm != current->mm)
		return cr_refuse(ctx, "memory that processes share");
	return 0;
}

static int cr_create_below(struct cr_ctx *ctx, struct cr_task *k, bool threads);
static int cr_create_failed(struct cr_ctx *ctx, struct cr_task *k, int err);

/* A number of the image's, or any with RESTART_NEWPIDS. */
static struct pid *cr_alloc_pid(struct cr_ctx *ctx, pid_t nr)
{
	bool any = ctx->flags & RESTART_NEWPIDS;

	return alloc_pid(task_active_pid_ns(current), any ? NULL : &nr, !any);
}

/*
 * The caller makes the root's threads when it has become the root: that their
 * numbers are taken is to be known before.
 */
static int cr_reserve_threads(struct cr_ctx *ctx)
{
	struct cr_task *k;
	struct pid *pid;

	for (k = cr_next_thread(ctx->root); k; k = cr_next_thread(k)) {
		pid = cr_alloc_pid(ctx, k->ent.pid);
		if (IS_ERR(pid))
			return cr_create_failed(ctx, k, PTR_ERR(pid));
		k->pid = get_pid(pid);
		k->reserved = true;
	}
	return 0;
}

/* A process reads its records, and creates who is below it. */
static int cr_build(struct cr_ctx *ctx, struct cr_task *k)
{
	int ret = cr_new_files();

	if (ret)
		return cr_err(ctx, ret, "no memory for descriptors");
	user_events_execve(current);
	cr_arch_flush_task();
	current->mm->task_size = TASK_SIZE;
	/* Its children are in the same time namespace. */
	ret = k == ctx->root ? cr_clocks_continue(ctx) : 0;
	if (!ret)
		ret = cr_read_process(ctx, k);
	if (ret || k->dead)
		return ret;
	ret = cr_adopt_shared(ctx, k);
	if (!ret)
		ret = cr_is_callers(ctx, k) ?
		      cr_reserve_threads(ctx) : cr_create_below(ctx, k, true);
	return ret ?: cr_create_below(ctx, k, false);
}

/* What is left when memory is there. */
static int cr_become(struct cr_ctx *ctx, struct cr_task *k)
{
	int ret;

	ctx->cur = k;
	ctx->where.pid = k->ent.pid;
	if (k->dead)
		return cr_become_zombie(ctx);
	ret = k->mm_ref ? cr_finish_mm(ctx) : 0;
	return ret ?: cr_task_apply(ctx);
}

/* What the caller takes over in place. */
static int cr_hand_over(struct cr_ctx *ctx)
{
	struct sighand_struct *sighand;

	sighand = rcu_dereference_protected(current->sighand, 1);
	ctx->actions = kmemdup(sighand->action, sizeof(sighand->action),
			       GFP_KERNEL_ACCOUNT);
	if (!ctx->actions)
		return cr_err(ctx, -ENOMEM, "no memory for signal handlers");
	mmget(current->mm);
	ctx->new_mm = current->mm;
	atomic_inc(&current->files->count);
	ctx->new_files = current->files;
	return 0;
}

/* What a parent didn't know of a child's stopping and going on. */
static void cr_restore_job(struct signal_struct *signal,
			   const struct cr_hdr_task *h)
{
	if (h->flags & CR_TASK_F_STOPPED) {
		signal->flags |= SIGNAL_STOP_STOPPED;
		signal->group_exit_code = h->stop_signal;
	}
	if (h->flags & CR_TASK_F_CONTINUED)
		signal->flags |= SIGNAL_STOP_CONTINUED;
	if (h->flags & CR_TASK_F_CLD_STOPPED)
		signal->flags |= SIGNAL_CLD_STOPPED;
	if (h->flags & CR_TASK_F_CLD_CONTINUED)
		signal->flags |= SIGNAL_CLD_CONTINUED;
}

/*
 * Who gets a SIGSTOP does so when all are let go, see cr_let_go(): other threads
 * mustn't run until then.
 */
static bool cr_stops_at_once(struct cr_task *k)
{
	bool stopped = k->leader->state.task.flags & CR_TASK_F_STOPPED;

	if (k->leader == k)
		return stopped && k != k->ctx->root;
	return stopped || k->ctx->flags & RESTART_STOPPED;
}

/*
 * Nobody is told that a child of the tree is stopped: it was all the time. Done
 * before anybody who could send SIGCONT is let go.
 */
static void cr_stop_again(struct cr_task *k)
{
	const struct cr_hdr_task *h = &k->leader->state.task;
	struct signal_struct *signal = current->signal;
	bool root = k->leader == k->ctx->root;
	struct sighand_struct *sighand;

	if (k->dead)
		return;
	sighand = rcu_dereference_protected(current->sighand, 1);
	spin_lock_irq(&sighand->siglock);
	if (!(signal->flags & SIGNAL_GROUP_EXIT)) {
		if (k->leader == k && !root)
			cr_restore_job(signal, h);
		if (cr_stops_at_once(k))
			task_set_jobctl_pending(current,
						JOBCTL_STOP_PENDING | SIGSTOP);
		recalc_sigpending();
	}
	spin_unlock_irq(&sighand->siglock);
}

/* Who takes a child over hasn't asked for any signal but SIGCHLD. */
static bool cr_has_parent(struct cr_ctx *ctx, struct cr_task *k)
{
	struct task_struct *parent;

	parent = rcu_dereference_protected(k->task->real_parent, 1);
	if (k == ctx->root || (ctx->in_place && k->parent->leader == ctx->root))
		return same_thread_group(parent, ctx->caller);
	return same_thread_group(parent, k->parent->leader->task);
}

static void cr_let_go(struct cr_ctx *ctx, struct cr_task *k)
{
	if (k->dead) {
		cr_die_again(k);
		return;
	}
	if (!(k->state.task.flags & CR_TASK_F_FORKNOEXEC))
		current->flags &= ~PF_FORKNOEXEC;
	if (k->leader == k &&
	    (ctx->flags & RESTART_STOPPED ||
	     (k == ctx->root && k->state.task.flags & CR_TASK_F_STOPPED)))
		send_sig(SIGSTOP, current, 1);
}

static void cr_helper_park(struct callback_head *work)
{
	struct cr_task *k = container_of(work, struct cr_task, park_work);
	struct cr_ctx *ctx = k->ctx;

	cr_stop_again(k);
	complete(&k->parked);
	/* Nobody writes registers to a stack that is going away. */
	wait_event_idle(k->wq, READ_ONCE(k->regs_set));
	wait_event_state(k->wq, READ_ONCE(k->released),
			 (TASK_KILLABLE | TASK_FREEZABLE));
	if (READ_ONCE(k->released))
		cr_let_go(ctx, k);
	else
		cr_forget_user_ptrs();
	complete(&k->gone);
	cr_ctx_put(ctx);
}

static void cr_failed(struct cr_ctx *ctx, int err)
{
	if (!ctx->result)
		ctx->result = err;
	complete_all(&ctx->step_done);
}

/* Wait for one's turn; 0 with the lock held. */
static int cr_wait_turn(struct cr_ctx *ctx, struct cr_task *k)
{
	int ret;

	ret = wait_for_completion_state(&k->go, TASK_KILLABLE | TASK_FREEZABLE);
	mutex_lock(&ctx->lock);
	if (!ret && !ctx->result)
		return 0;
	if (!ctx->result)
		cr_failed(ctx, cr_err(ctx, -EINTR, "interrupted"));
	mutex_unlock(&ctx->lock);
	return ctx->result;
}

/* Who passes the turn on is about to sleep: the next one runs where it ran. */
static void cr_pass_turn(struct cr_ctx *ctx, struct cr_task *next)
{
	complete_on_current_cpu(next ? &next->go : &ctx->step_done);
}

/* One after the other: then it is the next process's turn, or the caller's. */
static int cr_first_step(struct cr_ctx *ctx, struct cr_task *k)
{
	struct cr_task *next = cr_next_process(k);
	int ret = cr_wait_turn(ctx, k);

	if (ret)
		return ret;
	ret = cr_build(ctx, k);
	if (ret)
		cr_failed(ctx, ret);
	mutex_unlock(&ctx->lock);
	if (!ret)
		cr_pass_turn(ctx, next);
	return ret;
}

/* The root's threads, in place: the caller makes them. */
static bool cr_comes_later(struct cr_ctx *ctx, struct cr_task *k)
{
	return ctx->in_place && k != ctx->root && k->leader == ctx->root;
}

static struct cr_task *cr_next_task(struct cr_ctx *ctx, struct cr_task *k)
{
	list_for_each_entry_continue(k, &ctx->tasks, list)
		if (!cr_comes_later(ctx, k))
			return k;
	return NULL;
}

/* The same again, of all tasks. */
static int cr_second_step(struct cr_ctx *ctx, struct cr_task *k)
{
	int ret = cr_wait_turn(ctx, k);

	if (ret)
		return ret;
	ret = cr_become(ctx, k);
	if (!ret && cr_is_callers(ctx, k))
		ret = cr_hand_over(ctx);
	if (!ret) {
		init_task_work(&k->park_work, cr_helper_park);
		ret = task_work_add(current, &k->park_work, TWA_SIGNAL);
	}
	if (ret)
		cr_failed(ctx, ret);
	mutex_unlock(&ctx->lock);
	if (!ret && !cr_comes_later(ctx, k))
		cr_pass_turn(ctx, cr_next_task(ctx, k));
	return ret;
}

/* A helper that can't become its task ends. */
static void __noreturn cr_give_up(struct cr_task *k)
{
	complete_all(&k->parked);
	cr_forget_user_ptrs();
	cr_ctx_put(k->ctx);
	do_exit(0);
}

/* Threads of a process begin and end here; after success they go on to park. */
static int cr_thread(void *arg)
{
	struct cr_task *k = arg;

	if (!cr_second_step(k->ctx, k))
		return 0;
	cr_give_up(k);
}

/* So do processes. */
static int cr_helper(void *arg)
{
	struct cr_task *k = arg;
	struct cr_ctx *ctx = k->ctx;
	sigset_t mask;
	int ret;

	sigfillset(&mask);
	set_current_blocked(&mask);
	ret = cr_new_mm();
	if (ret) {
		mutex_lock(&ctx->lock);
		cr_failed(ctx, cr_err(ctx, ret, "no memory for an address space"));
		mutex_unlock(&ctx->lock);
	}
	if (!ret)
		ret = cr_first_step(ctx, k);
	if (!ret)
		ret = cr_second_step(ctx, k);
	if (!ret)
		return 0;
	cr_give_up(k);
}

static int cr_create_failed(struct cr_ctx *ctx, struct cr_task *k, int err)
{
	cr_where_reset(ctx);
	switch (err) {
	case -EEXIST:
		return cr_err(ctx, err, "pid %d is taken", k->ent.pid);
	case -EPERM:
		return cr_err(ctx, err, "pid %d can't be chosen without CAP_CHECKPOINT_RESTORE",
			      k->ent.pid);
	default:
		return cr_err(ctx, err, "can't create a task");
	}
}

/* Is the number of a task in the image its own again? */
static bool cr_wants_pid(struct cr_ctx *ctx, struct cr_task *k)
{
	return !(ctx->flags & RESTART_NEWPIDS) &&
	       !cr_is_callers(ctx, k);
}

/*
 * CLONE_VFORK keeps the parent's memory from being taken for one that threads
 * share; a process gets memory of its own at once, and nobody waits for that.
 */
static struct task_struct *cr_copy(struct cr_ctx *ctx, struct cr_task *k,
				   pid_t *tid)
{
	bool thread = k->leader != k;
	struct kernel_clone_args args = {
		.flags = thread ?
			 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM | CLONE_UNTRACED :
			 CLONE_VM | CLONE_VFORK | CLONE_UNTRACED |
			 CLONE_CLEAR_SIGHAND,
		.fn = thread ? cr_thread : cr_helper,
		.fn_arg = k,
		.no_files = !thread,
		.set_tid = tid,
		.set_tid_size = tid ? 1 : 0,
	};

	return copy_process(k->reserved ? k->pid : NULL, 0, NUMA_NO_NODE,
			    &args);
}

static int cr_start(struct cr_ctx *ctx, struct cr_task *k,
		    struct task_struct *t)
{
	cr_ctx_get(ctx);
	if (!k->reserved)
		k->pid = get_pid(task_pid(t));
	k->reserved = false;
	t->restarting = 1;
	/* Pairs with cr_end_helpers(), which looks at the rest, too. */
	smp_store_release(&k->task, get_task_struct(t));
	wake_up_new_task(t);
	return 0;
}

static int cr_create(struct cr_ctx *ctx, struct cr_task *k)
{
	bool choose = cr_wants_pid(ctx, k) && !k->reserved;
	pid_t tid = k->ent.pid;
	struct task_struct *t;

	t = cr_copy(ctx, k, choose ? &tid : NULL);
	if (IS_ERR(t))
		return cr_create_failed(ctx, k, PTR_ERR(t));
	return cr_start(ctx, k, t);
}

/* A child of a thread that isn't the leader. Either may have been killed. */
static void cr_give_child(struct cr_task *k)
{
	struct task_struct *parent = k->parent->task;

	if (k->parent == k->parent->leader || !parent)
		return;
	write_lock_irq(&tasklist_lock);
	if (pid_alive(k->task) && !parent->exit_state &&
	    !(parent->flags & PF_EXITING)) {
		RCU_INIT_POINTER(k->task->real_parent, parent);
		RCU_INIT_POINTER(k->task->parent, parent);
		list_move_tail(&k->task->sibling, &parent->children);
	}
	write_unlock_irq(&tasklist_lock);
}

/* Is a number in the image, or somebody's? */
static bool cr_nr_in_use(struct cr_ctx *ctx, pid_t nr)
{
	struct cr_task *k;
	bool used;

	rcu_read_lock();
	used = find_vpid(nr);
	rcu_read_unlock();
	list_for_each_entry(k, &ctx->tasks, list)
		if (k->ent.pid == nr || k->ent.pgid == nr || k->ent.sid == nr)
			used = true;
	return used;
}

/*
 * The root's helper has a number of its own in place: one that nobody in the
 * image has.
 */
static int cr_create_root(struct cr_ctx *ctx)
{
	struct cr_task *k = ctx->root;
	struct task_struct *t = ERR_PTR(-EAGAIN);
	pid_t tid;

	if (!ctx->in_place || ctx->nr_tasks == 1 ||
	    ctx->flags & RESTART_NEWPIDS)
		return cr_create(ctx, k);
	for (tid = pid_max - 1; tid > 1; tid--) {
		if (cr_nr_in_use(ctx, tid))
			continue;
		if (task_sigpending(current))
			return cr_err(ctx, -EINTR, "interrupted");
		t = cr_copy(ctx, k, &tid);
		if (t != ERR_PTR(-EEXIST))
			break;
	}
	return IS_ERR(t) ? cr_create_failed(ctx, k, PTR_ERR(t)) :
			   cr_start(ctx, k, t);
}

static int cr_create_below(struct cr_ctx *ctx, struct cr_task *k, bool threads)
{
	struct cr_task *c;
	int ret;

	list_for_each_entry(c, &k->children, sibling) {
		bool thread = c->leader != c;

		if (thread != threads)
			continue;
		ret = cr_create(ctx, c);
		if (ret)
			return ret;
		if (!threads)
			cr_give_child(c);
	}
	return 0;
}

/* One that was let go leaves a zombie, as others do. */
static bool cr_is_gone(struct cr_task *k)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(k->pid, PIDTYPE_PID) ||
	       (k->admitted && READ_ONCE(k->task->exit_state));
	rcu_read_unlock();
	return gone;
}

static void cr_regs_done(struct cr_task *k)
{
	WRITE_ONCE(k->regs_set, true);
	wake_up_all(&k->wq);
}

static void cr_kill(struct cr_task *k)
{
	cr_regs_done(k);
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, k->task, PIDTYPE_TGID);
}

/* No task is left behind. Who is gone creates nobody any more. */
static int cr_end_helper(struct cr_task *k)
{
	/* Pairs with the release in cr_start(). */
	if (!smp_load_acquire(&k->task))
		return 0;
	cr_kill(k);
	return wait_event_killable(k->pid->wait_pidfd, cr_is_gone(k));
}

static void cr_end_helpers(struct cr_ctx *ctx)
{
	struct cr_task *k;

	/* Who isn't waited for, because the caller dies, finds it here. */
	cmpxchg(&ctx->result, 0, -EINTR);
	list_for_each_entry(k, &ctx->tasks, list) {
		complete_all(&k->go);
		/* As above. */
		if (smp_load_acquire(&k->task))
			cr_kill(k);
	}
	list_for_each_entry(k, &ctx->tasks, list)
		cr_end_helper(k);
}

/* A request to stop the caller isn't a signal: it can wait. */
static int cr_wait_signal(struct completion *done)
{
	while (wait_for_completion_interruptible(done)) {
		try_to_freeze();
		if (task_sigpending(current))
			return -EINTR;
		if (wait_for_completion_killable_timeout(done, HZ / 50) > 0)
			break;
	}
	return 0;
}

/*
 * Wait for a task that is about to sleep uninterruptibly: registers are to be
 * set when it is off the CPU and not before.
 */
static void cr_wait_asleep(struct task_struct *t)
{
	while (!wait_task_inactive(t, TASK_UNINTERRUPTIBLE))
		schedule_timeout_uninterruptible(1);
}

static int cr_set_registers(struct cr_ctx *ctx)
{
	struct cr_task *k;
	int ret = 0;

	list_for_each_entry(k, &ctx->tasks, list) {
		if (ret || !k->task || k->regs_set ||
		    cr_is_callers(ctx, k))
			continue;
		ctx->cur = k;
		if (!k->dead) {
			cr_wait_asleep(k->task);
			ret = cr_arch_set_cpu(ctx, k->task);
		}
		/* It is woken when it is let go, or killed. */
		WRITE_ONCE(k->regs_set, true);
		cond_resched();
	}
	ctx->cur = ctx->root;
	return ret;
}

static int cr_put_pidmap(struct cr_ctx *ctx)
{
	struct restart_pidmap __user *to = u64_to_user_ptr(ctx->rargs.pidmap);
	struct restart_pidmap map;
	struct cr_task *k;
	u32 i = 0;

	list_for_each_entry(k, &ctx->tasks, list) {
		if (!to || i == ctx->rargs.nr_pidmap)
			break;
		map.image_pid = k->ent.pid;
		map.pid = pid_vnr(k->pid);
		if (copy_to_user(to + i++, &map, sizeof(map)))
			return cr_err(ctx, -EFAULT, "can't write the pid map");
	}
	return 0;
}

static void cr_release_task(struct cr_task *k)
{
	WRITE_ONCE(k->released, true);
	wake_up_all(&k->wq);
}

/* From here on a task is what others take it for, and leaves a zombie. */
static void cr_admit(struct cr_ctx *ctx, struct cr_task *k)
{
	struct task_struct *t = k->task;

	write_lock_irq(&tasklist_lock);
	if (!t->exit_state) {
		t->restarting = 0;
		if (k->leader == k)
			t->exit_signal = cr_has_parent(ctx, k) ?
					 k->state.task.exit_signal : SIGCHLD;
		k->admitted = true;
	}
	write_unlock_irq(&tasklist_lock);
}

/* Who is dead is so before anybody looks. */
static void cr_release_zombies(struct cr_ctx *ctx)
{
	struct cr_task *k;
	bool parent;

	list_for_each_entry(k, &ctx->tasks, list)
		if (k->dead)
			cr_release_task(k);
	list_for_each_entry(k, &ctx->tasks, list) {
		if (!k->dead)
			continue;
		if (wait_event_killable(k->pid->wait_pidfd,
					READ_ONCE(k->task->exit_state)))
			return;
		read_lock(&tasklist_lock);
		parent = pid_alive(k->task) && cr_has_parent(ctx, k);
		read_unlock(&tasklist_lock);
		cr_bury(k, parent);
	}
}

/* As prctl() tells it all that descend from a subreaper. */
static void cr_tell_subreapers(struct cr_ctx *ctx)
{
	struct signal_struct *signal, *parent;
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list) {
		if (k->leader != k || k == ctx->root || !k->task)
			continue;
		signal = k->task->signal;
		parent = cr_is_callers(ctx, k->parent->leader) ?
			 current->signal : k->parent->leader->task->signal;
		if (parent->is_child_subreaper || parent->has_child_subreaper)
			signal->has_child_subreaper = 1;
	}
}

/* From here on they may end whom they belong to: that is let in already. */
static void cr_start_timers(struct cr_ctx *ctx)
{
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list)
		if (cr_is_callers(ctx, k))
			cr_resume_posix_timers(k, current->signal);
		else if (k->task)
			cr_resume_posix_timers(k, k->task->signal);
}

/* Children first: a parent that waits for them finds them there. */
static void cr_release(struct cr_ctx *ctx)
{
	struct cr_task *k;

	cr_tell_subreapers(ctx);
	cr_release_zombies(ctx);
	list_for_each_entry(k, &ctx->tasks, list)
		if (k->task && !k->dead && !cr_is_callers(ctx, k))
			cr_admit(ctx, k);
	cr_start_timers(ctx);
	list_for_each_entry_reverse(k, &ctx->tasks, list)
		if (k->task && !k->dead && !cr_is_callers(ctx, k))
			cr_release_task(k);
}

static long cr_finish_child(struct cr_ctx *ctx)
{
	struct cr_task *root = ctx->root;
	int ret = cr_put_pidmap(ctx);

	if (ret)
		return ret;
	/* After the root has run, its number may be somebody else's. */
	ret = pid_vnr(root->pid);
	cr_release(ctx);
	if (wait_for_completion_killable(&root->gone))
		return -EINTR;
	/* Who is killed later on is waited for as any child is. */
	if (!root->admitted)
		return cr_err(ctx, -EINTR, "the restored task was killed");
	return ret;
}

/*
 * In place: the caller becomes what the helper of the root is.
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
	struct files_struct *old = cr_swap_files(ctx->new_files);

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
	current->flags &= ~PF_FORKNOEXEC;
	if (ctx->root->state.task.flags & CR_TASK_F_FORKNOEXEC)
		current->flags |= PF_FORKNOEXEC;
	if (ctx->root->state.task.flags & CR_TASK_F_STOPPED ||
	    ctx->flags & RESTART_STOPPED)
		send_sig(SIGSTOP, current, 1);
}

/* What the helper of the root has created is the caller's. */
static void cr_take_children(struct cr_ctx *ctx)
{
	struct task_struct *from = ctx->root->task, *child, *n;

	write_lock_irq(&tasklist_lock);
	list_for_each_entry_safe(child, n, &from->children, sibling) {
		RCU_INIT_POINTER(child->real_parent, current);
		RCU_INIT_POINTER(child->parent, current);
		/* The number that cr_forget_program() is going to have. */
		child->parent_exec_id = current->self_exec_id + 1;
		list_move_tail(&child->sibling, &current->children);
	}
	write_unlock_irq(&tasklist_lock);
}

/* The threads of the root, now that the caller has become it. */
static int cr_make_threads(struct cr_ctx *ctx)
{
	struct cr_task *k = ctx->root;
	sigset_t mask;
	int ret;

	/* What is pending has to wait: with it, nobody can be created. */
	sigfillset(&mask);
	set_current_blocked(&mask);
	ret = cr_create_below(ctx, k, true);
	while (!ret && (k = cr_next_thread(k))) {
		complete(&k->go);
		if (wait_for_completion_killable(&k->parked))
			return -EINTR;
		ret = ctx->result;
	}
	/* Children of theirs have been the leader's so far. */
	list_for_each_entry(k, &ctx->root->children, sibling)
		if (!ret && k->leader == k)
			cr_give_child(k);
	if (!ret)
		ret = cr_schedule(ctx, ctx->root);
	if (!ret)
		ret = cr_set_registers(ctx);
	cr_apply_mask(ctx);
	return ret;
}

/* Before anybody can look for the last end of a pipe. */
static void cr_settle(struct cr_ctx *ctx)
{
	cr_obj_free(ctx);
	cr_settle_epolls(ctx);
	cr_epolls_forget(ctx);
}

/* The mutex keeps another thread's exec, or tracer, out. */
static long cr_finish_in_place(struct cr_ctx *ctx)
{
	struct cr_regs_work *w = cr_regs_prepare(ctx);
	int ret;

	if (!w)
		return cr_err(ctx, -ENOMEM, "no memory to set registers");
	ret = mutex_lock_interruptible(&current->signal->cred_guard_mutex);
	if (!ret)
		cr_take_children(ctx);
	if (ret || cr_end_helper(ctx->root)) {
		if (!ret)
			mutex_unlock(&current->signal->cred_guard_mutex);
		cr_regs_drop(w);
		return cr_err(ctx, -EINTR, "interrupted");
	}
	ctx->adopted = true;
	current->adopting = 1;
	ret = cr_adopt(ctx);
	if (!ret)
		ret = cr_make_threads(ctx);
	if (!ret)
		ret = task_work_add(current, &w->cb, TWA_SIGNAL);
	mutex_unlock(&current->signal->cred_guard_mutex);
	if (!ret) {
		cr_settle(ctx);
		cr_release(ctx);
		cr_adopted(ctx);
		return 0;
	}
	cr_regs_drop(w);
	/* Of two threads that wanted this, one is being killed by the other. */
	if (!fatal_signal_pending(current))
		force_fatal_sig(SIGKILL);
	return ret;
}

/*
 * The steps, from the caller's side.
 */

static int cr_read_and_build(struct cr_ctx *ctx)
{
	int ret = cr_read_head(ctx);

	if (!ret)
		ret = cr_create_root(ctx);
	if (ret)
		return ret;
	complete(&ctx->root->go);
	if (cr_wait_signal(&ctx->step_done))
		return -EINTR;
	mutex_lock(&ctx->lock);
	ret = ctx->result ?: cr_read_rest(ctx);
	if (!ret)
		ret = cr_seal_shmem(ctx);
	mutex_unlock(&ctx->lock);
	return ret;
}

static int cr_read_locked(struct cr_ctx *ctx)
{
	bool lock = ctx->file->f_mode & FMODE_ATOMIC_POS;
	int ret;

	if (lock && mutex_lock_interruptible(&ctx->file->f_pos_lock))
		return cr_err(ctx, -EINTR, "interrupted");
	ret = cr_read_and_build(ctx);
	/* Nobody reads on when the lock is gone. */
	if (ret)
		cr_end_helpers(ctx);
	if (lock)
		mutex_unlock(&ctx->file->f_pos_lock);
	return ret;
}

/*
 * One after the other they take on what they are, and park: the timers of a
 * process are there before signals of theirs are queued for its threads.
 */
static int cr_complete_tasks(struct cr_ctx *ctx)
{
	struct cr_task *k;

	complete(&ctx->root->go);
	if (cr_wait_signal(&ctx->step_done))
		return -EINTR;
	if (READ_ONCE(ctx->result))
		return ctx->result;
	list_for_each_entry(k, &ctx->tasks, list) {
		if (cr_comes_later(ctx, k))
			continue;
		if (cr_wait_signal(&k->parked))
			return -EINTR;
		if (READ_ONCE(ctx->result))
			return ctx->result;
	}
	return 0;
}

/*
 * Groups and sessions. Who led one leads it again; whose leader has gone is in
 * one that has its number and no leader; and what lay outside is the caller's.
 */

/* The number of a group, which may have to be made. */
static struct pid *cr_group_pid(struct cr_ctx *ctx, pid_t nr)
{
	struct cr_task *k = cr_task_by_pid(ctx, nr);
	struct pid *pid;

	if (k && cr_is_callers(ctx, k))
		return NULL;
	if (k)
		return k->pid;
	pid = xa_load(&ctx->group_xa, nr);
	if (pid)
		return pid;
	pid = cr_alloc_pid(ctx, nr);
	if (IS_ERR(pid)) {
		cr_err(ctx, PTR_ERR(pid), "can't have group or session %d", nr);
		return pid;
	}
	if (xa_err(xa_store(&ctx->group_xa, nr, pid, GFP_KERNEL_ACCOUNT))) {
		free_pid(pid);
		return ERR_PTR(cr_err(ctx, -ENOMEM, "no memory for a group"));
	}
	return get_pid(pid);
}

/* A helper may be killed at any time, and its number be given back. */
static bool cr_group_alive(struct cr_ctx *ctx, pid_t nr, struct pid *pid)
{
	if (!pid || pid_has_task(pid, PIDTYPE_TGID))
		return true;
	return xa_load(&ctx->group_xa, nr) == pid &&
	       (!xa_get_mark(&ctx->group_xa, nr, CR_GROUP_JOINED) ||
		pid_has_task(pid, PIDTYPE_PGID) || pid_has_task(pid, PIDTYPE_SID));
}

static void cr_set_group(struct task_struct *t, enum pid_type type,
			 struct pid *pid)
{
	if (pid && task_pid_type(t, type) != pid)
		change_pid(t, type, pid);
}

static int cr_join_group(struct cr_ctx *ctx, struct cr_task *k)
{
	struct pid *pgrp = NULL, *sid = NULL;
	bool alive;
	int ret;

	if (k->ent.pgid)
		pgrp = cr_group_pid(ctx, k->ent.pgid);
	/* The root that stays in its caller's group stays in the session, too. */
	if (k->ent.sid && !IS_ERR_OR_NULL(pgrp))
		sid = cr_group_pid(ctx, k->ent.sid);
	if (IS_ERR(pgrp) || IS_ERR(sid))
		return IS_ERR(pgrp) ? PTR_ERR(pgrp) : PTR_ERR(sid);
	if (!pgrp && !sid)
		return 0;
	ret = security_task_setpgid(k->task, pgrp ? pid_vnr(pgrp) : 0);
	if (ret)
		return cr_err(ctx, ret, "a security module denies a group");
	write_lock_irq(&tasklist_lock);
	alive = pid_alive(k->task) && cr_group_alive(ctx, k->ent.pgid, pgrp) &&
		cr_group_alive(ctx, k->ent.sid, sid);
	if (alive) {
		cr_set_group(k->task, PIDTYPE_PGID, pgrp);
		cr_set_group(k->task, PIDTYPE_SID, sid);
		xa_set_mark(&ctx->group_xa, k->ent.pgid, CR_GROUP_JOINED);
		xa_set_mark(&ctx->group_xa, k->ent.sid, CR_GROUP_JOINED);
	}
	if (alive && sid) {
		k->task->signal->leader = sid == k->pid;
		proc_clear_tty(k->task);
	}
	write_unlock_irq(&tasklist_lock);
	return alive ? 0 : cr_err(ctx, -EINTR, "a restored task was killed");
}

static int cr_join_groups(struct cr_ctx *ctx)
{
	struct cr_task *k;
	int ret;

	list_for_each_entry(k, &ctx->tasks, list) {
		if (k->leader != k || cr_is_callers(ctx, k))
			continue;
		ctx->where.pid = k->ent.pid;
		ret = cr_join_group(ctx, k);
		if (ret)
			return ret;
	}
	cr_where_reset(ctx);
	return 0;
}

static long cr_restart(struct cr_ctx *ctx)
{
	int ret = cr_read_locked(ctx);

	if (!ret)
		ret = cr_join_groups(ctx);
	if (!ret)
		ret = cr_complete_tasks(ctx);
	if (!ret)
		ret = cr_set_registers(ctx);
	if (ret)
		return ret;
	ctx->stats.tasks = ctx->nr_tasks;
	ctx->stats.bytes = ctx->off;
	if (ctx->in_place)
		return cr_finish_in_place(ctx);
	cr_settle(ctx);
	return cr_finish_child(ctx);
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
	ctx->caller_pid = get_pid(task_tgid(current));
	ctx->cred = get_current_cred();
	ctx->granted = prepare_kernel_cred(&init_task);
	if (!ctx->granted)
		return cr_err(ctx, -ENOMEM, "no memory for credentials");
	ret = security_restart();
	if (ret)
		return cr_err(ctx, ret, "denied by a security module");
	ret = cr_restart(ctx);
	if (ret < 0)
		cr_end_helpers(ctx);
	return cr_errno(ret);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "restart_test.c"
#endif
