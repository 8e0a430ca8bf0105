# SPDX-License-Identifier: GPL-2.0-only
# make            build/wstrace
# make deps       installs what is missing to build it
# make demo       a real nginx, a real client and a real backend, and wstrace watching
# make test       unit tests, live tests, the quick ones on three more kernels; test-unit, test-live
# make test-vm    the quick live tests on every kernel; test-vm-full: all, with every backend
# make reports    faults that people reported, rebuilt: what wstrace says of them; REPORTS="--write" or names
# make check      format, static analysis, who includes whom, the verifier's counts, fuzzers for 10 s
# make coverage   which lines the unit tests run; COVERAGE=live: the live tests, too
# make fuzz       the parsers and diagnosis, FUZZ_SECONDS=60 each
# make bench      what tracing costs; BENCH="--rounds 20 ..." goes to tools/bench
# make ARCH=arm64 cross-builds build/arm64/wstrace, linked statically; ARCH=arm64 deps, test-programs
# make bench-conns what 100,000 connections take; BENCH="--conns 1000 ..." goes to tools/bench-conns
# make verified   what the verifier looks at, here and on other kernels; VERIFIED="6.1 7" goes to tools/verified
# make install    into $(PREFIX), /usr/local; DESTDIR is known; make uninstall
# make clean      removes build/. V=1 shows commands

# The only place where it stands
VERSION := 0.2.0

PREFIX ?= /usr/local
CC ?= cc
HOST_CC ?= cc
CLANG ?= clang
# Ubuntu's /usr/sbin/bpftool runs nothing but the one for the kernel that is running
BPFTOOL ?= $(firstword $(shell ls /usr/lib/linux-tools*/*/bpftool 2>/dev/null | tail -n 1) \
	     $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
HOST_ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
ARCH ?= $(HOST_ARCH)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

B := build
BPF_CC := $(CC)
# The other architecture's headers and libraries: as with the kernels, in a cache, not on this machine
ifeq ($(ARCH)-$(HOST_ARCH),arm64-x86)
B := build/arm64
ifeq ($(origin CC),default)
CC := aarch64-linux-gnu-gcc
endif
SYSROOT ?= $(or $(WSTRACE_VM_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wstrace/vm)/arm64/sysroot
CROSS_FLAGS := --sysroot=$(SYSROOT)
LDFLAGS += -static
# Debian's libpcap wants D-Bus, which cannot be linked statically
PCAP ?= no
endif
# PCAP=no builds without libpcap, and so without -r
PCAP ?= yes

Q := $(if $(V),,@)
SUBMAKE = $(MAKE) --no-print-directory $(if $(V),,-s)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2);)

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wno-missing-field-initializers -Wno-sign-compare
override CFLAGS += $(CROSS_FLAGS)
# Tagged structs without a name within others, as the kernel has them
DIALECT := -std=gnu11 -fms-extensions -Wno-microsoft-anon-tag
DEFINE_VERSION := -DWSTRACE_VERSION='"$(VERSION)"'
USER_CFLAGS := $(DIALECT) $(WARN) -I$(B) -I. -Iuser $(DEFINE_VERSION) \
	       $(if $(filter no,$(PCAP)),-DWITHOUT_PCAP) $(CFLAGS)
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Wall -Wextra \
	      -Wno-unused-parameter -Wno-sign-compare -Ivmlinux -Ibpf \
	      -I/usr/include/$(shell $(BPF_CC) -print-multiarch 2>/dev/null)
# libbpf goes into the program: it moves faster than distributions do
LIBS := -l:libbpf.a -lelf -lz -lnettle $(if $(filter yes,$(PCAP)),-lpcap) -lncursesw -ltinfo

# An object that defines a map comes before those that use it: bpftool before 7.3 mixes up offsets
# else, and also where the object that defines a map does not use it.
BPF_OBJS := $(patsubst %,$(B)/bpf/%.bpf.o,config conns call hists recent connect core foreign http iter \
	      listen life nagle pair scan stats hook_state hook_arrival hook_fentry hook_kprobe hook_tracepoint)
USER_SRCS := $(filter-out $(if $(filter no,$(PCAP)),user/capture/capture.c user/capture/dissect.c \
	       user/read.c),$(wildcard user/*.c user/*/*.c))
USER_OBJS := $(patsubst user/%.c,$(B)/user/%.o,$(USER_SRCS))

