/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob's tables against the description: cores and their order, partitions' rights, emulated
 * regions and who answers for them, interrupt routes, capabilities, SMC allow-lists.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/gwdt.h"
#include "abi/pl011.h"
#include "tools/audit.h"

static const struct audit_part *part_at(const struct audit *a, uint32_t p)
{
	return &a->d.part[a->part_of[p]];
}

static void check_number(struct audit *a, const char *what, uint64_t is, uint64_t want)
{
	if (is != want)
		finding(a, "%s is %#" PRIx64 ", but the description gives %#" PRIx64, what, is, want);
}

static void check_system(struct audit *a)
{
	const struct bh_blob *b = a->b;
	uint32_t reader = BH_NONE;

	for (uint32_t p = 0; p < b->n_partitions; p++)
		if (part_at(a, p)->reads_log)
			reader = p;
	check_number(a, "reader of the health log", b->log_reader, reader);
	check_number(a, "kind of UART", b->uart_kind, a->d.uart_kind);
	if (b->uart_kind != BH_UART_NONE)
		check_number(a, "address of the UART", a->h->uart_pa, a->d.uart.span[0].base);
	check_number(a, "way to start cores", b->psci, a->d.psci);
	check_number(a, "timer's INTID", b->timer_intid, a->d.timer_intid);
	check_number(a, "maintenance INTID", b->maintenance_intid, a->d.maintenance_intid);
	check_number(a, "number of INTIDs", b->n_intids, a->d.n_intids);
	check_number(a, "load address", a->h->load_pa, a->d.load);
	if (reader == BH_NONE)
		check_number(a, "doorbell of the log", b->log_intid, 0);
	if (strcmp(blob_name(b, b->system_name), a->d.system) != 0)
		finding(a, "name of the system is \"%s\", not \"%s\"", blob_name(b, b->system_name), a->d.system);
	if (strcmp(blob_name(b, b->board_name), a->d.board) != 0)
		finding(a, "name of the board is \"%s\", not \"%s\"", blob_name(b, b->board_name), a->d.board);
}

/* vCPU i of a partition runs on core i of its list; on each core the higher priority comes first. */
static void check_vcpus(struct audit *a)
{
	const struct bh_blob *b = a->b;

	for (uint32_t i = 0; i < b->n_vcpus; i++) {
		const struct bh_vcpu *v = &blob_vcpus(b)[i];

		if (v->index >= part_at(a, v->partition)->n_cores ||
		    part_at(a, v->partition)->core[v->index] != a->core_of[v->core])
			finding(a, "%s: vCPU %u is on core %u, which is not what is declared", owner_name(a, v->partition),
				v->index, a->core_of[v->core]);
	}
	for (uint32_t c = 0; c < b->n_cores; c++)
		for (uint32_t r = 0; r + 1 < blob_cores(b)[c].n_vcpus; r++) { /* several of one partition: blob_check_time.c */
			uint32_t high = blob_vcpus(b)[blob_cores(b)[c].vcpu[r]].partition;
			uint32_t low = blob_vcpus(b)[blob_cores(b)[c].vcpu[r + 1]].partition;

			if (high != low && part_at(a, high)->priority <= part_at(a, low)->priority)
				finding(a, "core %u: %s comes before %s, against their priorities", c, owner_name(a, high),
					owner_name(a, low));
		}
}

static void check_smcs(struct audit *a, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(a->b)[p];
	const struct audit_part *want = part_at(a, p);

	if (part->n_smcs != want->n_smcs)
		finding(a, "%s: %u SMC functions are allowed, %u are declared", owner_name(a, p), part->n_smcs, want->n_smcs);
	for (uint32_t i = 0; i < part->n_smcs && i < want->n_smcs; i++)
		if (blob_smcs(a->b)[part->first_smc + i] != want->smc[i])
			finding(a, "%s: SMC function %#x is allowed, but not declared", owner_name(a, p),
				blob_smcs(a->b)[part->first_smc + i]);
}

