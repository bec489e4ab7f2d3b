// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// pageSize is the size of a page on every architecture that the format knows.
const pageSize = 4096

// Reader decodes an image and checks what makes it sound as a stream: lengths,
// checksums, reserved bytes, padding and the tail. It reads nothing past the
// tail and holds at most one record's payload, whatever the input says.
type Reader struct {
	r       io.Reader
	off     int64
	buf     []byte
	head    *Head
	digest  *xxhash.Digest
	records uint64
	npages  uint64
	pages   *Pages // page data that hasn't been read to its end
	err     error  // what every later call returns
}

// NewReader returns a Reader of the image that starts at r's next byte. Reads
// are of 16 bytes and of whole payloads: give it a bufio.Reader where r may be
// read ahead of.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: r, digest: xxhash.New()}
}

// Head returns the image's head, nil before it was read.
func (r *Reader) Head() *Head { return r.head }

// Offset returns how many bytes of the stream have been read.
func (r *Reader) Offset() int64 { return r.off }

// Next returns the next record, and io.EOF after the tail. Page data of the
// record before that wasn't read is skipped, its checksum still counts.
//
// Errors are *FormatError (with io.ErrUnexpectedEOF inside when the image ends
// early), *AbortError, or what the underlying reader said.
func (r *Reader) Next() (*Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	rec, err := r.next()
	if err != nil {
		r.err = err
		return nil, err
	}
	return rec, nil
}

func (r *Reader) next() (*Record, error) {
	if r.pages != nil {
		if err := r.pages.drain(); err != nil {
			return nil, err
		}
	}
	off := r.off
	var hb [sizeHeader]byte
	if err := r.readFull(hb[:], off, 0); err != nil {
		return nil, err
	}
	var h Header
	h.get(hb[:])
	body, err := r.checkHeader(off, h)
	if err != nil {
		return nil, err
	}
	payload, err := r.payload(off, h)
	if err != nil {
		return nil, err
	}
	if sum := recordSum(h, payload); sum != h.Csum {
		return nil, (&fieldError{field: "csum", msg: "bad checksum", have: uint64(h.Csum),
			want: fmt.Sprintf("%#x", sum)}).at(off, h.Type)
	}
	if err := body.decode(payload).at(off, h.Type); err != nil {
		return nil, err
	}
	rec := &Record{Off: off, Header: h, Body: body}
	if err := r.framing(rec, len(payload)); err != nil {
		return nil, err
	}
	r.digest.Write(hb[:])
	r.records++
	return rec, nil
}

func (r *Reader) checkHeader(off int64, h Header) (Body, error) {
	if r.head == nil && h.Type != CR_HDR_HEAD {
		return nil, &FormatError{Off: off, Field: "type", Msg: "not a checkpoint image",
			Have: uint32(h.Type), Want: CR_HDR_HEAD.String()}
	}
	body := newBody(h.Type)
	if body == nil {
		return nil, &FormatError{Off: off, Field: "type", Msg: "unknown record type", Have: uint32(h.Type)}
	}
	if h.Len > CR_HDR_LEN_MAX || h.Len%8 != 0 {
		return nil, (&fieldError{field: "len", msg: "bad length", have: h.Len,
			want: fmt.Sprintf("a multiple of 8, <= %d", CR_HDR_LEN_MAX)}).at(off, h.Type)
	}
	return body, nil
}

// payload reads a payload, growing the buffer only as bytes arrive.
func (r *Reader) payload(off int64, h Header) ([]byte, error) {
	const chunk = 16 << 10
	n := int(h.Len)
	for got := 0; got < n; {
		end := min(n, got+max(chunk, got))
		if len(r.buf) < end {
			r.buf = append(r.buf, make([]byte, end-len(r.buf))...)
		}
		if err := r.readFull(r.buf[got:end], off, h.Type); err != nil {
			return nil, err
		}
		got = end
	}
	return r.buf[:n], nil
}

// readFull fills b; the record that is being read is given for the error.
func (r *Reader) readFull(b []byte, off int64, rec RecType) error {
	n, err := io.ReadFull(r.r, b)
	r.off += int64(n)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{Off: off, Rec: rec, Msg: fmt.Sprintf("the image ends early, after %d bytes", r.off),
			Err: io.ErrUnexpectedEOF}
	}
	return fmt.Errorf("image: read at byte %#x: %w", r.off, err)
}

