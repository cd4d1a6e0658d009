"""Requests for access: the applicant's form, the owners' steps, and what an accepted one becomes."""
