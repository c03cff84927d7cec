"""Upload, download, list and removal of files.

An upload is announced first. The answer has the address to which the file may be sent, by the same user, for ten
minutes; it is signed, together with what was announced.
"""

import hashlib
import hmac
import time
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import jwt
import msgspec

from edgechat.json import JSONDecoder
from service import auth
from service.attachments import kinds
from service.attachments.store import UPLOAD_TIME, Attachment, Attachments, key_of, megabytes
from service.auth.sessions import User
from service.bindings import Env
from service.bursts import check_burst
from service.limits import caller_of
from service.settings import Files
from service.stores import asked
from service.web import HTTPError, Request, Response, Stream, json_response

_AUDIENCE = "attachment"
# Nothing that is shown from here may run, load or be framed as anything else than what it is.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


class _Announcement(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
    type: Annotated[str, msgspec.Meta(max_length=200)]
    size: Annotated[int, msgspec.Meta(gt=0)]


class _Claims(msgspec.Struct):
    type: str
    size: int


_announcement = JSONDecoder[_Announcement](_Announcement)


async def post_attachment(request: Request, env: Env) -> Response:
    """Announces a file: its name, type and size."""
    user = await auth.require_active_user(request, env)
    announced = await request.json(_announcement)
    media_type = announced.type.partition(";")[0].strip().lower()
    _check(media_type, announced.size, env.limits.files)
    caller = caller_of(request, env, user)
    await check_burst(env, f"attachments:{caller.key}")
    file = await Attachments(env, user).announce(
        announced.name, media_type, announced.size, env.limits.tier(caller.tier)
    )
    expires = int(time.time()) + UPLOAD_TIME
    upload = {
        "method": "PUT",
        "url": f"{file.url}/{_sign(file, user, expires, env.session_secret)}",
        "expiresAt": expires * 1000,
    }
    return json_response(_shown(file) | {"upload": upload}, HTTPStatus.CREATED)


async def get_attachments(request: Request, env: Env) -> Response:
    """The caller's files, the newest first, and how much room there is for them."""
    user = await auth.require_active_user(request, env)
    files = await Attachments(env, user).all()
    tier = env.limits.tier(caller_of(request, env, user).tier)
    room = {
        "files": {"used": len(files), "limit": tier.files},
        "bytes": {"used": sum(file.size for file in files), "limit": tier.file_bytes},
    }
    return json_response({"attachments": list(map(_shown, files)), "room": room})


async def put_attachment(request: Request, env: Env, id: str, token: str) -> Response:
    """Takes the bytes of a file that was announced. Sent again, it is the file that came first."""
    user = await auth.require_active_user(request, env)
    claims = _read(token, id, user, env.session_secret)
    length = request.headers.get("content-length")
    if length is not None and length != str(claims.size):
        raise _wrong_size(claims.size)

    def check(start: bytes) -> None:
        if not kinds.fits(claims.type, start):
            raise HTTPError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "wrong_type", f"The file does not look like {claims.type}."
            )

    key = key_of(user, id)
    if not await asked(request.store(env.r2, key, claims.size, check, {}), None):
        raise _wrong_size(claims.size)
    file = await Attachments(env, user).uploaded(id)
    if file is None:
        await env.r2.delete([key])
        raise _unknown()
    return json_response(_shown(file))


async def get_attachment(request: Request, env: Env, id: str) -> Response:
    """The file, only for its owner."""
    user = await auth.require_active_user(request, env)
    file = (await Attachments(env, user).find([id])).get(id)
    if file is None:
        raise _unknown()
    headers = {
        # The next who uses this browser may be somebody else: so each time it is asked whose the file is.
        "cache-control": "private, no-cache",
        "etag": f'"{id}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": _POLICY,
        "cross-origin-resource-policy": "same-origin",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    stored = await env.r2.get(file.key)
    if stored is None:
        raise _unknown()
    is_image = kinds.is_image(file.type)
    headers["content-type"] = file.type if is_image else f"{file.type}; charset=utf-8"
    headers["content-disposition"] = f"{'inline' if is_image else 'attachment'}; filename*=UTF-8''{_quoted(file.name)}"
    return Response(Stream(stored.body), headers=headers)


async def delete_attachment(request: Request, env: Env, id: str) -> Response:
    user = await auth.require_active_user(request, env)
    if not await Attachments(env, user).delete(id):
        raise _unknown()
    return Response(status=HTTPStatus.NO_CONTENT)


def _check(type: str, size: int, files: Files) -> None:
    if not kinds.is_allowed(type):
        raise HTTPError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "file_type_not_allowed",
            "PNG, JPEG, WebP and GIF images can be attached, and plain text and Markdown, but nothing else.",
        )
    most, of_what = (files.image_bytes, "an image") if kinds.is_image(type) else (files.text_bytes, "text")
    if size > most:
        raise HTTPError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "file_too_large",
            f"The file is too large: {megabytes(most)} are the most for {of_what}.",
        )


def _shown(file: Attachment) -> dict[str, str | int]:
    return {"id": file.id, "url": file.url, "name": file.name, "type": file.type, "size": file.size}


def _sign(file: Attachment, user: User, expires: int, secret: str) -> str:
    claims = {"aud": _AUDIENCE, "sub": user.id, "jti": file.id, "type": file.type, "size": file.size, "exp": expires}
    return jwt.encode(claims, _key(secret), algorithm="HS256")


def _read(token: str, id: str, user: User, secret: str) -> _Claims:
    """What was announced. Only the user who did so can use the token, and only for that file."""
    try:
        options: jwt.types.Options = {"require": ["exp", "sub", "jti"], "strict_aud": True}
        claims = jwt.decode(
            token, _key(secret), algorithms=["HS256"], audience=_AUDIENCE, subject=user.id, options=options
        )
        if claims["jti"] != id:
            raise jwt.InvalidTokenError
        return msgspec.convert(claims, _Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError):
        raise HTTPError(
            HTTPStatus.FORBIDDEN,
            "upload_refused",
            "This upload address does not hold, or no longer. Ask for a new one.",
        ) from None


def _key(secret: str) -> bytes:
    """Not the key of sessions: neither token can be taken for the other."""
    return hmac.digest(secret.encode(), b"attachments", hashlib.sha256)


def _quoted(name: str) -> str:
    """For a header (RFC 8187)."""
    return quote(name, safe="", errors="replace")


def _wrong_size(size: int) -> HTTPError:
    return HTTPError(
        HTTPStatus.BAD_REQUEST, "wrong_size", f"The file does not have the {size} bytes that were announced."
    )


def _unknown() -> HTTPError:
    return HTTPError(HTTPStatus.NOT_FOUND, "unknown_attachment", "There is no such file.")
