# SPDX-License-Identifier: GPL-2.0-only
"""Proxies and backends for test_diagnose.py, broken in one way each, and right."""
import base64
import os
import signal
import socket
import subprocess
import sys

import pytest

import wire
from conftest import HERE, LIMIT, end_process, listens, program

UPGRADE = """proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;"""

NGINX = """
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log warn;
events {{ worker_connections 1024; }}
{main}
http {{
  access_log off;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen {listen};
    {locations}
  }}
}}
"""

HAPROXY = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel {tunnel}
frontend f
  bind 127.0.0.1:{port}
  {rules}
  default_backend b
backend b
  server s 127.0.0.1:{backend}
"""

APACHE = """
ServerRoot {dir}
PidFile {dir}/httpd.pid
DefaultRuntimeDir {dir}
ErrorLog {dir}/apache.log
Listen 127.0.0.1:{port}
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyTimeout {timeout}
ProxyPass "/" "http://127.0.0.1:{backend}/" {options}
"""

CADDY = """
{{
  admin off
  auto_https off
  storage file_system {dir}
}}
http://:{port} {{
  reverse_proxy 127.0.0.1:{backend} {{
    {options}
  }}
}}
"""


class Lab:
    def __init__(self, spawn, free_port, tmp_path):
        self.spawn, self.free_port, self.dir = spawn, free_port, tmp_path

    def quiet(self, *args, **kw):
        return self.spawn(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kw)

    def backend(self, port=None):
        port = port or self.free_port()
        self.server = self.quiet(sys.executable, HERE / "diag_backend.py", port)
        listens(port, self.server)
        return port

    def nginx(self, locations, main=""):
        port = self.free_port()
        conf = self.dir / f"nginx-{port}.conf"
        conf.write_text(NGINX.format(dir=self.dir, listen=f"127.0.0.1:{port}", main=main,
                                     locations=locations))
        self.proxy = self.quiet(program("nginx"), "-p", self.dir, "-c", conf, "-e",
                                self.dir / "error.log")
        listens(port, self.proxy)
        return port

    def haproxy(self, backend, rules="", tunnel="1h"):
        port = self.free_port()
        conf = self.dir / f"haproxy-{port}.cfg"
        conf.write_text(HAPROXY.format(port=port, backend=backend, rules=rules, tunnel=tunnel))
        self.proxy = self.quiet(program("haproxy"), "-db", "-f", conf)
        listens(port, self.proxy)
        return port

    def apache(self, backend, options="upgrade=websocket", timeout=60):
        port = self.free_port()
        conf = self.dir / f"apache-{port}.conf"
        conf.write_text(APACHE.format(dir=self.dir, port=port, backend=backend, options=options,
                                      timeout=timeout))
        self.proxy = self.quiet(program("apache2"), "-X", "-f", conf)
        listens(port, self.proxy)
        return port

    def caddy(self, backend, options=""):
        port = self.free_port()
        conf = self.dir / f"Caddyfile-{port}"
        conf.write_text(CADDY.format(dir=self.dir, port=port, backend=backend, options=options))
        self.proxy = self.quiet(program("caddy"), "run", "--adapter", "caddyfile", "--config", conf,
                                env={**os.environ, "HOME": str(self.dir)})
        listens(port, self.proxy)
        return port


@pytest.fixture
def lab(spawn, free_port, tmp_path):
    return Lab(spawn, free_port, tmp_path)


def fresh_key():
    return base64.b64encode(os.urandom(16)).decode()


def ask(port, target, headers=(), key=None, head=None):
    """Sends a handshake. Returns the client's end and the head of the answer, empty at the end."""
    sock = wire.connect(port)
    sock.sendall(head or wire.request_head(target, headers, key=key or fresh_key()))
    try:
        answer = wire.recv_head(sock)
    except (EOFError, ConnectionError):
        answer = b""
    return wire.Ws(sock, True), answer


def talk(port, target="/echo", messages=3, headers=()):
    """A connection that is fine, from handshake to Close."""
    ws, answer = ask(port, target, headers)
    assert b" 101 " in answer.split(b"\r\n")[0], answer
    for i in range(messages):
        ws.send(wire.TEXT, f"message {i}")
        assert ws.message() == f"message {i}".encode()
    goodbye(ws)


def goodbye(ws, code=1000):
    ws.send(wire.CLOSE, wire.close_payload(code))
    wire.recv_eof(ws.sock)
    ws.close()


def poke(port, target, headers=()):
    """Opens, sends a message, reads to the end, or for a moment, then says goodbye."""
    ws, answer = ask(port, target, headers)
    assert b" 101 " in answer.split(b"\r\n")[0], answer
    ws.send(wire.TEXT, "hello")
    ws.sock.settimeout(0.2)
    try:
        while ws.recv()[0] != wire.CLOSE:
            pass
    except (socket.timeout, EOFError, ConnectionError):
        pass
    ws.sock.settimeout(LIMIT)
    try:
        goodbye(ws)
    except OSError:
        ws.close()
