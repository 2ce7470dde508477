/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU is a child of this process, known by its pid only, and always waited for. Interactively it
 * gets the terminal (and, where nothing is to be done afterwards, this process). Otherwise its console comes by a pipe, is shown,
 * logged and looked through line by line, without escape sequences, the line that has not ended yet included.
 */
#include "tools/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/run_memory.h"

#define ARGUMENTS  256u
#define LINE_BYTES 4096u

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static void command(const struct plan *p, const char *image, const struct run_options *o, const char **argv)
{
	const char *const ours[] = { "-display", "none", "-serial", "mon:stdio", "-kernel", image };
	uint32_t n = 0;

	for (int at = 0; at < p->board.qemu_bytes && n < ARGUMENTS / 2; at += (int)strlen(p->board.qemu + at) + 1)
		argv[n++] = p->board.qemu + at;
	for (uint32_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		argv[n++] = ours[i];
	for (char **extra = o->extra; extra && *extra && n < ARGUMENTS - 1; extra++)
		argv[n++] = *extra;
	argv[n] = NULL;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- the console as lines --- */

struct console {
	char line[LINE_BYTES];
	size_t n;
	enum { PLAIN,
	       ESCAPE,
	       SEQUENCE,
	       SHORT } state;
	regex_t until;
};

/* True when the character is part of the text and not of an escape sequence (ECMA-48). */
static bool is_text(struct console *c, char ch)
{
	switch (c->state) {
	case PLAIN:
		if (ch == 0x1b)
			c->state = ESCAPE;
		return ch != 0x1b && (ch == '\t' || (unsigned char)ch >= ' ');
	case ESCAPE:
		c->state = ch == '[' ? SEQUENCE : ch == '(' || ch == ')' ? SHORT
									 : PLAIN;
		return false;
	case SEQUENCE:
		if (ch >= 0x40 && ch <= 0x7e)
			c->state = PLAIN;
		return false;
	case SHORT:
		c->state = PLAIN;
		return false;
	}
	return false;
}

static bool matches(struct console *c)
{
	c->line[c->n] = 0;
	return regexec(&c->until, c->line, 0, NULL, 0) == 0;
}

/* True when the text that has come shows what is waited for. */
static bool console_feed(struct console *c, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (matches(c))
				return true;
			c->n = 0;
		} else if (is_text(c, data[i]) && c->n < LINE_BYTES - 1) {
			c->line[c->n++] = data[i];
		}
	}
	return matches(c);
}

/* --- the child --- */

static void show(int log, const char *data, size_t n)
{
	if (write(1, data, n) < 0)
		errno = 0; /* who does not look at us does not stop the run */
	if (log >= 0 && write(log, data, n) < 0)
		fail("cannot write the log: %s", strerror(errno));
}

static int open_log(const char *path)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

	if (path && fd < 0)
		fail("cannot write %s: %s", path, strerror(errno));
	return fd;
}

static void catch_signals(void)
{
	struct sigaction s = { .sa_handler = on_signal };

	sigaction(SIGINT, &s, NULL);
	sigaction(SIGTERM, &s, NULL);
	sigaction(SIGHUP, &s, NULL);
	s.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &s, NULL);
}

