"""TokenVectorizer: from texts to windows of integer tokens."""

from collections import Counter
from numbers import Integral

import numpy as np
from pandas.api.types import is_list_like
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..windows import pad_sequences
from .own_output import OwnOutput


class TokenVectorizer(OwnOutput, TransformerMixin, BaseEstimator):
    r"""Turn texts into windows of integer tokens, which estimators embed.

    The counterpart of scikit-learn's :class:`CountVectorizer` for networks that read
    the tokens in order. The most common token is 0. All tokens outside the vocabulary
    share one extra number, the largest. Estimators with ``embedding_size`` embed it as
    zero if they have not seen it in ``fit``.

    Parameters
    ----------
    analyzer : {"word", "char"} or callable, default="word"
        What to take as tokens; a callable maps a text to its tokens. With "char", each
        character is a token, also white space: unlike in scikit-learn, runs of it are
        kept, so that a label for each character stays at its place.
    lowercase : bool, default=True
        Whether to ignore case.
    token_pattern : str, default=r"(?u)\w+"
        Regular expression of a word.
    max_features : int, default=None
        Keep this many of the most common tokens; None keeps all.
    length : int, default=None
        Number of tokens in a window; None takes that of the longest text in ``fit``.
        Shorter texts are padded at the start; of longer ones, the last tokens are kept.
        Training takes time for padded steps too, so a few very long texts make it slow.
    dtype : {np.float32, np.float64}, default=np.float32
        Type of the windows, in which a network then computes.

    Attributes
    ----------
    vocabulary_ : dict
        The number of each token.
    length_ : int
        Number of tokens in a window.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseq import LSTMClassifier, TokenVectorizer
    >>> texts = ["good, very good", "very bad", "good", "so bad", "bad"]
    >>> TokenVectorizer().fit_transform(texts)[:2, :, 0]
    array([[ 1.,  2.,  1.],
           [nan,  2.,  0.]], dtype=float32)
    >>> sentiment = make_pipeline(
    ...     TokenVectorizer(), LSTMClassifier(embedding_size=16, random_state=0)
    ... )
    >>> sentiment.fit(texts, ["+", "-", "+", "-", "-"]).predict(["quite good"])
    array(['+'], dtype='<U1')
    """

    def __init__(
        self,
        *,
        analyzer="word",
        lowercase=True,
        token_pattern=r"(?u)\w+",
        max_features=None,
        length=None,
        dtype=np.float32,
    ):
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.max_features = max_features
        self.length = length
        self.dtype = dtype

    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : sequence of str
            Texts.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is a single text, or contains no token.
        TypeError
            If X holds something else than texts, such as None.
        """
        for name in ("max_features", "length"):
            if getattr(self, name) is not None:
                check_scalar(getattr(self, name), name, Integral, min_val=1)
        texts = self._tokens(X)
        counts = Counter(token for tokens in texts for token in tokens)
        if not counts:
            raise ValueError(
                "X holds no tokens: the texts are empty, or token_pattern matches "
                "none of their words."
            )
        # The most common first; alphabetical if equally common.
        ordered = sorted(counts, key=lambda token: (-counts[token], token))
        self.vocabulary_ = {
            token: number for number, token in enumerate(ordered[: self.max_features])
        }
        self.length_ = self.length or max(map(len, texts))
        return self

    def transform(self, X):
        """Replace tokens with their numbers.

        Parameters
        ----------
        X : sequence of str
            Texts.

        Returns
        -------
        ndarray of shape (n_samples, length, 1)
            Rows of NaN at the start are padding.
        """
        check_is_fitted(self)
        unknown = len(self.vocabulary_)
        numbers = [
            [self.vocabulary_.get(token, unknown) for token in tokens]
            for tokens in self._tokens(X)
        ]
        return pad_sequences(numbers, self.length_, self.dtype)

    def _tokens(self, texts):
        if isinstance(texts, str):
            raise ValueError(f"X is a single text, {texts!r}: put it in a list.")
        shape = getattr(texts, "shape", (1,))  # not all tables have ``ndim``
        if len(shape) != 1:
            raise ValueError(
                f"X has shape {shape}: give the texts alone, such as one column "
                "of the table."
            )
        texts = list(texts)
        for row, text in enumerate(texts):
            if not callable(self.analyzer) and not isinstance(text, (str, bytes)):
                advice = (
                    "set analyzer=list if it holds the tokens of one"
                    if is_list_like(text)
                    else "drop that row, or put '' if the text is missing "
                    "(Series.fillna(''))"
                )
                raise TypeError(
                    f"X holds {text!r} at row {row}, which is not a text: {advice}."
                )
        analyzer = self.analyzer
        if analyzer == "char":  # CountVectorizer would merge runs of white space
            analyzer = _lower_characters if self.lowercase else list
        analyze = CountVectorizer(
            analyzer=analyzer,
            lowercase=self.lowercase,
            token_pattern=self.token_pattern,
        ).build_analyzer()
        return [analyze(text) for text in texts]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _lower_characters(text):
    """Split a text into lower-case characters: one for each, also where "İ" has two."""
    return [character.lower() for character in text]
