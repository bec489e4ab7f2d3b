// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of file.c.
 */
#include <kunit/checkpoint.h>
#include <linux/eventfd.h>
#include <linux/memfd.h>

static int cr_file_init(struct kunit *test)
{
	test->priv = cr_kunit_ctx(test);
	return 0;
}

/* FD_DATA */

/* A file as it is in an image: null where it has to be a device. */
static struct cr_hdr_fd_data cr_file_hdr(u32 type)
{
	static const u32 mode[] = {
		[CR_FD_FILE] = S_IFREG, [CR_FD_DIR] = S_IFDIR,
		[CR_FD_CHR] = S_IFCHR, [CR_FD_PIPE] = S_IFIFO,
	};

	return (struct cr_hdr_fd_data){
		.type = type,
		.mode = type < ARRAY_SIZE(mode) ? mode[type] : 0,
		.rdev_major = MEM_MAJOR,
		.rdev_minor = 3,
		.obj = type == CR_FD_PIPE || type == CR_FD_SHMEM,
	};
}

static int cr_file_check(struct cr_ctx *ctx, u32 type, u32 f_flags, int fd)
{
	struct cr_hdr_fd_data h = cr_file_hdr(type);

	h.f_flags = f_flags;
	h.fd = fd;
	return cr_check_fd_data(ctx, &h);
}

#define FD_DATA(...) cr_file_check(ctx, __VA_ARGS__)

static void cr_file_test_fd_data(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(FD_DATA(CR_FD_FILE, O_RDWR | O_APPEND | O_LARGEFILE, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_FILE, O_RDONLY | O_NONBLOCK | O_SYNC | O_DIRECT, -1));
	CR_EXPECT_OK(FD_DATA(CR_FD_DIR, O_DIRECTORY | O_NOFOLLOW | O_NOATIME, 0));
	CR_EXPECT_OK(FD_DATA(CR_FD_CHR, O_WRONLY, INT_MAX));
	CR_EXPECT_OK(FD_DATA(CR_FD_PATH, O_PATH, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_OUTSIDE, O_CREAT | O_TRUNC | O_CLOEXEC, 0));
	CR_EXPECT_OK(FD_DATA(CR_FD_IMAGE, O_RDWR, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_LOG, O_RDWR, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_PIPE, O_WRONLY | O_DIRECT | O_NONBLOCK, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_EVENTFD, O_RDWR, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_EPOLL, O_RDWR, 3));
	CR_EXPECT_OK(FD_DATA(CR_FD_SHMEM, O_RDWR, -1));
	CR_EXPECT_BAD(FD_DATA(0, 0, 3), "bad type, have 0");
	CR_EXPECT_BAD(FD_DATA(3, 0, 3), "bad type, have 3");
	CR_EXPECT_BAD(FD_DATA(13, 0, 3), "bad type, have 13");
	CR_EXPECT_BAD(FD_DATA(~0U, 0, 3), "bad type, have 4294967295");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, O_CREAT, 3), "bad flags, have 0x40");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, O_TRUNC, 3), "bad flags, have 0x200");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, O_EXCL, 3), "bad flags, have 0x80");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, FASYNC, 3), "bad flags, have 0x2000");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, __O_TMPFILE, 3), "bad flags, have 0x400000");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, 1U << 31, 3), "bad flags, have 0x80000000");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, O_PATH, 3), "bad flags, have 0x200000");
	CR_EXPECT_BAD(FD_DATA(CR_FD_PIPE, O_PATH, 3), "bad flags, have 0x200000");
	CR_EXPECT_BAD(FD_DATA(CR_FD_SHMEM, O_TRUNC, 3), "bad flags, have 0x200");
	CR_EXPECT_BAD(FD_DATA(CR_FD_PATH, O_RDONLY, 3), "bad flags, have 0x0");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, 0, -2), "bad descriptor, have -2");
	CR_EXPECT_BAD(FD_DATA(CR_FD_FILE, 0, INT_MIN), "bad descriptor, have -2147483648");
	CR_EXPECT_BAD(FD_DATA(CR_FD_OUTSIDE, 0, -1), "bad descriptor, have -1");
	CR_EXPECT_BAD(FD_DATA(CR_FD_IMAGE, 0, -1), "bad descriptor, have -1");
	CR_EXPECT_BAD(FD_DATA(CR_FD_LOG, 0, -1), "bad descriptor, have -1");
}

static int cr_file_advice(struct cr_ctx *ctx, u32 type, u32 advice)
{
	struct cr_hdr_fd_data h = cr_file_hdr(type);

	h.advice = advice;
	return cr_check_fd_data(ctx, &h);
}

static int cr_file_state(struct cr_ctx *ctx, u32 type, u32 obj, u32 state, u32 reserved)
{
	struct cr_hdr_fd_data h = cr_file_hdr(type);

	h.obj = obj;
	h.state = state;
	h.__reserved = reserved;
	return cr_check_fd_data(ctx, &h);
}

#define STATE(type, ...) cr_file_state(ctx, CR_FD_##type, __VA_ARGS__)

