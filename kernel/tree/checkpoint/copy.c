// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: copies of small address spaces.
 *
 * A process with few private pages, as most of a tree have that share theirs
 * with a parent, is sooner copied than cloned. What it shares copy-on-write is
 * only held on to: a page that somebody else refers to isn't written in place.
 */
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/slab.h>

#include "internal.h"

/* A list of them is a page. */
#define CR_COPY_MAX	252

struct cr_copies {
	unsigned int nr;
	bool elide_zero;
	unsigned int zero_pages;
	struct {
		unsigned long addr;
		struct page *page;
	} of[CR_COPY_MAX];
	DECLARE_BITMAP(exclusive, CR_COPY_MAX);
};

/**
 * cr_mm_is_small - is an address space to be copied instead of cloned?
 * @mm: the address space
 *
 * Return: true if it is; cr_copy_mm() may find that it isn't.
 */
bool cr_mm_is_small(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_ANONPAGES) <= CR_COPY_MAX &&
	       !get_mm_counter(mm, MM_SWAPENTS);
}

static int cr_copy_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct cr_copies *c = walk->private;
	pte_t pte = ptep_get(ptep);
	struct page *page;

	if (pte_none(pte))
		return 0;
	if (!pte_present(pte))
		return -E2BIG;
	page = vm_normal_page(walk->vma, addr, pte);
	if (!page || !PageAnon(page))
		return 0;
	if (c->elide_zero && cr_page_is_zero(page)) {
		c->zero_pages++;
		return 0;
	}
	if (c->nr == CR_COPY_MAX)
		return -E2BIG;
	get_page(page);
	/* Once it is unmapped, to be swapped out or moved, it doesn't say. */
	__assign_bit(c->nr, c->exclusive, PageAnonExclusive(page));
	c->of[c->nr].addr = addr;
	c->of[c->nr++].page = page;
	return 0;
}

static int cr_copy_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	pmd_t val = pmdp_get_lockless(pmd);

	return pmd_trans_huge(val) || is_swap_pmd(val) ? -E2BIG : 0;
}

static int cr_copy_test(unsigned long start, unsigned long end,
			struct mm_walk *walk)
{
	struct cr_copies *c = walk->private;

	c->elide_zero = !walk->vma->vm_file;
	return !cr_has_private(walk->vma);
}

static const struct mm_walk_ops cr_copy_ops = {
	.pmd_entry = cr_copy_pmd,
	.pte_entry = cr_copy_pte,
	.test_walk = cr_copy_test,
	.walk_lock = PGWALK_RDLOCK,
};

/* What only this address space has may change as soon as it goes on. */
static int cr_copy_pages(struct cr_copies *c)
{
	struct page *page, *copy;
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		page = c->of[i].page;
		if (!test_bit(i, c->exclusive))
			continue;
		copy = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
		if (!copy)
			return -ENOMEM;
		copy_highpage(copy, page);
		put_page(page);
		c->of[i].page = copy;
	}
	return 0;
}

static int cr_copy_locked(struct mm_struct *mm, struct cr_copies *c)
{
	int ret;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	ret = walk_page_range(mm, 0, TASK_SIZE, &cr_copy_ops, c);
	if (!ret)
		ret = cr_copy_pages(c);
	mmap_read_unlock(mm);
	return ret;
}

/**
 * cr_copies_free - drop a copy
 * @c: the copy, or NULL
 */
void cr_copies_free(struct cr_copies *c)
{
	unsigned int i;

	for (i = 0; c && i < c->nr; i++)
		put_page(c->of[i].page);
	kfree(c);
}

/**
 * cr_copy_mm - copy the private pages of a small address space
 * @ctx: context; the tree is stopped
 * @m: the address space; the copy is @m->copies
 *
 * Return: 0 or an errno, which wasn't logged: -E2BIG if it isn't small.
 */
int cr_copy_mm(struct cr_ctx *ctx, struct cr_mm *m)
{
	struct cr_copies *c;
	int ret;

	if (!cr_mm_is_small(m->mm))
		return -E2BIG;
	c = kmalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	c->nr = 0;
	c->zero_pages = 0;
	ret = cr_copy_locked(m->mm, c);
	if (ret) {
		cr_copies_free(c);
		return ret;
	}
	ctx->stats.zero_pages += c->zero_pages;
	m->copies = c;
	return 0;
}

/**
 * cr_find_copied_shares - find those pages of a copy that others have, too
 * @p: where they go; there is room
 * @c: the copy
 */
void cr_find_copied_shares(struct cr_pages *p, const struct cr_copies *c)
{
	unsigned int i;

	BUILD_BUG_ON(CR_COPY_MAX > CR_PGSHARE_MAX);
	for (i = 0; i < c->nr; i++)
		cr_shares_add(p, c->of[i].page, c->of[i].addr);
}

/**
 * cr_list_copied - list those pages of a copy that others don't have
 * @p: where they go, an empty list
 * @c: the copy
 */
void cr_list_copied(struct cr_pages *p, const struct cr_copies *c)
{
	unsigned int i;

	BUILD_BUG_ON(CR_COPY_MAX > CR_PGARR_MAX);
	for (i = 0; i < c->nr; i++)
		if (!cr_shares_has(p, c->of[i].addr))
			cr_pages_add(p, c->of[i].page, c->of[i].addr);
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "copy_test.c"
#endif
