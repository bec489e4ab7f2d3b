// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of log.c.
 */
#include <kunit/checkpoint.h>
#include <linux/mm.h>

/* Lines are compared whole, names of errnos included. */
static int cr_log_init(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_SYMBOLIC_ERRNAME))
		kunit_skip(test, "messages have numbers instead of errno names");
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* What is on the log; it is empty afterwards. */
static const char *cr_log_take(struct cr_ctx *ctx)
{
	struct cr_log *log = &ctx->log;

	log->buf[log->len] = 0;
	*log = (struct cr_log){ .buf = log->buf };
	return log->buf;
}

static const char *cr_log_line(struct cr_ctx *ctx, struct cr_where where)
{
	ctx->where = where;
	cr_err(ctx, -EBADMSG, "why %d", 5);
	return cr_log_take(ctx);
}

#define LINE(text, ...)							\
	KUNIT_EXPECT_STREQ(test, text,					\
			   cr_log_line(ctx, (struct cr_where){ __VA_ARGS__ }))

static void cr_log_test_grammar(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	LINE("cr: error -EBADMSG restart: why 5\n", .fd = -1);
	LINE("cr: error -EBADMSG restart pid=42: why 5\n", .pid = 42, .fd = -1);
	LINE("cr: error -EBADMSG restart fd=0: why 5\n", .fd = 0);
	LINE("cr: error -EBADMSG restart vma=7f0000001000: why 5\n", .fd = -1,
	     .vma = 0x7f0000001000);
	LINE("cr: error -EBADMSG restart off=0x0 rec=VMA: why 5\n", .fd = -1, .rec = "VMA");
	LINE("cr: error -EBADMSG restart off=0x1a40 rec=?: why 5\n", .fd = -1, .rec = "?",
	     .off = 0x1a40);
	LINE("cr: error -EBADMSG restart: why 5\n", .fd = -1, .off = 0x1a40);
	LINE("cr: error -EBADMSG restart pid=7 fd=3 vma=1000 off=0x10 rec=MM: why 5\n",
	     .pid = 7, .fd = 3, .vma = 0x1000, .rec = "MM", .off = 16);
	ctx->op = CR_OP_CHECKPOINT;
	LINE("cr: error -EBADMSG checkpoint pid=42 fd=7: why 5\n", .pid = 42, .fd = 7);
}

static void cr_log_test_errno(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, -EBADMSG, cr_invalid(ctx, "a"));
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: a\n", cr_log_take(ctx));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, cr_refuse(ctx, "b"));
	KUNIT_EXPECT_STREQ(test, "cr: error -EOPNOTSUPP restart: b\n", cr_log_take(ctx));
	KUNIT_EXPECT_EQ(test, -ESTALE, cr_err(ctx, -ESTALE, "c"));
	KUNIT_EXPECT_STREQ(test, "cr: error -ESTALE restart: c\n", cr_log_take(ctx));
}

/* What only the signal code may see. */
static void cr_log_test_restart_errno(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, 0, cr_errno(0));
	KUNIT_EXPECT_EQ(test, 42, cr_errno(42));
	KUNIT_EXPECT_EQ(test, -EBADMSG, cr_errno(-EBADMSG));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_errno(-EINTR));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_errno(-ERESTARTSYS));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_errno(-ERESTARTNOINTR));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_errno(-ERESTARTNOHAND));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_errno(-ERESTART_RESTARTBLOCK));
	KUNIT_EXPECT_EQ(test, -EINTR, cr_err(ctx, -ERESTARTSYS, "a"));
	KUNIT_EXPECT_EQ(test, -EINTR, ctx->log.err);
	KUNIT_EXPECT_STREQ(test, "cr: error -EINTR restart: a\n", cr_log_take(ctx));
}

/* The first error is the one of the call; all of them are on the log. */
static void cr_log_test_first(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, 0, ctx->log.err);
	cr_refuse(ctx, "first");
	cr_invalid(ctx, "second");
	cr_err(ctx, -ENOMEM, "third");
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ctx->log.err);
	KUNIT_EXPECT_EQ(test, 3, ctx->log.nr_errors);
	KUNIT_EXPECT_EQ(test, 0, ctx->log.omitted);
	KUNIT_EXPECT_STREQ(test, "cr: error -EOPNOTSUPP restart: first\n"
			   "cr: error -EBADMSG restart: second\n"
			   "cr: error -ENOMEM restart: third\n",
			   cr_log_take(ctx));
}

static void cr_log_test_where_reset(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->where = (struct cr_where){ 1, 2, 3, "MM", 5 };
	cr_where_reset(ctx);
	cr_invalid(ctx, "a");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: a\n", cr_log_take(ctx));
}

/* What an image or a program says stays within its quotes and its line. */
static void cr_log_test_escape(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	cr_invalid(ctx, "'%s'", "a\ncr: \t\x7f");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: 'a?cr: ??'\n", cr_log_take(ctx));
	cr_invalid(ctx, "'%s'", "gr\xc3\xbc\xc3\x9f");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: 'gr\xc3\xbc\xc3\x9f'\n",
			   cr_log_take(ctx));
	cr_invalid(ctx, "'%*pE'", 6, "a\ncr: ");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: 'a\\ncr: '\n", cr_log_take(ctx));
	cr_invalid(ctx, "'%*pE'", 3, "\0\x01\x7f");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: '\\0\\001\\177'\n", cr_log_take(ctx));
}

