// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Summary is what an image holds, in one screen's worth. It grows with the
// number of tasks and files, not with memory.
type Summary struct {
	Head     *Head      `json:"head"`
	Tree     []TreeEnt  `json:"tree"`
	Tasks    []TaskSum  `json:"tasks"` // in the order of the tree
	Memory   []MemKind  `json:"memory"`
	Spaces   []SpaceSum `json:"address_spaces"`
	Tables   []TableSum `json:"fd_tables"`
	Files    []File     `json:"files"`
	Pipes    []PipeSum  `json:"pipes"`
	Shmem    []ShmemSum `json:"shmem"`
	Dirs     []DirSum   `json:"directories"`
	Locks    int        `json:"locks"`   // file locks held
	Pending  int        `json:"pending"` // pending signals
	Types    []TypeSize `json:"types"`   // ascending by type
	Records  uint64     `json:"records"`
	Bytes    int64      `json:"bytes"`                  // of the stream
	Pages    uint64     `json:"pages"`                  // whose data is in the image
	Shared   uint64     `json:"shared_pages,omitempty"` // that more than one address space has, but for the first
	Complete bool       `json:"complete"`               // up to the tail

	next  TaskSum        // what came before its TASK
	byRef map[uint32]int // objref -> index in Spaces, Files, Pipes or Shmem
}

// TaskSum is a task: what its TASK says, and what it is doing; or a ZOMBIE.
type TaskSum struct {
	*Task               // nil for a zombie
	Zombie  *Zombie     `json:"zombie,omitempty"`
	Pending int         `json:"pending,omitempty"` // signals, those of the process with its first task
	Timers  int         `json:"timers,omitempty"`  // of timer_create(2), of the process
	Sched   *Sched      `json:"sched,omitempty"`   // nil for the default
	Restart RestartKind `json:"restart,omitempty"` // how an interrupted call goes on
	Call    *uint64     `json:"call,omitempty"`    // number of a call that is made again
}

// Name returns the comm.
func (t TaskSum) Name() string {
	if t.Zombie != nil {
		return t.Zombie.Comm.String()
	}
	return t.Comm.String()
}

// SpaceSum is an address space.
type SpaceSum struct {
	Objref uint32 `json:"objref"`
	Exe    string `json:"exe"`
	VMAs   int    `json:"vmas"`
	Bytes  uint64 `json:"bytes"`                  // of address space
	Pages  uint64 `json:"pages"`                  // whose data is in the image
	Shared uint64 `json:"shared_pages,omitempty"` // that it has with an earlier one, and aren't in Pages
}

// TableSum is a descriptor table.
type TableSum struct {
	Objref uint32 `json:"objref"`
	FDs    uint32 `json:"fds"` // open ones
}

// DirSum is the working and the root directory of a task or several.
type DirSum struct {
	Objref uint32 `json:"objref"`
	CWD    string `json:"cwd"`
	Root   string `json:"root"`
}

// MemKind adds up the mappings of one kind.
type MemKind struct {
	Kind  string `json:"kind"` // such as "anonymous" or "file, executable"
	VMAs  int    `json:"vmas"`
	Bytes uint64 `json:"bytes"` // of address space
}

// File is one open file.
type File struct {
	Objref  uint32 `json:"objref"`
	Type    FDType `json:"type"`
	Path    string `json:"path"` // or what it was, for one that has none
	FDs     []FD   `json:"fds"`  // descriptors; none for one that is only mapped
	Pos     uint64 `json:"pos"`
	Flags   uint32 `json:"f_flags"`
	Mode    uint32 `json:"mode"`
	Size    uint64 `json:"size"`
	Ino     uint64 `json:"ino"`
	Obj     uint32 `json:"obj,omitempty"`     // objref of the pipe or shared memory
	Count   uint64 `json:"count,omitempty"`   // of an eventfd
	Watches int    `json:"watches,omitempty"` // files, of an epoll instance

	lowest int32
}

