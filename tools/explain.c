/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what a console showed, line by line. Lines of the kernel and of the console service, which speaks for it, count;
 * what a guest prints under its own name does not, whatever it looks like. DESC-3.
 */
#include "tools/explain.h"

#include <ctype.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/errors.h"
#include "tools/source.h"

#define SPEAKER "bulkhead"

/* --- what is said --- */

void explain_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("  %s\n", vtext(format, args));
	va_end(args);
}

const char *explain_place(const struct plan *p, const char *path, const char *prop)
{
	const char *place = prop ? source_place(p, text("%s/%s", path, prop)) : NULL;

	if (!place)
		place = source_place(p, path);
	return place ? text(" (%s)", place) : "";
}

void explain_add(const struct plan *p, const struct part *part, const char *prop, const char *label)
{
	bool has = fdt_getprop(p->fdt, part->node, prop, NULL) != NULL;

	if (has)
		explain_line("to permit it add &%s to `%s` of %s%s", label, prop, part->path, explain_place(p, part->path, prop));
	else
		explain_line("to permit it add \"%s = <&%s>\" to %s%s", prop, label, part->path, explain_place(p, part->path, NULL));
}

/* --- lines --- */

/* Colours and whatever else steers a terminal; carriage returns. */
static char *without_escapes(const char *line, size_t n)
{
	char *clean = take(n + 1), *to = clean;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '\033' && i + 1 < n && line[i + 1] == '[') {
			for (i += 2; i < n && !(line[i] >= '@' && line[i] <= '~');)
				i++;
		} else if ((unsigned char)line[i] >= ' ') {
			*to++ = line[i];
		}
	}
	return clean;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(",._+-", c));
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (is_name(s[n]))
		n++;
	return n;
}

/* "bulkhead  | linux: …" as the console service writes it, "bulkhead: linux: …" as the kernel does, or the sentence alone. */
static char *sentence(char *line)
{
	size_t n = name_length(line), bar = n + strspn(line + n, " ");
	char *kernel;

	if (n && line[bar] == '|')
		return n == strlen(SPEAKER) && strncmp(line, SPEAKER, n) == 0 ? line + bar + 1 + strspn(line + bar + 1, " ") : NULL;
	kernel = strstr(line, SPEAKER ": ");
	return kernel ? kernel + strlen(SPEAKER ": ") : line;
}

/* --- what a sentence says --- */

/* Goes on behind a word; false: it is not there. */
static bool skip(const char **at, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool number(const char **at, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*value = strtoull(*at, &end, 0);
	*at = end;
	return errno == 0;
}

static bool read_register(const char *at, struct refusal *r)
{
	size_t n = name_length(at);

	r->kind = REFUSED_REGISTER;
	r->reg = text("%.*s", (int)n, at);
	return n > 1 && isdigit((unsigned char)at[1]);
}

static bool read_address(const char *at, struct refusal *r)
{
	uint64_t n;
	const char *count = at;

	r->kind = REFUSED_ACCESS;
	if (number(&count, &n) && (skip(&count, " bytes ") || skip(&count, " byte "))) {
		r->bytes = n;
		at = count;
	}
	if (!r->fetch && !skip(&at, r->write ? "to " : "from "))
		return false;
	r->has_address = number(&at, &r->address);
	return r->has_address || skip(&at, "an address that is not known");
}

static bool read_call(const char *at, struct refusal *r)
{
	const char *refused = strstr(at, ", refused: ");
	uint64_t n = 0;

	r->kind = REFUSED_CALL;
	if (!refused)
		return false;
	r->status = refused + strlen(", refused: ");
	r->call = text("%.*s", (int)name_length(at), at);
	at += name_length(at);
	r->names = (skip(&at, " on port ") || skip(&at, " with capability ")) && number(&at, &n);
	r->entry = (uint32_t)n;
	return r->call[0] != 0;
}

static bool read_class(const char *at, struct refusal *r)
{
	uint64_t class;

	if (!number(&at, &class))
		return false;
	r->kind = REFUSED_REGISTER;
	r->class = (uint32_t) class;
	return true;
}

/* "vCPU 1 wrote 4 bytes to …" */
static bool read_refusal(const char *at, struct refusal *r)
{
	uint64_t vcpu;

	if (!skip(&at, "vCPU ") || !number(&at, &vcpu) || !skip(&at, " "))
		return false;
	if (skip(&at, "called "))
		return read_call(at, r);
	if (skip(&at, "made call "))
		return read_call(at, r);
	if (skip(&at, "used a trapped instruction of class "))
		return read_class(at, r);
	r->write = skip(&at, "wrote ");
	r->fetch = !r->write && skip(&at, "fetched an instruction from ");
	if (!r->write && !r->fetch && !skip(&at, "read "))
		return false;
	return at[0] == 'S' ? read_register(at, r) : read_address(at, r);
}

/* --- the log --- */

struct log {
	struct plan *p;
	struct refusal *refusal;
	uint32_t n, explained;
};

static const struct part *part_said(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_parts; i++)
		if (strcmp(p->part[i].name, name) == 0)
			return &p->part[i];
	return NULL;
}

