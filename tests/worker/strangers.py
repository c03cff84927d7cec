"""Those who attack the Worker, and what they attack: every route there is, so also one that is added tomorrow."""

import json
import re
from typing import Any

import httpx

from edgechat.ids import generate_id
from service.routes import ROUTES

SOON = 5
"""Seconds, on a machine that may be busy. Most answers take some milliseconds."""

SECRET_TEXT = "The treasure is buried under the old oak."
EVIL = "https://evil.example"

_PUBLIC = {("GET", "/api/health"), *((method, "/api/session") for method in ("GET", "POST", "DELETE"))}
_PLACEHOLDER = re.compile(r"\(\?P<(\w+)>(?:[^()]|\\.)*\)")
PRIVATE = [
    (method, _PLACEHOLDER.sub(r"{\1}", pattern.pattern))
    for method, pattern, _ in ROUTES
    if (method, pattern.pattern) not in _PUBLIC
]
CHANGING = [(method, path) for method, path in PRIVATE if method != "GET"]
LISTS = [path for method, path in PRIVATE if method == "GET" and "{" not in path]
OF_ONE = [(method, path) for method, path in PRIVATE if "{" in path]


def path_of(template: str, known: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: "x.y.z" if found[1] == "token" else known, template)


def message(text: str = "Hi", **changes: Any) -> dict[str, Any]:
    return {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": text}]} | changes


class Patient(httpx.HTTPTransport):
    """wrangler's local proxy loses the connection on which a body was not read to its end, and notices only later."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = super().handle_request(request)
            if response.status_code != 500 or b"Network connection lost" not in response.read():
                return response
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            pass
        return super().handle_request(request)


def new_session(server: httpx.Client) -> str:
    return str(server.post("/api/session").json()["token"])


class Person:
    def __init__(self, server: httpx.Client) -> None:
        self._server = server
        self.token = new_session(server)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self._server.request(method, path, headers=headers, **options)

    def say(self, chat: str, text: str) -> str:
        """Answers the id of the answer, which is stopped at its first word."""
        headers = {"authorization": f"Bearer {self.token}"}
        body = {"id": chat, "message": message(text)}
        said = ""
        with self._server.stream("POST", "/api/chat", json=body, headers=headers, timeout=60) as response:
            for piece in response.iter_text():
                if "text-delta" not in said and "text-delta" in said + piece:
                    self.ask("POST", f"/api/chat/{chat}/stop")
                said += piece
        found = re.search(r'"messageId":"(\w+)"', said)
        assert found, said
        return found[1]


def send_json(server: httpx.Client, body: object) -> httpx.Response:
    """To begin a session. Whatever the text, it is ASCII."""
    headers = {"content-type": "application/json"}
    return server.post("/api/session", content=json.dumps(body).encode(), headers=headers)


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Of an error, which is JSON and shows nothing of the inside."""
    assert response.headers["content-type"] == "application/json", response.text[:200]
    assert "Traceback" not in response.text
    error = response.json()["error"]
    assert error.keys() == {"code", "message"}
    return response.status_code, error["code"]
