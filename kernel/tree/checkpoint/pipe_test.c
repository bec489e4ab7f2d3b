// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of pipe.c.
 */
#include <kunit/checkpoint.h>

#define CR_PIPE_OUTSIDE "a pipe or FIFO with an end outside, not declared so"

static int cr_pipe_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

static struct pipe_inode_info *cr_pipe_of(struct file *file)
{
	return get_pipe_info(file, false);
}

/* Both ends of a pipe, for as long as the test lasts. */
static void cr_pipe_make(struct kunit *test, struct file **end)
{
	KUNIT_ASSERT_EQ(test, 0, create_pipe_files(end, O_NONBLOCK));
	cr_kunit_keep(test, end[0]);
	cr_kunit_keep(test, end[1]);
}

static void cr_pipe_put(struct kunit *test, struct file *file, const char *s)
{
	loff_t pos = 0;

	KUNIT_EXPECT_EQ(test, kernel_write(file, s, strlen(s), &pos), strlen(s));
}

/* One read() of at most @max bytes returns @want. */
static void cr_pipe_expect(struct kunit *test, struct file *file, size_t max,
			   const char *want)
{
	char buf[64] = "";
	loff_t pos = 0;

	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, min(max, sizeof(buf) - 1), &pos),
			strlen(want));
	KUNIT_EXPECT_STREQ(test, buf, want);
}

static void cr_pipe_expect_none(struct kunit *test, struct file *file)
{
	loff_t pos = 0;
	char c;

	KUNIT_EXPECT_EQ(test, kernel_read(file, &c, 1, &pos), -EAGAIN);
}

static struct file *cr_pipe_open(struct cr_ctx *ctx, u32 obj, u32 f_flags, u32 state)
{
	struct cr_hdr_fd_data h = {
		.type = CR_FD_PIPE, .f_flags = f_flags, .obj = obj, .state = state,
	};

	return cr_open_pipe(ctx, &h);
}

/* An end of the pipe that was read. */
static struct file *cr_pipe_end(struct kunit *test, u32 f_flags, u32 state)
{
	return cr_kunit_keep(test, cr_pipe_open(test->priv, 1, f_flags, state));
}

/* PIPE */

static const struct cr_hdr_pipe cr_pipe_good = {
	.objref = 1, .nr_slots = 16, .uid = 12, .gid = 34,
};

/* A string a buffer, NULL after the last. */
struct cr_pipe_test_buf {
	const char *s;
	u32 flags;
};

static int cr_pipe_read(struct kunit *test, struct cr_ctx *ctx, const struct cr_hdr_pipe *h,
			const struct cr_pipe_test_buf *buf)
{
	cr_kunit_stream(test, ctx);
	cr_write_obj(ctx, CR_HDR_PIPE, 0, h, sizeof(*h));
	for (; buf && buf->s; buf++) {
		struct cr_hdr_pipe_buf b = { .len = strlen(buf->s), .flags = buf->flags };

		cr_write_obj2(ctx, CR_HDR_PIPE_BUF, 1, &b, sizeof(b), buf->s, b.len);
	}
	cr_kunit_replay(test, ctx);
	return cr_read_pipe(ctx);
}

#define PIPE(member, value)						\
	(h = cr_pipe_good, h.member = (value), cr_pipe_read(test, ctx, &h, NULL))

