// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// hostile hands the image to a program that damages it everywhere and tries to
// restart from each of the damaged ones.
func (r *run) hostile(ctx context.Context) error {
	before := userTasks()
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	delete(before, r.pid)
	out, ws, err := r.g.command(ctx, append([]string{filepath.Join(workloadDir, "hostile"), r.image}, r.c.Args...))
	r.detail.WriteString(out)
	if err != nil {
		return err
	}
	if ws != 0 {
		return fmt.Errorf("hostile images: %s: %s", describe(ws), lastLine(out))
	}
	if left := r.g.leftovers(before); left != "" {
		return errors.New("failed restarts left processes behind: " + left)
	}
	// The undamaged image must be still good.
	if err := r.load(ctx, 0); err != nil {
		return err
	}
	return r.passLoaded(ctx)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndex(s, "\n")+1:]
}

// mutated alters the image so that it is valid and wrong. The restart must
// succeed and then either the workload's own verdict or the visible world must
// be red: a suite that takes the altered program for the old one sees nothing.
func (r *run) mutated(ctx context.Context) error {
	if err := r.saveKill(ctx); err != nil {
		return err
	}
	if err := r.mutate(); err != nil {
		return fmt.Errorf("altering the image: %w", err)
	}
	if err := r.load(ctx, 0); err != nil {
		return fmt.Errorf("the altered image is refused: %w", err)
	}
	err := r.passLoaded(ctx)
	var verdict *verdictError
	var seen *worldError
	var wait *waitError
	switch {
	case err == nil:
		return errors.New("nothing was seen of the alteration")
	case errors.As(err, &verdict) && verdict.word == "FAIL", errors.As(err, &seen),
		errors.As(err, &wait), errors.Is(err, errDied):
		return nil
	default:
		return err
	}
}
