// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"regexp"
	"strings"
)

// lineWidth is how wide a table may be.
const lineWidth = 80

// simpleTable writes a table in the simple form of reStructuredText. Cells of
// the last column are wrapped to what the others leave, those of the columns
// that narrow names to its widths. The first column must not be empty.
func simpleTable(width int, narrow map[int]int, head []string, rows [][]string) string {
	last := len(head) - 1
	widths := make([]int, len(head))
	used := 0
	for c := range last {
		for _, row := range append([][]string{head}, rows...) {
			widths[c] = max(widths[c], len(row[c]))
		}
		if w := narrow[c]; w > 0 {
			widths[c] = min(widths[c], w)
		}
		used += widths[c] + 2
	}
	var cells [][][]string
	for _, row := range append([][]string{head}, rows...) {
		lines := make([][]string, len(row))
		for c, text := range row {
			w := widths[c]
			if c == last {
				w = width - used
			}
			lines[c] = wrap(text, w)
			widths[c] = max(widths[c], longest(lines[c]))
		}
		cells = append(cells, lines)
	}
	var b strings.Builder
	rule := make([]string, len(head))
	for c, w := range widths {
		rule[c] = strings.Repeat("=", w)
	}
	border := strings.Join(rule, "  ") + "\n"
	b.WriteString(border)
	for i, lines := range cells {
		writeRow(&b, widths, lines)
		if i == 0 {
			b.WriteString(border)
		}
	}
	b.WriteString(border)
	return b.String()
}

func writeRow(b *strings.Builder, widths []int, lines [][]string) {
	height := 1
	for _, l := range lines {
		height = max(height, len(l))
	}
	for i := range height {
		var row strings.Builder
		for c, l := range lines {
			text := ""
			if i < len(l) {
				text = l[i]
			}
			row.WriteString(text + strings.Repeat(" ", widths[c]-len(text)+2))
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
}

// wrap breaks a text into lines, of more than width only where a word is.
// What is between double backquotes is one word.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, w := range reWord.FindAllString(text, -1) {
		if line != "" && len(line)+1+len(w) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(lines, line)
}

var reWord = regexp.MustCompile("(?:``.*?``|\\S)+")

func longest(lines []string) int {
	n := 0
	for _, l := range lines {
		n = max(n, len(l))
	}
	return n
}

var (
	reMember = regexp.MustCompile(`@(\w+)`)
	rePrefix = regexp.MustCompile(`\b[A-Z][A-Z0-9_]*_\*`)
	rePct    = regexp.MustCompile(`%(\w+)`)
)

// markUp turns kernel-doc's marks, and what reStructuredText would take for
// its own, into literals.
func markUp(text string) string {
	text = reMember.ReplaceAllString(text, "``$1``")
	text = rePct.ReplaceAllString(text, "$1")
	return rePrefix.ReplaceAllString(text, "``$0``")
}

// paragraph wraps a text.
func paragraph(text string) string {
	return strings.Join(wrap(text, lineWidth), "\n") + "\n"
}
