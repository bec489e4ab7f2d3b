// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: x86.
 *
 * CPU state goes through the register sets that ptrace and core dumps use:
 * their set side knows which selectors, flags and bases user space may have.
 */
#include <linux/checkpoint.h>
#include <linux/cpufeature.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/pkeys.h>
#include <linux/prctl.h>
#include <linux/regset.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/user.h>
#include <linux/xxhash.h>

#include <asm/desc.h>
#include <asm/fpu/regset.h>
#include <asm/fpu/xcr.h>
#include <asm/fpu/xstate.h>
#include <asm/io_bitmap.h>
#include <asm/shstk.h>
#include <asm/unistd.h>
#include <asm/vdso.h>

#include "tls.h"

/* Registers of an image, until the task that gets them is there. */
struct cr_arch_state {
	struct user_regs_struct regs;
	struct user_desc tls[GDT_ENTRY_TLS_ENTRIES];
	bool has_tls;
	size_t xsize;
	void *xstate;
	struct cr_hdr_mm_context_x86 mm;
	unsigned long vvar;
	unsigned long vdso;
};

static struct cr_arch_state *cr_arch_state(struct cr_ctx *ctx)
{
	void **p = cr_arch_private(ctx);

	struct cr_arch_state *s = *p;

	if (!s)
		s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	*p = s;
	return s;
}

void cr_arch_free(void *state)
{
	struct cr_arch_state *s = state;

	if (s)
		kvfree(s->xstate);
	kfree(s);
}

/* What isn't carried. */

static bool cr_has_dynamic_xfeatures(struct task_struct *t)
{
	return (t->thread.fpu.perm.__state_perm |
		t->thread.fpu.guest_perm.__state_perm) &
	       XFEATURE_MASK_USER_DYNAMIC;
}

int cr_arch_check_task(struct cr_ctx *ctx, struct task_struct *t)
{
	int i, ret = 0;

	if (test_tsk_thread_flag(t, TIF_ADDR32) ||
	    !user_64bit_mode(task_pt_regs(t)))
		ret = cr_refuse(ctx, "is a 32-bit task");
	if (task_thread_info(t)->status & TS_COMPAT)
		ret = cr_refuse(ctx, "is in a 32-bit system call");
	if (t->thread.io_bitmap || t->thread.iopl_emul)
		ret = cr_refuse(ctx, "has access to I/O ports");
	for (i = 0; i < HBP_NUM; i++)
		if (t->thread.ptrace_bps[i])
			ret = cr_refuse(ctx, "has hardware breakpoints");
	if (test_tsk_thread_flag(t, TIF_NOTSC))
		ret = cr_refuse(ctx, "can't read the time stamp counter");
	if (test_tsk_thread_flag(t, TIF_NOCPUID))
		ret = cr_refuse(ctx, "can't execute CPUID");
	if (test_tsk_thread_flag(t, TIF_SPEC_L1D_FLUSH))
		ret = cr_refuse(ctx, "has PR_SPEC_L1D_FLUSH");
	if (cr_has_dynamic_xfeatures(t))
		ret = cr_refuse(ctx, "may use dynamic CPU features (AMX)");
#ifdef CONFIG_X86_USER_SHADOW_STACK
	if (t->thread.features || t->thread.features_locked)
		ret = cr_refuse(ctx, "has a shadow stack");
#endif
	return ret;
}

int cr_arch_check_mm(struct cr_ctx *ctx, struct mm_struct *mm)
{
	int ret = 0;

#ifdef CONFIG_MODIFY_LDT_SYSCALL
	if (mm->context.ldt)
		ret = cr_refuse(ctx, "has a local descriptor table");
#endif
#ifdef CONFIG_ADDRESS_MASKING
	if (mm_lam_cr3_mask(mm) ||
	    test_bit(MM_CONTEXT_FORCE_TAGGED_SVA, &mm->context.flags))
		ret = cr_refuse(ctx, "has linear address masking");
#endif
	return ret;
}

