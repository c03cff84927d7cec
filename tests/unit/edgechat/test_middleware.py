from collections.abc import Callable, Sequence

import pytest

from edgechat.model.middleware import Middleware, default_instructions, default_settings, wrap_language_model
from edgechat.model.parts import ModelPart, StreamStart, TextDelta, TextEnd
from edgechat.model.prompt import SystemMessage, UserMessage
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.testing import FakeModel

CALL = ModelCall(messages=[UserMessage("Hi")])


async def ask(model: LanguageModel, call: ModelCall = CALL) -> list[list[ModelPart]]:
    """What each read gives."""
    async with model.stream(call) as stream:
        reads = []
        while (parts := await stream.read()) is not None:
            reads.append(parts)
        return reads


def text_of(reads: list[list[ModelPart]]) -> str:
    return "".join(part.delta for parts in reads for part in parts if isinstance(part, TextDelta))


class Each:
    """A transform of single parts."""

    def __init__(self, change: Callable[[ModelPart], Sequence[ModelPart]], last: Sequence[ModelPart] = ()) -> None:
        self._change = change
        self._last = list(last)

    def feed(self, parts: list[ModelPart]) -> list[ModelPart]:
        return [changed for part in parts for changed in self._change(part)]

    def close(self) -> list[ModelPart]:
        return self._last


def tagging(tag: str) -> Middleware:
    async def transform_call(call: ModelCall, model: LanguageModel) -> ModelCall:
        return ModelCall(messages=[*call.messages, UserMessage(f"{tag} around {model.model_id}")])

    def change(part: ModelPart) -> list[ModelPart]:
        return [TextDelta(part.id, f"{tag}({part.delta})") if isinstance(part, TextDelta) else part]

    return Middleware(transform_call=transform_call, transform_stream=lambda call: Each(change))


async def test_of_several_the_first_changes_the_call_first_and_the_answer_last() -> None:
    model = FakeModel("Hello", model_id="m")
    wrapped = wrap_language_model(model, [tagging("first"), tagging("second")])
    assert text_of(await ask(wrapped)) == "first(second(Hello))"
    assert model.calls[0].messages == [
        UserMessage("Hi"),
        UserMessage("first around m"),
        UserMessage("second around m"),
    ]


def test_a_wrapped_model_has_the_name_of_the_model() -> None:
    wrapped = wrap_language_model(FakeModel(provider="p", model_id="m"), Middleware())
    assert (wrapped.provider, wrapped.model_id) == ("p", "m")


async def test_a_transform_is_fresh_for_each_answer_and_told_of_the_call() -> None:
    told = []

    def transform_stream(call: ModelCall) -> Each:
        told.append(call)
        return Each(lambda part: [part])

    wrapped = wrap_language_model(FakeModel("a", "b"), Middleware(transform_stream=transform_stream))
    await ask(wrapped)
    await ask(wrapped)
    assert told == [CALL, CALL]


async def test_reads_of_which_nothing_is_left_are_not_handed_on() -> None:
    only_ends = Middleware(transform_stream=lambda call: Each(lambda part: [part] * isinstance(part, TextEnd)))
    assert await ask(wrap_language_model(FakeModel("one two three"), only_ends)) == [[TextEnd("text-0")]]


async def test_what_a_transform_has_left_comes_at_the_end() -> None:
    late = Middleware(transform_stream=lambda call: Each(lambda part: [], last=[TextDelta("t", "late")]))
    assert await ask(wrap_language_model(FakeModel("Hello"), late)) == [[TextDelta("t", "late")]]


async def test_leaving_the_wrapped_stream_leaves_the_stream() -> None:
    model = FakeModel("one two")
    async with wrap_language_model(model, [tagging("x"), Middleware()]).stream(CALL) as stream:
        assert isinstance((await stream.read() or [])[0], StreamStart)
    assert model.aborted == [True]


async def test_the_headers_of_the_answer_stay() -> None:
    model = FakeModel("Hello", headers={"x-region": "fra"})
    async with wrap_language_model(model, tagging("x")).stream(CALL) as stream:
        assert stream.headers == {"x-region": "fra"}


async def call_through(middleware: Middleware, call: ModelCall) -> ModelCall:
    """The call as the model gets it."""
    model = FakeModel("Hello")
    await ask(wrap_language_model(model, middleware), call)
    return model.calls[0]


async def test_default_settings_fill_what_a_call_leaves_open() -> None:
    middleware = default_settings(temperature=0.7, max_output_tokens=100, stop_sequences=["END"])
    call = await call_through(middleware, ModelCall(messages=[], temperature=0, stop_sequences=["STOP"]))
    assert (call.temperature, call.max_output_tokens, call.stop_sequences) == (0, 100, ["STOP"])


async def test_default_headers_and_provider_options_are_merged() -> None:
    middleware = default_settings(
        headers={"a": "default", "b": "default"},
        provider_options={"anthropic": {"thinking": {"type": "enabled", "budgetTokens": 1}, "effort": "low"}},
    )
    call = ModelCall(
        messages=[],
        headers={"a": "call"},
        provider_options={"anthropic": {"thinking": {"budgetTokens": 2}}, "openai": {"user": "u"}},
    )
    changed = await call_through(middleware, call)
    assert changed.headers == {"a": "call", "b": "default"}
    assert changed.provider_options == {
        "anthropic": {"thinking": {"type": "enabled", "budgetTokens": 2}, "effort": "low"},
        "openai": {"user": "u"},
    }


@pytest.mark.parametrize("instructions", ["Be brief.", SystemMessage("Be brief.")])
async def test_default_instructions_come_first(instructions: str | SystemMessage) -> None:
    call = await call_through(default_instructions(instructions), CALL)
    assert call.messages == [SystemMessage("Be brief."), UserMessage("Hi")]


async def test_default_instructions_give_way_to_those_of_the_call() -> None:
    call = ModelCall(messages=[SystemMessage("Be long."), UserMessage("Hi")])
    assert await call_through(default_instructions("Be brief."), call) is call
