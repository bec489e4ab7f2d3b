// SPDX-License-Identifier: BSD-3-Clause

package cr

import (
	"fmt"
	"strconv"
	"strings"
)

type intName struct {
	i uint64
	s string
}

func stringName(i uint64, names []intName) string {
	for _, n := range names {
		if n.i == i {
			return n.s
		}
	}
	return strconv.FormatUint(i, 10)
}

func flagName(i uint64, names []intName) string {
	if i == 0 {
		return "0"
	}
	var parts []string
	for _, n := range names {
		if n.i != 0 && i&n.i == n.i {
			parts = append(parts, n.s)
			i &^= n.i
		}
	}
	if i != 0 {
		parts = append(parts, fmt.Sprintf("%#x", i))
	}
	return strings.Join(parts, "+")
}
