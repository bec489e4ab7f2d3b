// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// of finds the record that gives an objref.
func of(ref uint32) func(rec) bool {
	return func(r rec) bool {
		switch b := r.body.(type) {
		case *FDData:
			return b.Objref == ref
		case *Pipe:
			return b.Objref == ref
		case *Shmem:
			return b.Objref == ref
		}
		return false
	}
}

// below finds the first record of a type that belongs to an object.
func below(rt RecType, parent uint32) func(rec) bool {
	return func(r rec) bool { return r.t == rt && r.parent == parent }
}

// vma finds the first mapping of a file.
func vma(file uint32) func(rec) bool {
	return func(r rec) bool { b, ok := r.body.(*VMA); return ok && b.File == file }
}

// What TestCheckerFinds does, for pipes, eventfds, epoll instances and shared
// memory, of which the sample has several each.
func TestCheckerFindsInFiles(t *testing.T) {
	fd := func(edit func(*FDData)) func(*rec) { return func(r *rec) { edit(r.body.(*FDData)) } }
	pipe := func(edit func(*Pipe)) func(*rec) { return func(r *rec) { edit(r.body.(*Pipe)) } }
	buf := func(edit func(*PipeBuf)) func(*rec) { return func(r *rec) { edit(r.body.(*PipeBuf)) } }
	count := func(edit func(*Eventfd)) func(*rec) { return func(r *rec) { edit(r.body.(*Eventfd)) } }
	epoll := func(edit func(*Epoll)) func(*rec) { return func(r *rec) { edit(r.body.(*Epoll)) } }
	item := func(edit func(*EpollItem)) func(*rec) { return func(r *rec) { edit(&r.body.(*Epoll).Item[1]) } }
	shmem := func(edit func(*Shmem)) func(*rec) { return func(r *rec) { edit(r.body.(*Shmem)) } }
	text := func(edit func(*String)) func(*rec) { return func(r *rec) { edit(r.body.(*String)) } }
	mapping := func(edit func(*VMA)) func(*rec) { return func(r *rec) { edit(r.body.(*VMA)) } }
	run := func(edit func(*PgRun)) func(*rec) { return func(r *rec) { edit(&r.body.(*PgArr).Run[1]) } }
	parent := func(ref uint32) func(*rec) { return func(r *rec) { r.parent = ref } }

	for name, tt := range map[string]struct {
		want        func(rec) bool
		edit        func(*rec)
		field, text string
	}{
		"pipe objref":        {of(refPipe), pipe(func(b *Pipe) { b.Objref = 99 }), "objref", ""},
		"pipe flags":         {of(refPipe), pipe(func(b *Pipe) { b.Flags = 2 }), "flags", "have 0x2"},
		"pipe mode":          {of(refPipe), pipe(func(b *Pipe) { b.Mode = modeFifo }), "mode", ""},
		"no slots":           {of(refPipe), pipe(func(b *Pipe) { b.NrSlots = 0 }), "nr_slots", ""},
		"slots":              {of(refPipe), pipe(func(b *Pipe) { b.NrSlots = 17 }), "nr_slots", "power of two"},
		"many slots":         {of(refPipe), pipe(func(b *Pipe) { b.NrSlots = 1 << 19 }), "nr_slots", ""},
		"more than slots":    {of(refPipe), pipe(func(b *Pipe) { b.NrBufs = 17 }), "nr_bufs", "want <= 16"},
		"buffers too few":    {of(refPipe), pipe(func(b *Pipe) { b.NrBufs = 2 }), "nr_bufs", "less in a pipe"},
		"buffers too many":   {of(refPipe), pipe(func(b *Pipe) { b.NrBufs = 0 }), "nr_bufs", "more in a pipe"},
		"FIFO without path":  {of(refPipe), pipe(func(b *Pipe) { b.Flags = CR_PIPE_F_FIFO }), "type", "a path is missing"},
		"path of a pipe":     {of(refFifo), pipe(func(b *Pipe) { b.Flags = 0 }), "type", "a path that wasn't announced"},
		"relative FIFO":      {below(CR_HDR_FNAME, refFifo), text(func(b *String) { b.Data = Text("fifo") }), "data", ""},
		"what of a FIFO":     {below(CR_HDR_FNAME, refFifo), text(func(b *String) { b.What = CR_STRING_CWD }), "what", "CR_STRING_FILE"},
		"parent of a FIFO":   {below(CR_HDR_FNAME, refFifo), parent(refPipe), "parent", ""},
		"empty buffer":       {first(CR_HDR_PIPE_BUF), buf(func(b *PipeBuf) { b.Data = nil }), "len", "1 to 4096"},
		"large buffer":       {first(CR_HDR_PIPE_BUF), buf(func(b *PipeBuf) { b.Data = make(Bytes, pageSize+1) }), "len", ""},
		"buffer flags":       {first(CR_HDR_PIPE_BUF), buf(func(b *PipeBuf) { b.Flags = 4 }), "flags", ""},
		"buffer offset":      {first(CR_HDR_PIPE_BUF), buf(func(b *PipeBuf) { b.Offset++ }), "offset", "want <= 4090"},
		"wild offset":        {first(CR_HDR_PIPE_BUF), buf(func(b *PipeBuf) { b.Offset = 1<<32 - 1 }), "offset", ""},
		"buffer of no pipe":  {first(CR_HDR_PIPE_BUF), parent(refOut), "parent", ""},
		"end of no pipe":     {of(refReader), fd(func(b *FDData) { b.Obj = 0 }), "obj", "CR_HDR_PIPE"},
		"end of a file":      {of(refReader), fd(func(b *FDData) { b.Obj = refExe }), "obj", "CR_HDR_PIPE"},
		"end of a later one": {of(refReader), fd(func(b *FDData) { b.Obj = refFifo }), "obj", ""},
		"mode of an end":     {of(refReader), fd(func(b *FDData) { b.Mode = modeReg }), "mode", "CR_FD_PIPE"},
		"state of an end":    {of(refReader), fd(func(b *FDData) { b.State = CR_FD_STATE_WRITER }), "state", ""},
		"advice for an end":  {of(refReader), fd(func(b *FDData) { b.Advice = CR_FD_ADVICE_NOREUSE }), "advice", ""},
		"fd of outside":      {of(refOut), fd(func(b *FDData) { b.FD = -1 }), "fd", ">= 0"},

		"eventfd object":  {of(refEventfd), fd(func(b *FDData) { b.Obj = refPipe }), "obj", "0 for a CR_FD_EVENTFD"},
		"eventfd state":   {of(refEventfd), fd(func(b *FDData) { b.State = 1 }), "state", ""},
		"eventfd count":   {of(refEventfd), fd(func(b *FDData) { b.Type = CR_FD_EPOLL }), "type", "state of an eventfd"},
		"eventfd missing": {of(refEpoll), fd(func(b *FDData) { b.Type = CR_FD_EVENTFD }), "type", "state of an eventfd"},
		"eventfd flags":   {first(CR_HDR_EVENTFD), count(func(b *Eventfd) { b.Flags = 2 }), "flags", ""},
		"eventfd parent":  {first(CR_HDR_EVENTFD), parent(refReader), "parent", ""},

		"epoll state":      {of(refEpoll), fd(func(b *FDData) { b.State = 1 }), "state", ""},
		"epoll parent":     {first(CR_HDR_EPOLL), parent(refEventfd), "parent", "CR_FD_EPOLL"},
		"epoll of no file": {first(CR_HDR_EPOLL), parent(refPipe), "parent", ""},
		"no items":         {first(CR_HDR_EPOLL), epoll(func(b *Epoll) { b.Item = nil }), "nr_items", "1 to 4096"},
		"many items":       {first(CR_HDR_EPOLL), epoll(func(b *Epoll) { b.Item = make([]EpollItem, CR_EPOLL_MAX+1) }), "nr_items", ""},
		"item flags":       {first(CR_HDR_EPOLL), item(func(i *EpollItem) { i.Flags = 2 }), "flags", ""},
		"item fd":          {first(CR_HDR_EPOLL), item(func(i *EpollItem) { i.FD = -1 }), "fd", ""},
		"item file":        {first(CR_HDR_EPOLL), item(func(i *EpollItem) { i.File = refPipe }), "file", "CR_HDR_FD_DATA"},
		"item of none":     {first(CR_HDR_EPOLL), item(func(i *EpollItem) { i.File = 0 }), "file", ""},
		"item twice":       {first(CR_HDR_EPOLL), item(func(i *EpollItem) { i.File, i.FD = refEventfd, 8 }), "fd", "twice"},

		"shmem objref":     {of(refShmem), shmem(func(b *Shmem) { b.Objref = 1 }), "objref", ""},
		"shmem flags":      {of(refShmem), shmem(func(b *Shmem) { b.Flags |= 4 }), "flags", ""},
		"shmem mode":       {of(refShmem), shmem(func(b *Shmem) { b.Mode |= modeReg }), "mode", ""},
		"shmem size":       {of(refShmem), shmem(func(b *Shmem) { b.Size = 1 << 63 }), "size", ""},
		"shmem seals":      {of(refMemfd), shmem(func(b *Shmem) { b.Seals = 0x40 }), "seals", ""},
		"seals of mapping": {of(refShmem), shmem(func(b *Shmem) { b.Seals = 0 }), "seals", "want 0x1"},
		"F_SEAL_EXEC":      {of(refMemfd), shmem(func(b *Shmem) { b.Seals = sealExec | 0x8 }), "seals", "0x1e"},
		"memfd no name":    {of(refShmem), shmem(func(b *Shmem) { b.Flags = 0 }), "type", "a name that is missing"},
		"name of mapping":  {of(refMemfd), shmem(func(b *Shmem) { b.Flags, b.Seals = CR_SHMEM_F_ANON, 1 }), "type", "a name that is missing"},
		"memfd what":       {below(CR_HDR_STRING, refMemfd), text(func(b *String) { b.What = CR_STRING_VMA_NAME }), "what", "CR_STRING_MEMFD"},
		"memfd name":       {below(CR_HDR_STRING, refMemfd), text(func(b *String) { b.Data = Text(bytes.Repeat([]byte("x"), 250)) }), "len", "<= 249"},
		"memfd parent":     {below(CR_HDR_STRING, refMemfd), parent(refShmem), "parent", ""},
		"VMA name":         {below(CR_HDR_STRING, refMM), text(func(b *String) { b.Data = Text(bytes.Repeat([]byte("x"), 80)) }), "len", "<= 79"},
		"VMA what":         {below(CR_HDR_STRING, refMM), text(func(b *String) { b.What = CR_STRING_MEMFD }), "what", ""},
		"file of a pipe":   {of(refShmemFile), fd(func(b *FDData) { b.Obj = refPipe }), "obj", "CR_HDR_SHMEM"},
		"file of none":     {of(refShmemFile), fd(func(b *FDData) { b.Obj = 0 }), "obj", ""},
		"shmem state":      {of(refShmemFile), fd(func(b *FDData) { b.State = CR_FD_STATE_NO_WRITER_YET }), "state", ""},
		"shmem written":    {of(refShmemFile), fd(func(b *FDData) { b.FFlags = 1 }), "state", ""},
		"shmem given":      {of(refMemfdFile), fd(func(b *FDData) { b.Obj, b.State = refShmem, 0 }), "state", "CR_FD_STATE_WRITER"},

		"map a file":         {vma(refShmemFile), mapping(func(b *VMA) { b.File = refExe }), "file", "CR_FD_SHMEM"},
		"map nothing":        {vma(refShmemFile), mapping(func(b *VMA) { b.File = 0 }), "file", ""},
		"map the object":     {vma(refShmemFile), mapping(func(b *VMA) { b.File = refShmem }), "file", ""},
		"mapped privately":   {vma(refShmemFile), mapping(func(b *VMA) { b.Flags &^= CR_VMA_F_MAYSHARE }), "flags", "CR_VMA_F_MAYSHARE"},
		"sealed and written": {vma(refMemfdFile), mapping(func(b *VMA) { b.Flags |= CR_VMA_F_WRITE }), "flags", "CR_VMA_F_SEALED"},

		"page behind the end": {below(CR_HDR_PGARR, refShmem), run(func(r *PgRun) { r.Addr = 0x3000 }), "addr", "below 0x3000"},
		"pages past the end":  {below(CR_HDR_PGARR, refShmem), run(func(r *PgRun) { r.Addr = 1 << 63 }), "addr", ""},
		"page of shmem twice": {below(CR_HDR_PGARR, refShmem), run(func(r *PgRun) { r.Addr = 0 }), "addr", "want >= 0x1000"},
		"pages of a file":     {below(CR_HDR_PGARR, refShmem), parent(refShmemFile), "parent", "CR_HDR_SHMEM"},
		"pages of nothing":    {below(CR_HDR_PGARR, refShmem), parent(0), "parent", ""},
		"pages apart":         {below(CR_HDR_PGARR, refMM), parent(refMemfd), "addr", ""},
	} {
		t.Run(name, func(t *testing.T) { wantBad(t, tt.want, tt.edit, tt.field, tt.text) })
	}
}

