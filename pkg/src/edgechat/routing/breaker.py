"""Models that fail are left alone for a while."""

from collections.abc import Callable, Mapping

import msgspec


class Circuit(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is known of one model. Times are seconds, by the clock of the breaker."""

    failures: int = 0
    """In a row."""
    open_until: float = 0.0
    """The model is not asked before that; then once, to see."""


class CircuitBreaker:
    """For a `FallbackModel`. After `threshold` failures in a row a model is not asked for `pause` seconds, and then
    twice as long each time, up to `longest`. When that has passed, one call probes it; the others still go elsewhere
    until it has succeeded.

    `circuits` is plain data, which those who call the same models can share; `on_open` says that it is time to.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        on_open: Callable[[], object] = bool,
        threshold: int = 3,
        pause: float = 10.0,
        longest: float = 300.0,
    ) -> None:
        self.circuits: dict[str, Circuit] = {}
        self._probed: set[str] = set()
        self._clock = clock
        self._on_open = on_open
        self._threshold = threshold
        self._pause = pause
        self._longest = longest

    def share(self, circuits: Mapping[str, Circuit]) -> None:
        """Takes over what others know. They close no circuit: only a call that succeeds here does."""
        for model_id, other in circuits.items():
            own = self.circuits.get(model_id, Circuit())
            if other.open_until > max(own.open_until, self._clock()):
                self.circuits[model_id] = Circuit(max(own.failures, other.failures), other.open_until)

    def admits(self, model_id: str) -> bool:
        """Whether the model may be asked now. A probe is admitted once for each pause."""
        circuit = self.circuits.get(model_id)
        if circuit is None or circuit.failures < self._threshold:
            return True
        now = self._clock()
        if now < circuit.open_until:
            return False
        circuit.open_until = now + self._pause
        self._probed.add(model_id)
        return True

    def succeeded(self, model_id: str) -> None:
        self._probed.discard(model_id)
        self.circuits.pop(model_id, None)

    def failed(self, model_id: str) -> None:
        circuit = self.circuits.setdefault(model_id, Circuit())
        is_probe = model_id in self._probed
        self._probed.discard(model_id)
        if self._clock() < circuit.open_until and not is_probe:
            return  # it was under way when the circuit opened: hundreds may be, and say the same
        circuit.failures += 1
        if circuit.failures >= self._threshold:
            pause = self._pause * 2 ** min(circuit.failures - self._threshold, 20)
            circuit.open_until = self._clock() + min(pause, self._longest)
            self._on_open()
