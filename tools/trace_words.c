/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/trace_words.h"

#include <string.h>

#include "abi/log.h"
#include "abi/status.h"
#include "lib/record_text.h"
#include "tools/analysis.h"

/* --- names --- */

const char *trace_vcpu_name(const struct plan *p, uint32_t vcpu)
{
	const struct part *part = p->part;

	if (vcpu == BH_NONE)
		return "-";
	while (vcpu - part->first_vcpu >= part->n_cores)
		part++;
	return part->n_cores > 1 ? text("%s.%u", part->name, vcpu - part->first_vcpu) : part->name;
}

const char *trace_who(const struct trace *t, const struct bh_trace_record *r)
{
	if (r->partition != BH_TRACE_NOBODY && r->vcpu == BH_TRACE_NOBODY)
		return t->p->part[r->partition].name;
	return trace_vcpu_name(t->p, trace_vcpu(t, r));
}

const char *trace_kind_name(uint32_t kind)
{
	static const char *const name[] = { "?", "switch", "idle", "exit", "irq", "message", "fault", "window", "budget", "mode", "shut" };

	return kind < sizeof(name) / sizeof(name[0]) ? name[kind] : "?";
}

const char *trace_why_name(const struct plan *p, uint32_t core, uint32_t mode, uint32_t why)
{
	switch (why) {
	case BH_TRACE_BY_BUDGET: return "budget";
	case BH_TRACE_BY_WINDOW: return mode < p->n_modes && p->mode[mode].n_core_windows[core] == 0 ? "priority" : "window";
	case BH_TRACE_BY_SLACK: return "slack";
	default: return text("reason %u", why);
	}
}

const char *trace_mode_name(const struct plan *p, uint32_t mode)
{
	return mode >= p->n_modes ? "none" : p->mode[mode].name ? p->mode[mode].name
								: "(the only one)";
}

static const char *channel_port(const struct plan *p, uint32_t part, uint32_t port)
{
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind == CHANNEL_SHARED)
			continue;
		if ((uint32_t)c->from.holder == part && c->from.cap == port)
			return text("%s to %s", c->name, p->part[c->to.part].name);
		if ((uint32_t)c->to.holder == part && c->to.cap == port)
			return text("%s from %s", c->name, p->part[c->from.part].name);
	}
	return text("port %u, which it does not have", port);
}

/* --- exits --- */

static const char *bytes_of(uint64_t esr)
{
	return esr >> 24 & 1 ? text(" of %u byte%s", 1u << (esr >> 22 & 3), (esr >> 22 & 3) ? "s" : "") : ""; /* ISV: SAS is valid */
}

/* ESR_ELx.EC and ISS (Arm DDI 0487, ESR_ELx). */
static const char *exit_words(const struct bh_trace_record *r)
{
	static const char *const waits[] = { "WFI", "WFE", "WFIT", "WFET" };

	switch (r->arg) {
	case 0x01: return waits[r->a & 3];
	case 0x07: return "FP or SIMD";
	case 0x16: return "HVC";
	case 0x17: return "SMC";
	case 0x18: return r->a & 1 ? "read of a system register that traps" : "write of a system register that traps";
	case 0x20: return "fetch that traps";
	case 0x24: return text("%s%s that traps", r->a >> 6 & 1 ? "store" : "load", bytes_of(r->a));
	case 0x2f: return "asynchronous abort";
	default: return text("exception class %#x", r->arg);
	}
}

/* --- interrupts --- */

static const char *intid_name(const struct plan *p, uint32_t intid)
{
	if (intid == BH_TRACE_KICK)
		return "kick from another core";
	if (intid < 16)
		return "SGI of a sibling";
	if (intid == 27)
		return "virtual timer";
	if (intid == p->board.timer_intid)
		return "the kernel's alarm";
	if (intid == p->board.maintenance_intid)
		return "virtual interrupts' maintenance";
	for (uint32_t i = 0; i < p->n_devices; i++)
		for (uint32_t k = 0; k < p->device[i].n_lines; k++)
			if (p->device[i].line[k].intid == intid)
				return p->device[i].name;
	return "nobody's";
}

/* --- messages --- */

static const char *status_name(int64_t status)
{
	switch (status) {
	case BH_OK: return "ok";
	case BH_E_UNKNOWN: return "unknown call";
	case BH_E_CAP: return "no such capability";
	case BH_E_RIGHT: return "not its right";
	case BH_E_ARG: return "bad argument";
	case BH_E_STATE: return "not now";
	case BH_E_AGAIN: return "full or empty";
	case BH_E_TIMEOUT: return "timeout";
	case BH_E_PEER: return "the other end does not run";
	case BH_TRACE_WAITS: return "waits";
	default: return text("status %lld", (long long)status);
	}
}

