// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile IMAGE [ARGUMENT]...: damages an image in every record and at every
 * border and tries to restart each of the results.
 *
 * First the damage is plain: a bit is flipped, or the end is cut off. Both
 * forms of restart must fail with one of the errnos of a bad image. Then the
 * damaged record and the tail are sealed again with right checksums: as a child
 * it may then be restarted or not, but nothing else may happen. Either way the
 * caller must be the same afterwards and have no child.
 */
#include <sys/wait.h>

#include <linux/checkpoint_hdr.h>

#include "cr_test.h"

#define MAX_RECORDS	20000
#define MAX_FLIPS	12

static uint8_t *image;
static size_t image_len;
static size_t rec[MAX_RECORDS];	/* offsets of the records */
static size_t nr_rec;
static char *scratch_path;
static int scratch = -1;
static unsigned long nr_tried, nr_restarted;

static uint32_t crc_table[256];

static uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		crc = crc_table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}

static void crc32c_init(void)
{
	uint32_t i, j, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (j = 0; j < 8; j++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78 : 0);
		crc_table[i] = crc;
	}
}

#define XXP1	0x9e3779b185ebca87ULL
#define XXP2	0xc2b2ae3d27d4eb4fULL
#define XXP3	0x165667b19e3779f9ULL
#define XXP4	0x85ebca77c2b2ae63ULL
#define XXP5	0x27d4eb2f165667c5ULL

static uint64_t rotl(uint64_t x, int r)
{
	return (x << r) | (x >> (64 - r));
}

static uint64_t xx_round(uint64_t acc, uint64_t in)
{
	return rotl(acc + in * XXP2, 31) * XXP1;
}

static uint64_t xx_merge(uint64_t acc, uint64_t val)
{
	return (acc ^ xx_round(0, val)) * XXP1 + XXP4;
}

/* xxh64, seed 0, of a whole number of 8 byte words. */
static uint64_t xxh64(const void *data, size_t len)
{
	uint64_t v[4] = { XXP1 + XXP2, XXP2, 0, -XXP1 }, h, w;
	const uint8_t *p = data, *end = p + len;
	int i;

	if (len >= 32) {
		for (; p + 32 <= end; p += 32) {
			for (i = 0; i < 4; i++) {
				memcpy(&w, p + 8 * i, 8);
				v[i] = xx_round(v[i], w);
			}
		}
		h = rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18);
		for (i = 0; i < 4; i++)
			h = xx_merge(h, v[i]);
	} else {
		h = XXP5;
	}
	h += len;
	for (; p + 8 <= end; p += 8) {
		memcpy(&w, p, 8);
		h = rotl(h ^ xx_round(0, w), 27) * XXP1 + XXP4;
	}
	h = (h ^ (h >> 33)) * XXP2;
	h = (h ^ (h >> 29)) * XXP3;
	return h ^ (h >> 32);
}

static struct cr_hdr *hdr_at(size_t off)
{
	return (struct cr_hdr *)(image + off);
}

static uint32_t record_csum(size_t off)
{
	struct cr_hdr *h = hdr_at(off), copy = *h;
	uint32_t crc;

	copy.csum = 0;
	crc = crc32c(~0U, &copy, sizeof(copy));
	return ~crc32c(crc, h + 1, h->len);
}

static uint64_t stream_digest(void)
{
	struct cr_hdr *all = calloc(nr_rec, sizeof(*all));
	uint64_t digest;
	size_t i;

	cr_setup(all, "calloc");
	for (i = 0; i + 1 < nr_rec; i++)
		all[i] = *hdr_at(rec[i]);
	digest = xxh64(all, (nr_rec - 1) * sizeof(*all));
	free(all);
	return digest;
}

static struct cr_hdr_tail *tail(void)
{
	return (struct cr_hdr_tail *)(image + rec[nr_rec - 1] + sizeof(struct cr_hdr));
}

static void load_image(const char *path)
{
	struct stat st;
	size_t off = 0;
	int fd = cr_open(path, O_RDONLY);

	cr_setup(!fstat(fd, &st), "fstat");
	image_len = st.st_size;
	image = malloc(image_len);
	cr_setup(image && read(fd, image, image_len) == (ssize_t)image_len, "read %s", path);
	close(fd);
	while (off < image_len) {
		struct cr_hdr *h = hdr_at(off);

		cr_check(off + sizeof(*h) <= image_len && nr_rec < MAX_RECORDS,
			 "a record at %#zx of %#zx", off, image_len);
		cr_check(h->csum == record_csum(off), "checksum of the record at %#zx: %#x, want %#x",
			 off, h->csum, record_csum(off));
		rec[nr_rec++] = off;
		off += sizeof(*h) + h->len;
		if (h->type == CR_HDR_PGARR)
			off += 4096UL * ((struct cr_hdr_pgarr *)(h + 1))->nr_pages;
	}
	cr_check(off == image_len, "the records end at %#zx, the image at %#zx", off, image_len);
	cr_check(hdr_at(rec[nr_rec - 1])->type == CR_HDR_TAIL, "the last record is no tail");
	cr_check(tail()->digest == stream_digest(), "digest in the tail");
}

/* What the caller is; it must be the same after every failed restart. */
static uint64_t self_memory[512];
static sigset_t self_mask;
static pid_t self_pid;

static void self_setup(void)
{
	cr_fill(self_memory, sizeof(self_memory), 42);
	sigemptyset(&self_mask);
	sigaddset(&self_mask, SIGUSR2);
	cr_setup(!sigprocmask(SIG_SETMASK, &self_mask, NULL), "sigprocmask");
	self_pid = getpid();
}

