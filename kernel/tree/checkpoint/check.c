// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: state that is known and refused by name.
 *
 * What a handler carries isn't here; what no handler claims is. A check looks
 * at what is pinned, or under a lock that says whether it is still there: the
 * target may be killed meanwhile.
 */
#include <linux/aio.h>
#include <linux/audit.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/key.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/perf_event.h>
#include <linux/pid_namespace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seccomp.h>
#include <linux/sem.h>
#include <linux/security.h>
#include <linux/syscall_user_dispatch.h>

#include "internal.h"

/**
 * cr_reference - whose restrictions a restored task is taken to have
 * @ctx: context
 *
 * What the caller has too, a restored task gets from the restarter. Who saves
 * itself is compared with its parent.
 *
 * Return: a task, good in the RCU read section that this is called in.
 */
struct task_struct *cr_reference(struct cr_ctx *ctx)
{
	return ctx->self ? rcu_dereference(current->real_parent) : current;
}

static bool cr_is_traced(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->ptrace || !list_empty(&t->ptraced);
}

static bool cr_in_vfork(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->vfork_done;
}

static bool cr_shares_files(struct cr_ctx *ctx, struct task_struct *t)
{
	struct files_struct *files = ctx->cur->pin.files;

	/* Each task of the tree holds it, and is held on to. */
	return atomic_read(&files->count) >
	       2 * cr_obj_users(ctx, CR_OBJ_FILES_USERS, files);
}

static bool cr_shares_fs(struct cr_ctx *ctx, struct task_struct *t)
{
	struct fs_struct *fs = ctx->cur->pin.fs;

	return READ_ONCE(fs->users) > 2 * cr_obj_users(ctx, CR_OBJ_FS_USERS, fs);
}

static bool cr_shares_sighand(struct cr_ctx *ctx, struct task_struct *t)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	bool shared;

	sighand = lock_task_sighand(t, &flags);
	if (!sighand)
		return false;
	shared = refcount_read(&sighand->count) >
		 cr_obj_users(ctx, CR_OBJ_SIGHAND_USERS, sighand);
	unlock_task_sighand(t, &flags);
	return shared;
}

static bool cr_shares_mm(struct cr_ctx *ctx, struct task_struct *t)
{
	struct task_struct *p;
	bool shared = false;

	if (ctx->cur->leader != ctx->cur ||
	    !test_bit(MMF_MULTIPROCESS, &ctx->cur->mm->flags))
		return false;
	for_each_process(p)
		if (!same_thread_group(p, t) && READ_ONCE(p->mm) == ctx->cur->mm)
			shared = true;
	return shared;
}

static bool cr_same_namespaces(const struct nsproxy *a, const struct nsproxy *b)
{
	return b && a->uts_ns == b->uts_ns && a->ipc_ns == b->ipc_ns &&
	       a->mnt_ns == b->mnt_ns && a->net_ns == b->net_ns &&
	       a->cgroup_ns == b->cgroup_ns && a->time_ns == b->time_ns &&
	       a->time_ns_for_children == b->time_ns_for_children &&
	       a->pid_ns_for_children == b->pid_ns_for_children;
}

static bool cr_other_namespace(struct cr_ctx *ctx, struct task_struct *t)
{
	struct task_struct *ref = cr_reference(ctx);
	bool same;

	task_lock(ref);
	same = cr_same_namespaces(ctx->cur->pin.nsproxy, ref->nsproxy);
	task_unlock(ref);
	return !same || task_active_pid_ns(t) != task_active_pid_ns(ref) ||
	       __task_cred(t)->user_ns != __task_cred(ref)->user_ns;
}

static bool cr_has_aio(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_AIO
	return rcu_access_pointer(ctx->cur->mm->ioctx_table);
#else
	return false;
#endif
}

static bool cr_has_perf(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_PERF_EVENTS
	return t->perf_event_ctxp || !list_empty(&t->perf_event_list);
#else
	return false;
#endif
}

static bool cr_has_io_uring(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_IO_URING
	return t->io_uring;
#else
	return false;
#endif
}

