/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of the paths that messages take, between native partitions, across two cores and, where there is a partner, on one. Prints "row NAME
 * MIN MEDIAN" as tests/guests/bench does, on the board's UART, which is its own.
 */
#include "tests/native/bench_messages/messages.h"

#define SETTLE_NS 50000u /* in which a partner goes to sleep again */

struct partner {
	const char *name;
	struct bench_board *board;
	uint32_t go, done;
};

static struct partner near = { .name = "near" }, far = { .name = "far" };
static volatile uint32_t *uart;
static volatile uint64_t handler_time;
static uint64_t sample[ROUNDS], other[ROUNDS];
static uint64_t empty;

/* --- output --- */

#define UART_DR 0
#define UART_FR 6
#define FR_TXFF 0x20u

static void put_char(char c)
{
	while (uart[UART_FR] & FR_TXFF)
		;
	uart[UART_DR] = (uint8_t)c;
}

static void put(char c)
{
	if (c == '\n')
		put_char('\r');
	put_char(c);
}

static void row(const char *name, uint64_t *s)
{
	for (uint32_t i = 1; i < ROUNDS; i++) {
		uint64_t v = s[i];
		uint32_t k = i;

		for (; k && s[k - 1] > v; k--)
			s[k] = s[k - 1];
		s[k] = v;
	}
	bh_printf("row %s %llu %llu\n", name, (unsigned long long)s[0], (unsigned long long)s[ROUNDS / 2]);
}

/* --- partners --- */

static uint32_t port(const struct partner *p, const char *what)
{
	char name[BH_NAME_BYTES];
	uint32_t n = 0;

	bh_snprintf(name, sizeof name, "%s-%s", p->name, what);
	if (bh_port_find(name, &n) != BH_OK)
		bh_printf("no port %s\n", name);
	return n;
}

static void settle(void)
{
	uint64_t events;

	while (bh_port_wait(0, bh_time_in_ns(SETTLE_NS), &events) == BH_E_AGAIN)
		;
}

/* What rang before is forgotten. */
static void forget(const struct partner *p)
{
	uint64_t events;

	(void)!bh_port_wait(BH_PORT_BIT(p->done), BH_NO_WAIT, &events);
}

static void await(const struct partner *p)
{
	(void)!bh_signal_wait(p->done, BH_NEVER);
}

static void begin(const struct partner *p, enum job job, const char *what)
{
	bh_snprintf(p->board->port, sizeof p->board->port, "%s", what);
	board_write(&p->board->job, job);
	(void)!bh_signal_send(p->go);
	settle();
	forget(p);
}

/* The partner's loop ends, or has ended, by itself; then there is no job. */
static void end(const struct partner *p)
{
	board_write(&p->board->job, JOB_NONE);
	(void)!bh_signal_send(p->go);
	settle();
	forget(p);
}

static void ended(const struct partner *p)
{
	while (board_read(&p->board->job) != JOB_NONE)
		await(p);
	settle();
}

/* --- signals --- */

static void on_done(void *arg)
{
	(void)arg;
	handler_time = stamp("end signal_round_trip signal_spin_round_trip");
}

/* Both ends in WFI, or both spinning. */
STAMPING void bench_handlers(const char *from, enum job job, const char *one_way, const char *both)
{
	begin(&far, job, "");
	if (bh_port_interrupt(far.done, on_done, NULL, BH_PRIORITY_NORMAL) != BH_OK)
		return;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t x[7] = { far.go }, daif;
		struct timed t;

		settle();
		handler_time = 0;
		if (job == JOB_HANDLE) {
			daif = bh_irq_mask();
			t = timed_call(from, "", BH_CALL_SIGNAL, x);
			while (!handler_time)
				bh_wait();
			bh_irq_restore(daif);
		} else {
			t = timed_call(from, "", BH_CALL_SIGNAL, x);
		}
		while (!handler_time)
			__asm__ volatile("yield");
		sample[i] = far.board->time - t.before - empty;
		other[i] = handler_time - t.before - empty;
	}
	bh_irq_disable(bh_port_info(far.done)->intid);
	row(one_way, sample);
	row(both, other);
	end(&far);
}