/* Ends of pipes and shared memory are of an object, and may have a state. */
static void cr_file_test_state(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(STATE(PIPE, 1, 0, 0));
	CR_EXPECT_OK(STATE(PIPE, ~0U, CR_FD_STATE_NO_WRITER_YET, 0));
	CR_EXPECT_OK(STATE(SHMEM, 1, 0, 0));
	CR_EXPECT_OK(STATE(SHMEM, 1, CR_FD_STATE_WRITER, 0));
	CR_EXPECT_OK(STATE(FILE, 0, 0, 0));
	CR_EXPECT_BAD(STATE(PIPE, 0, 0, 0), "bad object, have 0");
	CR_EXPECT_BAD(STATE(SHMEM, 0, 0, 0), "bad object, have 0");
	CR_EXPECT_BAD(STATE(FILE, 1, 0, 0), "bad object, have 1");
	CR_EXPECT_BAD(STATE(EVENTFD, 1, 0, 0), "bad object, have 1");
	CR_EXPECT_BAD(STATE(EPOLL, ~0U, 0, 0), "bad object, have 4294967295");
	CR_EXPECT_BAD(STATE(OUTSIDE, 1, 0, 0), "bad object, have 1");
	CR_EXPECT_BAD(STATE(PIPE, 1, CR_FD_STATE_WRITER, 0), "bad state, have 0x2");
	CR_EXPECT_BAD(STATE(SHMEM, 1, CR_FD_STATE_NO_WRITER_YET, 0), "bad state, have 0x1");
	CR_EXPECT_BAD(STATE(FILE, 0, CR_FD_STATE_WRITER, 0), "bad state, have 0x2");
	CR_EXPECT_BAD(STATE(EVENTFD, 0, CR_FD_STATE_NO_WRITER_YET, 0), "bad state, have 0x1");
	CR_EXPECT_BAD(STATE(EPOLL, 0, 1U << 31, 0), "bad state, have 0x80000000");
	CR_EXPECT_BAD(STATE(PIPE, 1, CR_FD_STATE_ALL + 1, 0), "bad state, have 0x4");
	CR_EXPECT_BAD(STATE(PIPE, 1, 0, 1), "bad state, have 0x0");
	CR_EXPECT_BAD(STATE(FILE, 0, 0, 1), "bad state, have 0x0");
}

/* One that is as long as it was without them isn't taken. */
static void cr_file_test_length(struct kunit *test)
{
	struct cr_hdr_fd_data h[2] = { cr_file_hdr(CR_FD_FILE) };
	struct cr_ctx *ctx = test->priv;

	cr_kunit_feed(test, ctx, CR_HDR_FD_DATA, h, 80);
	CR_EXPECT_BAD(cr_read_file(ctx), "bad length, have 80, want 88 to 88");
	cr_kunit_feed(test, ctx, CR_HDR_FD_DATA, h, 96);
	CR_EXPECT_BAD(cr_read_file(ctx), "bad length, have 96, want 88 to 88");
}

static int cr_file_mode(struct cr_ctx *ctx, u32 type, u32 mode, u32 minor)
{
	struct cr_hdr_fd_data h = cr_file_hdr(type);

	h.mode = mode;
	h.rdev_minor = minor;
	return cr_check_fd_data(ctx, &h);
}

#define MODE(...) cr_file_mode(ctx, __VA_ARGS__)

static void cr_file_test_hdr_mode(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(MODE(CR_FD_FILE, S_IFREG | 0600, 0));
	CR_EXPECT_OK(MODE(CR_FD_CHR, S_IFCHR | 0666, 5));
	CR_EXPECT_BAD(MODE(CR_FD_FILE, S_IFIFO, 3), "bad mode, have 010000");
	CR_EXPECT_BAD(MODE(CR_FD_FILE, S_IFCHR, 3), "bad mode, have 020000");
	CR_EXPECT_BAD(MODE(CR_FD_DIR, S_IFREG, 3), "bad mode, have 0100000");
	CR_EXPECT_BAD(MODE(CR_FD_CHR, S_IFREG, 3), "bad mode, have 0100000");
	CR_EXPECT_BAD(MODE(CR_FD_CHR, S_IFCHR, 1), "bad mode, have 020000");
	CR_EXPECT_OK(MODE(CR_FD_PIPE, S_IFIFO | 0600, 0));
	CR_EXPECT_BAD(MODE(CR_FD_PIPE, S_IFREG, 0), "bad mode, have 0100000");
	CR_EXPECT_BAD(MODE(CR_FD_PIPE, 0, 0), "bad mode, have 00");
}

#define ADVICE(...) cr_file_advice(ctx, __VA_ARGS__)

static void cr_file_test_advice(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	CR_EXPECT_OK(ADVICE(CR_FD_FILE, CR_FD_ADVICE_ALL));
	CR_EXPECT_OK(ADVICE(CR_FD_DIR, 0));
	CR_EXPECT_BAD(ADVICE(CR_FD_FILE, CR_FD_ADVICE_ALL + 1), "bad advice, have 0x8");
	CR_EXPECT_BAD(ADVICE(CR_FD_DIR, CR_FD_ADVICE_RANDOM), "bad advice, have 0x2");
	CR_EXPECT_BAD(ADVICE(CR_FD_IMAGE, CR_FD_ADVICE_NOREUSE), "bad advice, have 0x4");
	CR_EXPECT_BAD(ADVICE(CR_FD_PIPE, CR_FD_ADVICE_SEQUENTIAL), "bad advice, have 0x1");
	CR_EXPECT_BAD(ADVICE(CR_FD_SHMEM, CR_FD_ADVICE_RANDOM), "bad advice, have 0x2");
	KUNIT_EXPECT_EQ(test, cr_advice_save(file), 0);
	file->f_mode |= FMODE_RANDOM;
	KUNIT_EXPECT_EQ(test, cr_advice_save(file), CR_FD_ADVICE_RANDOM);
	file->f_mode |= FMODE_NOREUSE;
	KUNIT_EXPECT_EQ(test, cr_advice_save(file), CR_FD_ADVICE_RANDOM | CR_FD_ADVICE_NOREUSE);
}

/* FD_ENT: up to where something would be entered into a table */

