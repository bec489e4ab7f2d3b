// SPDX-License-Identifier: GPL-2.0-only
/* Processes and their children: who is related to whom, and what they share. */
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cr_test.h"

#define PAGE	4096UL

/*
 * Processes say in one pipe that they are there, a byte each, and wait for the
 * end of the other, whose only writer is the root: it comes with its death, too.
 */
static int up[2], go[2];

static void init(void)
{
	cr_setup(!pipe(up) && !pipe(go), "pipe");
}

static void say_up(void)
{
	cr_setup(write(up[1], "x", 1) == 1, "write");
}

static void await_go(void)
{
	char c;

	cr_check(!read(go[0], &c, 1), "read: %m");
}

/* Set-up is complete when @n processes are there. */
static void ready(int n)
{
	char c;

	for (; n; n--)
		cr_setup(read(up[0], &c, 1) == 1, "read");
	cr_ready();
}

static void let_go(void)
{
	close(go[1]);
}

/* A child that runs a function and ends with what it returns. */
static pid_t spawn_with(unsigned long flags, int (*fn)(long), long arg)
{
	pid_t pid = syscall(SYS_clone, flags, NULL, NULL, NULL, 0);

	cr_setup(pid >= 0, "clone");
	if (!pid) {
		if (!(flags & CLONE_FILES))
			close(go[1]);
		_exit(fn(arg));
	}
	return pid;
}

static pid_t spawn(int (*fn)(long), long arg)
{
	return spawn_with(SIGCHLD, fn, arg);
}

static void check_exit(pid_t pid, int want)
{
	int status;
	pid_t got = waitpid(pid, &status, 0);

	cr_check(got == pid, "waitpid(%d) gave %d: %m", pid, got);
	cr_check(WIFEXITED(status) && WEXITSTATUS(status) == want, "child %d: status %#x, want %#x", pid, status,
		 want << 8);
}

static void check_no_child(void)
{
	cr_check(waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD, "a child too many: %m");
}

static char state_of(pid_t pid)
{
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = cr_open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	cr_setup(n > 0, "read %s", path);
	text[n] = 0;
	p = strrchr(text, ')');
	return p[2];
}

static void await_state(pid_t pid, char want)
{
	while (state_of(pid) != want)
		cr_nap();
}

/* Waits for all of @n children: each ends with its code, and nobody else is there. */
static void reap(const pid_t *pid, const int *code, int n)
{
	bool seen[64] = { false };
	int i, k, status;
	pid_t got;

	for (k = 0; k < n; k++) {
		got = wait(&status);
		cr_check(got > 0 && WIFEXITED(status), "wait gave %d, status %#x: %m", got, status);
		for (i = 0; i < n; i++)
			if (!seen[i] && WEXITSTATUS(status) == code[i] && (!cr_keeps_pid(false) || got == pid[i]))
				break;
		cr_check(i < n, "child %d: status %#x", got, status);
		seen[i] = true;
	}
	check_no_child();
}

/* Three levels: pids, parents and what each ends with. */

struct self {
	pid_t pid, ppid;
};

static void note_self(struct self *s)
{
	*s = (struct self){ getpid(), getppid() };
}

static void check_self(const struct self *s, int depth)
{
	if (cr_keeps_pid(!depth))
		cr_check(getpid() == s->pid, "pid %d, was %d", getpid(), s->pid);
	/* The root's parent is the restarter. */
	if (depth && cr_keeps_pid(depth == 1))
		cr_check(getppid() == s->ppid, "pid %d: parent %d, was %d", getpid(), getppid(), s->ppid);
}

static const int family_width[] = { 3, 2, 1, 0 };

static int member(long id);

static void family_of(long id, int depth)
{
	uint64_t *page = cr_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, 0);
	int i, n = family_width[depth], code[3];
	struct self self;
	pid_t child[3];
	char name[16];

	snprintf(name, sizeof(name), "member %ld", id);
	cr_setup(!prctl(PR_SET_NAME, name), "PR_SET_NAME");
	cr_fill(page, PAGE, id << 20);
	note_self(&self);
	for (i = 0; i < n; i++) {
		code[i] = id * 4 + i + 1;
		child[i] = spawn(member, code[i]);
	}
	if (depth) {
		say_up();
		await_go();
	} else {
		ready(3 + 6 + 6);
		let_go();
	}
	check_self(&self, depth);
	cr_check_fill(page, PAGE, (uint64_t)id << 20);
	for (i = 0; i < n; i++)
		code[i] &= 0xff;
	reap(child, code, n);
}

static int member(long id)
{
	family_of(id, id < 4 ? 1 : id < 16 ? 2 : 3);
	return id & 0xff;
}

static void family(void)
{
	init();
	family_of(0, 0);
}

#define MANY	60

static int one_of_many(long id)
{
	struct self self;

	note_self(&self);
	say_up();
	await_go();
	check_self(&self, 1);
	return id;
}

static void many(void)
{
	pid_t child[MANY];
	int code[MANY], i;

	init();
	for (i = 0; i < MANY; i++) {
		code[i] = i + 1;
		child[i] = spawn(one_of_many, code[i]);
	}
	ready(MANY);
	let_go();
	reap(child, code, MANY);
}

/* Ends and their signals. */

static int ends(long id)
{
	say_up();
	await_go();
	return id;
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	cr_setup(!sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
}

/* The signal that is pending or comes, 0 for none. */
static int take(int sig, int seconds, siginfo_t *info)
{
	struct timespec ts = { seconds, 0 };
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, sig);
	do
		ret = sigtimedwait(&set, info, &ts);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? 0 : ret;
}

