"""Measures the match against the project's data: invented tables, disguised extracts, honest aggregates, rates.

The promise (95 % of extracts found, 1 % of aggregates flagged) is worth what the tables behind it are: these differ in
shape and in seed, and nothing here is read by the rules.
"""
