// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"context"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cancelSignal ends a call whose context has ended. It is the last real-time
// signal: the Go runtime has a handler for it that does nothing, never sends
// it, and hardly any program uses it.
const cancelSignal = unix.Signal(64)

// rawCheckpoint is checkpoint(2). A nil args is passed with size 0.
func rawCheckpoint(pid, fd int, flags CheckpointFlags, args *CheckpointArgs) (int, syscall.Errno) {
	var size uintptr
	if args != nil {
		size = unsafe.Sizeof(*args)
	}
	r, _, errno := unix.Syscall6(SYS_CHECKPOINT, uintptr(pid), uintptr(fd), uintptr(flags),
		uintptr(unsafe.Pointer(args)), size, 0)
	return int(r), errno
}

// rawRestart is restart(2). A nil args is passed with size 0.
func rawRestart(crid, fd int, flags RestartFlags, args *RestartArgs) (int, syscall.Errno) {
	var size uintptr
	if args != nil {
		size = unsafe.Sizeof(*args)
	}
	r, _, errno := unix.Syscall6(SYS_RESTART, uintptr(crid), uintptr(fd), uintptr(flags),
		uintptr(unsafe.Pointer(args)), size, 0)
	return int(r), errno
}

// interruptible makes a call on a thread with all signals blocked but
// cancelSignal, which it gets when ctx ends. A signal can come before the
// thread is in the call, so it is sent until the call is over.
func interruptible(ctx context.Context, call func() (int, syscall.Errno)) (int, syscall.Errno) {
	if ctx.Err() != nil {
		return 0, unix.EINTR
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restore, errno := blockSignals()
	if errno != 0 {
		return 0, errno
	}
	defer restore()
	pid, tid := unix.Getpid(), unix.Gettid()
	over, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-ctx.Done():
			interrupt(pid, tid, over)
		case <-over:
		}
	}()
	r, errno := call()
	close(over)
	<-gone
	return r, errno
}

func interrupt(pid, tid int, over <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = unix.Tgkill(pid, tid, cancelSignal) // the thread waits for us
		select {
		case <-tick.C:
		case <-over:
			return
		}
	}
}

// blockSignals blocks all signals but cancelSignal on this thread and returns
// a function that undoes it.
func blockSignals() (func(), syscall.Errno) {
	var block, old unix.Sigset_t
	for i := range block.Val {
		block.Val[i] = ^block.Val[i]
	}
	block.Val[0] &^= 1 << (cancelSignal - 1)
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &block, &old); err != nil {
		return nil, toErrno(err)
	}
	return func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }, 0
}

func toErrno(err error) syscall.Errno {
	if errno, ok := err.(syscall.Errno); ok {
		return errno
	}
	return unix.EIO
}
