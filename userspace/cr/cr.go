// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
	"io"
	"os"
	"time"
)

// CheckpointOptions are the arguments of Checkpoint.
type CheckpointOptions struct {
	// PID is the process to save, with all its threads and descendants; 0 is
	// the caller.
	PID int

	// Image is where the image goes, from the file's current offset on. It
	// may be a file, a pipe or a socket; nil with DryRun.
	Image *os.File

	Kill       bool // SIGKILL the program once the image is complete
	Stop       bool // leave it stopped, as by SIGSTOP
	Keep       bool // keep the snapshot; crid is a descriptor of it
	DryRun     bool // write nothing, report everything that blocks
	LeakCheck  bool // refuse objects shared with tasks outside
	NoPageCsum bool // no checksums on page data

	// Outside lists descriptors of the program that whoever restarts it will
	// supply, at most CHECKPOINT_MAX_OUTSIDE.
	Outside []int

	// Timeout is how long to try to stop the program, in steps of a
	// millisecond; 0 is the kernel's CHECKPOINT_TIMEOUT_MS.
	Timeout time.Duration

	// Log gets a copy of the kernel's messages. The kernel itself writes to
	// it where it is a regular *os.File that is open for reading too.
	Log io.Writer
}

// Stats are the figures of one call: Bytes of the stream, Pages whose data is
// in it, times in nanoseconds. A field that doesn't apply is 0.
type Stats = CheckpointStats

// CheckpointResult is what Checkpoint returns when nothing failed.
type CheckpointResult struct {
	CRID  int // identifies the checkpoint, > 0; with Keep a descriptor
	Stats Stats
	Log   []Message // notes
}

// RestartOptions are the arguments of Restart.
type RestartOptions struct {
	// Image is where the image is read from, from the file's current offset
	// on. Nil when CRID is given.
	Image *os.File

	// CRID is the descriptor of a kept snapshot, 0 for none.
	CRID int

	// InPlace makes the calling process become the checkpointed one, as
	// execve(2) would: Restart then returns only when it fails. Otherwise the
	// program is a new child of the caller.
	InPlace bool

	NewPIDs      bool // new pids instead of the recorded ones
	Stopped      bool // leave the program stopped, as by SIGSTOP
	Lazy         bool // bring memory in when it is touched
	ChangedFiles bool // accept files whose size or time has changed
	ClockJump    bool // let monotonic clocks jump on another boot

	// Inherit supplies the program's outside descriptors: the image's
	// numbers with the caller's. Numbers that the image doesn't need are
	// ignored. At most CHECKPOINT_MAX_OUTSIDE.
	Inherit map[int]int

	// Log gets a copy of the kernel's messages, as in CheckpointOptions.
	Log io.Writer
}

// RestartResult is what Restart returns when nothing failed.
type RestartResult struct {
	PID   int // of the program's root task, a child of the caller
	Stats Stats
	PIDs  []RestartPIDMap // the image's pids with the new ones
	Log   []Message       // notes
}

// Info says what a kernel can do.
type Info struct {
	Format   int      `json:"format"`   // CR_VERSION that it writes and reads
	Features []string `json:"features"` // kinds of state that it carries
	Policy   int      `json:"policy"`   // kernel.checkpoint_restart, -1 when unknown
}

// Where the kernel says what it can do.
const (
	formatPath   = "/sys/kernel/checkpoint/format"
	featuresPath = "/sys/kernel/checkpoint/features"
	policyPath   = "/proc/sys/kernel/checkpoint_restart"
)
