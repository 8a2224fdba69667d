"""The network that reads claims: what is trained is what is read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rmnctl.compliance.claims import Network, WordVectors, claim_reader
from rmnctl.federation.word_vectors import KnownWords
from rmnctl.workflows.claims_lines import Line, digest_of
from rmnctl.workflows.claims_network import fit_network

WORDS = tuple("the mug is blue cup holds heat for hours stays warm red a big".split())


@pytest.fixture(scope="module")
def known() -> KnownWords:
    """Vectors of a few words and pieces, from chance."""
    chance = np.random.default_rng(3)
    tails = ("ing", "er", "s")
    return KnownWords(WORDS, tails, chance.standard_normal((len(WORDS) + len(tails), 16)))


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Lines that make a claim where something holds or stays."""
    claims = ["the mug holds heat", "cup stays warm for hours", "a cup holds heat for hours"]
    plain = ["the mug is blue", "a big red cup", "the cup is big", "warm red mug"]
    return [
        Line("shop_x", "en", f"{text} {n}", claim)
        for n in range(100)
        for some, claim in ((claims, True), (plain, False))
        for text in some
    ]


@pytest.fixture(scope="module")
def network(known: KnownWords, lines: list[Line]) -> Network:
    """Trained on these lines."""
    pytest.importorskip("torch")
    return fit_network(lines, known, epochs=10)


def test_a_network_learns_what_lines_teach(network: Network, lines: list[Line]) -> None:
    """Claims and plain lines come out on their sides, in words that were seen together or not."""
    assert all((network.odds(line.text) > 0) is line.claim for line in lines)
    assert network.odds("the big mug stays warm") > network.odds("the big mug is red")


def test_the_order_of_words_counts(network: Network) -> None:
    """Filters look at neighbours: words turned round say something else."""
    assert network.odds("holds heat") != network.odds("heat holds")


def test_a_network_is_read_as_it_was_written(network: Network, lines: list[Line]) -> None:
    """The file holds all of it, and the same network gives the same bytes."""
    again = Network.parse(network.written())
    assert again.digest == digest_of(lines)
    assert again.written() == network.written()
    assert all(abs(again.odds(x.text) - network.odds(x.text)) < 0.05 for x in lines)


def test_training_twice_gives_the_same_network(
    known: KnownWords, lines: list[Line], network: Network
) -> None:
    """Weights, order and what is dropped come from the seed."""
    assert fit_network(lines, known, epochs=10).written() == network.written()


def test_numpy_reads_what_torch_has_trained(network: Network) -> None:
    """Filters over one, two and three words, slid by hand, give the same odds."""
    said = ["<", "cup", "holds", "heat", ">"]
    vectors = np.stack([network.vectors.of(word) for word in said])
    odds, slot = network.bias, 0
    for group, width in enumerate(network.widths):
        padded = np.pad(vectors, ((width // 2, width), (0, 0)))
        answers = [
            network.biases[group]
            + sum(padded[at + k] @ network.filters[slot + k] for k in range(width))
            for at in range(len(said))
        ]
        odds += float(np.maximum(np.max(answers, axis=0), 0) @ network.weights[group])
        slot += width
    assert network.odds("cup holds heat") == pytest.approx(odds, abs=1e-4)


def test_many_threads_read_alike(network: Network, lines: list[Line]) -> None:
    """What one thread remembers of words does not mislead another."""
    texts = [f"{line.text} {word}" for line in lines[:200] for word in WORDS]
    alone = [network.odds(text) for text in texts]
    fresh = Network.parse(network.written())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fresh.odds, texts)) == pytest.approx(alone, abs=0.05)


def test_a_word_that_is_not_known_is_read_by_its_pieces() -> None:
    """The longest piece at its start, then the longest within it; what is left is passed over."""
    vectors = WordVectors(
        ("wash", "was"), ("ing", "h"), np.eye(4, dtype=np.int8), np.ones(4, np.float32)
    )
    assert vectors.rows_of("wash") == [0]
    assert vectors.rows_of("washing") == [0, 2]
    assert vectors.rows_of("wasxh") == [1, 3]
    assert vectors.rows_of("qqq") == []
    assert vectors.of("washing").tolist() == [0.5, 0, 0.5, 0]
    assert vectors.of("qqq").tolist() == [0, 0, 0, 0]


def test_the_shipped_network_knows_words_that_no_line_holds() -> None:
    """A line in words of the base model's alone has odds of its own."""
    network = claim_reader("en").network
    assert network is not None
    assert network.odds("zirconium crucible") != network.odds("qqqq qqqq")
