/* SPDX-License-Identifier: Apache-2.0 */
/* Power and calls of the test guests. */
#include "abi/call.h"
#include "tests/guests/guest.h"

int64_t psci(uint64_t f, uint64_t a, uint64_t b, uint64_t c)
{
	struct answer r = guest_entry_el == 2 ? call_smc(f, a, b, c) : call_hvc(f, a, b, c);

	return (int32_t)r.x[0];
}

/* A machine that was ours at EL2 is bare; else whoever answers HVC tells. */
bool in_partition(void)
{
	struct answer r;

	if (guest_entry_el == 2)
		return false;
	r = call_hvc(BH_CALL_UID, 0, 0, 0);
	return (uint32_t)r.x[0] == BH_UID_0 && (uint32_t)r.x[1] == BH_UID_1;
}

int64_t core_start(uint32_t core, void (*run)(void))
{
	return psci(PSCI_CPU_ON, core, (uint64_t)(uintptr_t)guest_secondary, (uint64_t)(uintptr_t)run);
}

void core_stop(void)
{
	psci(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}
