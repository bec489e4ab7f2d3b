// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// Writer encodes an image. It computes what follows from the rest: lengths,
// counts of arrays, padding, checksums and the tail. It checks nothing else,
// so that tests can write images that a Checker or a kernel must refuse.
type Writer struct {
	w       io.Writer
	off     int64
	csum    Csum // of page data
	digest  *xxhash.Digest
	records uint64
	npages  uint64
	err     error
}

// NewWriter returns a Writer to w. The first record that it gets should be a
// HEAD; page data is summed as the head says.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, csum: CR_CSUM_XXH64, digest: xxhash.New()}
}

// Offset returns how many bytes have been written.
func (w *Writer) Offset() int64 { return w.off }

// Write writes a record: Header.Type and Header.Parent, Body, and for a PGARR
// the page data in Data. The counts in Body are set to the lengths of its
// arrays; a Tail gets the values that fit what was written. A *Raw body is
// written as it is.
func (w *Writer) Write(rec *Record) error {
	if w.err == nil {
		w.err = w.write(rec)
	}
	return w.err
}

// Put writes a record of a type, a parent's objref and a body.
func (w *Writer) Put(t RecType, parent uint32, body Body) error {
	return w.Write(&Record{Header: Header{Type: t, Parent: parent}, Body: body})
}

// PutPages writes a PGARR of the address space, or shared memory, with the
// objref parent; data are the pages of the runs in their order.
func (w *Writer) PutPages(parent uint32, runs []PgRun, data []byte) error {
	return w.Write(&Record{Header: Header{Type: CR_HDR_PGARR, Parent: parent}, Body: &PgArr{Run: runs}, Data: data})
}

// Close writes the tail, unless something failed before.
func (w *Writer) Close() error { return w.Put(CR_HDR_TAIL, 0, &Tail{}) }

func (w *Writer) write(rec *Record) error {
	if rec.pages != nil {
		return errors.New("image: page data that wasn't loaded")
	}
	if err := w.fill(rec); err != nil {
		return err
	}
	payload, err := rec.Body.encode()
	if err != nil {
		return err
	}
	if _, ok := rec.Body.(*PgArr); ok {
		end := w.off + sizeHeader + int64(len(payload))
		payload = append(payload, make([]byte, (pageSize-end%pageSize)%pageSize)...)
	}
	if len(payload) > CR_HDR_LEN_MAX {
		return fmt.Errorf("image: a %v of %d bytes is too long", rec.Type(), len(payload))
	}
	h := Header{Type: rec.Type(), Parent: rec.Header.Parent, Len: uint32(len(payload))}
	h.Csum = recordSum(h, payload)
	hb := make([]byte, sizeHeader)
	h.put(hb)
	w.digest.Write(hb)
	w.records++
	for _, b := range [][]byte{hb, payload, rec.Data} {
		n, err := w.w.Write(b)
		w.off += int64(n)
		if err != nil {
			return fmt.Errorf("image: write at byte %#x: %w", w.off, err)
		}
	}
	return nil
}

// fill sets what a body says about other bytes of the stream.
func (w *Writer) fill(rec *Record) error {
	switch b := rec.Body.(type) {
	case *Head:
		w.csum = b.PageCsum
	case *PgArr:
		n := b.pages()
		if n == 0 || n > CR_PGARR_MAX || uint64(len(rec.Data)) != n*pageSize {
			return fmt.Errorf("image: a PGARR of %d pages with %d bytes of data", n, len(rec.Data))
		}
		b.NrPages, b.Csum = uint32(n), pageSum(w.csum, rec.Data)
		w.npages += n
	case *Tail:
		*b = Tail{
			Magic:   CHECKPOINT_MAGIC_TAIL,
			Records: w.records,
			Pages:   w.npages,
			Bytes:   uint64(w.off),
			Digest:  w.digest.Sum64(),
		}
	case nil:
		return errors.New("image: a record without a body")
	}
	return nil
}

// Rewrite copies the image in src to dst, one record at a time, and lets edit
// change each on its way: the body, the parent, the page data of a PGARR (see
// Record.EachPage), or the body for a *Raw payload. A record for which edit
// returns false is left out; so is a PGARR that has no pages left.
//
// Lengths, array counts, padding, checksums and the tail are computed anew, so
// that what comes out is sound as a stream whatever edit did. Numbers that
// announce records, such as MM.NrVMAs and Files.NFDs, are edit's to mend. When
// edit changes nothing, dst gets the bytes of src.
func Rewrite(dst io.Writer, src io.Reader, edit func(*Record) (keep bool, err error)) error {
	r, w := NewReader(src), NewWriter(dst)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := rec.Load(); err != nil {
			return err
		}
		keep, err := edit(rec)
		if err != nil {
			return err
		}
		if b, ok := rec.Body.(*PgArr); ok && len(b.Run) == 0 {
			keep = false
		}
		if !keep {
			continue
		}
		if err := w.Write(rec); err != nil {
			return err
		}
	}
}
