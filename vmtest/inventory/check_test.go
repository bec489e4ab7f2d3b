// SPDX-License-Identifier: BSD-3-Clause

package inventory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
)

// sound returns a list that nothing is wrong with, and what it is held against:
// one member in each struct and one flag in each set.
func sound() *Input {
	k := &Kernel{Name: "kernel", Members: map[string][]string{}}
	in := &Input{
		Kernels: []*Kernel{k}, Flags: map[string][]string{}, Cases: map[string]bool{"case": true},
	}
	for _, name := range Structs {
		k.Members[name] = []string{"member"}
		in.Rows = append(in.Rows, Row{Struct: name, Member: "member", Fate: Derived, Why: "counts"})
	}
	for set := range Flags {
		in.Flags[set] = []string{"FLAG"}
		in.Rows = append(in.Rows, Row{Struct: set, Member: "FLAG", Fate: Derived, Why: "a mask"})
	}
	in.Rows[0].Fate = Carried
	in.Rows[0].Tests = []string{"case"}
	in.Rows[1].Fate = Refused
	in.Rows[1].None = "no such machine"
	return in
}

func TestCheckSound(t *testing.T) {
	if got := Check(sound()); len(got) != 0 {
		t.Errorf("Check() = %q; want nothing", got)
	}
}

// Each fault alone turns the check red, and names what it is about.
func TestCheckFaults(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault func(in *Input)
		want  string
	}{
		{"new member", func(in *Input) {
			in.Kernels[0].Members["cred"] = append(in.Kernels[0].Members["cred"], "newid")
		}, "cred.newid, which is in kernel, isn't in the list"},
		{"new member in another kernel", func(in *Input) {
			in.Kernels = append(in.Kernels, &Kernel{Name: "rich", Members: map[string][]string{}})
			for name := range in.Kernels[0].Members {
				in.Kernels[1].Members[name] = []string{"member"}
			}
			in.Kernels[1].Members["file"] = []string{"member", "f_new"}
		}, "file.f_new, which is in rich, isn't in the list"},
		{"new flag", func(in *Input) {
			in.Flags["vm_flags"] = []string{"FLAG", "VM_NEW"}
		}, "vm_flags.VM_NEW, which is in the headers, isn't in the list"},
		{"row deleted", func(in *Input) {
			in.Rows = append(in.Rows[:3], in.Rows[4:]...)
		}, Structs[3] + ".member, which is in kernel, isn't in the list"},
		{"member gone", func(in *Input) {
			in.Rows = append(in.Rows, Row{Struct: "cred", Member: "old", Fate: Derived, Why: "counts"})
		}, "cred.old is in the list and in no kernel"},
		{"flag gone", func(in *Input) {
			in.Rows = append(in.Rows, Row{Struct: "jobctl", Member: "OLD", Fate: Derived, Why: "a mask"})
		}, "jobctl.OLD is in the list and in no header"},
		{"row twice", func(in *Input) {
			in.Rows = append(in.Rows, in.Rows[5])
		}, "is in the list twice"},
		{"struct gone from the list", func(in *Input) {
			in.Rows = slices.DeleteFunc(in.Rows, func(r Row) bool { return r.Struct == "nsproxy" })
		}, "struct nsproxy isn't in the list"},
		{"struct gone from the kernel", func(in *Input) {
			delete(in.Kernels[0].Members, "nsproxy")
		}, "kernel has no struct nsproxy"},
		{"no kernel", func(in *Input) {
			in.Kernels = nil
			in.Partial = true
		}, "there is no kernel"},
		{"no headers", func(in *Input) {
			in.Flags["task_flags"] = nil
		}, "the headers: nothing of task_flags"},
		{"carried without a test", func(in *Input) {
			in.Rows[0].Tests = nil
		}, "is carried and has no test"},
		{"refused without a test", func(in *Input) {
			in.Rows[1].None = ""
		}, "is refused and has no test"},
		{"derived with a test", func(in *Input) {
			in.Rows[2].Tests = []string{"case"}
		}, "is derived: what is there to test?"},
		{"unknown case", func(in *Input) {
			in.Rows[0].Tests = []string{"case", "nowhere"}
		}, "there is no case nowhere"},
		{"wanted case is there", func(in *Input) {
			in.Rows[0].Wanted = []string{"case"}
		}, "it isn't wanted any more"},
		{"unknown fate", func(in *Input) {
			in.Rows[4].Fate = "ignored"
		}, `no fate "ignored"`},
		{"no reason", func(in *Input) {
			in.Rows[4].Why = "-"
		}, "no word on why"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := sound()
			tc.fault(in)
			got := Check(in)
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, tc.want) }) {
				t.Errorf("Check() = %q; want %q among them", got, tc.want)
			}
		})
	}
}

