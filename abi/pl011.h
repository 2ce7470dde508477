/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register table of an emulated PL011 (emul.h): which accesses the kernel answers or queues by
 * itself, and which the client's vCPU waits for. Tool and audit both go by this.
 *
 * Printing, which is nearly all there is, is FR from the shadow and DR posted. What changes the
 * interrupt line (IMSC, ICR) asks: a client that returns from its handler must find the line as it
 * has left it, or it would take the interrupt again and again, and on one core with a less urgent
 * server for ever. What is stored and read back (CR, LCR_H, …) is posted, and asked when read, which
 * stands in the queue behind the write; such reads are rare.
 */
#ifndef ABI_PL011_H
#define ABI_PL011_H

#include <stdint.h>

#include "abi/emul.h"

#define BH_PL011_IPA   0x09000000u
#define BH_PL011_BYTES 0x1000u
#define BH_PL011_INTID 33u

/* How the register at that offset (a multiple of 4, < BH_PL011_BYTES) answers. */
static inline uint8_t bh_pl011_register(uint32_t offset)
{
	switch (offset) {
	case 0x000: /* DR: reading takes a character */
	case 0x020: /* ILPR */
	case 0x024: /* IBRD */
	case 0x028: /* FBRD */
	case 0x02c: /* LCR_H */
	case 0x030: /* CR */
	case 0x034: /* IFLS */
	case 0x048: /* DMACR */
		return BH_REG_WRITE_POSTED;
	case 0x038: /* IMSC */
	case 0x044: /* ICR */
		return BH_REG_READ_SHADOW;
	default: /* RSR, FR, RIS, MIS, identification, and what does not exist */
		return BH_REG_READ_SHADOW | BH_REG_WRITE_IGNORE;
	}
}

#endif
