/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define MPIDR_FIELDS 0xff00ffffffull /* Aff3..Aff0 */

/* n elements of size bytes at off lie in the blob, behind its header. */
static bool fits(const struct bh_blob *b, uint32_t off, uint32_t n, uint64_t size)
{
	return off % 8 == 0 && off >= sizeof(*b) && off <= b->total_bytes && n * size <= b->total_bytes - off;
}

static const char *check_head(const struct bh_blob *b, uint64_t bytes)
{
	if (bytes < sizeof(*b))
		return "blob: shorter than its header";
	if (b->magic != BH_BLOB_MAGIC)
		return "blob: wrong magic number";
	if (b->abi_version != BH_ABI_VERSION)
		return "blob: made for another ABI version";
	if (b->total_bytes < sizeof(*b) || b->total_bytes > bytes)
		return "blob: its size does not fit the image";
	return NULL;
}

static const char *check_arrays(const struct bh_blob *b)
{
	if (b->n_cores == 0 || b->n_cores > BH_MAX_CORES || !fits(b, b->off_cores, b->n_cores, sizeof(struct bh_core)))
		return "blob: table of cores out of bounds";
	if (b->n_partitions == 0 || b->n_partitions > BH_MAX_PARTITIONS ||
	    !fits(b, b->off_partitions, b->n_partitions, sizeof(struct bh_partition)))
		return "blob: table of partitions out of bounds";
	if (b->n_vcpus == 0 || b->n_vcpus > BH_MAX_VCPUS || !fits(b, b->off_vcpus, b->n_vcpus, sizeof(struct bh_vcpu)))
		return "blob: table of vCPUs out of bounds";
	if (b->n_emuls > BH_MAX_EMULS || !fits(b, b->off_emuls, b->n_emuls, sizeof(struct bh_emul)))
		return "blob: table of emulated regions out of bounds";
	if (b->n_ports > BH_MAX_PORTS || (b->n_ports && !fits(b, b->off_ports, b->n_ports, sizeof(struct bh_port))))
		return "blob: table of ports out of bounds";
	if (b->n_regions > BH_MAX_REGIONS || !fits(b, b->off_regions, b->n_regions, sizeof(struct bh_region)))
		return "blob: table of regions out of bounds";
	if (b->n_caps > BH_MAX_CAPS || !fits(b, b->off_caps, b->n_caps, sizeof(struct bh_cap)))
		return "blob: table of capabilities out of bounds";
	if (b->n_irqs > BH_MAX_IRQS || !fits(b, b->off_irqs, b->n_irqs, sizeof(struct bh_irq)))
		return "blob: table of interrupts out of bounds";
	if (b->n_smcs > BH_MAX_SMCS || !fits(b, b->off_smcs, b->n_smcs, sizeof(uint32_t)))
		return "blob: SMC allow-lists out of bounds";
	if (b->n_modes == 0 || b->n_modes > BH_MAX_MODES || !fits(b, b->off_modes, b->n_modes, sizeof(struct bh_mode)))
		return "blob: table of modes out of bounds";
	if (b->n_plans != b->n_modes * b->n_cores || !fits(b, b->off_plans, b->n_plans, sizeof(struct bh_plan)))
		return "blob: not a plan for each mode and core";
	if (b->n_windows > BH_MAX_WINDOWS || !fits(b, b->off_windows, b->n_windows, sizeof(struct bh_window)))
		return "blob: table of windows out of bounds";
	if (b->reg_bytes > BH_MAX_EMULS * (BLOB_EMUL_BYTES / 4) || !fits(b, b->off_regs, b->reg_bytes, 1))
		return "blob: register tables out of bounds";
	if (b->names_bytes == 0 || !fits(b, b->off_names, b->names_bytes, 1))
		return "blob: names out of bounds";
	if (blob_name(b, 0)[b->names_bytes - 1] != 0)
		return "blob: the last name does not end";
	return NULL;
}

