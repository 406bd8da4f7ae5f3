"""Users, teams and tokens, as far as permissions need them."""
