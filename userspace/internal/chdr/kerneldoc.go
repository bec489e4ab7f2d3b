// SPDX-License-Identifier: BSD-3-Clause

package chdr

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	reKernelDoc = regexp.MustCompile(`(?s)/\*\*\n(.*?)\*/`)
	reDocTitle  = regexp.MustCompile(`^(DOC:|struct|enum) *(.*?)(?: - (.*))?$`)
	reDocMember = regexp.MustCompile(`^@(\w+): *(.*)$`)
)

// parseDocs reads the kernel-doc comments and gives each to what it is of.
func (h *Header) parseDocs(src string) error {
	for _, m := range reKernelDoc.FindAllStringSubmatch(src, -1) {
		lines := docLines(m[1])
		title := reDocTitle.FindStringSubmatch(lines[0])
		if title == nil {
			return fmt.Errorf("kernel-doc: can't read %q", lines[0])
		}
		body := lines[1:]
		switch title[1] {
		case "DOC:":
			h.Docs[title[2]] = strings.TrimSpace(strings.Join(body, "\n"))
		case "struct":
			s := h.Struct(title[2])
			if s == nil {
				return fmt.Errorf("kernel-doc of an unknown struct %s", title[2])
			}
			s.Brief = title[3]
			if err := s.document(body); err != nil {
				return fmt.Errorf("struct %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// docLines strips the asterisks in front.
func docLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimRight(line, " \t\n"), " *")
		out = append(out, strings.TrimPrefix(line, " "))
	}
	return out
}

// document reads the lines below the title: members, each with the lines that
// go on, and after an empty line the body.
func (s *Struct) document(lines []string) error {
	var at *Field
	for i, line := range lines {
		m := reDocMember.FindStringSubmatch(line)
		switch {
		case m != nil:
			if at = s.field(m[1]); at == nil {
				return fmt.Errorf("kernel-doc of an unknown member %s", m[1])
			}
			at.Doc = m[2]
		case line == "":
			s.Body = squeeze(strings.Join(lines[i:], "\n"))
			return nil
		case at != nil:
			at.Doc = squeeze(at.Doc + " " + line)
		default:
			s.Brief = squeeze(s.Brief + " " + line)
		}
	}
	return nil
}

func (s *Struct) field(name string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}
