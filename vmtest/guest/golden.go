// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"linux-cr/userspace/image"
	"linux-cr/vmtest"
)

// decodedMax is the size of the largest image that is decoded in the guest.
const decodedMax = 4 << 20

// decoded holds the kernel's image against package image: the verifier must
// find nothing, and the writer must give the same bytes again.
func (r *run) decoded(size int64) error {
	if size > decodedMax {
		return nil
	}
	img, err := os.ReadFile(r.image)
	if err != nil {
		return err
	}
	if _, err := image.Verify(bytes.NewReader(img)); err != nil {
		return fmt.Errorf("the verifier: %w", err)
	}
	var again bytes.Buffer
	keep := func(*image.Record) (bool, error) { return true, nil }
	if err := image.Rewrite(&again, bytes.NewReader(img), keep); err != nil {
		return fmt.Errorf("re-encoding the image: %w", err)
	}
	if !bytes.Equal(again.Bytes(), img) {
		return fmt.Errorf("re-encoding the image gives other bytes")
	}
	if r.g.plan.Golden && r.c.Golden && r.mode == vmtest.ModeKill {
		return r.keepGolden(img)
	}
	return nil
}

func (r *run) keepGolden(img []byte) error {
	dir := filepath.Join(shareRoot, vmtest.GoldenDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, r.c.Name+".img"), img, 0o644)
}

// totals is the last line of a TAP of kselftest.
var totals = regexp.MustCompile(`(?m)^# Totals: pass:([1-9]\d*) fail:0 xfail:0 xpass:0 skip:0 error:0$`)

// selftest runs a program of the kernel's selftests. Nothing may fail and
// nothing be skipped.
func (r *run) selftest(ctx context.Context) error {
	out, ws, err := r.g.command(ctx, []string{r.prog()})
	r.detail.WriteString(out)
	if err != nil {
		return err
	}
	if ws != 0 || !totals.MatchString(out) {
		return fmt.Errorf("selftest: %s, last line %q", describe(ws), lastLine(out))
	}
	return nil
}
