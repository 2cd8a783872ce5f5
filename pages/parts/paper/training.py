"""Probes that were trained and judged, and the search for better ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.train.probes import registry
from embedding_core.train.search.found import BEST, DEFAULTS
from embedding_core.train.search.probing import setting_of
from embedding_core.train.search.trials import history
from pages.parts import charts, charts_train, charts_tries, words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, joined, paragraph
from pages.parts.paper.telling import found_on, percent, settings, shortened
from pages.parts.train.judged import MEASURES, figured, with_interval
from pages.parts.train.searched import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.train.probes.found import Judged, Probed
    from embedding_core.train.search.found import Searched
    from embedding_core.train.space import Value
    from pages.parts.paper.stored import One, Stored

TRIES = 25  # of a search, the best first


def probes(stored: Stored) -> Html:
    """A section for all targets; nothing where no probe was trained."""
    if not stored.probes:
        return Html("")
    told = [_probed(one, several=len(stored.probes) > 1) for one in stored.probes]
    return markup.section("probes", "Probes", *told)


def _probed(one: One[Probed], *, several: bool) -> Html:
    found = one.found
    measures = MEASURES[found.task]
    name, title, _, shares = measures[0]
    best = found.families[found.best]
    score, base = best.scores[name], found.baseline[name]
    said = (
        f"{best.name} is best by cross-validation: {title.lower()} {with_interval(score, shares)} on the test part; "
        f"without looking at any image it would be {figured(base.value, shares)}."
    )
    columns = ["Model", "Cross-validated", *(each[1] for each in measures), "Seconds"]
    rows = [
        [
            each.name,
            figured(each.inner, shares),
            *(with_interval(each.scores[key], share) for key, _, _, share in measures),
            f"{each.seconds:.1f}",
        ]
        for each in found.families
    ]
    rows.append(
        ["Without looking", "", *(figured(found.baseline[key].value, share) for key, _, _, share in measures), ""]
    )
    parts = [
        markup.heading(f"Learning {target(found)}") if several else Html(""),
        found_on(one),
        paragraph(said, "answer"),
        markup.chart(
            charts_train.scores(
                [(each.name, each.scores[name]) for each in found.families], base.value, charts.LIGHT, shares=shares
            ),
            f"{title} of each kind of model, with its interval",
            f"{title} on {words.count(len(found.ids), 'untouched image')}, trained on {found.trained:,}. Dotted: "
            "without looking at any image.",
        ),
        markup.table(columns, rows, numbers=columns[1:], best=found.best),
        markup.heading("Their settings"),
        markup.facts((each.name, parameters(each)) for each in found.families),
    ]
    return joined(*parts, _closely(found))


def target(found: Probed) -> str:
    return "the label" if found.target == "label" else f"“{found.target}”"


def parameters(one: Judged) -> str:
    """A model's parameters, as its card calls them."""
    titles = {each.name: each.title for each in registry.FAMILIES[one.family].parameters}
    return settings({titles.get(name, name): value for name, value in one.parameters.items()}) or "none"


def _closely(found: Probed) -> Html:
    at = found.best
    one = found.families[at]
    if found.task == "regression":
        figure = charts_train.estimates(found.truth, found.predicted[at], one.margin, found.target, charts.LIGHT)
        caption = f"The band is ± {one.margin:.4g}: it should hold 95 of 100 new images."
        return markup.chart(figure, "Numbers as they are and as estimated", caption)
    scores = one.scores
    figure = charts_train.reliability(found.reliability(at), found.reliability(at, before=True), charts.LIGHT)
    return joined(
        markup.heading(f"Can {one.name} be believed?"),
        markup.chart(
            figure,
            "How often it is right, by how sure it is",
            f"{words.HELP['calibration']} Calibration brought it from {percent(scores['ece_before'].value)} to "
            f"{percent(scores['ece'].value)}.",
        ),
    )


def searches(stored: Stored) -> Html:
    """Nothing where nobody has searched."""
    if not stored.searches:
        return Html("")
    return markup.section("search", "Search for better settings", *map(_searched, stored.searches))


def _searched(one: One[Searched]) -> Html:
    found = one.found
    outer, gain = found.outer, found.gain
    name, title, _, shares = MEASURES[outer.task][0]
    unit, scale = ("points", 100) if shares else ("in mean error", 1)
    change = f"{scale * gain.value:+.1f} {unit} ({scale * gain.low:.1f} to {scale * gain.high:.1f})".replace("-", "−")
    told = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not to be told from the defaults"
    best, defaults = outer.families[BEST], outer.families[DEFAULTS]
    titles = {each.name: each.title for each in found.space}
    done = sorted((each for each in found.trials if each.value is not None), key=lambda each: -(each.value or 0))
    rows = [
        [
            str(each.number),
            *_setting(each.parameters),
            figured(each.value or 0.0, shares),
            each.state,
            f"{each.seconds:.1f}",
        ]
        for each in done[:TRIES]
    ]
    columns = ["Try", "Kind", "Settings", "Score", "Went", "Seconds"]
    counts = {state: sum(each.state == state for each in found.trials) for state in ("done", "pruned", "stopped")}
    shown = [(titles.get(key, key).capitalize(), value) for key, value in found.importance.items() if value >= 0.005]
    parts = [
        markup.heading(f"Learning {target(outer)}"),
        found_on(one),
        paragraph(f"{best.name}: {change} against the defaults on the test part, {told}.", "answer"),
        markup.table(
            ["", f"{title}, test part", f"{title}, cross-validated", "Settings"],
            [
                [label, with_interval(each.scores[name], shares), figured(each.inner, shares), parameters(each)]
                for label, each in (("Best", best), ("Defaults", defaults))
            ],
            numbers=[f"{title}, test part", f"{title}, cross-validated"],
        ),
        paragraph(
            f"{ENDED[found.ended]}: {words.count(len(found.trials), 'try', 'tries')} in "
            f"{words.duration(found.seconds)} ({counts['done']} to the end, {counts['pruned']} given up "
            f"early, {counts['stopped']} cut off), by "
            f"{found.sampler} with {found.pruner} pruning, seed {found.seed}. {words.HELP['honest score']}",
            "note",
        ),
        markup.chart(
            charts_train.history(found.trials, history(found.trials), charts.LIGHT, shares=shares),
            "Each try, and the best so far",
            "Each try by cross-validation on what is trained on, and the best so far.",
        ),
    ]
    if counts["done"] > 1:
        parts.append(
            markup.chart(
                charts_tries.printed(found.trials, found.space, charts.LIGHT),
                "Each try as a line through its settings",
                "Each try is a line through its settings, darker where its score is higher.",
            )
        )
    if shown:
        figure = charts_train.importance(shown, charts.LIGHT)
        parts += [
            markup.heading("What mattered"),
            markup.chart(figure, "Share of each setting", words.HELP["importance"]),
        ]
    parts += [
        markup.heading("The best tries"),
        markup.table(columns, rows, numbers=["Try", "Score", "Seconds"]),
        paragraph(shortened(done, TRIES, "tries"), "note"),
    ]
    return joined(*parts)


def _setting(given: Mapping[str, Value]) -> tuple[str, str]:
    family, rest = setting_of(given)
    return family, settings(rest)
