/* SPDX-License-Identifier: Apache-2.0 */
/* From queue entries to the model of a PL011 and back. */
#include "services/lib/served.h"

#include <stddef.h>

#include "sdk/bulkhead.h"

static void nothing(void *arg)
{
	(void)arg; /* an interrupt that only ends a wait */
}

void served_publish(struct served *s)
{
	if (s->control->tail == s->tail)
		return;
	__atomic_store_n(&s->control->tail, s->tail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* tail before `waiting` and head; pairs with the kernel's fences */
	if (__atomic_load_n(&s->queue->waiting, __ATOMIC_RELAXED))
		(void)!bh_emul_room(s->info->cap);
}

void served_publish_some(struct served *s, uint32_t n)
{
	if (s->tail - s->control->tail >= n || __atomic_load_n(&s->queue->waiting, __ATOMIC_RELAXED))
		served_publish(s);
}

void served_line(struct served *s)
{
	bool level = pl011_line(&s->uart);

	if (level == s->line)
		return;
	/* A client that does not run has forgotten it, and takes a level when it runs again. */
	s->line = bh_emul_line(s->info->cap, level) == BH_OK ? level : false;
}

/* The line first: the client goes on with what depends on it. */
static void answer(struct served *s, const struct bh_emul_entry *e, uint32_t value)
{
	served_line(s);
	served_publish(s);
	/* It may have been stopped meanwhile: then there is nobody to answer. tail is behind the entry already. */
	(void)!bh_emul_answer(s->info->cap, BH_EMUL_VCPU(e->source), s->tail - 1, value, 0);
}

/* A narrow read gets its bytes of the word. */
static uint32_t read_register(struct served *s, const struct bh_emul_entry *e)
{
	uint32_t bytes = BH_EMUL_BYTES(e->source);
	uint32_t value = pl011_read(&s->uart, e->offset & ~3u) >> 8 * (e->offset & 3u);

	return bytes < 4 ? value & ((1u << 8 * bytes) - 1) : value;
}

static enum served_news write_register(struct served *s, const struct bh_emul_entry *e, uint8_t *c)
{
	int32_t character = pl011_write(&s->uart, e->offset, e->value);

	if (character < 0)
		return SERVED_REGISTERS;
	*c = (uint8_t)character;
	return SERVED_CHARACTER;
}

enum served_news served_take(struct served *s, uint8_t *c)
{
	struct bh_emul_entry e = s->queue->entry[s->tail++ % BH_EMUL_RING];
	enum served_news news = SERVED_REGISTERS;

	switch ((enum bh_emul_kind)e.kind) {
	case BH_EMUL_WRITE: return write_register(s, &e, c);
	case BH_EMUL_ASK_READ: answer(s, &e, read_register(s, &e)); break;
	case BH_EMUL_ASK_WRITE:
		news = write_register(s, &e, c);
		answer(s, &e, 0);
		break;
	case BH_EMUL_RESET:
	case BH_EMUL_STOP:
		pl011_reset(&s->uart);
		s->line = false;
		return SERVED_RESET;
	}
	return news;
}

void served_init(struct served *s, const struct bh_info_entry *e)
{
	s->info = e;
	s->queue = (struct bh_emul_queue *)(uintptr_t)e->ipa;
	s->control = (struct bh_emul_control *)(uintptr_t)e->ipa2;
	s->tail = s->control->tail;
	if (__atomic_load_n(&s->queue->head, __ATOMIC_ACQUIRE) - s->tail > BH_EMUL_RING)
		s->tail = s->control->tail = s->queue->head;
	pl011_init(&s->uart, (uint32_t *)(uintptr_t)(e->ipa2 + 4096));
	/* What a former life told the kernel is not known. */
	s->line = !pl011_line(&s->uart);
	served_line(s);
}

void served_listen(const struct served *s)
{
	bh_irq_edge(s->info->intid, true);
	bh_irq_enable(s->info->intid, nothing, NULL, BH_PRIORITY_NORMAL);
}
