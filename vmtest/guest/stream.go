// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// smallPipe makes a pipe that holds one page.
func smallPipe() (r, w *os.File, err error) {
	if r, w, err = os.Pipe(); err != nil {
		return nil, nil, err
	}
	if _, err = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, pageSize); err != nil {
		return nil, nil, errors.Join(err, r.Close(), w.Close())
	}
	return r, w, nil
}

// pipe sends the image through pipes, so that neither call can seek and every
// transfer is short.
func (r *run) pipe(ctx context.Context) error { return r.throughPipes(ctx, smallPipe) }

// pipeNonblock has ends that never block: the calls have to wait themselves.
func (r *run) pipeNonblock(ctx context.Context) error {
	return r.throughPipes(ctx, func() (rd, wr *os.File, err error) {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			return nil, nil, err
		}
		// Made of blocking descriptors, so that os leaves them as they are.
		rd, wr = os.NewFile(uintptr(p[0]), "image"), os.NewFile(uintptr(p[1]), "image")
		_, err = unix.FcntlInt(uintptr(p[1]), unix.F_SETPIPE_SZ, pageSize)
		return rd, wr, errors.Join(err, unix.SetNonblock(p[0], true), unix.SetNonblock(p[1], true))
	})
}

// retry reads and writes a nonblocking descriptor as if it blocked.
type retry struct{ f *os.File }

func (b retry) wait(events int16) error {
	_, err := unix.Poll([]unix.PollFd{{Fd: int32(b.f.Fd()), Events: events}}, -1)
	if err == unix.EINTR {
		return nil
	}
	return err
}

func (b retry) Read(p []byte) (int, error) {
	for {
		n, err := b.f.Read(p)
		if !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
		if err := b.wait(unix.POLLIN); err != nil {
			return 0, err
		}
	}
}

func (b retry) Write(p []byte) (int, error) {
	for n := 0; ; {
		m, err := b.f.Write(p[n:])
		n += m
		if !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
		if err := b.wait(unix.POLLOUT); err != nil {
			return n, err
		}
	}
}

func (r *run) throughPipes(ctx context.Context, newPipe func() (rd, wr *os.File, err error)) error {
	image, err := r.savePipe(ctx, newPipe)
	if err != nil {
		return err
	}
	if err := r.gone(ctx); err != nil {
		return err
	}
	rd, wr, err := newPipe()
	if err != nil {
		return err
	}
	fed := make(chan error, 1)
	go func() {
		_, err := copyPieces(retry{wr}, bytes.NewReader(image))
		fed <- errors.Join(err, wr.Close())
	}()
	err = r.loadImage(ctx, &loadArgs{file: rd, flags: restartChild})
	_ = rd.Close()
	if ferr := <-fed; err == nil && ferr != nil {
		err = fmt.Errorf("the image was not read to its end: %w", ferr)
	}
	if err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

// savePipe takes an image from a pipe with CHECKPOINT_KILL.
func (r *run) savePipe(ctx context.Context, newPipe func() (rd, wr *os.File, err error)) ([]byte, error) {
	rd, wr, err := newPipe()
	if err != nil {
		return nil, err
	}
	var image bytes.Buffer
	taken := make(chan error, 1)
	go func() {
		_, err := copyPieces(&image, retry{rd})
		taken <- errors.Join(err, rd.Close())
	}()
	a := r.saveArgs(checkpointKill)
	a.file = wr
	s, err := r.g.save(ctx, a)
	_ = wr.Close()
	if terr := <-taken; err == nil {
		err = terr
	}
	if err != nil {
		return nil, err
	}
	if s.bytes != 0 && int64(image.Len()) != s.bytes {
		return nil, fmt.Errorf("the image has %d bytes, the statistics say %d", image.Len(), s.bytes)
	}
	return image.Bytes(), nil
}

// Layout of what differs between two images of one stopped program: offsets in
// struct cr_hdr and in the payloads of the head and of the tail.
const (
	hdrSize     = 16
	hdrCsumAt   = 12
	headTimesAt = 56 // real_ns, mono_ns, boot_ns, image_id
	headTimesTo = 96
	tailSize    = 40
	tailDigest  = 32

	recRestartBlock = 105
	recPgArr        = 203
	restartTimeAt   = 8
	restartTimeTo   = 16
)

// mask zeroes the fields in which two images of one stopped program may differ.
func mask(image []byte) ([]byte, error) {
	if len(image) < 2*hdrSize+headTimesTo+tailSize {
		return nil, io.ErrUnexpectedEOF
	}
	out := bytes.Clone(image)
	clear(out[hdrCsumAt:hdrSize])
	clear(out[hdrSize+headTimesAt : hdrSize+headTimesTo])
	maskRestartBlocks(out)
	tail := out[len(out)-tailSize-hdrSize:]
	if n := binary.LittleEndian.Uint32(tail[4:]); n != tailSize {
		return nil, fmt.Errorf("the last record has %d bytes, want a tail of %d", n, tailSize)
	}
	clear(tail[hdrCsumAt:hdrSize])
	clear(tail[hdrSize+tailDigest : hdrSize+tailSize])
	return out, nil
}

// maskRestartBlocks zeroes what remains of the time of interrupted calls: it goes
// on while the program is stopped.
func maskRestartBlocks(out []byte) {
	for off := 0; off+hdrSize <= len(out); {
		kind := binary.LittleEndian.Uint32(out[off:])
		end := off + hdrSize + int(binary.LittleEndian.Uint32(out[off+4:]))
		if end > len(out) {
			return
		}
		switch kind {
		case recRestartBlock:
			clear(out[off+hdrCsumAt : off+hdrSize])
			clear(out[off+hdrSize+restartTimeAt : off+hdrSize+restartTimeTo])
		case recPgArr:
			end += int(binary.LittleEndian.Uint32(out[off+hdrSize:])) * pageSize
		}
		off = end
	}
}

// same takes two images of the stopped program.
func (r *run) same(ctx context.Context) error {
	if err := r.stopAll(ctx); err != nil {
		return err
	}
	var images [2][]byte
	for i := range images {
		a := r.saveArgs(0)
		a.image = filepath.Join(r.dir, fmt.Sprintf("image.%d", i))
		if _, err := r.g.save(ctx, a); err != nil {
			return err
		}
		data, err := os.ReadFile(a.image)
		if err != nil {
			return err
		}
		if images[i], err = mask(data); err != nil {
			return err
		}
	}
	if len(images[0]) != len(images[1]) {
		return fmt.Errorf("two images of one stopped program have %d and %d bytes", len(images[0]), len(images[1]))
	}
	for i := range images[0] {
		if images[0][i] != images[1][i] {
			return fmt.Errorf("two images of one stopped program differ at byte %#x of %#x", i, len(images[0]))
		}
	}
	return nil
}
