"""The shorter forward pass computes what TRL's own does."""

from __future__ import annotations

import pytest
import torch

from rmnctl.training import scoring
from rmnctl.training.trainers import Journal, build


def _gradients(trainer, batch):
    trainer.model.train()
    trainer.model.zero_grad()
    trainer.compute_loss(trainer.model, dict(batch)).backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in trainer.model.named_parameters()
        if parameter.grad is not None
    }


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("least", [scoring.MIN_SHARED, 10**9], ids=["shared", "whole"])
def test_losses_and_gradients_are_those_of_trl(place, monkeypatch, least):
    """Scoring answers only, with and without a shared beginning, moves the adapter alike."""
    monkeypatch.setattr(scoring, "MIN_SHARED", least)
    checked = place.check()
    journal = Journal(lambda _: None, lambda: False)
    ours = build(checked, place.folder / "a", journal)
    with monkeypatch.context() as patched:
        patched.setattr("rmnctl.training.trainers.score_answers_only", lambda _: None)
        plain = build(checked, place.folder / "b", journal)
    batch = next(iter(ours.get_train_dataloader()))
    shared = scoring.shared_length(batch["input_ids"], batch["labels"])
    assert shared >= scoring.MIN_SHARED or least > 10**6
    for trainer in (ours, plain):
        torch.manual_seed(1)
        for name, parameter in trainer.model.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(0, 0.1)
    found, wanted = _gradients(ours, batch), _gradients(plain, batch)
    assert set(found) == set(wanted)
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=2e-4, atol=1e-6)
    losses = [t.compute_loss(t.model, dict(batch)).item() for t in (ours, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_beginning_is_shared_only_as_far_as_all_rows_agree_and_learn_nothing():
    """Never up to a position whose next token is learned."""
    ids = torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 9, 5]])
    free = torch.full_like(ids, -100)
    assert scoring.shared_length(ids, free) == 2
    learned = free.clone()
    learned[0, 2] = 3
    assert scoring.shared_length(ids, learned) == 1
    assert scoring.shared_length(ids[:1], free[:1]) == 0
    assert scoring.shared_length(ids[:, :3], free[:, :3]) == 0
