// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"linux-cr/vmtest"
)

// The hooks that the table may name.
const (
	// Between the checkpoint and the restart.
	hookKeepAlive   = vmtest.HookKeepAlive
	hookNotSupplied = vmtest.HookNotSupplied
)

// hook does what a case needs beside its workload.
func (g *guest) hook(ctx context.Context, r *run, h vmtest.Hook) error {
	switch h {
	case "", vmtest.HookKeepAlive, vmtest.HookNotSupplied:
		return nil
	case vmtest.HookReaders:
		r.startReader()
		return nil
	case vmtest.HookTakePid, vmtest.HookTakeTid:
		return r.takePid(ctx)
	case vmtest.HookTouchFile:
		now := time.Now().Add(time.Hour)
		return os.Chtimes(filepath.Join(r.dir, vmtest.HookFile), now, now)
	case vmtest.HookRemoveFile:
		return os.Remove(filepath.Join(r.dir, vmtest.HookFile))
	case vmtest.HookShortenFile:
		return os.Truncate(filepath.Join(r.dir, vmtest.HookFile), 1)
	case vmtest.HookGrowFile:
		f, err := os.OpenFile(filepath.Join(r.dir, vmtest.HookFile), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("more")
		return errors.Join(err, f.Close())
	case vmtest.HookReplaceFile:
		return replaceFile(filepath.Join(r.dir, vmtest.HookFile))
	case vmtest.HookSwap:
		return g.swapOn(ctx)
	case vmtest.HookOverlay:
		return r.overlay()
	case vmtest.HookShared:
		return r.shared()
	case vmtest.HookPageOut:
		return r.pageOut(ctx)
	case vmtest.HookCutImage:
		fi, err := os.Stat(r.image)
		if err != nil {
			return err
		}
		return os.Truncate(r.image, fi.Size()-1)
	default:
		return fmt.Errorf("hook %q isn't known to the runner", h)
	}
}

// startReader reads memory of all processes, again and again, as ps does.
func (r *run) startReader() {
	stop, done := make(chan struct{}), make(chan struct{})
	r.undo = append(r.undo, func() { close(stop); <-done })
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, name := range []string{"environ", "cmdline"} {
				paths, _ := filepath.Glob("/proc/[0-9]*/" + name)
				for _, path := range paths {
					_, _ = os.ReadFile(path)
				}
			}
		}
	}()
}

// takePid starts a process with the last pid of the tree that there was.
func (r *run) takePid(ctx context.Context) error {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	pid := r.tasks[len(r.tasks)-1]
	if pid == r.pid {
		return errors.New("the tree has only one task")
	}
	argv := []string{filepath.Join(workloadDir, "pidexec"), strconv.Itoa(pid), filepath.Join(workloadDir, "idle")}
	starter, err := r.g.reaper.start(argv, &syscall.ProcAttr{
		Dir: r.dir, Env: r.env(), Files: []uintptr{null.Fd(), null.Fd(), null.Fd()},
	})
	if err != nil {
		return err
	}
	ws, err := r.g.reaper.wait(ctx, starter)
	if err != nil || ws != 0 {
		return fmt.Errorf("taking pid %d: %v %s", pid, err, describe(ws))
	}
	r.undo = append(r.undo, func() { r.g.reaper.kill(pid) })
	r.taken = pid
	return nil
}

