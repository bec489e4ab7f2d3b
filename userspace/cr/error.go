// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"linux-cr/userspace/internal/linuxerr"
)

// ErrNotSupported is what errors.Is finds in an error when the kernel lacks the
// calls.
var ErrNotSupported = errors.New("this kernel has no checkpoint and restart")

// Error is a call that the kernel refused or that failed.
type Error struct {
	Op    string        // "checkpoint" or "restart"
	Errno syscall.Errno // what the call returned, positive
	Log   []Message     // what the kernel said, in its order
}

// First returns the message of the error itself: the first one of level error,
// or the first of all.
func (e *Error) First() (Message, bool) {
	for _, m := range e.Log {
		if m.Level == "error" {
			return m, true
		}
	}
	if len(e.Log) > 0 {
		return e.Log[0], true
	}
	return Message{}, false
}

// Error returns a line such as
//
//	checkpoint: pid 42: fd 7: unsupported file type 'inotify' (EOPNOTSUPP)
func (e *Error) Error() string {
	text := e.text()
	if m, ok := e.First(); ok {
		text = m.String()
	}
	return fmt.Sprintf("%s: %s (%s)", e.Op, text, linuxerr.Name(int(e.Errno)))
}

// text says what the errno means when there is no message.
func (e *Error) text() string {
	if e.Errno == enosys {
		return ErrNotSupported.Error()
	}
	return linuxerr.Text(int(e.Errno))
}

// Format prints all messages, a line each, for %+v, and Error otherwise.
func (e *Error) Format(s fmt.State, verb rune) {
	switch {
	case verb == 'v' && s.Flag('+'):
		io.WriteString(s, e.Error())
		for _, m := range e.Log {
			io.WriteString(s, "\n\t"+m.Raw)
		}
	case verb == 'q':
		fmt.Fprintf(s, "%q", e.Error())
	default:
		io.WriteString(s, e.Error())
	}
}

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.Errno }

// Is reports ENOSYS as ErrNotSupported.
func (e *Error) Is(target error) bool {
	return target == ErrNotSupported && e.Errno == enosys
}

// MarshalJSON gives the errno as a symbol, and all messages.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Op    string    `json:"op"`
		Errno string    `json:"errno"`
		Text  string    `json:"text"`
		Log   []Message `json:"log"`
	}{e.Op, linuxerr.Name(int(e.Errno)), e.Error(), e.Log})
}

// enosys is Linux's number on every system.
const enosys = syscall.Errno(38)
