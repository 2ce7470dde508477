/* SPDX-License-Identifier: Apache-2.0 */
/* The other core: its start, and interrupts from one core to another. */
#include "tests/guests/bench/bench.h"

#define SGI_THERE 2u

static volatile uint64_t other_time;
static volatile uint32_t other_state;

static void other_first(void)
{
	other_time = stamp("end cpu_on_first_c");
	other_state = 1;
}

/* Both cores use one handler pointer: the core's number decides. */
static void on_either(void)
{
	uint32_t intid;

	if (!core_index()) {
		on_interrupt();
		return;
	}
	other_time = stamp("end ipi_wfi_one_way ipi_spin_one_way");
	intid = gic_acknowledge();
	sgi_core(SGI_HERE, 0);
	gic_end(intid);
}

static void other_wait(void)
{
	gic_core_init();
	gic_enable(SGI_THERE);
	gic_enable(SGI_HERE);
	other_state = 1;
	interrupts_on();
	for (;;)
		wfi();
}

static void other_spin(void)
{
	gic_core_init();
	gic_enable(SGI_THERE);
	other_state = 1;
	interrupts_on();
	while (other_state == 1)
		relax();
	interrupts_off();
}

static bool other_start(void (*run)(void))
{
	other_state = 0;
	if (core_start(1, run) != 0)
		return false;
	while (!other_state)
		relax();
	return true;
}

static void other_end(void)
{
	while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1)
		relax();
}

void bench_start(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before;

		other_state = 0;
		before = stamp("begin cpu_on_first_c");
		if (core_start(1, other_first) != 0)
			return;
		while (!other_state)
			relax();
		sample[i] = other_time - before - empty;
		other_end();
	}
	row("cpu_on_first_c");
}

STAMPING uint64_t ping(const char *begin, bool sleep)
{
	uint64_t before;

	delay_us(20); /* where it sleeps, it sleeps again */
	handled = 0;
	before = stamp(begin);
	__asm__ volatile("msr S3_0_C12_C11_5, %0\n\tisb" ::"r"((uint64_t)SGI_THERE << 24 | 2u)
			 : "memory");
	while (!handled) {
		if (sleep)
			wfi();
		else
			relax();
	}
	return before;
}

/* Both rows of one kind, from one run. */
STAMPING void bench_pings(const char *begin, bool sleep, const char *there, const char *round_trip)
{
	static uint64_t one_way[ROUNDS];

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t before = ping(begin, sleep);

		one_way[i] = other_time - before - empty;
		sample[i] = handler_time - before - empty;
	}
	row(round_trip);
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = one_way[i];
	row(there);
}

void bench_ipi(void)
{
	irq_handler = on_either;
	if (!other_start(other_spin))
		return;
	bench_pings("begin ipi_spin_one_way ipi_spin_round_trip", false, "ipi_spin_one_way", "ipi_spin_round_trip");
	other_state = 2;
	other_end();
	if (!other_start(other_wait))
		return;
	bench_pings("begin ipi_wfi_one_way ipi_wfi_round_trip", true, "ipi_wfi_one_way", "ipi_wfi_round_trip");
}
