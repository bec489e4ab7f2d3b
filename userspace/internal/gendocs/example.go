// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"linux-cr/userspace/internal/chdr"
)

// exampleBytes is a whole record, for readers to try their checksum on: an FS
// with objref 2 and a umask of 022, that belongs to no object.
func exampleBytes(h *chdr.Header) []byte {
	var typ uint64
	for _, c := range h.Enum(chdr.RecType) {
		if c.Name == "CR_HDR_FS" {
			typ = c.Value
		}
	}
	le := binary.LittleEndian
	var b []byte
	for _, v := range []uint32{uint32(typ), 8, 0, 0, 2, 0o22} {
		b = le.AppendUint32(b, v)
	}
	le.PutUint32(b[12:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// exampleRecord shows it as a literal block.
func exampleRecord(h *chdr.Header) string {
	b := exampleBytes(h)
	var s strings.Builder
	s.WriteString("::\n\n")
	for i, what := range []string{"type", "len", "parent", "csum", "objref", "umask"} {
		fmt.Fprintf(&s, "\t% x\t%s\n", b[4*i:4*i+4], what)
	}
	return s.String()
}
