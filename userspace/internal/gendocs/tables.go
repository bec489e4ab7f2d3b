// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"linux-cr/userspace/internal/chdr"
)

// tables are all that the tree has to say, in the order of the headers.
type tables struct {
	tables []table
	errs   []error
}

type table struct{ name, text string }

func (t *tables) add(name, text string) {
	if _, ok := t.text(name); ok {
		t.errs = append(t.errs, fmt.Errorf("two tables %q", name))
	}
	t.tables = append(t.tables, table{name, text})
}

func (t *tables) text(name string) (string, bool) {
	for _, x := range t.tables {
		if x.name == name {
			return x.text, true
		}
	}
	return "", false
}

// uapi is where the two headers are.
const uapi = "include/uapi/linux"

func makeTables(tree string) (*tables, error) {
	hdr, err := chdr.Read(filepath.Join(tree, uapi, "checkpoint_hdr.h"))
	if err != nil {
		return nil, err
	}
	calls, err := chdr.Read(filepath.Join(tree, uapi, "checkpoint.h"))
	if err != nil {
		return nil, err
	}
	t := &tables{}
	for _, c := range hdr.Enum(chdr.RecType) {
		if hdr.Struct(chdr.RecStruct(c.Name)) == nil {
			return nil, fmt.Errorf("%s: no struct %s", c.Name, chdr.RecStruct(c.Name))
		}
	}
	t.add("records", recordTable(hdr))
	t.addHeader("checkpoint_hdr.h", hdr)
	t.addHeader("checkpoint.h", calls)
	t.add("errors", errorTable(calls.Docs["errors"]))
	t.add("example", exampleRecord(hdr))
	src, err := readSources(tree)
	if err != nil {
		return nil, err
	}
	src.addTables(t)
	return t, errors.Join(t.errs...)
}

// addHeader adds the tables of what a header declares.
func (t *tables) addHeader(file string, h *chdr.Header) {
	for _, s := range h.Structs {
		for _, f := range s.Fields {
			if f.Doc == "" {
				t.errs = append(t.errs, fmt.Errorf("%s: struct %s: kernel-doc says nothing of %s", file, s.Name, f.Name))
			}
		}
		t.add("struct "+s.Name, structTable(s))
	}
	var limits []*chdr.Block
	for _, b := range h.Blocks {
		if owner := ownerOf(h, b); owner != "" {
			t.add("constants "+owner, constTable(b))
		} else {
			limits = append(limits, b)
		}
	}
	t.add("limits "+file, limitTable(limits))
}

var (
	reOwner = regexp.MustCompile(`^(?:Values|Bits) of (\w+\.\w+)`)
	reFlags = regexp.MustCompile(`^Flags (?:of (\w+\(2\))|in struct (\w+))`)
)

// ownerOf finds what a block of constants is of: its comment says so, or a
// member's kernel-doc names their prefix. "" is for limits and the like.
func ownerOf(h *chdr.Header, b *chdr.Block) string {
	if m := reOwner.FindStringSubmatch(b.Doc); m != nil {
		return m[1]
	}
	if m := reFlags.FindStringSubmatch(b.Doc); m != nil {
		if m[1] != "" {
			return m[1]
		}
		return m[2] + ".flags"
	}
	if len(b.Consts) == 1 {
		return ""
	}
	name := b.Consts[0].Name
	prefix := name[:strings.LastIndex(name, "_")+1]
	for _, s := range h.Structs {
		for _, f := range s.Fields {
			if strings.Contains(f.Doc, prefix+"*") {
				return s.Name + "." + f.Name
			}
		}
	}
	return ""
}

// recordTable lists the record types.
func recordTable(h *chdr.Header) string {
	var rows [][]string
	for _, c := range h.Enum(chdr.RecType) {
		s := h.Struct(chdr.RecStruct(c.Name))
		rows = append(rows, []string{
			strconv.FormatUint(c.Value, 10), strings.TrimPrefix(c.Name, "CR_HDR_"), s.Name,
			payload(s), strconv.FormatUint(mostBytes(h, s), 10), markUp(recordMeaning(c, s)),
		})
	}
	return simpleTable(lineWidth+10, map[int]int{3: 8}, []string{"Number", "Name", "Payload", "Bytes", "Most", "Meaning"}, rows)
}

// recordMeaning is the comment behind the number; without one, what
// kernel-doc says of the struct.
func recordMeaning(c chdr.Const, s *chdr.Struct) string {
	if c.Doc != "" {
		return c.Doc
	}
	_, rest, _ := strings.Cut(s.Brief, c.Name)
	return strings.TrimLeft(rest, ",;: ")
}

// trailers are payloads that go on behind their last member.
var trailers = map[string]string{
	"cr_hdr_pgarr":  " + pad",
	"cr_hdr_xstate": " + size",
}

// payload is the size of a payload, n being the count in it.
func payload(s *chdr.Struct) string {
	flex := s.Flex()
	if flex == nil {
		return strconv.Itoa(s.Size)
	}
	n := "n"
	if flex.Elem > 1 {
		n = strconv.Itoa(flex.Elem) + "n"
	}
	return fmt.Sprintf("%d + %s%s", s.Size, n, trailers[s.Name])
}

