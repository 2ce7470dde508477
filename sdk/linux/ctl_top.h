/* SPDX-License-Identifier: Apache-2.0 */
/* bulkheadctl top: the live view. */
#ifndef SDK_LINUX_CTL_TOP_H
#define SDK_LINUX_CTL_TOP_H

#include <stdbool.h>

/* Until q, Ctrl-C or the end of input; where the output is no terminal, @count screens one behind the other. False: said why. */
bool ctl_top(long count);

#endif
