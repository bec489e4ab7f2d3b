// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"fmt"
	"math"
)

// sectionOf numbers what a task consists of, in its order. Files, and what they
// show, stand before any of what comes before the address space.
var sectionOf = map[RecType]uint{
	CR_HDR_FS: 1, CR_HDR_SIGHAND: 2, CR_HDR_CRED: 3, CR_HDR_RLIMITS: 4,
	CR_HDR_ITIMERS: 5, CR_HDR_POSIX_TIMERS: 6, CR_HDR_SCHED: 7, CR_HDR_MM: 8, CR_HDR_FILES: 9, CR_HDR_TASK: 10, CR_HDR_ZOMBIE: 10,
}

// ofProcess has the sections that a thread can't bring with it, nor a zombie.
var ofProcess = map[RecType]bool{
	CR_HDR_SIGHAND: true, CR_HDR_RLIMITS: true, CR_HDR_ITIMERS: true, CR_HDR_POSIX_TIMERS: true,
	CR_HDR_MM: true, CR_HDR_FILES: true,
}

func isFile(t RecType) bool { return t == CR_HDR_FD_DATA || t == CR_HDR_PIPE || t == CR_HDR_SHMEM }

// isLate is true for what comes after all tasks.
func isLate(t RecType) bool {
	return t == CR_HDR_EPOLL || t == CR_HDR_PGARR || t == CR_HDR_PGSHARE || t == CR_HDR_TAIL
}

// isThread is true for a task other than the first of a process.
func (e *TreeEnt) isThread() bool { return e.TGID != e.PID }

// sections keeps the sections of each task in their order, and the number of
// tasks at what the tree has.
func (c *Checker) sections() *fieldError {
	t := c.rec.Type()
	section, ok := sectionOf[t]
	switch {
	case isLate(t):
		if c.tasks < len(c.tree) {
			return &fieldError{field: "nr_tasks", msg: "fewer tasks than announced", have: c.tasks, want: fmt.Sprint(len(c.tree))}
		}
		return c.timersDone()
	case !ok && !isFile(t):
		return nil
	case c.tasks == len(c.tree):
		return &fieldError{field: "nr_tasks", msg: "more tasks than announced", want: fmt.Sprint(len(c.tree))}
	case isFile(t):
		section = sectionOf[CR_HDR_MM]
	case ofProcess[t] && c.tree[c.tasks].isThread():
		return &fieldError{field: "type", msg: "what belongs to a process in a thread", have: c.tree[c.tasks].PID}
	}
	if c.given>>section != 0 {
		return &fieldError{field: "type", msg: "a record out of order"}
	}
	if ok {
		c.given |= 1 << section
	}
	return nil
}

// treeState is what the entries of a TREE are checked against.
type treeState struct {
	ents   []TreeEnt
	byPID  map[int32]int   // places in ents, of those so far
	groups map[int32]int32 // group -> session of its processes
	below  []bool
	prev   *TreeEnt
	leader int32 // pid of the last process
}

// ent returns the entry of a pid, nil if there is none so far.
func (s *treeState) ent(pid int32) *TreeEnt {
	if i, ok := s.byPID[pid]; ok {
		return &s.ents[i]
	}
	return nil
}

func (c *Checker) checkTree(b *Tree) *fieldError {
	if b.NrTasks != c.head.NrTasks {
		return bad("nr_tasks", b.NrTasks, "%d, as in the head", c.head.NrTasks)
	}
	s := treeState{ents: b.Ent, byPID: make(map[int32]int, len(b.Ent)), groups: map[int32]int32{}, below: make([]bool, len(b.Ent))}
	for i := range b.Ent {
		e := &b.Ent[i]
		err := s.checkEnt(e)
		if err == nil {
			err = s.relate(e)
		}
		if err != nil {
			return err
		}
		s.byPID[e.PID], s.prev = i, e
	}
	for i := range b.Ent {
		if err := s.checkGroup(&b.Ent[i]); err != nil {
			return err
		}
	}
	c.tree, c.below = b.Ent, s.below
	return nil
}

func (s *treeState) checkEnt(e *TreeEnt) *fieldError {
	switch {
	case e.PID <= 0 || s.ent(e.PID) != nil:
		return bad("pid", e.PID, "> 0 and used once")
	case e.TGID <= 0:
		return bad("tgid", e.TGID, "> 0")
	case e.PPID < 0:
		return bad("ppid", e.PPID, ">= 0")
	case e.PGID < 0:
		return bad("pgid", e.PGID, ">= 0")
	case e.SID < 0:
		return bad("sid", e.SID, ">= 0")
	case e.SID == e.PID && e.PGID != e.PID:
		return bad("pgid", e.PGID, "%d, of a session leader", e.PID)
	}
	return nil
}

