// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of page.c.
 */
#include <kunit/checkpoint.h>

static int cr_page_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	ctx->cur->mm_ref = 1;
	ctx->head.page_csum = CR_CSUM_XXH64;
	test->priv = ctx;
	return 0;
}

/* A PGARR as a reader has it: @padding bytes behind its runs. */
struct cr_page_rec {
	struct {
		u32 nr_pages;
		u32 nr_runs;
		u64 csum;
	} h;
	struct cr_pgrun run[2];
	u8 padding[PAGE_SIZE];
};

static const struct cr_page_rec cr_pgarr_good = {
	.h = { .nr_pages = 3, .nr_runs = 2 },
	.run = { { 0x400000, 2 }, { 0x500000, 1 } },
};

/* As it is checked for memory that ends at @end. */
static int cr_page_check_end(struct cr_ctx *ctx, struct cr_page_rec *r, size_t padding,
			     u64 end)
{
	struct cr_rec rec = {
		.type = CR_HDR_PGARR,
		.len = offsetof(struct cr_page_rec, padding) + padding,
		.parent = 1,
		.data = r,
	};

	ctx->last_page = 0;
	return cr_check_pgarr(ctx, &rec, end);
}

static int cr_page_check(struct cr_ctx *ctx, struct cr_page_rec *r, size_t padding)
{
	return cr_page_check_end(ctx, r, padding, TASK_SIZE);
}

static struct cr_page_rec *cr_page_new(struct kunit *test)
{
	struct cr_page_rec *r = kunit_kmalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	return r;
}

#define PGARR(member, value)						\
	(*r = cr_pgarr_good, (*r).member = (value), cr_page_check(ctx, r, 8))

static void cr_page_test_counts(struct kunit *test)
{
	struct cr_page_rec *r = cr_page_new(test);
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(PGARR(h.csum, ~0ULL));
	KUNIT_EXPECT_EQ(test, ctx->last_page, 0x501000);
	ctx->head.page_csum = CR_CSUM_NONE;
	CR_EXPECT_OK(PGARR(h.csum, 0));
	CR_EXPECT_BAD(PGARR(h.csum, 1), "a checksum of page data");
	ctx->head.page_csum = CR_CSUM_XXH64;
	CR_EXPECT_OK(PGARR(run[1].addr, 0x402000));
	CR_EXPECT_OK(PGARR(run[1].addr, TASK_SIZE - PAGE_SIZE));
	CR_EXPECT_BAD(PGARR(h.nr_pages, 0), "bad counts of 0 pages in 2 runs");
	CR_EXPECT_BAD(PGARR(h.nr_pages, 1), "bad counts of 1 pages in 2 runs");
	CR_EXPECT_BAD(PGARR(h.nr_pages, 1025), "bad counts of 1025 pages in 2 runs");
	CR_EXPECT_BAD(PGARR(h.nr_pages, ~0U), "bad counts of 4294967295 pages in 2 runs");
	CR_EXPECT_BAD(PGARR(h.nr_pages, 2), "bad page count, have 3, want 2");
	CR_EXPECT_BAD(PGARR(h.nr_pages, 1024), "bad page count, have 3, want 1024");
	memset(r, 0, sizeof(*r));
	CR_EXPECT_BAD(cr_page_check(ctx, r, 8), "bad counts of 0 pages in 0 runs");
	CR_EXPECT_BAD(PGARR(h.nr_runs, 4), "bad counts of 3 pages in 4 runs");
	CR_EXPECT_BAD(PGARR(h.nr_runs, 3), "bad padding");
	CR_EXPECT_BAD(PGARR(h.nr_runs, 1), "bad padding");
	CR_EXPECT_BAD(PGARR(h.nr_runs, 0), "bad padding");
}

