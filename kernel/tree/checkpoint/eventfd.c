// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: eventfd.
 */
#include <linux/eventfd.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "internal.h"

/**
 * cr_is_eventfd - is a file an eventfd?
 * @file: any file
 *
 * Return: true if it is.
 */
bool cr_is_eventfd(struct file *file)
{
	u64 count;
	int flags;

	return eventfd_file_state(file, &count, &flags) != -EINVAL;
}

/**
 * cr_write_eventfd - serialise the counter of an eventfd
 * @ctx: context
 * @file: the eventfd
 * @parent: its objref
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_eventfd(struct cr_ctx *ctx, struct file *file, u32 parent)
{
	struct cr_hdr_eventfd h = { 0 };
	int flags;

	if (eventfd_file_state(file, &h.count, &flags))
		return cr_refuse(ctx, "an eventfd that the kernel uses, for AIO or the like");
	if (flags & EFD_SEMAPHORE)
		h.flags |= CR_EVENTFD_F_SEMAPHORE;
	return cr_write_obj(ctx, CR_HDR_EVENTFD, parent, &h, sizeof(h));
}

/**
 * cr_open_eventfd - make an eventfd
 * @ctx: context; the next record is its EVENTFD
 * @d: its FD_DATA
 *
 * Return: the open file or an error pointer; the error was logged.
 */
struct file *cr_open_eventfd(struct cr_ctx *ctx, const struct cr_hdr_fd_data *d)
{
	const struct cr_hdr_eventfd *h;
	const struct cr_rec *rec;
	struct file *file;
	int flags;

	rec = cr_read_obj(ctx, CR_HDR_EVENTFD, sizeof(*h), sizeof(*h));
	if (IS_ERR(rec))
		return ERR_CAST(rec);
	h = rec->data;
	if (rec->parent != d->objref)
		return ERR_PTR(cr_invalid(ctx, "bad parent, have %u", rec->parent));
	if (h->flags & ~CR_EVENTFD_F_ALL || h->__reserved)
		return ERR_PTR(cr_invalid(ctx, "bad flags, have 0x%x", h->flags));
	flags = d->f_flags & EFD_NONBLOCK;
	if (h->flags & CR_EVENTFD_F_SEMAPHORE)
		flags |= EFD_SEMAPHORE;
	file = eventfd_file_create(h->count, flags);
	if (IS_ERR(file)) {
		cr_err(ctx, PTR_ERR(file), "can't create an eventfd");
		return file;
	}
	cr_set_file_flags(file, d->f_flags);
	return file;
}

#if defined(CONFIG_CHECKPOINT_RESTART_KUNIT_TEST) && defined(CONFIG_EVENTFD)
#include "eventfd_test.c"
#endif
