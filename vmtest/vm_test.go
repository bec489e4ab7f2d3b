// SPDX-License-Identifier: BSD-3-Clause

package vmtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hugelgupf/vmtest/qemu"
)

// parallel is the number of runs at a time in a guest of two CPUs.
const parallel = 2

// vmConfig is what one boot needs.
type vmConfig struct {
	crashes int // of QEMU itself, so far
	name    string
	kernel  string
	plan    Plan
	timeout time.Duration
	// persist is a directory that several boots share.
	persist string
	// rootfs is shared read-only.
	rootfs string
	// args are further arguments of QEMU.
	args []string
}

// requireEnv returns the value of an environment variable that a test can't do
// without. Only -short may skip: a suite that has run nothing isn't green.
func requireEnv(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("skipped by -short: %s needs a guest", t.Name())
	}
	val := os.Getenv(name)
	if val == "" {
		t.Fatalf("%s isn't set; run 'make vmtest', which sets it", name)
	}
	return val
}

// selection is what VMTEST_RUN asks for.
func selection(t *testing.T) *regexp.Regexp {
	t.Helper()
	expr := os.Getenv("VMTEST_RUN")
	if expr == "" {
		return nil
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		t.Fatalf("VMTEST_RUN: %v", err)
	}
	return re
}

// maxCrashes is how often a guest is booted anew because QEMU itself crashed.
const maxCrashes = 2

// emulatorCrashed reports whether QEMU, not the guest, came to an end: by a
// fault of its own and before the runner in the guest had said a word.
func emulatorCrashed(exit error, console string) bool {
	var ee *exec.ExitError
	if !errors.As(exit, &ee) {
		return false
	}
	ws, ok := ee.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return false
	}
	switch ws.Signal() {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGABRT, syscall.SIGILL:
	default:
		return false
	}
	said, err := os.ReadFile(console)
	return err == nil && !bytes.Contains(said, []byte("vmtest guest: "))
}

