/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of a partition that knows nothing of the campaign: who inspects it replaces what it is about to execute. */
#ifndef TESTS_CAMPAIGN_REPLACE_H
#define TESTS_CAMPAIGN_REPLACE_H

#include "sdk/bulkhead.h"

/* The faults, a bit each, that can be made so. */
#define REPLACED                                                                                                                  \
	(1u << BH_FAULT_ACCESS | 1u << BH_FAULT_CALL | 1u << BH_FAULT_INSTRUCTION | 1u << BH_FAULT_PANIC | 1u << BH_FAULT_RESET | \
	 1u << BH_FAULT_OFF | 1u << BH_FAULT_SILENT)

/* Wherever its first vCPU stands just now. @control: its BH_INFO_CONTROL. False: it does not stand still, or not in its RAM. */
bool replace_next(const struct bh_info_entry *control, enum bh_fault fault);

#endif
