// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// task finds the TASK of a pid.
func task(pid int32) func(rec) bool {
	return func(r rec) bool { b, ok := r.body.(*Task); return ok && b.PID == pid }
}

// nth finds the n-th record of a type, from 0 up.
func nth(rt RecType, n int) func(rec) bool {
	return func(r rec) bool {
		if r.t == rt {
			n--
		}
		return r.t == rt && n < 0
	}
}

// Each rule of the tree broken: the error is of the TREE, and names the field.
func TestCheckerFindsInTree(t *testing.T) {
	for name, tt := range map[string]struct {
		edit        func(e []TreeEnt)
		field, text string
	}{
		"no pid":               {func(e []TreeEnt) { e[2].PID = 0 }, "pid", "have 0"},
		"negative pid":         {func(e []TreeEnt) { e[1].PID = -43 }, "pid", ""},
		"pid twice":            {func(e []TreeEnt) { e[3].PID, e[3].TGID = 44, 44 }, "pid", "used once"},
		"pid of a thread":      {func(e []TreeEnt) { e[3].PID, e[3].TGID = 43, 43 }, "pid", "used once"},
		"no tgid":              {func(e []TreeEnt) { e[1].TGID = 0 }, "tgid", "> 0"},
		"negative ppid":        {func(e []TreeEnt) { e[2].PPID = -42 }, "ppid", ">= 0"},
		"negative group":       {func(e []TreeEnt) { e[0].PGID = -1 }, "pgid", ">= 0"},
		"negative session":     {func(e []TreeEnt) { e[0].SID = -1 }, "sid", ">= 0"},
		"a thread first":       {func(e []TreeEnt) { e[0].TGID = 41 }, "tgid", "42, of the first task"},
		"thread of nobody":     {func(e []TreeEnt) { e[1].TGID = 99 }, "tgid", "42, of the process before, or 43"},
		"thread of a later":    {func(e []TreeEnt) { e[1].TGID = 44 }, "tgid", ""},
		"thread elsewhere":     {func(e []TreeEnt) { e[3].TGID = 42 }, "tgid", "44, of the process before"},
		"thread of a thread":   {func(e []TreeEnt) { e[3].TGID = 43 }, "tgid", ""},
		"thread with a parent": {func(e []TreeEnt) { e[1].PPID = 42 }, "ppid", "0 for a thread"},
		"thread's group":       {func(e []TreeEnt) { e[1].PGID = 0 }, "pgid", "want 42"},
		"thread's session":     {func(e []TreeEnt) { e[1].SID = 42 }, "sid", "want 0, of the thread's process"},
		"parent of the root":   {func(e []TreeEnt) { e[0].PPID = 1 }, "ppid", "0, of the first process"},
		"root of itself":       {func(e []TreeEnt) { e[0].PPID = 42 }, "ppid", ""},
		"no parent":            {func(e []TreeEnt) { e[2].PPID = 0 }, "ppid", "a task before"},
		"parent outside":       {func(e []TreeEnt) { e[2].PPID = 1 }, "ppid", "have 1"},
		"own parent":           {func(e []TreeEnt) { e[2].PPID = 44 }, "ppid", ""},
		"later parent":         {func(e []TreeEnt) { e[2].PPID = 45 }, "ppid", ""},
		"leader of no group":   {func(e []TreeEnt) { e[2].PGID = 42 }, "pgid", "44, of a session leader"},
		"group of a thread":    {func(e []TreeEnt) { e[2].PGID, e[2].SID = 43, 0 }, "pgid", "not a thread"},
		"session of a thread":  {func(e []TreeEnt) { e[2].SID = 43 }, "sid", "not a thread"},
		"session of no leader": {func(e []TreeEnt) { e[2].SID = 42 }, "sid", "want 0, that of process 42"},
		"group in two":         {func(e []TreeEnt) { e[3].SID = 0 }, "sid", "want 44, that of group 44"},
		"group of gone in two": {func(e []TreeEnt) { e[2].PGID, e[2].SID, e[3].PGID, e[3].SID = 9, 8, 9, 7 }, "sid", "want 8, that of group 9"},
		"session, no group":    {func(e []TreeEnt) { e[3].PGID = 0 }, "pgid", "a group in session 44"},
	} {
		t.Run(name, func(t *testing.T) {
			recs := sampleTree()
			tt.edit(recs[2].body.(*Tree).Ent)
			wantBadAt(t, recs, 2, tt.field, tt.text)
		})
	}
}

