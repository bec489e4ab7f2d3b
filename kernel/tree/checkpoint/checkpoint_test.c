// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of checkpoint.c.
 */
#include <kunit/checkpoint.h>

static int cr_checkpoint_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	ctx->op = CR_OP_CHECKPOINT;
	test->priv = ctx;
	return 0;
}

/* What checkpoint() returns is never taken for an error or for the copy. */
static void cr_checkpoint_test_crid(struct kunit *test)
{
	static const u32 at[] = { 0, 1, INT_MAX - 1U, INT_MAX, 1U << 31, ~0U };
	unsigned int i, bad = 0;
	long crid;
	u32 n;

	KUNIT_EXPECT_EQ(test, 1, cr_crid_of(0));
	KUNIT_EXPECT_EQ(test, 2, cr_crid_of(1));
	KUNIT_EXPECT_EQ(test, INT_MAX, cr_crid_of(INT_MAX - 1U));
	KUNIT_EXPECT_EQ(test, 1, cr_crid_of(INT_MAX));
	KUNIT_EXPECT_EQ(test, 2, cr_crid_of(1U << 31));
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		for (n = at[i] - 1000; n != at[i] + 1000; n++) {
			crid = cr_crid_of(n);
			bad += crid <= 0 || crid > INT_MAX || crid == cr_crid_of(n + 1);
		}
	}
	KUNIT_EXPECT_EQ(test, 0, bad);
	crid = cr_next_crid();
	KUNIT_EXPECT_GT(test, crid, 0);
	KUNIT_EXPECT_NE(test, crid, cr_next_crid());
}

/* Names are cut, and what is behind them is zero. */
static void cr_checkpoint_test_uts(struct kunit *test)
{
	u8 dst[72 + 1], want[72 + 1] = "6.12.117";
	char name[__NEW_UTS_LEN + 9];

	memset(dst, 0xff, sizeof(dst));
	want[72] = 0xff;
	cr_fill_uts(dst, "6.12.117");
	KUNIT_EXPECT_MEMEQ(test, dst, want, sizeof(dst));
	cr_fill_uts(dst, "");
	memset(want, 0, 72);
	KUNIT_EXPECT_MEMEQ(test, dst, want, sizeof(dst));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	memset(want, 'x', __NEW_UTS_LEN);
	cr_fill_uts(dst, name);
	KUNIT_EXPECT_MEMEQ(test, dst, want, sizeof(dst));
}

static bool cr_checkpoint_stays(struct cr_ctx *ctx, unsigned long flags,
				bool self, bool frozen_out)
{
	ctx->flags = flags;
	ctx->self = self;
	ctx->frozen_out = frozen_out;
	return cr_stays_stopped(ctx);
}

/* Who isn't let go needs no copy of its memory, and the other way round. */
static void cr_checkpoint_test_stays(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

#define STAYS(...) KUNIT_EXPECT_TRUE(test, cr_checkpoint_stays(ctx, __VA_ARGS__))
#define GOES(...) KUNIT_EXPECT_FALSE(test, cr_checkpoint_stays(ctx, __VA_ARGS__))
	STAYS(CHECKPOINT_KILL, false, false);
	STAYS(CHECKPOINT_STOP, false, false);
	GOES(CHECKPOINT_KILL, true, false);
	GOES(CHECKPOINT_STOP, true, false);
	GOES(CHECKPOINT_KILL, false, true);
	GOES(CHECKPOINT_STOP, false, true);
	GOES(0, false, false);
	GOES(CHECKPOINT_DRYRUN, false, false);
#undef STAYS
#undef GOES
}

