// SPDX-License-Identifier: GPL-2.0-only
/*
 * All general registers but the stack pointer hold patterns in a loop that
 * makes no call; each round checks every one of them and the carry flag's chain
 * through an add with carry.
 */
#include "cr_test.h"

/* Where the loop counts what it found. */
static volatile uint64_t wrong, rounds;

#define ROUNDS	20000000UL

/*
 * One stretch of the loop. r15 counts down, the other registers are compared
 * with immediates; a difference is added up in memory.
 */
static void stretch(void)
{
	__asm__ volatile(
		"push %%rbp\n\t"
		"mov $0x1111111111111111, %%rax\n\t"
		"mov $0x2222222222222222, %%rbx\n\t"
		"mov $0x3333333333333333, %%rcx\n\t"
		"mov $0x4444444444444444, %%rdx\n\t"
		"mov $0x5555555555555555, %%rsi\n\t"
		"mov $0x6666666666666666, %%rdi\n\t"
		"mov $0x7777777777777777, %%rbp\n\t"
		"mov $0x0888888888888888, %%r8\n\t"
		"mov $0x0999999999999999, %%r9\n\t"
		"mov $0x0aaaaaaaaaaaaaaa, %%r10\n\t"
		"mov $0x0bbbbbbbbbbbbbbb, %%r11\n\t"
		"mov $0x0ccccccccccccccc, %%r12\n\t"
		"mov $0x0ddddddddddddddd, %%r13\n\t"
		"mov %[n], %%r15\n"
		"1:\n\t"
		"mov $0x1111111111111111, %%r14\n\t"
		"cmp %%r14, %%rax\n\t"
		"jne 2f\n\t"
		"lea (%%r14,%%r14), %%r14\n\t"
		"cmp %%r14, %%rbx\n\t"
		"jne 2f\n\t"
		"add %%rax, %%r14\n\t"
		"cmp %%r14, %%rcx\n\t"
		"jne 2f\n\t"
		"add %%rax, %%r14\n\t"
		"cmp %%r14, %%rdx\n\t"
		"jne 2f\n\t"
		"add %%rax, %%r14\n\t"
		"cmp %%r14, %%rsi\n\t"
		"jne 2f\n\t"
		"add %%rax, %%r14\n\t"
		"cmp %%r14, %%rdi\n\t"
		"jne 2f\n\t"
		"add %%rax, %%r14\n\t"
		"cmp %%r14, %%rbp\n\t"
		"jne 2f\n\t"
		"mov $0x0888888888888888, %%r14\n\t"
		"cmp %%r14, %%r8\n\t"
		"jne 2f\n\t"
		"mov $0x0999999999999999, %%r14\n\t"
		"cmp %%r14, %%r9\n\t"
		"jne 2f\n\t"
		"mov $0x0aaaaaaaaaaaaaaa, %%r14\n\t"
		"cmp %%r14, %%r10\n\t"
		"jne 2f\n\t"
		"mov $0x0bbbbbbbbbbbbbbb, %%r14\n\t"
		"cmp %%r14, %%r11\n\t"
		"jne 2f\n\t"
		"mov $0x0ccccccccccccccc, %%r14\n\t"
		"cmp %%r14, %%r12\n\t"
		"jne 2f\n\t"
		"mov $0x0ddddddddddddddd, %%r14\n\t"
		"cmp %%r14, %%r13\n\t"
		"jne 2f\n\t"
		"dec %%r15\n\t"
		"jnz 1b\n\t"
		"jmp 3f\n"
		"2:\n\t"
		"incq %[wrong]\n"
		"3:\n\t"
		"pop %%rbp\n\t"
		: [wrong] "+m" (wrong)
		: [n] "i" (ROUNDS / 20)
		: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		  "r12", "r13", "r14", "r15", "cc", "memory");
	rounds++;
}

int main(void)
{
	uint64_t enough;

	cr_say_ready();
	/* Some stretches more after the order: the last ones ran in the copy. */
	do {
		stretch();
	} while (!wrong && !cr_ordered());
	for (enough = rounds + 3; rounds < enough && !wrong;)
		stretch();
	cr_check(!wrong, "a register changed in stretch %lu", (unsigned long)rounds);
	cr_pass();
}
