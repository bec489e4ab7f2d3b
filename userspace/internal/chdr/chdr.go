// SPDX-License-Identifier: BSD-3-Clause

// Package chdr reads the C headers of checkpoint/restart into a model: structs
// with their layout, constants, and what kernel-doc and comments say of them.
//
// It knows the regular subset of C that the headers keep to, and refuses what
// it doesn't understand: implicit padding, bit fields, unknown types.
package chdr

import (
	"fmt"
	"os"
	"strings"
)

// Header is what one C header declares, in its order.
type Header struct {
	Structs []*Struct
	Enums   []*Enum
	Consts  []Const           // what #define gives
	Blocks  []*Block          // the same, as the header groups it
	Docs    map[string]string // DOC: sections by title
}

// Struct is a struct whose layout has been checked: natural alignment and no
// implicit padding.
type Struct struct {
	Name   string
	Fields []Field
	Size   int // of the fixed part
	Align  int
	Brief  string // what kernel-doc says behind the name
	Body   string // and below the members
}

// Field is one member.
type Field struct {
	Name  string
	Type  string // __u32, or "struct x"
	Count int    // elements of an array, 0 for a scalar, -1 for a flexible array
	Off   int
	Elem  int // bytes of one element
	Doc   string
}

// Flexible reports whether the member is an array without a size.
func (f *Field) Flexible() bool { return f.Count < 0 }

// Size is the number of bytes, 0 for a flexible array.
func (f *Field) Size() int {
	switch {
	case f.Count < 0:
		return 0
	case f.Count > 0:
		return f.Elem * f.Count
	}
	return f.Elem
}

// Reserved reports whether the member is one that has to be zero.
func (f *Field) Reserved() bool { return strings.HasPrefix(f.Name, "__reserved") }

// Flex returns the flexible array that the struct ends in, nil for none.
func (s *Struct) Flex() *Field {
	if last := &s.Fields[len(s.Fields)-1]; last.Flexible() {
		return last
	}
	return nil
}

// Counter returns the name of the member that counts the flexible array.
func (s *Struct) Counter() string { return counted[s.Name] }

var counted = map[string]string{
	"cr_hdr_string":       "len",
	"cr_hdr_tree":         "nr_tasks",
	"cr_hdr_cpu":          "size",
	"cr_hdr_xstate":       "nr_comp",
	"cr_hdr_cred":         "nr_groups",
	"cr_hdr_pgarr":        "nr_runs",
	"cr_hdr_pgshare":      "nr_runs",
	"cr_hdr_auxv":         "nr",
	"cr_hdr_epoll":        "nr_items",
	"cr_hdr_posix_timers": "nr_timers",
	"cr_hdr_sched":        "nr_words",
	"cr_hdr_pipe_buf":     "len",
	"cr_hdr_error":        "len",
}

// RecType is the name of the enum of record types.
const RecType = "cr_hdr_type"

// RecStruct returns the name of the struct that is a record type's payload.
func RecStruct(rec string) string {
	if s := recStruct[rec]; s != "" {
		return s
	}
	return strings.ToLower(rec)
}

// recStruct has the records whose struct isn't named like their type.
var recStruct = map[string]string{
	"CR_HDR_FNAME":      "cr_hdr_string",
	"CR_HDR_HEAD_ARCH":  "cr_hdr_head_x86",
	"CR_HDR_THREAD":     "cr_hdr_thread_x86",
	"CR_HDR_MM_CONTEXT": "cr_hdr_mm_context_x86",
}

// Const is a constant; Doc is the comment behind it.
type Const struct {
	Name  string
	Value uint64
	Doc   string
}

// Enum is an enum; Doc is the comment above it.
type Enum struct {
	Name   string
	Doc    string
	Consts []Const
}

// Block is a run of #define lines; Doc is the comment above it.
type Block struct {
	Doc    string
	Consts []Const
}

// Struct returns the struct of a name, nil when there is none.
func (h *Header) Struct(name string) *Struct {
	for _, s := range h.Structs {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Enum returns the constants of an enum.
func (h *Header) Enum(name string) []Const {
	for _, e := range h.Enums {
		if e.Name == name {
			return e.Consts
		}
	}
	return nil
}

// Const returns the value of a #define.
func (h *Header) Const(name string) (uint64, bool) {
	for _, c := range h.Consts {
		if c.Name == name {
			return c.Value, true
		}
	}
	return 0, false
}

// Read parses the header at a path.
func Read(path string) (*Header, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	h, err := Parse(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}
