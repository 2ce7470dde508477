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

/* Not always as long, or each window would end at the same point of a storm that comes again every microsecond. */
static void not_quietened(void *arg)
{
	(void)arg;
	for (uint32_t i = (uint32_t)chance() % 128; i; i--)
		__asm__ volatile("");
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

/* SPIs of a word in group 1, enabled, pending; all private ones pending. */
static void pending_word(uint32_t word)
{
	poke(GICD + 0x80 + 4 * word, 0xffffffff);
	poke(GICD + 0x100 + 4 * word, 0xffffffff);
	poke(GICD + 0x200 + 4 * word, 0xffffffff);
}

static void everything_pending(uint64_t r)
{
	for (uint32_t word = 1; word < 9; word++)
		pending_word(word);
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
	bh_irq_begin();
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

/* --- together --- */

#define BEFORE_NS 2000u

/* All but the most urgent half of the priorities is masked, so that these stay. */
static void hoard(void)
{
	for (uint32_t n = 32; n < 288; n += 4)
		poke(GICD + 0x400 + n, (uint32_t)(chance() & 0xf0f0f0f0) | 0x80808080);
	for (uint32_t word = 1; word < 9; word++)
		pending_word(word);
	__asm__ volatile("msr s3_0_c4_c6_0, %0" ::"r"(0x80ull));
}

void storm_hoard(void)
{
	bh_irq_enable(PHYSICAL_TIMER, again, NULL, BH_PRIORITY_HIGH);
	(void)bh_irq_mask();
	hoard();
	for (;;) {
		struct bh_schedule s;
		uint64_t at;

		if (bh_schedule_read(&s) != BH_OK)
			return;
		at = s.frame + s.length - bh_time_from_ns(BEFORE_NS);
		at += bh_time_ticks() + bh_time_from_ns(BEFORE_NS) < at ? 0 : s.length;
		__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb\n\twfi" ::"r"(at), "r"(1ull));
	}
}

/* --- how long each takes --- */

#define ROUNDS	  60000u
#define SETTLE_NS 50000000u /* the console has printed what it had: its core's instructions would count here, too */

enum kind { ALL_PENDING,
	    REGISTER,
	    MASK,
	    TAKE,
	    END,
	    DEACTIVATE,
	    SGIS,
	    TIMERS,
	    KINDS };

/* One write each, so that each is one exit. */
static void do_one(enum kind kind, uint64_t r)
{
	static const uint64_t pendings[] = { GICD + 0x80, GICD + 0x100, GICD + 0x200, GICD + 0x200 };

	switch (kind) {
	case ALL_PENDING: poke(pendings[r % 4] + 4 * (1 + (r >> 8) % 8), 0xffffffff); break;
	case REGISTER: one_register(r); break;
	case MASK: __asm__ volatile("msr s3_0_c4_c6_0, %0" ::"r"(r & 0xf0)); break;
	case TAKE: __asm__ volatile("mrs xzr, s3_0_c12_c12_0"); break;
	case END: __asm__ volatile("msr s3_0_c12_c12_1, %0" ::"r"(r & 511)); break;
	case DEACTIVATE: __asm__ volatile("msr s3_0_c12_c11_1, %0" ::"r"(r & 511)); break;
	case SGIS: __asm__ volatile("msr s3_0_c12_c11_5, %0" ::"r"((r & 15) << 24 | 0xff)); break; /* SGI1R: to all, itself as well */
	case TIMERS: __asm__ volatile("msr cntp_cval_el0, xzr\n\tmsr cntp_ctl_el0, %0" ::"r"(r & 1)); break;
	case KINDS: break;
	}
}

static uint64_t measured(enum kind kind, uint64_t r)
{
	uint64_t begin = bh_time_ticks();

	do_one(kind, r);
	return bh_time_to_ns(bh_time_ticks() - begin);
}

void measure_sections(void)
{
	static const char *const names[KINDS] = { "pending", "register", "mask", "take", "end", "deactivate", "sgis", "timers" };
	uint64_t most[KINDS] = { 0 };

	bh_sleep_until(bh_time_in_ns(SETTLE_NS));
	(void)bh_irq_mask();
	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint64_t r = chance(), ns;
		enum kind kind = n % 256 < 40 ? ALL_PENDING : (enum kind)(r >> 50) % KINDS;

		ns = measured(kind, r);
		most[kind] = ns > most[kind] ? ns : most[kind];
	}
	for (uint32_t kind = 0; kind < KINDS; kind++)
		bh_printf("section %s %u\n", names[kind], (uint32_t)most[kind]);
	bh_printf("sections told\n");
}
