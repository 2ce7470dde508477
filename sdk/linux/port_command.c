/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead-port: this partition's channels from a shell. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sdk/linux/bulkhead_port.h"
#include "sdk/linux/value_text.h"

#define LONGEST	 65536 /* bytes of a message on stdin; the channel's own limit is lower */
#define CHANNELS 64

enum status { /* of the command */
	      DONE = 0,
	      FAILED = 1,
	      USAGE = 2,
	      NOTHING = 3, /* in the time given */
	      NO_PEER = 4,
	      NO_BRIDGE = 5,
};

static const char help[] =
	"usage: bulkhead-port COMMAND …\n"
	"  list                          this partition's channels: kind, direction, sizes, where they are\n"
	"  send NAME [VALUE…]            send a message, write a sampling port's value, or give a notice (a signal);\n"
	"                                without VALUEs (and not for a signal) the message is stdin\n"
	"  recv NAME                     receive one message, request or notice, or wait for a new value, and print it\n"
	"  watch NAME                    the same for ever, each with its age, whether the sender runs or not\n"
	"  read NAME                     print a sampling port's value, new or not\n"
	"  call NAME [VALUE…]            send a request and print the reply\n"
	"  serve NAME COMMAND [ARG…]     run COMMAND for each request: it comes on stdin, its stdout is the reply\n"
	"  state NAME                    messages that wait, were dropped; does the other end run?\n"
	"  map NAME [OFFSET [VALUE…]]    shared memory: print it (64 bytes, or --count), or write VALUEs there\n"
	"options\n"
	"  -f, --format F    of VALUEs and of what is printed: text (default), raw, hex, u8 u16 u32 u64, i8 … i64, f32 f64;\n"
	"                    numbers are little-endian. map: u32 is the default, and it takes u32, u64, hex\n"
	"  -t, --timeout MS  how long to wait: send 1000, call 1000 (its most), recv and serve for ever; 0 only looks\n"
	"  -n, --count N     recv, watch, serve: end after N; map: bytes to print\n"
	"  -p, --wait-peer   recv: wait also while the sender does not run\n"
	"  -s, --stamp       recv, read: print the age before the message, and what is special\n"
	"  -F, --file PATH   send, call: the message is this file (-: stdin)\n"
	"  -l, --lines       send: each line of stdin is a message\n"
	"exit status: 0 done, 1 failed, 2 usage, 3 nothing (or no room) in time, 4 the other end does not run,\n"
	"             5 the bridge does not answer, or was restarted in the middle\n";

static struct options {
	const struct value_format *format;
	bool has_format, has_timeout, patient, stamp, lines;
	int timeout;
	long count; /* 0: no end */
	const char *file;
} options;

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "timeout", required_argument, NULL, 't' },
	{ "count", required_argument, NULL, 'n' },
	{ "file", required_argument, NULL, 'F' },
	{ "wait-peer", no_argument, NULL, 'p' },
	{ "stamp", no_argument, NULL, 's' },
	{ "lines", no_argument, NULL, 'l' },
	{ "hex", no_argument, NULL, 'x' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "bulkhead-port: %s: %s\n", what, why);
	return USAGE;
}

static int fail(const char *name, ssize_t answer)
{
	fprintf(stderr, "bulkhead-port: %s: %s\n", name, bulkhead_text((int)answer));
	switch (-answer) {
	case EAGAIN:
	case ETIMEDOUT: return NOTHING;
	case ENOTCONN: return NO_PEER;
	case EHOSTDOWN:
	case ECONNRESET: return NO_BRIDGE;
	default: return FAILED;
	}
}

static int timeout_or(int otherwise)
{
	return options.has_timeout ? options.timeout : otherwise;
}

/* --- list --- */

static const char *direction(const struct bulkhead_channel *c)
{
	switch (c->kind) {
	case BULKHEAD_SHARED: return c->sends ? "writes" : "reads";
	case BULKHEAD_CALL: return c->sends ? "calls" : "serves";
	default: return c->sends ? "to" : "from";
	}
}

