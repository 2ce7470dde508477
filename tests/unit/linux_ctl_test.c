/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkheadctl: what it asks, over a library and a monitor that are played here, and what it shows.
 * sources: sdk/linux/ctl_client.c sdk/linux/ctl_show.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/health.h"
#include "abi/log.h"
#include "abi/status.h"
#include "sdk/linux/bulkhead_port.h"
#include "sdk/linux/ctl_client.h"
#include "sdk/linux/ctl_show.h"

/* --- the library --- */

static struct bulkhead_channel channels[4];
static int n_channels, busy, again, wrong; /* answers before it goes well; one that comes always */
static int opened, closed;
static char opened_name[40];

int bulkhead_list(struct bulkhead_channel *list, int room)
{
	assert_true(room >= n_channels);
	memcpy(list, channels, sizeof channels[0] * (size_t)n_channels);
	return n_channels;
}

int bulkhead_open(struct bulkhead_port **port, const char *name)
{
	if (busy-- > 0)
		return -EBUSY;
	opened++;
	snprintf(opened_name, sizeof opened_name, "%s", name);
	*port = (struct bulkhead_port *)(void *)channels;
	return 0;
}

void bulkhead_close(struct bulkhead_port *port)
{
	assert_ptr_equal(port, channels);
	closed++;
}

const char *bulkhead_text(int answer)
{
	return answer == -ENOTCONN ? "does not run" : "?";
}

/* --- the monitor --- */

static struct bh_monitor_partition partitions[40];
static uint32_t n_partitions, at_once, entry_bytes;
static int32_t status;
static uint32_t version;
static struct bh_monitor_request asked;
static uint32_t requests;

ssize_t bulkhead_call(struct bulkhead_port *port, const void *request, size_t bytes, void *buffer, size_t room, int timeout_ms)
{
	struct bh_monitor_reply head = { .version = version, .status = status, .total = n_partitions, .time = 5000, .ticks_per_s = 1000 };
	uint8_t *to = buffer;

	(void)port;
	assert_int_equal(bytes, BH_MONITOR_REQUEST_BYTES);
	assert_in_range(timeout_ms, 1, 1000);
	memcpy(&asked, request, sizeof asked);
	assert_int_equal(asked.version, BH_MONITOR_VERSION);
	requests++;
	if (again-- > 0)
		return -EAGAIN;
	if (wrong)
		return wrong;
	head.first = asked.first;
	head.entry_bytes = entry_bytes;
	if (!status && asked.op == BH_MONITOR_SYSTEM) {
		head.n = 1;
		head.entry_bytes = sizeof(struct bh_monitor_system);
		memset(to + sizeof head, 0, head.entry_bytes);
		strcpy((char *)to + sizeof head, "linux");
	}
	if (!status && asked.op == BH_MONITOR_PARTITIONS) {
		head.n = n_partitions - asked.first < at_once ? n_partitions - asked.first : at_once;
		assert_true(sizeof head + head.n * entry_bytes <= room);
		memset(to + sizeof head, 0x55, head.n * entry_bytes);
		for (uint32_t i = 0; i < head.n; i++)
			memcpy(to + sizeof head + i * entry_bytes, &partitions[asked.first + i],
			       entry_bytes < sizeof partitions[0] ? entry_bytes : sizeof partitions[0]);
	}
	memcpy(to, &head, sizeof head);
	return (ssize_t)(sizeof head + head.n * head.entry_bytes);
}

/* --- what is said --- */

static char *text;
static size_t text_bytes;
static FILE *out, *real_stderr;

static int fresh(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	out = open_memstream(&text, &text_bytes);
	real_stderr = stderr;
	stderr = out;
	n_channels = 1;
	channels[0] = (struct bulkhead_channel){ .name = "ctl", .peer = "monitor", .kind = BULKHEAD_CALL, .sends = true, .bytes = 64, .reply_bytes = 4096 };
	busy = again = wrong = opened = closed = 0;
	status = BH_OK;
	version = BH_MONITOR_VERSION;
	requests = 0;
	n_partitions = 0;
	at_once = 100;
	entry_bytes = sizeof partitions[0];
	memset(partitions, 0, sizeof partitions);
	assert_true(ctl_channel("ctl"));
	return 0;
}

