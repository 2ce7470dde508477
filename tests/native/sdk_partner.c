/* SPDX-License-Identifier: Apache-2.0 */
/* The partner of sdk_ports.c: does what it is asked to (orders.h), and echoes. */
#include "sdk/bulkhead.h"
#include "tests/native/orders.h"

#define MS 1000000u

static struct report report;
static uint32_t sent_stream, sent_words;
static uint32_t order, echo, bell, value, stream, words, drops, feed;

static bool step_over(struct bh_frame *f)
{
	f->pc += 4;
	report.stores++;
	return true;
}

static void send(uint32_t port, uint32_t *sent, uint32_t n, uint32_t most)
{
	struct numbered m;

	for (; n; n--, ++*sent) {
		numbered_fill(&m, *sent, numbered_bytes(*sent, most));
		if (bh_queue_send(port, &m, numbered_bytes(*sent, most), BH_NEVER) != BH_OK)
			report.wrong++;
	}
}

static void send_both(uint32_t n)
{
	while (n--) {
		send(stream, &sent_stream, 1, LONG_BYTES);
		send(words, &sent_words, 1, SHORT_BYTES);
	}
}

static void drain(uint32_t n)
{
	struct bh_message m;

	for (; n; n--, report.drained++)
		if (bh_queue_view(feed, &m, BH_NEVER) != BH_OK ||
		    numbered_wrong(m.data, m.bytes, report.drained, LONG_BYTES))
			report.wrong++;
}

static void ring(uint32_t n)
{
	while (n--)
		if (bh_signal_send(bell) != BH_OK)
			report.wrong++;
}

static void write(uint32_t n)
{
	uint32_t text[16] = { n };

	if (bh_sampling_write(value, text, sizeof text) != BH_OK)
		report.wrong++;
}

static void drop(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bh_queue_send(drops, &i, sizeof i, BH_NEVER) != BH_OK)
			report.wrong++;
}

static uint32_t sum(void)
{
	struct bh_shared s;
	uint32_t n = 0;

	if (bh_shared_find("board", &s) != BH_OK || s.writable)
		return 0;
	for (uint32_t i = 0; i < s.bytes; i++)
		n += ((const uint8_t *)s.data)[i];
	return n;
}

static void store(void)
{
	struct bh_shared s;

	if (bh_shared_find("board", &s) != BH_OK)
		return;
	bh_fault_handler(step_over);
	*(volatile uint32_t *)s.data = 0;
	bh_fault_handler(NULL);
}

static void obey(struct order o)
{
	switch ((enum order_kind)o.kind) {
	case ORDER_NOTHING:
	case ORDER_SLOW: break;
	case ORDER_RING: ring(o.n); break;
	case ORDER_WRITE: write(o.n); break;
	case ORDER_STREAM: send(stream, &sent_stream, o.n, LONG_BYTES); break;
	case ORDER_WORDS: send(words, &sent_words, o.n, SHORT_BYTES); break;
	case ORDER_BOTH: send_both(o.n); break;
	case ORDER_DROPS: drop(o.n); break;
	case ORDER_DRAIN: drain(o.n); break;
	case ORDER_STORE: store(); break;
	case ORDER_LEAVE: bh_partition_off();
	}
}

static void take_order(void)
{
	struct bh_message m;
	struct order o;

	if (bh_port_request(order, &m, BH_NO_WAIT) != BH_OK)
		return;
	o = *(const struct order *)m.data;
	if (o.kind == ORDER_SLOW)
		bh_sleep_until(bh_time_in_ns(o.n * (uint64_t)MS));
	if (o.kind == ORDER_NOTHING)
		report.sum = sum();
	if (bh_port_reply(order, &report, sizeof report) != BH_OK && o.kind != ORDER_SLOW)
		report.wrong++;
	obey(o);
}

/* Turned round, into the buffer itself. */
static void take_echo(void)
{
	uint8_t *out = bh_port_buffer(echo);
	const uint8_t *in;
	struct bh_message m;

	if (bh_port_request(echo, &m, BH_NO_WAIT) != BH_OK)
		return;
	in = m.data;
	for (uint32_t i = 0; i < m.bytes; i++)
		out[i] = in[m.bytes - 1 - i];
	if (bh_port_reply(echo, out, m.bytes) != BH_OK)
		report.wrong++;
}

int main(void)
{
	static const struct {
		const char *name;
		uint32_t *port;
	} all[] = { { "order", &order }, { "echo", &echo }, { "bell", &bell }, { "value", &value }, { "stream", &stream }, { "words", &words }, { "drops", &drops }, { "feed", &feed } };
	uint64_t events;

	for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (bh_port_find(all[i].name, all[i].port) != BH_OK)
			return 1;
	do {
		take_order();
		take_echo();
	} while (bh_port_wait(BH_PORT_BIT(order) | BH_PORT_BIT(echo), BH_NEVER, &events) != BH_E_CAP);
	return 1;
}
