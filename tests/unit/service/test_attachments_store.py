import json
import time
from typing import Any

import fakes
import jwt
import pytest
from fakes import bearer, request
from limiting import TIER, Bursts, Env, limits

from edgechat.model.files import data_url
from edgechat.testing import FakeClock, JsException
from edgechat.ui.messages import FilePart, TextPart, UIMessage, UIPart
from service.attachments import Attachments, checked_files, delete_missing, kinds, with_files
from service.attachments.handlers import _key
from service.auth import User, accounts
from service.history import History, Turn
from service.models import Choice
from service.routes import respond
from service.web import HTTPError, Response, Stream

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 92
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 96
GIF = b"GIF89a" + b"\0" * 94
WEBP = b"RIFF\x5c\0\0\0WEBPVP8 " + b"\0" * 84
NOTES = "# Notes\n\nä ✓".encode()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock(time.time())
    monkeypatch.setattr(time, "time", clock)
    return clock


async def ask(env: Env, method: str, path: str, body: object = b"", user: str = "user_1", **headers: str) -> Response:
    return await respond(request(method, path, body, bearer(user) | headers), env)


def body_of(response: Response) -> dict[str, Any]:
    assert isinstance(response.body, bytes)
    decoded: dict[str, Any] = json.loads(response.body)
    return decoded


def code_of(response: Response) -> tuple[int, str]:
    return response.status, body_of(response)["error"]["code"]


async def announced(env: Env, data: bytes, type: str, user: str = "user_1", name: str = "a.bin") -> dict[str, Any]:
    response = await ask(env, "POST", "/api/attachments", {"name": name, "type": type, "size": len(data)}, user)
    assert response.status == 201, response.body
    return body_of(response)


async def uploaded(env: Env, data: bytes, type: str, user: str = "user_1", name: str = "a.bin") -> dict[str, Any]:
    file = await announced(env, data, type, user, name)
    response = await ask(env, "PUT", file["upload"]["url"], data, user)
    assert response.status == 200, response.body
    return body_of(response)


async def content_of(response: Response) -> bytes:
    assert isinstance(response.body, Stream)
    return bytes(await response.body.readable.arrayBuffer())


@pytest.mark.parametrize(
    ("data", "type", "shown", "disposition"),
    [
        (PNG, "image/png", "image/png", "inline"),
        (JPEG, "image/jpeg", "image/jpeg", "inline"),
        (GIF, "IMAGE/GIF", "image/gif", "inline"),
        (WEBP, "image/webp", "image/webp", "inline"),
        (NOTES, "text/markdown", "text/markdown; charset=utf-8", "attachment"),
        (NOTES, "text/plain; charset=utf-8", "text/plain; charset=utf-8", "attachment"),
    ],
)
async def test_a_file_is_announced_sent_and_shown(data: bytes, type: str, shown: str, disposition: str) -> None:
    env = Env()
    file = await announced(env, data, type, name="a ü.bin")
    assert file["upload"]["method"] == "PUT"
    assert file["upload"]["url"].startswith(f"/api/attachments/{file['id']}/")
    assert file["upload"]["expiresAt"] == (int(time.time()) + 600) * 1000
    response = await ask(env, "PUT", file["upload"]["url"], data)
    assert (response.status, body_of(response)) == (200, {name: file[name] for name in file if name != "upload"})

    response = await ask(env, "GET", file["url"])
    assert response.status == 200
    assert response.headers == {
        "cache-control": "private, no-cache",
        "etag": f'"{file["id"]}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "content-type": shown,
        "content-disposition": f"{disposition}; filename*=UTF-8''a%20%C3%BC.bin",
    }
    assert await content_of(response) == data


