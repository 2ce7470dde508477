/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SDK's ports, over a kernel that is played here: it keeps the contract of abi/call.h in the simplest way
 * (one slot moves, nothing is concurrent), and what happens while the program waits is a list of steps.
 */
#include "tests/unit/sdk_fakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "sdk/bh_control.c"
#include "sdk/bh_info.c"
#include "sdk/bh_port.c"
#include "sdk/bh_port_call.c"
#include "sdk/bh_queue.c"
#include "sdk/bh_sampling.c"

#define IN	 BH_WINDOW_IPA
#define OUT	 (BH_WINDOW_IPA + 0x4000u)
#define WINDOWS	 0x8000u
#define LONG	 100u
#define DEPTH	 3u
#define PERIOD	 1000u /* ns: 100 ticks */
#define DEADLINE 5000u /* ticks */
#define FOREVER	 64u   /* waits in one test: more is a loop */

/* The partition's ports; each function plays the other end. */
enum { BELL_OUT,
       BELL_IN,
       VALUE_OUT,
       VALUE_IN,
       QUEUE_OUT,
       QUEUE_IN,
       SHORT_OUT,
       SHORT_IN,
       CALLER,
       SERVER,
       SHORT_CALLER,
       SHORT_SERVER,
       PORTS };

static const struct {
	const char *name;
	uint32_t kind;
	bool sends;
	uint32_t bytes, reply_bytes, depth;
	uint64_t period;
} shape[PORTS] = {
	[BELL_OUT] = { "bell-out", BH_PORT_SIGNAL, true, 0, 0, 0, 0 },
	[BELL_IN] = { "bell-in", BH_PORT_SIGNAL, false, 0, 0, 0, 0 },
	[VALUE_OUT] = { "value-out", BH_PORT_SAMPLING, true, LONG, 0, 0, PERIOD },
	[VALUE_IN] = { "value-in", BH_PORT_SAMPLING, false, LONG, 0, 0, PERIOD },
	[QUEUE_OUT] = { "queue-out", BH_PORT_QUEUING, true, LONG, 0, DEPTH, 0 },
	[QUEUE_IN] = { "queue-in", BH_PORT_QUEUING, false, LONG, 0, DEPTH, 0 },
	[SHORT_OUT] = { "short-out", BH_PORT_QUEUING, true, 20, 0, DEPTH, 0 },
	[SHORT_IN] = { "short-in", BH_PORT_QUEUING, false, 20, 0, DEPTH, 0 },
	[CALLER] = { "caller", BH_PORT_CALL, true, LONG, LONG, 0, 0 },
	[SERVER] = { "server", BH_PORT_CALL, false, LONG, LONG, 0, 0 },
	[SHORT_CALLER] = { "short-caller", BH_PORT_CALL, true, 8, 32, 0, 0 },
	[SHORT_SERVER] = { "short-server", BH_PORT_CALL, false, 8, 32, 0, 0 },
};

static struct fake {
	uint32_t head, taken; /* queuing, sampling: messages ever sent, handed out */
	bool fresh, lost, dead;
	uint32_t sent;	     /* messages the kernel accepted from us */
	uint8_t last[LONG];  /* the newest of them */
	uint32_t last_bytes; /* and its size */
	uint32_t room;	     /* how many more it will accept */
	bool serving;
	uint32_t ends;
} fakes[PORTS];
static uint64_t events;
static uint32_t calls, waits, handled, logged;
static bool interrupt;
static void (*steps[16])(void); /* what happens in the first wait, the second … */
static uint32_t n_steps, step;

/* --- the machine --- */

