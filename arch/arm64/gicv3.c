/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical GICv3 (Arm IHI 0069). Written for both views of the distributor: one security state
 * (GICD_CTLR.DS = 1) and the Non-secure half of two, where Group 0 belongs to the firmware and is
 * not touched. Nothing is assumed about the state a loader left.
 *
 * Waits for the hardware are bounded and go on after: an interrupt controller that never answers
 * is found by the first interrupt that does not come, not by a core that hangs here.
 */
#include "arch/arm64/gicv3.h"
#include "arch/arm64/arch_relax.h"
#include "arch/arm64/arm64.h"
#include "arch/arm64/ich.h"
#include "arch/arm64/sysreg.h"
#include "kernel/core.h"
#include "kernel/print.h"

enum gicd_reg {
	GICD_CTLR = 0x0000,
	GICD_TYPER = 0x0004,
	GICD_IGROUPR = 0x0080, /* 1 bit per line, as the next five */
	GICD_ISENABLER = 0x0100,
	GICD_ICENABLER = 0x0180,
	GICD_ICPENDR = 0x0280,
	GICD_ICACTIVER = 0x0380,
	GICD_IPRIORITYR = 0x0400, /* 8 bits per line */
	GICD_ICFGR = 0x0c00,	  /* 2 bits per line */
	GICD_IGRPMODR = 0x0d00,
	GICD_ICENABLER_E = 0x1200, /* extended SPIs */
	GICD_IROUTER = 0x6000,	   /* 64 bits per line */
};

#define GICD_CTLR_ENABLE 0x3u	/* both groups; Non-secure view: Group 1 with and without routing */
#define GICD_CTLR_GRP1	 BIT(1) /* EnableGrp1, or EnableGrp1A in the Non-secure view */
#define GICD_CTLR_ARE	 BIT(4) /* ARE, or ARE_NS in the Non-secure view */
#define GICD_CTLR_RWP	 BIT(31)
#define GICD_TYPER_ESPI	 BIT(8)

enum gicr_reg {
	GICR_CTLR = 0x0000,
	GICR_TYPER = 0x0008,
	GICR_WAKER = 0x0014,
	GICR_SGI = 0x10000, /* the second frame, SGI_base */
	GICR_IGROUPR0 = GICR_SGI + 0x0080,
	GICR_ISENABLER0 = GICR_SGI + 0x0100,
	GICR_ICENABLER0 = GICR_SGI + 0x0180, /* and two words of extended PPIs behind it */
	GICR_ICPENDR0 = GICR_SGI + 0x0280,
	GICR_ISACTIVER0 = GICR_SGI + 0x0300,
	GICR_ICACTIVER0 = GICR_SGI + 0x0380,
	GICR_IPRIORITYR = GICR_SGI + 0x0400,
	GICR_ICFGR1 = GICR_SGI + 0x0c04,
	GICR_IGRPMODR0 = GICR_SGI + 0x0d00,
};

#define GICR_CTLR_RWP	  BIT(3)
#define GICR_WAKER_SLEEP  BIT(1)
#define GICR_WAKER_ASLEEP BIT(2)

#define PRIORITY_KERNEL 0x40u /* kick, timer, maintenance: before any device */
#define PRIORITY_GUEST	0xa0u
#define PRIORITY_WORD	(PRIORITY_GUEST * 0x01010101u)

#define WAIT_LIMIT 1000000u

static uint32_t read32(uint64_t va)
{
	return *(const volatile uint32_t *)va;
}

static void write32(uint64_t va, uint32_t value)
{
	*(volatile uint32_t *)va = value;
}

/* Until the bits of a register are zero; see the file's head for what happens otherwise. */
static void wait_clear(uint64_t va, uint32_t bits)
{
	for (uint32_t n = 0; n < WAIT_LIMIT && (read32(va) & bits) != 0; n++)
		arch_relax();
}

static uint64_t gicd(uint32_t reg)
{
	return blob->gicd_va + reg;
}

static uint64_t gicr(uint32_t reg)
{
	return this_core()->desc->gicr_va + reg;
}

static void gicd_bit(uint32_t reg, uint32_t intid)
{
	write32(gicd(reg + intid / 32 * 4), BIT(intid % 32));
}

