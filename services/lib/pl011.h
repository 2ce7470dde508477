/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PL011 (r1p5, Arm DDI 0183) that a client sees. A model only: no call, no output, so that it
 * runs in a unit test. All register values live in the shadow words, where the kernel answers reads
 * from, so they are right at any instant and survive a restart of this service; only the received
 * characters do not.
 *
 * The line is infinitely fast: the transmit FIFO is always empty. As on the hardware the transmit
 * interrupt comes from characters having left, so it is raised by each write to DR and stays until
 * it is cleared by ICR; it does not come from enabling it.
 */
#ifndef SERVICES_LIB_PL011_H
#define SERVICES_LIB_PL011_H

#include <stdbool.h>
#include <stdint.h>

enum pl011_reg {
	PL011_DR = 0x000,    /* rw  data; reading takes a character from the receive FIFO */
	PL011_RSR = 0x004,   /* rw  receive errors: none */
	PL011_FR = 0x018,    /* r-  flags */
	PL011_ILPR = 0x020,  /* rw  stored only, as are the baud rate and the line control */
	PL011_IBRD = 0x024,  /* rw */
	PL011_FBRD = 0x028,  /* rw */
	PL011_LCR_H = 0x02c, /* rw */
	PL011_CR = 0x030,    /* rw */
	PL011_IFLS = 0x034,  /* rw */
	PL011_IMSC = 0x038,  /* rw  1: the interrupt goes to the line */
	PL011_RIS = 0x03c,   /* r-  interrupts before the mask */
	PL011_MIS = 0x040,   /* r-  and behind it */
	PL011_ICR = 0x044,   /* -w  clears interrupts */
	PL011_DMACR = 0x048, /* rw */
	PL011_ID = 0xfe0,    /* r-  eight words */
};

#define PL011_FR_RXFE 0x10u
#define PL011_FR_TXFF 0x20u
#define PL011_FR_RXFF 0x40u
#define PL011_FR_TXFE 0x80u

#define PL011_INT_RX 0x10u
#define PL011_INT_TX 0x20u
#define PL011_INT_RT 0x40u

#define PL011_LCR_H_FEN 0x10u
#define PL011_CR_LBE	0x80u

#define PL011_WORDS   1024u /* shadow words of the one page it has */
#define PL011_RX_DEEP 256u  /* so that a pasted line is not lost; software sees no difference to 32 */

struct pl011 {
	uint32_t *shadow; /* PL011_WORDS; read by the kernel at any time */
	uint32_t rx_head, rx_tail;
	uint8_t rx[PL011_RX_DEEP];
};

/* Takes over shadow words: as a former life left them, or zero and then reset. */
void pl011_init(struct pl011 *p, uint32_t *shadow);

/* As after a power-on reset. */
void pl011_reset(struct pl011 *p);

/* A write of the client's; answers the character to be sent, or -1. @offset: as in enum pl011_reg;
 * a write elsewhere does nothing. */
int32_t pl011_write(struct pl011 *p, uint32_t offset, uint32_t value);

/* A read of the client's. */
uint32_t pl011_read(struct pl011 *p, uint32_t offset);

/* A character arrives; false: the FIFO is full and it is lost. */
bool pl011_receive(struct pl011 *p, uint8_t c);

/* The level of the interrupt line. */
bool pl011_line(const struct pl011 *p);

#endif
