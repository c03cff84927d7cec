from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edgechat.errors import APICallError
from edgechat.generate import stream_text
from edgechat.model.parts import ResponseMetadata, Usage
from edgechat.testing import FakeClock, FakeModel, wait
from edgechat.testing.models import ModelStep
from service.telemetry import observed_model
from service.telemetry.record import Record, current


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Callable[..., Record]]:
    def start(**options: Any) -> Record:
        record = Record("POST", clock=clock, **options)
        current.set(record)
        return record

    token = current.set(None)
    yield start
    current.reset(token)


async def answer(model: FakeModel, **options: Any) -> None:
    text = stream_text(model=observed_model(model), prompt="Hi", **options)
    async for _ in text.ui_message_stream():
        pass


async def test_a_call_of_a_model_is_a_span_by_the_genai_conventions(
    clock: FakeClock, start: Callable[..., Record]
) -> None:
    record = start(ratio=1)
    said: list[ModelStep] = [ResponseMetadata("r1", "fake-model-2"), wait(0.5), "Hello", wait(1), " there"]
    usage = Usage(input_tokens=12, output_tokens=3, cache_read_tokens=8)
    await answer(FakeModel(said, clock=clock, usage=usage), temperature=0.2, max_output_tokens=64)
    (span,) = record.spans
    assert (span.name, span.kind, span.parent_id) == ("chat fake-model", "client", record.root.id)
    assert span.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "fake",
        "gen_ai.request.model": "fake-model",
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "fake-model-2",
        "gen_ai.response.time_to_first_chunk": 0.5,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 8,
    }
    assert span.end is not None
    assert span.end - span.start == 1.5
    assert span.error is None
    fields = record.fields()
    assert (fields["model"], fields["answeredBy"]) == ("fake-model", "fake-model-2")
    assert (fields["inputTokens"], fields["outputTokens"], fields["ttftMs"]) == (12, 3, 500)
    assert fields["finishReason"] == "stop"


async def test_the_trace_is_handed_on_to_the_model(clock: FakeClock, start: Callable[..., Record]) -> None:
    record, model = start(ratio=1), FakeModel("Hi", clock=clock)
    await answer(model, headers={"x-session-affinity": "c1"})
    (span,) = record.spans
    assert model.calls[0].headers == {
        "traceparent": f"00-{record.trace_id}-{span.id}-01",
        "x-session-affinity": "c1",
    }


async def test_without_sampling_nothing_is_handed_on(clock: FakeClock, start: Callable[..., Record]) -> None:
    start()
    model = FakeModel("Hi", clock=clock)
    await answer(model)
    assert model.calls[0].headers == {}


async def test_retries_belong_to_their_call(clock: FakeClock, start: Callable[..., Record]) -> None:
    record, busy = start(), APICallError("busy", status=503)
    busy.retry_after = 0
    await answer(FakeModel(busy, "Hi", clock=clock), max_retries=1)
    (span,) = record.spans
    assert span.error is None
    assert record.fields()["outputTokens"]


async def test_a_call_that_fails_says_how(clock: FakeClock, start: Callable[..., Record]) -> None:
    record = start()
    await answer(FakeModel(APICallError("no such model", status=400), clock=clock))
    assert record.spans[0].error == "APICallError"
    assert record.fields()["errorCode"] == "APICallError"


async def test_an_error_in_the_stream_says_so_too(clock: FakeClock, start: Callable[..., Record]) -> None:
    record = start()
    await answer(FakeModel(["Hel", APICallError("lost")], clock=clock))
    assert record.spans[0].error == "APICallError"
    assert record.spans[0].end is not None


async def test_what_is_said_is_kept_only_for_debugging(clock: FakeClock, start: Callable[..., Record]) -> None:
    record = start()
    await answer(FakeModel("Hello there", clock=clock))
    assert not {"input", "output"} & record.fields().keys()
    record = start(with_content=True)
    await answer(FakeModel("Hello there", clock=clock))
    assert (record.fields()["input"], record.fields()["output"]) == ("Hi", "Hello there")


async def test_outside_of_a_request_nothing_is_observed() -> None:
    model = FakeModel("Hi")
    assert observed_model(model) is model
