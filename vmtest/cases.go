// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"slices"
	"time"
)

// Sets of modes that many cases share.
var (
	// all is for state that every way of saving and restoring must carry.
	all = []Mode{ModeKill, ModeLeave, ModeSelf, ModeInPlace, ModeReboot}
	// fromOutside is for workloads that can't checkpoint themselves: they are
	// in a call or a loop, or lack the right to.
	fromOutside = []Mode{ModeKill, ModeLeave, ModeInPlace, ModeReboot}
	// asChild is for state that belongs to the pid or to the parent.
	asChild = []Mode{ModeKill, ModeLeave, ModeSelf, ModeReboot}
	// own is for workloads that make the calls themselves.
	own    = []Mode{ModeOwn}
	refuse = []Mode{ModeRefuse}
	broken = []Mode{ModeBroken}
)

// with adds modes to a set.
func with(base []Mode, more ...Mode) []Mode {
	return append(append([]Mode{}, base...), more...)
}

// refused is the ordinary refusal of state that isn't carried.
func refused(log string) *Failure { return &Failure{Errno: "EOPNOTSUPP", Log: log} }

// wait is the timed wait of the workload calls.
func wait() *Sleep { return &Sleep{Total: 2500 * time.Millisecond, Before: 700 * time.Millisecond} }

// waitAnew is one that a restart begins anew.
func waitAnew() *Sleep {
	s := wait()
	s.Anew = true
	return s
}

// Cases is the table of the suite.
var Cases = slices.Concat(kunitCases(), workloadCases, programCases())

// kunitCases are the suites of unit tests in the kernel.
func kunitCases() []Case {
	var cases []Case
	for _, name := range []string{
		"check", "checkpoint", "copy", "cred", "epoll", "eventfd", "file", "fs", "io", "log", "mem", "objhash", "page", "pipe",
		"ptimer", "restart", "sched", "share", "shmem", "signal", "sys", "task", "time", "tree", "x86", "zombie",
	} {
		cases = append(cases, Case{
			Name: "kunit-" + name, Area: "kunit", Prog: "checkpoint_" + name,
			Doc:   "The kernel's unit tests of " + name + " passed at boot.",
			Modes: []Mode{ModeKUnit},
		})
	}
	return cases
}

