"""What a visitor looks at: dataset, encoder, selection and options. The only user of session state.

Everything that makes a view is in the URL, so that a copied link opens the same view in another browser, and the
browser's Back the one before. The session keeps a copy, since a click on another page clears the URL: `begin`, called
first by the frame, takes what the URL says and writes back what it has lost. A widget whose value belongs to a view is
bound to the URL by Streamlit itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from embedding_core.encoders import registry
from embedding_core.errors import KindredError, NotEmbedded, UnknownDataset
from pages.parts import access, cached, empty, filters, server

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Embedding, Selection
    from pages.parts.filters import Filters

SHARED = ("dataset", "encoder", "selection", "filter", "map", "beside", "colour")  # in the URL of every page
ANNOUNCED = "announced"  # texts that wait for the next page
PREFIX = "view_"  # of their copies in the session
TOLD = "told"  # the browser: name → value and time, until it has said so itself
OVERTAKEN = 1.0  # seconds in which it may send a URL that does not have yet what it was told


def begin() -> None:
    """Bring URL and session together.

    A URL with a dataset says all of the view: what it lacks is not chosen, as after the browser's Back. One without was
    cleared by a click on another page, and gets back what it has lost.
    """
    whole = "dataset" in st.query_params
    told, lost = _told(), {}
    for name in SHARED:
        said = st.query_params.get(name, "")
        heard = name not in told or time.monotonic() - told[name][1] >= OVERTAKEN
        if (said or whole) and heard:
            st.session_state[PREFIX + name] = said
            told.pop(name, None)
        elif get(name) != said:
            lost[name] = get(name)
    _write(lost)
    if not get("dataset"):
        first = next((one for one in server.workspace().datasets() if one.count), None)
        if first is not None:
            _default("dataset", first.name)


def actor() -> Actor:
    """Who is looking. Handed to everything that changes something."""
    return access.visitor(st.context.cookies)


def touch() -> bool:
    """Whether whoever is looking does so on a phone or tablet, where a swipe scrolls."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def announce(text: str) -> None:
    """Say something, in Markdown, that is to outlive this run: the frame shows it with the next page that is drawn."""
    st.session_state.setdefault(ANNOUNCED, []).append(text)


def announcements() -> list[str]:
    """What is to be said now."""
    said: list[str] = st.session_state.pop(ANNOUNCED, [])
    return said


# -- dataset and encoder ----------------------------------------------------------------------------------------


def current_dataset() -> Dataset | None:
    """The chosen dataset; None when none is chosen, or the name in the link is not known here."""
    try:
        return server.workspace().dataset(get("dataset")) if get("dataset") else None
    except UnknownDataset:
        return None


def require_dataset() -> Dataset:
    """The chosen dataset, with at least one image. Otherwise says what to do and ends the page."""
    try:
        dataset = current_dataset()
        if dataset is None:
            empty.no_dataset(get("dataset"))
        elif dataset.count:
            return dataset
        else:
            empty.no_images(dataset)
    except KindredError as error:
        empty.failed(error)
    return _end()


def current_encoder(dataset: Dataset) -> str:
    """The chosen encoder's id; without a choice the default one, or another that this dataset has vectors from."""
    if get("encoder"):
        return get("encoder")
    there = [encoding.card.id for encoding in dataset.encodings()]
    if there:
        _default("encoder", registry.DEFAULT if registry.DEFAULT in there else there[0])
    return get("encoder") or registry.DEFAULT


def require_embedding() -> Embedding:
    """The vectors of the chosen dataset and encoder. Otherwise says what to do and ends the page."""
    dataset = require_dataset()
    try:
        return cached.embedding(dataset, current_encoder(dataset))
    except NotEmbedded:
        empty.not_embedded(dataset, current_encoder(dataset))
    except KindredError as error:
        empty.failed(error)
    return _end()


def _end() -> NoReturn:
    """Nothing more of this page is drawn."""
    st.stop()


def choose_dataset(name: str) -> None:
    """Look at another dataset. The selection, the filters and the open group belonged to the one before."""
    if name == get("dataset"):
        return
    belonging = dict.fromkeys(("selection", "filter", "image", "map", "beside", "colour", "groups", "group"), "")
    try:
        there = [encoding.card.id for encoding in server.workspace().dataset(name).encodings()]
    except UnknownDataset:
        there = []
    known = not there or get("encoder") in there
    put_all(dataset=name, encoder=get("encoder") if known else "", **belonging)


def choose_encoder(encoder: str) -> None:
    """Look through another encoder. Its maps and groups are others."""
    if encoder != get("encoder"):
        put_all(encoder=encoder, **dict.fromkeys(("map", "beside", "groups", "group"), ""))


