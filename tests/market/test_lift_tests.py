from __future__ import annotations

import numpy as np


def test_past_tests_are_unbiased_with_honest_errors(small):
    """Over many worlds estimates scatter around the truth as their errors say."""
    z = [
        (test.estimate - test.truth) / test.standard_error
        for seed in range(40)
        for test in small(seed, skus=4).lift_tests
    ]
    assert abs(np.mean(z)) < 3 / np.sqrt(len(z))
    assert 0.8 < np.std(z) < 1.2


def test_which_tests_were_run_is_the_same_in_every_world(small):
    """The design is known before the market answers."""
    designs = {
        tuple((t.retailer, t.placement, t.first_day, t.standard_error) for t in small(s).lift_tests)
        for s in range(3)
    }
    assert len(designs) == 1


def test_half_of_the_pairs_were_tested_and_each_once(world):
    """Some placements were never tested: there nobody knows the increment."""
    pairs = [(t.retailer, t.placement) for t in world.lift_tests]
    assert len(pairs) == len(set(pairs)) == 3
