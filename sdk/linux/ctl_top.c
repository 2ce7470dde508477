/* SPDX-License-Identifier: Apache-2.0 */
/* A screen a second, drawn over the last one from its corner, so that it does not flicker. */
#include "sdk/linux/ctl_top.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sdk/linux/ctl_show.h"

#define REFRESH_MS 1000

static struct termios before;
static bool changed; /* the terminal */
static volatile sig_atomic_t ended;

static void restore(void)
{
	if (changed)
		tcsetattr(0, TCSANOW, &before);
	changed = false;
}

static void end(int number)
{
	(void)number;
	ended = 1;
}

/* Keys come at once and unseen. */
static void take_keys(void)
{
	struct sigaction on_end = { .sa_handler = end };
	struct termios t;

	sigaction(SIGINT, &on_end, NULL);
	sigaction(SIGTERM, &on_end, NULL);
	if (tcgetattr(0, &before) < 0)
		return;
	t = before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	changed = tcsetattr(0, TCSANOW, &t) == 0;
	atexit(restore);
}

/* A serial console does not know how large it is: then nothing is left out. */
static int rows(void)
{
	struct winsize w = { 0 };

	return ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_row > 1 ? w.ws_row - 1 : 0;
}

/* In place: each line is cleared behind its end, and what the last screen had more, below. */
static void put_in_place(const char *text)
{
	fputs("\033[H", stdout);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\033[K", stdout);
		putchar(*text);
	}
	fputs("\033[J", stdout);
}

static void show(const struct ctl_list *system, const struct ctl_list *partitions, const struct ctl_list *cores,
		 const struct ctl_list *ports, bool terminal)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *f = open_memstream(&text, &bytes);

	if (!f)
		return;
	ctl_show_top(f, system->entry, partitions, cores, ports, terminal ? rows() : 0);
	fclose(f);
	if (terminal)
		put_in_place(text);
	else
		puts(text);
	fflush(stdout);
	free(text);
}

static bool screen(bool terminal)
{
	struct ctl_list system = { 0 }, partitions = { 0 }, cores = { 0 }, ports = { 0 };
	bool done = ctl_ask(&system, BH_MONITOR_SYSTEM, "", 0, sizeof(struct bh_monitor_system)) && system.n == 1 &&
		    ctl_ask(&partitions, BH_MONITOR_PARTITIONS, "", 0, sizeof(struct bh_monitor_partition)) &&
		    ctl_ask(&cores, BH_MONITOR_CORES, "", 0, sizeof(struct bh_monitor_core)) &&
		    ctl_ask(&ports, BH_MONITOR_PORTS, "", 0, sizeof(struct bh_monitor_port));

	if (done)
		show(&system, &partitions, &cores, &ports, terminal);
	ctl_free(&system);
	ctl_free(&partitions);
	ctl_free(&cores);
	ctl_free(&ports);
	return done;
}

/* True: it is to end. */
static bool wait_for_key(void)
{
	struct pollfd f = { .fd = 0, .events = POLLIN };
	char key;

	if (poll(&f, 1, REFRESH_MS) <= 0)
		return false;
	return read(0, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 3;
}

bool ctl_top(long count)
{
	bool terminal = isatty(1), done = true;

	if (terminal) {
		take_keys();
		fputs("\033[2J", stdout);
	}
	while (!ended && (done = screen(terminal)))
		if (terminal ? wait_for_key() : (--count <= 0 || (sleep(REFRESH_MS / 1000), false)))
			break;
	restore();
	return done;
}
