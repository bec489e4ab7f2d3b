// SPDX-License-Identifier: BSD-3-Clause

package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linux-cr/vmtest"
)

// fullList is the name of the file whose kernel has every member of the list.
const fullList = "btf.btf.o"

// load returns the list, or ends the test.
func load(t *testing.T) []Row {
	t.Helper()
	rows, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// caseNames returns the names of the suite's cases.
func caseNames() map[string]bool {
	names := map[string]bool{}
	for i := range vmtest.Cases {
		names[vmtest.Cases[i].Name] = true
	}
	return names
}

// TestInventory holds the list against kernels and headers.
func TestInventory(t *testing.T) {
	rows := load(t)
	in := &Input{Rows: rows, Cases: caseNames(), Partial: true}
	paths := os.Getenv("CR_BTF")
	if paths == "" {
		if testing.Short() {
			t.Skip("skipped by -short: CR_BTF isn't set")
		}
		t.Fatal("CR_BTF isn't set; run 'make vmtest', which sets it")
	}
	var names []string
	for _, path := range filepath.SplitList(paths) {
		k, err := ReadBTF(path, StructsOf(rows))
		if err != nil {
			t.Fatal(err)
		}
		if k.Name == fullList {
			in.Partial = false
		}
		in.Kernels = append(in.Kernels, k)
		names = append(names, k.Name)
	}
	tree := os.Getenv("CR_TREE")
	if tree == "" {
		tree = "../../build/linux"
	}
	var err error
	if in.Flags, err = ReadFlags(tree); err != nil {
		t.Fatal(err)
	}
	for _, problem := range Check(in) {
		t.Error(problem)
	}
	t.Logf("%s; checked against %s", Summary(rows), strings.Join(names, " and "))
	if in.Partial {
		t.Logf("without %s nobody knows which rows are out of date", fullList)
	}
}

// TestNothingDropped is red as long as something is lost without a word, or has
// a test only in the list.
func TestNothingDropped(t *testing.T) {
	for _, lost := range Lost(load(t)) {
		t.Error(lost)
	}
}
