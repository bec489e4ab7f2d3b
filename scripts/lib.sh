# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
#
# What the scripts share: where things are, how to talk, and the few operations
# on the work tree that more than one of them needs. Sourced, not run.

set -euo pipefail
shopt -s inherit_errexit

# Sorting, messages and dates don't depend on the user's language.
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VERB=$(basename "$0")
BUILD=$ROOT/build
TREE=$BUILD/linux
OBJ=$BUILD/obj
# shellcheck source=../kernel/base.env
. "$ROOT/kernel/base.env"

# A hook or an alias of the caller must not point git at another repository.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY

say() { printf '%s: %s\n' "$VERB" "$*" >&2; }
die() {
	printf '%s: %s\n' "$VERB" "$*" >&2
	exit 1
}
usage() {
	printf 'usage: scripts/%s %s\n' "$VERB" "$*" >&2
	exit 2
}

# need TOOL...: all of them are there, or one sentence names those that aren't.
need() {
	local tool missing=()
	for tool; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] ||
		die "not found: ${missing[*]}: run scripts/install-deps ('make deps')"
}

# need_space DIR MIB: the file system of DIR has as much left.
need_space() {
	local free
	mkdir -p "$1"
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] ||
		die "too little disk space in $1: $free MiB free, $2 MiB needed"
}

# Only one build at a time: two would fight for the CPUs and for the files.
lock() {
	mkdir -p "$BUILD"
	exec {LOCK_FD}>"$BUILD/.lock.$1"
	if ! flock -n "$LOCK_FD"; then
		say "waiting for another scripts/ command that uses $1"
		flock "$LOCK_FD"
	fi
}

# elapsed SINCE: "4 min 12 s", with SINCE a value of $SECONDS.
elapsed() {
	local s=$((SECONDS - $1))
	if [ $s -ge 60 ]; then
		echo "$((s / 60)) min $((s % 60)) s"
	else
		echo "$s s"
	fi
}

hash_stdin() { sha256sum | cut -c1-40; }

git_tree() { git -C "$TREE" "$@"; }

# Is there a work tree with both branches?
have_tree() {
	[ -d "$TREE/.git" ] &&
		git_tree rev-parse -q --verify refs/heads/base >/dev/null &&
		git_tree rev-parse -q --verify refs/heads/series >/dev/null
}

# kernel_version DIR: 6.12.117, or nothing if DIR isn't a kernel tree.
kernel_version() {
	[ -f "$1/Makefile" ] || return 0
	awk '/^VERSION = /{v=$3} /^PATCHLEVEL = /{p=$3} /^SUBLEVEL = /{s=$3}
	     END {if (v != "" && p != "") print v "." p "." s}' "$1/Makefile"
}

# series_files DIR: the patches in their order, as paths.
series_files() {
	local dir=$1 name
	[ -f "$dir/series" ] || return 0
	while read -r name; do
		case $name in '' | '#'*) continue ;; esac
		[ -f "$dir/$name" ] || die "${dir#"$ROOT"/}/series names $name, which isn't there"
		echo "$dir/$name"
	done <"$dir/series"
}

