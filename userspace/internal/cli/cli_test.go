// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linux-cr/userspace/cr"
	"linux-cr/userspace/image"
)

// fakeKernel answers as it is told to and keeps what it was asked.
type fakeKernel struct {
	write   []byte // what a checkpoint writes
	err     error
	info    cr.Info
	status  cr.ExitStatus
	tty     bool
	tasks   uint64 // in the figures of a checkpoint
	pids    []cr.RestartPIDMap
	onCall  func() // runs during the call
	saved   *cr.CheckpointOptions
	resumed *cr.RestartOptions
	waited  int // pid that was waited for
}

func (k *fakeKernel) Checkpoint(ctx context.Context, o cr.CheckpointOptions) (*cr.CheckpointResult, error) {
	k.saved = &o
	if o.Image != nil {
		if _, err := o.Image.Write(k.write); err != nil {
			return nil, err
		}
	}
	if k.onCall != nil {
		k.onCall()
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return nil, &cr.Error{Op: "checkpoint", Errno: 4}
	}
	if k.err != nil {
		return nil, k.err
	}
	return &cr.CheckpointResult{CRID: 7, Stats: cr.Stats{Bytes: uint64(len(k.write)), Tasks: k.tasks, TotalNS: 3e6, StopNS: 1e6}}, nil
}

func (k *fakeKernel) Restart(_ context.Context, o cr.RestartOptions) (*cr.RestartResult, error) {
	k.resumed = &o
	if k.err != nil {
		return nil, k.err
	}
	return &cr.RestartResult{PID: 4711, PIDs: k.pids}, nil
}

func (k *fakeKernel) Supported() (cr.Info, error) { return k.info, k.err }
func (k *fakeKernel) HasTerminal() bool           { return k.tty }
func (k *fakeKernel) NewJob() Job                 { return fakeJob{k} }

type fakeJob struct{ k *fakeKernel }

func (j fakeJob) Context(ctx context.Context) context.Context { return ctx }
func (j fakeJob) Close()                                      {}
func (j fakeJob) Run(pid int) (cr.ExitStatus, error) {
	j.k.waited = pid
	return j.k.status, nil
}

// run is one command with files for its descriptors.
type run struct {
	code           int
	stdout, stderr string
	app            *App
}

