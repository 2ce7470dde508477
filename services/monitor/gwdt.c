/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a generic watchdog. Two words that belong together are read one after the other by the client, as its driver knows. */
#include "services/monitor/gwdt.h"

static uint32_t get(const struct gwdt *w, uint32_t reg)
{
	return w->shadow[reg / 4];
}

static void set(struct gwdt *w, uint32_t reg, uint32_t value)
{
	__atomic_store_n(&w->shadow[reg / 4], value, __ATOMIC_RELAXED);
}

static uint64_t get_pair(const struct gwdt *w, uint32_t low)
{
	return get(w, low) | (uint64_t)get(w, low + 4) << 32;
}

static void set_pair(struct gwdt *w, uint32_t low, uint64_t value)
{
	set(w, low, (uint32_t)value);
	set(w, low + 4, (uint32_t)(value >> 32));
}

void gwdt_refresh(struct gwdt *w, uint64_t now)
{
	set_pair(w, BH_GWDT_WCV_LOW, now + get_pair(w, BH_GWDT_WOR_LOW));
	set(w, BH_GWDT_WCS, GWDT_WCS_EN);
}

static void set_offset(struct gwdt *w, uint64_t ticks)
{
	w->written = ticks;
	set_pair(w, BH_GWDT_WOR_LOW, ticks < w->longest ? ticks : w->longest);
}

void gwdt_reset(struct gwdt *w, uint64_t now)
{
	set(w, BH_GWDT_W_IIDR, GWDT_IIDR);
	set(w, BH_GWDT_WRR_IIDR, GWDT_IIDR);
	set_offset(w, w->longest);
	gwdt_refresh(w, now);
}

void gwdt_init(struct gwdt *w, uint32_t *shadow, uint64_t longest, uint64_t now)
{
	*w = (struct gwdt){ .shadow = shadow, .longest = longest };
	if (get(w, BH_GWDT_W_IIDR) != GWDT_IIDR)
		gwdt_reset(w, now);
	w->written = get_pair(w, BH_GWDT_WOR_LOW);
}

bool gwdt_write(struct gwdt *w, uint32_t offset, uint32_t value, uint64_t now)
{
	switch (offset) {
	case BH_GWDT_WRR:
	case BH_GWDT_WCS: break; /* a write of any value */
	case BH_GWDT_WOR_LOW: set_offset(w, w->written >> 32 << 32 | value); break;
	case BH_GWDT_WOR_HIGH: set_offset(w, (uint64_t)(value & 0xffff) << 32 | (uint32_t)w->written); break;
	default: return false;
	}
	gwdt_refresh(w, now);
	return true;
}

/* The first time that WOR is over, then the second. */
static void expire(struct gwdt *w)
{
	uint32_t wcs = get(w, BH_GWDT_WCS);

	if (wcs & GWDT_WCS_WS0) {
		set(w, BH_GWDT_WCS, wcs | GWDT_WCS_WS1);
		return;
	}
	set_pair(w, BH_GWDT_WCV_LOW, get_pair(w, BH_GWDT_WCV_LOW) + get_pair(w, BH_GWDT_WOR_LOW));
	set(w, BH_GWDT_WCS, wcs | GWDT_WCS_WS0);
}

uint64_t gwdt_due(const struct gwdt *w)
{
	return get(w, BH_GWDT_WCS) & GWDT_WCS_WS1 ? GWDT_NEVER : get_pair(w, BH_GWDT_WCV_LOW);
}

void gwdt_turn(struct gwdt *w, uint64_t now)
{
	while (gwdt_due(w) <= now)
		expire(w);
}

bool gwdt_line(const struct gwdt *w)
{
	return get(w, BH_GWDT_WCS) & GWDT_WCS_WS0;
}
