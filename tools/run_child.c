/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bytes.h"

#define STEP_US	   20000u
#define OWN_STEPS  250 /* so long it has to end by itself, once it has closed its output */
#define TERM_STEPS 100 /* and on SIGTERM */

static _Noreturn void become(const char *const *argv, int in, int out, bool errors, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* even if we are killed ourselves */
	if (getppid() != parent)
		_exit(127);
	dup2(in, 0);
	dup2(out, 1);
	if (errors)
		dup2(out, 2);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "bulkhead: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

struct run_child run_child_start(const char *const *argv, bool errors)
{
	int in[2], out[2];
	pid_t parent = getpid(), pid;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		fail("cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		fail("cannot start %s: %s", argv[0], strerror(errno));
	if (pid == 0)
		become(argv, in[0], out[1], errors, parent);
	close(in[0]);
	close(out[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	return (struct run_child){ .pid = pid, .to = in[1], .from = out[0] };
}

/* True: it has ended, or was waited for before. */
static bool ends(struct run_child *c, int steps, int *status)
{
	for (int i = 0; i < steps; i++) {
		pid_t done = waitpid(c->pid, status, WNOHANG);

		if (done == c->pid || (done < 0 && errno == ECHILD))
			return true;
		usleep(STEP_US);
	}
	return false;
}

void run_child_end(struct run_child *c)
{
	int status;

	kill(c->pid, SIGTERM);
	if (ends(c, TERM_STEPS, &status))
		return;
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
}

int run_child_ended(struct run_child *c)
{
	int status = 0;

	close(c->to); /* what waits for input ends, too */
	if (!ends(c, OWN_STEPS, &status)) {
		run_child_end(c);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
