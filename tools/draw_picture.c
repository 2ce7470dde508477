/* SPDX-License-Identifier: Apache-2.0 */
/* Runs Graphviz's dot, which reads the graph from a pipe. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/draw.h"

#define NOT_FOUND 127

static const char *kind_of(const char *file)
{
	static const char *const kinds[] = { "svg", "png", "pdf" };
	const char *end = file ? strrchr(file, '.') : ".svg";

	for (uint32_t i = 0; end && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(end + 1, kinds[i]) == 0)
			return kinds[i];
	return NULL;
}

static _Noreturn void be_dot(int from, const char *kind, const char *file)
{
	const char *type = text("-T%s", kind), *out = file ? text("-o%s", file) : NULL;

	if (dup2(from, 0) < 0)
		_exit(NOT_FOUND);
	execlp("dot", "dot", type, out, (char *)NULL);
	_exit(NOT_FOUND);
}

static bool write_all(int to, const char *s)
{
	size_t left = strlen(s);

	while (left) {
		ssize_t n = write(to, s, left);

		if (n < 0)
			return false;
		s += n;
		left -= (size_t)n;
	}
	return true;
}

int draw_picture(const char *graph, const char *file)
{
	const char *kind = kind_of(file);
	int pipes[2], status = 0;
	pid_t dot;

	if (!kind) {
		fprintf(stderr, "bulkhead: %s: the name must end in .svg, .png or .pdf\n", file);
		return 2;
	}
	if (pipe(pipes) != 0 || (dot = fork()) < 0)
		fail("cannot start dot: %s", strerror(errno));
	if (dot == 0) {
		close(pipes[1]);
		be_dot(pipes[0], kind, file);
	}
	close(pipes[0]);
	signal(SIGPIPE, SIG_IGN); /* its exit status says more */
	(void)!write_all(pipes[1], graph);
	close(pipes[1]);
	if (waitpid(dot, &status, 0) < 0)
		fail("cannot wait for dot: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		fprintf(stderr, "bulkhead: there is no `dot`; install Graphviz (Debian: graphviz), or use --dot for the text\n");
	else
		fprintf(stderr, "bulkhead: dot could not draw the picture\n");
	return 1;
}