static void print_channel(const struct bulkhead_channel *c)
{
	printf("%-20s %-9s %-6s %-16s", c->name, bulkhead_kind_name(c->kind), direction(c), *c->peer ? c->peer : "-");
	if (c->kind == BULKHEAD_SHARED) {
		printf(" %" PRIu64 " KiB at %#" PRIx64 "%s\n", c->size / 1024, c->address, c->uncached ? "" : ", cached by others");
		return;
	}
	printf(" %s", c->tty);
	if (c->bytes)
		printf(", %u bytes", c->bytes);
	if (c->kind == BULKHEAD_CALL)
		printf(", reply %u", c->reply_bytes);
	if (c->depth)
		printf(", depth %u", c->depth);
	if (c->period_us)
		printf(", valid %u us", c->period_us);
	if (c->size)
		printf(", window at %#" PRIx64, c->address);
	putchar('\n');
}

static int list(void)
{
	struct bulkhead_channel all[CHANNELS];
	int n = bulkhead_list(all, CHANNELS);

	if (n == 0)
		fprintf(stderr, "bulkhead-port: this partition has no channels (or /sys and /proc are not mounted)\n");
	for (int i = 0; i < n && i < CHANNELS; i++)
		print_channel(&all[i]);
	return n ? DONE : FAILED;
}

/* --- messages in --- */

static ssize_t read_whole(FILE *from, uint8_t *to, size_t room)
{
	size_t n = fread(to, 1, room, from);

	return ferror(from) ? -EIO : !feof(from) && fgetc(from) != EOF ? -EMSGSIZE
								       : (ssize_t)n;
}

/* Says what is wrong by itself, as parse_words() does. */
static ssize_t read_file(const char *path, uint8_t *to, size_t room)
{
	FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	ssize_t n = from ? read_whole(from, to, room) : -errno;

	if (from && from != stdin)
		fclose(from);
	if (n < 0)
		complain(path, n == -EMSGSIZE ? "is longer than any message" : strerror((int)-n));
	return n;
}

/* Words of the command line: texts with a space between, values one behind the other. */
static ssize_t parse_words(char **word, uint8_t *to, size_t room)
{
	bool text = options.format->kind == 't';
	size_t used = 0;

	for (; *word; word++) {
		bool ok = value_parse(options.format, *word, to, room, &used);

		if (ok && text && word[1])
			ok = value_parse(options.format, " ", to, room, &used);
		if (!ok) {
			fprintf(stderr, "bulkhead-port: \"%s\" is no %s\n", *word, options.format->name);
			return -EINVAL;
		}
	}
	return (ssize_t)used;
}

/* From words, a file, or stdin. -1: there is none, and it was said why. */
static ssize_t message_of(char **word, uint8_t *to, size_t room)
{
	ssize_t n = *word && !options.file ? parse_words(word, to, room) : read_file(options.file ? options.file : "-", to, room);

	return n < 0 ? -1 : n;
}

static int send_lines(struct bulkhead_port *p, const char *name)
{
	static uint8_t message[LONGEST];
	char *line = NULL;
	size_t room = 0;
	ssize_t n, answer = 0;

	while (answer == 0 && (n = getline(&line, &room, stdin)) >= 0) {
		size_t used = 0;

		if (n && line[n - 1] == '\n')
			line[--n] = 0;
		for (char *word = options.format->kind == 't' ? line : strtok(line, " \t"); word && *word;
		     word = options.format->kind == 't' ? NULL : strtok(NULL, " \t"))
			if (!value_parse(options.format, word, message, sizeof message, &used))
				return complain(word, "not in that format");
		answer = bulkhead_send(p, message, used, timeout_or(1000));
	}
	free(line);
	return answer ? fail(name, answer) : DONE;
}