// wantBadAt wants an error in the i-th record.
func wantBadAt(t *testing.T, recs []rec, i int, field, text string) {
	t.Helper()
	img := encode(t, recs)
	s, err := Verify(bytes.NewReader(img))
	var fe *FormatError
	if s != nil || !errors.As(err, &fe) {
		t.Fatalf("got %v, %v, want a FormatError", s, err)
	}
	if off := offsetOf(img, i); fe.Field != field || fe.Off != off || fe.Rec != recs[i].t {
		t.Errorf("got %v (field %q), want field %q of %v at %#x", err, fe.Field, field, recs[i].t, off)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("got %q, want %q in it", err, text)
	}
}

// What is allowed, and looks odd.
func TestTreesThatAreFine(t *testing.T) {
	for name, edit := range map[string]func(e []TreeEnt){
		"as it is":               func([]TreeEnt) {},
		"all outside":            func(e []TreeEnt) { e[0].PGID, e[1].PGID, e[2].PGID, e[2].SID, e[3].PGID, e[3].SID = 0, 0, 0, 0, 0, 0 },
		"leader has gone":        func(e []TreeEnt) { e[2].PGID, e[2].SID, e[3].PGID, e[3].SID = 9, 8, 9, 8 },
		"leader left its group":  func(e []TreeEnt) { e[2].SID, e[3].PGID, e[3].SID, e[2].PGID = 0, 44, 0, 42 },
		"a thread of the second": func(e []TreeEnt) { e[3] = TreeEnt{PID: 45, TGID: 44, PGID: 44, SID: 44} },
		"root leads a session":   func(e []TreeEnt) { e[0].SID, e[1].SID, e[4].SID = 42, 42, 42 },
	} {
		s := newTree()
		tree := sampleTree()[2].body.(*Tree)
		edit(tree.Ent)
		tree.NrTasks = 5
		if err := s.checkTree(tree); err != nil {
			t.Errorf("%s: got %v", name, err.at(0, CR_HDR_TREE))
		}
	}
}

// newTree is a Checker that has seen a head of five tasks.
func newTree() *Checker {
	c := NewChecker()
	c.head = &Head{NrTasks: 5}
	return c
}

