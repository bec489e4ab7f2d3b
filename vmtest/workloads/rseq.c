// SPDX-License-Identifier: GPL-2.0-only
/*
 * The restartable sequences that libc registered: the kernel must go on to fill
 * in the number of the CPU, and must know the registration.
 */
#include <linux/rseq.h>
#include <sched.h>
#include <stddef.h>

#include "cr_test.h"

extern const ptrdiff_t __rseq_offset;
extern const unsigned int __rseq_size;

#define RSEQ_SIGNATURE	0x53053053

static volatile struct rseq *area(void)
{
	return (volatile struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* Moves to a CPU and holds the kernel's number against it. */
static void check_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	cr_check(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity: %m");
	cr_check((int)area()->cpu_id == cpu && (int)area()->cpu_id_start == cpu,
		 "cpu_id %d, cpu_id_start %d, want %d", (int)area()->cpu_id,
		 (int)area()->cpu_id_start, cpu);
}

int main(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu;

	errno = ENOSYS;
	cr_setup(__rseq_size && (int)area()->cpu_id >= 0, "libc has no rseq");
	cr_ready();
	cr_check((int)area()->cpu_id >= 0 && (int)area()->cpu_id < cpus, "cpu_id %d",
		 (int)area()->cpu_id);
	for (cpu = 0; cpu < cpus; cpu++)
		check_cpu(cpu);
	/* The same registration again is refused as such, another as wrong. */
	cr_check(syscall(SYS_rseq, area(), 32, 0, RSEQ_SIGNATURE) == -1 && errno == EBUSY,
		 "registering again: %m");
	cr_check(syscall(SYS_rseq, area(), 32, 0, 0x1234) == -1 && errno == EPERM,
		 "registering with another signature: %m");
	cr_check(!syscall(SYS_rseq, area(), 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIGNATURE),
		 "unregistering: %m");
	cr_pass();
}