static void sigchld(void)
{
	siginfo_t info;
	pid_t pid;

	block(SIGCHLD);
	init();
	pid = spawn(ends, 33);
	ready(1);
	cr_check(!take(SIGCHLD, 0, &info), "a SIGCHLD before the child ends");
	let_go();
	cr_check(take(SIGCHLD, 20, &info), "no SIGCHLD");
	cr_check(info.si_code == CLD_EXITED && info.si_status == 33 && (!cr_keeps_pid(false) || info.si_pid == pid),
		 "SIGCHLD of %d, code %d, status %d", info.si_pid, info.si_code, info.si_status);
	cr_check(!take(SIGCHLD, 0, &info), "a second SIGCHLD");
	reap(&pid, &(int){ 33 }, 1);
}

static void check_clone_exit(pid_t pid, int want)
{
	int status;

	cr_check(waitpid(pid, NULL, WNOHANG) == -1 && errno == ECHILD, "child %d is an ordinary one: %m", pid);
	cr_check(waitpid(pid, &status, __WCLONE) == pid && WIFEXITED(status) && WEXITSTATUS(status) == want,
		 "child %d: status %#x: %m", pid, status);
}

/* Ends of which something else is told than SIGCHLD, or nothing. */
static void exit_signals(void)
{
	pid_t usr1, none, realtime;
	siginfo_t info;

	block(SIGCHLD);
	block(SIGUSR1);
	block(SIGRTMIN);
	init();
	usr1 = spawn_with(SIGUSR1, ends, 1);
	none = spawn_with(0, ends, 2);
	realtime = spawn_with(SIGRTMIN, ends, 3);
	ready(3);
	cr_check(!take(SIGUSR1, 0, &info) && !take(SIGRTMIN, 0, &info), "a signal before the end");
	let_go();
	cr_check(take(SIGUSR1, 20, &info) && info.si_pid == usr1 && info.si_status == 1, "SIGUSR1 of %d, status %d",
		 info.si_pid, info.si_status);
	cr_check(take(SIGRTMIN, 20, &info) && info.si_pid == realtime && info.si_status == 3,
		 "SIGRTMIN of %d, status %d", info.si_pid, info.si_status);
	check_clone_exit(none, 2);
	check_clone_exit(usr1, 1);
	check_clone_exit(realtime, 3);
	cr_check(!take(SIGCHLD, 0, &info), "SIGCHLD of %d", info.si_pid);
	check_no_child();
}

/* A process whose parent dies gets a signal, and the parent's parent doesn't. */
static int dies_alone(long id)
{
	siginfo_t info;

	block(SIGUSR2);
	cr_setup(!prctl(PR_SET_PDEATHSIG, SIGUSR2), "PR_SET_PDEATHSIG");
	say_up();
	cr_check(take(SIGUSR2, 25, &info), "no SIGUSR2");
	say_up();
	return id;
}

static int has_child(long id)
{
	spawn(dies_alone, 9);
	say_up();
	await_go();
	return id;
}

static void parent_dies(void)
{
	pid_t pid;
	char c;

	init();
	pid = spawn(has_child, 7);
	ready(2);
	let_go();
	reap(&pid, &(int){ 7 }, 1);
	cr_check(read(up[0], &c, 1) == 1, "read: %m");
}

/* Processes that have ended, and whom nobody has waited for. */

static int ends_at_once(long id)
{
	return id;
}

static int ends_by_signal(long id)
{
	kill(getpid(), id);
	return 0;
}

static int ends_used(long id)
{
	uint64_t x = id, end = cr_now_ns(CLOCK_PROCESS_CPUTIME_ID) + 100000000;

	cr_setup(!prctl(PR_SET_NAME, "used"), "PR_SET_NAME");
	while (cr_now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		x = cr_mix(x);
	return x == 0 ? 1 : id;
}

static void await_end(pid_t pid)
{
	siginfo_t info;

	cr_setup(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WALL), "waitid");
}

static long long usec(const struct timeval *tv)
{
	return tv->tv_sec * 1000000LL + tv->tv_usec;
}

static void zombies(void)
{
	pid_t exits, killed, used, silent;
	struct rusage before, after;
	siginfo_t info;
	int status;

	block(SIGCHLD);
	init();
	exits = spawn(ends_at_once, 42);
	killed = spawn(ends_by_signal, SIGTERM);
	used = spawn(ends_used, 43);
	silent = spawn_with(0, ends_at_once, 44);
	await_end(exits);
	await_end(killed);
	await_end(used);
	await_end(silent);
	cr_setup(take(SIGCHLD, 0, &info) && !getrusage(RUSAGE_CHILDREN, &before), "SIGCHLD");
	ready(0);
	cr_check(!take(SIGCHLD, 0, &info), "SIGCHLD of %d for the second time", info.si_pid);
	cr_check(!cr_keeps_pid(false) || (state_of(exits) == 'Z' && state_of(silent) == 'Z'), "a state");
	cr_check(!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), "waitid: %m");
	if (!cr_keeps_pid(false)) {
		int code, sum = 0;

		while (wait(&code) > 0)
			sum += WIFEXITED(code) ? WEXITSTATUS(code) : 1000 * WTERMSIG(code);
		cr_check(sum == 42 + 43 + 1000 * SIGTERM, "they ended with %d", sum);
		return;
	}
	check_exit(exits, 42);
	cr_check(waitpid(killed, &status, 0) == killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
		 "status %#x: %m", status);
	cr_check(wait4(used, &status, 0, &after) == used && WEXITSTATUS(status) == 43, "status %#x: %m", status);
	cr_check(usec(&after.ru_utime) + usec(&after.ru_stime) >= 90000, "it has used %lld us",
		 usec(&after.ru_utime) + usec(&after.ru_stime));
	check_clone_exit(silent, 44);
	cr_check(!getrusage(RUSAGE_CHILDREN, &after) &&
		 usec(&after.ru_utime) + usec(&after.ru_stime) >=
		 usec(&before.ru_utime) + usec(&before.ru_stime) + 90000, "what children used isn't counted");
	check_no_child();
}

