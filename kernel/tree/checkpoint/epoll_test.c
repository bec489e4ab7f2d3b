// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of epoll.c.
 */
#include <kunit/checkpoint.h>
#include <linux/eventfd.h>

/* Events as an image has them: epoll_ctl() always adds errors. */
#define CR_EPOLL_IN	((__force u32)(EPOLLIN | EPOLLERR | EPOLLHUP))
#define CR_EPOLL_ET	((__force u32)EPOLLET)
#define CR_EPOLL_ONCE	((__force u32)EPOLLONESHOT)

static int cr_epoll_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	if (!IS_ENABLED(CONFIG_EVENTFD))
		kunit_skip(test, "no eventfd to watch");
	return 0;
}

static struct file *cr_epoll_make(struct kunit *test)
{
	return cr_kunit_keep(test, epoll_file_create(0));
}

/* It is ready for reading if @count isn't 0. */
static struct file *cr_epoll_eventfd(struct kunit *test, u64 count)
{
	return cr_kunit_keep(test, eventfd_file_create(count, 0));
}

static void cr_epoll_enter(struct kunit *test, struct cr_ctx *ctx, u32 ref, struct file *file)
{
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, ref, get_file(file)));
}

/*
 * What restart has when EPOLL comes: 1 is an instance that it made, 2 and 3
 * are ready and 4 isn't, 5 can't be polled and 6 is an instance of others.
 */
static struct file *cr_epoll_objects(struct kunit *test, struct cr_ctx *ctx)
{
	struct file *epfile = cr_epoll_make(test);

	cr_kunit_forget(ctx);
	cr_epoll_enter(test, ctx, 1, epfile);
	xa_set_mark(&ctx->obj_xa, 1, CR_OBJ_MADE);
	cr_epoll_enter(test, ctx, 2, cr_epoll_eventfd(test, 1));
	cr_epoll_enter(test, ctx, 3, cr_epoll_eventfd(test, 1));
	cr_epoll_enter(test, ctx, 4, cr_epoll_eventfd(test, 0));
	cr_epoll_enter(test, ctx, 5, cr_kunit_file(test));
	cr_epoll_enter(test, ctx, 6, cr_epoll_make(test));
	return epfile;
}

/* EPOLL as it is in an image */
struct cr_epoll_rec {
	u32 nr_items;
	u32 reserved;
	struct cr_epoll_item item[2];
};

static const struct cr_epoll_rec cr_epoll_good = {
	.nr_items = 2,
	.item = {
		{ .file = 2, .fd = 5, .events = CR_EPOLL_IN,
		  .flags = CR_EPOLL_F_READY, .data = 0x123456789abcdef0 },
		{ .file = 4, .fd = 7, .events = CR_EPOLL_IN, .data = ~0ULL },
	},
};

static int cr_epoll_read_of(struct kunit *test, struct cr_ctx *ctx, u32 parent,
			    const struct cr_epoll_rec *r, size_t len)
{
	cr_kunit_feed_of(test, ctx, CR_HDR_EPOLL, parent, r, len);
	return cr_read_epoll(ctx);
}

static int cr_epoll_read(struct kunit *test, struct cr_ctx *ctx, const struct cr_epoll_rec *r)
{
	return cr_epoll_read_of(test, ctx, 1, r, sizeof(*r));
}

#define EPOLL(member, value)						\
	(r = cr_epoll_good, r.member = (value), cr_epoll_objects(test, ctx), \
	 cr_epoll_read(test, ctx, &r))
#define EPOLL_OF(parent, len)						\
	cr_epoll_read_of(test, ctx, parent, &cr_epoll_good, len)

static void cr_epoll_test_counts(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_epoll_rec r;

	CR_EXPECT_OK(EPOLL(reserved, 0));
	CR_EXPECT_BAD(EPOLL(reserved, 1), "bad number of items, have 2");
	CR_EXPECT_BAD(EPOLL(nr_items, 0), "bad number of items, have 0");
	CR_EXPECT_BAD(EPOLL(nr_items, 1), "bad number of items, have 1");
	CR_EXPECT_BAD(EPOLL(nr_items, 3), "bad number of items, have 3");
	CR_EXPECT_BAD(EPOLL(nr_items, CR_EPOLL_MAX + 1), "bad number of items, have 4097");
	CR_EXPECT_BAD(EPOLL(nr_items, ~0U), "bad number of items, have 4294967295");
	CR_EXPECT_BAD(EPOLL_OF(1, 32), "bad number of items, have 2");
	CR_EXPECT_BAD(EPOLL_OF(1, 8), "bad length, have 8, want 32 to 98312");
}

