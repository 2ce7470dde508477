/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls by HVC and SMC: PSCI (Arm DEN 0022), the SMC Calling Convention's own (DEN 0028), and
 * Bulkhead's (kernel/call.c). PSCI acts on the caller's partition only. No other SMC reaches the
 * firmware, but those of the partition's allow-list.
 */
#include "arm64.h"
#include "vgic_again.h"
#include "kernel/arch.h"
#include "kernel/call.h"
#include "kernel/event.h"
#include "kernel/health.h"
#include "kernel/port_near.h"
#include "kernel/trace.h"

#include "abi/call.h"
#include "abi/status.h"

#define SMCCC_VERSION	    0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u
#define SMCCC_WORKAROUND_1  0x80008000u
#define SMCCC_WORKAROUND_3  0x80003fffu
#define SMCCC_SOC_ID	    0x80000002u
#define SMCCC_1_2	    0x10002

#define PSCI_VERSION	       0x84000000u
#define PSCI_CPU_SUSPEND       0x84000001u
#define PSCI_CPU_OFF	       0x84000002u
#define PSCI_CPU_ON	       0x84000003u
#define PSCI_AFFINITY_INFO     0x84000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF	       0x84000008u
#define PSCI_SYSTEM_RESET      0x84000009u
#define PSCI_FEATURES	       0x8400000au
#define PSCI_SYSTEM_RESET2     0x84000012u
#define PSCI_FUNCTIONS	       0x20u	   /* none of ours has a number from here on */
#define PSCI_64		       0x40000000u /* the same function with 64-bit arguments */

#define PSCI_1_1		0x10001
#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	-1
#define PSCI_INVALID_PARAMETERS -2
#define PSCI_INVALID_ADDRESS	-9
#define PSCI_POWER_DOWN		BIT(16) /* power_state: StateType */
#define PSCI_POWER_RESERVED	0xfcfe0000u

static struct {
	bool any;	       /* the firmware follows SMCCC 1.1 */
	int32_t workaround[2]; /* its answers to ARCH_FEATURES */
} firmware;

/* SMC of the kernel itself. Results beyond x0 are not wanted; x4-x17 may change. */
int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (blob->psci == BH_PSCI_NONE)
		return PSCI_NOT_SUPPORTED;
	if (blob->psci == BH_PSCI_SMC)
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9",
				   "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	else
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9",
				   "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

void smccc_probe(void)
{
	static const uint32_t function[2] = { SMCCC_WORKAROUND_1, SMCCC_WORKAROUND_3 };

	/* DEN 0028, "Discovery of Arm Architecture Service functions": ask PSCI first. */
	if (blob->psci == BH_PSCI_NONE || (int32_t)firmware_call(PSCI_VERSION, 0, 0, 0) < 0x10000 ||
	    (int32_t)firmware_call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) != PSCI_SUCCESS ||
	    (int32_t)firmware_call(SMCCC_VERSION, 0, 0, 0) < 0x10001)
		return;
	firmware.any = true;
	for (uint32_t i = 0; i < 2; i++)
		firmware.workaround[i] = (int32_t)firmware_call(SMCCC_ARCH_FEATURES, function[i], 0, 0);
}

static int64_t arch_features(uint64_t function)
{
	switch ((uint32_t)function) {
	case SMCCC_VERSION:
	case SMCCC_ARCH_FEATURES: return 0;
	case SMCCC_WORKAROUND_1: return firmware.any ? firmware.workaround[0] : BH_E_UNKNOWN;
	case SMCCC_WORKAROUND_3: return firmware.any ? firmware.workaround[1] : BH_E_UNKNOWN;
	default: return BH_E_UNKNOWN;
	}
}

/*
 * The mitigation calls that only do something there and then go through. WORKAROUND_2 is not
 * offered: it switches a mitigation of the core, and so of everybody there, off and on.
 */
static int64_t workaround(uint32_t function, uint64_t arg)
{
	if (arch_features(function) < 0)
		return BH_E_UNKNOWN;
	return firmware_call(function, arg, 0, 0);
}

