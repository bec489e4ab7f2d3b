// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of copy.c.
 */
#include <kunit/checkpoint.h>
#include <linux/sched/mm.h>

static int cr_copy_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

#define NR	4

static struct cr_copies *cr_copy_new(struct kunit *test)
{
	struct cr_copies *c = kzalloc(sizeof(*c), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < NR; i++) {
		c->of[i].addr = 0x400000 + i * PAGE_SIZE;
		c->of[i].page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, c->of[i].page);
		c->nr++;
	}
	return c;
}

/* What another address space has, too, is written with that. */
static void cr_copy_test_shared(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_copies *c = cr_copy_new(test);
	struct cr_pages *p = cr_pages_alloc(ctx, 6);
	struct page *page = c->of[1].page;
	void *entry = xa_mk_value(5UL << 36 | 0x900);

	KUNIT_ASSERT_NOT_NULL(test, p);
	get_page(page);
	KUNIT_ASSERT_EQ(test, 0, xa_insert(&ctx->shares, page_to_pfn(page), entry, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, cr_shares_more(p));
	cr_find_copied_shares(p, c);
	cr_list_copied(p, c);
	KUNIT_EXPECT_EQ(test, p->nr, NR - 1);
	KUNIT_EXPECT_EQ(test, p->nr_runs, 2);
	KUNIT_EXPECT_EQ(test, p->run[0].addr, 0x400000);
	KUNIT_EXPECT_EQ(test, p->run[0].count, 1);
	KUNIT_EXPECT_EQ(test, p->run[1].addr, 0x402000);
	KUNIT_EXPECT_EQ(test, p->run[1].count, 2);
	KUNIT_EXPECT_PTR_EQ(test, p->page[1], c->of[2].page);
	cr_pages_free(p);
	cr_shares_free(ctx);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	cr_copies_free(c);
}

/* An address space without pages is a small one. */
static void cr_copy_test_empty(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_mm m = { .mm = mm_alloc() };

	KUNIT_ASSERT_NOT_NULL(test, m.mm);
	KUNIT_EXPECT_TRUE(test, cr_mm_is_small(m.mm));
	KUNIT_EXPECT_EQ(test, cr_copy_mm(ctx, &m), 0);
	KUNIT_ASSERT_NOT_NULL(test, m.copies);
	KUNIT_EXPECT_EQ(test, m.copies->nr, 0);
	cr_copies_free(m.copies);
	m.copies = NULL;
	add_mm_counter(m.mm, MM_SWAPENTS, 1000);
	KUNIT_EXPECT_EQ(test, cr_copy_mm(ctx, &m), -E2BIG);
	KUNIT_EXPECT_NULL(test, m.copies);
	add_mm_counter(m.mm, MM_SWAPENTS, -1000);
	mmput(m.mm);
	cr_copies_free(NULL);
}

static struct kunit_case cr_copy_cases[] = {
	KUNIT_CASE(cr_copy_test_shared),
	KUNIT_CASE(cr_copy_test_empty),
	{}
};

static struct kunit_suite cr_copy_suite = {
	.name = "checkpoint_copy",
	.init = cr_copy_init,
	.test_cases = cr_copy_cases,
};

kunit_test_suite(cr_copy_suite);
