// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"math"
	"math/bits"
)

// fileModes has the types that say what kind of file it is.
var fileModes = map[FDType]uint32{
	CR_FD_FILE: modeReg, CR_FD_DIR: modeDir, CR_FD_CHR: modeChr, CR_FD_PIPE: modeFifo,
}

// showsA has the files whose content is a record of its own.
var showsA = map[FDType]RecType{CR_FD_PIPE: CR_HDR_PIPE, CR_FD_SHMEM: CR_HDR_SHMEM}

var fileStates = map[FDType]FDState{CR_FD_PIPE: CR_FD_STATE_NO_WRITER_YET, CR_FD_SHMEM: CR_FD_STATE_WRITER}

func (t FDType) supplied() bool { return t == CR_FD_OUTSIDE || t == CR_FD_IMAGE || t == CR_FD_LOG }

// hasPath is false where what stands for a path is the kind of file.
func (t FDType) hasPath() bool {
	switch t {
	case CR_FD_FILE, CR_FD_DIR, CR_FD_CHR, CR_FD_PATH:
		return true
	}
	return false
}

func (c *Checker) checkFDData(b *FDData) *fieldError {
	if err := c.define(b.Objref); err != nil {
		return err
	}
	mode, typed := fileModes[b.Type]
	lowest := int32(-1)
	if b.Type.supplied() {
		lowest = 0
	}
	switch {
	case !b.Type.known():
		return bad("type", b.Type, "a known one")
	case typed && b.Mode&modeFmt != mode:
		return bad("mode", uint64(b.Mode), "%#x, of a %v", mode, b.Type)
	case b.Pos > math.MaxInt64:
		return bad("pos", b.Pos, "<= %#x", math.MaxInt64)
	case b.Size > math.MaxInt64:
		return bad("size", b.Size, "<= %#x", math.MaxInt64)
	case b.MtimeNsec > maxMtimeNanos:
		return bad("mtime_nsec", b.MtimeNsec, "< 1000000000")
	case b.FD < lowest:
		return bad("fd", b.FD, ">= %d", lowest)
	case b.Advice&^CR_FD_ADVICE_ALL != 0 || b.Advice != 0 && b.Type != CR_FD_FILE:
		return bad("advice", b.Advice, "no bit but %#x, and none but for a %v", CR_FD_ADVICE_ALL, CR_FD_FILE)
	}
	if err := openFlags(b); err != nil {
		return err
	}
	c.owner, c.fdData, c.whats = b.Objref, b, []StringKind{CR_STRING_FILE}
	c.count = b.Type == CR_FD_EVENTFD
	return c.fileState(b)
}

// openFlags checks what is asked of open(), where a file is opened.
func openFlags(b *FDData) *fieldError {
	switch {
	case b.Type.supplied():
		return nil
	case b.FFlags&^openAll != 0:
		return bad("f_flags", uint64(b.FFlags), "no bit but %#x", openAll)
	case (b.FFlags&openPath != 0) != (b.Type == CR_FD_PATH):
		return bad("f_flags", uint64(b.FFlags), "O_PATH for a %v only", CR_FD_PATH)
	}
	return nil
}

// fileState checks what a file shows, and how.
func (c *Checker) fileState(b *FDData) *fieldError {
	kind, shows := showsA[b.Type]
	switch {
	case shows:
		if err := c.ref("obj", b.Obj, kind, false); err != nil {
			return err
		}
	case b.Obj != noObjref:
		return bad("obj", b.Obj, "0 for a %v", b.Type)
	}
	if b.State&^fileStates[b.Type] != 0 {
		return bad("state", b.State, "no bit but %v", fileStates[b.Type])
	}
	access := b.FFlags & openAccmode
	if b.Type != CR_FD_SHMEM || b.State&CR_FD_STATE_WRITER != 0 || access == openReadOnly {
		return nil
	}
	// Only the open file that comes with shared memory is none of a writer.
	s := c.shmem[b.Obj]
	if s.given || access != openReadWrite {
		return bad("state", b.State, "%v but for one that reads and writes", CR_FD_STATE_WRITER)
	}
	s.given = true
	return nil
}

// checkPath wants a path from the root where the restart opens one.
func (c *Checker) checkPath(b *String) *fieldError {
	if c.fdData != nil && !c.fdData.Type.hasPath() {
		return nil
	}
	if len(b.Data) == 0 || b.Data[0] != '/' {
		return bad("data", b.Data.String(), "a path from the root")
	}
	return nil
}

