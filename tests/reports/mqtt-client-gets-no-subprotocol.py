# SPDX-License-Identifier: GPL-2.0-only
"""MQTT.js offers mqtt, the server's library knows no subprotocols: Server sent no subprotocol."""
from lab import Report, Verdict

REPORT = Report(
    "mqttjs/MQTT.js: Error: Server sent no subprotocol",
    "en",
    # The client offered mqtt, the server's 101 names none, and the client hangs up at once.
    right=Verdict("subprotocol", says=("mqtt",)),
    never=("extension", "auth", "idle-timeout", "bad-accept", "close-timeout"),
)


def run(lab, broken):
    port = lab.websockets(options="" if broken else "subprotocols=['mqtt']")
    lab.watch()
    said = lab.node_client(port, ", ['mqtt', 'mqttv3.1']")
    assert ("no subprotocol" if broken else "open") in said, said
