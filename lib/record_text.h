/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A health record as a sentence. Kernel (while nobody reads the log) and log reader print the same
 * words. Freestanding, no state; it follows no pointer of the record and believes none of its
 * numbers.
 */
#ifndef LIB_RECORD_TEXT_H
#define LIB_RECORD_TEXT_H

#include <stdint.h>

#include "abi/log.h"

/*
 * Writes the record to buf as one line, without a newline, zero-terminated, cut where it does not
 * fit (160 bytes hold nearly all; @size > 0). Answers the number of bytes before the zero.
 * @partition: its name.
 */
uint32_t record_text(char *buf, uint32_t size, const struct bh_record *r, const char *partition);

#endif
