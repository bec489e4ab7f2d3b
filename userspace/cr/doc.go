// SPDX-License-Identifier: BSD-3-Clause

// Package cr makes the calls checkpoint(2) and restart(2), and no other
// package does.
//
// Checkpoint and Restart run one call each, read back the kernel's messages
// and return an *Error that holds them. Supported tells what the running kernel
// can do. Job waits for a restored program the way a shell does.
//
// A context that ends interrupts the call, which then gives EINTR and leaves
// the program that was being saved unharmed. The call runs on a thread of its
// own with every signal blocked but the last real-time one, SIGRTMAX (64), so
// that no other signal of the process can cut an image short; SIGRTMAX goes to
// that thread alone, when the context ends. A program that uses SIGRTMAX itself
// should keep it off while a call runs.
//
// On systems other than Linux the package builds, and every call fails with
// ErrNotSupported.
package cr

//go:generate go run ../internal/gentypes -pkg cr -calls ../../kernel/tree/include/uapi/linux/checkpoint.h -table ../../patches/*.patch
