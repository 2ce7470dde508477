/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the monitor (abi/monitor.h) from Linux, over the call channel to it. What is wrong is said on stderr. */
#ifndef SDK_LINUX_CTL_CLIENT_H
#define SDK_LINUX_CTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/monitor.h"

/* Uses the channel of that name; NULL: the one that leads to a monitor. False: there is none, or not one only. */
bool ctl_channel(const char *name);

/* All entries of a list. */
struct ctl_list {
	struct bh_monitor_reply head; /* of the last reply */
	size_t n;
	void *entry; /* of the size asked for; a newer monitor's longer ones are cut */
};

/*
 * @op: a list; @name: LOG's partition, else ""; @bytes of an entry as it is known here. False: said why. Asks until all
 * are there; what changes meanwhile may be seen or not. ctl_free() in either case.
 */
bool ctl_ask(struct ctl_list *list, enum bh_monitor_op op, const char *name, uint32_t first, size_t bytes);
void ctl_free(struct ctl_list *list);

enum ctl_answer {
	CTL_DONE,
	CTL_REFUSED,	 /* for good: said why */
	CTL_NOT_REACHED, /* this time: said why */
};

/* An order to partition @name. */
enum ctl_answer ctl_order(enum bh_monitor_op op, const char *name);

/* The name of this partition, to @name of BH_NAME_BYTES. */
enum ctl_answer ctl_self(char *name);

#endif
