/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead explain LOG SYSTEM`: explain.c reads the log's lines, as lib/record_text.c writes them; explain_access.c and
 * explain_call.c say what the description has to do with them.
 */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

#include "tools/plan.h"

enum refusal_kind {
	REFUSED_ACCESS,
	REFUSED_REGISTER,
	REFUSED_CALL,
};

/* One line of the log, in parts. */
struct refusal {
	enum refusal_kind kind;
	const char *line; /* from the partition's name on */
	const char *name; /* of the partition, as it stands there */
	const struct part *part;
	uint32_t times;

	bool write, fetch, has_address;
	uint64_t address, bytes; /* bytes: of an access; 0: not told */

	const char *reg; /* "S3_3_C9_C12_0"; NULL: another trapped instruction, */
	uint32_t class;	 /* of this exception class */

	const char *call; /* "SEND" */
	bool names;	  /* the call names an entry of its table: */
	uint32_t entry;
	const char *status; /* what was wrong, in words */
};

/* Exit status: 0: something was explained, 1: there was nothing, or the description is wrong. */
int explain(const char *log, const char *system);

void explain_access(struct plan *p, const struct refusal *r);
void explain_register(struct plan *p, const struct refusal *r);
void explain_call(struct plan *p, const struct refusal *r);

/* explain.c: one line of an explanation. */
void explain_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "to permit it add &rtc to `devices` of /partitions/linux (FILE:LINE)", or `devices = <&rtc>` where there is none yet. */
void explain_add(const struct plan *p, const struct part *part, const char *prop, const char *label);
/* " (FILE:LINE)" of a property, or of its node where there is none; "" where nobody knows. */
const char *explain_place(const struct plan *p, const char *path, const char *prop);

#endif
