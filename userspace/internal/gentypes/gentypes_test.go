// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linux-cr/userspace/internal/ctest"
)

func TestParseSyscalls(t *testing.T) {
	table := "463\tcommon\tsetxattrat\tsys_setxattrat\n633\t64\tcheckpoint\t\tsys_checkpoint\n"
	patch := "@@ -1,2 +1,3 @@\n 463\tcommon\tsetxattrat\tsys_setxattrat\n+634\tcommon\trestart\tsys_restart\n"
	got := parseSyscalls(table + patch)
	if diff := cmp.Diff(map[string]int{"checkpoint": 633, "restart": 634}, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

// What is in the repository is what the generator makes of the headers.
func TestUpToDate(t *testing.T) {
	hdr, calls := ctest.Header("checkpoint_hdr.h"), ctest.Header("checkpoint.h")
	if hdr == "" || calls == "" {
		t.Skip("no headers to compare with")
	}
	check(t, config{pkg: "image", hdr: hdr, calls: calls}, "../../image")
	table := "../../../patches/*.patch"
	if _, err := readSyscalls(table); err != nil {
		table = "../../../build/linux/arch/x86/entry/syscalls/syscall_64.tbl"
	}
	if _, err := readSyscalls(table); err != nil {
		t.Skip("no syscall table to compare with")
	}
	check(t, config{pkg: "cr", calls: calls, table: table}, "../../cr")
}

func check(t *testing.T, c config, dir string) {
	t.Helper()
	files, err := generate(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s/%s isn't what go generate makes of the headers", strings.TrimPrefix(dir, "../../"), name)
		}
	}
}
