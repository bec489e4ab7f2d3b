// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of mem.c.
 */
#include <kunit/checkpoint.h>
#include <kunit/resource.h>
#include <linux/shmem_fs.h>

static int cr_mem_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* Flags of mappings */

/* Each flag is one bit, here and in an image, and no two are the same. */
static void cr_mem_test_flag_table(struct kunit *test)
{
	vm_flags_t vm = 0;
	u64 cr = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_vma_flags); i++) {
		KUNIT_EXPECT_EQ(test, hweight64(cr_vma_flags[i].vm), 1);
		KUNIT_EXPECT_EQ(test, hweight32(cr_vma_flags[i].cr), 1);
		KUNIT_EXPECT_EQ(test, vm & cr_vma_flags[i].vm, 0);
		KUNIT_EXPECT_EQ(test, cr & cr_vma_flags[i].cr, 0);
		vm |= cr_vma_flags[i].vm;
		cr |= cr_vma_flags[i].cr;
	}
	KUNIT_EXPECT_EQ(test, cr | CR_VMA_F_NAMED | CR_VMA_F_SEALED, CR_VMA_F_ALL);
	KUNIT_EXPECT_EQ(test, vm & CR_VMA_DERIVED, 0);
}

/* The other way round: what the kernel has for flags of an image. */
static vm_flags_t cr_mem_flags_load(u64 flags)
{
	vm_flags_t ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_vma_flags); i++)
		if (flags & cr_vma_flags[i].cr)
			ret |= cr_vma_flags[i].vm;
	return ret;
}

/* A flag of a mapping is carried, follows from others, or is left for refusal. */
static void cr_mem_test_flags_save(struct kunit *test)
{
	const vm_flags_t carried = cr_mem_flags_load(CR_VMA_F_ALL);
	vm_flags_t rest, vm;
	unsigned int i;
	u64 cr;

	for (i = 0; i < BITS_PER_LONG; i++) {
		vm = 1UL << i;
		cr = cr_vma_flags_save(vm, &rest);
		KUNIT_EXPECT_EQ_MSG(test, cr_mem_flags_load(cr), vm & carried, "bit %u", i);
		KUNIT_EXPECT_EQ_MSG(test, rest, vm & ~carried & ~CR_VMA_DERIVED, "bit %u", i);
		KUNIT_EXPECT_EQ_MSG(test, cr & ~(u64)CR_VMA_F_ALL, 0, "bit %u", i);
	}
	cr = cr_vma_flags_save(~0UL, &rest);
	KUNIT_EXPECT_EQ(test, cr, CR_VMA_F_ALL & ~(CR_VMA_F_NAMED | CR_VMA_F_SEALED));
	KUNIT_EXPECT_EQ(test, rest, ~carried & ~CR_VMA_DERIVED);
	KUNIT_EXPECT_EQ(test, cr_vma_flags_save(0, &rest), 0);
	KUNIT_EXPECT_EQ(test, rest, 0);
}

/* What must never be taken for carried or derived. */
static void cr_mem_test_flags_refused(struct kunit *test)
{
	static const vm_flags_t refused[] = {
		VM_SHARED, VM_IO, VM_PFNMAP, VM_MIXEDMAP, VM_HUGETLB, VM_DONTEXPAND,
		VM_SYNC, VM_UFFD_MISSING, VM_UFFD_WP, VM_UFFD_MINOR,
	};
	vm_flags_t rest;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		cr_vma_flags_save(refused[i] | VM_READ, &rest);
		KUNIT_EXPECT_EQ_MSG(test, rest, refused[i], "entry %u", i);
	}
}

/* Somebody at restart sees to each flag of an image. */
static void cr_mem_test_flags_restored(struct kunit *test)
{
	u64 seen = CR_VMA_F_LOCKED | CR_VMA_F_LOCKONFAULT | CR_VMA_F_NAMED |
		   CR_VMA_F_ACCOUNT | CR_VMA_F_SEALED;
	struct cr_hdr_vma h = { .type = CR_VMA_ANON };
	const unsigned long none = cr_vma_map_flags(&h);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr_advices); i++) {
		KUNIT_EXPECT_EQ(test, seen & cr_advices[i].flag, 0);
		seen |= cr_advices[i].flag;
	}
	for (h.flags = 1; h.flags <= CR_VMA_F_ALL; h.flags <<= 1) {
		bool made = cr_vma_prot(h.flags) || cr_vma_map_flags(&h) != none;

		KUNIT_EXPECT_NE_MSG(test, made, !!(seen & h.flags), "flag 0x%llx", h.flags);
	}
}

static unsigned long cr_mem_map_flags(u32 type, u64 flags)
{
	struct cr_hdr_vma h = { .type = type, .flags = flags };

	return cr_vma_map_flags(&h);
}