@pytest.mark.parametrize(
    ("announcement", "status", "code"),
    [
        ({"type": "image/svg+xml"}, 415, "file_type_not_allowed"),
        ({"type": "text/html"}, 415, "file_type_not_allowed"),
        ({"type": "application/pdf"}, 415, "file_type_not_allowed"),
        ({"type": ""}, 415, "file_type_not_allowed"),
        ({"type": "image/png\r\nx: y"}, 415, "file_type_not_allowed"),
        ({"type": "x" * 201}, 400, "invalid_request"),
        ({"size": 1001}, 413, "file_too_large"),
        ({"type": "text/plain", "size": 101}, 413, "file_too_large"),
        ({"size": 10**30}, 413, "file_too_large"),
        ({"size": 0}, 400, "invalid_request"),
        ({"size": -1}, 400, "invalid_request"),
        ({"size": 1.5}, 400, "invalid_request"),
        ({"size": "10"}, 400, "invalid_request"),
        ({"name": ""}, 400, "invalid_request"),
        ({"name": "a\r\nset-cookie: x=1"}, 400, "invalid_request"),
        ({"name": "a.png\n"}, 400, "invalid_request"),
        ({"name": "x" * 201}, 400, "invalid_request"),
        ({"name": None}, 400, "invalid_request"),
    ],
)
async def test_what_cannot_be_attached_is_refused_at_once(
    announcement: dict[str, object], status: int, code: str
) -> None:
    env = Env()
    whole = {"name": "a.png", "type": "image/png", "size": 100} | announcement
    assert code_of(await ask(env, "POST", "/api/attachments", whole)) == (status, code)
    assert not [line for line in env.db.log if "INSERT INTO attachments" in line]


@pytest.mark.parametrize(
    ("data", "type"),
    [
        (JPEG, "image/png"),
        (PNG, "image/jpeg"),
        (b"GIF88a" + b"\0" * 10, "image/gif"),
        (b"RIFF\0\0\0\0WAVEfmt ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
        (PNG, "text/plain"),
        (b"a\0b", "text/plain"),
        ("ä".encode("latin-1"), "text/markdown"),
        ("a".encode("utf-16"), "text/plain"),
        (b"<svg onload=alert(1)>", "text/plain"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><script>", "text/plain"),
        (b"<HTML>", "text/markdown"),
        (b'<?xml version="1.0"?><svg/>', "text/markdown"),
        (b"<script>alert(1)</script>", "text/plain"),
    ],
)
async def test_a_file_that_is_not_what_it_was_announced_as_is_refused(data: bytes, type: str) -> None:
    env = Env()
    file = await announced(env, data, type)
    assert code_of(await ask(env, "PUT", file["upload"]["url"], data)) == (415, "wrong_type")
    assert code_of(await ask(env, "GET", file["url"])) == (404, "unknown_attachment")
    assert (await env.r2.list())["objects"] == []


def test_text_may_be_cut_within_a_character_and_markdown_may_begin_with_html() -> None:
    assert kinds.fits("text/plain", ("a" + "✓" * 200).encode()[:512])
    assert kinds.fits("text/markdown", b'<p align="center">\n  <b>edgechat</b>\n</p>')
    assert kinds.fits("text/plain", b"<svg-like words> are text")


@pytest.mark.parametrize("sent", [PNG[:-1], PNG + b"\0", b""])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_file_of_another_size_is_refused(sent: bytes, is_told: bool) -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    length = {"content-length": str(len(sent))} if is_told else {}
    response = await respond(request("PUT", file["upload"]["url"], sent, bearer("user_1") | length), env)
    assert code_of(response) in ((400, "wrong_size"), (415, "wrong_type"))
    assert (await env.r2.list())["objects"] == []
    assert (await ask(env, "PUT", file["upload"]["url"], PNG)).status == 200


async def test_what_was_sent_first_stays() -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    other = PNG[:-1] + b"!"
    for data in (PNG, PNG, other):
        assert (await ask(env, "PUT", file["upload"]["url"], data)).status == 200
    assert await content_of(await ask(env, "GET", file["url"])) == PNG


async def test_an_upload_address_holds_for_ten_minutes(clock: FakeClock) -> None:
    env = Env()
    clock.advance(-601)
    file = await announced(env, PNG, "image/png")
    clock.advance(601)
    assert code_of(await ask(env, "PUT", file["upload"]["url"], PNG)) == (403, "upload_refused")


async def test_an_upload_address_is_for_one_user_and_one_file() -> None:
    env = Env()
    file, other = await announced(env, PNG, "image/png"), await announced(env, PNG, "image/png")
    url = file["upload"]["url"]
    assert code_of(await ask(env, "PUT", url, PNG, "user_2")) == (403, "upload_refused")
    elsewhere = url.replace(file["id"], other["id"], 1)
    assert code_of(await ask(env, "PUT", elsewhere, PNG)) == (403, "upload_refused")


async def test_a_session_token_is_no_upload_address_nor_the_other_way_round() -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    session = bearer("user_1")["authorization"].removeprefix("Bearer ")
    assert code_of(await ask(env, "PUT", f"{file['url']}/{session}", PNG)) == (403, "upload_refused")
    token = file["upload"]["url"].rpartition("/")[2]
    response = await respond(request("GET", "/api/usage", headers={"authorization": f"Bearer {token}"}), env)
    assert code_of(response) == (401, "unauthorized")


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"sub": None},
        {"jti": None},
        {"aud": None},
        {"aud": ["attachment"]},
        {"size": "100"},
        {"type": None},
    ],
)
async def test_an_upload_address_must_say_everything(change: dict[str, object]) -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    claims = {"aud": "attachment", "sub": "user_1", "jti": file["id"], "type": "image/png", "size": 100}
    for changed, status in (({}, 200), (change, 403)):
        whole = {k: v for k, v in (claims | {"exp": int(time.time()) + 60} | changed).items() if v is not None}
        token = jwt.encode(whole, _key(env.session_secret), algorithm="HS256")
        assert (await ask(env, "PUT", f"{file['url']}/{token}", PNG)).status == status


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 1000])
async def test_no_other_upload_address_holds(token: str) -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    assert code_of(await ask(env, "PUT", f"{file['url']}/{token}", PNG)) == (403, "upload_refused")