static void cr_pipe_test_hdr(struct kunit *test)
{
	struct cred *user = cr_kunit_user(test);
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_pipe h;

	CR_EXPECT_OK(PIPE(flags, 0));
	CR_EXPECT_OK(PIPE(nr_slots, 1));
	KUNIT_EXPECT_EQ(test, cr_pipe_of(cr_pipe_end(test, O_RDONLY, 0))->max_usage, 1);
	CR_EXPECT_OK(PIPE(nr_slots, 512));
	KUNIT_EXPECT_EQ(test, cr_pipe_of(cr_pipe_end(test, O_RDONLY, 0))->max_usage, 512);
	CR_EXPECT_ERR(CR_AS(user, PIPE(nr_slots, 512)), -EPERM, "can't have a pipe of 512 pages");
	CR_EXPECT_BAD(PIPE(objref, 0), "bad objref, have 0, want 1");
	CR_EXPECT_BAD(PIPE(objref, 2), "bad objref, have 2, want 1");
	CR_EXPECT_BAD(PIPE(flags, 2), "bad flags or buffers, have 0x2 and 0");
	CR_EXPECT_BAD(PIPE(flags, 1U << 31), "bad flags or buffers, have 0x80000000 and 0");
	CR_EXPECT_BAD(PIPE(mode, 010000), "bad flags or buffers, have 0x0 and 0");
	CR_EXPECT_BAD(PIPE(__reserved, 1), "bad flags or buffers, have 0x0 and 0");
	CR_EXPECT_BAD(PIPE(nr_bufs, 17), "bad flags or buffers, have 0x0 and 17");
	CR_EXPECT_BAD(PIPE(nr_bufs, ~0U), "bad flags or buffers, have 0x0 and 4294967295");
	CR_EXPECT_BAD(PIPE(nr_slots, 0), "bad number of slots, have 0");
	CR_EXPECT_BAD(PIPE(nr_slots, 3), "bad number of slots, have 3");
	CR_EXPECT_BAD(PIPE(nr_slots, 1U << 19), "bad number of slots, have 524288");
	CR_EXPECT_BAD(PIPE(nr_slots, 1U << 31), "bad number of slots, have 2147483648");
	CR_EXPECT_BAD(PIPE(nr_slots, ~0U), "bad number of slots, have 4294967295");
	cr_kunit_feed(test, ctx, CR_HDR_PIPE, &h, 16);
	CR_EXPECT_BAD(cr_read_pipe(ctx), "bad length, have 16, want 32 to 32");
}

/* PIPE_BUF */

/* A buffer of @len bytes as it says, @data as there are, and a 1 at @stray. */
static int cr_pipe_read_one(struct kunit *test, struct cr_ctx *ctx, u32 parent, u32 len,
			    u32 flags, size_t data, size_t stray)
{
	struct cr_hdr_pipe_buf b = { .len = len, .flags = flags };
	u8 *buf = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	struct cr_hdr_pipe h = cr_pipe_good;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, 'x', min_t(size_t, len, data));
	if (stray)
		buf[stray] = 1;
	h.nr_bufs = 1;
	cr_kunit_stream(test, ctx);
	cr_write_obj(ctx, CR_HDR_PIPE, 0, &h, sizeof(h));
	cr_write_obj2(ctx, CR_HDR_PIPE_BUF, parent, &b, sizeof(b), buf, data);
	cr_kunit_replay(test, ctx);
	return cr_read_pipe(ctx);
}

#define BUF(...) cr_pipe_read_one(test, ctx, __VA_ARGS__)

static void cr_pipe_test_buf(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(BUF(1, 5, 0, 8, 0));
	CR_EXPECT_OK(BUF(1, 8, CR_PIPE_BUF_F_PACKET, 8, 0));
	CR_EXPECT_OK(BUF(1, PAGE_SIZE, 0, PAGE_SIZE, 0));
	CR_EXPECT_BAD(BUF(0, 5, 0, 8, 0), "bad parent, have 0");
	CR_EXPECT_BAD(BUF(2, 5, 0, 8, 0), "bad parent, have 2");
	CR_EXPECT_BAD(BUF(1, 0, 0, 0, 0), "bad length, have 0");
	CR_EXPECT_BAD(BUF(1, 0, 0, 8, 0), "bad length, have 0");
	CR_EXPECT_BAD(BUF(1, 5, 0, 0, 0), "bad length, have 5");
	CR_EXPECT_BAD(BUF(1, 5, 0, 16, 0), "bad length, have 5");
	CR_EXPECT_BAD(BUF(1, 9, 0, 8, 0), "bad length, have 9");
	CR_EXPECT_BAD(BUF(1, PAGE_SIZE + 1, 0, PAGE_SIZE, 0), "bad length, have 4097");
	CR_EXPECT_BAD(BUF(1, ~0U, 0, 0, 0), "bad length, have 4294967295");
	CR_EXPECT_BAD(BUF(1, 5, 0, PAGE_SIZE + 8, 0),
		      "bad length, have 4120, want 16 to 4112");
	CR_EXPECT_BAD(BUF(1, 5, CR_PIPE_BUF_F_ALL + 1, 8, 0), "bad flags, have 0x4");
	CR_EXPECT_BAD(BUF(1, 5, 0, 8, 5), "bad padding");
	CR_EXPECT_BAD(BUF(1, 5, 0, 8, 7), "bad padding");
}

