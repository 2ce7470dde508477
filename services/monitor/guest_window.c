/* SPDX-License-Identifier: Apache-2.0 */
/* Who is seen. */
#include "services/monitor/guest_window.h"

#include <stddef.h>

_Static_assert(BH_REGISTER_TCR == BH_REGISTER_SCTLR + 1 && BH_REGISTER_TTBR0 == BH_REGISTER_TCR + 1 &&
		       BH_REGISTER_TTBR1 == BH_REGISTER_TTBR0 + 1,
	       "read with one call");

static const struct bh_info_entry *shown;

enum bh_status guest_window(const struct bh_info_entry *control, struct guest_memory *memory)
{
	enum bh_status status = BH_OK;

	if (shown != control) {
		if (shown)
			bh_inspect_end();
		status = bh_inspect(control->cap);
		shown = status == BH_OK ? control : NULL;
	}
	*memory = (struct guest_memory){ .at = (uint8_t *)(uintptr_t)control->ipa, .bytes = status == BH_OK ? control->bytes : 0 };
	return status;
}

void guest_window_end(const struct bh_info_entry *control)
{
	if (shown != control)
		return;
	bh_inspect_end();
	shown = NULL;
}

enum bh_status guest_stage1(const struct bh_info_entry *control, uint32_t vcpu, struct guest_stage1 *s)
{
	uint64_t value[4];
	enum bh_status status = bh_registers(control->cap, vcpu, BH_REGISTER_SCTLR, value);

	if (status == BH_OK)
		*s = (struct guest_stage1){ .sctlr = value[0], .tcr = value[1], .ttbr0 = value[2], .ttbr1 = value[3] };
	return status;
}
