// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"math"
	"slices"
)

func (c *Checker) checkMM(b *MM) *fieldError {
	switch {
	case b.Flags&^CR_MM_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_MM_F_ALL)
	case b.Dumpable > 2:
		return bad("dumpable", b.Dumpable, "0 to 2")
	case b.Brk < b.StartBrk:
		return bad("brk", b.Brk, ">= %#x", b.StartBrk)
	case b.ArgEnd < b.ArgStart:
		return bad("arg_end", b.ArgEnd, ">= %#x", b.ArgStart)
	case b.EnvEnd < b.EnvStart:
		return bad("env_end", b.EnvEnd, ">= %#x", b.EnvStart)
	}
	if err := c.ref("exe", b.Exe, CR_HDR_FD_DATA, true); err != nil {
		return err
	}
	if err := c.define(b.Objref); err != nil {
		return err
	}
	c.vmas, c.mmRef = b.NrVMAs, b.Objref
	c.mm = &mmState{}
	c.mms[b.Objref] = c.mm
	return nil
}

func checkAuxv(b *Auxv) *fieldError {
	if b.Nr > CR_AUXV_MAX || b.Nr%2 != 0 {
		return bad("nr", b.Nr, "an even number, <= %d", CR_AUXV_MAX)
	}
	return nil
}

func checkMMContext(b *MMContextX86) *fieldError {
	switch {
	case b.VDSO%pageSize != 0 || b.VDSO > taskSizeMax:
		return bad("vdso", b.VDSO, "the address of a page")
	case b.PkeyMap >= 1<<(maxPkey+1):
		return bad("pkey_map", uint64(b.PkeyMap), "< %#x", 1<<(maxPkey+1))
	case b.ExecuteOnlyPkey < -1 || b.ExecuteOnlyPkey > maxPkey:
		return bad("execute_only_pkey", b.ExecuteOnlyPkey, "-1 to %d", maxPkey)
	}
	return nil
}

func (c *Checker) checkVMA(b *VMA) *fieldError {
	switch {
	case b.Start%pageSize != 0:
		return bad("start", b.Start, "a multiple of %#x", pageSize)
	case b.End%pageSize != 0:
		return bad("end", b.End, "a multiple of %#x", pageSize)
	case b.End <= b.Start:
		return bad("end", b.End, "> %#x", b.Start)
	case b.Start < c.mm.end:
		return bad("start", b.Start, ">= %#x", c.mm.end)
	case b.End > taskSizeMax:
		return bad("end", b.End, "<= %#x", uint64(taskSizeMax))
	case b.Flags&^CR_VMA_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_VMA_F_ALL)
	case !b.Type.known():
		return bad("type", b.Type, "a known one")
	case b.Pkey > maxPkey:
		return bad("pkey", b.Pkey, "<= %d", maxPkey)
	case b.Pgoff > (math.MaxUint64-(b.End-b.Start))/pageSize:
		return bad("pgoff", b.Pgoff, "<= %#x", (math.MaxUint64-(b.End-b.Start))/pageSize)
	}
	if err := c.vmaFile(b); err != nil {
		return err
	}
	if err := c.vmaFlags(b); err != nil {
		return err
	}
	c.addVMA(b)
	return nil
}

// vmaFile checks what is mapped.
func (c *Checker) vmaFile(b *VMA) *fieldError {
	switch b.Type {
	case CR_VMA_SHMEM:
		return c.fileRef("file", b.File, CR_FD_SHMEM)
	case CR_VMA_FILE:
		if err := c.ref("file", b.File, CR_HDR_FD_DATA, false); err != nil {
			return err
		}
		switch t := c.objs[b.File-1].file; t {
		case CR_FD_DIR, CR_FD_CHR, CR_FD_PIPE, CR_FD_EVENTFD, CR_FD_EPOLL:
			return bad("file", b.File, "a regular file, not a %v", t)
		}
		return nil
	}
	if b.File != noObjref {
		return bad("file", b.File, "0 for a %v", b.Type)
	}
	return nil
}