static struct bh_info *page(void)
{
	return (struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static int map(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		void *at = (void *)(uintptr_t)(i ? BH_WINDOW_IPA : BH_INFO_IPA);

		if (mmap(at, WINDOWS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
			return -1;
	}
	return 0;
}

static void describe_port(uint32_t n, uint64_t *in, uint64_t *out)
{
	bool sends = shape[n].sends, call = shape[n].kind == BH_PORT_CALL;
	uint32_t outgoing = sends ? shape[n].bytes : shape[n].reply_bytes;
	uint32_t incoming = !sends ? shape[n].bytes : shape[n].reply_bytes;
	uint32_t slots = sends ? call : bh_port_slots(shape[n].kind, shape[n].depth);
	struct bh_info_entry *e = &page()->entry[n + 1]; /* behind one of another kind */

	*e = (struct bh_info_entry){ .kind = BH_INFO_PORT,
				     .cap = n,
				     .intid = n % 2 ? 100 + n : 0,
				     .flags = shape[n].kind | (sends ? BH_INFO_PORT_SEND : 0),
				     .ipa = slots ? *in : 0,
				     .ipa2 = bh_buffer_bytes(outgoing) ? *out : 0,
				     .bytes = shape[n].bytes,
				     .reply_bytes = shape[n].reply_bytes,
				     .depth = shape[n].depth,
				     .period_ns = shape[n].period };
	snprintf(e->name, sizeof e->name, "%s", shape[n].name);
	*in += slots * bh_slot_bytes(incoming);
	*out += bh_buffer_bytes(outgoing);
}

static int fresh(void **state)
{
	uint64_t in = IN, out = OUT;

	(void)state;
	memset(page(), 0, WINDOWS);
	memset((void *)(uintptr_t)IN, 0, WINDOWS);
	*page() = (struct bh_info){ .magic = BH_INFO_MAGIC, .n_entries = PORTS + 3 };
	page()->entry[0] = (struct bh_info_entry){ .kind = BH_INFO_DEVICE, .name = "queue-in" };
	for (uint32_t n = 0; n < PORTS; n++)
		describe_port(n, &in, &out);
	page()->entry[PORTS + 1] = (struct bh_info_entry){ .kind = BH_INFO_SHARED, .ipa = 0x20100000, .bytes = 8192, .flags = BH_INFO_SHARED_WRITE, .name = "frames" };
	page()->entry[PORTS + 2] = (struct bh_info_entry){ .kind = BH_INFO_CONTROL, .cap = 40, .name = "pump" };
	memset(fakes, 0, sizeof fakes);
	memset(ends, 0, sizeof ends);
	memset(last_valid, 0, sizeof last_valid);
	for (uint32_t n = 0; n < PORTS; n++)
		fakes[n].room = DEPTH;
	events = calls = waits = handled = logged = n_steps = step = 0;
	interrupt = false;
	fake_now = 1000;
	return 0;
}

static void then(void (*what)(void))
{
	steps[n_steps++] = what;
}

/* --- the other end --- */

static struct bh_slot *slot_of(uint32_t n, uint32_t slot)
{
	const struct bh_info_entry *e = &page()->entry[n + 1];
	uint32_t incoming = shape[n].sends ? shape[n].reply_bytes : shape[n].bytes;

	return (struct bh_slot *)(uintptr_t)(e->ipa + (uint64_t)slot * bh_slot_bytes(incoming));
}

static void put(uint32_t n, uint32_t slot, const void *message, uint32_t bytes)
{
	struct bh_slot *s = slot_of(n, slot);

	memcpy(s->data, message, bytes);
	s->bytes = bytes;
	s->time = fake_now;
}

static void peer_sends(uint32_t n, const char *text)
{
	struct fake *f = &fakes[n];

	put(n, f->head % bh_port_slots(shape[n].kind, shape[n].depth), text, (uint32_t)strlen(text));
	f->head++;
	f->fresh = true;
	events |= BH_PORT_BIT(n);
}

static void peer_ends(uint32_t n)
{
	fakes[n].dead = true;
	fakes[n].ends++;
	events |= BH_PORT_BIT(n);
}

/* --- the kernel --- */

static void show(uint64_t x[7], uint32_t n, uint32_t slot, uint64_t flags)
{
	const struct bh_slot *s = slot_of(n, slot);

	x[0] = s->bytes | flags;
	x[1] = slot;
	x[2] = s->time;
	memset(&x[3], 0xee, 4 * sizeof x[0]);
}

static bool takes(uint32_t n, uint64_t bytes, uint32_t most, const uint64_t *words)
{
	const struct bh_info_entry *e = &page()->entry[n + 1];

	if (bytes - 1 >= most)
		return false;
	fakes[n].last_bytes = (uint32_t)bytes;
	memcpy(fakes[n].last, e->ipa2 ? (const void *)(uintptr_t)e->ipa2 : words, bytes);
	return true;
}

static int64_t send(uint32_t n, uint64_t x[7])
{
	if (x[1] - 1 >= shape[n].bytes)
		return BH_E_ARG;
	if (shape[n].kind == BH_PORT_QUEUING && fakes[n].dead)
		return BH_E_PEER;
	if (shape[n].kind == BH_PORT_QUEUING && !fakes[n].room)
		return BH_E_AGAIN;
	assert_true(takes(n, x[1], shape[n].bytes, &x[2]));
	fakes[n].room--;
	fakes[n].sent++;
	return BH_OK;
}

static int64_t receive_(uint32_t n, uint64_t x[7])
{
	struct fake *f = &fakes[n];
	bool sampling = shape[n].kind == BH_PORT_SAMPLING;
	uint32_t slots = bh_port_slots(shape[n].kind, shape[n].depth);
	uint64_t flags = sampling && f->fresh ? BH_GOT_NEW : f->lost ? BH_GOT_LOST
								     : 0;

	if (f->head == (sampling ? 0 : f->taken))
		return f->dead ? BH_E_PEER : BH_E_AGAIN;
	show(x, n, (sampling ? f->head - 1 : f->taken) % slots, flags);
	f->taken++;
	f->fresh = f->lost = false;
	f->serving = shape[n].kind == BH_PORT_CALL;
	return BH_OK;
}

/* Events, interrupts, steps: until one of them ends the wait. */
static int64_t wait_for(uint64_t mask, uint64_t deadline, uint64_t *got)
{
	if (mask >> PORTS)
		return BH_E_CAP;
	for (;;) {
		assert_true(waits++ < FOREVER);
		if (events & mask) {
			*got = events & mask;
			events &= ~mask;
			return BH_OK;
		}
		if (interrupt)
			return BH_E_AGAIN;
		if (deadline <= fake_now)
			return BH_E_TIMEOUT;
		if (step < n_steps) {
			steps[step++]();
		} else {
			assert_true(deadline != BH_NEVER); /* waits for ever */
			fake_now = deadline;
		}
	}
}

static int64_t reply_(uint32_t n, uint64_t x[7])
{
	if (!fakes[n].serving)
		return BH_E_STATE;
	if (!takes(n, x[1], shape[n].reply_bytes, &x[2]))
		return BH_E_ARG;
	fakes[n].serving = false;
	fakes[n].sent++;
	return BH_OK;
}

static int64_t serve_(uint32_t n, uint64_t x[7])
{
	int64_t status = x[1] ? reply_(n, x) : BH_OK;
	uint64_t got;

	if (status == BH_E_ARG)
		return status;
	while ((status = receive_(n, x)) != BH_OK) {
		status = wait_for(BH_PORT_BIT(n), x[6], &got);
		if (status)
			return status;
	}
	return BH_OK;
}

static int64_t call_(uint32_t n, uint64_t x[7])
{
	if (x[1] - 1 >= shape[n].bytes || x[6] == BH_NEVER)
		return BH_E_ARG;
	if (fakes[n].dead)
		return BH_E_PEER;
	assert_true(takes(n, x[1], shape[n].bytes, &x[2]));
	if (step >= n_steps) {
		fake_now = x[6];
		return BH_E_TIMEOUT;
	}
	steps[step++]();
	show(x, n, 0, 0);
	return BH_OK;
}

static bool refused(uint64_t port, uint32_t kinds, bool sends, int64_t *status)
{
	*status = port >= PORTS || !(kinds & 1u << shape[port].kind) ? BH_E_CAP : shape[port].sends != sends ? BH_E_RIGHT
													     : BH_OK;
	logged += *status != BH_OK;
	return *status != BH_OK;
}

#define KIND(k) (1u << BH_PORT_##k)

static int64_t answer(uint32_t function, uint64_t x[7])
{
	uint32_t n = (uint32_t)x[0];
	int64_t status;

	switch (function) {
	case BH_CALL_SIGNAL:
		return refused(n, KIND(SIGNAL), true, &status) ? status : fakes[n].dead ? BH_E_PEER
											: BH_OK;
	case BH_CALL_SEND: return refused(n, KIND(SAMPLING) | KIND(QUEUING), true, &status) ? status : send(n, x);
	case BH_CALL_RECEIVE:
		return refused(n, KIND(SAMPLING) | KIND(QUEUING) | KIND(CALL), false, &status) ? status : receive_(n, x);
	case BH_CALL_WAIT: return wait_for(x[0], x[1], &x[0]);
	case BH_CALL_CALL: return refused(n, KIND(CALL), true, &status) ? status : call_(n, x);
	case BH_CALL_REPLY: return refused(n, KIND(CALL), false, &status) ? status : reply_(n, x);
	case BH_CALL_SERVE: return refused(n, KIND(CALL), false, &status) ? status : serve_(n, x);
	case BH_CALL_PORT_STATE:
		if (n >= PORTS)
			return logged++, BH_E_CAP;
		x[0] = fakes[n].head - fakes[n].taken;
		x[1] = (fakes[n].dead ? 0 : 1) | (uint64_t)fakes[n].ends << 1;
		x[2] = 7;
		return BH_OK;
	case BH_CALL_CONTROL:
		if (x[0] != 40)
			return BH_E_CAP;
		x[0] = x[1] == BH_CONTROL_STATE ? BH_RUN_RUNNING : BH_RUN_STOPPING;
		x[1] = 3;
		return BH_OK;
	}
	return BH_E_UNKNOWN;
}

/* What is no result is nothing to rely on. */
int64_t fake_call(uint32_t function, uint64_t x[7])
{
	int64_t status;

	calls++;
	fake_now++;
	status = answer(function, x);
	if (status != BH_OK)
		memset(x, 0xdd, 7 * sizeof x[0]);
	return status;
}

void fake_handlers(void)
{
	handled += interrupt;
	interrupt = false;
}

void bh_irq_edge(uint32_t intid, bool edge)
{
	assert_true(edge);
	assert_int_equal(intid, 100 + QUEUE_IN);
}

void bh_irq_enable(uint32_t intid, void (*handler)(void *arg), void *arg, uint32_t priority)
{
	(void)priority;
	assert_int_equal(intid, 100 + QUEUE_IN);
	handler(arg);
}

/* --- steps --- */

static void an_interrupt_comes(void)
{
	interrupt = true;
}

static void an_event_without_cause(void)
{
	events = ~0ull;
}

static void a_message_comes(void)
{
	peer_sends(QUEUE_IN, "a message");
	peer_sends(SHORT_IN, "short");
}

static void a_value_comes(void)
{
	peer_sends(VALUE_IN, "value");
}

static void room_comes(void)
{
	fakes[QUEUE_OUT].room = 1;
	events |= BH_PORT_BIT(QUEUE_OUT);
}

static void all_peers_end(void)
{
	for (uint32_t n = 0; n < PORTS; n++)
		peer_ends(n);
}

static void the_queues_sender_starts(void)
{
	fakes[QUEUE_IN].dead = false;
	events |= BH_PORT_BIT(QUEUE_IN);
}

static void a_request_comes(void)
{
	peer_sends(SERVER, "request");
	peer_sends(SHORT_SERVER, "short");
}

static void the_server_replies(void)
{
	put(CALLER, 0, "reply", 5);
	put(SHORT_CALLER, 0, "short reply", 11);
}

/* --- tests --- */

static void assert_message(const struct bh_message *m, const char *text)
{
	assert_int_equal(m->bytes, strlen(text));
	assert_memory_equal(m->data, text, strlen(text));
}

static void assert_sent(uint32_t n, const char *text)
{
	assert_int_equal(fakes[n].last_bytes, strlen(text));
	assert_memory_equal(fakes[n].last, text, strlen(text));
}

static void ports_are_found_by_name_and_number(void **state)
{
	uint32_t port;

	(void)state;
	assert_int_equal(bh_port_find("queue-in", &port), BH_OK);
	assert_int_equal(port, QUEUE_IN);
	assert_int_equal(bh_port_find("queue", &port), BH_E_CAP);
	assert_string_equal(bh_port_info(CALLER)->name, "caller");
	assert_null(bh_port_info(PORTS));
	assert_null(bh_port_info(UINT32_MAX));
	assert_null(bh_port_buffer(SHORT_OUT));
	assert_non_null(bh_port_buffer(QUEUE_OUT));
}

/* Each size ends where the memory that may be read ends. */
static void a_short_message_is_packed_without_reading_behind_it(void **state)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	for (uint32_t bytes = 1; bytes <= 20; bytes++) {
		char *at = pages + 4096 - bytes;

		for (uint32_t i = 0; i < bytes; i++)
			at[i] = (char)(bytes * 16 + i);
		fakes[SHORT_OUT].room = 1;
		assert_int_equal(bh_queue_send(SHORT_OUT, at, bytes, BH_NO_WAIT), BH_OK);
		assert_int_equal(fakes[SHORT_OUT].last_bytes, bytes);
		assert_memory_equal(fakes[SHORT_OUT].last, at, bytes);
	}
	munmap(pages, 8192);
}

static void a_long_message_goes_through_the_buffer_from_any_alignment(void **state)
{
	char text[LONG + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(bh_queue_send(QUEUE_OUT, text + 1, LONG, BH_NO_WAIT), BH_OK);
	assert_int_equal(fakes[QUEUE_OUT].last_bytes, LONG);
	assert_memory_equal(fakes[QUEUE_OUT].last, text, LONG);
	memcpy(bh_port_buffer(QUEUE_OUT), "in place", 8);
	assert_int_equal(bh_queue_send(QUEUE_OUT, bh_port_buffer(QUEUE_OUT), 8, BH_NO_WAIT), BH_OK);
	assert_sent(QUEUE_OUT, "in place");
}

static void a_wrong_size_is_refused_and_touches_no_other_ends_buffer(void **state)
{
	static char big[4096];
	struct bh_message m;
	uint8_t *end = (uint8_t *)bh_port_buffer(CALLER) + bh_buffer_bytes(LONG);

	(void)state;
	memset(big, 'x', sizeof big);
	assert_int_equal(bh_queue_send(QUEUE_OUT, big, LONG + 1, BH_NO_WAIT), BH_E_ARG);
	assert_int_equal(bh_queue_send(QUEUE_OUT, big, 0, BH_NO_WAIT), BH_E_ARG);
	assert_int_equal(bh_queue_send(QUEUE_OUT, big, UINT32_MAX, BH_NEVER), BH_E_ARG);
	assert_int_equal(bh_queue_send(SHORT_OUT, big, 21, BH_NO_WAIT), BH_E_ARG);
	assert_int_equal(bh_sampling_write(VALUE_OUT, big, LONG + 1), BH_E_ARG);
	assert_int_equal(bh_port_call(CALLER, big, LONG + 1, &m, DEADLINE), BH_E_ARG);
	assert_int_equal(bh_port_call(SHORT_CALLER, big, 9, &m, DEADLINE), BH_E_ARG);
	for (uint8_t *p = (uint8_t *)(uintptr_t)OUT; p < end; p++)
		assert_int_equal(*p, 0);
}

static void the_wrong_end_or_kind_is_refused_and_nothing_is_touched(void **state)
{
	struct bh_message m;
	uint64_t got;
	char to[LONG];

	(void)state;
	assert_int_equal(bh_queue_send(QUEUE_IN, "x", 1, BH_NEVER), BH_E_RIGHT);
	assert_int_equal(bh_queue_view(QUEUE_OUT, &m, BH_NEVER), BH_E_RIGHT);
	assert_int_equal(bh_sampling_write(VALUE_IN, "x", 1), BH_E_RIGHT);
	assert_int_equal(bh_port_call(SERVER, "x", 1, &m, DEADLINE), BH_E_RIGHT);
	assert_int_equal(bh_port_reply(CALLER, "x", 1), BH_E_RIGHT);
	assert_int_equal(*(char *)bh_port_buffer(SERVER), 0);
	assert_int_equal(*(char *)bh_port_buffer(CALLER), 0);
	assert_int_equal(bh_queue_send(VALUE_OUT, "x", 1, BH_NEVER), BH_E_CAP);
	assert_int_equal(bh_sampling_view(QUEUE_IN, &m), BH_E_CAP);
	assert_int_equal(bh_queue_receive(VALUE_IN, to, LONG, &m, BH_NEVER), BH_E_CAP);
	assert_int_equal(bh_port_request(QUEUE_IN, &m, BH_NEVER), BH_E_CAP);
	assert_int_equal(bh_signal_send(QUEUE_OUT), BH_E_CAP);
	assert_int_equal(bh_signal_wait(QUEUE_IN, BH_NEVER), BH_E_CAP);
	logged = 0;
	assert_int_equal(bh_queue_view(63, &m, BH_NEVER), BH_E_CAP);
	assert_int_equal(bh_sampling_write(64, "x", 1), BH_E_CAP);
	assert_int_equal(bh_signal_wait(64 + BELL_IN, DEADLINE), BH_E_CAP);
	assert_int_equal(bh_port_wait_peer(63, BH_NEVER), BH_E_CAP);
	assert_int_equal(bh_port_wait(1ull << 63, BH_NEVER, &got), BH_E_CAP);
	assert_int_equal(logged, 4); /* the kernel saw each use of a number that is none */
}

static void polling_answers_again_and_never_waits(void **state)
{
	struct bh_message m;

	(void)state;
	fakes[QUEUE_OUT].room = 0;
	assert_int_equal(bh_queue_send(QUEUE_OUT, "x", 1, BH_NO_WAIT), BH_E_AGAIN);
	assert_int_equal(bh_queue_view(QUEUE_IN, &m, BH_NO_WAIT), BH_E_AGAIN);
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_E_AGAIN);
	assert_int_equal(bh_sampling_wait(VALUE_IN, &m, BH_NO_WAIT), BH_E_AGAIN);
	assert_int_equal(bh_port_request(SERVER, &m, BH_NO_WAIT), BH_E_AGAIN);
	assert_int_equal(waits, 0);
	assert_true(!m.bytes && !m.data && !m.valid);
	assert_int_equal(bh_signal_wait(BELL_IN, BH_NO_WAIT), BH_E_TIMEOUT);
}

static void a_deadline_ends_each_wait_and_nothing_is_sent_or_taken(void **state)
{
	struct bh_message m;

	(void)state;
	fakes[QUEUE_OUT].room = 0;
	assert_int_equal(bh_queue_send(QUEUE_OUT, "x", 1, DEADLINE), BH_E_TIMEOUT);
	assert_in_range(fake_now, DEADLINE, DEADLINE + 20);
	assert_int_equal(fakes[QUEUE_OUT].sent, 0);
	fake_now = 0;
	assert_int_equal(bh_queue_view(QUEUE_IN, &m, DEADLINE), BH_E_TIMEOUT);
	fake_now = 0;
	assert_int_equal(bh_sampling_wait(VALUE_IN, &m, DEADLINE), BH_E_TIMEOUT);
	fake_now = 0;
	assert_int_equal(bh_signal_wait(BELL_IN, DEADLINE), BH_E_TIMEOUT);
	fake_now = 0;
	assert_int_equal(bh_port_request(SERVER, &m, DEADLINE), BH_E_TIMEOUT);
	fake_now = 0;
	assert_int_equal(bh_port_call(CALLER, "x", 1, &m, DEADLINE), BH_E_TIMEOUT);
	assert_int_equal(bh_port_call(CALLER, "x", 1, &m, BH_NEVER), BH_E_ARG);
}

static void a_wait_goes_on_over_interrupts_and_events_without_cause(void **state)
{
	struct bh_message m;

	(void)state;
	events = ~0ull; /* left from before */
	then(an_interrupt_comes);
	then(an_event_without_cause);
	then(an_interrupt_comes);
	then(a_message_comes);
	assert_int_equal(bh_queue_view(QUEUE_IN, &m, BH_NEVER), BH_OK);
	assert_message(&m, "a message");
	assert_int_equal(handled, 2);
	assert_true(m.fresh && m.valid && !m.lost);
}

static void a_sender_waits_for_room_and_then_sends_what_it_was_given(void **state)
{
	(void)state;
	fakes[QUEUE_OUT].room = 0;
	then(an_interrupt_comes);
	then(an_event_without_cause);
	then(room_comes);
	assert_int_equal(bh_queue_send(QUEUE_OUT, "patience", 8, BH_NEVER), BH_OK);
	assert_sent(QUEUE_OUT, "patience");
	assert_int_equal(fakes[QUEUE_OUT].sent, 1);
	fakes[SHORT_OUT].room = 0;
	assert_int_equal(bh_queue_send(SHORT_OUT, "again", 5, fake_now + 100), BH_E_TIMEOUT);
}

static void a_peer_that_ends_is_told_to_everyone_who_waits(void **state)
{
	struct bh_message m;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t n = 0; n < PORTS; n++)
			fakes[n].dead = false;
		events = 0;
		fakes[QUEUE_OUT].room = 0;
		then(all_peers_end);
		assert_int_equal(i == 0 ? bh_queue_view(QUEUE_IN, &m, BH_NEVER) : i == 1 ? bh_queue_send(QUEUE_OUT, "x", 1, BH_NEVER)
											 : bh_sampling_wait(VALUE_IN, &m, BH_NEVER),
				 BH_E_PEER);
	}
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_E_PEER);
	assert_int_equal(bh_port_call(CALLER, "x", 1, &m, DEADLINE), BH_E_PEER);
	assert_int_equal(bh_signal_send(BELL_OUT), BH_E_PEER);
	assert_int_equal(bh_signal_wait(BELL_IN, BH_NEVER), BH_OK); /* look again, says the event */
}

