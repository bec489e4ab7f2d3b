// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Mode says how a workload is checkpointed and restarted.
type Mode string

// The modes. A run is named CASE/MODE.
const (
	// ModeKill checkpoints from outside with CHECKPOINT_KILL and restarts as
	// a child with the recorded pid.
	ModeKill Mode = "kill"

	// ModeLeave checkpoints from outside and leaves the program running: its
	// visible world must not have changed and it must pass; then the copy is
	// restarted and must pass as well.
	ModeLeave Mode = "leave"

	// ModeSelf is v5's self-checkpoint with three arguments. Both, the
	// original and the copy, must pass.
	ModeSelf Mode = "self"

	// ModeSelfArgs is ModeSelf with descriptors 0 to 2 declared outside.
	ModeSelfArgs Mode = "self-args"

	// ModeInPlace restarts with flags 0: the restarter becomes the program.
	ModeInPlace Mode = "in-place"

	// ModeStopped checkpoints a program that is stopped by SIGSTOP; the copy
	// is stopped, too, and continued.
	ModeStopped Mode = "stopped"

	// ModeFrozen checkpoints a program in a frozen cgroup (v2).
	ModeFrozen Mode = "frozen"

	// ModeNewPids restarts with RESTART_NEWPIDS while the original lives.
	ModeNewPids Mode = "new-pids"

	// ModeAgain checkpoints the restarted program once more.
	ModeAgain Mode = "again"

	// ModeStop uses CHECKPOINT_STOP and RESTART_STOPPED: both, the original
	// and the copy, are stopped and pass once they are continued.
	ModeStop Mode = "stop"

	// ModeDryRun uses CHECKPOINT_DRYRUN, which says what blocks or nothing.
	ModeDryRun Mode = "dry-run"

	// ModePipe sends the image through pipes, in small pieces, and
	// ModePipeNonblock through pipes whose ends in the calls are nonblocking.
	ModePipe         Mode = "pipe"
	ModePipeNonblock Mode = "pipe-nonblock"

	// ModeSame takes two images of the stopped program and wants them to be
	// the same but for the fields that DESIGN.md names.
	ModeSame Mode = "same"

	// ModeReboot checkpoints in one boot and restarts in the next.
	ModeReboot Mode = "reboot"

	// ModeOtherCPU checkpoints on one CPU and wants the restart to be refused
	// on another, which lacks what the program uses.
	ModeOtherCPU Mode = "other-cpu"

	// ModeRefuse wants the checkpoint to be refused, the target unharmed and
	// the image untouched.
	ModeRefuse Mode = "refuse"

	// ModeBroken wants the restart to be refused.
	ModeBroken Mode = "broken"

	// ModeMutated alters the image between checkpoint and restart, with all
	// checksums right, and wants the copy to be seen as wrong.
	ModeMutated Mode = "mutated"

	// ModeSelftest runs a program of the kernel's selftests and takes its TAP.
	ModeSelftest Mode = "selftest"

	// ModeKUnit looks for the results of a suite of unit tests in the kernel,
	// the case's Prog, in the kernel's log.
	ModeKUnit Mode = "kunit"

	// ModeOwn leaves the calls to the workload.
	ModeOwn Mode = "own"

	// ModePlain makes no checkpoint at all: the workload must pass by itself.
	ModePlain Mode = "plain"

	// ModeHostile tries images that are damaged everywhere.
	ModeHostile Mode = "hostile"

	// ModeProgram checkpoints a real program while it is working, and
	// ModeProgramStopped while it is stopped, so that its visible world can
	// be compared.
	ModeProgram        Mode = "program"
	ModeProgramStopped Mode = "program-stopped"
)

// Stdio says what a program's descriptors 0 to 2 are.
type Stdio string

// The kinds of standard descriptors.
const (
	// StdioDefault is StdioPipes, or StdioFiles in the modes that have no
	// way of declaring descriptors outside.
	StdioDefault Stdio = ""
	// StdioPipes gives three pipes, which are outside descriptors.
	StdioPipes Stdio = "pipes"
	// StdioFiles gives /dev/null and two regular files opened for appending.
	StdioFiles Stdio = "files"
	// StdioTTY gives a terminal.
	StdioTTY Stdio = "tty"
)

// Hook names a piece of the runner that a case needs; the runner refuses a
// name that it doesn't know.
type Hook string

// Wake says how a workload is brought out of the call in which it was
// checkpointed, when it doesn't come out by itself.
type Wake string

// The ways to wake a workload.
const (
	WakeNone  Wake = ""
	WakeUSR1  Wake = "SIGUSR1"
	WakeStdin Wake = "stdin"
)

// Failure is an expected error of a call.
type Failure struct {
	// Errno is its name, EOPNOTSUPP, or several with "|" between them.
	Errno string
	// Log must match what the kernel wrote to the log.
	Log string
}

