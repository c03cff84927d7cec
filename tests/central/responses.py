"""OpenAI's Responses API (platform.openai.com: API reference, Responses, Streaming events)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from central.chat import REASONS, ToolName, check_headers, check_model, error_body
from central.rules import Refusal, Strict, check_image_url, decoded, refuse_unless, sse

type CallID = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
type Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]

USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 11,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}
ENCRYPTED = "gAAAA-"
"""What the encrypted content of our reasoning begins with."""


class InputText(Strict, tag_field="type", tag="input_text"):
    text: str


class InputImage(Strict, tag_field="type", tag="input_image"):
    image_url: str | msgspec.UnsetType = msgspec.UNSET
    file_id: str | msgspec.UnsetType = msgspec.UNSET
    detail: Literal["auto", "low", "high"] = "auto"


class InputFile(Strict, tag_field="type", tag="input_file"):
    filename: str | msgspec.UnsetType = msgspec.UNSET
    file_data: str | msgspec.UnsetType = msgspec.UNSET
    file_url: str | msgspec.UnsetType = msgspec.UNSET
    file_id: str | msgspec.UnsetType = msgspec.UNSET


class OutputText(Strict, tag_field="type", tag="output_text"):
    text: str
    annotations: list[Any] = msgspec.field(default_factory=list)


type InputPart = InputText | InputImage | InputFile


class SystemMessage(Strict, tag_field="role", tag="system"):
    content: str | list[InputText]


class DeveloperMessage(Strict, tag_field="role", tag="developer"):
    content: str | list[InputText]


class UserMessage(Strict, tag_field="role", tag="user"):
    content: str | Annotated[list[InputPart], msgspec.Meta(min_length=1)]


class AssistantMessage(Strict, tag_field="role", tag="assistant"):
    content: str | list[OutputText]
    phase: Literal["commentary", "final_answer"] | msgspec.UnsetType = msgspec.UNSET


class FunctionCall(Strict, tag_field="type", tag="function_call"):
    call_id: CallID
    name: ToolName
    arguments: str
    id: str | msgspec.UnsetType = msgspec.UNSET


class FunctionCallOutput(Strict, tag_field="type", tag="function_call_output"):
    call_id: CallID
    output: str | list[InputPart]


class SummaryText(Strict, tag_field="type", tag="summary_text"):
    text: str


class Reasoning(Strict, tag_field="type", tag="reasoning"):
    summary: list[SummaryText]
    id: str | msgspec.UnsetType = msgspec.UNSET
    encrypted_content: str | None = None


class ItemReference(Strict, tag_field="type", tag="item_reference"):
    id: str


type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage
type Item = FunctionCall | FunctionCallOutput | Reasoning | ItemReference


class Tool(Strict):
    type: Literal["function"]
    name: ToolName
    parameters: dict[str, Any]
    strict: bool
    description: str = ""


class ReasoningSettings(Strict):
    effort: Effort | msgspec.UnsetType = msgspec.UNSET
    summary: Literal["auto", "concise", "detailed"] | msgspec.UnsetType = msgspec.UNSET


class ResponsesRequest(Strict):
    model: str
    input: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]
    stream: bool = False
    store: bool = True
    include: list[Literal["reasoning.encrypted_content"]] = msgspec.field(default_factory=list)
    instructions: str = ""
    max_output_tokens: Annotated[int, msgspec.Meta(ge=16)] | msgspec.UnsetType = msgspec.UNSET
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | msgspec.UnsetType = msgspec.UNSET
    top_p: float | msgspec.UnsetType = msgspec.UNSET
    reasoning: ReasoningSettings | msgspec.UnsetType = msgspec.UNSET
    text: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    tools: list[Tool] = msgspec.field(default_factory=list)
    tool_choice: Literal["auto", "none", "required"] | dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    prompt_cache_key: str = ""


class _Kind(msgspec.Struct):
    role: str | None = None


class OpenAIResponses:
    path = "/v1/responses"

    def __init__(self, key: str, models: set[str]) -> None:
        self._key = key
        self._models = models

    def answer(self, headers: Mapping[str, str], body: bytes) -> "Speaker":
        check_headers(headers, self._key)
        request = decoded(body, ResponsesRequest)
        check_model(request.model, self._models)
        check(request)
        return Speaker(request)

    def refusal(self, refusal: Refusal) -> bytes:
        return error_body(refusal)


def check(request: ResponsesRequest) -> None:
    refuse_unless(request.stream, "this server only streams")
    is_reasoning = bool(REASONS.match(request.model))
    sampled = (request.temperature, request.top_p) != (msgspec.UNSET,) * 2
    effort = msgspec.UNSET if request.reasoning is msgspec.UNSET else request.reasoning.effort
    refuse_unless(not (is_reasoning and sampled) or effort == "none", "'temperature' is not supported")
    refuse_unless(is_reasoning or request.reasoning is msgspec.UNSET, "'reasoning' is not supported")
    calls: list[str] = []
    results: list[str] = []
    for raw in request.input:
        match _item(raw):
            case FunctionCall(call_id=call_id):
                refuse_unless(call_id not in calls, f"a duplicate function call {call_id}")
                calls.append(call_id)
            case FunctionCallOutput(call_id=call_id):
                refuse_unless(call_id in calls, f"No tool call found for function call output with call_id {call_id}.")
                refuse_unless(call_id not in results, f"a duplicate output of {call_id}")
                results.append(call_id)
            case ItemReference(id=id):
                kept = request.store and id.startswith(("msg_", "rs_"))
                refuse_unless(kept, f"Item with id '{id}' not found. Items are not persisted when `store` is false.")
            case Reasoning(encrypted_content=content):
                is_ours = content is not None and content.startswith(ENCRYPTED)
                refuse_unless(is_ours or request.store, "The encrypted content could not be verified.")
            case UserMessage(content=[*parts]):
                for part in parts:
                    if isinstance(part, InputImage) and isinstance(part.image_url, str):
                        check_image_url(part.image_url)
    missing = [call for call in calls if call not in results]
    refuse_unless(not missing, f"No tool output found for function call {missing}.")


def _item(raw: msgspec.Raw) -> Message | Item:
    data = bytes(raw)
    if decoded(data, _Kind).role is None:
        item: Item = decoded(data, Item)  # type: ignore[arg-type]  # a union
        return item
    message: Message = decoded(data, Message)  # type: ignore[arg-type]
    return message


class Speaker:
    def __init__(self, request: ResponsesRequest) -> None:
        self._model = request.model
        self._is_encrypted = "reasoning.encrypted_content" in request.include
        self._output: list[dict[str, Any]] = []
        self._text: list[str] | None = None
        self._number = -1

    def begin(self) -> bytes:
        response = self._response("in_progress")
        return self._event("created", response=response) + self._event("in_progress", response=response)

    def say(self, text: str) -> bytes:
        begin = b""
        if self._text is None:
            self._text = []
            begin = self._added(self._message("in_progress", [])) + self._content("added", "")
        self._text.append(text)
        return begin + self._content_delta(text)

    def think(self, text: str) -> bytes:
        close = self._close()
        item = {"id": f"rs_{len(self._output)}", "type": "reasoning", "summary": []}
        place = {"item_id": item["id"], "output_index": len(self._output), "summary_index": 0}
        part = {"type": "summary_text", "text": text}
        events = [
            self._added(item | self._encrypted("begun")),
            self._event("reasoning_summary_part.added", **place, part=part | {"text": ""}),
            self._event("reasoning_summary_text.delta", **place, delta=text),
            self._event("reasoning_summary_text.done", **place, text=text),
            self._event("reasoning_summary_part.done", **place, part=part),
            self._done(item | {"summary": [part]} | self._encrypted("done")),
        ]
        return close + b"".join(events)

    def call(self, name: str, input: Any) -> bytes:
        close = self._close()
        index = len(self._output)
        json = msgspec.json.encode(input).decode()
        item = {"id": f"fc_{index}", "type": "function_call", "call_id": f"call_{index}", "name": name}
        place = {"item_id": item["id"], "output_index": index}
        deltas = [
            self._event("function_call_arguments.delta", **place, delta=piece)
            for piece in (json[:5], json[5:])
            if piece
        ]
        return b"".join(
            [
                close,
                self._added(item | {"status": "in_progress", "arguments": ""}),
                *deltas,
                self._event("function_call_arguments.done", **place, arguments=json),
                self._done(item | {"status": "completed", "arguments": json}),
            ]
        )

    def end(self) -> bytes:
        close = self._close()
        return close + self._event("completed", response=self._response("completed") | {"usage": USAGE})

    def fail(self, code: str, message: str) -> bytes:
        self._number += 1
        error = {"type": "error", "code": code, "message": message, "param": None, "sequence_number": self._number}
        return sse(error, name="error")

    def _encrypted(self, text: str) -> dict[str, Any]:
        return {"encrypted_content": ENCRYPTED + text} if self._is_encrypted else {}

    def _message(self, status: str, content: list[Any]) -> dict[str, Any]:
        message = {"id": f"msg_{len(self._output)}", "type": "message", "status": status, "role": "assistant"}
        return message | {"content": content}

    def _part(self, text: str) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{len(self._output)}", "output_index": len(self._output), "content_index": 0}

    def _content(self, what: str, text: str) -> bytes:
        return self._event(f"content_part.{what}", **self._place(), part=self._part(text))

    def _content_delta(self, text: str) -> bytes:
        return self._event("output_text.delta", **self._place(), delta=text, logprobs=[], obfuscation="x")

    def _close(self) -> bytes:
        if self._text is None:
            return b""
        text, self._text = "".join(self._text), None
        done = self._event("output_text.done", **self._place(), text=text, logprobs=[])
        return done + self._content("done", text) + self._done(self._message("completed", [self._part(text)]))

    def _added(self, item: dict[str, Any]) -> bytes:
        return self._event("output_item.added", output_index=len(self._output), item=item)

    def _done(self, item: dict[str, Any]) -> bytes:
        event = self._event("output_item.done", output_index=len(self._output), item=item)
        self._output.append(item)
        return event

    def _response(self, status: str) -> dict[str, Any]:
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1_780_000_000,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self._model,
            "output": self._output,
            "usage": None,
            "service_tier": "default",
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        name = f"response.{kind}"
        return sse({"type": name, "sequence_number": self._number, **fields}, name=name)
