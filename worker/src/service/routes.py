"""Every route of the service. What is not below `/api/` is a static file and never comes here."""

import logging
import re
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus

from service import attachments, auth, chat, chats, generations, health, limits, models, usage
from service.bindings import Env
from service.history import History
from service.telemetry import note_error, note_route, phase
from service.web import HTTPError, Request, Response, error_response, json_response

log = logging.getLogger("edgechat")

_FILE = "(?P<id>[A-Za-z0-9]{1,64})"

type Handler = Callable[..., Awaitable[Response]]


async def post_chat(request: Request, env: Env) -> Response:
    user = auth.require_user(request, env)
    turn = await chat.read_turn(request)
    history = History(env.db, user)
    with phase("history"):
        messages = await chat.history_of(history, turn)
    return Response(chat.answer(env.model(chat.MODEL), history, turn, messages))


async def post_stop(request: Request, env: Env, chat_id: str) -> Response:
    """Ends the caller's answer that is being generated in this chat, and answers when it is saved."""
    user = await auth.require_active_user(request, env)
    return json_response({"stopped": await generations.stop(user, chat_id)})


async def get_models(request: Request, env: Env) -> Response:
    """The models that the caller may ask, and what they can do."""
    user = auth.require_user(request, env)
    return json_response(models.listing(env.limits, limits.caller_of(request, env, user).tier))


async def get_usage(request: Request, env: Env) -> Response:
    """What the caller has used, by day and model."""
    user = await auth.require_active_user(request, env)
    return json_response(await usage.usage_of(env.db, env.limits, limits.caller_of(request, env, user)))


ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    ("GET", re.compile(r"/api/health"), health.get_health),
    ("POST", re.compile(r"/api/session"), auth.post_session),
    ("DELETE", re.compile(r"/api/session"), auth.delete_session),
    ("POST", re.compile(r"/api/chat"), post_chat),
    ("POST", re.compile(r"/api/chat/(?P<chat_id>[A-Za-z0-9_-]{1,64})/stop"), post_stop),
    ("GET", re.compile(r"/api/chats"), chats.get_chats),
    ("GET", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.get_chat),
    ("PATCH", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.patch_chat),
    ("DELETE", re.compile(r"/api/chats/(?P<chat_id>[A-Za-z0-9_-]{1,64})"), chats.delete_chat),
    ("GET", re.compile(r"/api/search"), chats.get_search),
    ("GET", re.compile(r"/api/export"), chats.get_export),
    ("DELETE", re.compile(r"/api/me"), chats.delete_me),
    ("GET", re.compile(r"/api/models"), get_models),
    ("GET", re.compile(r"/api/usage"), get_usage),
    ("POST", re.compile(r"/api/attachments"), attachments.post_attachment),
    ("PUT", re.compile(rf"/api/attachments/{_FILE}/(?P<token>[A-Za-z0-9_.-]{{1,1000}})"), attachments.put_attachment),
    ("GET", re.compile(rf"/api/attachments/{_FILE}"), attachments.get_attachment),
    ("DELETE", re.compile(rf"/api/attachments/{_FILE}"), attachments.delete_attachment),
]


async def respond(request: Request, env: Env) -> Response:
    """Answers any request. What goes wrong becomes a JSON error; a traceback goes to the log only."""
    try:
        handler, arguments = _find(request)
        return await handler(request, env, **arguments)
    except HTTPError as error:
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
            note_route(_template(pattern))
            if method == request.method:
                return handler, found.groupdict()
            allowed.append(method)
    if allowed:
        message = f"{request.path} does not take {request.method}."
        headers = {"allow": ", ".join(allowed)}
        raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, headers)
    raise HTTPError(HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")


@cache
def _template(pattern: re.Pattern[str]) -> str:
    """`/api/chats/{chat_id}`: a route as people write it."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern.pattern)