/* One that is to be waited for by its parent, who isn't the root. */
static int has_zombie(long id)
{
	pid_t pid = spawn(ends_at_once, 5);

	await_end(pid);
	say_up();
	await_go();
	reap(&pid, &(int){ 5 }, 1);
	return id;
}

/* And one whose parent ends without waiting: the root's parent gets it. */
static int leaves_zombie(long id)
{
	await_end(spawn(ends_at_once, 6));
	say_up();
	await_go();
	return id;
}

static void zombie_below(void)
{
	pid_t pid[2];

	init();
	pid[0] = spawn(has_zombie, 11);
	pid[1] = spawn(leaves_zombie, 12);
	ready(2);
	let_go();
	reap(pid, (int []){ 11, 12 }, 2);
}

/* What they share. */

static int data[2], file, event, watch;
static uint64_t *shared, *private, *memfd_map;

static int pipe_writer(long id)
{
	char c;

	close(data[0]);
	say_up();
	await_go();
	cr_check(write(data[1], "later", 5) == 5, "write: %m");
	close(data[1]);
	cr_check(read(go[0], &c, 1) == 0, "read: %m");
	return id;
}

static void pipes(void)
{
	char text[32] = { 0 };
	ssize_t n, sum = 0;
	pid_t pid;

	init();
	cr_setup(!pipe(data) && write(data[1], "before ", 7) == 7, "pipe");
	pid = spawn(pipe_writer, 3);
	close(data[1]);
	ready(1);
	let_go();
	/* It ends when the child closes its end. */
	while ((n = read(data[0], text + sum, sizeof(text) - 1 - sum)) > 0)
		sum += n;
	cr_check(!n && !strcmp(text, "before later"), "read %s: %m", text);
	reap(&pid, &(int){ 3 }, 1);
}

static int mover(long id)
{
	char buf[8];

	say_up();
	await_go();
	cr_check(lseek(file, 0, SEEK_CUR) == 800 && read(file, buf, 8) == 8, "offset %ld: %m",
		 (long)lseek(file, 0, SEEK_CUR));
	cr_check(!fcntl(file, F_SETFL, O_APPEND), "F_SETFL: %m");
	return id;
}

static void offsets(void)
{
	uint64_t w;
	pid_t pid;
	int other;

	init();
	file = cr_open(cr_make_file("data", 4096, 5), O_RDWR);
	other = cr_open(cr_path("data"), O_RDWR);
	cr_setup(lseek(file, 800, SEEK_SET) == 800, "lseek");
	pid = spawn(mover, 4);
	ready(1);
	let_go();
	reap(&pid, &(int){ 4 }, 1);
	cr_check(lseek(file, 0, SEEK_CUR) == 808 && fcntl(file, F_GETFL) & O_APPEND, "offset %ld, flags %#x",
		 (long)lseek(file, 0, SEEK_CUR), fcntl(file, F_GETFL));
	cr_check(read(file, &w, 8) == 8 && w == cr_mix(5 + 101), "read %#lx", w);
	cr_check(!lseek(other, 0, SEEK_CUR), "another open file moved");
}

#define SHARED	(64 * PAGE)

static int sharer(long id)
{
	cr_fill(shared + 1024, 8192, 21);
	say_up();
	await_go();
	cr_check_fill(shared, 8192, 20);
	cr_check_fill(memfd_map, 8192, 30);
	shared[5000] = 0x5000;
	memfd_map[5000] = 0x5001;
	return id;
}

static void memory(void)
{
	uint64_t *again;
	pid_t pid;
	int fd;

	init();
	fd = memfd_create("tree", 0);
	cr_setup(fd >= 0 && !ftruncate(fd, SHARED), "memfd");
	shared = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memfd_map = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_setup(shared != MAP_FAILED && memfd_map != MAP_FAILED, "mmap");
	cr_fill(shared, 8192, 20);
	cr_fill(memfd_map, 8192, 30);
	pid = spawn(sharer, 5);
	ready(1);
	cr_check_fill(shared, 8192, 20);
	cr_check_fill(shared + 1024, 8192, 21);
	let_go();
	reap(&pid, &(int){ 5 }, 1);
	cr_check(shared[5000] == 0x5000 && memfd_map[5000] == 0x5001, "words %#lx, %#lx", shared[5000], memfd_map[5000]);
	again = mmap(NULL, SHARED, PROT_READ, MAP_SHARED, fd, 0);
	cr_check(again != MAP_FAILED && again[5000] == 0x5001, "the memfd isn't what is mapped");
}

/* Memory that was the same once: each has its own, changed in places or not. */
#define OWN	(256 * PAGE)

static void touch(long id)
{
	int i;

	/* Every fourth page is one's own, every fourth nobody changes. */
	for (i = 0; i < 256; i++)
		if (i % 4 != 3 && (i % 4 == id || i % 4 == 0))
			cr_fill(private + i * PAGE / 8, PAGE, id * 1000 + i);
}

