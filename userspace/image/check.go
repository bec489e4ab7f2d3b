// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// Facts of Linux that the checks below rest on.
const (
	nsig          = 64
	sigKill       = 9
	sigStop       = 19
	sigTtou       = 22 // the last of those that stop
	unblockable   = 1<<(sigKill-1) | 1<<(sigStop-1)
	ntPrstatus    = 1
	x86RegsSize   = 27 * 8
	x86FPSSE      = 3        // xfeatures that are always enabled
	xsaveMin      = 512 + 64 // legacy area and header
	taskSizeMax   = 1<<56 - pageSize
	maxPkey       = 15
	maxGroups     = 65536
	vmaNameMax    = 79
	modeFmt       = 0o170000
	modeReg       = 0o100000
	modeDir       = 0o040000
	modeChr       = 0o020000
	modeFifo      = 0o010000
	modePerms     = 0o7777
	modeExec      = 0o111
	noObjref      = 0
	lockRead      = 0
	lockWrite     = 1
	maxOOMAdj     = 1000
	rseqMin       = 32
	maxMtimeNanos = 999999999
	memfdNameMax  = 249
	sealSeal      = 0x1
	sealExec      = 0x20
	openAccmode   = 0o3
	openReadOnly  = 0
	openReadWrite = 2
	openPath      = 0o10000000
	openAll       = 0o15756003 // what an image may ask of open()
	maxPipeSlots  = math.MaxInt32 / pageSize
)

// Checker checks what the records of an image say, one after the other: their
// order, every enum, mask and number, references between them, the layout of
// memory. What only a kernel can know, such as whether a path exists, it
// leaves alone. It keeps a few bytes for each object, mapping and watched file.
type Checker struct {
	last              RecType
	rec               *Record
	head              *Head
	arch              *HeadX86
	objs              []object // by objref, from 1 up
	tree              []TreeEnt
	byPID             map[int32]int // places in tree, once timers ask for them
	below             []bool        // of each in tree: has it threads or children?
	tasks             int           // TASKs and ZOMBIEs so far
	leader            *Task         // of the process whose records are being read
	given             uint          // sections that the task has had, a bit each, see sectionOf
	mms               map[uint32]*mmState
	mm                *mmState
	mmRef             uint32 // objref of mm
	shmem             map[uint32]*shmemState
	fdData            *FDData // whose path is next, nil if it is that of something else
	owner             uint32  // objref of what the next FNAME, EVENTFD or PIPE_BUF belongs to
	count             bool    // an EVENTFD has to follow the path
	bufs              uint32  // PIPE_BUFs that PIPE announced and that are missing
	files             uint32
	nfds              uint32 // FD_ENTs that FILES announced and that are missing
	lastFD            int32
	vmas              uint32     // VMAs that MM announced and that are missing
	str               StringKind // what a STRING that has to come now is of, 0 for none
	strOf             uint32     // objref of what it belongs to
	whats             []StringKind
	watched           map[watch]bool
	newTimers, timers timerState      // of the process whose TASK is next, and of the last one
	pagesOf           uint32          // objref of what the last pages belong to
	paged             map[uint32]bool // what had pages
	sum               *Summary
}

// object is what an objref stands for.
type object struct {
	kind RecType
	file FDType // type of an FD_DATA
}

// shmemState is what files and pages of shared memory are checked against.
type shmemState struct {
	end   uint64 // of the last page
	next  uint64 // lowest offset of the next page
	given bool   // a file has the open file that came with it
}

// watch is what an epoll instance tells its items apart by.
type watch struct {
	epoll, file uint32
	fd          int32
}

// mmState is what pages are checked against.
type mmState struct {
	priv []span // private mappings, adjacent ones merged
	end  uint64 // of the last VMA
	next uint64 // lowest address of the next page

	shared    []span // pages that another has, adjacent ones merged
	nextShare uint64 // lowest address of the next one
}

type span struct{ start, end uint64 }

// NewChecker returns a Checker that expects a HEAD.
func NewChecker() *Checker {
	return &Checker{
		mms: map[uint32]*mmState{}, shmem: map[uint32]*shmemState{},
		watched: map[watch]bool{}, paged: map[uint32]bool{}, sum: newSummary(),
	}
}