func runCLI(t *testing.T, k Kernel, stdin string, args ...string) run {
	t.Helper()
	dir := t.TempDir()
	file := func(name, content string) *os.File {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(p, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	app := &App{Kernel: k, Stdin: file("in", stdin), Stdout: file("out", ""), Stderr: file("err", ""), Proc: fakeProc(t, dir)}
	code := app.Main(args)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return run{code, read("out"), read("err"), app}
}

// fakeProc has a process 42 with a terminal, a file and a pipe.
func fakeProc(t *testing.T, dir string) string {
	t.Helper()
	fds := filepath.Join(dir, "proc", "42", "fd")
	if err := os.MkdirAll(fds, 0o700); err != nil {
		t.Fatal(err)
	}
	for fd, to := range map[string]string{"0": "/dev/pts/3", "1": "/tmp/x", "2": "pipe:[99]", "3": "/dev/pts/3"} {
		if err := os.Symlink(to, filepath.Join(fds, fd)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "proc")
}

// TestPipeEnded has either end of a pipe before and after the other is closed.
func TestPipeEnded(t *testing.T) {
	a := &App{Proc: "/proc"}
	for _, mode := range []int64{syscall.O_RDONLY, syscall.O_WRONLY} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		own, other := r, w
		if mode == syscall.O_WRONLY {
			own, other = w, r
		}
		if a.isEnded(os.Getpid(), int(own.Fd()), mode) {
			t.Errorf("mode %d: ended while the other end is open", mode)
		}
		other.Close()
		if !a.isEnded(os.Getpid(), int(own.Fd()), mode) {
			t.Errorf("mode %d: not ended when the other end is closed", mode)
		}
		own.Close()
	}
}

// TestDefaultOutside has a tree, 42 and 43 below it, and 44 beside it.
func TestDefaultOutside(t *testing.T) {
	const read, write = "0100000", "0100001"
	type fd struct{ to, flags string }
	a := &App{Proc: filepath.Join(t.TempDir(), "proc")}
	for pid, p := range map[string]struct {
		parent string
		fds    map[string]fd
	}{
		"42": {"1", map[string]fd{"0": {"pipe:[1]", read}, "1": {"pipe:[2]", write}, "2": {"pipe:[3]", write}}},
		"43": {"42", map[string]fd{"0": {"pipe:[4]", read}, "1": {"pipe:[2]", write}, "2": {"pipe:[3]", write}, "7": {"pipe:[1]", write}}},
		"44": {"1", map[string]fd{"0": {"pipe:[2]", read}, "1": {"pipe:[4]", write}, "2": {"/dev/null", write}}},
	} {
		for _, dir := range []string{"fd", "fdinfo"} {
			if err := os.MkdirAll(filepath.Join(a.Proc, pid, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		stat := []byte(pid + " (a) name) S " + p.parent + " 1 1\n")
		if err := os.WriteFile(filepath.Join(a.Proc, pid, "stat"), stat, 0o600); err != nil {
			t.Fatal(err)
		}
		for n, f := range p.fds {
			if err := os.Symlink(f.to, filepath.Join(a.Proc, pid, "fd", n)); err != nil {
				t.Fatal(err)
			}
			info := []byte("pos:\t0\nflags:\t" + f.flags + "\nmnt_id:\t15\n")
			if err := os.WriteFile(filepath.Join(a.Proc, pid, "fdinfo", n), info, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for pid, want := range map[int][]int{42: {1, 2}, 43: {0, 1, 2}, 44: {0, 1}} {
		if got := a.defaultOutside(pid); !slices.Equal(got, want) {
			t.Errorf("pid %d: %v outside, want %v", pid, got, want)
		}
	}
}

func kernelError(op string, errno syscall.Errno, lines ...string) error {
	e := &cr.Error{Op: op, Errno: errno}
	for _, l := range lines {
		e.Log = append(e.Log, cr.ParseMessage(l))
	}
	return e
}

func TestUsage(t *testing.T) {
	for _, args := range []string{
		"frobnicate",
		"--frob",
		"checkpoint",
		"checkpoint --pid 42",
		"checkpoint --pid 0 -o x",
		"checkpoint --pid -3 -o x",
		"checkpoint --pid abc -o x",
		"checkpoint -o x",
		"checkpoint --pid 42 -o x --kill --stop",
		"checkpoint --pid 42 -o x --dry-run",
		"checkpoint --pid 42 -o x --external -1",
		"checkpoint --pid 42 -o x --timeout -1s",
		"checkpoint --pid 42 -o x extra",
		"restart",
		"restart -i",
		"restart -i x --inherit 5",
		"restart -i x --inherit 5=",
		"restart -i x --inherit 5=-1",
		"restart -i x --inherit 5=3 --inherit 5=4",
		"info",
		"info a b",
		"verify",
		"check extra",
		"check --pid 0",
	} {
		k := &fakeKernel{}
		r := runCLI(t, k, "", strings.Fields(args)...)
		if r.code != exitUsage || !strings.HasPrefix(r.stderr, "cr: ") || r.stdout != "" {
			t.Errorf("cr %s: got exit %d, stdout %q, stderr %q", args, r.code, r.stdout, r.stderr)
		}
		if k.saved != nil || k.resumed != nil {
			t.Errorf("cr %s: the kernel was called", args)
		}
	}
}

func TestHelpAndCompletion(t *testing.T) {
	for _, args := range []string{"", "--help", "checkpoint --help", "completion bash", "completion zsh", "completion fish"} {
		if r := runCLI(t, &fakeKernel{}, "", strings.Fields(args)...); r.code != exitOK || r.stdout == "" || r.stderr != "" {
			t.Errorf("cr %s: got exit %d, stderr %q", args, r.code, r.stderr)
		}
	}
}

func TestCheckpointFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.img")
	k := &fakeKernel{write: []byte("image")}
	r := runCLI(t, k, "", "checkpoint", "--pid", "42", "-o", path, "--external", "9", "--external", "3,9")
	if r.code != exitOK || !strings.HasPrefix(r.stdout, "saved pid 42: 5 B in 3ms, stopped for 1ms") {
		t.Fatalf("got exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if diff := cmp.Diff([]int{0, 2, 3, 9}, k.saved.Outside); diff != "" {
		t.Errorf("outside (-want +got):\n%s", diff)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", st.Mode(), err)
	}
	onlyFile(t, dir, "x.img", "image")
}

// onlyFile wants one file in a folder, and nothing temporary.
func onlyFile(t *testing.T, dir, name, content string) {
	t.Helper()
	got := map[string]string{}
	ents, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range ents {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(b)
	}
	want := map[string]string{}
	if name != "" {
		want[name] = content
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A torn image never replaces a good one, and leaves nothing behind.
func TestCheckpointFailureKeepsOldImage(t *testing.T) {
	refuse := kernelError("checkpoint", eopnotsupp, "cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type '[io_uring]'")
	for name, k := range map[string]*fakeKernel{
		"refused": {write: []byte("torn"), err: refuse},
		"SIGTERM": {write: []byte("torn"), onCall: func() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGTERM) }},
		"SIGINT":  {write: []byte("torn"), onCall: func() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGINT) }},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.img")
		if err := os.WriteFile(path, []byte("good"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := runCLI(t, k, "", "checkpoint", "--pid", "42", "-o", path)
		if r.code != exitFailed {
			t.Errorf("%s: got exit %d, %q", name, r.code, r.stderr)
		}
		onlyFile(t, dir, "x.img", "good")
	}
}

func TestCheckpointSentence(t *testing.T) {
	tests := []struct {
		line, want string
	}{
		{"cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type '[io_uring]'",
			"cr: checkpoint: pid 42: fd 7: an io_uring instance can't be checkpointed (EOPNOTSUPP)\nhint: cr check --pid 42 lists everything that is in the way\n"},
		{"cr: error -EOPNOTSUPP checkpoint pid=42: is being traced",
			"cr: checkpoint: pid 42 is being traced (EOPNOTSUPP)\nhint: cr check --pid 42 lists everything that is in the way\n"},
		{"cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: watches a file that is open outside only",
			"cr: checkpoint: pid 42: fd 7 watches a file that is open outside only (EOPNOTSUPP)\nhint: cr check --pid 42 lists everything that is in the way\n"},
		{"cr: error -EXDEV checkpoint pid=42 fd=7: a pipe or FIFO with an end outside, not declared so",
			"cr: checkpoint: pid 42: fd 7: a pipe or FIFO with an end outside, not declared so (EXDEV)\nhint: leave it out with --external N, and supply it to the restart\n"},
		{"cr: error -EBUSY checkpoint pid=42: can't be stopped in time",
			"cr: checkpoint: pid 42: can't be stopped in time (EBUSY)\nhint: give it more time with --timeout\n"},
		{"cr: error -EOPNOTSUPP checkpoint pid=44: has exited, and its threads haven't",
			"cr: checkpoint: pid 44 has exited, and its threads haven't (EOPNOTSUPP)\nhint: wait until they have, or end them\n"},
		{"cr: error -EOPNOTSUPP checkpoint pid=44: shares its descriptor table with a task outside",
			"cr: checkpoint: pid 44 shares its descriptor table with a task outside (EOPNOTSUPP)\nhint: save the process that both descend from\n"},
		{"cr: error -EOPNOTSUPP checkpoint: a tree of 50000 tasks",
			"cr: checkpoint: a tree of 50000 tasks (EOPNOTSUPP)\nhint: save a process further down: no image has room for as many tasks\n"},
		{"cr: error -EINVAL checkpoint: the caller is in the tree that it saves",
			"cr: checkpoint: the caller is in the tree that it saves (EINVAL)\nhint: start cr outside of the tree, as from another shell\n"},
		{"cr: error -ENOSPC checkpoint: can't write the image at 0x1000",
			"cr: checkpoint: can't write the image at 0x1000 (ENOSPC)\n"},
		{"garbage", "cr: checkpoint: garbage (errno 0)\n"},
	}
	for _, tt := range tests {
		m := cr.ParseMessage(tt.line)
		k := &fakeKernel{err: &cr.Error{Op: "checkpoint", Errno: m.Errno, Log: []cr.Message{m}}}
		r := runCLI(t, k, "", "checkpoint", "--pid", "42", "-o", filepath.Join(t.TempDir(), "x"))
		if diff := cmp.Diff(tt.want, r.stderr); diff != "" || r.code != exitFailed {
			t.Errorf("exit %d (-want +got):\n%s", r.code, diff)
		}
	}
}

func TestCheckpointToStdout(t *testing.T) {
	k := &fakeKernel{write: []byte("image")}
	r := runCLI(t, k, "", "checkpoint", "--pid", "42", "-o", "-", "--json", "--kill", "--no-page-csum", "--no-default-external")
	if r.code != exitOK || r.stdout != "image" {
		t.Fatalf("got exit %d, stdout %q", r.code, r.stdout)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(r.stderr), &got); err != nil || got["crid"] != 7.0 {
		t.Errorf("stderr %q: %v", r.stderr, err)
	}
	if o := k.saved; !o.Kill || !o.NoPageCsum || len(o.Outside) != 0 {
		t.Errorf("got %+v", o)
	}
}

func TestCheckpointToDevice(t *testing.T) {
	r := runCLI(t, &fakeKernel{write: []byte("image")}, "", "checkpoint", "--pid", "42", "-o", os.DevNull)
	if r.code != exitOK {
		t.Fatalf("got exit %d, %q", r.code, r.stderr)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode()&os.ModeDevice == 0 {
		t.Fatalf("%s was replaced: %v", os.DevNull, err)
	}
}

func TestCheckpointThroughSymlink(t *testing.T) {
	dir, real := t.TempDir(), t.TempDir()
	target := filepath.Join(real, "x.img")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if r := runCLI(t, &fakeKernel{write: []byte("image")}, "", "checkpoint", "--pid", "42", "-o", link); r.code != exitOK {
		t.Fatalf("got exit %d, %q", r.code, r.stderr)
	}
	onlyFile(t, real, "x.img", "image")
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link is %q, %v", to, err)
	}
}

// After --kill the image is all there is of the program: it stays, under
// whatever name.
func TestKilledProgramKeepsImage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.img")
	k := &renamingKernel{fakeKernel{write: []byte("image")}, path}
	r := runCLI(t, k, "", "checkpoint", "--pid", "42", "-o", path, "--kill")
	if r.code != exitFailed || !strings.Contains(r.stderr, "hint: the program has ended; its image is complete in "+dir) {
		t.Errorf("got exit %d, %q", r.code, r.stderr)
	}
	temps, err := filepath.Glob(filepath.Join(dir, ".x.img.*.tmp"))
	if err != nil || len(temps) != 1 {
		t.Fatalf("got %v, %v", temps, err)
	}
}

// renamingKernel puts a folder where the image's name should go.
type renamingKernel struct {
	fakeKernel
	path string
}

func (k *renamingKernel) Checkpoint(ctx context.Context, o cr.CheckpointOptions) (*cr.CheckpointResult, error) {
	if err := os.MkdirAll(filepath.Join(k.path, "x"), 0o700); err != nil {
		return nil, err
	}
	return k.fakeKernel.Checkpoint(ctx, o)
}

func TestDryRun(t *testing.T) {
	k := &fakeKernel{err: kernelError("checkpoint", eopnotsupp,
		"cr: error -EOPNOTSUPP checkpoint pid=42 fd=7: unsupported file type 'socket'",
		"cr: error -EOPNOTSUPP checkpoint pid=42: has POSIX timers",
		"cr: error -EOPNOTSUPP checkpoint pid=43: has POSIX timers",
		"cr: error -EOPNOTSUPP checkpoint pid=44: shares its memory with a task outside",
		"cr: error -EOPNOTSUPP checkpoint pid=45: has exited, and its threads haven't", "odd")}
	const want = "pid 42: fd 7: a socket can't be checkpointed\npid 42 has POSIX timers\n" +
		"pid 43 has POSIX timers\npid 44 shares its memory with a task outside\npid 45 has exited, and its threads haven't\nodd\n"
	for _, args := range []string{"checkpoint --pid 42 --dry-run", "check --pid 42"} {
		r := runCLI(t, k, "", strings.Fields(args)...)
		if r.code != exitFailed || r.stdout != want || r.stderr != "" {
			t.Errorf("cr %s: got exit %d, %q, %q", args, r.code, r.stdout, r.stderr)
		}
		if !k.saved.DryRun || k.saved.Image != nil {
			t.Errorf("cr %s: got %+v", args, k.saved)
		}
		r = runCLI(t, &fakeKernel{}, "", strings.Fields(args)...)
		if r.code != exitOK || r.stdout != "pid 42 can be checkpointed\n" {
			t.Errorf("cr %s: got exit %d, %q", args, r.code, r.stdout)
		}
	}
	r := runCLI(t, &fakeKernel{err: kernelError("checkpoint", esrch, "cr: error -ESRCH checkpoint: no process 42")}, "", "check", "--pid", "42")
	if r.code != exitFailed || r.stdout != "" || !strings.HasPrefix(r.stderr, "cr: checkpoint: no process 42 (ESRCH)\n") {
		t.Errorf("got exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestExitCodes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	tests := []struct {
		err                              error
		checkpoint, wait, detach, checks int
	}{
		{kernelError("", eperm), 1, 125, 1, 1},
		{kernelError("", 38), 4, 127, 4, 4},
		{cr.ErrNotSupported, 4, 127, 4, 4},
		{kernelError("", ebadmsg), 1, 126, 3, 1},
		{kernelError("", eproto), 1, 126, 3, 1},
		{kernelError("", enodata), 1, 126, 3, 1},
		{kernelError("", eexist), 1, 125, 1, 1},
		{errors.New("other"), 1, 125, 1, 1},
	}
	for _, tt := range tests {
		for args, want := range map[string]int{
			"checkpoint --pid 42 -o " + out:      tt.checkpoint,
			"restart -i " + path:                 tt.wait,
			"restart --detach -i " + path:        tt.detach,
			"restart --json --detach -i " + path: tt.detach,
			"check":                              tt.checks,
		} {
			err := tt.err
			var ce *cr.Error
			if errors.As(err, &ce) {
				err = kernelError(strings.Fields(args)[0], ce.Errno)
			}
			if r := runCLI(t, &fakeKernel{err: err}, "", strings.Fields(args)...); r.code != want {
				t.Errorf("%v: cr %s: got exit %d, want %d", err, args, r.code, want)
			}
		}
	}
}

func TestRestartWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pidfile := filepath.Join(t.TempDir(), "pid")
	for st, want := range map[cr.ExitStatus]int{{}: 0, {Code: 9}: 9, {Signal: 15}: 143} {
		k := &fakeKernel{status: st}
		r := runCLI(t, k, "", "restart", "-i", path, "--pidfile", pidfile, "--inherit", "5=0", "--new-pids", "--stopped", "--allow-changed-files", "--clock-jump")
		if r.code != want || k.waited != 4711 || r.stdout != "" {
			t.Errorf("%+v: got exit %d after waiting for %d, %q", st, r.code, k.waited, r.stderr)
		}
		o := k.resumed
		if !o.NewPIDs || !o.Stopped || !o.ChangedFiles || !o.ClockJump || o.InPlace {
			t.Errorf("got %+v", o)
		}
		wantMap := map[int]int{0: int(r.app.Stdin.Fd()), 1: int(r.app.Stdout.Fd()), 2: int(r.app.Stderr.Fd()), 5: 0}
		if diff := cmp.Diff(wantMap, o.Inherit); diff != "" {
			t.Errorf("inherit (-want +got):\n%s", diff)
		}
	}
	if b, err := os.ReadFile(pidfile); err != nil || string(b) != "4711\n" {
		t.Errorf("pidfile: %q, %v", b, err)
	}
}

func TestRestartDetached(t *testing.T) {
	k := &fakeKernel{}
	r := runCLI(t, k, "image", "restart", "-i", "-", "--detach")
	if r.code != exitOK || r.stdout != "4711\n" || k.waited != 0 {
		t.Errorf("got exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if k.resumed.Image != r.app.Stdin {
		t.Error("the image isn't standard input")
	}
	if fd := k.resumed.Inherit[0]; fd == int(r.app.Stdin.Fd()) {
		t.Error("the program would read its own image")
	}
	if keys := slices.Sorted(maps.Keys(k.resumed.Inherit)); !slices.Equal(keys, []int{0, 1, 2}) {
		t.Errorf("got inherit of %v", keys)
	}
}

// smallImage has a head, what a restart needs to be given, and a file of each
// kind that has no path.
func smallImage(t *testing.T, cut bool) string {
	t.Helper()
	var b bytes.Buffer
	w := image.NewWriter(&b)
	head := &image.Head{Magic: image.CHECKPOINT_MAGIC_HEAD, Version: image.CR_VERSION, Arch: image.CR_ARCH_X86_64,
		PageSize: 4096, RecordCsum: image.CR_CSUM_CRC32C, NrTasks: 1, ImageID: image.ID{1}}
	copy(head.Release[:], "6.12")
	copy(head.VersionStr[:], "#1")
	copy(head.Machine[:], "x86_64")
	kind := func(s string) *image.String { return &image.String{What: image.CR_STRING_FILE, Data: image.Text(s)} }
	for _, r := range []struct {
		t      image.RecType
		parent uint32
		b      image.Body
	}{
		{image.CR_HDR_HEAD, 0, head},
		{image.CR_HDR_HEAD_ARCH, 0, &image.HeadX86{Xfeatures: 3}},
		{image.CR_HDR_TREE, 0, &image.Tree{Ent: []image.TreeEnt{{PID: 42, TGID: 42}}}},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 1, Type: image.CR_FD_OUTSIDE, FD: 5}},
		{image.CR_HDR_FNAME, 1, kind("sock\x1bet")},
		{image.CR_HDR_PIPE, 0, &image.Pipe{Objref: 2, NrSlots: 16, NrBufs: 1}},
		{image.CR_HDR_PIPE_BUF, 2, &image.PipeBuf{Data: image.Bytes("hello")}},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 3, Type: image.CR_FD_PIPE, Mode: 0o10600, Obj: 2, Ino: 77, FD: 6}},
		{image.CR_HDR_FNAME, 3, kind("pipe or FIFO")},
		{image.CR_HDR_PIPE, 0, &image.Pipe{Objref: 4, Flags: image.CR_PIPE_F_FIFO, NrSlots: 16}},
		{image.CR_HDR_FNAME, 4, kind("/run/fi\x1bfo")},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 5, Type: image.CR_FD_PIPE, Mode: 0o10600, Obj: 4, FFlags: 2, FD: 7}},
		{image.CR_HDR_FNAME, 5, kind("pipe or FIFO")},
		{image.CR_HDR_SHMEM, 0, &image.Shmem{Objref: 6, Size: 5000}},
		{image.CR_HDR_STRING, 6, &image.String{What: image.CR_STRING_MEMFD, Data: image.Text("scratch")}},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 7, Type: image.CR_FD_SHMEM, Obj: 6, FFlags: 2, FD: 8}},
		{image.CR_HDR_FNAME, 7, kind("file")},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 8, Type: image.CR_FD_EVENTFD, FFlags: 2, FD: 9}},
		{image.CR_HDR_FNAME, 8, kind("[eventfd]")},
		{image.CR_HDR_EVENTFD, 8, &image.Eventfd{Count: 3}},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 9, Type: image.CR_FD_EPOLL, FFlags: 2, FD: 10}},
		{image.CR_HDR_FNAME, 9, kind("[eventpoll]")},
		{image.CR_HDR_SHMEM, 0, &image.Shmem{Objref: 10, Flags: image.CR_SHMEM_F_ANON, Seals: 1, Size: 8192}},
		{image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: 11, Type: image.CR_FD_SHMEM, Obj: 10, FFlags: 2, FD: -1}},
		{image.CR_HDR_FNAME, 11, kind("file")},
		{image.CR_HDR_FS, 0, &image.FS{Objref: 12}},
		{image.CR_HDR_FNAME, 12, &image.String{What: image.CR_STRING_CWD, Data: image.Text("/")}},
		{image.CR_HDR_FNAME, 12, &image.String{What: image.CR_STRING_ROOT, Data: image.Text("/")}},
		{image.CR_HDR_SIGHAND, 0, &image.Sighand{Objref: 13}},
		{image.CR_HDR_CRED, 0, &image.Cred{Objref: 14}},
		{image.CR_HDR_RLIMITS, 0, &image.RLimits{}},
		{image.CR_HDR_ITIMERS, 0, &image.ITimers{}},
		{image.CR_HDR_MM, 0, &image.MM{Objref: 15, NrVMAs: 1}},
		{image.CR_HDR_AUXV, 15, &image.Auxv{}},
		{image.CR_HDR_MM_CONTEXT, 15, &image.MMContextX86{ExecuteOnlyPkey: -1}},
		{image.CR_HDR_VMA, 15, &image.VMA{Start: 0x10000, End: 0x12000, Type: image.CR_VMA_SHMEM, File: 11, Flags: image.CR_VMA_F_MAYSHARE}},
		{image.CR_HDR_FILES, 0, &image.Files{Objref: 16, NFDs: 6}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 1, FD: 5}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 3, FD: 6}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 5, FD: 7}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 7, FD: 8}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 8, FD: 9}},
		{image.CR_HDR_FD_ENT, 16, &image.FDEnt{Objref: 9, FD: 10}},
		{image.CR_HDR_TASK, 0, &image.Task{PID: 42, MM: 15, Files: 16, FS: 12, Sighand: 13, Cred: 14, Comm: image.Comm{'s', 'h'}}},
		{image.CR_HDR_SIGMASK, 0, &image.Sigmask{}},
		{image.CR_HDR_THREAD, 0, &image.ThreadX86{}},
		{image.CR_HDR_CPU, 0, &image.CPU{Note: 1, Data: make(image.Bytes, 216)}},
		{image.CR_HDR_XSTATE, 0, &image.XState{}},
		{image.CR_HDR_EPOLL, 9, &image.Epoll{Item: []image.EpollItem{{File: 8, FD: 9, Events: 1}, {File: 3, FD: 6, Events: 1}}}},
	} {
		if err := w.Put(r.t, r.parent, r.b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	img := b.Bytes()
	if cut {
		img = img[:len(img)-30]
	}
	path := filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(path, img, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRestartNamesWhatToSupply(t *testing.T) {
	path := smallImage(t, false)
	k := &fakeKernel{err: kernelError("restart", enoent, "cr: error -ENOENT restart off=0x2c0 rec=FD_DATA: outside descriptor 5 has to be supplied")}
	r := runCLI(t, k, "", "restart", "-i", path)
	if r.code != exitWaitFailed || !strings.Contains(r.stderr, "hint: supply what was outside: --inherit 5=M (\"sock\\x1bet\")") {
		t.Errorf("got exit %d, %q", r.code, r.stderr)
	}
	r = runCLI(t, k, "", "restart", "-i", path, "--inherit", "5=1")
	if strings.Contains(r.stderr, "what was outside") {
		t.Errorf("got %q", r.stderr)
	}
}

func TestInfoAndVerify(t *testing.T) {
	good, bad := smallImage(t, false), smallImage(t, true)
	r := runCLI(t, &fakeKernel{}, "", "verify", good)
	if r.code != exitOK || !strings.Contains(r.stdout, "whole, 50 records, 0 pages") {
		t.Errorf("verify: got exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	r = runCLI(t, &fakeKernel{}, "", "verify", bad)
	if r.code != exitBadImage || !strings.HasPrefix(r.stderr, "cr: verify: "+bad+": the image ends early, after ") {
		t.Errorf("verify: got exit %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	r = runCLI(t, &fakeKernel{}, "", "info", good)
	for _, want := range []string{
		"kernel     6.12 x86_64 #1\n",
		"task       42 sh\n",
		"memory     shared memory  1 mapping      8.0 KiB\n",
		"files      fd 5           outside        \"sock\\x1bet\"\n",
		"           fd 6           pipe, to read  pipe:[77], 5 B in it\n",
		"           fd 7           FIFO           \"/run/fi\\x1bfo\"\n",
		"           fd 8           memfd          scratch, 4.9 KiB\n",
		"           fd 9           eventfd        count 3\n",
		"           fd 10          epoll          watches 2 files\n",
		"to supply  fd 5           \"sock\\x1bet\"\n",
		"integrity  whole\n",
	} {
		if r.code != exitOK || !strings.Contains(r.stdout, want) {
			t.Errorf("info: got exit %d, want %q in\n%s%s", r.code, want, r.stdout, r.stderr)
		}
	}
	r = runCLI(t, &fakeKernel{}, "", "info", bad)
	if r.code != exitBadImage || !strings.Contains(r.stdout, "integrity  DAMAGED: the image ends early") {
		t.Errorf("info: got exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for path, code := range map[string]int{good: exitOK, bad: exitBadImage} {
		r = runCLI(t, &fakeKernel{}, "", "info", "--json", path)
		var got map[string]any
		if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.code != code {
			t.Fatalf("info --json: got exit %d, %v in\n%s", r.code, err, r.stdout)
		}
		if _, damaged := got["damage"]; damaged != (code != exitOK) {
			t.Errorf("info --json: got damage %v", got["damage"])
		}
	}
	img, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if r = runCLI(t, &fakeKernel{}, string(img), "verify", "-"); r.code != exitOK {
		t.Errorf("verify -: got exit %d, %q", r.code, r.stderr)
	}
	for _, cmd := range []string{"info", "verify"} {
		if r = runCLI(t, &fakeKernel{}, "", cmd, "/no/such/file"); r.code != exitFailed || r.stderr != fmt.Sprintf("cr: %s: /no/such/file: no such file or directory\n", cmd) {
			t.Errorf("%s: got exit %d, %q", cmd, r.code, r.stderr)
		}
		if r = runCLI(t, &fakeKernel{}, "hello world, this is text", cmd, "-"); r.code != exitBadImage {
			t.Errorf("%s: got exit %d, %q", cmd, r.code, r.stderr)
		}
	}
}

func TestCheck(t *testing.T) {
	info := cr.Info{Format: image.CR_VERSION, Features: []string{"files", "mm"}, Policy: 1}
	r := runCLI(t, &fakeKernel{info: info}, "", "check")
	want := "calls    checkpoint is 633, restart is 634\nformat   3\n" +
		"allowed  needs CAP_CHECKPOINT_RESTORE (kernel.checkpoint_restart=1)\ncarries  files mm\n"
	if diff := cmp.Diff(want, r.stdout); diff != "" || r.code != exitOK {
		t.Errorf("exit %d, %q (-want +got):\n%s", r.code, r.stderr, diff)
	}
	info.Format = 9
	if r = runCLI(t, &fakeKernel{info: info}, "", "check", "--json"); r.code != exitFailed {
		t.Errorf("format 9: got exit %d", r.code)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 12900000: "12.3 MiB", 1 << 62: "4096.0 PiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
