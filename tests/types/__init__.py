"""Code as in README and in the examples, which type checkers read and nothing runs; tests/unit/test_types.py."""