static void bench_doorbell(void)
{
	begin(&far, JOB_WAIT, "");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t x[7] = { far.go }, w[7] = { BH_PORT_BIT(far.done), BH_NEVER };
		struct timed t, u;

		settle();
		forget(&far);
		t = timed_call("begin doorbell_wait doorbell_round_trip", "", BH_CALL_SIGNAL, x);
		u = timed_call("", "end doorbell_round_trip", BH_CALL_WAIT, w);
		sample[i] = far.board->time - t.before - empty;
		other[i] = u.after - t.before - empty;
	}
	row("doorbell_wait", sample);
	row("doorbell_round_trip", other);
	end(&far);
}

/* --- calls --- */

STAMPING struct timed call(const char *from, const char *until, uint32_t p, uint64_t word)
{
	uint64_t x[7] = { p, BH_SHORT_BYTES, word, 2, 3, 4, bh_time_in_ns(1000000000) };
	struct timed t = timed_call(from, until, BH_CALL_CALL, x);

	if (t.status != BH_OK || (word && (x[3] != word || x[6] != 4)))
		bh_printf("a call answers %d\n", (int)t.status);
	return t;
}

STAMPING void bench_call(const char *from, const char *until, const struct partner *p, const char *name)
{
	uint32_t n = port(p, "call");

	begin(p, JOB_SERVE, "");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct timed t;

		settle();
		t = call(from, until, n, i + 1);
		sample[i] = t.after - t.before - empty;
	}
	(void)call(JUST_A_CALL, n, 0);
	ended(p);
	row(name, sample);
}

/* --- queues and values --- */

STAMPING struct timed send(const char *from, const char *until, uint32_t p)
{
	uint64_t x[7] = { p, bh_port_info(p)->bytes, 1, 2, 3, 4 };
	struct timed t = timed_call(from, until, BH_CALL_SEND, x);

	if (t.status != BH_OK)
		bh_printf("a send answers %d\n", (int)t.status);
	return t;
}

static void sized_row(const char *what, const char *half, uint32_t bytes, uint64_t *s)
{
	char name[40];

	bh_snprintf(name, sizeof name, "%s_%s_%u", what, half, bytes);
	row(name, s);
}

static void rows(const char *what, const char *first, const char *second, uint32_t bytes)
{
	static uint64_t both[ROUNDS];

	for (uint32_t i = 0; i < ROUNDS; i++) {
		other[i] = near.board->sample[i] - empty;
		both[i] = sample[i] + other[i];
	}
	sized_row(what, first, bytes, sample);
	sized_row(what, second, bytes, other);
	sized_row(what, "both", bytes, both);
}

/* Nobody waits: the partner polls, and on this core only while the meter sleeps. */
STAMPING void bench_halves(const char *from, const char *until, const char *channel, const char *what, const char *first,
			   const char *second, uint32_t batch)
{
	uint32_t p = port(&near, channel);

	board_write(&near.board->sent, 0);
	begin(&near, JOB_POLL, channel);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct timed t = send(from, until, p);

		board_write(&near.board->sent, i + 1);
		sample[i] = t.after - t.before - empty;
		if (i % batch == batch - 1)
			settle();
	}
	ended(&near);
	rows(what, first, second, (uint32_t)bh_port_info(p)->bytes);
}

/* The receiver waits on another core: from the send to the message in its hands. */
STAMPING void bench_wake(const char *from, const char *channel)
{
	uint32_t p = port(&far, channel);

	begin(&far, JOB_WAKE, channel);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct timed t;

		settle();
		forget(&far);
		t = send(from, "", p);
		await(&far);
		sample[i] = far.board->time - t.before - empty;
	}
	ended(&far);
	sized_row("queue", "wake", (uint32_t)bh_port_info(p)->bytes, sample);
}

