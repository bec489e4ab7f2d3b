// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// world is what /proc and the system calls show of a process: entries that a
// checkpoint and restart must not change.
type world map[string]string

// statusKeys are the lines of /proc/PID/status that are compared.
var statusKeys = map[string]bool{
	"Name": true, "Umask": true, "Tgid": true, "NStgid": true, "TracerPid": true,
	"Uid": true, "Gid": true, "Groups": true, "Threads": true,
	"SigPnd": true, "ShdPnd": true, "SigBlk": true, "SigIgn": true, "SigCgt": true,
	"CapInh": true, "CapPrm": true, "CapEff": true, "CapBnd": true, "CapAmb": true,
	"NoNewPrivs": true, "Seccomp": true, "Seccomp_filters": true,
	"Speculation_Store_Bypass": true, "SpeculationIndirectBranch": true,
	"Cpus_allowed": true, "Mems_allowed": true, "THP_enabled": true,
	"CoreDumping": true, "untag_mask": true, "x86_Thread_features": true,
	"x86_Thread_features_locked": true, "VmSize": true, "VmLck": true,
}

// statFields names the fields of /proc/PID/stat that are compared, counted as
// in proc(5).
var statFields = map[int]string{
	7: "tty_nr", 18: "priority", 19: "nice", 20: "num_threads", 26: "startcode", 27: "endcode",
	28: "startstack", 38: "exit_signal", 40: "rt_priority", 41: "policy",
	45: "start_data", 46: "end_data", 47: "start_brk", 48: "arg_start", 49: "arg_end",
	50: "env_start", 51: "env_end",
}

// Flags of field 9 of /proc/PID/stat that last: PF_FORKNOEXEC, PF_MCE_PROCESS,
// PF_MCE_EARLY, PF_NO_SETAFFINITY, PF_RANDOMIZE.
const statFlags = 0x00000040 | 0x00000080 | 0x08000000 | 0x04000000 | 0x00400000

// wholeFiles are compared as they are.
var wholeFiles = []string{
	"limits", "personality", "comm", "cmdline", "environ", "auxv", "timerslack_ns",
	"oom_score_adj", "coredump_filter", "arch_status", "uid_map", "setgroups",
}

var links = []string{
	"exe", "cwd", "root", "ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid",
	"ns/pid_for_children", "ns/time", "ns/time_for_children", "ns/user", "ns/uts",
}

// look takes the visible world of a process and of all that are below it.
// Further outside descriptors are given; 0 to 2 count as outside unless they
// are files.
func look(pid int, outside map[int]bool) (world, error) {
	v := newView(pid, outside)
	w := world{}
	if err := v.processOf(w, "", pid); err != nil {
		return nil, err
	}
	return w, v.below(w)
}

// processOf takes the visible world of one process; the root has no name.
func (v *view) processOf(w world, name string, pid int) error {
	dir := fmt.Sprintf("/proc/%d", pid)
	if err := w.status(dir); err != nil {
		return err
	}
	for _, file := range wholeFiles {
		if data, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			w[file] = printable(file, data)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "timers")); err == nil {
		w["timers"] = printable("timers", []byte(timersOf(pid, string(data))))
	}
	for _, link := range links {
		if to, err := os.Readlink(filepath.Join(dir, link)); err == nil {
			w[link] = to
		}
	}
	if err := w.smaps(dir); err != nil {
		return err
	}
	if err := v.files(w, name, pid, dir); err != nil {
		return err
	}
	w.calls(pid)
	return nil
}

var (
	timerTask  = regexp.MustCompile(`([pt]id)\.(\d+)`)
	timerClock = regexp.MustCompile(`ClockID: (-\d+)`)
)

// timersOf has the places of threads in their process instead of their numbers,
// the first one's first: these may be new.
func timersOf(pid int, text string) string {
	tids := []int{pid}
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil && tid != pid {
			tids = append(tids, tid)
		}
	}
	slices.Sort(tids[1:])
	text = timerTask.ReplaceAllStringFunc(text, func(s string) string {
		m := timerTask.FindStringSubmatch(s)
		tid, _ := strconv.Atoi(m[2])
		return fmt.Sprintf("%s of task %d", m[1], slices.Index(tids, tid))
	})
	return timerClock.ReplaceAllStringFunc(text, func(s string) string {
		id, _ := strconv.Atoi(timerClock.FindStringSubmatch(s)[1])
		if who := ^(id >> 3); who != 0 {
			return fmt.Sprintf("CPU clock %d of task %d", id&7, slices.Index(tids, who))
		}
		return s
	})
}

// printable makes text of a file's content: a world may be written as JSON.
func printable(name string, data []byte) string {
	if name != "auxv" {
		return strings.Trim(strconv.QuoteToASCII(strings.TrimRight(string(data), "\n")), `"`)
	}
	var words []string
	for ; len(data) >= 16; data = data[16:] {
		words = append(words, fmt.Sprintf("%d=%#x",
			binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])))
	}
	return strings.Join(words, " ")
}