static void cr_mem_test_mmap_args(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cr_vma_prot(0), PROT_NONE);
	KUNIT_EXPECT_EQ(test, cr_vma_prot(CR_VMA_F_READ), PROT_READ);
	KUNIT_EXPECT_EQ(test, cr_vma_prot(CR_VMA_F_WRITE), PROT_WRITE);
	KUNIT_EXPECT_EQ(test, cr_vma_prot(CR_VMA_F_EXEC), PROT_EXEC);
	KUNIT_EXPECT_EQ(test, cr_vma_prot(CR_VMA_F_ALL), PROT_READ | PROT_WRITE | PROT_EXEC);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_ANON, 0),
			MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_FILE, CR_VMA_F_WRITE),
			MAP_FIXED_NOREPLACE | MAP_PRIVATE);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_FILE, CR_VMA_F_MAYSHARE),
			MAP_FIXED_NOREPLACE | MAP_SHARED);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_SHMEM, CR_VMA_F_MAYSHARE | CR_VMA_F_SEALED),
			MAP_FIXED_NOREPLACE | MAP_SHARED);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_ANON, CR_VMA_F_GROWSDOWN),
			MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN);
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_ANON, CR_VMA_F_NORESERVE),
			MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	/* One that is charged nevertheless can't be made by mmap() alone. */
	KUNIT_EXPECT_EQ(test, cr_mem_map_flags(CR_VMA_ANON, CR_VMA_F_NORESERVE | CR_VMA_F_ACCOUNT),
			MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS);
}

static bool cr_mem_charge(u64 flags)
{
	struct cr_hdr_vma h = { .flags = flags };

	return cr_charge_extra(&h);
}

/* Charged here is what mmap() wouldn't charge. */
static void cr_mem_test_charge(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, cr_mem_charge(0));
	KUNIT_EXPECT_FALSE(test, cr_mem_charge(CR_VMA_F_WRITE));
	KUNIT_EXPECT_FALSE(test, cr_mem_charge(CR_VMA_F_NORESERVE));
	KUNIT_EXPECT_FALSE(test, cr_mem_charge(CR_VMA_F_ACCOUNT | CR_VMA_F_WRITE));
	KUNIT_EXPECT_TRUE(test, cr_mem_charge(CR_VMA_F_ACCOUNT));
	KUNIT_EXPECT_TRUE(test, cr_mem_charge(CR_VMA_F_ACCOUNT | CR_VMA_F_READ));
	KUNIT_EXPECT_TRUE(test,
			  cr_mem_charge(CR_VMA_F_ACCOUNT | CR_VMA_F_WRITE | CR_VMA_F_NORESERVE));
	KUNIT_EXPECT_TRUE(test,
			  cr_mem_charge(CR_VMA_F_ACCOUNT | CR_VMA_F_WRITE | CR_VMA_F_MAYSHARE));
}

static void cr_mem_test_other_flags(struct kunit *test)
{
	struct cr_hdr_vma h = { .flags = CR_VMA_F_ACCOUNT };

	KUNIT_EXPECT_EQ(test, cr_extra_flags(&h), VM_ACCOUNT);
	h.flags |= CR_VMA_F_NORESERVE;
	KUNIT_EXPECT_EQ(test, cr_extra_flags(&h), VM_ACCOUNT | VM_NORESERVE);
	KUNIT_EXPECT_EQ(test, cr_def_flags(0), 0);
	KUNIT_EXPECT_EQ(test, cr_def_flags(CR_MM_F_DEF_LOCKED), VM_LOCKED);
	KUNIT_EXPECT_EQ(test, cr_def_flags(CR_MM_F_ALL), VM_LOCKED | VM_LOCKONFAULT);
	KUNIT_EXPECT_EQ(test, cr_pkey_flags(0), 0);
#ifdef CONFIG_ARCH_HAS_PKEYS
	KUNIT_EXPECT_EQ(test, cr_pkey_flags(1), VM_PKEY_BIT0);
	KUNIT_EXPECT_EQ(test, cr_pkey_flags(15), CR_VMA_PKEY);
#endif
}

/* MM */

static const struct cr_hdr_mm cr_mm_good = {
	.flags = CR_MM_F_TOPDOWN,
	.nr_vmas = 20,
	.dumpable = 1,
	.dump_filter = 0x33,
	.start_code = 0x400000, .end_code = 0x500000,
	.start_data = 0x600000, .end_data = 0x700000,
	.start_brk = 0x800000, .brk = 0x900000,
	.start_stack = 0x7ffc00000000,
	.arg_start = 0x7ffc00001000, .arg_end = 0x7ffc00002000,
	.env_start = 0x7ffc00002000, .env_end = 0x7ffc00003000,
	.mmap_base = 0x7f0000000000,
};

#define MM(member, value)						\
	(h = cr_mm_good, h.member = (value), cr_check_mm(ctx, &h))
#define ADDRESS "bad address of code, data, heap or stack"

