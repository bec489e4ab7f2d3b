// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// charted are the rows of a group that belong in a chart, longest bar first.
// /dev/null, which write() doesn't write to, isn't comparable.
func charted(rows []Row, group Group) []*Row {
	var list []*Row
	for i := range rows {
		r := &rows[i]
		if r.Group == group && (group != Rate || r.Aim != nil) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *Row) int {
		switch {
		case a.Ratio > b.Ratio:
			return -1
		case a.Ratio < b.Ratio:
			return 1
		}
		return 0
	})
	return list
}

// scale maps ratios to 0 to 1. That of the peer is logarithmic, from 1 on; the
// others end where bars no longer say anything, at a multiple of the largest aim.
type scale struct {
	log bool
	max float64
}

// farBeyond is that multiple.
const farBeyond = 1.5

func newScale(list []*Row, group Group) scale {
	s := scale{log: group == PeerTimes, max: 1}
	aim := 1.0
	for _, r := range list {
		s.max = math.Max(s.max, r.Ratio)
		if r.Aim != nil {
			aim = math.Max(aim, r.Aim.Value)
		}
	}
	if s.log {
		s.max = math.Pow(10, math.Ceil(math.Log10(math.Max(s.max, 10))))
	} else {
		s.max = math.Min(math.Max(s.max*1.05, aim*1.05), aim*farBeyond)
	}
	return s
}

// beyond reports whether a bar is cut off.
func (s scale) beyond(v float64) bool { return v > s.max }

func (s scale) at(v float64) float64 {
	if s.log {
		if v <= 1 {
			return 0
		}
		return math.Log10(v) / math.Log10(s.max)
	}
	return math.Min(math.Max(v, 0)/s.max, 1)
}

// ticks are the values to mark.
func (s scale) ticks() []float64 {
	var t []float64
	if s.log {
		for v := 1.0; v <= s.max; v *= 10 {
			t = append(t, v)
		}
		return t
	}
	step := 0.25
	for s.max/step > 8 {
		step *= 2
	}
	for v := 0.0; v <= s.max; v += step {
		t = append(t, v)
	}
	return t
}

// textWidth is the length of the longest bar of a text chart.
const textWidth = 40

