# SPDX-License-Identifier: GPL-2.0-only
"""The browser's MQTT client is disconnected at once, and the broker speaks of a protocol error."""
from lab import Report, Verdict

REPORT = Report(
    "shamblett/mqtt_client#383", "en",
    # 1883 is the port of plain MQTT; WebSockets have a listener of their own.
    right=Verdict("upstream-mute refused tls-mismatch http-after-101",
                  says=(r"answer",)),
    never=("upstream-down", "half-open", "auth", "early-client-close"),
)


def run(lab, broken):
    def mosquitto(peer):
        if broken:
            first = peer.sock.recv(512)[0]
            assert first != 0x10  # CONNECT
            return
        peer.accept([("Sec-WebSocket-Protocol", "mqtt")]).echo()

    server = lab.serve(mosquitto)
    lab.watch()
    for _ in range(2):
        assert lab.talk(server, "/", {"Sec-WebSocket-Protocol": "mqtt"}) == (0 if broken else 101)
