/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("bulkhead: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *take(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	if (!p)
		fail("out of memory");
	return p;
}

char *vtext(const char *format, va_list args)
{
	char *s;

	if (vasprintf(&s, format, args) < 0)
		fail("out of memory");
	return s;
}

char *text(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	s = vtext(format, args);
	va_end(args);
	return s;
}

void *bytes_add(struct bytes *b, const void *data, size_t n)
{
	void *where;

	if (n == 0)
		return b->at;
	if (b->room - b->n < n) {
		b->room = b->room * 2 > b->n + n ? b->room * 2 : b->n + n + 256;
		b->at = realloc(b->at, b->room);
		if (!b->at)
			fail("out of memory");
	}
	where = b->at + b->n;
	if (data)
		memcpy(where, data, n);
	else
		memset(where, 0, n);
	b->n += n;
	return where;
}

void bytes_align(struct bytes *b, size_t align)
{
	bytes_add(b, NULL, align_up(b->n, align) - b->n);
}

void bytes_print(struct bytes *b, const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	s = vtext(format, args);
	va_end(args);
	bytes_add(b, s, strlen(s));
	free(s);
}

bool file_exists(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

bool file_read(const char *path, struct bytes *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat s;
	ssize_t got;

	if (fd < 0)
		return false;
	if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
		close(fd);
		errno = EISDIR;
		return false;
	}
	b->room = (size_t)s.st_size + 1;
	b->at = take(b->room);
	b->n = 0;
	while (b->n + 1 < b->room && (got = read(fd, b->at + b->n, b->room - 1 - b->n)) > 0)
		b->n += (size_t)got;
	close(fd);
	return true;
}

void file_write(const char *path, const void *data, size_t n)
{
	char *temporary = text("%s.XXXXXX", path);
	int fd = mkstemp(temporary);
	size_t done = 0;

	if (fd < 0)
		fail("cannot write %s: %s", path, strerror(errno));
	while (done < n) {
		ssize_t put = write(fd, (const char *)data + done, n - done);

		if (put <= 0) {
			int why = errno;

			unlink(temporary);
			fail("cannot write %s: %s", path, strerror(why));
		}
		done += (size_t)put;
	}
	if (fchmod(fd, 0644) != 0 || close(fd) != 0 || rename(temporary, path) != 0) {
		int why = errno;

		unlink(temporary);
		fail("cannot write %s: %s", path, strerror(why));
	}
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? text("%.*s", (int)(slash == path ? 1 : slash - path), path) : text(".");
}

bool program_exists(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	for (size_t n; path && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (access(text("%.*s/%s", (int)n, path, name), X_OK) == 0)
			return true;
	}
	return false;
}

char *tool_folder(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		fail("cannot find my own folder: %s", strerror(errno));
	path[n] = 0;
	return folder_of(path);
}

uint32_t crc32c(const void *data, size_t n)
{
	static uint32_t table[256];
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
			table[i] = c;
		}
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return ~crc;
}