static int send_one(struct bulkhead_port *p, const char *name, char **word)
{
	static uint8_t message[LONGEST];
	bool signal = bulkhead_about(p)->kind == BULKHEAD_SIGNAL;
	ssize_t n = signal ? 0 : message_of(word, message, sizeof message);
	int answer;

	if (n < 0)
		return USAGE;
	answer = bulkhead_send(p, message, (size_t)n, timeout_or(1000));
	return answer ? fail(name, answer) : DONE;
}

static int send_command(struct bulkhead_port *p, const char *name, char **word)
{
	return options.lines ? send_lines(p, name) : send_one(p, name, word);
}

/* --- messages out --- */

static void print_stamp(const struct bulkhead_message *m)
{
	printf("%" PRIu64 " us ago%s%s%s%s: ", m->age_ns / 1000, m->valid ? "" : ", invalid", m->fresh ? "" : ", read before",
	       m->lost ? ", after lost ones" : "", m->again ? ", again" : "");
}

/* False: nobody reads what is printed. */
static bool print_message(const struct bulkhead_port *p, const void *message, const struct bulkhead_message *m)
{
	if (bulkhead_about(p)->kind == BULKHEAD_SIGNAL) {
		puts("notice");
	} else {
		if (options.stamp)
			print_stamp(m);
		value_print(stdout, options.format, message, m->bytes);
	}
	return fflush(stdout) == 0;
}

/* What could not be printed is not done with: the next who asks gets it. */
static int receive(struct bulkhead_port *p, const char *name, int timeout)
{
	static uint8_t message[LONGEST];
	struct bulkhead_message m;

	for (long n = 0; !options.count || n < options.count; n++) {
		ssize_t answer = bulkhead_receive(p, message, sizeof message, &m, timeout);

		if (answer < 0)
			return fail(name, answer);
		if (!print_message(p, message, &m))
			_exit(FAILED);
	}
	return DONE;
}

static int recv_command(struct bulkhead_port *p, const char *name, char **word)
{
	(void)word;
	bulkhead_patient(p, options.patient);
	return receive(p, name, timeout_or(BULKHEAD_FOREVER));
}

static int watch_command(struct bulkhead_port *p, const char *name, char **word)
{
	(void)word;
	bulkhead_patient(p, true);
	return receive(p, name, timeout_or(BULKHEAD_FOREVER));
}

static int read_command(struct bulkhead_port *p, const char *name, char **word)
{
	(void)word;
	if (bulkhead_about(p)->kind != BULKHEAD_SAMPLING)
		return complain(name, "read is for sampling ports; recv receives");
	options.count = 1;
	return receive(p, name, 0);
}

static int call_command(struct bulkhead_port *p, const char *name, char **word)
{
	static uint8_t request[LONGEST], reply[LONGEST];
	ssize_t n = message_of(word, request, sizeof request);

	if (n < 0)
		return USAGE;
	n = bulkhead_call(p, request, (size_t)n, reply, sizeof reply, timeout_or(1000));
	if (n < 0)
		return fail(name, n);
	value_print(stdout, options.format, reply, (size_t)n);
	return fflush(stdout) == 0 ? DONE : FAILED;
}

/* --- serve --- */

/* Runs a command with @n bytes on its stdin; answers what it writes to stdout, at most @room, or a negative errno. */
static ssize_t filter(char **command, const uint8_t *in, size_t n, uint8_t *out, size_t room)
{
	FILE *request = tmpfile();
	int out_pipe[2], state;
	size_t used = 0;
	ssize_t got;
	pid_t child;

	if (!request || fwrite(in, 1, n, request) != n || fflush(request) || pipe(out_pipe) < 0)
		return -errno;
	rewind(request);
	child = fork();
	if (child == 0) {
		dup2(fileno(request), 0);
		dup2(out_pipe[1], 1);
		close(out_pipe[0]);
		close(out_pipe[1]);
		execvp(command[0], command);
		_exit(127);
	}
	close(out_pipe[1]);
	fclose(request);
	while ((got = read(out_pipe[0], out + used, room - used)) > 0)
		used += (size_t)got;
	close(out_pipe[0]);
	if (child < 0 || waitpid(child, &state, 0) < 0)
		return -errno;
	return WIFEXITED(state) && WEXITSTATUS(state) == 0 ? (ssize_t)used : -ECANCELED;
}

