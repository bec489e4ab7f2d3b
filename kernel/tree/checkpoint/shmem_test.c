// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: KUnit tests of shmem.c.
 */
#include <kunit/checkpoint.h>

static int cr_shmem_init(struct kunit *test)
{
	struct cr_ctx *ctx = cr_kunit_ctx(test);

	ctx->head.page_csum = CR_CSUM_XXH64;
	test->priv = ctx;
	return 0;
}

static struct shmem_inode_info *cr_shmem_info(struct file *file)
{
	return SHMEM_I(file_inode(file));
}

static struct file *cr_shmem_memfd(struct kunit *test, const char *name)
{
	return cr_kunit_keep(test, memfd_alloc_file(name, MFD_ALLOW_SEALING));
}

static void cr_shmem_put(struct kunit *test, struct file *file, loff_t pos, const char *s)
{
	KUNIT_EXPECT_EQ(test, kernel_write(file, s, strlen(s), &pos), strlen(s));
}

static void cr_shmem_expect(struct kunit *test, struct file *file, loff_t pos,
			    const char *want)
{
	char buf[32] = "";

	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, strlen(want), &pos), strlen(want));
	KUNIT_EXPECT_STREQ(test, buf, want);
}

/* Which files are shared memory */

static void cr_shmem_test_kinds(struct kunit *test)
{
	struct file *file = cr_shmem_memfd(test, "memfd:a");
	struct file *zero;

	KUNIT_EXPECT_TRUE(test, cr_is_shmem(file));
	KUNIT_EXPECT_STREQ(test, cr_memfd_name(file), "a");
	file_inode(file)->i_flags |= S_PRIVATE;
	KUNIT_EXPECT_FALSE(test, cr_is_shmem(file));
	file_inode(file)->i_flags &= ~S_PRIVATE;
	set_nlink(file_inode(file), 1);
	KUNIT_EXPECT_FALSE(test, cr_is_shmem(file));
	clear_nlink(file_inode(file));
	KUNIT_EXPECT_TRUE(test, cr_is_shmem(file));
	zero = cr_kunit_keep(test, shmem_kernel_file_setup("dev/zero", 0, 0));
	KUNIT_EXPECT_TRUE(test, cr_is_shmem(zero));
	KUNIT_EXPECT_NULL(test, cr_memfd_name(zero));
	/* Of the kernel, and of somebody else. */
	KUNIT_EXPECT_FALSE(test, cr_is_shmem(cr_kunit_file(test)));
	zero = cr_kunit_keep(test, shmem_file_setup("dev/zero", 0, 0));
	KUNIT_EXPECT_FALSE(test, cr_is_shmem(zero));
}

/* SHMEM */

static const struct cr_hdr_shmem cr_shmem_good = {
	.objref = 1, .mode = 0640, .uid = 12, .gid = 34, .size = 0x2001,
};

#define CR_SHMEM_ANON(mask)						\
	{ .objref = 1, .flags = CR_SHMEM_F_ANON | (mask), .seals = F_SEAL_SEAL, .size = 0x3000 }

#define HDR(member, value)						\
	(h = cr_shmem_good, h.member = (value), cr_check_shmem_hdr(ctx, &h))

static void cr_shmem_test_hdr(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_shmem h;

	CR_EXPECT_OK(cr_check_shmem_hdr(ctx, &cr_shmem_good));
	CR_EXPECT_OK(HDR(flags, CR_SHMEM_F_NORESERVE));
	CR_EXPECT_OK(HDR(mode, 07777));
	CR_EXPECT_OK(HDR(size, 0));
	CR_EXPECT_OK(HDR(size, MAX_LFS_FILESIZE));
	CR_EXPECT_BAD(HDR(flags, 4), "bad flags or mode, have 0x4 and 0640");
	CR_EXPECT_BAD(HDR(flags, 1U << 31), "bad flags or mode, have 0x80000000 and 0640");
	CR_EXPECT_BAD(HDR(mode, S_IFREG | 0640), "bad flags or mode, have 0x0 and 0100640");
	CR_EXPECT_BAD(HDR(mode, 010000), "bad flags or mode, have 0x0 and 010000");
	CR_EXPECT_BAD(HDR(size, 1ULL << 63), "bad size, have 0x8000000000000000");
	CR_EXPECT_BAD(HDR(size, ~0ULL), "bad size, have 0xffffffffffffffff");
}

