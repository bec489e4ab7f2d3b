// SPDX-License-Identifier: BSD-3-Clause

// Package plan is what the host and the guest of the measurements tell each
// other.
package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of files in the directory that host and guest share.
const (
	PlanFile    = "plan.json"
	ResultsFile = "results.jsonl" // a vmtest.Result for each step
	FiguresFile = "figures.jsonl" // a Figure each line
	FactsFile   = "facts.json"    // Facts
	LogFile     = "dmesg.txt"     // the kernel's log
)

// Where things are in the guest.
const (
	ProgramDir = "/bench"
	WorkDir    = "/run/work"
	PeerDir    = "peer" // in WorkDir
	CRIU       = "/usr/sbin/criu"
)

// Kinds of steps: the part of a step's name before the size.
const (
	Warm      = "warm"
	Size      = "size"
	Running   = "stop-running"
	Stopped   = "stop-stopped"
	Null      = "write-null"
	Pipe      = "write-pipe"
	TmpFS     = "write-tmpfs"
	Restart   = "restart"
	RoundTrip = "roundtrip"
	Many      = "many"
	Peer      = "peer"
	PeerTrip  = "peer-roundtrip"
)

// Step is one measuring program to run.
type Step struct {
	// ID is unique: the kind, and the size after a slash.
	ID string `json:"id"`
	// Argv starts it.
	Argv []string `json:"argv"`
}

// Plan is what the guest is to do.
type Plan struct {
	Steps []Step `json:"steps"`
	// Peer says that CRIU is there, for the facts.
	Peer bool `json:"peer"`
}

// Figure is one measured value: nanoseconds or bytes. Round -1 warms up.
type Figure struct {
	Step  string `json:"step"`
	Round int    `json:"round"`
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// Facts describe the guest.
type Facts struct {
	Kernel      string `json:"kernel"`
	CPU         string `json:"cpu"`
	CPUs        int    `json:"cpus"`
	MemoryMiB   int    `json:"memory_mib"`
	ClockSource string `json:"clock_source"`
	CRIU        string `json:"criu,omitempty"`
}

// Crowd is many tasks that do nothing.
type Crowd struct {
	Processes int // 0 for threads of the one that there is
	Threads   int // of each process, beside its first
}

// ID names the step that measures a crowd.
func (c Crowd) ID() string { return fmt.Sprintf("%s/%d/%d", Many, c.Processes, c.Threads) }

// String says what there is.
func (c Crowd) String() string {
	switch {
	case c.Threads == 0:
		return fmt.Sprintf("%d processes", c.Processes)
	case c.Processes == 0:
		return fmt.Sprintf("%d threads", c.Threads)
	}
	return fmt.Sprintf("%d x %d threads", c.Processes, c.Threads)
}

// Tasks is how many there are, the first process aside.
func (c Crowd) Tasks() int { return max(c.Processes, 1) * max(c.Threads, 1) }

// Crowds are the ones that are measured, up to a number of tasks.
func Crowds(most int) []Crowd {
	var out []Crowd
	for _, c := range []Crowd{{100, 0}, {1000, 0}, {10000, 0}, {0, 100}, {0, 1000}, {0, 10000}, {10, 1000}} {
		if c.Tasks() <= most {
			out = append(out, c)
		}
	}
	return out
}

// Rounds is how often a crowd is measured: thousands take seconds.
func (c Crowd) Rounds(rounds int) int {
	if c.Tasks() >= 10000 {
		return min(rounds, 3)
	}
	return rounds
}

// ID names a step of a kind and a size.
func ID(kind string, mib int) string { return kind + "/" + strconv.Itoa(mib) }

// SmallFactor is how many more rounds there are of what takes only milliseconds,
// which noise hits hardest: processes up to SmallMiB.
const (
	SmallFactor = 3
	SmallMiB    = 16
)

// New lists the steps for processes of certain sizes in MiB, and for crowds. What
// is compared is within one step; the step for the peer follows ours of the same
// size.
func New(sizes []int, crowds []Crowd, rounds int, peer bool) *Plan {
	p := &Plan{Peer: peer}
	add := func(id, program string, args ...string) {
		p.Steps = append(p.Steps, Step{id, append([]string{ProgramDir + "/" + program}, args...)})
	}
	add(Warm, "warm")
	add(RoundTrip, "roundtrip", strconv.Itoa(SmallFactor*rounds), WorkDir)
	if peer {
		add(PeerTrip, "peer", "onepage", strconv.Itoa(rounds), WorkDir+"/"+PeerDir)
	}
	for _, mib := range sizes {
		m, n := strconv.Itoa(mib), rounds
		if mib <= SmallMiB {
			n *= SmallFactor
		}
		r := strconv.Itoa(n)
		add(ID(Size, mib), "size", m, WorkDir)
		add(ID(Running, mib), "stop", m, r, "running")
		add(ID(Stopped, mib), "stop", m, r, "stopped")
		for _, place := range []string{Null, Pipe, TmpFS} {
			add(ID(place, mib), "write", m, r, strings.TrimPrefix(place, "write-"), WorkDir)
		}
		add(ID(Restart, mib), "restart", m, r, WorkDir)
		if peer {
			add(ID(Peer, mib), "peer", m, strconv.Itoa(rounds), WorkDir+"/"+PeerDir)
		}
	}
	for _, c := range crowds {
		add(c.ID(), "many", fmt.Sprintf("%d/%d", c.Processes, c.Threads), strconv.Itoa(c.Rounds(rounds)), WorkDir)
	}
	return p
}

// ParseFigure reads a line that a measuring program prints.
func ParseFigure(step, line string) (Figure, error) {
	f := Figure{Step: step}
	field := strings.Fields(line)
	if len(field) != 3 {
		return f, fmt.Errorf("not a figure: %q", line)
	}
	var err error
	if f.Round, err = strconv.Atoi(field[0]); err != nil {
		return f, fmt.Errorf("not a figure: %q", line)
	}
	if f.Value, err = strconv.ParseInt(field[2], 10, 64); err != nil {
		return f, fmt.Errorf("not a figure: %q", line)
	}
	f.Name = field[1]
	return f, nil
}
