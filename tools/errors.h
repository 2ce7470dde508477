/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of a description. They are collected and told all at once, each with the file and line, the
 * path of the node and property, what is wrong and what would be right.
 */
#ifndef TOOLS_ERRORS_H
#define TOOLS_ERRORS_H

#include "tools/plan.h"

/* @prop: NULL for the node itself. */
void blame(struct plan *p, const char *path, const char *prop, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same, where only the place in the sources is known: "file:line". */
void blame_place(struct plan *p, const char *place, const char *path, const char *what);

/* "; did you mean X?", or "" where no word of the list is near. */
const char *near_miss(const char *word, const char *const *list, uint32_t n);

/* Tells them; how many there were. */
uint32_t errors_tell(const struct plan *p);

#endif