static void check_touched(long id)
{
	int i;

	for (i = 0; i < 256; i++) {
		long seed = i % 4 != 3 && (i % 4 == id || i % 4 == 0) ? id * 1000 + i : 7000 + i;

		cr_check(cr_verify(private + i * PAGE / 8, PAGE, seed) < 0, "process %ld: page %d", id, i);
	}
}

static int owner(long id)
{
	touch(id);
	say_up();
	await_go();
	check_touched(id);
	return id;
}

static void privates(void)
{
	pid_t pid[2];
	int i;

	init();
	private = cr_mmap(NULL, OWN, PROT_READ | PROT_WRITE, 0);
	for (i = 0; i < 256; i++)
		cr_fill(private + i * PAGE / 8, PAGE, 7000 + i);
	pid[0] = spawn(owner, 1);
	pid[1] = spawn(owner, 2);
	touch(3);
	ready(2);
	check_touched(3);
	let_go();
	reap(pid, (int []){ 1, 2 }, 2);
	check_touched(3);
}

/*
 * Pages that processes have together until one of them writes: the root looks
 * how much of them each still shares.
 */
#define COW	(64UL << 20)
#define KIDS	8

static char *cow;

/* Bytes of a mapping, and of those that nobody else has, in kB as in smaps. */
static void look_shared(pid_t pid, const void *addr, long *rss, long *private)
{
	char path[64], line[256], *end;
	bool in = false;
	FILE *f;

	sprintf(path, "/proc/%d/smaps", pid);
	f = fopen(path, "r");
	cr_setup(f, "%s: %m", path);
	*rss = *private = 0;
	while (fgets(line, sizeof(line), f)) {
		unsigned long start = strtoul(line, &end, 16);
		long kb;

		if (*end == '-')
			in = start <= (unsigned long)addr && (unsigned long)addr < strtoul(end + 1, NULL, 16);
		else if (in && sscanf(line, "Rss: %ld", &kb) == 1)
			*rss += kb;
		else if (in && (sscanf(line, "Private_Dirty: %ld", &kb) == 1 || sscanf(line, "Private_Clean: %ld", &kb) == 1))
			*private += kb;
	}
	fclose(f);
}

static void check_shared(pid_t pid, const void *addr, long want_rss, long want_private)
{
	long rss, private;

	look_shared(pid, addr, &rss, &private);
	cr_check(rss == want_rss && private == want_private, "process %d has %ld kB at %p, %ld of them alone, not %ld and %ld",
		 pid, rss, addr, private, want_rss, want_private);
}

/* Each writes four pages of its own. */
static int cow_child(long id)
{
	unsigned long i;

	for (i = 0; i < 4; i++)
		cr_fill((unsigned long *)(cow + (id * 64 + i) * PAGE), PAGE, 100 * id + i);
	say_up();
	await_go();
	for (i = 0; i < 4; i++)
		cr_check(cr_verify((unsigned long *)(cow + (id * 64 + i) * PAGE), PAGE, 100 * id + i) < 0,
			 "page %lu of child %ld", i, id);
	for (i = 0; i < COW / PAGE; i++)
		if (i / 64 != (unsigned long)id || i % 64 > 3)
			cr_check(cr_verify((unsigned long *)(cow + i * PAGE), PAGE, i) < 0, "child %ld: page %lu", id, i);
	/* What it writes now nobody else sees. */
	memset(cow, id, 64 * PAGE);
	return id;
}

static void cow_pages(void)
{
	pid_t pid[KIDS];
	unsigned long i;
	int code[KIDS];

	init();
	cow = cr_mmap(NULL, COW, PROT_READ | PROT_WRITE, 0);
	madvise(cow, COW, MADV_NOHUGEPAGE);
	for (i = 0; i < COW / PAGE; i++)
		cr_fill((unsigned long *)(cow + i * PAGE), PAGE, i);
	for (i = 0; i < KIDS; i++) {
		code[i] = i;
		pid[i] = spawn(cow_child, i);
	}
	ready(KIDS);
	/* Only one child has replaced a page: the others have it, too. */
	check_shared(getpid(), cow, COW / 1024, 0);
	for (i = 0; i < KIDS; i++)
		check_shared(pid[i], cow, COW / 1024, 16);
	let_go();
	reap(pid, code, KIDS);
	for (i = 0; i < COW / PAGE; i++)
		cr_check(cr_verify((unsigned long *)(cow + i * PAGE), PAGE, i) < 0, "page %lu", i);
}

/*
 * The same where mappings aren't what they were, and among others than parent
 * and child: 1 MiB pieces, of which
 *  0 is a huge page's where there are such, with 1
 *  2 can't be written any more in the child, 3 can't be read
 *  4 has lost pages in the child
 *  5 was moved in it
 *  6 the child has written, and its own children have as it is
 */
#define PIECE	(1UL << 20)
#define PIECES	8

static char *moved;
static unsigned long cow_word;

static unsigned long *piece(int n)
{
	return (unsigned long *)(n == 5 && moved ? moved : cow + n * PIECE);
}

