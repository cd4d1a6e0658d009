"""The domain: people, projects, data sets, habilitations and the one decision function."""
