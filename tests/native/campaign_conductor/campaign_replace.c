/* SPDX-License-Identifier: Apache-2.0 */
/* For native partitions: their addresses are those of their RAM. What is replaced comes again with the next cold or warm start. */
#include "tests/native/campaign_conductor/campaign_replace.h"

#define PATIENCE_NS 60000000u
#define TURN_NS	    100000u
#define RAM	    0x40000000u /* where it begins, in every partition */
#define HVC	    0xd4000002u

/* What it is made to execute, with these registers. */
static const struct {
	uint32_t instruction;
	uint64_t x[2];
} deeds[BH_FAULTS] = {
	[BH_FAULT_ACCESS] = { 0xb9400001, { 0x09050000 } }, /* LDR W1, [X0], where nothing is */
	[BH_FAULT_CALL] = { HVC, { BH_CALL_SIGNAL, 63 } },
	[BH_FAULT_INSTRUCTION] = { 0xd53b9c00, { 0 } }, /* MRS X0, PMCR_EL0 */
	[BH_FAULT_PANIC] = { HVC, { BH_CALL_PANIC, 0x2a } },
	[BH_FAULT_RESET] = { HVC, { 0x84000009 } }, /* PSCI SYSTEM_RESET */
	[BH_FAULT_OFF] = { HVC, { 0x84000008 } },   /* PSCI SYSTEM_OFF */
	[BH_FAULT_SILENT] = { 0x14000000, { 0 } },  /* B to itself; its interrupts are handled */
};

/* All its vCPUs stand still. */
static bool pause(uint32_t control)
{
	struct bh_control_state s = { 0 };
	uint64_t end = bh_time_in_ns(PATIENCE_NS);

	if (bh_control_pause(control, &s) != BH_OK)
		return false;
	while (s.run != BH_RUN_PAUSED && bh_time_ticks() < end) {
		bh_sleep_until(bh_time_in_ns(TURN_NS));
		if (bh_control_state(control, &s) != BH_OK)
			return false;
	}
	return s.run == BH_RUN_PAUSED;
}

static bool replace(const struct bh_info_entry *control, uint32_t instruction)
{
	uint64_t pc[4];

	if (bh_registers(control->cap, 0, BH_REGISTER_PC, pc) != BH_OK || pc[0] - RAM >= control->bytes || bh_inspect(control->cap) != BH_OK)
		return false;
	*(volatile uint32_t *)(uintptr_t)(control->ipa + pc[0] - RAM) = instruction;
	bh_inspect_end();
	return true;
}

bool replace_next(const struct bh_info_entry *control, enum bh_fault fault)
{
	if (!pause(control->cap) || !replace(control, deeds[fault].instruction))
		return false;
	for (uint32_t i = 0; i < 2; i++)
		if (bh_register_set(control->cap, 0, BH_REGISTER_X0 + i, deeds[fault].x[i]) != BH_OK)
			return false;
	return bh_control_resume(control->cap, NULL) == BH_OK;
}
