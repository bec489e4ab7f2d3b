// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"linux-cr/vmtest"
)

// run is one case in one mode under way.
type run struct {
	g    *guest
	c    *vmtest.Case
	mode vmtest.Mode

	// dir holds the workload's files, image its image, order is the file
	// whose existence orders the check.
	dir, image, order, selfOrder string
	// stdio is the kind of descriptors 0 to 2.
	stdio vmtest.Stdio
	// cr makes the calls with the cr command.
	cr     bool
	ignore []*regexp.Regexp

	// waitFor is the runner's own child that ends with the workload: itself,
	// or a parent that it made.
	waitFor int
	// pid is the workload now, io what it talks through, before its visible
	// world at the checkpoint.
	pid    int
	io     *stdio
	before world
	// ready and restarted are when the workload was ready and when it went
	// on in its copy, saved when the checkpoint was taken.
	ready, saved, restarted time.Time
	// info holds what the workload reported.
	info map[string]string
	// tasks are the ids of all tasks of the tree, as last looked at.
	tasks []int
	// taken is a pid of the tree that a hook gave to somebody else.
	taken int
	// pids are all processes to clear up.
	pids []int
	// ios are all descriptors to close.
	ios []*stdio
	// undo is done at the end.
	undo []func()
	// detail collects what may help when the run is red.
	detail strings.Builder
}

// modeFuncs is what each mode does once the workload is ready.
var modeFuncs = map[vmtest.Mode]func(*run, context.Context) error{
	vmtest.ModePlain:    (*run).finish,
	vmtest.ModeOwn:      (*run).finish,
	vmtest.ModeKill:     (*run).kill,
	vmtest.ModeLeave:    (*run).leave,
	vmtest.ModeSelf:     (*run).self,
	vmtest.ModeSelfArgs: (*run).self,
	vmtest.ModeInPlace:  (*run).inPlace,
	vmtest.ModeStopped:  (*run).stopped,
	vmtest.ModeFrozen:   (*run).frozen,
	vmtest.ModeNewPids:  (*run).newPids,
	vmtest.ModeAgain:    (*run).again,
	vmtest.ModeStop:     (*run).leaveStopped,
	vmtest.ModeDryRun:   (*run).dryRun,
	vmtest.ModePipe:     (*run).pipe,

	vmtest.ModePipeNonblock: (*run).pipeNonblock,

	vmtest.ModeSame:    (*run).same,
	vmtest.ModeRefuse:  (*run).refuse,
	vmtest.ModeBroken:  (*run).broken,
	vmtest.ModeMutated: (*run).mutated,
	vmtest.ModeHostile: (*run).hostile,
}

// tries is how often a run is done that met a bad moment. One is a timed wait that
// ends too late: a busy host may let the guest wait now and then, a wait that
// begins anew is late each time. The other is an image without what was to be
// altered.
const tries = 3

// perform does one run and turns its outcome into a result.
func (g *guest) perform(vr vmtest.Run) vmtest.Result {
	res, again := g.try(vr)
	for n := 1; again && n < tries; n++ {
		fmt.Fprintf(os.Stderr, "%s: %s; once more\n", vr.ID(), res.Reason)
		res, again = g.try(vr)
	}
	return res
}

// try does a run once and says whether all that was wrong was the moment.
func (g *guest) try(vr vmtest.Run) (vmtest.Result, bool) {
	start := time.Now()
	timeout := vr.Case.Timeout
	if timeout == 0 {
		timeout = vmtest.DefaultTimeout
	}
	timeout *= g.slow()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()

	r := &run{g: g, c: vr.Case, mode: vr.Mode, info: map[string]string{}}
	err := r.do(ctx)
	res := vmtest.Result{ID: vr.ID(), OK: err == nil, MS: time.Since(start).Milliseconds()}
	if err != nil {
		res.Reason = err.Error()
		res.Detail = r.evidence()
	}
	r.clear()
	var wait *waitError
	late := errors.As(err, &wait) && wait.got > wait.high
	return res, (late || errors.Is(err, errUnalterable)) && !r.crossing()
}

