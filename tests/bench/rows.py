# SPDX-License-Identifier: Apache-2.0
"""What each row is. Tables show them in this order."""

SIZES = {32: "32 bytes", 64: "64 bytes", 4096: "4 KiB"}  # of messages

ROWS = {
    "hvc_null": "HVC, the cheapest call",
    "hvc_psci_version": "HVC PSCI_VERSION",
    "hvc_smccc_version": "HVC SMCCC_VERSION",
    "hvc_unknown": "HVC unknown function",
    "smc_psci_version": "SMC PSCI_VERSION",
    "id_register_read": "read ID_AA64MMFR0_EL1, a trapped register",
    "gicd_typer_read": "read GICD_TYPER",
    "gicd_enable_read": "read GICD_ISENABLER",
    "gicd_enable_write": "write GICD_ISENABLER",
    "gicd_disable_write": "write GICD_ICENABLER",
    "sgi_self_handler": "SGI to self -> C handler",
    "sgi_self_round_trip": "SGI to self, round trip",
    "acknowledge_end": "acknowledge + EOI",
    "timer_spin_handler": "virtual timer, spinning -> C handler",
    "timer_wfi_handler": "virtual timer, in WFI -> C handler",
    "device_handler": "device's interrupt, spinning -> C handler",
    "longest_gap": "longest gap in a spinning loop",
    "ipi_wfi_one_way": "IPI one way, target in WFI",
    "ipi_wfi_round_trip": "IPI round trip, WFI",
    "ipi_spin_one_way": "IPI one way, spinning",
    "ipi_spin_round_trip": "IPI round trip, spinning",
    "cpu_on_first_c": "CPU_ON -> first C statement",
    "memory_walk": "walk over memory, 1,024 loads",
    "integer_work": "integer work, 1,000 rounds",
    "copy_32": "copy of 32 bytes",
    "copy_64": "copy of 64 bytes",
    "copy_4096": "copy of 4 KiB",
    "boot_first_instruction": "reset -> guest's first instruction",
    "boot_native": "reset -> first instruction, 256 KiB, 16 KiB payload",
    "restart": "asking for a restart -> first instruction",
    "linux_to_shell": "Linux, first instruction -> shell",
    "signal_handler": "signal to another core -> C handler",
    "signal_round_trip": "signal there and back, C handlers",
    "signal_spin_handler": "signal to another core, spinning -> C handler",
    "signal_spin_round_trip": "signal there and back, spinning, C handlers",
    "doorbell_wait": "signal to another core -> WAIT returns",
    "doorbell_round_trip": "signal there and back, WAIT",
    "call_near_32": "call + reply of 32 bytes, same core",
    "call_near_32_irqs": "... both take interrupts",
    "call_far_32": "call + reply of 32 bytes, another core",
} | {
    f"queue_{what}_{size}": f"queue: {text} {of}" for size, of in SIZES.items()
    for what, text in (("send", "send"), ("receive", "receive"), ("both", "send + receive"), ("wake", "wake another core with"))
} | {
    f"value_{what}_{size}": f"value: {text} {SIZES[size]}" for size in (32, 4096)
    for what, text in (("write", "write"), ("read", "read"), ("both", "write + read"))
} | {
    "switch_away": "WAIT -> next partition on the core",
    "switch_deadline": "deadline -> WAIT returns, preempting",
    "switch_away_irqs": "WAIT -> next partition, both take interrupts",
    "switch_deadline_irqs": "deadline -> WAIT returns, both take interrupts",
    "window_switch": "window's edge: last instruction -> next one's first",
    "window_start": "window's edge -> first instruction",
    "window_jitter": "... most less least",
    "window_wake": "window's edge -> sleeper goes on",
    "trace_record": "trace: a record",
} | {
    f"stream_{where}_{size}": f"stream of {SIZES[size]}, {on}, each" for size in (32, 4096)
    for where, on in (("near", "same core"), ("far", "another core"))
}

# What the bare machine needs for the like of it, where the row itself is none of its.
BARE_LIKE = {
    "signal_handler": "ipi_wfi_one_way",
    "signal_round_trip": "ipi_wfi_round_trip",
    "signal_spin_handler": "ipi_spin_one_way",
    "signal_spin_round_trip": "ipi_spin_round_trip",
    "boot_native": "boot_first_instruction",
} | {
    f"queue_{what}_{size}": f"copy_{size}" for size in SIZES for what in ("send", "both")
} | {
    f"value_{what}_{size}": f"copy_{size}" for size in (32, 4096) for what in ("write", "both")
}
