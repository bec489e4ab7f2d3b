# SPDX-License-Identifier: BSD-3-Clause
# Longest Collatz sequences, in shell arithmetic and without any other program.
best=0
n=1
while [ $n -le 300 ]; do
	x=$n
	steps=0
	while [ $x -ne 1 ]; do
		if [ $((x % 2)) -eq 0 ]; then
			x=$((x / 2))
		else
			x=$((3 * x + 1))
		fi
		steps=$((steps + 1))
	done
	if [ $steps -gt $best ]; then
		best=$steps
	fi
	if [ $((n % 10)) -eq 0 ]; then
		echo "$n $steps $best"
	fi
	n=$((n + 1))
done
echo "done $best"
