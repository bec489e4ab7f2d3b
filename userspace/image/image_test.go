// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func keepAll(*Record) (bool, error) { return true, nil }

// reencode passes an image through Reader and Writer.
func reencode(t testing.TB, img []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Rewrite(&out, bytes.NewReader(img), keepAll); err != nil {
		t.Fatalf("Rewrite: %v", err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for name, recs := range samples {
		t.Run(name, func(t *testing.T) { roundTrip(t, recs()) })
	}
}

func roundTrip(t *testing.T, recs []rec) {
	img := encode(t, recs)
	r := NewReader(iotest.OneByteReader(bytes.NewReader(img)))
	for i, want := range recs {
		got, err := r.Next()
		if err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if err := got.Load(); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if got.Type() != want.t || got.Header.Parent != want.parent {
			t.Errorf("record %d: got %v of %d, want %v of %d", i, got.Type(), got.Header.Parent, want.t, want.parent)
		}
		if diff := cmp.Diff(want.body, got.Body); diff != "" {
			t.Errorf("%v (-want +got):\n%s", want.t, diff)
		}
		if !bytes.Equal(got.Data, want.data) {
			t.Errorf("%v: page data differs", want.t)
		}
		if got.Type() == CR_HDR_PGARR && (got.Off+sizeHeader+int64(got.Header.Len))%pageSize != 0 {
			t.Errorf("page data of the record at %#x isn't aligned", got.Off)
		}
	}
	if got, err := r.Next(); err != nil || got.Type() != CR_HDR_TAIL {
		t.Fatalf("tail: got %v, %v", got, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("after the tail: got %v, want io.EOF", err)
	}
	if got := reencode(t, img); !bytes.Equal(got, img) {
		t.Error("re-encoded image differs")
	}
}

func TestPagesStream(t *testing.T) {
	r := NewReader(bytes.NewReader(sample(t)))
	var addrs []uint64
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := rec.Pages()
		for p != nil {
			addr, b, err := p.Next()
			if err == io.EOF {
				break
			}
			if err != nil || len(b) != pageSize {
				t.Fatalf("got %d bytes, %v", len(b), err)
			}
			addrs = append(addrs, addr)
		}
	}
	want := []uint64{0x10000, 0x12000, 0x13000, 0x7ff00000, 0, 0x2000}
	if diff := cmp.Diff(want, addrs); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestVerify(t *testing.T) {
	img := sample(t)
	s, err := Verify(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete || s.Bytes != int64(len(img)) || s.Pages != 6 || s.Spaces[0].Exe != "/bin/sample" || s.Dirs[0].CWD != "/home/a b" {
		t.Errorf("got %+v", s)
	}
	out := s.Outside()
	if len(out) != 1 || out[0].FD() != 0 || out[0].Path != "character device" {
		t.Errorf("Outside() = %+v", out)
	}
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
}

func TestTrailingData(t *testing.T) {
	img := append(sample(t), 0)
	s, err := Verify(bytes.NewReader(img))
	var fe *FormatError
	if s != nil || !errors.As(err, &fe) || fe.Off != int64(len(img)-1) {
		t.Errorf("Verify: got %v, %v", s, err)
	}
	r := bytes.NewReader(img)
	if _, err := VerifyStream(r); err != nil || r.Len() != 1 {
		t.Errorf("VerifyStream: got %v with %d bytes left, want 1", err, r.Len())
	}
}

func wantShort(t *testing.T, img []byte, n int) {
	t.Helper()
	s, err := VerifyStream(bytes.NewReader(img[:n]))
	var fe *FormatError
	if s != nil || !errors.As(err, &fe) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("cut to %d bytes: got %v, %v, want a FormatError with io.ErrUnexpectedEOF", n, s, err)
	}
}

func TestTruncated(t *testing.T) {
	img := tiny(t)
	for n := range img {
		wantShort(t, img, n)
	}
	for _, recs := range samples {
		img = encode(t, recs())
		for _, off := range edges(t, img) {
			wantShort(t, img, int(off))
			wantShort(t, img, int(off)+sizeHeader)
		}
	}
	for n := len(img) - 3*pageSize; n < len(img); n += 97 {
		wantShort(t, img, n)
	}
}

func TestBitFlips(t *testing.T) {
	img := tiny(t)
	for i := range img {
		for bit := range 8 {
			img[i] ^= 1 << bit
			if s, err := VerifyStream(bytes.NewReader(img)); err == nil || s != nil {
				t.Fatalf("bit %d of byte %#x: got %v, %v, want an error", bit, i, s, err)
			}
			img[i] ^= 1 << bit
		}
	}
	img = sample(t)
	for i := range img {
		img[i] ^= 1 << (i % 8)
		if _, err := VerifyStream(bytes.NewReader(img)); err == nil {
			t.Fatalf("byte %#x: no error", i)
		}
		img[i] ^= 1 << (i % 8)
	}
}

func TestNotAnImage(t *testing.T) {
	for _, in := range []string{"", "hello", strings.Repeat("hello world ", 100), strings.Repeat("\x00", 4096)} {
		s, err := Verify(strings.NewReader(in))
		if s != nil || err == nil {
			t.Errorf("%.12q: got %v, %v", in, s, err)
		}
	}
}

// A size in the input must not be allocated before as many bytes came.
func TestHostileLength(t *testing.T) {
	img := tiny(t)
	binary.LittleEndian.PutUint32(img[4:], CR_HDR_LEN_MAX)
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := Verify(bytes.NewReader(img[:100])); err == nil {
				b.Fatal("no error")
			}
		}
	}).AllocedBytesPerOp()
	if got > 400<<10 {
		t.Errorf("got %d bytes allocated for a header of 100 bytes", got)
	}
}

