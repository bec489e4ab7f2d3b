// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded are the signals that a Job passes on. The terminal itself tells
// the program of a new size.
var forwarded = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGALRM,
	unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGCONT,
}

// ending are those that call off a restart that is under way.
var ending = []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM}

// Job stands in for a restored program towards whoever started us: it passes
// signals on, lends the program the terminal, stops and continues with it, and
// tells how it ended. It is to be made before the restart, so that no signal
// is lost.
type Job struct {
	sigs  chan os.Signal
	tty   *os.File // nil without a controlling terminal
	group int      // our process group

	early   sync.WaitGroup
	endOnce sync.Once
	done    chan struct{} // closed to end the early reader
	held    []os.Signal   // what came before Run

	pid, pgid int
}

// NewJob takes over the signals that a Job passes on, until Close.
func NewJob() *Job {
	j := &Job{sigs: make(chan os.Signal, 32), group: unix.Getpgrp(), done: make(chan struct{})}
	for _, s := range forwarded {
		if !signal.Ignored(s) { // as under nohup(1)
			signal.Notify(j.sigs, s)
		}
	}
	// Setting the terminal's group from the background would stop us.
	signal.Ignore(unix.SIGTTOU)
	if tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err == nil {
		j.tty = tty
	}
	return j
}

// Close gives the signals back.
func (j *Job) Close() {
	j.endEarly()
	signal.Stop(j.sigs)
	signal.Reset(unix.SIGTTOU)
	if j.tty != nil {
		j.tty.Close()
	}
}

// Context returns a context for the restart that ends when one of SIGHUP,
// SIGINT, SIGQUIT and SIGTERM arrives before Run.
func (j *Job) Context(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	j.early.Go(func() {
		defer cancel()
		for {
			select {
			case s := <-j.sigs:
				j.held = append(j.held, s)
				if slices.Contains(ending, s) {
					cancel()
				}
			case <-j.done:
				return
			}
		}
	})
	return ctx
}

func (j *Job) endEarly() {
	j.endOnce.Do(func() { close(j.done) })
	j.early.Wait()
}

// Run waits for a child of ours to end, as the type says.
func (j *Job) Run(pid int) (ExitStatus, error) {
	j.endEarly()
	j.pid = pid
	j.pgid, _ = unix.Getpgid(pid)
	j.lend()
	defer j.takeBack()
	for _, s := range j.held {
		j.forward(s)
	}
	changes := make(chan change)
	go watch(pid, changes)
	for {
		select {
		case s := <-j.sigs:
			j.forward(s)
		case c := <-changes:
			switch {
			case c.err != nil:
				return ExitStatus{}, c.err
			case c.ws.Stopped():
				j.stopped(c.ws.StopSignal())
			default:
				return exitStatus(c.ws), nil
			}
		}
	}
}

// Wait waits for a child of ours to end. Unlike os.Process.Wait it finds
// children that end with another signal than SIGCHLD.
func Wait(pid int) (ExitStatus, error) {
	for {
		c := wait(pid, unix.WALL)
		if c.err != nil || !c.ws.Stopped() {
			return exitStatus(c.ws), c.err
		}
	}
}

type change struct {
	ws  unix.WaitStatus
	err error
}

func watch(pid int, to chan<- change) {
	for {
		c := wait(pid, unix.WALL|unix.WUNTRACED)
		to <- c
		if c.err != nil || !c.ws.Stopped() {
			return
		}
	}
}

func wait(pid, options int) change {
	for {
		var c change
		_, c.err = unix.Wait4(pid, &c.ws, options, nil)
		if c.err != unix.EINTR {
			return c
		}
	}
}

func exitStatus(ws unix.WaitStatus) ExitStatus {
	if ws.Signaled() {
		return ExitStatus{Signal: ws.Signal()}
	}
	return ExitStatus{Code: ws.ExitStatus()}
}

// forward passes a signal on, unless the terminal has sent it to the program
// as well.
func (j *Job) forward(s os.Signal) {
	sig := s.(syscall.Signal)
	switch sig {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP:
		if j.tty != nil && j.pgid == j.group {
			return
		}
	case unix.SIGCONT:
		j.lend()
		j.signalGroup(sig)
		return
	}
	_ = unix.Kill(j.pid, sig) // it may just have ended: Run will see
}

// signalGroup signals the program and, where it leads a group, that.
func (j *Job) signalGroup(sig syscall.Signal) {
	if j.pgid == j.pid {
		_ = unix.Kill(-j.pid, sig)
		return
	}
	_ = unix.Kill(j.pid, sig)
}

// stopped follows the program into a stop, so that the shell gets its prompt
// back. SIGCONT, which ends our own stop, is passed on by forward.
func (j *Job) stopped(sig syscall.Signal) {
	if j.tty == nil {
		return
	}
	if (sig == unix.SIGTTIN || sig == unix.SIGTTOU) && j.foreground() == j.pgid {
		// It wanted the terminal before it was lent.
		j.signalGroup(unix.SIGCONT)
		return
	}
	j.takeBack()
	_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
}

// foreground returns the terminal's process group, 0 when there is none.
func (j *Job) foreground() int {
	if j.tty == nil {
		return 0
	}
	pgid, err := unix.IoctlGetInt(int(j.tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return 0
	}
	return pgid
}

// lend makes the program's group the foreground one when ours is and the
// program is in another group of our session.
func (j *Job) lend() {
	if j.tty == nil || j.pgid == j.group || j.pgid == 0 || j.foreground() != j.group {
		return
	}
	// EPERM when the program is in another session: it has no use for it.
	_ = unix.IoctlSetPointerInt(int(j.tty.Fd()), unix.TIOCSPGRP, j.pgid)
}

func (j *Job) takeBack() {
	if j.pgid != j.group && j.pgid != 0 && j.foreground() == j.pgid {
		_ = unix.IoctlSetPointerInt(int(j.tty.Fd()), unix.TIOCSPGRP, j.group)
	}
}

// HasTerminal reports whether the caller has a controlling terminal.
func HasTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
