// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"linux-cr/vmtest"
)

// Images that cross a reboot: PhaseSave leaves image, files and state in the
// directory that persists, PhaseLoad goes on from there. The programs have pids
// that nothing in either boot gets by itself, and live in that directory, too:
// a file of the initramfs is another file after a reboot.

const firstRebootPid = 20001

// lastRebootPid is where the numbers of their threads and children go on from:
// in the next boot, too, nobody is to have them.
const lastRebootPid = "22000"

// rebootState is what the second boot has to know.
type rebootState struct {
	Pid    int   `json:"pid"`
	Before world `json:"before"`
}

func (r *run) statePath() string { return filepath.Join(r.dir, "state.json") }

// rebootPid is the pid of this run's program, from its place in the plan.
func (r *run) rebootPid() int {
	return firstRebootPid + slices.Index(r.g.plan.Runs, vmtest.ID(r.c, r.mode))
}

// prepareReboot puts the workloads where the next boot finds them.
func (g *guest) prepareReboot() error {
	if g.plan.Phase != vmtest.PhaseSave {
		return nil
	}
	if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(lastRebootPid), 0); err != nil {
		return err
	}
	bin := filepath.Join(persistRoot, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for _, r := range vmtest.Runs(vmtest.PhaseSave, nil) {
		to := filepath.Join(bin, r.Case.Prog)
		if _, err := os.Stat(to); err == nil {
			continue
		}
		if err := copyFile(to, filepath.Join(workloadDir, r.Case.Prog)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		_ = dst.Close()
		return err
	}
	return dst.Close()
}

func (r *run) rebootSave(ctx context.Context) error {
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	data, err := json.Marshal(&rebootState{Pid: r.pid, Before: r.before})
	if err != nil {
		return err
	}
	return os.WriteFile(r.statePath(), data, 0o644)
}

func (r *run) rebootLoad(ctx context.Context) error {
	data, err := os.ReadFile(r.statePath())
	if err != nil {
		return fmt.Errorf("nothing was saved in the boot before: %w", err)
	}
	var st rebootState
	if err := json.Unmarshal(data, &st); err != nil {
		return err
	}
	r.pid, r.before = st.Pid, st.Before
	err = r.load(ctx, 0)
	if r.mode == vmtest.ModeOtherCPU {
		return checkFailure(err, r.c.Refused)
	}
	if err != nil {
		return err
	}
	return r.passLoaded(ctx)
}