func TestAborted(t *testing.T) {
	recs := append(sampleRecords()[:9], rec{t: CR_HDR_ERROR, body: &ErrorRec{Err: 28, Text: Text("cr: error -ENOSPC checkpoint: can't write")}})
	_, err := Verify(bytes.NewReader(encode(t, recs)))
	var ae *AbortError
	if !errors.As(err, &ae) || ae.Errno != 28 {
		t.Fatalf("got %v, want an AbortError", err)
	}
	if want := "can't write (ENOSPC)"; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %q, want a suffix %q", err, want)
	}
}

func TestReadError(t *testing.T) {
	img := sample(t)
	boom := errors.New("boom")
	_, err := Verify(io.MultiReader(bytes.NewReader(img[:1000]), iotest.ErrReader(boom)))
	if !errors.Is(err, boom) {
		t.Errorf("got %v, want %v", err, boom)
	}
}

func TestRewritePages(t *testing.T) {
	var out bytes.Buffer
	err := Rewrite(&out, bytes.NewReader(sample(t)), func(r *Record) (bool, error) {
		r.EachPage(func(addr uint64, b []byte) bool {
			if addr == 0x13000 {
				b[5] ^= 0xff
			}
			return addr != 0x10000 && addr != 0x7ff00000
		})
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Verify(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if s.Pages != 4 {
		t.Errorf("got %d pages, want 4", s.Pages)
	}
}

// What a record says can be changed to something false under sound checksums:
// the stream still reads, the Checker finds it and names the field.
func TestCheckerFinds(t *testing.T) {
	tests := []struct {
		name  string
		rec   RecType
		edit  func(b Body)
		field string
		text  string
	}{
		{"no tasks", CR_HDR_HEAD, func(b Body) { b.(*Head).NrTasks = 0 }, "nr_tasks", ""},
		{"flags of the call", CR_HDR_HEAD, func(b Body) { b.(*Head).Flags = 1 << 40 }, "flags", ""},
		{"release", CR_HDR_HEAD, func(b Body) { b.(*Head).Release[20] = 1 }, "release", ""},
		{"xfeatures", CR_HDR_HEAD_ARCH, func(b Body) { b.(*HeadX86).Xfeatures = 0 }, "xfeatures", ""},
		{"tree pid", CR_HDR_TREE, func(b Body) { b.(*Tree).Ent[0].PID = 0 }, "pid", ""},
		{"tree parent", CR_HDR_TREE, func(b Body) { b.(*Tree).Ent[0].PPID = 1 }, "ppid", ""},
		{"objref", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Objref += 7 }, "objref", ""},
		{"file type", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Type = 3 }, "type", "have 3"},
		{"file mode", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Mode = modeDir }, "mode", ""},
		{"file flags", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).FFlags = 0o1000 }, "f_flags", ""},
		{"O_PATH", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).FFlags = openPath }, "f_flags", "O_PATH"},
		{"advice", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Advice = 8 }, "advice", "have 0x8"},
		{"descriptor", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).FD = -2 }, "fd", ""},
		{"object of a file", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Obj = 1 }, "obj", "want 0 for a CR_FD_FILE"},
		{"state of a file", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).State = CR_FD_STATE_WRITER }, "state", ""},
		{"file offset", CR_HDR_FD_DATA, func(b Body) { b.(*FDData).Pos = 1 << 63 }, "pos", ""},
		{"relative path", CR_HDR_FNAME, func(b Body) { b.(*String).Data = Text("bin/sh") }, "data", ""},
		{"NUL in a path", CR_HDR_FNAME, func(b Body) { b.(*String).Data = Text("/bin/\x00h") }, "data", "NUL"},
		{"what", CR_HDR_FNAME, func(b Body) { b.(*String).What = CR_STRING_ROOT }, "what", "CR_STRING_ROOT"},
		{"long path", CR_HDR_FNAME, func(b Body) { b.(*String).Data = append(Text("/"), make([]byte, 4095)...) }, "len", ""},
		{"umask", CR_HDR_FS, func(b Body) { b.(*FS).Umask = 0o1000 }, "umask", ""},
		{"SIGKILL handler", CR_HDR_SIGHAND, func(b Body) { b.(*Sighand).Action[8].Handler = 1 }, "handler", "signal 9"},
		{"groups", CR_HDR_CRED, func(b Body) { b.(*Cred).Groups[0] = 100 }, "groups", ""},
		{"capabilities", CR_HDR_CRED, func(b Body) { b.(*Cred).CapEffective = 1 }, "cap_effective", ""},
		{"rlimit", CR_HDR_RLIMITS, func(b Body) { b.(*RLimits).Lim[3].Cur = 1 }, "cur", ""},
		{"itimer", CR_HDR_ITIMERS, func(b Body) { b.(*ITimers).Timer[0].ValueNS = 1 << 63 }, "value_ns", ""},
		{"next timer", CR_HDR_POSIX_TIMERS, func(b Body) { b.(*PosixTimers).NextID = 1 << 31 }, "next_id", ""},
		{"no timer", CR_HDR_POSIX_TIMERS, func(b Body) { *b.(*PosixTimers) = PosixTimers{} }, "next_id", ""},
		{"timer twice", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.ID = 0 }), "id", "want > 0"},
		{"timer clock", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.ClockID = 8 }), "clockid", ""},
		{"timer clock of a file", CR_HDR_POSIX_TIMERS, timer(2, func(t *PosixTimer) { t.ClockID = -29 }), "clockid", ""},
		{"timer clock's task", CR_HDR_POSIX_TIMERS, timer(2, func(t *PosixTimer) { t.ClockPID = 41 }), "clock_pid", ""},
		{"timer clock's number", CR_HDR_POSIX_TIMERS, timer(2, func(t *PosixTimer) { t.ClockID = ^41<<3 | 2 }), "clock_pid", ""},
		{"timer without CPU clock", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.ClockPID = 42 }), "clock_pid", ""},
		{"timer notification", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Notify = 5 }), "notify", ""},
		{"timer thread", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Tid = 9 }), "tid", ""},
		{"timer no thread", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.Tid = 42 }), "tid", ""},
		{"timer signal", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Signo = 65 }), "signo", ""},
		{"timer flags", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Flags |= 8 }), "flags", "have 11"},
		{"timer of nobody", CR_HDR_POSIX_TIMERS, timer(2, func(t *PosixTimer) { t.Flags = 1 }), "flags", "SIGEV_NONE"},
		{"timer time of day", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.Flags |= 2 }), "flags", "time of day"},
		{"timer armed twice", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Requeue = 3 }), "requeue", ""},
		{"timer count", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.SigRequeue = 2 }), "sig_requeue", ""},
		{"timer count of none", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.SigRequeue = 1 }), "sig_requeue", ""},
		{"timer signal overruns", CR_HDR_POSIX_TIMERS, timer(1, func(t *PosixTimer) { t.SigOverrun = -1 }), "sig_overrun", ""},
		{"timer period", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.IntervalNS = 1 << 63 }), "interval_ns", ""},
		{"timer rest", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.RemainingNS = 1 << 63 }), "remaining_ns", ""},
		{"timer no rest", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.RemainingNS = 0 }), "remaining_ns", ""},
		{"timer overruns", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.Overrun = -2 }), "overrun", ""},
		{"timer last overruns", CR_HDR_POSIX_TIMERS, timer(0, func(t *PosixTimer) { t.OverrunLast = 1 << 62 }), "overrun_last", ""},
		{"policy", CR_HDR_SCHED, sched(func(b *Sched) { b.Policy = 4 }), "policy", "have 4"},
		{"priority", CR_HDR_SCHED, sched(func(b *Sched) { b.Priority = 100 }), "priority", ""},
		{"no priority", CR_HDR_SCHED, sched(func(b *Sched) { b.Priority = 0 }), "priority", ""},
		{"scheduling flags", CR_HDR_SCHED, sched(func(b *Sched) { b.Flags |= 0x20 }), "flags", ""},
		{"reclaim", CR_HDR_SCHED, sched(func(b *Sched) { b.Flags |= CR_SCHED_F_RECLAIM }), "flags", "SCHED_DEADLINE"},
		{"slice", CR_HDR_SCHED, sched(func(b *Sched) { b.Policy, b.Priority, b.Runtime = schedBatch, 0, 1 }), "runtime", ""},
		{"slice of SCHED_RR", CR_HDR_SCHED, sched(func(b *Sched) { b.Runtime = sliceMin }), "runtime", ""},
		{"deadline of SCHED_RR", CR_HDR_SCHED, sched(func(b *Sched) { b.Deadline = 1 }), "deadline", ""},
		{"period of SCHED_RR", CR_HDR_SCHED, sched(func(b *Sched) { b.Period = 1 }), "period", ""},
		{"runtime", CR_HDR_SCHED, sched(deadline(3, 2, 4)), "runtime", ""},
		{"deadline", CR_HDR_SCHED, sched(deadline(1, 3, 2)), "deadline", ""},
		{"period", CR_HDR_SCHED, sched(deadline(1, 2, 1<<63)), "period", ""},
		{"clamp", CR_HDR_SCHED, sched(func(b *Sched) { b.UtilMin = 1025 }), "util_min", ""},
		{"clamp that wasn't asked for", CR_HDR_SCHED, sched(func(b *Sched) { b.UtilMax = 1 }), "util_max", ""},
		{"clamps", CR_HDR_SCHED, sched(func(b *Sched) { b.Flags |= CR_SCHED_F_UTIL_MAX }), "util_min", "want <= 0"},
		{"ioprio class", CR_HDR_SCHED, sched(func(b *Sched) { b.Ioprio = 4 << ioprioShift }), "ioprio", ""},
		{"ioprio level", CR_HDR_SCHED, sched(func(b *Sched) { b.Ioprio = 1 }), "ioprio", ""},
		{"CPUs", CR_HDR_SCHED, sched(func(b *Sched) { b.CPUs = []uint64{1, 0} }), "cpus", ""},
		{"too many CPUs", CR_HDR_SCHED, sched(func(b *Sched) { b.CPUs = make([]uint64, cpuWordsMax+1) }), "nr_words", ""},
		{"exe", CR_HDR_MM, func(b Body) { b.(*MM).Exe = refFS }, "exe", "CR_HDR_FD_DATA"},
		{"brk", CR_HDR_MM, func(b Body) { b.(*MM).Brk = 0 }, "brk", ""},
		{"too many VMAs", CR_HDR_MM, func(b Body) { b.(*MM).NrVMAs-- }, "nr_vmas", "more"},
		{"too few VMAs", CR_HDR_MM, func(b Body) { b.(*MM).NrVMAs++ }, "nr_vmas", "fewer"},
		{"auxv", CR_HDR_AUXV, func(b Body) { b.(*Auxv).Val = b.(*Auxv).Val[:3] }, "nr", ""},
		{"pkeys", CR_HDR_MM_CONTEXT, func(b Body) { b.(*MMContextX86).PkeyMap = 1 << 16 }, "pkey_map", ""},
		{"vma end", CR_HDR_VMA, func(b Body) { b.(*VMA).End = b.(*VMA).Start - pageSize }, "end", "want > 0x10000"},
		{"vma alignment", CR_HDR_VMA, func(b Body) { b.(*VMA).Start++ }, "start", "multiple"},
		{"vma overlap", CR_HDR_VMA, func(b Body) { b.(*VMA).End += 0x1000 }, "start", "want >= 0x13000"},
		{"vma beyond", CR_HDR_VMA, func(b Body) { b.(*VMA).End = 1 << 60 }, "end", ""},
		{"vma flags", CR_HDR_VMA, func(b Body) { b.(*VMA).Flags |= 1 << 30 }, "flags", "0x40000000"},
		{"vma type", CR_HDR_VMA, func(b Body) { b.(*VMA).Type = 0 }, "type", "have 0"},
		{"vma offset", CR_HDR_VMA, func(b Body) { b.(*VMA).Pgoff = 1 << 52 }, "pgoff", ""},
		{"vma file", CR_HDR_VMA, func(b Body) { b.(*VMA).File = 99 }, "file", ""},
		{"vma of a pipe", CR_HDR_VMA, func(b Body) { b.(*VMA).File = refReader }, "file", "not a CR_FD_PIPE"},
		{"vma sealed", CR_HDR_VMA, func(b Body) { b.(*VMA).Flags = CR_VMA_F_SEALED }, "flags", "CR_VMA_F_SEALED"},
		{"vma shared", CR_HDR_VMA, func(b Body) { b.(*VMA).Flags |= CR_VMA_F_MAYSHARE }, "flags", ""},
		{"vma name", CR_HDR_VMA, func(b Body) { b.(*VMA).Flags |= CR_VMA_F_NAMED }, "flags", ""},
		{"pkey", CR_HDR_VMA, func(b Body) { b.(*VMA).Pkey = 16 }, "pkey", ""},
		{"nfds", CR_HDR_FILES, func(b Body) { b.(*Files).NFDs++ }, "nfds", "fewer"},
		{"descriptor order", CR_HDR_FD_ENT, func(b Body) { b.(*FDEnt).FD = 9 }, "fd", "want > 9"},
		{"descriptor's file", CR_HDR_FD_ENT, func(b Body) { b.(*FDEnt).Objref = refMM }, "objref", ""},
		{"lock", CR_HDR_FLOCK, func(b Body) { b.(*Flock).End = -1 }, "end", ""},
		{"task pid", CR_HDR_TASK, func(b Body) { b.(*Task).PID = 43 }, "pid", ""},
		{"task flags", CR_HDR_TASK, func(b Body) { b.(*Task).Flags = 1 << 20 }, "flags", "0x10"},
		{"task mm", CR_HDR_TASK, func(b Body) { b.(*Task).MM = 0 }, "mm", ""},
		{"nice", CR_HDR_TASK, func(b Body) { b.(*Task).Nice = 20 }, "nice", "have 20, want -20 to 19"},
		{"comm", CR_HDR_TASK, func(b Body) { b.(*Task).Comm[15] = 'x' }, "comm", ""},
		{"blocked", CR_HDR_SIGMASK, func(b Body) { b.(*Sigmask).Blocked = 1 << 8 }, "blocked", ""},
		{"signo", CR_HDR_SIGINFO, func(b Body) { b.(*Siginfo).Signo = 65 }, "signo", ""},
		{"siginfo", CR_HDR_SIGINFO, func(b Body) { b.(*Siginfo).Info[0] = 3 }, "info", ""},
		{"restart kind", CR_HDR_RESTART_BLOCK, func(b Body) { b.(*RestartBlock).Kind = 9 }, "kind", ""},
		{"registers", CR_HDR_CPU, func(b Body) { b.(*CPU).Data = b.(*CPU).Data[:208] }, "size", ""},
		{"xstate offset", CR_HDR_XSTATE, func(b Body) { b.(*XState).Comp[0].Size = 4096 }, "offset", ""},
		{"xstate feature", CR_HDR_XSTATE, func(b Body) { b.(*XState).Xfeatures = 0x207 }, "xfeatures", ""},
		{"page outside", CR_HDR_PGARR, func(b Body) { b.(*PgArr).Run[0].Addr = 0x9000 }, "addr", ""},
		{"page twice", CR_HDR_PGARR, func(b Body) { b.(*PgArr).Run[1].Addr = 0x10000 }, "addr", "want >= 0x11000"},
		{"page not aligned", CR_HDR_PGARR, func(b Body) { b.(*PgArr).Run[0].Addr++ }, "addr", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantBad(t, first(tt.rec), func(r *rec) { tt.edit(r.body) }, tt.field, tt.text)
		})
	}
}

