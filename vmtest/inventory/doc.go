// SPDX-License-Identifier: BSD-3-Clause

// Package inventory holds the list of everything that the kernel keeps of a
// process, and says of each what a checkpoint does with it. Its test compares
// the list with the type information (BTF) and the headers of a kernel: a member
// or a flag that a new kernel has and the list hasn't turns the suite red, so
// that nothing new is dropped in silence.
//
// # The list
//
// inventory.tsv has a line for each member of task_struct, signal_struct,
// sighand_struct, mm_struct, vm_area_struct, file, fs_struct, cred, nsproxy,
// thread_struct and io_context, and of some structs that hang on these; and a
// line for each flag of their flag words, under the names in Flags. Its columns,
// separated by tabs:
//
//	struct  name of the struct, or of the set of flags
//	member  name of the member; a.b where a is of a type without a name
//	fate    carried, refused, derived or dropped
//	why     the function or the record that carries or refuses it, or why
//	        nothing has to be carried
//	test    cases of the suite, separated by commas
//
// A member is derived if it follows from other state, counts or links what is
// anew after a restart (statistics, locks, lists), lasts no longer than a system
// call, or is what the restarter has. It is dropped if a program can set it, and
// has it no more after a restart, without a refusal: a fault, which
// TestNothingDropped reports until it is mended.
//
// What is carried or refused has a test. In its column may also stand
//
//	wanted:NAME   a case that ought to be in the table of the suite and isn't
//	none: REASON  the suite's guest can't have this state
//
// and "-" stands for no test where there is nothing to be tested.
//
// # The check
//
// Environment of the tests; what has no default must be set or the tests fail:
//
//	CR_BTF   files with BTF, separated by colons: objects or kernels in ELF, or
//	         /sys/kernel/btf/vmlinux. scripts/make-btf makes the two that count:
//	         without one named btf.btf.o it isn't asked whether a member of the
//	         list exists.
//	CR_TREE  the kernel's source, for its headers (default build/linux)
//
// The list is not one of a single kernel: a member may be in any of the files,
// and those of a configuration that neither guest nor btf has aren't in it.
package inventory
