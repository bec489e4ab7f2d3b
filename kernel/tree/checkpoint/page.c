// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: page data.
 *
 * Private pages are collected from the snapshot, or from the stopped task's
 * own memory, up to CR_PGARR_MAX at a time with the lock held, and written
 * without it. At restart they are read into fresh folios that are then
 * entered into the page tables a table at a time.
 */
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagewalk.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "internal.h"

/* Times to clear the way for pages that somebody else keeps entering. */
#define CR_MAP_TRIES	16

/**
 * cr_page_is_zero - does a page hold zeros only?
 * @page: the page
 *
 * Return: true if it does.
 */
bool cr_page_is_zero(struct page *page)
{
	void *p = kmap_local_page(page);
	bool zero = !memchr_inv(p, 0, PAGE_SIZE);

	kunmap_local(p);
	return zero;
}

/**
 * cr_pages_alloc - have room for a list of pages
 * @ctx: context
 * @parent: objref of what they belong to
 *
 * Return: an empty list, or NULL, which was logged.
 */
struct cr_pages *cr_pages_alloc(struct cr_ctx *ctx, u32 parent)
{
	struct cr_pages *p = kvzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p) {
		cr_err(ctx, -ENOMEM, "no memory for a list of pages");
		return NULL;
	}
	p->ctx = ctx;
	p->parent = parent;
	INIT_LIST_HEAD(&p->list);
	INIT_LIST_HEAD(&p->share_lists);
	return p;
}

/**
 * cr_pages_reset - drop the pages of a list
 * @p: the list, which goes on from where it was
 */
void cr_pages_reset(struct cr_pages *p)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		put_page(p->page[i]);
	p->nr = 0;
	p->nr_runs = 0;
}

/**
 * cr_pages_free - drop a list with its pages
 * @p: the list
 */
void cr_pages_free(struct cr_pages *p)
{
	cr_pages_reset(p);
	cr_shares_drop(p);
	kvfree(p);
}

/**
 * cr_pages_add - add a page to a list, unless it may be left out
 * @p: the list, which has room
 * @page: the page
 * @addr: where it belongs, above all that the list has
 */
void cr_pages_add(struct cr_pages *p, struct page *page, unsigned long addr)
{
	struct cr_pgrun *run = &p->run[p->nr_runs];

	if (p->elide_zero && cr_page_is_zero(page)) {
		p->ctx->stats.zero_pages++;
		return;
	}
	get_page(page);
	p->page[p->nr++] = page;
	if (p->nr_runs && run[-1].addr + (run[-1].count << PAGE_SHIFT) == addr) {
		run[-1].count++;
		return;
	}
	run->addr = addr;
	run->count = 1;
	p->nr_runs++;
}

static bool cr_pages_full(const struct cr_pages *p)
{
	return p->finding ? cr_shares_full(p) : p->nr == CR_PGARR_MAX;
}

/* First those are found that others have, then the rest. */
static void cr_pages_see(struct cr_pages *p, struct page *page,
			 unsigned long addr)
{
	if (p->finding)
		cr_shares_add(p, page, addr);
	else if (!cr_shares_has(p, addr))
		cr_pages_add(p, page, addr);
}

/* Huge pages are in the image as ordinary ones. */
static int cr_walk_huge(struct cr_pages *p, pmd_t *pmd, unsigned long addr,
			unsigned long end)
{
	for (; addr != end; addr += PAGE_SIZE) {
		p->next = addr;
		if (cr_pages_full(p))
			return 1;
		cr_pages_see(p, pmd_page(*pmd) +
			     ((addr & ~HPAGE_PMD_MASK) >> PAGE_SHIFT), addr);
	}
	return 0;
}

