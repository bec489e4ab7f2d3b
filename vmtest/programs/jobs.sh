# SPDX-License-Identifier: BSD-3-Clause
# Background jobs, a pipeline that lasts as long as they do, and wait for each.
collatz() {
	local x=$1
	steps=0
	while ((x != 1)); do
		((x % 2 ? (x = 3 * x + 1) : (x /= 2), steps++))
	done
}

numbers() {
	local n
	for ((n = $1; n <= $2; n++)); do
		collatz "$n"
		echo "$n $steps"
	done
}

totals() {
	local n steps total=0
	while read -r n steps; do
		((total += steps))
		echo "$n $steps $total"
	done
}

worker() {
	numbers $((100 * $1)) $((100 * $1 + 80)) >"worker.$1"
	exit $((20 + $1))
}

trap 'echo "told to stop"; exit 1' TERM
for w in 1 2 3 4; do
	worker $w &
	pids[w]=$!
done
# This one has ended long before anybody asks for its status.
(exit 7) &
early=$!
sum=0
while read -r _ _ n steps total; do
	((sum += steps))
	echo "pipeline $n $steps $total $sum"
done < <(numbers 1 200 | totals | sed -u 's/^/through sed /')
for w in 1 2 3 4; do
	wait "${pids[w]}"
	echo "worker $w: status $?"
	sed "s/^/worker $w: /" "worker.$w"
done
wait "$early"
echo "early: status $?"
numbers 1 40 | sort -k2,2n -k1,1n | tail -3
echo "done ${PIPESTATUS[*]}"
