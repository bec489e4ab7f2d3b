// SPDX-License-Identifier: BSD-3-Clause

// Package cli is the command line of cr.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"linux-cr/userspace/cr"
)

// Exit codes. A restart that waits has the program's own, and codes of its own
// for its own failures.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBadImage    = 3
	exitUnsupported = 4

	exitWaitFailed      = 125
	exitWaitBadImage    = 126
	exitWaitUnsupported = 127
)

// Kernel is what the commands need of the kernel; tests give another one.
type Kernel interface {
	Checkpoint(context.Context, cr.CheckpointOptions) (*cr.CheckpointResult, error)
	Restart(context.Context, cr.RestartOptions) (*cr.RestartResult, error)
	Supported() (cr.Info, error)
	NewJob() Job
	HasTerminal() bool
}

// Job is the part of cr.Job that the commands use.
type Job interface {
	Context(context.Context) context.Context
	Run(pid int) (cr.ExitStatus, error)
	Close()
}

type realKernel struct{}

func (realKernel) Checkpoint(ctx context.Context, o cr.CheckpointOptions) (*cr.CheckpointResult, error) {
	return cr.Checkpoint(ctx, o)
}

func (realKernel) Restart(ctx context.Context, o cr.RestartOptions) (*cr.RestartResult, error) {
	return cr.Restart(ctx, o)
}

func (realKernel) Supported() (cr.Info, error) { return cr.Supported() }
func (realKernel) NewJob() Job                 { return cr.NewJob() }
func (realKernel) HasTerminal() bool           { return cr.HasTerminal() }

// App is one run of the command.
type App struct {
	Kernel Kernel
	Stdin  *os.File
	Stdout *os.File
	Stderr *os.File
	Proc   string // where procfs is
}

// New returns an App on the running kernel and this process's descriptors.
func New() *App {
	return &App{Kernel: realKernel{}, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Proc: "/proc"}
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// silentError is an exit code with nothing more to say.
type silentError struct{ code int }

func (e silentError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// Main runs a command line, without the program's name, and returns the exit
// code.
func (a *App) Main(args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	var silent silentError
	if errors.As(err, &silent) {
		return silent.code
	}
	var failed *failure
	if errors.As(err, &failed) {
		return a.report(failed)
	}
	// Everything else comes from reading the command line.
	fmt.Fprintf(a.Stderr, "cr: %v\nhint: cr --help\n", err)
	return exitUsage
}

func (a *App) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "cr",
		Short:         "Save a running program to a file and let it go on from there",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(a.checkpointCmd(), a.restartCmd(), a.infoCmd(), a.verifyCmd(), a.checkCmd())
	return root
}

// failure is an error on its way out, with what the report needs to know.
type failure struct {
	err     error
	op      string
	image   string // path of the image, "" for none
	pid     int    // of the program, 0 for none
	waiting bool   // exit codes of a restart that waits
	json    *os.File
	hint    string // a better one than the errno's
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// report prints the sentence and a hint, and returns the exit code.
func (a *App) report(f *failure) int {
	sentence, hint := explain(f)
	if f.json != nil {
		out := struct {
			Op    string `json:"op"`
			Text  string `json:"text"`
			Hint  string `json:"hint,omitempty"`
			Error error  `json:"error,omitempty"`
		}{f.op, sentence, hint, nil}
		var ce *cr.Error
		if errors.As(f.err, &ce) {
			out.Error = ce
		}
		writeJSON(f.json, map[string]any{"error": out})
		return f.code()
	}
	fmt.Fprintf(a.Stderr, "cr: %s\n", sentence)
	if hint != "" {
		fmt.Fprintf(a.Stderr, "hint: %s\n", hint)
	}
	return f.code()
}

func (f *failure) code() int {
	switch classify(f.err) {
	case exitBadImage:
		if f.waiting {
			return exitWaitBadImage
		}
		return exitBadImage
	case exitUnsupported:
		if f.waiting {
			return exitWaitUnsupported
		}
		return exitUnsupported
	}
	if f.waiting {
		return exitWaitFailed
	}
	return exitFailed
}

func writeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // nobody is left to tell
}

// interruptible returns a context that ends with a signal that asks us to end,
// but for those that we were started to ignore.
func interruptible() (context.Context, context.CancelFunc) {
	var sigs []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			sigs = append(sigs, s)
		}
	}
	if sigs == nil {
		return context.WithCancel(context.Background())
	}
	return signal.NotifyContext(context.Background(), sigs...)
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
