/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the SDK offers a native partition, in one include. A program has a main(); it begins
 * on vCPU 0 with the MMU, interrupts and (where the partition has it) FP on, and ends by
 * returning, which switches its partition off.
 */
#ifndef SDK_BULKHEAD_H
#define SDK_BULKHEAD_H

#include "sdk/bh_call.h"
#include "sdk/bh_control.h"
#include "sdk/bh_cpu.h"
#include "sdk/bh_fault.h"
#include "sdk/bh_health.h"
#include "sdk/bh_info.h"
#include "sdk/bh_irq.h"
#include "sdk/bh_log.h"
#include "sdk/bh_monitor.h"
#include "sdk/bh_port.h"
#include "sdk/bh_schedule.h"
#include "sdk/bh_time.h"
#include "sdk/bh_trace.h"

#endif
