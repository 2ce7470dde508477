# SPDX-License-Identifier: Apache-2.0
#
# One makefile for everything, not recursive and driven by wildcards: a new source file, service,
# guest, system or unit test is found by where it lies. Nobody edits this file to add one.
# `make` alone prints the menu. Everything made goes to build/, everything fetched to .deps/.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := menu
Q := $(if $(filter 1,$(V)),,@)
, := ,
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2))
B := build

# --- compilers: gcc unless TOOLCHAIN=clang; each can be set by itself ---
CROSS ?= aarch64-linux-gnu-
ifeq ($(TOOLCHAIN),clang)
CC := clang
ARM_CC ?= clang --target=aarch64-linux-gnu -Wno-unused-command-line-argument
NO_AS := -no-integrated-as
else
CC := gcc
ARM_CC ?= $(CROSS)gcc
endif
ARM_AR ?= $(CROSS)ar
ARM_OBJCOPY ?= $(CROSS)objcopy
PYTHON ?= /usr/bin/python3
BULKHEAD := $B/bulkhead

WARN := -std=gnu11 -Wall -Wextra -Wconversion -Werror
BASE := $(WARN) -O2 -g -I. -I$B/gen
# What runs on the board without an operating system.
BARE := $(BASE) -ffreestanding -nostdlib -mno-outline-atomics -mstrict-align -fno-stack-protector \
	-fno-pic -fno-asynchronous-unwind-tables -fno-common
KERNEL_FLAGS = $(BARE) $(OPT) -mcmodel=tiny -fno-align-functions -mgeneral-regs-only -ffixed-x18 -fomit-frame-pointer -fno-jump-tables -fstack-usage -ffunction-sections \
	-Iarch/arm64 \
	$(if $(findstring clang,$(ARM_CC)),,-fno-align-jumps -fno-align-labels -fno-align-loops -fcallgraph-info=su)
STUB_FLAGS := $(BARE) -mgeneral-regs-only
LINK := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
	-Wl,--no-warn-rwx-segments -Wl,--fatal-warnings
