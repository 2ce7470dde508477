/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has ports to a hostile partition, which may send what it likes, and to an honest one (port_honest.c), whose messages must
 * all come whole and in order. Also of the hostile ones size and slot must be as the description has it; and from a
 * partition named "rewriter" come only words that it has written (port_rewriter.c), whatever it does to its buffer meanwhile.
 */
#include "sdk/bulkhead.h"
#include "tests/native/port_tag.h"
#include "tests/native/stress.h"

#define LOOK_NS	 200000u
#define MOST	 8u /* of one port at a time */
#define SAY_NS	 100000000u
#define MOST_BAD 5u

static uint64_t honest, hostile, wrong;
static uint64_t numbers[BH_PART_PORTS];

static void bad(const struct bh_info_entry *e, const char *what, uint64_t a, uint64_t b)
{
	if (wrong++ < MOST_BAD)
		bh_printf("FAILED %s: %s %llu, %llu\n", e->name, what, (unsigned long long)a, (unsigned long long)b);
}

static bool is_from(const struct bh_info_entry *e, const char *peer)
{
	return text_hash(e->peer) == text_hash(peer);
}

/* Of a queue every one; of a value one that is not older. */
static void check_honest(const struct bh_info_entry *e, const uint64_t *m, uint32_t bytes)
{
	uint64_t number = message_number(m[0]), *last = &numbers[e->cap];
	bool value = BH_INFO_PORT_KIND(e->flags) == BH_PORT_SAMPLING;

	honest++;
	if (!message_good(m, text_hash(e->name) & 0xffff, bytes))
		bad(e, "spoiled after", *last, bytes);
	else if (value ? number < *last : number != *last + 1)
		bad(e, "came after", number, *last);
	*last = number;
}

static void check_hostile(const struct bh_info_entry *e, const uint64_t *m, uint32_t bytes)
{
	hostile++;
	for (uint32_t i = 0; is_from(e, "rewriter") && i < bytes / 8; i++)
		if (!has_tag(m[i]))
			bad(e, "a word that the sender never had", i, m[i]);
}

/* The slot says the same as the registers, and lies where it should. */
static bool fits(const struct bh_info_entry *e, const uint64_t x[3], uint32_t bytes)
{
	const struct bh_slot *slot = (const void *)(uintptr_t)(e->ipa + x[1] * bh_slot_bytes((uint32_t)e->bytes));

	if (!bytes || bytes > e->bytes || x[1] >= bh_port_slots(BH_INFO_PORT_KIND(e->flags), e->depth))
		bad(e, "size and slot", bytes, x[1]);
	else if (slot->bytes != bytes || slot->time != x[2] || slot->time > bh_time_ticks())
		bad(e, "the slot says", slot->bytes, slot->time);
	else
		return true;
	return false;
}

static void reply(const struct bh_info_entry *e)
{
	static uint64_t text[BH_MESSAGE_MAX / 8];
	enum bh_status status = bh_port_reply(e->cap, text, (uint32_t)e->reply_bytes);

	if (status != BH_OK && status != BH_E_TIMEOUT && status != BH_E_PEER)
		bad(e, "a reply answers", (uint64_t) - (int64_t)status, 0);
}

static bool receive(const struct bh_info_entry *e)
{
	const struct bh_slot *slot;
	uint64_t x[3];
	int64_t status = bh_call1(BH_CALL_RECEIVE, e->cap, x);

	if (status == BH_E_AGAIN || status == BH_E_PEER)
		return false;
	if (status != BH_OK) {
		bad(e, "receiving answers", (uint64_t)-status, 0);
		return false;
	}
	if (!fits(e, x, (uint32_t)x[0]))
		return false;
	slot = (const void *)(uintptr_t)(e->ipa + x[1] * bh_slot_bytes((uint32_t)e->bytes));
	if (is_from(e, "honest"))
		check_honest(e, slot->data, slot->bytes);
	else
		check_hostile(e, slot->data, slot->bytes);
	if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_CALL)
		reply(e);
	return BH_INFO_PORT_KIND(e->flags) != BH_PORT_SAMPLING;
}

static void send(const struct bh_info_entry *e)
{
	static const uint64_t text[BH_MESSAGE_MAX / 8];
	enum bh_status status;

	if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_SIGNAL)
		status = bh_signal_send(e->cap);
	else if (BH_INFO_PORT_KIND(e->flags) == BH_PORT_SAMPLING)
		status = bh_sampling_write(e->cap, text, (uint32_t)e->bytes);
	else
		status = bh_queue_send(e->cap, text, (uint32_t)e->bytes, BH_NO_WAIT);
	if (status != BH_OK && status != BH_E_PEER && status != BH_E_AGAIN)
		bad(e, "sending answers", (uint64_t) - (int64_t)status, 0);
}

static void look(const struct bh_info_entry *e)
{
	uint32_t n = 0;

	if (e->flags & BH_INFO_PORT_SEND)
		send(e);
	else if (BH_INFO_PORT_KIND(e->flags) != BH_PORT_SIGNAL)
		while (n < MOST && receive(e))
			n++;
}

int main(void)
{
	uint64_t events, say = bh_time_in_ns(SAY_NS), all = 0;
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_PORT, e)))
		all |= BH_PORT_BIT(e->cap);
	for (;;) {
		while ((e = bh_info_next(BH_INFO_PORT, e)))
			look(e);
		(void)!bh_port_wait(all, bh_time_in_ns(LOOK_NS), &events);
		if (bh_time_ticks() < say)
			continue;
		say = bh_time_in_ns(SAY_NS);
		bh_printf("honest %llu hostile %llu wrong %llu\n", (unsigned long long)honest, (unsigned long long)hostile,
			  (unsigned long long)wrong);
	}
}
