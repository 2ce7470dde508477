/* SPDX-License-Identifier: Apache-2.0 */
/* The health log's rings, read by sequence while the kernel writes them (abi/log.h). It follows no number of the log unchecked. */
#ifndef SERVICES_MONITOR_LOGBOOK_H
#define SERVICES_MONITOR_LOGBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/log.h"

/* @bytes: of the memory that there is. False: that is no log of this version; then all rings are empty. */
bool logbook_init(const struct bh_log *log, uint64_t bytes);

/* The sequence that the ring's next record will have; 1 where there is none yet. */
uint32_t logbook_next(uint32_t ring);

/* The oldest sequence from @sequence on that can still be there. */
uint32_t logbook_from(uint32_t ring, uint32_t sequence);

/* A copy of the record of that sequence; false: it is being written, or has been overwritten. */
bool logbook_read(uint32_t ring, uint32_t sequence, struct bh_record *to);

/* The last record of that event in the ring; false: there is none any more. */
bool logbook_last(uint32_t ring, uint16_t event, struct bh_record *to);

#endif
