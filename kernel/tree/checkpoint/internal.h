/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files of this directory share.
 */
#ifndef _CHECKPOINT_INTERNAL_H
#define _CHECKPOINT_INTERNAL_H

#include <linux/checkpoint.h>
#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/resource.h>
#include <linux/signal_types.h>
#include <linux/time64.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <linux/xxhash.h>

struct cred;
struct file;
struct files_struct;
struct fs_struct;
struct iov_iter;
struct nsproxy;
struct signal_struct;

enum cr_op {
	CR_OP_CHECKPOINT,
	CR_OP_RESTART,
};

/* Kinds of shared objects. */
enum cr_obj_type {
	CR_OBJ_FILE = 1,
	CR_OBJ_FS,
	CR_OBJ_SIGHAND,
	CR_OBJ_CRED,
	CR_OBJ_MM,
	CR_OBJ_FILES,
	CR_OBJ_PIPE,
	CR_OBJ_SHMEM,
	/* Without a number, for cr_obj_tally(). */
	CR_OBJ_SEEN,
	CR_OBJ_PIPE_ENDS,
	CR_OBJ_FILE_USERS,
	CR_OBJ_FILES_USERS,
	CR_OBJ_FS_USERS,
	CR_OBJ_SIGHAND_USERS,
	CR_OBJ_MAX,
};

/* Passes over descriptors in which an open file counts once. */
enum cr_pass {
	CR_PASS_TALLY,
	CR_PASS_OUTSIDE,
	CR_PASS_COLLECT,
	CR_PASS_LOCKS,
	CR_PASS_EPOLL,
};

/* Mark of a file in cr_ctx.obj_xa that isn't as it was: it can't be mapped. */
#define CR_OBJ_CHANGED	XA_MARK_1
/* Mark of a file that restart has made; nobody else has it open. */
#define CR_OBJ_MADE	XA_MARK_2
/* Mark of a group in cr_ctx.group_xa that has had a member. */
#define CR_GROUP_JOINED	XA_MARK_1

/**
 * struct cr_obj - a shared object, at checkpoint found by its address and at
 *		   restart by its number
 * @hash: in cr_ctx.obj_hash
 * @type: CR_OBJ_*
 * @ref: number in the image
 * @ptr: the object; whether the entry holds a reference is up to the kind
 * @users: what in the tree refers to it, see cr_obj_tally()
 * @visited: cr_obj_first() has seen it, a bit a pass
 * @held: its kind's drop() is due
 * @visitor: the last that cr_obj_first_by() was asked for
 */
struct cr_obj {
	struct hlist_node hash;
	enum cr_obj_type type;
	u32 ref;
	void *ptr;
	unsigned int users;
	u8 visited;
	bool held;
	u32 visitor;
};

/* Where we are, for messages; negative or NULL when it doesn't apply. */
struct cr_where {
	pid_t pid;
	int fd;
	unsigned long vma;
	const char *rec;
	u64 off;
};

/**
 * struct cr_log - messages of one call, kept until nothing is stopped
 * @buf: CR_LOG_SIZE bytes, or NULL when there was no memory
 * @len: bytes in use
 * @err: the first error, negative
 * @nr_errors: how many there were
 * @omitted: messages that didn't fit
 */
struct cr_log {
	char *buf;
	size_t len;
	int err;
	unsigned int nr_errors;
	unsigned int omitted;
};

#define CR_LOG_SIZE	(64 * 1024)
#define CR_LOG_LINE	512
#define CR_LOG_NOTE	64	/* that some didn't fit */

/* A piece of the serialised metadata. */
struct cr_chunk {
	struct list_head list;
	size_t len;
	size_t size;
	u8 data[];
};

/*
 * State that restart read and applies to the task in the end; of POSIX timers,
 * checkpoint keeps what it has written, too.
 */
struct cr_task_state {
	struct cr_hdr_task task;
	struct cr_hdr_sigmask sigmask;
	struct cr_hdr_restart_block restart_block;
	bool has_restart_block;
	bool has_rlimits;
	bool has_itimers;
	bool complete;
	struct cr_hdr_rlimits rlimits;
	struct cr_hdr_itimers itimers;
	struct cr_hdr_posix_timers *posix_timers;
	struct cr_hdr_sched *sched;
	struct list_head siginfo;
};

