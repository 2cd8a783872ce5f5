"""The review over HTTP: whose a case is, what a decision keeps, that nothing counts twice, and what is refused."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from embedding_core.records import Actor
from embedding_core.review.cases import Case
from embedding_core.review.decisions import Action
from embedding_core.workspace import Dataset, Workspace
from pages.parts.curate import findings
from tests.pages import checking
from tests.pages.serving import ADA, stranger, visitor

BEN = Actor(id="visitor-ben", name="Visitor BEN0")


class Desk:
    """One visitor and the addresses of one finding."""

    def __init__(self, dataset: Dataset, key: str, actor: Actor = ADA, kind: str = "labels", tab: str = "") -> None:
        self.client: TestClient = visitor(actor)
        self.key, self.base, self.tab = key, f"/api/review/{dataset.uuid}/{kind}/", tab

    def next(self, n: int = 3, **query: str) -> list[str]:
        answer = self.client.get(self.base + "next", params={"key": self.key, "tab": self.tab, "n": n, **query})
        assert answer.status_code == 200, answer.text
        return [case["key"] for case in answer.json()["cases"]]

    def cases(self, n: int = 3) -> list[dict]:
        return self.client.get(self.base + "next", params={"key": self.key, "tab": self.tab, "n": n}).json()["cases"]

    def post(self, what: str, **body: object) -> tuple[int, dict]:
        answer = self.client.post(self.base + what, json={"key": self.key, "tab": self.tab, **body})
        return answer.status_code, answer.json()


@pytest.fixture
def key(workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(findings, "FINDINGS", {"labels": checking.LABELS})
    return checking.store(workspace, birds).fingerprint


def decision(desk: Desk, mark: str = "a", **other: object) -> dict[str, object]:
    case = desk.cases(1)[0]
    return {
        "id": mark * 32,
        "case": case["key"],
        "action": "keep",
        "ids": [case["images"][0]["id"]],
        "who": "Ada L.",
    } | other


def test_two_visitors_never_have_the_same_case(birds: Dataset, key: str) -> None:
    ada, ben = Desk(birds, key), Desk(birds, key, BEN)
    hers, his = ada.next(4), ben.next(4)
    assert len(hers) == len(his) == 4
    assert not set(hers) & set(his)
    assert ada.next(4) == hers, "a page that is loaded again goes on where it was"
    more = ada.next(2, holding=",".join(hers))
    assert more and not set(more) & {*hers, *his}


def test_a_case_says_all_that_the_screen_shows(birds: Dataset, key: str) -> None:
    (case,) = Desk(birds, key).cases(1)
    (image,) = case["images"]
    assert image["path"] == "a/0.png"
    assert (image["width"], image["height"], image["format"], image["label"]) == (40, 30, "PNG", "a")
    assert case["suggestion"] == {"act": "relabel", "ids": [image["id"]], "label": "b"}
    assert [one["said"] for one in case["evidence"]] == ["look-alike"] * 5
    assert image["preview"].startswith(f"/api/image/{birds.uuid}/{image['id']}/")


def test_a_decision_is_kept_with_who_and_why_and_counts_once(birds: Dataset, key: str) -> None:
    desk = Desk(birds, key)
    wanted = decision(desk, action="relabel", value=" b ")
    for _ in range(2):  # the answer to the first was lost
        status, answer = desk.post("decide", **wanted)
        assert status == 200
        assert answer["progress"]["decided"] == 1
    (kept,) = birds.decisions.all()
    assert (kept.who, kept.actor, kept.action, kept.value) == ("Ada L.", ADA.id, Action.RELABEL, "b")
    assert kept.reason.startswith("It looks like b") and kept.finding == "labels" and kept.case == wanted["case"]
    assert wanted["case"] not in [*desk.next(20), *Desk(birds, key, BEN).next(20)]


def test_an_undone_case_is_its_visitors_again(birds: Dataset, key: str) -> None:
    ada, ben = Desk(birds, key), Desk(birds, key, BEN)
    wanted = decision(ada)
    ada.post("decide", **wanted)
    status, answer = ada.post("undo", id="b" * 32, case=wanted["case"], decision=wanted["id"])
    assert (status, answer["progress"]["decided"]) == (200, 0)
    assert wanted["case"] not in ben.next(50)
    assert ada.next(1) == [wanted["case"]]


def test_two_tabs_of_one_browser_never_have_the_same_case(birds: Dataset, key: str) -> None:
    one, other = Desk(birds, key, tab="a" * 32), Desk(birds, key, tab="b" * 32)
    left, right = one.next(4), other.next(4)
    assert len(left) == len(right) == 4
    assert not set(left) & set(right)
    assert one.next(4) == left, "a tab that is loaded again goes on where it was"
    wanted = decision(one)
    assert one.post("decide", **wanted)[0] == 200
    (kept,) = birds.decisions.all()
    assert kept.actor == ADA.id, "decisions are the visitor's, whatever the tab"
    assert wanted["case"] not in birds.claims.all(), "what is decided is let go"
    assert one.post("undo", id="b" * 32, case=wanted["case"], decision=wanted["id"])[0] == 200
    assert wanted["case"] not in other.next(50)
    assert one.next(1) == [wanted["case"]]
    other.post("release", cases=left)
    assert one.next(4) == left, "another tab's cases are not this one's to let go"
    one.post("release", cases=left)
    assert set(left) <= set(other.next(60))


def test_what_is_released_goes_to_others(birds: Dataset, key: str) -> None:
    ada, ben = Desk(birds, key), Desk(birds, key, BEN)
    hers = ada.next(3)
    assert ada.post("release", cases=hers)[0] == 200
    assert ben.next(3) == hers


def test_a_link_to_one_case_begins_with_it(birds: Dataset, key: str) -> None:
    ada, ben = Desk(birds, key), Desk(birds, key, BEN)
    wished = ada.next(5)[4]
    ada.post("release", cases=[wished])
    assert ben.next(2, first=wished)[0] == wished
    assert ada.next(9, first=wished)[0] != wished, "someone else has it"


def test_a_link_to_a_decided_case_shows_it_and_lets_it_be_decided_again(birds: Dataset, key: str) -> None:
    ada = Desk(birds, key)
    first = decision(ada)
    ada.post("decide", **first)
    assert ada.next(2, first=first["case"])[0] == first["case"]
    again = first | {"id": "c" * 32, "action": "unsure"}
    assert ada.post("decide", **again)[0] == 200
    assert birds.decisions.standing().cases[first["case"]].action == "unsure"
    assert first["case"] not in ada.next(50), "it is not handed out by itself"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"id": "short"}, 400),
        ({"action": "delete"}, 400),
        ({"ids": []}, 400),
        ({"ids": [1]}, 400),
        ({"ids": "all"}, 400),
        ({"case": "0" * 32}, 404),
        ({"action": "relabel", "value": None}, 400),
        ({"who": "x" * 500}, 400),
        ({"who": 5}, 400),
        ({"key": "0" * 64}, 404),
        ({"key": "short"}, 404),
        ({"tab": "' OR 1=1"}, 400),
        ({"tab": 5}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    birds: Dataset, key: str, wrong: dict[str, object], status: int
) -> None:
    desk = Desk(birds, key)
    answered, body = desk.post("decide", **decision(desk, **wrong))
    assert answered == status
    assert body["error"]
    assert not birds.decisions.all()


def test_unknown_checks_and_datasets_and_strangers(birds: Dataset, key: str) -> None:
    desk = Desk(birds, key)
    for base in (desk.base.replace("labels", "nothing"), desk.base.replace(birds.uuid, "0" * 32)):
        assert desk.client.get(base + "next", params={"key": key}).status_code == 404
    assert desk.client.get(desk.base + "next", params={"key": key, "n": "many"}).status_code == 400
    assert stranger().get(desk.base + "next", params={"key": key}).status_code == 403
    foreign = desk.client.post(desk.base + "decide", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_answers_move_the_line(birds: Dataset, key: str) -> None:
    desk = Desk(birds, key)
    cases = desk.client.get(desk.base + "calibrate", params={"key": key}).json()["cases"]
    told = [{"case": case["key"], "yes": number < 3} for number, case in enumerate(cases)]
    assert desk.post("calibrate", answers=told, wanted=0.9) == (200, {"said": "3 of 4 were right.", "line": 0.5})
    assert desk.post("calibrate", answers=[{"case": 1}], wanted=0.9)[0] == 400
    assert desk.post("calibrate", answers=told, wanted=2)[0] == 400


def test_keys_of_cases_are_made_once_and_not_for_each_request(
    birds: Dataset, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(birds, key)
    desk.next(1)
    made = 0
    whole = Case.key.fget

    def counted(case: Case) -> str:
        nonlocal made
        made += 1
        return whole(case)

    monkeypatch.setattr(Case, "key", property(counted))
    assert desk.next(2)
    assert made < len(birds.images()), "those that are sent, and no others"
