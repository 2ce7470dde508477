/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine: bringing up the cores, the kernel's own interrupts, the board's UART for early and last words,
 * and the end.
 */
#include "arch_relax.h"
#include "arm64.h"
#include "direct.h"
#include "gicv3.h"
#include "kernel/arch.h"
#include "kernel/log.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

#include "lib/blob_at.h"

extern struct bh_image_header image_header; /* boot.S */
extern char boot_secondary[], vectors[];

#define PSCI_CPU_ON_64 0xc4000003u
#define UART_PATIENCE  100000u /* polls: more than a character takes at any rate in use */

/* --- the UART: PL011 (DDI 0183) or Cadence (UG1085), set up by who started us --- */

/* Its owner may have switched it off: after one wait in vain the others are spared. */
static bool uart_stuck;

static void uart_put(uint64_t base, uint32_t kind, char c)
{
	volatile uint32_t *r = (volatile uint32_t *)(uintptr_t)base;
	uint32_t status = kind == BH_UART_PL011 ? 0x18 / 4 : 0x2c / 4; /* UARTFR; Channel_sts */
	uint32_t full = kind == BH_UART_PL011 ? BIT(5) : BIT(4);       /* TXFF; TXFULL */
	uint32_t data = kind == BH_UART_PL011 ? 0 : 0x30 / 4;

	if (kind == BH_UART_NONE)
		return;
	for (uint32_t i = 0; (r[status] & full) && i < UART_PATIENCE && !uart_stuck; i++)
		arch_relax();
	uart_stuck = r[status] & full;
	if (!uart_stuck)
		r[data] = (uint8_t)c;
}

void arch_putc(char c)
{
	uart_put(image_header.uart_va, image_header.uart_kind, c);
}

/* --- cores --- */

void arch_core_init(struct core *c)
{
	uint64_t range = read_reg(id_aa64mmfr0_el1) & 0xf, mmfr1 = read_reg(id_aa64mmfr1_el1);

	/* Registers of extensions exist only where the extension does; zero is their quiet state. */
	if (mmfr1 >> 40 & 0xf) /* FEAT_HCX: HCRX_EL2 */
		write_reg(s3_4_c1_c2_2, 0);
	if (read_reg(id_aa64mmfr0_el1) >> 56 & 0xf) { /* FEAT_FGT: fine-grained traps */
		write_reg(s3_4_c1_c1_4, 0);	      /* HFGRTR_EL2 */
		write_reg(s3_4_c1_c1_5, 0);	      /* HFGWTR_EL2 */
		write_reg(s3_4_c1_c1_6, 0);	      /* HFGITR_EL2 */
		write_reg(s3_4_c3_c1_4, 0);	      /* HDFGRTR_EL2 */
		write_reg(s3_4_c3_c1_5, 0);	      /* HDFGWTR_EL2 */
	}
	if (read_reg(id_aa64dfr0_el1) >> 32 & 0xf) /* FEAT_SPE: PMBLIMITR_EL1, a buffer in memory */
		write_reg(s3_0_c9_c10_0, 0);
	if (read_reg(id_aa64dfr0_el1) >> 44 & 0xf) /* FEAT_TRBE: TRBLIMITR_EL1, likewise */
		write_reg(s3_0_c9_c11_0, 0);
	if (read_reg(id_aa64pfr0_el1) >> 28 & 0xf) /* FEAT_RAS: VDISR_EL2 */
		write_reg(s3_4_c12_c1_1, 0);
	write_reg(hcr_el2, (uint64_t)HCR_EL2_VM | HCR_EL2_FMO | HCR_EL2_IMO | HCR_EL2_AMO | HCR_EL2_RW);
	write_reg(hstr_el2, 0);
	write_reg(actlr_el2, 0); /* on Cortex-A53 and A72: no access to implementation defined registers */
	write_reg(vpidr_el2, read_reg(midr_el1));
	write_reg(vtcr_el2, VTCR_EL2_T0SZ((uint32_t)blob->ipa_bits) | VTCR_EL2_SL0_1 | VTCR_EL2_IRGN0_WBWA | VTCR_EL2_ORGN0_WBWA |
				    VTCR_EL2_SH0_INNER | (range > 5 ? 5 : range) << VTCR_EL2_PS_SHIFT | VTCR_EL2_RES1);
	c->alarm_intid = blob->timer_intid;
	c->empty_root = blob->empty_root;
	write_reg(vttbr_el2, c->empty_root);
	write_reg(mdscr_el1, 0);
	write_reg(sctlr_el1, SCTLR_EL1_RESET);
	timer_core_init();
	gic_core_init();
	gic_private_on(VIRTUAL_PPI);
	if (core_is_dedicated(c))
		direct_core_init(c);
	if (core_is_lone(c))
		set_bits(&c->vcpu[0]->part->arch.sgis_kept, gic_sgis_on());
	isb();
	switch_core_init(c);
}

