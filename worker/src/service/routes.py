"""Every route of the service. What is not below `/api/` is a static file and never comes here."""

import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import cache
from http import HTTPStatus

from edgechat.ui.chunks import HEADERS
from service import attachments, auth, chats, health, limits, modalities, routing, usage
from service.bindings import Env
from service.chat import Exchange
from service.circuits import circuits
from service.stores import within_reach
from service.tapes import tapes_of
from service.telemetry import note_error, note_route
from service.turn import read_turn
from service.web import HTTPError, Request, Response, Stream, Unavailable, error_response, json_response

log = logging.getLogger("edgechat")

_CURSOR = re.compile(r"[0-9]{1,15}")  # the number of a chunk, exact in JavaScript too
_FILE = "(?P<id>[A-Za-z0-9]{1,64})"

type Handler = Callable[..., Awaitable[Response]]


async def post_chat(request: Request, env: Env) -> Response:
    session = auth.require_session(request, env)
    caller = limits.caller_of(request, env, session.user)
    turn = await read_turn(request, env.limits)
    plan = routing.plan(env, caller, turn.model)
    await limits.check(env, caller)
    admissions = [
        lambda: auth.refuse_revoked(env, session),
        lambda: limits.admit(env, caller, turn.chat_id, turn.new_answer_id(caller.user.id)),
    ]
    return await Exchange(env, session.user, turn, plan, admissions).respond()


async def get_stream(request: Request, env: Env, chat_id: str) -> Response:
    """The answer that is being generated, from the chunk after `last-event-id` on, or from its beginning; or 204."""
    user = await auth.require_active_user(request, env)
    cursor = request.headers.get("last-event-id", "")
    async with aclosing(tapes_of(env, user, chat_id)) as tapes:
        async for tape in tapes:
            if readable := await tape.follow(int(cursor) if _CURSOR.fullmatch(cursor) else None):
                return Response(Stream(readable), headers=dict(HEADERS))
    return Response(status=HTTPStatus.NO_CONTENT, headers={"cache-control": "no-store"})


async def post_stop(request: Request, env: Env, chat_id: str) -> Response:
    """Ends the answer that is being generated, from whatever tab, and answers when it is saved."""
    user = await auth.require_active_user(request, env)
    async with aclosing(tapes_of(env, user, chat_id)) as tapes:
        async for tape in tapes:
            if await tape.stop():
                return json_response({"stopped": True})
    return json_response({"stopped": False})


async def get_models(request: Request, env: Env) -> Response:
    """The models that the caller may ask, and what they can do."""
    user = await auth.require_active_user(request, env)
    if env.routing:
        await circuits.sync(env.kv)
    return json_response(routing.listing(env, limits.caller_of(request, env, user)))


async def get_usage(request: Request, env: Env) -> Response:
    """What the caller has used, by day and model."""
    user = await auth.require_active_user(request, env)
    return json_response(await usage.usage_of(env.db, env.limits, limits.caller_of(request, env, user)))


ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    ("GET", re.compile(r"/api/health"), health.get_health),
    ("GET", re.compile(r"/api/session"), auth.get_session),
    ("POST", re.compile(r"/api/session"), auth.post_session),
    ("DELETE", re.compile(r"/api/session"), auth.delete_session),
    ("POST", re.compile(r"/api/chat"), post_chat),
    ("GET", re.compile(r"/api/chat/(?P<chat_id>[A-Za-z0-9_-]{1,64})/stream"), get_stream),
    ("POST", re.compile(r"/api/chat/(?P<chat_id>[A-Za-z0-9_-]{1,64})/stop"), post_stop),
    ("GET", re.compile(r"/api/chats"), chats.get_chats),
    ("GET", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.get_chat),
    ("PATCH", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.patch_chat),
    ("DELETE", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.delete_chat),
    ("POST", re.compile(r"/api/complete"), modalities.post_complete),
    ("POST", re.compile(r"/api/classify"), modalities.post_classify),
    ("POST", re.compile(r"/api/transcribe"), modalities.post_transcribe),
    ("POST", re.compile(r"/api/speech"), modalities.post_speech),
    ("GET", re.compile(r"/api/search"), chats.get_search),
    ("GET", re.compile(r"/api/export"), chats.get_export),
    ("DELETE", re.compile(r"/api/me"), chats.delete_me),
    ("GET", re.compile(r"/api/models"), get_models),
    ("GET", re.compile(r"/api/usage"), get_usage),
    ("GET", re.compile(r"/api/attachments"), attachments.get_attachments),
    ("POST", re.compile(r"/api/attachments"), attachments.post_attachment),
    ("PUT", re.compile(rf"/api/attachments/{_FILE}/(?P<token>[A-Za-z0-9_.-]{{1,1000}})"), attachments.put_attachment),
    ("GET", re.compile(rf"/api/attachments/{_FILE}"), attachments.get_attachment),
    ("DELETE", re.compile(rf"/api/attachments/{_FILE}"), attachments.delete_attachment),
]


async def respond(request: Request, env: Env) -> Response:
    """Answers any request. What goes wrong becomes a JSON error; a traceback goes to the log only."""
    try:
        handler, arguments = _find(request)
        return await handler(request, within_reach(env), **arguments)
    except HTTPError as error:
        if isinstance(error, Unavailable):
            log.exception("A store is out of reach")
        note_error(error.code)
        return error_response(error)
    except Exception:
        log.exception("A request failed")
        note_error("internal_error")
        return error_response(
            HTTPError(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong here. Please try again."
            )
        )


def _find(request: Request) -> tuple[Handler, dict[str, str]]:
    allowed = []
    for method, pattern, handler in ROUTES:
        if found := pattern.fullmatch(request.path):
            note_route(template_of(pattern))
            if method == request.method:
                return handler, found.groupdict()
            allowed.append(method)
    if allowed:
        message = f"{request.path} does not take {request.method}."
        headers = {"allow": ", ".join(allowed)}
        raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, headers)
    raise HTTPError(HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")


@cache
def template_of(pattern: re.Pattern[str]) -> str:
    """`/api/chats/{chat_id}`: a route as people write it."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern.pattern)
