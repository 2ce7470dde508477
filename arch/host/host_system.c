/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob is made and checked with addresses in the kernel's space, as the tool makes them; then
 * the same addresses are moved to where the memory really is.
 */
#include "host_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core.h"
#include "kernel/emul.h"
#include "kernel/partition.h"
#include "kernel/port.h"
#include "kernel/vcpu.h"
#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define ARENA_BYTES  0x400000u
#define NAMES_BYTES  1024u
#define TRACE_BYTES  BH_PAGE
#define ROOT	     0x80000000ull
#define INSPECT_ROOT ((uint32_t)(ROOT / BH_PAGE) + 64) /* page number, of control 0 */

static char *arena;
static uint32_t used;

static uint32_t take(uint64_t bytes, uint32_t align)
{
	uint32_t at = (used + align - 1) & ~(align - 1);

	used = at + (uint32_t)bytes;
	if (used > ARENA_BYTES) {
		fprintf(stderr, "arch/host: a system is too large\n");
		abort();
	}
	return at;
}

static void *array(uint32_t off)
{
	return arena + off;
}

static uint32_t name(struct bh_blob *b, const char *text)
{
	static uint32_t end;
	char *names = array(b->off_names);
	uint32_t at;

	if (!names[1])
		end = 1; /* 0 is the empty name */
	at = end;
	end += (uint32_t)snprintf(names + at, NAMES_BYTES - at, "%s", text) + 1;
	return at;
}

static uint64_t va(uint64_t bytes, uint32_t align)
{
	return BH_KERNEL_VA + take(bytes, align);
}

static void count(struct bh_blob *b, const struct host_system *s)
{
	b->n_cores = s->n_cores;
	b->n_partitions = s->n_partitions;
	b->n_emuls = s->n_emuls;
	b->n_regions = s->n_partitions + s->n_emuls;
	b->n_ports = s->n_ports;
	b->n_modes = s->n_modes ? s->n_modes : 1;
	b->n_plans = b->n_modes * b->n_cores;
	for (uint32_t i = 0; i < s->n_modes; i++)
		b->n_windows += s->mode[i].n_windows;
	b->n_caps = 2 * (s->n_emuls + s->n_ports) + s->n_controls + (uint32_t)__builtin_popcount(s->changers) + (s->monitor != 0); /* an empty entry before each served region */
	b->reg_bytes = s->n_emuls * BH_PAGE / 4;
	b->names_bytes = NAMES_BYTES;
	for (uint32_t i = 0; i < s->n_partitions; i++)
		b->n_vcpus += s->partition[i].n_vcpus;
}

static void place(struct bh_blob *b)
{
	b->off_cores = take(b->n_cores * sizeof(struct bh_core), 8);
	b->off_partitions = take(b->n_partitions * sizeof(struct bh_partition), 8);
	b->off_vcpus = take(b->n_vcpus * sizeof(struct bh_vcpu), 8);
	b->off_emuls = take(b->n_emuls * sizeof(struct bh_emul), 8);
	b->off_ports = take(b->n_ports * sizeof(struct bh_port), 8);
	b->off_modes = take(b->n_modes * sizeof(struct bh_mode), 8);
	b->off_plans = take(b->n_plans * sizeof(struct bh_plan), 8);
	b->off_windows = take(b->n_windows * sizeof(struct bh_window), 8);
	b->off_regions = take(b->n_regions * sizeof(struct bh_region), 8);
	b->off_caps = take(b->n_caps * sizeof(struct bh_cap), 8);
	b->off_irqs = take(0, 8);
	b->off_smcs = take(0, 8);
	b->off_regs = take(b->reg_bytes, 8);
	b->off_names = take(b->names_bytes, 8);
	b->total_bytes = used;
}

