# SPDX-License-Identifier: GPL-2.0-only
"""Apollo's client offers graphql-ws, and the server answers graphql-transport-ws."""
from lab import Report, Verdict

REPORT = Report(
    "enisdenjo/graphql-ws#79",
    "en",
    # The client offered graphql-ws only; the server chose another, which the client must reject.
    right=Verdict("subprotocol", says=("graphql-transport-ws",)),
    never=("extension", "early-client-close", "auth", "no-goodbye"),
)


def run(lab, broken):
    name = "graphql-transport-ws" if broken else "graphql-ws"
    port = lab.ws(options=f"handleProtocols: () => '{name}'")
    lab.watch()
    said = lab.node_client(port, ", ['graphql-ws']")
    assert ("error" if broken else "open") in said, said