static const char *waits_for(const struct plan *p, uint32_t part, uint32_t mask)
{
	struct bytes b = { 0 };

	for (uint32_t port = 0; port < 16; port++)
		if (mask >> port & 1)
			bytes_print(&b, "%s%s", b.n ? ", " : "", channel_port(p, part, port));
	bytes_add(&b, "", 1);
	return b.n > 1 ? (const char *)b.at : "nothing of its first 16 ports";
}

static const char *message_words(const struct plan *p, const struct bh_trace_record *r)
{
	static const char *const call[] = { "signals", "sends", "receives", "waits for", "calls", "replies", "serves", "asks for the state of" };
	uint32_t n = (r->arg & 0xffff) - (BH_CALL_SIGNAL & 0xffff), first = r->arg >> 16;
	bool sized = n == 1 || n == 4 || n == 5;

	if (n >= sizeof(call) / sizeof(call[0]) || r->partition == BH_TRACE_NOBODY)
		return text("call %u", r->arg & 0xffff);
	return text("%s %s%s: %s", call[n], n == 3 ? waits_for(p, r->partition, first) : channel_port(p, r->partition, first),
		    sized ? text(", %llu bytes", (unsigned long long)r->a) : "", status_name((int64_t)r->b));
}

/* --- faults: a record of the health log, as its readers say it --- */

static const char *fault_words(const struct plan *p, const struct bh_trace_record *r)
{
	struct bh_record log = { .event = (uint16_t)r->arg, .partition = r->partition, .vcpu = r->vcpu, .time = r->time, .address = r->a, .value = r->b };
	char words[256];
	const char *name = r->partition == BH_TRACE_NOBODY ? "?" : p->part[r->partition].name;

	record_text(words, sizeof(words), &log, name);
	return text("%s", words + strlen(name) + 2); /* who it was is said beside it */
}

/* --- time --- */

static const char *window_words(const struct trace *t, uint32_t core, uint32_t mode, const struct bh_trace_record *r)
{
	const char *late = text("planned at %.6f ms, late by %lld ns", (double)trace_ns(t, r->a) / 1e6, (long long)(trace_ns(t, r->time) - trace_ns(t, r->a)));
	const struct mode *m = mode < t->p->n_modes ? &t->p->mode[mode] : NULL;

	if (r->arg == BH_TRACE_GAP)
		return text("a gap begins, %s", late);
	if (!m || r->arg >= m->n_core_windows[core])
		return text("window number %u, which the plan does not have, begins, %s", r->arg, late);
	return text("window %s begins, %s", m->window[m->first_window[core] + r->arg].name, late);
}

static const char *switch_words(const struct trace *t, uint32_t core, uint32_t mode, const struct bh_trace_record *r)
{
	uint32_t vcpu = t->p->core[core].vcpu[r->a];

	return text("runs by %s%s", trace_why_name(t->p, core, mode, r->arg),
		    vcpu == trace_vcpu(t, r) ? "" : text(", on the time of %s, which waits for it", trace_vcpu_name(t->p, vcpu)));
}

static const char *budget_words(const struct trace *t, const struct bh_trace_record *r)
{
	int64_t left = (int64_t)((__int128)(int64_t)r->a * 1000000000 / (__int128)t->frequency);

	if (r->arg)
		return text("has %lld ns of budget again", (long long)left);
	return text("has used its budget up%s", left < 0 ? text(" and %lld ns more", (long long)-left) : "");
}

static const char *mode_words(const struct trace *t, const struct bh_trace_record *r)
{
	return text("mode %s from %.6f ms on; it was %s", trace_mode_name(t->p, r->arg), (double)trace_ns(t, r->a) / 1e6,
		    trace_mode_name(t->p, (uint32_t)r->b));
}

const char *trace_words(const struct trace *t, uint32_t core, uint32_t mode, const struct bh_trace_record *r)
{
	switch ((enum bh_trace_kind)r->kind) {
	case BH_TRACE_NONE: return "?";
	case BH_TRACE_SWITCH: return switch_words(t, core, mode, r);
	case BH_TRACE_IDLE: return "nobody runs";
	case BH_TRACE_EXIT: return text("%s at %#llx", exit_words(r), (unsigned long long)r->b);
	case BH_TRACE_IRQ: return text("interrupt %u: %s", r->arg, intid_name(t->p, r->arg));
	case BH_TRACE_MESSAGE: return message_words(t->p, r);
	case BH_TRACE_FAULT: return fault_words(t->p, r);
	case BH_TRACE_WINDOW: return window_words(t, core, mode, r);
	case BH_TRACE_BUDGET: return budget_words(t, r);
	case BH_TRACE_MODE: return mode_words(t, r);
	case BH_TRACE_SHUT: return text("line %u (%s) is masked until it runs", r->arg, intid_name(t->p, r->arg));
	}
	return "?";
}
