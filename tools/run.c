/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's serial line comes through this process, both ways: packets of the link are taken out of what it
 * says and put between what is typed. QEMU's own keys (Ctrl-A X, Ctrl-A C ...) are QEMU's, as ever: a packet's Ctrl-A is doubled, and
 * packets wait while QEMU takes keys for itself.
 */
#include "tools/run.h"

#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/run_child.h"
#include "tools/run_console.h"
#include "tools/run_link.h"
#include "tools/run_memory.h"
#include "tools/run_terminal.h"

#define ARGUMENTS     256u
#define INPUT_BYTES   8192u
#define CTRL_A	      0x01
#define PANIC_REST_MS 1000u /* so long after the first line of a panic the others are waited for */
#define NEVER_MS      BH_LINK_NEVER

enum outcome { SHOWN,
	       ENDED,
	       TIMEOUT,
	       STOPPED,
	       PANICKED };

struct run {
	struct run_child child;
	bool watched;	   /* --until, --timeout: nobody types */
	uint64_t deadline; /* NEVER_MS: none */
	uint64_t panic_end;
	struct run_console console;
	struct run_link link;

	bool keyboard;	   /* there may be keys */
	bool prefix;	   /* Ctrl-A was typed: the next key is QEMU's */
	bool qemu_listens; /* to all keys: Ctrl-A C was typed */
	uint8_t input[INPUT_BYTES];
	size_t n_input; /* for the machine, and not taken yet */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static void catch_signals(void)
{
	struct sigaction s = { .sa_handler = on_signal };

	sigaction(SIGINT, &s, NULL);
	sigaction(SIGTERM, &s, NULL);
	sigaction(SIGHUP, &s, NULL);
	s.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &s, NULL);
}

