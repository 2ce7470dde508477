/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls of Bulkhead: function numbers, arguments, results. Called by HVC or SMC #0 with the
 * function in w0 and arguments in x1-x6; the result in x0 (and x1-x3 where said). Calls follow
 * the SMC Calling Convention (Arm DEN 0028), "Vendor Specific Hypervisor Service" range, so x4-x30
 * are preserved. PSCI (DEN 0022) and the SMCCC standard calls are answered beside these.
 *
 * All but WAIT, CALL and SERVE never block; each takes a bounded number of instructions. Addresses are
 * never passed. A call that names what the caller does not have (BH_E_CAP, BH_E_RIGHT, BH_E_ARG) is
 * also a line of the health log.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

/* Changed whenever anything in abi/ changes its meaning; kernel, tool and SDK compare it. */
#define BH_ABI_VERSION 7

#define BH_CALL_UID	 0x8600ff01u /* -> w0-w3: the UUID below, as SMCCC orders it */
#define BH_CALL_REVISION 0x8600ff03u /* -> x0 major (BH_ABI_VERSION), x1 minor (0) */

/* f1a3d4c2-7b0e-4e58-9d61-62756c6b6864 */
#define BH_UID_0 0xc2d4a3f1u
#define BH_UID_1 0x584e0e7bu
#define BH_UID_2 0x7562619du
#define BH_UID_3 0x64686b6cu

#define BH_CALL(n) (0xc6000000u | (n))

/* -> x0 BH_ABI_VERSION. The cheapest call there is. */
#define BH_CALL_VERSION BH_CALL(0)

/*
 * Boot stub only (BH_E_STATE where the partition does not load): the partition's memory is ready; x1 = first
 * instruction (IPA), x2 = value for x0. Does not return: the vCPU goes on at x1 as the arm64 boot protocol has it.
 */
#define BH_CALL_BOOT_DONE BH_CALL(1)

/* Boot stub only, likewise: loading failed; x1 = enum bh_boot_error (stub.h), x2 = index of the operation.
 * Does not return: the partition is stopped and the health log says why. */
#define BH_CALL_BOOT_FAILED BH_CALL(2)

/*
 * The server of an emulated region (emul.h) answers the access a vCPU waits on.
 * x1 = capability (BH_CAP_SERVE), x2 = vCPU index of the client, x3 = value read (0 for writes),
 * x4 = 0, or 1 to answer the access with an external abort, x5 = the entry's position: how many
 * entries were consumed before it, modulo 2^32.
 * BH_OK; BH_E_CAP; BH_E_ARG: no such vCPU; BH_E_STATE: that vCPU does not wait for this answer (the
 * access has ended otherwise: the client or the server was stopped meanwhile).
 */
#define BH_CALL_EMUL_ANSWER BH_CALL(3)

/* The server has consumed entries while `waiting` was set: lets blocked writers go on.
 * x1 = capability (BH_CAP_SERVE). BH_OK; BH_E_CAP. */
#define BH_CALL_EMUL_ROOM BH_CALL(4)

/* The server drives the region's interrupt line at the client. x1 = capability (BH_CAP_SERVE),
 * x2 = level, 0 or 1. BH_OK; BH_E_CAP; BH_E_ARG: the region has no interrupt, or the level is
 * neither; BH_E_PEER: the client does not run (the level is forgotten when it starts). */
#define BH_CALL_EMUL_LINE BH_CALL(5)

/*
 * Ports (port.h). "port" is x1: the number of a capability of kind BH_CAP_PORT, 0-63. All of these can
 * give BH_E_CAP (no such port, or one of another kind), BH_E_RIGHT (it is the other end), and
 * BH_E_STATE where another vCPU of the caller is in a call on the same end at this moment: try again.
 * BH_E_PEER: the partition at the other end does not run (it stopped, or has not started yet).
 *
 * A message of at most BH_SHORT_BYTES on a port that has no longer ones is in registers, little-endian from the
 * lowest byte on; on other ports it lies in the end's buffer or slot.
 */

/* Signal. x1 = port. BH_OK; BH_E_PEER. */
#define BH_CALL_SIGNAL BH_CALL(6)