// Summary returns what the records so far say.
func (c *Checker) Summary() *Summary { return c.sum }

// sectionEnds is what a section of a task can stand behind: what comes before
// the first task, what ends one, and what ends a section, any of which a task
// may lack that shares the object with an earlier one.
var sectionEnds = []RecType{
	CR_HDR_TREE, CR_HDR_XSTATE, CR_HDR_ZOMBIE,
	CR_HDR_FNAME, CR_HDR_EVENTFD, CR_HDR_PIPE, CR_HDR_PIPE_BUF, CR_HDR_SHMEM, CR_HDR_STRING,
	CR_HDR_SIGHAND, CR_HDR_CRED, CR_HDR_RLIMITS, CR_HDR_ITIMERS, CR_HDR_POSIX_TIMERS, CR_HDR_SCHED,
	CR_HDR_MM_CONTEXT, CR_HDR_VMA, CR_HDR_FILES, CR_HDR_FD_ENT, CR_HDR_FLOCK,
}

// after lists what may stand before a record type. The order of sections is
// left to sections.
var after = map[RecType][]RecType{
	CR_HDR_HEAD:          {0},
	CR_HDR_HEAD_ARCH:     {CR_HDR_HEAD},
	CR_HDR_TREE:          {CR_HDR_HEAD_ARCH},
	CR_HDR_FS:            sectionEnds,
	CR_HDR_SIGHAND:       sectionEnds,
	CR_HDR_CRED:          sectionEnds,
	CR_HDR_RLIMITS:       sectionEnds,
	CR_HDR_ITIMERS:       sectionEnds,
	CR_HDR_POSIX_TIMERS:  sectionEnds,
	CR_HDR_SCHED:         sectionEnds,
	CR_HDR_PIPE:          sectionEnds,
	CR_HDR_PIPE_BUF:      {CR_HDR_PIPE, CR_HDR_FNAME, CR_HDR_PIPE_BUF},
	CR_HDR_SHMEM:         sectionEnds,
	CR_HDR_FD_DATA:       sectionEnds,
	CR_HDR_FNAME:         {CR_HDR_PIPE, CR_HDR_FD_DATA, CR_HDR_FS, CR_HDR_FNAME},
	CR_HDR_EVENTFD:       {CR_HDR_FNAME},
	CR_HDR_MM:            sectionEnds,
	CR_HDR_AUXV:          {CR_HDR_MM},
	CR_HDR_MM_CONTEXT:    {CR_HDR_AUXV},
	CR_HDR_VMA:           {CR_HDR_MM_CONTEXT, CR_HDR_VMA, CR_HDR_STRING},
	CR_HDR_STRING:        {CR_HDR_VMA, CR_HDR_SHMEM},
	CR_HDR_FILES:         sectionEnds,
	CR_HDR_FD_ENT:        {CR_HDR_FILES, CR_HDR_FD_ENT},
	CR_HDR_FLOCK:         {CR_HDR_FILES, CR_HDR_FD_ENT, CR_HDR_FLOCK},
	CR_HDR_TASK:          sectionEnds,
	CR_HDR_SIGMASK:       {CR_HDR_TASK},
	CR_HDR_SIGINFO:       {CR_HDR_SIGMASK, CR_HDR_SIGINFO},
	CR_HDR_RESTART_BLOCK: {CR_HDR_SIGMASK, CR_HDR_SIGINFO},
	CR_HDR_THREAD:        {CR_HDR_SIGMASK, CR_HDR_SIGINFO, CR_HDR_RESTART_BLOCK},
	CR_HDR_CPU:           {CR_HDR_THREAD},
	CR_HDR_XSTATE:        {CR_HDR_CPU},
	CR_HDR_ZOMBIE:        sectionEnds,
	CR_HDR_EPOLL:         {CR_HDR_XSTATE, CR_HDR_ZOMBIE, CR_HDR_EPOLL},
	CR_HDR_PGSHARE:       {CR_HDR_XSTATE, CR_HDR_ZOMBIE, CR_HDR_EPOLL, CR_HDR_PGARR, CR_HDR_PGSHARE},
	CR_HDR_PGARR:         {CR_HDR_XSTATE, CR_HDR_ZOMBIE, CR_HDR_EPOLL, CR_HDR_PGARR, CR_HDR_PGSHARE},
	CR_HDR_TAIL:          {CR_HDR_XSTATE, CR_HDR_ZOMBIE, CR_HDR_EPOLL, CR_HDR_PGARR, CR_HDR_PGSHARE},
}

