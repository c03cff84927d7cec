"""The latency of the workloads besides chat, on pop's real local models: `make workloads`. Writes `docs/workloads.md`.

All is asked over HTTP on this machine, one request at a time; what the page adds is not in it.
"""

import os
import platform
import time
from statistics import median

import httpx

from bench.service import ROOT, chat_service
from bench.table import rewrite, spread, table

RUNS = 15
PAGE = ROOT / "docs" / "workloads.md"
TYPED = ["Where would you go in", "Please write an email to", "The best way to learn", "How do I cook"]
LABELLED = ["Where would you go in May, Rome or Lisbon?", "Why does my Python loop never end?", "What is in a risotto?"]
SPOKEN = "The capital of Italy is Rome. It is a city with a long history."


def main() -> None:
    with chat_service() as service, httpx.Client(base_url=service.url, timeout=60) as client:
        session = client.post("/api/session", json={}).raise_for_status().json()
        client.headers["authorization"] = f"Bearer {session['token']}"
        sound = client.post("/api/speech", json={"text": SPOKEN})
        if sound.status_code == 501:
            raise SystemExit("Whisper and Piper are not installed: make setup-voice")
        rows = [
            ("`complete`: first words", [_first_words(client, TYPED[run % len(TYPED)]) for run in range(RUNS)], 300),
            ("`classify`: the label", [_label(client, LABELLED[run % len(LABELLED)]) for run in range(RUNS)], 1_000),
            (f"`transcribe`: {_seconds(sound.content):.1f} s of speech", _transcribed(client, sound.content), 1_500),
            ("`speech`: two sentences", [_spoken(client) for _ in range(RUNS)], 1_500),
        ]
    cells = [
        [name, spread(values, "ms"), f"{budget} ms", "within" if median(values) <= budget else "**beyond**"]
        for name, values, budget in rows
    ]
    text = table(["workload", "median (smallest to largest)", "its budget", ""], cells)
    machine = f"{platform.machine()} with {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    rewrite(PAGE, f"{text}\n\n{machine}; SmolLM2-135M, Whisper tiny.en and Piper joe.")
    print(text)


def _first_words(client: httpx.Client, text: str) -> float:
    started = time.perf_counter()
    with client.stream("POST", "/api/complete", json={"prompt": text}) as response:
        for line in response.raise_for_status().iter_lines():
            if '"text-delta"' in line:
                return (time.perf_counter() - started) * 1_000
    raise SystemExit(f"Nothing was suggested for {text!r}")


def _label(client: httpx.Client, text: str) -> float:
    return _timed(client, "/api/classify", json={"text": text})


def _transcribed(client: httpx.Client, recording: bytes) -> list[float]:
    return [_timed(client, "/api/transcribe", content=recording) for _ in range(RUNS)]


def _spoken(client: httpx.Client) -> float:
    return _timed(client, "/api/speech", json={"text": SPOKEN})


def _timed(client: httpx.Client, path: str, **body: object) -> float:
    started = time.perf_counter()
    client.post(path, **body).raise_for_status()  # type: ignore[arg-type]
    return (time.perf_counter() - started) * 1_000


def _seconds(wave: bytes) -> float:
    return len(wave) / int.from_bytes(wave[28:32], "little")


if __name__ == "__main__":
    main()