static void cr_mem_test_mm(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cred *user = cr_kunit_user(test);
	struct cr_hdr_mm h;

	CR_EXPECT_OK(cr_check_mm(ctx, &cr_mm_good));
	CR_EXPECT_OK(CR_AS(user, cr_check_mm(ctx, &cr_mm_good)));
	CR_EXPECT_ERR(CR_AS(user, MM(dumpable, 2)), -EPERM, "not allowed dumpable 2");
	CR_EXPECT_OK(MM(flags, CR_MM_F_ALL));
	CR_EXPECT_OK(MM(flags, 0));
	CR_EXPECT_OK(MM(dumpable, 0));
	CR_EXPECT_OK(MM(dumpable, 2));
	CR_EXPECT_OK(MM(dump_filter, 0x1ff));
	CR_EXPECT_OK(MM(mmap_base, 0));
	CR_EXPECT_OK(MM(mmap_base, TASK_SIZE - PAGE_SIZE));
	CR_EXPECT_BAD(MM(flags, CR_MM_F_ALL + 1), "bad flags, have 0x800");
	CR_EXPECT_BAD(MM(flags, 1U << 31), "bad flags, have 0x80000000");
	CR_EXPECT_BAD(MM(dumpable, 3), "bad dumpable, have 3");
	CR_EXPECT_BAD(MM(dumpable, ~0U), "bad dumpable, have 4294967295");
	CR_EXPECT_BAD(MM(dump_filter, 0x200), "bad dump filter, have 0x200");
	CR_EXPECT_BAD(MM(dump_filter, ~0U), "bad dump filter, have 0xffffffff");
	CR_EXPECT_BAD(MM(mmap_base, 0x7f0000000001), "bad mmap base, have 0x7f0000000001");
	CR_EXPECT_BAD(MM(mmap_base, PAGE_MASK), "bad mmap base, have 0xfffffffffffff000");
}

/* As for PR_SET_MM_MAP: in user memory, and in pairs that ascend. */
static void cr_mem_test_mm_addresses(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_mm h;

	CR_EXPECT_OK(MM(end_data, cr_mm_good.start_data));
	CR_EXPECT_OK(MM(brk, cr_mm_good.start_brk));
	CR_EXPECT_OK(MM(arg_end, cr_mm_good.arg_start));
	CR_EXPECT_OK(MM(env_end, cr_mm_good.env_start));
	CR_EXPECT_BAD(MM(end_code, cr_mm_good.start_code), ADDRESS);
	CR_EXPECT_BAD(MM(start_code, TASK_SIZE), ADDRESS);
	CR_EXPECT_BAD(MM(end_code, ~0ULL), ADDRESS);
	CR_EXPECT_BAD(MM(start_data, ~0ULL), ADDRESS);
	CR_EXPECT_BAD(MM(end_data, cr_mm_good.start_data - 1), ADDRESS);
	CR_EXPECT_BAD(MM(start_brk, ~0ULL), ADDRESS);
	CR_EXPECT_BAD(MM(brk, cr_mm_good.start_brk - 1), ADDRESS);
	CR_EXPECT_BAD(MM(start_stack, TASK_SIZE), ADDRESS);
	CR_EXPECT_BAD(MM(arg_start, ~0ULL), ADDRESS);
	CR_EXPECT_BAD(MM(arg_end, cr_mm_good.arg_start - 1), ADDRESS);
	CR_EXPECT_BAD(MM(env_start, ~0ULL), ADDRESS);
	CR_EXPECT_BAD(MM(env_end, cr_mm_good.env_start - 1), ADDRESS);
}

static int cr_mem_read_mm(struct kunit *test, struct cr_ctx *ctx, u32 objref,
			  u32 flags)
{
	struct cr_hdr_mm h = cr_mm_good;

	h.objref = objref;
	h.flags = flags;
	cr_kunit_forget(ctx);
	cr_kunit_feed(test, ctx, CR_HDR_MM, &h, sizeof(h));
	return cr_read_mm(ctx);
}

/* What is refused before any memory is changed. */
static void cr_mem_test_read_mm(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	/* Gives the test memory of its own. */
	KUNIT_ASSERT_NE(test, kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
					    MAP_ANONYMOUS | MAP_PRIVATE, 0), 0);
	KUNIT_ASSERT_EQ(test, atomic_read(&current->mm->mm_users), 1);
	CR_EXPECT_BAD(cr_mem_read_mm(test, ctx, 2, 0), "bad objref, have 2, want 1");
	KUNIT_EXPECT_EQ(test, atomic_read(&current->mm->mm_users), 1);
	CR_EXPECT_BAD(cr_mem_read_mm(test, ctx, 1, ~0U), "bad flags, have 0xffffffff");
	KUNIT_EXPECT_EQ(test, atomic_read(&current->mm->mm_users), 2);
	ctx->cur->mm_ref = 7;
	CR_EXPECT_BAD(cr_mem_read_mm(test, ctx, 1, 0), "a second address space");
	KUNIT_EXPECT_EQ(test, atomic_read(&current->mm->mm_users), 1);
	/* A thread has its process's. */
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	CR_EXPECT_BAD(cr_mem_read_mm(test, ctx, 1, 0), "a second address space");
	ctx->cur = ctx->root;
}

KUNIT_DEFINE_ACTION_WRAPPER(cr_mem_mmput, mmput, struct mm_struct *);

