"""The types beside skops' own that a model may be made of to be loaded here: parts of estimators, by their whole name.

Seen in some 70 kinds of models of scikit-learn 1.9 written by skops 0.16. Functions of other libraries, classes whose
names begin alike, and anything that calls what it is given are not among them.
"""

import re
from collections.abc import Iterable

_PARTS = (
    r"_loss\._?loss\.\w+",
    r"calibration\._(?:CalibratedClassifier|SigmoidCalibration|TemperatureScaling)",
    r"cluster\._k_means_common\.\w+",
    r"ensemble\._hist_gradient_boosting\.(?:predictor\.TreePredictor|binning\._BinMapper)",
    r"feature_selection\._univariate_selection\.(?:f_classif|f_regression|chi2)",
    r"gaussian_process\.(?:_gpc\._BinaryGaussianProcessClassifierLaplace|kernels\.[A-Z]\w+)",
    r"linear_model\._(?:loss|sgd_fast)\.\w+",
    r"metrics\._dist_metrics\.[A-Z]\w+",
    r"metrics\._scorer\._\w*Scorer",
    r"model_selection\._split\.[A-Z]\w+",
    r"neighbors\._(?:kd|ball)_tree\.(?:KDTree|BallTree)(?:64|32)?",
    r"neural_network\._stochastic_optimizers\.(?:Adam|SGD)Optimizer",
    r"tree\._tree\.Tree",
    r"utils\._bunch\.Bunch",
)
_KNOWN = re.compile(rf"numpy\.dtype|sklearn\.(?:{'|'.join(_PARTS)})")


def strange_types(names: Iterable[str]) -> list[str]:
    """Return those of *names* that no model needs; with one of them it is not loaded."""
    return [name for name in names if not _KNOWN.fullmatch(name)]
