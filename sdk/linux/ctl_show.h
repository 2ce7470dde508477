/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor tells, as tables for people and as JSON for programs. */
#ifndef SDK_LINUX_CTL_SHOW_H
#define SDK_LINUX_CTL_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "sdk/linux/ctl_client.h"

/* Each: a list of entries of its kind, to @to. JSON is one object, with the time of the answer in ns of the machine's counter. */
void ctl_show_partitions(FILE *to, const struct ctl_list *list, bool json);
void ctl_show_ports(FILE *to, const struct ctl_list *list, bool json);
void ctl_show_cores(FILE *to, const struct ctl_list *list, bool json);
void ctl_show_log(FILE *to, const struct ctl_list *list, bool json);
void ctl_show_dumps(FILE *to, const struct ctl_list *list, bool json);

/* One screen of `top`: at most @rows lines (0: as many as there are). */
void ctl_show_top(FILE *to, const struct bh_monitor_system *system, const struct ctl_list *partitions, const struct ctl_list *cores,
		  const struct ctl_list *ports, int rows);

/* Ticks of the reply's clock as ns. */
uint64_t ctl_ns(const struct ctl_list *list, uint64_t ticks);

#endif
