/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link between a PC and the monitor (abi/link.h), as far as it is the console's: packets from the
 * UART's input into one queue, from the other one to its output, each as it is. Where the description has no such
 * channels, there are no packets.
 */
#ifndef SERVICES_CONSOLE_LINK_CARRIER_H
#define SERVICES_CONSOLE_LINK_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the channels. @put: takes each byte for the output. True: there is a link. */
bool link_carrier_init(void (*put)(char c));

/* The next byte of the input. False: it was typed. A packet that finds no room is dropped: the PC repeats it. */
bool link_carrier_input(uint8_t byte);

/* Puts out one packet, where there is one and @room for it in the output. Waits for nothing. True: it did. */
bool link_carrier_turn(uint32_t room);

/* May there be a packet for the output? */
bool link_carrier_waits(void);

#endif
