/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical GICv3: the machine's interrupts as the kernel sees them. All are Group 1, EOImode is
 * 1: an interrupt is acknowledged, its priority dropped, and it stays active until it is
 * deactivated by the kernel or, where a list register carries its INTID, by the guest.
 * The virtual interface's registers are in ich.h.
 */
#ifndef ARM64_GICV3_H
#define ARM64_GICV3_H

#include "kernel/types.h"

#define GIC_SGI_KICK 0u
#define GIC_SPURIOUS 1020u /* and above: nothing pending */

void gic_dist_init(void); /* boot core: distributor with every SPI off, Group 1, trigger modes from the blob */
void gic_core_init(void); /* each core: redistributor, CPU interface, kernel's PPIs and SGI on, virtual interface off */

uint64_t gic_kick_value(uint64_t mpidr); /* for gic_kick(), to that core */
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
void gic_private_active(uint32_t intid, bool active); /* a switched vCPU's timer: see vgic.h; done when it returns */

#endif
