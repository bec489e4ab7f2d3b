// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Which of descriptors 0 to 2 lie outside, as long as nobody says so.

// defaultOutside finds those of descriptors 0 to 2 that are a terminal or a
// pipe: what a program that was started from a shell has there. A pipe whose
// other end is in the tree, as a shell makes it for "done < <(list)" or "exec >
// >(tee log)", is the tree's own; so is one whose other end nobody has any more.
func (a *App) defaultOutside(pid int) []int {
	var fds []int
	for fd := range 3 {
		to, err := os.Readlink(a.procPath(pid, "fd", strconv.Itoa(fd)))
		switch {
		case err != nil || !isTerminalOrPipe(to):
		case strings.HasPrefix(to, "pipe:[") && a.isInside(pid, fd, to):
		default:
			fds = append(fds, fd)
		}
	}
	return fds
}

func isTerminalOrPipe(link string) bool {
	for _, p := range []string{"/dev/pts/", "/dev/tty", "/dev/console", "pipe:["} {
		if strings.HasPrefix(link, p) {
			return true
		}
	}
	return false
}

func (a *App) procPath(pid int, names ...string) string {
	return filepath.Join(append([]string{a.Proc, strconv.Itoa(pid)}, names...)...)
}

// isInside reports whether a process of the tree has the other end of a pipe, or
// nobody has. What can't be looked at doesn't have it.
func (a *App) isInside(root, fd int, link string) bool {
	mine, err := a.accessMode(root, fd)
	if err != nil {
		return false
	}
	if a.isEnded(root, fd, mine) {
		return true
	}
	for _, pid := range a.descent(root) {
		entries, err := os.ReadDir(a.procPath(pid, "fd"))
		if err != nil {
			continue
		}
		for _, e := range entries {
			n, err := strconv.Atoi(e.Name())
			if err != nil {
				continue
			}
			if to, err := os.Readlink(a.procPath(pid, "fd", e.Name())); err != nil || to != link {
				continue
			}
			if mode, err := a.accessMode(pid, n); err == nil && mode != mine {
				return true
			}
		}
	}
	return false
}

// isEnded reports whether the other end of a pipe is closed. The end that is
// opened to find out is one more of those that there are.
func (a *App) isEnded(pid, fd int, mode int64) bool {
	own, err := unix.Open(a.procPath(pid, "fd", strconv.Itoa(fd)), int(mode)|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(own)
	want := int16(unix.POLLHUP)
	if mode == unix.O_WRONLY {
		want = unix.POLLERR
	}
	p := []unix.PollFd{{Fd: int32(own)}}
	n, err := unix.Poll(p, 0)
	return err == nil && n == 1 && p[0].Revents&want != 0
}

// accessMode is O_RDONLY, O_WRONLY or O_RDWR.
func (a *App) accessMode(pid, fd int) (int64, error) {
	data, err := os.ReadFile(a.procPath(pid, "fdinfo", strconv.Itoa(fd)))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if flags, ok := strings.CutPrefix(line, "flags:"); ok {
			v, err := strconv.ParseInt(strings.TrimSpace(flags), 8, 64)
			return v & unix.O_ACCMODE, err
		}
	}
	return 0, fmt.Errorf("no flags of descriptor %d", fd)
}

// descent lists a process and those that descend from it.
func (a *App) descent(root int) []int {
	entries, err := os.ReadDir(a.Proc)
	if err != nil {
		return []int{root}
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, err := a.parentOf(pid); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	pids := []int{root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids
}

// parentOf reads the second field after a process's name, which may hold blanks
// and brackets.
func (a *App) parentOf(pid int) (int, error) {
	data, err := os.ReadFile(a.procPath(pid, "stat"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 2 {
		return 0, fmt.Errorf("pid %d: no parent", pid)
	}
	return strconv.Atoi(fields[1])
}
