// SPDX-License-Identifier: BSD-3-Clause

package plan

import (
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	for _, peer := range []bool{false, true} {
		p := New([]int{4, 256}, Crowds(1000), 9, peer)
		seen := map[string]bool{}
		peers := 0
		for _, s := range p.Steps {
			if seen[s.ID] {
				t.Errorf("step %s is there twice", s.ID)
			}
			seen[s.ID] = true
			if strings.HasPrefix(s.ID, Peer) {
				peers++
			}
		}
		if want := map[bool]int{true: 3}[peer]; peers != want {
			t.Errorf("peer %v: got %d steps for it, want %d", peer, peers, want)
		}
		if p.Steps[0].ID != Warm {
			t.Errorf("the first step is %s: memory has to be warm before anything is measured", p.Steps[0].ID)
		}
		for _, s := range p.Steps {
			want := map[string]string{ID(Running, 4): "27", ID(Running, 256): "9", ID(Peer, 4): "9"}[s.ID]
			if want != "" && s.Argv[2] != want {
				t.Errorf("%s: got %s rounds, want %s", s.ID, s.Argv[2], want)
			}
		}
		for _, id := range []string{ID(Size, 4), ID(Running, 256), ID(TmpFS, 4), ID(Restart, 256), "many/1000/0", "many/0/1000"} {
			if !seen[id] || seen["many/10000/0"] || seen["many/10/1000"] {
				t.Errorf("no step %s", id)
			}
		}
	}
}

func TestParseFigure(t *testing.T) {
	got, err := ParseFigure("s", "-1 csum_write 123456789012")
	if want := (Figure{"s", -1, "csum_write", 123456789012}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "1 gap", "1 gap 2 3", "x gap 2", "1 gap x", "CR: ERROR restart.c:1: restart: Invalid argument"} {
		if f, err := ParseFigure("s", bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, f)
		}
	}
}
