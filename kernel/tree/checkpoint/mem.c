// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: address spaces and mappings. Page data is in page.c.
 */
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/ksm.h>
#include <linux/membarrier.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pkeys.h>
#include <linux/prctl.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/userfaultfd_k.h>

#include "internal.h"

/* What a VMA flag is in an image. A flag that isn't here is refused. */
static const struct {
	vm_flags_t vm;
	u32 cr;
} cr_vma_flags[] = {
	{ VM_READ,		CR_VMA_F_READ },
	{ VM_WRITE,		CR_VMA_F_WRITE },
	{ VM_EXEC,		CR_VMA_F_EXEC },
	{ VM_MAYSHARE,		CR_VMA_F_MAYSHARE },
	{ VM_GROWSDOWN,		CR_VMA_F_GROWSDOWN },
	{ VM_LOCKED,		CR_VMA_F_LOCKED },
	{ VM_LOCKONFAULT,	CR_VMA_F_LOCKONFAULT },
	{ VM_SEQ_READ,		CR_VMA_F_SEQ_READ },
	{ VM_RAND_READ,		CR_VMA_F_RAND_READ },
	{ VM_DONTCOPY,		CR_VMA_F_DONTCOPY },
	{ VM_WIPEONFORK,	CR_VMA_F_WIPEONFORK },
	{ VM_DONTDUMP,		CR_VMA_F_DONTDUMP },
	{ VM_NORESERVE,		CR_VMA_F_NORESERVE },
	{ VM_HUGEPAGE,		CR_VMA_F_HUGEPAGE },
	{ VM_NOHUGEPAGE,	CR_VMA_F_NOHUGEPAGE },
	{ VM_MERGEABLE,		CR_VMA_F_MERGEABLE },
	{ VM_ACCOUNT,		CR_VMA_F_ACCOUNT },
};

/* Flags that follow from how a mapping is made, or that mean nothing here. */
#define CR_VMA_DERIVED	(VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |	\
			 VM_SOFTDIRTY | VM_ARCH_CLEAR | CR_VMA_PKEY)
#ifdef CONFIG_ARCH_HAS_PKEYS
#define CR_VMA_PKEY	(VM_PKEY_BIT0 | VM_PKEY_BIT1 | VM_PKEY_BIT2 | VM_PKEY_BIT3)
#else
#define CR_VMA_PKEY	0
#endif
#ifndef VM_ARCH_CLEAR
#define VM_ARCH_CLEAR	VM_NONE
#endif

static u64 cr_vma_flags_save(vm_flags_t flags, vm_flags_t *rest)
{
	u64 ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_vma_flags); i++) {
		if (flags & cr_vma_flags[i].vm)
			ret |= cr_vma_flags[i].cr;
		flags &= ~cr_vma_flags[i].vm;
	}
	*rest = flags & ~CR_VMA_DERIVED;
	return ret;
}

/* Private mappings of it are ones of a file. */
static bool cr_maps_shmem(struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_flags & VM_MAYSHARE &&
	       cr_is_shmem(vma->vm_file);
}

static int cr_check_vma(struct cr_ctx *ctx, struct vm_area_struct *vma,
			vm_flags_t rest)
{
	if (is_vm_hugetlb_page(vma))
		return cr_refuse(ctx, "hugetlb memory");
	if (userfaultfd_armed(vma))
		return cr_refuse(ctx, "memory registered with userfaultfd");
	if (vma->vm_flags & (VM_SHARED | VM_MAYSHARE) && !cr_maps_shmem(vma) &&
	    (!vma->vm_file || vma->vm_flags & VM_MAYWRITE))
		return cr_refuse(ctx, "shared memory that can be written");
	if (!vma->vm_file && vma->vm_ops)
		return cr_refuse(ctx, "a special mapping, or a vDSO that was moved or changed");
	if (vma->vm_file && (!S_ISREG(file_inode(vma->vm_file)->i_mode) ||
			     IS_DAX(file_inode(vma->vm_file))))
		return cr_refuse(ctx, "a mapping of something other than a regular file");
	if (vma_policy(vma))
		return cr_refuse(ctx, "a NUMA memory policy");
	if (rest)
		return cr_refuse(ctx, "a mapping with flags 0x%lx",
				 (unsigned long)rest);
	return 0;
}