/* Returns 1 when there is no room, 2 when a page has to be brought in. */
static int cr_walk_pte(struct cr_pages *p, struct vm_area_struct *vma,
		       pte_t pte, unsigned long addr)
{
	struct page *page;

	p->next = addr;
	if (cr_pages_full(p))
		return 1;
	if (pte_none(pte))
		return 0;
	if (!pte_present(pte)) {
		p->fault = addr;
		return 2;
	}
	page = vm_normal_page(vma, addr, pte);
	if (page && PageAnon(page))
		cr_pages_see(p, page, addr);
	return 0;
}

static int cr_walk_pmd(pmd_t *pmd, unsigned long addr, unsigned long end,
		       struct mm_walk *walk)
{
	struct cr_pages *p = walk->private;
	spinlock_t *ptl;
	pte_t *start, *pte;
	int ret = 0;

	ptl = pmd_trans_huge_lock(pmd, walk->vma);
	if (ptl) {
		if (!pmd_present(*pmd)) {
			p->fault = addr;
			p->next = addr;
			ret = 2;
		} else if (!is_huge_zero_pmd(*pmd)) {
			ret = cr_walk_huge(p, pmd, addr, end);
		}
		spin_unlock(ptl);
		return ret;
	}
	start = pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	pte = start;
	if (!pte) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (; addr != end && !ret; addr += PAGE_SIZE, pte++)
		ret = cr_walk_pte(p, walk->vma, ptep_get(pte), addr);
	pte_unmap_unlock(start, ptl);
	cond_resched();
	return ret;
}

/**
 * cr_has_private - may a mapping have private pages?
 * @vma: the mapping
 *
 * Return: true if it may.
 */
bool cr_has_private(const struct vm_area_struct *vma)
{
	return vma->anon_vma && !(vma->vm_flags & (VM_IO | VM_PFNMAP));
}

static int cr_walk_test(unsigned long start, unsigned long end,
			struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	struct cr_pages *p = walk->private;

	if (!cr_has_private(vma))
		return 1;
	/* Where a file would show through, zeros count. */
	p->elide_zero = !vma->vm_file;
	return 0;
}

static const struct mm_walk_ops cr_walk_ops = {
	.pmd_entry = cr_walk_pmd,
	.test_walk = cr_walk_test,
	.walk_lock = PGWALK_RDLOCK,
};

/* Bring in a page that is swapped out or being moved. */
static int cr_fault_in(struct cr_pages *p)
{
	struct page *page;
	int locked = 1;
	long ret;

	mmap_read_lock(p->mm);
	ret = get_user_pages_remote(p->mm, p->fault, 1,
				    FOLL_FORCE, &page,
				    &locked);
	if (locked)
		mmap_read_unlock(p->mm);
	if (ret == 1) {
		put_page(page);
		return 0;
	}
	return cr_err(p->ctx, ret ?: -EFAULT, "can't read memory at 0x%lx",
		      p->fault);
}

/* Fill @p, which is empty, from p->next on; p->nr is 0 if nothing was found. */
static int cr_pages_fill(struct cr_pages *p)
{
	int ret;

	for (;;) {
		if (mmap_read_lock_killable(p->mm))
			return cr_err(p->ctx, -EINTR, "interrupted");
		ret = walk_page_range(p->mm, p->next, TASK_SIZE, &cr_walk_ops,
				      p);
		mmap_read_unlock(p->mm);
		if (ret == 2)
			ret = cr_fault_in(p);
		else
			break;
		if (ret)
			return ret;
	}
	if (!ret)
		p->next = TASK_SIZE;
	return ret < 0 ? ret : 0;
}

static u64 cr_pages_csum(struct page **page, unsigned int nr)
{
	struct xxh64_state state;
	unsigned int i;
	void *v;

	xxh64_reset(&state, 0);
	for (i = 0; i < nr; i++) {
		v = kmap_local_page(page[i]);
		xxh64_update(&state, v, PAGE_SIZE);
		kunmap_local(v);
	}
	return xxh64_digest(&state);
}

