/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's GICv3 (Arm IHI 0069): distributor, this vCPU's redistributor, CPU interface. */
#include "sdk/bh_irq.h"

#include "sdk/bh_cpu.h"
#include "sdk/sdk_inside.h"

#define GICD	      0x08000000ull
#define GICR	      0x080a0000ull
#define GICR_STRIDE   0x20000ull
#define GICR_SGI_BASE 0x10000ull

#define GICD_CTLR	0x0000u
#define GICD_CTLR_ARE	0x10u
#define GICD_CTLR_GRP1	0x02u
#define GICD_CTLR_RWP	0x80000000u
#define GICD_IGROUPR	0x0080u /* these have the same offsets in SGI_base */
#define GICD_ISENABLER	0x0100u
#define GICD_ICENABLER	0x0180u
#define GICD_ISPENDR	0x0200u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ICFGR	0x0c00u
#define GICD_IROUTER	0x6000u

#define GICR_WAKER	    0x0014u
#define GICR_WAKER_SLEEP    0x2u
#define GICR_WAKER_CHILDREN 0x4u

#define SPURIOUS 1020u /* from here on an INTID means: nothing pending */

#define ICC_PMR_EL1	"s3_0_c4_c6_0"
#define ICC_IAR1_EL1	"s3_0_c12_c12_0"
#define ICC_EOIR1_EL1	"s3_0_c12_c12_1"
#define ICC_BPR1_EL1	"s3_0_c12_c12_3"
#define ICC_CTLR_EL1	"s3_0_c12_c12_4"
#define ICC_SRE_EL1	"s3_0_c12_c12_5"
#define ICC_IGRPEN1_EL1 "s3_0_c12_c12_7"
#define ICC_SGI1R_EL1	"s3_0_c12_c11_5"

#define write_icc(reg, value) __asm__ volatile("msr " reg ", %0"        \
					       :                        \
					       : "r"((uint64_t)(value)) \
					       : "memory")

static struct {
	void (*handler)(void *arg);
	void *arg;
} irqs[BH_IRQ_LIMIT];

static bool begun[MAX_VCPUS]; /* that vCPU takes interrupts since it was switched on */

/* Where the registers of an INTID are: SGIs and PPIs in this vCPU's redistributor. */
static uint64_t frame(uint32_t intid)
{
	return intid >= 32 ? GICD : GICR + bh_cpu_index() * GICR_STRIDE + GICR_SGI_BASE;
}

static void set_bit(uint32_t reg, uint32_t intid)
{
	*bh_reg32(frame(intid) + reg + intid / 32 * 4) = 1u << intid % 32;
}

static void change(uint64_t reg, uint32_t clear, uint32_t set)
{
	*bh_reg32(reg) = (*bh_reg32(reg) & ~clear) | set;
}

void bh_irq_init_cpu(void)
{
	begun[bh_cpu_index() % MAX_VCPUS] = false;
}

static void interface_on(void)
{
	uint64_t rd = GICR + bh_cpu_index() * GICR_STRIDE;

	*bh_reg32(GICD + GICD_CTLR) = GICD_CTLR_ARE | GICD_CTLR_GRP1; /* whoever comes first; the others change nothing */
	while (*bh_reg32(GICD + GICD_CTLR) & GICD_CTLR_RWP)
		;
	change(rd + GICR_WAKER, GICR_WAKER_SLEEP, 0);
	while (*bh_reg32(rd + GICR_WAKER) & GICR_WAKER_CHILDREN)
		;
	*bh_reg32(rd + GICR_SGI_BASE + GICD_IGROUPR) = 0xffffffffu;
	write_icc(ICC_SRE_EL1, 7);
	__asm__ volatile("isb");
	write_icc(ICC_PMR_EL1, 0xff);
	write_icc(ICC_BPR1_EL1, 0);
	write_icc(ICC_CTLR_EL1, 0); /* EOI drops the priority and deactivates */
	write_icc(ICC_IGRPEN1_EL1, 1);
	__asm__ volatile("isb");
}

void bh_irq_begin(void)
{
	bool *mine = &begun[bh_cpu_index() % MAX_VCPUS];
	uint64_t daif;

	if (*mine)
		return;
	daif = bh_irq_mask();
	*mine = true;
	interface_on();
	bh_irq_restore(daif);
}

void bh_irq_enable(uint32_t intid, void (*handler)(void *arg), void *arg, uint32_t priority)
{
	uint64_t daif;

	if (intid >= BH_IRQ_LIMIT)
		return;
	bh_irq_begin();
	daif = bh_irq_mask();
	irqs[intid].handler = handler;
	irqs[intid].arg = arg;
	*bh_reg8(frame(intid) + GICD_IPRIORITYR + intid) = (uint8_t)priority;
	if (intid >= 32) {
		change(GICD + GICD_IGROUPR + intid / 32 * 4, 0, 1u << intid % 32);
		*bh_reg64(GICD + GICD_IROUTER + 8ull * intid) = bh_cpu_index();
	}
	__asm__ volatile("dsb sy"
			 :
			 :
			 : "memory"); /* handler and priority before the interrupt */
	set_bit(GICD_ISENABLER, intid);
	bh_irq_restore(daif);
}

void bh_irq_disable(uint32_t intid)
{
	if (intid < BH_IRQ_LIMIT)
		set_bit(GICD_ICENABLER, intid);
	__asm__ volatile("dsb sy"
			 :
			 :
			 : "memory");
}

void bh_irq_edge(uint32_t intid, bool edge)
{
	uint32_t bit = 2u << intid % 16 * 2;

	if (intid >= 32 && intid < BH_IRQ_LIMIT)
		change(GICD + GICD_ICFGR + intid / 16 * 4, bit, edge ? bit : 0);
}

void bh_irq_pend(uint32_t intid)
{
	if (intid < BH_IRQ_LIMIT)
		set_bit(GICD_ISPENDR, intid);
}

void bh_irq_send(uint32_t intid, uint32_t index)
{
	__asm__ volatile("dsb ishst"
			 :
			 :
			 : "memory"); /* what the receiver shall see is stored first */
	write_icc(ICC_SGI1R_EL1, (uint64_t)(intid & 15) << 24 | 1u << (index & 15));
	__asm__ volatile("isb");
}

/* All that is pending, most urgent first. */
void bh_irq_take(void)
{
	uint64_t intid;

	for (;;) {
		__asm__ volatile("mrs %0, " ICC_IAR1_EL1 "; dsb sy"
				 : "=r"(intid)
				 :
				 : "memory");
		if (intid < BH_IRQ_LIMIT) {
			void (*handler)(void *arg) = irqs[intid].handler;
			void *arg = irqs[intid].arg;

			if (handler)
				handler(arg);
		} else if (intid >= SPURIOUS) {
			return;
		}
		__asm__ volatile("dsb sy"
				 :
				 :
				 : "memory"); /* the device has been quietened before the EOI */
		write_icc(ICC_EOIR1_EL1, intid);
		__asm__ volatile("isb");
	}
}
