// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTable checks the table of cases itself.
func TestTable(t *testing.T) {
	for _, bad := range Validate(Cases) {
		t.Error(bad)
	}
}

const (
	lineA    = `{"id":"a/kill","ok":true,"ms":1}` + "\n"
	lineB    = `{"id":"b/kill","ok":true,"ms":1}` + "\n"
	lineBad  = `{"id":"b/kill","ok":false,"reason":"FAIL","ms":1}` + "\n"
	lineC    = `{"id":"c/kill","ok":true,"ms":1}` + "\n"
	lineDone = `{"ok":true,"ms":0,"done":true}` + "\n"
)

// TestJudge holds the verdict against recorded guests: each way in which a
// guest can fall short must turn it red.
func TestJudge(t *testing.T) {
	want := []string{"a/kill", "b/kill"}
	good := lineA + lineB + lineDone
	for _, tc := range []struct {
		name     string
		evidence Evidence
		green    bool
		problem  string
	}{
		{"complete", Evidence{Expected: want, Results: []byte(good)}, true, ""},
		{"any order", Evidence{Expected: want, Results: []byte(lineB + lineA + lineDone)}, true, ""},
		{"empty", Evidence{Expected: want}, false, "did not finish"},
		{"nothing expected", Evidence{Results: []byte(lineDone)}, false, "no run was expected"},
		{"missing", Evidence{Expected: want, Results: []byte(lineA + lineDone)}, false, "b/kill did not finish"},
		{"extra", Evidence{Expected: want, Results: []byte(lineA + lineB + lineC + lineDone)}, false, "c/kill was not expected"},
		{"twice", Evidence{Expected: want, Results: []byte(lineA + lineA + lineB + lineDone)}, false, "finished twice"},
		{"failed", Evidence{Expected: want, Results: []byte(lineA + lineBad + lineDone)}, false, ""},
		{"not done", Evidence{Expected: want, Results: []byte(lineA + lineB)}, false, "say that it was done"},
		{"after the end", Evidence{Expected: want, Results: []byte(lineA + lineDone + lineB)}, false, "after the end"},
		{"cut short", Evidence{Expected: want, Results: []byte(strings.TrimSuffix(good, "\n"))}, false, "cut short"},
		{"torn line", Evidence{Expected: want, Results: []byte(good[:10] + "\n" + good)}, false, "line 1"},
		{"exit status", Evidence{Expected: want, Results: []byte(good), Exit: errors.New("exit status 1")}, false, "QEMU"},
		{"splat", console(want, good, "[    1.2] WARNING: CPU: 0 PID: 1 at mm/x.c:1"), false, "WARNING:"},
		{"bug", console(want, good, "BUG: kernel NULL pointer dereference"), false, "BUG:"},
		{"kasan", console(want, good, "BUG: KASAN: use-after-free in f"), false, "KASAN:"},
		{"ubsan", console(want, good, "UBSAN: shift-out-of-bounds"), false, "UBSAN:"},
		{"hung task", console(want, good, "INFO: task cr:12 blocked for more than 120 seconds"), false, "INFO: task"},
		{"stall", console(want, good, "rcu: INFO: rcu_sched self-detected stall"), false, "INFO: rcu"},
		{"lockdep", console(want, good, "WARNING: possible recursive locking detected"), false, "recursive"},
		{"rcu", console(want, good, "WARNING: suspicious RCU usage"), false, "suspicious"},
		{"leak", console(want, good, "unreferenced object 0xffff8880 (size 64):"), false, "unreferenced"},
		{"panic", console(want, good, "Kernel panic - not syncing: x"), false, "panic"},
		{"harmless", console(want, good, "Warning: unable to open an initial console"), true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := Judge(&tc.evidence)
			if got := v.Green(); got != tc.green {
				t.Errorf("Green() = %v, want %v; problems %q, failed %q", got, tc.green, v.Problems, v.Failed)
			}
			if all := strings.Join(v.Problems, "\n"); !strings.Contains(all, tc.problem) {
				t.Errorf("Problems = %q, want one with %q", all, tc.problem)
			}
		})
	}
	// The kernel's own log counts as well as the console.
	if v := Judge(&Evidence{Expected: want, Results: []byte(good), Dmesg: []byte("4,1,2,-;WARNING: x")}); v.Green() {
		t.Error("a warning in the kernel's log is green")
	}
}