/**
 * cr_write_pgarr - write a list of pages, and their data
 * @p: the list, which isn't empty
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_pgarr(struct cr_pages *p)
{
	struct cr_ctx *ctx = p->ctx;
	size_t len, pad;
	struct cr_hdr_pgarr *h;
	int ret;

	len = struct_size(h, run, p->nr_runs);
	pad = -(ctx->off + sizeof(struct cr_hdr) + len) & (PAGE_SIZE - 1);
	h = kvzalloc(len + pad, GFP_KERNEL_ACCOUNT);
	if (!h)
		return cr_err(ctx, -ENOMEM, "no memory for a list of pages");
	h->nr_pages = p->nr;
	h->nr_runs = p->nr_runs;
	if (ctx->head.page_csum == CR_CSUM_XXH64)
		h->csum = cr_pages_csum(p->page, p->nr);
	memcpy(h->run, p->run, p->nr_runs * sizeof(*p->run));
	ret = cr_emit(ctx, CR_HDR_PGARR, p->parent, h, len + pad);
	kvfree(h);
	if (ret)
		return ret;
	ctx->stats.pages += p->nr;
	return cr_stream_write_pages(ctx, p->page, p->nr);
}

/* The next pages, or where shared ones are, of what there is of @m. */
static int cr_pages_next(struct cr_pages *p, struct cr_mm *m)
{
	if (!m->copies)
		return cr_pages_fill(p);
	if (p->finding)
		cr_find_copied_shares(p, m->copies);
	else
		cr_list_copied(p, m->copies);
	p->next = TASK_SIZE;
	return 0;
}

/* Pages that have been written with another address space. */
static int cr_find_shares(struct cr_pages *p, struct cr_mm *m)
{
	struct cr_task *parent = m->task->leader->parent;
	u32 near = 0;
	int ret = 0;

	if (xa_empty(&p->ctx->shares))
		return 0;
	p->finding = true;
	while (!ret && p->next < TASK_SIZE) {
		ret = cr_shares_more(p);
		if (!ret)
			ret = cr_pages_next(p, m);
	}
	p->finding = false;
	p->next = 0;
	if (parent && parent->leader->mm != m->mm)
		near = cr_obj_ref(p->ctx, CR_OBJ_MM, parent->leader->mm);
	return ret ?: cr_write_shares(p, near);
}

static int cr_write_pages(struct cr_ctx *ctx, struct cr_mm *m)
{
	struct cr_pages *p = cr_pages_alloc(ctx, m->ref);
	int ret;

	if (!p)
		return -ENOMEM;
	p->mm = m->snapshot ?: m->mm;
	p->cloned = m->snapshot;
	ret = cr_find_shares(p, m);
	while (!ret && p->next < TASK_SIZE) {
		ret = cr_pages_next(p, m);
		if (!ret && !list_is_last(&m->list, &ctx->mms))
			ret = cr_shares_offer(p);
		if (!ret && p->nr)
			ret = cr_write_pgarr(p);
		cr_pages_reset(p);
	}
	cr_pages_free(p);
	return ret;
}

/**
 * cr_write_mms - write the private pages of all address spaces
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_mms(struct cr_ctx *ctx)
{
	struct cr_mm *m;
	int ret = 0;

	list_for_each_entry(m, &ctx->mms, list) {
		ret = cr_write_pages(ctx, m);
		if (ret)
			break;
	}
	cr_shares_free(ctx);
	return ret;
}

/*
 * Restart.
 */

/**
 * cr_target_vma - find a mapping that may have private pages
 * @mm: an address space that is being built, locked
 * @addr: an address
 *
 * Return: the mapping, or NULL.
 */
struct vm_area_struct *cr_target_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	if (!vma || vma->vm_flags & (VM_SHARED | VM_MAYSHARE | VM_IO |
				     VM_PFNMAP | VM_HUGETLB) ||
	    cr_arch_vma_type(vma))
		return NULL;
	return vma;
}

