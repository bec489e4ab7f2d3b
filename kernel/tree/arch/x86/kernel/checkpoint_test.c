// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of the x86 part.
 */
#include <kunit/checkpoint.h>

static int cr_x86_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	KUNIT_ASSERT_NOT_NULL(test, cr_arch_state(ctx));
	test->priv = ctx;
	return 0;
}

/* HEAD_ARCH */

static int cr_x86_read_head(struct kunit *test, struct cr_ctx *ctx,
			    const struct cr_hdr_head_x86 *h)
{
	cr_kunit_feed(test, ctx, CR_HDR_HEAD_ARCH, h, sizeof(*h));
	return cr_arch_read_head(ctx);
}

#define HEAD(member, value)						\
	(h = good, h.member = (value), cr_x86_read_head(test, ctx, &h))
#define VDSO "the vDSO differs from this kernel's"

static void cr_x86_test_head(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_head_x86 good, h;

	cr_fill_head_x86(&good);
	KUNIT_EXPECT_EQ(test, good.xfeatures & XFEATURE_MASK_FPSSE, XFEATURE_MASK_FPSSE);
	KUNIT_EXPECT_EQ(test, good.vdso_size % PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, good.vvar_size % PAGE_SIZE, 0);
	KUNIT_EXPECT_NE(test, good.vvar_size, 0);
	CR_EXPECT_OK(cr_x86_read_head(test, ctx, &good));
	CR_EXPECT_OK(HEAD(xfeatures, ~0ULL));
	CR_EXPECT_ERR(HEAD(vdso_hash, good.vdso_hash ^ 1), -EPROTO, VDSO);
	CR_EXPECT_ERR(HEAD(vdso_size, good.vdso_size + PAGE_SIZE), -EPROTO, VDSO);
	CR_EXPECT_ERR(HEAD(vvar_size, good.vvar_size + PAGE_SIZE), -EPROTO, VDSO);
}

/* MM_CONTEXT */

static int cr_x86_pkeys(struct cr_ctx *ctx, u32 map, s32 exec)
{
	struct cr_hdr_mm_context_x86 h = { .pkey_map = map, .execute_only_pkey = exec };

	return cr_set_pkeys(ctx, &h);
}

static void cr_x86_test_pkeys(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_x86_pkeys(ctx, 0x10000, -1), "bad protection keys, have 0x10000");
	CR_EXPECT_BAD(cr_x86_pkeys(ctx, ~0U, -1), "bad protection keys, have 0xffffffff");
	CR_EXPECT_BAD(cr_x86_pkeys(ctx, 1, -2), "bad protection keys, have 0x1");
	CR_EXPECT_BAD(cr_x86_pkeys(ctx, 1, 16), "bad protection keys, have 0x1");
	if (cpu_feature_enabled(X86_FEATURE_OSPKE))
		return;
	CR_EXPECT_OK(cr_x86_pkeys(ctx, 1, -1));
	CR_EXPECT_ERR(cr_x86_pkeys(ctx, 3, -1), -EPROTO, "this CPU has no protection keys");
}

/* The key of mappings that can only be executed is lent for one mmap(). */
static void cr_x86_test_exec_pkey(struct kunit *test)
{
	struct mm_struct *mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);
	bool built_in = IS_ENABLED(CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS);
	int old;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	cr_arch_swap_exec_pkey(mm, 3);
	old = cr_arch_swap_exec_pkey(mm, 7);
	KUNIT_EXPECT_EQ(test, old, built_in ? 3 : -1);
	old = cr_arch_swap_exec_pkey(mm, old);
	KUNIT_EXPECT_EQ(test, old, built_in ? 7 : -1);
}

static void cr_x86_test_parent(struct kunit *test)
{
	struct cr_hdr_mm_context_x86 h = { .execute_only_pkey = -1 };
	struct cr_ctx *ctx = test->priv;

	cr_kunit_feed(test, ctx, CR_HDR_MM_CONTEXT, &h, sizeof(h));
	CR_EXPECT_BAD(cr_arch_read_mm(ctx, 1), "bad parent, have 0");
}

static int cr_x86_map(struct cr_ctx *ctx, u32 type, u64 start, u64 size, u64 vdso)
{
	struct cr_hdr_vma h = { .start = start, .end = start + size, .type = type };

	cr_arch_state(ctx)->mm.vdso = vdso;
	return cr_arch_map_special(ctx, &h);
}

