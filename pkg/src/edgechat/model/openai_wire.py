"""What OpenAI's APIs, and servers of the same wire, have in common: errors by HTTP or inside of a stream, times, names.

(npm `@ai-sdk/openai` 4.0.118, `openai-error.ts` and `openai-stream-error.ts`.)
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.json import JSONDecoder
from edgechat.model.prompt import ProviderOptions

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
_HTTP_ERROR = re.compile("[45][0-9]{2}")
_LEVELS = 8
"""How deep keys are renamed: nothing that is known nests deeper, and what strangers send may."""

_NAMES_OF_OTHERS = frozenset({"headers", "metadata", "schema"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OpenAIError(msgspec.Struct):
    message: str
    type: str | None = None
    param: Any = None
    code: str | int | float | None = None


class ErrorBody(msgspec.Struct):
    error: OpenAIError


error_body = JSONDecoder[ErrorBody](ErrorBody)


def http_error(status: int, body: str) -> APICallError:
    """The error of an answer that is none."""
    try:
        error = error_body.decode(body).error
    except msgspec.DecodeError:
        return APICallError(body.strip() or f"The server answered {status}.", status=status)
    return _api_error(error, status)


def stream_error(error: OpenAIError) -> APICallError:
    """An error inside of a stream, with the status that it would have had by HTTP."""
    return _api_error(error, _status(error))


def _api_error(error: OpenAIError, status: int) -> APICallError:
    is_retryable = False if "insufficient_quota" in (error.code, error.type) else None
    return APICallError(error.message, status=status, code=_code(error), is_retryable=is_retryable)


def _status(error: OpenAIError) -> int:
    if _HTTP_ERROR.fullmatch(code := str(_code(error))):
        return int(code)
    text = " ".join(str(value) for value in (error.code, error.type) if value is not None).lower()
    return next((status for word, status in _STATUS_BY_WORD if word in text), 500)


def _code(error: OpenAIError) -> int | str | None:
    return int(error.code) if isinstance(error.code, float) else error.code


def timestamp(seconds: float) -> str | None:
    """ISO 8601. None for a time that is none."""
    try:
        time = _EPOCH + timedelta(milliseconds=int(seconds * 1000))
    except OverflowError:
        return None
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def own_options(options: ProviderOptions, provider: str) -> dict[str, Any]:
    """Of a call: those of the provider, else those of OpenAI."""
    found: dict[str, Any] = snake_keys(options.get(provider) or options.get("openai") or {})
    return found


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z0-9])[A-Z]", lambda match: "_" + match[0].lower(), name)


def snake_keys(value: Any, levels: int = _LEVELS) -> Any:
    """OpenAI's spelling of all keys and `type`s that are OpenAI's, whichever way they are spelled."""
    if isinstance(value, list) and levels:
        return [snake_keys(item, levels - 1) for item in value]
    if not (isinstance(value, dict) and levels):
        return value
    return {(name := _snake(key)): _snake_value(name, item, levels - 1) for key, item in value.items()}


def _snake_value(name: str, value: Any, levels: int) -> Any:
    if name == "type" and isinstance(value, str):
        return _snake(value)
    return value if name in _NAMES_OF_OTHERS else snake_keys(value, levels)
