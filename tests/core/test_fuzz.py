"""Thousands of mutated files: each is decoded or refused, soon, silently, and the process lives."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import time
import warnings
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.images import Limits, decode
from embedding_core.records import Reason
from embedding_core.sources import open_source
from tests.core.hostile import animation, encoded, half_transparent, noisy, transparent_palette, turned, zipped

MUTANTS = 5000
LIMITS = Limits(max_pixels=2_000_000)  # a mutated header may announce much, and much is slow
SECONDS = 2.0  # for one file; a usual one takes a millisecond

SEEDS = [
    encoded(noisy(16, 12), "JPEG"),
    encoded(noisy(16, 12), "JPEG", progressive=True),
    encoded(noisy(16, 12).convert("CMYK"), "JPEG"),
    turned("JPEG", 6),
    encoded(noisy(16, 12), "PNG"),
    encoded(noisy(16, 12).convert("P"), "PNG"),
    transparent_palette(),
    animation("PNG"),
    encoded(noisy(16, 12), "WEBP"),
    encoded(half_transparent(), "WEBP", lossless=True),
    animation("WEBP"),
    animation("GIF"),
    encoded(noisy(16, 12), "BMP"),
    encoded(noisy(16, 12), "TIFF"),
    encoded(noisy(16, 12), "TIFF", compression="tiff_lzw"),
    encoded(noisy(16, 12), "TIFF", compression="jpeg"),
    encoded(noisy(16, 12).convert("1"), "TIFF", compression="group4"),
    encoded(noisy(16, 12), "AVIF", speed=10),
    encoded(noisy(16, 12), "HEIF"),
]


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """A file with one to eight wounds."""
    data = bytearray(seed)
    for _ in range(chance.choice([1, 1, 2, 4, 8])):
        at = chance.randrange(len(data)) if data else 0
        # Headers are short and decide most; a plain choice would mostly hit pixels.
        at = min(at, chance.choice([32, 128, 2**20]))
        wound = chance.randrange(7)
        if wound == 0 and data:
            data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif wound == 1 and data:
            data[min(at, len(data) - 1)] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif wound == 2:
            data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x01"])
        elif wound == 3:
            del data[at:]
        elif wound == 4:
            del data[at : at + chance.randrange(1, 64)]
        elif wound == 5:
            data[at:at] = chance.randbytes(chance.randrange(1, 64))
        else:
            piece = data[at : at + chance.randrange(1, 128)]
            data[at:at] = piece * chance.randrange(1, 4)
    return bytes(data)


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files_are_decoded_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    survived = 0
    reasons = set()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for number in range(MUTANTS // 10):
            data = mutated(SEEDS[number % len(SEEDS)], chance)
            begun = time.process_time()
            try:
                decoded = decode(data, side=chance.choice([None, 4]), limits=LIMITS)
            except ImageRefused as refusal:
                reasons.add(refusal.reason)
                assert refusal.detail
            else:
                survived += 1
                assert decoded.image.mode == "RGB"
                assert 0 < decoded.width * decoded.height <= LIMITS.max_pixels
            assert time.process_time() - begun < SECONDS
    assert heard == []
    # The mutants are neither all alive nor all dead at the first byte: the decoders have really been at work.
    assert 30 < survived < 470
    assert {Reason.TRUNCATED, Reason.CORRUPT, Reason.UNKNOWN_FORMAT} <= reasons


FILES = {f"d/{index}.png": encoded(noisy(8, 8, seed=index), "PNG") for index in range(4)} | {
    "metadata.csv": b"file,label\nd/0.png,x\n"
}


def containers() -> dict[str, bytes]:
    """The same files in every kind of archive and table."""
    tar, parquet = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"{name} ä{'-' * 120}")  # a long name has a header of its own
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    pq.write_table(pa.table({"image": list(FILES.values()), "file": list(FILES), "n": range(5)}), parquet)
    return {
        "deflated.zip": zipped(FILES),
        "lzma.zip": zipped(FILES, zipfile.ZIP_LZMA),
        "plain.tar": tar.getvalue(),
        "packed.tgz": gzip.compress(tar.getvalue()),
        "images.parquet": parquet.getvalue(),
        "table.csv": b'file,label\n"a,b",1\nd/0.png,2\n',
    }


@pytest.mark.parametrize(("name", "sound"), containers().items(), ids=containers())
def test_mutated_archives_and_tables_are_read_or_explained(tmp_path: Path, name: str, sound: bytes) -> None:
    chance = random.Random(0)
    file = tmp_path / name
    for _ in range(200):
        file.write_bytes(mutated(sound, chance))
        begun = time.process_time()
        try:
            source = open_source(file)
        except InvalidSource as error:
            assert len(str(error)) < 1000
            continue
        try:
            for one in source.listing().candidates:
                try:
                    one.load()
                except ImageRefused as refusal:
                    assert refusal.detail
        except InvalidSource as error:
            assert str(error)
        finally:
            source.close()
        assert time.process_time() - begun < SECONDS
    assert [path.name for path in tmp_path.iterdir()] == [name]
