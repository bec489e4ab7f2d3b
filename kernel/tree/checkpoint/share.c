// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pages that address spaces share copy-on-write.
 *
 * A child has the pages of its parent until one of the two writes to them. Such
 * a page is in the image once, with the first address space that has it; the
 * others say where it is. At restart they come to share it by the same means as
 * fork() has. Where that can't be, because it isn't at the same address, say,
 * they get a copy.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/rmap.h>
#include <linux/slab.h>
#include <linux/swapops.h>
#include <asm/tlb.h>

#include "internal.h"

/*
 * Entries of cr_ctx.shares, by page frame: the objref of an address space, and
 * the page's number in it. A page that doesn't fit in isn't shared.
 */
#define CR_SHARE_PAGE_BITS	36
#define CR_SHARE_REF_BITS	(BITS_PER_LONG - 1 - CR_SHARE_PAGE_BITS)

struct cr_share_list {
	struct list_head list;
	unsigned int nr;
	struct cr_share_run run[CR_PGSHARE_MAX];
};

static u64 cr_share_len(const struct cr_share_run *run)
{
	return (u64)run->count << PAGE_SHIFT;
}

static void *cr_share_pack(u32 ref, unsigned long addr)
{
	unsigned long page = addr >> PAGE_SHIFT;

	if (page >> CR_SHARE_PAGE_BITS || ref >> CR_SHARE_REF_BITS)
		return NULL;
	return xa_mk_value((unsigned long)ref << CR_SHARE_PAGE_BITS | page);
}

static u32 cr_share_ref(void *entry)
{
	return xa_to_value(entry) >> CR_SHARE_PAGE_BITS;
}

static unsigned long cr_share_addr(void *entry)
{
	return (xa_to_value(entry) & (BIT(CR_SHARE_PAGE_BITS) - 1)) << PAGE_SHIFT;
}

/*
 * Has anybody else the page, perhaps where it was swapped out to? A clone has
 * what it is a clone of.
 */
static bool cr_may_be_shared(const struct cr_pages *p, struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_mapcount(folio) > 1 + p->cloned ||
	       folio_test_swapcache(folio);
}

static int cr_share_offer(struct cr_pages *p, struct page *page,
			  unsigned long addr)
{
	void *entry = cr_share_pack(p->parent, addr);
	int ret;

	if (!entry || !cr_may_be_shared(p, page))
		return 0;
	ret = xa_insert(&p->ctx->shares, page_to_pfn(page), entry,
			GFP_KERNEL_ACCOUNT);
	if (!ret)
		get_page(page);
	return ret == -EBUSY ? 0 : ret;
}

/**
 * cr_shares_offer - remember pages that other address spaces may have as well
 * @p: the pages of one, which are going to be written
 *
 * A reference keeps each what it is until cr_shares_free().
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_shares_offer(struct cr_pages *p)
{
	unsigned int i, n = 0;
	unsigned long k;

	for (i = 0; i < p->nr_runs; i++)
		for (k = 0; k < p->run[i].count; k++)
			if (cr_share_offer(p, p->page[n++],
					   p->run[i].addr + (k << PAGE_SHIFT)))
				return cr_err(p->ctx, -ENOMEM, "no memory for a shared page");
	return 0;
}

/**
 * cr_shares_free - forget the pages that cr_shares_offer() remembered
 * @ctx: context
 */
void cr_shares_free(struct cr_ctx *ctx)
{
	unsigned long pfn;
	void *entry;

	xa_for_each(&ctx->shares, pfn, entry) {
		xa_erase(&ctx->shares, pfn);
		put_page(pfn_to_page(pfn));
		cond_resched();
	}
}

/**
 * cr_shares_full - has the list of shared pages no room?
 * @p: pages; those that are shared are being looked for
 *
 * Return: true if it hasn't.
 */
bool cr_shares_full(const struct cr_pages *p)
{
	return p->shares->nr == CR_PGSHARE_MAX;
}

