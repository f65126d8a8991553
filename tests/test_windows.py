"""Windows against naive loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skseq import pad_sequences
from skseq.windows import (
    backfill,
    chunks,
    difference,
    integrate,
    leading_padding,
    n_shared,
    series_of,
    sliding_windows,
    variable_moments,
    views,
)

DTYPES = st.sampled_from([np.float32, np.float64, np.int16, np.bool_])
SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 3))


@st.composite
def series_and_length(draw):
    shape = draw(SHAPES)
    return draw(hnp.arrays(draw(DTYPES), shape)), draw(st.integers(1, shape[0]))


@st.composite
def padded_windows(draw, max_samples=8):
    """Windows with up to their whole length of padding, in [-100, 100]."""
    n, length, k = draw(
        st.tuples(st.integers(1, max_samples), st.integers(1, 7), st.integers(1, 3))
    )
    values = st.floats(-100, 100, width=32)
    windows = draw(hnp.arrays(np.float64, (n, length, k), elements=values))
    for window in windows:
        window[: draw(st.integers(0, length))] = np.nan
    return windows


@given(series_and_length())
def test_windows_are_those_of_a_loop(case):
    series, length = case
    windows = sliding_windows(series, length)
    loop = [series[i : i + length] for i in range(len(series) - length + 1)]
    np.testing.assert_array_equal(windows, np.stack(loop))
    assert windows.dtype == series.dtype
    assert np.shares_memory(windows, series)
    assert not windows.flags.writeable


@pytest.mark.parametrize("length", [0, -1, 5])
def test_a_length_that_does_not_fit_is_an_error(length):
    with pytest.raises(ValueError, match=f"length={length} does not fit a series of 4"):
        sliding_windows(np.zeros((4, 1)), length)


@given(series_and_length(), st.booleans())
def test_the_series_behind_windows_is_found_again(case, fortran):
    series, length = case
    series = np.asfortranarray(series) if fortran else series
    windows = sliding_windows(series, length)
    found = series_of(windows)
    if found is not None:  # one window alone need not show it
        np.testing.assert_array_equal(found, series)
        assert np.shares_memory(found, series)
    else:
        assert len(windows) == 1


@given(series_and_length(), st.integers(0, 5), st.integers(1, 5))
def test_the_series_behind_some_of_the_windows(case, start, n):
    series, length = case
    windows = sliding_windows(series, length)[start : start + n]
    if len(windows) and (found := series_of(windows)) is not None:
        np.testing.assert_array_equal(sliding_windows(found, length), windows)
        np.testing.assert_array_equal(found, series[start : start + n + length - 1])


@pytest.mark.parametrize(
    "select",
    [
        lambda w: w.copy(),
        lambda w: w[::2],
        lambda w: w[:, ::2],
        lambda w: w[::-1],
        lambda w: w[[0, 1, 2]],
        lambda w: np.ascontiguousarray(w.swapaxes(0, 1)).swapaxes(0, 1),
    ],
)
def test_what_is_no_run_of_windows_has_no_series(select):
    windows = sliding_windows(np.arange(40.0).reshape(20, 2), 5)
    assert series_of(select(windows)) is None


def test_windows_turned_around_or_repeated_have_a_series_too():
    windows = sliding_windows(np.arange(20.0)[:, None], 5)
    backwards = windows[::-1, ::-1]
    np.testing.assert_array_equal(series_of(backwards)[:, 0], np.arange(20.0)[::-1])
    repeated = np.broadcast_to(np.array([[[1.0, 2.0]]]), (4, 3, 2))
    np.testing.assert_array_equal(series_of(repeated), [[1.0, 2.0]] * 6)


@pytest.mark.parametrize("n_series", [1, 30])
@pytest.mark.parametrize("padded", [False, True])
@given(
    length=st.integers(1, 9),
    stride=st.integers(1, 12),
    n_outputs=st.integers(1, 4),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=30)
def test_windows_that_share_targets(n_series, padded, length, stride, n_outputs, seed):
    """Counted by the steps of their targets; the last window is on its own."""
    rng = np.random.default_rng(seed)
    series = rng.normal(size=(n_series + 1, length + 3 * stride, 2))
    if padded:  # the first window of each series has a single row
        series[:, : length - 1] = np.nan
    windows = [sliding_windows(one, length)[::stride] for one in series]
    windows = np.concatenate([*windows[:-1], windows[-1][-1:]])
    span = length + n_outputs - 1
    first, *following = [set(range(i * stride, i * stride + span)) for i in range(99)]
    expected = sum(not first.isdisjoint(targets) for targets in following)
    if stride >= length > 1:
        expected = 0  # windows that share no step count as separate
    elif length == 1:
        expected = n_outputs - 1  # as if consecutive
    assert n_shared(windows, np.zeros((len(windows), length, n_outputs))) == expected


def test_windows_of_padding_alone_share_nothing():
    windows = np.random.default_rng(0).normal(size=(30, 5, 1))
    windows[10:] = np.nan
    assert n_shared(windows, windows) == 0
    assert n_shared(windows[10:], windows[10:]) == 0


def test_tokens_that_agree_by_chance_are_not_shared():
    tokens = np.random.default_rng(0).integers(0, 4, size=(2000, 30, 1)).astype(float)
    assert n_shared(tokens, tokens) == 0
    windows = sliding_windows(tokens[:, 0], 30)[::7].copy()
    assert n_shared(windows, windows) == 29 // 7


def test_windows_of_a_season_are_moved_by_the_fewest_steps_that_fit():
    week = np.tile([0.0, 0, 0, 0, 0, 1, 1], 10)[:, np.newaxis]
    for stride in (1, 7):
        windows = sliding_windows(week, 14)[::stride]
        assert n_shared(windows, windows) == 13 // stride


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=9), st.integers(1, 50))
def test_chunks_cover_everything_once_and_stay_small(shape, limit):
    array = np.zeros(shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", limit)
        parts = list(chunks(array))
    rows = np.concatenate([np.arange(len(array))[p] for p in parts])
    np.testing.assert_array_equal(rows, np.arange(len(array)))
    assert all(len(array[p]) == 1 or array[p].size <= limit for p in parts)


@given(
    hnp.arrays(np.float64, SHAPES, elements=st.sampled_from([np.nan, 1.0, 2.0])),
    st.integers(1, 9),
)
def test_leading_padding(series, limit):
    expected = 0
    while expected < len(series) and np.isnan(series[expected]).all():
        expected += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", limit)
        assert leading_padding(series) == expected


@given(padded_windows())
def test_backfill(windows):
    expected = windows.copy()
    for window in expected:
        observed = np.flatnonzero(~np.isnan(window[:, 0]))
        window[np.isnan(window)] = 0.0
        if len(observed):
            window[: observed[0]] = window[observed[0]]
    np.testing.assert_array_equal(backfill(windows), expected)


def _naive_moments(windows, weight):
    rows = np.concatenate(list(windows))
    weight = np.repeat(weight, windows.shape[1])
    mean, scale = [], []
    for column in rows.T:
        seen = ~np.isnan(column) & (weight > 0)
        if not seen.any():
            mean.append(np.nan)  # any will do
            scale.append(np.inf)
            continue
        average = np.average(column[seen], weights=weight[seen])
        spread = np.average((column[seen] - average) ** 2, weights=weight[seen]) ** 0.5
        mean.append(average)
        scale.append(spread if np.ptp(column[seen]) else np.inf)
    return mean, scale


@given(padded_windows(), st.data(), st.integers(1, 30))
@settings(deadline=None)
def test_moments_are_those_of_all_rows_of_all_windows(windows, data, limit):
    windows = np.round(windows)  # of no tiny spread, where rounding noise decides
    weight = data.draw(
        hnp.arrays(np.float64, len(windows), elements=st.integers(0, 3).map(float))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", limit)
        for w in (weight, None):
            expected = _naive_moments(
                windows, np.ones(len(windows)) if w is None else w
            )
            expected = np.array(expected)
            actual = np.array(variable_moments(windows, w))
            actual[np.isnan(expected)] = np.nan
            np.testing.assert_allclose(actual, expected, atol=1e-9)


@given(padded_windows(), st.data())
def test_weights_are_repetitions(windows, data):
    windows = np.round(windows)
    repeats = data.draw(hnp.arrays(np.int64, len(windows), elements=st.integers(0, 3)))
    if not np.isnan(windows[repeats > 0]).all():
        np.testing.assert_allclose(
            variable_moments(windows, repeats.astype(float)),
            variable_moments(np.repeat(windows, repeats, axis=0)),
            atol=1e-9,
        )


@given(series_and_length(), st.integers(0, 4), st.data(), st.integers(1, 30))
@settings(deadline=None)
def test_moments_of_a_view_are_those_of_its_copy(case, n_padding, data, limit):
    series, length = case
    series = np.nan_to_num(series.astype(float), posinf=1, neginf=1).clip(-99, 99)
    series = np.round(series)
    series[:n_padding] = np.nan
    windows = sliding_windows(series, length)
    weight = data.draw(
        st.none()
        | hnp.arrays(np.float64, len(windows), elements=st.integers(1, 3).map(float))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", limit)
        np.testing.assert_allclose(
            variable_moments(windows, weight),
            variable_moments(windows.copy(), weight),
            atol=1e-9,
        )


def test_moments_equal_numpys_on_a_long_series_far_from_zero():
    rng = np.random.default_rng(0)
    series = (1e4 + rng.normal(size=(50_000, 2))).astype(np.float32)
    mean, scale = variable_moments(sliding_windows(series, 100)[:1000])
    rows = np.concatenate([series[i : i + 100] for i in range(1000)]).astype(float)
    np.testing.assert_allclose(mean, np.nanmean(rows, axis=0), rtol=1e-12)
    np.testing.assert_allclose(scale, np.nanstd(rows, axis=0), rtol=1e-9)


def test_windows_without_weight_hide_no_constant_variable():
    windows = np.full((100, 10, 1), 7.3)
    windows[:50] = 1e12
    mean, scale = variable_moments(windows, np.repeat([0.0, 1.0], 50))
    assert mean == 7.3
    assert np.isinf(scale)


def test_light_weights_late_in_a_long_series_are_not_lost():
    weight = np.full(200_000, 1000.0, dtype=np.float32)
    weight[100_000:] = 0.001
    series = np.zeros((200_001, 1), dtype=np.float32)
    series[100_005:] = 1.0
    windows = sliding_windows(series, 2)
    expected = np.average(windows.mean(axis=(1, 2)), weights=weight.astype(float))
    mean, _ = variable_moments(windows, weight)
    np.testing.assert_allclose(mean, expected, rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_variable_is_scaled_away(dtype):
    windows = np.full((1000, 10, 1), 0.1, dtype=dtype)
    mean, scale = variable_moments(windows)
    np.testing.assert_allclose(mean, dtype(0.1))
    np.testing.assert_array_equal(scale, np.inf)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 2), st.integers(1, 25), st.integers(1, 2)),
        elements=st.integers(-1000, 1000).map(float),
    ),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_differences_are_pandas_and_integrate_undoes_them(rows, lag, order):
    import pandas as pd

    n_past = lag * order
    expected = [pd.DataFrame(r) for r in rows]
    for _ in range(order):
        expected = [frame.diff(lag) for frame in expected]
    changes = difference(rows, lag, order)
    if rows.shape[1] <= n_past:
        assert changes.shape[1] == 0
        return
    np.testing.assert_array_equal(
        changes, np.stack([frame.to_numpy()[n_past:] for frame in expected])
    )
    back = integrate(changes, rows[:, :n_past], lag, order)
    np.testing.assert_array_equal(back, rows[:, n_past:])


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=5), st.none() | st.integers(1, 8)
)
def test_pad_sequences(lengths, length):
    sequences = [np.arange(n, dtype=float) + 10 * i for i, n in enumerate(lengths)]
    if length is None and not any(lengths):
        with pytest.raises(ValueError, match="length must be an integer of at"):
            pad_sequences(sequences)
        return
    padded = pad_sequences(sequences, length)
    assert padded.shape == (len(lengths), length or max(lengths), 1)
    for sequence, window in zip(sequences, padded[:, :, 0], strict=True):
        kept = list(sequence)[-padded.shape[1] :]
        n_missing = padded.shape[1] - len(kept)
        assert np.isnan(window[:n_missing]).all()
        assert list(window[n_missing:]) == kept


@pytest.mark.parametrize("length", [0, -1, 2.5, "3", [3]])
def test_pad_sequences_takes_a_whole_number_of_steps(length):
    with pytest.raises(ValueError, match="length must be an integer of at least 1"):
        pad_sequences([[1.0, 2.0], [3.0]], length)


def test_pad_sequences_keeps_float32_and_takes_anything_else_as_float64():
    single = np.ones((2, 3), dtype=np.float32)
    assert pad_sequences([single, single[:1]]).dtype == np.float32
    assert pad_sequences([single, single.astype(int)]).dtype == np.float64
    assert pad_sequences([[1], [True]]).dtype == np.float64
    assert pad_sequences([[1.0]], dtype="float32").dtype == np.float32
    for dtype in ("int64", "float16", "complex128"):
        with pytest.raises(ValueError, match=f"dtype={dtype} is not .* give float32"):
            pad_sequences([[1], [2, 3]], dtype=dtype)
    assert pad_sequences([single, single[:1]]).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "sequences is empty: give at least one"),
        (
            [[1.0], [[1.0, 2.0]]],
            r"sequences\[1\] has 2 variables, but sequences\[0\] has 1",
        ),
        ([[1.0], [np.nan]], r"sequences\[1\] holds NaN or infinity: impute or drop"),
        ([[np.inf]], r"sequences\[0\] holds NaN or infinity"),
        ([["a"]], r"sequences\[0\] is not numeric"),
        ([[1j]], r"sequences\[0\] is not numeric"),
        ([np.array(["2020-01-01"], "M8[D]")], r"sequences\[0\] is not numeric"),
        ([np.zeros((1, 1, 1))], r"sequences\[0\] has 3 dimensions: expected"),
        ([[[1.0], [1.0, 2.0]]], r"sequences\[0\] is not numeric"),
    ],
)
def test_pad_sequences_says_what_is_wrong(sequences, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences)


def test_pad_sequences_of_no_steps_has_any_number_of_variables():
    """Such as the vectors of the words of an empty text."""
    rows = np.ones((1, 3), np.float32)
    for empty in ([], np.empty((0, 3))):
        padded = pad_sequences([empty, rows], length=2)
        assert padded.dtype == np.float32
        assert np.isnan(padded[0]).all()
        np.testing.assert_array_equal(padded[1], [[np.nan] * 3, [1.0] * 3])
    assert pad_sequences([[], []], length=2).shape == (2, 2, 1)
    with pytest.raises(ValueError, match=r"\[2\] has 2 variables, but sequences\[1\]"):
        pad_sequences([[], rows, rows[:, :2]])


def test_pad_sequences_takes_a_series_in_each_cell():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 2)).astype(np.float32) for n in (3, 5, 1)]
    cells = [[pd.Series(column) for column in s.T] for s in sequences]
    nested = pd.DataFrame(cells, columns=["x", "y"])
    found = pad_sequences(nested, length=4)
    np.testing.assert_array_equal(found, pad_sequences(sequences, length=4))
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    "cells", [[[1.0, 2.0]], [[pd.Series([1.0]), pd.Series([1.0, 2.0])]]]
)
def test_pad_sequences_refuses_another_table(cells):
    message = r"sequences is a DataFrame .* give a list .*table.groupby\('sequence'\)"
    with pytest.raises(ValueError, match=message):
        pad_sequences(pd.DataFrame(cells))
