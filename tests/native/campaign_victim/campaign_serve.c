/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One register of one client: what it writes is posted, what it reads is asked for. All that is kept lies in the server's page of
 * shadow words, which survives it.
 */
#include "tests/native/campaign_victim/campaign_serve.h"

#include "abi/emul.h"
#include "sdk/bulkhead.h"

#define LAST_WORD 0x200u /* no register's */
#define GAPS_WORD 0x201u

static struct {
	const struct bh_info_entry *info; /* NULL: there is no client */
	const struct bh_emul_queue *queue;
	struct bh_emul_control *control;
	uint32_t *word;
	uint32_t tail;
} served;

void serve_begin(void)
{
	served.info = bh_info_find(BH_INFO_SERVE, NULL);
	if (!served.info)
		return;
	served.queue = (const void *)(uintptr_t)served.info->ipa;
	served.control = (void *)(uintptr_t)served.info->ipa2;
	served.word = (void *)(uintptr_t)(served.info->ipa2 + 4096);
	served.tail = served.control->tail;
}

/* Before an answer: a next life must not meet the entry again. */
static void publish(void)
{
	__atomic_store_n(&served.control->tail, served.tail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* tail before `waiting` and head; pairs with the kernel's fences */
	if (__atomic_load_n(&served.queue->waiting, __ATOMIC_RELAXED))
		(void)!bh_emul_room(served.info->cap);
}

static void take(const struct bh_emul_entry *e)
{
	if (e->kind == BH_EMUL_WRITE) {
		served.word[GAPS_WORD] += e->value != served.word[LAST_WORD] + 1;
		served.word[LAST_WORD] = e->value;
	}
	publish();
	if (e->kind == BH_EMUL_ASK_READ) /* of one who may have gone on without it */
		(void)!bh_emul_answer(served.info->cap, BH_EMUL_VCPU(e->source), served.tail - 1, served.word[LAST_WORD], 0);
}

void serve_turn(void)
{
	while (served.info && __atomic_load_n(&served.queue->head, __ATOMIC_ACQUIRE) != served.tail) {
		struct bh_emul_entry e = served.queue->entry[served.tail++ % BH_EMUL_RING];

		take(&e);
	}
}

uint32_t serve_last(void)
{
	return served.info ? served.word[LAST_WORD] : 0;
}

uint32_t serve_gaps(void)
{
	return served.info ? served.word[GAPS_WORD] : 0;
}
