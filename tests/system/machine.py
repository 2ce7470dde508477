# SPDX-License-Identifier: Apache-2.0
"""A QEMU machine under test: started, watched on its console, and always ended, by its own pid.

Nothing here knows Bulkhead: an image is whatever QEMU's -kernel starts, so the same helper boots a
guest on the bare machine. What a test waits for is a pattern on the console; the whole console is
kept in build/logs/NAME.log, for people and for the messages of tests that fail."""

import contextlib
import os
import re
import threading
import time

import pexpect

QEMU = "qemu-system-aarch64"
LOGS = "build/logs"
LOAD = 0x40200000  # load-address of boards/qemu-virt.dts
TIMEOUT_S = 120  # generous: a loaded machine is slow, and a right answer ends the wait at once

# One virtual nanosecond for each instruction: what is counted repeats exactly.
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01,clock=vm"]

# Colours and cursor movements; the last alternative is a sequence still under way at the end.
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78]")
ESCAPE_BEGUN = re.compile(r"\x1b(\[[0-9;?]*[ -/]*)?$")


class _Plain(pexpect.spawn):
    """A child whose output comes without escape sequences, so that patterns need not expect them."""

    held = ""

    def read_nonblocking(self, size=1, timeout=-1):
        text = self.held + super().read_nonblocking(size, timeout)
        begun = ESCAPE_BEGUN.search(text)
        self.held = text[begun.start():] if begun else ""
        text = text[: begun.start()] if begun else text
        return ESCAPE.sub("", text)


def arguments(kernel, cores=4, memory="2G", gic=3, el2=True, icount=False, firmware=None, extra=()):
    """QEMU's command line for the machine of boards/qemu-virt.dts, or a variation of it; firmware: at EL3, starts what lies at LOAD."""
    machine = f"virt,gic-version={gic},dtb-randomness=off" + (",virtualization=on" if el2 else "") + (",secure=on" if firmware else "")
    start = ["-bios", firmware, "-device", f"loader,file={kernel},addr={LOAD:#x},force-raw=on"] if firmware else ["-kernel", str(kernel)]
    cpu = "cortex-a72" + (",cntfrq=1000000000" if icount else "")
    return (["-M", machine, "-cpu", cpu, "-smp", str(cores), "-m", memory, "-nographic", "-nic", "none",
             *start] + (ICOUNT if icount else []) + list(extra))


class Machine:
    """A running QEMU (or another command that shows a machine's console)."""

    def __init__(self, name, command, args, timeout=TIMEOUT_S):
        os.makedirs(LOGS, exist_ok=True)
        self.log_path = f"{LOGS}/{name}.log"
        self.log = open(self.log_path, "w", encoding="utf-8")
        self.log.write(" ".join([command, *args]) + "\n")
        self.child = _Plain(command, list(args), timeout=timeout, encoding="utf-8", codec_errors="replace",
                            dimensions=(50, 400), echo=False)
        self.child.logfile_read = self.log
        self.child.delaybeforesend = 0

    def expect(self, pattern, timeout=-1):
        """Wait for a pattern; the match. What came before it is in self.before."""
        try:
            self.child.expect(pattern, timeout)
        except (pexpect.TIMEOUT, pexpect.EOF) as e:
            what = "in time" if isinstance(e, pexpect.TIMEOUT) else "before the machine ended"
            raise AssertionError(f"the console did not show {pattern!r} {what}; its end:\n{self.tail()}\n"
                                 f"(all of it: {self.log_path})") from None
        self.before = self.child.before
        return self.child.match

    def line(self, partition, pattern="", timeout=-1):
        """Wait for a line of one partition, as the console service prefixes it."""
        return self.expect(rf"(?:^|[\r\n]){re.escape(partition)}\b[^\r\n]*?{pattern}", timeout)

    def never(self, pattern, seconds):
        """Assert that a pattern does not come in so many seconds."""
        try:
            self.child.expect(pattern, seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            raise AssertionError(f"the machine ended; its end:\n{self.tail()}") from None
        raise AssertionError(f"the console showed {pattern!r}; its end:\n{self.tail()}")

    def type(self, text):
        """Keys, one by one: a UART has no flow control and a small FIFO."""
        for key in text:
            self.child.send(key)
            time.sleep(0.01)

    def enter(self, command):
        self.type(command + "\r")

    def ended(self, timeout=TIMEOUT_S):
        """Wait for the machine to end by itself; its exit status and the console until then."""
        self.expect(pexpect.EOF, timeout)
        self.child.close()
        return self.child.exitstatus, self.before

    @contextlib.contextmanager
    def listening(self):
        """Meanwhile the console is read, into the log only: a machine stands still whose console nobody reads."""
        done = threading.Event()

        def listen():
            while not done.is_set():
                try:
                    self.child.read_nonblocking(65536, 0.1)
                except pexpect.TIMEOUT:
                    pass
                except pexpect.EOF:
                    return

        reader = threading.Thread(target=listen)
        reader.start()
        try:
            yield
        finally:
            done.set()
            reader.join()

    def tail(self, lines=25):
        self.log.flush()
        with open(self.log_path, encoding="utf-8") as f:
            return "".join("    " + line for line in f.readlines()[-lines:])

    def stop(self):
        """End the machine if it still runs, and reap it."""
        if not self.child.closed:
            try:
                self.child.close(force=True)
            except pexpect.ExceptionPexpect:  # killed, but not gone after a moment: a loaded host
                os.waitpid(self.child.pid, 0)
        self.log.close()


def qemu(name, kernel, timeout=TIMEOUT_S, **how):
    return Machine(name, QEMU, arguments(kernel, **how), timeout)