// vmaFlags checks flags against each other and against the type.
func (c *Checker) vmaFlags(b *VMA) *fieldError {
	const (
		huge = CR_VMA_F_HUGEPAGE | CR_VMA_F_NOHUGEPAGE
		read = CR_VMA_F_SEQ_READ | CR_VMA_F_RAND_READ
	)
	shared, shmem := b.Flags&CR_VMA_F_MAYSHARE != 0, b.Type == CR_VMA_SHMEM
	sealed := b.Flags&CR_VMA_F_SEALED != 0
	size := b.End - b.Start
	switch {
	case b.Flags&huge == huge:
		return bad("flags", b.Flags, "not both of %v", VMAFlags(huge))
	case b.Flags&read == read:
		return bad("flags", b.Flags, "not both of %v", VMAFlags(read))
	case shmem && !shared:
		return bad("flags", b.Flags, "%v for a %v", CR_VMA_F_MAYSHARE, CR_VMA_SHMEM)
	case shared && !shmem && (b.Type != CR_VMA_FILE || b.Flags&CR_VMA_F_WRITE != 0):
		return bad("flags", b.Flags, "%v only for a file that isn't writable", CR_VMA_F_MAYSHARE)
	case sealed && (!shmem || b.Flags&CR_VMA_F_WRITE != 0):
		return bad("flags", b.Flags, "%v only for a %v that isn't writable", CR_VMA_F_SEALED, CR_VMA_SHMEM)
	case b.Flags&CR_VMA_F_NAMED != 0 && b.Type != CR_VMA_ANON && !shmem:
		return bad("flags", b.Flags, "%v only for %v and %v", CR_VMA_F_NAMED, CR_VMA_ANON, CR_VMA_SHMEM)
	case b.Type == CR_VMA_VDSO && size != uint64(c.arch.VDSOSize):
		return bad("end", b.End, "%#x, by the vDSO's size", b.Start+uint64(c.arch.VDSOSize))
	case b.Type == CR_VMA_VVAR && size != uint64(c.arch.VVARSize):
		return bad("end", b.End, "%#x, by the vvar mapping's size", b.Start+uint64(c.arch.VVARSize))
	}
	return nil
}

func (c *Checker) addVMA(b *VMA) {
	c.vmas--
	if b.Flags&CR_VMA_F_NAMED != 0 {
		c.str, c.strOf = CR_STRING_VMA_NAME, c.mmRef
	}
	m := c.mm
	m.end = b.End
	private := b.Flags&CR_VMA_F_MAYSHARE == 0 && (b.Type == CR_VMA_ANON || b.Type == CR_VMA_FILE)
	if !private {
		return
	}
	if n := len(m.priv); n > 0 && m.priv[n-1].end == b.Start {
		m.priv[n-1].end = b.End
		return
	}
	m.priv = append(m.priv, span{b.Start, b.End})
}

// beginPages checks whose pages follow: those of one object stand together.
func (c *Checker) beginPages(ref uint32) *fieldError {
	if kind := c.kind(ref); kind != CR_HDR_MM && (kind != CR_HDR_SHMEM || c.rec.Type() == CR_HDR_PGSHARE) {
		return bad("parent", ref, "the objref of an earlier %v or %v", CR_HDR_MM, CR_HDR_SHMEM)
	}
	if m := c.mms[c.pagesOf]; ref != c.pagesOf && m != nil {
		m.shared = nil // of no use any more
	}
	if ref != c.pagesOf && c.paged[ref] {
		return bad("parent", ref, "%d, or one that had no pages yet", c.pagesOf)
	}
	c.pagesOf, c.paged[ref] = ref, true
	return nil
}

// checkPgArr wants runs that ascend through all pages of an object.
func (c *Checker) checkPgArr(b *PgArr) *fieldError {
	if s := c.shmem[c.pagesOf]; s != nil {
		return s.pages(b)
	}
	return c.mms[c.pagesOf].pages(b)
}