static int cr_alloc_page(struct cr_pages *p, unsigned long addr,
			 struct page **page)
{
	struct vm_area_struct *vma = cr_target_vma(p->mm, addr);
	struct cr_ctx *ctx = p->ctx;
	struct folio *folio;

	if (!vma)
		return cr_invalid(ctx, "no private mapping at 0x%lx", addr);
	if (anon_vma_prepare(vma))
		return cr_err(ctx, -ENOMEM, "no memory for a page");
	folio = vma_alloc_folio(GFP_HIGHUSER_MOVABLE, 0, vma, addr, false);
	if (!folio)
		return cr_err(ctx, -ENOMEM, "no memory for a page");
	*page = &folio->page;
	if (mem_cgroup_charge(folio, p->mm, GFP_KERNEL))
		return cr_err(ctx, -ENOMEM, "no memory for a page");
	return 0;
}

static int cr_check_runs(struct cr_ctx *ctx, const struct cr_hdr_pgarr *h,
			 unsigned long last, u64 end)
{
	u64 i, addr, count, sum = 0;

	for (i = 0; i < h->nr_runs; i++) {
		addr = h->run[i].addr;
		count = h->run[i].count;
		if (!count || count > CR_PGARR_MAX || addr & ~PAGE_MASK ||
		    addr < last || addr >= end ||
		    count > (end - addr) >> PAGE_SHIFT)
			return cr_invalid(ctx, "bad run of %llu pages at 0x%llx",
					  count, addr);
		last = addr + (count << PAGE_SHIFT);
		sum += count;
	}
	if (sum != h->nr_pages)
		return cr_invalid(ctx, "bad page count, have %llu, want %u",
				  sum, h->nr_pages);
	ctx->last_page = last;
	return 0;
}

static int cr_check_pgarr(struct cr_ctx *ctx, const struct cr_rec *rec, u64 end)
{
	const struct cr_hdr_pgarr *h = rec->data;
	size_t len;

	if (!h->nr_pages || h->nr_pages > CR_PGARR_MAX ||
	    h->nr_runs > h->nr_pages)
		return cr_invalid(ctx, "bad counts of %u pages in %u runs",
				  h->nr_pages, h->nr_runs);
	len = struct_size(h, run, h->nr_runs);
	if (len > rec->len || rec->len - len >= PAGE_SIZE ||
	    (rec->len > len &&
	     memchr_inv((u8 *)rec->data + len, 0, rec->len - len)))
		return cr_invalid(ctx, "bad padding");
	if (ctx->off & (PAGE_SIZE - 1))
		return cr_invalid(ctx, "page data isn't aligned");
	if (h->csum && ctx->head.page_csum == CR_CSUM_NONE)
		return cr_invalid(ctx, "a checksum of page data");
	return cr_check_runs(ctx, h, ctx->last_page, end);
}

static int cr_new_pages(struct cr_pages *p, const struct cr_hdr_pgarr *h)
{
	unsigned long addr;
	unsigned int i, k;
	int ret;

	mmap_read_lock(p->mm);
	for (i = 0; i < h->nr_runs; i++) {
		addr = h->run[i].addr;
		for (k = 0; k < h->run[i].count; k++, addr += PAGE_SIZE) {
			ret = cr_alloc_page(p, addr, &p->page[p->nr]);
			if (p->page[p->nr])
				p->nr++;
			if (ret)
				goto out;
		}
	}
	ret = 0;
out:
	mmap_read_unlock(p->mm);
	return ret;
}

/* The folio becomes the page table's. */
static void cr_set_pte(struct vm_area_struct *vma, unsigned long addr,
		       pte_t *pte, struct page *page)
{
	struct folio *folio = page_folio(page);
	pte_t entry = pte_mkdirty(mk_pte(page, vma->vm_page_prot));

	entry = pte_sw_mkyoung(entry);
	if (vma->vm_flags & VM_WRITE)
		entry = pte_mkwrite(entry, vma);
	__folio_mark_uptodate(folio);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	set_pte_at(vma->vm_mm, addr, pte, entry);
}

