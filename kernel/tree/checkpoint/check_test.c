// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of check.c.
 *
 * A task that is made up and has nothing that is refused gets one thing after
 * the other.
 */
#include <kunit/checkpoint.h>
#include <linux/sched/task_stack.h>

struct cr_check_fake {
	struct task_struct task;
	struct signal_struct signal;
	struct sighand_struct sighand;
	struct files_struct files;
	struct fs_struct fs;
	struct nsproxy nsproxy;
	struct cred cred;
};

struct cr_check_test {
	struct cr_ctx *ctx;
	struct cr_check_fake *fake;
	struct mm_struct *mm;
	struct ipc_namespace *ipc;
	void *stack;
};

static void cr_check_fake_lists(struct task_struct *t)
{
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->ptraced);
	INIT_LIST_HEAD(&t->signal->thread_head);
	list_add(&t->thread_node, &t->signal->thread_head);
#ifdef CONFIG_PERF_EVENTS
	INIT_LIST_HEAD(&t->perf_event_list);
#endif
#ifdef CONFIG_FUTEX
	INIT_LIST_HEAD(&t->pi_state_list);
#endif
#ifdef CONFIG_SYSVIPC
	INIT_LIST_HEAD(&t->sysvshm.shm_clist);
#endif
}

static void cr_check_fake_audit(struct task_struct *t)
{
#ifdef CONFIG_AUDIT
	t->loginuid = current->loginuid;
	t->sessionid = current->sessionid;
#endif
}

/* A task that could be saved. */
static struct task_struct *cr_check_new(struct cr_check_test *c)
{
	struct cr_check_fake *f = c->fake;
	struct task_struct *t = &f->task;

	memset(f, 0, sizeof(*f));
	memset(c->mm, 0, sizeof(*c->mm));
	f->nsproxy = *current->nsproxy;
	f->cred = *current_cred();
	/* One of each is the task's, one is held. */
	atomic_set(&f->files.count, 2);
	f->fs.users = 2;
	refcount_set(&f->sighand.count, 1);
	RCU_INIT_POINTER(f->files.fdt, &f->files.fdtab);
	spin_lock_init(&f->sighand.siglock);
	spin_lock_init(&t->alloc_lock);
	raw_spin_lock_init(&t->pi_lock);
	t->stack = c->stack;
	t->signal = &f->signal;
	RCU_INIT_POINTER(t->sighand, &f->sighand);
	t->files = &f->files;
	t->fs = &f->fs;
	t->mm = c->mm;
	t->nsproxy = &f->nsproxy;
	t->thread_pid = task_pid(current);
	rcu_assign_pointer(t->real_cred, &f->cred);
	rcu_assign_pointer(t->cred, &f->cred);
	cr_check_fake_lists(t);
	cr_check_fake_audit(t);
	task_pt_regs(t)->cs = __USER_CS;
	return t;
}

/* All of it is held that cr_pin() holds, and @users have what @t has. */
static int cr_check_shared(struct cr_check_test *c, struct task_struct *t,
			   unsigned int users)
{
	struct cr_ctx *ctx = c->ctx;
	struct cr_task *k = ctx->cur;
	int ret = 0;

	k->task = t;
	k->leader = k;
	k->mm = c->mm;
	k->pin.files = t->files;
	k->pin.fs = t->fs;
	k->pin.nsproxy = t->nsproxy;
	while (!ret && users--)
		ret = cr_tally_task(ctx, k);
	if (!ret)
		ret = cr_check_task(ctx, t);
	k->task = NULL;
	k->mm = NULL;
	k->pin = (struct cr_pins){ };
	cr_kunit_forget(ctx);
	return ret;
}

/* What cr_check_task() says of @t, which is all of the tree. */
static int cr_check_of(struct cr_check_test *c, struct task_struct *t)
{
	return cr_check_shared(c, t, 1);
}