/* Does a page go on where a run ends? */
static bool cr_share_extends(const struct cr_share_run *run, u32 ref,
			     unsigned long from, unsigned long addr)
{
	unsigned long len = cr_share_len(run);

	return run->mm == ref && run->addr + len == addr &&
	       run->from + len == from;
}

/**
 * cr_shares_add - add a page to the list of shared pages if it is one
 * @p: pages; the list has room
 * @page: the page
 * @addr: where it is, above all that were asked for
 */
void cr_shares_add(struct cr_pages *p, struct page *page, unsigned long addr)
{
	void *entry = xa_load(&p->ctx->shares, page_to_pfn(page));
	struct cr_share_list *l = p->shares;
	struct cr_share_run *run = &l->run[l->nr];
	unsigned long from;
	u32 ref;

	if (!entry)
		return;
	ref = cr_share_ref(entry);
	from = cr_share_addr(entry);
	if (ref == p->parent)
		return;
	if (l->nr && cr_share_extends(run - 1, ref, from, addr)) {
		run[-1].count++;
		return;
	}
	run->addr = addr;
	run->from = from;
	run->count = 1;
	run->mm = ref;
	l->nr++;
}

/**
 * cr_shares_has - is a page in the list of shared pages?
 * @p: pages
 * @addr: where it is; asked for in ascending order
 *
 * Return: true if it is.
 */
bool cr_shares_has(struct cr_pages *p, unsigned long addr)
{
	const struct cr_share_run *run;

	while (p->shares) {
		for (; p->share_pos < p->shares->nr; p->share_pos++) {
			run = &p->shares->run[p->share_pos];
			if (addr < run->addr + cr_share_len(run))
				return addr >= run->addr;
		}
		if (list_is_last(&p->shares->list, &p->share_lists))
			break;
		p->shares = list_next_entry(p->shares, list);
		p->share_pos = 0;
	}
	return false;
}

/**
 * cr_shares_more - have room for more shared pages
 * @p: pages
 *
 * Return: 0 or -ENOMEM, which was logged.
 */
int cr_shares_more(struct cr_pages *p)
{
	struct cr_share_list *l = kvmalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return cr_err(p->ctx, -ENOMEM, "no memory for shared pages");
	l->nr = 0;
	list_add_tail(&l->list, &p->share_lists);
	p->shares = l;
	return 0;
}

/**
 * cr_shares_drop - drop the lists of shared pages
 * @p: pages
 */
void cr_shares_drop(struct cr_pages *p)
{
	struct cr_share_list *l, *n;

	list_for_each_entry_safe(l, n, &p->share_lists, list)
		kvfree(l);
	INIT_LIST_HEAD(&p->share_lists);
	p->shares = NULL;
}

static int cr_write_share_list(struct cr_pages *p, u32 near,
			       const struct cr_share_list *l)
{
	struct cr_hdr_pgshare h = { .nr_runs = l->nr, .near = near };

	return cr_write_obj2(p->ctx, CR_HDR_PGSHARE, p->parent, &h, sizeof(h),
			     l->run, l->nr * sizeof(l->run[0]));
}

/**
 * cr_write_shares - write where shared pages are, and begin at the first again
 * @p: pages, all of whose shared ones have been found
 * @near: objref of the parent's address space, or 0
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_shares(struct cr_pages *p, u32 near)
{
	struct cr_share_list *l;
	int ret = 0;

	list_for_each_entry(l, &p->share_lists, list) {
		if (l->nr)
			ret = cr_write_share_list(p, near, l);
		if (ret)
			return ret;
	}
	p->shares = list_first_entry_or_null(&p->share_lists,
					     struct cr_share_list, list);
	p->share_pos = 0;
	return cr_flush(p->ctx);
}

/*
 * Restart. Address spaces are those of helpers, which have never been in user
 * mode; whoever may trace them may look at them and write to them, though.
 */

/**
 * struct cr_sharing - what comes to share pages
 * @ctx: context
 * @dst: the address space
 * @src: the one that has them
 * @near: the parent's, or NULL
 */