// first finds a record of a type.
func first(rt RecType) func(r rec) bool { return func(r rec) bool { return r.t == rt } }

func sched(edit func(*Sched)) func(Body) {
	return func(b Body) { edit(b.(*Sched)) }
}

func deadline(runtime, deadline, period uint64) func(*Sched) {
	return func(b *Sched) {
		b.Policy, b.Priority = schedDeadline, 0
		b.Runtime, b.Deadline, b.Period = runtime, deadline, period
	}
}

// timer edits one of several timers.
func timer(i int, edit func(*PosixTimer)) func(Body) {
	return func(b Body) { edit(&b.(*PosixTimers).Timer[i]) }
}

// The signal of a timer comes once, where the timer says so.
func TestTimerSignals(t *testing.T) {
	signal := func(r rec) bool {
		b, ok := r.body.(*Siginfo)
		return ok && b.Flags&CR_SIGINFO_F_TIMER != 0
	}
	for name, edit := range map[string]func(*Siginfo){
		"another timer":   func(b *Siginfo) { b.Info[16] = 0 },
		"no timer":        func(b *Siginfo) { b.Info[16] = 9 },
		"another code":    func(b *Siginfo) { b.Info[8] = 0xff },
		"another value":   func(b *Siginfo) { b.Info[24]++ },
		"another signal":  func(b *Siginfo) { b.Signo, b.Info[0] = 35, 35 },
		"overruns":        func(b *Siginfo) { b.Info[20] = 1 },
		"a private count": func(b *Siginfo) { b.Info[32] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			wantBad(t, signal, func(r *rec) { edit(r.body.(*Siginfo)) }, "info", "")
		})
	}
	t.Run("of a thread", func(t *testing.T) {
		wantBad(t, signal, func(r *rec) { r.body.(*Siginfo).Flags = CR_SIGINFO_F_TIMER }, "flags", "task 0")
	})
	t.Run("missing", func(t *testing.T) {
		wantBad(t, signal, func(r *rec) { r.body.(*Siginfo).Flags = CR_SIGINFO_F_SHARED }, "type", "missing")
	})
	t.Run("twice", func(t *testing.T) {
		recs := sampleRecords()
		i := slices.IndexFunc(recs, signal)
		_, err := Verify(bytes.NewReader(encode(t, slices.Insert(recs, i, recs[i]))))
		if err == nil || !strings.Contains(err.Error(), "once") {
			t.Errorf("got %v, want an error", err)
		}
	})
}

