"""Predictions in the form in which each benchmark's server or tool takes them."""

from .writing import FORMS, check_submission, write_submission

__all__ = ["FORMS", "check_submission", "write_submission"]