// Check takes the next record. Errors are *FormatError; after one the Checker
// is of no use but for its Summary.
func (c *Checker) Check(rec *Record) error {
	c.rec = rec
	if !slices.Contains(after[rec.Type()], c.last) {
		return c.orderErr(rec)
	}
	ferr := c.pending()
	if ferr == nil {
		ferr = c.parent()
	}
	if ferr == nil {
		ferr = c.body()
	}
	if ferr != nil {
		return ferr.at(rec.Off, rec.Type())
	}
	c.sum.add(rec)
	c.last = rec.Type()
	return nil
}

func (c *Checker) orderErr(rec *Record) error {
	e := &FormatError{Off: rec.Off, Rec: rec.Type(), Field: "type", Msg: "a record out of order"}
	if c.last == 0 {
		e.Msg = "a record before the head"
	} else {
		e.Have = fmt.Sprintf("after %v", c.last)
	}
	return e
}

// pending checks that what earlier records announced has come.
func (c *Checker) pending() *fieldError {
	t := c.rec.Type()
	switch {
	case (c.str != 0) != (t == CR_HDR_STRING):
		return &fieldError{field: "type", msg: "a name that is missing or wasn't announced"}
	case len(c.whats) > 0 && t != CR_HDR_FNAME:
		return &fieldError{field: "type", msg: "a path is missing", want: c.whats[0].String()}
	case len(c.whats) == 0 && t == CR_HDR_FNAME:
		return &fieldError{field: "type", msg: "a path that wasn't announced"}
	case len(c.whats) == 0 && c.count != (t == CR_HDR_EVENTFD):
		return &fieldError{field: "type", msg: "the state of an eventfd that is missing or wasn't announced"}
	case t == CR_HDR_PIPE_BUF && c.bufs == 0:
		return &fieldError{field: "nr_bufs", msg: "more in a pipe than announced"}
	case len(c.whats) == 0 && t != CR_HDR_PIPE_BUF && c.bufs != 0:
		return &fieldError{field: "nr_bufs", msg: "less in a pipe than announced", have: c.bufs, want: "none missing"}
	case t == CR_HDR_VMA && c.vmas == 0:
		return &fieldError{field: "nr_vmas", msg: "more mappings than announced"}
	case c.vmas != 0 && !partOfMM(t):
		return &fieldError{field: "nr_vmas", msg: "fewer mappings than announced", have: c.vmas, want: "none missing"}
	case t == CR_HDR_FD_ENT && c.nfds == 0:
		return &fieldError{field: "nfds", msg: "more descriptors than announced"}
	case t != CR_HDR_FD_ENT && c.nfds != 0:
		return &fieldError{field: "nfds", msg: "fewer descriptors than announced", have: c.nfds, want: "none missing"}
	}
	return c.sections()
}

// partOfMM is true for what stands between an MM and the end of its mappings.
func partOfMM(t RecType) bool {
	return t == CR_HDR_AUXV || t == CR_HDR_MM_CONTEXT || t == CR_HDR_VMA || t == CR_HDR_STRING
}

// parent checks the owner that a header names.
func (c *Checker) parent() *fieldError {
	have, want := c.rec.Header.Parent, uint32(noObjref)
	switch c.rec.Type() {
	case CR_HDR_FNAME, CR_HDR_EVENTFD, CR_HDR_PIPE_BUF:
		want = c.owner
	case CR_HDR_STRING:
		want = c.strOf
	case CR_HDR_AUXV, CR_HDR_MM_CONTEXT, CR_HDR_VMA:
		want = c.mmRef
	case CR_HDR_FD_ENT, CR_HDR_FLOCK:
		want = c.files
	case CR_HDR_EPOLL:
		return c.fileRef("parent", have, CR_FD_EPOLL)
	case CR_HDR_PGARR, CR_HDR_PGSHARE:
		return c.beginPages(have)
	}
	if have != want {
		return bad("parent", have, "%d", want)
	}
	return nil
}

