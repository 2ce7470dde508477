/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last crash dump of a partition, from the monitor to a core file. It comes in ranges, each with a CRC; the file
 * has its name only when all of it is there.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/bh_frame.h"
#include "tools/debug.h"
#include "tools/link_client.h"

/* NT_PRSTATUS of arm64 Linux: x0 to x30, sp, pc, pstate from here on. */
#define PRSTATUS_REGISTERS 112u
#define PRSTATUS_BYTES	   392u

struct dump {
	const struct plan *p;
	const struct part *part;
	int link;
	struct bh_link_dump about;
	const char *path, *new_path;
	int file;
};

static volatile sig_atomic_t stopped;
static const char *unfinished;

static void on_signal(int number)
{
	stopped = number;
}

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

/* One piece of the range; answers how much of that it was. */
static uint32_t piece(const struct dump *d, uint8_t *to, uint32_t room)
{
	struct bh_link_piece one;

	link_hear(d->link, &one, sizeof(one));
	if (one.bytes > room || one.zeros > room - one.bytes || one.bytes + one.zeros == 0)
		fail("%s: the dump makes no sense: a piece of %u bytes and %u zeros where %u are left", d->part->name, one.bytes, one.zeros, room);
	link_hear(d->link, to, one.bytes);
	memset(to + one.bytes, 0, one.zeros);
	return one.bytes + one.zeros;
}

static void range(const struct dump *d, uint64_t offset, uint32_t n, uint8_t *to)
{
	struct bytes more = { 0 };
	uint32_t crc;

	link_ask(d->link, (struct bh_link_request){ .ask = BH_LINK_DUMP_READ, .id = d->about.id, .offset = offset, .bytes = n }, d->part, &more);
	for (uint32_t at = 0; at < n;)
		at += piece(d, to + at, n - at);
	link_hear(d->link, &crc, sizeof(crc));
	if (crc != bh_frame_crc(to, n))
		fail("%s: bytes %llu to %llu of the dump are damaged: their CRC is %08x, not %08x; try again", d->part->name,
		     (unsigned long long)offset, (unsigned long long)(offset + n), bh_frame_crc(to, n), crc);
}

static bool is_zero(const uint8_t *data, uint32_t n)
{
	return n == 0 || (data[0] == 0 && memcmp(data, data + 1, n - 1) == 0);
}

static void keep(const struct dump *d, uint64_t offset, const uint8_t *data, uint32_t n)
{
	if (!is_zero(data, n) && pwrite(d->file, data, n, (off_t)offset) != (ssize_t)n)
		fail("cannot write %s: %s", d->new_path, strerror(errno));
}

static void check_head(const struct dump *d, const uint8_t *data, uint32_t n)
{
	Elf64_Ehdr h;

	if (n >= sizeof(h))
		memcpy(&h, data, sizeof(h));
	if (n < sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 || h.e_type != ET_CORE || h.e_machine != EM_AARCH64)
		fail("%s: what the monitor sends is no ELF core of AArch64", d->part->name);
}

static void progress(const struct dump *d, uint64_t at)
{
	if (isatty(2))
		fprintf(stderr, "\r%s: %.1f of %.1f MiB (%u %%) ", d->part->name, (double)at / (double)MIB, (double)d->about.bytes / (double)MIB,
			(unsigned)(at * 100 / d->about.bytes));
}

static void fetch(struct dump *d)
{
	static uint8_t data[BH_LINK_READ_MAX];

	for (uint64_t at = 0; at < d->about.bytes;) {
		uint32_t n = (uint32_t)min_u64(d->about.bytes - at, sizeof(data));

		range(d, at, n, data);
		if (at == 0)
			check_head(d, data, n);
		keep(d, at, data, n);
		at += n;
		progress(d, at);
		if (stopped)
			fail("%s: stopped at %llu of %llu bytes", d->part->name, (unsigned long long)at, (unsigned long long)d->about.bytes);
	}
	if (isatty(2))
		fputc('\n', stderr);
	if (ftruncate(d->file, (off_t)d->about.bytes) != 0 || fsync(d->file) != 0 || rename(d->new_path, d->path) != 0)
		fail("cannot write %s: %s", d->path, strerror(errno));
	unfinished = NULL;
}

/* --- what is in it, in short --- */