static void check_partition(struct audit *a, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(a->b)[p];
	const struct audit_part *want = part_at(a, p);
	uint32_t flags = (want->setway ? BH_PART_SETWAY_NATIVE : 0) | (want->restart ? BH_PART_RESTART : 0) | (want->dump_kib ? BH_PART_DUMP : 0) |
			 (want->dedicated ? BH_PART_DEDICATED : 0) | (want->native_wfi ? BH_PART_NATIVE_WFI : 0);

	if (part->flags != flags)
		finding(a, "%s: flags are %#x, the description gives %#x (1: set/way native, 2: restart, 4: dedicated cores, 8: dump, 0x10: native WFI)", owner_name(a, p),
			part->flags, flags);
	if (part->fp != want->fp)
		finding(a, "%s: FP policy is %u, the description gives %u (0: eager, 1: lazy, 2: none)", owner_name(a, p),
			part->fp, want->fp);
	if (part->n_vcpus != want->n_cores)
		finding(a, "%s: has %u vCPUs, but %u cores are declared", owner_name(a, p), part->n_vcpus, want->n_cores);
	if (part->root == a->b->empty_root)
		finding(a, "%s: its root is the empty one", owner_name(a, p));
	for (uint32_t q = 0; q < p; q++) /* also by blob_check; VMIDs are what keeps TLB entries apart */
		if (blob_partitions(a->b)[q].vmid == part->vmid || part->vmid == 0)
			finding(a, "%s: VMID %u is used twice, or 0", owner_name(a, p), part->vmid);
	check_smcs(a, p);
}

/* What an emulated region is for: its client's console, its watchdog, or one end of a channel that its client's bridge carries. */
static const char *emul_name(const struct audit *a, uint32_t i)
{
	const struct audit_channel *c = carried_channel(a, i);

	return c ? c->name : a->carries[i] == AUDIT_WATCHDOG ? "watchdog"
							     : "PL011";
}

static const char *server_name(const struct audit *a, uint32_t i)
{
	return carried_channel(a, i) ? "bridge" : a->carries[i] == AUDIT_WATCHDOG ? "monitor"
										  : "console";
}

static uint32_t server_of(const struct audit *a, uint32_t i)
{
	const struct audit_part *client = part_at(a, blob_emuls(a->b)[i].client);

	if (a->carries[i] == AUDIT_WATCHDOG)
		return client->watchdog_device ? a->d.monitor : BH_NONE;
	return carried_channel(a, i) ? client->bridge : client->console;
}

static void check_server(struct audit *a, uint32_t i)
{
	const struct bh_emul *e = &blob_emuls(a->b)[i];
	const struct audit_part *client = part_at(a, e->client);
	bool console = a->carries[i] == AUDIT_CONSOLE, watchdog = a->carries[i] == AUDIT_WATCHDOG;

	if (server_of(a, i) != a->part_of[e->server])
		finding(a, "%s answers for a region of %s (%s), but is not its %s", owner_name(a, e->server), owner_name(a, e->client),
			emul_name(a, i), server_name(a, i));
	if (console && (e->ipa != BH_PL011_IPA || e->bytes != BH_PL011_BYTES || (e->intid != BH_PL011_INTID && !client->dedicated)))
		finding(a, "%s: its PL011 is not at %#x with INTID %u", owner_name(a, e->client), BH_PL011_IPA, BH_PL011_INTID);
	if (watchdog && (e->ipa != BH_GWDT_IPA || e->bytes != BH_GWDT_BYTES || e->intid == BH_NONE))
		finding(a, "%s: its watchdog is not at %#x, or has no interrupt", owner_name(a, e->client), BH_GWDT_IPA);
	if (!console && !watchdog && (e->bytes != BH_PL011_BYTES || e->intid == BH_NONE))
		finding(a, "%s: what carries %s is not as large as a PL011, or has no interrupt", owner_name(a, e->client),
			emul_name(a, i));
	if (e->down != (console ? client->down : BH_DOWN_ZERO))
		finding(a, "%s: its device (%s) answers otherwise than declared while its server is dead", owner_name(a, e->client),
			emul_name(a, i));
}

