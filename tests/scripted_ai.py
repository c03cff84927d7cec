"""A Workers AI that plays scripts: what lies behind the AI binding of pop, as a test wants it.

The last line of the user's last message is the script, a JSON list of steps:

- `["say", text]` and `["think", text]`: one event with so much text or reasoning;
- `["wait", seconds]`, and `["hang"]`: until the caller leaves;
- `["drop"]`: the connection is cut; `["end"]`: the answer ends here, as if that were all of it;
- `["raw", text]`: bytes as they are; `["status", number]`, as the first one: an error instead of a stream;
- `["once", step]`: only the first time that this script is played;
- `["on", name, step]`: only for models whose id has this in it;
- `["break"]`: the connection is cut; who is told to go on, in words that are no script, plays what follows.

At the end come the usage and `[DONE]`. Where nobody has told a script, `otherwise` is played.

Models of speech play scripts too: what is in the last line of a recording is heard, else `hears`; what is in that of a
text to be spoken is done, else there is a short tone.

The decision model Clef says `large`, after `large_after` seconds; None: there is no such model.
"""

import asyncio
import base64
import io
import json
import math
import threading
import time
import wave
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

type Script = list[list[Any]]

USAGE = {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}


@dataclass
class Call:
    script: str
    messages: list[dict[str, Any]]
    model: str = ""
    began: float = field(default_factory=time.monotonic)
    left: float | None = None
    """When the caller went away before the end of the answer."""
    is_over: bool = False


