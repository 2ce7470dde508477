/* SPDX-License-Identifier: Apache-2.0 */
/* In every spin loop: another core, or another thread, has to go on. */
#ifndef HOST_ARCH_RELAX_H
#define HOST_ARCH_RELAX_H

void arch_relax(void);

#endif
