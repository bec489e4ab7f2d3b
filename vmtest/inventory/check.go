// SPDX-License-Identifier: BSD-3-Clause

package inventory

import (
	"fmt"
	"slices"
	"strings"
)

// Input is what a list is held against.
type Input struct {
	Rows []Row
	// Kernels are the kernels whose members have to be in the list.
	Kernels []*Kernel
	// Flags are the flags of the headers, by set.
	Flags map[string][]string
	// Cases are the names of the suite's cases.
	Cases map[string]bool
	// Partial says that the kernels aren't all that the list is made of: a row
	// that none of them knows is fine then.
	Partial bool
}

// checker collects what is wrong.
type checker struct {
	*Input
	listed   map[string]map[string]bool
	problems []string
}

func (c *checker) complain(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// Check says what is wrong with a list, one sentence each. Nothing is an empty
// result.
func Check(in *Input) []string {
	c := &checker{Input: in, listed: map[string]map[string]bool{}}
	for i := range in.Rows {
		c.row(&in.Rows[i])
	}
	for _, name := range Structs {
		if c.listed[name] == nil {
			c.complain("struct %s isn't in the list", name)
		}
	}
	if len(in.Kernels) == 0 {
		c.complain("there is no kernel to check the list against")
	}
	for _, k := range in.Kernels {
		c.kernel(k)
	}
	for set := range Flags {
		c.missing("the headers", set, in.Flags[set])
	}
	c.stale()
	slices.Sort(c.problems)
	return c.problems
}

// row checks a line by itself.
func (c *checker) row(r *Row) {
	if c.listed[r.Struct] == nil {
		c.listed[r.Struct] = map[string]bool{}
	}
	if c.listed[r.Struct][r.Member] {
		c.complain("%s is in the list twice", r.Name())
	}
	c.listed[r.Struct][r.Member] = true
	if r.Why == "-" {
		c.complain("%s: no word on why", r.Name())
	}
	for _, name := range r.Tests {
		if !c.Cases[name] {
			c.complain("%s: there is no case %s", r.Name(), name)
		}
	}
	for _, name := range r.Wanted {
		if c.Cases[name] {
			c.complain("%s: there is a case %s: it isn't wanted any more", r.Name(), name)
		}
	}
	tested := len(r.Tests)+len(r.Wanted) > 0
	switch r.Fate {
	case Carried, Refused:
		if !tested && r.None == "" {
			c.complain("%s is %s and has no test", r.Name(), r.Fate)
		}
	case Derived, Dropped:
		if len(r.Tests) > 0 || r.None != "" || r.Fate == Derived && tested {
			c.complain("%s is %s: what is there to test?", r.Name(), r.Fate)
		}
	default:
		c.complain("%s: no fate %q", r.Name(), r.Fate)
	}
}

// kernel checks that the list has all members of a kernel.
func (c *checker) kernel(k *Kernel) {
	for _, name := range Structs {
		if len(k.Members[name]) == 0 {
			c.complain("%s has no struct %s", k.Name, name)
		}
	}
	for name, members := range k.Members {
		c.missing(k.Name, name, members)
	}
}

// missing names members that the list hasn't.
func (c *checker) missing(where, name string, members []string) {
	if len(members) == 0 {
		c.complain("%s: nothing of %s", where, name)
	}
	for _, m := range members {
		if !c.listed[name][m] {
			c.complain("%s.%s, which is in %s, isn't in the list: is it carried, refused or derived?", name, m, where)
		}
	}
}

// stale names rows that are in no kernel and in no header.
func (c *checker) stale() {
	for i := range c.Rows {
		r := &c.Rows[i]
		if _, ok := Flags[r.Struct]; ok {
			if !slices.Contains(c.Flags[r.Struct], r.Member) {
				c.complain("%s is in the list and in no header", r.Name())
			}
			continue
		}
		known := slices.ContainsFunc(c.Kernels, func(k *Kernel) bool {
			return slices.Contains(k.Members[r.Struct], r.Member)
		})
		if !known && !c.Partial {
			c.complain("%s is in the list and in no kernel", r.Name())
		}
	}
}

// Lost names what a checkpoint drops in silence, and the cases that are wanted.
func Lost(rows []Row) []string {
	var lost []string
	for i := range rows {
		r := &rows[i]
		if r.Fate == Dropped {
			lost = append(lost, fmt.Sprintf("%s is dropped in silence: %s", r.Name(), r.Why))
		}
		if len(r.Wanted) > 0 {
			lost = append(lost, fmt.Sprintf("%s: no case %s", r.Name(), strings.Join(r.Wanted, ", ")))
		}
	}
	return lost
}

// StructsOf lists the structs of a list in their order, sets of flags left out.
func StructsOf(rows []Row) []string {
	var names []string
	for i := range rows {
		name := rows[i].Struct
		if _, ok := Flags[name]; !ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Summary counts a list.
func Summary(rows []Row) string {
	n := map[Fate]int{}
	sets := map[string]bool{}
	none := 0
	for i := range rows {
		n[rows[i].Fate]++
		sets[rows[i].Struct] = true
		if rows[i].None != "" {
			none++
		}
	}
	return fmt.Sprintf("%d members of %d structs and sets of flags: %d carried, %d refused (%d where no guest can show it), %d derived, %d dropped",
		len(rows), len(sets), n[Carried], n[Refused], none, n[Derived], n[Dropped])
}