// What tasks share, and what they bring with them.
func TestCheckerFindsInTasks(t *testing.T) {
	edit := func(f func(*Task)) func(*rec) { return func(r *rec) { f(r.body.(*Task)) } }
	for name, tt := range map[string]struct {
		want        func(rec) bool
		edit        func(*rec)
		field, text string
	}{
		"another's pid":           {task(43), edit(func(b *Task) { b.PID = 44 }), "pid", "want 43, as in the tree"},
		"pid again":               {task(44), edit(func(b *Task) { b.PID = 42 }), "pid", "want 44"},
		"thread's memory":         {task(45), edit(func(b *Task) { b.MM = refFiles2 }), "mm", "CR_HDR_MM"},
		"memory to come":          {task(44), edit(func(b *Task) { b.MM = refMM3 }), "mm", ""},
		"files to come":           {task(43), edit(func(b *Task) { b.Files = refFiles2 }), "files", ""},
		"directory to come":       {task(44), edit(func(b *Task) { b.FS = refFS3 }), "fs", ""},
		"handlers to come":        {task(44), edit(func(b *Task) { b.Sighand = refSighand3 }), "sighand", ""},
		"credentials to come":     {task(44), edit(func(b *Task) { b.Cred = refCred3 }), "cred", ""},
		"signal of a thread":      {task(43), edit(func(b *Task) { b.ExitSignal = 17 }), "exit_signal", "0 for a thread"},
		"signal of a process":     {task(44), edit(func(b *Task) { b.ExitSignal = 65 }), "exit_signal", "<= 64"},
		"short rseq area":         {task(42), edit(func(b *Task) { b.RseqLen = 31 }), "rseq_len", ">= 32"},
		"rseq signature":          {task(43), edit(func(b *Task) { b.RseqSig = 1 }), "rseq_sig", ""},
		"length without an area":  {task(43), edit(func(b *Task) { b.RseqLen = 32 }), "rseq_len", ""},
		"rseq area not aligned":   {task(42), edit(func(b *Task) { b.Rseq++ }), "rseq", "multiple of 32"},
		"stopped by no stop":      {task(44), edit(func(b *Task) { b.Flags |= CR_TASK_F_STOPPED; b.StopSignal = 9 }), "stop_signal", ""},
		"stop of one that runs":   {task(44), edit(func(b *Task) { b.StopSignal = 19 }), "stop_signal", "stopped"},
		"stop of a thread":        {task(43), edit(func(b *Task) { b.Flags |= CR_TASK_F_STOPPED; b.StopSignal = 19 }), "stop_signal", "0 of a thread"},
		"news of a thread":        {task(43), edit(func(b *Task) { b.Flags |= CR_TASK_F_CLD_STOPPED }), "flags", "of a thread"},
		"stopped and continued":   {task(44), edit(func(b *Task) { b.Flags |= CR_TASK_F_STOPPED | CR_TASK_F_CONTINUED }), "flags", "not both"},
		"rseq area in the kernel": {task(42), edit(func(b *Task) { b.Rseq = 1 << 63 }), "rseq", "user space"},
	} {
		t.Run(name, func(t *testing.T) {
			recs := sampleTree()
			i := slices.IndexFunc(recs, tt.want)
			tt.edit(&recs[i])
			wantBadAt(t, recs, i, tt.field, tt.text)
		})
	}
}

