# SPDX-License-Identifier: GPL-2.0-only
"""node's https server and wss clients: TLS as it should be."""
import subprocess

from lab import Report

REPORT = Report("wss to node: an ordinary set-up", "en", right=None)


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