var workloadCases = []Case{

	// Ways of saving and restoring
	{
		Name: "idle", Area: "modes", Prog: "idle",
		Doc: "A program that only waits comes back in every way there is.",
		Modes: []Mode{
			ModeKill, ModeLeave, ModeSelf, ModeSelfArgs, ModeInPlace, ModeStopped, ModeStop,
			ModeFrozen, ModeNewPids, ModeAgain, ModePipe, ModePipeNonblock, ModeSame, ModeDryRun, ModeReboot,
		},
	},
	{
		Name: "idle-files", Area: "modes", Prog: "idle",
		Golden: true,
		Doc:    "A program whose standard descriptors are regular files needs nothing supplied.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped, ModeFrozen, ModeAgain, ModePipe},
		Stdio:  StdioFiles,
	},
	{
		Name: "idle-hostile", Area: "modes", Prog: "idle",
		Doc:     "An image that is damaged anywhere is refused and leaves nothing behind.",
		Modes:   []Mode{ModeHostile},
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "hostile-timers", Area: "modes", Prog: "ptimer", Args: []string{"thread-id-queued"},
		Doc:     "An image of POSIX timers that is damaged anywhere does no harm.",
		Modes:   []Mode{ModeHostile},
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "hostile-sched", Area: "modes", Prog: "sched", Args: []string{"threads"},
		Doc:     "An image of scheduling that is damaged anywhere does no harm.",
		Modes:   []Mode{ModeHostile},
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "pid-taken", Area: "modes", Prog: "idle",
		Doc:     "A restart is refused while another process has the recorded pid.",
		Modes:   broken,
		Refused: &Failure{Errno: "EEXIST"},
		Between: HookKeepAlive,
	},
	{
		Name: "image-cut", Area: "modes", Prog: "idle",
		Doc:     "An image without its last byte is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ENODATA", Log: "too early"},
		Between: HookCutImage,
	},
	{
		Name: "image-full-device", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:     "An image on a full device loses no program.",
		Modes:   refuse,
		Refused: &Failure{Errno: "ENOSPC|EINVAL"}, // it takes no streams of the kernel's
		Image:   HookImageFull,
	},
	{
		Name: "image-full-file-system", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:     "A file system that fills up half way loses no program.",
		Modes:   refuse,
		Refused: &Failure{Errno: "ENOSPC"},
		Image:   HookImageSmallFS,
	},
	{
		Name: "image-no-reader", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:     "A pipe without a reader loses no program.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EPIPE"},
		Image:   HookImageNoReader,
	},
	{
		Name: "image-read-only", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:     "A descriptor that can't be written loses no program.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EBADF"},
		Image:   HookImageReadOnly,
	},
	{
		Name: "image-unbuffered", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:    "An image on a file system that doesn't buffer what the kernel writes is a good one.",
		Modes:  []Mode{ModeKill, ModeInPlace},
		Before: HookShared,
	},
	{
		Name: "image-signal", Area: "modes", Prog: "mem", Args: []string{"mib"},
		Doc:     "A signal in the middle of a transfer loses no program.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EINTR"},
		Image:   HookImageStuck,
	},
	{
		Name: "dry-run-several", Area: "modes", Prog: "refuse", Args: []string{"several"},
		Doc:     "A dry run lists every blocker.",
		Modes:   []Mode{ModeDryRun},
		Refused: refused(`(?s)I/O flusher.*timerfd.*signalfd|timerfd.*signalfd.*I/O flusher`),
	},

	{
		Name: "selftest-base", Area: "modes", Prog: "base_test",
		Doc:   "The kernel's own selftest of the two calls passes: each errno alone.",
		Modes: []Mode{ModeSelftest},
	},

	// CPU
	{
		Name: "regs", Area: "cpu", Prog: "regs",
		Doc:   "All general registers survive in a loop without calls.",
		Modes: with(fromOutside, ModeStopped, ModeFrozen),
	},
	{
		Name: "fpu-x87-sleep", Area: "cpu", Prog: "fpu", Args: []string{"x87-sleep"},
		Doc:   "The x87 stack, control word and MXCSR survive over a system call.",
		Modes: fromOutside,
	},
	{
		Name: "fpu-x87-busy", Area: "cpu", Prog: "fpu", Args: []string{"x87-busy"},
		Doc:   "The x87 stack, control word and MXCSR survive in a loop without calls.",
		Modes: fromOutside,
	},
	{
		Name: "fpu-sse-sleep", Area: "cpu", Prog: "fpu", Args: []string{"sse-sleep"},
		Doc:   "The SSE registers survive over a system call.",
		Modes: fromOutside,
	},
	{
		Name: "fpu-sse-busy", Area: "cpu", Prog: "fpu", Args: []string{"sse-busy"},
		Doc:   "The SSE registers survive in a loop without calls.",
		Modes: fromOutside,
	},
	{
		Name: "fpu-avx-sleep", Area: "cpu", Prog: "fpu", Args: []string{"avx-sleep"},
		Golden: true,
		Doc:    "The AVX registers survive over a system call.",
		Modes:  with(fromOutside, ModeStopped),
	},
	{
		Name: "fpu-avx-busy", Area: "cpu", Prog: "fpu", Args: []string{"avx-busy"},
		Doc:   "The AVX registers survive in a loop without calls.",
		Modes: fromOutside,
	},
	{
		Name: "fpu-other-cpu", Area: "cpu", Prog: "fpu", Args: []string{"avx-sleep"},
		Doc:     "A CPU without AVX refuses a program that uses it.",
		Modes:   []Mode{ModeOtherCPU},
		Refused: &Failure{Errno: "EPROTO", Log: `(?i)avx|xfeature|feature`},
	},
	{
		Name: "pkey", Area: "cpu", Prog: "pkey", Args: []string{"keys"},
		Golden: true,
		Doc:    "Protection keys, those of mappings and the PKRU register survive.",
		Modes:  all,
	},
	{
		Name: "pkey-execute-only", Area: "cpu", Prog: "pkey", Args: []string{"execute-only"},
		Doc:   "Memory that can only be executed stays so, and its key the only one.",
		Modes: all,
	},
	{
		Name: "pkey-execute-own-key", Area: "cpu", Prog: "pkey", Args: []string{"execute-own-key"},
		Doc:   "Executable memory with a key of its own keeps it.",
		Modes: all,
	},
	{
		Name: "gs-base", Area: "cpu", Prog: "segbase", Args: []string{"gs"},
		Doc:   "The bases of FS and GS survive.",
		Modes: all,
	},
	{
		Name: "tls-descriptor", Area: "cpu", Prog: "segbase", Args: []string{"tls"},
		Doc:   "A descriptor of set_thread_area() and its selectors survive.",
		Modes: all,
	},
	{
		Name: "rseq", Area: "cpu", Prog: "rseq",
		Doc:   "The registration of restartable sequences survives.",
		Modes: all,
	},
	{
		Name: "vdso", Area: "cpu", Prog: "mem", Args: []string{"vdso"},
		Doc:   "The clock in the vDSO goes on and never steps back.",
		Modes: fromOutside,
	},
	{
		Name: "vdso-moved", Area: "memory", Prog: "mem", Args: []string{"vdso-moved"},
		Doc:   "A vDSO that was moved with its data is there again.",
		Modes: all,
	},

	// Interrupted calls
	{
		Name: "call-nanosleep", Area: "calls", Prog: "calls", Args: []string{"nanosleep"},
		Golden: true,
		Asleep: true,
		Doc:    "A program in nanosleep goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeInPlace, ModeStopped, ModeFrozen},
		Sleep:  wait(),
	},
	{
		Name: "call-clock-mono-rel", Area: "calls", Prog: "calls", Args: []string{"clock-mono-rel"},
		Asleep: true,
		Doc:    "A program in clock mono rel goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-clock-mono-abs", Area: "calls", Prog: "calls", Args: []string{"clock-mono-abs"},
		Asleep: true,
		Doc:    "A program in clock mono abs goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-clock-real-rel", Area: "calls", Prog: "calls", Args: []string{"clock-real-rel"},
		Asleep: true,
		Doc:    "A program in clock real rel goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-clock-real-abs", Area: "calls", Prog: "calls", Args: []string{"clock-real-abs"},
		Asleep: true,
		Doc:    "A program in clock real abs goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-clock-boot-rel", Area: "calls", Prog: "calls", Args: []string{"clock-boot-rel"},
		Asleep: true,
		Doc:    "A program in clock boot rel goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-poll-timeout", Area: "calls", Prog: "calls", Args: []string{"poll-timeout"},
		Asleep: true,
		Doc:    "A program in poll timeout goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-futex-timeout", Area: "calls", Prog: "calls", Args: []string{"futex-timeout"},
		Asleep: true,
		Doc:    "A program in futex timeout goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeInPlace, ModeStopped, ModeFrozen},
		Sleep:  wait(),
	},
	{
		Name: "call-futex-abs", Area: "calls", Prog: "calls", Args: []string{"futex-abs"},
		Asleep: true,
		Doc:    "A program in futex abs goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-futex-abs-real", Area: "calls", Prog: "calls", Args: []string{"futex-abs-real"},
		Asleep: true,
		Doc:    "A program in futex abs real goes on waiting for the time that remained.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  wait(),
	},
	{
		Name: "call-select-timeout", Area: "calls", Prog: "calls", Args: []string{"select-timeout"},
		Asleep: true,
		Doc:    "A program in select timeout goes on waiting anew.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  waitAnew(),
	},
	{
		Name: "call-sigtimedwait", Area: "calls", Prog: "calls", Args: []string{"sigtimedwait"},
		Asleep: true,
		Doc:    "A program in sigtimedwait goes on waiting anew.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  waitAnew(),
	},
	{
		Name: "call-nanosleep-reboot", Area: "calls", Prog: "calls", Args: []string{"nanosleep"},
		Asleep: true,
		Doc:    "A sleep goes on after a reboot.",
		Modes:  []Mode{ModeReboot},
	},
	{
		Name: "call-pause", Area: "calls", Prog: "calls", Args: []string{"pause"},
		Asleep: true,
		Doc:    "A program in pause goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-sigsuspend", Area: "calls", Prog: "calls", Args: []string{"sigsuspend"},
		Asleep: true,
		Doc:    "A program in sigsuspend goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-ppoll", Area: "calls", Prog: "calls", Args: []string{"ppoll"},
		Asleep: true,
		Doc:    "A program in ppoll goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-pselect", Area: "calls", Prog: "calls", Args: []string{"pselect"},
		Asleep: true,
		Doc:    "A program in pselect goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-sigwait", Area: "calls", Prog: "calls", Args: []string{"sigwait"},
		Asleep: true,
		Doc:    "A program in sigwait goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave}, // SIGSTOP itself interrupts it
		Wake:   WakeUSR1,
	},
	{
		Name: "call-futex", Area: "calls", Prog: "calls", Args: []string{"futex"},
		Asleep: true,
		Doc:    "A program in futex goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-nanosleep-interrupted", Area: "calls", Prog: "calls", Args: []string{"nanosleep-interrupted"},
		Asleep: true,
		Doc:    "A program in nanosleep interrupted goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "call-poll", Area: "calls", Prog: "calls", Args: []string{"poll"},
		Asleep: true,
		Doc:    "A program in poll goes on waiting until its outside pipe has data.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeStdin,
	},
	{
		Name: "call-select", Area: "calls", Prog: "calls", Args: []string{"select"},
		Asleep: true,
		Doc:    "A program in select goes on waiting until its outside pipe has data.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeStdin,
	},
	{
		Name: "call-read", Area: "calls", Prog: "calls", Args: []string{"read"},
		Asleep: true,
		Doc:    "A program in read goes on waiting until its outside pipe has data.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeStdin,
	},

	// Signals
	{
		Name: "signal-handlers", Area: "signals", Prog: "sigstate", Args: []string{"handlers"},
		Doc:   "Handlers, flags and masks of all signals survive.",
		Modes: all,
	},
	{
		Name: "signal-mask", Area: "signals", Prog: "sigstate", Args: []string{"mask"},
		Doc:   "The mask of blocked signals survives.",
		Modes: all,
	},
	{
		Name: "signal-pending", Area: "signals", Prog: "sigstate", Args: []string{"pending"},
		Golden: true,
		Doc:    "Pending signals survive with their order, sender and value.",
		Modes:  all,
	},
	{
		Name: "signal-altstack", Area: "signals", Prog: "sigstate", Args: []string{"altstack"},
		Doc:   "The alternate stack survives.",
		Modes: all,
	},
	{
		Name: "signal-altstack-odd", Area: "signals", Prog: "sigstate", Args: []string{"altstack-odd"},
		Doc:   "An alternate stack that wraps around survives.",
		Modes: all,
	},
	{
		Name: "signal-in-handler", Area: "signals", Prog: "sigstate", Args: []string{"in-handler"},
		Doc:   "A program inside a handler on its alternate stack comes back.",
		Modes: all,
	},
	{
		Name: "signal-in-two-handlers", Area: "signals", Prog: "sigstate", Args: []string{"in-two-handlers"},
		Doc:   "A program two handlers deep comes back.",
		Modes: all,
	},
	{
		Name: "itimer-real", Area: "signals", Prog: "itimer", Args: []string{"real"},
		Doc:   "ITIMER_REAL keeps its time and period.",
		Modes: all,
	},
	{
		Name: "itimer-virtual", Area: "signals", Prog: "itimer", Args: []string{"virtual"},
		Doc:   "ITIMER_VIRTUAL keeps its time and period.",
		Modes: all,
	},
	{
		Name: "itimer-prof", Area: "signals", Prog: "itimer", Args: []string{"prof"},
		Doc:   "ITIMER_PROF keeps its time and period.",
		Modes: all,
	},
	{
		Name: "itimer-real-ticking", Area: "signals", Prog: "itimer", Args: []string{"real-ticking"},
		Doc:   "ITIMER_REAL goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "itimer-virtual-ticking", Area: "signals", Prog: "itimer", Args: []string{"virtual-ticking"},
		Doc:   "ITIMER_VIRTUAL goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "itimer-prof-ticking", Area: "signals", Prog: "itimer", Args: []string{"prof-ticking"},
		Doc:   "ITIMER_PROF goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "itimer-one-shot", Area: "signals", Prog: "itimer", Args: []string{"one-shot"},
		Doc:   "A single alarm comes exactly once.",
		Modes: all,
	},

	// POSIX timers
	{
		Name: "ptimer-real", Area: "signals", Prog: "ptimer", Args: []string{"real"},
		Doc:   "A timer of CLOCK_REALTIME keeps its time and period.",
		Modes: all,
	},
	{
		Name: "ptimer-monotonic", Area: "signals", Prog: "ptimer", Args: []string{"monotonic"},
		Doc:   "A timer of CLOCK_MONOTONIC keeps its time and period.",
		Modes: with(all, ModeNewPids, ModeAgain, ModeStopped, ModeFrozen),
	},
	{
		Name: "ptimer-boottime", Area: "signals", Prog: "ptimer", Args: []string{"boottime"},
		Doc:   "A timer of CLOCK_BOOTTIME keeps its time and period.",
		Modes: all,
	},
	{
		Name: "ptimer-tai", Area: "signals", Prog: "ptimer", Args: []string{"tai"},
		Doc:   "A timer of CLOCK_TAI keeps its time and period.",
		Modes: fromOutside,
	},
	{
		Name: "ptimer-process-cpu", Area: "signals", Prog: "ptimer", Args: []string{"process-cpu"},
		Doc:   "A timer of the CPU time of its process keeps its time and period.",
		Modes: all,
	},
	{
		Name: "ptimer-thread-cpu", Area: "signals", Prog: "ptimer", Args: []string{"thread-cpu"},
		Doc:   "A timer of the CPU time of its thread keeps its time and period.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "ptimer-one-shot", Area: "signals", Prog: "ptimer", Args: []string{"one-shot"},
		Doc:   "A single timer fires exactly once.",
		Modes: with(all, ModeAgain),
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-ticking", Area: "signals", Prog: "ptimer", Args: []string{"ticking"},
		Doc:   "A timer goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-process-cpu-ticking", Area: "signals", Prog: "ptimer", Args: []string{"process-cpu-ticking"},
		Doc:   "A timer of CPU time goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-thread-cpu-ticking", Area: "signals", Prog: "ptimer", Args: []string{"thread-cpu-ticking"},
		Doc:   "A timer of a thread's CPU time goes on ticking.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-queued", Area: "signals", Prog: "ptimer", Args: []string{"queued"},
		Doc:   "A timer that has fired is armed when its signal is taken, which comes once and with all overruns.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "ptimer-queued-once", Area: "signals", Prog: "ptimer", Args: []string{"queued-once"},
		Doc:   "The signal of a timer that has fired once comes once.",
		Modes: all,
	},
	{
		Name: "ptimer-queued-stale", Area: "signals", Prog: "ptimer", Args: []string{"queued-stale"},
		Doc:   "A pending signal doesn't arm a timer that has been set anew.",
		Modes: all,
	},
	{
		Name: "ptimer-overrun", Area: "signals", Prog: "ptimer", Args: []string{"overrun"},
		Doc:   "Overruns of the last signal can be asked for.",
		Modes: all,
	},
	{
		Name: "ptimer-none", Area: "signals", Prog: "ptimer", Args: []string{"none"},
		Doc:   "A timer that tells nobody can be looked at.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "ptimer-thread-id", Area: "signals", Prog: "ptimer", Args: []string{"thread-id"},
		Doc:   "A timer goes on telling a thread.",
		Modes: with(all, ModeNewPids),
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-thread-id-queued", Area: "signals", Prog: "ptimer", Args: []string{"thread-id-queued"},
		Doc:   "A timer that has fired is armed when its thread takes the signal.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "ptimer-thread-clock", Area: "signals", Prog: "ptimer", Args: []string{"thread-clock"},
		Doc:   "A timer of another thread's CPU time goes on ticking.",
		Modes: with(all, ModeNewPids),
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-ids", Area: "signals", Prog: "ptimer", Args: []string{"ids"},
		Doc:   "Timers keep their ids, and a new one gets the next.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "ptimer-wall", Area: "signals", Prog: "ptimer", Args: []string{"wall"},
		Doc:   "A timer of a time of day can be set to one again.",
		Modes: all,
	},
	{
		Name: "ptimer-ignored", Area: "signals", Prog: "ptimer", Args: []string{"ignored"},
		Doc:   "A timer whose signal is ignored goes on.",
		Modes: all,
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},
	{
		Name: "ptimer-process-clock", Area: "signals", Prog: "ptimer", Args: []string{"process-clock"},
		Doc:   "A timer of the CPU time of a child goes on.",
		Modes: with(fromOutside, ModeNewPids),
		Ignore: []string{
			`^status\.(ShdPnd|SigPnd|SigBlk|SigQ)$`, // a tick may be on its way, or in its handler
		},
	},

	// Task
	{
		Name: "task-rlimits", Area: "task", Prog: "attr", Args: []string{"rlimits"},
		Doc:   "The resource limits survive.",
		Modes: all,
	},
	{
		Name: "task-nice", Area: "task", Prog: "attr", Args: []string{"nice"},
		Doc:   "A nice value survives.",
		Modes: all,
	},
	{
		Name: "task-nice-negative", Area: "task", Prog: "attr", Args: []string{"nice-negative"},
		Doc:   "A negative nice value survives.",
		Modes: all,
	},
	{
		Name: "task-umask", Area: "task", Prog: "attr", Args: []string{"umask"},
		Doc:   "The umask survives.",
		Modes: all,
	},
	{
		Name: "task-cwd", Area: "task", Prog: "attr", Args: []string{"cwd"},
		Doc:   "The working directory survives.",
		Modes: all,
	},
	{
		Name: "task-chroot", Area: "task", Prog: "attr", Args: []string{"chroot"},
		Doc:   "The root directory survives.",
		Modes: []Mode{ModeKill, ModeLeave, ModeInPlace},
	},
	{
		Name: "task-personality", Area: "task", Prog: "attr", Args: []string{"personality"},
		Doc:   "The personality survives.",
		Modes: all,
	},
	{
		Name: "task-personality-linux32", Area: "task", Prog: "attr", Args: []string{"personality-linux32"},
		Doc:   "PER_LINUX32 survives.",
		Modes: all,
	},
	{
		Name: "task-comm", Area: "task", Prog: "attr", Args: []string{"comm"},
		Doc:   "A name with brackets, blanks and a newline survives.",
		Modes: all,
	},
	{
		Name: "task-timerslack", Area: "task", Prog: "attr", Args: []string{"timerslack"},
		Doc:   "The timer slack and its default survive.",
		Modes: all,
	},
	{
		Name: "task-pdeath", Area: "task", Prog: "attr", Args: []string{"pdeath"},
		Doc:   "The signal of the parent's death survives.",
		Modes: all,
	},
	{
		Name: "task-dumpable", Area: "task", Prog: "attr", Args: []string{"dumpable"},
		Doc:   "PR_SET_DUMPABLE 0 survives.",
		Modes: all,
	},
	{
		Name: "task-oom", Area: "task", Prog: "attr", Args: []string{"oom"},
		Doc:   "A raised OOM score survives.",
		Modes: all,
	},
	{
		Name: "task-oom-low", Area: "task", Prog: "attr", Args: []string{"oom-low"},
		Doc:   "A lowered OOM score survives.",
		Modes: all,
	},
	{
		Name: "task-coredump-filter", Area: "task", Prog: "attr", Args: []string{"coredump-filter"},
		Doc:   "The filter of core dumps survives.",
		Modes: all,
	},
	{
		Name: "task-core-dump", Area: "task", Prog: "attr", Args: []string{"core-dump"},
		Doc:   "A restored program leaves a core when it crashes.",
		Modes: all,
	},
	{
		Name: "task-no-new-privs", Area: "task", Prog: "attr", Args: []string{"no-new-privs"},
		Doc:   "no_new_privs survives.",
		Modes: all,
	},
	{
		Name: "task-thp-disable", Area: "task", Prog: "attr", Args: []string{"thp-disable"},
		Doc:   "PR_SET_THP_DISABLE survives.",
		Modes: all,
	},
	{
		Name: "task-mdwe", Area: "task", Prog: "attr", Args: []string{"mdwe"},
		Doc:   "PR_SET_MDWE survives.",
		Modes: all,
	},
	{
		Name: "task-mdwe-no-inherit", Area: "task", Prog: "attr", Args: []string{"mdwe-no-inherit"},
		Doc:   "PR_MDWE_NO_INHERIT survives.",
		Modes: all,
	},
	{
		Name: "task-session", Area: "task", Prog: "attr", Args: []string{"session"},
		Doc:   "The leader of a session is one again.",
		Modes: asChild,
	},
	{
		Name: "task-group", Area: "task", Prog: "attr", Args: []string{"group"},
		Doc:   "The leader of a process group is one again.",
		Modes: asChild,
	},
	{
		Name: "task-clear-tid", Area: "task", Prog: "attr", Args: []string{"clear-tid"},
		Doc:   "The address of set_tid_address() survives.",
		Modes: all,
	},
	{
		Name: "task-robust-list", Area: "task", Prog: "attr", Args: []string{"robust-list"},
		Doc:   "The robust futex list survives.",
		Modes: all,
	},
	{
		Name: "task-pid", Area: "task", Prog: "attr", Args: []string{"pid"},
		Doc:   "The pid is the recorded one.",
		Modes: asChild,
	},
	{
		Name: "task-exit-signal", Area: "task", Prog: "own", Args: []string{"exit-signal"},
		Doc:   "The signal of its end is the recorded one.",
		Modes: own,
	},
	{
		Name: "task-pagemap", Area: "task", Prog: "attr", Args: []string{"pagemap"},
		Doc:   "A restored program has a pagemap.",
		Modes: all,
	},
	{
		Name: "task-userfaultfd", Area: "task", Prog: "attr", Args: []string{"userfaultfd"},
		Doc:   "A restored program can use userfaultfd.",
		Modes: all,
	},
	{
		Name: "cred-ids", Area: "task", Prog: "creds", Args: []string{"ids"},
		Doc:   "All eight user and group ids survive.",
		Modes: fromOutside,
	},
	{
		Name: "cred-user", Area: "task", Prog: "creds", Args: []string{"user"},
		Doc:   "An ordinary user without capabilities stays one.",
		Modes: fromOutside,
	},
	{
		Name: "cred-groups", Area: "task", Prog: "creds", Args: []string{"groups"},
		Golden: true,
		Doc:    "Supplementary groups survive.",
		Modes:  all,
	},
	{
		Name: "cred-many-groups", Area: "task", Prog: "creds", Args: []string{"many-groups"},
		Doc:   "5,000 supplementary groups survive.",
		Modes: all,
	},
	{
		Name: "cred-caps", Area: "task", Prog: "creds", Args: []string{"caps"},
		Doc:   "Permitted, effective and inheritable capabilities survive.",
		Modes: fromOutside,
	},
	{
		Name: "cred-bset", Area: "task", Prog: "creds", Args: []string{"bset"},
		Doc:   "A reduced bounding set survives.",
		Modes: all,
	},
	{
		Name: "cred-ambient", Area: "task", Prog: "creds", Args: []string{"ambient"},
		Doc:   "Ambient capabilities survive.",
		Modes: all,
	},
	{
		Name: "cred-securebits", Area: "task", Prog: "creds", Args: []string{"securebits"},
		Doc:   "The securebits survive.",
		Modes: all,
	},
	{
		Name: "args", Area: "task", Prog: "args", Args: []string{"one", "two"},
		Doc:   "Arguments, environment, auxiliary vector and exe link survive.",
		Modes: all,
	},

	// Memory
	{
		Name: "mem-page", Area: "memory", Prog: "mem", Args: []string{"page"},
		Doc:   "A page of anonymous memory survives.",
		Modes: with(all, ModeStopped),
	},
	{
		Name: "mem-small", Area: "memory", Prog: "mem", Args: []string{"small"},
		Doc:   "37 pages of anonymous memory survive.",
		Modes: with(all, ModeSame),
	},
	{
		Name: "mem-mib", Area: "memory", Prog: "mem", Args: []string{"mib"},
		Doc:   "4 MiB of anonymous memory survive.",
		Modes: with(all, ModeStopped, ModeFrozen, ModePipe, ModeAgain),
	},
	{
		Name: "mem-64mib", Area: "memory", Prog: "mem", Args: []string{"64mib"},
		Doc:   "64 MiB of anonymous memory survive.",
		Modes: []Mode{ModeKill},
	},
	{
		Name: "mem-sparse", Area: "memory", Prog: "mem", Args: []string{"sparse"},
		Doc:      "Holes stay holes.",
		Modes:    all,
		MaxImage: 2 << 20,
	},
	{
		Name: "mem-zero", Area: "memory", Prog: "mem", Args: []string{"zero"},
		Doc:      "Pages that hold zeros aren't stored and come back as zeros.",
		Modes:    all,
		MaxImage: 1 << 20,
	},
	{
		Name: "mem-2gib", Area: "memory", Prog: "mem", Args: []string{"2gib"},
		Doc:     "An image over 2 GiB survives.",
		Modes:   []Mode{ModeKill},
		Large:   true,
		Timeout: 20 * time.Minute,
	},
	{
		Name: "mem-brk", Area: "memory", Prog: "mem", Args: []string{"brk"},
		Doc:   "The heap grows where it ended.",
		Modes: all,
	},
	{
		Name: "mem-stack", Area: "memory", Prog: "mem", Args: []string{"stack"},
		Doc:   "The stack grows below what was saved.",
		Modes: all,
	},
	{
		Name: "mem-growsdown", Area: "memory", Prog: "mem", Args: []string{"growsdown"},
		Doc:   "A mapping that grows down still does.",
		Modes: all,
	},
	{
		Name: "mem-file-private", Area: "memory", Prog: "mem", Args: []string{"file-private"},
		Golden:   true,
		Doc:      "Modified pages of a private file mapping survive, the others come from the file.",
		Modes:    all,
		MaxImage: 1 << 20,
	},
	{
		Name: "mem-file-private-zero", Area: "memory", Prog: "mem", Args: []string{"file-private-zero"},
		Doc:   "A zeroed page of a private file mapping hides the file.",
		Modes: all,
	},
	{
		Name: "mem-file-shared-read", Area: "memory", Prog: "mem", Args: []string{"file-shared-read"},
		Doc:   "A shared mapping that can never be written survives.",
		Modes: all,
	},
	{
		Name: "mem-file-past-end", Area: "memory", Prog: "mem", Args: []string{"file-past-end"},
		Doc:   "A mapping past the end of its file faults as before.",
		Modes: all,
	},
	{
		Name: "mem-prot-none", Area: "memory", Prog: "mem", Args: []string{"prot-none"},
		Doc:   "The content of inaccessible memory survives.",
		Modes: all,
	},
	{
		Name: "mem-read-only", Area: "memory", Prog: "mem", Args: []string{"read-only"},
		Doc:   "The content of read-only memory survives.",
		Modes: all,
	},
	{
		Name: "mem-jit", Area: "memory", Prog: "mem", Args: []string{"jit"},
		Doc:   "Memory that is writable and executable survives.",
		Modes: all,
	},
	{
		Name: "mem-mlock", Area: "memory", Prog: "mem", Args: []string{"mlock"},
		Doc:   "Locked memory stays locked.",
		Modes: all,
	},
	{
		Name: "mem-mlock-onfault", Area: "memory", Prog: "mem", Args: []string{"mlock-onfault"},
		Doc:   "Memory locked on fault stays so.",
		Modes: all,
	},
	{
		Name: "mem-mlockall", Area: "memory", Prog: "mem", Args: []string{"mlockall"},
		Doc:   "mlockall(MCL_FUTURE) holds for new mappings.",
		Modes: all,
	},
	{
		Name: "mem-dontfork", Area: "memory", Prog: "mem", Args: []string{"dontfork"},
		Doc:   "MADV_DONTFORK survives, with the content.",
		Modes: all,
	},
	{
		Name: "mem-wipeonfork", Area: "memory", Prog: "mem", Args: []string{"wipeonfork"},
		Doc:   "MADV_WIPEONFORK survives, with the content.",
		Modes: all,
	},
	{
		Name: "mem-dontdump", Area: "memory", Prog: "mem", Args: []string{"dontdump"},
		Doc:   "MADV_DONTDUMP survives.",
		Modes: all,
	},
	{
		Name: "mem-sequential", Area: "memory", Prog: "mem", Args: []string{"sequential"},
		Doc:   "MADV_SEQUENTIAL survives.",
		Modes: all,
	},
	{
		Name: "mem-random", Area: "memory", Prog: "mem", Args: []string{"random"},
		Doc:   "MADV_RANDOM survives.",
		Modes: all,
	},
	{
		Name: "mem-hugepage", Area: "memory", Prog: "mem", Args: []string{"hugepage"},
		Doc:   "MADV_HUGEPAGE survives.",
		Modes: all,
	},
	{
		Name: "mem-nohugepage", Area: "memory", Prog: "mem", Args: []string{"nohugepage"},
		Doc:   "MADV_NOHUGEPAGE survives.",
		Modes: all,
	},
	{
		Name: "mem-mergeable", Area: "memory", Prog: "mem", Args: []string{"mergeable"},
		Doc:   "MADV_MERGEABLE survives.",
		Modes: all,
	},
	{
		Name: "mem-huge", Area: "memory", Prog: "mem", Args: []string{"huge"},
		Doc:   "The content of huge pages survives.",
		Modes: all,
	},
	{
		Name: "mem-many-vmas", Area: "memory", Prog: "mem", Args: []string{"many-vmas"},
		Doc:   "2,000 mappings survive.",
		Modes: []Mode{ModeKill, ModePipe},
	},
	{
		Name: "mem-vma-name", Area: "memory", Prog: "mem", Args: []string{"vma-name"},
		Doc:   "The name of an anonymous mapping survives.",
		Modes: all,
	},
	{
		Name: "mem-far-apart", Area: "memory", Prog: "mem", Args: []string{"far-apart"},
		Doc:   "The lowest and the highest mapping survive.",
		Modes: all,
	},
	{
		Name: "mem-remapped", Area: "memory", Prog: "mem", Args: []string{"remapped"},
		Doc:   "Moved and cut mappings survive.",
		Modes: all,
	},
	{
		Name: "mem-layout", Area: "memory", Prog: "mem", Args: []string{"layout"},
		Doc:   "A new mapping goes where it would have gone.",
		Modes: all,
	},
	{
		Name: "mem-layout-legacy", Area: "memory", Prog: "mem", Args: []string{"layout-legacy"},
		Doc:   "So it does where mappings go from the bottom up.",
		Modes: all,
	},
	{
		Name: "mem-swapped", Area: "memory", Prog: "mem", Args: []string{"swapped"},
		Doc:    "Pages that are swapped out survive.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Before: HookSwap,
		Ready:  HookPageOut,
	},
	{
		Name: "mem-cow", Area: "memory", Prog: "cow",
		Doc:   "Memory shared copy-on-write with a parent outside survives.",
		Modes: []Mode{ModeKill, ModeLeave, ModeInPlace},
		Ignore: []string{
			`^stat\.flags$`, // PF_FORKNOEXEC: what it allows the parent outside, it can't any more
		},
	},

	// Shared memory without a path
	{
		Name: "shared-anon", Area: "memory", Prog: "shared", Args: []string{"anon"},
		Golden: true,
		Doc:    "Anonymous shared memory survives, and is shared with children.",
		Modes:  with(all, ModeStopped, ModeFrozen, ModeSame, ModeAgain),
	},
	{
		Name: "shared-zero", Area: "memory", Prog: "shared", Args: []string{"zero"},
		Doc:   "A shared mapping of /dev/zero, which is anonymous shared memory, survives.",
		Modes: all,
	},
	{
		Name: "shared-parts", Area: "memory", Prog: "shared", Args: []string{"parts"},
		Doc:   "Shared memory that is mapped in parts survives, and what of it is inaccessible.",
		Modes: all,
	},
	{
		Name: "shared-views", Area: "memory", Prog: "shared", Args: []string{"views"},
		Doc:   "Several mappings of one shared memory stay so, those of two stay apart.",
		Modes: all,
	},
	{
		Name: "shared-named", Area: "memory", Prog: "shared", Args: []string{"named"},
		Doc:   "The name of a shared anonymous mapping survives.",
		Modes: all,
	},
	{
		Name: "shared-noreserve", Area: "memory", Prog: "shared", Args: []string{"noreserve"},
		Doc:      "Holes of shared memory stay holes.",
		Modes:    all,
		MaxImage: 1 << 20,
	},
	{
		Name: "shared-large", Area: "memory", Prog: "shared", Args: []string{"large"},
		Doc:   "8 MiB of shared memory survive.",
		Modes: with(all, ModePipe),
	},
	{
		Name: "shared-locked", Area: "memory", Prog: "shared", Args: []string{"locked"},
		Doc:   "Locked shared memory stays locked.",
		Modes: all,
	},
	{
		Name: "memfd", Area: "memory", Prog: "shared", Args: []string{"memfd"},
		Golden: true,
		Doc:    "Content, name, size and offset of a memfd survive.",
		Modes:  with(all, ModeAgain),
	},
	{
		Name: "memfd-hole", Area: "memory", Prog: "shared", Args: []string{"hole"},
		Doc:      "The holes of a memfd stay holes.",
		Modes:    all,
		MaxImage: 1 << 20,
	},
	{
		Name: "memfd-seals", Area: "memory", Prog: "shared", Args: []string{"seals"},
		Doc:   "The seals of a memfd hold.",
		Modes: all,
	},
	{
		Name: "memfd-sealed-map", Area: "memory", Prog: "shared", Args: []string{"sealed-map"},
		Doc:   "A mapping of a sealed memfd can't be made writable.",
		Modes: all,
	},
	{
		Name: "memfd-future-write", Area: "memory", Prog: "shared", Args: []string{"future-write"},
		Doc:   "A mapping that was writable before F_SEAL_FUTURE_WRITE stays so.",
		Modes: all,
	},
	{
		Name: "memfd-mode", Area: "memory", Prog: "shared", Args: []string{"mode"},
		Doc:   "Permissions and owner of a memfd survive, and MFD_NOEXEC_SEAL.",
		Modes: all,
	},
	{
		Name: "memfd-private", Area: "memory", Prog: "shared", Args: []string{"private"},
		Doc:   "Modified pages of a private mapping of a memfd survive, the others are the memfd's.",
		Modes: all,
	},
	{
		Name: "memfd-coherent", Area: "memory", Prog: "shared", Args: []string{"coherent"},
		Doc:   "Mappings of a memfd and its descriptor show the same.",
		Modes: all,
	},
	{
		Name: "memfd-reopened", Area: "memory", Prog: "shared", Args: []string{"reopened"},
		Doc:   "Each open file of a memfd keeps its offset and its rights.",
		Modes: all,
	},
	{
		Name: "memfd-unopened", Area: "memory", Prog: "shared", Args: []string{"unopened"},
		Doc:   "A memfd that is mapped and has no descriptor survives.",
		Modes: all,
	},
	{
		Name: "memfd-past-end", Area: "memory", Prog: "shared", Args: []string{"past-end"},
		Doc:   "A memfd that is mapped past its end can grow.",
		Modes: all,
	},
	{
		Name: "memfd-program", Area: "memory", Prog: "shared", Args: []string{"program"},
		Doc:   "A program in a memfd can be executed.",
		Modes: all,
	},
	{
		Name: "memfd-program-busy", Area: "memory", Prog: "shared", Args: []string{"program-busy"},
		Doc:   "One that is open for writing can't, until it is closed.",
		Modes: all,
	},

	// Files
	{
		Name: "file-offset", Area: "files", Prog: "files", Args: []string{"offset"},
		Doc:   "A file's offset survives.",
		Modes: with(all, ModeStopped),
	},
	{
		Name: "file-offset-past-end", Area: "files", Prog: "files", Args: []string{"offset-past-end"},
		Doc:   "An offset past the end of the file survives.",
		Modes: all,
	},
	{
		Name: "file-append", Area: "files", Prog: "files", Args: []string{"append"},
		Doc:   "O_APPEND survives.",
		Modes: all,
	},
	{
		Name: "file-flags", Area: "files", Prog: "files", Args: []string{"flags"},
		Doc:   "The access mode and the status flags survive.",
		Modes: all,
	},
	{
		Name: "file-shared", Area: "files", Prog: "files", Args: []string{"shared"},
		Doc:   "Descriptors of one open file stay so, those of two stay apart.",
		Modes: all,
	},
	{
		Name: "file-cloexec", Area: "files", Prog: "files", Args: []string{"cloexec"},
		Doc:   "Close-on-exec survives.",
		Modes: all,
	},
	{
		Name: "file-opath", Area: "files", Prog: "files", Args: []string{"opath"},
		Doc:   "Descriptors of O_PATH survive.",
		Modes: all,
	},
	{
		Name: "file-directory", Area: "files", Prog: "files", Args: []string{"directory"},
		Doc:   "A directory is read on where it was.",
		Modes: all,
	},
	{
		Name: "file-high", Area: "files", Prog: "files", Args: []string{"high"},
		Doc:   "High descriptors and the holes between survive.",
		Modes: all,
	},
	{
		Name: "file-devices", Area: "files", Prog: "files", Args: []string{"devices"},
		Golden: true,
		Doc:    "null, zero, full, random and urandom survive.",
		Modes:  all,
	},
	{
		Name: "file-none", Area: "files", Prog: "files", Args: []string{"none"},
		Doc:   "Closed standard descriptors stay closed.",
		Modes: []Mode{ModeKill, ModeLeave},
	},
	{
		Name: "file-overlay", Area: "files", Prog: "files", Args: []string{"shared"},
		Doc:    "Files on an overlay file system survive.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeSelf, ModeInPlace},
		Before: HookOverlay,
	},
	{
		Name: "file-advice", Area: "files", Prog: "own", Args: []string{"file-advice"},
		Doc:    "What posix_fadvise() said survives.",
		Modes:  own,
		Before: HookShared,
	},
	{
		Name: "file-mapped", Area: "files", Prog: "files", Args: []string{"map-one"},
		Doc:   "A file that is open for writing and mapped survives.",
		Modes: all,
	},
	{
		Name: "lock-posix", Area: "files", Prog: "locks", Args: []string{"posix"},
		Golden: true,
		Doc:    "POSIX locks are held again.",
		Modes:  asChild,
	},
	{
		Name: "lock-ofd", Area: "files", Prog: "locks", Args: []string{"ofd"},
		Doc:   "Locks of open file descriptions are held again.",
		Modes: asChild,
	},
	{
		Name: "lock-flock-ex", Area: "files", Prog: "locks", Args: []string{"flock-ex"},
		Doc:   "An exclusive flock() is held again.",
		Modes: asChild,
	},
	{
		Name: "lock-flock-sh", Area: "files", Prog: "locks", Args: []string{"flock-sh"},
		Doc:   "A shared flock() is held again.",
		Modes: asChild,
	},
	{
		Name: "file-touched", Area: "files", Prog: "files", Args: []string{"read-one"},
		Doc:     "A changed file is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ESTALE", Log: `data.*has changed`},
		Between: HookTouchFile,
	},
	{
		Name: "file-removed", Area: "files", Prog: "files", Args: []string{"read-one"},
		Doc:     "A missing file is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ENOENT", Log: "data"},
		Between: HookRemoveFile,
	},
	{
		Name: "file-replaced", Area: "files", Prog: "files", Args: []string{"read-one"},
		Doc:     "Another file in the place of the old one is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ESTALE", Log: `data.*another file`},
		Between: HookReplaceFile,
	},
	{
		Name: "file-shortened", Area: "files", Prog: "files", Args: []string{"write-one"},
		Doc:     "A writable file that ends before the offset is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ESTALE", Log: `data.*shorter`},
		Between: HookShortenFile,
	},
	{
		Name: "file-replaced-writable", Area: "files", Prog: "files", Args: []string{"write-one"},
		Doc:     "Another file in the place of a writable one is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ESTALE", Log: `data.*another file`},
		Between: HookReplaceFile,
	},
	{
		Name: "file-mapped-changed", Area: "files", Prog: "files", Args: []string{"map-one"},
		Doc:     "A mapped file that has changed is refused, though it was open for writing.",
		Modes:   broken,
		Refused: &Failure{Errno: "ESTALE", Log: `mapped file .* has changed`},
		Between: HookTouchFile,
	},
	{
		Name: "file-grown", Area: "files", Prog: "files", Args: []string{"write-one"},
		Doc:     "A writable file that is longer now is good.",
		Modes:   []Mode{ModeKill},
		Between: HookGrowFile,
	},

	// Pipes and FIFOs
	{
		Name: "pipe-content", Area: "files", Prog: "pipes", Args: []string{"content"},
		Golden: true,
		Doc:    "What is in a pipe survives, as far as it hasn't been read.",
		Modes:  with(all, ModeStopped, ModeAgain, ModeSame),
	},
	{
		Name: "pipe-empty", Area: "files", Prog: "pipes", Args: []string{"empty"},
		Doc:   "An empty pipe survives.",
		Modes: all,
	},
	{
		Name: "pipe-packets", Area: "files", Prog: "pipes", Args: []string{"packets"},
		Doc:   "The packets in a pipe keep their borders.",
		Modes: all,
	},
	{
		Name: "pipe-mixed", Area: "files", Prog: "pipes", Args: []string{"mixed"},
		Doc:   "Packets keep their borders after bytes without any.",
		Modes: all,
	},
	{
		Name: "pipe-full", Area: "files", Prog: "pipes", Args: []string{"full"},
		Doc:   "A full pipe takes no more, and as much as before once it is empty.",
		Modes: all,
	},
	{
		Name: "pipe-full-packets", Area: "files", Prog: "pipes", Args: []string{"full-packets"},
		Doc:   "A pipe that is full of small packets takes no more.",
		Modes: all,
	},
	{
		Name: "pipe-size", Area: "files", Prog: "pipes", Args: []string{"size"},
		Doc:   "The size of a pipe survives.",
		Modes: all,
	},
	{
		Name: "pipe-flags", Area: "files", Prog: "pipes", Args: []string{"flags"},
		Doc:   "Each end of a pipe keeps its flags.",
		Modes: all,
	},
	{
		Name: "pipe-several", Area: "files", Prog: "pipes", Args: []string{"several"},
		Doc:   "Open files and descriptors of one pipe stay its own, those of two stay apart.",
		Modes: all,
	},
	{
		Name: "pipe-only-reader", Area: "files", Prog: "pipes", Args: []string{"only-reader"},
		Doc:   "A pipe without a writer gives what is in it and then its end.",
		Modes: all,
	},
	{
		Name: "pipe-only-writer", Area: "files", Prog: "pipes", Args: []string{"only-writer"},
		Doc:   "A pipe without a reader is a broken one.",
		Modes: all,
	},
	{
		Name: "pipe-both-ends", Area: "files", Prog: "pipes", Args: []string{"both-ends"},
		Doc:   "A pipe whose only open file is both ends survives.",
		Modes: all,
	},
	{
		Name: "pipe-owner", Area: "files", Prog: "pipes", Args: []string{"owner"},
		Doc:   "The owner of a pipe survives.",
		Modes: all,
	},
	{
		Name: "pipe-blocked-read", Area: "files", Prog: "pipes", Args: []string{"blocked-read"},
		Asleep: true,
		Doc:    "A program in read of an empty pipe goes on waiting until there is something in it.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "pipe-blocked-write", Area: "files", Prog: "pipes", Args: []string{"blocked-write"},
		Asleep: true,
		Doc:    "A program in write to a full pipe goes on waiting until there is room.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},
	{
		Name: "fifo", Area: "files", Prog: "pipes", Args: []string{"fifo"},
		Golden: true,
		Doc:    "A FIFO with both ends and what is in it survive.",
		Modes:  all,
	},
	{
		Name: "fifo-both-ends", Area: "files", Prog: "pipes", Args: []string{"fifo-both-ends"},
		Doc:   "A FIFO that is open for reading and writing survives.",
		Modes: all,
	},
	{
		Name: "fifo-no-writer-yet", Area: "files", Prog: "pipes", Args: []string{"fifo-no-writer-yet"},
		Doc:   "The reader of a FIFO that has seen no writer is told of no end.",
		Modes: all,
	},
	{
		Name: "fifo-writer-gone", Area: "files", Prog: "pipes", Args: []string{"fifo-writer-gone"},
		Doc:   "The reader of a FIFO whose writer has gone is told of its end.",
		Modes: all,
	},
	{
		Name: "fifo-two-readers", Area: "files", Prog: "pipes", Args: []string{"fifo-two-readers"},
		Doc:   "Of two readers of a FIFO only the one that has seen a writer is told of its end.",
		Modes: all,
	},
	{
		Name: "fifo-only-writer", Area: "files", Prog: "pipes", Args: []string{"fifo-only-writer"},
		Doc:   "A FIFO without a reader is a broken one.",
		Modes: all,
	},
	{
		Name: "fifo-removed", Area: "files", Prog: "pipes", Args: []string{"fifo"},
		Doc:     "A FIFO that is missing is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "ENOENT", Log: `can't open FIFO .*data`},
		Between: HookRemoveFile,
	},
	{
		Name: "fifo-in-use", Area: "files", Prog: "own", Args: []string{"fifo-in-use"},
		Doc:   "A FIFO that somebody else has open is refused.",
		Modes: own,
	},

	// eventfd
	{
		Name: "eventfd-counter", Area: "files", Prog: "eventfds", Args: []string{"counter"},
		Golden: true,
		Doc:    "The counter of an eventfd survives.",
		Modes:  with(all, ModeStopped),
	},
	{
		Name: "eventfd-zero", Area: "files", Prog: "eventfds", Args: []string{"zero"},
		Doc:   "An eventfd of zero has nothing to be read.",
		Modes: all,
	},
	{
		Name: "eventfd-semaphore", Area: "files", Prog: "eventfds", Args: []string{"semaphore"},
		Doc:   "An eventfd that counts down by one still does.",
		Modes: all,
	},
	{
		Name: "eventfd-flags", Area: "files", Prog: "eventfds", Args: []string{"flags"},
		Doc:   "The flags of an eventfd survive.",
		Modes: all,
	},
	{
		Name: "eventfd-most", Area: "files", Prog: "eventfds", Args: []string{"most"},
		Doc:   "An eventfd at its highest value takes no more.",
		Modes: all,
	},
	{
		Name: "eventfd-shared", Area: "files", Prog: "eventfds", Args: []string{"shared"},
		Doc:   "Descriptors of one eventfd stay so, those of two stay apart.",
		Modes: all,
	},
	{
		Name: "eventfd-blocked", Area: "files", Prog: "eventfds", Args: []string{"blocked"},
		Asleep: true,
		Doc:    "A program in read of an eventfd goes on waiting until it is counted up.",
		Modes:  []Mode{ModeKill, ModeLeave, ModeStopped},
		Wake:   WakeUSR1,
	},

	// epoll
	{
		Name: "epoll-level", Area: "files", Prog: "epolls", Args: []string{"level"},
		Golden: true,
		Doc:    "What an epoll instance watches is reported as before, with its data.",
		Modes:  with(all, ModeStopped, ModeAgain),
	},
	{
		Name: "epoll-empty", Area: "files", Prog: "epolls", Args: []string{"empty"},
		Doc:   "An epoll instance that watches nothing survives.",
		Modes: all,
	},
	{
		Name: "epoll-edge-reported", Area: "files", Prog: "epolls", Args: []string{"edge-reported"},
		Doc:   "An edge that was reported isn't reported again.",
		Modes: all,
	},
	{
		Name: "epoll-edge-unreported", Area: "files", Prog: "epolls", Args: []string{"edge-unreported"},
		Doc:   "An edge that wasn't reported is reported once.",
		Modes: all,
	},
	{
		Name: "epoll-edge-hangup", Area: "files", Prog: "epolls", Args: []string{"edge-hangup"},
		Doc:   "The end of a pipe that was reported as an edge is none again.",
		Modes: all,
	},
	{
		Name: "epoll-oneshot", Area: "files", Prog: "epolls", Args: []string{"oneshot"},
		Doc:   "What was reported with EPOLLONESHOT stays disabled until it is armed again.",
		Modes: all,
	},
	{
		Name: "epoll-order", Area: "files", Prog: "epolls", Args: []string{"order"},
		Doc:   "What is ready is reported in the order of before.",
		Modes: all,
	},
	{
		Name: "epoll-order-hangup", Area: "files", Prog: "epolls", Args: []string{"order-hangup"},
		Doc:   "The end of a pipe keeps its place in that order.",
		Modes: all,
	},
	{
		Name: "epoll-nested", Area: "files", Prog: "epolls", Args: []string{"nested"},
		Doc:   "epoll instances that watch each other survive.",
		Modes: all,
	},
	{
		Name: "epoll-nested-edge", Area: "files", Prog: "epolls", Args: []string{"nested-edge"},
		Doc:   "An edge of an epoll instance that was reported is none again.",
		Modes: all,
	},
	{
		Name: "epoll-many", Area: "files", Prog: "epolls", Args: []string{"many"},
		Doc:   "An epoll instance that watches 5,000 descriptors survives.",
		Modes: []Mode{ModeKill, ModeLeave, ModeInPlace},
	},
	{
		Name: "epoll-many-ready", Area: "files", Prog: "epolls", Args: []string{"many-ready"},
		Doc:   "Of 5,000 ready descriptors each keeps its place.",
		Modes: []Mode{ModeKill, ModeInPlace},
	},
	{
		Name: "epoll-other-number", Area: "files", Prog: "epolls", Args: []string{"other-number"},
		Doc:   "A file that is watched under a number that is closed stays so.",
		Modes: all,
	},
	{
		Name: "epoll-number-reused", Area: "files", Prog: "epolls", Args: []string{"number-reused"},
		Doc:   "Two files that are watched under one number stay so.",
		Modes: all,
	},
	{
		Name: "epoll-exclusive", Area: "files", Prog: "epolls", Args: []string{"exclusive"},
		Doc:   "EPOLLEXCLUSIVE survives.",
		Modes: all,
	},
	{
		Name: "epoll-shared", Area: "files", Prog: "epolls", Args: []string{"shared"},
		Doc:   "An epoll instance under two numbers stays one.",
		Modes: all,
	},
	{
		Name: "epoll-wait-timeout", Area: "files", Prog: "epolls", Args: []string{"wait-timeout"},
		Asleep: true,
		Doc:    "A program in epoll wait goes on waiting anew.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Sleep:  waitAnew(),
	},
	{
		Name: "epoll-wait-outside", Area: "files", Prog: "epolls", Args: []string{"wait-outside"},
		Asleep: true,
		Doc:    "A program in epoll wait goes on waiting until its outside pipe has data.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Wake:   WakeStdin,
	},
	{
		Name: "epoll-wait-signal", Area: "files", Prog: "epolls", Args: []string{"wait-signal"},
		Asleep: true,
		Doc:    "A program in epoll pwait goes on waiting until a signal comes.",
		Modes:  []Mode{ModeKill, ModeLeave},
		Wake:   WakeUSR1,
	},

	// Scheduling, and what a process asks for once
	{
		Name: "sched-batch", Area: "task", Prog: "sched", Args: []string{"batch"},
		Doc:   "SCHED_BATCH and a nice value survive.",
		Modes: all,
	},
	{
		Name: "sched-idle", Area: "task", Prog: "sched", Args: []string{"idle"},
		Doc:   "SCHED_IDLE survives.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "sched-fifo", Area: "task", Prog: "sched", Args: []string{"fifo"},
		Doc:   "SCHED_FIFO and its priority survive.",
		Modes: with(all, ModeStopped, ModeFrozen),
	},
	{
		Name: "sched-rr", Area: "task", Prog: "sched", Args: []string{"rr"},
		Doc:   "SCHED_RR with SCHED_RESET_ON_FORK survives.",
		Modes: all,
	},
	{
		Name: "sched-reset", Area: "task", Prog: "sched", Args: []string{"reset"},
		Doc:   "SCHED_RESET_ON_FORK survives.",
		Modes: all,
	},
	{
		Name: "sched-slice", Area: "task", Prog: "sched", Args: []string{"slice"},
		Doc:   "A time slice of sched_setattr() survives.",
		Modes: all,
	},
	{
		Name: "sched-deadline", Area: "task", Prog: "sched", Args: []string{"deadline"},
		Doc:   "SCHED_DEADLINE survives.",
		Modes: []Mode{ModeKill, ModeLeave, ModeReboot},
	},
	{
		Name: "sched-affinity", Area: "task", Prog: "sched", Args: []string{"affinity"},
		Doc:   "A CPU affinity survives.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "sched-affinity-all", Area: "task", Prog: "sched", Args: []string{"affinity-all"},
		Doc:   "A CPU affinity to all that there are survives.",
		Modes: fromOutside,
	},
	{
		Name: "sched-ioprio", Area: "task", Prog: "sched", Args: []string{"ioprio"},
		Doc:   "An I/O priority survives.",
		Modes: with(all, ModeAgain),
	},
	{
		Name: "sched-ioprio-rt", Area: "task", Prog: "sched", Args: []string{"ioprio-rt"},
		Doc:   "A real-time I/O priority survives.",
		Modes: fromOutside,
	},
	{
		Name: "sched-ioprio-idle", Area: "task", Prog: "sched", Args: []string{"ioprio-idle"},
		Doc:   "The idle class of I/O survives.",
		Modes: fromOutside,
	},
	{
		Name: "sched-threads", Area: "task", Prog: "sched", Args: []string{"threads"},
		Doc:   "Each thread keeps its policy, priority, nice value, CPUs and I/O priority.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "sched-threads-idle", Area: "task", Prog: "sched", Args: []string{"threads-idle"},
		Doc:   "Threads keep policies above that of the one that makes them.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "sched-threads-dropped", Area: "task", Prog: "sched", Args: []string{"threads-dropped"},
		Doc:   "So do threads of a process that isn't allowed to ask for any of it any more.",
		Modes: fromOutside,
	},
	{
		Name: "sched-dropped", Area: "task", Prog: "sched", Args: []string{"dropped"},
		Doc:   "Priorities survive that the process isn't allowed to ask for any more.",
		Modes: fromOutside,
	},
	{
		Name: "sched-subreaper", Area: "task", Prog: "sched", Args: []string{"subreaper"},
		Doc:   "A subreaper gets the orphans below it.",
		Modes: with(all, ModeAgain),
	},
	{
		Name: "sched-merge", Area: "task", Prog: "sched", Args: []string{"merge"},
		Doc:   "PR_SET_MEMORY_MERGE survives.",
		Modes: all,
	},
	{
		Name: "sched-barrier-private", Area: "task", Prog: "sched", Args: []string{"barrier-private"},
		Doc:   "A registration with membarrier survives.",
		Modes: all,
	},
	{
		Name: "sched-barrier-core", Area: "task", Prog: "sched", Args: []string{"barrier-core"},
		Doc:   "A registration with membarrier for core serialization survives.",
		Modes: all,
	},
	{
		Name: "sched-barrier-rseq", Area: "task", Prog: "sched", Args: []string{"barrier-rseq"},
		Doc:   "A registration with membarrier for restartable sequences survives.",
		Modes: all,
	},
	{
		Name: "sched-barrier-global", Area: "task", Prog: "sched", Args: []string{"barrier-global"},
		Doc:   "A registration with membarrier for global barriers survives.",
		Modes: all,
	},
	{
		Name: "sched-cpu-missing", Area: "task", Prog: "sched", Args: []string{"affinity"},
		Doc:   "A CPU that isn't there is refused by name.",
		Modes: broken, Mutate: "cpu-missing",
		Refused: &Failure{Errno: "EPROTO", Log: `CPU 100 isn't there`},
	},

	// Outside descriptors
	{
		Name: "outside-pipe", Area: "files", Prog: "outside", Args: []string{"pipe", "9"},
		Doc:     "A declared pipe is replaced by the restarter's.",
		Modes:   []Mode{ModeKill, ModeLeave, ModeInPlace},
		Outside: []int{9},
	},
	{
		Name: "outside-missing", Area: "files", Prog: "outside", Args: []string{"pipe", "9"},
		Doc:     "An outside descriptor that isn't supplied is refused by name.",
		Modes:   broken,
		Outside: []int{9},
		Between: HookNotSupplied,
		Refused: &Failure{Errno: "ENOENT", Log: "outside descriptor 9 has to be supplied"},
	},
	{
		Name: "outside-joined", Area: "files", Prog: "outside", Args: []string{"joined"},
		Doc:   "Outside descriptors that were one open file stay one where the restarter's are one thing.",
		Modes: []Mode{ModeKill, ModeLeave},
		Stdio: StdioTTY,
	},
	{
		Name: "outside-terminal", Area: "files", Prog: "outside", Args: []string{"terminal"},
		Doc:   "A terminal is replaced by the restarter's.",
		Modes: []Mode{ModeKill, ModeLeave},
		Stdio: StdioTTY,
		Ignore: []string{
			`^stat\.tty_nr$`, // --detach leaves no controlling terminal
		},
	},

	// What the restarter is, and what others do meanwhile
	{
		Name: "restarter-settings", Area: "task", Prog: "own", Args: []string{"restarter-settings"},
		Doc:   "Scheduling policy, affinity and the like of the restarter aren't taken over.",
		Modes: own,
	},
	{
		Name: "cwd-forbidden", Area: "task", Prog: "own", Args: []string{"cwd-forbidden"},
		Doc:   "A working directory that the restarter may not enter is refused, a thousand times.",
		Modes: own,
	},
	{
		Name: "kill-while-checkpointed", Area: "modes", Prog: "storm", Args: []string{"kill-saved"},
		Doc:     "A target that is killed while it is saved gives an image or an errno.",
		Modes:   own,
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "stop-cont-storm", Area: "modes", Prog: "storm", Args: []string{"stop-cont"},
		Doc:     "A target that is stopped and continued all the time gives good images.",
		Modes:   own,
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "kill-while-restarted", Area: "modes", Prog: "storm", Args: []string{"kill-restarted"},
		Doc:     "A restart that is killed leaves no task behind.",
		Modes:   own,
		Alone:   true,
		Timeout: 5 * time.Minute,
	},
	{
		Name: "save-while-restarted", Area: "modes", Prog: "storm", Args: []string{"save-restarted"},
		Doc:     "A restart isn't disturbed by who wants to save what it makes.",
		Modes:   own,
		Alone:   true,
		Timeout: 5 * time.Minute,
	},

	// Threads
	{
		Name: "threads-locals", Area: "threads", Prog: "threads", Args: []string{"locals"},
		Doc:   "Thread-local memory, stacks and ids of threads survive.",
		Modes: with(all, ModeNewPids, ModeAgain, ModeStopped, ModeFrozen, ModeStop, ModePipe, ModeSame),
	},
	{
		Name: "threads-many", Area: "threads", Prog: "threads", Args: []string{"many"},
		Doc:   "A hundred threads survive.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "threads-own", Area: "threads", Prog: "threads", Args: []string{"own"},
		Doc:   "Names, signal masks, alternate stacks, nice values and other settings of each thread survive.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "threads-creds", Area: "threads", Prog: "threads", Args: []string{"creds"},
		Doc:   "Credentials that differ from thread to thread survive.",
		Modes: all,
	},
	{
		Name: "threads-signals", Area: "threads", Prog: "threads", Args: []string{"signals"},
		Doc:   "Signals pending for a thread and for the process survive, each where it is pending.",
		Modes: with(all, ModeStopped),
	},
	{
		Name: "threads-handler", Area: "threads", Prog: "threads", Args: []string{"handler"},
		Doc:   "A signal of the process goes to the thread that doesn't block it.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "threads-sync", Area: "threads", Prog: "threads", Args: []string{"sync"},
		Doc:   "Threads that wait for a mutex, a lock, a semaphore or a barrier go on waiting for it.",
		Modes: with(all, ModeNewPids, ModeStopped),
	},
	{
		Name: "threads-condition", Area: "threads", Prog: "threads", Args: []string{"condition"},
		Doc:   "Threads that wait for a condition go on waiting for it.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "threads-blocked", Area: "threads", Prog: "threads", Args: []string{"blocked"},
		Doc:   "Threads in different calls go on waiting in them.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "threads-asleep", Area: "threads", Prog: "threads", Args: []string{"asleep"},
		Doc:   "A thread that sleeps goes on sleeping for the time that remained.",
		Modes: []Mode{ModeKill, ModeLeave, ModeInPlace, ModeStopped, ModeFrozen},
		Sleep: wait(),
	},
	{
		Name: "threads-compute", Area: "threads", Prog: "threads", Args: []string{"compute"},
		Doc:   "Integer, SSE and AVX registers of threads in loops survive.",
		Modes: with(fromOutside, ModeNewPids, ModeStopped, ModeFrozen),
	},
	{
		Name: "threads-stopped", Area: "threads", Prog: "threads", Args: []string{"renaming"},
		Doc:   "Threads of a stopped process are stopped from the start: none of them has gone on for a moment.",
		Modes: []Mode{ModeStopped},
	},
	{
		Name: "threads-robust", Area: "threads", Prog: "threads", Args: []string{"robust"},
		Doc:   "Robust futex lists of threads survive and work.",
		Modes: all,
	},
	{
		Name: "threads-rseq", Area: "threads", Prog: "threads", Args: []string{"rseq"},
		Doc:   "Registrations of restartable sequences of threads survive.",
		Modes: all,
	},
	{
		Name: "threads-create", Area: "threads", Prog: "threads", Args: []string{"create"},
		Doc:   "Restored threads make new ones.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "threads-exit-group", Area: "threads", Prog: "threads", Args: []string{"exit-group"},
		Doc:   "A restored thread ends the process.",
		Modes: with(fromOutside, ModeNewPids),
	},
	{
		Name: "threads-leader-exits", Area: "threads", Prog: "threads", Args: []string{"leader-exits"},
		Doc:   "The first thread ends after the restart, another goes on.",
		Modes: with(fromOutside, ModeNewPids),
	},
	{
		Name: "threads-exec", Area: "threads", Prog: "threads", Args: []string{"exec"},
		Doc:   "A restored thread that isn't the first executes a program.",
		Modes: []Mode{ModeKill, ModeLeave, ModeReboot},
	},
	{
		Name: "threads-self-by-thread", Area: "threads", Prog: "threads", Args: []string{"self-by-thread"},
		Doc:   "A thread that isn't the first makes the checkpoint.",
		Modes: []Mode{ModeKill, ModeSelf, ModeSelfArgs},
	},
	{
		Name: "threads-storm", Area: "threads", Prog: "threads", Args: []string{"storm"},
		Doc:    "A process whose threads come and go is saved.",
		Modes:  with(fromOutside, ModeNewPids),
		Ignore: []string{`.`}, // threads and their stacks come and go,
	},

	// Trees
	{
		Name: "tree-family", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:   "Three levels of processes keep their pids, parents and memory, and end as they were to.",
		Modes: with(all, ModeNewPids, ModeAgain, ModeStopped, ModeFrozen, ModeStop, ModePipe, ModeSame),
	},
	{
		Name: "tree-many", Area: "tree", Prog: "tree", Args: []string{"many"},
		Doc:   "Sixty children survive.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-sigchld", Area: "tree", Prog: "tree", Args: []string{"sigchld"},
		Doc:   "A child's end is told once.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-exit-signals", Area: "tree", Prog: "tree", Args: []string{"exit-signals"},
		Doc:   "A child's end is told by the signal that was chosen, or by none.",
		Modes: all,
	},
	{
		Name: "tree-parent-dies", Area: "tree", Prog: "tree", Args: []string{"parent-dies"},
		Doc:   "A process gets the signal that it wants when its parent dies.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-zombies", Area: "tree", Prog: "tree", Args: []string{"zombies"},
		Doc:   "Processes that nobody has waited for are waited for after the restart.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "tree-zombie-below", Area: "tree", Prog: "tree", Args: []string{"zombie-below"},
		Doc:   "A process that isn't the root waits for a child that had ended.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-pipes", Area: "tree", Prog: "tree", Args: []string{"pipes"},
		Doc:   "A pipe joins parent and child, and ends with the child.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-offsets", Area: "tree", Prog: "tree", Args: []string{"offsets"},
		Doc:   "An open file of several processes has one offset and one set of flags.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-memory", Area: "tree", Prog: "tree", Args: []string{"memory"},
		Doc:   "Shared memory and memfds stay shared between processes.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-private", Area: "tree", Prog: "tree", Args: []string{"private"},
		Doc:   "Private memory that was the same once is each process's own.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-cow", Area: "tree", Prog: "tree", Args: []string{"cow"},
		Doc:      "Pages that children share with their parent are in the image once and shared again.",
		Modes:    with(all, ModeFrozen),
		MaxImage: 64<<20 + 64<<20/100,
		Timeout:  3 * DefaultTimeout,
	},
	{
		Name: "tree-cow-odd", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:   "Pages are shared among grandchildren and siblings, where they were moved, protected or dropped.",
		Modes: with(all, ModeNewPids, ModeAgain, ModeStopped),
		// What was moved, and what siblings share, is each one's own after a restart.
		MaxImage: 18 << 20,
	},
	{
		Name: "tree-clone-files", Area: "tree", Prog: "tree", Args: []string{"clone-files"},
		Doc:   "A descriptor table of two processes stays one.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-clone-fs", Area: "tree", Prog: "tree", Args: []string{"clone-fs"},
		Doc:   "A working directory and umask of two processes stay one.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-inherited", Area: "tree", Prog: "tree", Args: []string{"inherited"},
		Doc:   "An epoll instance and an eventfd stay shared with a child.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-locks", Area: "tree", Prog: "tree", Args: []string{"locks"},
		Doc:   "Locks of an open file that processes share stay theirs.",
		Modes: asChild, // in place and with new pids a lock is another process's
	},
	{
		Name: "tree-record-locks", Area: "tree", Prog: "tree", Args: []string{"record-locks"},
		Doc:   "Record locks stay those of the process that has them.",
		Modes: asChild, // in place and with new pids a lock is another process's
	},
	{
		Name: "tree-child-of-thread", Area: "tree", Prog: "tree", Args: []string{"child-of-thread"},
		Doc:   "A thread's child stays that thread's.",
		Modes: all,
	},
	{
		Name: "tree-threads", Area: "tree", Prog: "tree", Args: []string{"threads"},
		Doc:   "Processes with threads below each other survive.",
		Modes: with(all, ModeNewPids, ModeAgain, ModeStopped, ModeFrozen),
	},
	{
		Name: "tree-sessions", Area: "tree", Prog: "tree", Args: []string{"sessions"},
		Doc:   "Sessions and the groups in them survive.",
		Modes: with(all, ModeNewPids, ModeAgain),
	},
	{
		Name: "tree-group-without-leader", Area: "tree", Prog: "tree", Args: []string{"group-without-leader"},
		Doc:   "A group whose leader is dead keeps its number and its members.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-stopped-told", Area: "tree", Prog: "tree", Args: []string{"stopped-told"},
		Doc:   "A stopped child stays so, and the parent isn't told again.",
		Modes: all,
	},
	{
		Name: "tree-stopped-untold", Area: "tree", Prog: "tree", Args: []string{"stopped-untold"},
		Doc:   "A parent that wasn't told of a stopped child yet is told after the restart.",
		Modes: all,
	},
	{
		Name: "tree-waiting", Area: "tree", Prog: "tree", Args: []string{"waiting"},
		Doc:   "Processes that wait for their children go on waiting.",
		Modes: fromOutside,
	},
	{
		Name: "tree-programs", Area: "tree", Prog: "tree", Args: []string{"programs"},
		Doc:   "A child that executed a program survives.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-users", Area: "tree", Prog: "tree", Args: []string{"users"},
		Doc:   "Children with other credentials keep them.",
		Modes: with(all, ModeNewPids),
	},
	{
		Name: "tree-storm", Area: "tree", Prog: "tree", Args: []string{"storm"},
		Doc:    "Processes that come and go are saved.",
		Modes:  fromOutside,
		Ignore: []string{`.`}, // processes come and go,
	},
	{
		Name: "tree-vforks", Area: "tree", Prog: "tree", Args: []string{"vforks"},
		Doc:    "Who is on the way from vfork() to execve() gets there first.",
		Modes:  with(fromOutside, ModeAgain),
		Ignore: []string{`.`}, // processes come and go,
	},
	{
		Name: "tree-self-below", Area: "tree", Prog: "own", Args: []string{"self-below"},
		Doc:   "A process saves itself and what is below it, not what is above.",
		Modes: own,
	},
	{
		Name: "tree-pid-map", Area: "tree", Prog: "own", Args: []string{"pid-map"},
		Doc:   "A restart with new pids tells which task has become which.",
		Modes: own,
	},
	{
		Name: "tree-broken-share-own", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with pages that an address space shares with itself is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `shares with itself`},
		Mutate:  "broken-share-own",
	},
	{
		Name: "tree-broken-share-of-file", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with pages that are shared with a file is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `objref 1 is of no address space`},
		Mutate:  "broken-share-of-file",
	},
	{
		Name: "tree-broken-share-near", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with memory that is its own parent's is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `shares with itself`},
		Mutate:  "broken-share-near",
	},
	{
		Name: "tree-broken-share-none", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with a run of no shared pages is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad run of 0 pages`},
		Mutate:  "broken-share-none",
	},
	{
		Name: "tree-broken-share-long", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with more shared pages than there are is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `no private page to share`},
		Mutate:  "broken-share-long",
	},
	{
		Name: "tree-broken-share-hole", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with shared pages that nobody has is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `no private page to share at 0x1000`},
		Mutate:  "broken-share-hole",
	},
	{
		Name: "tree-broken-share-text", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with shared pages that are a file's is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `no private page to share at 0x401000`},
		Mutate:  "broken-share-text",
	},
	{
		Name: "tree-broken-share-target", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with shared pages where nothing is mapped is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `no private mapping at 0x1000`},
		Mutate:  "broken-share-target",
	},
	{
		Name: "tree-broken-share-order", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:     "An image with shared pages that don't ascend is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad run of`},
		Mutate:  "broken-share-order",
	},
	{
		Name: "tree-broken-unknown-parent", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a parent that isn't in it is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad parent, have 32000`},
		Mutate:  "broken-unknown-parent",
	},
	{
		Name: "tree-broken-own-parent", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a process that is its own parent is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad parent`},
		Mutate:  "broken-own-parent",
	},
	{
		Name: "tree-broken-cycle", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a process below its own child is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad parent`},
		Mutate:  "broken-cycle",
	},
	{
		Name: "tree-broken-no-parent", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with two roots is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad parent`},
		Mutate:  "broken-no-parent",
	},
	{
		Name: "tree-broken-duplicate", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a pid that two tasks have is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad pid`},
		Mutate:  "broken-duplicate",
	},
	{
		Name: "tree-broken-thread-of-other", Area: "tree", Prog: "tree", Args: []string{"threads"},
		Doc:     "An image with a thread among those of another process is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad thread`},
		Mutate:  "broken-thread-of-other",
	},
	{
		Name: "tree-broken-thread-with-parent", Area: "tree", Prog: "tree", Args: []string{"threads"},
		Doc:     "An image with a thread that has a parent is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad thread`},
		Mutate:  "broken-thread-with-parent",
	},
	{
		Name: "tree-broken-thread-group", Area: "tree", Prog: "tree", Args: []string{"threads"},
		Doc:     "An image with a thread in another group than its process is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad thread`},
		Mutate:  "broken-thread-group",
	},
	{
		Name: "tree-broken-group-of-thread", Area: "tree", Prog: "tree", Args: []string{"threads"},
		Doc:     "An image with a group that has a thread's number is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad group`},
		Mutate:  "broken-group-of-thread",
	},
	{
		Name: "tree-broken-two-sessions", Area: "tree", Prog: "tree", Args: []string{"sessions"},
		Doc:     "An image with a group in two sessions is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad group`},
		Mutate:  "broken-two-sessions",
	},
	{
		Name: "tree-broken-session-alone", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a session leader in no group is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad group of a session leader`},
		Mutate:  "broken-session-alone",
	},
	{
		Name: "tree-broken-count", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with another number of tasks than it says is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad number of tasks`},
		Mutate:  "broken-count",
	},
	{
		Name: "tree-broken-task-missing", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with fewer tasks than it says is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `unexpected record`},
		Mutate:  "broken-task-missing",
	},
	{
		Name: "tree-broken-task-extra", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with more tasks than it says is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `unexpected record`},
		Mutate:  "broken-task-extra",
	},
	{
		Name: "tree-broken-files", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a task whose descriptor table isn't there is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: ``},
		Mutate:  "broken-files",
	},
	{
		Name: "tree-broken-task-pid", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "An image with a task out of order is refused.",
		Modes:   broken,
		Refused: &Failure{Errno: "EBADMSG", Log: `bad pid`},
		Mutate:  "broken-task-pid",
	},
	{
		Name: "read-while-restarted", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "A restart isn't disturbed by who reads the memory of what it makes, as ps does.",
		Modes:   []Mode{ModeKill, ModeInPlace, ModeNewPids},
		Between: HookReaders,
		Alone:   true,
	},
	{
		Name: "tree-pid-taken", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:     "A restart is refused while another process has the pid of a child.",
		Modes:   broken,
		Refused: &Failure{Errno: "EEXIST", Log: `pid \d+ is taken`},
		Between: HookTakePid,
	},
	{
		Name: "threads-tid-taken", Area: "threads", Prog: "threads", Args: []string{"locals"},
		Doc:     "A restart is refused while another process has the pid of a thread.",
		Modes:   broken,
		Refused: &Failure{Errno: "EEXIST", Log: `pid \d+ is taken`},
		Between: HookTakeTid,
	},

	// Refused by name
	{
		Name: "refuse-thread-files", Area: "task", Prog: "refuse", Args: []string{"thread-files"},
		Doc:     "A thread with a descriptor table of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`thread with a descriptor table of its own`),
	},
	{
		Name: "refuse-thread-fs", Area: "task", Prog: "refuse", Args: []string{"thread-fs"},
		Doc:     "A thread with a working directory of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`thread with a working directory of its own`),
	},
	{
		Name: "refuse-thread-sysvsem", Area: "task", Prog: "refuse", Args: []string{"thread-sysvsem"},
		Doc:     "A thread with semaphore undo of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`semaphore undo otherwise than threads do`),
	},
	{
		Name: "refuse-child-mm", Area: "task", Prog: "refuse", Args: []string{"child-mm"},
		Doc:     "A child that isn't a thread and shares memory is refused by name.",
		Modes:   refuse,
		Refused: refused(`shares? (its )?memory`),
	},
	{
		Name: "refuse-child-sighand", Area: "task", Prog: "refuse", Args: []string{"child-sighand"},
		Doc:     "A child that isn't a thread and shares signal handlers and memory is refused by name.",
		Modes:   refuse,
		Refused: refused(`shares? (its )?memory`),
	},
	{
		Name: "refuse-leader-exited", Area: "tree", Prog: "own", Args: []string{"leader-exited"},
		Doc:   "A process whose first thread has ended before others is refused by name.",
		Modes: own,
	},
	{
		Name: "refuse-leader-exited-below", Area: "tree", Prog: "own", Args: []string{"leader-exited-below"},
		Doc:   "A process whose first thread has ended before others is refused by name below the root, too.",
		Modes: own,
	},
	{
		Name: "refuse-caller-inside", Area: "tree", Prog: "own", Args: []string{"caller-inside"},
		Doc:   "A process can't save a tree that it is in without being its root.",
		Modes: own,
	},
	{
		Name: "refuse-shares-files", Area: "task", Prog: "refuse", Args: []string{"shares-files"},
		Doc:     "A descriptor table shared with another process is refused by name.",
		Modes:   refuse,
		Refused: refused(`descriptor table`),
	},
	{
		Name: "refuse-shares-fs", Area: "task", Prog: "refuse", Args: []string{"shares-fs"},
		Doc:     "A working directory shared with another process is refused by name.",
		Modes:   refuse,
		Refused: refused(`working directory`),
	},
	{
		Name: "refuse-shares-mm", Area: "task", Prog: "refuse", Args: []string{"shares-mm"},
		Doc:     "Memory shared with another process is refused by name.",
		Modes:   refuse,
		Refused: refused(`shares its memory`),
	},
	{
		Name: "refuse-shares-sighand", Area: "task", Prog: "refuse", Args: []string{"shares-sighand"},
		Doc:     "Signal handlers shared with another process are refused by name.",
		Modes:   refuse,
		Refused: refused(`signal handlers`),
	},
	{
		Name: "refuse-vfork", Area: "task", Prog: "refuse", Args: []string{"vfork"},
		Doc:     "The child of a vfork() in progress is refused by name.",
		Modes:   refuse,
		Refused: refused(`vfork`),
	},
	{
		Name: "vfork-parent", Area: "task", Prog: "refuse", Args: []string{"vfork-parent"},
		Doc:     "A program that waits for its vfork() child can't be stopped.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EBUSY", Log: `in time`},
	},
	{
		Name: "refuse-traced", Area: "task", Prog: "refuse", Args: []string{"traced"},
		Doc:     "A traced process is refused by name.",
		Modes:   refuse,
		Refused: refused(`traced`),
	},
	{
		Name: "refuse-breakpoint", Area: "task", Prog: "refuse", Args: []string{"breakpoint"},
		Doc:     "A hardware breakpoint is refused by name.",
		Modes:   refuse,
		Refused: refused(`breakpoint`),
	},
	{
		Name: "refuse-timer-clock-outside", Area: "task", Prog: "refuse", Args: []string{"timer-clock-outside"},
		Doc:     "A POSIX timer of the CPU time of a process outside is refused by name.",
		Modes:   refuse,
		Refused: refused(`POSIX timer of a CPU clock outside`),
	},
	{
		Name: "refuse-timer-thread-ended", Area: "task", Prog: "refuse", Args: []string{"timer-thread-ended"},
		Doc:     "A POSIX timer for a thread that has ended is refused by name.",
		Modes:   refuse,
		Refused: refused(`POSIX timer for a thread that has ended`),
	},
	{
		Name: "refuse-aio", Area: "task", Prog: "refuse", Args: []string{"aio"},
		Doc:     "An AIO context is refused by name.",
		Modes:   refuse,
		Refused: refused(`AIO`),
	},
	{
		Name: "refuse-perf", Area: "task", Prog: "refuse", Args: []string{"perf"},
		Doc:     "A perf event is refused by name.",
		Modes:   refuse,
		Refused: refused(`perf event`),
	},
	{
		Name: "refuse-io-uring", Area: "task", Prog: "refuse", Args: []string{"io-uring"},
		Doc:     "io_uring is refused by name.",
		Modes:   refuse,
		Refused: refused(`io_uring`),
	},
	{
		Name: "refuse-seccomp", Area: "task", Prog: "refuse", Args: []string{"seccomp"},
		Doc:     "A seccomp filter of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`seccomp`),
	},
	{
		Name: "refuse-seccomp-self", Area: "task", Prog: "own", Args: []string{"seccomp-self"},
		Doc:   "A program with a seccomp filter of its own can't save itself.",
		Modes: own,
	},
	{
		Name: "seccomp-restarter", Area: "task", Prog: "own", Args: []string{"seccomp-restarter"},
		Doc:   "A program under seccomp filters is for a restarter that has some.",
		Modes: own,
	},
	{
		Name: "refuse-landlock", Area: "task", Prog: "refuse", Args: []string{"landlock"},
		Doc:     "A Landlock domain is refused by name.",
		Modes:   refuse,
		Refused: refused(`security context|Landlock`),
	},
	{
		Name: "refuse-landlock-self", Area: "task", Prog: "own", Args: []string{"landlock-self"},
		Doc:   "A program in a Landlock domain of its own can't save itself.",
		Modes: own,
	},
	{
		Name: "refuse-keyring", Area: "task", Prog: "refuse", Args: []string{"keyring"},
		Doc:     "A session keyring of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`keyring`),
	},
	{
		Name: "refuse-keyring-process", Area: "task", Prog: "refuse", Args: []string{"keyring-process"},
		Doc:     "A process keyring is refused by name.",
		Modes:   refuse,
		Refused: refused(`keyring`),
	},
	{
		Name: "refuse-mempolicy", Area: "task", Prog: "refuse", Args: []string{"mempolicy"},
		Doc:     "A NUMA memory policy is refused by name.",
		Modes:   refuse,
		Refused: refused(`has a NUMA memory policy`),
	},
	{
		Name: "refuse-mempolicy-vma", Area: "memory", Prog: "refuse", Args: []string{"mempolicy-vma"},
		Doc:     "A NUMA memory policy of a mapping is refused by name.",
		Modes:   refuse,
		Refused: refused(`vma=[0-9a-f]+: a NUMA memory policy`),
	},
	{
		Name: "refuse-pi-futex", Area: "task", Prog: "refuse", Args: []string{"pi-futex"},
		Doc:     "A priority inheritance futex that somebody waits for is refused by name.",
		Modes:   refuse,
		Refused: refused(`priority inheritance futex`),
	},
	{
		Name: "refuse-compat-robust-list", Area: "task", Prog: "refuse", Args: []string{"compat-robust-list"},
		Doc:     "A robust list set by a 32-bit call is refused by name.",
		Modes:   refuse,
		Refused: refused(`robust list of 32-bit code`),
	},
	{
		Name: "refuse-call-32bit", Area: "cpu", Prog: "refuse", Args: []string{"call-32bit"},
		Doc:     "A 64-bit program that sleeps in a 32-bit call is refused by name.",
		Modes:   refuse,
		Refused: refused(`32-bit system call`),
		Asleep:  true,
		Wake:    WakeUSR1,
	},
	{
		Name: "refuse-call-32bit-poll", Area: "cpu", Prog: "refuse", Args: []string{"call-32bit-poll"},
		Doc:     "A 64-bit program in a 32-bit poll() is refused by name.",
		Modes:   refuse,
		Refused: refused(`32-bit system call`),
		Asleep:  true,
		Wake:    WakeStdin,
	},
	{
		Name: "refuse-ldt", Area: "task", Prog: "refuse", Args: []string{"ldt"},
		Doc:     "A local descriptor table is refused by name.",
		Modes:   refuse,
		Refused: refused(`local descriptor table`),
	},
	{
		Name: "refuse-iopl", Area: "task", Prog: "refuse", Args: []string{"iopl"},
		Doc:     "An I/O privilege level is refused by name.",
		Modes:   refuse,
		Refused: refused(`I/O ports`),
	},
	{
		Name: "refuse-ioperm", Area: "task", Prog: "refuse", Args: []string{"ioperm"},
		Doc:     "Access to I/O ports is refused by name.",
		Modes:   refuse,
		Refused: refused(`I/O ports`),
	},
	{
		Name: "refuse-sem-undo", Area: "task", Prog: "refuse", Args: []string{"sem-undo"},
		Doc:     "System V semaphore undo is refused by name.",
		Modes:   refuse,
		Refused: refused(`semaphore undo`),
	},
	{
		Name: "refuse-user-dispatch", Area: "task", Prog: "refuse", Args: []string{"user-dispatch"},
		Doc:     "Syscall user dispatch is refused by name.",
		Modes:   refuse,
		Refused: refused(`user dispatch`),
	},
	{
		Name: "refuse-tsc", Area: "task", Prog: "refuse", Args: []string{"tsc"},
		Doc:     "PR_SET_TSC is refused by name.",
		Modes:   refuse,
		Refused: refused(`(?i)tsc|time stamp`),
	},
	{
		Name: "refuse-mce-kill", Area: "task", Prog: "refuse", Args: []string{"mce-kill"},
		Doc:     "PR_MCE_KILL is refused by name.",
		Modes:   refuse,
		Refused: refused(`(?i)mce|machine check`),
	},
	{
		Name: "refuse-io-flusher", Area: "task", Prog: "refuse", Args: []string{"io-flusher"},
		Doc:     "PR_SET_IO_FLUSHER is refused by name.",
		Modes:   refuse,
		Refused: refused(`(?i)flusher|reclaim`),
	},
	{
		Name: "refuse-ns-uts", Area: "task", Prog: "refuse", Args: []string{"ns-uts"},
		Doc:     "A uts namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-ipc", Area: "task", Prog: "refuse", Args: []string{"ns-ipc"},
		Doc:     "A ipc namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-net", Area: "task", Prog: "refuse", Args: []string{"ns-net"},
		Doc:     "A net namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-mnt", Area: "task", Prog: "refuse", Args: []string{"ns-mnt"},
		Doc:     "A mnt namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-cgroup", Area: "task", Prog: "refuse", Args: []string{"ns-cgroup"},
		Doc:     "A cgroup namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-pid-children", Area: "task", Prog: "refuse", Args: []string{"ns-pid-children"},
		Doc:     "A pid namespace for its children is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-time-children", Area: "task", Prog: "refuse", Args: []string{"ns-time-children"},
		Doc:     "A time namespace for its children is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-user", Area: "task", Prog: "refuse", Args: []string{"ns-user"},
		Doc:     "A user namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-pid", Area: "task", Prog: "refuse", Args: []string{"ns-pid"},
		Doc:     "A pid namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-ns-time", Area: "task", Prog: "refuse", Args: []string{"ns-time"},
		Doc:     "A time namespace of its own is refused by name.",
		Modes:   refuse,
		Refused: refused(`namespace`),
	},
	{
		Name: "refuse-shared-write", Area: "memory", Prog: "refuse", Args: []string{"shared-write"},
		Doc:     "A writable shared file mapping is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory`),
	},
	{
		Name: "refuse-shared-may-write", Area: "memory", Prog: "refuse", Args: []string{"shared-may-write"},
		Doc:     "A shared file mapping that can be made writable is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory`),
	},
	{
		Name: "refuse-shm", Area: "memory", Prog: "refuse", Args: []string{"shm"},
		Doc:     "System V shared memory is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory`),
	},
	{
		Name: "refuse-shm-rmid", Area: "memory", Prog: "refuse", Args: []string{"shm-rmid"},
		Doc:     "System V shared memory that ends with its creator is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory that ends with it`),
		Alone:   true,
	},
	{
		Name: "refuse-vdso-moved", Area: "memory", Prog: "refuse", Args: []string{"vdso-moved"},
		Doc:     "A vDSO moved away from its data is refused by name.",
		Modes:   refuse,
		Refused: refused(`vDSO that was moved`),
	},
	{
		Name: "refuse-vdso-partly", Area: "memory", Prog: "refuse", Args: []string{"vdso-partly"},
		Doc:     "A vDSO without its data is refused by name.",
		Modes:   refuse,
		Refused: refused(`vDSO that was moved or changed`),
	},
	{
		Name: "refuse-vdso-protected", Area: "memory", Prog: "refuse", Args: []string{"vdso-protected"},
		Doc:     "A vDSO with another protection is refused by name.",
		Modes:   refuse,
		Refused: refused(`vDSO that was moved or changed`),
	},
	{
		Name: "refuse-hugetlb", Area: "memory", Prog: "refuse", Args: []string{"hugetlb"},
		Doc:     "hugetlb memory is refused by name.",
		Modes:   refuse,
		Refused: refused(`hugetlb`),
	},
	{
		Name: "refuse-uffd", Area: "memory", Prog: "refuse", Args: []string{"uffd"},
		Doc:     "Memory registered with userfaultfd is refused by name.",
		Modes:   refuse,
		Refused: refused(`userfaultfd`),
	},
	{
		Name: "refuse-sealed", Area: "memory", Prog: "refuse", Args: []string{"sealed"},
		Doc:     "Memory sealed by mseal() is refused by name.",
		Modes:   refuse,
		Refused: refused(`flags|seal`),
	},
	{
		Name: "refuse-droppable", Area: "memory", Prog: "refuse", Args: []string{"droppable"},
		Doc:     "MAP_DROPPABLE is refused by name.",
		Modes:   refuse,
		Refused: refused(`flags|droppable|shared`),
	},
	{
		Name: "refuse-device-memory", Area: "memory", Prog: "refuse", Args: []string{"device-memory"},
		Doc:     "A mapping of a device's registers is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory|regular file|flags`),
	},
	{
		Name: "refuse-unlinked", Area: "files", Prog: "refuse", Args: []string{"unlinked"},
		Doc:     "An unlinked file is refused by name.",
		Modes:   refuse,
		Refused: refused(`unlinked`),
	},
	{
		Name: "refuse-unlinked-exe", Area: "files", Prog: "refuse", Args: []string{"unlinked-exe"},
		Doc:     "A program whose file is unlinked is refused by name.",
		Modes:   refuse,
		Refused: refused(`unlinked`),
	},
	{
		Name: "refuse-unlinked-cwd", Area: "files", Prog: "refuse", Args: []string{"unlinked-cwd"},
		Doc:     "A working directory that is removed is refused by name.",
		Modes:   refuse,
		Refused: refused(`unlinked`),
	},
	{
		Name: "refuse-pipe", Area: "files", Prog: "refuse", Args: []string{"pipe"},
		Doc:     "A pipe whose writer is outside and isn't declared is refused by name.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EXDEV", Log: "a pipe or FIFO with an end outside"},
	},
	{
		Name: "refuse-pipe-reader", Area: "files", Prog: "refuse", Args: []string{"pipe-reader"},
		Doc:     "A pipe whose reader is outside and isn't declared is refused by name.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EXDEV", Log: "a pipe or FIFO with an end outside"},
	},
	{
		Name: "refuse-fifo", Area: "files", Prog: "refuse", Args: []string{"fifo"},
		Doc:     "A FIFO that another process has open is refused by name.",
		Modes:   refuse,
		Refused: &Failure{Errno: "EXDEV", Log: "a pipe or FIFO with an end outside"},
	},
	{
		Name: "refuse-fifo-unlinked", Area: "files", Prog: "refuse", Args: []string{"fifo-unlinked"},
		Doc:     "An unlinked FIFO is refused by name.",
		Modes:   refuse,
		Refused: refused(`unlinked`),
	},
	{
		Name: "refuse-eventfd-used", Area: "files", Prog: "refuse", Args: []string{"eventfd-used"},
		Doc:     "An eventfd that AIO signals is refused by name.",
		Modes:   refuse,
		Refused: refused(`an eventfd that the kernel uses`),
	},
	{
		Name: "refuse-epoll-outside", Area: "files", Prog: "refuse", Args: []string{"epoll-outside"},
		Doc:     "An epoll instance that watches a file of another process is refused by name.",
		Modes:   refuse,
		Refused: refused(`watches a file that is open outside only`),
	},
	{
		Name: "refuse-epoll-busy-poll", Area: "files", Prog: "refuse", Args: []string{"epoll-busy-poll"},
		Doc:     "Parameters of busy polling are refused by name.",
		Modes:   refuse,
		Refused: refused(`busy polling`),
	},
	{
		Name: "refuse-memfd-hugetlb", Area: "files", Prog: "refuse", Args: []string{"memfd-hugetlb"},
		Doc:     "A memfd of huge pages is refused by name.",
		Modes:   refuse,
		Refused: refused(`memfd:memfd`),
	},
	{
		Name: "refuse-memfd-attributes", Area: "memory", Prog: "refuse", Args: []string{"memfd-attributes"},
		Doc:     "A memfd with attributes of chattr is refused by name.",
		Modes:   refuse,
		Refused: refused(`memfd with attributes`),
	},
	{
		Name: "refuse-memfd-mempolicy", Area: "memory", Prog: "refuse", Args: []string{"memfd-mempolicy"},
		Doc:     "A NUMA memory policy of a memfd is refused by name.",
		Modes:   refuse,
		Refused: refused(`shared memory with a NUMA policy`),
	},
	{
		Name: "refuse-socket-unix", Area: "files", Prog: "refuse", Args: []string{"socket-unix"},
		Doc:     "A socketpair is refused by name.",
		Modes:   refuse,
		Refused: refused(`socket`),
	},
	{
		Name: "refuse-socket-tcp", Area: "files", Prog: "refuse", Args: []string{"socket-tcp"},
		Doc:     "A TCP socket is refused by name.",
		Modes:   refuse,
		Refused: refused(`socket`),
	},
	{
		Name: "refuse-timerfd", Area: "files", Prog: "refuse", Args: []string{"timerfd"},
		Doc:     "A timerfd is refused by name.",
		Modes:   refuse,
		Refused: refused(`timerfd`),
	},
	{
		Name: "refuse-signalfd", Area: "files", Prog: "refuse", Args: []string{"signalfd"},
		Doc:     "A signalfd is refused by name.",
		Modes:   refuse,
		Refused: refused(`signalfd`),
	},
	{
		Name: "refuse-inotify", Area: "files", Prog: "refuse", Args: []string{"inotify"},
		Doc:     "An inotify instance is refused by name.",
		Modes:   refuse,
		Refused: refused(`inotify`),
	},
	{
		Name: "refuse-pidfd", Area: "files", Prog: "refuse", Args: []string{"pidfd"},
		Doc:     "A pidfd is refused by name.",
		Modes:   refuse,
		Refused: refused(`pid`),
	},
	{
		Name: "refuse-proc-file", Area: "files", Prog: "refuse", Args: []string{"proc-file"},
		Doc:     "A file of /proc is refused by name.",
		Modes:   refuse,
		Refused: refused(`proc`),
	},
	{
		Name: "refuse-kmsg", Area: "files", Prog: "refuse", Args: []string{"kmsg"},
		Doc:     "/dev/kmsg is refused by name.",
		Modes:   refuse,
		Refused: refused(`character device`),
	},
	{
		Name: "refuse-ptmx", Area: "files", Prog: "refuse", Args: []string{"ptmx"},
		Doc:     "The master of a terminal is refused by name.",
		Modes:   refuse,
		Refused: refused(`character device`),
	},
	{
		Name: "refuse-lease", Area: "files", Prog: "refuse", Args: []string{"lease"},
		Doc:     "A lease is refused by name.",
		Modes:   refuse,
		Refused: refused(`lease`),
	},
	{
		Name: "refuse-dnotify", Area: "files", Prog: "refuse", Args: []string{"dnotify"},
		Doc:     "A directory that signals its changes is refused by name.",
		Modes:   refuse,
		Refused: refused(`owner`),
	},
	{
		Name: "refuse-tmpfile", Area: "files", Prog: "refuse", Args: []string{"tmpfile"},
		Doc:     "A file without a name (O_TMPFILE) is refused by name.",
		Modes:   refuse,
		Refused: refused(`unlinked`),
	},
	{
		Name: "refuse-uprobe", Area: "task", Prog: "refuse", Args: []string{"uprobe"},
		Doc:     "A program with a uprobe in its text is refused by name.",
		Modes:   refuse,
		Refused: refused(`uprobes`),
		Alone:   true,
	},
	{
		Name: "refuse-owner", Area: "files", Prog: "refuse", Args: []string{"owner"},
		Doc:     "A file that signals its owner is refused by name.",
		Modes:   refuse,
		Refused: refused(`owner`),
	},
	{
		Name: "refuse-detached-mount", Area: "files", Prog: "refuse", Args: []string{"detached-mount"},
		Doc:     "A file on a detached file system is refused by name.",
		Modes:   refuse,
		Refused: refused(`no path`),
	},
	{
		Name: "refuse-task32", Area: "cpu", Prog: "task32",
		Doc:     "A 32-bit program is refused by name.",
		Modes:   refuse,
		Refused: refused(`32-bit`),
	},

	// Proof that the suite sees faults: the image is altered, soundly
	{
		Name: "mutated-register", Area: "cpu", Prog: "regs",
		Doc:   "An image with another register is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "register",
	},
	{
		Name: "mutated-gs-base", Area: "cpu", Prog: "segbase", Args: []string{"gs"},
		Doc:   "An image with another gs base is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "gs-base",
	},
	{
		Name: "mutated-xmm", Area: "cpu", Prog: "fpu", Args: []string{"sse-busy"},
		Doc:   "An image with another xmm is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "xmm",
	},
	{
		Name: "mutated-ymm", Area: "cpu", Prog: "fpu", Args: []string{"avx-busy"},
		Doc:   "An image with another ymm is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "ymm",
	},
	{
		Name: "mutated-page-byte", Area: "memory", Prog: "mem", Args: []string{"mib"},
		Doc:   "An image with another page byte is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "page-byte",
	},
	{
		Name: "mutated-page-lost", Area: "memory", Prog: "mem", Args: []string{"mib"},
		Doc:   "An image with another page lost is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "page-lost",
	},
	{
		Name: "mutated-page-moved", Area: "memory", Prog: "mem", Args: []string{"mib"},
		Doc:   "An image with another page moved is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "page-moved",
	},
	{
		Name: "mutated-brk", Area: "memory", Prog: "mem", Args: []string{"brk"},
		Doc:   "An image with another brk is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "brk",
	},
	{
		Name: "mutated-mmap-base", Area: "memory", Prog: "mem", Args: []string{"layout"},
		Doc:   "An image with another mmap base is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "mmap-base",
	},
	{
		Name: "mutated-execute-only-key", Area: "cpu", Prog: "pkey", Args: []string{"execute-only"},
		Doc:   "An image with another key for executable memory is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "execute-only-key",
	},
	{
		Name: "mutated-protection", Area: "memory", Prog: "mem", Args: []string{"read-only"},
		Doc:   "An image with another protection is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "protection",
	},
	{
		Name: "mutated-advice", Area: "memory", Prog: "mem", Args: []string{"dontfork"},
		Doc:   "An image with another advice is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "advice",
	},
	{
		Name: "mutated-offset", Area: "files", Prog: "files", Args: []string{"offset"},
		Doc:   "An image with another offset is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "offset",
	},
	{
		Name: "mutated-append", Area: "files", Prog: "files", Args: []string{"append"},
		Doc:   "An image with another append is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "append",
	},
	{
		Name: "mutated-cloexec", Area: "files", Prog: "files", Args: []string{"cloexec"},
		Doc:   "An image with another cloexec is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "cloexec",
	},
	{
		Name: "mutated-pipe-byte", Area: "files", Prog: "pipes", Args: []string{"content"},
		Doc:   "An image with another byte in a pipe is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "pipe-byte",
	},
	{
		Name: "mutated-pipe-packet", Area: "files", Prog: "pipes", Args: []string{"packets"},
		Doc:   "An image with no borders of packets is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "pipe-packet",
	},
	{
		Name: "mutated-pipe-size", Area: "files", Prog: "pipes", Args: []string{"size"},
		Doc:   "An image with another size of a pipe is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "pipe-size",
	},
	{
		Name: "mutated-fifo-writer-yet", Area: "files", Prog: "pipes", Args: []string{"fifo-no-writer-yet"},
		Doc:   "An image with a writer that there never was is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "fifo-writer-yet",
	},
	{
		Name: "mutated-eventfd-counter", Area: "files", Prog: "eventfds", Args: []string{"counter"},
		Doc:   "An image with another counter of an eventfd is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "eventfd-counter",
	},
	{
		Name: "mutated-eventfd-semaphore", Area: "files", Prog: "eventfds", Args: []string{"semaphore"},
		Doc:   "An image with an eventfd that is no semaphore is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "eventfd-semaphore",
	},
	{
		Name: "mutated-epoll-data", Area: "files", Prog: "epolls", Args: []string{"level"},
		Doc:   "An image with other data of what is watched is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "epoll-data",
	},
	{
		Name: "mutated-epoll-edge", Area: "files", Prog: "epolls", Args: []string{"edge-unreported"},
		Doc:   "An image with an edge less is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "epoll-edge",
	},
	{
		Name: "mutated-epoll-order", Area: "files", Prog: "epolls", Args: []string{"order"},
		Doc:   "An image with another order of what is ready is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "epoll-order",
	},
	{
		Name: "mutated-memfd-seal", Area: "memory", Prog: "shared", Args: []string{"seals"},
		Doc:   "An image with a seal less is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "memfd-seal",
	},
	{
		Name: "mutated-memfd-size", Area: "memory", Prog: "shared", Args: []string{"memfd"},
		Doc:   "An image with another size of a memfd is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "memfd-size",
	},
	{
		Name: "mutated-shared-page-byte", Area: "memory", Prog: "shared", Args: []string{"large"},
		Doc:   "An image with another byte of shared memory is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "page-byte",
	},
	{
		Name: "mutated-shared-page-lost", Area: "memory", Prog: "shared", Args: []string{"large"},
		Doc:   "An image with a page of shared memory less is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "page-lost",
	},
	{
		Name: "mutated-unshared", Area: "memory", Prog: "shared", Args: []string{"anon"},
		Doc:   "An image with memory that isn't shared is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "unshared",
	},
	{
		Name: "mutated-share-other", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:   "An image with the wrong pages shared is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "share-other",
	},
	{
		Name: "mutated-share-lost", Area: "tree", Prog: "tree", Args: []string{"cow-odd"},
		Doc:   "An image with a shared page less is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "share-lost",
	},
	{
		Name: "mutated-lock", Area: "files", Prog: "locks", Args: []string{"posix"},
		Doc:   "An image with another lock is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "lock",
	},
	{
		Name: "mutated-mask", Area: "signals", Prog: "sigstate", Args: []string{"mask"},
		Doc:   "An image with another mask is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "mask",
	},
	{
		Name: "mutated-altstack", Area: "signals", Prog: "sigstate", Args: []string{"altstack"},
		Doc:   "An image with another altstack is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "altstack",
	},
	{
		Name: "mutated-handler", Area: "signals", Prog: "sigstate", Args: []string{"handlers"},
		Doc:   "An image with another handler is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "handler",
	},
	{
		Name: "mutated-pending", Area: "signals", Prog: "sigstate", Args: []string{"pending"},
		Doc:   "An image with another pending is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "pending",
	},
	{
		Name: "mutated-itimer", Area: "signals", Prog: "itimer", Args: []string{"real"},
		Doc:   "An image with another itimer is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "itimer",
	},
	{
		Name: "mutated-posix-timer", Area: "signals", Prog: "ptimer", Args: []string{"monotonic"},
		Doc:   "An image with another POSIX timer is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "posix-timer",
	},
	{
		Name: "mutated-posix-timer-queued", Area: "signals", Prog: "ptimer", Args: []string{"queued"},
		Doc:   "An image whose pending signal doesn't arm its timer is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "posix-timer-queued",
	},
	{
		Name: "mutated-restart-block", Area: "calls", Prog: "calls", Args: []string{"nanosleep"},
		Doc:   "An image with another restart block is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "restart-block",
		Asleep: true, Sleep: wait(),
	},
	{
		Name: "mutated-sched", Area: "task", Prog: "sched", Args: []string{"fifo"},
		Doc:   "An image with another scheduling priority is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "sched",
	},
	{
		Name: "mutated-affinity", Area: "task", Prog: "sched", Args: []string{"affinity"},
		Doc:   "An image with another CPU affinity is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "affinity",
	},
	{
		Name: "mutated-ioprio", Area: "task", Prog: "sched", Args: []string{"ioprio"},
		Doc:   "An image with another I/O priority is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "ioprio",
	},
	{
		Name: "mutated-subreaper", Area: "task", Prog: "sched", Args: []string{"subreaper"},
		Doc:   "An image without a subreaper is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "subreaper",
	},
	{
		Name: "mutated-membarrier", Area: "task", Prog: "sched", Args: []string{"barrier-private"},
		Doc:   "An image without a registration with membarrier is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "membarrier",
	},
	{
		Name: "mutated-nice", Area: "task", Prog: "attr", Args: []string{"nice"},
		Doc:   "An image with another nice is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "nice",
	},
	{
		Name: "mutated-no-inherit", Area: "task", Prog: "attr", Args: []string{"mdwe-no-inherit"},
		Doc:   "An image with another PR_MDWE_NO_INHERIT is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "no-inherit",
	},
	{
		Name: "mutated-personality", Area: "task", Prog: "attr", Args: []string{"personality-linux32"},
		Doc:   "An image with another personality is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "personality",
	},
	{
		Name: "mutated-comm", Area: "task", Prog: "attr", Args: []string{"comm"},
		Doc:   "An image with another comm is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "comm",
	},
	{
		Name: "mutated-rseq", Area: "cpu", Prog: "rseq",
		Doc:   "An image with another rseq is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "rseq",
	},
	{
		Name: "mutated-umask", Area: "task", Prog: "attr", Args: []string{"umask"},
		Doc:   "An image with another umask is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "umask",
	},
	{
		Name: "mutated-rlimit", Area: "task", Prog: "attr", Args: []string{"rlimits"},
		Doc:   "An image with another rlimit is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "rlimit",
	},
	{
		Name: "mutated-groups", Area: "task", Prog: "creds", Args: []string{"groups"},
		Doc:   "An image with another groups is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "groups",
	},
	{
		Name: "mutated-caps", Area: "task", Prog: "creds", Args: []string{"caps"},
		Doc:   "An image with another caps is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "caps",
	},
	{
		Name: "mutated-cwd", Area: "task", Prog: "attr", Args: []string{"cwd"},
		Doc:   "An image with another cwd is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "cwd",
	},
	{
		Name: "mutated-thread-register", Area: "threads", Prog: "threads", Args: []string{"compute"},
		Doc:   "An image with another register of a thread is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "thread-register",
	},
	{
		Name: "mutated-thread-mask", Area: "threads", Prog: "threads", Args: []string{"own"},
		Doc:   "An image with another mask of a thread is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "thread-mask",
	},
	{
		Name: "mutated-thread-comm", Area: "threads", Prog: "threads", Args: []string{"own"},
		Doc:   "An image with another name of a thread is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "thread-comm",
	},
	{
		Name: "mutated-child-exit-signal", Area: "tree", Prog: "tree", Args: []string{"exit-signals"},
		Doc:   "An image with another signal of a child's end is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "child-exit-signal",
	},
	{
		Name: "mutated-pgid", Area: "tree", Prog: "tree", Args: []string{"sessions"},
		Doc:   "An image with another group of a process is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "pgid",
	},
	{
		Name: "mutated-ppid", Area: "tree", Prog: "tree", Args: []string{"family"},
		Doc:   "An image with another parent of a process is seen to be wrong.",
		Modes: []Mode{ModeMutated}, Mutate: "ppid",
	},
}
