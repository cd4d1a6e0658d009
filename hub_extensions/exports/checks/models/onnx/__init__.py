"""ONNX models, read without a library that would run them: which operators, which arrays, which texts, and no more."""
