"""Groups on the screen: asking for them, judging them, a card each, one of them open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core import clusters as methods
from pages.parts import charts, detail, empty, group_cards, membership, pictures, results, state, words
from pages.parts.versions import known as versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from embedding_core.workspace import Dataset, Embedding, StoredResult
    from pages.parts.cached import Columns
    from pages.parts.membership import Grouped

TITLES = {"kmeans": "KMeans", "hdbscan": "HDBSCAN", "evoc": "EVoC"}
A_PAGE = 96  # cards
ASK = "clusters_ask"  # the popover


def stored(dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    return results.with_versions("clusters", dataset, embedding)


def chosen(found: Sequence[StoredResult]) -> StoredResult | None:
    """The clustering in the URL, else the newest of all images, else the newest of a version."""
    newest = min(found, key=lambda one: results.part_of(one) != "", default=None)
    return results.asked_for("groups", found) or newest


def title(one: StoredResult) -> str:
    asked = one.parameters["asked"]
    turned = [f"{asked['k']} asked for"] if asked["k"] not in (None, one.parameters["count"]) else []
    turned += [f"at least {asked['min_size']} each"] if asked["min_size"] else []
    turned += ["on a cluster"] if asked.get("engine") == "ray" else []
    parts = [TITLES.get(one.parameters["method"], one.parameters["method"])]
    return " · ".join([*parts, words.count(one.parameters["count"], "group"), *turned])


def pick(found: Sequence[StoredResult], one: StoredResult, dataset: Dataset, embedding: Embedding) -> None:
    def called(each: StoredResult) -> str:
        return title(each) + versions.suffix(dataset, embedding, each)

    results.pick(
        "Grouping",
        found,
        one,
        kind="groups",
        key="clusters",
        title=called,
        help=words.HELP["cluster"],
        width=280,
        resets=["group"],
    )


@st.fragment
def ask(dataset: Dataset, encoder: str, n: int) -> None:
    """Find other groups. It is a job; those on the screen stay meanwhile."""
    with st.popover("Find groups", icon=":material/workspaces:", key=state.popover(ASK)):
        method = st.segmented_control(
            "Method", methods.METHODS, key="clusters_method", default="kmeans", required=True, format_func=TITLES.get
        )
        st.caption(words.HELP[method])
        wanted = {"dataset": dataset.uuid, "encoder": encoder, "method": method}
        if method == "kmeans":
            wanted["k"] = st.number_input(
                "How many groups",
                min_value=2,
                max_value=max(2, min(n, 1000)),
                value=None,
                key="clusters_k",
                placeholder="Chosen by silhouette",
                help=f"Left empty, the most groups with a silhouette near the best. {words.HELP['silhouette']}",
            )
        else:
            wanted["min_size"] = st.number_input(
                "Smallest group",
                min_value=2,
                max_value=max(2, n // 2),
                value=None,
                key="clusters_min_size",
                placeholder="Chosen by the number of images",
                help="Fewer images than this that belong together are noise.",
            )
        if st.button("Find", key="clusters_find", type="primary", icon=":material/workspaces:", width="stretch"):
            results.ask("groups", "clusters", wanted, dataset)
            state.shut(ASK)
            st.rerun()


def follow() -> None:
    """The grouping that was asked for."""
    results.follow("groups", key="clusters", resets=["group"])


def none_yet(dataset: Dataset, encoder: str) -> None:
    if results.coming(dataset, "Groups are on their way", "They appear here by themselves.", key="clusters"):
        return
    empty.note(
        "No groups yet",
        "Kindred finds images that belong together, without labels, and names what it finds.",
        ":material/workspaces:",
        key="clusters",
    )
    if st.button("Find groups", key="clusters_first", type="primary", icon=":material/workspaces:"):
        wanted = {"dataset": dataset.uuid, "encoder": encoder, "method": "kmeans"}
        results.ask("groups", "clusters", wanted, dataset)
        st.rerun()


def verdict(found: ClusterResult, *, filtered: bool = False) -> None:
    """Five numbers that say how good the groups are: of all images, which is said where these are `filtered`."""
    grouping = found.clustering
    facts = [("Groups", f"{grouping.count:,}", "cluster"), ("Silhouette", _number(grouping.silhouette), "silhouette")]
    facts.append(("Noise", f"{grouping.noise / max(grouping.n, 1):.0%}", "noise"))
    if grouping.nmi is not None:
        facts.append(("NMI with labels", _number(grouping.nmi), "nmi"))
    if grouping.purity is not None:
        facts.append(("Purity", f"{grouping.purity:.0%}", "purity"))
    with st.grid(len(facts), min_column_width=130, gap="small"):
        for name, value, term in facts:
            st.metric(name, value, help=words.HELP[term], border=True)
    said = [f"These numbers are of all {words.count(grouping.n, 'image')}, whatever the filters."] * filtered
    if found.names.source == "categories":
        said.append("Groups are named by the encoder’s categories, those of ImageNet, as there are no labels.")
    if grouping.note:
        said.append(words.plain(grouping.note))
    if said:
        st.caption(" ".join(said))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def cards(shown: Grouped, whole: Grouped, columns: Columns) -> None:
    """A card each, and one for the noise. `shown` are the images of `whole` that pass the filters."""
    count = whole.found.clustering.count
    numbers = [number for number in [*range(count), -1] if len(shown.of(number))]
    if not numbers:
        st.caption("No image passes the filters.")
        return
    if shown is not whole:
        there = sum(number >= 0 for number in numbers)
        st.caption(f"{there:,} of {words.count(count, 'group')} have images that pass the filters.")
    pages = -(-len(numbers) // A_PAGE)
    grid = st.container()
    page = min(st.pagination(pages, key="clusters_page", bind="query-params"), pages) if pages > 1 else 1
    with grid:
        opened = group_cards.show(
            _cards(shown, whole, columns, numbers[(page - 1) * A_PAGE : page * A_PAGE]),
            key="clusters_cards",
            on_group=open_,
            on_chosen=partial(select, shown),
        )
    if opened is not None:
        detail.show(opened)


def _cards(shown: Grouped, whole: Grouped, columns: Columns, numbers: Sequence[int]) -> list[group_cards.Card]:
    typical = {number: _typical(shown, number) for number in numbers}
    items = {item.id: item for item in pictures.items(columns, np.concatenate([*typical.values()]))}
    return [
        group_cards.Card(
            number,
            shown.name(number),
            said(whole, number, passing=len(shown.of(number))),
            [items[image] for image in ids.tolist() if image in items],
        )
        for number, ids in typical.items()
    ]


def _typical(shown: Grouped, number: int) -> NDArray[np.int64]:
    """The ids of up to three images that stand for a group."""
    rows = shown.found.clustering.exemplars[number] if number >= 0 else ()
    return shown.found.ids[list(rows)] if rows else shown.of(number)[:3]


def said(whole: Grouped, number: int, *, passing: int) -> str:
    """Size, share, and what most of the group are, in a line of text: of all its images, also where few pass."""
    count = len(whole.of(number))
    size = words.count(count, "image")
    size = size if passing == count else f"{passing:,} of {size}"
    parts = [size, f"{count / max(len(whole.ids), 1):.0%} of all"]
    if number < 0:
        return " · ".join(parts)
    names = whole.found.names
    share = names.shares[number]
    if share is not None and names.source == "labels":
        parts.append(f"{share:.0%} {whole.labels[number] or ''}")
    elif share is not None:
        parts.append(f"seen as this with {share:.0%}")
    return " · ".join(parts)


def open_(number: int | None) -> None:
    state.put("group", "" if number is None else str(number))


def select(shown: Grouped, number: int) -> None:
    state.select(shown.of(number), f"group {shown.name(number)}" if number >= 0 else "in no group")


def opened(found: ClusterResult) -> int | None:
    """The group that the URL opens."""
    asked = state.get("group")
    number = int(asked) if asked.lstrip("-").isdecimal() else None
    return number if number is not None and -1 <= number < found.clustering.count else None


def one(shown: Grouped, whole: Grouped, columns: Columns, number: int) -> None:
    """All images of a group that pass the filters."""
    ids = shown.of(number)
    with st.container(horizontal=True, vertical_alignment="center", key="clusters_one"):
        st.subheader(words.plain(shown.name(number)), anchor=False, width="stretch")
        st.button("All groups", key="clusters_back", icon=":material/arrow_back:", on_click=open_, args=(None,))
        st.button(
            f"Select all {len(ids):,}",
            key="clusters_select_one",
            icon=":material/select_check_box:",
            type="primary",
            on_click=select,
            args=(shown, number),
        )
    st.caption(words.plain(said(whole, number, passing=len(ids))))
    clicked = pictures.paged(columns, ids, key="clusters_gallery", alt=f"Images of {shown.name(number)}")
    if clicked is not None:
        detail.show(clicked)


def drawing(found: ClusterResult, columns: Columns, *, filtered: bool = False) -> None:
    """Where there are labels, groups against labels; otherwise the sizes of the groups."""
    look = charts.look(st.context.theme.type)
    grouping = found.clustering
    if filtered:
        st.caption(f"Of the {words.count(grouping.n, 'image')} that pass the filters.")
    if not columns.labels:
        figure = charts.sizes(found.names.names, grouping.sizes, look)
        st.plotly_chart(figure, key="clusters_sizes", theme=None, config=_QUIET, alt="Number of images in each group")
        hidden = max(0, grouping.count - charts.MOST)
    else:
        counts, labels = membership.crossing(found, columns)
        st.caption("Each row is a group. The fuller a square, the larger the part of the group that has the label.")
        figure = charts.agreement(counts, found.names.names, labels, look, narrow=state.touch())
        st.plotly_chart(figure, key="clusters_labels", theme=None, config=_QUIET, alt="How groups and labels agree")
        hidden = max(0, grouping.count - charts.MOST) + max(0, len(labels) - charts.MOST)
    if hidden:
        st.caption(f"The largest {charts.MOST} are drawn, {hidden:,} smaller ones are not.")


_QUIET = {"displayModeBar": False}
