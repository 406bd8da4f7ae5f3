"""The permissions of single rows, as models have them."""
