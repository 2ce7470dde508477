/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a PL011. Each change of a register ends in a store to its shadow word. */
#include "services/lib/pl011.h"

#define ID_WORDS 8u

/* Peripheral and PrimeCell identification: r1p5, as on QEMU's virt. */
static const uint8_t id[ID_WORDS] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint32_t get(const struct pl011 *p, uint32_t reg)
{
	return p->shadow[reg / 4];
}

static void set(struct pl011 *p, uint32_t reg, uint32_t value)
{
	__atomic_store_n(&p->shadow[reg / 4], value, __ATOMIC_RELAXED);
}

static void set_interrupts(struct pl011 *p, uint32_t raw)
{
	set(p, PL011_RIS, raw);
	set(p, PL011_MIS, raw & get(p, PL011_IMSC));
}

static uint32_t received(const struct pl011 *p)
{
	return p->rx_head - p->rx_tail;
}

static void set_flags(struct pl011 *p)
{
	uint32_t flags = PL011_FR_TXFE;

	if (!received(p))
		flags |= PL011_FR_RXFE;
	if (received(p) == PL011_RX_DEEP)
		flags |= PL011_FR_RXFF;
	set(p, PL011_FR, flags);
}

/* Both fall by themselves when the FIFO becomes empty. */
static void drop_received(struct pl011 *p)
{
	p->rx_tail = p->rx_head;
	set_flags(p);
	set_interrupts(p, get(p, PL011_RIS) & ~(PL011_INT_RX | PL011_INT_RT));
}

void pl011_reset(struct pl011 *p)
{
	for (uint32_t reg = 0; reg < PL011_ID; reg += 4)
		if (get(p, reg))
			set(p, reg, 0);
	set(p, PL011_CR, 0x300);
	set(p, PL011_IFLS, 0x12);
	for (uint32_t i = 0; i < ID_WORDS; i++)
		set(p, PL011_ID + 4 * i, id[i]);
	drop_received(p);
}

void pl011_init(struct pl011 *p, uint32_t *shadow)
{
	p->shadow = shadow;
	p->rx_head = p->rx_tail = 0;
	if (get(p, PL011_ID) == id[0])
		drop_received(p);
	else
		pl011_reset(p);
}

bool pl011_receive(struct pl011 *p, uint8_t c)
{
	if (received(p) == PL011_RX_DEEP)
		return false;
	p->rx[p->rx_head++ % PL011_RX_DEEP] = c;
	set_flags(p);
	/* Drivers enable one or the other: the threshold is one character and the timeout is over at once. */
	set_interrupts(p, get(p, PL011_RIS) | PL011_INT_RX | PL011_INT_RT);
	return true;
}

static uint32_t take_received(struct pl011 *p)
{
	uint8_t c;

	if (!received(p))
		return 0;
	c = p->rx[p->rx_tail % PL011_RX_DEEP];
	p->rx_tail++;
	if (received(p))
		set_flags(p);
	else
		drop_received(p);
	return c;
}

static int32_t send(struct pl011 *p, uint8_t c)
{
	set_interrupts(p, get(p, PL011_RIS) | PL011_INT_TX);
	if (!(get(p, PL011_CR) & PL011_CR_LBE))
		return c;
	pl011_receive(p, c);
	return -1;
}

/* Enabling or disabling the FIFOs empties them. */
static void set_line_control(struct pl011 *p, uint32_t value)
{
	if ((value ^ get(p, PL011_LCR_H)) & PL011_LCR_H_FEN)
		drop_received(p);
	set(p, PL011_LCR_H, value);
}

int32_t pl011_write(struct pl011 *p, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case PL011_DR: return send(p, (uint8_t)value);
	case PL011_ILPR:
	case PL011_DMACR: set(p, offset, value & 0xff); break;
	case PL011_IBRD:
	case PL011_CR: set(p, offset, value & 0xffff); break;
	case PL011_FBRD:
	case PL011_IFLS: set(p, offset, value & 0x3f); break;
	case PL011_LCR_H: set_line_control(p, value & 0xff); break;
	case PL011_IMSC:
		set(p, PL011_IMSC, value & 0x7ff);
		set_interrupts(p, get(p, PL011_RIS));
		break;
	case PL011_ICR: set_interrupts(p, get(p, PL011_RIS) & ~value); break;
	default: break;
	}
	return -1;
}

uint32_t pl011_read(struct pl011 *p, uint32_t offset)
{
	if (offset == PL011_DR)
		return take_received(p);
	return offset < 4 * PL011_WORDS ? get(p, offset) : 0;
}

bool pl011_line(const struct pl011 *p)
{
	return get(p, PL011_MIS) != 0;
}
