/* SPDX-License-Identifier: Apache-2.0 */
/* bulkheadctl: what the system does, and orders to partitions, from a shell. */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sdk/linux/ctl_client.h"
#include "sdk/linux/ctl_show.h"
#include "sdk/linux/ctl_top.h"

enum status { /* of the command */
	      DONE = 0,
	      FAILED = 1,
	      USAGE = 2,
};

static const char help[] =
	"usage: bulkheadctl [OPTION…] COMMAND\n"
	"  list            partitions: state, share of a core over the last second, ends, restarts, faults, what you may order\n"
	"  ports           channels: messages that wait, how many can, how many were dropped\n"
	"  cores           how busy each is, and whether it answers the monitor\n"
	"  log [P]         health records of all partitions, or of P\n"
	"  dump            crash dumps that the monitor holds (`bulkhead dump` on your PC fetches them)\n"
	"  top             all of it, live; q quits\n"
	"  start P         start partition P, which is off\n"
	"  stop P          stop it\n"
	"  restart P       stop it and start it anew\n"
	"  feed [P]        feed P's watchdog, or this partition's own\n"
	"options\n"
	"  -j, --json          list, ports, cores, log, dump: for programs\n"
	"  -f, --follow        log: and what comes, until Ctrl-C\n"
	"  -e, --every MS      feed: again and again\n"
	"  -n, --count N       top, where the output is no terminal: so many screens (1)\n"
	"  -c, --channel NAME  the call channel to the monitor, where it cannot be found by itself\n"
	"  -h, --help\n"
	"exit status: 0 done, 1 failed or refused, 2 usage\n";

static struct options {
	bool json, follow;
	long every_ms, count;
	const char *channel;
} options = { .count = 1 };

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "bulkheadctl: %s: %s\n", what, why);
	return USAGE;
}