/*
 * Sampling: writes the value. Queuing: sends a message. x1 = port, x2 = bytes, 1 to the port's largest
 * message; x3-x6 = the message, or it lies in the out buffer.
 * BH_OK: accepted (BH_PORT_DROP: or dropped and counted); BH_E_ARG: size; BH_E_AGAIN: the queue is full,
 * an event will come; BH_E_PEER (queuing only): nothing was accepted.
 */
#define BH_CALL_SEND BH_CALL(7)

/*
 * Sampling: the last value. Queuing: the next message. Call: the request that waits (then BH_CALL_REPLY). x1 = port.
 * BH_OK, x1 = bytes and BH_GOT_*, x2 = slot, x3 = time it was sent (ticks), x4-x7 = the message of a short
 * port (what is behind its bytes is left over from others of this port). The slot is the receiver's until
 * its next RECEIVE on this port (call: until its REPLY).
 * BH_E_AGAIN: there is nothing (sampling: never was); BH_E_PEER: nothing, and the sender does not run.
 */
#define BH_CALL_RECEIVE BH_CALL(8)

/*
 * Waits, as WFI does, and for any of several ports. x1 = mask of port numbers, x2 = deadline (counter
 * ticks, absolute; in the past: only looks; BH_NEVER).
 * BH_OK, x1 = which of these events have come; they are taken. BH_E_TIMEOUT. BH_E_AGAIN: an interrupt is pending.
 * BH_E_CAP: a bit that is none of its ports.
 */
#define BH_CALL_WAIT BH_CALL(9)

/*
 * Sends a request and waits for the reply; no interrupt ends the wait. x1 = port, x2 = bytes, x3-x6 = the
 * request or in the out buffer, x7 = deadline (ticks, absolute, not BH_NEVER: BH_E_ARG).
 * BH_OK, x1 = bytes of the reply, x2 = 0 (its slot), x3 = time it was sent, x4-x7 = the reply of a short one.
 * BH_E_AGAIN: the server still works on a request that had timed out, or another vCPU of the caller
 * calls here; BH_E_TIMEOUT; BH_E_PEER: the server does not run, or ended before it replied; BH_E_ARG.
 * Where the server has a vCPU on the caller's core, that one runs in the caller's place meanwhile.
 */
#define BH_CALL_CALL BH_CALL(10)

/*
 * Replies to the request taken. x1 = port, x2 = bytes, x3-x6 = the reply or in the out buffer.
 * BH_OK; BH_E_TIMEOUT: the caller has not waited so long; BH_E_PEER: it has ended (both: the request is
 * done with); BH_E_STATE: no request was taken; BH_E_ARG: size.
 */
#define BH_CALL_REPLY BH_CALL(11)

/*
 * REPLY (unless x2 is 0), WAIT for this port and RECEIVE, in one. x1 = port, x2 = bytes, x3-x6 = the reply or
 * in the out buffer, x7 = deadline of the wait. What REPLY answers is not told, but BH_E_CAP, BH_E_RIGHT, BH_E_ARG, and
 * BH_E_STATE where another vCPU is in a call on this end: nothing was replied.
 * Then as RECEIVE, or BH_E_TIMEOUT, or BH_E_AGAIN: an interrupt is pending.
 */
#define BH_CALL_SERVE BH_CALL(12)

/* Either end. x1 = port. BH_OK, x1 = messages that wait (sampling: 1 when there is a value; call: 1 while a
 * request waits or is served), x2 = bit 0: the other end runs, bits 1-32: times it has ended, x3 = messages
 * dropped since the system began (queuing). */
#define BH_CALL_PORT_STATE BH_CALL(13)

/*
 * Control of another partition. x1 = capability (BH_CAP_CONTROL), x2 = enum bh_control.
 * BH_OK, x1 = enum bh_run_state, x2 = times it has ended; BH_E_RIGHT; BH_E_STATE: START of one that is not
 * off, RESTART of one that has no pristine store or is off; BH_E_ARG. Stopping takes time: it has been ordered when this returns.
 */
#define BH_CALL_CONTROL BH_CALL(14)