var reMost = regexp.MustCompile(`(?:at most|\b1 to) (a page|\w+)`)

// pageSize is the size of a page on every architecture that the format knows.
const pageSize = 4096

// mostBytes bounds the payload: by what kernel-doc says of its count, by that
// of any record where it says nothing.
func mostBytes(h *chdr.Header, s *chdr.Struct) uint64 {
	most, _ := h.Const("CR_HDR_LEN_MAX")
	flex := s.Flex()
	if flex == nil {
		return uint64(s.Size)
	}
	if trailers[s.Name] != "" {
		return most
	}
	for _, f := range s.Fields {
		m := reMost.FindStringSubmatch(f.Doc)
		if f.Name != s.Counter() || m == nil {
			continue
		}
		n, ok := h.Const(m[1])
		switch {
		case m[1] == "a page":
			n = pageSize
		case !ok:
			n, _ = strconv.ParseUint(m[1], 10, 32)
		}
		most = min(most, (uint64(s.Size)+n*uint64(flex.Elem)+7)&^7)
	}
	return most
}

// structTable describes a struct: a line, its members, and what else there is
// to say.
func structTable(s *chdr.Struct) string {
	size := fmt.Sprintf("%d bytes", s.Size)
	if flex := s.Flex(); flex != nil {
		size += fmt.Sprintf(", and %d for each of %s", flex.Elem, s.Counter())
		if flex.Elem == 1 {
			size = fmt.Sprintf("%d bytes, and %s more", s.Size, s.Counter())
		}
	}
	title := "``struct " + s.Name + "``"
	if s.Brief != "" {
		title += ", " + markUp(s.Brief)
	}
	var rows [][]string
	for i := range s.Fields {
		f := &s.Fields[i]
		rows = append(rows, []string{strconv.Itoa(f.Off), fieldSize(f), fieldType(f), f.Name, markUp(f.Doc)})
	}
	text := paragraph(title+". "+strings.ToUpper(size[:1])+size[1:]+".") + "\n" +
		simpleTable(lineWidth, nil, []string{"Offset", "Size", "Type", "Member", "Meaning"}, rows)
	if s.Body != "" {
		text += "\n" + paragraph(markUp(s.Body))
	}
	return text
}

func fieldSize(f *chdr.Field) string {
	if f.Flexible() {
		return strconv.Itoa(f.Elem) + " each"
	}
	return strconv.Itoa(f.Size())
}

func fieldType(f *chdr.Field) string {
	switch {
	case f.Flexible():
		return f.Type + "[]"
	case f.Count > 0:
		return fmt.Sprintf("%s[%d]", f.Type, f.Count)
	}
	return f.Type
}

// constTable lists the constants of a block, bits in hexadecimal.
func constTable(b *chdr.Block) string {
	format := "%d"
	if !strings.HasPrefix(b.Doc, "Values") {
		format = "%#x"
	}
	head := []string{"Value", "Name", "Meaning"}
	var rows [][]string
	for _, c := range b.Consts {
		doc := markUp(c.Doc)
		if strings.HasSuffix(c.Name, "_ALL") && doc == "" {
			doc = "all of them; another bit is refused"
		}
		if _, rest, ok := cutAny(b.Doc, ": ", "; "); ok && doc == "" && len(b.Consts) == 1 {
			doc = strings.TrimSuffix(rest, ".")
		}
		rows = append(rows, []string{fmt.Sprintf(format, c.Value), c.Name, doc})
	}
	return simpleTable(lineWidth, nil, head, rows)
}

// cutAny cuts at the first separator that the text has.
func cutAny(text string, seps ...string) (before, after string, found bool) {
	for _, sep := range seps {
		if before, after, found = strings.Cut(text, sep); found {
			return
		}
	}
	return
}

// limitTable lists the constants that belong to no member.
func limitTable(blocks []*chdr.Block) string {
	var rows [][]string
	for _, b := range blocks {
		for _, c := range b.Consts {
			doc := c.Doc
			if doc == "" {
				doc = strings.TrimSuffix(b.Doc, ".")
			}
			value := strconv.FormatUint(c.Value, 10)
			if c.Value > 1<<32 {
				value = fmt.Sprintf("%#016x", c.Value)
			}
			rows = append(rows, []string{value, c.Name, markUp(doc)})
		}
	}
	return simpleTable(lineWidth, nil, []string{"Value", "Name", "Meaning"}, rows)
}

var reErrno = regexp.MustCompile(`(?m)^- ((?:%\w+(?:, )?)+): ([^\n]*(?:\n  [^\n]*)*)`)

// errorTable turns the list of errnos into a table.
func errorTable(doc string) string {
	var rows [][]string
	for _, m := range reErrno.FindAllStringSubmatch(doc, -1) {
		text := strings.TrimSuffix(strings.Join(strings.Fields(m[2]), " "), ".")
		rows = append(rows, []string{markUp(m[1]), markUp(text)})
	}
	return simpleTable(lineWidth, nil, []string{"Errno", "Meaning"}, rows)
}
