// SPDX-License-Identifier: BSD-3-Clause

// Package image reads, checks and writes checkpoint images.
//
// An image is one stream of records; include/uapi/linux/checkpoint_hdr.h is
// its definition and the types here are generated from it. Constants keep
// their C names, as in package debug/elf, so that one search finds a name on
// both sides.
//
// The package works on streams in constant memory, makes no system calls and
// builds on every system. Input is hostile: no size that it holds is allocated
// before as many bytes have been read.
//
//   - Reader decodes records and checks what makes a stream sound: lengths,
//     checksums, reserved bytes and the tail.
//   - Checker, on top of it, checks what the records say.
//   - Verify does both and returns a Summary.
//   - Writer encodes records; Rewrite edits an image on its way through.
package image

//go:generate go run ../internal/gentypes -pkg image -hdr ../../kernel/tree/include/uapi/linux/checkpoint_hdr.h -calls ../../kernel/tree/include/uapi/linux/checkpoint.h