/*
 * Calls that answer EINTR to any interruption. One that no signal interrupted
 * is restarted, so that the program never sees it.
 */
static const u16 cr_eintr_calls[] = {
	__NR_epoll_wait, __NR_epoll_pwait, __NR_epoll_pwait2,
	__NR_rt_sigtimedwait, __NR_semop, __NR_semtimedop,
	__NR_io_getevents, __NR_io_pgetevents,
	/* Of sockets with a time limit. */
	__NR_accept, __NR_accept4, __NR_connect, __NR_recvfrom,
	__NR_recvmsg, __NR_recvmmsg, __NR_sendto, __NR_sendmsg,
	__NR_sendmmsg, __NR_read, __NR_readv, __NR_write, __NR_writev,
};

void cr_arch_mend_interrupted(struct pt_regs *regs)
{
	size_t i;

	if ((long)regs->ax != -EINTR || task_sigpending(current))
		return;
	for (i = 0; i < ARRAY_SIZE(cr_eintr_calls); i++)
		if (regs->orig_ax == cr_eintr_calls[i])
			regs->ax = -ERESTARTNOHAND;
}

/* HEAD_ARCH */

static u64 cr_user_xfeatures(void)
{
	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return XFEATURE_MASK_FPSSE;
	return xgetbv(XCR_XFEATURE_ENABLED_MASK);
}

/* Notes name the build; what programs call is the rest. */
static u64 cr_vdso_hash(void)
{
	const struct vdso_image *image = &vdso_image_64;
	const struct elf64_hdr *eh = image->data;
	const struct elf64_phdr *ph = image->data + eh->e_phoff;
	struct xxh64_state state;
	int i;

	xxh64_reset(&state, 0);
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		xxh64_update(&state, image->data, ph[i].p_offset);
		xxh64_update(&state, image->data + ph[i].p_offset +
			     ph[i].p_filesz, image->size - ph[i].p_offset -
			     ph[i].p_filesz);
		return xxh64_digest(&state);
	}
	return xxh64(image->data, image->size, 0);
}

static void cr_fill_head_x86(struct cr_hdr_head_x86 *h)
{
	h->xfeatures = cr_user_xfeatures();
	h->vdso_hash = cr_vdso_hash();
	h->vdso_size = vdso_image_64.size;
	h->vvar_size = -vdso_image_64.sym_vvar_start;
}

int cr_arch_write_head(struct cr_ctx *ctx)
{
	struct cr_hdr_head_x86 h;

	cr_fill_head_x86(&h);
	return cr_write_obj(ctx, CR_HDR_HEAD_ARCH, 0, &h, sizeof(h));
}

int cr_arch_read_head(struct cr_ctx *ctx)
{
	struct cr_hdr_head_x86 mine;
	const struct cr_hdr_head_x86 *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_HEAD_ARCH, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	cr_fill_head_x86(&mine);
	if (h->vdso_size != mine.vdso_size || h->vvar_size != mine.vvar_size ||
	    h->vdso_hash != mine.vdso_hash)
		return cr_err(ctx, -EPROTO, "the vDSO differs from this kernel's");
	return 0;
}

/* MM_CONTEXT and special mappings */

int cr_arch_write_mm(struct cr_ctx *ctx, struct mm_struct *mm, u32 objref)
{
	struct cr_hdr_mm_context_x86 h = {
		.vdso = (unsigned long)mm->context.vdso,
		.execute_only_pkey = -1,
	};

#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	if (cpu_feature_enabled(X86_FEATURE_OSPKE)) {
		h.pkey_map = mm->context.pkey_allocation_map;
		h.execute_only_pkey = mm->context.execute_only_pkey;
	}
#endif
	return cr_write_obj(ctx, CR_HDR_MM_CONTEXT, objref, &h, sizeof(h));
}

