/* SPDX-License-Identifier: Apache-2.0 */
/* The states of an interrupt, as registers show and change them: pending, active, both; split ends; groups. */
#include "tests/guests/probe/probe.h"

#define SPI 90u

static void state(const char *key)
{
	put("gic.state.");
	put(key);
	put(gic_bit(GICD_ISPENDR, SPI) ? " pending" : " -");
	put(gic_bit(GICD_ISACTIVER, SPI) ? " active" : " -");
	put(gic_bit(GICD_ICPENDR, SPI) == gic_bit(GICD_ISPENDR, SPI) ? " " : " ICPENDR-differs");
	put(gic_bit(GICD_ICACTIVER, SPI) == gic_bit(GICD_ISACTIVER, SPI) ? "\n" : "ICACTIVER-differs\n");
}

static void ready(bool edge)
{
	gic_route(SPI, 0);
	gic_disable(SPI);
	gic_edge(SPI, edge);
	gic_bit_set(GICD_ICPENDR, SPI);
	gic_bit_set(GICD_ICACTIVER, SPI);
	gic_priority(SPI, 0x80);
	gic_enable(SPI);
}

static uint32_t iar_wait(void)
{
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t intid = gic_acknowledge();

		if (intid != GIC_SPURIOUS)
			return intid;
		delay_us(10);
	}
	return GIC_SPURIOUS;
}

static void life(const char *kind, bool edge)
{
	say("gic.state.trigger", kind);
	ready(edge);
	state("idle");
	gic_bit_set(GICD_ISPENDR, SPI);
	state("pended");
	gic_bit_set(GICD_ICPENDR, SPI);
	state("unpended");
	say_dec("gic.state.iar_unpended", gic_acknowledge());
	gic_bit_set(GICD_ISPENDR, SPI);
	say_dec("gic.state.hppir1", read_reg(S3_0_C12_C12_2));
	say_dec("gic.state.iar", iar_wait());
	say_hex("gic.state.rpr", read_reg(S3_0_C12_C11_3));
	state("acknowledged");
	gic_bit_set(GICD_ISPENDR, SPI);
	state("pended_again");
	say_dec("gic.state.iar_active", gic_acknowledge());
	gic_end(SPI);
	state("ended");
	say_dec("gic.state.iar_second", iar_wait());
	state("second");
	gic_bit_set(GICD_ISPENDR, SPI);
	gic_bit_set(GICD_ICPENDR, SPI);
	state("second_unpended");
	gic_end(SPI);
	state("end");
	say_dec("gic.state.iar_none", gic_acknowledge());
	say_hex("gic.state.ap1r0", read_reg(S3_0_C12_C9_0));
}

/* Active by software: pending is not delivered until it is inactive. */
static void made_active(void)
{
	ready(true);
	gic_bit_set(GICD_ISACTIVER, SPI);
	state("made_active");
	gic_bit_set(GICD_ISPENDR, SPI);
	state("made_active_pended");
	delay_us(200);
	say_dec("gic.state.made_active.iar", gic_acknowledge());
	gic_bit_set(GICD_ICACTIVER, SPI);
	state("made_inactive");
	say_dec("gic.state.made_inactive.iar", iar_wait());
	gic_bit_set(GICD_ICACTIVER, SPI); /* while acknowledged */
	state("deactivated_early");
	gic_bit_set(GICD_ISPENDR, SPI);
	say_dec("gic.state.same_priority.iar", gic_acknowledge()); /* its priority still runs */
	gic_end(SPI);
	say_dec("gic.state.after_drop.iar", iar_wait());
	gic_end(SPI);
	state("made_end");
}

static void split_end(void)
{
	ready(true);
	write_reg(S3_0_C12_C12_4, 2); /* EOImode */
	isb();
	say_hex("gic.split.eoimode", read_reg(S3_0_C12_C12_4) & 3);
	gic_bit_set(GICD_ISPENDR, SPI);
	say_dec("gic.split.iar", iar_wait());
	state("split_acknowledged");
	gic_end(SPI);
	state("split_dropped");
	say_hex("gic.split.rpr", read_reg(S3_0_C12_C11_3));
	gic_bit_set(GICD_ISPENDR, SPI);
	say_dec("gic.split.iar_dropped", gic_acknowledge());
	write_reg(S3_0_C12_C11_1, SPI); /* ICC_DIR */
	isb();
	state("split_deactivated");
	say_dec("gic.split.iar_second", iar_wait());
	gic_end(SPI);
	write_reg(S3_0_C12_C11_1, SPI);
	isb();
	state("split_end");
	write_reg(S3_0_C12_C12_4, 0);
	isb();
}