static int cr_file_read_ent(struct kunit *test, struct cr_ctx *ctx, s32 fd,
			    u32 flags, u32 reserved, u32 parent)
{
	struct cr_hdr_fd_ent h = {
		.objref = 77, .fd = fd, .flags = flags, .__reserved = reserved,
	};
	int last = 5;

	cr_kunit_feed(test, ctx, CR_HDR_FD_ENT, &h, sizeof(h));
	return cr_read_fd_ent(ctx, parent, &last);
}

#define FD_ENT(...) cr_file_read_ent(test, ctx, __VA_ARGS__)

static void cr_file_test_fd_ent(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(FD_ENT(6, 0, 0, 0), "objref 77 is of no file");
	CR_EXPECT_BAD(FD_ENT(6, CR_FD_F_CLOEXEC, 0, 0), "objref 77 is of no file");
	CR_EXPECT_BAD(FD_ENT(6, 2, 0, 0), "bad flags, have 0x2");
	CR_EXPECT_BAD(FD_ENT(6, 0, 1, 0), "bad flags, have 0x0");
	CR_EXPECT_BAD(FD_ENT(6, 0, 0, 1), "bad flags, have 0x0");
	CR_EXPECT_BAD(FD_ENT(5, 0, 0, 0), "bad descriptor, have 5, want > 5");
	CR_EXPECT_BAD(FD_ENT(4, 0, 0, 0), "bad descriptor, have 4, want > 5");
	CR_EXPECT_BAD(FD_ENT(-1, 0, 0, 0), "bad descriptor, have -1, want > 5");
}

/* FLOCK */

#define LOCK(member, value)						\
	(h = good, h.member = (value), cr_fill_lock(ctx, &h, file, &fl))

static void cr_file_test_flock(struct kunit *test)
{
	const struct cr_hdr_flock good = {
		.kind = CR_FLOCK_POSIX, .type = F_WRLCK, .start = 10, .end = 19,
	};
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	struct cr_hdr_flock h;
	struct file_lock fl;

	CR_EXPECT_OK(cr_fill_lock(ctx, &good, file, &fl));
	KUNIT_EXPECT_EQ(test, fl.c.flc_flags, FL_POSIX);
	KUNIT_EXPECT_PTR_EQ(test, fl.c.flc_owner, (fl_owner_t)current->files);
	KUNIT_EXPECT_EQ(test, fl.fl_start, 10);
	KUNIT_EXPECT_EQ(test, fl.fl_end, 19);
	CR_EXPECT_OK(LOCK(kind, CR_FLOCK_OFD));
	KUNIT_EXPECT_EQ(test, fl.c.flc_flags, FL_POSIX | FL_OFDLCK);
	KUNIT_EXPECT_PTR_EQ(test, fl.c.flc_owner, (fl_owner_t)file);
	CR_EXPECT_OK(LOCK(kind, CR_FLOCK_FLOCK));
	KUNIT_EXPECT_EQ(test, fl.c.flc_flags, FL_FLOCK);
	CR_EXPECT_OK(LOCK(type, F_RDLCK));
	KUNIT_EXPECT_EQ(test, fl.c.flc_type, F_RDLCK);
	CR_EXPECT_OK(LOCK(start, 0));
	CR_EXPECT_OK(LOCK(start, 19));
	CR_EXPECT_OK(LOCK(end, S64_MAX));
	CR_EXPECT_BAD(LOCK(type, F_UNLCK), "bad lock type, have 2");
	CR_EXPECT_BAD(LOCK(type, ~0U), "bad lock type, have 4294967295");
	CR_EXPECT_BAD(LOCK(kind, 0), "bad lock kind, have 0");
	CR_EXPECT_BAD(LOCK(kind, 4), "bad lock kind, have 4");
	CR_EXPECT_BAD(LOCK(__reserved, 1), "bad lock kind, have 1");
	CR_EXPECT_BAD(LOCK(start, -1), "bad lock of 0xffffffffffffffff-0x13");
	CR_EXPECT_BAD(LOCK(start, 20), "bad lock of 0x14-0x13");
	CR_EXPECT_BAD(LOCK(end, -1), "bad lock of 0xa-0xffffffffffffffff");
	file->f_mode &= ~FMODE_WRITE;
	CR_EXPECT_OK(LOCK(type, F_RDLCK));
	CR_EXPECT_OK(LOCK(kind, CR_FLOCK_FLOCK));
	file->f_mode &= ~FMODE_READ;
	CR_EXPECT_ERR(LOCK(kind, CR_FLOCK_FLOCK), -EBADF, "file isn't open as its lock wants");
	CR_EXPECT_ERR(LOCK(type, F_RDLCK), -EBADF, "file isn't open as its lock wants");
	file->f_mode |= FMODE_READ;
	CR_EXPECT_ERR(LOCK(kind, CR_FLOCK_OFD), -EBADF, "file isn't open as its lock wants");
	CR_EXPECT_ERR(LOCK(type, F_WRLCK), -EBADF, "file isn't open as its lock wants");
	file->f_mode |= FMODE_WRITE;
}

static u32 cr_file_lock_kind(struct cr_ctx *ctx, struct file *file, unsigned int flags,
			     struct file *flc_file, void *owner)
{
	struct file_lock_core flc = {
		.flc_flags = flags, .flc_file = flc_file, .flc_owner = (fl_owner_t)owner,
	};

	return cr_lock_kind(ctx, file, true, &flc);
}

#define LOCK_KIND(kind, ...)						\
	KUNIT_EXPECT_EQ(test, kind, cr_file_lock_kind(ctx, file, __VA_ARGS__))

