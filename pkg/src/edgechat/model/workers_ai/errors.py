"""Errors of Workers AI: `{internalCode, description}`, `{errors: [{code, message}]}` or text such as "3040: busy"."""

import re
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.json import JSONDecoder

# Workers AI docs, Errors.
_STATUS = {
    3003: 400,
    3006: 413,
    3007: 408,
    3008: 408,
    3023: 403,
    3036: 429,
    3039: 400,
    3040: 429,
    3041: 403,
    3042: 404,
    5004: 400,
    5005: 405,
    5007: 400,
    5016: 403,
    5018: 403,
    5019: 405,
    5035: 403,
}
_DAILY_QUOTA_USED = 3036
_CODE = re.compile(r"\b(\d{3,5})\s*:")

_any = JSONDecoder[Any](Any)


def workers_ai_error(body: str, status: int | None) -> APICallError:
    """The error of an answer that is none. A known code says more than the HTTP status."""
    try:
        code, message = _code_and_message(_any.decode(body))
    except msgspec.DecodeError:
        code, message = _known_code(body), body
    return _error(code, message, status)


def error_of(document: dict[str, Any]) -> APICallError:
    """The error in an event, or in an answer with status 200."""
    return _error(*_code_and_message(document), None)


def _error(code: int | str | None, message: str, status: int | None) -> APICallError:
    if isinstance(code, int):
        status = _STATUS.get(code, status)
        if not message.startswith(str(code)):
            message = f"{code}: {message}"
    is_retryable = False if code == _DAILY_QUOTA_USED else None
    message = message or f"Workers AI answered {status}."
    return APICallError(message, status=status, code=code, is_retryable=is_retryable)


def _code_and_message(error: Any) -> tuple[int | str | None, str]:
    match error:
        case {"errors": [error, *_]} | {"error": error} if error:
            return _code_and_message(error)
        case {"internalCode": code, **others}:
            message = others.get("description")
        case {"message": message, **others}:
            code = others.get("code")
        case str():
            code, message = None, error
        case _:
            code, message = None, msgspec.json.encode(error).decode()
    message = message if isinstance(message, str) else ""
    return code if isinstance(code, int | str) else _known_code(message), message


def _known_code(text: str) -> int | None:
    """A request id may stand before the code."""
    return next((code for match in _CODE.finditer(text) if (code := int(match[1])) in _STATUS), None)
