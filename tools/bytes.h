/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the host: growing buffers, files, numbers. Memory is never given back: the tool runs
 * once and ends. Out of memory ends it with a message.
 */
#ifndef TOOLS_BYTES_H
#define TOOLS_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB 1024ull
#define MIB (1024ull * KIB)

struct bytes {
	uint8_t *at;
	size_t n, room;
};

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *take(size_t bytes); /* zeroed */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *vtext(const char *format, va_list args);

void *bytes_add(struct bytes *b, const void *data, size_t n); /* data NULL: zeros; answers where they are */
void bytes_align(struct bytes *b, size_t align);
void bytes_print(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool file_exists(const char *path);
bool file_read(const char *path, struct bytes *b); /* errno says why not; ends with an extra zero byte */
/* Written beside its name and renamed, so that there is the whole file or none. Ends the tool on error. */
void file_write(const char *path, const void *data, size_t n);

const char *base_name(const char *path);
char *folder_of(const char *path);
char *tool_folder(void);

/* Can it be run: a path, or a name that is found on PATH? */
bool program_exists(const char *name);

/* CRC-32C as abi/stub.h has it. */
uint32_t crc32c(const void *data, size_t n);

static inline uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) / align * align;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
