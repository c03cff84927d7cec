"""`docs/api.md` is played to the service: its examples are one session, from beginning to end."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from everything import Service
from fakes import ROOT, request

from service.routes import ROUTES, respond, template_of
from service.web import Response

PAGE = (ROOT / "docs" / "api.md").read_text()
SOURCES = sorted((ROOT / "worker" / "src" / "service").rglob("*.py"))

_HEADER = re.compile(r"([a-z0-9-]+): (.*)")
_TIME = 10**12
"""Numbers from here on are times, which are never the same."""


@dataclass
class Example:
    method: str
    path: str
    body: bytes
    status: int
    headers: Mapping[str, str]
    answer: str


def examples() -> list[Example]:
    found = []
    for block in re.findall(r"^```http\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        asked, _, answered = block.partition("\n\n")
        (method, path), body = asked.partition("\n")[0].split(" "), asked.partition("\n")[2]
        status, _, rest = answered.partition("\n")
        number, _, begun = status.partition(" ")
        lines = [begun] if begun else []
        headers = {}
        for line in rest.splitlines():
            if not lines and (header := _HEADER.fullmatch(line)):
                headers[header[1]] = header[2]
            else:
                lines.append(line)
        found.append(Example(method, path, body.encode(), int(number), headers, "\n".join(lines).strip()))
    return found


class Reader:
    """Who follows the examples: has a session, and remembers what stands behind `…`."""

    def __init__(self) -> None:
        self.service = Service()
        self.headers: dict[str, str] = {}
        self.seen: list[str] = []

    async def ask(self, example: Example) -> Response:
        url = urlsplit(example.path if "…" not in example.path else self._meant(example.path))
        plain = request(example.method, url.path, example.body, self.headers)
        return await respond(replace(plain, query=dict(parse_qsl(url.query))), self.service)

    def _meant(self, path: str) -> str:
        """The newest text that looks like it."""
        return next(text for text in reversed(self.seen) if _matches(path, text))

    async def read(self, response: Response) -> str:
        data = await self.service.read(response)
        if response.headers.get("content-type") == "application/json":
            self._remember(json.loads(data))
        return data.decode()

    def _remember(self, value: Any) -> None:
        match value:
            case str():
                self.seen.append(value)
            case list():
                for item in value:
                    self._remember(item)
            case dict():
                self._remember(list(value.values()))
                if "token" in value:
                    self.headers = {"authorization": f"Bearer {value['token']}"}


def _matches(expected: str, found: str) -> bool:
    return re.fullmatch(re.escape(expected).replace("…", ".*"), found, re.DOTALL) is not None


def differences(expected: Any, found: Any, place: str = "") -> list[str]:
    match expected, found:
        case "…", _:
            return []
        case dict(), dict() if expected.keys() == found.keys():
            return [line for key in expected for line in differences(expected[key], found[key], f"{place}.{key}")]
        case list(), list() if len(expected) == len(found):
            pairs = enumerate(zip(expected, found, strict=True))
            return [line for index, pair in pairs for line in differences(*pair, f"{place}[{index}]")]
        case str(), str() if _matches(expected, found):
            return []
        case int(), int() if expected >= _TIME and found >= _TIME:
            return []
        case float(), float() if place.endswith(".ms"):
            return []
    return [] if expected == found else [f"{place}: {found!r} and not {expected!r}"]


async def test_each_example_is_what_the_service_says() -> None:
    reader = Reader()
    for example in examples():
        response = await reader.ask(example)
        text = await reader.read(response)
        where = f"{example.method} {example.path}"
        assert response.status == example.status, (where, text)
        for name, value in example.headers.items():
            assert _matches(value, response.headers[name]), (where, name, response.headers[name])
        if example.answer.startswith("{"):
            assert differences(json.loads(example.answer), json.loads(text)) == [], where
        else:
            assert _matches(example.answer, text.strip()), (where, text)


def shown() -> set[tuple[str, str]]:
    return {(method, path) for method, path in re.findall(r"^\| \[`(\w+) ([^`]+)`\]", PAGE, re.MULTILINE)}


def routes() -> set[tuple[str, str]]:
    return {(method, template_of(pattern)) for method, pattern, _ in ROUTES}


def test_each_route_is_in_the_table() -> None:
    assert shown() == routes()


def test_each_route_has_an_example() -> None:
    asked = [(example.method, urlsplit(example.path).path) for example in examples()]
    without = [
        (method, pattern.pattern)
        for method, pattern, _ in ROUTES
        if not any(method == m and pattern.fullmatch(path.replace("…", "x")) for m, path in asked)
    ]
    assert without == []


def codes_in(source: str) -> set[str]:
    """What follows a status in a call, or begins a refusal."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {
        after.value
        for call in calls
        for before, after in pairwise([call.func, *call.args])
        if ast.unparse(before).startswith(("HTTPStatus.", "_Refusal"))
        and isinstance(after, ast.Constant)
        and isinstance(after.value, str)
    }


def test_each_error_is_explained() -> None:
    codes = {code for path in SOURCES for code in codes_in(path.read_text())}
    assert {"unauthorized", "daily_tokens", "no_images", "busy"} <= codes
    assert sorted(code for code in codes if f"`{code}`" not in PAGE) == []


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([a-z-]*\.md)?#([a-z0-9-]+)\)", PAGE))))
def test_each_link_leads_somewhere(link: tuple[str, str]) -> None:
    page, anchor = link
    text = (ROOT / "docs" / page).read_text() if page else PAGE
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert anchor in [re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings]
