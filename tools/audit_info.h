/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between audit_info.c and audit_info_ports.c: entries of an information page. A sentence's end says
 * what is wrong with one, NULL that it is right.
 */
#ifndef TOOLS_AUDIT_INFO_H
#define TOOLS_AUDIT_INFO_H

#include "abi/info.h"
#include "tools/audit.h"

const struct bh_cap *info_cap(const struct audit *a, uint32_t p, const struct bh_info_entry *e, uint32_t kind); /* or NULL */
const char *info_port_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_shared_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_control_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_schedule_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_mode_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_monitor_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_channel_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_grant_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);
const char *info_trace_wrong(const struct audit *a, uint32_t p, const struct bh_info_entry *e);

/* How many entries of each kind a partition's page must have. */
void info_counts(const struct audit *a, uint32_t p, uint32_t *want);

#endif
