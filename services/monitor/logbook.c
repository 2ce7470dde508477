/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the log. A record's `sequence` is read before and behind the copy: if it is the same, the copy is whole. */
#include "services/monitor/logbook.h"

#include <stddef.h>

static const struct bh_log *log;

bool logbook_init(const struct bh_log *at, uint64_t bytes)
{
	uint64_t most = (bytes - sizeof(struct bh_log)) / sizeof(struct bh_record);

	log = at;
	if (bytes < sizeof(struct bh_log) || log->magic != BH_LOG_MAGIC || !log->n ||
	    log->rings > sizeof(log->next) / sizeof(log->next[0]) || (uint64_t)log->n * log->rings > most)
		log = NULL;
	return log != NULL;
}

uint32_t logbook_next(uint32_t ring)
{
	return log && ring < log->rings ? __atomic_load_n(&log->next[ring], __ATOMIC_ACQUIRE) + 1 : 1;
}

/* Sequences are modulo 2^32: distances, not values, are compared. */
uint32_t logbook_from(uint32_t ring, uint32_t sequence)
{
	uint32_t next = logbook_next(ring), there = next - 1;

	if (log && there > log->n)
		there = log->n;
	return sequence && next - sequence <= there ? sequence : next - there;
}

bool logbook_read(uint32_t ring, uint32_t sequence, struct bh_record *to)
{
	const struct bh_record *from;

	if (!log || ring >= log->rings || !sequence)
		return false;
	from = &log->record[ring * log->n + (sequence - 1) % log->n];
	if (__atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE) != sequence)
		return false;
	*to = *(const volatile struct bh_record *)from;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&from->sequence, __ATOMIC_RELAXED) == sequence;
}

bool logbook_last(uint32_t ring, uint16_t event, struct bh_record *to)
{
	uint32_t next = logbook_next(ring);

	for (uint32_t s = next - 1; next - s <= next - logbook_from(ring, 0); s--)
		if (logbook_read(ring, s, to) && to->event == event)
			return true;
	return false;
}