async def test_the_file_of_another_is_as_unknown_as_one_that_does_not_exist() -> None:
    env = Env()
    theirs = await uploaded(env, PNG, "image/png", "user_1")
    for path in (theirs["url"], "/api/attachments/nothing"):
        for method in ("GET", "DELETE"):
            response = await ask(env, method, path, user="user_2")
            assert code_of(response) == (404, "unknown_attachment")
            assert "etag" not in response.headers
    assert (await ask(env, "GET", theirs["url"])).status == 200


@pytest.mark.parametrize(
    "path", ["/api/attachments/a/../b", "/api/attachments/a%2Fb", "/api/attachments/..", "/api/attachments/" + "a" * 65]
)
async def test_a_path_is_no_way_out(path: str) -> None:
    assert code_of(await ask(Env(), "GET", path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/attachments"),
        ("PUT", "/api/attachments/a/t"),
        ("GET", "/api/attachments/a"),
        ("GET", "/api/usage"),
    ],
)
async def test_without_a_session_nothing_is_done(method: str, path: str) -> None:
    response = await respond(request(method, path, {"name": "a", "type": "image/png", "size": 1}), fakes.Env())
    assert code_of(response) == (401, "unauthorized")


async def test_a_file_that_has_not_come_is_not_there() -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    assert code_of(await ask(env, "GET", file["url"])) == (404, "unknown_attachment")


async def test_what_a_browser_has_is_not_sent_again() -> None:
    env = Env()
    file = await uploaded(env, PNG, "image/png")
    env.r2.log.clear()
    tag = f'"{file["id"]}"'
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        response = await ask(env, "GET", file["url"], **{"if-none-match": known})
        assert (response.status, response.body) == (304, b"")
    assert env.r2.log == []
    response = await ask(env, "GET", file["url"], user="user_2", **{"if-none-match": tag})
    assert code_of(response) == (404, "unknown_attachment")


