"""The binary containers that the host Worker reads (`host/boot.mjs` and `host/shadow.mjs`)."""

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

PAGE = 4096


def tree(roots: Mapping[str, Path]) -> bytes:
    """One container of all files below the roots: u32 length, JSON index {path: [offset, length]}, the bytes.

    `roots` maps a prefix of the paths inside ("" or "python_modules") to a folder.
    """
    index: dict[str, tuple[int, int]] = {}
    blobs = []
    offset = 0
    for prefix, root in roots.items():
        for file in sorted(root.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                data = file.read_bytes()
                index[(Path(prefix) / file.relative_to(root)).as_posix()] = (offset, len(data))
                blobs.append(data)
                offset += len(data)
    head = json.dumps(index).encode()
    return struct.pack("<I", len(head)) + head + b"".join(blobs)


def sparse(memory: bytes) -> bytes:
    """A memory snapshot without its zero pages: u32 size, page size and page count, page numbers, pages."""
    pages = [
        (number, page)
        for number, start in enumerate(range(0, len(memory), PAGE))
        if (page := memory[start : start + PAGE]).strip(b"\0")
    ]
    head = struct.pack(f"<{3 + len(pages)}I", len(memory), PAGE, len(pages), *(number for number, _ in pages))
    return head + b"".join(page for _, page in pages)


def wasm_key(module: bytes) -> str:
    """The name under which a wasm module is listed: `keyOf` in `host/shadow.mjs` computes the same."""
    return f"{len(module)}-{zlib.crc32(module):08x}"


def wasm_index(modules: Mapping[str, str]) -> str:
    """The JavaScript module that lists static wasm modules, from {key: file name}."""
    imports = [f'import m{i} from "./{file}";' for i, file in enumerate(modules.values())]
    entries = [f'["{key}", m{i}]' for i, key in enumerate(modules)]
    return "\n".join([*imports, f"export const modules = new Map([{', '.join(entries)}]);", ""])
