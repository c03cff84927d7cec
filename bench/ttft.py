"""The time to the first token as the page sees it, against that of the model server alone.

Both are asked in turn, in one run, the same question with the same system prompt. What lies between them is ours: the
page, the local network, the Worker, its session check and its history.
"""

import shutil
import subprocess
import time
import tomllib

import httpx
from playwright.async_api import Page, async_playwright, expect

from bench.service import ROOT, chat_service
from bench.table import heading, row, spread
from service.answer import INSTRUCTIONS, TEMPERATURE

RUNS = 25
MODEL = tomllib.loads((ROOT / "wrangler.toml").read_text())["vars"]["LIMITS"]["models"]["small"]
QUESTION = "What is the capital of France?"


async def measure_ttft() -> None:
    with chat_service() as service:
        ai = _url_of_the_ai()
        async with async_playwright() as playwright, httpx.AsyncClient(base_url=ai, timeout=60) as model:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = await browser.new_page(base_url=service.url)
            await page.goto("/")
            await expect(page.locator("#state")).to_have_text("Ready", timeout=60_000)
            for _ in range(3):  # code that runs for the first time is slower
                await _ask_page(page)
                await _ask_model(model)
            felt, at_edge, alone = [], [], []
            for _ in range(RUNS):
                alone.append(await _ask_model(model))
                seen, edge = await _ask_page(page)
                felt.append(seen)
                at_edge.append(edge)
            await browser.close()
    heading("time to the first token, asked in turn")
    row("model server alone", spread(alone, "ms"))
    row("as the Worker sees it", spread(at_edge, "ms"))
    row("as the page sees it", spread(felt, "ms"))
    row("ours: page minus model", spread([a - b for a, b in zip(felt, alone, strict=True)], "ms"))


def _url_of_the_ai() -> str:
    """Where the local AI listens: its supervisor chose the port."""
    shown = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    (port,) = {line.split("--port=")[1].split()[0] for line in shown.splitlines() if "pop.cli ai --port=" in line}
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


async def _ask_page(page: Page) -> tuple[float, float]:
    """A new chat with one question: milliseconds to the first token as the page and as the Worker saw it."""
    await page.get_by_role("link", name="New chat").click()
    await expect(page.locator("article")).to_have_count(0)
    await page.wait_for_timeout(200)  # as somebody who thinks before asking
    await page.get_by_label("Message", exact=True).fill(QUESTION)
    await page.keyboard.press("Enter")
    await page.wait_for_timeout(500)  # looking sooner would slow down what is measured
    footer = page.locator("article[data-role=assistant] footer")
    await expect(footer).to_contain_text("at the edge", timeout=60_000)
    words = (await footer.inner_text()).split()
    return float(words[3]), float(words[5])
