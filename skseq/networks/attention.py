"""Attention: which steps of a sequence matter to a query."""

import torch
from torch import nn

from .padding import observed


class Attention(nn.Module):
    """Luong's attention, with the score called "general".

    Parameters
    ----------
    query_size, state_size : int

    References
    ----------
    .. [1] M.-T. Luong et al., "Effective approaches to attention-based neural machine
       translation", EMNLP 2015.
    """

    def __init__(self, query_size, state_size):
        super().__init__()
        self.to_state = nn.Linear(query_size, state_size, bias=False)
        nn.init.xavier_uniform_(self.to_state.weight)

    def forward(self, query, states, n_padding):
        """Return the weighted mean of the states (batch, state_size), and the weights.

        query : (batch, query_size)
        states : (batch, length, state_size)
        weights : (batch, length), zero where padded, which sum to one
        """
        scores = (states @ self.to_state(query).unsqueeze(-1)).squeeze(-1)
        if n_padding is not None:
            # Finite, since a window may be all padding.
            lowest = torch.finfo(scores.dtype).min
            scores = scores.masked_fill(
                ~observed(states, n_padding).squeeze(-1), lowest
            )
        weights = scores.softmax(dim=-1)
        return (weights.unsqueeze(1) @ states).squeeze(1), weights
