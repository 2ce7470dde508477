/* SPDX-License-Identifier: Apache-2.0 */
/* Refused accesses and registers: what is declared there or nearest to it, what the board has there, what would permit it. */
#include <libfdt.h>
#include <string.h>

#include "abi/info.h"
#include "abi/stub.h"
#include "tools/device.h"
#include "tools/explain.h"
#include "tools/source.h"

#define NOBODY ~0u /* object of a region that the kernel answers for */

/* --- what is declared --- */

/* The interrupt controller is no region of the partition's: the kernel answers there. */
static const struct region kernels[] = {
	{ .ipa = PLAN_GICD_IPA, .bytes = PLAN_GICD_BYTES, .kind = BH_REGION_EMULATED, .object = NOBODY, .name = "interrupt distributor" },
	{ .ipa = PLAN_GICR_IPA, .bytes = PLAN_GICR_BYTES, .kind = BH_REGION_EMULATED, .object = NOBODY, .name = "redistributor of vCPU 0" },
};
#define N_KERNELS 2u

/*
 * What it boots from lies somewhere in these: how much of it there is, only its payload could tell, which is not read here. That it reaches to an
 * address is known where the kernel says that something is declared there.
 */
static const struct region boots[] = {
	{ .ipa = BH_STUB_IPA, .bytes = BH_STUB_PARAM_IPA - BH_STUB_IPA, .kind = BH_REGION_CONST, .rights = BH_READ | BH_EXECUTE, .name = "boot stub" },
	{ .ipa = BH_STUB_PARAM_IPA, .bytes = BH_INFO_IPA - BH_STUB_PARAM_IPA, .kind = BH_REGION_CONST, .rights = BH_READ, .name = "boot parameters" },
	{ .ipa = BH_PRISTINE_NEAR_IPA, .bytes = BH_PRISTINE_NEAR_END - BH_PRISTINE_NEAR_IPA, .kind = BH_REGION_CONST, .rights = BH_READ, .name = "pristine store" },
	{ .ipa = BH_PRISTINE_IPA, .bytes = BH_PRISTINE_END - BH_PRISTINE_IPA, .kind = BH_REGION_CONST, .rights = BH_READ, .name = "pristine store" },
};
#define N_BOOTS 4u

static const struct region *region_of(const struct part *part, uint32_t i)
{
	return i < part->n_regions ? &part->region[i] : &kernels[i - part->n_regions];
}

static uint64_t distance(const struct region *r, uint64_t a)
{
	if (a < r->ipa)
		return r->ipa - a;
	return a - r->ipa < r->bytes ? 0 : a - (r->ipa + r->bytes) + 1;
}

/* Never NULL: the kernel answers somewhere. */
static const struct region *nearest(const struct part *part, uint64_t a)
{
	const struct region *best = NULL;

	for (uint32_t i = 0; i < part->n_regions + N_KERNELS; i++) {
		const struct region *r = region_of(part, i);

		if (r->bytes && (!best || distance(r, a) < distance(best, a)))
			best = r;
	}
	return best;
}

/* Or NULL. */
static const struct region *boot_at(const struct refusal *r)
{
	for (uint32_t i = 0; i < N_BOOTS && strstr(r->line, "what is declared there"); i++)
		if (distance(&boots[i], r->address) == 0)
			return &boots[i];
	return NULL;
}

static const char *region_text(const struct plan *p, const struct region *r)
{
	const char *what = r->name, *whose = "";

	if (r->kind == BH_REGION_EMULATED)
		whose = r->object == NOBODY ? ", emulated by the kernel" : text(", emulated by %s", p->part[p->emul[r->object].server].name);
	if (r->kind == BH_REGION_RAM)
		what = "its RAM";
	if (r->kind == BH_REGION_DEVICE)
		what = text("its device %s", r->name);
	return text("%s (0x%08llx to 0x%08llx%s)", what, (unsigned long long)r->ipa, (unsigned long long)(r->ipa + r->bytes - 1), whose);
}

/* --- what the board has --- */

static bool is_at(const struct device *d, uint64_t a)
{
	for (uint32_t i = 0; i < d->n_spans; i++) {
		uint64_t first = d->span[i].base / BH_PAGE * BH_PAGE;

		if (a >= first && a < align_up(d->span[i].base + d->span[i].bytes, BH_PAGE))
			return true;
	}
	return false;
}

/* False: no device of the board lies in the page. @kept: why it cannot be given away, or NULL. */
static bool board_device(struct plan *p, uint64_t a, struct device *d, const char **kept)
{
	for (int node = fdt_next_node(p->fdt, 0, NULL); node >= 0; node = fdt_next_node(p->fdt, node, NULL)) {
		const char *type = fdt_getprop(p->fdt, node, "device_type", NULL);

		if (type && strcmp(type, "memory") == 0)
			continue;
		*kept = device_look(p, node, d);
		if (is_at(d, a))
			return true;
	}
	return false;
}