/* Nothing waits for a reader that there isn't yet. */
static void cr_pipe_test_full(struct kunit *test)
{
	struct cr_hdr_pipe_buf *b;
	struct cr_ctx *ctx = test->priv;
	struct cr_pipe p = { 0 };

	b = kunit_kzalloc(test, struct_size(b, data, PAGE_SIZE), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	b->len = PAGE_SIZE;
	CR_EXPECT_OK(cr_create_pipe(ctx, &p, &cr_pipe_good));
	cr_kunit_keep(test, p.reader);
	cr_kunit_keep(test, p.writer);
	CR_EXPECT_OK(cr_size_pipe(ctx, &p, 2));
	CR_EXPECT_OK(cr_fill_pipe_buf(ctx, p.writer, b));
	CR_EXPECT_OK(cr_fill_pipe_buf(ctx, p.writer, b));
	CR_EXPECT_BAD(cr_fill_pipe_buf(ctx, p.writer, b), "more in a pipe than it holds");
}

/* What comes out of it */

static void cr_pipe_test_content(struct kunit *test)
{
	static const struct cr_pipe_test_buf buf[] = { { "hello " }, { "world" }, { } };
	struct cr_hdr_pipe h = cr_pipe_good;
	struct cr_ctx *ctx = test->priv;
	struct file *reader, *writer;

	h.nr_bufs = 2;
	CR_EXPECT_OK(cr_pipe_read(test, ctx, &h, buf));
	reader = cr_pipe_end(test, O_RDONLY | O_NONBLOCK, 0);
	writer = cr_pipe_end(test, O_WRONLY, 0);
	KUNIT_EXPECT_EQ(test, cr_pipe_of(reader)->max_usage, 16);
	KUNIT_EXPECT_EQ(test, i_uid_read(file_inode(reader)), 12);
	KUNIT_EXPECT_EQ(test, i_gid_read(file_inode(reader)), 34);
	cr_pipe_expect(test, reader, 4, "hell");
	cr_pipe_expect(test, reader, 63, "o world");
	cr_pipe_expect_none(test, reader);
	cr_pipe_put(test, writer, "more");
	cr_pipe_expect(test, reader, 63, "more");
}

/* A packet is read alone, and what follows it isn't added to it. */
static void cr_pipe_test_packets(struct kunit *test)
{
	static const struct cr_pipe_test_buf buf[] = {
		{ "ab", CR_PIPE_BUF_F_PACKET }, { "cdef", CR_PIPE_BUF_F_PACKET },
		{ "gh" }, { "ij" }, { },
	};
	struct cr_hdr_pipe h = cr_pipe_good;
	struct cr_ctx *ctx = test->priv;
	struct file *reader;

	h.nr_bufs = 4;
	CR_EXPECT_OK(cr_pipe_read(test, ctx, &h, buf));
	reader = cr_pipe_end(test, O_RDONLY | O_NONBLOCK, 0);
	cr_pipe_expect(test, reader, 63, "ab");
	cr_pipe_expect(test, reader, 63, "cdef");
	cr_pipe_expect(test, reader, 63, "ghij");
	cr_pipe_expect_none(test, reader);
}

/* Nor is a packet added to what was written before it. */
static void cr_pipe_test_packet_behind(struct kunit *test)
{
	static const struct cr_pipe_test_buf buf[] = {
		{ "ab" }, { "cd", CR_PIPE_BUF_F_PACKET }, { "e" }, { },
	};
	struct cr_hdr_pipe h = cr_pipe_good;
	struct cr_ctx *ctx = test->priv;
	struct file *reader;

	h.nr_bufs = 3;
	CR_EXPECT_OK(cr_pipe_read(test, ctx, &h, buf));
	reader = cr_pipe_end(test, O_RDONLY | O_NONBLOCK, 0);
	cr_pipe_expect(test, reader, 2, "ab");
	cr_pipe_expect(test, reader, 63, "cd");
	cr_pipe_expect(test, reader, 63, "e");
}

static void cr_pipe_test_open(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_pipe h;
	struct file *file;

	CR_EXPECT_OK(PIPE(flags, 0));
	file = cr_pipe_end(test, O_WRONLY | O_DIRECT | O_NONBLOCK, 0);
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_DIRECT | O_NONBLOCK),
			O_WRONLY | O_DIRECT | O_NONBLOCK);
	KUNIT_EXPECT_TRUE(test, file->f_mode & FMODE_NOWAIT);
	KUNIT_EXPECT_FALSE(test, file->f_mode & FMODE_READ);
	file = cr_pipe_end(test, O_RDONLY, 0);
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_DIRECT | O_NONBLOCK), O_RDONLY);
	KUNIT_EXPECT_FALSE(test, file->f_mode & FMODE_WRITE);
	KUNIT_EXPECT_NE(test, file->f_pipe, cr_pipe_of(file)->w_counter);
	file = cr_pipe_end(test, O_RDONLY, CR_FD_STATE_NO_WRITER_YET);
	KUNIT_EXPECT_EQ(test, file->f_pipe, cr_pipe_of(file)->w_counter);
	file = cr_pipe_end(test, O_RDWR, 0);
	KUNIT_EXPECT_TRUE(test, file->f_mode & FMODE_READ);
	KUNIT_EXPECT_TRUE(test, file->f_mode & FMODE_WRITE);
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 2);
	CR_EXPECT_BAD(PTR_ERR_OR_ZERO(cr_pipe_open(ctx, 2, O_RDONLY, 0)), "objref 2 is of no pipe");
	CR_EXPECT_BAD(PTR_ERR_OR_ZERO(cr_pipe_open(ctx, 3, O_RDONLY, 0)), "objref 3 is of no pipe");
	CR_EXPECT_ERR(PTR_ERR_OR_ZERO(cr_pipe_open(ctx, 1, O_ACCMODE, 0)), -EINVAL,
		      "can't open the end of a pipe");
}

