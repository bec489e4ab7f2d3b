// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"syscall"

	"linux-cr/userspace/image"
)

// edit alters a record of an image, or drops it, and says whether it did.
type edit func(rec *image.Record) (keep, changed bool)

// body makes an edit of a function that alters one kind of body.
func body[T image.Body](f func(T) bool) edit {
	return func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(T)
		return true, ok && f(b)
	}
}

// Offsets in struct user_regs_struct and in an XSAVE image.
const (
	regR13    = 2 * 8
	regOrigAX = 15 * 8
	regGSBase = 22 * 8
	xmm3      = 160 + 3*16
	ymm3High  = 576 + 3*16
)

// largeArray is the number of pages of a PGARR that only holds the workload's
// own pattern.
const largeArray = 256

// sealGrow is F_SEAL_GROW.
const sealGrow = 4

// errUnalterable is an image that hasn't got what the alteration is about.
var errUnalterable = errors.New("the image has nothing to alter")

// mutations are the alterations that the table names: each leaves a sound image
// of a program that isn't quite the one that was saved.
var mutations = map[string]edit{
	// Between two stretches of the workload a system call is under way, and the
	// register holds something that nobody looks at.
	"register": body(func(b *image.CPU) bool {
		had := binary.LittleEndian.Uint64(b.Data[regR13:]) == 0x0ddddddddddddddd
		b.Data[regR13] ^= 1
		return had
	}),
	"gs-base": body(func(b *image.CPU) bool { b.Data[regGSBase] ^= 8; return true }),
	"xmm":     body(func(b *image.XState) bool { b.Data[xmm3] ^= 1; return true }),
	"ymm":     body(func(b *image.XState) bool { b.Data[ymm3High] ^= 1; return true }),

	"page-byte": pages(func(addr uint64, page []byte) bool { page[1000] ^= 1; return true }),
	"page-lost": pages(func(addr uint64, page []byte) bool { return false }),
	"page-moved": func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(*image.PgArr)
		if !ok || b.NrPages < largeArray {
			return true, false
		}
		// Two neighbours in the middle change places.
		a := rec.Data[int(b.NrPages)/2*pageSize:][:pageSize]
		c := rec.Data[(int(b.NrPages)/2+1)*pageSize:][:pageSize]
		for i := range a {
			a[i], c[i] = c[i], a[i]
		}
		return true, true
	},
	"brk":       body(func(b *image.MM) bool { b.Brk -= 4096; return true }),
	"mmap-base": body(func(b *image.MM) bool { b.MmapBase -= 1 << 32; return true }),
	"no-inherit": body(func(b *image.MM) bool {
		had := b.Flags&image.CR_MM_F_MDWE_NO_INHERIT != 0
		b.Flags &^= image.CR_MM_F_MDWE_NO_INHERIT
		return had
	}),
	"execute-only-key": body(func(b *image.MMContextX86) bool {
		had := b.ExecuteOnlyPkey > 0
		b.ExecuteOnlyPkey = -1
		return had
	}),
	"protection": body(func(b *image.VMA) bool {
		if b.Type != image.CR_VMA_ANON || b.Flags&image.CR_VMA_F_WRITE != 0 || b.Flags&image.CR_VMA_F_READ == 0 {
			return false
		}
		b.Flags |= image.CR_VMA_F_WRITE
		return true
	}),
	"advice": body(func(b *image.VMA) bool {
		had := b.Flags&image.CR_VMA_F_DONTCOPY != 0
		b.Flags &^= image.CR_VMA_F_DONTCOPY
		return had
	}),

	"offset": body(func(b *image.FDData) bool {
		had := b.Type == image.CR_FD_FILE && b.Pos == 4096
		if had {
			b.Pos = 8
		}
		return had
	}),
	"append": body(func(b *image.FDData) bool {
		had := b.Type == image.CR_FD_FILE && b.FFlags&uint32(os.O_APPEND) != 0
		b.FFlags &^= uint32(os.O_APPEND)
		return had
	}),
	"cloexec": body(func(b *image.FDEnt) bool {
		had := b.Flags&image.CR_FD_F_CLOEXEC != 0
		b.Flags &^= image.CR_FD_F_CLOEXEC
		return had
	}),
	"pipe-byte": body(func(b *image.PipeBuf) bool { b.Data[0] ^= 1; return true }),
	"pipe-packet": body(func(b *image.PipeBuf) bool {
		had := b.Flags&image.CR_PIPE_BUF_F_PACKET != 0
		b.Flags &^= image.CR_PIPE_BUF_F_PACKET
		return had
	}),
	"pipe-size": body(func(b *image.Pipe) bool { b.NrSlots *= 2; return true }),
	"fifo-writer-yet": body(func(b *image.FDData) bool {
		had := b.State&image.CR_FD_STATE_NO_WRITER_YET != 0
		b.State &^= image.CR_FD_STATE_NO_WRITER_YET
		return had
	}),
	"eventfd-counter": body(func(b *image.Eventfd) bool { b.Count++; return true }),
	"eventfd-semaphore": body(func(b *image.Eventfd) bool {
		had := b.Flags&image.CR_EVENTFD_F_SEMAPHORE != 0
		b.Flags &^= image.CR_EVENTFD_F_SEMAPHORE
		return had
	}),
	"epoll-data": body(func(b *image.Epoll) bool { b.Item[0].Data ^= 1 << 40; return true }),
	"epoll-edge": body(func(b *image.Epoll) bool {
		had := b.Item[0].Flags&image.CR_EPOLL_F_READY != 0
		b.Item[0].Flags &^= image.CR_EPOLL_F_READY
		return had
	}),
	"epoll-order": body(func(b *image.Epoll) bool { slices.Reverse(b.Item); return len(b.Item) > 1 }),
	"memfd-seal": body(func(b *image.Shmem) bool {
		had := b.Flags&image.CR_SHMEM_F_ANON == 0 && b.Seals == sealGrow
		b.Seals &^= sealGrow
		return had
	}),
	"memfd-size": body(func(b *image.Shmem) bool { b.Size += 4096; return true }),
	"unshared": body(func(b *image.VMA) bool {
		had := b.Type == image.CR_VMA_SHMEM
		if had {
			b.Type = image.CR_VMA_FILE
			b.Flags &^= image.CR_VMA_F_MAYSHARE
		}
		return had
	}),

	"lock": func(rec *image.Record) (bool, bool) {
		_, ok := rec.Body.(*image.Flock)
		return !ok, ok
	},

	"mask":     body(func(b *image.Sigmask) bool { b.Blocked ^= 1 << 20; return true }),
	"altstack": body(func(b *image.Sigmask) bool { b.SSSize -= 4096; return true }),
	"handler":  body(func(b *image.Sighand) bool { b.Action[33].Mask ^= 1 << 5; return true }),
	"pending": func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(*image.Siginfo)
		drop := ok && b.Signo >= 34
		return !drop, drop
	},
	"sched":       body(func(b *image.Sched) bool { b.Priority++; return true }),
	"affinity":    body(func(b *image.Sched) bool { b.CPUs[0] = 1; return true }),
	"cpu-missing": body(func(b *image.Sched) bool { b.CPUs = append(b.CPUs, 1<<36); return true }),
	"ioprio":      body(func(b *image.Sched) bool { b.Ioprio++; return true }),
	"subreaper": body(func(b *image.Task) bool {
		was := b.Flags & image.CR_TASK_F_SUBREAPER
		b.Flags &^= image.CR_TASK_F_SUBREAPER
		return was != 0
	}),
	"membarrier":         body(func(b *image.MM) bool { b.Flags &^= image.CR_MM_F_BARRIER; return true }),
	"itimer":             body(func(b *image.ITimers) bool { b.Timer[0].IntervalNS /= 2; return true }),
	"posix-timer":        body(func(b *image.PosixTimers) bool { b.Timer[0].IntervalNS /= 2; return true }),
	"posix-timer-queued": body(func(b *image.PosixTimers) bool { b.Timer[0].SigRequeue += 2; return true }),
	"restart-block":      body(func(b *image.RestartBlock) bool { b.RemainingNS += 3e9; return true }),

	"personality": body(func(b *image.Task) bool {
		had := b.Personality != 0
		b.Personality = 0
		return had
	}),
	"nice":   body(func(b *image.Task) bool { b.Nice--; return true }),
	"comm":   body(func(b *image.Task) bool { b.Comm[0] ^= 1; return true }),
	"rseq":   body(func(b *image.Task) bool { b.Rseq, b.RseqLen, b.RseqSig = 0, 0, 0; return true }),
	"umask":  body(func(b *image.FS) bool { b.Umask ^= 0o20; return true }),
	"rlimit": body(func(b *image.RLimits) bool { b.Lim[7].Cur--; return true }),
	"groups": body(func(b *image.Cred) bool { b.Groups[0]++; return true }),
	"caps":   body(func(b *image.Cred) bool { b.CapEffective ^= 1 << 5; return true }),
	"cwd": func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(*image.String)
		if !ok || b.What != image.CR_STRING_CWD {
			return true, false
		}
		b.Data = []byte("/")
		return true, true
	},
}

