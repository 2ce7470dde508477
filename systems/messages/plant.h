/* SPDX-License-Identifier: Apache-2.0 */
/* What control and gateway say to each other: the plant is a slide that moves along a rail. */
#ifndef SYSTEMS_MESSAGES_PLANT_H
#define SYSTEMS_MESSAGES_PLANT_H

#include <stdint.h>

#define RAIL_MM 1000 /* positions are 0 to this */

struct state {
	uint32_t steps;		   /* of the loop since control began, one each ms */
	int32_t setpoint;	   /* mm */
	int32_t position;	   /* mm */
	uint32_t late_ns;	   /* how late the last step began */
	uint32_t mean_ns, most_ns; /* of the last full second */
	uint32_t missed;	   /* steps that were due and left out, ever */
	uint32_t taken;		   /* set points taken, ever */
};

struct setpoint {
	int32_t position; /* mm */
	int32_t reserved;
};

#endif