// pages wants runs that lie in private mappings. A run may cross from one into
// the next.
func (m *mmState) pages(b *PgArr) *fieldError {
	for _, r := range b.Run {
		end := r.Addr + r.Count*pageSize
		if r.Addr < m.next {
			return bad("addr", r.Addr, ">= %#x", m.next)
		}
		if !contains(m.priv, r.Addr, end) {
			return bad("addr", r.Addr, "%d pages of a private mapping", r.Count)
		}
		if i := firstAfter(m.shared, r.Addr); i < len(m.shared) && m.shared[i].start < end {
			return bad("addr", r.Addr, "%d pages that aren't shared", r.Count)
		}
		m.next = end
	}
	return nil
}

// firstAfter returns the place of the first of ascending spans that ends above
// an address.
func firstAfter(spans []span, addr uint64) int {
	i, _ := slices.BinarySearchFunc(spans, addr, func(s span, a uint64) int {
		if s.end <= a {
			return -1
		}
		return 1
	})
	return i
}

// contains reports whether one of ascending spans has all of a range.
func contains(spans []span, start, end uint64) bool {
	i := firstAfter(spans, start)
	return i < len(spans) && spans[i].start <= start && end <= spans[i].end
}

// checkPgShare wants runs that ascend, of pages that an address space with
// pages before this one's has.
func (c *Checker) checkPgShare(b *PgShare) *fieldError {
	m := c.mms[c.pagesOf]
	switch {
	case len(b.Run) == 0 || len(b.Run) > CR_PGSHARE_MAX:
		return bad("nr_runs", len(b.Run), "1 to %d", CR_PGSHARE_MAX)
	case m.next != 0:
		return &fieldError{field: "type", msg: "shared pages after others of an address space"}
	}
	if err := c.ref("near", b.Near, CR_HDR_MM, true); err != nil {
		return err
	}
	if b.Near == c.pagesOf {
		return bad("near", b.Near, "another address space")
	}
	for _, r := range b.Run {
		if err := c.checkShareRun(m, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checker) checkShareRun(m *mmState, r ShareRun) *fieldError {
	src, size := c.mms[r.MM], uint64(r.Count)*pageSize
	switch {
	case r.Addr%pageSize != 0:
		return bad("addr", r.Addr, "a multiple of %#x", pageSize)
	case r.From%pageSize != 0:
		return bad("from", r.From, "a multiple of %#x", pageSize)
	case r.Count == 0:
		return bad("count", r.Count, "1 or more")
	case r.Addr < m.nextShare:
		return bad("addr", r.Addr, ">= %#x", m.nextShare)
	case r.Addr > taskSizeMax || r.From > taskSizeMax || !contains(m.priv, r.Addr, r.Addr+size):
		return bad("addr", r.Addr, "%d pages of a private mapping", r.Count)
	case src == nil || r.MM == c.pagesOf || !c.paged[r.MM]:
		return bad("mm", r.MM, "the objref of an %v whose pages came before", CR_HDR_MM)
	case !contains(src.priv, r.From, r.From+size):
		return bad("from", r.From, "%d pages of a private mapping", r.Count)
	}
	m.nextShare = r.Addr + size
	if n := len(m.shared); n > 0 && m.shared[n-1].end == r.Addr {
		m.shared[n-1].end = m.nextShare
	} else {
		m.shared = append(m.shared, span{r.Addr, m.nextShare})
	}
	return nil
}

// pages wants runs that lie below the size.
func (s *shmemState) pages(b *PgArr) *fieldError {
	for _, r := range b.Run {
		if r.Addr < s.next {
			return bad("addr", r.Addr, ">= %#x", s.next)
		}
		if r.Addr >= s.end || r.Count > (s.end-r.Addr)/pageSize {
			return bad("addr", r.Addr, "%d pages below %#x", r.Count, s.end)
		}
		s.next = r.Addr + r.Count*pageSize
	}
	return nil
}
