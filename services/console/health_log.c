/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the health log while the kernel writes it. */
#include "services/console/health_log.h"

#include "abi/log.h"
#include "lib/record_text.h"
#include "sdk/bulkhead.h"

#define TURN  8u /* records at most in one turn */
#define RINGS 32u

static const struct bh_log *log; /* NULL: this partition does not read it */
static uint32_t seen[RINGS];	 /* records read so far of each, as log->next counts */
static void (*put)(char c);

static uint32_t next_record(uint32_t ring)
{
	return __atomic_load_n(&log->next[ring], __ATOMIC_ACQUIRE);
}

/* A copy of record number i; false: it is being written, or overwritten already. */
static bool read_record(uint32_t ring, uint32_t i, struct bh_record *to)
{
	const struct bh_record *from = &log->record[ring * log->n + i % log->n];

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

/* When the kernel entered this partition last: it has said everything itself until then, and nothing since. */
static uint64_t begun(void)
{
	const struct bh_info_entry *self = bh_info_find(BH_INFO_PARTITION, bh_info()->name);
	uint32_t end = self ? next_record(self->cap) : 0;
	struct bh_record r;

	for (uint32_t i = end; i != 0 && end - i < log->n && read_record(self->cap, i - 1, &r); i--)
		if (r.event == BH_EVENT_RUN)
			return r.time;
	return 0;
}

static void skip_said(uint32_t ring, uint64_t until)
{
	uint32_t i = next_record(ring), end = i;
	struct bh_record r;

	while (i != 0 && end - i < log->n && read_record(ring, i - 1, &r) && r.time > until)
		i--;
	seen[ring] = i;
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
	if (log->magic != BH_LOG_MAGIC || !log->n || log->rings > RINGS) {
		log = NULL;
		return;
	}
	for (uint32_t r = 0; r < log->rings; r++)
		skip_said(r, begun());
	bh_irq_edge(e->intid, true);
	bh_irq_enable(e->intid, doorbell, NULL, BH_PRIORITY_NORMAL);
}

bool health_log_waits(void)
{
	for (uint32_t r = 0; log && r < log->rings; r++)
		if (next_record(r) != seen[r])
			return true;
	return false;
}

static void catch_up(uint32_t ring)
{
	uint32_t next = next_record(ring);
	char text[64];

	if (next - seen[ring] <= log->n)
		return;
	bh_snprintf(text, sizeof text, "%u records were overwritten before they were read\n", next - seen[ring] - log->n);
	for (const char *t = text; *t; t++)
		put(*t);
	seen[ring] = next - log->n;
}

/* The oldest record that was not said, and its ring; false: there is none, or it is being written. */
static bool oldest(struct bh_record *to, uint32_t *ring)
{
	bool found = false;

	for (uint32_t r = 0; r < log->rings; r++) {
		struct bh_record one;

		catch_up(r);
		if (next_record(r) == seen[r] || !read_record(r, seen[r], &one) || (found && one.time >= to->time))
			continue;
		found = true;
		*to = one;
		*ring = r;
	}
	return found;
}

bool health_log_turn(void)
{
	struct bh_record r;
	uint32_t ring;

	if (!log)
		return false;
	for (uint32_t i = 0; i < TURN && oldest(&r, &ring); i++) {
		say(&r);
		seen[ring]++;
	}
	return health_log_waits();
}
