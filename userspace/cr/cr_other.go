// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux || !amd64

package cr

import "context"

// Checkpoint fails with ErrNotSupported.
func Checkpoint(context.Context, CheckpointOptions) (*CheckpointResult, error) {
	return nil, &Error{Op: "checkpoint", Errno: enosys}
}

// Restart fails with ErrNotSupported.
func Restart(context.Context, RestartOptions) (*RestartResult, error) {
	return nil, &Error{Op: "restart", Errno: enosys}
}

// Supported fails with ErrNotSupported.
func Supported() (Info, error) { return Info{Policy: -1}, ErrNotSupported }

// Job stands in for a restored program, of which there is none.
type Job struct{}

// NewJob returns a Job that does nothing.
func NewJob() *Job { return &Job{} }

// Close does nothing.
func (*Job) Close() {}

// Context returns parent.
func (*Job) Context(parent context.Context) context.Context { return parent }

// Run fails with ErrNotSupported.
func (*Job) Run(int) (ExitStatus, error) { return ExitStatus{}, ErrNotSupported }

// Wait fails with ErrNotSupported.
func Wait(int) (ExitStatus, error) { return ExitStatus{}, ErrNotSupported }

// HasTerminal is false.
func HasTerminal() bool { return false }