static int cr_shmem_seals(struct cr_ctx *ctx, u32 flags, u32 seals, u32 mode)
{
	struct cr_hdr_shmem h = cr_shmem_good;

	h.flags = flags;
	h.seals = seals;
	h.mode = mode;
	return cr_check_shmem_hdr(ctx, &h);
}

#define SEALS(...) cr_shmem_seals(ctx, __VA_ARGS__)

/* What the kernel would never have is in no image. */
static void cr_shmem_test_hdr_seals(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(SEALS(0, 0, 0777));
	CR_EXPECT_OK(SEALS(0, F_SEAL_SEAL, 0777));
	CR_EXPECT_OK(SEALS(0, F_SEAL_WRITE | F_SEAL_GROW, 0777));
	CR_EXPECT_OK(SEALS(0, F_SEAL_EXEC, 0666));
	CR_EXPECT_OK(SEALS(0, CR_SHMEM_SEALS_ALL, 0777));
	CR_EXPECT_OK(SEALS(0, F_SEAL_EXEC | CR_SHMEM_SEALS_WX, 0777));
	CR_EXPECT_OK(SEALS(CR_SHMEM_F_ANON, F_SEAL_SEAL, 0777));
	CR_EXPECT_BAD(SEALS(0, CR_SHMEM_SEALS_ALL + 1, 0777), "bad seals, have 0x40");
	CR_EXPECT_BAD(SEALS(0, ~0U, 0777), "bad seals, have 0xffffffff");
	CR_EXPECT_BAD(SEALS(0, F_SEAL_EXEC, 0700), "bad seals, have 0x20");
	CR_EXPECT_BAD(SEALS(0, F_SEAL_EXEC, 0001), "bad seals, have 0x20");
	CR_EXPECT_BAD(SEALS(0, F_SEAL_EXEC | F_SEAL_WRITE, 0700), "bad seals, have 0x28");
	CR_EXPECT_BAD(SEALS(CR_SHMEM_F_ANON, 0, 0777), "bad seals, have 0x0");
	CR_EXPECT_BAD(SEALS(CR_SHMEM_F_ANON, F_SEAL_SEAL | F_SEAL_WRITE, 0777),
		      "bad seals, have 0x9");
}

/* A limit on files is one on memfds, as ftruncate() sees to. */
static void cr_shmem_test_fsize(struct kunit *test)
{
	struct rlimit *lim = current->signal->rlim + RLIMIT_FSIZE;
	struct cr_hdr_shmem anon = CR_SHMEM_ANON(0);
	unsigned long old = lim->rlim_cur;
	struct cr_ctx *ctx = test->priv;
	struct cr_hdr_shmem h;

	lim->rlim_cur = 0x2000;
	CR_EXPECT_OK(HDR(size, 0x2000));
	CR_EXPECT_OK(cr_check_shmem_hdr(ctx, &anon));
	CR_EXPECT_ERR(HDR(size, 0x2001), -EFBIG,
		      "a memfd of 0x2001 bytes, more than RLIMIT_FSIZE");
	lim->rlim_cur = old;
	CR_EXPECT_OK(HDR(size, 0x2001));
}

