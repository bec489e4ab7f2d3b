// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// Keys of a world that aren't the root's begin with the name of their task and
// a taskMark. A process is named by its place, 2.1 being the first child of the
// second child of the root, and a thread by that of its process: 2.1t3.
const taskMark = "|"

// process is one process of a tree.
type process struct {
	name      string
	pid, ppid int
	pgid, sid int
	zombie    bool
	tids      []int
	parent    *process
	children  []*process
}

// openFile is a descriptor that isn't outside.
type openFile struct {
	name    string
	pid, fd int
	to      string
}

// view is a look at a tree.
type view struct {
	root *process
	// outside are the numbers of outside descriptors, links what they refer
	// to in the root, and pipes those of them that are pipes: their other
	// numbers are outside as well.
	outside map[int]bool
	links   map[int]string
	pipes   map[string]bool
	numbers inodes
	seen    []openFile
}

func newView(pid int, outside map[int]bool) *view {
	v := &view{
		root: &process{pid: pid}, outside: outside,
		links: map[int]string{}, pipes: map[string]bool{}, numbers: inodes{},
	}
	for fd := range outside {
		to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
		if err != nil {
			continue
		}
		v.links[fd] = to
		if strings.HasPrefix(to, "pipe:") {
			v.pipes[to] = true
		}
	}
	return v
}

func (v *view) isOutside(fd int, to string) bool {
	return v.pipes[to] || v.outside[fd] && v.links[fd] == to
}

// openFile records with whose descriptor of an earlier process one is the same
// open file.
func (v *view) openFile(w world, f openFile) {
	const most = 256
	if len(v.seen) < most {
		v.seen = append(v.seen, f)
	}
	for _, g := range v.seen {
		if g.to != f.to || g.name == f.name {
			continue
		}
		if same, err := sameFile(g.pid, g.fd, f.pid, f.fd); err == nil && same {
			w[fmt.Sprintf("fd.%d.of", f.fd)] = fmt.Sprintf("fd %d of %s", g.fd, display(g.name))
			return
		}
	}
}

// display is the name of a process in text.
func display(name string) string {
	if name == "" {
		return "root"
	}
	return name
}

// below takes the visible world of everybody but the root itself.
func (v *view) below(w world) error {
	procs, err := treeOf(v.root)
	if err != nil {
		return err
	}
	for i, p := range procs {
		part := world{}
		if p != v.root {
			if err := v.child(part, p); vanished(err) {
				continue
			} else if err != nil {
				return err
			}
			part["tid"] = strconv.Itoa(p.pid)
			part["parent"] = display(p.parent.name)
		}
		part.relations(p, procs[:i], procs)
		w.enter(p.name, part)
		if err := w.threads(p); err != nil && !vanished(err) {
			return err
		}
	}
	w["tree"] = strconv.Itoa(len(procs))
	return nil
}

// child takes the visible world of a process below the root.
func (v *view) child(w world, p *process) error {
	if !p.zombie {
		return v.processOf(w, p.name, p.pid)
	}
	w["zombie"] = "true"
	fields, err := statOf(fmt.Sprintf("/proc/%d", p.pid))
	if err != nil {
		return err
	}
	w["stat.exit_signal"] = fields[38-3]
	if len(fields) > 52-3 {
		w["stat.exit_code"] = fields[52-3]
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.pid))
	w["comm"] = strings.TrimSpace(string(comm))
	return err
}

// stopped reports whether all tasks of a tree are stopped.
func (w world) stopped() bool {
	for k, v := range w {
		if ofTask(k) == "status.stopped" && v != "true" {
			return false
		}
	}
	return true
}

// vanished reports whether an error says that a process has ended meanwhile.
func vanished(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, errDied)
}

// enter adds the world of a task to that of the tree.
func (w world) enter(name string, part world) {
	for k, val := range part {
		if name != "" {
			k = name + taskMark + k
		}
		w[k] = val
	}
}