static const char *check_system(const struct bh_blob *b)
{
	if (b->gic_version != 3)
		return "blob: interrupt controller is not a GICv3";
	if (b->timer_intid < 16 || b->timer_intid > 31 || b->maintenance_intid < 16 || b->maintenance_intid > 31 ||
	    b->timer_intid == b->maintenance_intid)
		return "blob: timer and maintenance interrupt must be two PPIs";
	if (b->n_intids < 32 || b->n_intids > 1020)
		return "blob: number of INTIDs out of range";
	if (b->psci > BH_PSCI_HVC || (b->psci == BH_PSCI_NONE && b->n_cores > 1))
		return "blob: no way to start the other cores";
	if (b->uart_kind > BH_UART_CADENCE || (b->uart_kind != BH_UART_NONE && !blob_is_va(b->uart_va & ~3ull, BH_PAGE, 4)))
		return "blob: wrong UART";
	if (b->uart_va % 4 != 0)
		return "blob: UART is not aligned";
	if (b->ipa_bits < BH_IPA_BITS_MIN || b->ipa_bits > BH_IPA_BITS_MAX)
		return "blob: partitions' addresses must have 31 to 39 bits";
	if (!blob_is_root(b->empty_root, blob_root_bytes(b->ipa_bits)))
		return "blob: the empty root is not aligned";
	if (!blob_is_va(b->gicd_va, 0x10000, BH_PAGE) || !blob_is_va(b->log_va, bh_log_bytes(b->n_partitions), BH_PAGE))
		return "blob: distributor or log outside the kernel's space";
	if (!blob_is_va(b->core_state_va, 64, 64) || !blob_is_va(b->partition_state_va, 64, 64) ||
	    !blob_is_va(b->vcpu_state_va, 64, 64) || (b->n_emuls && !blob_is_va(b->emul_state_va, 64, 64)) ||
	    (b->n_ports && !blob_is_va(b->port_state_va, 64, 64)))
		return "blob: state outside the kernel's space";
	if (b->log_reader != BH_NONE && (b->log_reader >= b->n_partitions || !blob_is_virq(b->log_intid)))
		return "blob: wrong reader of the log, or wrong doorbell";
	if (b->monitor != BH_NONE && (b->monitor >= b->n_partitions || !blob_is_virq(b->monitor_intid)))
		return "blob: wrong monitor, or wrong doorbell";
	if (!blob_has_name(b, b->system_name) || !blob_has_name(b, b->board_name))
		return "blob: name of system or board out of range";
	return NULL;
}

static const char *check_core(const struct bh_blob *b, uint32_t n)
{
	const struct bh_core *c = &blob_cores(b)[n];

	if ((c->mpidr & ~MPIDR_FIELDS) != 0)
		return "core: MPIDR has more than affinity fields";
	for (uint32_t i = 0; i < n; i++)
		if (blob_cores(b)[i].mpidr == c->mpidr)
			return "core: MPIDR used twice";
	if (c->reserved != 0)
		return "core: reserved field is not zero";
	if (c->stack_va < BH_KERNEL_VA + 2 * BH_PAGE || !blob_is_va(c->stack_va - BH_PAGE, BH_PAGE, BH_PAGE))
		return "core: stack outside the kernel's space";
	if (!blob_is_va(c->gicr_va, 0x20000, BH_PAGE))
		return "core: redistributor outside the kernel's space";
	if (c->n_vcpus > BH_MAX_CORE_VCPUS)
		return "core: too many vCPUs";
	for (uint32_t r = 0; r < c->n_vcpus; r++) {
		if (c->vcpu[r] >= b->n_vcpus)
			return "core: no such vCPU";
		if (blob_vcpus(b)[c->vcpu[r]].core != n || blob_vcpus(b)[c->vcpu[r]].rank != r)
			return "core: its list and the table of vCPUs differ";
	}
	return NULL;
}

/* A vCPU stands in its core's list at its rank; the list's other entries say the same of theirs,
 * so that each vCPU is in exactly one place. */
static const char *check_vcpus(const struct bh_blob *b, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(b)[p];

	for (uint32_t i = 0; i < part->n_vcpus; i++) {
		uint32_t n = part->first_vcpu + i;
		const struct bh_vcpu *v = &blob_vcpus(b)[n];

		if (v->partition != p || v->index != i)
			return "vCPU: not its partition's, or wrong index";
		if (v->core >= b->n_cores || v->rank >= blob_cores(b)[v->core].n_vcpus || v->rank >= BH_MAX_CORE_VCPUS)
			return "vCPU: core or rank out of range";
		if (blob_cores(b)[v->core].vcpu[v->rank] != n)
			return "vCPU: not in its core's list at its rank";
	}
	return NULL;
}