#if defined(CONFIG_SYSCTL) && defined(CONFIG_PID_NS)
static void cr_shmem_test_noexec(struct kunit *test)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	int old = ns->memfd_noexec_scope;
	struct cr_ctx *ctx = test->priv;

	ns->memfd_noexec_scope = MEMFD_NOEXEC_SCOPE_NOEXEC_SEAL;
	CR_EXPECT_OK(cr_may_have_memfd(ctx, 0777));
	ns->memfd_noexec_scope = MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED;
	CR_EXPECT_OK(cr_may_have_memfd(ctx, 0666));
	CR_EXPECT_ERR(cr_may_have_memfd(ctx, 0700), -EACCES,
		      "vm.memfd_noexec denies a memfd that can be executed");
	CR_EXPECT_ERR(cr_may_have_memfd(ctx, 0001), -EACCES,
		      "vm.memfd_noexec denies a memfd that can be executed");
	ns->memfd_noexec_scope = old;
}
#else
static void cr_shmem_test_noexec(struct kunit *test)
{
	kunit_skip(test, "no vm.memfd_noexec");
}
#endif

/* Read @h, and the name of a memfd unless it is NULL. */
static int cr_shmem_read(struct kunit *test, struct cr_ctx *ctx, const struct cr_hdr_shmem *h,
			 u32 what, const char *name)
{
	cr_kunit_stream(test, ctx);
	cr_write_obj(ctx, CR_HDR_SHMEM, 0, h, sizeof(*h));
	if (name)
		cr_write_string(ctx, CR_HDR_STRING, 1, what, name, strlen(name));
	cr_kunit_replay(test, ctx);
	return cr_read_shmem(ctx);
}

#define READ_SHMEM(h, name) cr_shmem_read(test, ctx, h, CR_STRING_MEMFD, name)

static void cr_shmem_test_read_bad(struct kunit *test)
{
	struct cr_hdr_shmem h = cr_shmem_good;
	struct cr_ctx *ctx = test->priv;
	char name[251] = "";

	memset(name, 'x', sizeof(name) - 1);
	CR_EXPECT_BAD(READ_SHMEM(&h, name), "bad string length, have 250");
	name[249] = 0;
	CR_EXPECT_OK(READ_SHMEM(&h, name));
	CR_EXPECT_OK(READ_SHMEM(&h, ""));
	CR_EXPECT_BAD(cr_shmem_read(test, ctx, &h, CR_STRING_FILE, "a"),
		      "bad what, have 1, want 5");
	h.objref = 2;
	CR_EXPECT_BAD(READ_SHMEM(&h, "a"), "bad objref, have 2, want 1");
	h.objref = 1;
	h.flags = ~0U;
	CR_EXPECT_BAD(READ_SHMEM(&h, "a"), "bad flags or mode, have 0xffffffff and 0640");
	cr_kunit_feed(test, ctx, CR_HDR_SHMEM, &h, 24);
	CR_EXPECT_BAD(cr_read_shmem(ctx), "bad length, have 24, want 32 to 32");
	cr_kunit_forget(ctx);
	CR_EXPECT_BAD(PTR_ERR_OR_ZERO(cr_shmem_file(ctx, 1)), "objref 1 is of no shared memory");
}

static void cr_shmem_test_read_memfd(struct kunit *test)
{
	struct cr_hdr_shmem h = cr_shmem_good;
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	CR_EXPECT_OK(READ_SHMEM(&h, "name"));
	file = cr_shmem_file(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_TRUE(test, cr_is_shmem(file));
	KUNIT_EXPECT_STREQ(test, cr_memfd_name(file), "name");
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_mode, S_IFREG | 0640);
	KUNIT_EXPECT_EQ(test, i_uid_read(file_inode(file)), 12);
	KUNIT_EXPECT_EQ(test, i_gid_read(file_inode(file)), 34);
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(file)), 0x2001);
	KUNIT_EXPECT_EQ(test, cr_shmem_info(file)->seals, 0);
	KUNIT_EXPECT_FALSE(test, IS_PRIVATE(file_inode(file)));
	h.seals = F_SEAL_SEAL;
	CR_EXPECT_OK(READ_SHMEM(&h, "name"));
	KUNIT_EXPECT_EQ(test, cr_shmem_info(cr_shmem_file(ctx, 1))->seals, F_SEAL_SEAL);
}

