// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"encoding/binary"
	"math"
)

// Of timers and their signals, as in the kernel's headers.
const (
	sigevSignal   = 0
	sigevNone     = 1
	sigevThread   = 2
	sigevThreadID = 4

	clockRealtime  = 0
	clockMonotonic = 1
	clockBoottime  = 7
	clockTAI       = 11
	cpuClockMask   = 3
	cpuClockMax    = 2
	cpuClockThread = 4

	siTimer    = -2
	overrunMax = math.MaxInt64 / 4
)

// timerState is what signals of a process's timers are checked against.
type timerState struct {
	byID map[int32]*PosixTimer
	owed map[int32]bool // ids of those whose signal is pending and hasn't come yet
}

func (c *Checker) checkPosixTimers(b *PosixTimers) *fieldError {
	if b.NextID > math.MaxInt32 || len(b.Timer) == 0 && b.NextID == 0 {
		return bad("next_id", b.NextID, "1 to %d, or 0 with timers", math.MaxInt32)
	}
	s := timerState{byID: map[int32]*PosixTimer{}, owed: map[int32]bool{}}
	last := int32(-1)
	for i := range b.Timer {
		t := &b.Timer[i]
		if t.ID <= last {
			return bad("id", t.ID, "> %d", last)
		}
		if err := c.checkPosixTimer(t); err != nil {
			return err
		}
		last, s.byID[t.ID] = t.ID, t
		if t.Flags&CR_POSIX_TIMER_F_QUEUED != 0 {
			s.owed[t.ID] = true
		}
	}
	c.newTimers = s
	return nil
}

func (c *Checker) checkPosixTimer(t *PosixTimer) *fieldError {
	err := c.checkTimerClock(t)
	if err == nil {
		err = c.checkTimerEvent(t)
	}
	if err == nil {
		err = checkTimerFlags(t)
	}
	if err == nil {
		err = checkTimerTime(t)
	}
	return err
}

// process returns the pid of a task's process, 0 if the tree has no such task.
func (c *Checker) process(pid int32) int32 {
	if c.byPID == nil {
		c.byPID = make(map[int32]int, len(c.tree))
		for i := range c.tree {
			c.byPID[c.tree[i].PID] = i
		}
	}
	if i, ok := c.byPID[pid]; ok {
		return c.tree[i].TGID
	}
	return 0
}

func (c *Checker) checkTimerClock(t *PosixTimer) *fieldError {
	mine := c.tree[c.tasks].PID
	if t.ClockID >= 0 {
		switch {
		case t.ClockID != clockRealtime && t.ClockID != clockMonotonic && t.ClockID != clockBoottime && t.ClockID != clockTAI:
			return bad("clockid", t.ClockID, "a clock that timers can have")
		case t.ClockPID != 0:
			return bad("clock_pid", t.ClockPID, "0, no CPU clock")
		}
		return nil
	}
	pid, thread := ^(t.ClockID >> 3), t.ClockID&cpuClockThread != 0
	switch {
	case t.ClockID&cpuClockMask > cpuClockMax:
		return bad("clockid", t.ClockID, "a CPU clock")
	case t.ClockPID <= 0, pid != 0 && pid != t.ClockPID,
		thread && c.process(t.ClockPID) != mine,
		!thread && c.process(t.ClockPID) != t.ClockPID,
		!thread && pid == 0 && t.ClockPID != mine:
		return bad("clock_pid", t.ClockPID, "the task of the clock")
	}
	return nil
}

func (c *Checker) checkTimerEvent(t *PosixTimer) *fieldError {
	switch {
	case t.Notify != sigevSignal && t.Notify != sigevNone && t.Notify != sigevThread && t.Notify != sigevThreadID:
		return bad("notify", t.Notify, "a SIGEV_*")
	case t.Notify == sigevThreadID && c.process(t.Tid) != c.tree[c.tasks].PID:
		return bad("tid", t.Tid, "a thread of the process")
	case t.Notify != sigevThreadID && t.Tid != 0:
		return bad("tid", t.Tid, "0 without SIGEV_THREAD_ID")
	case t.Notify != sigevNone && (t.Signo <= 0 || t.Signo > nsig):
		return bad("signo", t.Signo, "1 to %d", nsig)
	}
	return nil
}

