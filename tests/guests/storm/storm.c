/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storm on the interrupt controller: every core of the partition writes at random to all of the
 * GIC's registers, its own and the others', sends SGIs, acknowledges, ends what it should not, sets
 * timers, and goes off and on, all at once. No result is expected but that the machine still works
 * when it is over: core 0 then sets the GIC up anew and counts its own SGIs.
 */
#include "tests/guests/guest.h"

#define ROUNDS	 60000u
#define WARY_MAX 4u

static uint32_t state[WARY_MAX];
static volatile uint32_t over, taken, restarts;
static volatile uint32_t rounds[WARY_MAX];

static uint32_t random_next(void)
{
	uint32_t *s = &state[core_index() % WARY_MAX];

	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static void on_storm(void)
{
	uint32_t intid = (uint32_t)read_reg(S3_0_C12_C12_0), r = random_next();

	write_reg(cntv_ctl_el0, 0);
	write_reg(cntp_ctl_el0, 0);
	if (r & 3)
		write_reg(S3_0_C12_C12_1, intid);
	if (r & 4)
		write_reg(S3_0_C12_C11_1, intid);
	isb();
}

static void on_storm_fast(void)
{
	uint32_t intid = (uint32_t)read_reg(S3_0_C12_C8_0);

	write_reg(cntv_ctl_el0, 0); /* a timer in Group 0 would come for ever */
	write_reg(cntp_ctl_el0, 0);
	write_reg(S3_0_C12_C8_1, intid);
	isb();
}

static void distributor(uint32_t r)
{
	uint32_t n = random_next();

	switch (r & 7) {
	case 0: /* the enables of groups; seldom off */
		*reg32(GICD + GICD_CTLR) = (n & 0x70) ? 0x13 : n & 0x13;
		break;
	case 1: gic_route(32 + n % 256, n >> 16 & 7); break;
	case 2: *reg8(GICD + GICD_IPRIORITYR + n % 288) = (uint8_t)(n >> 16); break;
	case 3: (void)*reg32(GICD + (n % 0x1000 & ~3u)); break;
	default: *reg32(GICD + 0x80 + (n % 0x380 & ~3u)) = random_next(); break;
	}
}

static void redistributor(uint32_t r)
{
	uint32_t n = random_next();
	uint64_t sgi = GICR + (r >> 8) % 3 * 0x20000 + 0x10000;

	switch (r & 3) {
	case 0: (void)*reg32(sgi + 0x80 + (n % 0x380 & ~0x7fu)); break;
	case 1: *reg32(sgi + GICD_IPRIORITYR + (n & 28)) = random_next(); break;
	default: *reg32(sgi + 0x80 + (n % 7) * 0x80) = random_next(); break;
	}
}

static void interface(uint32_t r)
{
	uint32_t n = random_next();

	switch (r % 12) {
	case 0: write_reg(S3_0_C4_C6_0, n | 0x80); break;
	case 1: write_reg(S3_0_C12_C12_3, n & 7); break;
	case 2: write_reg(S3_0_C12_C12_4, n & 3); break;
	case 3: write_reg(S3_0_C12_C12_7, (n & 7) != 0); break;
	case 4: write_reg(S3_0_C12_C12_6, n & 1); break;
	case 5: write_reg(S3_0_C12_C12_1, n % 300); break;
	case 6: write_reg(S3_0_C12_C11_1, n % 300); break;
	case 7: (void)read_reg(S3_0_C12_C12_0); break;
	case 8: write_reg(S3_0_C12_C9_0, 0); break;
	case 9:
		write_reg(cntv_tval_el0, n & 0xfff);
		write_reg(cntv_ctl_el0, n >> 12 & 3);
		break;
	case 10:
		write_reg(cntp_tval_el0, n & 0xfff);
		write_reg(cntp_ctl_el0, n >> 12 & 3);
		break;
	default: write_reg(S3_0_C12_C11_5, (uint64_t)(n & 15) << 24 | (n >> 8 & 7)); break;
	}
	isb();
}

static void blow(void)
{
	uint32_t r = random_next();

	if (r & 0x80)
		__asm__ volatile("msr daifset, #3" ::
					 : "memory");
	else
		__asm__ volatile("msr daifclr, #3" ::
					 : "memory");
	switch (r >> 8 & 3) {
	case 0: distributor(r); break;
	case 1: redistributor(r); break;
	default: interface(r >> 16); break;
	}
}

static void other(void)
{
	uint32_t me = core_index() % WARY_MAX;

	gic_core_init();
	while (!over) {
		blow();
		rounds[me] = rounds[me] + 1;
		if (random_next() % 4000 == 0)
			break; /* off; core 0 starts it again */
	}
	__asm__ volatile("msr daifset, #3" ::
				 : "memory");
}

static void start_others(void)
{
	for (uint32_t i = 1; i < 3; i++)
		if (core_start(i, other) == 0)
			restarts = restarts + 1;
}

static void on_calm(void)
{
	uint32_t intid = gic_acknowledge();

	if (intid < 1020) {
		taken = taken + (intid == 3);
		gic_end(intid);
	}
}

static void calm(void)
{
	__asm__ volatile("msr daifset, #3" ::
				 : "memory");
	over = 1;
	for (uint32_t i = 1; i < 3; i++)
		while (psci(PSCI_AFFINITY_INFO, i, 0, 0) == 0)
			delay_us(10);
	write_reg(cntv_ctl_el0, 0);
	write_reg(cntp_ctl_el0, 0);
	gic_init();
	gic_core_init();
	write_reg(S3_0_C12_C12_6, 0);
	write_reg(S3_0_C12_C9_0, 0);
	write_reg(S3_0_C12_C8_4, 0);
	isb();
	irq_handler = on_calm;
	gic_enable(3);
	interrupts_on();
	for (uint32_t i = 0; i < 16; i++) {
		sgi_self(3);
		delay_us(100);
	}
	interrupts_off();
}

void guest_main(void)
{
	uart_init();
	say("storm", "begin");
	for (uint32_t i = 0; i < WARY_MAX; i++)
		state[i] = 0x9e3779b9u * (i + 1);
	gic_init();
	gic_core_init();
	irq_handler = on_storm;
	fiq_handler = on_storm_fast;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (i % 1000 == 0)
			start_others();
		blow();
	}
	calm();
	say("storm.others", rounds[1] > 1000 && rounds[2] > 1000 ? "blew" : "did-nothing");
	say("storm.restarts", restarts > 2 ? "some" : "none");
	say_dec("storm.sgis_after", taken);
	say("storm", "done");
}
