/* SPDX-License-Identifier: Apache-2.0 */
/* The description of a vCPU's registers that gdb reads ("target.xml"), and how they are numbered. */
#ifndef SERVICES_MONITOR_GDB_XML_H
#define SERVICES_MONITOR_GDB_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "services/monitor/gdb_packet.h"

/* gdb's numbers: x0-x30, then */
#define GDB_SP	      31u
#define GDB_PC	      32u
#define GDB_CPSR      33u
#define GDB_V0	      34u
#define GDB_FPSR      66u
#define GDB_FPCR      67u
#define GDB_REGISTERS 68u

/* Bytes of a register. */
static inline uint32_t gdb_register_bytes(uint32_t number)
{
	if (number >= GDB_V0 && number < GDB_FPSR)
		return 16;
	return number == GDB_CPSR || number >= GDB_FPSR ? 4 : 8;
}

/* Writes @n bytes of it from @offset on, or those that there are. True: that was its end. */
bool gdb_xml(struct gdb_writer *w, uint64_t offset, uint64_t n);

#endif
