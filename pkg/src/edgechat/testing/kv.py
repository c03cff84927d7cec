"""Workers KV in memory."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from edgechat.testing.bindings import (
    Failing,
    JsDict,
    JsException,
    Options,
    bytes_to_store,
    cursor_after,
    js_value,
    last_name,
)
from edgechat.testing.script import FakeClock

type Keys = list[str]

_MAX_KEY = 512
_MAX_METADATA = 1024
_MAX_VALUE = 25 * 1024 * 1024
_MAX_KEYS = 100
_MAX_LIST = 1000
_MIN_TTL = 60
_MIN_CACHE_TTL = 30


class _Entry(NamedTuple):
    value: bytes
    metadata: Any
    expiration: int | None


class FakeKV(Failing):
    """A KV namespace with Cloudflare's limits, one write a second for each key (error 429) among them.

    With `is_eventual`, what was written or deleted is seen only after `settle()`: elsewhere in the world that takes a
    minute or more. `clock` gives the time in seconds since 1970.
    """

    def __init__(
        self, *, is_eventual: bool = False, limits_writes: bool = True, clock: Callable[[], float] | None = None
    ) -> None:
        super().__init__()
        self._limits_writes = limits_writes
        self._clock = clock or FakeClock()
        self._written: dict[str, _Entry] = {}
        self._seen = {} if is_eventual else self._written
        self._last_write: dict[str, float] = {}

    def settle(self) -> None:
        """Lets all that was written be seen."""
        if self._seen is not self._written:
            self._seen = dict(self._written)

    async def get(self, key: str | Keys, type: str | Options = "text", **more: Any) -> Any:
        """The value as "text", "json" or "arrayBuffer" (a memoryview), or None. Of several keys, all by their key."""
        found = await self.getWithMetadata(key, type, **more)
        return found["value"] if isinstance(key, str) else JsDict({name: found[name]["value"] for name in found})

    async def getWithMetadata(self, key: str | Keys, type: str | Options = "text", **more: Any) -> JsDict:  # noqa: N802
        """`{value, metadata}`; of several keys, all by their key."""
        await self._begin(f"get {key if isinstance(key, str) else ' '.join(key)}")
        options = {"type": "text", **({"type": type} if isinstance(type, str) else type), **more}
        seconds = options.get("cacheTtl", _MIN_CACHE_TTL)
        if seconds < _MIN_CACHE_TTL:
            wanted = f"Cache TTL must be at least {_MIN_CACHE_TTL}."
            raise _refusal("GET", 400, f"Invalid cache_ttl of {seconds}. {wanted}")
        if isinstance(key, str):
            _check_key("GET", key)
            return self._read(key, options["type"])
        _check_keys(key, options["type"])
        try:
            return JsDict({name: self._read(name, options["type"]) for name in key})
        except JsException:
            reason = "At least one of the requested keys corresponds to a non-json value"
            raise _refusal("GET_BULK", 400, reason) from None

    async def put(self, key: str, value: Any, options: Options | None = None, **more: Any) -> None:
        """Options: `expirationTtl` and `expiration` in seconds, `metadata`."""
        await self._begin(f"put {key}")
        _check_key("PUT", key)
        if value is None or isinstance(value, int | float):
            value = msgspec.json.encode(js_value(value))
        types = "strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams"
        data = bytes_to_store(value, f"KV put() accepts only {types} as values.")
        given = {**(options or {}), **more}
        metadata = given.get("metadata")
        entry = _Entry(data, metadata, _expiration(given, int(self._clock())))
        _check_size("Metadata", 0 if metadata is None else len(msgspec.json.encode(metadata)), _MAX_METADATA)
        _check_size("Value", len(data), _MAX_VALUE)
        self._count_write("PUT", key)
        self._written[key] = entry

    async def delete(self, key: str) -> None:
        await self._begin(f"delete {key}")
        _check_key("DELETE", key)
        self._count_write("DELETE", key)
        self._written.pop(key, None)

    async def list(self, options: Options | None = None, **more: Any) -> JsDict:
        """`{keys: [{name, expiration?, metadata?}], list_complete, cursor?}`. Options: `prefix`, `limit`, `cursor`."""
        given = {"prefix": "", "limit": _MAX_LIST, "cursor": "", **(options or {}), **more}
        await self._begin(f"list {given['prefix']}")
        limit = given["limit"] if given["limit"] > 0 else _MAX_LIST
        if limit > _MAX_LIST:
            raise _refusal("GET", 400, f"Invalid key_count_limit of {limit}. Please specify an integer less than 1000.")
        after = last_name(given["cursor"])
        keys = [
            _listed(name, entry)
            for name in sorted(self._seen)
            if name > after and name.startswith(given["prefix"]) and (entry := self._entry(name))
        ]
        is_complete = len(keys) <= limit
        listed = JsDict(keys=keys[:limit], list_complete=is_complete, cacheStatus=None)
        return listed if is_complete else JsDict(listed, cursor=cursor_after(keys[limit - 1].name))

    def _entry(self, key: str) -> _Entry | None:
        entry = self._seen.get(key)
        return None if entry and entry.expiration is not None and entry.expiration <= self._clock() else entry

    def _read(self, key: str, type: str) -> JsDict:
        entry = self._entry(key)
        value, metadata = (_typed(entry.value, type), js_value(entry.metadata)) if entry else (None, None)
        return JsDict(value=value, metadata=metadata, cacheStatus=None)

    def _count_write(self, method: str, key: str) -> None:
        now = self._clock()
        if self._limits_writes and now - self._last_write.get(key, -1.0) < 1:
            raise _refusal(method, 429, "Too Many Requests")
        self._last_write[key] = now


def _refusal(method: str, status: int, reason: str) -> JsException:
    return JsException(f"KV {method} failed: {status} {reason}")


def _check_key(method: str, key: str) -> None:
    if not key:
        raise JsException("Key name cannot be empty.", "TypeError")
    if key in (".", ".."):
        raise JsException(f'"{key}" is not allowed as a key name.', "TypeError")
    size = len(key.encode())
    if size > _MAX_KEY:
        raise _refusal(method, 414, f"UTF-8 encoded length of {size} exceeds key length limit of {_MAX_KEY}.")


def _check_keys(keys: Keys, type: str) -> None:
    if type not in ("text", "json"):
        raise _refusal("GET_BULK", 400, f'"{type}" is not a valid type. Use "json" or "text"')
    if len(keys) > _MAX_KEYS:
        raise _refusal("GET_BULK", 400, f"You can request a maximum of {_MAX_KEYS} keys")
    if not keys:
        raise _refusal("GET_BULK", 400, "You must request a minimum of 1 key")


def _check_size(what: str, size: int, limit: int) -> None:
    if size > limit:
        raise _refusal("PUT", 413, f"{what} length of {size} exceeds limit of {limit}.")


def _expiration(options: Options, now: int) -> int | None:
    if (seconds := options.get("expirationTtl")) is not None:
        seconds = int(seconds)
        if seconds < _MIN_TTL:
            least = f"Expiration TTL must be at least {_MIN_TTL}"
            wanted = least if seconds > 0 else "Please specify integer greater than 0"
            raise _refusal("PUT", 400, f"Invalid expiration_ttl of {seconds}. {wanted}.")
        return now + seconds
    if (when := options.get("expiration")) is not None and when < now + _MIN_TTL:
        least = f"Expiration times must be at least {_MIN_TTL} seconds in the future"
        later = "Please specify integer greater than the current number of seconds since the UNIX epoch"
        raise _refusal("PUT", 400, f"Invalid expiration of {when}. {least if when > now else later}.")
    return None if when is None else int(when)


def _typed(value: bytes, type: str) -> Any:
    match type:
        case "text":
            return value.decode(errors="replace")
        case "json":
            try:
                return js_value(msgspec.json.decode(value))
            except msgspec.DecodeError:
                raise JsException(f'"{value.decode(errors="replace")}" is not valid JSON', "SyntaxError") from None
        case "arrayBuffer":
            return memoryview(value)
        case "stream":
            raise NotImplementedError("FakeKV has no streams: there is no ReadableStream outside of JavaScript.")
    types = '"text", "arrayBuffer", "json", and "stream"'
    raise JsException(f"Unknown response type. Possible types are {types}.", "TypeError")


def _listed(name: str, entry: _Entry) -> JsDict:
    fields = {"name": name, "expiration": entry.expiration, "metadata": js_value(entry.metadata)}
    return JsDict({field: value for field, value in fields.items() if value is not None})