static int cr_fill_vma(struct cr_ctx *ctx, struct vm_area_struct *vma,
		       struct cr_hdr_vma *h)
{
	vm_flags_t rest;

	h->start = vma->vm_start;
	h->end = vma->vm_end;
	h->flags = cr_vma_flags_save(vma->vm_flags, &rest);
	h->type = cr_arch_vma_type(vma);
	if (h->type) {
		h->flags &= CR_VMA_F_READ | CR_VMA_F_EXEC;
		return vma->anon_vma ?
			cr_refuse(ctx, "the vDSO was written to") : 0;
	}
	if (cr_maps_shmem(vma))
		rest &= ~VM_SHARED;
	if (cr_check_vma(ctx, vma, rest))
		return -EOPNOTSUPP;
	h->type = vma->vm_file ? CR_VMA_FILE : CR_VMA_ANON;
	if (cr_maps_shmem(vma))
		h->type = CR_VMA_SHMEM;
	if (cr_maps_shmem(vma) && vma->vm_flags & VM_SHARED &&
	    !(vma->vm_flags & VM_MAYWRITE))
		h->flags |= CR_VMA_F_SEALED;
	h->pgoff = vma->vm_pgoff;
	h->pkey = vma_pkey(vma);
	if (anon_vma_name(vma))
		h->flags |= CR_VMA_F_NAMED;
	return 0;
}

static int cr_write_vma(struct cr_ctx *ctx, struct vm_area_struct *vma, u32 mm)
{
	struct cr_hdr_vma h = { 0 };
	const char *name;
	int ret;

	ctx->where.vma = vma->vm_start;
	ret = cr_fill_vma(ctx, vma, &h);
	if (!ret && (h.type == CR_VMA_FILE || h.type == CR_VMA_SHMEM))
		h.file = cr_obj_ref(ctx, CR_OBJ_FILE, vma->vm_file);
	if (!ret)
		ret = cr_write_obj(ctx, CR_HDR_VMA, mm, &h, sizeof(h));
	if (!ret && h.flags & CR_VMA_F_NAMED) {
		name = anon_vma_name(vma)->name;
		ret = cr_write_string(ctx, CR_HDR_STRING, mm,
				      CR_STRING_VMA_NAME, name, strlen(name));
	}
	ctx->where.vma = 0;
	return ret;
}

/* Files of mappings come before the MM; descriptors may share them. */
static int cr_write_vma_files(struct cr_ctx *ctx, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	int ret = 0;
	u32 ref;

	for_each_vma(vmi, vma) {
		if (!vma->vm_file || cr_arch_vma_type(vma))
			continue;
		ctx->where.vma = vma->vm_start;
		ret = cr_write_file(ctx, vma->vm_file, -1, &ref);
		ctx->where.vma = 0;
		if (ret == -ENOMEM)
			break;
	}
	return ret;
}

static int cr_write_exe(struct cr_ctx *ctx, struct mm_struct *mm, u32 *ref)
{
	struct file *exe = get_mm_exe_file(mm);
	int ret;

	*ref = 0;
	if (!exe)
		return 0;
	ret = cr_write_file(ctx, exe, -1, ref);
	fput(exe);
	return ret;
}

/* Registrations with membarrier(), and what stands for them. */
static const struct {
	int state;
	int cmd;
	u32 flag;
} cr_barriers[] = {
#ifdef CONFIG_MEMBARRIER
	{ MEMBARRIER_STATE_GLOBAL_EXPEDITED_READY,
	  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
	  CR_MM_F_BARRIER_GLOBAL },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_READY,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
	  CR_MM_F_BARRIER_PRIVATE },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_SYNC_CORE_READY,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
	  CR_MM_F_BARRIER_CORE },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_RSEQ_READY,
	  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ,
	  CR_MM_F_BARRIER_RSEQ },
#endif
};

static u32 cr_barriers_save(const struct mm_struct *mm)
{
	u32 flags = 0;
#ifdef CONFIG_MEMBARRIER
	int state = atomic_read(&mm->membarrier_state);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cr_barriers); i++)
		if (state & cr_barriers[i].state)
			flags |= cr_barriers[i].flag;
#endif
	return flags;
}

