/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this blob well formed? The one reader that kernel, tool and fuzzer share: after it has said
 * yes, every offset, count and cross-reference of the blob may be followed without another check.
 * It does not judge the policy; that is `bulkhead audit`.
 *
 * Runs in the kernel before the MMU is on: no static tables of pointers, no unaligned access.
 */
#ifndef LIB_BLOB_CHECK_H
#define LIB_BLOB_CHECK_H

#include <stdint.h>

#include "abi/blob.h"

/* NULL, or a sentence that says what is wrong. @bytes: what the caller can read at @blob.
 * @blob: 8-byte aligned. Bounded by the BH_MAX_* of blob.h, whatever the blob holds. */
const char *blob_check(const struct bh_blob *blob, uint64_t bytes);

/* For blob_check() only: the table of ports, of a blob whose arrays and emulated regions are in range. */
const char *blob_check_ports(const struct bh_blob *blob);
/* Modes, plans, windows, reservations, trace: of a blob of which all else has been checked. */
const char *blob_check_time(const struct bh_blob *blob);
/* Health policies, the monitor and what it inspects: likewise, of partitions and capabilities that are in range. */
const char *blob_check_health(const struct bh_blob *b);

/* The same for the image's header: magic, version, sizes and the places it names. @load: where it
 * really is. */
const char *image_check(const struct bh_image_header *h, uint64_t load);

/* Do a good header and a good blob fit together: do the blob's state arrays, queues, log and roots
 * lie where the header says that such memory is? Call it after both of the above said yes. */
const char *image_blob_check(const struct bh_image_header *h, const struct bh_blob *blob);

#endif
