/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partitions' half of the description. dtc compiles it as for the builder, but nothing of the
 * builder's reader is used: two readers that agree are the point.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/audit.h"

#define FDT_MAX (4u << 20)

/* boards/ lies beside the folder that holds the tool. */
static void boards_folder(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - 16);

	if (n < 0)
		unreadable("cannot find out where the tool lies");
	path[n] = 0;
	for (int up = 0; up < 2; up++)
		if (strrchr(path, '/'))
			*strrchr(path, '/') = 0;
	strncat(path, "/boards", 15);
}

static void run_dtc(const char *source, const char *folder, int out)
{
	char boards[4096];

	boards_folder(boards, sizeof(boards));
	dup2(out, 1);
	execlp("dtc", "dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-i", folder, "-i", boards, source, (char *)NULL);
	fprintf(stderr, "bulkhead audit: cannot run dtc\n");
	_exit(127);
}

static void *read_pipe(int from)
{
	char *fdt = must_alloc(NULL, FDT_MAX);
	size_t n = 0;
	ssize_t got;

	while (n < FDT_MAX && (got = read(from, fdt + n, FDT_MAX - n)) > 0)
		n += (size_t)got;
	close(from);
	if (n < sizeof(struct fdt_header) || fdt_check_header(fdt) != 0 || fdt_totalsize(fdt) > n)
		return NULL;
	return fdt;
}

static const void *compile(const char *source, const char *folder)
{
	int ends[2], status;
	pid_t child;
	void *fdt;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		unreadable("cannot start dtc");
	if (child == 0)
		run_dtc(source, folder, ends[1]);
	close(ends[1]);
	fdt = read_pipe(ends[0]);
	if (waitpid(child, &status, 0) < 0 || status != 0 || !fdt)
		unreadable("%s: dtc does not accept it", source);
	return fdt;
}

static const char *text(const struct audit_desc *d, int node, const char *name, const char *otherwise)
{
	const char *s = fdt_getprop(d->fdt, node, name, NULL);

	return s ? s : otherwise;
}

static bool flag(const struct audit_desc *d, int node, const char *name)
{
	return fdt_getprop(d->fdt, node, name, NULL) != NULL;
}

/* A word of a list; its place in the list is the answer. */
uint32_t fdt_choice(const struct audit_desc *d, int node, const char *name, const char *const words[], uint32_t n)
{
	const char *s = text(d, node, name, words[0]);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	unreadable("%s: %s: unknown word \"%s\"", fdt_get_name(d->fdt, node, NULL), name, s);
}

uint64_t fdt_size(const struct audit_desc *d, int node, const char *name)
{
	const char *s = text(d, node, name, "");
	char *end;
	uint64_t n = strtoull(s, &end, 0);
	uint64_t unit = *end == 'K' ? 1u << 10 : *end == 'M' ? 1u << 20
					 : *end == 'G'	     ? 1u << 30
							     : 0;

	if (end == s || unit == 0 || end[1] != 0 || n > BLOB_IPA_END / unit)
		unreadable("%s: %s = \"%s\" is no size", fdt_get_name(d->fdt, node, NULL), name, s);
	return n * unit;
}

static uint32_t list(const struct audit_desc *d, int node, const char *name, uint32_t *out, uint32_t room)
{
	int n = fdt_cells(d, node, name);

	if (n > (int)room)
		unreadable("%s: %s is too long", fdt_get_name(d->fdt, node, NULL), name);
	for (int i = 0; i < n; i++)
		out[i] = (uint32_t)fdt_number(d, node, name, (uint32_t)i, 1);
	return n < 0 ? 0 : (uint32_t)n;
}

static void read_devices(struct audit_desc *d, int node, struct audit_part *p)
{
	uint32_t handle[AUDIT_PART_DEVICES];

	p->n_devices = list(d, node, "devices", handle, AUDIT_PART_DEVICES);
	for (uint32_t i = 0; i < p->n_devices; i++) {
		int dev = fdt_node_offset_by_phandle(d->fdt, handle[i]);

		if (dev < 0)
			unreadable("%s: devices names no node", p->name);
		device_read(d, dev, &p->device[i]);
	}
}

