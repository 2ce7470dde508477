/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health policies, limits, watchdogs, dumps and the monitor: read from the description a second time, with the
 * defaults that it does not say, and compared with what the image has.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "abi/log.h"
#include "tools/audit.h"

/* By enum bh_fault. */
static const struct {
	const char *name;
	uint8_t action; /* where nothing is said */
} kind[BH_FAULTS] = {
	{ "access", BH_ACTION_INJECT },
	{ "call", BH_ACTION_LOG },
	{ "instruction", BH_ACTION_INJECT },
	{ "watchdog", BH_ACTION_RESTART },
	{ "deadline", BH_ACTION_LOG },
	{ "budget", BH_ACTION_IGNORE },
	{ "panic", BH_ACTION_STOP },
	{ "reset", BH_ACTION_RESTART },
	{ "off", BH_ACTION_STOP },
	{ "silent", BH_ACTION_LOG },
	{ "hardware", BH_ACTION_INJECT },
	{ "boot", BH_ACTION_STOP },
};

/* By enum bh_action; a mode's name stands behind its word. */
static const char *const action[BH_ACTIONS] = { "ignore", "log", "inject", "stop", "restart", "warm", "mode:", "system" };

/* --- the description --- */

static uint64_t us(const struct audit_desc *d, int node, const char *name, uint64_t otherwise)
{
	return fdt_cells(d, node, name) < 0 ? otherwise : fdt_number(d, node, name, 0, 1) * 1000;
}

static bool flag(const struct audit_desc *d, int node, const char *name)
{
	return fdt_getprop(d->fdt, node, name, NULL) != NULL;
}

static uint8_t mode_named(const struct audit_desc *d, const char *name)
{
	for (uint32_t m = 0; m < d->n_modes; m++)
		if (strcmp(d->mode[m].name, name) == 0)
			return (uint8_t)m;
	unreadable("health: there is no mode %s", name);
}

static struct bh_health read_action(const struct audit_desc *d, int node, const char *prop)
{
	const char *word = fdt_stringlist_get(d->fdt, node, prop, 0, NULL), *more = fdt_stringlist_get(d->fdt, node, prop, 1, NULL);
	struct bh_health h = { .action = BH_ACTIONS };

	for (uint8_t a = 0; word && a < BH_ACTIONS; a++)
		if (a == BH_ACTION_MODE ? strncmp(word, action[a], 5) == 0 : strcmp(word, action[a]) == 0)
			h.action = a;
	if (h.action == BH_ACTIONS || (more && strcmp(more, "tell") != 0))
		unreadable("health: %s is no action, with \"tell\" behind it or alone", prop);
	if (h.action == BH_ACTION_MODE)
		h.mode = mode_named(d, word + 5);
	h.flags = more ? BH_HEALTH_TELL : 0;
	return h;
}

static void read_policy(const struct audit_desc *d, struct audit_part *p)
{
	int node = fdt_subnode_offset(d->fdt, p->node, "health");

	for (uint32_t k = 0; k < BH_FAULTS; k++)
		p->health[k].action = kind[k].action == BH_ACTION_RESTART && !p->restart ? BH_ACTION_STOP : kind[k].action;
	if (node < 0)
		return;
	for (uint32_t k = 0; k < BH_FAULTS; k++)
		if (flag(d, node, kind[k].name))
			p->health[k] = read_action(d, node, kind[k].name);
	if (!flag(d, node, "restarts"))
		return;
	p->limit_n = (uint32_t)fdt_number(d, node, "restarts", 0, 1);
	p->limit_ns = us(d, node, "within-us", 0);
	p->limit.action = BH_ACTION_STOP;
	if (flag(d, node, "then"))
		p->limit = read_action(d, node, "then");
}

static uint64_t read_dump(const struct audit_desc *d, int node)
{
	const char *s = fdt_getprop(d->fdt, node, "dump", NULL);

	if (!s || strcmp(s, "none") == 0)
		return 0;
	return strcmp(s, "full") == 0 ? AUDIT_DUMP_ALL : fdt_size(d, node, "dump") >> 10;
}

void health_read(struct audit_desc *d)
{
	d->monitor = BH_NONE;
	for (uint32_t i = 0; i < d->n_parts; i++) {
		struct audit_part *p = &d->part[i];

		read_policy(d, p);
		p->watchdog_ns = us(d, p->node, "watchdog-us", 0);
		p->watchdog_first_ns = us(d, p->node, "watchdog-first-us", p->watchdog_ns);
		p->watchdog_open_ns = us(d, p->node, "watchdog-open-us", 0);
		p->watchdog_device = flag(d, p->node, "watchdog-device");
		p->answer_ns = us(d, p->node, "answer-us", 0);
		p->log_pace_ns = us(d, p->node, "log-pace-us", BH_LOG_PACE_NS);
		p->dump_kib = read_dump(d, p->node);
		p->inspects = fdt_partitions(d, p->node, "inspects");
		p->monitor = flag(d, p->node, "monitor");
		p->resets_system = flag(d, p->node, "resets-system");
		p->core_silent_ns = us(d, p->node, "core-silent-us", BH_CORE_SILENT_NS);
		if (p->monitor && d->monitor != BH_NONE)
			unreadable("%s: a second monitor", p->name);
		if (p->monitor)
			d->monitor = i;
	}
}

