// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"linux-cr/userspace/cr"
	"linux-cr/userspace/image"
)

type restartFlags struct {
	in           string
	detach       bool
	inSession    bool
	pidfile      string
	newPIDs      bool
	inherit      []string
	stopped      bool
	changedFiles bool
	clockJump    bool
	json         bool
	log          string
}

func (a *App) restartCmd() *cobra.Command {
	var f restartFlags
	c := &cobra.Command{
		Use:   "restart -i FILE|-",
		Short: "Let a program go on from an image",
		Long: `Restore a program from an image and wait for it, as a shell would: signals are
passed on to it, it gets the terminal, and its exit status is cr's (128 and the
number for a signal). cr's own failures are 125 (refused or failed), 126 (bad
image) and 127 (the kernel lacks the calls).

With --detach cr returns as soon as the program runs, and prints its pid.

With --new-pids it prints, for a program of several tasks, the pid of each in
the image and its new one, as in 42 -> 4711, on standard error when waiting.

Descriptors that the image names as outside come from cr: 0 to 2 are its own,
others are given with --inherit N=M, as in

	cr restart -i x.img --inherit 5=3 3<>data`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.restart(&f) },
	}
	fl := c.Flags()
	fl.SortFlags = false
	fl.StringVarP(&f.in, "input", "i", "", "image to read, - for standard input")
	fl.BoolVar(&f.detach, "detach", false, "return once the program runs, print its pid")
	fl.StringVar(&f.pidfile, "pidfile", "", "file for the program's pid")
	fl.BoolVar(&f.newPIDs, "new-pids", false, "take new pids (unsafe for programs that remember one)")
	fl.StringArrayVar(&f.inherit, "inherit", nil, "N=M: cr's descriptor M becomes the program's N (repeatable)")
	fl.BoolVar(&f.stopped, "stopped", false, "leave the program stopped, as by SIGSTOP")
	fl.BoolVar(&f.changedFiles, "allow-changed-files", false, "accept files that changed since")
	fl.BoolVar(&f.clockJump, "clock-jump", false, "let monotonic clocks jump on another boot")
	fl.BoolVar(&f.json, "json", false, "print the result as JSON (on standard error when waiting)")
	fl.StringVar(&f.log, "log", "", "file for the kernel's messages")
	fl.BoolVar(&f.inSession, "in-session", false, "")
	_ = fl.MarkHidden("in-session")
	return c
}

// parseInherit reads N=M.
func parseInherit(specs []string) (map[int]int, error) {
	m := map[int]int{}
	for _, s := range specs {
		l, r, ok := strings.Cut(s, "=")
		n, err1 := strconv.ParseUint(l, 10, 31)
		fd, err2 := strconv.ParseUint(r, 10, 31)
		if !ok || err1 != nil || err2 != nil {
			return nil, usagef("--inherit %s: want N=M, two descriptors", s)
		}
		if _, twice := m[int(n)]; twice {
			return nil, usagef("--inherit gives descriptor %d twice", n)
		}
		m[int(n)] = int(fd)
	}
	return m, nil
}

func (a *App) restart(f *restartFlags) error {
	if f.in == "" {
		return usagef("-i FILE is needed, or -i - for standard input")
	}
	if f.in == "-" && isTerminal(a.Stdin) {
		return usagef("an image doesn't come from a terminal: use -i FILE, or a pipe")
	}
	inherit, err := parseInherit(f.inherit)
	if err != nil {
		return err
	}
	if f.detach && !f.inSession && a.Kernel.HasTerminal() {
		return a.detached()
	}
	return a.restore(f, inherit)
}

func (a *App) restartFailed(f *restartFlags, inherit map[int]int, err error) error {
	fail := &failure{err: err, op: "restart", image: f.in, waiting: !f.detach}
	if f.json {
		fail.json = a.restartResult(f)
	}
	if missing := unsupplied(f.in, inherit); missing != "" && classify(err) == exitFailed {
		fail.hint = missing
	}
	return fail
}