// overlay puts the run's directory on an overlay file system.
func (r *run) overlay() error {
	base := r.dir + ".overlay"
	for _, sub := range []string{"lower", "upper", "work"} {
		if err := os.MkdirAll(filepath.Join(base, sub), 0o777); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", base)
	if err := unix.Mount("overlay", r.dir, "overlay", 0, options); err != nil {
		return fmt.Errorf("mounting an overlay: %w", err)
	}
	r.undo = append(r.undo, func() {
		_ = unix.Unmount(r.dir, unix.MNT_DETACH)
		_ = os.RemoveAll(base)
	})
	return nil
}

// readAheadKB is how far ahead the host's file system reads in the cases that
// care.
const readAheadKB = "128"

// shared puts the run's directory on the file system that the host shares.
func (r *run) shared() error {
	base := filepath.Join(shareRoot, filepath.Base(r.dir))
	if err := os.MkdirAll(base, 0o777); err != nil {
		return err
	}
	if err := unix.Mount(base, r.dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting %s: %w", base, err)
	}
	r.undo = append(r.undo, func() {
		_ = unix.Unmount(r.dir, unix.MNT_DETACH)
		_ = os.RemoveAll(base)
	})
	knobs, err := filepath.Glob("/sys/class/bdi/9p-*/read_ahead_kb")
	if err != nil {
		return err
	}
	if len(knobs) == 0 {
		return errors.New("the shared file system has no read_ahead_kb")
	}
	for _, knob := range knobs {
		if err := os.WriteFile(knob, []byte(readAheadKB), 0); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile puts another file of the same size and time in a file's place.
func replaceFile(path string) error {
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, fi.Mode()); err != nil {
		return err
	}
	if err := os.Chtimes(path+".new", fi.ModTime(), fi.ModTime()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// imageHook opens the special places for an image; nil is a file.
func (g *guest) imageHook(r *run, h vmtest.Hook) (*os.File, error) {
	switch h {
	case "":
		return nil, nil
	case vmtest.HookImageFull:
		return os.OpenFile("/dev/full", os.O_WRONLY, 0)
	case vmtest.HookImageSmallFS:
		return g.smallFS(r)
	case vmtest.HookImageNoReader:
		rd, wr, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		return wr, rd.Close()
	case vmtest.HookImageStuck:
		rd, wr, err := smallPipe()
		if err == nil {
			r.ios = append(r.ios, &stdio{peer: []*os.File{rd}})
		}
		return wr, err
	case vmtest.HookImageReadOnly:
		return os.Open(r.image0())
	default:
		return nil, fmt.Errorf("image %q isn't known to the runner", h)
	}
}

// image0 makes an empty file where the image would be.
func (r *run) image0() string {
	_ = os.WriteFile(r.image, nil, 0o600)
	return r.image
}

// smallFS opens an image on a file system that is too small for it.
func (g *guest) smallFS(r *run) (*os.File, error) {
	dir := r.dir + ".small"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		return nil, fmt.Errorf("mounting %s: %w", dir, err)
	}
	f, err := os.Create(filepath.Join(dir, "image"))
	// It goes away with the last descriptor.
	return f, errors.Join(err, unix.Unmount(dir, unix.MNT_DETACH), os.Remove(dir))
}

const (
	swapDevice    = "/dev/vda"
	swapMagicAt   = 4096 - 10
	swapHeaderAt  = 1024
	pageSize      = 4096
	swapMagicText = "SWAPSPACE2"
)

// swapOn makes the guest's disk swap space, once.
func (g *guest) swapOn(ctx context.Context) error {
	g.swapMu.Lock()
	defer g.swapMu.Unlock()
	if g.swapping {
		return nil
	}
	f, err := os.OpenFile(swapDevice, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, 2)
	if err != nil {
		return err
	}
	page := make([]byte, pageSize)
	// Version 1, the last page, no bad pages.
	page[swapHeaderAt] = 1
	last := uint32(size/pageSize - 1)
	for i := 0; i < 4; i++ {
		page[swapHeaderAt+4+i] = byte(last >> (8 * i))
	}
	copy(page[swapMagicAt:], swapMagicText)
	if _, err := f.WriteAt(page, 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	out, ws, err := g.command(ctx, []string{filepath.Join(workloadDir, "swapon"), swapDevice})
	if err != nil || ws != 0 {
		return fmt.Errorf("swapon %s: %v %s %s", swapDevice, err, describe(ws), out)
	}
	g.swapping = true
	return nil
}

// pageOut waits until pages of the workload are in swap space. The workload
// has asked for it by MADV_PAGEOUT before it said that it is ready.
func (r *run) pageOut(ctx context.Context) error {
	return until(ctx, "pages to be swapped out", func() (bool, error) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid))
		if err != nil {
			return false, err
		}
		for _, line := range bytes.Split(data, []byte("\n")) {
			if rest, ok := bytes.CutPrefix(line, []byte("VmSwap:")); ok {
				kb, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
				return kb >= 512, err
			}
		}
		return false, nil
	})
}

const cgroupRoot = "/run/cgroup2"

// freezer is a cgroup (v2) of one run.
type freezer struct{ dir string }

func newFreezer(name string) (*freezer, error) {
	f := &freezer{filepath.Join(cgroupRoot, name)}
	return f, os.MkdirAll(f.dir, 0o755)
}

func (f *freezer) write(file, text string) error {
	return os.WriteFile(filepath.Join(f.dir, file), []byte(text), 0o644)
}

func (f *freezer) isFrozen() (bool, error) {
	data, err := os.ReadFile(filepath.Join(f.dir, "cgroup.events"))
	return bytes.Contains(data, []byte("frozen 1")), err
}

func (f *freezer) set(ctx context.Context, on bool) error {
	text := "0"
	if on {
		text = "1"
	}
	if err := f.write("cgroup.freeze", text); err != nil {
		return err
	}
	return until(ctx, "the freezer", func() (bool, error) {
		ok, err := f.isFrozen()
		return ok == on, err
	})
}

func (f *freezer) freeze(ctx context.Context, pid int) error {
	if err := f.write("cgroup.procs", strconv.Itoa(pid)); err != nil {
		return err
	}
	return f.set(ctx, true)
}

func (f *freezer) thaw(ctx context.Context) error { return f.set(ctx, false) }

// remove lets go of whatever is in the cgroup and removes it.
func (f *freezer) remove() {
	_ = f.write("cgroup.freeze", "0")
	_ = f.write("cgroup.kill", "1")
	_ = os.Remove(f.dir)
}
