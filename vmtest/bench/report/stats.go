// SPDX-License-Identifier: BSD-3-Clause

// Package report turns measured figures into ratios, a table, a chart and notes.
package report

import (
	"slices"

	"linux-cr/vmtest/bench/plan"
)

// Series is what was measured of one thing, a value for each round.
type Series map[int]float64

// Median returns the median, 0 for nothing.
func (s Series) Median() float64 {
	v := make([]float64, 0, len(s))
	for _, x := range s {
		v = append(v, x)
	}
	return median(v)
}

// median is the middle value, or the mean of the two in the middle.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	mid := len(v) / 2
	if len(v)%2 == 1 {
		return v[mid]
	}
	return (v[mid-1] + v[mid]) / 2
}

// ratios divides two series round by round and returns the smallest and the
// largest quotient.
func ratios(a, b Series) (low, high float64) {
	var v []float64
	for round, x := range a {
		if y, ok := b[round]; ok && y != 0 {
			v = append(v, x/y)
		}
	}
	if len(v) == 0 {
		return 0, 0
	}
	return slices.Min(v), slices.Max(v)
}

// Data holds all figures of a run, by step and name.
type Data map[string]map[string]Series

// NewData sorts figures, without those of the rounds that warm up.
func NewData(figures []plan.Figure) Data {
	d := Data{}
	for _, f := range figures {
		if f.Round < 0 {
			continue
		}
		step := d[f.Step]
		if step == nil {
			step = map[string]Series{}
			d[f.Step] = step
		}
		if step[f.Name] == nil {
			step[f.Name] = Series{}
		}
		step[f.Name][f.Round] = float64(f.Value)
	}
	return d
}

// Get returns a series, nil when it wasn't measured.
func (d Data) Get(step, name string) Series { return d[step][name] }

// med is the median of a series.
func (d Data) med(step, name string) float64 { return d.Get(step, name).Median() }
