/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the report about health: what is done about each kind of fault, within which times, and who looks on. */
#include "tools/report_health.h"

#include "abi/gwdt.h"
#include "tools/health.h"
#include "tools/monitor.h"
#include "tools/schedule.h"

#define ON_A_LINE 4u

static void policy_lines(const struct plan *p, const struct part *part, struct bytes *b)
{
	for (uint32_t k = 0; k < BH_FAULTS; k++)
		bytes_print(b, "%s%s: %s%s", k % ON_A_LINE ? "; " : k ? "             "
								      : "  health:    ",
			    health_kind_name(k), health_text(p, &part->health[k]), k % ON_A_LINE == ON_A_LINE - 1 ? "\n" : "");
	if (part->limit_n)
		bytes_print(b, "  limit:     more than %u restart%s in %s: %s\n", part->limit_n, part->limit_n == 1 ? "" : "s", schedule_ms(part->limit_ns),
			    health_text(p, &part->limit));
}

static void time_lines(const struct plan *p, const struct part *part, struct bytes *b)
{
	if (part->watchdog_ns)
		bytes_print(b, "  watchdog:  to be fed within %s, at first within %s%s\n", schedule_ms(part->watchdog_ns),
			    schedule_ms(part->watchdog_first_ns),
			    part->watchdog_device    ? text(", by its device at %#x, which %s answers for", BH_GWDT_IPA, p->part[p->monitor].name)
			    : part->watchdog_open_ns ? text(", and not sooner than after %s", schedule_ms(part->watchdog_open_ns))
						     : "");
	if (part->answer_ns)
		bytes_print(b, "  answers:   within %s, or is silent\n", schedule_ms(part->answer_ns));
}

static void monitor_lines(const struct plan *p, const struct part *part, struct bytes *b)
{
	if (part->dump_bytes)
		bytes_print(b, "  dump:      registers and %llu KiB of memory, taken by %s\n", (unsigned long long)(dump_bytes(part) / KIB),
			    p->part[p->monitor].name);
	if (part->monitor)
		bytes_print(b, "  monitor:   capability %u sees what the system does%s; a core is lost that is silent for %s\n", part->monitor_cap,
			    part->resets_system ? " and resets the machine" : "", schedule_ms(part->core_silent_ns));
	for (uint32_t i = 0; i < part->n_controls; i++)
		if (part->control[i].rights & BH_CONTROL_MAY_INSPECT)
			bytes_print(b, "  inspects:  %s, while it stands still: its RAM at %#llx, root %#llx\n", p->part[part->control[i].part].name,
				    (unsigned long long)BH_INSPECT_IPA, (unsigned long long)part->control[i].root);
	for (uint32_t i = 0; i < p->n_parts && part->monitor; i++)
		for (uint32_t k = 0; k < p->part[i].n_controls; k++) {
			const struct channel *c = monitor_grant(p, i, p->part[i].control[k].part);

			if (c)
				bytes_print(b, "  asked:     by %s, on channel %s, to start and stop %s\n", p->part[i].name, c->name,
					    p->part[p->part[i].control[k].part].name);
		}
}

void report_health(const struct plan *p, const struct part *part, struct bytes *b)
{
	policy_lines(p, part, b);
	time_lines(p, part, b);
	monitor_lines(p, part, b);
}