/* The file has to be an instance, and one that restart has made. */
static void cr_epoll_test_parent(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_epoll_objects(test, ctx);
	CR_EXPECT_BAD(EPOLL_OF(0, sizeof(cr_epoll_good)), "objref 0 is of no file");
	CR_EXPECT_BAD(EPOLL_OF(7, sizeof(cr_epoll_good)), "objref 7 is of no file");
	CR_EXPECT_BAD(EPOLL_OF(2, sizeof(cr_epoll_good)), "bad parent, have 2");
	CR_EXPECT_BAD(EPOLL_OF(6, sizeof(cr_epoll_good)), "bad parent, have 6");
	xa_set_mark(&ctx->obj_xa, 2, CR_OBJ_MADE);
	CR_EXPECT_BAD(EPOLL_OF(2, sizeof(cr_epoll_good)), "bad parent, have 2");
	xa_set_mark(&ctx->obj_xa, 6, CR_OBJ_MADE);
	CR_EXPECT_OK(EPOLL_OF(6, sizeof(cr_epoll_good)));
}

static void cr_epoll_test_items(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_epoll_rec r;

	CR_EXPECT_OK(EPOLL(item[1].fd, INT_MAX));
	CR_EXPECT_OK(EPOLL(item[1].file, 6));
	CR_EXPECT_BAD(EPOLL(item[0].flags, 2), "bad flags or descriptor, have 0x2 and 5");
	CR_EXPECT_BAD(EPOLL(item[1].flags, 1U << 31),
		      "bad flags or descriptor, have 0x80000000 and 7");
	CR_EXPECT_BAD(EPOLL(item[1].fd, -1), "bad flags or descriptor, have 0x0 and -1");
	CR_EXPECT_BAD(EPOLL(item[1].file, 0), "objref 0 is of no file");
	CR_EXPECT_BAD(EPOLL(item[1].file, 7), "objref 7 is of no file");
	CR_EXPECT_ERR(EPOLL(item[1].file, 5), -EPERM, "descriptor 7 can't be watched");
	/* Itself. */
	CR_EXPECT_ERR(EPOLL(item[1].file, 1), -EINVAL, "descriptor 7 can't be watched");
	/* Twice the same. */
	r = cr_epoll_good;
	r.item[1] = r.item[0];
	cr_epoll_objects(test, ctx);
	CR_EXPECT_ERR(cr_epoll_read(test, ctx, &r), -EEXIST, "descriptor 5 can't be watched");
}

/* An instance has the item that @h describes. */
static void cr_epoll_expect(struct kunit *test, const struct epoll_item *item,
			    const struct cr_epoll_item *h)
{
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_PTR_EQ(test, item->file,
			    (struct file *)cr_obj_get_by_ref(ctx, CR_OBJ_FILE, h->file));
	KUNIT_EXPECT_EQ(test, item->fd, h->fd);
	KUNIT_EXPECT_EQ(test, item->ready, !!(h->flags & CR_EPOLL_F_READY));
	KUNIT_EXPECT_EQ(test, (__force u32)item->event.events, h->events);
	KUNIT_EXPECT_EQ(test, item->event.data, h->data);
}

/* After restart, @r is there again, in its order. */
static void cr_epoll_restored(struct kunit *test, const struct cr_epoll_rec *r)
{
	struct cr_ctx *ctx = test->priv;
	struct file *epfile = cr_epoll_objects(test, ctx);
	struct epoll_item *items;
	unsigned int nr;

	CR_EXPECT_OK(cr_epoll_read(test, ctx, r));
	cr_settle_epolls(ctx);
	items = epoll_get_items(epfile, &nr);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, items);
	KUNIT_EXPECT_EQ(test, nr, 2);
	if (nr == 2) {
		cr_epoll_expect(test, &items[0], &r->item[0]);
		cr_epoll_expect(test, &items[1], &r->item[1]);
	}
	epoll_put_items(items, nr);
}

/* Those that are ready come in the order in which they were so. */
static void cr_epoll_test_order(struct kunit *test)
{
	struct cr_epoll_rec r = cr_epoll_good;

	cr_epoll_restored(test, &r);
	r.item[1].file = 3;
	r.item[1].flags = CR_EPOLL_F_READY;
	cr_epoll_restored(test, &r);
	swap(r.item[0], r.item[1]);
	cr_epoll_restored(test, &r);
}

/* An edge that is known isn't reported again, nor what was disabled. */
static void cr_epoll_test_edges(struct kunit *test)
{
	struct cr_epoll_rec r = cr_epoll_good;

	r.item[1].file = 3;
	r.item[1].events |= CR_EPOLL_ET;
	cr_epoll_restored(test, &r);
	r.item[1].events = CR_EPOLL_ONCE;
	cr_epoll_restored(test, &r);
	r.item[1].events = CR_EPOLL_ONCE | CR_EPOLL_IN;
	r.item[1].flags = CR_EPOLL_F_READY;
	cr_epoll_restored(test, &r);
	r.item[1].events = CR_EPOLL_ET | CR_EPOLL_IN;
	cr_epoll_restored(test, &r);
}

