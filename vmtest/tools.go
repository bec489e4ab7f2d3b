// SPDX-License-Identifier: BSD-3-Clause

//go:build tools

package vmtest

// Commands that the initramfs is made of: 'go mod tidy' would drop them.
import (
	_ "github.com/u-root/u-root/cmds/core/init"
)
