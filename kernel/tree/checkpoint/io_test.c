// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of io.c.
 */
#include <kunit/checkpoint.h>
#include <linux/slab.h>

/* Three records and a tail: what the tests of the stream write and spoil. */
static const struct {
	u32 type;
	u32 len;
	u32 parent;
} cr_io_recs[] = {
	{ CR_HDR_FS,		8,	0 },
	{ CR_HDR_VMA,		40,	3 },
	{ CR_HDR_FILES,		0,	0 },
	{ CR_HDR_TAIL,		40,	0 },
};

#define CR_IO_LEN	(4 * sizeof(struct cr_hdr) + 8 + 40 + 0 + 40)
#define CR_IO_TAIL	(CR_IO_LEN - 40)

struct cr_io {
	struct cr_ctx *ctx;
	u8 image[CR_IO_LEN];
};

static void cr_io_write_recs(struct kunit *test, struct cr_ctx *ctx,
			     unsigned int nr)
{
	u8 data[40];
	unsigned int i;

	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0,
				cr_write_obj(ctx, cr_io_recs[i].type,
					     cr_io_recs[i].parent, data,
					     cr_io_recs[i].len));
}

static int cr_io_init(struct kunit *test)
{
	struct cr_io *io = kunit_kzalloc(test, sizeof(*io), GFP_KERNEL);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, io);
	io->ctx = cr_kunit_ctx(test);
	cr_kunit_stream(test, io->ctx);
	cr_io_write_recs(test, io->ctx, 3);
	KUNIT_ASSERT_EQ(test, 0, cr_write_tail(io->ctx));
	KUNIT_ASSERT_EQ(test, io->ctx->off, CR_IO_LEN);
	KUNIT_ASSERT_EQ(test, io->ctx->stats.bytes, CR_IO_LEN);
	KUNIT_ASSERT_EQ(test, CR_IO_LEN,
			kernel_read(io->ctx->file, io->image, CR_IO_LEN, &pos));
	cr_kunit_rewind(io->ctx);
	test->priv = io;
	return 0;
}

/* Read a whole image, as restart does. */
static int cr_io_read_image(struct cr_ctx *ctx)
{
	struct cr_rec next;
	int ret;

	for (;;) {
		ret = cr_peek(ctx, &next);
		if (ret)
			return ret;
		if (next.type == CR_HDR_TAIL)
			return cr_read_tail(ctx);
		ctx->have_rec = false;
	}
}

static int cr_io_read_bytes(struct kunit *test, struct cr_ctx *ctx,
			    const void *buf, size_t len)
{
	cr_kunit_image(test, ctx, buf, len);
	return cr_io_read_image(ctx);
}

/* Give the record at @p the checksum that it should have. */
static void cr_io_sign(u8 *p)
{
	struct cr_hdr *h = (struct cr_hdr *)p;

	h->csum = cr_hdr_csum(h, p + sizeof(*h), h->len, NULL, 0);
}

static int cr_io_read(struct cr_ctx *ctx, u32 type, size_t min, size_t max)
{
	return PTR_ERR_OR_ZERO(cr_read_obj(ctx, type, min, max));
}