func TestCheckPartial(t *testing.T) {
	in := sound()
	in.Partial = true
	in.Rows = append(in.Rows, Row{Struct: "cred", Member: "other", Fate: Derived, Why: "counts"})
	if got := Check(in); len(got) != 0 {
		t.Errorf("Check() = %q; want nothing: another kernel may have it", got)
	}
}

func TestParse(t *testing.T) {
	const text = "# comment\n\ncred\tuid\tcarried\tCRED\tone,wanted:two\nfile\tf_op\tderived\tof the path\t-\n" +
		"cred\tsecurity\trefused\tcr_x()\tnone: no such machine\n"
	rows, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("Parse() gave %d rows; want 3", len(rows))
	}
	r := rows[0]
	if r.Name() != "cred.uid" || r.Line != 3 || r.Fate != Carried || r.Why != "CRED" ||
		!slices.Equal(r.Tests, []string{"one"}) || !slices.Equal(r.Wanted, []string{"two"}) {
		t.Errorf("first row %+v", r)
	}
	if len(rows[1].Tests) != 0 || rows[1].None != "" {
		t.Errorf("second row %+v", rows[1])
	}
	if rows[2].None != "no such machine" {
		t.Errorf("third row %+v", rows[2])
	}
	if got := StructsOf(rows); !slices.Equal(got, []string{"cred", "file"}) {
		t.Errorf("StructsOf() = %q", got)
	}
}

func TestParseFaults(t *testing.T) {
	for _, text := range []string{
		"cred\tuid\tcarried\tCRED",                // a column is missing
		"cred\tuid\tcarried\tCRED\tone\tmore",     // one too many
		"cred\tuid\tcarried\t\tone",               // an empty one
		"cred\tuid \tcarried\tCRED\tone",          // a blank
		"cred\tuid\tsaved\tCRED\tone",             // no such fate
		"cred\tuid\tcarried\tCRED\tone, two",      // a blank in the list of cases
		"cred\tuid\tcarried\tCRED\tone,,two",      // an empty name
		"cred\tuid\tcarried\tCRED\twanted:",       // likewise
		"cred\tuid\trefused\tcr_x()\tnone:",       // no reason
		"cred\tuid\trefused\tcr_x()\tNo Such",     // not the name of a case
		"cred uid carried CRED one",               // blanks for tabs
		"cred\tuid\tcarried\tCRED\tone,wanted:-x", // not a name either
	} {
		if rows, err := Parse(strings.NewReader(text)); err == nil || rows != nil {
			t.Errorf("Parse(%q) = %v, %v; want an error", text, rows, err)
		}
	}
}

func TestLost(t *testing.T) {
	rows := []Row{
		{Struct: "a", Member: "b", Fate: Dropped, Why: "a call"},
		{Struct: "a", Member: "c", Fate: Refused, Wanted: []string{"case"}},
		{Struct: "a", Member: "d", Fate: Derived},
	}
	got := Lost(rows)
	want := []string{"a.b is dropped in silence: a call", "a.c: no case case"}
	if !slices.Equal(got, want) {
		t.Errorf("Lost() = %q; want %q", got, want)
	}
}

