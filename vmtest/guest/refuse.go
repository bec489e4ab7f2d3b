// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"linux-cr/vmtest"
)

// checkFailure holds an error against the expected one. A command's text and
// the kernel's log are both searched for the message.
func checkFailure(err error, want *vmtest.Failure) error {
	if err == nil {
		return fmt.Errorf("it succeeded, want %s", want.Errno)
	}
	var ce *callError
	if !errors.As(err, &ce) {
		return err
	}
	if !slices.Contains(strings.Split(want.Errno, "|"), ce.errno) {
		return fmt.Errorf("%w; want %s", err, want.Errno)
	}
	re, rerr := regexp.Compile(want.Log)
	if rerr != nil {
		return rerr
	}
	if !re.MatchString(ce.log) {
		return fmt.Errorf("%w; want a message that matches %q", err, want.Log)
	}
	return nil
}

// signalAfter is when a signal arrives in the middle of a transfer.
const signalAfter = 200 * time.Millisecond

// refuse wants the checkpoint to fail and the target not to notice. With
// CHECKPOINT_KILL it would have died, had anything been saved.
func (r *run) refuse(ctx context.Context) error {
	for _, flags := range []uint64{0, checkpointKill} {
		a := r.saveArgs(flags)
		dest, err := r.g.imageHook(r, r.c.Image)
		if err != nil {
			return err
		}
		a.file = dest
		if r.c.Image == vmtest.HookImageStuck {
			a.alarm = signalAfter
		}
		_, err = r.g.save(ctx, a)
		if dest != nil {
			_ = dest.Close()
		}
		if err := checkFailure(err, r.c.Refused); err != nil {
			return err
		}
		if err := r.unharmed(ctx, dest == nil); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// unharmed checks that a refusal left the target and the image as they were.
func (r *run) unharmed(ctx context.Context, untouched bool) error {
	if r.dead() {
		return fmt.Errorf("the target is gone after the refusal")
	}
	if untouched {
		fi, err := os.Stat(r.image)
		if err != nil {
			return err
		}
		if fi.Size() != 0 {
			return fmt.Errorf("the refusal left %d bytes in the image", fi.Size())
		}
	}
	return r.compare(ctx, "after the refusal")
}

// broken wants the restart to fail, in both forms, with no task left behind.
func (r *run) broken(ctx context.Context) error {
	if r.c.Between != hookKeepAlive {
		if err := r.saveKill(ctx); err != nil {
			return err
		}
	} else if err := r.save(ctx, 0); err != nil {
		return err
	}
	if r.c.Mutate != "" {
		if err := r.mutate(); err != nil {
			return fmt.Errorf("altering the image: %w", err)
		}
	}
	if err := r.g.hook(ctx, r, r.c.Between); err != nil {
		return err
	}
	forms := []uint64{restartChild, 0}
	if r.c.Between == hookKeepAlive {
		// In place the program takes the restarter's pid: nothing clashes.
		forms = forms[:1]
	}
	for _, flags := range forms {
		a := &loadArgs{image: r.image, flags: flags}
		a.noInherit = r.c.Between == hookNotSupplied
		pid := r.pid
		err := r.loadImage(ctx, a)
		if err == nil {
			r.g.reaper.kill(r.pid)
		}
		r.pid = pid
		if err := checkFailure(err, r.c.Refused); err != nil {
			return fmt.Errorf("flags %#x: %w", flags, err)
		}
		if r.c.Between != hookKeepAlive && !r.dead() {
			return fmt.Errorf("flags %#x: pid %d is there after the failed restart", flags, pid)
		}
		if left := r.leftTasks(); r.c.Between != hookKeepAlive && left != 0 {
			return fmt.Errorf("flags %#x: task %d is there after the failed restart", flags, left)
		}
	}
	if r.c.Between == hookKeepAlive {
		return r.finish(ctx)
	}
	return nil
}

// leftTasks is a task of the tree that there is, 0 for none.
func (r *run) leftTasks() int {
	for _, tid := range r.tasks {
		if tid != r.taken && !errors.Is(syscall.Kill(tid, 0), syscall.ESRCH) {
			return tid
		}
	}
	return 0
}
