// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"

	"linux-cr/userspace/image"
)

// outFile is where an image goes. A regular file gets its name only once it is
// complete and on disk, so that a torn image never replaces a good one.
type outFile struct {
	*os.File
	path string // the final name
	temp string // the name until then, "" when it is written in place
}

// createOut makes a file of mode 0600 under a temporary name beside path. A
// device or FIFO is opened as it is.
func createOut(path string) (*outFile, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &outFile{File: f, path: path}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, err
	}
	return &outFile{File: f, path: path, temp: f.Name()}, nil
}

// processes returns how many there are in the image that was written, 0 when
// that can't be told.
func (o *outFile) processes() int {
	if o.temp == "" {
		return 0
	}
	_, procs, err := image.ReadTree(io.NewSectionReader(o.File, 0, math.MaxInt64))
	if err != nil {
		return 0
	}
	return procs
}

// commit puts the file on disk and under its name. After an error the file is
// still there under its temporary name.
func (o *outFile) commit() error {
	if o.temp == "" {
		return o.Close()
	}
	if err := o.Sync(); err != nil {
		o.Close()
		return err
	}
	if err := o.Close(); err != nil {
		return err
	}
	if err := os.Rename(o.temp, o.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(o.path))
}

// abort removes the file.
func (o *outFile) abort() {
	o.Close()
	if o.temp != "" {
		os.Remove(o.temp)
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, os.ErrInvalid) {
		return nil // a file system without it
	}
	return err
}
