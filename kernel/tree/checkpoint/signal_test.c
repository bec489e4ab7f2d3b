// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of signal.c.
 */
#include <kunit/checkpoint.h>

static int cr_signal_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* SIGKILL and SIGSTOP are never blocked. */
static void cr_signal_test_sigset(struct kunit *test)
{
	sigset_t set;

	cr_sigset_restore(&set, 0);
	KUNIT_EXPECT_EQ(test, cr_sigset_save(&set), 0);
	cr_sigset_restore(&set, sigmask(SIGHUP) | sigmask(64));
	KUNIT_EXPECT_EQ(test, cr_sigset_save(&set), 1ULL << 63 | 1);
	cr_sigset_restore(&set, ~0ULL);
	KUNIT_EXPECT_EQ(test, cr_sigset_save(&set), ~(1ULL << 8 | 1ULL << 18));
	KUNIT_EXPECT_FALSE(test, sigismember(&set, SIGKILL));
	KUNIT_EXPECT_FALSE(test, sigismember(&set, SIGSTOP));
	KUNIT_EXPECT_TRUE(test, sigismember(&set, SIGTERM));
}

/* SIGMASK */

static int cr_signal_read(struct kunit *test, struct cr_ctx *ctx,
			  const struct cr_hdr_sigmask *h)
{
	static const u32 umask = 022;

	cr_kunit_stream(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, cr_write_obj(ctx, CR_HDR_SIGMASK, 0, h, sizeof(*h)));
	KUNIT_ASSERT_EQ(test, 0, cr_write_obj2(ctx, CR_HDR_FS, 0, NULL, 0, &umask, sizeof(umask)));
	KUNIT_ASSERT_EQ(test, 0, cr_flush(ctx));
	cr_kunit_rewind(ctx);
	return cr_read_signals(ctx);
}

#define MASK(member, value)						\
	(h = good, h.member = (value), cr_signal_read(test, ctx, &h))

static void cr_signal_test_sigmask(struct kunit *test)
{
	const struct cr_hdr_sigmask good = {
		.blocked = 0x1234,
		.ss_sp = 0x7f0000000000,
		.ss_size = 8192,
	};
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_sigmask h;

	CR_EXPECT_OK(cr_signal_read(test, ctx, &good));
	KUNIT_EXPECT_MEMEQ(test, &ctx->cur->state.sigmask, &good, sizeof(good));
	CR_EXPECT_OK(MASK(flags, CR_SIGMASK_F_SAVED));
	CR_EXPECT_OK(MASK(ss_flags, SS_DISABLE));
	CR_EXPECT_OK(MASK(ss_flags, SS_ONSTACK | SS_AUTODISARM));
	CR_EXPECT_OK(MASK(ss_size, 0));
	CR_EXPECT_OK(MASK(ss_size, MINSIGSTKSZ));
	CR_EXPECT_OK(MASK(ss_size, ~0ULL));
	CR_EXPECT_OK(MASK(ss_sp, ~0ULL));
	CR_EXPECT_BAD(MASK(flags, 2), "bad flags, have 0x2");
	CR_EXPECT_BAD(MASK(flags, 1U << 31), "bad flags, have 0x80000000");
	CR_EXPECT_BAD(MASK(ss_flags, 4), "bad stack flags, have 0x4");
	CR_EXPECT_BAD(MASK(ss_flags, 1U << 30), "bad stack flags, have 0x40000000");
	CR_EXPECT_BAD(MASK(ss_size, 1), "bad stack size, have 0x1");
	CR_EXPECT_BAD(MASK(ss_size, MINSIGSTKSZ - 1), "bad stack size, have 0x7ff");
}

/* SIGINFO */

static struct cr_hdr_siginfo cr_signal_info(u32 signo, u32 flags, int si_signo)
{
	struct cr_hdr_siginfo h = { .signo = signo, .flags = flags };
	kernel_siginfo_t info = { .si_signo = si_signo, .si_code = SI_QUEUE };

	cr_fill_siginfo(&h, &info);
	return h;
}

static int cr_signal_read_info(struct kunit *test, struct cr_ctx *ctx, u32 signo,
			       u32 flags, int si_signo)
{
	struct cr_hdr_siginfo h = cr_signal_info(signo, flags, si_signo);

	cr_kunit_feed(test, ctx, CR_HDR_SIGINFO, &h, sizeof(h));
	return cr_read_siginfo(ctx);
}

#define INFO(...) cr_signal_read_info(test, ctx, __VA_ARGS__)