/* The checksum, computed elsewhere. */
static void cr_io_test_csum(struct kunit *test)
{
	struct cr_hdr h = { .type = 451, .len = 16, .parent = 7 };
	struct cr_hdr empty = { .type = 5001 };
	const char *p = "0123456789abcdef";
	size_t i;

	KUNIT_EXPECT_EQ(test, 0x79b1dd3c, cr_hdr_csum(&h, p, 16, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0x44bd1cfe, cr_hdr_csum(&empty, p, 0, NULL, 0));
	for (i = 0; i <= 16; i++)
		KUNIT_EXPECT_EQ(test, 0x79b1dd3c,
				cr_hdr_csum(&h, p, i, p + i, 16 - i));
	h.csum = ~0;
	KUNIT_EXPECT_EQ(test, 0x79b1dd3c, cr_hdr_csum(&h, p, 16, NULL, 0));
	KUNIT_EXPECT_EQ(test, ~0, h.csum);
}

/* Bytes that differ from record to record. */
static void cr_io_fill(u8 *p, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = i * 7 + (i >> 8) + seed;
}

static const u32 cr_io_lens[] = {
	0, 8, 16, 4088, 4096, 65504, 65536, 65544, CR_HDR_LEN_MAX - 8,
	CR_HDR_LEN_MAX, 0, 24,
};

/* Types of records that have a parent. */
static u32 cr_io_type(unsigned int i)
{
	return i % 2 ? CR_HDR_STRING : CR_HDR_FNAME;
}

static void cr_io_read_lens(struct kunit *test, struct cr_ctx *ctx, u8 *want)
{
	struct cr_rec rec;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr_io_lens); i++) {
		CR_EXPECT_OK(cr_peek(ctx, &rec));
		ctx->have_rec = false;
		KUNIT_EXPECT_EQ(test, rec.type, cr_io_type(i));
		KUNIT_EXPECT_EQ(test, rec.parent, i);
		KUNIT_ASSERT_EQ(test, rec.len, cr_io_lens[i]);
		cr_io_fill(want, rec.len, i);
		KUNIT_EXPECT_EQ(test, 0, memcmp(rec.data, want, rec.len));
	}
}

/* What was written is what is read, whatever the size of it. */
static void cr_io_test_round_trip(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	u8 *data = kunit_kmalloc(test, CR_HDR_LEN_MAX, GFP_KERNEL);
	unsigned int i;
	u64 off;

	KUNIT_ASSERT_NOT_NULL(test, data);
	cr_kunit_stream(test, ctx);
	for (i = 0; i < ARRAY_SIZE(cr_io_lens); i++) {
		cr_io_fill(data, cr_io_lens[i], i);
		CR_EXPECT_OK(cr_write_obj(ctx, cr_io_type(i), i, data,
					  cr_io_lens[i]));
	}
	KUNIT_EXPECT_EQ(test, 0, ctx->stats.bytes);
	CR_EXPECT_OK(cr_flush(ctx));
	off = ctx->off;
	KUNIT_EXPECT_EQ(test, off, ctx->stats.bytes);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->chunks));

	cr_kunit_rewind(ctx);
	cr_io_read_lens(test, ctx, data);
	KUNIT_EXPECT_EQ(test, off, ctx->off);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, ARRAY_SIZE(cr_io_lens));
}

/* The second part of a payload may have any length; the rest is zeros. */
static void cr_io_test_padding(struct kunit *test)
{
	static const u8 zeros[8];
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	const struct cr_rec *rec;
	u8 data[32];
	size_t len;

	memset(data, 0xff, sizeof(data));
	for (len = 0; len <= 17; len++) {
		cr_kunit_stream(test, ctx);
		CR_EXPECT_OK(cr_write_obj2(ctx, CR_HDR_FS, 0, data, 8, data,
					   len));
		CR_EXPECT_OK(cr_flush(ctx));
		cr_kunit_rewind(ctx);
		rec = cr_read_obj(ctx, CR_HDR_FS, 0, 64);
		KUNIT_ASSERT_FALSE(test, IS_ERR(rec));
		KUNIT_ASSERT_EQ(test, rec->len, 8 + ALIGN(len, 8));
		KUNIT_EXPECT_MEMEQ(test, rec->data, data, 8 + len);
		KUNIT_EXPECT_EQ(test, 0, memcmp(rec->data + 8 + len, zeros,
						rec->len - 8 - len));
	}
}

