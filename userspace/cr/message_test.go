// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestParseMessage(t *testing.T) {
	tests := []struct {
		line string
		want Message // Raw is filled in
	}{
		{"cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type 'inotify'",
			Message{Level: "error", Errno: 95, Op: "checkpoint", Fields: []Field{{"pid", "42"}, {"fd", "7"}},
				Reason: "unsupported file type 'inotify'"}},
		{"cr: error -95 checkpoint: no memory",
			Message{Level: "error", Errno: 95, Op: "checkpoint", Reason: "no memory"}},
		{"cr: error -EBADMSG restart off=0x1a40 rec=VMA: bad end, have 0x7000, want > 0x8000",
			Message{Level: "error", Errno: 74, Op: "restart", Fields: []Field{{"off", "0x1a40"}, {"rec", "VMA"}},
				Reason: "bad end", Have: "0x7000", Want: "> 0x8000"}},
		{"cr: error -EBADMSG restart: bad type, have 3",
			Message{Level: "error", Errno: 74, Op: "restart", Reason: "bad type", Have: "3"}},
		{"cr: error -EPROTO restart: format, want 3",
			Message{Level: "error", Errno: 71, Op: "restart", Reason: "format", Want: "3"}},
		{`cr: error -ENOENT restart file='/tmp/a b: c\x0a\'d': can't open it: gone`,
			Message{Level: "error", Errno: 2, Op: "restart", Fields: []Field{{"file", "/tmp/a b: c\n'd"}}, Reason: "can't open it: gone"}},
		{`cr: error -ENOENT restart file=/tmp/a\040b\n: can't open it`,
			Message{Level: "error", Errno: 2, Op: "restart", Fields: []Field{{"file", "/tmp/a b\n"}}, Reason: "can't open it"}},
		{"cr: note 0 log: 3 more omitted",
			Message{Level: "note", Op: "log", Reason: "3 more omitted"}},
		{"", Message{}},
		{"something else", Message{}},
		{"cr: error", Message{}},
		{"cr: error -EWHATEVER checkpoint: x", Message{}},
		{"cr: error -EPERM checkpoint pid=: x", Message{}},
		{"cr: error -EPERM checkpoint pid=1", Message{}},
		{"cr: error -EPERM checkpoint file='x: y", Message{}},
		{"cr: fatal -EPERM checkpoint: x", Message{}},
	}
	for _, tt := range tests {
		tt.want.Raw = tt.line
		got := ParseMessage(tt.line + "\n")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.line, diff)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add("cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type 'inotify'")
	f.Add(`cr: error -2 restart file='/tmp/a b\x0a': gone, have 1, want 2`)
	f.Add(`cr: note 0 x k="\`)
	f.Fuzz(func(t *testing.T, line string) {
		m := ParseMessage(line)
		if m.Raw != strings.TrimSuffix(line, "\n") {
			t.Fatalf("got raw %q", m.Raw)
		}
		if m.Parsed() && (m.Op == "" || m.Errno > 4095) {
			t.Fatalf("got %+v", m)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		if !m.Parsed() && m.String() != m.Raw {
			t.Fatalf("got %q, want it verbatim", m.String())
		}
	})
}

// The golden files hold what a user gets to see of each log.
func TestGoldenLogs(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.log")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			f, err := os.Open(p)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			log, err := ParseLog(f)
			if err != nil {
				t.Fatal(err)
			}
			e := &Error{Op: log[0].Op, Errno: log[0].Errno, Log: log}
			js, err := json.MarshalIndent(e, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%v\n---\n%+v\n---\n%s\n", e, e, js)
			golden := strings.TrimSuffix(p, ".log") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestError(t *testing.T) {
	tests := []struct {
		err  *Error
		want string
	}{
		{&Error{Op: "checkpoint", Errno: 1}, "checkpoint: not allowed (EPERM)"},
		{&Error{Op: "checkpoint", Errno: 38}, "checkpoint: this kernel has no checkpoint and restart (ENOSYS)"},
		{&Error{Op: "restart", Errno: 4000}, "restart: failed (errno 4000)"},
		{&Error{Op: "checkpoint", Errno: 16, Log: []Message{ParseMessage("cr: error -EBUSY checkpoint pid=3: is busy")}},
			"checkpoint: pid 3: is busy (EBUSY)"},
		{&Error{Op: "checkpoint", Errno: 5, Log: []Message{{Raw: "odd"}}}, "checkpoint: odd (EIO)"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	var err error = &Error{Op: "restart", Errno: 16}
	if !errors.Is(err, syscall.Errno(16)) || errors.Is(err, ErrNotSupported) {
		t.Errorf("errors.Is(%v, EBUSY) and ErrNotSupported are wrong", err)
	}
	if err := error(&Error{Op: "restart", Errno: 38}); !errors.Is(err, ErrNotSupported) {
		t.Errorf("errors.Is(%v, ErrNotSupported) is false", err)
	}
}