func (w world) status(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(data), "\n") {
		key, val, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		val = strings.Join(strings.Fields(val), " ")
		switch {
		case key == "State" && val[0] == 'Z':
			return errDied
		case key == "State":
			w["status.stopped"] = strconv.FormatBool(val[0] == 'T')
		case statusKeys[key]:
			w["status."+key] = val
		}
	}

	fields, err := statOf(dir)
	if err != nil {
		return err
	}
	for n, name := range statFields {
		if n-3 < len(fields) {
			w["stat."+name] = fields[n-3]
		}
	}
	flags, err := strconv.ParseUint(fields[9-3], 10, 64)
	if err != nil {
		return fmt.Errorf("flags in %s/stat: %w", dir, err)
	}
	w["stat.flags"] = fmt.Sprintf("%#x", flags&statFlags)
	return nil
}

// statOf reads /proc/PID/stat from its third field on. The name before it may
// hold blanks and brackets.
func statOf(dir string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil, err
	}
	text := string(data)
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	if len(fields) < 40 {
		return nil, fmt.Errorf("%s/stat: %q", dir, text)
	}
	return fields, nil
}

// taskState is the one letter of a process's state.
func taskState(pid int) (string, error) {
	fields, err := statOf(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return "", err
	}
	return fields[0], nil
}

// mapping is one line of /proc/PID/smaps with what follows it.
type mapping struct {
	start, end, pgoff uint64
	perms, path       string
	flags, pkey       string
}

var mapLine = regexp.MustCompile(`^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) (\S+) (\d+)\s*(.*)$`)

func parseSmaps(data string) ([]mapping, error) {
	var maps []mapping
	for _, line := range strings.Split(data, "\n") {
		if m := mapLine.FindStringSubmatch(line); m != nil {
			var num [3]uint64
			for i, s := range []string{m[1], m[2], m[4]} {
				var err error
				if num[i], err = strconv.ParseUint(s, 16, 64); err != nil {
					return nil, err
				}
			}
			maps = append(maps, mapping{start: num[0], end: num[1], pgoff: num[2], perms: m[3], path: m[7]})
			continue
		}
		key, val, ok := strings.Cut(line, ":")
		if !ok || len(maps) == 0 {
			continue
		}
		last := &maps[len(maps)-1]
		switch key {
		case "VmFlags":
			last.flags = vmFlags(val)
		case "ProtectionKey":
			last.pkey = strings.TrimSpace(val)
		}
	}
	return maps, nil
}

// vmFlags drops the flags that say nothing of the program: soft-dirty.
func vmFlags(s string) string {
	var keep []string
	for _, f := range strings.Fields(s) {
		if f != "sd" {
			keep = append(keep, f)
		}
	}
	return strings.Join(keep, " ")
}

// merge joins neighbours that differ in nothing but their addresses: whether
// the kernel merged them itself depends on their history.
func merge(maps []mapping) []mapping {
	var out []mapping
	for _, m := range maps {
		if len(out) > 0 {
			last := &out[len(out)-1]
			same := last.end == m.start && last.perms == m.perms && last.path == m.path &&
				last.flags == m.flags && last.pkey == m.pkey
			if same && (!strings.HasPrefix(m.path, "/") || last.pgoff+(last.end-last.start) == m.pgoff) {
				last.end = m.end
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

func (w world) smaps(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "smaps"))
	if err != nil {
		return err
	}
	maps, err := parseSmaps(string(data))
	if err != nil {
		return fmt.Errorf("%s/smaps: %w", dir, err)
	}
	for _, m := range merge(maps) {
		pgoff := ""
		if strings.HasPrefix(m.path, "/") {
			pgoff = fmt.Sprintf("+%#x", m.pgoff)
		}
		w[fmt.Sprintf("maps.%012x", m.start)] = fmt.Sprintf("-%012x %s [%s] pkey=%s %s%s",
			m.end, m.perms, m.flags, m.pkey, m.path, pgoff)
	}
	return nil
}

var lockLine = regexp.MustCompile(`(?m)^lock:\t\d+: `)

// What the kernel numbers anew whenever it is made: pipes, memfds, eventfds; and
// the inode of what an epoll instance watches.
var (
	inodeLine = regexp.MustCompile(`(?m)^ino:\t(\d+)$`)
	eventLine = regexp.MustCompile(`(?m)^eventfd-id: \d+$`)
	epollLine = regexp.MustCompile(`(?m)^(tfd:.*) ino:[0-9a-f]+`)
)

// inodes names what has no path by the first descriptor that refers to it.
type inodes map[string]string

// describe is the visible world of a descriptor: what it refers to and fdinfo.
func (n inodes) describe(fd, to, info string) string {
	text := lockLine.ReplaceAllString(strings.TrimSpace(info), "lock: ")
	text = eventLine.ReplaceAllString(text, "eventfd-id:")
	text = epollLine.ReplaceAllString(text, "$1")
	if m := inodeLine.FindStringSubmatch(text); m != nil &&
		(strings.HasPrefix(to, "pipe:") || strings.HasPrefix(to, "/memfd:")) {
		id := to + m[1]
		if n[id] == "" {
			n[id] = "that of fd " + fd
		}
		text = inodeLine.ReplaceAllString(text, "ino:\t"+n[id])
		to, _, _ = strings.Cut(to, ":[")
	}
	lines := strings.Split(text, "\n")
	sort.Strings(lines)
	return to + "; " + strings.Join(strings.Fields(strings.Join(lines, "; ")), " ")
}

// files records the descriptors of a process.
func (v *view) files(w world, name string, pid int, dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return err
	}
	var fds []int
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return fmt.Errorf("%s/fd: %w", dir, err)
		}
		fds = append(fds, fd)
	}
	sort.Ints(fds)
	w["fds"] = strconv.Itoa(len(fds))
	fds = ends(fds)
	for _, fd := range fds {
		to, err := os.Readlink(filepath.Join(dir, "fd", strconv.Itoa(fd)))
		if err != nil {
			return err
		}
		info, err := os.ReadFile(filepath.Join(dir, "fdinfo", strconv.Itoa(fd)))
		if err != nil {
			return err
		}
		key := fmt.Sprintf("fd.%d", fd)
		if v.isOutside(fd, to) {
			w[key] = "outside"
			continue
		}
		full := strconv.Itoa(fd)
		if name != "" {
			full = name + "|" + full
		}
		w[key] = v.numbers.describe(full, to, string(info))
		v.openFile(w, openFile{name: name, pid: pid, fd: fd, to: to})
	}
	w.sharing(pid, fds)
	return nil
}