// Pages of one object stand together, in whatever order the objects come.
func TestPageGroups(t *testing.T) {
	all := sampleRecords()
	n := len(all) - 3 // two lists of the address space, one of shared memory
	for name, tt := range map[string]struct {
		order []int
		field string
	}{
		"as they are":         {[]int{0, 1, 2}, ""},
		"shared memory first": {[]int{2, 0, 1}, ""},
		"apart":               {[]int{0, 2, 1}, "parent"},
		"not ascending":       {[]int{1, 0, 2}, "addr"},
	} {
		recs := slices.Clone(all[:n])
		for _, i := range tt.order {
			recs = append(recs, all[n+i])
		}
		_, err := Verify(bytes.NewReader(encode(t, recs)))
		fe, _ := err.(*FormatError)
		if (fe != nil) != (tt.field != "") || fe != nil && fe.Field != tt.field {
			t.Errorf("%s: got %v, want field %q", name, err, tt.field)
		}
	}
}

// Files, and what they show, come before the address space.
func TestLateFiles(t *testing.T) {
	recs := sampleRecords()
	files := slices.IndexFunc(recs, first(CR_HDR_FILES))
	name := slices.IndexFunc(recs, below(CR_HDR_STRING, refMM))
	for _, at := range []int{name + 1, files} {
		late := slices.Insert(slices.Clone(recs), at, rec{t: CR_HDR_PIPE, body: &Pipe{Objref: refMM + 1, NrSlots: 1}})
		if _, err := Verify(bytes.NewReader(encode(t, late))); err == nil {
			t.Errorf("a pipe after %v: no error", late[at-1].t)
		}
	}
}

