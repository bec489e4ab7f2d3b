// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
)

// splat matches what the kernel prints when it found a fault of its own.
var splat = regexp.MustCompile(`BUG:|WARNING:|KASAN:|UBSAN:|INFO: (task|rcu)|possible recursive|` +
	`suspicious RCU|unreferenced object|Kernel panic|Oops:`)

// Evidence is what is left of a guest that has ended.
type Evidence struct {
	// Expected names the runs that the guest was asked for.
	Expected []string
	// Results is the content of results.jsonl.
	Results []byte
	// Console is all that the guest printed, Dmesg the kernel's own log.
	Console, Dmesg []byte
	// Exit is how QEMU ended, a time-out included; nil for status 0.
	Exit error
}

// Verdict is the outcome of a guest.
type Verdict struct {
	// Results holds the finished runs by name.
	Results map[string]Result
	// Problems says why the guest as a whole is red; a failed run isn't
	// among them.
	Problems []string
	// Failed names the runs that finished and failed.
	Failed []string
}

// Green reports whether nothing at all was wrong.
func (v *Verdict) Green() bool { return len(v.Problems) == 0 && len(v.Failed) == 0 }

func (v *Verdict) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// Judge weighs the evidence. Nothing but a complete and clean guest is green.
func Judge(e *Evidence) *Verdict {
	v := &Verdict{Results: map[string]Result{}}
	done := v.readResults(e.Results)

	expected := map[string]bool{}
	for _, id := range e.Expected {
		if expected[id] {
			v.problem("run %s is expected twice", id)
		}
		expected[id] = true
		if _, ok := v.Results[id]; !ok {
			v.problem("run %s did not finish", id)
		}
	}
	if len(expected) == 0 {
		v.problem("no run was expected")
	}
	for _, id := range sortedKeys(v.Results) {
		if !expected[id] {
			v.problem("run %s was not expected", id)
		}
		if !v.Results[id].OK {
			v.Failed = append(v.Failed, id)
		}
	}
	if !done {
		v.problem("the guest did not say that it was done")
	}
	if e.Exit != nil {
		v.problem("QEMU: %v", e.Exit)
	}
	v.scan("console", e.Console)
	v.scan("kernel log", e.Dmesg)
	return v
}

// readResults fills in the results and reports whether the last line says so.
func (v *Verdict) readResults(data []byte) (done bool) {
	if len(data) > 0 && data[len(data)-1] != '\n' {
		v.problem("results: the last line is cut short")
	}
	for n, line := range bytes.Split(data, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var r Result
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&r); err != nil {
			v.problem("results: line %d: %v", n+1, err)
			continue
		}
		if done {
			v.problem("results: line %d: after the end", n+1)
		}
		if r.Done {
			done = true
			continue
		}
		if _, ok := v.Results[r.ID]; ok {
			v.problem("run %s finished twice", r.ID)
		}
		v.Results[r.ID] = r
	}
	return done
}

// scan looks for the kernel's complaints in a log.
func (v *Verdict) scan(what string, log []byte) {
	s := bufio.NewScanner(bytes.NewReader(log))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if splat.Match(s.Bytes()) {
			v.problem("%s: %s", what, s.Text())
		}
	}
	if err := s.Err(); err != nil {
		v.problem("%s: %v", what, err)
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
