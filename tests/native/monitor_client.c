/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test_monitor.py: asks the monitor as any partition can, and says what it finds; has `failing` fail, waits until the monitor tells
 * so, and starts it again.
 */
#include "abi/monitor.h"
#include "sdk/bulkhead.h"

static uint32_t ask_port, fail_port;
static struct bh_monitor_reply head;
static uint8_t entries[1024] __attribute__((aligned(8)));

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The status, with entries where there are some. */
static int32_t ask(uint32_t op, const char *name, uint32_t first)
{
	struct bh_monitor_request r = { .version = BH_MONITOR_VERSION, .op = op, .first = first };
	struct bh_message m;

	for (uint32_t i = 0; name[i] && i < BH_NAME_BYTES - 1; i++)
		r.name[i] = name[i];
	bh_assert(bh_port_call(ask_port, &r, sizeof r, &m, bh_time_in_ns(30000000000ull)) == BH_OK);
	bh_assert(m.bytes >= sizeof head);
	__builtin_memcpy(&head, m.data, sizeof head);
	__builtin_memcpy(entries, (const uint8_t *)m.data + sizeof head, m.bytes - sizeof head);
	return head.status;
}

/* Asked for one by one: whatever fits a reply. */
static struct bh_monitor_partition look(const char *name)
{
	const struct bh_monitor_partition *p = (const void *)entries;

	for (uint32_t i = 0;; i++) {
		bh_assert(ask(BH_MONITOR_PARTITIONS, "", i) == BH_OK && head.n);
		if (same(p->name, name))
			return *p;
	}
}

static void wait_until(uint32_t run, uint32_t ends)
{
	struct bh_monitor_partition p;

	do {
		bh_sleep_until(bh_time_in_ns(5000000));
		p = look("failing");
	} while (p.run != run || p.ends != ends);
	bh_printf("failing: state %u, ended %u, faults %u, last %u, may %u\n", p.run, p.ends, p.faults, p.last_fault, p.may);
}

static void fail_by(const char *how)
{
	bh_assert(bh_queue_send(fail_port, how, 2, bh_time_in_ns(30000000000ull)) == BH_OK);
}

static void show_log(void)
{
	const struct bh_monitor_record *r = (const void *)entries;
	uint32_t next = 0;

	while (bh_assert(ask(BH_MONITOR_LOG, "failing", next) == BH_OK), head.n) {
		for (uint32_t i = 0; i < head.n; i++)
			bh_printf("record %u: %s\n", r[i].sequence, r[i].text);
		next = head.first + head.n;
	}
}

static void show_dump(void)
{
	const struct bh_monitor_dump *d = (const void *)entries;

	bh_assert(ask(BH_MONITOR_DUMPS, "", 0) == BH_OK && head.n == 1);
	bh_printf("dump of %s: state %u, %u KiB, cause 0x%x\n", d->name, d->state, (uint32_t)(d->bytes / 1024), d->cause);
}

int main(void)
{
	const struct bh_monitor_core *c = (const void *)entries;

	bh_assert(bh_port_find("ask", &ask_port) == BH_OK && bh_port_find("fail", &fail_port) == BH_OK);
	bh_assert(bh_port_wait_peer(ask_port, BH_NEVER) == BH_OK);
	wait_until(BH_RUN_RUNNING, 0);
	bh_printf("refused: %d %d\n", ask(BH_MONITOR_STOP, "debugged", 0), ask(BH_MONITOR_STOP, "nobody", 0));
	bh_printf("fed: %d\n", ask(BH_MONITOR_FEED, "failing", 0));
	fail_by("a");
	wait_until(BH_RUN_RUNNING, 1);
	show_dump();
	fail_by("p");
	wait_until(BH_RUN_OFF, 2);
	show_dump();
	bh_printf("started: %d\n", ask(BH_MONITOR_START, "failing", 0));
	wait_until(BH_RUN_RUNNING, 2);
	bh_printf("restarted: %d\n", ask(BH_MONITOR_RESTART, "failing", 0));
	wait_until(BH_RUN_RUNNING, 3);
	show_log();
	bh_assert(ask(BH_MONITOR_CORES, "", 0) == BH_OK);
	bh_printf("cores: %u, the first has %u vCPUs, silent %u\n", head.n, c->vcpus, (uint32_t)c->silent);
	bh_log("asked all");
	for (;;) {
		(void)!ask(BH_MONITOR_FEED, "failing", 0);
		bh_sleep_until(bh_time_in_ns(500000000));
	}
}
