/* SPDX-License-Identifier: Apache-2.0 */
/* What driver tells control. */
#ifndef SYSTEMS_FAULTS_FAULTS_H
#define SYSTEMS_FAULTS_FAULTS_H

#include <stdint.h>

struct measured {
	uint64_t value;
	uint32_t life; /* of the driver: times it had ended */
	uint32_t reserved;
};

#endif
