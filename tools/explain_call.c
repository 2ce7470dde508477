/* SPDX-License-Identifier: Apache-2.0 */
/* Refused calls: what the entry is that they name, and which line of the description gives one that would do. */
#include <string.h>

#include "tools/explain.h"
#include "tools/monitor.h"

/* --- the caller's table --- */

static const struct channel *port_of(const struct plan *p, const struct part *part, uint32_t n, bool *sends)
{
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		*sends = c->from.holder == (int)part->number && c->from.cap == n;
		if (c->kind != CHANNEL_SHARED && (*sends || (c->to.holder == (int)part->number && c->to.cap == n)))
			return c;
	}
	return NULL;
}

/* What an entry is, in words; NULL: there is no such entry. */
static const char *entry_text(const struct plan *p, const struct part *part, uint32_t n)
{
	bool sends;
	const struct channel *c = port_of(p, part, n, &sends);

	if (n >= part->n_caps)
		return NULL;
	if (c)
		return text("the %s end of channel %s (%s, %s %s%s)", sends ? "sending" : "receiving", c->name, channel_kind_name(c->kind),
			    sends ? "to" : "from", p->part[sends ? c->to.part : c->from.part].name, explain_place(p, c->path, NULL));
	for (uint32_t e = 0; e < p->n_emuls; e++)
		if (p->emul[e].server == part->number && p->emul[e].cap == n)
			return text("the right to answer for the %s of %s", p->emul[e].watchdog ? "watchdog" : "PL011", p->part[p->emul[e].client].name);
	if (n - part->control_cap < part->n_controls)
		return text("the right to %s %s", part->control[n - part->control_cap].rights == BH_CONTROL_MAY_INSPECT ? "inspect" : "control",
			    p->part[part->control[n - part->control_cap].part].name);
	return part->sets_mode && n == part->schedule_cap ? "the right to change the mode" : "the right to see what the system does";
}

/* --- what a call needs --- */

enum need {
	NEED_SEND,
	NEED_RECEIVE,
	NEED_CALL,
	NEED_SERVE,
	NEED_SIGNAL,
	NEED_PORT,
	NEED_EMULATED,
	NEED_CONTROL,
	NEED_MODE,
	NEED_MONITOR,
	NEED_RESET,
	NEED_INSPECT,
	NEED_NOTHING,
};

static const struct {
	const char *call;
	enum need need;
} needs[] = {
	{ "SIGNAL", NEED_SIGNAL },
	{ "SEND", NEED_SEND },
	{ "RECEIVE", NEED_RECEIVE },
	{ "CALL", NEED_CALL },
	{ "REPLY", NEED_SERVE },
	{ "SERVE", NEED_SERVE },
	{ "PORT_STATE", NEED_PORT },
	{ "EMUL_ANSWER", NEED_EMULATED },
	{ "EMUL_ROOM", NEED_EMULATED },
	{ "EMUL_LINE", NEED_EMULATED },
	{ "CONTROL", NEED_CONTROL },
	{ "SET_MODE", NEED_MODE },
	{ "LOOK", NEED_MONITOR },
	{ "RESET", NEED_RESET },
	{ "INSPECT", NEED_INSPECT },
	{ "REGISTERS", NEED_INSPECT },
	{ "SET_REGISTER", NEED_INSPECT },
	{ "DEBUG", NEED_INSPECT },
};

static enum need need_of(const char *call)
{
	for (uint32_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(call, needs[i].call) == 0)
			return needs[i].need;
	return NEED_NOTHING;
}

static void channel_remedy(const struct plan *p, const struct part *part, const char *kinds, const char *end)
{
	explain_line("to permit it add a channel with kind = %s and %s = <&%s> to /channels%s", kinds, end, part->name, explain_place(p, "/channels", NULL));
}

/* A flag, or what stands for one: "monitor". */
static void flag_remedy(const struct plan *p, const struct part *part, const char *flag)
{
	explain_line("to permit it add \"%s;\" to %s%s", flag, part->path, explain_place(p, part->path, NULL));
}

