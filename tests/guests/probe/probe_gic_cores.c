/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores: SGIs between them, routing, the other's redistributor. */
#include "tests/guests/probe/probe.h"

#define SPI 120u

static volatile uint32_t other; /* 0 starts, 1 runs, 2 should end */

static void second(void)
{
	gic_core_init();
	*reg32(gic_frame(0) + GICD_ISENABLER) = 0xffff;
	other = 1;
	interrupts_on();
	while (other == 1)
		wfi();
	interrupts_off();
	*reg32(gic_frame(0) + GICD_ICENABLER) = 0xffff;
}

static void sgis(void)
{
	*reg32(gic_frame(0) + GICD_ISENABLER) = 0xffff;
	log_reset();
	interrupts_on();
	for (uint32_t i = 0; i < 16; i++) {
		sgi_core(i, 1);
		log_wait(1, i + 1);
	}
	log_say("cores.sgi", 1);
	log_reset();
	write_reg(S3_0_C12_C11_5, 3ull << 24 | 3u); /* to both */
	isb();
	log_wait(1, 1);
	log_say("cores.sgi_both.self", 0);
	log_say("cores.sgi_both.other", 1);
	log_reset();
	write_reg(S3_0_C12_C11_5, 1ull << 40 | 4ull << 24); /* to all but self */
	isb();
	log_wait(1, 1);
	log_say("cores.sgi_others.self", 0);
	log_say("cores.sgi_others.other", 1);
	log_reset();
	write_reg(S3_0_C12_C11_5, 5ull << 24 | 1ull << 16 | 2u); /* affinity 0.0.1.1: nobody */
	isb();
	delay_us(1000);
	say_dec("cores.sgi_nobody", irq_log[0].n + irq_log[1].n);
}

static void routes(void)
{
	gic_edge(SPI, true);
	gic_priority(SPI, 0x80);
	gic_route(SPI, 1);
	gic_enable(SPI);
	log_reset();
	for (uint32_t i = 0; i < 20; i++) {
		gic_bit_set(GICD_ISPENDR, SPI);
		log_wait(1, i + 1);
	}
	say_dec("cores.route1.self", irq_log[0].n);
	say_dec("cores.route1.other", irq_log[1].n);
	log_reset();
	gic_route(SPI, 0);
	gic_bit_set(GICD_ISPENDR, SPI);
	log_wait(0, 1);
	say_dec("cores.route0.self", irq_log[0].n);
	say_dec("cores.route0.other", irq_log[1].n);
	log_reset();
	gic_route(SPI, 1ull << 31);
	gic_bit_set(GICD_ISPENDR, SPI);
	delay_us(2000);
	say_dec("cores.route_any", irq_log[0].n + irq_log[1].n);
	log_reset();
	gic_disable(SPI);
	gic_route(SPI, 0);
	gic_bit_set(GICD_ISPENDR, SPI);
	gic_route(SPI, 1); /* pending moves with its route */
	gic_enable(SPI);
	log_wait(1, 1);
	say_dec("cores.route_moved.self", irq_log[0].n);
	say_dec("cores.route_moved.other", irq_log[1].n);
	gic_disable(SPI);
}

static void others_frame(void)
{
	uint64_t sgi = GICR + 0x20000 + 0x10000;

	log_reset();
	*reg32(sgi + GICD_ISPENDR) = 1u << 6;
	log_wait(1, 1);
	log_say("cores.others_frame.pended", 1);
	for (uint32_t i = 5; i < 8; i += 2) { /* 7 is the INTID of the kernel's own */
		*reg32(sgi + GICD_ICENABLER) = 1u << i;
		say_hex("cores.others_frame.isenabler", *reg32(sgi + GICD_ISENABLER) & 0xffff);
		log_reset();
		sgi_core(i, 1);
		delay_us(1000);
		say_dec("cores.others_frame.disabled", irq_log[1].n);
		say_dec("cores.others_frame.pending", *reg32(sgi + GICD_ISPENDR) >> i & 1);
		*reg32(sgi + GICD_ICPENDR) = 1u << i;
		*reg32(sgi + GICD_ISENABLER) = 1u << i;
		delay_us(1000);
		say_dec("cores.others_frame.forgotten", irq_log[1].n);
		*reg32(sgi + GICD_IGROUPR) &= ~(1u << i);
		sgi_core(i, 1);
		delay_us(1000);
		say_dec("cores.others_frame.group0", irq_log[1].n);
		say_dec("cores.others_frame.group0.pending", *reg32(sgi + GICD_ISPENDR) >> i & 1);
		*reg32(sgi + GICD_IGROUPR) |= 1u << i;
		sgi_core(i, 1);
		log_wait(1, 1);
		say_dec("cores.others_frame.group1", irq_log[1].n);
	}
	*reg32(sgi + GICD_IPRIORITYR + 8) = 0x20304050;
	say_hex("cores.others_frame.priority", *reg32(sgi + GICD_IPRIORITYR + 8));
}

void probe_gic_cores(void)
{
	other = 0;
	if (core_start(1, second) != 0) {
		say("cores.second", "WRONG");
		return;
	}
	while (!other)
		relax();
	sgis();
	routes();
	others_frame();
	interrupts_off();
	other = 2;
	sgi_core(0, 1);
	while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1)
		relax();
	*reg32(gic_frame(0) + GICD_ICENABLER) = 0xffff;
	say("cores.second", "ok");
}
