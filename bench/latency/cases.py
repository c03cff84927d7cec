"""What is compared: from where to where, which model, and what was published of it."""

from dataclasses import dataclass
from typing import Literal

from bench.load.model import Script
from edgechat.ids import generate_id

OPENING = "Tell me a joke, thanks!"
"""Of a question that the router leaves to the edge, and is sure of it."""
TOKENS = 240
"""Of an answer: so many that both the first one and the rate count."""


@dataclass(frozen=True)
class Case:
    way: str
    model: str
    name: str
    """Of the model in `wrangler.toml`, or "auto": the router decides."""
    service: Literal["edge", "central"]
    """The central one has both models."""
    round_trip: int
    """Milliseconds."""
    rate: int
    """Tokens per second of the model."""
    published: int
    """Milliseconds to the first token."""

    @property
    def label(self) -> str:
        return f"{self.way}, {self.model}"

    @property
    def first_ms(self) -> int:
        """The model takes it for the first token: all of what was published, but for the round trip."""
        return self.published - self.round_trip

    def script(self, tokens: int) -> Script:
        return Script(generate_id(), tokens, self.first_ms, 1000 / self.rate)


CASES = (
    Case("Tokyo to Tokyo (NRT)", "8B", "small", "edge", 10, 120, 55),
    Case("Tokyo to Tokyo (NRT)", "auto", "auto", "central", 10, 120, 55),
    Case("Tokyo to Iowa", "8B", "small", "central", 150, 150, 210),
    # From Tokyo, a round trip to Frankfurt takes more than the 180 ms. From Frankfurt to Iowa, the same model as below
    # leaves 90 ms for it, which is about what it takes.
    Case("Frankfurt to Iowa", "70B", "large", "central", 90, 80, 180),
    Case("Tokyo to Iowa", "70B", "large", "central", 150, 80, 240),
)
