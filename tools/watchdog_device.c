/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watchdog devices: a guest that makes no calls of ours feeds its watchdog by a generic watchdog (abi/gwdt.h), which a stock driver
 * knows. The monitor answers for it, and feeds.
 */
#include <libfdt.h>

#include "abi/gwdt.h"
#include "tools/errors.h"
#include "tools/monitor.h"
#include "tools/relate.h"
#include "tools/source.h"
#include "tools/value.h"

#define DEVICE "watchdog-device"

/* False: blamed. */
static bool is_answered(struct plan *p, const struct part *part)
{
	const struct part *monitor = p->monitor >= 0 ? &p->part[p->monitor] : NULL;
	const struct control *c = monitor ? control_of(monitor, part->number) : NULL;

	if (!monitor)
		blame(p, part->path, DEVICE, "nobody would answer for it; add `monitor` and controls = <&%s> to a partition, or remove this", part->name);
	else if (monitor == part)
		blame(p, part->path, DEVICE, "the monitor answers for these, and cannot for its own; it feeds its watchdog by a call: remove this");
	else if (!c || !(c->rights & BH_CONTROL_MAY_STOP))
		blame(p, part->path, DEVICE, "%s answers for it, but may not feed %s; add &%s to `controls` of %s", monitor->name, part->name, part->name,
		      monitor->path);
	else
		return true;
	return false;
}

static void device_add(struct plan *p, struct part *part)
{
	struct part *monitor = &p->part[p->monitor];

	if (p->n_emuls < BH_MAX_EMULS)
		p->emul[p->n_emuls] = (struct emulated){ .client = part->number,
							 .server = monitor->number,
							 .ipa = BH_GWDT_IPA,
							 .bytes = BH_GWDT_BYTES,
							 .intid = doorbell(p, part, DEVICE),
							 .watchdog = true,
							 .doorbell = doorbell(p, monitor, NULL) };
	p->n_emuls++;
}

void watchdog_devices_relate(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		struct part *part = &p->part[i];

		if (!fdt_getprop(p->fdt, part->node, DEVICE, NULL) || !value_flag(p, part->node, DEVICE))
			continue;
		part->watchdog_device = true;
		if (is_answered(p, part))
			device_add(p, part);
	}
}

void watchdog_device_check(struct plan *p, const struct part *part)
{
	if (!part->watchdog_device)
		return;
	if (!fdt_getprop(p->fdt, part->node, "watchdog-us", NULL))
		blame(p, part->path, DEVICE, "has no meaning without `watchdog-us`; add it or remove this");
	else if (part->watchdog_ns && part->watchdog_ns < BH_GWDT_LEAST_NS)
		blame(p, part->path, "watchdog-us", "%llu us is %llu us too short for a `" DEVICE "`, as drivers count whole seconds; write <%llu> or more",
		      (unsigned long long)(part->watchdog_ns / PLAN_NS_PER_US), (unsigned long long)((BH_GWDT_LEAST_NS - part->watchdog_ns) / PLAN_NS_PER_US),
		      BH_GWDT_LEAST_NS / PLAN_NS_PER_US);
	if (part->watchdog_open_ns)
		blame(p, part->path, "watchdog-open-us", "is not possible with `" DEVICE "`: its driver feeds when it likes, at its start above all; remove one of both");
}
