// SPDX-License-Identifier: BSD-3-Clause

//go:build linux && amd64

package cr

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// kernelLog is where the kernel writes its messages during one call. A pipe
// won't do: it can fill up, and a restored program may hold its other end.
type kernelLog struct {
	file  *os.File
	own   bool      // file is ours, to be copied to dst and closed
	start int64     // where this call's messages begin
	dst   io.Writer // nil for none
}

func openLog(dst io.Writer) (*kernelLog, error) {
	if f, ok := dst.(*os.File); ok {
		if start, ok := readable(f); ok {
			return &kernelLog{file: f, start: start}, nil
		}
	}
	f, err := memFile()
	if err != nil {
		return nil, err
	}
	return &kernelLog{file: f, own: true, dst: dst}, nil
}

// readable reports whether f is a regular file whose content can be read back,
// and where the next write goes.
func readable(f *os.File) (int64, bool) {
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return 0, false
	}
	fl, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || fl&unix.O_ACCMODE != unix.O_RDWR {
		return 0, false
	}
	if fl&unix.O_APPEND != 0 {
		return st.Size(), true
	}
	pos, err := f.Seek(0, io.SeekCurrent)
	return pos, err == nil
}

// memFile makes a file without a name: in memory, or where temporary files go
// on a kernel without memfd_create(2).
func memFile() (*os.File, error) {
	if fd, err := unix.MemfdCreate("checkpoint-log", unix.MFD_CLOEXEC); err == nil {
		return os.NewFile(uintptr(fd), "checkpoint-log"), nil
	}
	f, err := os.CreateTemp("", "checkpoint-log-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (l *kernelLog) fd() int32 { return int32(l.file.Fd()) }

// read returns the call's messages and copies them to where they were wanted.
// A log that can't be read or copied doesn't fail the call; it is a message.
func (l *kernelLog) read() []Message {
	text, err := l.text()
	msgs, _ := ParseLog(bytes.NewReader(text))
	if err == nil && l.dst != nil {
		_, err = l.dst.Write(text)
	}
	if err != nil {
		msgs = append(msgs, Message{Raw: "log: " + err.Error()})
	}
	return msgs
}

func (l *kernelLog) text() ([]byte, error) {
	st, err := l.file.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(l.file, l.start, st.Size()-l.start))
}

func (l *kernelLog) close() {
	if l.own {
		l.file.Close()
	}
}
