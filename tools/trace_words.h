/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences for what is in a trace: the listing, the timeline and Perfetto's events say the same. */
#ifndef TOOLS_TRACE_WORDS_H
#define TOOLS_TRACE_WORDS_H

#include "tools/trace_file.h"

const char *trace_vcpu_name(const struct plan *p, uint32_t vcpu);			      /* "linux.1", "steer"; BH_NONE: "-" */
const char *trace_who(const struct trace *t, const struct bh_trace_record *r);		      /* of a record */
const char *trace_kind_name(uint32_t kind);						      /* "switch" */
const char *trace_why_name(const struct plan *p, uint32_t core, uint32_t mode, uint32_t why); /* "window", "always" */
const char *trace_mode_name(const struct plan *p, uint32_t mode);

/* What happened, in words, without who. @mode: in force. */
const char *trace_words(const struct trace *t, uint32_t core, uint32_t mode, const struct bh_trace_record *r);

#endif
