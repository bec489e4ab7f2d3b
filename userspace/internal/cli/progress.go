// SPDX-License-Identifier: BSD-3-Clause

package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress shows on a terminal how much was done, when the work takes longer
// than a second.
type progress struct {
	stop chan struct{}
	gone chan struct{}
}

// startProgress asks done for the bytes so far, once a second. Without a
// terminal it does nothing.
func startProgress(to *os.File, what string, done func() int64) *progress {
	if !isTerminal(to) {
		return nil
	}
	p := &progress{stop: make(chan struct{}), gone: make(chan struct{})}
	go p.run(to, what, done)
	return p
}

func (p *progress) run(to io.Writer, what string, done func() int64) {
	defer close(p.gone)
	begin, shown := time.Now(), false
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			n := done()
			rate := float64(n) / time.Since(begin).Seconds()
			fmt.Fprintf(to, "\r\x1b[K%s: %s, %s/s", what, size(uint64(n)), size(uint64(rate)))
			shown = true
		case <-p.stop:
			if shown {
				fmt.Fprint(to, "\r\x1b[K")
			}
			return
		}
	}
}

// end removes the line.
func (p *progress) end() {
	if p != nil {
		close(p.stop)
		<-p.gone
	}
}

// size renders bytes: 512 B, 4.0 KiB, 12.3 MiB.
func size(n uint64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1024, 0
	for f >= 1024 && unit < 4 {
		f, unit = f/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGTP"[unit])
}

func nanos(n uint64) string {
	d := time.Duration(n)
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
