/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: messages between partitions (abi/port.h), with the semantics of ARINC 653 part 1 where that
 * defines them (the services' names stand at the functions). A port is named by its number: PORT_NAME
 * of the header that `bulkhead header` writes, or bh_port_find("name").
 *
 * An end of a port belongs to one thread or handler at a time: there is one slot being read and one
 * buffer being filled. Different ends do not meet, whoever uses them.
 *
 * Waiting. A deadline is an instant in ticks of the counter: bh_time_in_ns(5000000) is 5 ms from now,
 * BH_NEVER waits for ever (ARINC's INFINITE_TIME_VALUE), BH_NO_WAIT does not wait at all (ARINC's
 * TIME_OUT 0). Interrupt handlers run while a thread waits. Functions with a deadline are for thread
 * context; with BH_NO_WAIT, and those without one, for any context.
 *
 * Answers, and ARINC's:
 *   BH_OK         NO_ERROR
 *   BH_E_AGAIN    NOT_AVAILABLE: full, or empty, and BH_NO_WAIT; sampling: NO_ACTION, never written
 *   BH_E_TIMEOUT  TIMED_OUT
 *   BH_E_ARG      INVALID_PARAM: a size; the kernel logs it
 *   BH_E_CAP      INVALID_PARAM: no such port, or of another kind; likewise
 *   BH_E_RIGHT    INVALID_MODE: the port's other end; likewise
 *   BH_E_PEER     (none) the other end does not run, so waiting would be idle. A function that waits
 *                 answers this too when the other end stops meanwhile, and at once if it has not
 *                 started yet: bh_port_wait_peer() waits for that.
 *   BH_E_STATE    (none) another vCPU of this partition is in a call on the same end
 * INVALID_CONFIG, a queue's overflow, is told by struct bh_message.lost.
 */
#ifndef SDK_BH_PORT_H
#define SDK_BH_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/port.h"
#include "abi/status.h"
#include "sdk/bh_check.h"
#include "sdk/bh_info.h"

#define BH_NO_WAIT 0ull /* a deadline: look once */

/* A message received. Where there is none (BH_E_AGAIN, BH_E_TIMEOUT, BH_E_PEER) all is 0, so no byte and not valid. */
struct bh_message {
	const void *data; /* in the slot (aligned to 8; until the next of this port is asked for), or the caller's buffer */
	uint32_t bytes;
	uint64_t time; /* when it was sent, ticks */
	bool fresh;    /* sampling: not read before. else true */
	bool valid;    /* sampling: not older than the port's refresh period (ARINC's VALIDITY). else true */
	bool lost;     /* queuing: messages have been dropped since the last one received (INVALID_CONFIG) */
};

/* --- any port --- */

/* The port of channel @name. BH_E_CAP: there is none. GET_SAMPLING_PORT_ID, GET_QUEUING_PORT_ID. */
BH_MUST_CHECK enum bh_status bh_port_find(const char *name, uint32_t *port);

/* What the information page says of a port: name, peer, sizes (abi/info.h). NULL: there is none of that number. */
const struct bh_info_entry *bh_port_info(uint32_t port);

/*
 * The buffer from which the kernel takes a long message of this end (also a server's replies): fill it
 * and pass it as the message, then nothing is copied on this side. As many bytes as the port's largest
 * message, aligned to 64. NULL: the messages are short (BH_SHORT_BYTES) and go in registers.
 */
void *bh_port_buffer(uint32_t port);

/* GET_SAMPLING_PORT_STATUS and GET_QUEUING_PORT_STATUS, and of the other end. */
struct bh_port_state {
	enum bh_port_kind kind;
	bool sends;	    /* PORT_DIRECTION: this is the sending (calling) end */
	uint32_t bytes;	    /* MAX_MESSAGE_SIZE */
	uint32_t depth;	    /* MAX_NB_MESSAGE; 0: no queue */
	uint64_t period_ns; /* REFRESH_PERIOD; 0: always valid */
	bool last_valid;    /* LAST_MSG_VALIDITY: the last one read here was valid when it was read */
	uint32_t waiting;   /* NB_MESSAGE; sampling: 1 when there is a value; call: 1 while a request waits or is served */
	uint32_t dropped;   /* messages dropped since the system began */
	bool peer_runs;
	uint32_t peer_ends; /* times the other end has ended: a change means that it is another life */
};
BH_MUST_CHECK enum bh_status bh_port_state(uint32_t port, struct bh_port_state *state);

/* Waits until the other end runs. BH_OK: it does; BH_E_TIMEOUT; BH_E_PEER (BH_NO_WAIT: it does not); BH_E_CAP. */
BH_MUST_CHECK enum bh_status bh_port_wait_peer(uint32_t port, uint64_t deadline);

/*
 * Waits for an event of any port in @ports (bit n: port n). BH_OK, @events: which; they are taken, each
 * says "look at this port" and may come without cause. BH_E_TIMEOUT; BH_E_CAP: a bit that is no port.
 * BH_E_AGAIN: an interrupt came and its handler has run: look at what it did, and call again.
 * Race-free with handlers: mask, look whether there is reason to wait, wait, restore, as with bh_wait().
 * @events is 0 unless BH_OK. Thread context.
 */
BH_MUST_CHECK enum bh_status bh_port_wait(uint64_t ports, uint64_t deadline, uint64_t *events);

#define BH_PORT_BIT(port) (1ull << (port))

/*
 * Lets @handler run, on the calling vCPU, at events of the port; @priority as in bh_irq.h. It looks at
 * the port itself, once to begin with: what came before makes no interrupt. BH_E_ARG: this end has no
 * interrupt; BH_E_CAP.
 */
BH_MUST_CHECK enum bh_status bh_port_interrupt(uint32_t port, void (*handler)(void *arg), void *arg, uint32_t priority);

/* --- signals --- */

/* What this vCPU has written before is seen by who has waited for the signal. BH_E_PEER, BH_E_CAP, BH_E_RIGHT. Any context. */
BH_MUST_CHECK enum bh_status bh_signal_send(uint32_t port);

/* Several sent before are one. Also returns BH_OK when the sender starts or ends. BH_E_TIMEOUT (BH_NO_WAIT too); BH_E_CAP. */
BH_MUST_CHECK enum bh_status bh_signal_wait(uint32_t port, uint64_t deadline);

/* --- sampling ports: the last value --- */

/* WRITE_SAMPLING_MESSAGE. @bytes: 1 to the port's largest; or bh_port_buffer(). BH_E_ARG, _CAP, _RIGHT, _STATE. Any context. */
BH_MUST_CHECK enum bh_status bh_sampling_write(uint32_t port, const void *message, uint32_t bytes);

/*
 * READ_SAMPLING_MESSAGE. _read copies to @to, of @room bytes (at least the port's largest message, else
 * BH_E_ARG); _view points into the slot. The value stays readable, whether the writer lives or not; its
 * age is m->time, and m->valid says whether it is within the refresh period.
 * BH_E_AGAIN: never written (BH_E_PEER: nor is there a writer), BH_E_CAP, BH_E_RIGHT, BH_E_STATE. Any context.
 */
BH_MUST_CHECK enum bh_status bh_sampling_read(uint32_t port, void *to, uint32_t room, struct bh_message *m);
BH_MUST_CHECK enum bh_status bh_sampling_view(uint32_t port, struct bh_message *m);

/* As _view, but waits for a value that has not been read yet. BH_E_TIMEOUT; BH_E_PEER: no fresh one, and no writer. @m has the old one then. */
BH_MUST_CHECK enum bh_status bh_sampling_wait(uint32_t port, struct bh_message *m, uint64_t deadline);

/* --- queuing ports: each message once, in order --- */

/*
 * SEND_QUEUING_MESSAGE. Waits for room until the deadline, unless the channel is declared full = "drop":
 * then a message too many is dropped and counted, and the answer is BH_OK.
 * BH_E_AGAIN, BH_E_TIMEOUT, BH_E_PEER: nothing was sent. BH_E_ARG: size. BH_E_CAP, BH_E_RIGHT, BH_E_STATE.
 */
BH_MUST_CHECK enum bh_status bh_queue_send(uint32_t port, const void *message, uint32_t bytes, uint64_t deadline);

/*
 * RECEIVE_QUEUING_MESSAGE. _receive copies to @to, of @room bytes (at least the port's largest message,
 * else BH_E_ARG and nothing is taken); _view points into the slot. Messages that a sender left before it
 * ended come first; BH_E_PEER: there are none, and it does not run. BH_E_AGAIN, BH_E_TIMEOUT, BH_E_CAP,
 * BH_E_RIGHT, BH_E_STATE.
 */
BH_MUST_CHECK enum bh_status bh_queue_receive(uint32_t port, void *to, uint32_t room, struct bh_message *m, uint64_t deadline);
BH_MUST_CHECK enum bh_status bh_queue_view(uint32_t port, struct bh_message *m, uint64_t deadline);

/* CLEAR_QUEUING_PORT: the messages that wait are gone; at most the port's depth. BH_E_CAP, BH_E_RIGHT, BH_E_STATE. Any context. */
BH_MUST_CHECK enum bh_status bh_queue_clear(uint32_t port);

/* --- call ports: a request and its reply (ARINC 653 has none) --- */

/*
 * Sends a request and waits for its reply; handlers do not run meanwhile. @deadline: not BH_NEVER, else
 * BH_E_ARG. BH_OK, reply->data until the next call on this port. BH_E_AGAIN: the server still works on a
 * request of ours that had timed out (an event of this port says when it is done with it); BH_E_TIMEOUT; BH_E_PEER: the server does not run, or ended before it
 * replied (it may have done part of the work); BH_E_ARG: size; BH_E_CAP, BH_E_RIGHT, BH_E_STATE. Thread context.
 */
BH_MUST_CHECK enum bh_status bh_port_call(uint32_t port, const void *request, uint32_t bytes, struct bh_message *reply,
					  uint64_t deadline);

/*
 * The server's side, for one that does other things too: the next request, and its reply. A caller that
 * does not run is no reason to stop waiting: BH_E_PEER only with BH_NO_WAIT. The request lies in its slot
 * until the reply. BH_E_AGAIN, BH_E_TIMEOUT, BH_E_CAP, BH_E_RIGHT, BH_E_STATE.
 */
BH_MUST_CHECK enum bh_status bh_port_request(uint32_t port, struct bh_message *request, uint64_t deadline);

/* BH_E_TIMEOUT: the caller has not waited so long; BH_E_PEER: it has ended; both end the request. BH_E_STATE: none was taken. Any context. */
BH_MUST_CHECK enum bh_status bh_port_reply(uint32_t port, const void *reply, uint32_t bytes);

/*
 * The server's loop, one kernel call for each request. @answer writes its reply to @reply (room for
 * the port's largest, aligned to 8) and answers its size; 0 ends the loop with BH_OK, the request still to
 * be replied to. Else it ends with BH_E_TIMEOUT, or for a mistake: BH_E_ARG (size), BH_E_CAP, BH_E_RIGHT. Thread context.
 */
BH_MUST_CHECK enum bh_status bh_port_serve(uint32_t port,
					   uint32_t (*answer)(void *arg, const struct bh_message *request, void *reply),
					   void *arg, uint64_t deadline);

/* --- shared memory --- */

struct bh_shared {
	void *data; /* at a multiple of 4 KiB */
	uint64_t bytes;
	bool writable; /* else a store is a fault */
};

/*
 * Finds shared memory by its channel's name; nothing is mapped, it is there. It is zero when the system
 * begins and outlives its partitions. Order between the ends is theirs to keep: atomics, or a signal (a
 * signal's sender has written what its receiver then reads). BH_E_CAP: there is none. Any context.
 */
BH_MUST_CHECK enum bh_status bh_shared_find(const char *name, struct bh_shared *shared);

#endif
