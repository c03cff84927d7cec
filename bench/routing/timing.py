"""How long a decision takes. Runs in CPython and, as it stands, in Pyodide: it imports edgechat only."""

import time

from edgechat.routing import Router, RouterConfig, RouteRequest

REPEATS = 7


def time_decisions(texts: list[str]) -> list[float]:
    """Microseconds for each text, the best of a few, so that what else the machine does counts little."""
    router = Router(RouterConfig(edge="edge", central="central"))
    times = []
    for text in texts:
        request = RouteRequest(text=text)
        best = float("inf")
        for _ in range(REPEATS):
            started = time.perf_counter()
            router.decide(request)
            best = min(best, time.perf_counter() - started)
        times.append(best * 1e6)
    return times
