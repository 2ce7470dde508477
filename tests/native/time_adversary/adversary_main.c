/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's name says what it does; several of a kind have a number behind it. */
#include "tests/native/time_adversary/adversary.h"

static const struct {
	const char *name;
	void (*run)(void);
} storms[] = {
	{ "busy", storm_busy },
	{ "wfi", storm_wfi },
	{ "calls", storm_calls },
	{ "faults", storm_faults },
	{ "restarts", storm_restarts },
	{ "console-flood", storm_console },
	{ "ipi", storm_ipi },
	{ "timers", storm_timers },
	{ "device", storm_device },
	{ "gic", storm_gic },
	{ "hoard", storm_hoard },
	{ "sections", measure_sections },
	{ "printer", measure_printing },
};

uint64_t chance(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static bool same(const char *a, const char *kind)
{
	while (*kind && *a == *kind)
		a++, kind++;
	return !*kind && (!*a || (*a >= '0' && *a <= '9'));
}

int main(void)
{
	for (uint32_t i = 0; i < sizeof storms / sizeof storms[0]; i++)
		if (same(bh_info()->name, storms[i].name))
			storms[i].run();
	return 1;
}
