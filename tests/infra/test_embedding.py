"""Vectors of the built-in embedder mean what retrieval takes them to mean."""

from __future__ import annotations

import struct
import zlib
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from infra.embedding import BuiltinEmbedder, Embedder
from infra.errors import ImageError
from tests.infra.garment_kit import SHAPES, SIZE, encoded, floor, outline, photo

BACKGROUNDS = ("wall", "wood", "carpet")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return BuiltinEmbedder()


def vectors(embedder: Embedder, *images: Image.Image) -> NDArray[np.float32]:
    return embedder.embed_images([encoded(image) for image in images])


def png_claiming(width: int, height: int) -> bytes:
    """A tiny file that claims any number of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("here", "there"), [*combinations(BACKGROUNDS, 2)])
def test_the_garment_counts_and_not_the_floor(embedder: Embedder, shape: str, here: str, there: str) -> None:
    """The same garment elsewhere is nearer than any other garment in the same place."""
    same = photo(shape, "#2f5fa8", there)
    others = [photo(other, "#2f5fa8", here) for other in SHAPES if other != shape]
    query, *rows = vectors(embedder, photo(shape, "#2f5fa8", here), same, *others)
    elsewhere, *beside = np.stack(rows) @ query
    assert elsewhere > max(beside) + 0.05


def test_of_two_dresses_the_one_of_the_same_colour_is_nearer(embedder: Embedder) -> None:
    red, crimson, blue = vectors(
        embedder,
        photo("dress", "#c8202c"),
        photo("dress", "#b01c30", "wood"),
        photo("dress", "#2040b0", "wood"),
    )
    assert red @ crimson > red @ blue + 0.02


def test_likeness_has_a_scale(embedder: Embedder) -> None:
    """The same garment is near 1 and an unlike one near 0: a threshold can tell them apart."""
    query, same, unlike = vectors(
        embedder,
        photo("dress", "#c8202c"),
        photo("dress", "#c8202c", "carpet"),
        photo("shoes", "#1e2a50", "wood"),
    )
    assert query @ same > 0.8
    assert query @ unlike < 0.4


def test_a_change_of_the_numbers_needs_a_new_name(embedder: Embedder) -> None:
    """Stored vectors of one name stay comparable; where this fails on purpose, raise the name's number."""
    shirt, dress, shoes = vectors(
        embedder, photo("t-shirt", "#8c2a3c"), photo("dress", "#2040b0"), photo("shoes", "#8c2a3c")
    )
    likeness = [shirt @ dress, shirt @ shoes, dress @ shoes, *(embedder.embed_texts(["maroon"]) @ shoes)]
    assert embedder.name == "builtin-1"
    assert likeness == pytest.approx([0.486, 0.470, 0.284, 0.236], abs=0.02)


def test_a_mirrored_garment_is_the_same_garment(embedder: Embedder) -> None:
    image = photo("t-shirt", "olive", "wood")
    one, mirrored, other = vectors(embedder, image, ImageOps.mirror(image), photo("dress", "olive", "wood"))
    assert one @ mirrored > 0.97 > one @ other


