/* SPDX-License-Identifier: Apache-2.0 */
/* The meter's partner: does the job on the board (messages.h), again each time `go` rings, and rings `done`. */
#include "tests/native/bench_messages/messages.h"

#define GAP 100u /* ticks; a round of the spinning loop needs less */

static struct bench_board *board;
static uint32_t go, done, call;

static uint32_t port(const char *what)
{
	char name[BH_NAME_BYTES];
	uint32_t n = 0;

	bh_snprintf(name, sizeof name, "%s-%s", bh_info()->name, what);
	if (bh_port_find(name, &n) != BH_OK)
		bh_partition_off();
	return n;
}

/* The meter may not run yet; it asks for the first job when it does. */
static void ring(void)
{
	(void)!bh_signal_send(done);
}

static void on_go(void *arg)
{
	uint64_t now = stamp("end signal_handler signal_spin_handler");

	(void)arg;
	board_write(&board->time, now);
	ring();
}

static void handle(enum job job)
{
	if (bh_port_interrupt(go, on_go, NULL, BH_PRIORITY_NORMAL) != BH_OK)
		bh_partition_off();
	while (board_read(&board->job) == job)
		if (job == JOB_HANDLE)
			bh_wait();
		else
			__asm__ volatile("yield");
	bh_irq_disable(bh_port_info(go)->intid);
}

static void wait(void)
{
	while (board_read(&board->job) == JOB_WAIT) {
		uint64_t x[7] = { BH_PORT_BIT(go), BH_NEVER };
		struct timed t = timed_call("", "end doorbell_wait", BH_CALL_WAIT, x);

		board_write(&board->time, t.after);
		if (t.status == BH_OK && board_read(&board->job) == JOB_WAIT)
			ring();
	}
}

/* The request is the reply: it stays in the registers. */
static void serve(void)
{
	uint64_t x[7] = { call, 0, 0, 0, 0, 0, BH_NEVER };

	for (;;) {
		int64_t status = bh_call7(BH_CALL_SERVE, x);
		uint64_t bytes = x[0];

		if (status == BH_OK && !x[3])
			break;
		x[0] = call;
		x[1] = status == BH_OK ? bytes : 0;
		x[2] = x[3];
		x[3] = x[4];
		x[4] = x[5];
		x[5] = x[6];
		x[6] = BH_NEVER;
	}
	(void)!bh_port_reply(call, &x[2], 8);
}

STAMPING void poll(const char *begin, const char *end, uint32_t p)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t x[7] = { p };
		struct timed t;

		while (board_read(&board->sent) <= i)
			__asm__ volatile("yield");
		t = timed_call(begin, end, BH_CALL_RECEIVE, x);
		if (t.status != BH_OK)
			bh_partition_off();
		board->sample[i] = t.after - t.before;
	}
}

STAMPING void wake(const char *end, uint32_t p)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct timed t;

		do {
			uint64_t w[7] = { BH_PORT_BIT(p), BH_NEVER }, x[7] = { p };

			(void)timed_call(JUST_A_CALL, BH_CALL_WAIT, w);
			t = timed_call("", end, BH_CALL_RECEIVE, x);
		} while (t.status != BH_OK);
		board_write(&board->time, t.after);
		ring();
	}
}

static void poll_channel(uint32_t p)
{
	bool value = BH_INFO_PORT_KIND(bh_port_info(p)->flags) == BH_PORT_SAMPLING;

	switch (bh_port_info(p)->bytes) {
	case 32:
		if (value)
			poll(PATH("value_read_32"), p);
		else
			poll(PATH("queue_receive_32"), p);
		break;
	case 64: poll(PATH("queue_receive_64"), p); break;
	default:
		if (value)
			poll(PATH("value_read_4096"), p);
		else
			poll(PATH("queue_receive_4096"), p);
		break;
	}
}

static void wake_channel(uint32_t p)
{
	switch (bh_port_info(p)->bytes) {
	case 32: wake("end queue_wake_32", p); break;
	case 64: wake("end queue_wake_64", p); break;
	default: wake("end queue_wake_4096", p); break;
	}
}

static void drain(uint32_t p)
{
	struct bh_message m;

	for (uint32_t i = 0; i < STREAM; i++)
		if (bh_queue_view(p, &m, BH_NEVER) != BH_OK)
			bh_partition_off();
	board_write(&board->time, ticks());
}

static void spin(void)
{
	uint64_t last = ticks();

	while (board_read(&board->job) == JOB_SPIN) {
		uint64_t now = stamp("end switch_away; begin switch_deadline");

		if (now - last > GAP) {
			board->left = last;
			board->resumed = now;
		}
		last = now;
	}
}

static void work(void)
{
	switch ((enum job)board_read(&board->job)) {
	case JOB_NONE: break;
	case JOB_HANDLE: handle(JOB_HANDLE); break;
	case JOB_BUSY: handle(JOB_BUSY); break;
	case JOB_WAIT: wait(); break;
	case JOB_SERVE: serve(); break;
	case JOB_POLL: poll_channel(port(board->port)); break;
	case JOB_WAKE: wake_channel(port(board->port)); break;
	case JOB_DRAIN: drain(port(board->port)); break;
	case JOB_TIMER: bh_sleep_until(bh_time_in_ns(1000)); break;
	case JOB_SPIN: spin(); break;
	}
}

int partner(void)
{
	struct bh_shared s;

	if (bh_shared_find(bh_info()->name, &s) != BH_OK)
		return 1;
	board = s.data;
	go = port("go");
	done = port("done");
	call = port("call");
	for (;;) {
		uint64_t events;

		work();
		board_write(&board->job, JOB_NONE);
		board_write(&board->done, board->done + 1);
		ring();
		while (board_read(&board->job) == JOB_NONE)
			(void)!bh_port_wait(BH_PORT_BIT(go), BH_NEVER, &events);
	}
}
