/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of a monitor. */
#include "sdk/bh_monitor.h"

#include <stddef.h>

#include "sdk/bh_info.h"

enum bh_status bh_monitor_find(uint32_t *cap, uint32_t *rights)
{
	const struct bh_info_entry *e = bh_info_find(BH_INFO_MONITOR, NULL);

	if (!e)
		return BH_E_CAP;
	*cap = e->cap;
	if (rights)
		*rights = e->flags;
	return BH_OK;
}

/* @x: in the call's order, three arguments; out: what it answers. */
static enum bh_status look(uint32_t cap, enum bh_look what, uint64_t number, uint64_t x[7])
{
	x[0] = cap;
	x[1] = what;
	x[2] = number;
	return (enum bh_status)bh_call7(BH_CALL_LOOK, x);
}

enum bh_status bh_monitor_partition(uint32_t cap, uint32_t partition, struct bh_look_partition *out)
{
	uint64_t x[7] = { 0 };
	enum bh_status status = look(cap, BH_LOOK_PARTITION, partition, x);

	if (status == BH_OK)
		*out = (struct bh_look_partition){ .run = (enum bh_run_state)x[0],
						   .ends = (uint32_t)x[1],
						   .restarts = (uint32_t)x[2],
						   .faults = (uint32_t)x[3],
						   .last_fault = (uint32_t)x[4],
						   .fault_time = x[5] };
	return status;
}

enum bh_status bh_monitor_vcpu(uint32_t cap, uint32_t partition, uint32_t vcpu, struct bh_look_vcpu *out)
{
	uint64_t x[7] = { 0 };
	enum bh_status status = look(cap, BH_LOOK_VCPU, (uint64_t)vcpu << 32 | partition, x);

	if (status == BH_OK)
		*out = (struct bh_look_vcpu){ .core = (uint32_t)x[0], .ticks = x[1], .on = x[2] != 0 };
	return status;
}

enum bh_status bh_monitor_port(uint32_t cap, uint32_t port, struct bh_look_port *out)
{
	uint64_t x[7] = { 0 };
	enum bh_status status = look(cap, BH_LOOK_PORT, port, x);

	if (status == BH_OK)
		*out = (struct bh_look_port){ .waiting = (uint32_t)x[0], .depth = (uint32_t)x[1], .dropped = (uint32_t)x[2] };
	return status;
}

enum bh_status bh_monitor_core(uint32_t cap, uint32_t core, struct bh_look_core *out)
{
	uint64_t x[7] = { 0 };
	enum bh_status status = look(cap, BH_LOOK_CORE, core, x);

	if (status == BH_OK)
		*out = (struct bh_look_core){ .silent = x[0], .idle = x[1] };
	return status;
}

enum bh_status bh_monitor_system(uint32_t cap, struct bh_look_system *out)
{
	uint64_t x[7] = { 0 };
	enum bh_status status = look(cap, BH_LOOK_SYSTEM, 0, x);

	if (status == BH_OK)
		*out = (struct bh_look_system){ .now = x[0], .epoch = x[1], .mode = (uint32_t)x[2] };
	return status;
}

enum bh_status bh_monitor_reset(uint32_t cap)
{
	uint64_t x[7] = { cap };

	return (enum bh_status)bh_call7(BH_CALL_RESET, x);
}

/* --- a partition that stands still --- */

enum bh_status bh_inspect(uint32_t control)
{
	uint64_t x[7] = { control };

	return (enum bh_status)bh_call7(BH_CALL_INSPECT, x);
}

void bh_inspect_end(void)
{
	uint64_t x[7] = { 0xffffffffu }; /* BH_NONE */

	(void)bh_call7(BH_CALL_INSPECT, x); /* of one that sees nothing: nothing */
}

enum bh_status bh_registers(uint32_t control, uint32_t vcpu, uint32_t first, uint64_t value[4])
{
	uint64_t x[7] = { control, vcpu, first };
	enum bh_status status = (enum bh_status)bh_call7(BH_CALL_REGISTERS, x);

	for (uint32_t i = 0; status == BH_OK && i < 4; i++)
		value[i] = x[i];
	return status;
}

enum bh_status bh_register_set(uint32_t control, uint32_t vcpu, uint32_t number, uint64_t value)
{
	uint64_t x[7] = { control, vcpu, number, value };

	return (enum bh_status)bh_call7(BH_CALL_SET_REGISTER, x);
}

enum bh_status bh_debug(uint32_t control, uint32_t vcpu, enum bh_debug what, struct bh_debug_stop *out)
{
	uint64_t x[7] = { control, vcpu, what };
	enum bh_status status = (enum bh_status)bh_call7(BH_CALL_DEBUG, x);

	if (status == BH_OK && out)
		*out = (struct bh_debug_stop){ .why = (enum bh_pause)x[0], .vcpu = (uint32_t)x[1], .syndrome = x[2] };
	return status;
}
