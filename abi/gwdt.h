/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic watchdog (Arm DEN0094, BSA, "Generic Watchdog", architecture version 1) that a partition with `watchdog-device` sees:
 * two frames one behind the other, and how each register answers (emul.h). Tool and audit both go by this.
 *
 * All is read from shadow words; refreshing is posted. What sets the device up asks, so that what is read next is so already.
 */
#ifndef ABI_GWDT_H
#define ABI_GWDT_H

#include <stdint.h>

#include "abi/emul.h"

#define BH_GWDT_IPA   0x09200000u
#define BH_GWDT_FRAME 0x1000u
#define BH_GWDT_BYTES (2 * BH_GWDT_FRAME)

#define BH_GWDT_LEAST_NS 2000000000ull /* a watchdog that is fed through it is not shorter: drivers count whole seconds */

/* Offsets from the region's start: the control frame, then the refresh frame. */
enum bh_gwdt_reg {
	BH_GWDT_WCS = 0x0000,	   /* rw  control and status; a write refreshes */
	BH_GWDT_WOR_LOW = 0x0008,  /* rw  offset, 48 bits; a write refreshes */
	BH_GWDT_WOR_HIGH = 0x000c, /* rw */
	BH_GWDT_WCV_LOW = 0x0010,  /* r-  compare value; the guest cannot set it */
	BH_GWDT_WCV_HIGH = 0x0014, /* r- */
	BH_GWDT_W_IIDR = 0x0fcc,   /* r-  identification */
	BH_GWDT_WRR = 0x1000,	   /* -w  a write refreshes */
	BH_GWDT_WRR_IIDR = 0x1fcc, /* r-  as W_IIDR */
};

/* How the register at that offset (a multiple of 4, < BH_GWDT_BYTES) answers. */
static inline uint8_t bh_gwdt_register(uint32_t offset)
{
	switch (offset) {
	case BH_GWDT_WRR: return BH_REG_READ_SHADOW | BH_REG_WRITE_POSTED;
	case BH_GWDT_WCS:
	case BH_GWDT_WOR_LOW:
	case BH_GWDT_WOR_HIGH: return BH_REG_READ_SHADOW;
	default: return BH_REG_READ_SHADOW | BH_REG_WRITE_IGNORE;
	}
}

#endif