def test_size_and_place_in_the_frame_hardly_matter(embedder: Embedder) -> None:
    close = photo("trousers", "#1e2a50", "wood")
    far, half = floor("wood"), (SIZE[0] // 2, SIZE[1] // 2)
    far.paste(close.resize(half), (110, 150), outline("trousers").resize(half))
    near, small, other = vectors(embedder, close, far, photo("dress", "#1e2a50", "wood"))
    assert near @ small > near @ other + 0.1


@pytest.mark.parametrize(
    "text",
    [
        "a red dress",
        "Rotes Kleid",
        "robes rouges",
        "vestido rojo",
        "vestiti rossi",
        "VESTIDO VERMELHO",
        "<b>red</b>",
    ],
)
def test_a_red_dress_is_nearer_to_red_than_a_blue_one(embedder: Embedder, text: str) -> None:
    red, blue = vectors(embedder, photo("dress", "#c8202c", "wood"), photo("dress", "#2040b0", "wood"))
    (words,) = embedder.embed_texts([text])
    assert red @ words > blue @ words + 0.1


@pytest.mark.parametrize(
    ("text", "nearer", "farther"),
    [
        ("light blue shirt", "#9fc0ea", "#1d3c80"),
        ("dark blue shirt", "#1d3c80", "#9fc0ea"),
        ("hellblaues Hemd", "#9fc0ea", "#1d3c80"),
        ("chemise bleu foncé", "#1d3c80", "#9fc0ea"),
        ("camisa azul claro", "#9fc0ea", "#1d3c80"),
        ("camicia verde scuro", "#1c4a2a", "#a8e0b0"),
    ],
)
def test_light_and_dark_are_understood(embedder: Embedder, text: str, nearer: str, farther: str) -> None:
    near, far = vectors(embedder, photo("t-shirt", nearer), photo("t-shirt", farther))
    (words,) = embedder.embed_texts([text])
    assert near @ words > far @ words


def test_a_text_that_names_no_colour_gives_the_zero_vector(embedder: Embedder) -> None:
    rows = embedder.embed_texts(["a long dress", "", "日本", "green"])
    assert [bool(row.any()) for row in rows] == [False, False, False, True]


def test_rows_have_length_1_and_the_stated_shape(embedder: Embedder) -> None:
    photos = vectors(embedder, *(photo(shape, "teal") for shape in SHAPES), Image.new("RGB", (50, 50)))
    texts = embedder.embed_texts(["navy and white", "pink"])
    assert photos.shape == (len(SHAPES) + 1, embedder.dimension)
    assert photos.dtype == texts.dtype == np.float32
    assert np.allclose(np.linalg.norm(np.vstack([photos, texts]), axis=1), 1, atol=1e-5)
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, embedder.dimension)


def test_the_same_photo_gives_the_same_vector_alone_or_in_a_batch(embedder: Embedder) -> None:
    data = [encoded(photo(shape, "maroon", "carpet")) for shape in SHAPES]
    batch = embedder.embed_images(data)
    assert np.array_equal(batch, np.vstack([BuiltinEmbedder().embed_images([one]) for one in data]))


@pytest.mark.parametrize(("orientation", "turn"), [(3, 180), (6, 90), (8, 270)])
def test_exif_orientation_is_respected(embedder: Embedder, orientation: int, turn: int) -> None:
    image = photo("trousers", "#1e2a50", "wood")
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = image.rotate(turn, expand=True)
    upright, tagged, untagged = embedder.embed_images(
        [encoded(image), encoded(lying, exif=exif), encoded(lying)]
    )
    assert np.allclose(upright, tagged, atol=1e-5)
    assert upright @ untagged < 0.9


def test_transparent_ground_is_as_good_as_a_white_one(embedder: Embedder) -> None:
    image = photo("dress", "#c8202c")
    clear = image.convert("RGBA")
    clear.putalpha(Image.fromarray(np.uint8(255) * (np.asarray(image)[..., 1] < 128)))
    one, other = vectors(embedder, image, clear)
    assert one @ other > 0.95


@pytest.mark.parametrize("size", [(16, 2900), (2900, 16), (16, 16), (900, 17)])
@pytest.mark.parametrize("picture", [photo("dress", "#c8202c"), Image.new("RGB", SIZE), floor("carpet")])
def test_odd_pictures_are_embedded(embedder: Embedder, size: tuple[int, int], picture: Image.Image) -> None:
    (row,) = vectors(embedder, picture.resize(size))
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        encoded(photo("dress", "red"), "JPEG")[:4000],
        encoded(Image.new("RGB", (1, 1))),
        png_claiming(9000, 9000),
        png_claiming(60_000, 60_000),
    ],
    ids=["empty", "text", "cut short", "one pixel", "81 megapixels", "bomb"],
)
def test_unusable_bytes_raise_image_error(embedder: Embedder, data: bytes) -> None:
    with pytest.raises(ImageError):
        embedder.embed_images([encoded(photo("dress", "red")), data])