static int status_of(bool done)
{
	return done ? DONE : FAILED;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* --- lists --- */

static int show(enum bh_monitor_op op, size_t bytes, void (*print)(FILE *to, const struct ctl_list *list, bool json))
{
	struct ctl_list l;
	bool done = ctl_ask(&l, op, "", 0, bytes);

	if (done)
		print(stdout, &l, options.json);
	ctl_free(&l);
	return status_of(done && fflush(stdout) == 0);
}

static int list_command(char **word)
{
	(void)word;
	return show(BH_MONITOR_PARTITIONS, sizeof(struct bh_monitor_partition), ctl_show_partitions);
}

static int ports_command(char **word)
{
	(void)word;
	return show(BH_MONITOR_PORTS, sizeof(struct bh_monitor_port), ctl_show_ports);
}

static int cores_command(char **word)
{
	(void)word;
	return show(BH_MONITOR_CORES, sizeof(struct bh_monitor_core), ctl_show_cores);
}

static int dump_command(char **word)
{
	(void)word;
	return show(BH_MONITOR_DUMPS, sizeof(struct bh_monitor_dump), ctl_show_dumps);
}

static int top_command(char **word)
{
	(void)word;
	return status_of(ctl_top(options.count));
}

/* --- the log --- */

struct ring {
	char name[BH_NAME_BYTES];
	uint32_t next; /* sequence to be asked for */
};

static struct ring *rings;
static size_t n_rings;

static bool find_rings(const char *name)
{
	struct ctl_list l;
	bool done = ctl_ask(&l, BH_MONITOR_PARTITIONS, "", 0, sizeof(struct bh_monitor_partition));
	const struct bh_monitor_partition *p = l.entry;

	rings = calloc(l.n + 1, sizeof *rings);
	for (size_t i = 0; rings && i < l.n; i++)
		if (!name || strncmp(name, p[i].name, BH_NAME_BYTES) == 0)
			memcpy(rings[n_rings++].name, p[i].name, BH_NAME_BYTES - 1);
	ctl_free(&l);
	if (done && !n_rings)
		complain(name ? name : "log", "there is no partition of that name");
	return done && n_rings;
}

static int by_time(const void *a, const void *b)
{
	const struct bh_monitor_record *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* What the ring has more: to the end of @all. */
static bool take_ring(struct ring *r, struct ctl_list *all)
{
	struct ctl_list l;
	bool done = ctl_ask(&l, BH_MONITOR_LOG, r->name, r->next, sizeof(struct bh_monitor_record));
	struct bh_monitor_record *grown = done ? realloc(all->entry, (all->n + l.n + 1) * sizeof *grown) : NULL;

	if (grown) {
		all->entry = grown;
		if (l.n)
			memcpy(grown + all->n, l.entry, l.n * sizeof *grown);
		all->n += l.n;
		all->head = l.head;
		r->next = l.head.first + l.head.n;
	}
	ctl_free(&l);
	return grown != NULL;
}

/* Rings are asked one after the other: within one turn the records are in order of time. */
static bool show_log(void)
{
	struct ctl_list all = { 0 };
	bool done = true;

	for (size_t i = 0; i < n_rings && done; i++)
		done = take_ring(&rings[i], &all);
	if (all.n)
		qsort(all.entry, all.n, sizeof(struct bh_monitor_record), by_time);
	if (done && (all.n || !options.follow))
		ctl_show_log(stdout, &all, options.json);
	ctl_free(&all);
	return done && fflush(stdout) == 0;
}

static int log_command(char **word)
{
	if (!find_rings(*word))
		return FAILED;
	for (;;) {
		if (!show_log())
			return FAILED;
		if (!options.follow)
			return DONE;
		pause_ms(500);
	}
}

/* --- orders --- */

static int order(enum bh_monitor_op op, const char *verb, char **word)
{
	if (!*word)
		return complain(verb, "which partition? bulkheadctl list shows them");
	return status_of(ctl_order(op, *word) == CTL_DONE);
}

static int start_command(char **word)
{
	return order(BH_MONITOR_START, "start", word);
}

static int stop_command(char **word)
{
	return order(BH_MONITOR_STOP, "stop", word);
}

static int restart_command(char **word)
{
	return order(BH_MONITOR_RESTART, "restart", word);
}

static enum ctl_answer feed(char *name)
{
	enum ctl_answer answer = *name ? CTL_DONE : ctl_self(name);

	return answer == CTL_DONE ? ctl_order(BH_MONITOR_FEED, name) : answer;
}

/* A feeder outlives a monitor or bridge that is restarted, or is not there yet; what is refused for good ends it. */
static int feed_command(char **word)
{
	char name[BH_NAME_BYTES] = "";
	enum ctl_answer answer;

	if (*word)
		snprintf(name, sizeof name, "%s", *word);
	while ((answer = feed(name)) != CTL_REFUSED && options.every_ms)
		pause_ms(options.every_ms);
	return status_of(answer == CTL_DONE);
}

/* --- the command line --- */

static const struct command {
	const char *name;
	int (*run)(char **word);
	int words; /* at most */
} commands[] = {
	{ "list", list_command, 0 },
	{ "ports", ports_command, 0 },
	{ "cores", cores_command, 0 },
	{ "log", log_command, 1 },
	{ "dump", dump_command, 0 },
	{ "top", top_command, 0 },
	{ "start", start_command, 1 },
	{ "stop", stop_command, 1 },
	{ "restart", restart_command, 1 },
	{ "feed", feed_command, 1 },
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "follow", no_argument, NULL, 'f' },
	{ "every", required_argument, NULL, 'e' },
	{ "count", required_argument, NULL, 'n' },
	{ "channel", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static long number(const char *text, const char *what)
{
	char *end;
	long n = strtol(text, &end, 0);

	if (*end || end == text || n <= 0 || n > INT32_MAX)
		exit(complain(text, what));
	return n;
}

static void option(int c)
{
	switch (c) {
	case 'j': options.json = true; break;
	case 'f': options.follow = true; break;
	case 'e': options.every_ms = number(optarg, "is no number of milliseconds"); break;
	case 'n': options.count = number(optarg, "is no count"); break;
	case 'c': options.channel = optarg; break;
	case 'h': fputs(help, stdout); exit(DONE);
	default: exit(USAGE); /* getopt has said why */
	}
}

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *c;
	int o;

	while ((o = getopt_long(argc, argv, "jfe:n:c:h", long_options, NULL)) != -1)
		option(o);
	if (optind == argc || strcmp(argv[optind], "help") == 0) {
		fputs(help, optind == argc ? stderr : stdout);
		return optind == argc ? USAGE : DONE;
	}
	c = command_of(argv[optind]);
	if (!c)
		return complain(argv[optind], "no such command; bulkheadctl --help lists them");
	if (argc - optind - 1 > c->words)
		return complain(argv[optind + 1 + c->words], "is a word too many");
	return ctl_channel(options.channel) ? c->run(argv + optind + 1) : FAILED;
}