static int cr_set_pkeys(struct cr_ctx *ctx,
			const struct cr_hdr_mm_context_x86 *h)
{
	if (h->pkey_map > U16_MAX || h->execute_only_pkey < -1 ||
	    h->execute_only_pkey > 15)
		return cr_invalid(ctx, "bad protection keys, have 0x%x",
				  h->pkey_map);
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	if (cpu_feature_enabled(X86_FEATURE_OSPKE)) {
		current->mm->context.pkey_allocation_map = h->pkey_map | 1;
		current->mm->context.execute_only_pkey = h->execute_only_pkey;
		return 0;
	}
#endif
	if (h->pkey_map & ~1)
		return cr_err(ctx, -EPROTO, "this CPU has no protection keys");
	return 0;
}

/**
 * cr_arch_swap_exec_pkey - change the key that mmap() has for PROT_EXEC
 * @mm: address space
 * @pkey: the key, -1 for none
 *
 * Return: the one that it had.
 */
int cr_arch_swap_exec_pkey(struct mm_struct *mm, int pkey)
{
	int old = -1;

#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	old = mm->context.execute_only_pkey;
	mm->context.execute_only_pkey = pkey;
#endif
	return old;
}

int cr_arch_read_mm(struct cr_ctx *ctx, u32 objref)
{
	struct cr_arch_state *s = cr_arch_state(ctx);
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_MM_CONTEXT, sizeof(s->mm), sizeof(s->mm));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	if (!s)
		return cr_err(ctx, -ENOMEM, "no memory for registers");
	if (rec->parent != objref)
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	s->mm = *(const struct cr_hdr_mm_context_x86 *)rec->data;
	return cr_set_pkeys(ctx, &s->mm);
}

/* Restart makes the two as the kernel does: nothing else is carried. */
static bool cr_vvar_whole(struct vm_area_struct *vma)
{
	vm_flags_t prot = vma->vm_flags & VM_ACCESS_FLAGS;

	return vma->vm_flags & VM_PFNMAP && prot == VM_READ &&
	       vma->vm_end - vma->vm_start == -vdso_image_64.sym_vvar_start;
}

static bool cr_vdso_whole(struct vm_area_struct *vma)
{
	vm_flags_t prot = vma->vm_flags & VM_ACCESS_FLAGS;
	struct vm_area_struct *vvar;

	vvar = vma_lookup(vma->vm_mm, vma->vm_start - 1);
	return prot == (VM_READ | VM_EXEC) && vvar && cr_vvar_whole(vvar) &&
	       vma->vm_end - vma->vm_start == vdso_image_64.size;
}

u32 cr_arch_vma_type(struct vm_area_struct *vma)
{
	unsigned long vdso = (unsigned long)vma->vm_mm->context.vdso;

	if (!vdso || vma->vm_file || !vma->vm_ops ||
	    vma->vm_mm->context.vdso_image != &vdso_image_64)
		return 0;
	if (vma->vm_start == vdso && cr_vdso_whole(vma))
		return CR_VMA_VDSO;
	if (vma->vm_end == vdso && cr_vvar_whole(vma))
		return CR_VMA_VVAR;
	return 0;
}

/* The two mappings are made together when both have been announced. */
int cr_arch_map_special(struct cr_ctx *ctx, const struct cr_hdr_vma *h)
{
	unsigned long vvar_size = -vdso_image_64.sym_vvar_start;
	struct cr_arch_state *s = cr_arch_state(ctx);
	int ret;

	if (h->type == CR_VMA_VVAR) {
		if (s->vvar || h->end - h->start != vvar_size)
			return cr_invalid(ctx, "bad vvar mapping");
		s->vvar = h->start;
		return 0;
	}
	if (s->vdso || !s->vvar || h->start != s->vvar + vvar_size ||
	    h->end - h->start != vdso_image_64.size || h->start != s->mm.vdso)
		return cr_invalid(ctx, "bad vDSO mapping");
	s->vdso = h->start;
	ret = map_vdso_once(&vdso_image_64, s->vvar);
	if (ret)
		return cr_err(ctx, ret, "can't map the vDSO");
	if ((unsigned long)current->mm->context.vdso != s->vdso)
		return cr_invalid(ctx, "the vDSO's place is taken");
	return 0;
}