/* A line has CR_LOG_LINE bytes at most, its newline included. */
static void cr_log_test_long(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	const char *text;

	cr_invalid(ctx, "%01000d", 7);
	cr_invalid(ctx, "next");
	text = cr_log_take(ctx);
	KUNIT_EXPECT_LE(test, strcspn(text, "\n"), CR_LOG_LINE - 1);
	KUNIT_EXPECT_GE(test, strcspn(text, "\n"), CR_LOG_LINE - 8);
	KUNIT_EXPECT_STREQ(test, "\ncr: error -EBADMSG restart: next\n",
			   text + strcspn(text, "\n"));
}

static char *cr_log_flushed(struct kunit *test, struct cr_ctx *ctx)
{
	char *text = kunit_kzalloc(test, CR_LOG_SIZE + 1, GFP_KERNEL);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, text);
	cr_log_flush(ctx);
	KUNIT_ASSERT_GE(test, kernel_read(ctx->log_file, text, CR_LOG_SIZE, &pos), 0);
	return text;
}

/* What doesn't fit is counted. */
static void cr_log_test_full(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	unsigned int i, want = 0;
	char *text, *last, note[64];

	ctx->log_file = get_file(cr_kunit_file(test));
	for (i = 0; i < 4000; i++) {
		cr_invalid(ctx, "number %04u", i);
		KUNIT_ASSERT_LE(test, ctx->log.len, CR_LOG_SIZE);
		want += ctx->log.omitted > 0;
	}
	KUNIT_EXPECT_EQ(test, 4000, ctx->log.nr_errors);
	KUNIT_EXPECT_GT(test, ctx->log.omitted, 0);
	KUNIT_EXPECT_EQ(test, ctx->log.omitted, want);
	KUNIT_EXPECT_EQ(test, -EBADMSG, ctx->log.err);

	text = cr_log_flushed(test, ctx);
	last = strstr(text, "cr: note 0 log: ");
	KUNIT_ASSERT_NOT_NULL(test, last);
	scnprintf(note, sizeof(note), "cr: note 0 log: %u more omitted\n", want);
	KUNIT_EXPECT_STREQ(test, note, last);
}

/* Without memory for messages the errno has to do. */
static void cr_log_test_no_memory(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	kvfree(ctx->log.buf);
	ctx->log.buf = NULL;
	ctx->log_file = get_file(cr_kunit_file(test));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, cr_refuse(ctx, "a"));
	KUNIT_EXPECT_EQ(test, -EBADMSG, cr_invalid(ctx, "b"));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ctx->log.err);
	KUNIT_EXPECT_EQ(test, 2, ctx->log.nr_errors);
	KUNIT_EXPECT_EQ(test, 2, ctx->log.omitted);
	KUNIT_EXPECT_STREQ(test, "", cr_log_flushed(test, ctx));
}

static void cr_log_test_flush(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	char *text;

	cr_invalid(ctx, "a");
	cr_log_flush(ctx);
	KUNIT_EXPECT_GT(test, ctx->log.len, 0);
	ctx->log_file = get_file(cr_kunit_file(test));
	text = cr_log_flushed(test, ctx);
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: a\n", text);
	KUNIT_EXPECT_EQ(test, 0, ctx->log.len);
	/* Nothing is written twice, and what comes later comes after it. */
	KUNIT_EXPECT_STREQ(test, text, cr_log_flushed(test, ctx));
	cr_refuse(ctx, "b");
	KUNIT_EXPECT_STREQ(test, "cr: error -EBADMSG restart: a\n"
			   "cr: error -EOPNOTSUPP restart: b\n",
			   cr_log_flushed(test, ctx));
	KUNIT_EXPECT_EQ(test, -EBADMSG, ctx->log.err);
}

/* Each type has one name. */
static void cr_log_test_rec_name(struct kunit *test)
{
	unsigned int type, nr = 0;

	KUNIT_EXPECT_STREQ(test, "HEAD", cr_rec_name(CR_HDR_HEAD));
	KUNIT_EXPECT_STREQ(test, "RESTART_BLOCK", cr_rec_name(CR_HDR_RESTART_BLOCK));
	KUNIT_EXPECT_STREQ(test, "MM_CONTEXT", cr_rec_name(CR_HDR_MM_CONTEXT));
	KUNIT_EXPECT_STREQ(test, "TAIL", cr_rec_name(CR_HDR_TAIL));
	KUNIT_EXPECT_STREQ(test, "ERROR", cr_rec_name(9999));
	KUNIT_EXPECT_NULL(test, cr_rec_name(0));
	KUNIT_EXPECT_NULL(test, cr_rec_name(~0U));
	for (type = 0; type < 10000; type++)
		nr += !!cr_rec_name(type);
	KUNIT_EXPECT_EQ(test, nr, ARRAY_SIZE(cr_rec_names));
}

static struct kunit_case cr_log_cases[] = {
	KUNIT_CASE(cr_log_test_grammar),
	KUNIT_CASE(cr_log_test_errno),
	KUNIT_CASE(cr_log_test_restart_errno),
	KUNIT_CASE(cr_log_test_first),
	KUNIT_CASE(cr_log_test_where_reset),
	KUNIT_CASE(cr_log_test_escape),
	KUNIT_CASE(cr_log_test_long),
	KUNIT_CASE(cr_log_test_full),
	KUNIT_CASE(cr_log_test_no_memory),
	KUNIT_CASE(cr_log_test_flush),
	KUNIT_CASE(cr_log_test_rec_name),
	{}
};

static struct kunit_suite cr_log_suite = {
	.name = "checkpoint_log",
	.init = cr_log_init,
	.test_cases = cr_log_cases,
};

kunit_test_suite(cr_log_suite);