/* A payload that nobody would read isn't written. */
static void cr_io_test_too_long(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	u8 *data = kunit_kzalloc(test, CR_HDR_LEN_MAX + 8, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_ERR(cr_write_obj(ctx, CR_HDR_CRED, 0, data, CR_HDR_LEN_MAX + 8),
		      -EOPNOTSUPP, "a CRED of 1048584 bytes is too long");
	CR_EXPECT_ERR(cr_write_obj2(ctx, CR_HDR_FNAME, 0, data, 8, data,
				    CR_HDR_LEN_MAX - 7),
		      -EOPNOTSUPP, "a FNAME of 1048577 bytes is too long");
	KUNIT_EXPECT_EQ(test, 0, ctx->off);
	KUNIT_EXPECT_EQ(test, 0, ctx->stats.records);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->chunks));
	CR_EXPECT_OK(cr_write_obj2(ctx, CR_HDR_FNAME, 0, data, 8, data,
				   CR_HDR_LEN_MAX - 8));
}

static void cr_io_test_whole(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;

	CR_EXPECT_OK(cr_io_read_image(ctx));
	KUNIT_EXPECT_EQ(test, ctx->off, CR_IO_LEN);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 3);
}

/* No bit of an image is without meaning. */
static void cr_io_test_bits(struct kunit *test)
{
	struct cr_io *io = test->priv;
	unsigned int i;
	int ret;

	for (i = 0; i < CR_IO_LEN * 8; i++) {
		io->image[i / 8] ^= BIT(i % 8);
		ret = cr_io_read_bytes(test, io->ctx, io->image, CR_IO_LEN);
		KUNIT_EXPECT_TRUE_MSG(test, ret == -EBADMSG || ret == -ENODATA,
				      "bit %u: %d", i, ret);
		io->image[i / 8] ^= BIT(i % 8);
		io->ctx->log.len = 0;
	}
}

/* Where a reader that is given @len bytes finds that there are no more. */
static u64 cr_io_end_of(size_t len)
{
	const struct cr_hdr *h;
	u64 off = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr_io_recs); i++) {
		if (len < off + sizeof(*h))
			return off;
		off += sizeof(*h);
		if (len < off + cr_io_recs[i].len)
			return off;
		off += cr_io_recs[i].len;
	}
	return off;
}

/* An image that is cut short anywhere, borders of records included. */
static void cr_io_test_short(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	char want[64];
	size_t len;

	for (len = 0; len < CR_IO_LEN; len++) {
		scnprintf(want, sizeof(want), "the image ends at 0x%llx, too early",
			  cr_io_end_of(len));
		CR_EXPECT_ERR(cr_io_read_bytes(test, ctx, io->image, len),
			      -ENODATA, want);
	}
}

/* A length that no record has, with the checksum that goes with it. */
static void cr_io_test_length(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	struct cr_hdr *h = (struct cr_hdr *)io->image;
	char want[64];
	u32 i;

#define LEN(n) (h->len = (n), cr_io_read_bytes(test, ctx, h, CR_IO_LEN))
	CR_EXPECT_BAD(LEN(CR_HDR_LEN_MAX + 8), "bad length, have 1048584");
	CR_EXPECT_BAD(LEN(~0U), "bad length, have 4294967295");
	CR_EXPECT_BAD(LEN(~7U), "bad length, have 4294967288");
	CR_EXPECT_ERR(LEN(CR_HDR_LEN_MAX), -ENODATA, "the image ends at 0x10, too early");
	CR_EXPECT_BAD(LEN(0), "bad checksum");
	CR_EXPECT_BAD(LEN(16), "bad checksum");
#undef LEN
	for (i = 1; i < 8; i++) {
		h->len = 8 + i;
		cr_io_sign(io->image);
		scnprintf(want, sizeof(want), "bad length, have %u", 8 + i);
		CR_EXPECT_BAD(cr_io_read_bytes(test, ctx, h, CR_IO_LEN), want);
	}
}

