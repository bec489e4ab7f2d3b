// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"linux-cr/vmtest/internal/guestimage"
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

// flags are needed by some workloads beside the common ones.
var flags = map[string][]string{
	"task32":  {"-m32", "-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector"},
	"ptimer":  {"-pthread"},
	"refuse":  {"-pthread"},
	"sched":   {"-pthread"},
	"threads": {"-pthread"},
	"tree":    {"-pthread"},
	// As the kernel's own makefile builds it.
	"base_test": {"-U_GNU_SOURCE", "-Wno-clobbered", "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-sign-compare"},
}

// selftestDir holds the series' programs among the kernel's selftests, and what
// they include of the others.
var selftestDir = filepath.Join(repo, "build", "linux", "tools", "testing", "selftests", "checkpoint")

// buildWorkloads compiles workloads/*.c and the selftests, those that changed,
// and returns the programs' paths.
func buildWorkloads() ([]string, error) {
	dir := filepath.Join(repo, "build", "workloads")
	include := filepath.Join(dir, "include")
	if err := guestimage.StageHeaders(repo, include); err != nil {
		return nil, err
	}
	sources, err := filepath.Glob("workloads/*.c")
	if err != nil {
		return nil, err
	}
	selftests, err := filepath.Glob(filepath.Join(selftestDir, "*.c"))
	if err != nil {
		return nil, err
	}
	p := guestimage.Programs{
		Sources: append(sources, selftests...), Include: []string{include}, Out: dir, Flags: flags,
	}
	return p.Build()
}

// buildGoJobs builds the real programs in Go, one static file each.
func buildGoJobs() ([]string, error) {
	dir, err := filepath.Abs(filepath.Join(repo, "build", "workloads"))
	if err != nil {
		return nil, err
	}
	var progs []string
	for _, name := range GoJobs {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", out, "./programs/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		if msg, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%v: %w\n%s", cmd, err, msg)
		}
		progs = append(progs, out)
	}
	return progs, nil
}

// initramfs builds the guest's file system once for all tests.
var initramfs = sync.OnceValues(func() (string, error) {
	progs, err := buildWorkloads()
	if err != nil {
		return "", err
	}
	goJobs, err := buildGoJobs()
	if err != nil {
		return "", err
	}
	progs = append(progs, goJobs...)
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
	image := guestimage.Initramfs{
		Path: filepath.Join(outDir(), "initramfs.cpio"), Command: "./guest", Files: files,
	}
	return image.Path, image.Create()
})

// mustInitramfs is initramfs for a test.
func mustInitramfs(t *testing.T) string {
	t.Helper()
	path, err := initramfs()
	if err != nil {
		t.Fatalf("initramfs: %v", err)
	}
	return path
}