struct cr_sharing {
	struct cr_ctx *ctx;
	struct mm_struct *dst;
	struct mm_struct *src;
	struct mm_struct *near;
};

static int cr_lock_both(struct mm_struct *src, struct mm_struct *dst)
{
	if (mmap_write_lock_killable(src))
		return -EINTR;
	if (!down_write_killable_nested(&dst->mmap_lock, SINGLE_DEPTH_NESTING))
		return 0;
	mmap_write_unlock(src);
	return -EINTR;
}

static void cr_unlock_both(struct mm_struct *src, struct mm_struct *dst)
{
	mmap_write_unlock(dst);
	mmap_write_unlock(src);
}

/* Anonymous pages are known by their offset in the mapping. */
static bool cr_same_offsets(struct vm_area_struct *a, struct vm_area_struct *b,
			    unsigned long addr)
{
	return linear_page_index(a, addr) == linear_page_index(b, addr);
}

static bool cr_has_anon_vma(struct vm_area_struct *vma,
			    const struct anon_vma *anon_vma)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma)
		if (avc->anon_vma == anon_vma)
			return true;
	return false;
}

/* Is every page of one mapping found in the other, too? */
static bool cr_found_in(struct vm_area_struct *src, struct vm_area_struct *dst)
{
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &src->anon_vma_chain, same_vma)
		if (!cr_has_anon_vma(dst, avc->anon_vma))
			return false;
	return src->anon_vma;
}

/* A mapping without pages becomes a child of the other. */
static int cr_link(struct mm_struct *dst_mm, struct mm_struct *src_mm,
		   unsigned long addr)
{
	struct vm_area_struct *dst, *src;
	int ret = cr_lock_both(src_mm, dst_mm);

	if (ret)
		return ret;
	dst = cr_target_vma(dst_mm, addr);
	src = cr_target_vma(src_mm, addr);
	if (dst && src && !dst->anon_vma && cr_same_offsets(dst, src, addr)) {
		vma_start_write(dst);
		ret = anon_vma_fork(dst, src);
	}
	cr_unlock_both(src_mm, dst_mm);
	return ret;
}

/* With the parent's mapping if it can be, as it was. */
static int cr_link_piece(struct cr_sharing *s, unsigned long addr)
{
	struct vm_area_struct *vma;
	bool linked;
	int ret = 0;

	if (mmap_read_lock_killable(s->dst))
		return -EINTR;
	vma = vma_lookup(s->dst, addr);
	linked = !vma || vma->anon_vma;
	mmap_read_unlock(s->dst);
	if (linked)
		return 0;
	if (s->near && s->near != s->src)
		ret = cr_link(s->dst, s->near, addr);
	if (!ret)
		ret = cr_link(s->dst, s->src, addr);
	if (ret == -ENOMEM)
		cr_err(s->ctx, ret, "no memory for a shared page");
	return ret;
}

/* What isn't there may be on its way to another frame, or swapped out. */
static bool cr_is_anon_entry(pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (!non_swap_entry(entry))
		return true;
	return is_migration_entry(entry) &&
	       folio_test_anon(pfn_swap_entry_folio(entry));
}

static int cr_want_anon(pte_t *ptep, unsigned long addr, unsigned long next,
			struct mm_walk *walk)
{
	pte_t pte = ptep_get(ptep);
	struct page *page;

	if (pte_none(pte))
		return -ENODATA;
	if (!pte_present(pte))
		return cr_is_anon_entry(pte) ? 0 : -ENODATA;
	page = vm_normal_page(walk->vma, addr, pte);
	return page && PageAnon(page) ? 0 : -ENODATA;
}

static int cr_want_no_hole(unsigned long addr, unsigned long next, int depth,
			   struct mm_walk *walk)
{
	return -ENODATA;
}

static const struct mm_walk_ops cr_anon_ops = {
	.pte_entry = cr_want_anon,
	.pte_hole = cr_want_no_hole,
	.walk_lock = PGWALK_WRLOCK,
};