// writeBTF makes a file of bare BTF.
func writeBTF(t *testing.T, types ...btf.Type) string {
	t.Helper()
	b, err := btf.NewBuilder(types, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Marshal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "vmlinux")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadBTF(t *testing.T) {
	word := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	field := func(name string, typ btf.Type) btf.Member { return btf.Member{Name: name, Type: typ} }
	named := &btf.Struct{Name: "lock", Size: 4, Members: []btf.Member{field("owner", word)}}
	path := writeBTF(t,
		&btf.Struct{Name: "file", Size: 16, Members: []btf.Member{
			field("f_pos", word),
			field("", &btf.Union{Size: 4, Members: []btf.Member{
				field("f_ra", word),
				field("", &btf.Const{Type: &btf.Struct{Size: 4, Members: []btf.Member{field("f_deep", word)}}}),
			}}),
			field("shared", &btf.Struct{Size: 4, Members: []btf.Member{field("rb", word)}}),
			field("f_lock", named),
			field("", word), // padding
		}},
		&btf.Struct{Name: "file", Size: 4, Members: []btf.Member{field("f_pos", word), field("f_other", word)}},
		&btf.Typedef{Name: "mm_context_t", Type: &btf.Struct{Size: 4, Members: []btf.Member{field("ldt", word)}}},
	)
	k, err := ReadBTF(path, []string{"file", "mm_context_t", "nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"f_pos", "f_ra", "f_deep", "shared.rb", "f_lock", "f_other"}
	got := slices.Clone(k.Members["file"])
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("members of file: %q; want %q", got, want)
	}
	if got := k.Members["mm_context_t"]; !slices.Equal(got, []string{"ldt"}) {
		t.Errorf("members of mm_context_t: %q", got)
	}
	if _, ok := k.Members["nowhere"]; ok || k.Name != "vmlinux" || k.Count() != 7 {
		t.Errorf("kernel %+v", k)
	}
}

func TestReadBTFFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no.btf.o")
	if k, err := ReadBTF(path, Structs); err == nil || k != nil {
		t.Errorf("a file that isn't there: %v, %v", k, err)
	}
	if err := os.WriteFile(path, []byte("\x7fELF and no more"), 0o644); err != nil {
		t.Fatal(err)
	}
	if k, err := ReadBTF(path, Structs); err == nil || k != nil {
		t.Errorf("a file without BTF: %v, %v", k, err)
	}
}

func TestFlagNames(t *testing.T) {
	const header = `
#define VM_READ		0x1	/* VM_NOT */
# define VM_PAT	VM_ARCH_1
#	define VM_PAT	VM_NONE
//#define VM_OLD	2
#define VM_MASK \
	(VM_READ | VM_PAT)
#define VM_CALL(x)	(x)
#define NOT_VM_1	1
#define VM_BARE
`
	set := Flags["vm_flags"]
	want := []string{"VM_READ", "VM_PAT", "VM_MASK", "VM_BARE"}
	if got := set.names(header); !slices.Equal(got, want) {
		t.Errorf("names() = %q; want %q", got, want)
	}
	const work = "enum {\n\tSYSCALL_WORK_BIT_SECCOMP,\n\tSYSCALL_WORK_BIT_NEW,\n};\n#define SYSCALL_WORK_SECCOMP BIT(SYSCALL_WORK_BIT_SECCOMP)\n"
	set = Flags["syscall_work"]
	want = []string{"SYSCALL_WORK_BIT_SECCOMP", "SYSCALL_WORK_BIT_NEW"}
	if got := set.names(work); !slices.Equal(got, want) {
		t.Errorf("names() = %q; want %q", got, want)
	}
}

func TestReadFlagsFaults(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadFlags(dir); err == nil {
		t.Error("a tree without headers is fine")
	}
	for _, f := range Flags {
		path := filepath.Join(dir, f.Header)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("/* nothing */\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadFlags(dir); err == nil {
		t.Error("headers without flags are fine")
	}
}