// FD is a descriptor in a table.
type FD struct {
	Table uint32 `json:"table"` // its objref
	FD    int32  `json:"fd"`
}

// PipeSum is a pipe or FIFO.
type PipeSum struct {
	Objref uint32 `json:"objref"`
	Path   string `json:"path,omitempty"` // of a FIFO
	Slots  uint32 `json:"nr_slots"`
	Bytes  uint64 `json:"bytes"` // that are to be read
}

// ShmemSum is shared memory without a path.
type ShmemSum struct {
	Objref uint32     `json:"objref"`
	Name   string     `json:"name"` // of a memfd
	Flags  ShmemFlags `json:"flags"`
	Seals  uint32     `json:"seals"`
	Size   uint64     `json:"size"`
	Pages  uint64     `json:"pages"` // whose data is in the image
}

// TypeSize adds up the records of one type.
type TypeSize struct {
	Type    RecType `json:"type"`
	Records uint64  `json:"records"`
	Bytes   uint64  `json:"bytes"` // headers, payload and page data
}

func newSummary() *Summary { return &Summary{byRef: map[uint32]int{}} }

// Outside returns the files that a restart has to be given, each under its
// lowest descriptor.
func (s *Summary) Outside() []File {
	var out []File
	for _, f := range s.Files {
		if f.Type == CR_FD_OUTSIDE {
			out = append(out, f)
		}
	}
	return out
}

// Pipe returns the pipe or FIFO that a file is an end of, nil for another file.
func (s *Summary) Pipe(f File) *PipeSum {
	if f.Type != CR_FD_PIPE {
		return nil
	}
	return &s.Pipes[s.byRef[f.Obj]]
}

// SharedMemory returns what a file shows, nil for another file.
func (s *Summary) SharedMemory(f File) *ShmemSum {
	if f.Type != CR_FD_SHMEM {
		return nil
	}
	return &s.Shmem[s.byRef[f.Obj]]
}

// FD returns the lowest descriptor of the file, -1 for none.
func (f File) FD() int32 { return f.lowest }

// Processes returns how many of the tasks are processes.
func (s *Summary) Processes() int { return processes(s.Tree) }

func processes(tree []TreeEnt) int {
	n := 0
	for i := range tree {
		if !tree[i].isThread() {
			n++
		}
	}
	return n
}

func (s *Summary) add(rec *Record) {
	s.Records++
	s.size(rec)
	switch b := rec.Body.(type) {
	case *Head:
		s.Head = b
	case *Tree:
		s.Tree = b.Ent
	case *Pipe:
		s.byRef[b.Objref] = len(s.Pipes)
		s.Pipes = append(s.Pipes, PipeSum{Objref: b.Objref, Slots: b.NrSlots})
	case *PipeBuf:
		s.Pipes[len(s.Pipes)-1].Bytes += uint64(b.Len)
	case *Shmem:
		s.byRef[b.Objref] = len(s.Shmem)
		s.Shmem = append(s.Shmem, ShmemSum{Objref: b.Objref, Flags: b.Flags, Seals: b.Seals, Size: b.Size})
	case *FDData:
		s.byRef[b.Objref] = len(s.Files)
		s.Files = append(s.Files, File{Objref: b.Objref, Type: b.Type, Pos: b.Pos,
			Flags: b.FFlags, Mode: b.Mode, Size: b.Size, Ino: b.Ino, Obj: b.Obj, lowest: b.FD})
	case *Eventfd:
		s.Files[len(s.Files)-1].Count = b.Count
	case *Epoll:
		s.Files[s.byRef[rec.Header.Parent]].Watches += len(b.Item)
	case *String:
		s.addString(rec.Header.Parent, b)
	case *FS:
		s.Dirs = append(s.Dirs, DirSum{Objref: b.Objref})
	case *MM:
		s.addMM(b)
	case *VMA:
		s.addVMA(b)
	case *Files:
		s.Tables = append(s.Tables, TableSum{Objref: b.Objref, FDs: b.NFDs})
	case *FDEnt:
		f := &s.Files[s.byRef[b.Objref]]
		f.FDs = append(f.FDs, FD{rec.Header.Parent, b.FD})
	case *Flock:
		s.Locks++
	case *Task:
		s.next.Task = b
		s.Tasks, s.next = append(s.Tasks, s.next), TaskSum{}
	case *PosixTimers:
		s.next.Timers = len(b.Timer)
	case *Sched:
		s.next.Sched = b
	case *Zombie:
		s.Tasks = append(s.Tasks, TaskSum{Zombie: b})
	case *Siginfo:
		s.Pending++
		s.Tasks[len(s.Tasks)-1].Pending++
	case *RestartBlock:
		s.Tasks[len(s.Tasks)-1].Restart = b.Kind
	case *CPU:
		s.Tasks[len(s.Tasks)-1].Call = b.restarts()
	case *PgArr:
		s.addPages(rec.Header.Parent, b.pages())
	case *PgShare:
		for _, r := range b.Run {
			s.addShared(rec.Header.Parent, uint64(r.Count))
		}
	case *Tail:
		s.Complete = true
	}
}

