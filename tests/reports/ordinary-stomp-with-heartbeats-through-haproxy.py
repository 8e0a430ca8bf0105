# SPDX-License-Identifier: GPL-2.0-only
"""RabbitMQ's web-stomp: v12.stomp, heartbeats of one line feed, RECEIPT, Close 1000."""
import time

from lab import Report

REPORT = Report("stompjs and RabbitMQ web-stomp: an ordinary set-up", "en", right=None)


def run(lab, broken):
    back = lab.ws(
        """ws.on('message', m => { m = String(m);
            if (m.startsWith('CONNECT'))
                ws.send('CONNECTED\\nversion:1.2\\nheart-beat:500,500\\n\\n\\0');
            else if (m.startsWith('DISCONNECT')) { ws.send('RECEIPT\\nreceipt-id:1\\n\\n\\0');
                ws.close(1000); }
            else ws.send('\\n'); });""",
        "handleProtocols: () => 'v12.stomp'",
    )
    front = lab.haproxy(back)
    lab.watch()
    with lab.connect(front) as client:
        status, headers = client.upgrade(
            headers={"Sec-WebSocket-Protocol": "v10.stomp, v11.stomp, v12.stomp"}
        )
        assert status == 101 and headers["sec-websocket-protocol"] == "v12.stomp"
        client.chat("CONNECT\naccept-version:1.2\nheart-beat:500,500\n\n\0")
        for _ in range(5):
            client.chat("\n")
            time.sleep(0.2)
        client.chat("DISCONNECT\nreceipt:1\n\n\0")
        op, payload, _ = client.recv()
        client.send(op, payload)
        client.wait_end()