// relate wants threads right behind their process, and a process behind the
// task that is its parent.
func (s *treeState) relate(e *TreeEnt) *fieldError {
	switch {
	case !e.isThread() && s.prev == nil:
		if e.PPID != 0 {
			return bad("ppid", e.PPID, "0, of the first process")
		}
	case !e.isThread():
		parent, ok := s.byPID[e.PPID]
		if !ok {
			return bad("ppid", e.PPID, "the pid of a task before")
		}
		s.below[parent] = true
	case s.prev == nil:
		return bad("tgid", e.TGID, "%d, of the first task", e.PID)
	case e.TGID != s.leader:
		return bad("tgid", e.TGID, "%d, of the process before, or %d", s.leader, e.PID)
	case e.PPID != 0:
		return bad("ppid", e.PPID, "0 for a thread")
	case e.PGID != s.prev.PGID:
		return bad("pgid", e.PGID, "%d, of the thread's process", s.prev.PGID)
	case e.SID != s.prev.SID:
		return bad("sid", e.SID, "%d, of the thread's process", s.prev.SID)
	default:
		s.below[s.byPID[e.TGID]] = true
	}
	s.leader = e.TGID
	return nil
}

// checkGroup wants processes of a group in one session, and no groups and
// sessions with the number of a thread.
func (s *treeState) checkGroup(e *TreeEnt) *fieldError {
	group, session := s.ent(e.PGID), s.ent(e.SID)
	sid, seen := s.groups[e.PGID]
	switch {
	case group != nil && group.isThread():
		return bad("pgid", e.PGID, "a group, not a thread")
	case session != nil && session.isThread():
		return bad("sid", e.SID, "a session, not a thread")
	case session != nil && session.SID != e.SID:
		return bad("sid", e.SID, "%d, that of process %d", session.SID, session.PID)
	case e.PGID != 0 && seen && sid != e.SID:
		return bad("sid", e.SID, "%d, that of group %d", sid, e.PGID)
	case e.SID != 0 && e.PGID == 0:
		return bad("pgid", e.PGID, "a group in session %d", e.SID)
	}
	s.groups[e.PGID] = e.SID
	return nil
}

func (c *Checker) checkTask(b *Task) *fieldError {
	switch want := c.tree[c.tasks].PID; {
	case b.PID != want:
		return bad("pid", b.PID, "%d, as in the tree", want)
	case b.Flags&^CR_TASK_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_TASK_F_ALL)
	case b.ExitSignal > nsig:
		return bad("exit_signal", b.ExitSignal, "<= %d", nsig)
	case b.PdeathSignal > nsig:
		return bad("pdeath_signal", b.PdeathSignal, "<= %d", nsig)
	case b.Nice < -20 || b.Nice > 19:
		return bad("nice", b.Nice, "-20 to 19")
	case b.OomScoreAdj < -maxOOMAdj || b.OomScoreAdj > maxOOMAdj:
		return bad("oom_score_adj", b.OomScoreAdj, "-1000 to 1000")
	case b.OomScoreAdjMin < -maxOOMAdj || b.OomScoreAdjMin > maxOOMAdj:
		return bad("oom_score_adj_min", b.OomScoreAdjMin, "-1000 to 1000")
	case !isCString(b.Comm[:]):
		return bad("comm", string(b.Comm[:]), "a string padded with zeros")
	}
	err := checkJob(b, c.tree[c.tasks].isThread())
	if err == nil {
		err = c.taskRefs(b)
	}
	if err == nil {
		err = checkRseq(b)
	}
	if err == nil && !c.tree[c.tasks].isThread() {
		err = c.timersDone()
		c.leader, c.timers, c.newTimers = b, c.newTimers, timerState{}
	}
	c.nextTask()
	return err
}

// checkJob checks what a parent has still to be told of stopping and going on.
func checkJob(b *Task, thread bool) *fieldError {
	const news = CR_TASK_F_CONTINUED | CR_TASK_F_CLD_STOPPED | CR_TASK_F_CLD_CONTINUED | CR_TASK_F_SUBREAPER
	stopped := b.Flags&CR_TASK_F_STOPPED != 0
	switch {
	case b.StopSignal != 0 && (!stopped || b.StopSignal < sigStop || b.StopSignal > sigTtou):
		return bad("stop_signal", b.StopSignal, "0, or %d to %d of one that is stopped", sigStop, sigTtou)
	case thread && b.StopSignal != 0:
		return bad("stop_signal", b.StopSignal, "0 of a thread")
	case thread && b.Flags&news != 0:
		return bad("flags", b.Flags, "no bit of %#x of a thread", uint32(news))
	case stopped && b.Flags&CR_TASK_F_CONTINUED != 0:
		return bad("flags", b.Flags, "stopped or continued, not both")
	}
	return nil
}

func (c *Checker) nextTask() { c.tasks, c.given = c.tasks+1, 0 }