func (s *Summary) size(rec *Record) {
	n := uint64(sizeHeader) + uint64(rec.Header.Len)
	if b, ok := rec.Body.(*PgArr); ok {
		n += b.pages() * pageSize
	}
	s.Bytes = rec.Off + int64(n)
	i, found := slices.BinarySearchFunc(s.Types, rec.Type(), func(t TypeSize, r RecType) int {
		return int(int64(t.Type) - int64(r))
	})
	if !found {
		s.Types = slices.Insert(s.Types, i, TypeSize{Type: rec.Type()})
	}
	s.Types[i].Records++
	s.Types[i].Bytes += n
}

func (s *Summary) addString(parent uint32, b *String) {
	text := string(printable(b.Data))
	switch b.What {
	case CR_STRING_FILE:
		if n := len(s.Pipes); n > 0 && s.Pipes[n-1].Objref == parent {
			s.Pipes[n-1].Path = text
		} else {
			s.Files[len(s.Files)-1].Path = text
		}
	case CR_STRING_MEMFD:
		s.Shmem[len(s.Shmem)-1].Name = text
	case CR_STRING_CWD:
		s.Dirs[len(s.Dirs)-1].CWD = text
	case CR_STRING_ROOT:
		s.Dirs[len(s.Dirs)-1].Root = text
	}
}

func (s *Summary) exePath(f File) string {
	if m := s.SharedMemory(f); m != nil {
		return "memfd:" + m.Name
	}
	return f.Path
}

func (s *Summary) addMM(b *MM) {
	space := SpaceSum{Objref: b.Objref}
	if b.Exe != noObjref {
		space.Exe = s.exePath(s.Files[s.byRef[b.Exe]])
	}
	s.byRef[b.Objref] = len(s.Spaces)
	s.Spaces = append(s.Spaces, space)
}

func (s *Summary) addShared(parent uint32, n uint64) {
	s.Shared += n
	if i := s.byRef[parent]; i < len(s.Spaces) && s.Spaces[i].Objref == parent {
		s.Spaces[i].Shared += n
	}
}

func (s *Summary) addPages(parent uint32, n uint64) {
	s.Pages += n
	if i := s.byRef[parent]; i < len(s.Spaces) && s.Spaces[i].Objref == parent {
		s.Spaces[i].Pages += n
	} else {
		s.Shmem[i].Pages += n
	}
}

// restarts returns the call that was interrupted and that the signal code makes
// again, nil for none.
func (b *CPU) restarts() *uint64 {
	const rax, origRax, size = 10 * 8, 15 * 8, 8
	if len(b.Data) < origRax+size {
		return nil
	}
	ret := int64(binary.LittleEndian.Uint64(b.Data[rax:]))
	call := binary.LittleEndian.Uint64(b.Data[origRax:])
	if int64(call) < 0 || !slices.Contains(restartErrnos, -ret) {
		return nil
	}
	return &call
}

