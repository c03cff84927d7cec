"""Answers that a test writes chunk by chunk, in the place of the service's."""

import json
from typing import Any

from playwright.sync_api import Page, expect

# A fetch of /api/chat is answered by what `stream.send` is given.
_SCRIPT = """
(() => {
  const real = globalThis.fetch;
  const encoder = new TextEncoder();
  let begun;
  const stream = (globalThis.stream = {
    bodies: [],
    reset: () => void (stream.controller = new Promise((resolve) => (begun = resolve))),
    send: async (text) => (await stream.controller).enqueue(encoder.encode(text)),
    close: async () => ((await stream.controller).close(), stream.reset()),
  });
  stream.reset();
  globalThis.fetch = (url, options) => {
    if (new URL(url, location.href).pathname !== "/api/chat") return real(url, options);
    stream.bodies.push(options.body);
    const headers = { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" };
    return Promise.resolve(new Response(new ReadableStream({ start: (controller) => begun(controller) }), { headers }));
  };
})();
"""


class PageStream:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._answers = 0
        page.add_init_script(_SCRIPT)

    def open(self) -> None:
        self._page.goto("/")
        expect(self._page.locator("#state")).to_have_text("Ready", timeout=30_000)

    def ask(self, text: str = "A question") -> None:
        self._page.get_by_label("Message", exact=True).fill(text)
        self._page.get_by_role("button", name="Send").click()

    def begin(self) -> None:
        self._answers += 1
        self.send({"type": "start", "messageId": f"answer{self._answers}"}, {"type": "start-step"})

    def send(self, *chunks: dict[str, Any]) -> None:
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        self._page.evaluate("text => stream.send(text)", text)

    def text(self, text: str, id: str = "text") -> None:
        """Starts the text, or adds to it."""
        self.send({"type": "text-delta", "id": id, "delta": text})

    def finish(self, **finish: Any) -> None:
        self.send({"type": "finish-step"}, {"type": "finish", **finish})
        self.close()

    def close(self) -> None:
        self._page.evaluate("() => stream.send('data: [DONE]\\n\\n').then(stream.close)")

    def answer(self, *chunks: dict[str, Any]) -> None:
        """A whole one."""
        self.ask()
        self.begin()
        self.send(*chunks)
        self.finish()
        expect(self._page.locator("article[data-role=assistant]")).to_have_count(self._answers)
        expect(self._page.locator("article[data-busy]")).to_have_count(0)


def written(text: str, id: str = "text") -> list[dict[str, Any]]:
    """The chunks of a text."""
    return [
        {"type": "text-start", "id": id},
        {"type": "text-delta", "id": id, "delta": text},
        {"type": "text-end", "id": id},
    ]
