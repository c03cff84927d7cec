"""Errors that OpenAI tells, by HTTP or inside of a stream (npm `@ai-sdk/openai` 4.0.118, `openai-stream-error.ts`)."""

import re

import msgspec

from edgechat.errors import APICallError
from edgechat.json import JSONDecoder

_STATUS_BY_WORD = (
    ("insufficient_quota", 429),
    ("rate_limit", 429),
    ("authentication", 401),
    ("permission", 403),
    ("not_found", 404),
    ("invalid", 400),
    ("bad_request", 400),
    ("context_length", 400),
    ("overload", 503),
    ("timeout", 504),
)


class _Error(msgspec.Struct):
    message: str
    code: str | int | None = None


class _Body(msgspec.Struct):
    error: _Error


_body = JSONDecoder[_Body](_Body)


def http_error(status: int, body: str) -> APICallError:
    try:
        error = _body.decode(body).error
    except msgspec.DecodeError:
        return APICallError(body or f"OpenAI answered {status}.", status=status)
    return APICallError(error.message, status=status, code=error.code)


def stream_error(message: str, code: str | None, type: str) -> APICallError:
    """With the status that the error would have had by HTTP."""
    is_retryable = False if "insufficient_quota" in (code, type) else None
    return APICallError(message, status=_status(code, type), code=code, is_retryable=is_retryable)


def _status(code: str | None, type: str) -> int:
    if code and re.fullmatch("[45][0-9]{2}", code):
        return int(code)
    text = f"{code or ''} {type}".lower()
    return next((status for word, status in _STATUS_BY_WORD if word in text), 500)