/* Whose lock it is, and what made it. */
static void cr_file_test_lock_kind(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test), *other = cr_kunit_file(test);
	void *files = ctx;
	u32 ref;

	ctx->cur->pin.files = files;
	LOCK_KIND(CR_FLOCK_FLOCK, FL_FLOCK, file, file);
	LOCK_KIND(0, FL_FLOCK, other, other);
	LOCK_KIND(CR_FLOCK_OFD, FL_POSIX | FL_OFDLCK, file, file);
	LOCK_KIND(0, FL_POSIX | FL_OFDLCK, other, other);
	LOCK_KIND(CR_FLOCK_POSIX, FL_POSIX, file, files);
	LOCK_KIND(0, FL_POSIX, file, other);
	LOCK_KIND(CR_FLOCK_FLOCK, FL_POSIX, file, file);
	/* By a file that is closed; and by one that says so itself. */
	LOCK_KIND(CR_FLOCK_POSIX, FL_POSIX, other, files);
	KUNIT_EXPECT_EQ(test, 1, cr_obj_add_ptr(ctx, CR_OBJ_FILE, other, &ref));
	LOCK_KIND(0, FL_POSIX, other, files);
	ctx->cur->pin.files = NULL;
}

static int cr_file_read_lock(struct kunit *test, struct cr_ctx *ctx, u32 parent)
{
	struct cr_hdr_flock h = { .file = 77 };

	cr_kunit_feed(test, ctx, CR_HDR_FLOCK, &h, sizeof(h));
	return cr_read_locks(ctx, parent);
}

static void cr_file_test_lock_parent(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_file_read_lock(test, ctx, 3), "bad parent, have 0");
	CR_EXPECT_BAD(cr_file_read_lock(test, ctx, 0), "objref 77 is of no file");
}

/* What isn't carried by path */

static void cr_file_test_outside(struct kunit *test)
{
	s32 fds[] = { 0, 1, 2, 7 };
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, cr_is_outside(ctx, 0));
	ctx->outside = fds;
	ctx->cargs.nr_outside = ARRAY_SIZE(fds);
	KUNIT_EXPECT_TRUE(test, cr_is_outside(ctx, 0));
	KUNIT_EXPECT_TRUE(test, cr_is_outside(ctx, 2));
	KUNIT_EXPECT_TRUE(test, cr_is_outside(ctx, 7));
	KUNIT_EXPECT_FALSE(test, cr_is_outside(ctx, 3));
	KUNIT_EXPECT_FALSE(test, cr_is_outside(ctx, 8));
	KUNIT_EXPECT_FALSE(test, cr_is_outside(ctx, -1));
	ctx->outside = NULL;
}

/* The image and the log are known by the file, others by their number. */
static void cr_file_test_special(struct kunit *test)
{
	s32 fds[] = { 4 };
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	cr_kunit_stream(test, ctx);
	ctx->log_file = get_file(cr_kunit_file(test));
	ctx->outside = fds;
	ctx->cargs.nr_outside = 1;
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->file, 3), CR_FD_IMAGE);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->file, 4), CR_FD_IMAGE);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->file, -1), 0);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->log_file, 3), CR_FD_LOG);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->log_file, -1), 0);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, file, 4), CR_FD_OUTSIDE);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, file, 3), 0);
	ctx->outside = NULL;
}

/* Numbers that lie outside are those of the first process and its threads. */
static void cr_file_test_special_task(struct kunit *test)
{
	s32 fds[] = { 4 };
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	cr_kunit_stream(test, ctx);
	ctx->outside = fds;
	ctx->cargs.nr_outside = 1;
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, file, 4), CR_FD_OUTSIDE);
	ctx->cur = cr_kunit_task(test, ctx, 44, NULL);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, file, 4), 0);
	KUNIT_EXPECT_EQ(test, cr_special_type(ctx, ctx->file, 4), CR_FD_IMAGE);
	ctx->cur = ctx->root;
	ctx->outside = NULL;
}

static bool cr_file_first(struct cr_ctx *ctx, void *files, enum cr_pass pass)
{
	bool first;

	ctx->cur->pin.files = files;
	first = cr_first_files(ctx, pass);
	ctx->cur->pin.files = NULL;
	return first;
}

/* A table that several tasks have is gone through once for each purpose. */
static void cr_file_test_first_files(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	void *a = ctx, *b = test;

	KUNIT_EXPECT_FALSE(test, cr_file_first(ctx, a, CR_PASS_COLLECT));
	CR_EXPECT_OK(cr_obj_count(ctx, CR_OBJ_FILES_USERS, a));
	CR_EXPECT_OK(cr_obj_count(ctx, CR_OBJ_FILES_USERS, a));
	CR_EXPECT_OK(cr_obj_count(ctx, CR_OBJ_FILES_USERS, b));
	KUNIT_EXPECT_TRUE(test, cr_file_first(ctx, a, CR_PASS_COLLECT));
	KUNIT_EXPECT_FALSE(test, cr_file_first(ctx, a, CR_PASS_COLLECT));
	KUNIT_EXPECT_TRUE(test, cr_file_first(ctx, a, CR_PASS_TALLY));
	KUNIT_EXPECT_TRUE(test, cr_file_first(ctx, a, CR_PASS_OUTSIDE));
	KUNIT_EXPECT_TRUE(test, cr_file_first(ctx, a, CR_PASS_EPOLL));
	KUNIT_EXPECT_FALSE(test, cr_file_first(ctx, a, CR_PASS_COLLECT));
	KUNIT_EXPECT_TRUE(test, cr_file_first(ctx, b, CR_PASS_COLLECT));
}

