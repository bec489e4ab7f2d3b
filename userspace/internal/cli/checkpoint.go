// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"linux-cr/userspace/cr"
)

type checkpointFlags struct {
	pid        int
	out        string
	kill       bool
	stop       bool
	external   []int
	noDefault  bool
	dryRun     bool
	log        string
	json       bool
	timeout    time.Duration
	noPageCsum bool
}

func (a *App) checkpointCmd() *cobra.Command {
	var f checkpointFlags
	c := &cobra.Command{
		Use:   "checkpoint --pid P -o FILE|-",
		Short: "Save a program to an image",
		Long: `Save the program with pid P, with all its threads and descendants, to an image.
It is stopped for a moment and then goes on, unless told otherwise.

The image is written to a temporary name beside FILE, synced and renamed, so
that FILE is always a complete image. With -o - it goes to standard output.

Descriptors that the image can't carry may be declared outside: whoever
restarts the program supplies them. Descriptors 0 to 2 are declared so by
themselves when they are a terminal, or a pipe whose other end isn't in the tree.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.checkpoint(&f) },
	}
	fl := c.Flags()
	fl.SortFlags = false
	fl.IntVar(&f.pid, "pid", 0, "process to save")
	fl.StringVarP(&f.out, "output", "o", "", "image to write, - for standard output")
	fl.BoolVar(&f.kill, "kill", false, "kill the program once the image is complete")
	fl.BoolVar(&f.stop, "stop", false, "leave the program stopped, as by SIGSTOP")
	fl.IntSliceVar(&f.external, "external", nil, "descriptor that the restarter will supply (repeatable)")
	fl.BoolVar(&f.noDefault, "no-default-external", false, "declare nothing outside but what --external names")
	fl.BoolVar(&f.dryRun, "dry-run", false, "write nothing, print everything that is in the way")
	fl.StringVar(&f.log, "log", "", "file for the kernel's messages")
	fl.BoolVar(&f.json, "json", false, "print the result as JSON")
	fl.DurationVar(&f.timeout, "timeout", 0, "how long to try to stop the program (default 2s)")
	fl.BoolVar(&f.noPageCsum, "no-page-csum", false, "leave out the checksums of memory")
	c.MarkFlagsMutuallyExclusive("kill", "stop")
	return c
}

func (f *checkpointFlags) check(stdout *os.File) error {
	switch {
	case f.pid <= 0:
		return usagef("--pid P is needed, a number above 0")
	case f.dryRun && f.out != "":
		return usagef("a dry run writes no image: leave out -o")
	case !f.dryRun && f.out == "":
		return usagef("-o FILE is needed, or -o - for standard output")
	case f.out == "-" && isTerminal(stdout):
		return usagef("an image doesn't go to a terminal: use -o FILE, or a pipe")
	case f.timeout < 0:
		return usagef("--timeout can't be negative")
	}
	for _, fd := range f.external {
		if fd < 0 {
			return usagef("--external %d isn't a descriptor", fd)
		}
	}
	return nil
}

func (a *App) checkpoint(f *checkpointFlags) error {
	if err := f.check(a.Stdout); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	log, err := openLogFile(f.log)
	if err != nil {
		return a.checkpointFailed(f, err)
	}
	defer log.Close()
	opts := cr.CheckpointOptions{
		PID: f.pid, Kill: f.kill, Stop: f.stop, DryRun: f.dryRun, NoPageCsum: f.noPageCsum,
		Outside: a.outside(f), Timeout: f.timeout,
	}
	if f.log != "" {
		opts.Log = log
	}
	if f.dryRun {
		return a.dryRun(ctx, opts, f.json)
	}
	res, procs, err := a.save(ctx, f, opts)
	if err != nil {
		return a.checkpointFailed(f, err)
	}
	a.checkpointDone(f, opts, res, procs)
	return nil
}

func (a *App) checkpointFailed(f *checkpointFlags, err error) error {
	fail := &failure{err: err, op: "checkpoint", pid: f.pid}
	if f.json {
		fail.json = a.resultFile(f)
	}
	var kept *keptError
	if errors.As(err, &kept) {
		fail.hint = "the program has ended; its image is complete in " + kept.path
	}
	return fail
}

// resultFile is where the result goes: standard output, unless the image does.
func (a *App) resultFile(f *checkpointFlags) *os.File {
	if f.out == "-" {
		return a.Stderr
	}
	return a.Stdout
}

// keptError is an image that couldn't get its name after its program ended.
type keptError struct {
	error
	path string
}

func (e *keptError) Unwrap() error { return e.error }

// save writes the image. It returns how many processes are in there, 0 where
// that can't be read back.
func (a *App) save(ctx context.Context, f *checkpointFlags, opts cr.CheckpointOptions) (res *cr.CheckpointResult, procs int, err error) {
	if f.out == "-" {
		opts.Image = a.Stdout
		res, err = a.Kernel.Checkpoint(ctx, opts)
		return res, 0, err
	}
	out, err := createOut(f.out)
	if err != nil {
		return nil, 0, err
	}
	opts.Image = out.File
	p := startProgress(a.Stderr, "checkpoint", func() int64 {
		st, err := out.Stat()
		if err != nil {
			return 0
		}
		return st.Size()
	})
	res, err = a.Kernel.Checkpoint(ctx, opts)
	p.end()
	if err != nil {
		out.abort()
		return nil, 0, err
	}
	procs = out.processes()
	if err := out.commit(); err != nil {
		if f.kill && out.temp != "" {
			return nil, 0, &keptError{err, out.temp}
		}
		out.abort()
		return nil, 0, err
	}
	return res, procs, nil
}

// treeOf names a program with its tasks. The kernel counts tasks only: without
// an image at hand procs is 0.
func treeOf(pid int, tasks uint64, procs int) string {
	switch {
	case tasks <= 1:
		return fmt.Sprintf("pid %d", pid)
	case procs == 0:
		return fmt.Sprintf("pid %d, %d tasks", pid, tasks)
	}
	return fmt.Sprintf("pid %d, %s", pid, processes(procs, int(tasks)))
}

func (a *App) checkpointDone(f *checkpointFlags, opts cr.CheckpointOptions, res *cr.CheckpointResult, procs int) {
	to := a.resultFile(f)
	if f.json {
		writeJSON(to, map[string]any{
			"pid": f.pid, "crid": res.CRID, "file": f.out, "outside": opts.Outside,
			"stats": res.Stats, "log": res.Log,
		})
		return
	}
	what := "saved"
	switch {
	case f.kill:
		what = "saved and ended"
	case f.stop:
		what = "saved and stopped"
	}
	s := res.Stats
	fmt.Fprintf(to, "%s %s: %s in %s, stopped for %s\n", what, treeOf(f.pid, s.Tasks, procs), size(s.Bytes), nanos(s.TotalNS), nanos(s.StopNS))
}

// dryRun prints what blocks a checkpoint, a line each.
func (a *App) dryRun(ctx context.Context, opts cr.CheckpointOptions, asJSON bool) error {
	res, err := a.Kernel.Checkpoint(ctx, opts)
	blockers, ok := blockersOf(err)
	if !ok {
		fail := &failure{err: err, op: "checkpoint", pid: opts.PID}
		if asJSON {
			fail.json = a.Stdout
		}
		return fail
	}
	switch {
	case asJSON:
		writeJSON(a.Stdout, map[string]any{"pid": opts.PID, "outside": opts.Outside, "blockers": blockers})
	case len(blockers) == 0:
		fmt.Fprintf(a.Stdout, "%s can be checkpointed\n", treeOf(opts.PID, res.Stats.Tasks, 0))
	}
	if len(blockers) == 0 {
		return nil
	}
	if !asJSON {
		for _, m := range blockers {
			fmt.Fprintln(a.Stdout, messageSentence(m))
		}
	}
	return silentError{exitFailed}
}

// blockersOf takes the outcome of a dry run apart: state that the kernel
// refuses is a result, anything else that went wrong isn't.
func blockersOf(err error) ([]cr.Message, bool) {
	if err == nil {
		return []cr.Message{}, true
	}
	var ce *cr.Error
	if !errors.As(err, &ce) || len(ce.Log) == 0 {
		return nil, false
	}
	return ce.Log, ce.Errno == eopnotsupp || ce.Errno == exdev
}

// outside lists the descriptors to declare outside, ascending.
func (a *App) outside(f *checkpointFlags) []int {
	fds := slices.Clone(f.external)
	if !f.noDefault {
		fds = append(fds, a.defaultOutside(f.pid)...)
	}
	slices.Sort(fds)
	return slices.Compact(fds)
}

// openLogFile opens a log so that the kernel can write it and cr read it back.
// Without a path it returns nil, on which Close does no harm.
func openLogFile(path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EACCES) {
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	}
	return f, err
}
