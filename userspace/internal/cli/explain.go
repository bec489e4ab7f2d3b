// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"linux-cr/userspace/cr"
	"linux-cr/userspace/image"
	"linux-cr/userspace/internal/linuxerr"
)

// Linux error numbers that have a meaning here.
const (
	eperm      = syscall.Errno(1)
	enoent     = syscall.Errno(2)
	esrch      = syscall.Errno(3)
	ebusy      = syscall.Errno(16)
	eexist     = syscall.Errno(17)
	exdev      = syscall.Errno(18)
	einval     = syscall.Errno(22)
	enodata    = syscall.Errno(61)
	eproto     = syscall.Errno(71)
	ebadmsg    = syscall.Errno(74)
	eopnotsupp = syscall.Errno(95)
	estale     = syscall.Errno(116)
)

// classify returns the exit code that an error asks for.
func classify(err error) int {
	var fe *image.FormatError
	var ae *image.AbortError
	if errors.As(err, &fe) || errors.As(err, &ae) {
		return exitBadImage
	}
	if errors.Is(err, cr.ErrNotSupported) {
		return exitUnsupported
	}
	var ce *cr.Error
	if errors.As(err, &ce) && ce.Op == "restart" {
		switch ce.Errno {
		case ebadmsg, eproto, enodata:
			return exitBadImage
		}
	}
	return exitFailed
}

// explain turns an error into a sentence and a hint, "" for none.
func explain(f *failure) (sentence, hint string) {
	hint = f.hint
	var ce *cr.Error
	switch {
	case errors.As(f.err, &ce):
		if hint == "" {
			hint = hintFor(f, ce)
		}
		return callSentence(ce), hint
	case classify(f.err) == exitBadImage:
		return f.op + ": " + imageSentence(f), hint
	case errors.Is(f.err, cr.ErrNotSupported):
		return f.op + ": " + cr.ErrNotSupported.Error(), hintNoCalls
	}
	return f.op + ": " + plain(f.err), hint
}

const hintNoCalls = "boot a kernel that has the patches and CONFIG_CHECKPOINT_RESTART=y"

// plain drops the system call from the errors of package os.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Path + ": " + pe.Err.Error()
	}
	return err.Error()
}

func imageSentence(f *failure) string {
	s := strings.TrimPrefix(f.err.Error(), "image: ")
	if f.image == "" {
		return s
	}
	return f.image + ": " + s
}

// callSentence says what the kernel said.
func callSentence(e *cr.Error) string {
	m, ok := e.First()
	if !ok || !m.Parsed() {
		return e.Error()
	}
	return fmt.Sprintf("%s: %s (%s)", e.Op, messageSentence(m), linuxerr.Name(int(e.Errno)))
}

var (
	reFileType = regexp.MustCompile(`^unsupported file type '(.*)'$`)
	// Reasons that go on from what the message is about.
	rePredicate = regexp.MustCompile(`^(is|has|was|holds|uses|shares|signals|watches) `)
)

// fileTypes are the kernel's names of what a descriptor can be.
var fileTypes = map[string]string{
	"[io_uring]":       "an io_uring instance",
	"io_uring":         "an io_uring instance",
	"inotify":          "an inotify instance",
	"[timerfd]":        "a timerfd",
	"[signalfd]":       "a signalfd",
	"[userfaultfd]":    "a userfaultfd",
	"[fanotify]":       "a fanotify group",
	"[pidfd]":          "a pidfd",
	"[perf_event]":     "a perf event",
	"socket":           "a socket",
	"block device":     "a block device",
	"character device": "a character device",
}

// messageSentence is Message.String in words.
func messageSentence(m cr.Message) string {
	if !m.Parsed() {
		return m.Raw
	}
	where, reason := m.Where(), m.Reason
	if t := reFileType.FindStringSubmatch(reason); t != nil {
		kind := fileTypes[t[1]]
		if kind == "" {
			kind = fmt.Sprintf("a file of type '%s'", t[1])
		}
		reason = kind + " can't be checkpointed"
	}
	if rePredicate.MatchString(reason) && where != "" {
		where = strings.TrimSuffix(where, ": ") + " "
	}
	s := where + reason
	sep := ": "
	if m.Have != "" {
		s += sep + "have " + m.Have
		sep = ", "
	}
	if m.Want != "" {
		s += sep + "want " + m.Want
	}
	return s
}

// treeHints are for what is in the way of a tree, not of a task.
var treeHints = []struct {
	errno        syscall.Errno
	reason, hint string
}{
	{eopnotsupp, "and its threads haven't", "wait until they have, or end them"},
	{eopnotsupp, "with a task outside", "save the process that both descend from"},
	{eopnotsupp, "a tree of ", "save a process further down: no image has room for as many tasks"},
	{einval, "the caller is in the tree", "start cr outside of the tree, as from another shell"},
}

// hintFor says what one can do about a refusal.
func hintFor(f *failure, e *cr.Error) string {
	m, _ := e.First()
	if strings.Contains(m.Reason, "has to be supplied") {
		return "supply it with --inherit N=M, M being a descriptor of cr"
	}
	if classify(e) == exitUnsupported {
		return hintNoCalls
	}
	if e.Op == "restart" {
		return restartHint(f, e, m)
	}
	for _, h := range treeHints {
		if e.Errno == h.errno && strings.Contains(m.Reason, h.reason) {
			return h.hint
		}
	}
	switch e.Errno {
	case eopnotsupp:
		if f.pid != 0 {
			return fmt.Sprintf("cr check --pid %d lists everything that is in the way", f.pid)
		}
	case exdev:
		return "leave it out with --external N, and supply it to the restart"
	case eperm:
		return "you may save what you may trace, with CAP_CHECKPOINT_RESTORE or kernel.checkpoint_restart=2"
	case ebusy:
		return "give it more time with --timeout"
	case esrch:
		return "is it still running, and in this pid namespace?"
	}
	return ""
}

func restartHint(f *failure, e *cr.Error, m cr.Message) string {
	switch e.Errno {
	case ebadmsg, enodata:
		if f.image != "" && f.image != "-" {
			return "cr verify " + f.image + " looks at the whole image"
		}
	case eexist:
		if strings.Contains(m.Reason, "FIFO") {
			return "wait until nobody else has it open"
		}
		return "wait until the pid is free, or take new ones with --new-pids"
	case estale:
		return "put the file back, or accept it as it is with --allow-changed-files"
	case enoent:
		return "the image holds no files: put the missing one where it was"
	case eperm:
		switch {
		case strings.Contains(m.Reason, "CAP_CHECKPOINT_RESTORE"):
			return "take new pids with --new-pids, or restart in a user and pid namespace of your own (unshare --user --pid --map-root-user --fork)"
		case strings.Contains(m.Reason, "clocks"):
			return "let the clocks jump with --clock-jump"
		}
		return "a restart may do what its caller may do: run it as the program's user, or with CAP_CHECKPOINT_RESTORE"
	}
	return ""
}
