/* SPDX-License-Identifier: Apache-2.0 */
/* Health policies, watchdogs and limits of partitions, as the description has them. */
#include "tools/health.h"

static const char *const kinds[BH_FAULTS] = {
	[BH_FAULT_ACCESS] = "access",
	[BH_FAULT_CALL] = "call",
	[BH_FAULT_INSTRUCTION] = "instruction",
	[BH_FAULT_WATCHDOG] = "watchdog",
	[BH_FAULT_DEADLINE] = "deadline",
	[BH_FAULT_BUDGET] = "budget",
	[BH_FAULT_PANIC] = "panic",
	[BH_FAULT_RESET] = "reset",
	[BH_FAULT_OFF] = "off",
	[BH_FAULT_SILENT] = "silent",
	[BH_FAULT_HARDWARE] = "hardware",
	[BH_FAULT_BOOT] = "boot",
};

static const uint8_t otherwise[BH_FAULTS] = {
	[BH_FAULT_ACCESS] = BH_ACTION_INJECT,
	[BH_FAULT_CALL] = BH_ACTION_LOG,
	[BH_FAULT_INSTRUCTION] = BH_ACTION_INJECT,
	[BH_FAULT_WATCHDOG] = BH_ACTION_RESTART,
	[BH_FAULT_DEADLINE] = BH_ACTION_LOG,
	[BH_FAULT_BUDGET] = BH_ACTION_IGNORE,
	[BH_FAULT_PANIC] = BH_ACTION_STOP,
	[BH_FAULT_RESET] = BH_ACTION_RESTART,
	[BH_FAULT_OFF] = BH_ACTION_STOP,
	[BH_FAULT_SILENT] = BH_ACTION_LOG,
	[BH_FAULT_HARDWARE] = BH_ACTION_INJECT,
	[BH_FAULT_BOOT] = BH_ACTION_STOP,
};

const char *health_kind_name(uint32_t fault)
{
	return kinds[fault];
}

void health_defaults(struct part *part)
{
	for (uint32_t k = 0; k < BH_FAULTS; k++) {
		bool again = otherwise[k] == BH_ACTION_RESTART;

		part->health[k] = (struct bh_health){ .action = again && !part->restart ? BH_ACTION_STOP : otherwise[k] };
	}
}