// TextChart draws bars of the ratios, with "|" where the aim is and ">" where one
// is too long to draw.
func TextChart(rows []Row) string {
	var b strings.Builder
	for _, t := range titles {
		list := charted(rows, t.group)
		if len(list) == 0 {
			continue
		}
		s := newScale(list, t.group)
		note := ""
		if s.log {
			note = " (logarithmic)"
		}
		fmt.Fprintf(&b, "%s%s\n\n", t.title, note)
		width := 0
		for _, r := range list {
			width = max(width, utf8.RuneCountInString(r.Name))
		}
		for _, r := range list {
			bar := []rune(strings.Repeat("#", int(math.Round(s.at(r.Ratio)*textWidth))) + strings.Repeat(" ", textWidth+1))[:textWidth+1]
			if r.Aim != nil {
				bar[int(math.Round(s.at(r.Aim.Value)*textWidth))] = '|'
			}
			if s.beyond(r.Ratio) {
				bar[textWidth] = '>'
			}
			line := fmt.Sprintf("%-*s %8s  %s %6s  %s", width, r.Name, r.size(), string(bar), ratio(r.Ratio), r.verdict())
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Measures of the drawing, in pixels.
const (
	svgWidth   = 1040
	svgLabel   = 330
	svgBarLeft = svgLabel + 10
	svgBarMax  = 460
	svgRow     = 20
	svgBar     = 13
	svgMargin  = 20
)

// Colours: each also has a word beside it.
const (
	colourMet    = "#2a7f62"
	colourMissed = "#c0392b"
	colourNoAim  = "#8e99a4"
	colourPeer   = "#3b6ea5"
	colourAim    = "#1c1c1c"
)

func (r *Row) colour() string {
	switch {
	case r.Group == PeerTimes:
		return colourPeer
	case r.Aim == nil:
		return colourNoAim
	case r.Met:
		return colourMet
	}
	return colourMissed
}

// drawing collects elements from the top down.
type drawing struct {
	b strings.Builder
	y int
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func (d *drawing) text(x, y int, style, text string) {
	fmt.Fprintf(&d.b, "<text x=\"%d\" y=\"%d\" %s>%s</text>\n", x, y, style, escape.Replace(text))
}

func (d *drawing) rect(x, y, w, h int, fill string) {
	fmt.Fprintf(&d.b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x, y, w, h, fill)
}

func (d *drawing) line(x, y1, y2, width int, stroke string) {
	fmt.Fprintf(&d.b, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"%d\"/>\n", x, y1, x, y2, stroke, width)
}

// cut breaks a bar that goes on.
func (d *drawing) cut(x, y int) {
	fmt.Fprintf(&d.b, "<path d=\"M%d %d l4 0 l-6 %d l-4 0 z\" fill=\"#ffffff\"/>\n", x, y, svgBar)
}

func barX(s scale, v float64) int { return svgBarLeft + int(math.Round(s.at(v)*svgBarMax)) }

// panel draws a group.
func (d *drawing) panel(title string, list []*Row, s scale) {
	d.text(svgMargin, d.y+14, `font-size="15" font-weight="bold"`, title)
	d.y += 26
	bottom := d.y + len(list)*svgRow
	for _, t := range s.ticks() {
		x := barX(s, t)
		d.line(x, d.y, bottom, 1, "#dfe3e6")
		d.text(x, bottom+13, `font-size="11" fill="#555" text-anchor="middle"`, fmt.Sprintf("%g", t))
	}
	for _, r := range list {
		d.text(svgLabel, d.y+14, `text-anchor="end"`, r.Name+", "+r.size())
		x := barX(s, r.Ratio)
		d.rect(svgBarLeft, d.y+3, max(x-svgBarLeft, 1), svgBar, r.colour())
		if s.beyond(r.Ratio) {
			d.cut(x-14, d.y+3)
		}
		right := x
		if r.Aim != nil {
			at := barX(s, r.Aim.Value)
			d.line(at, d.y+1, d.y+svgRow-1, 3, colourAim)
			right = max(right, at)
		}
		label := ratio(r.Ratio)
		if r.Aim != nil {
			label += "  " + r.verdict() + " (" + r.Aim.String() + ")"
		}
		d.text(right+8, d.y+14, "", label)
		d.y += svgRow
	}
	d.y = bottom + 36
}

// SVG draws the ratios as bars with the aims as lines across them.
func SVG(rows []Row, subtitle []string) string {
	d := &drawing{y: svgMargin}
	d.text(svgMargin, d.y+16, `font-size="19" font-weight="bold"`, "checkpoint(2) and restart(2): speed")
	d.y += 26
	for _, l := range subtitle {
		d.text(svgMargin, d.y+12, `font-size="12" fill="#555"`, l)
		d.y += 16
	}
	d.y += 6
	x := svgMargin
	for _, k := range []struct{ colour, text string }{
		{colourMet, "aim met"}, {colourMissed, "aim missed"}, {colourNoAim, "no aim"}, {colourAim, "the aim"},
	} {
		w := 13
		if k.colour == colourAim {
			w = 3
		}
		d.rect(x, d.y, w, svgBar, k.colour)
		d.text(x+w+6, d.y+11, `font-size="12"`, k.text)
		x += 110
	}
	d.y += 32
	for _, t := range titles {
		list := charted(rows, t.group)
		if len(list) == 0 {
			continue
		}
		s := newScale(list, t.group)
		title := t.title
		if s.log {
			title += " (logarithmic)"
		}
		d.panel(title, list, s)
	}
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n",
		svgWidth, d.y, svgWidth, d.y, d.b.String())
}