async def test_a_user_keeps_no_more_files_than_there_is_room_for() -> None:
    env = Env(user=TIER | {"models": ["small"], "files": 2, "file_bytes": 250})
    first = await uploaded(env, PNG, "image/png")
    await announced(env, PNG, "image/png")
    announcement = {"name": "a", "type": "image/png", "size": 51}
    response = await ask(env, "POST", "/api/attachments", announcement)
    assert code_of(response) == (413, "no_room")
    assert body_of(response)["error"]["message"].startswith("There is no room for this file: you can keep 2 files")
    assert (await ask(env, "POST", "/api/attachments", announcement, "user_2")).status == 201
    assert (await ask(env, "DELETE", first["url"])).status == 204
    assert (await ask(env, "POST", "/api/attachments", announcement | {"size": 151})).status == 413
    assert (await ask(env, "POST", "/api/attachments", announcement | {"size": 150})).status == 201


async def test_a_user_is_told_what_they_keep_and_what_room_is_left(clock: FakeClock) -> None:
    env = Env()
    first = await uploaded(env, PNG, "image/png", name="ä.png")
    clock.advance(1)
    second = await uploaded(env, NOTES, "text/markdown", name="notes.md")
    await announced(env, NOTES, "text/markdown", user="user_2")
    assert body_of(await ask(env, "GET", "/api/attachments")) == {
        "attachments": [second, first],
        "room": {
            "files": {"used": 2, "limit": TIER["files"]},
            "bytes": {"used": len(PNG) + len(NOTES), "limit": TIER["file_bytes"]},
        },
    }
    assert body_of(await ask(env, "GET", "/api/attachments", user="user_2"))["attachments"] == []


async def test_the_room_of_a_file_that_never_came_is_free_again(clock: FakeClock) -> None:
    env = Env(user=TIER | {"models": ["small"], "files": 1})
    clock.advance(-1000)
    lost = await announced(env, PNG, "image/png")
    await env.r2.put(f"user_1/attachments/{lost['id']}", PNG)  # the Worker ended before this was noted
    clock.advance(1000)
    kept = await uploaded(env, PNG, "image/png")
    await delete_missing(env)
    assert [found.key for found in (await env.r2.list())["objects"]] == [f"user_1/attachments/{kept['id']}"]
    assert code_of(await ask(env, "PUT", lost["upload"]["url"], PNG)) == (403, "upload_refused")


async def test_a_file_that_comes_too_late_does_not_stay() -> None:
    env = Env()
    file = await announced(env, PNG, "image/png")
    await env.db.exec("DELETE FROM attachments")
    assert code_of(await ask(env, "PUT", file["upload"]["url"], PNG)) == (404, "unknown_attachment")
    assert (await env.r2.list())["objects"] == []


async def test_what_r2_could_not_delete_can_be_deleted_again() -> None:
    env = Env()
    file = await uploaded(env, PNG, "image/png")
    env.r2.fail_on("delete", JsException("no such luck"))
    assert (await ask(env, "DELETE", file["url"])).status == 503
    assert (await ask(env, "GET", file["url"])).status == 200
    env.r2._on.clear()
    assert (await ask(env, "DELETE", file["url"])).status == 204
    assert (await env.r2.list())["objects"] == []


async def test_a_users_files_can_be_deleted_together() -> None:
    env = Env()
    for _ in range(2):
        await uploaded(env, PNG, "image/png")
    kept = await uploaded(env, PNG, "image/png", "user_2")
    await Attachments(env, User("user_1")).delete_all()
    assert [found.key for found in (await env.r2.list())["objects"]] == [f"user_2/attachments/{kept['id']}"]
    await Attachments(env, User("user_1")).delete_all()


async def test_the_files_of_a_chat_can_be_deleted() -> None:
    env, user = Env(user=ROOMY), User("user_1")
    gone, other, unsent = [await uploaded(env, NOTES, "text/plain") for _ in range(3)]
    for chat_id, file in (("c1", gone), ("c2", other)):
        parts: list[UIPart] = [TextPart(text=unsent["url"]), file_part(file)]
        asked, answered = message(*parts), UIMessage(id="a1", role="assistant", parts=[TextPart(text="Fine")])
        await History(env.db, user).save(Turn(chat_id, None, [asked, answered]))
    await Attachments(env, User("user_2")).delete_of_chat("c1")
    assert (await ask(env, "GET", gone["url"])).status == 200
    await Attachments(env, user).delete_of_chat("c1")
    assert [(await ask(env, "GET", file["url"])).status for file in (gone, other, unsent)] == [404, 200, 200]
    assert len((await env.r2.list())["objects"]) == 2


