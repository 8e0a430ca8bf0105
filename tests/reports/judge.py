# SPDX-License-Identifier: GPL-2.0-only
"""What a report expects of wstrace, and how what it said is scored."""
import dataclasses
import re
import typing

RIGHT, MISLEADING, SILENT, WRONG = "right", "misleading", "silent", "wrong"
MEDIA = ("live", "own", "dump")  # as it happens, from wstrace's file, from tcpdump's


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The verdict that is right.

    rules: one id, or several of which each will do, with blanks between.
    certainty: "certain", "likely", or "" where both will do. A guess told as certain is wrong.
    says: regular expressions, case ignored, each of which the sentence or the fix must hold.
    hop: the comm or the port of the hop at fault, as `hop` of the verdict names it. tcpdump's file
    knows no processes, so a comm is not looked for there.
    also: rules that may be given beside it.
    """
    rules: str
    certainty: str = ""
    says: tuple = ()
    hop: typing.Any = None
    also: str = ""

    def but(self, **fields):
        return dataclasses.replace(self, **fields)


@dataclasses.dataclass(frozen=True)
class Note:
    """No verdict, but words on standard error: what a file cannot show."""
    says: tuple


@dataclasses.dataclass(frozen=True)
class Report:
    """A fault that somebody had, told in a public tracker.

    source: project and number, or forum and thread. lang: the report's language.
    right: a Verdict, or None for an ordinary set-up, which must get none.
    never: what must not be said: ids of rules, or regular expressions for sentence and fix.
    own, dump: what is right from wstrace's file and from tcpdump's, where it is something else.
    files: both of these.
    not_yet: why wstrace is not right about it, as long as that is known.
    """
    source: str
    lang: str
    right: typing.Any = None
    never: tuple = ()
    own: typing.Any = None
    dump: typing.Any = None
    files: typing.Any = None
    not_yet: str = ""

    def expects(self, medium):
        if medium == "live":
            return self.right
        return getattr(self, medium) or self.files or self.right


def sentence(verdict):
    return verdict["text"] + "\n" + verdict.get("fix", "")


def at_hop(verdict, hop, medium):
    known = verdict.get("hop", {})
    if isinstance(hop, int):
        return known.get("listen", "").endswith(f":{hop}")
    return medium == "dump" or known.get("comm") == hop


def forbidden(verdict, never, rules):
    """Returns what of `never` this verdict says, or an empty string."""
    for word in never:
        if word in rules:
            if verdict["rule"] == word:
                return word
        elif re.search(word, sentence(verdict), re.I):
            return word
    return ""


def lacks(verdict, want, medium):
    """Returns what keeps this verdict from being the right one, or an empty string."""
    for word in want.says:
        if not re.search(word, sentence(verdict), re.I):
            return f"does not say {word!r}"
    if want.certainty and verdict.get("certainty") != want.certainty:
        return f"is {verdict.get('certainty')}"
    if want.hop and not at_hop(verdict, want.hop, medium):
        return f"names hop {verdict.get('hop')}, not {want.hop}"
    return ""


def is_loud(verdict):
    return verdict["severity"] in ("warning", "error")


def names(verdicts):
    return " ".join(sorted({v["rule"] for v in verdicts}))


def judge_none(verdicts, said, want):
    """A set-up that is not at fault, or that a file cannot show."""
    loud = [v for v in verdicts if is_loud(v)]
    if loud:
        return WRONG, f"{loud[0]['rule']}: {loud[0]['text']}"
    missing = [w for w in want.says if not re.search(w, said, re.I)] if want else []
    return (SILENT, f"no word of {missing[0]!r}") if missing else (RIGHT, "")


def judge(verdicts, said, report, medium, rules):
    """Returns the score and, in words, why. said: standard error; rules: all ids there are."""
    want = report.expects(medium)
    for v in verdicts:
        word = forbidden(v, report.never, rules)
        if word:
            return WRONG, f"{word!r} in {v['rule']}: {sentence(v)}"
    if not isinstance(want, Verdict):
        return judge_none(verdicts, said, want)
    mine = [v for v in verdicts if v["rule"] in want.rules.split()]
    if want.certainty == "likely" and any(v.get("certainty") == "certain" for v in mine):
        return WRONG, f"certain: {mine[0]['rule']}: {mine[0]['text']}"
    others = [v for v in verdicts
              if is_loud(v) and v["rule"] not in (want.rules + " " + want.also).split()]
    faults = [lacks(v, want, medium) for v in mine]
    if not all(faults) and not others:
        return RIGHT, ""
    if others:
        return MISLEADING, f"{names(others)}: {sentence(others[0])}"
    if mine:
        return MISLEADING, f"{mine[0]['rule']} {faults[0]}: {sentence(mine[0])}"
    return (MISLEADING, names(verdicts)) if verdicts else (SILENT, "no verdict")
