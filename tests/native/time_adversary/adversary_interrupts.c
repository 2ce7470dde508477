/* SPDX-License-Identifier: Apache-2.0 */
/* Storms of interrupts: of vCPUs among themselves, of timers, of devices, and on the interrupt controller. */
#include "tests/native/time_adversary/adversary.h"

#define GICD 0x08000000ull
#define GICR 0x080a0000ull
#define SGI  (GICR + 0x10000)

static void poke(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]"
			 :
			 : "r"(value), "r"(address)
			 : "memory");
}

static void peek(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]"
			 : "=r"(value)
			 : "r"(address)
			 : "memory");
}

/* --- SGIs --- */

#define STACK 16384u
static uint8_t stack[STACK] __attribute__((aligned(16)));

static void send_on(void *arg)
{
	uint64_t r = chance();

	(void)arg;
	bh_irq_send((uint32_t)r & 15, bh_cpu_index());
	bh_irq_send((uint32_t)(r >> 4) & 15, !bh_cpu_index());
}

static void ipi_one(void *arg)
{
	for (uint32_t i = 0; i < 16; i++)
		bh_irq_enable(i, send_on, NULL, BH_PRIORITY_NORMAL);
	for (;;)
		send_on(arg);
}

void storm_ipi(void)
{
	if (bh_info()->n_vcpus > 1 && bh_cpu_on(1, ipi_one, NULL, stack, STACK))
		return;
	ipi_one(NULL);
}

/* --- timers --- */

#define PHYSICAL_TIMER 30u

static void again(void *arg)
{
	uint64_t r = chance();

	(void)arg;
	/* the past, and the near future: the next instants that the kernel has to look after */
	if (r & 1)
		__asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntp_cval_el0, %0" ::"r"(bh_time_ticks() + (r >> 8 & 255)));
	else
		__asm__ volatile("msr cntv_cval_el0, xzr\n\tmsr cntp_cval_el0, xzr");
	__asm__ volatile("msr cntv_ctl_el0, %0\n\tmsr cntp_ctl_el0, %0\n\tisb" ::"r"(1ull));
}

void storm_timers(void)
{
	bh_irq_enable(BH_TIMER_INTID, again, NULL, BH_PRIORITY_HIGH);
	bh_irq_enable(PHYSICAL_TIMER, again, NULL, BH_PRIORITY_HIGH);
	for (;;)
		again(NULL);
}

/* --- devices: lines that are high for ever, and never quietened --- */

#define RTCDR	0x00
#define RTCMR	0x04
#define RTCLR	0x08
#define RTCIMSC 0x10

#define GPIOIS	0x404
#define GPIOIEV 0x40c
#define GPIOIE	0x410

static uint32_t taken;

static void not_quietened(void *arg)
{
	(void)arg;
	taken++;
}

static const struct bh_info_entry *device(const char *name)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_DEVICE, name);

	if (!e)
		bh_partition_off();
	bh_irq_enable(e->intid, not_quietened, NULL, BH_PRIORITY_NORMAL);
	return e;
}

void storm_device(void)
{
	uint64_t rtc = device("rtc")->ipa, gpio = device("gpio")->ipa;

	poke(gpio + GPIOIS, 0xff); /* level, low: as the lines are */
	poke(gpio + GPIOIEV, 0);
	poke(gpio + GPIOIE, 0xff);
	poke(rtc + RTCIMSC, 1);
	poke(rtc + RTCMR, *(volatile uint32_t *)(uintptr_t)(rtc + RTCDR));
	for (;;)
		bh_wait();
}

/* --- the interrupt controller --- */

static void everything_pending(uint64_t r)
{
	for (uint32_t word = 1; word < 9; word++) {
		poke(GICD + 0x80 + 4 * word, 0xffffffff);
		poke(GICD + 0x100 + 4 * word, 0xffffffff);
		poke(GICD + 0x200 + 4 * word, 0xffffffff);
	}
	poke(SGI + 0x200, 0xffffffff);
	for (uint32_t n = 32; n < 288; n += 4)
		poke(GICD + 0x400 + n, (uint32_t)(r * n) & 0xf0f0f0f0);
}

static void one_register(uint64_t r)
{
	static const uint32_t files[] = { 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0xc00 };
	uint32_t file = files[r >> 8 & 7], offset = file + (uint32_t)(r >> 16) % (file == 0x400 ? 288 : 36) / 4 * 4;
	uint64_t base = r & 0x80 ? GICD : SGI;

	if (r & 0x40)
		poke(base + offset, (uint32_t)(r >> 32));
	else
		peek(base + offset);
	if ((r & 0x3f) == 0)
		poke(GICD + 0x6000 + 8 * (32 + (uint32_t)(r >> 20) % 256), 0);
	if ((r & 0x3f) == 1)
		poke(GICD, r & 0x1000 ? 0x12 : 0x10); /* forwarding off and on */
}

static void cpu_interface(uint64_t r)
{
	__asm__ volatile("msr s3_0_c4_c6_0, %0" ::"r"(r & 0xf0));				  /* PMR */
	__asm__ volatile("mrs xzr, s3_0_c12_c12_0");						  /* IAR1: taken, and never ended */
	__asm__ volatile("msr s3_0_c12_c12_1, %0\n\tmsr s3_0_c12_c11_1, %0" ::"r"(r >> 8 & 511)); /* EOIR1, DIR: of anything */
}

void storm_gic(void)
{
	(void)bh_irq_mask();
	for (;;) {
		uint64_t r = chance();

		if (r % 64 == 63)
			everything_pending(r >> 6);
		one_register(r);
		if (r % 8 == 0)
			cpu_interface(r);
	}
}
