/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the pipeline say to each other. */
#ifndef SYSTEMS_PIPELINE_H
#define SYSTEMS_PIPELINE_H

#include <stdint.h>

#define BLOCK  1024u /* samples */
#define BLOCKS 4u    /* of them in memory: who reads has the time of two to do it */

/* Shared memory. Block n is in sample[n % BLOCKS]; `written` blocks are complete. */
struct samples {
	uint32_t written;
	uint32_t reserved[15];
	int16_t sample[BLOCKS][BLOCK];
};

struct result { /* of a block; and back: of all */
	uint32_t block, peak, mean;
	uint32_t missed; /* blocks that were overwritten before they were read */
};

#endif
