# SPDX-License-Identifier: GPL-2.0-only
"""The manual pages: well-formed, and wstrace-rules has the texts of --explain."""
import os
import re
import subprocess

import pytest

from conftest import BUILD, WSTRACE, program

PAGES = [BUILD / "wstrace.8", BUILD / "wstrace-rules.7"]
pytestmark = pytest.mark.unprivileged


def said(*args, **env):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **env})
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_lint(page):
    status, out, _ = said(program("mandoc"), "-Tlint", "-W", "warning", page)
    assert (status, out) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_man(page):
    status, out, err = said(program("man"), "--warnings", "-l", page)
    assert status == 0 and err == "" and out


def squeezed(text):
    """Returns a text without blanks, line breaks and hyphens, which roff may change."""
    return "".join(text.split()).replace("\u2010", "-")


def test_rules():
    _, page, _ = said(program("mandoc"), "-Tutf8", "-O", "width=1000", PAGES[1])
    page = squeezed(re.sub(".\b", "", page))  # bold characters are printed twice
    rules = [line.split()[0] for line in said(WSTRACE, "--explain", "list")[1].splitlines()]
    assert len(rules) > 40
    for rule in rules:
        heading, *body = said(WSTRACE, "--explain", rule)[1].split("\n\n")
        assert squeezed(heading.split(": ", 1)[1]) in page, heading
        for section in body:
            title, _, text = section.partition("\n")
            assert squeezed(text) in page, f"{rule}: {title}"
