// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strings"

	"linux-cr/userspace/internal/chdr"
)

// group is a set of constants that becomes a Go type with a String method.
type group struct {
	goType  string
	under   string // underlying type
	prefix  string // of the constants
	enum    string // or the name of a C enum
	flags   bool
	checked bool // a known method is needed
	doc     string
}

var imageGroups = []group{
	{goType: "RecType", under: "uint32", enum: "cr_hdr_type", doc: "is the type of a record"},
	{goType: "Csum", under: "uint32", checked: true, prefix: "CR_CSUM_", doc: "names a checksum algorithm"},
	{goType: "Arch", under: "uint32", checked: true, prefix: "CR_ARCH_", doc: "is an ELF machine number"},
	{goType: "StringKind", under: "uint32", checked: true, prefix: "CR_STRING_", doc: "says what a string is"},
	{goType: "TaskFlags", under: "uint32", prefix: "CR_TASK_F_", flags: true, doc: "are the flags of a Task"},
	{goType: "RestartKind", under: "uint32", checked: true, prefix: "CR_RESTART_", doc: "is the kind of a RestartBlock"},
	{goType: "RestartFlags", under: "uint32", prefix: "CR_RESTART_F_", flags: true, doc: "are the flags of a RestartBlock"},
	{goType: "FutexFlags", under: "uint32", prefix: "CR_FUTEX_", flags: true, doc: "are the futex flags of a RestartBlock"},
	{goType: "MMFlags", under: "uint32", prefix: "CR_MM_F_", flags: true, doc: "are the flags of an MM"},
	{goType: "VMAType", under: "uint32", checked: true, prefix: "CR_VMA_", doc: "is the type of a VMA"},
	{goType: "VMAFlags", under: "uint64", prefix: "CR_VMA_F_", flags: true, doc: "are the flags of a VMA"},
	{goType: "FDFlags", under: "uint32", prefix: "CR_FD_F_", flags: true, doc: "are the flags of an FDEnt"},
	{goType: "FDType", under: "uint32", checked: true, prefix: "CR_FD_", doc: "is the type of an FDData"},
	{goType: "FDAdvice", under: "uint32", prefix: "CR_FD_ADVICE_", flags: true, doc: "is the advice that an FDData was given"},
	{goType: "FDState", under: "uint32", prefix: "CR_FD_STATE_", flags: true, doc: "is the state of an FDData"},
	{goType: "EventfdFlags", under: "uint32", prefix: "CR_EVENTFD_F_", flags: true, doc: "are the flags of an Eventfd"},
	{goType: "EpollFlags", under: "uint32", prefix: "CR_EPOLL_F_", flags: true, doc: "are the flags of an EpollItem"},
	{goType: "ShmemFlags", under: "uint32", prefix: "CR_SHMEM_F_", flags: true, doc: "are the flags of a Shmem"},
	{goType: "PipeFlags", under: "uint32", prefix: "CR_PIPE_F_", flags: true, doc: "are the flags of a Pipe"},
	{goType: "PipeBufFlags", under: "uint32", prefix: "CR_PIPE_BUF_F_", flags: true, doc: "are the flags of a PipeBuf"},
	{goType: "FlockKind", under: "uint32", checked: true, prefix: "CR_FLOCK_", doc: "is the kind of a Flock"},
	{goType: "SigmaskFlags", under: "uint32", prefix: "CR_SIGMASK_F_", flags: true, doc: "are the flags of a Sigmask"},
	{goType: "SiginfoFlags", under: "uint32", prefix: "CR_SIGINFO_F_", flags: true, doc: "are the flags of a Siginfo"},
}

var callGroups = []group{
	{goType: "CheckpointFlags", under: "uint64", prefix: "CHECKPOINT_", flags: true, doc: "are the flags of checkpoint(2)"},
	{goType: "RestartFlags", under: "uint64", prefix: "RESTART_", flags: true, doc: "are the flags of restart(2)"},
	{goType: "CheckpointArgFlags", under: "uint64", prefix: "CHECKPOINT_F_", flags: true, doc: "are the flags in struct checkpoint_args"},
	{goType: "RestartArgFlags", under: "uint64", prefix: "RESTART_F_", flags: true, doc: "are the flags in struct restart_args"},
	{goType: "PidPolicy", under: "uint32", prefix: "RESTART_PID_", doc: "says which pids a restart gives"},
	{goType: "ClockPolicy", under: "uint32", prefix: "RESTART_CLOCK_", doc: "says what a restart does with clocks"},
}