static int cr_check_init(struct kunit *test)
{
	struct cr_check_test *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->ctx = cr_kunit_ctx(test);
	c->fake = kunit_kzalloc(test, sizeof(*c->fake), GFP_KERNEL);
	c->mm = kunit_kzalloc(test, sizeof(*c->mm), GFP_KERNEL);
	c->ipc = kunit_kzalloc(test, sizeof(*c->ipc), GFP_KERNEL);
	c->stack = kunit_kzalloc(test, THREAD_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->fake);
	KUNIT_ASSERT_NOT_NULL(test, c->mm);
	KUNIT_ASSERT_NOT_NULL(test, c->ipc);
	KUNIT_ASSERT_NOT_NULL(test, c->stack);
	test->priv = c;
	return 0;
}

static void cr_check_test_nothing(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;

	CR_EXPECT_OK(cr_check_of(c, cr_check_new(c)));
}

/* The task that @change makes of a good one is refused for @reason. */
#define REFUSED(change, reason) do {					\
	struct task_struct *t = cr_check_new(c);			\
									\
	change;								\
	CR_EXPECT_ERR(cr_check_of(c, t), -EOPNOTSUPP, reason);		\
} while (0)

/* And this one isn't. */
#define PASSES(change) do {						\
	struct task_struct *t = cr_check_new(c);			\
									\
	change;								\
	CR_EXPECT_OK(cr_check_of(c, t));				\
} while (0)

#define SHARES_FILES	"shares its descriptor table with a task outside"
#define SHARES_FS	"shares its working directory with a task outside"
#define SHARES_SIGHAND	"shares its signal handlers with a task outside"

static void cr_check_test_relations(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;
	struct completion done;
	LIST_HEAD(other);

	PASSES(list_add_tail(&other, &t->signal->thread_head));
	PASSES(list_add(&other, &t->children));
	REFUSED(list_add(&other, &t->ptraced), "is being traced, or traces");
	REFUSED(t->ptrace = PT_PTRACED, "is being traced, or traces");
	REFUSED(t->vfork_done = &done, "is in the middle of vfork()");
	REFUSED(atomic_inc(&t->files->count), SHARES_FILES);
	REFUSED(t->fs->users++, SHARES_FS);
	REFUSED(refcount_inc(&c->fake->sighand.count), SHARES_SIGHAND);
	/* Clones of the memory are looked for where there may be any. */
	PASSES(set_bit(MMF_MULTIPROCESS, &t->mm->flags));
}

/* A task whose files, directories and handlers @files, @fs and @sighand count. */
static struct task_struct *cr_check_counts(struct cr_check_test *c, int files,
					   int fs, int sighand)
{
	struct task_struct *t = cr_check_new(c);

	atomic_set(&t->files->count, files);
	t->fs->users = fs;
	refcount_set(&c->fake->sighand.count, sighand);
	return t;
}

#define COUNTS(users, ...)						\
	cr_check_shared(c, cr_check_counts(c, __VA_ARGS__), users)

/* What tasks of the tree share among each other is theirs, and no more than that. */
static void cr_check_test_shared(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;

	CR_EXPECT_OK(COUNTS(2, 4, 4, 2));
	CR_EXPECT_OK(COUNTS(5, 10, 10, 5));
	CR_EXPECT_ERR(COUNTS(2, 5, 4, 2), -EOPNOTSUPP, SHARES_FILES);
	CR_EXPECT_ERR(COUNTS(2, 4, 5, 2), -EOPNOTSUPP, SHARES_FS);
	CR_EXPECT_ERR(COUNTS(2, 4, 4, 3), -EOPNOTSUPP, SHARES_SIGHAND);
	CR_EXPECT_ERR(COUNTS(1, 4, 2, 1), -EOPNOTSUPP, SHARES_FILES);
	CR_EXPECT_ERR(COUNTS(1, 2, 4, 1), -EOPNOTSUPP, SHARES_FS);
	CR_EXPECT_ERR(COUNTS(1, 2, 2, 2), -EOPNOTSUPP, SHARES_SIGHAND);
}

#define SPACE "is in a namespace other than the caller's"

static void cr_check_test_namespaces(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;

	REFUSED(t->nsproxy->uts_ns = NULL, SPACE);
	REFUSED(t->nsproxy->ipc_ns = c->ipc, SPACE);
	REFUSED(t->nsproxy->mnt_ns = NULL, SPACE);
	REFUSED(t->nsproxy->net_ns = NULL, SPACE);
	REFUSED(t->nsproxy->cgroup_ns = (struct cgroup_namespace *)c, SPACE);
	REFUSED(t->nsproxy->time_ns = (struct time_namespace *)c, SPACE);
	REFUSED(t->nsproxy->time_ns_for_children = (struct time_namespace *)c, SPACE);
	REFUSED(t->nsproxy->pid_ns_for_children = NULL, SPACE);
	REFUSED(t->thread_pid = NULL, SPACE);
	REFUSED(c->fake->cred.user_ns = NULL, SPACE);
}


