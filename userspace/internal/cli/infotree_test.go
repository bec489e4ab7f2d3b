// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linux-cr/userspace/cr"
	"linux-cr/userspace/image"
)

// task is one of a Summary. Its objects are files, fs, sighand and mm.
func task(pid int32, comm string, objs [4]uint32, edit ...func(*image.TaskSum)) image.TaskSum {
	k := image.TaskSum{Task: &image.Task{PID: pid, Files: objs[0], FS: objs[1], Sighand: objs[2], MM: objs[3]}}
	copy(k.Comm[:], comm)
	for _, f := range edit {
		f(&k)
	}
	return k
}

// shell is a session of a shell with a pipeline, of which one has threads.
func shell() *image.Summary {
	poll := uint64(7)
	stopped := func(k *image.TaskSum) { k.Flags |= image.CR_TASK_F_STOPPED }
	restart := func(kind image.RestartKind) func(*image.TaskSum) {
		return func(k *image.TaskSum) { k.Restart = kind }
	}
	return &image.Summary{
		Tree: []image.TreeEnt{
			{PID: 42, TGID: 42, PGID: 42, SID: 42},
			{PID: 50, TGID: 50, PPID: 42, PGID: 50, SID: 42},
			{PID: 52, TGID: 50, PGID: 50, SID: 42},
			{PID: 53, TGID: 50, PGID: 50, SID: 42},
			{PID: 51, TGID: 51, PPID: 42, PGID: 50, SID: 42},
			{PID: 1060, TGID: 1060, PPID: 42},
			{PID: 54, TGID: 54, PPID: 52, PGID: 50, SID: 42},
			{PID: 55, TGID: 55, PPID: 50, PGID: 50, SID: 42},
			{PID: 56, TGID: 56, PPID: 54, PGID: 50, SID: 42},
			{PID: 57, TGID: 57, PPID: 56, PGID: 50, SID: 42},
			{PID: 58, TGID: 58, PPID: 56, PGID: 50, SID: 42},
			{PID: 59, TGID: 59, PPID: 56, PGID: 50, SID: 42},
		},
		Tasks: []image.TaskSum{
			task(42, "sh", [4]uint32{1, 2, 3, 4}, func(k *image.TaskSum) { k.Call = &poll }),
			task(50, "producer", [4]uint32{5, 6, 7, 8}, stopped, restart(image.CR_RESTART_NANOSLEEP)),
			task(52, "pool 1", [4]uint32{5, 6, 7, 8}, stopped, restart(image.CR_RESTART_FUTEX)),
			task(53, "pool\x1b2", [4]uint32{5, 6, 7, 8}, stopped, func(k *image.TaskSum) { k.Pending = 2 }),
			task(51, "consumer", [4]uint32{1, 9, 10, 11}, restart(image.CR_RESTART_POLL)),
			task(1060, "daemon", [4]uint32{5, 2, 12, 4}, func(k *image.TaskSum) { k.Flags = image.CR_TASK_F_SELF }),
			task(54, "helper", [4]uint32{13, 14, 15, 16}),
			task(55, "other", [4]uint32{5, 6, 7, 8}, func(k *image.TaskSum) { k.Pending = 1 }),
			task(56, "last", [4]uint32{17, 18, 19, 20}, func(k *image.TaskSum) { k.Timers, k.Sched = 2, &image.Sched{Policy: 3} }),
			{Zombie: &image.Zombie{Status: 3 << 8, Comm: image.Comm{'t', 'r', 'u', 'e'}}},
			{Zombie: &image.Zombie{Status: 9, Comm: image.Comm{'a'}}},
			{Zombie: &image.Zombie{Status: 11 | 0x80, Comm: image.Comm{'b'}}},
		},
	}
}

