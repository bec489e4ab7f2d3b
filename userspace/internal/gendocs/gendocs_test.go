// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linux-cr/userspace/internal/chdr"
	"linux-cr/vmtest"
)

var tree = flag.String("tree", "../../../kernel/tree", "kernel tree whose documentation is looked at")

const patches = "../../../patches"

// What is in the kernel's documentation is what its headers and sources say.
func TestDocumentation(t *testing.T) {
	c := config{tree: *tree, check: true}
	if err := c.run(io.Discard); err != nil {
		t.Error(err)
	}
}

// doc returns a document of the tree.
func doc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(*tree, "Documentation", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The rows of the table of what is carried name patches of the series and
// cases of the suite that there are.
func TestStateRows(t *testing.T) {
	subjects := readSubjects(t)
	rows := regexp.MustCompile(`(?m)^   \* - (?:.|\n       )*\n     - ((?:.|\n       )*)\n     - ((?:.|\n       )*)$`).
		FindAllStringSubmatch(doc(t, "checkpoint/state.rst"), -1)
	named := regexp.MustCompile("``([a-z0-9*-]+)``")
	n := 0
	for _, m := range rows {
		since, tests := strings.Join(strings.Fields(m[1]), " "), named.FindAllStringSubmatch(m[2], -1)
		if since == "Since" {
			continue
		}
		n++
		if !slices.Contains(subjects, since) {
			t.Errorf("no patch %q", since)
		}
		if len(tests) == 0 && m[2] != "none" {
			t.Errorf("neither tests nor none: %q", m[2])
		}
		for _, name := range tests {
			if !slices.ContainsFunc(vmtest.Cases, func(c vmtest.Case) bool {
				ok, err := path.Match(name[1], c.Name)
				return ok && err == nil
			}) {
				t.Errorf("no case %s", name[1])
			}
		}
	}
	if n < 50 {
		t.Errorf("found %d rows", n)
	}
}

// readSubjects returns the subjects of the series.
func readSubjects(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(patches, "[0-9]*.patch"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no patches: %v", err)
	}
	subject := regexp.MustCompile(`(?m)^Subject: \[PATCH\] (.*(?:\n .*)*)`)
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := subject.FindSubmatch(b); m != nil {
			out = append(out, strings.ReplaceAll(string(m[1]), "\n", ""))
		}
	}
	return out
}

// The example of the two calls compiles as it stands.
func TestExampleProgram(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc")
	}
	_, rest, ok := strings.Cut(doc(t, "userspace-api/checkpoint.rst"), ".. code-block:: c\n\n")
	if !ok {
		t.Fatal("no example")
	}
	var src strings.Builder
	for line := range strings.Lines(rest) {
		code, indented := strings.CutPrefix(line, "\t")
		if !indented && line != "\n" {
			break
		}
		src.WriteString(code)
	}
	cmd := exec.Command(gcc, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
		"-idirafter", filepath.Join(*tree, uapi, ".."), "-x", "c", "-")
	cmd.Stdin = strings.NewReader(src.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// miniature makes a tree with the real headers and sources and a document
// that has a place for each table.
func miniature(t *testing.T) (dir, doc string) {
	t.Helper()
	dir = t.TempDir()
	for _, pattern := range []string{uapi + "/checkpoint*.h", "checkpoint/*.c", "arch/x86/kernel/checkpoint.c"} {
		files, err := filepath.Glob(filepath.Join(*tree, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, filepath.Dir(pattern), filepath.Base(f)), string(b))
		}
	}
	all, err := makeTables(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range all.tables {
		fmt.Fprintf(&b, "Words.\n\n%s%s\n\n%s%s\n\n", beginMark, x.name, endMark, x.name)
	}
	doc = filepath.Join(dir, "Documentation/checkpoint/all.rst")
	write(t, doc, b.String())
	write(t, filepath.Join(dir, "Documentation/userspace-api/checkpoint.rst"), "Words.\n")
	return dir, doc
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replace alters a file, and returns how to make that undone.
func replace(t *testing.T, path, old, text string) (undo func()) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(b), old) != 1 {
		t.Fatalf("%s: %d times %q", path, strings.Count(string(b), old), old)
	}
	write(t, path, strings.Replace(string(b), old, text, 1))
	return func() { write(t, path, string(b)) }
}

// lineWith returns the line of a file that has a text in it.
func lineWith(t *testing.T, path, text string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("%s: no line with %q", path, text)
	return ""
}