static void check_emul(struct audit *a, uint32_t i)
{
	const struct bh_emul *e = &blob_emuls(a->b)[i];
	bool watchdog = a->carries[i] == AUDIT_WATCHDOG;

	check_server(a, i);
	for (uint32_t o = 0; o < e->bytes; o += 4) {
		uint8_t is = blob_regs(a->b, e->reg)[o / 4], want = watchdog ? bh_gwdt_register(o) : bh_pl011_register(o);

		if (is != want)
			finding(a, "%s: register %#x of its %s (%s) answers as %#x, not as such a device's (%#x)", owner_name(a, e->client), o,
				watchdog ? "generic watchdog" : "PL011", emul_name(a, i), is, want);
	}
	for (uint32_t j = 0; j < i; j++)
		if (blob_emuls(a->b)[j].client == e->client && a->carries[j] == a->carries[i])
			finding(a, "%s: two emulated regions for one thing (%s)", owner_name(a, e->client), emul_name(a, i));
}

/* No byte of the register tables but what emulated regions use. */
static void check_regs(struct audit *a)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];
		bool again = false;

		for (uint32_t j = 0; j < i; j++)
			again = again || blob_emuls(a->b)[j].reg == e->reg;
		used += again ? 0 : (uint32_t)e->bytes / 4;
	}
	if (used != a->b->reg_bytes)
		finding(a, "blob: register tables have %u bytes, of which %u are used", a->b->reg_bytes, used);
}

static void check_emuls(struct audit *a)
{
	uint32_t want = 0;

	for (uint32_t i = 0; i < a->b->n_emuls; i++)
		check_emul(a, i);
	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		want += part_at(a, p)->console != BH_NONE;
		want += part_at(a, p)->watchdog_device;
		for (uint32_t c = 0; c < a->d.n_channels; c++)
			want += channel_is_carried(a, p, &a->d.channel[c]);
	}
	if (want != a->b->n_emuls)
		finding(a, "the image has %u emulated regions, the description gives %u", a->b->n_emuls, want);
	check_regs(a);
}

static uint32_t caps_held(const struct audit *a, uint32_t p, uint32_t kind, uint32_t object, uint32_t rights)
{
	const struct bh_partition *part = &blob_partitions(a->b)[p];
	uint32_t held = 0;

	for (uint32_t i = 0; i < part->n_caps; i++) {
		const struct bh_cap *cap = &blob_caps(a->b)[part->first_cap + i];

		held += cap->kind == kind && cap->object == object && cap->rights == rights;
	}
	return held;
}

static uint32_t check_serve_caps(struct audit *a, uint32_t p)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];
		uint32_t held = caps_held(a, p, BH_CAP_SERVE, i, 0);

		if (held != (e->server == p))
			finding(a, "%s holds %u capabilities to serve %s (%s)", owner_name(a, p), held, owner_name(a, e->client),
				emul_name(a, i));
		all += held;
	}
	return all;
}

/* One capability for each partition that it may do something to, with all of what it may. */
static uint32_t check_control_caps(struct audit *a, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(a->b)[p];
	uint32_t all = 0;

	for (uint32_t q = 0; q < a->b->n_partitions; q++) {
		uint32_t rights = declared_rights(part_at(a, p), a->part_of[q]), declared = rights != 0, held = 0, has = 0;

		for (uint32_t i = 0; i < part->n_caps; i++) {
			const struct bh_cap *c = &blob_caps(a->b)[part->first_cap + i];
			bool hit = c->kind == BH_CAP_CONTROL && c->object == q;

			held += hit;
			has |= hit ? c->rights : 0;
		}
		if (held != declared)
			finding(a, "%s holds %u capabilities to control %s, %u are declared", owner_name(a, p), held, owner_name(a, q), declared);
		else if (has != rights)
			finding(a, "%s has rights %#x over %s, the description gives %#x (1: start, 2: stop, 4: inspect)", owner_name(a, p), has,
				owner_name(a, q), rights);
		all += held;
	}
	return all;
}

static uint32_t check_monitor_cap(struct audit *a, uint32_t p)
{
	uint32_t reset = part_at(a, p)->resets_system ? BH_MONITOR_MAY_RESET : 0;
	uint32_t held = caps_held(a, p, BH_CAP_MONITOR, 0, reset), other = caps_held(a, p, BH_CAP_MONITOR, 0, reset ^ BH_MONITOR_MAY_RESET);

	if (held + other != part_at(a, p)->monitor)
		finding(a, "%s holds %u capabilities to see what the system does, %u are declared", owner_name(a, p), held + other, part_at(a, p)->monitor);
	else if (other)
		finding(a, "%s may %sreset the machine, not as declared", owner_name(a, p), reset ? "not " : "");
	return held + other;
}