#define MAP(type, ...) cr_x86_map(ctx, CR_VMA_##type, __VA_ARGS__)

/* The two special mappings: vvar first, the vDSO right behind it, each once. */
static void cr_x86_test_special(struct kunit *test)
{
	const u64 vvar = -vdso_image_64.sym_vvar_start, vdso = vdso_image_64.size;
	struct cr_ctx *ctx = test->priv;
	struct cr_arch_state *s = cr_arch_state(ctx);
	const u64 at = 0x7fff00000000, to = at + vvar;

	CR_EXPECT_OK(cr_arch_finish_mm(ctx));
	CR_EXPECT_BAD(MAP(VDSO, vvar, vdso, vvar), "bad vDSO mapping");
	CR_EXPECT_BAD(MAP(VVAR, at, vvar + PAGE_SIZE, to), "bad vvar mapping");
	CR_EXPECT_OK(MAP(VVAR, at, vvar, to));
	CR_EXPECT_BAD(MAP(VVAR, at, vvar, to), "bad vvar mapping");
	CR_EXPECT_BAD(MAP(VDSO, to + PAGE_SIZE, vdso, to + PAGE_SIZE), "bad vDSO mapping");
	CR_EXPECT_BAD(MAP(VDSO, to, vdso + PAGE_SIZE, to), "bad vDSO mapping");
	CR_EXPECT_BAD(MAP(VDSO, to, vdso, to + PAGE_SIZE), "bad vDSO mapping");
	CR_EXPECT_BAD(cr_arch_finish_mm(ctx), "a vvar mapping without a vDSO");
	s->vdso = to;
	CR_EXPECT_BAD(MAP(VDSO, to, vdso, to), "bad vDSO mapping");
	CR_EXPECT_OK(cr_arch_finish_mm(ctx));
}

/* THREAD and CPU */

static void cr_x86_test_thread(struct kunit *test)
{
	struct cr_hdr_thread_x86 h = {
		.tls = { { 12, 0, 0, 0 }, { 13, 0x1000, 0xfffff, 0x51 }, { 14, 0, 0, 0x28 } },
	};
	struct cr_ctx *ctx = test->priv;
	struct cr_arch_state *s = cr_arch_state(ctx);

	cr_kunit_feed(test, ctx, CR_HDR_THREAD, &h, sizeof(h));
	CR_EXPECT_OK(cr_read_thread(ctx, s));
	KUNIT_EXPECT_TRUE(test, s->has_tls);
	KUNIT_EXPECT_EQ(test, s->tls[1].entry_number, 13);
	KUNIT_EXPECT_EQ(test, s->tls[1].base_addr, 0x1000);
	KUNIT_EXPECT_EQ(test, s->tls[1].limit, 0xfffff);
	KUNIT_EXPECT_TRUE(test, s->tls[1].seg_32bit);
	KUNIT_EXPECT_TRUE(test, s->tls[1].limit_in_pages);
	KUNIT_EXPECT_TRUE(test, s->tls[2].read_exec_only);
	KUNIT_EXPECT_TRUE(test, s->tls[2].seg_not_present);
	memset(&h.tls[1], 0, sizeof(h.tls[1]));
	s->has_tls = false;
	cr_kunit_feed(test, ctx, CR_HDR_THREAD, &h, sizeof(h));
	CR_EXPECT_OK(cr_read_thread(ctx, s));
	KUNIT_EXPECT_FALSE(test, s->has_tls);
}

struct cr_x86_regs {
	u32 note;
	u32 size;
	struct user_regs_struct regs;
};

static int cr_x86_read_regs(struct kunit *test, struct cr_ctx *ctx, u32 note, u32 size)
{
	struct cr_x86_regs r = { .note = note, .size = size, .regs.ip = 0x401000 };

	cr_kunit_feed(test, ctx, CR_HDR_CPU, &r, sizeof(r));
	return cr_read_regs(ctx, cr_arch_state(ctx));
}

