/* SPDX-License-Identifier: Apache-2.0 */
/* The asking side of abi/serial.h. One request is under way at a time; it is repeated while the bridge is silent (LINUX-1). */
#include "sdk/linux/bulkhead_port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "abi/serial.h"
#include "abi/status.h"
#include "sdk/bh_frame.h"
#include "sdk/linux/bulkhead_find.h"

#define SILENCE_MS 300 /* beyond the time that the request may take, until it is repeated */
#define TRIES	   33
#define TRIES_LAST 2 /* of what is said at the end */

struct bulkhead_port {
	int fd, tries;
	struct bulkhead_channel about;
	volatile void *window;
	size_t window_bytes;
	uint32_t sequence;
	bool patient;
	bool taken;    /* a message or notice was handed to the program, and the bridge does not know that it is done with */
	bool armed;    /* a RECEIVE is under way */
	int64_t until; /* ms: when its answer is due */

	uint8_t line[BH_SERIAL_LINE_MAX]; /* the request under way */
	uint32_t line_bytes;
	struct bh_frame_reader reader;
	uint8_t in[256]; /* read and not looked at yet */
	uint32_t in_n, in_at;
	struct bh_serial_head head; /* of the answer */
	uint8_t rest[BH_SERIAL_FRAME_MAX];
	uint32_t rest_bytes;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- bytes --- */

/* Until the descriptor is ready: 0, -ETIMEDOUT, -EINTR. */
static int await(int fd, short events, int64_t until)
{
	struct pollfd f = { .fd = fd, .events = events };
	int64_t left = until - now_ms();
	int n = poll(&f, 1, left < 0 ? 0 : left > 60000 ? 60000
							: (int)left);

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* The line takes what is written at once, unless the bridge is stopped. */
static int write_line(const struct bulkhead_port *p)
{
	int64_t until = now_ms() + SILENCE_MS;
	uint32_t at = 0;

	while (at < p->line_bytes) {
		ssize_t n = write(p->fd, p->line + at, p->line_bytes - at);
		int wrong = n < 0 ? -errno : 0;

		if (n > 0)
			at += (uint32_t)n;
		if (wrong == -EAGAIN)
			wrong = await(p->fd, POLLOUT, until);
		if (wrong == -ETIMEDOUT)
			return 0; /* it will be repeated */
		if (wrong && wrong != -EINTR)
			return wrong;
	}
	return 0;
}

static int read_more(struct bulkhead_port *p, int64_t until)
{
	int wrong = await(p->fd, POLLIN, until);
	ssize_t n;

	if (wrong)
		return wrong;
	n = read(p->fd, p->in, sizeof p->in);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EIO;
	p->in_at = 0;
	p->in_n = (uint32_t)n;
	return 0;
}

/* --- frames --- */

/* Is what the reader holds the answer to the request under way? Else it is an old one, or an echo. */
static bool is_answer(struct bulkhead_port *p, uint32_t bytes)
{
	if (bytes < sizeof p->head || bytes > BH_SERIAL_FRAME_MAX)
		return false;
	memcpy(&p->head, p->reader.data, sizeof p->head);
	p->rest_bytes = bytes - (uint32_t)sizeof p->head;
	memcpy(p->rest, p->reader.data + sizeof p->head, p->rest_bytes);
	return (p->head.type & BH_SERIAL_ANSWER) && p->head.sequence == p->sequence;
}

/* The answer, in p->head and p->rest: 0; -ETIMEDOUT, -EINTR, or the line is broken. */
static int await_answer(struct bulkhead_port *p, int64_t until)
{
	for (;;) {
		int wrong;

		while (p->in_at < p->in_n) {
			uint32_t n = bh_frame_read(&p->reader, p->in[p->in_at++]);

			if (n && is_answer(p, n))
				return 0;
		}
		wrong = read_more(p, until);
		if (wrong)
			return wrong;
	}
}

/* A message that is too long for the frame goes to the window. @bytes is at most the channel's. */
static int make_request(struct bulkhead_port *p, uint8_t type, uint8_t flags, uint32_t time_ms, const void *message, size_t bytes)
{
	struct bh_serial_head h = { .type = type, .flags = flags, .sequence = ++p->sequence, .bytes = (uint32_t)bytes, .time_ms = time_ms };
	uint8_t frame[BH_SERIAL_FRAME_MAX];
	uint32_t n = sizeof h;

	p->armed = false;
	if (bytes > BH_SERIAL_INLINE) {
		if (bytes > p->window_bytes)
			return -EACCES;
		h.flags |= BH_SERIAL_WINDOW;
		bulkhead_put(p->window, 0, message, bytes);
		bulkhead_barrier();
	} else if (bytes) {
		memcpy(frame + n, message, bytes);
		n += (uint32_t)bytes;
	}
	memcpy(frame, &h, sizeof h);
	p->line_bytes = bh_frame_write(p->line, frame, n);
	return 0;
}

/* The request made is asked until it is answered. */
static int ask(struct bulkhead_port *p, uint32_t time_ms)
{
	for (int i = 0; i < p->tries; i++) {
		int wrong = write_line(p);
		int64_t until = now_ms() + time_ms + SILENCE_MS;

		if (wrong)
			return wrong;
		do
			wrong = await_answer(p, until);
		while (wrong == -EINTR); /* its outcome must be known */
		if (wrong != -ETIMEDOUT)
			return wrong;
	}
	return -EHOSTDOWN;
}

static int errno_of(int status)
{
	switch (status) {
	case BH_OK: return 0;
	case BH_E_AGAIN: return -EAGAIN;
	case BH_E_TIMEOUT: return -ETIMEDOUT;
	case BH_E_PEER: return -ENOTCONN;
	case BH_E_RIGHT: return -EPERM;
	case BH_E_ARG: return -EINVAL;
	case BH_E_STATE: return -ENOMSG;
	case BH_E_CAP: return -ENODEV;
	case BH_SERIAL_E_FATE: return -ECONNRESET;
	default: return -EPROTO;
	}
}

/* The bridge is the one that the device tree speaks of, and of this version. */
static int check_hello(const struct bulkhead_port *p)
{
	struct bh_serial_hello hello;

	if (p->head.status || p->rest_bytes != sizeof hello)
		return -EPROTO;
	memcpy(&hello, p->rest, sizeof hello);
	if (hello.version != BH_SERIAL_VERSION || strncmp(hello.name, p->about.name, sizeof hello.name) != 0)
		return -EPROTO;
	return BH_INFO_PORT_KIND(hello.flags) == (uint32_t)p->about.kind ? 0 : -EPROTO;
}

/* Any number that an earlier program has hardly had. Soon after boot the kernel's random numbers are not good, which does not matter. */
static uint32_t some_number(void)
{
	uint32_t n;

	if (getrandom(&n, sizeof n, GRND_INSECURE) == sizeof n)
		return n;
	return (uint32_t)now_ms() << 16 ^ (uint32_t)getpid();
}

static int hello(struct bulkhead_port *p)
{
	int wrong;

	p->sequence = some_number();
	p->taken = false;
	make_request(p, BH_SERIAL_HELLO, 0, BH_SERIAL_VERSION, NULL, 0);
	wrong = ask(p, 0);
	return wrong ? wrong : check_hello(p);
}

/* A request other than RECEIVE, and its answer's status as errno. */
static int request(struct bulkhead_port *p, uint8_t type, uint32_t time_ms, const void *message, size_t bytes)
{
	bool once = type == BH_SERIAL_SEND || type == BH_SERIAL_CALL || type == BH_SERIAL_REPLY;

	for (int i = 0; i < 2; i++) {
		int wrong = make_request(p, type, 0, time_ms, message, bytes);

		wrong = wrong ? wrong : ask(p, time_ms);
		if (wrong)
			return wrong;
		if (p->head.status != BH_SERIAL_E_SESSION)
			return errno_of(p->head.status);
		wrong = hello(p);
		if (wrong)
			return wrong;
		if (once)
			return -ECONNRESET; /* there was a session: the bridge has lost it, and what became of this is not known */
	}
	return -EHOSTDOWN;
}

/* The answer's stamp and message. Bytes of it, or -EMSGSIZE, -EPROTO. */
static ssize_t take_message(struct bulkhead_port *p, void *buffer, size_t room, struct bulkhead_message *m)
{
	struct bh_serial_stamp stamp;
	uint32_t bytes = p->head.bytes;

	if (p->rest_bytes < sizeof stamp || !(p->head.flags & BH_SERIAL_STAMP))
		return -EPROTO;
	memcpy(&stamp, p->rest, sizeof stamp);
	*m = (struct bulkhead_message){ .bytes = bytes,
					.time = stamp.time,
					.age_ns = stamp.age_ns,
					.fresh = p->about.kind != BULKHEAD_SAMPLING || (p->head.flags & BH_SERIAL_NEW),
					.valid = p->about.kind != BULKHEAD_SAMPLING || (p->head.flags & BH_SERIAL_VALID),
					.lost = p->head.flags & BH_SERIAL_LOST,
					.again = p->head.flags & BH_SERIAL_AGAIN };
	if (bytes > room)
		return -EMSGSIZE;
	if (!(p->head.flags & BH_SERIAL_WINDOW)) {
		if (bytes != p->rest_bytes - sizeof stamp)
			return -EPROTO;
		memcpy(buffer, p->rest + sizeof stamp, bytes);
	} else {
		if (bytes > p->window_bytes)
			return -EACCES;
		bulkhead_barrier();
		bulkhead_get(buffer, p->window, 0, bytes);
	}
	return (ssize_t)bytes;
}

/* --- sending --- */

static uint32_t slice(int64_t left)
{
	return left < 0 ? 0 : left > (int64_t)BH_SERIAL_WAIT_MAX_MS ? BH_SERIAL_WAIT_MAX_MS
								    : (uint32_t)left;
}

static int64_t end_of(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
}

static bool size_ok(const struct bulkhead_port *p, size_t bytes, uint32_t most)
{
	return p->about.kind == BULKHEAD_SIGNAL ? bytes == 0 : bytes && bytes <= most;
}

int bulkhead_send(struct bulkhead_port *p, const void *message, size_t bytes, int timeout_ms)
{
	int64_t end = end_of(timeout_ms);

	if (!p->about.sends || p->about.kind == BULKHEAD_CALL)
		return -EPERM;
	if (!size_ok(p, bytes, p->about.bytes))
		return bytes ? -EMSGSIZE : -EINVAL;
	for (;;) {
		uint32_t ms = timeout_ms ? slice(end - now_ms()) : 0;
		int answer = request(p, BH_SERIAL_SEND, ms, message, bytes);

		if (answer != -ETIMEDOUT)
			return answer;
		if (timeout_ms == 0)
			return -EAGAIN;
		if (now_ms() >= end)
			return -ETIMEDOUT;
	}
}

ssize_t bulkhead_call(struct bulkhead_port *p, const void *message, size_t bytes, void *buffer, size_t room, int timeout_ms)
{
	struct bulkhead_message m;
	int wrong;

	if (!p->about.sends || p->about.kind != BULKHEAD_CALL)
		return -EPERM;
	if (!bytes || timeout_ms < 1 || timeout_ms > (int)BH_SERIAL_CALL_MAX_MS)
		return -EINVAL;
	if (bytes > p->about.bytes)
		return -EMSGSIZE;
	wrong = request(p, BH_SERIAL_CALL, (uint32_t)timeout_ms, message, bytes);
	return wrong ? wrong : take_message(p, buffer, room, &m);
}

int bulkhead_reply(struct bulkhead_port *p, const void *reply, size_t bytes)
{
	if (p->about.sends || p->about.kind != BULKHEAD_CALL)
		return -EPERM;
	if (!bytes || bytes > p->about.reply_bytes)
		return bytes ? -EMSGSIZE : -EINVAL;
	return request(p, BH_SERIAL_REPLY, 0, reply, bytes);
}

/* --- receiving --- */

static int arm(struct bulkhead_port *p, uint32_t ms)
{
	uint8_t flags = (p->patient ? BH_SERIAL_PATIENT : 0) | (p->taken ? BH_SERIAL_TAKEN : 0);
	int wrong = make_request(p, BH_SERIAL_RECEIVE, flags, ms, NULL, 0);

	wrong = wrong ? wrong : write_line(p);
	if (wrong)
		return wrong;
	p->taken = false;
	p->armed = true;
	p->until = now_ms() + ms;
	return 0;
}

/*
 * The answer to the RECEIVE under way, which is repeated while it is overdue. -ETIMEDOUT: it is not there
 * at @end, and still under way.
 */
static int await_news(struct bulkhead_port *p, int64_t end)
{
	for (int i = 0; i < p->tries; i++) {
		int64_t due = p->until + SILENCE_MS;
		int wrong = await_answer(p, due < end ? due : end);

		if (wrong != -ETIMEDOUT || now_ms() < due)
			return wrong;
		wrong = write_line(p);
		if (wrong)
			return wrong;
		p->until = now_ms();
	}
	p->armed = false;
	return -EHOSTDOWN;
}

/* One RECEIVE, armed before or now: its status as errno. */
static int look(struct bulkhead_port *p, int64_t end, bool wait)
{
	bool before = p->armed;
	int answer = 0;

	if (!before)
		answer = arm(p, wait ? slice(end - now_ms()) : 0);
	/* What was asked for here answers in its time; what was armed before may go on beyond it. */
	answer = answer ? answer : await_news(p, before ? end : INT64_MAX);
	if (answer)
		return answer;
	p->armed = false;
	if (p->head.status != BH_SERIAL_E_SESSION)
		return errno_of(p->head.status);
	answer = hello(p);
	return answer ? answer : -ETIMEDOUT; /* nothing yet */
}

static ssize_t deliver(struct bulkhead_port *p, void *buffer, size_t room, struct bulkhead_message *about)
{
	struct bulkhead_message m = { .fresh = true, .valid = true };
	ssize_t n = p->about.kind == BULKHEAD_SIGNAL ? 0 : take_message(p, buffer, room, &m);

	if (about)
		*about = m;
	p->taken = n >= 0 && (p->about.kind == BULKHEAD_QUEUING || p->about.kind == BULKHEAD_SIGNAL);
	return n;
}

ssize_t bulkhead_receive(struct bulkhead_port *p, void *buffer, size_t room, struct bulkhead_message *about, int timeout_ms)
{
	int64_t end = end_of(timeout_ms);

	if (p->about.sends)
		return -EPERM;
	for (;;) {
		int answer = look(p, end, timeout_ms != 0);

		if (answer == 0)
			return deliver(p, buffer, room, about);
		if (answer != -ETIMEDOUT)
			return answer;
		if (timeout_ms == 0)
			return -EAGAIN;
		if (now_ms() >= end)
			return -ETIMEDOUT;
	}
}

int bulkhead_arm(struct bulkhead_port *p)
{
	if (p->about.sends)
		return -EPERM;
	return p->armed ? 0 : arm(p, BH_SERIAL_WAIT_MAX_MS);
}

int bulkhead_done(struct bulkhead_port *p)
{
	if (!p->taken)
		return 0;
	p->taken = false;
	return request(p, BH_SERIAL_ACK, 0, NULL, 0);
}

void bulkhead_patient(struct bulkhead_port *p, bool patient)
{
	p->patient = patient;
}

int bulkhead_fd(const struct bulkhead_port *p)
{
	return p->fd;
}

const struct bulkhead_channel *bulkhead_about(const struct bulkhead_port *p)
{
	return &p->about;
}

int bulkhead_state(struct bulkhead_port *p, struct bulkhead_state *state)
{
	struct bh_serial_state s;
	int wrong = request(p, BH_SERIAL_STATE, 0, NULL, 0);

	if (wrong || p->rest_bytes != sizeof s)
		return wrong ? wrong : -EPROTO;
	memcpy(&s, p->rest, sizeof s);
	*state = (struct bulkhead_state){ .waiting = s.waiting,
					  .dropped = s.dropped,
					  .peer_runs = s.peer & 1,
					  .peer_ends = (uint32_t)(s.peer >> 1) };
	return 0;
}

/* --- opening --- */

static void release(struct bulkhead_port *p)
{
	if (p->window)
		munmap((void *)(uintptr_t)p->window, p->window_bytes);
	close(p->fd);
	free(p);
}

void bulkhead_close(struct bulkhead_port *p)
{
	if (!p)
		return;
	p->tries = TRIES_LAST;
	(void)!bulkhead_done(p);
	release(p);
}

int bulkhead_attach(struct bulkhead_port **port, int fd, const struct bulkhead_channel *channel, volatile void *window,
		    size_t window_bytes)
{
	struct bulkhead_port *p = calloc(1, sizeof *p);
	int wrong;

	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	p->fd = fd;
	p->tries = TRIES;
	p->about = *channel;
	p->window = window;
	p->window_bytes = window_bytes;
	bh_frame_begin(&p->reader);
	wrong = hello(p);
	if (wrong) {
		release(p);
		return wrong;
	}
	*port = p;
	return 0;
}

/* One program at a time, and bytes as they are. The lock ends with the program; TIOCEXCL keeps others that know of no lock away. */
static int prepare(int fd)
{
	struct termios t;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0 || tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	cfsetspeed(&t, B115200); /* the line is as fast as it can; Linux takes it for a measure of how long to wait at the end */
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &t) < 0 || tcflush(fd, TCIOFLUSH) < 0)
		return -errno;
	return 0;
}