static void cr_file_test_inherit(struct kunit *test)
{
	struct restart_fdmap map[] = { { 0, 5 }, { 1, 4 }, { 7, 3 } };
	struct cr_ctx *ctx = test->priv;

	KUNIT_EXPECT_NULL(test, cr_find_inherit(ctx, 0));
	ctx->inherit = map;
	ctx->rargs.nr_inherit = ARRAY_SIZE(map);
	KUNIT_ASSERT_NOT_NULL(test, cr_find_inherit(ctx, 0));
	KUNIT_EXPECT_EQ(test, cr_find_inherit(ctx, 0)->fd, 5);
	KUNIT_EXPECT_EQ(test, cr_find_inherit(ctx, 1)->fd, 4);
	KUNIT_EXPECT_EQ(test, cr_find_inherit(ctx, 7)->fd, 3);
	KUNIT_EXPECT_NULL(test, cr_find_inherit(ctx, 3));
	KUNIT_EXPECT_NULL(test, cr_find_inherit(ctx, -1));
	ctx->inherit = NULL;
}

static int cr_file_get_supplied(struct cr_ctx *ctx, u32 type)
{
	struct cr_hdr_fd_data h = { .type = type, .fd = 1, .f_flags = O_WRONLY };
	struct file *file = cr_get_supplied(ctx, &h);

	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return file == ctx->file ? 1 : file == ctx->log_file ? 2 : 3;
}

/* The image and the log supply themselves. */
static void cr_file_test_supplied(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	ctx->caller = get_task_struct(current);
	cr_kunit_stream(test, ctx);
	KUNIT_EXPECT_EQ(test, cr_file_get_supplied(ctx, CR_FD_IMAGE), 1);
	CR_EXPECT_ERR(cr_file_get_supplied(ctx, CR_FD_LOG), -ENOENT,
		      "outside descriptor 1 has to be supplied");
	CR_EXPECT_ERR(cr_file_get_supplied(ctx, CR_FD_OUTSIDE), -ENOENT,
		      "outside descriptor 1 has to be supplied");
	ctx->log_file = get_file(cr_kunit_file(test));
	KUNIT_EXPECT_EQ(test, cr_file_get_supplied(ctx, CR_FD_LOG), 2);
	ctx->log_file->f_mode &= ~FMODE_WRITE;
	CR_EXPECT_ERR(cr_file_get_supplied(ctx, CR_FD_LOG), -EBADF,
		      "the supplied descriptor isn't open for writing");
	ctx->log_file->f_mode |= FMODE_WRITE;
	CR_EXPECT_ERR(cr_file_get_supplied(ctx, CR_FD_OUTSIDE), -ENOENT,
		      "outside descriptor 1 has to be supplied");
}

/* The file that descriptor 1 gets, of which the image says that it is @file. */
static int cr_file_for_1(struct cr_ctx *ctx, u32 objref, struct file *file)
{
	struct file *mine = cr_file_for_fd(ctx, objref, 1);

	if (IS_ERR(mine))
		return PTR_ERR(mine);
	fput(mine);
	return mine == file ? 0 : -EINVAL;
}

/* Only what is outside may be another file under another number. */
static void cr_file_test_for_fd(struct kunit *test)
{
	struct restart_fdmap map[] = { { 1, 1000 } };
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	ctx->caller = get_task_struct(current);
	ctx->inherit = map;
	ctx->rargs.nr_inherit = 1;
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 1, get_file(file)));
	CR_EXPECT_OK(cr_obj_add_ref(ctx, CR_OBJ_FILE, 2, get_file(file)));
	KUNIT_ASSERT_NULL(test, xa_store(&ctx->outside_xa, 2, xa_mk_value(O_RDWR), GFP_KERNEL));
	CR_EXPECT_OK(cr_file_for_1(ctx, 1, file));
	CR_EXPECT_ERR(cr_file_for_1(ctx, 2, file), -EBADF,
		      "descriptor 1000, supplied for 1, isn't open");
	CR_EXPECT_ERR(cr_file_get_supplied(ctx, CR_FD_OUTSIDE), -EBADF,
		      "descriptor 1000, supplied for 1, isn't open");
	ctx->rargs.nr_inherit = 0;
	CR_EXPECT_OK(cr_file_for_1(ctx, 2, file));
	CR_EXPECT_BAD(cr_file_for_1(ctx, 3, file), "objref 3 is of no file");
	ctx->inherit = NULL;
}

static int cr_file_supply(struct cr_ctx *ctx, struct file *file, fmode_t mode,
			  u32 f_flags)
{
	fmode_t old = file->f_mode;
	int ret;

	file->f_mode = (old & ~(FMODE_READ | FMODE_WRITE)) | mode;
	ret = cr_check_supplied(ctx, file, f_flags);
	file->f_mode = old;
	return ret;
}

#define SUPPLY(...) cr_file_supply(ctx, file, __VA_ARGS__)

static void cr_file_test_mode(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	CR_EXPECT_OK(SUPPLY(FMODE_READ, O_RDONLY));
	CR_EXPECT_OK(SUPPLY(FMODE_READ | FMODE_WRITE, O_RDONLY));
	CR_EXPECT_OK(SUPPLY(FMODE_WRITE, O_WRONLY));
	CR_EXPECT_OK(SUPPLY(FMODE_READ | FMODE_WRITE, O_RDWR));
	CR_EXPECT_OK(SUPPLY(FMODE_READ, O_RDWR));
	CR_EXPECT_OK(SUPPLY(FMODE_WRITE, O_RDWR));
	CR_EXPECT_OK(SUPPLY(0, O_PATH));
	CR_EXPECT_ERR(SUPPLY(FMODE_WRITE, O_RDONLY), -EBADF,
		      "the supplied descriptor isn't open for reading");
	CR_EXPECT_ERR(SUPPLY(FMODE_READ, O_WRONLY), -EBADF,
		      "the supplied descriptor isn't open for writing");
	CR_EXPECT_ERR(SUPPLY(0, O_RDWR), -EBADF, "the supplied descriptor isn't open for writing");
}

