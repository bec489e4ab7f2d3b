// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what a task is, other than memory, files and signals.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/personality.h>
#include <linux/pid_namespace.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/rt.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>

#include "internal.h"

/* What a parent doesn't know yet of stopping and going on, and subreapers. */
static void cr_fill_process(const struct signal_struct *signal, bool stopped,
			    struct cr_hdr_task *h)
{
	unsigned int flags = READ_ONCE(signal->flags);

	if (stopped)
		h->stop_signal = READ_ONCE(signal->group_exit_code);
	if (flags & SIGNAL_STOP_CONTINUED)
		h->flags |= CR_TASK_F_CONTINUED;
	if (flags & SIGNAL_CLD_STOPPED)
		h->flags |= CR_TASK_F_CLD_STOPPED;
	if (flags & SIGNAL_CLD_CONTINUED)
		h->flags |= CR_TASK_F_CLD_CONTINUED;
	if (signal->is_child_subreaper)
		h->flags |= CR_TASK_F_SUBREAPER;
}

static void cr_fill_task(struct cr_ctx *ctx, struct task_struct *t,
			 struct cr_hdr_task *h)
{
	const struct cred *cred = get_task_cred(t);

	h->pid = task_pid_vnr(t);
	/* Of a thread, it is -1. */
	h->exit_signal = max(t->exit_signal, 0);
	h->pdeath_signal = t->pdeath_signal;
	h->personality = t->personality;
	h->mm = cr_obj_ref(ctx, CR_OBJ_MM, ctx->cur->mm);
	h->files = cr_obj_ref(ctx, CR_OBJ_FILES, ctx->cur->pin.files);
	h->fs = cr_obj_ref(ctx, CR_OBJ_FS, ctx->cur->pin.fs);
	h->sighand = cr_obj_ref(ctx, CR_OBJ_SIGHAND,
				rcu_access_pointer(t->sighand));
	h->cred = cr_obj_ref(ctx, CR_OBJ_CRED, (void *)cred);
	h->nice = task_nice(t);
	h->oom_score_adj = t->signal->oom_score_adj;
	h->oom_score_adj_min = t->signal->oom_score_adj_min;
	h->timer_slack_ns = t->timer_slack_ns;
	h->default_timer_slack_ns = t->default_timer_slack_ns;
	h->clear_child_tid = (unsigned long)t->clear_child_tid;
#ifdef CONFIG_FUTEX
	h->robust_list = (unsigned long)t->robust_list;
#endif
#ifdef CONFIG_RSEQ
	h->rseq = (unsigned long)t->rseq;
	h->rseq_len = t->rseq_len;
	h->rseq_sig = t->rseq_sig;
#endif
	put_cred(cred);
	if (ctx->cur->stopped)
		h->flags |= CR_TASK_F_STOPPED;
	if (t->flags & PF_FORKNOEXEC)
		h->flags |= CR_TASK_F_FORKNOEXEC;
	if (ctx->cur->leader == ctx->cur)
		cr_fill_process(t->signal, ctx->cur->stopped, h);
	if (ctx->cur->self)
		h->flags |= CR_TASK_F_SELF;
	if (task_no_new_privs(t))
		h->flags |= CR_TASK_F_NO_NEW_PRIVS;
	if (seccomp_mode(&t->seccomp) != SECCOMP_MODE_DISABLED)
		h->flags |= CR_TASK_F_SECCOMP;
	get_task_comm(h->comm, t);
}

/* Is the task in a call that the signal code would go on with? */
static bool cr_in_restart_block(struct cr_ctx *ctx, struct task_struct *t)
{
	struct pt_regs *regs = task_pt_regs(t);

	return !ctx->cur->self && syscall_get_nr(t, regs) != -1 &&
	       syscall_get_error(t, regs) == -ERESTART_RESTARTBLOCK;
}

/* A task in group stop may be past that: then it is to call the restart. */
static bool cr_calls_restart(struct cr_ctx *ctx, struct task_struct *t)
{
	struct pt_regs *regs = task_pt_regs(t);

	return !ctx->cur->self && regs->ax == __NR_restart_syscall &&
	       t->restart_block.fn != do_no_restart_syscall;
}

