/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system for the monitor's unit tests: a kernel that is played, with three partitions, their ports and cores, behind the
 * SDK as it is. The monitor is partition 3; it controls linux (start, stop), and inspects driver.
 */
#ifndef TESTS_MONITOR_FIXTURE_H
#define TESTS_MONITOR_FIXTURE_H

#include "tests/unit/sdk_fakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

static inline uint64_t bh_time_frequency(void) /* as bh_time_from_ns() */
{
	return 100000000;
}

static inline uint64_t bh_time_to_ns(uint64_t ticks)
{
	return ticks * 10;
}

static inline uint64_t bh_time_in_ns(uint64_t ns)
{
	return fake_now + bh_time_from_ns(ns);
}

#include "sdk/bh_control.c"
#include "sdk/bh_info.c"
#include "sdk/bh_monitor.c"
#include "sdk/bh_schedule.c"

#include "abi/log.h"

enum { LINUX,
       DRIVER,
       CONTROL,
       MONITOR,
       PARTITIONS };

#define CORES 3u
#define PORTS 2u
#define RAM   (1u << 20) /* of driver */

#define CAP_MONITOR 9u
#define CAP_LINUX   10u
#define CAP_DRIVER  11u

static const char *const names[] = { "linux", "driver", "control", "monitor" };
static const uint32_t vcpus[] = { 2, 1, 1, 1 };

/* What the kernel played says, and what it was told. */
static uint32_t run[PARTITIONS], ends[PARTITIONS], last_control, resets;
static uint64_t ticks[PARTITIONS][2], idle[CORES], silent[CORES];
static uint64_t registers[BH_REGISTER_END];
static int64_t control_status;
static bool pausing_takes_time; /* the test says when it stands still */
static uint32_t inspected;	/* partition, or PARTITIONS */
static uint32_t debugged;	/* driver: the last BH_DEBUG_ON, _OFF or _STEP */
static uint32_t pause_why;	/* and why it stands still */
static uint8_t ram[RAM] __attribute__((aligned(4096)));
static char said[2000];	   /* on the monitor's console */
static bool spoke_to_held; /* driver may be that console */

static union {
	struct bh_log log;
	uint8_t bytes[16384];
} log_page;

