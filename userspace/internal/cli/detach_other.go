// SPDX-License-Identifier: BSD-3-Clause

//go:build !unix

package cli

import "linux-cr/userspace/cr"

func (a *App) detached() error {
	return &failure{err: cr.ErrNotSupported, op: "restart"}
}