/* Through the SDK, waiting for room and for messages as they come: instructions for each message. */
static void bench_stream(const struct partner *to, const char *channel)
{
	static uint64_t text[BH_SHORT_BYTES / 8];
	uint32_t p = port(to, channel), bytes = (uint32_t)bh_port_info(p)->bytes;
	const void *message = bh_port_buffer(p) ? bh_port_buffer(p) : text;
	uint64_t before;

	begin(to, JOB_DRAIN, channel);
	before = ticks();
	for (uint32_t i = 0; i < STREAM; i++)
		if (bh_queue_send(p, message, bytes, BH_NEVER) != BH_OK)
			bh_printf("a stream broke\n");
	ended(to);
	for (uint32_t i = 0; i < ROUNDS; i++)
		sample[i] = (to->board->time - before) / STREAM;
	sized_row("stream", to->name, bytes, sample);
}

/* --- the core goes from one partition to another --- */

STAMPING void bench_switch(const char *from, const char *until, const char *away, const char *deadline_row)
{
	begin(&near, JOB_SPIN, "");
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t deadline = ticks() + 20000, w[7] = { 0, deadline };
		struct timed t = timed_call(from, until, BH_CALL_WAIT, w);

		other[i] = t.after - deadline - empty;
		sample[i] = near.board->resumed - t.before - empty; /* it has run since, and noted the gap */
	}
	end(&near);
	row(away, sample);
	row(deadline_row, other);
}

static bool find(struct partner *p)
{
	struct bh_shared s;

	if (bh_shared_find(p->name, &s) != BH_OK)
		return false;
	p->board = s.data;
	p->go = port(p, "go");
	p->done = port(p, "done");
	while (!board_read(&p->board->done))
		settle();
	return true;
}

static void measure_empty(void)
{
	uint64_t a, b;

	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntvct_el0"
			 : "=&r"(a), "=&r"(b));
	empty = b - a;
}

static void bench_near(void)
{
	bench_call(PATH("call_near_32"), &near, "call_near_32");
	bench_halves(PATH("queue_send_32"), "queue32", "queue", "send", "receive", BATCH);
	bench_halves(PATH("queue_send_64"), "queue64", "queue", "send", "receive", BATCH);
	bench_halves(PATH("queue_send_4096"), "queue4096", "queue", "send", "receive", BATCH);
	bench_halves(PATH("value_write_32"), "value32", "value", "write", "read", 1);
	bench_halves(PATH("value_write_4096"), "value4096", "value", "write", "read", 1);
	bench_switch("begin switch_away", "end switch_deadline", "switch_away", "switch_deadline");
	bench_stream(&near, "queue32");
	bench_stream(&near, "queue4096");
}

/* The meter's interface to interrupts is in use by now; so is the partner's. */
static void bench_near_irqs(void)
{
	begin(&near, JOB_TIMER, "");
	ended(&near);
	bench_call(JUST_A_CALL, &near, "call_near_32_irqs");
	bench_switch(JUST_A_CALL, "switch_away_irqs", "switch_deadline_irqs");
}

static void bench_far(void)
{
	bench_handlers("begin signal_handler signal_round_trip", JOB_HANDLE, "signal_handler", "signal_round_trip");
	bench_handlers("begin signal_spin_handler signal_spin_round_trip", JOB_BUSY, "signal_spin_handler", "signal_spin_round_trip");
	bench_doorbell();
	bench_call(PATH("call_far_32"), &far, "call_far_32");
	bench_wake("begin queue_wake_32", "queue32");
	bench_wake("begin queue_wake_64", "queue64");
	bench_wake("begin queue_wake_4096", "queue4096");
	bench_stream(&far, "queue32");
	bench_stream(&far, "queue4096");
}

int meter(void)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_DEVICE, "uart0");
	bool with_near;

	uart = (volatile uint32_t *)(uintptr_t)e->ipa;
	bh_log_to(put);
	with_near = find(&near);
	if (!find(&far))
		return 1;
	measure_empty();
	if (with_near) /* first, as long as neither takes interrupts */
		bench_near();
	bench_far();
	if (with_near)
		bench_near_irqs();
	bh_log("bench done");
	return 0;
}