struct cr_siginfo {
	struct list_head list;
	u32 signo;
	u32 flags;
	kernel_siginfo_t info;
};

/* FS of an image: paths are resolved; applied to the first task that has it. */
struct cr_fs {
	struct path pwd;
	struct path root;
	int umask;
	struct fs_struct *applied;
};

/**
 * struct cr_pins - what of the target must not go away while it is read
 * @files: its descriptor table
 * @fs: its directories
 * @nsproxy: its namespaces
 * @stack: the kernel stack is held, where its registers are
 *
 * Nothing keeps a stopped task from being killed.
 */
struct cr_pins {
	struct files_struct *files;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	bool stack;
};

/* A stopped task; freed by whoever drops the last reference. */
struct cr_park;

/**
 * struct cr_mm - an address space, at checkpoint
 * @list: in cr_ctx.mms, in the order of the stream
 * @ref: its objref
 * @task: a task that has it
 * @mm: the address space
 * @snapshot: clone of its private memory, or NULL
 * @copies: copy of it, or NULL; without either, @mm itself is read
 */
struct cr_mm {
	struct list_head list;
	u32 ref;
	struct cr_task *task;
	struct mm_struct *mm;
	struct mm_struct *snapshot;
	struct cr_copies *copies;
};

/**
 * struct cr_task - a task of the tree
 * @list: in cr_ctx.tasks, in the order of the stream
 * @hash: in cr_ctx.task_hash: at checkpoint by address, at restart by pid
 * @ctx: of the call
 * @ent: its place in the tree
 * @task: the task to save; at restart the one that becomes it
 * @leader: entry of its thread group's leader
 *
 * @self: it calls checkpoint() for itself
 * @dead: it has exited, and its parent hasn't waited for it
 * @stopped: it is in group stop, and read as it is
 * @park: the stopped task
 * @pin: what of it is held, while it is read
 * @mm: its address space
 *
 * @mm_ref: objref of the address space that is being read
 * @files_ref: objref of the descriptor table
 * @nfds: descriptors counted so far
 *
 * @parent: entry of its parent, NULL for the root
 * @children: entries of its children, and of its threads, to be created
 * @sibling: in the parent's or the leader's @children
 * @state: what to apply to the task
 * @zombie: what is left of one that is @dead
 * @cred: credentials, checked
 * @fs: directories, found
 * @sighand: signal handlers of the task that builds, once they are read
 * @mm_hdr: MM of the image
 * @locked_xa: mappings to lock once memory is there
 * @arch: for cr_arch_*()
 * @pid: its pid, while and after it builds
 * @reserved: the number is there, the task isn't yet
 * @go: its turn has come
 * @parked: it sleeps, or is about to
 * @gone: it has been let go, or dies
 * @park_work: makes it sleep
 * @wq: where it sleeps
 * @regs_set: its registers are there; until then it can't be killed
 * @admitted: it counts as a process of its own, and leaves a zombie
 * @released: it may go
 */
struct cr_task {
	struct list_head list;
	struct hlist_node hash;
	struct cr_ctx *ctx;
	struct cr_tree_ent ent;
	struct task_struct *task;
	struct cr_task *leader;

	bool self;
	bool dead;
	bool stopped;
	struct cr_park *park;
	struct cr_pins pin;
	struct mm_struct *mm;

	u32 mm_ref;
	u32 files_ref;
	u32 nfds;

	struct cr_task *parent;
	struct list_head children;
	struct list_head sibling;
	struct cr_task_state state;
	struct cr_hdr_zombie zombie;
	struct cred *cred;
	struct cr_fs *fs;
	struct sighand_struct *sighand;
	struct cr_hdr_mm mm_hdr;
	struct xarray locked_xa;
	void *arch;
	struct pid *pid;
	bool reserved;
	struct completion go;
	struct completion parked;
	struct completion gone;
	struct callback_head park_work;
	wait_queue_head_t wq;
	bool regs_set;
	bool admitted;
	bool released;
};

