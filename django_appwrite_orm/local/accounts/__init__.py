"""Users, teams and tokens: the small part of them that permissions need."""
