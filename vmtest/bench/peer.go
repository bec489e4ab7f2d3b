// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"linux-cr/vmtest/bench/plan"
)

// peer is what it takes to run CRIU in the guest.
type peer struct {
	// kernel can run it, and our calls.
	kernel string
	// files are the program, its libraries and the loader, as "HOST:GUEST":
	// they go to the initramfs, so that neither side reads anything from the
	// host while it is measured.
	files []string
}

// findPeer returns nil and why where CRIU is left out.
func findPeer(o *options) (*peer, string, error) {
	const without = "CRIU is left out: "
	if o.noPeer {
		return nil, without + "--no-peer", nil
	}
	kernel := os.Getenv("VMTEST_KERNEL_PEERS")
	if kernel == "" {
		return nil, without + "there is no build/bzImage-peers, which 'make kernel CONFIG=peers' makes", nil
	}
	root := os.Getenv("CR_ROOTFS")
	if root == "" {
		return nil, without + "CR_ROOTFS isn't set", nil
	}
	if _, err := os.Stat(filepath.Join(root, plan.CRIU)); errors.Is(err, fs.ErrNotExist) {
		return nil, without + "there is no criu in the root file system of CR_ROOTFS", nil
	}
	files, err := closure(root, plan.CRIU)
	if err != nil {
		return nil, "", err
	}
	return &peer{kernel, files}, "", nil
}

// libraryDirs are where Debian's loader looks.
var libraryDirs = []string{
	"/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib", "/lib",
}

// closure finds a program's loader and all libraries in a root file system.
func closure(root, program string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	var add func(path string) error
	add = func(path string) error {
		if seen[path] {
			return nil
		}
		seen[path] = true
		host, err := filepath.EvalSymlinks(filepath.Join(root, path))
		if err != nil {
			return err
		}
		files = append(files, host+":"+strings.TrimPrefix(path, "/"))
		needed, loader, err := dependencies(host)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if loader != "" {
			if err := add(loader); err != nil {
				return err
			}
		}
		for _, lib := range needed {
			at, err := findLibrary(root, lib)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if err := add(at); err != nil {
				return err
			}
		}
		return nil
	}
	return files, add(program)
}

func findLibrary(root, lib string) (string, error) {
	for _, dir := range libraryDirs {
		path := filepath.Join(dir, lib)
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("library %s is missing", lib)
}

// dependencies reads what an ELF file asks for.
func dependencies(path string) (libs []string, loader string, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	if libs, err = f.ImportedLibraries(); err != nil {
		return nil, "", err
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			return nil, "", err
		}
		loader = strings.TrimRight(string(b), "\x00")
	}
	return libs, loader, nil
}
