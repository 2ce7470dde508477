/* SPDX-License-Identifier: Apache-2.0 */
/* Which interrupts arrive, and in which order: SGIs, SPIs by software, priorities, preemption, masks. */
#include "tests/guests/probe/probe.h"

#define FIRST 64u /* SPIs that no device of `virt` drives on these boards */
#define DEPTH 8u

static volatile uint32_t trace_n;
static volatile uint32_t trace[64];
static volatile uint32_t level;

static void trace_add(uint32_t v)
{
	if (trace_n < 64) {
		trace[trace_n] = v;
		trace_n = trace_n + 1;
	}
}

static void trace_say(const char *key, bool hex)
{
	put(key);
	if (!trace_n)
		put(" none");
	for (uint32_t i = 0; i < trace_n; i++) {
		put_char(' ');
		if (hex)
			put_hex(trace[i]);
		else
			put_dec(trace[i]);
	}
	put_char('\n');
	trace_n = 0;
}

static void sgis(void)
{
	uint32_t sgi_frame_enables = 0xffff;

	*reg32(gic_frame(0) + GICD_ISENABLER) = sgi_frame_enables;
	log_reset();
	interrupts_on();
	for (uint32_t i = 0; i < 16; i++) {
		sgi_self(i);
		log_wait(0, i + 1);
	}
	interrupts_off();
	log_say("gic.sgi_self", 0);
	log_reset();
	for (uint32_t i = 0; i < 16; i++)
		sgi_self(i);
	say_hex("gic.sgi.pending", *reg32(gic_frame(0) + GICD_ISPENDR) & 0xffff);
	gic_bit_set(GICD_ICPENDR, 5);
	gic_bit_set(GICD_ICPENDR, 9);
	say_hex("gic.sgi.cleared", *reg32(gic_frame(0) + GICD_ISPENDR) & 0xffff);
	for (uint32_t i = 0; i < 16; i++)
		gic_priority(i, (uint8_t)(0xf0 - i * 8));
	interrupts_on();
	log_wait(0, 14);
	interrupts_off();
	log_say("gic.sgi.by_priority", 0);
	log_reset();
	gic_bit_set(GICD_ISPENDR, 7);
	interrupts_on();
	log_wait(0, 1);
	interrupts_off();
	log_say("gic.sgi.by_ispendr", 0);
	*reg32(gic_frame(0) + GICD_ICENABLER) = 0xffff;
}

/* Every SPI, one by one, pended by software. */
static void every_spi(void)
{
	uint32_t good = 0, lines = ((*reg32(GICD + GICD_TYPER) & 0x1f) + 1) * 32;

	interrupts_on();
	for (uint32_t i = 32; i < lines; i++) {
		if (i == 33)
			continue; /* the UART's: a level of its own */
		log_reset();
		gic_route(i, 0);
		gic_edge(i, true);
		gic_enable(i);
		gic_bit_set(GICD_ISPENDR, i);
		for (uint32_t k = 0; k < 1000 && !irq_log[0].n; k++)
			delay_us(10);
		if (irq_log[0].n == 1 && irq_log[0].intid[0] == i)
			good++;
		gic_disable(i);
	}
	interrupts_off();
	say_dec("gic.spis_delivered", good);
}

static void spi_setup(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		gic_route(FIRST + i, 0);
		gic_edge(FIRST + i, true);
		gic_enable(FIRST + i);
	}
}

static void spi_end(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		gic_disable(FIRST + i);
		gic_bit_set(GICD_ICPENDR, FIRST + i);
		gic_priority(FIRST + i, 0xa0);
	}
}

/* More pending than there are list registers, in an order unlike that of their priorities. */
static void order(const char *key, uint32_t n)
{
	log_reset();
	spi_setup(n);
	for (uint32_t i = 0; i < n; i++)
		gic_priority(FIRST + i, (uint8_t)((i * 7 % n + 1) * 8));
	for (uint32_t i = 0; i < n; i++)
		gic_bit_set(GICD_ISPENDR, FIRST + i);
	interrupts_on();
	log_wait(0, n);
	interrupts_off();
	log_say(key, 0);
	spi_end(n);
}

/* Each handler pends a more urgent one, which must come at once; then the way back. */
static void take_nested(void)
{
	uint32_t intid = gic_acknowledge();

	trace_add(intid);
	level = level + 1;
	if (level < DEPTH) {
		uint64_t elr = read_reg(elr_el1), spsr = read_reg(spsr_el1);

		gic_bit_set(GICD_ISPENDR, FIRST + level);
		interrupts_on();
		for (uint32_t i = 0; i < 1000 && trace[trace_n - 1] == intid; i++)
			delay_us(10);
		interrupts_off();
		write_reg(elr_el1, elr);
		write_reg(spsr_el1, spsr);
	}
	trace_add((uint32_t)read_reg(S3_0_C12_C11_3));
	gic_end(intid);
}

