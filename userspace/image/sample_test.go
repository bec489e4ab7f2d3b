// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"testing"
)

// rec is a record of a sample image.
type rec struct {
	t      RecType
	parent uint32
	body   Body
	data   []byte
}

// Objrefs of the sample.
const (
	refExe = iota + 1
	refOut
	refPipe
	refReader
	refWriter
	refFifo
	refFifoEnd
	refShmem
	refShmemFile
	refMemfd
	refMemfdFile
	refEventfd
	refEpoll
	refFS
	refSighand
	refCred
	refMM
	refFiles
)

func uts(s string) (u UTSName) { copy(u[:], s); return u }

// page returns a page that differs from others.
func page(seed byte) []byte {
	b := make([]byte, pageSize)
	for i := range b {
		b[i] = seed + byte(i*7)
	}
	return b
}

func str(what StringKind, s string) *String { return &String{What: what, Data: Text(s)} }

// sampleRecords is an image with every type of record but ERROR and TAIL.
func sampleRecords() []rec {
	head := &Head{Magic: CHECKPOINT_MAGIC_HEAD, Version: CR_VERSION, Arch: CR_ARCH_X86_64,
		PageSize: pageSize, RecordCsum: CR_CSUM_CRC32C, PageCsum: CR_CSUM_XXH64, NrTasks: 1,
		RealNS: 1, MonoNS: 2, BootNS: 3, ImageID: ID{1}, BootID: ID{2},
		Release: uts("6.12.1"), VersionStr: uts("#1 SMP"), Machine: uts("x86_64")}
	task := &Task{PID: 42, MM: refMM, Files: refFiles, FS: refFS, Sighand: refSighand, Cred: refCred,
		ExitSignal: 17, TimerSlackNS: 50000, Rseq: 0x7000_0020, RseqLen: 32}
	copy(task.Comm[:], "sample")
	out := []rec{
		{t: CR_HDR_HEAD, body: head},
		{t: CR_HDR_HEAD_ARCH, body: &HeadX86{Xfeatures: 0x7, VDSOHash: 9, VDSOSize: 2 * pageSize, VVARSize: 4 * pageSize}},
		{t: CR_HDR_TREE, body: &Tree{Ent: []TreeEnt{{PID: 42, TGID: 42, PGID: 42}}}},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refExe, Type: CR_FD_FILE, Mode: modeReg | 0o755, Size: 8192, FD: -1}},
		{t: CR_HDR_FNAME, parent: refExe, body: str(CR_STRING_FILE, "/bin/sample")},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refOut, Type: CR_FD_OUTSIDE, Mode: modeChr | 0o620, FFlags: 2, FD: 0}},
		{t: CR_HDR_FNAME, parent: refOut, body: str(CR_STRING_FILE, "character device")},
	}
	out = append(out, sampleFiles()...)
	out = append(out, []rec{
		{t: CR_HDR_FS, body: &FS{Objref: refFS, Umask: 0o22}},
		{t: CR_HDR_FNAME, parent: refFS, body: str(CR_STRING_CWD, "/home/a b")},
		{t: CR_HDR_FNAME, parent: refFS, body: str(CR_STRING_ROOT, "/")},
		{t: CR_HDR_SIGHAND, body: &Sighand{Objref: refSighand}},
		{t: CR_HDR_CRED, body: &Cred{Objref: refCred, UID: 1000, Groups: []uint32{4, 24, 27}}},
		{t: CR_HDR_RLIMITS, body: &RLimits{}},
		{t: CR_HDR_ITIMERS, body: &ITimers{Timer: [3]ITimer{{ValueNS: 5, IntervalNS: 6}}}},
	}...)
	out = append(out, sampleMM()...)
	out = append(out,
		rec{t: CR_HDR_FILES, body: &Files{Objref: refFiles, NFDs: 8}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refOut, FD: 0}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refExe, FD: 3, Flags: CR_FD_F_CLOEXEC}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refReader, FD: 4}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refWriter, FD: 5}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refFifoEnd, FD: 6}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refMemfdFile, FD: 7}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refEventfd, FD: 8}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles, body: &FDEnt{Objref: refEpoll, FD: 9}},
		rec{t: CR_HDR_FLOCK, parent: refFiles, body: &Flock{File: refExe, Kind: CR_FLOCK_POSIX, Type: 1, End: 10}},
		rec{t: CR_HDR_EPOLL, parent: refEpoll, body: &Epoll{Item: []EpollItem{
			{File: refEventfd, FD: 8, Events: 1, Flags: CR_EPOLL_F_READY, Data: 1 << 40},
			{File: refReader, FD: 4, Events: 1},
		}}},
		rec{t: CR_HDR_TASK, body: task},
		rec{t: CR_HDR_SIGMASK, body: &Sigmask{Blocked: 1 << 13}},
		rec{t: CR_HDR_SIGINFO, body: &Siginfo{Signo: 14, Info: Info{14}}},
		rec{t: CR_HDR_RESTART_BLOCK, body: &RestartBlock{Kind: CR_RESTART_NANOSLEEP, Flags: CR_RESTART_F_TIMEOUT, RemainingNS: 1e9, ClockID: 1}},
		rec{t: CR_HDR_THREAD, body: &ThreadX86{}},
		rec{t: CR_HDR_CPU, body: &CPU{Note: ntPrstatus, Data: make([]byte, x86RegsSize)}},
		rec{t: CR_HDR_XSTATE, body: &XState{Xfeatures: 7, Comp: []XComp{{ID: 2, Offset: 576, Size: 256}}, Data: make([]byte, 832)}},
		rec{t: CR_HDR_PGARR, parent: refMM, body: &PgArr{Run: []PgRun{{0x10000, 1}, {0x12000, 2}}},
			data: bytes.Join([][]byte{page(1), page(2), page(3)}, nil)},
		rec{t: CR_HDR_PGARR, parent: refMM, body: &PgArr{Run: []PgRun{{0x7ff00000, 1}}}, data: page(4)},
		rec{t: CR_HDR_PGARR, parent: refShmem, body: &PgArr{Run: []PgRun{{0, 1}, {0x2000, 1}}},
			data: bytes.Join([][]byte{page(5), page(6)}, nil)},
	)
	return out
}

