"""The images that choose the best epoch: of every class, a seventh, and no group among them."""

from __future__ import annotations

import numpy as np

from embedding_core.train.finetune.choosing import choosing


def test_a_large_group_does_not_choose() -> None:
    codes = np.arange(350) % 5
    groups = np.full(350, -1)
    groups[:40] = 0
    chosen = choosing(codes, groups)
    assert not chosen[:40].any()
    assert abs(int(chosen.sum()) - 310 / 7) <= 5
    assert (np.bincount(codes[chosen], minlength=5) > 5).all()


def test_where_all_are_in_groups_none_is_parted() -> None:
    groups = np.arange(210) // 2
    chosen = choosing(np.arange(210) // 2 % 3, groups)
    assert 15 < chosen.sum() < 45
    for group in range(105):
        assert len(np.unique(chosen[groups == group])) == 1


def test_where_there_are_few_groups_one_of_them_chooses() -> None:
    for count in (2, 3, 4):
        groups = np.arange(150) // (150 // count)
        chosen = choosing(np.arange(150) % 3, groups.clip(max=count - 1))
        assert 0 < chosen.sum() < 150


def test_one_group_alone_chooses_nothing() -> None:
    assert not choosing(np.arange(60) % 3, np.zeros(60, int)).any()