static void monitor_remedy(const struct plan *p, const struct part *part)
{
	if (p->monitor >= 0 && !part->monitor)
		explain_line("%s is the monitor%s; a system has one: ask it by a channel", p->part[p->monitor].path,
			     explain_place(p, p->part[p->monitor].path, "monitor"));
	else
		flag_remedy(p, part, "monitor");
}

/* Whom a call that was refused would have been about, where the table has one of a lesser right. */
static const char *whom(const struct plan *p, const struct refusal *r)
{
	uint32_t n = r->entry - r->part->control_cap;

	return n < r->part->n_controls ? p->part[r->part->control[n].part].name : "PARTITION";
}

static void remedy(const struct plan *p, const struct refusal *r)
{
	const struct part *part = r->part;

	switch (need_of(r->call)) {
	case NEED_SIGNAL: channel_remedy(p, part, "\"signal\"", "from"); break;
	case NEED_SEND: channel_remedy(p, part, "\"queuing\" or \"sampling\"", "from"); break;
	case NEED_RECEIVE: channel_remedy(p, part, "\"queuing\" or \"sampling\"", "to"); break;
	case NEED_CALL: channel_remedy(p, part, "\"call\"", "from"); break;
	case NEED_SERVE: channel_remedy(p, part, "\"call\"", "to"); break;
	case NEED_PORT: explain_line("to permit it add a channel with %s at one end to /channels%s", part->name, explain_place(p, "/channels", NULL)); break;
	case NEED_EMULATED: explain_line("to permit it name %s in `console` or `bridge` of whom it is to answer", part->name); break;
	case NEED_CONTROL: explain_add(p, part, "controls", whom(p, r)); break;
	case NEED_MODE: flag_remedy(p, part, "changes-mode"); break;
	case NEED_MONITOR: monitor_remedy(p, part); break;
	case NEED_RESET:
		if (part->monitor)
			flag_remedy(p, part, "resets-system");
		else
			monitor_remedy(p, part);
		break;
	case NEED_INSPECT:
		if (part->monitor)
			explain_add(p, part, "inspects", whom(p, r));
		else
			monitor_remedy(p, part);
		break;
	case NEED_NOTHING: explain_line("abi/call.h says what this call takes; no line of the description permits another"); break;
	}
}

/* How much a message may be: what most often is out of range. */
static void range_remedy(const struct plan *p, const struct refusal *r)
{
	bool sends;
	const struct channel *c = r->names ? port_of(p, r->part, r->entry, &sends) : NULL;
	enum need need = need_of(r->call);

	if (c && c->bytes && (need == NEED_SEND || need == NEED_CALL))
		explain_line("messages of %s have at most %u bytes; to permit longer ones change `bytes` of %s%s", c->name, c->bytes, c->path,
			     explain_place(p, c->path, "bytes"));
	else if (c && c->reply_bytes && need == NEED_SERVE)
		explain_line("replies of %s have at most %u bytes; to permit longer ones change `reply-bytes` of %s%s", c->name, c->reply_bytes, c->path,
			     explain_place(p, c->path, "reply-bytes"));
	else
		explain_line("abi/call.h says what this call takes; no line of the description permits another");
}

void explain_call(struct plan *p, const struct refusal *r)
{
	const char *entry = r->names ? entry_text(p, r->part, r->entry) : NULL;

	if (r->names && entry)
		explain_line("entry %u of its table: %s", r->entry, entry);
	else if (r->names && r->part->n_caps)
		explain_line("entry %u of its table: none; it has %u, from 0 to %u", r->entry, r->part->n_caps, r->part->n_caps - 1);
	else if (r->names)
		explain_line("entry %u of its table: none; it is empty", r->entry);
	if (strstr(r->status, "out of range"))
		range_remedy(p, r);
	else
		remedy(p, r);
}