/* @out: where its console goes; -1: it has our terminal. */
static pid_t start(const char *const *argv, int out)
{
	pid_t parent = getpid(), pid = fork();
	int null;

	if (pid < 0)
		fail("cannot start %s: %s", argv[0], strerror(errno));
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* even if we are killed ourselves */
	if (getppid() != parent)
		_exit(127);
	if (out >= 0) {
		null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		dup2(out, 1);
		dup2(out, 2);
	}
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "bulkhead: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void end(pid_t pid)
{
	int status;
	pid_t done;

	kill(pid, SIGTERM);
	for (int i = 0; i < 100; i++) {
		done = waitpid(pid, &status, WNOHANG);
		if (done == pid || (done < 0 && errno == ECHILD))
			return;
		usleep(20000);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

enum outcome { SHOWN,
	       ENDED,
	       TIMEOUT,
	       STOPPED };

static enum outcome watch(struct console *c, int in, int log, double deadline)
{
	char data[4096];

	while (!stopped) {
		struct pollfd wait = { .fd = in, .events = POLLIN };
		double left = deadline - seconds();
		ssize_t n;

		if (deadline > 0 && left <= 0)
			return TIMEOUT;
		if (poll(&wait, 1, deadline > 0 && left < 1 ? (int)(left * 1000) + 1 : 1000) <= 0)
			continue;
		n = read(in, data, sizeof(data));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ENDED;
		show(log, data, (size_t)n);
		if (console_feed(c, data, (size_t)n))
			return SHOWN;
	}
	return STOPPED;
}

/* Without a pattern that can never match: only shown and logged, until QEMU ends. */
static int run_watched(const char *const *argv, const struct run_options *o)
{
	static struct console c;
	int ends[2], log, wrong = regcomp(&c.until, o->until ? o->until : "^\001\002\003$", REG_EXTENDED | REG_NOSUB);
	double deadline = o->timeout_s ? seconds() + o->timeout_s : 0;
	enum outcome outcome;
	pid_t pid;

	if (wrong)
		fail("--until \"%s\": out of memory", o->until);
	log = open_log(o->log);
	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("cannot make a pipe: %s", strerror(errno));
	catch_signals();
	pid = start(argv, ends[1]);
	close(ends[1]);
	outcome = watch(&c, ends[0], log, deadline);
	end(pid);
	fflush(stdout);
	if (outcome == SHOWN)
		fprintf(stderr, "\nbulkhead: shown: %s\n", c.line);
	else if (outcome == TIMEOUT)
		fprintf(stderr, "\nbulkhead: %u s are over%s\n", o->timeout_s, o->until ? text("; not shown: %s", o->until) : "");
	else if (outcome == ENDED && o->until)
		fprintf(stderr, "\nbulkhead: QEMU has ended; not shown: %s\n", o->until);
	return outcome == SHOWN || (outcome == ENDED && !o->until) ? 0 : 1;
}

void run_check_pattern(const char *until)
{
	regex_t r;
	char why[256];
	int wrong = regcomp(&r, until, REG_EXTENDED | REG_NOSUB);

	if (wrong) {
		regerror(wrong, &r, why, sizeof(why));
		fprintf(stderr, "bulkhead: --until \"%s\" is no extended regular expression: %s\n", until, why);
		exit(2);
	}
	regfree(&r);
}

static bool is_program(const char *name)
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

/* QEMU keeps the log itself where the terminal is its own. */
static void log_by_qemu(const char **argv, const char *log)
{
	for (; *argv; argv++)
		if (strcmp(*argv, "mon:stdio") == 0) {
			argv[-1] = "-chardev";
			argv[0] = text("stdio,id=console,mux=on,signal=off,logfile=%s", log);
			break;
		}
	while (*argv)
		argv++;
	argv[0] = "-serial";
	argv[1] = "chardev:console";
	argv[2] = "-mon";
	argv[3] = "chardev=console";
	argv[4] = NULL;
}

/* QEMU has the terminal, and we wait for its end. */
static int run_on_terminal(const char *const *argv)
{
	int status;
	pid_t pid;

	catch_signals();
	pid = start(argv, -1);
	while (waitpid(pid, &status, 0) != pid)
		if (stopped) {
			end(pid);
			return 1;
		}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_traced(const struct plan *p, const char **argv, const struct run_options *o)
{
	int memory = run_memory(p, argv), status;

	status = o->until || o->timeout_s ? run_watched(argv, o) : run_on_terminal(argv);
	return run_memory_trace(p, memory, o->trace) ? status : 1;
}

int run(const struct plan *p, const char *image, const struct run_options *o)
{
	const char *argv[ARGUMENTS + 8 + RUN_MEMORY_ARGUMENTS];
	bool watched = o->until || o->timeout_s;

	if (!p->board.qemu)
		fail("board %s is not run by QEMU: its /bulkhead has no `qemu`; start %s on the board", p->board.name, image);
	command(p, image, o, argv);
	if (!is_program(argv[0]))
		fail("there is no program %s; `make setup` installs QEMU", argv[0]);
	if (o->log && !watched)
		log_by_qemu(argv, o->log);
	if (!watched)
		fprintf(stderr, "bulkhead: starting %s; Ctrl-A X ends it\n", argv[0]);
	if (o->trace)
		return run_traced(p, argv, o);
	if (watched)
		return run_watched(argv, o);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fail("cannot run %s: %s", argv[0], strerror(errno));
}
