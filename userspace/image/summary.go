// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bufio"
	"errors"
	"io"
	"slices"
)

// Summary is what an image holds, in one screen's worth. It grows with the
// number of tasks and files, not with memory.
type Summary struct {
	Head     *Head      `json:"head"`
	Tree     []TreeEnt  `json:"tree"`
	Tasks    []*Task    `json:"tasks"`
	Memory   []MemKind  `json:"memory"`
	Files    []File     `json:"files"`
	Pipes    []PipeSum  `json:"pipes"`
	Shmem    []ShmemSum `json:"shmem"`
	CWD      string     `json:"cwd"`
	Root     string     `json:"root"`
	Exe      string     `json:"exe"`
	Locks    int        `json:"locks"`   // file locks held
	Pending  int        `json:"pending"` // pending signals
	Types    []TypeSize `json:"types"`   // ascending by type
	Records  uint64     `json:"records"`
	Bytes    int64      `json:"bytes"`    // of the stream
	Pages    uint64     `json:"pages"`    // whose data is in the image
	Complete bool       `json:"complete"` // up to the tail

	byRef map[uint32]int // objref -> index in Files, Pipes or Shmem
}

// MemKind adds up the mappings of one kind.
type MemKind struct {
	Kind  string `json:"kind"` // such as "anonymous" or "file, executable"
	VMAs  int    `json:"vmas"`
	Bytes uint64 `json:"bytes"` // of address space
}

// File is one open file.
type File struct {
	Objref  uint32  `json:"objref"`
	Type    FDType  `json:"type"`
	Path    string  `json:"path"` // or what it was, for one that has none
	FDs     []int32 `json:"fds"`  // descriptors; none for one that is only mapped
	Pos     uint64  `json:"pos"`
	Flags   uint32  `json:"f_flags"`
	Mode    uint32  `json:"mode"`
	Size    uint64  `json:"size"`
	Ino     uint64  `json:"ino"`
	Obj     uint32  `json:"obj,omitempty"`     // objref of the pipe or shared memory
	Count   uint64  `json:"count,omitempty"`   // of an eventfd
	Watches int     `json:"watches,omitempty"` // files, of an epoll instance

	lowest int32
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
	case *MM:
		if b.Exe != noObjref {
			s.Exe = s.exePath(s.Files[s.byRef[b.Exe]])
		}
	case *VMA:
		s.addVMA(b)
	case *FDEnt:
		f := &s.Files[s.byRef[b.Objref]]
		f.FDs = append(f.FDs, b.FD)
	case *Flock:
		s.Locks++
	case *Siginfo:
		s.Pending++
	case *Task:
		s.Tasks = append(s.Tasks, b)
	case *PgArr:
		s.addPages(rec.Header.Parent, b.pages())
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
		s.CWD = text
	case CR_STRING_ROOT:
		s.Root = text
	}
}

func (s *Summary) exePath(f File) string {
	if m := s.SharedMemory(f); m != nil {
		return "memfd:" + m.Name
	}
	return f.Path
}

func (s *Summary) addPages(parent uint32, n uint64) {
	s.Pages += n
	if i, ok := s.byRef[parent]; ok { // an address space isn't there
		s.Shmem[i].Pages += n
	}
}

func (s *Summary) addVMA(b *VMA) {
	kind := vmaKind(b)
	i := slices.IndexFunc(s.Memory, func(m MemKind) bool { return m.Kind == kind })
	if i < 0 {
		i = len(s.Memory)
		s.Memory = append(s.Memory, MemKind{Kind: kind})
	}
	s.Memory[i].VMAs++
	s.Memory[i].Bytes += b.End - b.Start
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