/* Pages ascend, none twice, none where there is no user memory. */
static void cr_page_test_runs(struct kunit *test)
{
	struct cr_page_rec *r = cr_page_new(test);
	struct cr_ctx *ctx = test->priv;
	char want[64];

	CR_EXPECT_BAD(PGARR(run[0].count, 0), "bad run of 0 pages at 0x400000");
	CR_EXPECT_BAD(PGARR(run[0].count, 1025), "bad run of 1025 pages at 0x400000");
	CR_EXPECT_BAD(PGARR(run[0].count, ~0ULL),
		      "bad run of 18446744073709551615 pages at 0x400000");
	CR_EXPECT_BAD(PGARR(run[0].count, 1ULL << 52),
		      "bad run of 4503599627370496 pages at 0x400000");
	CR_EXPECT_BAD(PGARR(run[0].count, 1), "bad page count, have 2, want 3");
	CR_EXPECT_BAD(PGARR(run[1].count, 2), "bad page count, have 4, want 3");
	CR_EXPECT_BAD(PGARR(run[0].addr, 0x400001), "bad run of 2 pages at 0x400001");
	CR_EXPECT_BAD(PGARR(run[0].addr, ~0ULL), "bad run of 2 pages at 0xffffffffffffffff");
	CR_EXPECT_BAD(PGARR(run[0].addr, PAGE_MASK), "bad run of 2 pages at 0xfffffffffffff000");
	CR_EXPECT_BAD(PGARR(run[1].addr, 0x401000), "bad run of 1 pages at 0x401000");
	CR_EXPECT_BAD(PGARR(run[1].addr, 0x400000), "bad run of 1 pages at 0x400000");
	CR_EXPECT_BAD(PGARR(run[1].addr, 0x3ff000), "bad run of 1 pages at 0x3ff000");
	scnprintf(want, sizeof(want), "bad run of 1 pages at 0x%lx", TASK_SIZE_MAX & PAGE_MASK);
	CR_EXPECT_BAD(PGARR(run[1].addr, TASK_SIZE_MAX & PAGE_MASK), want);
	/* The next list goes on behind the last. */
	*r = cr_pgarr_good;
	CR_EXPECT_OK(cr_check_runs(ctx, (struct cr_hdr_pgarr *)r, 0x400000, TASK_SIZE));
	CR_EXPECT_BAD(cr_check_runs(ctx, (struct cr_hdr_pgarr *)r, 0x401000, TASK_SIZE),
		      "bad run of 2 pages at 0x400000");
}

static int cr_page_pad(struct cr_ctx *ctx, struct cr_page_rec *r, size_t padding,
		       size_t at)
{
	*r = cr_pgarr_good;
	r->padding[at] = 1;
	return cr_page_check(ctx, r, padding);
}

/* Zeros, and as many as it takes to get to a page. */
static void cr_page_test_padding(struct kunit *test)
{
	struct cr_page_rec *r = cr_page_new(test);
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(cr_page_pad(ctx, r, 0, 0));
	CR_EXPECT_OK(cr_page_pad(ctx, r, 8, 8));
	CR_EXPECT_OK(cr_page_pad(ctx, r, PAGE_SIZE - 8, PAGE_SIZE - 1));
	CR_EXPECT_BAD(cr_page_pad(ctx, r, 8, 0), "bad padding");
	CR_EXPECT_BAD(cr_page_pad(ctx, r, PAGE_SIZE - 8, PAGE_SIZE - 9), "bad padding");
	*r = cr_pgarr_good;
	CR_EXPECT_BAD(cr_page_check(ctx, r, PAGE_SIZE), "bad padding");
	ctx->off = 8;
	CR_EXPECT_BAD(cr_page_check(ctx, r, 8), "page data isn't aligned");
	ctx->off = PAGE_SIZE;
	CR_EXPECT_OK(cr_page_check(ctx, r, 8));
}

static int cr_page_offset(struct cr_ctx *ctx, struct cr_page_rec *r, u64 first,
			  u64 second, u32 pages, u64 end)
{
	*r = cr_pgarr_good;
	r->run[0].addr = first;
	r->run[1].addr = second;
	r->run[1].count = pages;
	r->h.nr_pages = 2 + pages;
	return cr_page_check_end(ctx, r, 8, end);
}

#define OFFSET(...) cr_page_offset(ctx, r, __VA_ARGS__)