// framing handles the records that the stream itself depends on.
func (r *Reader) framing(rec *Record, payload int) error {
	var ferr *fieldError
	switch b := rec.Body.(type) {
	case *Head:
		if r.head != nil {
			ferr = &fieldError{field: "type", msg: "a second head"}
			break
		}
		ferr = checkHead(b)
		r.head = b
	case *ErrorRec:
		return &AbortError{Off: rec.Off, Errno: int(b.Err), Text: string(printable(b.Text))}
	case *PgArr:
		ferr = r.startPages(rec, b, payload)
	case *Tail:
		ferr = r.checkTail(rec, b)
		r.err = io.EOF
	}
	return ferr.at(rec.Off, rec.Type())
}

// checkHead refuses what this package can't read.
func checkHead(h *Head) *fieldError {
	switch {
	case h.Magic != CHECKPOINT_MAGIC_HEAD:
		return bad("magic", h.Magic, "%#x", uint64(CHECKPOINT_MAGIC_HEAD))
	case h.Version != CR_VERSION:
		return bad("version", h.Version, "%d", CR_VERSION)
	case !h.Arch.known():
		return bad("arch", h.Arch, "%v", CR_ARCH_X86_64)
	case h.PageSize != pageSize:
		return bad("page_size", h.PageSize, "%d", pageSize)
	case h.RecordCsum != CR_CSUM_CRC32C:
		return bad("record_csum", h.RecordCsum, "%v", CR_CSUM_CRC32C)
	case h.PageCsum != CR_CSUM_XXH64 && h.PageCsum != CR_CSUM_NONE:
		return bad("page_csum", h.PageCsum, "%v or %v", CR_CSUM_XXH64, CR_CSUM_NONE)
	case h.Required&^uint64(CR_FEATURES_REQUIRED) != 0:
		return bad("required", h.Required, "no unknown feature")
	}
	return nil
}

func (r *Reader) checkTail(rec *Record, t *Tail) *fieldError {
	switch {
	case t.Magic != CHECKPOINT_MAGIC_TAIL:
		return bad("magic", t.Magic, "%#x", uint64(CHECKPOINT_MAGIC_TAIL))
	case t.Records != r.records:
		return bad("records", t.Records, "%#x", r.records)
	case t.Pages != r.npages:
		return bad("pages", t.Pages, "%#x", r.npages)
	case t.Bytes != uint64(rec.Off):
		return bad("bytes", t.Bytes, "%#x", rec.Off)
	case t.Digest != r.digest.Sum64():
		return bad("digest", t.Digest, "%#x", r.digest.Sum64())
	}
	return nil
}

func (r *Reader) startPages(rec *Record, b *PgArr, payload int) *fieldError {
	for _, run := range b.Run {
		if run.Addr%pageSize != 0 {
			return bad("addr", run.Addr, "a multiple of %#x", pageSize)
		}
		if run.Addr+run.Count*pageSize < run.Addr {
			return bad("addr", run.Addr, "an address in user space")
		}
	}
	if r.off%pageSize != 0 || payload-(sizePgArr+len(b.Run)*sizePgRun) >= pageSize {
		return &fieldError{field: "padding", msg: "page data that isn't aligned", have: uint64(r.off)}
	}
	if r.head.PageCsum == CR_CSUM_NONE && b.Csum != 0 {
		return bad("csum", b.Csum, "0")
	}
	r.npages += b.pages()
	r.pages = &Pages{r: r, rec: rec, body: b, left: int(b.NrPages), sum: xxhash.New()}
	rec.pages = r.pages
	return nil
}

// End reports data after the tail; call it when Next returned io.EOF and the
// stream has to end there. It reads one byte.
func (r *Reader) End() error {
	var b [1]byte
	n, err := io.ReadFull(r.r, b[:])
	if n != 0 {
		return &FormatError{Off: r.off, Msg: "data after the tail"}
	}
	if err != io.EOF {
		return fmt.Errorf("image: read at byte %#x: %w", r.off, err)
	}
	return nil
}

