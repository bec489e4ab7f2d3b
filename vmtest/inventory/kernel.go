// SPDX-License-Identifier: BSD-3-Clause

package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// Structs are the structs that have to be in the list, and in every kernel.
var Structs = []string{
	"task_struct", "signal_struct", "sighand_struct", "mm_struct", "vm_area_struct", "file",
	"fs_struct", "cred", "nsproxy", "thread_struct", "io_context",
}

// FlagSet is a set of flags that BTF doesn't know, being macros.
type FlagSet struct {
	// Header is where they are, below the top of the kernel's source.
	Header string
	// Line matches a line that makes one; its first group is the name.
	Line *regexp.Regexp
}

// define matches the definition of a macro without arguments.
func define(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(` + name + `)(?:[ \t\\]|$)`)
}

// Flags are the sets of flags in the list, all of which have to be there.
var Flags = map[string]FlagSet{
	"vm_flags":         {"include/linux/mm.h", define(`VM_\w+`)},
	"mm_flags":         {"include/linux/sched/coredump.h", define(`MMF_\w+`)},
	"mm_context_flags": {"arch/x86/include/asm/mmu.h", define(`MM_CONTEXT_\w+`)},
	"task_flags":       {"include/linux/sched.h", define(`PF_\w+`)},
	"atomic_flags":     {"include/linux/sched.h", define(`PFA_\w+`)},
	"thread_flags":     {"arch/x86/include/asm/thread_info.h", define(`TIF_\w+`)},
	"thread_status":    {"arch/x86/include/asm/thread_info.h", define(`TS_\w+`)},
	"syscall_work": {"include/linux/thread_info.h",
		regexp.MustCompile(`(?m)^\s*(SYSCALL_WORK_BIT_\w+),`)},
	"jobctl":       {"include/linux/sched/jobctl.h", define(`JOBCTL_\w+`)},
	"signal_flags": {"include/linux/sched/signal.h", define(`SIGNAL_\w+`)},
	"file_mode":    {"include/linux/fs.h", define(`FMODE_\w+`)},
}

// Kernel is what the structs of one kernel consist of.
type Kernel struct {
	// Name says which.
	Name string
	// Members are the members of each struct, in their order.
	Members map[string][]string
}

// Count is the number of members.
func (k *Kernel) Count() int {
	n := 0
	for _, m := range k.Members {
		n += len(m)
	}
	return n
}

// ReadBTF reads the members of structs from a file with BTF: an object or a
// kernel in ELF, or bare BTF as in /sys/kernel/btf. A struct may be a typedef of
// one that has no name. What the file hasn't got isn't in the result.
func ReadBTF(path string, structs []string) (*Kernel, error) {
	spec, err := btf.LoadSpec(path)
	if err != nil {
		return nil, fmt.Errorf("inventory: %s: %w", path, err)
	}
	k := &Kernel{Name: filepath.Base(path), Members: map[string][]string{}}
	for _, name := range structs {
		types, err := spec.AnyTypesByName(name)
		if errors.Is(err, btf.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("inventory: %s: %s: %w", path, name, err)
		}
		// A kernel may know several of one name, of different sources.
		for _, t := range types {
			for _, m := range membersOf(t) {
				if !slices.Contains(k.Members[name], m) {
					k.Members[name] = append(k.Members[name], m)
				}
			}
		}
	}
	return k, nil
}

func membersOf(t btf.Type) []string {
	if def, ok := t.(*btf.Typedef); ok {
		t = btf.UnderlyingType(def)
	}
	fields, ok := fieldsOf(t)
	if !ok {
		return nil
	}
	return flatten("", fields)
}

// unqualified strips const and the like, but no typedef: that is a name.
func unqualified(t btf.Type) btf.Type {
	for {
		switch q := t.(type) {
		case *btf.Const:
			t = q.Type
		case *btf.Volatile:
			t = q.Type
		case *btf.Restrict:
			t = q.Type
		case *btf.TypeTag:
			t = q.Type
		default:
			return t
		}
	}
}

func fieldsOf(t btf.Type) ([]btf.Member, bool) {
	switch t := t.(type) {
	case *btf.Struct:
		return t.Members, true
	case *btf.Union:
		return t.Members, true
	}
	return nil, false
}

// flatten lists the leaves: a member of a type without a name stands for that
// type's members, by its own name and theirs if it has one.
func flatten(prefix string, fields []btf.Member) []string {
	var names []string
	for _, f := range fields {
		t := unqualified(f.Type)
		inner, ok := fieldsOf(t)
		switch {
		case ok && t.TypeName() == "" && f.Name == "":
			names = append(names, flatten(prefix, inner)...)
		case ok && t.TypeName() == "":
			names = append(names, flatten(prefix+f.Name+".", inner)...)
		case f.Name != "":
			names = append(names, prefix+f.Name)
		}
	}
	return names
}

// ReadFlags reads the names of all Flags from a kernel's headers.
func ReadFlags(tree string) (map[string][]string, error) {
	flags := map[string][]string{}
	for set, f := range Flags {
		text, err := os.ReadFile(filepath.Join(tree, f.Header))
		if err != nil {
			return nil, fmt.Errorf("inventory: %w", err)
		}
		flags[set] = f.names(string(text))
		if len(flags[set]) == 0 {
			return nil, fmt.Errorf("inventory: no %s in %s", set, f.Header)
		}
	}
	return flags, nil
}

// names finds the flags in a header, each once.
func (f *FlagSet) names(header string) []string {
	var names []string
	for _, m := range f.Line.FindAllStringSubmatch(header, -1) {
		if name := strings.TrimSpace(m[1]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
