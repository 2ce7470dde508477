/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lives to be restarted (test_restarts.py). Each life leaves as much behind as it can: interrupts that are enabled, pending and
 * in service, priorities, timers that are set, messages that nobody took, a value, a call that nobody answers, a second vCPU
 * that sleeps, breakpoint and FP registers.
 */
#include "sdk/bulkhead.h"

#define FAR 1000000000000u /* ns */

static uint64_t stack[1024] __attribute__((aligned(16)));

static void never(void *arg)
{
	(void)arg;
}

static void sleeps(void *arg)
{
	(void)arg;
	bh_irq_enable(5, never, NULL, BH_PRIORITY_LOW);
	bh_alarm_at(bh_time_in_ns(FAR), never, NULL);
	for (;;)
		bh_wait();
}

static void dirty_interrupts(void)
{
	uint64_t daif = bh_irq_mask();

	for (uint32_t intid = 1; intid < 12; intid += 3) {
		bh_irq_enable(intid, never, NULL, intid * 16);
		bh_irq_send(intid, 0);
	}
	for (uint32_t intid = 64; intid < 160; intid += 17) {
		bh_irq_edge(intid, intid % 2);
		bh_irq_enable(intid, never, NULL, BH_PRIORITY_HIGH);
		bh_irq_pend(intid);
	}
	bh_irq_restore(daif);
	(void)bh_irq_mask(); /* and from now on nothing is taken */
	for (uint32_t intid = 1; intid < 6; intid++)
		bh_irq_send(intid, 0);
}

static void dirty_registers(void)
{
	__asm__ volatile("msr dbgbvr0_el1, %0\n msr dbgbcr0_el1, %0\n msr tpidr_el0, %0\n msr cntp_cval_el0, %0\n msr cntp_ctl_el0, %1\n"
			 ".arch_extension fp\n fmov d31, %0"
			 :
			 : "r"(0x5a5a5a5a5a5a5a50ull), "r"(1ull));
}

int main(void)
{
	uint64_t life[8] = { bh_time_ticks() };
	uint32_t alive = 0, held = 0, value = 0, asks = 0;

	if (bh_port_find("alive", &alive) || bh_port_find("held", &held) || bh_port_find("value", &value) || bh_port_find("asks", &asks))
		return 1;
	if (bh_cpu_on(1, sleeps, NULL, stack, sizeof(stack)) != 0)
		return 1;
	dirty_interrupts();
	dirty_registers();
	for (uint32_t i = 0; i < 3; i++)
		(void)!bh_queue_send(held, life, sizeof(life), BH_NO_WAIT);
	(void)!bh_sampling_write(value, life, sizeof(life));
	(void)!bh_queue_send(alive, life, 8, BH_NO_WAIT);
	(void)!bh_port_call(asks, life, 8, NULL, bh_time_in_ns(FAR));
	for (;;)
		bh_wait();
}
