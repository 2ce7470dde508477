/* SPDX-License-Identifier: Apache-2.0 */
/* Where channels are: the device tree, as sysfs and procfs show it, and /dev/mem. */
#include "sdk/linux/bulkhead_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TTYS	 "/sys/class/tty"
#define BULKHEAD "/proc/device-tree/bulkhead"

/* A property's bytes, at most @room; -1: there is none. */
static ssize_t property(const char *node, const char *name, void *to, size_t room)
{
	char path[512];
	ssize_t n;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", node, name) >= sizeof path)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, to, room);
	close(fd);
	return n;
}

static bool property_string(const char *node, const char *name, char *to, size_t room)
{
	ssize_t n = property(node, name, to, room - 1);

	to[n > 0 ? n : 0] = 0;
	return n > 0;
}

static uint32_t big_endian(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t property_cell(const char *node, const char *name)
{
	uint8_t b[4];

	return property(node, name, b, 4) == 4 ? big_endian(b) : 0;
}

/* Address and size, two cells each. */
static void property_span(const char *node, const char *name, struct bulkhead_channel *c)
{
	uint8_t b[16];

	if (property(node, name, b, 16) != 16)
		return;
	c->address = (uint64_t)big_endian(b) << 32 | big_endian(b + 4);
	c->size = (uint64_t)big_endian(b + 8) << 32 | big_endian(b + 12);
}

static const char *const kinds[] = { "", "signal", "sampling", "queuing", "call", "shared" };

const char *bulkhead_kind_name(enum bulkhead_kind kind)
{
	return kind >= BULKHEAD_SIGNAL && kind <= BULKHEAD_SHARED ? kinds[kind] : "unknown";
}

static enum bulkhead_kind property_kind(const char *node)
{
	char text[16];
	unsigned int k;

	property_string(node, "bulkhead,kind", text, sizeof text);
	for (k = BULKHEAD_SIGNAL; k < BULKHEAD_SHARED; k++)
		if (strcmp(text, kinds[k]) == 0)
			break;
	return k;
}

/* An end that a serial line carries. */
static bool read_end(const char *node, const char *tty, struct bulkhead_channel *c)
{
	char direction[16];

	memset(c, 0, sizeof *c);
	if (!property_string(node, "bulkhead,channel", c->name, sizeof c->name))
		return false;
	property_string(node, "bulkhead,peer", c->peer, sizeof c->peer);
	property_string(node, "bulkhead,direction", direction, sizeof direction);
	snprintf(c->tty, sizeof c->tty, "/dev/%.26s", tty);
	c->kind = property_kind(node);
	c->sends = strcmp(direction, "send") == 0;
	c->bytes = property_cell(node, "bulkhead,bytes");
	c->reply_bytes = property_cell(node, "bulkhead,reply-bytes");
	c->depth = property_cell(node, "bulkhead,depth");
	c->period_us = property_cell(node, "bulkhead,period-us");
	property_span(node, "bulkhead,window", c);
	return c->kind != BULKHEAD_SHARED;
}

/* The tty's device has the node or, from Linux 6.6 on, one of the devices it is a part of. */
static bool read_tty(const char *tty, struct bulkhead_channel *c)
{
	static const char *const places[] = { "device/of_node", "device/../of_node", "device/../../of_node" };
	char node[512];

	for (unsigned int i = 0; i < sizeof places / sizeof places[0]; i++) {
		snprintf(node, sizeof node, TTYS "/%s/%s", tty, places[i]);
		if (read_end(node, tty, c))
			return true;
	}
	return false;
}

static bool read_shared(const char *name, struct bulkhead_channel *c)
{
	char node[512], rights[4], none;

	if (strncmp(name, "shared@", 7) != 0)
		return false;
	memset(c, 0, sizeof *c);
	snprintf(node, sizeof node, BULKHEAD "/%s", name);
	if (!property_string(node, "bulkhead,channel", c->name, sizeof c->name))
		return false;
	property_string(node, "bulkhead,rights", rights, sizeof rights);
	property_span(node, "reg", c);
	c->kind = BULKHEAD_SHARED;
	c->sends = strcmp(rights, "rw") == 0;
	c->uncached = property(node, "bulkhead,uncached", &none, 1) >= 0;
	return true;
}

/* Everything in a folder that @read understands. */
static int list_folder(const char *folder, const char *prefix, bool (*read)(const char *name, struct bulkhead_channel *c),
		       struct bulkhead_channel *list, int room)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		struct bulkhead_channel c;

		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0 || !read(e->d_name, &c))
			continue;
		if (n < room)
			list[n] = c;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bulkhead_channel *)a)->name, ((const struct bulkhead_channel *)b)->name);
}

int bulkhead_list(struct bulkhead_channel *list, int room)
{
	int n = list_folder(TTYS, "ttyAMA", read_tty, list, room), rest = room > n ? room - n : 0;

	n += list_folder(BULKHEAD, "shared@", read_shared, list + room - rest, rest);
	qsort(list, (size_t)(n < room ? n : room), sizeof *list, by_name);
	return n;
}

int bulkhead_find(const char *name, bool shared, struct bulkhead_channel *c)
{
	struct bulkhead_channel list[BULKHEAD_CHANNELS];
	int n = bulkhead_list(list, BULKHEAD_CHANNELS);

	for (int i = 0; i < n && i < BULKHEAD_CHANNELS; i++)
		if (strcmp(list[i].name, name) == 0 && (list[i].kind == BULKHEAD_SHARED) == shared) {
			*c = list[i];
			return 0;
		}
	return -ENOENT;
}

/* O_SYNC asks for an uncached mapping of memory that is not Linux's own; without it the answer would be the same. */
int bulkhead_map_memory(uint64_t address, size_t bytes, bool writable, volatile void **memory)
{
	int fd = open("/dev/mem", (writable ? O_RDWR : O_RDONLY) | O_SYNC | O_CLOEXEC), wrong = 0;
	void *at;

	if (fd < 0)
		return -errno;
	at = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, (off_t)address);
	if (at == MAP_FAILED)
		wrong = -errno;
	else
		*memory = at;
	close(fd);
	return wrong;
}

int bulkhead_map(const char *name, volatile void **memory, size_t *bytes, bool *writable)
{
	struct bulkhead_channel c;
	int wrong = bulkhead_find(name, true, &c);

	if (wrong)
		return wrong;
	*bytes = c.size;
	*writable = c.sends;
	return bulkhead_map_memory(c.address, c.size, c.sends, memory);
}

void bulkhead_put(volatile void *memory, size_t offset, const void *from, size_t bytes)
{
	volatile uint64_t *to = (volatile uint64_t *)((volatile char *)memory + offset);

	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t word = 0;

		memcpy(&word, (const char *)from + i, bytes - i < 8 ? bytes - i : 8);
		to[i / 8] = word;
	}
}

void bulkhead_get(void *to, const volatile void *memory, size_t offset, size_t bytes)
{
	const volatile uint64_t *from = (const volatile uint64_t *)((const volatile char *)memory + offset);

	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t word = from[i / 8];

		memcpy((char *)to + i, &word, bytes - i < 8 ? bytes - i : 8);
	}
}