/* Entries were copied as they are in the other. */
static void cr_own_prot(struct vm_area_struct *vma, unsigned long addr,
			unsigned long end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm);
	change_protection(&tlb, vma, addr, end, 0);
	tlb_finish_mmu(&tlb);
}

static int cr_share_ptes(struct vm_area_struct *dst,
			 struct vm_area_struct *src, unsigned long addr,
			 unsigned long end)
{
	int ret;

	ret = walk_page_range(src->vm_mm, addr, end, &cr_anon_ops, NULL);
	if (ret)
		return ret;
	vma_start_write(dst);
	/* Who reads it leaves pages of zeros or of a file in it. */
	zap_page_range_single(dst, addr, end - addr, NULL);
	ret = copy_page_range(dst, src, addr, end);
	flush_tlb_range(src, addr, end);
	if (!ret && pgprot_val(dst->vm_page_prot) != pgprot_val(src->vm_page_prot))
		cr_own_prot(dst, addr, end);
	return ret;
}

/*
 * Who looks for all that have a page must come to @dst after @src, as entries
 * are copied from the one to the other meanwhile: see move_ptes(). Mappings that
 * begin later are looked at later; a stack may come to begin earlier.
 */
static bool cr_may_share(struct vm_area_struct *dst, struct vm_area_struct *src,
			 const struct cr_share_run *run)
{
	return run->addr == run->from &&
	       cr_same_offsets(dst, src, run->addr) &&
	       dst->vm_pgoff >= src->vm_pgoff &&
	       !(src->vm_flags & VM_GROWSDOWN) && cr_found_in(src, dst);
}

/*
 * Share what of a run lies in one mapping on either side. Says how many pages
 * that is, and whether they are shared now.
 */
static int cr_share_piece(struct cr_sharing *s, const struct cr_share_run *run,
			  unsigned long *pages, bool *shared)
{
	struct vm_area_struct *dst, *src;
	unsigned long len;
	int ret = cr_lock_both(s->src, s->dst);

	if (ret)
		return ret;
	dst = cr_target_vma(s->dst, run->addr);
	src = cr_target_vma(s->src, run->from);
	if (!dst || !src) {
		ret = src ? cr_invalid(s->ctx, "no private mapping at 0x%llx",
				       run->addr) : -ENODATA;
		goto out;
	}
	len = min3(dst->vm_end - run->addr, src->vm_end - run->from,
		   (unsigned long)cr_share_len(run));
	*pages = len >> PAGE_SHIFT;
	*shared = cr_may_share(dst, src, run);
	if (*shared)
		ret = cr_share_ptes(dst, src, run->addr, run->addr + len);
	if (ret == -ENOMEM)
		cr_err(s->ctx, ret, "no memory for a shared page");
out:
	cr_unlock_both(s->src, s->dst);
	return ret;
}

/* The page that is to be shared, with a reference. */
static struct page *cr_shared_page(struct cr_sharing *s, unsigned long addr)
{
	struct page *page;
	int locked = 1;
	long ret;

	if (mmap_read_lock_killable(s->src))
		return ERR_PTR(-EINTR);
	ret = get_user_pages_remote(s->src, addr, 1, FOLL_FORCE, &page,
				    &locked);
	if (locked)
		mmap_read_unlock(s->src);
	if (ret < 0 && ret != -EFAULT)
		return ERR_PTR(cr_err(s->ctx, ret, "can't read memory at 0x%lx",
				      addr));
	if (ret == 1 && PageAnon(page))
		return page;
	if (ret == 1)
		put_page(page);
	return ERR_PTR(-ENODATA);
}

static int cr_copy_shared(struct cr_pages *p, struct cr_sharing *s,
			  const struct cr_share_run *run)
{
	struct page *from = cr_shared_page(s, run->from);
	int ret;

	if (IS_ERR(from))
		return PTR_ERR(from);
	ret = cr_pages_copy(p, from, run->addr);
	put_page(from);
	return ret;
}

