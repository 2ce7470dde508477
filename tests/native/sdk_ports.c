/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SDK promises about ports, checked with a real kernel and a partner on another core
 * (sdk_partner.c) that can be told what to do. One line a promise, "ok" or "FAILED" first.
 */
#include "sdk/bulkhead.h"
#include "tests/native/orders.h"

#define MS	 1000000ull
#define PATIENCE (20000 * MS) /* for what must come: only a defect makes anybody wait so long */
#define SHORTLY	 (30 * MS)    /* for what must not come */
#define SGI	 3u
#define MESSAGES 1000u

static uint32_t order, echo, near, bell, value, stream, words, drops, feed, partner;
static volatile uint32_t count;

static void check(bool ok, const char *what)
{
	bh_printf("%s %s\n", ok ? "ok" : "FAILED", what);
}

static void answered(enum bh_status is, enum bh_status want, const char *what)
{
	bh_printf("%s %s", is == want ? "ok" : "FAILED", what);
	if (is != want)
		bh_printf(": %d, not %d", (int)is, (int)want);
	bh_printf("\n");
}

static uint64_t soon(void)
{
	return bh_time_in_ns(PATIENCE);
}

static uint64_t shortly(void)
{
	return bh_time_in_ns(SHORTLY);
}

static void counted(void *arg)
{
	(void)arg;
	count = count + 1;
}

/* The partner may still be busy with the order before. */
static struct report tell(enum order_kind kind, uint32_t n)
{
	struct order o = { kind, n };
	struct report none = { .wrong = 1000000 };
	struct bh_message m;
	enum bh_status status = bh_port_call(order, &o, sizeof o, &m, soon());

	if (status == BH_OK && m.bytes == sizeof none)
		return *(const struct report *)m.data;
	bh_printf("FAILED order %u: %d\n", kind, (int)status);
	return none;
}

static void check_names(void)
{
	static const struct {
		const char *name;
		uint32_t *port;
	} all[] = { { "order", &order }, { "echo", &echo }, { "near", &near }, { "bell", &bell }, { "value", &value }, { "stream", &stream }, { "words", &words }, { "drops", &drops }, { "feed", &feed } };
	bool found = true;
	uint32_t nothing;

	for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
		found &= bh_port_find(all[i].name, all[i].port) == BH_OK;
	found &= bh_control_find("partner", &partner) == BH_OK;
	check(found, "ports and controls are found by name");
	check(bh_port_find("nothing", &nothing) == BH_E_CAP, "and what is not there is not");
}

static void check_calls(void)
{
	static uint8_t text[BH_MESSAGE_MAX + 8];
	uint64_t number = 41;
	struct bh_message m;
	uint32_t good = 0;

	answered(bh_port_wait_peer(order, soon()), BH_OK, "the partner runs");
	for (uint32_t bytes = 1; bytes <= BH_MESSAGE_MAX; bytes = bytes * 2 + 1) {
		uint8_t *at = text + bytes % 8;

		for (uint32_t i = 0; i < bytes; i++)
			at[i] = (uint8_t)(i * 7 + bytes);
		good += bh_port_call(echo, at, bytes, &m, soon()) == BH_OK && m.bytes == bytes &&
			((const uint8_t *)m.data)[0] == at[bytes - 1] && ((const uint8_t *)m.data)[bytes - 1] == at[0];
	}
	check(good == 12, "a long request and its reply arrive, whatever size and alignment");
	answered(bh_port_wait_peer(near, soon()), BH_OK, "a server on this core runs");
	answered(bh_port_call(near, &number, sizeof number, &m, soon()), BH_OK, "and answers, though it is less urgent");
	check(*(const uint64_t *)m.data == 42, "what it should");
	answered(bh_port_call(near, &number, sizeof number, &m, BH_NEVER), BH_E_ARG, "a call for ever is refused");
	answered(bh_port_call(near, text, 9, &m, soon()), BH_E_ARG, "and one too long");
}

