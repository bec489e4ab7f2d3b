// SPDX-License-Identifier: BSD-3-Clause

package chdr

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linux-cr/userspace/internal/ctest"
)

const sample = `
/*
 * A file.
 */
#ifndef _GUARD_H
#define _GUARD_H

/**
 * DOC: things
 *
 * - %EINVAL: an argument
 *   is wrong.
 */

#define N (1U << 2) /* a comment */
#define M 3ULL

/* Bits of
 * in.a. */
#define F_ONE	0x1
#define F_ALL	0x1

#define OTHER	7

/* Values of x. */
enum e {
	A = 1,	/* the first */
	B = 0x10,

	C = 17,
};

/**
 * struct in - a thing
 *             of two lines
 * @a: F_*
 * @b: many
 *     of them
 * @__reserved: 0
 *
 * And more
 * words.
 */
struct in {
	__u32 a;
	__u32 b[N];
	__u32 __reserved;
};
struct out {
	__u64 x;
	struct in y[2];
	__u8 data[];
};
#endif /* _GUARD_H */
`

func TestParse(t *testing.T) {
	h, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := &Header{
		Docs:   map[string]string{"things": "- %EINVAL: an argument\n  is wrong."},
		Consts: []Const{{"N", 4, "a comment"}, {"M", 3, ""}, {"F_ONE", 1, ""}, {"F_ALL", 1, ""}, {"OTHER", 7, ""}},
		Blocks: []*Block{
			{"", []Const{{"N", 4, "a comment"}, {"M", 3, ""}}},
			{"Bits of in.a.", []Const{{"F_ONE", 1, ""}, {"F_ALL", 1, ""}}},
			{"", []Const{{"OTHER", 7, ""}}},
		},
		Enums: []*Enum{{"e", "Values of x.", []Const{{"A", 1, "the first"}, {"B", 16, ""}, {"C", 17, ""}}}},
		Structs: []*Struct{
			{
				Name: "in", Size: 24, Align: 4, Brief: "a thing of two lines", Body: "And more words.",
				Fields: []Field{
					{"a", "__u32", 0, 0, 4, "F_*"},
					{"b", "__u32", 4, 4, 4, "many of them"},
					{"__reserved", "__u32", 0, 20, 4, "0"},
				},
			},
			{
				Name: "out", Size: 8 + 2*24, Align: 8,
				Fields: []Field{
					{"x", "__u64", 0, 0, 8, ""},
					{"y", "struct in", 2, 8, 24, ""},
					{"data", "__u8", -1, 56, 1, ""},
				},
			},
		},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, src := range map[string]string{
		"padding":          "struct s {\n__u32 a;\n__u64 b;\n};\n",
		"tail padding":     "struct s {\n__u64 a;\n__u32 b;\n};\n",
		"type":             "struct s {\nlong a;\n};\n",
		"bit field":        "struct s {\n__u32 a : 3;\n};\n",
		"struct":           "struct s {\nstruct t a;\n};\n",
		"expression":       "#define A foo(3)\n",
		"open comment":     "#define A 3 /* that goes\n * on */\n",
		"enum":             "enum e {\nA,\n};\n",
		"kernel-doc":       "/**\n * something\n */\n",
		"unknown struct":   "/**\n * struct s - x\n */\n",
		"unknown member":   "/**\n * struct s - x\n * @b: y\n */\nstruct s {\n__u32 a;\n};\n",
		"implicit members": "enum e {\nA = 1,\nB = A + 1,\n};\n",
	} {
		if _, err := Parse(src); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What the tables of this package say of the headers agrees with kernel-doc.
func TestHeaders(t *testing.T) {
	path := ctest.Header("checkpoint_hdr.h")
	if path == "" {
		t.Skip("no header to look at")
	}
	h, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	payload := regexp.MustCompile(`CR_HDR_\w+`)
	for _, c := range h.Enum(RecType) {
		s := h.Struct(RecStruct(c.Name))
		if s == nil {
			t.Errorf("%s: no struct %s", c.Name, RecStruct(c.Name))
			continue
		}
		if !slices.Contains(payload.FindAllString(s.Brief, -1), c.Name) {
			t.Errorf("%s: struct %s is %q", c.Name, s.Name, s.Brief)
		}
	}
	for _, s := range h.Structs {
		if (s.Flex() != nil) != (s.Counter() != "") {
			t.Errorf("struct %s: counted by %q", s.Name, s.Counter())
		}
		if n := s.Counter(); n != "" && s.field(n) == nil {
			t.Errorf("struct %s: no member %s", s.Name, n)
		}
	}
}
