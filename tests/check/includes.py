#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fails on an include that goes up, or sideways into another folder, and on circles of files.

What a folder may use stands below it in LAYERS; a file alone in user/ counts as a folder. The picture
is in doc/architecture.md.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = """
	main
	trace read
	session
	capture
	top report pcapng kernel
	out
	diagnose
	rules
	facts
	decode options
	bpf
	lib run
"""
HEIGHT = {name: -n for n, line in enumerate(LAYERS.split("\n")) for name in line.split()}
FOUND_IN = ("user", ".")	# the compiler's -I, without what is generated
TREES = ("user/**", "bpf", "tools/wsload")


def sources():
	paths = [p for tree in TREES for p in glob.glob(f"{tree}/*.[ch]", recursive=True)]
	return sorted(set(paths))


def resolve(path, name):
	"""The file that a line of path includes; None if it is not of this tree."""
	for folder in (os.path.dirname(path), *FOUND_IN):
		found = os.path.normpath(os.path.join(folder, name))
		if os.path.isfile(found):
			return found
	return None


def includes(path):
	"""[(line number, file)]."""
	found = []
	with open(path) as text:
		for n, line in enumerate(text, 1):
			m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
			if m and resolve(path, m[1]):
				found.append((n, resolve(path, m[1])))
	return found


def folder(path):
	"""decode of user/decode/ws.h, options of user/options.c, bpf of bpf/wstrace.h."""
	parts = path.split("/")
	if parts[0] != "user":
		return parts[0]
	return parts[1] if len(parts) > 2 else os.path.splitext(parts[1])[0]


def upward(path, line, other):
	a, b = folder(path), folder(other)
	if "tools" in (a, b) or a == b:
		return None
	for name in (a, b):
		if name not in HEIGHT:
			return f"{path}:{line}: {name} is in no layer of tests/check/includes.py"
	if HEIGHT[b] < HEIGHT[a]:
		return None
	way = "up" if HEIGHT[b] > HEIGHT[a] else "sideways"
	return f"{path}:{line}: includes {other}, which goes {way} from {a} to {b}"


def stem(path):
	"""A source, the header of its name and its inside, the header called _state, are one."""
	return re.sub(r"(_state)?(\.bpf)?\.[ch]$", "", path)


def circles(uses):
	"""Sets of stems that reach each other (Tarjan's strongly connected components)."""
	index, low, stack, found = {}, {}, [], []

	def visit(v):
		index[v] = low[v] = len(index)
		stack.append(v)
		for w in uses.get(v, ()):
			if w not in index:
				visit(w)
			if w in stack:
				low[v] = min(low[v], low[w])
		if low[v] == index[v]:
			at = stack.index(v)
			if len(stack) - at > 1:
				found.append(sorted(stack[at:]))
			del stack[at:]

	for v in sorted(uses):
		if v not in index:
			visit(v)
	return found


def main():
	os.chdir(TOP)
	bad, uses = [], {}
	for path in sources():
		for line, other in includes(path):
			bad.append(upward(path, line, other))
			if stem(path) != stem(other):
				uses.setdefault(stem(path), set()).add(stem(other))
	bad = [b for b in bad if b]
	bad += [f"circle of files: {' '.join(c)}" for c in circles(uses)]
	print("\n".join(bad), end="\n" if bad else "")
	return 1 if bad or not uses else 0


if __name__ == "__main__":
	sys.exit(main())
