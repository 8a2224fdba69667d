"""What is wrong is found before anything is loaded, with file and line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rmnctl.errors import ConfigError, InputError
from rmnctl.training import as_error
from tests.federation.tiny import save_adapter
from tests.training.place import dpo_row, sft_row

AT = 7


def _messages(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


def _with(**keys):
    row = sft_row(1000) | keys
    return {k: v for k, v in row.items() if v is not None}


def _one(*pairs):
    return _with(messages=_messages(*pairs))


ROWS = {
    "BAD_JSON: broken": ("BAD_JSON", '{"id": "x", "messages": [}'),
    "BAD_JSON: no object": ("BAD_JSON", '["a row"]'),
    "BAD_JSON: key twice": ("BAD_JSON", '{"id": "x", "id": "y", "messages": []}'),
    "BAD_UTF8: bytes": ("BAD_UTF8", b'{"id": "\xff\xfe"}'),
    "BAD_UTF8: half a character": (
        "BAD_UTF8",
        '{"id":"x","messages":[{"role":"user","content":"\\ud83d"},{"role":"assistant","content":"b"}]}',
    ),
    "MISSING_KEY: no id": ("MISSING_KEY", _with(id=None)),
    "MISSING_KEY: no messages": ("MISSING_KEY", _with(messages=None)),
    "MISSING_KEY: a row for dpo": ("MISSING_KEY", dpo_row(1000)),
    "BAD_ID": ("BAD_ID", _with(id={"a": 1})),
    "BAD_LABEL": ("BAD_LABEL", _with(brand_id=7)),
    "DUPLICATE_ID": ("DUPLICATE_ID", _with(id="r0")),
    "BAD_MESSAGES: no list": ("BAD_MESSAGES", _with(messages="hello")),
    "BAD_MESSAGES: empty": ("BAD_MESSAGES", _with(messages=[])),
    "BAD_MESSAGES: stray key": ("BAD_MESSAGES", _with(messages=[{"role": "user", "text": "a"}])),
    "BAD_ROLE": ("BAD_ROLE", _one(("human", "a"), ("assistant", "b"))),
    "ROLE_ORDER: two users": ("ROLE_ORDER", _one(("user", "a"), ("user", "b"), ("assistant", "c"))),
    "ROLE_ORDER: late system": (
        "ROLE_ORDER",
        _one(("user", "a"), ("system", "b"), ("assistant", "c")),
    ),
    "ROLE_ORDER: only an answer": ("ROLE_ORDER", _one(("assistant", "c"))),
    "NO_ANSWER": ("NO_ANSWER", _one(("system", "s"), ("user", "a"))),
    "EMPTY_CONTENT": ("EMPTY_CONTENT", _one(("user", "a"), ("assistant", "  "))),
    "CONTROL_TOKEN": (
        "CONTROL_TOKEN",
        _one(("system", "s"), ("user", "a<|im_end|>"), ("assistant", "b")),
    ),
    "ALL_MASKED": ("ALL_MASKED", _one(("user", "a" * 200), ("assistant", "b"))),
    "ANSWER_CUT": ("ANSWER_CUT", _one(("user", "a"), ("assistant", "b" * 120))),
    "OTHER_TENANT": ("OTHER_TENANT", _with(brand_id="brand_y")),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_found_with_its_line(place, name):
    """One bad row among good ones is one fault, of its kind, in its file, on its line."""
    code, row = ROWS[name]
    place.rows.insert(AT - 1, row)
    found = place.check()
    assert [(f.code, f.path, f.line) for f in found.faults] == [
        (code, place.folder / "rows.jsonl", AT)
    ]
    assert isinstance(as_error(found.faults), InputError)


DPO_ROWS = {
    "SAME_ANSWERS": dpo_row(1000) | {"rejected": dpo_row(1000)["chosen"]},
    "BAD_ANSWER": dpo_row(1000) | {"chosen": _messages(("assistant", "a"), ("assistant", "b"))},
    "NO_ANSWER": dpo_row(1000) | {"chosen": _messages(("user", "a"))},
    "MISSING_KEY": {k: v for k, v in dpo_row(1000).items() if k != "rejected"},
}


@pytest.mark.parametrize("code", DPO_ROWS)
def test_a_bad_preference_is_found_with_its_line(place, code):
    """Preference rows are read as strictly."""
    place.rows = [dpo_row(n) for n in range(60)]
    place.rows.insert(AT - 1, DPO_ROWS[code])
    found = place.check(method="dpo")
    assert [(f.code, f.line) for f in found.faults] == [(code, AT)]


KEYS = {
    "WRONG_BASE": ({"base_sha256": "0" * 64}, "base_sha256"),
    "BAD_BASE": ({"base": "llama-9000"}, "base"),
    "UNKNOWN_MODULE": ({"lora__target_modules": ["q_proj", "c_attn"]}, "- c_attn"),
    "TOO_LONG": ({"optimiser__max_length": 4096}, "max_length"),
    "BAD_PARENT": ({"on_top_of": ["nobody"]}, "- nobody"),
    "BAD_START": ({"start": "nowhere"}, "start: nowhere"),
    "EVAL_TOO_SMALL": ({"data__eval_share": 0.05}, "eval_share"),
    "NOTHING_LEFT": ({"audit__membership": 500}, "membership"),
    "NO_FILE": ({"data__train": "nowhere.jsonl"}, "train: nowhere"),
}


@pytest.mark.parametrize("code", KEYS)
def test_a_setting_that_does_not_fit_is_found_with_its_line(place, code):
    """What only base, parents or rows can tell is said with the line of the key."""
    changes, text = KEYS[code]
    found = place.check(**changes)
    lines = place.path.read_text().splitlines()
    wanted = next(n for n, line in enumerate(lines, 1) if text in line)
    assert [(f.code, f.path, f.line) for f in found.faults] == [(code, place.path, wanted)]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"lora__rank": 0}, "lora.rank"),
        ({"lora__ranks": 8}, "unknown key. Did you mean rank?"),
        ({"method": "ppo"}, "method"),
        ({"optimiser__epochs": 2}, "either epochs or max_steps"),
        ({"data__eval": "e.jsonl"}, "either eval (a file) or eval_share"),
        ({"adapter__adapter_type": "manufacturer"}, "needs brand_id"),
        ({"adapter__adapter_type": "retailer", "adapter__retailer_id": "a", "adapter__brand_id": "b"}, "no brand_id"),
        ({"quantization": "int3"}, "quantization"),
        ({"on_top_of": ["a", "a"]}, "twice"),
    ],
)  # fmt: skip
def test_a_malformed_configuration_names_key_and_line(place, changes, text):
    """Schema faults carry file and line as everywhere."""
    with pytest.raises(ConfigError) as raised:
        place.check(**changes)
    assert text in raised.value.message
    assert str(place.path) in raised.value.message


def test_another_brands_rows_stop_a_manufacturer(place):
    """Every row of another brand is named."""
    place.rows = [sft_row(n, brand_id="brand_x") for n in range(40)]
    place.rows += [sft_row(n, brand_id="brand_y") for n in range(40, 43)]
    found = place.check(adapter__adapter_type="manufacturer", adapter__brand_id="brand_x")
    assert [(f.code, f.line) for f in found.faults] == [("OTHER_TENANT", n) for n in (41, 42, 43)]


def test_evaluation_rows_that_were_trained_on_are_found(place):
    """The same conversation under another id is still the same."""
    place.write_rows(
        [*(sft_row(n) for n in range(100, 120)), sft_row(5) | {"id": "new"}], "held.jsonl"
    )
    held = place.folder / "held.jsonl"
    found = place.check(data__eval=str(held), data__eval_share=None)
    assert [(f.code, f.path, f.line) for f in found.faults] == [("EVAL_IN_TRAIN", held, 21)]


def test_an_empty_file_is_a_fault(place):
    """No rows, nothing to train."""
    place.rows = []
    assert {f.code for f in place.check().faults} == {"EMPTY_FILE"}


def test_a_template_without_a_stop_token_is_found(place, tiny):
    """An adapter that never learns to stop is not trained."""
    import shutil

    from tests.federation.tiny import models_config

    mute = place.folder / "mute"
    shutil.copytree(tiny, mute)
    template = mute / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>", "."))
    (place.folder / "models.yaml").write_text(json.dumps(models_config(mute).plain()))
    found = place.check()
    assert [f.code for f in found.faults] == ["NO_STOP"]
    assert found.plain()["stop_token_in_loss"] is False


@pytest.mark.parametrize(
    ("kind", "label", "text"),
    [("manufacturer", {"brand_id": "brand_y"}, "of brand brand_y"), ("retailer", {"retailer_id": "beta"}, "of retailer beta")],
)  # fmt: skip
def test_a_parent_of_another_tenant_is_refused(place, base, kind, label, text):
    """A brand's knowledge never gets under another brand's adapter."""
    save_adapter(base, place.folder / "adapters" / "below", kind, **label)
    found = place.check(on_top_of=["below"], adapter__retailer_id="alpha")
    assert [f.code for f in found.faults] == ["BAD_PARENT"]
    assert text in found.faults[0].message


def test_a_good_training_has_no_faults_and_shows_what_is_learned(place):
    """Histogram, estimate, and one example as the model sees it."""
    found = place.check()
    document = found.plain()
    assert found.faults == []
    assert document["rows"] == {"train": 48, "eval": 12, "audit": 0}
    assert sum(c["rows"] for c in document["lengths"]) == 60
    assert document["truncated"] == 0
    assert found.size is not None
    assert found.size.steps == 8
    sample = found.sample()
    assert sample is not None
    assert sample["reads"].endswith("<|im_start|>assistant\n")
    assert sample["learns"].endswith("<|im_end|>")


def test_a_missing_system_message_is_remarked(place):
    """It is allowed, but unlike requests."""
    for row in place.rows:
        del row["messages"][0]
    found = place.check()
    assert found.faults == []
    assert {f.code for f in found.remarks} == {"NO_SYSTEM"}


def test_the_dry_run_loads_no_torch(place):
    """It needs the tokenizer only; as a process of its own it prints faults and exits with 3."""
    place.rows.insert(AT - 1, ROWS["NO_ANSWER"][1])
    code = (
        "import sys; from rmnctl.cli import main\n"
        "try: main(['train-adapter', '-c', sys.argv[1], '--dry-run'])\n"
        "except SystemExit as left:\n"
        "  assert not {'torch', 'trl', 'peft', 'datasets'} & set(sys.modules), 'heavy'\n"
        "  raise\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place.write())],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 3
    assert f"rows.jsonl:{AT}: the last message must be the assistant's" in done.stderr


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"lora__rank": 8}, "rank"), ({"lora__target_modules": ["q_proj"]}, "target_modules")],
)
def test_a_training_goes_on_only_from_an_adapter_of_the_same_form(place, changes, text):
    """What cannot be copied into the new adapter is refused before anything is loaded."""
    place.train()
    start = str(place.folder / "adapters" / "colours")
    assert place.check(start=start).faults == []
    found = place.check(start=start, **changes)
    assert [f.code for f in found.faults] == ["BAD_START"]
    assert text in found.faults[0].message


def test_a_training_does_not_go_on_from_another_tenants_adapter(place, base):
    """A brand's knowledge never becomes the beginning of another's adapter."""
    theirs = place.folder / "theirs"
    save_adapter(base, theirs, "manufacturer", brand_id="brand_y")
    found = place.check(start=str(theirs))
    assert [f.code for f in found.faults] == ["BAD_START"]
    assert "someone else" in found.faults[0].message
