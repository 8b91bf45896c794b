"""The page a person looks at after a run: ``report.html``, one file with its pictures inside."""

from multiplane.engine.report.page import write_report

__all__ = ["write_report"]
