// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"linux-cr/userspace/cr"
	"linux-cr/userspace/image"
)

func (a *App) infoCmd() *cobra.Command {
	var asJSON, tree bool
	c := &cobra.Command{
		Use:   "info FILE|-",
		Short: "Show what an image holds",
		Long: `Show what an image holds, on one screen.

With --tree the processes and their threads, these in braces: who is whose
child, group and session (a dash is what lies outside), what each was doing,
and what a process shares with an earlier one.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			print := printInfo
			switch {
			case asJSON:
				print = printInfoJSON
			case tree:
				print = printTree
			}
			return a.info(args[0], asJSON, print)
		},
	}
	c.Flags().BoolVar(&tree, "tree", false, "draw the tree of processes and threads")
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	c.MarkFlagsMutuallyExclusive("tree", "json")
	return c
}

func (a *App) verifyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE|-",
		Short: "Check a whole image, without a kernel",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.verify(args[0]) },
	}
}

// inspect reads an image with a progress line.
func (a *App) inspect(op, path string) (*image.Summary, error) {
	in := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	r := &countReader{r: in}
	p := startProgress(a.Stderr, op, r.n.Load)
	defer p.end()
	return image.Inspect(r)
}

type countReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (a *App) verify(path string) error {
	s, err := a.inspect("verify", path)
	if err != nil {
		return &failure{err: err, op: "verify", image: path}
	}
	fmt.Fprintf(a.Stdout, "%s: whole, %d records, %d pages, %s\n", path, s.Records, s.Pages, size(uint64(s.Bytes)))
	return nil
}

func (a *App) info(path string, asJSON bool, print func(io.Writer, *image.Summary, error)) error {
	s, err := a.inspect("info", path)
	if s == nil {
		return &failure{err: err, op: "info", image: path}
	}
	if s.Head == nil {
		fail := &failure{err: err, op: "info", image: path}
		if asJSON {
			fail.json = a.Stdout
		}
		return fail
	}
	print(a.Stdout, s, err)
	if err == nil {
		return nil
	}
	return silentError{(&failure{err: err}).code()}
}

func printInfoJSON(w io.Writer, s *image.Summary, err error) {
	out := struct {
		*image.Summary
		Outside []image.File `json:"outside"`
		Damage  string       `json:"damage,omitempty"`
	}{s, s.Outside(), ""}
	if err != nil {
		out.Damage = err.Error()
	}
	writeJSON(w, out)
}

// printInfo fills one screen.
func printInfo(to io.Writer, s *image.Summary, err error) {
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	h := s.Head
	made := time.Unix(0, int64(h.RealNS)).UTC().Format("2006-01-02 15:04:05 UTC")
	fmt.Fprintf(w, "image\t%s, format %d, made %s\n", h.ImageID, h.Version, made)
	fmt.Fprintf(w, "kernel\t%s %s %s\n", clean(h.Release.String()), clean(h.Machine.String()), clean(h.VersionStr.String()))
	fmt.Fprintf(w, "boot\t%s\n", h.BootID)
	printTasks(w, s)
	if exe := programs(s); exe != "" {
		fmt.Fprintf(w, "program\t%s\n", exe)
	}
	if len(s.Dirs) > 0 {
		fmt.Fprintf(w, "directory\t%s\n", clean(s.Dirs[0].CWD))
	}
	for i, m := range s.Memory {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", first(i, "memory"), m.Kind, plural(m.VMAs, "mapping"), size(m.Bytes))
	}
	printFiles(w, s)
	printTypes(w, s)
	fmt.Fprintf(w, "size\t%s, %s of data\n", size(uint64(s.Bytes)), plural(int(s.Pages), "page"))
	if s.Shared > 0 {
		fmt.Fprintf(w, "shared\t%s of processes that have them together\n", plural(int(s.Shared), "more page"))
	}
	fmt.Fprintf(w, "integrity\t%s\n", integrity(err))
	w.Flush()
}

func integrity(err error) string {
	if err == nil {
		return "whole"
	}
	return "DAMAGED: " + clean(strings.TrimPrefix(err.Error(), "image: "))
}

// printTasks has one line, however many tasks there are.
func printTasks(w io.Writer, s *image.Summary) {
	if len(s.Tree) > 1 {
		fmt.Fprintf(w, "tree\t%s of pid %d, see --tree\n", processes(s.Processes(), len(s.Tree)), s.Tree[0].PID)
		return
	}
	for _, t := range s.Tasks {
		notes := ""
		if state := taskNotes(t.Task); state != nil {
			notes = " (" + strings.Join(state, ", ") + ")"
		}
		fmt.Fprintf(w, "task\t%d %s%s\n", t.PID, clean(t.Comm.String()), notes)
	}
}

// processes counts processes and threads, which all of them have.
func processes(procs, tasks int) string {
	noun := "processes"
	if procs == 1 {
		noun = "process"
	}
	return fmt.Sprintf("%d %s with %s", procs, noun, plural(tasks, "thread"))
}

// programs is what the first process runs, and how many others there are.
func programs(s *image.Summary) string {
	exes := map[string]bool{}
	for _, m := range s.Spaces {
		exes[m.Exe] = true
	}
	if len(s.Spaces) == 0 || s.Spaces[0].Exe == "" {
		return ""
	}
	text := clean(s.Spaces[0].Exe)
	if n := len(exes) - 1; n > 0 {
		text += " and " + plural(n, "other")
	}
	return text
}

// printTypes puts several record types on a line.
func printTypes(w io.Writer, s *image.Summary) {
	const perLine = 3
	for i := 0; i < len(s.Types); i += perLine {
		var cells strings.Builder
		for _, t := range s.Types[i:min(i+perLine, len(s.Types))] {
			name := strings.TrimPrefix(t.Type.String(), "CR_HDR_")
			fmt.Fprintf(&cells, "%-24s", fmt.Sprintf("%s %d, %s", name, t.Records, size(t.Bytes)))
		}
		fmt.Fprintf(w, "%s\t%s\n", first(i, "records"), strings.TrimRight(cells.String(), " "))
	}
}

func taskNotes(t *image.Task) []string {
	var notes []string
	if t.Flags&image.CR_TASK_F_STOPPED != 0 {
		notes = append(notes, "stopped")
	}
	if t.Flags&image.CR_TASK_F_SELF != 0 {
		notes = append(notes, "saved itself")
	}
	return notes
}

func printFiles(w io.Writer, s *image.Summary) {
	var n int
	if len(s.Tables) > 1 {
		n = countFiles(w, s)
	} else {
		n = listFiles(w, s)
	}
	if mapped := mappedFiles(s); mapped > 0 {
		fmt.Fprintf(w, "%s\t%s\n", first(n, "files"), plural(mapped, "mapped file"))
	}
	for i, f := range s.Outside() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", first(i, "to supply"), fdList([]int32{f.FD()}), clean(f.Path))
	}
}

// listFiles has a line for each open file, and returns how many there were.
func listFiles(w io.Writer, s *image.Summary) int {
	n := 0
	for _, f := range s.Files {
		if len(f.FDs) == 0 {
			continue
		}
		var fds []int32
		for _, d := range f.FDs {
			fds = append(fds, d.FD)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", first(n, "files"), fdList(fds), fileKind(s, f), clean(fileText(s, f)))
		n++
	}
	return n
}

// countFiles has a line for each kind: descriptors of several tables would fill
// more than a screen.
func countFiles(w io.Writer, s *image.Summary) int {
	var kinds []string
	count := map[string]int{}
	for _, f := range s.Files {
		if len(f.FDs) == 0 {
			continue
		}
		kind := fileClass(s, f)
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	fmt.Fprintf(w, "files\t%s\n", plural(len(s.Tables), "descriptor table"))
	for _, kind := range kinds {
		fmt.Fprintf(w, "\t%s\t%d open\n", kind, count[kind])
	}
	return len(kinds) + 1
}

// mappedFiles counts what is open by a mapping only; shared memory is listed as
// memory.
func mappedFiles(s *image.Summary) int {
	n := 0
	for _, f := range s.Files {
		m := s.SharedMemory(f)
		if len(f.FDs) == 0 && (m == nil || m.Flags&image.CR_SHMEM_F_ANON == 0) {
			n++
		}
	}
	return n
}

var fileKinds = map[image.FDType]string{
	image.CR_FD_FILE:    "file",
	image.CR_FD_DIR:     "directory",
	image.CR_FD_CHR:     "device",
	image.CR_FD_OUTSIDE: "outside",
	image.CR_FD_IMAGE:   "the image",
	image.CR_FD_LOG:     "the log",
	image.CR_FD_PATH:    "path",
	image.CR_FD_EVENTFD: "eventfd",
	image.CR_FD_EPOLL:   "epoll",
}

// fileKind is fileClass, and how the file is used.
func fileKind(s *image.Summary, f image.File) string {
	kind := fileClass(s, f)
	switch f.Type {
	case image.CR_FD_FILE:
		return fmt.Sprintf("%s at %d", kind, f.Pos)
	case image.CR_FD_PIPE:
		return kind + [...]string{", to read", ", to write", "", ""}[f.Flags&3]
	}
	return kind
}

func fileClass(s *image.Summary, f image.File) string {
	switch f.Type {
	case image.CR_FD_PIPE:
		if s.Pipe(f).Path != "" {
			return "FIFO"
		}
		return "pipe"
	case image.CR_FD_SHMEM:
		if s.SharedMemory(f).Flags&image.CR_SHMEM_F_ANON != 0 {
			return "shared memory"
		}
		return "memfd"
	}
	return fileKinds[f.Type]
}

// fileText is the path, or what there is to say of a file without one. The
// ends of a pipe have its number, as in /proc.
func fileText(s *image.Summary, f image.File) string {
	switch f.Type {
	case image.CR_FD_PIPE:
		p := s.Pipe(f)
		text := p.Path
		if text == "" {
			text = fmt.Sprintf("pipe:[%d]", f.Ino)
		}
		if p.Bytes > 0 {
			text += ", " + size(p.Bytes) + " in it"
		}
		return text
	case image.CR_FD_EVENTFD:
		return fmt.Sprintf("count %d", f.Count)
	case image.CR_FD_EPOLL:
		return "watches " + plural(f.Watches, "file")
	case image.CR_FD_SHMEM:
		m := s.SharedMemory(f)
		if m.Name == "" {
			return size(m.Size)
		}
		return m.Name + ", " + size(m.Size)
	}
	return f.Path
}

func fdList(fds []int32) string {
	var parts []string
	for _, fd := range fds {
		parts = append(parts, fmt.Sprint(fd))
	}
	return "fd " + strings.Join(parts, ",")
}

// first is the heading of a block's first line.
func first(i int, heading string) string {
	if i == 0 {
		return heading
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// clean keeps what an image says from driving the terminal.
func clean(s string) string {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return strconv.Quote(s)
		}
	}
	return s
}

func (a *App) checkCmd() *cobra.Command {
	var pid int
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [--pid P]",
		Short: "Show what this kernel can do, or what keeps a program from being saved",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("pid") {
				return a.check(asJSON)
			}
			f := checkpointFlags{pid: pid, dryRun: true, json: asJSON}
			return a.checkpoint(&f)
		},
	}
	c.Flags().IntVar(&pid, "pid", 0, "process to try, which goes on undisturbed")
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

// policies are the values of kernel.checkpoint_restart.
var policies = map[int]string{
	0: "off",
	1: "needs CAP_CHECKPOINT_RESTORE",
	2: "anyone who may trace the program",
}

func (a *App) check(asJSON bool) error {
	info, err := a.Kernel.Supported()
	if err != nil {
		fail := &failure{err: err, op: "check"}
		if asJSON {
			fail.json = a.Stdout
		}
		return fail
	}
	if asJSON {
		writeJSON(a.Stdout, info)
		return a.checkFormat(info)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "calls\tcheckpoint is %d, restart is %d\n", cr.SYS_CHECKPOINT, cr.SYS_RESTART)
	fmt.Fprintf(w, "format\t%d\n", info.Format)
	if p, ok := policies[info.Policy]; ok {
		fmt.Fprintf(w, "allowed\t%s (kernel.checkpoint_restart=%d)\n", p, info.Policy)
	}
	fmt.Fprintf(w, "carries\t%s\n", strings.Join(info.Features, " "))
	w.Flush()
	return a.checkFormat(info)
}

func (a *App) checkFormat(info cr.Info) error {
	if info.Format == image.CR_VERSION {
		return nil
	}
	return &failure{op: "check", err: fmt.Errorf("this kernel's images are of format %d, this program knows %d", info.Format, image.CR_VERSION)}
}