static void a_server_waits_on_when_its_caller_is_gone(void **state)
{
	struct bh_message m;

	(void)state;
	then(all_peers_end);
	then(an_interrupt_comes);
	then(a_request_comes);
	assert_int_equal(bh_port_request(SERVER, &m, BH_NEVER), BH_OK);
	assert_message(&m, "request");
	assert_int_equal(handled, 1);
}

static void waiting_for_a_peer_ends_when_it_runs(void **state)
{
	(void)state;
	fakes[QUEUE_IN].dead = true;
	assert_int_equal(bh_port_wait_peer(QUEUE_IN, BH_NO_WAIT), BH_E_PEER);
	assert_int_equal(bh_port_wait_peer(QUEUE_IN, DEADLINE), BH_E_TIMEOUT);
	then(an_interrupt_comes);
	then(an_event_without_cause);
	then(the_queues_sender_starts);
	assert_int_equal(bh_port_wait_peer(QUEUE_IN, BH_NEVER), BH_OK);
	assert_int_equal(bh_port_wait_peer(QUEUE_OUT, BH_NO_WAIT), BH_OK);
}

static void messages_come_in_order_and_a_loss_is_told_once(void **state)
{
	struct bh_message m;
	char to[LONG];

	(void)state;
	peer_sends(QUEUE_IN, "one");
	peer_sends(QUEUE_IN, "two");
	fakes[QUEUE_IN].lost = true;
	assert_int_equal(bh_queue_receive(QUEUE_IN, to, LONG - 1, &m, BH_NEVER), BH_E_ARG); /* and takes none */
	assert_int_equal(bh_queue_receive(QUEUE_IN, to, LONG, &m, BH_NEVER), BH_OK);
	assert_ptr_equal(m.data, to);
	assert_message(&m, "one");
	assert_true(m.lost);
	assert_int_equal(bh_queue_view(QUEUE_IN, &m, BH_NO_WAIT), BH_OK);
	assert_message(&m, "two");
	assert_false(m.lost);
	peer_sends(SHORT_IN, "twelve bytes");
	assert_int_equal(bh_queue_view(SHORT_IN, &m, BH_NO_WAIT), BH_OK);
	assert_message(&m, "twelve bytes");
}

