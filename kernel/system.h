/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system as the tool described it, and the kernel's mutable state beside it: every variable
 * of the kernel is reached from here. The blob was checked before anything in it is followed
 * (lib/blob_check.c); the state arrays have as many elements as the blob's arrays.
 */
#ifndef KERNEL_SYSTEM_H
#define KERNEL_SYSTEM_H

#include "abi/blob.h"
#include "abi/emul.h"
#include "abi/log.h"
#include "kernel/types.h"
#include "lib/blob_at.h"

struct vcpu;
struct partition;
struct core;
struct emul;
struct port;

extern const struct bh_blob *blob; /* set once at boot, before the other cores run */

void system_init(const struct bh_blob *b); /* boot core, once; state arrays are zero */

/* In line beside the structs: core_at(), partition_at(), vcpu_at(), partition_vcpu(), emul_at(), port_at(). */
#define STATE_AT(type, va, n) ((type *)(uintptr_t)((va) + (uint64_t)(n) * sizeof(type)))

const char *name_at(uint32_t offset);
const struct bh_region *region_find(const struct partition *p, ipa_t ipa);		  /* or NULL */
const struct bh_region *region_near(const struct partition *p, ipa_t ipa);		  /* the one whose bounds are nearest, or NULL */
const struct bh_cap *cap_find(const struct partition *p, uint64_t number, uint32_t kind); /* or NULL */

#endif
