/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what subsystems and architectures share with
 * checkpoint/.
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/checkpoint.h>

struct cr_ctx;
struct mm_struct;
struct pt_regs;
struct restart_block;
struct task_struct;
struct vm_area_struct;

/**
 * struct cr_rec - a record that was read
 * @type: CR_HDR_*
 * @len: bytes at @data
 * @parent: objref of the owner
 * @data: the payload, valid until the next record is read
 */
struct cr_rec {
	u32 type;
	u32 len;
	u32 parent;
	void *data;
};

__printf(3, 4) __cold
int cr_err(struct cr_ctx *ctx, int err, const char *fmt, ...);

/* The image is malformed. */
#define cr_invalid(ctx, fmt, ...)	cr_err(ctx, -EBADMSG, fmt, ##__VA_ARGS__)
/* State that can't be carried. */
#define cr_refuse(ctx, fmt, ...)	cr_err(ctx, -EOPNOTSUPP, fmt, ##__VA_ARGS__)

int cr_write_obj(struct cr_ctx *ctx, u32 type, u32 parent, const void *buf,
		 size_t len);
int cr_write_obj2(struct cr_ctx *ctx, u32 type, u32 parent, const void *hdr,
		  size_t hdr_len, const void *data, size_t len);
const struct cr_rec *cr_read_obj(struct cr_ctx *ctx, u32 type, size_t min,
				 size_t max);

/*
 * What an architecture provides. Each save stands beside its restore in
 * arch/.../checkpoint.c.
 */
int cr_arch_check_task(struct cr_ctx *ctx, struct task_struct *t);
int cr_arch_check_mm(struct cr_ctx *ctx, struct mm_struct *mm);
void cr_arch_mend_interrupted(struct pt_regs *regs);

int cr_arch_write_head(struct cr_ctx *ctx);
int cr_arch_read_head(struct cr_ctx *ctx);

int cr_arch_write_mm(struct cr_ctx *ctx, struct mm_struct *mm, u32 objref);
int cr_arch_read_mm(struct cr_ctx *ctx, u32 objref);
u32 cr_arch_vma_type(struct vm_area_struct *vma);
int cr_arch_map_special(struct cr_ctx *ctx, const struct cr_hdr_vma *h);
int cr_arch_swap_exec_pkey(struct mm_struct *mm, int pkey);
int cr_arch_finish_mm(struct cr_ctx *ctx);

int cr_arch_write_cpu(struct cr_ctx *ctx, struct task_struct *t, bool self);
int cr_arch_read_cpu(struct cr_ctx *ctx);
int cr_arch_set_cpu(struct cr_ctx *ctx, struct task_struct *t);
void cr_arch_flush_task(void);
void cr_arch_free(void *state);
void **cr_arch_private(struct cr_ctx *ctx);

/* kernel/futex: whose flags are its own */
#ifdef CONFIG_FUTEX
bool futex_restart_block_save(const struct restart_block *rb,
			      struct cr_hdr_restart_block *h);
void futex_restart_block_load(struct restart_block *rb,
			      const struct cr_hdr_restart_block *h);
#else
static inline bool futex_restart_block_save(const struct restart_block *rb,
					    struct cr_hdr_restart_block *h)
{
	return false;
}

static inline void
futex_restart_block_load(struct restart_block *rb,
			 const struct cr_hdr_restart_block *h)
{
}
#endif

/* kernel/sched: what membarrier() registers */
#ifdef CONFIG_MEMBARRIER
int membarrier_register(int cmd);
#else
static inline int membarrier_register(int cmd)
{
	return -EINVAL;
}
#endif

#endif /* _LINUX_CHECKPOINT_H */
