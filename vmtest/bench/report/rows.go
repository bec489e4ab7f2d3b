// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"

	"linux-cr/vmtest/bench/plan"
)

// Aim is what a ratio should be.
type Aim struct {
	Value float64 `json:"value"`
	// AtLeast: more is better; otherwise less is.
	AtLeast bool `json:"at_least"`
}

// Met reports whether a ratio is as it should be.
func (a *Aim) Met(ratio float64) bool {
	if a.AtLeast {
		return ratio >= a.Value
	}
	return ratio <= a.Value
}

// String is "<= 1.20".
func (a *Aim) String() string {
	if a.AtLeast {
		return fmt.Sprintf(">= %.2f", a.Value)
	}
	return fmt.Sprintf("<= %.2f", a.Value)
}

// Group says what a row's ratio means.
type Group string

// The groups.
const (
	// Times is a time (or a size) as a multiple of another: less is better.
	Times Group = "times"
	// Rate is the rate of an image against that of write(): more is better.
	Rate Group = "rate"
	// PeerTimes is CRIU's time or size as a multiple of ours: more is better
	// for us.
	PeerTimes Group = "peer"
)

// Row is one ratio.
type Row struct {
	Group Group  `json:"group"`
	Name  string `json:"name"`
	// MiB is the process's size, 0 for the one-page program.
	MiB int `json:"mib"`
	// Crowd is what many tasks are measured, such as "1000 processes".
	Crowd string `json:"crowd,omitempty"`
	// Ours and Base are medians, of nanoseconds or bytes; Unit says of which.
	Ours     float64 `json:"ours"`
	Base     float64 `json:"base"`
	BaseName string  `json:"base_name"`
	Unit     string  `json:"unit"`
	// Ratio is that of the medians, Low and High are the extremes of the
	// ratios of each round.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Rounds is how many there were.
	Rounds int `json:"rounds"`
	// Aim is nil where there is none.
	Aim *Aim `json:"aim,omitempty"`
	// Met is only of use with an aim.
	Met bool `json:"met"`

	// step and figure are where Ours comes from.
	step, figure string
}

// Units of a row.
const (
	Nanoseconds = "ns"
	Bytes       = "B"
)

func atMost(v float64) *Aim  { return &Aim{Value: v} }
func atLeast(v float64) *Aim { return &Aim{Value: v, AtLeast: true} }

// spec says how a row is made of a step's figures.
type spec struct {
	group      Group
	name       string
	step       string
	ours, base string
	baseName   string
	unit       string
	aim        *Aim
}

// The sizes, in MiB, that aims are bound to.
const (
	stopAimFrom  = 4
	restartAimAt = 256
)

// sizeSpecs are the rows for a process of a certain size.
func sizeSpecs(mib int) []spec {
	var runningAim, stoppedAim, restartAim *Aim
	if mib >= stopAimFrom {
		runningAim, stoppedAim = atMost(1.2), atMost(1.7)
	}
	if mib == restartAimAt {
		restartAim = atMost(0.7)
	}
	specs := []spec{
		{Times, "stop, target running", plan.ID(plan.Running, mib), "gap", "fork", "fork()", Nanoseconds, runningAim},
		{Times, "stop, target stopped", plan.ID(plan.Stopped, mib), "stop", "fork", "fork()", Nanoseconds, stoppedAim},
	}
	for _, place := range []struct{ step, name string }{
		{plan.TmpFS, "tmpfs"}, {plan.Pipe, "a pipe"}, {plan.Null, "/dev/null"},
	} {
		with, without := atLeast(0.85), atLeast(0.9)
		if place.step == plan.Null {
			// write() to it returns without a look at the bytes.
			with, without = nil, nil
		}
		step := plan.ID(place.step, mib)
		specs = append(specs,
			spec{Rate, "write to " + place.name, step, "csum_write", "write", "write()", Nanoseconds, with},
			spec{Rate, "write to " + place.name + ", no checksums", step, "nocsum_write", "write", "write()", Nanoseconds, without})
	}
	step := plan.ID(plan.Restart, mib)
	return append(specs,
		spec{Times, "restart", step, "csum_restart", "read", "read()", Nanoseconds, restartAim},
		spec{Times, "restart, no checksums", step, "nocsum_restart", "read", "read()", Nanoseconds, nil},
	)
}

