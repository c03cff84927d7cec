"""What is known of one request while it is answered."""

import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import msgspec

from service.telemetry.trace import Parent, Span, is_sampled, traceparent

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class ModelCallRecord(msgspec.Struct, kw_only=True):
    """A call of a model, with all its retries."""

    span: Span
    model: str
    answered_by: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    response_start: float | None = None
    """Seconds from the call to the headers of the answer."""
    ttft: float | None = None
    finish_reason: str | None = None
    input: str | None = None
    """What the user said, and what the model: with `LOG_CONTENT` only."""
    output: list[str] = []


class Record:
    """One request. Its times are seconds of `clock`, which need not be the time of day."""

    def __init__(
        self,
        method: str,
        *,
        ray: str | None = None,
        parent: Parent | None = None,
        ratio: float = 0,
        is_cold: bool = False,
        uptime: float = 0,
        with_content: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        random = secrets.token_hex(24)
        self.id = ray or random[:32]
        self.trace_id = parent.trace_id if parent else random[:32]
        self.is_sampled = is_sampled(self.trace_id, ratio)
        self.method = method if method in _METHODS else "_OTHER"
        self.is_cold = is_cold
        """The first of its isolate."""
        self.uptime = uptime
        """Seconds since that."""
        self.with_content = with_content
        self.clock = clock
        self.started_at = time.time()
        """The time of day."""
        self.route: str | None = None
        self.user_id: str | None = None
        self.error_code: str | None = None
        self.calls: list[ModelCallRecord] = []
        self.phases: list[Span] = []
        self.spans: list[Span] = []
        """Of tools and calls of models."""
        self._next_id = int(random[32:], 16)
        self.root = Span(
            name=self.method,
            kind="server",
            id=self._span_id(),
            parent_id=parent.span_id if parent else None,
            start=clock(),
        )

    def start_span(self, name: str, **fields: Any) -> Span:
        """A span below the request's, which its starter ends and puts where it belongs."""
        return Span(name=name, id=self._span_id(), parent_id=self.root.id, start=self.clock(), **fields)

    def traceparent(self, span: Span) -> str:
        return traceparent(self.trace_id, span.id, is_sampled=self.is_sampled)

    def headers(self) -> dict[str, str]:
        """For the answer. `Server-Timing` has the milliseconds of what is over by now."""
        return {"x-request-id": self.id, "server-timing": self._server_timing()}

    def _server_timing(self) -> str:
        parts = [f"{name};dur={ms}" for name, ms in self.durations().items()]
        return ", ".join([*parts, f"total;dur={_ms(self.clock() - self.root.start)}"])

    def durations(self) -> dict[str, float]:
        """Milliseconds of the phases that have ended, and until the model began to answer."""
        found = {span.name: _ms(span.end - span.start) for span in self.phases if span.end is not None}
        started = [_ms(call.response_start) for call in self.calls if call.response_start is not None]
        return found | ({"model": started[0]} if started else {})

    def fields(self) -> dict[str, Any]:
        """For the log."""
        end = self.clock() if self.root.end is None else self.root.end
        known: dict[str, Any] = {
            "method": self.method,
            "route": self.route,
            "durationMs": _ms(end - self.root.start),
            "timing": self.durations(),
            "errorCode": self.error_code or (self.calls[-1].span.error if self.calls else None),
            "cold": self.is_cold or None,
            "traceId": self.trace_id if self.is_sampled else None,
        }
        if self.calls:
            last = self.calls[-1]
            known |= {
                "model": last.model,
                "answeredBy": last.answered_by,
                "inputTokens": sum(call.input_tokens or 0 for call in self.calls),
                "outputTokens": sum(call.output_tokens or 0 for call in self.calls),
                "ttftMs": next((_ms(call.ttft) for call in self.calls if call.ttft is not None), None),
                "finishReason": last.finish_reason,
                "input": last.input,
                "output": "".join(last.output) or None,
            }
        return {key: value for key, value in known.items() if value is not None}

    def describe_root(self, status: int, user: str | None) -> None:
        """What the request's span tells, by the conventions for HTTP servers: no path, since that has ids in it."""
        root = self.root
        root.name = f"{self.method} {self.route}" if self.route else self.method
        root.error = str(status) if status >= 500 else None
        known = {
            "http.request.method": self.method,
            "http.route": self.route,
            "http.response.status_code": status,
            "enduser.pseudo.id": user,
            "faas.coldstart": self.is_cold,
        }
        root.attributes = {key: value for key, value in known.items() if value is not None}

    def _span_id(self) -> str:
        """Unique in its trace: the first is random, the others count on."""
        self._next_id = (self._next_id + 1) % 2**64 or 1
        return f"{self._next_id:016x}"


current: ContextVar[Record | None] = ContextVar("current", default=None)
"""The record of the request that this task works for."""


class phase:  # noqa: N801
    """`with phase("auth"):` measures a part of what comes before an answer. Outside of a request it does nothing."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._record: Record | None = None

    def __enter__(self) -> None:
        if record := current.get():
            self._record = record
            self._span = record.start_span(self._name)
            record.phases.append(self._span)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._record:
            self._span.end = self._record.clock()


def note_user(user_id: str) -> None:
    """Who asks: their id gets into logs as a hash only."""
    if record := current.get():
        record.user_id = user_id


def note_route(route: str) -> None:
    """As a pattern, without the ids of a path."""
    if record := current.get():
        record.route = route


def note_error(code: str) -> None:
    if record := current.get():
        record.error_code = code


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
