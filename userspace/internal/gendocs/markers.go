// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

const (
	beginMark = ".. generated: "
	endMark   = ".. end of generated: "
)

// update returns the text with its tables as they should be, the names of
// those that weren't, and enters all that it met in seen.
func update(text string, all *tables, seen map[string]bool) (out string, stale []string, err error) {
	var b strings.Builder
	for text != "" {
		i := markAt(text)
		if i < 0 {
			break
		}
		head, rest, _ := strings.Cut(text[i:], "\n")
		name, ok := strings.CutPrefix(head, beginMark)
		if !ok {
			return "", nil, fmt.Errorf("%q without a beginning", head)
		}
		body, after, ok := strings.Cut(rest, endMark+name+"\n")
		if !ok || markAt(body) >= 0 {
			return "", nil, fmt.Errorf("%q without its end", head)
		}
		want, ok := all.text(name)
		switch {
		case !ok:
			return "", nil, fmt.Errorf("there is no table %q", name)
		case seen[name]:
			return "", nil, fmt.Errorf("table %q a second time", name)
		}
		seen[name] = true
		if want = "\n" + want + "\n"; want != body {
			stale = append(stale, name)
		}
		b.WriteString(text[:i] + head + "\n" + want + endMark + name + "\n")
		text = after
	}
	return b.String() + text, stale, nil
}

// markAt finds the next line that is a mark, -1 for none.
func markAt(text string) int {
	best := -1
	for _, m := range []string{beginMark, endMark} {
		i := strings.Index("\n"+text, "\n"+m)
		if i >= 0 && (best < 0 || i < best) {
			best = i
		}
	}
	return best
}
