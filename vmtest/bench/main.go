// SPDX-License-Identifier: BSD-3-Clause

// Bench measures checkpoint(2) and restart(2) in a guest: how long a process is
// stopped against its own fork(), how fast an image is written against write()
// of as many bytes, how fast it is restored against read() into fresh memory, how
// long a one-page program takes there and back against fork, exec and wait, and
// how large an image is; and how long a tree of many processes or threads is
// stopped, saved and restored against its creation. Where the kernel of
// CONFIG=peers is there, CRIU is measured on the same processes in the same run.
//
// All is measured in one guest, by turns, and compared as ratios: absolute times
// say more of the emulator than of the kernel. It prints a table and a chart and
// leaves them with all raw figures in build/bench. Nothing fails because a figure
// is bad, only because there is none.
//
// 'make bench' sets the environment:
//
//	VMTEST_KERNEL        the kernel to boot
//	VMTEST_KERNEL_PEERS  one that can also run CRIU; used for everything if set
//	VMTEST_QEMU          QEMU and its first arguments
//	VMTEST_CR            the cr command (default build/bin/cr)
//	CR_ROOTFS            a Debian root file system with criu
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"linux-cr/vmtest/bench/plan"
)

// options are the command line.
type options struct {
	sizes   []int
	rounds  int
	crowd   int
	noPeer  bool
	quick   bool
	json    string
	timeout time.Duration
}

// What is measured where nothing else is asked for.
var defaultSizes = []int{4, 16, 64, 256}

const (
	defaultRounds = 9
	// fewRounds is where a median begins to mean something.
	fewRounds = 7
	// A guest of 2 GiB holds the target, as much to write, and an image.
	largestMiB = 256
)

// outDir is where everything goes, seen from the repository's root.
var outDir = filepath.Join("build", "bench")

func main() {
	if err := command().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:           "bench",
		Short:         "Measure checkpoint and restart in a guest, as ratios",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.quick {
				o.applyQuick(c.Flags().Changed)
			}
			if err := o.check(); err != nil {
				return err
			}
			return run(&o)
		},
	}
	fl := c.Flags()
	fl.SortFlags = false
	fl.IntSliceVar(&o.sizes, "sizes", defaultSizes, "sizes of the process, in MiB")
	fl.IntVar(&o.rounds, "rounds", defaultRounds, "rounds of each measurement; the medians are compared")
	fl.IntVar(&o.crowd, "crowd", 10000, "most tasks in one tree, 0 to leave trees out")
	fl.BoolVar(&o.noPeer, "no-peer", false, "leave CRIU out")
	fl.BoolVar(&o.quick, "quick", false, "2 rounds with 4 MiB and 100 tasks: does it work at all?")
	fl.StringVar(&o.json, "json", "", "file for the raw figures (default build/bench/results.json)")
	fl.DurationVar(&o.timeout, "timeout", 0, "how long the guest may take (default by sizes and rounds)")
	return c
}

// applyQuick replaces what wasn't given.
func (o *options) applyQuick(given func(string) bool) {
	if !given("sizes") {
		o.sizes = []int{4}
	}
	if !given("rounds") {
		o.rounds = 2
	}
	if !given("crowd") {
		o.crowd = 100
	}
}

func (o *options) check() error {
	if o.rounds < 1 || len(o.sizes) == 0 {
		return errors.New("at least one round and one size are needed")
	}
	seen := map[int]bool{}
	for _, mib := range o.sizes {
		if mib < 1 || mib > largestMiB || seen[mib] {
			return fmt.Errorf("--sizes: each once, from 1 to %d MiB", largestMiB)
		}
		seen[mib] = true
	}
	if o.timeout == 0 {
		o.timeout = o.patience()
	}
	return nil
}

// patience is several times what a guest should take.
func (o *options) patience() time.Duration {
	total := 0
	for _, mib := range o.sizes {
		total += mib + 30
	}
	for _, c := range plan.Crowds(o.crowd) {
		total += c.Tasks() / 50 * c.Rounds(o.rounds) / o.rounds
	}
	return 5*time.Minute + time.Duration(total*(o.rounds+2))*time.Second
}

func run(o *options) error {
	if err := toRepo(o); err != nil {
		return err
	}
	p, why, err := findPeer(o)
	if err != nil {
		return err
	}
	g := &guest{
		out: outDir, peer: p, plan: plan.New(o.sizes, plan.Crowds(o.crowd), o.rounds, p != nil), timeout: o.timeout,
		host: hostFacts(),
	}
	if err := g.boot(); err != nil {
		return err
	}
	return publish(o, g, why)
}

// toRepo goes to the repository's root, which all paths start from.
func toRepo(o *options) error {
	if o.json != "" {
		var err error
		if o.json, err = filepath.Abs(o.json); err != nil {
			return err
		}
	} else {
		o.json = filepath.Join(outDir, "results.json")
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "vmtest", "bench", "main.go")); err == nil {
			return os.Chdir(dir)
		}
		if dir == filepath.Dir(dir) {
			return errors.New("this isn't started in the repository: run 'make bench'")
		}
	}
}
