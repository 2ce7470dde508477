/* SPDX-License-Identifier: Apache-2.0 */
/* Driver of the board's PL011. The input ring's head is written with interrupts masked only. */
#include "services/console/board_uart.h"

#include <stddef.h>

#include "sdk/bulkhead.h"
#include "services/lib/pl011.h"

#define OUT_BYTES 32768u
#define IN_BYTES  8192u /* all that a PC has under way on the link (abi/link.h), and keys */

#define FR_BUSY 0x08u
#define CR_ON	0x301u /* UARTEN, TXE, RXE */
#define LCR_8N1 0x70u  /* with FIFOs */
#define IFLS	0x00u  /* interrupts at an eighth */

static struct {
	uint64_t base;
	uint32_t mask; /* IMSC */
	uint32_t out_head, out_tail, in_head, in_tail;
	bool stalled; /* the ring was full: there is more in the FIFO, which may make no interrupt */
	char out[OUT_BYTES];
	uint8_t in[IN_BYTES];
} uart;

static volatile uint32_t *reg(uint32_t offset)
{
	return (volatile uint32_t *)(uintptr_t)(uart.base + offset);
}

static void set_mask(uint32_t mask)
{
	if (mask == uart.mask)
		return;
	uart.mask = mask;
	*reg(PL011_IMSC) = mask;
}

/* Interrupts are masked. What finds no room stays in the FIFO: a sender that can be held is. */
static void receive(void)
{
	uint32_t head = uart.in_head;

	while (head - uart.in_tail < IN_BYTES && !(*reg(PL011_FR) & PL011_FR_RXFE))
		uart.in[head++ % IN_BYTES] = (uint8_t)*reg(PL011_DR);
	uart.stalled = head - uart.in_tail == IN_BYTES;
	__atomic_store_n(&uart.in_head, head, __ATOMIC_RELEASE);
}

static void go_on(void)
{
	uint64_t daif = bh_irq_mask();

	receive();
	bh_irq_restore(daif);
}

/* Cleared first: what comes after is a new interrupt. A wish to send is the main loop's business. */
static void interrupt(void *arg)
{
	(void)arg;
	*reg(PL011_ICR) = *reg(PL011_MIS);
	receive();
}

void board_uart_init(uint64_t base, uint32_t intid)
{
	uart.base = base;
	while (*reg(PL011_FR) & FR_BUSY)
		;
	*reg(PL011_CR) = 0;
	*reg(PL011_LCR_H) = LCR_8N1;
	*reg(PL011_IFLS) = IFLS;
	*reg(PL011_ICR) = 0x7ff;
	*reg(PL011_IMSC) = 0;
	*reg(PL011_CR) = CR_ON;
	bh_irq_edge(intid, false);
	bh_irq_enable(intid, interrupt, NULL, BH_PRIORITY_NORMAL);
	set_mask(PL011_INT_RX | PL011_INT_RT);
}

uint32_t board_uart_room(void)
{
	return OUT_BYTES - (uart.out_head - uart.out_tail);
}

void board_uart_put(char c)
{
	if (board_uart_room())
		uart.out[uart.out_head++ % OUT_BYTES] = c;
}

void board_uart_send(void)
{
	while (uart.out_tail != uart.out_head && !(*reg(PL011_FR) & PL011_FR_TXFF))
		*reg(PL011_DR) = (uint8_t)uart.out[uart.out_tail++ % OUT_BYTES];
	set_mask(PL011_INT_RX | PL011_INT_RT | (uart.out_tail != uart.out_head ? PL011_INT_TX : 0));
}

bool board_uart_has_input(void)
{
	return __atomic_load_n(&uart.in_head, __ATOMIC_ACQUIRE) != uart.in_tail;
}

int32_t board_uart_take(void)
{
	uint8_t c;

	if (!board_uart_has_input())
		return -1;
	c = uart.in[uart.in_tail % IN_BYTES];
	__atomic_store_n(&uart.in_tail, uart.in_tail + 1, __ATOMIC_RELEASE);
	if (__atomic_load_n(&uart.stalled, __ATOMIC_RELAXED))
		go_on();
	return c;
}
