// SPDX-License-Identifier: BSD-3-Clause

// Package ctest holds Go mirrors of C declarations against the C compiler.
package ctest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// Struct is a C struct and its mirror.
type Struct struct {
	C      string
	Go     reflect.Type
	Size   int // of the fixed part
	Fields []Field
}

// Field is a member of a C struct and of its mirror.
type Field struct{ C, Go string }

// Const is a constant by its C name, with the value that Go has.
type Const struct {
	C     string
	Value uint64
}

// dirs are where the headers can be, from the repository's root. The folder
// that is being worked on comes first.
var dirs = []string{
	"build/linux/include/uapi/linux",
	"kernel/tree/include/uapi/linux",
}

// Header returns the path of a uapi header, "" when there is none.
func Header(name string) string {
	for _, root := range []string{"../..", "../../.."} {
		for _, d := range dirs {
			p := filepath.Join(root, d, name)
			if _, err := os.Stat(p); err == nil {
				return p
			}
		}
	}
	return ""
}

// Layout compiles a program that prints sizes, offsets and constants, and
// compares what it prints with Go. Without gcc or the header it skips.
func Layout(t *testing.T, header string, structs []Struct, consts []Const) {
	t.Helper()
	path := Header(header)
	if path == "" {
		t.Skipf("no %s to compare with", header)
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc to compare with")
	}
	got := run(t, gcc, path, structs, consts)
	for _, s := range structs {
		compare(t, got, "sizeof "+s.C, uint64(s.Size))
		for _, f := range s.Fields {
			g, ok := s.Go.FieldByName(f.Go)
			if !ok {
				t.Errorf("%v has no field %s", s.Go, f.Go)
				continue
			}
			compare(t, got, "offsetof "+s.C+" "+f.C, uint64(g.Offset))
		}
	}
	for _, c := range consts {
		compare(t, got, "const "+c.C, c.Value)
	}
}

func compare(t *testing.T, c map[string]uint64, what string, goValue uint64) {
	t.Helper()
	if v, ok := c[what]; !ok || v != goValue {
		t.Errorf("%s: got %#x in Go, want %#x as in C", what, goValue, v)
	}
}

func run(t *testing.T, gcc, header string, structs []Struct, consts []Const) map[string]uint64 {
	t.Helper()
	dir := t.TempDir()
	src, bin := filepath.Join(dir, "layout.c"), filepath.Join(dir, "layout")
	if err := os.WriteFile(src, program(t, header, structs, consts), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-Wall", "-o", bin, src).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", gcc, err, out)
	}
	out, err := exec.Command(bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		line := sc.Text()
		i := len(line) - 1
		for line[i] != ' ' {
			i--
		}
		var v uint64
		if _, err := fmt.Sscan(line[i+1:], &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got[line[:i]] = v
	}
	return got
}

func program(t *testing.T, header string, structs []Struct, consts []Const) []byte {
	t.Helper()
	abs, err := filepath.Abs(header)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "#include <stddef.h>\n#include <stdio.h>\n#include %q\nint main(void)\n{\n", abs)
	emit := func(what, expr string) {
		fmt.Fprintf(&b, "\tprintf(\"%s %%llu\\n\", (unsigned long long)(%s));\n", what, expr)
	}
	for _, s := range structs {
		emit("sizeof "+s.C, fmt.Sprintf("sizeof(struct %s)", s.C))
		for _, f := range s.Fields {
			emit("offsetof "+s.C+" "+f.C, fmt.Sprintf("offsetof(struct %s, %s)", s.C, f.C))
		}
	}
	for _, c := range consts {
		emit("const "+c.C, c.C)
	}
	b.WriteString("\treturn 0;\n}\n")
	return b.Bytes()
}
