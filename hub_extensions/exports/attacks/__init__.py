"""Attacks on models that ask to leave: what somebody who holds the model could learn of those it was trained on."""