/* As a rule all vCPUs of a partition begin in the same region. */
static inline bool begins_there(const struct partition *p, uint64_t entry)
{
	const struct bh_region *r = load_relaxed(&p->begins);

	return r && entry - r->ipa < r->bytes && !(entry & 3);
}

static bool can_begin(struct partition *p, uint64_t entry)
{
	const struct bh_region *r = region_find(p, entry);

	if (entry & 3 || !r || !(r->rights & BH_EXECUTE))
		return false;
	store_relaxed(&p->begins, r);
	return true;
}

/* Guests' affinities are 0.0.0.n, so a vCPU's is its index. */
static __attribute__((noinline)) int64_t cpu_on(struct vcpu *v, uint64_t mpidr, uint64_t entry, uint64_t arg)
{
	return can_begin(v->part, entry) ? vcpu_power_on(v->part, mpidr, entry, arg) : PSCI_INVALID_ADDRESS;
}

static int64_t affinity_info(struct vcpu *v, uint64_t index, uint64_t level)
{
	uint32_t power;

	if (level || index >= v->part->desc->n_vcpus)
		return PSCI_INVALID_PARAMETERS;
	sched_give_way(v); /* whoever asks again and again waits for one that may be its sibling here */
	power = load_acquire(&partition_vcpu(v->part, (uint32_t)index)->power);
	return power == POWER_ON ? 0 : power == POWER_OFF ? 1
							  : 2;
}

/* Standby: as WFI. Power-down: the same wait, then the vCPU starts anew at its entry point. */
static int64_t suspend(struct vcpu *v, uint64_t state, uint64_t entry, uint64_t arg)
{
	if (state & PSCI_POWER_RESERVED)
		return PSCI_INVALID_PARAMETERS;
	if (!(state & PSCI_POWER_DOWN)) {
		vcpu_wait(v);
		return PSCI_SUCCESS;
	}
	if (!can_begin(v->part, entry))
		return PSCI_INVALID_ADDRESS;
	if (arch_irq_pending(v))
		return PSCI_SUCCESS; /* as if woken before it went down: DEN 0022, "CPU_SUSPEND" */
	v->start = entry;
	v->arg = arg;
	vcpu_wait(v);
	v->suspended = v->state == VCPU_WAITING;
	return PSCI_SUCCESS;
}

static int64_t psci_features(uint32_t function)
{
	switch (function) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
	case PSCI_CPU_OFF:
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | PSCI_64:
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES: return PSCI_SUCCESS;
	default: return PSCI_NOT_SUPPORTED;
	}
}

/* PSCI-2 */
static int64_t off(struct vcpu *v, enum bh_fault kind, enum bh_stop why)
{
	health_end(v->part, kind, why);
	return CALL_NO_RETURN;
}

static int64_t psci(struct vcpu *v, uint32_t function, const uint64_t *arg)
{
	uint64_t mask = function & PSCI_64 ? ~0ull : 0xffffffffull;
	uint64_t a = arg[0] & mask, b = arg[1] & mask, c = arg[2] & mask;

	switch (function) {
	case PSCI_VERSION: return PSCI_1_1;
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | PSCI_64: return suspend(v, a, b, c);
	case PSCI_CPU_OFF: vcpu_power_off(v); return CALL_NO_RETURN;
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64: return cpu_on(v, a, b, c);
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64: return affinity_info(v, a, b);
	case PSCI_MIGRATE_INFO_TYPE: return 2; /* no trusted OS that would have to move */
	case PSCI_SYSTEM_OFF: return off(v, BH_FAULT_OFF, BH_STOP_OFF);
	case PSCI_SYSTEM_RESET: return off(v, BH_FAULT_RESET, BH_STOP_RESET);
	case PSCI_FEATURES: return psci_features((uint32_t)a);
	default: return PSCI_NOT_SUPPORTED;
	}
}