func (c *Checker) checkPipe(b *Pipe) *fieldError {
	switch {
	case b.Flags&^CR_PIPE_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_PIPE_F_ALL)
	case bits.OnesCount32(b.NrSlots) != 1 || b.NrSlots > maxPipeSlots:
		return bad("nr_slots", b.NrSlots, "a power of two, <= %d", maxPipeSlots)
	case b.NrBufs > b.NrSlots:
		return bad("nr_bufs", b.NrBufs, "<= %d", b.NrSlots)
	case b.Mode&^modePerms != 0:
		return bad("mode", uint64(b.Mode), "no bit but %#x", modePerms)
	}
	c.owner, c.fdData, c.bufs = b.Objref, nil, b.NrBufs
	if b.Flags&CR_PIPE_F_FIFO != 0 {
		c.whats = []StringKind{CR_STRING_FILE}
	}
	return c.define(b.Objref)
}

func (c *Checker) checkPipeBuf(b *PipeBuf) *fieldError {
	switch {
	case b.Len == 0 || b.Len > pageSize:
		return bad("len", b.Len, "1 to %d", pageSize)
	case b.Offset > pageSize-b.Len:
		return bad("offset", b.Offset, "<= %d", pageSize-b.Len)
	case b.Flags&^CR_PIPE_BUF_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_PIPE_BUF_F_ALL)
	}
	c.bufs--
	return nil
}

func (c *Checker) checkEventfd(b *Eventfd) *fieldError {
	if b.Flags&^CR_EVENTFD_F_ALL != 0 {
		return bad("flags", b.Flags, "no bit but %#x", CR_EVENTFD_F_ALL)
	}
	c.count = false
	return nil
}

func (c *Checker) checkEpoll(b *Epoll) *fieldError {
	if b.NrItems == 0 || b.NrItems > CR_EPOLL_MAX {
		return bad("nr_items", b.NrItems, "1 to %d", CR_EPOLL_MAX)
	}
	for _, i := range b.Item {
		if i.Flags&^CR_EPOLL_F_ALL != 0 {
			return bad("flags", i.Flags, "no bit but %#x", CR_EPOLL_F_ALL)
		}
		if i.FD < 0 {
			return bad("fd", i.FD, ">= 0")
		}
		if err := c.ref("file", i.File, CR_HDR_FD_DATA, false); err != nil {
			return err
		}
		w := watch{c.rec.Header.Parent, i.File, i.FD}
		if c.watched[w] {
			return &fieldError{field: "fd", msg: "a file that is watched twice", have: i.FD}
		}
		c.watched[w] = true
	}
	return nil
}

func (c *Checker) checkShmem(b *Shmem) *fieldError {
	anon := b.Flags&CR_SHMEM_F_ANON != 0
	switch {
	case b.Flags&^CR_SHMEM_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_SHMEM_F_ALL)
	case b.Mode&^modePerms != 0:
		return bad("mode", uint64(b.Mode), "no bit but %#x", modePerms)
	case b.Size > math.MaxInt64:
		return bad("size", b.Size, "<= %#x", math.MaxInt64)
	case b.Seals&^CR_SHMEM_SEALS_ALL != 0:
		return bad("seals", uint64(b.Seals), "no bit but %#x", CR_SHMEM_SEALS_ALL)
	case anon && b.Seals != sealSeal:
		return bad("seals", uint64(b.Seals), "%#x, of a mapping", sealSeal)
	case b.Seals&sealExec != 0 && b.Mode&modeExec != 0 && b.Seals&CR_SHMEM_SEALS_WX != CR_SHMEM_SEALS_WX:
		return bad("seals", uint64(b.Seals), "%#x and more", CR_SHMEM_SEALS_WX)
	}
	if !anon {
		c.str, c.strOf = CR_STRING_MEMFD, b.Objref
	}
	// A multiple of the page size that may be 1<<63.
	c.shmem[b.Objref] = &shmemState{end: (b.Size + pageSize - 1) &^ (pageSize - 1)}
	return c.define(b.Objref)
}

func (c *Checker) checkFiles(b *Files) *fieldError {
	c.files, c.nfds, c.lastFD = b.Objref, b.NFDs, -1
	return c.define(b.Objref)
}

func (c *Checker) checkFDEnt(b *FDEnt) *fieldError {
	switch {
	case b.FD <= c.lastFD:
		return bad("fd", b.FD, "> %d", c.lastFD)
	case b.Flags&^CR_FD_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_FD_F_ALL)
	}
	c.lastFD = b.FD
	c.nfds--
	return c.ref("objref", b.Objref, CR_HDR_FD_DATA, false)
}

func (c *Checker) checkFlock(b *Flock) *fieldError {
	switch {
	case !b.Kind.known():
		return bad("kind", b.Kind, "a known one")
	case b.Type != lockRead && b.Type != lockWrite:
		return bad("type", b.Type, "%d or %d", lockRead, lockWrite)
	case b.Start < 0:
		return bad("start", b.Start, ">= 0")
	case b.End < b.Start:
		return bad("end", b.End, ">= %d", b.Start)
	}
	return c.ref("file", b.File, CR_HDR_FD_DATA, false)
}