/* Twelve acknowledged, dropped and not yet deactivated: more active than list registers. */
static void many_active(void)
{
	uint32_t seen = 0, active = 0;

	write_reg(S3_0_C12_C12_4, 2);
	isb();
	for (uint32_t i = 0; i < 12; i++) {
		gic_route(SPI + i, 0);
		gic_edge(SPI + i, true);
		gic_priority(SPI + i, 0x80);
		gic_enable(SPI + i);
		gic_bit_set(GICD_ISPENDR, SPI + i);
	}
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t intid = iar_wait();

		if (intid >= SPI && intid < SPI + 12)
			seen |= 1u << (intid - SPI);
		if (intid != GIC_SPURIOUS)
			gic_end(intid);
	}
	for (uint32_t i = 0; i < 12; i++)
		active |= gic_bit(GICD_ISACTIVER, SPI + i) << i;
	say_hex("gic.many_active.seen", seen);
	say_hex("gic.many_active.active", active);
	for (uint32_t i = 0; i < 12; i++) {
		write_reg(S3_0_C12_C11_1, SPI + (i * 5) % 12);
		isb();
	}
	active = 0;
	for (uint32_t i = 0; i < 12; i++)
		active += gic_bit(GICD_ISACTIVER, SPI + i);
	say_dec("gic.many_active.left", active);
	for (uint32_t i = 0; i < 12; i++)
		gic_bit_set(GICD_ISPENDR, SPI + i);
	log_reset();
	write_reg(S3_0_C12_C12_4, 0);
	interrupts_on();
	log_wait(0, 12);
	interrupts_off();
	say_dec("gic.many_active.again", irq_log[0].n);
	for (uint32_t i = 0; i < 12; i++)
		gic_disable(SPI + i);
}

static volatile uint32_t fiqs, fiq_intid, fiq_iar1;

static void take_group0(void)
{
	fiq_iar1 = (uint32_t)read_reg(S3_0_C12_C12_2);
	fiq_intid = (uint32_t)read_reg(S3_0_C12_C8_0);
	fiqs = fiqs + 1;
	dsb();
	write_reg(S3_0_C12_C8_1, fiq_intid);
	isb();
}

static void group0(void)
{
	volatile uint32_t *group = reg32(GICD + GICD_IGROUPR + SPI / 32 * 4);

	ready(true);
	*group &= ~(1u << SPI % 32);
	fiqs = 0;
	log_reset();
	fiq_handler = take_group0;
	__asm__ volatile("msr daifclr, #3" ::
				 : "memory");
	gic_bit_set(GICD_ISPENDR, SPI);
	delay_us(1000);
	say_dec("gic.group0.disabled", fiqs + irq_log[0].n);
	write_reg(S3_0_C12_C12_6, 1);
	isb();
	delay_us(1000);
	__asm__ volatile("msr daifset, #3" ::
				 : "memory");
	say_dec("gic.group0.fiqs", fiqs);
	say_dec("gic.group0.intid", fiq_intid);
	say_dec("gic.group0.hppir1", fiq_iar1);
	say_dec("gic.group0.irqs", irq_log[0].n);
	gic_bit_set(GICD_ISPENDR, SPI);
	say_dec("gic.group0.iar1", gic_acknowledge());
	say_dec("gic.group0.iar0", read_reg(S3_0_C12_C8_0));
	write_reg(S3_0_C12_C8_1, SPI);
	*group |= 1u << SPI % 32;
	write_reg(S3_0_C12_C12_6, 0);
	isb();
	state("group0_end");
	gic_disable(SPI);
}

void probe_gic_states(void)
{
	life("edge", true);
	life("level", false);
	made_active();
	split_end();
	gic_disable(SPI);
	many_active();
	group0();
}