static void cr_epoll_test_open(struct kunit *test)
{
	struct cr_hdr_fd_data d = { .type = CR_FD_EPOLL, .f_flags = O_RDWR };
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	file = cr_kunit_keep(test, cr_open_epoll(ctx, &d));
	KUNIT_EXPECT_TRUE(test, is_file_epoll(file));
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_NONBLOCK), O_RDWR);
	d.f_flags |= O_NONBLOCK;
	file = cr_kunit_keep(test, cr_open_epoll(ctx, &d));
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
}

/* Checkpoint */

static void cr_epoll_watch(struct kunit *test, struct file *epfile, struct file *file,
			   int fd, bool ready)
{
	struct epoll_item item = {
		.file = file, .fd = fd, .ready = ready,
		.event = { .events = EPOLLIN | EPOLLERR | EPOLLHUP, .data = fd },
	};

	KUNIT_ASSERT_EQ(test, 0, epoll_restore_item(epfile, &item));
}

/* Only saved files are written, and each instance once. */
static void cr_epoll_test_write(struct kunit *test)
{
	struct file *epfile = cr_epoll_make(test), *a = cr_epoll_eventfd(test, 1);
	struct cr_ctx *ctx = test->priv;
	u32 ref;

	cr_epoll_watch(test, epfile, a, 3, true);
	CR_EXPECT_OK(cr_write_epoll(ctx, epfile, 4));
	CR_EXPECT_OK(cr_write_epoll(ctx, a, 3));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, epfile, &ref));
	CR_EXPECT_ERR(cr_write_epoll(ctx, epfile, 4), -EOPNOTSUPP,
		      "watches a file that is open outside only");
	CR_EXPECT_OK(cr_write_epoll(ctx, epfile, 5));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 0);
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, epfile, &ref));
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, a, &ref));
	CR_EXPECT_OK(cr_write_epoll(ctx, epfile, 4));
	CR_EXPECT_OK(cr_write_epoll(ctx, epfile, 5));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 1);
}

/* One that watches more than a record holds has several. */
static void cr_epoll_test_go_round(struct kunit *test)
{
	struct file *epfile = cr_epoll_make(test), *again = cr_epoll_make(test);
	struct file *a = cr_epoll_eventfd(test, 0), *b = cr_epoll_eventfd(test, 1);
	struct cr_ctx *ctx = test->priv;
	struct epoll_item *items;
	unsigned int nr;
	u32 ref;
	int fd;

	for (fd = 0; fd < CR_EPOLL_MAX; fd++)
		cr_epoll_watch(test, epfile, a, fd, false);
	cr_epoll_watch(test, epfile, b, fd, true);
	cr_kunit_stream(test, ctx);
	cr_obj_add_ptr(ctx, CR_OBJ_FILE, epfile, &ref);
	cr_obj_add_ptr(ctx, CR_OBJ_FILE, a, &ref);
	cr_obj_add_ptr(ctx, CR_OBJ_FILE, b, &ref);
	CR_EXPECT_OK(cr_write_epoll(ctx, epfile, 4));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 2);
	cr_kunit_replay(test, ctx);
	cr_epoll_enter(test, ctx, 1, again);
	xa_set_mark(&ctx->obj_xa, 1, CR_OBJ_MADE);
	cr_epoll_enter(test, ctx, 2, a);
	cr_epoll_enter(test, ctx, 3, b);
	CR_EXPECT_OK(cr_read_epoll(ctx));
	CR_EXPECT_OK(cr_read_epoll(ctx));
	cr_settle_epolls(ctx);
	items = epoll_get_items(again, &nr);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, items);
	KUNIT_EXPECT_EQ(test, nr, CR_EPOLL_MAX + 1);
	KUNIT_EXPECT_PTR_EQ(test, items[0].file, b);
	KUNIT_EXPECT_EQ(test, items[0].fd, CR_EPOLL_MAX);
	KUNIT_EXPECT_EQ(test, items[0].event.data, CR_EPOLL_MAX);
	KUNIT_EXPECT_TRUE(test, items[0].ready);
	KUNIT_EXPECT_FALSE(test, items[1].ready);
	epoll_put_items(items, nr);
}

static struct kunit_case cr_epoll_cases[] = {
	KUNIT_CASE(cr_epoll_test_counts),
	KUNIT_CASE(cr_epoll_test_parent),
	KUNIT_CASE(cr_epoll_test_items),
	KUNIT_CASE(cr_epoll_test_order),
	KUNIT_CASE(cr_epoll_test_edges),
	KUNIT_CASE(cr_epoll_test_open),
	KUNIT_CASE(cr_epoll_test_write),
	KUNIT_CASE_SLOW(cr_epoll_test_go_round),
	{}
};

static struct kunit_suite cr_epoll_suite = {
	.name = "checkpoint_epoll",
	.init = cr_epoll_init,
	.test_cases = cr_epoll_cases,
};

kunit_test_suite(cr_epoll_suite);