func (r *run) do(ctx context.Context) error {
	if err := r.prepare(); err != nil {
		return err
	}
	switch {
	case r.c.Program != nil:
		return r.program(ctx)
	case r.mode == vmtest.ModeSelftest:
		return r.selftest(ctx)
	case r.mode == vmtest.ModeKUnit:
		return r.kunit()
	case r.crossing() && r.g.plan.Phase != vmtest.PhaseSave:
		return r.rebootLoad(ctx)
	}
	if err := r.g.hook(ctx, r, r.c.Before); err != nil {
		return err
	}
	if err := r.start(ctx); err != nil {
		return err
	}
	if err := r.g.hook(ctx, r, r.c.Ready); err != nil {
		return err
	}
	if r.c.Sleep != nil {
		// Time has to pass here: it is what the case measures.
		time.Sleep(time.Until(r.ready.Add(r.c.Sleep.Before)))
	}
	if r.crossing() {
		return r.rebootSave(ctx)
	}
	f := modeFuncs[r.mode]
	if f == nil {
		return fmt.Errorf("mode %s isn't known to the runner", r.mode)
	}
	return f(r, ctx)
}

// prepare makes the run's directory and settles what its mode implies.
func (r *run) prepare() error {
	name := r.c.Name + "." + string(r.mode)
	r.dir = filepath.Join(workRoot, name)
	if r.crossing() {
		r.dir = filepath.Join(persistRoot, name)
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	// The directory is the workload's whoever it becomes.
	if err := os.Chmod(r.dir, 0o777); err != nil {
		return err
	}
	r.image = filepath.Join(r.dir, "image")
	r.order = filepath.Join(r.dir, "order")
	r.selfOrder = filepath.Join(r.dir, "order.self")

	r.stdio = r.c.Stdio
	if r.stdio == vmtest.StdioDefault {
		switch r.mode {
		case vmtest.ModeSelf, vmtest.ModeInPlace, vmtest.ModeReboot, vmtest.ModeOtherCPU:
			r.stdio = vmtest.StdioFiles
		default:
			r.stdio = vmtest.StdioPipes
		}
	}
	switch r.g.plan.Driver {
	case "cr":
		r.cr = true
	case "raw":
	default:
		switch r.mode {
		case vmtest.ModeKill, vmtest.ModeSelfArgs, vmtest.ModeAgain, vmtest.ModeReboot, vmtest.ModeProgram,
			vmtest.ModeProgramStopped:
			r.cr = true
		}
	}

	// cr restart --detach leaves no controlling terminal.
	ignore := append([]string{`^stat\.tty_nr$`}, r.c.Ignore...)
	switch r.mode {
	case vmtest.ModeNewPids:
		ignore = append(ignore, `^tid$`)
		fallthrough
	case vmtest.ModeInPlace:
		ignore = append(ignore, `^status\.(Tgid|NStgid)$`)
	}
	if r.c.Sleep != nil {
		// It wakes up by itself and reports, perhaps before it is looked at.
		ignore = append(ignore, `^fd\.[12]$`, `^status\.SigBlk$`)
	}
	switch r.mode {
	case vmtest.ModeSelf, vmtest.ModeSelfArgs:
		// It has written a line since, and libc may have touched its heap.
		ignore = append(ignore, `^fd\.[12](\.same)?$`)
	case vmtest.ModeReboot:
		// Mounts are numbered anew, monotonic time goes on in a time
		// namespace of the program's own.
		ignore = append(ignore, `^ns/`, `^fd\.`, `^timens`)
	}
	for _, expr := range ignore {
		re, err := regexp.Compile(expr)
		if err != nil {
			return err
		}
		r.ignore = append(r.ignore, re)
	}
	return nil
}

// crossing reports whether the image is for another boot.
func (r *run) crossing() bool {
	return r.mode == vmtest.ModeReboot || r.mode == vmtest.ModeOtherCPU
}

// prog is the path of the workload's program.
func (r *run) prog() string {
	if r.crossing() {
		return filepath.Join(persistRoot, "bin", r.c.Prog)
	}
	return filepath.Join(workloadDir, r.c.Prog)
}

func (r *run) env() []string {
	env := append([]string{}, baseEnv...)
	env = append(env, "CR_DIR="+r.dir, "CR_ORDER="+r.order)
	switch r.mode {
	case vmtest.ModeSelfArgs:
		env = append(env, "CR_SELF_ARGS=1")
		fallthrough
	case vmtest.ModeSelf:
		env = append(env, "CR_SELF="+r.image, "CR_SELF_ORDER="+r.selfOrder)
	case vmtest.ModeNewPids:
		env = append(env, "CR_PIDS=new")
	case vmtest.ModeInPlace:
		env = append(env, "CR_PIDS=root")
	}
	return env
}

// start runs the workload until it says that it is ready and takes its visible
// world.
func (r *run) start(ctx context.Context) error {
	var err error
	if r.io, err = r.newIO(); err != nil {
		return err
	}
	argv := append([]string{r.prog()}, r.c.Args...)
	attr := &syscall.ProcAttr{Dir: r.dir, Env: r.env(), Sys: &syscall.SysProcAttr{}}
	for i, f := range r.io.child {
		fd := i
		if i >= 3 {
			fd = r.c.Outside[i-3]
		}
		for len(attr.Files) <= fd {
			attr.Files = append(attr.Files, ^uintptr(0))
		}
		attr.Files[fd] = f.Fd()
	}
	if r.stdio == vmtest.StdioTTY {
		attr.Sys.Setsid, attr.Sys.Setctty = true, true
	}
	if r.crossing() {
		argv = append([]string{filepath.Join(workloadDir, "pidexec"), strconv.Itoa(r.rebootPid())}, argv...)
	}
	started, err := r.g.reaper.start(argv, attr)
	if err != nil {
		return err
	}
	r.io.started()
	r.pids = append(r.pids, started)
	r.pid, r.waitFor = started, started
	if r.crossing() {
		// pidexec ends at once and leaves the workload to the runner.
		if _, err := r.g.reaper.wait(ctx, started); err != nil {
			return err
		}
		r.pid, r.waitFor = r.rebootPid(), r.rebootPid()
	}
	rest, err := r.expect(ctx, "READY")
	if err != nil {
		return err
	}
	if r.pid, err = strconv.Atoi(rest); err != nil {
		return fmt.Errorf("READY: %w", err)
	}
	if r.pid != started {
		r.pids = append(r.pids, r.pid)
	}
	r.ready = time.Now()
	if r.c.Asleep {
		if err := r.awaitSleep(ctx); err != nil {
			return err
		}
	}
	if r.stdio == vmtest.StdioFiles {
		if err := r.awaitWritten(ctx); err != nil {
			return err
		}
	}
	r.before, err = r.look()
	return err
}

// awaitWritten waits until the offset of descriptor 1 is behind what was
// written: a line can be read before the write that it comes of is over.
func (r *run) awaitWritten(ctx context.Context) error {
	return until(ctx, "the end of a write", func() (bool, error) {
		fi, err := os.Stat(fmt.Sprintf("/proc/%d/fd/1", r.pid))
		if err != nil {
			return false, err
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/1", r.pid))
		return bytes.HasPrefix(info, fmt.Appendf(nil, "pos:\t%d\n", fi.Size())), err
	})
}

// awaitSleep waits until the workload is in the call that the case is about:
// it says READY just before.
func (r *run) awaitSleep(ctx context.Context) error {
	return until(ctx, "the workload to sleep", func() (bool, error) {
		state, err := taskState(r.pid)
		return state == "S", err
	})
}

func (r *run) newIO() (*stdio, error) {
	s, err := newStdio(r.stdio, r.dir, r.c.Outside)
	if err == nil {
		r.ios = append(r.ios, s)
	}
	return s, err
}

// outsideSet holds all descriptors that count as outside.
func (r *run) outsideSet() map[int]bool {
	set := map[int]bool{}
	for _, fd := range slices.Concat(r.std(), r.c.Outside) {
		set[fd] = true
	}
	return set
}

// std lists those of the descriptors 0 to 2 that are outside.
func (r *run) std() []int {
	switch {
	case r.stdio == vmtest.StdioFiles:
		return nil
	case r.c.Program != nil && r.c.Program.Stdin != "":
		return []int{1, 2}
	default:
		return []int{0, 1, 2}
	}
}

func (r *run) look() (world, error) {
	w, err := look(r.pid, r.outsideSet())
	if err == nil {
		r.tasks = treeTids(r.pid)
	}
	return w, err
}

// dead reports whether the program has ended, which is noticed at once only
// where it is the runner's child.
func (r *run) dead() bool {
	if r.g.reaper.dead(r.waitFor) {
		return true
	}
	return errors.Is(syscall.Kill(r.pid, 0), syscall.ESRCH)
}

// expect waits for a line of the workload; a verdict that isn't the expected
// line is an error.
func (r *run) expect(ctx context.Context, want string) (string, error) {
	for {
		word, rest, err := r.io.say(ctx, r.dead)
		if err != nil {
			return "", fmt.Errorf("no %s: %w%s", want, err, r.g.reaper.epitaph(r.waitFor))
		}
		switch word {
		case want:
			return rest, nil
		case "INFO":
			if key, val, ok := strings.Cut(rest, "="); ok {
				r.info[key] = val
			}
		case "FAIL", "ERROR":
			return "", &verdictError{word, rest}
		default:
			return "", fmt.Errorf("the workload said %s %s, want %s", word, rest, want)
		}
	}
}

// verdictError is the workload's own finding.
type verdictError struct{ word, why string }

func (e *verdictError) Error() string { return "workload: " + e.word + ": " + e.why }

// worldError is a difference in the visible world.
type worldError struct {
	when string
	diff []string
}

func (e *worldError) Error() string {
	return "visible world " + e.when + ": " + strings.Join(e.diff, "; ")
}

// compare looks at the process again.
func (r *run) compare(ctx context.Context, when string) error {
	now, err := r.look()
	gone := errors.Is(err, errDied) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
	if gone || err != nil && r.dead() {
		_ = until(ctx, "the end", func() (bool, error) { return r.g.reaper.dead(r.waitFor), nil })
		return fmt.Errorf("visible world %s: %w%s", when, errDied, r.g.reaper.epitaph(r.waitFor))
	}
	if err != nil {
		return fmt.Errorf("visible world %s: %w", when, err)
	}
	d := diff(r.before, now, r.ignore)
	if len(d) > 0 && len(r.tasks) > 1 {
		// The tasks of a tree are let go one after another.
		d = r.untilSettled(ctx, d)
	}
	if len(d) > 0 {
		return &worldError{when, d}
	}
	return nil
}

// settleTime is how long a restored tree may take to be all there.
const settleTime = time.Second

// untilSettled looks again until there is no difference, or for long enough.
func (r *run) untilSettled(ctx context.Context, d []string) []string {
	ctx, cancel := context.WithTimeout(ctx, settleTime*r.g.slow())
	defer cancel()
	_ = until(ctx, "the tree", func() (bool, error) {
		now, err := r.look()
		if err != nil {
			return false, err
		}
		d = diff(r.before, now, r.ignore)
		return len(d) == 0, nil
	})
	return d
}

// allGone waits until no task of the tree is there any more.
func (r *run) allGone(ctx context.Context) error {
	err := until(ctx, "the end of the tree", func() (bool, error) {
		for _, tid := range r.tasks {
			if !errors.Is(syscall.Kill(tid, 0), syscall.ESRCH) {
				return false, nil
			}
		}
		return true, nil
	})
	r.g.reaper.forget(r.tasks)
	return err
}

// saveArgs are the arguments of an ordinary checkpoint of the workload.
func (r *run) saveArgs(flags uint64) *saveArgs {
	return &saveArgs{
		pid: r.pid, image: r.image, flags: flags | r.c.Flags, cr: r.cr,
		outside: r.c.Outside, std: r.std(),
	}
}

func (r *run) save(ctx context.Context, flags uint64) error {
	s, err := r.g.save(ctx, r.saveArgs(flags))
	if err != nil {
		return err
	}
	r.saved = time.Now()
	return r.sized(s)
}

// sized checks what a checkpoint says against the image.
func (r *run) sized(s *saved) error {
	if s.crid <= 0 {
		return fmt.Errorf("checkpoint returned %d, want a crid above 0", s.crid)
	}
	fi, err := os.Stat(r.image)
	if err != nil {
		return err
	}
	if s.bytes != 0 && fi.Size() != s.bytes {
		return fmt.Errorf("the image has %d bytes, the statistics say %d", fi.Size(), s.bytes)
	}
	if r.c.MaxImage != 0 && fi.Size() > r.c.MaxImage {
		return fmt.Errorf("the image has %d bytes, want at most %d", fi.Size(), r.c.MaxImage)
	}
	return r.decoded(fi.Size())
}

// gone waits for the death that CHECKPOINT_KILL brings.
func (r *run) gone(ctx context.Context) error {
	ws, err := r.g.reaper.wait(ctx, r.waitFor)
	if err != nil {
		return err
	}
	if err := r.allGone(ctx); err != nil {
		return fmt.Errorf("after CHECKPOINT_KILL: %w", err)
	}
	if r.waitFor != r.pid {
		return nil
	}
	if !ws.Signaled() || ws.Signal() != syscall.SIGKILL {
		return fmt.Errorf("after CHECKPOINT_KILL: %s, want SIGKILL", describe(ws))
	}
	return nil
}

// load restarts the image as a child and makes it the run's process.
func (r *run) load(ctx context.Context, flags uint64) error {
	if err := r.g.hook(ctx, r, r.c.Between); err != nil {
		return err
	}
	return r.loadImage(ctx, &loadArgs{image: r.image, flags: flags | restartChild, cr: r.cr})
}

func (r *run) loadImage(ctx context.Context, a *loadArgs) error {
	s, err := r.newIO()
	if err != nil {
		return err
	}
	a.io, a.std = s, r.std()
	pid, err := r.g.load(ctx, a)
	s.started()
	r.restarted = time.Now()
	if err != nil {
		return err
	}
	r.pids = append(r.pids, pid)
	recorded := a.flags&(restartNewPids|restartChild) == restartChild
	if recorded && pid != r.pid {
		return fmt.Errorf("restart: pid %d, want %d", pid, r.pid)
	}
	r.pid, r.waitFor, r.io = pid, pid, s
	return nil
}

// finish orders the check and takes the verdict.
func (r *run) finish(ctx context.Context) error {
	if err := r.wake(); err != nil {
		return err
	}
	if err := os.WriteFile(r.order, nil, 0o644); err != nil {
		return err
	}
	if _, err := r.expect(ctx, "PASS"); err != nil {
		return err
	}
	if err := r.ended(ctx); err != nil {
		return err
	}
	if err := r.judgeSleep(); err != nil {
		return err
	}
	return os.Remove(r.order)
}

// ended takes the exit status, which must be 0.
func (r *run) ended(ctx context.Context) error {
	ws, err := r.g.reaper.wait(ctx, r.waitFor)
	if err != nil {
		return err
	}
	if ws != 0 {
		return fmt.Errorf("at the end: %s", describe(ws))
	}
	return r.allGone(ctx)
}

func (r *run) wake() error {
	switch r.c.Wake {
	case vmtest.WakeUSR1:
		return syscall.Kill(r.pid, syscall.SIGUSR1)
	case vmtest.WakeStdin:
		_, err := r.io.stdin.Write([]byte("x"))
		return err
	}
	return nil
}

// sleepSlack is how late a timed wait may end on a loaded, emulated machine.
const sleepSlack = 400 * time.Millisecond

// waitError is a timed wait of the wrong length.
type waitError struct{ got, low, high time.Duration }

func (e *waitError) Error() string {
	return fmt.Sprintf("the wait took %v, want %v to %v", e.got, e.low, e.high)
}

// judgeSleep checks that a timed wait was as long as meant: for the program
// that went on, and for its copy with the time added in which it was not there.
func (r *run) judgeSleep() error {
	if r.c.Sleep == nil {
		return nil
	}
	ms, err := strconv.Atoi(r.info["waited_ms"])
	if err != nil {
		return fmt.Errorf("waited_ms: %w", err)
	}
	waited := time.Duration(ms) * time.Millisecond
	low, high := r.c.Sleep.Total, r.c.Sleep.Total
	if r.c.Sleep.Anew && !r.saved.IsZero() {
		// Where the call itself answers EINTR, so does the original's.
		high += r.saved.Sub(r.ready)
	}
	if !r.restarted.IsZero() {
		high += r.restarted.Sub(r.saved)
	}
	high += sleepSlack * r.g.slow()
	if waited < low || waited > high {
		return &waitError{waited, low, high}
	}
	return nil
}

// passLoaded is what follows every restart: the visible world and the check.
func (r *run) passLoaded(ctx context.Context) error {
	if err := r.compare(ctx, "after the restart"); err != nil {
		return err
	}
	return r.finish(ctx)
}

func (r *run) kill(ctx context.Context) error {
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

func (r *run) saveKill(ctx context.Context) error {
	if err := r.save(ctx, checkpointKill); err != nil {
		return err
	}
	return r.gone(ctx)
}

func (r *run) leave(ctx context.Context) error {
	if err := r.save(ctx, 0); err != nil {
		return err
	}
	if err := r.compare(ctx, "after the checkpoint"); err != nil {
		return err
	}
	if err := r.finish(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

func (r *run) self(ctx context.Context) error {
	if err := os.WriteFile(r.selfOrder, nil, 0o644); err != nil {
		return err
	}
	rest, err := r.expect(ctx, "SAVED")
	if err != nil {
		return err
	}
	if crid, err := strconv.Atoi(rest); err != nil || crid <= 0 {
		return fmt.Errorf("checkpoint returned %q, want a crid above 0", rest)
	}
	r.saved = time.Now()
	if err := r.sized(&saved{crid: 1}); err != nil {
		return err
	}
	if err := r.compare(ctx, "after the checkpoint"); err != nil {
		return err
	}
	if err := r.finish(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	if _, err := r.expect(ctx, "RESUMED"); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

func (r *run) inPlace(ctx context.Context) error {
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	if err := r.g.hook(ctx, r, r.c.Between); err != nil {
		return err
	}
	// Without outside descriptors this is v5's call with three arguments.
	plain := r.stdio == vmtest.StdioFiles && len(r.c.Outside) == 0
	if err := r.loadImage(ctx, &loadArgs{image: r.image, plain: plain}); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

// stop stops the process as a shell does and waits until it is stopped.
func (r *run) stop(ctx context.Context) error {
	if err := syscall.Kill(r.pid, syscall.SIGSTOP); err != nil {
		return err
	}
	return until(ctx, "the stop", func() (bool, error) {
		var err error
		r.before, err = r.look()
		return err == nil && r.before["status.stopped"] == "true", err
	})
}

func (r *run) stopped(ctx context.Context) error {
	if err := r.stop(ctx); err != nil {
		return err
	}
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	// The call returns when the program is about to stop.
	if err := r.awaitStopped(ctx, func(w world) bool { return w["status.stopped"] == "true" }); err != nil {
		return err
	}
	if err := r.compare(ctx, "after the restart"); err != nil {
		return err
	}
	if err := syscall.Kill(r.pid, syscall.SIGCONT); err != nil {
		return err
	}
	// A signal before pause() is entered again is handled ahead of it, with
	// or without a checkpoint, and nothing would end the call then.
	if r.c.Asleep {
		if err := r.awaitSleep(ctx); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// awaitStopped waits until the program is as stopped as it is to be.
func (r *run) awaitStopped(ctx context.Context, enough func(world) bool) error {
	return until(ctx, "the stop", func() (bool, error) {
		w, err := r.look()
		return err == nil && enough(w), err
	})
}

// awaitStop waits until all processes of the program are stopped and continues
// them.
func (r *run) awaitStop(ctx context.Context) error {
	if err := r.awaitStopped(ctx, world.stopped); err != nil {
		return err
	}
	return r.signal(syscall.SIGCONT)
}

// signal sends a signal to each process of the tree.
func (r *run) signal(sig syscall.Signal) error {
	procs, err := treeOf(&process{pid: r.pid})
	if err != nil {
		return err
	}
	return signalEach(procs, sig)
}

func signalEach(procs []*process, sig syscall.Signal) error {
	for _, p := range procs {
		if err := syscall.Kill(p.pid, sig); err != nil {
			return err
		}
	}
	return nil
}

// stopAll stops all processes of the tree and waits until they are.
func (r *run) stopAll(ctx context.Context) error {
	if err := r.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return r.allStopped(ctx)
}

// allStopped waits until all processes of the tree are stopped and takes the
// visible world.
func (r *run) allStopped(ctx context.Context) error {
	return until(ctx, "the stop", func() (bool, error) {
		var err error
		r.before, err = r.look()
		return err == nil && r.before.stopped(), err
	})
}

func (r *run) leaveStopped(ctx context.Context) error {
	if err := r.save(ctx, checkpointStop); err != nil {
		return err
	}
	if err := r.awaitStop(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	if err := r.finish(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	if err := r.load(ctx, restartStopped); err != nil {
		return err
	}
	if err := r.awaitStop(ctx); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return r.finish(ctx)
}

// dryRun asks what blocks; the answer is the whole list, or that nothing does.
func (r *run) dryRun(ctx context.Context) error {
	a := r.saveArgs(checkpointDry)
	a.image = "none"
	s, err := r.g.save(ctx, a)
	switch {
	case r.c.Refused != nil:
		if err := checkFailure(err, r.c.Refused); err != nil {
			return err
		}
	case err != nil:
		return err
	case s.crid <= 0:
		return fmt.Errorf("the dry run returned %d, want a number above 0", s.crid)
	}
	if err := r.compare(ctx, "after the dry run"); err != nil {
		return err
	}
	return r.finish(ctx)
}

func (r *run) frozen(ctx context.Context) error {
	fz, err := newFreezer(r.c.Name)
	if err != nil {
		return err
	}
	defer fz.remove()
	if err := fz.freeze(ctx, r.pid); err != nil {
		return err
	}
	if err := r.save(ctx, 0); err != nil {
		return err
	}
	if ok, err := fz.isFrozen(); err != nil || !ok {
		return fmt.Errorf("after the checkpoint: frozen %v (%v), want still frozen", ok, err)
	}
	if err := r.compare(ctx, "after the checkpoint"); err != nil {
		return err
	}
	if err := fz.thaw(ctx); err != nil {
		return err
	}
	if err := r.finish(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

func (r *run) newPids(ctx context.Context) error {
	if err := r.save(ctx, 0); err != nil {
		return err
	}
	original, originalWait, originalIO := r.pid, r.waitFor, r.io
	if err := r.load(ctx, restartNewPids); err != nil {
		return err
	}
	if r.pid == original {
		return fmt.Errorf("the copy has the pid of the living original, %d", original)
	}
	if err := r.passLoaded(ctx); err != nil {
		return err
	}
	r.pid, r.waitFor, r.io = original, originalWait, originalIO
	if err := r.finish(ctx); err != nil {
		return fmt.Errorf("original: %w", err)
	}
	return nil
}

func (r *run) again(ctx context.Context) error {
	for i := 0; i < 3; i++ {
		if err := r.saveKill(ctx); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
		if err := r.load(ctx, 0); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
		if err := r.compare(ctx, "after the restart"); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	return r.finish(ctx)
}

// evidence is what the run leaves behind when it is red.
func (r *run) evidence() string {
	for _, s := range r.ios {
		if err := s.refresh(); err != nil {
			fmt.Fprintf(&r.detail, "output: %v\n", err)
		}
		if out := s.out.String(); out != "" {
			fmt.Fprintf(&r.detail, "stdout: %s\n", out)
		}
		if out := s.err.String(); out != "" {
			fmt.Fprintf(&r.detail, "stderr: %s\n", out)
		}
	}
	for _, pid := range append(r.pids, r.tasks[:min(len(r.tasks), mostTold)]...) {
		r.whereabouts(pid)
	}
	return r.detail.String()
}

// mostTold is how many tasks of a tree are told of.
const mostTold = 6

// whereabouts tells what a process that is still there is doing.
func (r *run) whereabouts(pid int) {
	state, err := taskState(pid)
	if err != nil {
		return
	}
	fmt.Fprintf(&r.detail, "pid %d: state %s", pid, state)
	for _, name := range []string{"syscall", "wchan", "stack"} {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name)); err == nil {
			fmt.Fprintf(&r.detail, "; %s %s", name, strings.TrimSpace(string(text)))
		}
	}
	r.detail.WriteString("\n")
}

// clear ends what is left of the run and removes its files, unless another
// boot needs them.
func (r *run) clear() {
	for _, pid := range append(r.pids, r.remaining()...) {
		r.g.reaper.kill(pid)
	}
	for _, s := range r.ios {
		s.close()
	}
	for _, f := range r.undo {
		f()
	}
	if !r.crossing() || r.g.plan.Phase != vmtest.PhaseSave {
		_ = os.RemoveAll(r.dir)
	}
}