/* What an address space is given is what it is saved as. */
static void cr_mem_test_mm_go_round(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();
	struct cr_hdr_mm back = { 0 }, want = cr_mm_good;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, cr_mem_mmput, mm));
	cr_set_mm(mm, &cr_mm_good);
	cr_fill_mm(mm, &back);
	/* These come later. */
	want.flags |= CR_MM_F_DISABLE_THP;
	want.nr_vmas = 0;
	want.dumpable = get_dumpable(mm);
	KUNIT_EXPECT_MEMEQ(test, &back, &want, sizeof(want));
	want.flags = 0;
	want.dump_filter = 0;
	cr_set_mm(mm, &want);
	KUNIT_EXPECT_EQ(test, mm->mmap_legacy_base, want.mmap_base);
	cr_fill_mm(mm, &back);
	want.flags = CR_MM_F_DISABLE_THP;
	KUNIT_EXPECT_MEMEQ(test, &back, &want, sizeof(want));
}

static u32 cr_mem_mm_flags(struct kunit *test, unsigned long flags, vm_flags_t def)
{
	struct mm_struct *mm = kunit_kzalloc(test, sizeof(*mm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mm);
	mm->flags = flags;
	mm->def_flags = def;
	return cr_mm_flags_save(mm);
}

static void cr_mem_test_mm_flags(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, BIT(MMF_HAS_MDWE), 0), CR_MM_F_MDWE);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, BIT(MMF_HAS_MDWE_NO_INHERIT), 0),
			CR_MM_F_MDWE_NO_INHERIT);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, BIT(MMF_DISABLE_THP), 0), CR_MM_F_DISABLE_THP);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, BIT(MMF_TOPDOWN), 0), CR_MM_F_TOPDOWN);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, 0, VM_LOCKED), CR_MM_F_DEF_LOCKED);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, 0, VM_LOCKONFAULT), CR_MM_F_DEF_LOCKONFAULT);
	KUNIT_EXPECT_EQ(test, cr_mem_mm_flags(test, ~0UL, ~0UL),
			CR_MM_F_ALL & ~CR_MM_F_BARRIER);
}

/* AUXV and the executed file: up to where the memory would get them */

static int cr_mem_read_auxv(struct kunit *test, struct cr_ctx *ctx, u32 nr,
			    u32 reserved, size_t len)
{
	struct cr_hdr_auxv *h = kunit_kzalloc(test, 1024, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->nr = nr;
	h->__reserved = reserved;
	cr_kunit_feed(test, ctx, CR_HDR_AUXV, h, len);
	return cr_read_auxv(ctx);
}

#define AUXV(...) cr_mem_read_auxv(test, ctx, __VA_ARGS__)

static void cr_mem_test_auxv(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(AUXV(2, 1, 24), "bad auxiliary vector of 2");
	CR_EXPECT_BAD(AUXV(1, 0, 16), "bad auxiliary vector of 1");
	CR_EXPECT_BAD(AUXV(2, 0, 16), "bad auxiliary vector of 2");
	CR_EXPECT_BAD(AUXV(2, 0, 32), "bad auxiliary vector of 2");
	CR_EXPECT_BAD(AUXV(CR_AUXV_MAX, 0, 8 + 8 * CR_AUXV_MAX), "bad auxiliary vector of 64");
	CR_EXPECT_BAD(AUXV(~1U, 0, 8), "bad auxiliary vector of 4294967294");
	CR_EXPECT_BAD(AUXV(66, 0, 536), "bad length, have 536, want 8 to 520");
	CR_EXPECT_BAD(AUXV(0, 0, 0), "bad length, have 0, want 8 to 520");
	ctx->cur->mm_ref = 1;
	CR_EXPECT_BAD(AUXV(2, 0, 24), "bad parent, have 0");
}

/* A file that is none to map or to execute. */
static struct file *cr_mem_open_dir(struct kunit *test)
{
	struct file *dir = filp_open("/", O_RDONLY | O_DIRECTORY, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dir);
	return dir;
}

static void cr_mem_test_exe(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 2, get_file(file)));
	CR_EXPECT_OK(cr_set_exe(ctx, 0));
	CR_EXPECT_BAD(cr_set_exe(ctx, 1), "objref 1 is of no file");
	CR_EXPECT_BAD(cr_set_exe(ctx, 3), "objref 3 is of no file");
	file_inode(file)->i_mode &= ~0111;
	CR_EXPECT_ERR(cr_set_exe(ctx, 2), -EACCES, "can't set the executed file");
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 3, cr_mem_open_dir(test)));
	CR_EXPECT_ERR(cr_set_exe(ctx, 3), -EPERM, "the executed file can't be executed");
}

/* VMA */

static const struct cr_hdr_vma cr_vma_good = {
	.start = 0x400000,
	.end = 0x402000,
	.flags = CR_VMA_F_READ | CR_VMA_F_EXEC,
	.pgoff = 1,
	.type = CR_VMA_FILE,
	.file = 1,
};

#define VMA(member, value)						\
	(h = cr_vma_good, h.member = (value), cr_check_vma_hdr(ctx, &h))