static void cr_shmem_test_read_anon(struct kunit *test)
{
	struct cr_hdr_shmem h = CR_SHMEM_ANON(0), lax = CR_SHMEM_ANON(CR_SHMEM_F_NORESERVE);
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	CR_EXPECT_OK(READ_SHMEM(&h, NULL));
	file = cr_shmem_file(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_TRUE(test, cr_is_shmem(file));
	KUNIT_EXPECT_TRUE(test, IS_PRIVATE(file_inode(file)));
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(file)), 0x3000);
	KUNIT_EXPECT_EQ(test, cr_shmem_info(file)->flags & VM_NORESERVE, 0);
	CR_EXPECT_OK(READ_SHMEM(&lax, NULL));
	file = cr_shmem_file(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, cr_shmem_info(file)->flags & VM_NORESERVE, VM_NORESERVE);
}

/* Seals come when everything else is there. */
static void cr_shmem_test_seal(struct kunit *test)
{
	const u32 seals = F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	struct cr_hdr_shmem h = cr_shmem_good;
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	h.seals = seals;
	CR_EXPECT_OK(READ_SHMEM(&h, "a"));
	file = cr_shmem_file(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, memfd_fcntl(file, F_GET_SEALS, 0), 0);
	cr_shmem_put(test, file, 0, "x");
	CR_EXPECT_OK(cr_seal_shmem(ctx));
	KUNIT_EXPECT_EQ(test, memfd_fcntl(file, F_GET_SEALS, 0), seals);
	/* Sealing is what was sealed, too. */
	CR_EXPECT_ERR(cr_seal_shmem(ctx), -EPERM, "can't seal a memfd");
	h.seals = 0;
	CR_EXPECT_OK(READ_SHMEM(&h, "a"));
	CR_EXPECT_OK(cr_seal_shmem(ctx));
	KUNIT_EXPECT_EQ(test, memfd_fcntl(cr_shmem_file(ctx, 1), F_GET_SEALS, 0), 0);
	h.seals = F_SEAL_SEAL;
	CR_EXPECT_OK(READ_SHMEM(&h, "a"));
	CR_EXPECT_OK(cr_seal_shmem(ctx));
	KUNIT_EXPECT_EQ(test, memfd_fcntl(cr_shmem_file(ctx, 1), F_GET_SEALS, 0), F_SEAL_SEAL);
}

/* Open files of it */

static struct file *cr_shmem_open(struct cr_ctx *ctx, u32 obj, u32 f_flags, u32 state, u64 pos)
{
	struct cr_hdr_fd_data d = {
		.type = CR_FD_SHMEM, .obj = obj, .f_flags = f_flags, .state = state, .pos = pos,
	};

	return cr_open_shmem(ctx, &d);
}

#define OPEN(...) PTR_ERR_OR_ZERO(cr_shmem_open(ctx, __VA_ARGS__))

static void cr_shmem_test_open_bad(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;

	CR_EXPECT_OK(READ_SHMEM(&cr_shmem_good, "a"));
	cr_kunit_enter(test, ctx, CR_OBJ_MM, 2);
	CR_EXPECT_BAD(OPEN(2, O_RDWR, 0, 0), "objref 2 is of no shared memory");
	CR_EXPECT_BAD(OPEN(3, O_RDWR, 0, 0), "objref 3 is of no shared memory");
	CR_EXPECT_BAD(OPEN(1, O_RDWR, 0, 1ULL << 63), "bad offset, have 0x8000000000000000");
	/* What came with it could be read and written, and there is one. */
	CR_EXPECT_BAD(OPEN(1, O_WRONLY, 0, 0), "bad state, have 0x0");
	CR_EXPECT_BAD(OPEN(1, O_ACCMODE, 0, 0), "bad state, have 0x0");
	cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDWR, 0, 0));
	CR_EXPECT_BAD(OPEN(1, O_RDWR, 0, 0), "bad state, have 0x0");
}

