# SPDX-License-Identifier: GPL-2.0-only
"""The log is full of exceptions with 1001, 1005 and 1006: browsers that leave."""
from lab import Report, wire

REPORT = Report("smarthomeNG/smarthome#583", "de", right=None)


def run(lab, broken):
    server = lab.websockets("async for m in ws:\n    await ws.send(m)")
    lab.watch()
    for how in ("tab closed", "page left", "no status", "browser ended"):
        client = lab.connect(server)
        assert client.upgrade("/", {"Origin": "http://visu.local"})[0] == 101
        client.chat('{"cmd":"monitor"}', '{"cmd":"series"}')
        if how == "no status":
            client.send(wire.CLOSE, b"")
            client.wait_end()
        elif how != "browser ended":
            client.goodbye(1001)
        client.close()