static void fill_system(struct bh_blob *b, const struct host_system *s)
{
	b->magic = BH_BLOB_MAGIC;
	b->abi_version = BH_ABI_VERSION;
	b->core_state_va = va(b->n_cores * sizeof(struct core), 64);
	b->partition_state_va = va(b->n_partitions * sizeof(struct partition), 64);
	b->vcpu_state_va = va(b->n_vcpus * sizeof(struct vcpu), 64);
	b->emul_state_va = va(b->n_emuls * sizeof(struct emul), 64);
	b->port_state_va = va(b->n_ports * sizeof(struct port), 64);
	b->log_va = va(bh_log_bytes(b->n_partitions), BH_PAGE);
	b->trace_bytes = TRACE_BYTES;
	b->trace_va = va(b->n_cores * b->trace_bytes, BH_PAGE);
	b->gicd_va = BH_KERNEL_VA + 0x8000000;
	b->uart_va = BH_KERNEL_VA + 0x9000000;
	b->uart_kind = BH_UART_PL011;
	b->psci = BH_PSCI_SMC;
	b->gic_version = 3;
	b->timer_intid = 26;
	b->maintenance_intid = 25;
	b->n_intids = 288;
	b->log_reader = s->no_reader ? BH_NONE : s->reader;
	b->log_intid = HOST_LOG_INTID;
	b->monitor = s->monitor ? s->monitor - 1 : BH_NONE;
	b->monitor_intid = s->monitor ? HOST_MONITOR_INTID : 0;
	b->system_name = name(b, "test");
	b->board_name = name(b, "host");
	b->ipa_bits = 39;
	b->empty_root = ROOT;
}

/* Partition p's regions: emulated ones in the order given (their addresses rise), then RAM. */
static uint32_t fill_regions(struct bh_blob *b, const struct host_system *s, uint32_t p, uint32_t first)
{
	struct bh_region *r = array(b->off_regions);
	uint32_t n = first;

	for (uint32_t i = 0; i < s->n_emuls; i++)
		if (s->emul[i].client == p)
			r[n++] = (struct bh_region){ .ipa = s->emul[i].ipa, .bytes = BH_PAGE, .kind = BH_REGION_EMULATED, .rights = BH_READ | BH_WRITE, .object = i };
	r[n++] = (struct bh_region){ .ipa = HOST_RAM_IPA, .bytes = HOST_RAM_BYTES, .pa = ROOT + 0x1000000ull * (p + 1), .kind = BH_REGION_RAM, .rights = BH_READ | BH_WRITE | BH_EXECUTE };
	return n - first;
}

static uint32_t fill_caps(struct bh_blob *b, const struct host_system *s, uint32_t p, uint32_t first)
{
	struct bh_cap *c = array(b->off_caps);
	struct bh_port *ports = array(b->off_ports);
	uint32_t n = first;

	for (uint32_t i = 0; i < s->n_ports; i++) {
		if (s->port[i].sender == p) {
			ports[i].send_cap = n - first;
			c[n++] = (struct bh_cap){ .kind = BH_CAP_PORT, .object = i, .rights = BH_PORT_SEND };
		}
		if (s->port[i].receiver == p) {
			ports[i].receive_cap = n - first;
			c[n++] = (struct bh_cap){ .kind = BH_CAP_PORT, .object = i, .rights = BH_PORT_RECEIVE };
		}
	}
	for (uint32_t i = 0; i < s->n_emuls; i++)
		if (s->emul[i].server == p) {
			n++; /* left empty */
			c[n++] = (struct bh_cap){ .kind = BH_CAP_SERVE, .object = i };
		}
	for (uint32_t i = 0; i < s->n_controls; i++)
		if (s->control[i].holder == p)
			c[n++] = (struct bh_cap){ .kind = BH_CAP_CONTROL, .object = s->control[i].object, .rights = s->control[i].rights, .root_page = s->control[i].rights & BH_CONTROL_MAY_INSPECT ? INSPECT_ROOT + i : 0 };
	if (s->monitor == p + 1)
		c[n++] = (struct bh_cap){ .kind = BH_CAP_MONITOR, .rights = BH_MONITOR_MAY_RESET };
	if (s->changers & 1u << p)
		c[n++] = (struct bh_cap){ .kind = BH_CAP_SCHEDULE };
	return n - first;
}

struct bh_health host_system_health(enum bh_fault kind, uint32_t flags)
{
	struct bh_health h = { .action = BH_ACTION_LOG };

