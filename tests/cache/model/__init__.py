"""An explicit-state model of the cache protocol, and the search through everything that can happen to it.

`state` says what there is, `reading` and `writing` what one reader or writer does next, `accidents` what the
cache, the server and the network may do meanwhile. `search` visits every state that can be reached and looks
in each for a read that would be answered with less than it must show. `traces` and `replay` carry out the
model's moves with the package's own readers and writers, so that the model is a model of them.
"""
