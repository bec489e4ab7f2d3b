// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of share.c.
 */
#include <kunit/checkpoint.h>

static int cr_share_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	test->priv = ctx;
	return 0;
}

/* What doesn't fit in an entry isn't shared. */
static void cr_share_test_pack(struct kunit *test)
{
	u32 most = (1U << CR_SHARE_REF_BITS) - 1;
	unsigned long last = BIT(CR_SHARE_PAGE_BITS + PAGE_SHIFT) - PAGE_SIZE;
	void *entry = cr_share_pack(7, 0x7fff12345000);

	KUNIT_EXPECT_EQ(test, cr_share_ref(entry), 7);
	KUNIT_EXPECT_EQ(test, cr_share_addr(entry), 0x7fff12345000);
	entry = cr_share_pack(most, last);
	KUNIT_EXPECT_EQ(test, cr_share_ref(entry), most);
	KUNIT_EXPECT_EQ(test, cr_share_addr(entry), last);
	KUNIT_EXPECT_NULL(test, cr_share_pack(most + 1, last));
	KUNIT_EXPECT_NULL(test, cr_share_pack(most, last + PAGE_SIZE));
}

#define NR	4

/* Pages as one address space offers them: all but the last. */
static struct page **cr_share_pages(struct kunit *test, u32 ref)
{
	struct cr_ctx *ctx = test->priv;
	struct page **page;
	unsigned int i;
	void *entry;

	page = kunit_kcalloc(test, NR, sizeof(*page), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < NR; i++) {
		page[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		entry = cr_share_pack(ref, 0x400000 + i * PAGE_SIZE);
		if (i == NR - 1)
			continue;
		get_page(page[i]);
		KUNIT_ASSERT_EQ(test, 0, xa_insert(&ctx->shares, page_to_pfn(page[i]),
						   entry, GFP_KERNEL));
	}
	return page;
}

static void cr_share_put(struct cr_ctx *ctx, struct page **page)
{
	unsigned int i;

	cr_shares_free(ctx);
	for (i = 0; i < NR; i++)
		put_page(page[i]);
}

/* Runs end where either side doesn't go on; a page is its own owner's no more. */
static void cr_share_test_add(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct page **page = cr_share_pages(test, 5);
	struct cr_pages *p = cr_pages_alloc(ctx, 6);
	const struct cr_share_run *run;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, 0, cr_shares_more(p));
	cr_shares_add(p, page[0], 0x800000);
	cr_shares_add(p, page[1], 0x801000);
	cr_shares_add(p, page[2], 0x803000);
	cr_shares_add(p, page[3], 0x804000);
	cr_shares_add(p, page[1], 0x805000);
	cr_shares_add(p, page[0], 0x806000);
	p->parent = 5;
	cr_shares_add(p, page[0], 0x807000);
	KUNIT_EXPECT_EQ(test, p->shares->nr, 4);
	run = p->shares->run;
	KUNIT_EXPECT_EQ(test, run[0].addr, 0x800000);
	KUNIT_EXPECT_EQ(test, run[0].from, 0x400000);
	KUNIT_EXPECT_EQ(test, run[0].count, 2);
	KUNIT_EXPECT_EQ(test, run[0].mm, 5);
	KUNIT_EXPECT_EQ(test, run[1].addr, 0x803000);
	KUNIT_EXPECT_EQ(test, run[1].from, 0x402000);
	KUNIT_EXPECT_EQ(test, run[2].from, 0x401000);
	KUNIT_EXPECT_EQ(test, run[3].from, 0x400000);
	KUNIT_EXPECT_EQ(test, run[3].count, 1);
	KUNIT_EXPECT_FALSE(test, cr_shares_full(p));
	p->shares->nr = CR_PGSHARE_MAX;
	KUNIT_EXPECT_TRUE(test, cr_shares_full(p));
	cr_pages_free(p);
	KUNIT_EXPECT_EQ(test, page_count(page[0]), 2);
	cr_share_put(ctx, page);
	KUNIT_EXPECT_TRUE(test, xa_empty(&ctx->shares));
}

/* Pages are asked for as they come, in two lists. */
static void cr_share_test_has(struct kunit *test)
{
	struct cr_pages *p = cr_pages_alloc(test->priv, 6);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x1000));
	KUNIT_ASSERT_EQ(test, 0, cr_shares_more(p));
	p->shares->nr = 2;
	p->shares->run[0] = (struct cr_share_run){ .addr = 0x2000, .count = 2 };
	p->shares->run[1] = (struct cr_share_run){ .addr = 0x6000, .count = 1 };
	KUNIT_ASSERT_EQ(test, 0, cr_shares_more(p));
	p->shares->nr = 1;
	p->shares->run[0] = (struct cr_share_run){ .addr = 0x8000, .count = 1 << 20 };
	p->shares = list_first_entry(&p->share_lists, struct cr_share_list, list);
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x1000));
	KUNIT_EXPECT_TRUE(test, cr_shares_has(p, 0x2000));
	KUNIT_EXPECT_TRUE(test, cr_shares_has(p, 0x3000));
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x4000));
	KUNIT_EXPECT_TRUE(test, cr_shares_has(p, 0x6000));
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x7000));
	KUNIT_EXPECT_TRUE(test, cr_shares_has(p, 0x8000));
	KUNIT_EXPECT_TRUE(test, cr_shares_has(p, 0x100007000));
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x100008000));
	KUNIT_EXPECT_FALSE(test, cr_shares_has(p, 0x100009000));
	cr_pages_free(p);
}

