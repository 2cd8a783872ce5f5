"""Clusters: cards, one group open, the verdict, asking for others, and a job whose result is then looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from embedding_core import derived
from embedding_core.naming import ClusterNames
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, groups, membership
from tests.pages import small


def grouped(workspace: Workspace, k: int = 3) -> tuple[Dataset, derived.ClusterResult]:
    known = {one.name for one in workspace.datasets()}
    dataset = workspace.dataset("birds") if "birds" in known else small.birds(workspace, count=24)
    return dataset, derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=k)


def test_a_card_for_each_group_with_its_name_share_and_faces(served: tuple[Workspace, small.Remembering]) -> None:
    _, found = grouped(served[0])
    app = small.open_page("clusters.py", dataset="birds")
    cards = small.cards(app)
    assert list(cards) == [0, 1, 2]
    for number, size in enumerate(found.clustering.sizes):
        card = cards[number]
        assert card["name"] == found.names.names[number]
        assert card["said"].startswith(f"{size} images · {size / 24:.0%} of all · ")
        assert [face["id"] for face in card["faces"]] == found.ids[list(found.clustering.exemplars[number])].tolist()
    assert [one.label for one in app.metric] == ["Groups", "Silhouette", "Noise", "NMI with labels", "Purity"]
    assert app.metric[0].value == "3"


def test_noise_has_a_card_too(served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = grouped(served[0])
    labels = found.clustering.labels.copy()
    labels[[0, 1]] = -1
    noisy = replace(found, clustering=replace(found.clustering, labels=labels))
    monkeypatch.setattr(cached, "read_clusters", lambda dataset, fingerprint, seen=None: noisy)
    card = small.cards(small.open_page("clusters.py", dataset="birds"))[-1]
    assert (card["name"], card["said"]) == ("In no group", "2 images · 8% of all")
    assert {face["id"] for face in card["faces"]} == set(found.ids[:2].tolist())


def test_many_cards_come_in_pages(served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch) -> None:
    grouped(served[0])
    monkeypatch.setattr(groups, "A_PAGE", 2)
    assert list(small.cards(small.open_page("clusters.py", dataset="birds"))) == [0, 1]
    assert list(small.cards(small.open_page("clusters.py", dataset="birds", clusters_page="2"))) == [2]


def test_a_group_opens_is_selected_and_closes(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    _, found = grouped(workspace)
    app = small.open_page("clusters.py", dataset="birds", group="1")
    assert not small.cards(app), "it is alone"
    app.button(key="clusters_select_one").click().run()
    hash_ = app.query_params["selection"]
    kept = workspace.selections.get(hash_ if isinstance(hash_, str) else hash_[0])
    assert kept is not None
    assert sorted(kept.ids.tolist()) == sorted(found.ids[found.clustering.labels == 1].tolist())
    app.button(key="clusters_back").click().run()
    assert "group" not in app.query_params
    assert list(small.cards(app)) == [0, 1, 2]


@pytest.mark.parametrize("group", ["99", "x", "-2", "²"])
def test_a_link_to_a_group_that_is_not_there_shows_all(served: tuple[Workspace, small.Remembering], group: str) -> None:
    grouped(served[0])
    app = small.open_page("clusters.py", dataset="birds", group=group)
    assert list(small.cards(app)) == [0, 1, 2]


def test_names_of_groups_are_text(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset = small.birds(workspace, count=24)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=["**bold** <b>x</b>"] * 24)
    derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=2)
    card = small.cards(small.open_page("clusters.py", dataset="birds"))[0]
    assert card["name"] == "**bold** <b>x</b>", "a card shows text as it is"
    assert card["said"].endswith("100% **bold** <b>x</b>")
    shown = small.texts(small.open_page("clusters.py", dataset="birds", group="0"))
    assert "**bold**" not in shown
    assert shown.count(r"\*\*bold\*\*") == 2, "the name and the line below it"


def test_names_from_the_encoders_categories_say_so(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = grouped(served[0])
    said = "named by the encoder’s categories"
    assert said not in small.texts(small.open_page("clusters.py", dataset="birds"))
    names = ClusterNames(("rocking chair", "cradle", "Cluster 3"), (0.4, 0.2, None), "categories")
    monkeypatch.setattr(cached, "read_clusters", lambda dataset, fingerprint, seen=None: replace(found, names=names))
    assert said in small.texts(small.open_page("clusters.py", dataset="birds"))
    assert said in small.texts(small.open_page("clusters.py", dataset="birds", group="0"))


def test_asking_is_a_job_and_its_groups_are_shown_when_done(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    grouped(workspace)
    app = small.open_page("clusters.py", dataset="birds")
    app.number_input(key="clusters_k").set_value(4).run()
    app.button(key="clusters_find").click().run()
    (job,) = runner.list()
    assert (job.kind, job.parameters["method"], job.parameters["k"]) == ("clusters", "kmeans", 4)
    assert app.metric[0].value == "3"  # those before stay meanwhile
    _, found = grouped(workspace, k=4)
    runner.becomes(job.id, state="done", result={"fingerprint": found.fingerprint})
    app.run()
    assert app.metric[0].value == "4"
    assert "groups_job" not in app.query_params


def test_switching_between_stored_groupings(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    _, older = grouped(workspace, k=2)
    _, newer = grouped(workspace, k=3)
    app = small.open_page("clusters.py", dataset="birds")
    assert app.metric[0].value == "3"
    picker = app.selectbox(key=f"clusters_stored_{newer.fingerprint[:12]}")
    picker.set_value(older.fingerprint[:12]).run()
    assert app.metric[0].value == "2"


def test_without_groups_they_can_be_asked_for(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    small.birds(workspace)
    app = small.open_page("clusters.py", dataset="birds")
    assert "No groups yet" in small.texts(app)
    app.button(key="clusters_first").click().run()
    assert [job.kind for job in runner.list()] == ["clusters"]
    assert "Groups are on their way" in small.texts(app)


def test_groups_against_labels_count_every_image_once(served: tuple[Workspace, small.Remembering]) -> None:
    dataset, found = grouped(served[0])
    counts, labels = membership.crossing(found, cached.columns(dataset))
    assert sorted(labels) == ["a", "b"]
    assert counts.sum() == 24
    assert counts.sum(axis=1).tolist() == list(found.clustering.sizes)
