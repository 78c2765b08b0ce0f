"""Take the pictures of the documentation from a running demo, with headless Chromium.

    zendesk-assets demo &
    python docs/screenshots.py http://127.0.0.1:3000

Needs Chromium on the PATH. Writes docs/lineage.png and docs/tickets.png.
"""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

PORT = 9333
IN, OUT, STEPS_IN = 1, -1, 5
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-allow-origins=*",
    "--window-size=1500,1150",
)
# The graph shows each group as one box; a click on its heading opens it.
EXPAND = """
for (const name of ['%s']) {
  const found = [...document.querySelectorAll('svg foreignObject *, svg text')]
    .filter(each => each.textContent.trim() === name && each.children.length === 0);
  for (const each of found) {
    each.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    each.dispatchEvent(new MouseEvent('dblclick', {bubbles: true}));
  }
}
"""


class Browser:
    """One tab of a headless Chromium, driven over its debugging protocol."""

    def __init__(self, profile: str) -> None:
        command = ["chromium", *FLAGS, f"--remote-debugging-port={PORT}"]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._socket = websocket.create_connection(self._tab(), timeout=60)
        self._numbers = itertools.count(1)

    def _tab(self) -> str:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/json") as answer:
                    tabs = [each for each in json.load(answer) if each["type"] == "page"]
                    return str(tabs[0]["webSocketDebuggerUrl"])
            except (OSError, IndexError):
                time.sleep(0.1)
        sys.exit("Chromium did not start: is it installed?")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                result: dict[str, Any] = message.get("result", {})
                return result

    def open(self, url: str, seconds: float) -> None:
        """Go to a page and give it time to draw."""
        self.call("Page.navigate", url=url)
        time.sleep(seconds)

    def run(self, script: str, seconds: float) -> Any:
        """Run JavaScript in the page; return its value."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        time.sleep(seconds)
        return found.get("result", {}).get("value")

    def zoom(self, steps: int, x: int, y: int) -> None:
        """Turn the wheel over a point of the graph, with Ctrl: in (positive) or out."""
        wheel = {"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "modifiers": 2}
        for _ in range(abs(steps)):
            self.call("Input.dispatchMouseEvent", **wheel, deltaY=-60 if steps > 0 else 60)
            time.sleep(0.3)

    def shoot(self, path: Path) -> None:
        """Save what is visible."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self._process.terminate()
        self._process.wait()


def main(url: str) -> None:
    """Take all pictures."""
    folder = Path(__file__).parent
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            browser.open(f"{url}/asset-groups", 8)
            for group in ("zendesk_acme_hub", "zendesk_acme"):
                browser.run(EXPAND % group, 4)
                browser.zoom(8 * OUT, 975, 570)
            browser.zoom(STEPS_IN * IN, 975, 570)
            browser.shoot(folder / "lineage.png")
            browser.open(f"{url}/assets/zendesk_acme/tickets", 8)
            browser.shoot(folder / "tickets.png")
        finally:
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