/**
 * struct cr_ctx - one checkpoint(2) or restart(2)
 * @ref: held by the call, and by the task that restart creates
 * @op: which of the two
 * @flags: CHECKPOINT_* or RESTART_*
 * @cargs: arguments of checkpoint(2)
 * @rargs: arguments of restart(2)
 * @outside: descriptors declared outside, sorted
 * @inherit: descriptors supplied by the restarter
 * @file: the image
 * @log_file: where messages go, or NULL
 * @log: the messages
 * @where: where we are
 * @stats: figures for the caller
 * @start_ns: when the call began
 *
 * @chunks: serialised records, not written yet
 * @off: offset in the stream
 * @digest: of all record headers so far
 * @obj_hash: objects by address
 * @obj_xa: objects by number
 * @obj_next: number of the newest object
 *
 * @caller_root: root directory of the caller, which paths are relative to
 * @tasks: the tree, the root first, a parent before its children, a leader
 *	   before its threads
 * @nr_tasks: how many
 * @task_hash: the same
 * @cur: the one that is being saved, or that is being restored
 * @root: the first one
 * @self: the caller is in the tree, which is its own
 * @frozen_out: the tree must go on before the image is written
 * @mms: address spaces that were serialised
 * @shares: pages of theirs that others may have, too, by page frame
 * @shmem: shared memory that was serialised
 * @shmem_copied: what is in it was copied
 *
 * @head: HEAD of the image
 * @rec: the record that was read
 * @rbuf: its payload
 * @rbuf_size: size of @rbuf
 * @have_rec: it was read ahead and not consumed
 * @page_parent: objref of what pages are being read of
 * @last_page: addresses have to be this or more
 * @last_share: likewise, of shared pages
 * @outside_xa: flags of outside files, by objref
 * @epolls: epoll instances that were filled
 * @other_boot: the image was made in another boot
 *
 * @caller: the task that called restart()
 * @caller_pid: of its thread group
 * @cred: its credentials then
 * @granted: the kernel's, for what has been granted
 * @in_place: the caller becomes the root
 * @adopted: it has begun to
 * @lock: held by the task that builds
 * @step_done: a task has done its part, or it failed
 * @group_xa: groups and sessions that had to be made, by their number
 * @result: 0 or why it failed
 * @actions: signal handlers of the root, for the caller to take over
 * @new_mm: its memory, likewise
 * @new_files: its descriptors, likewise
 */
struct cr_ctx {
	refcount_t ref;
	enum cr_op op;
	unsigned long flags;
	union {
		struct checkpoint_args cargs;
		struct restart_args rargs;
	};
	s32 *outside;
	struct restart_fdmap *inherit;
	struct file *file;
	struct file *log_file;
	struct cr_log log;
	struct cr_where where;
	struct checkpoint_stats stats;
	u64 start_ns;

	struct list_head chunks;
	u64 off;
	struct xxh64_state digest;
	DECLARE_HASHTABLE(obj_hash, 10);
	struct xarray obj_xa;
	u32 obj_next;

	struct path caller_root;
	struct list_head tasks;
	u32 nr_tasks;
	DECLARE_HASHTABLE(task_hash, 8);
	struct cr_task *cur;
	struct cr_task *root;
	bool self;
	bool frozen_out;
	struct list_head mms;
	struct xarray shares;
	struct list_head shmem;
	bool shmem_copied;

	struct cr_hdr_head head;
	struct cr_rec rec;
	void *rbuf;
	size_t rbuf_size;
	bool have_rec;
	u32 page_parent;
	unsigned long last_page;
	u64 last_share;
	struct xarray outside_xa;
	struct list_head epolls;
	bool other_boot;

	struct task_struct *caller;
	struct pid *caller_pid;
	const struct cred *cred;
	const struct cred *granted;
	bool in_place;
	bool adopted;
	struct mutex lock;
	struct completion step_done;
	struct xarray group_xa;
	int result;
	struct k_sigaction *actions;
	struct mm_struct *new_mm;
	struct files_struct *new_files;
};

/* ctx.c */
struct cr_ctx *cr_ctx_alloc(enum cr_op op, unsigned long flags);
struct cr_ctx *cr_ctx_get(struct cr_ctx *ctx);
void cr_ctx_put(struct cr_ctx *ctx);

/* log.c */
void cr_where_reset(struct cr_ctx *ctx);
int cr_errno(int err);
void cr_log_flush(struct cr_ctx *ctx);
const char *cr_rec_name(u32 type);

/* io.c */
u32 cr_hdr_csum(const struct cr_hdr *h, const void *hdr, size_t hdr_len,
		const void *data, size_t len);
