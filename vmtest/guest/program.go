// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"linux-cr/vmtest"
)

// Real programs run chrooted into the root file system that the host shares,
// read-only but for a few directories in memory.

// programRoot mounts the root file system once.
var programRoot = sync.OnceValue(func() error {
	if err := os.MkdirAll(rootfsRoot, 0o755); err != nil {
		return err
	}
	const options = "trans=virtio,version=9p2000.L,msize=262144,cache=loose"
	for _, m := range []struct {
		source, target, fstype string
		flags                  uintptr
		data                   string
	}{
		{"rootfs", "", "9p", unix.MS_RDONLY, options},
		{"tmpfs", "tmp", "tmpfs", 0, "mode=1777"},
		{"tmpfs", "run", "tmpfs", 0, ""},
		{"/dev", "dev", "", unix.MS_BIND | unix.MS_REC, ""},
		{"/proc", "proc", "", unix.MS_BIND, ""},
	} {
		if err := unix.Mount(m.source, filepath.Join(rootfsRoot, m.target), m.fstype, m.flags, m.data); err != nil {
			return fmt.Errorf("mounting %s on the root file system: %w", m.source, err)
		}
	}
	// As on any system: process substitution of shells goes by it.
	if err := os.Symlink("/proc/self/fd", "/dev/fd"); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	jobs := filepath.Join(rootfsRoot, vmtest.JobDir)
	if err := os.MkdirAll(jobs, 0o755); err != nil {
		return err
	}
	entries, err := fs.ReadDir(vmtest.Jobs, "programs")
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := fs.ReadFile(vmtest.Jobs, "programs/"+e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(jobs, e.Name()), data, 0o644); err != nil {
			return err
		}
	}
	for _, name := range vmtest.GoJobs {
		data, err := os.ReadFile(filepath.Join(workloadDir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(jobs, name), data, 0o755); err != nil {
			return err
		}
	}
	return nil
})

// program runs the job once without and once with an interruption.
func (r *run) program(ctx context.Context) error {
	if err := programRoot(); err != nil {
		return err
	}
	want, err := r.uninterrupted(ctx)
	if err != nil {
		return fmt.Errorf("the uninterrupted run: %w", err)
	}
	if err := r.startProgram(ctx, "work"); err != nil {
		return err
	}
	if err := r.inTheMiddle(ctx); err != nil {
		return err
	}
	stopped := r.mode == vmtest.ModeProgramStopped
	if stopped {
		if err := r.stopDown(ctx); err != nil {
			return err
		}
	}
	first := r.io
	r.tasks = treeTids(r.pid)
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	if stopped {
		if err := r.compare(ctx, "after the restart"); err != nil {
			return err
		}
		if err := r.continueUp(); err != nil {
			return err
		}
	}
	if err := r.ended(ctx); err != nil {
		return err
	}
	got := r.inOrder(stripPid(r.pid, plainLines(first.out.String())+r.settled(ctx)))
	if got != want {
		return fmt.Errorf("it wrote %d bytes that differ from the %d of an uninterrupted run at %s",
			len(got), len(want), firstDifference(got, want))
	}
	if complaints := first.err.String() + r.io.err.String(); complaints != "" {
		return fmt.Errorf("it complains: %s", complaints)
	}
	return nil
}

// stopDown stops each process of the tree once its parent is stopped, so that
// there are no new ones, and takes the visible world. A parent in vfork() stops
// when its child, which still runs, is in execve() or gone.
func (r *run) stopDown(ctx context.Context) error {
	root := &process{pid: r.pid}
	for done := map[int]bool{}; ; {
		procs, err := treeOf(root)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(procs, func(p *process) bool { return !p.zombie && !done[p.pid] })
		if i < 0 {
			break
		}
		pid := procs[i].pid
		done[pid] = true
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !vanished(err) {
			return err
		}
		err = until(ctx, fmt.Sprintf("pid %d to stop", pid), func() (bool, error) {
			state, err := taskState(pid)
			return state == "T" || state == "Z" || vanished(err), err
		})
		if err != nil && !vanished(err) {
			return err
		}
	}
	return r.allStopped(ctx)
}

// continueUp continues children before their parents, which reap them.
func (r *run) continueUp() error {
	procs, err := treeOf(&process{pid: r.pid})
	if err != nil {
		return err
	}
	slices.Reverse(procs)
	return signalEach(procs, syscall.SIGCONT)
}

// stripPid removes the line with which 'cr restart --detach' tells the pid: it
// comes from the same descriptor as the program's output.
func stripPid(pid int, out string) string {
	return strings.Replace("\n"+out, fmt.Sprintf("\n%d\n", pid), "\n", 1)[1:]
}