all: $(B)/wstrace $(B)/wstrace.8 $(B)/wstrace-rules.7

$(B)/wstrace: $(USER_OBJS)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/user/kernel/loader.o $(B)/user/kernel/check.o: $(B)/wstrace.skel.h

# Makefile: the version and the flags are in it
$(B)/user/%.o: user/%.c Makefile | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/user/report/style.o $(B)/tests/user/report/style.o: user/report/report.css

$(B)/wstrace.skel.h: $(B)/wstrace.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name wstrace_bpf >$@

$(B)/wstrace.bpf.o: $(BPF_OBJS)
	$(call say,BPFLINK,$@)$(BPFTOOL) gen object $@ $^

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

# The manual page of what --explain prints; its maker runs here, whatever machine the program is for
$(B)/rules_man: tools/rules_man.c $(wildcard user/rules/help_*.c) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(HOST_CC) $(DIALECT) $(WARN) -I. -Iuser $(DEFINE_VERSION) -MMD -MP -o $@ \
		$(filter %.c,$^)

$(B)/wstrace-rules.7: $(B)/rules_man
	$(call say,GEN,$@)$< >$@

$(B)/wstrace.8: doc/wstrace.8 Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed 's/@VERSION@/$(VERSION)/' $< >$@

# What the demo, the tests and the benchmark use
WSLOAD_OBJS := $(patsubst tools/%.c,$(B)/tools/%.o,$(wildcard tools/wsload/*.c))

tools: $(B)/wsload $(B)/floor

$(B)/wsload: $(WSLOAD_OBJS)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ -lnettle

$(B)/floor: $(B)/tools/floor.o
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -l:libbpf.a -lelf -lz

$(B)/tools/floor.o: $(B)/floor.skel.h

$(B)/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/floor.skel.h: $(B)/tools/floor.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name floor_bpf >$@

$(B)/tools/%.bpf.o: tools/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

# Parsers, compiled from the headers that the kernel runs
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(B)/tests/unit/%: tests/unit/%.c $(B)/tests/user.a
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) $(SANITIZE) -Wno-unused-parameter -MMD -MP \
		$(LDFLAGS) -o $@ $< $(B)/tests/user.a -lcmocka -lwslay \
		-lnettle -lz -lpcap -lncursesw -ltinfo

# The user side for them, without what needs the BPF skeleton
TEST_USER_OBJS := $(addprefix $(B)/tests/,$(patsubst %.c,%.o,$(filter-out \
		    user/main.c user/trace.c user/kernel/loader.c user/kernel/check.c user/kernel/backend.c,$(wildcard user/*.c user/*/*.c))))

$(B)/tests/user.a: $(TEST_USER_OBJS)
	$(Q)rm -f $@ && ar crs $@ $^

$(B)/tests/user/%.o: user/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