static int odd_grandchild(long id)
{
	cr_fill(piece(7), PIECE, 70 + id);
	say_up();
	await_go();
	cr_check(cr_verify(piece(0), PIECE, 0) < 0, "%ld: piece 0", id);
	cr_check(cr_verify(piece(1), PIECE, 1) < 0, "%ld: piece 1", id);
	cr_check(cr_verify(piece(2), PIECE, 2) < 0, "%ld: piece 2", id);
	cr_check(!mprotect(piece(3), PIECE, PROT_READ), "mprotect: %m");
	cr_check(cr_verify(piece(3), PIECE, 3) < 0, "%ld: piece 3", id);
	cr_check(cr_verify(piece(5), PIECE, 5) < 0, "%ld: piece 5", id);
	cr_check(cr_verify(piece(6), PIECE, 66) < 0, "%ld: piece 6", id);
	cr_check(cr_verify(piece(7), PIECE, 70 + id) < 0, "%ld: piece 7", id);
	cr_check(!*piece(4) && !piece(4)[PIECE / 8 - 1], "%ld: pages that were dropped are back", id);
	cr_check(piece(4)[PIECE / 16 + 1024] == cow_word, "%ld: a page that wasn't dropped isn't there", id);
	cr_fill(piece(6), PIECE, 90 + id);
	return id;
}

static int odd_child(long id)
{
	pid_t pid;

	cr_setup(!mprotect(piece(2), PIECE, PROT_READ) && !mprotect(piece(3), PIECE, PROT_NONE), "mprotect");
	cow_word = piece(4)[PIECE / 16 + 1024];
	cr_setup(!madvise(piece(4), PIECE / 2, MADV_DONTNEED), "madvise");
	cr_setup(!madvise(cow + 4 * PIECE + PIECE * 3 / 4, PIECE / 4, MADV_DONTNEED), "madvise");
	moved = mremap(piece(5), PIECE, PIECE, MREMAP_MAYMOVE | MREMAP_FIXED, cow + (PIECES + 2) * PIECE);
	cr_setup(moved != MAP_FAILED, "mremap");
	cr_fill(piece(6), PIECE, 66);
	/* One is its child, the other its sibling. */
	pid = spawn(odd_grandchild, 1);
	spawn_with(CLONE_PARENT | SIGCHLD, odd_grandchild, 2);
	say_up();
	await_go();
	reap(&pid, &(int){ 1 }, 1);
	cr_check(cr_verify(piece(5), PIECE, 5) < 0 && cr_verify(piece(6), PIECE, 66) < 0, "pieces of the child");
	return id;
}

static void cow_odd(void)
{
	int status, i, ends = 0;

	init();
	cow = cr_mmap(NULL, (PIECES + 4) * PIECE, PROT_READ | PROT_WRITE, 0);
	/* On a boundary of huge pages. */
	cow = (char *)(((unsigned long)cow + 2 * PIECE - 1) & ~(2 * PIECE - 1));
	madvise(cow, 2 * PIECE, MADV_HUGEPAGE);
	for (i = 0; i < PIECES; i++)
		cr_fill(piece(i), PIECE, i);
	spawn(odd_child, 0);
	ready(3);
	let_go();
	while (wait(&status) > 0)
		ends += WIFEXITED(status) ? WEXITSTATUS(status) + 1 : 100;
	cr_check(ends == 1 + 3, "children ended otherwise: %d", ends);
	for (i = 0; i < PIECES; i++)
		cr_check(cr_verify(piece(i), PIECE, i) < 0, "piece %d", i);
}

/* A descriptor table of two processes. */
static int filer(long id)
{
	char c;

	say_up();
	cr_check(read(data[0], &c, 1) == 1, "read: %m");
	cr_check(!close(event), "close: %m");
	cr_check(dup2(data[0], 77) == 77, "dup2: %m");
	return id;
}

static void clone_files(void)
{
	pid_t pid;

	init();
	event = eventfd(3, 0);
	cr_setup(!pipe(data) && event >= 0, "pipe");
	pid = spawn_with(CLONE_FILES | SIGCHLD, filer, 6);
	ready(1);
	cr_check(write(data[1], "xy", 2) == 2, "write: %m");
	reap(&pid, &(int){ 6 }, 1);
	cr_check(fcntl(event, F_GETFD) == -1 && errno == EBADF, "what the child closed is there");
	cr_check(!fcntl(77, F_GETFD) && read(77, &pid, 4) == 1, "what the child opened isn't there: %m");
}

/* A working directory and umask of two processes. */
static int walker(long id)
{
	say_up();
	await_go();
	cr_check(umask(031) == 026, "another umask");
	cr_check(!chdir("/"), "chdir: %m");
	return id;
}

static void clone_fs(void)
{
	char dir[256];
	pid_t pid;

	init();
	umask(026);
	pid = spawn_with(CLONE_FS | SIGCHLD, walker, 7);
	ready(1);
	let_go();
	reap(&pid, &(int){ 7 }, 1);
	cr_check(umask(0) == 031, "another umask");
	cr_check(getcwd(dir, sizeof(dir)) && !strcmp(dir, "/"), "the working directory is %s", dir);
}

static int notifier(long id)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 0x1234567890ULL };

	say_up();
	await_go();
	cr_check(!epoll_ctl(watch, EPOLL_CTL_MOD, event, &ev), "EPOLL_CTL_MOD: %m");
	cr_check(!eventfd_write(event, 40), "eventfd_write: %m");
	return id;
}

static void inherited(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 1 };
	eventfd_t value;
	pid_t pid;

	init();
	event = eventfd(0, 0);
	watch = epoll_create1(0);
	cr_setup(event >= 0 && watch >= 0 && !epoll_ctl(watch, EPOLL_CTL_ADD, event, &ev), "epoll");
	pid = spawn(notifier, 8);
	ready(1);
	cr_check(!epoll_wait(watch, &ev, 1, 0), "ready before it is");
	let_go();
	cr_check(epoll_wait(watch, &ev, 1, 20000) == 1 && ev.data.u64 == 0x1234567890ULL, "data %#lx: %m",
		 (unsigned long)ev.data.u64);
	cr_check(!eventfd_read(event, &value) && value == 40, "eventfd %lu: %m", (unsigned long)value);
	reap(&pid, &(int){ 8 }, 1);
}

