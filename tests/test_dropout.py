"""Masks of dropout: which share they drop, and whether at random."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.networks.dropout import Dropout, draw_mask


@given(
    p=st.floats(0, 1, exclude_max=True),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    seed=st.integers(0, 2**31),
)
def test_a_value_is_dropped_or_raised_by_what_is_kept(p, shape, dtype, seed):
    torch.manual_seed(seed)
    mask = draw_mask(torch.zeros(1, dtype=dtype), shape, p)
    assert mask.dtype == dtype
    assert list(mask.shape) == shape
    kept = mask[mask != 0]
    # p is rounded, so that a share of at least 2**-16 is kept.
    share = max(1 - p, 2**-16)
    assert kept.double() == pytest.approx(1 / share, rel=0.5 if share < 1e-3 else 1e-2)


@pytest.mark.parametrize("p", [0.001, 0.2, 0.5, 0.9])
def test_the_share_is_dropped_and_neighbours_are_independent(p):
    torch.manual_seed(0)
    n = 2**20
    dropped = (draw_mask(torch.zeros(1), (n,), p) == 0).double()
    error = (p * (1 - p) / n) ** 0.5
    assert dropped.mean().item() == pytest.approx(p, abs=4 * error + 2**-17)
    # Four values are drawn with one number, so look as far as two of them.
    for lag in range(1, 9):
        both = (dropped[lag:] * dropped[:-lag]).mean().item()
        assert both == pytest.approx(p**2, abs=5 * p / n**0.5)


def test_dropout_keeps_the_mean_and_does_nothing_in_a_prediction():
    torch.manual_seed(0)
    dropout, x = Dropout(0.3), torch.ones(1000, 1000)
    assert dropout(x).mean().item() == pytest.approx(1, abs=0.003)
    assert dropout.eval()(x) is x


@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    n_more=st.integers(1, 9),
)
def test_what_is_drawn_does_not_depend_on_padding(lengths, n_more):
    dropped = []
    for length in (5, 5 + n_more):
        torch.manual_seed(0)
        observed = torch.arange(length, 0, -1) <= torch.tensor(lengths)[:, None]
        x = torch.ones(len(lengths), length, 3)
        dropped.append(Dropout(0.5)(x, observed[:, :, None]))
    short, long = dropped
    assert torch.equal(long[:, -5:], short)
    assert not long[:, :-5].any()


def test_a_mask_does_not_depend_on_the_layout_of_memory():
    x = torch.rand(6, 5, 4)
    masked = []
    for values in (x, x.transpose(0, 2).contiguous().transpose(0, 2)):
        torch.manual_seed(0)
        masked.append(Dropout(0.5)(values))
    assert torch.equal(*masked)
