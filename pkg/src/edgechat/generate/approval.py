"""Who may run a tool: the policy before a call, and the answers that come back with the next request.

What comes back is the client's word. With a secret each request is signed (HMAC-SHA256 over ids, name and input), so
that nobody approves what was never asked.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from edgechat.errors import InvalidToolApprovalError, InvalidToolInputError
from edgechat.generate.interrupt import awaited
from edgechat.generate.stream_parts import ToolCall
from edgechat.generate.tools import Tool
from edgechat.model import prompt


class Approval(msgspec.Struct, frozen=True):
    """What is decided about a call. "user" asks the user; "not-applicable" runs it without a word."""

    status: Literal["not-applicable", "approved", "denied", "user"]
    reason: str | None = None


type ApprovalPolicy = Callable[[ToolCall], Approval | Awaitable[Approval | None] | None]
"""Decides about each call; None leaves it to the tool's `needs_approval`."""

_NOT_APPLICABLE = Approval("not-applicable")


async def decide(call: ToolCall, tool: Tool, policy: ApprovalPolicy | None) -> Approval:
    if policy:
        decision: Approval | None = await awaited(policy(call))
        if decision:
            return decision
    needed = tool.needs_approval
    if callable(needed):
        needed = await awaited(needed(call.value))
    return Approval("user") if needed else _NOT_APPLICABLE


def sign(secret: bytes, approval_id: str, call: ToolCall | prompt.ToolCallPart) -> str:
    digest = hashlib.sha256(msgspec.json.encode(call.input, order="sorted")).hexdigest()
    # JSON, because it keeps the fields apart whatever they hold.
    fields = ["edgechat-tool-approval-v1", approval_id, call.tool_call_id, call.tool_name, digest]
    mac = hmac.digest(secret, msgspec.json.encode(fields), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


class ApprovedCall(msgspec.Struct):
    """A call of an earlier answer, and what the user said of it. `error` is set where it cannot be run as approved."""

    call: ToolCall
    response: prompt.ToolApprovalResponse
    error: Exception | None = None


def collect(
    messages: Sequence[prompt.ModelMessage], tools: dict[str, Tool], secret: bytes | None
) -> list[ApprovedCall]:
    """The approvals and denials in the last message that have no result yet, in the order of the calls.

    Raises `InvalidToolApprovalError` for what refers to nothing, and for a signature that is missing or wrong.
    """
    last = messages[-1] if messages else None
    if not isinstance(last, prompt.ToolMessage):
        return []
    calls: dict[str, prompt.ToolCallPart] = {}
    requests: dict[str, prompt.ToolApprovalRequest] = {}
    for message in messages:
        if isinstance(message, prompt.AssistantMessage) and not isinstance(message.content, str):
            for part in message.content:
                if isinstance(part, prompt.ToolCallPart):
                    calls[part.tool_call_id] = part
                elif isinstance(part, prompt.ToolApprovalRequest):
                    requests[part.approval_id] = part
    results = {part.tool_call_id: part.output for part in last.content if isinstance(part, prompt.ToolResultPart)}
    collected: dict[str, ApprovedCall] = {}
    for response in last.content:
        if not isinstance(response, prompt.ToolApprovalResponse):
            continue
        request = requests.get(response.approval_id)
        if request is None:
            raise InvalidToolApprovalError(f"The approval {response.approval_id!r} answers no request.")
        result = results.get(request.tool_call_id)
        if result is not None and (response.approved or not isinstance(result, prompt.ExecutionDenied)):
            continue
        call = calls.get(request.tool_call_id)
        if call is None:
            raise InvalidToolApprovalError(f"The approval {response.approval_id!r} is of an unknown tool call.")
        if secret and response.approved:
            expected = sign(secret, response.approval_id, call)
            if not hmac.compare_digest(expected.encode(), (request.signature or "").encode()):
                raise InvalidToolApprovalError(f"The approval {response.approval_id!r} has no valid signature.")
        # Only the first word on a call counts: a replay must not run it twice.
        if call.tool_call_id not in collected and not call.provider_executed:
            collected[call.tool_call_id] = _revalidated(call, response, tools.get(call.tool_name))
    order = list(calls)
    return sorted(collected.values(), key=lambda approved: order.index(approved.call.tool_call_id))


def _revalidated(part: prompt.ToolCallPart, response: prompt.ToolApprovalResponse, tool: Tool | None) -> ApprovedCall:
    call = ToolCall(tool_call_id=part.tool_call_id, tool_name=part.tool_name, input=part.input)
    approved = ApprovedCall(call, response)
    if tool is None or tool.execute is None:
        return approved
    call.title, call.metadata, call.dynamic = tool.title, tool.metadata, True if tool.dynamic else None
    try:
        _, call.value = tool.parse(msgspec.json.encode(part.input).decode())
    except InvalidToolInputError as error:
        approved.error = error
    return approved