// sampleFiles are files that have no path, and a FIFO.
func sampleFiles() []rec {
	const (
		fifo = modeFifo | 0o600
		reg  = modeReg | 0o777
	)
	return []rec{
		{t: CR_HDR_PIPE, body: &Pipe{Objref: refPipe, NrSlots: 16, NrBufs: 1, UID: 1000, Mode: 0o600}},
		{t: CR_HDR_PIPE_BUF, parent: refPipe, body: &PipeBuf{Data: Bytes("packet"), Flags: CR_PIPE_BUF_F_PACKET, Offset: pageSize - 6}},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refReader, Type: CR_FD_PIPE, Mode: fifo, Obj: refPipe, FD: 4, Ino: 77}},
		{t: CR_HDR_FNAME, parent: refReader, body: str(CR_STRING_FILE, "pipe or FIFO")},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refWriter, Type: CR_FD_PIPE, Mode: fifo, Obj: refPipe, FD: 5, FFlags: 1, Ino: 77}},
		{t: CR_HDR_FNAME, parent: refWriter, body: str(CR_STRING_FILE, "pipe or FIFO")},
		{t: CR_HDR_PIPE, body: &Pipe{Objref: refFifo, Flags: CR_PIPE_F_FIFO, NrSlots: 1}},
		{t: CR_HDR_FNAME, parent: refFifo, body: str(CR_STRING_FILE, "/run/fifo")},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refFifoEnd, Type: CR_FD_PIPE, Mode: fifo, Obj: refFifo, FD: 6, State: CR_FD_STATE_NO_WRITER_YET}},
		{t: CR_HDR_FNAME, parent: refFifoEnd, body: str(CR_STRING_FILE, "pipe or FIFO")},
		{t: CR_HDR_SHMEM, body: &Shmem{Objref: refShmem, Flags: CR_SHMEM_F_ANON, Seals: sealSeal, Mode: 0o777, Size: 2*pageSize + 1}},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refShmemFile, Type: CR_FD_SHMEM, Mode: reg, FFlags: 2, Obj: refShmem, FD: -1}},
		{t: CR_HDR_FNAME, parent: refShmemFile, body: str(CR_STRING_FILE, "file")},
		{t: CR_HDR_SHMEM, body: &Shmem{Objref: refMemfd, Seals: 0x8, Mode: 0o777, Size: pageSize}},
		{t: CR_HDR_STRING, parent: refMemfd, body: str(CR_STRING_MEMFD, "scratch")},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refMemfdFile, Type: CR_FD_SHMEM, Mode: reg, FFlags: 2, Obj: refMemfd, FD: 7, State: CR_FD_STATE_WRITER}},
		{t: CR_HDR_FNAME, parent: refMemfdFile, body: str(CR_STRING_FILE, "file")},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refEventfd, Type: CR_FD_EVENTFD, Mode: 0o600, FFlags: 2, FD: 8}},
		{t: CR_HDR_FNAME, parent: refEventfd, body: str(CR_STRING_FILE, "[eventfd]")},
		{t: CR_HDR_EVENTFD, parent: refEventfd, body: &Eventfd{Count: 3, Flags: CR_EVENTFD_F_SEMAPHORE}},
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refEpoll, Type: CR_FD_EPOLL, Mode: 0o600, FFlags: 2, FD: 9}},
		{t: CR_HDR_FNAME, parent: refEpoll, body: str(CR_STRING_FILE, "[eventpoll]")},
	}
}

