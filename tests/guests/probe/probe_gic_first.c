/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes before the CPU interface is used for the first time: distributor and redistributor are programmed, interrupts
 * become pending and active, a timer fires. Then the interface, its registers in another order than usual.
 */
#include "tests/guests/probe/probe.h"

#define EDGE   121u
#define LEVEL  122u
#define ACTIVE 123u
#define SGI    3u
#define PPI    20u

static void tables(void)
{
	uint64_t rd = GICR, sgi = rd + 0x10000;

	*reg32(GICD + GICD_CTLR) = 0x13;
	*reg32(rd + GICR_WAKER) = 0;
	*reg32(sgi + GICD_IGROUPR) = 0xffffffff;
	*reg32(GICD + GICD_IGROUPR + EDGE / 32 * 4) = 0xffffffff;
	for (uint32_t i = EDGE; i <= ACTIVE; i++) {
		gic_edge(i, i != LEVEL);
		gic_priority(i, 0x80);
		gic_route(i, 0);
		gic_enable(i);
	}
	gic_edge(PPI, true);
	gic_priority(EDGE, 0x40);
	gic_priority(SGI, 0x60);
	gic_priority(PPI, 0x50);
	gic_priority(TIMER_VIRTUAL, 0x20);
	gic_enable(SGI);
	gic_enable(PPI);
	gic_enable(TIMER_VIRTUAL);
}

static void states(const char *pending, const char *active)
{
	say_hex(pending, *reg32(GICR + 0x10000 + GICD_ISPENDR) & (1u << SGI | 1u << PPI | 1u << TIMER_VIRTUAL));
	say_hex(pending, *reg32(GICD + GICD_ISPENDR + EDGE / 32 * 4) & (7u << EDGE % 32));
	say_hex(active, *reg32(GICR + 0x10000 + GICD_ISACTIVER) & (1u << SGI | 1u << PPI | 1u << TIMER_VIRTUAL));
	say_hex(active, *reg32(GICD + GICD_ISACTIVER + EDGE / 32 * 4) & (7u << EDGE % 32));
}

/* What is written first is there, whichever part of the interface it is of. */
static volatile uint32_t round, over;

static void second(void)
{
	uint64_t rd = GICR + 0x20000, bpr0;

	*reg32(rd + GICR_WAKER) = 0;
	*reg32(rd + 0x10000 + GICD_IGROUPR) = 0xffffffff;
	gic_priority(SGI, 0x60);
	gic_enable(SGI);
	if (round == 0)
		write_reg(S3_0_C12_C12_7, 1); /* IGRPEN1: Group 1's */
	if (round == 1)
		write_reg(S3_0_C12_C8_3, 5); /* BPR0: Group 0's */
	write_reg(S3_0_C4_C6_0, 0xff);	     /* PMR: both groups' */
	if (round != 0)
		write_reg(S3_0_C12_C12_7, 1);
	isb();
	bpr0 = read_reg(S3_0_C12_C8_3);
	say_dec("first.core1.bpr0", bpr0);
	interrupts_on();
	sgi_self(SGI);
	log_wait(1, 1);
	interrupts_off();
	log_say("first.core1.came", 1);
	over = 1;
}

static void second_core(void)
{
	for (round = 0; round < 3; round = round + 1) {
		log_reset();
		over = 0;
		core_start(1, second);
		for (uint32_t i = 0; i < 10000 && !over; i++)
			delay_us(100);
		say_dec("first.core1.over", over);
		for (uint32_t i = 0; i < 1000 && psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1; i++)
			delay_us(100);
	}
}

void probe_gic_first(void)
{
	tables();
	log_reset();
	interrupts_on(); /* nothing comes: the interface is off */
	sgi_self(SGI);
	gic_bit_set(GICD_ISPENDR, PPI);
	gic_bit_set(GICD_ISPENDR, EDGE);
	gic_bit_set(GICD_ISPENDR, LEVEL);
	gic_bit_set(GICD_ISACTIVER, ACTIVE);
	gic_bit_set(GICD_ISPENDR, ACTIVE);
	states("first.pending", "first.active");
	gic_bit_set(GICD_ICPENDR, LEVEL);
	write_reg(S3_0_C12_C11_1, ACTIVE); /* EOImode is 0: nothing happens */
	isb();
	states("first.dir.pending", "first.dir.active");
	say_hex("first.isr", read_reg(isr_el1));
	delay_us(5000); /* others run on this core */
	write_reg(S3_0_C12_C11_1, ACTIVE);
	isb();
	states("first.later.pending", "first.later.active");
	write_reg(cntv_cval_el0, ticks() + 1000);
	write_reg(cntv_ctl_el0, 1);
	isb();
	delay_us(3000);
	states("first.timer.pending", "first.timer.active");
	say_dec("first.taken_while_off", irq_log[0].n);
	write_reg(S3_0_C12_C12_7, 1); /* the mask is as after reset: nothing passes */
	isb();
	delay_us(100);
	say_dec("first.taken_while_masked", irq_log[0].n);
	say_dec("first.hppir", read_reg(S3_0_C12_C12_2));
	say_hex("first.pmr", read_reg(S3_0_C4_C6_0));
	say_dec("first.bpr", read_reg(S3_0_C12_C12_3));
	say_hex("first.ctlr.eoimode", read_reg(S3_0_C12_C12_4) & 2);
	interrupts_off();
	write_reg(S3_0_C4_C6_0, 0xff);
	isb();
	interrupts_on();
	log_wait(0, 4);
	log_say("first.came", 0);
	states("first.end.pending", "first.end.active");
	gic_bit_set(GICD_ICACTIVER, ACTIVE);
	log_wait(0, 5);
	log_say("first.active_came", 0);
	states("first.over.pending", "first.over.active");
	interrupts_off();
	write_reg(S3_0_C12_C12_7, 0);
	write_reg(S3_0_C4_C6_0, 0);
	isb();
	log_reset();
	second_core();
}