// restartErrnos are the kernel's own results of interrupted calls: ERESTARTSYS,
// ERESTARTNOINTR, ERESTARTNOHAND and ERESTART_RESTARTBLOCK.
var restartErrnos = []int64{512, 513, 514, 516}

func (s *Summary) addVMA(b *VMA) {
	kind := vmaKind(b)
	i := slices.IndexFunc(s.Memory, func(m MemKind) bool { return m.Kind == kind })
	if i < 0 {
		i = len(s.Memory)
		s.Memory = append(s.Memory, MemKind{Kind: kind})
	}
	s.Memory[i].VMAs++
	s.Memory[i].Bytes += b.End - b.Start
	space := &s.Spaces[len(s.Spaces)-1]
	space.VMAs++
	space.Bytes += b.End - b.Start
}

func vmaKind(b *VMA) string {
	switch {
	case b.Type == CR_VMA_VDSO || b.Type == CR_VMA_VVAR:
		return "vDSO"
	case b.Type == CR_VMA_ANON && b.Flags&CR_VMA_F_GROWSDOWN != 0:
		return "stack"
	case b.Type == CR_VMA_ANON:
		return "anonymous"
	case b.Type == CR_VMA_SHMEM:
		return "shared memory"
	case b.Flags&CR_VMA_F_MAYSHARE != 0:
		return "file, shared"
	case b.Flags&CR_VMA_F_WRITE != 0:
		return "file, writable"
	case b.Flags&CR_VMA_F_EXEC != 0:
		return "file, executable"
	}
	return "file, read only"
}

// Verify reads an image to the end of r, which must be the end of the image,
// and makes every check that needs no kernel. It wants to read all of r, so
// small reads are gathered.
//
// The Summary is nil exactly when there is an error.
func Verify(r io.Reader) (*Summary, error) {
	rd := NewReader(bufio.NewReaderSize(r, 256<<10))
	s, err := verify(rd)
	if err == nil {
		err = rd.End()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// VerifyStream is Verify of an image in a longer stream: it reads nothing past
// the tail.
func VerifyStream(r io.Reader) (*Summary, error) {
	s, err := verify(NewReader(r))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Inspect is Verify for one who wants to see a damaged image too: the Summary
// covers what could be read before the error.
func Inspect(r io.Reader) (*Summary, error) {
	rd := NewReader(bufio.NewReaderSize(r, 256<<10))
	s, err := verify(rd)
	if err == nil {
		err = rd.End()
	}
	return s, err
}

// Scan reads what stands before the page data and checks it: enough to know
// what a restart needs, in a time that doesn't depend on the size of memory.
func Scan(r io.Reader) (*Summary, error) {
	rd, c := NewReader(r), NewChecker()
	for {
		rec, err := rd.Next()
		if err != nil {
			return nil, err
		}
		if err := c.Check(rec); err != nil {
			return nil, err
		}
		if t := rec.Type(); t == CR_HDR_PGARR || t == CR_HDR_TAIL {
			return c.Summary(), nil
		}
	}
}

// ReadTree reads no more than what says who is related to whom, and returns how
// many tasks there are, and how many of them are processes.
func ReadTree(r io.Reader) (tasks, procs int, err error) {
	rd, c := NewReader(r), NewChecker()
	for len(c.tree) == 0 {
		rec, err := rd.Next()
		if err != nil {
			return 0, 0, err
		}
		if err := c.Check(rec); err != nil {
			return 0, 0, err
		}
	}
	return len(c.tree), processes(c.tree), nil
}

func verify(rd *Reader) (*Summary, error) {
	c := NewChecker()
	for {
		rec, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return c.Summary(), nil
		}
		if err != nil {
			return c.Summary(), err
		}
		if err := c.Check(rec); err != nil {
			return c.Summary(), err
		}
	}
}