/* Locks of an open file that parent and child have. */
static int locker(long id)
{
	say_up();
	await_go();
	cr_check(!flock(file, LOCK_EX | LOCK_NB), "flock: %m");
	close(file);
	return id;
}

static void check_locked(int fd, bool want)
{
	struct flock ofd = { .l_type = F_WRLCK, .l_start = 100, .l_len = 10 };

	cr_check((flock(fd, LOCK_EX | LOCK_NB) == -1) == want, "flock: %m");
	cr_check((fcntl(fd, F_OFD_SETLK, &ofd) == -1) == want, "F_OFD_SETLK: %m");
}

static void locks(void)
{
	struct flock ofd = { .l_type = F_WRLCK, .l_start = 100, .l_len = 10 };
	pid_t pid;
	int other;

	init();
	file = cr_open(cr_make_file("data", 4096, 5), O_RDWR);
	pid = spawn(locker, 9);
	cr_setup(!flock(file, LOCK_EX) && !fcntl(file, F_OFD_SETLK, &ofd), "locks");
	ready(1);
	other = cr_open(cr_path("data"), O_RDWR);
	check_locked(other, true);
	let_go();
	reap(&pid, &(int){ 9 }, 1);
	check_locked(other, true);
	close(file);
	check_locked(other, false);
}

/* A record lock is one process's: the child's is the child's. */
static int record_locker(long id)
{
	struct flock fl = { .l_type = F_WRLCK, .l_start = id * 10, .l_len = 10 };

	cr_setup(!fcntl(file, F_SETLK, &fl), "F_SETLK");
	say_up();
	await_go();
	cr_check(!fcntl(file, F_SETLK, &fl), "F_SETLK: %m");
	return id;
}

static void record_locks(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_start = 15, .l_len = 1 };
	pid_t pid[2];

	init();
	file = cr_open(cr_make_file("data", 4096, 5), O_RDWR);
	pid[0] = spawn(record_locker, 1);
	pid[1] = spawn(record_locker, 2);
	ready(2);
	cr_check(!fcntl(file, F_GETLK, &fl) && fl.l_type == F_WRLCK && fl.l_start == 10, "type %d at %ld", fl.l_type,
		 (long)fl.l_start);
	cr_check(!cr_keeps_pid(false) || fl.l_pid == pid[0], "lock of %d, want %d", fl.l_pid, pid[0]);
	let_go();
	reap(pid, (int []){ 1, 2 }, 2);
}

/* A child of a thread is that thread's. */

static pthread_barrier_t barrier;
static pid_t thread_child;

static void *main_thread(void *arg)
{
	int status;

	thread_child = spawn(ends, 14);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	/* Only its own children. */
	cr_check(waitpid(-1, &status, __WNOTHREAD) == thread_child && WEXITSTATUS(status) == 14,
		 "the thread's child: status %#x: %m", status);
	return arg;
}

static void child_of_thread(void)
{
	pthread_t thread;
	pid_t pid;

	init();
	cr_setup(!pthread_barrier_init(&barrier, NULL, 2), "barrier");
	pid = spawn(ends, 15);
	cr_setup(!pthread_create(&thread, NULL, main_thread, NULL), "pthread_create");
	pthread_barrier_wait(&barrier);
	ready(2);
	cr_check(waitpid(thread_child, NULL, __WNOTHREAD | WNOHANG) == -1 && errno == ECHILD,
		 "the thread's child is the first thread's: %m");
	let_go();
	cr_check(waitpid(-1, NULL, __WNOTHREAD) == pid, "waitpid: %m");
	pthread_barrier_wait(&barrier);
	cr_check(!pthread_join(thread, NULL), "pthread_join");
	check_no_child();
}

/* Processes with threads below each other. */

static void *main_worker(void *arg)
{
	pthread_barrier_wait(&barrier);
	await_go();
	return (void *)((long)arg * 2);
}

static int with_threads(long id)
{
	pthread_t thread[4];
	pid_t child = 0;
	void *ret;
	long i;

	cr_setup(!pthread_barrier_init(&barrier, NULL, 5), "barrier");
	for (i = 0; i < 4; i++)
		cr_setup(!pthread_create(&thread[i], NULL, main_worker, (void *)(id * 10 + i)), "pthread_create");
	pthread_barrier_wait(&barrier);
	if (id < 3)
		child = spawn(with_threads, id + 1);
	say_up();
	for (i = 0; i < 4; i++)
		cr_check(!pthread_join(thread[i], &ret) && (long)ret == 2 * (id * 10 + i), "thread %ld of %ld: %ld", i,
			 id, (long)ret);
	if (child)
		reap(&child, &(int){ id + 1 }, 1);
	return id;
}

static void threads(void)
{
	pid_t pid;

	init();
	pid = spawn(with_threads, 1);
	ready(3);
	let_go();
	reap(&pid, &(int){ 1 }, 1);
}

/* Sessions and groups. */

struct groups {
	pid_t pgid, sid;
};

static void note_groups(struct groups *g)
{
	*g = (struct groups){ getpgid(0), getsid(0) };
}

static void check_groups(const struct groups *g, const char *who)
{
	cr_check(!cr_keeps_pid(false) || getpgid(0) == g->pgid, "%s: group %d, was %d", who, getpgid(0), g->pgid);
	cr_check(!cr_keeps_pid(false) || getsid(0) == g->sid, "%s: session %d, was %d", who, getsid(0), g->sid);
}