/* Looking ahead takes nothing away, and neither does a record of another type. */
static void cr_io_test_peek(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	struct cr_rec rec;

	CR_EXPECT_OK(cr_peek(ctx, &rec));
	KUNIT_EXPECT_EQ(test, rec.type, CR_HDR_FS);
	CR_EXPECT_OK(cr_peek(ctx, &rec));
	KUNIT_EXPECT_EQ(test, rec.type, CR_HDR_FS);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 1);
	CR_EXPECT_BAD(cr_io_read(ctx, CR_HDR_MM, 0, 64),
		      "unexpected record, have type 451, want 201");
	CR_EXPECT_OK(cr_io_read(ctx, CR_HDR_FS, 8, 8));
	CR_EXPECT_OK(cr_peek(ctx, &rec));
	KUNIT_EXPECT_EQ(test, rec.type, CR_HDR_VMA);
	KUNIT_EXPECT_EQ(test, rec.len, 40);
	KUNIT_EXPECT_EQ(test, rec.parent, 3);
}

/* A reader says how long a payload may be. */
static void cr_io_test_bounds(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;

	CR_EXPECT_BAD(cr_io_read(ctx, CR_HDR_FS, 16, 16), "bad length, have 8, want 16 to 16");
	CR_EXPECT_BAD(cr_io_read(ctx, CR_HDR_FS, 0, 0), "bad length, have 8, want 0 to 0");
	CR_EXPECT_OK(cr_io_read(ctx, CR_HDR_FS, 8, 8));
	CR_EXPECT_OK(cr_io_read(ctx, CR_HDR_VMA, 0, 40));
	CR_EXPECT_OK(cr_io_read(ctx, CR_HDR_FILES, 0, CR_HDR_LEN_MAX));
}

/* Strings */

static void cr_io_test_strings(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 7, 8, 9, 255, 256, 4094, CR_STRING_MAX };
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	char *str = kunit_kzalloc(test, CR_STRING_MAX + 1, GFP_KERNEL);
	char *buf = kunit_kmalloc(test, CR_STRING_MAX + 1, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, str);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(str, 'a' + i, lens[i]);
		memset(buf, 0xff, CR_STRING_MAX + 1);
		cr_kunit_stream(test, ctx);
		CR_EXPECT_OK(cr_write_string(ctx, CR_HDR_FNAME, 3, CR_STRING_CWD,
					     str, lens[i]));
		CR_EXPECT_OK(cr_flush(ctx));
		cr_kunit_rewind(ctx);
		CR_EXPECT_OK(cr_read_string(ctx, CR_HDR_FNAME, 3, CR_STRING_CWD,
					    buf, lens[i] + 1));
		KUNIT_EXPECT_STREQ(test, str, buf);
	}
}

/* A string belongs to somebody. */
static void cr_io_test_string_parent(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	char buf[8];

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_string(ctx, CR_HDR_STRING, 3, CR_STRING_VMA_NAME, "a", 1));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_BAD(cr_read_string(ctx, CR_HDR_STRING, 4, CR_STRING_VMA_NAME, buf, sizeof(buf)),
		      "bad parent, have 3");
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_read_string(ctx, CR_HDR_STRING, 3, CR_STRING_VMA_NAME, buf, sizeof(buf)));
}

struct cr_io_string {
	u32 len;
	u32 what;
	char data[16];
};

static int cr_io_read_string(struct kunit *test, struct cr_ctx *ctx,
			     const struct cr_io_string *s, size_t len)
{
	char buf[16];

	cr_kunit_feed(test, ctx, CR_HDR_STRING, s, len);
	return cr_read_string(ctx, CR_HDR_STRING, 0, CR_STRING_VMA_NAME, buf,
			      sizeof(buf));
}

