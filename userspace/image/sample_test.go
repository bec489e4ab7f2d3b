// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"slices"
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

// Objrefs that sampleTree adds.
const (
	refFile2 = refFiles + iota + 1
	refSighand2
	refMM2
	refFiles2
	refFS3
	refSighand3
	refCred3
	refMM3
	refCred4
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
		{t: CR_HDR_POSIX_TIMERS, body: samplePosixTimers()},
		{t: CR_HDR_SCHED, body: &Sched{Policy: schedRR, Priority: 5, Flags: CR_SCHED_F_RESET_ON_FORK | CR_SCHED_F_UTIL_MIN,
			UtilMin: 7, Ioprio: 2<<ioprioShift | 3, CPUs: []uint64{0, 1}}},
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
		rec{t: CR_HDR_TASK, body: task},
		rec{t: CR_HDR_SIGMASK, body: &Sigmask{Blocked: 1 << 13}},
		rec{t: CR_HDR_SIGINFO, body: &Siginfo{Signo: 34, Flags: CR_SIGINFO_F_SHARED | CR_SIGINFO_F_TIMER,
			Info: Info{0: 34, 8: 0xfe, 9: 0xff, 10: 0xff, 11: 0xff, 16: 3, 24: 7}}},
		rec{t: CR_HDR_RESTART_BLOCK, body: &RestartBlock{Kind: CR_RESTART_NANOSLEEP, Flags: CR_RESTART_F_TIMEOUT, RemainingNS: 1e9, ClockID: 1}},
		rec{t: CR_HDR_THREAD, body: &ThreadX86{}},
		rec{t: CR_HDR_CPU, body: &CPU{Note: ntPrstatus, Data: make([]byte, x86RegsSize)}},
		rec{t: CR_HDR_XSTATE, body: &XState{Xfeatures: 7, Comp: []XComp{{ID: 2, Offset: 576, Size: 256}}, Data: make([]byte, 832)}},
		rec{t: CR_HDR_EPOLL, parent: refEpoll, body: &Epoll{Item: []EpollItem{
			{File: refEventfd, FD: 8, Events: 1, Flags: CR_EPOLL_F_READY, Data: 1 << 40},
			{File: refReader, FD: 4, Events: 1},
		}}},
		rec{t: CR_HDR_PGARR, parent: refMM, body: &PgArr{Run: []PgRun{{0x10000, 1}, {0x12000, 2}}},
			data: bytes.Join([][]byte{page(1), page(2), page(3)}, nil)},
		rec{t: CR_HDR_PGARR, parent: refMM, body: &PgArr{Run: []PgRun{{0x7ff00000, 1}}}, data: page(4)},
		rec{t: CR_HDR_PGARR, parent: refShmem, body: &PgArr{Run: []PgRun{{0, 1}, {0x2000, 1}}},
			data: bytes.Join([][]byte{page(5), page(6)}, nil)},
	)
	return out
}

