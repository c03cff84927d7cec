"""One visit of a page by a new browser profile, and what it cost."""

import time
from dataclasses import dataclass
from itertools import pairwise

from playwright.sync_api import Browser, CDPSession, Page

MBIT = 1e6 / 8

# Before any script of the page. It asks for little: one look at each frame, the same in all pages.
WATCH = """
const seen = (globalThis.watched = { frames: [], tasks: [], memories: [], typable: 0, answers: 0, complete: 0 });
new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask" });
const look = (time) => {
  seen.frames.push(time);
  if (!seen.typable && document.querySelector("textarea")) seen.typable = performance.now();
  const isBusy = document.querySelector("#stop")?.hidden === false;
  const { length } = document.querySelectorAll("article[data-role=assistant]");
  if (!seen.complete && !isBusy && length === seen.answers) seen.complete = performance.now();
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await original.apply(WebAssembly, given);
    const { exports } = made.instance ?? made;
    seen.memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
    return made;
  };
}
const Memory = WebAssembly.Memory;
WebAssembly.Memory = function (...given) {
  const memory = new Memory(...given);
  seen.memories.push(memory);
  return memory;
};
WebAssembly.Memory.prototype = Memory.prototype;
"""


@dataclass(frozen=True)
class Site:
    path: str
    ready: str
    """The mark that a page sets when it can send a message."""


EDGECHAT = Site("/", "python-ready")
REACT = Site("/react/", "ready")
TUNED = Site("/react/?tuned", "ready")


class Visit:
    """A page that is open. Durations are milliseconds, of the main thread's CPU time where not said otherwise."""

    def __init__(self, browser: Browser, url: str, site: Site, *, slow: bool = False) -> None:
        self._url, self._site = url, site
        self._answers = 0
        self.context = browser.new_context(viewport={"width": 1000, "height": 700})
        self.page: Page = self.context.new_page()
        self.page.add_init_script(WATCH)
        self._devtools: CDPSession = self.context.new_cdp_session(self.page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        if slow:
            speed = {"downloadThroughput": 20 * MBIT, "uploadThroughput": 20 * MBIT}
            self._devtools.send("Network.enable")
            self._devtools.send("Network.emulateNetworkConditions", {"offline": False, "latency": 40, **speed})
        self.open()

    def open(self) -> None:
        self.page.goto("about:blank")
        self._before = self._metrics()
        self.page.goto(self._url + self._site.path, wait_until="commit")
        for name in (self._site.ready, "first-contentful-paint"):
            self._wait_for(f"performance.getEntriesByName('{name}').length")

    def _wait_for(self, expression: str) -> None:
        for _ in range(600):
            if self.page.evaluate(expression):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{self._site.path} has waited a minute for {expression}.")

    def _mark(self, name: str) -> float:
        found: float = self.page.evaluate(f"performance.getEntriesByName('{name}')[0].startTime")
        return found

    def start(self) -> dict[str, float]:
        """Wall time from navigation, what it cost the main thread, and the bytes that crossed the network."""
        transferred = (
            "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
            ".reduce((sum, entry) => sum + entry.transferSize, 0)"
        )
        return {
            "paint": self._mark("first-contentful-paint"),
            "typable": self.page.evaluate("watched.typable"),
            "ready": self._mark(self._site.ready),
            "task": (self._metrics()["TaskDuration"] - self._before["TaskDuration"]) * 1000,
            "transferred": self.page.evaluate(transferred),
        }

    def ask(self, text: str, seconds: float) -> dict[str, float]:
        """Sends a message whose answer takes so long at least, and waits for its end."""
        self.page.get_by_label("Message", exact=True).fill(text)
        self._answers += 1
        before = self._metrics()
        asked: float = self.page.evaluate(
            "watched.frames.length = watched.tasks.length = watched.complete = 0;"
            f"watched.answers = {self._answers}; performance.now()"
        )
        self.page.locator("#send").click()
        time.sleep(seconds)
        self._wait_for("watched.complete")
        took: float = self.page.evaluate("watched.complete") - asked
        after = self._metrics()
        frames: list[float] = self.page.evaluate("watched.frames")
        tasks: list[float] = self.page.evaluate("watched.tasks")
        gaps = [later - earlier for earlier, later in pairwise(frames)]
        spent = {name: (after[name] - before[name]) * 1000 for name in before}
        return {
            "script": spent["ScriptDuration"],
            "layout": spent["LayoutDuration"] + spent["RecalcStyleDuration"],
            "task": spent["TaskDuration"],
            "frames": len(frames) / took * 1000,
            "gap": max(gaps),
            "long": float(len(tasks)),
            "longest": max(tasks, default=0),
            "took": took,
        }

    def memory(self) -> dict[str, float]:
        """Megabytes, after a collection of garbage."""
        self._devtools.send("HeapProfiler.collectGarbage")
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        heap = next(entry["value"] for entry in metrics if entry["name"] == "JSHeapUsedSize")
        wasm = self.page.evaluate(
            "[...new Set(watched.memories)].reduce((sum, each) => sum + each.buffer.byteLength, 0)"
        )
        return {"heap": heap / 1e6, "wasm": wasm / 1e6}

    def tables(self) -> int:
        """How many there are in the last answer."""
        return self.page.locator("article[data-role=assistant]").last.locator("table").count()

    def close(self) -> None:
        self.context.close()

    def _metrics(self) -> dict[str, float]:
        wanted = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return {entry["name"]: entry["value"] for entry in metrics if entry["name"] in wanted}
