// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hugelgupf/vmtest/qemu"

	"linux-cr/vmtest"
	"linux-cr/vmtest/bench/plan"
	"linux-cr/vmtest/internal/guestimage"
)

// guest is the one virtual machine that everything is measured in.
type guest struct {
	out     string
	plan    *plan.Plan
	peer    *peer
	timeout time.Duration
	host    Host

	// What is left of it.
	kernel  string
	took    time.Duration
	verdict *vmtest.Verdict
	figures []plan.Figure
	facts   plan.Facts
}

// share is the directory that host and guest share.
func (g *guest) share() string { return filepath.Join(g.out, "share") }

func (g *guest) console() string { return filepath.Join(g.out, "console.log") }

// boot builds what the guest needs, runs it to its end and reads what it left.
// Only what leaves no figures at all is an error.
func (g *guest) boot() error {
	g.kernel = os.Getenv("VMTEST_KERNEL")
	if g.peer != nil {
		g.kernel = g.peer.kernel
	}
	if g.kernel == "" || os.Getenv("VMTEST_QEMU") == "" {
		return fmt.Errorf("VMTEST_KERNEL and VMTEST_QEMU aren't set: run 'make bench', which sets them")
	}
	if err := os.MkdirAll(g.out, 0o755); err != nil {
		return err
	}
	initramfs, err := g.initramfs()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(g.share()); err != nil {
		return err
	}
	if err := os.MkdirAll(g.share(), 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(g.plan, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(g.share(), plan.PlanFile), data, 0o644); err != nil {
		return err
	}
	exit, err := g.run(initramfs)
	if err != nil {
		return err
	}
	return g.read(exit)
}

// initramfs compiles the programs and packs them with what else the guest runs.
func (g *guest) initramfs() (string, error) {
	programs := filepath.Join(g.out, "programs")
	include := filepath.Join(programs, "include")
	if err := guestimage.StageHeaders(".", include); err != nil {
		return "", err
	}
	sources, err := filepath.Glob(filepath.Join("vmtest", "bench", "programs", "*.c"))
	if err != nil {
		return "", err
	}
	p := guestimage.Programs{
		Sources: sources, Out: programs,
		Include: []string{include, filepath.Join("vmtest", "workloads")},
		Flags: map[string][]string{
			"onepage": {"-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector"},
		},
	}
	built, err := p.Build()
	if err != nil {
		return "", err
	}
	var files []string
	for _, b := range built {
		files = append(files, b+":"+strings.TrimPrefix(plan.ProgramDir, "/")+"/"+filepath.Base(b))
	}
	if g.peer != nil {
		cr := os.Getenv("VMTEST_CR")
		if cr == "" {
			cr = filepath.Join("build", "bin", "cr")
		}
		files = append(files, cr+":"+strings.TrimPrefix(plan.ProgramDir, "/")+"/cr")
		files = append(files, g.peer.files...)
	}
	image := guestimage.Initramfs{
		Path: filepath.Join(g.out, "initramfs.cpio"), Command: "./vmtest/bench/guest", Files: files,
	}
	return image.Path, image.Create()
}

// run runs QEMU and returns how it ended.
func (g *guest) run(initramfs string) (exit, err error) {
	console, err := os.Create(g.console())
	if err != nil {
		return nil, err
	}
	start := usageNow()
	vm, err := qemu.Start(qemu.ArchAMD64,
		qemu.WithInitramfs(initramfs),
		qemu.WithKernel(g.kernel),
		qemu.P9Directory(g.share(), "share"),
		qemu.WithQEMUArgs("-nic", "none"),
		qemu.HaltOnKernelPanic(),
		qemu.WithVMTimeout(g.timeout),
		qemu.WithAppendKernel("console=ttyS0", "oops=panic", "panic_on_warn=1", "loglevel=5", "random.trust_cpu=on", "no_timer_check"),
		qemu.WithSerialOutput(console),
	)
	if err != nil {
		return nil, fmt.Errorf("starting QEMU: %w", err)
	}
	stop := make(chan struct{})
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		g.progress(stop)
	}()
	exit = vm.Wait()
	close(stop)
	<-shown
	g.took = time.Since(start.when)
	g.host.since(start)
	if exit != nil && g.took >= g.timeout {
		exit = fmt.Errorf("not off after %v: %w", g.timeout, exit)
	}
	return exit, nil
}

// progress says which steps are done, as the guest reports them.
func (g *guest) progress(stop <-chan struct{}) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	done := 0
	for over := false; ; {
		data, _ := os.ReadFile(filepath.Join(g.share(), plan.ResultsFile))
		lines := bytes.Split(data, []byte("\n"))
		for ; done < len(lines)-1; done++ {
			var r vmtest.Result
			if json.Unmarshal(lines[done], &r) != nil || r.Done {
				continue
			}
			how := fmt.Sprintf("%.1f s", float64(r.MS)/1000)
			if !r.OK {
				how = "FAILED"
			}
			fmt.Fprintf(os.Stderr, "bench: %2d of %d: %s: %s\n", done+1, len(g.plan.Steps), r.ID, how)
		}
		if over {
			return
		}
		select {
		case <-stop:
			// Once more: the last steps may have ended meanwhile.
			over = true
		case <-tick.C:
		}
	}
}

// read collects what the guest left behind.
func (g *guest) read(exit error) error {
	e := &vmtest.Evidence{Exit: exit}
	for _, s := range g.plan.Steps {
		e.Expected = append(e.Expected, s.ID)
	}
	for _, f := range []struct {
		path string
		to   *[]byte
	}{
		{filepath.Join(g.share(), plan.ResultsFile), &e.Results},
		{g.console(), &e.Console},
		{filepath.Join(g.share(), plan.LogFile), &e.Dmesg},
	} {
		// A file that isn't there is for the verdict to notice.
		if data, err := os.ReadFile(f.path); err == nil {
			*f.to = data
		}
	}
	g.verdict = vmtest.Judge(e)
	if data, err := os.ReadFile(filepath.Join(g.share(), plan.FactsFile)); err == nil {
		if err := json.Unmarshal(data, &g.facts); err != nil {
			return fmt.Errorf("%s: %w", plan.FactsFile, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(g.share(), plan.FiguresFile))
	if err != nil {
		return fmt.Errorf("the guest measured nothing: %s; its console is %s", strings.Join(g.verdict.Problems, "; "), g.console())
	}
	s := bufio.NewScanner(bytes.NewReader(data))
	for s.Scan() {
		var f plan.Figure
		if err := json.Unmarshal(s.Bytes(), &f); err != nil {
			return fmt.Errorf("%s: %w", plan.FiguresFile, err)
		}
		g.figures = append(g.figures, f)
	}
	return s.Err()
}