/* PSCI-1 */
static bool smc_allowed(const struct partition *p, uint32_t function)
{
	const uint32_t *list = blob_smcs(blob) + p->desc->first_smc;

	for (uint32_t i = 0; i < p->desc->n_smcs; i++)
		if (list[i] == function)
			return true;
	return false;
}

/* Services by their owner, bits 29:24 of a fast call (DEN 0028, "Function identifiers"). */
static int64_t answer(struct vcpu *v, uint32_t function, bool smc)
{
	uint64_t *arg = &v->arch.x[1];

	if (smc && unlikely(v->part->desc->n_smcs) && smc_allowed(v->part, function))
		return firmware_call(function, arg[0], arg[1], arg[2]);
	switch (function >> 24) {
	case 0x84:
	case 0xc4: return psci(v, function, arg);
	case 0xc6: return call_handle(v, function, arg);
	case 0x86:
		if (function == BH_CALL_UID) {
			v->arch.x[1] = BH_UID_1;
			v->arch.x[2] = BH_UID_2;
			v->arch.x[3] = BH_UID_3;
			return BH_UID_0;
		}
		if (function == BH_CALL_REVISION) {
			v->arch.x[1] = 0;
			return BH_ABI_VERSION;
		}
		return BH_E_UNKNOWN;
	case 0x80:
		switch (function) {
		case SMCCC_VERSION: return SMCCC_1_2;
		case SMCCC_ARCH_FEATURES: return arch_features(arg[0]);
		case SMCCC_WORKAROUND_1:
		case SMCCC_WORKAROUND_3: return workaround(function, arg[0]);
		default: return BH_E_UNKNOWN;
		}
	default: return BH_E_UNKNOWN;
	}
}

static void conclude(struct vcpu *v, int64_t result)
{
	if (result != CALL_NO_RETURN)
		v->arch.x[0] = (uint64_t)result;
}

void smccc_call(struct vcpu *v, bool smc)
{
	uint64_t esr = read_reg(esr_el2);
	int64_t result = BH_E_UNKNOWN;

	/* A trapped SMC's return address is the SMC itself; HVC's is behind it. */
	if (smc)
		pc_advance(esr);
	if (likely(!(esr & 0xffff))) /* only #0 is a call of the convention */
		result = answer(v, (uint32_t)v->arch.x[0], smc);
	conclude(v, result);
}

/* Of Bulkhead's: all that act on ports, servers and time, and neither on registers nor on a partition's life. */
#define UPTO(call)  ((2u << ((call)&0x1f)) - 1)
#define QUICK_CALLS (UPTO(BH_CALL_VERSION) | (UPTO(BH_CALL_PORT_STATE) & ~UPTO(BH_CALL_BOOT_FAILED)) | (UPTO(BH_CALL_DEADLINE) & ~UPTO(BH_CALL_SET_MODE)))

static bool is_left_call(uint32_t function)
{
	uint32_t number = function - BH_CALL_VERSION;

	return number < 32 && !(QUICK_CALLS >> number & 1);
}

static __attribute__((noinline)) uint64_t call_quick(struct vcpu *v, uint32_t function)
{
	if (likely(call_is_message(function)))
		conclude(v, call_message(v, function, &v->arch.x[1]));
	else if (is_left_call(function))
		return LEFT_SYNC;
	else
		conclude(v, call_handle(v, function, &v->arch.x[1]));
	return likely(v->core->runs == v) ? left_next(v) : LEFT_NEXT;
}

/* The message that is sent most often. */
static __attribute__((noinline)) uint64_t signal_quick(struct vcpu *v)
{
	uint64_t *arg = &v->arch.x[1];

	if (unlikely(!port_signal_quick(v, arg[0])))
		return call_quick(v, BH_CALL_SIGNAL);
	trace_message(v, BH_CALL_SIGNAL, arg[0], arg[1], BH_OK);
	v->arch.x[0] = BH_OK;
	return left_next(v);
}

