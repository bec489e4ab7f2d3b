// SPDX-License-Identifier: GPL-2.0-only
/* Protection keys: those allocated, those of mappings, and the PKRU register. */
#include <setjmp.h>

#include "cr_test.h"

static sigjmp_buf jump;
static volatile int fault_key = -1;

static void on_fault(int sig CR_UNUSED, siginfo_t *info, void *uc CR_UNUSED)
{
	fault_key = info->si_code == SEGV_PKUERR ? (int)info->si_pkey : -2;
	siglongjmp(jump, 1);
}

static int fault_of_write(volatile char *p)
{
	fault_key = -1;
	if (!sigsetjmp(jump, 1))
		*p = 1;
	return fault_key;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	unsigned int pkru, pkru_after;
	int open_key, shut_key, next;
	char *open_page, *shut_page;

	open_key = pkey_alloc(0, 0);
	cr_setup(open_key > 0, "pkey_alloc");
	shut_key = pkey_alloc(0, PKEY_DISABLE_WRITE);
	cr_setup(shut_key > 0, "pkey_alloc");
	open_page = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);
	shut_page = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);
	cr_fill(open_page, 4096, 1);
	cr_fill(shut_page, 4096, 2);
	cr_setup(!pkey_mprotect(open_page, 4096, PROT_READ | PROT_WRITE, open_key), "pkey_mprotect");
	cr_setup(!pkey_mprotect(shut_page, 4096, PROT_READ | PROT_WRITE, shut_key), "pkey_mprotect");
	cr_setup(!sigaction(SIGSEGV, &sa, NULL), "sigaction");
	__asm__ volatile("rdpkru" : "=a" (pkru) : "c" (0) : "rdx");

	cr_ready();

	__asm__ volatile("rdpkru" : "=a" (pkru_after) : "c" (0) : "rdx");
	cr_check(pkru_after == pkru, "PKRU %#x, want %#x", pkru_after, pkru);
	cr_check_fill(open_page, 4096, 1);
	cr_check_fill(shut_page, 4096, 2);
	cr_check(fault_of_write(open_page) == -1, "the open page faults");
	cr_check(fault_of_write(shut_page) == shut_key, "the shut page: key %d, want %d",
		 fault_key, shut_key);
	/* The next key is a new one, and freeing works as before. */
	next = pkey_alloc(0, 0);
	cr_check(next > 0 && next != open_key && next != shut_key, "pkey_alloc gave %d", next);
	cr_check(!pkey_free(shut_key), "pkey_free: %m");
	cr_pass();
}