static void cr_shmem_test_open(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	CR_EXPECT_OK(READ_SHMEM(&cr_shmem_good, "a"));
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDONLY, 0, 5));
	KUNIT_EXPECT_PTR_NE(test, file, cr_shmem_file(ctx, 1));
	KUNIT_EXPECT_PTR_EQ(test, file_inode(file), file_inode(cr_shmem_file(ctx, 1)));
	KUNIT_EXPECT_FALSE(test, file->f_mode & FMODE_WRITE);
	KUNIT_EXPECT_EQ(test, file->f_pos, 5);
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_WRONLY, CR_FD_STATE_WRITER, 0));
	KUNIT_EXPECT_PTR_NE(test, file, cr_shmem_file(ctx, 1));
	KUNIT_EXPECT_TRUE(test, file->f_mode & FMODE_WRITER);
	KUNIT_EXPECT_FALSE(test, file->f_mode & FMODE_READ);
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDWR | O_NONBLOCK, 0, LLONG_MAX));
	KUNIT_EXPECT_PTR_EQ(test, file, cr_shmem_file(ctx, 1));
	KUNIT_EXPECT_EQ(test, file->f_flags & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	KUNIT_EXPECT_EQ(test, file->f_pos, LLONG_MAX);
	KUNIT_EXPECT_FALSE(test, file->f_mode & FMODE_WRITER);
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDWR, CR_FD_STATE_WRITER, 0));
	KUNIT_EXPECT_PTR_NE(test, file, cr_shmem_file(ctx, 1));
}

/* O_APPEND isn't only said: what is written is added. */
static void cr_shmem_test_append(struct kunit *test)
{
	struct cr_ctx *ctx = test->priv;
	struct file *file;

	CR_EXPECT_OK(READ_SHMEM(&cr_shmem_good, "a"));
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDWR | O_APPEND, 0, 0));
	cr_shmem_put(test, file, 0, "end");
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(file)), 0x2004);
	cr_shmem_expect(test, file, 0x2001, "end");
}

/* Checkpoint */

#define NUMA "shared memory with a NUMA policy"

static void cr_shmem_test_refused(struct kunit *test)
{
	struct file *file = cr_shmem_memfd(test, "memfd:a");
	struct shmem_inode_info *info = cr_shmem_info(file);
	struct cr_hdr_fd_data d = { 0 };
	struct cr_ctx *ctx = test->priv;
	struct rb_node node;

	info->xattrs.rb_root.rb_node = &node;
	CR_EXPECT_ERR(cr_write_shmem(ctx, file, &d), -EOPNOTSUPP,
		      "a memfd with extended attributes");
	info->xattrs.rb_root.rb_node = NULL;
	info->fsflags = 1;
	CR_EXPECT_ERR(cr_write_shmem(ctx, file, &d), -EOPNOTSUPP,
		      "a memfd with attributes (chattr)");
	info->fsflags = 0;
#ifdef CONFIG_NUMA
	info->policy.root.rb_node = &node;
	CR_EXPECT_ERR(cr_write_shmem(ctx, file, &d), -EOPNOTSUPP, NUMA);
	info->policy.root.rb_node = NULL;
#endif
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 0);
	CR_EXPECT_OK(cr_write_shmem(ctx, file, &d));
}