// Sleep describes a timed wait in which the workload is checkpointed. The
// workload reports its length as "INFO waited_ms=N".
type Sleep struct {
	// Total is how long the wait is meant to last.
	Total time.Duration
	// Before is how long it must have lasted at the checkpoint.
	Before time.Duration
	// Anew says that the wait starts anew after a restart.
	Anew bool
}

// Case is a line of the table.
type Case struct {
	// Name is unique, lower case, words joined by "-".
	Name string
	// Area groups cases: cpu, calls, signals, task, memory, files ...
	Area string
	// Doc says in a sentence what must survive, or what is refused.
	Doc string
	// Prog is the workload, a file of workloads/ without its ending, and
	// Args are its arguments.
	Prog string
	Args []string
	// Modes are the modes to run it in.
	Modes []Mode
	// Refused is the expected failure: of the checkpoint in ModeRefuse, of
	// the restart in ModeBroken.
	Refused *Failure
	// Stdio overrides what descriptors 0 to 2 are.
	Stdio Stdio
	// Outside lists further descriptors of the workload to declare outside.
	// The runner opens a pipe at each of them.
	Outside []int
	// Ignore lists regular expressions of entries of the visible world that
	// may differ, each with a reason in the comment beside it.
	Ignore []string
	// Wake gets the workload out of its call.
	Wake Wake
	// Asleep waits until the workload sleeps before it is looked at.
	Asleep bool
	// Sleep describes the wait in which it is checkpointed.
	Sleep *Sleep
	// Before runs before the workload starts, Ready once it said READY,
	// Between after the checkpoint and before the restart.
	Before, Ready, Between Hook
	// Image, if set, is where the image goes instead of a file.
	Image Hook
	// Program is set for the real programs.
	Program *Program
	// Mutate names the alteration of the image in ModeMutated and ModeBroken.
	Mutate string
	// MaxImage bounds the size of the image in bytes, 0 for no bound.
	MaxImage int64
	// Flags are further flags of the checkpoint.
	Flags uint64
	// Golden marks a case whose image in ModeKill is kept in testdata of
	// package image when that is asked for.
	Golden bool
	// Alone runs the case while no other runs.
	Alone bool
	// Large marks a case that only runs when asked for.
	Large bool
	// Timeout is for the whole run, 0 for DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout bounds one run.
const DefaultTimeout = 30 * time.Second

// ID is the name of a run.
func ID(c *Case, m Mode) string { return c.Name + "/" + string(m) }

// Run is one case in one mode.
type Run struct {
	Case *Case
	Mode Mode
}

// ID is the run's name, CASE/MODE.
func (r Run) ID() string { return ID(r.Case, r.Mode) }

// Phase is one boot of a guest.
type Phase string

// The phases of the suite.
const (
	// PhaseMain is the boot in which nearly everything runs.
	PhaseMain Phase = "main"
	// PhaseSave makes the images of ModeReboot.
	PhaseSave Phase = "save"
	// PhaseLoad restarts them.
	PhaseLoad Phase = "load"
	// PhaseOtherCPU tries those of ModeOtherCPU on another CPU.
	PhaseOtherCPU Phase = "other-cpu"
	// PhasePlain runs every workload in ModePlain.
	PhasePlain Phase = "plain"
	// PhasePrograms runs ModeProgram.
	PhasePrograms Phase = "programs"
	// PhaseLarge runs the large cases.
	PhaseLarge Phase = "large"
)

// In reports whether the run belongs to the phase.
func (r Run) In(p Phase) bool {
	switch {
	case r.Mode == ModePlain:
		return p == PhasePlain && !r.Case.Large && r.Case.Program == nil &&
			!slices.Contains([]Mode{ModeSelftest, ModeKUnit, ModeOwn}, r.Case.Modes[0])
	case r.Case.Large:
		return p == PhaseLarge
	case r.Mode == ModeReboot:
		return p == PhaseSave || p == PhaseLoad
	case r.Mode == ModeOtherCPU:
		return p == PhaseSave || p == PhaseOtherCPU
	case r.Case.Program != nil:
		return p == PhasePrograms
	default:
		return p == PhaseMain
	}
}

// Runs lists the runs of a phase whose names match, all with a nil match, in
// the order of the table.
func Runs(p Phase, match *regexp.Regexp) []Run {
	var runs []Run
	for i := range Cases {
		c := &Cases[i]
		modes := c.Modes
		if p == PhasePlain {
			modes = []Mode{ModePlain}
		}
		for _, m := range modes {
			r := Run{c, m}
			if r.In(p) && (match == nil || match.MatchString(r.ID())) {
				runs = append(runs, r)
			}
		}
	}
	return runs
}

// Plan is what the host asks of the guest, plan.json in the shared directory.
type Plan struct {
	Phase Phase `json:"phase"`
	// Runs are the names of the runs to do.
	Runs []string `json:"runs"`
	// Driver overrides the way calls are made: cr, raw or empty.
	Driver string `json:"driver,omitempty"`
	// Parallel is the number of runs at a time.
	Parallel int `json:"parallel"`
	// Slow is how many times longer than usual everything may take, 0 for 1.
	Slow int `json:"slow,omitempty"`
	// Golden asks for the images of golden cases, in the shared directory.
	Golden bool `json:"golden,omitempty"`
	// Fault makes the runner misbehave, for the harness's own tests.
	Fault string `json:"fault,omitempty"`
	// Start numbers the first pid of this boot's cases, so that a reboot's
	// pids don't collide with those of the guest's own processes.
	Start int `json:"start,omitempty"`
}

// Result is one line of results.jsonl. The last one has only Done set.
type Result struct {
	ID     string `json:"id,omitempty"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
	// Detail holds what helps to find out why: output, logs, differences.
	Detail string `json:"detail,omitempty"`
	MS     int64  `json:"ms"`
	Done   bool   `json:"done,omitempty"`
}

// Validate reports the mistakes in a table of cases.
func Validate(cases []Case) []string {
	var bad []string
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	complain := func(c *Case, format string, args ...any) {
		bad = append(bad, c.Name+": "+fmt.Sprintf(format, args...))
	}
	for i := range cases {
		c := &cases[i]
		if !name.MatchString(c.Name) {
			complain(c, "bad name")
		}
		if seen[c.Name] {
			complain(c, "name used twice")
		}
		seen[c.Name] = true
		if c.Prog == "" || c.Area == "" || len(c.Modes) == 0 {
			complain(c, "Prog, Area and Modes are needed")
		}
		if !strings.HasSuffix(c.Doc, ".") {
			complain(c, "Doc is not a sentence")
		}
		modes := map[Mode]bool{}
		for _, m := range c.Modes {
			if modes[m] {
				complain(c, "mode %s twice", m)
			}
			modes[m] = true
		}
		fails := modes[ModeRefuse] || modes[ModeBroken] || modes[ModeOtherCPU] || modes[ModeDryRun]
		if c.Refused != nil && !fails || c.Refused == nil && fails && !modes[ModeDryRun] {
			complain(c, "Refused goes with the modes refuse, broken, other-cpu and dry-run")
		}
		if modes[ModeMutated] && c.Mutate == "" || c.Mutate != "" && !modes[ModeMutated] && !modes[ModeBroken] {
			complain(c, "Mutate goes with the modes mutated and broken")
		}
		if c.Refused != nil {
			if _, err := regexp.Compile(c.Refused.Log); err != nil {
				complain(c, "Refused.Log: %v", err)
			}
		}
		for _, expr := range c.Ignore {
			if _, err := regexp.Compile(expr); err != nil {
				complain(c, "Ignore: %v", err)
			}
		}
	}
	return bad
}

// GoldenDir is where golden images are, below the shared directory.
const GoldenDir = "golden"

// HookFile is the file in a workload's directory that the hooks below alter.
const HookFile = "data"

// The hooks that a case may name.
const (
	// Between the checkpoint and the restart.
	HookTouchFile   Hook = "touch-file"   // the file's time changes
	HookRemoveFile  Hook = "remove-file"  // the file is gone
	HookShortenFile Hook = "shorten-file" // the file ends before the offset
	HookGrowFile    Hook = "grow-file"    // the file is longer
	HookReplaceFile Hook = "replace-file" // another file of the same size and time
	HookCutImage    Hook = "cut-image"    // the image's last byte is missing
	HookKeepAlive   Hook = "keep-alive"   // the original lives on
	HookNotSupplied Hook = "not-supplied" // outside descriptors aren't supplied
	HookReaders     Hook = "readers"      // everybody's memory is read meanwhile, as ps does
	HookTakePid     Hook = "take-pid"     // another process has the pid of a child
	HookTakeTid     Hook = "take-tid"     // another process has that of a thread

	// Before the workload starts, and once it is ready.
	HookSwap    Hook = "swap"     // there is swap space
	HookPageOut Hook = "page-out" // some of the workload's pages are in it
	HookOverlay Hook = "overlay"  // the workload's directory is on an overlay file system
	HookShared  Hook = "shared"   // it is on the host's file system, which reads ahead

	// Where an image goes.
	HookImageFull     Hook = "image-full"      // /dev/full
	HookImageSmallFS  Hook = "image-small-fs"  // a file system that fills up
	HookImageNoReader Hook = "image-no-reader" // a pipe without a reader
	HookImageReadOnly Hook = "image-read-only" // a descriptor that can't be written
	HookImageStuck    Hook = "image-stuck"     // a pipe that nobody empties, and a signal
)

// The faults that a plan may ask of the runner.
const (
	FaultSkip     = "skip"      // no run is reported
	FaultExtra    = "extra"     // a run too many is reported
	FaultHang     = "hang"      // the runner stops working
	FaultPowerOff = "power-off" // the machine is off before the end
	FaultNotDone  = "not-done"  // the last line is missing
	FaultSplat    = "splat"     // the kernel's log shows a warning
	FaultPanic    = "panic"     // the kernel panics
)