int cr_file_write(struct file *file, struct iov_iter *iter);
int cr_file_read(struct file *file, struct iov_iter *iter);
int cr_stream_write(struct cr_ctx *ctx, const void *buf, size_t len);
int cr_stream_write_pages(struct cr_ctx *ctx, struct page **pages,
			  unsigned int nr);
int cr_stream_read(struct cr_ctx *ctx, void *buf, size_t len);
int cr_stream_read_pages(struct cr_ctx *ctx, struct page **pages,
			 unsigned int nr);
int cr_flush(struct cr_ctx *ctx);
int cr_emit(struct cr_ctx *ctx, u32 type, u32 parent, const void *buf,
	    size_t len);
int cr_write_string(struct cr_ctx *ctx, u32 type, u32 parent, u32 what,
		    const char *str, size_t len);
int cr_peek(struct cr_ctx *ctx, struct cr_rec *rec);
int cr_read_string(struct cr_ctx *ctx, u32 type, u32 parent, u32 what,
		   char *buf, size_t size);
int cr_write_tail(struct cr_ctx *ctx);
int cr_read_tail(struct cr_ctx *ctx);

/* objhash.c */
int cr_obj_add_ptr(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		   u32 *ref);
bool cr_obj_first(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		  enum cr_pass pass);
bool cr_obj_first_by(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		     u32 by);
int cr_obj_count(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr);
int cr_obj_tally(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr,
		 void *by);
unsigned int cr_obj_users(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr);
u32 cr_obj_ref(struct cr_ctx *ctx, enum cr_obj_type type, void *ptr);
bool cr_obj_is(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref);
bool cr_obj_first_ref(struct cr_ctx *ctx, u32 ref);
void *cr_obj_next(struct cr_ctx *ctx, enum cr_obj_type type,
		  unsigned long *ref);
int cr_obj_add_ref(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref,
		   void *ptr);
void *cr_obj_get_by_ref(struct cr_ctx *ctx, enum cr_obj_type type, u32 ref);
void cr_obj_close(struct cr_ctx *ctx, enum cr_obj_type type);
void cr_obj_free(struct cr_ctx *ctx);

/* stop.c */
int cr_stop(struct cr_ctx *ctx, struct task_struct *root);
int cr_stop_settle(struct cr_ctx *ctx, struct cr_task *k);
int cr_pin(struct cr_ctx *ctx);
void cr_unpin(struct cr_ctx *ctx);
struct mm_struct *cr_stop_snapshot(struct cr_task *k);
int cr_stop_verify(struct cr_ctx *ctx);
void cr_resume_task(struct cr_task *k);
void cr_resume(struct cr_ctx *ctx);

/* tree.c */
struct cr_task *cr_task_new(struct cr_ctx *ctx);
void cr_task_drop(struct cr_task *k);
void cr_tasks_free(struct cr_ctx *ctx);
struct cr_task *cr_task_of(struct cr_ctx *ctx, const struct task_struct *t);
struct cr_task *cr_task_by_pid(struct cr_ctx *ctx, pid_t pid);
int cr_find_tree(struct cr_ctx *ctx, struct task_struct *root);
int cr_write_tree(struct cr_ctx *ctx);
int cr_read_tree(struct cr_ctx *ctx);

/* checkpoint.c, restart.c */
long do_checkpoint(struct cr_ctx *ctx, pid_t pid);
long do_restart(struct cr_ctx *ctx);
const char *cr_reader_feature(unsigned int i);
bool cr_wants_snapshot(struct cr_ctx *ctx);

/* check.c */
struct task_struct *cr_reference(struct cr_ctx *ctx);
int cr_tally_task(struct cr_ctx *ctx, struct cr_task *k);
int cr_check_task(struct cr_ctx *ctx, struct task_struct *t);

