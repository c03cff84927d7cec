"""Spans on their way to a collector: OTLP/HTTP in JSON (opentelemetry-proto 1.x), one request for each trace.

No OpenTelemetry SDK: it would be a megabyte of imports at each cold start, and threads that a Worker does not have, for
what is a page of code here.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from edgechat import __version__
from edgechat.http import Fetch
from service.telemetry.record import Record
from service.telemetry.trace import Span

log = logging.getLogger("edgechat")

TIMEOUT = 5
"""Seconds that an export may take."""

_KINDS = {"internal": 1, "server": 2, "client": 3}
_ERROR = 2


def read_headers(text: str) -> dict[str, str]:
    """Of `OTEL_EXPORTER_OTLP_HEADERS`: `api-key=secret,other=value`, values percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


class Exporter:
    """Sends traces to `{endpoint}/v1/traces`."""

    def __init__(self, fetch: Fetch, endpoint: str, headers: Mapping[str, str]) -> None:
        self._fetch = fetch
        self._url = f"{endpoint.rstrip('/')}/v1/traces"
        self._headers = {**headers, "content-type": "application/json"}

    async def export(self, record: Record) -> None:
        """What fails is logged, and is nobody's problem."""
        try:
            body = encode(record)
            async with (
                asyncio.timeout(TIMEOUT),
                self._fetch(self._url, method="POST", headers=self._headers, body=body) as response,
            ):
                if response.status >= 400:
                    log.warning("The collector refused a trace: %s", response.status)
        except Exception as error:  # whatever it is, the answer is given
            log.warning("The collector could not be reached: %s", error)


def encode(record: Record) -> bytes:
    """The trace of a request that has ended."""
    spans = [record.root, *record.phases, *record.spans]
    scope_spans = {
        "scope": {"name": "edgechat", "version": __version__},
        "spans": [_span(record, span) for span in spans],
    }
    resource = _attributes({"service.name": "edgechat", "service.version": __version__})
    return msgspec.json.encode({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope_spans]}]})


def _span(record: Record, span: Span) -> dict[str, Any]:
    def nanoseconds(seconds: float) -> str:
        return str(int((record.started_at + seconds - record.root.start) * 1_000_000_000))

    end = record.root.end if span.end is None else span.end  # the request is over, and with it what it began
    attributes = span.attributes | ({"error.type": span.error} if span.error else {})
    encoded = {
        "traceId": record.trace_id,
        "spanId": span.id,
        "name": span.name,
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": nanoseconds(span.start),
        "endTimeUnixNano": nanoseconds(span.start if end is None else end),
        "attributes": _attributes(attributes),
        "status": {"code": _ERROR} if span.error else {},
    }
    return encoded | ({"parentSpanId": span.parent_id} if span.parent_id else {})


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case _:
            return {"stringValue": str(value)}
