// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"linux-cr/vmtest"
)

// stream is what a program has written so far.
type stream struct {
	mu     sync.Mutex
	data   []byte
	cursor int
}

func (s *stream) add(b []byte) {
	s.mu.Lock()
	s.data = append(s.data, b...)
	s.mu.Unlock()
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.data)
}

// line returns the next complete line.
func (s *stream) line() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := string(s.data[s.cursor:])
	text, _, ok := strings.Cut(rest, "\n")
	if ok {
		s.cursor += len(text) + 1
	}
	return strings.TrimSuffix(text, "\r"), ok
}

// drain copies a pipe or terminal to the stream until its end.
func (s *stream) drain(r io.ReadCloser) {
	defer r.Close()
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		s.add(buf[:n])
		if err != nil {
			return
		}
	}
}

// stdio is one set of a program's descriptors 0 to 2 and of its further
// outside descriptors, with the runner's ends of them.
type stdio struct {
	kind vmtest.Stdio
	// child holds the program's ends, 0 to 2 first, then those of outside.
	child []*os.File
	// outside numbers the further descriptors in the program.
	outside []int
	stdin   *os.File
	// peer holds the runner's ends of the further descriptors.
	peer     []*os.File
	out, err stream
	// outPath and errPath are set for files, read up to outAt and errAt.
	outPath, errPath string
	outAt, errAt     int64
}

// newStdio makes the descriptors. Those of files are named in dir and are
// opened for appending, so that a second set goes on where the first ended.
func newStdio(kind vmtest.Stdio, dir string, outside []int) (s *stdio, err error) {
	s = &stdio{kind: kind, outside: outside}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	switch kind {
	case vmtest.StdioPipes:
		err = s.pipes()
	case vmtest.StdioFiles:
		err = s.files(dir)
	case vmtest.StdioTTY:
		err = s.tty()
	default:
		err = fmt.Errorf("unknown kind of stdio %q", kind)
	}
	if err != nil {
		return nil, err
	}
	for range outside {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		s.child = append(s.child, r)
		s.peer = append(s.peer, w)
	}
	return s, nil
}

func (s *stdio) pipes() error {
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	s.child = append(s.child, inR)
	s.stdin = inW
	for _, to := range []*stream{&s.out, &s.err} {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		s.child = append(s.child, w)
		go to.drain(r)
	}
	return nil
}

func (s *stdio) files(dir string) error {
	null, err := os.Open("/dev/null")
	if err != nil {
		return err
	}
	s.child = append(s.child, null)
	s.outPath, s.errPath = filepath.Join(dir, "stdout"), filepath.Join(dir, "stderr")
	for _, f := range []struct {
		path string
		at   *int64
	}{{s.outPath, &s.outAt}, {s.errPath, &s.errAt}} {
		w, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		s.child = append(s.child, w)
		if *f.at, err = w.Seek(0, io.SeekEnd); err != nil {
			return err
		}
	}
	return nil
}

func (s *stdio) tty() error {
	ptm, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	s.stdin = ptm
	fd := int(ptm.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return fmt.Errorf("unlocking a terminal: %w", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return fmt.Errorf("numbering a terminal: %w", err)
	}
	pts, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	s.child = append(s.child, pts, pts, pts)
	dup, err := unix.FcntlInt(ptm.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	go s.out.drain(os.NewFile(uintptr(dup), "ptmx"))
	return nil
}

// started closes the program's ends, which only the program has from now on.
func (s *stdio) started() {
	for _, f := range s.child {
		_ = f.Close()
	}
	s.child = nil
}

func (s *stdio) close() {
	s.started()
	if s.stdin != nil {
		_ = s.stdin.Close()
	}
	for _, f := range s.peer {
		_ = f.Close()
	}
}

// refresh brings in what the program has appended to its files.
func (s *stdio) refresh() error {
	for _, f := range []struct {
		path string
		at   *int64
		to   *stream
	}{{s.outPath, &s.outAt, &s.out}, {s.errPath, &s.errAt, &s.err}} {
		if f.path == "" {
			continue
		}
		file, err := os.Open(f.path)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.NewSectionReader(file, *f.at, 1<<30))
		_ = file.Close()
		if err != nil {
			return err
		}
		*f.at += int64(len(data))
		f.to.add(data)
	}
	return nil
}

// say waits for the program's next line to the runner and splits it into its
// keyword and the rest. It fails when the program ends without one.
func (s *stdio) say(ctx context.Context, dead func() bool) (word, rest string, err error) {
	ended := 0
	err = until(ctx, "a line of the program", func() (bool, error) {
		gone := dead()
		if err := s.refresh(); err != nil {
			return false, err
		}
		for {
			line, ok := s.out.line()
			if !ok {
				break
			}
			if msg, ok := strings.CutPrefix(line, "CR: "); ok {
				word, rest, _ = strings.Cut(msg, " ")
				return true, nil
			}
		}
		// What a dead program wrote may still be on its way.
		if gone {
			if ended++; ended > 20 {
				return false, errDied
			}
		}
		return false, nil
	})
	return word, rest, err
}

var errDied = errors.New("the program ended without a verdict")