static u32 cr_mm_flags_save(const struct mm_struct *mm)
{
	u32 flags = 0;

	if (test_bit(MMF_HAS_MDWE, &mm->flags))
		flags |= CR_MM_F_MDWE;
	if (test_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags))
		flags |= CR_MM_F_MDWE_NO_INHERIT;
	if (test_bit(MMF_DISABLE_THP, &mm->flags))
		flags |= CR_MM_F_DISABLE_THP;
	if (test_bit(MMF_TOPDOWN, &mm->flags))
		flags |= CR_MM_F_TOPDOWN;
	if (test_bit(MMF_VM_MERGE_ANY, &mm->flags))
		flags |= CR_MM_F_MERGE_ANY;
	if (mm->def_flags & VM_LOCKED)
		flags |= CR_MM_F_DEF_LOCKED;
	if (mm->def_flags & VM_LOCKONFAULT)
		flags |= CR_MM_F_DEF_LOCKONFAULT;
	return flags;
}

static void cr_fill_mm(struct mm_struct *mm, struct cr_hdr_mm *h)
{
	h->flags = cr_mm_flags_save(mm) | cr_barriers_save(mm);
	h->nr_vmas = mm->map_count;
	h->dumpable = get_dumpable(mm);
	h->dump_filter = (mm->flags & MMF_DUMP_FILTER_MASK) >>
			 MMF_DUMP_FILTER_SHIFT;
	spin_lock(&mm->arg_lock);
	h->start_code = mm->start_code;
	h->end_code = mm->end_code;
	h->start_data = mm->start_data;
	h->end_data = mm->end_data;
	h->start_brk = mm->start_brk;
	h->brk = mm->brk;
	h->start_stack = mm->start_stack;
	h->arg_start = mm->arg_start;
	h->arg_end = mm->arg_end;
	h->env_start = mm->env_start;
	h->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
	h->mmap_base = mm->mmap_base;
}

static int cr_write_auxv(struct cr_ctx *ctx, struct mm_struct *mm, u32 ref)
{
	struct cr_hdr_auxv h = { .nr = ARRAY_SIZE(mm->saved_auxv) };

	BUILD_BUG_ON(ARRAY_SIZE(mm->saved_auxv) > CR_AUXV_MAX);
	return cr_write_obj2(ctx, CR_HDR_AUXV, ref, &h, sizeof(h),
			     mm->saved_auxv, sizeof(mm->saved_auxv));
}

static int cr_remember_mm(struct cr_ctx *ctx, struct mm_struct *mm, u32 ref)
{
	struct cr_mm *m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);

	if (!m)
		return cr_err(ctx, -ENOMEM, "no memory for an address space");
	m->ref = ref;
	m->task = ctx->cur;
	m->mm = mm;
	mmget(mm);
	list_add_tail(&m->list, &ctx->mms);
	return 0;
}

/**
 * cr_mms_free - drop the address spaces that were serialised
 * @ctx: context
 */
void cr_mms_free(struct cr_ctx *ctx)
{
	struct cr_mm *m, *n;

	list_for_each_entry_safe(m, n, &ctx->mms, list) {
		if (m->snapshot)
			mmput(m->snapshot);
		cr_copies_free(m->copies);
		mmput(m->mm);
		kfree(m);
	}
	INIT_LIST_HEAD(&ctx->mms);
}

static int cr_write_mm_locked(struct cr_ctx *ctx, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	struct cr_hdr_mm h = { 0 };
	int ret;

	cr_arch_check_mm(ctx, mm);
	ret = cr_write_vma_files(ctx, mm);
	if (ret == -ENOMEM)
		return ret;
	cr_write_exe(ctx, mm, &h.exe);
	ret = cr_obj_add_ptr(ctx, CR_OBJ_MM, mm, &h.objref);
	if (ret >= 0)
		ret = cr_remember_mm(ctx, mm, h.objref);
	if (ret < 0)
		return ret;
	cr_fill_mm(mm, &h);
	ret = cr_write_obj(ctx, CR_HDR_MM, 0, &h, sizeof(h));
	if (!ret)
		ret = cr_write_auxv(ctx, mm, h.objref);
	if (!ret)
		ret = cr_arch_write_mm(ctx, mm, h.objref);
	for_each_vma(vmi, vma) {
		if (ret == -ENOMEM)
			break;
		ret = cr_write_vma(ctx, vma, h.objref);
	}
	return ret;
}

