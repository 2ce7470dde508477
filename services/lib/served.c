/* SPDX-License-Identifier: Apache-2.0 */
/* From queue entries to the model of a PL011 and back. */
#include "services/lib/served.h"

/* The line first: the client goes on with what depends on it. */
static void answer(struct served *s, const struct bh_emul_entry *e, uint32_t value)
{
	served_line(s);
	region_answer(&s->region, e, value);
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
	struct bh_emul_entry e = region_take(&s->region);
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
		region_forget_line(&s->region);
		return SERVED_RESET;
	}
	return news;
}

void served_init(struct served *s, const struct bh_info_entry *e)
{
	region_init(&s->region, e);
	pl011_init(&s->uart, region_shadow(&s->region));
	region_line_anew(&s->region, pl011_line(&s->uart)); /* what a former life told the kernel is not known */
}