	if (kind == BH_FAULT_ACCESS || kind == BH_FAULT_INSTRUCTION || kind == BH_FAULT_HARDWARE)
		h.action = BH_ACTION_INJECT;
	if (kind == BH_FAULT_OFF || kind == BH_FAULT_BOOT || kind == BH_FAULT_RESET)
		h.action = BH_ACTION_STOP;
	if (kind == BH_FAULT_RESET && (flags & BH_PART_RESTART))
		h.action = BH_ACTION_RESTART;
	if (kind == BH_FAULT_BUDGET)
		h.action = BH_ACTION_IGNORE;
	return h;
}

static void fill_health(struct bh_partition *p, const struct host_partition *h)
{
	for (uint32_t kind = 0; kind < BH_FAULTS; kind++)
		p->health[kind] = h->health ? h->health[kind] : host_system_health((enum bh_fault)kind, h->flags);
	p->limit = h->limit;
	if (!h->limit_n)
		p->limit.action = 0;
	p->limit_n = h->limit_n;
	p->limit_ns = h->limit_ns;
	p->watchdog_ns = h->watchdog_ns;
	p->watchdog_first_ns = h->watchdog_first_ns ? h->watchdog_first_ns : h->watchdog_ns;
	p->watchdog_open_ns = h->watchdog_open_ns;
	p->log_pace_ns = BH_LOG_PACE_NS;
	p->answer_ns = h->answer_ns;
}

static void fill_partitions(struct bh_blob *b, const struct host_system *s)
{
	struct bh_partition *p = array(b->off_partitions);
	uint32_t vcpu = 0, region = 0, cap = 0;

	for (uint32_t i = 0; i < s->n_partitions; i++, p++) {
		p->name = name(b, s->partition[i].name);
		p->flags = s->partition[i].flags;
		fill_health(p, &s->partition[i]);
		p->vmid = i + 1;
		p->root = ROOT + BH_PAGE * (i + 1);
		p->first_vcpu = vcpu;
		vcpu += p->n_vcpus = s->partition[i].n_vcpus;
		p->first_region = region;
		region += p->n_regions = fill_regions(b, s, i, region);
		p->first_cap = cap;
		cap += p->n_caps = fill_caps(b, s, i, cap);
	}
}

/* A core's list is in the order of priorities: the place is the rank. */
static void insert(struct bh_core *c, const uint32_t *priority, uint32_t n)
{
	uint32_t at = c->n_vcpus++;

	for (; at && priority[c->vcpu[at - 1]] < priority[n]; at--)
		c->vcpu[at] = c->vcpu[at - 1];
	c->vcpu[at] = n;
}

static void fill_vcpus(struct bh_blob *b, const struct host_system *s)
{
	struct bh_core *core = array(b->off_cores);
	struct bh_vcpu *v = array(b->off_vcpus);
	uint32_t priority[BH_MAX_VCPUS], n = 0;

	for (uint32_t p = 0; p < s->n_partitions; p++)
		for (uint32_t i = 0; i < s->partition[p].n_vcpus; i++, n++) {
			v[n] = (struct bh_vcpu){ .partition = p, .index = i, .core = s->partition[p].vcpu[i].core, .budget_ns = s->partition[p].vcpu[i].budget_ns, .period_ns = s->partition[p].vcpu[i].period_ns };
			priority[n] = s->partition[p].vcpu[i].priority;
			insert(&core[v[n].core], priority, n);
		}
	for (uint32_t c = 0; c < b->n_cores; c++) {
		core[c].mpidr = c;
		core[c].stack_va = BH_KERNEL_VA + 0x4000000 + c * 0x10000;
		core[c].gicr_va = BH_KERNEL_VA + 0xa000000 + c * 0x20000;
		for (uint32_t r = 0; r < core[c].n_vcpus; r++)
			v[core[c].vcpu[r]].rank = r;
	}
}

static uint32_t ranks_of(const struct bh_blob *b, uint32_t core, uint32_t partitions)
{
	const struct bh_core *c = blob_cores(b) + core;
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (partitions >> blob_vcpus(b)[c->vcpu[r]].partition & 1)
			ranks |= 1u << r;
	return ranks;
}