// ends keeps the first and the last descriptors of a large table: to look at
// thousands takes longer than all the rest of a run.
func ends(fds []int) []int {
	const most = 512
	if len(fds) <= most {
		return fds
	}
	return slices.Concat(fds[:most/2], fds[len(fds)-most/2:])
}

// sharing records which descriptors refer to the same open file.
func (w world) sharing(pid int, fds []int) {
	if len(fds) > 64 {
		fds = fds[:64]
	}
	for i, a := range fds {
		for _, b := range fds[:i] {
			same, err := sameFile(pid, a, pid, b)
			if err != nil {
				return
			}
			if same {
				w[fmt.Sprintf("fd.%d.same", a)] = strconv.Itoa(b)
				break
			}
		}
	}
}

// What kcmp(2) compares.
const (
	kcmpFile = iota
	kcmpVM
	kcmpFiles
	kcmpFS
	kcmpSighand
)

// kcmp asks whether two tasks have one object.
func kcmp(what, pid1, pid2, a, b int) (bool, error) {
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(pid1), uintptr(pid2), uintptr(what), uintptr(a), uintptr(b), 0)
	if errno != 0 {
		return false, errno
	}
	return r == 0, nil
}

// sameFile asks whether two descriptors are one open file.
func sameFile(pid1, a, pid2, b int) (bool, error) { return kcmp(kcmpFile, pid1, pid2, a, b) }

const ioprioWhoProcess = 1

// calls records what only system calls tell.
func (w world) calls(pid int) {
	if v, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, ioprioWhoProcess, uintptr(pid), 0); errno == 0 {
		w["ioprio"] = fmt.Sprintf("%#x", v)
	}
	if v, _, errno := unix.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(pid), 0, 0); errno == 0 {
		w["scheduler"] = strconv.Itoa(int(v))
	}
}

// diff lists the differences between two worlds, those aside that ignore
// matches by their key.
func diff(before, after world, ignore []*regexp.Regexp) []string {
	keys := map[string]bool{}
	for k := range before {
		keys[k] = true
	}
	for k := range after {
		keys[k] = true
	}
	var out []string
	for k := range keys {
		b, inB := before[k]
		a, inA := after[k]
		if inA == inB && a == b || matchAny(ignore, ofTask(k)) {
			continue
		}
		switch {
		case !inA:
			out = append(out, fmt.Sprintf("%s: %q is gone", k, excerpt(b, 0)))
		case !inB:
			out = append(out, fmt.Sprintf("%s: %q is new", k, excerpt(a, 0)))
		default:
			at := 0
			for at < len(a) && at < len(b) && a[at] == b[at] {
				at++
			}
			out = append(out, fmt.Sprintf("%s: %q became %q", k, excerpt(b, at), excerpt(a, at)))
		}
	}
	sort.Strings(out)
	return out
}

// excerpt is a value, or what is around the byte at of a long one.
func excerpt(s string, at int) string {
	const most, before = 160, 40
	if len(s) <= most {
		return s
	}
	from := max(0, at-before)
	to := min(len(s), from+most)
	return "..." + s[from:to] + "..."
}

// ofTask is a key without the name of the task that it is of.
func ofTask(key string) string { return key[strings.LastIndex(key, taskMark)+1:] }

func matchAny(exprs []*regexp.Regexp, s string) bool {
	for _, e := range exprs {
		if e.MatchString(s) {
			return true
		}
	}
	return false
}