/* Pages that can't be shared. */
static int cr_copy_piece(struct cr_sharing *s, const struct cr_share_run *run,
			 unsigned long pages)
{
	struct cr_pages *p = cr_pages_alloc(s->ctx, 0);
	struct cr_share_run one = *run;
	int ret = 0;

	if (!p)
		return -ENOMEM;
	p->mm = s->dst;
	for (; pages && !ret; pages--) {
		ret = cr_copy_shared(p, s, &one);
		cr_pages_reset(p);
		one.addr += PAGE_SIZE;
		one.from += PAGE_SIZE;
		cond_resched();
	}
	cr_pages_free(p);
	return ret;
}

static int cr_share_run(struct cr_sharing *s, struct cr_share_run run)
{
	unsigned long pages = 0;
	bool shared = false;
	int ret = 0;

	while (run.count && !ret) {
		if (fatal_signal_pending(current))
			return cr_err(s->ctx, -EINTR, "interrupted");
		ret = cr_link_piece(s, run.addr);
		if (!ret)
			ret = cr_share_piece(s, &run, &pages, &shared);
		if (!ret && !shared)
			ret = cr_copy_piece(s, &run, pages);
		if (ret == -EINTR)
			return cr_err(s->ctx, ret, "interrupted");
		if (ret == -ENODATA)
			return cr_invalid(s->ctx, "no private page to share at 0x%llx",
					  run.from);
		run.count -= pages;
		run.addr += pages << PAGE_SHIFT;
		run.from += pages << PAGE_SHIFT;
	}
	return ret;
}

static int cr_check_share_run(struct cr_ctx *ctx,
			      const struct cr_share_run *run)
{
	u64 from = run->from, addr = run->addr, pages = TASK_SIZE >> PAGE_SHIFT;

	if (!run->count || (addr | from) & ~PAGE_MASK ||
	    addr < ctx->last_share || addr >= TASK_SIZE || from >= TASK_SIZE ||
	    run->count > pages - (max(addr, from) >> PAGE_SHIFT))
		return cr_invalid(ctx, "bad run of %u pages at 0x%llx, of 0x%llx",
				  run->count, addr, from);
	ctx->last_share = addr + cr_share_len(run);
	return 0;
}

static int cr_find_sharing(struct cr_sharing *s, u32 dst, u32 src, u32 near)
{
	struct cr_ctx *ctx = s->ctx;

	s->dst = cr_obj_get_by_ref(ctx, CR_OBJ_MM, dst);
	s->src = cr_obj_get_by_ref(ctx, CR_OBJ_MM, src);
	s->near = near ? cr_obj_get_by_ref(ctx, CR_OBJ_MM, near) : NULL;
	if (IS_ERR(s->dst) || IS_ERR(s->src) || IS_ERR(s->near))
		return -EBADMSG;
	if (s->dst == s->src || s->dst == s->near)
		return cr_invalid(ctx, "address space %u shares with itself", dst);
	return 0;
}

/**
 * cr_read_shares - let an address space share pages that others have
 * @ctx: context; the next record is a PGSHARE
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_shares(struct cr_ctx *ctx)
{
	struct cr_sharing s = { .ctx = ctx };
	const struct cr_hdr_pgshare *h;
	const struct cr_rec *rec;
	u32 i;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_PGSHARE, sizeof(*h), CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (!h->nr_runs || h->nr_runs > CR_PGSHARE_MAX ||
	    rec->len != struct_size(h, run, h->nr_runs))
		return cr_invalid(ctx, "bad count of %u runs", h->nr_runs);
	ret = cr_begin_pages(ctx, rec->parent);
	if (!ret && ctx->last_page)
		ret = cr_invalid(ctx, "shared pages after others");
	for (i = 0; i < h->nr_runs && !ret; i++) {
		ret = cr_check_share_run(ctx, &h->run[i]);
		if (!ret)
			ret = cr_find_sharing(&s, rec->parent, h->run[i].mm,
					      h->near);
		if (!ret)
			ret = cr_share_run(&s, h->run[i]);
	}
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "share_test.c"
#endif