/* Without the window (not root, a locked-down kernel) short messages go nevertheless. */
int bulkhead_open(struct bulkhead_port **port, const char *name)
{
	struct bulkhead_channel c;
	volatile void *window = NULL;
	int wrong = bulkhead_find(name, false, &c), fd;

	if (wrong)
		return wrong;
	fd = open(c.tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	wrong = prepare(fd);
	if (wrong) {
		close(fd);
		return wrong;
	}
	if (c.size && bulkhead_map_memory(c.address, c.size, true, &window) < 0)
		window = NULL;
	return bulkhead_attach(port, fd, &c, window, window ? c.size : 0);
}

const char *bulkhead_text(int answer)
{
	switch (-answer) {
	case ENOENT: return "this partition has no channel of that name";
	case EBUSY: return "another program has it open";
	case EPERM: return "this is the channel's other end";
	case EMSGSIZE: return "the message is too long";
	case EAGAIN: return "nothing there (or, sending, no room)";
	case ETIMEDOUT: return "the time is over";
	case ENOTCONN: return "the partition at the other end does not run";
	case EHOSTDOWN: return "the bridge does not answer";
	case ECONNRESET: return "the bridge was restarted meanwhile: it may have been sent, or not";
	case ENOMSG: return "there is no request to reply to";
	case EPROTO: return "the bridge speaks another version, or carries another channel";
	case EACCES: return "the window for long messages is not mapped (/dev/mem needs root and a kernel that is not locked down)";
	default: return strerror(answer < 0 ? -answer : answer);
	}
}