static void cr_mem_test_vma(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_vma h;

	ctx->last_page = 0x400000;
	CR_EXPECT_OK(cr_check_vma_hdr(ctx, &cr_vma_good));
	CR_EXPECT_OK(VMA(flags, CR_VMA_F_ALL & ~(CR_VMA_F_MAYSHARE | CR_VMA_F_SEALED)));
	CR_EXPECT_OK(VMA(end, TASK_SIZE));
	CR_EXPECT_OK(VMA(pkey, 15));
	CR_EXPECT_OK(VMA(pgoff, (ULLONG_MAX - 0x2000) >> PAGE_SHIFT));
	CR_EXPECT_BAD(VMA(end, 0x400000), "bad end, have 0x400000, want > 0x400000");
	CR_EXPECT_BAD(VMA(end, 0), "bad end, have 0x0, want > 0x400000");
	CR_EXPECT_BAD(VMA(end, ~0ULL), "bad end, have 0xffffffffffffffff, want > 0x400000");
	CR_EXPECT_BAD(VMA(start, 0x403000), "bad end, have 0x402000, want > 0x403000");
	CR_EXPECT_BAD(VMA(start, 0x400001), "bad alignment of 0x400001-0x402000");
	CR_EXPECT_BAD(VMA(end, 0x402800), "bad alignment of 0x400000-0x402800");
	CR_EXPECT_BAD(VMA(start, 0x3ff000), "bad start, have 0x3ff000, want >= 0x400000");
	CR_EXPECT_BAD(VMA(flags, CR_VMA_F_ALL + 1), "bad flags, have 0x80000");
	CR_EXPECT_BAD(VMA(flags, 1ULL << 63), "bad flags, have 0x8000000000000000");
	CR_EXPECT_BAD(VMA(__reserved, 1), "bad protection key, have 0");
	CR_EXPECT_BAD(VMA(pkey, 16), "bad protection key, have 16");
	CR_EXPECT_BAD(VMA(pgoff, ~0ULL), "bad offset, have 0xffffffffffffffff");
	CR_EXPECT_BAD(VMA(pgoff, ULLONG_MAX >> PAGE_SHIFT), "bad offset, have 0xfffffffffffff");
	CR_EXPECT_BAD(VMA(file, 0), "bad file, have 0");
	CR_EXPECT_BAD(VMA(type, CR_VMA_ANON), "bad file, have 1");
	CR_EXPECT_BAD(VMA(type, CR_VMA_VDSO), "bad file, have 1");
	CR_EXPECT_BAD(VMA(type, 0), "bad file, have 1");
}

static int cr_mem_check_vma(struct cr_ctx *ctx, u32 type, u32 file, u64 flags)
{
	struct cr_hdr_vma h = cr_vma_good;

	h.type = type;
	h.file = file;
	h.flags = flags;
	return cr_check_vma_hdr(ctx, &h);
}