# -- selection --------------------------------------------------------------------------------------------------


def selection() -> Selection | None:
    """The images that were picked out, on whichever page, if they belong to the chosen dataset."""
    dataset = current_dataset()
    found = cached.selection(get("selection")) if dataset and get("selection") else None
    return found if found and dataset and found.dataset == dataset.uuid else None


def select(ids: Iterable[int] | NDArray[np.int64], how: str, projection: str = "") -> Selection | None:
    """Pick out images of the chosen dataset; `how` says in words how. No ids clear the selection.

    Of many images an array is the quick way to name them.
    """
    dataset, wanted = current_dataset(), ids if isinstance(ids, np.ndarray) else list(ids)
    if dataset is None or not len(wanted):
        clear_selection()
        return None
    kept = server.workspace().selections.keep(dataset.uuid, wanted, how=how, projection=projection)
    put("selection", kept.hash)
    return kept


def open_selection(hash_: str) -> None:
    """Bring a saved selection back."""
    put("selection", hash_)


def clear_selection() -> None:
    put("selection", "")


def filtering() -> Filters:
    """Which images all pages look at."""
    return filters.parse(get("filter"))


def filter_by(wanted: Filters) -> None:
    put("filter", filters.text(wanted))


def clear_filters() -> None:
    put("filter", "")


# -- options ----------------------------------------------------------------------------------------------------


def get(name: str, default: str = "") -> str:
    """A text that belongs to the view and to no widget, from the session or else from the URL."""
    if name in SHARED:
        return str(st.session_state.get(PREFIX + name) or default)
    return st.query_params.get(name) or default


def put(name: str, value: str) -> None:
    """Set it, in the URL as well; an empty one is taken out. Other names than `SHARED` end with the page."""
    put_all(**{name: value})


def put_all(**values: str) -> None:
    """Set several at once: to the browser's Back they are one step."""
    told, now = _told(), time.monotonic()
    # What the browser was told last may not be in the URL that it sent with this run.
    differs = any(told[name][0] != value for name, value in values.items() if name in told)
    for name in values.keys() & SHARED:
        st.session_state[PREFIX + name] = values[name]
        told[name] = values[name], now
    _write(values, anyway=differs)


def _default(name: str, value: str) -> None:
    """Set it without anyone's choice: what the browser says next counts."""
    st.session_state[PREFIX + name] = value
    _write({name: value})


def _told() -> dict[str, tuple[str, float]]:
    told: dict[str, tuple[str, float]] = st.session_state.setdefault(TOLD, {})
    return told


def _write(values: dict[str, str], *, anyway: bool = False) -> None:
    """Have the URL say so; what is empty is taken out."""
    before = st.query_params.to_dict()
    after = {name: value for name, value in (before | values).items() if value}
    if after == before and not anyway:
        return
    try:
        st.query_params.from_dict(after)
    except StreamlitAPIException:  # some in it are bound to widgets, and can be set by those alone
        for name in values.keys() & before.keys() - after.keys():
            del st.query_params[name]
        st.query_params.update({name: value for name, value in values.items() if value})


def go(page: str, **options: str) -> None:
    """Open another page, such as "map.py", with the same view. `options` join its URL."""
    chosen = {name: get(name) for name in SHARED if get(name)}
    st.switch_page(page, query_params={**chosen, **{name: value for name, value in options.items() if value}})


def link(**options: str) -> dict[str, str]:
    """Query parameters for `st.page_link`, so that it leads to the same view."""
    return {name: get(name) for name in SHARED if get(name)} | options


# -- widgets ----------------------------------------------------------------------------------------------------


def prime(key: str, value: Any) -> None:
    """Set the value of a widget that has not been drawn yet in this run."""
    st.session_state[key] = value


def value(key: str, default: Any = None) -> Any:
    """The value of a widget, as callbacks need it."""
    return st.session_state.get(key, default)


def popover(name: str) -> str:
    """The key of a popover that `shut` closes."""
    return f"{name}_{value(_shut(name), 0)}"


def shut(name: str) -> None:
    """Close a popover that has done its work: under another key it is a new one, and a new one is closed."""
    prime(_shut(name), value(_shut(name), 0) + 1)


def _shut(name: str) -> str:
    return f"{name}_shut"


def once(key: str, make: Callable[[], Any]) -> Any:
    """Something that this visit remembers and the URL does not, made when it is first asked for."""
    if key not in st.session_state:
        st.session_state[key] = make()
    return st.session_state[key]


def forget(key: str) -> Any:
    """Take what `once` made out again; None when there was nothing."""
    return st.session_state.pop(key, None)
