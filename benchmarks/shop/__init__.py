"""A site of products, the same for every contender of `throughput`: SITE says what it keeps them in."""
