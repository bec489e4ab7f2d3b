// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// jobHelper in the environment makes the test binary a Job with a shell script
// in a process group of its own, as a restored program would have.
const jobHelper = "CR_TEST_JOB_SCRIPT"

func TestMain(m *testing.M) {
	if script := os.Getenv(jobHelper); script != "" {
		os.Exit(runHelper(script))
	}
	os.Exit(m.Run())
}

func runHelper(script string) int {
	j := NewJob()
	defer j.Close()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	st, err := j.Run(cmd.Process.Pid)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if own, fg := unix.Getpgrp(), j.foreground(); own != fg {
		fmt.Fprintf(os.Stderr, "the terminal is group %d's, want %d\n", fg, own)
		return 1
	}
	return st.ExitCode()
}

// openPTY returns both ends of a pseudoterminal.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudoterminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// onTerminal starts a Job as the leader of a session on a terminal and returns
// its process, the terminal, and a function that waits for a line.
func onTerminal(t *testing.T, script string) (*os.Process, *os.File, func(string)) {
	t.Helper()
	master, slave := openPTY(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), jobHelper+"="+script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	out := bufio.NewReader(master)
	return cmd.Process, master, func(want string) {
		t.Helper()
		for {
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatalf("waiting for %q: %v", want, err)
			}
			if strings.Contains(line, want) {
				return
			}
		}
	}
}

func send(t *testing.T, tty *os.File, text string) {
	t.Helper()
	if _, err := tty.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func wantExit(t *testing.T, p *os.Process, want int) {
	t.Helper()
	if st, err := Wait(p.Pid); err != nil || st.ExitCode() != want {
		t.Errorf("got exit %d, %v, want %d", st.ExitCode(), err, want)
	}
}

// The program gets the terminal, although it isn't in our group.
func TestJobLendsTerminal(t *testing.T) {
	p, tty, waitFor := onTerminal(t, `read x; echo "got $x"; exit $x`)
	send(t, tty, "5\n")
	waitFor("got 5")
	wantExit(t, p, 5)
}

// Ctrl-C reaches the program, and only it.
func TestJobInterrupt(t *testing.T) {
	p, tty, waitFor := onTerminal(t, `trap "exit 6" INT; echo ready; while :; do sleep 0.01; done`)
	waitFor("ready")
	send(t, tty, "\x03")
	wantExit(t, p, 6)
}

// Ctrl-Z stops the program and us; SIGCONT to us continues both, and the
// program has the terminal again.
func TestJobStopAndContinue(t *testing.T) {
	p, tty, waitFor := onTerminal(t, `echo ready; read x; exit $x`)
	waitFor("ready")
	send(t, tty, "\x1a")
	c := wait(p.Pid, unix.WUNTRACED)
	if c.err != nil || !c.ws.Stopped() {
		t.Fatalf("got %v, %v, want a stop", c.ws, c.err)
	}
	if err := p.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	send(t, tty, "7\n")
	wantExit(t, p, 7)
}