static void cr_check_test_state(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;

	PASSES(t->policy = SCHED_FIFO);
	PASSES(t->policy = SCHED_DEADLINE);
	REFUSED(t->policy = SCHED_DEADLINE + 1, "has a scheduling policy that isn't carried");
	REFUSED(set_bit(MMF_HAS_UPROBES, &t->mm->flags), "has uprobes");
	PASSES(t->atomic_flags = BIT(PFA_NO_NEW_PRIVS));
	REFUSED(t->atomic_flags = BIT(PFA_SPEC_SSB_DISABLE),
		"has speculation or cpuset flags of its own");
	REFUSED(t->atomic_flags = BIT(PFA_SPREAD_PAGE),
		"has speculation or cpuset flags of its own");
	REFUSED(t->flags |= PF_MCE_PROCESS, "has a machine check policy of its own");
	REFUSED(t->flags |= PF_MCE_EARLY, "has a machine check policy of its own");
	REFUSED(t->flags |= PF_MEMALLOC_NOIO, "is an I/O flusher");
	REFUSED(t->flags |= PF_LOCAL_THROTTLE, "is an I/O flusher");
	REFUSED(set_task_syscall_work(t, SYSCALL_USER_DISPATCH), "has syscall user dispatch");
}

/* What only some kernels have. */
static void cr_check_test_built_in(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;
	LIST_HEAD(other);

#ifdef CONFIG_AIO
	REFUSED(RCU_INIT_POINTER(t->mm->ioctx_table, (void *)c), "has AIO contexts");
#endif
#ifdef CONFIG_PERF_EVENTS
	REFUSED(list_add(&other, &t->perf_event_list), "has perf events or hardware breakpoints");
	REFUSED(t->perf_event_ctxp = (void *)c, "has perf events or hardware breakpoints");
#endif
#ifdef CONFIG_IO_URING
	REFUSED(t->io_uring = (void *)c, "uses io_uring");
#endif
#ifdef CONFIG_SECCOMP
	REFUSED(t->seccomp.mode = SECCOMP_MODE_STRICT, "has seccomp filters of its own");
#endif
#ifdef CONFIG_SECCOMP_FILTER
	REFUSED(t->seccomp.mode = SECCOMP_MODE_FILTER, "has seccomp filters of its own");
#endif
#ifdef CONFIG_NUMA
	REFUSED(t->mempolicy = (void *)c, "has a NUMA memory policy");
#endif
#ifdef CONFIG_SCHED_CORE
	REFUSED(t->core_cookie = 1, "has a core scheduling cookie");
#endif
#ifdef CONFIG_FUTEX
	REFUSED(list_add(&other, &t->pi_state_list), "holds a priority inheritance futex");
#ifdef CONFIG_COMPAT
	REFUSED(t->compat_robust_list = (void __user *)1, "has a robust list of 32-bit code");
#endif
#endif
#ifdef CONFIG_FAULT_INJECTION
	REFUSED(t->make_it_fail = 1, "is subject to fault injection");
	REFUSED(t->fail_nth = 1, "is subject to fault injection");
#endif
#ifdef CONFIG_USER_EVENTS
	REFUSED(t->user_event_mm = (void *)c, "has user events");
#endif
#ifdef CONFIG_AUDIT
	REFUSED(t->loginuid = KUIDT_INIT(1000), "has audit ids other than the caller's");
	REFUSED(t->sessionid--, "has audit ids other than the caller's");
#endif
}

#ifdef CONFIG_KEYS
static void cr_check_test_keys(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;
	struct key *key = (struct key *)c;

	REFUSED(c->fake->cred.thread_keyring = key, "has a special keyring");
	REFUSED(c->fake->cred.process_keyring = key, "has a special keyring");
	REFUSED(c->fake->cred.request_key_auth = key, "has a special keyring");
	REFUSED(c->fake->cred.session_keyring = key, "has a special keyring");
	PASSES(c->fake->cred.session_keyring = NULL);
}
#endif