/**
 * cr_write_mm - serialise the address space, page data left out
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_mm(struct cr_ctx *ctx)
{
	int ret;

	if (cr_obj_ref(ctx, CR_OBJ_MM, ctx->cur->mm))
		return 0;
	if (mmap_read_lock_killable(ctx->cur->mm))
		return cr_err(ctx, -EINTR, "interrupted");
	ret = cr_write_mm_locked(ctx, ctx->cur->mm);
	mmap_read_unlock(ctx->cur->mm);
	return ret;
}

/*
 * Restart: the task that builds has a fresh address space already.
 */

static int cr_check_mm(struct cr_ctx *ctx, const struct cr_hdr_mm *h)
{
	struct prctl_mm_map map = {
		.start_code = h->start_code, .end_code = h->end_code,
		.start_data = h->start_data, .end_data = h->end_data,
		.start_brk = h->start_brk, .brk = h->brk,
		.start_stack = h->start_stack,
		.arg_start = h->arg_start, .arg_end = h->arg_end,
		.env_start = h->env_start, .env_end = h->env_end,
	};

	if (h->flags & ~CR_MM_F_ALL ||
	    (h->flags & (CR_MM_F_MDWE | CR_MM_F_MDWE_NO_INHERIT)) ==
	    CR_MM_F_MDWE_NO_INHERIT ||
	    (h->flags & (CR_MM_F_DEF_LOCKED | CR_MM_F_DEF_LOCKONFAULT)) ==
	    CR_MM_F_DEF_LOCKONFAULT)
		return cr_invalid(ctx, "bad flags, have 0x%x", h->flags);
	if (h->flags & CR_MM_F_MERGE_ANY && !IS_ENABLED(CONFIG_KSM))
		return cr_err(ctx, -EPROTO, "this kernel doesn't merge pages");
	if (h->flags & CR_MM_F_BARRIER && !IS_ENABLED(CONFIG_MEMBARRIER))
		return cr_err(ctx, -EPROTO, "this kernel has no membarrier()");
	if (h->dumpable > SUID_DUMP_ROOT)
		return cr_invalid(ctx, "bad dumpable, have %u", h->dumpable);
	/* prctl() doesn't give it either: its core dumps are root's. */
	if (h->dumpable == SUID_DUMP_ROOT && !capable(CAP_SYS_ADMIN))
		return cr_err(ctx, -EPERM, "not allowed dumpable %u",
			      h->dumpable);
	if (h->dump_filter & ~(MMF_DUMP_FILTER_MASK >> MMF_DUMP_FILTER_SHIFT))
		return cr_invalid(ctx, "bad dump filter, have 0x%x",
				  h->dump_filter);
	if (h->mmap_base >= TASK_SIZE || h->mmap_base & ~PAGE_MASK)
		return cr_invalid(ctx, "bad mmap base, have 0x%llx",
				  h->mmap_base);
	if (validate_prctl_map_addr(&map))
		return cr_invalid(ctx, "bad address of code, data, heap or stack");
	return 0;
}

static void cr_set_mm(struct mm_struct *mm, const struct cr_hdr_mm *h)
{
	mmap_write_lock(mm);
	spin_lock(&mm->arg_lock);
	mm->start_code = h->start_code;
	mm->end_code = h->end_code;
	mm->start_data = h->start_data;
	mm->end_data = h->end_data;
	mm->start_brk = h->start_brk;
	mm->brk = h->brk;
	mm->start_stack = h->start_stack;
	mm->arg_start = h->arg_start;
	mm->arg_end = h->arg_end;
	mm->env_start = h->env_start;
	mm->env_end = h->env_end;
	spin_unlock(&mm->arg_lock);
	mm->mmap_base = h->mmap_base;
	if (!(h->flags & CR_MM_F_TOPDOWN))
		mm->mmap_legacy_base = h->mmap_base;
	/* Huge pages may form once the pages are there. */
	set_bit(MMF_DISABLE_THP, &mm->flags);
	/* The restarter's. Mappings of the image have what they had. */
	clear_bit(MMF_VM_MERGE_ANY, &mm->flags);
	if (h->flags & CR_MM_F_TOPDOWN)
		set_bit(MMF_TOPDOWN, &mm->flags);
	else
		clear_bit(MMF_TOPDOWN, &mm->flags);
	set_mask_bits(&mm->flags, MMF_DUMP_FILTER_MASK,
		      (unsigned long)h->dump_filter << MMF_DUMP_FILTER_SHIFT);
	mmap_write_unlock(mm);
}

