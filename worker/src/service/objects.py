"""Objects in R2."""

from collections.abc import Iterable
from itertools import batched

from service.bindings import R2Bucket
from service.stores import FILES, asked

MAX_KEYS = 1000
"""That R2 deletes at a time."""


async def read_object(r2: R2Bucket, key: str) -> bytes | None:
    """None if there is no such object."""

    async def read() -> bytes | None:
        found = await r2.get(key)
        return None if found is None else bytes(await found.arrayBuffer())

    return await asked(read(), FILES)


async def delete_objects(r2: R2Bucket, keys: Iterable[str]) -> None:
    for some in batched(keys, MAX_KEYS):
        await r2.delete(list(some))


async def delete_below(r2: R2Bucket, prefix: str) -> None:
    """All whose keys begin with it."""
    while True:
        page = await r2.list(prefix=prefix)
        await delete_objects(r2, [found.key for found in page["objects"]])
        if not page["truncated"]:
            return