static bool cr_has_seccomp(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_SECCOMP
	if (t->seccomp.mode == SECCOMP_MODE_DISABLED)
		return false;
#ifdef CONFIG_SECCOMP_FILTER
	return t->seccomp.mode != cr_reference(ctx)->seccomp.mode ||
	       t->seccomp.filter != cr_reference(ctx)->seccomp.filter;
#else
	return true;
#endif
#else
	return false;
#endif
}

static bool cr_has_sched_policy(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->policy > SCHED_DEADLINE;
}

static bool cr_has_keyring(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_KEYS
	const struct cred *c = __task_cred(t);
	const struct cred *ref = __task_cred(cr_reference(ctx));

	return c->thread_keyring || c->process_keyring ||
	       c->request_key_auth || c->jit_keyring ||
	       (c->session_keyring &&
		c->session_keyring != ref->session_keyring);
#else
	return false;
#endif
}

static bool cr_has_uprobes(struct cr_ctx *ctx, struct task_struct *t)
{
	return test_bit(MMF_HAS_UPROBES, &ctx->cur->mm->flags);
}

static bool cr_own_files(struct cr_ctx *ctx, struct task_struct *t)
{
	return ctx->cur->pin.files != ctx->cur->leader->pin.files;
}

static bool cr_own_fs(struct cr_ctx *ctx, struct task_struct *t)
{
	return ctx->cur->pin.fs != ctx->cur->leader->pin.fs;
}

static bool cr_has_sysvsem_undo(struct cr_ctx *ctx, struct task_struct *t)
{
	return sem_undo_users(t) < 0;
}

/* Threads of a process share one list, even if it is empty; nobody else does. */
static bool cr_shares_sysvsem_undo(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_SYSVIPC
	return sem_undo_users(t) > get_nr_threads(t) ||
	       READ_ONCE(t->sysvsem.undo_list) !=
	       READ_ONCE(ctx->cur->leader->task->sysvsem.undo_list);
#else
	return false;
#endif
}

/* The segments that end with their creator, if they are set up so. */
static bool cr_has_sysvshm(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_SYSVIPC
	return ctx->cur->pin.nsproxy->ipc_ns->shm_rmid_forced &&
	       !list_empty(&t->sysvshm.shm_clist);
#else
	return false;
#endif
}

static bool cr_has_user_dispatch(struct cr_ctx *ctx, struct task_struct *t)
{
	return test_task_syscall_work(t, SYSCALL_USER_DISPATCH);
}

static bool cr_has_mempolicy(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_NUMA
	return t->mempolicy;
#else
	return false;
#endif
}

static bool cr_has_core_cookie(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_SCHED_CORE
	return t->core_cookie;
#else
	return false;
#endif
}

static bool cr_has_atomic_flags(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->atomic_flags & ~BIT(PFA_NO_NEW_PRIVS);
}

static bool cr_has_pi_futex(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_FUTEX
	return !list_empty(&t->pi_state_list);
#else
	return false;
#endif
}

static bool cr_has_compat_robust_list(struct cr_ctx *ctx,
				      struct task_struct *t)
{
#if defined(CONFIG_FUTEX) && defined(CONFIG_COMPAT)
	return t->compat_robust_list;
#else
	return false;
#endif
}

static bool cr_has_fault_injection(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_FAULT_INJECTION
	return t->make_it_fail || t->fail_nth;
#else
	return false;
#endif
}

static bool cr_has_user_events(struct cr_ctx *ctx, struct task_struct *t)
{
#ifdef CONFIG_USER_EVENTS
	return t->user_event_mm;
#else
	return false;
#endif
}

static bool cr_other_audit(struct cr_ctx *ctx, struct task_struct *t)
{
	struct task_struct *ref = cr_reference(ctx);

	return !uid_eq(audit_get_loginuid(t), audit_get_loginuid(ref)) ||
	       audit_get_sessionid(t) != audit_get_sessionid(ref);
}

static bool cr_has_mce_policy(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->flags & (PF_MCE_PROCESS | PF_MCE_EARLY);
}

