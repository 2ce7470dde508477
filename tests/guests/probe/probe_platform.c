/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the platform: empty virtio-mmio slots, the UART's identity, FP state, cache operations by address. */
#include "tests/guests/probe/probe.h"

#define VIRTIO	     0x0a000000ul
#define VIRTIO_SLOTS 32u
#define PL011	     0x09000000ul

static void virtio(void)
{
	uint32_t empty = 0;

	for (uint32_t i = 0; i < VIRTIO_SLOTS; i++) {
		uint64_t slot = VIRTIO + i * 0x200ul;

		if (*reg32(slot) == 0x74726976 && *reg32(slot + 8) == 0)
			empty++;
	}
	say_dec("virtio.empty_slots", empty);
	say_dec("virtio.version", *reg32(VIRTIO + 4));
}

static void uart(void)
{
	uint32_t id = 0;

	for (uint32_t i = 0; i < 4; i++)
		id |= (*reg32(PL011 + 0xfe0 + i * 4) & 0xff) << i * 8;
	say_hex("uart.periphid", id);
	id = 0;
	for (uint32_t i = 0; i < 4; i++)
		id |= (*reg32(PL011 + 0xff0 + i * 4) & 0xff) << i * 8;
	say_hex("uart.cellid", id);
	say_hex("uart.cr", *reg32(PL011 + 0x30));
	say_hex("uart.lcrh", *reg32(PL011 + 0x2c));
}

static volatile uint32_t line_taken;

/* The transmit interrupt is a level: it comes again until the UART is told. */
static void take_line(void)
{
	uint32_t intid = gic_acknowledge();

	if (intid == 33)
		line_taken = line_taken + 1;
	if (line_taken == 2) {
		*reg32(PL011 + 0x38) = 0;
		*reg32(PL011 + 0x44) = 0x7ff;
		(void)*reg32(PL011 + 0x18);
		delay_us(200); /* whoever answers for the UART may run a while later */
	}
	gic_end(intid);
}

static void uart_line(void)
{
	line_taken = 0;
	gic_route(33, 0);
	gic_edge(33, false);
	gic_enable(33);
	irq_handler = take_line;
	*reg32(PL011 + 0x38) = 0x20; /* IMSC: transmit */
	*reg32(PL011) = ' ';	     /* a character that leaves raises it */
	interrupts_on();
	for (uint32_t i = 0; i < 100 && line_taken < 2; i++)
		delay_us(100);
	delay_us(1000);
	interrupts_off();
	*reg32(PL011 + 0x38) = 0;
	irq_handler = take_simple;
	gic_disable(33);
	say_ok("uart.level_comes_again", line_taken >= 2);
}

/* Fills v0-v31, FPCR and FPSR, lets time pass, counts what differs. */
uint64_t probe_fp_hold(uint64_t ticks);

static void fp(void)
{
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < 40; i++)
		wrong += probe_fp_hold(read_reg(cntfrq_el0) / 1000);
	say_dec("fp.lost", wrong);
}

static uint64_t line[16] __attribute__((aligned(64)));

static void cache(void)
{
	catch_start();
	__asm__ volatile("dc civac, %0\n\tdc cvac, %0\n\tdc cvau, %0\n\tdc ivac, %0\n\tic ivau, %0\n\tic iallu\n\tic "
			 "ialluis\n\tdsb sy\n\tisb" ::"r"(line)
			 : "memory");
	say_ok("cache.by_address", !catch_end());
	line[0] = 5;
	catch_start();
	if (!(read_reg(dczid_el0) & 0x10))
		__asm__ volatile("dc zva, %0" ::"r"(line)
				 : "memory");
	say_ok("cache.zva", !catch_end() && line[0] == 0);
	catch_start();
	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(line)
			 : "memory");
	say_ok("at.s1e1r", !catch_end() && !(read_reg(par_el1) & 1) &&
				   (read_reg(par_el1) & 0xfffffff000) == ((uint64_t)(uintptr_t)line & ~0xffful));
	catch_start();
	__asm__ volatile("tlbi vmalle1\n\ttlbi vmalle1is\n\ttlbi vae1, xzr\n\ttlbi vaae1is, xzr\n\ttlbi aside1, xzr\n\tdsb sy\n\tisb");
	say_ok("tlbi", !catch_end());
}

static void waits(void)
{
	__asm__ volatile("sevl\n\twfe\n\tsev\n\twfe" ::
				 : "memory");
	say("wfe.returns", "ok");
	gic_enable(2);
	sgi_self(2);
	wfi();
	say("wfi.pending_returns", "ok");
	log_reset();
	interrupts_on();
	say_ok("wfi.then_taken", log_wait(0, 1));
	interrupts_off();
	gic_disable(2);
}

static void memory_errors(void)
{
	catch_start();
	(void)*(volatile uint32_t *)0x3f000000ul;
	catch_end();
	/* 0x96000010 with or without FnV, EA: an external abort, synchronous, on a read */
	say_hex("nothing_there.read", caught.count ? caught.esr & 0xfe00003f : 0);
}

void probe_platform(void)
{
	virtio();
	uart();
	uart_line();
	fp();
	cache();
	waits();
	memory_errors();
}
