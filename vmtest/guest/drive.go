// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Flags of the two calls, as in linux/checkpoint.h.
const (
	checkpointKill = 0x02
	checkpointStop = 0x04
	checkpointDry  = 0x10

	restartChild   = 0x02
	restartNewPids = 0x04
	restartStopped = 0x08
)

// Where the commands are in the guest.
const (
	crcallPath = "/cr/crcall"
	crPath     = "/cr/cr"
)

// callError is a failed checkpoint or restart.
type callError struct {
	op    string
	errno string
	// log is what the kernel or the command said.
	log string
}

func (e *callError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.op, e.errno, strings.TrimSpace(e.log))
}

// saveArgs says how to checkpoint.
type saveArgs struct {
	pid int
	// image is a path, or file is where the image goes.
	image string
	file  *os.File
	flags uint64
	// plain is the call with three arguments.
	plain bool
	// std and outside are the descriptors to declare, those of 0 to 2 and
	// the others: the cr command finds the former itself.
	std, outside []int
	cr           bool
	// alarm is when the caller gets a signal, 0 for never.
	alarm time.Duration
}

// loadArgs says how to restart.
type loadArgs struct {
	image string
	file  *os.File
	// flags of the call; without restartChild the caller becomes the program.
	flags uint64
	plain bool
	io    *stdio
	// std are those of 0 to 2 that are passed on; noInherit passes on no
	// others.
	std       []int
	noInherit bool
	cr        bool
}

// saved is what a successful checkpoint reports.
type saved struct {
	crid, bytes int64
}

