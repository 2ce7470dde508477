/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An emulated region that this partition answers for, whatever device it is: the kernel's queue of accesses (abi/emul.h), how far it
 * is consumed, and the interrupt line. The pages survive a restart of this service; the model of the device lives in the shadow words.
 */
#ifndef SERVICES_LIB_REGION_H
#define SERVICES_LIB_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/emul.h"
#include "abi/info.h"

struct region {
	const struct bh_info_entry *info; /* BH_INFO_SERVE */
	struct bh_emul_queue *queue;
	struct bh_emul_control *control;
	uint32_t tail; /* entries consumed; control->tail follows, see region_publish() */
	bool line;     /* level as the kernel knows it */
};

/* Thread context, all of these. Where the queue was left; region_line_anew() once the model is there. */
void region_init(struct region *r, const struct bh_info_entry *e);

static inline uint32_t *region_shadow(const struct region *r)
{
	return (uint32_t *)(uintptr_t)(r->info->ipa2 + 4096);
}

/* Lets the doorbell end a bh_wait(). After all are initialised. */
void region_listen(const struct region *r);

/* Is there an access to be dealt with? */
static inline bool region_waits(const struct region *r)
{
	return __atomic_load_n(&r->queue->head, __ATOMIC_ACQUIRE) != r->tail;
}

/* The next one; only where region_waits(). */
static inline struct bh_emul_entry region_take(struct region *r)
{
	return r->queue->entry[r->tail++ % BH_EMUL_RING];
}

/* Ends an ask that was taken last. What is to be true when the client goes on is done before. */
void region_answer(struct region *r, const struct bh_emul_entry *e, uint32_t value);

/* The interrupt line becomes that. */
void region_line(struct region *r, bool level);

/* The same where it is not known what the kernel knows. */
void region_line_anew(struct region *r, bool level);

/* The client has ended: with it what it knew of the line. */
static inline void region_forget_line(struct region *r)
{
	r->line = false;
}

/*
 * Tells the kernel how far the queue is consumed. While that is behind, the queue does not look
 * empty, and a client that writes much rings no doorbell for each access; so it is done when there
 * must be room, before an answer (an entry that was answered must not be met again by a next life),
 * and before going to sleep.
 */
void region_publish(struct region *r);

/* The same after at most @n entries, or where a client waits for room. */
void region_publish_some(struct region *r, uint32_t n);

#endif
