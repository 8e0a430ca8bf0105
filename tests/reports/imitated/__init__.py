# SPDX-License-Identifier: GPL-2.0-only
"""Proxies that cannot be had: what they do with one connection, in a process with their name."""
import textwrap

SOURCE = """
import socket, threading, time
with open("/proc/self/comm", "w") as comm:
    comm.write(%(comm)r)


def head_of(sock):
    head = b""
    while not head.endswith(b"\\r\\n\\r\\n"):
        got = sock.recv(1)
        if not got:
            break
        head += got
    return head


def upstream(port=%(backend)d):
    return socket.create_connection(("127.0.0.1", port))


def without(head, *names):
    lines = head.split(b"\\r\\n")
    return b"\\r\\n".join(x for x in lines if x.split(b":")[0].lower() not in names)


def pump(source, sink):
    while True:
        data = source.recv(65536)
        if not data:
            break
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def join(client, server):
    there = threading.Thread(target=pump, args=(client, server), daemon=True)
    there.start()
    pump(server, client)
    there.join()


def one(client):
%(body)s


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", PORT))
listener.listen(16)


def guarded(client):
    try:
        one(client)
    except OSError:
        pass
    client.close()


while True:
    threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()
"""


def proxy(lab, comm, backend, body):
    """Runs body, Python, for each client; head_of, upstream, without, pump, join are there."""
    return lab.python(SOURCE % {"comm": comm, "backend": backend,
                                "body": textwrap.indent(body.strip("\n"), "    ")})