int cr_arch_finish_mm(struct cr_ctx *ctx)
{
	struct cr_arch_state *s = cr_arch_state(ctx);

	if (s->vvar && !s->vdso)
		return cr_invalid(ctx, "a vvar mapping without a vDSO");
	return 0;
}

/* THREAD, CPU, XSTATE */

static const struct user_regset *cr_regset(struct task_struct *t, u32 note)
{
	const struct user_regset_view *view = task_user_regset_view(t);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == note)
			return &view->regsets[i];
	return NULL;
}

/* The word of bit-fields at the end of a descriptor. */
static void *cr_desc_bits(struct user_desc *desc)
{
	return (void *)desc + offsetofend(struct user_desc, limit);
}

static int cr_write_thread(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_hdr_thread_x86 h = { 0 };
#ifdef CONFIG_IA32_EMULATION
	struct user_desc info[GDT_ENTRY_TLS_ENTRIES] = { 0 };
	int i;

	BUILD_BUG_ON(sizeof(info) != sizeof(h.tls));
	regset_tls_get(t, NULL, (struct membuf){ info, sizeof(info) });
	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++) {
		h.tls[i].entry = info[i].entry_number;
		h.tls[i].base = info[i].base_addr;
		h.tls[i].limit = info[i].limit;
		memcpy(&h.tls[i].flags, cr_desc_bits(&info[i]), sizeof(u32));
	}
#endif
	return cr_write_obj(ctx, CR_HDR_THREAD, 0, &h, sizeof(h));
}

static int cr_write_regs(struct cr_ctx *ctx, struct task_struct *t, bool self)
{
	const struct user_regset *rs = cr_regset(t, NT_PRSTATUS);
	struct cr_hdr_cpu h = { .note = NT_PRSTATUS };
	struct user_regs_struct *regs;
	void *data;
	int n, ret;

	n = regset_get_alloc(t, rs, sizeof(*regs), &data);
	if (n < 0)
		return cr_err(ctx, n, "can't read the registers");
	regs = data;
	if (self) {
		/* The copy sees checkpoint() return 0. */
		regs->ax = 0;
		regs->orig_ax = -1;
	}
	h.size = n;
	ret = cr_write_obj2(ctx, CR_HDR_CPU, 0, &h, sizeof(h), data, n);
	kvfree(data);
	return ret;
}

static unsigned int cr_xcomps(u64 mask, struct cr_xcomp *comp)
{
	unsigned int i, n = 0;
	u32 eax, ebx, ecx, edx;

	for (i = 2; i < CR_XCOMP_MAX; i++) {
		if (!(mask & BIT_ULL(i)))
			continue;
		cpuid_count(0xd, i, &eax, &ebx, &ecx, &edx);
		comp[n++] = (struct cr_xcomp){ .id = i, .offset = ebx,
					       .size = eax };
	}
	return n;
}

static int cr_write_xstate(struct cr_ctx *ctx, struct task_struct *t)
{
	const struct user_regset *rs = cr_regset(t, NT_X86_XSTATE);
	struct cr_hdr_xstate *h;
	void *data;
	int n, ret;

	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return cr_err(ctx, -EPROTO, "this CPU has no XSAVE");
	n = regset_get_alloc(t, rs, rs->n * rs->size, &data);
	if (n < 0)
		return cr_err(ctx, n, "can't read the FPU state");
	h = kzalloc(struct_size(h, comp, CR_XCOMP_MAX), GFP_KERNEL_ACCOUNT);
	if (!h) {
		kvfree(data);
		return cr_err(ctx, -ENOMEM, "no memory for the FPU state");
	}
	h->xfeatures = *(u64 *)(data + XSAVE_HDR_OFFSET);
	h->size = n;
	h->nr_comp = cr_xcomps(cr_user_xfeatures(), h->comp);
	ret = cr_write_obj2(ctx, CR_HDR_XSTATE, 0, h,
			    struct_size(h, comp, h->nr_comp), data, n);
	kfree(h);
	kvfree(data);
	return ret;
}