// imageTypes gives members a Go type other than that of their width.
var imageTypes = map[string]string{
	"cr_hdr.type":                      "RecType",
	"cr_hdr_head.arch":                 "Arch",
	"cr_hdr_head.record_csum":          "Csum",
	"cr_hdr_head.page_csum":            "Csum",
	"cr_hdr_head.image_id":             "ID",
	"cr_hdr_head.parent_id":            "ID",
	"cr_hdr_head.boot_id":              "ID",
	"cr_hdr_head.release":              "UTSName",
	"cr_hdr_head.version_str":          "UTSName",
	"cr_hdr_head.machine":              "UTSName",
	"cr_hdr_string.what":               "StringKind",
	"cr_hdr_string.data":               "Text",
	"cr_hdr_error.text":                "Text",
	"cr_hdr_task.flags":                "TaskFlags",
	"cr_hdr_task.comm":                 "Comm",
	"cr_hdr_zombie.comm":               "Comm",
	"cr_hdr_cpu.data":                  "Bytes",
	"cr_hdr_restart_block.kind":        "RestartKind",
	"cr_hdr_restart_block.flags":       "RestartFlags",
	"cr_hdr_restart_block.futex_flags": "FutexFlags",
	"cr_hdr_mm.flags":                  "MMFlags",
	"cr_hdr_vma.type":                  "VMAType",
	"cr_hdr_vma.flags":                 "VMAFlags",
	"cr_hdr_fd_ent.flags":              "FDFlags",
	"cr_hdr_fd_data.type":              "FDType",
	"cr_hdr_fd_data.advice":            "FDAdvice",
	"cr_hdr_fd_data.state":             "FDState",
	"cr_hdr_eventfd.flags":             "EventfdFlags",
	"cr_epoll_item.flags":              "EpollFlags",
	"cr_hdr_shmem.flags":               "ShmemFlags",
	"cr_hdr_pipe.flags":                "PipeFlags",
	"cr_hdr_pipe_buf.flags":            "PipeBufFlags",
	"cr_hdr_pipe_buf.data":             "Bytes",
	"cr_hdr_flock.kind":                "FlockKind",
	"cr_hdr_sigmask.flags":             "SigmaskFlags",
	"cr_hdr_siginfo.flags":             "SiginfoFlags",
	"cr_hdr_siginfo.info":              "Info",
}

var callTypes = map[string]string{
	"checkpoint_args.flags":     "CheckpointArgFlags",
	"restart_args.flags":        "RestartArgFlags",
	"restart_args.pid_policy":   "PidPolicy",
	"restart_args.clock_policy": "ClockPolicy",
}

// byHand are payloads whose codec is written by hand: their length isn't that
// of their members alone.
var byHand = []string{"cr_hdr_pgarr", "cr_hdr_xstate"}

var initialisms = map[string]string{
	"mm": "MM", "vma": "VMA", "fd": "FD", "fs": "FS", "cpu": "CPU", "uid": "UID", "ppid": "PPID", "pgid": "PGID", "sid": "SID", "tgid": "TGID", "suid": "SUID", "sgid": "SGID", "euid": "EUID", "egid": "EGID", "fsuid": "FSUID", "fsgid": "FSGID",
	"gid": "GID", "pid": "PID", "id": "ID", "tls": "TLS", "nr": "Nr",
	"vmas": "VMAs", "vdso": "VDSO", "vvar": "VVAR", "nfds": "NFDs",
	"xstate": "XState", "xcomp": "XComp", "rlimits": "RLimits", "rlimit": "RLimit",
	"itimers": "ITimers", "itimer": "ITimer", "pgarr": "PgArr", "pgrun": "PgRun", "pgshare": "PgShare",
	"fdmap": "FDMap", "pidmap": "PIDMap", "clockid": "ClockID", "cpus": "CPUs", "ns": "NS",
	"ino": "Ino", "ms": "MS", "sp": "SP", "ss": "SS",
}

func camel(name string) string {
	var b strings.Builder
	for w := range strings.SplitSeq(strings.Trim(name, "_"), "_") {
		if s, ok := initialisms[w]; ok {
			b.WriteString(s)
		} else if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// goStruct is the Go name of a C struct.
func goStruct(name string) string {
	switch name {
	case "cr_hdr":
		return "Header"
	case "cr_hdr_error": // not an error value
		return "ErrorRec"
	}
	return camel(strings.TrimPrefix(strings.TrimPrefix(name, "cr_"), "hdr_"))
}

// goScalar is the Go type of a C type.
func goScalar(typ string) string {
	switch typ {
	case "__u8":
		return "uint8"
	case "__u16":
		return "uint16"
	case "__u32":
		return "uint32"
	case "__s32":
		return "int32"
	case "__s64":
		return "int64"
	case "__u64", "__aligned_u64":
		return "uint64"
	}
	return goStruct(strings.TrimPrefix(typ, "struct "))
}

// assign shares the constants out: each belongs to the group with the longest
// fitting prefix. What no group takes, and limits and masks, stay plain.
func assign(groups []group, h *chdr.Header) (members map[string][]chdr.Const, plain []chdr.Const, err error) {
	members = map[string][]chdr.Const{}
	for _, g := range groups {
		if g.enum != "" {
			members[g.goType] = h.Enum(g.enum)
		}
	}
	for _, c := range h.Consts {
		if strings.HasPrefix(c.Name, "_") {
			continue
		}
		best := ""
		var to string
		for _, g := range groups {
			if g.prefix != "" && strings.HasPrefix(c.Name, g.prefix) && len(g.prefix) > len(best) {
				best, to = g.prefix, g.goType
			}
		}
		if to == "" || isLimit(c.Name) {
			plain = append(plain, c)
			continue
		}
		members[to] = append(members[to], c)
	}
	for _, g := range groups {
		if len(members[g.goType]) == 0 {
			return nil, nil, fmt.Errorf("no constants for %s", g.goType)
		}
	}
	return members, plain, nil
}

func isLimit(name string) bool {
	for _, s := range []string{"_MAX", "_ALL", "_SIZE_VER0", "_TIMEOUT_MS", "_MAX_OUTSIDE", "_MAGIC_HEAD", "_MAGIC_TAIL"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

func isByHand(name string) bool { return slices.Contains(byHand, name) }
