// SPDX-License-Identifier: GPL-2.0-only
/* Memory: contents, kinds of mappings, and what may be done with them after. */
#include <linux/prctl.h>
#include <setjmp.h>
#include <sys/personality.h>
#include <sys/prctl.h>

#include "cr_test.h"

#define PAGE	4096UL
#define MIB	(1UL << 20)
#define GIB	(1UL << 30)

#define RW	(PROT_READ | PROT_WRITE)

static sigjmp_buf jump;

static void on_fault(int sig CR_UNUSED)
{
	siglongjmp(jump, 1);
}

static bool faults(volatile char *p, bool write)
{
	struct sigaction sa = { .sa_handler = on_fault };

	cr_setup(!sigaction(SIGSEGV, &sa, NULL) && !sigaction(SIGBUS, &sa, NULL), "sigaction");
	if (sigsetjmp(jump, 1))
		return true;
	if (write)
		*p = *p;
	else
		(void)*p;
	return false;
}

static void pattern(size_t len)
{
	char *p = cr_mmap(NULL, len, RW, 0);

	cr_fill(p, len, len);
	cr_ready();
	cr_check_fill(p, len, len);
	/* Still writable, still private. */
	cr_fill(p, len, 1);
	cr_check_fill(p, len, 1);
}

static void anon_page(void) { pattern(PAGE); }
static void anon_small(void) { pattern(37 * PAGE); }
static void anon_mib(void) { pattern(4 * MIB); }
static void anon_large(void) { pattern(64 * MIB); }

/* One page in 50 has data: the holes stay holes and read as zeros. */
static void sparse(void)
{
	size_t len = 32 * MIB, i;
	char *p = cr_mmap(NULL, len, RW, MAP_NORESERVE);

	for (i = 0; i < len; i += 50 * PAGE)
		cr_fill(p + i, PAGE, i);
	cr_ready();
	for (i = 0; i < len; i += 50 * PAGE) {
		cr_check_fill(p + i, PAGE, i);
		if (i + 2 * PAGE <= len)
			cr_check(cr_all_zero(p + i + PAGE, PAGE), "page at %#lx isn't zero", i + PAGE);
	}
}

/* Pages that are there and hold zeros: they aren't stored. */
static void zero(void)
{
	size_t len = 16 * MIB;
	char *p = cr_mmap(NULL, len, RW, 0);

	memset(p, 1, len);
	memset(p, 0, len);
	p[len - 1] = 5;
	cr_ready();
	cr_check(cr_all_zero(p, len - 1) && p[len - 1] == 5, "not what it was");
}

/* Over 2 GiB of data in an image. */
static void large(void)
{
	size_t len = 2 * GIB + 64 * MIB;
	char *p = cr_mmap(NULL, len, RW, 0);
	size_t i;

	for (i = 0; i < len; i += PAGE)
		cr_fill(p + i, 64, i);
	cr_ready();
	for (i = 0; i < len; i += PAGE) {
		cr_check_fill(p + i, 64, i);
		cr_check(cr_all_zero(p + i + 64, 64), "page at %#lx", i);
	}
}

static void brk_grow(void)
{
	char *base = sbrk(10 * PAGE), *more;

	cr_setup(base != (void *)-1, "sbrk");
	cr_fill(base, 10 * PAGE, 3);
	cr_ready();
	cr_check(sbrk(0) == base + 10 * PAGE, "the heap ends at %p", sbrk(0));
	cr_check_fill(base, 10 * PAGE, 3);
	more = sbrk(100 * PAGE);
	cr_check(more == base + 10 * PAGE, "sbrk gave %p: %m", (void *)more);
	cr_check(cr_all_zero(more, 100 * PAGE), "new heap isn't zero");
	cr_fill(more, 100 * PAGE, 4);
	cr_check(!brk(base), "brk: %m");
}

