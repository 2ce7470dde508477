/* SPDX-License-Identifier: Apache-2.0 */
/* A small GICv3 driver: what the test guests need, no more. */
#include "tests/guests/guest.h"

#define GICD_CTLR_ENABLE 0x13u /* affinity routing, Group 1, Group 0 */
#define WAKER_SLEEP	 0x2u
#define WAKER_ASLEEP	 0x4u

uint32_t core_index(void)
{
	return (uint32_t)read_reg(mpidr_el1) & 0xff;
}

static uint64_t redistributor(void)
{
	return GICR + core_index() * 0x20000ul;
}

uint64_t gic_frame(uint32_t intid)
{
	return intid < 32 ? redistributor() + 0x10000 : GICD;
}

static volatile uint32_t *word(uint32_t reg, uint32_t intid)
{
	return reg32(gic_frame(intid) + reg + intid / 32 * 4);
}

uint32_t gic_bit(uint32_t reg, uint32_t intid)
{
	return *word(reg, intid) >> (intid % 32) & 1;
}

void gic_bit_set(uint32_t reg, uint32_t intid)
{
	*word(reg, intid) = 1u << (intid % 32);
}

static void wait_writes(uint32_t intid)
{
	uint64_t ctlr = intid < 32 ? redistributor() : GICD + GICD_CTLR;
	uint32_t busy = intid < 32 ? 1u << 3 : 1u << 31;

	while (*reg32(ctlr) & busy)
		relax();
}

void gic_priority(uint32_t intid, uint8_t priority)
{
	*reg8(gic_frame(intid) + GICD_IPRIORITYR + intid) = priority;
}

void gic_enable(uint32_t intid)
{
	gic_bit_set(GICD_ISENABLER, intid);
}

void gic_disable(uint32_t intid)
{
	gic_bit_set(GICD_ICENABLER, intid);
	wait_writes(intid);
}

void gic_edge(uint32_t intid, bool edge)
{
	volatile uint32_t *cfg = reg32(gic_frame(intid) + GICD_ICFGR + intid / 16 * 4);
	uint32_t bit = 2u << (intid % 16 * 2);

	*cfg = edge ? *cfg | bit : *cfg & ~bit;
}

void gic_route(uint32_t intid, uint64_t affinity)
{
	*reg64(GICD + GICD_IROUTER + intid * 8ul) = affinity;
}

void gic_init(void)
{
	uint32_t words = (*reg32(GICD + GICD_TYPER) & 0x1f) + 1;

	*reg32(GICD + GICD_CTLR) = 0x10;
	wait_writes(32);
	for (uint32_t i = 1; i < words; i++) {
		*reg32(GICD + GICD_ICENABLER + i * 4) = 0xffffffff;
		*reg32(GICD + GICD_ICPENDR + i * 4) = 0xffffffff;
		*reg32(GICD + GICD_ICACTIVER + i * 4) = 0xffffffff;
		*reg32(GICD + GICD_IGROUPR + i * 4) = 0xffffffff;
	}
	for (uint32_t i = 32; i < words * 32 && i < 1020; i += 4)
		*reg32(GICD + GICD_IPRIORITYR + i) = 0xa0a0a0a0;
	wait_writes(32);
	*reg32(GICD + GICD_CTLR) = GICD_CTLR_ENABLE;
	wait_writes(32);
}

void gic_core_init(void)
{
	uint64_t rd = redistributor(), sgi = rd + 0x10000;

	*reg32(rd + GICR_WAKER) = *reg32(rd + GICR_WAKER) & ~WAKER_SLEEP;
	while (*reg32(rd + GICR_WAKER) & WAKER_ASLEEP)
		relax();
	*reg32(sgi + GICD_ICENABLER) = 0xffffffff;
	*reg32(sgi + GICD_ICPENDR) = 0xffffffff;
	*reg32(sgi + GICD_ICACTIVER) = 0xffffffff;
	*reg32(sgi + GICD_IGROUPR) = 0xffffffff;
	for (uint32_t i = 0; i < 32; i += 4)
		*reg32(sgi + GICD_IPRIORITYR + i) = 0xa0a0a0a0;
	wait_writes(0);
	write_reg(S3_0_C12_C12_5, 7); /* ICC_SRE: system registers */
	isb();
	write_reg(S3_0_C12_C12_4, 0);  /* ICC_CTLR: EOI drops and deactivates */
	write_reg(S3_0_C12_C12_3, 0);  /* ICC_BPR1 */
	write_reg(S3_0_C4_C6_0, 0xff); /* ICC_PMR: everything passes */
	write_reg(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1 */
	isb();
}

void sgi_core(uint32_t intid, uint32_t core)
{
	dsb();
	write_reg(S3_0_C12_C11_5, (uint64_t)intid << 24 | 1u << core);
	isb();
}

void sgi_self(uint32_t intid)
{
	sgi_core(intid, core_index());
}

void delay_us(uint64_t us)
{
	uint64_t end = ticks() + read_reg(cntfrq_el0) * us / 1000000;

	/* Under instruction counting a yield costs the emulator more than a thousand instructions. */
	while (ticks() < end) {
		for (uint32_t i = 0; i < 200; i++)
			__asm__ volatile("nop");
		relax();
	}
}