# patches_hash DIR: changes when a patch or their order does.
patches_hash() {
	local files
	mapfile -t files < <(series_files "$1")
	{
		printf '%s\n' "${files[@]##*/}"
		[ ${#files[@]} -eq 0 ] || cat "${files[@]}"
	} | hash_stdin
}

# apply_patches BASE DIR: turns DIR's patches into commits on top of BASE, as
# git am does (no fuzz) but without a work tree, so that nothing half-made can be
# left. Prints one commit a line. The committer is the author, at the author's
# date: the same patches on the same base are the same commits.
apply_patches() {
	local tmp files
	files=$(series_files "$2") || return 1
	tmp=$(mktemp -d)
	(
		trap 'rm -rf "$tmp"' EXIT
		export GIT_INDEX_FILE=$tmp/index
		parent=$(git_tree rev-parse "$1^{commit}") || exit 1
		git_tree read-tree "$1" || exit 1
		for file in $files; do
			parent=$(apply_one "$file" "$parent" "$tmp") || exit 1
			echo "$parent"
		done
	)
}

# apply_one PATCH PARENT TMP: one step of it.
apply_one() {
	local patch=$1 parent=$2 tmp=$3 name=${1#"$ROOT"/} tree field=()
	git_tree mailinfo --encoding=UTF-8 "$tmp/msg" "$tmp/patch" <"$patch" >"$tmp/info" 2>"$tmp/err" ||
		die "$name isn't a patch from git format-patch"
	mapfile -t field < <(sed -n 's/^Author: //p; s/^Email: //p; s/^Subject: //p; s/^Date: //p' "$tmp/info")
	[ ${#field[@]} -eq 4 ] || die "$name lacks an author, a subject or a date"
	git_tree apply --cached --whitespace=nowarn "$tmp/patch" 2>"$tmp/err" ||
		die "$name doesn't apply to Linux $(base_version): $(sed -n 's/^error: //p' "$tmp/err" | head -1)"
	tree=$(git_tree write-tree) || die "$name: git write-tree failed"
	{
		printf '%s\n\n' "${field[2]}"
		cat "$tmp/msg"
	} | git_tree stripspace >"$tmp/commit"
	GIT_AUTHOR_NAME=${field[0]} GIT_AUTHOR_EMAIL=${field[1]} GIT_AUTHOR_DATE=${field[3]} \
		GIT_COMMITTER_NAME=${field[0]} GIT_COMMITTER_EMAIL=${field[1]} GIT_COMMITTER_DATE=${field[3]} \
		git_tree commit-tree "$tree" -p "$parent" -F "$tmp/commit"
}

# git_plain ARG...: git on the tree with nothing of the user's configuration that
# changes what it prints.
git_plain() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C "$TREE" \
		-c diff.algorithm=myers -c diff.renames=true -c diff.noprefix=false \
		-c diff.mnemonicPrefix=false -c diff.context=3 -c diff.interHunkContext=0 \
		-c core.quotePath=true -c tar.umask=0022 -c format.useAutoBase=false -c diff.indentHeuristic=true \
		-c diff.suppressBlankEmpty=false "$@"
}

# format_patches BASE TIP DIR: the series as files, and the list of them.
format_patches() {
	mkdir -p "$3"
	git_plain format-patch -q --zero-commit --no-signature --no-numbered --full-index \
		--find-renames=50% --stat=72 --no-attach --no-thread --no-notes \
		--filename-max-length=64 -o "$3" "$1..$2"
	(cd "$3" && find . -name '*.patch' | sed 's,^\./,,' | sort >series)
}

# added_files BASE TIP DIR: every file that the series adds, at its path.
added_files() {
	local files
	mkdir -p "$3"
	mapfile -t files < <(git_plain diff --no-renames --diff-filter=A --name-only "$1" "$2")
	[ ${#files[@]} -eq 0 ] || git_plain archive "$2" -- "${files[@]}" | tar -x -C "$3"
}

# The version of the base branch.
base_version() {
	git_tree show base:Makefile | awk '/^VERSION = /{v=$3} /^PATCHLEVEL = /{p=$3}
		/^SUBLEVEL = /{s=$3} END {print v "." p "." s}'
}

# The work tree's state as one hash: what is committed and what is edited.
tree_state() {
	local tree file
	tree=$(git_tree rev-parse 'HEAD^{tree}')
	if [ -z "$(git_tree status --porcelain)" ]; then
		echo "$tree"
		return
	fi
	{
		echo "$tree"
		git_tree diff --no-ext-diff --binary HEAD
		git_tree ls-files -o --exclude-standard | while read -r file; do
			echo "$file"
			cat "$TREE/$file"
		done
	} | hash_stdin
}

# The fragments of a configuration, in order.
fragments_of() {
	case $1 in
	guest) echo guest checkpoint kunit ;;
	off) echo guest off ;;
	walk) echo walk checkpoint ;;
	walk-off) echo walk off ;;
	debug) echo guest checkpoint kunit debug ;;
	peers | btf) echo guest checkpoint "$1" ;;
	*) die "no configuration '$1': guest, off, peers, debug, btf, walk, walk-off" ;;
	esac
}

