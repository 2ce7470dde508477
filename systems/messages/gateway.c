/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway: the only way from linux to control. What comes from linux is text that nobody vouches
 * for; what goes on to control is a number that has been checked. Each request is answered, and shown
 * on the console. The state goes the other way, as a line of text.
 */
#include "sdk/bulkhead.h"
#include "systems/messages/gateway.h"
#include "systems/messages/plant.h"

#define REPORT_NS   100000000u /* how often linux is told the state, */
#define SHOW_EVERY  20u	       /* and every how many times the console */
#define NEAREST_NS  20000000u  /* between two set points that are passed on; control has long taken the first */
#define FARTHEST_MM 500	       /* from one set point to the next */
#define DIGITS	    6u
#define NO_NUMBER   -1

static uint64_t not_before; /* the next set point may be passed on, ticks */

/* Digits, perhaps with a line's end. */
static int32_t number(const char *text, uint32_t bytes)
{
	int32_t n = 0;

	if (bytes && text[bytes - 1] == '\n')
		bytes--;
	if (!bytes || bytes > DIGITS)
		return NO_NUMBER;
	for (uint32_t i = 0; i < bytes; i++) {
		if (text[i] < '0' || text[i] > '9')
			return NO_NUMBER;
		n = 10 * n + text[i] - '0';
	}
	return n;
}

/* Control may have stopped, or hang: then its last state is not taken for its state. */
static bool read_state(struct state *s)
{
	struct bh_message m;

	return bh_sampling_read(PORT_STATE, s, sizeof *s, &m) == BH_OK && m.valid;
}

static const char *pass_on(int32_t wanted)
{
	struct setpoint s = { .position = wanted };
	struct state now;

	if (wanted == NO_NUMBER)
		return "refused: a request is a position in mm, as 250";
	if (wanted > RAIL_MM)
		return "refused: it is not on the rail, 0 to 1000 mm";
	if (!read_state(&now))
		return "refused: control is silent";
	if (wanted - now.setpoint > FARTHEST_MM || now.setpoint - wanted > FARTHEST_MM)
		return "refused: it is more than 500 mm from the last set point";
	if (bh_time_ticks() < not_before)
		return "refused: it comes within 20 ms of the last set point";
	if (bh_queue_send(PORT_SETPOINT, &s, sizeof s, BH_NO_WAIT) != BH_OK)
		return "refused: control takes no set points now";
	not_before = bh_time_in_ns(NEAREST_NS);
	return "passed on to control";
}

/* Linux may have sent anything; a terminal is to see letters only. */
static void show(char *to, const char *text, uint32_t bytes)
{
	uint32_t n = 0;

	for (; n < bytes && text[n] != '\n'; n++)
		to[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	to[n] = 0;
}

static void answer(const struct bh_message *request)
{
	char asked[PORT_REQUEST_BYTES + 1], text[PORT_REQUEST_REPLY_BYTES];
	const char *what = pass_on(number(request->data, request->bytes));
	size_t n;

	show(asked, request->data, request->bytes);
	n = bh_snprintf(text, sizeof text, "%s: %s", asked, what);
	bh_printf("%s\n", text);
	if (bh_port_reply(PORT_REQUEST, text, (uint32_t)n) != BH_OK)
		bh_log("nobody is there any more to be answered");
}

static bool report(void)
{
	static uint32_t reports;
	char text[PORT_REPORT_BYTES];
	struct state s;
	size_t n;

	if (read_state(&s))
		n = bh_snprintf(text, sizeof text,
				"step %u: at %d mm, set point %d mm; jitter: late by %u ns, at most %u, %u missed", s.steps,
				(int)s.position, (int)s.setpoint, s.mean_ns, s.most_ns, s.missed);
	else
		n = bh_snprintf(text, sizeof text, "control is silent");
	if (reports++ % SHOW_EVERY == 0)
		bh_printf("control: %s\n", text);
	return bh_sampling_write(PORT_REPORT, text, n < sizeof text ? (uint32_t)n : (uint32_t)sizeof text) == BH_OK;
}

/* Ends only where description and program do not fit; the health log then says why. */
int main(void)
{
	uint64_t due = bh_time_ticks(), events;

	bh_log("set points: 0 to 1000 mm, at most 500 mm and at least 20 ms apart");
	do {
		struct bh_message request;

		while (bh_port_request(PORT_REQUEST, &request, BH_NO_WAIT) == BH_OK)
			answer(&request);
		if (bh_time_ticks() < due)
			continue;
		due += bh_time_from_ns(REPORT_NS);
		if (!report())
			return 1;
	} while (bh_port_wait(BH_PORT_BIT(PORT_REQUEST), due, &events) != BH_E_CAP);
	return 1;
}
