/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each request opens the channel and closes it again: it is one program's at a time, and a feeder that runs for ever must not
 * keep the others out. Who finds it busy waits a little.
 */
#include "sdk/linux/ctl_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/status.h"
#include "sdk/linux/bulkhead_port.h"

#define CHANNELS	64
#define REPLY_BYTES	4096
#define CALL_MS		1000
#define BUSY_STEP_MS	20
#define BUSY_STEPS	150 /* so 3 s in all */
#define ENTRIES_AT_MOST 100000u

static char channel[32];

/* --- the channel --- */

static bool can_ask(const struct bulkhead_channel *c)
{
	return c->kind == BULKHEAD_CALL && c->sends && c->bytes >= BH_MONITOR_REQUEST_BYTES && c->reply_bytes >= BH_MONITOR_REPLY_MIN;
}

/* By name, channel's or partner's, or because nothing else can be meant. */
static const struct bulkhead_channel *to_monitor(const struct bulkhead_channel *all, int n)
{
	const struct bulkhead_channel *only = NULL;
	int found = 0;

	for (int i = 0; i < n; i++) {
		if (!can_ask(&all[i]))
			continue;
		if (strcmp(all[i].peer, "monitor") == 0 || strcmp(all[i].name, "monitor") == 0)
			return &all[i];
		only = &all[i];
		found++;
	}
	return found == 1 ? only : NULL;
}

bool ctl_channel(const char *name)
{
	static struct bulkhead_channel all[CHANNELS];
	const struct bulkhead_channel *c;
	int n;

	if (name) {
		snprintf(channel, sizeof channel, "%s", name);
		return true;
	}
	n = bulkhead_list(all, CHANNELS);
	c = to_monitor(all, n < CHANNELS ? n : CHANNELS);
	if (c)
		snprintf(channel, sizeof channel, "%.31s", c->name);
	else
		fprintf(stderr, "bulkheadctl: which channel leads to the monitor? None of this partition's call channels (bytes at least %u, reply "
				"at least %u) does so by its name or its partner's; --channel NAME says it, bulkhead-port list shows them\n",
			BH_MONITOR_REQUEST_BYTES, BH_MONITOR_REPLY_MIN);
	return c != NULL;
}

/* --- one request --- */

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static int open_when_free(struct bulkhead_port **port)
{
	int wrong = -EBUSY;

	for (int i = 0; i < BUSY_STEPS && wrong == -EBUSY; i++) {
		if (i)
			pause_ms(BUSY_STEP_MS);
		wrong = bulkhead_open(port, channel);
	}
	return wrong;
}

/* The reply's bytes, or a negative errno. -EAGAIN: the monitor still has a request of ours that had timed out. */
static ssize_t call(const struct bh_monitor_request *request, void *reply)
{
	struct bulkhead_port *port;
	ssize_t n = open_when_free(&port);

	if (n < 0)
		return n;
	n = -EAGAIN;
	for (int i = 0; i < BUSY_STEPS && n == -EAGAIN; i++) {
		if (i)
			pause_ms(BUSY_STEP_MS);
		n = bulkhead_call(port, request, sizeof *request, reply, REPLY_BYTES, CALL_MS);
	}
	bulkhead_close(port);
	return n;
}

static const char *refusal(int32_t status)
{
	switch (status) {
	case BH_E_UNKNOWN: return "the monitor does not know this request";
	case BH_E_ARG: return "there is no partition of that name";
	case BH_E_RIGHT: return "the description does not give this partition the right to that";
	case BH_E_CAP: return "the monitor does not control that partition (`controls` of the monitor)";
	case BH_E_STATE: return "it is not in a state that allows that (start: it is not off; restart: it is off, or restart = \"never\"; "
				"feed: it has no watchdog, or does not run)";
	default: return "the monitor refuses";
	}
}

/* @about: what the complaint begins with. */
static enum ctl_answer ask(const struct bh_monitor_request *request, const char *about, struct bh_monitor_reply *head, uint8_t *reply)
{
	ssize_t n = call(request, reply);