static void read_partition(struct audit_desc *d, int node, struct audit_part *p)
{
	static const char *const fp[] = { "eager", "lazy", "none" }, *const down[] = { "zero", "fault", "wait" };
	static const char *const setway[] = { "fault", "native" }, *const restart[] = { "always", "never" };

	p->node = node;
	snprintf(p->name, sizeof(p->name), "%s", fdt_get_name(d->fdt, node, NULL));
	p->phandle = fdt_get_phandle(d->fdt, node);
	p->ram_bytes = fdt_size(d, node, "memory");
	p->n_cores = list(d, node, "cores", p->core, BH_MAX_PART_VCPUS);
	p->n_smcs = list(d, node, "smc-allow", p->smc, BH_MAX_SMCS);
	p->priority = flag(d, node, "priority") ? (uint32_t)fdt_number(d, node, "priority", 0, 1) : 0;
	p->console_phandle = flag(d, node, "console") ? (uint32_t)fdt_number(d, node, "console", 0, 1) : 0;
	p->keyboard = flag(d, node, "keyboard");
	p->reads_log = flag(d, node, "reads-log");
	p->down = fdt_choice(d, node, "console-down", down, 3);
	p->setway = fdt_choice(d, node, "set-way", setway, 2) == 1;
	p->restart = fdt_choice(d, node, "restart", restart, 2) == 0;
	p->dedicated = flag(d, node, "dedicated-core");
	p->native_wfi = flag(d, node, "native-wfi");
	p->fp_given = flag(d, node, "fp");
	p->fp = fdt_choice(d, node, "fp", fp, 3);
	read_devices(d, node, p);
}

static bool shares_core(const struct audit_desc *d, const struct audit_part *p)
{
	for (uint32_t q = 0; q < d->n_parts; q++)
		for (uint32_t i = 0; i < p->n_cores; i++)
			for (uint32_t j = 0; j < d->part[q].n_cores; j++)
				if (&d->part[q] != p && d->part[q].core[j] == p->core[i])
					return true;
	return false;
}

/* What needs all partitions: consoles by number, and the default of fp. */
static void join_partitions(struct audit_desc *d)
{
	for (uint32_t i = 0; i < d->n_parts; i++) {
		struct audit_part *p = &d->part[i];

		p->console = BH_NONE;
		for (uint32_t j = 0; p->console_phandle && j < d->n_parts; j++)
			if (d->part[j].phandle == p->console_phandle)
				p->console = j;
		if (p->console_phandle && p->console == BH_NONE)
			unreadable("%s: console is no partition", p->name);
		if (!p->fp_given)
			p->fp = shares_core(d, p) ? BH_FP_LAZY : BH_FP_EAGER;
	}
}

/* The property system-name; else the folder's name, or the file's where that is not system.dts. */
static void name_system(struct audit_desc *d, const char *source, const char *folder)
{
	const char *name = fdt_getprop(d->fdt, 0, "system-name", NULL), *slash = strrchr(source, '/');
	const char *file = slash ? slash + 1 : source;
	char *real = realpath(folder, NULL);

	if (!name && strcmp(file, "system.dts") == 0)
		name = real && strrchr(real, '/') ? strrchr(real, '/') + 1 : folder;
	if (name)
		snprintf(d->system, sizeof(d->system), "%.*s", (int)sizeof(d->system) - 1, name);
	else
		snprintf(d->system, sizeof(d->system), "%.*s", (int)strcspn(file, "."), file);
	free(real);
}

void desc_read(struct audit_desc *d, const char *system)
{
	char source[4096], folder[4096];
	struct stat st;
	int node, parts;

	if (stat(system, &st) != 0)
		unreadable("%s: no such system", system);
	snprintf(source, sizeof(source), S_ISDIR(st.st_mode) ? "%s/system.dts" : "%s", system);
	snprintf(folder, sizeof(folder), "%s", source);
	if (strrchr(folder, '/'))
		*strrchr(folder, '/') = 0;
	else
		snprintf(folder, sizeof(folder), ".");
	d->fdt = compile(source, folder);
	board_read(d);
	name_system(d, source, folder);
	parts = fdt_path_offset(d->fdt, "/partitions");
	if (parts < 0)
		unreadable("%s: no partitions", source);
	fdt_for_each_subnode(node, d->fdt, parts)
	{
		if (d->n_parts == BH_MAX_PARTITIONS)
			unreadable("%s: too many partitions", source);
		read_partition(d, node, &d->part[d->n_parts++]);
	}
	join_partitions(d);
	relations_read(d);
	time_read(d);
	health_read(d);
}