/* The ends that restart keeps are closed with the table, at once. */
static void cr_pipe_test_keeper(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct pipe_inode_info *pipe;
	struct cr_hdr_pipe h;

	CR_EXPECT_OK(PIPE(flags, 0));
	pipe = cr_pipe_of(cr_pipe_end(test, O_RDONLY, 0));
	KUNIT_EXPECT_EQ(test, pipe->files, 3);
	KUNIT_EXPECT_EQ(test, pipe->readers, 2);
	KUNIT_EXPECT_EQ(test, pipe->writers, 1);
	cr_kunit_forget(ctx);
	KUNIT_EXPECT_EQ(test, pipe->files, 1);
	KUNIT_EXPECT_EQ(test, pipe->readers, 1);
	KUNIT_EXPECT_EQ(test, pipe->writers, 0);
}

/* FIFOs */

static int cr_pipe_read_fifo(struct kunit *test, struct cr_ctx *ctx, const char *name,
			     u32 what)
{
	struct cr_hdr_pipe h = cr_pipe_good;

	h.flags = CR_PIPE_F_FIFO;
	cr_kunit_stream(test, ctx);
	cr_write_obj(ctx, CR_HDR_PIPE, 0, &h, sizeof(h));
	cr_write_string(ctx, CR_HDR_FNAME, 1, what, name, strlen(name));
	cr_kunit_replay(test, ctx);
	return cr_read_pipe(ctx);
}

#define FIFO(name) cr_pipe_read_fifo(test, ctx, name, CR_STRING_FILE)