// Arrays of before and after there were trees.
func TestReaderTable(t *testing.T) {
	for array, want := range map[string][]string{
		"\t{ CR_HDR_FS,\t\"fs\",\tcr_read_fs },\n\t{ CR_HDR_PGARR,\t\"pages\",\tcr_read_pages },": {
			"Record  Feature  Function         File  Meaning",
			"FS      fs       cr_read_fs()",
			"PGARR   pages    cr_read_pages()",
		},
		"\t{ CR_HDR_FS,\tfalse,\t\"fs\",\tcr_read_fs },\n\t{ CR_HDR_PGARR,\ttrue,\t\"pages\",\tcr_read_pages },": {
			"Record  Feature  Reader      Function         File  Meaning",
			"FS      fs       its task    cr_read_fs()",
			"PGARR   pages    the caller  cr_read_pages()",
		},
	} {
		src := sources{{"checkpoint/restart.c", "} cr_readers[] = {\n" + array + "\n};\n"}}
		var all tables
		rows := src.elements(&all, "cr_readers", reReader)
		if got := src.readerTable(rows); all.errs != nil || !slices.Equal(tableLines(got), want) {
			t.Errorf("got %v\n%s", all.errs, got)
		}
	}
}

// tableLines are those of a simple table that aren't rules.
func tableLines(table string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(table), "\n"), func(l string) bool { return strings.HasPrefix(l, "=") })
}

