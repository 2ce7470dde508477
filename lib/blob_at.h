/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the blob's arrays are, and which addresses may stand in it. No check is made here: these
 * may be used on a blob that blob_check() has passed (and by blob_check() behind its own checks).
 */
#ifndef LIB_BLOB_AT_H
#define LIB_BLOB_AT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/blob.h"
#include "abi/emul.h"
#include "abi/log.h"

#define BLOB_VA_END	(1ull << BH_VA_BITS_MAX) /* the kernel's space, from BH_KERNEL_VA */
#define BLOB_IPA_END	(1ull << BH_IPA_BITS_MAX)
#define BLOB_PA_END	(1ull << 40) /* what the smallest of today's cores can address */
#define BLOB_EMUL_BYTES 0x10000u     /* largest emulated region: bh_emul_entry.offset has 16 bits */
#define BLOB_VIRQ_FIRST 32u	     /* virtual SPIs */
#define BLOB_VIRQ_END	288u
#define BLOB_REG_BITS \
	(BH_REG_READ_SHADOW | BH_REG_WRITE_POSTED | BH_REG_READ_NONE | BH_REG_WRITE_NONE | BH_REG_WRITE_IGNORE)

static inline const void *blob_at(const struct bh_blob *b, uint32_t offset)
{
	return (const char *)b + offset;
}

static inline const struct bh_core *blob_cores(const struct bh_blob *b)
{
	return blob_at(b, b->off_cores);
}

static inline const struct bh_partition *blob_partitions(const struct bh_blob *b)
{
	return blob_at(b, b->off_partitions);
}

static inline const struct bh_vcpu *blob_vcpus(const struct bh_blob *b)
{
	return blob_at(b, b->off_vcpus);
}

static inline const struct bh_emul *blob_emuls(const struct bh_blob *b)
{
	return blob_at(b, b->off_emuls);
}

static inline const struct bh_port *blob_ports(const struct bh_blob *b)
{
	return blob_at(b, b->off_ports);
}

static inline const struct bh_mode *blob_modes(const struct bh_blob *b)
{
	return blob_at(b, b->off_modes);
}

/* Of core c in mode m. */
static inline const struct bh_plan *blob_plan(const struct bh_blob *b, uint32_t mode, uint32_t core)
{
	return (const struct bh_plan *)blob_at(b, b->off_plans) + mode * b->n_cores + core;
}

static inline const struct bh_window *blob_windows(const struct bh_blob *b)
{
	return blob_at(b, b->off_windows);
}

static inline const struct bh_region *blob_regions(const struct bh_blob *b)
{
	return blob_at(b, b->off_regions);
}

static inline const struct bh_cap *blob_caps(const struct bh_blob *b)
{
	return blob_at(b, b->off_caps);
}

static inline const struct bh_irq *blob_irqs(const struct bh_blob *b)
{
	return blob_at(b, b->off_irqs);
}

static inline const uint32_t *blob_smcs(const struct bh_blob *b)
{
	return blob_at(b, b->off_smcs);
}

static inline const uint8_t *blob_regs(const struct bh_blob *b, uint32_t reg)
{
	return (const uint8_t *)blob_at(b, b->off_regs) + reg;
}

static inline const char *blob_name(const struct bh_blob *b, uint32_t name)
{
	return (const char *)blob_at(b, b->off_names) + name;
}

/* [va, va + bytes) lies in the kernel's space; align is a power of two. */
static inline bool blob_is_va(uint64_t va, uint64_t bytes, uint64_t align)
{
	return (va & (align - 1)) == 0 && va >= BH_KERNEL_VA && va < BLOB_VA_END && bytes <= BLOB_VA_END - va;
}

static inline bool blob_is_virq(uint32_t intid)
{
	return intid >= BLOB_VIRQ_FIRST && intid < BLOB_VIRQ_END;
}

static inline bool blob_has_name(const struct bh_blob *b, uint32_t name)
{
	return name < b->names_bytes;
}

/* A physical page, and not the first one: 0 stands for "none". */
static inline bool blob_is_page(uint64_t pa)
{
	return pa != 0 && pa % BH_PAGE == 0 && pa < BLOB_PA_END;
}

/* Bytes of a stage 2 root, and of the kernel's own. */
static inline uint64_t blob_root_bytes(uint64_t ipa_bits)
{
	uint64_t bytes = 8ull << (ipa_bits - 30);

	return bytes > BH_ROOT_ALIGN ? bytes : BH_ROOT_ALIGN;
}

static inline uint64_t blob_kernel_root_bytes(uint32_t va_bits)
{
	return 8ull << (va_bits - 21);
}

/* Where one may be: not at 0, which stands for "none". */
static inline bool blob_is_root(uint64_t pa, uint64_t bytes)
{
	return pa != 0 && pa % bytes == 0 && pa < BLOB_PA_END;
}

/*
 * Memory that kernel and partitions share, piece by piece: of each port its buffer, slots, reply's
 * buffer and reply's slot (BLOB_PORT_PIECES; of no bytes where it has none), of each emulated region
 * its queue and its server pages, the log, and the trace rings. blob_piece.c
 */
struct blob_piece {
	uint64_t va, bytes;
};

enum blob_port_piece {
	BLOB_OUT,
	BLOB_IN,
	BLOB_REPLY_OUT,
	BLOB_REPLY_IN,
	BLOB_PORT_PIECES,
};

struct blob_piece blob_port_piece(const struct bh_port *p, enum blob_port_piece which);
struct blob_piece blob_piece(const struct bh_blob *b, uint32_t n);

static inline uint32_t blob_pieces(const struct bh_blob *b)
{
	return BLOB_PORT_PIECES * b->n_ports + 2 * b->n_emuls + 2;
}

#endif
