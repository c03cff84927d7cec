"""What the operator of the service sets: the variables LIMITS and ROUTING of `wrangler.toml`, which explains all.

Variables and not code: each environment has its own, and a test too. They are small enough for that (5 KB), and read
once for each isolate.
"""

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from edgechat.model.types import Reasoning

type Positive = Annotated[int, msgspec.Meta(gt=0)]
type Dollars = Annotated[float, msgspec.Meta(ge=0)]
type Seconds = Annotated[float, msgspec.Meta(gt=0)]
type Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Price(_Table, frozen=True):
    """Dollars for a million tokens."""

    input: Dollars
    output: Dollars


def _cost(price: Price | None, input_tokens: int, output_tokens: int) -> float:
    return (input_tokens * price.input + output_tokens * price.output) / 1_000_000 if price else 0.0


class Model(_Table, frozen=True):
    id: str
    """Such as "@cf/meta/llama-3.1-8b-instruct-fp8-fast"."""
    context: Positive
    """Tokens of question and answer together."""
    max_output: Positive
    """Tokens of an answer."""
    price: Price | None = None
    takes_images: bool = False
    reasoning: Reasoning | None = None
    """Of a central model: how much it thinks before it answers, where that is not left to it. It is part of what
    `max_output` limits."""
    is_retired: bool = False
    """Still named, for the conversations that it has answered in, but not to be had."""

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Dollars, as far as the price is known."""
        return _cost(self.price, input_tokens, output_tokens)


class Tier(_Table, frozen=True):
    """What one guest, or one user, may have."""

    models: Annotated[list[str], msgspec.Meta(min_length=1)]
    """Their aliases; the first is the default."""
    messages: Positive
    """In a day."""
    tokens: Positive
    """In a day, questions and answers together."""
    files: Positive
    """Stored at a time."""
    file_bytes: Positive
    """Of all stored files together."""
    messages_per_address: Positive | None = None
    """In a day, of all guests with the same network address together."""


class TextWorkload(_Table, frozen=True):
    model: str
    """Its alias."""
    characters: Positive
    max_output: Positive = 64
    """Tokens. A label is a word in JSON, but a grammar allows for much space around it."""


class AudioModel(_Table, frozen=True):
    """It is counted in tokens too: ten for a second that is heard, one for a character that is spoken."""

    id: str
    """Such as "@cf/openai/whisper-large-v3-turbo"."""
    price: Price | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Dollars, as far as the price is known."""
        return _cost(self.price, input_tokens, output_tokens)


class Hearing(AudioModel, frozen=True, kw_only=True):
    audio_bytes: Positive


class Speaking(AudioModel, frozen=True, kw_only=True):
    characters: Positive
    languages: list[str] = []
    """That the model knows by these names, such as "en"; of others it is told nothing."""


type Workload = Literal["complete", "classify", "transcribe", "speech"]


class Workloads(_Table, frozen=True):
    """What is offered besides chat."""

    guest_calls: Positive
    """Of each workload, in a day."""
    user_calls: Positive
    calls_per_address: Positive
    """In a day, of all guests with the same network address together."""
    complete: TextWorkload
    classify: TextWorkload
    transcribe: Hearing
    speech: Speaking


class Files(_Table, frozen=True):
    """What a file, and the files of a message, may be."""

    image_bytes: Positive
    text_bytes: Positive
    per_message: Positive


type TierName = Literal["guest", "user"]


class Limits(_Table, frozen=True):
    dollars: Dollars
    """What all models may cost in a day."""
    message_characters: Positive
    history_tokens: Positive
    """Of earlier messages, that the model is told."""
    guest: Tier
    user: Tier
    files: Files
    models: dict[str, Model]
    """By alias."""
    workloads: Workloads | None = None

    def __post_init__(self) -> None:
        texts = [self.workloads.complete.model, self.workloads.classify.model] if self.workloads else []
        for alias in (*self.guest.models, *self.user.models, *texts):
            if alias not in self.models:
                raise ValueError(f"there is no model {alias!r}")
        for tier in (self.guest, self.user):
            if self.models[tier.models[0]].is_retired:
                raise ValueError(f"the default model {tier.models[0]!r} is retired")

    @property
    def billed(self) -> dict[str, Model | AudioModel]:
        """All models that cost something, by their ids."""
        models: list[Model | AudioModel] = list(self.models.values())
        if self.workloads:
            models += [self.workloads.transcribe, self.workloads.speech]
        return {model.id: model for model in models}

    def tier(self, name: TierName) -> Tier:
        return self.guest if name == "guest" else self.user

    def reasoning(self, model_id: str) -> Reasoning | None:
        return next((model.reasoning for model in self.models.values() if model.id == model_id), None)


@lru_cache(maxsize=1)
def read_limits(text: str | None) -> Limits:
    """From JSON."""
    if text is None:
        raise RuntimeError("The variable LIMITS is not set: see [vars.LIMITS] in wrangler.toml.")
    try:
        return msgspec.json.decode(text, type=Limits)
    except msgspec.DecodeError as error:
        raise RuntimeError(f"The variable LIMITS (see wrangler.toml) is wrong: {error}") from None


WISHES = ("auto", "fast", "best")
"""What one may ask for in place of a model."""


class Routing(_Table, frozen=True):
    """Which model answers where nobody has asked for one by its name. Models are aliases."""

    edge: str
    central: str
    vision: str | None = None
    """For images."""
    asks_classifier: bool = False
    sure: Share = 0.8
    """Confidence from which on no classifier is asked."""
    deadline: Seconds = 0.3
    """For the classifier."""
    first_token: Seconds = 10.0
    """After which the next model is asked."""
    spared: Share = 0.2
    """The last part of a day's dollars, and of a user's tokens: it is for the edge model alone."""

    def check(self, limits: Limits) -> None:
        """Raises `ValueError`."""
        for alias in filter(None, (self.edge, self.central, self.vision)):
            if alias not in limits.models:
                raise ValueError(f"there is no model {alias!r} in LIMITS")
            if limits.models[alias].is_retired:
                raise ValueError(f"the model {alias!r} is retired")
        if self.edge == self.central:
            raise ValueError(f"the model {self.edge!r} is both edge and central")
        if names := limits.models.keys() & WISHES:
            raise ValueError(f"a model of LIMITS has a name that stands for another thing: {', '.join(sorted(names))}")


@lru_cache(maxsize=1)
def read_routing(text: str, limits: str | None) -> Routing:
    """From JSON, as are the limits that it belongs to."""
    try:
        routing = msgspec.json.decode(text, type=Routing)
        routing.check(read_limits(limits))
    except ValueError as error:
        raise RuntimeError(f"The variable ROUTING (see wrangler.toml) is wrong: {error}") from None
    return routing
