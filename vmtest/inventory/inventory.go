// SPDX-License-Identifier: BSD-3-Clause

package inventory

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"strings"
)

//go:embed inventory.tsv
var table []byte

// Fate is what a checkpoint does with a member.
type Fate string

// The fates of a member.
const (
	Carried Fate = "carried" // it is in the image, and restart sets it
	Refused Fate = "refused" // checkpoint fails by name if it is of importance
	Derived Fate = "derived" // nothing has to be carried
	Dropped Fate = "dropped" // a fault: it is lost in silence
)

// fates holds those that a row may have.
var fates = map[Fate]bool{Carried: true, Refused: true, Derived: true, Dropped: true}

// Row is one line of the list.
type Row struct {
	// Line is its number in the file.
	Line int
	// Struct is a struct, or a set of flags.
	Struct string
	Member string
	Fate   Fate
	// Why names who carries or refuses it, or why nobody has to.
	Why string
	// Tests are the cases of the suite that show it.
	Tests []string
	// Wanted are cases that the suite lacks.
	Wanted []string
	// None is why the suite can't have a case.
	None string
}

// Name is the row's member with its struct.
func (r *Row) Name() string { return r.Struct + "." + r.Member }

// columns of a line.
const columns = 5

// caseName matches the name of a case.
var caseName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Load returns the list.
func Load() ([]Row, error) { return Parse(bytes.NewReader(table)) }

// Parse reads a list: lines of tab-separated columns. Empty lines and those that
// begin with # don't count.
func Parse(r io.Reader) ([]Row, error) {
	var rows []Row
	scan := bufio.NewScanner(r)
	for line := 1; scan.Scan(); line++ {
		text := scan.Text()
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		row, err := parseRow(text)
		if err != nil {
			return nil, fmt.Errorf("inventory: line %d: %w", line, err)
		}
		row.Line = line
		rows = append(rows, row)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	return rows, nil
}

func parseRow(text string) (Row, error) {
	col := strings.Split(text, "\t")
	if len(col) != columns {
		return Row{}, fmt.Errorf("%d columns, want %d: %q", len(col), columns, text)
	}
	for i, c := range col {
		if c == "" || c != strings.TrimSpace(c) {
			return Row{}, fmt.Errorf("column %d is empty or has blanks around it: %q", i+1, text)
		}
	}
	row := Row{Struct: col[0], Member: col[1], Fate: Fate(col[2]), Why: col[3]}
	if !fates[row.Fate] {
		return Row{}, fmt.Errorf("no fate %q", col[2])
	}
	return row, row.parseTests(col[4])
}

// parseTests reads the last column.
func (r *Row) parseTests(cell string) error {
	if cell == "-" {
		return nil
	}
	if reason, ok := strings.CutPrefix(cell, "none:"); ok {
		r.None = strings.TrimSpace(reason)
		if r.None == "" {
			return fmt.Errorf("none: without a reason")
		}
		return nil
	}
	for _, word := range strings.Split(cell, ",") {
		name, isWanted := strings.CutPrefix(word, "wanted:")
		if !caseName.MatchString(name) {
			return fmt.Errorf("bad tests %q", cell)
		}
		if isWanted {
			r.Wanted = append(r.Wanted, name)
		} else {
			r.Tests = append(r.Tests, name)
		}
	}
	return nil
}
