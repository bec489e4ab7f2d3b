// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Host describes the machine that the guest runs on, without its name.
type Host struct {
	CPU  string `json:"cpu"`
	CPUs int    `json:"cpus"`
	QEMU string `json:"qemu"`
	// Args are QEMU's first arguments, the accelerator among them.
	Args string `json:"args"`
	// Others is how many CPUs everything but the guest used meanwhile, on
	// average; Stolen is how many the host itself didn't get.
	Others float64 `json:"others"`
	Stolen float64 `json:"stolen"`
}

// busyHost is how many CPUs others may use before figures are doubted.
const busyHost = 0.15

func hostFacts() Host {
	h := Host{CPUs: runtime.NumCPU()}
	if cpuinfo, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(cpuinfo); m != nil {
			h.CPU = string(m[1])
		}
	}
	if cmd := strings.Fields(os.Getenv("VMTEST_QEMU")); len(cmd) > 0 {
		h.Args = strings.Join(cmd[1:], " ")
		out, _ := exec.Command(cmd[0], "--version").Output()
		if m := regexp.MustCompile(`version (\S+)`).FindSubmatch(out); m != nil {
			h.QEMU = string(m[1])
		}
	}
	return h
}

// emulation says how the guest's code runs.
func (h *Host) emulation() string {
	if strings.Contains(h.Args, "-accel kvm") {
		return "KVM"
	}
	return "software emulation (TCG)"
}

// busy reports whether anything else ran that figures suffer from.
func (h *Host) busy() bool { return h.Others+h.Stolen > busyHost }

// usage is CPU time up to now.
type usage struct {
	when                   time.Time
	busy, stolen, children time.Duration
}

// userHZ is the unit of /proc/stat.
const userHZ = 100

// usageNow reads what all CPUs and what our children have done. Children count
// once they have been waited for.
func usageNow() usage {
	u := usage{when: time.Now()}
	if stat, err := os.ReadFile("/proc/stat"); err == nil {
		u.busy, u.stolen = parseStat(string(stat))
	}
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &r) == nil {
		u.children = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return u
}

// parseStat adds up the first line of /proc/stat: what wasn't idle, and what a
// hypervisor took.
func parseStat(stat string) (busy, stolen time.Duration) {
	line, _, _ := strings.Cut(stat, "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			continue
		}
		d := time.Duration(n) * time.Second / userHZ
		switch i {
		case 1, 2, 3, 6, 7: // user, nice, system, irq, softirq
			busy += d
		case 8:
			stolen += d
		}
	}
	return busy, stolen
}

// since fills in what went on beside our children since u.
func (h *Host) since(u usage) {
	now := usageNow()
	elapsed := now.when.Sub(u.when)
	if elapsed <= 0 {
		return
	}
	others := (now.busy - u.busy) - (now.children - u.children)
	h.Others = max(others, 0).Seconds() / elapsed.Seconds()
	h.Stolen = (now.stolen - u.stolen).Seconds() / elapsed.Seconds()
}