static const struct part *owner_of(const struct plan *p, const struct device *d)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t k = 0; k < p->part[i].n_devices; k++)
			if (p->part[i].device[k]->node == d->node)
				return &p->part[i];
	return NULL;
}

static bool has_label(const struct plan *p, const struct device *d)
{
	int symbols = fdt_path_offset(p->fdt, "/__symbols__");
	const char *path = symbols < 0 ? NULL : fdt_getprop(p->fdt, symbols, d->name, NULL);

	return path && strcmp(path, d->path) == 0;
}

/* --- what would permit it --- */

/* Somebody who answers for others' PL011s, or could. */
static const struct part *some_console(const struct plan *p, const struct part *part)
{
	const struct part *found = NULL;

	for (uint32_t i = 0; i < p->n_parts; i++)
		for (uint32_t k = 0; k < p->part[i].n_devices; k++)
			if (strstr(p->part[i].device[k]->path, "serial") || strstr(p->part[i].device[k]->path, "uart"))
				found = &p->part[i];
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (p->part[i].console >= 0)
			found = &p->part[p->part[i].console];
	return found == part ? NULL : found;
}

static void device_remedy(struct plan *p, const struct refusal *r, const struct device *d)
{
	const struct part *owner = owner_of(p, d);

	if (owner)
		explain_line("there: the board's %s, which %s owns%s; a device has one owner: move it to %s, or ask %s by a channel", d->name, owner->path,
			     explain_place(p, owner->path, "devices"), r->part->name, owner->name);
	else
		explain_line("there: the board's %s (%s), which nobody owns%s", d->name, d->path,
			     d->dma ? "; its DMA could reach all memory, so `trusted-dma` has to name it, too" : "");
	if (owner)
		return;
	if (!has_label(p, d))
		explain_line("the board gives %s no label; to permit it add one there, and its name to `devices` of %s%s", d->path, r->part->path,
			     explain_place(p, r->part->path, "devices"));
	else
		explain_add(p, r->part, "devices", d->name);
}

static void memory_remedy(const struct plan *p, const struct refusal *r)
{
	uint64_t want = align_up(r->address + max_u64(r->bytes, 1) - PLAN_RAM_IPA, MIB);

	explain_line("to permit it write `memory = \"%lluM\"` in %s%s", (unsigned long long)(want / MIB), r->part->path,
		     explain_place(p, r->part->path, "memory"));
}

static void explain_nearest(const struct plan *p, const struct region *near, uint64_t a)
{
	if (a < near->ipa)
		explain_line("nearest: %s; it begins %#llx bytes behind that address", region_text(p, near), (unsigned long long)(near->ipa - a));
	else
		explain_line("nearest: %s; it ends %#llx bytes before that address", region_text(p, near),
			     (unsigned long long)(a - near->ipa - near->bytes));
}

/* Where nothing of the partition's is. */
static void explain_hole(struct plan *p, const struct refusal *r)
{
	const struct region *near = nearest(r->part, r->address);
	uint64_t a = r->address, end = PLAN_RAM_IPA + r->part->ram_bytes, board = 0;
	const struct part *console = some_console(p, r->part);
	const char *kept = NULL;
	struct device d;

	for (uint32_t i = 0; i < p->board.n_memories; i++)
		board += p->board.memory[i].bytes;
	explain_nearest(p, near, a);
	if (a / BH_PAGE * BH_PAGE == PLAN_UART_IPA && r->part->console < 0 && console) {
		explain_line("there: the PL011 of those who have a `console`");
		explain_add(p, r->part, "console", console->name);
	} else if (a >= PLAN_RAM_IPA && a >= end && a - PLAN_RAM_IPA < board) {
		memory_remedy(p, r);
	} else if (r->part->monitor && a >= BH_INSPECT_IPA) {
		explain_line("there: the RAM of whom it inspects, while the kernel shows it that (BH_CALL_INSPECT), and no further than that reaches");
	} else if (a < BH_PAGE) {
		explain_line("no description permits it: nothing is ever in the first page, so that a null pointer is found");
	} else if (!board_device(p, a, &d, &kept)) {
		explain_line("there: nothing, nor has the board (%s) a device there; no line of the description permits it", p->board.name);
	} else if (kept) {
		explain_line("there: the board's %s, which %s; no description permits it", d.name, kept);
	} else {
		device_remedy(p, r, &d);
	}
}

/* --- where something is --- */

static const struct channel *shared_at(const struct plan *p, const struct part *part, uint64_t a)
{
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind == CHANNEL_SHARED && (c->reader[part->number] || c->writer[part->number]) && a >= c->ipa[part->number] &&
		    a - c->ipa[part->number] < c->size)
			return c;
	}
	return NULL;
}

