// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"embed"
	"strings"
)

// Jobs are the scripts that the real programs run.
//
//go:embed programs/*.*
var Jobs embed.FS

// GoJobs are the programs in Go, directories of programs/ and names in the
// guest's directory of workloads: they are built from source, as everything in
// Go is.
var GoJobs = []string{"goworker"}

// Where a program finds things on its root file system.
const (
	// JobDir holds the scripts and the programs in Go.
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
	// Stdin names the file to read from, by default a pipe with nothing in it.
	Stdin string
	// Lines is the number of lines of output after which it is checkpointed.
	Lines int
	// File and Size do the same by a file in its directory: it must be at
	// least that large.
	File string
	Size int64
	// Sorted says that the order of its lines is free.
	Sorted bool
}

// The locales that programs run under; the first opens a file of glibc's by a
// shared mapping, the second many.
var locales = []struct{ name, lang string }{
	{"c", "C.UTF-8"},
	{"en", "en_US.UTF-8"},
}

// programCases lists the real programs: those of one process each under both
// locales, then those of many threads and processes.
func programCases() []Case {
	var cases []Case
	for _, p := range singlePrograms() {
		for _, l := range locales {
			cases = append(cases, p.in(l.name, l.lang))
		}
	}
	// Started from a terminal, as a person does.
	shell := cases[0]
	shell.Name, shell.Doc = "program-busybox-terminal", "A real program on a terminal goes on."
	shell.Stdio = StdioTTY
	shell.Ignore = []string{
		`^stat\.tty_nr$`, // --detach leaves no controlling terminal
	}
	cases = append(cases, shell)
	for _, p := range manyPrograms() {
		cases = append(cases, p.in("", locales[0].lang))
	}
	return cases
}

// namedProgram is a program and what it is called.
type namedProgram struct {
	name, doc string
	Program
}

// in is the case of the program under a locale.
func (p *namedProgram) in(suffix, lang string) Case {
	prog := p.Program
	prog.Env = append([]string{"LANG=" + lang, "LC_ALL=" + lang}, prog.Env...)
	return Case{
		Name: strings.TrimSuffix("program-"+p.name+"-"+suffix, "-"), Area: "programs", Prog: p.Argv[0],
		Doc:     "A real program, " + p.doc + " under " + lang + ", goes on.",
		Modes:   []Mode{ModeProgram, ModeProgramStopped},
		Program: &prog, Timeout: 4 * DefaultTimeout,
	}
}

// singlePrograms are those of one process with one thread.
func singlePrograms() []namedProgram {
	return []namedProgram{
		{name: "busybox", doc: "busybox sh in the middle of a calculation", Program: Program{
			Argv: []string{"/bin/busybox", "sh", JobDir + "/collatz.sh"}, Lines: 6,
		}},
		{name: "perl", doc: "perl in the middle of a calculation", Program: Program{
			Argv: []string{"/usr/bin/perl", JobDir + "/words.pl"}, Lines: 8,
		}},
		{name: "python", doc: "python3 in the middle of a calculation", Program: Program{
			Argv: []string{"/usr/bin/python3", JobDir + "/primes.py"}, Lines: 10,
		}},
		{name: "sqlite", doc: "sqlite3 in the middle of a transaction", Program: Program{
			Argv:  []string{"/usr/bin/sqlite3", "-batch", "-bail", WorkDir + "/ledger.db"},
			Stdin: JobDir + "/ledger.sql", File: "ledger.db", Size: 200 << 10,
		}},
	}
}

// manyPrograms are those of many threads or processes.
func manyPrograms() []namedProgram {
	return []namedProgram{
		{name: "go-workers", doc: "Go with goroutines, timers and a pipe", Program: Program{
			Argv: []string{JobDir + "/goworker"}, Lines: 10,
		}},
		{name: "python-threads", doc: "python3 with threads that work for each other", Program: Program{
			Argv: []string{"/usr/bin/python3", JobDir + "/threads.py"}, Lines: 4,
		}},
		{name: "python-processes", doc: "python3 with processes, pipes and memory that they share", Program: Program{
			Argv: []string{"/usr/bin/python3", JobDir + "/processes.py"}, Lines: 10,
		}},
		{name: "bash-jobs", doc: "bash with background jobs and a pipeline", Program: Program{
			Argv: []string{"/bin/bash", JobDir + "/jobs.sh"}, Stdin: "/dev/null", Lines: 10,
		}},
		{name: "make", doc: "make with four jobs at a time", Program: Program{
			Argv: []string{"/usr/bin/make", "-j4", "-f", JobDir + "/build.mk"}, Lines: 4, Sorted: true,
		}},
		{name: "java", doc: "Java with a pool of threads", Program: Program{
			// Its performance data are in a file that it maps to write to it, which
			// isn't carried.
			Argv: []string{"/usr/bin/java", "-XX:-UsePerfData", "-cp", "/usr/share/java/bsh.jar", "bsh.Interpreter",
				JobDir + "/threads.bsh"}, Lines: 5,
		}},
	}
}
