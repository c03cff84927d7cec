"""R2 in memory."""

import builtins
import datetime
import hashlib
from collections.abc import Callable
from typing import Any

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

_MAX_KEY = 1024
_MAX_LIST = 1000
_HTTP_METADATA = "contentType contentLanguage contentDisposition contentEncoding cacheControl cacheExpiry".split()
_CHECKSUMS = ("md5", "sha1", "sha256", "sha384", "sha512")


class FakeR2Object:
    """An object without its body: what `put` and `head` give, and `get` where its condition does not hold."""

    def __init__(self, key: str, data: bytes, version: int, uploaded: datetime.datetime, options: Options) -> None:
        self.key = key
        self.version = f"{version:032x}"
        self.size = len(data)
        self.etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self.httpEtag = f'"{self.etag}"'
        self.uploaded = uploaded
        self.httpMetadata = JsDict(dict.fromkeys(_HTTP_METADATA), **(options.get("httpMetadata") or {}))
        custom = options.get("customMetadata") or {}
        self.customMetadata = JsDict({name: str(value) for name, value in custom.items()})
        self.range = JsDict(offset=0, length=self.size, suffix=None)
        self._data = data


class FakeR2Body(FakeR2Object):
    """An object whose body can be read once."""

    def __init__(self, found: FakeR2Object, offset: int, length: int) -> None:
        self.__dict__.update(found.__dict__)
        self.range = JsDict(offset=offset, length=length, suffix=None)
        self.bodyUsed = False
        self._data = self._data[offset : offset + length]

    async def text(self) -> str:
        return self._read().decode(errors="replace")

    async def json(self) -> Any:
        return js_value(msgspec.json.decode(self._read()))

    async def arrayBuffer(self) -> memoryview:  # noqa: N802
        return memoryview(self._read())

    async def bytes(self) -> memoryview:
        return await self.arrayBuffer()

    def _read(self) -> builtins.bytes:
        if self.bodyUsed:
            once = "It can only be used once. Use tee() first if you need to read it twice."
            raise JsException(f"Body has already been used. {once}", "TypeError")
        self.bodyUsed = True
        return self._data


class FakeR2(Failing):
    """A bucket. `clock` gives the time in seconds since 1970. There are no streams, and no multipart uploads."""

    def __init__(self, *, clock: Callable[[], float] | None = None) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._objects: dict[str, FakeR2Object] = {}
        self._versions = 0

    async def put(self, key: str, value: Any, options: Options | None = None, **more: Any) -> Any:
        """Options: `httpMetadata`, `customMetadata`, `onlyIf`, checksums in hex. None where `onlyIf` does not hold."""
        await self._begin(f"put {key}")
        types = "JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob"
        refusal = f"Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type '{types}'."
        data = b"" if value is None else bytes_to_store(value, refusal)
        given = {**(options or {}), **more}
        _check_key("put", key)
        _check_sums(data, given)
        if not _holds(given.get("onlyIf"), self._objects.get(key)):
            return None
        self._versions += 1
        uploaded = datetime.datetime.fromtimestamp(self._clock())
        self._objects[key] = FakeR2Object(key, data, self._versions, uploaded, given)
        return self._objects[key]

    async def head(self, key: str) -> Any:
        await self._begin(f"head {key}")
        _check_key("head", key)
        return self._objects.get(key)

    async def get(self, key: str, options: Options | None = None, **more: Any) -> Any:
        """Options: `range` with `offset`, `length` or `suffix`; `onlyIf`, without which there is always a body."""
        await self._begin(f"get {key}")
        _check_key("get", key)
        given = {**(options or {}), **more}
        found = self._objects.get(key)
        if found is None or not _holds(given.get("onlyIf"), found):
            return found
        return FakeR2Body(found, *_span(given.get("range") or {}, found.size))

    async def delete(self, keys: str | list[str]) -> None:
        names = [keys] if isinstance(keys, str) else keys
        await self._begin(f"delete {' '.join(names)}")
        for name in names:
            self._objects.pop(name, None)

    async def list(self, options: Options | None = None, **more: Any) -> JsDict:
        """`{objects, truncated, cursor, delimitedPrefixes}`. Options: `prefix`, `delimiter`, `limit`, `cursor`,
        `startAfter`."""
        given = {"prefix": "", "limit": _MAX_LIST, **(options or {}), **more}
        prefix, limit, delimiter = given["prefix"], given["limit"], given.get("delimiter")
        await self._begin(f"list {prefix}")
        if not 0 < limit <= _MAX_LIST:
            raise _refusal("list", f"MaxKeys params must be positive integer <= {_MAX_LIST}.", 10022)
        after = last_name(given["cursor"]) if given.get("cursor") else given.get("startAfter", "")
        objects: list[FakeR2Object] = []
        prefixes: dict[str, None] = {}
        last, truncated = "", False
        for name in sorted(name for name in self._objects if name > after and name.startswith(prefix)):
            group = _group(name, prefix, delimiter)
            if group not in prefixes:
                truncated = len(objects) + len(prefixes) == limit
                if truncated:
                    break
                if group is None:
                    objects.append(self._objects[name])
                else:
                    prefixes[group] = None
            last = name
        return JsDict(
            objects=objects,
            truncated=truncated,
            cursor=cursor_after(last) if truncated else None,
            delimitedPrefixes=[*prefixes],
        )


def _refusal(method: str, reason: str, code: int) -> JsException:
    return JsException(f"{method}: {reason} ({code})")


def _check_key(method: str, key: str) -> None:
    if len(key.encode()) > _MAX_KEY:
        raise _refusal(method, "The specified object name is not valid.", 10020)


def _check_sums(data: bytes, options: Options) -> None:
    for name in _CHECKSUMS:
        given = options.get(name)
        found = given and hashlib.new(name, data, usedforsecurity=False).hexdigest()
        if found != given:
            reason = (
                f"The {name.upper()} checksum you specified did not match what we received.\n"
                f"You provided a {name.upper()} checksum with value: {given}\nActual {name.upper()} was: {found}"
            )
            raise _refusal("put", reason, 10037)


def _holds(condition: Options | None, found: FakeR2Object | None) -> bool:
    condition = condition or {}
    wanted, unwanted = condition.get("etagMatches"), condition.get("etagDoesNotMatch")
    for etag in (wanted, unwanted):
        if etag and etag.startswith('"'):
            raise JsException(f"Conditional ETag should not be wrapped in quotes ({etag}).", "TypeError")
    if found is None:
        return wanted is None and "uploadedAfter" not in condition
    return (
        wanted in (None, "*", found.etag)
        and unwanted not in ("*", found.etag)
        and found.uploaded < condition.get("uploadedBefore", datetime.datetime.max)
        and found.uploaded > condition.get("uploadedAfter", datetime.datetime.min)
    )


def _span(wanted: Options, size: int) -> tuple[int, int]:
    """Offset and length."""
    if "suffix" in wanted:
        length = min(wanted["suffix"], size)
        return size - length, length
    offset = wanted.get("offset", 0)
    if offset < 0:
        where = f"Starting offset ({offset}) must be greater than or equal to 0."
        raise JsException(f"Invalid range. {where}", "RangeError")
    length = min(wanted.get("length", size), size - offset)
    if wanted and length <= 0:
        raise _refusal("get", "The requested range is not satisfiable", 10039)
    return offset, length


def _group(name: str, prefix: str, delimiter: str | None) -> str | None:
    """What a name has up to the first delimiter after the prefix."""
    rest = name[len(prefix) :]
    return f"{prefix}{rest.partition(delimiter)[0]}{delimiter}" if delimiter and delimiter in rest else None
