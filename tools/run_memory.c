/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/trace_file.h"

/* QEMU's -m: "2048", "2G", "size=2G,slots=4"; a plain number is of MiB. 0: it is none of these. */
static uint64_t memory_bytes(const char *m)
{
	char *end;
	uint64_t n = strtoull(strncmp(m, "size=", 5) == 0 ? m + 5 : m, &end, 10);

	switch (*end) {
	case 'G':
	case 'g': return n * 1024 * MIB;
	case 'K':
	case 'k': return n * KIB;
	case 'M':
	case 'm':
	case ',':
	case 0: return n * MIB;
	default: return 0;
	}
}

int run_memory(const struct plan *p, const char **argv)
{
	int fd = memfd_create("bulkhead-memory", 0); /* QEMU inherits it */
	const char *m = NULL;
	uint32_t n = 0;

	for (; argv[n]; n++)
		if (strcmp(argv[n], "-m") == 0 && argv[n + 1])
			m = argv[n + 1]; /* the last one counts */
	if (!m || memory_bytes(m) == 0)
		fail("--trace needs to know how much memory the machine has: the `qemu` of board %s has no -m, or not as a number", p->board.name);
	if (fd < 0)
		fail("cannot make memory for the machine: %s", strerror(errno));
	argv[n++] = "-object";
	argv[n++] = text("memory-backend-file,id=bulkhead-memory,share=on,size=%llu,mem-path=/proc/self/fd/%d", (unsigned long long)memory_bytes(m), fd);
	argv[n++] = "-machine";
	argv[n++] = "memory-backend=bulkhead-memory";
	argv[n] = NULL;
	return fd;
}

bool run_memory_trace(const struct plan *p, int memory, const char *file)
{
	uint64_t bytes = p->n_cores * p->trace_bytes, at = p->trace_pa - p->board.memory[0].base;
	uint8_t *rings = take(bytes);

	/* QEMU's memory begins where the board's first does. */
	if (pread(memory, rings, bytes, (off_t)at) != (ssize_t)bytes || !trace_rings_begun(rings)) {
		fprintf(stderr, "bulkhead: there is no trace to keep in %s: the kernel has not begun\n", file);
		return false;
	}
	trace_file_write(p, rings, file);
	fprintf(stderr, "bulkhead: the trace of %u core%s is in %s\n", p->n_cores, p->n_cores == 1 ? "" : "s", file);
	return true;
}