/**
 * cr_write_task - serialise a task
 * @ctx: context; the objects that it refers to have been serialised
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_task(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_task h = { 0 };
	int ret;

	cr_fill_task(ctx, t, &h);
	ret = cr_write_obj(ctx, CR_HDR_TASK, 0, &h, sizeof(h));
	if (!ret)
		ret = cr_write_signals(ctx, t);
	if (!ret && (cr_in_restart_block(ctx, t) || cr_calls_restart(ctx, t)))
		ret = cr_write_restart_block(ctx, t);
	return ret ?: cr_arch_write_cpu(ctx, t, ctx->cur->self);
}

/*
 * Restart.
 */

/* What threads share, and what only a process has. */
static int cr_check_thread_refs(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	const struct cr_hdr_task *l = &ctx->cur->leader->state.task;

	if (h->mm != l->mm || h->sighand != l->sighand || h->files != l->files ||
	    h->fs != l->fs || ctx->cur->state.has_rlimits ||
	    ctx->cur->state.has_itimers || h->exit_signal)
		return cr_invalid(ctx, "a thread with what belongs to a process");
	return 0;
}

static int cr_check_refs(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	if (IS_ERR(cr_obj_get_by_ref(ctx, CR_OBJ_MM, h->mm)) ||
	    IS_ERR(cr_obj_get_by_ref(ctx, CR_OBJ_FILES, h->files)) ||
	    IS_ERR(cr_obj_get_by_ref(ctx, CR_OBJ_FS, h->fs)) ||
	    IS_ERR(cr_obj_get_by_ref(ctx, CR_OBJ_SIGHAND, h->sighand)) ||
	    IS_ERR(cr_obj_get_by_ref(ctx, CR_OBJ_CRED, h->cred)))
		return -EBADMSG;
	if (ctx->cur->leader != ctx->cur)
		return cr_check_thread_refs(ctx, h);
	if (!ctx->cur->state.has_rlimits || !ctx->cur->state.has_itimers)
		return cr_invalid(ctx, "limits or timers are missing");
	return 0;
}

static int cr_check_rseq(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	if (!h->rseq)
		return h->rseq_len || h->rseq_sig ?
			cr_invalid(ctx, "bad rseq, have length %u",
				   h->rseq_len) : 0;
#ifdef CONFIG_RSEQ
	if (h->rseq_len < 32)
		return cr_invalid(ctx, "bad rseq length, have %u", h->rseq_len);
	if (h->rseq & 31 || h->rseq >= TASK_SIZE ||
	    h->rseq_len > TASK_SIZE - h->rseq)
		return cr_invalid(ctx, "bad rseq address, have 0x%llx",
				  h->rseq);
	return 0;
#else
	return cr_err(ctx, -EPROTO, "this kernel has no rseq");
#endif
}

/**
 * cr_comm_ok - is this a name that a task can have?
 * @comm: TASK_COMM_LEN bytes
 *
 * Return: true if it ends in zeros.
 */
bool cr_comm_ok(const u8 *comm)
{
	size_t n = strnlen(comm, TASK_COMM_LEN);

	return n < TASK_COMM_LEN &&
	       !memchr_inv(comm + n, 0, TASK_COMM_LEN - n);
}

/* Of jobs, only a process has one; and is a subreaper. */
static int cr_check_job(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	u32 job = h->flags & (CR_TASK_F_CONTINUED | CR_TASK_F_CLD_STOPPED |
			      CR_TASK_F_CLD_CONTINUED | CR_TASK_F_SUBREAPER);
	bool stopped = h->flags & CR_TASK_F_STOPPED;

	if (h->stop_signal && (!stopped || !valid_signal(h->stop_signal) ||
			       !sig_kernel_stop(h->stop_signal)))
		return cr_invalid(ctx, "bad stop signal, have %u",
				  h->stop_signal);
	if ((job || h->stop_signal) && ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "a thread with what belongs to a process");
	if (stopped && h->flags & CR_TASK_F_CONTINUED)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	return 0;
}

