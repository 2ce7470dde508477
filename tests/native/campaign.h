/* SPDX-License-Identifier: Apache-2.0 */
/* What the conductor of the fault campaign, its victims and their clients say to each other (tests/systems/campaign). */
#ifndef TESTS_NATIVE_CAMPAIGN_H
#define TESTS_NATIVE_CAMPAIGN_H

#include <stdint.h>

struct campaign_order {
	uint32_t fault; /* enum bh_fault */
	uint32_t delay; /* turns of an empty loop before it is committed */
	uint64_t number;
};

enum campaign_what {
	CAMPAIGN_BEGUN = 1,
	CAMPAIGN_WENT_ON = 2, /* after the fault */
};

#define CAMPAIGN_WORDS 160u /* bytes of a line that is said for the conductor */

#define CAMPAIGN_NO_EXCEPTION 0xffu

struct campaign_said {
	uint32_t what;
	uint32_t begin;	    /* enum bh_begin */
	uint32_t ends;	    /* of this partition */
	uint32_t exception; /* class of the one that was taken; CAMPAIGN_NO_EXCEPTION */
	uint64_t seen;	    /* what was read, or answered */
	uint64_t kept;	    /* lives since the last cold start */
	uint32_t last;	    /* as a server: the number that its client wrote last, in any of its lives */
	uint32_t gaps;	    /* and how often that was not the next one */
};

/* Of a server's client, which writes number after number and asks after each what was written last. */
struct campaign_tells {
	uint32_t number;
	uint32_t others; /* answers that were another number */
	uint32_t wrong;	 /* and one that was not written yet */
	uint32_t reserved;
};

#endif
