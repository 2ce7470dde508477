/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every offset of the distributor and of the redistributors, at every width, read, written with
 * ones, with noise and with zeros. Then the GIC must still work.
 */
#include "tests/guests/hostile/hostile.h"

static volatile uint32_t taken;

static void take(void)
{
	uint32_t intid = gic_acknowledge();

	if (intid < 1020) {
		taken = taken + 1;
		gic_end(intid);
	}
}

static void frame(const char *what, uint64_t base, uint64_t bytes)
{
	for (uint32_t width = 1; width <= 8; width *= 2) {
		uint32_t reads = 0, writes = 0;

		for (uint64_t o = 0; o < bytes; o += width) {
			uint64_t value;

			reads += load_caught(base + o, width, &value);
			writes += store_caught(base + o, width, ~0ull);
			store_caught(base + o, width, (uint64_t)random_next() << 32 | random_next());
			store_caught(base + o, width, 0);
		}
		put("gic ");
		put(what);
		put_char(' ');
		put_dec(width);
		put(" refused ");
		put_dec(reads);
		put_char(' ');
		put_dec(writes);
		put_char('\n');
	}
}

void hostile_gic(void)
{
	frame("gicd", GICD, 0x10000);
	frame("gicr", GICR, 0x20000);
	gic_init();
	gic_core_init();
	write_reg(S3_0_C12_C12_6, 0);
	taken = 0;
	irq_handler = take;
	gic_enable(3);
	interrupts_on();
	for (uint32_t i = 0; i < 16; i++) {
		sgi_self(3);
		delay_us(10);
	}
	interrupts_off();
	say_dec("gic.sgis_after", taken);
	gic_disable(3);
}
