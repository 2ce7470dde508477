/* SPDX-License-Identifier: Apache-2.0 */
/* Bulkhead's own hypercalls: which function takes which arguments. Nothing is decided here. */
#include "kernel/call.h"

#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/event.h"
#include "kernel/health.h"
#include "kernel/inspect.h"
#include "kernel/mode.h"
#include "kernel/monitor.h"
#include "kernel/port.h"
#include "kernel/trace.h"
#include "kernel/watchdog.h"
#include "abi/status.h"

_Static_assert(CALL_NO_RETURN == BH_TRACE_WAITS, "the trace says so");

/* One that is being stopped has no end of its own any more: its boot stub, too, comes here when a stop has overtaken it (stub.S). */
static int64_t panic_call(struct vcpu *v, uint64_t code)
{
	bool ends = load_acquire(&v->part->state) == PARTITION_STOPPING;

	return ends || health_vcpu(v, BH_FAULT_PANIC, BH_EVENT_PANIC, 0, code) == HEALTH_ENDS ? CALL_NO_RETURN : BH_OK;
}

static inline int64_t message(struct vcpu *v, uint32_t function, uint64_t *arg)
{
	switch (function) {
	case BH_CALL_SIGNAL: return port_signal(v, arg);
	case BH_CALL_SEND: return port_send(v, arg);
	case BH_CALL_RECEIVE: return port_receive(v, arg);
	case BH_CALL_WAIT: return event_wait(v, arg);
	case BH_CALL_CALL: return port_call(v, arg);
	case BH_CALL_REPLY: return port_reply(v, arg);
	case BH_CALL_SERVE: return port_serve(v, arg);
	default: return port_state(v, arg);
	}
}

static int64_t dispatch(struct vcpu *v, uint32_t function, uint64_t *arg)
{
	switch (function) {
	case BH_CALL_VERSION: return BH_ABI_VERSION;
	case BH_CALL_BOOT_DONE: return partition_loaded(v, arg[0], arg[1]);
	case BH_CALL_BOOT_FAILED: return partition_load_failed(v, arg[0], arg[1]);
	case BH_CALL_EMUL_ANSWER: return emul_answer(v->part, arg);
	case BH_CALL_EMUL_ROOM: return emul_room(v->part, arg[0]);
	case BH_CALL_EMUL_LINE: return emul_line(v->part, arg[0], arg[1]);
	case BH_CALL_CONTROL: return partition_control(v, arg);
	case BH_CALL_SET_MODE: return mode_set(v, arg);
	case BH_CALL_FRAME: return mode_frame(v, arg);
	case BH_CALL_FEED: return watchdog_feed(v->part, arg);
	case BH_CALL_DEADLINE: return watchdog_deadline(v, arg[0]);
	case BH_CALL_PANIC: return panic_call(v, arg[0]);
	case BH_CALL_SELF: return partition_self(v->part, arg);
	case BH_CALL_LOOK: return monitor_look(v, arg);
	case BH_CALL_RESET: return monitor_reset(v, arg);
	case BH_CALL_INSPECT: return inspect_show(v, arg);
	case BH_CALL_REGISTERS: return inspect_registers(v, arg);
	case BH_CALL_SET_REGISTER: return inspect_set_register(v, arg);
	case BH_CALL_DEBUG: return inspect_debug(v, arg);
	default: return BH_E_UNKNOWN;
	}
}

/* The answer to a call with x1 = first that was answered with this. */
static __attribute__((noinline)) int64_t not_done(struct vcpu *v, uint32_t function, uint64_t first, int64_t status)
{
	if (status == BH_E_CAP || status == BH_E_RIGHT || status == BH_E_ARG)
		if (health_vcpu(v, BH_FAULT_CALL, BH_EVENT_CALL, function, first << 32 | (uint32_t)status) == HEALTH_ENDS)
			return CALL_NO_RETURN;
	return status;
}

/* CALL-1, CALL-2: nothing is passed but numbers of the caller's own table. */
int64_t call_message(struct vcpu *v, uint32_t function, uint64_t *arg)
{
	uint64_t first = arg[0], second = arg[1];
	int64_t status = message(v, function, arg);

	trace_message(v, function, first, second, status);
	return likely(status >= 0) ? status : not_done(v, function, first, status);
}

int64_t call_handle(struct vcpu *v, uint32_t function, uint64_t *arg)
{
	uint64_t first = arg[0];
	int64_t status;

	if (call_is_message(function))
		return call_message(v, function, arg);
	status = dispatch(v, function, arg);
	return likely(status >= 0) ? status : not_done(v, function, first, status);
}