// treeMutations are those of trees and threads. What they name broken isn't sound:
// the restart is to refuse it.
var treeMutations = map[string]edit{
	"thread-register": body(func(b *image.CPU) bool {
		// A thread that was in no call is in the loop that the case is about.
		running := binary.LittleEndian.Uint64(b.Data[regOrigAX:]) == math.MaxUint64
		if running {
			b.Data[regR13] ^= 1
		}
		return running
	}),
	"thread-mask": body(func(b *image.Sigmask) bool {
		third := b.Blocked&(1<<(34+3-1)) != 0
		if third {
			b.Blocked ^= 1 << 20
		}
		return third
	}),
	"thread-comm": body(func(b *image.Task) bool {
		third := b.Comm[8] == '3' && b.Comm[7] == '('
		if third {
			b.Comm[8] = '4'
		}
		return third
	}),
	"child-exit-signal": body(func(b *image.Task) bool {
		had := b.ExitSignal == uint32(syscall.SIGUSR1)
		if had {
			b.ExitSignal = uint32(syscall.SIGCHLD)
		}
		return had
	}),
	// A job joins another one of its session.
	"pgid": body(func(b *image.Tree) bool {
		for i := range b.Ent {
			e := &b.Ent[i]
			for j := range b.Ent[:i] {
				f := &b.Ent[j]
				if e.SID != 0 && e.SID == f.SID && leadsJob(e) && leadsJob(f) {
					e.PGID = f.PGID
					return true
				}
			}
		}
		return false
	}),
	// A grandchild becomes a child.
	"ppid": body(func(b *image.Tree) bool {
		for i := range b.Ent {
			if e := &b.Ent[i]; e.PPID != 0 && e.PPID != b.Ent[0].PID {
				e.PPID = b.Ent[0].PID
				return true
			}
		}
		return false
	}),

	"share-other": share(func(b *image.PgShare, i int, own uint32) bool {
		if b.Run[i].Count < 64 {
			return false
		}
		b.Run[i].Count--
		b.Run[i].From += pageSize
		return true
	}),
	"share-lost": share(func(b *image.PgShare, i int, own uint32) bool {
		if b.Run[i].Count < 64 {
			return false
		}
		b.Run[i].Count--
		return true
	}),

	"broken-share-own":     share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].MM = own; return true }),
	"broken-share-of-file": share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].MM = 1; return true }),
	"broken-share-near":    share(func(b *image.PgShare, i int, own uint32) bool { b.Near = own; return true }),
	"broken-share-none":    share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].Count = 0; return true }),
	"broken-share-long":    share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].Count = 1 << 31; return true }),
	"broken-share-hole":    share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].From = 4096; return true }),
	"broken-share-text":    share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].From = 0x401000; return true }),
	"broken-share-target":  share(func(b *image.PgShare, i int, own uint32) bool { b.Run[i].Addr = 4096; return i == 0 }),
	"broken-share-order": share(func(b *image.PgShare, i int, own uint32) bool {
		slices.Reverse(b.Run)
		return len(b.Run) > 1
	}),

	"broken-unknown-parent": treeEnt(func(b *image.Tree, i int) bool {
		b.Ent[i].PPID = 32000
		return true
	}),
	"broken-own-parent": treeEnt(func(b *image.Tree, i int) bool {
		b.Ent[i].PPID = b.Ent[i].PID
		return true
	}),
	"broken-cycle": treeEnt(func(b *image.Tree, i int) bool {
		for _, below := range b.Ent[i+1:] {
			if below.PPID == b.Ent[i].PID {
				b.Ent[i].PPID = below.PID
				return true
			}
		}
		return false
	}),
	"broken-no-parent": treeEnt(func(b *image.Tree, i int) bool {
		b.Ent[i].PPID = 0
		return true
	}),
	"broken-duplicate": treeEnt(func(b *image.Tree, i int) bool {
		// Not that of the root, which it would be a thread of.
		if i < 2 || b.Ent[i-1].PID != b.Ent[i-1].TGID {
			return false
		}
		b.Ent[i].PID = b.Ent[i-1].PID
		b.Ent[i].TGID = b.Ent[i-1].PID
		return true
	}),
	"broken-thread-of-other": treeThread(func(b *image.Tree, i int) bool {
		for _, e := range b.Ent {
			if e.TGID != b.Ent[i].TGID {
				b.Ent[i].TGID = e.TGID
				return true
			}
		}
		return false
	}),
	"broken-thread-with-parent": treeThread(func(b *image.Tree, i int) bool {
		b.Ent[i].PPID = b.Ent[0].PID
		return true
	}),
	"broken-thread-group": treeThread(func(b *image.Tree, i int) bool {
		b.Ent[i].PGID = b.Ent[i].TGID
		return true
	}),
	"broken-group-of-thread": treeThread(func(b *image.Tree, i int) bool {
		tgid := b.Ent[i].TGID
		for j := range b.Ent {
			if b.Ent[j].TGID == tgid {
				b.Ent[j].PGID = b.Ent[i].PID
			}
		}
		return true
	}),
	"broken-two-sessions": treeEnt(func(b *image.Tree, i int) bool {
		e := &b.Ent[i]
		if e.SID == 0 || e.PGID == e.PID {
			return false
		}
		for _, f := range b.Ent {
			if f.SID == f.PID && f.SID != e.SID {
				e.SID = f.SID
				return true
			}
		}
		return false
	}),
	"broken-session-alone": treeEnt(func(b *image.Tree, i int) bool {
		b.Ent[i].SID, b.Ent[i].PGID = b.Ent[i].PID, 0
		return true
	}),
	"broken-count": body(func(b *image.Head) bool { b.NrTasks++; return true }),
	"broken-task-missing": func(rec *image.Record) (bool, bool) {
		switch b := rec.Body.(type) {
		case *image.Head:
			b.NrTasks++
		case *image.Tree:
			root := b.Ent[0].PID
			b.Ent = append(b.Ent, image.TreeEnt{PID: 31999, TGID: 31999, PPID: root})
			return true, true
		}
		return true, false
	},
	"broken-task-extra": func(rec *image.Record) (bool, bool) {
		switch b := rec.Body.(type) {
		case *image.Head:
			b.NrTasks--
		case *image.Tree:
			b.Ent = b.Ent[:len(b.Ent)-1]
			return true, true
		}
		return true, false
	},
	"broken-files":    body(func(b *image.Task) bool { b.Files += 1000; return true }),
	"broken-task-pid": body(func(b *image.Task) bool { b.PID++; return true }),
}