static void gicd_wait(void)
{
	wait_clear(gicd(GICD_CTLR), GICD_CTLR_RWP);
}

/* Trigger modes are set here, once, by one core: ICFGR has sixteen lines in a word, and partitions that
 * start at the same time on different cores must not write each other's. */
static void dist_triggers(void)
{
	const struct bh_irq *irq = blob_irqs(blob);

	for (uint32_t i = 0; i < blob->n_irqs; i++) {
		uint64_t va = gicd(GICD_ICFGR + irq[i].pintid / 16 * 4);
		uint32_t edge = 2u << (irq[i].pintid % 16 * 2);
		uint32_t old = read32(va);

		write32(va, (irq[i].flags & BH_IRQ_LEVEL) != 0 ? old & ~edge : old | edge);
	}
}

static void dist_quiet(uint32_t words)
{
	for (uint32_t n = 1; n < words; n++) {
		write32(gicd(GICD_ICENABLER + n * 4), ~0u);
		write32(gicd(GICD_ICPENDR + n * 4), ~0u);
		write32(gicd(GICD_ICACTIVER + n * 4), ~0u);
		write32(gicd(GICD_IGROUPR + n * 4), ~0u);
		write32(gicd(GICD_IGRPMODR + n * 4), 0);
		for (uint32_t i = 0; i < 8; i++)
			write32(gicd(GICD_IPRIORITYR + n * 32 + i * 4), PRIORITY_WORD);
	}
}

void gic_dist_init(void)
{
	uint32_t typer = read32(gicd(GICD_TYPER));
	uint32_t words = (typer & 31u) + 1;

	/* Groups go off before routing is switched on: ARE may only change with both disabled. */
	write32(gicd(GICD_CTLR), read32(gicd(GICD_CTLR)) & GICD_CTLR_ARE);
	gicd_wait();
	write32(gicd(GICD_CTLR), GICD_CTLR_ARE);
	gicd_wait();

	dist_quiet(words > 31 ? 31 : words);
	if ((typer & GICD_TYPER_ESPI) != 0)
		for (uint32_t n = 0; n <= typer >> 27; n++)
			write32(gicd(GICD_ICENABLER_E + n * 4), ~0u);
	gicd_wait();
	dist_triggers();

	write32(gicd(GICD_CTLR), GICD_CTLR_ARE | GICD_CTLR_GRP1);
	gicd_wait();
}

static void redist_init(void)
{
	uint32_t ppis = read32(gicr(GICR_TYPER)) >> 27; /* PPInum: 32 extended PPIs each */

	write32(gicr(GICR_WAKER), read32(gicr(GICR_WAKER)) & ~GICR_WAKER_SLEEP);
	wait_clear(gicr(GICR_WAKER), GICR_WAKER_ASLEEP);

	write32(gicr(GICR_CTLR), 0); /* no LPIs: their tables are memory that a loader chose */
	for (uint32_t n = 0; n <= (ppis > 2 ? 0 : ppis); n++)
		write32(gicr(GICR_ICENABLER0 + n * 4), ~0u);
	wait_clear(gicr(GICR_CTLR), GICR_CTLR_RWP);
	write32(gicr(GICR_ICPENDR0), ~0u);
	write32(gicr(GICR_ICACTIVER0), ~0u);
	write32(gicr(GICR_IGROUPR0), ~0u);
	write32(gicr(GICR_IGRPMODR0), 0);
	write32(gicr(GICR_ICFGR1), 0); /* the timers' and the maintenance interrupt are levels */
	for (uint32_t n = 0; n < 8; n++)
		write32(gicr(GICR_IPRIORITYR + n * 4), PRIORITY_WORD);
	*(volatile uint8_t *)gicr(GICR_IPRIORITYR + GIC_SGI_KICK) = PRIORITY_KERNEL;
	*(volatile uint8_t *)gicr(GICR_IPRIORITYR + blob->timer_intid) = PRIORITY_KERNEL;
	*(volatile uint8_t *)gicr(GICR_IPRIORITYR + blob->maintenance_intid) = PRIORITY_KERNEL;
}

/*
 * Priorities that a loader left active would hold back every interrupt. Group 0's are the
 * firmware's where there is one (and reading them may trap to it), ours otherwise.
 */
