/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls of Bulkhead: function numbers, arguments, results. Called by HVC or SMC #0 with the
 * function in w0 and arguments in x1-x6; the result in x0 (and x1-x3 where said). Calls follow
 * the SMC Calling Convention (Arm DEN 0028), "Vendor Specific Hypervisor Service" range, so x4-x30
 * are preserved. PSCI (DEN 0022) and the SMCCC standard calls are answered beside these.
 *
 * Everything here is a fast call: it never blocks and takes a bounded number of instructions.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

/* Changed whenever anything in abi/ changes its meaning; kernel, tool and SDK compare it. */
#define BH_ABI_VERSION 1

#define BH_CALL_UID	 0x8600ff01u /* -> w0-w3: the UUID below, as SMCCC orders it */
#define BH_CALL_REVISION 0x8600ff03u /* -> x0 major (BH_ABI_VERSION), x1 minor (0) */

/* f1a3d4c2-7b0e-4e58-9d61-62756c6b6864 */
#define BH_UID_0 0xc2d4a3f1u
#define BH_UID_1 0x584e0e7bu
#define BH_UID_2 0x7562619du
#define BH_UID_3 0x64686b6cu

#define BH_CALL(n) (0xc6000000u | (n))

/* -> x0 BH_ABI_VERSION. The cheapest call there is. */
#define BH_CALL_VERSION BH_CALL(0)

/*
 * Boot stub only (BH_E_STATE elsewhere): the partition's memory is ready; x1 = first instruction
 * (IPA), x2 = value for x0. Does not return: the vCPU goes on at x1 as the arm64 boot protocol
 * has it, in the partition's running root.
 */
#define BH_CALL_BOOT_DONE BH_CALL(1)

/* Boot stub only: loading failed; x1 = enum bh_boot_error (stub.h), x2 = index of the operation.
 * Does not return: the partition is stopped and the health log says why. */
#define BH_CALL_BOOT_FAILED BH_CALL(2)

/*
 * The server of an emulated region (emul.h) answers the access a vCPU waits on.
 * x1 = capability (BH_CAP_SERVE), x2 = vCPU index of the client, x3 = value read (0 for writes),
 * x4 = 0, or 1 to answer the access with an external abort, x5 = the entry's position: how many
 * entries were consumed before it, modulo 2^32.
 * BH_OK; BH_E_CAP; BH_E_ARG: no such vCPU; BH_E_STATE: that vCPU does not wait for this answer (the
 * access has ended otherwise: the client or the server was stopped meanwhile).
 */
#define BH_CALL_EMUL_ANSWER BH_CALL(3)

/* The server has consumed entries while `waiting` was set: lets blocked writers go on.
 * x1 = capability (BH_CAP_SERVE). BH_OK; BH_E_CAP. */
#define BH_CALL_EMUL_ROOM BH_CALL(4)

/* The server drives the region's interrupt line at the client. x1 = capability (BH_CAP_SERVE),
 * x2 = level, 0 or 1. BH_OK; BH_E_CAP; BH_E_ARG: the region has no interrupt, or the level is
 * neither; BH_E_PEER: the client does not run (the level is forgotten when it starts). */
#define BH_CALL_EMUL_LINE BH_CALL(5)

#endif
