// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// header is what one C header declares, in its order.
type header struct {
	structs []*cStruct
	consts  []cConst
	enums   map[string][]cConst
}

// cStruct is a struct whose layout has been checked: natural alignment and no
// implicit padding.
type cStruct struct {
	name   string
	fields []cField
	size   int // of the fixed part
	align  int
}

// cField is one member.
type cField struct {
	name  string
	typ   string // __u32, or "struct x"
	count int    // elements of an array, 0 for a scalar, -1 for a flexible array
	off   int
	elem  int // bytes of one element
}

type cConst struct {
	name  string
	value uint64
}

var (
	reComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	reStruct  = regexp.MustCompile(`(?s)struct (\w+) \{(.*?)\n\};`)
	reEnum    = regexp.MustCompile(`(?s)enum (\w+) \{(.*?)\n\};`)
	reField   = regexp.MustCompile(`^\s*((?:struct )?\w+) (\w+)(?:\[(\w*)\])?\s*;\s*$`)
	reEnumEl  = regexp.MustCompile(`^\s*(\w+) = (\S+),\s*$`)
	reDefine  = regexp.MustCompile(`(?m)^#define (\w+)[ \t]+(\S.*)$`)
	reSuffix  = regexp.MustCompile(`(?i)\b(0x[0-9a-f]+|[0-9]+)u?l{0,2}\b`)
)

var scalarSize = map[string]int{
	"__u8": 1, "__u16": 2, "__u32": 4, "__u64": 8, "__s32": 4, "__s64": 8,
	"__aligned_u64": 8,
}

// parseHeader reads the regular subset of C that the headers keep to.
func parseHeader(src string) (*header, error) {
	h := &header{enums: map[string][]cConst{}}
	src = reComment.ReplaceAllString(src, "")
	for _, m := range reDefine.FindAllStringSubmatch(src, -1) {
		v, err := h.eval(m[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m[1], err)
		}
		h.consts = append(h.consts, cConst{m[1], v})
	}
	for _, m := range reEnum.FindAllStringSubmatch(src, -1) {
		for line := range strings.Lines(m[2]) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			el := reEnumEl.FindStringSubmatch(line)
			if el == nil {
				return nil, fmt.Errorf("enum %s: can't read %q", m[1], strings.TrimSpace(line))
			}
			v, err := h.eval(el[2])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", el[1], err)
			}
			h.enums[m[1]] = append(h.enums[m[1]], cConst{el[1], v})
		}
	}
	for _, m := range reStruct.FindAllStringSubmatch(src, -1) {
		s, err := h.parseStruct(m[1], m[2])
		if err != nil {
			return nil, fmt.Errorf("struct %s: %w", m[1], err)
		}
		h.structs = append(h.structs, s)
	}
	return h, nil
}

// eval computes an integer expression: a number, a constant seen before, or
// two of them with << between.
func (h *header) eval(expr string) (uint64, error) {
	expr = strings.TrimSpace(expr)
	if strings.HasPrefix(expr, "(") && strings.HasSuffix(expr, ")") {
		expr = expr[1 : len(expr)-1]
	}
	if l, r, ok := strings.Cut(expr, "<<"); ok {
		a, err := h.eval(l)
		if err != nil {
			return 0, err
		}
		b, err := h.eval(r)
		return a << b, err
	}
	if c, ok := h.constant(expr); ok {
		return c, nil
	}
	v, err := strconv.ParseUint(reSuffix.ReplaceAllString(expr, "$1"), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("can't compute %q", expr)
	}
	return v, nil
}

func (h *header) constant(name string) (uint64, bool) {
	for _, c := range h.consts {
		if c.name == name {
			return c.value, true
		}
	}
	return 0, false
}

func (h *header) lookup(name string) *cStruct {
	for _, s := range h.structs {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (h *header) parseStruct(name, body string) (*cStruct, error) {
	s := &cStruct{name: name, align: 1}
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := reField.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("can't read %q", strings.TrimSpace(line))
		}
		f := cField{typ: m[1], name: m[2], off: s.size}
		if err := h.sizeField(&f, m[3], strings.Contains(line, "[]")); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		align := f.elem
		if sub, ok := strings.CutPrefix(f.typ, "struct "); ok {
			align = h.lookup(sub).align
		}
		if s.size%align != 0 {
			return nil, fmt.Errorf("%s: implicit padding before it", f.name)
		}
		s.align = max(s.align, align)
		s.size += f.elem * max(f.count, 0)
		if f.count == 0 {
			s.size += f.elem
		}
		s.fields = append(s.fields, f)
	}
	if s.size%s.align != 0 {
		return nil, fmt.Errorf("implicit padding at the end")
	}
	return s, nil
}

func (h *header) sizeField(f *cField, dim string, flexible bool) error {
	if sub, ok := strings.CutPrefix(f.typ, "struct "); ok {
		s := h.lookup(sub)
		if s == nil {
			return fmt.Errorf("unknown %s", f.typ)
		}
		f.elem = s.size
	} else if f.elem = scalarSize[f.typ]; f.elem == 0 {
		return fmt.Errorf("unknown type %s", f.typ)
	}
	switch {
	case flexible:
		f.count = -1
	case dim != "":
		n, err := h.eval(dim)
		if err != nil {
			return err
		}
		f.count = int(n)
	}
	return nil
}

var reSyscall = regexp.MustCompile(`(?m)^\+?(\d+)\s+(?:common|64)\s+(\w+)\s+sys_(\w+)`)

// parseSyscalls finds the numbers of the named calls in a syscall table or in
// a patch that changes one.
func parseSyscalls(src string) map[string]int {
	nr := map[string]int{}
	for _, m := range reSyscall.FindAllStringSubmatch(src, -1) {
		if m[2] == "checkpoint" || m[2] == "restart" {
			nr[m[2]], _ = strconv.Atoi(m[1])
		}
	}
	return nr
}