static void self_check(const char *what, size_t where)
{
	sigset_t now;

	cr_check(getpid() == self_pid, "%s %#zx: another pid", what, where);
	cr_check(cr_verify(self_memory, sizeof(self_memory), 42) < 0, "%s %#zx: memory", what, where);
	cr_check(!sigprocmask(SIG_SETMASK, NULL, &now) && sigismember(&now, SIGUSR2) == 1 &&
		 !sigismember(&now, SIGUSR1), "%s %#zx: signal mask", what, where);
	cr_check(fcntl(scratch, F_GETFD) >= 0, "%s %#zx: descriptors", what, where);
	cr_check(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "%s %#zx: a child is left",
		 what, where);
}

static long try_restart(unsigned long flags)
{
	struct restart_fdmap map[] = { { 0, 0 }, { 1, 1 }, { 2, 2 } };
	struct restart_args ra = {
		.log_fd = -1,
		.nr_inherit = CR_ARRAY_SIZE(map),
		.inherit = (uintptr_t)map,
	};

	nr_tried++;
	cr_setup(!lseek(scratch, 0, SEEK_SET), "lseek");
	return syscall(__NR_restart, 0, scratch, flags | RESTART_ARGS, &ra, sizeof(ra));
}

static bool bad_image_errno(int err)
{
	switch (err) {
	case EBADMSG:
	case EPROTO:
	case ENODATA:
		return true;
	}
	return false;
}

/* Both forms must refuse what is in the scratch file. */
static void must_fail(const char *what, size_t where)
{
	static const unsigned long forms[] = { RESTART_CHILD, 0 };
	size_t i;
	long ret;

	for (i = 0; i < CR_ARRAY_SIZE(forms); i++) {
		ret = try_restart(forms[i]);
		cr_check(ret < 0, "%s %#zx: restarted, flags %#lx", what, where, forms[i]);
		cr_check(bad_image_errno(errno), "%s %#zx: %s, flags %#lx", what, where,
			 strerrorname_np(errno), forms[i]);
		self_check(what, where);
	}
}

static void scratch_write(size_t off, size_t len)
{
	cr_setup(pwrite(scratch, image + off, len, off) == (ssize_t)len, "pwrite %s", scratch_path);
}

static void flip(size_t off)
{
	image[off] ^= 1 << (cr_mix(off) & 7);
}

static void flip_plain(size_t off)
{
	flip(off);
	scratch_write(off, 1);
	must_fail("bit flipped at", off);
	flip(off);
	scratch_write(off, 1);
}

/* Offsets of a record's payload to damage: all, or some of many. */
static size_t flip_step(size_t len)
{
	return len <= MAX_FLIPS ? 1 : len / MAX_FLIPS;
}

static void damage_plain(void)
{
	size_t i, off, end, step;

	for (i = 0; i < nr_rec; i++) {
		for (off = rec[i]; off < rec[i] + sizeof(struct cr_hdr); off += 4)
			flip_plain(off);
		end = i + 1 < nr_rec ? rec[i + 1] : image_len;
		step = flip_step(end - off);
		for (; off < end; off += step)
			flip_plain(off);
	}
}

/* Cuts the image at every border and in the middle of every record. */
static void damage_cut(void)
{
	size_t i, end = image_len, cuts[3], j;

	for (i = nr_rec; i-- > 0; end = rec[i]) {
		cuts[0] = end - 1;
		cuts[1] = rec[i] + sizeof(struct cr_hdr) / 2;
		cuts[2] = rec[i];
		for (j = 0; j < CR_ARRAY_SIZE(cuts); j++) {
			cr_setup(!ftruncate(scratch, cuts[j]), "ftruncate");
			must_fail("cut at", cuts[j]);
		}
	}
	scratch_write(0, image_len);
}

static void seal(size_t i)
{
	size_t last = rec[nr_rec - 1];

	hdr_at(rec[i])->csum = record_csum(rec[i]);
	tail()->digest = stream_digest();
	hdr_at(last)->csum = record_csum(last);
	scratch_write(rec[i], sizeof(struct cr_hdr));
	scratch_write(last, image_len - last);
}

/* One damaged byte under right checksums. */
static void flip_sealed(size_t i, size_t off)
{
	struct cr_hdr old = *hdr_at(rec[i]);
	int status;
	long pid;

	flip(off);
	scratch_write(off, 1);
	seal(i);
	pid = try_restart(RESTART_CHILD);
	if (pid >= 0) {
		nr_restarted++;
		cr_check(pid > 0, "sealed %#zx: restart returned 0", off);
		kill(pid, SIGKILL);
		cr_check(waitpid(pid, &status, __WALL) == pid, "sealed %#zx: no child %ld: %m", off, pid);
	}
	self_check("sealed", off);
	flip(off);
	*hdr_at(rec[i]) = old;
	scratch_write(off, 1);
	seal(i);
}

static void damage_sealed(void)
{
	size_t i, off, end, step;

	/* The tail is its own seal. */
	for (i = 0; i + 1 < nr_rec; i++) {
		off = rec[i] + sizeof(struct cr_hdr);
		end = off + hdr_at(rec[i])->len;
		step = flip_step(end - off);
		for (; off < end; off += step)
			flip_sealed(i, off);
	}
}

int main(int argc, char **argv)
{
	crc32c_init();
	load_image(cr_arg(argc, argv, 1));
	cr_setup(asprintf(&scratch_path, "%s.damaged", argv[1]) > 0, "asprintf");
	scratch = open(scratch_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_setup(scratch >= 0, "open %s", scratch_path);
	scratch_write(0, image_len);
	self_setup();

	damage_plain();
	damage_cut();
	damage_sealed();
	unlink(scratch_path);
	cr_say("INFO records=%zu tried=%lu restarted=%lu", nr_rec, nr_tried, nr_restarted);
	cr_pass();
}