static const char *check_region(const struct bh_blob *b, uint32_t p, const struct bh_region *r)
{
	const struct bh_emul *e;

	if (r->kind < BH_REGION_RAM || r->kind > BH_REGION_SHARED)
		return "region: unknown kind";
	if ((r->rights & ~(BH_READ | BH_WRITE | BH_EXECUTE)) != 0)
		return "region: unknown rights";
	if (r->ipa % BH_PAGE != 0 || r->bytes % BH_PAGE != 0 || r->bytes == 0 || r->pa % BH_PAGE != 0)
		return "region: not of whole pages";
	if (r->ipa >= 1ull << b->ipa_bits || r->bytes > (1ull << b->ipa_bits) - r->ipa || r->pa >= BLOB_PA_END ||
	    r->bytes > BLOB_PA_END - r->pa)
		return "region: out of the address space";
	if (!blob_has_name(b, r->name))
		return "region: name out of range";
	if (r->kind != BH_REGION_EMULATED)
		return NULL;
	if (r->object >= b->n_emuls || r->pa != 0)
		return "region: no such emulated region";
	e = &blob_emuls(b)[r->object];
	if (e->client != p || e->ipa != r->ipa || e->bytes != r->bytes)
		return "region: the emulated region is another's, or elsewhere";
	return NULL;
}

static const char *check_regions(const struct bh_blob *b, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(b)[p];
	uint64_t free_from = 0;

	for (uint32_t i = 0; i < part->n_regions; i++) {
		const struct bh_region *r = &blob_regions(b)[part->first_region + i];
		const char *wrong = check_region(b, p, r);

		if (wrong)
			return wrong;
		if (r->ipa < free_from)
			return "region: not sorted, or overlaps the one before";
		free_from = r->ipa + r->bytes;
	}
	return NULL;
}

/* The port says the same of this entry, so each end of a port stands in one place at most. */
static const char *check_port_cap(const struct bh_blob *b, uint32_t p, uint32_t n, const struct bh_cap *c)
{
	const struct bh_port *port = &blob_ports(b)[c->object];

	if (n >= BH_PART_PORTS)
		return "capability: more ports than a partition can have";
	if (c->object >= b->n_ports)
		return "capability: no such port";
	if (n > 0 && c[-1].kind != BH_CAP_PORT)
		return "capability: ports are not the first of the table";
	if (c->rights == BH_PORT_SEND && port->sender == p && port->send_cap == n)
		return NULL;
	if (c->rights == BH_PORT_RECEIVE && port->receiver == p && port->receive_cap == n)
		return NULL;
	return "capability: not the end of the port that its holder has";
}

static const char *check_cap(const struct bh_blob *b, uint32_t p, uint32_t n, const struct bh_cap *c)
{
	switch (c->kind) {
	case BH_CAP_PORT: return check_port_cap(b, p, n, c);
	case BH_CAP_CONTROL:
		if (c->object >= b->n_partitions || c->object == p)
			return "capability: controls no other partition";
		return (c->rights & ~(BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT)) ? "capability: unknown rights" : NULL;
	case BH_CAP_MONITOR: return NULL; /* blob_check_health.c */
	case BH_CAP_SERVE:
		if (c->object >= b->n_emuls)
			return "capability: no such object";
		if (blob_emuls(b)[c->object].server != p)
			return "capability: the region is served by another partition";
		break;
	default:
		if ((c->kind != BH_CAP_NONE && c->kind != BH_CAP_SCHEDULE) || c->object != 0)
			return "capability: no such object";
	}
	return c->rights ? "capability: reserved field is not zero" : NULL;
}

static const char *check_caps(const struct bh_blob *b, uint32_t p)
{
	const struct bh_partition *part = &blob_partitions(b)[p];
	const char *wrong = NULL;

	for (uint32_t i = 0; i < part->n_caps && !wrong; i++)
		wrong = check_cap(b, p, i, &blob_caps(b)[part->first_cap + i]);
	return wrong;
}