static void clearing_empties_a_queue_once_over(void **state)
{
	struct bh_message m;

	(void)state;
	assert_int_equal(bh_queue_clear(QUEUE_IN), BH_OK);
	for (uint32_t i = 0; i < DEPTH; i++)
		peer_sends(QUEUE_IN, "old");
	assert_int_equal(bh_queue_clear(QUEUE_IN), BH_OK);
	assert_int_equal(bh_queue_view(QUEUE_IN, &m, BH_NO_WAIT), BH_E_AGAIN);
	calls = 0;
	fakes[QUEUE_IN].head += 1000; /* sent as fast as they are taken */
	assert_int_equal(bh_queue_clear(QUEUE_IN), BH_OK);
	assert_int_equal(calls, DEPTH);
	assert_int_equal(bh_queue_clear(QUEUE_OUT), BH_E_RIGHT);
}

static void a_value_can_be_read_again_and_grows_old(void **state)
{
	struct bh_port_state s;
	struct bh_message m;
	char to[LONG];

	(void)state;
	assert_int_equal(bh_sampling_write(VALUE_OUT, "state", 5), BH_OK);
	assert_sent(VALUE_OUT, "state");
	peer_sends(VALUE_IN, "v1");
	peer_sends(VALUE_IN, "v2");
	assert_int_equal(bh_sampling_read(VALUE_IN, to, LONG - 1, &m), BH_E_ARG);
	assert_int_equal(bh_sampling_read(VALUE_IN, to, LONG, &m), BH_OK);
	assert_message(&m, "v2");
	assert_true(m.fresh && m.valid);
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_OK);
	assert_message(&m, "v2");
	assert_true(!m.fresh && m.valid);
	fake_now = m.time + PERIOD / 10 - 1; /* the call takes one */
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_OK);
	assert_true(m.valid);
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_OK);
	assert_false(m.valid);
	assert_int_equal(bh_port_state(VALUE_IN, &s), BH_OK);
	assert_false(s.last_valid);
	assert_int_equal(s.period_ns, PERIOD);
	peer_sends(VALUE_IN, "v3");
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_OK);
	assert_int_equal(bh_port_state(VALUE_IN, &s), BH_OK);
	assert_true(s.last_valid);
}