// wantBad changes the first record of the sample that is wanted: the error
// names the field, and no place before the record.
func wantBad(t *testing.T, want func(rec) bool, edit func(*rec), field, text string) {
	t.Helper()
	recs := sampleRecords()
	i := slices.IndexFunc(recs, want)
	if i < 0 {
		t.Fatal("no such record in the sample")
	}
	edit(&recs[i])
	img := encode(t, recs)
	s, err := Verify(bytes.NewReader(img))
	var fe *FormatError
	if s != nil || !errors.As(err, &fe) {
		t.Fatalf("got %v, %v, want a FormatError", s, err)
	}
	if off := offsetOf(img, i); fe.Field != field || fe.Off < off {
		t.Errorf("got %v (field %q), want field %q at or after %#x", err, fe.Field, field, off)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("got %q, want %q in it", err, text)
	}
}

// offsetOf finds the n-th record by lengths and numbers of pages alone.
func offsetOf(img []byte, n int) int64 {
	off := int64(0)
	for range n {
		h := img[off:]
		off += sizeHeader + int64(binary.LittleEndian.Uint32(h[4:]))
		if RecType(binary.LittleEndian.Uint32(h)) == CR_HDR_PGARR {
			off += int64(binary.LittleEndian.Uint32(h[sizeHeader:])) * pageSize
		}
	}
	return off
}

