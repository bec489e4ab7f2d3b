// SPDX-License-Identifier: BSD-3-Clause

package image

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"path/filepath"
	"testing"
)

// fuzzMax keeps single inputs quick; larger ones are tried by TestGolden.
const fuzzMax = 1 << 20

func seeds(f *testing.F) {
	f.Add(sample(f))
	f.Add(tiny(f))
	f.Add(encode(f, sampleTree()))
	f.Add(encode(f, append(sampleRecords()[:4], rec{t: CR_HDR_ERROR, body: &ErrorRec{Err: 5, Text: Text("x")}})))
	paths, _ := filepath.Glob("testdata/*.img.gz")
	for _, p := range paths {
		if img := gunzip(f, p); len(img) <= fuzzMax {
			f.Add(img)
		}
	}
}

// reseal mends checksums, digest and tail of what looks like records, so that
// the fuzzer gets past them to the checks of content.
func reseal(in []byte) []byte {
	var out bytes.Buffer
	w := NewWriter(&out)
	for len(in) >= sizeHeader {
		var h Header
		h.get(in)
		n := min(int(h.Len)&^7, CR_HDR_LEN_MAX, (len(in)-sizeHeader)&^7)
		raw := Raw(in[sizeHeader : sizeHeader+n])
		rec := &Record{Header: h, Body: &raw}
		in = in[sizeHeader+n:]
		if h.Type == CR_HDR_PGARR && n >= sizePgArr {
			data := min(int(binary.LittleEndian.Uint32(raw)), CR_PGARR_MAX, len(in)/pageSize) * pageSize
			rec.Data, in = in[:data], in[data:]
			raw = bytes.Clone(raw)
			binary.LittleEndian.PutUint64(raw[8:], pageSum(CR_CSUM_XXH64, rec.Data))
			w.npages += uint64(data / pageSize)
		}
		if h.Type == CR_HDR_TAIL {
			rec.Body = &Tail{}
		}
		if w.Write(rec) != nil {
			break
		}
	}
	return out.Bytes()
}

// FuzzReader: reading ends, never panics, and never holds more than it read.
func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, img := range [][]byte{in, reseal(in)} {
			r := NewReader(bytes.NewReader(img))
			for {
				rec, err := r.Next()
				if err != nil {
					if rec != nil {
						t.Fatalf("a record with the error %v", err)
					}
					if _, again := r.Next(); again != err {
						t.Fatalf("got %v after %v", again, err)
					}
					break
				}
				if int64(cap(r.buf)) > 4*r.Offset()+64<<10 {
					t.Fatalf("a buffer of %d bytes after %d bytes of input", cap(r.buf), r.Offset())
				}
				if _, err := json.Marshal(rec); err != nil {
					t.Fatalf("%v as JSON: %v", rec.Type(), err)
				}
			}
			if r.Offset() > int64(len(img)) {
				t.Fatalf("offset %d in %d bytes", r.Offset(), len(img))
			}
		}
	})
}

// FuzzVerify: an error or a summary, never both; what verifies has a JSON form
// and is encoded again to the same bytes.
func FuzzVerify(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, img := range [][]byte{in, reseal(in)} {
			s, err := Verify(bytes.NewReader(img))
			if (s == nil) != (err != nil) {
				t.Fatalf("got %v and %v", s, err)
			}
			if err != nil {
				continue
			}
			if _, err := json.Marshal(s); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(reencode(t, img), img) {
				t.Fatal("re-encoded image differs")
			}
		}
	})
}

// FuzzRewrite: whatever is dropped or zeroed, what comes out reads to its tail.
func FuzzRewrite(f *testing.F) {
	img := sample(f)
	f.Add(img, uint64(0), byte(0))
	f.Add(img, uint64(1<<5), byte(1))
	f.Add(img, uint64(0xfffffffffffffff8), byte(0xff))
	f.Fuzz(func(t *testing.T, in []byte, drop uint64, mask byte) {
		var out bytes.Buffer
		n := 0
		err := Rewrite(&out, bytes.NewReader(in), func(r *Record) (bool, error) {
			n++
			r.EachPage(func(addr uint64, b []byte) bool {
				b[0] ^= mask
				return drop>>(addr/pageSize%64)&1 == 0
			})
			essential := r.Type() == CR_HDR_HEAD || r.Type() == CR_HDR_TAIL
			return essential || drop>>(n%64)&1 == 0, nil
		})
		if err != nil {
			return
		}
		r := NewReader(&out)
		for {
			if _, err := r.Next(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
