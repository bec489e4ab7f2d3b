// SPDX-License-Identifier: BSD-3-Clause

// Guest runs the measuring programs inside a virtual machine. It is started by
// the initramfs's init, reads its orders from plan.json in the directory that
// the host shares, writes there what the programs print, and powers the machine
// off. While a program measures it only waits: Go's run time is no part of any
// figure.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"linux-cr/vmtest"
	"linux-cr/vmtest/bench/plan"
)

const shareRoot = "/run/share"

func main() {
	if err := serve(); err != nil {
		fmt.Println("bench guest:", err)
	}
	// Whatever happened, the host must not wait: it counts the results.
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("bench guest: power off:", err)
		os.Exit(1)
	}
}

func serve() error {
	if err := mounts(); err != nil {
		return err
	}
	var p plan.Plan
	data, err := os.ReadFile(filepath.Join(shareRoot, plan.PlanFile))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("%s: %w", plan.PlanFile, err)
	}
	results, err := os.Create(filepath.Join(shareRoot, plan.ResultsFile))
	if err != nil {
		return err
	}
	figures, err := os.Create(filepath.Join(shareRoot, plan.FiguresFile))
	if err != nil {
		return err
	}
	mine := programs()
	for i := range p.Steps {
		res := perform(&p.Steps[i], figures)
		// Whatever a step left running would run while the next one measures.
		if left := end(mine); left != "" && res.OK {
			res.OK, res.Reason = false, "left running:"+left
		}
		if err := json.NewEncoder(results).Encode(&res); err != nil {
			return err
		}
	}
	// Now and not before: the clock source is another one while the kernel boots.
	if err := writeFacts(&p); err != nil {
		return err
	}
	if err := kernelLog(); err != nil {
		return err
	}
	return json.NewEncoder(results).Encode(vmtest.Result{Done: true, OK: true})
}

// mounts sets up what the initramfs's init doesn't.
func mounts() error {
	for _, m := range []struct{ source, target, fstype, data string }{
		{"tmpfs", "/run", "tmpfs", ""},
		{"tmpfs", plan.WorkDir, "tmpfs", "size=75%"},
		{"share", shareRoot, "9p", "trans=virtio,version=9p2000.L,msize=131072"},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.source, m.target, m.fstype, 0, m.data); err != nil {
			return fmt.Errorf("mounting %s: %w", m.target, err)
		}
	}
	return nil
}

// tidy empties the directory that programs work in.
func tidy() error {
	old, err := os.ReadDir(plan.WorkDir)
	if err != nil {
		return err
	}
	for _, e := range old {
		if err := os.RemoveAll(filepath.Join(plan.WorkDir, e.Name())); err != nil {
			return err
		}
	}
	return os.Mkdir(filepath.Join(plan.WorkDir, plan.PeerDir), 0o755)
}

// perform runs a step and hands its figures on.
func perform(s *plan.Step, figures io.Writer) vmtest.Result {
	start := time.Now()
	res := vmtest.Result{ID: s.ID}
	if err := tidy(); err != nil {
		res.Reason = err.Error()
		return res
	}
	cmd := exec.Command(s.Argv[0], s.Argv[1:]...)
	cmd.Dir = plan.WorkDir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	res.MS = time.Since(start).Milliseconds()
	if err != nil {
		res.Reason, res.Detail = err.Error(), out.String()
		return res
	}
	var lines bytes.Buffer
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		f, err := plan.ParseFigure(s.ID, line)
		if err != nil {
			res.Reason, res.Detail = err.Error(), out.String()
			return res
		}
		data, err := json.Marshal(&f)
		if err != nil {
			res.Reason = err.Error()
			return res
		}
		lines.Write(append(data, '\n'))
	}
	if _, err := figures.Write(lines.Bytes()); err != nil {
		res.Reason = err.Error()
		return res
	}
	res.OK = true
	return res
}

// programs lists the processes that run a program: no kernel threads, no
// zombies.
func programs() map[int]string {
	list := map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(cmdline) > 0 {
			name, _, _ := strings.Cut(string(cmdline), "\x00")
			list[pid] = name
		}
	}
	return list
}

// end kills all programs but those given and names them.
func end(keep map[int]string) string {
	var names string
	seen := map[int]bool{}
	for range 500 {
		left := false
		for pid, name := range programs() {
			if _, ok := keep[pid]; ok {
				continue
			}
			left = true
			if !seen[pid] {
				seen[pid] = true
				names += " " + name
			}
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		if !left {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return names
}

func writeFacts(p *plan.Plan) error {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return err
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return err
	}
	f := plan.Facts{
		Kernel:    unix.ByteSliceToString(uts.Release[:]),
		MemoryMiB: int(info.Totalram * uint64(info.Unit) >> 20),
	}
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(cpuinfo), "\n") {
		if key, val, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			f.CPU = strings.TrimSpace(val)
			f.CPUs++
		}
	}
	clock, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	if err != nil {
		return err
	}
	f.ClockSource = strings.TrimSpace(string(clock))
	if p.Peer {
		// A failure shows in the peer's own steps.
		out, _ := exec.Command(plan.CRIU, "--version").Output()
		f.CRIU = strings.TrimPrefix(strings.SplitN(string(out), "\n", 2)[0], "Version: ")
	}
	data, err := json.Marshal(&f)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(shareRoot, plan.FactsFile), data, 0o644)
}

// kernelLog hands the whole of the kernel's log to the host.
func kernelLog() error {
	kmsg, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(kmsg)
	var log bytes.Buffer
	buf := make([]byte, 16384)
	for {
		// A record a read; EPIPE says that some were overwritten.
		n, err := unix.Read(kmsg, buf)
		if errors.Is(err, unix.EPIPE) {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		log.Write(buf[:n])
	}
	return os.WriteFile(filepath.Join(shareRoot, plan.LogFile), log.Bytes(), 0o644)
}