// define gives the next objref to the record.
func (c *Checker) define(ref uint32) *fieldError {
	if want := uint32(len(c.objs)) + 1; ref != want {
		return bad("objref", ref, "%d", want)
	}
	o := object{kind: c.rec.Type()}
	if b, ok := c.rec.Body.(*FDData); ok {
		o.file = b.Type
	}
	c.objs = append(c.objs, o)
	return nil
}

// ref checks a reference to an object that came before.
func (c *Checker) ref(field string, ref uint32, kind RecType, optional bool) *fieldError {
	if ref == noObjref && optional {
		return nil
	}
	if c.kind(ref) != kind {
		return bad(field, ref, "the objref of an earlier %v", kind)
	}
	return nil
}

// kind returns the type of the record that gave an objref, 0 for none so far.
func (c *Checker) kind(ref uint32) RecType {
	if ref == noObjref || int64(ref) > int64(len(c.objs)) {
		return 0
	}
	return c.objs[ref-1].kind
}

// fileRef checks a reference to a file of a type.
func (c *Checker) fileRef(field string, ref uint32, want FDType) *fieldError {
	if c.kind(ref) != CR_HDR_FD_DATA || c.objs[ref-1].file != want {
		return bad(field, ref, "the objref of an earlier %v of type %v", CR_HDR_FD_DATA, want)
	}
	return nil
}

// body checks the payload.
func (c *Checker) body() *fieldError {
	switch b := c.rec.Body.(type) {
	case *Head:
		return c.checkHead(b)
	case *HeadX86:
		return c.checkArch(b)
	case *Tree:
		return c.checkTree(b)
	case *Pipe:
		return c.checkPipe(b)
	case *PipeBuf:
		return c.checkPipeBuf(b)
	case *Shmem:
		return c.checkShmem(b)
	case *FDData:
		return c.checkFDData(b)
	case *Eventfd:
		return c.checkEventfd(b)
	case *String:
		return c.checkString(b)
	case *FS:
		return c.checkFS(b)
	case *Sighand:
		return c.checkSighand(b)
	case *Cred:
		return c.checkCred(b)
	case *RLimits:
		return checkRLimits(b)
	case *ITimers:
		return checkITimers(b)
	case *PosixTimers:
		return c.checkPosixTimers(b)
	case *Sched:
		return checkSched(b)
	case *MM:
		return c.checkMM(b)
	case *Auxv:
		return checkAuxv(b)
	case *MMContextX86:
		return checkMMContext(b)
	case *VMA:
		return c.checkVMA(b)
	case *Files:
		return c.checkFiles(b)
	case *FDEnt:
		return c.checkFDEnt(b)
	case *Flock:
		return c.checkFlock(b)
	case *Epoll:
		return c.checkEpoll(b)
	case *Task:
		return c.checkTask(b)
	case *Zombie:
		return c.checkZombie(b)
	case *Sigmask:
		return checkSigmask(b)
	case *Siginfo:
		return c.checkSiginfo(b)
	case *RestartBlock:
		return checkRestartBlock(b)
	case *CPU:
		return checkCPU(b)
	case *XState:
		return c.checkXState(b)
	case *PgArr:
		return c.checkPgArr(b)
	case *PgShare:
		return c.checkPgShare(b)
	}
	return nil
}

