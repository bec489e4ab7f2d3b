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

	byRef map[uint32]int // objref of a file -> index in Files
}

// MemKind adds up the mappings of one kind.
type MemKind struct {
	Kind  string `json:"kind"` // such as "anonymous" or "file, executable"
	VMAs  int    `json:"vmas"`
	Bytes uint64 `json:"bytes"` // of address space
}

// File is one open file.
type File struct {
	Objref uint32  `json:"objref"`
	Type   FDType  `json:"type"`
	Path   string  `json:"path"` // or what it was, for one that is outside
	FDs    []int32 `json:"fds"`  // descriptors; none for one that is only mapped
	Pos    uint64  `json:"pos"`
	Flags  uint32  `json:"f_flags"`
	Mode   uint32  `json:"mode"`
	Size   uint64  `json:"size"`

	lowest int32
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
	case *FDData:
		s.byRef[b.Objref] = len(s.Files)
		s.Files = append(s.Files, File{Objref: b.Objref, Type: b.Type, Pos: b.Pos,
			Flags: b.FFlags, Mode: b.Mode, Size: b.Size, lowest: b.FD})
	case *String:
		s.addString(b)
	case *MM:
		if b.Exe != noObjref {
			s.Exe = s.Files[s.byRef[b.Exe]].Path
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
		s.Pages += b.pages()
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

func (s *Summary) addString(b *String) {
	text := string(printable(b.Data))
	switch b.What {
	case CR_STRING_FILE:
		s.Files[len(s.Files)-1].Path = text
	case CR_STRING_CWD:
		s.CWD = text
	case CR_STRING_ROOT:
		s.Root = text
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