/* Which ends of which ports these are, blob_check() has seen, and ports_audit() that the ports are the channels. */
static uint32_t count_port_caps(const struct audit *a, uint32_t p)
{
	uint32_t ends = 0;

	for (uint32_t i = 0; i < a->b->n_ports; i++)
		ends += blob_ports(a->b)[i].sender == p || blob_ports(a->b)[i].receiver == p;
	return ends;
}

static uint32_t check_schedule_cap(struct audit *a, uint32_t p)
{
	uint32_t held = caps_held(a, p, BH_CAP_SCHEDULE, 0, 0);

	if (held != part_at(a, p)->changes_mode)
		finding(a, "%s holds %u capabilities to change the mode, %u are declared", owner_name(a, p), held,
			part_at(a, p)->changes_mode);
	return held;
}

/* Ends of ports, clients to serve, partitions to control, the mode, the monitor's; nothing else. */
static void check_caps(struct audit *a, uint32_t p)
{
	uint32_t n_caps = blob_partitions(a->b)[p].n_caps;
	uint32_t want = count_port_caps(a, p) + check_serve_caps(a, p) + check_control_caps(a, p) + check_schedule_cap(a, p) +
			check_monitor_cap(a, p);

	if (want != n_caps)
		finding(a, "%s: its capability table has %u entries, of which %u are declared", owner_name(a, p), n_caps, want);
}

static const struct bh_irq *irq_find(const struct audit *a, uint32_t intid)
{
	for (uint32_t i = 0; i < a->b->n_irqs; i++)
		if (blob_irqs(a->b)[i].pintid == intid)
			return &blob_irqs(a->b)[i];
	return NULL;
}

static void check_line(struct audit *a, uint32_t p, const struct audit_line *l, const char *device)
{
	const struct bh_irq *q = irq_find(a, l->intid);

	if (!q) {
		finding(a, "%s: interrupt %u of %s goes nowhere", owner_name(a, p), l->intid, device);
		return;
	}
	if (q->partition != p)
		finding(a, "interrupt %u of %s goes to %s, not to its owner %s", l->intid, device, owner_name(a, q->partition),
			owner_name(a, p));
	if (q->vintid != l->intid)
		finding(a, "%s: interrupt %u of %s appears as %u", owner_name(a, p), l->intid, device, q->vintid);
	if (q->flags != (l->level ? BH_IRQ_LEVEL : 0))
		finding(a, "%s: interrupt %u of %s is %s, not as the board says", owner_name(a, p), l->intid, device,
			q->flags & BH_IRQ_LEVEL ? "level" : "edge");
}

/* What the kernel pends for a partition with dedicated cores: which events these are blob_check() has seen. */
static bool is_notice(const struct audit *a, const struct bh_irq *q)
{
	return part_at(a, q->partition)->dedicated && q->flags == BH_IRQ_NOTICE && q->vintid == q->pintid &&
	       q->pintid - a->d.spare_first < a->d.n_spares;
}

/* Each route is one that check_line() found right: devices of one partition may share a line. */
static void check_routes(struct audit *a, const uint8_t *declared)
{
	for (uint32_t i = 0; i < a->b->n_irqs; i++) {
		const struct bh_irq *q = &blob_irqs(a->b)[i];

		if (!declared[q->pintid] && !is_notice(a, q))
			finding(a, "%s gets interrupt %u, which no device of it has", owner_name(a, q->partition), q->pintid);
	}
}

static void check_irqs(struct audit *a)
{
	uint8_t declared[1024] = { 0 };

	for (uint32_t p = 0; p < a->b->n_partitions; p++)
		for (uint32_t i = 0; i < part_at(a, p)->n_devices; i++) {
			const struct audit_device *dev = &part_at(a, p)->device[i];

			for (uint32_t l = 0; l < dev->n_lines; l++) {
				check_line(a, p, &dev->line[l], dev->label);
				declared[dev->line[l].intid] = 1;
			}
		}
	check_routes(a, declared);
}

void blob_audit(struct audit *a)
{
	check_system(a);
	check_vcpus(a);
	check_emuls(a);
	check_irqs(a);
	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		check_partition(a, p);
		check_caps(a, p);
	}
}
