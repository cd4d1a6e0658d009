"""Browser sessions over time: how long one lasts that nobody uses, and who tells that it is used."""