static pmd_t *cr_pmd_alloc(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_alloc(mm, pgd_offset(mm, addr), addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;

	return pud ? pmd_alloc(mm, pud, addr) : NULL;
}

/* Enter pages that lie in one page table; says how many. */
static unsigned int cr_map_table(struct vm_area_struct *vma,
				 unsigned long addr, struct page **page,
				 unsigned int nr)
{
	unsigned long end = min(pmd_addr_end(addr, vma->vm_end),
				addr + (unsigned long)nr * PAGE_SIZE);
	struct mm_struct *mm = vma->vm_mm;
	unsigned int n = 0;
	pmd_t *pmd = cr_pmd_alloc(mm, addr);
	spinlock_t *ptl;
	pte_t *start, *pte;

	if (!pmd || pte_alloc(mm, pmd))
		return 0;
	start = pte_offset_map_lock(mm, pmd, addr, &ptl);
	pte = start;
	if (!pte)
		return 0;
	for (; addr < end && pte_none(ptep_get(pte)); pte++) {
		cr_set_pte(vma, addr, pte, page[n++]);
		addr += PAGE_SIZE;
	}
	add_mm_counter(mm, MM_ANONPAGES, n);
	pte_unmap_unlock(start, ptl);
	return n;
}

/*
 * Who reads a process that is being built, by way of /proc, leaves pages of
 * zeros or of a file in it.
 */
static void cr_unmap_run(struct vm_area_struct *vma, unsigned long addr,
			 unsigned int count)
{
	unsigned long len = (unsigned long)count * PAGE_SIZE;

	zap_page_range_single(vma, addr, min(len, vma->vm_end - addr), NULL);
}

static int cr_map_run(struct cr_pages *p, unsigned long addr,
		      unsigned int count, unsigned int *done)
{
	unsigned int tries = CR_MAP_TRIES, n;
	struct vm_area_struct *vma;

	while (count) {
		vma = cr_target_vma(p->mm, addr);
		n = vma ? cr_map_table(vma, addr, p->page + *done, count) : 0;
		if (!n && vma && --tries) {
			cr_unmap_run(vma, addr, count);
			continue;
		}
		if (!n)
			return cr_err(p->ctx, -ENOMEM,
				      "can't enter a page at 0x%lx", addr);
		*done += n;
		addr += (unsigned long)n << PAGE_SHIFT;
		count -= n;
	}
	return 0;
}

/* Pages that weren't entered are dropped. */
static int cr_pages_map(struct cr_pages *p, const struct cr_hdr_pgarr *h)
{
	unsigned int i, done = 0;
	int ret = 0;

	mmap_read_lock(p->mm);
	for (i = 0; i < h->nr_runs && !ret; i++)
		ret = cr_map_run(p, h->run[i].addr, h->run[i].count, &done);
	mmap_read_unlock(p->mm);
	memmove(p->page, p->page + done, (p->nr - done) * sizeof(*p->page));
	p->nr -= done;
	return ret;
}

/**
 * cr_pages_copy - enter a copy of a page
 * @p: an empty list for the address space
 * @from: the page
 * @addr: where the copy goes
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_pages_copy(struct cr_pages *p, struct page *from, unsigned long addr)
{
	unsigned int done = 0;
	int ret;

	p->page[0] = NULL;
	if (mmap_read_lock_killable(p->mm))
		return -EINTR;
	ret = cr_alloc_page(p, addr, &p->page[0]);
	p->nr = !!p->page[0];
	if (!ret) {
		copy_highpage(p->page[0], from);
		ret = cr_map_run(p, addr, 1, &done);
	}
	mmap_read_unlock(p->mm);
	if (done)
		p->nr = 0;
	return ret;
}

static int cr_read_page_data(struct cr_pages *p, const struct cr_hdr_pgarr *h)
{
	struct cr_ctx *ctx = p->ctx;
	int ret;

	ret = cr_stream_read_pages(ctx, p->page, p->nr);
	if (ret)
		return ret;
	if (ctx->head.page_csum == CR_CSUM_XXH64 &&
	    cr_pages_csum(p->page, p->nr) != h->csum)
		return cr_invalid(ctx, "bad checksum of page data");
	ctx->stats.pages += p->nr;
	return 0;
}

static int cr_read_pgarr(struct cr_pages *p, const struct cr_rec *rec)
{
	int ret = cr_check_pgarr(p->ctx, rec, TASK_SIZE);

	if (!ret)
		ret = cr_new_pages(p, rec->data);
	if (!ret)
		ret = cr_read_page_data(p, rec->data);
	return ret ?: cr_pages_map(p, rec->data);
}

/* Pages of shared memory are entered first and read then. */
static int cr_get_shmem_pages(struct cr_pages *p, const struct cr_hdr_pgarr *h,
			      struct file *file)
{
	struct folio *folio;
	pgoff_t index;
	unsigned int i, k;

	for (i = 0; i < h->nr_runs; i++) {
		index = h->run[i].addr >> PAGE_SHIFT;
		for (k = 0; k < h->run[i].count; k++, index++) {
			folio = shmem_read_folio(file->f_mapping, index);
			if (IS_ERR(folio))
				return cr_err(p->ctx, PTR_ERR(folio),
					      "no memory for a page");
			p->page[p->nr++] = folio_file_page(folio, index);
		}
	}
	return 0;
}

static int cr_read_shmem_pgarr(struct cr_pages *p, const struct cr_rec *rec,
			       struct file *file)
{
	u64 end = round_up((u64)i_size_read(file_inode(file)), PAGE_SIZE);
	unsigned int i;
	int ret;

	ret = cr_check_pgarr(p->ctx, rec, end);
	if (!ret)
		ret = cr_get_shmem_pages(p, rec->data, file);
	if (!ret)
		ret = cr_read_page_data(p, rec->data);
	for (i = 0; i < p->nr; i++)
		set_page_dirty_lock(p->page[i]);
	return ret;
}

/**
 * cr_begin_pages - lists of one address space or shared memory come one after
 *		    another
 * @ctx: context
 * @parent: whose the next one is
 *
 * Return: 0 or -EBADMSG, which was logged.
 */
int cr_begin_pages(struct cr_ctx *ctx, u32 parent)
{
	if (!parent)
		return cr_invalid(ctx, "bad parent, have %u", parent);
	if (parent == ctx->page_parent)
		return 0;
	if (!cr_obj_first_ref(ctx, parent))
		return cr_invalid(ctx, "bad parent, have %u", parent);
	ctx->page_parent = parent;
	ctx->last_page = 0;
	ctx->last_share = 0;
	return 0;
}

static int cr_read_list(struct cr_pages *p, const struct cr_rec *rec)
{
	struct cr_ctx *ctx = p->ctx;
	struct file *file;
	int ret = cr_begin_pages(ctx, rec->parent);

	if (ret)
		return ret;
	if (cr_obj_is(ctx, CR_OBJ_MM, rec->parent)) {
		p->mm = cr_obj_get_by_ref(ctx, CR_OBJ_MM, rec->parent);
		return cr_read_pgarr(p, rec);
	}
	file = cr_shmem_file(ctx, rec->parent);
	return IS_ERR(file) ? PTR_ERR(file) : cr_read_shmem_pgarr(p, rec, file);
}

/**
 * cr_read_pages - read one list of pages and their data
 * @ctx: context; the next record is a PGARR
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_pages(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_pages *p;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_PGARR, sizeof(struct cr_hdr_pgarr),
			  CR_HDR_LEN_MAX);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	p = cr_pages_alloc(ctx, rec->parent);
	if (!p)
		return -ENOMEM;
	ret = cr_read_list(p, rec);
	cr_pages_free(p);
	return ret;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "page_test.c"
#endif