static void explain_emulated(const struct plan *p, const struct refusal *r, const struct region *at)
{
	const struct emulated *e = at->object == NOBODY ? NULL : &p->emul[at->object];

	if (strstr(r->line, "plain loads and stores") || !e) {
		explain_line("no description permits it: an emulated register takes one plain load or store of 1, 2, 4 or 8 bytes");
		return;
	}
	explain_line("%s does not run: what became of it is in the log before; %s", p->part[e->server].name,
		     e->watchdog ? "a watchdog reads zero and is not fed meanwhile" : e->channel ? "a carrier reads zero and drops writes meanwhile"
												 : text("`console-down` says what %s gets meanwhile%s", r->part->name, explain_place(p, r->part->path, "console-down")));
}

static void explain_inside(const struct plan *p, const struct refusal *r, const struct region *at)
{
	const struct channel *c = shared_at(p, r->part, r->address);

	explain_line("there: %s; it may %s%s%s", region_text(p, at), at->rights & BH_READ ? "read" : "do nothing", at->rights & BH_WRITE ? ", write" : "",
		     at->rights & BH_EXECUTE ? ", execute" : "");
	if (at->kind == BH_REGION_EMULATED)
		explain_emulated(p, r, at);
	else if (c && r->write && !c->writer[r->part->number])
		explain_line("to permit it add &%s to `writers` of %s%s", r->part->name, c->path, explain_place(p, c->path, "writers"));
	else if (r->fetch)
		explain_line("no description permits it: only RAM and the boot stub can be executed");
	else if (at->kind == BH_REGION_CONST || at->kind == BH_REGION_WINDOW)
		explain_line("no description permits it: the kernel and the tool write there, a partition reads");
}

void explain_access(struct plan *p, const struct refusal *r)
{
	const struct region *at = r->has_address ? nearest(r->part, r->address) : NULL;
	const struct region *boot = r->has_address ? boot_at(r) : NULL;

	if (!r->has_address)
		explain_line("the processor did not tell the address, so there is nothing to look up; the instruction at its pc says what it was");
	else if (at && distance(at, r->address) == 0)
		explain_inside(p, r, at);
	else if (boot)
		explain_inside(p, r, boot);
	else
		explain_hole(p, r);
}

/* --- registers --- */

/* By name as S<op0>_<op1>_C<n>_C<m>_<op2>: what they are (Arm DDI 0487), and what has to do with them here. */
static const struct {
	const char *prefix, *what;
} registers[] = {
	{ "S3_3_C9_", "the performance monitors, which no partition has: ID_AA64DFR0_EL1 shows none" },
	{ "S3_0_C9_", "the performance monitors or the statistical profiler, which no partition has" },
	{ "S3_3_C14_C", "the performance monitors' counters, which no partition has" },
	{ "S2_", "a debug register of more breakpoints than there are, or of an external debugger" },
	{ "S3_0_C12_C", "a register of the interrupt controller that a vCPU does not have, or not in this direction" },
	{ "S3_0_C4_C6_", "the interrupt controller's priority mask" },
	{ "S3_4_", "a register of EL2, which is the kernel's" },
	{ "S3_6_", "a register of EL3, which is firmware's" },
	{ "S3_1_", "a register that only this kind of processor has" },
	{ "S3_7_", "a register that only this kind of processor has" },
};

static bool is_set_way(const char *reg)
{
	return reg && (strcmp(reg, "S1_0_C7_C6_2") == 0 || strcmp(reg, "S1_0_C7_C10_2") == 0 || strcmp(reg, "S1_0_C7_C14_2") == 0);
}

static const char *register_text(const char *reg)
{
	for (uint32_t i = 0; reg && i < sizeof(registers) / sizeof(registers[0]); i++)
		if (strncmp(reg, registers[i].prefix, strlen(registers[i].prefix)) == 0)
			return registers[i].what;
	return NULL;
}

void explain_register(struct plan *p, const struct refusal *r)
{
	const char *what = register_text(r->reg);

	if (is_set_way(r->reg)) {
		explain_line("that is: cache maintenance by set and way");
		explain_line("to permit it write `set-way = \"native\"` in %s%s; docs/limits.md says what that costs others", r->part->path,
			     explain_place(p, r->part->path, "set-way"));
	} else if (!r->reg && r->class == 0x07) {
		explain_line("that is: a floating-point or SIMD instruction");
		explain_line("to permit it write `fp = \"lazy\"` in %s%s", r->part->path, explain_place(p, r->part->path, "fp"));
	} else {
		if (what)
			explain_line("that is: %s", what);
		explain_line("no description permits it: a partition may use what its identification registers show");
	}
}
