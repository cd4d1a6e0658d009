"""Makes a model that learnt invented persons by heart, with its rows, so that the attacks here can be seen to find it.

Run by ``bureau engine prove-attacks`` in a container of its own; what it writes is what an author would declare.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.ensemble import RandomForestClassifier

OUTPUT = Path("/output")
PERSONS = 400


def main() -> None:
    """Write the model, the rows that it was fitted on, and others."""
    source = np.random.default_rng(0)
    rows = pd.DataFrame(source.normal(0, 1, (PERSONS, 5)), columns=[f"x{number}" for number in range(5)])
    rows["outcome"] = (rows.x0 + source.normal(0, 1.5, PERSONS) > 0).astype(int)
    seen, unseen = rows[: PERSONS // 2], rows[PERSONS // 2 :]
    forest = RandomForestClassifier(30, bootstrap=False, random_state=0)
    forest.fit(seen.drop(columns="outcome").to_numpy(), seen["outcome"].to_numpy())
    skops.io.dump(forest, OUTPUT / "model.skops")
    seen.to_csv(OUTPUT / "train.csv", index=False)
    unseen.to_csv(OUTPUT / "test.csv", index=False)


if __name__ == "__main__":
    main()