static void check_late_reply(void)
{
	struct order slow = { ORDER_SLOW, 100 };
	struct bh_message m;
	enum bh_status status;
	uint64_t begin = bh_time_ticks(), end = soon();

	answered(bh_port_call(order, &slow, sizeof slow, &m, shortly()), BH_E_TIMEOUT, "a call ends at its deadline");
	check(bh_time_to_ns(bh_time_ticks() - begin) >= SHORTLY - MS, "and not before");
	answered(bh_port_call(order, &slow, sizeof slow, &m, soon()), BH_E_AGAIN, "the next must wait for the server");
	do {
		slow.kind = ORDER_NOTHING;
		status = bh_port_call(order, &slow, sizeof slow, &m, soon());
	} while (status == BH_E_AGAIN && bh_time_ticks() < end);
	answered(status, BH_OK, "and then gets its own reply");
}

static void check_signals(void)
{
	uint64_t events = 0;

	(void)!bh_signal_wait(bell, 0); /* that the partner began is an event, too */
	tell(ORDER_NOTHING, 0);
	answered(bh_signal_wait(bell, shortly()), BH_E_TIMEOUT, "no signal, no return");
	tell(ORDER_RING, 3);
	answered(bh_signal_wait(bell, soon()), BH_OK, "a signal ends the wait");
	tell(ORDER_NOTHING, 0);
	(void)!bh_signal_wait(bell, 0);
	answered(bh_signal_wait(bell, BH_NO_WAIT), BH_E_TIMEOUT, "signals sent before are one");
	tell(ORDER_RING, 1);
	while (bh_port_wait(BH_PORT_BIT(bell) | BH_PORT_BIT(value) | BH_PORT_BIT(words), soon(), &events) == BH_OK &&
	       !(events & BH_PORT_BIT(bell)))
		;
	check(events & BH_PORT_BIT(bell), "one wait for several ports says which");
	answered(bh_signal_send(bell), BH_E_RIGHT, "the receiver cannot send it");
}

static void check_interrupts(void)
{
	uint64_t events, daif;
	struct bh_message m;

	count = 0;
	bh_alarm_every(bh_time_ticks(), bh_time_from_ns(2 * MS), counted, NULL);
	answered(bh_queue_view(stream, &m, shortly()), BH_E_TIMEOUT, "a wait ends at its deadline");
	bh_alarm_cancel();
	check(count > 2, "and handlers run meanwhile");
	bh_irq_enable(SGI, counted, NULL, BH_PRIORITY_NORMAL);
	daif = bh_irq_mask();
	count = 0;
	bh_irq_send(SGI, 0);
	bh_time_ticks();
	check(count == 0, "a masked interrupt waits");
	answered(bh_port_wait(BH_PORT_BIT(stream), soon(), &events), BH_E_AGAIN, "it ends a wait for ports");
	check(count == 1, "which lets it through");
	bh_irq_restore(daif);
	count = 0;
	answered(bh_port_interrupt(bell, counted, NULL, BH_PRIORITY_NORMAL), BH_OK, "a port has an interrupt");
	tell(ORDER_RING, 1);
	for (uint64_t end = soon(); !count && bh_time_ticks() < end;)
		(void)!bh_port_wait(0, bh_time_in_ns(MS), &events);
	check(count > 0, "whose handler runs when a signal comes");
	bh_irq_disable(bh_port_info(bell)->intid);
}

/* Queues of four, so the sender often waits for room and the receiver for a message. */
static void check_queues(void)
{
	uint32_t wrong = 0;
	struct numbered copy;
	struct bh_message m;

	tell(ORDER_STREAM, MESSAGES);
	for (uint32_t i = 0; i < MESSAGES && !wrong; i++)
		wrong += bh_queue_view(stream, &m, soon()) != BH_OK || numbered_wrong(m.data, m.bytes, i, LONG_BYTES);
	check(!wrong, "long messages come whole and in order, read where they lie");
	tell(ORDER_WORDS, MESSAGES);
	for (uint32_t i = 0; i < MESSAGES && !wrong; i++)
		wrong += bh_queue_receive(words, &copy, sizeof copy, &m, soon()) != BH_OK ||
			 numbered_wrong(&copy, m.bytes, i, SHORT_BYTES);
	check(!wrong, "and short ones, copied");
	tell(ORDER_DRAIN, MESSAGES);
	for (uint32_t i = 0; i < MESSAGES && !wrong; i++) {
		numbered_fill(&copy, i, numbered_bytes(i, LONG_BYTES));
		wrong += bh_queue_send(feed, &copy, numbered_bytes(i, LONG_BYTES), soon()) != BH_OK;
	}
	check(!wrong && tell(ORDER_NOTHING, 0).drained == MESSAGES, "a sender that waits for room loses none");
}