static uint32_t ranks_with_budget(const struct bh_blob *b, uint32_t core)
{
	const struct bh_core *c = blob_cores(b) + core;
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < c->n_vcpus; r++)
		if (blob_vcpus(b)[c->vcpu[r]].budget_ns)
			ranks |= 1u << r;
	return ranks;
}

static void fill_plan(struct bh_blob *b, const struct host_mode *m, uint32_t core, struct bh_plan *p, uint32_t *n)
{
	struct bh_window *w = array(b->off_windows);
	uint32_t in = 0, with = ranks_of(b, core, ~m->without);

	p->first_window = *n;
	for (uint32_t i = 0; i < m->n_windows; i++)
		if (m->window[i].core == core) {
			w[*n] = (struct bh_window){ .start_ns = m->window[i].start_ns,
						    .end_ns = m->window[i].end_ns,
						    .ranks = ranks_of(b, core, m->window[i].partitions) };
			in |= w[(*n)++].ranks;
		}
	p->n_windows = *n - p->first_window;
	p->slack = ranks_of(b, core, m->slack);
	p->budgets = ranks_with_budget(b, core) & with & ~in;
	p->always = p->n_windows ? 0 : with & ~p->budgets;
}

static void fill_modes(struct bh_blob *b, const struct host_system *s)
{
	static const struct host_mode plain;
	struct bh_mode *m = array(b->off_modes);
	struct bh_plan *p = array(b->off_plans);
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_modes; i++) {
		const struct host_mode *from = s->n_modes ? s->mode + i : &plain;

		m[i] = (struct bh_mode){ .name = name(b, "mode"), .flags = from->at_once ? BH_MODE_AT_ONCE : 0, .frame_ns = from->frame_ns };
		for (uint32_t c = 0; c < b->n_cores; c++)
			fill_plan(b, from, c, p++, &n);
	}
}

static void fill_emuls(struct bh_blob *b, const struct host_system *s)
{
	struct bh_emul *e = array(b->off_emuls);

	for (uint32_t i = 0; i < s->n_emuls; i++, e++) {
		e->client = s->emul[i].client;
		e->server = s->emul[i].server;
		e->ipa = s->emul[i].ipa;
		e->bytes = BH_PAGE;
		e->intid = s->emul[i].intid ? s->emul[i].intid : BH_NONE;
		e->doorbell = HOST_DOORBELL + i;
		e->queue_va = va(BH_PAGE, BH_PAGE);
		e->server_va = va(2 * BH_PAGE, BH_PAGE);
		e->reg = i * BH_PAGE / 4;
		e->down = s->emul[i].down;
		memcpy((char *)array(b->off_regs) + e->reg, s->emul[i].reg, sizeof(s->emul[i].reg));
	}
}

static uint64_t buffer(uint32_t bytes)
{
	return bh_buffer_bytes(bytes) ? va(bh_buffer_bytes(bytes), 64) : 0;
}

static void fill_ports(struct bh_blob *b, const struct host_system *s)
{
	struct bh_port *p = array(b->off_ports);

	for (uint32_t i = 0; i < s->n_ports; i++, p++) {
		const struct host_port *h = &s->port[i];

		p->kind = h->kind;
		p->flags = h->flags;
		p->sender = h->sender;
		p->receiver = h->receiver;
		p->send_intid = h->no_irq ? BH_NONE : HOST_PORT_INTID + 2 * i;
		p->receive_intid = h->no_irq ? BH_NONE : HOST_PORT_INTID + 2 * i + 1;
		p->bytes = h->bytes;
		p->reply_bytes = h->reply_bytes;
		p->depth = h->depth;
		p->name = name(b, "port");
		if (h->kind == BH_PORT_SIGNAL)
			continue;
		p->in_va = va((uint64_t)bh_slot_bytes(h->bytes) * bh_port_slots(h->kind, h->depth), 64);
		p->out_va = buffer(h->bytes);
		if (h->kind != BH_PORT_CALL)
			continue;
		p->reply_in_va = va(bh_slot_bytes(h->reply_bytes), 64);
		p->reply_out_va = buffer(h->reply_bytes);
	}
}

