// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled by scripts/make-btf with the kernel's own flags: what counts is the
 * type information that comes of it. A pointer is enough to have a type in it.
 */
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/iocontext.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/processor.h>

extern const struct cr_inventory {
	const struct task_struct *task;
	const struct signal_struct *signal;
	const struct sighand_struct *sighand;
	const struct mm_struct *mm;
	const struct vm_area_struct *vma;
	const struct file *file;
	const struct files_struct *files;
	const struct fs_struct *fs;
	const struct cred *cred;
	const struct nsproxy *nsproxy;
	const struct thread_struct *thread;
	const struct io_context *io;
} cr_inventory;

const struct cr_inventory cr_inventory;