enum bh_control {
	BH_CONTROL_STATE = 0,
	BH_CONTROL_START = 1,	/* right BH_CONTROL_MAY_START */
	BH_CONTROL_STOP = 2,	/* right BH_CONTROL_MAY_STOP */
	BH_CONTROL_RESTART = 3, /* both */
	BH_CONTROL_FEED = 4,	/* MAY_STOP: feeds its watchdog in its place, as BH_CALL_FEED does; BH_E_STATE: it has none, or does not run */
	BH_CONTROL_PAUSE = 5,	/* BH_CONTROL_MAY_INSPECT: its vCPUs stand still, wherever they are */
	BH_CONTROL_RESUME = 6,	/* likewise: and go on */
	BH_CONTROL_RELEASE = 7, /* likewise: it has ended and is held (`dump`) until who inspects it is done */
};

#define BH_CONTROL_MAY_START   0x1u
#define BH_CONTROL_MAY_STOP    0x2u
#define BH_CONTROL_MAY_INSPECT 0x4u

enum bh_run_state {
	BH_RUN_OFF = 0,
	BH_RUN_LOADING = 1,
	BH_RUN_RUNNING = 2,
	BH_RUN_STOPPING = 3,
	BH_RUN_PAUSED = 4, /* all its vCPUs stand still */
	BH_RUN_HELD = 5,   /* it has ended, and what it left is kept until BH_CONTROL_RELEASE */
};

/*
 * Changes the mode (blob.h) of the whole system. x1 = capability (BH_CAP_SCHEDULE), x2 = number of the mode.
 * All cores change at the same counter value: the end of the frame under way, or at once, as the new mode is
 * declared; its first frame starts there. BH_OK: it has been ordered (or is in force); BH_E_AGAIN: another change is under way;
 * BH_E_CAP; BH_E_ARG: no such mode.
 */
#define BH_CALL_SET_MODE BH_CALL(15)

/*
 * The caller's own time. -> BH_OK, x1 = number of the mode in force on its core, x2 = start of its core's frame under way
 * (ticks; without windows: of the mode), x3 = length of a frame (ticks; 0: this core has no windows), x4 = number of the mode that has been
 * ordered, or BH_NONE; x5 = what is left of its budget (ticks; 0 without a reservation), x6 = epoch (ticks).
 */
#define BH_CALL_FRAME BH_CALL(16)

/*
 * Feeds the caller's watchdog (`watchdog-us` in the description). It begins to count when the partition begins to run (then with
 * `watchdog-first-us`), and with each feeding anew; where feeding has a window, one that comes too early is a fault too (BH_FAULT_WATCHDOG).
 * BH_OK, x1 = by when it is to be fed again (ticks), x2 = and not before (ticks); BH_E_STATE: it has none.
 */
#define BH_CALL_FEED BH_CALL(17)

/*
 * Says by when the calling vCPU will be done with what it does: x1 = counter ticks, absolute; BH_NEVER: it is. If the
 * moment comes before it says otherwise: BH_FAULT_DEADLINE, once. It is noticed when the vCPU next could run. BH_OK;
 * BH_E_STATE: its core is dedicated, where the kernel has no alarm.
 */
#define BH_CALL_DEADLINE BH_CALL(18)

/* The caller cannot go on: x1 = any number, for the log. BH_FAULT_PANIC; BH_OK where the policy lets it go on, else it does not return. */
#define BH_CALL_PANIC BH_CALL(19)

/* -> BH_OK, x1 = times the caller has ended, x2 = enum bh_begin: how this life began. */
#define BH_CALL_SELF BH_CALL(20)

/*
 * What the whole system is doing; for a monitor. x1 = capability (BH_CAP_MONITOR), x2 = enum bh_look, x3 = number, as the
 * blob counts: BH_OK and what enum bh_look says; BH_E_CAP; BH_E_ARG: no such object.
 */
#define BH_CALL_LOOK BH_CALL(21)

