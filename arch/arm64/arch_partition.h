/* SPDX-License-Identifier: Apache-2.0 */
/* What this port keeps for a partition. */
#ifndef ARM64_ARCH_PARTITION_H
#define ARM64_ARCH_PARTITION_H

#include "abi/blob.h"
#include "vgic.h"

struct arch_partition {
	struct vgic_dist vgic;
	uint32_t direct_own[VGIC_WORDS]; /* with dedicated cores: its own lines (direct.h) ... */
	volatile uint32_t *direct_pend;	 /* and where they are pended, GICD_ISPENDR */

	/*
	 * Of each vCPU to which others' SGIs are sent as physical ones, as it is alone on its core (traps.c): what those have in ICC_SGI1R_EL1,
	 * but for the INTID. 0: the others, and the one behind them, which never is.
	 */
	uint64_t sgi_to[BH_MAX_PART_VCPUS + 1];
	uint32_t sgis_kept; /* INTIDs that are not: bits are set by the cores that receive, before a vCPU runs there; atomic */
};

#endif
