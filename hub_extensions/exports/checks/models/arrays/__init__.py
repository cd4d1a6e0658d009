"""Arrays of numbers in models, held against the project's rows: whatever their layout, their type and their scale."""
