# SPDX-License-Identifier: GPL-2.0-only
"""ws:// instead of wss:// to node's https server: the connection just ends."""
import subprocess

from lab import Report, Verdict

REPORT = Report(
    "websockets/ws: Error: socket hang up, ECONNRESET with ws:// to an https server",
    "en",
    # Others speak TLS with this port; this client sent plain HTTP and was hung up on.
    right=Verdict("tls-mismatch", says=("TLS|wss",)),
    never=("closed-at-once", "backend-restart", "proxy-protocol", "certain.*limit"),
)


def run(lab, broken):
    key, cert = lab.dir / "key.pem", lab.dir / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-days",
            "2",
            "-keyout",
            key,
            "-out",
            cert,
        ],
        check=True,
        capture_output=True,
    )
    port = lab.node(
        """const fs = require('fs');
        const s = require('https').createServer({ key: fs.readFileSync('%s'),
            cert: fs.readFileSync('%s') });
        new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
            ws.send(String(m))));
        s.listen(PORT, '127.0.0.1');"""
        % (key, cert)
    )
    lab.watch()
    for _ in range(2):
        assert "open" in lab.node_client(port, ", { rejectUnauthorized: false }", "wss")
    said = lab.node_client(port, ", { rejectUnauthorized: false }", "ws" if broken else "wss")
    assert ("error" if broken else "open") in said, said