static int job(long leader)
{
	struct groups g;

	cr_setup(!setpgid(0, leader), "setpgid");
	note_groups(&g);
	say_up();
	await_go();
	check_groups(&g, "job");
	cr_check(leader || getpgid(0) == getpid(), "it doesn't lead its group any more");
	cr_check(getsid(0) == getppid(), "it isn't in its parent's session");
	return 1;
}

/* A shell: a session of its own, with jobs. */
static int shell(long id)
{
	struct groups g;
	pid_t pid[3];

	cr_setup(setsid() == getpid(), "setsid");
	note_groups(&g);
	pid[0] = spawn(job, 0);
	cr_setup(!setpgid(pid[0], 0) || errno == EACCES, "setpgid");
	pid[1] = spawn(job, pid[0]);
	pid[2] = spawn(job, 0);
	say_up();
	await_go();
	check_groups(&g, "shell");
	cr_check(getpgid(0) == getpid() && getsid(0) == getpid(), "it leads no session any more");
	cr_check(setsid() == -1 && errno == EPERM, "a leader can be one again: %m");
	reap(pid, (int []){ 1, 1, 1 }, 3);
	return id;
}

static void sessions(void)
{
	pid_t pid[2];

	init();
	pid[0] = spawn(shell, 3);
	pid[1] = spawn(shell, 4);
	ready(8);
	let_go();
	reap(pid, (int []){ 3, 4 }, 2);
}

/* A group whose leader is dead: its number stays, and reaches its members only. */
static int orphan(long group)
{
	siginfo_t info;

	block(SIGUSR1);
	cr_setup(!setpgid(0, group), "setpgid");
	say_up();
	await_go();
	cr_check(!cr_keeps_pid(false) || getpgid(0) == group, "group %d, was %ld", getpgid(0), group);
	if (!cr_keeps_pid(false))
		cr_check(!kill(0, SIGUSR1), "kill: %m");
	return take(SIGUSR1, 20, &info) == SIGUSR1 ? 21 : 1;
}

static int outsider(long id)
{
	siginfo_t info;

	block(SIGUSR1);
	say_up();
	await_go();
	cr_check(!take(SIGUSR1, 0, &info), "a signal for others");
	return id;
}

static int leads(long id)
{
	char c;

	cr_setup(!setpgid(0, 0), "setpgid");
	say_up();
	cr_setup(read(data[0], &c, 1) == 1, "read");
	return id;
}

static void group_without_leader(void)
{
	pid_t leader, pid[3];
	char c;
	int i;

	init();
	cr_setup(!pipe(data), "pipe");
	leader = spawn(leads, 0);
	cr_setup(read(up[0], &c, 1) == 1, "read");
	pid[0] = spawn(orphan, leader);
	pid[1] = spawn(orphan, leader);
	pid[2] = spawn(outsider, 22);
	for (i = 0; i < 3; i++)
		cr_setup(read(up[0], &c, 1) == 1, "read");
	cr_setup(write(data[1], "x", 1) == 1 && waitpid(leader, NULL, 0) == leader, "waitpid");
	ready(0);
	if (cr_keeps_pid(false)) {
		cr_check(kill(leader, 0) == -1 && errno == ESRCH, "the leader is there: %m");
		cr_check(!kill(-leader, SIGUSR1), "kill: %m");
	}
	let_go();
	reap(pid, (int []){ 21, 21, 22 }, 3);
}

/* Stopped children. */

static pid_t stopped_child(void)
{
	pid_t pid = spawn(ends, 16);

	cr_setup(!kill(pid, SIGSTOP), "kill");
	await_state(pid, 'T');
	return pid;
}

static void init_stopped(void)
{
	init();
	/* It may be stopped before it says anything. */
	cr_setup(!fcntl(up[1], F_SETFL, O_NONBLOCK), "F_SETFL");
}

static void check_continues(pid_t pid)
{
	siginfo_t info;

	cr_check(!kill(pid, SIGCONT), "kill: %m");
	cr_check(!waitid(P_PID, pid, &info, WCONTINUED) && info.si_code == CLD_CONTINUED, "code %d: %m", info.si_code);
	let_go();
	reap(&pid, &(int){ 16 }, 1);
}

static void stopped_told(void)
{
	siginfo_t info;
	pid_t pid;

	block(SIGCHLD);
	init_stopped();
	pid = stopped_child();
	cr_setup(!waitid(P_PID, pid, &info, WSTOPPED) && info.si_code == CLD_STOPPED, "waitid");
	cr_setup(take(SIGCHLD, 0, &info), "no SIGCHLD");
	ready(0);
	cr_check(state_of(pid) == 'T', "the child is %c", state_of(pid));
	info.si_pid = 0;
	cr_check(!waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WNOHANG) && !info.si_pid, "told again: code %d: %m",
		 info.si_code);
	cr_check(!take(SIGCHLD, 0, &info), "SIGCHLD for the second time, code %d", info.si_code);
	check_continues(pid);
}

static void stopped_untold(void)
{
	siginfo_t info = { 0 };
	pid_t pid;

	init_stopped();
	pid = stopped_child();
	ready(0);
	cr_check(state_of(pid) == 'T', "the child is %c", state_of(pid));
	cr_check(!waitid(P_PID, pid, &info, WSTOPPED | WNOHANG) && info.si_pid == pid && info.si_status == SIGSTOP,
		 "the parent isn't told: pid %d, status %d: %m", info.si_pid, info.si_status);
	check_continues(pid);
}

