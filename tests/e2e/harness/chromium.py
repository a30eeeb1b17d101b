"""A headless Chromium, driven over the DevTools protocol: JSON messages, each ended by a zero byte, on
its descriptors 3 and 4."""

import base64
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import time

from .waiting import TIME_FACTOR

PROGRAM = shutil.which("chromium")
TIMEOUT = 30 * TIME_FACTOR
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-default-apps", "--disable-extensions", "--disable-sync", "--no-proxy-server",
         "--remote-debugging-pipe"]


class Chromium:
    """One running browser: its TLS sessions live as long as it does. Takes the server's certificate
    for valid, as errors that are passed over would leave no session."""

    def __init__(self, directory, certificate):
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        self._left = b""
        self._number = 0
        self._page = None
        command = [PROGRAM, *FLAGS, f"--user-data-dir={directory}",
                   f"--ignore-certificate-errors-spki-list={_key_digest(certificate)}"]
        # Descriptors that the program expects by their numbers.
        redirected = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        with open(directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", redirected, "bash", *command], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=(to_browser, from_browser),
                start_new_session=True, env={**os.environ, "HOME": str(directory)})
        os.close(to_browser)
        os.close(from_browser)

    def close(self):
        """It ends, with all of its processes, when nobody holds the other end."""
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(5 * TIME_FACTOR)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(TIMEOUT)

    def open(self, url):
        """Loads a page, whose text is returned."""
        if not self._page:
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            self._page = self._ask("Target.attachToTarget", targetId=target,
                                   flatten=True)["sessionId"]
            self._ask("Page.enable", self._page)
        answer = self._ask("Page.navigate", self._page, url=url)
        assert not answer.get("errorText"), answer
        return self.evaluate("new Promise(done => document.readyState == 'complete' ? done(0)"
                             " : addEventListener('load', () => done(0)))"
                             ".then(() => document.body.innerText)")

    def screenshot(self):
        """The open page as a PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", self._page)["data"])

    def fetch(self, path):
        """What the open page gets from its server."""
        return self.evaluate(f"fetch({json.dumps(path)}, {{cache: 'no-store'}})"
                             ".then(answer => answer.text())")

    def evaluate(self, script):
        answer = self._ask("Runtime.evaluate", self._page, expression=script, awaitPromise=True,
                           returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"]["value"]

    def _ask(self, method, page=None, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if page:
            message["sessionId"] = page
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT
        while True:
            answer = self._next(deadline, method)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _next(self, deadline, what):
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"Chromium has not answered to {what}"
            data = os.read(self._in, 1 << 16)
            assert data, f"Chromium has ended at {what}"
            self._left += data
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)


def _key_digest(certificate):
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True,
                         capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