#define SHARE(type, file, flags)					\
	cr_mem_check_vma(ctx, CR_VMA_##type, file, flags)

/* Shared is what is shared memory, and what nobody could ever write to. */
static void cr_mem_test_mayshare(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(SHARE(SHMEM, 1, CR_VMA_F_MAYSHARE));
	CR_EXPECT_OK(SHARE(SHMEM, 1, CR_VMA_F_MAYSHARE | CR_VMA_F_WRITE));
	CR_EXPECT_OK(SHARE(SHMEM, 1, CR_VMA_F_MAYSHARE | CR_VMA_F_SEALED));
	CR_EXPECT_OK(SHARE(FILE, 1, CR_VMA_F_MAYSHARE | CR_VMA_F_READ | CR_VMA_F_EXEC));
	CR_EXPECT_OK(SHARE(FILE, 1, CR_VMA_F_WRITE));
	CR_EXPECT_BAD(SHARE(SHMEM, 1, 0), "bad flags, have 0x0");
	CR_EXPECT_BAD(SHARE(SHMEM, 1, CR_VMA_F_WRITE), "bad flags, have 0x2");
	CR_EXPECT_BAD(SHARE(SHMEM, 1, CR_VMA_F_SEALED), "bad flags, have 0x40000");
	CR_EXPECT_BAD(SHARE(SHMEM, 0, CR_VMA_F_MAYSHARE), "bad file, have 0");
	CR_EXPECT_BAD(SHARE(FILE, 1, CR_VMA_F_MAYSHARE | CR_VMA_F_WRITE), "bad flags, have 0xa");
	CR_EXPECT_BAD(SHARE(FILE, 1, CR_VMA_F_SEALED), "bad flags, have 0x40000");
	CR_EXPECT_BAD(SHARE(FILE, 1, CR_VMA_F_SEALED | CR_VMA_F_MAYSHARE),
		      "bad flags, have 0x40008");
	CR_EXPECT_BAD(SHARE(ANON, 0, CR_VMA_F_MAYSHARE), "bad flags, have 0x8");
	CR_EXPECT_BAD(SHARE(ANON, 0, CR_VMA_F_SEALED), "bad flags, have 0x40000");
	CR_EXPECT_BAD(SHARE(VDSO, 0, CR_VMA_F_MAYSHARE), "bad flags, have 0x8");
	CR_EXPECT_BAD(SHARE(VVAR, 0, CR_VMA_F_SEALED), "bad flags, have 0x40000");
}

static int cr_mem_read_vma(struct kunit *test, struct cr_ctx *ctx, u32 type,
			   u32 file, u64 flags)
{
	struct cr_hdr_vma h = {
		.start = 0x400000, .end = 0x402000, .type = type, .file = file,
		.flags = flags,
	};

	ctx->last_page = 0;
	cr_kunit_feed(test, ctx, CR_HDR_VMA, &h, sizeof(h));
	return cr_read_vma(ctx);
}

#define READ_VMA(...) cr_mem_read_vma(test, ctx, __VA_ARGS__)

/* What is refused before anything is mapped. */
static void cr_mem_test_read_vma(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	CR_EXPECT_BAD(READ_VMA(0, 0, 0), "bad type, have 0");
	CR_EXPECT_BAD(READ_VMA(6, 0, 0), "bad type, have 6");
	CR_EXPECT_BAD(READ_VMA(~0U, 0, 0), "bad type, have 4294967295");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_ANON, 0, CR_VMA_F_MAYSHARE), "bad flags, have 0x8");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_FILE, 1, CR_VMA_F_MAYSHARE | CR_VMA_F_WRITE),
		      "bad flags, have 0xa");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_FILE, 1, 0), "objref 1 is of no file");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_FILE, 2, 0), "objref 2 is of no file");
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 2, cr_mem_open_dir(test)));
	CR_EXPECT_BAD(READ_VMA(CR_VMA_FILE, 2, 0), "bad file, have 2");
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 3, get_file(cr_kunit_file(test))));
	xa_set_mark(&ctx->obj_xa, 3, CR_OBJ_CHANGED);
	CR_EXPECT_ERR(READ_VMA(CR_VMA_FILE, 3, 0), -ESTALE, "the mapped file 3 has changed");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_SHMEM, 2, CR_VMA_F_MAYSHARE), "bad file, have 2");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_SHMEM, 3, CR_VMA_F_MAYSHARE), "bad file, have 3");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_SHMEM, 4, CR_VMA_F_MAYSHARE), "objref 4 is of no file");
	CR_EXPECT_BAD(READ_VMA(CR_VMA_SHMEM, 3,
			       CR_VMA_F_MAYSHARE | CR_VMA_F_SEALED | CR_VMA_F_WRITE),
		      "bad flags, have 0x4000a");
	ctx->cur->mm_ref = 1;
	CR_EXPECT_BAD(READ_VMA(CR_VMA_ANON, 0, 0), "bad parent, have 0");
}

/* Shared memory is what restart has made: nobody else may have it mapped. */
static void cr_mem_test_mapped_file(struct kunit *test)
{
	struct cr_hdr_vma h = { .type = CR_VMA_SHMEM, .file = 1 };
	struct file *file = cr_kunit_file(test);
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 1, get_file(file)));
	CR_EXPECT_BAD(PTR_ERR_OR_ZERO(cr_mapped_file(ctx, &h)), "bad file, have 1");
	xa_set_mark(&ctx->obj_xa, 1, CR_OBJ_MADE);
	KUNIT_EXPECT_PTR_EQ(test, cr_mapped_file(ctx, &h), file);
	h.type = CR_VMA_FILE;
	KUNIT_EXPECT_PTR_EQ(test, cr_mapped_file(ctx, &h), file);
	file_inode(file)->i_mode = S_IFIFO;
	CR_EXPECT_BAD(PTR_ERR_OR_ZERO(cr_mapped_file(ctx, &h)), "bad file, have 1");
	file_inode(file)->i_mode = S_IFREG;
}

static int cr_mem_name(struct kunit *test, struct cr_ctx *ctx, u32 type, u32 what,
		       char c, size_t len)
{
	struct cr_hdr_vma h = { .type = type };
	char name[96];

	memset(name, c, sizeof(name));
	ctx->cur->mm_ref = 1;
	cr_kunit_stream(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, cr_write_string(ctx, CR_HDR_STRING, 1, what, name, len));
	KUNIT_ASSERT_EQ(test, 0, cr_flush(ctx));
	cr_kunit_rewind(ctx);
	return cr_name_vma(ctx, &h);
}

#define NAME(...) cr_mem_name(test, ctx, __VA_ARGS__)

static void cr_mem_test_name(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(NAME(CR_VMA_ANON, CR_STRING_FILE, 'x', 8), "bad what, have 1, want 4");
	CR_EXPECT_BAD(NAME(CR_VMA_ANON, CR_STRING_VMA_NAME, 'x', 80), "bad string length, have 80");
	if (!IS_ENABLED(CONFIG_ANON_VMA_NAME)) {
		CR_EXPECT_ERR(NAME(CR_VMA_ANON, CR_STRING_VMA_NAME, 'x', 79), -EOPNOTSUPP,
			      "named mappings aren't built in");
		return;
	}
	CR_EXPECT_BAD(NAME(CR_VMA_FILE, CR_STRING_VMA_NAME, 'x', 79),
		      "a name for a mapping that isn't anonymous");
	CR_EXPECT_BAD(NAME(CR_VMA_ANON, CR_STRING_VMA_NAME, '[', 1), "bad name of a mapping");
	CR_EXPECT_BAD(NAME(CR_VMA_ANON, CR_STRING_VMA_NAME, '\n', 1), "bad name of a mapping");
}

