// SPDX-License-Identifier: BSD-3-Clause

// Command gentypes writes the Go mirror of the kernel's C headers: structs,
// constants, names and codecs, and a table that the layout tests hold against
// the C compiler.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"path/filepath"
)

type config struct {
	pkg   string // image or cr
	hdr   string // path of checkpoint_hdr.h
	calls string // path of checkpoint.h
	table string // glob of syscall tables or patches of one
	dir   string // where the files go
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gentypes: ")
	var c config
	flag.StringVar(&c.pkg, "pkg", "", "package to generate: image or cr")
	flag.StringVar(&c.hdr, "hdr", "", "path of checkpoint_hdr.h")
	flag.StringVar(&c.calls, "calls", "", "path of checkpoint.h")
	flag.StringVar(&c.table, "table", "", "syscall tables or patches of one, a glob")
	flag.StringVar(&c.dir, "dir", ".", "folder of the generated files")
	flag.Parse()
	files, err := generate(c)
	if err != nil {
		log.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(c.dir, name), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns the files of a package by name.
func generate(c config) (map[string][]byte, error) {
	out := map[string][]byte{}
	var gen func(config, map[string]*bytes.Buffer) error
	switch c.pkg {
	case "image":
		gen = genImage
	case "cr":
		gen = genCalls
	default:
		return nil, fmt.Errorf("unknown package %q", c.pkg)
	}
	bufs := map[string]*bytes.Buffer{}
	if err := gen(c, bufs); err != nil {
		return nil, err
	}
	for name, b := range bufs {
		src, err := format.Source(b.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = src
	}
	return out, nil
}

// readSyscalls takes the numbers from whatever the glob matches.
func readSyscalls(glob string) (map[string]int, error) {
	paths, err := filepath.Glob(glob)
	if err != nil {
		return nil, err
	}
	nr := map[string]int{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		maps.Copy(nr, parseSyscalls(string(b)))
	}
	if nr["checkpoint"] == 0 || nr["restart"] == 0 {
		return nil, fmt.Errorf("%s: no numbers for checkpoint and restart", glob)
	}
	return nr, nil
}