static void cr_pipe_test_fifo(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_pipe_read_fifo(test, ctx, "/", CR_STRING_CWD), "bad what, have 2, want 1");
	CR_EXPECT_BAD(FIFO(""), "bad path ''");
	CR_EXPECT_BAD(FIFO("fifo"), "bad path 'fifo'");
	CR_EXPECT_ERR(FIFO("/nowhere"), -ENOENT, "can't open FIFO '/nowhere'");
	CR_EXPECT_ERR(FIFO("/"), -ESTALE, "'/' is of another type now");
}

#define USE(r, w) (p.reader = (r), p.writer = (w), cr_check_fifo(ctx, &p))

/* A FIFO has to be one, empty, and nobody else's. */
static void cr_pipe_test_check_fifo(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *a[2], *b[2];
	struct cr_pipe p;

	cr_pipe_make(test, a);
	cr_pipe_make(test, b);
	CR_EXPECT_OK(USE(a[0], a[1]));
	CR_EXPECT_ERR(USE(a[0], b[1]), -ESTALE, "the FIFO was replaced meanwhile");
	cr_pipe_put(test, a[1], "x");
	CR_EXPECT_ERR(USE(a[0], a[1]), -EEXIST, "the FIFO is in use");
	cr_pipe_expect(test, a[0], 1, "x");
	CR_EXPECT_OK(USE(a[0], a[1]));
	cr_pipe_of(b[0])->files++;
	CR_EXPECT_ERR(USE(b[0], b[1]), -EEXIST, "the FIFO is in use");
	cr_pipe_of(b[0])->files--;
}

/* Checkpoint */

/* All ends have to be in the tree. */
static void cr_pipe_test_tally(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_fd_data d = { 0 };
	struct file *end[2];

	cr_pipe_make(test, end);
	CR_EXPECT_ERR(cr_write_pipe(ctx, end[0], &d), -EXDEV, CR_PIPE_OUTSIDE);
	CR_EXPECT_OK(cr_pipe_tally(ctx, end[0]));
	CR_EXPECT_OK(cr_pipe_tally(ctx, end[0]));
	CR_EXPECT_ERR(cr_write_pipe(ctx, end[0], &d), -EXDEV, CR_PIPE_OUTSIDE);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 0);
	CR_EXPECT_OK(cr_pipe_tally(ctx, end[1]));
	CR_EXPECT_OK(cr_write_pipe(ctx, end[0], &d));
	KUNIT_EXPECT_EQ(test, d.obj, 1);
	KUNIT_EXPECT_EQ(test, d.state, 0);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 1);
	/* The other end is of the same pipe, which is there. */
	d.obj = 0;
	CR_EXPECT_OK(cr_write_pipe(ctx, end[1], &d));
	KUNIT_EXPECT_EQ(test, d.obj, 1);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 1);
	CR_EXPECT_OK(cr_pipe_tally(ctx, cr_kunit_file(test)));
	CR_EXPECT_ERR(cr_write_pipe(ctx, cr_kunit_file(test), &d), -EOPNOTSUPP,
		      "a notification pipe");
}

static int cr_pipe_save(struct cr_ctx *ctx, struct file **end)
{
	struct cr_hdr_fd_data d = { 0 };

	cr_pipe_tally(ctx, end[0]);
	cr_pipe_tally(ctx, end[1]);
	return cr_write_pipe(ctx, end[0], &d);
}