/* A request that the command fails on stays with the bridge, and is the next again; its caller's time ends. */
static int serve_command(struct bulkhead_port *p, const char *name, char **word)
{
	static uint8_t request[LONGEST], reply[LONGEST];

	if (!*word)
		return complain("serve", "which command answers?");
	for (long n = 0; !options.count || n < options.count; n++) {
		ssize_t got = bulkhead_receive(p, request, sizeof request, NULL, timeout_or(BULKHEAD_FOREVER));

		if (got >= 0)
			got = filter(word, request, (size_t)got, reply, sizeof reply);
		if (got >= 0)
			got = bulkhead_reply(p, reply, (size_t)got);
		if (got < 0 && got != -ETIMEDOUT && got != -ENOTCONN) /* those are its caller's */
			return fail(name, got);
		if (got < 0 && options.has_timeout)
			return fail(name, got);
	}
	return DONE;
}

static int state_command(struct bulkhead_port *p, const char *name, char **word)
{
	struct bulkhead_state s;
	int wrong = bulkhead_state(p, &s);

	(void)word;
	if (wrong)
		return fail(name, wrong);
	printf("waiting %" PRIu64 ", dropped %" PRIu64 ", %s %s, ended %u times\n", s.waiting, s.dropped, bulkhead_about(p)->peer,
	       s.peer_runs ? "runs" : "does not run", s.peer_ends);
	return DONE;
}

/* --- map --- */

/* Whole words of 4 or 8 bytes, as device memory wants them. */
static void map_copy(volatile void *memory, size_t offset, uint8_t *data, size_t bytes, size_t unit, bool write)
{
	for (size_t at = 0; at + unit <= bytes; at += unit) {
		volatile void *place = (volatile char *)memory + offset + at;
		uint64_t v = 0;

		memcpy(&v, data + at, unit);
		if (unit == 8 && write)
			*(volatile uint64_t *)place = v;
		else if (write)
			*(volatile uint32_t *)place = (uint32_t)v;
		else if (unit == 8)
			v = *(volatile uint64_t *)place;
		else
			v = *(volatile uint32_t *)place;
		memcpy(data + at, &v, unit);
	}
	bulkhead_barrier();
}

static int map_range(const char *name, volatile void *memory, size_t size, bool writable, size_t offset, char **word)
{
	static uint8_t data[LONGEST];
	size_t unit = options.format->bytes == 8 ? 8 : 4;
	ssize_t n = *word ? parse_words(word, data, sizeof data) : options.count ? options.count
										 : 64;

	if (n < 0)
		return USAGE;
	if (!*word && (size_t)n > size - offset && !options.count && offset < size)
		n = (ssize_t)(size - offset);
	if (offset % unit || (size_t)n % unit)
		return complain(name, unit == 8 ? "OFFSET and size are multiples of 8" : "OFFSET and size are multiples of 4");
	if (offset > size || (size_t)n > size - offset || (size_t)n > sizeof data)
		return complain(name, "that is beyond its end");
	if (*word && !writable)
		return complain(name, "this partition may only read it");
	map_copy(memory, offset, data, (size_t)n, unit, *word != NULL);
	if (!*word)
		value_print(stdout, options.format, data, (size_t)n);
	return DONE;
}

