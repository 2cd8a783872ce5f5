"""Named, cancellable, deduplicated work in worker processes. It outlives a page, a reload and a crash."""

from embedding_core.jobs.job import ACTIVE, ENDED, Job
from embedding_core.jobs.process import Work
from embedding_core.jobs.runner import RESUMABLE, JobRunner

__all__ = ["ACTIVE", "ENDED", "RESUMABLE", "Job", "JobRunner", "Work"]
