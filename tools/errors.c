/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/source.h"

static void add(struct plan *p, const char *what)
{
	for (uint32_t i = 0; i < p->n_errors; i++)
		if (strcmp(p->error[i].text, what) == 0)
			return;
	p->error = realloc(p->error, (p->n_errors + 1) * sizeof(*p->error));
	if (!p->error)
		fail("out of memory");
	p->error[p->n_errors++].text = what;
}

void blame(struct plan *p, const char *path, const char *prop, const char *format, ...)
{
	const char *where = prop ? text("%s%s%s", path, strcmp(path, "/") ? "/" : "", prop) : path;
	const char *place = source_place(p, where);
	va_list args;
	char *what;

	va_start(args, format);
	what = vtext(format, args);
	va_end(args);
	if (!place && prop)
		place = source_place(p, path);
	add(p, text("%s: %s: %s", place ? place : p->dts, where, what));
}

void blame_place(struct plan *p, const char *place, const char *path, const char *what)
{
	add(p, text("%s: %s: %s", place, path, what));
}

/* Levenshtein's distance; words longer than the row are far away. */
static uint32_t distance(const char *a, const char *b)
{
	uint32_t row[64], n = (uint32_t)strlen(b);

	if (n >= 63)
		return 99;
	for (uint32_t j = 0; j <= n; j++)
		row[j] = j;
	for (uint32_t i = 1; a[i - 1]; i++) {
		uint32_t corner = row[0];

		row[0] = i;
		for (uint32_t j = 1; j <= n; j++) {
			uint32_t change = corner + (a[i - 1] != b[j - 1]), least = row[j] + 1;

			corner = row[j];
			least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
			row[j] = change < least ? change : least;
		}
	}
	return row[n];
}

/* DESC-2 */
const char *near_miss(const char *word, const char *const *list, uint32_t n)
{
	uint32_t length = (uint32_t)strlen(word), best = length < 4 ? 2 : length / 3 + 2;
	const char *found = NULL;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = distance(word, list[i]);

		if (d < best) {
			best = d;
			found = list[i];
		}
	}
	return found ? text("; did you mean \"%s\"?", found) : "";
}

/* DESC-1 */
uint32_t errors_tell(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_errors; i++)
		fprintf(stderr, "%s\n", p->error[i].text);
	if (p->n_errors)
		fprintf(stderr, "bulkhead: %u error%s in %s\n", p->n_errors, p->n_errors == 1 ? "" : "s", p->dts);
	return p->n_errors;
}
