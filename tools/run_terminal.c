/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_terminal.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios before, raw;
static volatile sig_atomic_t taken;

void run_terminal_restore(void)
{
	if (taken)
		tcsetattr(0, TCSANOW, &before);
	taken = false;
}

/* A fault of ours; the handler is gone when it comes again. */
static void on_fatal(int number)
{
	run_terminal_restore();
	raise(number);
}

static void on_stop(int number)
{
	(void)number;
	if (taken)
		tcsetattr(0, TCSANOW, &before);
	raise(SIGSTOP);
	if (taken)
		tcsetattr(0, TCSANOW, &raw);
}

static void catch (int number, void (*handler)(int), int flags)
{
	struct sigaction s = { .sa_handler = handler, .sa_flags = flags };

	sigaction(number, &s, NULL);
}

void run_terminal_take(void)
{
	static const int fatal[] = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	if (taken || tcgetattr(0, &before) != 0)
		return;
	raw = before;
	raw.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	for (unsigned i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		catch (fatal[i], on_fatal, (int)(SA_RESETHAND | SA_NODEFER));
	catch (SIGTSTP, on_stop, SA_RESTART);
	atexit(run_terminal_restore);
	taken = true;
	tcsetattr(0, TCSANOW, &raw);
}
