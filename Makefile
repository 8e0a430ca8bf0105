# SPDX-License-Identifier: GPL-2.0-only
# make            build/wstrace
# make demo       a real nginx, a real client and a real backend, and wstrace watching
# make test       all tests; make test-vm the whole suite on every kernel
# make bench      what tracing costs
# make install    into $(PREFIX)/sbin; V=1 shows commands

PREFIX ?= /usr/local
CC ?= cc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) \
	     $(shell ls /usr/lib/linux-tools*/*/bpftool 2>/dev/null | tail -n 1) bpftool)
ARCH ?= $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

B := build
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2);)

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wno-missing-field-initializers -Wno-sign-compare
USER_CFLAGS := -std=gnu11 $(WARN) -I$(B) $(CFLAGS)
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Wall -Wextra \
	      -Wno-unused-parameter -Wno-sign-compare -Ivmlinux -Ibpf \
	      -I/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)
# libbpf goes into the program: it moves faster than distributions do
LIBS := -l:libbpf.a -lelf -lz -lnettle

# The object that defines the maps comes first: bpftool before 7.3 mixes up the offsets else.
BPF_OBJS := $(addprefix $(B)/bpf/,conn.bpf.o core.bpf.o hook_state.bpf.o hook_fentry.bpf.o \
	      hook_kprobe.bpf.o hook_tracepoint.bpf.o)
USER_OBJS := $(patsubst user/%.c,$(B)/user/%.o,$(wildcard user/*.c))

all: $(B)/wstrace

$(B)/wstrace: $(USER_OBJS)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/user/%.o: user/%.c $(B)/wstrace.skel.h
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/wstrace.skel.h: $(B)/wstrace.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name wstrace_bpf >$@

$(B)/wstrace.bpf.o: $(BPF_OBJS)
	$(call say,BPFLINK,$@)$(BPFTOOL) gen object $@ $^

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

clean:
	$(Q)rm -rf $(B)

-include $(wildcard $(B)/user/*.d $(B)/bpf/*.d)

.DELETE_ON_ERROR:
.PHONY: all clean
