/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports of a Linux partition that has a bridge, for programs in user space: messages, calls and
 * notices by a channel's name, and shared memory. No kernel module: a channel end is a serial line
 * (/dev/ttyAMA1 …), memory is /dev/mem. docs/linux-ports.md says what it costs and promises.
 *
 * Functions answer 0 or a number of bytes, or a negative errno that bulkhead_text() puts in words:
 *   -ENOENT       no channel of that name here
 *   -EBUSY        another program has this end open
 *   -EPERM        it is the other end that does this
 *   -EMSGSIZE     the message is longer than the channel's, or than the buffer
 *   -EAGAIN       nothing there, or no room (timeout 0)
 *   -ETIMEDOUT    the same, after the timeout
 *   -ENOTCONN     the partition at the other end does not run
 *   -EHOSTDOWN    the bridge does not answer
 *   -ECONNRESET   the bridge was restarted in the middle: the message may have been sent, or not
 *   -EINTR        a signal's handler ran while it waited to receive
 *   -EINVAL, -ENODEV, -EPROTO and what open(), mmap() and the like give
 *
 * Timeouts are in milliseconds; 0 does not wait, BULKHEAD_FOREVER has no end. An open end belongs to one
 * thread at a time; different ends do not meet.
 */
#ifndef SDK_LINUX_BULKHEAD_PORT_H
#define SDK_LINUX_BULKHEAD_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BULKHEAD_FOREVER (-1)

enum bulkhead_kind {
	BULKHEAD_SIGNAL = 1,   /* a notice, no data */
	BULKHEAD_SAMPLING = 2, /* the last value */
	BULKHEAD_QUEUING = 3,  /* messages in order */
	BULKHEAD_CALL = 4,     /* a request and its reply */
	BULKHEAD_SHARED = 5,   /* memory */
};

/* What the device tree says of a channel end. */
struct bulkhead_channel {
	char name[32];
	char peer[32]; /* partition at the other end; shared: empty */
	char tty[32];  /* "/dev/ttyAMA1"; shared: empty */
	enum bulkhead_kind kind;
	bool sends;		/* this is the sending (calling) end; shared: it may be written */
	bool uncached;		/* shared: every end sees it so, as /dev/mem does */
	uint32_t bytes;		/* the longest message */
	uint32_t reply_bytes;	/* call: the longest reply */
	uint32_t depth;		/* queuing: messages that can wait */
	uint32_t period_us;	/* sampling: an older value is invalid; 0: always valid */
	uint64_t address, size; /* physical: of shared memory, or of the window for longer messages; 0: none */
};

/* What came with a message. */
struct bulkhead_message {
	size_t bytes;	 /* of it, also where the buffer was too short */
	uint64_t time;	 /* when it was sent: ticks of the counter (CNTVCT_EL0, which a program may read) */
	uint64_t age_ns; /* when the bridge handed it over */
	bool fresh;	 /* sampling: not read before. else true */
	bool valid;	 /* sampling: not older than the refresh period. else true */
	bool lost;	 /* queuing: messages were dropped since the last one received */
	bool again;	 /* queuing, call: it may have been received before, by a program that ended before it said bulkhead_done() */
};

struct bulkhead_state {
	uint64_t waiting; /* messages that wait; sampling: 1 when there is a value */
	uint64_t dropped; /* queuing, since the system began */
	bool peer_runs;
	uint32_t peer_ends; /* times the other end has ended */
};

struct bulkhead_port; /* an open end */

/* The channels of this partition, at most @room of them to @list. Answers how many there are. */
int bulkhead_list(struct bulkhead_channel *list, int room);

/* Opens the end of channel @name; it is this program's until bulkhead_close(). A signal, sampling, queuing or call channel. */
int bulkhead_open(struct bulkhead_port **port, const char *name);

/* Says bulkhead_done() and closes. NULL does nothing. */
void bulkhead_close(struct bulkhead_port *port);

const struct bulkhead_channel *bulkhead_about(const struct bulkhead_port *port);

/*
 * Sends a message, writes a value (sampling), gives a notice (signal: @bytes is 0). Waits for room in
 * the queue. At most once: it was sent exactly once where the answer is 0, and not at all elsewhere, but for
 * -ECONNRESET and -EHOSTDOWN, which do not know.
 */
int bulkhead_send(struct bulkhead_port *port, const void *message, size_t bytes, int timeout_ms);

/*
 * Receives the next message or request, or waits for a notice (answers 0), or reads the value: with timeout 0 the
 * last one, whether read before or not, else a new one. @about may be NULL. -ENOTCONN only where nothing waits;
 * with BULKHEAD_PATIENT it waits on instead.
 * A queue's message, and a notice, is the bridge's until it is done with: by bulkhead_done(), the next receive, or bulkhead_close().
 * A program that ends without gets it again, or its successor does. So does who had too short a buffer (-EMSGSIZE).
 */
ssize_t bulkhead_receive(struct bulkhead_port *port, void *buffer, size_t room, struct bulkhead_message *about, int timeout_ms);
int bulkhead_done(struct bulkhead_port *port);

/* Of an open end: also wait for a sender that does not run. */
void bulkhead_patient(struct bulkhead_port *port, bool patient);

/*
 * For poll(), select() and event loops: bulkhead_arm() asks for news without waiting, then the descriptor
 * becomes readable when there are some, or after a few seconds without. Then bulkhead_receive() with timeout 0; after
 * each -EAGAIN arm again.
 */
int bulkhead_fd(const struct bulkhead_port *port);
int bulkhead_arm(struct bulkhead_port *port);

/* A request, and its reply to @buffer: answers its bytes. @timeout_ms: 1 to 1000; the bridge serves nobody else meanwhile. */
ssize_t bulkhead_call(struct bulkhead_port *port, const void *request, size_t bytes, void *buffer, size_t room, int timeout_ms);

/* The server's: to the request received last. -ETIMEDOUT: the caller has not waited so long. */
int bulkhead_reply(struct bulkhead_port *port, const void *reply, size_t bytes);

int bulkhead_state(struct bulkhead_port *port, struct bulkhead_state *state);

/*
 * Maps shared memory by its channel's name; *memory, *bytes. Needs root. It is uncached here, and Device memory (see
 * docs/linux-ports.md): use aligned loads and stores of 4 or 8 bytes, no memcpy(), and bulkhead_barrier() before a
 * notice and behind one. munmap() ends it.
 */
int bulkhead_map(const char *name, volatile void **memory, size_t *bytes, bool *writable);

/* Copies with aligned 8-byte accesses to and from such memory; @offset a multiple of 8. What the last word has more is zero, or left. */
void bulkhead_put(volatile void *memory, size_t offset, const void *from, size_t bytes);
void bulkhead_get(void *to, const volatile void *memory, size_t offset, size_t bytes);

/* All accesses before it are done before those behind it, for every processor and device. */
static inline void bulkhead_barrier(void)
{
#ifdef __aarch64__
	__asm__ volatile("dsb sy" ::
				 : "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* The words for an answer, as "the partition at the other end does not run". */
const char *bulkhead_text(int answer);

const char *bulkhead_kind_name(enum bulkhead_kind kind);

/*
 * For other lines than a tty of this machine, and tests: an end over the descriptor @fd, whose window, if it has one, is
 * mapped at @window. Takes both over.
 */
int bulkhead_attach(struct bulkhead_port **port, int fd, const struct bulkhead_channel *channel, volatile void *window,
		    size_t window_bytes);

#endif