static void cr_x86_test_regs(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_x86_read_regs(test, ctx, NT_PRSTATUS, 216));
	KUNIT_EXPECT_EQ(test, cr_arch_state(ctx)->regs.ip, 0x401000);
	CR_EXPECT_BAD(cr_x86_read_regs(test, ctx, NT_PRFPREG, 216),
		      "bad register set, have note 2 size 216");
	CR_EXPECT_BAD(cr_x86_read_regs(test, ctx, NT_PRSTATUS, 208),
		      "bad register set, have note 1 size 208");
	CR_EXPECT_BAD(cr_x86_read_regs(test, ctx, NT_PRSTATUS, ~0U),
		      "bad register set, have note 1 size 4294967295");
}

/* XSTATE */

#define CR_X86_DATA	3072
#define CR_X86_HEAD	(sizeof(struct fxregs_state) + sizeof(struct xstate_header))

/* An XSAVE image whose one component, if any, isn't where this CPU has it. */
struct cr_x86_xstate {
	struct {
		u64 xfeatures;
		u32 size;
		u32 nr_comp;
	} h;
	struct cr_xcomp comp[2];
	u8 data[CR_X86_DATA];
};

struct cr_x86_test {
	struct cr_xcomp mine;
	struct cr_x86_xstate image;
	u8 out[CR_X86_DATA];
};

/* A component that this CPU has, and behind it one that no CPU has. */
static struct cr_x86_test *cr_x86_new(struct kunit *test)
{
	struct cr_x86_test *x = kunit_kzalloc(test, sizeof(*x), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, x);
	if (!cr_xcomps(cr_user_xfeatures() & XFEATURE_MASK_YMM, &x->mine))
		kunit_skip(test, "this CPU has no AVX");
	return x;
}

static struct cr_x86_xstate *cr_x86_fill(struct cr_x86_test *x)
{
	struct cr_x86_xstate *i = &x->image;

	i->h.xfeatures = XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM;
	i->h.size = CR_X86_DATA;
	i->h.nr_comp = 2;
	i->comp[0] = (struct cr_xcomp){ 2, 1024, x->mine.size, 0 };
	i->comp[1] = (struct cr_xcomp){ 62, 2048, 64, 0 };
	memset(i->data, 0x11, 1024);
	memset(i->data + 1024, 0x22, 1024);
	memset(i->data + 2048, 0x33, 1024);
	memcpy(i->data + XSAVE_HDR_OFFSET, &i->h.xfeatures, sizeof(u64));
	return i;
}

static int cr_x86_relay_to(struct cr_ctx *ctx, struct cr_x86_test *x, size_t size)
{
	struct cr_arch_state s = { .xstate = x->out, .xsize = size };
	struct cr_rec rec = {
		.type = CR_HDR_XSTATE, .len = sizeof(x->image), .data = &x->image,
	};

	memset(x->out, 0, sizeof(x->out));
	return cr_relay_xstate(ctx, &rec, &s);
}

static int cr_x86_relay(struct cr_ctx *ctx, struct cr_x86_test *x)
{
	return cr_x86_relay_to(ctx, x, sizeof(x->out));
}

/* Components go to where this CPU has them, and nothing else goes anywhere. */
static void cr_x86_test_relay(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_x86_test *x = cr_x86_new(test);
	u32 end = x->mine.offset + x->mine.size;

	cr_x86_fill(x);
	KUNIT_ASSERT_GE(test, x->mine.offset, CR_X86_HEAD);
	KUNIT_ASSERT_LE(test, end, sizeof(x->out));
	CR_EXPECT_OK(cr_x86_relay_to(ctx, x, end));
	CR_EXPECT_ERR(cr_x86_relay_to(ctx, x, end - 1), -EPROTO, "the size of AVX differs");
	CR_EXPECT_OK(cr_x86_relay(ctx, x));
	KUNIT_EXPECT_MEMEQ(test, x->out, x->image.data, CR_X86_HEAD);
	KUNIT_EXPECT_NULL(test, memchr_inv(x->out + CR_X86_HEAD, 0, x->mine.offset - CR_X86_HEAD));
	KUNIT_EXPECT_NULL(test, memchr_inv(x->out + x->mine.offset, 0x22, x->mine.size));
	KUNIT_EXPECT_NULL(test, memchr_inv(x->out + end, 0, sizeof(x->out) - end));
	/* One that is in its initial state is left so. */
	x->image.h.xfeatures = XFEATURE_MASK_FPSSE;
	memcpy(x->image.data + XSAVE_HDR_OFFSET, &x->image.h.xfeatures, sizeof(u64));
	CR_EXPECT_OK(cr_x86_relay(ctx, x));
	KUNIT_EXPECT_NULL(test, memchr_inv(x->out + CR_X86_HEAD, 0, sizeof(x->out) - CR_X86_HEAD));
}