static bool cr_is_io_flusher(struct cr_ctx *ctx, struct task_struct *t)
{
	return t->flags & (PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE);
}

static bool cr_other_label(struct cr_ctx *ctx, struct task_struct *t)
{
	u32 theirs, mine;

	security_task_getsecid_obj(t, &theirs);
	security_task_getsecid_obj(cr_reference(ctx), &mine);
	return theirs != mine;
}

/**
 * struct cr_check - one kind of state that is refused
 * @has: does the task have it? Called in an RCU read section.
 * @reason: for the message
 */
struct cr_check {
	bool (*has)(struct cr_ctx *ctx, struct task_struct *t);
	const char *reason;
};

static const struct cr_check cr_checks[] = {
	{ cr_is_traced,		"is being traced, or traces" },
	{ cr_in_vfork,		"is in the middle of vfork()" },
	{ cr_shares_files,	"shares its descriptor table with a task outside" },
	{ cr_shares_fs,		"shares its working directory with a task outside" },
	{ cr_shares_sighand,	"shares its signal handlers with a task outside" },
	{ cr_shares_mm,		"shares its memory" },
	{ cr_other_namespace,	"is in a namespace other than the caller's" },
	{ cr_has_aio,		"has AIO contexts" },
	{ cr_has_perf,		"has perf events or hardware breakpoints" },
	{ cr_has_io_uring,	"uses io_uring" },
	{ cr_has_seccomp,	"has seccomp filters of its own" },
	{ cr_has_sched_policy,	"has a scheduling policy that isn't carried" },
	{ cr_has_keyring,	"has a special keyring" },
	{ cr_has_uprobes,	"has uprobes" },
	{ cr_own_files,		"is a thread with a descriptor table of its own" },
	{ cr_own_fs,		"is a thread with a working directory of its own" },
	{ cr_has_sysvsem_undo,	"has System V semaphore undo" },
	{ cr_shares_sysvsem_undo, "shares System V semaphore undo otherwise than threads do" },
	{ cr_has_sysvshm,	"has System V shared memory that ends with it" },
	{ cr_has_user_dispatch,	"has syscall user dispatch" },
	{ cr_has_mempolicy,	"has a NUMA memory policy" },
	{ cr_has_core_cookie,	"has a core scheduling cookie" },
	{ cr_has_atomic_flags,	"has speculation or cpuset flags of its own" },
	{ cr_has_pi_futex,	"holds a priority inheritance futex" },
	{ cr_has_compat_robust_list, "has a robust list of 32-bit code" },
	{ cr_has_fault_injection, "is subject to fault injection" },
	{ cr_has_user_events,	"has user events" },
	{ cr_other_audit,	"has audit ids other than the caller's" },
	{ cr_has_mce_policy,	"has a machine check policy of its own" },
	{ cr_is_io_flusher,	"is an I/O flusher" },
	{ cr_other_label,	"has a security context other than the caller's" },
};

/**
 * cr_tally_task - count what tasks of the tree share
 * @ctx: context
 * @k: a task
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_tally_task(struct cr_ctx *ctx, struct cr_task *k)
{
	int ret;

	ret = cr_obj_count(ctx, CR_OBJ_FILES_USERS, k->pin.files);
	if (!ret)
		ret = cr_obj_count(ctx, CR_OBJ_FS_USERS, k->pin.fs);
	if (!ret)
		ret = cr_obj_count(ctx, CR_OBJ_SIGHAND_USERS,
				   rcu_access_pointer(k->task->sighand));
	return ret ?: cr_tally_files(ctx, k->task);
}

/**
 * cr_check_task - refuse what no handler carries
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or -EOPNOTSUPP, with every reason logged.
 */
int cr_check_task(struct cr_ctx *ctx, struct task_struct *t)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(cr_checks); i++) {
		bool has;

		rcu_read_lock();
		has = cr_checks[i].has(ctx, t);
		rcu_read_unlock();
		if (has)
			ret = cr_refuse(ctx, "%s", cr_checks[i].reason);
	}
	return cr_arch_check_task(ctx, t) ?: ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "check_test.c"
#endif
