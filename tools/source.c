/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs dtc twice: once for the tree, once for its annotated text, which tells the file and line of
 * everything. References to labels that do not exist are collected like other errors (dtc -f).
 */
#include "tools/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/errors.h"

static void drain(FILE *f, struct bytes *b)
{
	char piece[4096];
	size_t n;

	rewind(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		bytes_add(b, piece, n);
	bytes_add(b, "", 1);
	b->n--;
	fclose(f);
}

static int run_dtc(const char *const *argv, struct bytes *out, struct bytes *err)
{
	FILE *fout = tmpfile(), *ferr = tmpfile();
	int status;
	pid_t pid;

	if (!fout || !ferr)
		fail("cannot make a temporary file: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(fileno(fout), 1);
		dup2(fileno(ferr), 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		fail("cannot run dtc: %s", strerror(errno));
	drain(fout, out);
	drain(ferr, err);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fail("cannot run dtc; install device-tree-compiler");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int compile(const struct plan *p, bool annotate, struct bytes *out, struct bytes *err)
{
	const char *argv[24], *boards[] = { text("%s/../boards", p->tool), text("%s/../../boards", p->folder),
					    text("%s/boards", p->tool) };
	int n = 0;
	struct stat s;

	argv[n++] = "dtc";
	argv[n++] = "-f";
	argv[n++] = "-q";
	argv[n++] = annotate ? "-T" : "-@";
	argv[n++] = "-I";
	argv[n++] = "dts";
	argv[n++] = "-O";
	argv[n++] = annotate ? "dts" : "dtb";
	argv[n++] = "-i";
	argv[n++] = p->folder;
	for (uint32_t i = 0; i < 3; i++)
		if (stat(boards[i], &s) == 0 && S_ISDIR(s.st_mode)) {
			argv[n++] = "-i";
			argv[n++] = boards[i];
		}
	argv[n++] = p->dts;
	argv[n] = NULL;
	return run_dtc(argv, out, err);
}

/* One line of the annotated text: a node begins, a node ends, or a property. */
static char *clean_place(const struct plan *p, char *place)
{
	size_t n = strcspn(place, ":");
	char *file = place[0] == '/' ? text("%.*s", (int)n, place) : text("%s/%.*s", p->folder, (int)n, place);
	char *whole = realpath(file, NULL), *here = realpath(".", NULL);

	if (!whole || !here || strncmp(place, "../", 3) != 0)
		return whole ? text("%s%s", file, place + n) : place;
	if (strncmp(whole, here, strlen(here)) == 0 && whole[strlen(here)] == '/')
		whole += strlen(here) + 1;
	return text("%s%s", whole, place + n);
}

static void mark_add(struct plan *p, const char *path, const char *comment)
{
	const char *end = strstr(comment, " */");
	char *place;

	if (!end)
		return;
	/* A node that several files add to: the last one is the system's own. */
	place = text("%.*s", (int)(end - comment), comment);
	if (strrchr(place, ','))
		place = strrchr(place, ',') + 1 + strspn(strrchr(place, ',') + 1, " ");
	place = clean_place(p, place);
	p->mark = realloc(p->mark, (p->n_marks + 1) * sizeof(*p->mark));
	if (!p->mark)
		fail("out of memory");
	p->mark[p->n_marks++] = (struct mark){ .path = path, .place = place };
}

static void label_add(struct plan *p, const char *label, size_t n)
{
	p->labels = realloc(p->labels, (p->n_labels + 1) * sizeof(*p->labels));
	if (!p->labels)
		fail("out of memory");
	p->labels[p->n_labels++] = text("%.*s", (int)n, label);
}

static char *node_name(struct plan *p, char *line)
{
	char *colon;

	*strrchr(line, '{') = 0;
	while ((colon = strstr(line, ": ")) != NULL) {
		label_add(p, line, (size_t)(colon - line));
		line = colon + 2;
	}
	line[strcspn(line, " ")] = 0;
	return line;
}

static void marks_read(struct plan *p, char *dts)
{
	char path[4096] = "";
	char *next;

	for (char *line = dts; line; line = next) {
		char *comment, *brace, *at;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		line += strspn(line, "\t ");
		comment = strstr(line, " /* ");
		for (at = comment; at && (at = strstr(at + 1, " /* "));)
			comment = at;
		brace = strrchr(line, '{');
		if (line[0] == '}') {
			at = strrchr(path, '/');
			if (at)
				*at = 0;
		} else if (brace && (brace[1] == 0 || brace + 1 == comment)) {
			line = node_name(p, line);
			if (strcmp(line, "/") && strlen(path) + strlen(line) + 2 < sizeof(path))
				strcat(strcat(path, "/"), line);
			if (comment)
				mark_add(p, text("%s", path[0] ? path : "/"), comment + 4);
		} else if (comment) {
			mark_add(p, text("%s/%.*s", path, (int)strcspn(line, " ;"), line), comment + 4);
		}
	}
}

const char *source_place(const struct plan *p, const char *path)
{
	for (uint32_t i = 0; i < p->n_marks; i++)
		if (strcmp(p->mark[i].path, path) == 0)
			return p->mark[i].place;
	return NULL;
}

char *source_find(const struct plan *p, const char *name)
{
	char *beside = name[0] == '/' ? text("%s", name) : text("%s/%s", p->folder, name);

	if (file_exists(beside) || name[0] == '/')
		return file_exists(beside) ? beside : NULL;
	beside = text("%s/%s", p->tool, name);
	return file_exists(beside) ? beside : NULL;
}

/* The property of a node that holds what dtc leaves for an unknown label; NULL: several do. */
static const char *unresolved_prop(const struct plan *p, const char *path)
{
	const char *found = NULL;
	int prop, node = p->fdt ? fdt_path_offset(p->fdt, path) : -1;

	if (node < 0)
		return NULL;
	fdt_for_each_property_offset(prop, p->fdt, node)
	{
		const char *name = NULL;
		int i = 0, n;

		if (!fdt_getprop_by_offset(p->fdt, prop, &name, NULL) || (n = node_cells(p, node, name)) < 1)
			continue;
		while (i < n && node_cell(p, node, name, i) != ~0u)
			i++;
		if (i < n && found)
			return NULL;
		if (i < n)
			found = name;
	}
	return found;
}

/* "place: ERROR (phandle_references): /node: Reference to non-existent node or label "x"" */
static bool blame_reference(struct plan *p, char *line)
{
	char *path = strstr(line, "): /"), *label = strstr(line, "node or label \""), *end;

	if (!path || !label || !strstr(line, "ERROR (phandle_references)"))
		return false;
	path += 3;
	label += strlen("node or label \"");
	end = strchr(path, ':');
	if (!end || !strchr(label, '"'))
		return false;
	*end = 0;
	*strchr(label, '"') = 0;
	blame(p, path, unresolved_prop(p, path), "refers to &%s, which neither the board nor this description has%s", label,
	      near_miss(label, p->labels, p->n_labels));
	p->unresolved = true;
	return true;
}

/* "place: ERROR (duplicate_node_names): /node: Duplicate node name". dtc leaves references open then: there is no tree. */
static bool blame_duplicate(struct plan *p, char *line)
{
	char *path = strstr(line, "ERROR (duplicate_node_names): /"), *end, *dot, *colon;

	if (!path || path - line < 2)
		return false;
	path[-2] = 0;
	path += strlen("ERROR (duplicate_node_names): ");
	end = strchr(path, ':');
	if (!end)
		return false;
	*end = 0;
	colon = strrchr(line, ':');
	dot = colon ? strchr(colon, '.') : NULL;
	if (dot)
		*dot = 0;
	blame_place(p, clean_place(p, line), path, "is there twice; give one of them another name");
	p->fdt = NULL;
	return true;
}

/* An include that is not there: the boards that are. */
static const char *boards_near(const struct plan *p, const char *line)
{
	const char *known[64], *file = strchr(line, '"');
	DIR *folder = opendir(text("%s/../boards", p->tool));
	struct bytes all = { 0 };
	struct dirent *e;
	uint32_t n = 0;

	if (!strstr(line, "Couldn't open") || !file || !folder)
		return "";
	while (n < 64 && (e = readdir(folder)) != NULL)
		if (strstr(e->d_name, ".dts")) {
			bytes_print(&all, "%s%s", n ? ", " : "", e->d_name);
			known[n++] = text("%s", e->d_name);
		}
	closedir(folder);
	bytes_add(&all, "", 1);
	return text("%s; boards are: %s", near_miss(text("%.*s", (int)strcspn(file + 1, "\""), file + 1), known, n),
		    (char *)all.at);
}

/* "Error: FILE:LINE.COLUMN-… what" */
static bool blame_syntax(struct plan *p, char *line)
{
	char *place = strstr(line, "Error: "), *what, *dot;

	if (place != line || !(what = strchr(place + 7, ' ')) || !strchr(place + 7, ':'))
		return false;
	*what++ = 0;
	place = text("%s", place + 7);
	dot = strchr(strrchr(place, ':') ? strrchr(place, ':') : place, '.');
	if (dot)
		*dot = 0;
	blame_place(p, place, "/", text("dtc: %s", what));
	return true;
}

/* What dtc says, line by line; with a tree, only errors matter, else all. */
static void blame_dtc(struct plan *p, char *err, bool tree)
{
	for (char *line = strtok(err, "\n"); line; line = strtok(NULL, "\n")) {
		if (blame_duplicate(p, line) || blame_reference(p, line) || blame_syntax(p, line))
			continue;
		if (strstr(line, "Unable to parse input tree") && p->n_errors)
			continue;
		if (strstr(line, "ERROR (") || (!tree && !strstr(line, "Warning")))
			blame(p, "/", NULL, "dtc: %s%s", line, boards_near(p, line));
	}
}

void source_read(struct plan *p, const char *system)
{
	struct bytes dtb = { 0 }, dts = { 0 }, err = { 0 }, ignored = { 0 };
	struct stat s;
	char *name = text("%s", system);

	while (strlen(name) > 1 && name[strlen(name) - 1] == '/')
		name[strlen(name) - 1] = 0;
	p->tool = tool_folder();
	if (stat(name, &s) != 0)
		fail("%s: %s; give a folder with a system.dts, or a .dts file", name, strerror(errno));
	p->dts = S_ISDIR(s.st_mode) ? text("%s/system.dts", name) : name;
	if (!file_exists(p->dts))
		fail("%s: there is no such description", p->dts);
	p->folder = folder_of(p->dts);
	if (strcmp(base_name(p->dts), "system.dts") == 0) {
		char *whole = realpath(p->folder, NULL);

		p->name = text("%s", base_name(whole ? whole : p->folder));
	} else {
		p->name = text("%.*s", (int)strcspn(base_name(p->dts), "."), base_name(p->dts));
	}
	compile(p, false, &dtb, &err);
	if (compile(p, true, &dts, &ignored) == 0 && dts.n)
		marks_read(p, (char *)dts.at);
	if (dtb.n >= sizeof(struct fdt_header) && fdt_check_header(dtb.at) == 0)
		p->fdt = dtb.at;
	blame_dtc(p, (char *)err.at, p->fdt != NULL);
	if (!p->fdt && !p->n_errors)
		blame(p, "/", NULL, "dtc cannot read this description");
}

const char *node_path(const struct plan *p, int node)
{
	char path[1024];

	if (fdt_get_path(p->fdt, node, path, sizeof(path)) != 0)
		return "?";
	return text("%s", path);
}

const char *node_string(const struct plan *p, int node, const char *name)
{
	int n;
	const char *s = fdt_getprop(p->fdt, node, name, &n);

	return s && n > 0 && s[n - 1] == 0 ? s : NULL;
}

int node_cells(const struct plan *p, int node, const char *name)
{
	int n;

	if (!fdt_getprop(p->fdt, node, name, &n) || n % 4 != 0)
		return -1;
	return n / 4;
}

uint32_t node_cell(const struct plan *p, int node, const char *name, int i)
{
	const fdt32_t *c = fdt_getprop(p->fdt, node, name, NULL);

	return c ? fdt32_to_cpu(c[i]) : 0;
}

/* DESC-2 */
void node_known(struct plan *p, int node, const char *const *known, uint32_t n)
{
	int prop;

	fdt_for_each_property_offset(prop, p->fdt, node)
	{
		const char *name = "";
		bool found = false;

		fdt_getprop_by_offset(p->fdt, prop, &name, NULL);
		for (uint32_t i = 0; i < n; i++)
			found |= strcmp(name, known[i]) == 0;
		if (!found)
			blame(p, node_path(p, node), name, "unknown property%s", near_miss(name, known, n));
	}
}
