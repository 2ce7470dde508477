/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trace in a file, as `bulkhead run --trace` writes it: a head, then the trace rings (abi/trace.h) of all cores as they were in memory. And what
 * was read from one: each core's records, oldest first. No number in a file is believed before it has been compared with the plan.
 */
#ifndef TOOLS_TRACE_FILE_H
#define TOOLS_TRACE_FILE_H

#include "abi/trace.h"
#include "tools/plan.h"

#define TRACE_FILE_MAGIC "BHTRACE1"

/* Little-endian, as all that follows it. */
struct trace_file_head {
	char magic[8];
	uint32_t abi_version;  /* BH_ABI_VERSION of who wrote it */
	uint32_t header_bytes; /* of this; the rings are behind it, each ring_bytes long */
	uint64_t digest;       /* of the image that ran, from its header: kernel, tables and the system's numbers */
	uint64_t ring_bytes;
	uint32_t n_cores;
	uint32_t crc; /* CRC-32C of the rings */
};

/* From this record on that mode is in force; the first of a core begins with its first record. */
struct trace_mode {
	uint32_t record;
	uint32_t mode;	/* BH_TRACE_NO_MODE: before the epoch */
	uint64_t start; /* of its first frame, ticks; 0: not in the trace any more */
	bool at_once;	/* it began where no frame ended: the epoch, or a mode that is `at-once` */
};

struct trace_core {
	struct bh_trace_record *record; /* oldest first */
	uint32_t n;
	uint32_t lost; /* records before these, overwritten */
	struct trace_mode *mode;
	uint32_t n_modes;
};

struct trace {
	const struct plan *p;
	const char *file;
	uint64_t frequency;
	uint64_t zero; /* ticks: the epoch, or the first record where none was reached */
	bool epoch;    /* zero is the epoch */
	uint64_t end;  /* ticks: the last record of all */
	struct trace_core core[BH_MAX_CORES];
};

/* Has any of these rings been begun? @rings: p->n_cores of them. */
bool trace_rings_begun(const uint8_t *rings);

/* @p: after image_write(). */
void trace_file_write(const struct plan *p, const uint8_t *rings, const char *file);

/* Ends the tool where it is no trace of that system. @p: after image_write(). */
struct trace *trace_file_read(const struct plan *p, const char *file);

/* Since zero, in ns. */
int64_t trace_ns(const struct trace *t, uint64_t ticks);
uint64_t trace_ticks(const struct trace *t, uint64_t ns); /* of a span: as the kernel rounds it */

/* The plan's number of a vCPU, by partition and index; BH_NONE: nobody. */
uint32_t trace_vcpu(const struct trace *t, const struct bh_trace_record *r);

#endif