func console(want []string, results, line string) Evidence {
	return Evidence{Expected: want, Results: []byte(results), Console: []byte("booting\n" + line + "\nbye\n")}
}

// TestHarness boots guests that misbehave on purpose, on whatever kernel there
// is: each must turn the verdict red for the right reason.
func TestHarness(t *testing.T) {
	kernel := requireEnv(t, "VMTEST_KERNEL")
	runs := []string{"idle/kill", "idle/leave"}
	for _, tc := range []struct {
		fault   string
		problem string
		timeout time.Duration
	}{
		{FaultSkip, "did not finish", time.Minute},
		{FaultExtra, "was not expected", time.Minute},
		{FaultHang, "not off after", 15 * time.Second},
		{FaultPowerOff, "say that it was done", time.Minute},
		{FaultNotDone, "say that it was done", time.Minute},
		{FaultSplat, "console: ", time.Minute},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			c := vmConfig{name: "harness-" + tc.fault, kernel: kernel, timeout: tc.timeout}
			c.plan = Plan{Phase: PhaseMain, Runs: runs, Parallel: 1, Fault: tc.fault}
			v := Judge(boot(t, &c))
			if all := strings.Join(v.Problems, "\n"); v.Green() || !strings.Contains(all, tc.problem) {
				t.Errorf("Problems = %q, want one with %q", all, tc.problem)
			}
		})
	}
}

// TestUnpatched runs a few cases of each kind on a kernel without the two calls:
// every one must be red, and say that the calls are missing.
func TestUnpatched(t *testing.T) {
	kernel := requireEnv(t, "VMTEST_KERNEL_OFF")
	var runs []Run
	seen := map[Mode]bool{}
	for _, r := range Runs(PhaseMain, nil) {
		// A workload that makes the calls itself leaves children behind.
		if !seen[r.Mode] && r.Mode != ModeOwn {
			seen[r.Mode] = true
			runs = append(runs, r)
		}
	}
	c := vmConfig{name: "unpatched", kernel: kernel, timeout: 5 * time.Minute}
	c.plan = Plan{Phase: PhaseMain, Runs: ids(runs), Parallel: parallel}
	v := Judge(boot(t, &c))
	for _, p := range v.Problems {
		t.Error(p)
	}
	for _, r := range runs {
		res, ok := v.Results[r.ID()]
		switch {
		case !ok:
		case res.OK:
			t.Errorf("%s passes without the calls", r.ID())
		case r.Mode == ModeKUnit || r.Mode == ModeSelftest:
			// They say in their own words that they didn't run.
		case !strings.Contains(res.Reason, "ENOSYS"):
			t.Errorf("%s: %s, want ENOSYS", r.ID(), res.Reason)
		}
	}
}

// TestMain says where the artefacts are when something failed.
func TestMain(m *testing.M) {
	code := m.Run()
	if code != 0 {
		println("vmtest: consoles and results are in", outDir())
	}
	os.Exit(code)
}

// A fault of QEMU's own is told from a guest that ended.
func TestEmulatorCrashed(t *testing.T) {
	console := filepath.Join(t.TempDir(), "console.log")
	for _, tt := range []struct {
		command, console string
		want             bool
	}{
		{"kill -SEGV $$", "SeaBIOS\nBooting from ROM..", true},
		{"kill -ABRT $$", "", true},
		{"kill -SEGV $$", "vmtest guest: 5 runs\n", false},
		{"kill -KILL $$", "", false}, // that was us, when its time was up
		{"exit 1", "", false},
		{"exit 0", "", false},
	} {
		if err := os.WriteFile(console, []byte(tt.console), 0o644); err != nil {
			t.Fatal(err)
		}
		err := exec.Command("sh", "-c", tt.command).Run()
		if err != nil {
			err = fmt.Errorf("QEMU: %w", err)
		}
		if got := emulatorCrashed(err, console); got != tt.want {
			t.Errorf("%s, console %q: got %v", tt.command, tt.console, got)
		}
	}
}
