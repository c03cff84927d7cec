import json
import struct
from pathlib import Path

from pop import pack


def test_a_tree_has_all_files_below_their_prefix(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_bytes(b"one")
    (tmp_path / "y.py").write_bytes(b"two")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "y.pyc").write_bytes(b"no")
    packed = pack.tree({"": tmp_path, "lib": tmp_path / "a"})
    (size,) = struct.unpack_from("<I", packed)
    index, blob = json.loads(packed[4 : 4 + size]), packed[4 + size :]
    assert {path: blob[at : at + length] for path, (at, length) in index.items()} == {
        "a/x.py": b"one",
        "y.py": b"two",
        "lib/x.py": b"one",
    }


def test_a_sparse_snapshot_leaves_out_pages_of_zeros() -> None:
    memory = bytes(4096) + b"x" + bytes(4095) + bytes(4096) + b"tail"
    packed = pack.sparse(memory)
    assert struct.unpack_from("<5I", packed) == (len(memory), 4096, 2, 1, 3)
    assert packed[20:] == b"x" + bytes(4095) + b"tail"


def test_the_key_of_a_wasm_module_is_its_length_and_crc() -> None:
    assert pack.wasm_key(b"123456789") == "9-cbf43926"


def test_the_index_of_wasm_modules_is_a_javascript_module() -> None:
    assert pack.wasm_index({"1-ab": "a.wasm"}) == (
        'import m0 from "./a.wasm";\nexport const modules = new Map([["1-ab", m0]]);\n'
    )
