/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health policies, limits and watchdogs of partitions, as the description has them. What a kind of fault can have done
 * about it is abi/health.h's; that a mode or a monitor is there, and that a partition can be restarted, is asked here.
 */
#include "tools/health.h"

#include <libfdt.h>
#include <string.h>

#include "abi/log.h"
#include "tools/errors.h"
#include "tools/relate.h"
#include "tools/source.h"
#include "tools/value.h"

#define MODE_PREFIX "mode:"

static const char *const kinds[BH_FAULTS] = {
	[BH_FAULT_ACCESS] = "access",
	[BH_FAULT_CALL] = "call",
	[BH_FAULT_INSTRUCTION] = "instruction",
	[BH_FAULT_WATCHDOG] = "watchdog",
	[BH_FAULT_DEADLINE] = "deadline",
	[BH_FAULT_BUDGET] = "budget",
	[BH_FAULT_PANIC] = "panic",
	[BH_FAULT_RESET] = "reset",
	[BH_FAULT_OFF] = "off",
	[BH_FAULT_SILENT] = "silent",
	[BH_FAULT_HARDWARE] = "hardware",
	[BH_FAULT_BOOT] = "boot",
};

static const uint8_t otherwise[BH_FAULTS] = {
	[BH_FAULT_ACCESS] = BH_ACTION_INJECT,
	[BH_FAULT_CALL] = BH_ACTION_LOG,
	[BH_FAULT_INSTRUCTION] = BH_ACTION_INJECT,
	[BH_FAULT_WATCHDOG] = BH_ACTION_RESTART,
	[BH_FAULT_DEADLINE] = BH_ACTION_LOG,
	[BH_FAULT_BUDGET] = BH_ACTION_IGNORE,
	[BH_FAULT_PANIC] = BH_ACTION_STOP,
	[BH_FAULT_RESET] = BH_ACTION_RESTART,
	[BH_FAULT_OFF] = BH_ACTION_STOP,
	[BH_FAULT_SILENT] = BH_ACTION_LOG,
	[BH_FAULT_HARDWARE] = BH_ACTION_INJECT,
	[BH_FAULT_BOOT] = BH_ACTION_STOP,
};

static const char *const actions[BH_ACTIONS] = {
	[BH_ACTION_IGNORE] = "ignore",
	[BH_ACTION_LOG] = "log",
	[BH_ACTION_INJECT] = "inject",
	[BH_ACTION_STOP] = "stop",
	[BH_ACTION_RESTART] = "restart",
	[BH_ACTION_WARM] = "warm",
	[BH_ACTION_MODE] = MODE_PREFIX "NAME",
	[BH_ACTION_SYSTEM] = "system",
};

#define LIMIT_ACTIONS (1u << BH_ACTION_STOP | 1u << BH_ACTION_MODE | 1u << BH_ACTION_SYSTEM)

const char *health_text(const struct plan *p, const struct bh_health *h)
{
	const char *what = h->action == BH_ACTION_MODE ? text(MODE_PREFIX "%s", p->mode[h->mode].name) : actions[h->action];

	return h->flags & BH_HEALTH_TELL ? text("%s, tell", what) : what;
}

const char *health_kind_name(uint32_t fault)
{
	return kinds[fault];
}

bool health_does(const struct part *part, uint32_t action)
{
	bool does = part->limit_n && part->limit.action == action;

	for (uint32_t k = 0; k < BH_FAULTS; k++)
		does = does || part->health[k].action == action;
	return does;
}

static uint8_t default_action(const struct part *part, uint32_t kind)
{
	return otherwise[kind] == BH_ACTION_RESTART && !part->restart ? BH_ACTION_STOP : otherwise[kind];
}

/* --- a policy's words --- */