int cr_arch_write_cpu(struct cr_ctx *ctx, struct task_struct *t, bool self)
{
	int ret = cr_write_thread(ctx, t);

	if (!ret)
		ret = cr_write_regs(ctx, t, self);
	if (!ret)
		ret = cr_write_xstate(ctx, t);
	return ret;
}

static int cr_read_thread(struct cr_ctx *ctx, struct cr_arch_state *s)
{
	const struct cr_hdr_thread_x86 *h;
	const struct cr_rec *rec;
	int i;

	rec = cr_read_obj(ctx, CR_HDR_THREAD, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++) {
		s->tls[i].entry_number = h->tls[i].entry;
		s->tls[i].base_addr = h->tls[i].base;
		s->tls[i].limit = h->tls[i].limit;
		memcpy(cr_desc_bits(&s->tls[i]), &h->tls[i].flags, sizeof(u32));
		if (h->tls[i].base || h->tls[i].limit)
			s->has_tls = true;
	}
	return 0;
}

static int cr_read_regs(struct cr_ctx *ctx, struct cr_arch_state *s)
{
	const struct cr_hdr_cpu *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_CPU, sizeof(*h) + sizeof(s->regs),
			  sizeof(*h) + sizeof(s->regs));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->note != NT_PRSTATUS || h->size != sizeof(s->regs))
		return cr_invalid(ctx, "bad register set, have note %u size %u",
				  h->note, h->size);
	memcpy(&s->regs, h->data, sizeof(s->regs));
	return 0;
}

static const char *cr_xfeature_name(unsigned int i)
{
	static const char * const names[] = {
		"x87", "SSE", "AVX", "MPX bounds registers",
		"MPX configuration", "AVX-512 mask", "AVX-512 upper halves",
		"AVX-512 registers", "PT", "protection keys",
	};

	return i < ARRAY_SIZE(names) ? names[i] : "an unknown feature";
}

/* Copy one component from where the image has it to where this CPU does. */
static int cr_relay_xcomp(struct cr_ctx *ctx, const struct cr_hdr_xstate *h,
			  const struct cr_xcomp *c, const u8 *data, u8 *dst,
			  size_t size)
{
	struct cr_xcomp mine;

	if (c->id < 2 || c->id >= CR_XCOMP_MAX || c->__reserved ||
	    c->offset > h->size || c->size > h->size - c->offset)
		return cr_invalid(ctx, "bad component %u", c->id);
	if (!(h->xfeatures & BIT_ULL(c->id)))
		return 0;
	if (cr_xcomps(cr_user_xfeatures() & BIT_ULL(c->id), &mine) != 1)
		return cr_err(ctx, -EPROTO, "this CPU lacks %s, which is in use",
			      cr_xfeature_name(c->id));
	if (mine.size != c->size || mine.offset + mine.size > size)
		return cr_err(ctx, -EPROTO, "the size of %s differs",
			      cr_xfeature_name(c->id));
	memcpy(dst + mine.offset, data + c->offset, c->size);
	return 0;
}

static int cr_relay_xstate(struct cr_ctx *ctx, const struct cr_rec *rec,
			   struct cr_arch_state *s)
{
	const struct cr_hdr_xstate *h = rec->data;
	size_t head = sizeof(struct fxregs_state) + sizeof(struct xstate_header);
	const u8 *data = (const u8 *)&h->comp[h->nr_comp];
	u64 seen = XFEATURE_MASK_FPSSE;
	u32 i, last = 1;
	int ret;