// boot runs a guest to its end and returns what it left behind.
func boot(t *testing.T, c *vmConfig) *Evidence {
	t.Helper()
	requireEnv(t, "VMTEST_QEMU")
	dir := filepath.Join(outDir(), c.name)
	share := filepath.Join(dir, "share")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(share, 0o755); err != nil {
		t.Fatal(err)
	}
	c.plan.Driver = os.Getenv("VMTEST_DRIVER")
	if n, err := strconv.Atoi(os.Getenv("VMTEST_SLOW")); err == nil && n > 1 {
		c.plan.Slow = n
		c.timeout *= time.Duration(n)
	}
	plan, err := json.MarshalIndent(&c.plan, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(share, "plan.json"), plan, 0o644); err != nil {
		t.Fatal(err)
	}
	swap := filepath.Join(dir, "swap.img")
	if err := makeSparse(swap, 64<<20); err != nil {
		t.Fatal(err)
	}
	consolePath := filepath.Join(dir, "console.log")
	console, err := os.Create(consolePath)
	if err != nil {
		t.Fatal(err)
	}

	fns := []qemu.Fn{
		qemu.WithInitramfs(mustInitramfs(t)),
		qemu.WithKernel(c.kernel),
		qemu.P9Directory(share, "share"),
		qemu.WithQEMUArgs("-drive", "file="+swap+",if=virtio,format=raw", "-nic", "none"),
		qemu.WithQEMUArgs(c.args...),
		qemu.HaltOnKernelPanic(),
		qemu.WithVMTimeout(c.timeout),
		qemu.WithAppendKernel("oops=panic", "panic_on_warn=1", "loglevel=5", "random.trust_cpu=on"),
		// A busy host may not let the guest see a tick of its timer in time.
		qemu.WithAppendKernel("no_timer_check"),
		qemu.WithSerialOutput(console),
	}
	if !strings.Contains(os.Getenv("VMTEST_KERNEL_APPEND"), "console=") {
		fns = append(fns, qemu.WithAppendKernel("console=ttyS0"))
	}
	if c.persist != "" {
		fns = append(fns, qemu.P9Directory(c.persist, "persist"))
	}
	if c.rootfs != "" {
		fns = append(fns, qemu.WithQEMUArgs(
			"-fsdev", "local,id=rootfs,readonly=on,security_model=none,path="+c.rootfs,
			"-device", "virtio-9p-pci,fsdev=rootfs,mount_tag=rootfs"))
	}
	start := time.Now()
	vm, err := qemu.Start(qemu.ArchAMD64, fns...)
	if err != nil {
		t.Fatalf("starting QEMU: %v", err)
	}
	exit := vm.Wait()
	took := time.Since(start)
	if exit != nil && took >= c.timeout {
		exit = fmt.Errorf("not off after %v: %w", c.timeout, exit)
	}
	t.Logf("%s: %d runs, QEMU ran %v, see %s", c.name, len(c.plan.Runs), took.Round(time.Millisecond), consolePath)
	if err := os.WriteFile(filepath.Join(dir, "qemu.sh"), []byte(vm.CmdlineQuoted()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}

	if c.crashes < maxCrashes && emulatorCrashed(exit, consolePath) {
		c.crashes++
		t.Logf("%s: QEMU itself crashed before the guest ran: %v; once more", c.name, exit)
		return boot(t, c)
	}

	e := &Evidence{Expected: c.plan.Runs, Exit: exit}
	for _, f := range []struct {
		path string
		to   *[]byte
	}{
		{filepath.Join(share, "results.jsonl"), &e.Results},
		{consolePath, &e.Console},
		{filepath.Join(share, "dmesg.txt"), &e.Dmesg},
	} {
		// A file that isn't there is for the verdict to notice.
		if data, err := os.ReadFile(f.path); err == nil {
			*f.to = data
		}
	}
	return e
}

func makeSparse(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// ids are the names of runs.
func ids(runs []Run) []string {
	names := make([]string, 0, len(runs))
	for _, r := range runs {
		names = append(names, r.ID())
	}
	return names
}

// report turns a verdict into subtests, one for each expected run.
func report(t *testing.T, e *Evidence, prefix string) {
	t.Helper()
	v := Judge(e)
	for _, id := range e.Expected {
		t.Run(prefix+id, func(t *testing.T) {
			r, ok := v.Results[id]
			switch {
			case !ok:
				t.Error("did not finish")
			case !r.OK:
				t.Errorf("%s\n%s", r.Reason, r.Detail)
			default:
				t.Logf("%d ms", r.MS)
			}
		})
	}
	for _, p := range v.Problems {
		t.Error(p)
	}
	if len(v.Problems) > 0 {
		t.Logf("last lines of the console:\n%s", tail(e.Console, 40))
	}
}

func tail(log []byte, lines int) string {
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}

// runPhase boots once for a phase and reports.
func runPhase(t *testing.T, p Phase, c vmConfig) {
	t.Helper()
	c.kernel = requireEnv(t, "VMTEST_KERNEL")
	runs := Runs(p, selection(t))
	if len(runs) == 0 {
		t.Skipf("VMTEST_RUN selects no run of phase %s", p)
	}
	c.plan.Phase = p
	c.plan.Runs = ids(runs)
	if c.plan.Parallel == 0 {
		c.plan.Parallel = parallel
	}
	report(t, boot(t, &c), "")
}

// TestCases runs the table in one boot.
//
// With VMTEST_GOLDEN=1 the images of the golden cases become the testdata of
// package image.
func TestCases(t *testing.T) {
	c := vmConfig{name: "cases", timeout: 15 * time.Minute}
	c.plan.Golden = os.Getenv("VMTEST_GOLDEN") == "1"
	runPhase(t, PhaseMain, c)
	if c.plan.Golden {
		keepGolden(t, filepath.Join(outDir(), c.name, "share", GoldenDir))
	}
}

// keepGolden compresses golden images into testdata.
func keepGolden(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.img"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		img, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Write(img); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(repo, "userspace", "image", "testdata", filepath.Base(p)+".gz")
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %d compressed", to, len(img), buf.Len())
	}
}

// TestReboot makes images in one boot and restarts them in the next, and some of
// them in a third one on another CPU.
func TestReboot(t *testing.T) {
	kernel := requireEnv(t, "VMTEST_KERNEL")
	persist := filepath.Join(outDir(), "persist")
	if err := os.RemoveAll(persist); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(persist, 0o755); err != nil {
		t.Fatal(err)
	}
	runs := Runs(PhaseSave, selection(t))
	if len(runs) == 0 {
		t.Skip("VMTEST_RUN selects no run that crosses a reboot")
	}
	for _, p := range []Phase{PhaseSave, PhaseLoad} {
		runs := Runs(p, selection(t))
		c := vmConfig{name: "reboot-" + string(p), kernel: kernel, persist: persist, timeout: 5 * time.Minute}
		c.plan = Plan{Phase: p, Runs: ids(runs), Parallel: parallel}
		report(t, boot(t, &c), string(p)+"/")
	}
	t.Run("other-cpu", func(t *testing.T) { testOtherCPU(t, kernel, persist) })
}

// TestLarge runs the cases that need much memory and time.
func TestLarge(t *testing.T) {
	if os.Getenv("VMTEST_LARGE") != "1" {
		t.Skip("the large cases run with VMTEST_LARGE=1")
	}
	runPhase(t, PhaseLarge, vmConfig{
		name: "large", timeout: 30 * time.Minute, plan: Plan{Parallel: 1},
		args: []string{"-m", "8G"},
	})
}

// testOtherCPU restarts, on a CPU that lacks what they use, what TestReboot has
// saved.
func testOtherCPU(t *testing.T, kernel, persist string) {
	runs := Runs(PhaseOtherCPU, selection(t))
	if len(runs) == 0 {
		t.Skip("VMTEST_RUN selects no run for another CPU")
	}
	c := vmConfig{
		name: "other-cpu", kernel: kernel, persist: persist, timeout: 2 * time.Minute,
		args: []string{"-cpu", "max,-erms,-avx,-avx2,-f16c,-fma,-vaes,-vpclmulqdq"},
	}
	c.plan = Plan{Phase: PhaseOtherCPU, Runs: ids(runs), Parallel: 1}
	report(t, boot(t, &c), "")
}

// TestPrograms runs real programs on a Debian root file system.
func TestPrograms(t *testing.T) {
	runPhase(t, PhasePrograms, vmConfig{
		name: "programs", timeout: 10 * time.Minute, rootfs: requireEnv(t, "CR_ROOTFS"),
	})
}

// TestWorkloads runs every workload without a checkpoint: where one is red by
// itself, its cases say nothing of the kernel.
func TestWorkloads(t *testing.T) {
	runPhase(t, PhasePlain, vmConfig{name: "workloads", timeout: 5 * time.Minute})
}
