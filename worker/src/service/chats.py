"""A user's conversations: `/api/chats`, `/api/search`, `/api/export` and `DELETE /api/me`.

With an answer comes a bookmark of the database in the header `x-d1-bookmark`. A request that sends it back sees at
least what was there then, from whatever replica is near. One without reads the primary.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Annotated

import msgspec

from edgechat.json import JSONDecoder
from edgechat.ui.messages import decode_messages
from service import auth
from service.attachments import Attachments
from service.bindings import D1BookmarkSession, Env
from service.clock import now
from service.history import Catalogue, Memory, OpenConversation, bounds, export, search
from service.history.catalogue import PAGE, Position
from service.history.errors import UnknownParent
from service.salvage import Announcement
from service.tapes import tapes_of
from service.web import Download, HTTPError, Request, Response, Unavailable, json_response, unknown_chat

log = logging.getLogger("edgechat")

BOOKMARK = "x-d1-bookmark"
PRIMARY = "first-primary"
"""In the place of a bookmark: what the answer to a request tells that is going to write."""

MAX_QUERY = 200
"""Characters."""

_BOOKMARK = re.compile(r"[0-9a-f-]{1,200}|first-primary")
_CURSOR = re.compile(r"([0-9]{1,15})\.([A-Za-z0-9_-]{1,64})")


class _Change(msgspec.Struct, rename="camel"):
    title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    head_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")] | None = None


_change = JSONDecoder[_Change](_Change)


class Desk:
    """What a handler works with: the conversations of the caller, and a session of the database."""

    def __init__(self, env: Env, user: auth.User, db: D1BookmarkSession) -> None:
        self.env = env
        self.user = user
        self.db = db
        self.memory = Memory(db, env.kv, env.r2, user)
        self.catalogue = Catalogue(db, user)

    async def open(self, chat_id: str) -> OpenConversation:
        """Also what is archived. Raises a 404."""
        found = await self.memory.read(chat_id, lambda: self.catalogue.open(chat_id))
        if found is None:
            raise unknown_chat()
        return found

    async def show(self, chat_id: str) -> OpenConversation:
        """As `open`, and while an answer is being written with what is saved together with it: the question, and of an
        answer that goes on the beginning."""
        running, _ = await asyncio.gather(self._running(chat_id), self.memory.settle(chat_id))
        # Its tape may not have heard of the end.
        if running is None or await self.catalogue.has_whole(chat_id, running.new_answer()):
            return await self.open(chat_id)
        # An empty id is that of no message: nothing comes before a first one.
        leaf_id = running.parent_id or ""
        try:
            found = await self.memory.read(chat_id, lambda: self.catalogue.open(chat_id, leaf_id))
        except UnknownParent:
            return await self.open(chat_id)
        new, answer = decode_messages(running.new), running.new_answer()
        if found is None:
            at = now()
            found = OpenConversation(chat_id, bounds.title_of(new[0]), "", at, at, False, [], [])
        messages = [*found.messages, *new, *([answer] if answer.parts else [])]
        return msgspec.structs.replace(found, messages=messages, head_id=messages[-1].id, running=answer.id)

    async def _running(self, chat_id: str) -> Announcement | None:
        try:
            async with aclosing(tapes_of(self.env, self.user, chat_id)) as tapes:
                async for tape in tapes:
                    if found := await tape.running():
                        return msgspec.json.decode(found, type=Announcement)
        except Unavailable as error:  # what is saved is shown in any case
            log.warning("The tape of chat %s does not say whether it runs: %r", chat_id, error.__cause__)
        return None


type _Handler = Callable[..., Awaitable[Response]]


def _at_desk(handler: _Handler) -> _Handler:
    @wraps(handler)
    async def answer(request: Request, env: Env, **arguments: str) -> Response:
        user = await auth.require_active_user(request, env)
        db = env.db.withSession(bookmark_of(request))
        response = await handler(request, Desk(env, user, db), **arguments)
        bookmark = db.getBookmark()
        return replace(response, headers=response.headers | {BOOKMARK: bookmark}) if bookmark else response

    return answer


def bookmark_of(request: Request) -> str:
    """For `withSession`."""
    bookmark = request.headers.get(BOOKMARK, "")
    return bookmark if _BOOKMARK.fullmatch(bookmark) else PRIMARY


@_at_desk
async def get_chats(request: Request, desk: Desk) -> Response:
    """The newest first: a page, and the `cursor` of the next one."""
    page = await desk.catalogue.page(_position(request.query.get("cursor")))
    cursor = f"{page[-1].updated_at}.{page[-1].id}" if len(page) == PAGE else None
    return json_response({"chats": page, "cursor": cursor})


@_at_desk
async def get_chat(_request: Request, desk: Desk, chat_id: str) -> Response:
    """What is shown of a conversation, its versions, and whether an answer is being written."""
    return json_response(await desk.show(chat_id))


@_at_desk
async def patch_chat(request: Request, desk: Desk, chat_id: str) -> Response:
    """A new title, or another version to be shown: the newest branch through the message `headId`."""
    change = await request.json(_change)
    title = None if change.title is None else " ".join(change.title.split())
    if not title and change.head_id is None:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "Send a `title`, or a `headId`.")
    await desk.open(chat_id)
    if title:
        await desk.catalogue.rename(chat_id, title)
    if change.head_id is not None and not await desk.catalogue.show(chat_id, change.head_id):
        raise HTTPError(HTTPStatus.NOT_FOUND, "unknown_message", "There is no such message in this conversation.")
    return json_response(await desk.show(chat_id))


@_at_desk
async def delete_chat(_request: Request, desk: Desk, chat_id: str) -> Response:
    found = await desk.memory.read(chat_id, lambda: desk.catalogue.find(chat_id))
    if found is None:
        raise unknown_chat()
    async with aclosing(tapes_of(desk.env, desk.user, chat_id)) as tapes:
        async for tape in tapes:
            await tape.forget()
    if found.is_archived:
        await desk.open(chat_id)  # its messages name its files
    await Attachments(desk.env, desk.user).delete_of_chat(chat_id)
    await desk.memory.forget(chat_id)
    await desk.catalogue.delete(chat_id)
    return Response(status=HTTPStatus.NO_CONTENT)


@_at_desk
async def get_search(request: Request, desk: Desk) -> Response:
    """The newest messages with all the words of `q`."""
    text = request.query.get("q", "")
    if not text.strip() or len(text) > MAX_QUERY:
        raise HTTPError(
            HTTPStatus.BAD_REQUEST,
            "invalid_request",
            f"Send what to search for as `q`, at most {MAX_QUERY} characters.",
        )
    return json_response({"results": await search(desk.db, desk.user, text)})


@_at_desk
async def get_export(_request: Request, desk: Desk) -> Response:
    headers = {
        "content-type": "application/json",
        "content-disposition": 'attachment; filename="edgechat.json"',
        "cache-control": "no-store",
    }
    return Response(Download(export(desk.db, desk.env.r2, desk.user, now())), headers=headers)


@_at_desk
async def delete_me(_request: Request, desk: Desk) -> Response:
    """Deletes all that the caller has written, got and uploaded. When it fails, what is left can be deleted again."""
    await desk.catalogue.close(now())
    await desk.memory.forget()
    await Attachments(desk.env, desk.user).delete_all()
    await desk.catalogue.delete_all()
    return Response(status=HTTPStatus.NO_CONTENT)


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", "`cursor` is not one that came with a page.")
    return int(found[1]), found[2]
