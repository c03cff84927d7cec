"""The real model, in this process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from pop.ai.backend import Json
from pop.ai.catalogue import SMOLLM2
from pop.ai.engine import Engine
from pop.ai.errors import AiError
from pop.errors import PopError

LONG = {"messages": [{"role": "user", "content": "Write a long story about the sea."}], "max_tokens": 1000}


@asynccontextmanager
async def engine(*, slots: int = 2, queue: int = 2, context: int = 512) -> AsyncIterator[Engine]:
    model = Engine(SMOLLM2.name, SMOLLM2.path(), slots=slots, queue=queue, context=context)
    try:
        yield model
    finally:
        await model.aclose()


async def text_of(model: Engine, request: Json) -> str:
    chunks = [chunk async for chunk in model.stream({"temperature": 0, "stream": True} | request)]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


async def test_it_answers_a_question() -> None:
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    async with engine() as model:
        assert "Paris" in await text_of(model, {"messages": messages, "max_tokens": 30})


async def test_it_keeps_to_a_json_schema() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "r", "schema": schema | {"additionalProperties": False}}}
    request = {"messages": [{"role": "user", "content": "The capital of France?"}], "max_tokens": 100}
    async with engine() as model:
        answer = json.loads(await text_of(model, request | {"response_format": wanted}))
    assert list(answer) == ["city"]


async def test_leaving_a_stream_frees_its_slot() -> None:
    async with engine(slots=1, queue=0) as model:
        stream = model.stream({"stream": True} | LONG)
        await anext(stream)
        with pytest.raises(AiError) as caught:
            await anext(model.stream({"stream": True} | LONG))
        assert caught.value.code == 3040
        await stream.aclose()
        async with asyncio.timeout(5):
            while True:
                try:
                    assert await text_of(model, {"messages": LONG["messages"], "max_tokens": 1})
                    return
                except AiError:
                    await asyncio.sleep(0.01)


async def test_a_conversation_that_does_not_fit_is_refused() -> None:
    request = {"messages": [{"role": "user", "content": "word " * 1000}], "stream": True}
    async with engine() as model:
        with pytest.raises(AiError) as caught:
            await anext(model.stream(request))
    assert caught.value.code == 3006


async def test_messages_that_the_model_does_not_take_are_refused() -> None:
    async with engine() as model:
        with pytest.raises(AiError) as caught:
            await anext(model.stream({"messages": [{"role": "user"}], "stream": True}))
    assert caught.value.code == 5004


async def test_it_stops_with_streams_in_flight() -> None:
    async with engine() as model:
        await anext(model.stream({"stream": True} | LONG))
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 3


def test_another_file_under_the_name_of_the_model_is_refused() -> None:
    with pytest.raises(PopError, match="not the expected model"):
        replace(SMOLLM2, sha256="0" * 64).path()


def test_a_model_that_is_not_installed_is_named() -> None:
    with pytest.raises(PopError, match="no_such_package"):
        replace(SMOLLM2, package="no_such_package").path()
