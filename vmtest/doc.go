// SPDX-License-Identifier: BSD-3-Clause

// Package vmtest is the end-to-end suite: a table of cases that run in a guest
// under QEMU on the patched kernel.
//
// A case is a small program (workloads/) that sets up one kernel object, says
// that it is ready, is checkpointed, killed and restarted by the guest runner
// (guest/), is told to check itself and prints its verdict. Beside that verdict
// the runner compares the visible world, what /proc shows of the process,
// before and after. Case describes it, Cases is the table, and a case runs once
// for each of its modes.
//
// The real programs are unmodified ones of a Debian root file system, and one
// in Go that is built from source. Each has a job, in programs/, and must write
// what an uninterrupted run of it writes. One needs an option for that: Java's
// -XX:-UsePerfData, since shared memory of a file isn't carried. The locks of
// python3's multiprocessing, and so its pools and queues, are such memory, too:
// its processes talk through pipes.
//
// The host side is in the tests of this package. They build the workloads and
// an initramfs, boot a guest, and read one JSON line for each finished run.
// Judge turns that into a verdict: green only when the set of finished runs is
// the expected one, the guest said that it was done, QEMU exited with 0 and the
// console shows no complaint of the kernel.
//
// Environment of the tests; what has no default must be set or the tests fail:
//
//	VMTEST_KERNEL      the kernel to boot
//	VMTEST_QEMU        QEMU and its first arguments, accelerator and memory included
//	VMTEST_KERNEL_OFF  a kernel without the two calls, for the harness's own test
//	VMTEST_CR          the cr command (default build/bin/cr)
//	VMTEST_UAPI        directory with linux/checkpoint.h (default: the work tree's
//	                   include/uapi, else kernel/tree/include/uapi)
//	VMTEST_OUT         where consoles and results go (default build/vmtest)
//	VMTEST_RUN         regular expression of the runs to do (default all)
//	VMTEST_DRIVER      cr or raw: makes every call with the cr command or with the
//	                   bare system calls (default: by mode)
//	VMTEST_SLOW        how many times longer than usual everything may take (default 1)
//	VMTEST_GOLDEN      1: the images of the golden cases become testdata of package image
//	VMTEST_LARGE       1: also the cases that need much memory and time
//	CR_ROOTFS          a Debian root file system for the real programs
package vmtest
