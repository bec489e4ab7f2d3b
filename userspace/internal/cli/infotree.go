// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/sys/unix"

	"linux-cr/userspace/image"
)

// treeDepth is where lines of a tree are no longer indented any further: an
// image may have a child of a child of a child, tens of thousands of times.
const treeDepth = 24

// tree is what is needed to draw one.
type tree struct {
	s        *image.Summary
	children map[int32][]int // pid -> places in s.Tree, threads first
	threads  map[int32]int   // pid of a process -> how many
	owners   map[uint32]int32
	w        io.Writer
}

// printTree draws processes and threads, one a line, children below their
// parents.
func printTree(to io.Writer, s *image.Summary, err error) {
	var buf bytes.Buffer
	w := tabwriter.NewWriter(&buf, 0, 8, 2, ' ', 0)
	if len(s.Tree) > 0 {
		t := newTree(s, w)
		fmt.Fprintf(w, "TASK\tPPID\tPGID\tSID\tTHREADS\tSTATE\tSHARES\n")
		t.draw(0, "", "", 0)
	}
	w.Flush()
	for line := range strings.Lines(buf.String()) {
		fmt.Fprintln(to, strings.TrimRight(line, " \n"))
	}
	if err != nil {
		fmt.Fprintln(to, integrity(err))
	}
}

func newTree(s *image.Summary, w io.Writer) *tree {
	t := &tree{s: s, children: map[int32][]int{}, threads: map[int32]int{}, owners: map[uint32]int32{}, w: w}
	for i, e := range s.Tree {
		t.threads[e.TGID]++
		parent := e.PPID
		if e.TGID != e.PID {
			parent = e.TGID
		}
		if i > 0 {
			t.children[parent] = append(t.children[parent], i)
		}
		if i >= len(s.Tasks) {
			continue // a damaged image
		}
		for _, o := range sharable(s.Tasks[i]) {
			if _, owned := t.owners[o.ref]; !owned {
				t.owners[o.ref] = e.TGID
			}
		}
	}
	return t
}

// draw prints a task and what is below it. The lead is what stands before the
// task itself, the indent before what is below.
func (t *tree) draw(i int, lead, indent string, depth int) {
	t.line(i, lead)
	below := t.children[t.s.Tree[i].PID]
	for n, child := range below {
		branch, trunk := "├─", "│ "
		if n == len(below)-1 {
			branch, trunk = "└─", "  "
		}
		if depth >= treeDepth {
			branch, trunk = "…─", ""
		}
		t.draw(child, indent+branch, indent+trunk, depth+1)
	}
}

func (t *tree) line(i int, lead string) {
	e := t.s.Tree[i]
	name, state, shares := "?", "", ""
	if i < len(t.s.Tasks) {
		k := t.s.Tasks[i]
		name, state, shares = clean(k.Name()), taskState(k), t.shares(e.PID, k)
	}
	if e.TGID != e.PID {
		fmt.Fprintf(t.w, "%s{%d %s}\t\t\t\t\t%s\t\n", lead, e.PID, name, state)
		return
	}
	fmt.Fprintf(t.w, "%s%d %s\t%s\t%s\t%s\t%d\t%s\t%s\n", lead, e.PID, name,
		number(e.PPID), number(e.PGID), number(e.SID), t.threads[e.PID], state, shares)
}

// number shows a pid; 0 lies outside.
func number(pid int32) string {
	if pid == 0 {
		return "-"
	}
	return strconv.Itoa(int(pid))
}

var restartNames = map[image.RestartKind]string{
	image.CR_RESTART_NANOSLEEP: "in nanosleep",
	image.CR_RESTART_FUTEX:     "in futex",
	image.CR_RESTART_POLL:      "in poll",
}

// taskState says what a task was doing.
func taskState(k image.TaskSum) string {
	if k.Zombie != nil {
		return "zombie, " + exitText(k.Zombie.Status)
	}
	parts := taskNotes(k.Task)
	switch {
	case k.Restart != 0:
		parts = append(parts, restartNames[k.Restart])
	case k.Call != nil:
		parts = append(parts, fmt.Sprintf("in call %d", *k.Call))
	case parts == nil:
		parts = append(parts, "running")
	}
	if k.Pending > 0 {
		parts = append(parts, plural(k.Pending, "signal")+" pending")
	}
	if k.Timers > 0 {
		parts = append(parts, plural(k.Timers, "timer"))
	}
	if k.Sched != nil {
		parts = append(parts, schedText(k.Sched))
	}
	return strings.Join(parts, ", ")
}

var policyNames = map[uint32]string{
	unix.SCHED_FIFO: "SCHED_FIFO", unix.SCHED_RR: "SCHED_RR", unix.SCHED_BATCH: "SCHED_BATCH",
	unix.SCHED_IDLE: "SCHED_IDLE", unix.SCHED_DEADLINE: "SCHED_DEADLINE",
}

// schedText says how a task is scheduled that isn't as others are.
func schedText(s *image.Sched) string {
	var parts []string
	if name, ok := policyNames[s.Policy]; ok {
		parts = append(parts, name)
	}
	if s.Priority != 0 {
		parts = append(parts, fmt.Sprintf("priority %d", s.Priority))
	}
	if len(s.CPUs) > 0 {
		n := 0
		for _, word := range s.CPUs {
			n += bits.OnesCount64(word)
		}
		parts = append(parts, "on "+plural(n, "CPU"))
	}
	if s.Ioprio != 0 {
		parts = append(parts, fmt.Sprintf("I/O class %d level %d", s.Ioprio>>13, s.Ioprio&7))
	}
	if parts == nil {
		return "scheduled otherwise"
	}
	return strings.Join(parts, " ")
}

// exitText says what wait4(2) reports.
func exitText(status uint32) string {
	sig := status & 0x7f
	switch {
	case sig == 0:
		return fmt.Sprintf("exit %d", status>>8)
	case status&0x80 != 0:
		return fmt.Sprintf("signal %d, core dumped", sig)
	}
	return fmt.Sprintf("signal %d", sig)
}

// object is what a process may share with another.
type object struct {
	name string
	ref  uint32
}

func sharable(k image.TaskSum) []object {
	if k.Zombie != nil {
		return nil
	}
	return []object{{"files", k.Files}, {"fs", k.FS}, {"sighand", k.Sighand}, {"memory", k.MM}}
}

// shares says what a process has in common with an earlier one. What threads
// share isn't worth a word.
func (t *tree) shares(pid int32, k image.TaskSum) string {
	var owners []int32
	with := map[int32][]string{}
	for _, o := range sharable(k) {
		owner := t.owners[o.ref]
		if owner == pid {
			continue
		}
		if with[owner] == nil {
			owners = append(owners, owner)
		}
		with[owner] = append(with[owner], o.name)
	}
	var parts []string
	for _, owner := range owners {
		parts = append(parts, fmt.Sprintf("%s with %d", strings.Join(with[owner], ", "), owner))
	}
	return strings.Join(parts, "; ")
}
