"""Models that their library wrote as text: XGBoost, LightGBM, CatBoost, PMML."""
