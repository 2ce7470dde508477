/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of partitions (abi/monitor.h) and their replies: what is shown, and who may order what. */
#ifndef SERVICES_MONITOR_ANSWERS_H
#define SERVICES_MONITOR_ANSWERS_H

#include <stdint.h>

#include "abi/monitor.h"

/*
 * Answers @request, of @bytes bytes, of the partition @client: writes the reply to @reply, at most @room bytes, aligned to 8, and
 * answers its size (at least the head). The request is copied before it is looked at. @now: ticks. Bounded.
 */
uint32_t answers_to(const char *client, const void *request, uint32_t bytes, void *reply, uint32_t room, uint64_t now);

#endif
