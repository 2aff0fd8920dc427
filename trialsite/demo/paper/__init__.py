"""What stands on paper before anybody types it: the values of every form, as text. Pure.

A value is what a browser would send: text, "yes" or "no", a list of codes; `absent-field` says why there is none.
"""
