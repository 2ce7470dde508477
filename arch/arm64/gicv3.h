/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical GICv3: the machine's interrupts as the kernel sees them. All are Group 1, EOImode is
 * 1: an interrupt is acknowledged, its priority dropped, and it stays active until it is
 * deactivated by the kernel or, where a list register carries its INTID, by the guest.
 * The virtual interface's registers are in ich.h.
 */
#ifndef ARM64_GICV3_H
#define ARM64_GICV3_H

#include "abi/trace.h"
#include "kernel/types.h"

#define GIC_SGI_KICK BH_TRACE_KICK /* guests use the low ones most, and firmware has 8 to 15 as a rule */
#define GIC_SGIS     16u	   /* INTIDs of software-generated interrupts are below */
#define GIC_SPURIOUS 1020u	   /* and above: nothing pending */

/* ICC_SGI1R_EL1 and its kin: Aff3 [55:48], RS [47:44], IRM [40], Aff2 [39:32], INTID [27:24], Aff1 [23:16], target list [15:0]. */
#define SGI_ELSEWHERE 0x00fff0ff00ff0000ull /* Aff3, RS, Aff2, Aff1: no vCPU is there */
#define SGI_IRM	      BIT64(40)
#define SGI_INTID     (15ull << 24)

/* Which of n vCPUs, whose Aff0 is their index, such a value names. self: who writes it */
static inline uint32_t sgi_targets(uint64_t value, uint32_t n, uint32_t self)
{
	uint32_t all = BIT(n) - 1;

	if ((value & SGI_IRM) != 0)
		return all & ~BIT(self);
	return (value & SGI_ELSEWHERE) == 0 ? all & (uint32_t)value & 0xffffu : 0;
}

void gic_dist_init(void); /* boot core: distributor with every SPI off, Group 1, trigger modes from the blob */
void gic_core_init(void); /* each core: redistributor, CPU interface, kernel's PPIs and SGI on, virtual interface off */

uint64_t gic_sgi_value(uint64_t mpidr);	 /* to that core, but for the INTID */
uint64_t gic_kick_value(uint64_t mpidr); /* for gic_kick(), likewise */
void gic_deactivate(uint64_t intid);	 /* any core for SPIs */

/*
 * SPIs of devices, from any core: no register that is shared between interrupts is read and
 * written back.
 */
void gic_spi_off(uint32_t intid);		   /* masked, and what was pending or active is so no more */
void gic_spi_mask(uint32_t intid);		   /* its states stay; done when it returns */
void gic_spi_open(uint32_t intid, uint64_t mpidr); /* to that core */

/* This core's private interrupts. */
void gic_private_on(uint32_t intid);
void gic_private_off(uint32_t intid);
uint32_t gic_sgis_on(void);			      /* all that are to be had, beside the kick; answers the others: the kick's, and what the firmware keeps */
void gic_sgis_forget(uint32_t intids);		      /* a bit each: none is pending */
void gic_private_active(uint32_t intid, bool active); /* a switched vCPU's timer: see vgic.h; done when it returns */

#endif
