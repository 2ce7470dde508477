/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot stub reads. The stub is the first thing a partition runs at every start: in its
 * own partition, with its own rights, on its own time. It carries out a list of operations that the tool
 * wrote, then reports to the kernel, which enters the payload. Stub, parameters and pristine store stay mapped, to be read.
 */
#ifndef ABI_STUB_H
#define ABI_STUB_H

#include <stdint.h>

/*
 * Where they are (IPA); all of it is free on QEMU's `virt` without secure world. Those that every partition has lie within the
 * 2 MiB of the virtio-mmio slots, so that one translation table serves them.
 */
#define BH_STUB_IPA	     0x0a100000u /* stub's code, read-only, executable; at most 64 KiB */
#define BH_STUB_PARAM_IPA    0x0a110000u /* struct bh_stub_params, read-only; at most 64 KiB */
#define BH_PRISTINE_NEAR_IPA 0x0a140000u /* the partition's pristine store, read-only, where it is small enough; else ... */
#define BH_PRISTINE_NEAR_END 0x0a200000u
#define BH_PRISTINE_IPA	     0x10000000u /* ... here */
#define BH_PRISTINE_END	     0x3f000000u

#define BH_STUB_MAGIC 0x31425553u /* "SUB1" */

enum bh_stub_kind {
	BH_STUB_QUIET = 1, /* store `value` of `bytes` (1, 2, 4, 8) bytes to dst: a device register */
	BH_STUB_CLEAR = 2, /* zero [dst, dst + bytes) */
	BH_STUB_COPY = 3,  /* copy bytes from src to dst; CRC-32C (Castagnoli, seed ~0, inverted) of them = value */
	BH_STUB_CHECK = 4, /* CRC-32C of [dst, dst + bytes) = value, in place */
};

#define BH_STUB_COLD 0x1u /* passed over at a warm start: memory beside the payload */

/* The stub's x0: where its parameters are, and this at a warm start. */
#define BH_STUB_WARM 0x1u

/* dst, src and bytes of CLEAR, COPY and CHECK are multiples of 64. */
struct bh_stub_op {
	uint32_t kind;
	uint32_t flags;
	uint64_t dst, src, bytes, value;
};

struct bh_stub_params {
	uint32_t magic;
	uint32_t abi_version;
	uint32_t n_ops;
	uint32_t reserved;
	uint64_t entry;		      /* IPA of the payload's first instruction */
	uint64_t arg;		      /* value of its x0: the device tree's IPA, 8-byte aligned */
	uint64_t ram_base, ram_bytes; /* cleaned to the point of coherency at the end */
	struct bh_stub_op op[];
};

enum bh_boot_error {
	BH_BOOT_E_PARAMS = 1, /* magic or version of the parameters */
	BH_BOOT_E_CRC = 2,    /* a payload's checksum differs: the image is damaged */
	BH_BOOT_E_OP = 3,     /* an unknown operation */
};

#endif
