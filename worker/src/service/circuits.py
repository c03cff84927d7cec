"""Which models have failed of late: known in each isolate, and shared through KV beside the answers.

No call of a model waits for KV. It takes one write a second for a key, and may be a minute behind: an isolate that has
not heard yet finds out for itself.
"""

import logging
import math
import time

import msgspec

from edgechat.routing import CircuitBreaker
from edgechat.routing.breaker import Circuit
from service.bindings import KVNamespace

log = logging.getLogger("edgechat")

KEY = "circuits"
LIFETIME = 600
"""Seconds. No circuit is open for longer."""
READ_EVERY = 30.0
WRITE_EVERY = 1.0

_circuits = msgspec.json.Decoder(dict[str, Circuit])


class Circuits:
    """Of one isolate."""

    def __init__(self) -> None:
        self.breaker = CircuitBreaker(lambda: time.time(), on_open=self._on_open)
        self._has_news = False
        self._read_at = self._wrote_at = -math.inf

    def is_failing(self, model_id: str) -> bool:
        circuit = self.breaker.circuits.get(model_id)
        return circuit is not None and time.time() < circuit.open_until

    async def sync(self, kv: KVNamespace) -> None:
        """Tells others the news, and hears theirs. Never fails; not to be waited for before a model is called."""
        now = time.time()
        tells = self._has_news and now >= self._wrote_at + WRITE_EVERY
        if not tells and now < self._read_at + READ_EVERY:
            return
        # Said before it is done: others who ask meanwhile need not do it too, and news that come meanwhile stay news.
        self._read_at = now
        if tells:
            self._wrote_at, self._has_news = now, False
        try:
            if found := await kv.get(KEY):
                self.breaker.share(_circuits.decode(found))
            if tells:
                known = msgspec.json.encode(self.breaker.circuits).decode()
                await kv.put(KEY, known, expirationTtl=LIFETIME)
        except Exception as error:
            self._has_news |= tells
            log.warning("What is known of the models could not be shared: %r", error)

    def _on_open(self) -> None:
        self._has_news = True


circuits = Circuits()
