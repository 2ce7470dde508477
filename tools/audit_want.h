/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between audit_want.c and audit_window.c: one region of a partition after the other becomes a piece
 * that may be mapped, or a finding; what was seen is counted, and the counts are compared at the end.
 */
#ifndef TOOLS_AUDIT_WANT_H
#define TOOLS_AUDIT_WANT_H

#include "tools/audit.h"

#define RAM_IPA 0x40000000u

/* What must be seen once while the regions of a partition are gone through. */
struct seen {
	uint32_t ram, pl011, watchdog, virtio, info, stub, params, pristine, log, trace, in, out;
	uint32_t queue[BH_MAX_EMULS], server[BH_MAX_EMULS], carried[BH_MAX_EMULS];
	uint32_t device[AUDIT_PART_DEVICES][AUDIT_DEV_SPANS];
	uint32_t shared[AUDIT_CHANNELS], carrier[AUDIT_CHANNELS];
};

/* audit_want.c */
void odd_region(struct audit *a, uint32_t p, const struct bh_region *r, const char *why);
bool has_name(const struct audit *a, const struct bh_region *r, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct audit_want *want_region_as(struct audit *a, uint32_t p, const struct bh_region *r, enum audit_what what, uint32_t object,
				  uint32_t rights, uint32_t *seen);
void missing(struct audit *a, uint32_t p, bool is, const char *what);

/* audit_window.c */
void want_emulated(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen);
void want_window(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen);
void want_shared(struct audit *a, uint32_t p, const struct bh_region *r, struct seen *seen);
void windows_seen(struct audit *a, uint32_t p, const struct seen *seen);

#endif
