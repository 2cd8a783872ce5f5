"""Decoding: every format and mode becomes the right RGB picture, upright, on white, from one thread or many."""

from __future__ import annotations

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.images import Decoded, Limits, decode, preview, thumbnail
from embedding_core.records import Reason
from tests.core import hostile
from tests.core.hostile import BLUE, RED, WHITE, encoded, half_transparent, noisy, picture, turned


def pixels(decoded: Decoded) -> np.ndarray:
    return np.asarray(decoded.image)


def corners(image: Image.Image) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The colours near the left and the right edge, or near top and bottom of an upright one."""
    width, height = image.size
    last = (width - 2, 1) if width > height else (1, height - 2)
    return image.getpixel((1, 1)), image.getpixel(last)  # type: ignore[return-value]


def near(colour: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= 8


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_give_back_every_pixel(form: str) -> None:
    decoded = decode(encoded(noisy(), form))
    assert (decoded.width, decoded.height, decoded.format) == (64, 48, form)
    assert np.array_equal(pixels(decoded), np.asarray(noisy()))


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "HEIF", "GIF"])
def test_lossy_formats_keep_the_picture(form: str) -> None:
    decoded = decode(encoded(picture(), form))
    assert (decoded.image.mode, decoded.image.size, decoded.format) == ("RGB", (24, 16), form)
    left, right = corners(decoded.image)
    assert near(left, RED)
    assert near(right, BLUE)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).map(lambda shape: (*shape, 3))))
@settings(max_examples=60, deadline=None)
def test_decoding_a_decoded_picture_changes_nothing(values: np.ndarray) -> None:
    once = decode(encoded(Image.fromarray(values), "PNG"))
    twice = decode(encoded(once.image, "PNG"))
    assert np.array_equal(pixels(once), values)
    assert np.array_equal(pixels(twice), values)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_turn_is_applied_once(form: str, orientation: int) -> None:
    decoded = decode(turned(form, orientation))
    upright = orientation >= 5
    assert decoded.image.size == ((16, 24) if upright else (24, 16))
    assert (decoded.width, decoded.height) == decoded.image.size
    first, last = corners(decoded.image)
    mirrored = orientation in (2, 3, 7, 8)
    assert near(first, BLUE if mirrored else RED)
    assert near(last, RED if mirrored else BLUE)


def test_a_reduced_jpeg_reports_the_size_of_the_original_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noisy(800, 640), "JPEG", exif=exif)
    decoded = decode(data, side=100)
    assert (decoded.width, decoded.height) == (640, 800)
    assert decoded.image.size == (160, 200)  # a quarter: an eighth would be too short by 20


@given(st.integers(1, 700), st.integers(1, 200), st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_a_reduced_jpeg_is_never_smaller_than_asked(side: int, width: int, height: int) -> None:
    data = encoded(Image.new("RGB", (width * 4, height * 4)), "JPEG")
    decoded = decode(data, side=side)
    assert (decoded.width, decoded.height) == (width * 4, height * 4)
    assert min(decoded.image.size) >= min(side, width * 4, height * 4)


def test_a_side_below_one_is_an_error_of_the_caller() -> None:
    with pytest.raises(InvalidInput, match="not 0"):
        decode(encoded(picture(), "JPEG"), side=0)


@pytest.mark.parametrize(
    "data",
    [
        encoded(half_transparent(), "PNG"),
        encoded(half_transparent(), "WEBP", lossless=True),
        encoded(half_transparent(), "TIFF"),
        hostile.transparent_palette(),
    ],
    ids=["RGBA", "WebP", "TIFF", "palette"],
)
def test_transparency_lies_on_white(data: bytes) -> None:
    left, right = corners(decode(data).image)
    assert left == RED
    assert right == WHITE


def test_half_transparency_is_blended_with_white() -> None:
    assert decode(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 127)), "PNG")).image.getpixel((0, 0)) == (128, 128, 128)


def test_grey_transparency_lies_on_white() -> None:
    left, right = corners(decode(encoded(half_transparent("LA"), "PNG")).image)
    assert left == (76, 76, 76)  # red in grey
    assert right == WHITE


def test_sixteen_bits_are_scaled_by_their_full_range() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    grey = pixels(decode(hostile.sixteen_bits(values)))[..., 0]
    assert np.array_equal(grey, np.rint(values / 257).astype(np.uint8))


def test_the_transparent_grey_of_a_sixteen_bit_png_is_white() -> None:
    values = np.array([[0, 1000], [65535, 30000]], np.uint16)
    data = encoded(Image.fromarray(values), "PNG", transparency=1000)
    assert pixels(decode(data))[..., 0].tolist() == [[0, 255], [255, 117]]


def test_the_transparent_colour_of_a_sixteen_bit_colour_png_is_white() -> None:
    line = np.array([[0x1234, 0x5678, 0x9ABC], [0x4000, 0x4000, 0x4000]], ">u2").tobytes()
    marked = hostile.chunk(b"tRNS", bytes.fromhex("123456789abc"))
    data = hostile.png(2, 1, b"\0" + line, depth=16, extra=marked)
    assert pixels(decode(data))[0].tolist() == [[255, 255, 255], [64, 64, 64]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 100, 255]], np.float32), [0, 100, 255]),
        (np.array([[np.nan, -2, 2]], np.float32), [0, 0, 255]),
        (np.array([[7, 7, 7]], np.float32), [7, 7, 7]),
    ],
)
def test_integers_and_floats_are_scaled_by_their_likely_range(values: np.ndarray, wanted: list[int]) -> None:
    assert pixels(decode(encoded(Image.fromarray(values), "TIFF")))[0, :, 0].tolist() == wanted


def test_cmyk_of_adobe_is_not_inverted() -> None:
    left, right = corners(decode(encoded(picture().convert("CMYK"), "JPEG", quality=95)).image)
    assert near(left, RED)
    assert near(right, BLUE)


def test_cielab_becomes_rgb() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(noisy(), srgb, lab, outputMode="LAB")
    assert image is not None
    difference = pixels(decode(encoded(image, "TIFF"))).astype(int) - np.asarray(noisy())
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(form: str) -> None:
    left, right = corners(decode(hostile.animation(form)).image)
    assert near(left, RED)
    assert near(right, BLUE)


def test_metadata_does_not_travel_with_the_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    decoded = decode(encoded(noisy(), "JPEG", exif=exif, comment=b"a secret place"))
    assert decoded.image.info == {}
    assert b"secret" not in thumbnail(decoded.image) + preview(decoded.image)


def test_too_many_pixels_differ_from_a_bomb() -> None:
    with pytest.raises(ImageRefused) as caught:
        decode(encoded(noisy(), "PNG"), limits=Limits(max_pixels=64 * 48 - 1))
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    assert decode(encoded(noisy(), "PNG"), limits=Limits(max_pixels=64 * 48)).width == 64


def test_too_many_bytes() -> None:
    data = encoded(noisy(), "PNG")
    with pytest.raises(ImageRefused) as caught:
        decode(data, limits=Limits(max_bytes=len(data) - 1))
    assert caught.value.reason is Reason.TOO_MANY_BYTES
    assert decode(data, limits=Limits(max_bytes=len(data))).width == 64


def test_lack_of_memory_costs_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("embedding_core.images.decoding.to_rgb", exhausted)
    with pytest.raises(ImageRefused) as caught:
        decode(encoded(noisy(), "PNG"))
    assert caught.value.reason is Reason.TOO_MANY_PIXELS


def test_deep_recursion_costs_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr("embedding_core.images.decoding.to_rgb", endless)
    with pytest.raises(ImageRefused) as caught:
        decode(encoded(noisy(), "PNG"))
    assert caught.value.reason is Reason.CORRUPT


def test_warnings_of_pillow_do_not_leak() -> None:
    cut = encoded(noisy(), "TIFF", compression="tiff_lzw")[:-30]  # Pillow warns of its directory
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(ImageRefused):
            decode(cut)
    assert heard == []


def test_many_threads_decode_as_one_does() -> None:
    files = [make() for name, make in hostile.GOOD.items() if name != "blank.png"]
    alone = [pixels(decode(data)) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(decode, files * 4))
    assert all(np.array_equal(pixels(one), alone[index % len(files)]) for index, one in enumerate(together))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((1000, 500), (128, 64)), ((500, 1000), (64, 128)), ((50, 20), (50, 20)), ((5000, 1), (128, 1))],
)
def test_a_thumbnail_fits_and_keeps_its_shape(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    image = Image.new("RGB", size, RED)
    small = Image.open(io.BytesIO(thumbnail(image)))
    assert (small.format, small.size) == ("JPEG", wanted)
    assert near(small.convert("RGB").getpixel((0, 0)), RED)  # type: ignore[arg-type]
    assert image.size == size


def test_a_preview_is_larger_but_bounded() -> None:
    assert Image.open(io.BytesIO(preview(noisy(2000, 1000), 1600))).size == (1600, 800)
    assert Image.open(io.BytesIO(preview(noisy(200, 100), 1600))).size == (200, 100)
