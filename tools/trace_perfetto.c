#include "tools/trace.h"
void trace_perfetto(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *out) { (void)t; (void)lanes; (void)s; (void)out; }
