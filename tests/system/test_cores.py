# SPDX-License-Identifier: Apache-2.0
"""The monitor's watch on the cores: one that is late is waited for, one that never comes is said, and the machine is reset."""

import time

from qemu_gdb import QemuGdb, extra

IMAGE = "build/tests/silent-core.img"
SOCKET = "build/logs/silent-core.gdb"
SAID = r"core 1 has not come into the kernel for (\d+) ms"
LIMIT_MS = 6000  # of the description
LATE_S = 3  # a core may be: three of the monitor's questions without an answer


# HEALTH-9
def test_a_core_that_is_late_is_waited_for_and_one_that_is_lost_resets_the_machine(boot):
    m = boot(IMAGE, extra=extra(SOCKET))
    m.line("monitor", "watching 3 partitions on 2 cores")
    m.line("counter")
    stub = QemuGdb(SOCKET)
    stub.go(but=(1,))
    with m.listening():
        time.sleep(LATE_S)
    stub.stop()
    stub.go()
    m.line("counter")  # it runs again
    stub.stop()
    stub.go(but=(1,))
    silent_ms = int(m.line("monitor", SAID)[1])
    assert "has not come" not in m.before and "answers again" not in m.before
    assert silent_ms >= LIMIT_MS - 1000
    m.line("monitor", "the machine is reset")
    m.line("monitor", "watching 3 partitions on 2 cores")
    m.line("counter")
    stub.close()
