/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes of hypercalls: what a caller is told. One list for kernel, SDK and services.
 * 0 is success; SMCCC's "not supported" keeps its value. Never renumbered, only added to.
 */
#ifndef ABI_STATUS_H
#define ABI_STATUS_H

enum bh_status {
	BH_OK = 0,
	BH_E_UNKNOWN = -1, /* no such function (SMCCC NOT_SUPPORTED) */
	BH_E_CAP = -2,	   /* the partition's table has no such entry, or one of another kind */
	BH_E_RIGHT = -3,   /* the entry does not hold this right */
	BH_E_ARG = -4,	   /* an argument is out of its declared range */
	BH_E_STATE = -5,   /* not now: the object is in a state that does not allow it */
	BH_E_AGAIN = -6,   /* full or empty: nothing was done, try later */
	BH_E_TIMEOUT = -7, /* the time given ran out */
	BH_E_PEER = -8,	   /* the other end does not run */
};

#endif
