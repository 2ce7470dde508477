/* SPDX-License-Identifier: Apache-2.0 */
/* Bulkhead's own hypercalls: which function takes which arguments. Nothing is decided here. */
#include "kernel/call.h"

#include "kernel/arch.h"
#include "kernel/emul.h"

#include "abi/call.h"
#include "abi/status.h"

int64_t call_handle(struct vcpu *v, uint32_t function, const uint64_t *arg)
{
	switch (function) {
	case BH_CALL_VERSION: return BH_ABI_VERSION;
	case BH_CALL_BOOT_DONE: return partition_loaded(v, arg[0], arg[1]);
	case BH_CALL_BOOT_FAILED: return partition_load_failed(v, arg[0], arg[1]);
	case BH_CALL_EMUL_ANSWER: return emul_answer(v->part, arg);
	case BH_CALL_EMUL_ROOM: return emul_room(v->part, arg[0]);
	case BH_CALL_EMUL_LINE: return emul_line(v->part, arg[0], arg[1]);
	default: return BH_E_UNKNOWN;
	}
}