static int cr_read_auxv(struct cr_ctx *ctx)
{
	struct mm_struct *mm = current->mm;
	const struct cr_hdr_auxv *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_AUXV, sizeof(*h),
			  sizeof(*h) + CR_AUXV_MAX * 8);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (rec->parent != ctx->cur->mm_ref)
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	if (h->__reserved || h->nr > ARRAY_SIZE(mm->saved_auxv) || h->nr % 2 ||
	    rec->len != struct_size(h, val, h->nr))
		return cr_invalid(ctx, "bad auxiliary vector of %u", h->nr);
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	memcpy(mm->saved_auxv, h->val, h->nr * 8);
	/* Who reads it looks for the end. */
	mm->saved_auxv[AT_VECTOR_SIZE - 2] = AT_NULL;
	mm->saved_auxv[AT_VECTOR_SIZE - 1] = AT_NULL;
	return 0;
}

/* As execve() would ask; a caller may become what it could execute. */
static int cr_set_exe(struct cr_ctx *ctx, u32 ref)
{
	struct file *exe;
	int ret;

	if (!ref)
		return 0;
	exe = cr_obj_get_by_ref(ctx, CR_OBJ_FILE, ref);
	if (IS_ERR(exe))
		return PTR_ERR(exe);
	if (!S_ISREG(file_inode(exe)->i_mode) || path_noexec(&exe->f_path))
		return cr_err(ctx, -EPERM, "the executed file can't be executed");
	ret = file_permission(exe, MAY_EXEC);
	if (!ret)
		ret = set_mm_exe_file(current->mm, exe);
	if (ret)
		return cr_err(ctx, ret, "can't set the executed file");
	return 0;
}

static int cr_check_vma_hdr(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	bool of_file = h->type == CR_VMA_FILE || h->type == CR_VMA_SHMEM;

	if (h->start >= h->end || h->end > TASK_SIZE)
		return cr_invalid(ctx, "bad end, have 0x%llx, want > 0x%llx",
				  h->end, h->start);
	if ((h->start | h->end) & ~PAGE_MASK)
		return cr_invalid(ctx, "bad alignment of 0x%llx-0x%llx",
				  h->start, h->end);
	if (h->start < ctx->last_page)
		return cr_invalid(ctx, "bad start, have 0x%llx, want >= 0x%lx",
				  h->start, ctx->last_page);
	if (h->flags & ~(u64)CR_VMA_F_ALL)
		return cr_invalid(ctx, "bad flags, have 0x%llx", h->flags);
	if (h->__reserved || h->pkey > 15)
		return cr_invalid(ctx, "bad protection key, have %u", h->pkey);
	if (h->pgoff > (ULLONG_MAX - (h->end - h->start)) >> PAGE_SHIFT)
		return cr_invalid(ctx, "bad offset, have 0x%llx", h->pgoff);
	if (of_file != !!h->file)
		return cr_invalid(ctx, "bad file, have %u", h->file);
	if (h->flags & CR_VMA_F_MAYSHARE && h->type != CR_VMA_SHMEM &&
	    (h->type != CR_VMA_FILE || h->flags & CR_VMA_F_WRITE))
		return cr_invalid(ctx, "bad flags, have 0x%llx", h->flags);
	if ((h->type == CR_VMA_SHMEM && !(h->flags & CR_VMA_F_MAYSHARE)) ||
	    (h->type != CR_VMA_SHMEM && h->flags & CR_VMA_F_SEALED))
		return cr_invalid(ctx, "bad flags, have 0x%llx", h->flags);
	return 0;
}

static unsigned long cr_vma_prot(u64 flags)
{
	return (flags & CR_VMA_F_READ ? PROT_READ : 0) |
	       (flags & CR_VMA_F_WRITE ? PROT_WRITE : 0) |
	       (flags & CR_VMA_F_EXEC ? PROT_EXEC : 0);
}

/*
 * A mapping that was writable once counts against the commit limit for good,
 * though mmap() wouldn't charge for it as it is now.
 */