static void check(const struct bh_blob *b)
{
	const char *wrong = blob_check(b, b->total_bytes);

	if (!wrong)
		return;
	fprintf(stderr, "arch/host: a system of a test is refused: %s\n", wrong);
	abort();
}

static void move(struct bh_blob *b)
{
	uint64_t by = (uint64_t)(uintptr_t)arena - BH_KERNEL_VA;
	struct bh_emul *e = array(b->off_emuls);
	struct bh_port *p = array(b->off_ports);

	b->core_state_va += by;
	b->partition_state_va += by;
	b->vcpu_state_va += by;
	b->emul_state_va += by;
	b->port_state_va += by;
	b->log_va += by;
	b->trace_va += by;
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		e[i].queue_va += by;
		e[i].server_va += by;
	}
	for (uint32_t i = 0; i < b->n_ports; i++) {
		p[i].in_va += p[i].in_va ? by : 0;
		p[i].out_va += p[i].out_va ? by : 0;
		p[i].reply_in_va += p[i].reply_in_va ? by : 0;
		p[i].reply_out_va += p[i].reply_out_va ? by : 0;
	}
}

const struct bh_blob *host_system_make(const struct host_system *s)
{
	struct bh_blob *b;

	if (!arena)
		arena = aligned_alloc(BH_PAGE, ARENA_BYTES);
	memset(arena, 0, used ? used : ARENA_BYTES);
	used = 0;
	b = array(take(sizeof(*b), 8));
	count(b, s);
	place(b);
	fill_system(b, s);
	fill_partitions(b, s);
	fill_vcpus(b, s);
	fill_modes(b, s);
	fill_emuls(b, s);
	fill_ports(b, s);
	check(b);
	move(b);
	return b;
}

void host_system_free(void)
{
	free(arena);
	arena = NULL;
	used = 0;
}

uint32_t host_system_cap(const struct bh_blob *b, uint32_t n)
{
	const struct bh_partition *p = &blob_partitions(b)[blob_emuls(b)[n].server];

	for (uint32_t i = 0; i < p->n_caps; i++)
		if (blob_caps(b)[p->first_cap + i].kind == BH_CAP_SERVE && blob_caps(b)[p->first_cap + i].object == n)
			return i;
	return BH_NONE;
}

uint32_t host_system_control(const struct bh_blob *b, const struct host_system *s, uint32_t n)
{
	const struct bh_partition *p = &blob_partitions(b)[s->control[n].holder];

	for (uint32_t i = 0; i < p->n_caps; i++)
		if (blob_caps(b)[p->first_cap + i].kind == BH_CAP_CONTROL &&
		    blob_caps(b)[p->first_cap + i].object == s->control[n].object)
			return i;
	return BH_NONE;
}

uint32_t host_system_monitor(const struct bh_blob *b)
{
	const struct bh_partition *d = &blob_partitions(b)[b->monitor];

	for (uint32_t i = 0; i < d->n_caps; i++)
		if (blob_caps(b)[d->first_cap + i].kind == BH_CAP_MONITOR)
			return i;
	return BH_NONE;
}

uint32_t host_system_schedule(const struct bh_blob *b, uint32_t p)
{
	const struct bh_partition *d = &blob_partitions(b)[p];

	for (uint32_t i = 0; i < d->n_caps; i++)
		if (blob_caps(b)[d->first_cap + i].kind == BH_CAP_SCHEDULE)
			return i;
	return BH_NONE;
}

static void *at(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

struct bh_slot *host_slot(const struct bh_blob *b, uint32_t n, uint32_t slot)
{
	const struct bh_port *p = &blob_ports(b)[n];

	return p->in_va ? at(p->in_va + (uint64_t)slot * bh_slot_bytes(p->bytes)) : NULL;
}

struct bh_slot *host_reply_slot(const struct bh_blob *b, uint32_t n)
{
	return at(blob_ports(b)[n].reply_in_va);
}

uint64_t *host_buffer(const struct bh_blob *b, uint32_t n)
{
	return at(blob_ports(b)[n].out_va);
}

uint64_t *host_reply_buffer(const struct bh_blob *b, uint32_t n)
{
	return at(blob_ports(b)[n].reply_out_va);
}