/* Uses stack, frame by frame, and checks each frame on the way back. */
static __attribute__((noinline)) int deep(int n, void (*bottom)(void))
{
	volatile char frame[3000];
	int sum;
	size_t i;

	for (i = 0; i < sizeof(frame); i++)
		frame[i] = n + i;
	if (!n) {
		bottom();
		sum = 0;
	} else {
		sum = deep(n - 1, bottom) + 1;
	}
	for (i = 0; i < sizeof(frame); i++)
		cr_check(frame[i] == (char)(n + i), "frame %d, byte %zu", n, i);
	return sum;
}

static void nothing(void)
{
}

static void stack(void)
{
	cr_check(deep(50, cr_ready) == 50, "wrong depth");
	/* The stack has to grow far below what was in the image. */
	cr_check(deep(1500, nothing) == 1500, "wrong depth");
}

/* Grows by touching, like a stack. */
static void growsdown(void)
{
	char *area = cr_mmap(NULL, 400 * PAGE, PROT_NONE, MAP_NORESERVE), *low;

	cr_setup(!munmap(area, 400 * PAGE), "munmap");
	low = mmap(area + 390 * PAGE, 10 * PAGE, RW,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	cr_setup(low == area + 390 * PAGE, "mmap");
	cr_fill(low, 10 * PAGE, 6);
	cr_ready();
	cr_check_fill(low, 10 * PAGE, 6);
	cr_check(!faults(low - PAGE, true), "it doesn't grow");
	cr_fill(low - 5 * PAGE, 5 * PAGE, 7);
	cr_check_fill(low - 5 * PAGE, 5 * PAGE, 7);
}

static char *map_file(const char *path, size_t len, int prot, int flags, off_t off)
{
	int fd = cr_open(path, O_RDONLY);
	char *p = mmap(NULL, len, prot, flags, fd, off);

	cr_setup(p != MAP_FAILED, "mmap %s", path);
	close(fd);
	return p;
}

static void file_private(void)
{
	char *path = cr_make_file("data", 16 * PAGE, 100);
	char *p = map_file(path, 12 * PAGE, RW, MAP_PRIVATE, 2 * PAGE);
	uint64_t word = 2 * PAGE / 8 + 100;
	size_t i;

	/* Every other page differs from the file. */
	for (i = 0; i < 12; i += 2)
		cr_fill(p + i * PAGE, PAGE, 5000 + i);
	cr_ready();
	for (i = 0; i < 12; i++) {
		if (i % 2)
			cr_check_fill(p + i * PAGE, PAGE, word + i * PAGE / 8);
		else
			cr_check_fill(p + i * PAGE, PAGE, 5000 + i);
	}
}

/* A page of the file that is zero in memory isn't a hole. */
static void file_private_zero(void)
{
	char *path = cr_make_file("data", 4 * PAGE, 100);
	char *p = map_file(path, 4 * PAGE, RW, MAP_PRIVATE, 0);

	memset(p + PAGE, 0, PAGE);
	cr_ready();
	cr_check_fill(p, PAGE, 100);
	cr_check(cr_all_zero(p + PAGE, PAGE), "the file shows through");
	cr_check_fill(p + 2 * PAGE, 2 * PAGE, 100 + 2 * PAGE / 8);
}

static void file_shared_read(void)
{
	char *path = cr_make_file("data", 4 * PAGE, 100);
	char *p = map_file(path, 4 * PAGE, PROT_READ, MAP_SHARED, 0);

	cr_ready();
	cr_check_fill(p, 4 * PAGE, 100);
	cr_check(mprotect(p, PAGE, RW) == -1 && errno == EACCES, "it became writable");
}

/* Past the end of the file a mapping faults. */
static void file_past_end(void)
{
	char *path = cr_make_file("data", PAGE + 100 * 8, 100);
	char *p = map_file(path, 4 * PAGE, RW, MAP_PRIVATE, 0);

	cr_ready();
	cr_check_fill(p, PAGE + 800, 100);
	cr_check(faults(p + 2 * PAGE, false), "no fault past the end");
}

static void prot_none(void)
{
	char *p = cr_mmap(NULL, 8 * PAGE, RW, 0);

	cr_fill(p, 8 * PAGE, 8);
	cr_setup(!mprotect(p, 4 * PAGE, PROT_NONE), "mprotect");
	cr_ready();
	cr_check(faults(p, false), "it can be read");
	cr_check(!mprotect(p, 4 * PAGE, PROT_READ), "mprotect: %m");
	cr_check_fill(p, 8 * PAGE, 8);
}

static void read_only(void)
{
	char *p = cr_mmap(NULL, 8 * PAGE, RW, 0);

	cr_fill(p, 8 * PAGE, 9);
	cr_setup(!mprotect(p, 8 * PAGE, PROT_READ), "mprotect");
	cr_ready();
	cr_check_fill(p, 8 * PAGE, 9);
	cr_check(faults(p, true), "it can be written");
	cr_check(!mprotect(p, 8 * PAGE, RW) && !faults(p, true), "it can't be made writable");
}

/* Code made at run time, in memory that is writable and executable. */
static void jit(void)
{
	static const unsigned char code[] = { 0x8d, 0x04, 0x77, 0x83, 0xc0, 0x07, 0xc3 };
	unsigned char *p = cr_mmap(NULL, PAGE, RW | PROT_EXEC, 0);
	int (*f)(int, int) = (int (*)(int, int))p;

	/* lea (%rdi,%rsi,2), %eax; add $7, %eax; ret */
	memcpy(p, code, sizeof(code));
	cr_setup(f(10, 20) == 57, "code");
	cr_ready();
	cr_check(f(10, 20) == 57, "code gives %d", f(10, 20));
	p[5] = 8;
	cr_check(f(10, 20) == 58, "changed code gives %d", f(10, 20));
}

static void locked(bool on_fault_only)
{
	char *p = cr_mmap(NULL, 32 * PAGE, RW, 0);

	cr_setup(!mlock2(p, 16 * PAGE, on_fault_only ? MLOCK_ONFAULT : 0), "mlock2");
	cr_fill(p, 2 * PAGE, 10);
	cr_ready();
	cr_check_fill(p, 2 * PAGE, 10);
	cr_check(!munlock(p, 16 * PAGE), "munlock: %m");
}

static void mlock_now(void) { locked(false); }
static void mlock_fault(void) { locked(true); }

static unsigned long locked_kb(void)
{
	char buf[4096], *p;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	cr_check(n > 0, "read status: %m");
	close(fd);
	buf[n] = 0;
	p = strstr(buf, "VmLck:");
	cr_check(p, "no VmLck");
	return strtoul(p + 6, NULL, 10);
}

static void mlock_all(void)
{
	unsigned long before, after;
	char *p;

	cr_setup(!mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	before = locked_kb();
	cr_ready();
	cr_check(locked_kb() == before, "%lu kB locked, were %lu", locked_kb(), before);
	p = mmap(NULL, 64 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_check(p != MAP_FAILED, "mmap: %m");
	after = locked_kb();
	cr_check(after == before + 64 * PAGE / 1024, "a new mapping isn't locked: %lu kB, were %lu",
		 after, before);
}

static void advise(int advice)
{
	char *p = cr_mmap(NULL, 512 * PAGE, RW, 0);

	cr_fill(p, 8 * PAGE, 11);
	cr_setup(!madvise(p, 256 * PAGE, advice), "madvise %d", advice);
	cr_ready();
	cr_check_fill(p, 8 * PAGE, 11);
}

static void advise_dontfork(void) { advise(MADV_DONTFORK); }
static void advise_wipeonfork(void) { advise(MADV_WIPEONFORK); }
static void advise_dontdump(void) { advise(MADV_DONTDUMP); }
static void advise_sequential(void) { advise(MADV_SEQUENTIAL); }
static void advise_random(void) { advise(MADV_RANDOM); }
static void advise_hugepage(void) { advise(MADV_HUGEPAGE); }
static void advise_nohugepage(void) { advise(MADV_NOHUGEPAGE); }
static void advise_mergeable(void) { advise(MADV_MERGEABLE); }

/* A huge page, with a pattern, some of it zeros. */
static void huge(void)
{
	size_t len = 6 * MIB;
	char *p = cr_mmap(NULL, len, RW, 0), *q;

	cr_setup(!madvise(p, len, MADV_HUGEPAGE), "MADV_HUGEPAGE");
	q = (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(2 * MIB - 1));
	cr_fill(q, 3 * MIB, 12);
	memset(q + MIB, 0, 64 * PAGE);
	cr_ready();
	cr_check_fill(q, MIB, 12);
	cr_check(cr_all_zero(q + MIB, 64 * PAGE), "zeros are lost");
	cr_check_fill(q + MIB + 64 * PAGE, 2 * MIB - 64 * PAGE, 12 + (MIB + 64 * PAGE) / 8);
}

/* Neighbours that can't be merged, each with a page of its own. */
static void many_vmas(void)
{
	size_t n = 2000, i;
	char *p = cr_mmap(NULL, n * PAGE, RW, 0);

	for (i = 0; i < n; i++) {
		if (i % 3 == 0)
			cr_fill(p + i * PAGE, 64, i);
		if (i % 2)
			cr_setup(!mprotect(p + i * PAGE, PAGE, PROT_READ), "mprotect");
	}
	cr_ready();
	for (i = 0; i < n; i += 3)
		cr_check_fill(p + i * PAGE, 64, i);
	cr_check(faults(p + PAGE, true) && !faults(p + 2 * PAGE, true), "protections are mixed up");
}

static void vma_name(void)
{
	char *p = cr_mmap(NULL, 4 * PAGE, RW, 0);

	cr_setup(!prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, 4 * PAGE, "a name"), "PR_SET_VMA_ANON_NAME");
	cr_fill(p, 4 * PAGE, 13);
	cr_ready();
	cr_check_fill(p, 4 * PAGE, 13);
}

/* The lowest and the highest address that a program can have. */
static void far_apart(void)
{
	char *low = cr_mmap((void *)0x10000, PAGE, RW, MAP_FIXED_NOREPLACE);
	char *high = cr_mmap((void *)0x7fffffffe000, PAGE, RW, MAP_FIXED_NOREPLACE);

	cr_fill(low, PAGE, 14);
	cr_fill(high, PAGE, 15);
	cr_ready();
	cr_check_fill(low, PAGE, 14);
	cr_check_fill(high, PAGE, 15);
}

/* Where the kernel puts @len bytes that may be anywhere. */
static char *next_place(size_t len)
{
	char *p = cr_mmap(NULL, len, PROT_NONE, MAP_NORESERVE);

	cr_setup(!munmap(p, len), "munmap");
	return p;
}

/* The next mapping goes where it would have gone: into a gap, and at the end. */
static void layout(void)
{
	char *small = next_place(PAGE), *large = next_place(GIB);

	cr_ready();
	cr_check(next_place(PAGE) == small, "a page goes to %p, want %p", (void *)next_place(PAGE),
		 (void *)small);
	cr_check(next_place(GIB) == large, "a GiB goes to %p, want %p", (void *)next_place(GIB),
		 (void *)large);
}

/* From the bottom up, which is settled by execve(). */
static void layout_legacy(void)
{
	char self[256] = { 0 }, *argv[] = { self, "layout", NULL };

	cr_setup(personality(ADDR_COMPAT_LAYOUT) != -1, "personality");
	cr_setup(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "readlink");
	execv(self, argv);
	cr_error("execv");
}

/* Moved and cut: the offsets of anonymous memory are arbitrary. */
static void remapped(void)
{
	char *p = cr_mmap(NULL, 32 * PAGE, RW, 0), *q;

	cr_fill(p, 32 * PAGE, 16);
	cr_setup(!munmap(p + 10 * PAGE, 4 * PAGE), "munmap");
	q = mremap(p + 20 * PAGE, 12 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	cr_setup(q != MAP_FAILED, "mremap");
	cr_ready();
	cr_check_fill(p, 10 * PAGE, 16);
	cr_check_fill(p + 14 * PAGE, 6 * PAGE, 16 + 14 * PAGE / 8);
	cr_check_fill(q, 12 * PAGE, 16 + 20 * PAGE / 8);
	cr_check(cr_all_zero(q + 12 * PAGE, 52 * PAGE), "the rest isn't zero");
	q = mremap(q, 64 * PAGE, 128 * PAGE, MREMAP_MAYMOVE);
	cr_check(q != MAP_FAILED, "mremap: %m");
	cr_check_fill(q, 12 * PAGE, 16 + 20 * PAGE / 8);
}

/* Pages that were swapped out; the runner waits until they are. */
static void swapped(void)
{
	size_t len = 4 * MIB;
	char *p = cr_mmap(NULL, len, RW, 0);

	cr_fill(p, len, 17);
	cr_setup(!madvise(p, len, MADV_PAGEOUT), "MADV_PAGEOUT");
	cr_ready();
	cr_check_fill(p, len, 17);
}

/* The clock through the vDSO: it never steps back and keeps going. */
static void vdso(void)
{
	uint64_t last = cr_now_ns(CLOCK_MONOTONIC), now, enough;
	bool ordered = false;
	int i;

	cr_say_ready();
	do {
		for (i = 0; i < 200000; i++) {
			now = cr_now_ns(CLOCK_MONOTONIC);
			cr_check(now >= last, "stepped back from %lu to %lu", (unsigned long)last,
				 (unsigned long)now);
			last = now;
		}
		ordered = cr_ordered();
	} while (!ordered);
	for (enough = last + 10000000; last < enough;)
		last = cr_now_ns(CLOCK_MONOTONIC);
}

/* Both parts of the vDSO moved, and together; libc's clocks are no good then. */
static void vdso_moved(void)
{
	size_t vvar_len, vdso_len;
	char *vvar = cr_mapping("[vvar]", &vvar_len), *vdso = cr_mapping("[vdso]", &vdso_len);
	char *to = cr_mmap(NULL, vvar_len + vdso_len, PROT_NONE, 0);
	static char was[16 * PAGE];

	cr_setup(vdso_len <= sizeof(was), "%zu bytes", vdso_len);
	memcpy(was, vdso, vdso_len);
	cr_setup(mremap(vvar, vvar_len, vvar_len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
	to += vvar_len;
	cr_setup(mremap(vdso, vdso_len, vdso_len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
	cr_ready();
	cr_check(!memcmp(to, was, vdso_len), "the vDSO isn't there");
	cr_check(faults(vdso, false), "there is something at the old place");
}

static const struct cr_variant variants[] = {
	{ "page", anon_page }, { "small", anon_small }, { "mib", anon_mib }, { "64mib", anon_large },
	{ "sparse", sparse }, { "zero", zero }, { "2gib", large },
	{ "brk", brk_grow }, { "stack", stack }, { "growsdown", growsdown },
	{ "file-private", file_private }, { "file-private-zero", file_private_zero },
	{ "file-shared-read", file_shared_read }, { "file-past-end", file_past_end },
	{ "prot-none", prot_none }, { "read-only", read_only }, { "jit", jit },
	{ "mlock", mlock_now }, { "mlock-onfault", mlock_fault }, { "mlockall", mlock_all },
	{ "dontfork", advise_dontfork }, { "wipeonfork", advise_wipeonfork },
	{ "dontdump", advise_dontdump }, { "sequential", advise_sequential },
	{ "random", advise_random }, { "hugepage", advise_hugepage },
	{ "nohugepage", advise_nohugepage }, { "mergeable", advise_mergeable },
	{ "huge", huge }, { "many-vmas", many_vmas }, { "vma-name", vma_name },
	{ "far-apart", far_apart }, { "remapped", remapped }, { "swapped", swapped },
	{ "vdso", vdso }, { "vdso-moved", vdso_moved },
	{ "layout", layout }, { "layout-legacy", layout_legacy },
};

CR_VARIANTS(variants)