func TestRun(t *testing.T) {
	dir, all := miniature(t)
	writeTables, checkTables := config{tree: dir}, config{tree: dir, check: true}
	if err := checkTables.run(io.Discard); err == nil {
		t.Error("empty tables aren't stale")
	}
	if err := writeTables.run(io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := checkTables.run(io.Discard); err != nil {
		t.Errorf("just written: %v", err)
	}
	hdr, calls := filepath.Join(dir, uapi, "checkpoint_hdr.h"), filepath.Join(dir, uapi, "checkpoint.h")
	for _, x := range []struct{ file, old, text, table string }{
		{hdr, " * @umask: as umask(2) returns it\n", " * @umask: what it is\n", "struct cr_hdr_fs"},
		{hdr, "\t__u32 objref;\n\t__u32 umask;\n", "\t__u32 umask;\n\t__u32 objref;\n", "struct cr_hdr_fs"},
		{hdr, "#define CR_FD_DIR\t\t2", "#define CR_FD_DIR\t\t3", "constants cr_hdr_fd_data.type"},
		{hdr, "#define CR_PGARR_MAX\t\t1024", "#define CR_PGARR_MAX\t\t512", "limits checkpoint_hdr.h"},
		{hdr, "CR_HDR_FLOCK = 304,", "CR_HDR_FLOCK = 305,", "records"},
		{calls, "no such task", "no such process", "errors"},
		{calls, "#define RESTART_LAZY\t\t0x10UL", "#define RESTART_LAZY\t\t0x20UL", "constants restart(2)"},
		{filepath.Join(dir, "checkpoint/check.c"), `"has AIO contexts"`, `"has contexts"`, "checks"},
		{filepath.Join(dir, "checkpoint/mem.c"), `"hugetlb memory"`, `"huge memory"`, "refusals"},
		{filepath.Join(dir, "checkpoint/checkpoint.c"), "\tcr_write_fs,\n", "", "writers"},
		{filepath.Join(dir, "checkpoint/restart.c"), lineWith(t, filepath.Join(dir, "checkpoint/restart.c"), "cr_read_cred }"), "", "readers"},
		{filepath.Join(dir, "checkpoint/restart.c"), "\"sighand\",\tcr_read_sighand", "\"handlers\",\tcr_read_sighand", "readers"},
	} {
		undo := replace(t, x.file, x.old, x.text)
		want := fmt.Sprintf("%s: table %q is stale", all, x.table)
		if err := checkTables.run(io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", x.table, err, want)
		}
		undo()
	}
}

// A record that no document has is an error, as is one that kernel-doc says
// nothing of.
func TestRunIncomplete(t *testing.T) {
	dir, all := miniature(t)
	c := config{tree: dir}
	if err := c.run(io.Discard); err != nil {
		t.Fatal(err)
	}
	hdr := filepath.Join(dir, uapi, "checkpoint_hdr.h")
	more := "\n/**\n * struct cr_hdr_new - new\n * @a: one\n */\nstruct cr_hdr_new {\n\t__u64 a;\n};\n\n#endif /* _UAPI"
	replace(t, hdr, "\n#endif /* _UAPI", more)
	want := `no document has the table "struct cr_hdr_new"`
	if err := c.run(io.Discard); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	c.files = []string{all}
	if err := c.run(io.Discard); err != nil {
		t.Errorf("one file needn't be complete: %v", err)
	}
	replace(t, hdr, " * @a: one\n", " *\n")
	want = "checkpoint_hdr.h: struct cr_hdr_new: kernel-doc says nothing of a"
	if err := c.run(io.Discard); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A line of an array that isn't understood is an error, not a row less.
func TestRunUnknownLine(t *testing.T) {
	dir, _ := miniature(t)
	c := config{tree: dir}
	for _, x := range []struct{ file, old, text, array string }{
		{"checkpoint.c", "\tcr_write_fs,\n", "\t&cr_write_fs,\n", "cr_writers"},
		{"restart.c", lineWith(t, filepath.Join(dir, "checkpoint/restart.c"), "cr_read_cred }"), "\t{ CR_HDR_CRED, cr_read_cred },\n", "cr_readers"},
		{"check.c", "\t{ cr_has_aio,\t\t\"has AIO contexts\" },\n", "\t{ cr_has_aio },\n", "cr_checks"},
	} {
		undo := replace(t, filepath.Join(dir, "checkpoint", x.file), x.old, x.text)
		if err := c.run(io.Discard); err == nil || !strings.Contains(err.Error(), x.array+"[]: ") {
			t.Errorf("%s: got %v", x.array, err)
		}
		undo()
	}
	if err := c.run(io.Discard); err != nil {
		t.Errorf("all undone: %v", err)
	}
}

// What a unit test refuses isn't in the tables.
func TestRunUnitTests(t *testing.T) {
	dir, _ := miniature(t)
	c := config{tree: dir}
	if err := c.run(io.Discard); err != nil {
		t.Fatal(err)
	}
	const f = "static void never(struct kunit *test)\n{\n\tcr_refuse(ctx, \"never\");\n}\n"
	write(t, filepath.Join(dir, "checkpoint/never_test.c"), f)
	c.check = true
	if err := c.run(io.Discard); err != nil {
		t.Error(err)
	}
}

func TestUpdate(t *testing.T) {
	all := &tables{tables: []table{{"a", "A\n"}, {"b c", "B\nB\n"}}}
	const a, bc = ".. generated: a\n\nA\n\n.. end of generated: a\n", ".. generated: b c\n\nB\nB\n\n.. end of generated: b c\n"
	for _, x := range []struct {
		name, text, want string
		stale            []string
		err              bool
	}{
		{name: "none", text: "x\n", want: "x\n"},
		{name: "fresh", text: "x\n" + a + "y\n" + bc, want: "x\n" + a + "y\n" + bc},
		{name: "stale", text: "x\n.. generated: a\nC\n.. end of generated: a\n" + bc + "z", want: "x\n" + a + bc + "z", stale: []string{"a"}},
		{name: "no end", text: ".. generated: a\nC\n", err: true},
		{name: "another end", text: ".. generated: a\nC\n.. end of generated: b c\n", err: true},
		{name: "crossed", text: ".. generated: a\n" + bc + ".. end of generated: a\n", err: true},
		{name: "no beginning", text: "x\n.. end of generated: a\n", err: true},
		{name: "unknown", text: ".. generated: d\n.. end of generated: d\n", err: true},
		{name: "twice", text: a + a, err: true},
		{name: "in a line", text: "see .. generated: a\n", want: "see .. generated: a\n"},
	} {
		got, stale, err := update(x.text, all, map[string]bool{})
		if got != x.want || !slices.Equal(stale, x.stale) || (err != nil) != x.err {
			t.Errorf("%s: got %q, %q, %v; want %q, %q, error %v", x.name, got, stale, err, x.want, x.stale, x.err)
		}
	}
}

func TestSimpleTable(t *testing.T) {
	got := simpleTable(24, map[int]int{1: 5}, []string{"N", "Size", "Meaning"}, [][]string{
		{"1", "8 + n", "what ``is here`` for long"},
		{"20", "16 + 4n", ""},
		{"3", "1", "averyveryverylongword"},
	})
	want := strings.Join([]string{
		"==  =====  =====================",
		"N   Size   Meaning",
		"==  =====  =====================",
		"1   8 + n  what",
		"           ``is here``",
		"           for long",
		"20  16 +",
		"    4n",
		"3   1      averyveryverylongword",
		"==  =====  =====================",
		"",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("simpleTable (-want +got):\n%s", diff)
	}
}

func TestMarkUp(t *testing.T) {
	for in, want := range map[string]string{
		"CR_VMA_* of @x, not %NULL": "``CR_VMA_*`` of ``x``, not NULL",
		"a * b, set*id, __reserved": "a * b, set*id, __reserved",
	} {
		if got := markUp(in); got != want {
			t.Errorf("markUp(%q) = %q; want %q", in, got, want)
		}
	}
}

// Each block of constants that isn't a limit says what it is of.
func TestOwners(t *testing.T) {
	const src = `
/* Values of s.kind. */
#define K_A	1

/* Flags of restart(2). */
#define R_A	1

/* Flags in struct args. */
#define F_A	1

#define B_F_A	1
#define B_F_ALL	1

#define B_MAX	1

/**
 * struct s - x
 * @kind: y
 * @bits: B_F_*
 */
struct s {
	__u32 kind;
	__u32 bits;
};
`
	h, err := chdr.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, b := range h.Blocks {
		got[b.Consts[0].Name] = ownerOf(h, b)
	}
	want := map[string]string{"K_A": "s.kind", "R_A": "restart(2)", "F_A": "args.flags", "B_F_A": "s.bits", "B_MAX": ""}
	if !maps.Equal(got, want) {
		t.Errorf("owners: got %v, want %v", got, want)
	}
}
