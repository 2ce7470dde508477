/* SPDX-License-Identifier: Apache-2.0 */
/* The target of the gdb stub (gdb_target.h), by the monitor's calls. */
#include "services/monitor/guest_debug.h"

#include <stddef.h>

#include "sdk/bh_control.h"
#include "sdk/bh_log.h"
#include "services/monitor/census.h"
#include "services/monitor/gdb.h"
#include "services/monitor/gdb_target.h"
#include "services/monitor/guest_window.h"

static struct {
	const struct census_partition *partition; /* NULL: no session */
	uint32_t ends;				  /* of it, when the session began: another life is another's */
	bool armed;				  /* breakpoints and steps come to us; of one that stands still only can that be ordered */
	bool ending;
	struct guest_memory memory; /* as of the last gdb_target_memory() or gdb_target_at() */
} session;

static uint32_t cap(void)
{
	return session.partition->control->cap;
}

/* --- registers and memory --- */

uint32_t gdb_target_vcpus(void)
{
	return session.partition->info->depth;
}

bool gdb_target_register(uint32_t vcpu, uint32_t number, uint64_t *value)
{
	uint32_t first = number < BH_REGISTER_END - 4 ? number : BH_REGISTER_END - 4;
	uint64_t four[4];

	if (bh_registers(cap(), vcpu, first, four) != BH_OK)
		return false;
	*value = four[number - first];
	return true;
}

bool gdb_target_set_register(uint32_t vcpu, uint32_t number, uint64_t value)
{
	return bh_register_set(cap(), vcpu, number, value) == BH_OK;
}

uint8_t *gdb_target_memory(uint32_t vcpu, uint64_t address, bool physical, uint32_t *bytes)
{
	struct guest_span span = { address, address, *bytes };
	struct guest_stage1 stage1;

	if (guest_window(session.partition->control, &session.memory) != BH_OK)
		return NULL;
	if (!physical && (guest_stage1(session.partition->control, vcpu, &stage1) != BH_OK ||
			  !guest_translate(&session.memory, &stage1, address, &span)))
		return NULL;
	if (span.bytes < *bytes)
		*bytes = (uint32_t)span.bytes;
	while (*bytes && !guest_at(&session.memory, span.ipa, *bytes))
		*bytes /= 2; /* the end of RAM */
	return *bytes ? guest_at(&session.memory, span.ipa, *bytes) : NULL;
}

uint64_t gdb_target_place(const uint8_t *at)
{
	return GUEST_RAM + (uint64_t)(at - session.memory.at);
}

uint8_t *gdb_target_at(uint64_t place)
{
	if (guest_window(session.partition->control, &session.memory) != BH_OK)
		return NULL;
	return guest_at(&session.memory, place, 4);
}

/* --- going on, and stopping --- */

/*
 * Each vCPU is told anew whether it steps: a step that was asked for and did not come about, since another vCPU stopped the
 * partition before, is not wanted any more. The window is closed: while it is seen the partition cannot go on.
 */
bool gdb_target_go(uint32_t step)
{
	for (uint32_t i = 0; i < gdb_target_vcpus(); i++)
		if (bh_debug(cap(), i, i == step ? BH_DEBUG_STEP : BH_DEBUG_ON, NULL) != BH_OK)
			return false;
	guest_window_end(session.partition->control);
	return bh_control_resume(cap(), NULL) == BH_OK;
}

bool gdb_target_halt(void)
{
	return bh_control_pause(cap(), NULL) == BH_OK;
}

static void debug_all(enum bh_debug what)
{
	for (uint32_t i = 0; i < gdb_target_vcpus(); i++)
		(void)!bh_debug(cap(), i, what, NULL); /* one that has ended has nothing to switch */
}

enum gdb_stop gdb_target_state(uint32_t *vcpu)
{
	struct bh_debug_stop stop = { .why = BH_PAUSE_ORDER };
	struct bh_control_state s;

	if (bh_control_state(cap(), &s) != BH_OK || s.ends != session.ends)
		return GDB_ENDED;
	if (s.run == BH_RUN_RUNNING)
		return GDB_RUNS;
	if (s.run != BH_RUN_PAUSED || bh_debug(cap(), 0, BH_DEBUG_LOOK, &stop) != BH_OK)
		return GDB_ENDED;
	if (!session.armed)
		debug_all(BH_DEBUG_ON);
	session.armed = true;
	if (stop.why != BH_PAUSE_BREAK && stop.why != BH_PAUSE_STEP)
		return GDB_STOP_ORDER;
	*vcpu = stop.vcpu;
	return stop.why == BH_PAUSE_BREAK ? GDB_STOP_BREAK : GDB_STOP_STEP;
}

/* --- sessions --- */

enum bh_status guest_debug_begin(const char *name, void (*put)(const uint8_t *bytes, uint32_t n))
{
	const struct census_partition *p = census_find(name);
	struct bh_control_state s;
	enum bh_status status;

	if (session.partition)
		return BH_E_AGAIN;
	if (!p)
		return BH_E_ARG;
	if (!p->control || !(p->control->flags & BH_CONTROL_MAY_INSPECT))
		return BH_E_RIGHT;
	status = bh_control_pause(p->control->cap, &s);
	if (status)
		return status;
	session.partition = p;
	session.ends = s.ends;
	session.armed = false;
	session.ending = false;
	bh_printf("%s: stopped for gdb\n", p->info->name);
	gdb_begin(put);
	return BH_OK;
}

void guest_debug_end(void)
{
	session.ending = session.partition != NULL;
}

bool guest_debug_on(void)
{
	return session.partition && !session.ending && !gdb_done();
}

void guest_debug_byte(uint8_t byte)
{
	if (guest_debug_on())
		gdb_bytes(&byte, 1);
}

static void finish(void)
{
	const char *name = session.partition->info->name;

	gdb_end();
	debug_all(BH_DEBUG_OFF);
	guest_window_end(session.partition->control);
	if (bh_control_resume(cap(), NULL) == BH_OK)
		bh_printf("%s: goes on without gdb\n", name);
	else
		bh_printf("%s: has ended, gdb is gone\n", name);
	session.partition = NULL;
}

/* Breakpoints are taken out of one that stands still. */
static void end_turn(void)
{
	uint32_t vcpu;

	if (gdb_target_state(&vcpu) != GDB_RUNS)
		finish();
	else
		(void)gdb_target_halt(); /* again is no harm */
}

bool guest_debug_turn(void)
{
	if (!session.partition)
		return false;
	if (gdb_done())
		session.ending = true;
	if (session.ending)
		end_turn();
	else
		gdb_turn();
	return session.partition && (session.ending || gdb_waits());
}