static int map(const char *name, char **word)
{
	volatile void *memory;
	size_t size, offset = 0;
	bool writable;
	char *end;
	int wrong;

	if (!options.has_format)
		options.format = value_format("u32");
	if (options.format->kind == 't' || (options.format->kind != 'x' && options.format->bytes < 4))
		return complain("map", "--format is hex, raw, or of 4 or 8 bytes");
	if (*word) {
		offset = strtoull(*word, &end, 0);
		if (*end || end == *word)
			return complain(*word, "is no offset");
		word++;
	}
	wrong = bulkhead_map(name, &memory, &size, &writable);
	return wrong ? fail(name, wrong) : map_range(name, memory, size, writable, offset, word);
}

/* --- the command line --- */

static long number(const char *text, const char *what)
{
	char *end;
	long n = strtol(text, &end, 0);

	if (*end || end == text || n < 0 || n > INT32_MAX)
		exit(complain(text, what));
	return n;
}

static void option(int c)
{
	switch (c) {
	case 'f':
		options.format = value_format(optarg);
		options.has_format = true;
		if (!options.format)
			exit(complain(optarg, "is no format: text raw hex u8 u16 u32 u64 i8 i16 i32 i64 f32 f64"));
		break;
	case 'x':
		options.format = value_format("hex");
		options.has_format = true;
		break;
	case 't':
		options.timeout = (int)number(optarg, "is no number of milliseconds");
		options.has_timeout = true;
		break;
	case 'n': options.count = number(optarg, "is no count"); break;
	case 'F': options.file = optarg; break;
	case 'p': options.patient = true; break;
	case 's': options.stamp = true; break;
	case 'l': options.lines = true; break;
	case 'h': fputs(help, stdout); exit(DONE);
	default: exit(USAGE); /* getopt has said why */
	}
}

static const struct command {
	const char *name;
	int (*run)(struct bulkhead_port *p, const char *name, char **word);
	long count;
	bool stamp;
} commands[] = {
	{ "send", send_command, 1, false },
	{ "recv", recv_command, 1, false },
	{ "watch", watch_command, 0, true },
	{ "read", read_command, 1, false },
	{ "call", call_command, 1, false },
	{ "serve", serve_command, 0, false },
	{ "state", state_command, 1, false },
};

static int on_port(const struct command *c, const char *name, char **word)
{
	struct bulkhead_port *p;
	int wrong = bulkhead_open(&p, name), status;

	if (wrong)
		return fail(name, wrong);
	status = c->run(p, name, word);
	bulkhead_close(p);
	return status;
}

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Options may stand anywhere, but not behind the command that serve runs. */
static void parse_options(int argc, char **argv)
{
	bool serve = argc > 1 && strcmp(argv[1], "serve") == 0;
	int c;

	options.count = -1;
	options.format = value_format("text");
	optind = serve ? 2 : 1;
	while ((c = getopt_long(argc, argv, serve ? "+f:t:n:F:pslxh" : "f:t:n:F:pslxh", long_options, NULL)) != -1)
		option(c);
}

int main(int argc, char **argv)
{
	const struct command *c;
	const char *verb;
	bool serve = argc > 1 && strcmp(argv[1], "serve") == 0;
	char **word;

	parse_options(argc, argv);
	word = argv + optind;
	verb = serve ? "serve" : *word ? *word++
				       : NULL;
	if (!verb || strcmp(verb, "help") == 0) {
		fputs(help, verb ? stdout : stderr);
		return verb ? DONE : USAGE;
	}
	if (strcmp(verb, "list") == 0)
		return list();
	c = command_of(verb);
	if (!c && strcmp(verb, "map") != 0)
		return complain(verb, "no such command; bulkhead-port --help lists them");
	if (!*word)
		return complain(verb, "which channel? bulkhead-port list shows them");
	if (!c) {
		options.count = options.count < 0 ? 0 : options.count;
		return map(word[0], word + 1);
	}
	options.count = options.count < 0 ? c->count : options.count;
	options.stamp = options.stamp || c->stamp;
	return on_port(c, word[0], word + 1);
}
