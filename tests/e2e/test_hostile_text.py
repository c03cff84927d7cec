"""Whatever a model, a tool, a source, a file or a title says: it is shown as text, and nothing comes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from page_stream import PageStream, written
from payloads import ADDRESSES, PAYLOADS
from playwright.sync_api import Page, expect
from watching import Complaints

from page.markdown import TAGS

NUMBERED = list(enumerate(PAYLOADS))
AROUND = {"article", "h2", "div", "span", "button", "svg", "use", "footer", "details", "summary", "dl", "dt", "dd"}

# All that is not as it should be: elements, attributes, addresses, and whether anything has run.
FIND = """([root, tags]) => {
  const found = [];
  for (const one of document.querySelectorAll(root + " *")) {
    const name = one.localName;
    if (!tags.includes(name)) found.push(`<${name}>`);
    for (const { name: attribute, value } of one.attributes) {
      if (/^(on|style$|srcdoc|srcset|formaction|action|ping|xlink)/i.test(attribute)) found.push(attribute);
      const isSafe = /^(https?:\\/\\/|mailto:|\\/api\\/attachments\\/\\w+$)/.test(value);
      if (attribute === "href" && name !== "use" && !isSafe) found.push(`href ${value}`);
      if (attribute === "src") found.push(`src ${value}`);
    }
    const isApart = one.target === "_blank" && one.rel.includes("noopener");
    if (name === "a" && one.href && !isApart) found.push("a link that knows us");
  }
  if (globalThis.pwned !== undefined) found.push("a script has run");
  if (location.origin !== document.baseURI.slice(0, location.origin.length)) found.push("a base");
  return found;
}"""


@pytest.fixture
def stream(page: Page, complaints: Complaints) -> Iterator[PageStream]:
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("popup", lambda popup: complaints.append(f"popup: {popup.url}"))
    page.on("framenavigated", lambda frame: complaints.append(f"went to {frame.url}") if frame.parent_frame else None)
    stream = PageStream(page)
    stream.open()
    yield stream
    found = page.evaluate(FIND, ["#log", sorted(TAGS | AROUND | {"textarea", "form"})])
    assert found == []


def tool(number: int, **fields: Any) -> list[dict[str, Any]]:
    name = fields.pop("name", "tool")
    call = {"toolCallId": f"c{number}", "toolName": name, "dynamic": True, "providerExecuted": True}
    output = {"toolCallId": f"c{number}", "dynamic": True, "providerExecuted": True}
    end = (
        {"type": "tool-output-error", "errorText": fields["error"], **output}
        if "error" in fields
        else {"type": "tool-output-available", "output": fields.get("output", "done"), **output}
    )
    start = {"type": "tool-input-available", "input": fields.get("input", {}), **call}
    return [start | ({"title": fields["title"]} if "title" in fields else {}), end]


def test_the_corpus_is_large() -> None:
    assert len(set(PAYLOADS)) >= 100


def test_text(page: Page, stream: PageStream) -> None:
    stream.answer(*(chunk for number, text in NUMBERED for chunk in written(text, f"t{number}")))
    expect(page.locator("article .markdown")).to_have_count(len(PAYLOADS))


def test_text_that_comes_letter_by_letter(page: Page, stream: PageStream) -> None:
    stream.ask()
    stream.begin()
    for number, text in NUMBERED[::6]:
        text_id = f"t{number}"
        stream.send({"type": "text-start", "id": text_id})
        for letter in text:
            stream.text(letter, text_id)
        stream.send({"type": "text-end", "id": text_id})
    stream.finish()


def test_thoughts(page: Page, stream: PageStream) -> None:
    chunks: list[dict[str, Any]] = []
    for number, text in NUMBERED:
        chunks += [
            {"type": "reasoning-start", "id": f"r{number}"},
            {"type": "reasoning-delta", "id": f"r{number}", "delta": text},
            {"type": "reasoning-end", "id": f"r{number}"},
        ]
    stream.answer(*chunks)
    expect(page.locator(".reasoning")).to_have_count(len(PAYLOADS))


@pytest.mark.parametrize("field", ["name", "title", "input", "output", "error"])
def test_tools(page: Page, stream: PageStream, field: str) -> None:
    stream.answer(*(chunk for number, text in NUMBERED for chunk in tool(number, **{field: text})))
    expect(page.locator(".tool")).to_have_count(len(PAYLOADS))


def test_what_a_tool_asks(page: Page, stream: PageStream) -> None:
    chunks: list[dict[str, Any]] = []
    for number, text in NUMBERED:
        call = {"toolCallId": f"c{number}", "toolName": text, "dynamic": True}
        chunks += [
            {"type": "tool-input-available", "input": {text: text}, **call},
            {"type": "tool-approval-request", "toolCallId": f"c{number}", "approvalId": text},
        ]
    stream.answer(*chunks)
    expect(page.locator(".approval button")).to_have_count(2 * len(PAYLOADS))


def test_sources(page: Page, stream: PageStream) -> None:
    chunks: list[dict[str, Any]] = written("According to these.")
    for number, text in NUMBERED:
        chunks.append({"type": "source-url", "sourceId": f"u{number}", "url": text, "title": text})
        chunks.append({"type": "source-url", "sourceId": f"w{number}", "url": text})
        chunks.append({"type": "source-document", "sourceId": f"d{number}", "mediaType": text, "title": text})
    stream.answer(*chunks)
    expect(page.locator(".sources li").first).to_be_attached()


def test_files(page: Page, stream: PageStream) -> None:
    kinds = ["image/png", "text/html", "image/svg+xml"]
    stream.answer(
        *({"type": "file", "url": text, "mediaType": kinds[number % len(kinds)]} for number, text in NUMBERED)
    )
    expect(page.locator(".chip")).to_have_count(len(PAYLOADS))


def test_links(page: Page, stream: PageStream) -> None:
    texts = [f"[{label}]({url})" for url in ADDRESSES for label in ("x", "<b>x</b>", "![y](z)")]
    stream.answer(*written("\n\n".join(texts)))
    for link in page.locator("article .markdown a").all():
        assert str(link.get_attribute("href")).startswith(("http://", "https://", "mailto:"))


def test_languages_of_code(page: Page, stream: PageStream) -> None:
    stream.answer(
        *written("\n\n".join(f"```{text.splitlines()[0]}\n{text}\n```" for text in PAYLOADS if "`" not in text))
    )
    expect(page.locator("article pre").first).to_be_attached()
    page.wait_for_timeout(1500)  # until it is coloured


def test_figures_metadata_and_data(page: Page, stream: PageStream) -> None:
    for text in PAYLOADS[::12]:
        figures = {"model": text, "answeredBy": text, "route": text, "ttftMs": 5, "tokensPerSecond": 9}
        stream.answer(
            {"type": "message-metadata", "messageMetadata": {"outcome": text, text: text}},
            *written("Yes."),
            {"type": "data-figures", "data": figures},
            {"type": "data-other", "data": text},
        )
    expect(page.locator("article .figures").first).to_be_attached()


def test_questions(page: Page, stream: PageStream) -> None:
    for text in PAYLOADS[::12]:
        stream.ask(text.replace("\n", " "))
        stream.begin()
        stream.finish()
        expect(page.locator("article[data-role=user] .said").last).to_have_text(text.replace("\n", " ").strip())


def test_errors(page: Page, stream: PageStream) -> None:
    for text in PAYLOADS[::12]:
        stream.ask()
        stream.begin()
        stream.send(*written("Yes."), {"type": "error", "errorText": text})
        stream.close()
        expect(page.get_by_role("alert")).to_be_visible()


def test_titles(page: Page) -> None:
    now = 1_700_000_000_000
    chats = [{"id": f"chat{number}", "title": text, "createdAt": now, "updatedAt": now} for number, text in NUMBERED]
    page.route(
        "**/api/chats*",
        lambda route: route.fulfill(json={"chats": chats, "cursor": None}),
    )
    PageStream(page).open()
    expect(page.locator("#chats a").nth(len(PAYLOADS) - 1)).to_be_attached(timeout=10_000)
    names = {element.evaluate("one => one.localName") for element in page.locator("#chats *").all()}
    assert names <= {"a", "button", "div", "h2", "h3", "li", "nav", "p", "section", "span", "svg", "time", "ul", "use"}
    assert page.evaluate("() => globalThis.pwned === undefined")


def test_names_of_files(page: Page, stream: PageStream) -> None:
    """In a conversation as the service has kept it."""
    parts = [
        {"type": "file", "mediaType": kind, "url": url, "filename": text}
        for text in PAYLOADS
        for kind, url in (("text/plain", "/api/attachments/a1"), ("image/png", "https://files.example/x.png"))
    ]
    messages = [{"id": "m1", "role": "user", "parts": parts}, {"id": "m2", "role": "assistant", "parts": []}]
    saved = {"id": "kept", "title": "Kept", "createdAt": 1, "updatedAt": 1, "messages": messages, "versions": []}
    page.route("**/api/chats/kept*", lambda route: route.fulfill(json=saved))
    page.goto("/#chat=kept")
    page.reload()
    expect(page.locator(".chip")).to_have_count(2 * len(PAYLOADS), timeout=30_000)
