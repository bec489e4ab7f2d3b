# SPDX-License-Identifier: BSD-3-Clause
# A build of many small steps: sources are generated, summed up, and put together
# in one file. Which of the steps is first is up to make and to the machine.
parts := $(shell seq -w 1 18)

.SECONDARY:
.PHONY: all
all: result
	@cat result

%.txt:
	@awk -v seed=$* 'BEGIN { for (i = 0; i < 2000; i++) { seed = (seed * 16807) % 2147483647; print seed } }' >$@

%.sum: %.txt
	@sha256sum <$< >$@ && read sum rest <$@ && echo "part $* $$sum"

result: $(parts:%=%.sum)
	@for part in $^; do read sum rest <$$part; echo "result $$part $$sum"; done >$@