# Programs that the live tests drive
IO_PROGRAMS := $(patsubst tests/io/%.c,$(B)/tests/%,$(wildcard tests/io/*.c)) \
	       $(if $(wildcard tests/io/iomatrix/*.c),$(B)/tests/iomatrix)

$(B)/tests/%: tests/io/%.c | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) -MMD -MP $(LDFLAGS) -pthread -o $@ $<

$(B)/tests/iomatrix: $(wildcard tests/io/iomatrix/*.[ch]) | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) $(LDFLAGS) -pthread -o $@ $(filter %.c,$^) -luring

$(B)/tests/fuzz/%: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CLANG) $(USER_CFLAGS) $(SANITIZE) -fsanitize=fuzzer -Wno-unused-parameter \
		-MMD -MP -o $@ $(filter %.c,$^) $(if $(filter user/%,$^),-lpcap -lnettle -lz)

# Of several sources the compiler tells the headers of one alone: all count
FUZZED_HEADERS := $(wildcard user/*.h user/*/*.h bpf/*.h)
$(B)/tests/fuzz/fuzz_diagnose: $(wildcard $(patsubst %,user/%/*.c,lib decode facts rules diagnose)) \
	$(FUZZED_HEADERS)
$(B)/tests/fuzz/fuzz_pcapng: user/capture/pcapng_read.c $(FUZZED_HEADERS)
$(B)/tests/fuzz/fuzz_read: $(wildcard user/capture/*.c user/decode/*.c) $(FUZZED_HEADERS) \
	$(patsubst %,user/lib/%.c,buf container escape process units)

ifdef SYSROOT
$(SYSROOT):
	$(call say,FETCH,$@)tests/vm/fetch arm64/sysroot
endif

# Each package is looked for first, and what it brings is only seen by a make that starts later.
deps:
	$(Q)tools/deps build

demo:
	$(Q)tools/deps build demo
	$(Q)$(SUBMAKE) all
	$(Q)tools/demo

test-build:
	$(Q)tools/deps build test
	$(Q)tools/deps browser || echo 'make: going on without: no browser looks at what --report writes'
	$(Q)tools/deps vm || echo 'make: going on without: tests on other kernels are skipped'
	$(Q)$(SUBMAKE) all tools test-programs
	$(if $(filter x86,$(HOST_ARCH)),$(Q)$(SUBMAKE) test-build-arm64)

test-build-arm64:
	$(Q)if tools/deps vm-arm64 && tests/vm/fetch arm64/sysroot; then \
		$(SUBMAKE) ARCH=arm64 all test-programs; \
	else rm -rf build/arm64; echo 'make: going on without: tests on arm64 are skipped'; fi

test-programs: $(if $(SYSROOT),,$(UNIT_TESTS)) $(IO_PROGRAMS)

test: test-build
	$(Q)tests/run

test-unit test-live test-vm test-vm-full: test-%: test-build
	$(Q)tests/run $*

reports: test-build
	$(Q)$(SUDO) tests/reports/run $(REPORTS)

check: check-build
	$(Q)tools/check

check-build:
	$(Q)tools/deps build test fuzz check
	$(Q)$(SUBMAKE) all fuzzers

fuzzers: $(FUZZERS)

# For tools/check
flags:
	$(info $(USER_CFLAGS))@:

# Everything is built anew, into a folder of its own
coverage:
	$(Q)tools/deps build test coverage
	$(Q)rm -rf build/coverage
	$(Q)$(SUBMAKE) B=build/coverage SANITIZE= CFLAGS='-O0 -g --coverage' all tools test-programs
	$(Q)tools/coverage $(COVERAGE)

FUZZ_SECONDS ?= 60

fuzz:
	$(Q)tools/deps build fuzz
	$(Q)$(SUBMAKE) fuzz-run

fuzz-run: $(FUZZERS)
	$(Q)for f in $^; do dict=tests/fuzz/$${f##*/fuzz_}.dict; corpus=$$f.corpus; mkdir -p $$corpus; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$$f. \
			$$([ ! -e $$dict ] || echo -dict=$$dict) $$corpus || exit; done

bench:
	$(Q)tools/deps build test
	$(Q)$(SUBMAKE) all tools
	$(Q)$(SUDO) tools/bench $(BENCH)

bench-conns:
	$(Q)tools/deps build test
	$(Q)$(SUBMAKE) all tools
	$(Q)$(SUDO) tools/bench-conns $(BENCH)

verified:
	$(Q)tools/deps build vm
	$(Q)$(SUBMAKE) all
	$(Q)$(SUDO) tests/vm/fetch $(VERIFIED) >/dev/null
	$(Q)$(SUDO) tools/verified $(VERIFIED)

install: all
	$(Q)install -D -m 755 $(B)/wstrace $(DESTDIR)$(PREFIX)/sbin/wstrace
	$(Q)install -D -m 644 $(B)/wstrace.8 $(DESTDIR)$(PREFIX)/share/man/man8/wstrace.8
	$(Q)install -D -m 644 $(B)/wstrace-rules.7 $(DESTDIR)$(PREFIX)/share/man/man7/wstrace-rules.7

uninstall:
	$(Q)rm -f $(DESTDIR)$(PREFIX)/sbin/wstrace $(DESTDIR)$(PREFIX)/share/man/man8/wstrace.8 \
		$(DESTDIR)$(PREFIX)/share/man/man7/wstrace-rules.7

help:
	@sed -n 's/^# \(make \)/\1/p' Makefile

clean:
	$(Q)rm -rf $(B)

-include $(wildcard $(addprefix $(B)/,*.d user/*.d user/*/*.d bpf/*.d tools/*.d tools/*/*.d tests/*.d tests/*/*.d tests/user/*/*.d))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tools deps demo test test-build test-build-arm64 test-programs test-unit test-live test-vm \
	test-vm-full check check-build fuzzers flags coverage fuzz fuzz-run bench bench-conns verified install \
	uninstall help clean
