# SPDX-License-Identifier: GPL-2.0-only
"""An MQTT broker closes with 1003: the client sends text frames, MQTT wants binary ones."""
from lab import Report, Verdict, wire

RIGHT = Verdict("unsupported-data", says=(r"\b1003\b", "text|binary"))
REPORT = Report("emqx/emqx#2619", "en", right=RIGHT, never=("bad-frame", "bad-utf8", "app-error"))


def run(lab, broken):
    port = lab.ws("ws.on('message', (m, binary) => binary ? ws.send(m) : ws.close(1003));")
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade("/mqtt")[0] == 101
        client.send(wire.TEXT if broken else wire.BINARY, "\x10\x0c\0\4MQTT")
        op, payload, _ = client.recv()
        if broken:
            client.send(op, payload)
            client.wait_end()
        else:
            client.goodbye()