// leadsJob reports whether a process leads a group that isn't its session's own.
func leadsJob(e *image.TreeEnt) bool { return e.PGID == e.PID && e.SID != e.PID }

// share makes an edit of the first run of shared pages that it fits; own is the
// address space that they are in as well.
func share(f func(b *image.PgShare, i int, own uint32) bool) edit {
	return func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(*image.PgShare)
		if !ok {
			return true, false
		}
		for i := range b.Run {
			if f(b, i, rec.Header.Parent) {
				return true, true
			}
		}
		return true, false
	}
}

// treeEnt makes an edit of the first process below the root that f takes.
func treeEnt(f func(b *image.Tree, i int) bool) edit {
	return body(func(b *image.Tree) bool {
		for i := 1; i < len(b.Ent); i++ {
			if b.Ent[i].PID == b.Ent[i].TGID && f(b, i) {
				return true
			}
		}
		return false
	})
}

// treeThread makes one of the first thread.
func treeThread(f func(b *image.Tree, i int) bool) edit {
	return body(func(b *image.Tree) bool {
		for i := range b.Ent {
			if b.Ent[i].PID != b.Ent[i].TGID && f(b, i) {
				return true
			}
		}
		return false
	})
}

// pages makes an edit of one page in the middle of the workload's pattern.
func pages(f func(addr uint64, page []byte) bool) edit {
	return func(rec *image.Record) (bool, bool) {
		b, ok := rec.Body.(*image.PgArr)
		if !ok || b.NrPages < largeArray {
			return true, false
		}
		n, middle := 0, int(b.NrPages)/2
		rec.EachPage(func(addr uint64, page []byte) bool {
			n++
			return n != middle || f(addr, page)
		})
		return true, true
	}
}

// mutate rewrites the run's image.
func (r *run) mutate() error {
	f, ok := mutations[r.c.Mutate]
	if !ok {
		f, ok = treeMutations[r.c.Mutate]
	}
	if !ok {
		return fmt.Errorf("alteration %q isn't known to the runner", r.c.Mutate)
	}
	in, err := os.Open(r.image)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(r.image + ".new")
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	changes := 0
	err = image.Rewrite(w, bufio.NewReader(in), func(rec *image.Record) (bool, error) {
		keep, changed := f(rec)
		if changed {
			changes++
		}
		return keep, nil
	})
	if err := errors.Join(err, w.Flush(), out.Close()); err != nil {
		return err
	}
	if changes == 0 {
		return errUnalterable
	}
	return os.Rename(r.image+".new", r.image)
}
