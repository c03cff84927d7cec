"""Fits two logistic regressions to the prompts for training: `make routing-train`.

The weights of the signals are printed as `edgechat/routing/router.py` has them; what the prompts cannot show (tools,
the conversation so far) keeps its weight. Those of an embedding are written for pop's stand-in of Clef.
"""

import math

import msgspec

from bench.routing.data import Prompt, read_prompts
from edgechat.routing import RouteRequest
from edgechat.routing.router import WEIGHTS
from edgechat.routing.signals import read_signals
from pop.ai.clef import WEIGHTS as CLEF_WEIGHTS
from pop.ai.clef import Embedder, Weights

SHRINK = 0.004
"""How strongly weights are held near zero."""
EMBEDDING_SHRINK = 0.01
"""The best of 0.003 to 1 in a fivefold cross-validation of the prompts for training."""
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


def fit_embedding(prompts: list[Prompt]) -> Weights:
    """By Newton's method: the embeddings of all texts are close to one another, and gradients small."""
    import numpy as np  # comes with the embedding model

    embed = Embedder()
    values = np.array([[*embed(prompt.text), 1.0] for prompt in prompts])
    mean = values.mean(axis=0)
    mean[-1] = 0
    values -= mean
    is_central = np.array([prompt.side == "central" for prompt in prompts])
    shrink = np.full(values.shape[1], EMBEDDING_SHRINK)
    shrink[-1] = 0
    weights = np.zeros(values.shape[1])
    for _ in range(30):
        central = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (central - is_central) + shrink * weights
        weights -= np.linalg.solve((values.T * (central * (1 - central))) @ values + np.diag(shrink), slope)
    bias = weights[-1] - mean @ weights
    return Weights(round(float(bias), 4), [round(float(weight), 3) for weight in weights[:-1]])


def main() -> None:
    prompts = read_prompts("train")
    rows = [(read_signals(RouteRequest(text=prompt.text)), prompt.side == "central") for prompt in prompts]
    weights, bias = fit(rows)
    for name in sorted({*WEIGHTS, *weights}, key=lambda name: -weights.get(name, WEIGHTS.get(name, 0))):
        kept = "" if name in weights else "  # not in the prompts"
        print(f'    "{name}": {weights.get(name, WEIGHTS.get(name, 0)):.1f},{kept}')
    print(f"BIAS = {bias:.1f}")
    CLEF_WEIGHTS.write_bytes(msgspec.json.encode(fit_embedding(prompts)) + b"\n")
    print(f"written: {CLEF_WEIGHTS}")


if __name__ == "__main__":
    main()