/* The end of a locked mapping, and whether on fault, until there are pages. */
static void cr_mem_test_remember_lock(struct kunit *test)
{
	struct cr_hdr_vma h = { .start = 0x400000, .end = 0x402000 };
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_remember_lock(ctx, &h));
	h.start = TASK_SIZE - PAGE_SIZE;
	h.end = TASK_SIZE;
	h.flags = CR_VMA_F_LOCKONFAULT;
	CR_EXPECT_OK(cr_remember_lock(ctx, &h));
	KUNIT_EXPECT_EQ(test, xa_to_value(xa_load(&ctx->cur->locked_xa, 0x400)), 0x402 << 1);
	KUNIT_EXPECT_EQ(test, xa_to_value(xa_load(&ctx->cur->locked_xa, h.start >> PAGE_SHIFT)),
			h.end >> PAGE_SHIFT << 1 | 1);
	KUNIT_EXPECT_NULL(test, xa_load(&ctx->cur->locked_xa, 0x401));
}

/* Mappings that checkpoint refuses */

struct cr_mem_fake {
	struct vm_area_struct vma;
	struct file file;
	struct inode inode;
	struct mm_struct mm;
};

static int cr_mem_check(struct cr_ctx *ctx, struct cr_mem_fake *f, vm_flags_t flags,
			umode_t mode)
{
	vm_flags_t rest;

	vm_flags_init(&f->vma, flags);
	f->vma.vm_mm = &f->mm;
	f->vma.vm_file = mode ? &f->file : NULL;
	f->file.f_inode = &f->inode;
	f->inode.i_mode = mode;
	cr_vma_flags_save(flags, &rest);
	return cr_check_vma(ctx, &f->vma, rest);
}

static const struct vm_operations_struct cr_mem_no_ops;

#define MAPPING(...) cr_mem_check(ctx, f, __VA_ARGS__)
#define SHARED "shared memory that can be written"

static void cr_mem_test_refused(struct kunit *test)
{
	struct cr_mem_fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct cr_ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, f);
	CR_EXPECT_OK(MAPPING(VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_ACCOUNT, 0));
	CR_EXPECT_OK(MAPPING(VM_READ | VM_WRITE | VM_MAYWRITE, S_IFREG));
	CR_EXPECT_OK(MAPPING(VM_READ | VM_MAYREAD | VM_MAYSHARE, S_IFREG));
	CR_EXPECT_ERR(MAPPING(VM_READ | VM_SHARED | VM_MAYSHARE | VM_MAYWRITE, S_IFREG),
		      -EOPNOTSUPP, SHARED);
	CR_EXPECT_ERR(MAPPING(VM_READ | VM_MAYSHARE | VM_MAYWRITE, S_IFREG), -EOPNOTSUPP, SHARED);
	CR_EXPECT_ERR(MAPPING(VM_READ | VM_MAYSHARE, 0), -EOPNOTSUPP, SHARED);
	f->vma.vm_ops = &cr_mem_no_ops;
	CR_EXPECT_OK(MAPPING(VM_READ, S_IFREG));
	CR_EXPECT_ERR(MAPPING(VM_READ, 0), -EOPNOTSUPP,
		      "a special mapping, or a vDSO that was moved or changed");
	f->vma.vm_ops = NULL;
	CR_EXPECT_ERR(MAPPING(VM_READ, S_IFCHR), -EOPNOTSUPP,
		      "a mapping of something other than a regular file");
	CR_EXPECT_ERR(MAPPING(VM_READ, S_IFDIR), -EOPNOTSUPP,
		      "a mapping of something other than a regular file");
	CR_EXPECT_ERR(MAPPING(VM_READ | VM_IO, 0), -EOPNOTSUPP, "a mapping with flags 0x4000");
	CR_EXPECT_ERR(MAPPING(VM_READ | VM_PFNMAP, S_IFREG), -EOPNOTSUPP,
		      "a mapping with flags 0x400");
	if (IS_ENABLED(CONFIG_HUGETLB_PAGE))
		CR_EXPECT_ERR(MAPPING(VM_READ | VM_HUGETLB, 0), -EOPNOTSUPP, "hugetlb memory");
	if (IS_ENABLED(CONFIG_USERFAULTFD))
		CR_EXPECT_ERR(MAPPING(VM_READ | VM_UFFD_MISSING, 0), -EOPNOTSUPP,
			      "memory registered with userfaultfd");
#ifdef CONFIG_NUMA
	f->vma.vm_policy = (struct mempolicy *)f;
	CR_EXPECT_ERR(MAPPING(VM_READ, 0), -EOPNOTSUPP, "a NUMA memory policy");
#endif
}

#define CR_MEM_SHARED	(VM_READ | VM_MAYREAD | VM_SHARED | VM_MAYSHARE)

