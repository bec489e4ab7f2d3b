// SPDX-License-Identifier: BSD-3-Clause

// Package guestimage builds what guests of the suite and of the benchmarks start
// from: small static C programs that know the two calls, and an initramfs.
package guestimage

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/u-root/gobusybox/src/pkg/golang"
	"github.com/u-root/mkuimage/uimage"
	"github.com/u-root/uio/llog"
)

// uapiDir finds the directory with the kernel's linux/checkpoint.h.
func uapiDir(repo string) (string, error) {
	dirs := []string{
		filepath.Join(repo, "build", "linux", "include", "uapi"),
		filepath.Join(repo, "kernel", "tree", "include", "uapi"),
	}
	if dir := os.Getenv("VMTEST_UAPI"); dir != "" {
		dirs = []string{dir}
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "linux", "checkpoint.h")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("linux/checkpoint.h is in none of %v: run 'make kernel' or set VMTEST_UAPI", dirs)
}

// StageHeaders copies the two headers of the calls to a directory of their own,
// so that the rest of the kernel's unexported headers can't get in the C
// library's way, and writes cr_nr.h with the calls' numbers. Files that are
// right already keep their times.
func StageHeaders(repo, dir string) error {
	from, err := uapiDir(repo)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "linux"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"checkpoint.h", "checkpoint_hdr.h"} {
		data, err := os.ReadFile(filepath.Join(from, "linux", name))
		if err != nil {
			return err
		}
		if err := writeIfChanged(filepath.Join(dir, "linux", name), data); err != nil {
			return err
		}
	}
	nr := "/* SPDX-License-Identifier: GPL-2.0-only */\n"
	for _, call := range []struct {
		name string
		nr   string
	}{{"checkpoint", "633"}, {"restart", "634"}} {
		nr += fmt.Sprintf("#define __NR_%s %s\n", call.name, syscallNumber(repo, call.name, call.nr))
	}
	return writeIfChanged(filepath.Join(dir, "cr_nr.h"), []byte(nr))
}

// syscallNumber takes a call's number from the kernel's table where there is
// one.
func syscallNumber(repo, name, otherwise string) string {
	table, err := os.ReadFile(filepath.Join(repo, "build", "linux", "arch", "x86", "entry", "syscalls", "syscall_64.tbl"))
	if err != nil {
		return otherwise
	}
	m := regexp.MustCompile(`(?m)^(\d+)\s+\S+\s+` + name + `\s`).FindSubmatch(table)
	if m == nil {
		return otherwise
	}
	return string(m[1])
}

func writeIfChanged(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	return os.WriteFile(path, data, 0o644)
}

// Programs says how to compile C programs, one from each source.
type Programs struct {
	// Sources are the files to compile.
	Sources []string
	// Include are directories with headers; a program that is older than one
	// of the headers in them, or one beside a source, is compiled again.
	Include []string
	// Out is where the programs go, under the names of their sources.
	Out string
	// Flags are needed by some programs beside the common ones.
	Flags map[string][]string
}

// Build compiles the programs that are older than what they are made of and
// returns the paths of all.
func (p *Programs) Build() ([]string, error) {
	if err := os.MkdirAll(p.Out, 0o755); err != nil {
		return nil, err
	}
	newest, err := p.newestHeader()
	if err != nil {
		return nil, err
	}
	progs := make([]string, len(p.Sources))
	errs := make([]error, len(p.Sources))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i, src := range p.Sources {
		progs[i] = filepath.Join(p.Out, strings.TrimSuffix(filepath.Base(src), ".c"))
		fi, err := os.Stat(src)
		if err != nil {
			return nil, err
		}
		if out, err := os.Stat(progs[i]); err == nil && out.ModTime().After(fi.ModTime()) && out.ModTime().After(newest) {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = p.compile(progs[i], src)
		})
	}
	wg.Wait()
	return progs, errors.Join(errs...)
}

// newestHeader is when the last of the headers was changed.
func (p *Programs) newestHeader() (time.Time, error) {
	dirs := append([]string{}, p.Include...)
	for _, src := range p.Sources {
		dirs = append(dirs, filepath.Dir(src))
	}
	newest := time.Time{}
	seen := map[string]bool{}
	for _, dir := range dirs {
		if seen[dir] {
			continue
		}
		seen[dir] = true
		for _, pattern := range []string{"*.h", "*/*.h"} {
			headers, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return newest, err
			}
			for _, h := range headers {
				if fi, err := os.Stat(h); err == nil && fi.ModTime().After(newest) {
					newest = fi.ModTime()
				}
			}
		}
	}
	return newest, nil
}

func (p *Programs) compile(out, src string) error {
	args := []string{"-std=gnu11", "-D_GNU_SOURCE", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror"}
	for _, dir := range p.Include {
		args = append(args, "-I", dir)
	}
	args = append(args, p.Flags[filepath.Base(out)]...)
	args = append(args, "-o", out, src)
	msg, err := exec.Command("gcc", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gcc %s: %w\n%s", strings.Join(args, " "), err, msg)
	}
	return nil
}

// Initramfs says what a guest's file system holds: u-root's init, a command that
// it starts, and files.
type Initramfs struct {
	// Path is the archive to write.
	Path string
	// Command is the Go package to start, a path from the current directory
	// that begins with "./".
	Command string
	// Files are "HOST:GUEST" paths.
	Files []string
}

// Create writes the archive.
func (i *Initramfs) Create() error {
	dir := filepath.Dir(i.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, "tmp-initramfs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	return uimage.Create(llog.Default(),
		uimage.WithEnv(golang.DisableCGO()),
		uimage.WithTempDir(tmp),
		uimage.WithCPIOOutput(i.Path),
		uimage.WithInit("init"),
		uimage.WithUinit(filepath.Base(i.Command)),
		uimage.WithBinaryCommands("github.com/u-root/u-root/cmds/core/init", i.Command),
		uimage.WithFiles(i.Files...),
		uimage.WithSkipLDD(),
		fastBuild,
	)
}

// fastBuild keeps gobusybox from building the standard library each time.
func fastBuild(o *uimage.Opts) error {
	for i := range o.Commands {
		c := &o.Commands[i]
		if c.BuildOpts == nil {
			c.BuildOpts = &golang.BuildOpts{}
		}
		c.BuildOpts.ExtraArgs = append(c.BuildOpts.ExtraArgs, "-a=false")
	}
	return nil
}