static int cr_check_hdr_task(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	if (h->pid != ctx->cur->ent.pid)
		return cr_invalid(ctx, "bad pid, have %d", h->pid);
	if (h->flags & ~CR_TASK_F_ALL)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (h->flags & CR_TASK_F_SECCOMP &&
	    seccomp_mode(&current->seccomp) == SECCOMP_MODE_DISABLED)
		return cr_err(ctx, -EPERM, "was under seccomp filters, the caller is under none");
	if (!valid_signal(h->exit_signal) || !valid_signal(h->pdeath_signal))
		return cr_invalid(ctx, "bad signal, have %u and %u",
				  h->exit_signal, h->pdeath_signal);
	if (h->nice < MIN_NICE || h->nice > MAX_NICE)
		return cr_invalid(ctx, "bad nice, have %d", h->nice);
	if (h->oom_score_adj < OOM_SCORE_ADJ_MIN ||
	    h->oom_score_adj > OOM_SCORE_ADJ_MAX ||
	    h->oom_score_adj_min < OOM_SCORE_ADJ_MIN ||
	    h->oom_score_adj_min > OOM_SCORE_ADJ_MAX)
		return cr_invalid(ctx, "bad oom_score_adj, have %d and %d",
				  h->oom_score_adj, h->oom_score_adj_min);
	if (!cr_comm_ok(h->comm))
		return cr_invalid(ctx, "bad comm");
	return 0;
}

static void cr_take_refs(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	struct cred *cred = cr_obj_get_by_ref(ctx, CR_OBJ_CRED, h->cred);

	get_cred(cred);
	ctx->cur->cred = cred;
	ctx->cur->fs = cr_obj_get_by_ref(ctx, CR_OBJ_FS, h->fs);
}

/**
 * cr_read_task - read a task and all that is below it
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_task(struct cr_ctx *ctx)
{
	struct cr_hdr_task *h = &ctx->cur->state.task;
	const struct cr_rec *rec;
	struct cr_rec next;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_TASK, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_task *)rec->data;
	ret = cr_check_hdr_task(ctx, h);
	if (!ret)
		ret = cr_check_job(ctx, h);
	if (!ret)
		ret = cr_check_refs(ctx, h);
	if (!ret)
		ret = cr_check_rseq(ctx, h);
	if (!ret) {
		cr_take_refs(ctx, h);
		ret = cr_read_signals(ctx);
	}
	if (!ret)
		ret = cr_peek(ctx, &next);
	if (!ret && next.type == CR_HDR_RESTART_BLOCK)
		ret = cr_read_restart_block(ctx);
	if (!ret)
		ret = cr_arch_read_cpu(ctx);
	ctx->cur->state.complete = !ret;
	return ret;
}

/*
 * What the image can't have otherwise than by default, and the restarter may
 * have.
 */
static void cr_apply_defaults(void)
{
#ifdef CONFIG_NUMA
	mpol_put_task_policy(current);
#endif
	current->flags &= ~(PF_MCE_PROCESS | PF_MCE_EARLY |
			    PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE);
}

static int cr_check_nice(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	int ret;

	if (h->nice < task_nice(current) && !can_nice(current, h->nice))
		return cr_err(ctx, -EPERM, "not allowed nice %d", h->nice);
	ret = h->nice == task_nice(current) ? 0 :
		security_task_setnice(current, h->nice);
	if (ret)
		return cr_err(ctx, ret, "a security module denies nice %d",
			      h->nice);
	return 0;
}

static int cr_apply_oom(struct cr_ctx *ctx, const struct cr_hdr_task *h)
{
	if ((h->oom_score_adj < current->signal->oom_score_adj_min ||
	     h->oom_score_adj_min < current->signal->oom_score_adj_min) &&
	    !capable(CAP_SYS_RESOURCE))
		return cr_err(ctx, -EPERM, "not allowed oom_score_adj %d",
			      h->oom_score_adj);
	current->signal->oom_score_adj = h->oom_score_adj;
	current->signal->oom_score_adj_min = h->oom_score_adj_min;
	return 0;
}

/* SCHED_RESET_ON_FORK isn't given up without a right to, see sched_setattr(). */
static int cr_may_lose_reset(struct cr_ctx *ctx, const struct cr_task *root)
{
	const struct cr_hdr_sched *h = root->state.sched;

	if (!ctx->caller->sched_reset_on_fork || capable(CAP_SYS_NICE) ||
	    (h && h->flags & CR_SCHED_F_RESET_ON_FORK))
		return 0;
	return cr_err(ctx, -EPERM, "not allowed to give up SCHED_RESET_ON_FORK");
}

/* In place, it is the caller that becomes the root and makes its threads. */
static int cr_try_threads(struct cr_ctx *ctx, struct cr_task *root)
{
	struct cr_task *k;
	int ret = cr_may_lose_reset(ctx, root);

	if (ret)
		return ret;
	list_for_each_entry(k, &ctx->tasks, list) {
		if (k->leader != root)
			continue;
		ret = cr_check_nice(ctx, &k->state.task) ?:
		      cr_try_sched(ctx, k);
		if (ret)
			break;
	}
	return ret;
}

