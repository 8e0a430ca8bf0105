# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium that shows a page and says how it looks, through chromedriver's own protocol.

Scripts that a test runs come from outside of the page, so that the page's policy does not stop them.
"""
import base64
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from conftest import LIMIT, Lines, program, wait_until

# Layout of big pages takes a while on a busy host
PAGE_LIMIT = 8 * LIMIT


class Browser:
    def __init__(self, spawn, tmp_path):
        chromium, driver = program("chromium"), program("chromedriver")
        proc = spawn(driver, "--port=0", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out = Lines(proc.stdout)
        port = wait_until(lambda: re.search(r"successfully on port (\d+)", out.text()), "chromedriver").group(1)
        self.base = f"http://127.0.0.1:{port}/session"
        options = {"binary": chromium,
                   "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            "--hide-scrollbars", "--disable-background-networking",
                            f"--user-data-dir={tmp_path / 'chromium'}"]}
        session = self.ask("", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.base += "/" + session["sessionId"]

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=PAGE_LIMIT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise OSError(e.read().decode()[:300]) from None

    def cdp(self, cmd, **params):
        return self.ask("/goog/cdp/execute", {"cmd": cmd, "params": params})

    def size(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=width < 700)

    def scheme(self, scheme, media=""):
        self.cdp("Emulation.setEmulatedMedia", media=media,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        """Loads a page. Returns the seconds that took."""
        start = time.monotonic()
        self.ask("/url", {"url": f"file://{path}"})
        return time.monotonic() - start

    def run(self, script):
        """Runs a script and returns its value."""
        return self.ask("/execute/sync", {"script": script, "args": []})

    def picture(self, path):
        """Returns a picture of the whole page, as PNG."""
        data = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def complaints(self):
        """Returns the browser's messages: errors, and what the page's policy forbade."""
        return [e["message"] for e in self.ask("/se/log", {"type": "browser"})]

    def requests(self):
        """Returns the addresses that the page requested."""
        found = []
        for e in self.ask("/se/log", {"type": "performance"}):
            message = json.loads(e["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def close(self):
        try:
            self.ask("", method="DELETE")
        except OSError:
            pass


@pytest.fixture
def browser(spawn, tmp_path):
    """A Browser."""
    if os.environ.get("WSTRACE_VM_GUEST"):
        pytest.skip("a browser takes minutes in a guest, and no page depends on the kernel")
    b = Browser(spawn, tmp_path)
    yield b
    b.close()
