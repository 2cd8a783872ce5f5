"""The review in a real browser: keys decide, the next case is there before it is asked for, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from time import time
from typing import TYPE_CHECKING

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.review.decisions import Action, Decision
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Route, WebSocket

pytestmark = pytest.mark.e2e

AHEAD = 12  # cases that a browser asks for at once


@pytest.fixture(scope="module")
def doubted(app: RunningApp) -> Dataset:
    """The sample once more, with every eighth image labelled as another kind, and its labels checked.

    These tests decide some fifty cases. In a dataset of their own there are always more, whatever other tests did.
    """
    workspace = Workspace.open(str(app.workspace))
    TASKS["prepare"](workspace, {"name": "doubted", "source": "sample"}, silent, LOCAL)
    dataset = workspace.dataset("doubted")
    images = dataset.attributes().to_pylist()
    wrong, kinds = images[::8], sorted({one["label"] for one in images})
    other = dict(zip(kinds, [*kinds[1:], kinds[0]], strict=True))
    dataset.put_attributes([one["id"] for one in wrong], labels=[other[one["label"]] for one in wrong])
    found = TASKS["label_issues"](workspace, {"dataset": dataset.uuid}, silent, LOCAL)
    assert found["flagged"] > 60, "enough to decide"
    return dataset


@pytest.fixture
def review(page: Page, app: RunningApp, doubted: Dataset) -> Iterator[Page]:
    """The review of labels, opened by a link, by a visitor who has given their name."""
    page.add_init_script("localStorage.setItem('kindred-reviewer', 'Ada')")
    opened(page, app)
    yield page
    page.keyboard.press("Escape")
    page.locator("dialog.review").wait_for(state="detached")


def opened(page: Page, app: RunningApp) -> None:
    page.goto(f"{app.url}/curate?dataset=doubted&review=labels")
    page.locator("dialog[data-view=case]").wait_for()
    settled(page)


def settled(page: Page) -> None:
    """Everything that is got ready ahead has come."""
    page.wait_for_load_state("networkidle")
    page.locator(".shot[data-state=ready]").first.wait_for()


def shown(page: Page) -> str:
    path = page.locator(".stage .picture").first.get_attribute("alt")
    assert path
    return path


def log(dataset: Dataset, wanted: int) -> list[Decision]:
    """The log, newest first, once it holds so many decisions."""
    until(lambda: dataset.decisions.count >= wanted, 15, f"{wanted} decisions")
    return list(reversed(dataset.decisions.all()))


def held(dataset: Dataset) -> int:
    """Cases that someone has before their eyes."""
    return sum(claim.holds(time()) for claim in dataset.claims.all().values())


def test_a_key_decides_and_the_next_image_is_there_in_the_same_frame(review: Page, doubted: Dataset) -> None:
    before, first = doubted.decisions.count, shown(review)
    asked: list[str] = []
    review.on("request", lambda request: asked.append(request.url) if "/api/image/" in request.url else None)
    # The script returns in the task that handled the key: nothing can have been fetched in between.
    path, complete = review.evaluate(
        """() => {
          const root = [...document.querySelectorAll("*")].find((at) => at.shadowRoot?.querySelector("dialog"));
          const dialog = root.shadowRoot.querySelector("dialog");
          const press = { key: "k", code: "KeyK", bubbles: true, composed: true, cancelable: true };
          dialog.querySelector(".stage").dispatchEvent(new KeyboardEvent("keydown", press));
          const next = dialog.querySelector(".stage .picture");
          return [next.alt, next.complete && next.naturalWidth > 0];
        }"""
    )
    assert path != first
    assert complete, "the next image was loaded before the key was pressed"
    settled(review)
    address = review.locator(".stage .picture").first.get_attribute("src")
    assert not [url for url in asked if address and url.endswith(address)]
    kept = log(doubted, before + 1)[0]
    assert (kept.action, kept.who, kept.finding) == (Action.KEEP, "Ada", "labels")


def test_ten_keys_are_ten_decisions_and_no_rerun(review: Page, app: RunningApp, doubted: Dataset) -> None:
    reruns: list[object] = []  # what the page has said to Streamlit

    def sent(frame: object) -> None:
        reruns.append(frame)

    def made(socket: WebSocket) -> None:
        socket.on("framesent", sent)

    review.on("websocket", made)
    opened(review, app)
    before, said = doubted.decisions.count, len(reruns)
    assert said, "opening the page is heard"
    seen, keys = [], "kruskrukru"
    for key in keys:
        seen.append(shown(review))
        review.keyboard.press(key)
    assert len(set(seen)) == 10, "no case came twice"
    decided = [key for key in keys if key != "s"]
    kept = log(doubted, before + len(decided))[: len(decided)]
    actions = {"k": Action.KEEP, "r": Action.REMOVE, "u": Action.UNSURE}
    assert [one.action for one in reversed(kept)] == [actions[key] for key in decided]
    assert len(reruns) == said


def test_undo_brings_the_case_back(review: Page, doubted: Dataset) -> None:
    before, first = doubted.decisions.count, shown(review)
    review.keyboard.press("r")
    log(doubted, before + 1)
    assert shown(review) != first
    assert review.locator(".strip .done").count() == 1
    review.keyboard.press("Control+z")
    assert shown(review) == first
    assert review.locator(".strip .done").count() == 0
    newest = log(doubted, before + 2)[0]
    assert newest.action == Action.UNDO
    review.keyboard.press("u")
    review.locator(".strip .done").click()
    assert shown(review) == first, "a click on what was decided takes it back, too"


def test_a_label_is_found_by_its_first_letters_or_made(review: Page, doubted: Dataset) -> None:
    before = doubted.decisions.count
    for typed, label in [("frui", "fruit"), ("a quite new one", "a quite new one")]:
        review.keyboard.press("l")
        review.get_by_role("combobox", name="New label").wait_for()
        review.keyboard.type(typed)
        review.keyboard.press("Enter")
        before += 1
        kept = log(doubted, before)[0]
        assert (kept.action, kept.value) == (Action.RELABEL, label)
    review.keyboard.press("l")
    review.keyboard.type("quite")
    assert review.get_by_role("option", name="a quite new one").count() == 1
    review.keyboard.press("Escape")
    review.locator(".labels").wait_for(state="hidden")


def test_enter_does_what_is_suggested(review: Page, doubted: Dataset) -> None:
    before = doubted.decisions.count
    suggested = review.locator(".pill.new").inner_text()
    review.keyboard.press("Enter")
    kept = log(doubted, before + 1)[0]
    assert (kept.action, kept.value) == (Action.RELABEL, suggested)


def test_what_cannot_be_sent_is_kept_said_and_sent_later(review: Page, doubted: Dataset) -> None:
    before = doubted.decisions.count
    review.route("**/decide", lambda route: route.abort())
    review.keyboard.press("k")
    review.keyboard.press("u")
    review.get_by_text("2 not saved yet").wait_for()
    assert doubted.decisions.count == before
    assert review.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('kindred-unsent-')).length") == 2
    warned = review.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    assert warned, "leaving the page now warns"
    review.unroute("**/decide")
    review.get_by_text("not saved yet").wait_for(state="hidden")
    assert [one.action for one in log(doubted, before + 2)[:2]] == [Action.UNSURE, Action.KEEP]
    review.wait_for_function("() => !globalThis.kindredOutbox.waiting")  # the server is ahead of its last answer
    assert not review.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true })) ? 0 : 1")


def test_what_was_unsent_survives_a_reload(review: Page, app: RunningApp, doubted: Dataset) -> None:
    before = doubted.decisions.count
    review.route("**/decide", lambda route: route.abort())
    review.keyboard.press("k")
    review.get_by_text("1 not saved yet").wait_for()
    review.unroute("**/decide")
    review.on("dialog", lambda dialog: dialog.accept())
    opened(review, app)
    assert log(doubted, before + 1)[0].action == Action.KEEP


def test_two_browsers_never_see_the_same_case(
    review: Page, browser: Browser, app: RunningApp, doubted: Dataset
) -> None:
    other = browser.new_context()
    other.add_init_script("localStorage.setItem('kindred-reviewer', 'Ben')")
    page = other.new_page()
    opened(page, app)
    seen: dict[str, set[str]] = {"Ada": set(), "Ben": set()}
    for _ in range(6):
        for name, at in (("Ada", review), ("Ben", page)):
            seen[name].add(shown(at))
            at.keyboard.press("u")
    assert len(seen["Ada"]) == len(seen["Ben"]) == 6
    assert not seen["Ada"] & seen["Ben"]
    settled(page)
    other.close()


def test_a_name_is_asked_for_once(page: Page, app: RunningApp, doubted: Dataset) -> None:
    before = doubted.decisions.count
    opened(page, app)
    first = shown(page)
    page.keyboard.press("k")
    field = page.get_by_label("Who is deciding?")
    field.wait_for()
    assert shown(page) == first, "nothing is decided before"
    page.keyboard.type("Grace")
    page.keyboard.press("Enter")
    assert log(doubted, before + 1)[0].who == "Grace"
    page.keyboard.press("k")
    assert log(doubted, before + 2)[0].who == "Grace"
    assert not field.is_visible()


def test_the_name_given_in_the_review_is_on_the_version_made_after_it(
    page: Page, app: RunningApp, doubted: Dataset
) -> None:
    opened(page, app)
    page.keyboard.press("u")
    page.get_by_label("Who is deciding?").wait_for()
    page.keyboard.type("Grâce")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !globalThis.kindredOutbox?.waiting")
    page.keyboard.press("Escape")
    page.locator("dialog.review").wait_for(state="detached")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Name what there is now").click()
    page.get_by_label("Name", exact=True).fill("by name")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("Version “by name” is kept").wait_for()
    assert [one.who for one in doubted.versions.all() if one.name == "by name"] == ["Grâce"]


def test_keys_are_explained_and_everything_is_said(review: Page) -> None:
    review.keyboard.press("?")
    review.get_by_role("heading", name="Keys").wait_for()
    review.keyboard.press("Escape")
    review.keyboard.press("k")
    assert "Kept." in review.locator("dialog [role=status]").inner_text()
    review.keyboard.press("Space")
    assert review.locator(".pictures.zoomed").count() == 1
    review.keyboard.press("Escape")
    assert review.locator(".pictures.zoomed").count() == 0


def test_every_key_is_a_button_too_and_fits_a_phone(browser: Browser, app: RunningApp, doubted: Dataset) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.add_init_script("localStorage.setItem('kindred-reviewer', 'Ada')")
    page = phone.new_page()
    opened(page, app)
    buttons = page.locator("footer .act:visible")
    boxes = [button.bounding_box() for button in buttons.all()]
    assert len(boxes) >= 7
    for box in boxes:
        assert box is not None
        assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] > 844 / 2, "below the thumb"
    before = doubted.decisions.count
    page.get_by_role("button", name="Unsure").tap()
    assert log(doubted, before + 1)[0].action == Action.UNSURE
    phone.close()


def test_questions_around_a_line_are_left_by_one_key(page: Page, app: RunningApp, doubted: Dataset) -> None:
    page.goto(f"{app.url}/curate?dataset=doubted&curate_tab=Labels")
    page.get_by_role("button", name="Move the line").click()
    page.get_by_role("button", name="Ask me").click()
    page.locator("dialog[data-mode=calibrate][data-view=case]").wait_for()
    page.get_by_role("button", name="Ask me").wait_for(state="detached")
    page.keyboard.press("Escape")
    page.locator("dialog.review").wait_for(state="detached")


def test_leaving_lets_others_have_what_was_ahead(review: Page, app: RunningApp, doubted: Dataset) -> None:
    released: list[Request] = []
    review.on("request", lambda request: released.append(request) if request.url.endswith("/release") else None)
    review.get_by_role("button", name="Back to the list").first.click()
    review.locator("dialog.review").wait_for(state="detached")
    assert released
    assert "review=" not in review.url
    opened(review, app)


@pytest.mark.parametrize(("on_its_way", "keys"), [("next", "kkkk"), ("undo", "kz")])
def test_leaving_lets_others_have_what_was_on_its_way(
    review: Page, app: RunningApp, doubted: Dataset, on_its_way: str, keys: str
) -> None:
    others = held(doubted) - AHEAD
    late: list[Route] = []

    def wait(route: Route) -> None:
        late.append(route)

    review.route(f"**/{on_its_way}*", wait)
    for key in keys:
        before = doubted.decisions.count
        review.keyboard.press(key)
        log(doubted, before + (key == "k"))  # an undo of what has not been sent would not be sent either
    until(lambda: late, what="the request", page=review)
    review.keyboard.press("Escape")
    review.locator("dialog.review").wait_for(state="detached")
    until(lambda: held(doubted) == others, what="others to have the cases", page=review)
    with review.expect_request("**/release"):
        late[0].continue_()
    until(lambda: held(doubted) == others, what="others to have the cases", page=review)
    review.unroute(f"**/{on_its_way}*")
    opened(review, app)


def test_two_tabs_have_different_cases_and_a_tab_that_is_loaded_again_its_own(
    review: Page, app: RunningApp, doubted: Dataset
) -> None:
    mine = shown(review)
    second = review.context.new_page()
    second.add_init_script("localStorage.setItem('kindred-reviewer', 'Ada')")
    opened(second, app)
    other = shown(second)
    assert other != mine
    second.keyboard.press("k")
    review.reload()
    review.locator("dialog[data-view=case]").wait_for()
    settled(review)
    assert shown(review) == mine
    second.keyboard.press("Escape")
    second.locator("dialog.review").wait_for(state="detached")
    second.close()