static int done(void **state)
{
	(void)state;
	stderr = real_stderr;
	fclose(out);
	return 0;
}

static const char *said(void)
{
	fflush(out);
	return text;
}

/* --- asking --- */

static void the_channel_to_a_partition_named_monitor_is_found(void **state)
{
	(void)state;
	n_channels = 3;
	channels[0].peer[0] = 'x';
	channels[1] = channels[0];
	strcpy(channels[1].name, "there");
	strcpy(channels[1].peer, "monitor");
	channels[2] = channels[1];
	channels[2].sends = false;
	assert_true(ctl_channel(NULL));
	assert_int_equal(ctl_order(BH_MONITOR_STOP, "a"), CTL_DONE);
	assert_string_equal(opened_name, "there");
}

static void where_one_only_can_be_meant_it_is_that(void **state)
{
	(void)state;
	n_channels = 2;
	strcpy(channels[0].peer, "keeper");
	channels[1] = channels[0];
	channels[1].reply_bytes = 100; /* too small for a monitor's */
	assert_true(ctl_channel(NULL));
	channels[1].reply_bytes = 4096;
	assert_false(ctl_channel(NULL));
	assert_non_null(strstr(said(), "--channel NAME"));
	n_channels = 0;
	assert_false(ctl_channel(NULL));
}

static void a_list_is_asked_for_until_it_is_whole(void **state)
{
	struct ctl_list l;

	(void)state;
	n_partitions = 40;
	at_once = 7;
	for (uint32_t i = 0; i < 40; i++)
		partitions[i].ends = i;
	assert_true(ctl_ask(&l, BH_MONITOR_PARTITIONS, "", 0, sizeof partitions[0]));
	assert_int_equal(l.n, 40);
	assert_int_equal(requests, 6);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(((struct bh_monitor_partition *)l.entry)[i].ends, i);
	assert_int_equal(opened, closed);
	ctl_free(&l);
}

static void entries_of_another_size_are_cut_or_filled_up(void **state)
{
	struct ctl_list l;

	(void)state;
	n_partitions = 3;
	partitions[1].cpu_ticks = 99;
	partitions[2].ends = 4;
	entry_bytes = sizeof partitions[0] + 16;
	assert_true(ctl_ask(&l, BH_MONITOR_PARTITIONS, "", 0, sizeof partitions[0]));
	assert_int_equal(((struct bh_monitor_partition *)l.entry)[1].cpu_ticks, 99);
	assert_int_equal(((struct bh_monitor_partition *)l.entry)[2].ends, 4);
	ctl_free(&l);
	entry_bytes = sizeof partitions[0] - 8;
	assert_true(ctl_ask(&l, BH_MONITOR_PARTITIONS, "", 0, sizeof partitions[0]));
	assert_int_equal(((struct bh_monitor_partition *)l.entry)[1].cpu_ticks, 0);
	assert_int_equal(((struct bh_monitor_partition *)l.entry)[2].ends, 4);
	ctl_free(&l);
}

static void who_finds_the_channel_busy_waits(void **state)
{
	(void)state;
	busy = 2;
	again = 2;
	assert_int_equal(ctl_order(BH_MONITOR_FEED, "linux"), CTL_DONE);
	assert_int_equal(asked.op, BH_MONITOR_FEED);
	assert_string_equal(asked.name, "linux");
	assert_string_equal(said() ? said() : "", "");
}

