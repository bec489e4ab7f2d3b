// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"linux-cr/vmtest/bench/plan"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		in   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{5, 1, 3}, 3},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{1000, 1, 2, 3, 2}, 2},
	} {
		if got := median(tt.in); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestRatios(t *testing.T) {
	low, high := ratios(Series{0: 2, 1: 9, 7: 1}, Series{0: 4, 1: 3, 2: 1})
	if low != 0.5 || high != 3 {
		t.Errorf("got %v .. %v, want 0.5 .. 3", low, high)
	}
	if low, high = ratios(Series{0: 1}, Series{1: 1}); low != 0 || high != 0 {
		t.Errorf("no common round: got %v .. %v, want 0 .. 0", low, high)
	}
}

// figures are three rounds of one step after one that warms up.
func figures(step, name string, values ...int64) []plan.Figure {
	list := []plan.Figure{{Step: step, Round: -1, Name: name, Value: 1 << 40}}
	for i, v := range values {
		list = append(list, plan.Figure{Step: step, Round: i, Name: name, Value: v})
	}
	return list
}

func sample() Data {
	var all []plan.Figure
	add := func(step, name string, values ...int64) { all = append(all, figures(step, name, values...)...) }
	add("stop-running/4", "gap", 2_000_000, 1_000_000, 3_000_000)
	add("stop-running/4", "fork", 1_000_000, 2_000_000, 2_000_000)
	add("stop-running/4", "park", 100_000, 100_000, 100_000)
	add("stop-running/4", "stop", 1_500_000, 1_500_000, 1_500_000)
	add("stop-stopped/4", "stop", 4_000_000, 4_000_000, 4_000_000)
	add("stop-stopped/4", "fork", 2_000_000, 2_000_000, 2_000_000)
	add("stop-stopped/4", "park", 50_000, 50_000, 50_000)
	add("write-tmpfs/4", "csum_write", 20_000_000, 20_000_000, 20_000_000)
	add("write-tmpfs/4", "nocsum_write", 10_000_000, 10_000_000, 10_000_000)
	add("write-tmpfs/4", "write", 10_000_000, 10_000_000, 10_000_000)
	add("write-null/4", "csum_write", 7_000_000, 7_000_000, 7_000_000)
	add("write-null/4", "nocsum_write", 2_000_000, 2_000_000, 2_000_000)
	add("write-null/4", "write", 1000, 1000, 1000)
	add("roundtrip", "trip", 2_900_000, 2_900_000, 2_900_000)
	add("roundtrip", "exec", 1_000_000, 1_000_000, 1_000_000)
	add("size/4", "bytes", 5_000_000)
	add("size/4", "nonzero_pages", 1100)
	add("size/4", "image_pages", 1150)
	add("many/1000/0", "create", 1_000_000_000, 1_000_000_000, 1_000_000_000)
	add("many/1000/0", "tasks", 1000, 1000, 1000)
	add("many/1000/0", "stop", 200_000_000, 200_000_000, 200_000_000)
	add("many/1000/0", "restart", 1_500_000_000, 1_500_000_000, 1_500_000_000)
	add("peer/4", "cr_gap", 2_000_000, 2_000_000, 2_000_000)
	add("peer/4", "criu_gap", 140_000_000, 140_000_000, 140_000_000)
	return NewData(all)
}

func find(t *testing.T, rows []Row, group Group, name string) *Row {
	t.Helper()
	for i := range rows {
		if rows[i].Group == group && rows[i].Name == name {
			return &rows[i]
		}
	}
	t.Fatalf("no row %q in group %s", name, group)
	return nil
}

var crowds = []plan.Crowd{{Processes: 1000}, {Threads: 1000}}

func TestRows(t *testing.T) {
	rows := Rows(sample(), []int{4}, crowds)
	for _, tt := range []struct {
		group Group
		name  string
		ratio float64
		aim   string
		met   bool
	}{
		{Times, "stop, target running", 1, "<= 1.20", true},
		{Times, "stop, target stopped", 2, "<= 1.70", false},
		{Rate, "write to tmpfs", 0.5, ">= 0.85", false},
		{Rate, "write to tmpfs, no checksums", 1, ">= 0.90", true},
		{Rate, "write to /dev/null, no checksums", 0.0005, "", false},
		{Times, "one-page program there and back", 2.9, "<= 3.00", true},
		{Times, "image", 5_000_000 / (1100*4096*1.01 + 65536), "<= 1.00", false},
		{Times, "stop", 0.2, "<= 0.25", true},
		{Times, "restart", 1.5, "<= 1.00", false},
		{PeerTimes, "stop, target running", 70, "", false},
	} {
		r := find(t, rows, tt.group, tt.name)
		aim := ""
		if r.Aim != nil {
			aim = r.Aim.String()
		}
		if diff := r.Ratio - tt.ratio; diff > 1e-9 || diff < -1e-9 || aim != tt.aim || r.Met != tt.met {
			t.Errorf("%s: got %v, aim %q, met %v; want %v, %q, %v", tt.name, r.Ratio, aim, r.Met, tt.ratio, tt.aim, tt.met)
		}
	}
	if len(rows) != 11 {
		t.Errorf("got %d rows, want 11: what wasn't measured makes none", len(rows))
	}
	r := find(t, rows, Times, "stop, target running")
	if r.Low != 0.5 || r.High != 2 || r.Rounds != 3 {
		t.Errorf("got %v .. %v in %d rounds, want 0.5 .. 2 in 3", r.Low, r.High, r.Rounds)
	}
}

// The aim of a restart is bound to a size.
func TestAims(t *testing.T) {
	for _, tt := range []struct {
		mib           int
		stop, restart bool
	}{{1, false, false}, {4, true, false}, {256, true, true}} {
		for _, s := range sizeSpecs(tt.mib) {
			switch {
			case s.step == plan.ID(plan.Running, tt.mib) && (s.aim != nil) != tt.stop:
				t.Errorf("%d MiB: %s: aim %v", tt.mib, s.name, s.aim)
			case s.name == "restart" && (s.aim != nil) != tt.restart:
				t.Errorf("%d MiB: %s: aim %v", tt.mib, s.name, s.aim)
			}
		}
	}
}

func TestTable(t *testing.T) {
	got := Table(Rows(sample(), []int{4}, crowds))
	lines := map[string]bool{}
	for _, l := range strings.Split(got, "\n") {
		if l != strings.TrimRight(l, " ") {
			t.Errorf("spaces at the end of %q", l)
		}
		lines[strings.Join(strings.Fields(l), " ")] = true
	}
	for _, want := range []string{
		"process this against ratio rounds aim",
		"stop, target stopped 4 MiB 4.00 ms fork() 2.00 ms 2.00 2.00 .. 2.00 <= 1.70 MISSED",
		"write to /dev/null, no checksums 4 MiB 2.00 ms write() 1 us 0.001 0.001 .. 0.001",
		"CRIU's command as a multiple of cr's, same process",
	} {
		if !lines[want] {
			t.Errorf("the table lacks %q:\n%s", want, got)
		}
	}
}

func TestColumns(t *testing.T) {
	got := columns([][]string{{"", "n"}, {"a", "10"}, {"bcd", "5"}})
	if want := "      n\n---  --\na    10\nbcd   5\n"; got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestValue(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{999, Nanoseconds, "1 us"},
		{1_234_567, Nanoseconds, "1.23 ms"},
		{12_345_678, Nanoseconds, "12.3 ms"},
		{1_234_567_890, Nanoseconds, "1235 ms"},
		{500, Bytes, "500 B"},
		{20 << 10, Bytes, "20.0 KiB"},
		{256 << 20, Bytes, "256.00 MiB"},
	} {
		if got := value(tt.v, tt.unit); got != tt.want {
			t.Errorf("value(%v, %s) = %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestTextChart(t *testing.T) {
	got := TextChart(Rows(sample(), []int{4}, crowds))
	var bars []string
	for _, l := range strings.Split(got, "\n") {
		if strings.Contains(l, "MiB") || strings.Contains(l, "KiB") {
			bars = append(bars, l)
		}
	}
	if len(bars) != 7 {
		t.Fatalf("got %d bars, want 7: all but /dev/null:\n%s", len(bars), got)
	}
	if !strings.HasPrefix(bars[0], "one-page program there and back") {
		t.Errorf("the longest bar isn't the first: %q", bars[0])
	}
	for _, l := range bars[:6] {
		if strings.Count(l, "|") != 1 {
			t.Errorf("no aim in %q", l)
		}
	}
}

func TestChartCutsOff(t *testing.T) {
	rows := []Row{{Group: Times, Name: "far", Ratio: 50, Aim: atMost(1), MiB: 4}, {Group: Times, Name: "near", Ratio: 1.1, Aim: atMost(1), MiB: 4}}
	got := TextChart(rows)
	lines := strings.Split(got, "\n")
	if !strings.Contains(lines[2], ">") || strings.Contains(lines[3], ">") {
		t.Errorf("only the first bar is too long:\n%s", got)
	}
}

func TestSVG(t *testing.T) {
	rows := Rows(sample(), []int{4}, crowds)
	rows[0].Name = `a <name> & "another"`
	got := SVG(rows, []string{"a line", "another <line>"})
	dec := xml.NewDecoder(strings.NewReader(got))
	count := map[string]int{}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, got)
		}
		if el, ok := tok.(xml.StartElement); ok {
			count[el.Name.Local]++
		}
	}
	// The background, four keys and a bar for each of nine rows.
	if count["svg"] != 1 || count["rect"] != 1+4+9 {
		t.Errorf("got %d svg and %d rect, want 1 and 14", count["svg"], count["rect"])
	}
	for _, colour := range []string{colourMet, colourMissed, colourPeer} {
		if strings.Count(got, colour) == 0 {
			t.Errorf("no bar of colour %s", colour)
		}
	}
}

func TestNotes(t *testing.T) {
	d := sample()
	notes := Notes(d, Rows(d, []int{4}, crowds))
	all := strings.Join(notes, "\n")
	for _, want := range []string{
		"stop, target stopped, 4 MiB: 2.00, aim <= 1.70. Of 4.00 ms, 50 us pass until",
		"Of 20.0 ms, 2.00 ms go into finding pages and looking for zeros, 5.00 ms into checksums (both as with /dev/null) and 13.0 ms into copying",
		"image, 4 MiB: 1.08, aim <= 1.00. Of 4.77 MiB, 4.49 MiB are 1150 pages",
		"restart, 1000 processes: 1.50, aim <= 1.00. That is 1.50 ms for each, 1.00 ms to create it",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the notes lack %q:\n%s", want, all)
		}
	}
	if len(notes) != 4 {
		t.Errorf("got %d notes, want one for each missed aim:\n%s", len(notes), all)
	}
	if got, want := Summary(Rows(d, []int{4}, crowds)), "4 of 8 aims met"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