func TestSummaryOfFiles(t *testing.T) {
	s, err := Verify(bytes.NewReader(sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	pipes := []PipeSum{{Objref: refPipe, Slots: 16, Bytes: 6}, {Objref: refFifo, Path: "/run/fifo", Slots: 1}}
	if diff := cmp.Diff(pipes, s.Pipes); diff != "" {
		t.Errorf("pipes (-want +got):\n%s", diff)
	}
	shmem := []ShmemSum{
		{Objref: refShmem, Flags: CR_SHMEM_F_ANON, Seals: 1, Size: 2*pageSize + 1, Pages: 2},
		{Objref: refMemfd, Name: "scratch", Seals: 8, Size: pageSize},
	}
	if diff := cmp.Diff(shmem, s.Shmem); diff != "" {
		t.Errorf("shared memory (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(s.Memory, func(m MemKind) bool { return m.Kind == "shared memory" })
	if i < 0 || s.Memory[i] != (MemKind{"shared memory", 2, 4 * pageSize}) {
		t.Errorf("memory is %v", s.Memory)
	}
	for _, f := range s.Files {
		p, m := s.Pipe(f), s.SharedMemory(f)
		if (p != nil) != (f.Type == CR_FD_PIPE) || p != nil && p.Objref != f.Obj {
			t.Errorf("file %d: pipe %+v", f.Objref, p)
		}
		if (m != nil) != (f.Type == CR_FD_SHMEM) || m != nil && m.Objref != f.Obj {
			t.Errorf("file %d: shared memory %+v", f.Objref, m)
		}
		if f.Objref == refEventfd && f.Count != 3 || f.Objref == refEpoll && f.Watches != 2 {
			t.Errorf("file %d: count %d, watches %d", f.Objref, f.Count, f.Watches)
		}
	}
}
