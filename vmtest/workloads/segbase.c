// SPDX-License-Identifier: GPL-2.0-only
/* Segment bases: FS as libc uses it, GS by arch_prctl(), and a TLS descriptor. */
#include <asm/ldt.h>
#include <asm/prctl.h>

#include "cr_test.h"

static __thread uint64_t thread_local = 0x1234;
static uint64_t gs_data[2] = { 0x5678, 0x9abc };

static void gs_base(void)
{
	unsigned long base;
	uint64_t val;

	thread_local = 0x4321;
	cr_setup(!syscall(SYS_arch_prctl, ARCH_SET_GS, gs_data), "ARCH_SET_GS");
	cr_ready();
	cr_check(!syscall(SYS_arch_prctl, ARCH_GET_GS, &base), "ARCH_GET_GS: %m");
	cr_check(base == (unsigned long)gs_data, "GS base %#lx", base);
	__asm__ volatile("mov %%gs:8, %0" : "=r" (val));
	cr_check(val == 0x9abc, "%%gs:8 is %#lx", val);
	cr_check(thread_local == 0x4321, "thread local %#lx", thread_local);
}

/* set_thread_area() and get_thread_area() are calls of the 32-bit table only. */
#define NR32_SET_THREAD_AREA	243
#define NR32_GET_THREAD_AREA	244

static int thread_area(int nr, struct user_desc *d)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a" (ret) : "a" (nr), "b" (d) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void tls_desc(void)
{
	uint32_t *page, val;
	struct user_desc *d, *now;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	cr_setup(page != MAP_FAILED, "mmap");
	page[1] = 0xabcdef;
	d = (struct user_desc *)(page + 64);
	*d = (struct user_desc){
		.entry_number = -1, .base_addr = (uintptr_t)page, .limit = 0xfff, .seg_32bit = 1,
		.useable = 1,
	};
	errno = -thread_area(NR32_SET_THREAD_AREA, d);
	cr_setup(!errno, "set_thread_area");
	__asm__ volatile("mov %0, %%es" : : "r" (d->entry_number * 8 + 3));
	__asm__ volatile("mov %0, %%gs" : : "r" (d->entry_number * 8 + 3));
	cr_ready();
	now = d + 1;
	*now = (struct user_desc){ .entry_number = d->entry_number };
	cr_check(!thread_area(NR32_GET_THREAD_AREA, now), "get_thread_area");
	cr_check(now->base_addr == d->base_addr && now->limit == d->limit && now->useable,
		 "base %#x limit %#x", now->base_addr, now->limit);
	__asm__ volatile("mov %%gs:4, %0" : "=r" (val));
	cr_check(val == 0xabcdef, "%%gs:4 is %#x", val);
}

static const struct cr_variant variants[] = {
	{ "gs", gs_base }, { "tls", tls_desc },
};

CR_VARIANTS(variants)
