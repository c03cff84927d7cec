"""The time to the first token as the page sees it, against that of the model server alone.

Both are asked in turn, in one run, the same question with the same system prompt. What lies between them is ours: the
page, the local network, the Worker, its session check and its history.
"""

import time
import tomllib

import httpx

from bench.chat import ask, begin_chat, chromium, open_chat
from bench.service import ROOT, Service, chat_service, processes_of
from bench.table import heading, row, spread
from service.answer import INSTRUCTIONS, TEMPERATURE

RUNS = 25
MODEL = tomllib.loads((ROOT / "wrangler.toml").read_text())["vars"]["LIMITS"]["models"]["small"]
QUESTION = "What is the capital of France?"
SECONDS = 0.5
"""What its answer takes, and more."""


async def measure_ttft() -> None:
    with chat_service() as service:
        async with httpx.AsyncClient(base_url=_url_of_the_ai(service), timeout=60) as model, chromium() as browser:
            page = await open_chat(browser, service.url)
            for _ in range(3):  # code that runs for the first time is slower
                await begin_chat(page)
                await ask(page, QUESTION, SECONDS)
                await _ask_model(model)
            felt, at_edge, alone = [], [], []
            for _ in range(RUNS):
                alone.append(await _ask_model(model))
                await begin_chat(page)
                seen = await ask(page, QUESTION, SECONDS)
                felt.append(seen.first_words)
                at_edge.append(seen.stretches["model"])
    heading("time to the first token, asked in turn")
    row("model server alone", spread(alone, "ms"))
    row("as the Worker sees it", spread(at_edge, "ms"))
    row("as the page sees it", spread(felt, "ms"))
    row("ours: page minus model", spread([a - b for a, b in zip(felt, alone, strict=True)], "ms"))


def _url_of_the_ai(service: Service) -> str:
    """Where its local AI listens: pop chose the port."""
    commands = [process.command.split() for process in processes_of(service) if "pop.cli ai" in process.command]
    (port,) = [word.removeprefix("--port=") for word in commands[0] if word.startswith("--port=")]
    return f"http://127.0.0.1:{port}"


async def _ask_model(model: httpx.AsyncClient) -> float:
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": QUESTION}]
    limits = {"max_tokens": MODEL["max_output"], "temperature": TEMPERATURE, "stream": True}
    body = {"inputs": {"messages": messages} | limits, "options": {}}
    started, first = time.perf_counter(), 0.0
    async with model.stream(
        "POST", "/run?version=3", json=body, headers={"cf-consn-model-id": MODEL["id"]}
    ) as response:
        async for _ in response.aiter_raw():
            first = first or (time.perf_counter() - started) * 1000
    return first