/* The rights over one that another is given by the description. */
uint32_t declared_rights(const struct audit_part *p, uint32_t other)
{
	return (p->controls >> other & 1 ? BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP : 0u) |
	       (p->inspects >> other & 1 ? BH_CONTROL_MAY_INSPECT : 0u);
}

bool declared_grant(const struct audit_desc *d, uint32_t who, uint32_t whom)
{
	if (d->monitor == BH_NONE || who == d->monitor || whom == d->monitor || !declared_rights(&d->part[who], whom))
		return false;
	for (uint32_t i = 0; i < d->n_channels; i++)
		if (d->channel[i].kind == BH_PORT_CALL && d->channel[i].from == who && d->channel[i].to == d->monitor)
			return true;
	return false;
}

/* --- the image --- */

/* In words; one of two buffers, so that one sentence can have both. */
static const char *health_text(const struct audit *a, const struct bh_health *h)
{
	static char text[2][2 * AUDIT_NAME];
	static uint32_t turn;
	char *out = text[turn++ % 2];

	snprintf(out, sizeof(text[0]), "%s%s%s", action[h->action], h->action == BH_ACTION_MODE ? blob_name(a->b, blob_modes(a->b)[h->mode].name) : "",
		 h->flags ? ", tell" : "");
	return out;
}

static void check_action(struct audit *a, uint32_t p, const char *what, const struct bh_health *is, const struct bh_health *want)
{
	if (memcmp(is, want, sizeof(*is)) != 0)
		finding(a, "%s: %s: %s, but the description gives %s", owner_name(a, p), what, health_text(a, is), health_text(a, want));
}

static void check_number(struct audit *a, uint32_t p, const char *what, uint64_t is, uint64_t want)
{
	if (is != want)
		finding(a, "%s: %s is %" PRIu64 ", but the description gives %" PRIu64, owner_name(a, p), what, is, want);
}

static void check_part(struct audit *a, uint32_t p)
{
	const struct bh_partition *is = &blob_partitions(a->b)[p];
	const struct audit_part *want = &a->d.part[a->part_of[p]];
	uint32_t limited = is->limit_n && want->limit_n;

	for (uint32_t k = 0; k < BH_FAULTS; k++)
		check_action(a, p, kind[k].name, &is->health[k], &want->health[k]);
	check_number(a, p, "limit of restarts", is->limit_n, want->limit_n);
	check_number(a, p, "time of that limit (ns)", is->limit_ns, want->limit_ns);
	if (limited)
		check_action(a, p, "at its limit of restarts", &is->limit, &want->limit);
	check_number(a, p, "watchdog (ns)", is->watchdog_ns, want->watchdog_ns);
	check_number(a, p, "watchdog, at first (ns)", is->watchdog_first_ns, want->watchdog_first_ns);
	check_number(a, p, "watchdog, opened after (ns)", is->watchdog_open_ns, want->watchdog_open_ns);
	check_number(a, p, "time to answer in (ns)", is->answer_ns, want->answer_ns);
	check_number(a, p, "pace of its records (ns)", is->log_pace_ns, want->log_pace_ns);
}

static void check_monitor(struct audit *a)
{
	uint32_t is = a->b->monitor == BH_NONE ? BH_NONE : a->part_of[a->b->monitor];

	if (is != a->d.monitor)
		finding(a, "monitor is %s, but the description gives %s", is == BH_NONE ? "nobody" : a->d.part[is].name,
			a->d.monitor == BH_NONE ? "nobody" : a->d.part[a->d.monitor].name);
	if (a->b->monitor == BH_NONE && a->b->monitor_intid != 0)
		finding(a, "monitor's doorbell is %u, but there is no monitor", a->b->monitor_intid);
}

void health_audit(struct audit *a)
{
	for (uint32_t p = 0; p < a->b->n_partitions; p++)
		check_part(a, p);
	check_monitor(a);
}

/* --- whom it inspects: a root for each --- */

uint32_t inspects_walk(struct audit *a, struct audit_walked *w)
{
	uint32_t n = 0;

	for (uint32_t p = 0; p < a->b->n_partitions; p++)
		for (uint32_t i = 0; i < blob_partitions(a->b)[p].n_caps; i++) {
			const struct bh_cap *c = &blob_caps(a->b)[blob_partitions(a->b)[p].first_cap + i];

			if (!c->root_page)
				continue;
			w[n] = (struct audit_walked){ .owner = p, .root = ROOT_INSPECT, .object = c->object, .pa = (uint64_t)c->root_page * BH_PAGE };
			walk(a, &w[n]);
			n++;
		}
	return n;
}

void want_inspected(struct audit *a)
{
	for (uint32_t p = 0; p < a->b->n_partitions; p++)
		for (uint32_t q = 0; q < a->b->n_partitions; q++) {
			const struct audit_want *ram = want_of(a, q, WHAT_RAM, 0);

			if (!ram || !(a->d.part[a->part_of[p]].inspects >> a->part_of[q] & 1))
				continue;
			want_add(a, (struct audit_want){ .what = WHAT_INSPECTED, .owner = p, .object = q, .root = ROOT_INSPECT, .rights = BH_READ | BH_WRITE, .at = BH_INSPECT_IPA, .pa = ram->pa, .bytes = ram->bytes });
		}
}
