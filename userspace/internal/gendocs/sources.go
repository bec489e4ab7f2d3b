// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// source is a C file of the kernel.
type source struct{ path, text string }

// sources are the C files of checkpoint/ and of the architectures, unit tests
// left out.
type sources []source

func readSources(tree string) (sources, error) {
	var out sources
	for _, pattern := range []string{"checkpoint/*.c", "arch/*/kernel/checkpoint.c"} {
		paths, err := filepath.Glob(filepath.Join(tree, pattern))
		if err != nil {
			return nil, err
		}
		slices.Sort(paths)
		for _, p := range paths {
			if strings.HasSuffix(p, "_test.c") {
				continue
			}
			b, err := os.ReadFile(p)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(tree, p)
			if err != nil {
				return nil, err
			}
			out = append(out, source{filepath.ToSlash(rel), string(b)})
		}
	}
	return out, nil
}

// addTables adds what the sources have: those of an early patch have less.
func (src sources) addTables(t *tables) {
	if rows := src.elements(t, "cr_writers", reWriter); rows != nil {
		t.add("writers", src.writerTable(rows))
	}
	if rows := src.elements(t, "cr_readers", reReader); rows != nil {
		t.add("readers", src.readerTable(rows))
	}
	if rows := src.elements(t, "cr_checks", reCheck); rows != nil {
		t.add("checks", checkTable(rows))
		t.add("refusals", src.refusalTable())
	}
}

// elements returns the matches of an array's lines, nil where there is no such
// array. A line of another form is an error: a table must not be short of it.
func (src sources) elements(t *tables, name string, re *regexp.Regexp) [][]string {
	body := src.array(name)
	if body == "" {
		return nil
	}
	rows := re.FindAllStringSubmatch(body, -1)
	if lines := strings.Count(body, "\n") + 1; len(rows) != lines {
		t.errs = append(t.errs, fmt.Errorf("%s[]: %d of %d lines are of a known form", name, len(rows), lines))
	}
	return rows
}

// array returns what stands between the braces of an array's initialiser.
func (src sources) array(name string) string {
	re := regexp.MustCompile(`(?s)\b` + name + `\[\] = \{\n(.*?)\n\};`)
	for _, s := range src {
		if m := re.FindStringSubmatch(s.text); m != nil {
			return m[1]
		}
	}
	return ""
}

// function finds a function: the file that defines it and what kernel-doc
// says of it. One without kernel-doc that only calls another stands for that.
func (src sources) function(name string) (callee, file, brief string) {
	def := regexp.MustCompile(`(?ms)^[\w *]+\b` + name + `\([^;{]*\)\n\{\n(.*?)^\}`)
	doc := regexp.MustCompile(`/\*\*\n \* ` + name + ` - (.*)\n`)
	for _, s := range src {
		if !strings.Contains(s.text, name+"(") {
			continue
		}
		m := def.FindStringSubmatch(s.text)
		if m == nil {
			continue
		}
		if d := doc.FindStringSubmatch(s.text); d != nil {
			return name, s.path, d[1]
		}
		if call := reForward.FindStringSubmatch(m[1]); call != nil && call[1] != name {
			return src.function(call[1])
		}
		return name, s.path, ""
	}
	return name, "", ""
}

var reForward = regexp.MustCompile(`^\treturn (\w+)\(ctx[^)]*\);\n$`)

var (
	reWriter = regexp.MustCompile(`(?m)^\t(\w+),$`)
	reReader = regexp.MustCompile(`(?m)^\t\{ CR_HDR_(\w+),\s*(?:(false|true),\s*)?"(\w+)",\s*(\w+) \},$`)
	reCheck  = regexp.MustCompile(`(?m)^\t\{ (\w+),\s*"(.*)" \},$`)
)

func (src sources) writerTable(elements [][]string) string {
	var rows [][]string
	for _, m := range elements {
		name, file, brief := src.function(m[1])
		rows = append(rows, []string{name + "()", file, markUp(brief)})
	}
	return simpleTable(lineWidth+10, nil, []string{"Function", "File", "Meaning"}, rows)
}

// readers says who reads, by what the array has of a record's being late.
// Before there were trees the caller wasn't told from a task.
var readers = map[string]string{"false": "its task", "true": "the caller"}

func (src sources) readerTable(elements [][]string) string {
	head := []string{"Record", "Feature", "Function", "File", "Meaning"}
	by := slices.ContainsFunc(elements, func(m []string) bool { return m[2] != "" })
	if by {
		head = slices.Insert(head, 2, "Reader")
	}
	var rows [][]string
	for _, m := range elements {
		name, file, brief := src.function(m[4])
		row := []string{m[1], m[3], name + "()", strings.TrimPrefix(file, "checkpoint/"), markUp(brief)}
		if by {
			row = slices.Insert(row, 2, readers[m[2]])
		}
		rows = append(rows, row)
	}
	return simpleTable(lineWidth+10, nil, head, rows)
}

func checkTable(elements [][]string) string {
	var rows [][]string
	for _, m := range elements {
		rows = append(rows, []string{m[2], m[1] + "()"})
	}
	return simpleTable(lineWidth, nil, []string{"Message", "Function"}, rows)
}

var (
	reRefuse = regexp.MustCompile(`(?s)\b(?:cr_refuse\(ctx|cr_err\(ctx, -EOPNOTSUPP),\s*"(.*?)"\s*[,)]`)
	reFunc   = regexp.MustCompile(`(?m)^\w[\w *]*\b(\w+)\(`)
)

// refusalTable lists what is refused other than by cr_checks[], with the
// function that does it.
func (src sources) refusalTable() string {
	var rows [][]string
	for _, s := range src {
		funcs := reFunc.FindAllStringSubmatchIndex(s.text, -1)
		for _, m := range reRefuse.FindAllStringSubmatchIndex(s.text, -1) {
			text := s.text[m[2]:m[3]]
			for len(funcs) > 1 && funcs[1][0] < m[0] {
				funcs = funcs[1:]
			}
			if text == "%s" || len(funcs) == 0 {
				continue
			}
			name := s.text[funcs[0][2]:funcs[0][3]]
			file := strings.TrimSuffix(s.path, "/kernel/checkpoint.c")
			rows = append(rows, []string{strings.TrimPrefix(file, "checkpoint/"), name + "()", "``" + text + "``"})
		}
	}
	return simpleTable(lineWidth+10, nil, []string{"File", "Function", "Message"}, rows)
}