static void interface_clear_active(void)
{
	uint32_t bits = (uint32_t)(read_reg(icc_ctlr_el1) >> 8 & 7) + 1; /* PRIbits */
	bool firmware = (read_reg(id_aa64pfr0_el1) >> 12 & 0xf) != 0;	 /* EL3 */

	write_reg(icc_ap1r0_el1, 0);
	if (bits > 5)
		write_reg(icc_ap1r1_el1, 0);
	if (bits > 6) {
		write_reg(icc_ap1r2_el1, 0);
		write_reg(icc_ap1r3_el1, 0);
	}
	if (firmware)
		return;
	write_reg(icc_igrpen0_el1, 0);
	write_reg(icc_ap0r0_el1, 0);
	if (bits > 5)
		write_reg(icc_ap0r1_el1, 0);
	if (bits > 6) {
		write_reg(icc_ap0r2_el1, 0);
		write_reg(icc_ap0r3_el1, 0);
	}
}

static void interface_init(void)
{
	/* ICC_SRE: system registers, no bypass. Enable stays 0: EL1's own ICC_SRE traps (sysregs.c). */
	write_reg(icc_sre_el2, 0x7);
	isb();
	write_reg(icc_sre_el1, 7);
	isb();
	write_reg(icc_igrpen1_el1, 0);
	isb();
	interface_clear_active();
	write_reg(icc_ctlr_el1, 2); /* EOImode: EOIR drops the priority only */
	write_reg(icc_bpr1_el1, 0);
	write_reg(icc_pmr_el1, 0xff);
	write_reg(icc_igrpen1_el1, 1);
	isb();
}

static void virtual_off(void)
{
	ich_hcr_write(ICH_HCR_REST);
	ich_vmcr_write(0);
	for (uint32_t n = 0; n < ich_lrs(); n++)
		ich_lr_write(n, 0);
	ich_apr_clear();
	isb();
}

void gic_core_init(void)
{
	redist_init();
	interface_init();
	virtual_off();
	gic_private_on(GIC_SGI_KICK);
	if (!(read32(gicr(GICR_ISENABLER0)) & BIT(GIC_SGI_KICK)))
		panic("the firmware keeps an SGI that is the kernel's:", GIC_SGI_KICK, 0, 0);
	gic_private_on(blob->timer_intid);
	gic_private_on(blob->maintenance_intid);
}

void gic_deactivate(uint64_t intid)
{
	gic_end(intid);
}

uint64_t gic_sgi_value(uint64_t mpidr)
{
	return BIT64(mpidr & 15u)	   /* Aff0: 16 to a target list */
	       | (mpidr >> 4 & 0xfu) << 44 /* RS */
	       | (mpidr >> 8 & 0xffu) << 16 | (mpidr >> 16 & 0xffu) << 32 | (mpidr >> 32 & 0xffu) << 48;
}

uint64_t gic_kick_value(uint64_t mpidr)
{
	return (uint64_t)GIC_SGI_KICK << 24 | gic_sgi_value(mpidr);
}

void gic_spi_mask(uint32_t intid)
{
	gicd_bit(GICD_ICENABLER, intid);
	gicd_wait();
	dsb(sy);
}

void gic_spi_open(uint32_t intid, uint64_t mpidr)
{
	*(volatile uint64_t *)gicd(GICD_IROUTER + intid * 8) = mpidr & 0xff00ffffffull;
	gicd_bit(GICD_ISENABLER, intid);
}

void gic_spi_off(uint32_t intid)
{
	gicd_bit(GICD_ICENABLER, intid);
	gicd_wait();
	gicd_bit(GICD_ICPENDR, intid);
	gicd_bit(GICD_ICACTIVER, intid);
	dsb(sy);
}

void gic_private_on(uint32_t intid)
{
	write32(gicr(GICR_ISENABLER0), BIT(intid));
}

void gic_private_off(uint32_t intid)
{
	write32(gicr(GICR_ICENABLER0), BIT(intid));
	wait_clear(gicr(GICR_CTLR), GICR_CTLR_RWP);
	write32(gicr(GICR_ICPENDR0), BIT(intid));
	write32(gicr(GICR_ICACTIVER0), BIT(intid));
	dsb(sy);
}

