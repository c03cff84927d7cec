"""Logs: one line of JSON each, which Workers Logs takes apart into fields.

What people and models write is not in them, nor is what opens a door. `LOG_CONTENT` changes the former, for debugging.
"""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import msgspec

from edgechat.errors import APICallError, EdgeChatError
from service.telemetry.record import current

_MAX_CAUSES = 4

# A token (JWT) anywhere, what follows `Bearer`, and the value of a cookie of ours.
_SECRET = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=[Bb]earer )[^\s\"]+|(?<=__Host-edgechat=)[^\s;\"]+")


class JSONFormatter(logging.Formatter):
    """Fields: time, level, message, requestId; those of `extra={"fields": ...}`; exception, with its traceback."""

    def __init__(self, *, with_content: bool = False) -> None:
        super().__init__()
        self._with_content = with_content

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": self._message(record),
        }
        if request := current.get():
            line["requestId"] = request.id
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line["exception"] = self._exception(record.exc_info[1])
        return _SECRET.sub("[secret]", msgspec.json.encode(line, enc_hook=str).decode())

    def _message(self, record: logging.LogRecord) -> str:
        arguments = record.args if isinstance(record.args, tuple) else ()
        if not any(isinstance(argument, BaseException) for argument in arguments):
            return record.getMessage()
        told = [self._describe(each) if isinstance(each, BaseException) else each for each in arguments]
        return str(record.msg) % tuple(told)

    def _exception(self, error: BaseException, causes: int = _MAX_CAUSES) -> str:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        before = [self._exception(cause, causes - 1), "\nwhich led to\n"] if cause and causes else []
        return "".join([*before, *traceback.format_tb(error.__traceback__), self._describe(error)])

    def _describe(self, error: BaseException) -> str:
        """Errors of ours quote servers and models, and those quote what they were told."""
        name = type(error).__name__
        if self._with_content or not isinstance(error, EdgeChatError):
            return f"{name}: {error}"
        if isinstance(error, APICallError):
            return f"{name} (status {error.status}, code {error.code})"
        return name


class _Handler(logging.Handler):
    """The streams are looked up each time: those of the import are not those of the requests."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr if record.levelno >= logging.ERROR else sys.stdout, flush=True)
        except Exception:
            self.handleError(record)


_handler = _Handler()


def configure(*, with_content: bool = False) -> None:
    """For the whole process, from INFO on."""
    _handler.setFormatter(JSONFormatter(with_content=with_content))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    if _handler not in root.handlers:
        root.addHandler(_handler)