/* task.c */
int cr_write_task(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_task(struct cr_ctx *ctx);
int cr_task_apply(struct cr_ctx *ctx);
void cr_task_free(struct cr_task *k);
bool cr_comm_ok(const u8 *comm);
int cr_schedule(struct cr_ctx *ctx, struct cr_task *k);

/* sched.c */
int cr_write_sched(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_sched(struct cr_ctx *ctx);
int cr_apply_sched(struct cr_ctx *ctx, struct cr_task *k);
int cr_try_sched(struct cr_ctx *ctx, struct cr_task *k);

/* zombie.c */
int cr_write_zombie(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_zombie(struct cr_ctx *ctx);
int cr_become_zombie(struct cr_ctx *ctx);
void cr_die_again(struct cr_task *k);
void cr_bury(struct cr_task *k, bool parent);

/* time.c */
int cr_write_itimers(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_itimers(struct cr_ctx *ctx);
int cr_apply_itimers(struct cr_ctx *ctx);
int cr_write_restart_block(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_restart_block(struct cr_ctx *ctx);
void cr_apply_restart_block(struct cr_ctx *ctx);
int cr_clocks_check(struct cr_ctx *ctx);
int cr_clocks_continue(struct cr_ctx *ctx);

/* ptimer.c */
int cr_write_posix_timers(struct cr_ctx *ctx, struct task_struct *t);
bool cr_posix_timer_was_queued(struct cr_task *k, int id);
int cr_read_posix_timers(struct cr_ctx *ctx);
int cr_read_timer_signal(struct cr_ctx *ctx, const kernel_siginfo_t *info,
			 bool shared);
int cr_check_timer_signals(struct cr_ctx *ctx, struct cr_task *leader);
int cr_apply_posix_timers(struct cr_ctx *ctx);
int cr_queue_timer_signal(struct cr_ctx *ctx, int id);
void cr_resume_posix_timers(struct cr_task *k, struct signal_struct *signal);

/* signal.c */
int cr_write_sighand(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_sighand(struct cr_ctx *ctx);
int cr_write_signals(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_signals(struct cr_ctx *ctx);
void cr_flush_signals(void);
void cr_apply_mask(struct cr_ctx *ctx);
int cr_apply_signals(struct cr_ctx *ctx);

/* cred.c */
int cr_write_cred(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_cred(struct cr_ctx *ctx);
int cr_apply_cred(struct cr_ctx *ctx);
int cr_write_rlimits(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_rlimits(struct cr_ctx *ctx);
int cr_apply_rlimits(struct cr_ctx *ctx);

/* mem.c */
int cr_write_mm(struct cr_ctx *ctx);
void cr_mms_free(struct cr_ctx *ctx);
int cr_read_mm(struct cr_ctx *ctx);
int cr_finish_mm(struct cr_ctx *ctx);
int cr_apply_barriers(struct cr_ctx *ctx);

/* page.c */
/**
 * struct cr_pages - pages on their way to the image
 * @ctx: context
 * @list: for several of them
 * @parent: objref of the address space or shared memory
 * @mm: where they come from, NULL for shared memory
 * @next: address to go on from
 * @nr: pages
 * @nr_runs: runs
 * @fault: an address whose page has to be brought in first
 * @elide_zero: leave out pages that hold zeros only
 * @cloned: @mm is a clone
 * @finding: pages are looked for that others have
 * @share_lists: those that were found
 * @shares: one of these lists, or NULL
 * @share_pos: how far cr_shares_has() has come in it
 * @page: the pages, each with a reference
 * @run: where they were; of shared memory, their offsets
 */
struct cr_pages {
	struct cr_ctx *ctx;
	struct list_head list;
	u32 parent;
	struct mm_struct *mm;
	unsigned long next;
	unsigned int nr;
	unsigned int nr_runs;
	unsigned long fault;
	bool elide_zero;
	bool cloned;
	bool finding;
	struct list_head share_lists;
	struct cr_share_list *shares;
	unsigned int share_pos;
	struct page *page[CR_PGARR_MAX];
	struct cr_pgrun run[CR_PGARR_MAX];
};

struct cr_pages *cr_pages_alloc(struct cr_ctx *ctx, u32 parent);
void cr_pages_reset(struct cr_pages *p);
void cr_pages_free(struct cr_pages *p);
void cr_pages_add(struct cr_pages *p, struct page *page, unsigned long addr);
int cr_write_pgarr(struct cr_pages *p);
int cr_write_mms(struct cr_ctx *ctx);
bool cr_page_is_zero(struct page *page);
bool cr_has_private(const struct vm_area_struct *vma);
struct vm_area_struct *cr_target_vma(struct mm_struct *mm, unsigned long addr);
int cr_pages_copy(struct cr_pages *p, struct page *from, unsigned long addr);
int cr_begin_pages(struct cr_ctx *ctx, u32 parent);
int cr_read_pages(struct cr_ctx *ctx);

/* copy.c */
bool cr_mm_is_small(struct mm_struct *mm);
int cr_copy_mm(struct cr_ctx *ctx, struct cr_mm *m);
void cr_copies_free(struct cr_copies *c);
void cr_find_copied_shares(struct cr_pages *p, const struct cr_copies *c);
void cr_list_copied(struct cr_pages *p, const struct cr_copies *c);

/* share.c */
int cr_shares_offer(struct cr_pages *p);
void cr_shares_free(struct cr_ctx *ctx);
bool cr_shares_full(const struct cr_pages *p);
void cr_shares_add(struct cr_pages *p, struct page *page, unsigned long addr);
bool cr_shares_has(struct cr_pages *p, unsigned long addr);
int cr_shares_more(struct cr_pages *p);
void cr_shares_drop(struct cr_pages *p);
int cr_write_shares(struct cr_pages *p, u32 near);
int cr_read_shares(struct cr_ctx *ctx);

/* file.c */
typedef int (*cr_fd_fn)(struct cr_ctx *ctx, struct file *file, int fd);
bool cr_first_files(struct cr_ctx *ctx, enum cr_pass pass);
int cr_tally_files(struct cr_ctx *ctx, struct task_struct *t);
int cr_collect_outside(struct cr_ctx *ctx, struct task_struct *t);
int cr_collect_files(struct cr_ctx *ctx, struct task_struct *t);
int cr_write_file(struct cr_ctx *ctx, struct file *file, int fd, u32 *ref);
int cr_read_file(struct cr_ctx *ctx);
int cr_write_files(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_files(struct cr_ctx *ctx);
int cr_write_fname(struct cr_ctx *ctx, u32 parent, u32 what,
		   const struct path *path);
void cr_set_file_flags(struct file *file, u32 flags);
void cr_own_inode(struct inode *inode, u32 uid, u32 gid);
int cr_walk_fds(struct cr_ctx *ctx, struct task_struct *t, cr_fd_fn fn);
struct file *cr_file_for_fd(struct cr_ctx *ctx, u32 ref, int fd);

/* pipe.c */
int cr_pipe_tally(struct cr_ctx *ctx, struct file *file);
int cr_write_pipe(struct cr_ctx *ctx, struct file *file,
		  struct cr_hdr_fd_data *h);
int cr_read_pipe(struct cr_ctx *ctx);
struct file *cr_open_pipe(struct cr_ctx *ctx, const struct cr_hdr_fd_data *h);
void cr_pipe_free(void *ptr);

/* eventfd.c */
bool cr_is_eventfd(struct file *file);
int cr_write_eventfd(struct cr_ctx *ctx, struct file *file, u32 parent);
struct file *cr_open_eventfd(struct cr_ctx *ctx,
			     const struct cr_hdr_fd_data *d);

/* epoll.c */
int cr_write_epolls(struct cr_ctx *ctx, struct task_struct *t);
struct file *cr_open_epoll(struct cr_ctx *ctx, const struct cr_hdr_fd_data *d);
int cr_read_epoll(struct cr_ctx *ctx);
void cr_settle_epolls(struct cr_ctx *ctx);
void cr_epolls_forget(struct cr_ctx *ctx);

/* shmem.c */
bool cr_is_shmem(struct file *file);
int cr_write_shmem(struct cr_ctx *ctx, struct file *file,
		   struct cr_hdr_fd_data *d);
int cr_snapshot_shmem(struct cr_ctx *ctx);
int cr_write_shmem_pages(struct cr_ctx *ctx);
void cr_shmem_forget(struct cr_ctx *ctx);
int cr_read_shmem(struct cr_ctx *ctx);
struct file *cr_shmem_file(struct cr_ctx *ctx, u32 ref);
struct file *cr_open_shmem(struct cr_ctx *ctx, const struct cr_hdr_fd_data *d);
int cr_seal_shmem(struct cr_ctx *ctx);
void cr_new_shmem_free(void *ptr);

/* fs.c */
void cr_hold_fs(struct fs_struct *fs);
void cr_put_fs(struct fs_struct *fs);
int cr_write_fs(struct cr_ctx *ctx, struct task_struct *t);
int cr_read_fs(struct cr_ctx *ctx);
int cr_apply_fs(struct cr_ctx *ctx);
void cr_fs_free(void *ptr);

#endif /* _CHECKPOINT_INTERNAL_H */