bool arch_core_start(uint32_t n)
{
	uint64_t entry = image_header.load_pa + (uint64_t)(boot_secondary - (char *)&image_header);

	return firmware_call(PSCI_CPU_ON_64, core_at(n)->desc->mpidr, entry, n) == 0;
}

static void announce(void)
{
	print("\nbulkhead: ");
	print(name_at(blob->system_name));
	print(" on ");
	print(name_at(blob->board_name));
	print(", ");
	print_dec(blob->n_cores);
	print(" cores, ");
	print_dec(blob->n_partitions);
	print(" partitions\n");
}

#define MIN_FREQUENCY 1000000u /* Hz: a microsecond, the description's unit, is a tick at least */

/* The other cores only read the blob and write their own state: they may start at once. */
static void boot_first(const struct bh_blob *b)
{
	system_init(b);
	for (uint32_t i = 0; i < b->n_cores; i++)
		core_at(i)->kick = gic_kick_value(core_at(i)->desc->mpidr);
	gic_dist_init();
	arch_core_init(this_core());
	announce();
	if ((read_reg(mpidr_el1) & 0xff00ffffffull) != this_core()->desc->mpidr)
		panic("started on another core than the description says:", read_reg(mpidr_el1),
		      this_core()->desc->mpidr, 0);
	if (arch_frequency() < MIN_FREQUENCY)
		panic("the firmware has not said how fast the counter is (CNTFRQ_EL0):", arch_frequency(), 0, 0);
	smccc_probe();
	for (uint32_t i = 1; i < b->n_cores; i++)
		if (!arch_core_start(i))
			panic("firmware does not start core", i, core_at(i)->desc->mpidr, 0);
	for (uint32_t i = 0; i < b->n_partitions; i++)
		partition_start(partition_at(i));
}

noreturn void boot_main(uint64_t number, const struct bh_blob *b);
noreturn void boot_main(uint64_t number, const struct bh_blob *b)
{
	if (number == 0)
		boot_first(b);
	else
		arch_core_init(this_core());
	sched_start();
}

noreturn void arch_enter(struct vcpu *v)
{
	guest_enter(v);
}

void arch_kick(struct core *c)
{
	if (unlikely(core_is_dedicated(c)))
		direct_kick(c);
	else
		gic_kick(c->kick);
}

noreturn void arch_halt(void)
{
	__asm__ volatile("msr daifset, #15");
	for (;;)
		__asm__ volatile("wfi");
}

#define PSCI_SYSTEM_RESET 0x84000009u