static void cr_io_test_bad_strings(struct kunit *test)
{
	static const struct cr_io_string good = { 5, CR_STRING_VMA_NAME, "heap0" };
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	struct cr_io_string s;

#define STRING(member, value, len)					\
	(s = good, s.member = (value), cr_io_read_string(test, ctx, &s, len))
	CR_EXPECT_OK(STRING(len, 5, 16));
	CR_EXPECT_BAD(STRING(what, 1, 16), "bad what, have 1, want 4");
	CR_EXPECT_BAD(STRING(len, 4, 16), "bad padding");
	CR_EXPECT_BAD(STRING(len, 6, 16), "bad padding");
	CR_EXPECT_BAD(STRING(len, 0, 16), "bad string length, have 0");
	CR_EXPECT_BAD(STRING(len, 5, 24), "bad string length, have 5");
	CR_EXPECT_BAD(STRING(len, 9, 16), "bad string length, have 9");
	CR_EXPECT_BAD(STRING(len, 16, 24), "bad string length, have 16");
	CR_EXPECT_BAD(STRING(len, ~0U, 16), "bad string length, have 4294967295");
	CR_EXPECT_BAD(STRING(data[2], 0, 16), "bad padding");
	CR_EXPECT_BAD(STRING(data[5], 1, 16), "bad padding");
	CR_EXPECT_BAD(STRING(data[7], 1, 16), "bad padding");
	CR_EXPECT_BAD(STRING(len, 5, 0), "bad length, have 0, want 8 to 4111");
#undef STRING
}

/* The tail */

static int cr_io_read_tail(struct kunit *test, struct cr_io *io,
			   const struct cr_hdr_tail *h)
{
	memcpy(io->image + CR_IO_TAIL, h, sizeof(*h));
	cr_io_sign(io->image + CR_IO_TAIL - sizeof(struct cr_hdr));
	return cr_io_read_bytes(test, io->ctx, io->image, CR_IO_LEN);
}

static void cr_io_test_tail(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	struct cr_hdr_tail good, h;

	memcpy(&good, io->image + CR_IO_TAIL, sizeof(good));
#define TAIL(member, value)						\
	(h = good, h.member = (value), cr_io_read_tail(test, io, &h))
	CR_EXPECT_OK(TAIL(magic, CHECKPOINT_MAGIC_TAIL));
	CR_EXPECT_OK(TAIL(records, 3));
	CR_EXPECT_OK(TAIL(pages, 0));
	CR_EXPECT_OK(TAIL(bytes, CR_IO_TAIL - sizeof(struct cr_hdr)));
	CR_EXPECT_BAD(TAIL(magic, CHECKPOINT_MAGIC_HEAD), "bad magic, have 0xfeed0cc0a2d200");
	CR_EXPECT_BAD(TAIL(records, 4), "bad record count, have 4, want 3");
	CR_EXPECT_BAD(TAIL(pages, 1), "bad page count, have 1, want 0");
	CR_EXPECT_BAD(TAIL(bytes, CR_IO_LEN), "bad size, have 152, want 96");
	CR_EXPECT_BAD(TAIL(digest, good.digest + 1), "bad digest");
#undef TAIL
}

/* Records that are good, but not where they were. */
static void cr_io_test_digest(struct kunit *test)
{
	const size_t first = sizeof(struct cr_hdr) + 8;
	const size_t second = sizeof(struct cr_hdr) + 40;
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	u8 moved[CR_IO_LEN];

	CR_EXPECT_BAD(cr_io_read_bytes(test, ctx, io->image + first,
				       CR_IO_LEN - first), "bad record count, have 3, want 2");
	memcpy(moved, io->image, CR_IO_LEN);
	memcpy(moved, io->image + first, second);
	memcpy(moved + second, io->image, first);
	CR_EXPECT_BAD(cr_io_read_bytes(test, ctx, moved, CR_IO_LEN), "bad digest");
	/* Another parent, and the checksum that goes with it. */
	((struct cr_hdr *)(io->image + first))->parent = 4;
	cr_io_sign(io->image + first);
	CR_EXPECT_BAD(cr_io_read_bytes(test, ctx, io->image, CR_IO_LEN), "bad digest");
}

