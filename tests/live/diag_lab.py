# SPDX-License-Identifier: GPL-2.0-only
"""Proxies and backends for test_diagnose.py, each with one fault, and without."""
import base64
import os
import socket
import subprocess
import sys

import pytest

import wire
from conftest import HERE, LIMIT, certificate, listens, program

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
  {http}
  {servers}
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
"""
HAPROXY_LISTEN = """
listen l{port}
  bind 127.0.0.1:{port}
  {rules}
  server s 127.0.0.1:{backend}
"""

APACHE = """
ServerRoot {dir}
PidFile {dir}/httpd.pid
DefaultRuntimeDir {dir}
ErrorLog {dir}/apache.log
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
{main}
"""
APACHE_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  ProxyPass "/" "http://127.0.0.1:{backend}/" {options}
</VirtualHost>
"""

CADDY = """
{{
  admin off
  auto_https off
  storage file_system {dir}
}}
"""
CADDY_SITE = """
http://:{port} {{
  reverse_proxy 127.0.0.1:{backend} {{
    {options}
  }}
}}
"""

LIGHTTPD = """
server.document-root = "{dir}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{dir}/lighttpd.log"
server.modules = ("mod_proxy")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {backend})))
{options}
"""


def location(backend, path="/", more=UPGRADE, uri=""):
    return f"location {path} {{ proxy_pass http://127.0.0.1:{backend}{uri}; {more} }}\n"


def nginx_conf(dir, servers, main="", http=""):
    """Starts nginx. servers: the port of each and its locations."""
    return NGINX.format(dir=dir, main=main, http=http, servers="\n".join(
        f"server {{ listen {listen}; {locations} }}" for listen, locations in servers))


class Lab:
    def __init__(self, spawn, free_port, tmp_path):
        self.spawn, self.free_port, self.dir = spawn, free_port, tmp_path

    def quiet(self, *args, **kw):
        return self.spawn(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kw)

    def certificate(self):
        """Returns the paths of a certificate for localhost and of its key."""
        return certificate(self.dir)

    def nginx_certificate(self):
        """The same, in nginx's words."""
        return "ssl_certificate %s; ssl_certificate_key %s;" % self.certificate()

    def backend(self, port=None):
        port = port or self.free_port()
        self.server = self.quiet(sys.executable, HERE / "diag_backend.py", port)
        listens(port, self.server)
        return port

    def start(self, ports, name, text, *argv, **kw):
        """Starts a proxy with this configuration. Returns its first port."""
        self.conf = self.dir / f"{name}-{ports[0]}.conf"
        self.conf.write_text(text)
        self.proxy = self.quiet(program(name), *argv, self.conf, **kw)
        for port in ports:
            self.listens(port, self.proxy)
        return ports[0]

    def listens(self, port, proc):
        listens(port, proc)

    def nginx(self, locations, main="", http=""):
        return self.nginxes([locations], main, http)[0]

    def nginxes(self, locations, main="", http=""):
        ports = [self.free_port() for _ in locations]
        self.start(ports, "nginx", nginx_conf(self.dir, [
            (f"127.0.0.1:{port}", text) for port, text in zip(ports, locations)], main, http),
            "-p", self.dir, "-e", self.dir / "error.log", "-c")
        return ports

    def haproxy(self, backend, rules="", tunnel="1h"):
        return self.haproxies([backend], rules, tunnel)[0]

    def haproxies(self, backends, rules="", tunnel="1h"):
        ports = [self.free_port() for _ in backends]
        self.start(ports, "haproxy", HAPROXY.format(tunnel=tunnel) + "".join(
            HAPROXY_LISTEN.format(port=port, backend=backend, rules=rules)
            for port, backend in zip(ports, backends)), "-db", "-f")
        return ports

    def apache(self, backend, options="upgrade=websocket", main=""):
        return self.apaches([backend], options, main)[0]

    def apaches(self, backends, options="upgrade=websocket", main=""):
        ports = [self.free_port() for _ in backends]
        self.start(ports, "apache2", APACHE.format(dir=self.dir, main=main) + "".join(
            APACHE_HOST.format(port=port, backend=backend, options=options)
            for port, backend in zip(ports, backends)), "-X", "-f")
        return ports

    def caddy(self, backend, options=""):
        return self.caddies([backend], options)[0]

    def caddies(self, backends, options=""):
        ports = [self.free_port() for _ in backends]
        self.start(ports, "caddy", CADDY.format(dir=self.dir) + "".join(
            CADDY_SITE.format(port=port, backend=backend, options=options)
            for port, backend in zip(ports, backends)), "run", "--adapter", "caddyfile", "--config",
            env={**os.environ, "HOME": str(self.dir)})
        return ports

    def lighttpd(self, backend, options='proxy.header = ("upgrade" => "enable")'):
        port = self.free_port()
        return self.start([port], "lighttpd", LIGHTTPD.format(
            dir=self.dir, port=port, backend=backend, options=options), "-D", "-f")


@pytest.fixture
def lab(spawn, free_port, tmp_path):
    return Lab(spawn, free_port, tmp_path)


def fresh_key():
    return base64.b64encode(os.urandom(16)).decode()


def ask(port, target="/echo", headers=(), key=None, head=None):
    """Sends a handshake. Returns the client's end and the head of the answer, empty at the end."""
    sock = wire.connect(port)
    sock.sendall(head or wire.request_head(target, headers, key=key or fresh_key()))
    try:
        answer = wire.recv_head(sock)
    except (EOFError, ConnectionError):
        answer = b""
    return wire.Ws(sock, True), answer


def talk(port, target="/echo", messages=3, headers=()):
    """Makes a connection without a fault, from handshake to Close."""
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
    """Opens a connection, sends a message, reads to the end or for a moment, then closes."""
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
