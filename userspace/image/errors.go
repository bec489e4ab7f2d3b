// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"fmt"
	"strings"

	"linux-cr/userspace/internal/linuxerr"
)

// FormatError says what is wrong with an image, and where.
type FormatError struct {
	Off   int64   // of the record, in bytes from the start of the stream
	Rec   RecType // type of the record, 0 when that isn't known
	Field string  // C name of the field, if it is one that is wrong
	Msg   string  // what is wrong, such as "bad end"
	Have  any     // the value, nil for none
	Want  string  // what it should be, "" when that can't be said shortly
	Err   error   // io.ErrUnexpectedEOF when the image ends early, else nil
}

// Error returns a line such as
//
//	image: bad end (have 0x7000, want > 0x8000) in CR_HDR_VMA at byte 0x1a40
func (e *FormatError) Error() string {
	var b strings.Builder
	b.WriteString("image: " + e.Msg)
	var parts []string
	if e.Have != nil {
		parts = append(parts, "have "+value(e.Have))
	}
	if e.Want != "" {
		parts = append(parts, "want "+e.Want)
	}
	if parts != nil {
		b.WriteString(" (" + strings.Join(parts, ", ") + ")")
	}
	if e.Rec != 0 {
		b.WriteString(" in " + e.Rec.String())
	}
	fmt.Fprintf(&b, " at byte %#x", e.Off)
	return b.String()
}

// Unwrap returns e.Err.
func (e *FormatError) Unwrap() error { return e.Err }

// value renders a field: 64-bit numbers are addresses and masks, shown in hex.
func value(v any) string {
	switch v := v.(type) {
	case uint64:
		return fmt.Sprintf("%#x", v)
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

// AbortError is the message of a checkpoint that failed while the image was
// being written: the image stops there and explains itself.
type AbortError struct {
	Off   int64  // of the record, in bytes
	Errno int    // Linux error number, positive
	Text  string // the kernel's message
}

// Error returns a line with the kernel's message.
func (e *AbortError) Error() string {
	return fmt.Sprintf("image: the checkpoint failed at byte %#x: %s (%s)", e.Off, e.Text, linuxerr.Name(e.Errno))
}

// fieldError is a FormatError that doesn't know its record yet.
type fieldError struct {
	field string
	msg   string // "bad " + field when empty
	have  any
	want  string
}

func (e *fieldError) at(off int64, rec RecType) error {
	if e == nil {
		return nil
	}
	msg := e.msg
	if msg == "" {
		msg = "bad " + e.field
	}
	return &FormatError{Off: off, Rec: rec, Field: e.field, Msg: msg, Have: e.have, Want: e.want}
}

func bad(field string, have any, want string, args ...any) *fieldError {
	return &fieldError{field: field, have: have, want: fmt.Sprintf(want, args...)}
}

func badLen(have, want int) *fieldError {
	return &fieldError{field: "len", msg: "bad length", have: have, want: fmt.Sprint(want)}
}

func reservedErr(name string) *fieldError {
	if name == "" {
		return nil
	}
	return &fieldError{field: name, msg: "reserved bytes that aren't zero"}
}

func paddingErr() *fieldError {
	return &fieldError{field: "padding", msg: "padding that isn't zero"}
}
