import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal

import msgspec
import pytest

from edgechat.errors import InvalidToolInputError, ToolExecutionError
from edgechat.generate.execute import Execution
from edgechat.generate.interrupt import Interrupt
from edgechat.generate.settings import step_count_is
from edgechat.generate.stream_parts import StreamPart, ToolCall, ToolError, ToolResult
from edgechat.generate.text import generate_text, stream_text
from edgechat.generate.tools import Tool, ToolContext, by_name, tool
from edgechat.model import parts as model
from edgechat.model.prompt import TextOutput
from edgechat.model.types import ProviderTool
from edgechat.testing.models import FakeModel, tool_call
from edgechat.ui import chunks as ui


class Place(msgspec.Struct):
    city: str
    country: str = "Norway"


@tool
async def weather(
    place: Place, unit: Annotated[Literal["celsius", "fahrenheit"], "The scale"] = "celsius", *, context: ToolContext
) -> dict[str, Any]:
    """The weather in a place."""
    return {"city": place.city, "unit": unit, "call": context.tool_call_id, "user": context.context}


def call_of(tool: Tool, input: Any = None, id: str = "c1") -> ToolCall:
    text = msgspec.json.encode(input or {}).decode()
    plain, value = tool.parse(text)
    return ToolCall(tool_call_id=id, tool_name=tool.name, input=plain, value=value)


async def run(*calls: tuple[Tool, ToolCall], **options: Any) -> list[StreamPart]:
    settings: Any = {"messages": [], "context": None, "concurrency": None, "timeout": None} | options
    execution = Execution(tools={tool.name: tool for tool, _ in calls}, **settings)
    batches = execution.run([call for _, call in calls], Interrupt())
    return [part async for batch in batches for part in batch]


def test_a_function_becomes_a_tool_with_a_schema() -> None:
    definition = weather.definition
    assert (definition.name, definition.description) == ("weather", "The weather in a place.")
    schema = definition.input_schema
    assert schema["type"] == "object"
    assert list(schema["properties"]) == ["place", "unit"]
    assert schema["required"] == ["place"]
    assert schema["properties"]["unit"]["description"] == "The scale"
    assert schema["properties"]["unit"]["enum"] == ["celsius", "fahrenheit"]
    assert "$ref" not in schema


def test_name_description_and_more_can_be_given() -> None:
    named = tool(name="now", description="The time", title="Clock", strict=True)(lambda: "noon")
    assert (named.name, named.description, named.title, named.definition.strict) == ("now", "The time", "Clock", True)


def test_a_parameter_without_a_name_is_refused() -> None:
    def odd(*places: str) -> None: ...

    with pytest.raises(TypeError, match="places"):
        tool(odd)


def test_a_mutable_default_is_not_shared() -> None:
    @tool
    def add(tags: list[str] = ["a"]) -> None:  # noqa: B006 - that is the point
        """Adds."""

    first, second = add.parse("{}")[1], add.parse("{}")[1]
    assert first.tags == ["a"]
    assert first.tags is not second.tags


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"place": {}}', "city"),
        ('{"place": {"city": 1}}', r"\$\.place\.city"),
        ('{"place": {"city": "Oslo"}, "unit": "kelvin"}', "kelvin"),
        ("[]", "object"),
        ("{not json", "malformed"),
        ("[" * 5000, "nested"),
    ],
)
def test_wrong_input_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidToolInputError, match=reason):
        weather.parse(text)


def test_no_text_is_no_arguments() -> None:
    @tool
    def now() -> str:
        """The time."""
        return "noon"

    assert now.parse(" ")[0] == {}


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="weather"):
        by_name([weather, ProviderTool(id="x.weather", name="weather")])


async def test_a_tool_gets_its_arguments_and_what_is_around_it() -> None:
    call = call_of(weather, {"place": {"city": "Oslo"}})
    (result,) = await run((weather, call), context="user-1")
    assert isinstance(result, ToolResult)
    assert result.output == {"city": "Oslo", "unit": "celsius", "call": "c1", "user": "user-1"}
    assert result.input == {"place": {"city": "Oslo"}}


