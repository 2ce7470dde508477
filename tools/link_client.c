/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/link_client.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi/status.h"
#include "tools/elf_file.h"
#include "tools/link_socket.h"
#include "tools/source.h"

#define PATIENCE_S 40 /* longer than the link needs to find that nobody answers */

static _Noreturn void fail_silent(void)
{
	fail("the link is gone: the run has ended, or the monitor was restarted or does not answer; the console says which");
}

void link_say(int fd, const void *data, size_t n)
{
	const char *from = data;

	while (n) {
		ssize_t done = send(fd, from, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			fail_silent();
		from += done;
		n -= (size_t)done;
	}
}

void link_hear(int fd, void *data, size_t n)
{
	char *to = data;

	while (n) {
		ssize_t done = recv(fd, to, n, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			fail_silent();
		to += done;
		n -= (size_t)done;
	}
}

static int connect_to_run(const struct plan *p)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd;

	if (!link_is_described(p))
		fail("%s has no link: give it a monitor, and the channels %s and %s between that and the console (docs/debugging.md)", p->dts,
		     BH_LINK_IN, BH_LINK_OUT);
	fd = link_connect_to(link_path(p));
	if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED))
		fail("%s does not run: start it with `bulkhead run %s`, in another terminal", p->name, p->folder);
	if (fd < 0)
		fail("cannot reach %s by %s: %s", p->name, link_path(p), strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

int link_open(const struct plan *p, enum bh_link_channel channel)
{
	static const char *const names[BH_LINK_CHANNELS] = { "bulkhead", "bulkhead gdb", "bulkhead dump" };
	int fd = connect_to_run(p);
	uint8_t ask = (uint8_t)channel, answer, version;

	link_say(fd, &ask, 1);
	link_hear(fd, &answer, 1);
	switch ((enum link_answer)answer) {
	case LINK_OPEN: return fd;
	case LINK_BUSY: fail("another `%s` is at work on %s; end that first", names[channel], p->name);
	case LINK_SILENT: fail("the monitor of %s does not answer: does it run? The console says why a partition stopped", p->name);
	case LINK_VERSION:
		link_hear(fd, &version, 1);
		fail("the monitor of %s speaks version %u of the link, this program %u: build both from one source", p->name, version, BH_LINK_VERSION);
	case LINK_WRONG: break;
	}
	fail("`bulkhead run` is of another version: it does not know channel %u", channel);
}

static const char *status_text(int32_t status)
{
	switch (status) {
	case BH_E_UNKNOWN: return "it does not know this request";
	case BH_E_RIGHT: return "it has no right to inspect that partition";
	case BH_E_ARG: return "it knows no such partition, or no such part of a dump";
	case BH_E_STATE: return "not in the state that the partition is in now";
	case BH_E_AGAIN: return "there is no dump";
	default: return text("status %d", status);
	}
}

struct bh_link_reply link_ask(int fd, struct bh_link_request request, const struct part *part, struct bytes *more)
{
	struct bh_link_reply r;

	if (part)
		snprintf(request.name, sizeof(request.name), "%s", part->name);
	link_say(fd, &request, sizeof(request));
	link_hear(fd, &r, sizeof(r));
	if (r.ask != request.ask || r.bytes > MIB)
		fail("the monitor's answer makes no sense: to request %u it answers %u, with %u bytes", request.ask, r.ask, r.bytes);
	more->n = 0;
	link_hear(fd, bytes_add(more, NULL, r.bytes), r.bytes);
	if (r.status != BH_OK)
		fail("%s: the monitor says: %.*s", part ? part->name : "link", r.bytes ? (int)r.bytes : (int)strlen(status_text(r.status)),
		     r.bytes ? (const char *)more->at : status_text(r.status));
	return r;
}

struct bh_link_partition link_look(const struct plan *p, const struct part *part)
{
	int fd = link_open(p, BH_LINK_CONTROL);
	struct bh_link_partition one;
	struct bytes all = { 0 };

	link_ask(fd, (struct bh_link_request){ .ask = BH_LINK_LIST }, NULL, &all);
	close(fd);
	for (size_t at = 0; at + sizeof(one) <= all.n; at += sizeof(one)) {
		memcpy(&one, all.at + at, sizeof(one));
		one.name[sizeof(one.name) - 1] = 0;
		if (strcmp(one.name, part->name) == 0)
			return one;
	}
	fail("the system that runs has no partition %s: it was built from another description; start it anew", part->name);
}

const char *link_symbols(const struct plan *p, const struct part *part)
{
	const char *path = part->image ? source_find(p, part->image) : NULL;
	struct bytes b = { 0 };
	Elf64_Shdr s;

	if (!path || !file_read(path, &b) || !elf_is(&b) || elf_check(&b))
		return NULL;
	for (uint32_t i = 0; i < elf_header(&b).e_shnum; i++) {
		uint64_t at = elf_header(&b).e_shoff + i * sizeof(s);

		if (at > b.n || b.n - at < sizeof(s))
			break;
		memcpy(&s, b.at + at, sizeof(s));
		if (s.sh_type == SHT_SYMTAB)
			return path;
	}
	return NULL;
}

const char *link_quote(const char *word)
{
	struct bytes b = { 0 };

	bytes_add(&b, "'", 1);
	for (; *word; word++) {
		if (*word == '\'')
			bytes_add(&b, "'\\'", 3);
		bytes_add(&b, word, 1);
	}
	bytes_add(&b, "'", 2);
	return (const char *)b.at;
}

const char *link_gdb(void)
{
	if (program_exists("gdb-multiarch"))
		return "gdb-multiarch";
	if (!program_exists("gdb"))
		fail("there is no gdb-multiarch; `make setup` installs it");
	return "gdb"; /* outside Debian it knows all processors itself */
}
