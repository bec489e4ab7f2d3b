// SPDX-License-Identifier: BSD-3-Clause

// Command gendocs keeps the tables in the kernel's documentation what the
// headers and sources of checkpoint/restart say. A table stands between two
// comments of reStructuredText,
//
//	.. generated: struct cr_hdr_head
//
//	.. end of generated: struct cr_hdr_head
//
// and everything around them is written by hand. Without files, all that the
// tree has are taken, and a table that none of them has is an error: no record
// goes undocumented.
//
//	gendocs -tree build/linux          write the tables
//	gendocs -tree build/linux -check   exit 1 naming what is stale
//	gendocs -tree build/linux -list    the names of the tables
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gendocs: ")
	var c config
	flag.StringVar(&c.tree, "tree", ".", "kernel tree, or the part of it that the series adds")
	flag.BoolVar(&c.check, "check", false, "write nothing, name what is stale")
	flag.BoolVar(&c.list, "list", false, "list the names of the tables")
	flag.Parse()
	c.files = flag.Args()
	if err := c.run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

type config struct {
	tree        string
	check, list bool
	files       []string // none for all, which then must have every table
}

func (c *config) run(out io.Writer) error {
	all, err := makeTables(c.tree)
	if err != nil {
		return err
	}
	if c.list {
		for _, t := range all.tables {
			fmt.Fprintln(out, t.name)
		}
		return nil
	}
	files, complete := c.files, len(c.files) == 0
	if complete {
		if files, err = documents(c.tree); err != nil {
			return err
		}
	}
	var errs []error
	seen := map[string]bool{}
	for _, f := range files {
		errs = append(errs, c.file(f, all, seen))
	}
	if complete {
		errs = append(errs, missing(all, seen))
	}
	return errors.Join(errs...)
}

// documents are the files of a tree that may have tables.
func documents(tree string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(tree, "Documentation/checkpoint/*.rst"))
	if err != nil {
		return nil, err
	}
	files = append(files, filepath.Join(tree, "Documentation/userspace-api/checkpoint.rst"))
	slices.Sort(files)
	return files, nil
}

// file writes or checks one file.
func (c *config) file(path string, all *tables, seen map[string]bool) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, stale, err := update(string(old), all, seen)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case !c.check && !bytes.Equal(old, []byte(text)):
		return os.WriteFile(path, []byte(text), 0o644)
	case !c.check:
		return nil
	}
	var errs []error
	for _, name := range stale {
		errs = append(errs, fmt.Errorf("%s: table %q is stale", path, name))
	}
	return errors.Join(errs...)
}

func missing(all *tables, seen map[string]bool) error {
	var errs []error
	for _, t := range all.tables {
		if !seen[t.name] {
			errs = append(errs, fmt.Errorf("no document has the table %q", t.name))
		}
	}
	return errors.Join(errs...)
}