// uninterrupted returns what the job writes when nobody interrupts it; it is
// run once for all modes of the case.
func (r *run) uninterrupted(ctx context.Context) (string, error) {
	once, _ := r.g.references.LoadOrStore(r.c.Name, &reference{})
	ref := once.(*reference)
	ref.mu.Lock()
	defer ref.mu.Unlock()
	if ref.out != "" {
		return ref.out, nil
	}
	var err error
	ref.out, err = r.toTheEnd(ctx)
	return ref.out, err
}

// reference is the output of an uninterrupted run, once it is there.
type reference struct {
	mu  sync.Mutex
	out string
}

func (r *run) toTheEnd(ctx context.Context) (string, error) {
	if err := r.startProgram(ctx, "reference"); err != nil {
		return "", err
	}
	if err := r.ended(ctx); err != nil {
		return "", err
	}
	out := r.settled(ctx)
	if len(out) < 20 {
		return "", fmt.Errorf("it wrote only %q; %s", out, &r.io.err)
	}
	if complaints := r.io.err.String(); complaints != "" {
		return "", fmt.Errorf("it complains: %s", complaints)
	}
	return r.inOrder(out), nil
}

// inOrder sorts the lines of an output where their order is free.
func (r *run) inOrder(out string) string {
	if !r.c.Program.Sorted {
		return out
	}
	lines := strings.SplitAfter(out, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// settled is the output of a program that has ended, once all of it is there.
func (r *run) settled(ctx context.Context) string {
	last := -1
	_ = until(ctx, "the output", func() (bool, error) {
		n := len(r.io.out.String())
		done := n == last && n > 0
		last = n
		return done, r.io.refresh()
	})
	return plainLines(r.io.out.String())
}

// plainLines undoes what a terminal does to line ends.
func plainLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// lowPriority is the nice value of a job.
const lowPriority = 19

// startProgram starts the program with a new directory of its own.
func (r *run) startProgram(ctx context.Context, name string) error {
	work := filepath.Join("/tmp", filepath.Base(r.dir)+"."+name)
	if err := os.MkdirAll(filepath.Join(rootfsRoot, work), 0o755); err != nil {
		return err
	}
	r.order = filepath.Join(rootfsRoot, work)
	var err error
	if r.io, err = r.newIO(); err != nil {
		return err
	}
	if r.c.Program.Stdin != "" {
		stdin, err := os.Open(filepath.Join(rootfsRoot, r.c.Program.Stdin))
		if err != nil {
			return err
		}
		_ = r.io.child[0].Close()
		r.io.child[0] = stdin
	}
	argv := make([]string, 0, len(r.c.Program.Argv))
	for _, a := range r.c.Program.Argv {
		argv = append(argv, strings.ReplaceAll(a, vmtest.WorkDir, work))
	}
	attr := &syscall.ProcAttr{
		Dir: work,
		Env: append([]string{"PATH=/usr/bin:/bin", "HOME=/tmp", "TZ=UTC"}, r.c.Program.Env...),
		Sys: &syscall.SysProcAttr{Chroot: rootfsRoot},
	}
	if r.stdio == vmtest.StdioTTY {
		attr.Sys.Setsid, attr.Sys.Setctty = true, true
	}
	for _, f := range r.io.child {
		attr.Files = append(attr.Files, f.Fd())
	}
	pid, err := r.g.reaper.start(argv, attr)
	if err != nil {
		return err
	}
	r.io.started()
	r.pid, r.waitFor = pid, pid
	r.pids = append(r.pids, pid)
	// Or the command that checkpoints it, among all the processes of the job,
	// would often come when the job is done.
	return syscall.Setpriority(syscall.PRIO_PROCESS, pid, lowPriority)
}

// inTheMiddle waits until the program has done a part of its job.
func (r *run) inTheMiddle(ctx context.Context) error {
	p := r.c.Program
	return until(ctx, "the program's progress", func() (bool, error) {
		if r.dead() {
			return false, fmt.Errorf("the job is too short: it is done already; %s", &r.io.err)
		}
		if p.File != "" {
			fi, err := os.Stat(filepath.Join(r.order, p.File))
			if errors.Is(err, fs.ErrNotExist) {
				return false, nil
			}
			return err == nil && fi.Size() >= p.Size, err
		}
		if err := r.io.refresh(); err != nil {
			return false, err
		}
		return strings.Count(r.io.out.String(), "\n") >= p.Lines, nil
	})
}

// firstDifference shows where two outputs part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := 0; i < len(g) && i < len(w); i++ {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("line %d, the end of one", min(len(g), len(w))+1)
}