	if (n < 0) {
		fprintf(stderr, "bulkheadctl: channel %s: %s\n", channel, bulkhead_text((int)n));
		return n == -ENOENT || n == -EPERM || n == -EINVAL ? CTL_REFUSED : CTL_NOT_REACHED;
	}
	if ((size_t)n < sizeof *head) {
		fprintf(stderr, "bulkheadctl: channel %s: whoever answers there is no monitor\n", channel);
		return CTL_REFUSED;
	}
	memcpy(head, reply, sizeof *head);
	if (head->version != BH_MONITOR_VERSION) {
		fprintf(stderr, "bulkheadctl: the monitor speaks version %u, this program %u\n", head->version, BH_MONITOR_VERSION);
		return CTL_REFUSED;
	}
	if (head->status) {
		fprintf(stderr, "bulkheadctl: %s: %s\n", about, refusal(head->status));
		return CTL_REFUSED;
	}
	if (head->n > ((size_t)n - sizeof *head) / (head->entry_bytes ? head->entry_bytes : 1)) {
		fprintf(stderr, "bulkheadctl: channel %s: the reply is shorter than it says\n", channel);
		return CTL_REFUSED;
	}
	return CTL_DONE;
}

static struct bh_monitor_request request_for(enum bh_monitor_op op, const char *name, uint32_t first)
{
	struct bh_monitor_request r = { .version = BH_MONITOR_VERSION, .op = op, .first = first };

	snprintf(r.name, sizeof r.name, "%s", name);
	return r;
}

/* --- lists --- */

static bool append(struct ctl_list *list, const uint8_t *from, size_t bytes)
{
	size_t each = list->head.entry_bytes;
	uint8_t *grown = realloc(list->entry, (list->n + list->head.n + 1) * bytes);

	if (!grown)
		return false;
	list->entry = grown;
	memset(grown + list->n * bytes, 0, list->head.n * bytes);
	for (uint32_t i = 0; i < list->head.n; i++)
		memcpy(grown + (list->n + i) * bytes, from + i * each, each < bytes ? each : bytes);
	list->n += list->head.n;
	return true;
}

bool ctl_ask(struct ctl_list *list, enum bh_monitor_op op, const char *name, uint32_t first, size_t bytes)
{
	uint8_t reply[REPLY_BYTES];

	*list = (struct ctl_list){ 0 };
	do {
		struct bh_monitor_request r = request_for(op, name, first);

		if (ask(&r, *name ? name : channel, &list->head, reply) != CTL_DONE)
			return false;
		if (!append(list, reply + sizeof list->head, bytes)) {
			fprintf(stderr, "bulkheadctl: no memory for %u entries\n", list->head.total);
			return false;
		}
		first = list->head.first + list->head.n;
	} while (list->head.n && first != list->head.total && list->n < ENTRIES_AT_MOST);
	return true;
}

void ctl_free(struct ctl_list *list)
{
	free(list->entry);
	*list = (struct ctl_list){ 0 };
}

enum ctl_answer ctl_order(enum bh_monitor_op op, const char *name)
{
	struct bh_monitor_request r = request_for(op, name, 0);
	uint8_t reply[REPLY_BYTES];
	struct bh_monitor_reply head;

	return ask(&r, name, &head, reply);
}

enum ctl_answer ctl_self(char *name)
{
	struct bh_monitor_request r = request_for(BH_MONITOR_SYSTEM, "", 0);
	uint8_t reply[REPLY_BYTES];
	struct bh_monitor_reply head;
	enum ctl_answer answer = ask(&r, channel, &head, reply);

	if (answer == CTL_DONE && (head.n != 1 || head.entry_bytes < BH_NAME_BYTES)) {
		fprintf(stderr, "bulkheadctl: channel %s: the monitor does not say who this is\n", channel);
		answer = CTL_REFUSED;
	}
	if (answer == CTL_DONE) /* the name comes first */
		snprintf(name, BH_NAME_BYTES, "%.31s", (const char *)reply + sizeof head);
	return answer;
}
