// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating point and vector registers: loaded once, kept over a busy loop or a
 * sleep that never leaves the assembler code, stored and compared.
 */
#include "cr_test.h"

static uint8_t want[16][32] __attribute__((aligned(64)));
static uint8_t have[16][32] __attribute__((aligned(64)));

#define LOAD16(op, reg)							\
	op " 0(%[w]), %%" reg "0\n\t" op " 32(%[w]), %%" reg "1\n\t"	\
	op " 64(%[w]), %%" reg "2\n\t" op " 96(%[w]), %%" reg "3\n\t"	\
	op " 128(%[w]), %%" reg "4\n\t" op " 160(%[w]), %%" reg "5\n\t"	\
	op " 192(%[w]), %%" reg "6\n\t" op " 224(%[w]), %%" reg "7\n\t"	\
	op " 256(%[w]), %%" reg "8\n\t" op " 288(%[w]), %%" reg "9\n\t"	\
	op " 320(%[w]), %%" reg "10\n\t" op " 352(%[w]), %%" reg "11\n\t" \
	op " 384(%[w]), %%" reg "12\n\t" op " 416(%[w]), %%" reg "13\n\t" \
	op " 448(%[w]), %%" reg "14\n\t" op " 480(%[w]), %%" reg "15\n\t"

#define STORE16(op, reg)						\
	op " %%" reg "0, 0(%[h])\n\t" op " %%" reg "1, 32(%[h])\n\t"	\
	op " %%" reg "2, 64(%[h])\n\t" op " %%" reg "3, 96(%[h])\n\t"	\
	op " %%" reg "4, 128(%[h])\n\t" op " %%" reg "5, 160(%[h])\n\t"	\
	op " %%" reg "6, 192(%[h])\n\t" op " %%" reg "7, 224(%[h])\n\t"	\
	op " %%" reg "8, 256(%[h])\n\t" op " %%" reg "9, 288(%[h])\n\t"	\
	op " %%" reg "10, 320(%[h])\n\t" op " %%" reg "11, 352(%[h])\n\t" \
	op " %%" reg "12, 384(%[h])\n\t" op " %%" reg "13, 416(%[h])\n\t" \
	op " %%" reg "14, 448(%[h])\n\t" op " %%" reg "15, 480(%[h])\n\t"

/*
 * Waits for the order inside the assembler code: stat(order) and a nap until it
 * succeeds. The kernel keeps vector registers over system calls.
 */
#define WAIT_CALLS							\
	"1: mov %[nr_stat], %%eax\n\t"					\
	"mov %[path], %%rdi\n\t"					\
	"mov %[stat], %%rsi\n\t"					\
	"syscall\n\t"							\
	"test %%eax, %%eax\n\t"						\
	"jz 2f\n\t"							\
	"mov %[nr_nap], %%eax\n\t"					\
	"mov %[nap], %%rdi\n\t"						\
	"xor %%esi, %%esi\n\t"						\
	"syscall\n\t"							\
	"jmp 1b\n"							\
	"2:\n\t"

/* Makes no call in 30 million rounds, and only then looks for the order. */
#define WAIT_BUSY							\
	"1: mov $30000000, %%r12\n"					\
	"3: dec %%r12\n\t"						\
	"jnz 3b\n\t"							\
	"mov %[nr_stat], %%eax\n\t"					\
	"mov %[path], %%rdi\n\t"					\
	"mov %[stat], %%rsi\n\t"					\
	"syscall\n\t"							\
	"test %%eax, %%eax\n\t"						\
	"jnz 1b\n\t"

static struct stat st;
static struct timespec nap = { .tv_nsec = 2000000 };

#define OPERANDS							\
	: : [w] "r" (want), [h] "r" (have), [path] "r" (cr_order_path),	\
	    [stat] "r" (&st), [nap] "r" (&nap),				\
	    [nr_stat] "i" (SYS_stat), [nr_nap] "i" (SYS_nanosleep)	\
	: "rax", "rcx", "r11", "r12", "rdi", "rsi", "memory", "cc"

static void sse_sleep(void)
{
	__asm__ volatile(LOAD16("movdqa", "xmm") WAIT_CALLS STORE16("movdqa", "xmm") OPERANDS);
}

static void sse_busy(void)
{
	__asm__ volatile(LOAD16("movdqa", "xmm") WAIT_BUSY STORE16("movdqa", "xmm") OPERANDS);
}

static void avx_sleep(void)
{
	__asm__ volatile(LOAD16("vmovdqa", "ymm") WAIT_CALLS STORE16("vmovdqa", "ymm")
			 "vzeroupper\n\t" OPERANDS);
}

static void avx_busy(void)
{
	__asm__ volatile(LOAD16("vmovdqa", "ymm") WAIT_BUSY STORE16("vmovdqa", "ymm")
			 "vzeroupper\n\t" OPERANDS);
}

static void x87_wait(bool busy)
{
	static const long double val[8] = { 1.5L, -2.25L, 3e300L, -4e-300L, 5, 6, 7.125L, 8 };
	long double out[8];
	uint16_t cw = 0x0e7f, cw_out;	/* round down, single precision, masked */
	uint32_t mxcsr = 0x7fc0, mxcsr_out;	/* round to zero, DAZ, masked */
	int i;

	__asm__ volatile("fninit; fldcw %0; ldmxcsr %1" : : "m" (cw), "m" (mxcsr));
	for (i = 0; i < 8; i++)
		__asm__ volatile("fldt %0" : : "m" (val[i]));
	if (busy)
		__asm__ volatile(WAIT_BUSY OPERANDS);
	else
		__asm__ volatile(WAIT_CALLS OPERANDS);
	for (i = 7; i >= 0; i--)
		__asm__ volatile("fstpt %0" : "=m" (out[i]));
	__asm__ volatile("fnstcw %0; stmxcsr %1" : "=m" (cw_out), "=m" (mxcsr_out));
	__asm__ volatile("fninit");
	mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m" (mxcsr));
	for (i = 0; i < 8; i++)
		cr_check(!memcmp(&out[i], &val[i], 10), "st(%d)", 7 - i);
	cr_check(cw_out == cw, "control word %#x, want %#x", cw_out, cw);
	cr_check((mxcsr_out & ~0x3f) == 0x7fc0, "MXCSR %#x", mxcsr_out);
}

static void vector(void (*wait)(void), size_t width)
{
	int i;

	cr_say_ready();
	wait();
	for (i = 0; i < 16; i++)
		cr_check(!memcmp(have[i], want[i], width), "register %d", i);
}

static void run_sse_sleep(void) { vector(sse_sleep, 16); }
static void run_sse_busy(void) { vector(sse_busy, 16); }
static void run_avx_sleep(void) { vector(avx_sleep, 32); }
static void run_avx_busy(void) { vector(avx_busy, 32); }

static void run_x87_sleep(void)
{
	cr_say_ready();
	x87_wait(false);
}

static void run_x87_busy(void)
{
	cr_say_ready();
	x87_wait(true);
}

static const struct cr_variant variants[] = {
	{ "sse-sleep", run_sse_sleep }, { "sse-busy", run_sse_busy },
	{ "avx-sleep", run_avx_sleep }, { "avx-busy", run_avx_busy },
	{ "x87-sleep", run_x87_sleep }, { "x87-busy", run_x87_busy },
};

int main(int argc, char **argv)
{
	cr_fill(want, sizeof(want), 77);
	(void)cr_ordered();	/* copies the path */
	cr_run_variant(argc, argv, variants, CR_ARRAY_SIZE(variants));
}
