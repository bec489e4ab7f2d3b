// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: scheduling, I/O priority and CPU affinity.
 *
 * What differs from what everybody has is in the image, and is asked for as a
 * program would: by sched_setattr(), sched_setaffinity() and ioprio_set() with
 * the rights of who called restart(). The nice value is the task's record's.
 */
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/rt.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <uapi/linux/sched/types.h>

#include "internal.h"

/* Most CPUs in an image, in words: NR_CPUS is at most as many. */
#define CR_CPU_WORDS_MAX	(8192 / 64)

/* What sched_setattr() takes for a time slice. */
#define CR_SLICE_MIN		(NSEC_PER_MSEC / 10)
#define CR_SLICE_MAX		(NSEC_PER_MSEC * 100)

static bool cr_is_fair(u32 policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

static bool cr_is_realtime(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* As sched_getattr() shows it; a slice only if it was asked for. */
static void cr_get_attr(const struct task_struct *t, struct sched_attr *attr)
{
	u32 policy = READ_ONCE(t->policy);

	memset(attr, 0, sizeof(*attr));
	attr->sched_policy = policy;
	attr->sched_nice = task_nice(t);
	if (t->sched_reset_on_fork)
		attr->sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (cr_is_realtime(policy))
		attr->sched_priority = t->rt_priority;
	if (cr_is_fair(policy) && t->se.custom_slice)
		attr->sched_runtime = t->se.slice;
	if (policy == SCHED_DEADLINE) {
		attr->sched_runtime = t->dl.dl_runtime;
		attr->sched_deadline = t->dl.dl_deadline;
		attr->sched_period = t->dl.dl_period;
		attr->sched_flags |= t->dl.flags & (SCHED_FLAG_RECLAIM |
						    SCHED_FLAG_DL_OVERRUN);
	}
}

static void cr_save_policy(const struct task_struct *t, struct cr_hdr_sched *h)
{
	struct sched_attr attr;

	cr_get_attr(t, &attr);
	h->policy = attr.sched_policy;
	h->priority = attr.sched_priority;
	h->runtime = attr.sched_runtime;
	h->deadline = attr.sched_deadline;
	h->period = attr.sched_period;
	if (attr.sched_flags & SCHED_FLAG_RESET_ON_FORK)
		h->flags |= CR_SCHED_F_RESET_ON_FORK;
	if (attr.sched_flags & SCHED_FLAG_RECLAIM)
		h->flags |= CR_SCHED_F_RECLAIM;
	if (attr.sched_flags & SCHED_FLAG_DL_OVERRUN)
		h->flags |= CR_SCHED_F_DL_OVERRUN;
}

static void cr_save_clamps(const struct task_struct *t, struct cr_hdr_sched *h)
{
#ifdef CONFIG_UCLAMP_TASK
	if (t->uclamp_req[UCLAMP_MIN].user_defined) {
		h->flags |= CR_SCHED_F_UTIL_MIN;
		h->util_min = t->uclamp_req[UCLAMP_MIN].value;
	}
	if (t->uclamp_req[UCLAMP_MAX].user_defined) {
		h->flags |= CR_SCHED_F_UTIL_MAX;
		h->util_max = t->uclamp_req[UCLAMP_MAX].value;
	}
#endif
}

static void cr_save_ioprio(struct task_struct *t, struct cr_hdr_sched *h)
{
#ifdef CONFIG_BLOCK
	task_lock(t);
	if (t->io_context)
		h->ioprio = t->io_context->ioprio;
	task_unlock(t);
#endif
}

/* The CPUs that there are of those that were asked for; none for all. */
static void cr_save_cpus(struct task_struct *t, struct cr_hdr_sched *h)
{
	unsigned long flags;
	unsigned int cpu;

	raw_spin_lock_irqsave(&t->pi_lock, flags);
	if (t->user_cpus_ptr &&
	    !cpumask_subset(cpu_present_mask, t->user_cpus_ptr)) {
		for_each_cpu_and(cpu, t->user_cpus_ptr, cpu_present_mask) {
			h->cpus[cpu / 64] |= BIT_ULL(cpu % 64);
			h->nr_words = cpu / 64 + 1;
		}
	}
	raw_spin_unlock_irqrestore(&t->pi_lock, flags);
}

/**
 * cr_write_sched - serialise scheduling, I/O priority and CPU affinity
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_sched(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_sched *h;
	int ret = 0;

	BUILD_BUG_ON(CR_CPU_WORDS_MAX * 64 < CONFIG_NR_CPUS);
	h = kzalloc(struct_size(h, cpus, BITS_TO_U64(nr_cpu_ids)),
		    GFP_KERNEL_ACCOUNT);
	if (!h)
		return cr_err(ctx, -ENOMEM, "no memory for scheduling");
	cr_save_policy(t, h);
	cr_save_clamps(t, h);
	cr_save_ioprio(t, h);
	cr_save_cpus(t, h);
	if (memchr_inv(h, 0, struct_size(h, cpus, h->nr_words)))
		ret = cr_write_obj(ctx, CR_HDR_SCHED, 0, h,
				   struct_size(h, cpus, h->nr_words));
	kfree(h);
	return ret;
}

/*
 * Restart.
 */

static bool cr_deadline_ok(const struct cr_hdr_sched *h)
{
	if (h->policy != SCHED_DEADLINE)
		return !h->deadline && !h->period;
	return h->runtime && h->runtime <= h->deadline &&
	       h->deadline <= h->period && h->period <= S64_MAX;
}

static int cr_check_policy(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	bool deadline = h->policy == SCHED_DEADLINE;
	bool realtime = cr_is_realtime(h->policy);

	if (!cr_is_fair(h->policy) && !realtime && !deadline)
		return cr_invalid(ctx, "bad policy, have %u", h->policy);
	if (h->priority > MAX_RT_PRIO - 1 || realtime != !!h->priority)
		return cr_invalid(ctx, "bad priority, have %u", h->priority);
	if (h->flags & ~CR_SCHED_F_ALL ||
	    (h->flags & (CR_SCHED_F_RECLAIM | CR_SCHED_F_DL_OVERRUN) &&
	     !deadline))
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (!cr_deadline_ok(h))
		return cr_invalid(ctx, "bad deadline, have 0x%llx",
				  h->deadline);
	if (!deadline && h->runtime &&
	    (realtime || h->runtime < CR_SLICE_MIN || h->runtime > CR_SLICE_MAX))
		return cr_invalid(ctx, "bad time slice, have 0x%llx",
				  h->runtime);
	return 0;
}

static int cr_check_clamps(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	bool min = h->flags & CR_SCHED_F_UTIL_MIN;
	bool max = h->flags & CR_SCHED_F_UTIL_MAX;

	if (h->util_min > (min ? SCHED_CAPACITY_SCALE : 0) ||
	    h->util_max > (max ? SCHED_CAPACITY_SCALE : 0) ||
	    (min && max && h->util_min > h->util_max))
		return cr_invalid(ctx, "bad utilization clamp, have %u to %u",
				  h->util_min, h->util_max);
	if ((min || max) && !IS_ENABLED(CONFIG_UCLAMP_TASK))
		return cr_err(ctx, -EPROTO, "this kernel has no utilization clamps");
	return 0;
}

static int cr_check_ioprio(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	if (h->ioprio > U16_MAX ||
	    IOPRIO_PRIO_CLASS(h->ioprio) > IOPRIO_CLASS_IDLE ||
	    (IOPRIO_PRIO_CLASS(h->ioprio) == IOPRIO_CLASS_NONE &&
	     IOPRIO_PRIO_LEVEL(h->ioprio)))
		return cr_invalid(ctx, "bad I/O priority, have 0x%x",
				  h->ioprio);
	if (h->ioprio && !IS_ENABLED(CONFIG_BLOCK))
		return cr_err(ctx, -EPROTO, "this kernel has no I/O priorities");
	return 0;
}

static int cr_check_cpus(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	unsigned int cpu;

	if (h->nr_words && !h->cpus[h->nr_words - 1])
		return cr_invalid(ctx, "bad CPUs");
	for (cpu = 0; cpu < h->nr_words * 64; cpu++) {
		if (!(h->cpus[cpu / 64] & BIT_ULL(cpu % 64)))
			continue;
		if (cpu >= nr_cpu_ids || !cpu_present(cpu))
			return cr_err(ctx, -EPROTO, "CPU %u isn't there", cpu);
	}
	return 0;
}

/**
 * cr_read_sched - read scheduling, I/O priority and CPU affinity
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_sched(struct cr_ctx *ctx)
{
	const struct cr_hdr_sched *h;
	const struct cr_rec *rec;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_SCHED, sizeof(*h),
			  struct_size_t(struct cr_hdr_sched, cpus,
					CR_CPU_WORDS_MAX));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->__reserved || h->nr_words > CR_CPU_WORDS_MAX ||
	    rec->len != struct_size(h, cpus, h->nr_words))
		return cr_invalid(ctx, "bad number of CPUs, have %u words",
				  h->nr_words);
	if (ctx->cur->state.sched)
		return cr_invalid(ctx, "scheduling twice");
	ctx->cur->state.sched = kmemdup(h, rec->len, GFP_KERNEL_ACCOUNT);
	if (!ctx->cur->state.sched)
		return cr_err(ctx, -ENOMEM, "no memory for scheduling");
	h = ctx->cur->state.sched;
	ret = cr_check_policy(ctx, h);
	if (!ret)
		ret = cr_check_clamps(ctx, h);
	if (!ret)
		ret = cr_check_ioprio(ctx, h);
	return ret ?: cr_check_cpus(ctx, h);
}

static bool cr_has_clamp(const struct task_struct *t)
{
#ifdef CONFIG_UCLAMP_TASK
	enum uclamp_id id;

	for (id = 0; id < UCLAMP_CNT; id++)
		if (t->uclamp_req[id].user_defined)
			return true;
#endif
	return false;
}

/* Both clamps, or that there are none; nothing where there were none either. */
static void cr_clamp_attr(const struct cr_hdr_sched *h, struct sched_attr *attr)
{
	bool min = h->flags & CR_SCHED_F_UTIL_MIN;
	bool max = h->flags & CR_SCHED_F_UTIL_MAX;

	if (!min && !max && !cr_has_clamp(current))
		return;
	attr->sched_flags |= SCHED_FLAG_UTIL_CLAMP;
	attr->sched_util_min = min ? h->util_min : -1;
	attr->sched_util_max = max ? h->util_max : -1;
}

static void cr_sched_attr(const struct cr_hdr_sched *h, struct sched_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->sched_policy = h->policy;
	attr->sched_priority = h->priority;
	attr->sched_nice = task_nice(current);
	attr->sched_runtime = h->runtime;
	attr->sched_deadline = h->deadline;
	attr->sched_period = h->period;
	if (h->flags & CR_SCHED_F_RESET_ON_FORK)
		attr->sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (h->flags & CR_SCHED_F_RECLAIM)
		attr->sched_flags |= SCHED_FLAG_RECLAIM;
	if (h->flags & CR_SCHED_F_DL_OVERRUN)
		attr->sched_flags |= SCHED_FLAG_DL_OVERRUN;
	cr_clamp_attr(h, attr);
}

static int cr_apply_policy(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	struct sched_attr attr, have;
	int ret;

	cr_get_attr(current, &have);
	cr_sched_attr(h, &attr);
	if (!memcmp(&attr, &have, sizeof(attr)))
		return 0;
	ret = sched_setattr(current, &attr);
	if (ret)
		return cr_err(ctx, ret, "not allowed scheduling policy %u, priority %u",
			      h->policy, h->priority);
	return 0;
}

static int cr_apply_cpus(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
	cpumask_var_t mask;
	unsigned int cpu;
	int ret;

	if (!h->nr_words && !current->user_cpus_ptr)
		return 0;
	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return cr_err(ctx, -ENOMEM, "no memory for CPUs");
	if (!h->nr_words)
		cpumask_copy(mask, cpu_possible_mask);
	for (cpu = 0; cpu < h->nr_words * 64; cpu++)
		if (h->cpus[cpu / 64] & BIT_ULL(cpu % 64))
			cpumask_set_cpu(cpu, mask);
	ret = sched_setaffinity(0, mask);
	free_cpumask_var(mask);
	return ret ? cr_err(ctx, ret, "not allowed the CPU affinity") : 0;
}

static int cr_apply_ioprio(struct cr_ctx *ctx, const struct cr_hdr_sched *h)
{
#ifdef CONFIG_BLOCK
	int ret;

	if (!h->ioprio && !current->io_context)
		return 0;
	ret = ioprio_check_cap(h->ioprio) ?:
	      set_task_ioprio(current, h->ioprio);
	if (ret)
		return cr_err(ctx, ret, "not allowed I/O priority 0x%x",
			      h->ioprio);
#endif
	return 0;
}

static const struct cr_hdr_sched cr_sched_default;

/**
 * cr_apply_sched - schedule current as a task of the image
 * @ctx: context
 * @k: the task
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_sched(struct cr_ctx *ctx, struct cr_task *k)
{
	const struct cr_hdr_sched *h = k->state.sched ?: &cr_sched_default;
	int ret;

	/* SCHED_DEADLINE wants all CPUs. */
	ret = cr_apply_cpus(ctx, h);
	if (!ret)
		ret = cr_apply_policy(ctx, h);
	return ret ?: cr_apply_ioprio(ctx, h);
}

/**
 * cr_try_sched - would current be allowed what a task of the image has?
 * @ctx: context
 * @k: the task
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_try_sched(struct cr_ctx *ctx, struct cr_task *k)
{
	struct sched_attr attr;
	int ret, back;

	/* Its time is another's for a while after it is given back. */
	if (k->state.sched && k->state.sched->policy == SCHED_DEADLINE)
		return cr_refuse(ctx, "SCHED_DEADLINE of a process that is restarted in place");
	cr_get_attr(current, &attr);
	ret = cr_apply_sched(ctx, k);
	back = sched_setattr_nocheck(current, &attr);
	return ret ?: back;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "sched_test.c"
#endif
