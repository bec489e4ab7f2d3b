// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"regexp"
	"strings"
)

// kunit looks for a suite's totals in the kernel's log, where the tests that ran
// at boot have left them.
func (r *run) kunit() error {
	log, err := kmsg()
	if err != nil {
		return err
	}
	name := regexp.QuoteMeta(r.c.Prog)
	totals := regexp.MustCompile(`;# ` + name + `: pass:[1-9]\d* fail:0 skip:0 total:[1-9]\d*\n`)
	verdict := regexp.MustCompile(`;ok \d+ ` + name + `\n`)
	if verdict.MatchString(log) && totals.MatchString(log) {
		return nil
	}
	for _, line := range strings.Split(log, "\n") {
		if strings.Contains(line, "not ok") || strings.Contains(line, r.c.Prog) {
			fmt.Fprintln(&r.detail, line)
		}
	}
	return fmt.Errorf("suite %s didn't pass, or didn't run", r.c.Prog)
}
