// SPDX-License-Identifier: BSD-3-Clause

package linuxerr

import "testing"

func TestNames(t *testing.T) {
	for n, want := range map[int]string{
		1: "EPERM", 11: "EAGAIN", 35: "EDEADLK", 38: "ENOSYS", 74: "EBADMSG",
		95: "EOPNOTSUPP", 116: "ESTALE", 0: "errno 0", 41: "errno 41", 4711: "errno 4711", -1: "errno -1",
	} {
		if got := Name(n); got != want {
			t.Errorf("Name(%d) = %q, want %q", n, got, want)
		}
	}
	for n, name := range names {
		if got, ok := Number(name); name != "" && (!ok || got != n) {
			t.Errorf("Number(%q) = %d, want %d", name, got, n)
		}
	}
	if _, ok := Number(""); ok {
		t.Error(`Number("") is known`)
	}
}
