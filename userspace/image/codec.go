// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf8"
)

// Body is the payload of a record: a pointer to one of the structs generated
// from the C header, or Raw.
type Body interface {
	decode(p []byte) *fieldError
	encode() ([]byte, error)
}

// Raw is a payload that is written as it is. Reader never returns one; it lets
// a test write what no typed body can say, under a valid checksum.
type Raw []byte

func (x *Raw) decode(p []byte) *fieldError {
	*x = bytes.Clone(p)
	return nil
}

func (x *Raw) encode() ([]byte, error) { return *x, nil }

// ID is a random name of 16 bytes.
type ID [16]byte

// String returns the bytes in hex.
func (x ID) String() string { return hex.EncodeToString(x[:]) }

// MarshalText gives what String does.
func (x ID) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// UTSName is a string of utsname, padded with zeros.
type UTSName [72]byte

// String returns the bytes before the padding.
func (x UTSName) String() string { return cString(x[:]) }

// MarshalText gives what String does, in UTF-8.
func (x UTSName) MarshalText() ([]byte, error) { return printable([]byte(x.String())), nil }

// Comm is the name of a task, padded with zeros.
type Comm [16]byte

// String returns the bytes before the padding.
func (x Comm) String() string { return cString(x[:]) }

// MarshalText gives what String does, in UTF-8.
func (x Comm) MarshalText() ([]byte, error) { return printable([]byte(x.String())), nil }

// Info is a siginfo_t.
type Info [128]byte

// MarshalText returns the bytes in hex.
func (x Info) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(x[:])), nil }

// Bytes is binary data, shown in hex.
type Bytes []byte

// MarshalText returns the bytes in hex.
func (x Bytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(x)), nil }

// Text is a string as the kernel has it: any bytes but NUL.
type Text []byte

// String returns the bytes.
func (x Text) String() string { return string(x) }

// MarshalText gives the bytes in UTF-8; others become \xNN.
func (x Text) MarshalText() ([]byte, error) { return printable(x), nil }

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// printable escapes what isn't UTF-8.
func printable(b []byte) []byte {
	if utf8.Valid(b) {
		return bytes.Clone(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&out, `\x%02x`, b[0])
		} else {
			out.WriteRune(r)
		}
		b = b[n:]
	}
	return []byte(out.String())
}

// isCString reports whether b holds a string, a NUL and nothing else.
func isCString(b []byte) bool {
	i := bytes.IndexByte(b, 0)
	return i >= 0 && isZero(b[i:])
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func align8(n int) int { return (n + 7) &^ 7 }

// flexCount decodes the fixed part of a payload that ends in an array and
// returns the array's length, which the payload's must agree with.
func flexCount(p []byte, fixed int, get func() (uint32, string), field string, elem int) (int, *fieldError) {
	if len(p) < fixed {
		return 0, badLen(len(p), fixed)
	}
	n, reserved := get()
	if reserved != "" {
		return 0, reservedErr(reserved)
	}
	want := uint64(fixed) + uint64(n)*uint64(elem)
	if (want+7)&^7 != uint64(len(p)) {
		return 0, bad(field, n, "what fits %d bytes of payload", len(p))
	}
	if !isZero(p[want:]) {
		return 0, paddingErr()
	}
	return int(n), nil
}

func (x *PgArr) decode(p []byte) *fieldError {
	if len(p) < sizePgArr {
		return badLen(len(p), sizePgArr)
	}
	x.get(p)
	if x.NrPages == 0 || x.NrPages > CR_PGARR_MAX {
		return bad("nr_pages", x.NrPages, "1 to %d", CR_PGARR_MAX)
	}
	if x.NrRuns == 0 || x.NrRuns > x.NrPages {
		return bad("nr_runs", x.NrRuns, "1 to %d", x.NrPages)
	}
	end := sizePgArr + int(x.NrRuns)*sizePgRun
	if len(p) < end {
		return badLen(len(p), end)
	}
	x.Run = make([]PgRun, x.NrRuns)
	sum := uint64(0)
	for i := range x.Run {
		x.Run[i].get(p[sizePgArr+i*sizePgRun:])
		if c := x.Run[i].Count; c == 0 || c > CR_PGARR_MAX {
			return bad("count", c, "1 to %#x", CR_PGARR_MAX)
		}
		sum += x.Run[i].Count
	}
	if sum != uint64(x.NrPages) {
		return bad("nr_pages", x.NrPages, "%d, the sum of the runs", sum)
	}
	if !isZero(p[end:]) {
		return paddingErr()
	}
	return nil
}

// encode leaves the padding to the writer, which knows where the record is.
func (x *PgArr) encode() ([]byte, error) {
	x.NrRuns = uint32(len(x.Run))
	b := make([]byte, sizePgArr+len(x.Run)*sizePgRun)
	x.put(b)
	for i := range x.Run {
		x.Run[i].put(b[sizePgArr+i*sizePgRun:])
	}
	return b, nil
}

// pages returns the sum of the runs.
func (x *PgArr) pages() uint64 {
	var n uint64
	for _, r := range x.Run {
		n += r.Count
	}
	return n
}

func (x *XState) decode(p []byte) *fieldError {
	if len(p) < sizeXState {
		return badLen(len(p), sizeXState)
	}
	x.get(p)
	if x.NrComp > CR_XCOMP_MAX {
		return bad("nr_comp", x.NrComp, "<= %d", CR_XCOMP_MAX)
	}
	data := sizeXState + int(x.NrComp)*sizeXComp
	if want := uint64(data) + uint64(x.Size); want != uint64(len(p)) {
		return bad("size", x.Size, "what fits %d bytes of payload", len(p))
	}
	x.Comp = make([]XComp, x.NrComp)
	for i := range x.Comp {
		if r := x.Comp[i].get(p[sizeXState+i*sizeXComp:]); r != "" {
			return reservedErr(r)
		}
	}
	x.Data = bytes.Clone(p[data:])
	return nil
}

func (x *XState) encode() ([]byte, error) {
	x.Size, x.NrComp = uint32(len(x.Data)), uint32(len(x.Comp))
	data := sizeXState + len(x.Comp)*sizeXComp
	b := make([]byte, data+len(x.Data))
	x.put(b)
	for i := range x.Comp {
		x.Comp[i].put(b[sizeXState+i*sizeXComp:])
	}
	copy(b[data:], x.Data)
	return b, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// recordSum is the checksum of a record: of its header with the checksum left
// out, and of its payload.
func recordSum(h Header, payload []byte) uint32 {
	var b [sizeHeader]byte
	h.Csum = 0
	h.put(b[:])
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, payload)
}

// Record is one record of an image.
type Record struct {
	Off    int64  // bytes from the start of the stream
	Header Header // as read; Len and Csum are computed anew when written
	Body   Body
	Data   []byte // page data that a PGARR brings, once loaded

	pages *Pages
}

// Type returns the record's type.
func (r *Record) Type() RecType { return r.Header.Type }

// MarshalJSON gives offset, header and body, without page data.
func (r *Record) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Off    int64   `json:"offset"`
		Type   RecType `json:"type"`
		Len    uint32  `json:"len"`
		Parent uint32  `json:"parent"`
		Body   Body    `json:"body"`
	}{r.Off, r.Header.Type, r.Header.Len, r.Header.Parent, r.Body})
}

// Payload returns the payload of a record as it would be written, but for the
// padding of a PGARR.
func Payload(r *Record) ([]byte, error) { return r.Body.encode() }
