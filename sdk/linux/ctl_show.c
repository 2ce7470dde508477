/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and JSON. Names come from the description, texts from the monitor: neither is trusted to be printable. */
#include "sdk/linux/ctl_show.h"

#include <inttypes.h>
#include <string.h>

#include "abi/call.h"
#include "abi/health.h"
#include "abi/log.h"
#include "abi/port.h"

/* --- words --- */

static const char *word(const char *const words[], size_t n, uint32_t i)
{
	return i < n ? words[i] : "?";
}

#define WORD(words, i) word(words, sizeof(words) / sizeof((words)[0]), i)

static const char *const states[] = { "off", "loading", "running", "stopping", "paused", "held" };
static const char *const faults[BH_FAULTS] = { "access", "call", "instruction", "watchdog", "deadline", "budget",
					       "panic", "reset", "off", "silent", "hardware", "boot" };
static const char *const kinds[] = { "?", "signal", "sampling", "queuing", "call" };
static const char *const dump_states[] = { "none", "copying", "whole", "cut", "broken" };
static const char *const stops[] = { "?", "switched off", "reset", "last vCPU off", "fault", "not loaded", "ordered" };

static const char *fault_word(uint32_t fault)
{
	return fault == ~0u ? "-" : WORD(faults, fault);
}

/* "fault: access" */
static void put_cause(FILE *to, uint32_t cause)
{
	fputs(WORD(stops, cause & 0xff), to);
	if ((cause & 0xff) == BH_STOP_FAULT)
		fprintf(to, ": %s", WORD(faults, cause >> 8 & 0xff));
}

/* --- pieces --- */

/* Printable, at most @most characters of a field that may not end. */
static void put_text(FILE *to, const char *text, size_t most)
{
	for (size_t i = 0; i < most && text[i]; i++)
		putc(text[i] < ' ' || text[i] > '~' ? '.' : text[i], to);
}

static void put_name(FILE *to, const char *name, int width)
{
	size_t n = strnlen(name, BH_NAME_BYTES);

	put_text(to, name, BH_NAME_BYTES);
	fprintf(to, "%*s", width > (int)n ? width - (int)n : 1, "");
}

/* A string in quotes. */
static void put_json_text(FILE *to, const char *text, size_t most)
{
	putc('"', to);
	for (size_t i = 0; i < most && text[i]; i++) {
		if (text[i] == '"' || text[i] == '\\')
			putc('\\', to);
		if (text[i] < ' ' || text[i] > '~')
			fprintf(to, "\\u%04x", (unsigned char)text[i]);
		else
			putc(text[i], to);
	}
	putc('"', to);
}

uint64_t ctl_ns(const struct ctl_list *list, uint64_t ticks)
{
	uint64_t f = list->head.ticks_per_s ? list->head.ticks_per_s : 1;

	return ticks / f * 1000000000u + ticks % f * 1000000000u / f;
}

/* "12.3 s", since an instant. */
static void put_ago(FILE *to, const struct ctl_list *list, uint64_t ticks, int width)
{
	uint64_t ms = list->head.time > ticks ? ctl_ns(list, list->head.time - ticks) / 1000000 : 0;
	char text[32];

	snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64 " s", ms / 1000, ms / 100 % 10);
	fprintf(to, "%*s", width, text);
}

/* Thousandths as percent. */
static void put_share(FILE *to, uint32_t share)
{
	fprintf(to, "%4u.%u%%", share / 10, share % 10);
}

/* { "time_ns": …, "NAME": [ and, from the second on, a comma before each */
static void json_begin(FILE *to, const struct ctl_list *list, const char *name)
{
	fprintf(to, "{\"time_ns\": %" PRIu64 ", \"%s\": [", ctl_ns(list, list->head.time), name);
}

static void json_entry(FILE *to, size_t i)
{
	fputs(i ? ",\n  {" : "\n  {", to);
}

static void json_end(FILE *to)
{
	fputs("\n]}\n", to);
}

static void json_name(FILE *to, const char *key, const char *name)
{
	fprintf(to, "\"%s\": ", key);
	put_json_text(to, name, BH_NAME_BYTES);
	fputs(", ", to);
}

/* --- partitions --- */

static void put_rights(FILE *to, uint32_t may)
{
	if (!may)
		putc('-', to);
	if (may & BH_CONTROL_MAY_START)
		fputs("start ", to);
	if (may & BH_CONTROL_MAY_STOP)
		fputs("stop", to);
}

static void put_partition(FILE *to, const struct ctl_list *list, const struct bh_monitor_partition *p)
{
	put_name(to, p->name, 16);
	fprintf(to, "%-9s %5u ", WORD(states, p->run), p->vcpus);
	put_share(to, p->share);
	fprintf(to, " %5u %8u %6u  %-11s ", p->ends, p->restarts, p->faults, fault_word(p->last_fault));
	if (p->last_fault == ~0u)
		fprintf(to, "%10s", "-");
	else
		put_ago(to, list, p->fault_time, 10);
	fputs("  ", to);
	put_rights(to, p->may);
	putc('\n', to);
}

