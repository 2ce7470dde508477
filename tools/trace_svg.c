#include "tools/trace.h"
const char *trace_svg(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s) { (void)t; (void)lanes; (void)s; return ""; }
