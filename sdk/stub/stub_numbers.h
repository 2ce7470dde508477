/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of abi/stub.h and abi/call.h that the boot stub's assembly needs. The assembler
 * reads neither structs nor suffixes; stub_check.c holds every one against its origin.
 */
#ifndef SDK_STUB_STUB_NUMBERS_H
#define SDK_STUB_STUB_NUMBERS_H

#define STUB_CALL_DONE	 0xc6000001
#define STUB_CALL_FAILED 0xc6000002
#define STUB_CALL_PANIC	 0xc6000013
#define STUB_ABI_VERSION 7
#define STUB_MAGIC	 0x31425553

#define STUB_QUIET 1
#define STUB_CLEAR 2
#define STUB_COPY  3
#define STUB_CHECK 4

#define STUB_COLD 1 /* flag of an operation */
#define STUB_WARM 1 /* in x0 */

#define STUB_E_PARAMS 1
#define STUB_E_CRC    2
#define STUB_E_OP     3

/* struct bh_stub_params */
#define PARAMS_MAGIC 0 /* then the version */
#define PARAMS_N_OPS 8
#define PARAMS_ENTRY 16 /* then arg */
#define PARAMS_RAM   32 /* base, then bytes */
#define PARAMS_OP    48

/* struct bh_stub_op */
#define OP_KIND	 0  /* then flags */
#define OP_DST	 8  /* then src */
#define OP_BYTES 24 /* then value */
#define OP_SIZE	 40

#endif
