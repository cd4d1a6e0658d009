"""The catalogue: cards, dictionaries, search and DCAT-AP of the data sets that are described."""
