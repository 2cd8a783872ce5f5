"""Arrays as one npz, written so that they can be used where they lie.

It is the format of `numpy.savez`, without pickle and compression. Each array begins at a multiple of 64 bytes, so that
a reader needs no copy: the header of its entry is padded, as Android's zipalign does it.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import NDArray

Array = NDArray[Any]

_STEP = 64  # bytes; an npy's own header takes a multiple of it
_HEADER = 30  # bytes of an entry's header before its name; lengths of name and of what follows are its last two
_ZIP64 = 20  # bytes that follow with sizes above 4 GB
_PADDING = 0xD935  # zipalign's mark for bytes that mean nothing
_READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def pack(arrays: Mapping[str, Array]) -> bytes:
    """The arrays by name. Raises `ValueError` for an array of Python objects."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            padding = -(sink.tell() + _HEADER + len(entry.filename.encode()) + 4 + _ZIP64) % _STEP
            entry.extra = struct.pack("<HH", _PADDING, padding) + bytes(padding)
            with archive.open(entry, "w", force_zip64=True) as member:
                npy.write_array(member, np.asanyarray(array), allow_pickle=False)
    return sink.getvalue()


def unpack(packed: pa.Buffer) -> dict[str, Array]:
    """The arrays by name, read-only. They lie in `packed`, but for one that does not begin where its type wants it."""
    with zipfile.ZipFile(pa.BufferReader(packed)) as archive:
        entries = archive.infolist()
    return {entry.filename.removesuffix(".npy"): _array(packed, entry.header_offset) for entry in entries}


def _array(packed: pa.Buffer, at: int) -> Array:
    """The array whose entry begins at that byte."""
    file = pa.BufferReader(packed)
    file.seek(at + _HEADER - 4)
    name, more = struct.unpack("<HH", file.read(4))
    file.seek(at + _HEADER + name + more)
    shape, by_columns, kind = _READ_HEADER[npy.read_magic(file)](file)
    flat = np.frombuffer(packed, kind, math.prod(shape), file.tell())
    array = np.require(flat, requirements="A").reshape(shape, order="F" if by_columns else "C")
    array.flags.writeable = False
    return array