static volatile uint32_t words_wrong = 1;

static void take_words(void *arg)
{
	uint32_t wrong = 0;
	struct bh_message m;

	(void)arg;
	for (uint32_t i = MESSAGES; i < 2 * MESSAGES && !wrong; i++)
		wrong += bh_queue_view(words, &m, soon()) != BH_OK || numbered_wrong(m.data, m.bytes, i, SHORT_BYTES);
	words_wrong = wrong;
}

/* Each waits for its own port, in turns: who waits takes no event of the other's. */
static void check_two_vcpus(void)
{
	static char stack[BH_CPU_STACK_MIN] __attribute__((aligned(16)));
	uint32_t wrong = bh_cpu_on(1, take_words, NULL, stack, sizeof stack) != 0;
	struct bh_message m;

	tell(ORDER_BOTH, MESSAGES);
	for (uint32_t i = MESSAGES; i < 2 * MESSAGES && !wrong; i++)
		wrong += bh_queue_view(stream, &m, soon()) != BH_OK || numbered_wrong(m.data, m.bytes, i, LONG_BYTES);
	check(!wrong, "a vCPU gets all of its port's messages");
	for (uint64_t end = soon(); words_wrong && bh_time_ticks() < end;)
		(void)!bh_port_wait(0, bh_time_in_ns(MS), &(uint64_t){ 0 });
	check(!words_wrong, "while another gets all of another's");
}

static void check_clear(void)
{
	struct bh_message m;

	tell(ORDER_STREAM, 3);
	tell(ORDER_NOTHING, 0);
	answered(bh_queue_clear(stream), BH_OK, "a queue can be cleared");
	answered(bh_queue_view(stream, &m, BH_NO_WAIT), BH_E_AGAIN, "and is empty then");
}

static void check_drops(void)
{
	struct bh_port_state s;
	struct bh_message m;
	enum bh_status status;

	tell(ORDER_DROPS, 5);
	tell(ORDER_NOTHING, 0);
	check(bh_port_state(drops, &s) == BH_OK && s.waiting == 2 && s.dropped == 3 && s.depth == 2, "a full queue drops, and counts");
	status = bh_queue_view(drops, &m, BH_NO_WAIT);
	check(status == BH_OK && m.lost && *(const uint32_t *)m.data == 0, "the first are kept, and the loss is told");
	status = bh_queue_view(drops, &m, BH_NO_WAIT);
	check(status == BH_OK && !m.lost && *(const uint32_t *)m.data == 1, "once");
}

static void check_values(void)
{
	struct bh_message m;
	enum bh_status status;

	answered(bh_sampling_view(value, &m), BH_E_AGAIN, "there is no value before the first");
	tell(ORDER_WRITE, 7);
	status = bh_sampling_wait(value, &m, soon());
	check(status == BH_OK && m.fresh && m.bytes == 64 && *(const uint32_t *)m.data == 7, "a value is waited for");
	check(bh_time_ticks() >= m.time, "and was written before it is read");
	bh_sleep_until(bh_time_in_ns(2 * SHORTLY));
	status = bh_sampling_view(value, &m);
	check(status == BH_OK && !m.fresh && !m.valid && *(const uint32_t *)m.data == 7, "it stays, grows old, and is not valid then");
	tell(ORDER_WRITE, 8);
	tell(ORDER_WRITE, 9);
	tell(ORDER_NOTHING, 0);
	status = bh_sampling_view(value, &m);
	check(status == BH_OK && m.fresh && *(const uint32_t *)m.data == 9, "only the last one counts");
	answered(bh_sampling_wait(value, &m, shortly()), BH_E_TIMEOUT, "an old one ends no wait for a fresh one");
}

