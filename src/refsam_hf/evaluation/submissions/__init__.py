"""Predictions in the form in which each benchmark's server or tool takes them."""

from .writing import SUBMISSIONS, check_submission, write_submission

__all__ = ["SUBMISSIONS", "check_submission", "write_submission"]
