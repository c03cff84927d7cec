import pytest

from edgechat.errors import APICallError
from edgechat.generate.text import generate_text
from edgechat.model.workers_ai import create_workers_ai
from edgechat.testing import AICall, FakeAI, HTTPAnswer, JsException, ai_error

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"
MESSAGES = {"messages": [{"role": "user", "content": "Hi"}]}


async def test_a_text_is_an_answer_as_a_whole_or_as_a_stream() -> None:
    ai = FakeAI("Hello there", "Hello there")
    assert (await ai.run(LLAMA, MESSAGES)).response == "Hello there"
    stream = await ai.run(LLAMA, MESSAGES | {"stream": True})
    assert await stream.read() == b'data: {"response":"Hello ","p":""}\n\n'
    assert (await stream.text()).endswith("data: [DONE]\n\n")


async def test_other_tasks_have_answers_of_their_own() -> None:
    ai = FakeAI({"shape": [1, 2], "data": [[0.5, 1.0]]})
    assert await ai.run("@cf/baai/bge-m3", {"text": ["Hi"]}) == {"shape": [1, 2], "data": [[0.5, 1]]}


async def test_calls_are_noted() -> None:
    ai = FakeAI("a", "b")
    await ai.run(LLAMA, MESSAGES, {"gateway": {"id": "g"}})
    await ai.run(LLAMA, MESSAGES, gateway={"id": "g"})
    assert ai.calls == [AICall(LLAMA, MESSAGES, {"gateway": {"id": "g"}})] * 2


async def test_an_error_is_thrown_or_a_raw_response() -> None:
    ai = FakeAI(ai_error(3040), ai_error(3040), HTTPAnswer("bad gateway", status=502))
    with pytest.raises(JsException, match=r"^InferenceUpstreamError: 3040: Capacity temporarily exceeded"):
        await ai.run(LLAMA, MESSAGES)
    response = await ai.run(LLAMA, MESSAGES, returnRawResponse=True)
    assert response.status == 429
    assert (await response.json())["internalCode"] == 3040
    with pytest.raises(JsException, match="bad gateway"):
        await ai.run(LLAMA, MESSAGES)


async def test_it_sends_the_calls_of_models() -> None:
    ai = FakeAI("Hello there", ai_error(5007, "No such model x"))
    model = create_workers_ai(ai)(LLAMA)
    assert (await generate_text(model=model, prompt="Hi")).text == "Hello there"
    with pytest.raises(APICallError, match="5007: No such model x") as caught:
        await generate_text(model=model, prompt="Hi")
    assert (caught.value.status, caught.value.is_retryable) == (400, False)
    assert [call.inputs["stream"] for call in ai.calls] == [True, True]
    assert ai.aborted[0] is False