static const char *check_emul(const struct bh_blob *b, const struct bh_emul *e)
{
	if (e->client >= b->n_partitions || e->server >= b->n_partitions || e->client == e->server)
		return "emulated region: wrong client or server";
	if (e->bytes == 0 || e->bytes > BLOB_EMUL_BYTES || e->bytes % BH_PAGE != 0)
		return "emulated region: wrong size";
	if (e->reg > b->reg_bytes || e->bytes / 4 > b->reg_bytes - e->reg)
		return "emulated region: its register table is out of bounds";
	if ((e->intid != BH_NONE && !blob_is_virq(e->intid)) || !blob_is_virq(e->doorbell))
		return "emulated region: interrupt out of range";
	if (!blob_is_va(e->queue_va, BH_PAGE, BH_PAGE) || !blob_is_va(e->server_va, BH_PAGE + e->bytes, BH_PAGE))
		return "emulated region: queue or server pages outside the kernel's space";
	if (e->down > BH_DOWN_WAIT)
		return "emulated region: unknown answer for a dead server";
	return NULL;
}

/* Each emulated region has its entry among its client's regions, once (regions are disjoint). */
static const char *check_emuls(const struct bh_blob *b)
{
	const uint8_t *reg = blob_regs(b, 0);
	uint32_t seen = 0;

	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const char *wrong = check_emul(b, &blob_emuls(b)[i]);

		if (wrong)
			return wrong;
	}
	for (uint32_t i = 0; i < b->n_regions; i++)
		seen += blob_regions(b)[i].kind == BH_REGION_EMULATED;
	if (seen != b->n_emuls)
		return "emulated region: its client does not have it";
	for (uint32_t i = 0; i < b->reg_bytes; i++)
		if ((reg[i] & ~BLOB_REG_BITS) != 0)
			return "emulated region: unknown bits in its register table";
	return NULL;
}

static const char *check_irqs(const struct bh_blob *b)
{
	uint32_t next = 32;

	for (uint32_t i = 0; i < b->n_irqs; i++) {
		const struct bh_irq *q = &blob_irqs(b)[i];

		if (q->pintid < next || q->pintid >= b->n_intids)
			return "interrupt: not sorted, given twice or not on this board";
		if (!blob_is_virq(q->vintid) || q->partition >= b->n_partitions)
			return "interrupt: virtual INTID or partition out of range";
		if (q->flags > BH_IRQ_NOTICE)
			return "interrupt: unknown flags";
		next = q->pintid + 1;
	}
	return NULL;
}

static bool line_taken(uint64_t *lines, uint32_t intid)
{
	uint64_t bit = 1ull << intid % 64, *word = &lines[intid / 64];
	bool was = (*word & bit) != 0;

	*word |= bit;
	return was;
}

static bool has_line(const uint64_t *lines, uint32_t intid)
{
	return intid != BH_NONE && (lines[intid / 64] >> intid % 64 & 1) != 0;
}

/* One line of a partition has one source. Doorbells and ports' interrupts may share among themselves: they are edges. */
static const char *check_lines(const struct bh_blob *b, uint32_t p)
{
	uint64_t lines[(BLOB_VIRQ_END + 63) / 64];

	for (uint32_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		lines[i] = 0;
	for (uint32_t i = 0; i < b->n_irqs; i++)
		if (blob_irqs(b)[i].partition == p && blob_irqs(b)[i].flags != BH_IRQ_NOTICE && line_taken(lines, blob_irqs(b)[i].vintid))
			return "interrupt: two sources for one line";
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		if (e->client == p && e->intid != BH_NONE && line_taken(lines, e->intid))
			return "emulated region: two sources for its line";
	}
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		if (e->server == p && has_line(lines, e->doorbell))
			return "emulated region: its doorbell has another source";
	}
	for (uint32_t i = 0; i < b->n_ports; i++) {
		const struct bh_port *q = &blob_ports(b)[i];

		if ((q->sender == p && has_line(lines, q->send_intid)) || (q->receiver == p && has_line(lines, q->receive_intid)))
			return "port: its interrupt has another source";
	}
	if (b->log_reader == p && has_line(lines, b->log_intid))
		return "log: its doorbell has another source";
	if (b->monitor == p && has_line(lines, b->monitor_intid))
		return "monitor: its doorbell has another source";
	return NULL;
}

static bool is_dedicated(const struct bh_blob *b, uint32_t p)
{
	return (blob_partitions(b)[p].flags & BH_PART_DEDICATED) != 0;
}

