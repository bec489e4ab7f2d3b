// SPDX-License-Identifier: BSD-3-Clause

package image

import "math"

// Of scheduling, as in the kernel's headers.
const (
	schedNormal   = 0
	schedFIFO     = 1
	schedRR       = 2
	schedBatch    = 3
	schedIdle     = 5
	schedDeadline = 6
	maxRTPrio     = 99
	sliceMin      = 100_000
	sliceMax      = 100_000_000
	utilMax       = 1024
	ioprioShift   = 13
	ioprioIdle    = 3
	cpuWordsMax   = 128
)

func checkSched(b *Sched) *fieldError {
	err := checkPolicy(b)
	if err == nil {
		err = checkDeadline(b)
	}
	if err == nil {
		err = checkClamps(b)
	}
	switch class := b.Ioprio >> ioprioShift; {
	case err != nil:
		return err
	case class > ioprioIdle || class == 0 && b.Ioprio&7 != 0:
		return bad("ioprio", b.Ioprio, "a class up to %d, and no level without one", ioprioIdle)
	case len(b.CPUs) > cpuWordsMax:
		return bad("nr_words", b.NrWords, "<= %d", cpuWordsMax)
	case len(b.CPUs) > 0 && b.CPUs[len(b.CPUs)-1] == 0:
		return bad("cpus", 0, "a CPU in the last word")
	}
	return nil
}

func isRealtime(policy uint32) bool { return policy == schedFIFO || policy == schedRR }

func checkPolicy(b *Sched) *fieldError {
	const deadline = CR_SCHED_F_RECLAIM | CR_SCHED_F_DL_OVERRUN
	switch b.Policy {
	case schedNormal, schedFIFO, schedRR, schedBatch, schedIdle, schedDeadline:
	default:
		return bad("policy", b.Policy, "a SCHED_* that is carried")
	}
	switch {
	case b.Priority > maxRTPrio || isRealtime(b.Policy) != (b.Priority != 0):
		return bad("priority", b.Priority, "1 to %d, or 0 without SCHED_FIFO and SCHED_RR", maxRTPrio)
	case b.Flags&^CR_SCHED_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_SCHED_F_ALL)
	case b.Policy != schedDeadline && b.Flags&deadline != 0:
		return bad("flags", b.Flags, "no bit of %#x without SCHED_DEADLINE", uint32(deadline))
	}
	return nil
}

func checkDeadline(b *Sched) *fieldError {
	if b.Policy != schedDeadline {
		switch {
		case b.Deadline != 0:
			return bad("deadline", b.Deadline, "0 without SCHED_DEADLINE")
		case b.Period != 0:
			return bad("period", b.Period, "0 without SCHED_DEADLINE")
		case b.Runtime != 0 && (isRealtime(b.Policy) || b.Runtime < sliceMin || b.Runtime > sliceMax):
			return bad("runtime", b.Runtime, "a time slice of %d to %d, or 0", sliceMin, sliceMax)
		}
		return nil
	}
	switch {
	case b.Runtime == 0 || b.Runtime > b.Deadline:
		return bad("runtime", b.Runtime, "1 to %#x", b.Deadline)
	case b.Deadline > b.Period:
		return bad("deadline", b.Deadline, "<= %#x", b.Period)
	case b.Period > math.MaxInt64:
		return bad("period", b.Period, "<= %#x", math.MaxInt64)
	}
	return nil
}

func checkClamps(b *Sched) *fieldError {
	limit := func(flag uint32) uint32 {
		if b.Flags&flag != 0 {
			return utilMax
		}
		return 0
	}
	switch most, least := limit(CR_SCHED_F_UTIL_MAX), limit(CR_SCHED_F_UTIL_MIN); {
	case b.UtilMin > least:
		return bad("util_min", b.UtilMin, "<= %d", least)
	case b.UtilMax > most:
		return bad("util_max", b.UtilMax, "<= %d", most)
	case most != 0 && least != 0 && b.UtilMin > b.UtilMax:
		return bad("util_min", b.UtilMin, "<= %d", b.UtilMax)
	}
	return nil
}
