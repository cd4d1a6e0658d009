"""The operators of ONNX that a model may use to leave: what scikit-learn's models and ordinary networks are made of.

Left out are those that carry a graph of their own (If, Loop, Scan, SequenceMap), draw by lot, train, or read pictures;
those of other domains are a program that nobody here knows. Seen in the exports of 60 kinds of models by skl2onnx
1.20 and of small networks by PyTorch 2; only models that are their training rows used others (Scan, Solve).
"""

_ARITHMETIC = (
    "Abs Add Ceil Clip CumProd CumSum Div Einsum Erf Exp Floor Gemm Log MatMul Max Mean Min Mod Mul Neg Pow Reciprocal "
    "Round Sign Sqrt Sub Sum Cos Cosh Sin Sinh Tan Tanh Acos Acosh Asin Asinh Atan Atanh Det"
)
_REDUCING = (
    "ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum "
    "ReduceSumSquare TopK"
)
_DECIDING = "And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Where Xor"
_SHAPING = (
    "Cast CastLike Compress Concat Constant ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements "
    "GatherND Identity NonZero OneHot Pad Range Reshape Resize Scatter ScatterElements ScatterND Shape Size Slice "
    "SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze Upsample"
)
_NETWORKS = (
    "Attention AveragePool BatchNormalization Celu Conv ConvTranspose Dropout Elu GRU Gelu GlobalAveragePool "
    "GlobalLpPool GlobalMaxPool GroupNormalization HardSigmoid HardSwish Hardmax InstanceNormalization LRN LSTM "
    "LayerNormalization LeakyRelu LogSoftmax LpNormalization LpPool MaxPool MeanVarianceNormalization Mish PRelu "
    "RMSNormalization RNN Relu RotaryEmbedding Selu Shrink Sigmoid Softmax Softplus Softsign Swish ThresholdedRelu"
)
_QUANTISED = "ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear"
_LEARNT = (
    "ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder "
    "LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble "
    "TreeEnsembleClassifier TreeEnsembleRegressor ZipMap"
)
_TEXTS = "StringNormalizer TfIdfVectorizer"

#: Operator names by domain; the empty one is ONNX's own.
ALLOWED = {
    "": frozenset(" ".join([_ARITHMETIC, _REDUCING, _DECIDING, _SHAPING, _NETWORKS, _QUANTISED, _TEXTS]).split()),
    "ai.onnx.ml": frozenset(_LEARNT.split()),
}


def is_allowed(domain: str, name: str) -> bool:
    """Whether a model with this operator may be judged at all."""
    return name in ALLOWED.get("" if domain == "ai.onnx" else domain, frozenset())