/* The kernel's own interrupts there are the timer's PPI only: the vCPU is alone on a core that has one endless window, in the only mode. */
static const char *check_dedicated_core(const struct bh_blob *b, const struct bh_vcpu *v)
{
	const struct bh_core *c = &blob_cores(b)[v->core];
	const struct bh_plan *plan = blob_plan(b, 0, v->core);

	if (c->n_vcpus != 1)
		return "dedicated core: has more than one vCPU";
	if (b->n_modes != 1 || plan->n_windows != 0 || plan->budgets != 0 || plan->always != 1)
		return "dedicated core: has windows, reservations or modes";
	if (!blob_is_page(c->door_pa) || !blob_is_va(c->door_va, BH_PAGE, BH_PAGE))
		return "dedicated core: its root is no page, or outside the kernel's space";
	return NULL;
}

/* One that is not the partition's own is spare, and is the partition's by the same number. */
static bool has_notice(const struct bh_blob *b, uint32_t p, uint32_t intid)
{
	for (uint32_t i = 0; i < b->n_irqs; i++) {
		const struct bh_irq *q = &blob_irqs(b)[i];

		if (q->pintid == intid)
			return q->partition == p && q->flags == BH_IRQ_NOTICE;
	}
	return false;
}

/* Nothing is put into a list register there: each virtual interrupt is a physical one of the same number. */
static const char *check_notices(const struct bh_blob *b, uint32_t p)
{
	for (uint32_t i = 0; i < b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(b)[i];

		if ((e->client == p && e->intid != BH_NONE && !has_notice(b, p, e->intid)) || (e->server == p && !has_notice(b, p, e->doorbell)))
			return "emulated region: its interrupt is no spare one, on a dedicated core";
	}
	for (uint32_t i = 0; i < b->n_ports; i++) {
		const struct bh_port *q = &blob_ports(b)[i];

		if ((q->sender == p && q->send_intid != BH_NONE && !has_notice(b, p, q->send_intid)) ||
		    (q->receiver == p && q->receive_intid != BH_NONE && !has_notice(b, p, q->receive_intid)))
			return "port: its interrupt is no spare one, on a dedicated core";
	}
	if (b->log_reader == p && !has_notice(b, p, b->log_intid))
		return "log: its doorbell is no spare interrupt, on a dedicated core";
	return b->monitor == p ? "monitor: on a dedicated core" : NULL;
}

/* Its sleep passes as time that it uses: that is nobody else's, nor its reservation's. */
static const char *check_wfi(const struct bh_blob *b, const struct bh_partition *p)
{
	for (uint32_t i = 0; i < p->n_vcpus; i++) {
		const struct bh_vcpu *v = &blob_vcpus(b)[p->first_vcpu + i];

		if (blob_cores(b)[v->core].n_vcpus != 1)
			return "partition: sleeps by itself on a core that is not its own";
		if (v->budget_ns != 0)
			return "partition: sleeps by itself, and has a reservation";
	}
	return NULL;
}

static const char *check_dedicated(const struct bh_blob *b, uint32_t n)
{
	const struct bh_partition *p = &blob_partitions(b)[n];
	const char *wrong = NULL;

	if (!is_dedicated(b, n)) {
		if (p->root_va != 0)
			return "partition: has what goes with a dedicated core";
		return (p->flags & BH_PART_NATIVE_WFI) != 0 ? check_wfi(b, p) : NULL;
	}
	if (!blob_is_page(p->root))
		return "dedicated core: the root that is to be copied is no page";
	if (!blob_is_va(p->root_va, BH_PAGE, BH_PAGE) || p->watchdog_ns != 0)
		return "dedicated core: root outside the kernel's space, or a watchdog";
	for (uint32_t i = 0; i < p->n_vcpus && !wrong; i++)
		wrong = check_dedicated_core(b, &blob_vcpus(b)[p->first_vcpu + i]);
	for (uint32_t i = 0; i < b->n_irqs && !wrong; i++)
		if (blob_irqs(b)[i].partition == n && blob_irqs(b)[i].vintid != blob_irqs(b)[i].pintid)
			wrong = "interrupt: has another number on a dedicated core";
	return wrong ? wrong : check_notices(b, n);
}

/* Others have neither. */
static const char *check_undedicated(const struct bh_blob *b)
{
	for (uint32_t i = 0; i < b->n_irqs; i++)
		if (blob_irqs(b)[i].flags == BH_IRQ_NOTICE && !is_dedicated(b, blob_irqs(b)[i].partition))
			return "interrupt: a spare one of a partition without dedicated cores";
	for (uint32_t i = 0; i < b->n_cores; i++) {
		const struct bh_core *c = &blob_cores(b)[i];

		if ((c->door_pa != 0 || c->door_va != 0) && (c->n_vcpus == 0 || !is_dedicated(b, blob_vcpus(b)[c->vcpu[0]].partition)))
			return "core: has what goes with a dedicated core";
	}
	return NULL;
}

