"""Cloudflare's decision models Clef as a classifier (Workers AI docs, Clef: the "System One" format).

A call takes some 0.2 s, so `Router` asks only where its signals are unsure, and waits no longer than its deadline.
"""

import msgspec

from edgechat.errors import APICallError
from edgechat.json import JSONDecoder
from edgechat.model.types import ModelRequest, Sender
from edgechat.model.workers_ai.errors import workers_ai_error
from edgechat.routing.signals import RouteRequest

CLEF_FLASH = "@cf/cloudflare/clef-flash"

QUESTION = {
    "type": "choice",
    "instructions": "Which model should answer the last message of the user?",
    "criteria": {
        "small": "small talk, a fact, a translation, rewriting or summarising a given text, a short text or list,"
        " one easy command: the answer of a model with 8 billion parameters would be good enough",
        "large": "several steps of reasoning, mathematics, debugging, designing or writing more than a few lines of"
        " code, a plan with constraints, law, medicine, money, analysis, literary writing under constraints",
    },
}

SHOWN = 1_600
"""Characters of a message: at times Clef has read no more than 2,048 tokens. The ends of a longer one are sent."""


class _Tier(msgspec.Struct):
    probabilities: dict[str, float]


class _Answers(msgspec.Struct):
    tier: _Tier


class _Answer(msgspec.Struct):
    answers: _Answers


class _Wrapped(msgspec.Struct):
    """As REST gives it."""

    result: _Answer


_answer = JSONDecoder[_Answer](_Answer)
_wrapped = JSONDecoder[_Wrapped](_Wrapped)


class ClefClassifier:
    """A `Classifier` on Workers AI: `ClefClassifier(AIBinding(env.AI))`.

    Raises `APICallError`.
    """

    def __init__(self, send: Sender, model_id: str = CLEF_FLASH) -> None:
        self._send = send
        self._model_id = model_id

    async def __call__(self, request: RouteRequest) -> float:
        async with self._send(ModelRequest(model=self._model_id, body=clef_body(request, self._model_id))) as response:
            body = await response.text()
            if response.status >= 400:
                raise workers_ai_error(body, response.status)
        return read_clef(body)


def clef_body(request: RouteRequest, model_id: str = CLEF_FLASH) -> bytes:
    text = request.text
    if len(text) > SHOWN:
        text = f"{text[: SHOWN // 2]}\n[...]\n{text[-SHOWN // 2 :]}"
    state = {"message": text}
    if request.last_side:
        state["the answer before came from"] = "a small model" if request.last_side == "edge" else "a large model"
    # The schema wants the model's name without its author.
    document = {"model": model_id.rpartition("/")[2], "state": state, "questions": {"tier": QUESTION}}
    return msgspec.json.encode(document)


def read_clef(body: str) -> float:
    """How likely a large model is needed, from 0 to 1. Raises `APICallError`."""
    try:
        try:
            answer = _answer.decode(body)
        except msgspec.ValidationError:
            answer = _wrapped.decode(body).result
    except msgspec.DecodeError as error:
        raise APICallError(f"Clef's answer cannot be read: {error}", is_retryable=False) from None
    large = answer.answers.tier.probabilities.get("large")
    if large is None or not 0 <= large <= 1:
        raise APICallError('Clef\'s answer has no probability of "large".', is_retryable=False)
    return large
