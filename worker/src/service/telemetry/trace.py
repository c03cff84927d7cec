"""Traces: what belongs together across services (W3C Trace Context), and the spans they are made of."""

import re
from typing import Any, Literal

import msgspec

type Kind = Literal["internal", "server", "client"]

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_RANDOM_BITS = 56
"""Of a trace id, the last: what a sampler goes by."""


class Parent(msgspec.Struct, frozen=True):
    """The span of the caller."""

    trace_id: str
    span_id: str


def read_traceparent(header: str) -> Parent | None:
    """None for what is no `traceparent`. Of a later version, the fields that this one has count.

    Its flag is not read: anyone may call, and is not to decide what is recorded.
    """
    found = _TRACEPARENT.fullmatch(header)
    if found is None or (header.startswith("00") and len(header) > 55):
        return None
    return Parent(*found.groups())


def traceparent(trace_id: str, span_id: str, *, is_sampled: bool) -> str:
    return f"00-{trace_id}-{span_id}-{is_sampled:02x}"


def is_sampled(trace_id: str, ratio: float) -> bool:
    """The same for each service that samples by the same ratio."""
    return int(trace_id[-_RANDOM_BITS // 4 :], 16) < ratio * (1 << _RANDOM_BITS)


class Span(msgspec.Struct, kw_only=True):
    """Something that took time. `start` and `end` are seconds of the clock of its record."""

    name: str
    kind: Kind = "internal"
    id: str
    parent_id: str | None
    start: float
    end: float | None = None
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    """Texts, numbers, booleans, and lists of texts."""
    error: str | None = None
    """What kind of error it ended with."""