/* A second file of the same memory is of the object that is there. */
static void cr_shmem_test_write(struct kunit *test)
{
	struct file *file = cr_shmem_memfd(test, "memfd:a"), *again, *zero;
	struct cr_hdr_fd_data d = { 0 };
	struct cr_ctx *ctx = test->priv;

	again = cr_kunit_keep(test, dentry_open(&file->f_path, O_RDWR, current_cred()));
	CR_EXPECT_OK(cr_write_shmem(ctx, file, &d));
	KUNIT_EXPECT_EQ(test, d.obj, 1);
	KUNIT_EXPECT_EQ(test, d.state, 0);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 2);
	d = (struct cr_hdr_fd_data){ 0 };
	CR_EXPECT_OK(cr_write_shmem(ctx, again, &d));
	KUNIT_EXPECT_EQ(test, d.obj, 1);
	KUNIT_EXPECT_EQ(test, d.state, CR_FD_STATE_WRITER);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 2);
	/* That of a mapping has no name. */
	zero = cr_kunit_keep(test, shmem_kernel_file_setup("dev/zero", 0x1000, 0));
	CR_EXPECT_OK(cr_write_shmem(ctx, zero, &d));
	KUNIT_EXPECT_EQ(test, d.obj, 2);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 3);
	KUNIT_EXPECT_EQ(test, file_count(file), 2);
	cr_shmem_forget(ctx);
	KUNIT_EXPECT_EQ(test, file_count(file), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->shmem));
}

/* A memfd: data, zeros, a hole, and an end in the middle of a page. */
static struct file *cr_shmem_source(struct kunit *test)
{
	struct file *file = cr_shmem_memfd(test, "memfd:name");
	struct inode *inode = file_inode(file);
	static const char zeros[16];
	loff_t pos = PAGE_SIZE;

	cr_shmem_put(test, file, 0, "first");
	KUNIT_EXPECT_EQ(test, kernel_write(file, zeros, sizeof(zeros), &pos), sizeof(zeros));
	cr_shmem_put(test, file, 5 * PAGE_SIZE + 7, "last");
	inode->i_mode = S_IFREG | 0604;
	i_uid_write(inode, 56);
	i_gid_write(inode, 78);
	KUNIT_EXPECT_EQ(test, memfd_fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return file;
}

/* Restart: SHMEM, one list of pages, an open file, the seals. */
static void cr_shmem_restored(struct kunit *test, struct cr_ctx *ctx)
{
	struct file *file;

	CR_EXPECT_OK(cr_read_shmem(ctx));
	CR_EXPECT_OK(cr_read_pages(ctx));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, 2);
	file = cr_kunit_keep(test, cr_shmem_open(ctx, 1, O_RDWR, 0, 0));
	CR_EXPECT_OK(cr_seal_shmem(ctx));
	KUNIT_EXPECT_STREQ(test, cr_memfd_name(file), "name");
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(file)), 5 * PAGE_SIZE + 11);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_mode, S_IFREG | 0604);
	KUNIT_EXPECT_EQ(test, i_uid_read(file_inode(file)), 56);
	KUNIT_EXPECT_EQ(test, i_gid_read(file_inode(file)), 78);
	KUNIT_EXPECT_EQ(test, memfd_fcntl(file, F_GET_SEALS, 0), F_SEAL_SHRINK);
	KUNIT_EXPECT_EQ(test, file_inode(file)->i_mapping->nrpages, 2);
	cr_shmem_expect(test, file, 0, "first");
	cr_shmem_expect(test, file, 5 * PAGE_SIZE + 7, "last");
}

static void cr_shmem_save(struct kunit *test, struct cr_ctx *ctx, struct file *file)
{
	struct cr_hdr_fd_data d = { 0 };

	cr_kunit_stream(test, ctx);
	CR_EXPECT_OK(cr_write_shmem(ctx, file, &d));
	CR_EXPECT_OK(cr_flush(ctx));
}

/* The pages follow, and then the same context restarts. */
static void cr_shmem_replay(struct kunit *test, struct cr_ctx *ctx)
{
	CR_EXPECT_OK(cr_write_shmem_pages(ctx));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, 2);
	KUNIT_EXPECT_EQ(test, ctx->stats.zero_pages, 1);
	cr_shmem_forget(ctx);
	cr_kunit_replay(test, ctx);
	ctx->last_page = 0;
}

