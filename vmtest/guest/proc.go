// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reaper collects the exit status of every descendant that becomes the
// runner's child: those it started, and restored programs whose restarter has
// ended (the runner is their subreaper).
type reaper struct {
	mu     sync.Mutex
	status map[int]syscall.WaitStatus
}

func newReaper() (*reaper, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("becoming a subreaper: %w", err)
	}
	r := &reaper{status: map[int]syscall.WaitStatus{}}
	ch := make(chan os.Signal, 16)
	signal.Notify(ch, syscall.SIGCHLD)
	go func() {
		for range ch {
			r.reap()
		}
	}()
	return r, nil
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		r.status[pid] = ws
	}
}

// start runs argv and returns its pid. No status of an earlier process with
// the same pid is left behind: every process started is waited for.
func (r *reaper) start(argv []string, attr *syscall.ProcAttr) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(argv[0], argv, attr)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", argv[0], err)
	}
	return pid, nil
}

// dead reports whether the process has ended, without taking its status.
func (r *reaper) dead(pid int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.status[pid]
	return ok
}

// epitaph tells how a process ended, if it did.
func (r *reaper) epitaph(pid int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ws, ok := r.status[pid]; ok {
		return ": " + describe(ws)
	}
	return ""
}

// wait takes the status of a process once it has ended.
func (r *reaper) wait(ctx context.Context, pid int) (syscall.WaitStatus, error) {
	var ws syscall.WaitStatus
	err := until(ctx, fmt.Sprintf("pid %d to end", pid), func() (bool, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		var ok bool
		if ws, ok = r.status[pid]; ok {
			delete(r.status, pid)
		}
		return ok, nil
	})
	return ws, err
}

// forget drops the status of processes that nobody waits for.
func (r *reaper) forget(pids []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pid := range pids {
		delete(r.status, pid)
	}
}

// kill ends a process that may be there, whatever state it is in, and takes
// its status.
func (r *reaper) kill(pid int) {
	if pid <= 0 {
		return
	}
	r.mu.Lock()
	_, ended := r.status[pid]
	r.mu.Unlock()
	if !ended && syscall.Kill(pid, syscall.SIGKILL) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = r.wait(ctx, pid)
}

// until polls a condition up to the context's end.
func until(ctx context.Context, what string, cond func() (bool, error)) error {
	for {
		ok, err := cond()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited too long for %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func describe(ws syscall.WaitStatus) string {
	switch {
	case ws.Exited():
		return fmt.Sprintf("exit status %d", ws.ExitStatus())
	case ws.Signaled():
		return "ended by " + unix.SignalName(ws.Signal())
	default:
		return fmt.Sprintf("wait status %#x", uint32(ws))
	}
}
