// SPDX-License-Identifier: BSD-3-Clause

package vmtest

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
	"testing"
	"time"

	"github.com/u-root/gobusybox/src/pkg/golang"
	"github.com/u-root/mkuimage/uimage"
	"github.com/u-root/uio/llog"
)

// repo is the root of the repository, seen from this package.
const repo = ".."

// outDir is where everything goes that the tests make.
func outDir() string {
	if dir := os.Getenv("VMTEST_OUT"); dir != "" {
		return dir
	}
	return filepath.Join(repo, "build", "vmtest")
}

// variants are the workloads that aren't simply built from a file of their
// name.
var variants = map[string][]string{
	"task32": {"-m32", "-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector"},
}

// extraFlags are needed by some workloads beside the common ones.
var extraFlags = map[string][]string{
	"threads": {"-pthread"},
}

// uapiDir finds the directory with the kernel's linux/checkpoint.h.
func uapiDir() (string, error) {
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

// stageHeaders copies the two headers to a directory of their own, so that the
// rest of the kernel's unexported headers can't get in the C library's way, and
// writes cr_nr.h.
func stageHeaders(dir string) error {
	from, err := uapiDir()
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
		nr += fmt.Sprintf("#define __NR_%s %s\n", call.name, syscallNumber(call.name, call.nr))
	}
	return writeIfChanged(filepath.Join(dir, "cr_nr.h"), []byte(nr))
}

// syscallNumber takes a call's number from the kernel's table where there is
// one.
func syscallNumber(name, otherwise string) string {
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

// buildWorkloads compiles workloads/*.c, those that changed, and returns the
// programs' paths.
func buildWorkloads() ([]string, error) {
	dir := filepath.Join(repo, "build", "workloads")
	include := filepath.Join(dir, "include")
	if err := stageHeaders(include); err != nil {
		return nil, err
	}
	sources, err := filepath.Glob("workloads/*.c")
	if err != nil {
		return nil, err
	}
	shared, err := filepath.Glob("workloads/*.h")
	if err != nil {
		return nil, err
	}
	more, err := filepath.Glob(filepath.Join(include, "*", "*.h"))
	if err != nil {
		return nil, err
	}
	shared = append(append(shared, more...), filepath.Join(include, "cr_nr.h"))
	newest := time.Time{}
	for _, h := range shared {
		if fi, err := os.Stat(h); err == nil && fi.ModTime().After(newest) {
			newest = fi.ModTime()
		}
	}

	progs := make([]string, len(sources))
	errs := make([]error, len(sources))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i, src := range sources {
		name := strings.TrimSuffix(filepath.Base(src), ".c")
		progs[i] = filepath.Join(dir, name)
		fi, err := os.Stat(src)
		if err != nil {
			return nil, err
		}
		if out, err := os.Stat(progs[i]); err == nil && out.ModTime().After(fi.ModTime()) && out.ModTime().After(newest) {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = compile(progs[i], src, include, name)
		}()
	}
	wg.Wait()
	return progs, errors.Join(errs...)
}

func compile(out, src, include, name string) error {
	args := []string{"-std=gnu11", "-D_GNU_SOURCE", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror", "-I", include}
	args = append(args, variants[name]...)
	args = append(args, extraFlags[name]...)
	args = append(args, "-o", out, src)
	msg, err := exec.Command("gcc", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gcc %s: %w\n%s", strings.Join(args, " "), err, msg)
	}
	return nil
}

// initramfs builds the guest's file system once for all tests.
var initramfs = sync.OnceValues(func() (string, error) {
	progs, err := buildWorkloads()
	if err != nil {
		return "", err
	}
	cr := os.Getenv("VMTEST_CR")
	if cr == "" {
		cr = filepath.Join(repo, "build", "bin", "cr")
	}
	files := []string{}
	for _, p := range progs {
		files = append(files, p+":cr/"+filepath.Base(p))
	}
	if _, err := os.Stat(cr); err == nil {
		files = append(files, cr+":cr/cr")
	} else if os.Getenv("VMTEST_DRIVER") != "raw" {
		return "", fmt.Errorf("the cr command is missing, run 'make tools' or set VMTEST_DRIVER=raw: %w", err)
	}
	if err := os.MkdirAll(outDir(), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(outDir(), "tmp-initramfs")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(outDir(), "initramfs.cpio")
	err = uimage.Create(llog.Default(),
		uimage.WithEnv(golang.DisableCGO()),
		uimage.WithTempDir(tmp),
		uimage.WithCPIOOutput(path),
		uimage.WithInit("init"),
		uimage.WithUinit("guest"),
		uimage.WithBinaryCommands("github.com/u-root/u-root/cmds/core/init", "./guest"),
		uimage.WithFiles(files...),
		uimage.WithSkipLDD(),
		fastBuild,
	)
	return path, err
})

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

// mustInitramfs is initramfs for a test.
func mustInitramfs(t *testing.T) string {
	t.Helper()
	path, err := initramfs()
	if err != nil {
		t.Fatalf("initramfs: %v", err)
	}
	return path
}