/**
 * cr_schedule - schedule current as a task of the image, with nice and slack
 * @ctx: context
 * @k: the task
 *
 * The rights are those of who called restart(): a thread that the restored root
 * has made has given them up. In place, all that belongs to the root was tried
 * with them before; limits and ids are the image's by now.
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_schedule(struct cr_ctx *ctx, struct cr_task *k)
{
	const struct cred *old = override_creds(ctx->adopted ? ctx->granted :
							       ctx->cred);
	const struct cr_hdr_task *h = &k->state.task;
	int ret;

	ret = cr_apply_sched(ctx, k);
	if (!ret)
		ret = cr_check_nice(ctx, h);
	revert_creds(old);
	if (ret)
		return ret;
	set_user_nice(current, h->nice);
	/* Changed policies have reset these two. */
	current->default_timer_slack_ns = h->default_timer_slack_ns;
	current->timer_slack_ns = rt_or_dl_task_policy(current) ? 0 :
				  h->timer_slack_ns ?: 1;
	return 0;
}

/*
 * What threads are made with they inherit: the caller that becomes the root is
 * scheduled as the root when it has made them.
 */
static int cr_schedule_now(struct cr_ctx *ctx, struct cr_task *k)
{
	if (!ctx->in_place || k != ctx->root)
		return cr_schedule(ctx, k);
	return current == ctx->caller ? 0 : cr_try_threads(ctx, k);
}

static void cr_apply_user_ptrs(const struct cr_hdr_task *h)
{
	current->clear_child_tid = (int __user *)(unsigned long)h->clear_child_tid;
#ifdef CONFIG_FUTEX
	current->robust_list = (void __user *)(unsigned long)h->robust_list;
#endif
#ifdef CONFIG_RSEQ
	current->rseq = (void __user *)(unsigned long)h->rseq;
	current->rseq_len = h->rseq_len;
	current->rseq_sig = h->rseq_sig;
	/* It runs on another CPU than the area says. */
	if (h->rseq)
		rseq_preempt(current);
#endif
}

/* What a process has, other than signals. */
static int cr_apply_process(struct cr_ctx *ctx)
{
	int ret;

	current->signal->is_child_subreaper =
		!!(ctx->cur->state.task.flags & CR_TASK_F_SUBREAPER);
	ret = cr_apply_barriers(ctx);
	if (!ret)
		ret = cr_apply_rlimits(ctx);
	return ret ?: cr_apply_posix_timers(ctx);
}

/**
 * cr_task_apply - make current the task of the image, registers left out
 * @ctx: context with everything that was read
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_task_apply(struct cr_ctx *ctx)
{
	struct cr_task *k = ctx->cur;
	const struct cr_hdr_task *h = &k->state.task;
	int ret;

	ret = k->leader == k ? cr_apply_fs(ctx) : 0;
	cr_apply_defaults();
	if (!ret)
		ret = cr_schedule_now(ctx, k);
	if (!ret)
		ret = cr_apply_oom(ctx, h);
	if (!ret && k->leader == k)
		ret = cr_apply_process(ctx);
	if (!ret)
		ret = cr_apply_signals(ctx);
	if (!ret && k->leader == k)
		ret = cr_apply_itimers(ctx);
	if (!ret)
		ret = cr_apply_cred(ctx);
	if (ret)
		return ret;
	current->personality = h->personality;
	/* Changed credentials have reset these two. */
	set_dumpable(current->mm, k->leader->mm_hdr.dumpable);
	current->pdeath_signal = h->pdeath_signal;
	cr_apply_user_ptrs(h);
	cr_apply_restart_block(ctx);
	set_task_comm(current, h->comm);
	return 0;
}

/**
 * cr_task_free - drop what was read of a task
 * @k: its entry
 */
void cr_task_free(struct cr_task *k)
{
	struct cr_siginfo *c, *n;

	list_for_each_entry_safe(c, n, &k->state.siginfo, list)
		kfree(c);
	INIT_LIST_HEAD(&k->state.siginfo);
	kfree(k->state.sched);
	k->state.sched = NULL;
	kvfree(k->state.posix_timers);
	k->state.posix_timers = NULL;
	k->fs = NULL;
	if (k->cred)
		put_cred(k->cred);
	k->cred = NULL;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "task_test.c"
#endif
