/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one window through which the monitor sees the RAM of a partition that stands still, for those who take turns at it: the dumper and
 * the debugger. Whoever uses it asks for it first, in each turn: another may have had it meanwhile.
 */
#ifndef SERVICES_MONITOR_GUEST_WINDOW_H
#define SERVICES_MONITOR_GUEST_WINDOW_H

#include "sdk/bh_check.h"
#include "sdk/bh_info.h"
#include "sdk/bh_monitor.h"
#include "services/monitor/guest_memory.h"

/* @control: BH_INFO_CONTROL. BH_OK: it is that partition's, @memory. BH_E_STATE: it is neither held nor paused; BH_E_RIGHT, BH_E_CAP. */
BH_MUST_CHECK enum bh_status guest_window(const struct bh_info_entry *control, struct guest_memory *memory);

/* Nobody looks at that partition any more, so that it can go on. Of one that is not seen: nothing. */
void guest_window_end(const struct bh_info_entry *control);

/* A vCPU's registers that say how it translates. BH_E_ARG: no such vCPU; and as guest_window(). */
BH_MUST_CHECK enum bh_status guest_stage1(const struct bh_info_entry *control, uint32_t vcpu, struct guest_stage1 *s);

#endif