static void cr_file_test_devices(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, cr_is_stateless_dev(MKDEV(1, 3)));
	KUNIT_EXPECT_TRUE(test, cr_is_stateless_dev(MKDEV(1, 5)));
	KUNIT_EXPECT_TRUE(test, cr_is_stateless_dev(MKDEV(1, 7)));
	KUNIT_EXPECT_TRUE(test, cr_is_stateless_dev(MKDEV(1, 8)));
	KUNIT_EXPECT_TRUE(test, cr_is_stateless_dev(MKDEV(1, 9)));
	KUNIT_EXPECT_FALSE(test, cr_is_stateless_dev(MKDEV(1, 1)));
	KUNIT_EXPECT_FALSE(test, cr_is_stateless_dev(MKDEV(1, 4)));
	KUNIT_EXPECT_FALSE(test, cr_is_stateless_dev(MKDEV(1, 11)));
	KUNIT_EXPECT_FALSE(test, cr_is_stateless_dev(MKDEV(5, 3)));
	KUNIT_EXPECT_FALSE(test, cr_is_stateless_dev(MKDEV(0, 3)));
}

/* A file as FD_DATA describes it, of @mode and opened with @f_mode. */
struct cr_file_kind {
	struct inode inode;
	struct dentry dentry;
	struct file file;
};

static struct file *cr_file_fake(struct cr_file_kind *k, umode_t mode, dev_t rdev,
				 fmode_t f_mode)
{
	k->inode.i_mode = mode;
	k->inode.i_rdev = rdev;
	k->dentry.d_inode = &k->inode;
	k->file.f_inode = &k->inode;
	k->file.f_path.dentry = &k->dentry;
	k->file.f_mode = f_mode;
	k->dentry.d_name = (struct qstr)QSTR_INIT("[eventpoll]", 11);
	return &k->file;
}

#define KIND(mode, rdev, f_mode, type, name) do {			\
	struct file *f = cr_file_fake(k, mode, rdev, f_mode);		\
									\
	KUNIT_EXPECT_EQ(test, cr_file_type(f), type);			\
	KUNIT_EXPECT_STREQ(test, cr_kind(f), name);			\
} while (0)

static void cr_file_test_kinds(struct kunit *test)
{
	struct cr_file_kind *k = kunit_kzalloc(test, sizeof(*k), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, k);
	KIND(S_IFREG, 0, FMODE_READ, CR_FD_FILE, "file");
	KIND(S_IFDIR, 0, FMODE_READ, CR_FD_DIR, "directory");
	KIND(S_IFCHR, MKDEV(1, 3), FMODE_READ, CR_FD_CHR, "character device");
	KIND(S_IFCHR, MKDEV(1, 1), FMODE_READ, 0, "character device");
	KIND(S_IFBLK, MKDEV(1, 3), FMODE_READ, 0, "block device");
	KIND(S_IFIFO, 0, FMODE_READ, CR_FD_PIPE, "pipe or FIFO");
	KIND(S_IFSOCK, 0, FMODE_READ, 0, "socket");
	KIND(S_IFLNK, 0, FMODE_PATH, CR_FD_PATH, "symbolic link");
	KIND(S_IFREG, 0, FMODE_PATH, CR_FD_PATH, "file");
	KIND(0, 0, FMODE_READ, 0, "[eventpoll]");
}

static void cr_file_expect_kind(struct kunit *test, struct file *file, u32 type,
				const char *name)
{
	cr_kunit_keep(test, file);
	KUNIT_EXPECT_EQ(test, cr_file_type(file), type);
	KUNIT_EXPECT_STREQ(test, cr_kind(file), name);
	KUNIT_EXPECT_TRUE(test, cr_has_no_path(type));
}

#define REAL_KIND(...) cr_file_expect_kind(test, __VA_ARGS__)

/* What is told by its operations. */
static void cr_file_test_real_kinds(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, cr_has_no_path(CR_FD_FILE));
	KUNIT_EXPECT_FALSE(test, cr_has_no_path(CR_FD_PATH));
	KUNIT_EXPECT_EQ(test, cr_file_type(cr_kunit_file(test)), CR_FD_FILE);
	if (IS_ENABLED(CONFIG_EVENTFD))
		REAL_KIND(eventfd_file_create(0, 0), CR_FD_EVENTFD, "[eventfd]");
	if (IS_ENABLED(CONFIG_EPOLL))
		REAL_KIND(epoll_file_create(0), CR_FD_EPOLL, "[eventpoll]");
	if (IS_ENABLED(CONFIG_MEMFD_CREATE))
		REAL_KIND(memfd_alloc_file("memfd:a", 0), CR_FD_SHMEM, "file");
}

/* Who may give files away gives a new one its owner, if it has a name here. */
static void cr_file_test_owner(struct kunit *test)
{
	struct cred *user = cr_kunit_user(test);
	struct inode *inode = file_inode(cr_kunit_file(test));

	cr_own_inode(inode, 12, 34);
	KUNIT_EXPECT_EQ(test, i_uid_read(inode), 12);
	KUNIT_EXPECT_EQ(test, i_gid_read(inode), 34);
	CR_AS(user, (cr_own_inode(inode, 56, 78), 0));
	KUNIT_EXPECT_EQ(test, i_uid_read(inode), 12);
	KUNIT_EXPECT_EQ(test, i_gid_read(inode), 34);
	cr_own_inode(inode, ~0U, 78);
	cr_own_inode(inode, 56, ~0U);
	KUNIT_EXPECT_EQ(test, i_uid_read(inode), 12);
	KUNIT_EXPECT_EQ(test, i_gid_read(inode), 34);
}

/* Is it the file that it was? */