/* "\"stop\", \"restart\" or \"system\"" */
static const char *list_actions(uint32_t possible)
{
	struct bytes b = { 0 };

	for (uint32_t a = 0; a < BH_ACTIONS; a++)
		if (possible >> a & 1) {
			possible &= ~(1u << a);
			bytes_print(&b, "%s\"%s\"", b.n == 0 ? "" : possible ? ", "
									     : " or ",
				    actions[a]);
		}
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static const char *list_modes(const struct plan *p)
{
	struct bytes b = { 0 };

	for (uint32_t m = 0; m < p->n_modes; m++)
		bytes_print(&b, "%s\"" MODE_PREFIX "%s\"", m ? ", " : "", p->mode[m].name);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static bool read_mode(struct plan *p, const char *path, const char *prop, const char *name, struct bh_health *h)
{
	const char *known[BH_MAX_MODES];

	if (!p->mode[0].node) {
		blame(p, path, prop, "there are no modes to change to; add /schedules, or choose another action");
		return false;
	}
	for (uint32_t m = 0; m < p->n_modes; m++) {
		known[m] = p->mode[m].name;
		if (strcmp(name, known[m]) != 0)
			continue;
		*h = (struct bh_health){ .action = BH_ACTION_MODE, .mode = (uint8_t)m };
		return true;
	}
	blame(p, path, prop, "there is no mode \"%s\"; there are %s%s", name, list_modes(p), near_miss(name, known, p->n_modes));
	return false;
}

static int find_action(const char *word)
{
	for (uint32_t a = 0; a < BH_ACTIONS; a++)
		if (a != BH_ACTION_MODE && strcmp(word, actions[a]) == 0)
			return (int)a;
	return strncmp(word, MODE_PREFIX, strlen(MODE_PREFIX)) == 0 ? BH_ACTION_MODE : -1;
}

/* What it is to say, of @possible actions; false: blamed. */
static bool read_action(struct plan *p, const struct part *part, const char *path, const char *prop, const char *word, uint32_t possible,
			struct bh_health *h)
{
	int action = find_action(word);

	if (action < 0)
		blame(p, path, prop, "\"%s\" is not known; must be %s%s", word, list_actions(possible), near_miss(word, actions, BH_ACTIONS));
	else if (!(possible >> action & 1))
		blame(p, path, prop, "\"%s\" is not possible here; must be %s", actions[action], list_actions(possible));
	else if (!part->restart && (action == BH_ACTION_RESTART || action == BH_ACTION_WARM))
		blame(p, path, prop, "\"%s\" needs a pristine copy, but %s has restart = \"never\"; write \"stop\", or remove that there", word,
		      part->path);
	else if (action == BH_ACTION_MODE)
		return read_mode(p, path, prop, word + strlen(MODE_PREFIX), h);
	else {
		*h = (struct bh_health){ .action = (uint8_t)action };
		return true;
	}
	return false;
}

static void read_tell(struct plan *p, const char *path, const char *prop, const char *word, struct bh_health *h)
{
	static const char *const tell[] = { "tell" };

	if (strcmp(word, "tell") != 0)
		blame(p, path, prop, "\"%s\" is not known behind an action; only \"tell\" is%s", word, near_miss(word, tell, 1));
	else if (h->action == BH_ACTION_IGNORE)
		blame(p, path, prop, "who ignores it has nothing to tell; write \"log\", \"tell\", or remove \"tell\"");
	else if (p->monitor < 0)
		blame(p, path, prop, "nobody can be told; add `monitor` to a partition, or remove \"tell\"");
	else
		h->flags = BH_HEALTH_TELL;
}

/* --- a partition's policy --- */

static void read_kind(struct plan *p, struct part *part, int node, uint32_t kind)
{
	const char *path = node_path(p, node), *prop = kinds[kind];
	int n = fdt_stringlist_count(p->fdt, node, prop);
	struct bh_health h = part->health[kind];

	if (!fdt_getprop(p->fdt, node, prop, NULL))
		return;
	if (n < 1 || n > 2) {
		blame(p, path, prop, "must be an action in quotes, and \"tell\" behind it where the monitor is to know: %s = \"%s\", \"tell\"", prop,
		      actions[default_action(part, kind)]);
		return;
	}
	if (!read_action(p, part, path, prop, fdt_stringlist_get(p->fdt, node, prop, 0, NULL), bh_actions(kind), &h))
		return;
	if (n == 2)
		read_tell(p, path, prop, fdt_stringlist_get(p->fdt, node, prop, 1, NULL), &h);
	part->health[kind] = h;
}

static void read_limit(struct plan *p, struct part *part, int node)
{
	const char *path = node_path(p, node), *then;
	uint64_t n = 0;

	if (!fdt_getprop(p->fdt, node, "restarts", NULL)) {
		for (uint32_t i = 0; i < 2; i++)
			if (fdt_getprop(p->fdt, node, i ? "then" : "within-us", NULL))
				blame(p, path, i ? "then" : "within-us", "has no meaning without `restarts`; add it or remove this");
		return;
	}
	if (value_number(p, node, "restarts", &n) && (n == 0 || n > BH_LIMIT_MAX))
		blame(p, path, "restarts", "is %llu; 1 to %u can be remembered", (unsigned long long)n, BH_LIMIT_MAX);
	if (!part->restart)
		blame(p, path, "restarts", "%s has restart = \"never\", so there is nothing to limit; remove this", part->path);
	if (!fdt_getprop(p->fdt, node, "within-us", NULL))
		blame(p, path, "within-us", "is missing; say in how long a time: within-us = <10000000>");
	part->limit_n = (uint32_t)n;
	part->limit_ns = value_us(p, node, "within-us");
	part->limit.action = BH_ACTION_STOP;
	if (!fdt_getprop(p->fdt, node, "then", NULL))
		return;
	then = value_string(p, node, "then");
	if (then)
		read_action(p, part, path, "then", then, LIMIT_ACTIONS, &part->limit);
}

/* What is to be done about something that cannot happen is a mistake elsewhere. */
static void check_use(struct plan *p, const struct part *part, int node)
{
	const struct {
		uint32_t kind;
		const char *prop;
	} need[] = { { BH_FAULT_WATCHDOG, "watchdog-us" }, { BH_FAULT_SILENT, "answer-us" }, { BH_FAULT_BUDGET, "budget-us" } };

	for (uint32_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (fdt_getprop(p->fdt, node, kinds[need[i].kind], NULL) && !fdt_getprop(p->fdt, part->node, need[i].prop, NULL))
			blame(p, node_path(p, node), kinds[need[i].kind], "has no meaning, as %s has no `%s`; add it or remove this", part->path,
			      need[i].prop);
}

static void read_policy(struct plan *p, struct part *part, int node)
{
	const char *known[BH_FAULTS + 4] = { [BH_FAULTS] = "restarts", "within-us", "then", "phandle" };

	memcpy(known, kinds, sizeof(kinds));
	node_known(p, node, known, BH_FAULTS + 4);
	value_leaf(p, node);
	for (uint32_t k = 0; k < BH_FAULTS; k++)
		read_kind(p, part, node, k);
	read_limit(p, part, node);
	check_use(p, part, node);
}

/* --- times --- */

static void read_watchdog(struct plan *p, struct part *part)
{
	static const char *const rest[] = { "watchdog-first-us", "watchdog-open-us" };

	part->watchdog_ns = part->watchdog_first_ns = value_us(p, part->node, "watchdog-us");
	for (uint32_t i = 0; i < 2; i++)
		if (fdt_getprop(p->fdt, part->node, rest[i], NULL) && !fdt_getprop(p->fdt, part->node, "watchdog-us", NULL))
			blame(p, part->path, rest[i], "has no meaning without `watchdog-us`; add it or remove this");
	if (fdt_getprop(p->fdt, part->node, rest[0], NULL))
		part->watchdog_first_ns = value_us(p, part->node, rest[0]);
	part->watchdog_open_ns = value_us(p, part->node, rest[1]);
	if (part->watchdog_ns && part->watchdog_open_ns >= part->watchdog_ns)
		blame(p, part->path, rest[1], "it opens after %llu us, but closes after %llu us: no moment would be right to feed it; make this less",
		      (unsigned long long)(part->watchdog_open_ns / PLAN_NS_PER_US), (unsigned long long)(part->watchdog_ns / PLAN_NS_PER_US));
}

static void read_answer(struct plan *p, struct part *part)
{
	bool serves = false;

	for (uint32_t i = 0; i < p->n_parts; i++)
		serves = serves || p->part[i].console == (int)part->number || p->part[i].bridge == (int)part->number;
	if (fdt_getprop(p->fdt, part->node, "answer-us", NULL) && !serves)
		blame(p, part->path, "answer-us", "is nobody's `console` or `bridge`, so there is nothing to answer; remove this");
	part->answer_ns = value_us(p, part->node, "answer-us");
}

void health_plan(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];
		int node = fdt_subnode_offset(p->fdt, part->node, "health");

		for (uint32_t k = 0; k < BH_FAULTS; k++)
			part->health[k] = (struct bh_health){ .action = default_action(part, k) };
		if (node >= 0)
			read_policy(p, part, node);
		read_watchdog(p, part);
		watchdog_device_check(p, part);
		read_answer(p, part);
		part->log_pace_ns = value_us(p, part->node, "log-pace-us");
		if (!part->log_pace_ns)
			part->log_pace_ns = BH_LOG_PACE_NS;
	}
}
