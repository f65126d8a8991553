"""Fits that continue where the previous one ended."""

from contextlib import contextmanager

from ..networks import Embed


def trained_nets(estimator):
    """Return the nets of the previous fit, one for each member, to continue with.

    Raises ValueError if the number of members or of tokens has changed.
    """
    _check_tokens(estimator)
    nets = estimator.nets_
    if len(nets) != estimator.n_members:
        raise ValueError(
            f"n_members={estimator.n_members}, but the last fit trained {len(nets)}: "
            "give the same number, or set warm_start=False."
        )
    return nets


def go_on(module, trained):
    """Give a module the weights of a trained one."""
    try:
        module.load_state_dict(trained.state_dict())
    except RuntimeError as error:
        raise ValueError(
            "warm_start=True continues to train the networks of the last fit, whose "
            "targets or parameters had other shapes: give the same, or set "
            f"warm_start=False. {error}"
        ) from None


@contextmanager
def unchanged_by_errors(estimator):
    """Restore the attributes of an estimator if the code inside raises an error.

    The networks of the previous fit still need the scales that they were trained with.
    """
    known = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(known)
        raise


def _check_tokens(estimator):
    embeds = isinstance(estimator.net_.module_.inputs, Embed)
    known = estimator.vocabulary_size_ if embeds else None
    size = estimator.vocabulary_size if embeds else None
    if embeds != (estimator.embedding_size is not None) or size not in (None, known):
        raise ValueError(
            f"embedding_size={estimator.embedding_size} and "
            f"vocabulary_size={estimator.vocabulary_size}, but the last fit "
            f"{f'embedded {known} tokens' if embeds else 'had no tokens'}: give the "
            "same parameters, or set warm_start=False."
        )