/* Shared memory has pages up to its size. */
static void cr_page_test_end(struct kunit *test)
{
	struct cr_page_rec *r = cr_page_new(test);
	struct cr_ctx *ctx = test->priv;
	const u64 large = round_down((u64)MAX_LFS_FILESIZE, PAGE_SIZE);

	CR_EXPECT_OK(OFFSET(0, 0x2000, 1, 0x3000));
	KUNIT_EXPECT_EQ(test, ctx->last_page, 0x3000);
	CR_EXPECT_OK(OFFSET(0, 0x2000, 2, 0x4000));
	CR_EXPECT_OK(OFFSET(0, large - PAGE_SIZE, 1, large));
	CR_EXPECT_BAD(OFFSET(0, 0x2000, 2, 0x3000), "bad run of 2 pages at 0x2000");
	CR_EXPECT_BAD(OFFSET(0, 0x3000, 1, 0x3000), "bad run of 1 pages at 0x3000");
	CR_EXPECT_BAD(OFFSET(0, 0x5000, 1, 0x3000), "bad run of 1 pages at 0x5000");
	CR_EXPECT_BAD(OFFSET(0, 0x2000, 1, 0x1000), "bad run of 2 pages at 0x0");
	CR_EXPECT_BAD(OFFSET(0, 0x2000, 1, 0), "bad run of 2 pages at 0x0");
	CR_EXPECT_OK(OFFSET(0, 0x2000, 1022, 0x400000));
	CR_EXPECT_BAD(OFFSET(0, 0x3000, 1022, 0x400000), "bad run of 1022 pages at 0x3000");
}

/* Lists of one parent come together, and each begins at address 0. */
static void cr_page_test_begin(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_begin_pages(ctx, 0), "bad parent, have 0");
	CR_EXPECT_BAD(cr_begin_pages(ctx, 1), "bad parent, have 1");
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	cr_kunit_enter(test, ctx, CR_OBJ_FS, 2);
	CR_EXPECT_OK(cr_begin_pages(ctx, 1));
	KUNIT_EXPECT_EQ(test, ctx->page_parent, 1);
	ctx->last_page = 0x5000;
	CR_EXPECT_OK(cr_begin_pages(ctx, 1));
	KUNIT_EXPECT_EQ(test, ctx->last_page, 0x5000);
	CR_EXPECT_BAD(cr_begin_pages(ctx, 0), "bad parent, have 0");
	CR_EXPECT_BAD(cr_begin_pages(ctx, 3), "bad parent, have 3");
	CR_EXPECT_OK(cr_begin_pages(ctx, 2));
	KUNIT_EXPECT_EQ(test, ctx->page_parent, 2);
	KUNIT_EXPECT_EQ(test, ctx->last_page, 0);
	CR_EXPECT_BAD(cr_begin_pages(ctx, 1), "bad parent, have 1");
	CR_EXPECT_OK(cr_begin_pages(ctx, 2));
}

static int cr_page_read_of(struct kunit *test, struct cr_ctx *ctx, u32 parent)
{
	struct cr_hdr_pgarr h = { 0 };

	cr_kunit_feed_of(test, ctx, CR_HDR_PGARR, parent, &h, sizeof(h));
	return cr_read_pages(ctx);
}

/* An address space and shared memory have pages, and nothing else. */
static void cr_page_test_parent(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_page_read_of(test, ctx, 0), "bad parent, have 0");
	CR_EXPECT_BAD(cr_page_read_of(test, ctx, 1), "bad parent, have 1");
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	cr_kunit_enter(test, ctx, CR_OBJ_FS, 2);
	CR_EXPECT_BAD(cr_page_read_of(test, ctx, 1), "bad counts of 0 pages in 0 runs");
	CR_EXPECT_BAD(cr_page_read_of(test, ctx, 2), "objref 2 is of no shared memory");
	CR_EXPECT_BAD(cr_page_read_of(test, ctx, 1), "bad parent, have 1");
}

/* Collecting */

#define CR_PAGE_NR	4

static struct page **cr_page_alloc(struct kunit *test)
{
	struct page **page;
	unsigned int i;