static void a_wait_for_a_fresh_value_is_not_content_with_the_old_one(void **state)
{
	struct bh_message m;

	(void)state;
	peer_sends(VALUE_IN, "old");
	assert_int_equal(bh_sampling_view(VALUE_IN, &m), BH_OK);
	then(an_interrupt_comes);
	then(a_value_comes);
	assert_int_equal(bh_sampling_wait(VALUE_IN, &m, BH_NEVER), BH_OK);
	assert_message(&m, "value");
	peer_sends(VALUE_IN, "last");
	all_peers_end();
	assert_int_equal(bh_sampling_wait(VALUE_IN, &m, BH_NEVER), BH_OK);
	assert_message(&m, "last");
	assert_int_equal(bh_sampling_wait(VALUE_IN, &m, BH_NEVER), BH_E_PEER);
}

static void a_call_brings_its_reply(void **state)
{
	struct bh_message m;

	(void)state;
	then(the_server_replies);
	assert_int_equal(bh_port_call(CALLER, "question", 8, &m, DEADLINE), BH_OK);
	assert_sent(CALLER, "question");
	assert_message(&m, "reply");
	then(the_server_replies);
	assert_int_equal(bh_port_call(SHORT_CALLER, "12345678", 8, &m, DEADLINE), BH_OK);
	assert_sent(SHORT_CALLER, "12345678");
	assert_message(&m, "short reply");
}

