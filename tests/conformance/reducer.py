"""UI message chunks -> UI message, with the message at each update."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conformance import files
from conformance.compare import difference
from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage, decode_message

BAR = 1.0

ERRORS = {UIMessageStreamError: "AI_UIMessageStreamError"}
"""The names that the reference gives to our errors."""


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    yield from files.array(file)


def check(case: Any) -> str | None:
    actual = fold(case["chunks"], case["init"]["lastMessage"], case["init"]["messageId"])
    return compared(case, actual)


def compared(case: Any, actual: dict[str, Any]) -> str | None:
    thrown = case.get("thrown")
    expected = {key: case.get(key) for key in actual} | {"thrown": thrown and thrown["name"]}
    return difference(expected, actual)


def fold(chunks: list[Any], last_message: Any, message_id: str) -> dict[str, Any]:
    last = last_message and decode_message(json.dumps(last_message))
    message = last if last and last.role == "assistant" else UIMessage(id=message_id, role="assistant")
    writes: list[Any] = []
    errors: list[str] = []
    data: list[ui.Data] = []
    tool_calls: list[ui.ToolInputAvailable] = []
    result = MessageFold(message, on_error=errors.append, on_data=data.append, on_tool_call=tool_calls.append)
    thrown = None
    try:
        for index, chunk in enumerate(chunks):
            if result.apply(ui.decode(json.dumps(chunk), index=index)):
                writes.append(msgspec.to_builtins(result.message))
    except UIMessageStreamError as error:
        thrown = ERRORS[type(error)]
    return {
        "writes": writes,
        "errors": errors,
        "data": msgspec.to_builtins(data),
        "toolCalls": msgspec.to_builtins(tool_calls),
        "final": msgspec.to_builtins(result.message),
        "finishReason": result.finish_reason,
        "thrown": thrown,
    }
