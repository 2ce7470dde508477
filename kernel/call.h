/* SPDX-License-Identifier: Apache-2.0 */
/* Bulkhead's own hypercalls (abi/call.h). PSCI and SMCCC's are the port's. */
#ifndef KERNEL_CALL_H
#define KERNEL_CALL_H

#include "abi/call.h"
#include "kernel/system.h"

#define CALL_NO_RETURN INT64_MAX /* the vCPU goes on elsewhere: do not touch its registers */

/* arg = arch_vcpu_args(v): arg[0] is x1, and further results go there. Answers an enum bh_status or value, or CALL_NO_RETURN. */
int64_t call_handle(struct vcpu *v, uint32_t function, uint64_t *arg);

/* The same, of one that call_is_message(). */
int64_t call_message(struct vcpu *v, uint32_t function, uint64_t *arg);

static inline bool call_is_message(uint32_t function)
{
	return function - BH_CALL_SIGNAL <= BH_CALL_PORT_STATE - BH_CALL_SIGNAL;
}

#endif
