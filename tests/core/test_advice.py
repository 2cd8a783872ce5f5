"""The closed loop: what is tried, in which order it is proposed, that what judges has no say, and doing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.derived import advising, cleaning, scouting, trialling
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.advice import Advice, Proposal, ranked
from embedding_core.evaluate.holding import Held
from embedding_core.records import LOCAL, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Embedding, Workspace
from tests.core import emojis
from tests.core.test_cli import run

ENCODER = "efficientnet-lite0"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long is tried on few images."""
    monkeypatch.setattr(scouting, "SAMPLE", 100)
    monkeypatch.setattr(scouting, "SEEDS", 2)
    monkeypatch.setattr(trialling, "TRAINED", 150)
    monkeypatch.setattr(trialling, "JUDGED", 40)
    monkeypatch.setattr(trialling, "_SHORT", {"epochs": 1, "minutes": 0.2, "views": 1, "size": 0.5})


@pytest.fixture
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Dataset]:
    workspace = emojis.workspace(tmp_path_factory)
    return workspace, workspace.dataset(emojis.NAME)


def parted(workspace: Workspace, dataset: Dataset, encoder: str = ENCODER) -> tuple[Embedding, derived.Labelled, Held]:
    """An embedding, its images with their labels, and what of them trains and judges."""
    embedding = dataset.embedding(encoder)
    known = derived.labelled(workspace, dataset, [embedding])
    return embedding, known, derived.held_out(workspace, dataset, known)


def proposal(title: str, gain: float | None, low: float | None, high: float | None, seconds: float = 0) -> Proposal:
    return Proposal("clean", title, title, "", gain, low, high, 0, seconds)


def advice(*proposals: Proposal) -> Advice:
    return Advice(0.8, (0.7, 0.9), 100, 200, ranked(proposals), "m")


def test_what_can_be_told_from_nothing_comes_first_and_harm_last() -> None:
    harm = proposal("harm", -0.05, -0.09, -0.01)
    unclear = proposal("unclear", 0.06, -0.01, 0.13)
    small = proposal("small", 0.01, 0.004, 0.02)
    large = proposal("large", 0.03, 0.01, 0.05)
    dear = proposal("dear", 0.03, 0.01, 0.05, 60)
    unknown = proposal("unknown", None, None, None)
    given = [harm, unknown, unclear, small, dear, large]
    assert [one.title for one in ranked(given)] == ["large", "dear", "small", "unclear", "unknown", "harm"]
    assert advice(*given).best == large
    assert advice(*given).said == "large: +3.0 points (1.0 to 5.0) to be expected."


def test_without_a_gain_the_sentence_says_so() -> None:
    assert advice(proposal("a", 0.02, -0.01, 0.05)).said.startswith("No step has shown a gain that can be told")
    assert advice(proposal("a", -0.02, -0.05, 0.01)).said.startswith("Nothing that was tried here")
    assert advice(proposal("tiny", 0.001, 0.0005, 0.0015)).best is None


def test_advice_comes_back_from_what_is_kept() -> None:
    given = advice(proposal("a", 0.02, 0.01, 0.05), proposal("b", None, None, None))
    again = Advice.restored(given.arrays(), given.facts())
    assert again.facts() == given.facts()
    assert again.proposals == given.proposals