static struct bh_info *page(void)
{
	return (struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static inline struct bh_info_entry *add_entry(uint32_t kind, uint32_t cap, const char *name, const char *peer)
{
	struct bh_info_entry *e = &page()->entry[page()->n_entries++];

	*e = (struct bh_info_entry){ .kind = kind, .cap = cap };
	snprintf(e->name, sizeof e->name, "%s", name);
	snprintf(e->peer, sizeof e->peer, "%s", peer);
	return e;
}

static int map(void **state)
{
	void *at = (void *)(uintptr_t)BH_INFO_IPA;

	(void)state;
	return mmap(at, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at ? 0 : -1;
}

static inline void make_log(void)
{
	memset(&log_page, 0, sizeof log_page);
	log_page.log.magic = BH_LOG_MAGIC;
	log_page.log.n = 4;
	log_page.log.rings = PARTITIONS;
}

static inline void log_record(uint32_t ring, uint16_t event, uint64_t value, uint8_t vcpu)
{
	uint32_t i = log_page.log.next[ring]++;

	log_page.log.record[ring * 4 + i % 4] = (struct bh_record){
		.sequence = i + 1, .event = event, .partition = (uint8_t)ring, .vcpu = vcpu, .time = 1000 + i, .value = value
	};
}

static inline void make_system(void)
{
	struct bh_info_entry *e;

	*page() = (struct bh_info){ .magic = BH_INFO_MAGIC };
	add_entry(BH_INFO_MONITOR, CAP_MONITOR, "monitor", "");
	for (uint32_t i = 0; i < PARTITIONS; i++)
		add_entry(BH_INFO_PARTITION, i, names[i], "")->depth = vcpus[i];
	add_entry(BH_INFO_CONTROL, CAP_LINUX, "linux", "")->flags = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP;
	e = add_entry(BH_INFO_CONTROL, CAP_DRIVER, "driver", "");
	e->flags = BH_CONTROL_MAY_STOP | BH_CONTROL_MAY_INSPECT;
	e->ipa = (uintptr_t)ram;
	e->bytes = RAM;
	e->ipa2 = ~0ull;
	add_entry(BH_INFO_CHANNEL, 0, "state", "control")->flags = 2;
	add_entry(BH_INFO_CHANNEL, 1, "orders", "linux")->flags = 3;
	add_entry(BH_INFO_GRANT, 0, "linux", "driver")->flags = BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP;
	add_entry(BH_INFO_GRANT, 0, "control", "linux")->flags = BH_CONTROL_MAY_STOP;
	add_entry(BH_INFO_MODE, 1, "calm", "");
	make_log();
	for (uint32_t i = 0; i < PARTITIONS; i++) {
		run[i] = BH_RUN_RUNNING;
		ends[i] = i;
	}
	memset(ticks, 0, sizeof ticks);
	memset(idle, 0, sizeof idle);
	memset(silent, 0, sizeof silent);
	fake_now = 0;
	last_control = ~0u;
	control_status = BH_OK;
	pausing_takes_time = false;
	debugged = 0;
	pause_why = BH_PAUSE_ORDER;
	resets = 0;
	inspected = PARTITIONS;
	said[0] = 0;
	spoke_to_held = false;
}

static inline int64_t play_look(uint64_t x[7])
{
	uint64_t n = x[2];

	assert_int_equal(x[0], CAP_MONITOR);
	switch (x[1]) {
	case BH_LOOK_PARTITION:
		assert_true(n < PARTITIONS); /* else it would be a line of the log */
		x[0] = run[n];
		x[1] = ends[n];
		x[2] = n * 10;
		x[3] = n * 100;
		x[4] = n ? BH_FAULT_PANIC : 0xffffffffu;
		x[5] = n * 1000;
		return BH_OK;
	case BH_LOOK_VCPU:
		assert_true((uint32_t)n < PARTITIONS && n >> 32 < vcpus[(uint32_t)n]);
		x[0] = (uint32_t)n == LINUX ? n >> 32 : 2;
		x[1] = ticks[(uint32_t)n][n >> 32];
		x[2] = 1;
		return BH_OK;
	case BH_LOOK_PORT:
		assert_true(n < PORTS);
		x[0] = n + 1;
		x[1] = 8;
		x[2] = n * 5;
		return BH_OK;
	case BH_LOOK_CORE:
		assert_true(n < CORES);
		x[0] = silent[n];
		x[1] = idle[n];
		return BH_OK;
	default:
		x[0] = fake_now;
		x[1] = 77;
		x[2] = 1;
		return BH_OK;
	}
}

static inline int64_t play_control(uint64_t x[7])
{
	uint32_t p = x[0] == CAP_LINUX ? LINUX : DRIVER;

	assert_true(x[0] == CAP_LINUX || x[0] == CAP_DRIVER);
	if (x[1] != BH_CONTROL_STATE)
		last_control = (uint32_t)(p << 8 | x[1]);
	if (x[1] == BH_CONTROL_PAUSE && run[p] != BH_RUN_RUNNING && run[p] != BH_RUN_PAUSED)
		return BH_E_STATE;
	if (x[1] == BH_CONTROL_RESUME && (run[p] != BH_RUN_PAUSED || inspected == p))
		return BH_E_STATE;
	if (x[1] == BH_CONTROL_PAUSE && !pausing_takes_time)
		run[p] = BH_RUN_PAUSED;
	if (x[1] == BH_CONTROL_RESUME)
		run[p] = BH_RUN_RUNNING;
	if (x[1] == BH_CONTROL_RELEASE && run[p] == BH_RUN_HELD && inspected != p)
		run[p] = BH_RUN_LOADING;
	else if (x[1] == BH_CONTROL_RELEASE)
		return BH_E_STATE;
	x[0] = run[p];
	x[1] = ends[p];
	return control_status;
}

static inline int64_t play_inspect(uint64_t x[7])
{
	if (x[0] == 0xffffffffu) {
		inspected = PARTITIONS;
		return BH_OK;
	}
	assert_int_equal(x[0], CAP_DRIVER);
	if (run[DRIVER] != BH_RUN_HELD && run[DRIVER] != BH_RUN_PAUSED)
		return BH_E_STATE;
	inspected = DRIVER;
	return BH_OK;
}

static inline int64_t play_registers(uint64_t x[7])
{
	uint64_t first = x[2];

	assert_int_equal(x[0], CAP_DRIVER);
	assert_int_equal(x[1], 0);
	assert_true(first + 4 <= BH_REGISTER_END);
	if (run[DRIVER] != BH_RUN_HELD && run[DRIVER] != BH_RUN_PAUSED)
		return BH_E_STATE;
	memcpy(x, registers + first, 4 * sizeof registers[0]);
	return BH_OK;
}

static inline int64_t play_debug(uint64_t x[7])
{
	uint32_t what = (uint32_t)x[2];

	assert_int_equal(x[0], CAP_DRIVER);
	assert_int_equal(x[1], 0);
	if (what == BH_DEBUG_STEP && run[DRIVER] != BH_RUN_PAUSED)
		return BH_E_STATE;
	if (what != BH_DEBUG_LOOK)
		debugged = what;
	x[0] = pause_why;
	x[1] = 0;
	x[2] = 0;
	return BH_OK;
}

static inline int64_t play_set_register(uint64_t x[7])
{
	assert_int_equal(x[0], CAP_DRIVER);
	if (run[DRIVER] != BH_RUN_PAUSED || x[2] >= BH_REGISTER_END)
		return BH_E_STATE;
	registers[x[2]] = x[3];
	return BH_OK;
}

int64_t fake_call(uint32_t function, uint64_t x[7])
{
	switch (function) {
	case BH_CALL_LOOK: return play_look(x);
	case BH_CALL_CONTROL: return play_control(x);
	case BH_CALL_INSPECT: return play_inspect(x);
	case BH_CALL_REGISTERS: return play_registers(x);
	case BH_CALL_DEBUG: return play_debug(x);
	case BH_CALL_SET_REGISTER: return play_set_register(x);
	case BH_CALL_RESET: resets++; return BH_E_STATE;
	default: fail_msg("call %#x", function); return BH_E_UNKNOWN;
	}
}

void fake_handlers(void)
{
}

void bh_printf(const char *format, ...)
{
	size_t used = strlen(said);
	va_list args;

	spoke_to_held |= run[DRIVER] == BH_RUN_HELD;
	va_start(args, format);
	vsnprintf(said + used, sizeof said - used, format, args);
	va_end(args);
}

void bh_log(const char *text)
{
	bh_printf("%s\n", text);
}

#endif
