"""GET /NAME runs the method `get_NAME`."""

import asyncio
import random
from typing import Any
from urllib.parse import urlsplit

import js
import msgspec
from probe import probe  # type: ignore[import-not-found]
from pyodide.ffi import create_proxy, run_sync, to_js
from workers import DurableObject, Response, WorkerEntrypoint


class Counter(DurableObject):  # type: ignore[misc]
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.created = random.random()
        self.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counts (n INTEGER, alarms INTEGER)")
        if not self.ctx.storage.sql.exec("SELECT n FROM counts").toArray():
            self.ctx.storage.sql.exec("INSERT INTO counts VALUES (0, 0)")

    async def add(self, amount: int, note: dict[str, Any] | None = None) -> dict[str, Any]:
        row = self.ctx.storage.sql.exec("UPDATE counts SET n = n + ? RETURNING n", amount).one()
        return {"n": row["n"], "note": note, "created": self.created}

    async def ring(self, milliseconds: int) -> None:
        await self.ctx.storage.setAlarm(js.Date.now() + milliseconds)

    async def alarm(self, _info: Any = None) -> None:
        self.ctx.storage.sql.exec("UPDATE counts SET alarms = alarms + 1")

    def alarms(self) -> int:
        count: int = self.ctx.storage.sql.exec("SELECT alarms FROM counts").one()["alarms"]
        return count

    async def fail(self) -> None:
        raise ValueError("no such luck")

    async def fetch(self, request: Any) -> Response:
        return Response(f"{request.method} from the object")


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Response:
        name = urlsplit(request.url).path.strip("/").replace("-", "_")
        result = await getattr(self, f"get_{name}")(request)
        return result if isinstance(result, Response) else Response.from_json(result)

    async def scheduled(self, controller: Any, env: Any, _ctx: Any) -> None:
        await env.KV.put("scheduled", str(controller.cron))

    async def get_platform(self, _request: Any) -> Any:
        payload = msgspec.json.decode(b'{"binary": "module"}')
        return {"color": self.env.COLOR, "msgspec": payload, "run_sync": run_sync(asyncio.sleep(0.001, "suspended"))}

    async def get_entropy(self, _request: Any) -> Any:
        return [random.random(), js.crypto.randomUUID()]

    async def get_storage(self, _request: Any) -> Any:
        await self.env.KV.put("key", "value")
        await self.env.R2.put("file", "content")
        await self.env.DB.exec("CREATE TABLE IF NOT EXISTS t (a TEXT, b INTEGER)")
        insert = self.env.DB.prepare("INSERT INTO t VALUES (?, ?)")
        await self.env.DB.batch([insert.bind("x", None), insert.bind("é", 2)])
        rows = await self.env.DB.prepare("SELECT * FROM t").all()
        return {
            "kv": [await self.env.KV.get("key"), await self.env.KV.get("missing")],
            "r2": await (await self.env.R2.get("file")).text(),
            "d1": [dict(row) for row in rows["results"]],
        }

    async def get_probe(self, _request: Any) -> Any:
        return await probe(self.env.PROBE_KV, self.env.PROBE_DB, self.env.PROBE_R2)

    async def get_kv(self, request: Any) -> Any:
        return await self.env.KV.get(urlsplit(request.url).query)

    async def get_object(self, _request: Any) -> Any:
        stub = self.env.COUNTER.getByName("one")
        first = await stub.add(1)
        second = await stub.add(2, {"deep": [None, "é"]})
        other = await self.env.COUNTER.getByName("two").add(10)
        response = await stub.fetch("http://object/", method="PUT")
        return {"first": first, "second": second, "other": other, "fetch": await response.text()}

    async def get_object_failure(self, _request: Any) -> Any:
        try:
            await self.env.COUNTER.getByName("one").fail()
        except Exception as error:
            return str(error)

    async def get_ring(self, _request: Any) -> Any:
        await self.env.COUNTER.getByName("alarm").ring(100)
        return None

    async def get_alarms(self, _request: Any) -> Any:
        return await self.env.COUNTER.getByName("alarm").alarms()

    async def get_failure(self, _request: Any) -> Any:
        raise ValueError("no such luck")

    async def get_no_response(self, _request: Any) -> Any:
        return Response  # a class, not a response

    async def get_background(self, _request: Any) -> Any:
        async def work() -> None:
            await asyncio.sleep(0.2)
            await self.env.KV.put("background", "done")

        self.ctx.waitUntil(work())
        return None

    async def get_endless(self, request: Any) -> Response:
        """Streams until the client goes away, then notes that it heard of it."""
        gone = asyncio.Event()
        heard = create_proxy(lambda _event: gone.set())
        request.js_object.signal.addEventListener("abort", heard)
        pair = js.TransformStream.new()
        writer = pair.writable.getWriter()

        async def pump() -> None:
            while not gone.is_set():
                await asyncio.wait([asyncio.ensure_future(gone.wait())], timeout=0.05)
                if not gone.is_set():
                    await writer.write(to_js(b"tick\n"))
            heard.destroy()
            await self.env.KV.put("client", "gone")

        self.ctx.waitUntil(pump())
        # wrangler dev would compress, and so hold back, what is to be seen at once
        return Response(pair.readable, headers={"content-encoding": "identity"})
