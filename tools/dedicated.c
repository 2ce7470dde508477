/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions whose cores are theirs alone: interrupts and timers go to them without the kernel, which for that reason takes none
 * itself while one of their vCPUs runs, nor has a timer there. What needs one is refused. And partitions that sleep by themselves on cores
 * that are theirs alone, dedicated or not.
 */
#include <libfdt.h>

#include "tools/errors.h"
#include "tools/plan.h"

#define DEDICATED  "dedicated-core"
#define NATIVE_WFI "native-wfi"

static const char *vcpu_owner(const struct plan *p, uint32_t vcpu)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (vcpu - p->part[i].first_vcpu < p->part[i].n_cores)
			return p->part[i].name;
	return "?";
}

static void check_core(struct plan *p, const struct part *part, struct plan_core *c)
{
	uint32_t number = (uint32_t)(c - p->core);

	c->dedicated = true;
	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (c->vcpu[r] - part->first_vcpu >= part->n_cores) {
			blame(p, part->path, DEDICATED, "core %u is also %s's; give one of them another core, or leave this out", c->board,
			      vcpu_owner(p, c->vcpu[r]));
			return;
		}
	if (c->n_vcpus > 1)
		blame(p, part->path, DEDICATED, "core %u has %u of its vCPUs, and can have one; name %u cores, or leave this out", c->board, c->n_vcpus,
		      part->n_cores);
	if (p->n_modes && p->mode[0].n_core_windows[number])
		blame(p, part->path, DEDICATED, "it has windows on core %u, and no alarm would end them; take it out of the schedule, or leave this out",
		      c->board);
}

static void check_cores(struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < p->n_cores; i++)
		for (uint32_t k = 0; k < part->n_cores; k++)
			if (p->core[i].board == part->core[k]) {
				check_core(p, part, &p->core[i]);
				break;
			}
}

/* What the kernel would have to do while it runs, at some time. */
static void check_time(struct plan *p, const struct part *part)
{
	if (part->budget_ns)
		blame(p, part->path, DEDICATED, "it has a reservation, and no alarm would end it; a core of its own needs none: remove `budget-us`");
	if (part->watchdog_ns || part->watchdog_device)
		blame(p, part->path, DEDICATED, "it has a watchdog, which needs an alarm on its core; remove that, or leave this out");
	if (p->n_modes > 1)
		blame(p, part->path, DEDICATED, "the system has %u modes, and no alarm would change the mode on its cores; have one mode, or leave this out",
		      p->n_modes);
}

static void check_kind(struct plan *p, const struct part *part)
{
	if (part->dtb && part->console >= 0)
		blame(p, part->path, DEDICATED,
		      "its device tree is its own (`dtb`), and the interrupt of its PL011 is a spare SPI of the board here, not 33; remove `dtb` or `console`, or leave "
		      "this out");
	if (part->monitor)
		blame(p, part->path, DEDICATED, "it is the monitor, whose memory changes with whom it inspects; leave this out");
}

/*
 * Its sleep is the processor's, and passes as time that it uses: who is to run instead would wait for it. Any interrupt wakes it, as the kernel
 * takes them there, so it is trusted with nothing; but for dedicated cores, see draw.c.
 */
static void check_wfi(struct plan *p, const struct part *part)
{
	if (!part->native_wfi || part->dedicated) /* that is more */
		return;
	if (part->budget_ns)
		blame(p, part->path, NATIVE_WFI, "it has a reservation, which its sleep would use up; remove `budget-us`, or leave this out");
	for (uint32_t i = 0; i < p->n_cores; i++)
		for (uint32_t r = 0; r < p->core[i].n_vcpus; r++)
			if (p->core[i].vcpu[r] - part->first_vcpu < part->n_cores && p->core[i].n_vcpus > 1) {
				blame(p, part->path, NATIVE_WFI,
				      "core %u has %u vCPUs, and while one sleeps by itself no other runs; give it cores of its own, or leave this out",
				      p->core[i].board, p->core[i].n_vcpus);
				break;
			}
}

void dedicated_check(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		check_wfi(p, part);
		if (!part->dedicated)
			continue;
		check_cores(p, part);
		check_time(p, part);
		check_kind(p, part);
	}
}
