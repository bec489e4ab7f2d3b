// SPDX-License-Identifier: BSD-3-Clause

package chdr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	reComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	reStruct  = regexp.MustCompile(`(?s)struct (\w+) \{(.*?)\n\};`)
	reEnum    = regexp.MustCompile(`(?s)(?:/\*([^\n]*?)\*/\n)?enum (\w+) \{(.*?)\n\};`)
	reField   = regexp.MustCompile(`^\s*((?:struct )?\w+) (\w+)(?:\[(\w*)\])?\s*;\s*$`)
	reEnumEl  = regexp.MustCompile(`^\s*(\w+) = (\S+),\s*(?:/\*(.*)\*/)?\s*$`)
	reDefine  = regexp.MustCompile(`^#define (\w+)[ \t]+(.*?)\s*(?:/\*(.*)\*/)?$`)
	reSuffix  = regexp.MustCompile(`(?i)\b(0x[0-9a-f]+|[0-9]+)u?l{0,2}\b`)
)

var scalarSize = map[string]int{
	"__u8": 1, "__u16": 2, "__u32": 4, "__u64": 8, "__s32": 4, "__s64": 8,
	"__aligned_u64": 8,
}

// Parse reads the regular subset of C that the headers keep to.
func Parse(src string) (*Header, error) {
	h := &Header{Docs: map[string]string{}}
	if err := h.parseDefines(src); err != nil {
		return nil, err
	}
	for _, m := range reEnum.FindAllStringSubmatch(src, -1) {
		e, err := h.parseEnum(m[2], m[3])
		if err != nil {
			return nil, fmt.Errorf("enum %s: %w", m[2], err)
		}
		e.Doc = squeeze(m[1])
		h.Enums = append(h.Enums, e)
	}
	for _, m := range reStruct.FindAllStringSubmatch(reComment.ReplaceAllString(src, ""), -1) {
		s, err := h.parseStruct(m[1], m[2])
		if err != nil {
			return nil, fmt.Errorf("struct %s: %w", m[1], err)
		}
		h.Structs = append(h.Structs, s)
	}
	return h, h.parseDocs(src)
}

// squeeze makes one line of a comment's text.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// parseDefines reads the #define lines. A block of them ends where something
// else begins; its comment is the one that ends on the line above it.
func (h *Header) parseDefines(src string) error {
	var block *Block
	var comment string
	inComment := false
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		m := reDefine.FindStringSubmatch(line)
		switch {
		case inComment || strings.HasPrefix(line, "/*"):
			comment, inComment = commentLine(comment, line)
			block = nil
		case m == nil || m[2] == "":
			comment, block = "", nil
		default:
			v, err := h.eval(m[2])
			if err != nil {
				return fmt.Errorf("%s: %w", m[1], err)
			}
			if block == nil {
				block = &Block{Doc: squeeze(comment)}
				h.Blocks = append(h.Blocks, block)
				comment = ""
			}
			c := Const{m[1], v, squeeze(m[3])}
			block.Consts = append(block.Consts, c)
			h.Consts = append(h.Consts, c)
		}
	}
	return nil
}

// commentLine adds a line to a comment's text; more says that it goes on.
func commentLine(text, line string) (out string, more bool) {
	if rest, ok := strings.CutPrefix(line, "/*"); ok {
		text, line = "", rest
	}
	line, _, ends := strings.Cut(line, "*/")
	return text + " " + strings.TrimPrefix(strings.TrimSpace(line), "*"), !ends
}

func (h *Header) parseEnum(name, body string) (*Enum, error) {
	e := &Enum{Name: name}
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		el := reEnumEl.FindStringSubmatch(line)
		if el == nil {
			return nil, fmt.Errorf("can't read %q", strings.TrimSpace(line))
		}
		v, err := h.eval(el[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", el[1], err)
		}
		e.Consts = append(e.Consts, Const{el[1], v, squeeze(el[3])})
	}
	return e, nil
}

// eval computes an integer expression: a number, a constant seen before, or
// two of them with << between.
func (h *Header) eval(expr string) (uint64, error) {
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
	if c, ok := h.Const(expr); ok {
		return c, nil
	}
	v, err := strconv.ParseUint(reSuffix.ReplaceAllString(expr, "$1"), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("can't compute %q", expr)
	}
	return v, nil
}

func (h *Header) parseStruct(name, body string) (*Struct, error) {
	s := &Struct{Name: name, Align: 1}
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := reField.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("can't read %q", strings.TrimSpace(line))
		}
		f := Field{Type: m[1], Name: m[2], Off: s.Size}
		if err := h.sizeField(&f, m[3], strings.Contains(line, "[]")); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		align := f.Elem
		if sub, ok := strings.CutPrefix(f.Type, "struct "); ok {
			align = h.Struct(sub).Align
		}
		if s.Size%align != 0 {
			return nil, fmt.Errorf("%s: implicit padding before it", f.Name)
		}
		s.Align = max(s.Align, align)
		s.Size += f.Size()
		s.Fields = append(s.Fields, f)
	}
	if s.Size%s.Align != 0 {
		return nil, fmt.Errorf("implicit padding at the end")
	}
	return s, nil
}

func (h *Header) sizeField(f *Field, dim string, flexible bool) error {
	if sub, ok := strings.CutPrefix(f.Type, "struct "); ok {
		s := h.Struct(sub)
		if s == nil {
			return fmt.Errorf("unknown %s", f.Type)
		}
		f.Elem = s.Size
	} else if f.Elem = scalarSize[f.Type]; f.Elem == 0 {
		return fmt.Errorf("unknown type %s", f.Type)
	}
	switch {
	case flexible:
		f.Count = -1
	case dim != "":
		n, err := h.eval(dim)
		if err != nil {
			return err
		}
		f.Count = int(n)
	}
	return nil
}
