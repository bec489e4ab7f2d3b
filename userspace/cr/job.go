// SPDX-License-Identifier: BSD-3-Clause

package cr

import "syscall"

// ExitStatus says how a program ended.
type ExitStatus struct {
	Code   int            // of exit(2), 0 to 255, when Signal is 0
	Signal syscall.Signal // that killed it, 0 for none
}

// ExitCode is what a shell calls the status: the code, or 128 and the number
// of the signal.
func (s ExitStatus) ExitCode() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Code
}