async def test_a_generator_gives_preliminary_results_and_the_last_one_counts() -> None:
    @tool
    async def search() -> AsyncGenerator[str]:
        """Searches."""
        yield "searching"
        yield "found"

    parts = await run((search, call_of(search)))
    assert [(part.output, part.preliminary) for part in parts if isinstance(part, ToolResult)] == [
        ("searching", True),
        ("found", True),
        ("found", None),
    ]


@pytest.mark.parametrize(("concurrency", "most"), [(None, 4), (2, 2)])
async def test_tools_run_side_by_side_up_to_the_cap(concurrency: int | None, most: int) -> None:
    running, seen = 0, 0

    @tool
    async def work() -> None:
        """Works."""
        nonlocal running, seen
        running += 1
        seen = max(seen, running)
        await asyncio.sleep(0.01)
        running -= 1

    calls = [(work, call_of(work, id=f"c{index}")) for index in range(4)]
    assert len(await run(*calls, concurrency=concurrency)) == 4
    assert seen == most


async def test_a_tool_that_takes_too_long_is_cancelled() -> None:
    @tool
    async def slow() -> None:
        """Sleeps."""
        await asyncio.sleep(10)

    (part,) = await run((slow, call_of(slow)), timeout=0.01)
    assert isinstance(part, ToolError)
    assert "tool slow timeout of 0.01 s" in str(part.error)


async def test_a_tool_may_have_a_timeout_of_its_own() -> None:
    @tool(timeout=0.01)
    async def slow() -> None:
        """Sleeps."""
        await asyncio.sleep(10)

    (part,) = await run((slow, call_of(slow)), timeout=20)
    assert isinstance(part, ToolError)


async def test_the_model_is_told_why_a_tool_failed_the_browser_only_what_is_safe() -> None:
    @tool
    def query() -> None:
        """Asks the database."""
        raise KeyError("column password_hash")

    @tool
    def book() -> None:
        """Books."""
        raise ToolExecutionError("There is no free seat.")

    fake = FakeModel([tool_call("query"), tool_call("book")], "Sorry.")
    stream = stream_text(model=fake, prompt="Hi", tools=[query, book], stop_when=step_count_is(2))
    chunks = [chunk async for batch in stream.ui_message_stream() for chunk in batch]
    shown = [chunk.error_text for chunk in chunks if isinstance(chunk, ui.ToolOutputError)]
    assert shown == ["Something went wrong. Please try again.", "There is no free seat."]
    told = msgspec.to_builtins(fake.calls[1].messages[-1])["content"]
    assert [part["output"] for part in told] == [
        {"type": "error-text", "value": "'column password_hash'"},
        {"type": "error-text", "value": "There is no free seat."},
    ]


async def test_an_invalid_call_is_reported_to_the_model_and_it_may_try_again() -> None:
    fake = FakeModel(
        tool_call("weather", {"place": "Oslo"}), tool_call("weather", {"place": {"city": "Oslo"}}), "Rain."
    )
    stream = stream_text(model=fake, prompt="Hi", tools=[weather], stop_when=step_count_is(5))
    chunks = [chunk async for batch in stream.ui_message_stream() for chunk in batch]
    assert [chunk.input for chunk in chunks if isinstance(chunk, ui.ToolInputError)] == [{"place": "Oslo"}]
    assert not [chunk for chunk in chunks if isinstance(chunk, ui.ToolOutputError)]
    assert "Invalid input" in msgspec.json.encode(fake.calls[1].messages[-1]).decode()
    assert stream.text == "Rain."


async def test_an_invalid_call_may_be_repaired() -> None:
    async def repair(call: model.ToolCall, error: Exception) -> model.ToolCall | None:
        assert "place" in str(error)
        return model.ToolCall(call.tool_call_id, call.tool_name, '{"place": {"city": "Oslo"}}')

    fake = FakeModel(tool_call("weather", {"place": "Oslo"}))
    result = await generate_text(model=fake, prompt="Hi", tools=[weather], repair_tool_call=repair)
    assert [part.output["city"] for part in result.tool_results] == ["Oslo"]
    assert not result.last_step.tool_errors


