/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list is made entry by entry: each kind has a function that fills in number n, or says that there is none of that number
 * (then it is left out). An order is looked up in the description's grants before the kernel is asked.
 */
#include "services/monitor/answers.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/record_text.h"
#include "sdk/bh_control.h"
#include "sdk/bh_info.h"
#include "sdk/bh_monitor.h"
#include "sdk/bh_schedule.h"
#include "sdk/bh_time.h"
#include "services/monitor/census.h"
#include "services/monitor/dump_store.h"
#include "services/monitor/logbook.h"

union entry {
	struct bh_monitor_system system;
	struct bh_monitor_partition partition;
	struct bh_monitor_port port;
	struct bh_monitor_core core;
	struct bh_monitor_record record;
	struct bh_monitor_dump dump;
};

struct asked {
	const char *client;
	struct bh_monitor_request request;
	const struct census_partition *partition; /* of its name, or NULL */
};

/* To an entry that is zero. */
static void copy_name(char *to, const char *from)
{
	for (uint32_t i = 0; i < BH_NAME_BYTES - 1 && from[i]; i++)
		to[i] = from[i];
}

/* --- entries --- */

static bool fill_system(const struct asked *a, uint32_t n, union entry *e)
{
	struct bh_look_system s;

	if (n != 0 || bh_monitor_system(census.monitor, &s) != BH_OK)
		return false;
	e->system = (struct bh_monitor_system){ .epoch = s.epoch,
						.directory_ipa = (uintptr_t)dump_store_directory(),
						.store_bytes = dump_store_directory()->bytes,
						.partitions = census.n_partitions,
						.ports = census.n_ports,
						.cores = census.n_cores };
	copy_name(e->system.name, a->client);
	copy_name(e->system.mode, bh_mode_name(s.mode));
	return true;
}

static bool fill_partition(const struct asked *a, uint32_t n, union entry *e)
{
	const struct census_partition *p = &census.partition[n];
	struct bh_look_partition l;

	if (!p->info || bh_monitor_partition(census.monitor, n, &l) != BH_OK)
		return false;
	e->partition = (struct bh_monitor_partition){ .run = l.run,
						      .vcpus = p->info->depth,
						      .share = census_share(&p->use),
						      .ends = l.ends,
						      .restarts = l.restarts,
						      .faults = l.faults,
						      .last_fault = l.last_fault,
						      .fault_time = l.fault_time,
						      .may = census_grant(a->client, p->info->name),
						      .cpu_ticks = p->use.last };
	copy_name(e->partition.name, p->info->name);
	return true;
}

static bool fill_port(const struct asked *a, uint32_t n, union entry *e)
{
	const struct bh_info_entry *i = NULL;
	struct bh_look_port l;

	(void)a;
	while ((i = bh_info_next(BH_INFO_CHANNEL, i)) && i->cap != n)
		;
	if (!i || bh_monitor_port(census.monitor, n, &l) != BH_OK)
		return false;
	e->port = (struct bh_monitor_port){ .kind = i->flags, .waiting = l.waiting, .depth = l.depth, .dropped = l.dropped };
	copy_name(e->port.name, i->name);
	copy_name(e->port.sender, i->peer);
	return true;
}

static bool fill_core(const struct asked *a, uint32_t n, union entry *e)
{
	const struct census_core *c = &census.core[n];

	(void)a;
	e->core = (struct bh_monitor_core){ .number = n, .vcpus = c->vcpus, .idle_share = census_share(&c->idle), .silent = c->silent };
	return true;
}

static bool fill_record(const struct asked *a, uint32_t n, union entry *e)
{
	struct bh_record r;

	if (!logbook_read(census_number(a->partition), n, &r))
		return false;
	e->record = (struct bh_monitor_record){ .sequence = n, .repeats = r.repeats, .time = r.time, .event = r.event };
	e->record.text_bytes = (uint16_t)record_text(e->record.text, sizeof e->record.text, &r, a->partition->info->name);
	return true;
}

static bool fill_dump(const struct asked *a, uint32_t n, union entry *e)
{
	const struct bh_monitor_store *s = dump_store_directory();

	(void)a;
	if (n >= s->n)
		return false;
	e->dump = s->dump[n];
	return true;
}

/* --- lists --- */

static const struct list {
	uint32_t bytes; /* of an entry */
	bool (*fill)(const struct asked *a, uint32_t n, union entry *e);
} lists[] = {
	[BH_MONITOR_SYSTEM] = { sizeof(struct bh_monitor_system), fill_system },
	[BH_MONITOR_PARTITIONS] = { sizeof(struct bh_monitor_partition), fill_partition },
	[BH_MONITOR_PORTS] = { sizeof(struct bh_monitor_port), fill_port },
	[BH_MONITOR_CORES] = { sizeof(struct bh_monitor_core), fill_core },
	[BH_MONITOR_LOG] = { sizeof(struct bh_monitor_record), fill_record },
	[BH_MONITOR_DUMPS] = { sizeof(struct bh_monitor_dump), fill_dump },
};

