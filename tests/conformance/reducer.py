"""UI message chunks -> UI message: `reducer-cases*.json` and `reducer-fuzz*.jsonl`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage, decode_message

BAR = 1.0

ERRORS: dict[str, type[Exception]] = {"AI_UIMessageStreamError": UIMessageStreamError}


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    if file.suffix == ".jsonl":
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            yield f"line {number}", json.loads(line)
    else:
        for case in json.loads(file.read_text(encoding="utf-8")):
            yield case["name"], case


def check(case: Any) -> str | None:
    """The first difference to what the reference made of it, or None."""
    init = case.get("init", {"lastMessage": case.get("lastMessage"), "messageId": "gen"})
    expected = {key: case[key] for key in ("writes", "errors", "data", "toolCalls", "final", "finishReason")}
    thrown = case.get("thrown")
    actual, error = _run(init, case["chunks"])
    if isinstance(case["writes"], int):
        actual["writes"] = len(actual["writes"])
    if (error is not None) != bool(thrown):
        return f"thrown: expected {thrown}, got {error!r}"
    if error and not isinstance(error, ERRORS[thrown["name"]]):
        return f"thrown: expected {thrown['name']}, got {error!r}"
    return difference(expected, actual)


def _run(init: Any, chunks: list[Any]) -> tuple[dict[str, Any], Exception | None]:
    last = decode_message(json.dumps(init["lastMessage"])) if init["lastMessage"] else None
    message = last if last and last.role == "assistant" else UIMessage(id=init["messageId"], role="assistant")
    writes: list[Any] = []
    errors: list[str] = []
    data: list[Any] = []
    calls: list[Any] = []
    fold = MessageFold(
        message,
        on_error=errors.append,
        on_data=lambda chunk: data.append(msgspec.to_builtins(chunk)),
        on_tool_call=lambda chunk: calls.append(msgspec.to_builtins(chunk)),
    )
    thrown = None
    try:
        for index, chunk in enumerate(chunks):
            if fold.apply(ui.decode(json.dumps(chunk), index=index)) is not None:
                writes.append(msgspec.to_builtins(fold.message))
    except UIMessageStreamError as error:
        thrown = error
    final = msgspec.to_builtins(fold.message)
    result = {"writes": writes, "errors": errors, "data": data, "toolCalls": calls, "final": final}
    return result | {"finishReason": fold.finish_reason}, thrown


def difference(expected: Any, actual: Any, path: str = "") -> str | None:
    """Where two JSON values differ first. 1 equals 1.0, but not true."""
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        pairs = [(f"{path}.{key}", expected[key], actual[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = [(f"{path}[{index}]", *values) for index, values in enumerate(zip(expected, actual, strict=True))]
    elif expected == actual and isinstance(expected, bool) == isinstance(actual, bool):
        return None
    else:
        return f"{path.removeprefix('.')}: expected {_short(expected)}, got {_short(actual)}"
    return next((text for where, a, b in pairs if (text := difference(a, b, where))), None)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
