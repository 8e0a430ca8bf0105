# SPDX-License-Identifier: GPL-2.0-only
"""HTTPS and wss:// through a forward proxy's CONNECT: the most ordinary thing there."""
from lab import Report, program

REPORT = Report("vizorvr/patches#502", "en", never=("tls-mismatch",))
SERVER = """
const tls = require('tls'), fs = require('fs');
tls.createServer({ key: fs.readFileSync(process.argv[3]), cert: fs.readFileSync(process.argv[4]) },
  s => s.on('data', d => s.write('HTTP/1.1 204 No Content\\r\\n\\r\\n')).on('error', () => {}))
  .listen(PORT, '127.0.0.1');
"""
SQUID = """
http_port 127.0.0.1:{port}
acl all_ports port 1-65535
http_access allow localhost
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0
"""


def run(lab, broken):
    cert, key = lab.certificate()
    server = lab.node(SERVER, None, key, cert)
    proxy = lab.port()
    lab.start([proxy], "squid", SQUID.format(port=proxy), "-N", "-n", f"w{proxy}", "-f")
    lab.watch(proxy)
    for _ in range(2):
        assert "204" in lab.to_end(
            program("curl"), "-skvx", f"http://127.0.0.1:{proxy}", f"https://127.0.0.1:{server}/"
        )