// Pages is the page data of one PGARR.
type Pages struct {
	r    *Reader
	rec  *Record
	body *PgArr
	left int // pages not returned yet
	run  int // run of the next page
	idx  uint64
	buf  []byte // pages that were read and not returned
	sum  *xxhash.Digest
	err  error
}

// Pages returns the page data that follows a PGARR, nil for other records and
// when Load has been called. It ends with the next call of Reader.Next.
func (r *Record) Pages() *Pages { return r.pages }

// Load reads the page data of a PGARR, at most 4 MiB, into r.Data.
func (r *Record) Load() error {
	p := r.pages
	if p == nil {
		return nil
	}
	for {
		_, page, err := p.Next()
		if err == io.EOF {
			r.pages = nil
			return nil
		}
		if err != nil {
			return err
		}
		r.Data = append(r.Data, page...)
	}
}

// EachPage calls f for each page of a loaded PGARR with its address, or its
// offset in shared memory, and its bytes, which f may change. The page stays in the image when f returns true;
// runs and counts are made to fit.
func (r *Record) EachPage(f func(addr uint64, page []byte) bool) {
	b, ok := r.Body.(*PgArr)
	if !ok {
		return
	}
	var runs []PgRun
	src, data := r.Data, r.Data[:0]
	for _, run := range b.Run {
		for i := range run.Count {
			addr, page := run.Addr+i*pageSize, src[:pageSize]
			src = src[pageSize:]
			if !f(addr, page) {
				continue
			}
			data = append(data, page...)
			runs = addPage(runs, addr, i > 0)
		}
	}
	r.Data, b.Run, b.NrPages = data, runs, uint32(len(data)/pageSize)
}

// addPage adds a page to the last run, when it belongs there, or to a new one.
func addPage(runs []PgRun, addr uint64, sameRun bool) []PgRun {
	if n := len(runs); n > 0 && sameRun && runs[n-1].Addr+runs[n-1].Count*pageSize == addr {
		runs[n-1].Count++
		return runs
	}
	return append(runs, PgRun{Addr: addr, Count: 1})
}

// Next returns the next page and its address. The bytes are valid until the
// next call. After the last page the checksum is compared, then io.EOF
// returned.
func (p *Pages) Next() (addr uint64, page []byte, err error) {
	if p.err != nil {
		return 0, nil, p.err
	}
	if p.r.pages != p {
		return 0, nil, errors.New("image: page data of a record that is past")
	}
	if len(p.buf) == 0 {
		if err := p.fill(); err != nil {
			p.fail(err)
			return 0, nil, err
		}
	}
	page, p.buf = p.buf[:pageSize], p.buf[pageSize:]
	p.left--
	run := p.body.Run[p.run]
	addr = run.Addr + p.idx*pageSize
	if p.idx++; p.idx == run.Count {
		p.run, p.idx = p.run+1, 0
	}
	return addr, page, nil
}

// fill reads the next pages, or says that there are no more.
func (p *Pages) fill() error {
	const batch = 16
	if p.left == 0 {
		return p.finish()
	}
	n := min(p.left, batch) * pageSize
	if len(p.r.buf) < n {
		p.r.buf = make([]byte, n)
	}
	b := p.r.buf[:n]
	if err := p.r.readFull(b, p.rec.Off, CR_HDR_PGARR); err != nil {
		return err
	}
	p.sum.Write(b)
	p.buf = b
	return nil
}

func (p *Pages) finish() error {
	sum := p.sum.Sum64()
	if p.r.head.PageCsum == CR_CSUM_XXH64 && sum != p.body.Csum {
		return (&fieldError{field: "csum", msg: "bad checksum of page data", have: p.body.Csum,
			want: fmt.Sprintf("%#x", sum)}).at(p.rec.Off, CR_HDR_PGARR)
	}
	return io.EOF
}

func (p *Pages) fail(err error) {
	p.err = err
	p.r.pages = nil
	if err != io.EOF {
		p.r.err = err
	}
}

// drain reads what is left.
func (p *Pages) drain() error {
	for {
		if _, _, err := p.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// pageSum is the checksum of page data.
func pageSum(kind Csum, data []byte) uint64 {
	if kind != CR_CSUM_XXH64 {
		return 0
	}
	return xxhash.Sum64(data)
}