static bool cr_charge_extra(const struct cr_hdr_vma *h)
{
	return h->flags & CR_VMA_F_ACCOUNT &&
	       (!(h->flags & CR_VMA_F_WRITE) ||
		h->flags & (CR_VMA_F_NORESERVE | CR_VMA_F_MAYSHARE));
}

static unsigned long cr_vma_map_flags(const struct cr_hdr_vma *h)
{
	unsigned long flags = MAP_FIXED_NOREPLACE;

	flags |= h->flags & CR_VMA_F_MAYSHARE ? MAP_SHARED : MAP_PRIVATE;
	if (h->type == CR_VMA_ANON)
		flags |= MAP_ANONYMOUS;
	if (h->flags & CR_VMA_F_GROWSDOWN)
		flags |= MAP_GROWSDOWN;
	if (h->flags & CR_VMA_F_NORESERVE && !cr_charge_extra(h))
		flags |= MAP_NORESERVE;
	return flags;
}

static vm_flags_t cr_pkey_flags(u32 pkey)
{
#ifdef CONFIG_ARCH_HAS_PKEYS
	return (vm_flags_t)pkey << VM_PKEY_SHIFT;
#else
	return 0;
#endif
}

/*
 * mmap() charges a writable mapping that isn't VM_NORESERVE, and takes
 * MAP_NORESERVE for that only if the commit limit is lax.
 */
static vm_flags_t cr_extra_flags(const struct cr_hdr_vma *h)
{
	return VM_ACCOUNT |
	       (h->flags & CR_VMA_F_NORESERVE ? VM_NORESERVE : 0);
}

/* The new mapping takes its key and its charge from the default flags. */
static unsigned long cr_mmap(struct file *file, const struct cr_hdr_vma *h)
{
	unsigned long len = h->end - h->start, pages = len >> PAGE_SHIFT;
	unsigned long prot = cr_vma_prot(h->flags);
	struct mm_struct *mm = current->mm;
	bool extra = cr_charge_extra(h);
	unsigned long addr;
	int pkey = 0;

	if (extra && security_vm_enough_memory_mm(mm, pages))
		return -ENOMEM;
	mm->def_flags = cr_pkey_flags(h->pkey) |
			(extra ? cr_extra_flags(h) : 0);
	/* mmap() has a key of its own for what can only be executed. */
	if (prot == PROT_EXEC && h->pkey)
		pkey = cr_arch_swap_exec_pkey(mm, h->pkey);
	addr = vm_mmap(file, h->start, len, prot, cr_vma_map_flags(h),
		       file ? h->pgoff << PAGE_SHIFT : 0);
	if (prot == PROT_EXEC && h->pkey)
		cr_arch_swap_exec_pkey(mm, pkey);
	mm->def_flags = 0;
	if (extra && IS_ERR_VALUE(addr))
		vm_unacct_memory(pages);
	return addr;
}

static struct file *cr_mapped_file(struct cr_ctx *ctx,
				   const struct cr_hdr_vma *h)
{
	struct file *file = cr_obj_get_by_ref(ctx, CR_OBJ_FILE, h->file);
	bool made = xa_get_mark(&ctx->obj_xa, h->file, CR_OBJ_MADE);
	int ret = 0;

	if (IS_ERR(file))
		return file;
	if (!S_ISREG(file_inode(file)->i_mode) ||
	    (h->type == CR_VMA_SHMEM && !made))
		ret = cr_invalid(ctx, "bad file, have %u", h->file);
	else if (xa_get_mark(&ctx->obj_xa, h->file, CR_OBJ_CHANGED))
		ret = cr_err(ctx, -ESTALE, "the mapped file %u has changed",
			     h->file);
	return ret ? ERR_PTR(ret) : file;
}

/* A seal is there when everything is mapped: the mapping is made as it was. */
static void cr_seal_vma(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma && vma_is_shared_maywrite(vma)) {
		vm_flags_clear(vma, VM_MAYWRITE);
		mapping_unmap_writable(vma->vm_file->f_mapping);
	}
	mmap_write_unlock(mm);
}

