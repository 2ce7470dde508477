/* SPDX-License-Identifier: Apache-2.0 */
/* The server's half of abi/emul.h. */
#include "services/lib/region.h"

#include <stddef.h>

#include "sdk/bh_call.h"
#include "sdk/bh_irq.h"

static void nothing(void *arg)
{
	(void)arg; /* an interrupt that only ends a wait */
}

void region_publish(struct region *r)
{
	if (r->control->tail == r->tail)
		return;
	__atomic_store_n(&r->control->tail, r->tail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* tail before `waiting` and head; pairs with the kernel's fences */
	if (__atomic_load_n(&r->queue->waiting, __ATOMIC_RELAXED))
		(void)!bh_emul_room(r->info->cap);
}

void region_publish_some(struct region *r, uint32_t n)
{
	if (r->tail - r->control->tail >= n || __atomic_load_n(&r->queue->waiting, __ATOMIC_RELAXED))
		region_publish(r);
}

void region_line(struct region *r, bool level)
{
	if (level == r->line)
		return;
	/* A client that does not run has forgotten it, and takes a level when it runs again. */
	r->line = bh_emul_line(r->info->cap, level) == BH_OK ? level : false;
}

void region_line_anew(struct region *r, bool level)
{
	r->line = !level;
	region_line(r, level);
}

void region_answer(struct region *r, const struct bh_emul_entry *e, uint32_t value)
{
	region_publish(r);
	/* It may have been stopped meanwhile: then there is nobody to answer. tail is behind the entry already. */
	(void)!bh_emul_answer(r->info->cap, BH_EMUL_VCPU(e->source), r->tail - 1, value, 0);
}

void region_init(struct region *r, const struct bh_info_entry *e)
{
	r->info = e;
	r->queue = (struct bh_emul_queue *)(uintptr_t)e->ipa;
	r->control = (struct bh_emul_control *)(uintptr_t)e->ipa2;
	r->tail = r->control->tail;
	if (__atomic_load_n(&r->queue->head, __ATOMIC_ACQUIRE) - r->tail > BH_EMUL_RING)
		r->tail = r->control->tail = r->queue->head;
}

void region_listen(const struct region *r)
{
	bh_irq_edge(r->info->intid, true);
	bh_irq_enable(r->info->intid, nothing, NULL, BH_PRIORITY_NORMAL);
}
