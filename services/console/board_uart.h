/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's own UART, a PL011: input by interrupt, output through a ring that is emptied as far
 * as the hardware takes it, so that nobody ever waits for the line.
 */
#ifndef SERVICES_CONSOLE_BOARD_UART_H
#define SERVICES_CONSOLE_BOARD_UART_H

#include <stdbool.h>
#include <stdint.h>

/* @base: IPA; @intid: its level interrupt. Baud rate and such stay as firmware left them. */
void board_uart_init(uint64_t base, uint32_t intid);

/* Thread context. */
void board_uart_put(char c);	 /* into the ring; lost where that is full */
uint32_t board_uart_room(void);	 /* bytes free in it */
void board_uart_send(void);	 /* what the hardware takes now; the rest by interrupts, after which it is called again */
int32_t board_uart_take(void);	 /* the next character typed, or -1 */
bool board_uart_has_input(void); /* would board_uart_take() answer one? */

#endif