/* A line that was shown in two pieces is shown again, and a fault may come again: each is explained once. */
static void take_sentence(struct log *l, const char *said)
{
	size_t n = name_length(said);
	struct refusal r = { .line = said, .name = text("%.*s", (int)n, said), .times = 1 };

	if (n == 0 || strncmp(said + n, ": ", 2) != 0 || !read_refusal(said + n + 2, &r))
		return;
	for (uint32_t i = 0; i < l->n; i++)
		if (strcmp(l->refusal[i].line, said) == 0) {
			l->refusal[i].times++;
			return;
		}
	r.part = part_said(l->p, r.name);
	l->refusal = realloc(l->refusal, (l->n + 1) * sizeof(r));
	if (!l->refusal)
		fail("out of memory");
	l->refusal[l->n++] = r;
}

static void read_log(struct log *l, const struct bytes *b)
{
	for (size_t at = 0; at < b->n;) {
		const char *line = (const char *)b->at + at, *end = memchr(line, '\n', b->n - at);
		size_t n = end ? (size_t)(end - line) : b->n - at;
		char *said = sentence(without_escapes(line, n));

		if (said)
			take_sentence(l, said);
		at += n + 1;
	}
}

static const char *all_names(const struct plan *p)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < p->n_parts; i++)
		bytes_print(&b, "%s%s", i ? ", " : "", p->part[i].name);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static void explain_one(struct log *l, const struct refusal *r)
{
	printf("%s%s\n", r->line, r->times > 1 ? text(" (%u lines)", r->times) : "");
	if (!r->part) {
		explain_line("%s has no partition %s; it has %s: is this log another system's?", l->p->dts, r->name, all_names(l->p));
		return;
	}
	l->explained++;
	switch (r->kind) {
	case REFUSED_ACCESS: explain_access(l->p, r); break;
	case REFUSED_REGISTER: explain_register(l->p, r); break;
	case REFUSED_CALL: explain_call(l->p, r); break;
	}
}

static void read_all(const char *path, struct bytes *b)
{
	char piece[4096];
	size_t n;

	if (strcmp(path, "-") != 0) {
		if (!file_read(path, b))
			fail("%s: cannot be read: %s", path, strerror(errno));
		return;
	}
	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		bytes_add(b, piece, n);
}

int explain(const char *log, const char *system)
{
	struct log l = { .p = take(sizeof(*l.p)) };
	struct bytes b = { 0 };

	plan_description(l.p, system);
	for (uint32_t i = 0; i < l.p->n_parts && !l.p->n_errors; i++)
		windows_plan(l.p, &l.p->part[i]);
	for (uint32_t i = 0; i < l.p->n_parts && !l.p->n_errors; i++)
		space_plan(l.p, &l.p->part[i]);
	if (errors_tell(l.p))
		return 1;
	read_all(log, &b);
	read_log(&l, &b);
	for (uint32_t i = 0; i < l.n; i++)
		explain_one(&l, &l.refusal[i]);
	if (l.n == 0)
		printf("%s: no refused access, register or call is in it\n", log);
	return l.explained ? 0 : 1;
}
