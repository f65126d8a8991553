"""Texts to tokens, and tokens to labels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from skseq import (
    EncoderDecoderClassifier,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    TokenVectorizer,
)

# scikit-learn tests no estimator that takes texts (its own CountVectorizer neither):
# all of its checks that fit do so on tables of numbers. These are the ones that
# don't fit, or fit nothing but what they are given.
CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sklearn_checks(check):
    check("TokenVectorizer", TokenVectorizer())


def test_a_table_of_texts_is_refused():
    """Its column names would be taken for the texts."""
    table = pd.DataFrame({"review": ["good", "bad"]})
    for texts in (table, table.to_numpy()):
        with pytest.raises(ValueError, match=r"X has shape \(2, 1\).*one column"):
            TokenVectorizer().fit(texts)
    assert TokenVectorizer().fit_transform(table["review"]).shape == (2, 1, 1)


def test_a_table_of_another_library_is_refused():
    """It has a shape, but no number of dimensions."""
    table = pytest.importorskip("pyarrow").table({"text": ["a b", "c"]})
    with pytest.raises(ValueError, match=r"X has shape \(2, 1\).*one column"):
        TokenVectorizer().fit(table)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, 3])
def test_what_is_not_a_text_is_named_with_its_row(missing):
    vectorizer = TokenVectorizer().fit(["good", b"bad"])
    for call in (vectorizer.transform, TokenVectorizer().fit):
        with pytest.raises(TypeError, match=r"at row 1, which is not a text: .*put ''"):
            call(pd.Series(["good", missing], dtype=object))


def test_lists_of_tokens():
    texts = [["New York", "is"], ["big"]]
    with pytest.raises(TypeError, match=r"at row 0, .*: set analyzer=list if it holds"):
        TokenVectorizer().fit(texts)
    lists = TokenVectorizer(analyzer=list).fit(texts)  # a callable takes any
    assert lists.length_ == 2
    assert set(lists.vocabulary_) == {"New York", "is", "big"}
    assert TokenVectorizer(analyzer=list).fit([[1, 2], [1]]).length_ == 2


def test_set_output_of_a_pipeline_leaves_windows_as_they_are():
    pipe = make_pipeline(TokenVectorizer()).set_output(transform="pandas")
    assert pipe.fit_transform(["good"]).shape == (1, 1, 1)


def test_tags_are_those_of_count_vectorizer():
    ours, theirs = TokenVectorizer(), CountVectorizer()
    tags = ours.__sklearn_tags__().input_tags
    assert tags == theirs.__sklearn_tags__().input_tags


@pytest.mark.parametrize("analyzer", ["word", "char"])
@given(texts=st.lists(st.text("ab cD", max_size=8), min_size=1, max_size=6))
def test_counts_are_those_of_count_vectorizer(analyzer, texts):
    """Order apart, both say the same."""
    pattern = {"token_pattern": r"(?u)\w+"} if analyzer == "word" else {}
    if analyzer == "char":  # theirs merges runs of white space
        texts = [" ".join(text.split()) for text in texts]
    if not any(map(str.strip if analyzer == "word" else str, texts)):
        with pytest.raises(ValueError, match="no tokens"):
            TokenVectorizer(analyzer=analyzer).fit(texts)
        return
    ours = TokenVectorizer(analyzer=analyzer)
    windows = ours.fit_transform(texts)
    theirs = CountVectorizer(analyzer=analyzer, **pattern)
    counts = theirs.fit_transform(texts).toarray()
    assert set(ours.vocabulary_) == set(theirs.vocabulary_)
    for token, number in ours.vocabulary_.items():
        expected = counts[:, theirs.vocabulary_[token]]
        np.testing.assert_array_equal((windows == number).sum(axis=(1, 2)), expected)
    # The commonest first.
    numbers = [theirs.vocabulary_[token] for token in ours.vocabulary_]
    assert (np.diff(counts.sum(axis=0)[numbers]) <= 0).all()


@given(texts=st.lists(st.text("abcd", max_size=5), min_size=2, max_size=6))
def test_tokens_keep_their_order_behind_the_padding(texts):
    texts = [*texts, "abcd"]
    model = TokenVectorizer(analyzer="char")
    windows = model.fit_transform(texts)
    assert windows.shape == (len(texts), max(map(len, texts)), 1)
    characters = {number: token for token, number in model.vocabulary_.items()}
    for text, window in zip(texts, windows[:, :, 0], strict=True):
        n_padding = len(window) - len(text)
        assert np.isnan(window[:n_padding]).all()
        assert "".join(characters[n] for n in window[n_padding:]) == text


@given(
    texts=st.lists(st.text() | st.text("aB \n\tİ"), min_size=1, max_size=5),
    lowercase=st.booleans(),
)
def test_each_character_is_one_token(texts, lowercase):
    """Also each of a run of white space."""
    texts = [*texts, "a  b\n \n"]
    model = TokenVectorizer(analyzer="char", lowercase=lowercase)
    windows = model.fit_transform(texts)
    n_tokens = (~np.isnan(windows[:, :, 0])).sum(axis=1)
    assert n_tokens.tolist() == [len(text) for text in texts]
    tokens = {number: token for token, number in model.vocabulary_.items()}
    assert [tokens[n] for n in windows[-1, -7:, 0]] == list("a  b\n \n")


def test_bytes_are_decoded_before_they_are_characters():
    texts = ["Ä  b", "Ä  b".encode()]
    first, second = TokenVectorizer(analyzer="char").fit_transform(texts)
    np.testing.assert_array_equal(first, second)


def test_unknown_tokens_are_one_more():
    model = TokenVectorizer(max_features=2).fit(["a a a b b c", "a b d"])
    assert model.vocabulary_ == {"a": 0, "b": 1}
    np.testing.assert_array_equal(
        model.transform(["b c a", "x"])[:, -3:, 0], [[1, 2, 0], [np.nan, np.nan, 2]]
    )


def test_longer_texts_keep_their_end():
    model = TokenVectorizer(length=2, analyzer=str.split, dtype=np.float64)
    windows = model.fit(["A b", "c"]).transform(["c b A", ""])
    np.testing.assert_array_equal(windows[:, :, 0], [[1, 0], [np.nan, np.nan]])
    assert windows.dtype == np.float64


def test_one_text_is_no_list_of_texts():
    with pytest.raises(ValueError, match="put it in a list"):
        TokenVectorizer().fit("one text")
    with pytest.raises(ValueError, match="length == 0"):
        TokenVectorizer(length=0).fit(["one text"])


def sentences(n_samples, seed):
    """Praise or blame, where "not" turns it into the opposite."""
    rng = np.random.default_rng(seed)
    things = ["the film", "this book", "that meal", "the actor", "our room"]
    verbs = ["was", "is", "seemed", "felt"]
    words = [["bad", "dull", "awful", "poor"], ["good", "fine", "great", "lovely"]]
    turned, praised = rng.integers(2, size=(2, n_samples))
    texts = [
        f"{rng.choice(things)} {rng.choice(verbs)} "
        f"{'not ' * n}{rng.choice(['', 'really '])}{rng.choice(words[p])}"
        for n, p in zip(turned, praised, strict=True)
    ]
    return texts, np.where(turned ^ praised, "praise", "blame")


@pytest.mark.parametrize(
    "cls", [EncoderDecoderClassifier, GRUClassifier, LSTMClassifier]
)
def test_sentiment(cls):
    """Words in their order: counting them can't tell."""
    texts, y = sentences(300, seed=0)
    unseen, expected = sentences(100, seed=1)
    network = cls(embedding_size=8, hidden_size=16, learning_rate=0.02, random_state=0)
    model = make_pipeline(TokenVectorizer(), network.set_params(max_epochs=15))
    model.fit(texts, y)
    assert model.score(unseen, expected) > 0.97
    # A word that was never seen is passed over.
    strange = [text.replace("the film", "the zeppelin") for text in unseen]
    assert model.score(strange, expected) > 0.9


@pytest.mark.parametrize("vocabulary_size", [None, 9])
@pytest.mark.parametrize("when", ["fit", "predict"])
def test_numbers_that_are_no_tokens_are_refused(when, vocabulary_size):
    tokens = np.random.default_rng(0).integers(0, 9, size=(60, 8))
    y = tokens.mean(axis=1)
    model = GRURegressor(
        embedding_size=2,
        vocabulary_size=vocabulary_size,
        hidden_size=2,
        max_epochs=1,
    )
    model.fit(tokens, y)
    broken = tokens * 0 + 0.25
    with pytest.raises(ValueError, match=r"0\.25, which is not a token"):
        model.fit(broken, y) if when == "fit" else model.predict(broken)
    model.fit(tokens, y)
    model.predict(tokens - 5)  # unknown ones