/* Not every record belongs to another. */
static void cr_io_test_parent(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;

	((struct cr_hdr *)io->image)->parent = 1;
	cr_io_sign(io->image);
	CR_EXPECT_BAD(cr_io_read_bytes(test, ctx, io->image, CR_IO_LEN), "bad parent, have 1");
	KUNIT_EXPECT_TRUE(test, cr_has_parent(CR_HDR_PGARR));
	KUNIT_EXPECT_TRUE(test, cr_has_parent(CR_HDR_FD_ENT));
	KUNIT_EXPECT_TRUE(test, cr_has_parent(CR_HDR_PIPE_BUF));
	KUNIT_EXPECT_TRUE(test, cr_has_parent(CR_HDR_EVENTFD));
	KUNIT_EXPECT_TRUE(test, cr_has_parent(CR_HDR_EPOLL));
	KUNIT_EXPECT_FALSE(test, cr_has_parent(CR_HDR_PIPE));
	KUNIT_EXPECT_FALSE(test, cr_has_parent(CR_HDR_SHMEM));
	KUNIT_EXPECT_FALSE(test, cr_has_parent(CR_HDR_TAIL));
	KUNIT_EXPECT_FALSE(test, cr_has_parent(77));
}

/* The digest is that of the headers, as everybody computes it. */
static void cr_io_test_digest_value(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_hdr_tail h;
	struct cr_hdr hdr[3];
	size_t i, off = 0;

	for (i = 0; i < ARRAY_SIZE(hdr); i++) {
		memcpy(&hdr[i], io->image + off, sizeof(hdr[i]));
		off += sizeof(hdr[i]) + hdr[i].len;
	}
	memcpy(&h, io->image + CR_IO_TAIL, sizeof(h));
	KUNIT_EXPECT_EQ(test, h.digest, xxh64(hdr, sizeof(hdr), 0));
}

/* The record of an image that was given up */

struct cr_io_error {
	struct cr_hdr_error h;
	char text[16];
};

static int cr_io_read_error(struct kunit *test, struct cr_ctx *ctx, u32 text_len,
			    size_t len)
{
	struct cr_io_error e = { { .err = EIO, .len = text_len }, "a\nb\tc'd" };
	struct cr_rec rec;

	cr_kunit_feed(test, ctx, CR_HDR_ERROR, &e, len);
	return cr_peek(ctx, &rec);
}

static void cr_io_test_error(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;

#define ERROR(text_len, len) cr_io_read_error(test, ctx, text_len, len)
	CR_EXPECT_ERR(ERROR(7, 16), -ENODATA, "the checkpoint failed: 'a\\nb\\tc'd'");
	CR_EXPECT_ERR(ERROR(1, 16), -ENODATA, "the checkpoint failed: 'a'");
	CR_EXPECT_ERR(ERROR(0, 8), -ENODATA, "the checkpoint failed: ''");
	CR_EXPECT_BAD(ERROR(9, 16), "bad error record");
	CR_EXPECT_BAD(ERROR(1, 8), "bad error record");
	CR_EXPECT_BAD(ERROR(~0U, 16), "bad error record");
	CR_EXPECT_BAD(ERROR(0, 0), "bad error record");
#undef ERROR
}

/* The stream below the records */

/* A descriptor that takes no bytes, or gives none. */
static void cr_io_test_file_error(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	u64 data = 0;

	ctx->file->f_mode &= ~(FMODE_READ | FMODE_WRITE);
	CR_EXPECT_ERR(cr_io_read_image(ctx), -EBADF, "can't read the image at 0x0");
	ctx->op = CR_OP_CHECKPOINT;
	CR_EXPECT_OK(cr_write_obj(ctx, CR_HDR_FS, 0, &data, sizeof(data)));
	CR_EXPECT_ERR(cr_flush(ctx), -EBADF, "can't write the image at 0x18");
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->chunks));
	KUNIT_EXPECT_EQ(test, 0, ctx->stats.bytes);
	ctx->file->f_mode |= FMODE_READ | FMODE_WRITE;
}