static const char partition_titles[] = "PARTITION       STATE     VCPUS    CPU ENDED RESTARTS FAULTS  LAST FAULT         AGO  YOU MAY\n";

static void json_partition(FILE *to, const struct ctl_list *list, const struct bh_monitor_partition *p)
{
	json_name(to, "name", p->name);
	fprintf(to, "\"state\": \"%s\", \"vcpus\": %u, \"cpu_share\": %u.%03u, \"cpu_ns\": %" PRIu64 ", ", WORD(states, p->run), p->vcpus,
		p->share / 1000, p->share % 1000, ctl_ns(list, p->cpu_ticks));
	fprintf(to, "\"ended\": %u, \"restarts\": %u, \"faults\": %u, ", p->ends, p->restarts, p->faults);
	if (p->last_fault == ~0u)
		fputs("\"last_fault\": null, \"last_fault_ns\": null, ", to);
	else
		fprintf(to, "\"last_fault\": \"%s\", \"last_fault_ns\": %" PRIu64 ", ", fault_word(p->last_fault), ctl_ns(list, p->fault_time));
	fprintf(to, "\"may_start\": %s, \"may_stop\": %s}", p->may & BH_CONTROL_MAY_START ? "true" : "false",
		p->may & BH_CONTROL_MAY_STOP ? "true" : "false");
}

void ctl_show_partitions(FILE *to, const struct ctl_list *list, bool json)
{
	const struct bh_monitor_partition *p = list->entry;

	if (json)
		json_begin(to, list, "partitions");
	else
		fputs(partition_titles, to);
	for (size_t i = 0; i < list->n; i++) {
		if (!json) {
			put_partition(to, list, &p[i]);
			continue;
		}
		json_entry(to, i);
		json_partition(to, list, &p[i]);
	}
	if (json)
		json_end(to);
}

/* --- ports --- */

static const char port_titles[] = "PORT            SENDER          KIND      WAITING  DEPTH  DROPPED\n";

static void put_port(FILE *to, const struct bh_monitor_port *p)
{
	put_name(to, p->name, 16);
	put_name(to, p->sender, 16);
	fprintf(to, "%-9s %7u  %5u  %7u\n", WORD(kinds, p->kind), p->waiting, p->depth, p->dropped);
}

void ctl_show_ports(FILE *to, const struct ctl_list *list, bool json)
{
	const struct bh_monitor_port *p = list->entry;

	if (json)
		json_begin(to, list, "ports");
	else
		fputs(port_titles, to);
	for (size_t i = 0; i < list->n; i++) {
		if (!json) {
			put_port(to, &p[i]);
			continue;
		}
		json_entry(to, i);
		json_name(to, "name", p[i].name);
		json_name(to, "sender", p[i].sender);
		fprintf(to, "\"kind\": \"%s\", \"waiting\": %u, \"depth\": %u, \"dropped\": %u}", WORD(kinds, p[i].kind), p[i].waiting,
			p[i].depth, p[i].dropped);
	}
	if (json)
		json_end(to);
}

/* --- cores --- */

static uint32_t busy(const struct bh_monitor_core *c)
{
	return c->idle_share < 1000 ? 1000 - c->idle_share : 0;
}

void ctl_show_cores(FILE *to, const struct ctl_list *list, bool json)
{
	const struct bh_monitor_core *c = list->entry;

	if (json)
		json_begin(to, list, "cores");
	else
		fputs("CORE  VCPUS    BUSY  ANSWERS\n", to);
	for (size_t i = 0; i < list->n; i++) {
		uint64_t silent_ms = ctl_ns(list, c[i].silent) / 1000000;

		if (json) {
			json_entry(to, i);
			fprintf(to, "\"core\": %u, \"vcpus\": %u, \"busy_share\": %u.%03u, \"silent_ns\": %" PRIu64 "}", c[i].number, c[i].vcpus,
				busy(&c[i]) / 1000, busy(&c[i]) % 1000, ctl_ns(list, c[i].silent));
			continue;
		}
		fprintf(to, "%4u  %5u  ", c[i].number, c[i].vcpus);
		put_share(to, busy(&c[i]));
		if (silent_ms)
			fprintf(to, "  not for %" PRIu64 " ms\n", silent_ms);
		else
			fputs("  yes\n", to);
	}
	if (json)
		json_end(to);
}

/* --- the log --- */