static void nested(void)
{
	spi_setup(DEPTH);
	for (uint32_t i = 0; i < DEPTH; i++)
		gic_priority(FIRST + i, (uint8_t)(0xf0 - i * 0x10));
	level = 0;
	trace_n = 0;
	irq_handler = take_nested;
	gic_bit_set(GICD_ISPENDR, FIRST);
	interrupts_on();
	delay_us(20000);
	interrupts_off();
	trace_say("gic.nested", false);
	irq_handler = take_simple;
	spi_end(DEPTH);
}

/* Interrupts of the same or a lower urgency do not preempt; the binary point widens "the same". */
static void take_peer(void)
{
	uint32_t intid = gic_acknowledge();

	trace_add(intid);
	if (intid == FIRST) {
		uint64_t elr = read_reg(elr_el1), spsr = read_reg(spsr_el1);

		gic_bit_set(GICD_ISPENDR, FIRST + 1);
		gic_bit_set(GICD_ISPENDR, FIRST + 2);
		interrupts_on();
		delay_us(2000);
		interrupts_off();
		write_reg(elr_el1, elr);
		write_reg(spsr_el1, spsr);
	}
	trace_add(intid + 1000);
	gic_end(intid);
}

static void peers(const char *key, uint8_t first, uint8_t second, uint8_t third, uint32_t point)
{
	spi_setup(3);
	gic_priority(FIRST, first);
	gic_priority(FIRST + 1, second);
	gic_priority(FIRST + 2, third);
	write_reg(S3_0_C12_C12_3, point);
	isb();
	trace_n = 0;
	irq_handler = take_peer;
	gic_bit_set(GICD_ISPENDR, FIRST);
	interrupts_on();
	delay_us(6000);
	interrupts_off();
	trace_say(key, false);
	irq_handler = take_simple;
	write_reg(S3_0_C12_C12_3, 0);
	isb();
	spi_end(3);
}

static void masks(void)
{
	spi_setup(3);
	gic_priority(FIRST, 0x40);
	gic_priority(FIRST + 1, 0x80);
	gic_priority(FIRST + 2, 0xc0);
	log_reset();
	write_reg(S3_0_C4_C6_0, 0x80);
	isb();
	interrupts_on();
	for (uint32_t i = 3; i--;)
		gic_bit_set(GICD_ISPENDR, FIRST + i);
	delay_us(2000);
	log_say("gic.pmr.80", 0);
	say_dec("gic.pmr.80.hppir1", read_reg(S3_0_C12_C12_2));
	say_dec("gic.pmr.80.iar1", read_reg(S3_0_C12_C12_0));
	write_reg(S3_0_C4_C6_0, 0x88);
	isb();
	delay_us(2000);
	log_say("gic.pmr.88", 0);
	write_reg(S3_0_C4_C6_0, 0xff);
	isb();
	log_wait(0, 3);
	log_say("gic.pmr.ff", 0);
	interrupts_off();
	spi_end(3);
}

static void disabled(void)
{
	spi_setup(1);
	log_reset();
	gic_disable(FIRST);
	interrupts_on();
	gic_bit_set(GICD_ISPENDR, FIRST);
	delay_us(1000);
	log_say("gic.disabled.line", 0);
	gic_enable(FIRST);
	log_wait(0, 1);
	log_say("gic.enabled.line", 0);
	log_reset();
	write_reg(S3_0_C12_C12_7, 0);
	isb();
	gic_bit_set(GICD_ISPENDR, FIRST);
	delay_us(1000);
	log_say("gic.disabled.cpu_group", 0);
	write_reg(S3_0_C12_C12_7, 1);
	isb();
	log_wait(0, 1);
	log_say("gic.enabled.cpu_group", 0);
	log_reset();
	*reg32(GICD + GICD_CTLR) = 0x11;
	while (*reg32(GICD + GICD_CTLR) >> 31)
		relax();
	gic_bit_set(GICD_ISPENDR, FIRST);
	delay_us(1000);
	log_say("gic.disabled.distributor_group", 0);
	*reg32(GICD + GICD_CTLR) = 0x13;
	log_wait(0, 1);
	log_say("gic.enabled.distributor_group", 0);
	interrupts_off();
	spi_end(1);
}

void probe_gic_delivery(void)
{
	sgis();
	every_spi();
	order("gic.order.12", 12);
	order("gic.order.24", 24);
	nested();
	peers("gic.peers.equal", 0x80, 0x80, 0x80, 0);
	peers("gic.peers.lower", 0x80, 0xa0, 0x90, 0);
	peers("gic.peers.higher", 0x80, 0x78, 0x70, 0);
	peers("gic.peers.binary_point", 0x88, 0x80, 0x78, 5);
	peers("gic.peers.no_preemption", 0xe8, 0x80, 0x88, 7);
	masks();
	disabled();
}
