"""What a chat sends, tells and becomes, against scripted answers."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, get_args

import msgspec

from conformance import files
from conformance.compare import difference
from edgechat.chat import (
    Change,
    Chat,
    ChatStatus,
    DefaultChatTransport,
    Finish,
    MessageAdded,
    MessagesSet,
    QueueChanged,
    RequestOptions,
    StatusChanged,
    last_assistant_message_is_complete_with_approval_responses,
    last_assistant_message_is_complete_with_tool_calls,
)
from edgechat.errors import APICallError, EdgeChatError
from edgechat.testing import FakeFetch, FakeRequest, HTTPAnswer, hang
from edgechat.ui.messages import FilePart, UIMessage, decode_message, decode_messages, decode_part

BAR = 1.0

CONDITIONS = {
    "tool-calls-complete": last_assistant_message_is_complete_with_tool_calls,
    "approval-responses-complete": last_assistant_message_is_complete_with_approval_responses,
}
LOST = "network error"
END = 2.0
"""Seconds that what nobody waited for may take in the end."""


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    yield from files.array(file)


def check(case: Any) -> str | None:
    told = _texts(case)
    expected = _comparable(case, told)
    actual = _comparable(asyncio.run(Trace(case).run()), told)
    for want, have in zip(expected["log"], actual["log"], strict=False):
        if want["ev"] == have["ev"] == "onData":  # whatever was logged of it belongs to the chunk
            chunk = have.pop("chunk")
            have.update({key: chunk.get(key, value) for key, value in want.items() if key != "ev" and value != chunk})
            have.update({key: value for key, value in want.items() if value in (chunk, chunk.get("data"))})
    return difference(expected, actual)


def _comparable(trace: Any, told: set[str]) -> Any:
    log: list[dict[str, Any]] = []
    for entry in trace["log"]:
        before = log[-1] if log else {}
        if entry["ev"] == before.get("ev") == "replace" and entry["i"] == before["i"]:
            log.pop()  # a client may batch updates
        worded = {key: _worded(value, told) for key, value in entry.items() if key in ("m", "v", "message")}
        kept = {"ev": "throw"} if entry["ev"] == "throw" else {**entry, **worded}
        log.append(kept)
    end = {"finalMessages": trace["finalMessages"], "status": trace["status"]}
    return _renamed({"log": log, **end, "error": _worded(trace.get("error"), told)}, {})


def _texts(case: Any) -> set[str]:
    """The texts that are not worded by a library."""
    chunks = [chunk for response in case["responses"] for chunk in response.get("chunks", [])]
    texts = {chunk["errorText"] for chunk in chunks if "errorText" in chunk}
    return texts | {response.get("text") for response in case["responses"]} | {*get_args(ChatStatus.__value__)} | {LOST}


def _worded(text: Any, told: set[str]) -> Any:
    return text if text is None or text in told else "in words of its own"


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Generated ids, in order of their first appearance."""
    if isinstance(value, dict):
        return {key: _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"id-\d+", value):
        return names.setdefault(value, f"#{len(names)}")
    return value


