/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the health log while the kernel writes it. */
#include "services/console/health_log.h"

#include "abi/log.h"
#include "lib/record_text.h"
#include "sdk/bulkhead.h"

#define TURN 8u /* records at most in one turn */

static const struct bh_log *log; /* NULL: this partition does not read it */
static uint32_t seen;		 /* records read so far, as log->next counts */
static void (*put)(char c);

static uint32_t next_record(void)
{
	return __atomic_load_n(&log->next, __ATOMIC_ACQUIRE);
}

/* A copy of record number i; false: it is being written, or overwritten already. */
static bool read_record(uint32_t i, struct bh_record *to)
{
	const struct bh_record *from = &log->record[i % log->n];

	if (__atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE) != i + 1)
		return false;
	*to = *(const volatile struct bh_record *)from;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&from->sequence, __ATOMIC_RELAXED) == i + 1;
}

static const struct bh_info_entry *partition_entry(uint32_t number)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_PARTITION, e)))
		if (e->cap == number)
			break;
	return e;
}

static void say(const struct bh_record *r)
{
	const struct bh_info_entry *e = partition_entry(r->partition);
	char text[240];
	uint32_t n = record_text(text, sizeof text, r, e ? e->name : "?");

	for (uint32_t i = 0; i < n; i++)
		put(text[i]);
	put('\n');
}

/* The kernel has said everything itself until it entered this partition, and nothing since. */
static uint32_t first_unsaid(void)
{
	const struct bh_info_entry *self = bh_info_find(BH_INFO_PARTITION, bh_info()->name);
	uint32_t end = next_record(), i = end;
	struct bh_record r;

	if (!self)
		return end;
	for (; i != 0 && end - i < log->n && read_record(i - 1, &r); i--)
		if (r.event == BH_EVENT_RUN && r.partition == self->cap)
			return i;
	return i;
}

static void doorbell(void *arg)
{
	(void)arg; /* the main loop looks */
}

void health_log_init(void (*to)(char c))
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_LOG, NULL);

	put = to;
	if (!e)
		return;
	log = (const struct bh_log *)(uintptr_t)e->ipa;
	if (log->magic != BH_LOG_MAGIC || !log->n) {
		log = NULL;
		return;
	}
	seen = first_unsaid();
	bh_irq_edge(e->intid, true);
	bh_irq_enable(e->intid, doorbell, NULL, BH_PRIORITY_NORMAL);
}

bool health_log_waits(void)
{
	return log && next_record() != seen;
}

static void catch_up(uint32_t next)
{
	char text[64];

	bh_snprintf(text, sizeof text, "%u records were overwritten before they were read\n", next - seen - log->n);
	for (const char *t = text; *t; t++)
		put(*t);
	seen = next - log->n;
}

bool health_log_turn(void)
{
	struct bh_record r;

	if (!health_log_waits())
		return false;
	if (next_record() - seen > log->n)
		catch_up(next_record());
	for (uint32_t i = 0; i < TURN && health_log_waits(); i++) {
		if (read_record(seen, &r))
			say(&r);
		else if (next_record() - seen <= log->n)
			return true; /* another core is writing it */
		seen++;
	}
	return health_log_waits();
}
