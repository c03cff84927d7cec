"""The step loop: the model is called, its tools are run, and it is called again until it is done."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from edgechat.errors import EdgeChatError, NoOutputGeneratedError, ToolError
from edgechat.generate import approval
from edgechat.generate import stream_parts as stream
from edgechat.generate.approval import ApprovalPolicy
from edgechat.generate.execute import Execution, error_of
from edgechat.generate.interrupt import Interrupt, Stopped, Timeout, awaited
from edgechat.generate.output import Output
from edgechat.generate.result import StepResult, TextResult, to_response_messages
from edgechat.generate.retry import call_with_retries
from edgechat.generate.settings import CallSettings, PrepareStep, StepPlan, StepStart, StopCondition
from edgechat.generate.step import IdReserver, Step
from edgechat.generate.stream_parts import StreamPart
from edgechat.generate.timing import Timing
from edgechat.generate.tools import RepairToolCall, Tool, repaired
from edgechat.model import parts as model
from edgechat.model import prompt
from edgechat.model.prompt import ModelMessage
from edgechat.model.types import LanguageModel, ModelCall, ProviderTool, ToolChoice

_LETS_TOOLS_RUN = ("stop", "tool-calls")


class Task(msgspec.Struct, kw_only=True):
    """All that was asked for."""

    model: LanguageModel
    messages: list[ModelMessage]
    instructions: str | None
    tools: dict[str, Tool]
    provider_tools: dict[str, ProviderTool]
    tool_choice: ToolChoice | None
    tool_concurrency: int | None
    tool_approval: ApprovalPolicy | None
    approval_secret: bytes | None
    repair_tool_call: RepairToolCall | None
    stop_when: Sequence[StopCondition]
    prepare_step: PrepareStep | None
    output: Output[Any]
    max_retries: int
    timeout: Timeout
    context: Any
    settings: CallSettings
    on_step_end: Callable[[StepResult], Any] | None
    generate_id: Callable[[], str]
    clock: Callable[[], float]


class Loop:
    """Runs a task once and writes what comes of it into `result`."""

    def __init__(self, task: Task, result: TextResult[Any], interrupt: Interrupt) -> None:
        self._task = task
        self._result = result
        self._interrupt = interrupt
        self._messages = list(task.messages)
        self._text_ids, self._reasoning_ids = IdReserver(task.generate_id), IdReserver(task.generate_id)
        self._step: Step | None = None
        """The one that has not ended."""

    async def run(self) -> AsyncGenerator[list[StreamPart]]:
        """The parts of each network read. Leaving early cancels the call of the model; what came is in the result."""
        yield [stream.Start()]
        self._interrupt.start_timer("total", self._task.timeout.total)
        try:
            async with aclosing(self._steps()) as batches:
                async for batch in batches:
                    yield batch
            yield [stream.Finish(finish_reason=self._result.finish_reason, usage=self._result.usage)]
        except Stopped as stopped:
            self._result.is_aborted = True
            yield [*await self._break_off(), stream.Abort(reason=stopped.reason)]
        except EdgeChatError as error:
            self._result.error = error
            if self._step:
                self._step.finish_reason = "error"
                ending = await self._break_off(model.Error(error))
                yield [*ending, stream.Finish(finish_reason="error", usage=self._result.usage)]
            else:
                yield [model.Error(error)]
        finally:
            self._interrupt.close()
            await self._break_off()

    async def _steps(self) -> AsyncGenerator[list[StreamPart]]:
        async with aclosing(self._approved_calls()) as batches:
            async for batch in batches:
                yield batch
        while True:
            async with aclosing(self._one_step()) as batches:
                async for batch in batches:
                    yield batch
            if not await self._goes_on():
                return

    async def _one_step(self) -> AsyncGenerator[list[StreamPart]]:
        task, interrupt = self._task, self._interrupt
        call, language_model, tools = await self._next_call()
        timing = Timing(task.clock)
        timing.start()
        interrupt.start_timer("step", task.timeout.step)
        interrupt.start_timer("first chunk", task.timeout.first_chunk)
        attempt = await interrupt.wait(call_with_retries(language_model, call, task.max_retries))
        interrupt.stop_timer("first chunk")
        interrupt.start_timer("chunk", task.timeout.chunk)
        self._step = step = Step(
            language_model.model_id,
            tools=tools,
            provider_tools=task.provider_tools.keys(),
            tool_choice=call.tool_choice,
            timing=timing,
            text_ids=self._text_ids,
            reasoning_ids=self._reasoning_ids,
        )
        async with attempt.cleanup:
            if any(not isinstance(part, model.StreamStart) for part in attempt.first):
                out = await self._repaired(step.feed(attempt.first))
                yield [stream.StartStep(warnings=step.warnings), *out]
            while (parts := await interrupt.wait(attempt.stream.read())) is not None:
                interrupt.extend_timer("chunk")
                if out := step.feed(parts):
                    yield await self._repaired(out) if step.invalid else out
        interrupt.stop_timer("chunk")
        if step.finish_reason is None and not step.has_output:
            self._step = None
            raise NoOutputGeneratedError("The model's stream ended without any output.")
        if out := step.close():
            yield out
        async with aclosing(self._run_tools(step, tools, call.messages)) as batches:
            async for batch in batches:
                yield batch
        interrupt.stop_timer("step")
        self._result.error = step.error
        yield await self._end_step(step)

    async def _next_call(self) -> tuple[ModelCall, LanguageModel, dict[str, Tool]]:
        task = self._task
        plan = StepPlan()
        if task.prepare_step:
            start = StepStart(len(self._result.steps), self._result.steps, self._messages, task.model, task.context)
            plan = await awaited(task.prepare_step(start)) or plan
        instructions = task.instructions if plan.instructions is None else plan.instructions
        messages = self._messages if plan.messages is None else plan.messages
        tools, provider_tools = task.tools, task.provider_tools
        if plan.active_tools is not None:
            tools = {name: tool for name, tool in tools.items() if name in plan.active_tools}
            provider_tools = {name: tool for name, tool in provider_tools.items() if name in plan.active_tools}
        settings: CallSettings = {**task.settings, **(plan.settings or {})}
        call = ModelCall(
            messages=[prompt.SystemMessage(instructions), *messages] if instructions else list(messages),
            tools=[*(tool.definition for tool in tools.values()), *provider_tools.values()],
            tool_choice=task.tool_choice if plan.tool_choice is None else plan.tool_choice,
            response_format=task.output.response_format,
            **settings,
        )
        return call, plan.model or task.model, tools

    async def _repaired(self, out: list[StreamPart]) -> list[StreamPart]:
        """Invalid calls, made better where there is someone to do it."""
        step, repair = self._step, self._task.repair_tool_call
        if not step or not repair or not step.invalid:
            return out
        for index, part in enumerate(out):
            original = step.invalid.get(part.tool_call_id) if isinstance(part, stream.ToolCall) else None
            if original and isinstance(part, stream.ToolCall) and isinstance(part.error, ToolError):
                try:
                    work = repaired(original, part.error, repair, self._task.tools, self._task.provider_tools.keys())
                    better = await self._interrupt.wait(work)
                except ToolError as error:
                    part.error = error
                else:
                    if better:
                        step.replace(part, better)
                        out[index] = better
        return out

    async def _run_tools(
        self, step: Step, tools: dict[str, Tool], messages: Sequence[ModelMessage]
    ) -> AsyncGenerator[list[StreamPart]]:
        out: list[StreamPart] = []
        to_run: list[stream.ToolCall] = []
        for call in step.calls:
            tool = tools.get(call.tool_name)
            if call.error and not call.provider_executed:
                out.append(error_of(call, call.error))
            elif tool and not call.error and not call.provider_executed:
                decision = await self._interrupt.wait(approval.decide(call, tool, self._task.tool_approval))
                out += self._decided(call, decision)
                if decision.status in ("approved", "not-applicable") and tool.execute:
                    to_run.append(call)
        step.content += [part for part in out if not isinstance(part, stream.ToolOutputDenied)]  # type: ignore[misc]
        if out:
            yield out
        if to_run and step.finish_reason in _LETS_TOOLS_RUN:
            async with aclosing(self._execution(messages).run(to_run, self._interrupt)) as batches:
                async for batch in batches:
                    step.content += [part for part in batch if is_final(part)]  # type: ignore[misc]
                    yield batch

    def _decided(self, call: stream.ToolCall, decision: approval.Approval) -> list[StreamPart]:
        if decision.status == "not-applicable":
            return []
        approval_id = self._task.generate_id()
        secret = self._task.approval_secret
        is_automatic = decision.status != "user"
        request = stream.ToolApprovalRequest(
            approval_id=approval_id,
            tool_call=call,
            is_automatic=is_automatic or None,
            reason=None if is_automatic else decision.reason,
            signature=approval.sign(secret, approval_id, call) if secret else None,
        )
        if not is_automatic:
            return [request]
        is_approved = decision.status == "approved"
        response = stream.ToolApprovalResponse(
            approval_id=approval_id, tool_call=call, approved=is_approved, reason=decision.reason
        )
        denied = stream.ToolOutputDenied(tool_call_id=call.tool_call_id, tool_name=call.tool_name)
        return [request, response] if is_approved else [request, response, denied]

    async def _approved_calls(self) -> AsyncGenerator[list[StreamPart]]:
        """Calls of an earlier answer, which the user has approved or denied since."""
        task = self._task
        collected = approval.collect(self._messages, task.tools, task.approval_secret)
        out: list[StreamPart] = []
        done: list[StreamPart] = []
        to_run: list[stream.ToolCall] = []
        for item in collected:
            call, tool = item.call, task.tools.get(item.call.tool_name)
            if not item.response.approved:
                out.append(stream.ToolOutputDenied(tool_call_id=call.tool_call_id, tool_name=call.tool_name))
            elif item.error:
                done.append(error_of(call, item.error))
            elif tool and tool.execute:
                policy = task.tool_approval
                if policy and (decision := await awaited(policy(call))) and decision.status == "denied":
                    out.append(stream.ToolOutputDenied(tool_call_id=call.tool_call_id, tool_name=call.tool_name))
                else:
                    to_run.append(call)
        if out or done:
            yield [*out, *done]
        if to_run:
            async with aclosing(self._execution(self._messages).run(to_run, self._interrupt)) as batches:
                async for batch in batches:
                    done += [part for part in batch if is_final(part)]
                    yield batch
        results = to_response_messages(done, task.tools)  # type: ignore[arg-type]
        self._messages += results
        denials: list[prompt.ToolContent] = [_denial(part) for part in out if isinstance(part, stream.ToolOutputDenied)]
        if denials:
            self._messages.append(prompt.ToolMessage(denials))

    def _execution(self, messages: Sequence[ModelMessage]) -> Execution:
        task = self._task
        return Execution(
            tools=task.tools,
            messages=messages,
            context=task.context,
            concurrency=task.tool_concurrency,
            timeout=task.timeout.tool,
        )

    async def _goes_on(self) -> bool:
        """Another step follows if there are results to tell the model of, and none that are still awaited."""
        step = self._result.steps[-1]
        calls = {call.tool_call_id for call in step.tool_calls if not call.provider_executed}
        settled = {part.tool_call_id for part in step.tool_results} | {part.tool_call_id for part in step.tool_errors}
        settled |= {
            part.tool_call.tool_call_id
            for part in step.content
            if isinstance(part, stream.ToolApprovalResponse) and not part.approved
        }
        if not calls or not calls <= settled:
            return False
        return not any([await awaited(condition(self._result.steps)) for condition in self._task.stop_when])

    async def _break_off(self, *last: StreamPart) -> list[StreamPart]:
        """Ends a step that did not come to its end. Nothing, if there is none."""
        step = self._step
        if step is None:
            return []
        ends = step.close()
        return [*ends, *last, *await self._end_step(step)]

    async def _end_step(self, step: Step) -> list[StreamPart]:
        self._step = None
        prompt_characters = sum(len(prompt.text_of(message)) for message in self._messages)
        result = step.result(prompt_characters)
        result.response_messages = to_response_messages(step.content, self._task.tools)
        self._messages += result.response_messages
        self._result.steps.append(result)
        if self._task.on_step_end:
            await awaited(self._task.on_step_end(result))
        return [
            stream.FinishStep(
                finish_reason=result.finish_reason,
                raw_finish_reason=result.raw_finish_reason,
                usage=result.usage,
                timing=result.timing,
                response=result.response,
                provider_metadata=result.provider_metadata,
            )
        ]


def is_final(part: StreamPart) -> bool:
    return not (isinstance(part, stream.ToolResult) and part.preliminary)


def _denial(part: stream.ToolOutputDenied) -> prompt.ToolResultPart:
    return prompt.ToolResultPart(
        tool_call_id=part.tool_call_id, tool_name=part.tool_name, output=prompt.ExecutionDenied()
    )