/* The head says what this kernel is. */
static void cr_checkpoint_test_head(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_head *h = &ctx->head;

	ctx->cur->pin.nsproxy = current->nsproxy;
	ctx->nr_tasks = 3;
	CR_EXPECT_OK(cr_write_head(ctx));
	KUNIT_EXPECT_EQ(test, ctx->off, sizeof(struct cr_hdr) + sizeof(*h));
	KUNIT_EXPECT_EQ(test, h->nr_tasks, 3);
	KUNIT_EXPECT_EQ(test, h->magic, CHECKPOINT_MAGIC_HEAD);
	KUNIT_EXPECT_EQ(test, h->version, CR_VERSION);
	KUNIT_EXPECT_EQ(test, h->page_size, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, h->record_csum, CR_CSUM_CRC32C);
	KUNIT_EXPECT_EQ(test, h->page_csum, CR_CSUM_XXH64);
	KUNIT_EXPECT_EQ(test, h->required, 0);
	KUNIT_EXPECT_STREQ(test, h->release, init_uts_ns.name.release);
	ctx->cargs.flags = CHECKPOINT_F_NO_PAGE_CSUM;
	CR_EXPECT_OK(cr_write_head(ctx));
	KUNIT_EXPECT_EQ(test, h->page_csum, CR_CSUM_NONE);
}

/* As long as the image is written to whom it is of, it goes on. */
static void cr_checkpoint_test_wants(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->flags = 0;
	KUNIT_EXPECT_TRUE(test, cr_wants_snapshot(ctx));
	ctx->flags = CHECKPOINT_DRYRUN;
	KUNIT_EXPECT_FALSE(test, cr_wants_snapshot(ctx));
	ctx->flags = CHECKPOINT_STOP;
	KUNIT_EXPECT_FALSE(test, cr_wants_snapshot(ctx));
	ctx->frozen_out = true;
	KUNIT_EXPECT_TRUE(test, cr_wants_snapshot(ctx));
}

/* Says what the task of the image is to say, and counts the visit. */
static int cr_checkpoint_visit(struct cr_ctx *ctx, struct cr_task *k)
{
	ctx->cur = k;
	k->nfds++;
	return k->ent.sid;
}

static unsigned int cr_checkpoint_visits(struct cr_ctx *ctx)
{
	unsigned int n = 0;
	struct cr_task *k;

	list_for_each_entry(k, &ctx->tasks, list) {
		n += k->nfds;
		k->nfds = 0;
	}
	return n;
}

/* Refusals are collected of all tasks; only what can't go on ends that. */
static void cr_checkpoint_test_each(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *k;

	k = cr_kunit_task(test, ctx, 43, NULL);
	cr_kunit_task(test, ctx, 44, k);
	KUNIT_EXPECT_EQ(test, cr_visit_tasks(ctx, cr_checkpoint_visit), 0);
	KUNIT_EXPECT_EQ(test, cr_checkpoint_visits(ctx), 3);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, ctx->root);
	k->ent.sid = -EOPNOTSUPP;
	cr_visit_tasks(ctx, cr_checkpoint_visit);
	KUNIT_EXPECT_EQ(test, cr_checkpoint_visits(ctx), 3);
	k->ent.sid = -ENOMEM;
	KUNIT_EXPECT_EQ(test, cr_visit_tasks(ctx, cr_checkpoint_visit), -ENOMEM);
	KUNIT_EXPECT_EQ(test, cr_checkpoint_visits(ctx), 2);
	KUNIT_EXPECT_PTR_EQ(test, ctx->cur, ctx->root);
	k->ent.sid = -EINTR;
	KUNIT_EXPECT_EQ(test, cr_visit_tasks(ctx, cr_checkpoint_visit), -EINTR);
	KUNIT_EXPECT_EQ(test, cr_checkpoint_visits(ctx), 2);
}

/* Who has exited has credentials and a status, and nothing else is looked at. */
static void cr_checkpoint_test_dead(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_task *k = cr_kunit_task(test, ctx, 43, NULL);

	k->task = get_task_struct(current);
	k->dead = true;
	KUNIT_EXPECT_EQ(test, cr_tally_one(ctx, k), 0);
	KUNIT_EXPECT_EQ(test, cr_outside_one(ctx, k), 0);
	KUNIT_EXPECT_EQ(test, cr_epolls_one(ctx, k), 0);
	KUNIT_EXPECT_EQ(test, ctx->log.nr_errors, 0);
	CR_EXPECT_OK(cr_write_one(ctx, k));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 2);
	KUNIT_EXPECT_EQ(test, ctx->where.pid, task_pid_vnr(current));
	ctx->cur = ctx->root;
}