static void a_refusal_is_said_in_words(void **state)
{
	static const struct {
		int32_t status;
		const char *words;
	} cases[] = { { BH_E_RIGHT, "driver: the description does not give this partition the right" },
		      { BH_E_ARG, "driver: there is no partition of that name" },
		      { BH_E_CAP, "does not control" },
		      { BH_E_STATE, "it is not in a state" },
		      { BH_E_UNKNOWN, "does not know" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		status = cases[i].status;
		assert_int_equal(ctl_order(BH_MONITOR_STOP, "driver"), CTL_REFUSED);
		assert_non_null(strstr(said(), cases[i].words));
	}
}

static void a_monitor_that_does_not_run_is_no_refusal(void **state)
{
	(void)state;
	wrong = -ENOTCONN;
	assert_int_equal(ctl_order(BH_MONITOR_FEED, "driver"), CTL_NOT_REACHED);
	assert_non_null(strstr(said(), "channel ctl: does not run"));
	wrong = 5; /* a reply of five bytes */
	assert_int_equal(ctl_order(BH_MONITOR_FEED, "driver"), CTL_REFUSED);
	assert_non_null(strstr(said(), "no monitor"));
	wrong = 0;
	version++;
	assert_int_equal(ctl_order(BH_MONITOR_FEED, "driver"), CTL_REFUSED);
	assert_non_null(strstr(said(), "version 2"));
}

static void a_partition_learns_its_own_name(void **state)
{
	char name[BH_NAME_BYTES] = "";

	(void)state;
	wrong = -ETIMEDOUT;
	assert_int_equal(ctl_self(name), CTL_NOT_REACHED);
	assert_string_equal(name, "");
	wrong = 0;
	assert_int_equal(ctl_self(name), CTL_DONE);
	assert_string_equal(name, "linux");
}

/* --- showing --- */

static void partitions_are_shown(void **state)
{
	struct bh_monitor_partition p[2] = { { .name = "linux", .run = BH_RUN_RUNNING, .vcpus = 2, .share = 1234, .last_fault = ~0u },
					     { .name = "driver", .run = BH_RUN_HELD, .vcpus = 1, .share = 5, .ends = 3, .restarts = 2, .faults = 7, .last_fault = BH_FAULT_WATCHDOG, .may = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP, .fault_time = 3500, .cpu_ticks = 1500 } };
	struct ctl_list l = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 2, .entry = p };

	(void)state;
	ctl_show_partitions(out, &l, false);
	assert_string_equal(said(), "PARTITION       STATE     VCPUS    CPU ENDED RESTARTS FAULTS  LAST FAULT         AGO  YOU MAY\n"
				    "linux           running       2  123.4%     0        0      0  -                    -  -\n"
				    "driver          held          1    0.5%     3        2      7  watchdog         1.5 s  start stop\n");
}

static void partitions_are_told_to_programs(void **state)
{
	struct bh_monitor_partition p[2] = { { .name = "a\"b", .run = 77, .vcpus = 1, .share = 1005, .last_fault = ~0u },
					     { .name = "driver", .run = BH_RUN_OFF, .last_fault = BH_FAULT_PANIC, .fault_time = 3500, .may = BH_CONTROL_MAY_STOP } };
	struct ctl_list l = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 2, .entry = p };

	(void)state;
	ctl_show_partitions(out, &l, true);
	assert_string_equal(
		said(),
		"{\"time_ns\": 5000000000, \"partitions\": [\n"
		"  {\"name\": \"a\\\"b\", \"state\": \"?\", \"vcpus\": 1, \"cpu_share\": 1.005, \"cpu_ns\": 0, \"ended\": 0, \"restarts\": 0, "
		"\"faults\": 0, \"last_fault\": null, \"last_fault_ns\": null, \"may_start\": false, \"may_stop\": false},\n"
		"  {\"name\": \"driver\", \"state\": \"off\", \"vcpus\": 0, \"cpu_share\": 0.000, \"cpu_ns\": 0, \"ended\": 0, \"restarts\": 0, "
		"\"faults\": 0, \"last_fault\": \"panic\", \"last_fault_ns\": 3500000000, \"may_start\": false, \"may_stop\": true}\n]}\n");
}

static void ports_and_cores_are_shown(void **state)
{
	struct bh_monitor_port p = { .name = "orders", .sender = "linux", .kind = 3, .waiting = 2, .depth = 8, .dropped = 5 };
	struct bh_monitor_core c[2] = { { .number = 0, .vcpus = 3, .idle_share = 250 }, { .number = 1, .vcpus = 1, .idle_share = 1000, .silent = 2500 } };
	struct ctl_list ports = { .head = { .ticks_per_s = 1000 }, .n = 1, .entry = &p };
	struct ctl_list cores = { .head = { .ticks_per_s = 1000 }, .n = 2, .entry = c };

	(void)state;
	ctl_show_ports(out, &ports, false);
	ctl_show_cores(out, &cores, false);
	assert_string_equal(said(), "PORT            SENDER          KIND      WAITING  DEPTH  DROPPED\n"
				    "orders          linux           queuing         2      8        5\n"
				    "CORE  VCPUS    BUSY  ANSWERS\n"
				    "   0      3    75.0%  yes\n"
				    "   1      1     0.0%  not for 2500 ms\n");
}

