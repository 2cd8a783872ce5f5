"""The addresses of this server's own routes. What they name by content never changes, so browsers may keep it."""

from __future__ import annotations

from urllib.parse import quote

from streamlit import config

SHA_DIGITS = 16  # of an image's SHA-256, in its address: enough to tell apart, short enough to send by the thousand


def base() -> str:
    """What comes before every path: empty, or `/somewhere` when Streamlit's server.baseUrlPath says so."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def api() -> str:
    """Below this lie all routes of our own, and everything there needs a token."""
    return f"{base()}/api/"


def thumbnail(dataset: str, image: int, sha256: str) -> str:
    """WebP, longest side 128 px. `dataset` is a UUID."""
    return f"{api()}thumbnail/{dataset}/{image}/{sha256[:SHA_DIGITS]}"


def preview(dataset: str, image: int, sha256: str) -> str:
    """WebP, made anew from the original, longest side 1600 px."""
    return f"{api()}image/{dataset}/{image}/{sha256[:SHA_DIGITS]}"


def originals(dataset: str, selection: str) -> str:
    """A ZIP of a selection's original files. `selection` is its hash."""
    return f"{api()}download/{dataset}/{selection}.zip"


def table(dataset: str, selection: str) -> str:
    """A CSV of a selection: path, label, split and all metadata."""
    return f"{api()}download/{dataset}/{selection}.csv"


def export(dataset: str, form: str, version: str, encoder: str = "") -> str:
    """A version of a dataset in a format of `embedding_core.export.FORMATS`, with what is known through an encoder."""
    through = f"&encoder={quote(encoder, safe='')}" if encoder else ""
    return f"{api()}export/{dataset}/{form}?version={quote(version, safe='')}{through}"


def paper(dataset: str, form: str, encoder: str) -> str:
    """The report under an encoder, `form` html or pdf, see `paper.routes`. `dataset` is a UUID."""
    return f"{api()}paper/{dataset}.{form}?encoder={quote(encoder, safe='')}"


def reduced(fingerprint: str, form: str, numbers: str) -> str:
    """Vectors without some axes, see `axes.routes`; `fingerprint` is of the trial, `form` npz or parquet."""
    return f"{api()}reduced/{fingerprint}/{form}?numbers={numbers}"


def features(fingerprint: str, form: str) -> str:
    """A ZIP of joined features in that form, npz or parquet, and their model card."""
    return f"{api()}features/{fingerprint}/{form}"


def map_data(fingerprint: str) -> str:
    """Below this lies all that the browser needs of a stored map, see `map_routes`."""
    return f"{api()}map/{fingerprint}/"


def map_points(fingerprint: str, turn: str) -> str:
    """The points of a map. `turn` is `MapResult.turn_digest`."""
    return f"{map_data(fingerprint)}points/{turn}"


def map_beside(fingerprint: str, turn: str, other: str, other_turn: str) -> str:
    """The points of a map that is looked at beside another one: turned towards it, in the order of its rows."""
    return f"{map_points(fingerprint, turn)}/as/{other}/{other_turn}"


def map_column(fingerprint: str, version: str, key: str, *, settled: bool = True) -> str:
    """What is known of the images on a map in one respect. `version` is `map.present.version` of the dataset.
    What is not `settled` has another address than what it will be.
    """
    return f"{map_data(fingerprint)}column/{version}/{quote(key, safe=':')}{'' if settled else '?unsettled'}"


def map_module(revision: str, name: str) -> str:
    """A module of the map's JavaScript, see `map.modules.address`."""
    return f"{api()}module/{revision}/{name}.js"


def review(dataset: str, finding: str) -> str:
    """Below this lie the cases of a check and what is decided on them, see `review.routes`. `dataset` is a UUID."""
    return f"{api()}review/{dataset}/{finding}/"


def model(key: str) -> str:
    """A trained model as a ZIP, by its id."""
    return f"{api()}model/{key}.zip"


def predictions(key: str) -> str:
    """What a model has said of images, as a CSV."""
    return f"{api()}predictions/{key}.csv"
