// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: working directory, root directory and umask.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "internal.h"

/**
 * cr_write_fs - serialise directories and umask
 * @ctx: context
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_fs(struct cr_ctx *ctx, struct task_struct *t)
{
	struct fs_struct *fs = ctx->pin.fs;
	struct cr_hdr_fs h = { .umask = fs->umask };
	struct path root, pwd;
	int ret;

	ret = cr_obj_add_ptr(ctx, CR_OBJ_FS, fs, &h.objref);
	if (ret < 0)
		return ret;
	ret = cr_write_obj(ctx, CR_HDR_FS, 0, &h, sizeof(h));
	if (ret)
		return ret;
	get_fs_pwd(fs, &pwd);
	get_fs_root(fs, &root);
	ret = cr_write_fname(ctx, h.objref, CR_STRING_CWD, &pwd);
	if (!ret)
		ret = cr_write_fname(ctx, h.objref, CR_STRING_ROOT, &root);
	path_put(&pwd);
	path_put(&root);
	return ret;
}

static int cr_read_dir(struct cr_ctx *ctx, u32 parent, u32 what,
		       struct path *to)
{
	char *name = __getname();
	struct path path;
	int ret;

	if (!name)
		return cr_err(ctx, -ENOMEM, "no memory for a path");
	ret = cr_read_string(ctx, CR_HDR_FNAME, parent, what, name, PATH_MAX);
	if (!ret && name[0] != '/')
		ret = cr_invalid(ctx, "bad path '%s'", name);
	if (!ret) {
		ret = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
		if (ret)
			cr_err(ctx, ret, "can't find directory '%s'", name);
	}
	__putname(name);
	if (ret)
		return ret;
	ret = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (ret) {
		path_put(&path);
		return cr_err(ctx, ret, "not allowed into a directory");
	}
	*to = path;
	return 0;
}

/**
 * cr_fs_free - drop what cr_read_fs() found
 * @fs: directories and umask, or NULL
 */
void cr_fs_free(struct cr_fs *fs)
{
	if (!fs)
		return;
	path_put(&fs->pwd);
	path_put(&fs->root);
	kfree(fs);
}

/**
 * cr_read_fs - find the directories of the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_fs(struct cr_ctx *ctx)
{
	const struct cr_rec *rec;
	struct cr_hdr_fs h;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_FS, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_fs *)rec->data;
	if (ctx->fs)
		return cr_invalid(ctx, "a second set of directories");
	if (h.umask & ~0777)
		return cr_invalid(ctx, "bad umask, have 0%o", h.umask);
	ctx->fs = kzalloc(sizeof(*ctx->fs), GFP_KERNEL_ACCOUNT);
	if (!ctx->fs)
		return cr_err(ctx, -ENOMEM, "no memory for directories");
	ctx->fs->umask = h.umask;
	ret = cr_obj_add_ref(ctx, CR_OBJ_FS, h.objref, ctx->fs);
	if (!ret)
		ret = cr_read_dir(ctx, h.objref, CR_STRING_CWD,
				  &ctx->fs->pwd);
	if (!ret)
		ret = cr_read_dir(ctx, h.objref, CR_STRING_ROOT,
				  &ctx->fs->root);
	return ret;
}

/**
 * cr_apply_fs - give current the directories and the umask of the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_fs(struct cr_ctx *ctx)
{
	struct cr_fs *fs = ctx->fs;
	struct path root;
	bool same;
	int ret;

	get_fs_root(current->fs, &root);
	same = path_equal(&root, &fs->root);
	path_put(&root);
	if (!same) {
		if (!ns_capable(current_user_ns(), CAP_SYS_CHROOT))
			return cr_err(ctx, -EPERM, "not allowed to change the root directory");
		ret = security_path_chroot(&fs->root);
		if (ret)
			return cr_err(ctx, ret, "a security module denies the root directory");
		set_fs_root(current->fs, &fs->root);
	}
	set_fs_pwd(current->fs, &fs->pwd);
	current->fs->umask = fs->umask;
	return 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "fs_test.c"
#endif