static void command(const struct plan *p, const char *image, const struct run_options *o, const char **argv)
{
	const char *const ours[] = { "-display", "none", "-serial", "mon:stdio", "-kernel", image };
	uint32_t n = 0;

	for (int at = 0; at < p->board.qemu_bytes && n < ARGUMENTS / 2; at += (int)strlen(p->board.qemu + at) + 1)
		argv[n++] = p->board.qemu + at;
	for (uint32_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		argv[n++] = ours[i];
	for (char **extra = o->extra; extra && *extra && n < ARGUMENTS - 1; extra++)
		argv[n++] = *extra;
	argv[n] = NULL;
}

/* --- what the machine hears --- */

static void add(struct run *r, uint8_t byte)
{
	r->input[r->n_input++] = byte;
}

/* What it does not take now is offered again. */
static void push(struct run *r)
{
	ssize_t n = r->n_input ? write(r->child.to, r->input, r->n_input) : 0;

	if (n > 0) {
		r->n_input -= (size_t)n;
		memmove(r->input, r->input + n, r->n_input);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		r->n_input = 0; /* it does not listen any more */
}

/* A zero would begin a packet. */
static void key(struct run *r, uint8_t c)
{
	if (c == 0 && r->link.path)
		return;
	if (r->prefix && (c == 'c' || c == 'C'))
		r->qemu_listens = !r->qemu_listens;
	r->prefix = !r->prefix && c == CTRL_A;
	add(r, c);
}

static bool takes_keys(const struct run *r)
{
	return r->keyboard && r->n_input < INPUT_BYTES / 2;
}

static void type(struct run *r)
{
	uint8_t keys[256];
	ssize_t n = read(0, keys, sizeof(keys));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	r->keyboard = n > 0;
	for (ssize_t i = 0; i < n; i++)
		key(r, keys[i]);
}

static bool takes_packets(const struct run *r)
{
	return !r->prefix && !r->qemu_listens && r->n_input + 2 * BH_WIRE_MAX <= INPUT_BYTES;
}

static void packets(struct run *r)
{
	uint8_t wire[BH_WIRE_MAX];
	uint32_t n;

	while (takes_packets(r) && (n = run_link_packet(&r->link, wire)))
		for (uint32_t i = 0; i < n; i++) {
			if (wire[i] == CTRL_A)
				add(r, CTRL_A);
			add(r, wire[i]);
		}
}

/* --- what it says --- */

static bool show(struct run *r, const char *data, size_t n)
{
	bool shown = n && run_console_text(&r->console, data, n);

	if (r->console.panic[0] && r->panic_end == NEVER_MS)
		r->panic_end = run_now_ms() + PANIC_REST_MS;
	return shown;
}

/* True: it is over, as *out says. */
static bool hear(struct run *r, enum outcome *out)
{
	char data[4096];
	ssize_t n = read(r->child.from, data, sizeof(data));
	size_t n_text;
	const char *said;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		said = run_link_silence(&r->link, &n_text);
		*out = show(r, said, n_text) ? SHOWN : ENDED;
		return true;
	}
	said = run_link_heard(&r->link, data, (size_t)n, &n_text);
	*out = SHOWN;
	return show(r, said, n_text);
}

static bool silent(struct run *r)
{
	size_t n_text;
	const char *said;

	if (run_now_ms() < run_link_silent_at(&r->link))
		return false;
	said = run_link_silence(&r->link, &n_text);
	return show(r, said, n_text);
}

/* --- the loop --- */

static int wait_ms(const struct run *r)
{
	uint64_t now = run_now_ms(), until = min_u64(r->deadline, run_link_silent_at(&r->link));

	if (takes_packets(r))
		until = min_u64(until, run_link_due(&r->link));
	if (r->watched)
		until = min_u64(until, r->panic_end);
	return until <= now ? 0 : (int)min_u64(until - now, 1000); /* a signal may come just before */
}

/* Everything is tried; poll() only says when. */
static void wait(const struct run *r)
{
	struct pollfd fds[3 + RUN_LINK_FDS];
	uint32_t n = 0;

	fds[n++] = (struct pollfd){ .fd = r->child.from, .events = POLLIN };
	if (takes_keys(r))
		fds[n++] = (struct pollfd){ .fd = 0, .events = POLLIN };
	if (r->n_input)
		fds[n++] = (struct pollfd){ .fd = r->child.to, .events = POLLOUT };
	n += run_link_poll(&r->link, fds + n);
	poll(fds, n, wait_ms(r));
}

static bool typed(void)
{
	struct pollfd keyboard = { .fd = 0, .events = POLLIN };

	return poll(&keyboard, 1, 0) > 0;
}

static enum outcome watch(struct run *r)
{
	enum outcome out;

	while (!stopped) {
		run_link_turn(&r->link);
		packets(r);
		push(r);
		wait(r);
		if (takes_keys(r) && typed())
			type(r);
		if (hear(r, &out))
			return out;
		if (silent(r))
			return SHOWN;
		if (r->watched && run_now_ms() >= r->panic_end)
			return PANICKED;
		if (run_now_ms() >= r->deadline)
			return TIMEOUT;
	}
	return STOPPED;
}

static void tell(const struct run *r, const struct run_options *o, enum outcome outcome)
{
	if (outcome == SHOWN)
		fprintf(stderr, "\nbulkhead: shown: %s\n", r->console.line);
	else if (outcome == TIMEOUT)
		fprintf(stderr, "\nbulkhead: %u s are over%s\n", o->timeout_s, o->until ? text("; not shown: %s", o->until) : "");
	else if (outcome == ENDED && o->until)
		fprintf(stderr, "\nbulkhead: QEMU has ended; not shown: %s\n", o->until);
	if (outcome != SHOWN && r->console.panic[0])
		fprintf(stderr, "\nbulkhead: the kernel has panicked: %s\n", r->console.panic);
}

/* @ended: QEMU's own exit status, where it has ended by itself. */
static int status_of(const struct run *r, const struct run_options *o, enum outcome outcome, int ended)
{
	if (outcome == SHOWN)
		return 0;
	if (r->console.panic[0])
		return RUN_PANICKED;
	if (outcome != ENDED || o->until)
		return 1;
	return r->watched ? 0 : ended;
}

static int run_machine(const struct plan *p, const char *const *argv, const struct run_options *o)
{
	static struct run r;
	enum outcome outcome;
	int ended = 0;

	r.watched = o->until || o->timeout_s;
	r.keyboard = !r.watched;
	r.panic_end = NEVER_MS;
	r.deadline = o->timeout_s ? run_now_ms() + o->timeout_s * 1000ull : NEVER_MS;
	run_console_begin(&r.console, o->until, o->log);
	catch_signals();
	run_link_begin(&r.link, p);
	r.child = run_child_start(argv, r.watched);
	if (!r.watched)
		run_terminal_take();
	outcome = watch(&r);
	if (outcome == ENDED)
		ended = run_child_ended(&r.child);
	else
		run_child_end(&r.child);
	run_link_end(&r.link);
	run_terminal_restore();
	run_console_end(&r.console);
	fflush(stdout);
	tell(&r, o, outcome);
	return status_of(&r, o, outcome, ended);
}

void run_check_pattern(const char *until)
{
	regex_t r;
	char why[256];
	int wrong = regcomp(&r, until, REG_EXTENDED | REG_NOSUB);

	if (wrong) {
		regerror(wrong, &r, why, sizeof(why));
		fprintf(stderr, "bulkhead: --until \"%s\" is no extended regular expression: %s\n", until, why);
		exit(2);
	}
	regfree(&r);
}

int run(const struct plan *p, const char *image, const struct run_options *o)
{
	const char *argv[ARGUMENTS + 8 + RUN_MEMORY_ARGUMENTS];
	int memory = -1, status;

	if (!p->board.qemu)
		fail("board %s is not run by QEMU: its /bulkhead has no `qemu`; start %s on the board", p->board.name, image);
	command(p, image, o, argv);
	if (!program_exists(argv[0]))
		fail("there is no program %s; `make setup` installs QEMU", argv[0]);
	if (!o->until && !o->timeout_s)
		fprintf(stderr, "bulkhead: starting %s; Ctrl-A X ends it\n", argv[0]);
	if (o->trace)
		memory = run_memory(p, argv);
	status = run_machine(p, argv, o);
	if (o->trace && !run_memory_trace(p, memory, o->trace) && !status)
		status = 1;
	return status;
}