static void cr_signal_test_siginfo(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(INFO(SIGUSR1, 0, SIGUSR1));
	CR_EXPECT_OK(INFO(SIGUSR1, CR_SIGINFO_F_SHARED, SIGUSR1));
	CR_EXPECT_OK(INFO(SIGUSR1, CR_SIGINFO_F_NOINFO, 0));
	CR_EXPECT_OK(INFO(1, 0, 1));
	CR_EXPECT_OK(INFO(64, CR_SIGINFO_F_SHARED | CR_SIGINFO_F_NOINFO, 64));
	CR_EXPECT_OK(INFO(SIGSTOP, 0, SIGSTOP));
	CR_EXPECT_BAD(INFO(0, 0, 0), "bad signal, have 0");
	CR_EXPECT_BAD(INFO(65, 0, 65), "bad signal, have 65");
	CR_EXPECT_BAD(INFO(~0U, 0, -1), "bad signal, have 4294967295");
	CR_EXPECT_BAD(INFO(SIGKILL, 0, SIGKILL), "bad signal, have 9");
	CR_EXPECT_BAD(INFO(SIGUSR1, 8, SIGUSR1), "bad signal, have 10");
	CR_EXPECT_BAD(INFO(SIGUSR1, CR_SIGINFO_F_TIMER, SIGUSR1), "bad signal of timer 0");
	CR_EXPECT_BAD(INFO(64, CR_SIGINFO_F_ALL, 64), "bad flags, have 0x7");
	CR_EXPECT_BAD(INFO(SIGUSR1, 0, SIGUSR2), "bad si_signo, have 12");
	CR_EXPECT_BAD(INFO(SIGUSR1, 0, SIGKILL), "bad si_signo, have 9");
	CR_EXPECT_BAD(INFO(SIGUSR1, CR_SIGINFO_F_SHARED, 0), "bad si_signo, have 0");
}

/* Where no siginfo was kept, nothing of the record's gets in. */
static void cr_signal_test_noinfo(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	kernel_siginfo_t want;
	struct cr_siginfo *c;

	CR_EXPECT_OK(INFO(SIGUSR1, CR_SIGINFO_F_NOINFO, SIGUSR2));
	c = list_last_entry(&ctx->cur->state.siginfo, struct cr_siginfo, list);
	clear_siginfo(&want);
	want.si_signo = SIGUSR1;
	KUNIT_EXPECT_MEMEQ(test, &c->info, &want, sizeof(want));
}

static void cr_signal_test_padding(struct kunit *test)
{
	struct cr_hdr_siginfo h = cr_signal_info(SIGUSR1, 0, SIGUSR1);
	struct cr_ctx *ctx = test->priv;

	h.info[sizeof(kernel_siginfo_t)] = 1;
	cr_kunit_feed(test, ctx, CR_HDR_SIGINFO, &h, sizeof(h));
	CR_EXPECT_BAD(cr_read_siginfo(ctx), "bad padding");
	h.info[sizeof(kernel_siginfo_t)] = 0;
	h.info[sizeof(h.info) - 1] = 1;
	cr_kunit_feed(test, ctx, CR_HDR_SIGINFO, &h, sizeof(h));
	CR_EXPECT_BAD(cr_read_siginfo(ctx), "bad padding");
}

/* All that are pending, in their order, up to the next record of another type. */
static void cr_signal_test_order(struct kunit *test)
{
	static const u32 signo[] = { 34, 10, 34, 12 };
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_sigmask mask = { 0 };
	struct cr_hdr_siginfo h;
	struct cr_siginfo *c;
	struct cr_rec next;
	unsigned int i;

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_obj(ctx, CR_HDR_SIGMASK, 0, &mask, sizeof(mask)));
	for (i = 0; i < ARRAY_SIZE(signo); i++) {
		h = cr_signal_info(signo[i], 0, signo[i]);
		CR_EXPECT_OK(cr_write_obj(ctx, CR_HDR_SIGINFO, 0, &h, sizeof(h)));
	}
	CR_EXPECT_OK(cr_emit(ctx, CR_HDR_MM, 0, &h, sizeof(h)));
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_read_signals(ctx));
	i = 0;
	list_for_each_entry(c, &ctx->cur->state.siginfo, list)
		KUNIT_EXPECT_EQ(test, c->signo, signo[i++]);
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(signo));
	CR_EXPECT_OK(cr_peek(ctx, &next));
	KUNIT_EXPECT_EQ(test, next.type, CR_HDR_MM);
}

/* A pending signal comes back as it was, but for the one that ends the task. */
static void cr_signal_test_emit(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_siginfo c = { .signo = 40, .flags = CR_SIGINFO_F_SHARED }, *r;

	clear_siginfo(&c.info);
	c.info.si_signo = 40;
	c.info.si_code = SI_QUEUE;
	c.info.si_int = 0x12345678;
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_emit_siginfo(ctx, &c));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_read_siginfo(ctx));
	r = list_last_entry(&ctx->cur->state.siginfo, struct cr_siginfo, list);
	KUNIT_EXPECT_EQ(test, r->signo, c.signo);
	KUNIT_EXPECT_EQ(test, r->flags, c.flags);
	KUNIT_EXPECT_MEMEQ(test, &r->info, &c.info, sizeof(c.info));
	c.signo = SIGKILL;
	CR_EXPECT_ERR(cr_emit_siginfo(ctx, &c), -ESRCH, "is being killed");
}

