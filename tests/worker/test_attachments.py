"""Uploads and downloads with real R2 and D1: bodies that stream, break off, or are not what was announced."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from live import Pop

from edgechat.ids import generate_id

PNG = b"\x89PNG\r\n\x1a\n"
NOTES = "# Notes\n\nThe capital of France is Paris. ✓\n".encode()


@contextmanager
def guest(pop: Pop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pop.url, timeout=30) as client:
        client.headers["authorization"] = f"Bearer {client.post('/api/session').json()['token']}"
        yield client


@pytest.fixture
def client(chat_service: Pop) -> Iterator[httpx.Client]:
    """A guest with a session of their own."""
    with guest(chat_service) as client:
        yield client


def announce(client: httpx.Client, size: int, type: str = "image/png", name: str = "a.png") -> dict[str, Any]:
    response = client.post("/api/attachments", json={"name": name, "type": type, "size": size})
    assert response.status_code == 201, response.text
    announced: dict[str, Any] = response.json()
    return announced


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def chunked(data: bytes, size: int = 65_536) -> Iterator[bytes]:
    """Sent without saying how much it is."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def test_what_was_uploaded_is_what_is_downloaded(client: httpx.Client) -> None:
    image = PNG + os.urandom(2_900_000)
    file = announce(client, len(image), name="ä b.png")
    assert client.put(file["upload"]["url"], content=image).json()["url"] == file["url"]
    response = client.get(file["url"])
    assert response.content == image
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"] == "inline; filename*=UTF-8''%C3%A4%20b.png"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "private, no-cache"
    again = client.get(file["url"], headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_text_is_a_download_that_no_browser_takes_for_a_page(client: httpx.Client) -> None:
    file = announce(client, len(NOTES), "text/markdown", "notes.md")
    assert client.put(file["upload"]["url"], content=NOTES).status_code == 200
    response = client.get(file["url"])
    assert response.text == NOTES.decode()
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("difference", [-1, 1, 100_000])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_body_of_another_size_leaves_nothing(client: httpx.Client, difference: int, is_told: bool) -> None:
    image = PNG + os.urandom(200_000)
    file = announce(client, len(image))
    other = (image + os.urandom(100_000))[: len(image) + difference]
    response = client.put(file["upload"]["url"], content=other if is_told else chunked(other))
    assert code_of(response) == (400, "wrong_size")
    assert code_of(client.get(file["url"])) == (404, "unknown_attachment")
    assert client.put(file["upload"]["url"], content=chunked(image)).status_code == 200
    assert client.get(file["url"]).content == image


def test_an_empty_body_leaves_nothing(client: httpx.Client) -> None:
    file = announce(client, 3, "text/plain")
    assert code_of(client.put(file["upload"]["url"])) == (400, "wrong_size")
    assert code_of(client.put(file["upload"]["url"], content=chunked(b""))) == (400, "wrong_size")
    assert client.put(file["upload"]["url"], content=b"abc").status_code == 200


def test_the_smallest_pieces_make_a_file_too(client: httpx.Client) -> None:
    file = announce(client, len(NOTES), "text/plain")
    assert client.put(file["upload"]["url"], content=chunked(NOTES, 1)).status_code == 200
    assert client.get(file["url"]).content == NOTES


@pytest.mark.parametrize(
    ("data", "type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
        (b"<!doctype html><script>alert(1)</script>", "text/plain"),
        (PNG + bytes(500), "image/jpeg"),
        (b"\xff\xd8\xff" + bytes(90_000), "text/plain"),
    ],
)
def test_what_is_something_else_is_refused_and_leaves_nothing(client: httpx.Client, data: bytes, type: str) -> None:
    file = announce(client, len(data), type)
    for content in (data, chunked(data, 7)):
        assert code_of(client.put(file["upload"]["url"], content=content)) == (415, "wrong_type")
    assert code_of(client.get(file["url"])) == (404, "unknown_attachment")


@pytest.mark.parametrize(
    ("announcement", "status", "code"),
    [
        ({"name": "a.svg", "type": "image/svg+xml", "size": 9}, 415, "file_type_not_allowed"),
        ({"name": "a.html", "type": "text/html", "size": 9}, 415, "file_type_not_allowed"),
        ({"name": "a.png", "type": "image/png", "size": 10**9}, 413, "file_too_large"),
        ({"name": "a.png", "type": "image/png", "size": 2**63}, 413, "file_too_large"),
        ({"name": "a\r\nx: y", "type": "image/png", "size": 9}, 400, "invalid_request"),
        ({"name": "../../a", "type": "image/png", "size": -9}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_attached_is_refused_at_once(
    client: httpx.Client, announcement: dict[str, object], status: int, code: str
) -> None:
    assert code_of(client.post("/api/attachments", json=announcement)) == (status, code)


def test_an_upload_that_breaks_off_can_be_made_again(client: httpx.Client) -> None:
    image = PNG + os.urandom(1_000_000)
    file = announce(client, len(image))
    url = urlsplit(str(client.base_url))
    head = (
        f"PUT {file['upload']['url']} HTTP/1.1\r\nhost: {url.netloc}\r\n"
        f"authorization: {client.headers['authorization']}\r\ncontent-length: {len(image)}\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(head.encode() + image[:500_000])
        time.sleep(0.2)
    assert code_of(client.get(file["url"])) == (404, "unknown_attachment")
    assert client.put(file["upload"]["url"], content=image).status_code == 200
    assert client.get(file["url"]).content == image


def test_of_two_uploads_the_first_one_stays(client: httpx.Client) -> None:
    first, second = PNG + os.urandom(300_000), PNG + os.urandom(300_000)
    file = announce(client, len(first))
    for content in (first, first, second):
        assert client.put(file["upload"]["url"], content=content).status_code == 200
    assert client.get(file["url"]).content == first


def test_the_files_of_another_do_not_exist(client: httpx.Client, chat_service: Pop) -> None:
    file = announce(client, len(NOTES), "text/plain")
    pending = announce(client, len(NOTES), "text/plain")
    assert client.put(file["upload"]["url"], content=NOTES).status_code == 200
    with guest(chat_service) as other:
        for method in ("GET", "DELETE"):
            theirs = other.request(method, file["url"])
            nobodys = other.request(method, "/api/attachments/0123456789abcdef")
            assert code_of(theirs) == (404, "unknown_attachment")
            assert theirs.content == nobodys.content
        tag = {"if-none-match": f'"{file["id"]}"'}
        assert code_of(other.get(file["url"], headers=tag)) == (404, "unknown_attachment")
        assert code_of(other.put(pending["upload"]["url"], content=NOTES)) == (403, "upload_refused")
    with httpx.Client(base_url=chat_service.url) as nobody:
        assert code_of(nobody.get(file["url"])) == (401, "unauthorized")
        assert code_of(nobody.put(pending["upload"]["url"], content=NOTES)) == (401, "unauthorized")
    assert client.get(file["url"]).content == NOTES


def test_there_is_room_for_so_many_files(client: httpx.Client) -> None:
    files = [announce(client, 3, "text/plain") for _ in range(20)]
    response = client.post("/api/attachments", json={"name": "a", "type": "text/plain", "size": 3})
    assert code_of(response) == (413, "no_room")
    assert client.put(files[0]["upload"]["url"], content=b"abc").status_code == 200
    assert client.delete(files[0]["url"]).status_code == 204
    assert code_of(client.get(files[0]["url"])) == (404, "unknown_attachment")
    announce(client, 3, "text/plain")


def test_who_has_their_data_deleted_has_no_more_files(client: httpx.Client) -> None:
    file = announce(client, len(NOTES), "text/plain")
    assert client.put(file["upload"]["url"], content=NOTES).status_code == 200
    assert client.delete("/api/me").status_code == 204
    assert code_of(client.get(file["url"])) == (404, "unknown_attachment")


def ask(client: httpx.Client, *parts: dict[str, str]) -> httpx.Response:
    message = {"id": generate_id(), "role": "user", "parts": parts}
    return client.post("/api/chat", json={"id": generate_id(), "message": message})


def test_a_model_that_takes_no_images_says_so(client: httpx.Client) -> None:
    file = announce(client, 100)
    assert client.put(file["upload"]["url"], content=PNG + bytes(92)).status_code == 200
    response = ask(client, {"type": "file", "mediaType": "image/png", "url": file["url"]})
    assert code_of(response) == (400, "no_images")
    assert "takes no images" in response.json()["error"]["message"]


def test_a_message_has_no_files_but_the_users_own(client: httpx.Client, chat_service: Pop) -> None:
    with guest(chat_service) as other:
        theirs = announce(other, 3, "text/plain")
        assert other.put(theirs["upload"]["url"], content=b"abc").status_code == 200
    for url, code in (
        (theirs["url"], "unknown_attachment"),
        ("/api/attachments/0123456789abcdef", "unknown_attachment"),
        (f"{chat_service.url}/api/health", "invalid_file"),
        ("data:text/plain,abc", "invalid_file"),
    ):
        assert code_of(ask(client, {"type": "file", "mediaType": "text/plain", "url": url})) == (400, code)
