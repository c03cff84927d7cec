"""The model of both sides: a Workers AI in a process of its own, that answers as many words, as fast, as the last
message asks for. `python -m bench.load.model` says where it listens.

An answer begins with the id of its question: one that goes astray is seen.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Script:
    """What a question asks for."""

    id: str
    words: int
    first_ms: float
    """Before the first word."""
    next_ms: float
    """Before each of the others."""

    @property
    def seconds(self) -> float:
        """What the answer takes."""
        return (self.first_ms + (self.words - 1) * self.next_ms) / 1000

    def question(self) -> str:
        return f"{self.id} {self.words} {self.first_ms} {self.next_ms}"

    @classmethod
    def read(cls, question: str) -> Self:
        """Of its last words: before them anything may stand."""
        name, words, first_ms, next_ms = question.split()[-4:]
        return cls(name, int(words), float(first_ms), float(next_ms))

    def answer(self) -> list[str]:
        return [f"{self.id}:", *(f" w{number}" for number in range(1, self.words))]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
            body = await reader.readexactly(length)
            if head.startswith("post /run"):
                await _answer(body, writer)
            else:  # what pop asks of an upstream server
                models = b'{"data": [{"id": "scripted"}]}'
                writer.write(_head("application/json", f"content-length: {len(models)}") + models)
    writer.close()


async def _answer(body: bytes, writer: asyncio.StreamWriter) -> None:
    script = Script.read(json.loads(body)["inputs"]["messages"][-1]["content"])
    writer.write(_head("text/event-stream", "transfer-encoding: chunked"))
    loop = asyncio.get_running_loop()
    due = loop.time() + script.first_ms / 1000
    for word in script.answer():
        await asyncio.sleep(due - loop.time())
        due += script.next_ms / 1000
        writer.write(_chunk(_event({"content": word})))
    usage = {"prompt_tokens": 9, "completion_tokens": script.words, "total_tokens": script.words + 9}
    writer.write(_chunk(_event({}, finish_reason="stop", usage=usage) + b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


def _event(delta: dict[str, str], *, finish_reason: str | None = None, usage: dict[str, int] | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"choices": [choice]} | ({"usage": usage} if usage else {})).encode() + b"\n\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _head(content_type: str, line: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{line}\r\n\r\n".encode()


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(f"Ready on http://127.0.0.1:{server.sockets[0].getsockname()[1]} ", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