static void check_shared(void)
{
	struct bh_shared s;
	uint32_t sum = 0;

	answered(bh_shared_find("board", &s), BH_OK, "shared memory is found");
	check(s.writable && s.bytes == 65536, "with its size and our right");
	for (uint32_t i = 0; i < s.bytes; i++) {
		((uint8_t *)s.data)[i] = (uint8_t)(i * 31);
		sum += (uint8_t)(i * 31);
	}
	check(tell(ORDER_NOTHING, 0).sum == sum, "the other end sees what is written");
	tell(ORDER_STORE, 0);
	check(tell(ORDER_NOTHING, 0).stores == 1, "and cannot write");
}

static void check_peer(void)
{
	struct bh_control_state c;
	struct bh_port_state s;
	struct bh_message m;
	uint32_t ends;

	answered(bh_control_state(partner, &c), BH_OK, "the partner's state can be asked for");
	check(c.run == BH_RUN_RUNNING, "it runs");
	ends = c.ends;
	tell(ORDER_LEAVE, 0);
	answered(bh_queue_view(stream, &m, soon()), BH_E_PEER, "a partner that ends is told to who waits");
	answered(bh_queue_send(feed, "x", 1, soon()), BH_E_PEER, "nothing is sent to nobody");
	answered(bh_port_call(order, &(struct order){ 0 }, 8, &m, soon()), BH_E_PEER, "nor asked");
	answered(bh_sampling_wait(value, &m, soon()), BH_E_PEER, "no fresh value will come");
	check(bh_sampling_view(value, &m) == BH_OK && *(const uint32_t *)m.data == 9, "but the last one stays");
	answered(bh_port_wait_peer(order, shortly()), BH_E_TIMEOUT, "it does not start by itself");
	check(bh_control_state(partner, &c) == BH_OK && c.run == BH_RUN_OFF, "it is off");
	answered(bh_control_start(partner, NULL), BH_OK, "it can be started");
	answered(bh_port_wait_peer(order, soon()), BH_OK, "and waited for");
	check(bh_port_state(order, &s) == BH_OK && s.peer_runs && s.peer_ends == ends + 1, "it is another life");
	check(tell(ORDER_NOTHING, 0).drained == 0, "that knows nothing of the last");
	answered(bh_control_start(partner, NULL), BH_E_STATE, "what runs cannot be started");
	answered(bh_control_restart(partner, NULL), BH_OK, "but restarted");
	while (bh_port_state(order, &s) == BH_OK && s.peer_ends == ends + 1)
		(void)!bh_signal_wait(bell, bh_time_in_ns(MS));
	answered(bh_port_wait_peer(order, soon()), BH_OK, "so that it runs again");
	check(tell(ORDER_NOTHING, 0).drained == 0, "and obeys");
	answered(bh_control_stop(partner, NULL), BH_OK, "and stopped");
	while (bh_control_state(partner, &c) == BH_OK && c.run != BH_RUN_OFF)
		(void)!bh_signal_wait(bell, bh_time_in_ns(MS));
	check(c.ends == ends + 3, "which takes a moment");
	check(bh_control_start(partner, NULL) == BH_OK && bh_port_wait_peer(order, soon()) == BH_OK, "it begins once more");
}

/* Each is a line of the health log, too. */
static void check_mistakes(void)
{
	static char big[BH_MESSAGE_MAX + 1];
	struct bh_message m;

	answered(bh_queue_view(60, &m, BH_NEVER), BH_E_CAP, "a number that is no port is refused");
	answered(bh_queue_send(feed, big, LONG_BYTES + 1, BH_NEVER), BH_E_ARG, "and a message too long");
	answered(bh_queue_send(stream, big, 1, BH_NEVER), BH_E_RIGHT, "and the wrong end");
	answered(bh_control_stop(order, NULL), BH_E_CAP, "and a port as a control");
}

int main(void)
{
	check_names();
	check_calls();
	check_late_reply();
	check_signals();
	check_interrupts();
	check_values();
	check_queues();
	check_two_vcpus();
	check_clear();
	check_drops();
	check_shared();
	check(tell(ORDER_NOTHING, 0).wrong == 0, "the partner met nothing wrong");
	check_mistakes();
	check_peer();
	bh_log("all promises about ports checked");
	return 0;
}
