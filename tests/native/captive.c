/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lives on cores of its own, dedicated or not, to be taken back (test_dedicated.py, test_native_wfi.py): in each life both vCPUs do something else
 * to keep the core, by masks, by priorities that are active for ever, by groups that are off, spinning or asleep. What they leave behind the next
 * life looks for.
 * Named `trusted` (it has native-wfi) it does not sleep where nothing can wake it, but spins.
 */
#include "sdk/bulkhead.h"
#include "tests/native/captive.h"

#define GICD	      0x08000000u
#define GICD_WORDS    9u
#define GICD_IROUTER  0x6000u
#define PEND_AND_KEEP (BH_PRIORITY_HIGH - 0x10)
#define GICR	      0x080a0000u
#define SGIS	      (GICR + 0x10000u)

static uint64_t stack[1024] __attribute__((aligned(16)));
static uint32_t act, alive, poke;

/* An emulated register takes only plain loads: the compiler is not told where the address comes from. */
static uint32_t read32(uint64_t at)
{
	__asm__(""
		: "+r"(at));
	return *(const volatile uint32_t *)at;
}

static void never(void *arg)
{
	(void)arg;
}

/* Every priority counts as being handled: nothing is more urgent. */
static void poison(void)
{
	__asm__ volatile("msr S3_0_C12_C9_0, %0\n msr S3_0_C12_C8_4, %0\n msr S3_0_C12_C12_6, %1\n isb" ::"r"(0xffffffffull), "r"(1ull));
}

static void group_off(void)
{
	__asm__ volatile("msr S3_0_C12_C12_7, xzr\n isb");
}

/* No priority preempts another. */
static void preempt_none(void)
{
	__asm__ volatile("msr S3_0_C12_C12_3, %0\n isb" ::"r"(7ull));
}

static void mask_all(void)
{
	__asm__ volatile("msr daifset, #15");
}

static void priority_mask(uint64_t value)
{
	__asm__ volatile("msr S3_0_C4_C6_0, %0\n isb" ::"r"(value));
}

static void write_bit(uint32_t reg, uint32_t intid)
{
	*(volatile uint32_t *)(uint64_t)(GICD + reg + intid / 32 * 4) = 1u << intid % 32;
}

/* Its notices, of which others send more and more: pending, in service, routed to the other vCPU, more urgent than they began. */
static void litter_notice(void)
{
	uint32_t intid = bh_port_info(alive)->intid;

	if (bh_cpu_index() != 0)
		return;
	bh_irq_enable(intid, never, NULL, PEND_AND_KEEP);
	write_bit(0x300, intid);
	bh_irq_pend(intid);
	*(volatile uint64_t *)(uint64_t)(GICD + GICD_IROUTER + intid * 8ull) = 1;
}

/* Interrupts enabled, pending and, one of them, in service; a timer that has fired. */
static void litter(void)
{
	(void)bh_irq_mask();
	bh_irq_enable(BH_TIMER_INTID, never, NULL, BH_PRIORITY_HIGH);
	litter_notice();
	for (uint32_t intid = 1; intid < 16; intid += 2) {
		bh_irq_enable(intid, never, NULL, intid * 16);
		bh_irq_send(intid, bh_cpu_index());
		bh_irq_send(intid, 1 - bh_cpu_index()); /* which may have all masked, or be off yet */
	}
	__asm__ volatile("mrs x9, S3_0_C12_C12_0\n msr cntv_cval_el0, xzr\n msr cntv_ctl_el0, %0\n msr cntp_cval_el0, xzr\n msr cntp_ctl_el0, %0\n isb"
			 :
			 : "r"(1ull)
			 : "x9");
}

static void spin(void)
{
	for (;;)
		__asm__ volatile("yield");
}

static bool is_trusted(void)
{
	return bh_info()->name[0] == 't';
}

static void sleep(void)
{
	for (;;)
		__asm__ volatile("dsb sy\n wfi");
}

/* Each vCPU is sent SGIs without end, those too that it has not enabled. */
static void flood(void)
{
	for (uint32_t intid = 1; intid < 16; intid += 2)
		bh_irq_enable(intid, never, NULL, intid * 16);
	for (uint32_t intid = 0;; intid = (intid + 1) % 16)
		bh_irq_send(intid, 1 - bh_cpu_index());
}

static void touch_controller(void)
{
	for (;;)
		*(volatile uint32_t *)(uint64_t)(GICD + 0x104) = ~0u;
}

