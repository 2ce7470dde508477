/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler as abi/blob.h describes it, in the plainest form: who is in a window is worked out from the clock each time,
 * nothing is kept that could be looked up, and all searches are linear. Siblings may run in any order here; the test holds the kernel
 * to their turns.
 */
#ifndef TESTS_MODEL_SCHED_MODEL_H
#define TESTS_MODEL_SCHED_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/blob.h"

struct sched_model_vcpu {
	bool waits, pending;
	uint64_t timer; /* BH_NEVER: off */
	int64_t left;	/* of its budget */
	uint64_t given; /* instant */
};

struct sched_model {
	const struct bh_blob *blob;
	uint64_t now, epoch;
	struct sched_model_vcpu vcpu[BH_MAX_VCPUS];
	uint32_t mode;
	uint64_t mode_start;
	bool ordered;
	uint32_t next_mode;
	uint64_t at;
	uint32_t runs[BH_MAX_CORES]; /* rank, or BH_NONE */
};

void sched_model_begin(struct sched_model *m, const struct bh_blob *b, uint64_t epoch);
void sched_model_time(struct sched_model *m, uint64_t now); /* who runs uses it */
void sched_model_rest(struct sched_model *m);		    /* after whatever has happened: who is awake, who runs */
int64_t sched_model_order(struct sched_model *m, uint32_t mode);

/* Words of ranks of a core, as things stand. */
uint32_t sched_model_funded(const struct sched_model *m, uint32_t core);
uint32_t sched_model_window(const struct sched_model *m, uint32_t core);
uint32_t sched_model_slack(const struct sched_model *m, uint32_t core);
uint32_t sched_model_ready(const struct sched_model *m, uint32_t core);
uint64_t sched_model_frame(const struct sched_model *m, uint32_t core); /* start of the one under way; without windows: of the mode */

/* When something has to happen there by time at the latest; BH_NEVER: nothing, and then the core has no alarm. */
uint64_t sched_model_alarm(const struct sched_model *m, uint32_t core);

struct sched_model_vcpu *sched_model_at(struct sched_model *m, uint32_t core, uint32_t rank);

#endif
