/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of gdb's remote serial protocol: $payload#checksum, acknowledged by + or -. Knows no command. */
#ifndef SERVICES_MONITOR_GDB_PACKET_H
#define SERVICES_MONITOR_GDB_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define GDB_PACKET 2048u /* longest payload, each way; 800 registers' digits and more */

/* --- in --- */

struct gdb_reader {
	uint8_t state; /* private */
	uint8_t sum, told;
	bool silent; /* no acknowledgements: QStartNoAckMode */
	uint32_t n;
	char data[GDB_PACKET + 1];
};

enum gdb_read {
	GDB_READ_MORE,	    /* nothing yet */
	GDB_READ_PACKET,    /* one is whole, in data, zero-terminated, n bytes: acknowledge it with + */
	GDB_READ_DAMAGED,   /* answer - */
	GDB_READ_REPEAT,    /* gdb has said -: the last packet again */
	GDB_READ_INTERRUPT, /* Ctrl-C */
};

void gdb_read_begin(struct gdb_reader *r);
enum gdb_read gdb_read_byte(struct gdb_reader *r, uint8_t byte);

/* --- out --- */

struct gdb_writer {
	uint32_t n; /* of payload so far */
	bool full;  /* something was left out */
	uint8_t data[GDB_PACKET + 4];
};

void gdb_write_begin(struct gdb_writer *w);
void gdb_write_char(struct gdb_writer *w, char c);
void gdb_write_text(struct gdb_writer *w, const char *text);
void gdb_write_hex(struct gdb_writer *w, const void *bytes, uint32_t n); /* two digits a byte */
void gdb_write_number(struct gdb_writer *w, uint64_t v);		 /* in hexadecimal, without zeros in front */

/* Ends the packet: data, all of the packet; its bytes. */
uint32_t gdb_write_end(struct gdb_writer *w);

/* --- hexadecimal --- */

/* A number in hexadecimal at *at, which moves behind it. False: there is none. */
bool gdb_number(const char **at, uint64_t *v);

/* @n bytes of two digits each. False: they are not all there. */
bool gdb_unhex(const char **at, void *to, uint32_t n);

#endif