// command runs a short-lived program to its end and returns what it wrote to
// its descriptors 1 and 2, or to those that files give it instead.
func (g *guest) command(ctx context.Context, argv []string, extra ...*os.File) (string, syscall.WaitStatus, error) {
	null, err := os.Open("/dev/null")
	if err != nil {
		return "", 0, err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return "", 0, err
	}
	out := &stream{}
	drained := make(chan struct{})
	go func() { out.drain(r); close(drained) }()
	fds := []uintptr{null.Fd(), w.Fd(), w.Fd()}
	for _, f := range extra {
		fds = append(fds, f.Fd())
	}
	pid, err := g.reaper.start(argv, &syscall.ProcAttr{Env: baseEnv, Files: fds})
	_ = w.Close()
	if err != nil {
		return "", 0, err
	}
	ws, err := g.reaper.wait(ctx, pid)
	if err != nil {
		g.reaper.kill(pid)
		return out.String(), ws, fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	select {
	case <-drained:
	case <-ctx.Done():
	}
	return out.String(), ws, nil
}

var reportLine = regexp.MustCompile(`(?m)^ret=(-?\d+) errno=(\S+) bytes=(\d+) `)

// parseReport reads crcall's report.
func parseReport(op, out, log string) (ret, bytes int64, err error) {
	m := reportLine.FindStringSubmatch(out)
	if m == nil {
		return 0, 0, fmt.Errorf("%s: no report: %q", op, out)
	}
	if ret, err = strconv.ParseInt(m[1], 10, 64); err != nil {
		return 0, 0, err
	}
	if bytes, err = strconv.ParseInt(m[3], 10, 64); err != nil {
		return 0, 0, err
	}
	if ret < 0 {
		return ret, 0, &callError{op: op, errno: m[2], log: log}
	}
	return ret, bytes, nil
}

// readLog returns a log and removes it, so that the next call starts afresh.
func readLog(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	_ = os.Remove(path)
	return string(data)
}

var errnoName = regexp.MustCompile(`\((E[A-Z0-9]+)\)`)

// crError makes an error of what the cr command printed.
func crError(op, out string, ws syscall.WaitStatus) error {
	e := &callError{op: op, errno: describe(ws), log: out}
	if m := errnoName.FindAllStringSubmatch(out, -1); m != nil {
		e.errno = m[len(m)-1][1]
	}
	return e
}

// save checkpoints a process.
func (g *guest) save(ctx context.Context, a *saveArgs) (*saved, error) {
	if a.cr {
		return g.saveCr(ctx, a)
	}
	image := a.image
	var extra []*os.File
	if a.file != nil {
		image, extra = "fd:3", []*os.File{a.file}
	}
	argv := []string{crcallPath, "checkpoint", strconv.Itoa(a.pid), image, fmt.Sprintf("flags=%d", a.flags)}
	log := ""
	if !a.plain {
		log = g.logPath()
		argv = append(argv, "log="+log)
	}
	if a.alarm != 0 {
		argv = append(argv, fmt.Sprintf("alarm=%d", a.alarm.Milliseconds()))
	}
	if list := outsideList(a); list != "" {
		argv = append(argv, "outside="+list)
	}
	out, _, err := g.command(ctx, argv, extra...)
	if err != nil {
		return nil, err
	}
	ret, n, err := parseReport("checkpoint", out, readLog(log))
	if err != nil {
		return nil, err
	}
	return &saved{crid: ret, bytes: n}, nil
}

func outsideList(a *saveArgs) string {
	var list []string
	for _, fd := range slices.Concat(a.std, a.outside) {
		list = append(list, strconv.Itoa(fd))
	}
	return strings.Join(list, ",")
}

func (g *guest) saveCr(ctx context.Context, a *saveArgs) (*saved, error) {
	argv := []string{crPath, "checkpoint", "--pid", strconv.Itoa(a.pid), "-o", a.image}
	if a.flags&checkpointKill != 0 {
		argv = append(argv, "--kill")
	}
	if a.flags&checkpointStop != 0 {
		argv = append(argv, "--stop")
	}
	for _, fd := range a.outside {
		argv = append(argv, "--external", strconv.Itoa(fd))
	}
	out, ws, err := g.command(ctx, argv)
	if err != nil {
		return nil, err
	}
	if ws != 0 {
		return nil, crError("checkpoint", out, ws)
	}
	fi, err := os.Stat(a.image)
	if err != nil {
		return nil, err
	}
	return &saved{crid: 1, bytes: fi.Size()}, nil
}

// load restarts an image and returns the pid of the restored program.
func (g *guest) load(ctx context.Context, a *loadArgs) (int, error) {
	if a.cr {
		return g.loadCr(ctx, a)
	}
	reportR, reportW, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	report := &stream{}
	drained := make(chan struct{})
	go func() { report.drain(reportR); close(drained) }()

	fds, inherit := inheritance(a)
	fds = append(fds, reportW.Fd())
	log := g.logPath()
	argv := []string{crcallPath, "restart", a.image, fmt.Sprintf("flags=%d", a.flags),
		fmt.Sprintf("report=%d", len(fds)-1)}
	if a.file != nil {
		argv[2] = fmt.Sprintf("fd:%d", len(fds))
		fds = append(fds, a.file.Fd())
	}
	if !a.plain {
		argv = append(argv, "log="+log)
		if len(inherit) > 0 {
			argv = append(argv, "inherit="+strings.Join(inherit, ","))
		}
	}
	pid, err := g.reaper.start(argv, &syscall.ProcAttr{Env: baseEnv, Files: fds})
	_ = reportW.Close()
	if err != nil {
		return 0, err
	}
	if a.flags&restartChild == 0 {
		return pid, g.loadedInPlace(ctx, pid, report, drained, log)
	}
	if _, err := g.reaper.wait(ctx, pid); err != nil {
		g.reaper.kill(pid)
		return 0, fmt.Errorf("restart: %w (log: %s)", err, readLog(log))
	}
	// The restored program doesn't have the report's pipe: it ends with the
	// restarter.
	select {
	case <-drained:
	case <-ctx.Done():
		return 0, errors.New("restart: the report's descriptor stayed open in the restored program")
	}
	ret, _, err := parseReport("restart", report.String(), readLog(log))
	return int(ret), err
}

// loadedInPlace waits until the restarter has become the program, which closes
// the report, or has failed.
func (g *guest) loadedInPlace(ctx context.Context, pid int, report *stream, drained chan struct{}, log string) error {
	select {
	case <-drained:
	case <-ctx.Done():
		g.reaper.kill(pid)
		return fmt.Errorf("restart: the restarter neither failed nor became the program (log: %s)", readLog(log))
	}
	if out := report.String(); out != "" {
		g.reaper.kill(pid)
		_, _, err := parseReport("restart", out, readLog(log))
		if err == nil {
			err = fmt.Errorf("restart: returned to the restarter: %s", out)
		}
		return err
	}
	return nil
}

// inheritance lists the restarter's descriptors and the map of the outside
// ones: 0 to 2 are passed on as they are, further ones from 3 up.
func inheritance(a *loadArgs) (fds []uintptr, inherit []string) {
	for i, f := range a.io.child {
		fds = append(fds, f.Fd())
		switch {
		case slices.Contains(a.std, i):
			inherit = append(inherit, fmt.Sprintf("%d=%d", i, i))
		case i >= 3 && !a.noInherit:
			inherit = append(inherit, fmt.Sprintf("%d=%d", a.io.outside[i-3], i))
		}
	}
	return fds, inherit
}

func (g *guest) loadCr(ctx context.Context, a *loadArgs) (int, error) {
	pidfile := g.logPath()
	argv := []string{crPath, "restart", "-i", a.image, "--detach", "--pidfile", pidfile}
	if a.flags&restartNewPids != 0 {
		argv = append(argv, "--new-pids")
	}
	fds, inherit := inheritance(a)
	for _, m := range inherit[len(a.std):] {
		argv = append(argv, "--inherit", m)
	}
	pid, err := g.reaper.start(argv, &syscall.ProcAttr{Env: baseEnv, Files: fds})
	if err != nil {
		return 0, err
	}
	ws, err := g.reaper.wait(ctx, pid)
	if err != nil {
		g.reaper.kill(pid)
		return 0, fmt.Errorf("cr restart: %w: %s", err, &a.io.err)
	}
	if err := a.io.refresh(); err != nil {
		return 0, err
	}
	if ws != 0 {
		// The command is dead, its last words may be still in the pipe.
		_ = until(ctx, "cr's message", func() (bool, error) {
			return a.io.err.String()+a.io.out.String() != "", a.io.refresh()
		})
		return 0, crError("restart", a.io.err.String()+a.io.out.String(), ws)
	}
	text, err := os.ReadFile(pidfile)
	if err != nil {
		return 0, fmt.Errorf("cr restart: %w", err)
	}
	_ = os.Remove(pidfile)
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// logPath makes a name for a log or another short-lived file.
func (g *guest) logPath() string {
	return filepath.Join(workRoot, fmt.Sprintf("log.%d", g.serial.Add(1)))
}

// copyPieces moves all of r to w in pieces of odd sizes.
func copyPieces(w io.Writer, r io.Reader) (int64, error) {
	sizes := []int{1, 7, 4093, 16, 509, 65521, 3}
	buf := make([]byte, 65536)
	var total int64
	for i := 0; ; i++ {
		n, err := r.Read(buf[:sizes[i%len(sizes)]])
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return total, werr
			}
			total += int64(n)
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
