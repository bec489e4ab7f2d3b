// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"
	"math"
	"strings"

	"linux-cr/vmtest/bench/plan"
)

// Notes says where the time goes wherever an aim is missed.
func Notes(d Data, rows []Row) []string {
	var notes []string
	for i := range rows {
		r := &rows[i]
		if r.Aim == nil || r.Met {
			continue
		}
		notes = append(notes, fmt.Sprintf("%s, %s: %s, aim %s. %s", r.Name, r.size(), ratio(r.Ratio), r.Aim, where(d, r)))
	}
	return notes
}

func ns(v float64) string { return value(math.Max(v, 0), Nanoseconds) }

// where tells the parts of a row's time or size.
func where(d Data, r *Row) string {
	kind, _, _ := strings.Cut(r.step, "/")
	switch kind {
	case plan.Running:
		return whereRunning(d, r)
	case plan.Stopped:
		park := d.med(r.step, "park")
		return fmt.Sprintf("Of %s, %s pass until it is known to be stopped and %s while its memory is cloned and everything else serialised; its fork() takes %s.",
			ns(r.Ours), ns(park), ns(r.Ours-park), ns(r.Base))
	case plan.Pipe, plan.TmpFS:
		return whereWrite(d, r)
	case plan.Restart:
		csum := d.med(r.step, "csum_restart") - d.med(r.step, "nocsum_restart")
		return fmt.Sprintf("Of %s, %s is checksums of pages, by an image without them; the rest is reading into new pages and mapping them. read() takes %s, of which %s into memory that is there.",
			ns(r.Ours), ns(csum), ns(r.Base), ns(d.med(r.step, "read_present")))
	case plan.RoundTrip:
		return fmt.Sprintf("Checkpoint and kill take %s, until it is reaped %s, restart %s; fork, exec and wait take %s.",
			ns(d.med(r.step, "checkpoint")), ns(d.med(r.step, "reap")), ns(d.med(r.step, "restart")), ns(r.Base))
	case plan.Many:
		tasks := d.med(r.step, "tasks")
		return fmt.Sprintf("That is %s for each, %s to create it.", ns(r.Ours/tasks), ns(r.Base/tasks))
	case plan.Size:
		pages := d.med(r.step, "image_pages")
		return fmt.Sprintf("Of %s, %s are %.0f pages (by /proc there are %.0f with data), the rest is records.",
			value(r.Ours, Bytes), value(pages*pageSize, Bytes), pages, d.med(r.step, "nonzero_pages"))
	}
	return ""
}

func whereRunning(d Data, r *Row) string {
	park, stop := d.med(r.step, "park"), d.med(r.step, "stop")
	return fmt.Sprintf("Of %s that it saw, %s pass until it is parked, %s while its memory is cloned and everything else serialised, and %s until it runs again; its fork() takes %s. Without a checkpoint its largest gap in 30 ms was %s.",
		ns(r.Ours), ns(park), ns(stop-park), ns(r.Ours-stop), ns(r.Base), ns(d.med(r.step, "idle_gap")))
}

// whereWrite takes from /dev/null what it costs to come by the bytes.
func whereWrite(d Data, r *Row) string {
	null := plan.ID(plan.Null, r.MiB)
	walk := d.med(null, "nocsum_write")
	csum := d.med(null, r.figure) - walk
	return fmt.Sprintf("Of %s, %s go into finding pages and looking for zeros, %s into checksums (both as with /dev/null) and %s into copying; write() takes %s.",
		ns(r.Ours), ns(walk), ns(csum), ns(r.Ours-walk-csum), ns(r.Base))
}

// Summary counts the aims.
func Summary(rows []Row) string {
	met, all := 0, 0
	for i := range rows {
		if rows[i].Aim == nil {
			continue
		}
		all++
		if rows[i].Met {
			met++
		}
	}
	return fmt.Sprintf("%d of %d aims met", met, all)
}
