"""Tiny weights in the places where fastembed looks for a model's: both halves know three colours, no more.

ONNX files are protocol buffers; these are written by hand. https://onnx.ai/onnx/repo-docs/IR.html
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Message = bytes
FLOAT, INT64 = 1, 7
WORDS = {
    "[PAD]": (0, 0, 0),
    "[UNK]": (0, 0, 0),
    "red": (9, -9, -9),
    "green": (-9, 9, -9),
    "blue": (-9, -9, 9),
}


def write_clip(folder: Path) -> None:
    """Weights of CLIP, as Hugging Face's cache holds what it has fetched."""
    _write_images(
        _snapshot(folder, "models--Qdrant--clip-ViT-B-32-vision"), "model.onnx", "image_embeds", 512
    )
    _write_texts(_snapshot(folder, "models--Qdrant--clip-ViT-B-32-text"), "model.onnx", "text_embeds", 512)


def write_siglip2(folder: Path) -> None:
    """Weights of SigLIP 2, whose halves share one place."""
    place = _snapshot(folder, "models--onnx-community--siglip2-base-patch16-224-ONNX")
    _write_images(place, "onnx/vision_model.onnx", "pooler_output", 768)
    _write_texts(place, "onnx/text_model.onnx", "pooler_output", 768)


def _snapshot(folder: Path, name: str) -> Path:
    place = folder / name
    (place / "refs").mkdir(parents=True)
    (place / "refs/main").write_text("0")
    (place / "snapshots/0/onnx").mkdir(parents=True)
    return place / "snapshots/0"


def _write_images(place: Path, file: str, output: str, dimension: int) -> None:
    """The mean colour of a picture, as the first three of its vector's numbers."""
    colours = np.eye(3, dimension, dtype=np.float32)
    nodes = [
        _node("GlobalAveragePool", ["pixels"], "mean"),
        _node("Flatten", ["mean"], "flat"),
        _node("MatMul", ["flat", "colours"], output),
    ]
    inputs, outputs = _value("pixels", FLOAT, "n", 3, 32, 32), _value(output, FLOAT, "n", dimension)
    (place / file).write_bytes(_model(nodes, inputs, outputs, _tensor("colours", colours)))
    steps = {"do_resize": True, "do_center_crop": True, "do_rescale": True, "do_normalize": True}
    sizes = {"size": {"height": 32, "width": 32}, "crop_size": {"height": 32, "width": 32}}
    numbers = {"rescale_factor": 1 / 255, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (place / "preprocessor_config.json").write_text(json.dumps({**steps, **sizes, **numbers}))


def _write_texts(place: Path, file: str, output: str, dimension: int) -> None:
    """The mean of what the words mean, not brought to length 1."""
    meanings = np.zeros((len(WORDS), dimension), np.float32)
    meanings[:, :3] = list(WORDS.values())
    nodes = [
        _node("Gather", ["meanings", "input_ids"], "read"),
        _node("ReduceMean", ["read"], output, axes=[1], keepdims=0),
    ]
    inputs, outputs = _value("input_ids", INT64, "n", "words"), _value(output, FLOAT, "n", dimension)
    (place / file).write_bytes(_model(nodes, inputs, outputs, _tensor("meanings", meanings)))
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    tokenizer = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Whitespace"},
        "model": model,
        "added_tokens": [],
    }
    (place / "tokenizer.json").write_text(json.dumps(tokenizer))
    (place / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 8, "pad_token": "[PAD]"}))


def _model(nodes: list[Message], inputs: Message, outputs: Message, weights: Message) -> Message:
    graph = b"".join(_part(1, node) for node in nodes) + _part(2, b"tiny")
    graph += _part(5, weights) + _part(11, inputs) + _part(12, outputs)
    return _number(1, 8) + _part(7, graph) + _part(8, _number(2, 13))


def _node(kind: str, inputs: list[str], output: str, **attributes: int | list[int]) -> Message:
    parts = b"".join(_part(1, name.encode()) for name in inputs) + _part(2, output.encode())
    return parts + _part(4, kind.encode()) + b"".join(_part(5, _attribute(*a)) for a in attributes.items())


def _attribute(name: str, value: int | list[int]) -> Message:
    if isinstance(value, int):
        return _part(1, name.encode()) + _number(3, value) + _number(20, 2)
    return _part(1, name.encode()) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _tensor(name: str, values: NDArray[np.float32]) -> Message:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, FLOAT) + _part(8, name.encode()) + _part(9, values.astype("<f4").tobytes())


def _value(name: str, kind: int, *shape: int | str) -> Message:
    dims = [_number(1, size) if isinstance(size, int) else _part(2, size.encode()) for size in shape]
    tensor = _number(1, kind) + _part(2, b"".join(_part(1, dim) for dim in dims))
    return _part(1, name.encode()) + _part(2, _part(1, tensor))


def _part(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
