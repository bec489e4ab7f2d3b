// SPDX-License-Identifier: BSD-3-Clause

package image

import "slices"

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
	case b.Type != CR_VMA_FILE && b.File != noObjref:
		return bad("file", b.File, "0 for a %v", b.Type)
	}
	if b.Type == CR_VMA_FILE {
		if err := c.ref("file", b.File, CR_HDR_FD_DATA, false); err != nil {
			return err
		}
	}
	if err := c.vmaFlags(b); err != nil {
		return err
	}
	c.addVMA(b)
	return nil
}

// vmaFlags checks flags against each other and against the type.
func (c *Checker) vmaFlags(b *VMA) *fieldError {
	const (
		huge = CR_VMA_F_HUGEPAGE | CR_VMA_F_NOHUGEPAGE
		read = CR_VMA_F_SEQ_READ | CR_VMA_F_RAND_READ
	)
	shared := b.Flags&CR_VMA_F_MAYSHARE != 0
	size := b.End - b.Start
	switch {
	case b.Flags&huge == huge:
		return bad("flags", b.Flags, "not both of %v", VMAFlags(huge))
	case b.Flags&read == read:
		return bad("flags", b.Flags, "not both of %v", VMAFlags(read))
	case shared && (b.Type != CR_VMA_FILE || b.Flags&CR_VMA_F_WRITE != 0):
		return bad("flags", b.Flags, "%v only for a file that isn't writable", CR_VMA_F_MAYSHARE)
	case b.Flags&CR_VMA_F_NAMED != 0 && b.Type != CR_VMA_ANON:
		return bad("flags", b.Flags, "%v only for %v", CR_VMA_F_NAMED, CR_VMA_ANON)
	case b.Type == CR_VMA_VDSO && size != uint64(c.arch.VDSOSize):
		return bad("end", b.End, "%#x, by the vDSO's size", b.Start+uint64(c.arch.VDSOSize))
	case b.Type == CR_VMA_VVAR && size != uint64(c.arch.VVARSize):
		return bad("end", b.End, "%#x, by the vvar mapping's size", b.Start+uint64(c.arch.VVARSize))
	}
	return nil
}

func (c *Checker) addVMA(b *VMA) {
	c.vmas--
	c.named = b.Flags&CR_VMA_F_NAMED != 0
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

// checkPgArr wants runs that ascend through the image and lie in private
// mappings. A run may cross from one into the next.
func (c *Checker) checkPgArr(b *PgArr) *fieldError {
	m := c.mms[c.rec.Header.Parent]
	for _, r := range b.Run {
		end := r.Addr + r.Count*pageSize
		if r.Addr < m.next {
			return bad("addr", r.Addr, ">= %#x", m.next)
		}
		i, found := slices.BinarySearchFunc(m.priv, r.Addr, func(s span, a uint64) int {
			switch {
			case s.end <= a:
				return -1
			case s.start > a:
				return 1
			}
			return 0
		})
		if !found || end > m.priv[i].end {
			return bad("addr", r.Addr, "%d pages of a private mapping", r.Count)
		}
		m.next = end
	}
	return nil
}