func checkTimerFlags(t *PosixTimer) *fieldError {
	active, queued := t.Flags&CR_POSIX_TIMER_F_ACTIVE != 0, t.Flags&CR_POSIX_TIMER_F_QUEUED != 0
	switch {
	case t.Flags&^CR_POSIX_TIMER_F_ALL != 0:
		return bad("flags", t.Flags, "no bit but %#x", CR_POSIX_TIMER_F_ALL)
	case t.Notify == sigevNone && (active || queued):
		return bad("flags", t.Flags, "no signal with SIGEV_NONE")
	case t.Flags&CR_POSIX_TIMER_F_WALL != 0 && t.ClockID != clockRealtime:
		return bad("flags", t.Flags, "a time of day of CLOCK_REALTIME")
	case active && t.Requeue&1 != 0:
		return bad("requeue", t.Requeue, "an even number, it is armed")
	case t.SigRequeue != 0 && t.SigRequeue&1 == 0:
		return bad("sig_requeue", t.SigRequeue, "0 or an odd number")
	case !queued && t.SigRequeue != 0:
		return bad("sig_requeue", t.SigRequeue, "0 without a signal")
	case t.SigOverrun < 0 || !queued && t.SigOverrun != 0:
		return bad("sig_overrun", t.SigOverrun, ">= 0, of a pending signal")
	}
	return nil
}

func checkTimerTime(t *PosixTimer) *fieldError {
	due := t.Flags&CR_POSIX_TIMER_F_ACTIVE != 0 || t.IntervalNS != 0
	switch {
	case t.IntervalNS > math.MaxInt64:
		return bad("interval_ns", t.IntervalNS, "<= %#x", math.MaxInt64)
	case t.RemainingNS > math.MaxInt64:
		return bad("remaining_ns", t.RemainingNS, "<= %#x", math.MaxInt64)
	case due != (t.RemainingNS != 0) && (due || t.Notify != sigevNone):
		return bad("remaining_ns", t.RemainingNS, "when it fires, or 0 if it doesn't")
	case t.Overrun < -1 || t.Overrun > overrunMax:
		return bad("overrun", t.Overrun, "-1 to %#x", overrunMax)
	case t.OverrunLast < -1 || t.OverrunLast > overrunMax:
		return bad("overrun_last", t.OverrunLast, "-1 to %#x", overrunMax)
	}
	return nil
}

// checkTimerSignal wants a signal to be that of a timer that has fired, once.
func (c *Checker) checkTimerSignal(b *Siginfo) *fieldError {
	word := func(at int) int32 { return int32(binary.LittleEndian.Uint32(b.Info[at:])) }
	id, tid := word(16), int32(0)
	if b.Flags&CR_SIGINFO_F_SHARED == 0 {
		tid = c.tree[c.tasks-1].PID
	}
	t := c.timers.byID[id]
	switch {
	case t == nil || !c.timers.owed[id]:
		return bad("info", id, "a timer whose signal is pending, once")
	case t.Tid != tid:
		return bad("flags", b.Flags, "a signal for task %d", t.Tid)
	case word(8) != siTimer || b.Signo != uint32(t.Signo) || binary.LittleEndian.Uint64(b.Info[24:]) != t.Value:
		return bad("info", b.Signo, "signal %d of a timer", t.Signo)
	case word(4) != 0 || word(20) != 0 || word(32) != 0:
		return &fieldError{field: "info", msg: "what the timer's record has"}
	}
	delete(c.timers.owed, id)
	return nil
}

// timersDone wants the signals of a process's timers to have come.
func (c *Checker) timersDone() *fieldError {
	if n := len(c.timers.owed); n != 0 {
		return &fieldError{field: "type", msg: "pending signals of timers are missing", have: n, want: "none missing"}
	}
	return nil
}
