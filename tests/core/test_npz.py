"""Arrays in and out of an npz: what numpy reads and writes, in place."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from embedding_core.workspace import npz

ARRAYS = {
    "ids": np.arange(7),
    "rows, of many": np.arange(12, dtype=np.int32).reshape(4, 3),
    "by columns": np.asfortranarray(np.random.default_rng(0).random((3, 5))),
    "none": np.zeros((0, 30), np.float32),
    "one": np.array(3.5),
    "ü": np.array(["x", "yy"]),
    "flags": np.array([True, False]),
}


def aligned(content: bytes) -> pa.Buffer:
    """The bytes in a buffer as Arrow allocates it: beginning at a multiple of 64."""
    stream = pa.BufferOutputStream()
    stream.write(content)
    return stream.getvalue()


def same(found: object, given: object) -> None:
    assert isinstance(found, dict)
    assert list(found) == list(given)  # type: ignore[call-overload]
    for name, array in given.items():  # type: ignore[attr-defined]
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_numpy_reads_what_is_packed() -> None:
    with np.load(io.BytesIO(npz.pack(ARRAYS)), allow_pickle=False) as archive:
        same({name: archive[name] for name in archive.files}, ARRAYS)


def test_what_numpy_has_written_is_read() -> None:
    written = io.BytesIO()
    np.savez(written, **ARRAYS)
    same(npz.unpack(aligned(written.getvalue())), ARRAYS)


@given(
    st.dictionaries(
        st.text("abc/ é.", min_size=1),
        arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, min_side=0)),
    )
)
def test_any_arrays_come_back(given: dict[str, np.ndarray]) -> None:
    same(npz.unpack(aligned(npz.pack(given))), given)


def test_arrays_are_used_where_they_lie_and_not_written() -> None:
    packed = aligned(npz.pack(ARRAYS))
    for array in npz.unpack(packed).values():
        assert packed.address <= array.ctypes.data <= packed.address + packed.size
        assert array.ctypes.data % 64 == 0
        assert not array.flags.writeable


def test_an_array_that_begins_at_an_odd_place_is_moved() -> None:
    content = npz.pack(ARRAYS)
    for shift in (1, 2, 4):
        found = npz.unpack(aligned(bytes(shift) + content).slice(shift))
        same(found, ARRAYS)
        assert all(array.flags.aligned and not array.flags.writeable for array in found.values())


def test_objects_are_not_pickled() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        npz.pack({"x": np.array([{}])})
