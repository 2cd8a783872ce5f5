"""Arguments of the commands that bring images in, look at them, and keep house."""

from __future__ import annotations

from embedding_core.arguments.shared import Maker, address, encoder, engine, version
from embedding_core.commands import exploring, filling, keeping


def _filling(command: Maker) -> None:
    add = command("add", filling.add, "name", "path")
    add.add_argument("--labels", default="auto", help="auto, folders, none, metadata or column:X")
    add.add_argument("--split", default="none", help="none, folders, prefix or column:X")
    add.add_argument("--embed", metavar="ID", nargs="?", const="", help="embed in the same pass, with this encoder")

    embed = encoder(command("embed", filling.embed, "name"))
    version(embed)
    engine(embed)
    embed.add_argument("--workers", type=int, help="processes that hold a model each; by default as many as fit")

    near = encoder(command("neighbours", exploring.find_neighbours, "name"))
    address(near)
    near.add_argument("--duplicates", type=float, metavar="S", help="list groups at least so similar, 0 to 1")


def _exploring(command: Maker) -> None:
    map_ = encoder(command("map", exploring.draw_map, "name"))
    map_.add_argument("--method", default="umap", help="umap, pca or tsne")
    map_.add_argument("--dims", type=int, default=2, help="2 or 3")
    map_.add_argument("--seed", type=int, default=0)
    map_.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="a parameter of the method")
    map_.add_argument(
        "--place", action="store_true", help="put new images on the last map drawn so; no other one moves"
    )
    map_.add_argument("--out", metavar="F.csv", help="write path,x,y[,z],trust,label")
    version(map_)

    similar = encoder(command("similar", exploring.similar, "name", "path"))
    similar.add_argument("-k", type=int, default=12, help="how many")
    similar.add_argument("--metric", default="cosine", help="cosine, dot, euclidean, manhattan or hamming")
    similar.add_argument("--exact", action="store_true", help="compare with every image, also where there is an index")

    encoder(command("index", exploring.build_index, "name"))

    clusters = encoder(command("clusters", exploring.find_clusters, "name"))
    clusters.add_argument("--method", default="kmeans", help="kmeans, hdbscan or evoc")
    clusters.add_argument("--k", type=int, help="clusters of kmeans; chosen by silhouette when not given")
    clusters.add_argument("--min-size", type=int, help="smallest cluster of hdbscan and evoc")
    clusters.add_argument("--seed", type=int, default=0)
    version(clusters)
    engine(clusters)


def _keeping(command: Maker) -> None:
    vectors = encoder(command("vectors", keeping.vectors, "name"))
    vectors.add_argument("--out", required=True, metavar="F.npz", help="arrays vectors, labels, paths; no pickle")

    own = command("import-vectors", filling.import_vectors, "name", "file")
    own.add_argument("--as", dest="as_name", required=True, metavar="ID", help="what to call the encoder")

    relabel = command("label", filling.relabel, "name")
    relabel.add_argument("--labels", help="auto, folders, none, metadata or column:X")
    relabel.add_argument("--split", help="none, folders, prefix or column:X")
    relabel.add_argument("--join", metavar="TABLE", help="a CSV or Parquet with a column of paths")

    edit = command("edit", filling.edit, "name")
    edit.add_argument("--rename", metavar="NEW")
    edit.add_argument("--describe", metavar="TEXT")

    command("list", keeping.list_datasets)
    for name, run in (("show", keeping.show), ("delete", keeping.delete)):
        command(name, run, "name")
    command("encoders", keeping.encoders)
    command("warm", keeping.warm)


GROUPS = (_filling, _exploring, _keeping)