class Trace:
    """Plays the actions of a case and logs what happens, as the reference was logged."""

    def __init__(self, case: Any) -> None:
        self.log: list[dict[str, Any]] = []
        self._actions = case["actions"]
        self._responses = case["responses"]
        self._requests = 0
        self._status = "ready"
        self._error: object = None
        self._tasks: list[asyncio.Task[None]] = []
        options = case.get("options", {})
        transport = options.get("transport", {})
        numbers = count()
        self.chat = Chat(
            transport=DefaultChatTransport(
                FakeFetch(self._answer),
                **{key: transport[key] for key in ("headers", "body", "credentials") if key in transport},
            ),
            id="chat1",
            messages=decode_messages(json.dumps(case.get("messages", []))),
            generate_id=lambda: f"id-{next(numbers)}",
            on_change=self._on_change,
            on_finish=self._on_finish,
            on_error=lambda error: self._tell("onError", m=str(error)),
            on_data=lambda chunk: self._tell("onData", chunk=msgspec.to_builtins(chunk)),
            on_tool_call=lambda call: self._tell("onToolCall", id=call.tool_call_id),
            send_automatically_when=CONDITIONS.get(options.get("sendAutomaticallyWhen")),
            queue=bool(options.get("experimental_queue")),
            as_ai_sdk=True,
        )

    async def run(self) -> dict[str, Any]:
        for action in self._actions:
            if "sleep" in action:
                await asyncio.sleep(action["sleep"] / 1000)
            elif "join" in action:
                await self._join()
            else:
                task = asyncio.Task(self._call(action), loop=asyncio.get_running_loop(), eager_start=True)
                self._tasks.append(task)
                # The reference does not wait for an answer that it asks for by itself.
                if action.get("wait", True) and not action["call"].startswith("addTool"):
                    await task
                await asyncio.sleep(0)
        async with asyncio.timeout(END):
            await self._join()
        chat = self.chat
        return {
            "log": self.log,
            "finalMessages": msgspec.to_builtins(chat.messages),
            "status": chat.status,
            "error": chat.error and str(chat.error),
        }

    async def _join(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _call(self, action: Any) -> None:
        first, *rest = [*action.get("args", []), None, None][:2]
        try:
            await self._method(action["call"], first, rest[0])
        except EdgeChatError as error:
            self._tell("throw", error=str(error))

    async def _method(self, name: str, given: Any, options: Any) -> None:
        chat = self.chat
        match name:
            case "sendMessage":
                await self._send(given, _options(options))
            case "regenerate":
                await chat.regenerate((given or {}).get("messageId"), options=_options(given))
            case "resumeStream":
                await chat.resume_stream(options=_options(given))
            case "stop":
                await chat.stop()
            case "clearError":
                chat.clear_error()
            case "setMessages":
                chat.set_messages(decode_messages(json.dumps(given)))
            case "experimental_removeQueuedMessage":
                chat.remove_queued_message(given)
            case "experimental_sendQueuedMessageNow":
                await chat.send_queued_message_now(given)
            case "addToolOutput" | "addToolResult":
                more = {"error_text": given["errorText"]} if given.get("state") == "output-error" else {}
                chosen = _options(given.get("options"))
                await chat.add_tool_output(
                    given["toolCallId"], given.get("output"), tool=given["tool"], options=chosen, **more
                )
            case "addToolApprovalResponse":
                chosen = _options(given.get("options"))
                await chat.add_tool_approval_response(
                    given["id"], given["approved"], reason=given.get("reason"), options=chosen
                )
            case _:
                raise NotImplementedError(name)

    async def _send(self, given: Any, options: RequestOptions) -> None:
        chat = self.chat
        if given is None:
            await chat.send_message(options=options)
        elif "parts" in given:
            message_id = given.get("messageId")
            message = {"role": "user", **given, "id": given.get("id") or message_id or chat._generate_id()}
            await chat.send_message(decode_message(json.dumps(message)), message_id=message_id, options=options)
        else:
            attached = [decode_part(json.dumps(file)) for file in given.get("files", [])]
            await chat.send_message(
                given.get("text"),
                files=[file for file in attached if isinstance(file, FilePart)],
                metadata=given.get("metadata"),
                message_id=given.get("messageId"),
                options=options,
            )

    def _answer(self, request: FakeRequest) -> HTTPAnswer:
        entry = {"url": request.url, "method": request.method, "headers": dict(request.headers)}
        body = {} if request.body is None else {"body": request.json()}
        credentials = {} if request.credentials is None else {"credentials": request.credentials}
        self._tell("request", **entry, **body, **credentials)
        response = self._responses[min(self._requests, len(self._responses) - 1)]
        self._requests += 1
        if "chunks" not in response:
            return HTTPAnswer(*re.split(r"(?<=\n\n)", response.get("text", "")), status=response.get("status", 200))
        events = [f"data: {json.dumps(chunk)}\n\n" for chunk in response["chunks"]]
        events += [] if response.get("noDone") else ["data: [DONE]\n\n"]
        if "dropAfter" in response:
            return HTTPAnswer(*events[: response["dropAfter"]], APICallError(LOST))
        if "hangAfter" in response:
            return HTTPAnswer(*events[: response["hangAfter"]], hang())
        return HTTPAnswer(*events, status=response.get("status", 200))

    def _on_change(self, changes: Sequence[Change]) -> None:
        for change in changes:
            match change:
                case StatusChanged():
                    self._on_status(change)
                case MessagesSet():
                    self._tell("messages", n=len(change.messages))
                case MessageAdded():
                    self._tell("push", id=change.message.id, role=change.message.role)
                case QueueChanged():
                    pass
                case _:
                    self._tell("replace", i=self._index(change.message), parts=len(change.message.parts))
                    self.log[-1]["id"] = change.message.id

    def _index(self, message: UIMessage) -> int:
        return next(index for index, known in enumerate(self.chat.messages) if known is message)

    def _on_status(self, change: StatusChanged) -> None:
        if change.status != self._status:
            self._tell("status", v=change.status)
        if change.error and change.error is not self._error:
            self._tell("error", v=str(change.error))
        self._status, self._error = change.status, change.error

    def _on_finish(self, finish: Finish) -> None:
        reason = {"finishReason": finish.finish_reason} if finish.finish_reason else {}
        self._tell(
            "onFinish",
            id=finish.message.id,
            isAbort=finish.is_abort,
            isDisconnect=finish.is_disconnect,
            isError=finish.is_error,
            **reason,
        )

    def _tell(self, event: str, **fields: Any) -> None:
        self.log.append({"ev": event, **fields})


def _options(given: Any) -> RequestOptions:
    given = given or {}
    return RequestOptions(
        headers=given.get("headers") or {}, body=given.get("body") or {}, metadata=given.get("metadata")
    )