void ctl_show_log(FILE *to, const struct ctl_list *list, bool json)
{
	const struct bh_monitor_record *r = list->entry;

	if (json)
		json_begin(to, list, "records");
	for (size_t i = 0; i < list->n; i++) {
		uint64_t us = ctl_ns(list, r[i].time) / 1000;

		if (json) {
			json_entry(to, i);
			fprintf(to, "\"time_ns\": %" PRIu64 ", \"sequence\": %u, \"event\": %u, \"repeats\": %u, \"text\": ",
				ctl_ns(list, r[i].time), r[i].sequence, r[i].event, r[i].repeats);
			put_json_text(to, r[i].text, sizeof r[i].text);
			putc('}', to);
			continue;
		}
		fprintf(to, "[%5" PRIu64 ".%06" PRIu64 "] ", us / 1000000, us % 1000000);
		put_text(to, r[i].text, sizeof r[i].text);
		putc('\n', to);
	}
	if (json)
		json_end(to);
}

/* --- dumps --- */

static void json_dump(FILE *to, const struct ctl_list *list, const struct bh_monitor_dump *d)
{
	json_name(to, "partition", d->name);
	fprintf(to, "\"number\": %u, \"state\": \"%s\", \"bytes\": %" PRIu64 ", \"whole_bytes\": %" PRIu64 ", ", d->sequence,
		WORD(dump_states, d->state), d->bytes, d->whole_bytes);
	fprintf(to, "\"time_ns\": %" PRIu64 ", \"ended\": %u, \"vcpus\": %u, \"cause\": \"", ctl_ns(list, d->time), d->ends, d->vcpus);
	put_cause(to, d->cause);
	fputs("\"}", to);
}

void ctl_show_dumps(FILE *to, const struct ctl_list *list, bool json)
{
	const struct bh_monitor_dump *d = list->entry;

	if (json)
		json_begin(to, list, "dumps");
	else
		fputs("PARTITION       NUMBER  STATE        KIB   OF KIB         AGO  CAUSE\n", to);
	for (size_t i = 0; i < list->n; i++) {
		if (json) {
			json_entry(to, i);
			json_dump(to, list, &d[i]);
			continue;
		}
		put_name(to, d[i].name, 16);
		fprintf(to, "%6u  %-8s %7" PRIu64 "  %7" PRIu64 "  ", d[i].sequence, WORD(dump_states, d[i].state), (d[i].bytes + 1023) / 1024,
			(d[i].whole_bytes + 1023) / 1024);
		put_ago(to, list, d[i].time, 10);
		fputs("  ", to);
		put_cause(to, d[i].cause);
		putc('\n', to);
	}
	if (json)
		json_end(to);
}

/* --- top --- */

#define BAR 20u

static void put_bar(FILE *to, uint32_t share)
{
	uint32_t full = (share * BAR + 500) / 1000;

	putc('[', to);
	for (uint32_t i = 0; i < BAR; i++)
		putc(i < full ? '#' : ' ', to);
	putc(']', to);
}

static void put_core_line(FILE *to, const struct ctl_list *list, const struct bh_monitor_core *c)
{
	fprintf(to, "core %-2u ", c->number);
	put_bar(to, busy(c));
	put_share(to, busy(c));
	if (c->silent)
		fprintf(to, "  silent for %" PRIu64 " ms", ctl_ns(list, c->silent) / 1000000);
	putc('\n', to);
}

/* Ports in which something waits, or was dropped, first of all. */
static bool is_quiet(const struct bh_monitor_port *p)
{
	return !p->waiting && !p->dropped;
}

static void put_top_ports(FILE *to, const struct ctl_list *ports, int rows)
{
	const struct bh_monitor_port *p = ports->entry;

	for (int quiet = 0; quiet < 2; quiet++)
		for (size_t i = 0; i < ports->n && rows > 0; i++)
			if (is_quiet(&p[i]) == (quiet == 1)) {
				put_port(to, &p[i]);
				rows--;
			}
}

void ctl_show_top(FILE *to, const struct bh_monitor_system *system, const struct ctl_list *partitions, const struct ctl_list *cores,
		  const struct ctl_list *ports, int rows)
{
	const struct bh_monitor_partition *p = partitions->entry;
	const struct bh_monitor_core *c = cores->entry;
	uint64_t up = system->epoch < cores->head.time ? ctl_ns(cores, cores->head.time - system->epoch) / 100000000 : 0;
	int left = (rows ? rows : 100000) - 3 - (int)cores->n; /* two lines of titles, and this */

	fprintf(to, "bulkhead: up %" PRIu64 ".%" PRIu64 " s, mode ", up / 10, up % 10);
	put_text(to, system->mode, BH_NAME_BYTES);
	fprintf(to, ", %u partitions, %u ports; seen from ", system->partitions, system->ports);
	put_text(to, system->name, BH_NAME_BYTES);
	fputs("; q quits\n", to);
	for (size_t i = 0; i < cores->n; i++)
		put_core_line(to, cores, &c[i]);
	fputs(partition_titles, to);
	for (size_t i = 0; i < partitions->n && left > 0; i++, left--)
		put_partition(to, partitions, &p[i]);
	if (left <= 1 || !ports->n)
		return;
	fputs(port_titles, to);
	put_top_ports(to, ports, left - 1);
}
