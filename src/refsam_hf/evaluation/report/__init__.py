"""What a run found, for people: tables, plots, the worst clips, models side by side, and one HTML page of it all."""

from .writing import write_report

__all__ = ["write_report"]
