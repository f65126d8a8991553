"""Nine speakers, to be recognised by two vowels."""

import numpy as np
from sklearn.utils import Bunch

from ..extras import import_extra
from ..windows import pad_sequences

SPLITS = {"train": 270, "test": 370}

DESCR = """\
Japanese vowels
---------------
Nine male speakers say two Japanese vowels: 270 utterances to train on, 370 to test on,
each of 7 to 29 steps of 12 cepstrum coefficients. Who is speaking?

From the UCI and UEA archives, inside sktime. M. Kudo, J. Toyama and M. Shimbo,
"Multidimensional curve classification using passing-through regions", Pattern
Recognition Letters 20, 1999. CC BY 4.0.
"""


def load_japanese_vowels(*, split="train", return_X_y=False):
    """Load utterances of nine speakers: sequences of different lengths, to classify.

    The data are part of sktime; nothing is downloaded.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        With

        - data : ndarray of shape (270 or 370, 29, 12): cepstrum coefficients of each
          step; shorter utterances begin with rows of NaN, as `pad_sequences` adds them.
        - target : ndarray of shape (270 or 370,): the speaker, "1" to "9".
        - feature_names, target_names : list of str
        - DESCR : str: what the data are, and where they come from.

    (data, target) : tuple if ``return_X_y=True``

    Raises
    ------
    ImportError
        If sktime is not installed: it comes with the extra ``skseq[sktime]``.
    ValueError
        If ``split`` is neither "train" nor "test".

    Examples
    --------
    >>> from skseq.datasets import load_japanese_vowels
    >>> X, y = load_japanese_vowels(return_X_y=True)
    >>> X.shape, y[:3]
    ((270, 29, 12), array(['1', '1', '1'], dtype='<U1'))
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {sorted(SPLITS)}, got {split!r}.")
    needs = "This data set comes with sktime"
    datasets = import_extra("sktime.datasets", "sktime", needs)
    nested, y = datasets.load_japanese_vowels(split=split, return_X_y=True)
    X, y = pad_sequences(nested, length=29), np.asarray(y, dtype=str)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        feature_names=[f"coefficient {k}" for k in range(1, 13)],
        target_names=sorted(set(y)),
        DESCR=DESCR,
    )
