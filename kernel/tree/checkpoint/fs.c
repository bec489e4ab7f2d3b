// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: working directory, root directory and umask.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/sched/task.h>
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
	struct fs_struct *fs = ctx->cur->pin.fs;
	struct cr_hdr_fs h = { .umask = fs->umask };
	struct path root, pwd;
	int ret;

	ret = cr_obj_add_ptr(ctx, CR_OBJ_FS, fs, &h.objref);
	if (ret <= 0)
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
 * cr_hold_fs - hold directories and umask as a task does
 * @fs: them
 */
void cr_hold_fs(struct fs_struct *fs)
{
	spin_lock(&fs->lock);
	fs->users++;
	spin_unlock(&fs->lock);
}

/**
 * cr_put_fs - let go of what cr_hold_fs() holds, or a task has
 * @fs: directories and umask
 */
void cr_put_fs(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		free_fs_struct(fs);
}

/**
 * cr_fs_free - drop what cr_read_fs() found
 * @ptr: directories and umask
 */
void cr_fs_free(void *ptr)
{
	struct cr_fs *fs = ptr;

	if (fs->applied)
		cr_put_fs(fs->applied);
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
	struct cr_fs *fs;
	int ret;

	rec = cr_read_obj(ctx, CR_HDR_FS, sizeof(h), sizeof(h));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = *(const struct cr_hdr_fs *)rec->data;
	if (h.umask & ~0777)
		return cr_invalid(ctx, "bad umask, have 0%o", h.umask);
	fs = kzalloc(sizeof(*fs), GFP_KERNEL_ACCOUNT);
	if (!fs)
		return cr_err(ctx, -ENOMEM, "no memory for directories");
	fs->umask = h.umask;
	ret = cr_obj_add_ref(ctx, CR_OBJ_FS, h.objref, fs);
	if (ret) {
		kfree(fs);
		return ret;
	}
	ret = cr_read_dir(ctx, h.objref, CR_STRING_CWD, &fs->pwd);
	return ret ?: cr_read_dir(ctx, h.objref, CR_STRING_ROOT, &fs->root);
}

/* Those of another task, which has been given the same. */
static void cr_share_fs(struct fs_struct *fs)
{
	struct fs_struct *old = current->fs;

	if (old == fs)
		return;
	cr_hold_fs(fs);
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	cr_put_fs(old);
}

/**
 * cr_apply_fs - give current the directories and the umask of the image
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_apply_fs(struct cr_ctx *ctx)
{
	struct cr_fs *fs = ctx->cur->fs;
	struct path root;
	bool same;
	int ret;

	if (fs->applied) {
		cr_share_fs(fs->applied);
		return 0;
	}
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
	cr_hold_fs(current->fs);
	fs->applied = current->fs;
	return 0;
}

#ifdef CONFIG_CHECKPOINT_RESTART_KUNIT_TEST
#include "fs_test.c"
#endif
