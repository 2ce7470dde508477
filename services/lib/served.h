/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PL011 that this partition answers for: the client's accesses come through the kernel's queue
 * (abi/emul.h), the model (pl011.h) says what they do, and what is left for the service is characters
 * and the ends of the client's lives. State comes from the pages that survive a restart of this service.
 */
#ifndef SERVICES_LIB_SERVED_H
#define SERVICES_LIB_SERVED_H

#include <stdbool.h>
#include <stdint.h>

#include "services/lib/pl011.h"
#include "services/lib/region.h"

struct served {
	struct region region;
	struct pl011 uart;
};

enum served_news {
	SERVED_REGISTERS, /* nothing but the model is concerned */
	SERVED_CHARACTER, /* the client has sent one */
	SERVED_RESET,	  /* a life of the client began or ended: its device is as new */
};

/* Thread context, all of these. */
void served_init(struct served *s, const struct bh_info_entry *e);

/* Deals with one access; only where region_waits(). @c: out, of SERVED_CHARACTER. */
enum served_news served_take(struct served *s, uint8_t *c);

/* A character for the client; false: its FIFO is full. Then, or once there is no more, served_line(). */
static inline bool served_give(struct served *s, uint8_t c)
{
	return pl011_receive(&s->uart, c);
}

/* The interrupt line becomes what the model says. */
static inline void served_line(struct served *s)
{
	region_line(&s->region, pl011_line(&s->uart));
}

#endif