/* Waits that go on: the root's for its child, whose for its own. */

static int lowest(long id)
{
	say_up();
	cr_wait_order();
	return id;
}

static int between(long id)
{
	pid_t pid = spawn(lowest, 18);

	say_up();
	check_exit(pid, 18);
	check_no_child();
	return id;
}

static void waiting(void)
{
	pid_t pid;
	char c[2];

	init();
	pid = spawn(between, 17);
	for (int n = 0; n < 2; n++)
		cr_setup(read(up[0], c, 1) == 1, "read");
	await_state(pid, 'S');
	cr_say_ready();
	if (cr_keeps_pid(false))
		check_exit(pid, 17);
	else
		reap(&pid, &(int){ 17 }, 1);
}

/* Another program, and other users. */

static int executes(long id)
{
	char arg[16], *argv[] = { "tree", "executed", arg, NULL };

	snprintf(arg, sizeof(arg), "%ld", id);
	cr_setup(dup2(up[1], 50) == 50 && dup2(go[0], 51) == 51, "dup2");
	execv("/proc/self/exe", argv);
	cr_error("execv");
}

static int executed(int id)
{
	up[1] = 50;
	go[0] = 51;
	say_up();
	await_go();
	return id;
}

static void programs(void)
{
	pid_t pid;

	init();
	cr_setup(!fcntl(go[1], F_SETFD, FD_CLOEXEC), "F_SETFD");
	pid = spawn(executes, 19);
	ready(1);
	let_go();
	reap(&pid, &(int){ 19 }, 1);
}

static int user(long id)
{
	gid_t group = 500 + id;

	cr_setup(!setgroups(1, &group) && !setresgid(20 + id, 30 + id, 40 + id) &&
		 !setresuid(1000 + id, 2000 + id, 3000 + id), "setresuid");
	say_up();
	await_go();
	cr_check(getuid() == 1000 + id && geteuid() == 2000 + id && getgid() == 20 + id && getegid() == 30 + id,
		 "user %d, %d, group %d, %d", getuid(), geteuid(), getgid(), getegid());
	return id;
}

static void users(void)
{
	pid_t pid[2];

	init();
	pid[0] = spawn(user, 1);
	pid[1] = spawn(user, 2);
	ready(2);
	cr_check(!getuid() && !getegid(), "the root is another user");
	let_go();
	reap(pid, (int []){ 1, 2 }, 2);
}

/* Children come and go meanwhile, and theirs. */
static volatile uint64_t *cycles;

static int short_lived(long id)
{
	pid_t pid = id > 1 ? spawn(short_lived, id - 1) : 0;

	if (pid)
		check_exit(pid, id - 1);
	return id;
}

static int forker(long id)
{
	struct pollfd p = { .fd = go[0], .events = POLLIN };

	say_up();
	while (!poll(&p, 1, 0)) {
		check_exit(spawn(short_lived, 3), 3);
		__sync_fetch_and_add(cycles, 1);
	}
	check_no_child();
	return id;
}

/* Programs that are started by vfork(), with a while in between. */
static int vforker(long id)
{
	struct pollfd p = { .fd = go[0], .events = POLLIN };
	char *argv[] = { "tree", "ended", "4", NULL };
	pid_t pid;

	say_up();
	while (!poll(&p, 1, 0)) {
		pid = vfork();
		cr_setup(pid >= 0, "vfork");
		if (!pid) {
			cr_nap();
			cr_nap();
			execv("/proc/self/exe", argv);
			_exit(99);
		}
		check_exit(pid, 4);
		__sync_fetch_and_add(cycles, 1);
	}
	check_no_child();
	return id;
}

/* Two children that make more and more, which go on for @more after the check. */
static void come_and_go(int (*fn)(long), unsigned int more)
{
	uint64_t before;
	pid_t pid[2];

	init();
	cycles = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_setup(cycles != MAP_FAILED, "mmap");
	pid[0] = spawn(fn, 1);
	pid[1] = spawn(fn, 2);
	ready(2);
	before = *cycles;
	while (*cycles < before + more)
		cr_nap();
	let_go();
	reap(pid, (int []){ 1, 2 }, 2);
}

static void vforks(void) { come_and_go(vforker, 4); }
static void storm(void) { come_and_go(forker, 10); }

static const struct cr_variant variants[] = {
	{ "family", family }, { "many", many }, { "sigchld", sigchld }, { "exit-signals", exit_signals },
	{ "parent-dies", parent_dies }, { "zombies", zombies }, { "zombie-below", zombie_below },
	{ "pipes", pipes }, { "offsets", offsets }, { "memory", memory }, { "private", privates },
	{ "cow", cow_pages }, { "cow-odd", cow_odd },
	{ "clone-files", clone_files }, { "clone-fs", clone_fs }, { "inherited", inherited },
	{ "locks", locks }, { "record-locks", record_locks }, { "child-of-thread", child_of_thread },
	{ "threads", threads }, { "sessions", sessions }, { "group-without-leader", group_without_leader },
	{ "stopped-told", stopped_told }, { "stopped-untold", stopped_untold }, { "waiting", waiting },
	{ "programs", programs }, { "users", users }, { "storm", storm }, { "vforks", vforks },
};

int main(int argc, char **argv)
{
	(void)cr_ordered();	/* copies the path */
	if (argc == 3 && !strcmp(argv[1], "executed"))
		return executed(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "ended"))
		return atoi(argv[2]);
	cr_run_variant(argc, argv, variants, CR_ARRAY_SIZE(variants));
}
