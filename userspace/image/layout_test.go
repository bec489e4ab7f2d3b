// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"reflect"
	"testing"

	"linux-cr/userspace/internal/ctest"
)

type (
	layoutStruct = ctest.Struct
	layoutField  = ctest.Field
	layoutConst  = ctest.Const
)

func TestLayout(t *testing.T) {
	ctest.Layout(t, layoutHeader, layoutStructs, layoutConsts)
}

// Each payload's size is that of the Go struct, so that a member that the
// generator left out is noticed.
func TestFixedSizes(t *testing.T) {
	for _, s := range layoutStructs {
		got := s.Go.Size()
		for i := range s.Go.NumField() {
			if f := s.Go.Field(i); f.Type.Kind() == reflect.Slice {
				got = f.Offset
				break
			}
		}
		if got != uintptr(s.Size) {
			t.Errorf("struct %s: got %d bytes in Go, want %d", s.C, got, s.Size)
		}
	}
}
