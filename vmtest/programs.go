// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import "embed"

// Jobs are the scripts that the real programs run.
//
//go:embed programs
var Jobs embed.FS

// Where a program finds things on its root file system.
const (
	// JobDir holds the scripts.
	JobDir = "/tmp/jobs"
	// WorkDir stands for the program's own directory in arguments.
	WorkDir = "@WORK@"
)

// Program is a real, unmodified program of the root file system, with a long
// and deterministic job. It is checkpointed in the middle of it, killed and
// restarted; what it wrote must be what it writes when nobody interrupts it.
type Program struct {
	// Argv starts it; WorkDir is replaced by a directory that it may write.
	Argv []string
	// Env is added to a bare environment.
	Env []string
	// Stdin names the script to read from, /dev/null by default.
	Stdin string
	// Lines is the number of lines of output after which it is checkpointed.
	Lines int
	// File and Size do the same by a file in its directory: it must be at
	// least that large.
	File string
	Size int64
}

// The locales that programs run under; the first opens a file of glibc's by a
// shared mapping, the second many.
var locales = []struct{ name, lang string }{
	{"c", "C.UTF-8"},
	{"en", "en_US.UTF-8"},
}

// programCases lists the real programs, each under both locales.
func programCases() []Case {
	var cases []Case
	for _, p := range []struct {
		name, doc string
		Program
	}{
		{"busybox", "busybox sh in the middle of a calculation", Program{
			Argv: []string{"/bin/busybox", "sh", JobDir + "/collatz.sh"}, Lines: 12,
		}},
		{"perl", "perl in the middle of a calculation", Program{
			Argv: []string{"/usr/bin/perl", JobDir + "/words.pl"}, Lines: 15,
		}},
		{"python", "python3 in the middle of a calculation", Program{
			Argv: []string{"/usr/bin/python3", JobDir + "/primes.py"}, Lines: 25,
		}},
		{"sqlite", "sqlite3 in the middle of a transaction", Program{
			Argv:  []string{"/usr/bin/sqlite3", "-batch", "-bail", WorkDir + "/ledger.db"},
			Stdin: JobDir + "/ledger.sql", File: "ledger.db", Size: 200 << 10,
		}},
	} {
		for _, l := range locales {
			prog := p.Program
			prog.Env = append([]string{"LANG=" + l.lang, "LC_ALL=" + l.lang}, prog.Env...)
			cases = append(cases, Case{
				Name: "program-" + p.name + "-" + l.name, Area: "programs", Prog: p.Argv[0],
				Doc:     "A real program, " + p.doc + " under " + l.lang + ", goes on.",
				Modes:   []Mode{ModeProgram, ModeProgramStopped},
				Program: &prog, Timeout: 3 * DefaultTimeout,
			})
		}
	}
	// Started from a terminal, as a person does.
	shell := cases[0]
	shell.Name, shell.Doc = "program-busybox-terminal", "A real program on a terminal goes on."
	shell.Stdio = StdioTTY
	shell.Ignore = []string{
		`^stat\.tty_nr$`, // --detach leaves no controlling terminal
	}
	return append(cases, shell)
}
