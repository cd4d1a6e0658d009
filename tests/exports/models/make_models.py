"""Makes the models beside it again with the libraries that people use, of invented persons. Not run by the tests.

From this folder, in a throw-away environment (PyTorch's networks need the third line, and are left out without it)::

    python -m venv /tmp/models && /tmp/models/bin/pip install skl2onnx==1.20.0 onnx==1.23.2 scikit-learn==1.9.1
    /tmp/models/bin/pip install skops==0.16.0 xgboost
    /tmp/models/bin/pip install torch onnxscript
    /tmp/models/bin/python make_models.py
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
source = np.random.default_rng(4)
AGE, CRP = source.integers(18, 95, 400), np.round(source.gamma(1.5, 20, 400), 1)
X = np.column_stack([AGE, CRP, source.normal(0, 1, (400, 2))]).astype("f4")
RISK = (X[:, 0] / 60 + X[:, 2] + source.normal(0, 0.5, 400) > 1).astype(int)


def of_scikit_learn() -> None:
    """Write pipelines and the models that people fit most."""
    from skl2onnx import to_onnx
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    from sklearn.svm import SVC

    models = {
        "logistic": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
        "linear": LinearRegression(),
        "forest": RandomForestClassifier(4, max_depth=4, random_state=0),
        "boosted": GradientBoostingClassifier(n_estimators=6, random_state=0),
        "perceptron": make_pipeline(MinMaxScaler(), MLPClassifier((12,), max_iter=50, random_state=0)),
        "components": make_pipeline(StandardScaler(), PCA(2), LogisticRegression()),
        "centres": make_pipeline(StandardScaler(), KMeans(4, random_state=0)),
        "neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier()),
        "vectors": make_pipeline(StandardScaler(), SVC()),
    }
    for name, model in models.items():
        (HERE / f"{name}.onnx").write_bytes(to_onnx(model.fit(X, RISK), X[:1]).SerializeToString())


def of_others() -> None:
    """Write the pipeline as skops writes it, and two trees as XGBoost prints them."""
    import skops.io
    import xgboost
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, RISK), HERE / "pipeline.skops")
    trees = xgboost.train({"max_depth": 2, "objective": "binary:logistic"}, xgboost.DMatrix(X, RISK), 2)
    trees.dump_model(HERE / "xgboost.txt", with_stats=True)


def of_pytorch() -> None:
    """Write two small networks, by the exporter of PyTorch 2."""
    import torch
    from torch.nn import GELU, BatchNorm1d, Conv1d, Flatten, Linear, MaxPool1d, ReLU, Sequential, Softmax

    dense = Sequential(Linear(4, 16), BatchNorm1d(16), ReLU(), Linear(16, 2))
    signal = Sequential(Conv1d(1, 4, 5), GELU(), MaxPool1d(2), Flatten(), Linear(56, 2), Softmax(1))
    for name, model, shape in (("dense", dense, (1, 4)), ("signal", signal, (1, 1, 32))):
        program = torch.onnx.export(model.eval(), (torch.zeros(shape),), dynamo=True, external_data=False)
        program.save(str(HERE / f"{name}.onnx"))


if __name__ == "__main__":
    of_scikit_learn()
    of_others()
    try:
        of_pytorch()
    except ImportError:
        print("no PyTorch: its networks stay as they are")