async def test_the_files_of_a_guest_pass_to_their_account() -> None:
    env = Env()
    file = await uploaded(env, PNG, "image/png", "guest_1")
    other = await announced(env, PNG, "image/png", "guest_1")
    await accounts.sign_in(env.db, User("user_1"), User("guest_1"))
    assert code_of(await ask(env, "PUT", other["upload"]["url"], PNG, "guest_1")) == (401, "unauthorized")
    assert await content_of(await ask(env, "GET", file["url"], user="user_1")) == PNG
    await accounts.sign_in(env.db, User("user_2"), User("guest_1"))  # too late
    assert code_of(await ask(env, "GET", file["url"], user="user_2")) == (404, "unknown_attachment")


async def test_files_come_not_too_fast() -> None:
    env = Env()
    env.bursts = Bursts(room=1)
    await announced(env, PNG, "image/png")
    response = await ask(env, "POST", "/api/attachments", {"name": "a", "type": "image/png", "size": 1})
    assert code_of(response) == (429, "too_fast")
    assert response.headers["retry-after"] == "60"


SMALL_MODEL = Choice("small", limits().models["small"])
LARGE_MODEL = Choice("large", limits().models["large"])


def message(*parts: UIPart) -> UIMessage:
    return UIMessage(id="u1", role="user", parts=list(parts))


def file_part(file: dict[str, Any]) -> FilePart:
    return FilePart(media_type=file["type"], url=file["url"], filename="what the page says")


async def told(env: Env, choice: Choice, *messages: UIMessage, user: str = "user_1") -> list[list[UIPart]]:
    return [each.parts for each in await with_files(env, Attachments(env, User(user)), messages, choice)]


async def refused(env: Env, choice: Choice, *messages: UIMessage, user: str = "user_1") -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        await told(env, choice, *messages, user=user)
    return caught.value


async def test_a_model_is_told_images_as_data_and_texts_as_text() -> None:
    env = Env()
    image = await uploaded(env, PNG, "image/png", name="a.png")
    notes = await uploaded(env, NOTES, "text/markdown", name="notes.md")
    asked = TextPart(text="What is this?")
    ((question, picture, text),) = await told(env, LARGE_MODEL, message(asked, file_part(image), file_part(notes)))
    assert question == asked
    assert picture == FilePart(media_type="image/png", url=data_url("image/png", PNG), filename="a.png")
    assert text == TextPart(text=f"[Attached file: notes.md]\n{NOTES.decode()}\n[End of the file]")


async def test_messages_without_files_cost_no_look_at_anything() -> None:
    env = Env()
    plain = message(TextPart(text="Hi"), FilePart(media_type="image/png", url="https://example.org/a.png"))
    assert await told(env, SMALL_MODEL, plain) == [plain.parts]
    assert (env.db.log, env.r2.log) == ([], [])


async def test_a_model_that_takes_no_images_says_so() -> None:
    env = Env()
    image = await uploaded(env, PNG, "image/png", name="a.png")
    error = await refused(env, SMALL_MODEL, message(file_part(image)))
    assert (error.status, error.code) == (400, "no_images")
    assert str(error).startswith("The model small takes no images.")
    earlier, _ = await told(env, SMALL_MODEL, message(file_part(image)), message(TextPart(text="And now?")))
    assert earlier == [TextPart(text="[A file was attached here: a.png]")]


async def test_only_the_users_own_files_are_told() -> None:
    env = Env()
    theirs = await uploaded(env, NOTES, "text/plain", "user_2")
    unknown = {"type": "text/plain", "url": "/api/attachments/nothing"}
    pending = await announced(env, NOTES, "text/plain")
    for file in (theirs, unknown, pending):
        error = await refused(env, LARGE_MODEL, message(file_part(file)))
        assert (error.status, error.code) == (400, "unknown_attachment")
        earlier, _ = await told(env, LARGE_MODEL, message(file_part(file)), message(TextPart(text="Hi")))
        assert earlier == [TextPart(text="[A file was attached here: it is no longer there]")]