func (c *Checker) checkHead(b *Head) *fieldError {
	c.head = b
	switch {
	case b.NrTasks == 0:
		return bad("nr_tasks", b.NrTasks, ">= 1")
	case b.Flags&^checkpointFlagsAll != 0:
		return bad("flags", b.Flags, "no bit but %#x", checkpointFlagsAll)
	case b.RealNS > math.MaxInt64:
		return bad("real_ns", b.RealNS, "<= %#x", math.MaxInt64)
	case b.MonoNS > math.MaxInt64:
		return bad("mono_ns", b.MonoNS, "<= %#x", math.MaxInt64)
	case b.BootNS > math.MaxInt64:
		return bad("boot_ns", b.BootNS, "<= %#x", math.MaxInt64)
	case b.ImageID == ID{}:
		return bad("image_id", b.ImageID, "a random name")
	}
	for _, u := range []struct {
		field string
		name  UTSName
	}{{"release", b.Release}, {"version_str", b.VersionStr}, {"machine", b.Machine}} {
		if !isCString(u.name[:]) || u.name[0] == 0 {
			return bad(u.field, u.name.String(), "a string padded with zeros")
		}
	}
	return nil
}

func (c *Checker) checkArch(b *HeadX86) *fieldError {
	c.arch = b
	switch {
	case b.Xfeatures&x86FPSSE != x86FPSSE:
		return bad("xfeatures", b.Xfeatures, "%#x and more", x86FPSSE)
	case b.VDSOSize%pageSize != 0:
		return bad("vdso_size", b.VDSOSize, "a multiple of %d", pageSize)
	case b.VVARSize%pageSize != 0:
		return bad("vvar_size", b.VVARSize, "a multiple of %d", pageSize)
	}
	return nil
}

func (c *Checker) checkFS(b *FS) *fieldError {
	if err := c.define(b.Objref); err != nil {
		return err
	}
	if b.Umask > 0o777 {
		return bad("umask", uint64(b.Umask), "<= 0777")
	}
	c.owner, c.fdData, c.whats = b.Objref, nil, []StringKind{CR_STRING_CWD, CR_STRING_ROOT}
	return nil
}

func (c *Checker) checkString(b *String) *fieldError {
	limit := CR_STRING_MAX
	if c.rec.Type() == CR_HDR_STRING {
		limit = vmaNameMax
		if c.str == CR_STRING_MEMFD {
			limit = memfdNameMax
		}
		if b.What != c.str {
			return bad("what", b.What, "%v", c.str)
		}
		c.str = 0
	} else {
		if b.What != c.whats[0] {
			return bad("what", b.What, "%v", c.whats[0])
		}
		c.whats = c.whats[1:]
		if err := c.checkPath(b); err != nil {
			return err
		}
	}
	switch {
	case int(b.Len) > limit:
		return bad("len", b.Len, "<= %d", limit)
	case bytes.IndexByte(b.Data, 0) >= 0:
		return &fieldError{field: "data", msg: "a string with a NUL"}
	}
	return nil
}

func (c *Checker) checkSighand(b *Sighand) *fieldError {
	for _, sig := range []int{sigKill, sigStop} {
		if h := b.Action[sig-1].Handler; h != 0 {
			return bad("handler", h, "0 for signal %d", sig)
		}
	}
	return c.define(b.Objref)
}

func (c *Checker) checkCred(b *Cred) *fieldError {
	switch {
	case b.NrGroups > maxGroups:
		return bad("nr_groups", b.NrGroups, "<= %d", maxGroups)
	case !slices.IsSorted(b.Groups):
		return &fieldError{field: "groups", msg: "groups that aren't ascending"}
	case b.CapEffective&^b.CapPermitted != 0:
		return bad("cap_effective", b.CapEffective, "within %#x, the permitted ones", b.CapPermitted)
	case b.CapAmbient&^(b.CapPermitted&b.CapInheritable) != 0:
		return bad("cap_ambient", b.CapAmbient, "within the permitted and inheritable ones")
	}
	return c.define(b.Objref)
}

func checkRLimits(b *RLimits) *fieldError {
	for _, l := range b.Lim {
		if l.Cur > l.Max {
			return bad("cur", l.Cur, "<= %#x", l.Max)
		}
	}
	return nil
}

func checkITimers(b *ITimers) *fieldError {
	for _, t := range b.Timer {
		if t.ValueNS > math.MaxInt64 {
			return bad("value_ns", t.ValueNS, "<= %#x", math.MaxInt64)
		}
		if t.IntervalNS > math.MaxInt64 {
			return bad("interval_ns", t.IntervalNS, "<= %#x", math.MaxInt64)
		}
	}
	return nil
}

