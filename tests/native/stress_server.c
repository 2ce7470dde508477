/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers for the registers of the stress test's two guests: what was written can be read, changed in a known
 * way. It keeps nothing but what is in the pages that survive it, for it is killed over and over; when it is
 * told to, in the midst of an access that a guest waits for.
 */
#include "abi/emul.h"
#include "sdk/bulkhead.h"
#include "tests/native/stress.h"

#define MOST_CLIENTS 4u

struct client {
	uint32_t cap;
	uint32_t tail;
	const struct bh_emul_queue *queue;
	struct bh_emul_control *control;
	uint32_t *word;
};

static struct client clients[MOST_CLIENTS];
static uint32_t n_clients;
static struct stress_server *state;
static const struct stress_board *board;
static uint64_t random_state;

static void nothing(void *arg)
{
	(void)arg;
}

static void hold_if_told(void)
{
	if (ledger_read(&board->hold) != state->life)
		return;
	ledger_write(&state->holds, state->life);
	for (;;)
		bh_sleep_until(bh_time_in_ns(1000000000));
}

static void dawdle(void)
{
	uint64_t until = bh_time_in_ns(random_of(&random_state) % 100000);

	while (random_state % 32 == 0 && bh_time_ticks() < until)
		__asm__ volatile("yield");
}

static void publish(struct client *c)
{
	__atomic_store_n(&c->control->tail, c->tail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* tail before `waiting` and head; pairs with the kernel's fences */
	if (__atomic_load_n(&c->queue->waiting, __ATOMIC_RELAXED) && bh_emul_room(c->cap) != BH_OK)
		bh_log("FAILED room");
}

static void answer(struct client *c, const struct bh_emul_entry *e, uint32_t value)
{
	int64_t status;

	hold_if_told();
	dawdle();
	publish(c);
	ledger_count(&state->asks);
	status = bh_emul_answer(c->cap, BH_EMUL_VCPU(e->source), c->tail - 1, value, 0);
	if (status == BH_E_STATE)
		ledger_count(&state->stale);
	else if (status != BH_OK)
		bh_printf("FAILED an answer answers %d\n", (int)status);
}

static void take(struct client *c)
{
	struct bh_emul_entry e = c->queue->entry[c->tail++ % BH_EMUL_RING];

	if (e.kind == BH_EMUL_WRITE || e.kind == BH_EMUL_ASK_WRITE)
		__atomic_store_n(&c->word[e.offset / 4], e.value, __ATOMIC_RELAXED);
	if (e.kind == BH_EMUL_ASK_WRITE)
		answer(c, &e, 0);
	else if (e.kind == BH_EMUL_ASK_READ)
		answer(c, &e, SERVED_ANSWER(c->word[e.offset / 4]));
}

static bool work(struct client *c)
{
	bool some = false;

	while (__atomic_load_n(&c->queue->head, __ATOMIC_ACQUIRE) != c->tail) {
		take(c);
		some = true;
	}
	publish(c);
	return some || __atomic_load_n(&c->queue->head, __ATOMIC_ACQUIRE) != c->tail;
}

static void add(const struct bh_info_entry *i)
{
	struct client *c = &clients[n_clients++];

	c->cap = i->cap;
	c->queue = (const void *)(uintptr_t)i->ipa;
	c->control = (void *)(uintptr_t)i->ipa2;
	c->word = (void *)(uintptr_t)(i->ipa2 + 4096);
	c->tail = c->control->tail;
	if (__atomic_load_n(&c->queue->head, __ATOMIC_ACQUIRE) - c->tail > BH_EMUL_RING)
		c->tail = c->control->tail = c->queue->head;
	bh_irq_edge(i->intid, true);
	bh_irq_enable(i->intid, nothing, NULL, BH_PRIORITY_NORMAL);
}

int main(void)
{
	const struct bh_info_entry *i = NULL;
	struct bh_shared b, s;

	if (bh_shared_find("board", &b) != BH_OK || bh_shared_find("server", &s) != BH_OK)
		return 1;
	board = b.data;
	state = s.data;
	ledger_count(&state->life);
	random_state = bh_time_ticks() | 1;
	while ((i = bh_info_next(BH_INFO_SERVE, i)) && n_clients < MOST_CLIENTS)
		add(i);
	for (;;) {
		uint64_t daif = bh_irq_mask();
		bool some = false;

		for (uint32_t k = 0; k < n_clients; k++)
			some |= work(&clients[k]);
		if (!some)
			bh_wait();
		bh_irq_restore(daif);
		bh_irq_let();
	}
}