func sampleMM() []rec {
	const shared = CR_VMA_F_READ | CR_VMA_F_MAYSHARE
	vma := func(v VMA) rec { return rec{t: CR_HDR_VMA, parent: refMM, body: &v} }
	return []rec{
		{t: CR_HDR_MM, body: &MM{Objref: refMM, NrVMAs: 7, Exe: refExe, Dumpable: 1, StartBrk: 0x13000, Brk: 0x14000}},
		{t: CR_HDR_AUXV, parent: refMM, body: &Auxv{Val: []uint64{6, 4096, 0, 0}}},
		{t: CR_HDR_MM_CONTEXT, parent: refMM, body: &MMContextX86{VDSO: 0x7fff4000, ExecuteOnlyPkey: -1}},
		vma(VMA{Start: 0x10000, End: 0x12000, Type: CR_VMA_FILE, File: refExe, Flags: CR_VMA_F_READ | CR_VMA_F_WRITE}),
		vma(VMA{Start: 0x12000, End: 0x14000, Type: CR_VMA_ANON, Pgoff: 0x12, Flags: CR_VMA_F_READ | CR_VMA_F_WRITE | CR_VMA_F_NAMED}),
		{t: CR_HDR_STRING, parent: refMM, body: str(CR_STRING_VMA_NAME, "heap of mine")},
		vma(VMA{Start: 0x7ff00000, End: 0x7ff10000, Type: CR_VMA_ANON, Flags: CR_VMA_F_READ | CR_VMA_F_WRITE | CR_VMA_F_GROWSDOWN}),
		vma(VMA{Start: 0x7ff20000, End: 0x7ff23000, Type: CR_VMA_SHMEM, File: refShmemFile, Flags: shared | CR_VMA_F_WRITE}),
		vma(VMA{Start: 0x7ff30000, End: 0x7ff31000, Type: CR_VMA_SHMEM, File: refMemfdFile, Flags: shared | CR_VMA_F_SEALED}),
		vma(VMA{Start: 0x7fff0000, End: 0x7fff4000, Type: CR_VMA_VVAR, Flags: CR_VMA_F_READ}),
		vma(VMA{Start: 0x7fff4000, End: 0x7fff6000, Type: CR_VMA_VDSO, Flags: CR_VMA_F_READ | CR_VMA_F_EXEC}),
	}
}

// encode writes records and a tail.
func encode(t testing.TB, recs []rec) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, r := range recs {
		if err := w.Write(&Record{Header: Header{Type: r.t, Parent: r.parent}, Body: r.body, Data: r.data}); err != nil {
			t.Fatalf("%v: %v", r.t, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sample(t testing.TB) []byte {
	t.Helper()
	return encode(t, sampleRecords())
}

// tiny is a sample without page data, for tests that try every byte.
func tiny(t testing.TB) []byte {
	t.Helper()
	var recs []rec
	for _, r := range sampleRecords() {
		if r.t != CR_HDR_PGARR {
			recs = append(recs, r)
		}
	}
	return encode(t, recs)
}

// edges returns where records begin.
func edges(t testing.TB, img []byte) []int64 {
	t.Helper()
	var at []int64
	r := NewReader(bytes.NewReader(img))
	for {
		rec, err := r.Next()
		if err != nil {
			return at
		}
		at = append(at, rec.Off)
	}
}
