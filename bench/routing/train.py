"""Fits the weights of the signals to the prompts for training: logistic regression, by gradient descent.

`make routing-train` prints them as `edgechat/routing/router.py` has them. What the prompts cannot show (tools, the
conversation so far) keeps its weight.
"""

import math

from bench.routing.data import read_prompts
from edgechat.routing import RouteRequest
from edgechat.routing.router import WEIGHTS
from edgechat.routing.signals import read_signals

SHRINK = 0.004
"""How strongly weights are held near zero."""
STEPS = 3_000
RATE = 1.0


def fit(rows: list[tuple[dict[str, float], bool]]) -> tuple[dict[str, float], float]:
    """The weights and the bias for rows of (signals, is central)."""
    names = sorted({name for signals, _ in rows for name in signals})
    weights, bias = dict.fromkeys(names, 0.0), 0.0
    for _ in range(STEPS):
        slopes, slope = {name: SHRINK * weight for name, weight in weights.items()}, 0.0
        for signals, is_central in rows:
            score = bias + sum(weights[name] * value for name, value in signals.items())
            miss = (1 / (1 + math.exp(-score)) - is_central) / len(rows)
            slope += miss
            for name, value in signals.items():
                slopes[name] += miss * value
        bias -= RATE * slope
        weights = {name: weight - RATE * slopes[name] for name, weight in weights.items()}
    return weights, bias


def main() -> None:
    prompts = read_prompts("train")
    rows = [(read_signals(RouteRequest(text=prompt.text)), prompt.side == "central") for prompt in prompts]
    weights, bias = fit(rows)
    for name in sorted({*WEIGHTS, *weights}, key=lambda name: -weights.get(name, WEIGHTS.get(name, 0))):
        kept = "" if name in weights else "  # not in the prompts"
        print(f'    "{name}": {weights.get(name, WEIGHTS.get(name, 0)):.1f},{kept}')
    print(f"BIAS = {bias:.1f}")


if __name__ == "__main__":
    main()