	if (h->size < head || h->size % 8 ||
	    *(const u64 *)(data + XSAVE_HDR_OFFSET) != h->xfeatures)
		return cr_invalid(ctx, "bad FPU state of %u bytes", h->size);
	memcpy(s->xstate, data, head);
	for (i = 0; i < h->nr_comp; i++) {
		if (h->comp[i].id <= last)
			return cr_invalid(ctx, "bad component %u",
					  h->comp[i].id);
		last = h->comp[i].id;
		ret = cr_relay_xcomp(ctx, h, &h->comp[i], data, s->xstate,
				     s->xsize);
		if (ret)
			return ret;
		seen |= BIT_ULL(last);
	}
	if (h->xfeatures & ~seen)
		return cr_invalid(ctx, "bad xfeatures, have 0x%llx",
				  h->xfeatures);
	return 0;
}

static int cr_read_xstate(struct cr_ctx *ctx, struct cr_arch_state *s)
{
	const struct user_regset *rs = cr_regset(current, NT_X86_XSTATE);
	const struct cr_hdr_xstate *h;
	const struct cr_rec *rec;

	rec = cr_read_obj(ctx, CR_HDR_XSTATE, sizeof(*h), CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->nr_comp > CR_XCOMP_MAX || h->size > rec->len ||
	    rec->len != struct_size(h, comp, h->nr_comp) + h->size)
		return cr_invalid(ctx, "bad FPU state of %u bytes", h->size);
	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return cr_err(ctx, -EPROTO, "this CPU has no XSAVE");
	s->xsize = rs->n * rs->size;
	s->xstate = kvzalloc(s->xsize, GFP_KERNEL_ACCOUNT);
	if (!s->xstate)
		return cr_err(ctx, -ENOMEM, "no memory for the FPU state");
	return cr_relay_xstate(ctx, rec, s);
}

int cr_arch_read_cpu(struct cr_ctx *ctx)
{
	struct cr_arch_state *s = cr_arch_state(ctx);
	int ret;

	if (!s)
		return cr_err(ctx, -ENOMEM, "no memory for registers");
	ret = cr_read_thread(ctx, s);
	if (!ret)
		ret = cr_read_regs(ctx, s);
	if (!ret)
		ret = cr_read_xstate(ctx, s);
	return ret;
}

static int cr_set_tls(struct task_struct *t, struct cr_arch_state *s)
{
#ifdef CONFIG_IA32_EMULATION
	return regset_tls_set(t, NULL, 0, sizeof(s->tls), s->tls, NULL);
#else
	return s->has_tls ? -EOPNOTSUPP : 0;
#endif
}

/**
 * cr_arch_set_cpu - give a task the registers of the image
 * @ctx: context
 * @t: parked in get_signal() and off the CPU; not current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_arch_set_cpu(struct cr_ctx *ctx, struct task_struct *t)
{
	struct cr_arch_state *s = cr_arch_state(ctx);
	const struct user_regset *rs;
	int ret;

	ret = cr_set_tls(t, s);
	if (ret)
		return cr_invalid(ctx, "bad TLS descriptors");
	rs = cr_regset(t, NT_PRSTATUS);
	ret = rs->set(t, rs, 0, sizeof(s->regs), &s->regs, NULL);
	if (ret)
		return cr_invalid(ctx, "bad registers");
	rs = cr_regset(t, NT_X86_XSTATE);
	ret = rs->set(t, rs, 0, s->xsize, s->xstate, NULL);
	if (ret)
		return cr_invalid(ctx, "bad FPU state");
	return 0;
}

/**
 * cr_arch_flush_task - forget what current's old program set up
 */
void cr_arch_flush_task(void)
{
	set_personality_64bit();
	flush_thread();
	reset_thread_features();
	arch_setup_new_exec();
	set_tsc_mode(PR_TSC_ENABLE);
#ifdef CONFIG_X86_IOPL_IOPERM
	current->thread.iopl_emul = 0;
	if (test_thread_flag(TIF_IO_BITMAP))
		io_bitmap_exit(current);
#endif
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "checkpoint_test.c"
#endif
