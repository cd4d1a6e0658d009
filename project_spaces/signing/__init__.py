"""The signature under a control of traces, and the verified log that it is over."""
