# SPDX-License-Identifier: GPL-2.0-only
"""MQTT clients send DISCONNECT and end TCP, without a Close frame: ordinary."""
from lab import Report, wire

REPORT = Report("mqttjs/MQTT.js#1316", "en", never=("reset", "half-open", "early-client-close"))


def run(lab, broken):
    port = lab.ws(
        "ws.on('message', m => { if (m[0] == 0x10) ws.send(Buffer.from([0x20, 2, 0, 0])); });"
    )
    lab.watch()
    for _ in range(3):
        with lab.connect(port) as client:
            assert client.upgrade("/mqtt", {"Sec-WebSocket-Protocol": "mqtt"})[0] == 101
            client.send(wire.BINARY, "\x10\x0c\0\4MQTT\4\2\0\x3c\0\0")
            assert client.recv()[1] == b"\x20\2\0\0"
            client.send(wire.BINARY, "\xe0\0".encode("latin-1"))