def test_nothing_that_judges_is_cleaned_or_looked_at(
    sample: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = sample
    embedding, known, held = parted(workspace, dataset)
    found = cleaning.suspects(workspace, dataset, embedding, known, held.train)
    aside = set(known.ids[held.test].tolist())
    assert found["labels"].size
    assert not any(aside & set(ids.tolist()) for ids in found.values())

    # Whatever the test part is called: what is tried comes out the same.
    proposals = derived.advise(workspace, dataset, embedding, LOCAL).found.proposals
    wrong = known.codes.copy()
    wrong[held.test] = np.random.default_rng(0).integers(0, len(known.classes), len(held.test))
    monkeypatch.setattr(advising, "labelled", lambda *_, **__: replace(known, codes=wrong))
    monkeypatch.setattr(advising, "held_out", lambda *_: held)
    dataset.tag("anything", [int(known.ids[0])])  # so that it is worked out anew
    again = derived.advise(workspace, dataset, embedding, LOCAL).found.proposals
    timeless = [[replace(one, machine_seconds=0.0) for one in some] for some in (again, proposals)]
    assert timeless[0] == timeless[1]


def test_labels_that_judge_do_not_choose_what_is_left_out_on_trial(
    sample: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = sample
    embedding, known, held = parted(workspace, dataset)
    seen = []

    def repaired(
        ids: object, vectors: object, codes: object, train: object, test: np.ndarray, *rest: object, **_: object
    ) -> None:
        seen.append((test, [step.weights for step in rest[1]]))
        raise InvalidInput("enough")

    monkeypatch.setattr(cleaning, "repair", repaired)
    found = cleaning.suspects(workspace, dataset, embedding, known, held.train, steps=[cleaning.REMOVAL])
    with pytest.raises(InvalidInput, match="enough"):
        cleaning.tried(embedding, known, held, found)
    judges = seen[0][0]
    inner = cleaning.hold_out(
        np.where(np.isin(np.arange(len(known.codes)), held.train), known.codes, -1),
        [None] * len(known.codes),
        groups=known.groups,
    )
    monkeypatch.setattr(cleaning, "hold_out", lambda *_, **__: inner)  # whatever its labels are, the same images judge
    wrong = known.codes.copy()
    wrong[judges] = np.random.default_rng(0).permutation(wrong[judges])
    with pytest.raises(InvalidInput, match="enough"):
        cleaning.tried(embedding, replace(known, codes=wrong), held, found)
    assert (seen[0][1][0] == 0).any(), "some labels are suspected"
    np.testing.assert_array_equal(seen[0][1][0], seen[1][1][0])


def test_every_kind_of_step_is_tried(sample: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = sample
    found = derived.advise(workspace, dataset, dataset.embedding(ENCODER), LOCAL).found
    assert {one.kind for one in found.proposals} == {"clean", "label", "encoder", "finetune"}
    assert all(one.low <= one.gain <= one.high for one in found.proposals)
    labels = next(one for one in found.proposals if one.kind == "label")
    assert labels.gain > 0
    assert labels.people_seconds == 3 * labels.images > 0
    assert next(one for one in found.proposals if one.kind == "finetune").machine_seconds > 10


def test_nothing_is_tried_on_an_encoder_that_has_seen_the_answers(
    sample: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = sample
    monkeypatch.setattr(advising, "is_fitted", lambda encoder: True)
    found = derived.advise(workspace, dataset, dataset.embedding(ENCODER), LOCAL).found
    assert found.proposals == ()
    assert found.accuracy > 0.4, "where it stands is judged by the untouched part, which it has not seen"


def test_where_nothing_can_be_tried_the_rest_is_still_told(
    sample: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = sample

    def gone(*_: object, **__: object) -> None:
        raise InvalidInput("The original files of this dataset cannot be read any more.")

    monkeypatch.setattr(trialling, "prepared", gone)
    monkeypatch.setattr(scouting, "_encoded", lambda _, __, ids, ___: (np.full((len(ids), 8), np.nan, np.float32), 1.0))
    found = derived.advise(workspace, dataset, dataset.embedding(ENCODER), LOCAL).found
    assert {one.kind for one in found.proposals} == {"clean", "label"}


def test_labels_are_foretold_over_all_that_are_there_not_over_the_part_that_draws_the_curve(
    sample: tuple[Workspace, Dataset],
) -> None:
    workspace, dataset = sample
    embedding, known, held = parted(workspace, dataset)
    vectors = embedding.rows(known.ids)
    none, many = (scouting.more_labels(vectors, known, held.train, more, progress=silent)[0].gain for more in (1, 1000))
    assert none is not None and many is not None
    assert 0 <= none < 0.002, "one label more is next to nothing"
    assert many > 10 * none


def test_a_better_encoder_is_proposed_with_the_gain_it_has(sample: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = sample
    poor, known, held = parted(workspace, dataset, "pixels")
    found = {one.target: one for one in scouting.other_encoders(dataset, poor, known, held.train, progress=silent)}
    assert found[ENCODER].told
    assert found[ENCODER].gain > 0.1
    assert found["efficientnet-lite2"].machine_seconds > 0, "it has not seen the images, so it was tried on a sample"
    assert "efficientnet-lite2" not in {one.card.id for one in dataset.encodings()}, "trying stores nothing"


def test_a_step_that_is_done_is_measured_on_the_untouched_part_and_can_be_undone(
    sample: tuple[Workspace, Dataset],
) -> None:
    workspace, dataset = sample
    known = derived.labelled(workspace, dataset, [dataset.embedding("pixels")])
    aside = set(known.ids[derived.held_out(workspace, dataset, known).test].tolist())
    asked = {"name": emojis.NAME, "encoder": "pixels"}
    done = TASKS["improve"](workspace, {**asked, "step": "clean", "target": "duplicates"}, silent, LOCAL)
    removed = set(dataset.decisions.standing().removed.tolist())
    assert removed
    assert not removed & aside
    assert done["before"]["tested"] == done["after"]["tested"] == len(aside)
    assert done["difference"]["change"] == pytest.approx(
        done["after"]["accuracy"] - done["before"]["accuracy"], abs=2e-4
    )
    assert len(derived.runs(workspace, dataset)) == 2
    for decision in done["decisions"]:
        dataset.decisions.add([decided(LOCAL, Action.UNDO, [], value=decision)])
    assert not len(dataset.decisions.standing().removed)
    again = TASKS["measure"](workspace, asked, silent, LOCAL)
    assert again["fingerprint"] == done["before"]["fingerprint"]

    done = TASKS["improve"](workspace, {**asked, "step": "encoder", "target": ENCODER}, silent, LOCAL)
    assert done["difference"]["verdict"] == "better"
    with pytest.raises(InvalidInput, match="clean, encoder or finetune"):
        TASKS["improve"](workspace, {**asked, "step": "dance", "target": "x"}, silent, LOCAL)


def test_the_commands_measure_advise_do_and_list(tmp_path_factory: pytest.TempPathFactory) -> None:
    uri = emojis.workspace(tmp_path_factory).uri
    stands = run(uri, "measure", "sample", "--encoder", "pixels")
    low, high = stands["interval"]
    assert low < stands["accuracy"] < high
    done = run(uri, "improve", "sample", "--encoder", "pixels", "--do", f"encoder:{ENCODER}")
    listed = run(uri, "runs", "sample")["runs"]
    assert [one["encoder"] for one in listed] == [ENCODER, "pixels"]
    compared = run(uri, "runs", "sample", "--compare", listed[1]["id"][:12], listed[0]["id"])
    assert compared["change"] == pytest.approx(done["difference"]["change"], abs=1e-4)
    assert "wants KIND:TARGET" in run(uri, "improve", "sample", "--do", "clean", status=2)["error"]
    assert "0 runs have an id" in run(uri, "runs", "sample", "--compare", "x", "y", status=2)["error"]
