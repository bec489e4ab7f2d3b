// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"linux-cr/userspace/internal/linuxerr"
)

// Message is one line of the kernel's log:
//
//	cr: <level> <errno> <op> key=value ...: reason[, have X, want Y]
//
// A line of another form has only Raw.
type Message struct {
	Level  string        // "error" or "note"
	Errno  syscall.Errno // positive, 0 for none
	Op     string        // "checkpoint" or "restart"
	Fields []Field       // where, in the kernel's order
	Reason string
	Have   string // the value that is wrong, "" for none
	Want   string // what it should be, "" for none
	Raw    string // the line, without its newline
}

// Field is one key=value of a message.
type Field struct {
	Key   string `json:"key"`   // pid, fd, vma, off, rec, file
	Value string `json:"value"` // without quotes and escapes
}

// Get returns the value of a key, "" when it isn't there.
func (m Message) Get(key string) string {
	for _, f := range m.Fields {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Parsed reports whether the line had the kernel's form.
func (m Message) Parsed() bool { return m.Level != "" }

// MarshalJSON gives the errno as a symbol.
func (m Message) MarshalJSON() ([]byte, error) {
	if !m.Parsed() {
		return json.Marshal(map[string]string{"raw": m.Raw})
	}
	out := struct {
		Level  string            `json:"level"`
		Errno  string            `json:"errno,omitempty"`
		Op     string            `json:"op"`
		Fields map[string]string `json:"fields,omitempty"`
		Reason string            `json:"reason"`
		Have   string            `json:"have,omitempty"`
		Want   string            `json:"want,omitempty"`
	}{m.Level, "", m.Op, map[string]string{}, m.Reason, m.Have, m.Want}
	if m.Errno != 0 {
		out.Errno = linuxerr.Name(int(m.Errno))
	}
	for _, f := range m.Fields {
		out.Fields[f.Key] = f.Value
	}
	return json.Marshal(out)
}

// keyNames says what the keys are called in a sentence.
var keyNames = map[string]string{
	"vma":  "mapping",
	"off":  "image offset",
	"file": "file",
}

// Where returns the fields as a sentence has them, such as
// "pid 42: fd 7: ", "" when there are none.
func (m Message) Where() string {
	var b strings.Builder
	for _, f := range m.Fields {
		switch f.Key {
		case "rec":
			b.WriteString(strings.TrimPrefix(f.Value, "CR_HDR_") + " record: ")
			continue
		case "vma":
			if !strings.HasPrefix(f.Value, "0x") {
				f.Value = "0x" + f.Value
			}
		}
		name := keyNames[f.Key]
		if name == "" {
			name = f.Key
		}
		b.WriteString(name + " " + f.Value + ": ")
	}
	return b.String()
}

// String returns the message as a sentence without level, call and errno, or
// the raw line where it isn't known what it says.
func (m Message) String() string {
	if !m.Parsed() {
		return m.Raw
	}
	s := m.Where() + m.Reason
	if m.Have != "" {
		s += ", have " + m.Have
	}
	if m.Want != "" {
		s += ", want " + m.Want
	}
	return s
}

var (
	reLine = regexp.MustCompile(`^cr: (error|note) (\S+) (\w+)`)
	reKey  = regexp.MustCompile(`^ ([a-z_]+)=`)
	// The reason ends where the first ", have " or, lacking that, the first
	// ", want " begins.
	reHave = regexp.MustCompile(`^(.*?), have (.*?)(?:, want (.*))?$`)
	reWant = regexp.MustCompile(`^(.*?), want (.*)$`)
)

// ParseMessage reads one line. Nothing is lost: a line of another form comes
// back in Raw.
func ParseMessage(line string) Message {
	line = strings.TrimSuffix(line, "\n")
	unknown := Message{Raw: line}
	head := reLine.FindStringSubmatch(line)
	if head == nil {
		return unknown
	}
	errno, ok := parseErrno(head[2])
	if !ok {
		return unknown
	}
	m := Message{Level: head[1], Errno: errno, Op: head[3], Raw: line}
	rest := line[len(head[0]):]
	for !strings.HasPrefix(rest, ": ") {
		key := reKey.FindStringSubmatch(rest)
		if key == nil {
			return unknown
		}
		value, n, ok := parseValue(rest[len(key[0]):])
		if !ok {
			return unknown
		}
		m.Fields = append(m.Fields, Field{key[1], value})
		rest = rest[len(key[0])+n:]
	}
	m.Reason = rest[2:]
	if w := reHave.FindStringSubmatch(m.Reason); w != nil {
		m.Reason, m.Have, m.Want = w[1], w[2], w[3]
	} else if w := reWant.FindStringSubmatch(m.Reason); w != nil {
		m.Reason, m.Want = w[1], w[2]
	}
	return m
}

// parseErrno takes -EPERM and -1.
func parseErrno(s string) (syscall.Errno, bool) {
	s = strings.TrimPrefix(s, "-")
	if n, err := strconv.ParseUint(s, 10, 12); err == nil {
		return syscall.Errno(n), true
	}
	n, ok := linuxerr.Number(s)
	return syscall.Errno(n), ok
}

// parseValue reads a value, bare or in quotes, and says how long it was.
func parseValue(s string) (value string, n int, ok bool) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]:
				return unescape(s[1:i]), i + 1, true
			}
		}
		return "", 0, false
	}
	end := len(s)
	if i := strings.IndexByte(s, ' '); i >= 0 {
		end = i
	}
	if i := strings.Index(s, ": "); i >= 0 && i < end {
		end = i
	}
	return unescape(s[:end]), end, end > 0
}

// unescape undoes the kernel's %pE.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, n := unescapeOne(s[i:])
		b.WriteByte(c)
		i += n
	}
	return b.String()
}

var escapes = map[byte]byte{
	'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', 'f': '\f', 'a': '\a', 'b': '\b',
	'e': 0x1b, '\\': '\\', '"': '"', '\'': '\'',
}

// unescapeOne returns the byte that s begins with, and how much of s it takes.
func unescapeOne(s string) (byte, int) {
	if s[0] != '\\' || len(s) < 2 {
		return s[0], 1
	}
	if c, ok := escapes[s[1]]; ok {
		return c, 2
	}
	if s[1] == 'x' && len(s) >= 4 {
		if v, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
			return byte(v), 4
		}
	}
	if len(s) >= 4 {
		if v, err := strconv.ParseUint(s[1:4], 8, 8); err == nil {
			return byte(v), 4
		}
	}
	if s[1] == '0' {
		return 0, 2
	}
	return s[0], 1
}

// ParseLog reads all lines of a log.
func ParseLog(r io.Reader) ([]Message, error) {
	var log []Message
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		if line != "" && line != "\n" {
			log = append(log, ParseMessage(line))
		}
		if err == io.EOF {
			return log, nil
		}
		if err != nil {
			return log, err
		}
	}
}