class ScriptedAI:
    """Serves on 127.0.0.1 in a thread of its own, until `close`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.hears: Script = [["say", "What is the capital of France?"]]
        self.otherwise: Script = []
        self.large: float | None = None
        self.large_after = 0.0
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.revive()
        self.url = f"http://127.0.0.1:{self._port}"

    def revive(self) -> None:
        serving = asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self._port = self._server.sockets[0].getsockname()[1]

    def kill(self) -> None:
        """It answers nobody any more, and breaks off what it was saying, until `revive`."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()

    def close(self) -> None:
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def calls_of(self, script: str) -> list[Call]:
        return [call for call in self.calls if call.script == script]

    async def _shut(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
            body = await reader.readexactly(length)
            if head.startswith("post /run"):
                inputs, model = json.loads(body)["inputs"], _model_in(head)
                if "questions" in inputs:
                    await self._decide(inputs, writer)
                else:
                    await self._answer(model, inputs, reader, writer)
            else:  # what pop asks of an upstream server
                models = b'{"data": [{"id": "scripted"}]}'
                writer.write(_head("application/json", f"content-length: {len(models)}") + models)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _decide(self, inputs: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.large_after)
        if self.large is None:
            status, document = 400, {"internalCode": 5007, "name": "AiError", "description": "5007: No such model"}
        else:
            choice = {"type": "choice", "probabilities": {"small": 1 - self.large, "large": self.large}}
            status, document = 200, {"model": inputs["model"], "answers": dict.fromkeys(inputs["questions"], choice)}
        body = json.dumps(document).encode()
        writer.write(_head("application/json", f"content-length: {len(body)}", status) + body)
        await writer.drain()

    async def _answer(
        self, model: str, inputs: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        messages = inputs.get("messages", [])
        script, goes_on = _script_in(messages) if messages else (_script_of_speech(inputs), False)
        call = Call(script or _last_text(messages), messages, model)
        is_first = all(earlier.script != call.script for earlier in self.calls)
        self.calls.append(call)
        leaving = asyncio.ensure_future(reader.read(1))
        if messages:
            steps = json.loads(script) if script else self.otherwise
            playing = asyncio.ensure_future(self._play(_steps(steps, model, is_first, goes_on), writer))
        else:
            steps = json.loads(script) if script else self.hears if "audio" in inputs else [["say", ""]]
            playing = asyncio.ensure_future(self._speak(steps, writer, is_heard="audio" in inputs))
        try:
            await asyncio.wait([leaving, playing], return_when=asyncio.FIRST_COMPLETED)
            call.is_over = playing.done() and not playing.exception()
            if not call.is_over:
                call.left = time.monotonic()
        finally:
            for task in (leaving, playing):
                task.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await task

    async def _speak(self, script: Script, writer: asyncio.StreamWriter, *, is_heard: bool) -> None:
        if script[0][0] in ("status", "hang"):
            await self._play(script, writer)
            return
        said = "".join(step[1] for step in script if step[0] == "say")
        heard = {"text": said, "transcription_info": {"language": "en", "duration": 1.5}}
        answer = json.dumps(heard if is_heard else {"audio": base64.b64encode(_tone()).decode()}).encode()
        writer.write(_head("application/json", f"content-length: {len(answer)}") + answer)
        await writer.drain()

    async def _play(self, script: Script, writer: asyncio.StreamWriter) -> None:
        if script[:1] and script[0][0] == "status":
            error = b'{"internalCode": 3043, "name": "InternalError", "description": "it has no idea"}'
            status = script[0][1]
            writer.write(_head("application/json", f"content-length: {len(error)}", status) + error)
            await writer.drain()
            return
        writer.write(_head("text/event-stream", "transfer-encoding: chunked"))
        async for data in _bytes(script):
            if data is None:
                writer.transport.abort()
                return
            writer.write(b"%x\r\n%b\r\n" % (len(data), data))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def _model_in(head: str) -> str:
    return next((line[19:] for line in head.split("\r\n") if line.startswith("cf-consn-model-id: ")), "")


def _script_in(messages: list[dict[str, Any]]) -> tuple[str, bool]:
    """The last one, and whether something else was said after it."""
    contents = [message["content"] for message in messages if message["role"] == "user"]
    texts = [
        each if isinstance(each, str) else next(part["text"] for part in each if "text" in part) for each in contents
    ]
    scripts = [text.rpartition("\n")[2] for text in texts]
    found = next((script for script in reversed(scripts) if script.startswith("[[")), "")
    return found, bool(found) and not scripts[-1].startswith("[[")


def _last_text(messages: list[dict[str, Any]]) -> str:
    return next((str(one["content"]) for one in reversed(messages) if one["role"] == "user"), "")


def _script_of_speech(inputs: dict[str, Any]) -> str:
    """The last line of a text, or of a recording that is none."""
    said = base64.b64decode(inputs["audio"]).decode(errors="replace") if "audio" in inputs else str(inputs["prompt"])
    last = said.rpartition("\n")[2]
    return last if last.startswith("[[") else ""


def _tone() -> bytes:
    """0.3 seconds of it, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(
            b"".join(round(8_000 * math.sin(i / 3)).to_bytes(2, "little", signed=True) for i in range(2_400))
        )
    return file.getvalue()


def _steps(script: Script, model: str, is_first: bool, goes_on: bool) -> Script:
    if goes_on:
        script = script[script.index(["break"]) + 1 :]
    script = [step[2] if step[0] == "on" else step for step in script if step[0] != "on" or step[1] in model]
    return [step[1] if step[0] == "once" else step for step in script if is_first or step[0] != "once"]


async def _bytes(script: Script) -> AsyncIterator[bytes | None]:
    for step, *arguments in script:
        match step:
            case "say":
                yield _event(delta={"content": arguments[0]})
            case "think":
                yield _event(delta={"reasoning_content": arguments[0]})
            case "wait":
                await asyncio.sleep(arguments[0])
            case "hang":
                await asyncio.Event().wait()
            case "raw":
                yield arguments[0].encode()
            case "drop" | "break":
                yield None
            case "end":
                return
    yield _event(delta={}, finish_reason="stop", usage=USAGE)
    yield b"data: [DONE]\n\n"


def _event(*, delta: dict[str, str], finish_reason: str | None = None, usage: dict[str, int] | None = None) -> bytes:
    chunk: dict[str, Any] = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}
    if usage:
        chunk["usage"] = usage
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _head(content_type: str, line: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-type: {content_type}", line]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode()
