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

static void catch_faults(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	cr_setup(!sigaction(SIGSEGV, &sa, NULL), "sigaction");
}

/* The key that denies an access, -1 if it is allowed, -2 if it isn't a key. */
static int fault_of_write(volatile char *p)
{
	fault_key = -1;
	if (!sigsetjmp(jump, 1))
		*p = 1;
	return fault_key;
}

static int fault_of_read(volatile char *p)
{
	fault_key = -1;
	if (!sigsetjmp(jump, 1))
		(void)*p;
	return fault_key;
}

static void keys(void)
{
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
	catch_faults();
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
}

typedef int (*code)(void);

/* A page with a function that gives 42. */
static char *code_page(void)
{
	static const unsigned char text[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *p = cr_mmap(NULL, 4096, PROT_READ | PROT_WRITE, 0);

	/* mov $42, %eax; ret */
	memcpy(p, text, sizeof(text));
	return p;
}

/* Memory that can only be executed has a key that the kernel has chosen. */
static void execute_only(void)
{
	char *p = code_page(), *q = code_page();
	int key;

	catch_faults();
	cr_setup(!mprotect(p, 4096, PROT_EXEC), "mprotect");
	key = fault_of_read(p);
	cr_setup(key > 0 && ((code)p)() == 42, "fault of key %d", key);
	cr_ready();
	cr_check(fault_of_read(p) == key, "reading: key %d, want %d", fault_key, key);
	cr_check(((code)p)() == 42, "the code gives %d", ((code)p)());
	/* There is one such key, and pkey_alloc() doesn't give it away. */
	cr_check(!mprotect(q, 4096, PROT_EXEC) && fault_of_read(q) == key, "another page: key %d", fault_key);
	cr_check(pkey_alloc(0, 0) != key, "the key is given away");
	cr_check(!mprotect(p, 4096, PROT_READ) && fault_of_read(p) == -1, "it can't be made readable");
}

/* The same protection with a key of the program's own, which lets it read. */
static void execute_own_key(void)
{
	char *p = code_page();
	int key = pkey_alloc(0, 0), next;

	catch_faults();
	cr_setup(key > 0 && !pkey_mprotect(p, 4096, PROT_EXEC, key), "pkey_mprotect");
	cr_setup(fault_of_read(p) == -1, "fault of key %d", fault_key);
	cr_ready();
	cr_check(fault_of_read(p) == -1, "reading: key %d", fault_key);
	cr_check(((code)p)() == 42, "the code gives %d", ((code)p)());
	cr_check(!pkey_set(key, PKEY_DISABLE_ACCESS), "pkey_set: %m");
	cr_check(fault_of_read(p) == key, "reading with the key shut: key %d, want %d", fault_key, key);
	next = pkey_alloc(0, 0);
	cr_check(next == key + 1, "the next key is %d, want %d", next, key + 1);
}

static const struct cr_variant variants[] = {
	{ "keys", keys }, { "execute-only", execute_only }, { "execute-own-key", execute_own_key },
};

CR_VARIANTS(variants)