/* SIGHAND: the task that the test runs in gets the dispositions. */

static int cr_signal_read_sighand(struct kunit *test, struct cr_ctx *ctx,
				  const struct cr_hdr_sighand *h)
{
	cr_kunit_feed(test, ctx, CR_HDR_SIGHAND, h, sizeof(*h));
	return cr_read_sighand(ctx);
}

static void cr_signal_test_sighand(struct kunit *test)
{
	struct cr_hdr_sighand *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	struct cr_ctx *ctx = test->priv;
	struct sighand_struct *mine = rcu_dereference_protected(current->sighand, 1);
	struct k_sigaction *ka = &mine->action[SIGUSR1 - 1];
	unsigned int users = refcount_read(&mine->count);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->objref = 1;
	h->action[SIGUSR1 - 1] = (struct cr_sigaction){
		.handler = 0x401000, .flags = SA_RESTART | SA_SIGINFO,
		.restorer = 0x402000, .mask = ~0ULL,
	};
	CR_EXPECT_OK(cr_signal_read_sighand(test, ctx, h));
	KUNIT_EXPECT_EQ(test, (unsigned long)ka->sa.sa_handler, 0x401000);
	KUNIT_EXPECT_EQ(test, ka->sa.sa_flags & SA_RESTART, SA_RESTART);
	KUNIT_EXPECT_EQ(test, cr_sigset_save(&ka->sa.sa_mask), ~(1ULL << 8 | 1ULL << 18));
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur->sighand, mine);
	KUNIT_EXPECT_EQ(test, refcount_read(&mine->count), users + 1);
	h->objref = 2;
	CR_EXPECT_BAD(cr_signal_read_sighand(test, ctx, h), "bad or second set of signal handlers");
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, refcount_read(&mine->count), users);
}

/* Threads have those of their process, and each process its own. */
static void cr_signal_test_thread(struct kunit *test)
{
	struct cr_hdr_sighand *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	struct cr_ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->objref = 1;
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	CR_EXPECT_BAD(cr_signal_read_sighand(test, ctx, h), "bad or second set of signal handlers");
	ctx->cur = ctx->root;
	CR_EXPECT_OK(cr_signal_read_sighand(test, ctx, h));
	ctx->cur = cr_kunit_task(test, ctx, 44, NULL);
	h->objref = 2;
	CR_EXPECT_OK(cr_signal_read_sighand(test, ctx, h));
	ctx->cur = ctx->root;
}

static void cr_signal_test_bad_sighand(struct kunit *test)
{
	struct cr_hdr_sighand *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	struct sighand_struct *mine = rcu_dereference_protected(current->sighand, 1);
	struct cr_ctx *ctx = test->priv;
	unsigned int users;

	KUNIT_ASSERT_NOT_NULL(test, h);
#define HAND(member, value)						\
	(cr_kunit_forget(ctx), memset(h, 0, sizeof(*h)), h->objref = 1, \
	 (*h).member = (value), cr_signal_read_sighand(test, ctx, h))
	CR_EXPECT_OK(HAND(objref, 1));
	CR_EXPECT_BAD(HAND(__reserved, 1), "bad or second set of signal handlers");
	users = refcount_read(&mine->count);
	CR_EXPECT_BAD(HAND(objref, 2), "bad objref, have 2, want 1");
	/* Those that weren't entered aren't held. */
	KUNIT_EXPECT_EQ(test, refcount_read(&mine->count), users);
	CR_EXPECT_BAD(HAND(action[SIGKILL - 1].handler, 1), "bad handler of signal 9");
	CR_EXPECT_BAD(HAND(action[SIGSTOP - 1].handler, 0x401000), "bad handler of signal 19");
#undef HAND
}

static struct kunit_case cr_signal_cases[] = {
	KUNIT_CASE(cr_signal_test_sigset),
	KUNIT_CASE(cr_signal_test_sigmask),
	KUNIT_CASE(cr_signal_test_siginfo),
	KUNIT_CASE(cr_signal_test_noinfo),
	KUNIT_CASE(cr_signal_test_padding),
	KUNIT_CASE(cr_signal_test_order),
	KUNIT_CASE(cr_signal_test_emit),
	KUNIT_CASE(cr_signal_test_sighand),
	KUNIT_CASE(cr_signal_test_thread),
	KUNIT_CASE(cr_signal_test_bad_sighand),
	{}
};

static struct kunit_suite cr_signal_suite = {
	.name = "checkpoint_signal",
	.init = cr_signal_init,
	.test_cases = cr_signal_cases,
};

kunit_test_suite(cr_signal_suite);