@pytest.mark.parametrize("outcome", [None, RuntimeError("no idea")])
async def test_a_repair_may_fail(outcome: Exception | None) -> None:
    async def repair(_call: model.ToolCall, _error: Exception) -> model.ToolCall | None:
        if outcome:
            raise outcome
        return None

    fake = FakeModel(tool_call("weather", "{}"))
    result = await generate_text(model=fake, prompt="Hi", tools=[weather], repair_tool_call=repair)
    (error,) = result.last_step.tool_errors
    assert ("no idea" if outcome else "Invalid input") in str(error.error)


async def test_an_unknown_tool_is_reported_with_the_names_of_those_there_are() -> None:
    result = await generate_text(model=FakeModel(tool_call("wether")), prompt="Hi", tools=[weather])
    (error,) = result.last_step.tool_errors
    assert "'wether'" in str(error.error)
    assert "weather" in str(error.error)


async def test_a_tool_may_tell_the_model_something_else_than_the_page() -> None:
    @tool(to_model_output=lambda rows: TextOutput(value=f"{len(rows)} rows"))
    def query() -> list[int]:
        """Asks."""
        return [1, 2, 3]

    fake = FakeModel(tool_call("query"), "Three.")
    result = await generate_text(model=fake, prompt="Hi", tools=[query], stop_when=step_count_is(2))
    assert result.steps[0].tool_results[0].output == [1, 2, 3]
    assert "3 rows" in msgspec.json.encode(fake.calls[1].messages[-1]).decode()


async def test_results_are_told_in_the_order_of_the_calls() -> None:
    @tool
    async def sleep(seconds: float) -> float:
        """Sleeps."""
        await asyncio.sleep(seconds)
        return seconds

    fake = FakeModel([tool_call("sleep", {"seconds": 0.03}), tool_call("sleep", {"seconds": 0})], "Done.")
    await generate_text(model=fake, prompt="Hi", tools=[sleep], stop_when=step_count_is(2))
    told = msgspec.to_builtins(fake.calls[1].messages[-1])["content"]
    assert [part["toolCallId"] for part in told] == ["call-1", "call-2"]


async def test_what_the_provider_ran_itself_is_handed_on() -> None:
    answer: Any = [
        model.ToolCall("s1", "web_search", '{"query": "x"}', provider_executed=True),
        model.ToolResult("s1", "web_search", [{"url": "https://a.test"}]),
        model.ToolCall("s2", "web_search", "{}", provider_executed=True),
        model.ToolResult("s2", "web_search", {"code": "unavailable"}, is_error=True),
        "Found.",
    ]
    tools = [ProviderTool(id="anthropic.web_search_20250305", name="web_search")]
    fake = FakeModel(answer)
    stream = stream_text(model=fake, prompt="Hi", tools=tools, stop_when=step_count_is(3))
    chunks = [chunk async for batch in stream.ui_message_stream() for chunk in batch]
    assert len(fake.calls) == 1
    (output,) = [chunk for chunk in chunks if isinstance(chunk, ui.ToolOutputAvailable)]
    assert (output.output, output.provider_executed) == ([{"url": "https://a.test"}], True)
    (error,) = [chunk for chunk in chunks if isinstance(chunk, ui.ToolOutputError)]
    assert error.error_text == '{"code":"unavailable"}'


async def test_no_tool_runs_when_the_answer_was_cut_off() -> None:
    ran: list[str] = []
    note = tool(name="note")(lambda: ran.append("note"))
    answer: Any = [tool_call("note"), model.Finish("length", model.Usage())]
    await generate_text(model=FakeModel(answer), prompt="Hi", tools=[note], stop_when=step_count_is(3))
    assert ran == []