#define XSTATE(member, value)						\
	(i = cr_x86_fill(x), (*i).member = (value), cr_x86_relay(ctx, x))
/* The same with what is in use, which is in there twice. */
#define XFEATURES(value)						\
	(i = cr_x86_fill(x), i->h.xfeatures = (value),			\
	 memcpy(i->data + XSAVE_HDR_OFFSET, &i->h.xfeatures, sizeof(u64)), \
	 cr_x86_relay(ctx, x))

static void cr_x86_test_bad_xstate(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_x86_test *x = cr_x86_new(test);
	struct cr_x86_xstate *i;

	CR_EXPECT_OK(XSTATE(h.nr_comp, 2));
	CR_EXPECT_OK(XSTATE(comp[1].size, CR_X86_DATA - 2048));
	CR_EXPECT_BAD(XSTATE(h.size, CR_X86_HEAD - 8), "bad FPU state of 568 bytes");
	CR_EXPECT_BAD(XSTATE(h.size, 0), "bad FPU state of 0 bytes");
	CR_EXPECT_BAD(XSTATE(h.size, CR_X86_DATA - 1), "bad FPU state of 3071 bytes");
	CR_EXPECT_BAD(XSTATE(h.xfeatures, 3), "bad FPU state of 3072 bytes");
	CR_EXPECT_BAD(XSTATE(comp[0].id, 1), "bad component 1");
	CR_EXPECT_BAD(XSTATE(comp[0].id, 0), "bad component 0");
	CR_EXPECT_BAD(XSTATE(comp[0].id, 62), "bad component 62");
	CR_EXPECT_BAD(XSTATE(comp[0].__reserved, 1), "bad component 2");
	CR_EXPECT_BAD(XSTATE(comp[0].offset, CR_X86_DATA + 1), "bad component 2");
	CR_EXPECT_BAD(XSTATE(comp[0].offset, CR_X86_DATA - 8), "bad component 2");
	CR_EXPECT_BAD(XSTATE(comp[0].offset, ~0U), "bad component 2");
	CR_EXPECT_BAD(XSTATE(comp[0].size, ~0U), "bad component 2");
	CR_EXPECT_ERR(XSTATE(comp[0].size, x->mine.size + 8), -EPROTO, "the size of AVX differs");
	CR_EXPECT_ERR(XSTATE(comp[0].size, 0), -EPROTO, "the size of AVX differs");
	CR_EXPECT_BAD(XSTATE(comp[1].id, 2), "bad component 2");
	CR_EXPECT_BAD(XSTATE(comp[1].id, 64), "bad component 64");
	CR_EXPECT_BAD(XSTATE(comp[1].id, ~0U), "bad component 4294967295");
	CR_EXPECT_BAD(XSTATE(comp[1].size, CR_X86_DATA - 2047), "bad component 62");
}

/* What is in use has to be there. */
static void cr_x86_test_xfeatures(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_x86_test *x = cr_x86_new(test);
	struct cr_x86_xstate *i;

	CR_EXPECT_OK(XFEATURES(0));
	CR_EXPECT_OK(XFEATURES(7));
	CR_EXPECT_BAD(XFEATURES(15), "bad xfeatures, have 0xf");
	CR_EXPECT_BAD(XFEATURES(7 | 1ULL << 63), "bad xfeatures, have 0x8000000000000007");
	CR_EXPECT_ERR(XFEATURES(7 | 1ULL << 62), -EPROTO,
		      "this CPU lacks an unknown feature, which is in use");
}

static int cr_x86_read_xstate(struct kunit *test, struct cr_ctx *ctx,
			      struct cr_x86_test *x, u32 nr_comp, u32 size, size_t cut)
{
	struct cr_arch_state *s = cr_arch_state(ctx);

