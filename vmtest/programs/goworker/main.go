// SPDX-License-Identifier: BSD-3-Clause

// Goworker is a program of many goroutines: workers that compute and sleep,
// timers that pace them, and a pipe that results go through. What it writes
// doesn't depend on who is faster.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	jobs    = 100
	workers = 24
	rounds  = 10000
)

// result is what a worker made of a job.
type result struct {
	job    int
	digest [sha256.Size]byte
}

func main() {
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "goworker:", err)
		os.Exit(1)
	}
}

func work() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	beats := heartbeat(ctx)

	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	printed := make(chan error)
	go func() { printed <- printLines(r) }()

	total, err := writeInOrder(w, compute(ctx))
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := <-printed; err != nil {
		return err
	}
	cancel()
	if n := <-beats; n == 0 {
		return fmt.Errorf("the ticker never ticked")
	}
	fmt.Printf("done %x\n", total[:8])
	return nil
}

// heartbeat counts the ticks until the context ends.
func heartbeat(ctx context.Context) <-chan int {
	beats := make(chan int)
	go func() {
		ticker := time.NewTicker(3 * time.Millisecond)
		defer ticker.Stop()
		for n := 0; ; {
			select {
			case <-ticker.C:
				n++
			case <-ctx.Done():
				beats <- n
				return
			}
		}
	}()
	return beats
}

// compute has the workers do all jobs, in whatever order.
func compute(ctx context.Context) <-chan result {
	todo := make(chan int)
	results := make(chan result, 3)
	var wg sync.WaitGroup
	for n := range workers {
		wg.Go(func() {
			for job := range todo {
				results <- result{job, digest(job)}
				pause(ctx, time.Duration(n%5)*time.Millisecond)
			}
		})
	}
	go func() {
		for job := range jobs {
			todo <- job
		}
		close(todo)
		wg.Wait()
		close(results)
	}()
	return results
}

// pause waits on a timer.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// digest is the work; it makes garbage for the collector.
func digest(job int) [sha256.Size]byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "job %d", job))
	var kept [][]byte
	for i := range rounds {
		sum = sha256.Sum256(sum[:])
		if i%16 == 0 {
			kept = append(kept, append(make([]byte, 0, 512), sum[:]...))
		}
	}
	for _, k := range kept {
		for i := range sum {
			sum[i] ^= k[i]
		}
	}
	return sum
}

// writeInOrder writes a line for each job in the order of their numbers.
func writeInOrder(w *os.File, results <-chan result) ([sha256.Size]byte, error) {
	var total [sha256.Size]byte
	early := map[int]result{}
	for next := 0; next < jobs; {
		res := <-results
		early[res.job] = res
		for {
			r, ok := early[next]
			if !ok {
				break
			}
			delete(early, next)
			if _, err := fmt.Fprintf(w, "job %d: %x\n", r.job, r.digest[:8]); err != nil {
				return total, err
			}
			total = sha256.Sum256(append(total[:], r.digest[:]...))
			next++
		}
	}
	return total, nil
}

// printLines copies what comes through the pipe.
func printLines(r *os.File) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fmt.Printf("%3d %s\n", n, lines.Text())
	}
	return lines.Err()
}