static int cr_map_vma(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	struct file *file = NULL;
	unsigned long addr;

	if (h->flags & CR_VMA_F_SEALED && h->flags & CR_VMA_F_WRITE)
		return cr_invalid(ctx, "bad flags, have 0x%llx", h->flags);
	if (h->file)
		file = cr_mapped_file(ctx, h);
	if (IS_ERR(file))
		return PTR_ERR(file);
	addr = cr_mmap(file, h);
	if (IS_ERR_VALUE(addr))
		return cr_err(ctx, (long)addr, "can't map 0x%llx-0x%llx",
			      h->start, h->end);
	if (addr != h->start)
		return cr_invalid(ctx, "bad start, have 0x%llx", h->start);
	if (h->flags & CR_VMA_F_SEALED)
		cr_seal_vma(addr);
	return 0;
}

static const struct {
	u32 flag;
	int advice;
} cr_advices[] = {
	{ CR_VMA_F_SEQ_READ,	MADV_SEQUENTIAL },
	{ CR_VMA_F_RAND_READ,	MADV_RANDOM },
	{ CR_VMA_F_DONTCOPY,	MADV_DONTFORK },
	{ CR_VMA_F_WIPEONFORK,	MADV_WIPEONFORK },
	{ CR_VMA_F_DONTDUMP,	MADV_DONTDUMP },
	{ CR_VMA_F_HUGEPAGE,	MADV_HUGEPAGE },
	{ CR_VMA_F_NOHUGEPAGE,	MADV_NOHUGEPAGE },
	{ CR_VMA_F_MERGEABLE,	MADV_MERGEABLE },
};

static int cr_advise_vma(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(cr_advices); i++) {
		if (!(h->flags & cr_advices[i].flag))
			continue;
		ret = do_madvise(current->mm, h->start, h->end - h->start,
				 cr_advices[i].advice);
		if (ret)
			return cr_err(ctx, ret, "madvise(%d) failed",
				      cr_advices[i].advice);
	}
	return 0;
}

static int cr_name_vma(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	char buf[80];
	int ret;

	ret = cr_read_string(ctx, CR_HDR_STRING, ctx->cur->mm_ref,
			     CR_STRING_VMA_NAME, buf, sizeof(buf));
	if (ret)
		return ret;
#ifdef CONFIG_ANON_VMA_NAME
	struct anon_vma_name *name;

	if (h->type != CR_VMA_ANON && h->type != CR_VMA_SHMEM)
		return cr_invalid(ctx, "a name for a mapping that isn't anonymous");
	if (!anon_vma_name_valid(buf))
		return cr_invalid(ctx, "bad name of a mapping");
	name = anon_vma_name_alloc(buf);
	if (!name)
		return cr_err(ctx, -ENOMEM, "no memory for a name");
	mmap_write_lock(current->mm);
	ret = madvise_set_anon_name(current->mm, h->start, h->end - h->start,
				    name);
	mmap_write_unlock(current->mm);
	anon_vma_name_put(name);
	if (ret)
		return cr_err(ctx, ret, "can't name a mapping");
	return 0;
#else
	return cr_refuse(ctx, "named mappings aren't built in");
#endif
}

/* Memory is locked once it is there: the end, and whether on fault. */
static int cr_remember_lock(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	bool onfault = h->flags & CR_VMA_F_LOCKONFAULT;
	void *entry = xa_mk_value(h->end >> PAGE_SHIFT << 1 | onfault);

	entry = xa_store(&ctx->cur->locked_xa, h->start >> PAGE_SHIFT, entry,
			 GFP_KERNEL_ACCOUNT);
	if (xa_is_err(entry))
		return cr_err(ctx, -ENOMEM, "no memory for a locked mapping");
	return 0;
}

static int cr_read_vma(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_hdr_vma h;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_VMA, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_vma *)rec->data;
	if (rec->parent != ctx->cur->mm_ref)
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	ret = cr_check_vma_hdr(ctx, &h);
	if (ret)
		return ret;
	ctx->last_page = h.end;
	if (h.type == CR_VMA_VDSO || h.type == CR_VMA_VVAR)
		return cr_arch_map_special(ctx, &h);
	if (h.type != CR_VMA_ANON && h.type != CR_VMA_FILE &&
	    h.type != CR_VMA_SHMEM)
		return cr_invalid(ctx, "bad type, have %u", h.type);
	ret = cr_map_vma(ctx, &h);
	if (!ret)
		ret = cr_advise_vma(ctx, &h);
	if (!ret && h.flags & CR_VMA_F_NAMED)
		ret = cr_name_vma(ctx, &h);
	if (!ret && h.flags & CR_VMA_F_LOCKED)
		ret = cr_remember_lock(ctx, &h);
	return ret;
}

