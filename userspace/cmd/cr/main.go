// SPDX-License-Identifier: BSD-3-Clause

// Command cr saves running programs with checkpoint(2) and lets them go on
// with restart(2).
package main

import (
	"os"

	"linux-cr/userspace/internal/cli"
)

func main() {
	os.Exit(cli.New().Main(os.Args[1:]))
}
