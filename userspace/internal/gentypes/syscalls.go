// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"regexp"
	"strconv"
)

var reSyscall = regexp.MustCompile(`(?m)^\+?(\d+)\s+(?:common|64)\s+(\w+)\s+sys_(\w+)`)

// parseSyscalls finds the numbers of the named calls in a syscall table or in
// a patch that changes one.
func parseSyscalls(src string) map[string]int {
	nr := map[string]int{}
	for _, m := range reSyscall.FindAllStringSubmatch(src, -1) {
		if m[2] == "checkpoint" || m[2] == "restart" {
			nr[m[2]], _ = strconv.Atoi(m[1])
		}
	}
	return nr
}
