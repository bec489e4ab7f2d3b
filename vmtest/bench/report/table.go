// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// value writes a time or a size for a person.
func value(v float64, unit string) string {
	if unit == Bytes {
		switch {
		case v >= 1<<20:
			return fmt.Sprintf("%.2f MiB", v/(1<<20))
		case v >= 10<<10:
			return fmt.Sprintf("%.1f KiB", v/(1<<10))
		}
		return fmt.Sprintf("%.0f B", v)
	}
	switch ms := v / 1e6; {
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.0f us", v/1e3)
}

// ratio writes a ratio with three digits or so.
func ratio(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v < 0.095:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// size is a row's process.
func (r *Row) size() string {
	if r.Crowd != "" {
		return r.Crowd
	}
	if r.MiB == 0 {
		return "4 KiB"
	}
	return fmt.Sprintf("%d MiB", r.MiB)
}

// verdict says in a word whether the aim was met.
func (r *Row) verdict() string {
	switch {
	case r.Aim == nil:
		return ""
	case r.Met:
		return "met"
	}
	return "MISSED"
}

// titles of the groups, in their order.
var titles = []struct {
	group Group
	title string
	ours  string
}{
	{Times, "Times and sizes as multiples of what they are measured against: less is better", "this"},
	{Rate, "Rate of writing an image, as a part of write()'s: more is better", "this"},
	{PeerTimes, "CRIU's command as a multiple of cr's, same process", "cr"},
}

// Table writes all rows, a table for each group.
func Table(rows []Row) string {
	var b strings.Builder
	for _, t := range titles {
		cells := [][]string{}
		for i := range rows {
			r := &rows[i]
			if r.Group != t.group {
				continue
			}
			spread, aim := ratio(r.Low)+" .. "+ratio(r.High), ""
			if r.Rounds == 1 {
				spread = ""
			}
			if r.Aim != nil {
				aim = r.Aim.String()
			}
			cells = append(cells, []string{
				r.Name, r.size(), value(r.Ours, r.Unit), r.BaseName, value(r.Base, r.Unit), ratio(r.Ratio), spread, aim, r.verdict(),
			})
		}
		if len(cells) == 0 {
			continue
		}
		head := []string{"", "process", t.ours, "against", "", "ratio", "rounds", "aim", ""}
		fmt.Fprintf(&b, "%s\n\n%s\n", t.title, columns(append([][]string{head}, cells...)))
	}
	return b.String()
}

// leftAligned are the columns with text; the others hold numbers.
var leftAligned = map[int]bool{0: true, 3: true, 7: true, 8: true}

// columns aligns cells; the first row is a head and gets a line.
func columns(cells [][]string) string {
	width := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if leftAligned[i] {
				l.WriteString(c + pad)
			} else {
				l.WriteString(pad + c)
			}
			l.WriteString("  ")
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(cells[0])
	rule := make([]string, len(width))
	for i, w := range width {
		rule[i] = strings.Repeat("-", w)
	}
	line(rule)
	for _, row := range cells[1:] {
		line(row)
	}
	return b.String()
}
