/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carriers: a partition with a `bridge` makes no calls of ours. Each of its channel ends is a PL011
 * that the bridge answers for, as a console does; the bridge holds the port. A channel with messages
 * that are too long for a frame (abi/serial.h) has memory beside it, which the two share.
 */
#include <libfdt.h>

#include "abi/serial.h"
#include "tools/errors.h"
#include "tools/plan.h"
#include "tools/relate.h"

/* For one message or reply that is too long for a frame. */
static uint64_t window_bytes(const struct channel *c)
{
	uint32_t longest = c->bytes > c->reply_bytes ? c->bytes : c->reply_bytes;

	return longest > BH_SERIAL_INLINE ? align_up(longest, BH_PAGE) : 0;
}

static bool is_end(const struct part *part, const struct channel *c)
{
	return c->from.holder >= 0 && c->to.holder >= 0 && (c->from.part == (int)part->number || c->to.part == (int)part->number);
}

static void carrier_add(struct plan *p, struct part *part, struct channel *c, uint32_t n)
{
	struct part *bridge = &p->part[part->bridge];

	if (p->n_emuls < BH_MAX_EMULS)
		p->emul[p->n_emuls] = (struct emulated){ .client = part->number,
							 .server = bridge->number,
							 .ipa = PLAN_CARRIER_IPA + n * (uint64_t)BH_PAGE,
							 .bytes = BH_PAGE,
							 .intid = doorbell(p, part, "bridge"),
							 .channel = c,
							 .doorbell = doorbell(p, bridge, NULL),
							 .window_bytes = window_bytes(c) };
	p->n_emuls++;
}

static void carry(struct plan *p, struct part *part)
{
	uint32_t n = 0, shared = 0, wrong = 0;

	for (uint32_t i = 0; i < p->n_channels; i++) {
		struct channel *c = &p->channel[i];

		shared += c->reader[part->number] || c->writer[part->number];
		wrong += c->kind != CHANNEL_SHARED && (c->from.holder < 0 || c->to.holder < 0);
		if (is_end(part, c))
			carrier_add(p, part, c, n++);
	}
	if (n == 0 && wrong == 0)
		blame(p, part->path, "bridge", "has nothing to carry: no channel begins or ends at %s%s; remove it", part->name,
		      shared ? " (shared memory needs no bridge)" : "");
}

/* Linux's driver has room for so many (drivers/tty/serial/amba-pl011.c, UART_NR), and drops others without an error. */
#define GUEST_PL011S 14u

static void check_number(struct plan *p, const struct part *part)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->n_devices; i++)
		n += fdt_node_check_compatible(p->fdt, part->device[i]->node, "arm,pl011") == 0;
	for (uint32_t i = 0; i < min_u64(p->n_emuls, BH_MAX_EMULS); i++)
		n += p->emul[i].client == part->number && !p->emul[i].watchdog;
	if (n > GUEST_PL011S)
		blame(p, part->path, "bridge",
		      "%s would have %u PL011s (its own, the console's, one for each channel end), %u too many: Linux finds %u; join some "
		      "channels",
		      part->name, n, n - GUEST_PL011S, GUEST_PL011S);
}

void carriers_plan(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].bridge >= 0) {
			carry(p, &p->part[i]);
			check_number(p, &p->part[i]);
		}
	if (p->n_emuls <= BH_MAX_EMULS)
		return;
	blame(p, "/partitions", NULL,
	      "have %u emulated regions together (one for each `console` and `watchdog-device`, one for each channel end that a `bridge` carries), %u too "
	      "many; a system can have %u",
	      p->n_emuls, p->n_emuls - BH_MAX_EMULS, BH_MAX_EMULS);
	p->n_emuls = BH_MAX_EMULS;
}