func TestTree(t *testing.T) {
	const want = `TASK                  PPID  PGID  SID  THREADS  STATE                           SHARES
42 sh                 -     42    42   1        in call 7
├─50 producer         42    50    42   3        stopped, in nanosleep
│ ├─{52 pool 1}                                 stopped, in futex
│ │ └─54 helper       52    50    42   1        running
│ │   └─56 last       54    50    42   1        running, 2 timers, SCHED_BATCH
│ │     ├─57 true     56    50    42   1        zombie, exit 3
│ │     ├─58 a        56    50    42   1        zombie, signal 9
│ │     └─59 b        56    50    42   1        zombie, signal 11, core dumped
│ ├─{53 "pool\x1b2"}                            stopped, 2 signals pending
│ └─55 other          50    50    42   1        running, 1 signal pending       files, fs, sighand, memory with 50
├─51 consumer         42    50    42   1        in poll                         files with 42
└─1060 daemon         42    -     -    1        saved itself                    files with 50; fs, memory with 42
`
	var got bytes.Buffer
	printTree(&got, shell(), nil)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of a damaged image there is what could be read.
func TestTreeDamaged(t *testing.T) {
	s := shell()
	s.Tree, s.Tasks = s.Tree[:3], s.Tasks[:1]
	const want = `TASK        PPID  PGID  SID  THREADS  STATE      SHARES
42 sh       -     42    42   1        in call 7
└─50 ?      42    50    42   2
  └─{52 ?}
DAMAGED: the end
`
	var got bytes.Buffer
	printTree(&got, s, errors.New("image: the end"))
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got.Reset()
	if printTree(&got, &image.Summary{}, errors.New("image: the end")); got.String() != "DAMAGED: the end\n" {
		t.Errorf("without a tree: got %q", got.String())
	}
}

// A line's length doesn't grow with the depth without end.
func TestTreeDeep(t *testing.T) {
	const depth = 40000
	s := &image.Summary{}
	for pid := int32(1); pid <= depth; pid++ {
		s.Tree = append(s.Tree, image.TreeEnt{PID: pid, TGID: pid, PPID: pid - 1})
	}
	var got bytes.Buffer
	printTree(&got, s, nil)
	lines := strings.Split(strings.TrimSuffix(got.String(), "\n"), "\n")
	if len(lines) != depth+1 || got.Len() > depth*200 {
		t.Fatalf("got %d lines of %d bytes", len(lines), got.Len())
	}
	last := fmt.Sprintf("%s…─%d ?", strings.Repeat("  ", treeDepth), depth)
	if !strings.HasPrefix(lines[depth], last) {
		t.Errorf("got %q, want %q...", lines[depth], last)
	}
}

// treeImage has a process with a thread, and a child with descriptors of its own.
func treeImage(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := image.NewWriter(&b)
	put := func(rt image.RecType, parent uint32, body image.Body) {
		t.Helper()
		if err := w.Put(rt, parent, body); err != nil {
			t.Fatal(err)
		}
	}
	head := &image.Head{Magic: image.CHECKPOINT_MAGIC_HEAD, Version: image.CR_VERSION, Arch: image.CR_ARCH_X86_64,
		PageSize: 4096, RecordCsum: image.CR_CSUM_CRC32C, NrTasks: 3, ImageID: image.ID{1}}
	head.Release[0], head.VersionStr[0], head.Machine[0] = '6', '#', 'x'
	put(image.CR_HDR_HEAD, 0, head)
	put(image.CR_HDR_HEAD_ARCH, 0, &image.HeadX86{Xfeatures: 3})
	put(image.CR_HDR_TREE, 0, &image.Tree{Ent: []image.TreeEnt{{PID: 42, TGID: 42}, {PID: 43, TGID: 42}, {PID: 44, TGID: 44, PPID: 43}}})
	file := func(ref uint32, kind image.FDType, mode uint32, path string) {
		put(image.CR_HDR_FD_DATA, 0, &image.FDData{Objref: ref, Type: kind, Mode: mode})
		put(image.CR_HDR_FNAME, ref, &image.String{What: image.CR_STRING_FILE, Data: image.Text(path)})
	}
	process := func(next, exe uint32, fs bool) (mm, files, sighand uint32) {
		if fs {
			put(image.CR_HDR_FS, 0, &image.FS{Objref: next})
			put(image.CR_HDR_FNAME, next, &image.String{What: image.CR_STRING_CWD, Data: image.Text("/home")})
			put(image.CR_HDR_FNAME, next, &image.String{What: image.CR_STRING_ROOT, Data: image.Text("/")})
			next++
		}
		put(image.CR_HDR_SIGHAND, 0, &image.Sighand{Objref: next})
		if fs {
			next++
			put(image.CR_HDR_CRED, 0, &image.Cred{Objref: next})
		}
		put(image.CR_HDR_RLIMITS, 0, &image.RLimits{})
		put(image.CR_HDR_ITIMERS, 0, &image.ITimers{})
		sighand, mm, files = next-1, next+1, next+2
		if !fs {
			sighand = next
		}
		put(image.CR_HDR_MM, 0, &image.MM{Objref: mm, Exe: exe})
		put(image.CR_HDR_AUXV, mm, &image.Auxv{})
		put(image.CR_HDR_MM_CONTEXT, mm, &image.MMContextX86{ExecuteOnlyPkey: -1})
		put(image.CR_HDR_FILES, 0, &image.Files{Objref: files, NFDs: 2})
		put(image.CR_HDR_FD_ENT, files, &image.FDEnt{Objref: 1, FD: 3})
		put(image.CR_HDR_FD_ENT, files, &image.FDEnt{Objref: exe, FD: 4})
		return mm, files, sighand
	}
	end := func(pid int32, mm, files, sighand uint32, comm string) {
		k := &image.Task{PID: pid, MM: mm, Files: files, FS: 3, Sighand: sighand, Cred: 5}
		copy(k.Comm[:], comm)
		put(image.CR_HDR_TASK, 0, k)
		put(image.CR_HDR_SIGMASK, 0, &image.Sigmask{})
		put(image.CR_HDR_THREAD, 0, &image.ThreadX86{})
		put(image.CR_HDR_CPU, 0, &image.CPU{Note: 1, Data: make(image.Bytes, 216)})
		put(image.CR_HDR_XSTATE, 0, &image.XState{})
	}
	file(1, image.CR_FD_DIR, 0o40755, "/tmp")
	file(2, image.CR_FD_FILE, 0o100755, "/bin/a")
	mm, files, sighand := process(3, 2, true)
	end(42, mm, files, sighand, "a")
	end(43, mm, files, sighand, "worker")
	file(8, image.CR_FD_FILE, 0o100755, "/bin/b")
	mm, files, sighand = process(9, 8, false)
	end(44, mm, files, sighand, "b")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tree.img")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInfoOfTree(t *testing.T) {
	path := treeImage(t)
	r := runCLI(t, &fakeKernel{}, "", "info", path)
	for _, want := range []string{
		"tree       2 processes with 3 threads of pid 42, see --tree\n",
		"program    /bin/a and 1 other\n",
		"directory  /home\n",
		"files      2 descriptor tables\n",
		"           directory  1 open\n",
		"           file       2 open\n",
		"integrity  whole\n",
	} {
		if r.code != exitOK || !strings.Contains(r.stdout, want) {
			t.Errorf("info: got exit %d, want %q in\n%s%s", r.code, want, r.stdout, r.stderr)
		}
	}
	const tree = `TASK           PPID  PGID  SID  THREADS  STATE    SHARES
42 a           -     -     -    2        running
└─{43 worker}                            running
  └─44 b       43    -     -    1        running  fs with 42
`
	r = runCLI(t, &fakeKernel{}, "", "info", "--tree", path)
	if diff := cmp.Diff(tree, r.stdout); diff != "" || r.code != exitOK {
		t.Errorf("info --tree: exit %d, %q (-want +got):\n%s", r.code, r.stderr, diff)
	}
	r = runCLI(t, &fakeKernel{}, "", "info", "--json", path)
	var got struct {
		Tree  []struct{ PID, PPID int32 }
		Tasks []struct {
			PID  int32
			Comm string
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || len(got.Tree) != 3 || len(got.Tasks) != 3 || got.Tasks[2].Comm != "b" {
		t.Errorf("info --json: got %+v, %v in\n%s", got, err, r.stdout)
	}
	if r = runCLI(t, &fakeKernel{}, "", "info", "--json", "--tree", path); r.code != exitUsage {
		t.Errorf("info --json --tree: got exit %d", r.code)
	}
}

// The number of tasks is the kernel's, that of processes the image's.
func TestCheckpointOfTree(t *testing.T) {
	img, err := os.ReadFile(treeImage(t))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "x")
	for name, tt := range map[string]struct {
		k    *fakeKernel
		args string
		want string
	}{
		"a tree":          {&fakeKernel{write: img, tasks: 3}, "checkpoint --pid 42 -o " + out, "saved pid 42, 2 processes with 3 threads: "},
		"and it ends":     {&fakeKernel{write: img, tasks: 3}, "checkpoint --kill --pid 42 -o " + out, "saved and ended pid 42, 2 processes with 3 threads: "},
		"not read back":   {&fakeKernel{write: img, tasks: 3}, "checkpoint --pid 42 -o " + os.DevNull, "saved pid 42, 3 tasks: "},
		"one task":        {&fakeKernel{write: img, tasks: 1}, "checkpoint --pid 42 -o " + out, "saved pid 42: "},
		"dry run":         {&fakeKernel{tasks: 3}, "check --pid 42", "pid 42, 3 tasks can be checkpointed\n"},
		"dry run, a task": {&fakeKernel{tasks: 1}, "check --pid 42", "pid 42 can be checkpointed\n"},
	} {
		r := runCLI(t, tt.k, "", strings.Fields(tt.args)...)
		if r.code != exitOK || !strings.HasPrefix(r.stdout, tt.want) {
			t.Errorf("%s: got exit %d, %q, %q, want %q", name, r.code, r.stdout, r.stderr, tt.want)
		}
	}
}

func TestRestartPIDs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	three := []cr.RestartPIDMap{{ImagePID: 42, PID: 4711}, {ImagePID: 43, PID: 4712}, {ImagePID: 44, PID: 4720}}
	const pairs = "42 -> 4711\n43 -> 4712\n44 -> 4720\n"
	for args, tt := range map[string]struct {
		pids           []cr.RestartPIDMap
		stdout, stderr string
	}{
		"--new-pids":                       {three, "", pairs},
		"--new-pids --detach":              {three, "4711\n" + pairs, ""},
		"--detach":                         {three, "4711\n", ""},
		"--stopped":                        {three, "", ""},
		"--new-pids --allow-changed-files": {three[:1], "", ""},
		"--new-pids --detach --clock-jump": {three[:1], "4711\n", ""},
	} {
		r := runCLI(t, &fakeKernel{pids: tt.pids}, "", append([]string{"restart", "-i", path}, strings.Fields(args)...)...)
		if r.code != exitOK || r.stdout != tt.stdout || r.stderr != tt.stderr {
			t.Errorf("%s: got exit %d, %q, %q", args, r.code, r.stdout, r.stderr)
		}
	}
	r := runCLI(t, &fakeKernel{pids: three}, "", "restart", "-i", path, "--new-pids", "--detach", "--json")
	var got struct{ PIDs []cr.RestartPIDMap }
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || !cmp.Equal(got.PIDs, three) {
		t.Errorf("--json: got %+v, %v in %s", got, err, r.stdout)
	}
}