func checkSigmask(b *Sigmask) *fieldError {
	switch {
	case b.Flags&^CR_SIGMASK_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_SIGMASK_F_ALL)
	case b.Blocked&unblockable != 0:
		return bad("blocked", b.Blocked, "neither SIGKILL nor SIGSTOP")
	}
	return nil
}

func (c *Checker) checkSiginfo(b *Siginfo) *fieldError {
	signo := uint32(b.Info[0]) | uint32(b.Info[1])<<8 | uint32(b.Info[2])<<16 | uint32(b.Info[3])<<24
	switch {
	case b.Signo == 0 || b.Signo > nsig || b.Signo == sigKill:
		return bad("signo", b.Signo, "1 to %d, not %d", nsig, sigKill)
	case b.Flags&^CR_SIGINFO_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_SIGINFO_F_ALL)
	case b.Flags&CR_SIGINFO_F_SHARED != 0 && c.tree[c.tasks-1].isThread():
		return bad("flags", b.Flags, "no signal of the process's behind a thread")
	case b.Flags&CR_SIGINFO_F_NOINFO != 0 && !isZero(b.Info[:]):
		return &fieldError{field: "info", msg: "a siginfo that was never kept"}
	case b.Flags&CR_SIGINFO_F_NOINFO == 0 && signo != b.Signo:
		return bad("info", signo, "signal %d", b.Signo)
	case b.Flags&CR_SIGINFO_F_TIMER != 0 && b.Flags&CR_SIGINFO_F_NOINFO != 0:
		return bad("flags", b.Flags, "a siginfo of a timer's")
	case b.Flags&CR_SIGINFO_F_TIMER != 0:
		return c.checkTimerSignal(b)
	}
	return nil
}

func checkRestartBlock(b *RestartBlock) *fieldError {
	switch {
	case !b.Kind.known():
		return bad("kind", b.Kind, "a known one")
	case b.Flags&^CR_RESTART_F_ALL != 0:
		return bad("flags", b.Flags, "no bit but %#x", CR_RESTART_F_ALL)
	case b.FutexFlags&^CR_FUTEX_ALL != 0:
		return bad("futex_flags", b.FutexFlags, "no bit but %#x", CR_FUTEX_ALL)
	case b.RemainingNS > math.MaxInt64/2: // below 0 the time is over
		return bad("remaining_ns", b.RemainingNS, "<= %d", math.MaxInt64/2)
	}
	return nil
}

func checkCPU(b *CPU) *fieldError {
	switch {
	case b.Note != ntPrstatus:
		return bad("note", b.Note, "%d", ntPrstatus)
	case b.Size != x86RegsSize:
		return bad("size", b.Size, "%d", x86RegsSize)
	}
	return nil
}

func (c *Checker) checkXState(b *XState) *fieldError {
	switch {
	case b.Size%8 != 0 || b.Size != 0 && b.Size < xsaveMin:
		return bad("size", b.Size, "a multiple of 8, >= %d", xsaveMin)
	case b.Xfeatures&^c.arch.Xfeatures != 0:
		return bad("xfeatures", b.Xfeatures, "within %#x, what the CPU had", c.arch.Xfeatures)
	}
	last := uint32(1)
	have := uint64(x86FPSSE)
	for _, x := range b.Comp {
		if x.ID <= last || x.ID >= CR_XCOMP_MAX {
			return bad("id", x.ID, "ascending, 2 to %d", CR_XCOMP_MAX-1)
		}
		// A component that isn't in use may lie beyond the area.
		used := b.Xfeatures>>x.ID&1 != 0
		if used && (x.Offset < xsaveMin || uint64(x.Offset)+uint64(x.Size) > uint64(b.Size)) {
			return bad("offset", x.Offset, "within the %d bytes of the area", b.Size)
		}
		last = x.ID
		have |= 1 << x.ID
	}
	if b.Xfeatures&^have != 0 {
		return bad("xfeatures", b.Xfeatures, "a layout of each")
	}
	return nil
}
