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

#include "abi/emul.h"
#include "abi/info.h"
#include "services/lib/pl011.h"

struct served {
	const struct bh_info_entry *info; /* BH_INFO_SERVE */
	struct bh_emul_queue *queue;
	struct bh_emul_control *control;
	uint32_t tail; /* entries consumed; control->tail follows, see served_publish() */
	bool line;     /* level as the kernel knows it */
	struct pl011 uart;
};

enum served_news {
	SERVED_REGISTERS, /* nothing but the model is concerned */
	SERVED_CHARACTER, /* the client has sent one */
	SERVED_RESET,	  /* a life of the client began or ended: its device is as new */
};

/* Thread context, all of these. */
void served_init(struct served *s, const struct bh_info_entry *e);

/* Lets the doorbell end a bh_wait(). After all are initialised. */
void served_listen(const struct served *s);

/* Is there an access to be dealt with? */
static inline bool served_waits(const struct served *s)
{
	return __atomic_load_n(&s->queue->head, __ATOMIC_ACQUIRE) != s->tail;
}

/* Deals with one access; only where served_waits(). @c: out, of SERVED_CHARACTER. */
enum served_news served_take(struct served *s, uint8_t *c);

/* A character for the client; false: its FIFO is full. Then, or once there is no more, served_line(). */
static inline bool served_give(struct served *s, uint8_t c)
{
	return pl011_receive(&s->uart, c);
}

/* The interrupt line becomes what the model says. */
void served_line(struct served *s);

/*
 * Tells the kernel how far the queue is consumed. While that is behind, the queue does not look
 * empty, and a client that prints rings no doorbell for each character; so it is done when there
 * must be room, before an answer (an entry that was answered must not be met again by a next life),
 * and before going to sleep.
 */
void served_publish(struct served *s);

/* The same after at most @n entries, or where a client waits for room. */
void served_publish_some(struct served *s, uint32_t n);

#endif