static void records_and_dumps_are_shown(void **state)
{
	struct bh_monitor_record r = { .sequence = 9, .time = 1234, .text = "linux: \033[2J stopped" };
	struct bh_monitor_dump d = { .name = "driver", .sequence = 4, .state = BH_DUMP_CUT, .bytes = 163840, .whole_bytes = 1 << 20, .time = 4000, .cause = BH_STOP_FAULT | BH_FAULT_ACCESS << 8 };
	struct ctl_list records = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 1, .entry = &r };
	struct ctl_list dumps = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 1, .entry = &d };

	(void)state;
	ctl_show_log(out, &records, false); /* what a partition says does not reach the terminal as it is */
	ctl_show_dumps(out, &dumps, false);
	assert_string_equal(said(), "[    1.234000] linux: .[2J stopped\n"
				    "PARTITION       NUMBER  STATE        KIB   OF KIB         AGO  CAUSE\n"
				    "driver               4  cut          160     1024       1.0 s  fault: access\n");
	ctl_show_log(out, &records, true);
	assert_non_null(strstr(said(), "\"text\": \"linux: \\u001b[2J stopped\"}"));
	ctl_show_dumps(out, &dumps, true);
	assert_non_null(strstr(said(), "\"state\": \"cut\", \"bytes\": 163840"));
}

static void top_fits_the_screen_and_shows_full_ports_first(void **state)
{
	struct bh_monitor_system s = { .name = "linux", .epoch = 1000, .mode = "calm", .partitions = 3, .ports = 3 };
	struct bh_monitor_partition p[3] = { { .name = "a", .last_fault = ~0u }, { .name = "b", .last_fault = ~0u }, { .name = "c", .last_fault = ~0u } };
	struct bh_monitor_core c = { .number = 0, .idle_share = 500 };
	struct bh_monitor_port q[3] = { { .name = "quiet" }, { .name = "full", .waiting = 8 }, { .name = "dropped", .dropped = 1 } };
	struct ctl_list partition_list = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 3, .entry = p };
	struct ctl_list core_list = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 1, .entry = &c };
	struct ctl_list port_list = { .head = { .time = 5000, .ticks_per_s = 1000 }, .n = 3, .entry = q };

	(void)state;
	for (int rows = 5; rows < 14; rows++) {
		uint32_t lines = 0;

		fflush(out);
		rewind(out);
		ctl_show_top(out, &s, &partition_list, &core_list, &port_list, rows);
		for (const char *t = said(); *t && t < text + text_bytes; t++)
			lines += *t == '\n';
		assert_true(lines <= (uint32_t)rows);
	}
	assert_memory_equal(said(), "bulkhead: up 4.0 s, mode calm, 3 partitions, 3 ports; seen from linux; q quits\n", 79);
	assert_non_null(strstr(said(), "core 0  [##########          ]  50.0%"));
	assert_true(strstr(said(), "\nfull") < strstr(said(), "\ndropped"));
	assert_true(strstr(said(), "\ndropped") < strstr(said(), "\nquiet"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define test(name) cmocka_unit_test_setup_teardown(name, fresh, done)
		test(the_channel_to_a_partition_named_monitor_is_found),
		test(where_one_only_can_be_meant_it_is_that),
		test(a_list_is_asked_for_until_it_is_whole),
		test(entries_of_another_size_are_cut_or_filled_up),
		test(who_finds_the_channel_busy_waits),
		test(a_refusal_is_said_in_words),
		test(a_monitor_that_does_not_run_is_no_refusal),
		test(a_partition_learns_its_own_name),
		test(partitions_are_shown),
		test(partitions_are_told_to_programs),
		test(ports_and_cores_are_shown),
		test(records_and_dumps_are_shown),
		test(top_fits_the_screen_and_shows_full_ports_first),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(text);
	return failed;
}
