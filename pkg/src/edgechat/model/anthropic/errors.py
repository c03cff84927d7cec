"""Errors as Anthropic words them (npm `@ai-sdk/anthropic` 4.0.105, `anthropic-error.ts`)."""

import msgspec

from edgechat.errors import APICallError
from edgechat.json import JSONDecoder
from edgechat.model.anthropic.events import StreamError

_STATUS = {
    "api_error": 500,
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "request_too_large": 413,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "billing_error": 400,
    "invalid_request_error": 400,
}


class _Body(msgspec.Struct):
    error: StreamError


_body = JSONDecoder[_Body](_Body)


def stream_error(error: StreamError) -> APICallError:
    """Of an answer that had begun with status 200."""
    meant = _STATUS.get(error.type)
    status = meant if error.status_code is None else error.status_code
    retryable = meant in (429, 500, 529) if error.is_retryable is None else error.is_retryable
    return APICallError(error.message, status=status, code=error.type, is_retryable=retryable)


def api_error(status: int, body: str) -> APICallError:
    try:
        error = _body.decode(body).error
    except msgspec.DecodeError:
        return APICallError(body.strip() or f"Anthropic answered {status}.", status=status)
    return APICallError(error.message, status=status, code=error.type)
