// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"linux-cr/vmtest/bench/plan"
	"linux-cr/vmtest/bench/report"
)

// results is the file of raw figures.
type results struct {
	Format  int           `json:"format"`
	When    time.Time     `json:"when"`
	Host    Host          `json:"host"`
	Guest   plan.Facts    `json:"guest"`
	Sizes   []int         `json:"sizes_mib"`
	Rounds  int           `json:"rounds"`
	Peer    string        `json:"peer"`
	Rows    []report.Row  `json:"rows"`
	Notes   []string      `json:"notes"`
	Figures []plan.Figure `json:"figures"`
}

// machine says where the figures come from.
func machine(h *Host, f *plan.Facts) []string {
	return []string{
		fmt.Sprintf("Linux %s, %d CPUs (%s), %d MiB, clock %s", f.Kernel, f.CPUs, f.CPU, f.MemoryMiB, f.ClockSource),
		fmt.Sprintf("%s: QEMU %s %s", h.emulation(), h.QEMU, h.Args),
		fmt.Sprintf("host: %d CPUs, %s; others used %.2f CPUs meanwhile, %.2f were stolen", h.CPUs, h.CPU, h.Others, h.Stolen),
	}
}

// caveats are what a reader has to know before the figures.
func caveats(o *options, h *Host, took time.Duration) []string {
	c := []string{fmt.Sprintf("Medians of %d rounds (%d where it takes milliseconds only), by turns in one guest, in %v;",
		o.rounds, plan.SmallFactor*o.rounds, took.Round(time.Second)),
		"\"rounds\" are the extremes of each round's own ratio."}
	if o.rounds < fewRounds {
		c = append(c, fmt.Sprintf("FEWER THAN %d ROUNDS: this shows that it works, the figures say nothing.", fewRounds))
	}
	if h.busy() {
		c = append(c, "THE HOST WAS BUSY with other things: take these figures for nothing much.")
	}
	return c
}

// footnotes say what the rows are.
func footnotes() []string {
	return []string{
		"stop: the largest gap in the target's clock during the call; of a stopped target, the kernel's own figure.",
		"write: the kernel's time after the target was let go. write() to /dev/null looks at no byte, so there is no aim.",
		"restart: until the call returns; the image is in tmpfs. read(): as many bytes of it, into memory just mapped.",
		"many tasks: the kernel's own stop, the whole of checkpoint() into tmpfs, of restart(); against fork() or pthread_create() of as many.",
		"there and back: checkpoint and kill, wait, restart. image: against the private pages with data by /proc.",
	}
}

// publish prints and saves everything.
func publish(o *options, g *guest, noPeer string) error {
	rows := report.Rows(report.NewData(g.figures), o.sizes, plan.Crowds(o.crowd))
	peerLine := noPeer
	if g.peer != nil {
		peerLine = "CRIU " + g.facts.CRIU + " as Debian ships it, on the same kernel, in the same run"
	}
	r := &results{
		Format: 1, When: time.Now().UTC().Truncate(time.Second), Host: g.host, Guest: g.facts,
		Sizes: o.sizes, Rounds: o.rounds, Peer: peerLine, Rows: rows,
		Notes: report.Notes(report.NewData(g.figures), rows), Figures: g.figures,
	}
	text := page(o, g, r)
	fmt.Print(text)
	svg := report.SVG(rows, append(machine(&g.host, &g.facts), caveats(o, &g.host, g.took)...))
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{
		{filepath.Join(g.out, "table.txt"), []byte(text)},
		{filepath.Join(g.out, "chart.svg"), []byte(svg)},
		{o.json, append(data, '\n')},
	} {
		if err := os.WriteFile(f.path, f.data, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("table: %s  chart: %s  raw figures: %s\n",
		filepath.Join(g.out, "table.txt"), filepath.Join(g.out, "chart.svg"), o.json)
	return complete(g)
}

// page is all that is printed.
func page(o *options, g *guest, r *results) string {
	var b strings.Builder
	para := func(lines []string) {
		if len(lines) > 0 {
			b.WriteString(strings.Join(lines, "\n") + "\n\n")
		}
	}
	para(machine(&r.Host, &r.Guest))
	para(append(caveats(o, &r.Host, g.took), r.Peer))
	b.WriteString(report.Table(r.Rows))
	para(footnotes())
	b.WriteString(report.TextChart(r.Rows))
	if len(r.Notes) > 0 {
		para(append([]string{report.Summary(r.Rows) + ". Where an aim is missed, the time goes there:"}, r.Notes...))
	} else {
		para([]string{report.Summary(r.Rows) + "."})
	}
	return b.String()
}

// complete is an error where a step failed, is missing, or the kernel
// complained.
func complete(g *guest) error {
	var errs []error
	for _, s := range g.plan.Steps {
		if r, ok := g.verdict.Results[s.ID]; ok && !r.OK {
			errs = append(errs, fmt.Errorf("%s: %s\n%s", s.ID, r.Reason, strings.TrimSpace(r.Detail)))
		}
	}
	for _, p := range g.verdict.Problems {
		errs = append(errs, errors.New(p))
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("not everything was measured:\n%w\nthe console is %s", errors.Join(errs...), g.console())
}