static long cr_checkpoint_do(struct cr_ctx *ctx, unsigned long flags, int parent,
			     pid_t pid)
{
	ctx->flags = flags;
	ctx->cargs.parent = parent;
	return do_checkpoint(ctx, pid);
}

/* What is refused before any task is stopped. */
static void cr_checkpoint_test_refused(struct kunit *test)
{
	const char *want = "kept snapshots, parents and leak checks aren't built in";
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_ERR(cr_checkpoint_do(ctx, CHECKPOINT_KEEP, -1, 0), -EOPNOTSUPP, want);
	CR_EXPECT_ERR(cr_checkpoint_do(ctx, CHECKPOINT_LEAKCHECK, -1, 0), -EOPNOTSUPP, want);
	CR_EXPECT_ERR(cr_checkpoint_do(ctx, 0, 0, 0), -EOPNOTSUPP, want);
	CR_EXPECT_ERR(cr_checkpoint_do(ctx, 0, -1, INT_MAX), -ESRCH, "no process 2147483647");
	CR_EXPECT_ERR(cr_checkpoint_do(ctx, 0, -1, 0), -EPERM, "is a kernel thread");
}

/* What a reader of a stream that was given up sees. */
static int cr_checkpoint_give_up(struct kunit *test, struct cr_ctx *ctx,
				 u64 bytes, u64 off)
{
	struct cr_rec rec;

	cr_kunit_stream(test, ctx);
	ctx->stats.bytes = bytes;
	ctx->off = off;
	cr_refuse(ctx, "no more");
	cr_write_error(ctx, -EOPNOTSUPP);
	cr_kunit_rewind(ctx);
	ctx->log.len = 0;
	ctx->log.err = 0;
	return cr_peek(ctx, &rec);
}

/* Only at the end of a record can an image say why it ends. */
static void cr_checkpoint_test_error(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_rec rec;

	if (!IS_ENABLED(CONFIG_SYMBOLIC_ERRNAME))
		kunit_skip(test, "messages have numbers instead of errno names");
	CR_EXPECT_ERR(cr_checkpoint_give_up(test, ctx, 0, 0), -ENODATA,
		      "the image ends at 0x0, too early");
	CR_EXPECT_ERR(cr_checkpoint_give_up(test, ctx, 64, 128), -ENODATA,
		      "the image ends at 0x0, too early");
	CR_EXPECT_ERR(cr_checkpoint_give_up(test, ctx, 128, 128), -ENODATA,
		      "the checkpoint failed: 'cr: error -EOPNOTSUPP checkpoint: no more'");
	/* Without memory for messages there is no text. */
	kvfree(ctx->log.buf);
	ctx->log.buf = NULL;
	KUNIT_EXPECT_EQ(test, -ENODATA, cr_checkpoint_give_up(test, ctx, 8, 8));
	ctx->have_rec = false;
	KUNIT_EXPECT_EQ(test, ctx->rec.type, CR_HDR_ERROR);
	KUNIT_EXPECT_EQ(test, ctx->rec.len, sizeof(struct cr_hdr_error));
	KUNIT_EXPECT_EQ(test, -ENODATA, cr_peek(ctx, &rec));
}

static struct kunit_case cr_checkpoint_cases[] = {
	KUNIT_CASE(cr_checkpoint_test_crid),
	KUNIT_CASE(cr_checkpoint_test_uts),
	KUNIT_CASE(cr_checkpoint_test_stays),
	KUNIT_CASE(cr_checkpoint_test_head),
	KUNIT_CASE(cr_checkpoint_test_wants),
	KUNIT_CASE(cr_checkpoint_test_each),
	KUNIT_CASE(cr_checkpoint_test_dead),
	KUNIT_CASE(cr_checkpoint_test_refused),
	KUNIT_CASE(cr_checkpoint_test_error),
	{}
};

static struct kunit_suite cr_checkpoint_suite = {
	.name = "checkpoint_checkpoint",
	.init = cr_checkpoint_init,
	.test_cases = cr_checkpoint_cases,
};

kunit_test_suite(cr_checkpoint_suite);
