"""What is refused, and what the message says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder

from skseq import (
    Differencer,
    GRUClassifier,
    GRURegressor,
    NaiveRegressor,
    SlidingWindow,
    horizon_targets,
    pad_sequences,
)
from skseq.comparison.tables import in_order
from skseq.validation import (
    check_fit_windows,
    check_predict_windows,
    check_series,
    check_target_columns,
    check_targets,
    check_weights,
    check_windows,
)
from skseq.windows import sliding_windows, views

ANY = st.sampled_from([1.0, 2.0, np.nan, np.inf, -np.inf])


def first_wrong(series):
    """The first NaN after the start, or infinity: (step, column), or None."""
    started = False
    for step, row in enumerate(series):
        started = started or not np.isnan(row).all()
        for column, value in enumerate(row):
            if started and not np.isfinite(value):
                return step, column
    return None


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=ANY))
def test_a_series_may_only_start_with_rows_of_nan(series):
    wrong = first_wrong(series)
    if wrong is None:
        assert check_series(series) is series
        return
    kind = "NaN" if np.isnan(series[wrong]) else "infinity"
    message = f"^Input X contains {kind} at row {wrong[0]}, column {wrong[1]}. Only"
    with pytest.raises(ValueError, match=message):
        check_series(series)


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=3, max_dims=3), elements=ANY),
    st.integers(1, 20),
)
def test_a_window_may_only_start_with_rows_of_nan(windows, limit):
    wrong = [(i, *w) for i, one in enumerate(windows) if (w := first_wrong(one))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", limit)
        if not wrong:
            assert check_windows(windows) is windows
            return
        sample, step, column = wrong[0]
        message = f"at window {sample}, time step {step}, column {column}. Only whole"
        with pytest.raises(ValueError, match=message):
            check_windows(windows)


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(1)), elements=ANY),
    st.data(),
)
def test_a_view_is_judged_as_its_copy(series, data):
    windows = sliding_windows(series, data.draw(st.integers(1, len(series))))

    def verdict(windows):
        try:
            return check_windows(windows).shape
        except ValueError as error:
            return str(error)

    assert verdict(windows) == verdict(windows.copy())


def test_a_hole_that_only_starts_windows_is_padding():
    series = np.array([[1.0], [np.nan], [2.0], [3.0]])
    windows = sliding_windows(series, 2)
    with pytest.raises(ValueError, match="NaN at window 0, time step 1, column 0"):
        check_windows(windows)
    check_windows(windows[1:])


def test_large_numbers_are_not_taken_for_infinity():
    large = np.full((3, 4, 1), 3e38, dtype=np.float32)  # whose sum is infinite
    assert check_windows(large) is large
    assert check_series(large[0]).dtype == np.float32


def test_nothing_is_copied_and_float32_stays():
    windows = sliding_windows(np.zeros((20, 2), dtype=np.float32), 5)
    assert check_windows(windows) is windows
    assert check_windows(np.zeros((3, 4), dtype=int)).dtype == np.float64
    assert check_windows([[1, 2], [3, 4]]).shape == (2, 2, 1)
    assert check_windows(pd.DataFrame([[1, 2], [3, 4]])).shape == (2, 2, 1)


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        (np.zeros((2, 3, 4, 5)), r"X has shape \(2, 3, 4, 5\): expected windows"),
        (np.zeros((2, 0, 1)), r"X has shape \(2, 0, 1\).*SlidingWindow"),
        (np.zeros((2, 3, 0)), r"X has shape \(2, 3, 0\)"),
        (np.zeros((0, 3, 1)), "0 sample"),
        (np.zeros(3), "Expected 2D array, got 1D array instead"),
        (np.array([[1.0, np.nan]]), "Input X contains NaN at row 0, column 1.*dropna"),
        (np.array([[np.nan, 1.0]]), "Input X contains NaN"),
        (np.array([[1.0, np.inf]]), "Input X contains infinity"),
        (np.ones((2, 2, 1)) * 1j, "Complex data not supported"),
        ([["a", "b"]], r"X holds text \(.*'a'\): encode it first"),
        ([[[1.0]], [[1.0], [2.0]]], "different lengths: stack them with pad_sequences"),
        (
            np.array([np.zeros(2), np.zeros(3)], dtype=object),
            "different lengths: stack them with pad_sequences",
        ),
        (
            pd.Series([np.zeros(2)] * 2),
            "separate sequences.*: stack them with pad_sequences",
        ),
        (
            pd.DataFrame({"day": pd.date_range("2024-01-01", periods=2)}),
            r"make it the index \(set_index\('day'\)\)",
        ),
        (
            pd.DataFrame({"day": ["Mo"]}),
            "X (column 'day' has dtype|holds text).*OneHotEnc",
        ),
    ],
)
def test_what_is_no_windows(windows, message):
    with pytest.raises(ValueError, match=message):
        check_windows(windows)


class OtherTable:
    """One that is not of pandas: the dtypes of polars are a list."""

    columns, dtypes, shape = ["rail"], ["Float64"], (4, 1)

    def __init__(self, column=tuple(range(4))):
        self.column = np.array(column)

    def __array__(self, dtype=None, copy=None):
        return self.column.astype(np.float64)[:, np.newaxis]

    def __getitem__(self, name):
        return {"rail": self.column}[name]

    def to_pandas(self):
        raise ModuleNotFoundError("pyarrow is required")  # as polars without it


def test_tables_of_other_libraries():
    np.testing.assert_array_equal(check_series(OtherTable()).ravel(), [0, 1, 2, 3])
    assert check_windows(OtherTable()).shape == (4, 1, 1)


def test_dates_in_tables_of_other_libraries():
    """numpy would turn them into numbers, without a word."""
    dates = OtherTable(pd.date_range("2024", periods=4).to_numpy())
    with pytest.raises(ValueError, match="X column 'rail' has dtype datetime64"):
        check_series(dates)


def test_dates_in_a_table_of_pyarrow():
    pyarrow = pytest.importorskip("pyarrow")
    dates = [None, pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")]
    table = pyarrow.table({"bus": [1.0, 2.0, 3.0], "rail": dates})
    with pytest.raises(ValueError, match="X column 'rail' has dtype datetime64"):
        check_series(table)


@pytest.mark.parametrize("check", [check_series, check_windows])
def test_sparse_columns_of_an_encoder(check):
    table = pd.DataFrame({"day": list("abcdefgh"), "rail": np.arange(8.0)})
    encoder = make_column_transformer(
        (OneHotEncoder(), ["day"]), (MaxAbsScaler(), ["rail"])
    )
    with pytest.raises(TypeError, match=r"Sparse .* for X.*\(sparse_threshold=0\)"):
        check(encoder.fit_transform(table))
    encoder.set_params(sparse_threshold=0)
    assert len(check(encoder.fit_transform(table))) == 8


WINDOWS = np.arange(24.0).reshape(4, 3, 2)


def test_fit_remembers_the_form():
    model = NaiveRegressor()
    check_fit_windows(model, WINDOWS, np.zeros(4))
    assert (model.n_features_in_, model.window_shape_in_) == (2, (3, 2))
    table = pd.DataFrame(WINDOWS[:, :, 0], columns=list("abc"))
    check_fit_windows(model, table, np.zeros(4))
    assert (model.n_features_in_, model.window_shape_in_) == (3, (3, 1))
    assert list(model.feature_names_in_) == list("abc")
    check_fit_windows(model, table.to_numpy().tolist(), [0] * 4)
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            None,
            "NaiveRegressor estimator requires y to be passed, but the target y is N",
        ),
        (np.zeros(3), "X has 4 samples, y has 3: .*from one call of horizon_targets"),
        (np.zeros((5, 2)), "X has 4 samples, y has 5"),
    ],
)
def test_targets_that_do_not_fit_the_windows(y, message):
    with pytest.raises(ValueError, match=message):
        check_fit_windows(NaiveRegressor(), WINDOWS, y)


def test_labels_that_do_not_fit_the_sequences():
    with pytest.raises(ValueError, match=r"X has 4 samples, y has 3: .*one label for"):
        check_fit_windows(GRUClassifier(), WINDOWS, list("aba"))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (WINDOWS[:, :, :1], "X has 1 features, but NaiveRegressor is expecting 2"),
        (WINDOWS[:, :, 0], "X has 1 features, .* variables of a window"),
        (WINDOWS[0], r"If X is a single window, give numpy.asarray\(X\)\[None\]"),
        (WINDOWS[:, 1:], "windows of 2 time steps, but .* on 3: .*with pad_sequences"),
    ],
)
def test_other_windows_than_the_fitted(X, message):
    model = NaiveRegressor().fit(WINDOWS, np.zeros(4))
    with pytest.raises(ValueError, match=message):
        model.predict(X)


def test_other_lengths_than_the_fitted():
    model = NaiveRegressor().fit(WINDOWS[:, :, 0], np.zeros(4))
    with pytest.raises(
        ValueError, match=r"X has 2 features, but .* 3 features as input"
    ):
        model.predict(WINDOWS[:, 1:, 0])
    with pytest.raises(ValueError, match=r"For another length, give X\[:, :, None\]"):
        check_predict_windows(model, WINDOWS[:, 1:, 0], any_length=True)
    longer = np.zeros((2, 9, 1))
    assert check_predict_windows(model, longer, any_length=True).shape == (2, 9, 1)
    padded = pad_sequences([[1.0], [1.0, 2.0, 3.0]])
    assert model.predict(padded).tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 2, np.nan, 4], r"Input y contains NaN\. The first is in row 2: .* drop"),
        ([1, 2, np.inf, 4], "Input y contains infinity.* in row 2"),
        (list("abcd"), "y is not numeric: .* Encode it first"),
        (pd.date_range("2020", periods=4), "y is not numeric: .*datetime64"),
        (np.ones(4) * 1j, "Complex data not supported"),
        (
            np.zeros((4, 2, 1)),
            r"y has shape \(4, 2, 1\): expected .* \(n_samples, 3, n_",
        ),
        (np.zeros((4, 3, 1, 1)), r"y has shape \(4, 3, 1, 1\)"),
    ],
)
def test_what_is_no_target(y, message):
    with pytest.raises(ValueError, match=message):
        check_targets(y, WINDOWS)


def test_padding_at_the_end_is_told():
    windows = WINDOWS.copy()
    windows[2, 1:] = np.nan
    with pytest.raises(ValueError, match=r"at window 2, time step 1, .*If the"):
        check_windows(windows)
    windows[2, 2] = 0.0
    with pytest.raises(ValueError, match=r"interpolate\.$"):
        check_windows(windows)


def test_targets_of_steps_take_three_dimensions():
    """Padded ones are NaN: nobody forecasts NaN."""
    windows = WINDOWS.copy()
    windows[1, :2] = np.nan
    y = windows[:, :, 0].copy()
    with pytest.raises(ValueError, match=r"NaN where X is padded, .*y\[:, :, None\]"):
        check_targets(y, windows)
    assert check_targets(y[:, :, None], windows).shape == (4, 3, 1)
    y[2, 0] = np.nan
    with pytest.raises(ValueError, match="The first is in row 1"):
        check_targets(y, windows)


def test_targets_take_the_dtype_of_the_windows():
    assert check_targets([1, 2, 3, 4], WINDOWS.astype("f4")).dtype == np.float32
    assert check_targets([True] * 4, WINDOWS).dtype == np.float64
    assert check_targets(np.array([1, 2, 3, 4], object), WINDOWS).dtype == np.float64
    y = np.zeros((4, 2))
    assert check_targets(y, WINDOWS) is y


def test_targets_too_large_for_the_windows():
    with pytest.raises(ValueError, match=r"too large for dtype\('float32'\)"):
        check_targets([1, 2, 3, 1e200], WINDOWS.astype("f4"))


def test_targets_of_padded_steps_do_not_matter():
    windows, y = WINDOWS.copy(), np.zeros((4, 3, 1))
    windows[0, :2] = y[0, :2] = np.nan
    check_targets(y, windows)
    y[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"Input y contains NaN.* in row 1"):
        check_targets(y, windows)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 1, 1], r"sample_weight.shape == \(3,\), expected \(4,\)"),
        ([1, 1, 1, -1], "sample_weight must contain .* no negative numbers"),
        ([0, 0, 0, 0], "(?i)sample.weights? must contain at least one non-zero"),
        ([1, 1, 1, np.nan], "sample_weight contains NaN"),
    ],
)
def test_bad_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        check_weights(weight, WINDOWS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", ["largest", "smallest"])
def test_only_the_ratios_of_weights_count(dtype, size):
    """Also of those whose sum is infinite, or that float32 has not."""
    unit = np.finfo(float).max / 4 if size == "largest" else np.finfo(float).tiny
    weights = np.array([1.0, 2.0, 0.0, 4.0])
    found = check_weights(weights * unit, WINDOWS.astype(dtype))
    np.testing.assert_array_equal(found, (weights / 4).astype(dtype), strict=True)
    model = GRURegressor(hidden_size=2, max_epochs=1, random_state=0)
    windows, y = WINDOWS.astype(dtype), np.arange(4.0)
    given = model.fit(windows, y, sample_weight=weights * unit).predict(windows)
    expected = model.fit(windows, y, sample_weight=weights).predict(windows)
    np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize("dtype", ["datetime64[D]", "timedelta64[h]"])
def test_an_array_of_dates(dtype):
    """Which numpy would take for numbers."""
    dates = np.arange(12).reshape(6, 2).astype(dtype)
    for check in (check_series, check_windows):
        with pytest.raises(ValueError, match=f"X has dtype {dtype[:4]}.* not numeric"):
            check(dates)


@pytest.mark.parametrize("target", [2, -1, [0, 2], "rail", 0.0, None, True])
def test_a_target_that_is_no_column(target):
    with pytest.raises(
        ValueError, match="is not a column of X, which has 2 columns: give"
    ):
        check_target_columns(target, 2, 4)


def test_a_target_that_is_named_twice():
    """Iterated, its forecasts would count as those of two columns."""
    windows, y = np.zeros((9, 3, 2)), np.zeros((9, 2))
    for strategy in ("direct", "iterated"):
        model = GRURegressor(target=[1, 1], strategy=strategy)
        with pytest.raises(ValueError, match=r"target=\[1, 1\] names a column twice"):
            model.fit(windows, y)


def test_target_columns():
    assert check_target_columns(1, 2, 5).tolist() == [1]
    assert check_target_columns([1, 0], 2, 4).tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"5 columns, which can't .* 2 targets"):
        check_target_columns([0, 1], 2, 5)


@pytest.mark.parametrize("device", ["cuda:99", "fpga", "mtia"])
def test_a_device_that_there_is_none_of(device):
    """Whether or not torch was built for its kind."""
    match = f"device is '{device}', but torch finds no such device here: use 'cpu'"
    with pytest.raises(ValueError, match=match):
        GRURegressor(device=device).fit(np.zeros((4, 3, 1)), np.arange(4.0))


@pytest.mark.parametrize("dtype", [None, object])
@pytest.mark.parametrize(
    ("values", "advice"),
    [
        (["12,5", "1,0", None], r"pandas.to_numeric.*decimal=','"),
        (["2.5", "1.0", "n/a"], "pandas.to_numeric"),
        (["31.12.2024", "01.01.2025", None], r"set_index\('c'\)"),
        (pd.date_range("2024", periods=3), r"set_index\('c'\)"),
        (["a", "b", None], "encode it first"),
    ],
)
def test_advice_fits_a_column_that_is_not_numeric(values, advice, dtype):
    frame = pd.DataFrame({"y": 1.0, "c": pd.Series(values, dtype=dtype)})
    with pytest.raises(ValueError, match=f"'c' has dtype .*{advice}"):
        check_series(frame)
    with pytest.raises(ValueError, match=f"'c' has dtype .*{advice}"):
        in_order(frame, "y")


@pytest.mark.parametrize(
    "use",
    [
        SlidingWindow(3).fit,
        Differencer().fit,
        horizon_targets,
        lambda values: pad_sequences([values]),
        lambda values: NaiveRegressor().fit(values, np.ones(4)),
        lambda values: GRURegressor(max_epochs=1).fit(values, np.ones(4)),
        lambda values: GRURegressor(max_epochs=1).fit(np.ones((4, 2)), values[:, 0]),
        lambda values: GRUClassifier(max_epochs=1).fit(np.ones((4, 2)), values[:, 0]),
    ],
)
def test_masked_values_are_no_values(use):
    values = np.arange(8.0).reshape(4, 2)
    use(np.ma.array(values, mask=False))
    with pytest.raises(ValueError, match=r"masked values.*filled\(numpy.nan\)"):
        use(np.ma.masked_equal(values, 4))
