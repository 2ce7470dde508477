/* SPDX-License-Identifier: Apache-2.0 */
/* A victim of the fault campaign as a server: it keeps the number that its client writes, and answers it. */
#ifndef TESTS_CAMPAIGN_SERVE_H
#define TESTS_CAMPAIGN_SERVE_H

#include <stdint.h>

/* Goes on where its former life ended. Does nothing where it serves nobody, as does the next. */
void serve_begin(void);

/* Deals with what the client has done until now. */
void serve_turn(void);

uint32_t serve_last(void); /* the number that was written last, in any life */
uint32_t serve_gaps(void); /* how often it was not the one after the last */

#endif