struct blob_sums {
	uint32_t vcpus, regions, caps, smcs;
};

/* The arrays grouped by partition: each partition's part begins where the one before ended. */
static const char *check_groups(const struct bh_blob *b, const struct bh_partition *p, struct blob_sums *sum)
{
	if (p->n_vcpus == 0 || p->n_vcpus > BH_MAX_PART_VCPUS || p->first_vcpu != sum->vcpus ||
	    p->n_vcpus > b->n_vcpus - sum->vcpus)
		return "partition: wrong vCPUs";
	if (p->first_region != sum->regions || p->n_regions > b->n_regions - sum->regions)
		return "partition: wrong regions";
	if (p->first_cap != sum->caps || p->n_caps > b->n_caps - sum->caps)
		return "partition: wrong capabilities";
	if (p->first_smc != sum->smcs || p->n_smcs > b->n_smcs - sum->smcs)
		return "partition: wrong SMC allow-list";
	sum->vcpus += p->n_vcpus;
	sum->regions += p->n_regions;
	sum->caps += p->n_caps;
	sum->smcs += p->n_smcs;
	return NULL;
}

static const char *check_partition(const struct bh_blob *b, uint32_t n, struct blob_sums *sum)
{
	const struct bh_partition *p = &blob_partitions(b)[n];
	const char *wrong = check_groups(b, p, sum);

	if (wrong)
		return wrong;
	if (!blob_has_name(b, p->name))
		return "partition: name out of range";
	if ((p->flags & ~(BH_PART_SETWAY_NATIVE | BH_PART_RESTART | BH_PART_DUMP | BH_PART_DEDICATED | BH_PART_NATIVE_WFI)) != 0)
		return "partition: unknown flags";
	if (p->vmid != n + 1)
		return "partition: VMID is not its number and one";
	if (p->fp > BH_FP_NONE)
		return "partition: unknown FP policy";
	if (!blob_is_root(p->root, blob_root_bytes(b->ipa_bits)))
		return "partition: its root is not aligned";
	wrong = check_vcpus(b, n);
	if (!wrong)
		wrong = check_regions(b, n);
	if (!wrong)
		wrong = check_caps(b, n);
	return wrong ? wrong : check_lines(b, n);
}

static uint32_t count_caps(const struct bh_blob *b, uint32_t kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_caps; i++)
		n += blob_caps(b)[i].kind == kind;
	return n;
}

static const char *check_partitions(const struct bh_blob *b)
{
	struct blob_sums sum = { .vcpus = 0, .regions = 0, .caps = 0, .smcs = 0 };
	const char *wrong = NULL;

	for (uint32_t i = 0; i < b->n_partitions && !wrong; i++)
		wrong = check_partition(b, i, &sum);
	if (wrong)
		return wrong;
	if (sum.vcpus != b->n_vcpus || sum.regions != b->n_regions || sum.caps != b->n_caps || sum.smcs != b->n_smcs)
		return "partition: vCPUs, regions, capabilities or SMCs that are nobody's";
	if (count_caps(b, BH_CAP_PORT) != 2 * b->n_ports)
		return "port: an end that is in nobody's table";
	return NULL;
}

const char *blob_check(const struct bh_blob *blob, uint64_t bytes)
{
	const char *wrong = check_head(blob, bytes);

	if (!wrong)
		wrong = check_arrays(blob);
	if (!wrong)
		wrong = check_system(blob);
	for (uint32_t i = 0; !wrong && i < blob->n_cores; i++)
		wrong = check_core(blob, i);
	/* before the partitions: these rely on the ranges of emulated regions, ports and interrupts */
	if (!wrong)
		wrong = check_emuls(blob);
	if (!wrong)
		wrong = blob_check_ports(blob);
	if (!wrong)
		wrong = check_irqs(blob);
	if (!wrong)
		wrong = check_partitions(blob);
	if (!wrong)
		wrong = blob_check_time(blob);
	for (uint32_t i = 0; !wrong && i < blob->n_partitions; i++)
		wrong = check_dedicated(blob, i);
	if (!wrong)
		wrong = check_undedicated(blob);
	return wrong ? wrong : blob_check_health(blob);
}