# image_of CONFIG: the kernel that build-kernel leaves.
image_of() {
	fragments_of "$1" >/dev/null
	case $1 in
	guest) echo "$BUILD/bzImage" ;;
	*) echo "$BUILD/bzImage-$1" ;;
	esac
}

# last_words FILE...: one line for each option, the last one that names it.
last_words() {
	awk 'function put(k) { if (!(k in val)) order[n++] = k; val[k] = $0 }
	     /^CONFIG_[A-Za-z0-9_]+=/ { k = $0; sub(/=.*/, "", k); put(k) }
	     /^# CONFIG_[A-Za-z0-9_]+ is not set$/ { put($2) }
	     END { for (i = 0; i < n; i++) print val[order[i]] }' "$@"
}

# merge_config SRC OBJDIR CONFIG: writes OBJDIR/.config from tinyconfig and the
# fragments, and names every option that was asked for and didn't survive.
merge_config() {
	local src=$1 obj=$2 config=$3 frag files=() opt lost=()
	for frag in $(fragments_of "$config"); do
		files+=("$ROOT/configs/$frag.config")
	done
	mkdir -p "$obj"
	last_words "$src/kernel/configs/tiny-base.config" "$src/kernel/configs/tiny.config" \
		"$src/arch/x86/configs/tiny.config" "${files[@]}" >"$obj/.requested"
	if ! make -s -C "$src" O="$obj" KCONFIG_ALLCONFIG="$obj/.requested" allnoconfig \
		>"$obj/.merge.log" 2>&1; then
		cat "$obj/.merge.log" >&2
		die "configuration $config: the kernel's Kconfig failed"
	fi
	while read -r opt; do
		# A tree without the series, or with its first patches, is fine.
		case $opt in
		CONFIG_CHECKPOINT_RESTART*)
			if ! grep -qsx "config ${opt#CONFIG_}" "$src/checkpoint/Kconfig"; then
				say "configuration $config: this tree doesn't know $opt: left out"
				continue
			fi
			;;
		esac
		lost+=("$opt")
	done < <(lost_options "$obj/.config" "${files[@]}")
	[ ${#lost[@]} -eq 0 ] ||
		die "configuration $config: Kconfig dropped ${lost[*]}: see what they depend on"
}

# lost_options DOTCONFIG FRAGMENT...: what the fragments ask for and isn't so.
lost_options() {
	local dotconfig=$1
	shift
	awk 'NR == FNR { have[$0] = 1; k = $0; sub(/=.*/, "", k); if ($0 !~ /^#/) on[k] = 1; next }
	     /^CONFIG_/ && !($0 in have) { sub(/=.*/, ""); print }
	     /^# CONFIG_/ && ($2 in on) { print $2 }' "$dotconfig" <(last_words "$@")
}

# kmake SRC OBJDIR CONFIG TARGET...: the kernel's make, with nothing in it that
# changes from one machine or hour to the next. Most objects of one configuration,
# or of one patch, are those of the other, which is why there is a cache of them.
kmake() {
	local src=$1 obj=$2 config=$3
	shift 3
	CCACHE_DIR=$BUILD/ccache CCACHE_MAXSIZE=4G CCACHE_BASEDIR=$BUILD \
		CCACHE_NOHASHDIR=1 CCACHE_COMPRESSLEVEL=1 \
		make CC='ccache gcc' -C "$src" O="$obj" -j"${JOBS:-$(nproc)}" LOCALVERSION="-cr-$config" \
		KBUILD_BUILD_USER=cr KBUILD_BUILD_HOST=cr KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_TIMESTAMP="$BASE_DATE" "$@"
}

# What a healthy kernel never says on its console.
SPLAT='BUG:|WARNING:|KASAN:|UBSAN:|INFO: (task|rcu)|possible recursive|suspicious RCU|unreferenced object|Kernel panic|Oops:'
