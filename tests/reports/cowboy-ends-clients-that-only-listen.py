# SPDX-License-Identifier: GPL-2.0-only
"""Clients that only listen are cut after the server's idle_timeout, although data flows to them."""
from lab import Report, Verdict

REPORT = Report(
    "ninenines/cowboy: idle_timeout closes the connection when the client sends nothing",
    "en",
    # Each was ended by the server itself the same time after the client's own last frame, while
    # the server sent.
    right=Verdict(
        "idle-timeout server-heartbeat",
        certainty="likely",
        says=("server|client|sen[dt]", r"2(\.\d+)? ?s"),
    ),
    never=("app-error", "backend-restart", "proxy_read_timeout", "half-open", "reload"),
)


def run(lab, broken):
    limit = "2000" if broken else "60000"
    port = lab.ws(
        """let t; const on = () => { clearTimeout(t); t = setTimeout(() => ws.terminate(), %s); };
        const tick = setInterval(() => ws.send('tick'), 250); on();
        ws.on('message', on); ws.on('close', () => { clearInterval(tick); clearTimeout(t); });"""
        % limit
    )
    lab.watch()
    import time

    clients = []
    for i in range(3):
        client = lab.connect(port)
        assert client.upgrade()[0] == 101
        client.chat("subscribe")
        clients.append(client)
        time.sleep(0.6)
    for client in clients:
        if broken:
            client.wait_end()
        else:
            client.goodbye()