/**
 * cr_read_mm - build the address space of current from the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_mm(struct cr_ctx *ctx)
{
	struct cr_hdr_mm *h = &ctx->cur->mm_hdr;
	const struct cr_rec *rec;
	u32 i;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_MM, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	*h = *(const struct cr_hdr_mm *)rec->data;
	if (ctx->cur->mm_ref || ctx->cur->leader != ctx->cur)
		return cr_invalid(ctx, "a second address space");
	mmget(current->mm);
	ret = cr_obj_add_ref(ctx, CR_OBJ_MM, h->objref, current->mm);
	if (ret)
		mmput(current->mm);
	if (!ret)
		ret = cr_check_mm(ctx, h);
	if (ret)
		return ret;
	ctx->cur->mm_ref = h->objref;
	cr_set_mm(current->mm, h);
	ret = cr_set_exe(ctx, h->exe);
	if (!ret)
		ret = cr_read_auxv(ctx);
	if (!ret)
		ret = cr_arch_read_mm(ctx, h->objref);
	ctx->last_page = 0;
	for (i = 0; i < h->nr_vmas && !ret; i++)
		ret = cr_read_vma(ctx);
	if (!ret)
		ret = cr_arch_finish_mm(ctx);
	ctx->last_page = 0;
	return ret;
}

static int cr_lock_vmas(struct cr_ctx *ctx)
{
	unsigned long i, v;
	void *entry;
	int ret;

	xa_for_each(&ctx->cur->locked_xa, i, entry) {
		v = xa_to_value(entry);
		ret = do_mlock(i << PAGE_SHIFT, ((v >> 1) - i) << PAGE_SHIFT,
			       VM_LOCKED | (v & 1 ? VM_LOCKONFAULT : 0));
		if (ret)
			return cr_err(ctx, ret, "can't lock memory");
	}
	return 0;
}

static vm_flags_t cr_def_flags(u32 flags)
{
	return (flags & CR_MM_F_DEF_LOCKED ? VM_LOCKED : 0) |
	       (flags & CR_MM_F_DEF_LOCKONFAULT ? VM_LOCKONFAULT : 0);
}

/* Mappings that are there have what they had. */
static int cr_merge_any(struct mm_struct *mm)
{
	int ret = 0;

#ifdef CONFIG_KSM
	if (!test_bit(MMF_VM_MERGEABLE, &mm->flags))
		ret = __ksm_enter(mm);
#endif
	if (!ret)
		set_bit(MMF_VM_MERGE_ANY, &mm->flags);
	return ret;
}

/**
 * cr_apply_barriers - register current's memory with membarrier()
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_barriers(struct cr_ctx *ctx)
{
	u32 flags = ctx->cur->leader->mm_hdr.flags;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(cr_barriers); i++) {
		if (!(flags & cr_barriers[i].flag))
			continue;
		ret = membarrier_register(cr_barriers[i].cmd);
		if (ret)
			return cr_err(ctx, ret, "can't register with membarrier, command %d",
				      cr_barriers[i].cmd);
	}
	return 0;
}

/**
 * cr_finish_mm - what has to wait until the pages are there
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_finish_mm(struct cr_ctx *ctx)
{
	const struct cr_hdr_mm *h = &ctx->cur->mm_hdr;
	struct mm_struct *mm = current->mm;
	int ret;

	ret = cr_lock_vmas(ctx);
	if (ret)
		return ret;
	if (cr_def_flags(h->flags) && !can_do_mlock())
		return cr_err(ctx, -EPERM, "not allowed to lock memory");
	mm->def_flags = cr_def_flags(h->flags);
	if (h->flags & CR_MM_F_MERGE_ANY && cr_merge_any(mm))
		return cr_err(ctx, -ENOMEM, "no memory to merge pages");
	if (!(h->flags & CR_MM_F_DISABLE_THP))
		clear_bit(MMF_DISABLE_THP, &mm->flags);
	if (h->flags & CR_MM_F_MDWE_NO_INHERIT)
		set_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags);
	if (h->flags & CR_MM_F_MDWE)
		set_bit(MMF_HAS_MDWE, &mm->flags);
	return 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "mem_test.c"
#endif