// Threads share what they always share. The objects of 44 come before its
// second thread, if 45 is one.
func TestCheckerFindsInThreads(t *testing.T) {
	for name, tt := range map[string]struct {
		edit  func(*Task)
		field string
	}{
		"none":     {func(*Task) {}, ""},
		"memory":   {func(b *Task) { b.MM = refMM }, "mm"},
		"handlers": {func(b *Task) { b.Sighand = refSighand }, "sighand"},
		"files":    {func(b *Task) { b.Files = refFiles }, "files"},
		"fs":       {func(b *Task) { b.FS = refFS3 }, "fs"},
	} {
		recs, at := threadOf44()
		tt.edit(recs[at].body.(*Task))
		if tt.field != "" {
			wantBadAt(t, recs, at, tt.field, "that of process 44")
		} else if _, err := Verify(bytes.NewReader(encode(t, recs))); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// threadOf44 has 45 as a thread, with credentials of its own and a directory
// that nobody has, and says where its TASK is.
func threadOf44() ([]rec, int) {
	recs := sampleTree()
	recs = recs[:len(recs)-1] // pages of 45's own memory
	recs[2].body.(*Tree).Ent[3] = TreeEnt{PID: 45, TGID: 44, PGID: 44, SID: 44}
	recs = slices.DeleteFunc(recs, nth(CR_HDR_SIGHAND, 2))
	recs = slices.DeleteFunc(recs, nth(CR_HDR_RLIMITS, 2))
	recs = slices.DeleteFunc(recs, nth(CR_HDR_ITIMERS, 2))
	mm := slices.IndexFunc(recs, nth(CR_HDR_MM, 2))
	at := slices.IndexFunc(recs, task(45))
	recs = slices.Delete(recs, mm, at)
	recs[slices.IndexFunc(recs, nth(CR_HDR_CRED, 1))].body.(*Cred).Objref = refSighand3
	recs[slices.IndexFunc(recs, nth(CR_HDR_CRED, 2))].body.(*Cred).Objref = refSighand3 + 1
	recs[slices.IndexFunc(recs, first(CR_HDR_ZOMBIE))].body.(*Zombie).Cred = refSighand3 + 1
	b := recs[mm].body.(*Task)
	b.MM, b.Files, b.FS, b.Sighand, b.Cred, b.ExitSignal = refMM2, refFiles2, refFS, refSighand2, refSighand3, 0
	return recs, mm
}

// Records that a task lacks, or has and shouldn't.
func TestSectionsOfTasks(t *testing.T) {
	left := func(recs []rec, want func(rec) bool) []rec {
		i := slices.IndexFunc(recs, want)
		return slices.Delete(recs, i, i+1)
	}
	before := func(recs []rec, at func(rec) bool, r rec) []rec {
		return slices.Insert(recs, slices.IndexFunc(recs, at), r)
	}
	const next = refCred4 + 1
	for name, tt := range map[string]struct {
		edit        func([]rec) []rec
		at          func(rec) bool
		field, text string
	}{
		"limits missing": {func(r []rec) []rec { return left(r, nth(CR_HDR_RLIMITS, 1)) }, task(44), "type", "want CR_HDR_RLIMITS"},
		"timers missing": {func(r []rec) []rec { return left(r, nth(CR_HDR_ITIMERS, 2)) }, task(45), "type", "want CR_HDR_ITIMERS"},
		"limits of a thread": {func(r []rec) []rec { return before(r, task(43), rec{t: CR_HDR_RLIMITS, body: &RLimits{}}) },
			nth(CR_HDR_RLIMITS, 1), "type", "in a thread (have 43)"},
		"timers of a thread": {func(r []rec) []rec { return before(r, task(43), rec{t: CR_HDR_ITIMERS, body: &ITimers{}}) },
			nth(CR_HDR_ITIMERS, 1), "type", "in a thread"},
		"handlers of a thread": {func(r []rec) []rec {
			return before(r, task(43), rec{t: CR_HDR_SIGHAND, body: &Sighand{Objref: refFile2}})
		}, nth(CR_HDR_SIGHAND, 1), "type", "in a thread"},
		"files of a thread": {func(r []rec) []rec { return before(r, task(43), rec{t: CR_HDR_FILES, body: &Files{Objref: refFile2}}) },
			nth(CR_HDR_FILES, 1), "type", "in a thread"},
		"memory of a thread": {func(r []rec) []rec { return before(r, task(43), rec{t: CR_HDR_MM, body: &MM{Objref: refFile2}}) },
			nth(CR_HDR_MM, 1), "type", "in a thread"},
		"limits after memory": {func(r []rec) []rec { return before(r, task(45), rec{t: CR_HDR_RLIMITS, body: &RLimits{}}) },
			nth(CR_HDR_RLIMITS, 3), "type", "out of order"},
		"a file after memory": {func(r []rec) []rec {
			return before(r, task(45), rec{t: CR_HDR_PIPE, body: &Pipe{Objref: next, NrSlots: 1}})
		}, nth(CR_HDR_PIPE, 2), "type", "out of order"},
		"fewer mappings": {func(r []rec) []rec { return left(r, nth(CR_HDR_VMA, 8)) }, task(45), "nr_vmas", "fewer"},
		"fewer descriptors": {func(r []rec) []rec { return left(r, below(CR_HDR_FD_ENT, refFiles2)) },
			task(44), "nfds", "fewer"},
		"one task more": {func(r []rec) []rec { return before(r, first(CR_HDR_EPOLL), rec{t: CR_HDR_FS, body: &FS{Objref: next}}) },
			nth(CR_HDR_FS, 2), "nr_tasks", "more tasks"},
		"a file more": {func(r []rec) []rec {
			return before(r, first(CR_HDR_EPOLL), rec{t: CR_HDR_PIPE, body: &Pipe{Objref: next, NrSlots: 1}})
		}, nth(CR_HDR_PIPE, 2), "nr_tasks", "more tasks"},
		"epoll before the last task": {func(r []rec) []rec {
			i := slices.IndexFunc(r, first(CR_HDR_EPOLL))
			e := r[i]
			return before(slices.Delete(r, i, i+1), nth(CR_HDR_FS, 1), e)
		}, first(CR_HDR_EPOLL), "nr_tasks", "have 3, want 5"},
		"epoll in a task": {func(r []rec) []rec {
			i := slices.IndexFunc(r, first(CR_HDR_EPOLL))
			e := r[i]
			return before(slices.Delete(r, i, i+1), task(42), e)
		}, first(CR_HDR_EPOLL), "type", "out of order"},
		"epoll after pages": {func(r []rec) []rec {
			i := slices.IndexFunc(r, first(CR_HDR_EPOLL))
			return append(slices.Delete(slices.Clone(r), i, i+1), r[i])
		}, first(CR_HDR_EPOLL), "type", "out of order"},
		"pages before the last task": {func(r []rec) []rec {
			i := slices.IndexFunc(r, task(45))
			return append(r[:i-11], r[len(r)-2])
		}, first(CR_HDR_PGARR), "nr_tasks", "have 3, want 5"},
		"pages apart": {func(r []rec) []rec { n := len(r); r[n-2], r[n-3] = r[n-3], r[n-2]; return r },
			nth(CR_HDR_PGARR, 3), "parent", ""},
	} {
		t.Run(name, func(t *testing.T) {
			recs := tt.edit(sampleTree())
			wantBadAt(t, recs, slices.IndexFunc(recs, tt.at), tt.field, tt.text)
		})
	}
}

// Pages that more than one address space has.
func TestCheckerFindsInShares(t *testing.T) {
	run := func(f func(*ShareRun)) func([]rec) []rec {
		return func(r []rec) []rec { f(&r[len(r)-1].body.(*PgShare).Run[0]); return r }
	}
	for name, tt := range map[string]struct {
		edit        func([]rec) []rec
		field, text string
	}{
		"no runs":           {func(r []rec) []rec { r[len(r)-1].body.(*PgShare).Run = nil; return r }, "nr_runs", "have 0"},
		"of shared memory":  {func(r []rec) []rec { r[len(r)-1].parent = refShmem; return r }, "parent", ""},
		"of itself":         {run(func(x *ShareRun) { x.MM = refMM3 }), "mm", ""},
		"of a file":         {run(func(x *ShareRun) { x.MM = refExe }), "mm", ""},
		"of nothing":        {run(func(x *ShareRun) { x.MM = 0 }), "mm", ""},
		"near itself":       {func(r []rec) []rec { r[len(r)-1].body.(*PgShare).Near = refMM3; return r }, "near", ""},
		"near a file":       {func(r []rec) []rec { r[len(r)-1].body.(*PgShare).Near = refExe; return r }, "near", ""},
		"no pages":          {run(func(x *ShareRun) { x.Count = 0 }), "count", ""},
		"too many":          {run(func(x *ShareRun) { x.Count = 2 }), "addr", "2 pages of a private mapping"},
		"most":              {run(func(x *ShareRun) { x.Count = 1<<32 - 1 }), "addr", ""},
		"elsewhere":         {run(func(x *ShareRun) { x.From = 0x20000 }), "from", "1 pages of a private mapping"},
		"at the end":        {run(func(x *ShareRun) { x.From = 1<<64 - pageSize }), "addr", ""},
		"to the end":        {run(func(x *ShareRun) { x.Addr = 1<<64 - pageSize }), "addr", ""},
		"not aligned":       {run(func(x *ShareRun) { x.Addr++ }), "addr", "a multiple"},
		"source not so":     {run(func(x *ShareRun) { x.From++ }), "from", "a multiple"},
		"twice":             {func(r []rec) []rec { return append(r, r[len(r)-1]) }, "addr", ">= 0x11000"},
		"before the source": {func(r []rec) []rec { n := len(r); r[n-1], r[n-2] = r[n-2], r[n-1]; return r }, "mm", ""},
	} {
		t.Run(name, func(t *testing.T) {
			recs := tt.edit(sampleTree())
			last := len(recs) - 1
			if recs[last].t != CR_HDR_PGSHARE {
				last--
			}
			wantBadAt(t, recs, last, tt.field, tt.text)
		})
	}
	own := rec{t: CR_HDR_PGARR, parent: refMM3, body: &PgArr{Run: []PgRun{{0x10000, 1}}}, data: page(8)}
	recs := append(sampleTree(), own)
	wantBadAt(t, recs, len(recs)-1, "addr", "aren't shared")
	recs = sampleTree()
	recs = append(recs[:len(recs)-1], own, recs[len(recs)-1])
	wantBadAt(t, recs, len(recs)-1, "type", "after others")
}

// What is left of a process that has exited.
func TestCheckerFindsInZombies(t *testing.T) {
	for name, tt := range map[string]struct {
		edit        func(*Zombie)
		field, text string
	}{
		"pid":            {func(b *Zombie) { b.PID = 45 }, "pid", "want 46, as in the tree"},
		"exit signal":    {func(b *Zombie) { b.ExitSignal = 65 }, "exit_signal", "<= 64"},
		"exit code":      {func(b *Zombie) { b.Status = 1 << 16 }, "status", "have 0x10000"},
		"core of a code": {func(b *Zombie) { b.Status = 1<<8 | 0x80 }, "status", ""},
		"signal":         {func(b *Zombie) { b.Status = 65 }, "status", ""},
		"signal, code":   {func(b *Zombie) { b.Status = 1<<8 | 9 }, "status", ""},
		"credentials":    {func(b *Zombie) { b.Cred = refMM }, "cred", "CR_HDR_CRED"},
		"no credentials": {func(b *Zombie) { b.Cred = 0 }, "cred", ""},
		"comm":           {func(b *Zombie) { b.Comm[15] = 'x' }, "comm", ""},
		"user time":      {func(b *Zombie) { b.Self.UtimeNS = 1 << 62 }, "utime_ns", ""},
		"system time":    {func(b *Zombie) { b.Children.StimeNS = 1 << 62 }, "stime_ns", ""},
		"maxrss":         {func(b *Zombie) { b.Self.Maxrss = 1 << 53 }, "maxrss", ""},
		"minflt":         {func(b *Zombie) { b.Children.Minflt = 1 << 63 }, "minflt", ""},
		"majflt":         {func(b *Zombie) { b.Self.Majflt = 1 << 63 }, "majflt", ""},
		"inblock":        {func(b *Zombie) { b.Self.Inblock = 1 << 63 }, "inblock", ""},
		"oublock":        {func(b *Zombie) { b.Self.Oublock = 1 << 63 }, "oublock", ""},
		"nvcsw":          {func(b *Zombie) { b.Self.Nvcsw = 1 << 63 }, "nvcsw", ""},
		"nivcsw":         {func(b *Zombie) { b.Children.Nivcsw = 1 << 63 }, "nivcsw", ""},
	} {
		t.Run(name, func(t *testing.T) {
			recs := sampleTree()
			i := slices.IndexFunc(recs, first(CR_HDR_ZOMBIE))
			tt.edit(recs[i].body.(*Zombie))
			wantBadAt(t, recs, i, tt.field, tt.text)
		})
	}
	for _, status := range []uint32{0, 0xff00, 9, 11 | 0x80, nsig} {
		if !isStatus(status) {
			t.Errorf("status %#x: got an error", status)
		}
	}
}

// The dead have no threads, no children and nothing of a living process.
func TestZombiesThatLive(t *testing.T) {
	zombie := func(pid int32, cred uint32) rec {
		z := zombie46()
		z.PID, z.Cred = pid, cred
		return rec{t: CR_HDR_ZOMBIE, body: z}
	}
	more := func(e TreeEnt) func([]rec) []rec {
		return func(recs []rec) []rec {
			tree := recs[2].body.(*Tree)
			tree.Ent = append(tree.Ent, e)
			recs[0].body.(*Head).NrTasks++
			return recs
		}
	}
	section := func(body Body, rt RecType) func([]rec) []rec {
		return func(recs []rec) []rec {
			return slices.Insert(recs, slices.IndexFunc(recs, first(CR_HDR_ZOMBIE)), rec{t: rt, body: body})
		}
	}
	for name, edit := range map[string]func([]rec) []rec{
		"the root": func(r []rec) []rec {
			r[0].body.(*Head).NrTasks = 1
			r[2].body = &Tree{Ent: []TreeEnt{{PID: 42, TGID: 42}}}
			return append(r[:3], rec{t: CR_HDR_CRED, body: &Cred{Objref: 1, Groups: []uint32{}}}, zombie(42, 1))
		},
		"a thread": func(r []rec) []rec {
			r[2].body.(*Tree).Ent[3].PPID = 42 // else it has a child, too
			i := slices.IndexFunc(r, task(43))
			return slices.Replace(r, i, i+1, zombie(43, refCred))
		},
		"limits":       section(&RLimits{}, CR_HDR_RLIMITS),
		"timers":       section(&ITimers{}, CR_HDR_ITIMERS),
		"has threads":  more(TreeEnt{PID: 47, TGID: 46, PGID: 42}),
		"has children": more(TreeEnt{PID: 47, TGID: 47, PPID: 46}),
	} {
		recs := edit(sampleTree())
		t.Run(name, func(t *testing.T) {
			wantBadAt(t, recs, slices.IndexFunc(recs, first(CR_HDR_ZOMBIE)), "type", "a dead process")
		})
	}
}

func TestSummaryOfTree(t *testing.T) {
	img := encode(t, sampleTree())
	s, err := Verify(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	if s.Processes() != 4 || len(s.Tasks) != 5 || s.Pages != 7 {
		t.Errorf("got %d processes with %d threads, %d pages", s.Processes(), len(s.Tasks), s.Pages)
	}
	poll := uint64(7)
	type state struct {
		Restart RestartKind
		Call    *uint64
		Pending int
		Timers  int
		Sched   bool
	}
	want := []state{{CR_RESTART_NANOSLEEP, nil, 1, 3, true}, {Restart: CR_RESTART_FUTEX, Pending: 1}, {Call: &poll}, {}}
	for i, k := range s.Tasks[:4] {
		if diff := cmp.Diff(want[i], state{k.Restart, k.Call, k.Pending, k.Timers, k.Sched != nil}); diff != "" {
			t.Errorf("pid %d (-want +got):\n%s", k.PID, diff)
		}
	}
	if z := s.Tasks[4]; z.Task != nil || z.Zombie == nil || z.Name() != "gone" || s.Tasks[3].Name() != "child" {
		t.Errorf("got %+v, want a zombie", z)
	}
	spaces := []SpaceSum{
		{Objref: refMM, Exe: "/bin/sample", VMAs: 7, Bytes: 30 * pageSize, Pages: 4},
		{Objref: refMM2, Exe: "/bin/sample", VMAs: 1, Bytes: pageSize, Pages: 1},
		{Objref: refMM3, Exe: "/bin/sample", VMAs: 1, Bytes: pageSize, Shared: 1},
	}
	if diff := cmp.Diff(spaces, s.Spaces); diff != "" {
		t.Errorf("address spaces (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]TableSum{{refFiles, 8}, {refFiles2, 2}}, s.Tables); diff != "" {
		t.Errorf("descriptor tables (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]DirSum{{refFS, "/home/a b", "/"}, {refFS3, "/tmp", "/"}}, s.Dirs); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
	out := s.Outside()
	if diff := cmp.Diff([]FD{{refFiles, 0}, {refFiles2, 1}}, out[0].FDs); diff != "" {
		t.Errorf("descriptors (-want +got):\n%s", diff)
	}
	if tasks, procs, err := ReadTree(bytes.NewReader(img)); tasks != 5 || procs != 4 || err != nil {
		t.Errorf("ReadTree: got %d, %d, %v", tasks, procs, err)
	}
	if _, _, err := ReadTree(bytes.NewReader(img[:500])); err == nil {
		t.Error("ReadTree of a cut image: no error")
	}
}

// A Checker keeps no more of a task than the entry in the tree.
func TestCheckerMemory(t *testing.T) {
	const tasks = (CR_HDR_LEN_MAX - sizeTree) / sizeTreeEnt
	tree := &Tree{NrTasks: tasks, Ent: make([]TreeEnt, tasks)}
	for i := range tree.Ent {
		pid := int32(i + 1)
		tree.Ent[i] = TreeEnt{PID: pid, TGID: pid, PPID: pid - 1, PGID: pid}
	}
	c := NewChecker()
	c.head = &Head{NrTasks: tasks}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	if err := c.checkTree(tree); err != nil {
		t.Fatal(err.at(0, CR_HDR_TREE))
	}
	if got := heap() - before; got > 64<<10 {
		t.Errorf("a tree of %d tasks takes %d bytes", tasks, got)
	}
	runtime.KeepAlive(c)
}