	cr_x86_fill(x);
	x->image.h.nr_comp = nr_comp;
	x->image.h.size = size;
	/* Where the header would be behind 65 components. */
	memcpy(x->image.data + 63 * sizeof(struct cr_xcomp) + XSAVE_HDR_OFFSET,
	       &x->image.h.xfeatures, sizeof(u64));
	cr_kunit_feed(test, ctx, CR_HDR_XSTATE, &x->image, sizeof(x->image) - cut);
	kvfree(s->xstate);
	s->xstate = NULL;
	return cr_read_xstate(ctx, s);
}

/* The record is as long as its two parts. */
static void cr_x86_test_read_xstate(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_x86_test *x = cr_x86_new(test);
	struct cr_arch_state *s = cr_arch_state(ctx);

	CR_EXPECT_OK(cr_x86_read_xstate(test, ctx, x, 2, 3072, 0));
	KUNIT_EXPECT_MEMEQ(test, s->xstate, x->image.data, CR_X86_HEAD);
	KUNIT_EXPECT_NULL(test, memchr_inv(s->xstate + x->mine.offset, 0x22, 64));
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, 2, 3072, 8), "bad FPU state of 3072 bytes");
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, 2, 3064, 0), "bad FPU state of 3064 bytes");
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, 1, 3072, 0), "bad FPU state of 3072 bytes");
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, 65, 2064, 0), "bad FPU state of 2064 bytes");
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, ~0U, 16, 0), "bad FPU state of 16 bytes");
	CR_EXPECT_BAD(cr_x86_read_xstate(test, ctx, x, 0, ~0U, 0),
		      "bad FPU state of 4294967295 bytes");
}

static void cr_x86_test_xcomps(struct kunit *test)
{
	struct cr_xcomp *comp = kunit_kcalloc(test, CR_XCOMP_MAX, sizeof(*comp), GFP_KERNEL);
	u64 seen = XFEATURE_MASK_FPSSE;
	unsigned int i, n;

	KUNIT_ASSERT_NOT_NULL(test, comp);
	KUNIT_EXPECT_EQ(test, cr_xcomps(0, comp), 0);
	KUNIT_EXPECT_EQ(test, cr_xcomps(XFEATURE_MASK_FPSSE, comp), 0);
	n = cr_xcomps(cr_user_xfeatures(), comp);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_NE(test, comp[i].size, 0);
		KUNIT_EXPECT_GE(test, comp[i].offset, CR_X86_HEAD);
		if (i)
			KUNIT_EXPECT_GT(test, comp[i].id, comp[i - 1].id);
		seen |= BIT_ULL(comp[i].id);
	}
	KUNIT_EXPECT_EQ(test, seen, cr_user_xfeatures() | XFEATURE_MASK_FPSSE);
	KUNIT_EXPECT_STREQ(test, cr_xfeature_name(2), "AVX");
	KUNIT_EXPECT_STREQ(test, cr_xfeature_name(9), "protection keys");
	KUNIT_EXPECT_STREQ(test, cr_xfeature_name(10), "an unknown feature");
	KUNIT_EXPECT_STREQ(test, cr_xfeature_name(~0U), "an unknown feature");
}

/* Interrupted calls */

static long cr_x86_mend(unsigned long nr, long ax)
{
	struct pt_regs regs = { .orig_ax = nr, .ax = ax };

	cr_arch_mend_interrupted(&regs);
	return regs.ax;
}

static void cr_x86_test_mend(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_eintr_calls); i++) {
		KUNIT_EXPECT_EQ(test, cr_x86_mend(cr_eintr_calls[i], -EINTR), -ERESTARTNOHAND);
		KUNIT_EXPECT_EQ(test, cr_x86_mend(cr_eintr_calls[i], 0), 0);
		KUNIT_EXPECT_EQ(test, cr_x86_mend(cr_eintr_calls[i], -EAGAIN), -EAGAIN);
	}
	KUNIT_EXPECT_EQ(test, cr_x86_mend(__NR_epoll_wait, -ERESTARTSYS), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, cr_x86_mend(__NR_pause, -EINTR), -EINTR);
	KUNIT_EXPECT_EQ(test, cr_x86_mend(__NR_close, -EINTR), -EINTR);
	KUNIT_EXPECT_EQ(test, cr_x86_mend(-1UL, -EINTR), -EINTR);
}

/* State of a thread that is refused */

static struct task_struct *cr_x86_task(struct kunit *test)
{
	struct task_struct *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->stack = kunit_kzalloc(test, THREAD_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->stack);
	task_pt_regs(t)->cs = __USER_CS;
	return t;
}

