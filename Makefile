# SPDX-License-Identifier: BSD-3-Clause
# What there is to make; the work is in scripts/.

SHELL := /bin/bash
CONFIG ?= guest
GO = $(shell scripts/find-go)

.DEFAULT_GOAL := help
.PHONY: help deps apply series kernel tools demo vmtest test bench rootfs check-series lint clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

deps: ## install the Debian packages that are missing
	@scripts/install-deps

apply: ## make the kernel work tree, build/linux, from patches/
	@scripts/apply-series

series: ## write patches/ and kernel/tree/ from build/linux
	@scripts/export-series

kernel: ## build a kernel: build/bzImage, or CONFIG=debug|peers|off: build/bzImage-CONFIG
	@scripts/apply-series --auto
	@scripts/build-kernel $(CONFIG)

tools: ## build the cr command: build/bin/cr
	@scripts/build-tools

demo: deps kernel tools ## checkpoint a real program in a guest, kill it, restart it
	@scripts/demo

vmtest: deps kernel tools ## pass the tests: unit tests, then the suite in guests
	@scripts/build-kernel off
	@scripts/run-vmtest

bench: deps kernel tools ## measure: stop, write, restart, as ratios
	@scripts/run-bench

rootfs: deps ## Debian user land for guests: build/rootfs
	@scripts/make-rootfs

test: ## unit tests only
	@$(GO) test ./userspace/...

check-series: ## check every patch; FULL=1 builds and boots each
	@scripts/check-series

lint: ## checkers of Go and shell
	@scripts/lint

clean: ## remove what was built
	rm -rf build/obj build/check build/btf build/bzImage* build/bin build/vmtest