// peerSpecs compare the two commands; Base is CRIU's.
func peerSpecs(sizes []int) []spec {
	specs := []spec{
		{PeerTimes, "one-page program there and back", plan.PeerTrip, "cr_trip", "criu_trip", "criu", Nanoseconds, nil},
	}
	for _, mib := range sizes {
		step := plan.ID(plan.Peer, mib)
		specs = append(specs,
			spec{PeerTimes, "stop, target running", step, "cr_gap", "criu_gap", "criu", Nanoseconds, nil},
			spec{PeerTimes, "checkpoint, whole command", step, "cr_save", "criu_save", "criu", Nanoseconds, nil},
			spec{PeerTimes, "restart, whole command", step, "cr_load", "criu_load", "criu", Nanoseconds, nil},
			spec{PeerTimes, "image", step, "cr_bytes", "criu_bytes", "criu", Bytes, nil})
	}
	return specs
}

// row makes a row of what was measured, nil of nothing.
func (s *spec) row(d Data, mib int) *Row {
	ours, base := d.Get(s.step, s.ours), d.Get(s.step, s.base)
	if len(ours) == 0 || len(base) == 0 {
		return nil
	}
	r := &Row{
		Group: s.group, Name: s.name, MiB: mib, Ours: ours.Median(), Base: base.Median(),
		BaseName: s.baseName, Unit: s.unit, Rounds: len(ours), Aim: s.aim, step: s.step, figure: s.ours,
	}
	over, under := ours, base
	if s.group != Times {
		// As many bytes in less time, or the peer against us.
		over, under = base, ours
	}
	r.Ratio = over.Median() / under.Median()
	r.Low, r.High = ratios(over, under)
	r.judge()
	return r
}

func (r *Row) judge() {
	if r.Aim != nil {
		r.Met = r.Aim.Met(r.Ratio)
	}
}

// crowdRows compare many tasks with what it took to create them.
func crowdRows(d Data, crowds []plan.Crowd) []*Row {
	var rows []*Row
	for _, s := range []struct {
		name, figure string
		aim          float64
	}{{"stop", "stop", 0.25}, {"checkpoint", "save", 0.5}, {"restart", "restart", 1}} {
		for _, c := range crowds {
			sp := spec{Times, s.name, c.ID(), s.figure, "create", "creating them", Nanoseconds, atMost(s.aim)}
			if r := sp.row(d, 0); r != nil {
				r.Crowd = c.String()
				rows = append(rows, r)
			}
		}
	}
	return rows
}

const pageSize = 4096

// imageLimit is how large an image may be for so many non-zero private pages:
// theirs, 1 % and 64 KiB.
func imageLimit(pages float64) float64 { return pages*pageSize*1.01 + 64<<10 }

// imageRow compares an image with what it may be.
func imageRow(d Data, mib int) *Row {
	step := plan.ID(plan.Size, mib)
	bytes, pages := d.med(step, "bytes"), d.med(step, "nonzero_pages")
	if bytes == 0 || pages == 0 {
		return nil
	}
	limit := imageLimit(pages)
	r := &Row{
		Group: Times, Name: "image", MiB: mib, Ours: bytes, Base: limit, BaseName: "pages + 1 % + 64 KiB",
		Unit: Bytes, Ratio: bytes / limit, Low: bytes / limit, High: bytes / limit, Rounds: 1, Aim: atMost(1), step: step,
	}
	r.judge()
	return r
}

// Rows makes all rows that there are figures for.
func Rows(d Data, sizes []int, crowds []plan.Crowd) []Row {
	var rows []Row
	add := func(r *Row) {
		if r != nil {
			rows = append(rows, *r)
		}
	}
	all := map[int][]spec{}
	for _, mib := range sizes {
		all[mib] = sizeSpecs(mib)
	}
	// By thing measured and then by size.
	for i := range sizeSpecs(0) {
		for _, mib := range sizes {
			add(all[mib][i].row(d, mib))
		}
	}
	trip := spec{Times, "one-page program there and back", plan.RoundTrip, "trip", "exec", "fork+exec+wait", Nanoseconds, atMost(3)}
	add(trip.row(d, 0))
	for _, mib := range sizes {
		add(imageRow(d, mib))
	}
	for _, r := range crowdRows(d, crowds) {
		add(r)
	}
	peers := peerSpecs(sizes)
	add(peers[0].row(d, 0))
	per := (len(peers) - 1) / max(len(sizes), 1)
	for i := range per {
		for k, mib := range sizes {
			add(peers[1+k*per+i].row(d, mib))
		}
	}
	return rows
}