/* What is left of 100 bytes after @taken of them, of which @n were done. */
static size_t cr_io_left(size_t taken, size_t n)
{
	u8 buf[100];
	struct kvec kv = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kv, 1, sizeof(buf));
	iov_iter_advance(&iter, taken);
	cr_iter_done(&iter, sizeof(buf), n);
	return iov_iter_count(&iter);
}

/* What was done counts, whatever a file system did with the iterator. */
static void cr_io_test_iter_done(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 60, cr_io_left(40, 40));
	KUNIT_EXPECT_EQ(test, 60, cr_io_left(0, 40));
	KUNIT_EXPECT_EQ(test, 60, cr_io_left(70, 40));
	KUNIT_EXPECT_EQ(test, 0, cr_io_left(0, 100));
	KUNIT_EXPECT_EQ(test, 99, cr_io_left(100, 1));
}

#define CR_IO_PAGES	67

static struct page **cr_io_alloc_pages(struct kunit *test)
{
	struct page **page;
	unsigned int i;

	page = kunit_kcalloc(test, CR_IO_PAGES, sizeof(*page), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < CR_IO_PAGES; i++) {
		u8 *p = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		page[i] = virt_to_page(p);
	}
	return page;
}

/* More pages than go in one piece. */
static void cr_io_test_pages(struct kunit *test)
{
	struct cr_io *io = test->priv;
	struct cr_ctx *ctx = io->ctx;
	struct page **from = cr_io_alloc_pages(test);
	struct page **to = cr_io_alloc_pages(test);
	unsigned int i;

	for (i = 0; i < CR_IO_PAGES; i++)
		cr_io_fill(page_address(from[i]), PAGE_SIZE, i);
	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_stream_write_pages(ctx, from, CR_IO_PAGES));
	KUNIT_EXPECT_EQ(test, ctx->off, CR_IO_PAGES * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ctx->stats.bytes, CR_IO_PAGES * PAGE_SIZE);
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_stream_read_pages(ctx, to, CR_IO_PAGES));
	KUNIT_EXPECT_EQ(test, ctx->off, CR_IO_PAGES * PAGE_SIZE);
	for (i = 0; i < CR_IO_PAGES; i++)
		KUNIT_EXPECT_EQ(test, 0, memcmp(page_address(from[i]),
						page_address(to[i]), PAGE_SIZE));
	CR_EXPECT_ERR(cr_stream_read_pages(ctx, to, 1), -ENODATA,
		      "the image ends at 0x43000, too early");
}

static struct kunit_case cr_io_cases[] = {
	KUNIT_CASE(cr_io_test_csum),
	KUNIT_CASE(cr_io_test_round_trip),
	KUNIT_CASE(cr_io_test_padding),
	KUNIT_CASE(cr_io_test_too_long),
	KUNIT_CASE(cr_io_test_whole),
	KUNIT_CASE(cr_io_test_bits),
	KUNIT_CASE(cr_io_test_short),
	KUNIT_CASE(cr_io_test_length),
	KUNIT_CASE(cr_io_test_peek),
	KUNIT_CASE(cr_io_test_bounds),
	KUNIT_CASE(cr_io_test_strings),
	KUNIT_CASE(cr_io_test_string_parent),
	KUNIT_CASE(cr_io_test_bad_strings),
	KUNIT_CASE(cr_io_test_tail),
	KUNIT_CASE(cr_io_test_digest),
	KUNIT_CASE(cr_io_test_parent),
	KUNIT_CASE(cr_io_test_digest_value),
	KUNIT_CASE(cr_io_test_error),
	KUNIT_CASE(cr_io_test_file_error),
	KUNIT_CASE(cr_io_test_iter_done),
	KUNIT_CASE(cr_io_test_pages),
	{}
};

static struct kunit_suite cr_io_suite = {
	.name = "checkpoint_io",
	.init = cr_io_init,
	.test_cases = cr_io_cases,
};

kunit_test_suite(cr_io_suite);
