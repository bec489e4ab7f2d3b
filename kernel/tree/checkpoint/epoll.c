// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: epoll.
 *
 * An instance is made with the other open files; what it watches is entered
 * when all of them are there. The order in which ready files are reported is
 * kept, and so is what a program knows already of edges.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/eventpoll.h>	/* wants to know struct file */
#include <linux/slab.h>

#include "internal.h"

#ifdef CONFIG_EPOLL
static int cr_fill_item(struct cr_ctx *ctx, const struct epoll_item *item,
			struct cr_epoll_item *h)
{
	h->file = cr_obj_ref(ctx, CR_OBJ_FILE, item->file);
	if (!h->file)
		return cr_refuse(ctx, "watches a file that is open outside only");
	h->fd = item->fd;
	h->events = (__force u32)item->event.events;
	h->data = item->event.data;
	h->flags = item->ready ? CR_EPOLL_F_READY : 0;
	return 0;
}

/* One record. */
static int cr_write_items(struct cr_ctx *ctx, u32 parent,
			  const struct epoll_item *item, unsigned int nr)
{
	struct cr_hdr_epoll *h;
	unsigned int i;
	int ret = 0;

	h = kvzalloc(struct_size(h, item, nr), GFP_KERNEL_ACCOUNT);
	if (!h)
		return cr_err(ctx, -ENOMEM, "no memory for an epoll instance");
	h->nr_items = nr;
	for (i = 0; i < nr && !ret; i++)
		ret = cr_fill_item(ctx, &item[i], &h->item[i]);
	if (!ret)
		ret = cr_write_obj(ctx, CR_HDR_EPOLL, parent, h,
				   struct_size(h, item, nr));
	kvfree(h);
	return ret;
}

static int cr_write_epoll(struct cr_ctx *ctx, struct file *file, int fd)
{
	unsigned int nr, i, n;
	struct epoll_item *items;
	int ret = 0;

	if (!is_file_epoll(file) ||
	    !cr_obj_first(ctx, CR_OBJ_FILE, file, CR_PASS_EPOLL))
		return 0;
	items = epoll_get_items(file, &nr);
	if (PTR_ERR(items) == -EBUSY)
		return cr_refuse(ctx, "an epoll instance with parameters of busy polling");
	if (IS_ERR(items))
		return cr_err(ctx, -ENOMEM, "no memory for an epoll instance");
	for (i = 0; i < nr && !ret; i += n) {
		n = min_t(unsigned int, nr - i, CR_EPOLL_MAX);
		ret = cr_write_items(ctx, cr_obj_ref(ctx, CR_OBJ_FILE, file),
				     items + i, n);
	}
	epoll_put_items(items, nr);
	return ret;
}
#else
static int cr_write_epoll(struct cr_ctx *ctx, struct file *file, int fd)
{
	return 0;
}
#endif

/**
 * cr_write_epolls - serialise what the epoll instances of a task watch
 * @ctx: context; all open files have been serialised
 * @t: stopped task, or current
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_write_epolls(struct cr_ctx *ctx, struct task_struct *t)
{
	return cr_first_files(ctx, CR_PASS_EPOLL) ?
		cr_walk_fds(ctx, t, cr_write_epoll) : 0;
}

/*
 * Restart.
 */

/**
 * cr_open_epoll - make an epoll instance that watches nothing yet
 * @ctx: context
 * @d: its FD_DATA
 *
 * Return: the open file or an error pointer; the error was logged.
 */
struct file *cr_open_epoll(struct cr_ctx *ctx, const struct cr_hdr_fd_data *d)
{
	struct file *file = epoll_file_create(0);

	if (IS_ERR(file)) {
		cr_err(ctx, PTR_ERR(file), "can't create an epoll instance");
		return file;
	}
	cr_set_file_flags(file, d->f_flags);
	return file;
}

#ifdef CONFIG_EPOLL
/* What was entered, until everything has been. */
struct cr_epoll {
	struct list_head list;
	struct file *file;
	unsigned int nr;
	struct epoll_item item[];
};

static void cr_epoll_free(struct cr_epoll *e)
{
	while (e->nr)
		fput(e->item[--e->nr].file);
	fput(e->file);
	list_del(&e->list);
	kvfree(e);
}

