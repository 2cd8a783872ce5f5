"""The workspace: datasets, vectors and results in LanceDB. The only package that knows LanceDB."""

from embedding_core.workspace.catalogue import Workspace
from embedding_core.workspace.dataset import Dataset
from embedding_core.workspace.embedding import Embedding
from embedding_core.workspace.results import Results, StoredResult
from embedding_core.workspace.selections import Selection, Selections
from embedding_core.workspace.vectors import Encoding, Vectors

__all__ = [
    "Dataset",
    "Embedding",
    "Encoding",
    "Results",
    "Selection",
    "Selections",
    "StoredResult",
    "Vectors",
    "Workspace",
]