#define REFUSED(change, reason) do {					\
	struct task_struct *t = cr_x86_task(test);			\
									\
	change;								\
	CR_EXPECT_ERR(cr_arch_check_task(ctx, t), -EOPNOTSUPP, reason);	\
} while (0)

#define AMX "may use dynamic CPU features (AMX)"

static void cr_x86_test_refused(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_arch_check_task(ctx, cr_x86_task(test)));
	REFUSED(task_pt_regs(t)->cs = __USER32_CS, "is a 32-bit task");
	REFUSED(set_tsk_thread_flag(t, TIF_ADDR32), "is a 32-bit task");
	REFUSED(task_thread_info(t)->status |= TS_COMPAT, "is in a 32-bit system call");
	REFUSED(t->thread.io_bitmap = (void *)t, "has access to I/O ports");
	REFUSED(t->thread.iopl_emul = 3, "has access to I/O ports");
	REFUSED(t->thread.ptrace_bps[0] = (void *)t, "has hardware breakpoints");
	REFUSED(t->thread.ptrace_bps[HBP_NUM - 1] = (void *)t, "has hardware breakpoints");
	REFUSED(set_tsk_thread_flag(t, TIF_NOTSC), "can't read the time stamp counter");
	REFUSED(set_tsk_thread_flag(t, TIF_NOCPUID), "can't execute CPUID");
	REFUSED(set_tsk_thread_flag(t, TIF_SPEC_L1D_FLUSH), "has PR_SPEC_L1D_FLUSH");
	REFUSED(t->thread.fpu.perm.__state_perm = XFEATURE_MASK_XTILE_DATA, AMX);
	REFUSED(t->thread.fpu.guest_perm.__state_perm = XFEATURE_MASK_XTILE_DATA, AMX);
#ifdef CONFIG_X86_USER_SHADOW_STACK
	REFUSED(t->thread.features = 1, "has a shadow stack");
	REFUSED(t->thread.features_locked = 1, "has a shadow stack");
#endif
}

static void cr_x86_test_refused_mm(struct kunit *test)
{
	struct mm_struct *mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);
	struct cr_ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	CR_EXPECT_OK(cr_arch_check_mm(ctx, mm));
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	mm->context.ldt = (struct ldt_struct *)mm;
	CR_EXPECT_ERR(cr_arch_check_mm(ctx, mm), -EOPNOTSUPP, "has a local descriptor table");
	mm->context.ldt = NULL;
#endif
#ifdef CONFIG_ADDRESS_MASKING
	mm->context.lam_cr3_mask = X86_CR3_LAM_U57;
	CR_EXPECT_ERR(cr_arch_check_mm(ctx, mm), -EOPNOTSUPP, "has linear address masking");
	mm->context.lam_cr3_mask = 0;
	set_bit(MM_CONTEXT_FORCE_TAGGED_SVA, &mm->context.flags);
	CR_EXPECT_ERR(cr_arch_check_mm(ctx, mm), -EOPNOTSUPP, "has linear address masking");
#endif
}

static struct kunit_case cr_x86_cases[] = {
	KUNIT_CASE(cr_x86_test_head),
	KUNIT_CASE(cr_x86_test_pkeys),
	KUNIT_CASE(cr_x86_test_exec_pkey),
	KUNIT_CASE(cr_x86_test_parent),
	KUNIT_CASE(cr_x86_test_special),
	KUNIT_CASE(cr_x86_test_thread),
	KUNIT_CASE(cr_x86_test_regs),
	KUNIT_CASE(cr_x86_test_relay),
	KUNIT_CASE(cr_x86_test_bad_xstate),
	KUNIT_CASE(cr_x86_test_xfeatures),
	KUNIT_CASE(cr_x86_test_read_xstate),
	KUNIT_CASE(cr_x86_test_xcomps),
	KUNIT_CASE(cr_x86_test_mend),
	KUNIT_CASE(cr_x86_test_refused),
	KUNIT_CASE(cr_x86_test_refused_mm),
	{}
};

static struct kunit_suite cr_x86_suite = {
	.name = "checkpoint_x86",
	.init = cr_x86_init,
	.test_cases = cr_x86_cases,
};

kunit_test_suite(cr_x86_suite);