/**
 * cr_settle_epolls - have all instances report what they would have
 * @ctx: context; nothing is going to happen to what they watch
 *
 * Filling one wakes those that watch it, and each end of a pipe that is closed
 * wakes who watches the other: so this comes last.
 */
void cr_settle_epolls(struct cr_ctx *ctx)
{
	struct cr_epoll *e;

	list_for_each_entry(e, &ctx->epolls, list)
		epoll_settle_items(e->file, e->item, e->nr);
}

/**
 * cr_epolls_forget - drop what was remembered of epoll instances
 * @ctx: context
 */
void cr_epolls_forget(struct cr_ctx *ctx)
{
	struct cr_epoll *e, *n;

	list_for_each_entry_safe(e, n, &ctx->epolls, list)
		cr_epoll_free(e);
}

static int cr_restore_item(struct cr_ctx *ctx, struct cr_epoll *e,
			   const struct cr_epoll_item *h)
{
	struct epoll_item *item = &e->item[e->nr];
	struct file *file;
	int ret;

	if (h->flags & ~CR_EPOLL_F_ALL || h->fd < 0)
		return cr_invalid(ctx, "bad flags or descriptor, have 0x%x and %d",
				  h->flags, h->fd);
	file = cr_file_for_fd(ctx, h->file, h->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	item->file = file;
	item->fd = h->fd;
	item->ready = h->flags & CR_EPOLL_F_READY;
	item->event.events = (__force __poll_t)h->events;
	item->event.data = h->data;
	e->nr++;
	ret = epoll_restore_item(e->file, item);
	if (ret)
		return cr_err(ctx, ret, "descriptor %d can't be watched",
			      h->fd);
	return 0;
}

static int cr_restore_items(struct cr_ctx *ctx, struct file *epfile,
			    const struct cr_hdr_epoll *h)
{
	struct cr_epoll *e;
	u32 i;
	int ret = 0;

	e = kvzalloc(struct_size(e, item, h->nr_items), GFP_KERNEL_ACCOUNT);
	if (!e)
		return cr_err(ctx, -ENOMEM, "no memory for an epoll instance");
	e->file = get_file(epfile);
	list_add_tail(&e->list, &ctx->epolls);
	for (i = 0; i < h->nr_items && !ret; i++)
		ret = cr_restore_item(ctx, e, &h->item[i]);
	return ret;
}
#else
void cr_settle_epolls(struct cr_ctx *ctx)
{
}

void cr_epolls_forget(struct cr_ctx *ctx)
{
}

static int cr_restore_items(struct cr_ctx *ctx, struct file *epfile,
			    const struct cr_hdr_epoll *h)
{
	return cr_err(ctx, -EPROTO, "this kernel has no epoll");
}
#endif

/**
 * cr_read_epoll - enter what an epoll instance watches
 * @ctx: context
 *
 * Return: 0 or an errno, which was logged.
 */
int cr_read_epoll(struct cr_ctx *ctx)
{
	const struct cr_hdr_epoll *h;
	const struct cr_rec *rec;
	struct file *epfile;

	/* All files are there, and ends of pipes that aren't the image's can go. */
	cr_obj_close(ctx, CR_OBJ_PIPE);
	rec = cr_read_obj(ctx, CR_HDR_EPOLL, struct_size(h, item, 1),
			  struct_size(h, item, CR_EPOLL_MAX));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	h = rec->data;
	if (h->__reserved || !h->nr_items || h->nr_items > CR_EPOLL_MAX ||
	    rec->len != struct_size(h, item, h->nr_items))
		return cr_invalid(ctx, "bad number of items, have %u",
				  h->nr_items);
	epfile = cr_obj_get_by_ref(ctx, CR_OBJ_FILE, rec->parent);
	if (IS_ERR(epfile))
		return PTR_ERR(epfile);
	if (!is_file_epoll(epfile) ||
	    !xa_get_mark(&ctx->obj_xa, rec->parent, CR_OBJ_MADE))
		return cr_invalid(ctx, "bad parent, have %u", rec->parent);
	return cr_restore_items(ctx, epfile, h);
}

#if defined(CONFIG_CHECKPOINT_RESTART_KUNIT_TEST) && defined(CONFIG_EPOLL)
#include "epoll_test.c"
#endif
