"""The federation from the shell, and the rest of rmnctl without it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
import yaml

from rmnctl.cli import main
from tests.federation.tiny import models_config

HEAVY = ["torch", "transformers", "peft", "llguidance", "safetensors"]


@pytest.fixture
def place(base, adapters, tmp_path):
    """A configuration of the tiny federation; its adapters may be damaged."""
    shutil.copytree(adapters, tmp_path / "adapters")
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(models_config(base.folder).plain()))
    config = {
        "schema": "rmnctl/federation/v1",
        "models": str(tmp_path / "models.yaml"),
        "adapters": str(tmp_path / "adapters"),
        "backend": {"kind": "transformers", "threads": 1},
    }
    (tmp_path / "federation.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


@pytest.fixture
def run(place, capsys, monkeypatch):
    """Run a command; (exit code, stdout, stderr)."""
    monkeypatch.setenv("RMNCTL_CACHE", str(place / "cache"))

    def run(*arguments):
        config = place / ("models.yaml" if arguments[0] == "models" else "federation.yaml")
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "-c", str(config)])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run


REQUEST = ("--task", "planning", "--retailer", "alpha", "--brand", "x")


def test_compose_tells_layers_reasons_and_figures(run):
    """As text and as one JSON document."""
    code, out, _ = run("adapters", "compose", *REQUEST)
    assert code == 0
    assert "taken: brand_id x, version 1.0.0" in out
    assert "additive: rank 20" in out
    code, out, err = run("adapters", "compose", *REQUEST, "--json")
    document = json.loads(out)
    assert (code, err, document["command"]) == (0, "", "adapters compose")
    assert document["result"]["composition"]["adapters"] == [
        "industry", "alpha", "brand_x", "planner",
    ]  # fmt: skip


def test_overrides_choose_another_strategy(run):
    """`--set` reaches the configuration."""
    code, out, _ = run(
        "adapters", "compose", *REQUEST, "--set", "strategy=merged", "--set", "rank=2"
    )
    assert code == 0
    assert "merged: rank 2" in out
    assert "of energy kept" in out


def test_another_brands_adapter_ends_with_4(run):
    """And with the reason, on stderr."""
    code, out, err = run("adapters", "compose", "--brand", "y", "--force-adapters", "brand_x")
    assert (code, out) == (4, "")
    assert "belongs to brand x" in err


def test_list_shows_all_and_ends_with_5_where_one_is_refused(run, place):
    """A damaged adapter is listed with what is wrong with it."""
    code, out, _ = run("adapters", "list")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines()] == [
        "industry", "alpha", "beta", "brand_x", "brand_y", "brand_z", "planner",
    ]  # fmt: skip
    (place / "adapters" / "beta" / "adapter_model.safetensors").write_bytes(b"")
    code, out, err = run("adapters", "list")
    assert code == 5
    assert "refused       beta: " in out
    assert "1 of the adapters cannot be used" in err


def test_show_prints_the_card(run):
    """With digest and scaling; an unknown name ends with 3 and a suggestion."""
    code, out, _ = run("adapters", "show", "alpha")
    shown = json.loads(out)
    assert (code, shown["card"]["retailer_id"], shown["scaling"]) == (0, "alpha", 4.0)
    code, _, err = run("adapters", "show", "alfa")
    assert code == 3
    assert "Did you mean alpha?" in err


def test_export_writes_a_folder_and_never_into_a_full_one(run, place):
    """The second time it ends with 2."""
    code, out, _ = run("adapters", "export", *REQUEST, "-o", place / "out")
    assert code == 0
    assert "largest rank of 20" in out
    assert sorted(p.name for p in (place / "out").iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors", "composition.json",
    ]  # fmt: skip
    code, _, err = run("adapters", "export", *REQUEST, "-o", place / "out")
    assert code == 2
    assert "is not empty" in err


def test_models_list_and_pull(run, base):
    """A local folder is ready as it is; pulling an unknown one ends with 2."""
    code, out, _ = run("models", "list", "--json")
    (found,) = json.loads(out)["result"]
    assert (code, found["name"], found["ready"], found["sha256"]) == (0, "tiny", True, base.sha256)
    code, out, _ = run("models", "pull")
    assert (code, out.split()[0]) == (0, "tiny")
    assert run("models", "pull", "huge")[0] == 2


def test_listing_and_selecting_load_no_model_library(place):
    """The registry, cards and `adapters list` work without torch."""
    program = (
        "import sys\nfrom rmnctl.cli import main\n"
        f"try: main(['adapters', 'list', '-q', '-c', {str(place / 'federation.yaml')!r}])\n"
        f"except SystemExit: print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_rest_of_rmnctl_runs_without_the_extra(tmp_path):
    """With every model library hidden, workflows import, and what needs one says what to install."""
    program = (
        "import sys\n"
        f"for name in {HEAVY!r}: sys.modules[name] = None\n"
        "import rmnctl\n"
        "for name in rmnctl.__all__: getattr(rmnctl, name)\n"
        "from rmnctl.federation.heavy import need\n"
        "from rmnctl.errors import Failure\n"
        "try: need('torch')\n"
        "except Failure as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout == "torch is not installed; language models need the extra `llm`.\n", (
        done.stderr
    )