/* Read as it is when it is written. */
static void cr_shmem_test_live(struct kunit *test)
{
	struct file *file = cr_shmem_source(test);
	struct cr_ctx *ctx = test->priv;

	cr_shmem_save(test, ctx, file);
	cr_shmem_replay(test, ctx);
	cr_shmem_restored(test, ctx);
}

/* Copied before it goes on. */
static void cr_shmem_test_copied(struct kunit *test)
{
	struct file *file = cr_shmem_source(test);
	struct cr_ctx *ctx = test->priv;

	cr_shmem_save(test, ctx, file);
	CR_EXPECT_OK(cr_snapshot_shmem(ctx));
	KUNIT_EXPECT_TRUE(test, ctx->shmem_copied);
	cr_shmem_put(test, file, 0, "later");
	cr_shmem_put(test, file, 3 * PAGE_SIZE, "later");
	cr_shmem_replay(test, ctx);
	KUNIT_EXPECT_FALSE(test, ctx->shmem_copied);
	cr_shmem_restored(test, ctx);
	cr_shmem_expect(test, file, 0, "later");
}

/* More than one list holds, and nothing at all. */
static void cr_shmem_test_sizes(struct kunit *test)
{
	struct file *file = cr_shmem_memfd(test, "memfd:a");
	struct cr_ctx *ctx = test->priv;
	unsigned int i;

	cr_shmem_save(test, ctx, file);
	CR_EXPECT_OK(cr_write_shmem_pages(ctx));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, 0);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 2);
	cr_shmem_forget(ctx);
	cr_kunit_replay(test, ctx);
	for (i = 0; i <= CR_PGARR_MAX; i++)
		cr_shmem_put(test, file, i * PAGE_SIZE, "x");
	cr_shmem_save(test, ctx, file);
	CR_EXPECT_OK(cr_write_shmem_pages(ctx));
	KUNIT_EXPECT_EQ(test, ctx->stats.pages, CR_PGARR_MAX + 1);
	KUNIT_EXPECT_EQ(test, ctx->stats.records, 4);
	cr_shmem_forget(ctx);
	cr_kunit_replay(test, ctx);
	ctx->last_page = 0;
	CR_EXPECT_OK(cr_read_shmem(ctx));
	CR_EXPECT_OK(cr_read_pages(ctx));
	CR_EXPECT_OK(cr_read_pages(ctx));
	cr_shmem_expect(test, cr_shmem_file(ctx, 1), CR_PGARR_MAX * PAGE_SIZE, "x");
}

static struct kunit_case cr_shmem_cases[] = {
	KUNIT_CASE(cr_shmem_test_kinds),
	KUNIT_CASE(cr_shmem_test_hdr),
	KUNIT_CASE(cr_shmem_test_hdr_seals),
	KUNIT_CASE(cr_shmem_test_fsize),
	KUNIT_CASE(cr_shmem_test_noexec),
	KUNIT_CASE(cr_shmem_test_read_bad),
	KUNIT_CASE(cr_shmem_test_read_memfd),
	KUNIT_CASE(cr_shmem_test_read_anon),
	KUNIT_CASE(cr_shmem_test_seal),
	KUNIT_CASE(cr_shmem_test_open_bad),
	KUNIT_CASE(cr_shmem_test_open),
	KUNIT_CASE(cr_shmem_test_append),
	KUNIT_CASE(cr_shmem_test_refused),
	KUNIT_CASE(cr_shmem_test_write),
	KUNIT_CASE(cr_shmem_test_live),
	KUNIT_CASE(cr_shmem_test_copied),
	KUNIT_CASE(cr_shmem_test_sizes),
	{}
};

static struct kunit_suite cr_shmem_suite = {
	.name = "checkpoint_shmem",
	.init = cr_shmem_init,
	.test_cases = cr_shmem_cases,
};

kunit_test_suite(cr_shmem_suite);