void arch_system_reset(void)
{
	(void)firmware_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* --- interrupts --- */

static const struct bh_irq *irq_find(uint32_t pintid)
{
	const struct bh_irq *irqs = blob_irqs(blob);
	uint32_t low = 0, high = blob->n_irqs;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (irqs[mid].pintid == pintid)
			return &irqs[mid];
		if (irqs[mid].pintid < pintid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static __attribute__((noinline)) void device_irq(uint32_t intid)
{
	const struct bh_irq *i = irq_find(intid);

	if (i)
		vgic_raise_device(partition_at(i->partition), i->vintid);
	else
		gic_spi_off(intid); /* nobody's: it cannot have been on */
}

/*
 * Nobody but the kernel sends physical SGIs, and to this core but those of its vCPU's partition (traps.c). They came before its group was looked
 * at: what the vCPU does not take in Group 1 is dropped, as where it was sent.
 */
static __attribute__((noinline)) void sgi_came(struct core *c, uint32_t intid)
{
	if (core_is_lone(c) && c->vcpu[0]->state != VCPU_OFF) { /* what comes while it is off, its start would undo */
		vgic_sgi_came(c->vcpu[0], intid);
		vcpu_post(c->vcpu[0], REQ_IRQ); /* it may be waiting */
	}
	gic_end(intid);
}

void irq_handle(uint32_t intid)
{
	if (likely(intid == blob->timer_intid)) {
		sched_alarm();
		gic_end(intid);
	} else if (intid == GIC_SGI_KICK) {
		gic_end(intid); /* what it is for is in the inbox */
	} else if (intid >= 32) {
		device_irq(intid); /* the guest deactivates it */
	} else if (intid < GIC_SGIS) {
		sgi_came(this_core(), intid);
	} else if (intid == VIRTUAL_PPI) {
		timer_virtual_irq(this_core()->loaded); /* likewise */
	} else {
		if (intid == blob->maintenance_intid && this_core()->loaded)
			vgic_maintenance(this_core()->loaded);
		gic_end(intid);
	}
}

bool arch_irq_waits(void)
{
	return read_reg(isr_el1) & ISR_EL1_I;
}

/* One; what else is pending comes next. */
void arch_irq_take(void)
{
	uint32_t intid = (uint32_t)gic_acknowledge();

	if (unlikely(intid >= GIC_SPURIOUS)) {
		this_core()->now = arch_stamp(); /* the sleep is over even so: what was posted may be ahead of its kick */
		return;
	}
	gic_drop(intid);
	this_core()->now = arch_stamp();
	trace(this_core(), BH_TRACE_IRQ, trace_running(this_core()), intid, 0, 0);
	irq_handle(intid);
}

void arch_idle(void)
{
	if (unlikely(core_is_dedicated(this_core()))) {
		direct_idle(this_core());
		return;
	}
	dsb(sy);
	__asm__ volatile("wfi" ::
				 : "memory");
	arch_irq_take();
}

void arch_irq_raise(struct partition *p, uint32_t intid)
{
	if (unlikely(p->desc->flags & BH_PART_DEDICATED))
		direct_raise(p, intid);
	else
		vgic_raise_spi(p, intid);
}

const uint32_t *arch_irq_raised(const struct partition *p, uint32_t intid)
{
	return &p->arch.vgic.word[intid / 32 % VGIC_WORDS].pending;
}

void arch_irq_line(struct partition *p, uint32_t intid, bool level)
{
	if (unlikely(p->desc->flags & BH_PART_DEDICATED))
		direct_line(p, intid, level);
	else
		vgic_line_spi(p, intid, level);
}

void arch_irq_sync(struct vcpu *v)
{
	if (!v->arch.is_direct)
		vgic_sync(v);
}

static void lines_off(struct partition *p)
{
	const struct bh_irq *irqs = blob_irqs(blob);

	for (uint32_t i = 0; i < blob->n_irqs; i++)
		if (irqs[i].partition == p->number)
			gic_spi_off(irqs[i].pintid);
}

void arch_partition_start(struct partition *p)
{
	lines_off(p); /* an edge that came meanwhile was nobody's */
	vgic_dist_reset(p);
	if (p->desc->flags & BH_PART_DEDICATED)
		direct_dist_reset(p);
}

void arch_partition_reset(struct partition *p)
{
	lines_off(p);
}