#define SAME(member, value)						\
	(h = good, h.member = (value),					\
	 cr_check_identity(ctx, file, &h, "/a"))

static void cr_file_test_identity(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	struct cr_hdr_fd_data good = { .type = CR_FD_FILE, .fd = 3 }, h;

	i_size_write(file_inode(file), 100);
	CR_EXPECT_OK(cr_fill_stat(ctx, file, &good));
	get_boot_id(ctx->head.boot_id);
	KUNIT_EXPECT_EQ(test, good.size, 100);
	CR_EXPECT_OK(cr_check_identity(ctx, file, &good, "/a"));
	CR_EXPECT_OK(SAME(mode, S_IFREG));
	CR_EXPECT_ERR(SAME(mode, S_IFDIR), -ESTALE, "'/a' is of another type now");
	CR_EXPECT_ERR(SAME(size, 101), -ESTALE, "'/a' has changed");
	CR_EXPECT_ERR(SAME(size, 99), -ESTALE, "'/a' has changed");
	CR_EXPECT_ERR(SAME(mtime_sec, good.mtime_sec + 1), -ESTALE, "'/a' has changed");
	CR_EXPECT_ERR(SAME(mtime_nsec, good.mtime_nsec ^ 1), -ESTALE, "'/a' has changed");
	CR_EXPECT_ERR(SAME(ino, good.ino + 1), -ESTALE, "'/a' is another file now");
	CR_EXPECT_ERR(SAME(dev_major, good.dev_major + 1), -ESTALE, "'/a' is another file now");
	CR_EXPECT_ERR(SAME(dev_minor, good.dev_minor ^ 1), -ESTALE, "'/a' is another file now");
	/* Numbers of files mean nothing in another boot. */
	ctx->head.boot_id[0] ^= 1;
	CR_EXPECT_OK(SAME(ino, good.ino + 1));
	CR_EXPECT_ERR(SAME(size, 99), -ESTALE, "'/a' has changed");
	CR_EXPECT_OK(SAME(type, CR_FD_DIR));
	CR_EXPECT_OK(SAME(type, CR_FD_CHR));
	good.type = CR_FD_CHR;
	CR_EXPECT_ERR(SAME(rdev_major, 1), -ESTALE, "'/a' is another device now");
	CR_EXPECT_ERR(SAME(rdev_minor, 1), -ESTALE, "'/a' is another device now");
	good.type = CR_FD_FILE;
	/* Unless asked otherwise. */
	ctx->rargs.flags = RESTART_F_CHANGED_FILES;
	CR_EXPECT_OK(SAME(size, 99));
	CR_EXPECT_OK(SAME(mtime_sec, good.mtime_sec + 1));
	CR_EXPECT_ERR(SAME(mode, S_IFDIR), -ESTALE, "'/a' is of another type now");
	CR_EXPECT_OK(SAME(f_flags, O_RDWR));
}

/*
 * What may be written has to reach the recorded offset. One that has changed
 * is told from one that hasn't.
 */
static void cr_file_test_writable(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	struct cr_hdr_fd_data good = { .type = CR_FD_FILE, .fd = 3 }, h;

	CR_EXPECT_OK(cr_fill_stat(ctx, file, &good));
	good.f_flags = O_RDWR;
	good.pos = 100;
	good.size = 100;
	CR_EXPECT_ERR(cr_check_identity(ctx, file, &good, "/a"), -ESTALE, "'/a' is shorter now");
	i_size_write(file_inode(file), 99);
	CR_EXPECT_ERR(cr_check_identity(ctx, file, &good, "/a"), -ESTALE, "'/a' is shorter now");
	i_size_write(file_inode(file), 100);
	CR_EXPECT_OK(cr_check_identity(ctx, file, &good, "/a"));
	i_size_write(file_inode(file), 1000);
	KUNIT_EXPECT_EQ(test, cr_check_identity(ctx, file, &good, "/a"), 1);
	KUNIT_EXPECT_EQ(test, SAME(pos, 5000), 1);
	KUNIT_EXPECT_EQ(test, SAME(size, 5000), 1);
	i_size_write(file_inode(file), 100);
	KUNIT_EXPECT_EQ(test, SAME(mtime_sec, good.mtime_sec + 1), 1);
	KUNIT_EXPECT_EQ(test, SAME(mtime_nsec, good.mtime_nsec ^ 1), 1);
	get_boot_id(ctx->head.boot_id);
	CR_EXPECT_ERR(SAME(ino, good.ino + 1), -ESTALE, "'/a' is another file now");
	ctx->rargs.flags = RESTART_F_CHANGED_FILES;
	CR_EXPECT_OK(SAME(mtime_sec, good.mtime_sec + 1));
}

static int cr_file_open(struct cr_ctx *ctx, const char *name)
{
	const struct cr_hdr_fd_data h = { .type = CR_FD_DIR, .mode = S_IFDIR, .fd = -1 };
	bool changed;

	return PTR_ERR_OR_ZERO(cr_open(ctx, &h, name, &changed));
}

static void cr_file_test_open(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_BAD(cr_file_open(ctx, ""), "bad path ''");
	CR_EXPECT_BAD(cr_file_open(ctx, "tmp"), "bad path 'tmp'");
	CR_EXPECT_ERR(cr_file_open(ctx, "/nowhere\n"), -ENOENT, "can't open '/nowhere?'");
}