static void a_request_is_replied_to_once(void **state)
{
	struct bh_message m;

	(void)state;
	assert_int_equal(bh_port_reply(SERVER, "x", 1), BH_E_STATE);
	peer_sends(SERVER, "request");
	assert_int_equal(bh_port_request(SERVER, &m, BH_NO_WAIT), BH_OK);
	assert_message(&m, "request");
	assert_int_equal(bh_port_reply(SERVER, "answer", 6), BH_OK);
	assert_sent(SERVER, "answer");
	assert_int_equal(bh_port_reply(SERVER, "answer", 6), BH_E_STATE);
	peer_sends(SHORT_SERVER, "8 bytes!");
	assert_int_equal(bh_port_request(SHORT_SERVER, &m, BH_NO_WAIT), BH_OK);
	assert_int_equal(bh_port_reply(SHORT_SERVER, "a reply is longer", 17), BH_OK);
	assert_sent(SHORT_SERVER, "a reply is longer");
}

static uint32_t echo(void *arg, const struct bh_message *request, void *out)
{
	uint32_t *left = arg;

	if (!(*left)--)
		return 0;
	memcpy(out, request->data, request->bytes);
	memcpy((char *)out + request->bytes, "!", 1);
	return request->bytes + 1;
}

static void the_serve_loop_answers_each_request_once(void **state)
{
	uint32_t left = 2;

	(void)state;
	peer_sends(SERVER, "first");
	then(an_interrupt_comes); /* behind the first reply, which must not be repeated */
	then(an_event_without_cause);
	then(a_request_comes);
	assert_int_equal(bh_port_serve(SERVER, echo, &left, DEADLINE), BH_E_TIMEOUT);
	assert_int_equal(left, 0);
	assert_int_equal(fakes[SERVER].sent, 2);
	assert_sent(SERVER, "request!");
	fake_now = 0;
	left = 1;
	assert_int_equal(bh_port_serve(SHORT_SERVER, echo, &left, DEADLINE), BH_E_TIMEOUT);
	assert_sent(SHORT_SERVER, "short!");
	peer_sends(SERVER, "last");
	assert_int_equal(bh_port_serve(SERVER, echo, &left, DEADLINE), BH_OK);
	assert_int_equal(bh_port_reply(SERVER, "bye", 3), BH_OK);
}