// restartResult is where the result goes: while we wait, standard output is
// the program's.
func (a *App) restartResult(f *restartFlags) *os.File {
	if f.detach {
		return a.Stdout
	}
	return a.Stderr
}

func (a *App) restore(f *restartFlags, inherit map[int]int) error {
	job := a.Kernel.NewJob()
	defer job.Close()
	ctx := job.Context(context.Background())
	res, err := a.start(ctx, f, inherit)
	if err != nil {
		return a.restartFailed(f, inherit, err)
	}
	if err := a.announce(f, res); err != nil {
		if f.detach {
			return a.restartFailed(f, inherit, fmt.Errorf("pid %d runs, but: %w", res.PID, err))
		}
		fmt.Fprintf(a.Stderr, "cr: restart: %v\n", err)
	}
	if f.detach {
		return nil
	}
	st, err := job.Run(res.PID)
	if err != nil {
		return a.restartFailed(f, inherit, err)
	}
	if code := st.ExitCode(); code != 0 {
		return silentError{code}
	}
	return nil
}

// start makes the call.
func (a *App) start(ctx context.Context, f *restartFlags, inherit map[int]int) (*cr.RestartResult, error) {
	in := a.Stdin
	for fd, file := range map[int]*os.File{0: a.Stdin, 1: a.Stdout, 2: a.Stderr} {
		if _, given := inherit[fd]; !given {
			inherit[fd] = int(file.Fd())
		}
	}
	if f.in != "-" {
		var err error
		if in, err = os.Open(f.in); err != nil {
			return nil, err
		}
		defer in.Close()
	} else if inherit[0] == int(a.Stdin.Fd()) {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return nil, err
		}
		defer null.Close()
		inherit[0] = int(null.Fd())
	}
	log, err := openLogFile(f.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	opts := cr.RestartOptions{
		Image: in, NewPIDs: f.newPIDs, Stopped: f.stopped, ChangedFiles: f.changedFiles,
		ClockJump: f.clockJump, Inherit: inherit,
	}
	if log != nil {
		opts.Log = log
	}
	return a.Kernel.Restart(ctx, opts)
}

// announce tells the pid to whoever wants it.
func (a *App) announce(f *restartFlags, res *cr.RestartResult) error {
	if f.pidfile != "" {
		if err := os.WriteFile(f.pidfile, fmt.Appendln(nil, res.PID), 0o644); err != nil {
			return err
		}
	}
	if f.json {
		writeJSON(a.restartResult(f), map[string]any{
			"pid": res.PID, "pids": res.PIDs, "stats": res.Stats, "log": res.Log,
		})
		return nil
	}
	if f.detach {
		fmt.Fprintln(a.Stdout, res.PID)
	}
	a.printPIDs(f, res.PIDs)
	return nil
}

// printPIDs says which number each task has now, where that isn't its old one
// and there is more than the pid of one task to say.
func (a *App) printPIDs(f *restartFlags, pids []cr.RestartPIDMap) {
	if !f.newPIDs || len(pids) <= 1 {
		return
	}
	for _, p := range pids {
		fmt.Fprintf(a.restartResult(f), "%d -> %d\n", p.ImagePID, p.PID)
	}
}

// unsupplied names the outside descriptors of an image file that nobody
// supplied, as a hint; "" when there are none or it can't be told.
func unsupplied(path string, inherit map[int]int) string {
	if path == "-" {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return ""
	}
	s, err := image.Scan(f)
	if err != nil {
		return ""
	}
	var missing []string
	for _, o := range s.Outside() {
		if _, ok := inherit[int(o.FD())]; !ok {
			missing = append(missing, fmt.Sprintf("--inherit %d=M (%s)", o.FD(), clean(o.Path)))
		}
	}
	if missing == nil {
		return ""
	}
	return "supply what was outside: " + strings.Join(missing, ", ")
}
