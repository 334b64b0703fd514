"""Metrics of the tiers deterministic and semantic, one per file."""

from llmops_cli.core.parts import Part, PartTable

_HERE = "llmops_cli.evals.metrics"

METRICS = PartTable(
    noun="metric",
    group="llmops.metrics",
    needs=("__call__", "name", "tier", "version", "parameters", "check", "bind"),
    parts={
        "equals": Part(f"{_HERE}.equals:Equals", "deterministic", "the answer is the expected text, or one of several"),
        "contains": Part(f"{_HERE}.contains:Contains", "deterministic", "the answer contains the expected text"),
        "contains_all": Part(
            f"{_HERE}.contains_all:ContainsAll",
            "deterministic",
            "the answer contains every one of several texts",
        ),
        "contains_any": Part(
            f"{_HERE}.contains_any:ContainsAny",
            "deterministic",
            "the answer contains at least one of several texts",
        ),
        "starts_with": Part(
            f"{_HERE}.starts_with:StartsWith",
            "deterministic",
            "the answer starts with the expected text",
        ),
        "ends_with": Part(f"{_HERE}.ends_with:EndsWith", "deterministic", "the answer ends with the expected text"),
        "regex": Part(f"{_HERE}.regex:Regex", "deterministic", "a regular expression (RE2) matches the answer"),
        "label_in": Part(f"{_HERE}.label_in:LabelIn", "deterministic", "the answer is one of the known labels"),
        "one_of": Part(
            f"{_HERE}.one_of:OneOf",
            "deterministic",
            "the answer is one of the given texts (label_in by another name)",
        ),
        "json_valid": Part(
            f"{_HERE}.json_valid:JsonValid",
            "deterministic",
            "the answer is one JSON value, read strictly",
        ),
        "json_schema": Part(
            f"{_HERE}.json_schema:JsonSchema",
            "deterministic",
            "the answer is JSON that fits a JSON Schema",
        ),
        "json_fields": Part(
            f"{_HERE}.json_fields:JsonFields",
            "deterministic",
            "the fields of the answer's JSON object are the expected ones",
        ),
        "date_parses": Part(
            f"{_HERE}.date_parses:DateParses",
            "deterministic",
            "the answer is a date: in a format, in a range, or the expected day",
        ),
        "number_close": Part(
            f"{_HERE}.number_close:NumberClose",
            "deterministic",
            "the answer is the expected number, up to a tolerance",
        ),
        "edit_distance": Part(
            f"{_HERE}.edit_distance:EditDistance",
            "deterministic",
            "the answer is the expected text up to a few edits (Levenshtein)",
        ),
        "max_words": Part(f"{_HERE}.max_words:MaxWords", "deterministic", "the answer has at most so many words"),
        "min_words": Part(f"{_HERE}.min_words:MinWords", "deterministic", "the answer has at least so many words"),
        "max_chars": Part(f"{_HERE}.max_chars:MaxChars", "deterministic", "the answer has at most so many characters"),
        "min_chars": Part(f"{_HERE}.min_chars:MinChars", "deterministic", "the answer has at least so many characters"),
        "language": Part(
            f"{_HERE}.language:Language",
            "deterministic",
            "the answer is written in one of the expected languages",
        ),
        "refusal": Part(f"{_HERE}.refusal:Refusal", "deterministic", "the answer declines to do what was asked"),
        "no_pii": Part(
            f"{_HERE}.no_pii:NoPii",
            "deterministic",
            "the answer holds no e-mail address, telephone, IBAN, card or social security number",
        ),
        "tool_call": Part(
            f"{_HERE}.tool_call:ToolCall",
            "deterministic",
            "the model calls the expected tool with the expected arguments",
        ),
        "latency": Part(f"{_HERE}.latency:Latency", "deterministic", "the answer came within so many seconds"),
        "cost": Part(f"{_HERE}.cost:Cost", "deterministic", "the answer cost at most so many dollars"),
        "tokens": Part(f"{_HERE}.tokens:Tokens", "deterministic", "the call took at most so many tokens"),
        "rouge_1": Part(
            f"{_HERE}.rouge_1:Rouge1",
            "semantic",
            "the answer shares words with the expected text (ROUGE-1)",
        ),
        "rouge_2": Part(
            f"{_HERE}.rouge_2:Rouge2",
            "semantic",
            "the answer shares pairs of words with the expected text (ROUGE-2)",
        ),
        "rouge_l": Part(
            f"{_HERE}.rouge_l:RougeL",
            "semantic",
            "the answer has the expected text's words in the same order (ROUGE-L)",
        ),
        "rouge_lsum": Part(
            f"{_HERE}.rouge_lsum:RougeLsum",
            "semantic",
            "the answer has the words of each expected line in the same order (ROUGE-Lsum)",
        ),
        "bleu": Part(
            f"{_HERE}.bleu:Bleu",
            "semantic",
            "the answer is built of the expected texts' word sequences (BLEU)",
        ),
        "chrf": Part(
            f"{_HERE}.chrf:Chrf",
            "semantic",
            "the answer is built of the expected text's character sequences (chrF)",
        ),
        "embedding_similarity": Part(
            f"{_HERE}.embedding_similarity:EmbeddingSimilarity",
            "semantic",
            "the answer means about what the expected text means (cosine of text vectors)",
        ),
        "bert_score": Part(
            f"{_HERE}.bert_score:BertScore",
            "semantic",
            "the answer's words, in context, mean what the expected ones mean (BERTScore)",
        ),
        "contradiction": Part(
            f"{_HERE}.contradiction:Contradiction",
            "semantic",
            "the answer's numbers, dates, units, negations and names do not contradict the expected text",
        ),
        "judge": Part(
            "llmops_cli.evals.judges.rubric_judge:RubricJudge", "judge", "a model judges the answer by a rubric"
        ),
        "judge_checklist": Part(
            "llmops_cli.evals.judges.checklist_judge:ChecklistJudge",
            "judge",
            "a model answers yes or no to each point of a list",
        ),
        "judge_pairwise": Part(
            "llmops_cli.evals.judges.pairwise_judge:PairwiseJudge",
            "judge",
            "a model compares the answer with another text, in both orders",
        ),
        "judge_panel": Part(
            "llmops_cli.evals.judges.panel_judge:PanelJudge",
            "judge",
            "several models judge by one rubric, and the majority decides",
        ),
    },
)
"""Every metric by name: where it is, its tier, what it says."""