#define SGIS_OF_GUESTS (BIT(GIC_SGIS) - 1 - BIT(GIC_SGI_KICK))

/* What the Secure side keeps reads as disabled here, whatever is written (IHI 0069, GICR_ISENABLER0). */
uint32_t gic_sgis_on(void)
{
	write32(gicr(GICR_ISENABLER0), SGIS_OF_GUESTS);
	return (BIT(GIC_SGIS) - 1) & ~(read32(gicr(GICR_ISENABLER0)) & SGIS_OF_GUESTS);
}

void gic_sgis_forget(uint32_t intids)
{
	write32(gicr(GICR_ICPENDR0), intids);
	(void)read32(gicr(GICR_ICPENDR0)); /* is answered after the write took effect */
	dsb(sy);
}

void gic_private_active(uint32_t intid, bool active)
{
	write32(gicr(active ? GICR_ISACTIVER0 : GICR_ICACTIVER0), BIT(intid));
	/* A read of the same frame is answered after the write took effect. */
	(void)read32(gicr(GICR_ISACTIVER0));
	dsb(sy);
}

/* A list register is named in the instruction, so n selects one of sixteen pairs of instructions. */
#define LR_PAIR(insn)                                                                           \
	"adr x9, 1f\n\tadd x9, x9, %x[n], lsl #3\n\tbr x9\n1:\n\t" insn("0") insn("1")          \
		insn("2") insn("3") insn("4") insn("5") insn("6") insn("7") insn("8") insn("9") \
			insn("10") insn("11") insn("12") insn("13") insn("14") insn("15") "2:"
#define LR_MRS(k) "mrs %[v], ich_lr" k "_el2\n\tb 2f\n\t"
#define LR_MSR(k) "msr ich_lr" k "_el2, %[v]\n\tb 2f\n\t"

__attribute__((noinline)) uint64_t ich_lr_read(uint32_t n)
{
	uint64_t value;

	__asm__ volatile(LR_PAIR(LR_MRS)
			 : [v] "=&r"(value)
			 : [n] "r"((uint64_t)n)
			 : "x9");
	return value;
}

__attribute__((noinline)) void ich_lr_write(uint32_t n, uint64_t value)
{
	__asm__ volatile(LR_PAIR(LR_MSR)
			 :
			 : [n] "r"((uint64_t)n), [v] "r"(value)
			 : "x9");
}

/* ICH_VTR_EL2.PREbits says how many of the four active-priority registers exist. */
#define APR_READ(k) (ap0r[k] = (uint32_t)read_reg(ich_ap0r##k##_el2), ap1r[k] = (uint32_t)read_reg(ich_ap1r##k##_el2))
#define APR_WRITE(k, zero, one)                     \
	do {                                        \
		write_reg(ich_ap0r##k##_el2, zero); \
		write_reg(ich_ap1r##k##_el2, one);  \
	} while (0)

static uint32_t preemption_bits(void)
{
	return (ich_vtr() >> 26 & 7u) + 1;
}

void ich_apr_save(uint32_t ap0r[4], uint32_t ap1r[4])
{
	uint32_t bits = preemption_bits();

	APR_READ(0);
	if (bits > 5)
		APR_READ(1);
	if (bits > 6) {
		APR_READ(2);
		APR_READ(3);
	}
}

uint32_t ich_apr_others(void)
{
	uint32_t ap0r[4] = { 0 }, ap1r[4] = { 0 };

	ich_apr_save(ap0r, ap1r);
	return ap0r[1] | ap0r[2] | ap0r[3] | ap1r[1] | ap1r[2] | ap1r[3];
}

void ich_apr_load(const uint32_t ap0r[4], const uint32_t ap1r[4])
{
	uint32_t bits = preemption_bits();

	APR_WRITE(0, ap0r[0], ap1r[0]);
	if (bits > 5)
		APR_WRITE(1, ap0r[1], ap1r[1]);
	if (bits > 6) {
		APR_WRITE(2, ap0r[2], ap1r[2]);
		APR_WRITE(3, ap0r[3], ap1r[3]);
	}
}

void ich_apr_clear(void)
{
	static const uint32_t none[4];

	ich_apr_load(none, none);
}
