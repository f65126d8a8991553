"""What a loader returns."""

from sklearn.utils import Bunch


def series_bunch(frame, target, descr, *, return_X_y, as_frame):
    """Split a table into data and target, as scikit-learn's loaders do."""
    data, y = frame.drop(columns=target), frame[target]
    feature_names = list(data.columns)
    if not as_frame:
        data, y, frame = data.to_numpy(), y.to_numpy(), None
    if return_X_y:
        return data, y
    return Bunch(
        data=data,
        target=y,
        frame=frame,
        feature_names=feature_names,
        target_names=[target],
        DESCR=descr,
    )