// samplePosixTimers has one that ticks, one whose signal is pending, and one of
// CPU time that is only looked at.
func samplePosixTimers() *PosixTimers {
	return &PosixTimers{NextID: 5, Timer: []PosixTimer{
		{ID: 0, Notify: sigevThreadID, Tid: 42, Signo: 14, Flags: CR_POSIX_TIMER_F_ACTIVE | CR_POSIX_TIMER_F_WALL,
			Requeue: 2, IntervalNS: 5, RemainingNS: 4, Overrun: -1},
		{ID: 3, ClockID: clockTAI, Signo: 34, Flags: CR_POSIX_TIMER_F_QUEUED, Requeue: 1, Value: 7,
			IntervalNS: 8, RemainingNS: 1, Overrun: 3, SigOverrun: 2, SigRequeue: 1},
		{ID: 4, ClockID: -6, ClockPID: 42, Notify: sigevNone, RemainingNS: 9},
	}}
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

// sampleTree is the sample with a second thread, 43, and two more processes:
// 44, which leads a session and has descriptors of its own, and its fellow 45,
// a child of the thread, which has those of the first process. 44 hasn't waited
// for its child 46.
func sampleTree() []rec {
	recs := sampleRecords()
	recs[0].body.(*Head).NrTasks = 5
	recs[2].body = &Tree{Ent: []TreeEnt{
		{PID: 42, TGID: 42, PGID: 42},
		{PID: 43, TGID: 42, PGID: 42},
		{PID: 44, TGID: 44, PPID: 42, PGID: 44, SID: 44},
		{PID: 45, TGID: 45, PPID: 43, PGID: 44, SID: 44},
		{PID: 46, TGID: 46, PPID: 44, PGID: 42},
	}}
	end := slices.IndexFunc(recs, first(CR_HDR_XSTATE)) + 1
	epoll, pages := recs[end], recs[end+1:]
	out := append(recs[:end:end], threadOf42()...)
	out = append(out, process44()...)
	out = append(out, process45()...)
	out = append(out,
		rec{t: CR_HDR_CRED, body: &Cred{Objref: refCred4, Groups: []uint32{}}},
		rec{t: CR_HDR_ZOMBIE, body: zombie46()},
	)
	// As a kernel has it: of shared memory, then of one address space after the other.
	out = append(out, epoll, pages[2], pages[0], pages[1])
	return append(out, rec{t: CR_HDR_PGARR, parent: refMM2, body: &PgArr{Run: []PgRun{{0x10000, 1}}}, data: page(7)},
		rec{t: CR_HDR_PGSHARE, parent: refMM3, body: &PgShare{Near: refMM, Run: []ShareRun{{0x10000, 0x10000, 1, refMM2}}}})
}

func named(t *Task, comm string) *Task { copy(t.Comm[:], comm); return t }

// taskRecords are a task without pending signals.
func taskRecords(t *Task, regs Bytes, more ...rec) []rec {
	out := append([]rec{{t: CR_HDR_TASK, body: t}, {t: CR_HDR_SIGMASK, body: &Sigmask{}}}, more...)
	return append(out,
		rec{t: CR_HDR_THREAD, body: &ThreadX86{}},
		rec{t: CR_HDR_CPU, body: &CPU{Note: ntPrstatus, Data: regs}},
		rec{t: CR_HDR_XSTATE, body: &XState{Comp: []XComp{}, Data: Bytes{}}},
	)
}

func threadOf42() []rec {
	return taskRecords(named(&Task{PID: 43, MM: refMM, Files: refFiles, FS: refFS, Sighand: refSighand, Cred: refCred}, "worker"),
		make(Bytes, x86RegsSize),
		rec{t: CR_HDR_SIGINFO, body: &Siginfo{Signo: 10, Info: Info{10}}},
		rec{t: CR_HDR_RESTART_BLOCK, body: &RestartBlock{Kind: CR_RESTART_FUTEX}})
}

func zombie46() *Zombie {
	z := &Zombie{PID: 46, ExitSignal: 17, Status: 3 << 8, Cred: refCred4,
		Self:     Usage{UtimeNS: 1e6, StimeNS: 2e6, Maxrss: 3, Minflt: 4, Majflt: 5, Inblock: 6, Oublock: 7, Nvcsw: 8, Nivcsw: 9},
		Children: Usage{UtimeNS: 1, Nivcsw: 2}}
	copy(z.Comm[:], "gone")
	return z
}

func smallMM(ref uint32) []rec {
	return []rec{
		{t: CR_HDR_MM, body: &MM{Objref: ref, NrVMAs: 1, Exe: refExe}},
		{t: CR_HDR_AUXV, parent: ref, body: &Auxv{Val: []uint64{}}},
		{t: CR_HDR_MM_CONTEXT, parent: ref, body: &MMContextX86{ExecuteOnlyPkey: -1}},
		{t: CR_HDR_VMA, parent: ref, body: &VMA{Start: 0x10000, End: 0x11000, Type: CR_VMA_ANON}},
	}
}

func process44() []rec {
	out := append([]rec{
		{t: CR_HDR_FD_DATA, body: &FDData{Objref: refFile2, Type: CR_FD_DIR, Mode: modeDir, FD: 3}},
		{t: CR_HDR_FNAME, parent: refFile2, body: str(CR_STRING_FILE, "/tmp")},
		{t: CR_HDR_SIGHAND, body: &Sighand{Objref: refSighand2}},
		{t: CR_HDR_RLIMITS, body: &RLimits{}},
		{t: CR_HDR_ITIMERS, body: &ITimers{}},
	}, smallMM(refMM2)...)
	out = append(out,
		rec{t: CR_HDR_FILES, body: &Files{Objref: refFiles2, NFDs: 2}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles2, body: &FDEnt{Objref: refOut, FD: 1}},
		rec{t: CR_HDR_FD_ENT, parent: refFiles2, body: &FDEnt{Objref: refFile2, FD: 3}},
	)
	regs := make(Bytes, x86RegsSize)
	copy(regs[10*8:], []byte{0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) // -ERESTARTSYS
	regs[15*8] = 7                                                         // poll
	return append(out, taskRecords(named(&Task{PID: 44, MM: refMM2, Files: refFiles2, FS: refFS, Sighand: refSighand2,
		Cred: refCred, ExitSignal: 17}, "session"), regs)...)
}

func process45() []rec {
	out := append([]rec{
		{t: CR_HDR_FS, body: &FS{Objref: refFS3}},
		{t: CR_HDR_FNAME, parent: refFS3, body: str(CR_STRING_CWD, "/tmp")},
		{t: CR_HDR_FNAME, parent: refFS3, body: str(CR_STRING_ROOT, "/")},
		{t: CR_HDR_SIGHAND, body: &Sighand{Objref: refSighand3}},
		{t: CR_HDR_CRED, body: &Cred{Objref: refCred3, Groups: []uint32{}}},
		{t: CR_HDR_RLIMITS, body: &RLimits{}},
		{t: CR_HDR_ITIMERS, body: &ITimers{}},
	}, smallMM(refMM3)...)
	return append(out, taskRecords(named(&Task{PID: 45, Flags: CR_TASK_F_STOPPED, MM: refMM3, Files: refFiles, FS: refFS3,
		Sighand: refSighand3, Cred: refCred3, ExitSignal: 17}, "child"), make(Bytes, x86RegsSize))...)
}

// samples are those that tests of any image go through.
var samples = map[string]func() []rec{"one task": sampleRecords, "a tree": sampleTree}

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
