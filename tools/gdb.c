/* SPDX-License-Identifier: Apache-2.0 */
/* gdb on one partition. gdb starts `bulkhead link` itself, and speaks its remote serial protocol through that. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/call.h"
#include "tools/debug.h"
#include "tools/link_client.h"

#define WORDS 256u

static _Noreturn void usage(const char *what)
{
	fprintf(stderr, "bulkhead: %s; `bulkhead --help` says how\n", what);
	exit(2);
}

/* SYSTEM PARTITION, and, where they may be, the words behind --. */
static const struct part *arguments(struct plan *(*plan)(const char *system), int argc, char **argv, struct plan **p, char ***rest)
{
	const char *words[2] = { NULL, NULL };
	int n = 0;

	if (rest)
		*rest = argv + argc;
	for (int i = 2; i < argc; i++) {
		if (rest && strcmp(argv[i], "--") == 0) {
			*rest = argv + i + 1;
			break;
		}
		if (argv[i][0] == '-' || n == 2)
			usage(text("%s takes a system and a partition, not %s", argv[1], argv[i]));
		words[n++] = argv[i];
	}
	if (n < 2)
		usage(text("%s takes a system and a partition", argv[1]));
	*p = plan(words[0]);
	return part_asked(*p, words[1]);
}

static void check_partition(const struct plan *p, const struct part *part)
{
	struct bh_link_partition now = link_look(p, part);

	if (!(now.flags & BH_LINK_MAY_INSPECT))
		fail("%s: the monitor may not inspect %s: add that to its `inspects` (docs/debugging.md)", p->dts, part->name);
	if (now.state == BH_RUN_OFF)
		fail("%s is off: there is nothing to debug; start it first", part->name);
}

static const char *transport(char **argv, const struct plan *p, const struct part *part)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		fail("cannot find this program, %s: %s", argv[0], strerror(errno));
	self[n] = 0;
	return text("target remote | %s link %s %s", link_quote(self), link_quote(p->dts), link_quote(part->name));
}

int gdb_main(struct plan *(*plan)(const char *system), int argc, char **argv)
{
	const char *words[WORDS], *symbols;
	uint32_t n = 0;
	struct plan *p;
	char **rest;
	const struct part *part = arguments(plan, argc, argv, &p, &rest);

	words[n++] = link_gdb();
	check_partition(p, part);
	symbols = link_symbols(p, part);
	words[n++] = "-q";
	if (symbols)
		words[n++] = symbols;
	else
		fprintf(stderr, "bulkhead: %s of %s has no symbols; in gdb, `file` takes those of a file that has\n", part->image, part->name);
	words[n++] = "-iex";
	words[n++] = "set architecture aarch64";
	words[n++] = "-ex";
	words[n++] = "set remotetimeout 20"; /* the monitor may have to wait for its window */
	words[n++] = "-ex";
	words[n++] = transport(argv, p, part);
	for (; *rest && n < WORDS - 1; rest++)
		words[n++] = *rest;
	words[n] = NULL;
	fprintf(stderr, "bulkhead: %s stands still while gdb has it, and goes on when gdb ends\n", part->name);
	execvp(words[0], (char *const *)(uintptr_t)words);
	fail("cannot run %s: %s", words[0], strerror(errno));
}

/* --- the bridge --- */

static bool leaves; /* gdb has said that it goes */

/* "$D" and "$k" only ever begin a packet: elsewhere in gdb's protocol a $ is escaped. */
static void look(const char *data, size_t n)
{
	leaves = leaves || memmem(data, n, "$D", 2) || memmem(data, n, "$k", 2) || memmem(data, n, "$vKill", 6);
}

/* False: it has ended. */
static bool carry(int from, int to, bool to_socket)
{
	char data[4096];
	ssize_t n = read(from, data, sizeof(data)), done;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (to_socket)
		look(data, (size_t)n);
	for (const char *at = data; n > 0; at += done, n -= done) {
		done = to_socket ? send(to, at, (size_t)n, MSG_NOSIGNAL) : write(to, at, (size_t)n);
		if (done < 0 && errno == EINTR)
			done = 0;
		if (done < 0)
			return false;
		if (n == done)
			return true;
	}
	return false;
}

/* 0: gdb has ended it; 1: the other end has. */
static int bridge(int fd)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents && !carry(0, fd, true))
			return 0;
		if (fds[1].revents && !carry(fd, 1, false))
			return leaves ? 0 : 1;
	}
}

int link_main(struct plan *(*plan)(const char *system), int argc, char **argv)
{
	struct bytes more = { 0 };
	struct plan *p;
	const struct part *part = arguments(plan, argc, argv, &p, NULL);
	int fd, status;

	signal(SIGINT, SIG_IGN); /* it is for gdb, which says so in its protocol */
	signal(SIGPIPE, SIG_IGN);
	fd = link_open(p, BH_LINK_GDB);
	link_ask(fd, (struct bh_link_request){ .ask = BH_LINK_SELECT }, part, &more);
	status = bridge(fd);
	if (status)
		fprintf(stderr, "bulkhead: %s: the link is gone: the run has ended, or the monitor has closed it; the console says why\n", part->name);
	return status;
}