HOST_FLAGS := $(BASE) -D_GNU_SOURCE
LINUX_FLAGS := $(WARN) -D_GNU_SOURCE -O2 -I. -I$B/gen
# In tests' tables what is not named is 0. GCC knows that of members of what has names; clang does not.
TEST_FLAGS := $(HOST_FLAGS) -Iarch/host $(if $(findstring clang,$(CC)),-Wno-missing-field-initializers)
UNIT_FLAGS := $(TEST_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# tests/unit/*_tsan.c: real threads. GCC says that it does not follow fences; the tests do not rely on it.
TSAN_FLAGS := $(TEST_FLAGS) -fsanitize=thread $(if $(findstring clang,$(CC)),,-Wno-tsan)

# --- what there is ---
not = $(filter-out $(1),$(2))
KERNEL_SRC := $(wildcard kernel/*.c) $(call not,arch/arm64/offsets.c,$(wildcard arch/arm64/*.c arch/arm64/*.S))
LIB_SRC := $(wildcard lib/*.c)
STUB_SRC := $(wildcard sdk/stub/*.c sdk/stub/*.S)
SDK_SRC := $(wildcard sdk/*.c sdk/*.S)
TOOL_SRC := $(wildcard tools/*.c)
SYSTEMS := $(patsubst systems/%/system.dts,%,$(wildcard systems/*/system.dts))
# services/lib/ is what services share.
SERVICE_LIB_SRC := $(wildcard services/lib/*.c)
SERVICES := $(call not,lib,$(sort $(basename $(notdir $(wildcard services/*.c))) $(notdir $(patsubst %/,%,$(dir $(wildcard services/*/*.c))))))
# Programs on the SDK that only tests run: tests/native/NAME.c or tests/native/NAME/*.c
NATIVES := $(sort $(basename $(notdir $(wildcard tests/native/*.c))) $(notdir $(patsubst %/,%,$(dir $(wildcard tests/native/*/*.c)))))
# Freestanding EL1 images: tests/guests/NAME/*.[cS]; files right in tests/guests/ are for all of them.
GUESTS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard tests/guests/*/*.c tests/guests/*/*.S)))))
TEST_SYSTEMS := $(patsubst tests/systems/%/system.dts,%,$(wildcard tests/systems/*/system.dts))
UNITS := $(basename $(notdir $(wildcard tests/unit/*.c)))
# The kernel against reference models: tests/model/NAME_test.c
MODELS := $(basename $(notdir $(wildcard tests/model/*_test.c)))
FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/*.c)))

obj = $(addprefix $B/obj/$(1)/,$(addsuffix .o,$(basename $(2))))
# What checks the image runs before the MMU is on, and is linked apart from the rest (kernel.ld).
CHECK_SRC := arch/arm64/boot_check.c lib/image_check.c lib/digest.c $(wildcard lib/blob_*.c)
KERNEL_OBJ := $(call obj,kernel,$(filter-out $(CHECK_SRC),$(KERNEL_SRC)))
LIB_OBJ := $(call obj,kernel,$(filter-out $(CHECK_SRC),$(LIB_SRC)))
CHECK_OBJ := $(call obj,kernel,$(CHECK_SRC))
STUB_OBJ := $(call obj,stub,$(STUB_SRC) $(if $(STUB_SRC),$(LIB_SRC)))
SDK_OBJ := $(call obj,bare,$(SDK_SRC) $(LIB_SRC))
# What the tool and the monitor speak with each other is one file for both.
TOOL_OBJ := $(call obj,host,$(TOOL_SRC) $(LIB_SRC) sdk/bh_frame.c sdk/bh_link.c sdk/bh_wire.c)

KERNEL := $(if $(wildcard arch/arm64/kernel.ld),$B/kernel-arm64.elf)
STUB := $(if $(wildcard sdk/stub/stub.ld),$B/stub-arm64.elf)
SDK := $(if $(SDK_SRC),$B/libbulkhead.a)
TOOL := $(if $(TOOL_SRC),$(BULKHEAD))

SYSTEM_PROGRAMS := $(foreach s,$(wildcard systems/*/*.c tests/systems/*/*.c),$B/$(basename $s).elf)
LINUX_PROGRAMS := $(foreach s,$(wildcard systems/*/linux/*.c tests/systems/*/linux/*.c),$B/$(basename $s))
# In every archive of a Linux guest.
LINUX_COMMANDS := $B/linux/bulkhead-port $B/linux/bulkheadctl
INITRDS := $(foreach s,$(wildcard systems/*/*.rc tests/systems/*/*.rc),$B/$(basename $s).cpio.gz)
NATIVE_PROGRAMS := $(SERVICES:%=$B/services/%.elf) $(NATIVES:%=$B/tests/native/%.elf) $(SYSTEM_PROGRAMS)
GUEST_IMAGES := $(foreach g,$(GUESTS),$B/tests/guests/$g.elf $B/tests/guests/$g.bin)
DEBIAN_GUESTS := $B/guests/linux $B/guests/linux-rt $B/guests/busybox
UNIT_PROGRAMS := $(UNITS:%=$B/unit/%) $(MODELS:%=$B/model/%)
PROGRAMS := $(KERNEL) $(STUB) $(SDK) $(TOOL) $(if $(SDK),$(NATIVE_PROGRAMS)) $(LINUX_PROGRAMS) $(LINUX_COMMANDS) $(GUEST_IMAGES)
IMAGES := $(if $(and $(KERNEL),$(TOOL),$(STUB)),$(SYSTEMS:%=$B/%.img) $(TEST_SYSTEMS:%=$B/tests/%.img))

.PHONY: menu all run test test-unit test-system test-tool stress adversaries bench size requirements lint format fuzz clean setup guests FORCE

menu:
	@echo 'Bulkhead: an embedded separation kernel. Targets:'
	@echo '  make run          install what is missing, build, and start the demo in QEMU'
	@echo '  make test         the same, and every test (test-unit, test-tool, test-system for a part)'
	@echo '  make all          build the kernel, the tool, the services and the systems'
	@echo '  make stress       ten million messages of each kind, with stops and starts (STRESS_MESSAGES, STRESS_STOPS, STRESS_SEED)'
	@echo '  make adversaries  a control loop beside everything that might take its time, what takes long as well'
	@echo '  make bench        instructions of each path, bare machine beside partition; budgets and goals'
	@echo '  make size         bytes and lines of the kernel, and all that it needs of a system'
	@echo '  make lint         include directions, headers, licences, format'
	@echo '  make requirements where each is fulfilled and tested; those that are not'
	@echo '  make format       clang-format of all C'
	@echo '  make fuzz         the fuzzers of tests/fuzz, a minute each (FUZZ_SECONDS=60)'
	@echo '  make setup        only install and fetch'
	@echo '  make clean        removes build/; .deps/ (fetched) stays'
	@echo 'Variables: V=1 shows commands; TOOLCHAIN=clang; CROSS=aarch64-linux-gnu-; SYSTEM=demo for run'
	@echo 'Systems: $(SYSTEMS)'

all: $(PROGRAMS) $(IMAGES) compile_commands.json

# --- set-up: packages of the system, guests into .deps/; the stamps are the scripts' last act ---
READY := .deps/packages
setup: $(READY) .deps/guests/ready
guests: $(DEBIAN_GUESTS) $B/guests/initramfs.cpio.gz
.deps/packages: scripts/setup
	$(Q)scripts/setup packages
.deps/guests/ready: | $(READY)
	$(Q)scripts/setup guests
$(DEBIAN_GUESTS): $B/guests/%: .deps/guests/ready
	@mkdir -p $(@D)
	$(Q)cp --preserve=mode .deps/guests/$* $@
$B/guests/%.ko: .deps/guests/ready
	@mkdir -p $(@D)
	$(Q)[ -s .deps/guests/$*.ko ] || scripts/setup modules
	$(Q)cp .deps/guests/$*.ko $@

# --- compiling: $(call compile,label,compiler,flags); each leaves its line for compile_commands.json ---
define compile
	$(call say,$(1),$<)
	@mkdir -p $(@D)
	@printf '{"directory": "%s", "file": "%s", "output": "%s", "command": "%s"},\n' \
		'$(CURDIR)' '$<' '$@' '$(2) $(3) -c $< -o $@' >$@.json
	$(Q)$(2) $(3) -MMD -MP -c $< -o $@
endef
# Guests' assembly uses extensions that clang 14 does not know.
define rules # (directory, label, compiler, flags)
$B/obj/$(1)/%.o: %.c $B/flags | $(READY)
	$$(call compile,$(2),$(3),$(4))
$B/obj/$(1)/%.o: %.S $B/flags | $(READY)
	$$(call compile,$(2),$(if $(filter bare,$(1)),$(CROSS)gcc,$(3)),-D__ASSEMBLER__ $(4))
endef
# offsets.h is for the kernel's assembly only; C does not wait for it.
$(call obj,kernel,$(wildcard arch/arm64/*.S)): $(if $(wildcard arch/arm64/offsets.c),$B/gen/offsets.h)
# What runs once at boot, prints, or follows a fault, an order or a rare edge is made small; the rest fast.
SMALL := $(filter-out lib/digest.c,$(LIB_SRC) $(CHECK_SRC)) $(addprefix kernel/,call.c event.c health.c inspect.c log.c mode.c monitor.c partition.c print.c system.c \
	watchdog.c window.c) $(addprefix arch/arm64/,gicv3.c idregs.c inject.c machine.c registers.c sysregs.c vgic_lines.c vgic_regs.c)
$(call obj,kernel,$(SMALL)): OPT := -Os
$(call obj,kernel,kernel/emul.c): OPT := $(if $(findstring clang,$(ARM_CC)),,-fno-inline-small-functions)
$(eval $(call rules,kernel,CC-K,$(ARM_CC),$$(KERNEL_FLAGS)))
$(eval $(call rules,stub,CC-STUB,$(ARM_CC),$(STUB_FLAGS)))
$(eval $(call rules,bare,CC-ARM,$(ARM_CC),$(BARE) $$(INTEGER)))
# The SDK and the services leave FP to the programs: a partition may have none.
$B/obj/bare/sdk/%.o $B/obj/bare/services/%.o $B/obj/bare/lib/%.o: INTEGER := -mgeneral-regs-only
$B/obj/bare/tests/native/bench%.o $B/obj/bare/tests/native/campaign%.o: INTEGER := -mgeneral-regs-only
$(eval $(call rules,host,CC,$(CC),$(HOST_FLAGS)))
$(eval $(call rules,unit,CC-UNIT,$(CC),$(UNIT_FLAGS)))
$(eval $(call rules,tsan,CC-TSAN,$(CC),$(TSAN_FLAGS)))

# Everything is made again when a compiler or a flag changes.
FLAGS := $(CC) $(ARM_CC) $(KERNEL_FLAGS) $(SMALL) $(STUB_FLAGS) $(UNIT_FLAGS) $(LINUX_FLAGS) $(TSAN_FLAGS) $(LINK)
$B/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

# arch/arm64/offsets.c prints "->NAME value" (or the same as .ascii): no assembler may look at it.
$B/gen/offsets.h: arch/arm64/offsets.c $B/flags | $(READY)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(ARM_CC) $(filter-out -fcallgraph-info=su -fstack-usage,$(KERNEL_FLAGS)) $(NO_AS) -MMD -MP -MT $@ -MF $@.d -S $< -o $B/gen/offsets.s
	$(Q)sed -n 's/^[^>]*->\([A-Za-z0-9_]*\) [$$#]*\([-0-9a-fx]*\).*/#define \1 \2/p' $B/gen/offsets.s >$@
	$(Q)test -s $@

# --- kernel, stub, SDK ---
$B/kernel-arm64.elf: $(KERNEL_OBJ) $B/obj/lib-kernel.a $B/obj/lib-check.a arch/arm64/kernel.ld
	$(call say,LD,$@)
	$(Q)$(ARM_CC) $(LINK) -Wl,--gc-sections -Wl,-Map=$B/kernel-arm64.map -T arch/arm64/kernel.ld $(filter %.o %.a,$^) -o $@
$B/obj/lib-kernel.a: $(LIB_OBJ)
$B/obj/lib-check.a: $(CHECK_OBJ)
$B/obj/lib-stub.a: $(filter $B/obj/stub/lib/%,$(STUB_OBJ))
$B/stub-arm64.elf: $(filter-out $B/obj/stub/lib/%,$(STUB_OBJ)) $B/obj/lib-stub.a sdk/stub/stub.ld
	$(call say,LD,$@)
	$(Q)$(ARM_CC) $(LINK) -T sdk/stub/stub.ld $(filter %.o %.a,$^) -o $@
$B/libbulkhead.a: $(SDK_OBJ)
$B/obj/lib-services.a: $(call obj,bare,$(SERVICE_LIB_SRC))
$B/obj/lib-kernel.a $B/obj/lib-check.a $B/obj/lib-stub.a $B/libbulkhead.a $B/obj/lib-services.a $B/linux/libbulkhead-port.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@; $(ARM_AR) rcsD $@ $^

# --- native programs: one file, or all files of a folder, with the SDK ---
parts = $(call obj,bare,$(wildcard $(1).c $(1)/*.c $(1)/*.S))
define native # (source without .c, program, further archives)
$(2): $$(call parts,$(1)) $(3) $B/libbulkhead.a sdk/partition.ld
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(ARM_CC) $$(LINK) -T sdk/partition.ld $$(filter %.o %.a,$$^) -o $$@
endef
$(foreach s,$(SERVICES),$(eval $(call native,services/$s,$B/services/$s.elf,$B/obj/lib-services.a)))
$(foreach n,$(NATIVES),$(eval $(call native,tests/native/$n,$B/tests/native/$n.elf)))
$(foreach p,$(SYSTEM_PROGRAMS),$(eval $(call native,$(p:$B/%.elf=%),$p)))

# --- freestanding guests: NAME/NAME.ld, else tests/guests/guest.ld ---
GUEST_SHARED := $(call obj,bare,$(wildcard tests/guests/*.c tests/guests/*.S))
guest_ld = $(firstword $(wildcard tests/guests/$(1)/$(1).ld tests/guests/guest.ld))
define guest
$B/tests/guests/$(1).elf: $(call parts,tests/guests/$(1)) $(GUEST_SHARED) $(call guest_ld,$(1))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(ARM_CC) $$(LINK) $(addprefix -T ,$(call guest_ld,$(1))) $$(filter %.o,$$^) -o $$@
endef
$(foreach g,$(GUESTS),$(eval $(call guest,$g)))
$B/tests/guests/%.bin: $B/tests/guests/%.elf
	$(Q)$(ARM_OBJCOPY) -O binary $< $@

# --- firmware at EL3, from address 0, for the tests' machines: tests/firmware/NAME.S ---
$B/tests/firmware/%.bin: $B/obj/bare/tests/firmware/%.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(ARM_CC) $(LINK) -Ttext=0 $< -o $(@:.bin=.elf)
	$(Q)$(ARM_OBJCOPY) -O binary $(@:.bin=.elf) $@

# --- userland for Linux guests: static programs, linked with the library for ports; archives of busybox, systems/guest.init,
# bulkhead-port, bulkheadctl and, for a system's own, what its NAME.rc adds and names as "# programs:" (of the system's linux/) and as
# "# modules:" (of Debian's kernel) ---
$(eval $(call rules,linux,CC-LINUX,$(CROSS)gcc,$(LINUX_FLAGS)))
$B/linux/libbulkhead-port.a: $(call obj,linux,sdk/bh_frame.c $(wildcard sdk/linux/bulkhead_*.c))
$B/linux/bulkhead-port: $(call obj,linux,sdk/linux/port_command.c sdk/linux/value_text.c) $B/linux/libbulkhead-port.a
$B/linux/bulkheadctl: $(call obj,linux,$(wildcard sdk/linux/ctl_*.c)) $B/linux/libbulkhead-port.a
$(LINUX_COMMANDS):
	$(call say,LD-LINUX,$@)
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc -static -s $^ -o $@
$(LINUX_PROGRAMS): $B/%: %.c $B/linux/libbulkhead-port.a $B/flags | $(READY)
	$(call say,CC-LINUX,$<)
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(LINUX_FLAGS) -static -s $(filter %.c %.a,$^) -o $@
programs = $(LINUX_COMMANDS) $(if $(1),$(addprefix $B/$(dir $(1))linux/,$(shell sed -n 's/^\# programs: *//p' $(1))))
modules = $(if $(1),$(addprefix $B/guests/,$(shell sed -n 's/^\# modules: *//p' $(1))))
define initramfs # (archive, rc or nothing)
$(1): systems/guest.init scripts/initramfs $B/guests/busybox $(2) $(call programs,$(2)) $(call modules,$(2))
	$$(call say,CPIO,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(PYTHON) scripts/initramfs --init systems/guest.init $(addprefix --rc ,$(2)) $(addprefix --module ,$(call modules,$(2))) --busybox $B/guests/busybox \
		--output $$@ $(call programs,$(2))
endef
$(eval $(call initramfs,$B/guests/initramfs.cpio.gz,))
$(foreach r,$(wildcard systems/*/*.rc tests/systems/*/*.rc),$(eval $(call initramfs,$B/$(basename $r).cpio.gz,$r)))

# --- the tool, and images: an image waits for whatever its description names ---
$(BULKHEAD): $(TOOL_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -lfdt -lz -o $@
# A description and all that it includes: beside the file that does, or beside the description.
dts = $(1) $(foreach i,$(shell sed -n 's@^[ \t]*/include/[ \t]*"\([^"]*\)".*@\1@p' $(1)),$(foreach f,$(firstword \
	$(wildcard $(dir $(1))$i $(2)/$i)),$(call dts,$f,$(2))))
described = $(sort $(call dts,$(1)/system.dts,$(1))) $(wildcard boards/*)
named = $(sort $(shell sed -n 's/.*\<\(image\|initrd\|dtb\) *= *"\([^"]*\)".*/\2/p' $(call dts,$(1)/system.dts,$(1))))
found = $(foreach f,$(call named,$(1)),$(if $(wildcard $(1)/$f),$(1)/$f,$B/$f))
define image # (folder, image)
$(2): $(call described,$(1)) $(KERNEL) $(STUB) $(TOOL) $(call found,$(1))
	$$(call say,IMAGE,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(BULKHEAD) build $(1) -o $$@
endef
$(foreach s,$(SYSTEMS),$(eval $(call image,systems/$s,$B/$s.img)))
$(foreach s,$(TEST_SYSTEMS),$(eval $(call image,tests/systems/$s,$B/tests/$s.img)))

# The numbers of a partition, as C: SYSTEM/PARTITION.h, where a program includes that and there is no such file.
define headers # (folder of a system)
$B/gen/$(1)/%.h: $(call described,$(1)) $(TOOL)
	$$(call say,HEADER,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(BULKHEAD) header $(1) $$* -o $$@
endef
$(foreach s,$(SYSTEMS),$(eval $(call headers,systems/$s)))
$(foreach s,$(TEST_SYSTEMS),$(eval $(call headers,tests/systems/$s)))
included = $(foreach h,$(shell sed -n 's@^\# *include "\(\(tests/\)\{0,1\}systems/[^"]*\.h\)".*@\1@p' $(1)),$(if $(wildcard $h),,$B/gen/$h))
CALLERS := $(wildcard systems/*/*.c tests/systems/*/*.c tests/native/*.c tests/native/*/*.c)
calls = $(sort $(call included,$(1) $(wildcard $(dir $(1))*.h))) # of a file, or of a header beside it
$(foreach c,$(CALLERS),$(if $(call calls,$c),$(eval $(call obj,bare,$c): $(call calls,$c))))
$(foreach c,$(LINUX_PROGRAMS:$B/%=%.c),$(if $(call included,$c),$(eval $B/$(basename $c): $(call included,$c))))

# --- unit tests and fuzzers: "sources:" in the head of the file names what is linked with it ---
sources = $(wildcard $(shell sed -n '1,20s@^[/ ]\*\{1,\} *sources: *\(.*[^ */]\)[ */]*$$@\1@p' $(1)))
define unit # (test, kind of objects, sanitizers, folder)
$B/$(4)/$(1): $(call obj,$(2),tests/$(4)/$(1).c $(call sources,tests/$(4)/$(1).c))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(CC) -fsanitize=$(3) $$^ -lcmocka -lfdt -lz -o $$@
endef
$(foreach u,$(filter-out %_tsan,$(UNITS)),$(eval $(call unit,$u,unit,address$(,)undefined,unit)))
$(foreach u,$(filter %_tsan,$(UNITS)),$(eval $(call unit,$u,tsan,thread,unit)))
$(foreach m,$(MODELS),$(eval $(call unit,$m,unit,address$(,)undefined,model)))
define fuzzer
$B/fuzz/$(1): tests/fuzz/$(1).c $(call sources,tests/fuzz/$(1).c) | $(READY)
	$$(call say,FUZZ-CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)command -v clang >/dev/null || scripts/setup fuzz
	$$(Q)clang $(HOST_FLAGS) -Iarch/host -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $$(filter %.c,$$^) -o $$@
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$f)))

compile_commands.json: $(if $(KERNEL),$(KERNEL_OBJ) $(CHECK_OBJ)) $(STUB_OBJ) $(SDK_OBJ) $(TOOL_OBJ)
	@{ echo '['; find $B/obj -name '*.o.json' | sort | xargs -r cat | sed '$$ s/,$$//'; echo ']'; } >$@

# --- running and testing ---
SYSTEM ?= demo
run: $(TOOL) $B/$(SYSTEM).img
	$(Q)$(BULKHEAD) run systems/$(SYSTEM)
FIRMWARE := $(patsubst tests/firmware/%.S,$B/tests/firmware/%.bin,$(wildcard tests/firmware/*.S))
TESTED := $(PROGRAMS) $(FIRMWARE) $(IMAGES) $(UNIT_PROGRAMS) $(DEBIAN_GUESTS) $(INITRDS) $B/guests/initramfs.cpio.gz
test: $(TESTED) compile_commands.json
	$(Q)$(PYTHON) scripts/test lint requirements stack size unit tool system
test-unit: $(UNIT_PROGRAMS)
	$(Q)$(PYTHON) scripts/test unit
test-tool: $(PROGRAMS)
	$(Q)$(PYTHON) scripts/test tool
test-system: $(TESTED)
	$(Q)$(PYTHON) scripts/test stack size system
# Hours on a small machine; `make test` has 10^5 messages of each kind.
stress: export STRESS_MESSAGES := $(or $(STRESS_MESSAGES),10000000)
stress: export STRESS_STOPS := $(or $(STRESS_STOPS),6000)
stress: $B/tests/stress.img
	$(Q)$(PYTHON) scripts/test stress
# Its picture alone needs gnuplot: without it, and without a network, there is none.
BENCHED := $(KERNEL) $(patsubst %,$B/tests/%.img,$(filter bench bench-%,$(TEST_SYSTEMS))) $B/tests/guests/bench.bin $B/guests/linux \
	$B/tests/systems/bench-linux/shell.cpio.gz
bench: $(BENCHED)
	$(Q)command -v gnuplot >/dev/null || scripts/setup bench || true
	$(Q)$(PYTHON) tests/bench/bench.py
# Those that take too long for `make test` as well.
adversaries: export ADVERSARIES := all
adversaries: $(patsubst %,$B/tests/%.img,$(filter time-%,$(TEST_SYSTEMS)))
	$(Q)$(PYTHON) scripts/test adversaries
fuzz: $(FUZZERS:%=$B/fuzz/%)
	$(Q)$(PYTHON) scripts/test fuzz
size: $(KERNEL) $B/tests/four.img
	$(Q)$(PYTHON) scripts/size
requirements:
	$(Q)$(PYTHON) scripts/requirements
lint: | $(READY)
	$(Q)$(PYTHON) scripts/test format
format: | $(READY)
	$(Q)clang-format-14 -i $$(git ls-files '*.c' '*.h')
clean:
	rm -rf $B compile_commands.json

-include $(shell find $B/obj $B/gen -name '*.d' 2>/dev/null)
