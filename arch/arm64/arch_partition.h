/* SPDX-License-Identifier: Apache-2.0 */
/* What this port keeps for a partition. */
#ifndef ARM64_ARCH_PARTITION_H
#define ARM64_ARCH_PARTITION_H

#include "abi/blob.h"
#include "vgic.h"

struct arch_partition {
	struct vgic_dist vgic;
	uint32_t direct_own[VGIC_WORDS];       /* with dedicated cores: its own lines (direct.h) ... */
	volatile uint32_t *direct_pend;	       /* and where they are pended, GICD_ISPENDR */
	uint64_t direct_to[BH_MAX_PART_VCPUS]; /* and what an SGI to each vCPU's core has in ICC_SGI1R_EL1; 0: there is none */
};

#endif
