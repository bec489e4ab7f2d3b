// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
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
