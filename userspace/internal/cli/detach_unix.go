// SPDX-License-Identifier: BSD-3-Clause

//go:build unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// detached runs the same command line in a session of its own, so that the
// program has no controlling terminal and outlives this one. The helper ends
// once the program runs; the program then belongs to init.
func (a *App) detached() error {
	ctx, stop := interruptible()
	defer stop()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append(os.Args[1:], "--in-session")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if code := exit.ExitCode(); code > 0 {
			return silentError{code}
		}
	}
	if err != nil {
		return &failure{err: err, op: "restart"}
	}
	return nil
}