static void cr_file_test_pos(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	CR_EXPECT_OK(cr_set_pos(ctx, file, 4096));
	KUNIT_EXPECT_EQ(test, file->f_pos, 4096);
	CR_EXPECT_OK(cr_set_pos(ctx, file, 0));
	KUNIT_EXPECT_EQ(test, file->f_pos, 0);
	CR_EXPECT_BAD(cr_set_pos(ctx, file, 1ULL << 63), "bad offset, have 0x8000000000000000");
	CR_EXPECT_BAD(cr_set_pos(ctx, file, ~0ULL), "bad offset, have 0xffffffffffffffff");
	KUNIT_EXPECT_EQ(test, file->f_pos, 0);
	file->f_mode &= ~FMODE_LSEEK;
	CR_EXPECT_ERR(cr_set_pos(ctx, file, 1), -ESPIPE, "can't seek to 0x1");
	file->f_mode |= FMODE_LSEEK;
}

/* A file that signals its owner isn't carried, nor what is made up as it is read. */
static void cr_file_test_refused(struct kunit *test)
{
	static const struct file_operations no_fops;
	const struct file_operations *fops;
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);

	CR_EXPECT_ERR(cr_check_file(ctx, file, 0), -EOPNOTSUPP, "unsupported file type 'file'");
	CR_EXPECT_OK(cr_check_file(ctx, file, CR_FD_PATH));
	CR_EXPECT_OK(cr_check_file(ctx, file, CR_FD_DIR));
	file->f_flags |= FASYNC;
	CR_EXPECT_ERR(cr_check_file(ctx, file, CR_FD_DIR), -EOPNOTSUPP,
		      "signals its owner (F_SETOWN, F_SETSIG)");
	file->f_flags &= ~FASYNC;
	CR_EXPECT_OK(cr_check_file(ctx, file, CR_FD_FILE));
	fops = file->f_op;
	file->f_op = &no_fops;
	CR_EXPECT_ERR(cr_check_file(ctx, file, CR_FD_FILE), -EOPNOTSUPP,
		      "unsupported file of 'tmpfs'");
	file->f_op = fops;
	KUNIT_ASSERT_EQ(test, 0, f_setown(file, task_pid_vnr(current), 0));
	CR_EXPECT_ERR(cr_check_file(ctx, file, CR_FD_FILE), -EOPNOTSUPP,
		      "signals its owner (F_SETOWN, F_SETSIG)");
}

/* A path is as the caller of checkpoint() sees it, or there is none. */
static void cr_file_test_fname(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file = cr_kunit_file(test);
	char name[8];

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_fname(ctx, 1, CR_STRING_CWD, &ctx->caller_root));
	CR_EXPECT_OK(cr_flush(ctx));
	cr_kunit_rewind(ctx);
	CR_EXPECT_OK(cr_read_string(ctx, CR_HDR_FNAME, 1, CR_STRING_CWD, name, sizeof(name)));
	KUNIT_EXPECT_STREQ(test, name, "/");
	CR_EXPECT_ERR(cr_write_fname(ctx, 1, CR_STRING_FILE, &file->f_path), -EOPNOTSUPP,
		      "'checkpoint' has no path below the caller's root");
}

static void cr_file_test_second_table(struct kunit *test)
{
	struct cr_hdr_files h = { .objref = 1 };
	struct cr_ctx *ctx = test->priv;

	cr_kunit_feed(test, ctx, CR_HDR_FILES, &h, sizeof(h));
	ctx->cur->files_ref = 7;
	CR_EXPECT_BAD(cr_read_files(ctx), "a second descriptor table");
	ctx->cur->files_ref = 0;
	/* A thread has its process's. */
	ctx->cur = cr_kunit_task(test, ctx, 43, ctx->root);
	cr_kunit_feed(test, ctx, CR_HDR_FILES, &h, sizeof(h));
	CR_EXPECT_BAD(cr_read_files(ctx), "a second descriptor table");
	ctx->cur = ctx->root;
	h.objref = 2;
	cr_kunit_feed(test, ctx, CR_HDR_FILES, &h, sizeof(h));
	CR_EXPECT_BAD(cr_read_files(ctx), "bad objref, have 2, want 1");
}

static struct kunit_case cr_file_cases[] = {
	KUNIT_CASE(cr_file_test_fd_data),
	KUNIT_CASE(cr_file_test_state),
	KUNIT_CASE(cr_file_test_length),
	KUNIT_CASE(cr_file_test_advice),
	KUNIT_CASE(cr_file_test_hdr_mode),
	KUNIT_CASE(cr_file_test_fd_ent),
	KUNIT_CASE(cr_file_test_flock),
	KUNIT_CASE(cr_file_test_lock_kind),
	KUNIT_CASE(cr_file_test_lock_parent),
	KUNIT_CASE(cr_file_test_outside),
	KUNIT_CASE(cr_file_test_special),
	KUNIT_CASE(cr_file_test_special_task),
	KUNIT_CASE(cr_file_test_first_files),
	KUNIT_CASE(cr_file_test_inherit),
	KUNIT_CASE(cr_file_test_supplied),
	KUNIT_CASE(cr_file_test_for_fd),
	KUNIT_CASE(cr_file_test_mode),
	KUNIT_CASE(cr_file_test_devices),
	KUNIT_CASE(cr_file_test_kinds),
	KUNIT_CASE(cr_file_test_real_kinds),
	KUNIT_CASE(cr_file_test_owner),
	KUNIT_CASE(cr_file_test_identity),
	KUNIT_CASE(cr_file_test_writable),
	KUNIT_CASE(cr_file_test_open),
	KUNIT_CASE(cr_file_test_pos),
	KUNIT_CASE(cr_file_test_refused),
	KUNIT_CASE(cr_file_test_fname),
	KUNIT_CASE(cr_file_test_second_table),
	{}
};

static struct kunit_suite cr_file_suite = {
	.name = "checkpoint_file",
	.init = cr_file_init,
	.test_cases = cr_file_cases,
};

kunit_test_suite(cr_file_suite);
