// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		o  options
		ok bool
	}{
		{options{sizes: []int{4, 256}, rounds: 9}, true},
		{options{sizes: []int{4}, rounds: 0}, false},
		{options{sizes: nil, rounds: 9}, false},
		{options{sizes: []int{0}, rounds: 9}, false},
		{options{sizes: []int{1024}, rounds: 9}, false},
		{options{sizes: []int{4, 4}, rounds: 9}, false},
	} {
		o := tt.o
		if err := o.check(); (err == nil) != tt.ok {
			t.Errorf("%v: got %v, want ok %v", tt.o, err, tt.ok)
		}
		if tt.ok && o.timeout == 0 {
			t.Errorf("%v: a guest without a limit of time", tt.o)
		}
	}
	o := options{sizes: []int{4}, rounds: 9, timeout: time.Minute}
	if err := o.check(); err != nil || o.timeout != time.Minute {
		t.Errorf("got %v and %v, want the limit that was given", err, o.timeout)
	}
}

func TestQuick(t *testing.T) {
	o := options{sizes: defaultSizes, rounds: defaultRounds}
	o.applyQuick(func(string) bool { return false })
	if !slices.Equal(o.sizes, []int{4}) || o.rounds != 2 {
		t.Errorf("got %v and %d rounds, want 4 MiB and 2", o.sizes, o.rounds)
	}
	o = options{sizes: []int{16}, rounds: 5}
	o.applyQuick(func(string) bool { return true })
	if !slices.Equal(o.sizes, []int{16}) || o.rounds != 5 {
		t.Errorf("got %v and %d rounds, want what was given", o.sizes, o.rounds)
	}
}

// The peer is never left out without a word.
func TestPeerLeftOut(t *testing.T) {
	for _, tt := range []struct {
		name           string
		o              options
		kernel, rootfs string
		want           string
	}{
		{"flag", options{noPeer: true}, "k", "r", "--no-peer"},
		{"no kernel", options{}, "", "r", "bzImage-peers"},
		{"no root file system", options{}, "k", "", "CR_ROOTFS"},
		{"no criu", options{}, "k", t.TempDir(), "no criu"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("VMTEST_KERNEL_PEERS", tt.kernel)
			t.Setenv("CR_ROOTFS", tt.rootfs)
			p, why, err := findPeer(&tt.o)
			if p != nil || err != nil || !strings.Contains(why, tt.want) {
				t.Errorf("got %v, %q, %v; want a line with %q", p, why, err, tt.want)
			}
		})
	}
}

func TestParseStat(t *testing.T) {
	busy, stolen := parseStat("cpu  100 200 300 4000 5000 10 20 700 800 900\ncpu0 1 2 3\n")
	if busy != 6300*time.Millisecond || stolen != 7*time.Second {
		t.Errorf("got %v and %v stolen, want 6.3 s and 7 s", busy, stolen)
	}
}

func TestEmulation(t *testing.T) {
	for args, want := range map[string]string{
		"-accel tcg,thread=multi -cpu max,-erms": "software emulation (TCG)",
		"-accel kvm -cpu host":                   "KVM",
	} {
		if got := (&Host{Args: args}).emulation(); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}