/* What a partition does when it has nothing to do. */
static __attribute__((noinline)) uint64_t call_wait_quick(struct vcpu *v)
{
	if (likely(vgic_irqs_quiet(v)) && likely(!timer_virtual_on()) && likely(event_wait_quick(v, v->arch.x[1], v->arch.x[2])))
		return LEFT_WAITS;
	return call_quick(v, BH_CALL_WAIT);
}

static uint64_t at_once(struct vcpu *v, int64_t result)
{
	v->arch.x[0] = (uint64_t)result;
	return left_nothing(v);
}

/* CPU_OFF takes the core from v. */
static __attribute__((noinline)) uint64_t other_quick(struct vcpu *v, uint32_t function)
{
	if (function == PSCI_CPU_OFF)
		return LEFT_SYNC;
	conclude(v, answer(v, function, false));
	return left_next(v);
}

static __attribute__((noinline)) uint64_t on_quick(struct vcpu *v)
{
	const uint64_t *x = v->arch.x;
	int64_t status = likely(begins_there(v->part, x[2])) ? vcpu_power_on(v->part, x[1], x[2], x[3]) : cpu_on(v, x[1], x[2], x[3]);

	v->arch.x[0] = (uint64_t)status;
	return left_next(v);
}

static __attribute__((noinline)) uint64_t call_call_quick(struct vcpu *v)
{
	switch (port_call_quick(v, &v->arch.x[1])) {
	case NEAR_DONE: return LEFT_HANDED;
	case NEAR_NEWS: return LEFT_NEXT;
	default: return call_quick(v, BH_CALL_CALL);
	}
}

static __attribute__((noinline)) uint64_t call_serve_quick(struct vcpu *v)
{
	return likely(vgic_irqs_quiet(v)) && likely(port_serve_quick(v, &v->arch.x[1])) ? LEFT_HANDED : call_quick(v, BH_CALL_SERVE);
}

/* BH_CALL(number): these first. */
static inline uint64_t own_quick(struct vcpu *v, uint32_t number)
{
	if (likely(number == (BH_CALL_WAIT & 0xffff)))
		return call_wait_quick(v);
	if (likely(number == (BH_CALL_CALL & 0xffff)))
		return call_call_quick(v);
	if (likely(number == (BH_CALL_SERVE & 0xffff)))
		return call_serve_quick(v);
	if (likely(number == (BH_CALL_SIGNAL & 0xffff)))
		return signal_quick(v);
	return call_quick(v, BH_CALL(number));
}

static __attribute__((noinline)) uint64_t smccc_quick(struct vcpu *v, uint32_t function)
{
	uint32_t number = function & 0xffffff;

	switch (function >> 24) {
	case BH_CALL_VERSION >> 24:
		return own_quick(v, number);
	case PSCI_VERSION >> 24:
		if (number == 0)
			return at_once(v, PSCI_1_1);
		return number < PSCI_FUNCTIONS ? other_quick(v, function) : at_once(v, PSCI_NOT_SUPPORTED);
	default:
		if (unlikely(function != SMCCC_VERSION))
			return function == (PSCI_CPU_ON | PSCI_64) ? on_quick(v) : other_quick(v, function);
		return at_once(v, SMCCC_1_2);
	}
}

#define OWN_CALLS 4096u /* more than there are */

/* HVC #0, by what is asked most. */
uint64_t trap_call(struct vcpu *v)
{
	uint32_t function = (uint32_t)v->arch.x[0], number = function - BH_CALL_VERSION;

	if (number == 0)
		return at_once(v, BH_ABI_VERSION);
	return number < OWN_CALLS ? own_quick(v, number) : smccc_quick(v, function);
}

/* What the above would leave is left as it is. */
uint64_t smc_quick(struct vcpu *v, uint64_t esr)
{
	uint32_t function = (uint32_t)v->arch.x[0];

	if ((esr & 0xffff) || v->part->desc->n_smcs || function == PSCI_CPU_OFF || is_left_call(function))
		return LEFT_SYNC;
	pc_advance(esr); /* a trapped SMC's return address is the SMC itself */
	return smccc_quick(v, function);
}