	page = kunit_kcalloc(test, CR_PAGE_NR, sizeof(*page), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < CR_PAGE_NR; i++) {
		unsigned long addr = get_zeroed_page(GFP_KERNEL);

		KUNIT_ASSERT_NE(test, addr, 0);
		page[i] = virt_to_page((void *)addr);
	}
	return page;
}

static void cr_page_free(struct page **page)
{
	unsigned int i;

	for (i = 0; i < CR_PAGE_NR; i++)
		put_page(page[i]);
}

static void cr_page_test_zero(struct kunit *test)
{
	struct page **page = cr_page_alloc(test);
	u8 *p = page_address(page[0]);

	KUNIT_EXPECT_TRUE(test, cr_page_is_zero(page[0]));
	p[0] = 1;
	KUNIT_EXPECT_FALSE(test, cr_page_is_zero(page[0]));
	p[0] = 0;
	p[PAGE_SIZE - 1] = 0x80;
	KUNIT_EXPECT_FALSE(test, cr_page_is_zero(page[0]));
	cr_page_free(page);
}

/* Adjacent pages are one run; pages that are left out split it. */
static void cr_page_test_add(struct kunit *test)
{
	struct cr_pages *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct page **page = cr_page_alloc(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->ctx = test->priv;
	memset(page_address(page[0]), 1, PAGE_SIZE);
	memset(page_address(page[1]), 2, PAGE_SIZE);
	memset(page_address(page[3]), 3, PAGE_SIZE);
	p->elide_zero = true;
	for (i = 0; i < CR_PAGE_NR; i++)
		cr_pages_add(p, page[i], 0x400000 + i * PAGE_SIZE);
	p->elide_zero = false;
	for (i = 0; i < CR_PAGE_NR; i++)
		cr_pages_add(p, page[i], 0x600000 + i * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, p->ctx->stats.zero_pages, 1);
	KUNIT_EXPECT_EQ(test, p->nr, 7);
	KUNIT_EXPECT_EQ(test, p->nr_runs, 3);
	KUNIT_EXPECT_EQ(test, p->run[0].addr, 0x400000);
	KUNIT_EXPECT_EQ(test, p->run[0].count, 2);
	KUNIT_EXPECT_EQ(test, p->run[1].addr, 0x403000);
	KUNIT_EXPECT_EQ(test, p->run[1].count, 1);
	KUNIT_EXPECT_EQ(test, p->run[2].addr, 0x600000);
	KUNIT_EXPECT_EQ(test, p->run[2].count, 4);
	KUNIT_EXPECT_PTR_EQ(test, p->page[2], page[3]);
	KUNIT_EXPECT_EQ(test, page_count(page[0]), 3);
	KUNIT_EXPECT_EQ(test, page_count(page[2]), 2);
	cr_pages_reset(p);
	KUNIT_EXPECT_EQ(test, p->nr, 0);
	KUNIT_EXPECT_EQ(test, p->nr_runs, 0);
	KUNIT_EXPECT_EQ(test, page_count(page[0]), 1);
	KUNIT_EXPECT_EQ(test, page_count(page[2]), 1);
	cr_page_free(page);
}

/* The checksum is that of the pages one after the other. */
static void cr_page_test_csum(struct kunit *test)
{
	u8 *all = kunit_kmalloc(test, CR_PAGE_NR * PAGE_SIZE, GFP_KERNEL);
	struct page **page = cr_page_alloc(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, all);
	for (i = 0; i < CR_PAGE_NR; i++) {
		memset(page_address(page[i]), i + 1, PAGE_SIZE);
		memset(all + i * PAGE_SIZE, i + 1, PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, cr_pages_csum(page, 1), xxh64(all, PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, cr_pages_csum(page, CR_PAGE_NR),
			xxh64(all, CR_PAGE_NR * PAGE_SIZE, 0));
	cr_page_free(page);
}

static void cr_page_test_alloc(struct kunit *test)
{
	struct cr_pages *p = cr_pages_alloc(test->priv, 7);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_PTR_EQ(test, p->ctx, test->priv);
	KUNIT_EXPECT_EQ(test, p->parent, 7);
	KUNIT_EXPECT_EQ(test, p->nr, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&p->list));
	KUNIT_EXPECT_FALSE(test, p->elide_zero);
	cr_pages_free(p);
}

/* Shared memory */

/* Two pages with a hole between them, as checkpoint writes them. */
static void cr_page_write_two(struct kunit *test, struct cr_ctx *ctx)
{
	struct cr_pages *p = cr_pages_alloc(ctx, 1);
	struct page **page = cr_page_alloc(test);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(page_address(page[0]), 'a', PAGE_SIZE);
	memset(page_address(page[1]), 'b', PAGE_SIZE);
	cr_pages_add(p, page[0], 0);
	cr_pages_add(p, page[1], 2 * PAGE_SIZE);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_pgarr(p));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, 2);
	cr_kunit_rewind(ctx);
	ctx->last_page = 0;
	cr_pages_free(p);
	cr_page_free(page);
}

