"""The sealed allocation list and everything that may open it.

Arms stand here encrypted and nowhere else. The modules are read from the inside out: `blocks` and `commitment` are pure, `cipher` closes and opens,
`lists` generates and seals, `slots` takes the next slot, `reveal` tells an arm to the few who may know it. Code that serves blinded people
never imports this package; the import contract "vault" names the modules that do.
"""