static void keep_the_core(void)
{
	bh_irq_begin();
	switch (act) {
	case 0: spin(); break;
	case 1:
		mask_all();
		spin();
		break;
	case 2:
		mask_all();
		poison();
		spin();
		break;
	case 3:
		litter();
		mask_all();
		group_off();
		priority_mask(0);
		spin();
		break;
	case 4:
		litter();
		mask_all();
		poison();
		group_off();
		priority_mask(0);
		if (is_trusted())
			spin();
		sleep();
		break;
	case 5: sleep(); break;
	case 6:
		poison();
		priority_mask(0xff);
		if (is_trusted())
			spin();
		sleep();
		break;
	case 7:
		mask_all();
		for (;;)
			__asm__ volatile("wfe");
	case 8:
		litter();
		sleep();
		break;
	case 9:
		mask_all();
		touch_controller();
		break;
	case 10:
		*(volatile uint32_t *)(uint64_t)GICD = 0;
		sleep();
		break;
	case 11: bh_sleep_until(BH_NEVER); break;
	case 12: flood(); break;
	case 13:
		if (bh_cpu_index() == 0)
			flood();
		mask_all();
		sleep();
		break;
	default:
		litter();
		preempt_none();
		if (is_trusted())
			spin();
		sleep();
		break;
	}
	for (;;)
		bh_wait();
}

static void second(void *arg)
{
	(void)arg;
	keep_the_core();
}

/* A partner may send that one at any time. */
static uint32_t notice_bits(uint32_t port, uint32_t w)
{
	uint32_t intid = bh_port_info(port)->intid;

	return intid / 32 == w ? 1u << intid % 32 : 0;
}

/* An SPI of which nobody has said since the beginning where it goes comes to the first vCPU. */
static bool comes_here(uint32_t intid)
{
	uint64_t daif = bh_irq_mask(), pending = 0;

	write_bit(0x080, intid); /* Group 1, as it is on a dedicated core in any case */
	write_bit(0x100, intid);
	bh_irq_pend(intid);
	for (uint32_t i = 0; i < 10000 && pending != intid; i++)
		__asm__ volatile("mrs %0, S3_0_C12_C12_2\n yield"
				 : "=r"(pending));
	write_bit(0x180, intid);
	write_bit(0x280, intid);
	bh_irq_restore(daif);
	return pending == intid;
}

/* Pending and active SGIs and PPIs, and active priorities, of both vCPUs' cores; its SPIs, and where they go. */
static uint32_t left_over(void)
{
	uint64_t active, active0, enabled0, running;
	uint32_t shared = comes_here(bh_port_info(alive)->intid) ? 0 : 1u << 29;

	__asm__ volatile("mrs %0, S3_0_C12_C9_0\n mrs %1, S3_0_C12_C11_3\n mrs %2, S3_0_C12_C8_4\n mrs %3, S3_0_C12_C12_6"
			 : "=r"(active), "=r"(running), "=r"(active0), "=r"(enabled0));
	for (uint32_t w = 1; w < GICD_WORDS; w++)
		shared |= read32(GICD + 0x100 + w * 4) | (read32(GICD + 0x200 + w * 4) & ~notice_bits(poke, w)) | read32(GICD + 0x300 + w * 4);
	return shared | read32(SGIS + 0x200) | read32(SGIS + 0x300) | read32(SGIS + 0x20200) | read32(SGIS + 0x20300) | read32(SGIS + 0x20100) |
	       (uint32_t)active | (uint32_t)active0 | (uint32_t)enabled0 << 30 | (running == 0xff ? 0 : 1u << 31);
}

int main(void)
{
	struct captive_word w = { .act = bh_self().ends % CAPTIVE_ACTS };

	if (bh_port_find("alive", &alive) != BH_OK || bh_port_find("poke", &poke) != BH_OK)
		return 1;
	bh_irq_begin();
	w.left = left_over();
	act = w.act;
	if (bh_self().ends % 2 && bh_port_interrupt(poke, never, NULL, BH_PRIORITY_NORMAL) != BH_OK)
		return 1;
	if (bh_cpu_on(1, second, NULL, stack, sizeof(stack)) != 0)
		return 1;
	while (bh_queue_send(alive, &w, sizeof(w), BH_NO_WAIT) != BH_OK) /* who listens may begin later */
		bh_sleep_until(bh_time_in_ns(100000));
	keep_the_core();
	return 0;
}
