/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what its KUnit tests share.
 */
#ifndef _KUNIT_CHECKPOINT_H
#define _KUNIT_CHECKPOINT_H

#include <kunit/test.h>
#include <linux/checkpoint.h>
#include <linux/cred.h>

struct cr_task;

struct cr_ctx *cr_kunit_ctx(struct kunit *test);
struct cr_task *cr_kunit_task(struct kunit *test, struct cr_ctx *ctx, pid_t pid,
			      struct cr_task *leader);
void *cr_kunit_enter(struct kunit *test, struct cr_ctx *ctx, unsigned int type,
		     u32 ref);
struct cred *cr_kunit_cred(struct kunit *test);
struct cred *cr_kunit_user(struct kunit *test);
struct file *cr_kunit_keep(struct kunit *test, struct file *file);
struct file *cr_kunit_file(struct kunit *test);
void cr_kunit_stream(struct kunit *test, struct cr_ctx *ctx);
void cr_kunit_image(struct kunit *test, struct cr_ctx *ctx, const void *buf,
		    size_t len);
void cr_kunit_rewind(struct cr_ctx *ctx);
void cr_kunit_feed(struct kunit *test, struct cr_ctx *ctx, u32 type,
		   const void *buf, size_t len);
void cr_kunit_feed_of(struct kunit *test, struct cr_ctx *ctx, u32 type,
		      u32 parent, const void *buf, size_t len);
void cr_kunit_replay(struct kunit *test, struct cr_ctx *ctx);
void cr_kunit_forget(struct cr_ctx *ctx);
void cr_kunit_result(struct kunit *test, struct cr_ctx *ctx, const char *file,
		     int line, int ret, int err, const char *reason);

/* @expr is 0, and nothing was logged; @test and ctx are the caller's. */
#define CR_EXPECT_OK(expr)						\
	cr_kunit_result(test, ctx, __FILE__, __LINE__, expr, 0, "")

/* @expr is @err, and the first message ends in @reason. */
#define CR_EXPECT_ERR(expr, err, reason)				\
	cr_kunit_result(test, ctx, __FILE__, __LINE__, expr, err, reason)

/* The image is malformed. */
#define CR_EXPECT_BAD(expr, reason)	CR_EXPECT_ERR(expr, -EBADMSG, reason)

/* What @expr is for somebody with certain credentials. */
#define CR_AS(who, expr) ({						\
	const struct cred *__old = override_creds(who);			\
	int __ret = (expr);						\
									\
	revert_creds(__old);						\
	__ret;								\
})

#endif /* _KUNIT_CHECKPOINT_H */