// Each record left out, doubled or exchanged with the next is noticed.
func TestOrder(t *testing.T) {
	for name, recs := range samples {
		for i := range recs() {
			orderAt(t, name, recs, i)
		}
	}
}

// optional is what there is any number of times, or not at all.
var optional = map[string][]RecType{
	"left out": {CR_HDR_SCHED, CR_HDR_FLOCK, CR_HDR_EPOLL, CR_HDR_SIGINFO, CR_HDR_RESTART_BLOCK, CR_HDR_PGARR, CR_HDR_PGSHARE},
	"doubled":  {CR_HDR_FLOCK, CR_HDR_SIGINFO},
}

func orderAt(t *testing.T, sample string, recs func() []rec, i int) {
	t.Helper()
	variants := map[string]func(r []rec) []rec{
		"left out": func(r []rec) []rec { return append(r[:i:i], r[i+1:]...) },
		"doubled":  func(r []rec) []rec { return append(append(r[:i+1:i+1], r[i]), r[i+1:]...) },
	}
	if i+1 < len(recs()) {
		variants["exchanged"] = func(r []rec) []rec { r[i], r[i+1] = r[i+1], r[i]; return r }
	}
	for name, f := range variants {
		rt := recs()[i].t
		if slices.Contains(optional[name], rt) {
			continue
		}
		if s, err := Verify(bytes.NewReader(encode(t, f(recs())))); err == nil || s != nil {
			t.Errorf("%s: %v at %d %s: got %v, %v, want an error", sample, rt, i, name, s, err)
		}
	}
}

