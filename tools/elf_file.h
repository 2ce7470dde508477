/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files: 64-bit, little-endian, AArch64, executable. Only program headers count. */
#ifndef TOOLS_ELF_FILE_H
#define TOOLS_ELF_FILE_H

#include <elf.h>

#include "tools/bytes.h"

#define PT_BH_NOINIT 0x6b680001u /* memory of the program's that a warm start does not clear: `.noinit` (sdk/partition.ld) */

bool elf_is(const struct bytes *b);
/* NULL, or what is wrong; after NULL all PT_LOAD contents lie in the file. */
const char *elf_check(const struct bytes *b);
Elf64_Ehdr elf_header(const struct bytes *b);
Elf64_Phdr elf_program(const struct bytes *b, uint32_t i);

#endif