static uint32_t total_of(const struct asked *a)
{
	switch (a->request.op) {
	case BH_MONITOR_PARTITIONS: return census.n_partitions;
	case BH_MONITOR_PORTS: return census.n_ports;
	case BH_MONITOR_CORES: return census.n_cores;
	case BH_MONITOR_LOG: return logbook_next(census_number(a->partition));
	case BH_MONITOR_DUMPS: return dump_store_directory()->n;
	default: return 1;
	}
}

/* How many there are from the first asked for on. */
static uint32_t left_of(const struct asked *a, const struct bh_monitor_reply *reply)
{
	if (a->request.op == BH_MONITOR_LOG)
		return reply->total - reply->first; /* sequences, modulo 2^32 */
	return reply->total > reply->first ? reply->total - reply->first : 0;
}

/* There is nothing of that number, for good: not a record that is being written at this moment. */
static bool never_comes(const struct asked *a, uint32_t n)
{
	return a->request.op != BH_MONITOR_LOG || logbook_from(census_number(a->partition), n) != n;
}

/*
 * As many as fit. Entries are numbered without a gap in the reply: what cannot be filled in ends it, but is passed over
 * at its beginning if it will never come.
 */
static uint32_t make_list(const struct asked *a, struct bh_monitor_reply *reply, uint32_t room)
{
	const struct list *l = &lists[a->request.op];
	uint8_t *to = (uint8_t *)(reply + 1);
	uint32_t most = (room - (uint32_t)sizeof *reply) / l->bytes;
	union entry e;

	reply->total = total_of(a);
	reply->first = a->request.first;
	reply->entry_bytes = l->bytes;
	if (a->request.op == BH_MONITOR_LOG)
		reply->first = logbook_from(census_number(a->partition), a->request.first);
	while (reply->n < most && reply->n < left_of(a, reply)) {
		if (l->fill(a, reply->first + reply->n, &e))
			__builtin_memcpy(to + reply->n++ * l->bytes, &e, l->bytes);
		else if (reply->n || !never_comes(a, reply->first))
			break;
		else
			reply->first++;
	}
	return (uint32_t)sizeof *reply + reply->n * l->bytes;
}

/* --- orders --- */

static const struct order {
	uint32_t right; /* BH_CONTROL_MAY_* */
	enum bh_status (*give)(uint32_t cap, struct bh_control_state *state);
} orders[] = {
	[BH_MONITOR_START] = { BH_CONTROL_MAY_START, bh_control_start },
	[BH_MONITOR_STOP] = { BH_CONTROL_MAY_STOP, bh_control_stop },
	[BH_MONITOR_RESTART] = { BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP, bh_control_restart },
	[BH_MONITOR_FEED] = { BH_CONTROL_MAY_STOP, bh_control_feed },
};

/* Feeding asks for less than it could: a partition may always have its own watchdog fed. */
static enum bh_status obey(const struct asked *a)
{
	const struct order *o = &orders[a->request.op];
	bool own = a->request.op == BH_MONITOR_FEED && census_same(a->client, a->partition->info->name);
	uint32_t may = census_grant(a->client, a->partition->info->name);
	const struct bh_info_entry *control = a->partition->control;

	if (!own && (may & o->right) != o->right)
		return BH_E_RIGHT;
	if (!control || (control->flags & o->right) != o->right)
		return BH_E_CAP;
	return o->give(control->cap, NULL);
}

/* --- requests --- */

static bool names_one(uint32_t op)
{
	return op == BH_MONITOR_LOG || (op >= BH_MONITOR_START && op <= BH_MONITOR_FEED);
}

static bool understood(const struct asked *a, uint32_t bytes)
{
	return bytes >= BH_MONITOR_REQUEST_BYTES && a->request.version == BH_MONITOR_VERSION &&
	       a->request.op >= BH_MONITOR_SYSTEM && a->request.op <= BH_MONITOR_FEED;
}

static uint32_t answer(const struct asked *a, struct bh_monitor_reply *reply, uint32_t room)
{
	if (names_one(a->request.op) && !a->partition)
		reply->status = BH_E_ARG;
	else if (a->request.op >= BH_MONITOR_START)
		reply->status = obey(a);
	else
		return make_list(a, reply, room);
	return sizeof *reply;
}

uint32_t answers_to(const char *client, const void *request, uint32_t bytes, void *reply, uint32_t room, uint64_t now)
{
	struct bh_monitor_reply *head = reply;
	struct asked a = { .client = client };

	__builtin_memcpy(&a.request, request, bytes < sizeof a.request ? bytes : sizeof a.request);
	*head = (struct bh_monitor_reply){ .version = BH_MONITOR_VERSION, .time = now, .ticks_per_s = bh_time_frequency() };
	if (!understood(&a, bytes)) {
		head->status = BH_E_UNKNOWN;
		return sizeof *head;
	}
	a.partition = census_find(a.request.name);
	return answer(&a, head, room);
}