ROOMY = TIER | {"models": ["large"], "files": 9, "file_bytes": 1_000_000}
LONG = b"x" * 15_000


async def test_text_that_is_too_long_for_the_model_is_refused() -> None:
    env = Env(files={"image_bytes": 1000, "text_bytes": 30_000, "per_message": 2}, user=ROOMY)
    notes, more = await uploaded(env, LONG, "text/plain"), await uploaded(env, LONG, "text/plain")
    assert await told(env, SMALL_MODEL, message(file_part(notes)))
    error = await refused(env, SMALL_MODEL, message(file_part(notes), file_part(more)))
    assert (error.status, error.code) == (413, "files_too_long")
    assert "takes about 20,232 characters" in str(error)
    (earlier,), (last,) = await told(env, SMALL_MODEL, message(file_part(notes)), message(file_part(more)))
    assert earlier == TextPart(text="[A file was attached here: a.bin]")
    assert LONG.decode() in last.text  # type: ignore[union-attr]


async def test_images_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.attachments.content.MAX_IMAGES", 250)
    env = Env(user=ROOMY)
    images = [file_part(await uploaded(env, PNG, "image/png")) for _ in range(3)]
    error = await refused(env, LARGE_MODEL, message(*images))
    assert (error.status, error.code) == (413, "files_too_large")
    parts = await told(env, LARGE_MODEL, *[message(image) for image in images])
    assert [type(part) for (part,) in parts] == [TextPart, FilePart, FilePart]


async def test_a_file_is_told_once_where_it_was_attached_last() -> None:
    env = Env()
    image = file_part(await uploaded(env, PNG, "image/png"))
    parts = await told(env, LARGE_MODEL, message(image), message(TextPart(text="Hi")), message(image, image))
    assert [[type(part) for part in each] for each in parts] == [[TextPart], [TextPart], [FilePart, TextPart]]


async def test_a_file_that_r2_has_lost_is_named() -> None:
    env = Env()
    notes = await uploaded(env, NOTES, "text/plain", name="n.txt")
    await env.r2.delete(f"user_1/attachments/{notes['id']}")
    assert await told(env, SMALL_MODEL, message(file_part(notes))) == [
        [TextPart(text="[A file was attached here: n.txt]")]
    ]
    assert code_of(await ask(env, "GET", notes["url"])) == (404, "unknown_attachment")


FILES = limits().files


def test_the_files_of_a_message_are_those_that_were_uploaded() -> None:
    url = "/api/attachments/abc"
    part = FilePart(media_type="image/png", url=url, filename="a.png", provider_metadata={"x": {"y": 1}})
    assert checked_files([TextPart(text="Hi"), part], FILES) == [
        FilePart(media_type="image/png", url=url, filename="a.png")
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"url": "https://example.org/a.png"},
        {"url": "data:image/png;base64,AAAA"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "/api/attachments/../usage"},
        {"url": "/api/attachments/abc/token"},
        {"url": "/api/attachments/abc\n"},
        {"url": ""},
        {"media_type": "image/svg+xml"},
        {"filename": "x" * 201},
    ],
)
def test_no_other_file_is_taken(part: dict[str, str]) -> None:
    whole: dict[str, Any] = {"media_type": "image/png", "url": "/api/attachments/abc"} | part
    with pytest.raises(HTTPError) as caught:
        checked_files([FilePart(**whole)], FILES)
    assert (caught.value.status, caught.value.code) == (400, "invalid_file")


def test_a_message_has_not_too_many_files() -> None:
    part = FilePart(media_type="image/png", url="/api/attachments/abc")
    with pytest.raises(HTTPError) as caught:
        checked_files([part] * 3, FILES)
    assert (caught.value.status, caught.value.code) == (400, "too_many_files")