// relations records groups, sessions, and what is shared with earlier processes.
func (w world) relations(p *process, earlier, all []*process) {
	w["pgid"] = groupName(p.pgid, all, func(q *process) int { return q.pgid })
	w["sid"] = groupName(p.sid, all, func(q *process) int { return q.sid })
	if p.zombie {
		return
	}
	for _, s := range []struct {
		key  string
		what int
	}{{"vm", kcmpVM}, {"files", kcmpFiles}, {"fs", kcmpFS}, {"sighand", kcmpSighand}} {
		for _, q := range earlier {
			if same, err := kcmp(s.what, q.pid, p.pid, 0, 0); err == nil && same && !q.zombie {
				w["shares."+s.key] = display(q.name)
				break
			}
		}
	}
}

// groupName names a group by its leader, or by the first in it where that one
// isn't in the tree.
func groupName(nr int, all []*process, of func(*process) int) string {
	for _, q := range all {
		if q.pid == nr {
			return "led by " + display(q.name)
		}
	}
	for _, q := range all {
		if of(q) == nr {
			return "with " + display(q.name)
		}
	}
	return "none"
}

// threadFiles are compared of each thread.
var threadFiles = []string{"comm", "personality", "arch_status"}

// threads takes what is visible of the threads of a process, its first left out.
func (w world) threads(p *process) error {
	for i, tid := range p.tids[min(1, len(p.tids)):] {
		part := world{"tid": strconv.Itoa(tid)}
		dir := fmt.Sprintf("/proc/%d/task/%d", p.pid, tid)
		if err := part.status(dir); err != nil {
			return err
		}
		for _, name := range threadFiles {
			if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				part[name] = printable(name, data)
			}
		}
		if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/timerslack_ns", tid)); err == nil {
			part["timerslack_ns"] = printable("timerslack_ns", data)
		}
		part.calls(tid)
		for key, what := range map[string]int{"files": kcmpFiles, "fs": kcmpFS, "sighand": kcmpSighand, "vm": kcmpVM} {
			if same, err := kcmp(what, p.pid, tid, 0, 0); err == nil {
				part["shares."+key] = strconv.FormatBool(same)
			}
		}
		w.enter(fmt.Sprintf("%st%d", p.name, i+1), part)
	}
	return nil
}

// treeOf finds all processes below one, parents before their children.
func treeOf(root *process) ([]*process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	self := all[root.pid]
	if self == nil {
		return nil, errDied
	}
	*root = *self
	procs := []*process{root}
	below := map[int][]*process{}
	for _, p := range all {
		below[p.ppid] = append(below[p.ppid], p)
	}
	for i := 0; i < len(procs); i++ {
		p := procs[i]
		p.tids, err = tidsOf(p.pid)
		if err != nil && !vanished(err) {
			return nil, err
		}
		kids := below[p.pid]
		sort.Slice(kids, func(a, b int) bool { return kids[a].pid < kids[b].pid })
		for n, c := range kids {
			c.parent = p
			c.name = strings.TrimPrefix(fmt.Sprintf("%s.%d", p.name, n+1), ".")
			procs = append(procs, c)
		}
	}
	return procs, nil
}

// processes lists all that there are.
func processes() (map[int]*process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	all := map[int]*process{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		fields, err := statOf(filepath.Join("/proc", e.Name()))
		if err != nil {
			continue
		}
		p := &process{pid: pid, zombie: fields[0] == "Z"}
		for i, to := range []*int{&p.ppid, &p.pgid, &p.sid} {
			if *to, err = strconv.Atoi(fields[1+i]); err != nil {
				return nil, err
			}
		}
		all[pid] = p
	}
	return all, nil
}

func tidsOf(pid int) ([]int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	tids := []int{pid}
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil && tid != pid {
			tids = append(tids, tid)
		}
	}
	sort.Ints(tids[1:])
	return tids, nil
}

// treeTids lists the ids of all tasks of a tree.
func treeTids(pid int) []int {
	procs, err := treeOf(&process{pid: pid})
	if err != nil {
		return []int{pid}
	}
	var tids []int
	for _, p := range procs {
		tids = append(tids, p.tids...)
	}
	return tids
}

// belongs reports whether a process works in the directory of a run, which is
// that of the order for a real program. Its memory
// isn't looked at, as its environment would be: another run may be building it.
func (r *run) belongs(pid int) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && (cwd == r.dir || r.c.Program != nil && cwd == r.order)
}

// remaining lists the processes of a run that there are.
func (r *run) remaining() []int {
	all, err := processes()
	if err != nil {
		return nil
	}
	var pids []int
	for pid := range all {
		if r.belongs(pid) {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	return pids
}