static void cr_pipe_test_go_round(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *end[2], *reader;

	cr_kunit_stream(test, ctx);
	cr_pipe_make(test, end);
	KUNIT_EXPECT_EQ(test, pipe_fcntl(end[0], F_SETPIPE_SZ, 4 * PAGE_SIZE), 4 * PAGE_SIZE);
	i_uid_write(file_inode(end[0]), 56);
	i_gid_write(file_inode(end[0]), 78);
	end[1]->f_flags |= O_DIRECT;
	cr_pipe_put(test, end[1], "gone");
	cr_pipe_put(test, end[1], "packet");
	end[1]->f_flags &= ~O_DIRECT;
	cr_pipe_put(test, end[1], "stream");
	cr_pipe_expect(test, end[0], 2, "go");
	CR_EXPECT_OK(cr_pipe_save(ctx, end));
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 3);
	cr_kunit_replay(test, ctx);
	CR_EXPECT_OK(cr_read_pipe(ctx));
	reader = cr_pipe_end(test, O_RDONLY | O_NONBLOCK, 0);
	KUNIT_EXPECT_PTR_NE(test, cr_pipe_of(reader), cr_pipe_of(end[0]));
	KUNIT_EXPECT_EQ(test, cr_pipe_of(reader)->max_usage, 4);
	KUNIT_EXPECT_EQ(test, i_uid_read(file_inode(reader)), 56);
	KUNIT_EXPECT_EQ(test, i_gid_read(file_inode(reader)), 78);
	cr_pipe_expect(test, reader, 63, "packet");
	cr_pipe_expect(test, reader, 63, "stream");
	cr_pipe_expect_none(test, reader);
	/* It is the same in the one that was saved. */
	cr_pipe_expect(test, end[0], 63, "packet");
}

/* What was read of a buffer is gone. */
static void cr_pipe_test_half_read(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *end[2], *reader;

	cr_kunit_stream(test, ctx);
	cr_pipe_make(test, end);
	cr_pipe_put(test, end[1], "hello");
	cr_pipe_expect(test, end[0], 2, "he");
	CR_EXPECT_OK(cr_pipe_save(ctx, end));
	cr_kunit_replay(test, ctx);
	CR_EXPECT_OK(cr_read_pipe(ctx));
	reader = cr_pipe_end(test, O_RDONLY | O_NONBLOCK, 0);
	cr_pipe_expect(test, reader, 63, "llo");
	cr_pipe_expect_none(test, reader);
}

/* An empty buffer isn't in an image, and a large one can't be. */
static void cr_pipe_test_odd_bufs(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct pipe_buffer *buf;
	struct file *end[2];

	cr_pipe_make(test, end);
	cr_pipe_put(test, end[1], "x");
	buf = cr_pipe_buf(cr_pipe_of(end[0]), cr_pipe_of(end[0])->tail);
	KUNIT_EXPECT_EQ(test, cr_count_pipe_bufs(ctx, cr_pipe_of(end[0])), 1);
	buf->len = 0;
	KUNIT_EXPECT_EQ(test, cr_count_pipe_bufs(ctx, cr_pipe_of(end[0])), 0);
	buf->offset = 1;
	buf->len = PAGE_SIZE - 1;
	KUNIT_EXPECT_EQ(test, cr_count_pipe_bufs(ctx, cr_pipe_of(end[0])), 1);
	buf->len = PAGE_SIZE;
	CR_EXPECT_ERR(cr_pipe_save(ctx, end), -EOPNOTSUPP,
		      "a pipe with a buffer larger than a page");
	buf->offset = 0;
	buf->len = 1;
}

static struct kunit_case cr_pipe_cases[] = {
	KUNIT_CASE(cr_pipe_test_hdr),
	KUNIT_CASE(cr_pipe_test_buf),
	KUNIT_CASE(cr_pipe_test_full),
	KUNIT_CASE(cr_pipe_test_content),
	KUNIT_CASE(cr_pipe_test_packets),
	KUNIT_CASE(cr_pipe_test_packet_behind),
	KUNIT_CASE(cr_pipe_test_open),
	KUNIT_CASE(cr_pipe_test_keeper),
	KUNIT_CASE(cr_pipe_test_fifo),
	KUNIT_CASE(cr_pipe_test_check_fifo),
	KUNIT_CASE(cr_pipe_test_tally),
	KUNIT_CASE(cr_pipe_test_go_round),
	KUNIT_CASE(cr_pipe_test_half_read),
	KUNIT_CASE(cr_pipe_test_odd_bufs),
	{}
};

static struct kunit_suite cr_pipe_suite = {
	.name = "checkpoint_pipe",
	.init = cr_pipe_init,
	.test_cases = cr_pipe_cases,
};

kunit_test_suite(cr_pipe_suite);