// checkZombie wants a process that has nothing left but its name, its
// credentials and how it ended.
func (c *Checker) checkZombie(b *Zombie) *fieldError {
	given := uint(0)
	for t := range ofProcess {
		given |= c.given & (1 << sectionOf[t])
	}
	given |= c.given & (1 << sectionOf[CR_HDR_SCHED])
	switch want := c.tree[c.tasks].PID; {
	case b.PID != want:
		return bad("pid", b.PID, "%d, as in the tree", want)
	case c.tasks == 0 || c.tree[c.tasks].isThread() || c.below[c.tasks] || given != 0:
		return &fieldError{field: "type", msg: "a dead process with what a living one has", have: b.PID}
	case b.ExitSignal > nsig:
		return bad("exit_signal", b.ExitSignal, "<= %d", nsig)
	case !isStatus(b.Status):
		return bad("status", uint64(b.Status), "an exit code or a signal")
	case !isCString(b.Comm[:]):
		return bad("comm", string(b.Comm[:]), "a string padded with zeros")
	}
	for _, u := range []*Usage{&b.Self, &b.Children} {
		if err := checkUsage(u); err != nil {
			return err
		}
	}
	c.nextTask()
	return c.ref("cred", b.Cred, CR_HDR_CRED, false)
}

// isStatus knows what wait4(2) stores of who has ended.
func isStatus(status uint32) bool {
	const core, sigs = 0x80, 0x7f
	if sig := status & sigs; sig != 0 {
		return sig <= nsig && status&^(core|sigs) == 0
	}
	return status&^0xff00 == 0
}

func checkUsage(u *Usage) *fieldError {
	for _, x := range []struct {
		field string
		have  uint64
		most  uint64
	}{
		{"utime_ns", u.UtimeNS, math.MaxInt64 / 2},
		{"stime_ns", u.StimeNS, math.MaxInt64 / 2},
		{"maxrss", u.Maxrss, math.MaxInt64 / 1024},
		{"minflt", u.Minflt, math.MaxInt64},
		{"majflt", u.Majflt, math.MaxInt64},
		{"inblock", u.Inblock, math.MaxInt64},
		{"oublock", u.Oublock, math.MaxInt64},
		{"nvcsw", u.Nvcsw, math.MaxInt64},
		{"nivcsw", u.Nivcsw, math.MaxInt64},
	} {
		if x.have > x.most {
			return bad(x.field, x.have, "<= %#x", x.most)
		}
	}
	return nil
}

// taskRefs wants each object to have come before, with this task or an earlier
// one.
func (c *Checker) taskRefs(b *Task) *fieldError {
	for _, r := range []struct {
		field string
		ref   uint32
		kind  RecType
	}{
		{"mm", b.MM, CR_HDR_MM},
		{"files", b.Files, CR_HDR_FILES},
		{"fs", b.FS, CR_HDR_FS},
		{"sighand", b.Sighand, CR_HDR_SIGHAND},
		{"cred", b.Cred, CR_HDR_CRED},
	} {
		if err := c.ref(r.field, r.ref, r.kind, false); err != nil {
			return err
		}
	}
	if c.tree[c.tasks].isThread() {
		return threadRefs(b, c.leader)
	}
	for _, t := range []RecType{CR_HDR_RLIMITS, CR_HDR_ITIMERS} {
		if c.given>>sectionOf[t]&1 == 0 {
			return &fieldError{field: "type", msg: "limits or timers are missing", want: t.String()}
		}
	}
	return nil
}

// threadRefs wants threads to share what they always share.
func threadRefs(b, leader *Task) *fieldError {
	switch {
	case b.MM != leader.MM:
		return bad("mm", b.MM, "%d, that of process %d", leader.MM, leader.PID)
	case b.Sighand != leader.Sighand:
		return bad("sighand", b.Sighand, "%d, that of process %d", leader.Sighand, leader.PID)
	case b.Files != leader.Files:
		return bad("files", b.Files, "%d, that of process %d", leader.Files, leader.PID)
	case b.FS != leader.FS:
		return bad("fs", b.FS, "%d, that of process %d", leader.FS, leader.PID)
	case b.ExitSignal != 0:
		return bad("exit_signal", b.ExitSignal, "0 for a thread")
	}
	return nil
}

func checkRseq(b *Task) *fieldError {
	switch {
	case b.Rseq == 0 && b.RseqLen != 0:
		return bad("rseq_len", b.RseqLen, "0 without an area")
	case b.Rseq == 0 && b.RseqSig != 0:
		return bad("rseq_sig", b.RseqSig, "0 without an area")
	case b.Rseq == 0:
		return nil
	case b.RseqLen < rseqMin:
		return bad("rseq_len", b.RseqLen, ">= %d", rseqMin)
	case b.Rseq%32 != 0:
		return bad("rseq", b.Rseq, "a multiple of 32")
	case b.Rseq > taskSizeMax-uint64(b.RseqLen):
		return bad("rseq", b.Rseq, "an area in user space")
	}
	return nil
}