/* What a mapping is in an image: its type, its flags, or why it is in none. */
static int cr_mem_fill(struct cr_ctx *ctx, struct cr_mem_fake *f, struct mm_struct *mm,
		       struct file *file, vm_flags_t flags, struct cr_hdr_vma *h)
{
	int ret;

	vm_flags_init(&f->vma, flags);
	f->vma.vm_start = 0x400000;
	f->vma.vm_end = 0x402000;
	f->vma.vm_pgoff = 3;
	f->vma.vm_mm = mm;
	f->vma.vm_file = file;
	*h = (struct cr_hdr_vma){ 0 };
	mmap_read_lock(mm);
	ret = cr_fill_vma(ctx, &f->vma, h);
	mmap_read_unlock(mm);
	return ret;
}

#define FILL(file, flags) cr_mem_fill(ctx, f, mm, file, flags, &h)

/* A mapping of shared memory is one if it is shared. */
static void cr_mem_test_fill_shmem(struct kunit *test)
{
	struct cr_mem_fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct file *file, *other = cr_kunit_file(test);
	struct mm_struct *mm = mm_alloc();
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_vma h;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, cr_mem_mmput, mm));
	KUNIT_ASSERT_NOT_NULL(test, f);
	file = cr_kunit_keep(test, shmem_kernel_file_setup("dev/zero", 0x5000, 0));
	CR_EXPECT_OK(FILL(file, CR_MEM_SHARED | VM_WRITE | VM_MAYWRITE));
	KUNIT_EXPECT_EQ(test, h.type, CR_VMA_SHMEM);
	KUNIT_EXPECT_EQ(test, h.flags, CR_VMA_F_MAYSHARE | CR_VMA_F_READ | CR_VMA_F_WRITE);
	KUNIT_EXPECT_EQ(test, h.pgoff, 3);
	CR_EXPECT_OK(FILL(file, CR_MEM_SHARED | VM_MAYWRITE));
	KUNIT_EXPECT_EQ(test, h.flags, CR_VMA_F_MAYSHARE | CR_VMA_F_READ);
	/* A seal took the right to write, not the way it was opened. */
	CR_EXPECT_OK(FILL(file, CR_MEM_SHARED));
	KUNIT_EXPECT_EQ(test, h.type, CR_VMA_SHMEM);
	KUNIT_EXPECT_EQ(test, h.flags, CR_VMA_F_MAYSHARE | CR_VMA_F_READ | CR_VMA_F_SEALED);
	CR_EXPECT_OK(FILL(file, CR_MEM_SHARED & ~VM_SHARED));
	KUNIT_EXPECT_EQ(test, h.type, CR_VMA_SHMEM);
	KUNIT_EXPECT_EQ(test, h.flags, CR_VMA_F_MAYSHARE | CR_VMA_F_READ);
	CR_EXPECT_OK(FILL(file, VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE));
	KUNIT_EXPECT_EQ(test, h.type, CR_VMA_FILE);
	KUNIT_EXPECT_EQ(test, h.flags, CR_VMA_F_READ | CR_VMA_F_WRITE);
	/* Other files aren't shared memory, though they are in memory. */
	CR_EXPECT_ERR(FILL(other, CR_MEM_SHARED | VM_MAYWRITE), -EOPNOTSUPP, SHARED);
	CR_EXPECT_ERR(FILL(file, CR_MEM_SHARED | VM_MAYWRITE | VM_IO), -EOPNOTSUPP,
		      "a mapping with flags 0x4000");
}

static struct kunit_case cr_mem_cases[] = {
	KUNIT_CASE(cr_mem_test_flag_table),
	KUNIT_CASE(cr_mem_test_flags_save),
	KUNIT_CASE(cr_mem_test_flags_refused),
	KUNIT_CASE(cr_mem_test_flags_restored),
	KUNIT_CASE(cr_mem_test_mmap_args),
	KUNIT_CASE(cr_mem_test_charge),
	KUNIT_CASE(cr_mem_test_other_flags),
	KUNIT_CASE(cr_mem_test_mm),
	KUNIT_CASE(cr_mem_test_mm_addresses),
	KUNIT_CASE(cr_mem_test_read_mm),
	KUNIT_CASE(cr_mem_test_mm_go_round),
	KUNIT_CASE(cr_mem_test_mm_flags),
	KUNIT_CASE(cr_mem_test_auxv),
	KUNIT_CASE(cr_mem_test_exe),
	KUNIT_CASE(cr_mem_test_vma),
	KUNIT_CASE(cr_mem_test_mayshare),
	KUNIT_CASE(cr_mem_test_read_vma),
	KUNIT_CASE(cr_mem_test_mapped_file),
	KUNIT_CASE(cr_mem_test_name),
	KUNIT_CASE(cr_mem_test_remember_lock),
	KUNIT_CASE(cr_mem_test_refused),
	KUNIT_CASE(cr_mem_test_fill_shmem),
	{}
};

static struct kunit_suite cr_mem_suite = {
	.name = "checkpoint_mem",
	.init = cr_mem_init,
	.test_cases = cr_mem_cases,
};

kunit_test_suite(cr_mem_suite);