static void tell_vcpu(uint32_t number, const uint8_t *status)
{
	uint64_t x30, sp, pc;

	memcpy(&x30, status + PRSTATUS_REGISTERS + 30 * 8, 8);
	memcpy(&sp, status + PRSTATUS_REGISTERS + 31 * 8, 8);
	memcpy(&pc, status + PRSTATUS_REGISTERS + 32 * 8, 8);
	printf("  vCPU %u: pc 0x%llx, lr 0x%llx, sp 0x%llx\n", number, (unsigned long long)pc, (unsigned long long)x30, (unsigned long long)sp);
}

static void tell_notes(const uint8_t *notes, uint64_t n)
{
	Elf64_Nhdr h;
	uint32_t vcpu = 0;

	for (uint64_t at = 0; at + sizeof(h) <= n;) {
		uint64_t content;

		memcpy(&h, notes + at, sizeof(h));
		content = at + sizeof(h) + align_up(h.n_namesz, 4);
		if (content > n || h.n_descsz > n - content)
			return;
		if (h.n_type == NT_PRSTATUS && h.n_descsz >= PRSTATUS_BYTES)
			tell_vcpu(vcpu++, notes + content);
		at = content + align_up(h.n_descsz, 4);
	}
}

static void tell_registers(const struct dump *d)
{
	Elf64_Ehdr h;
	Elf64_Phdr ph;

	if (pread(d->file, &h, sizeof(h), 0) != sizeof(h))
		return;
	for (uint32_t i = 0; i < h.e_phnum; i++) {
		uint8_t *notes;

		if (pread(d->file, &ph, sizeof(ph), (off_t)(h.e_phoff + i * sizeof(ph))) != sizeof(ph))
			return;
		if (ph.p_type != PT_NOTE || ph.p_filesz > MIB)
			continue;
		notes = take(ph.p_filesz);
		if (pread(d->file, notes, ph.p_filesz, (off_t)ph.p_offset) == (ssize_t)ph.p_filesz)
			tell_notes(notes, ph.p_filesz);
	}
}

static void tell(const struct dump *d)
{
	const char *symbols = link_symbols(d->p, d->part);

	printf("%s: %llu bytes, of the %uth time that %s ended, %.3f s after the counter began\n", d->path, (unsigned long long)d->about.bytes,
	       d->about.ends, d->part->name, d->about.ticks_per_s ? (double)d->about.time / (double)d->about.ticks_per_s : 0.0);
	tell_registers(d);
	printf("to look at it: gdb-multiarch %s%s%s (bt, info threads, info registers)\n", symbols ? link_quote(symbols) : "", symbols ? " " : "-c ",
	       link_quote(d->path));
}

static void begin_file(struct dump *d)
{
	struct sigaction s = { .sa_handler = on_signal };

	d->new_path = text("%s.new", d->path);
	d->file = open(d->new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (d->file < 0)
		fail("cannot write %s: %s", d->new_path, strerror(errno));
	unfinished = d->new_path;
	atexit(remove_unfinished);
	sigaction(SIGINT, &s, NULL);
	sigaction(SIGTERM, &s, NULL);
	sigaction(SIGHUP, &s, NULL);
}

static _Noreturn void usage(const char *what)
{
	fprintf(stderr, "bulkhead: dump takes a system and a partition%s; `bulkhead --help` says how\n", what);
	exit(2);
}

int dump_main(struct plan *(*plan)(const char *system), int argc, char **argv)
{
	const char *system = NULL, *name = NULL;
	struct bytes more = { 0 };
	struct dump d = { .path = NULL };

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			d.path = argv[++i];
		else if (argv[i][0] == '-' || name)
			usage(text(", not %s", argv[i]));
		else if (!system)
			system = argv[i];
		else
			name = argv[i];
	}
	if (!name)
		usage("");
	d.p = plan(system);
	d.part = part_asked(d.p, name);
	if (!d.path)
		d.path = text("%s/%s.%s.core", d.p->tool, d.p->name, name);
	d.link = link_open(d.p, BH_LINK_DUMP);
	link_ask(d.link, (struct bh_link_request){ .ask = BH_LINK_DUMP_LOOK }, d.part, &more);
	if (more.n != sizeof(d.about))
		fail("%s: the monitor says %zu bytes about its dump; %zu were expected", name, more.n, sizeof(d.about));
	memcpy(&d.about, more.at, sizeof(d.about));
	if (d.about.bytes == 0)
		fail("%s: its dump is empty", name);
	begin_file(&d);
	fetch(&d);
	tell(&d);
	return 0;
}
