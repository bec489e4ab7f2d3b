// SPDX-License-Identifier: BSD-3-Clause

// Guest runs the cases of package vmtest inside a virtual machine. It is
// started by the initramfs's init, reads its orders from plan.json in the
// directory that the host shares, writes a line for each finished run to
// results.jsonl there, and powers the machine off.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"linux-cr/vmtest"
)

// Where things are in the guest.
const (
	shareRoot   = "/run/share"
	persistRoot = "/run/persist"
	rootfsRoot  = "/run/rootfs"
	workRoot    = "/run/work"
	workloadDir = "/cr"
)

var baseEnv = []string{"PATH=/cr:/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8"}

// guest is the runner's state.
type guest struct {
	plan   vmtest.Plan
	reaper *reaper
	serial atomic.Int64

	resultsMu sync.Mutex
	results   *os.File

	swapMu   sync.Mutex
	swapping bool

	// references maps the names of program cases to their references.
	references sync.Map
}

func main() {
	if err := serve(); err != nil {
		fmt.Println("vmtest guest:", err)
	}
	// Whatever happened, the host must not wait: it counts the results.
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("vmtest guest: power off:", err)
		os.Exit(1)
	}
}

func serve() error {
	if err := mounts(); err != nil {
		return err
	}
	g := &guest{}
	data, err := os.ReadFile(filepath.Join(shareRoot, "plan.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &g.plan); err != nil {
		return fmt.Errorf("plan.json: %w", err)
	}
	if g.reaper, err = newReaper(); err != nil {
		return err
	}
	if g.results, err = os.Create(filepath.Join(shareRoot, "results.jsonl")); err != nil {
		return err
	}
	runs, err := g.selected()
	if err != nil {
		return err
	}
	if err := g.prepareReboot(); err != nil {
		return err
	}
	fmt.Printf("vmtest guest: %d runs\n", len(runs))
	start := time.Now()
	before := userTasks()
	if err := g.all(runs); err != nil {
		return err
	}
	fmt.Printf("vmtest guest: runs took %v\n", time.Since(start).Round(time.Millisecond))
	if left := g.leftovers(before); left != "" {
		return errors.New("processes left behind: " + left)
	}
	if err := g.kernelLog(); err != nil {
		return err
	}
	if g.plan.Fault == vmtest.FaultNotDone {
		return nil
	}
	return g.report(&vmtest.Result{Done: true, OK: true})
}

// slow is how many times longer than usual things may take.
func (g *guest) slow() time.Duration { return time.Duration(max(g.plan.Slow, 1)) }

// mounts sets up what the initramfs's init doesn't.
func mounts() error {
	// The initramfs's own root is root's only, and some cases are others.
	if err := os.Chmod("/", 0o755); err != nil {
		return err
	}
	for _, m := range []struct {
		source, target, fstype, data string
		optional                     bool
	}{
		{"tmpfs", "/run", "tmpfs", "", false},
		{"tmpfs", workRoot, "tmpfs", "size=60%", false},
		{"share", shareRoot, "9p", "trans=virtio,version=9p2000.L,msize=131072", false},
		{"persist", persistRoot, "9p", "trans=virtio,version=9p2000.L,msize=131072,cache=mmap", true},
		{"none", cgroupRoot, "cgroup2", "", false},
		{"none", "/sys/kernel/debug", "debugfs", "", true},
		{"none", "/sys/kernel/tracing", "tracefs", "", true},
		{"none", "/dev/shm", "tmpfs", "", false},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil && !m.optional {
			return err
		}
		if err := unix.Mount(m.source, m.target, m.fstype, 0, m.data); err != nil && !m.optional {
			return fmt.Errorf("mounting %s: %w", m.target, err)
		}
	}
	return nil
}

// selected turns the plan's names into runs.
func (g *guest) selected() ([]vmtest.Run, error) {
	byID := map[string]vmtest.Run{}
	for _, r := range vmtest.Runs(g.plan.Phase, nil) {
		byID[r.ID()] = r
	}
	var runs []vmtest.Run
	for _, id := range g.plan.Runs {
		r, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("run %q isn't in the guest's table", id)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// all does the runs, several at a time, and then those that need the machine
// for themselves.
func (g *guest) all(runs []vmtest.Run) error {
	var together, alone []vmtest.Run
	for _, r := range runs {
		if r.Case.Alone {
			alone = append(alone, r)
		} else {
			together = append(together, r)
		}
	}
	n := max(g.plan.Parallel, 1)
	queue := make(chan vmtest.Run)
	errs := make(chan error, n)
	for i := 0; i < n; i++ {
		go func() {
			var first error
			for r := range queue {
				if err := g.one(r); err != nil && first == nil {
					first = err
				}
			}
			errs <- first
		}()
	}
	for _, r := range together {
		queue <- r
	}
	close(queue)
	var first error
	for i := 0; i < n; i++ {
		if err := <-errs; err != nil {
			first = err
		}
	}
	for _, r := range alone {
		if err := g.one(r); err != nil {
			first = err
		}
	}
	return first
}

func (g *guest) one(r vmtest.Run) (err error) {
	if done, err := g.fault(r); done {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = g.report(&vmtest.Result{
				ID: r.ID(), Reason: fmt.Sprintf("the runner panicked: %v", p), Detail: string(debug.Stack()),
			})
		}
	}()
	res := g.perform(r)
	if !res.OK {
		fmt.Printf("vmtest guest: %s: %s\n", res.ID, res.Reason)
	}
	return g.report(&res)
}

// fault misbehaves as the plan asks; done says that the run is dealt with.
func (g *guest) fault(r vmtest.Run) (done bool, err error) {
	switch g.plan.Fault {
	case vmtest.FaultSkip:
		return true, nil
	case vmtest.FaultHang:
		select {}
	case vmtest.FaultPowerOff:
		return true, unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	case vmtest.FaultExtra:
		return false, g.report(&vmtest.Result{ID: r.ID() + "-extra", OK: true})
	case vmtest.FaultSplat:
		return false, os.WriteFile("/dev/kmsg", []byte("<4>WARNING: made up for the harness's own test\n"), 0)
	case vmtest.FaultPanic:
		return true, os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	}
	return false, nil
}

func (g *guest) report(res *vmtest.Result) error {
	line, err := json.Marshal(res)
	if err != nil {
		return err
	}
	g.resultsMu.Lock()
	defer g.resultsMu.Unlock()
	_, err = g.results.Write(append(line, '\n'))
	return err
}

// userTasks lists the processes that aren't kernel threads.
func userTasks() map[int]string {
	tasks := map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		comm, err2 := os.ReadFile(filepath.Join(dir, "comm"))
		stat, err3 := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil || err2 != nil || err3 != nil {
			continue
		}
		zombie := bytes.Contains(stat, []byte(") Z "))
		if len(cmdline) > 0 || zombie {
			tasks[pid] = string(bytes.TrimSpace(comm))
		}
	}
	return tasks
}

// leftovers names the processes that weren't there before. Those that are
// ending are given a moment.
func (g *guest) leftovers(before map[int]string) string {
	var left string
	for i := 0; i < 500; i++ {
		left = ""
		for pid, comm := range userTasks() {
			if _, ok := before[pid]; !ok {
				left += fmt.Sprintf(" %d (%s)", pid, comm)
			}
		}
		if left == "" {
			return ""
		}
		g.reaper.reap()
		time.Sleep(2 * time.Millisecond)
	}
	return left
}

// kernelLog asks the leak checker, where there is one, and hands the whole of
// the kernel's log to the host.
func (g *guest) kernelLog() error {
	const leaks = "/sys/kernel/debug/kmemleak"
	if err := os.WriteFile(leaks, []byte("scan"), 0); err == nil {
		// Only the second scan in a row is sure of what it found.
		if err := os.WriteFile(leaks, []byte("scan"), 0); err != nil {
			return err
		}
		found, err := os.ReadFile(leaks)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(found); err != nil {
			return err
		}
	}
	log, err := kmsg()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(shareRoot, "dmesg.txt"), []byte(log), 0o644)
}

// kmsg reads the whole of the kernel's log.
func kmsg() (string, error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	var log bytes.Buffer
	buf := make([]byte, 16384)
	for {
		// A record a read; EPIPE says that some were overwritten.
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EPIPE:
			continue
		case err == unix.EAGAIN:
			return log.String(), nil
		case err != nil:
			return "", err
		case n == 0:
			return log.String(), nil
		}
		log.Write(buf[:n])
	}
}