static uint32_t too_much(void *arg, const struct bh_message *request, void *out)
{
	(void)arg, (void)request, (void)out;
	return LONG + 1;
}

static void a_reply_of_a_wrong_size_ends_the_serve_loop(void **state)
{
	(void)state;
	peer_sends(SERVER, "x");
	assert_int_equal(bh_port_serve(SERVER, too_much, NULL, BH_NEVER), BH_E_ARG);
	assert_int_equal(fakes[SERVER].sent, 0);
}

static void one_wait_is_for_several_ports_and_says_which(void **state)
{
	uint64_t got;

	(void)state;
	then(a_message_comes);
	assert_int_equal(bh_port_wait(BH_PORT_BIT(QUEUE_IN) | BH_PORT_BIT(SHORT_IN) | BH_PORT_BIT(BELL_IN), BH_NEVER, &got), BH_OK);
	assert_int_equal(got, BH_PORT_BIT(QUEUE_IN) | BH_PORT_BIT(SHORT_IN));
	then(an_interrupt_comes);
	assert_int_equal(bh_port_wait(BH_PORT_BIT(BELL_IN), BH_NEVER, &got), BH_E_AGAIN);
	assert_int_equal(handled, 1);
	assert_int_equal(got, 0);
	assert_int_equal(bh_port_wait(BH_PORT_BIT(BELL_IN), DEADLINE, &got), BH_E_TIMEOUT);
	assert_int_equal(got, 0);
}

