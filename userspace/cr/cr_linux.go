// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxPIDMap is how many tasks a restart reports: more than an image can have.
const maxPIDMap = 1 << 16

// Checkpoint saves a program. It returns when the image has been written, or
// an *Error when the kernel refused or something failed: the program then goes
// on as if nothing had been, whatever the options, and what was written of the
// image is of no use. When ctx ends the errno is EINTR.
func Checkpoint(ctx context.Context, opts CheckpointOptions) (*CheckpointResult, error) {
	const op = "checkpoint"
	log, err := openLog(opts.Log)
	if err != nil {
		return nil, err
	}
	defer log.close()
	var pin runtime.Pinner
	defer pin.Unpin()
	res, stats := &CheckpointResult{}, &Stats{}
	pin.Pin(stats)
	args := &CheckpointArgs{
		LogFD:     log.fd(),
		Parent:    -1,
		TimeoutMS: millis(opts.Timeout),
		Outside:   pinned(&pin, outside(opts.Outside)),
		NrOutside: uint32(len(opts.Outside)),
		Stats:     uint64(uintptr(unsafe.Pointer(stats))),
		StatsSize: uint32(unsafe.Sizeof(*stats)),
	}
	if opts.NoPageCsum {
		args.Flags |= CHECKPOINT_F_NO_PAGE_CSUM
	}
	crid, errno := interruptible(ctx, func() (int, syscall.Errno) {
		return rawCheckpoint(opts.PID, fdOf(opts.Image), opts.flags(), args)
	})
	runtime.KeepAlive(opts.Image)
	res.CRID, res.Stats = crid, *stats
	res.Log = log.read()
	if errno != 0 {
		return nil, &Error{Op: op, Errno: errno, Log: res.Log}
	}
	return res, nil
}

func (o *CheckpointOptions) flags() CheckpointFlags {
	f := CHECKPOINT_ARGS
	for _, b := range []struct {
		on   bool
		flag CheckpointFlags
	}{
		{o.Kill, CHECKPOINT_KILL},
		{o.Stop, CHECKPOINT_STOP},
		{o.Keep, CHECKPOINT_KEEP},
		{o.DryRun, CHECKPOINT_DRYRUN},
		{o.LeakCheck, CHECKPOINT_LEAKCHECK},
	} {
		if b.on {
			f |= b.flag
		}
	}
	return f
}

// Restart restores a program. It returns when the program runs (or, with
// Stopped, is ready to), or an *Error: EBADMSG, EPROTO and ENODATA mean that
// the image is bad, others that it can't be restored here. Nothing is left
// behind then. When ctx ends the errno is EINTR.
//
// The program is a child of the caller: it has to be waited for, as Job does,
// with unix.WALL, since the signal that it sends when it ends is its own.
func Restart(ctx context.Context, opts RestartOptions) (*RestartResult, error) {
	const op = "restart"
	log, err := openLog(opts.Log)
	if err != nil {
		return nil, err
	}
	defer log.close()
	var pin runtime.Pinner
	defer pin.Unpin()
	res := &RestartResult{}
	stats, pids, inherit := &Stats{}, make([]RestartPIDMap, maxPIDMap), fdMap(opts.Inherit)
	pin.Pin(stats)
	args := &RestartArgs{
		LogFD:     log.fd(),
		Inherit:   pinned(&pin, inherit),
		NrInherit: uint32(len(inherit)),
		Stats:     uint64(uintptr(unsafe.Pointer(stats))),
		StatsSize: uint32(unsafe.Sizeof(*stats)),
		PIDMap:    pinned(&pin, pids),
		NrPIDMap:  maxPIDMap,
	}
	opts.args(args)
	pid, errno := interruptible(ctx, func() (int, syscall.Errno) {
		return rawRestart(opts.CRID, fdOf(opts.Image), opts.flags(), args)
	})
	runtime.KeepAlive(opts.Image)
	res.PID, res.Stats = pid, *stats
	res.PIDs = slices.Clone(pids[:min(stats.Tasks, maxPIDMap)])
	res.Log = log.read()
	if errno != 0 {
		return nil, &Error{Op: op, Errno: errno, Log: res.Log}
	}
	return res, nil
}

func (o *RestartOptions) flags() RestartFlags {
	f := RESTART_ARGS
	for _, b := range []struct {
		on   bool
		flag RestartFlags
	}{
		{!o.InPlace, RESTART_CHILD},
		{o.NewPIDs, RESTART_NEWPIDS},
		{o.Stopped, RESTART_STOPPED},
		{o.Lazy, RESTART_LAZY},
	} {
		if b.on {
			f |= b.flag
		}
	}
	return f
}

func (o *RestartOptions) args(a *RestartArgs) {
	if o.ChangedFiles {
		a.Flags |= RESTART_F_CHANGED_FILES
	}
	if o.ClockJump {
		a.ClockPolicy = RESTART_CLOCK_JUMP
	}
}

// Supported asks the running kernel. errors.Is(err, ErrNotSupported) when it
// lacks the calls; another error when it has them and doesn't say what they do.
func Supported() (Info, error) {
	info := Info{Policy: -1}
	// No such flags: refused before anything else is looked at.
	switch _, errno := rawCheckpoint(0, -1, ^CheckpointFlags(0), nil); errno {
	case unix.EINVAL:
	case unix.ENOSYS:
		return info, ErrNotSupported
	default:
		return info, &Error{Op: "checkpoint", Errno: errno}
	}
	if n, err := readInt(policyPath); err == nil {
		info.Policy = n
	}
	var err error
	if info.Format, err = readInt(formatPath); err != nil {
		return info, err
	}
	b, err := os.ReadFile(featuresPath)
	info.Features = strings.Fields(string(b))
	return info, err
}

func readInt(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// pinned returns the address of a slice's elements, 0 for none. They stay
// where they are until pin is undone.
func pinned[T any](pin *runtime.Pinner, s []T) uint64 {
	if len(s) == 0 {
		return 0
	}
	pin.Pin(&s[0])
	return uint64(uintptr(unsafe.Pointer(&s[0])))
}

func outside(fds []int) []int32 {
	var out []int32
	for _, fd := range fds {
		out = append(out, int32(fd))
	}
	return out
}

func fdMap(m map[int]int) []RestartFDMap {
	var out []RestartFDMap
	for image, fd := range m {
		out = append(out, RestartFDMap{ImageFD: int32(image), FD: int32(fd)})
	}
	slices.SortFunc(out, func(a, b RestartFDMap) int { return int(a.ImageFD) - int(b.ImageFD) })
	return out
}

func fdOf(f *os.File) int {
	if f == nil {
		return -1
	}
	return int(f.Fd())
}

// millis rounds up, so that a short timeout doesn't become the default.
func millis(d time.Duration) uint32 {
	if d <= 0 {
		return 0
	}
	return uint32(min((d+time.Millisecond-1)/time.Millisecond, 1<<31))
}