func TestParents(t *testing.T) {
	for name, sample := range samples {
		for i := range sample() {
			recs := sample()
			recs[i].parent++
			if _, err := Verify(bytes.NewReader(encode(t, recs))); err == nil {
				t.Errorf("%s: %v at %d: another parent: no error", name, recs[i].t, i)
			}
		}
	}
}

// Payloads that no typed body can say.
func TestRawPayloads(t *testing.T) {
	tests := []struct {
		name string
		rec  RecType
		edit func(p []byte) []byte
		want string
	}{
		{"reserved", CR_HDR_SIGHAND, func(p []byte) []byte { p[4] = 1; return p }, "__reserved"},
		{"short", CR_HDR_TASK, func(p []byte) []byte { return p[:len(p)-8] }, "len"},
		{"long", CR_HDR_TASK, func(p []byte) []byte { return append(p, make([]byte, 8)...) }, "len"},
		{"not a multiple of 8", CR_HDR_TASK, func(p []byte) []byte { return p[:len(p)-4] }, "len"},
		{"empty", CR_HDR_TASK, func([]byte) []byte { return nil }, "len"},
		{"string count", CR_HDR_FNAME, func(p []byte) []byte { p[0] = 0xff; return p }, "len"},
		{"string padding", CR_HDR_FNAME, func(p []byte) []byte { p[len(p)-1] = 1; return p }, "padding"},
		{"more padding", CR_HDR_FNAME, func(p []byte) []byte { return append(p, make([]byte, 8)...) }, "len"},
		{"group count", CR_HDR_CRED, func(p []byte) []byte { p[87] = 0xff; return p }, "nr_groups"},
		{"task count", CR_HDR_TREE, func(p []byte) []byte { p[3] = 0x80; return p }, "nr_tasks"},
		{"items", CR_HDR_EPOLL, func(p []byte) []byte { p[0]++; return p }, "nr_items"},
		{"reserved of an epoll instance", CR_HDR_EPOLL, func(p []byte) []byte { p[4] = 1; return p }, "__reserved"},
		{"reserved of an eventfd", CR_HDR_EVENTFD, func(p []byte) []byte { p[12] = 1; return p }, "__reserved"},
		{"reserved of a file", CR_HDR_FD_DATA, func(p []byte) []byte { p[len(p)-4] = 1; return p }, "__reserved"},
		{"reserved of a pipe", CR_HDR_PIPE, func(p []byte) []byte { p[28] = 1; return p }, "__reserved"},
		{"reserved of a buffer", CR_HDR_PIPE_BUF, func(p []byte) []byte { p[12] = 1; return p }, "__reserved"},
		{"bytes in a pipe", CR_HDR_PIPE_BUF, func(p []byte) []byte { p[0] = 9; return p }, "len"},
		{"padding in a pipe", CR_HDR_PIPE_BUF, func(p []byte) []byte { p[22] = 1; return p }, "padding"},
		{"pipe", CR_HDR_PIPE, func(p []byte) []byte { return p[:16] }, "len"},
		{"shared memory", CR_HDR_SHMEM, func(p []byte) []byte { return append(p, make([]byte, 8)...) }, "len"},
		{"components", CR_HDR_XSTATE, func(p []byte) []byte { p[12] = 65; return p }, "nr_comp"},
		{"runs", CR_HDR_PGARR, func(p []byte) []byte { p[4] = 4; return p }, "nr_runs"},
		{"sum of runs", CR_HDR_PGARR, func(p []byte) []byte { p[24]++; return p }, "nr_pages"},
		{"magic", CR_HDR_HEAD, func(p []byte) []byte { p[0]++; return p }, "magic"},
		{"version", CR_HDR_HEAD, func(p []byte) []byte { p[8]++; return p }, "version"},
		{"arch", CR_HDR_HEAD, func(p []byte) []byte { p[12]++; return p }, "arch"},
		{"page size", CR_HDR_HEAD, func(p []byte) []byte { p[18] = 1; return p }, "page_size"},
		{"feature", CR_HDR_HEAD, func(p []byte) []byte { p[32] = 1; return p }, "required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			hit := false
			err := Rewrite(&out, bytes.NewReader(sample(t)), func(r *Record) (bool, error) {
				if r.Type() == tt.rec && !hit {
					hit = true
					p, err := Payload(r)
					if err != nil {
						return false, err
					}
					raw := Raw(tt.edit(p))
					r.Body = &raw
				}
				return true, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Verify(&out)
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Field != tt.want || fe.Rec != tt.rec {
				t.Errorf("got %v, want field %q of %v", err, tt.want, tt.rec)
			}
		})
	}
}

func TestFormatErrorText(t *testing.T) {
	tests := []struct {
		err  FormatError
		want string
	}{
		{FormatError{Off: 0x1a40, Rec: CR_HDR_VMA, Field: "end", Msg: "bad end", Have: uint64(0x7000), Want: "> 0x8000"},
			"image: bad end (have 0x7000, want > 0x8000) in CR_HDR_VMA at byte 0x1a40"},
		{FormatError{Off: 16, Rec: 77, Msg: "unknown record type", Have: uint32(77)},
			"image: unknown record type (have 77) in 77 at byte 0x10"},
		{FormatError{Msg: "not a checkpoint image", Want: "CR_HDR_HEAD"},
			"image: not a checkpoint image (want CR_HDR_HEAD) at byte 0x0"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{CR_HDR_VMA.String(), "CR_HDR_VMA"},
		{RecType(7).String(), "7"},
		{(CR_VMA_F_READ | CR_VMA_F_EXEC | 1<<40).String(), "CR_VMA_F_READ+CR_VMA_F_EXEC+0x10000000000"},
		{VMAFlags(0).String(), "0"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// Images that a kernel made: they verify, and come out of the Writer as they
// went into the Reader.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.img.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no images in testdata: VMTEST_GOLDEN=1 makes them")
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			img := gunzip(t, p)
			if _, err := Verify(bytes.NewReader(img)); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(reencode(t, img), img) {
				t.Error("re-encoded image differs")
			}
		})
	}
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