enum bh_look {
	/* -> x1 = enum bh_run_state, x2 = times it has ended, x3 = restarts by its policy, x4 = faults (logged or not, but for what is
	 * ignored), x5 = the last one's enum bh_fault, or BH_NONE, x6 = when that was (ticks) */
	BH_LOOK_PARTITION = 0,
	/* Of partition x3 bits 0-31 the vCPU bits 32-63. -> x1 = core, x2 = ticks it has had the core since boot (or its core's
	 * vCPUs in its place), x3 = 1: it is switched on */
	BH_LOOK_VCPU = 1,
	/* -> x1 = messages that wait, x2 = depth (queuing; else 1), x3 = messages dropped */
	BH_LOOK_PORT = 2,
	/* Asks the core to come into the kernel. -> x1 = ticks since the oldest such question that it has not answered; 0: it has
	 * answered the one before. x2 = ticks it has idled since boot */
	BH_LOOK_CORE = 3,
	/* -> x1 = counter (ticks), x2 = epoch, x3 = number of the mode in force */
	BH_LOOK_SYSTEM = 4,
};

/* Resets the machine by firmware. x1 = capability (BH_CAP_MONITOR), with the right BH_MONITOR_MAY_RESET. Does not return; BH_E_CAP; BH_E_RIGHT; BH_E_STATE: firmware refuses. */
#define BH_CALL_RESET BH_CALL(22)

#define BH_MONITOR_MAY_RESET 0x1u

/*
 * Shows the caller the RAM of a partition that is held or paused: x1 = capability (BH_CAP_CONTROL with
 * BH_CONTROL_MAY_INSPECT), or BH_NONE: shows it no more. It appears at BH_INSPECT_IPA in the caller, which has one vCPU; until it is given
 * back the partition neither goes on nor starts. One at a time. BH_OK; BH_E_CAP; BH_E_RIGHT; BH_E_STATE: it is neither held nor paused.
 */
#define BH_CALL_INSPECT BH_CALL(23)

#define BH_INSPECT_IPA 0x4000000000ull

/*
 * Registers of a vCPU of a partition that is held or paused. x1 = capability (as INSPECT), x2 = vCPU, x3 = number of the first (enum
 * bh_register). -> BH_OK, x1-x4 = four of them, from that one on. BH_E_ARG: no such vCPU or register.
 */
#define BH_CALL_REGISTERS BH_CALL(24)

/* The same, of one that is paused: x4 = its new value. BH_E_ARG also: it cannot be written. */
#define BH_CALL_SET_REGISTER BH_CALL(25)

enum bh_register {
	BH_REGISTER_X0 = 0,  /* to x30 */
	BH_REGISTER_SP = 31, /* the one in use */
	BH_REGISTER_PC = 32,
	BH_REGISTER_PSTATE = 33,
	BH_REGISTER_SP_EL0 = 34,
	BH_REGISTER_SP_EL1 = 35,
	BH_REGISTER_SCTLR = 36,
	BH_REGISTER_TCR = 37,
	BH_REGISTER_TTBR0 = 38,
	BH_REGISTER_TTBR1 = 39,
	BH_REGISTER_MAIR = 40,
	BH_REGISTER_ESR = 41,
	BH_REGISTER_FAR = 42,
	BH_REGISTER_ELR = 43,
	BH_REGISTER_SPSR = 44,
	BH_REGISTER_VBAR = 45,
	BH_REGISTER_FPSR = 46,
	BH_REGISTER_FPCR = 47,
	BH_REGISTER_Q0 = 48, /* to q31: two of these each, low first */
	BH_REGISTER_END = 112,
};

/*
 * Debugs a partition: x1 = capability (as INSPECT), x2 = vCPU, x3 = enum bh_debug. While it is on, that vCPU's breakpoint instructions and
 * single steps come to the kernel, which pauses the partition and rings the monitor.
 * BH_OK, x1 = why it stands still (enum bh_pause), x2 = the vCPU that it was, x3 = its syndrome; BH_E_ARG; BH_E_CAP; BH_E_RIGHT; BH_E_STATE:
 * STEP of one that is not paused.
 */
#define BH_CALL_DEBUG BH_CALL(26)

enum bh_debug {
	BH_DEBUG_LOOK = 0, /* nothing but the answer */
	BH_DEBUG_ON = 1,
	BH_DEBUG_OFF = 2,
	BH_DEBUG_STEP = 3, /* on, and it executes one instruction when it goes on next */
};

enum bh_pause {
	BH_PAUSE_NONE = 0,
	BH_PAUSE_ORDER = 1,
	BH_PAUSE_BREAK = 2,
	BH_PAUSE_STEP = 3,
};

#endif
