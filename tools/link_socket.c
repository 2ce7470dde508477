/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/link_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *link_path(const struct plan *p)
{
	return text("%s/%s.link", p->tool, p->name);
}

/* Of any length of the folder's name: a socket's address has 108 bytes. Answers the folder, to be closed; -1 with errno. */
static int address(const char *path, struct sockaddr_un *a)
{
	int folder = open(folder_of(path), O_PATH | O_DIRECTORY | O_CLOEXEC), n;

	if (folder < 0)
		return -1;
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", folder, base_name(path));
	if (n < (int)sizeof(a->sun_path))
		return folder;
	close(folder);
	errno = ENAMETOOLONG;
	return -1;
}

int link_connect_to(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), why;
	struct sockaddr_un a;
	int folder = address(path, &a);

	if (fd >= 0 && folder >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0) {
		close(folder);
		return fd;
	}
	why = errno;
	if (folder >= 0)
		close(folder);
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

/* What a run that was killed has left. False: another one serves it. */
static bool clear_path(const char *path)
{
	int fd = link_connect_to(path);

	if (fd >= 0) {
		close(fd);
		return false;
	}
	if (errno == ECONNREFUSED)
		unlink(path);
	return true;
}

int link_listen(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), folder;
	struct sockaddr_un a;
	mode_t mask;
	bool good;

	if (!clear_path(path)) {
		fprintf(stderr, "bulkhead: another run has %s: gdb and dump reach that one, not this one\n", path);
		return -1;
	}
	folder = address(path, &a);
	mask = umask(0177);
	good = fd >= 0 && folder >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 8) == 0;
	umask(mask);
	if (!good)
		fprintf(stderr, "bulkhead: no link: cannot make %s: %s\n", path, strerror(errno));
	if (folder >= 0)
		close(folder);
	if (!good && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}
