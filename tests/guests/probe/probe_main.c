/* SPDX-License-Identifier: Apache-2.0 */
/* The probe's order, and the log of interrupts that its parts share. */
#include "tests/guests/probe/probe.h"

struct irq_log irq_log[2];

void log_reset(void)
{
	irq_log[0].n = 0;
	irq_log[1].n = 0;
}

bool log_wait(uint32_t core, uint32_t n)
{
	for (uint32_t i = 0; i < 1000 && irq_log[core].n < n; i++)
		delay_us(100);
	delay_us(100); /* and one too many would be seen */
	return irq_log[core].n == n;
}

void log_say(const char *key, uint32_t core)
{
	put(key);
	if (!irq_log[core].n)
		put(" none");
	for (uint32_t i = 0; i < irq_log[core].n; i++) {
		put_char(' ');
		put_dec(irq_log[core].intid[i]);
	}
	put_char('\n');
}

void take_simple(void)
{
	struct irq_log *log = &irq_log[core_index() & 1];
	uint32_t intid = gic_acknowledge();

	if (intid >= 1020)
		return; /* withdrawn meanwhile */
	if (log->n < LOG_MAX) {
		log->intid[log->n] = intid;
		log->n = log->n + 1;
	}
	if (intid == TIMER_VIRTUAL)
		write_reg(cntv_ctl_el0, 0);
	if (intid == TIMER_PHYSICAL)
		write_reg(cntp_ctl_el0, 0);
	gic_end(intid);
}

void guest_main(void)
{
	uart_init();
	say("probe", "begin");
	probe_ids();
	probe_features();
	probe_smccc();
	irq_handler = take_simple;
	probe_gic_first();
	gic_init();
	gic_core_init();
	irq_handler = take_simple;
	probe_gic_registers();
	probe_gic_delivery();
	probe_gic_states();
	probe_timers();
	probe_debug();
	probe_platform();
	probe_psci();
	probe_gic_cores();
	say("probe", "done");
}