#ifdef CONFIG_SYSVIPC
/* Only where segments end with who made them. */
static void cr_check_test_sysvshm(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct task_struct *t = cr_check_new(c);
	struct cr_ctx *ctx = c->ctx;
	LIST_HEAD(segment);

	t->nsproxy->ipc_ns = c->ipc;
	ctx->cur->pin.nsproxy = t->nsproxy;
	c->ipc->shm_rmid_forced = 1;
	KUNIT_EXPECT_FALSE(test, cr_has_sysvshm(ctx, t));
	list_add(&segment, &t->sysvshm.shm_clist);
	KUNIT_EXPECT_TRUE(test, cr_has_sysvshm(ctx, t));
	c->ipc->shm_rmid_forced = 0;
	KUNIT_EXPECT_FALSE(test, cr_has_sysvshm(ctx, t));
	ctx->cur->pin.nsproxy = NULL;
}
#endif

/* Who saves itself has what its parent has. */
static void cr_check_test_reference(struct kunit *test)
{
	struct task_struct *of_other, *of_self, *parent;
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;

	rcu_read_lock();
	of_other = cr_reference(ctx);
	ctx->self = true;
	of_self = cr_reference(ctx);
	parent = rcu_dereference(current->real_parent);
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_EQ(test, of_other, current);
	KUNIT_EXPECT_PTR_EQ(test, of_self, parent);
}

/* All reasons are logged. */
static void cr_check_test_all(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct cr_ctx *ctx = c->ctx;
	struct task_struct *t = cr_check_new(c);

	t->fs->users = 3;
	t->policy = SCHED_DEADLINE + 1;
	t->flags |= PF_MCE_EARLY;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, cr_check_of(c, t));
	KUNIT_EXPECT_EQ(test, 3, ctx->log.nr_errors);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ctx->log.err);
}

/* No reason is given for two things. */
static void cr_check_test_table(struct kunit *test)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(cr_checks); i++) {
		KUNIT_EXPECT_NOT_NULL(test, cr_checks[i].has);
		KUNIT_ASSERT_NOT_NULL(test, cr_checks[i].reason);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_STRNEQ(test, cr_checks[i].reason, cr_checks[k].reason);
	}
}

#ifdef CONFIG_SYSVIPC
static void cr_check_test_sysvsem(struct kunit *test)
{
	struct cr_check_test *c = test->priv;
	struct task_struct *t = cr_check_new(c);
	struct cr_ctx *ctx = c->ctx;

	KUNIT_ASSERT_EQ(test, 0, copy_semundo(CLONE_SYSVSEM, t));
	t->signal->nr_threads = 2;
	CR_EXPECT_OK(cr_check_of(c, t));
	t->signal->nr_threads = 1;
	CR_EXPECT_ERR(cr_check_of(c, t), -EOPNOTSUPP,
		      "shares System V semaphore undo otherwise than threads do");
	exit_sem(t);
	exit_sem(current);
}
#endif

static struct kunit_case cr_check_cases[] = {
	KUNIT_CASE(cr_check_test_nothing),
	KUNIT_CASE(cr_check_test_relations),
	KUNIT_CASE(cr_check_test_shared),
	KUNIT_CASE(cr_check_test_namespaces),
	KUNIT_CASE(cr_check_test_state),
	KUNIT_CASE(cr_check_test_built_in),
#ifdef CONFIG_KEYS
	KUNIT_CASE(cr_check_test_keys),
#endif
#ifdef CONFIG_SYSVIPC
	KUNIT_CASE(cr_check_test_sysvshm),
#endif
	KUNIT_CASE(cr_check_test_reference),
	KUNIT_CASE(cr_check_test_all),
	KUNIT_CASE(cr_check_test_table),
#ifdef CONFIG_SYSVIPC
	KUNIT_CASE(cr_check_test_sysvsem),
#endif
	{}
};

static struct kunit_suite cr_check_suite = {
	.name = "checkpoint_check",
	.init = cr_check_init,
	.test_cases = cr_check_cases,
};

kunit_test_suite(cr_check_suite);