static void the_state_of_a_port_has_what_arinc_653_asks_for(void **state)
{
	struct bh_port_state s;

	(void)state;
	peer_sends(QUEUE_IN, "1");
	peer_sends(QUEUE_IN, "2");
	peer_ends(QUEUE_IN);
	assert_int_equal(bh_port_state(QUEUE_IN, &s), BH_OK);
	assert_int_equal(s.kind, BH_PORT_QUEUING);
	assert_false(s.sends);
	assert_int_equal(s.bytes, LONG);
	assert_int_equal(s.depth, DEPTH);
	assert_int_equal(s.waiting, 2);
	assert_int_equal(s.dropped, 7);
	assert_false(s.peer_runs);
	assert_int_equal(s.peer_ends, 1);
	assert_int_equal(bh_port_state(VALUE_OUT, &s), BH_OK);
	assert_true(s.sends && s.peer_runs);
	assert_int_equal(bh_port_state(63, &s), BH_E_CAP);
}

static void rang(void *arg)
{
	*(bool *)arg = true;
}

static void a_port_with_an_interrupt_has_a_handler(void **state)
{
	bool ran = false;

	(void)state;
	assert_int_equal(bh_port_interrupt(QUEUE_IN, rang, &ran, 0x80), BH_OK);
	assert_true(ran);
	assert_int_equal(bh_port_interrupt(QUEUE_OUT, rang, &ran, 0x80), BH_E_ARG);
	assert_int_equal(bh_port_interrupt(63, rang, &ran, 0x80), BH_E_CAP);
}

static void shared_memory_and_control_are_found_by_name(void **state)
{
	struct bh_control_state s;
	struct bh_shared shared;
	uint32_t cap = 0;

	(void)state;
	assert_int_equal(bh_shared_find("frames", &shared), BH_OK);
	assert_int_equal((uintptr_t)shared.data, 0x20100000);
	assert_true(shared.writable && shared.bytes == 8192);
	assert_int_equal(bh_shared_find("queue-in", &shared), BH_E_CAP);
	assert_int_equal(bh_control_find("pump", &cap), BH_OK);
	assert_int_equal(bh_control_state(cap, &s), BH_OK);
	assert_int_equal(s.run, BH_RUN_RUNNING);
	assert_int_equal(s.ends, 3);
	assert_int_equal(bh_control_stop(cap, &s), BH_OK);
	assert_int_equal(s.run, BH_RUN_STOPPING);
	assert_int_equal(bh_control_restart(cap, NULL), BH_OK);
	assert_int_equal(bh_control_start(1, NULL), BH_E_CAP);
}

#define test(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(ports_are_found_by_name_and_number),
		test(a_short_message_is_packed_without_reading_behind_it),
		test(a_long_message_goes_through_the_buffer_from_any_alignment),
		test(a_wrong_size_is_refused_and_touches_no_other_ends_buffer),
		test(the_wrong_end_or_kind_is_refused_and_nothing_is_touched),
		test(polling_answers_again_and_never_waits),
		test(a_deadline_ends_each_wait_and_nothing_is_sent_or_taken),
		test(a_wait_goes_on_over_interrupts_and_events_without_cause),
		test(a_sender_waits_for_room_and_then_sends_what_it_was_given),
		test(a_peer_that_ends_is_told_to_everyone_who_waits),
		test(a_server_waits_on_when_its_caller_is_gone),
		test(waiting_for_a_peer_ends_when_it_runs),
		test(messages_come_in_order_and_a_loss_is_told_once),
		test(clearing_empties_a_queue_once_over),
		test(a_value_can_be_read_again_and_grows_old),
		test(a_wait_for_a_fresh_value_is_not_content_with_the_old_one),
		test(a_call_brings_its_reply),
		test(a_request_is_replied_to_once),
		test(the_serve_loop_answers_each_request_once),
		test(a_reply_of_a_wrong_size_ends_the_serve_loop),
		test(one_wait_is_for_several_ports_and_says_which),
		test(the_state_of_a_port_has_what_arinc_653_asks_for),
		test(a_port_with_an_interrupt_has_a_handler),
		test(shared_memory_and_control_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
