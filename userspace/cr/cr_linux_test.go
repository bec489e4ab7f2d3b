// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A call that would block for an hour ends with EINTR when its context does.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	go func() {
		<-entered
		cancel()
	}()
	_, errno := interruptible(ctx, func() (int, syscall.Errno) {
		close(entered)
		return 0, toErrno(unix.Nanosleep(&unix.Timespec{Sec: 3600}, nil))
	})
	if errno != unix.EINTR {
		t.Errorf("got %v, want EINTR", errno)
	}
	if _, errno := interruptible(ctx, func() (int, syscall.Errno) { t.Error("called"); return 0, 0 }); errno != unix.EINTR {
		t.Errorf("with an ended context: got %v, want EINTR", errno)
	}
}

// Other signals of the process don't reach the call, and the thread has its
// mask back afterwards.
func TestSignalsBlocked(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, during, after unix.Sigset_t
	mask := func(s *unix.Sigset_t) {
		if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, s); err != nil {
			t.Fatal(err)
		}
	}
	mask(&before)
	_, errno := interruptible(t.Context(), func() (int, syscall.Errno) {
		mask(&during)
		for range 100 {
			if err := unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGURG); err != nil {
				return 0, toErrno(err)
			}
		}
		if err := unix.Nanosleep(&unix.Timespec{Nsec: 1000}, nil); err != nil {
			return 0, toErrno(err)
		}
		return 0, 0
	})
	mask(&after)
	if errno != 0 {
		t.Errorf("got %v, want no error", errno)
	}
	if before != after {
		t.Errorf("mask is %v afterwards, was %v", after, before)
	}
	if during.Val[0]&(1<<(unix.SIGURG-1)) == 0 || during.Val[0]&(1<<63) != 0 {
		t.Errorf("mask during the call is %#x", during.Val[0])
	}
}

func TestFlags(t *testing.T) {
	co := CheckpointOptions{Kill: true, Stop: true, Keep: true, DryRun: true, LeakCheck: true}
	if got, want := co.flags(), CheckpointFlags(0x3f); got != want {
		t.Errorf("checkpoint: got %v, want %v", got, want)
	}
	ro := RestartOptions{NewPIDs: true, Stopped: true, Lazy: true}
	if got, want := ro.flags(), RestartFlags(0x1f); got != want {
		t.Errorf("restart: got %v, want %v", got, want)
	}
	ro = RestartOptions{InPlace: true}
	if got := ro.flags(); got != RESTART_ARGS {
		t.Errorf("restart in place: got %v, want %v", got, RESTART_ARGS)
	}
}

func TestMillis(t *testing.T) {
	for d, want := range map[time.Duration]uint32{0: 0, -1: 0, 1: 1, time.Millisecond: 1, time.Second: 1000} {
		if got := millis(d); got != want {
			t.Errorf("millis(%v) = %d, want %d", d, got, want)
		}
	}
}

func TestFDMap(t *testing.T) {
	got := fdMap(map[int]int{5: 3, 0: 7})
	if diff := cmp.Diff([]RestartFDMap{{0, 7}, {5, 3}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// On a kernel without the calls everything says so.
func TestNotSupported(t *testing.T) {
	if _, err := Supported(); !errors.Is(err, ErrNotSupported) {
		t.Skipf("this kernel has the calls: %v", err)
	}
	if _, err := Checkpoint(t.Context(), CheckpointOptions{PID: 1, Outside: []int{0}}); !errors.Is(err, ErrNotSupported) {
		t.Errorf("Checkpoint: got %v", err)
	}
	if _, err := Restart(t.Context(), RestartOptions{Inherit: map[int]int{0: 0}}); !errors.Is(err, ErrNotSupported) {
		t.Errorf("Restart: got %v", err)
	}
}

// A log in memory is copied; one in a regular file is written to directly.
func TestKernelLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("of an earlier call\n"); err != nil {
		t.Fatal(err)
	}
	const line = "cr: error -EPERM restart: no\n"
	for _, tt := range []struct {
		name string
		dst  io.Writer
		own  bool
	}{{"memory", nil, true}, {"file", f, false}, {"writer", struct{ io.Writer }{f}, true}} {
		l, err := openLog(tt.dst)
		if err != nil {
			t.Fatal(err)
		}
		if l.own != tt.own {
			t.Errorf("%s: own is %v", tt.name, l.own)
		}
		if _, err := unix.Write(int(l.fd()), []byte(line)); err != nil {
			t.Fatal(err)
		}
		got := l.read()
		if diff := cmp.Diff([]Message{ParseMessage(line)}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		l.close()
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "of an earlier call\n" + line + line; string(b) != want {
		t.Errorf("got %q, want %q", b, want)
	}
}

func startShell(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestJobStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137} {
		j := NewJob()
		j.Context(t.Context())
		st, err := j.Run(startShell(t, script).Process.Pid)
		j.Close()
		if err != nil || st.ExitCode() != want {
			t.Errorf("%s: got %d, %v, want %d", script, st.ExitCode(), err, want)
		}
	}
}

// A signal to us before and during Run reaches the program.
func TestJobForwards(t *testing.T) {
	for _, early := range []bool{true, false} {
		j := NewJob()
		ctx := j.Context(t.Context())
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-c", `trap "exit 42" TERM; echo; while :; do sleep 0.01; done`)
		cmd.Stdout = w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := r.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if err := unix.Kill(unix.Getpid(), unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if early {
			<-ctx.Done()
		}
		st, err := j.Run(cmd.Process.Pid)
		j.Close()
		if err != nil || st.ExitCode() != 42 {
			t.Errorf("early %v: got %d, %v, want 42", early, st.ExitCode(), err)
		}
	}
}
