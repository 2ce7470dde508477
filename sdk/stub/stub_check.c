/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No code: the compiler holds the assembly's numbers against abi/, so that a change there that
 * the boot stub has not followed does not build.
 */
#include <assert.h>
#include <stddef.h>

#include "abi/call.h"
#include "abi/stub.h"
#include "sdk/stub/stub_numbers.h"

static_assert(STUB_CALL_DONE == BH_CALL_BOOT_DONE, "abi/call.h");
static_assert(STUB_CALL_FAILED == BH_CALL_BOOT_FAILED, "abi/call.h");
static_assert(STUB_CALL_PANIC == BH_CALL_PANIC, "abi/call.h");
static_assert(STUB_ABI_VERSION == BH_ABI_VERSION, "abi/call.h");
static_assert(STUB_MAGIC == BH_STUB_MAGIC, "abi/stub.h");

static_assert(STUB_QUIET == (int)BH_STUB_QUIET && STUB_CLEAR == (int)BH_STUB_CLEAR, "abi/stub.h");
static_assert(STUB_COPY == (int)BH_STUB_COPY && STUB_CHECK == (int)BH_STUB_CHECK, "abi/stub.h");
static_assert(STUB_E_PARAMS == (int)BH_BOOT_E_PARAMS && STUB_E_CRC == (int)BH_BOOT_E_CRC, "abi/stub.h");
static_assert(STUB_E_OP == (int)BH_BOOT_E_OP, "abi/stub.h");

static_assert(PARAMS_MAGIC == offsetof(struct bh_stub_params, magic), "abi/stub.h");
static_assert(PARAMS_MAGIC + 4 == offsetof(struct bh_stub_params, abi_version), "abi/stub.h");
static_assert(PARAMS_N_OPS == offsetof(struct bh_stub_params, n_ops), "abi/stub.h");
static_assert(PARAMS_ENTRY == offsetof(struct bh_stub_params, entry), "abi/stub.h");
static_assert(PARAMS_ENTRY + 8 == offsetof(struct bh_stub_params, arg), "abi/stub.h");
static_assert(PARAMS_RAM == offsetof(struct bh_stub_params, ram_base), "abi/stub.h");
static_assert(PARAMS_RAM + 8 == offsetof(struct bh_stub_params, ram_bytes), "abi/stub.h");
static_assert(PARAMS_OP == offsetof(struct bh_stub_params, op), "abi/stub.h");

static_assert(STUB_COLD == BH_STUB_COLD && STUB_WARM == BH_STUB_WARM && STUB_COLD == STUB_WARM, "abi/stub.h");
static_assert(OP_KIND + 4 == offsetof(struct bh_stub_op, flags), "abi/stub.h");
static_assert(OP_KIND == offsetof(struct bh_stub_op, kind), "abi/stub.h");
static_assert(OP_DST == offsetof(struct bh_stub_op, dst), "abi/stub.h");
static_assert(OP_DST + 8 == offsetof(struct bh_stub_op, src), "abi/stub.h");
static_assert(OP_BYTES == offsetof(struct bh_stub_op, bytes), "abi/stub.h");
static_assert(OP_BYTES + 8 == offsetof(struct bh_stub_op, value), "abi/stub.h");
static_assert(OP_SIZE == sizeof(struct bh_stub_op), "abi/stub.h");