static int cr_share_check(struct cr_ctx *ctx, u64 addr, u64 from, u32 count)
{
	struct cr_share_run run = { .addr = addr, .from = from, .count = count };

	return cr_check_share_run(ctx, &run);
}

/* In no address space. */
#define END	BIT(56)

static void cr_share_test_run(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_share_check(ctx, 0x2000, 0x9000, 2));
	KUNIT_EXPECT_EQ(test, ctx->last_share, 0x4000);
	CR_EXPECT_BAD(cr_share_check(ctx, 0x3000, 0x9000, 1),
		      "bad run of 1 pages at 0x3000, of 0x9000");
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4000, 0x9000, 0),
		      "bad run of 0 pages at 0x4000, of 0x9000");
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4001, 0x9000, 1),
		      "bad run of 1 pages at 0x4001, of 0x9000");
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4000, 0x9800, 1),
		      "bad run of 1 pages at 0x4000, of 0x9800");
	CR_EXPECT_BAD(cr_share_check(ctx, END, 0x9000, 1),
		      "bad run of 1 pages at 0x100000000000000, of 0x9000");
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4000, END, 1),
		      "bad run of 1 pages at 0x4000, of 0x100000000000000");
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4000, END - PAGE_SIZE, 2),
		      "bad run of 2 pages at 0x4000, of 0xfffffffffff000");
	CR_EXPECT_OK(cr_share_check(ctx, 0x4000, 0x9000, ~0U));
	KUNIT_EXPECT_EQ(test, ctx->last_share, 0x4000 + (u64)~0U * PAGE_SIZE);
	ctx->last_share = 0x4000;
	CR_EXPECT_BAD(cr_share_check(ctx, -PAGE_SIZE, -PAGE_SIZE, ~0U),
		      "bad run of 4294967295 pages at 0xfffffffffffff000, of 0xfffffffffffff000");
	CR_EXPECT_OK(cr_share_check(ctx, TASK_SIZE - PAGE_SIZE, TASK_SIZE - PAGE_SIZE, 1));
	CR_EXPECT_BAD(cr_share_check(ctx, 0x4000, 0x9000, 1),
		      "bad run of 1 pages at 0x4000, of 0x9000");
}

static int cr_share_feed(struct kunit *test, struct cr_ctx *ctx, u32 parent,
			 u32 near, u32 mm, u32 nr, size_t len)
{
	struct {
		u32 nr_runs;
		u32 near;
		struct cr_share_run run[2];
	} h = {
		.nr_runs = nr, .near = near,
		.run[0] = { .addr = 0x4000, .from = 0x8000, .count = 1, .mm = mm },
	};

	cr_kunit_feed_of(test, ctx, CR_HDR_PGSHARE, parent, &h, len);
	return cr_read_shares(ctx);
}

#define FEED(parent, near, mm)	cr_share_feed(test, ctx, parent, near, mm, 1, 32)

/* Nothing is mapped in these: all that is sound ends with that. */
static void cr_share_test_read(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	cr_kunit_enter(test, ctx, CR_OBJ_FS, 2);
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 3);
	CR_EXPECT_BAD(FEED(0, 0, 1), "bad parent, have 0");
	CR_EXPECT_BAD(FEED(4, 0, 1), "bad parent, have 4");
	CR_EXPECT_BAD(cr_share_feed(test, ctx, 1, 0, 3, 0, 8), "bad count of 0 runs");
	CR_EXPECT_BAD(cr_share_feed(test, ctx, 1, 0, 3, 2, 32), "bad count of 2 runs");
	CR_EXPECT_BAD(cr_share_feed(test, ctx, 1, 0, 3, ~0U, 32), "bad count of 4294967295 runs");
	CR_EXPECT_BAD(FEED(1, 0, 3), "no private page to share at 0x8000");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 3, 3), "no private page to share at 0x8000");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 0, 1), "address space 1 shares with itself");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 1, 3), "address space 1 shares with itself");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 2, 3), "objref 2 is of no address space");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 0, 2), "objref 2 is of no address space");
	ctx->last_share = 0;
	CR_EXPECT_BAD(FEED(1, 0, 0), "objref 0 is of no address space");
	ctx->last_page = 0x1000;
	CR_EXPECT_BAD(FEED(1, 0, 3), "shared pages after others");
	CR_EXPECT_BAD(FEED(2, 0, 3), "objref 2 is of no address space");
	CR_EXPECT_BAD(FEED(1, 0, 3), "bad parent, have 1");
}

static struct kunit_case cr_share_cases[] = {
	KUNIT_CASE(cr_share_test_pack),
	KUNIT_CASE(cr_share_test_add),
	KUNIT_CASE(cr_share_test_has),
	KUNIT_CASE(cr_share_test_run),
	KUNIT_CASE(cr_share_test_read),
	{}
};

static struct kunit_suite cr_share_suite = {
	.name = "checkpoint_share",
	.init = cr_share_init,
	.test_cases = cr_share_cases,
};

kunit_test_suite(cr_share_suite);
