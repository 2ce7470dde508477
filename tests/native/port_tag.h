/* SPDX-License-Identifier: Apache-2.0 */
/* The words that port_rewriter.c writes to its buffers can be told from all others. */
#ifndef TESTS_NATIVE_PORT_TAG_H
#define TESTS_NATIVE_PORT_TAG_H

#include <stdbool.h>
#include <stdint.h>

#define TAG 0x7e57u

static inline uint64_t tagged(uint64_t random)
{
	return (uint64_t)TAG << 48 | (random & 0xffffffffffffu);
}

static inline bool has_tag(uint64_t word)
{
	return word >> 48 == TAG;
}

#endif
