/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts: the partition's GICv3 (virtual or not), group 1, one handler for each INTID.
 * Handlers run on their own stack, with interrupts masked, one after the other in order of priority; they
 * may use FP.
 */
#ifndef SDK_BH_IRQ_H
#define SDK_BH_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define BH_IRQ_LIMIT 288u /* INTIDs below this exist */

#define BH_PRIORITY_HIGH   0x40u /* 0x00 is the most urgent, 0xf0 the least; steps of 16 */
#define BH_PRIORITY_NORMAL 0x80u
#define BH_PRIORITY_LOW	   0xc0u

/*
 * The calling vCPU takes interrupts from now on: its interface to them is initialised. bh_irq_enable() and alarms do so by themselves, and on
 * dedicated cores start-up has; one that takes none costs the kernel less at each switch. Any context.
 */
void bh_irq_begin(void);

/*
 * Lets an interrupt come to the calling vCPU. @intid: 0-15 from other vCPUs, 16-31 this vCPU's own,
 * 32 and up devices and doorbells; < BH_IRQ_LIMIT. Until bh_irq_edge() says otherwise devices are
 * level-sensitive. Enabling again replaces handler and priority. Any context.
 */
void bh_irq_enable(uint32_t intid, void (*handler)(void *arg), void *arg, uint32_t priority);
void bh_irq_disable(uint32_t intid);

/* Edge (true) or level, @intid 32 and up; before it is enabled. */
void bh_irq_edge(uint32_t intid, bool edge);

/* Makes an SPI or PPI pending, or sends SGI @intid (0-15) to vCPU @index, where it is dropped before that one's bh_irq_begin(). Any context. */
void bh_irq_pend(uint32_t intid);
void bh_irq_send(uint32_t intid, uint32_t index);

#endif