/* Pages go to whom they are of, which isn't the task that reads them. */
static void cr_page_test_target(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_kunit_enter(test, ctx, CR_OBJ_MM, 1);
	cr_page_write_two(test, ctx);
	CR_EXPECT_BAD(cr_read_pages(ctx), "no private mapping at 0x0");
}

/* Read into @file, of @size bytes, what was written while there was @csum. */
static int cr_page_read_two(struct kunit *test, struct cr_ctx *ctx, struct file *file,
			    loff_t size, u32 csum)
{
	struct cr_pages *p;
	const struct cr_rec *rec;
	int ret;

	i_size_write(file_inode(file), size);
	ctx->head.page_csum = csum;
	cr_page_write_two(test, ctx);
	ctx->head.page_csum = CR_CSUM_XXH64;
	p = cr_pages_alloc(ctx, 1);
	KUNIT_ASSERT_NOT_NULL(test, p);
	rec = cr_read_obj(ctx, CR_HDR_PGARR, sizeof(struct cr_hdr_pgarr), CR_HDR_LEN_MAX);
	ret = IS_ERR(rec) ? PTR_ERR(rec) : cr_read_shmem_pgarr(p, rec, file);
	cr_pages_free(p);
	return ret;
}

#define READ_TWO(...) cr_page_read_two(test, ctx, file, __VA_ARGS__)

/* Pages are read into the file itself, up to the page in which it ends. */
static void cr_page_test_shmem(struct kunit *test)
{
	struct file *file = cr_kunit_file(test);
	struct cr_ctx *ctx = test->priv;
	loff_t size = 2 * PAGE_SIZE + 1, pos = 0;
	u8 *buf = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	CR_EXPECT_BAD(READ_TWO(2 * PAGE_SIZE, CR_CSUM_XXH64), "bad run of 1 pages at 0x2000");
	CR_EXPECT_BAD(READ_TWO(0, CR_CSUM_XXH64), "bad run of 1 pages at 0x0");
	CR_EXPECT_BAD(READ_TWO(size, CR_CSUM_NONE), "bad checksum of page data");
	CR_EXPECT_OK(READ_TWO(size, CR_CSUM_XXH64));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, 2);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_mapping->nrpages, 2);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, size, &pos), size);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 'a', PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + PAGE_SIZE, 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, buf[2 * PAGE_SIZE], 'b');
}

static struct kunit_case cr_page_cases[] = {
	KUNIT_CASE(cr_page_test_counts),
	KUNIT_CASE(cr_page_test_runs),
	KUNIT_CASE(cr_page_test_padding),
	KUNIT_CASE(cr_page_test_end),
	KUNIT_CASE(cr_page_test_begin),
	KUNIT_CASE(cr_page_test_parent),
	KUNIT_CASE(cr_page_test_zero),
	KUNIT_CASE(cr_page_test_add),
	KUNIT_CASE(cr_page_test_csum),
	KUNIT_CASE(cr_page_test_alloc),
	KUNIT_CASE(cr_page_test_target),
	KUNIT_CASE(cr_page_test_shmem),
	{}
};

static struct kunit_suite cr_page_suite = {
	.name = "checkpoint_page",
	.init = cr_page_init,
	.test_cases = cr_page_cases,
};

kunit_test_suite(cr_page_suite);
